//! The ways to read a request that was copied, or that does not tell everything.
//!
//! What people have is rarely what was on the wire: a body printed by a program, pasted from an
//! article, reformatted by an editor; a raw message without its scheme. Each way of reading it
//! is a guess, and the signature tells which one is right.

use crate::json::{Sloppiness, compact, lenient};
use crate::message::{Scheme, Url};
use crate::signature::Evidence;

/// One way to read a request that was copied, or that does not tell everything.
#[derive(Clone, Debug, Default)]
pub struct Reading {
    /// The body as it was before it was copied.
    pub body: Option<Vec<u8>>,
    /// The scheme, which a raw message does not tell.
    pub scheme: Option<Scheme>,
    /// Another prefix of the URL than the one that was given.
    pub public_url: Option<Url>,
    /// Whether the body was written anew, without blanks.
    pub compacted: bool,
    /// What is to be said of it.
    pub notes: Vec<String>,
}

/// The ways to read a request, the plainest first.
#[must_use]
pub fn readings(plain: &Evidence<'_>, pasted: bool) -> Vec<Reading> {
    let mut readings = vec![Reading::default()];
    let host = plain.headers.and_then(|headers| headers.first("Host"));
    let url = plain.given.and_then(|given| given.find("url"));
    let told = plain.public_url.is_some() || url.is_some();
    if plain.scheme.is_none() && host.is_some() && !told {
        for scheme in [Scheme::Https, Scheme::Http] {
            readings.push(Reading {
                scheme: Some(scheme),
                notes: vec![format!(
                    "a raw message does not tell its scheme: {scheme} is taken"
                )],
                ..Reading::default()
            });
        }
    }
    if let (Some(public), Some(target)) = (plain.public_url, plain.target())
        && let Some(prefix) = prefix_before(&public.target, &target)
    {
        readings.push(Reading {
            public_url: Some(Url {
                target: prefix.to_owned(),
                ..public.clone()
            }),
            notes: vec![
                "the path that arrived stands in --public-url already: it is not added twice"
                    .to_owned(),
            ],
            ..Reading::default()
        });
    }
    if !pasted {
        return readings;
    }
    for unwrapped in plain.body().map(lenient::unwrapped).unwrap_or_default() {
        let around = in_words(unwrapped.what.iter());
        readings.push(Reading {
            body: Some(unwrapped.body),
            notes: vec![format!(
                "the body was taken out of what stood around it: {around}"
            )],
            ..Reading::default()
        });
    }
    if let Some((body, notes)) = plain.body().and_then(original) {
        readings.push(Reading {
            body: Some(body),
            compacted: true,
            notes,
            ..Reading::default()
        });
    }
    readings
}

/// The bytes that a copied body had before it was printed, commented or reformatted, and what
/// is to be said of that. None if it stands as it was.
fn original(body: &[u8]) -> Option<(Vec<u8>, Vec<String>)> {
    let read = lenient::read(body).ok()?;
    let original = compact(&read.value);
    if original == body {
        return None;
    }
    let mut notes = Vec::new();
    if read.repairs.is_empty() {
        notes.push("the body was read without the blanks between its values".to_owned());
    } else {
        let kinds = in_words(read.repairs.iter().map(|repair| &repair.what));
        notes.push(format!("the body was read leniently: {kinds}"));
    }
    Some((original, notes))
}

/// Each kind of sloppiness once.
fn in_words<'s>(kinds: impl Iterator<Item = &'s Sloppiness>) -> String {
    let mut words: Vec<String> = Vec::new();
    for kind in kinds {
        let kind = kind.to_string();
        if !words.contains(&kind) {
            words.push(kind);
        }
    }
    words.join(", ")
}

/// What of a public URL's path stands before the path that arrived, where the two overlap: the
/// whole URL was given, not only what a proxy puts before it.
fn prefix_before<'p>(public: &'p str, target: &[u8]) -> Option<&'p str> {
    let path = target.split(|&byte| byte == b'?').next()?;
    let path = std::str::from_utf8(path).ok()?.trim_end_matches('/');
    let public = public.trim_end_matches('/');
    if public.is_empty() || path.is_empty() {
        return None;
    }
    let prefix = public.strip_suffix(path);
    let prefix = prefix.or_else(|| path.starts_with(public).then_some(""))?;
    Some(if prefix.is_empty() { "/" } else { prefix })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_stands_in_the_public_url_is_not_added_twice() {
        assert_eq!(prefix_before("/iot/hook", b"/hook?a=1"), Some("/iot"));
        assert_eq!(prefix_before("/hook/", b"/hook"), Some("/"));
        assert_eq!(prefix_before("/iot", b"/iot/hook"), Some("/"));
        assert_eq!(prefix_before("/iot", b"/hook"), None);
        assert_eq!(prefix_before("/", b"/hook"), None);
    }
}
