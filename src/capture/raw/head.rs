//! Lines, request lines and header fields.

use crate::capture::Bad;
use crate::message::Headers;
use memchr::memchr;

/// A line without its end.
#[derive(Debug)]
pub(crate) struct Line<'a> {
    pub(crate) text: &'a [u8],
    /// Where the next line starts.
    pub(crate) next: usize,
    /// How many bytes its end has: CRLF, LF, or none at the end of the file.
    end: usize,
}

impl Line<'_> {
    pub(crate) fn bare_lf(&self) -> bool {
        self.end == 1
    }
}

/// The line that starts at `start`; none at the end of the bytes.
pub(crate) fn line_at(bytes: &[u8], start: usize) -> Option<Line<'_>> {
    let rest = bytes.get(start..).filter(|rest| !rest.is_empty())?;
    let Some(newline) = memchr(b'\n', rest) else {
        return Some(Line {
            text: rest,
            next: bytes.len(),
            end: 0,
        });
    };
    let (text, end) = match rest[..newline].strip_suffix(b"\r") {
        Some(text) => (text, 2),
        None => (&rest[..newline], 1),
    };
    Some(Line {
        text,
        next: start + newline + 1,
        end,
    })
}

/// The parts of a request line.
#[derive(Debug, PartialEq)]
pub(crate) struct RequestLine<'a> {
    pub(crate) method: &'a [u8],
    pub(crate) target: &'a [u8],
    pub(crate) version: &'a [u8],
}

/// Splits a request line at its first blank and at its last ` HTTP/`: the target may hold blanks.
pub(crate) fn request_line(line: &[u8]) -> Option<RequestLine<'_>> {
    let blank = memchr(b' ', line)?;
    let (method, rest) = (&line[..blank], &line[blank + 1..]);
    let at = memchr::memmem::rfind(rest, b" HTTP/")?;
    let (target, version) = (&rest[..at], &rest[at + 1..]);
    let digits = &version[b"HTTP/".len()..];
    let fits = is_token(method)
        && !target.is_empty()
        && matches!(digits, [b'0'..=b'9'] | [b'0'..=b'9', b'.', b'0'..=b'9']);
    fits.then_some(RequestLine {
        method,
        target,
        version,
    })
}

/// RFC 9110's token: what methods and header names are made of.
pub(crate) fn is_token(text: &[u8]) -> bool {
    !text.is_empty()
        && text
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte))
}

/// Name and value of a header line, the value without the blanks around it.
///
/// The name is what stands before the colon, blanks included; HTTP/2's pseudo-headers start with
/// one of their own.
pub(crate) fn field(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let pseudo = usize::from(line.first() == Some(&b':'));
    let colon = memchr(b':', &line[pseudo..])? + pseudo;
    (colon > pseudo).then(|| (&line[..colon], trim(&line[colon + 1..])))
}

/// Without the blanks and tabs around it.
pub(crate) fn trim(mut text: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = text {
        text = rest;
    }
    text
}

/// The header fields of a message.
#[derive(Debug)]
pub(crate) struct Head {
    pub(crate) headers: Headers,
    /// Where the body starts.
    pub(crate) end: usize,
    /// Whether any line ended with LF alone.
    pub(crate) bare_lf: bool,
}

/// Reads header lines up to the blank line, or to the end of the bytes.
pub(crate) fn read(bytes: &[u8], start: usize, notes: &mut Vec<String>) -> Result<Head, Bad> {
    let mut headers: Vec<(Vec<u8>, Vec<u8>)> = Vec::new();
    let mut bare_lf = false;
    let mut at = start;
    // Where the text after the last colon starts: a folded value is cut out of the bytes whole.
    let mut value_start = start;
    while let Some(line) = line_at(bytes, at) {
        let line_start = at;
        at = line.next;
        bare_lf |= line.bare_lf();
        if line.text.is_empty() {
            break;
        }
        let line_end = line_start + line.text.len();
        if let ([b' ' | b'\t', ..], Some((name, value))) = (line.text, headers.last_mut()) {
            *value = trim(&bytes[value_start..line_end]).to_vec();
            notes.push(format!(
                "the header {} is folded over several lines: kept as it is",
                String::from_utf8_lossy(name)
            ));
            continue;
        }
        let Some((name, value)) = field(line.text) else {
            return Err(Bad::new(line_start, "this is not a header: Name: value"));
        };
        if name.ends_with(b" ") || name.ends_with(b"\t") {
            notes.push(format!(
                "a blank stands before the colon of `{}`: kept, most servers refuse it",
                String::from_utf8_lossy(name)
            ));
        }
        value_start = line_start + name.len() + 1;
        headers.push((name.to_vec(), value.to_vec()));
    }
    Ok(Head {
        headers: Headers::from_iter(headers),
        end: at,
        bare_lf,
    })
}
