//! What was found, written for people and for machines.

pub mod case;
pub mod diff;
pub mod explanation;
pub mod github;
#[cfg(test)]
mod golden;
pub mod human;
pub mod json;
pub mod junit;
pub mod markdown;
pub mod tally;
pub mod tap;
pub mod threshold;
pub mod verdict;
pub mod words;

use std::borrow::Cow;

use serde::{Serialize, Serializer};

/// Bytes in JSON: text where they are UTF-8, else `{"base64":"…"}`, as in captures.
#[derive(Clone, Debug)]
pub struct Bytes<'b>(pub Cow<'b, [u8]>);

impl Serialize for Bytes<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use base64::Engine as _;
        use serde::ser::SerializeMap as _;
        if let Ok(text) = std::str::from_utf8(&self.0) {
            return serializer.serialize_str(text);
        }
        let mut map = serializer.serialize_map(Some(1))?;
        let text = base64::engine::general_purpose::STANDARD.encode(&self.0);
        map.serialize_entry("base64", &text)?;
        map.end()
    }
}
