//! A parsed value that keeps the order of members, duplicates, and numbers as they are written.

use super::scan::{self, JsonError};

/// A JSON value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number exactly as it is written: `1.0`, `1E10` and `10000000000` are three texts.
    Number(String),
    /// A decoded string. Bytes that are no UTF-8 and lone surrogates have become U+FFFD.
    String(String),
    /// The elements.
    Array(Vec<Value>),
    /// The members in order, duplicates among them.
    Object(Vec<(String, Value)>),
}

impl Value {
    /// The value of the last member of that name, if this is an object that has one.
    #[must_use]
    pub fn member(&self, name: &str) -> Option<&Value> {
        match self {
            Self::Object(members) => members
                .iter()
                .rev()
                .find(|(have, _)| have == name)
                .map(|(_, value)| value),
            _ => None,
        }
    }

    /// The text, if this is a string.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }
}

/// Reads one strict JSON value, with blanks around it or not.
pub fn parse(text: &[u8]) -> Result<Value, JsonError> {
    // After the check the walk below meets only well-formed text, no deeper than
    // `scan::MAX_DEPTH`, so it may recurse.
    scan::check(text)?;
    value(text, scan::skip_blanks(text, 0)).map(|(value, _)| value)
}

/// The value that starts at `at`, and the offset behind it.
fn value(text: &[u8], at: usize) -> Result<(Value, usize), JsonError> {
    match text.get(at) {
        Some(b'{') => object(text, at),
        Some(b'[') => array(text, at),
        _ => {
            let end = scan::value_end(text, at)?;
            Ok((scalar(&text[at..end]), end))
        }
    }
}

fn scalar(raw: &[u8]) -> Value {
    match raw {
        b"null" => Value::Null,
        b"true" => Value::Bool(true),
        b"false" => Value::Bool(false),
        _ => match scan::text(raw) {
            Some(text) => Value::String(String::from_utf8_lossy(&text).into_owned()),
            None => Value::Number(String::from_utf8_lossy(raw).into_owned()),
        },
    }
}

fn object(text: &[u8], open: usize) -> Result<(Value, usize), JsonError> {
    let mut members = Vec::new();
    let mut at = scan::skip_blanks(text, open + 1);
    while text.get(at) != Some(&b'}') {
        let end = scan::value_end(text, at)?;
        let name = scan::text(&text[at..end]).unwrap_or_default();
        let name = String::from_utf8_lossy(&name).into_owned();
        let colon = scan::skip_blanks(text, end);
        let (value, end) = value(text, scan::skip_blanks(text, colon + 1))?;
        members.push((name, value));
        at = next(text, end);
    }
    Ok((Value::Object(members), at + 1))
}

fn array(text: &[u8], open: usize) -> Result<(Value, usize), JsonError> {
    let mut elements = Vec::new();
    let mut at = scan::skip_blanks(text, open + 1);
    while text.get(at) != Some(&b']') {
        let (value, end) = value(text, at)?;
        elements.push(value);
        at = next(text, end);
    }
    Ok((Value::Array(elements), at + 1))
}

/// The offset of the next member or element, or of the closing bracket.
fn next(text: &[u8], end: usize) -> usize {
    let at = scan::skip_blanks(text, end);
    if text.get(at) == Some(&b',') {
        scan::skip_blanks(text, at + 1)
    } else {
        at
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn order_duplicates_and_number_texts_are_kept() {
        let value = parse(br#" {"b":1.0 ,"a":[true,null,"\u4e2d"],"b":{}} "#).unwrap();
        assert_eq!(
            value,
            Value::Object(vec![
                ("b".into(), Value::Number("1.0".into())),
                (
                    "a".into(),
                    Value::Array(vec![
                        Value::Bool(true),
                        Value::Null,
                        Value::String("中".into())
                    ])
                ),
                ("b".into(), Value::Object(vec![])),
            ])
        );
        assert_eq!(value.member("b"), Some(&Value::Object(vec![])));
        assert_eq!(value.member("c"), None);
    }

    /// What JSON texts are made of, so that random texts come near to being JSON.
    fn shards() -> impl Strategy<Value = String> {
        let shard = prop::sample::select(vec![
            "{",
            "}",
            "[",
            "]",
            ",",
            ":",
            "\"",
            "\"a\"",
            "\"a\":",
            "0",
            "-1.5e+3",
            "1.",
            "01",
            "true",
            "null",
            "nul",
            " ",
            "\n",
            "\\",
            "\\u00e9",
            "\\n",
            "é",
            "\u{1}",
            "\"b\":[1,2]",
        ]);
        prop::collection::vec(shard, 0..12).prop_map(|shards| shards.concat())
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(text: Vec<u8>) {
            let _ = parse(&text);
            let _ = scan::members(&text);
            let _ = scan::elements(&text);
            let _ = scan::find(&text, "/a/0");
            let _ = scan::text(&text);
        }

        // serde_json refuses lone surrogates and bytes that are no UTF-8, which this accepts on
        // purpose; neither is among the shards. Its depth limit is also 128 levels, less one.
        #[test]
        fn it_accepts_exactly_what_serde_json_accepts(text in shards()) {
            let theirs = serde_json::from_str::<&serde_json::value::RawValue>(&text);
            prop_assert_eq!(parse(text.as_bytes()).is_ok(), theirs.is_ok(), "{}", text);
            prop_assert_eq!(scan::check(text.as_bytes()).is_ok(), theirs.is_ok(), "{}", text);
        }
    }
}
