//! A whole value printed as a literal: `b'{"msg":…}'`, `"{\"msg\":…}"`, `curl -d '{…}'`.

use super::super::scan;
use super::Sloppiness;

/// A literal that stands around a value.
pub(super) struct Literal {
    /// Where it starts, with its prefix, and where the text goes on behind it.
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) what: Sloppiness,
    /// What it stands for.
    pub(super) content: Vec<u8>,
}

/// The literal whose quote stands right before the bracket at `open`.
pub(super) fn around(text: &[u8], open: usize) -> Option<Literal> {
    let quote_at = open.checked_sub(1)?;
    let quote = text[quote_at];
    if !matches!(quote, b'"' | b'\'') {
        return None;
    }
    let inside = closing_quote(text, open, quote)?;
    let raw = &text[open..inside];
    let prefix = quote_at.checked_sub(1).map(|at| text[at]);
    let (start, what) = match prefix {
        Some(b'b' | b'B') => (quote_at - 1, Sloppiness::BytesLiteral),
        Some(b'u' | b'U' | b'r') => (quote_at - 1, Sloppiness::StringLiteral),
        _ => (quote_at, Sloppiness::StringLiteral),
    };
    let content = if what == Sloppiness::StringLiteral {
        // A shell's single quotes change nothing; a JSON string is read by JSON's rules.
        let as_it_is = (quote == b'\'' && scan::check(raw).is_ok()).then(|| raw.to_vec());
        as_it_is
            .or_else(|| scan::text(&text[quote_at..=inside]).map(std::borrow::Cow::into_owned))
            .unwrap_or_else(|| decode(raw))
    } else {
        decode(raw)
    };
    Some(Literal {
        start,
        end: inside + 1,
        what,
        content,
    })
}

/// The offset of the next such quote that no backslash stands before.
fn closing_quote(text: &[u8], mut at: usize, quote: u8) -> Option<usize> {
    loop {
        at += memchr::memchr2(quote, b'\\', text.get(at..)?)?;
        if text[at] == quote {
            return Some(at);
        }
        at += 2;
    }
}

/// The bytes that a Python bytes literal stands for; escapes that it does not have stay.
fn decode(raw: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(raw.len());
    let mut at = 0;
    while at < raw.len() {
        let (byte, length) = match (raw[at], raw.get(at + 1)) {
            (b'\\', Some(b'n')) => (b'\n', 2),
            (b'\\', Some(b'r')) => (b'\r', 2),
            (b'\\', Some(b't')) => (b'\t', 2),
            (b'\\', Some(&escaped @ (b'\\' | b'\'' | b'"'))) => (escaped, 2),
            (b'\\', Some(b'x')) => match hex(raw.get(at + 2..at + 4)) {
                Some(byte) => (byte, 4),
                None => (b'\\', 1),
            },
            (byte, _) => (byte, 1),
        };
        bytes.push(byte);
        at += length;
    }
    bytes
}

fn hex(digits: Option<&[u8]>) -> Option<u8> {
    let digits = digits.filter(|digits| digits.iter().all(u8::is_ascii_hexdigit))?;
    u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}
