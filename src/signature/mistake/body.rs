//! The body stage: what parsing and writing again, editors and charsets do to a body.

use super::{Case, Change, Mistake, Stage, mistake};
use crate::json::tree::{self, Value};
use crate::json::{compact, writers};
use crate::signature::recipe::Source;

pub(super) const RAW: &str =
    "hash the raw bytes as they arrived; do not parse and write them again";

pub(super) fn mistakes(case: &Case<'_>) -> Vec<Mistake> {
    let mut found = Vec::new();
    for at in bodies(case) {
        found.extend(rewritten(case, at));
    }
    found
}

/// The parts that hold a body or a piece of one.
pub(super) fn bodies<'c>(case: &'c Case<'_>) -> impl Iterator<Item = usize> + use<'c> {
    case.inputs().filter(|&at| {
        matches!(case.form.parts[at].source, Source::Body { .. })
            || matches!(case.form.parts[at].source, Source::JsonRaw(_))
            || parsed(&case.values[at]).is_some()
    })
}

/// The tree of a JSON object or list, behind a byte order mark or not.
pub(super) fn parsed(text: &[u8]) -> Option<Value> {
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    match tree::parse(text).ok()? {
        value @ (Value::Object(_) | Value::Array(_)) => Some(value),
        _ => None,
    }
}

/// Parsed and written again, by every writer of the table.
fn rewritten(case: &Case<'_>, at: usize) -> Vec<Mistake> {
    let Some(value) = parsed(&case.values[at]) else {
        return Vec::new();
    };
    let name = case.name(at);
    let mut found = Vec::new();
    let mut push = |id: &str, title: &str, written| {
        found.push(mistake(
            Stage::Body,
            format!("body.{id}"),
            format!("`{name}` was parsed and written again: {title}"),
            RAW,
            Change::Values(vec![(at, written)]),
        ));
    };
    let go = writers()
        .iter()
        .position(|writer| writer.id == "go-marshal");
    let (usual, others) = writers().split_at(go.unwrap_or(0));
    // Of writers that give equal bytes Python is the likelier one.
    let (python, rest): (Vec<_>, Vec<_>) = others
        .iter()
        .partition(|writer| writer.id.starts_with("python-"));
    for writer in usual.iter().chain(python) {
        push(writer.id, writer.title, (writer.write)(&value));
    }
    let mut by_name = value.clone();
    sort_members(&mut by_name);
    for (id, title, plain) in PYTHON_SORTED {
        if let Some(writer) = writers().iter().find(|writer| writer.id == *plain) {
            push(id, title, (writer.write)(&by_name));
        }
    }
    for writer in rest {
        push(writer.id, writer.title, (writer.write)(&value));
    }
    if !case.documented_keys.is_empty() {
        let mut ordered = value;
        document_order(&mut ordered, case.documented_keys);
        found.push(mistake(
            Stage::Body,
            "body.documented-order",
            format!("`{name}` was built anew with its members in the documentation's order"),
            RAW,
            Change::Values(vec![(at, compact(&ordered))]),
        ));
    }
    found
}

/// Python's writers of sorted members in UTF-8: id, title, and the writer of any order.
const PYTHON_SORTED: &[(&str, &str, &str)] = &[
    (
        "python-sorted-utf8",
        "Python's json.dumps with sort_keys=True and ensure_ascii=False",
        "python-utf8",
    ),
    (
        "python-sorted-compact-utf8",
        "Python's json.dumps with sort_keys=True, separators=(',', ':') and ensure_ascii=False",
        "python-compact-utf8",
    ),
];

/// Sorts members by name, those of objects within too.
fn sort_members(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.sort_by(|(one, _), (two, _)| one.cmp(two));
            for (_, member) in members {
                sort_members(member);
            }
        }
        Value::Array(elements) => elements.iter_mut().for_each(sort_members),
        _ => {}
    }
}

/// Sorts members by their place in the documentation; what it does not name stays behind.
fn document_order(value: &mut Value, keys: &[&str]) {
    match value {
        Value::Object(members) => {
            members.sort_by_key(|(name, _)| {
                keys.iter()
                    .position(|key| key == name)
                    .unwrap_or(keys.len())
            });
            for (_, member) in members {
                document_order(member, keys);
            }
        }
        Value::Array(elements) => {
            for element in elements {
                document_order(element, keys);
            }
        }
        _ => {}
    }
}
