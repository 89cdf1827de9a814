//! How a base string is put together, rightly and wrongly.

use std::borrow::Cow;
use std::cmp::Ordering;

use super::{Case, Piece};
use crate::signature::evidence::percent_encoded;

/// How a base string is put together.
#[derive(Clone, Debug)]
pub enum Arrange {
    /// As the form says.
    Documented,
    /// The listed parts in this order.
    Permuted(Vec<usize>),
    /// Sorted by a comparison, equal ones kept or dropped.
    Sorted(fn(&[u8], &[u8]) -> Ordering, Keep),
    /// The right order, with this between the parts.
    Joined(&'static [u8]),
    /// `name=value` pairs, by name or in the right order, values percent-encoded or not.
    Named {
        /// Stands between two pairs.
        between: &'static [u8],
        /// Sorted by name.
        by_name: bool,
        /// Values percent-encoded.
        encoded: bool,
    },
    /// The right order of these parts only.
    Only(Vec<usize>),
    /// The right order with this part twice, side by side.
    Doubled(usize),
    /// The right order with this part behind all once more.
    Again(usize),
    /// The right order with another thing of the request, by index into the extras.
    With(usize, At),
    /// Every character sorted after joining.
    Characters,
    /// This text, whatever the parts are.
    Text(&'static [u8]),
    /// The right base string with this before and behind it.
    Wrapped(&'static [u8], &'static [u8]),
    /// A JSON or Python list of the parts.
    List(&'static [u8], &'static [u8]),
}

/// What becomes of equal parts when sorted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// They stay.
    Equals,
    /// One stays, as in a set.
    One,
}

/// Where another thing is mixed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum At {
    /// Before the other parts (where they are sorted, it is sorted too).
    Start,
    /// Behind them.
    End,
}

impl Arrange {
    /// The pieces of the base string. `values` are the listed parts with their indices.
    pub(super) fn pieces<'p>(
        &'p self,
        case: &'p Case<'_>,
        values: &[(usize, &'p [u8])],
    ) -> Vec<Piece<'p>> {
        let secret_at = case.secret_at();
        let piece = |&(at, value): &(usize, &'p [u8])| Piece {
            bytes: Cow::Borrowed(value),
            part: Some(at),
            secret: Some(at) == secret_at,
        };
        let right = || ordered(case, values);
        let with_joiner =
            |parts: Vec<Piece<'p>>, joiner: &'p [u8]| join(parts, &Piece::between(joiner));
        let whole = |parts: &[(usize, &'p [u8])]| {
            with_joiner(parts.iter().map(piece).collect(), &case.form.joiner)
        };
        match self {
            Self::Documented => whole(&right()),
            Self::Permuted(order) => whole(
                &order
                    .iter()
                    .filter_map(|&at| values.get(at).copied())
                    .collect::<Vec<_>>(),
            ),
            Self::Sorted(compare, keep) => {
                let mut parts = values.to_vec();
                parts.sort_by(|a, b| compare(a.1, b.1));
                if *keep == Keep::One {
                    parts.dedup_by(|a, b| a.1 == b.1);
                }
                whole(&parts)
            }
            Self::Joined(joiner) => with_joiner(right().iter().map(piece).collect(), joiner),
            Self::Named {
                between: pair,
                by_name,
                encoded,
            } => named(case, right(), pair, *by_name, *encoded, secret_at),
            Self::Only(kept) => {
                let mut parts = right();
                parts.retain(|part| kept.contains(&part.0));
                whole(&parts)
            }
            Self::Again(at) => {
                let mut parts = right();
                parts.extend(values.get(*at));
                whole(&parts)
            }
            Self::Doubled(at) => {
                let mut parts = right();
                if let Some(found) = parts.iter().position(|part| part.0 == *at) {
                    parts.insert(found, parts[found]);
                }
                whole(&parts)
            }
            Self::With(index, at) => with_extra(case, values, *index, *at, piece),
            Self::Characters => {
                let mut bytes = right()
                    .iter()
                    .map(|part| part.1)
                    .collect::<Vec<_>>()
                    .concat();
                bytes.sort_unstable();
                vec![Piece {
                    bytes: Cow::Owned(bytes),
                    part: None,
                    secret: secret_at.is_some(),
                }]
            }
            Self::Text(text) => vec![Piece::between(text)],
            Self::Wrapped(before, behind) => {
                let mut pieces = whole(&right());
                if !before.is_empty() {
                    pieces.insert(0, Piece::between(before));
                }
                if !behind.is_empty() {
                    pieces.push(Piece::between(behind));
                }
                pieces
            }
            Self::List(quote, separator) => {
                let mut pieces = vec![Piece::between(b"[")];
                for (index, part) in right().iter().enumerate() {
                    if index > 0 {
                        pieces.push(Piece::between(separator));
                    }
                    pieces.extend([Piece::between(quote), piece(part), Piece::between(quote)]);
                }
                pieces.push(Piece::between(b"]"));
                pieces
            }
        }
    }
}

/// The parts in the form's own order.
fn ordered<'p>(case: &Case<'_>, values: &[(usize, &'p [u8])]) -> Vec<(usize, &'p [u8])> {
    let mut parts = values.to_vec();
    if case.sorts() {
        parts.sort_by(|a, b| a.1.cmp(b.1));
    }
    parts
}

fn join<'p>(parts: Vec<Piece<'p>>, joiner: &Piece<'p>) -> Vec<Piece<'p>> {
    if joiner.bytes.is_empty() {
        return parts;
    }
    let mut pieces = Vec::with_capacity(parts.len() * 2);
    for part in parts {
        if !pieces.is_empty() {
            pieces.push(joiner.clone());
        }
        pieces.push(part);
    }
    pieces
}

fn named<'p>(
    case: &'p Case<'_>,
    mut parts: Vec<(usize, &'p [u8])>,
    pair: &'p [u8],
    by_name: bool,
    encoded: bool,
    secret_at: Option<usize>,
) -> Vec<Piece<'p>> {
    if by_name {
        parts.sort_by_key(|part| case.name(part.0));
    }
    let mut pieces = Vec::with_capacity(parts.len() * 4);
    let text = |text: Cow<'p, [u8]>| Piece {
        bytes: text,
        part: None,
        secret: false,
    };
    for (at, value) in parts {
        if !pieces.is_empty() {
            pieces.push(text(Cow::Borrowed(pair)));
        }
        pieces.push(text(Cow::Borrowed(case.name(at).as_bytes())));
        pieces.push(text(Cow::Borrowed(b"=")));
        pieces.push(Piece {
            bytes: if encoded {
                Cow::Owned(percent_encoded(value).into_bytes())
            } else {
                Cow::Borrowed(value)
            },
            part: Some(at),
            secret: Some(at) == secret_at,
        });
    }
    pieces
}

fn with_extra<'p>(
    case: &'p Case<'_>,
    values: &[(usize, &'p [u8])],
    index: usize,
    at: At,
    piece: impl Fn(&(usize, &'p [u8])) -> Piece<'p>,
) -> Vec<Piece<'p>> {
    let extra = case.extras[index].value.as_slice();
    // No part has this index, so the extra is shown as text of its own.
    let nowhere = values.len();
    let mut parts = values.to_vec();
    match at {
        At::Start => parts.insert(0, (nowhere, extra)),
        At::End => parts.push((nowhere, extra)),
    }
    if case.sorts() {
        parts.sort_by(|a, b| a.1.cmp(b.1));
    }
    let pieces = parts
        .iter()
        .map(|part| {
            let mut piece = piece(part);
            if part.0 == nowhere {
                piece.part = None;
            }
            piece
        })
        .collect();
    join(pieces, &Piece::between(&case.form.joiner))
}
