//! Every order of a JSON object's members, up to eight of them.
//!
//! A framework that parses a body into a map may write its members in any order at all. Up to
//! eight members all orders are tried: 40,320 digests for one object.

use super::{Case, Change, body};
use crate::json::scan;

/// Objects with more members than this are not permuted: nine have 362,880 orders.
pub const MOST_KEYS: usize = 8;

/// One object that is permuted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Permuted {
    /// The part that it stands in.
    pub part: usize,
    /// Its pointer within that part; empty for the part itself.
    pub pointer: String,
    /// The order that was made, by member names.
    pub order: Vec<String>,
}

/// Calls `visit` for every order of the members of every object in the hashed bodies, one
/// object at a time. Blanks between members are dropped, all else stays as written.
///
/// Returns the objects that have too many members: (pointer, count).
pub fn each(
    case: &Case<'_>,
    visit: &mut dyn FnMut(&Change, &dyn Fn() -> Permuted),
) -> Vec<(String, usize)> {
    let mut skipped = Vec::new();
    for part in body::bodies(case) {
        let text = case.values[part].as_slice();
        for (pointer, object) in objects(text) {
            let Ok(members) = scan::members(object) else {
                continue;
            };
            if members.len() > MOST_KEYS {
                skipped.push((pointer, members.len()));
                continue;
            }
            let written: Vec<Vec<u8>> = members
                .iter()
                .map(|member| [b"\"", member.name, b"\":", member.value].concat())
                .collect();
            // Both slices belong to one text, so their distance is the object's offset.
            let start = object.as_ptr() as usize - text.as_ptr() as usize;
            let (before, behind) = (&text[..start], &text[start + object.len()..]);
            permute(members.len(), &mut |order| {
                let mut value = Vec::with_capacity(text.len());
                value.extend_from_slice(before);
                value.push(b'{');
                for (index, &member) in order.iter().enumerate() {
                    if index > 0 {
                        value.push(b',');
                    }
                    value.extend_from_slice(&written[member]);
                }
                value.push(b'}');
                value.extend_from_slice(behind);
                visit(&Change::Values(vec![(part, value)]), &|| Permuted {
                    part,
                    pointer: pointer.clone(),
                    order: order
                        .iter()
                        .map(|&member| String::from_utf8_lossy(members[member].name).into_owned())
                        .collect(),
                });
            });
        }
    }
    skipped
}

/// The objects of a JSON text with two members and more, outermost first: (pointer, bytes).
fn objects(text: &[u8]) -> Vec<(String, &[u8])> {
    let mut found = Vec::new();
    let mut open = vec![(String::new(), text.trim_ascii())];
    while let Some((pointer, value)) = open.pop() {
        match value.first() {
            Some(b'{') => {
                let Ok(members) = scan::members(value) else {
                    continue;
                };
                for member in members.iter().rev() {
                    let name = String::from_utf8_lossy(member.name);
                    open.push((format!("{pointer}/{name}"), member.value));
                }
                if members.len() > 1 {
                    found.push((pointer, value));
                }
            }
            Some(b'[') => {
                for (index, element) in scan::elements(value)
                    .unwrap_or_default()
                    .into_iter()
                    .enumerate()
                    .rev()
                {
                    open.push((format!("{pointer}/{index}"), element));
                }
            }
            _ => {}
        }
    }
    found
}

/// Heap's algorithm: every order of `0..count`, each once, one swap apart.
fn permute(count: usize, visit: &mut dyn FnMut(&[usize])) {
    let mut order: Vec<usize> = (0..count).collect();
    let mut counters = vec![0; count];
    visit(&order);
    let mut at = 1;
    while at < count {
        if counters[at] < at {
            let other = if at % 2 == 0 { 0 } else { counters[at] };
            order.swap(other, at);
            visit(&order);
            counters[at] += 1;
            at = 1;
        } else {
            counters[at] = 0;
            at += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_order_is_visited_once() {
        let mut seen = HashSet::new();
        let mut count = 0;
        permute(5, &mut |order| {
            count += 1;
            seen.insert(order.to_vec());
        });
        assert_eq!((count, seen.len()), (120, 120));
    }

    #[test]
    fn objects_are_found_at_every_depth() {
        let text = br#" {"a":{"x":1,"y":[{"p":1,"q":2}]},"b":{"z":1}} "#;
        let pointers: Vec<_> = objects(text).into_iter().map(|(at, _)| at).collect();
        assert_eq!(pointers, ["", "/a", "/a/y/0"]);
    }
}
