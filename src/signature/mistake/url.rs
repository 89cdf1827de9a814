//! The URL and the method, as a server behind proxies and frameworks sees them.

use super::{Case, Change, Mistake, Stage, mistake};
use crate::signature::evidence::{percent_decoded, percent_encoded};
use crate::signature::recipe::Source;

/// A changed URL: id, title, value.
type Changed = (&'static str, String, String);

pub(super) fn mistakes(case: &Case<'_>) -> Vec<Mistake> {
    let mut found = Vec::new();
    for at in case.inputs() {
        let Ok(value) = std::str::from_utf8(&case.values[at]) else {
            continue;
        };
        let (changed, advice) = match case.form.parts[at].source {
            Source::Url(_) => (
                urls(case, value),
                "hash the URL exactly as the platform was told it: behind a proxy, configure \
                 the public URL instead of rebuilding it from the request",
            ),
            Source::Method => (
                methods(value),
                "hash the request's own method in upper case",
            ),
            _ => continue,
        };
        found.extend(changed.into_iter().map(|(id, title, value)| {
            let change = Change::Values(vec![(at, value.into_bytes())]);
            mistake(Stage::Input, id, title, advice, change)
        }));
    }
    found
}

fn urls(case: &Case<'_>, url: &str) -> Vec<Changed> {
    let Some((scheme, rest)) = url.split_once("://") else {
        return targets(url)
            .into_iter()
            .map(|(id, title, target)| (id, title.to_owned(), target))
            .collect();
    };
    let (authority, target) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    let mut list = origins(case, scheme, authority, target);
    let mut push = |id, title: &str, value: String| list.push((id, title.to_owned(), value));
    push(
        "url.scheme-undefined",
        "the URL's scheme was `undefined`",
        format!("undefined://{rest}"),
    );
    push("url.no-scheme", "the URL had no scheme", rest.to_owned());
    push(
        "url.no-path",
        "the URL ended after the host",
        format!("{scheme}://{authority}"),
    );
    push(
        "url.path-only",
        "only path and query were hashed, not the whole URL",
        target.to_owned(),
    );
    let path = target.split('?').next().unwrap_or_default();
    push(
        "url.path-only",
        "only the path was hashed, not the whole URL",
        path.to_owned(),
    );
    for (id, title, target) in targets(target) {
        push(id, title, format!("{scheme}://{authority}{target}"));
    }
    list
}

/// The same target under another scheme, host and port.
fn origins(case: &Case<'_>, scheme: &str, right: &str, target: &str) -> Vec<Changed> {
    let other = if scheme == "https" { "http" } else { "https" };
    let mut list = vec![(
        "url.scheme",
        format!("the URL had the scheme {other} instead of {scheme}"),
        format!("{other}://{right}{target}"),
    )];
    let (host, port) = match right.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => (host, Some(port)),
        _ => (right, None),
    };
    let mut authorities: Vec<(&'static str, String, String)> = Vec::new();
    if port.is_some() {
        let title = "the URL had no port".to_owned();
        authorities.push(("url.no-port", title, host.to_owned()));
    }
    for port in ["80", "443", "8080", "3000", "5000", "8000"] {
        let title = format!("the URL had the port {port}");
        authorities.push(("url.port", title, format!("{host}:{port}")));
    }
    let local = ["localhost", "127.0.0.1"].map(str::to_owned);
    for other in case.hosts.iter().chain(&local) {
        let with_port = port
            .filter(|_| !other.contains(':'))
            .map(|port| format!("{other}:{port}"));
        for authority in [Some(other.clone()), with_port].into_iter().flatten() {
            let title = format!("the URL had the host {authority}");
            authorities.push(("url.host", title, authority));
        }
    }
    let lower = right.to_ascii_lowercase();
    let title = "the URL's host was changed to lower case".to_owned();
    authorities.push(("url.host-lower-case", title, lower));
    for (id, title, authority) in &authorities {
        list.push((
            *id,
            title.clone(),
            format!("{scheme}://{authority}{target}"),
        ));
    }
    // Behind a proxy that ends TLS, scheme and host differ together.
    for (_, _, authority) in authorities.iter().filter(|other| other.2 != *right) {
        list.push((
            "url.scheme-and-host",
            format!("the URL began with {other}://{authority}"),
            format!("{other}://{authority}{target}"),
        ));
    }
    // One that also strips a prefix leaves nothing of the URL but the path's end.
    for (scheme, host) in ["http", "https"]
        .into_iter()
        .flat_map(|scheme| case.hosts.iter().map(move |host| (scheme, host)))
    {
        if let Some(target) = &case.target {
            let url = format!("{scheme}://{host}{target}");
            let title = format!("the URL was rebuilt from the request: {url}");
            list.push(("url.rebuilt", title, url));
        }
    }
    list
}

/// The path and query, spoilt in the usual ways.
fn targets(target: &str) -> Vec<(&'static str, &'static str, String)> {
    let (path, query) = match target.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (target, None),
    };
    let with = |path: &str| match query {
        Some(query) => format!("{path}?{query}"),
        None => path.to_owned(),
    };
    let mut list = match query {
        Some(query) => queries(query)
            .into_iter()
            .map(|(id, title, query)| (id, title, format!("{path}?{query}")))
            .collect(),
        None => vec![(
            "url.question-mark",
            "the URL had a `?` at its end",
            format!("{path}?"),
        )],
    };
    if query.is_some() {
        list.insert(0, ("url.no-query", "the URL had no query", path.to_owned()));
    }
    if let Ok(decoded) = String::from_utf8(percent_decoded(path.as_bytes())) {
        list.push((
            "url.path-decoded",
            "the URL's path was percent-decoded",
            with(&decoded),
        ));
    }
    let slashed = match path.strip_suffix('/') {
        Some(bare) => bare.to_owned(),
        None => format!("{path}/"),
    };
    list.push((
        "url.trailing-slash",
        "the URL's path had a slash too many or too few at its end",
        with(&slashed),
    ));
    // A proxy that strips a prefix shows the server a shorter path, segment by segment.
    let mut rest = path;
    while let Some(cut) = rest.get(1..).and_then(|rest| rest.find('/')) {
        rest = &rest[cut + 1..];
        list.push((
            "url.path-prefix",
            "the URL's path lacked its beginning, as behind a proxy that strips it",
            with(rest),
        ));
    }
    list.push((
        "url.path-prefix",
        "the URL's path was only `/`, as behind a proxy that strips the rest",
        with("/"),
    ));
    list
}

fn queries(query: &str) -> Vec<(&'static str, &'static str, String)> {
    let mut sorted: Vec<_> = query.split('&').collect();
    sorted.sort_unstable();
    let reversed: Vec<_> = query.split('&').rev().collect();
    let strict = re_encoded(query, percent_encoded);
    let mut list = vec![
        (
            "url.query-reordered",
            "the URL's query was sorted",
            sorted.join("&"),
        ),
        (
            "url.query-reordered",
            "the URL's query was written backwards",
            reversed.join("&"),
        ),
        (
            "url.query-encoded-again",
            "the URL's query was decoded and encoded again",
            strict.clone(),
        ),
        (
            "url.query-encoded-again",
            "the URL's query was decoded and encoded again, with `+` for blanks",
            strict.replace("%20", "+"),
        ),
    ];
    if let Ok(decoded) = String::from_utf8(percent_decoded(query.as_bytes())) {
        let form = decoded.replace('+', " ");
        list.insert(
            0,
            (
                "url.query-decoded",
                "the URL's query was percent-decoded",
                decoded,
            ),
        );
        list.push((
            "url.query-decoded",
            "the URL's query was decoded as a form, with blanks for `+`",
            form,
        ));
    }
    list
}

/// The query with every name and value decoded as a form and encoded again.
fn re_encoded(query: &str, encode: fn(&[u8]) -> String) -> String {
    let again = |text: &str| encode(&percent_decoded(text.replace('+', " ").as_bytes()));
    let pairs: Vec<_> = query
        .split('&')
        .map(|pair| match pair.split_once('=') {
            Some((name, value)) => format!("{}={}", again(name), again(value)),
            None => again(pair),
        })
        .collect();
    pairs.join("&")
}

fn methods(method: &str) -> Vec<Changed> {
    let mut list = vec![(
        "url.method-lower-case",
        "the method was in lower case".to_owned(),
        method.to_ascii_lowercase(),
    )];
    for other in ["GET", "POST", "PUT"] {
        let title = format!("the method was {other}");
        list.push(("url.method", title, other.to_owned()));
    }
    list
}
