//! `OneNET` Studio: the token that devices, API calls and the application long connection
//! (应用长连接, MQTT 3.1.1) show as their password.
//!
//! Whoever connects makes the token; the platform checks it and names a refusal by a code.
//!
//! # The wire
//!
//! ```text
//! version=2018-10-31&res=products%2F123123&et=1537255523&method=sha1&sign=lsaPSiiGvEFFjXu5WU7a6IkScqE%3D
//! ```
//!
//! The order of the five is free; values are percent-encoded once. On the long connection the
//! username equals `res`.
//!
//! # The signature
//!
//! `base64(hmac_method(base64_decode(accessKey), et \n method \n res \n version))`, no newline
//! at the end, values before encoding, `et` in seconds, `method` one of md5, sha1, sha256.
//!
//! ```text
//! device, product API        2018-10-31  products/{pid}  products/{pid}/devices/{name}
//! open API, long connection  2020-05-29  userid/{uid}    projectid/{p}/groupid/{g}
//! newer platform API         2022-05-01  userid/{uid}    products/{pid}[/devices/{d}]
//! ```
//!
//! # Quirks
//!
//! - a method in upper case is not supported
//! - the vendor's Java sample sends user where the documentation says userid
//! - an et in milliseconds is a mistake (that the platform refuses it is inferred)
//! - everything but unreserved characters is percent-encoded, more than the eight that must be
//! - a value in which one of the eight stands as it is makes an invalid token (inferred)
//! - each version goes with its own resources (that another is an invalid version is inferred)
//!
//! # Sources
//!
//! `OneNET` Studio's documentation of the token, of the application long connection, and the
//! codes of its device log. The order of [`refusals`] is inferred: form before meaning, and the
//! signature last.

use jiff::Timestamp;

use crate::error::Error;
use crate::signature::evidence::{pairs, percent_decoded, percent_encoded};
use crate::signature::recipe::{
    DigestRule, Key, KeyEncoding, Order, Part, SignaturePlace, Source, TimeMeaning, TimeRule,
    TimeUnit,
};
use crate::signature::{Digest, Evidence, Form, Given, Output, SecretName, Secrets};

use super::cannot_sign;

pub use slip::{Known, Slip, slips};

mod slip;

/// The one form.
#[must_use]
pub fn forms() -> Vec<Form> {
    vec![token_form()]
}

fn token_form() -> Form {
    let part = |name: &str| Part::new(name, Source::Field(name.to_owned()));
    Form {
        name: "token".to_owned(),
        parts: ["et", "method", "res", "version"].map(part).to_vec(),
        order: Order::Listed,
        joiner: b"\n".to_vec(),
        digest: DigestRule::Named {
            part: "method".to_owned(),
            among: Digest::ALL.to_vec(),
        },
        key: Some(Key {
            secret: SecretName::AccessKey,
            encoding: KeyEncoding::Base64,
            prefix: String::new(),
        }),
        output: Output::Base64,
        signature: SignaturePlace::plain(Source::Field("sign".to_owned())),
        time: Some(TimeRule {
            part: "et".to_owned(),
            unit: TimeUnit::Seconds,
            meaning: TimeMeaning::Expires,
        }),
        echo: None,
    }
}

/// The names of the five, in the order of the documentation.
const NAMES: [&str; 5] = ["version", "res", "et", "method", "sign"];

/// A token's five values, decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// The version of the scheme, a date.
    pub version: String,
    /// The resource it is for.
    pub res: String,
    /// When it expires: unix seconds.
    pub et: String,
    /// The digest: `md5`, `sha1` or `sha256`.
    pub method: String,
    /// The signature, base64.
    pub sign: String,
}

impl Token {
    /// A token signed with the first access key. Nothing is checked but the digest's name and
    /// the key's base64, so that wrong tokens can be made too.
    pub fn issue(
        version: &str,
        res: &str,
        et: &str,
        method: &str,
        secrets: &Secrets,
    ) -> Result<Self, Error> {
        let mut token = Self {
            version: version.to_owned(),
            res: res.to_owned(),
            et: et.to_owned(),
            method: method.to_owned(),
            sign: String::new(),
        };
        let given = token.given();
        let form = token_form();
        token.sign = form
            .gather(&Evidence::default().with(&given))
            .and_then(|ingredients| form.sign(&ingredients, secrets, 0))
            .map_err(|lack| cannot_sign(&form, &lack))?;
        Ok(token)
    }

    /// Reads a token: each of the five exactly once and not empty, others are passed over.
    ///
    /// The error says all that is wrong with the form.
    pub fn parse(text: &[u8]) -> Result<Self, String> {
        let mut wrong = Vec::new();
        let [version, res, et, method, sign] = NAMES.map(|name| {
            field(text, name).unwrap_or_else(|why| {
                wrong.push(why);
                String::new()
            })
        });
        if !wrong.is_empty() {
            return Err(wrong.join(", "));
        }
        Ok(Self {
            version,
            res,
            et,
            method,
            sign,
        })
    }

    /// The token's text, in the order of the documentation.
    #[must_use]
    pub fn compose(&self) -> String {
        let encoded = |value: &str| percent_encoded(value.as_bytes());
        format!(
            "version={}&res={}&et={}&method={}&sign={}",
            encoded(&self.version),
            encoded(&self.res),
            encoded(&self.et),
            encoded(&self.method),
            encoded(&self.sign)
        )
    }

    fn given(&self) -> Given {
        Given::new()
            .with("et", self.et.as_str())
            .with("method", self.method.as_str())
            .with("res", self.res.as_str())
            .with("version", self.version.as_str())
    }
}

/// The value of a field that stands there exactly once.
fn field(text: &[u8], name: &str) -> Result<String, String> {
    let mut values = pairs(text)
        .filter(|(have, _)| *have == name.as_bytes())
        .map(|(_, value)| value);
    let Some(value) = values.next() else {
        return Err(format!("`{name}` is missing"));
    };
    if values.next().is_some() {
        return Err(format!("`{name}` stands there twice"));
    }
    if value.is_empty() {
        return Err(format!("`{name}` is empty"));
    }
    String::from_utf8(percent_decoded(value)).map_err(|_| format!("`{name}` is not UTF-8"))
}

/// A reason why the platform turns a token away, in its own code.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Refusal {
    /// The platform's code.
    pub code: u16,
    /// What the code stands for.
    pub name: &'static str,
    /// What is wrong with this token.
    pub explanation: String,
}

impl Refusal {
    pub(crate) fn new(code: u16, name: &'static str, explanation: impl Into<String>) -> Self {
        let explanation = explanation.into();
        Self {
            code,
            name,
            explanation,
        }
    }
}

/// All that the platform could refuse a token for, in its likely order of checking.
///
/// `username` is what stands beside the token, where it is known: it must equal `res`. The
/// signature is judged only if an access key was given, and any of several may fit. An error
/// means that the access key itself is no base64.
pub fn refusals(
    credential: &[u8],
    username: Option<&str>,
    secrets: &Secrets,
    now: Timestamp,
) -> Result<Vec<Refusal>, Error> {
    let token = match Token::parse(credential) {
        Ok(token) => token,
        Err(why) => return Ok(vec![Refusal::new(1103, "invalid token", why)]),
    };
    let mut found = Vec::new();
    let digits = token.et.bytes().all(|byte| byte.is_ascii_digit());
    let et = token.et.parse::<i64>().ok().filter(|_| digits);
    if et.is_none() {
        let why = format!("`et` is not a number: `{}`", token.et.escape_debug());
        found.push(Refusal::new(1103, "invalid token", why));
    }
    found.extend(raw_fields(credential));
    found.extend(wrong_version(&token));
    let supported = Digest::from_name(token.method.as_bytes()).is_some();
    if !supported {
        found.push(unsupported_method(&token.method));
    }
    found.extend(et.and_then(|et| expired(et, now)));
    found.extend(mismatches(&token, username));
    if supported && !sign_matches(&token, secrets)? {
        let why = "`sign` is not what the access key gives for et, method, res and version";
        found.push(Refusal::new(1106, "sign not match", why));
    }
    Ok(found)
}

const VERSIONS: [&str; 3] = ["2018-10-31", "2020-05-29", "2022-05-01"];

/// Fields that hold what the documentation wants percent-encoded. That the platform refuses them
/// is inferred: a form decoder makes a blank of a `+`, and the rest goes well with some only.
fn raw_fields(credential: &[u8]) -> Option<Refusal> {
    let wrong: Vec<String> = NAMES
        .iter()
        .filter_map(|name| {
            let mut values = pairs(credential).filter(|(have, _)| *have == name.as_bytes());
            slip::not_encoded(name, values.next()?.1)
        })
        .collect();
    (!wrong.is_empty()).then(|| Refusal::new(1103, "invalid token", wrong.join(", ")))
}

fn wrong_version(token: &Token) -> Option<Refusal> {
    let version = token.version.as_str();
    let shown = version.escape_debug();
    let why = if VERSIONS.contains(&version) {
        let fitting = versions_of(kind(&token.res)?);
        if fitting.contains(&version) {
            return None;
        }
        format!(
            "version {shown} does not go with `{}`, which takes {}",
            token.res.escape_debug(),
            fitting.join(" or ")
        )
    } else {
        format!("`version` is `{shown}`, known are {}", VERSIONS.join(", "))
    };
    Some(Refusal::new(1111, "invalid version", why))
}

fn unsupported_method(method: &str) -> Refusal {
    let shown = method.escape_debug();
    let why = match slip::method_meant(method) {
        Some(digest) if digest.name() == method.to_ascii_lowercase() => format!(
            "`method` is `{shown}` and must be in lower case: `{}`",
            digest.name()
        ),
        Some(digest) => format!("`method` is `{shown}` and must be `{}`", digest.name()),
        None => format!("`method` is `{shown}`, known are md5, sha1, sha256"),
    };
    Refusal::new(1110, "sign method not supported", why)
}

/// A unix time of this and more is taken for milliseconds: as seconds it lies past the year
/// 5000.
const MILLIS_FROM: i64 = 100_000_000_000;

fn expired(et: i64, now: Timestamp) -> Option<Refusal> {
    let why = if et >= MILLIS_FROM {
        "`et` is in milliseconds, the platform reads seconds".to_owned()
    } else if et <= now.as_second() {
        let since = now.as_second() - et;
        format!("`et` passed {} ago", slip::span(since))
    } else {
        return None;
    };
    Some(Refusal::new(1104, "token expired", why))
}

fn mismatches(token: &Token, username: Option<&str>) -> Vec<Refusal> {
    let mismatch = |why: String| Refusal::new(1114, "argument does not match", why);
    let mut found = Vec::new();
    let res = token.res.escape_debug();
    if let Some(username) = username
        && username != token.res
    {
        let username = username.escape_debug();
        found.push(mismatch(format!(
            "the username is `{username}`, `res` is `{res}`"
        )));
    }
    let segments: Vec<&str> = token.res.split('/').collect();
    if segments.iter().any(|segment| segment.is_empty()) {
        found.push(mismatch(format!("`res` has an empty segment: `{res}`")));
        return found;
    }
    match segments[..] {
        _ if kind(&token.res).is_some() => {}
        ["user", id] => {
            let id = id.escape_debug();
            found.push(mismatch(format!(
                "`res` is `{res}` and must be `userid/{id}`: the vendor's Java sample has it wrong"
            )));
        }
        _ => found.push(mismatch(format!("`res` names no known resource: `{res}`"))),
    }
    found
}

/// What a `res` names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Product,
    User,
    Group,
}

/// The kind of a resource that is written as documented.
fn kind(res: &str) -> Option<Kind> {
    let segments: Vec<&str> = res.split('/').collect();
    if segments.iter().any(|segment| segment.is_empty()) {
        return None;
    }
    match segments[..] {
        ["products", _] | ["products", _, "devices", _] => Some(Kind::Product),
        ["userid", _] => Some(Kind::User),
        ["projectid", _, "groupid", _] => Some(Kind::Group),
        _ => None,
    }
}

/// The version that a token for this `res` usually has; none where the `res` is not as documented.
#[must_use]
pub fn usual_version(res: &str) -> Option<&'static str> {
    versions_of(kind(res)?).first().copied()
}

/// The versions that go with a kind of resource, the usual one first.
fn versions_of(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Product => &["2018-10-31", "2022-05-01"],
        Kind::User => &["2020-05-29", "2022-05-01"],
        Kind::Group => &["2020-05-29"],
    }
}

/// Whether the sign is right, or cannot be judged for want of a key.
fn sign_matches(token: &Token, secrets: &Secrets) -> Result<bool, Error> {
    let count = secrets.all(SecretName::AccessKey).len();
    let given = token.given();
    let form = token_form();
    let ingredients = form
        .gather(&Evidence::default().with(&given))
        .map_err(|lack| cannot_sign(&form, &lack))?;
    let mut matches = count == 0;
    for index in 0..count {
        let digest = form
            .digest(&ingredients, secrets, index)
            .map_err(|lack| cannot_sign(&form, &lack))?;
        matches |= form.accepts(token.sign.as_bytes(), &digest);
    }
    Ok(matches)
}

#[cfg(test)]
mod tests;
