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

/// The bytes that the inside of a checked string stands for.
pub(super) fn unescape(raw: &[u8]) -> Cow<'_, [u8]> {
    let Some(first) = memchr(b'\\', raw) else {
        return Cow::Borrowed(raw);
    };
    let mut bytes = Vec::with_capacity(raw.len());
    let mut rest = raw;
    let mut next = Some(first);
    while let Some(backslash) = next {
        bytes.extend_from_slice(&rest[..backslash]);
        rest = &rest[backslash..];
        let (character, length) = escaped(rest);
        bytes.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
        rest = rest.get(length..).unwrap_or_default();
        next = memchr(b'\\', rest);
    }
    bytes.extend_from_slice(rest);
    Cow::Owned(bytes)
}

/// The character of the escape that `text` starts with, and how many bytes it takes.
fn escaped(text: &[u8]) -> (char, usize) {
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
