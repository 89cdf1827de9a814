//! The body stage: the same text with something at its ends, cut, packed, printed or never read.

use std::io::Read as _;

use super::body::{RAW, parsed};
use super::{Case, Change, Mistake, Stage, mistake};
use crate::json::compact;
use crate::json::tree::Value;

/// A decompressed body longer than this is not looked at.
const LONGEST_UNZIPPED: u64 = 16 << 20;

/// A changed body: id, what it "was" or "had", advice, value.
type Edited = (&'static str, String, &'static str, Vec<u8>);

/// The same text with something at its ends, cut, packed or taken as a literal.
pub(super) fn mistakes(case: &Case<'_>, at: usize) -> Vec<Mistake> {
    let text = case.values[at].as_slice();
    let name = case.name(at);
    let mut list = ends(text);
    list.extend(line_ends(text));
    list.extend(literals(text));
    list.extend(cut(text));
    list.extend(never_read());
    if let Some(unzipped) = unzipped(text) {
        list.push((
            "body.gzip",
            "was hashed after decompressing it".to_owned(),
            "hash the bytes that travelled: before gzip is undone",
            unzipped,
        ));
    }
    list.into_iter()
        .map(|(id, title, advice, value)| {
            let change = Change::Values(vec![(at, value)]);
            mistake(Stage::Body, id, format!("`{name}` {title}"), advice, change)
        })
        .collect()
}

fn ends(text: &[u8]) -> Vec<Edited> {
    let with = |before: &[u8], behind: &[u8]| [before, text, behind].concat();
    let mut list = vec![
        (
            "body.trailing-newline",
            "had a newline at its end",
            with(b"", b"\n"),
        ),
        (
            "body.trailing-crlf",
            "had a carriage return and a newline at its end",
            with(b"", b"\r\n"),
        ),
        (
            "body.bom",
            "had a byte order mark before it",
            with(b"\xef\xbb\xbf", b""),
        ),
        (
            "body.trailing-nul",
            "had a zero byte at its end",
            with(b"", b"\0"),
        ),
        (
            "body.trimmed",
            "was hashed without the blanks around it",
            text.trim_ascii().to_vec(),
        ),
    ];
    if let Some(bare) = text.strip_prefix(b"\xef\xbb\xbf") {
        list.push((
            "body.bom-removed",
            "was hashed without its byte order mark",
            bare.to_vec(),
        ));
    }
    list.into_iter()
        .map(|(id, title, value)| (id, title.to_owned(), RAW, value))
        .collect()
}

fn line_ends(text: &[u8]) -> [Edited; 2] {
    let unix = String::from_utf8_lossy(text).replace("\r\n", "\n");
    let windows = unix.replace('\n', "\r\n");
    [
        (
            "body.crlf-to-lf",
            "had its CRLF line ends changed to LF".to_owned(),
            RAW,
            unix.into_bytes(),
        ),
        (
            "body.lf-to-crlf",
            "had its LF line ends changed to CRLF".to_owned(),
            RAW,
            windows.into_bytes(),
        ),
    ]
}

/// The text as a JSON string would hold it, and a value as languages print it for people.
fn literals(text: &[u8]) -> Vec<Edited> {
    const DECODED: &str = "hash the string's decoded value, not its literal";
    const PRINTED: &str = "hash the text that arrived, not an object that was parsed from it";
    let literal = literal(text);
    let bare = literal[1..literal.len() - 1].to_vec();
    let mut list = vec![
        (
            "body.string-literal",
            "was hashed as a JSON string literal, with quotes and escapes".to_owned(),
            DECODED,
            literal,
        ),
        (
            "body.escaped",
            "was hashed with its JSON escapes, without the quotes".to_owned(),
            DECODED,
            bare,
        ),
        (
            "body.bytes-literal",
            "was hashed as Python prints bytes: `b'…'`".to_owned(),
            "join bytes with bytes, or decode them first: `f\"{token}{nonce}{raw.decode()}\"`",
            bytes_literal(text),
        ),
    ];
    let Some(value) = parsed(text) else {
        return list;
    };
    for (what, value) in [
        ("JavaScript prints an object", b"[object Object]".to_vec()),
        ("PHP prints an array", b"Array".to_vec()),
        ("Python prints a dict", printed(&value, &PYTHON)),
        ("Java prints a map", printed(&value, &JAVA)),
    ] {
        list.push((
            "body.printed-object",
            format!("was parsed and hashed as {what}"),
            PRINTED,
            value,
        ));
    }
    list
}

fn cut(text: &[u8]) -> Vec<Edited> {
    let Ok(utf8) = std::str::from_utf8(text) else {
        return Vec::new();
    };
    [utf8.chars().count(), utf8.encode_utf16().count()]
        .into_iter()
        .map(|count| {
            (
                "body.cut-at-characters",
                format!("was cut after {count} bytes: characters were counted, not bytes"),
                "measure the body in bytes: a Chinese character takes three in UTF-8",
                text[..count].to_vec(),
            )
        })
        .collect()
}

/// What stands for a body that nobody read, or that something else had read before.
fn never_read() -> impl Iterator<Item = Edited> {
    ["", "{}", "\"\"", "null", "undefined", "None", "nil", "[]"]
        .into_iter()
        .map(|value| {
            let shown = if value.is_empty() {
                "an empty text"
            } else {
                value
            };
            (
                "body.empty",
                format!("was hashed as {shown}"),
                "read the raw body once, before any parser does; an empty one is hashed exactly \
                 as the platform's documentation says",
                value.as_bytes().to_vec(),
            )
        })
}

/// How a language prints values for people.
pub(super) struct Print {
    quote: &'static str,
    colon: &'static str,
    words: [&'static str; 3],
}

/// `str()` of a dict.
pub(super) const PYTHON: Print = Print {
    quote: "'",
    colon: ": ",
    words: ["None", "True", "False"],
};

/// `toString()` of a map.
const JAVA: Print = Print {
    quote: "",
    colon: "=",
    words: ["null", "true", "false"],
};

/// A value as it is printed; quotes within strings stay as they are.
pub(super) fn printed(value: &Value, print: &Print) -> Vec<u8> {
    let quoted = |text: &str| format!("{0}{text}{0}", print.quote).into_bytes();
    match value {
        Value::Null => print.words[0].into(),
        Value::Bool(true) => print.words[1].into(),
        Value::Bool(false) => print.words[2].into(),
        Value::Number(text) => text.as_bytes().to_vec(),
        Value::String(text) => quoted(text),
        Value::Array(elements) => {
            let elements: Vec<_> = elements.iter().map(|value| printed(value, print)).collect();
            [b"[", elements.join(&b", "[..]).as_slice(), b"]"].concat()
        }
        Value::Object(members) => {
            let members: Vec<_> = members
                .iter()
                .map(|(name, value)| {
                    let colon = print.colon.as_bytes();
                    [&quoted(name), colon, &printed(value, print)].concat()
                })
                .collect();
            [b"{", members.join(&b", "[..]).as_slice(), b"}"].concat()
        }
    }
}

/// A text as a JSON string literal.
fn literal(text: &[u8]) -> Vec<u8> {
    compact(&Value::String(String::from_utf8_lossy(text).into_owned()))
}

/// Python's `repr()` of bytes.
fn bytes_literal(text: &[u8]) -> Vec<u8> {
    let quote = if text.contains(&b'\'') && !text.contains(&b'"') {
        b'"'
    } else {
        b'\''
    };
    let mut out = Vec::with_capacity(text.len() + 3);
    out.extend([b'b', quote]);
    for &byte in text {
        match byte {
            b'\\' => out.extend(b"\\\\"),
            b'\n' => out.extend(b"\\n"),
            b'\r' => out.extend(b"\\r"),
            b'\t' => out.extend(b"\\t"),
            b' '..=b'~' if byte != quote => out.push(byte),
            b' '..=b'~' => out.extend([b'\\', byte]),
            _ => out.extend(format!("\\x{byte:02x}").bytes()),
        }
    }
    out.push(quote);
    out
}

fn unzipped(text: &[u8]) -> Option<Vec<u8>> {
    if !text.starts_with(b"\x1f\x8b") {
        return None;
    }
    let mut plain = Vec::new();
    flate2::read::GzDecoder::new(text)
        .take(LONGEST_UNZIPPED)
        .read_to_end(&mut plain)
        .ok()?;
    Some(plain)
}
