//! A push body without its request: alone in a file, or behind the prefix of a log line.

use memchr::{memchr, memmem};

use super::{BOM, Kind, Located, Reading, Record};
use crate::error::{Error, Place};
use crate::json::scan;
use crate::message::Request;

/// A record of nothing but a body: method, target and headers are made up.
pub(super) fn bare(place: Place, body: &[u8], notes: Vec<String>) -> Located {
    let request = Request {
        body: body.to_vec(),
        ..Request::new("POST", "/")
    };
    Located {
        bare: true,
        ..Located::pasted(place, Record::of(request), notes)
    }
}

/// A file that is one body: exactly its bytes, but for the newline that an editor put behind it.
pub(super) fn read(name: &str, bytes: &[u8]) -> Reading {
    let mut notes = Vec::new();
    if bytes.starts_with(BOM) {
        notes.push("the body starts with a BOM, which is taken for a part of it".to_owned());
    }
    let mut body = bytes;
    let text = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    let text = text
        .strip_suffix(b"\r")
        .filter(|_| text.len() < bytes.len())
        .unwrap_or(text);
    if text.len() < bytes.len() && is_complete(text) {
        body = text;
        notes.push("the newline at the end is not taken for a part of the body".to_owned());
    }
    notes.extend(no_push(body).map(str::to_owned));
    let mut reading = Reading::new(Kind::Body);
    reading
        .items
        .push(Ok(bare(Place::line(name, 1), body, notes)));
    reading
}

/// What a JSON file is that no platform pushes, and what to do with it.
fn no_push(text: &[u8]) -> Option<&'static str> {
    let text = text.strip_prefix(BOM).unwrap_or(text).trim_ascii();
    if text.starts_with(b"[") && scan::check(text).is_ok() {
        return Some(
            "this is a JSON array, and a push is an object: \
             for several pushes put each on a line of its own",
        );
    }
    if !text.starts_with(b"{") {
        return None;
    }
    let members = scan::members(text).ok()?;
    let has = |name: &[u8]| members.iter().any(|member| member.name == name);
    if has(b"info") && has(b"item") {
        return Some("this looks like a Postman collection: export the request as curl instead");
    }
    if has(b"_type") && has(b"resources") {
        return Some("this looks like an Insomnia export: copy the request as curl instead");
    }
    if has(b"paths") && (has(b"openapi") || has(b"swagger")) {
        return Some("this looks like an OpenAPI description: there is no request in it");
    }
    None
}

/// Says that a body is compressed: what a platform signed is then hidden in it.
pub(super) fn note_compression(located: &mut Located) {
    let Some(request) = located.record.request() else {
        return;
    };
    let is_gzip = request.body.starts_with(b"\x1F\x8B");
    let coding = request.headers.first("Content-Encoding");
    let coding = coding.map(|coding| String::from_utf8_lossy(coding).to_ascii_lowercase());
    let note = match coding.as_deref() {
        _ if is_gzip => "the body is compressed (gzip)".to_owned(),
        Some("" | "identity") | None => return,
        Some(_) if request.body.is_empty() => return,
        Some(coding) if std::str::from_utf8(&request.body).is_err() => {
            format!("the body is compressed ({})", coding.escape_default())
        }
        Some(coding) => format!(
            "Content-Encoding says {}, but the body is text: it was unpacked before",
            coding.escape_default()
        ),
    };
    located.notes.push(note);
}

/// Whether a text can be a whole body: JSON, even sloppy JSON, ends with what closes it.
fn is_complete(text: &[u8]) -> bool {
    match text.trim_ascii_start().first() {
        Some(b'{') => text.trim_ascii_end().ends_with(b"}"),
        Some(b'[') => text.trim_ascii_end().ends_with(b"]"),
        _ => true,
    }
}

/// The JSON object that a log line ends with: from its first `{` to the end.
pub(super) fn behind_log_prefix(line: &[u8]) -> Option<&[u8]> {
    let start = memchr(b'{', line)?;
    let body = line[start..].trim_ascii_end();
    (start > 0 && body.ends_with(b"}") && scan::check(body).is_ok()).then_some(body)
}

/// Turns down what cannot hold a request, and says what it is where that is clear.
pub(super) fn refuse_what_is_no_text(name: &str, bytes: &[u8]) -> Result<(), Error> {
    let input = |what: &str| Error::input(Place::file(name), what);
    let text = bytes.strip_prefix(BOM).unwrap_or(bytes);
    if text.trim_ascii().is_empty() {
        return Err(input("the file is empty: there is no request in it"));
    }
    let known = match bytes {
        [0x1F, 0x8B, ..] => Some((
            "this is gzip",
            "unpack it first: gzip -dc FILE | pushrig … -",
        )),
        [b'P', b'K', 3, 4, ..] => Some(("this is a zip archive", "unpack it first")),
        [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] => Some((
            "this is UTF-16, which no push body is",
            "save it as UTF-8; in PowerShell: … | Out-File -Encoding utf8 FILE",
        )),
        [0xD4, 0xC3, 0xB2, 0xA1, ..]
        | [0xA1, 0xB2, 0xC3, 0xD4, ..]
        | [0x0A, 0x0D, 0x0D, 0x0A, ..] => Some((
            "this is a packet capture",
            "save the request as raw HTTP: Follow TCP stream",
        )),
        _ => None,
    };
    if let Some((what, hint)) = known {
        return Err(input(what).with_hint(hint));
    }
    // A raw HTTP message may carry a binary body; its head cannot be binary.
    let mut start = &bytes[..bytes.len().min(64)];
    for end in [&b"\n\r\n"[..], b"\n\n"] {
        start = memmem::find(start, end).map_or(start, |at| &start[..at]);
    }
    if let Some(at) = start.iter().position(|&byte| is_binary(byte)) {
        return Err(Error::input(
            Place::file(name),
            format!(
                "this is binary data (byte {} is 0x{:02X}), not a request",
                at + 1,
                start[at]
            ),
        ));
    }
    Ok(())
}

/// Control characters that no text holds; ESC is left out for coloured logs.
fn is_binary(byte: u8) -> bool {
    matches!(byte, 0..=0x08 | 0x0E..=0x1A | 0x1C..=0x1F)
}
