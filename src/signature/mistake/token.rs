//! The fields of an `OneNET` token, spoilt before they are signed, or signed right and spoilt in
//! the token.

use super::{Case, Change, Mistake, Stage, TextOnly, mistake};
use crate::signature::digest::Digest;
use crate::signature::evidence::{percent_decoded, percent_encoded};
use crate::signature::recipe::Source;

pub(super) fn mistakes(case: &Case<'_>) -> Vec<Mistake> {
    let mut found = Vec::new();
    for at in case.inputs() {
        if !matches!(case.form.parts[at].source, Source::Field(_)) {
            continue;
        }
        let Ok(value) = std::str::from_utf8(&case.values[at]) else {
            continue;
        };
        let spoilt = match case.name(at) {
            "res" => res(value, case.raw[at].as_deref()),
            "version" => versions(),
            "method" => {
                found.extend(other_methods(at, value));
                methods()
            }
            _ => Vec::new(),
        };
        found.extend(spoilt.into_iter().map(|(id, title, advice, value)| {
            let change = Change::Values(vec![(at, value)]);
            mistake(Stage::Input, id, title, advice, change)
        }));
    }
    found
}

type Spoilt = (&'static str, String, &'static str, Vec<u8>);

const RES: &str = "sign `res` un-encoded, exactly as the token names it";
const ONCE: &str = "percent-encode each value once, when the token is put together, and sign the \
                    values as they were before";
const USERID: &str = "write `userid/…` wherever it stands: the vendor's Java sample is wrong there";

/// What was signed for `value`, which stands in the token as `raw`.
fn res(value: &str, raw: Option<&[u8]>) -> Vec<Spoilt> {
    let mut found: Vec<Spoilt> = Vec::new();
    let mut push = |id, title: &str, advice, value: Vec<u8>| {
        found.push((id, title.to_owned(), advice, value));
    };
    let encoded = percent_encoded(value.as_bytes());
    let before = "`res` was percent-encoded before it was signed";
    let lower = lower_digits(&encoded);
    push("token.res-encoded", before, RES, encoded.into_bytes());
    push("token.res-encoded", before, RES, lower.into_bytes());
    // Encoders differ in what they leave alone.
    if let Some(raw) = raw {
        push("token.res-encoded", before, RES, raw.to_vec());
    }
    let decoded = percent_decoded(value.as_bytes());
    if decoded != value.as_bytes() {
        push(
            "token.res-encoded-twice",
            "`res` was percent-encoded twice when the token was put together",
            ONCE,
            decoded,
        );
    }
    push(
        "token.res-slash",
        "`res` was signed with a slash before it",
        RES,
        format!("/{value}").into_bytes(),
    );
    if let Some(rest) = value.strip_prefix("userid/") {
        push(
            "token.user-for-userid",
            "`res` began with `user/` instead of `userid/` when it was signed",
            USERID,
            format!("user/{rest}").into_bytes(),
        );
    }
    if let Some(rest) = value.strip_prefix("user/") {
        push(
            "token.user-for-userid",
            "`res` begins with `user/` in the token, and was signed as `userid/`",
            USERID,
            format!("userid/{rest}").into_bytes(),
        );
    }
    if let Some((product, _)) = value.split_once("/devices/") {
        push(
            "token.res-product",
            "`res` named the product without the device",
            RES,
            product.as_bytes().to_vec(),
        );
    }
    found
}

/// Percent signs with lower-case digits, as .NET writes them.
fn lower_digits(encoded: &str) -> String {
    let mut text = String::with_capacity(encoded.len());
    let mut rest = encoded;
    while let Some(at) = rest.find('%') {
        let end = (at + 3).min(rest.len());
        text.push_str(&rest[..at]);
        text.push_str(&rest[at..end].to_ascii_lowercase());
        rest = &rest[end..];
    }
    text + rest
}

fn versions() -> Vec<Spoilt> {
    ["2018-10-31", "2020-05-29", "2022-05-01"]
        .map(|other| {
            (
                "token.version",
                format!("the version {other} was signed"),
                "sign the same version that the token names",
                other.as_bytes().to_vec(),
            )
        })
        .to_vec()
}

fn methods() -> Vec<Spoilt> {
    ["md5", "sha1", "sha256", "SHA1", "SHA256", "MD5"]
        .map(|other| {
            (
                "token.method",
                format!("the method name `{other}` was signed"),
                "sign the same method that the token names, in lower case",
                other.as_bytes().to_vec(),
            )
        })
        .to_vec()
}

/// All was done by another method than the token names.
fn other_methods(at: usize, named: &str) -> Vec<Mistake> {
    Digest::ALL
        .into_iter()
        .filter(|digest| digest.name() != named)
        .map(|digest| {
            let other = digest.name();
            mistake(
                Stage::Input,
                "token.other-method",
                format!("it was signed by the method `{other}`, and the token names another"),
                "name the method in the token that it is signed by: take both from one variable",
                Change::Method(at, digest),
            )
        })
        .collect()
}

/// What a mistake of the text means where it is the token that arrived: whoever put it together
/// made it, nobody on the way.
pub(crate) fn in_the_token(text: TextOnly) -> TextOnly {
    let (title, advice) = match text.id {
        "query.plus-to-blank" => (
            "a `+` of `sign` was not percent-encoded in the token, and was read as a blank",
            "percent-encode each value when the token is put together: `+` is `%2B`",
        ),
        "query.not-decoded" => ("`sign` was percent-encoded twice in the token", ONCE),
        "query.encoded-twice" => ("`sign` was percent-encoded three times in the token", ONCE),
        _ => return text,
    };
    TextOnly {
        title,
        advice,
        ..text
    }
}
