//! What a file is, by its content.

use super::raw::{
    access_log, field, is_onenet_token, is_query, is_token, line_at, request_line, trim,
    url_or_target,
};
use super::{BOM, Kind, body, curl, is_record};
use crate::json::scan;

/// What the bytes are; `whole` says whether they are the entire input or its start.
///
/// The start should hold the first line at least. Whatever is nothing else is a [`Kind::Body`].
#[must_use]
pub fn recognise(start: &[u8], whole: bool) -> Kind {
    let text = start.strip_prefix(BOM).unwrap_or(start);
    match text.trim_ascii_start().first() {
        Some(b'[') | None => Kind::Body,
        // The first line of a capture may be damaged, or what is left of it where a file was cut.
        Some(_) if lines(text).nth(1).is_some_and(is_record) => Kind::Records,
        Some(b'{') => json_object(text, whole),
        Some(b'"') => Kind::Body,
        Some(_) => plain(text, whole),
    }
}

/// The lines that are not blank, without the blanks around them.
fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> + Clone {
    text.split(|&byte| byte == b'\n')
        .map(<[u8]>::trim_ascii)
        .filter(|line| !line.is_empty())
}

/// A HAR, NDJSON or one body.
fn json_object(text: &[u8], whole: bool) -> Kind {
    if is_har(text) {
        return Kind::Har;
    }
    let mut rest = lines(text);
    let first = rest.next().unwrap_or_default();
    if is_record(first) {
        return Kind::Records;
    }
    let is_json = scan::check(first).is_ok();
    let more = rest.next();
    // A first line that is damaged does not make a capture something else.
    if !is_json && first.starts_with(b"{\"v\":1,") && (more.is_none_or(is_record) || !whole) {
        return Kind::Records;
    }
    match more {
        // A pretty-printed body goes on with a name or a bracket.
        Some(second) if second.starts_with(b"{\"") && first.len() > 1 => Kind::Bodies,
        Some(second) if is_json && is_log_line(second) => Kind::Bodies,
        // Lines that are whole objects, one after the other, even if the next one is broken.
        Some(second) if is_json && second.starts_with(b"{") => Kind::Bodies,
        None if !whole && is_json => Kind::Bodies,
        _ => Kind::Body,
    }
}

/// Whether the first member is HAR's `log` and holds what a HAR's log holds.
fn is_har(text: &[u8]) -> bool {
    let mut rest = text.trim_ascii_start();
    for token in [&b"{"[..], b"\"log\"", b":", b"{"] {
        let Some(behind) = rest.strip_prefix(token) else {
            return false;
        };
        rest = behind.trim_ascii_start();
    }
    [&b"\"entries\""[..], b"\"creator\""]
        .iter()
        .any(|name| memchr::memmem::find(rest, name).is_some())
}

fn is_log_line(line: &[u8]) -> bool {
    body::behind_log_prefix(line).is_some()
}

/// Everything that does not start with a JSON value.
fn plain(text: &[u8], whole: bool) -> Kind {
    let first = lines(text).next().unwrap_or_default();
    if let Some(parts) = request_line(first)
        && access_log(first).is_none()
    {
        return message(text, parts.target, whole);
    }
    if first.starts_with(b"HTTP/1.") {
        return Kind::Raw;
    }
    if first.starts_with(b"###") || first.starts_with(b"@") || first.starts_with(b"//") {
        return Kind::HttpFile;
    }
    if let Some(command) = lines(text).find(|line| !line.starts_with(b"#"))
        && is_curl(command)
    {
        return Kind::Curl;
    }
    if first.starts_with(b"#") {
        return match lines(text).find(|line| !line.starts_with(b"#")) {
            Some(line) if is_target(line) || line.starts_with(b"@") => Kind::HttpFile,
            _ => Kind::Body,
        };
    }
    if lines(text).nth(1).is_none() {
        if is_onenet_token(first) {
            return Kind::HeaderLines;
        }
        if is_query(first) {
            return Kind::Target;
        }
    }
    if is_target(first) {
        let second = lines(text).nth(1);
        return match second {
            None => Kind::Target,
            Some(second) if is_target(second) => Kind::Target,
            Some(_) if access_log(first).is_some() => Kind::Target,
            Some(_) if first.starts_with(b"/") => Kind::Body,
            Some(_) => Kind::HttpFile,
        };
    }
    if is_log_line(first) && (lines(text).nth(1).is_none_or(is_log_line)) {
        return Kind::Bodies;
    }
    // A server's log, where other lines stand before the first request.
    if lines(text).any(|line| access_log(line).is_some()) {
        return Kind::Target;
    }
    let mut complete = lines(text).peekable();
    let mut all_fields = true;
    while let Some(line) = complete.next() {
        // The last line of a start may be cut.
        all_fields &= is_field(line) || (!whole && complete.peek().is_none());
    }
    if all_fields && !is_labelled_body(first) {
        return Kind::HeaderLines;
    }
    Kind::Body
}

/// A file that starts with a request line of some version.
fn message(text: &[u8], target: &[u8], whole: bool) -> Kind {
    let start = text.len() - text.trim_ascii_start().len();
    let Some(line) = line_at(text, start).filter(|line| line.next < text.len()) else {
        return Kind::Target;
    };
    let is_crlf = text[..line.next].ends_with(b"\r\n");
    let separators = text
        .split(|&byte| byte == b'\n')
        .any(|line| line.starts_with(b"###"));
    // Editors' request files name whole URLs; only proxies are sent those on the wire.
    if !is_crlf && (separators || !target.starts_with(b"/")) && url_or_target(target).is_some() {
        return Kind::HttpFile;
    }
    let mut rest = lines(&text[line.next..]).peekable();
    if rest.peek().is_none() {
        // `GET / HTTP/1.0` and a blank line: a whole message without headers.
        return if is_crlf { Kind::Raw } else { Kind::Target };
    }
    if rest.clone().all(|line| request_line(line).is_some()) {
        return Kind::Target;
    }
    let has_blank = memchr::memmem::find(text, b"\n\r\n").is_some()
        || memchr::memmem::find(text, b"\n\n").is_some();
    if !has_blank && whole && rest.all(is_field) {
        return Kind::HeaderLines;
    }
    Kind::Raw
}

/// Whether a line is a header: a name and a colon.
fn is_field(line: &[u8]) -> bool {
    field(line).is_some_and(|(name, _)| is_token(name.strip_prefix(b":").unwrap_or(name)))
}

/// Whether a line is rather a log's than a header: `INFO: b'{"msg":…}'`, `body: '{"msg":…}'`.
fn is_labelled_body(line: &[u8]) -> bool {
    const LABELS: [&[u8]; 12] = [
        b"body",
        b"critical",
        b"data",
        b"debug",
        b"error",
        b"info",
        b"payload",
        b"received",
        b"request",
        b"trace",
        b"warn",
        b"warning",
    ];
    field(line).is_some_and(|(name, value)| {
        let is_label = LABELS.iter().any(|label| label.eq_ignore_ascii_case(name));
        // `12:00:01 …`
        let is_time = name.iter().all(u8::is_ascii_digit);
        value.contains(&b'{') && (is_label || is_time)
    })
}

/// Whether a line is a curl command: `$ sudo curl …` is.
fn is_curl(line: &[u8]) -> bool {
    let words = line.split(u8::is_ascii_whitespace);
    for word in words.filter(|word| !word.is_empty()) {
        if curl::is_curl(word) {
            return true;
        }
        let may_stand_before = matches!(
            word,
            b"$" | b"%" | b"sudo" | b"time" | b"exec" | b"env" | b"command"
        ) || word.contains(&b'=');
        if matches!(
            word,
            b"printf" | b"echo" | b"cat" | b"export" | b"set" | b"cd"
        ) {
            return memchr::memmem::find(line, b"curl ").is_some() || word == b"export";
        }
        if !may_stand_before {
            return false;
        }
    }
    false
}

/// Whether a line names a target alone.
fn is_target(line: &[u8]) -> bool {
    if access_log(line).is_some() || request_line(line).is_some() {
        return true;
    }
    let is_url = |text: &[u8]| {
        // A path that people write down has no blank; a text that starts with a slash may.
        url_or_target(text).is_some() && (text.contains(&b'?') || !text.contains(&b' '))
    };
    if is_url(line) {
        return true;
    }
    let Some(blank) = line.iter().position(|&byte| byte == b' ') else {
        return false;
    };
    let method = &line[..blank];
    method.iter().all(u8::is_ascii_uppercase)
        && (is_url(trim(&line[blank + 1..])) || line[blank + 1..].starts_with(b"{{"))
}
