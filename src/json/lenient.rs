//! Reads JSON as people paste it from documents and logs, and says what it repaired.
//! [`unwrapped`] is for what lost no byte: it hands out the very bytes that were printed.
//!
//! Comments, single and curly quotes, unquoted names, trailing commas, Python's `repr`, bodies
//! printed as literals, text around the value. Only for looking and explaining: what is verified
//! is the text that arrived, never what was repaired here.
//!
//! The hard case is samples whose line breaks were lost in a document, so that a `//` comment
//! seems to go on to the end: `"type":2, //message type 2: online message "dev_id":5, …`. Such a
//! comment is taken to end before the next `"name":`, and before the brackets and commas that
//! stand before that; the last one ends before the closing brackets. Where the text reads with
//! comments that end with their lines, it is read so, and a commented-out member stays out.
//!
//! Not read: unquoted strings as values, hexadecimal numbers, strings that are cut off.

use std::fmt;

use super::scan::{self, JsonError};
use super::tree::{self, Value};

mod literal;
mod reader;
mod string;
mod wrapping;

pub use wrapping::{Unwrapped, unwrapped};

use reader::{Comments, Reader};

/// A value and what had to be repaired to read it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lenient {
    /// What was read.
    pub value: Value,
    /// The repairs in the order of the text; none if the text is strict JSON.
    pub repairs: Vec<Repair>,
}

/// One thing that is not JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Repair {
    /// Its offset in the text; inside a literal, that of the literal.
    pub at: usize,
    /// What it is.
    pub what: Sloppiness,
}

/// The ways in which a text is not JSON and can still be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sloppiness {
    /// U+FEFF at the start.
    Bom,
    /// Words, a log prefix or a command before the value.
    TextBefore,
    /// Something other than blanks behind the value.
    TextAfter,
    /// Blanks or line ends around the value, which matter to a signature over the whole body.
    BlanksAround,
    /// `// …`, `# …` or `/* … */`.
    Comment,
    /// A `//` or `#` comment that does not end with its line.
    CommentWithoutLineEnd,
    /// `'text'`.
    SingleQuotes,
    /// `“text”` or `‘text’`.
    CurlyQuotes,
    /// A name without quotes.
    UnquotedName,
    /// A comma before a closing bracket.
    TrailingComma,
    /// Two members or elements with no comma between them.
    MissingComma,
    /// The text ends before all brackets are closed.
    MissingBracket,
    /// `True`, `False` or `None`.
    PythonLiteral,
    /// `u'text'` or `b'text'` for a string.
    PythonPrefix,
    /// An escape that JSON does not have: `\'`, `\xe9`.
    OddEscape,
    /// A raw control character, often a line break, inside a string.
    ControlCharacter,
    /// The whole value printed as a bytes literal: `b'{"msg":…}'`.
    BytesLiteral,
    /// The whole value printed as a string literal: `"{\"msg\":…}"`.
    StringLiteral,
}

impl fmt::Display for Sloppiness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Bom => "a BOM stands at the start",
            Self::TextBefore => "there is text before the value",
            Self::TextAfter => "there is text behind the value",
            Self::BlanksAround => "blanks or line ends stand around the value",
            Self::Comment => "a comment",
            Self::CommentWithoutLineEnd => "a comment whose line end was lost",
            Self::SingleQuotes => "single quotes",
            Self::CurlyQuotes => "curly \u{201C}smart\u{201D} quotes",
            Self::UnquotedName => "a name without quotes",
            Self::TrailingComma => "a comma before a closing bracket",
            Self::MissingComma => "a missing comma",
            Self::MissingBracket => "a missing closing bracket",
            Self::PythonLiteral => "a Python literal (`True`, `False` or `None`)",
            Self::PythonPrefix => "a Python string prefix (`u` or `b`)",
            Self::OddEscape => "an escape that JSON does not have",
            Self::ControlCharacter => "an unescaped control character in a string",
            Self::BytesLiteral => "the value is printed as a bytes literal",
            Self::StringLiteral => "the value is printed as a string literal",
        })
    }
}

/// How many literals may be wrapped around each other: `"b'{…}'"` has two.
const LITERALS: usize = 3;

/// Reads one value, strict JSON or not.
///
/// Strict JSON is read as [`tree::parse`] reads it, but for a string that itself holds an object
/// or array: that is what `StringLiteral` is about. Where nothing helps, the error is that of the
/// strict grammar for a text that starts like JSON, else that of the best attempt.
pub fn read(text: &[u8]) -> Result<Lenient, JsonError> {
    read_within(text, LITERALS)
}

fn read_within(text: &[u8], literals: usize) -> Result<Lenient, JsonError> {
    let strict = tree::parse(text);
    match &strict {
        Ok(Value::String(_)) => {}
        Ok(_) => return strict.map(without_repairs),
        Err(error) if error.why == scan::TOO_DEEP => return Err(*error),
        Err(_) => {}
    }
    let mut repairs = Vec::new();
    let mut start = 0;
    if text.starts_with("\u{FEFF}".as_bytes()) {
        start = 3;
        repairs.push(Repair {
            at: 0,
            what: Sloppiness::Bom,
        });
    }
    let Some(open) = first_bracket(text, start) else {
        // Nothing that looks like an event; a BOM before a scalar is all that can be repaired.
        let value = tree::parse(&text[start..]).map_err(|error| shifted(error, start))?;
        return Ok(Lenient { value, repairs });
    };
    if literals > 0
        && let Some(inner) = literal::around(text, open)
        && let Some(read) = inner
            .readings
            .iter()
            .find_map(|reading| read_within(reading, literals - 1).ok())
    {
        note_before(text, start, inner.start, &mut repairs);
        let at = inner.start;
        repairs.push(Repair {
            at,
            what: inner.what,
        });
        repairs.extend(read.repairs.iter().map(|repair| Repair { at, ..*repair }));
        note_after(text, inner.end, &mut repairs);
        return Ok(Lenient {
            value: read.value,
            repairs,
        });
    }
    if strict.is_ok() {
        return strict.map(without_repairs);
    }
    let mut result = bracketed(text, start, open, &repairs);
    if result.is_err()
        && let Some(brace) = brace_behind_log_prefix(text, open)
    {
        result = bracketed(text, start, brace, &repairs).or(result);
    }
    result
}

fn without_repairs(value: Value) -> Lenient {
    Lenient {
        value,
        repairs: Vec::new(),
    }
}

fn shifted(error: JsonError, by: usize) -> JsonError {
    JsonError {
        at: error.at + by,
        ..error
    }
}

/// Reads the object or array that opens at `open`, the strictest way first.
fn bracketed(
    text: &[u8],
    start: usize,
    open: usize,
    known: &[Repair],
) -> Result<Lenient, JsonError> {
    let end = text.trim_ascii_end().len();
    let lines = text[open..end].contains(&b'\n');
    let (likely, other) = if lines {
        (Comments::ToLineEnd, Comments::ToNextName)
    } else {
        (Comments::ToNextName, Comments::ToLineEnd)
    };
    let attempts = [
        (Comments::ToLineEnd, false),
        (Comments::ToNextName, false),
        (likely, true),
        (other, true),
    ];
    let mut first_error = None;
    for (comments, may_end_early) in attempts {
        let mut repairs = known.to_vec();
        note_before(text, start, open, &mut repairs);
        let mut reader = Reader::new(&text[..end], open, comments, may_end_early, repairs);
        match reader.value() {
            Ok(value) => {
                let behind = reader.after();
                let mut repairs = reader.into_repairs();
                note_after(text, behind, &mut repairs);
                // A comma turns out to be trailing only behind the comments that follow it.
                repairs.sort_by_key(|repair| repair.at);
                return Ok(Lenient { value, repairs });
            }
            Err(error) => {
                first_error.get_or_insert(error);
            }
        }
    }
    Err(first_error.unwrap_or(JsonError {
        at: open,
        why: "no JSON value starts like this",
    }))
}

fn note_before(text: &[u8], start: usize, open: usize, repairs: &mut Vec<Repair>) {
    let before = text.get(start..open).unwrap_or_default();
    if !before.trim_ascii().is_empty() {
        repairs.push(Repair {
            at: scan::skip_blanks(text, start),
            what: Sloppiness::TextBefore,
        });
    }
}

fn note_after(text: &[u8], end: usize, repairs: &mut Vec<Repair>) {
    let at = scan::skip_blanks(text, end);
    if at < text.len() {
        repairs.push(Repair {
            at,
            what: Sloppiness::TextAfter,
        });
    }
}

fn first_bracket(text: &[u8], start: usize) -> Option<usize> {
    memchr::memchr2(b'{', b'[', &text[start..]).map(|at| at + start)
}

/// A `{` behind a `[` that rather opens a time stamp or a log level than an array:
/// `[12:00:01] INFO {"msg":…}`.
fn brace_behind_log_prefix(text: &[u8], open: usize) -> Option<usize> {
    let inside = text.get(scan::skip_blanks(text, open + 1))?;
    if text[open] != b'[' || matches!(inside, b'{' | b'[' | b'"' | b'\'') {
        return None;
    }
    memchr::memchr(b'{', &text[open..]).map(|at| at + open)
}

#[cfg(test)]
pub(in crate::json) mod tests;
