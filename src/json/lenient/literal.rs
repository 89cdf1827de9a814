//! A whole value printed as a literal: `b'{"msg":…}'`, `"{\"msg\":…}"`, `curl -d '{…}'`.

use super::super::scan;
use super::{Sloppiness, string};

/// A literal that stands around a value.
pub(super) struct Literal {
    /// Where it starts, with its prefix, and where the text goes on behind it.
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) what: Sloppiness,
    /// What it can stand for, likeliest first: `'{"a":"\\u6e29"}'` is one thing in Python and
    /// another in a shell.
    pub(super) readings: Vec<Vec<u8>>,
}

/// What `\xNN` is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Hex {
    /// A byte, and there is no `\uNNNN`: Python's bytes.
    PythonByte,
    /// A byte, as in nginx's logs.
    Byte,
    /// A code point, as in Python's and JavaScript's strings.
    CodePoint,
}

/// The literal whose quote stands before the bracket at `open`, with nothing but blanks between;
/// of two literals around each other the outer one.
pub(super) fn around(text: &[u8], open: usize) -> Option<Literal> {
    let inner = opening_quote(text, open)?;
    let before = text[..inner].strip_suffix(b"\\").unwrap_or(&text[..inner]);
    let before = before.strip_suffix(b"b").unwrap_or(before);
    let outer = opening_quote(text, before.len());
    outer
        .and_then(|quote_at| literal(text, quote_at))
        .or_else(|| literal(text, inner))
}

/// The literal whose quote stands there.
fn literal(text: &[u8], quote_at: usize) -> Option<Literal> {
    let quote = text[quote_at];
    let mut inside = closing_quote(text, quote_at + 1, quote)?;
    let raw = &text[quote_at + 1..inside];
    let letters = text[..quote_at]
        .iter()
        .rev()
        .take_while(|byte| byte.is_ascii_alphabetic())
        .count();
    let prefix = text[quote_at - letters..quote_at].to_ascii_lowercase();
    let (what, mut readings) = match &prefix[..] {
        b"b" => (Sloppiness::BytesLiteral, vec![decode(raw, Hex::PythonByte)]),
        b"br" | b"rb" => (Sloppiness::BytesLiteral, vec![raw.to_vec()]),
        b"r" => (Sloppiness::StringLiteral, vec![raw.to_vec()]),
        b"u" => (Sloppiness::StringLiteral, decoded(raw)),
        _ if quote == b'"' => (
            Sloppiness::StringLiteral,
            in_double_quotes(&text[quote_at..=inside]),
        ),
        _ if text[..quote_at].ends_with(b"$") => (Sloppiness::StringLiteral, decoded(raw)),
        _ => match joined_by_shell(text, quote_at, inside) {
            Some((joined, end)) => {
                inside = end;
                (Sloppiness::StringLiteral, vec![joined])
            }
            None => (Sloppiness::StringLiteral, in_single_quotes(raw)),
        },
    };
    // A quote that was not escaped ends the literal too early: `"{"a":1}"`.
    readings.retain(|reading| {
        let last = reading.trim_ascii_end().last();
        matches!(last, Some(b'}' | b']' | b'"' | b'\''))
    });
    let start = match &prefix[..] {
        b"b" | b"br" | b"rb" | b"r" | b"u" => quote_at - letters,
        _ => quote_at,
    };
    (!readings.is_empty()).then_some(Literal {
        start,
        end: inside + 1,
        what,
        readings,
    })
}

/// The quote before `open`; blanks may stand between them, and line ends that were escaped.
fn opening_quote(text: &[u8], open: usize) -> Option<usize> {
    let mut at = open;
    loop {
        at -= match text[..at] {
            [.., b'"' | b'\''] => return Some(at - 1),
            [.., b' ' | b'\t' | b'\r' | b'\n'] => 1,
            [.., b'\\', b'n' | b'r' | b't'] => 2,
            _ => return None,
        }
    }
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

/// A JSON string is read by JSON's rules; a shell leaves most escapes alone.
fn in_double_quotes(quoted: &[u8]) -> Vec<Vec<u8>> {
    let raw = &quoted[1..quoted.len() - 1];
    let mut readings = Vec::new();
    if let Some(text) = scan::text(quoted) {
        readings.push(text.into_owned());
    }
    readings.extend(decoded(raw));
    readings.push(unescaped_by_shell(raw));
    readings
}

/// A shell's single quotes change nothing; a printed string has each backslash twice.
fn in_single_quotes(raw: &[u8]) -> Vec<Vec<u8>> {
    let mut readings = decoded(raw);
    if scan::check(raw).is_ok() {
        let at = if has_only_pairs(raw) {
            readings.len()
        } else {
            0
        };
        readings.insert(at, raw.to_vec());
    }
    readings
}

fn has_only_pairs(raw: &[u8]) -> bool {
    raw.split(|&byte| byte != b'\\')
        .all(|backslashes| backslashes.len() % 2 == 0)
}

/// `'it'\''s'` and `'it'"'"'s'`: what a shell makes of it, and where its last quote stands.
fn joined_by_shell(text: &[u8], quote_at: usize, mut inside: usize) -> Option<(Vec<u8>, usize)> {
    let mut joined = text[quote_at + 1..inside].to_vec();
    let first = inside;
    loop {
        let rest = &text[inside..];
        let from = if rest.starts_with(br"'\''") {
            inside + 4
        } else if rest.starts_with(br#"'"'"'"#) {
            inside + 5
        } else {
            return (inside > first).then_some((joined, inside));
        };
        inside = from + memchr::memchr(b'\'', text.get(from..)?)?;
        joined.push(b'\'');
        joined.extend_from_slice(&text[from..inside]);
    }
}

/// Inside a shell's double quotes, a backslash escapes only these.
fn unescaped_by_shell(raw: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(raw.len());
    let mut rest = raw;
    while let [byte, after @ ..] = rest {
        rest = after;
        if let (b'\\', [escaped @ (b'"' | b'\\' | b'$' | b'`'), behind @ ..]) = (byte, after) {
            bytes.push(*escaped);
            rest = behind;
        } else {
            bytes.push(*byte);
        }
    }
    bytes
}

/// What a string literal can stand for.
fn decoded(raw: &[u8]) -> Vec<Vec<u8>> {
    vec![decode(raw, Hex::Byte), decode(raw, Hex::CodePoint)]
}

/// The bytes that a literal stands for; escapes that it does not have stay.
fn decode(raw: &[u8], hex_is: Hex) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(raw.len());
    let mut at = 0;
    while at < raw.len() {
        let (byte, length) = match (raw[at], raw.get(at + 1)) {
            (b'\\', Some(b'n')) => (b'\n', 2),
            (b'\\', Some(b'r')) => (b'\r', 2),
            (b'\\', Some(b't')) => (b'\t', 2),
            (b'\\', Some(&escaped @ (b'\\' | b'\'' | b'"'))) => (escaped, 2),
            (b'\\', Some(b'x')) if hex_is != Hex::CodePoint => match hex(raw.get(at + 2..at + 4)) {
                Some(byte) => (byte, 4),
                None => (b'\\', 1),
            },
            (b'\\', Some(_)) if hex_is != Hex::PythonByte => match string::escape(raw, at) {
                Ok((character, length, _)) => {
                    bytes.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
                    at += length;
                    continue;
                }
                Err(_) => (b'\\', 1),
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
