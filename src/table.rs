//! TOML with places: every value knows where it stands, so that every refusal can say so.
//!
//! For the files that users write and that must not be read wrongly: recipes, scripts.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use base64::Engine as _;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::error::{Error, Place};
use crate::json::Value;
use crate::moment::parse_duration;
use crate::signature::digest::BASE64_FORGIVING;

/// The text of a file and its name.
pub(crate) struct Document<'f> {
    name: &'f str,
    text: &'f str,
}

impl<'f> Document<'f> {
    pub(crate) fn new(name: &'f str, text: &'f str) -> Self {
        Self { name, text }
    }

    pub(crate) fn parse(&self) -> Result<Spanned<DeTable<'f>>, Error> {
        if self.text.starts_with('\u{feff}') {
            return Err(self.refuse(
                0,
                "the file starts with a byte order mark",
                "save it as UTF-8 without BOM",
            ));
        }
        DeTable::parse(self.text).map_err(|why| {
            let at = why.span().map_or(0, |span| span.start);
            self.refuse(
                at,
                format!("this is not TOML: {}", why.message().replace('\n', ", ")),
                "a line reads `key = value`, and text stands in double quotes",
            )
        })
    }

    /// The error at a byte of the text.
    fn refuse(&self, at: usize, what: impl Into<String>, hint: impl Into<String>) -> Error {
        let before = &self.text.as_bytes()[..at.min(self.text.len())];
        let line = memchr::memchr_iter(b'\n', before).count() + 1;
        let column = before.len() - memchr::memrchr(b'\n', before).map_or(0, |end| end + 1) + 1;
        Error::input(
            Place::line(self.name, line as u64).at_column(column as u64),
            what,
        )
        .with_hint(hint)
    }
}

/// A table that has only keys which were allowed.
pub(crate) struct Table<'f> {
    document: &'f Document<'f>,
    about: &'static str,
    at: usize,
    entries: &'f DeTable<'f>,
}

impl<'f> Table<'f> {
    /// The file as a table.
    pub(crate) fn root(
        document: &'f Document<'f>,
        root: &'f Spanned<DeTable<'f>>,
        about: &'static str,
        keys: &[&str],
    ) -> Result<Self, Error> {
        Self {
            document,
            about,
            at: 0,
            entries: root.get_ref(),
        }
        .with_only(keys)
    }

    fn with_only(self, keys: &[&str]) -> Result<Self, Error> {
        let unknown = self
            .entries
            .keys()
            .filter(|key| !keys.contains(&key.get_ref().as_ref()))
            .min_by_key(|key| key.span().start);
        match unknown {
            None => Ok(self),
            Some(key) => Err(self.document.refuse(
                key.span().start,
                format!("{} has no key {}", self.about, quoted(key.get_ref())),
                format!("its keys: {}", one_of(keys.iter().copied())),
            )),
        }
    }

    /// What the table describes: `a form`.
    pub(crate) fn about(&self) -> &'static str {
        self.about
    }

    /// The value of a key.
    pub(crate) fn find(&self, key: &'static str) -> Option<Item<'f>> {
        self.entries.get(key).map(|value| Item {
            document: self.document,
            key,
            value,
        })
    }

    /// The value of a key that must be there.
    pub(crate) fn need(&self, key: &'static str, example: &str) -> Result<Item<'f>, Error> {
        self.find(key).ok_or_else(|| {
            self.refuse(
                format!("{} needs {}", self.about, quoted(key)),
                format!("for example `{example}`"),
            )
        })
    }

    /// Whatever keys there are, and their values, as they follow each other in the file.
    pub(crate) fn pairs(&self) -> Vec<(&'f str, Item<'f>)> {
        let mut pairs: Vec<_> = self
            .entries
            .iter()
            .map(|(key, value)| {
                let item = Item {
                    document: self.document,
                    key: self.about,
                    value,
                };
                (key.get_ref().as_ref(), item)
            })
            .collect();
        pairs.sort_by_key(|(_, item)| item.value.span().start);
        pairs
    }

    /// Those of `keys` that are there, as they follow each other in the file.
    pub(crate) fn found(&self, keys: &[&'static str]) -> Vec<Item<'f>> {
        let mut found: Vec<_> = keys.iter().filter_map(|key| self.find(key)).collect();
        found.sort_by_key(|item| item.value.span().start);
        found
    }

    /// The error at the table's beginning.
    pub(crate) fn refuse(&self, what: impl Into<String>, hint: impl Into<String>) -> Error {
        self.document.refuse(self.at, what, hint)
    }
}

/// A value and the key that it stands under.
#[derive(Clone, Copy)]
pub(crate) struct Item<'f> {
    document: &'f Document<'f>,
    key: &'static str,
    value: &'f Spanned<DeValue<'f>>,
}

impl<'f> Item<'f> {
    pub(crate) fn key(&self) -> &'static str {
        self.key
    }

    pub(crate) fn is_table(&self) -> bool {
        self.value.get_ref().is_table()
    }

    /// A text.
    pub(crate) fn text(&self) -> Result<&'f str, Error> {
        self.value
            .get_ref()
            .as_str()
            .ok_or_else(|| self.wrong_type("a text in double quotes"))
    }

    /// Bytes: a text, or `{ base64 = "…" }` for what is no UTF-8, as captures have it.
    pub(crate) fn bytes(&self) -> Result<Vec<u8>, Error> {
        if !self.is_table() {
            return Ok(self.text()?.as_bytes().to_vec());
        }
        let coded = self
            .table("bytes", &["base64"])?
            .need("base64", "{ base64 = \"/wA=\" }")?;
        BASE64_FORGIVING.decode(coded.text()?).map_err(|_| {
            coded.refuse(
                "this is not base64",
                "for example `{ base64 = \"/wA=\" }`; other text needs no base64",
            )
        })
    }

    /// A whole number.
    pub(crate) fn number<T: FromStr>(&self, wanted: &str) -> Result<T, Error> {
        let DeValue::Integer(number) = self.value.get_ref() else {
            return Err(self.wrong_type(wanted));
        };
        let parsed = (number.radix() == 10).then(|| number.as_str().parse().ok());
        parsed.flatten().ok_or_else(|| {
            self.refuse(
                format!("{} cannot be {number}", quoted(self.key)),
                format!("wanted: {wanted}"),
            )
        })
    }

    /// A time: `"2s"`.
    pub(crate) fn duration(&self) -> Result<Duration, Error> {
        let text = self.text()?;
        parse_duration(text, || format!("{} is no time", quoted(text))).map_err(|why| {
            self.refuse(
                why,
                "write a number and its unit: `\"500ms\"`, `\"2s\"`, `\"1min\"`",
            )
        })
    }

    /// A text, a number, `true` or `false` as a JSON value.
    pub(crate) fn scalar(&self) -> Result<Value, Error> {
        Ok(match self.value.get_ref() {
            DeValue::String(text) => Value::String(text.to_string()),
            DeValue::Boolean(value) => Value::Bool(*value),
            DeValue::Integer(number) => Value::Number(number.to_string()),
            DeValue::Float(number) => Value::Number(number.to_string()),
            _ => return Err(self.wrong_type("a text, a number, `true` or `false`")),
        })
    }

    /// One of a list of names.
    pub(crate) fn choice<T: Copy>(&self, what: &str, choices: &[(&str, T)]) -> Result<T, Error> {
        let names = || one_of(choices.iter().map(|(name, _)| *name));
        let Some(text) = self.value.get_ref().as_str() else {
            return Err(self.wrong_type(&names().to_string()));
        };
        choices
            .iter()
            .find(|(name, _)| *name == text)
            .map(|(_, value)| *value)
            .ok_or_else(|| {
                // Where a secret's name belongs, somebody may have put the secret itself.
                let shown = if what == "secret" {
                    "this".to_owned()
                } else {
                    quoted(text)
                };
                self.refuse(
                    format!("{shown} is no known {what}"),
                    format!("known: {}", names()),
                )
            })
    }

    /// `true`, which is all that such a key can say.
    pub(crate) fn yes(&self, wanted: &str) -> Result<(), Error> {
        match self.value.get_ref() {
            DeValue::Boolean(true) => Ok(()),
            _ => Err(self.wrong_type(wanted)),
        }
    }

    /// `true` or `false`.
    pub(crate) fn flag(&self) -> Result<bool, Error> {
        match self.value.get_ref() {
            DeValue::Boolean(value) => Ok(*value),
            _ => Err(self.wrong_type("`true` or `false`")),
        }
    }

    /// Whatever TOML can hold but dates, as a JSON value.
    pub(crate) fn json(&self) -> Result<Value, Error> {
        Ok(match self.value.get_ref() {
            DeValue::Array(_) => {
                let items = self.list("[]")?.into_iter();
                Value::Array(items.map(|item| item.json()).collect::<Result<_, _>>()?)
            }
            DeValue::Table(_) => {
                let pairs = self
                    .entries()
                    .map(|table| table.pairs())
                    .unwrap_or_default();
                let members = pairs.into_iter();
                let members = members.map(|(name, item)| Ok((name.to_owned(), item.json()?)));
                Value::Object(members.collect::<Result<_, Error>>()?)
            }
            _ => self.scalar()?,
        })
    }

    /// The items of an array, each under the same key.
    pub(crate) fn list(&self, example: &str) -> Result<Vec<Self>, Error> {
        let DeValue::Array(items) = self.value.get_ref() else {
            return Err(self.wrong_type(&format!("a list: {}", quoted(example))));
        };
        Ok(items.iter().map(|value| Self { value, ..*self }).collect())
    }

    /// A table with no keys but these.
    pub(crate) fn table(&self, about: &'static str, keys: &[&str]) -> Result<Table<'f>, Error> {
        let Some(mut table) = self.entries() else {
            return Err(self.wrong_type(&format!(
                "a table: `{{ … }}` with {}",
                one_of(keys.iter().copied())
            )));
        };
        table.about = about;
        table.with_only(keys)
    }

    /// The value as a table of whatever keys.
    pub(crate) fn entries(&self) -> Option<Table<'f>> {
        Some(Table {
            document: self.document,
            about: self.key,
            at: self.value.span().start,
            entries: self.value.get_ref().as_table()?,
        })
    }

    /// The error at this value.
    pub(crate) fn refuse(&self, what: impl Into<String>, hint: impl Into<String>) -> Error {
        self.document.refuse(self.value.span().start, what, hint)
    }

    fn wrong_type(&self, wanted: &str) -> Error {
        let given = match self.value.get_ref() {
            DeValue::String(_) => "a text",
            DeValue::Integer(_) | DeValue::Float(_) => "a number",
            DeValue::Boolean(_) => "`true` or `false`",
            DeValue::Datetime(_) => "a date",
            DeValue::Array(_) => "a list",
            DeValue::Table(_) => "a table",
        };
        self.refuse(
            format!("{} cannot be {given}", quoted(self.key)),
            format!("wanted: {wanted}"),
        )
    }
}

/// What the file says, in backticks, with what a terminal would obey escaped.
pub(crate) fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('`');
    for c in text.chars() {
        if c.is_control() {
            quoted.extend(c.escape_default());
        } else {
            quoted.push(c);
        }
    }
    quoted.push('`');
    quoted
}

/// Names as a sentence has them: `` `a`, `b` or `c` ``.
pub(crate) fn one_of<'a>(names: impl IntoIterator<Item = &'a str>) -> impl fmt::Display {
    let names: Vec<_> = names.into_iter().map(quoted).collect();
    match names.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        _ => names.concat(),
    }
}
