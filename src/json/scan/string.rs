//! Strings: from their escaped text to the bytes they stand for.

use std::borrow::Cow;

use memchr::memchr;

use super::string_end;

/// The decoded bytes of a JSON string given with its quotes; `None` for anything else.
///
/// Borrowed where there is no backslash. Bytes that are no UTF-8 stay as they are; a surrogate
/// without its other half becomes U+FFFD, as in most parsers.
#[must_use]
pub fn text(value: &[u8]) -> Option<Cow<'_, [u8]>> {
    if value.first() != Some(&b'"') || string_end(value, 1) != Ok(value.len()) {
        return None;
    }
    Some(unescape(&value[1..value.len() - 1]))
}

/// [`text`] of a value that came out of a scan, so that it need not be checked again.
#[must_use]
pub fn checked_text(value: &[u8]) -> Option<Cow<'_, [u8]>> {
    match value {
        [b'"', inside @ .., b'"'] => Some(unescape(inside)),
        _ => None,
    }
}

/// The bytes that the inside of a checked string stands for.
pub(super) fn unescape(raw: &[u8]) -> Cow<'_, [u8]> {
    let Some(first) = memchr(b'\\', raw) else {
        return Cow::Borrowed(raw);
    };
    // A body inside a record has an escape every few bytes, so whole words are copied and only
    // the part before the next backslash is kept. No escape is shorter than what it stands for,
    // and the room of one more word lets the last copies run over.
    let mut bytes = vec![0; raw.len() + WORD];
    bytes[..first].copy_from_slice(&raw[..first]);
    let mut filled = first;
    let mut at = first;
    while at < raw.len() {
        if let Some(word) = raw[at..].first_chunk::<WORD>() {
            bytes[filled..filled + WORD].copy_from_slice(word);
            let plain = plain_bytes(*word);
            filled += plain;
            at += plain;
            if plain == WORD {
                continue;
            }
        }
        if raw[at] == b'\\' {
            let (character, length) = escaped(&raw[at..]);
            filled += character.encode_utf8(&mut bytes[filled..]).len();
            at += length;
        } else {
            bytes[filled] = raw[at];
            filled += 1;
            at += 1;
        }
    }
    bytes.truncate(filled);
    Cow::Owned(bytes)
}

const WORD: usize = 8;

/// How many bytes stand before the first backslash.
fn plain_bytes(word: [u8; WORD]) -> usize {
    const ONES: u64 = 0x0101_0101_0101_0101;
    let backslash = u64::from_le_bytes(word) ^ (ONES * u64::from(b'\\'));
    let found = backslash.wrapping_sub(ONES) & !backslash & (ONES << 7);
    found.trailing_zeros() as usize / 8
}

/// The character of the escape that `text` starts with, and how many bytes it takes.
pub(in crate::json) fn escaped(text: &[u8]) -> (char, usize) {
    let character = match text.get(1) {
        Some(b'b') => '\u{8}',
        Some(b'f') => '\u{C}',
        Some(b'n') => '\n',
        Some(b'r') => '\r',
        Some(b't') => '\t',
        Some(b'u') => return unicode(text),
        Some(&other) => char::from(other),
        None => '\\',
    };
    (character, 2)
}

fn unicode(text: &[u8]) -> (char, usize) {
    let first = hex4(text.get(2..6));
    if let 0xD800..0xDC00 = first
        && text.get(6..8) == Some(b"\\u")
        && let second @ 0xDC00..0xE000 = hex4(text.get(8..12))
    {
        let code = 0x1_0000 + ((first - 0xD800) << 10) + (second - 0xDC00);
        return (
            char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER),
            12,
        );
    }
    (
        char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER),
        6,
    )
}

/// Four hexadecimal digits as a number; what is none stands for a lone surrogate, so U+FFFD.
fn hex4(digits: Option<&[u8]>) -> u32 {
    digits
        .and_then(|digits| std::str::from_utf8(digits).ok())
        .and_then(|digits| u32::from_str_radix(digits, 16).ok())
        .unwrap_or(0xDFFF)
}
