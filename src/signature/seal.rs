//! The AES envelopes that platforms put around a message, opened and closed as plain values.
//!
//! Three layouts are in use. All are AES in CBC mode and travel as standard base64:
//!
//! ```text
//! Framed        OneNET        AES-256  random(16) ++ u32_be(len(msg)) ++ msg         padded to 16
//! FramedWithId  SENSORO       AES-256  random(16) ++ u32_be(len(msg)) ++ msg ++ id   padded to 32
//! KeyIsIv       Studio push   AES-128  msg                                           padded to 16
//! ```
//!
//! The framed ones take a key of 43 base64 characters (32 bytes) and the key's first 16 bytes
//! as IV; the last takes 16 characters as they are, for key and IV alike. A pad is 1 to 16 (or
//! 1 to 32) bytes that each hold the pad's length.
//!
//! [`open`] is strict: a message that does not fill its frame exactly is an error, because a
//! wrong key that happens to end in a fitting pad byte must not pass for a right one. The steps
//! are public by themselves, so that a mistaken receiver can be computed step by step.
//!
//! Not authenticated: an envelope proves nothing about its sender, the signature does that.
//! No error shows key material, only lengths and positions.
//!
//! Sources: the vendors' published receivers (`OneNET` Java, PHP, C#; SENSORO's demo) and
//! `OneNET` Studio's documentation of HTTP push.

use aes::{Aes128, Aes256};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cbc::cipher::block_padding::NoPadding;
use cbc::cipher::{BlockModeDecrypt as _, BlockModeEncrypt as _, KeyIvInit as _};
use cbc::{Decryptor, Encryptor};
use zeroize::Zeroizing;

use super::digest::BASE64_FORGIVING;

/// The size of an AES block and of an IV, in bytes.
pub const BLOCK: usize = 16;

/// The size of what stands before a framed message: 16 random bytes and a 4-byte length.
pub const HEAD: usize = 20;

/// The length of an AES-256 key as the platforms show it, in characters: base64 of 32 bytes
/// without its `=`.
pub const KEY_TEXT: usize = 43;

/// How a message lies in its envelope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// `OneNET` HTTP push: AES-256, a 20-byte head, the message, a pad to 16 bytes.
    Framed,
    /// SENSORO: AES-256, a 20-byte head, the message, the application's id, a pad to 32 bytes.
    FramedWithId,
    /// `OneNET` Studio push: AES-128 with the key as IV, the message alone, a pad to 16 bytes.
    KeyIsIv,
}

impl Layout {
    /// The multiple of bytes that the plain text is padded to: 16 or 32.
    #[must_use]
    pub fn pad_block(self) -> usize {
        match self {
            Self::Framed | Self::KeyIsIv => 16,
            Self::FramedWithId => 32,
        }
    }
}

/// What was in an envelope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// The message.
    pub message: Vec<u8>,
    /// The 16 random bytes of the head; empty where the layout has no head.
    pub random: Vec<u8>,
    /// The id behind the message; empty where the layout has none.
    pub id: Vec<u8>,
}

impl Opened {
    /// Checks that the envelope was made for this receiver.
    pub fn expect_id(&self, id: &[u8]) -> Result<(), SealError> {
        if self.id == id {
            return Ok(());
        }
        Err(SealError::Id {
            found: String::from_utf8_lossy(&self.id).into_owned(),
        })
    }
}

/// Why an envelope could not be opened or closed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// The key's text has the wrong length.
    #[error("the AES key has {found} characters, this envelope takes {expected}")]
    KeyLength {
        /// How many characters it must have.
        expected: usize,
        /// How many it has.
        found: usize,
    },
    /// The key's text holds something that base64 does not know.
    #[error("character {at} of the AES key is not a base64 character")]
    KeyCharacter {
        /// Which one, from 1.
        at: usize,
    },
    /// A key of this many bytes belongs to neither AES-128 nor AES-256.
    #[error("an AES key of {found} bytes is neither AES-128 (16) nor AES-256 (32)")]
    KeyBytes {
        /// How many bytes there are.
        found: usize,
    },
    /// The envelope's text is not base64.
    #[error("the encrypted text is not base64: {why}")]
    Text {
        /// What base64 objects to.
        why: String,
    },
    /// The cipher text is empty or does not consist of whole blocks.
    #[error("the encrypted text is {bytes} bytes long, AES needs a multiple of 16")]
    Blocks {
        /// Its length in bytes.
        bytes: usize,
    },
    /// The last bytes of the plain text are no pad: usually the key or the IV is another one.
    #[error(
        "the padding is wrong (the last byte is {last}, the pad is 1 to {block} bytes of that \
         value): another key, IV or pad size"
    )]
    Pad {
        /// The last byte of the plain text.
        last: u8,
        /// The pad size that was expected.
        block: usize,
    },
    /// The plain text ends before its head does.
    #[error("only {bytes} bytes were sealed, the head alone takes 20")]
    Head {
        /// How many bytes there are without the pad.
        bytes: usize,
    },
    /// The length in the head does not agree with what follows.
    #[error("the head states a message of {stated} bytes, but {follow} bytes follow it")]
    Length {
        /// The length that the head states.
        stated: u32,
        /// How many bytes follow the head.
        follow: usize,
    },
    /// The message is longer than a 32-bit length can state.
    #[error("a message of {bytes} bytes does not fit into an envelope")]
    TooLong {
        /// Its length.
        bytes: usize,
    },
    /// The id behind the message names another application.
    #[error("the envelope was made for another id: `{}`", found.escape_debug())]
    Id {
        /// The id that was found, with anything that is not UTF-8 replaced.
        found: String,
    },
}

/// Opens an envelope.
///
/// `key` is the key's text as the platform shows it, `sealed` the base64 text that travelled.
/// Whether the id is the expected one is left to [`Opened::expect_id`].
pub fn open(layout: Layout, key: &[u8], sealed: &[u8]) -> Result<Opened, SealError> {
    let plain = open_whole(layout, key, sealed)?;
    if layout == Layout::KeyIsIv {
        return Ok(Opened {
            message: plain,
            random: Vec::new(),
            id: Vec::new(),
        });
    }
    let head = split_head(&plain)?;
    let mismatch = SealError::Length {
        stated: head.stated,
        follow: head.rest.len(),
    };
    let (message, id) = match usize::try_from(head.stated) {
        Ok(stated) if stated <= head.rest.len() => head.rest.split_at(stated),
        _ => return Err(mismatch),
    };
    if layout == Layout::Framed && !id.is_empty() {
        return Err(mismatch);
    }
    Ok(Opened {
        message: message.to_vec(),
        random: head.random.to_vec(),
        id: id.to_vec(),
    })
}

/// Opens an envelope and leaves in what surrounds the message: the head and the id.
pub fn open_whole(layout: Layout, key: &[u8], sealed: &[u8]) -> Result<Vec<u8>, SealError> {
    let cipher = decode_text(sealed)?;
    let plain = if layout == Layout::KeyIsIv {
        let key = raw_key(key)?;
        decrypt(key.as_slice(), &key, &cipher)?
    } else {
        let key = decode_key(key)?;
        decrypt(key.as_slice(), &iv_of(&key), &cipher)?
    };
    Ok(unpad(&plain, layout.pad_block())?.to_vec())
}

/// Closes a message into an envelope: the base64 text to send.
///
/// `random` is used by the framed layouts, `id` by [`Layout::FramedWithId`] only.
pub fn close(
    layout: Layout,
    key: &[u8],
    random: [u8; 16],
    message: &[u8],
    id: &[u8],
) -> Result<String, SealError> {
    let (key, iv, mut plain) = if layout == Layout::KeyIsIv {
        let key = raw_key(key)?;
        (Zeroizing::new(key.to_vec()), *key, message.to_vec())
    } else {
        let key = decode_key(key)?;
        let stated = u32::try_from(message.len()).map_err(|_| SealError::TooLong {
            bytes: message.len(),
        })?;
        let mut plain = Vec::with_capacity(HEAD + message.len() + id.len() + layout.pad_block());
        plain.extend_from_slice(&random);
        plain.extend_from_slice(&stated.to_be_bytes());
        plain.extend_from_slice(message);
        if layout == Layout::FramedWithId {
            plain.extend_from_slice(id);
        }
        (Zeroizing::new(key.to_vec()), iv_of(&key), plain)
    };
    pad(&mut plain, layout.pad_block());
    Ok(STANDARD.encode(encrypt(&key, &iv, &plain)?))
}

/// The 32 bytes of an AES-256 key of 43 base64 characters.
///
/// Stray bits in the last character are allowed, as the vendors' own receivers allow them.
pub fn decode_key(key: &[u8]) -> Result<Zeroizing<[u8; 32]>, SealError> {
    let length = SealError::KeyLength {
        expected: KEY_TEXT,
        found: key.len(),
    };
    if key.len() != KEY_TEXT {
        return Err(length);
    }
    if let Some(at) = key
        .iter()
        .position(|byte| !(byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/')))
    {
        return Err(SealError::KeyCharacter { at: at + 1 });
    }
    let bytes = Zeroizing::new(BASE64_FORGIVING.decode(key).map_err(|_| length.clone())?);
    let key: [u8; 32] = bytes.as_slice().try_into().map_err(|_| length)?;
    Ok(Zeroizing::new(key))
}

/// The 16 bytes of an AES-128 key that is used as it is written.
pub fn raw_key(key: &[u8]) -> Result<Zeroizing<[u8; 16]>, SealError> {
    let bytes: [u8; 16] = key.try_into().map_err(|_| SealError::KeyLength {
        expected: BLOCK,
        found: key.len(),
    })?;
    Ok(Zeroizing::new(bytes))
}

/// The IV of the framed layouts: the first 16 bytes of the key.
#[must_use]
pub fn iv_of(key: &[u8; 32]) -> [u8; 16] {
    let mut iv = [0; BLOCK];
    iv.copy_from_slice(&key[..BLOCK]);
    iv
}

/// The cipher text behind its base64: standard alphabet, `=` required.
pub fn decode_text(sealed: &[u8]) -> Result<Vec<u8>, SealError> {
    STANDARD.decode(sealed).map_err(|why| SealError::Text {
        why: why.to_string().to_lowercase(),
    })
}

/// AES-CBC decryption, the pad left on: AES-128 for a key of 16 bytes, AES-256 for one of 32.
pub fn decrypt(key: &[u8], iv: &[u8; 16], cipher: &[u8]) -> Result<Vec<u8>, SealError> {
    let mut bytes = cipher.to_vec();
    // A pad of up to 32 bytes is more than the crate's own PKCS#7 can remove.
    let done = if key.len() == 16 {
        Decryptor::<Aes128>::new_from_slices(key, iv)
            .map(|cbc| cbc.decrypt_padded::<NoPadding>(&mut bytes).is_ok())
    } else {
        Decryptor::<Aes256>::new_from_slices(key, iv)
            .map(|cbc| cbc.decrypt_padded::<NoPadding>(&mut bytes).is_ok())
    };
    whole_blocks(done.ok(), key, bytes)
}

/// AES-CBC encryption of whole blocks: AES-128 for a key of 16 bytes, AES-256 for one of 32.
pub fn encrypt(key: &[u8], iv: &[u8; 16], padded: &[u8]) -> Result<Vec<u8>, SealError> {
    let mut bytes = padded.to_vec();
    let length = bytes.len();
    let done = if key.len() == 16 {
        Encryptor::<Aes128>::new_from_slices(key, iv)
            .map(|cbc| cbc.encrypt_padded::<NoPadding>(&mut bytes, length).is_ok())
    } else {
        Encryptor::<Aes256>::new_from_slices(key, iv)
            .map(|cbc| cbc.encrypt_padded::<NoPadding>(&mut bytes, length).is_ok())
    };
    whole_blocks(done.ok(), key, bytes)
}

/// `done`: `None` where the cipher refused the key, false where it refused the length.
fn whole_blocks(done: Option<bool>, key: &[u8], bytes: Vec<u8>) -> Result<Vec<u8>, SealError> {
    match done {
        None => Err(SealError::KeyBytes { found: key.len() }),
        Some(true) if !bytes.is_empty() => Ok(bytes),
        Some(_) => Err(SealError::Blocks { bytes: bytes.len() }),
    }
}

/// Adds a pad that makes the length a multiple of `block`: 1 to `block` bytes, each of which
/// holds the pad's length (PKCS#7). `block` is 16 or 32.
pub fn pad(plain: &mut Vec<u8>, block: usize) {
    let count = block - plain.len() % block;
    let byte = u8::try_from(count).unwrap_or(u8::MAX);
    plain.resize(plain.len() + count, byte);
}

/// The plain text without its pad, which must be 1 to `block` bytes that all hold its length.
///
/// `block` is 16 or 32. The whole length need not be a multiple of it, because a receiver that
/// mixes the two up does not look either.
pub fn unpad(plain: &[u8], block: usize) -> Result<&[u8], SealError> {
    let last = plain.last().copied().unwrap_or_default();
    let count = usize::from(last);
    if count == 0 || count > block || count > plain.len() {
        return Err(SealError::Pad { last, block });
    }
    let (message, pad) = plain.split_at(plain.len() - count);
    if pad.iter().all(|&byte| byte == last) {
        Ok(message)
    } else {
        Err(SealError::Pad { last, block })
    }
}

/// What a framed plain text consists of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head<'a> {
    /// 16 random bytes.
    pub random: &'a [u8],
    /// The length of the message in bytes, as stated.
    pub stated: u32,
    /// All that follows the head: the message and, in some layouts, an id.
    pub rest: &'a [u8],
}

/// Splits a plain text behind its 20-byte head; whether the stated length fits is not looked at.
pub fn split_head(plain: &[u8]) -> Result<Head<'_>, SealError> {
    let short = SealError::Head { bytes: plain.len() };
    let (random, follow) = plain.split_at_checked(16).ok_or_else(|| short.clone())?;
    let (stated, rest) = follow.split_first_chunk::<4>().ok_or(short)?;
    Ok(Head {
        random,
        stated: u32::from_be_bytes(*stated),
        rest,
    })
}

#[cfg(test)]
mod tests;
