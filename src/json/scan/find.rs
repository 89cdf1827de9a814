//! Looking a value up: by name among members, by JSON pointer in a text.

use std::borrow::Cow;

use super::string::unescape;
use super::{JsonError, Member, each_element, each_member, skip_blanks, whole};

/// The exact bytes of the value that an RFC 6901 pointer names; `""` is the whole value.
///
/// The whole text is checked, also behind the value. Names are compared after unescaping, and of
/// duplicate names the last one counts, as in nearly every parser. `None` where there is no such
/// value, or where a pointer neither is empty nor starts with `/`.
pub fn find<'a>(text: &'a [u8], pointer: &str) -> Result<Option<&'a [u8]>, JsonError> {
    let Some(path) = pointer.strip_prefix('/') else {
        let value = whole(text)?;
        return Ok(pointer.is_empty().then_some(value));
    };
    let mut value = text;
    for token in path.split('/') {
        // The first step checks the whole text, so an early end leaves nothing unchecked.
        match child(value, &decode(token))? {
            Some(child) => value = child,
            None => return Ok(None),
        }
    }
    Ok(Some(value))
}

/// The value of the last member of that (unescaped) name.
#[must_use]
pub fn last<'a>(members: &[Member<'a>], name: &str) -> Option<&'a [u8]> {
    members
        .iter()
        .rev()
        .find(|member| names(member.name, name))
        .map(|member| member.value)
}

/// Where a part that was found in a text stands in it.
pub(crate) fn offset_in(text: &[u8], part: &[u8]) -> usize {
    part.as_ptr().addr() - text.as_ptr().addr()
}

/// The member or element that one (decoded) token of a pointer names.
pub(in crate::json) fn child<'a>(
    value: &'a [u8],
    token: &str,
) -> Result<Option<&'a [u8]>, JsonError> {
    let mut found = None;
    match value.get(skip_blanks(value, 0)) {
        Some(b'{') => each_member(value, |member| {
            if names(member.name, token) {
                found = Some(member.value);
            }
        })?,
        Some(b'[') => {
            let wanted = index(token);
            let mut at = 0;
            each_element(value, |element| {
                if wanted == Some(at) {
                    found = Some(element);
                }
                at += 1;
            })?;
        }
        _ => {
            whole(value)?;
        }
    }
    Ok(found)
}

/// An array index as RFC 6901 writes it: digits without a leading zero.
fn index(token: &str) -> Option<usize> {
    let canonical = token == "0" || !token.starts_with(['0', '+']);
    canonical.then(|| token.parse().ok()).flatten()
}

fn decode(token: &str) -> Cow<'_, str> {
    if token.contains('~') {
        Cow::Owned(token.replace("~1", "/").replace("~0", "~"))
    } else {
        Cow::Borrowed(token)
    }
}

/// Whether a raw name stands for `name`.
fn names(raw: &[u8], name: &str) -> bool {
    let name = name.as_bytes();
    for (have, wanted) in raw.iter().zip(name) {
        if *have == b'\\' {
            return *unescape(raw) == *name;
        }
        if have != wanted {
            return false;
        }
    }
    // Whatever stands behind, escaped or not, stands for something.
    raw.len() == name.len()
}
