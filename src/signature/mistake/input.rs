//! The input stage: what happens to values of the query, the headers, the clock and the URL.

use super::{Case, Change, Mistake, Stage, mistake};
use crate::signature::evidence::{percent_decoded, percent_encoded};
use crate::signature::recipe::{Source, TimeUnit};

/// Values longer than this are bodies, not parameters.
const LONGEST_PARAMETER: usize = 512;

pub(super) fn mistakes(case: &Case<'_>) -> Vec<Mistake> {
    let mut found = carried(case);
    found.extend(absent(case));
    found.extend(time(case));
    found.extend(url(case));
    found.extend(method(case));
    found.extend(token(case));
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

/// What carrying does to a value.
const CARRYINGS: &[Carrying] = &[
    (
        "query.plus-to-blank",
        "a `+` became a blank: the query was decoded as a form",
        "take the value from the raw query string and percent-decode it only: a `+` is a `+`",
        |value| replaced(value, b"+", b" "),
    ),
    (
        "query.blank-to-plus",
        "a blank was repaired to a `+` although it was none",
        "do not repair blanks blindly: read the raw query string",
        |value| replaced(value, b" ", b"+"),
    ),
    (
        "query.decoded-twice",
        "the value was percent-decoded once more",
        DECODE_ONCE,
        percent_decoded,
    ),
    (
        "query.percent-encoded",
        "the value was hashed in its percent-encoded form",
        DECODE_ONCE,
        |value| percent_encoded(value).into_bytes(),
    ),
    (
        "query.html-escaped",
        "the value was HTML-escaped before it was hashed",
        "hash the value as it was sent: switch off the escaping of input (`htmlspecialchars` \
         and the like)",
        html_escaped,
    ),
    (
        "query.html-unescaped",
        "HTML entities in the value were decoded before it was hashed",
        "hash the value as it was sent",
        |value| {
            [
                (&b"&lt;"[..], &b"<"[..]),
                (b"&gt;", b">"),
                (b"&quot;", b"\""),
                (b"&#39;", b"'"),
                (b"&amp;", b"&"),
            ]
            .iter()
            .fold(value.to_vec(), |text, (entity, character)| {
                replaced(&text, entity, character)
            })
        },
    ),
    (
        "query.trailing-newline",
        "the value had a newline at its end",
        "trim the value where it is read",
        |value| [value, b"\n"].concat(),
    ),
    (
        "query.quoted",
        "the value stood in double quotes",
        "take the value without its quotes",
        |value| [b"\"", value, b"\""].concat(),
    ),
    (
        "query.lower-case",
        "the value was changed to lower case",
        "hash the value as it was sent: case counts",
        <[u8]>::to_ascii_lowercase,
    ),
    (
        "query.upper-case",
        "the value was changed to upper case",
        "hash the value as it was sent: case counts",
        <[u8]>::to_ascii_uppercase,
    ),
];

fn carried(case: &Case<'_>) -> Vec<Mistake> {
    let mut found = Vec::new();
    let parameters: Vec<_> = parameters(case).collect();
    for &(id, title, advice, carry) in CARRYINGS {
        push_each_and_all(case, &mut found, &parameters, (id, title, advice), &|at| {
            Some(carry(&case.values[at]))
        });
    }
    push_each_and_all(
        case,
        &mut found,
        &parameters,
        (
            "query.not-decoded",
            "the value was hashed as it stands in the URL, not percent-decoded",
            DECODE_ONCE,
        ),
        &|at| case.raw[at].clone(),
    );
    push_each_and_all(
        case,
        &mut found,
        &parameters,
        (
            "body.nonce-cut-at-8",
            "only the first 8 bytes of the value were taken",
            "take the whole value: its length is not fixed",
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
            format!("`{}`: {title}", case.name(*at)),
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
            format!("{}: {title}", names.join(", ")),
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
        ("query.empty", "it was not found, so it was empty", ""),
        (
            "query.null",
            "it was not found, so it became `null`",
            "null",
        ),
        (
            "query.undefined",
            "it was not found, so it became `undefined`",
            "undefined",
        ),
        (
            "query.none",
            "it was not found, so it became `None`",
            "None",
        ),
        ("query.nil", "it was not found, so it became `nil`", "nil"),
    ] {
        push_each_and_all(case, &mut found, &parameters, (id, title, ADVICE), &|_| {
            Some(text.as_bytes().to_vec())
        });
    }
    found
}

fn time(case: &Case<'_>) -> Vec<Mistake> {
    const AS_SENT: &str = "hash the time as the text that was sent: do not parse and print it \
                           again";
    let Some(rule) = &case.form.time else {
        return Vec::new();
    };
    let Some(at) = (0..case.values.len()).find(|&at| case.name(at) == rule.part) else {
        return Vec::new();
    };
    let Ok(text) = std::str::from_utf8(&case.values[at]) else {
        return Vec::new();
    };
    let Ok(number) = text.parse::<i64>() else {
        return Vec::new();
    };
    let hour = match rule.unit {
        TimeUnit::Seconds => 3_600,
        TimeUnit::Millis => 3_600_000,
    };
    let scaled = |factor: i64| number.saturating_mul(factor).to_string();
    let mut found = Vec::new();
    let mut push = |id: &'static str, title: &str, value: String| {
        found.push(mistake(
            Stage::Input,
            id,
            format!("`{}`: {title}", rule.part),
            AS_SENT,
            Change::Values(vec![(at, value.into_bytes())]),
        ));
    };
    push("time.millis", "it was hashed in milliseconds", scaled(1000));
    push(
        "time.seconds",
        "it was hashed in seconds",
        (number / 1000).to_string(),
    );
    push(
        "time.float",
        "it was printed as a floating-point number",
        format!("{number}.0"),
    );
    push(
        "time.float",
        "it was printed as a floating-point number in exponent form",
        format!("{number:e}").replace('e', "E"),
    );
    push(
        "time.float-seconds",
        "it was hashed as seconds with a fraction",
        format!("{}.{:03}", number / 1000, number.rem_euclid(1000)),
    );
    push(
        "time.integer",
        "it was reprinted as an integer",
        number.to_string(),
    );
    for (id, title, hours) in [
        ("time.zone", "it was off by 8 hours, later (a time zone)", 8),
        (
            "time.zone",
            "it was off by 8 hours, earlier (a time zone)",
            -8,
        ),
    ] {
        push(id, title, number.saturating_add(hours * hour).to_string());
    }
    found
}

fn url(case: &Case<'_>) -> Vec<Mistake> {
    let Some(at) = case
        .form
        .parts
        .iter()
        .position(|part| matches!(part.source, Source::Url(_)))
    else {
        return Vec::new();
    };
    let Ok(url) = std::str::from_utf8(&case.values[at]) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    let mut push = |id: &'static str, title: &str, value: String| {
        found.push(mistake(
            Stage::Input,
            id,
            title,
            "hash the URL exactly as the platform was told it: behind a proxy, configure the \
             public URL instead of rebuilding it from the request",
            Change::Values(vec![(at, value.into_bytes())]),
        ));
    };
    let (scheme, rest) = match url.split_once("://") {
        Some((scheme, rest)) => (Some(scheme), rest),
        None => (None, url),
    };
    let path_at = if scheme.is_some() {
        rest.find(['/', '?']).unwrap_or(rest.len())
    } else {
        0
    };
    let (authority, target) = rest.split_at(path_at);
    if let Some(scheme) = scheme {
        let full = |scheme: &str, authority: &str| format!("{scheme}://{authority}{target}");
        let other = if scheme == "https" { "http" } else { "https" };
        push(
            "url.scheme",
            &format!("the URL had the scheme {other} instead of {scheme}"),
            full(other, authority),
        );
        push(
            "url.scheme-undefined",
            "the URL's scheme was `undefined`",
            full("undefined", authority),
        );
        push(
            "url.no-scheme",
            "the URL had no scheme",
            format!("{authority}{target}"),
        );
        push(
            "url.path-only",
            "only path and query were hashed",
            target.to_owned(),
        );
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => {
                (host, Some(port))
            }
            _ => (authority, None),
        };
        if port.is_some() {
            push("url.no-port", "the URL had no port", full(scheme, host));
        }
        for extra in ["80", "443", "8080", "3000", "5000", "8000"] {
            push(
                "url.port",
                &format!("the URL had the port {extra}"),
                full(scheme, &format!("{host}:{extra}")),
            );
        }
        let mut hosts = case.hosts.clone();
        hosts.extend(["localhost".to_owned(), "127.0.0.1".to_owned()]);
        for other in hosts {
            let with_port = port.map(|port| format!("{other}:{port}"));
            for authority in [Some(other.clone()), with_port].into_iter().flatten() {
                push(
                    "url.host",
                    &format!("the URL had the host {authority}"),
                    full(scheme, &authority),
                );
            }
        }
        push(
            "url.host-lower-case",
            "the URL's host was changed to lower case",
            full(scheme, &authority.to_ascii_lowercase()),
        );
        if target == "/" {
            push(
                "url.trailing-slash",
                "the URL had no slash at its end",
                format!("{scheme}://{authority}"),
            );
        }
    }
    let before = &url[..url.len() - target.len()];
    for (id, title, changed) in targets(target) {
        push(id, title, format!("{before}{changed}"));
        if scheme.is_some() && id != "url.query-missing" {
            continue;
        }
        push("url.path-only", "only the path was hashed", changed);
    }
    found
}

/// The path and query, spoilt in the usual ways.
fn targets(target: &str) -> Vec<(&'static str, &'static str, String)> {
    let (path, query) = match target.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (target, None),
    };
    let with = |path: &str, query: Option<&str>| match query {
        Some(query) => format!("{path}?{query}"),
        None => path.to_owned(),
    };
    let mut list = Vec::new();
    if let Some(query) = query {
        list.push(("url.query-missing", "the URL had no query", path.to_owned()));
        let mut sorted: Vec<_> = query.split('&').collect();
        sorted.sort_unstable();
        list.push((
            "url.query-reordered",
            "the URL's query was sorted",
            with(path, Some(&sorted.join("&"))),
        ));
        let reversed: Vec<_> = query.split('&').rev().collect();
        list.push((
            "url.query-reordered",
            "the URL's query was re-ordered",
            with(path, Some(&reversed.join("&"))),
        ));
        if let Ok(decoded) = String::from_utf8(percent_decoded(query.as_bytes())) {
            list.push((
                "url.query-decoded",
                "the URL's query was percent-decoded",
                with(path, Some(&decoded)),
            ));
            list.push((
                "url.query-decoded",
                "the URL's query was decoded as a form",
                with(path, Some(&decoded.replace('+', " "))),
            ));
        }
    } else {
        list.push((
            "url.question-mark",
            "the URL had a `?` at its end",
            format!("{path}?"),
        ));
    }
    if let Ok(decoded) = String::from_utf8(percent_decoded(path.as_bytes())) {
        list.push((
            "url.path-decoded",
            "the URL's path was percent-decoded",
            with(&decoded, query),
        ));
    }
    let slashed = match path.strip_suffix('/') {
        Some(bare) => bare.to_owned(),
        None => format!("{path}/"),
    };
    list.push((
        "url.trailing-slash",
        "the URL's path had a slash too many or too few at its end",
        with(&slashed, query),
    ));
    // A proxy that strips a prefix shows the server a shorter path, segment by segment.
    let mut rest = path;
    while let Some(cut) = rest.get(1..).and_then(|rest| rest.find('/')) {
        rest = &rest[cut + 1..];
        list.push((
            "url.path-prefix",
            "the URL's path lacked a prefix, as behind a proxy that strips it",
            with(rest, query),
        ));
    }
    if path.len() > 1 {
        list.push((
            "url.path-prefix",
            "the URL's path was only `/`, as behind a proxy that strips it",
            with("/", query),
        ));
    }
    list
}

fn method(case: &Case<'_>) -> Vec<Mistake> {
    let mut found = Vec::new();
    for at in case.inputs() {
        if case.form.parts[at].source != Source::Method {
            continue;
        }
        let method = &case.values[at];
        let mut push = |id: &'static str, title: String, value: Vec<u8>| {
            found.push(mistake(
                Stage::Input,
                id,
                title,
                "hash the request's own method in upper case",
                Change::Values(vec![(at, value)]),
            ));
        };
        push(
            "url.method-lower-case",
            "the method was in lower case".into(),
            method.to_ascii_lowercase(),
        );
        for other in ["GET", "POST", "PUT"] {
            push(
                "url.method",
                format!("the method was {other}"),
                other.into(),
            );
        }
    }
    found
}

/// What goes wrong with the fields of an `OneNET` token before they are signed.
fn token(case: &Case<'_>) -> Vec<Mistake> {
    let mut found = Vec::new();
    for at in case.inputs() {
        if !matches!(case.form.parts[at].source, Source::Field(_)) {
            continue;
        }
        let Ok(value) = std::str::from_utf8(&case.values[at]) else {
            continue;
        };
        let mut push = |id: &'static str, title: &str, advice, value: String| {
            found.push(mistake(
                Stage::Input,
                id,
                title,
                advice,
                Change::Values(vec![(at, value.into_bytes())]),
            ));
        };
        match case.name(at) {
            "res" => {
                const RES: &str = "sign `res` as it is, un-encoded, and as the username says it";
                push(
                    "token.res-encoded",
                    "`res` was percent-encoded before it was signed",
                    RES,
                    percent_encoded(value.as_bytes()),
                );
                push(
                    "token.res-slash",
                    "`res` was signed with a slash before it",
                    RES,
                    format!("/{value}"),
                );
                if let Some(rest) = value.strip_prefix("userid/") {
                    push(
                        "token.user-for-userid",
                        "`res` began with `user/` instead of `userid/`",
                        "write `userid/…`: the vendor's Java sample is wrong there",
                        format!("user/{rest}"),
                    );
                }
                if let Some((product, _)) = value.split_once("/devices/") {
                    push(
                        "token.res-product",
                        "`res` named the product without the device",
                        RES,
                        product.to_owned(),
                    );
                }
            }
            "version" => {
                for other in ["2018-10-31", "2020-05-29", "2022-05-01"] {
                    push(
                        "token.version",
                        &format!("the version {other} was signed"),
                        "sign the same version that the token names",
                        other.to_owned(),
                    );
                }
            }
            "method" => {
                for other in ["md5", "sha1", "sha256", "SHA1", "SHA256", "MD5"] {
                    push(
                        "token.method",
                        &format!("the method name `{other}` was signed"),
                        "sign the same method that the token names, in lower case",
                        other.to_owned(),
                    );
                }
            }
            _ => {}
        }
    }
    found
}

fn html_escaped(value: &[u8]) -> Vec<u8> {
    [
        (&b"&"[..], &b"&amp;"[..]),
        (b"<", b"&lt;"),
        (b">", b"&gt;"),
        (b"\"", b"&quot;"),
        (b"'", b"&#39;"),
    ]
    .iter()
    .fold(value.to_vec(), |text, (character, entity)| {
        replaced(&text, character, entity)
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
