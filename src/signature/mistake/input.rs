//! The input stage: what happens to values of the query, the headers, the clock and the URL.

use super::{Case, Change, Mistake, Stage, mistake, time, token, url};
use crate::signature::evidence::{percent_decoded, percent_encoded};
use crate::signature::recipe::Source;

/// Values longer than this are bodies, not parameters.
const LONGEST_PARAMETER: usize = 1 << 14;

pub(super) fn mistakes(case: &Case<'_>) -> Vec<Mistake> {
    let mut found = token::mistakes(case);
    found.extend(carried(case));
    found.extend(absent(case));
    found.extend(time::mistakes(case));
    found.extend(url::mistakes(case));
    found
}

/// The parts that travel as parameters: short values of query, headers, members and fields.
fn parameters<'c>(case: &'c Case<'_>) -> impl Iterator<Item = usize> + use<'c> {
    case.inputs().filter(|&at| {
        !matches!(
            case.form.parts[at].source,
            Source::Url(_) | Source::Method | Source::Body { .. }
        ) && case.values[at].len() <= LONGEST_PARAMETER
            && !case.values[at].starts_with(b"{")
            && !case.values[at].starts_with(b"[")
    })
}

type Carrying = (
    &'static str,
    &'static str,
    &'static str,
    fn(&[u8]) -> Vec<u8>,
);

const DECODE_ONCE: &str = "percent-decode each value of the raw query exactly once";

const TRAILING: &str = "query.trailing-newline";

/// What carrying does to a value.
const CARRYINGS: &[Carrying] = &[
    (
        "query.plus-to-blank",
        "got a blank for each `+`: it was decoded as a form",
        "take the value from the raw query string and percent-decode it only: a `+` is a `+`",
        |value| replaced(value, b"+", b" "),
    ),
    (
        "query.blank-to-plus",
        "got a `+` for each blank: a repair that was not needed",
        "do not repair blanks blindly: read the raw query string",
        |value| replaced(value, b" ", b"+"),
    ),
    (
        "query.plus-to-percent",
        "got `%2B` for each `+`: a repair that was not needed",
        DECODE_ONCE,
        |value| replaced(value, b"+", b"%2B"),
    ),
    (
        "query.decoded-twice",
        "went through percent-decoding twice",
        DECODE_ONCE,
        percent_decoded,
    ),
    (
        "query.percent-encoded",
        "went into the hash percent-encoded",
        DECODE_ONCE,
        |value| percent_encoded(value).into_bytes(),
    ),
    (
        TRAILING,
        "had a newline at the end",
        "trim the value where it is read",
        |value| [value, b"\n"].concat(),
    ),
    (
        "query.quoted",
        "had double quotes around",
        "take the value without its quotes",
        |value| [b"\"", value, b"\""].concat(),
    ),
    (
        "query.lower-case",
        "went into the hash in lower case",
        "hash the value as it was sent: case counts",
        <[u8]>::to_ascii_lowercase,
    ),
    (
        "query.upper-case",
        "went into the hash in upper case",
        "hash the value as it was sent: case counts",
        <[u8]>::to_ascii_uppercase,
    ),
];

fn carried(case: &Case<'_>) -> Vec<Mistake> {
    let mut found = Vec::new();
    let parameters: Vec<_> = parameters(case).collect();
    for &(id, title, advice, carry) in CARRYINGS {
        push_each_and_all(case, &mut found, &parameters, (id, title, advice), &|at| {
            // Behind a token's last part it is the whole text that had the newline.
            let ends_all = id == TRAILING && case.is_token() && at + 1 == case.values.len();
            (!ends_all).then(|| carry(&case.values[at]))
        });
    }
    for &entities in ENTITIES {
        push_each_and_all(
            case,
            &mut found,
            &parameters,
            (
                "query.html-escaped",
                "went into the hash HTML-escaped",
                "hash the value as it was sent: switch off the escaping of input \
                 (`htmlspecialchars` and the like)",
            ),
            &|at| Some(html_escaped(&case.values[at], entities)),
        );
    }
    push_each_and_all(
        case,
        &mut found,
        &parameters,
        (
            "query.html-unescaped",
            "went into the hash with HTML entities decoded",
            "hash the value as it was sent",
        ),
        &|at| Some(html_unescaped(&case.values[at])),
    );
    push_each_and_all(
        case,
        &mut found,
        &parameters,
        (
            "query.not-decoded",
            "went into the hash as sent, not percent-decoded",
            DECODE_ONCE,
        ),
        &|at| match case.form.parts[at].source {
            Source::Query(_) | Source::Field(_) => case.raw[at].clone(),
            _ => None,
        },
    );
    push_each_and_all(
        case,
        &mut found,
        &parameters,
        (
            "body.nonce-cut-at-8",
            "lost all but the first 8 bytes",
            "take the whole nonce: its length is not fixed",
        ),
        &|at| {
            (case.name(at) == "nonce" && case.values[at].len() > 8)
                .then(|| case.values[at][..8].to_vec())
        },
    );
    found
}

/// Makes a mistake for each part that it changes, and for all of them together.
fn push_each_and_all(
    case: &Case<'_>,
    found: &mut Vec<Mistake>,
    parts: &[usize],
    (id, title, advice): (&'static str, &str, &'static str),
    change: &dyn Fn(usize) -> Option<Vec<u8>>,
) {
    let changed: Vec<_> = parts
        .iter()
        .filter_map(|&at| change(at).map(|value| (at, value)))
        .filter(|(at, value)| *value != case.values[*at])
        .collect();
    for (at, value) in &changed {
        found.push(mistake(
            Stage::Input,
            id,
            format!("`{}` {title}", case.name(*at)),
            advice,
            Change::Values(vec![(*at, value.clone())]),
        ));
    }
    if changed.len() > 1 {
        let names: Vec<_> = changed
            .iter()
            .map(|(at, _)| format!("`{}`", case.name(*at)))
            .collect();
        found.push(mistake(
            Stage::Input,
            id,
            format!("{} {title}", names.join(" and ")),
            advice,
            Change::Values(changed),
        ));
    }
}

/// The value was looked for where it is not: in the query instead of the headers, say.
fn absent(case: &Case<'_>) -> Vec<Mistake> {
    const ADVICE: &str = "read the value from where the platform puts it; print what your code \
                          hashes and you will see that it is missing";
    let mut found = Vec::new();
    let parameters: Vec<_> = parameters(case).collect();
    for (id, title, text) in [
        (
            "query.empty",
            "came out empty: not found where the code looked",
            "",
        ),
        (
            "query.null",
            "became `null`: not found where the code looked",
            "null",
        ),
        (
            "query.undefined",
            "became `undefined`: not found where the code looked",
            "undefined",
        ),
        (
            "query.none",
            "became `None`: not found where the code looked",
            "None",
        ),
        (
            "query.nil",
            "became `nil`: not found where the code looked",
            "nil",
        ),
    ] {
        push_each_and_all(case, &mut found, &parameters, (id, title, ADVICE), &|_| {
            Some(text.as_bytes().to_vec())
        });
    }
    found
}

/// The ways in which languages escape HTML: PHP, Python and C#, Go, and characters alone.
const ENTITIES: &[&[(&str, &str)]] = &[
    &[
        ("&", "&amp;"),
        ("<", "&lt;"),
        (">", "&gt;"),
        ("\"", "&quot;"),
        ("'", "&#039;"),
    ],
    &[
        ("&", "&amp;"),
        ("<", "&lt;"),
        (">", "&gt;"),
        ("\"", "&quot;"),
        ("'", "&#39;"),
    ],
    &[
        ("&", "&amp;"),
        ("<", "&lt;"),
        (">", "&gt;"),
        ("\"", "&quot;"),
        ("'", "&#x27;"),
    ],
    &[
        ("&", "&amp;"),
        ("<", "&lt;"),
        (">", "&gt;"),
        ("\"", "&#34;"),
        ("'", "&#39;"),
    ],
    &[
        ("&", "&amp;"),
        ("<", "&lt;"),
        (">", "&gt;"),
        ("\"", "&quot;"),
    ],
    &[("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")],
    &[("&", "&amp;")],
];

fn html_escaped(value: &[u8], entities: &[(&str, &str)]) -> Vec<u8> {
    entities
        .iter()
        .fold(value.to_vec(), |text, (character, entity)| {
            replaced(&text, character.as_bytes(), entity.as_bytes())
        })
}

fn html_unescaped(value: &[u8]) -> Vec<u8> {
    let entities = ENTITIES.iter().flat_map(|entities| entities.iter());
    // `&amp;` comes last, or `&amp;lt;` would be decoded twice.
    let (last, first): (Vec<_>, Vec<_>) = entities.partition(|(character, _)| *character == "&");
    first
        .into_iter()
        .chain(last.into_iter().take(1))
        .fold(value.to_vec(), |text, (character, entity)| {
            replaced(&text, entity.as_bytes(), character.as_bytes())
        })
}

fn replaced(text: &[u8], what: &[u8], with: &[u8]) -> Vec<u8> {
    let mut changed = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = memchr::memmem::find(rest, what) {
        changed.extend_from_slice(&rest[..at]);
        changed.extend_from_slice(with);
        rest = &rest[at + what.len()..];
    }
    changed.extend_from_slice(rest);
    changed
}
