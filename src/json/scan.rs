//! The strict scanner: finds values in JSON text and hands out their exact bytes.
//!
//! It never builds, changes or copies a value: what a signature covers is the text that arrived.
//! The grammar is RFC 8259 to the letter, with one leniency that evidence needs: bytes of 0x80
//! and above inside strings are passed as they are, for a body may be GBK or cut in the middle
//! of a character. Verifying a million records is mostly this file, so strings are read eight
//! bytes at a time, blanks and digits by a table, and nesting is a bit stack, not recursion.

use memchr::{memchr_iter, memrchr};

mod find;
mod string;

pub(super) use find::child;
pub(crate) use find::offset_in;
pub use find::{find, last};
pub(super) use string::escaped;
pub use string::{checked_text, text};

/// Why a text is not JSON, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{why} (byte {at})")]
pub struct JsonError {
    /// The offset of the first byte that does not fit.
    pub at: usize,
    /// A fragment that a user understands.
    pub why: &'static str,
}

/// A member of an object, as it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Member<'a> {
    /// The raw bytes between the quotes, escapes and all.
    pub name: &'a [u8],
    /// The exact bytes of the value, without the blanks around it.
    pub value: &'a [u8],
}

/// How deep objects and arrays may be nested; a hostile body cannot cost more than this.
pub const MAX_DEPTH: usize = 128;

pub(crate) const TOO_DEEP: &str = "nested deeper than 128 levels";
const NO_VALUE: &str = "the text ends where a value should stand";

/// What a byte can be outside strings.
const BLANK: u8 = 1;
const DIGIT: u8 = 2;

static CLASS: [u8; 256] = classes();

const fn classes() -> [u8; 256] {
    let mut table = [0; 256];
    table[b' ' as usize] = BLANK;
    table[b'\t' as usize] = BLANK;
    table[b'\n' as usize] = BLANK;
    table[b'\r' as usize] = BLANK;
    let mut digit = b'0';
    while digit <= b'9' {
        table[digit as usize] = DIGIT;
        digit += 1;
    }
    table
}

/// The offset behind the value whose first byte stands at `at`.
pub fn value_end(text: &[u8], at: usize) -> Result<usize, JsonError> {
    value_end_below(text, at, 0)
}

/// Whether the whole text is one value, with blanks around it or not.
pub fn check(text: &[u8]) -> Result<(), JsonError> {
    whole(text).map(|_| ())
}

/// The members of an object that is the whole text.
pub fn members(object: &[u8]) -> Result<Vec<Member<'_>>, JsonError> {
    // Most objects have no more.
    let mut into = Vec::with_capacity(8);
    members_into(object, &mut into)?;
    Ok(into)
}

/// The members of an object that is the whole text, into a vector that is emptied first.
///
/// One pass, which also checks everything inside the values and behind the object. After an
/// error the vector holds what stands before it.
pub fn members_into<'a>(object: &'a [u8], into: &mut Vec<Member<'a>>) -> Result<(), JsonError> {
    into.clear();
    each_member(object, |member| into.push(member))
}

/// The elements of an array that is the whole text.
pub fn elements(array: &[u8]) -> Result<Vec<&[u8]>, JsonError> {
    let mut into = Vec::new();
    each_element(array, |element| into.push(element))?;
    Ok(into)
}

/// Line and column of an offset, both from 1, the column in bytes.
#[must_use]
pub fn line_and_column(text: &[u8], at: usize) -> (u64, u64) {
    let before = text.get(..at).unwrap_or(text);
    let lines = memchr_iter(b'\n', before).count();
    let start = memrchr(b'\n', before).map_or(0, |newline| newline + 1);
    (lines as u64 + 1, (before.len() - start) as u64 + 1)
}

/// The one value of the text, without the blanks around it.
fn whole(text: &[u8]) -> Result<&[u8], JsonError> {
    let start = skip_blanks(text, 0);
    let end = value_end(text, start)?;
    nothing_behind(text, end)?;
    Ok(&text[start..end])
}

fn nothing_behind(text: &[u8], end: usize) -> Result<(), JsonError> {
    let rest = skip_blanks(text, end);
    if rest == text.len() {
        Ok(())
    } else {
        Err(JsonError {
            at: rest,
            why: "there is more text behind the value",
        })
    }
}

/// Walks the members of an object that is the whole text.
fn each_member<'a>(text: &'a [u8], mut each: impl FnMut(Member<'a>)) -> Result<(), JsonError> {
    let mut at = opened(text, b'{', "this is not an object")?;
    if text.get(at) == Some(&b'}') {
        return nothing_behind(text, at + 1);
    }
    loop {
        let (name, start) = name(text, at)?;
        let end = value_end_below(text, start, 1)?;
        each(Member {
            name,
            value: &text[start..end],
        });
        at = skip_blanks(text, end);
        match text.get(at) {
            Some(b',') => at = skip_blanks(text, at + 1),
            Some(b'}') => return nothing_behind(text, at + 1),
            _ => return Err(not_continued(text, at, true)),
        }
    }
}

/// Walks the elements of an array that is the whole text.
fn each_element<'a>(text: &'a [u8], mut each: impl FnMut(&'a [u8])) -> Result<(), JsonError> {
    let mut at = opened(text, b'[', "this is not an array")?;
    if text.get(at) == Some(&b']') {
        return nothing_behind(text, at + 1);
    }
    loop {
        let end = value_end_below(text, at, 1)?;
        each(&text[at..end]);
        at = skip_blanks(text, end);
        match text.get(at) {
            Some(b',') => at = skip_blanks(text, at + 1),
            Some(b']') => return nothing_behind(text, at + 1),
            _ => return Err(not_continued(text, at, false)),
        }
    }
}

/// The offset of what follows the opening bracket.
fn opened(text: &[u8], bracket: u8, why: &'static str) -> Result<usize, JsonError> {
    let at = skip_blanks(text, 0);
    match text.get(at) {
        Some(&byte) if byte == bracket => Ok(skip_blanks(text, at + 1)),
        // A text that is no JSON at all is told so; a value of another kind is named as such.
        _ => Err(match value_end(text, at) {
            Ok(_) => JsonError { at, why },
            Err(error) => error,
        }),
    }
}

/// Where the brackets around the current place are remembered: a bit each, set for an object.
struct Levels {
    kinds: u128,
    depth: usize,
}

impl Levels {
    fn open(&mut self, at: usize, object: bool) -> Result<(), JsonError> {
        if self.depth == MAX_DEPTH {
            return Err(JsonError { at, why: TOO_DEEP });
        }
        self.depth += 1;
        self.kinds = (self.kinds << 1) | u128::from(object);
        Ok(())
    }

    fn close(&mut self) {
        self.depth -= 1;
        self.kinds >>= 1;
    }

    fn in_object(&self) -> bool {
        self.kinds & 1 == 1
    }
}

/// [`value_end`] of a value that already stands inside `depth` brackets.
#[inline]
fn value_end_below(text: &[u8], at: usize, depth: usize) -> Result<usize, JsonError> {
    match text.get(at) {
        Some(b'"') => string_end(text, at + 1),
        Some(b'{' | b'[') => container_end(text, at, depth),
        Some(b'0'..=b'9' | b'-') => number_end(text, at),
        _ => literal_end(text, at),
    }
}

fn container_end(text: &[u8], mut at: usize, depth: usize) -> Result<usize, JsonError> {
    let mut levels = Levels { kinds: 0, depth };
    loop {
        // A value starts at `at`.
        let mut closes = false;
        match text.get(at) {
            Some(b'"') => at = string_end(text, at + 1)?,
            Some(b'{') => {
                levels.open(at, true)?;
                at = skip_blanks(text, at + 1);
                closes = text.get(at) == Some(&b'}');
                if !closes {
                    at = name(text, at)?.1;
                    continue;
                }
            }
            Some(b'[') => {
                levels.open(at, false)?;
                at = skip_blanks(text, at + 1);
                closes = text.get(at) == Some(&b']');
                if !closes {
                    continue;
                }
            }
            Some(b'0'..=b'9' | b'-') => at = number_end(text, at)?,
            _ => at = literal_end(text, at)?,
        }
        // A value or an opening bracket is behind; close all that closes here.
        loop {
            if closes {
                levels.close();
                at += 1;
                if levels.depth == depth {
                    return Ok(at);
                }
            }
            at = skip_blanks(text, at);
            match (text.get(at), levels.in_object()) {
                (Some(b','), true) => {
                    at = name(text, skip_blanks(text, at + 1))?.1;
                    break;
                }
                (Some(b','), false) => {
                    at = skip_blanks(text, at + 1);
                    break;
                }
                (Some(b'}'), true) | (Some(b']'), false) => closes = true,
                (_, object) => return Err(not_continued(text, at, object)),
            }
        }
    }
}

/// The raw name that starts at `at`, and the offset of its value.
#[inline]
fn name(text: &[u8], at: usize) -> Result<(&[u8], usize), JsonError> {
    if text.get(at) != Some(&b'"') {
        return Err(no_name(text, at));
    }
    let end = string_end(text, at + 1)?;
    let colon = skip_blanks(text, end);
    if text.get(colon) != Some(&b':') {
        return Err(JsonError {
            at: colon,
            why: "a colon is missing after the name",
        });
    }
    Ok((&text[at + 1..end - 1], skip_blanks(text, colon + 1)))
}

/// The offset behind the closing quote of a string whose first inner byte stands at `at`.
#[inline]
fn string_end(text: &[u8], mut at: usize) -> Result<usize, JsonError> {
    loop {
        while let Some(word) = text.get(at..).and_then(<[u8]>::first_chunk::<8>) {
            let special = special_bytes(u64::from_le_bytes(*word));
            if special != 0 {
                at += special.trailing_zeros() as usize / 8;
                break;
            }
            at += 8;
        }
        match text.get(at) {
            Some(b'"') => return Ok(at + 1),
            Some(b'\\') => at = escape_end(text, at)?,
            Some(0..=0x1F) => {
                return Err(JsonError {
                    at,
                    why: "a control character stands unescaped in a string",
                });
            }
            Some(_) => at += 1,
            None => {
                return Err(JsonError {
                    at,
                    why: "the text ends inside a string",
                });
            }
        }
    }
}

/// How many bytes stand before the first one that a JSON string has to escape: a quote, a
/// backslash or a control character.
pub(crate) fn plain_length(text: &[u8]) -> usize {
    let (words, rest) = text.as_chunks::<8>();
    for (index, word) in words.iter().enumerate() {
        let special = special_bytes(u64::from_le_bytes(*word));
        if special != 0 {
            return 8 * index + special.trailing_zeros() as usize / 8;
        }
    }
    let special = |byte: &u8| matches!(byte, ..0x20 | b'"' | b'\\');
    let behind = rest.iter().position(special).unwrap_or(rest.len());
    8 * words.len() + behind
}

/// The high bit of each byte that is a quote, a backslash or a control character.
///
/// The classic test for a zero (or small) byte in a word borrows into the bytes above a hit, so
/// only the lowest bit is certain; no other is used.
#[inline]
fn special_bytes(word: u64) -> u64 {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x8080_8080_8080_8080;
    let quote = word ^ (ONES * u64::from(b'"'));
    let backslash = word ^ (ONES * u64::from(b'\\'));
    ((quote.wrapping_sub(ONES) & !quote)
        | (backslash.wrapping_sub(ONES) & !backslash)
        | (word.wrapping_sub(ONES * 0x20) & !word))
        & HIGH
}

/// The offset behind the escape whose backslash stands at `at`.
fn escape_end(text: &[u8], at: usize) -> Result<usize, JsonError> {
    match text.get(at + 1) {
        Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => Ok(at + 2),
        Some(b'u') => {
            let digits = text.get(at + 2..at + 6).unwrap_or_default();
            if digits.len() == 4 && digits.iter().all(u8::is_ascii_hexdigit) {
                Ok(at + 6)
            } else {
                Err(JsonError {
                    at,
                    why: "`\\u` is not followed by four hexadecimal digits",
                })
            }
        }
        Some(_) => Err(JsonError {
            at,
            why: "JSON has no such escape",
        }),
        None => Err(JsonError {
            at: at + 1,
            why: "the text ends inside a string",
        }),
    }
}

/// The offset behind the number that starts at `at` with a digit or `-`.
#[inline]
fn number_end(text: &[u8], at: usize) -> Result<usize, JsonError> {
    let first = at + usize::from(text.get(at) == Some(&b'-'));
    let mut at = digits_end(text, first, "a digit is missing after the minus sign")?;
    if at > first + 1 && text[first] == b'0' {
        return Err(JsonError {
            at: first,
            why: "a number must not start with a zero",
        });
    }
    if text.get(at) == Some(&b'.') {
        at = digits_end(text, at + 1, "a digit is missing after the decimal point")?;
    }
    if let Some(b'e' | b'E') = text.get(at) {
        let sign = usize::from(matches!(text.get(at + 1), Some(b'+' | b'-')));
        at = digits_end(text, at + 1 + sign, "a digit is missing in the exponent")?;
    }
    Ok(at)
}

/// The offset behind one or more digits.
#[inline]
fn digits_end(text: &[u8], start: usize, why: &'static str) -> Result<usize, JsonError> {
    let mut at = start;
    while let Some(&byte) = text.get(at)
        && CLASS[byte as usize] == DIGIT
    {
        at += 1;
    }
    if at == start {
        Err(JsonError { at, why })
    } else {
        Ok(at)
    }
}

#[inline]
pub(super) fn skip_blanks(text: &[u8], mut at: usize) -> usize {
    while let Some(&byte) = text.get(at)
        && CLASS[byte as usize] == BLANK
    {
        at += 1;
    }
    at
}

fn literal_end(text: &[u8], at: usize) -> Result<usize, JsonError> {
    let rest = text.get(at..).unwrap_or_default();
    for literal in [&b"true"[..], b"false", b"null"] {
        if rest.starts_with(literal) {
            return Ok(at + literal.len());
        }
    }
    let why = match rest {
        [] => NO_VALUE,
        [0xEF, 0xBB, 0xBF, ..] => "a BOM stands before the value",
        [b'}' | b']', ..] => "a value is missing before the closing bracket",
        [b',' | b':', ..] => "a value is missing",
        [b'\'', ..] => "JSON has no single quotes",
        [b'/' | b'#', ..] => "JSON has no comments",
        [b'T' | b'F' | b'N', ..] => {
            "`true`, `false` and `null` are lower case, and there is no NaN"
        }
        [b'+', ..] => "a number must not start with a plus sign",
        [b'.', ..] => "a number must not start with a point",
        _ => "no JSON value starts like this",
    };
    Err(JsonError { at, why })
}

#[cold]
fn no_name(text: &[u8], at: usize) -> JsonError {
    let why = match text.get(at) {
        None => "the text ends inside an object",
        Some(b'}') => "a comma stands before the closing `}`",
        Some(b'\'') => "JSON has no single quotes",
        Some(b'/' | b'#') => "JSON has no comments",
        Some(_) => "a name in double quotes is missing",
    };
    JsonError { at, why }
}

/// Neither a comma nor the closing bracket follows a value.
#[cold]
fn not_continued(text: &[u8], at: usize, in_object: bool) -> JsonError {
    let why = match (text.get(at), in_object) {
        (None, true) => "the text ends inside an object",
        (None, false) => "the text ends inside an array",
        (Some(b'/' | b'#'), _) => "JSON has no comments",
        (_, true) => "a comma or `}` is missing",
        (_, false) => "a comma or `]` is missing",
    };
    JsonError { at, why }
}

#[cfg(test)]
mod tests;
