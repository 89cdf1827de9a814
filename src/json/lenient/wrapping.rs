//! What stands around a body and lost none of its bytes: literals, quotes, logs, a BOM.

use memchr::memchr;

use super::super::scan;
use super::{LITERALS, Sloppiness, literal};

/// How many bodies are looked for in one text.
const BODIES: usize = 8;

/// How many braces that open nothing are looked behind.
const TRIES: usize = 16;

/// A body, taken out of what stood around it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unwrapped {
    /// Its bytes: a strict JSON object, with the blanks and escapes that it was sent with.
    pub body: Vec<u8>,
    /// What stood around it, from the outside to the inside.
    pub what: Vec<Sloppiness>,
}

/// The bodies that a text holds in wrappings that lose no byte, likeliest first.
///
/// Undone are: a bytes literal (`b'…'`), a string literal (Python's, JavaScript's, a JSON string
/// that holds a body), a shell's quotes, a BOM, a code fence, other text before and behind, and
/// blanks around. Escapes are decoded only where a literal says so: inside the JSON, `\u6e29`,
/// `\/` and blanks stay what they are, so that a signature over the bytes can be checked.
///
/// There are several bodies where the text can be read in several ways (`'…\\u6e29…'` is one
/// thing in Python and another in a shell; a log holds two objects): the signature tells which
/// one was sent. Empty if the text is a body as it stands, or no strict object is in it: then
/// [`read`](super::read) may still understand it.
#[must_use]
pub fn unwrapped(text: &[u8]) -> Vec<Unwrapped> {
    let mut found = Vec::new();
    unwrap(text, &[], LITERALS, &mut found);
    found.retain(|one| one.body != text);
    found
}

/// Adds the bodies in `text`, around which `known` was found.
fn unwrap(text: &[u8], known: &[Sloppiness], literals: usize, found: &mut Vec<Unwrapped>) {
    let mut known = known.to_vec();
    let text = match text.strip_prefix("\u{FEFF}".as_bytes()) {
        Some(behind) => {
            known.push(Sloppiness::Bom);
            behind
        }
        None => text,
    };
    let trimmed = text.trim_ascii();
    if scan::check(trimmed).is_ok() && !trimmed.starts_with(b"\"") {
        if trimmed.starts_with(b"{") {
            add(text, known.clone(), found);
            known.push(Sloppiness::BlanksAround);
            add(trimmed, known, found);
        }
        return;
    }
    let mut at = 0;
    // Inside an object that is not strict, an inner one is not the body.
    let mut depth = 0_usize;
    let mut tries = 0;
    while let Some(length) = memchr(b'{', &text[at..])
        && tries < TRIES
        && found.len() < BODIES
    {
        let open = at + length;
        for byte in &text[at..open] {
            depth = depth.saturating_sub(usize::from(*byte == b'}'));
        }
        at = open + 1;
        if depth > 0 {
            depth += 1;
        } else if let Some(end) = in_literal(text, open, &known, literals, found) {
            at = end;
        } else if let Ok(end) = scan::value_end(text, open) {
            add(&text[open..end], with_text(text, open, end, &known), found);
            at = end;
        } else {
            depth = 1;
            tries += 1;
        }
    }
}

/// Adds the bodies in the literal around `open`; its end, if there were any.
fn in_literal(
    text: &[u8],
    open: usize,
    known: &[Sloppiness],
    literals: usize,
    found: &mut Vec<Unwrapped>,
) -> Option<usize> {
    let literals = literals.checked_sub(1)?;
    let literal = literal::around(text, open)?;
    let mut known = with_text(text, literal.start, literal.end, known);
    known.push(literal.what);
    let before = found.len();
    for reading in &literal.readings {
        unwrap(reading, &known, literals, found);
    }
    (found.len() > before).then_some(literal.end)
}

/// `known`, and whether other text stands before and behind.
fn with_text(text: &[u8], start: usize, end: usize, known: &[Sloppiness]) -> Vec<Sloppiness> {
    let mut what = known.to_vec();
    if !text[..start].trim_ascii().is_empty() {
        what.push(Sloppiness::TextBefore);
    }
    if !text[end..].trim_ascii().is_empty() {
        what.push(Sloppiness::TextAfter);
    }
    what
}

fn add(body: &[u8], what: Vec<Sloppiness>, found: &mut Vec<Unwrapped>) {
    if !found.iter().any(|one| one.body == body) {
        found.push(Unwrapped {
            body: body.to_vec(),
            what,
        });
    }
}

#[cfg(test)]
mod tests;
