//! Writing a value as other software would.
//!
//! A receiver that parses a body and writes it again seldom gets the same bytes. Each [`Writer`]
//! is one way in which real software does that; `explain` tries them all and names the one that
//! gives exactly the bytes in question. The rules were taken from running the software (Python
//! 3.11, Node 20, PHP 8.2, Java 17), or from its documentation and source where that is said.

use super::tree::Value;

mod number;
mod shape;
mod table;
mod text;

pub use shape::java_hash_order;
pub use table::writers;

/// One way in which software writes JSON.
#[derive(Clone, Copy, Debug)]
pub struct Writer {
    /// A short name that stays: `python-default-json`.
    pub id: &'static str,
    /// What wrote it, for people.
    pub title: &'static str,
    /// The value as that software writes it.
    pub write: fn(&Value) -> Vec<u8>,
}

/// Order and number texts kept, no blanks, only the escapes that JSON requires, raw UTF-8.
#[must_use]
pub fn compact(value: &Value) -> Vec<u8> {
    Style::COMPACT.write(value)
}

/// How values look on the page: everything that is not their shape.
#[derive(Clone, Copy)]
struct Style {
    comma: &'static str,
    colon: &'static str,
    /// One level of indentation, if each member stands on a line of its own.
    indent: Option<&'static str>,
    newline: &'static str,
    /// The inside of a string.
    text: fn(&str, &mut Vec<u8>),
    /// A number, from its text.
    number: fn(&str) -> String,
}

impl Style {
    const COMPACT: Self = Self {
        comma: ",",
        colon: ":",
        indent: None,
        newline: "\n",
        text: text::minimal,
        number: str::to_owned,
    };

    fn write(&self, value: &Value) -> Vec<u8> {
        let mut out = Vec::new();
        self.value(value, 0, &mut out);
        out
    }

    fn value(&self, value: &Value, level: usize, out: &mut Vec<u8>) {
        match value {
            Value::Null => out.extend_from_slice(b"null"),
            Value::Bool(true) => out.extend_from_slice(b"true"),
            Value::Bool(false) => out.extend_from_slice(b"false"),
            Value::Number(number) => out.extend_from_slice((self.number)(number).as_bytes()),
            Value::String(text) => self.string(text, out),
            Value::Array(elements) => {
                out.push(b'[');
                for (index, element) in elements.iter().enumerate() {
                    self.before(index, level, out);
                    self.value(element, level + 1, out);
                }
                self.after(elements.len(), level, out);
                out.push(b']');
            }
            Value::Object(members) => {
                out.push(b'{');
                for (index, (name, value)) in members.iter().enumerate() {
                    self.before(index, level, out);
                    self.string(name, out);
                    out.extend_from_slice(self.colon.as_bytes());
                    self.value(value, level + 1, out);
                }
                self.after(members.len(), level, out);
                out.push(b'}');
            }
        }
    }

    fn string(&self, text: &str, out: &mut Vec<u8>) {
        out.push(b'"');
        (self.text)(text, out);
        out.push(b'"');
    }

    /// What stands before a member or element.
    fn before(&self, index: usize, level: usize, out: &mut Vec<u8>) {
        if index > 0 {
            out.extend_from_slice(self.comma.as_bytes());
        }
        self.line(level + 1, out);
    }

    /// What stands before the closing bracket; nothing in an empty pair.
    fn after(&self, count: usize, level: usize, out: &mut Vec<u8>) {
        if count > 0 {
            self.line(level, out);
        }
    }

    fn line(&self, level: usize, out: &mut Vec<u8>) {
        if let Some(indent) = self.indent {
            out.extend_from_slice(self.newline.as_bytes());
            for _ in 0..level {
                out.extend_from_slice(indent.as_bytes());
            }
        }
    }
}

#[cfg(test)]
mod tests;
