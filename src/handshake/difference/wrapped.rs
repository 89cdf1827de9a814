//! An echo that is there and has something around it that software put there: quotes, JSON,
//! markup, UTF-16, the framing of chunks.

use std::borrow::Cow;

use memchr::memmem;

use crate::json::scan;
use crate::term::{cut, escape};

use super::{BOM, Difference, named};

const BARE: &str = "return the bare text, as text/plain: most frameworks write what a handler \
                    returns as JSON unless told otherwise";

/// The wrapping around the echo, if there is one that has a name.
pub(super) fn wrapped(echo: &[u8], body: &[u8]) -> Option<Difference> {
    if echo.is_empty() {
        return None;
    }
    json(echo, body)
        .or_else(|| quotes(echo, body))
        .or_else(|| utf_16(echo, body))
        .or_else(|| chunks(echo, body))
        .or_else(|| markup(echo, body))
}

/// A JSON text that holds the echo: a string, or a member at any depth.
fn json(echo: &[u8], body: &[u8]) -> Option<Difference> {
    let text = body.strip_prefix(BOM).unwrap_or(body);
    let value = text.trim_ascii();
    scan::check(value).ok()?;
    let behind = &text[text.trim_ascii_end().len()..];
    let mut what = match place_of(echo, value, 0)? {
        path if path.is_empty() => "the body is JSON: the echo is inside quotes".to_owned(),
        path => format!(
            "the body is JSON: the echo is the value of `{}`",
            shown(&path)
        ),
    };
    if !behind.is_empty() {
        what = format!("{what}, and {} follows", named(behind));
    }
    Some(Difference::with_hint(what, BARE))
}

/// The JSON pointer of the first string that is the echo; empty for the whole text.
fn place_of(echo: &[u8], value: &[u8], depth: usize) -> Option<String> {
    const DEEPEST: usize = 8;
    if depth > DEEPEST {
        return None;
    }
    let is_echo = |text: &Cow<'_, [u8]>| text.as_ref() == echo;
    if scan::text(value).as_ref().is_some_and(is_echo) || (depth > 0 && value == echo) {
        return Some(String::new());
    }
    // A string that is JSON once more: it was written twice.
    if let Some(text) = scan::text(value)
        && scan::check(&text).is_ok()
        && let Some(path) = place_of(echo, &text, depth + 1)
    {
        return Some(path);
    }
    if let Ok(members) = scan::members(value) {
        return members.iter().find_map(|member| {
            let rest = place_of(echo, member.value, depth + 1)?;
            Some(format!("/{}{rest}", String::from_utf8_lossy(member.name)))
        });
    }
    let elements = scan::elements(value).ok()?;
    elements.iter().enumerate().find_map(|(at, element)| {
        let rest = place_of(echo, element, depth + 1)?;
        Some(format!("/{at}{rest}"))
    })
}

fn shown(text: &str) -> String {
    const LONGEST: usize = 60;
    cut(&escape(text.as_bytes()), LONGEST)
}

/// Quotes that are not JSON's.
fn quotes(echo: &[u8], body: &[u8]) -> Option<Difference> {
    let body = body.trim_ascii();
    [
        (b'\'', "single quotes"),
        (b'`', "backquotes"),
        (b'"', "quotes"),
    ]
    .into_iter()
    .find_map(|(quote, name)| {
        let inside = body.strip_prefix(&[quote])?.strip_suffix(&[quote])?;
        (inside == echo).then(|| {
            Difference::with_hint(format!("the echo is inside {name}"), "return it without")
        })
    })
}

/// The echo in UTF-16, as some Windows software writes text.
fn utf_16(echo: &[u8], body: &[u8]) -> Option<Difference> {
    let echo = std::str::from_utf8(echo).ok()?;
    let marked = [
        (
            b"\xff\xfe",
            u16::to_le_bytes as fn(u16) -> [u8; 2],
            "little",
        ),
        (b"\xfe\xff", u16::to_be_bytes, "big"),
    ];
    marked.into_iter().find_map(|(mark, bytes, endian)| {
        let wide: Vec<u8> = echo.encode_utf16().flat_map(bytes).collect();
        let (rest, bom) = match body.strip_prefix(mark) {
            Some(rest) => (rest, "a"),
            None => (body, "no"),
        };
        (rest == wide).then(|| {
            Difference::with_hint(
                format!("the body is the echo in UTF-16 ({endian} endian, {bom} BOM)"),
                "write it as UTF-8 or ASCII",
            )
        })
    })
}

/// Chunks that no header announces.
fn chunks(echo: &[u8], body: &[u8]) -> Option<Difference> {
    let upper = format!("{:X}\r\n", echo.len());
    let lower = upper.to_lowercase();
    [upper, lower].iter().find_map(|size| {
        let rest = body.strip_prefix(size.as_bytes())?.strip_prefix(echo)?;
        rest.starts_with(b"\r\n0\r\n").then(|| {
            Difference::with_hint(
                "the body is the echo with the sizes of its chunks, and no header says \
                 Transfer-Encoding: chunked",
                "the server or a proxy frames the body by hand: send it with a Content-Length",
            )
        })
    })
}

/// Tags around the echo.
fn markup(echo: &[u8], body: &[u8]) -> Option<Difference> {
    let text = body.strip_prefix(BOM).unwrap_or(body).trim_ascii();
    if !text.starts_with(b"<") || !text.ends_with(b">") {
        return None;
    }
    // The text between two tags, so that an address in an error page is no echo.
    let between = text
        .split(|&byte| byte == b'<')
        .filter_map(|piece| piece.splitn(2, |&byte| byte == b'>').nth(1))
        .any(|inside| inside.trim_ascii() == echo);
    if !between {
        return None;
    }
    let kind = if is_page(body) { "HTML" } else { "XML" };
    Some(Difference::with_hint(
        format!("the body is {kind}: the echo is between tags"),
        "return the bare text, as text/plain, without a layout or a view around it",
    ))
}

/// Whether a body is an HTML page.
pub(super) fn is_page(body: &[u8]) -> bool {
    let text = body.strip_prefix(BOM).unwrap_or(body).trim_ascii_start();
    let tags: [&[u8]; 7] = [
        b"<!doctype html",
        b"<html",
        b"<head",
        b"<body",
        b"<title",
        b"<p>",
        b"<pre",
    ];
    tags.iter().any(|tag| {
        text.get(..tag.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(tag))
    })
}

/// The title of an HTML page.
pub(super) fn title(page: &[u8]) -> Option<&[u8]> {
    let lower = page.to_ascii_lowercase();
    let start = memmem::find(&lower, b"<title>")? + b"<title>".len();
    let length = memmem::find(&lower[start..], b"</title>")?;
    let title = page[start..start + length].trim_ascii();
    (!title.is_empty()).then_some(title)
}
