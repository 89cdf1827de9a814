//! Every order of the members of JSON objects, up to eight of them.
//!
//! A framework that parses a body into a map may write its members in any order at all, and
//! writes objects of equal member names in the same order. So all objects of one shape are
//! permuted together, and all shapes together while that takes no more digests than one object
//! of eight members does (40,320); else each shape by itself.

use super::{Case, Change, body};
use crate::json::scan;

/// Objects with more members than this are not permuted: nine have 362,880 orders.
pub const MOST_KEYS: usize = 8;

/// 8!, the orders of eight members.
pub const MOST_ORDERS: usize = 40_320;

/// The mistake's id.
pub const ID: &str = "body.key-order";

/// The mistake's advice.
pub const ADVICE: &str = "hash the raw bytes as they arrived: a map does not keep the order of \
                          members";

/// The order that was made of an object, and of all others with the same member names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Permuted {
    /// The part that it stands in.
    pub part: usize,
    /// Its pointer within that part; empty for the part itself.
    pub pointer: String,
    /// The order that was made, by member names.
    pub order: Vec<String>,
}

/// What was done, as a sentence without a full stop.
#[must_use]
pub fn title(case: &Case<'_>, permuted: &[Permuted]) -> String {
    let objects: Vec<_> = permuted
        .iter()
        .map(|object| {
            format!(
                "the members of `{}{}` were in another order: {}",
                case.name(object.part),
                object.pointer.replace('/', "."),
                object.order.join(", ")
            )
        })
        .collect();
    objects.join("; ")
}

/// Is given a change, and what tells the orders that it makes.
pub type Visit<'v> = dyn FnMut(&Change, &dyn Fn() -> Vec<Permuted>) + 'v;

/// Calls `visit` for every order of the members of the objects in the hashed bodies. Blanks
/// between members are dropped, texts and numbers stay as written.
///
/// Returns the objects that have too many members: (pointer, count).
pub fn each(case: &Case<'_>, visit: &mut Visit<'_>) -> Vec<(String, usize)> {
    let mut skipped = Vec::new();
    for part in body::bodies(case) {
        let mut shapes = Vec::new();
        let text = case.values[part].trim_ascii();
        let Some(root) = node(text, "", &mut shapes) else {
            continue;
        };
        for shape in &shapes {
            if shape.names.len() > MOST_KEYS {
                skipped.push((shape.pointer.clone(), shape.names.len()));
            }
        }
        // The buffer of the change is used for every order: there may be very many.
        let mut change = Change::Values(vec![(part, Vec::with_capacity(text.len()))]);
        each_choice(&shapes, &mut |orders| {
            if let Change::Values(values) = &mut change {
                values[0].1.clear();
                root.write(orders, &mut values[0].1);
            }
            visit(&change, &|| permuted(part, &shapes, orders));
        });
    }
    skipped
}

/// How many orders [`each`] makes.
#[must_use]
pub fn count(case: &Case<'_>) -> usize {
    let of = |part: usize| {
        let mut shapes = Vec::new();
        node(case.values[part].trim_ascii(), "", &mut shapes)?;
        let turns = turns(&shapes).into_iter();
        Some(turns.map(|turn| orders(&shapes, &turn)).sum::<usize>())
    };
    body::bodies(case).filter_map(of).sum()
}

/// The names of an object's members, sorted. Objects of the same names share it.
struct Shape<'t> {
    /// Where the first one stands.
    pointer: String,
    names: Vec<&'t [u8]>,
    /// The order of the first one.
    written: Vec<usize>,
}

/// A JSON value, its objects with their shapes.
enum Node<'t> {
    Text(&'t [u8]),
    List(Vec<Node<'t>>),
    Object {
        shape: usize,
        /// As written: names and values.
        members: Vec<(&'t [u8], Node<'t>)>,
        /// Which member each of the shape's names is.
        places: Vec<usize>,
    },
}

/// The order of each shape's names; none where they stay as written.
type Orders<'o> = [Option<&'o [usize]>];

fn node<'t>(text: &'t [u8], pointer: &str, shapes: &mut Vec<Shape<'t>>) -> Option<Node<'t>> {
    match text.first()? {
        b'{' => {
            let found = scan::members(text).ok()?;
            let mut places: Vec<usize> = (0..found.len()).collect();
            places.sort_by_key(|&at| found[at].name);
            let names: Vec<_> = places.iter().map(|&at| found[at].name).collect();
            let known = shapes.iter().position(|shape| shape.names == names);
            let shape = known.unwrap_or_else(|| {
                let mut written = vec![0; places.len()];
                for (name, &at) in places.iter().enumerate() {
                    written[at] = name;
                }
                shapes.push(Shape {
                    pointer: pointer.to_owned(),
                    names,
                    written,
                });
                shapes.len() - 1
            });
            let mut members = Vec::with_capacity(found.len());
            for member in &found {
                let name = String::from_utf8_lossy(member.name);
                let value = node(member.value, &format!("{pointer}/{name}"), shapes)?;
                members.push((member.name, value));
            }
            Some(Node::Object {
                shape,
                members,
                places,
            })
        }
        b'[' => {
            let elements = scan::elements(text).ok()?.into_iter().enumerate();
            let nodes = elements
                .map(|(index, element)| node(element, &format!("{pointer}/{index}"), shapes));
            Some(Node::List(nodes.collect::<Option<_>>()?))
        }
        _ => Some(Node::Text(text)),
    }
}

impl Node<'_> {
    fn write(&self, orders: &Orders<'_>, out: &mut Vec<u8>) {
        match self {
            Self::Text(text) => out.extend_from_slice(text),
            Self::List(nodes) => {
                out.push(b'[');
                for (index, node) in nodes.iter().enumerate() {
                    if index > 0 {
                        out.push(b',');
                    }
                    node.write(orders, out);
                }
                out.push(b']');
            }
            Self::Object {
                shape,
                members,
                places,
            } => {
                out.push(b'{');
                for index in 0..members.len() {
                    if index > 0 {
                        out.push(b',');
                    }
                    let at = orders[*shape].map_or(index, |order| places[order[index]]);
                    let (name, value) = &members[at];
                    out.push(b'"');
                    out.extend_from_slice(name);
                    out.extend_from_slice(b"\":");
                    value.write(orders, out);
                }
                out.push(b'}');
            }
        }
    }
}

/// The shapes that are permuted together: all of them if that does not take too many orders,
/// else one at a time.
fn turns(shapes: &[Shape<'_>]) -> Vec<Vec<usize>> {
    let open: Vec<usize> = (0..shapes.len())
        .filter(|&at| (2..=MOST_KEYS).contains(&shapes[at].names.len()))
        .collect();
    if open.is_empty() {
        Vec::new()
    } else if orders(shapes, &open) <= MOST_ORDERS {
        vec![open]
    } else {
        open.into_iter().map(|shape| vec![shape]).collect()
    }
}

/// How many orders some shapes have together.
fn orders(shapes: &[Shape<'_>], open: &[usize]) -> usize {
    open.iter()
        .map(|&at| (1..=shapes[at].names.len()).product())
        .fold(1, usize::saturating_mul)
}

/// Every choice of orders.
fn each_choice(shapes: &[Shape<'_>], visit: &mut dyn FnMut(&Orders<'_>)) {
    for turn in turns(shapes) {
        choose(shapes, &turn, &vec![None; shapes.len()], visit);
    }
}

/// Every order of the shapes in `open`, beside those that are chosen already.
fn choose(
    shapes: &[Shape<'_>],
    open: &[usize],
    chosen: &Orders<'_>,
    visit: &mut dyn FnMut(&Orders<'_>),
) {
    let Some((&first, rest)) = open.split_first() else {
        return visit(chosen);
    };
    permute(shapes[first].names.len(), &mut |order| {
        let mut chosen = chosen.to_vec();
        chosen[first] = Some(order);
        choose(shapes, rest, &chosen, visit);
    });
}

/// The objects whose order was changed, the outermost first.
fn permuted(part: usize, shapes: &[Shape<'_>], orders: &Orders<'_>) -> Vec<Permuted> {
    let changed = shapes.iter().zip(orders).filter_map(|(shape, order)| {
        let order = order.filter(|order| *order != shape.written)?;
        let name = |&at: &usize| String::from_utf8_lossy(shape.names[at]).into_owned();
        Some(Permuted {
            part,
            pointer: shape.pointer.clone(),
            order: order.iter().map(name).collect(),
        })
    });
    changed.collect()
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

    /// Every text that is made of this one.
    fn texts(text: &str) -> HashSet<String> {
        let mut shapes = Vec::new();
        let root = node(text.as_bytes(), "", &mut shapes).unwrap();
        let mut seen = HashSet::new();
        each_choice(&shapes, &mut |orders| {
            let mut out = Vec::new();
            root.write(orders, &mut out);
            seen.insert(String::from_utf8(out).unwrap());
        });
        seen
    }

    #[test]
    fn nested_objects_are_permuted_together() {
        let seen = texts(r#"{"a":{"x":1,"y":2},"b":3}"#);
        let expected = [
            r#"{"a":{"x":1,"y":2},"b":3}"#,
            r#"{"a":{"y":2,"x":1},"b":3}"#,
            r#"{"b":3,"a":{"x":1,"y":2}}"#,
            r#"{"b":3,"a":{"y":2,"x":1}}"#,
        ];
        assert_eq!(seen, expected.map(str::to_owned).into());
    }

    #[test]
    fn objects_of_the_same_names_are_permuted_alike() {
        let seen = texts(r#"[ {"x":1, "y":2}, {"y":3,"x":4} ]"#);
        let expected = [
            r#"[{"x":1,"y":2},{"x":4,"y":3}]"#,
            r#"[{"y":2,"x":1},{"y":3,"x":4}]"#,
        ];
        assert_eq!(seen, expected.map(str::to_owned).into());
    }

    #[test]
    fn where_all_orders_are_too_many_each_shape_is_permuted_by_itself() {
        let inner = r#"{"a":1,"b":2,"c":3,"d":4,"e":5,"f":6,"g":7}"#;
        let seen = texts(&format!(r#"{{"h":{inner},"i":1,"j":2,"k":3,"l":4}}"#));
        let mut shapes = Vec::new();
        let text = format!(r#"{{"h":{inner},"i":1,"j":2,"k":3,"l":4}}"#);
        node(text.as_bytes(), "", &mut shapes).unwrap();
        let turns = turns(&shapes);
        let counts: Vec<_> = turns.iter().map(|turn| orders(&shapes, turn)).collect();
        assert_eq!(counts, [120, 5_040]);
        // 120 of the outer and 5040 of the inner one; the one as written is in both.
        assert_eq!(seen.len(), 5_159);
    }
}
