//! The body stage: what parsing and writing again, editors and charsets do to a body.

use std::borrow::Cow;
use std::io::Read as _;

use super::{Case, Change, Mistake, Stage, mistake};
use crate::json::tree::{self, Value};
use crate::json::{compact, write, writers};
use crate::signature::recipe::Source;

const RAW: &str = "hash the raw bytes as they arrived; do not parse and write them again";

/// A decompressed body longer than this is not looked at.
const LONGEST_UNZIPPED: u64 = 16 << 20;

pub(super) fn mistakes(case: &Case<'_>) -> Vec<Mistake> {
    let mut found = Vec::new();
    for at in bodies(case) {
        found.extend(rewritten(case, at));
        found.extend(edited(case, at));
    }
    found.extend(confused(case));
    for (id, title, encode) in CHARSETS {
        found.push(mistake(
            Stage::Body,
            *id,
            *title,
            "hash the UTF-8 bytes that arrived: name the charset wherever text becomes bytes",
            Change::Charset(*encode),
        ));
    }
    found
}

/// The parts that hold a body or a piece of one.
pub(super) fn bodies<'c>(case: &'c Case<'_>) -> impl Iterator<Item = usize> + use<'c> {
    case.inputs().filter(|&at| {
        matches!(case.form.parts[at].source, Source::Body { .. })
            || matches!(case.form.parts[at].source, Source::JsonRaw(_))
            || parsed(&case.values[at]).is_some()
    })
}

/// The tree of a JSON object or list.
fn parsed(text: &[u8]) -> Option<Value> {
    match tree::parse(text).ok()? {
        value @ (Value::Object(_) | Value::Array(_)) => Some(value),
        _ => None,
    }
}

/// Parsed and written again, by every writer of the table.
fn rewritten(case: &Case<'_>, at: usize) -> Vec<Mistake> {
    let Some(value) = parsed(&case.values[at]) else {
        return Vec::new();
    };
    let name = case.name(at);
    let mut found = Vec::new();
    for writer in writers() {
        found.push(mistake(
            Stage::Body,
            format!("body.{}", writer.id),
            format!("`{name}` was parsed and written again: {}", writer.title),
            RAW,
            Change::Values(vec![(at, (writer.write)(&value))]),
        ));
    }
    if !case.documented_keys.is_empty() {
        let mut ordered = value;
        document_order(&mut ordered, case.documented_keys);
        found.push(mistake(
            Stage::Body,
            "body.documented-order",
            format!("`{name}` was built anew with its members in the documentation's order"),
            RAW,
            Change::Values(vec![(at, compact(&ordered))]),
        ));
    }
    found
}

/// Sorts members by their place in the documentation; what it does not name stays behind.
fn document_order(value: &mut Value, keys: &[&str]) {
    match value {
        Value::Object(members) => {
            members.sort_by_key(|(name, _)| {
                keys.iter()
                    .position(|key| key == name)
                    .unwrap_or(keys.len())
            });
            for (_, member) in members {
                document_order(member, keys);
            }
        }
        Value::Array(elements) => {
            for element in elements {
                document_order(element, keys);
            }
        }
        _ => {}
    }
}

/// The same text with something at its ends, cut, packed or taken as a literal.
fn edited(case: &Case<'_>, at: usize) -> Vec<Mistake> {
    let text = case.values[at].as_slice();
    let name = case.name(at);
    let mut found = Vec::new();
    let mut push = |id: &'static str, title: &str, advice, value: Vec<u8>| {
        found.push(mistake(
            Stage::Body,
            id,
            format!("`{name}` {title}"),
            advice,
            Change::Values(vec![(at, value)]),
        ));
    };
    let with = |before: &[u8], behind: &[u8]| [before, text, behind].concat();
    push(
        "body.trailing-newline",
        "had a newline at its end",
        RAW,
        with(b"", b"\n"),
    );
    push(
        "body.trailing-crlf",
        "had a carriage return and a newline at its end",
        RAW,
        with(b"", b"\r\n"),
    );
    push(
        "body.bom",
        "had a byte order mark before it",
        RAW,
        with(b"\xef\xbb\xbf", b""),
    );
    push(
        "body.trailing-nul",
        "had a zero byte at its end",
        RAW,
        with(b"", b"\0"),
    );
    push(
        "body.trimmed",
        "was hashed without the blanks around it",
        RAW,
        text.trim_ascii().to_vec(),
    );
    if let Some(bare) = text.strip_prefix(b"\xef\xbb\xbf") {
        push(
            "body.bom-removed",
            "was hashed without its byte order mark",
            RAW,
            bare.to_vec(),
        );
    }
    let unix: Vec<u8> = String::from_utf8_lossy(text)
        .replace("\r\n", "\n")
        .into_bytes();
    push(
        "body.crlf-to-lf",
        "had its CRLF line ends changed to LF",
        RAW,
        unix.clone(),
    );
    push(
        "body.lf-to-crlf",
        "had its LF line ends changed to CRLF",
        RAW,
        String::from_utf8_lossy(&unix)
            .replace('\n', "\r\n")
            .into_bytes(),
    );
    push(
        "body.string-literal",
        "was hashed as a JSON string literal, with quotes and escapes",
        "hash the string's decoded value, not its literal",
        literal(text),
    );
    let bare = literal(text);
    push(
        "body.escaped",
        "was hashed with its JSON escapes, without the quotes",
        "hash the string's decoded value, not its literal",
        bare[1..bare.len() - 1].to_vec(),
    );
    if let Ok(utf8) = std::str::from_utf8(text) {
        push(
            "body.cut-at-characters",
            "was cut where characters were counted as bytes",
            "measure the body in bytes: a Chinese character takes three in UTF-8",
            text[..utf8.chars().count()].to_vec(),
        );
    }
    for value in ["{}", "\"\"", "null", "", "undefined", "[]"] {
        let empty = text.is_empty() || matches!(text, b"{}" | b"\"\"" | b"null");
        if empty || value.is_empty() {
            push(
                "body.empty",
                &format!(
                    "was hashed as {}",
                    if value.is_empty() { "nothing" } else { value }
                ),
                "an empty body is hashed exactly as the platform's documentation says",
                value.as_bytes().to_vec(),
            );
        }
    }
    if let Some(unzipped) = unzipped(text) {
        push(
            "body.gzip",
            "was hashed after decompressing it",
            "hash the bytes that travelled: before gzip is undone",
            unzipped,
        );
    }
    found
}

/// One thing taken for another: the whole body for its part, plain text for cipher text.
fn confused(case: &Case<'_>) -> Vec<Mistake> {
    let mut found = Vec::new();
    for at in case.inputs() {
        let name = case.name(at);
        let from_body = matches!(
            case.form.parts[at].source,
            Source::JsonRaw(_) | Source::JsonText(_)
        );
        if from_body && let Some(body) = &case.body {
            if name != "nonce" {
                found.push(mistake(
                    Stage::Body,
                    "body.whole-body",
                    format!("the whole body was hashed instead of `{name}`"),
                    "hash only the named member's bytes",
                    Change::Values(vec![(at, body.clone())]),
                ));
            }
            // Careless code re-parses the body and hashes the member's literal.
            if let Source::JsonText(_) = case.form.parts[at].source {
                found.push(mistake(
                    Stage::Body,
                    "body.string-literal",
                    format!(
                        "`{name}` was hashed as a JSON string literal, with quotes and escapes"
                    ),
                    "hash the string's decoded value, not its literal",
                    Change::Values(vec![(at, literal(&case.values[at]))]),
                ));
            }
        }
        if matches!(case.form.parts[at].source, Source::Body { .. })
            && let Ok(Value::Object(members)) = tree::parse(&case.values[at])
        {
            for (member, value) in &members {
                if let Value::Object(_) | Value::Array(_) = value {
                    found.push(mistake(
                        Stage::Body,
                        "body.part-of-body",
                        format!("only the member `{member}` was hashed instead of the whole body"),
                        "hash the whole body",
                        Change::Values(vec![(at, compact(value))]),
                    ));
                }
            }
        }
        if let Some(opened) = &case.opened
            && from_body
            && name != "nonce"
        {
            found.push(mistake(
                Stage::Body,
                "body.plaintext",
                format!("the decrypted text was hashed instead of `{name}`"),
                "the signature covers the encrypted text: check it before decrypting",
                Change::Values(vec![(at, opened.clone())]),
            ));
        }
    }
    found
}

/// A text as a JSON string literal.
fn literal(text: &[u8]) -> Vec<u8> {
    write::compact(&Value::String(String::from_utf8_lossy(text).into_owned()))
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

type Charset = (&'static str, &'static str, fn(&[u8]) -> Vec<u8>);

const CHARSETS: &[Charset] = &[
    (
        "body.as-gbk",
        "the text was turned into bytes as GBK",
        |text| encoding_rs::GBK.encode(&utf8(text)).0.into_owned(),
    ),
    (
        "body.read-as-gbk",
        "the UTF-8 bytes were read as GBK and written as UTF-8",
        |text| {
            encoding_rs::GBK
                .decode_without_bom_handling(text)
                .0
                .into_owned()
                .into_bytes()
        },
    ),
    (
        "body.as-latin-1",
        "the text was turned into bytes as Latin-1, with `?` for what it lacks",
        |text| latin1(&utf8(text)),
    ),
    (
        "body.read-as-latin-1",
        "the UTF-8 bytes were read as Latin-1 and written as UTF-8",
        |text| {
            text.iter()
                .copied()
                .map(char::from)
                .collect::<String>()
                .into_bytes()
        },
    ),
    (
        "body.as-ascii",
        "the text was turned into bytes as ASCII, with `?` for what it lacks",
        |text| {
            utf8(text)
                .chars()
                .map(|c| u8::try_from(c).ok().filter(u8::is_ascii).unwrap_or(b'?'))
                .collect()
        },
    ),
    (
        "body.as-utf-16le",
        "the text was hashed as UTF-16 (little-endian)",
        |text| {
            utf8(text)
                .encode_utf16()
                .flat_map(u16::to_le_bytes)
                .collect()
        },
    ),
    (
        "body.as-utf-16be",
        "the text was hashed as UTF-16 (big-endian)",
        |text| {
            utf8(text)
                .encode_utf16()
                .flat_map(u16::to_be_bytes)
                .collect()
        },
    ),
];

fn utf8(text: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(text)
}

fn latin1(text: &str) -> Vec<u8> {
    text.chars()
        .map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?'))
        .collect()
}
