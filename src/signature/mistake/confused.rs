//! The body stage: one thing taken for another, the whole for its part, plain for cipher text.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::body::parsed;
use super::edited::{PYTHON, printed};
use super::{Case, Change, Mistake, Stage, mistake};
use crate::json::{scan, writers};
use crate::signature::recipe::Source;

/// More members of a body than this are not tried alone.
const MOST_MEMBERS: usize = 16;

/// One thing taken for another: the whole body for its part, plain text for cipher text.
pub(super) fn mistakes(case: &Case<'_>) -> Vec<Mistake> {
    const DECODED: &str = "hash the string's decoded value, not its literal";
    const SEALED: &str = "the signature covers the encrypted text: check it before decrypting";
    let mut found = Vec::new();
    for at in case.inputs().filter(|&at| case.name(at) != "nonce") {
        let name = case.name(at);
        let source = &case.form.parts[at].source;
        let mut push = |id: &'static str, title: String, advice, value: &[u8]| {
            let change = Change::Values(vec![(at, value.to_vec())]);
            found.push(mistake(Stage::Body, id, title, advice, change));
        };
        let of_body = matches!(source, Source::JsonRaw(_) | Source::JsonText(_));
        if of_body && let Some(body) = &case.body {
            push(
                "body.whole-body",
                format!("the whole body was hashed instead of `{name}`"),
                "hash only the bytes of that member of the body",
                body,
            );
            for (title, written) in whole_written(body) {
                push(
                    "body.whole-body",
                    format!(
                        "the whole body was hashed instead of `{name}`, parsed and written \
                         again: {title}"
                    ),
                    "hash only the bytes of that member of the body, as they arrived",
                    &written,
                );
            }
        }
        if of_body && let Ok(bytes) = STANDARD.decode(&case.values[at]) {
            push(
                "body.base64-decoded",
                format!("`{name}` was decoded from base64 before it was hashed"),
                "hash the text as it arrived: the signature covers the base64, not its bytes",
                &bytes,
            );
        }
        if let Source::Body { .. } = source {
            for (member, value) in members(&case.values[at]) {
                push(
                    "body.part-of-body",
                    format!("only `{member}` was hashed instead of the whole body"),
                    "hash the whole body",
                    &value,
                );
            }
        } else if !of_body {
            continue;
        }
        if let Some(opened) = &case.opened {
            push(
                "body.plaintext",
                format!("the decrypted text was hashed instead of `{name}`"),
                SEALED,
                opened,
            );
        }
        if let Some(whole) = &case.opened_whole {
            push(
                "seal.head-not-stripped",
                format!(
                    "all that was decrypted was hashed instead of `{name}`, even the 20 bytes \
                     before the message"
                ),
                SEALED,
                whole,
            );
        }
        // Careless code cuts the member out of the body's text.
        if let Source::JsonText(_) = source
            && let Some(raw) = &case.raw[at]
            && let Some(bare) = raw.strip_prefix(b"\"")
            && let Some(bare) = bare.strip_suffix(b"\"")
        {
            push(
                "body.string-literal",
                format!("`{name}` was hashed as a JSON string literal, with quotes and escapes"),
                DECODED,
                raw,
            );
            push(
                "body.escaped",
                format!("`{name}` was hashed with its JSON escapes, without the quotes"),
                DECODED,
                bare,
            );
        }
    }
    found
}

/// The whole body, written again by the writers that are used without a thought.
fn whole_written(body: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let Some(value) = parsed(body) else {
        return Vec::new();
    };
    let mut list: Vec<_> = writers()
        .iter()
        .filter(|writer| WHOLE.contains(&writer.id))
        .map(|writer| (writer.title, (writer.write)(&value)))
        .collect();
    list.push(("Python's str(dict)", printed(&value, &PYTHON)));
    list
}

/// The writers that may have written the whole body.
const WHOLE: [&str; 7] = [
    "python-default-json",
    "compact",
    "sorted-keys",
    "json-stringify",
    "go-marshal",
    "python-utf8",
    "php-default",
];

/// The members of a body that may be taken for all of it: objects and lists as written, the
/// texts of strings.
fn members(body: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut list = Vec::new();
    for member in scan::members(body).unwrap_or_default() {
        let name = String::from_utf8_lossy(member.name).into_owned();
        match member.value.first() {
            Some(b'{' | b'[') => list.push((name, member.value.to_vec())),
            Some(b'"') => {
                list.extend(scan::text(member.value).map(|text| (name, text.into_owned())));
            }
            _ => {}
        }
    }
    list.truncate(MOST_MEMBERS);
    list
}
