//! Heads without a body: header lines, request lines, targets, URLs, access-log lines.

use memchr::{memchr, memmem};

use super::head::{self, is_token, line_at, request_line, trim};
use super::{Bad, version};
use crate::capture::{Kind, Located, Reading, Record, pseudo};
use crate::error::{Error, Place};
use crate::message::{Request, Scheme, Url};

/// Reads header lines, as browsers' developer tools and documents give them, with a request line
/// above them or without it.
///
/// # Errors
/// A line is not a header.
pub fn read_header_lines(name: &str, bytes: &[u8]) -> Result<Reading, Error> {
    let mut reading = Reading::new(Kind::HeaderLines);
    if is_onenet_token(bytes.trim_ascii()) {
        reading.items.push(Ok(onenet_token(name, bytes)));
        return Ok(reading);
    }
    let start = super::skip_line_ends(bytes, 0);
    let located = header_lines(name, bytes, start).map_err(|bad| bad.in_file(name, bytes))?;
    reading.items.push(Ok(located));
    Ok(reading)
}

fn header_lines(name: &str, bytes: &[u8], start: usize) -> Result<Located, Bad> {
    let mut notes = Vec::new();
    let mut request = Request::default();
    let mut at = start;
    let parts = line_at(bytes, start).and_then(|line| Some((request_line(line.text)?, line.next)));
    if let Some((parts, next)) = &parts {
        at = *next;
        request = Request::new(parts.method, parts.target);
        request.version = version(parts.version, &mut notes);
    }
    let head = head::read(bytes, at, &mut notes)?;
    if super::skip_line_ends(bytes, head.end) < bytes.len() {
        return Err(Bad::new(head.end, "a blank line, and more text behind it"));
    }
    request.headers = head.headers;
    let pseudo = pseudo::take(&mut request.headers, &mut notes);
    request.scheme = pseudo.scheme;
    let has_target = parts.is_some() || pseudo.path.is_some();
    if let Some(method) = pseudo.method {
        request.method = method;
    }
    if let Some(path) = pseudo.path {
        request.target = path;
    }
    if let Some(value) = request.headers.first("Authorization")
        && is_onenet_token(value)
    {
        notes.push("Authorization is taken for a OneNET token".to_owned());
    }
    notes.push(if has_target {
        "headers alone: the body is not known".to_owned()
    } else {
        "header lines alone: method, target and body are not known".to_owned()
    });
    let line = memchr::memchr_iter(b'\n', &bytes[..start]).count() as u64 + 1;
    let place = Place::line(name, line);
    Ok(Located::pasted(place, Record::of(request), notes))
}

/// A request of nothing but the token that a file holds.
fn onenet_token(name: &str, bytes: &[u8]) -> Located {
    let mut request = Request::default();
    request.headers.push("Authorization", bytes.trim_ascii());
    let notes = vec![
        "taken for a OneNET token: it is put into Authorization".to_owned(),
        "a token alone: method, target and body are not known".to_owned(),
    ];
    Located::pasted(Place::line(name, 1), Record::of(request), notes)
}

/// Whether a line is a token of OneNET: `version=2018-10-31&res=…&et=…&method=…&sign=…`.
pub(crate) fn is_onenet_token(line: &[u8]) -> bool {
    let has = |name: &[u8]| {
        line.split(|&byte| byte == b'&')
            .any(|part| part.starts_with(name))
    };
    !line.contains(&b' ')
        && !line.contains(&b'\n')
        && has(b"version=")
        && has(b"res=")
        && has(b"sign=")
}

/// Whether a line is a query without its path: `msg=…&signature=…&nonce=…`.
pub(crate) fn is_query(line: &[u8]) -> bool {
    let line = line.strip_prefix(b"?").unwrap_or(line);
    // A signature whose `+` became a blank is copied with it.
    let has_no_blank = !line.iter().any(u8::is_ascii_whitespace)
        || [&b"&signature="[..], b"&nonce="]
            .iter()
            .all(|name| memmem::find(line, name).is_some());
    // OneNET's nonces may hold `&` and `=`, so that only the first name can be looked at.
    let name = line.split(|&byte| byte == b'=').next().unwrap_or_default();
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.".contains(byte);
    has_no_blank
        && !name.is_empty()
        && name.len() < line.len()
        && name.iter().all(is_name)
        && line.contains(&b'&')
        && !line.contains(&b'{')
}

/// Reads one target a line: `GET /x?y HTTP/1.1`, `GET /x?y`, `/x?y`, `https://host/x?y`, a query
/// alone, or a line of an access log: nginx's and Apache's "combined" format, or what uvicorn
/// prints. Blank lines are skipped, and in a log the lines that name no request.
#[must_use]
pub fn read_targets(name: &str, bytes: &[u8]) -> Reading {
    let mut reading = Reading::new(Kind::Target);
    let mut at = 0;
    let mut number = 0;
    let mut other_lines = 0_u64;
    // A server on a terminal prints other lines between; nginx's and Apache's logs hold none.
    let is_log = bytes
        .split(|&byte| byte == b'\n')
        .any(|line| uvicorn_log(line).is_some());
    while let Some(line) = line_at(bytes, at) {
        at = line.next;
        number += 1;
        let text = trim(line.text);
        if text.is_empty() {
            continue;
        }
        let place = Place::line(name, number);
        reading.items.push(match target(text) {
            Some((record, notes)) => Ok(Located::pasted(place, record, notes)),
            None if is_log => {
                other_lines += 1;
                continue;
            }
            None => Err(Error::input(
                place,
                "this is neither a request line nor a target nor a URL",
            )),
        });
    }
    if other_lines > 0 {
        reading.warnings.push(format!(
            "{}: lines of the log that name no request are left out: {other_lines}",
            Place::file(name)
        ));
    }
    reading
}

/// What one line names, and what is to be said about it.
fn target(line: &[u8]) -> Option<(Record, Vec<String>)> {
    if let Some(record) = access_log(line) {
        let note = "an access log: headers and body are not known".to_owned();
        return Some((record, vec![note]));
    }
    let note = "a target alone: headers and body are not known".to_owned();
    let mut notes = vec![note];
    if let Some(parts) = request_line(line) {
        let mut request = url_or_target(parts.target)?;
        request.method = parts.method.to_vec();
        request.version = version(parts.version, &mut notes);
        return Some((Record::of(request), notes));
    }
    if let Some(request) = url_or_target(line) {
        return Some((Record::of(request), notes));
    }
    if is_query(line) {
        let query = line.strip_prefix(b"?").unwrap_or(line);
        let request = Request::new("GET", [b"/?", query].concat());
        let note = "a query alone: path, headers and body are not known".to_owned();
        return Some((Record::of(request), vec![note]));
    }
    let blank = memchr(b' ', line)?;
    let method = &line[..blank];
    if !is_token(method) || method.iter().any(u8::is_ascii_lowercase) {
        return None;
    }
    let mut request = url_or_target(trim(&line[blank + 1..]))?;
    request.method = method.to_vec();
    Some((Record::of(request), notes))
}

/// A GET for a URL or a target that starts with `/`.
pub(crate) fn url_or_target(text: &[u8]) -> Option<Request> {
    if text.starts_with(b"/") {
        return Some(Request::new("GET", text));
    }
    let start = text.get(..8).unwrap_or(text).to_ascii_lowercase();
    if !start.starts_with(b"http://") && !start.starts_with(b"https://") {
        return None;
    }
    let Ok(url) = std::str::from_utf8(text).ok()?.parse::<Url>() else {
        return None;
    };
    let mut request = Request::new("GET", url.target);
    request.scheme = Some(url.scheme);
    request
        .headers
        .push("Host", host(&url.authority, url.scheme));
    Some(request)
}

/// The authority as clients put it into `Host`: without credentials and the scheme's own port.
pub(crate) fn host(authority: &str, scheme: Scheme) -> &str {
    let host = authority
        .rsplit_once('@')
        .map_or(authority, |(_, host)| host);
    let port = match scheme {
        Scheme::Http => ":80",
        Scheme::Https => ":443",
    };
    host.strip_suffix(port).unwrap_or(host)
}

/// A line like `1.2.3.4 - - [30/Mar/2020:22:42:01 +0800] "GET /x HTTP/1.1" 200 6 "-" "OneNET"`, or
/// uvicorn's `INFO:     1.2.3.4:5555 - "GET /x HTTP/1.1" 200 OK`.
pub(crate) fn access_log(line: &[u8]) -> Option<Record> {
    let Some(opening) = memmem::find(line, b"] \"") else {
        return uvicorn_log(line);
    };
    let quoted = &line[opening + 3..];
    let closing = memmem::find(quoted, b"\" ")?;
    let line_in_quotes = unescape(&quoted[..closing]);
    let parts = request_line(&line_in_quotes)?;
    let mut request = Request::new(parts.method, parts.target);
    request.version = version(parts.version, &mut Vec::new());
    let mut record = Record::of(request);
    let before = &line[..opening];
    let text = |bytes: &[u8]| std::str::from_utf8(bytes).map(str::to_owned).ok();
    record.peer = before.split(|&byte| byte == b' ').next().and_then(text);
    record.at = memchr::memrchr(b'[', before)
        .and_then(|bracket| text(&before[bracket + 1..]))
        .and_then(|time| jiff::Timestamp::strptime("%d/%b/%Y:%H:%M:%S %z", time).ok())
        .map(|time| time.to_string());
    Some(record)
}

fn uvicorn_log(line: &[u8]) -> Option<Record> {
    let opening = memmem::find(line, b" - \"")?;
    let quoted = &line[opening + 4..];
    let closing = memmem::rfind(quoted, b"\" ")?;
    let parts = request_line(&quoted[..closing])?;
    let mut request = Request::new(parts.method, parts.target);
    request.version = version(parts.version, &mut Vec::new());
    let mut record = Record::of(request);
    let peer = line[..opening].rsplit(|&byte| byte == b' ').next();
    record.peer = peer
        .and_then(|peer| std::str::from_utf8(peer).ok())
        .map(str::to_owned);
    Some(record)
}

/// nginx writes `\x22` for a quote and for every byte that is not printable; Apache `\"`.
fn unescape(text: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let [byte, after @ ..] = rest {
        rest = after;
        match (byte, after) {
            (b'\\', [b'x', high, low, behind @ ..]) => {
                if let Ok(value) = hex::decode([*high, *low]) {
                    bytes.extend_from_slice(&value);
                    rest = behind;
                    continue;
                }
                bytes.push(b'\\');
            }
            (b'\\', [b'"' | b'\\', behind @ ..]) => {
                bytes.push(after[0]);
                rest = behind;
            }
            _ => bytes.push(*byte),
        }
    }
    bytes
}
