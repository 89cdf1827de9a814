//! [`Request`] and [`Response`]: owned plain values that keep what was on the wire.
//!
//! Nothing here is normalised. The target is the raw text between method and version, header
//! names keep their case, order and duplicates, and bodies are bytes.

use std::fmt;
use std::str::FromStr;

/// `http` or `https`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// Plain HTTP.
    Http,
    /// HTTP over TLS.
    Https,
}

impl Scheme {
    /// The scheme as it stands before `://`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Scheme {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        if text.eq_ignore_ascii_case("http") {
            Ok(Self::Http)
        } else if text.eq_ignore_ascii_case("https") {
            Ok(Self::Https)
        } else {
            Err(())
        }
    }
}

/// A header that is to be added, to replace what is there, or, without a value, to be taken
/// away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeaderEdit {
    /// The name as it is written.
    pub name: String,
    /// The value.
    pub value: Option<String>,
}

/// An ordered list of header fields, names and values exactly as they were written.
///
/// All bytes lie in one buffer: a capture of a million requests has many millions of fields.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Headers {
    bytes: Vec<u8>,
    /// The ends of each field's name and value in `bytes`.
    ends: Vec<(usize, usize)>,
}

impl Headers {
    /// No headers.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// No headers yet, and room for so many fields and bytes.
    #[must_use]
    pub fn with_capacity(fields: usize, bytes: usize) -> Self {
        Self {
            bytes: Vec::with_capacity(bytes),
            ends: Vec::with_capacity(fields),
        }
    }

    /// The value of the first field of that name, in any case.
    #[must_use]
    pub fn first(&self, name: &str) -> Option<&[u8]> {
        self.iter()
            .find(|(have, _)| have.eq_ignore_ascii_case(name.as_bytes()))
            .map(|(_, value)| value)
    }

    /// The values of every field of that name, in order.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
        self.iter()
            .filter(move |(have, _)| have.eq_ignore_ascii_case(name.as_bytes()))
            .map(|(_, value)| value)
    }

    /// Adds a field at the end, duplicates allowed.
    pub fn push(&mut self, name: impl AsRef<[u8]>, value: impl AsRef<[u8]>) {
        self.bytes.extend_from_slice(name.as_ref());
        let name_end = self.bytes.len();
        self.bytes.extend_from_slice(value.as_ref());
        self.ends.push((name_end, self.bytes.len()));
    }

    /// Gives the first field of that name this value (its place and spelling stay), drops the
    /// other fields of that name, or adds one at the end.
    pub fn set(&mut self, name: &str, value: impl AsRef<[u8]>) {
        let mut changed = Self::new();
        let mut found = false;
        for (have, old) in self.iter() {
            if !have.eq_ignore_ascii_case(name.as_bytes()) {
                changed.push(have, old);
            } else if !found {
                changed.push(have, value.as_ref());
                found = true;
            }
        }
        if !found {
            changed.push(name, value);
        }
        *self = changed;
    }

    /// Makes changes that were asked for: the first of a name replaces what is there, further
    /// ones stand behind, and one without a value takes the fields of that name away.
    pub fn edit(&mut self, edits: &[HeaderEdit]) {
        for (index, edit) in edits.iter().enumerate() {
            let first = !edits[..index]
                .iter()
                .any(|earlier| earlier.name.eq_ignore_ascii_case(&edit.name));
            match &edit.value {
                None => self.remove(&edit.name),
                Some(value) if first => self.set(&edit.name, value),
                Some(value) => self.push(&edit.name, value),
            }
        }
    }

    /// Gives the field number `index`, from 0, this value; the others stay.
    pub fn replace(&mut self, index: usize, value: impl AsRef<[u8]>) {
        let mut changed = Self::with_capacity(self.len(), self.bytes.len());
        for (at, (name, old)) in self.iter().enumerate() {
            changed.push(name, if at == index { value.as_ref() } else { old });
        }
        *self = changed;
    }

    /// Drops every field of that name.
    pub fn remove(&mut self, name: &str) {
        *self = self
            .iter()
            .filter(|(have, _)| !have.eq_ignore_ascii_case(name.as_bytes()))
            .collect();
    }

    /// The fields in order: (name, value).
    #[must_use]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&[u8], &[u8])> {
        let mut start = 0;
        self.ends.iter().map(move |&(name_end, end)| {
            let field = (&self.bytes[start..name_end], &self.bytes[name_end..end]);
            start = end;
            field
        })
    }

    /// How many fields.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }
}

impl fmt::Debug for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
        f.debug_list()
            .entries(self.iter().map(|(name, value)| (text(name), text(value))))
            .finish()
    }
}

impl<N: AsRef<[u8]>, V: AsRef<[u8]>> FromIterator<(N, V)> for Headers {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(fields: I) -> Self {
        let mut headers = Self::new();
        for (name, value) in fields {
            headers.push(name, value);
        }
        headers
    }
}

/// An HTTP request as it was, or will be, on the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The method, usually upper case.
    pub method: Vec<u8>,
    /// The raw request target, `/path?query` as a rule; it may hold blanks, quotes, raw UTF-8.
    pub target: Vec<u8>,
    /// `HTTP/1.1`.
    pub version: String,
    /// The scheme, where it is known: a raw request does not tell.
    pub scheme: Option<Scheme>,
    /// The header fields, `Host` among them.
    pub headers: Headers,
    /// The body after de-chunking.
    pub body: Vec<u8>,
    /// The sizes of the chunks that the body came in; empty where it was not chunked.
    pub chunks: Vec<u64>,
}

impl Default for Request {
    fn default() -> Self {
        Self::new("GET", "/")
    }
}

impl Request {
    /// A request without headers and body.
    #[must_use]
    pub fn new(method: impl Into<Vec<u8>>, target: impl Into<Vec<u8>>) -> Self {
        Self {
            method: method.into(),
            target: target.into(),
            version: "HTTP/1.1".to_owned(),
            scheme: None,
            headers: Headers::new(),
            body: Vec::new(),
            chunks: Vec::new(),
        }
    }

    /// Host and port as the request names them: the `Host` header.
    #[must_use]
    pub fn authority(&self) -> Option<&[u8]> {
        self.headers.first("Host")
    }

    /// Where what the head says of the body's length is not so: a server would wait for more, or
    /// take the rest for another request.
    #[must_use]
    pub fn framing_fault(&self) -> Option<String> {
        let length = self.body.len();
        if !self.chunks.is_empty() {
            return None;
        }
        let mut codings = self.headers.all("Transfer-Encoding");
        if codings.any(|value| value.to_ascii_lowercase().ends_with(b"chunked")) {
            return Some("Transfer-Encoding says chunked, and the body has no chunks".to_owned());
        }
        let mut said = self.headers.all("Content-Length").peekable();
        if said.peek().is_none() && length > 0 {
            return Some(format!("nothing says that the body has {length} bytes"));
        }
        let wrong = said.find(|value| **value != *length.to_string().as_bytes())?;
        Some(format!(
            "Content-Length says {}, and the body has {length} bytes",
            wrong.escape_ascii()
        ))
    }

    /// The head and body as bytes, ready for a socket: nothing is added, dropped or checked.
    ///
    /// A body that came in chunks is chunked again in the same sizes.
    #[must_use]
    pub fn to_wire(&self) -> Vec<u8> {
        let mut wire = Vec::with_capacity(256 + self.body.len());
        self.write_head(&mut wire);
        push_body(&mut wire, &self.body, &self.chunks);
        wire
    }

    /// Appends the head and the empty line behind it.
    pub(crate) fn write_head(&self, wire: &mut Vec<u8>) {
        wire.extend_from_slice(&self.method);
        wire.push(b' ');
        wire.extend_from_slice(&self.target);
        wire.push(b' ');
        wire.extend_from_slice(self.version.as_bytes());
        wire.extend_from_slice(b"\r\n");
        for (name, value) in self.headers.iter() {
            wire.extend_from_slice(name);
            wire.extend_from_slice(b": ");
            wire.extend_from_slice(value);
            wire.extend_from_slice(b"\r\n");
        }
        wire.extend_from_slice(b"\r\n");
    }

    /// Where the value of the header number `index` starts in the head.
    pub(crate) fn value_start(&self, index: usize) -> usize {
        let line = self.method.len() + 1 + self.target.len() + 1 + self.version.len() + 2;
        self.headers
            .iter()
            .take(index + 1)
            .enumerate()
            .fold(line, |start, (at, (name, value))| {
                let own = if at == index { 0 } else { value.len() + 2 };
                start + name.len() + 2 + own
            })
    }
}

/// Appends a body: as it is, or in chunks of these sizes and one more for what is left.
pub(crate) fn push_body(wire: &mut Vec<u8>, body: &[u8], chunks: &[u64]) {
    if chunks.is_empty() {
        wire.extend_from_slice(body);
        return;
    }
    let mut rest = body;
    for &size in chunks {
        let size = usize::try_from(size).unwrap_or(usize::MAX).min(rest.len());
        let (chunk, after) = rest.split_at(size);
        rest = after;
        if !chunk.is_empty() {
            push_chunk(wire, chunk);
        }
    }
    if !rest.is_empty() {
        push_chunk(wire, rest);
    }
    wire.extend_from_slice(b"0\r\n\r\n");
}

fn push_chunk(wire: &mut Vec<u8>, chunk: &[u8]) {
    wire.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
    wire.extend_from_slice(chunk);
    wire.extend_from_slice(b"\r\n");
}

/// An HTTP response.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// The header fields.
    pub headers: Headers,
    /// The body after de-chunking.
    pub body: Vec<u8>,
    /// How long it took, in milliseconds.
    pub ms: Option<f64>,
}

/// A URL split where its text says, and not changed in any way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Url {
    /// The scheme.
    pub scheme: Scheme,
    /// Host and port as written.
    pub authority: String,
    /// Path and query as written; `/` where the URL has none. A fragment is dropped, as every
    /// client does.
    pub target: String,
}

impl FromStr for Url {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let Some((scheme, rest)) = text.split_once("://") else {
            return Err(format!(
                "`{text}` has no scheme: write http:// or https:// before it"
            ));
        };
        let scheme = scheme
            .parse()
            .map_err(|()| format!("the scheme `{scheme}` is neither http nor https"))?;
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, target) = rest.split_at(end);
        if authority.is_empty() {
            return Err(format!("`{text}` names no host"));
        }
        let target = target.split('#').next().unwrap_or_default();
        let target = if target.starts_with('/') {
            target.to_owned()
        } else {
            format!("/{target}")
        };
        Ok(Self {
            scheme,
            authority: authority.to_owned(),
            target,
        })
    }
}

impl Url {
    /// The URL without what may be a secret in it: a user with a password, a query.
    #[must_use]
    pub fn bare(&self) -> String {
        let host = self.authority.rsplit('@').next().unwrap_or_default();
        let path = self.target.split('?').next().unwrap_or_default();
        format!("{}://{host}{path}", self.scheme)
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}{}", self.scheme, self.authority, self.target)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn setting_a_header_keeps_its_place_and_spelling_and_drops_the_others() {
        let mut headers = Headers::from_iter([("A", "1"), ("x-N", "2"), ("B", "3"), ("X-n", "4")]);
        headers.set("X-N", "5");
        assert_eq!(
            headers,
            Headers::from_iter([("A", "1"), ("x-N", "5"), ("B", "3")])
        );
    }

    #[test]
    fn edits_replace_add_and_take_away() {
        let edit = |name: &str, value: &str| HeaderEdit {
            name: name.to_owned(),
            value: (!value.is_empty()).then(|| value.to_owned()),
        };
        let mut headers = Headers::from_iter([("X-A", "old"), ("gone", "x"), ("Kept", "k")]);
        headers.edit(&[edit("x-a", "1"), edit("X-A", "2"), edit("Gone", "")]);
        assert_eq!(
            headers,
            Headers::from_iter([("X-A", "1"), ("Kept", "k"), ("X-A", "2")])
        );
    }

    #[test]
    fn a_url_is_split_and_not_changed() {
        let url: Url = "https://h:1/a/../b?c='+ {}#f".parse().unwrap();
        assert_eq!(url.authority, "h:1");
        assert_eq!(url.target, "/a/../b?c='+ {}");
        assert_eq!("http://h?x".parse::<Url>().unwrap().target, "/?x");
        assert!("h/x".parse::<Url>().is_err());
        assert!("http:///x".parse::<Url>().is_err());
    }

    #[test]
    fn a_bare_url_has_neither_a_user_nor_a_query() {
        let url: Url = "https://me:p@ss@h:1/a?token=x#f".parse().unwrap();
        assert_eq!(url.bare(), "https://h:1/a");
        let url: Url = "http://h/a@b".parse().unwrap();
        assert_eq!(url.bare(), "http://h/a@b");
    }

    #[test]
    fn a_length_that_is_not_the_bodys_is_found() {
        let request = |headers: &[(&str, &str)], body: &str| Request {
            headers: headers.iter().copied().collect(),
            body: body.into(),
            ..Request::new("POST", "/")
        };
        let fault = |headers: &[_], body| request(headers, body).framing_fault();
        assert_eq!(fault(&[("content-length", "2")], "ab"), None);
        assert_eq!(fault(&[], ""), None);
        assert_eq!(
            fault(&[("Content-Length", "1")], "ab").unwrap(),
            "Content-Length says 1, and the body has 2 bytes"
        );
        assert!(fault(&[], "ab").is_some());
        assert!(fault(&[("Transfer-Encoding", "gzip, Chunked")], "ab").is_some());
    }

    #[test]
    fn a_chunked_body_is_chunked_again_in_the_same_sizes() {
        let request = Request {
            body: b"abcdef".to_vec(),
            chunks: vec![4, 2],
            ..Request::new("POST", "/")
        };
        assert_eq!(
            request.to_wire(),
            b"POST / HTTP/1.1\r\n\r\n4\r\nabcd\r\n2\r\nef\r\n0\r\n\r\n"
        );
    }
}
