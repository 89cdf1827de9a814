//! Secrets are hidden wherever they stand in what arrived: a peer may send the token where the
//! signature belongs, and no output may repeat it.
//!
//! What gives a secret away is a short list, made once: itself, the key that it spells, and both
//! in hexadecimal and in base64, wherever in a longer text that begins. Each of the list is found
//! with any of its characters percent-encoded (RFC 3986, 2.1) or escaped as in JSON (RFC 8259, 7),
//! in whatever mixture a peer's library writes. What is found may overlap; all of it is hidden.

use std::borrow::Cow;
use std::ops::Range;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::secret::{Secret, Secrets};

/// What is written in a secret's place.
const HIDDEN: &[u8] = b"[secret]";

/// Shorter secrets are words, and would tear holes into what arrived.
const SHORTEST: usize = 8;

/// What stands behind an underscore is a key of its own (`whsec_…`) where it has as many bytes:
/// a shorter one may be the last word of a phrase.
const SHORTEST_BEHIND_PREFIX: usize = 16;

/// As the platforms take a key: with padding or without, and whatever its last bits are.
const FORGIVING: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    .with_decode_allow_trailing_bits(true);

/// The texts that give a secret away.
#[derive(Clone, Debug, Default)]
pub struct Veil {
    /// By their first bytes: 256 lists, or none.
    texts: Vec<Vec<Secret>>,
    /// Which bytes one of them may begin with, escaped or not; as many.
    begins: Vec<bool>,
}

impl Veil {
    /// Hides all of these; the default one hides nothing.
    #[must_use]
    pub fn over(secrets: &Secrets) -> Self {
        let mut texts: Vec<Vec<u8>> = Vec::new();
        for (_, secret) in secrets.iter() {
            let secret = secret.expose();
            if secret.len() >= SHORTEST {
                for key in keys(secret) {
                    texts.extend(spellings(&key));
                }
            }
        }
        texts.sort();
        texts.dedup();
        let mut veil = Self::default();
        for text in texts {
            veil.texts.resize(256, Vec::new());
            veil.texts[usize::from(text[0])].push(Secret::new(text));
        }
        let lists = veil.texts.iter().zip(0..=u8::MAX);
        veil.begins = lists
            .map(|(list, byte)| !list.is_empty() || ESCAPES.contains(&byte))
            .collect();
        veil
    }

    /// The bytes without secrets.
    #[must_use]
    pub fn hide<'t>(&self, bytes: &'t [u8]) -> Cow<'t, [u8]> {
        let places = self.places(bytes);
        if places.is_empty() {
            return Cow::Borrowed(bytes);
        }
        let mut without = Vec::with_capacity(bytes.len());
        let mut end = 0;
        for place in places {
            without.extend_from_slice(&bytes[end..place.start]);
            without.extend_from_slice(HIDDEN);
            end = place.end;
        }
        without.extend_from_slice(&bytes[end..]);
        Cow::Owned(without)
    }

    /// The same bytes, as many of them, with an asterisk in the place of each byte of a secret.
    #[must_use]
    pub fn blank<'t>(&self, bytes: &'t [u8]) -> Cow<'t, [u8]> {
        let mut shown = Cow::Borrowed(bytes);
        for place in self.places(bytes) {
            shown.to_mut()[place].fill(b'*');
        }
        shown
    }

    /// The text without secrets.
    #[must_use]
    pub fn hide_text<'t>(&self, text: &'t str) -> Cow<'t, str> {
        match self.hide(text.as_bytes()) {
            Cow::Borrowed(_) => Cow::Borrowed(text),
            Cow::Owned(bytes) => Cow::Owned(String::from_utf8_lossy(&bytes).into_owned()),
        }
    }

    /// Where secrets stand, in order; what overlaps is one place.
    fn places(&self, bytes: &[u8]) -> Vec<Range<usize>> {
        let mut places: Vec<Range<usize>> = Vec::new();
        if self.texts.is_empty() {
            return places;
        }
        for (at, &first) in bytes.iter().enumerate() {
            if !self.begins[usize::from(first)] {
                continue;
            }
            let here = &bytes[at..];
            let beginning = |byte: u8| &self.texts[usize::from(byte)];
            let plain = beginning(first);
            let encoded = escape(here).map(|(_, means)| beginning(means.bytes()[0]));
            let texts = plain.iter().chain(encoded.into_iter().flatten());
            let Some(length) = texts.filter_map(|text| length(here, text.expose())).max() else {
                continue;
            };
            let end = at + length;
            match places.last_mut() {
                Some(last) if at < last.end => last.end = last.end.max(end),
                _ => places.push(at..end),
            }
        }
        places
    }
}

/// The secret, the key behind its prefix, and the bytes that each of them spells.
fn keys(secret: &[u8]) -> Vec<Vec<u8>> {
    let mut keys = vec![secret.to_vec()];
    let behind = memchr::memchr(b'_', secret).map(|at| &secret[at + 1..]);
    keys.extend(
        behind
            .filter(|key| key.len() >= SHORTEST_BEHIND_PREFIX)
            .map(<[u8]>::to_vec),
    );
    let spelled: Vec<_> = keys
        .iter()
        .flat_map(|key| {
            [&alphabet::STANDARD, &alphabet::URL_SAFE]
                .map(|alphabet| GeneralPurpose::new(alphabet, FORGIVING).decode(key).ok())
                .into_iter()
                .chain([hex::decode(key).ok()])
                .flatten()
        })
        .filter(|key| key.len() >= SHORTEST)
        .collect();
    keys.extend(spelled);
    keys
}

/// The bytes, and their hexadecimal and base64.
fn spellings(bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut texts = vec![
        bytes.to_vec(),
        hex::encode(bytes).into_bytes(),
        hex::encode_upper(bytes).into_bytes(),
    ];
    for engine in [STANDARD_NO_PAD, URL_SAFE_NO_PAD] {
        // Base64 takes three bytes at a time: what stands before decides how the secret is cut.
        // The characters that it shares with its neighbours tell next to nothing of it.
        for before in 0..3 {
            let text = engine.encode([&vec![0; before], bytes].concat());
            let own = &text.as_bytes()[[0, 2, 3][before]..];
            let is_shared = !(before + bytes.len()).is_multiple_of(3);
            texts.push(own[..own.len() - usize::from(is_shared)].to_vec());
            // Where nothing stands behind, the last one is its own.
            texts.push(own.to_vec());
        }
    }
    texts
}

/// How many bytes of `text` are the secret, if it begins so. A backslash or a percent sign may be
/// meant as it stands, or begin an escape; a library does the same all along.
fn length(text: &[u8], secret: &[u8]) -> Option<usize> {
    [false, true]
        .into_iter()
        .filter_map(|is_escaped| spelled(text, secret, is_escaped))
        .max()
}

fn spelled(text: &[u8], mut secret: &[u8], is_escaped: bool) -> Option<usize> {
    let mut at = 0;
    while let Some((first, behind)) = secret.split_first() {
        let here = &text[at..];
        let plain = (here.first() == Some(first)).then_some((1, behind));
        let encoded = || {
            let (length, means) = escape(here)?;
            Some((length, secret.strip_prefix(means.bytes())?))
        };
        let (length, rest) = if is_escaped {
            encoded().or(plain)
        } else {
            plain.or_else(encoded)
        }?;
        at += length;
        secret = rest;
    }
    Some(at)
}

/// What an escape means: a byte, or a character.
struct Means([u8; 4], usize);

impl Means {
    fn byte(byte: u8) -> Self {
        Self([byte, 0, 0, 0], 1)
    }

    fn bytes(&self) -> &[u8] {
        &self.0[..self.1]
    }
}

/// What an escape begins with.
const ESCAPES: [u8; 3] = *b"+%\\";

/// The escape that a text begins by: how long it is, and what it means.
fn escape(text: &[u8]) -> Option<(usize, Means)> {
    match text {
        [b'+', ..] => Some((1, Means::byte(b' '))),
        [b'%', high, low, ..] => {
            let mut byte = [0];
            hex::decode_to_slice([*high, *low], &mut byte).ok()?;
            Some((3, Means::byte(byte[0])))
        }
        [b'\\', b'u', ..] => {
            let first = utf16(text)?;
            let both = [first, utf16(&text[6..]).unwrap_or_default()];
            let character = char::decode_utf16(both).next()?.ok()?;
            let mut bytes = [0; 4];
            let size = character.encode_utf8(&mut bytes).len();
            Some((6 * character.len_utf16(), Means(bytes, size)))
        }
        [b'\\', letter, ..] => {
            let byte = match letter {
                b'"' | b'\\' | b'/' => *letter,
                b'b' => 0x08,
                b'f' => 0x0c,
                b'n' => b'\n',
                b'r' => b'\r',
                b't' => b'\t',
                _ => return None,
            };
            Some((2, Means::byte(byte)))
        }
        _ => None,
    }
}

/// The code unit of `\u00e9`, at the start of a text.
fn utf16(text: &[u8]) -> Option<u16> {
    let digits = text.strip_prefix(b"\\u")?.get(..4)?;
    let mut bytes = [0; 2];
    hex::decode_to_slice(digits, &mut bytes).ok()?;
    Some(u16::from_be_bytes(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signature::SecretName;

    fn hidden(secret: &str, text: &str) -> String {
        let veil = Veil::over(&Secrets::new().with(SecretName::Token, secret));
        String::from_utf8(veil.hide(text.as_bytes()).into_owned()).unwrap()
    }

    #[test]
    fn a_secret_is_hidden_in_every_spelling_and_at_every_place() {
        for text in [
            "a secret+1",
            "YSBzZWNyZXQrMQ",
            "6120736563726574 2b31".replace(' ', "").as_str(),
            "a%20secret%2B1",
        ] {
            assert_eq!(
                hidden("a secret+1", &format!("<{text}|{text}>")),
                "<[secret]|[secret]>"
            );
        }
        assert_eq!(hidden("a secret+1", "a secret"), "a secret");
    }

    #[test]
    fn a_secret_that_looks_like_its_replacement_comes_to_an_end() {
        assert_eq!(hidden("[secret]", "x[secret]y"), "x[secret]y");
        assert_eq!(hidden("aaaaaaaa", "aaaaaaaaaaaaaaaaaaa!"), "[secret]!");
    }

    #[test]
    fn a_secret_is_hidden_however_its_characters_are_escaped() {
        let secret = "say \"a/b\\cé\u{1f511}!";
        for text in [
            secret,
            r#"say \"a\/b\\cé🔑!"#,
            r"say \u0022a/b\u005Cc\u00e9\ud83d\uDD11!",
            r"\u0073ay\u0020\u0022a\/b\\c\u00E9\ud83d\udd11\u0021",
            "say%20%22a%2fb%5cc%c3%a9%f0%9f%94%91!",
            "say+%22a/b%5Cc%C3%A9%F0%9F%94%91%21",
        ] {
            assert_eq!(hidden(secret, &format!("<{text}>")), "<[secret]>", "{text}");
        }
        // What looks like an escape may be the secret's own.
        for secret in [r"a\nb\\cdefg", "100%25 sure, it is"] {
            assert_eq!(hidden(secret, &format!("<{secret}>")), "<[secret]>");
        }
        for torn in [r"say \u00", "say %", "say \\", r"say \ud83d\u"] {
            assert_eq!(hidden(secret, torn), torn);
        }
    }

    #[test]
    fn a_key_is_hidden_without_its_prefix_and_as_the_bytes_that_it_spells() {
        let bytes: Vec<u8> = (b'\xe0'..=b'\xff').collect();
        for secret in [
            format!("whsec_{}", STANDARD_NO_PAD.encode(&bytes)),
            STANDARD_NO_PAD.encode(&bytes),
            hex::encode(&bytes),
        ] {
            let veil = Veil::over(&Secrets::new().with(SecretName::Token, secret.as_str()));
            let behind = secret.trim_start_matches("whsec_").as_bytes();
            for text in [
                &bytes,
                behind,
                hex::encode(&bytes).as_bytes(),
                hex::encode_upper(&bytes).as_bytes(),
                STANDARD_NO_PAD.encode(&bytes).as_bytes(),
                URL_SAFE_NO_PAD.encode(&bytes).as_bytes(),
            ] {
                let text = [b"<", text, b">"].concat();
                let shown = veil.hide(&text);
                assert_eq!(*shown, *b"<[secret]>", "{}", shown.escape_ascii());
            }
        }
        let phrase = "a_token_of_mine";
        assert_eq!(hidden(phrase, "of_mine token_of"), "of_mine token_of");
    }

    #[test]
    fn a_secret_in_the_midst_of_base64_is_hidden() {
        let secret = "a-token+of~mine?";
        for engine in [STANDARD_NO_PAD, URL_SAFE_NO_PAD] {
            for (before, behind) in [("", ":x"), ("u:", ""), ("us:", "yz"), ("use:", "z")] {
                let text = engine.encode(format!("{before}{secret}{behind}"));
                let shown = hidden(secret, &format!("Basic {text}"));
                let rest = shown.replace("[secret]", "");
                assert!(shown.contains("[secret]"), "{text}: {shown}");
                // What is left of it are the neighbours, and the characters shared with them.
                let most = "Basic ".len() + 4 * (before.len() + behind.len()).div_ceil(3) + 4;
                assert!(rest.len() <= most, "{text}: {shown}");
            }
        }
    }

    #[test]
    fn secrets_that_overlap_leave_nothing_of_either() {
        let secrets = Secrets::new()
            .with(SecretName::Token, "first-and-shared")
            .with(SecretName::Token, "shared-and-much-longer")
            .with(SecretName::AppSecret, "and-much");
        let veil = Veil::over(&secrets);
        let text = "<first-and-shared-and-much-longer>";
        assert_eq!(veil.hide_text(text), "<[secret]>");
        let blank = veil.blank(text.as_bytes());
        assert_eq!(*blank, *format!("<{}>", "*".repeat(32)).as_bytes());
    }

    #[test]
    fn a_blank_is_as_long_as_what_stood_there() {
        let veil = Veil::over(&Secrets::new().with(SecretName::Token, "a secret+1"));
        let blank = |text: &str| String::from_utf8(veil.blank(text.as_bytes()).into_owned());
        assert_eq!(
            blank("<a secret+1|YSBzZWNyZXQrMQ>").unwrap(),
            "<**********|**************>"
        );
        assert_eq!(blank("a secret").unwrap(), "a secret");
    }

    #[test]
    fn short_secrets_and_an_empty_veil_hide_nothing() {
        assert_eq!(hidden("hook", "/hook"), "/hook");
        assert_eq!(
            Veil::default().hide_text("a-token-of-mine"),
            "a-token-of-mine"
        );
    }
}
