//! Where a message's body ends, and what it is after de-chunking.

use super::head::{Head, line_at};
use super::is_response;

/// A body.
pub(super) struct Body {
    pub(super) content: Vec<u8>,
    pub(super) chunks: Vec<u64>,
    /// Where it ends in the file.
    pub(super) end: usize,
}

/// The body of a request.
pub(super) fn of_request(bytes: &[u8], head: &Head, notes: &mut Vec<String>) -> Body {
    framed(bytes, head, notes).unwrap_or_else(|| unframed(bytes, head.end, notes))
}

/// The body of a response.
pub(super) fn of_response(bytes: &[u8], head: &Head, status: u16, notes: &mut Vec<String>) -> Body {
    // RFC 9112, section 6.3: these never have a body.
    if status < 200 || status == 204 || status == 304 {
        return Body {
            content: Vec::new(),
            chunks: Vec::new(),
            end: head.end,
        };
    }
    framed(bytes, head, notes).unwrap_or_else(|| unframed(bytes, head.end, notes))
}

/// A body whose headers say where it ends.
fn framed(bytes: &[u8], head: &Head, notes: &mut Vec<String>) -> Option<Body> {
    let chunked = head
        .headers
        .all("Transfer-Encoding")
        .any(|value| value.to_ascii_lowercase().ends_with(b"chunked"));
    if chunked {
        return Some(dechunk(bytes, head.end, notes));
    }
    let length = head.headers.first("Content-Length")?;
    let Some(length) = std::str::from_utf8(length)
        .ok()
        .and_then(|text| text.trim().parse::<usize>().ok())
    else {
        notes.push("WARNING: Content-Length is not a number: it is not believed".to_owned());
        return None;
    };
    let rest = &bytes[head.end..];
    let content = rest.get(..length).unwrap_or(rest).to_vec();
    if content.len() < length {
        notes.push(format!(
            "WARNING: Content-Length says {length} bytes, but the body has only {}",
            content.len()
        ));
    }
    Some(Body {
        end: head.end + content.len(),
        content,
        chunks: Vec::new(),
    })
}

/// A body that goes on up to a response, or to the end of the file.
fn unframed(bytes: &[u8], start: usize, notes: &mut Vec<String>) -> Body {
    let mut end = start;
    while end < bytes.len() && !is_response(&bytes[end..]) {
        end = line_at(bytes, end).map_or(bytes.len(), |line| line.next);
    }
    let mut content = &bytes[start..end];
    if content.iter().all(|byte| matches!(byte, b'\r' | b'\n')) {
        content = b"";
    } else {
        notes.push("there is no Content-Length: all that follows the head is the body".to_owned());
        if let Some(text) = without_newline(content) {
            content = text;
            notes.push("the newline at the end is not taken for a part of the body".to_owned());
        }
    }
    Body {
        content: content.to_vec(),
        chunks: Vec::new(),
        end,
    }
}

/// The text before one line end, if it ends with one.
pub(super) fn without_newline(text: &[u8]) -> Option<&[u8]> {
    let text = text.strip_suffix(b"\n")?;
    Some(text.strip_suffix(b"\r").unwrap_or(text))
}

/// Takes chunks apart (RFC 9112, section 7.1); what is cut short gives what there is.
fn dechunk(bytes: &[u8], start: usize, notes: &mut Vec<String>) -> Body {
    let mut body = Body {
        content: Vec::new(),
        chunks: Vec::new(),
        end: start,
    };
    loop {
        let Some((size, data)) = chunk_size(bytes, body.end) else {
            if body.end == start && start < bytes.len() {
                let mut plain = unframed(bytes, start, &mut Vec::new());
                plain.chunks.push(plain.content.len() as u64);
                notes
                    .push("the headers say chunked, but the body was de-chunked before".to_owned());
                return plain;
            }
            notes.push("WARNING: the chunked body is cut short".to_owned());
            body.end = bytes.len();
            return body;
        };
        if size == 0 {
            body.end = trailers_end(bytes, data, notes);
            return body;
        }
        let rest = &bytes[data..];
        let chunk = rest.get(..size).unwrap_or(rest);
        body.content.extend_from_slice(chunk);
        body.chunks.push(chunk.len() as u64);
        body.end = data + chunk.len();
        if chunk.len() < size {
            notes.push("WARNING: the chunked body is cut short".to_owned());
            return body;
        }
        // The line end behind the data.
        if let Some(line) = line_at(bytes, body.end).filter(|line| line.text.is_empty()) {
            body.end = line.next;
        }
    }
}

/// The size that stands at `at`, and where its data starts.
fn chunk_size(bytes: &[u8], at: usize) -> Option<(usize, usize)> {
    let line = line_at(bytes, at)?;
    let digits = line.text.split(|&byte| byte == b';').next()?;
    let digits = std::str::from_utf8(digits).ok()?.trim();
    let is_hex = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    let size = is_hex.then(|| usize::from_str_radix(digits, 16).ok())??;
    Some((size, line.next))
}

/// Where the message ends behind its last chunk.
fn trailers_end(bytes: &[u8], mut at: usize, notes: &mut Vec<String>) -> usize {
    let mut trailers = 0;
    while let Some(line) = line_at(bytes, at) {
        if is_response(&bytes[at..]) {
            break;
        }
        at = line.next;
        if line.text.is_empty() {
            break;
        }
        trailers += 1;
    }
    if trailers > 0 {
        notes.push(format!(
            "{trailers} trailer lines behind the last chunk are left out"
        ));
    }
    at
}
