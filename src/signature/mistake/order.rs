//! The order stage: the right parts, put together wrongly.

use std::borrow::Cow;
use std::cmp::Ordering;

use super::{Case, Change, Mistake, Piece, Stage, mistake};
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
    /// The right order without this part.
    Without(usize),
    /// The right order with this part twice, side by side.
    Doubled(usize),
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

const AS_LISTED: &str = "put the parts together in the documented order, with nothing between";
const SORTED: &str = "sort the parts as byte strings, each by its whole text, and join them with \
                      nothing between";
const JOINER: &str = "join the parts with exactly what the platform puts between them";

pub(super) fn mistakes(case: &Case<'_>) -> Vec<Mistake> {
    let mut found = Vec::new();
    let mut push = |id: &'static str, title: String, advice, arrange| {
        found.push(mistake(
            Stage::Order,
            id,
            title,
            advice,
            Change::Arrange(arrange),
        ));
    };
    let order = if case.sorts() { SORTED } else { AS_LISTED };
    let listed: Vec<_> = (0..case.values.len()).collect();
    if case.sorts() {
        push(
            "order.unsorted",
            format!("the parts were not sorted: {}", names(case, &listed)),
            order,
            Arrange::Permuted(listed.clone()),
        );
    } else {
        push(
            "order.sorted",
            "the parts were sorted, as WeChat's and Tencent's rule does".into(),
            order,
            Arrange::Sorted(<[u8]>::cmp, Keep::Equals),
        );
    }
    for (id, title, compare) in SORTS {
        push(
            id,
            (*title).to_owned(),
            order,
            Arrange::Sorted(*compare, Keep::Equals),
        );
    }
    push(
        "order.set",
        "equal parts were dropped, as a set does".into(),
        order,
        Arrange::Sorted(<[u8]>::cmp, Keep::One),
    );
    push(
        "order.characters-sorted",
        "the characters were sorted after joining".into(),
        order,
        Arrange::Characters,
    );
    push(
        "order.sort-result",
        "PHP's `$a = sort($a)` was hashed: the text `1`".into(),
        "`sort` sorts in place and returns true: do not assign its result",
        Arrange::Text(b"1"),
    );
    push(
        "order.array-text",
        "an array was hashed as the text `Array`".into(),
        "join the parts before hashing them",
        Arrange::Text(b"Array"),
    );
    for permutation in permutations(case.values.len()) {
        push(
            "order.permuted",
            format!("the order was {}", names(case, &permutation)),
            order,
            Arrange::Permuted(permutation),
        );
    }
    for (id, title, between) in JOINERS {
        push(id, (*title).to_owned(), JOINER, Arrange::Joined(between));
    }
    found.extend(contents(case));
    found.extend(layouts());
    found
}

/// Parts missing, doubled or mixed in.
fn contents(case: &Case<'_>) -> Vec<Mistake> {
    let mut found = Vec::new();
    let mut push = |id: &'static str, title: String, arrange| {
        found.push(mistake(
            Stage::Order,
            id,
            title,
            "hash exactly the documented parts, each once",
            Change::Arrange(arrange),
        ));
    };
    for at in 0..case.values.len() {
        let name = case.name(at);
        push(
            "order.part-missing",
            format!("`{name}` was left out"),
            Arrange::Without(at),
        );
        push(
            "order.part-doubled",
            format!("`{name}` was taken twice"),
            Arrange::Doubled(at),
        );
    }
    for (index, extra) in case.extras.iter().enumerate() {
        for at in [At::End, At::Start] {
            push(
                "order.part-added",
                format!("`{}` was mixed in", extra.name),
                Arrange::With(index, at),
            );
        }
    }
    found
}

/// The right order, in another layout.
fn layouts() -> Vec<Mistake> {
    let mut found = Vec::new();
    let mut push = |id: &'static str, title: &str, arrange| {
        found.push(mistake(
            Stage::Order,
            id,
            title,
            JOINER,
            Change::Arrange(arrange),
        ));
    };
    for (between, by_name, encoded, title) in [
        (
            &b"&"[..],
            false,
            false,
            "name=value pairs joined by `&` were hashed",
        ),
        (
            b"&",
            true,
            false,
            "name=value pairs sorted by name and joined by `&` were hashed",
        ),
        (
            b"&",
            false,
            true,
            "percent-encoded name=value pairs joined by `&` were hashed",
        ),
        (
            b"&",
            true,
            true,
            "percent-encoded name=value pairs sorted by name and joined by `&` were hashed",
        ),
        (b"\n", false, false, "name=value lines were hashed"),
        (
            b"\n",
            true,
            false,
            "name=value lines sorted by name were hashed",
        ),
        (
            b"",
            false,
            false,
            "name=value pairs with nothing between were hashed",
        ),
    ] {
        push(
            "order.key-value",
            title,
            Arrange::Named {
                between,
                by_name,
                encoded,
            },
        );
    }
    for (id, title, before, behind) in [
        (
            "order.trailing-newline",
            "a newline stood behind the base string",
            &b""[..],
            &b"\n"[..],
        ),
        (
            "order.trailing-crlf",
            "a carriage return and a newline stood behind the base string",
            b"",
            b"\r\n",
        ),
        (
            "order.trailing-separator",
            "a `&` stood behind the base string",
            b"",
            b"&",
        ),
        (
            "order.trailing-blank",
            "a blank stood behind the base string",
            b"",
            b" ",
        ),
        (
            "order.trailing-nul",
            "a zero byte stood behind the base string",
            b"",
            b"\0",
        ),
        (
            "order.leading-newline",
            "a newline stood before the base string",
            b"\n",
            b"",
        ),
        (
            "order.leading-bom",
            "a byte order mark stood before the base string",
            b"\xef\xbb\xbf",
            b"",
        ),
        (
            "order.quoted",
            "the base string stood in double quotes",
            b"\"",
            b"\"",
        ),
        (
            "order.nulls-around",
            "`null` stood before the base string: a variable that was never set",
            b"null",
            b"",
        ),
        (
            "order.undefined-before",
            "`undefined` stood before the base string: a variable that was never set",
            b"undefined",
            b"",
        ),
    ] {
        push(id, title, Arrange::Wrapped(before, behind));
    }
    push(
        "order.list-text",
        "a JSON list of the parts was hashed",
        Arrange::List(b"\"", b","),
    );
    push(
        "order.list-text",
        "a Python list of the parts was hashed",
        Arrange::List(b"'", b", "),
    );
    found
}

type Sort = (&'static str, &'static str, fn(&[u8], &[u8]) -> Ordering);

const SORTS: &[Sort] = &[
    (
        "order.numeric-sort",
        "the parts were sorted with numbers as numbers (PHP's sort() without SORT_STRING)",
        php_sort,
    ),
    (
        "order.case-insensitive-sort",
        "the parts were sorted without regard to case",
        |a, b| a.to_ascii_lowercase().cmp(&b.to_ascii_lowercase()),
    ),
    (
        "order.locale-sort",
        "the parts were sorted by a locale (localeCompare, Collator)",
        locale_sort,
    ),
    (
        "order.natural-sort",
        "the parts were sorted naturally: runs of digits as numbers",
        natural_sort,
    ),
    (
        "order.reverse-sort",
        "the parts were sorted downwards",
        |a, b| b.cmp(a),
    ),
    (
        "order.length-sort",
        "the parts were sorted by length",
        |a, b| a.len().cmp(&b.len()),
    ),
];

const JOINERS: &[(&str, &str, &[u8])] = &[
    (
        "order.joined-nothing",
        "the parts were joined with nothing between",
        b"",
    ),
    (
        "order.joined-ampersand",
        "the parts were joined by `&`",
        b"&",
    ),
    ("order.joined-comma", "the parts were joined by `,`", b","),
    (
        "order.joined-newline",
        "the parts were joined by newlines",
        b"\n",
    ),
    (
        "order.joined-crlf",
        "the parts were joined by carriage returns and newlines",
        b"\r\n",
    ),
    (
        "order.joined-blank",
        "the parts were joined by blanks",
        b" ",
    ),
    (
        "order.joined-literal-newline",
        "the parts were joined by the two characters `\\n`",
        b"\\n",
    ),
    (
        "order.joined-slash-n",
        "the parts were joined by the two characters `/n`",
        b"/n",
    ),
    ("order.joined-dot", "the parts were joined by `.`", b"."),
    ("order.joined-colon", "the parts were joined by `:`", b":"),
    ("order.joined-pipe", "the parts were joined by `|`", b"|"),
    ("order.joined-dash", "the parts were joined by `-`", b"-"),
    (
        "order.joined-underscore",
        "the parts were joined by `_`",
        b"_",
    ),
    (
        "order.joined-semicolon",
        "the parts were joined by `;`",
        b";",
    ),
    ("order.joined-plus", "the parts were joined by `+`", b"+"),
    (
        "order.joined-comma-blank",
        "the parts were joined by `, `",
        b", ",
    ),
];

/// PHP 8's comparison: two numeric strings compare as numbers, all else as strings.
fn php_sort(a: &[u8], b: &[u8]) -> Ordering {
    match (numeric(a), numeric(b)) {
        (Some(a), Some(b)) => a.partial_cmp(&b).unwrap_or(Ordering::Equal),
        _ => a.cmp(b),
    }
}

/// A string that PHP takes for a number.
fn numeric(text: &[u8]) -> Option<f64> {
    let text = std::str::from_utf8(text)
        .ok()?
        .trim_matches([' ', '\t', '\n', '\r']);
    let allowed = |byte: u8| byte.is_ascii_digit() || b"+-.eE".contains(&byte);
    (!text.is_empty() && text.bytes().all(allowed))
        .then(|| text.parse().ok())
        .flatten()
}

/// What ICU's root collation does with ASCII: punctuation, then digits, then letters without
/// regard to case, lower case first among equals.
fn locale_sort(a: &[u8], b: &[u8]) -> Ordering {
    let class = |byte: &u8| match byte {
        b'0'..=b'9' => (1, *byte),
        b'a'..=b'z' | b'A'..=b'Z' => (2, byte.to_ascii_lowercase()),
        0x80.. => (3, *byte),
        _ => (0, *byte),
    };
    let case = |byte: &u8| u8::from(byte.is_ascii_uppercase());
    a.iter()
        .map(class)
        .cmp(b.iter().map(class))
        .then_with(|| a.iter().map(case).cmp(b.iter().map(case)))
}

fn natural_sort(a: &[u8], b: &[u8]) -> Ordering {
    let (mut a, mut b) = (a, b);
    loop {
        let digits = |text: &[u8]| text.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let (in_a, in_b) = (digits(a), digits(b));
        if in_a > 0 && in_b > 0 {
            fn bare(text: &[u8]) -> &[u8] {
                let zeros = text.iter().take_while(|&&byte| byte == b'0').count();
                &text[zeros..]
            }
            let (left, right) = (bare(&a[..in_a]), bare(&b[..in_b]));
            let order = left.len().cmp(&right.len()).then_with(|| left.cmp(right));
            if order != Ordering::Equal {
                return order;
            }
            (a, b) = (&a[in_a..], &b[in_b..]);
            continue;
        }
        match (a.split_first(), b.split_first()) {
            (Some((x, rest_a)), Some((y, rest_b))) if x == y => (a, b) = (rest_a, rest_b),
            _ => return a.cmp(b),
        }
    }
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
        let between = |text: &'p [u8]| Piece {
            bytes: Cow::Borrowed(text),
            part: None,
            secret: false,
        };
        let right = || ordered(case, values);
        let joined = |parts: Vec<Piece<'p>>, joiner: &'p [u8]| join(parts, &between(joiner));
        let whole = |parts: &[(usize, &'p [u8])]| {
            joined(parts.iter().map(piece).collect(), &case.form.joiner)
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
            Self::Joined(joiner) => joined(right().iter().map(piece).collect(), joiner),
            Self::Named {
                between: pair,
                by_name,
                encoded,
            } => named(case, right(), pair, *by_name, *encoded, secret_at),
            Self::Without(at) => {
                let mut parts = right();
                parts.retain(|part| part.0 != *at);
                whole(&parts)
            }
            Self::Doubled(at) => {
                let mut parts = right();
                if let Some(found) = parts.iter().position(|part| part.0 == *at) {
                    parts.insert(found, parts[found]);
                }
                whole(&parts)
            }
            Self::With(index, at) => with_extra(case, values, *index, *at, &piece),
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
            Self::Text(text) => vec![between(text)],
            Self::Wrapped(before, behind) => {
                let mut pieces = whole(&right());
                if !before.is_empty() {
                    pieces.insert(0, between(before));
                }
                if !behind.is_empty() {
                    pieces.push(between(behind));
                }
                pieces
            }
            Self::List(quote, separator) => {
                let mut pieces = vec![between(b"[")];
                for (index, part) in right().iter().enumerate() {
                    if index > 0 {
                        pieces.push(between(separator));
                    }
                    pieces.extend([between(quote), piece(part), between(quote)]);
                }
                pieces.push(between(b"]"));
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
    piece: &dyn Fn(&(usize, &'p [u8])) -> Piece<'p>,
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
    join(
        pieces,
        &Piece {
            bytes: Cow::Borrowed(&case.form.joiner),
            part: None,
            secret: false,
        },
    )
}

fn names(case: &Case<'_>, order: &[usize]) -> String {
    order
        .iter()
        .map(|&at| case.name(at))
        .collect::<Vec<_>>()
        .join(", ")
}

/// Every order of `count` things, up to five of them: more than that nobody confuses by hand.
fn permutations(count: usize) -> Vec<Vec<usize>> {
    let mut all = vec![Vec::new()];
    if count > 5 {
        return Vec::new();
    }
    for _ in 0..count {
        all = all
            .into_iter()
            .flat_map(|order: Vec<usize>| {
                (0..count)
                    .filter(|next| !order.contains(next))
                    .map(|next| order.iter().copied().chain([next]).collect())
                    .collect::<Vec<_>>()
            })
            .collect();
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sorted<'a>(compare: fn(&[u8], &[u8]) -> Ordering, mut texts: Vec<&'a str>) -> Vec<&'a str> {
        texts.sort_by(|a, b| compare(a.as_bytes(), b.as_bytes()));
        texts
    }

    #[test]
    fn php_sorts_numeric_strings_as_numbers() {
        assert_eq!(
            sorted(php_sort, vec!["2014", "1604458421", "437374425"]),
            ["2014", "437374425", "1604458421"]
        );
    }

    #[test]
    fn natural_sort_compares_runs_of_digits_as_numbers() {
        assert_eq!(
            sorted(natural_sort, vec!["a10", "a9", "a09b", "b"]),
            ["a9", "a09b", "a10", "b"]
        );
    }

    #[test]
    fn a_locale_sorts_lower_case_before_upper_case_and_letters_behind_digits() {
        assert_eq!(
            sorted(locale_sort, vec!["B", "a", "A", "_", "1"]),
            ["_", "1", "a", "A", "B"]
        );
    }

    #[test]
    fn there_are_as_many_permutations_as_there_should_be() {
        assert_eq!(permutations(3).len(), 6);
        assert_eq!(permutations(5).len(), 120);
        assert!(permutations(6).is_empty());
    }
}
