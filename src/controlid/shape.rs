//! JSON the way the device reads and writes it: strict types, and its own words when one differs.

use super::refusal::Refusal;
use crate::json::Value;

/// An object of these members, in this order.
pub(super) fn object<const N: usize>(members: [(&str, Value); N]) -> Value {
    Value::Object(
        members
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect(),
    )
}

/// A JSON integer.
pub(super) fn int(number: i64) -> Value {
    Value::Number(number.to_string())
}

/// A JSON string.
pub(super) fn text(text: impl Into<String>) -> Value {
    Value::String(text.into())
}

/// What the device calls the type of a value; `undefined` where there is none.
pub(super) fn kind(value: Option<&Value>) -> &'static str {
    match value {
        None => "undefined",
        Some(Value::Null) => "null",
        Some(Value::Bool(_)) => "boolean",
        Some(Value::Number(number)) if number.parse::<i64>().is_ok() => "int",
        Some(Value::Number(_)) => "double",
        Some(Value::String(_)) => "string",
        Some(Value::Array(_)) => "array",
        Some(Value::Object(_)) => "object",
    }
}

/// The integer, if this is one that 64 bits hold.
pub(super) fn as_int(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.parse().ok(),
        _ => None,
    }
}

/// The members of a command's body.
#[derive(Clone, Copy)]
pub(super) struct Members<'a>(&'a [(String, Value)]);

impl<'a> Members<'a> {
    /// The members of `value`, which stands under `name`.
    pub(super) fn of(name: &str, value: &'a Value) -> Result<Self, Refusal> {
        match value {
            Value::Object(members) => Ok(Self(members)),
            other => Err(Refusal::member(name, "object", Some(other))),
        }
    }

    /// The members of a command's whole body.
    pub(super) fn of_body(body: &'a Value) -> Result<Self, Refusal> {
        match body {
            Value::Object(members) => Ok(Self(members)),
            other => Err(Refusal::own(format!(
                "the body is no object, but of type {}",
                kind(Some(other))
            ))),
        }
    }

    /// All of them, in order.
    pub(super) fn iter(self) -> impl Iterator<Item = (&'a str, &'a Value)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// The first member of that name, which is the one that the device's parser takes.
    pub(super) fn find(self, name: &str) -> Option<&'a Value> {
        self.0
            .iter()
            .find(|(have, _)| have == name)
            .map(|(_, value)| value)
    }

    /// An integer that must be there.
    pub(super) fn int(self, name: &str) -> Result<i64, Refusal> {
        self.find(name)
            .and_then(as_int)
            .ok_or_else(|| Refusal::member(name, "int", self.find(name)))
    }

    /// An integer that may be missing.
    pub(super) fn optional_int(self, name: &str) -> Result<Option<i64>, Refusal> {
        self.find(name).map(|_| self.int(name)).transpose()
    }

    /// A string that must be there.
    pub(super) fn text(self, name: &str) -> Result<&'a str, Refusal> {
        self.find(name)
            .and_then(Value::as_str)
            .ok_or_else(|| Refusal::member(name, "string", self.find(name)))
    }

    /// A string that may be missing.
    pub(super) fn optional_text(self, name: &str) -> Result<Option<&'a str>, Refusal> {
        self.find(name).map(|_| self.text(name)).transpose()
    }

    /// A boolean; false where it is missing.
    pub(super) fn flag(self, name: &str) -> Result<bool, Refusal> {
        match self.find(name) {
            None => Ok(false),
            Some(Value::Bool(flag)) => Ok(*flag),
            other => Err(Refusal::member(name, "boolean", other)),
        }
    }

    /// A list that must be there.
    pub(super) fn list(self, name: &str) -> Result<&'a [Value], Refusal> {
        match self.find(name) {
            Some(Value::Array(elements)) => Ok(elements),
            other => Err(Refusal::member(name, "array", other)),
        }
    }

    /// A list that may be missing; it is empty then.
    pub(super) fn optional_list(self, name: &str) -> Result<&'a [Value], Refusal> {
        match self.find(name) {
            None => Ok(&[]),
            Some(_) => self.list(name),
        }
    }
}

/// A list of ids.
pub(super) fn ids(name: &str, list: &[Value]) -> Result<Vec<i64>, Refusal> {
    list.iter()
        .map(|value| as_int(value).ok_or_else(|| Refusal::member(name, "int", Some(value))))
        .collect()
}

/// Appends a JSON string with only the escapes that JSON requires.
pub(super) fn write_text(text: &str, out: &mut Vec<u8>) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    out.push(b'"');
    let mut from = 0;
    for (at, byte) in text.bytes().enumerate() {
        let escape: &[u8] = match byte {
            b'"' => b"\\\"",
            b'\\' => b"\\\\",
            b'\n' => b"\\n",
            b'\r' => b"\\r",
            b'\t' => b"\\t",
            0x08 => b"\\b",
            0x0c => b"\\f",
            0..=0x1f => &[
                b'\\',
                b'u',
                b'0',
                b'0',
                HEX[usize::from(byte >> 4)],
                HEX[usize::from(byte & 15)],
            ],
            _ => continue,
        };
        out.extend_from_slice(&text.as_bytes()[from..at]);
        out.extend_from_slice(escape);
        from = at + 1;
    }
    out.extend_from_slice(&text.as_bytes()[from..]);
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::{compact, tree};

    #[test]
    fn a_wrong_type_is_told_in_the_devices_words() {
        let body = tree::parse(br#"{"sun":true,"name":7,"id":1e3,"list":{}}"#).unwrap();
        let members = Members::of_body(&body).unwrap();
        let message = |refusal: Refusal| refusal.message;
        assert_eq!(
            members.int("sun").map_err(message),
            Err("Invalid member 'sun' (int expected, got boolean)".into())
        );
        assert_eq!(
            members.int("year").map_err(message),
            Err("Invalid member 'year' (int expected, got undefined)".into())
        );
        assert_eq!(
            members.int("id").map_err(message),
            Err("Invalid member 'id' (int expected, got double)".into())
        );
        assert_eq!(
            members.text("name").map_err(message),
            Err("Invalid member 'name' (string expected, got int)".into())
        );
        assert_eq!(
            members.list("list").map_err(message),
            Err("Invalid member 'list' (array expected, got object)".into())
        );
    }

    #[test]
    fn a_text_is_written_as_the_json_writer_writes_it() {
        for text in [
            "",
            "a\"b\\c\n\r\t\u{8}\u{c}\u{1}\u{1f}é中",
            "'; DROP TABLE users;--",
        ] {
            let mut out = Vec::new();
            write_text(text, &mut out);
            assert_eq!(out, compact(&Value::String(text.into())));
        }
    }
}
