//! Where a part stands in a request: to find it, write it and take it out, all other bytes kept.

use std::borrow::Cow;
use std::ops::Range;

use crate::json::Value;
use crate::json::edit::escape;
use crate::json::scan::{self, JsonError};
use crate::json::write::compact;
use crate::message::Request;

use super::evidence::{percent_decoded, percent_encoded};
use super::recipe::Source;
use super::verify::source_in_words;

/// Where the bytes of a value stand as they are written: a query's with its percent signs, a
/// JSON text's between its quotes with its escapes, a JSON value's with its quotes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// In the target.
    Target(Range<usize>),
    /// In the value of a header.
    Header {
        /// Which field, from 0.
        index: usize,
        /// Where in its value.
        range: Range<usize>,
    },
    /// In the body.
    Body(Range<usize>),
}

/// Why a value cannot be put at its place.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlaceError {
    /// It has none of its own: the method, the URL, the whole body, what only a flag gives.
    #[error("the {0} has no place of its own in a request")]
    NoPlace(String),
    /// The body that it belongs into is not JSON.
    #[error("the body is not JSON: {0}")]
    Body(JsonError),
    /// The object that it belongs into is not there.
    #[error("`{0}` has no place in the body: what should hold it is not there, or no object")]
    NoParent(String),
    /// The value is no JSON, and would stand in the body as it is.
    #[error("the value for `{0}` is not JSON")]
    NotJson(String),
    /// A header cannot hold a line break.
    #[error("a line break cannot stand in the header `{0}`")]
    LineBreak(String),
}

impl Place {
    /// The bytes that stand there.
    #[must_use]
    pub fn of<'a>(&self, request: &'a Request) -> &'a [u8] {
        let (text, range) = self.text(request);
        &text[range.clone()]
    }

    /// The target, header value or body that it is a part of, and where in it.
    fn text<'a>(&self, request: &'a Request) -> (&'a [u8], &Range<usize>) {
        match self {
            Self::Target(range) => (&request.target, range),
            Self::Body(range) => (&request.body, range),
            Self::Header { index, range } => {
                let field = request.headers.iter().nth(*index);
                (field.map_or(&[], |(_, value)| value), range)
            }
        }
    }

    /// Whether a `=` stands before it: a parameter may come without.
    fn is_assigned(&self, request: &Request) -> bool {
        let (text, range) = self.text(request);
        text[..range.start].ends_with(b"=")
    }

    /// Puts other bytes there.
    pub(super) fn write(&self, request: &mut Request, raw: &[u8]) {
        let raw = raw.iter().copied();
        match self {
            Self::Target(range) => drop(request.target.splice(range.clone(), raw)),
            Self::Body(range) => drop(request.body.splice(range.clone(), raw)),
            Self::Header { index, range } => {
                let mut value = request
                    .headers
                    .iter()
                    .nth(*index)
                    .map_or_else(Vec::new, |(_, value)| value.to_vec());
                value.splice(range.clone(), raw);
                request.headers.replace(*index, value);
            }
        }
    }
}

/// Where the value at `source` stands, if it is there and has a place of its own: the one that
/// [`Evidence::find`](super::Evidence::find) reads.
#[must_use]
pub fn locate(request: &Request, source: &Source) -> Option<Place> {
    match source {
        Source::Query(name) => {
            let mark = memchr::memchr(b'?', &request.target)?;
            let pair = pair(&request.target, mark + 1, |have| {
                percent_decoded(have) == name.as_bytes()
            })?;
            Some(Place::Target(pair.value))
        }
        Source::Header(name) => {
            let (index, value) = field(request, name)?;
            Some(Place::Header {
                index,
                range: 0..value.len(),
            })
        }
        Source::Field(name) => {
            let (index, value) = field(request, CREDENTIAL)?;
            let pair = pair(value, 0, |have| have == name.as_bytes())?;
            Some(Place::Header {
                index,
                range: pair.value,
            })
        }
        Source::JsonRaw(pointer) => {
            let value = scan::find(&request.body, pointer).ok()??;
            let start = scan::offset_in(&request.body, value);
            Some(Place::Body(start..start + value.len()))
        }
        Source::JsonText(pointer) => {
            let value = scan::find(&request.body, pointer).ok()??;
            let start = scan::offset_in(&request.body, value);
            matches!(value, [b'"', .., b'"'])
                .then(|| Place::Body(start + 1..start + value.len() - 1))
        }
        Source::Literal(_)
        | Source::Secret(_)
        | Source::Method
        | Source::Url(_)
        | Source::Body { .. }
        | Source::Flag => None,
    }
}

/// Gives the part at `source` this value: in its place if it is there, else added, a header and
/// a query parameter behind the others, a member at the end of its object.
///
/// The value is what is signed: text is escaped as its place needs it. A query takes it raw, as
/// the platforms send it, except for what would end the parameter or the target.
pub fn set(request: &mut Request, source: &Source, value: &[u8]) -> Result<(), PlaceError> {
    let raw = match source {
        Source::Query(_) => Cow::Owned(query_value(value).into_bytes()),
        Source::Field(_) => Cow::Owned(percent_encoded(value).into_bytes()),
        Source::JsonText(_) => Cow::Owned(escape(value)),
        _ => Cow::Borrowed(value),
    };
    write(request, source, &raw)
}

/// [`set`] of bytes that are written as they shall stand there.
pub(super) fn write(request: &mut Request, source: &Source, raw: &[u8]) -> Result<(), PlaceError> {
    match source {
        Source::Header(name) if memchr::memchr2(b'\r', b'\n', raw).is_some() => {
            return Err(PlaceError::LineBreak(name.clone()));
        }
        Source::JsonRaw(pointer) if scan::check(raw).is_err() => {
            return Err(PlaceError::NotJson(pointer.clone()));
        }
        _ => {}
    }
    if let Some(place) = locate(request, source) {
        if matches!(source, Source::Query(_) | Source::Field(_)) && !place.is_assigned(request) {
            place.write(request, &[b"=", raw].concat());
        } else {
            place.write(request, raw);
        }
        return Ok(());
    }
    match source {
        Source::Header(name) => request.headers.push(name, raw),
        Source::Query(name) => add_parameter(&mut request.target, name, raw),
        Source::Field(name) => match field(request, CREDENTIAL) {
            None => request
                .headers
                .push(CREDENTIAL, [name.as_bytes(), b"=", raw].concat()),
            Some((index, value)) => {
                let value = [value, b"&", name.as_bytes(), b"=", raw].concat();
                request.headers.replace(index, value);
            }
        },
        Source::JsonRaw(pointer) => add_member(request, pointer, raw)?,
        Source::JsonText(pointer) => {
            let text = [b"\"", raw, b"\""].concat();
            // What is there and no text gives way to it.
            match locate(request, &Source::JsonRaw(pointer.clone())) {
                Some(place) => place.write(request, &text),
                None => add_member(request, pointer, &text)?,
            }
        }
        other => return Err(PlaceError::NoPlace(source_in_words(other))),
    }
    Ok(())
}

/// Takes the part at `source` out, whichever times it is there: the header, the parameter with
/// its `&`, the member with its comma. Tells whether there was one.
pub fn remove(request: &mut Request, source: &Source) -> bool {
    let mut removed = false;
    while remove_one(request, source) {
        removed = true;
    }
    removed
}

fn remove_one(request: &mut Request, source: &Source) -> bool {
    match source {
        Source::Header(name) => {
            let there = request.headers.first(name).is_some();
            if there {
                request.headers.remove(name);
            }
            there
        }
        Source::Query(name) => {
            let target = &mut request.target;
            let found = memchr::memchr(b'?', target).and_then(|mark| {
                pair(target, mark + 1, |have| {
                    percent_decoded(have) == name.as_bytes()
                })
            });
            // The mark goes with the last parameter, as it came with the first.
            found.is_some_and(|pair| {
                drop(target.drain(pair.whole(target)));
                true
            })
        }
        Source::Field(name) => {
            let Some((index, value)) = field(request, CREDENTIAL) else {
                return false;
            };
            let Some(pair) = pair(value, 0, |have| have == name.as_bytes()) else {
                return false;
            };
            let mut value = value.to_vec();
            value.drain(pair.whole(&value));
            if value.is_empty() {
                request.headers.remove(CREDENTIAL);
            } else {
                request.headers.replace(index, value);
            }
            true
        }
        Source::JsonRaw(pointer) | Source::JsonText(pointer) => {
            let found = scan::find(&request.body, pointer).ok().flatten();
            let Some(range) = found.and_then(|value| with_comma(&request.body, pointer, value))
            else {
                return false;
            };
            request.body.drain(range);
            true
        }
        _ => false,
    }
}

/// Makes the framing fit the body: `Content-Length` where there is one, or where a body has
/// neither that nor `Transfer-Encoding`; the sizes of chunks as far as they reach, and one more
/// chunk for what is left.
pub fn fix_length(request: &mut Request) {
    let length = request.body.len();
    let stated = request.headers.first("Content-Length");
    let chunked = request.headers.first("Transfer-Encoding").is_some();
    let is_right =
        |value: &[u8]| std::str::from_utf8(value).is_ok_and(|value| value.parse() == Ok(length));
    if stated.map_or(!chunked && length > 0, |value| !is_right(value)) {
        let length = length.to_string();
        request.headers.set("Content-Length", length);
    }
    if request.chunks.is_empty() {
        return;
    }
    let mut left = length as u64;
    request.chunks.retain_mut(|size| {
        *size = left.min(*size);
        left -= *size;
        *size > 0
    });
    if left > 0 || request.chunks.is_empty() {
        request.chunks.push(left);
    }
}

/// Adds a parameter to a target; the value goes in as it is.
pub(crate) fn add_parameter(target: &mut Vec<u8>, name: &str, raw: &[u8]) {
    target.push(if target.contains(&b'?') { b'&' } else { b'?' });
    target.extend_from_slice(percent_encoded(name.as_bytes()).as_bytes());
    target.push(b'=');
    target.extend_from_slice(raw);
}

/// A query value as the platforms write it: raw, except for what would end the parameter or the
/// target, which is percent-encoded.
#[must_use]
pub(crate) fn query_value(value: &[u8]) -> String {
    let mut text = String::with_capacity(value.len());
    for &byte in value {
        if byte.is_ascii_graphic() && !matches!(byte, b'%' | b'&' | b'#' | b'"') {
            text.push(char::from(byte));
        } else {
            text.push_str(&percent_encoded(&[byte]));
        }
    }
    text
}

/// The header that fields are looked for in, as [`super::Evidence::credential`] does.
const CREDENTIAL: &str = "Authorization";

/// The first field of that name and its index.
fn field<'a>(request: &'a Request, name: &str) -> Option<(usize, &'a [u8])> {
    request
        .headers
        .iter()
        .enumerate()
        .find(|(_, (have, _))| have.eq_ignore_ascii_case(name.as_bytes()))
        .map(|(index, (_, value))| (index, value))
}

/// A `name=value` pair in a text.
struct Pair {
    name: usize,
    value: Range<usize>,
}

impl Pair {
    /// The pair with the mark before it, or, if none stands before it, with the one behind it.
    fn whole(&self, text: &[u8]) -> Range<usize> {
        let behind = text.get(self.value.end) == Some(&b'&');
        let first = self.name == 0 || text[self.name - 1] == b'?';
        match (first, behind) {
            (true, true) => self.name..self.value.end + 1,
            _ => self.name.saturating_sub(1)..self.value.end,
        }
    }
}

/// The first pair behind `start` of that name.
fn pair(text: &[u8], start: usize, is: impl Fn(&[u8]) -> bool) -> Option<Pair> {
    let mut at = start;
    for pair in text[start..].split(|&byte| byte == b'&') {
        let end = at + pair.len();
        let equals = memchr::memchr(b'=', pair).map_or(end, |equals| at + equals);
        if !pair.is_empty() && is(&text[at..equals]) {
            return Some(Pair {
                name: at,
                value: (equals + 1).min(end)..end,
            });
        }
        at = end + 1;
    }
    None
}

/// Adds a member at the end of the object that the pointer's last step stands in; an empty body
/// becomes an object.
fn add_member(request: &mut Request, pointer: &str, value: &[u8]) -> Result<(), PlaceError> {
    let no_parent = || PlaceError::NoParent(pointer.to_owned());
    if request.body.trim_ascii().is_empty() {
        request.body = b"{}".to_vec();
    }
    let cut = pointer.rfind('/').ok_or_else(no_parent)?;
    let (parent, name) = (&pointer[..cut], &pointer[cut + 1..]);
    let object = scan::find(&request.body, parent)
        .map_err(PlaceError::Body)?
        .ok_or_else(no_parent)?;
    let members = scan::members(object).map_err(|_| no_parent())?;
    let comma = if members.is_empty() { "" } else { "," };
    let name = name.replace("~1", "/").replace("~0", "~");
    let name = compact(&Value::String(name));
    let end = scan::offset_in(&request.body, object) + object.len() - 1;
    let member = [comma.as_bytes(), &name, b":", value].concat();
    request.body.splice(end..end, member);
    Ok(())
}

/// The member or element that `value` is, with the comma before it, or, if it is the first, with
/// the one behind it and the blanks up to the next. `None` for the whole body.
fn with_comma(body: &[u8], pointer: &str, value: &[u8]) -> Option<Range<usize>> {
    let parent = scan::find(body, &pointer[..pointer.rfind('/')?]).ok()??;
    let mut starts = Vec::new();
    let mut values = Vec::new();
    if let Ok(members) = scan::members(parent) {
        for member in members {
            starts.push(scan::offset_in(body, member.name) - 1);
            values.push(member.value);
        }
    } else {
        values = scan::elements(parent).ok()?;
        starts.extend(values.iter().map(|value| scan::offset_in(body, value)));
    }
    let at = values.iter().position(|have| std::ptr::eq(*have, value))?;
    let end = scan::offset_in(body, value) + value.len();
    if at == 0 {
        return Some(starts[0]..starts.get(1).copied().unwrap_or(end));
    }
    // Between two values stand only blanks and the comma.
    let before = scan::offset_in(body, values[at - 1]) + values[at - 1].len();
    let comma = before + memchr::memchr(b',', &body[before..starts[at]])?;
    Some(comma..end)
}

#[cfg(test)]
mod tests;
