//! What goes wrong with an AES envelope: key, IV, pad, head, id.
//!
//! An envelope has no digest to compare with. A seal mistake is proved when the changed key, IV
//! or pad opens to well-formed content: a pad that is right, a stated length that fits what
//! follows, and JSON (or UTF-8 text) in it.

use super::TextOnly;
use crate::json::scan;
use crate::signature::seal::{
    self, Layout, SealError, decode_key, decode_text, decrypt, iv_of, raw_key, split_head, unpad,
};
use crate::signature::secret::{Secret, SecretName, Secrets};

/// A seal mistake that was proved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealHit {
    /// Id, title and advice.
    pub mistake: TextOnly,
    /// The message that it opens to.
    pub message: Vec<u8>,
}

/// A way to unlock: key and IV.
struct Lock {
    mistake: Option<TextOnly>,
    key: Vec<u8>,
    iv: [u8; 16],
    /// Whether the IV alone is wrong, which garbles the first 16 bytes and no more.
    other_iv: bool,
}

impl Lock {
    fn new(mistake: Option<TextOnly>, key: &[u8], iv: [u8; 16]) -> Self {
        Self {
            mistake,
            key: key.to_vec(),
            iv,
            other_iv: false,
        }
    }

    fn with_zero_iv(self) -> Self {
        Self {
            mistake: self.mistake.or(Some(IV_ZERO)),
            iv: [0; 16],
            other_iv: true,
            ..self
        }
    }
}

/// Every way in which this envelope opens, other than the right one.
///
/// `key` is the text that was given and does not open it; `others` are the other secrets.
pub fn search(
    layout: Layout,
    key: &Secret,
    secrets: &Secrets,
    sealed: &[u8],
) -> Result<Vec<SealHit>, SealError> {
    let mut hits: Vec<SealHit> = Vec::new();
    let (cipher, lax) = match decode_text(sealed) {
        Ok(cipher) => (cipher, None),
        Err(why) => match repaired(sealed) {
            Some((cipher, mistake)) => (cipher, Some(mistake)),
            None => return Err(why),
        },
    };
    for lock in locks(layout, key.expose(), secrets) {
        let Ok(plain) = decrypt(&lock.key, &lock.iv, &cipher) else {
            continue;
        };
        for (mistake, message) in readings(layout, &plain, secrets.app_id.as_deref()) {
            // The head begins with 16 random bytes: behind it nobody can tell the IV.
            if lock.other_iv && !plain.starts_with(&message) {
                continue;
            }
            let Some(mistake) = lax.or(lock.mistake).or(mistake) else {
                continue;
            };
            if !hits.iter().any(|hit| hit.mistake.id == mistake.id) {
                hits.push(SealHit { mistake, message });
            }
        }
    }
    Ok(hits)
}

/// Base64 that lost its `+` to blanks, or has the URL alphabet.
fn repaired(sealed: &[u8]) -> Option<(Vec<u8>, TextOnly)> {
    let plus: Vec<u8> = sealed
        .iter()
        .map(|&byte| if byte == b' ' { b'+' } else { byte })
        .collect();
    if let Ok(cipher) = decode_text(&plus) {
        return Some((cipher, PLUS));
    }
    let standard: Vec<u8> = sealed
        .iter()
        .map(|&byte| match byte {
            b'-' => b'+',
            b'_' => b'/',
            other => other,
        })
        .collect();
    decode_text(&standard)
        .ok()
        .map(|cipher| (cipher, URL_ALPHABET))
}

/// Keys and IVs that careless code takes.
fn locks(layout: Layout, text: &[u8], secrets: &Secrets) -> Vec<Lock> {
    let mut locks = Vec::new();
    for (text, mistake) in spoilt(text) {
        locks.extend(locks_of(layout, &text, mistake));
    }
    for (name, secret) in secrets.iter() {
        if secret.expose() == text {
            continue;
        }
        let mistake = match name {
            SecretName::AesKey | SecretName::AppKey => KEY_OTHER,
            _ => KEY_SWAPPED,
        };
        if let Ok(key) = decode_key(secret.expose()) {
            locks.push(Lock::new(Some(mistake), key.as_slice(), iv_of(&key)));
        }
        if let Ok(key) = raw_key(secret.expose()) {
            locks.push(Lock::new(Some(mistake), key.as_slice(), *key));
        }
    }
    locks
}

fn locks_of(layout: Layout, text: &[u8], mistake: Option<TextOnly>) -> Vec<Lock> {
    let mut locks = Vec::new();
    let of_128 = layout == Layout::KeyIsIv;
    if let Ok(key) = decode_key(text) {
        let first = iv_of(&key);
        locks.push(Lock::new(
            mistake.or(of_128.then_some(AES_256)),
            &*key,
            first,
        ));
        locks.push(Lock::new(mistake.or(Some(AES_128)), &first, first));
        let mut cut = *key;
        cut[30..].fill(0);
        locks.push(Lock::new(mistake.or(Some(KEY_CUT)), &cut, first));
    }
    if let Ok(key) = raw_key(text) {
        let whole = || Lock::new(mistake.or((!of_128).then_some(AES_128)), &*key, *key);
        locks.push(whole());
        locks.push(whole().with_zero_iv());
    }
    // The key's text taken as it is, cut to what AES takes.
    for size in [32, 16] {
        if let Some(raw) = text.get(..size)
            && text.len() != size
        {
            let mut iv = [0; 16];
            iv.copy_from_slice(&raw[..16]);
            locks.push(Lock::new(Some(KEY_NOT_DECODED), raw, iv));
        }
    }
    locks
}

/// The key's text as given, and without what should not be in it.
fn spoilt(text: &[u8]) -> Vec<(Vec<u8>, Option<TextOnly>)> {
    let mut list = vec![(text.to_vec(), None)];
    let bare = text.trim_ascii();
    if bare != text {
        list.push((bare.to_vec(), Some(KEY_BLANKS)));
    }
    if let Some(bare) = text.strip_suffix(b"=") {
        list.push((bare.to_vec(), Some(KEY_PADDED)));
    }
    list
}

/// What a plain text can be read as: by its own layout, and by those of the relatives.
fn readings(
    layout: Layout,
    plain: &[u8],
    app_id: Option<&str>,
) -> Vec<(Option<TextOnly>, Vec<u8>)> {
    let mut found = Vec::new();
    for block in [16, 32] {
        let Ok(bare) = unpad(plain, block) else {
            continue;
        };
        let pad = (block != layout.pad_block()).then_some(PAD);
        if let Ok(head) = split_head(bare) {
            let stated = usize::try_from(head.stated).unwrap_or(usize::MAX);
            if let Some(message) = head.rest.get(..stated)
                && is_content(message)
            {
                let tail = &head.rest[stated..];
                let mistake = match (layout, tail.is_empty()) {
                    (Layout::KeyIsIv, _) => Some(HEAD_THERE),
                    (Layout::Framed, false) => Some(ID_THERE),
                    (Layout::FramedWithId, true) => Some(ID_MISSING),
                    (Layout::FramedWithId, false)
                        if app_id.is_some_and(|id| id.as_bytes() != tail) =>
                    {
                        Some(ID_OTHER)
                    }
                    _ => None,
                };
                found.push((mistake.or(pad), message.to_vec()));
            }
        }
        if is_content(bare) {
            let mistake = (layout != Layout::KeyIsIv).then_some(HEAD_MISSING);
            found.push((mistake.or(pad), bare.to_vec()));
        }
    }
    found
}

/// JSON, which a wrong key gives by chance less than once in 2^60.
fn is_content(message: &[u8]) -> bool {
    matches!(message.first(), Some(b'{' | b'[')) && scan::check(message).is_ok()
}

/// Whether the envelope opens as it should.
#[must_use]
pub fn opens(layout: Layout, key: &Secret, sealed: &[u8]) -> bool {
    seal::open(layout, key.expose(), sealed).is_ok()
}

const PLUS: TextOnly = TextOnly {
    id: "seal.plus-to-blank",
    title: "the `+` in the encrypted text became blanks",
    advice: "take the encrypted text from the raw body: it is base64, and a `+` is a `+`",
};
const URL_ALPHABET: TextOnly = TextOnly {
    id: "seal.base64url",
    title: "the encrypted text is written in the URL alphabet of base64",
    advice: "use the standard alphabet, with `+` and `/`",
};
const IV_ZERO: TextOnly = TextOnly {
    id: "seal.iv-zero",
    title: "the IV was all zeros",
    advice: "the 16 characters of the AesKey are the IV too",
};
const AES_128: TextOnly = TextOnly {
    id: "seal.aes-128",
    title: "AES-128 was used, with 16 bytes as both key and IV",
    advice: "use AES-256 with all 32 bytes of the decoded key, and the first 16 of them as IV",
};
const AES_256: TextOnly = TextOnly {
    id: "seal.aes-256",
    title: "AES-256 was used, with a key of 43 characters that was base64-decoded",
    advice: "use AES-128: the 16 characters of the AesKey are both key and IV, not decoded",
};
const KEY_CUT: TextOnly = TextOnly {
    id: "seal.key-cut",
    title: "the key lost its last two bytes: it was decoded without the `=`",
    advice: "add `=` to the 43 characters before base64-decoding them",
};
const KEY_NOT_DECODED: TextOnly = TextOnly {
    id: "seal.key-not-decoded",
    title: "the key's text was used without decoding it",
    advice: "add `=` to the 43 characters and base64-decode them: that gives the 32 bytes of \
             the key",
};
const KEY_BLANKS: TextOnly = TextOnly {
    id: "seal.key-blanks",
    title: "the key was given with blanks or newlines around it",
    advice: "trim the key where it is loaded",
};
const KEY_PADDED: TextOnly = TextOnly {
    id: "seal.key-padded",
    title: "the key was given with a `=` at its end, which the console does not show",
    advice: "give the key as the console shows it: 43 characters",
};
const KEY_OTHER: TextOnly = TextOnly {
    id: "seal.key-other",
    title: "another of the given keys opens it",
    advice: "use the key that belongs to this push configuration",
};
const KEY_SWAPPED: TextOnly = TextOnly {
    id: "seal.key-swapped",
    title: "the signature's secret opens it: the two were swapped",
    advice: "the encryption key and the signature key are two different secrets",
};
const PAD: TextOnly = TextOnly {
    id: "seal.pad-block",
    title: "it is padded to another block size (16 and 32 bytes were mixed up)",
    advice: "OneNET pads to 16 bytes, SENSORO to 32: strip the pad by its last byte, 1 to 32",
};
const HEAD_THERE: TextOnly = TextOnly {
    id: "seal.head-unexpected",
    title: "a head of 20 bytes stands before the message",
    advice: "this platform seals the message alone, without random bytes and length",
};
const HEAD_MISSING: TextOnly = TextOnly {
    id: "seal.head-missing",
    title: "the head of 20 bytes before the message is missing",
    advice: "put 16 random bytes and the message's length (4 bytes, big-endian) before it",
};
const ID_THERE: TextOnly = TextOnly {
    id: "seal.id-unexpected",
    title: "an id follows the message, as WeChat has it",
    advice: "OneNET seals no id: the message ends where its stated length says",
};
const ID_OTHER: TextOnly = TextOnly {
    id: "seal.id-other",
    title: "the id after the message names another application",
    advice: "compare it with your AppID: this push was made for another application, or the \
             AppID that you gave is not the right one",
};
const ID_MISSING: TextOnly = TextOnly {
    id: "seal.id-missing",
    title: "the application's id after the message is missing",
    advice: "append the AppID to the message before padding",
};
