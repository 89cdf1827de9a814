//! Finds and replaces one value in JSON text; every other byte stays.
//!
//! The path goes on inside a string that itself holds JSON, as the `msg` of a push by `OneNET`
//! Studio does: a value in there is written with the escapes that the strings around it need,
//! and the rest of the string keeps the escapes that it has.
//!
//! Of several members of one name the last one counts, as everywhere in [`super::scan`].

use std::borrow::Cow;
use std::ops::Range;

use super::path::{Path, PathError, pointer};
use super::scan::{self, JsonError};
use super::tree::Value;
use super::write::compact;

/// Why there is no value at a path.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// The text is not JSON.
    #[error("the body is not JSON: {0}")]
    Text(JsonError),
    /// The new value is not JSON.
    #[error("the new value is not JSON: {0}")]
    Value(JsonError),
    /// An object has no member of that name.
    #[error("there is no `{name}` in {place}: {}", has(.members))]
    Member {
        /// The name that was looked for.
        name: String,
        /// Where: `/msg`, or `the body`.
        place: String,
        /// The names that are there.
        members: Vec<String>,
        /// The whole path with the nearest of those names in it, if one is near.
        nearest: Option<String>,
    },
    /// An array has no such element.
    #[error("there is no element `{name}` in {place}: {}", counts(*.count))]
    Element {
        /// The index that was looked for, which may be no number at all.
        name: String,
        /// Where.
        place: String,
        /// How many elements are there.
        count: usize,
    },
    /// The path goes on where nothing is inside.
    #[error("there is no `{name}` in {place}, which is {kind}")]
    Nothing {
        /// The name that was looked for.
        name: String,
        /// Where.
        place: String,
        /// What stands there: `a number`.
        kind: &'static str,
    },
}

impl EditError {
    /// What was perhaps meant.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Member {
                nearest: Some(path),
                ..
            } => Some(format!("did you mean `{path}`?")),
            _ => None,
        }
    }
}

/// The text with the value at `path` replaced by `value`, which is JSON itself.
pub fn set(text: &[u8], path: &Path, value: &[u8]) -> Result<Vec<u8>, EditError> {
    scan::check(value).map_err(EditError::Value)?;
    let found = locate(text, path, 0)?;
    let mut value = Cow::Borrowed(value);
    for _ in 0..found.strings {
        value = Cow::Owned(escape(&value));
    }
    Ok([&text[..found.range.start], &value, &text[found.range.end..]].concat())
}

/// The exact bytes of the value at `path`; inside a string that holds JSON, those that the
/// string stands for.
pub fn find<'a>(text: &'a [u8], path: &Path) -> Result<Cow<'a, [u8]>, EditError> {
    let found = locate(text, path, 0)?;
    let mut value = Cow::Borrowed(&text[found.range]);
    for _ in 0..found.strings {
        let quoted = [b"\"", value.as_ref(), b"\""].concat();
        value = Cow::Owned(scan::checked_text(&quoted).unwrap_or_default().into_owned());
    }
    Ok(value)
}

/// Reads `PATH=VALUE`: the value's bytes as they are if they are JSON, else as a JSON string.
///
/// The first `=` ends the path.
pub fn parse_assignment(text: &str) -> Result<(Path, Vec<u8>), PathError> {
    let (path, value) = text
        .split_once('=')
        .ok_or_else(|| PathError::NoValue(text.to_owned()))?;
    let value = if scan::check(value.as_bytes()).is_ok() {
        value.as_bytes().to_vec()
    } else {
        compact(&Value::String(value.to_owned()))
    };
    Ok((path.parse()?, value))
}

/// Where a value stands, and inside how many strings that hold JSON.
struct Found {
    range: Range<usize>,
    strings: usize,
}

/// Looks `path` up from its step number `from` on, whose root is `text`.
fn locate(text: &[u8], path: &Path, from: usize) -> Result<Found, EditError> {
    let steps = path.steps();
    let mut value = text;
    for (at, step) in steps.iter().enumerate().skip(from) {
        // The first step checks the whole text.
        if let Some(child) = scan::child(value, step).map_err(EditError::Text)? {
            value = child;
            continue;
        }
        let string = value.trim_ascii();
        let Some(inner) = scan::checked_text(string).filter(|inner| holds_json(inner)) else {
            return Err(unmatched(value, steps, at));
        };
        let found = locate(&inner, path, at)?;
        let start = scan::offset_in(text, string) + 1;
        let inside = &string[1..string.len() - 1];
        let raw = raw_range(inside, found.range);
        return Ok(Found {
            range: start + raw.start..start + raw.end,
            strings: found.strings + 1,
        });
    }
    let start = scan::offset_in(text, value);
    Ok(Found {
        range: start..start + value.len(),
        strings: 0,
    })
}

/// Whether a string's text is an object or array: a path may go on inside.
fn holds_json(text: &[u8]) -> bool {
    matches!(text.trim_ascii_start(), [b'{' | b'[', ..]) && scan::check(text).is_ok()
}

/// The part of an escaped string that stands for this range of its text.
fn raw_range(raw: &[u8], range: Range<usize>) -> Range<usize> {
    let (mut at, mut decoded) = (0, 0);
    let mut raw_at = |wanted: usize| {
        while decoded < wanted && at < raw.len() {
            if raw[at] == b'\\' {
                let (character, length) = scan::escaped(&raw[at..]);
                decoded += character.len_utf8();
                at += length;
            } else {
                decoded += 1;
                at += 1;
            }
        }
        at
    };
    raw_at(range.start)..raw_at(range.end)
}

/// The inside of a string that stands for these bytes: only what must be escaped is. Bytes that
/// are no UTF-8 pass as they are.
pub(crate) fn escape(text: &[u8]) -> Vec<u8> {
    let mut escaped = Vec::with_capacity(text.len() + 16);
    for &byte in text {
        match byte {
            b'"' | b'\\' => escaped.extend([b'\\', byte]),
            b'\n' => escaped.extend(b"\\n"),
            b'\r' => escaped.extend(b"\\r"),
            b'\t' => escaped.extend(b"\\t"),
            0x08 => escaped.extend(b"\\b"),
            0x0C => escaped.extend(b"\\f"),
            0..0x20 => escaped.extend(format!("\\u{byte:04x}").bytes()),
            _ => escaped.push(byte),
        }
    }
    escaped
}

/// Says why the step number `at` leads nowhere from `value`.
fn unmatched(value: &[u8], steps: &[String], at: usize) -> EditError {
    let name = steps[at].clone();
    let place = if at == 0 {
        "the body".to_owned()
    } else {
        pointer(&steps[..at])
    };
    if let Ok(elements) = scan::elements(value) {
        return EditError::Element {
            name,
            place,
            count: elements.len(),
        };
    }
    let Ok(members) = scan::members(value) else {
        let kind = match value.trim_ascii().first() {
            Some(b'"') => "a string without JSON in it",
            Some(b't' | b'f') => "a boolean",
            Some(b'n') => "null",
            _ => "a number",
        };
        return EditError::Nothing { name, place, kind };
    };
    let mut names: Vec<String> = Vec::with_capacity(members.len());
    for member in members {
        let quoted = [b"\"", member.name, b"\""].concat();
        let text = scan::checked_text(&quoted).unwrap_or_default();
        let text = String::from_utf8_lossy(&text).into_owned();
        if !names.contains(&text) {
            names.push(text);
        }
    }
    let nearest = names
        .iter()
        .take(MOST_COMPARED)
        .map(|have| (distance(have, &name), have))
        .filter(|(distance, _)| *distance <= name.chars().count().div_ceil(3).max(1))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, have)| {
            let mut path = steps.to_vec();
            path[at].clone_from(have);
            pointer(&path)
        });
    EditError::Member {
        name,
        place,
        members: names,
        nearest,
    }
}

/// A hostile body cannot cost more than this many comparisons.
const MOST_COMPARED: usize = 256;

/// How many single-character changes, swaps of neighbours among them, lead from one name to the
/// other; the case of letters does not count.
fn distance(have: &str, wanted: &str) -> usize {
    let lower = |text: &str| -> Vec<char> { text.to_lowercase().chars().take(64).collect() };
    let (have, wanted) = (lower(have), lower(wanted));
    let mut before_last = Vec::new();
    let mut last: Vec<usize> = (0..=wanted.len()).collect();
    for (row, a) in have.iter().enumerate() {
        let mut line = vec![row + 1];
        for (column, b) in wanted.iter().enumerate() {
            let mut cost = (last[column] + usize::from(a != b))
                .min(last[column + 1] + 1)
                .min(line[column] + 1);
            if row > 0 && column > 0 && *a == wanted[column - 1] && have[row - 1] == *b {
                let swapped: &Vec<usize> = &before_last;
                cost = cost.min(swapped[column - 1] + 1);
            }
            line.push(cost);
        }
        before_last = std::mem::replace(&mut last, line);
    }
    last[wanted.len()]
}

fn has(members: &[String]) -> String {
    const MOST_SHOWN: usize = 16;
    if members.is_empty() {
        return "it is empty".to_owned();
    }
    let shown: Vec<_> = members
        .iter()
        .take(MOST_SHOWN)
        .map(|name| format!("`{name}`"))
        .collect();
    let more = match members.len().saturating_sub(MOST_SHOWN) {
        0 => String::new(),
        count => format!(" and {count} more"),
    };
    format!("it has {}{more}", shown.join(", "))
}

fn counts(count: usize) -> String {
    match count {
        0 => "the array is empty".to_owned(),
        1 => "the array has one, number 0".to_owned(),
        _ => format!("the array has {count}, numbers 0 to {}", count - 1),
    }
}

#[cfg(test)]
mod tests;
