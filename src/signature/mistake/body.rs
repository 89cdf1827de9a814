//! The body stage: what parsing and writing again, editors and charsets do to a body.

use std::io::Read as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{Case, Change, Mistake, Stage, charset, mistake};
use crate::json::tree::{self, Value};
use crate::json::{compact, scan, writers};
use crate::signature::recipe::Source;

const RAW: &str = "hash the raw bytes as they arrived; do not parse and write them again";

/// More members of a body than this are not tried alone.
const MOST_MEMBERS: usize = 16;

/// A decompressed body longer than this is not looked at.
const LONGEST_UNZIPPED: u64 = 16 << 20;

pub(super) fn mistakes(case: &Case<'_>) -> Vec<Mistake> {
    let mut found = Vec::new();
    for at in bodies(case) {
        found.extend(rewritten(case, at));
        found.extend(edited(case, at));
    }
    found.extend(confused(case));
    found.extend(charset::mistakes(case));
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

/// The tree of a JSON object or list, behind a byte order mark or not.
fn parsed(text: &[u8]) -> Option<Value> {
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
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
    let mut push = |id: &str, title: &str, written| {
        found.push(mistake(
            Stage::Body,
            format!("body.{id}"),
            format!("`{name}` was parsed and written again: {title}"),
            RAW,
            Change::Values(vec![(at, written)]),
        ));
    };
    let go = writers()
        .iter()
        .position(|writer| writer.id == "go-marshal");
    let (usual, others) = writers().split_at(go.unwrap_or(0));
    // Of writers that give equal bytes Python is the likelier one.
    let (python, rest): (Vec<_>, Vec<_>) = others
        .iter()
        .partition(|writer| writer.id.starts_with("python-"));
    for writer in usual.iter().chain(python) {
        push(writer.id, writer.title, (writer.write)(&value));
    }
    let mut by_name = value.clone();
    sort_members(&mut by_name);
    for (id, title, plain) in PYTHON_SORTED {
        if let Some(writer) = writers().iter().find(|writer| writer.id == *plain) {
            push(id, title, (writer.write)(&by_name));
        }
    }
    for writer in rest {
        push(writer.id, writer.title, (writer.write)(&value));
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

/// Python's writers of sorted members in UTF-8: id, title, and the writer of any order.
const PYTHON_SORTED: &[(&str, &str, &str)] = &[
    (
        "python-sorted-utf8",
        "Python's json.dumps with sort_keys=True and ensure_ascii=False",
        "python-utf8",
    ),
    (
        "python-sorted-compact-utf8",
        "Python's json.dumps with sort_keys=True, separators=(',', ':') and ensure_ascii=False",
        "python-compact-utf8",
    ),
];

/// Sorts members by name, those of objects within too.
fn sort_members(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.sort_by(|(one, _), (two, _)| one.cmp(two));
            for (_, member) in members {
                sort_members(member);
            }
        }
        Value::Array(elements) => elements.iter_mut().for_each(sort_members),
        _ => {}
    }
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

/// A changed body: id, what it "was" or "had", advice, value.
type Edited = (&'static str, String, &'static str, Vec<u8>);

/// The same text with something at its ends, cut, packed or taken as a literal.
fn edited(case: &Case<'_>, at: usize) -> Vec<Mistake> {
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
struct Print {
    quote: &'static str,
    colon: &'static str,
    words: [&'static str; 3],
}

/// `str()` of a dict.
const PYTHON: Print = Print {
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
fn printed(value: &Value, print: &Print) -> Vec<u8> {
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

/// One thing taken for another: the whole body for its part, plain text for cipher text.
fn confused(case: &Case<'_>) -> Vec<Mistake> {
    const DECODED: &str = "hash the string's decoded value, not its literal";
    const SEALED: &str = "the signature covers the encrypted text: check it before decrypting";
    let mut found = Vec::new();
    for at in case.inputs().filter(|&at| case.name(at) != "nonce") {
        let name = case.name(at);
        let source = &case.form.parts[at].source;
        let mut push = |id: &'static str, title: String, advice, value: &[u8]| {
            let change = Change::Values(vec![(at, value.to_vec())]);
            found.push(mistake(Stage::Body, id, title, advice, change));
        };
        let of_body = matches!(source, Source::JsonRaw(_) | Source::JsonText(_));
        if of_body && let Some(body) = &case.body {
            push(
                "body.whole-body",
                format!("the whole body was hashed instead of `{name}`"),
                "hash only the bytes of that member of the body",
                body,
            );
            for (title, written) in whole_written(body) {
                push(
                    "body.whole-body",
                    format!(
                        "the whole body was hashed instead of `{name}`, parsed and written \
                         again: {title}"
                    ),
                    "hash only the bytes of that member of the body, as they arrived",
                    &written,
                );
            }
        }
        if of_body && let Ok(bytes) = STANDARD.decode(&case.values[at]) {
            push(
                "body.base64-decoded",
                format!("`{name}` was decoded from base64 before it was hashed"),
                "hash the text as it arrived: the signature covers the base64, not its bytes",
                &bytes,
            );
        }
        if let Source::Body { .. } = source {
            for (member, value) in members(&case.values[at]) {
                push(
                    "body.part-of-body",
                    format!("only `{member}` was hashed instead of the whole body"),
                    "hash the whole body",
                    &value,
                );
            }
        } else if !of_body {
            continue;
        }
        if let Some(opened) = &case.opened {
            push(
                "body.plaintext",
                format!("the decrypted text was hashed instead of `{name}`"),
                SEALED,
                opened,
            );
        }
        if let Some(whole) = &case.opened_whole {
            push(
                "seal.head-not-stripped",
                format!(
                    "all that was decrypted was hashed instead of `{name}`, even the 20 bytes \
                     before the message"
                ),
                SEALED,
                whole,
            );
        }
        // Careless code cuts the member out of the body's text.
        if let Source::JsonText(_) = source
            && let Some(raw) = &case.raw[at]
            && let Some(bare) = raw.strip_prefix(b"\"")
            && let Some(bare) = bare.strip_suffix(b"\"")
        {
            push(
                "body.string-literal",
                format!("`{name}` was hashed as a JSON string literal, with quotes and escapes"),
                DECODED,
                raw,
            );
            push(
                "body.escaped",
                format!("`{name}` was hashed with its JSON escapes, without the quotes"),
                DECODED,
                bare,
            );
        }
    }
    found
}

/// The whole body, written again by the writers that are used without a thought.
fn whole_written(body: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let Some(value) = parsed(body) else {
        return Vec::new();
    };
    let mut list: Vec<_> = writers()
        .iter()
        .filter(|writer| WHOLE.contains(&writer.id))
        .map(|writer| (writer.title, (writer.write)(&value)))
        .collect();
    list.push(("Python's str(dict)", printed(&value, &PYTHON)));
    list
}

/// The writers that may have written the whole body.
const WHOLE: [&str; 7] = [
    "python-default-json",
    "compact",
    "sorted-keys",
    "json-stringify",
    "go-marshal",
    "python-utf8",
    "php-default",
];

/// The members of a body that may be taken for all of it: objects and lists as written, the
/// texts of strings.
fn members(body: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut list = Vec::new();
    for member in scan::members(body).unwrap_or_default() {
        let name = String::from_utf8_lossy(member.name).into_owned();
        match member.value.first() {
            Some(b'{' | b'[') => list.push((name, member.value.to_vec())),
            Some(b'"') => {
                list.extend(scan::text(member.value).map(|text| (name, text.into_owned())));
            }
            _ => {}
        }
    }
    list.truncate(MOST_MEMBERS);
    list
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
