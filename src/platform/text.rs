//! Texts in JSON, as platforms compare and write them.

use std::borrow::Cow;

use crate::json::scan::{self, Member};

/// The value at a JSON pointer: the text of a string, any other as it is written.
pub(crate) fn value<'a>(message: &'a [u8], pointer: &str) -> Option<Cow<'a, [u8]>> {
    let value = scan::find(message, pointer).ok()??;
    Some(scan::text(value).unwrap_or(Cow::Borrowed(value)))
}

/// The same for a member of an object that was read.
pub(crate) fn text_of<'a>(members: &[Member<'a>], name: &str) -> Option<Cow<'a, [u8]>> {
    let value = scan::last(members, name)?;
    Some(scan::checked_text(value).unwrap_or(Cow::Borrowed(value)))
}

/// A JSON string with its quotes, only what must be escaped escaped.
pub(super) fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
