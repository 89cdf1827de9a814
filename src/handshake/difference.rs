//! How a body differs from what should have been echoed, in bytes and in words.
//!
//! A name is given only to what is proved: each test compares whole bodies, and what fits none
//! is shown beside the echo with the offset of the first byte that differs.

mod wrapped;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use memchr::memmem;

use super::Known;
use crate::signature::evidence::{percent_decoded, percent_encoded};
use crate::signature::{Secrets, Veil};
use crate::term::{cut, escape};

/// What is wrong with a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// It, in words: a clause without a full stop.
    pub what: String,
    /// What to do about it.
    pub hint: Option<String>,
    /// Whether the body has nothing of the request in it, so that it may be how a server
    /// refuses.
    pub unlike: bool,
}

impl Difference {
    fn new(what: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            hint: None,
            unlike: false,
        }
    }

    fn with_hint(what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            hint: Some(hint.into()),
            unlike: false,
        }
    }

    fn unlike(what: impl Into<String>) -> Self {
        Self {
            unlike: true,
            ..Self::new(what)
        }
    }
}

/// How `body` differs from `echo`, or none if it does not.
///
/// `known` are other values that a server may have returned instead; secrets are recognised and
/// never shown.
#[must_use]
pub fn difference(
    echo: &[u8],
    known: &[Known],
    secrets: &Secrets,
    body: &[u8],
) -> Option<Difference> {
    if body == echo {
        return None;
    }
    if body.is_empty() {
        return Some(Difference::new("the body is empty"));
    }
    Some(
        a_secret(secrets, body)
            .or_else(|| around(echo, body))
            .or_else(|| instead(known, body))
            .or_else(|| wrapped::wrapped(echo, body))
            .or_else(|| respelled(echo, body))
            .or_else(|| part_of(echo, body))
            .unwrap_or_else(|| unlike(echo, secrets, body)),
    )
}

/// Whether a body gives the echo back, perhaps in quotes or with blanks around it.
pub(super) fn is_echoed(echo: &[u8], body: &[u8]) -> bool {
    let is_around = |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, 0 | b'"' | b'\'');
    let body = strip_boms(body);
    let start = body.iter().position(|byte| !is_around(byte));
    let end = body.iter().rposition(|byte| !is_around(byte));
    match (start, end) {
        (Some(start), Some(end)) => body == echo || &body[start..=end] == echo,
        _ => false,
    }
}

/// A peer's bytes for a terminal: without secrets, escaped and cut.
pub(super) fn shown(bytes: &[u8], secrets: &Secrets) -> String {
    const LONGEST: usize = 120;
    cut(&escape(&Veil::over(secrets).hide(bytes)), LONGEST)
}

/// Bytes as `0x0D 0x0A`, few of them.
pub(super) fn in_hex(bytes: &[u8]) -> String {
    const MOST: usize = 8;
    let shown = bytes.iter().take(MOST);
    let text: Vec<_> = shown.map(|byte| format!("0x{byte:02X}")).collect();
    let text = text.join(" ");
    if bytes.len() > MOST {
        format!("{text} … ({} bytes)", bytes.len())
    } else {
        text
    }
}

fn a_secret(secrets: &Secrets, body: &[u8]) -> Option<Difference> {
    let (name, _) = secrets
        .iter()
        .find(|(_, secret)| !secret.expose().is_empty() && secret.expose() == body.trim_ascii())?;
    Some(Difference::with_hint(
        format!("the body is the {} itself", name.flag()),
        "a secret must never leave the server: change it, and return what was asked for",
    ))
}

/// The UTF-8 byte order mark.
const BOM: &[u8] = b"\xef\xbb\xbf";

const SAVE_WITHOUT_BOM: &str = "a source file or template was saved with a BOM: save it as UTF-8 \
                                without one, every file that is included too";

/// Bytes before or behind the echo.
fn around(echo: &[u8], body: &[u8]) -> Option<Difference> {
    if echo.is_empty() {
        return None;
    }
    let at = memmem::find(body, echo)?;
    let (before, behind) = (&body[..at], &body[at + echo.len()..]);
    let is_trifle = |bytes: &[u8]| {
        let bytes = strip_boms(bytes);
        bytes
            .iter()
            .all(|&byte| byte == 0 || byte.is_ascii_whitespace() || byte == 0x0b)
    };
    if behind == echo && before.is_empty() {
        return Some(Difference::new("the body is the echo twice"));
    }
    if !is_trifle(before) || !is_trifle(behind) {
        return None;
    }
    let hint = if memmem::find(before, BOM).is_some() {
        SAVE_WITHOUT_BOM
    } else if before.is_empty() && behind.iter().any(|byte| matches!(byte, b'\n' | b'\r')) {
        "write the echo without a line end: no println, no echo of a shell, no newline at the \
         end of a template"
    } else if before.is_empty() && behind.contains(&0) {
        "the length that is sent counts the zero byte at the end of a C string"
    } else {
        "write nothing before or behind the echo: blank lines outside of the code count too"
    };
    let what = match (before.is_empty(), behind.is_empty()) {
        (true, _) => format!("the body is the echo followed by {}", named(behind)),
        (_, true) => format!("{} before the echo", stands(before)),
        _ => format!(
            "{} before the echo, and {} behind it",
            stands(before),
            named(behind)
        ),
    };
    Some(Difference::with_hint(what, hint))
}

fn strip_boms(mut bytes: &[u8]) -> &[u8] {
    while let Some(rest) = bytes.strip_prefix(BOM) {
        bytes = rest;
    }
    bytes
}

fn stands(bytes: &[u8]) -> String {
    let one = bytes.len() == 1 || bytes == BOM;
    format!("{} {}", named(bytes), if one { "stands" } else { "stand" })
}

/// `0x0A (a newline)`, `a BOM (0xEF 0xBB 0xBF)`.
fn named(bytes: &[u8]) -> String {
    let name = match bytes {
        b"\n" => "a newline",
        b"\r\n" => "a newline of Windows",
        b"\r" => "a carriage return",
        b" " => "a blank",
        b"\t" => "a tab",
        b"\0" => "a zero byte",
        _ if bytes == BOM => return format!("a BOM ({})", in_hex(bytes)),
        _ if bytes.starts_with(BOM) => {
            return format!("a BOM ({}) and {}", in_hex(BOM), named(&bytes[BOM.len()..]));
        }
        _ if bytes.iter().all(|&byte| byte == b'\n') => "newlines",
        _ if bytes.iter().all(|&byte| byte == b' ') => "blanks",
        _ => return in_hex(bytes),
    };
    format!("{} ({name})", in_hex(bytes))
}

/// Another value of the request, or of another one.
fn instead(known: &[Known], body: &[u8]) -> Option<Difference> {
    let body = body.trim_ascii();
    let found = known
        .iter()
        .find(|known| !known.value.is_empty() && known.value == body)?;
    Some(Difference::new(format!(
        "the body is {}, not the echo",
        found.what
    )))
}

/// The echo in other letters or another encoding.
fn respelled(echo: &[u8], body: &[u8]) -> Option<Difference> {
    let body = body.trim_ascii();
    let text = |what: &str| Some(Difference::new(what));
    if body.eq_ignore_ascii_case(echo) {
        return if body == echo.to_ascii_uppercase() {
            text("the body is the echo in upper case")
        } else if body == echo.to_ascii_lowercase() {
            text("the body is the echo in lower case")
        } else {
            text("the body is the echo in other upper and lower case")
        };
    }
    let blanks: Vec<u8> = echo
        .iter()
        .map(|&byte| if byte == b'+' { b' ' } else { byte })
        .collect();
    if blanks == body {
        return Some(Difference::with_hint(
            "the body is the echo with a blank for each `+`: it was decoded as a form",
            "take the value from the raw query string and percent-decode it only",
        ));
    }
    if percent_encoded(echo).as_bytes().eq_ignore_ascii_case(body) {
        return text("the body is the echo, percent-encoded");
    }
    if percent_decoded(echo) == body {
        return text("the body is the echo, percent-decoded once more");
    }
    let in_base64 = [STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD];
    if in_base64
        .iter()
        .any(|engine| engine.encode(echo).as_bytes() == body)
    {
        return text("the body is the echo in base64");
    }
    if hex::encode(echo).as_bytes().eq_ignore_ascii_case(body) {
        return text("the body is the echo in hexadecimal");
    }
    if !echo.is_empty() && body.iter().rev().eq(echo) {
        return text("the body is the echo from back to front");
    }
    None
}

/// A beginning or an ending of the echo.
fn part_of(echo: &[u8], body: &[u8]) -> Option<Difference> {
    let body = body.trim_ascii();
    if body.is_empty() || body.len() >= echo.len() {
        return None;
    }
    let which = if echo.starts_with(body) {
        "first"
    } else if echo.ends_with(body) {
        "last"
    } else {
        return None;
    };
    let count = body.len();
    let bytes = if count == 1 { "byte" } else { "bytes" };
    Some(Difference::new(format!(
        "the body is only the {which} {count} {bytes} of the echo, which has {}",
        echo.len()
    )))
}

/// Nothing that has a name: both, and where they part.
fn unlike(echo: &[u8], secrets: &Secrets, body: &[u8]) -> Difference {
    if let Some(at) = memmem::find(body, echo).filter(|_| !echo.is_empty()) {
        return Difference::with_hint(
            format!(
                "the echo stands inside other text, from byte {at} on: `{}`",
                shown(body, secrets)
            ),
            "the body must be the echo and nothing else",
        );
    }
    if wrapped::is_page(body) {
        return Difference::unlike(match wrapped::title(body) {
            Some(title) => format!(
                "the body is an HTML page (`{}`), not the echo",
                shown(title, secrets)
            ),
            None => "the body is an HTML page, not the echo".to_owned(),
        });
    }
    let same = body.iter().zip(echo).take_while(|(a, b)| a == b).count();
    let what = if same == 0 || echo.is_empty() {
        format!("the body is `{}`, not the echo", shown(body, secrets))
    } else {
        format!(
            "the body is `{}` and not the echo `{}`: they differ from byte {same} on",
            shown(body, secrets),
            shown(echo, secrets)
        )
    };
    Difference::unlike(what)
}

#[cfg(test)]
mod tests;
