//! Raw HTTP: what `nc`, `tcpdump -A`, a proxy's "save request" or a document's sample gives.
//!
//! Read are: a request, a request with its response behind it, and several of these one after
//! the other; line ends CRLF or LF; folded headers; a target with blanks in it; chunked bodies,
//! whose sizes are kept. `Content-Length` is believed, and where it and the bytes disagree, that
//! is said. [`read_header_lines`] takes a head without a body, [`read_targets`] request lines,
//! URLs and access logs.
//!
//! Not read: the arrows of `curl -v`, packet captures, and bodies without `Content-Length` that
//! hold a line like `HTTP/1.1 200 OK`.

use memchr::memchr_iter;

use super::{Bad, Kind, Located, Reading, Record};
use crate::error::{Error, Place};
use crate::message::{Request, Response};

mod body;
mod head;
mod target;

pub(super) use head::{field, is_token, line_at, request_line, trim};
pub(super) use target::{access_log, host, is_onenet_token, is_query, url_or_target};
pub use target::{read_header_lines, read_targets};

use head::Head;

/// Reads raw HTTP.
///
/// # Errors
/// The first message is not a request; what cannot be read further down is an inner error.
pub fn read(name: &str, bytes: &[u8]) -> Result<Reading, Error> {
    let mut reading = Reading::new(Kind::Raw);
    let mut at = skip_line_ends(bytes, 0);
    while at < bytes.len() {
        match exchange(name, bytes, at) {
            Ok((located, next)) => {
                reading.items.push(Ok(located));
                at = next;
            }
            Err(bad) => {
                let error = bad.in_file(name, bytes);
                if reading.items.is_empty() {
                    return Err(error);
                }
                reading.items.push(Err(error));
                break;
            }
        }
    }
    Ok(reading)
}

/// A request that was copied with the same indentation before each line, without that; none
/// if the text is something else.
pub(super) fn dedented(text: &[u8]) -> Option<Vec<u8>> {
    let is_blank = |line: &[u8]| line.trim_ascii().is_empty();
    let mut lines = text.split_inclusive(|&byte| byte == b'\n');
    let first = lines.find(|line| !is_blank(line))?;
    let indent = &first[..first.len() - first.trim_ascii_start().len()];
    if indent.is_empty() || request_line(first.trim_ascii()).is_none() {
        return None;
    }
    let mut dedented = Vec::with_capacity(text.len());
    for line in text.split_inclusive(|&byte| byte == b'\n') {
        match line.strip_prefix(indent) {
            Some(line) => dedented.extend_from_slice(line),
            None if is_blank(line) => {
                dedented.extend(line.iter().filter(|byte| matches!(byte, b'\r' | b'\n')));
            }
            None => return None,
        }
    }
    Some(dedented)
}

/// The request at `start`, its response if one follows, and where the next request stands.
fn exchange(name: &str, bytes: &[u8], start: usize) -> Result<(Located, usize), Bad> {
    let mut notes = Vec::new();
    if is_response(&bytes[start..]) {
        return Err(Bad::new(
            start,
            "this is a response: its request is missing",
        ));
    }
    let (mut request, head) = request_head(bytes, start, &mut notes)?;
    let body = body::of_request(bytes, &head, &mut notes);
    request.body = body.content;
    request.chunks = body.chunks;
    let mut record = Record::of(request);
    let mut next = skip_line_ends(bytes, body.end);
    while is_response(&bytes[next..]) {
        let (response, after) = response(bytes, next, &mut notes)?;
        next = skip_line_ends(bytes, after);
        // 1xx: the real answer follows.
        if response.status >= 200 || record.response.is_none() {
            record.response = Some(response);
        }
    }
    let rest = &bytes[next..];
    if record.response.is_none() && rest.is_empty() {
        note_line_end(&bytes[body.end..], &mut notes);
    } else if !rest.is_empty() && !starts_with_request_line(rest) {
        notes.push(format!(
            "WARNING: {} bytes follow the end of the message and are left out: is Content-Length right?",
            rest.len()
        ));
        next = bytes.len();
    }
    let line = memchr_iter(b'\n', &bytes[..start]).count() as u64 + 1;
    Ok((Located::wire(Place::line(name, line), record, notes), next))
}

/// The request line and the headers.
fn request_head(
    bytes: &[u8],
    start: usize,
    notes: &mut Vec<String>,
) -> Result<(Request, Head), Bad> {
    let Some(line) = line_at(bytes, start) else {
        return Err(Bad::new(start, "the request line is missing"));
    };
    let Some(parts) = request_line(line.text) else {
        return Err(Bad::new(
            start,
            "this is not a request line: METHOD TARGET HTTP/1.1",
        ));
    };
    let head = head::read(bytes, line.next, notes)?;
    if line.bare_lf() || head.bare_lf {
        notes.push("line ends are LF; on the wire they are CRLF".to_owned());
    }
    let request = Request {
        headers: head.headers.clone(),
        version: version(parts.version, notes),
        ..Request::new(parts.method, parts.target)
    };
    Ok((request, head))
}

/// The version as an HTTP/1 sender would write it.
fn version(text: &[u8], notes: &mut Vec<String>) -> String {
    let text = String::from_utf8_lossy(text).into_owned();
    if text.starts_with("HTTP/1.") {
        return text;
    }
    notes.push(format!("it was {text}; it is kept as HTTP/1.1"));
    "HTTP/1.1".to_owned()
}

fn response(bytes: &[u8], start: usize, notes: &mut Vec<String>) -> Result<(Response, usize), Bad> {
    let line = line_at(bytes, start).ok_or_else(|| Bad::new(start, "the status is missing"))?;
    let status = status(line.text).ok_or_else(|| Bad::new(start, "the status is missing"))?;
    let mut said = Vec::new();
    let head = head::read(bytes, line.next, &mut said)?;
    let body = body::of_response(bytes, &head, status, &mut said);
    notes.extend(said.into_iter().map(|note| {
        let note = note.strip_prefix("WARNING: ").unwrap_or(&note);
        format!("response: {note}")
    }));
    let response = Response {
        status,
        headers: head.headers,
        body: body.content,
        ms: None,
    };
    Ok((response, body.end))
}

/// The code of a status line.
fn status(line: &[u8]) -> Option<u16> {
    let code = line
        .strip_prefix(b"HTTP/")?
        .split(|&byte| byte == b' ')
        .nth(1)?;
    let code = std::str::from_utf8(code).ok()?;
    (code.len() == 3).then(|| code.parse().ok()).flatten()
}

/// Whether a status line stands here.
fn is_response(bytes: &[u8]) -> bool {
    line_at(bytes, 0).is_some_and(|line| status(line.text).is_some())
}

fn starts_with_request_line(bytes: &[u8]) -> bool {
    line_at(bytes, 0).is_some_and(|line| request_line(line.text).is_some())
}

fn skip_line_ends(bytes: &[u8], start: usize) -> usize {
    let ends = bytes[start..]
        .iter()
        .take_while(|byte| matches!(byte, b'\r' | b'\n'))
        .count();
    start + ends
}

/// Says that the newline which an editor put behind the body is not part of it.
fn note_line_end(rest: &[u8], notes: &mut Vec<String>) {
    if !rest.is_empty() {
        notes.push("what follows the body are only line ends: left out".to_owned());
    }
}

#[cfg(test)]
mod tests;
