//! The order stage: the right parts, put together wrongly.

use std::cmp::Ordering;

use super::arrange::{Arrange, At, Keep};
use super::sort::{locale_sort, natural_sort, php_numeric_sort, php_sort};
use super::{Case, Change, Mistake, Stage, mistake};

const AS_LISTED: &str = "put the parts together in the documented order, without sorting them";
const SORTED: &str = "sort the parts as byte strings, each by its whole text, before joining them";

/// How to join the parts of a form.
fn joiner(case: &Case<'_>) -> &'static str {
    match case.form.joiner.as_slice() {
        b"" => "join the parts with nothing between and nothing around them",
        b"\n" => "join the parts by newlines, with none after the last",
        b"." => "join the parts by `.`, with none after the last",
        _ => "join the parts with exactly what the platform puts between them",
    }
}

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
    let permuted = || {
        permutations(case.values.len())
            .into_iter()
            .map(|order| (names(case, &order), Arrange::Permuted(order)))
    };
    // Where nothing is to be sorted, two parts were swapped before anybody sorted by length.
    if !case.sorts() {
        for (names, arrange) in permuted() {
            let title = format!("the order was {names}");
            push("order.permuted", title, order, arrange);
        }
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
    if case.sorts() {
        for (names, arrange) in permuted() {
            let title = format!("the order was {names}");
            push("order.permuted", title, order, arrange);
        }
    }
    let joined = joiner(case);
    for (id, title, between) in JOINERS {
        push(id, (*title).to_owned(), joined, Arrange::Joined(between));
    }
    found.extend(contents(case));
    found.extend(layouts(joined));
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
    for kept in subsets(case.values.len()) {
        let left_out: Vec<_> = (0..case.values.len())
            .filter(|at| !kept.contains(at))
            .collect();
        let title = match (left_out.as_slice(), kept.as_slice()) {
            ([one], _) => format!("`{}` was left out", case.name(*one)),
            (_, [one]) => format!("only `{}` was hashed", case.name(*one)),
            _ => format!("the parts {} were left out", names(case, &left_out)),
        };
        push("order.part-missing", title, Arrange::Only(kept));
    }
    push(
        "order.nothing",
        "nothing at all was hashed: an empty text".into(),
        Arrange::Text(b""),
    );
    for at in 0..case.values.len() {
        let name = case.name(at);
        push(
            "order.part-doubled",
            format!("`{name}` was taken twice"),
            Arrange::Doubled(at),
        );
        if !case.sorts() {
            push(
                "order.part-doubled",
                format!("`{name}` was taken again after all parts"),
                Arrange::Again(at),
            );
        }
    }
    for (index, extra) in case.extras.iter().enumerate() {
        for at in [At::End, At::Start] {
            push(
                "order.part-added",
                format!("`{}` was hashed too", extra.name),
                Arrange::With(index, at),
            );
        }
    }
    found
}

/// The right order, in another layout.
fn layouts(advice: &'static str) -> Vec<Mistake> {
    let named = NAMED.iter().map(|&(between, by_name, encoded, title)| {
        let arrange = Arrange::Named {
            between,
            by_name,
            encoded,
        };
        ("order.key-value", title, arrange)
    });
    let wrapped = WRAPPED
        .iter()
        .map(|&(id, title, before, after)| (id, title, Arrange::Wrapped(before, after)));
    let lists = [
        (
            "order.list-text",
            "a JSON list of the parts was hashed",
            Arrange::List(b"\"", b","),
        ),
        (
            "order.list-text",
            "a Python list of the parts was hashed",
            Arrange::List(b"'", b", "),
        ),
    ];
    named
        .chain(wrapped)
        .chain(lists)
        .map(|(id, title, arrange)| {
            mistake(Stage::Order, id, title, advice, Change::Arrange(arrange))
        })
        .collect()
}

/// `name=value` pairs: what stands between two, whether sorted by name, whether encoded.
const NAMED: &[(&[u8], bool, bool, &str)] = &[
    (
        b"&",
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
];

type Wrapped = (&'static str, &'static str, &'static [u8], &'static [u8]);

/// Something before or after the right base string.
const WRAPPED: &[Wrapped] = &[
    (
        "order.trailing-newline",
        "a newline stood after the base string",
        b"",
        b"\n",
    ),
    (
        "order.trailing-crlf",
        "a carriage return and a newline stood after the base string",
        b"",
        b"\r\n",
    ),
    (
        "order.trailing-separator",
        "a `&` stood after the base string",
        b"",
        b"&",
    ),
    (
        "order.trailing-blank",
        "a blank stood after the base string",
        b"",
        b" ",
    ),
    (
        "order.trailing-nul",
        "a zero byte stood after the base string",
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
        "order.null-before",
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
];

type Sort = (&'static str, &'static str, fn(&[u8], &[u8]) -> Ordering);

const SORTS: &[Sort] = &[
    (
        "order.numeric-sort",
        "numeric parts were sorted by value, not as text (PHP's sort() without SORT_STRING)",
        php_sort,
    ),
    (
        "order.numeric-sort",
        "the parts were sorted by value (PHP's sort() with SORT_NUMERIC): text without digits \
         before it counts as 0",
        php_numeric_sort,
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
        "the parts were sorted in descending order",
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

fn names(case: &Case<'_>, order: &[usize]) -> String {
    order
        .iter()
        .map(|&at| case.name(at))
        .collect::<Vec<_>>()
        .join(", ")
}

/// Some of `count` things, but not all: one left out first, then only one taken, then the rest.
fn subsets(count: usize) -> Vec<Vec<usize>> {
    if count > 5 {
        let without = |out| (0..count).filter(|at| *at != out).collect();
        return (0..count).map(without).collect();
    }
    let all: u32 = (1 << count) - 1;
    let mut masks: Vec<u32> = (1..all).collect();
    masks.sort_by_key(|mask| match mask.count_ones() as usize {
        ones if ones + 1 == count => 0,
        1 => 1,
        _ => 2,
    });
    let of = |mask: u32| (0..count).filter(move |at| mask & (1 << at) != 0);
    masks.into_iter().map(|mask| of(mask).collect()).collect()
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

    #[test]
    fn there_are_as_many_permutations_as_there_should_be() {
        assert_eq!(permutations(3).len(), 6);
        assert_eq!(permutations(5).len(), 120);
        assert!(permutations(6).is_empty());
    }

    #[test]
    fn subsets_that_lack_one_come_first() {
        assert_eq!(
            subsets(3),
            [
                vec![0, 1],
                vec![0, 2],
                vec![1, 2],
                vec![0],
                vec![1],
                vec![2]
            ]
        );
        assert_eq!(subsets(6).len(), 6);
    }
}
