//! Strings in any quotes.

use super::super::scan::{JsonError, escaped};
use super::Sloppiness;

/// Which quotes a string stands in.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Quotes {
    Double,
    Single,
    CurlyDouble,
    CurlySingle,
}

impl Quotes {
    /// The quote that stands at `at`, and its length.
    pub(super) fn at(text: &[u8], at: usize) -> Option<(Self, usize)> {
        match text.get(at..)? {
            [b'"', ..] => Some((Self::Double, 1)),
            [b'\'', ..] => Some((Self::Single, 1)),
            // U+201C to U+201F, U+2018 to U+201B.
            [0xE2, 0x80, 0x9C..=0x9F, ..] => Some((Self::CurlyDouble, 3)),
            [0xE2, 0x80, 0x98..=0x9B, ..] => Some((Self::CurlySingle, 3)),
            _ => None,
        }
    }

    pub(super) fn sloppiness(self) -> Option<Sloppiness> {
        match self {
            Self::Double => None,
            Self::Single => Some(Sloppiness::SingleQuotes),
            Self::CurlyDouble | Self::CurlySingle => Some(Sloppiness::CurlyQuotes),
        }
    }
}

/// The decoded string whose inside starts at `at`, and the offset behind its closing quote.
///
/// What is odd inside is handed to `note`.
pub(super) fn read(
    text: &[u8],
    mut at: usize,
    quotes: Quotes,
    mut note: impl FnMut(usize, Sloppiness),
) -> Result<(String, usize), JsonError> {
    let mut bytes = Vec::new();
    loop {
        if let Some((found, length)) = Quotes::at(text, at)
            && found == quotes
        {
            return Ok((String::from_utf8_lossy(&bytes).into_owned(), at + length));
        }
        let Some(&byte) = text.get(at) else {
            return Err(JsonError {
                at,
                why: "the text ends inside a string",
            });
        };
        if byte == b'\\' {
            let (character, length, odd) = escape(text, at)?;
            if odd {
                note(at, Sloppiness::OddEscape);
            }
            bytes.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
            at += length;
        } else {
            if byte < 0x20 {
                note(at, Sloppiness::ControlCharacter);
            }
            bytes.push(byte);
            at += 1;
        }
    }
}

/// The escape at `at`: its character, its length, and whether JSON does not have it.
pub(super) fn escape(text: &[u8], at: usize) -> Result<(char, usize, bool), JsonError> {
    let digits = |count: usize| {
        let digits = text.get(at + 2..at + 2 + count)?;
        let digits = std::str::from_utf8(digits).ok()?;
        let hex = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
        hex.then(|| u32::from_str_radix(digits, 16).ok()).flatten()
    };
    let known = match text.get(at + 1) {
        Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => true,
        Some(b'u') => digits(4).is_some(),
        _ => false,
    };
    if known {
        let (character, length) = escaped(&text[at..]);
        return Ok((character, length, false));
    }
    let odd = match text.get(at + 1) {
        Some(b'\'') => Some(('\'', 2)),
        Some(b'0') => Some(('\0', 2)),
        Some(b'x') => digits(2).and_then(char::from_u32).map(|c| (c, 4)),
        Some(b'U') => digits(8).and_then(char::from_u32).map(|c| (c, 10)),
        _ => None,
    };
    odd.map(|(character, length)| (character, length, true))
        .ok_or(JsonError {
            at,
            why: "neither JSON nor Python has such an escape",
        })
}
