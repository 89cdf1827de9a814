//! The reader itself: a recursive descent that notes what it forgives.

use super::super::scan::{JsonError, MAX_DEPTH, TOO_DEEP, skip_blanks, value_end};
use super::super::tree::Value;
use super::string::{self, Quotes};
use super::{Repair, Sloppiness};

/// Where `//` and `#` comments end.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Comments {
    /// Where the line ends.
    ToLineEnd,
    /// Before the next `"name":` on the line, or before the brackets that close it: line ends
    /// were lost.
    ToNextName,
}

/// A place in a text, and what was forgiven so far.
pub(super) struct Reader<'a> {
    text: &'a [u8],
    at: usize,
    comments: Comments,
    /// Whether the text may end before all brackets are closed.
    may_end_early: bool,
    depth: usize,
    /// The end of the line that the last comment stood in, so that a text of many comments and
    /// one line is not searched again for each.
    line_end: usize,
    repairs: Vec<Repair>,
}

impl<'a> Reader<'a> {
    /// A reader of `text`, which ends without blanks, from `at` on.
    pub(super) fn new(
        text: &'a [u8],
        at: usize,
        comments: Comments,
        may_end_early: bool,
        repairs: Vec<Repair>,
    ) -> Self {
        Self {
            text,
            at,
            comments,
            may_end_early,
            depth: 0,
            line_end: 0,
            repairs,
        }
    }

    /// The value that starts here.
    pub(super) fn value(&mut self) -> Result<Value, JsonError> {
        match self.peek() {
            Some(b'{') => self.nested(Self::object),
            Some(b'[') => self.nested(Self::array),
            Some(b'-' | b'0'..=b'9') => {
                let end = value_end(self.text, self.at)?;
                let number = String::from_utf8_lossy(&self.text[self.at..end]).into_owned();
                self.at = end;
                Ok(Value::Number(number))
            }
            _ => match self.string()? {
                Some(text) => Ok(Value::String(text)),
                None => self.word(),
            },
        }
    }

    /// The offset of what follows the value and the comments behind it.
    pub(super) fn after(&mut self) -> usize {
        // A comment that cannot be read is text behind the value.
        let _ = self.skip();
        self.at
    }

    pub(super) fn into_repairs(self) -> Vec<Repair> {
        self.repairs
    }

    fn nested(
        &mut self,
        read: fn(&mut Self) -> Result<Value, JsonError>,
    ) -> Result<Value, JsonError> {
        if self.depth == MAX_DEPTH {
            return Err(self.error(TOO_DEEP));
        }
        self.depth += 1;
        self.at += 1;
        let value = read(self);
        self.depth -= 1;
        value
    }

    fn object(&mut self) -> Result<Value, JsonError> {
        let mut members = Vec::new();
        while !self.closes(b'}', !members.is_empty())? {
            let name = self.name()?;
            self.skip()?;
            if self.peek() != Some(b':') {
                return Err(self.error("a colon is missing after the name"));
            }
            self.at += 1;
            self.skip()?;
            members.push((name, self.value()?));
        }
        Ok(Value::Object(members))
    }

    fn array(&mut self) -> Result<Value, JsonError> {
        let mut elements = Vec::new();
        while !self.closes(b']', !elements.is_empty())? {
            elements.push(self.value()?);
        }
        Ok(Value::Array(elements))
    }

    /// Goes to the next member or element, past its comma, or behind the closing bracket.
    fn closes(&mut self, bracket: u8, needs_comma: bool) -> Result<bool, JsonError> {
        self.skip()?;
        let comma = self.at;
        let has_comma = needs_comma && self.peek() == Some(b',');
        if has_comma {
            self.at += 1;
            self.skip()?;
        }
        let Some(next) = self.peek() else {
            if !self.may_end_early {
                return Err(self.error("a closing bracket is missing"));
            }
            self.note(self.at, Sloppiness::MissingBracket);
            return Ok(true);
        };
        if next == bracket {
            self.at += 1;
            if has_comma {
                self.note(comma, Sloppiness::TrailingComma);
            }
            return Ok(true);
        }
        if needs_comma && !has_comma {
            // Only before a quote or bracket, where there is no doubt that something new starts.
            if Quotes::at(self.text, self.at).is_none() && !matches!(next, b'{' | b'[') {
                return Err(self.error("a comma or a closing bracket is missing"));
            }
            self.note(self.at, Sloppiness::MissingComma);
        }
        Ok(false)
    }

    fn name(&mut self) -> Result<String, JsonError> {
        if let Some(name) = self.string()? {
            return Ok(name);
        }
        let rest = &self.text[self.at..];
        let length = rest
            .iter()
            .position(|byte| !(byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$' | b'-')))
            .unwrap_or(rest.len());
        if length == 0 {
            return Err(self.error("a name is missing"));
        }
        let name = String::from_utf8_lossy(&rest[..length]).into_owned();
        self.note(self.at, Sloppiness::UnquotedName);
        self.at += length;
        Ok(name)
    }

    /// A string in any quotes, with a Python prefix or without; `None` if there is none here.
    fn string(&mut self) -> Result<Option<String>, JsonError> {
        let start = self.at;
        let prefix = usize::from(matches!(self.peek(), Some(b'u' | b'b')));
        let Some((quotes, length)) = Quotes::at(self.text, start + prefix) else {
            return Ok(None);
        };
        if prefix > 0 {
            self.note(start, Sloppiness::PythonPrefix);
        }
        if let Some(what) = quotes.sloppiness() {
            self.note(start + prefix, what);
        }
        let repairs = &mut self.repairs;
        let (text, end) = string::read(self.text, start + prefix + length, quotes, |at, what| {
            repairs.push(Repair { at, what });
        })?;
        self.at = end;
        Ok(Some(text))
    }

    fn word(&mut self) -> Result<Value, JsonError> {
        let words = [
            ("true", Value::Bool(true), false),
            ("false", Value::Bool(false), false),
            ("null", Value::Null, false),
            ("True", Value::Bool(true), true),
            ("False", Value::Bool(false), true),
            ("None", Value::Null, true),
        ];
        for (word, value, python) in words {
            if self.text[self.at..].starts_with(word.as_bytes()) {
                if python {
                    self.note(self.at, Sloppiness::PythonLiteral);
                }
                self.at += word.len();
                return Ok(value);
            }
        }
        Err(self.error(if self.peek().is_some() {
            "no value starts like this"
        } else {
            "the text ends where a value should stand"
        }))
    }

    /// Skips blanks and comments.
    fn skip(&mut self) -> Result<(), JsonError> {
        loop {
            self.at = skip_blanks(self.text, self.at);
            // A no-break space comes with what is copied from web pages.
            if self.text[self.at..].starts_with("\u{A0}".as_bytes()) {
                self.at += 2;
                continue;
            }
            match self.text[self.at..] {
                [b'/', b'*', ..] => {
                    let inside = self.at + 2;
                    let Some(length) = memchr::memmem::find(&self.text[inside..], b"*/") else {
                        return Err(self.error("the text ends inside a comment"));
                    };
                    self.note(self.at, Sloppiness::Comment);
                    self.at = inside + length + 2;
                }
                [b'/', b'/', ..] => self.comment(2),
                [b'#', ..] => self.comment(1),
                _ => return Ok(()),
            }
        }
    }

    /// Skips a comment that starts here with a mark of that length.
    fn comment(&mut self, mark: usize) {
        let start = self.at;
        let inside = start + mark;
        if inside > self.line_end {
            let newline = memchr::memchr(b'\n', &self.text[inside..]);
            self.line_end = newline.map_or(self.text.len(), |length| inside + length);
        }
        let end = match self.comments {
            Comments::ToLineEnd => self.line_end,
            Comments::ToNextName => self.end_of_joined_comment(inside),
        };
        self.note(
            start,
            if end == self.line_end {
                Sloppiness::Comment
            } else {
                Sloppiness::CommentWithoutLineEnd
            },
        );
        self.at = end;
    }

    /// Where a comment ends that other text was joined to.
    fn end_of_joined_comment(&self, inside: usize) -> usize {
        let line = &self.text[..self.line_end];
        let mut from = inside;
        while let Some(length) = memchr::memchr(b'"', &line[from..]) {
            let quote = from + length;
            if is_name(&line[quote..]) {
                return before_brackets(line, inside, quote, usize::MAX);
            }
            from = quote + 1;
        }
        before_brackets(line, inside, line.len(), self.depth)
    }

    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn note(&mut self, at: usize, what: Sloppiness) {
        self.repairs.push(Repair { at, what });
    }

    fn error(&self, why: &'static str) -> JsonError {
        JsonError { at: self.at, why }
    }
}

/// Whether the text starts with `"name":`.
fn is_name(text: &[u8]) -> bool {
    const LONGEST: usize = 128;
    let inside = &text[1..text.len().min(LONGEST)];
    let Some(end) = memchr::memchr2(b'"', b'\\', inside) else {
        return false;
    };
    let behind = skip_blanks(text, end + 2);
    end > 0 && inside[end] == b'"' && text.get(behind) == Some(&b':')
}

/// Goes back from `at` over blanks, commas and at most that many brackets.
fn before_brackets(text: &[u8], from: usize, mut at: usize, mut brackets: usize) -> usize {
    let mut end = at;
    while at > from {
        match text[at - 1] {
            b'{' | b'}' | b'[' | b']' if brackets > 0 => brackets -= 1,
            b',' => {}
            b' ' | b'\t' | b'\r' => {
                at -= 1;
                continue;
            }
            _ => break,
        }
        at -= 1;
        end = at;
    }
    end
}
