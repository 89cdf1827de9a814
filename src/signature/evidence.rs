//! What is known of one request, and how the named parts are found in it.

use std::borrow::Cow;
use std::cell::OnceCell;

use crate::json::scan::{self, JsonError, Member};
use crate::message::{Headers, Request, Scheme, Url};

use super::recipe::{SignaturePlace, Source, UrlPart};

/// Values that the user gave as flags, by the part's name; they beat what the request holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Given(Vec<(String, Vec<u8>)>);

impl Given {
    /// Nothing given.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The same with one more value.
    #[must_use]
    pub fn with(mut self, part: impl Into<String>, value: impl Into<Vec<u8>>) -> Self {
        self.push(part, value);
        self
    }

    /// The flag that gives a part of that name, or the signature, without its dashes; none where
    /// only `--in` does.
    #[must_use]
    pub fn flag(part: &str) -> Option<String> {
        const FLAGS: [&str; 12] = [
            "method",
            "nonce",
            "timestamp",
            "msg",
            "enc_msg",
            "echostr",
            "body",
            "url",
            "res",
            "et",
            "version",
            SignaturePlace::NAME,
        ];
        FLAGS.contains(&part).then(|| part.replace('_', "-"))
    }

    /// Adds a value; a later one of the same name is not looked at.
    pub fn push(&mut self, part: impl Into<String>, value: impl Into<Vec<u8>>) {
        self.0.push((part.into(), value.into()));
    }

    /// The value of a part.
    #[must_use]
    pub fn find(&self, part: &str) -> Option<&[u8]> {
        self.0
            .iter()
            .find(|(name, _)| name == part)
            .map(|(_, value)| value.as_slice())
    }

    /// Whether nothing was given.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Names and values in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.0
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_slice()))
    }
}

/// One request as far as it is known, borrowed: a bare body has no target and no headers.
#[derive(Debug, Default)]
pub struct Evidence<'a> {
    /// The method.
    pub method: Option<&'a [u8]>,
    /// The scheme.
    pub scheme: Option<Scheme>,
    /// The raw target.
    pub target: Option<&'a [u8]>,
    /// The header fields.
    pub headers: Option<&'a Headers>,
    /// The body.
    pub body: Option<&'a [u8]>,
    /// What the user gave as flags.
    pub given: Option<&'a Given>,
    /// Where the sender believed to send to: replaces scheme and authority, prefixes the path.
    pub public_url: Option<&'a Url>,
    json: OnceCell<Result<Vec<Member<'a>>, JsonError>>,
}

/// Why a part has no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Absence {
    /// There is no such header, parameter or member.
    Missing,
    /// The body that should hold it is not JSON.
    NotJson(JsonError),
    /// The body is JSON, but not an object.
    NotAnObject,
    /// The member is there, but is not a string.
    NotAString,
    /// A URL is signed, and only its path is known.
    NoScheme,
}

impl<'a> Evidence<'a> {
    /// The evidence of a whole request.
    #[must_use]
    pub fn of(request: &'a Request) -> Self {
        Self {
            method: Some(&request.method),
            scheme: request.scheme,
            target: Some(&request.target),
            headers: Some(&request.headers),
            body: Some(&request.body),
            ..Self::default()
        }
    }

    /// The evidence of a bare body.
    #[must_use]
    pub fn of_body(body: &'a [u8]) -> Self {
        Self {
            body: Some(body),
            ..Self::default()
        }
    }

    /// The same with what the user gave as flags.
    #[must_use]
    pub fn with(mut self, given: &'a Given) -> Self {
        self.given = Some(given);
        self
    }

    /// The body, from a flag or from the request.
    #[must_use]
    pub fn body(&self) -> Option<&'a [u8]> {
        self.given
            .and_then(|given| given.find("body"))
            .or(self.body)
    }

    /// The members of the body, which is read once.
    pub fn members(&self) -> Result<&[Member<'a>], JsonError> {
        self.json
            .get_or_init(|| {
                let mut members = Vec::with_capacity(8);
                scan::members_into(self.body().unwrap_or_default(), &mut members)?;
                Ok(members)
            })
            .as_deref()
            .map_err(|why| *why)
    }

    /// The value of the part `name`, which stands at `source` unless a flag gives it.
    pub fn find(&self, name: &str, source: &Source) -> Result<Cow<'a, [u8]>, Absence> {
        // The URL given as a flag is a place to look in, and the value only of a URL part; an
        // empty body given as a flag is as empty as one that arrived.
        if !matches!(source, Source::Body { .. })
            && name != "url"
            && let Some(value) = self.given.and_then(|given| given.find(name))
        {
            return Ok(match source {
                Source::Method => Cow::Owned(value.to_ascii_uppercase()),
                _ => Cow::Borrowed(value),
            });
        }
        match source {
            Source::Literal(text) => Ok(Cow::Owned(text.clone())),
            Source::Secret(_) | Source::Flag => Err(Absence::Missing),
            Source::Query(parameter) => self
                .target()
                .and_then(|target| query_parameter(&target, parameter))
                .map(Cow::Owned)
                .ok_or(Absence::Missing),
            Source::Header(header) => self
                .headers
                .and_then(|headers| headers.first(header))
                .map(Cow::Borrowed)
                .ok_or(Absence::Missing),
            Source::JsonRaw(pointer) => self.json_value(pointer).map(Cow::Borrowed),
            Source::JsonText(pointer) => {
                scan::checked_text(self.json_value(pointer)?).ok_or(Absence::NotAString)
            }
            Source::Field(field) => self.field(field),
            Source::Method => self
                .method
                .map(|method| Cow::Owned(method.to_ascii_uppercase()))
                .ok_or(Absence::Missing),
            Source::Url(part) => self.url(*part).map(Cow::Owned),
            Source::Body { empty_as } => match self.body() {
                None => Err(Absence::Missing),
                Some(b"") => Ok(Cow::Owned(empty_as.clone())),
                Some(body) => Ok(Cow::Borrowed(body)),
            },
        }
    }

    /// A part as it stands in the query, the token or the body: percent signs, quotes and
    /// escapes kept.
    #[must_use]
    pub fn raw(&self, source: &Source) -> Option<Vec<u8>> {
        let named = |text: &[u8], name: &str| {
            let mut values = pairs(text).filter(|(have, _)| *have == name.as_bytes());
            values.next().map(|(_, value)| value.to_vec())
        };
        match source {
            Source::Query(parameter) => {
                let target = self.target()?;
                let mark = target.iter().position(|&byte| byte == b'?')?;
                named(&target[mark + 1..], parameter)
            }
            Source::Field(field) => named(&self.credential()?, field),
            Source::JsonText(pointer) => self.json_value(pointer).ok().map(<[u8]>::to_vec),
            _ => None,
        }
    }

    fn json_value(&self, pointer: &str) -> Result<&'a [u8], Absence> {
        let body = self.body().ok_or(Absence::Missing)?;
        if body.is_empty() {
            return Err(Absence::Missing);
        }
        let members = match self.members() {
            Ok(members) => members,
            Err(_) if scan::check(body).is_ok() => return Err(Absence::NotAnObject),
            Err(why) => return Err(Absence::NotJson(why)),
        };
        // Nearly every pointer is one plain name.
        let is_plain = |byte: &u8| !matches!(byte, b'/' | b'~');
        if pointer.as_bytes()[1..].iter().all(is_plain) {
            return scan::last(members, &pointer[1..]).ok_or(Absence::Missing);
        }
        let (first, rest) = match pointer[1..].find('/') {
            Some(cut) => pointer.split_at(cut + 1),
            None => (pointer, ""),
        };
        let name = first[1..].replace("~1", "/").replace("~0", "~");
        let value = scan::last(members, &name).ok_or(Absence::Missing)?;
        if rest.is_empty() {
            return Ok(value);
        }
        scan::find(value, rest)
            .ok()
            .flatten()
            .ok_or(Absence::Missing)
    }

    /// A field of the form-encoded credential: `version=..&res=..&et=..&method=..&sign=..`.
    fn field(&self, field: &str) -> Result<Cow<'a, [u8]>, Absence> {
        let credential = self.credential().ok_or(Absence::Missing)?;
        pairs(&credential)
            .find(|(name, _)| *name == field.as_bytes())
            .map(|(_, value)| Cow::Owned(percent_decoded(value)))
            .ok_or(Absence::Missing)
    }

    /// The credential: from a flag, or the `Authorization` header of a call to OneNET's API.
    #[must_use]
    pub fn credential(&self) -> Option<Cow<'a, [u8]>> {
        if let Some(value) = self.given.and_then(|given| given.find("credential")) {
            return Some(Cow::Borrowed(value));
        }
        self.headers?.first("Authorization").map(Cow::Borrowed)
    }

    /// The target: from `--url`, or of the request.
    #[must_use]
    pub fn target(&self) -> Option<Cow<'a, [u8]>> {
        let Some(url) = self.given.and_then(|given| given.find("url")) else {
            return self.target.map(Cow::Borrowed);
        };
        match std::str::from_utf8(url).map(str::parse::<Url>) {
            Ok(Ok(url)) => Some(Cow::Owned(url.target.into_bytes())),
            _ => Some(Cow::Borrowed(url)),
        }
    }

    /// The URL as its sender wrote it, as far as that can be known here.
    fn url(&self, part: UrlPart) -> Result<Vec<u8>, Absence> {
        if part == UrlPart::Full
            && let Some(url) = self.given.and_then(|given| given.find("url"))
            && self.public_url.is_none()
        {
            // As a client sends it: with a path, and without a fragment.
            return Ok(match std::str::from_utf8(url).map(str::parse::<Url>) {
                Ok(Ok(url)) => url.to_string().into_bytes(),
                _ => url.to_vec(),
            });
        }
        let target = self.target().ok_or(Absence::Missing)?;
        let path_end = target
            .iter()
            .position(|&byte| byte == b'?')
            .unwrap_or(target.len());
        match part {
            UrlPart::Path => Ok(target[..path_end].to_vec()),
            UrlPart::PathAndQuery => Ok(target.into_owned()),
            UrlPart::Full => {
                let mut url = if let Some(public) = self.public_url {
                    let prefix = public.target.trim_end_matches('/');
                    format!("{}://{}{prefix}", public.scheme, public.authority).into_bytes()
                } else {
                    let scheme = self.scheme.ok_or(Absence::NoScheme)?;
                    let host = self
                        .headers
                        .and_then(|headers| headers.first("Host"))
                        .ok_or(Absence::NoScheme)?;
                    [scheme.as_str().as_bytes(), b"://", host].concat()
                };
                url.extend_from_slice(&target);
                Ok(url)
            }
        }
    }
}

/// The value of a query parameter: percent-decoded once, and `+` stays `+`, because the
/// platforms put base64 into the query as it is.
#[must_use]
pub fn query_parameter(target: &[u8], name: &str) -> Option<Vec<u8>> {
    query_pairs(target)
        .find(|(have, _)| percent_decoded(have) == name.as_bytes())
        .map(|(_, value)| percent_decoded(value))
}

/// The parameters of a target's query as they stand, neither decoded nor re-ordered.
pub fn query_pairs(target: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    let query = match target.iter().position(|&byte| byte == b'?') {
        Some(mark) => &target[mark + 1..],
        None => &[],
    };
    pairs(query)
}

/// The `name=value` pairs of a form-encoded text as they stand.
pub fn pairs(text: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    text.split(|&byte| byte == b'&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| match pair.iter().position(|&byte| byte == b'=') {
            Some(at) => (&pair[..at], &pair[at + 1..]),
            None => (pair, &[][..]),
        })
}

/// Percent-decoding once; `+` stays, and a `%` without two hex digits behind it stays too.
#[must_use]
pub fn percent_decoded(text: &[u8]) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&byte, after)) = rest.split_first() {
        if byte == b'%'
            && let Some(&[high, low]) = after.first_chunk::<2>()
            && let (Some(high), Some(low)) = (hex_digit(high), hex_digit(low))
        {
            decoded.push(high << 4 | low);
            rest = &after[2..];
        } else {
            decoded.push(byte);
            rest = after;
        }
    }
    decoded
}

/// Percent-encoding of everything but RFC 3986's unreserved characters.
#[must_use]
pub fn percent_encoded(text: &[u8]) -> String {
    use std::fmt::Write as _;
    let mut encoded = String::with_capacity(text.len());
    for &byte in text {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            write!(encoded, "%{byte:02X}").expect("a String takes any text");
        }
    }
    encoded
}

fn hex_digit(byte: u8) -> Option<u8> {
    char::from(byte)
        .to_digit(16)
        .and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plus_in_a_query_is_a_plus_and_percent_signs_are_decoded_once() {
        let target = b"/p?msg=a%2Bb&signature=x+y%252B==&nonce=";
        assert_eq!(query_parameter(target, "msg").unwrap(), b"a+b");
        assert_eq!(query_parameter(target, "signature").unwrap(), b"x+y%2B==");
        assert_eq!(query_parameter(target, "nonce").unwrap(), b"");
        assert_eq!(query_parameter(target, "other"), None);
        assert_eq!(percent_decoded(b"100%,%4"), b"100%,%4");
    }

    #[test]
    fn the_public_url_replaces_scheme_and_authority_and_prefixes_the_path() {
        let mut request = Request::new("POST", "/hook?a=1");
        request.headers.push("Host", "10.0.0.7:8080");
        request.scheme = Some(Scheme::Http);
        let public: Url = "https://example.com/iot".parse().unwrap();
        let mut evidence = Evidence::of(&request);
        let url = Source::Url(UrlPart::Full);
        assert_eq!(
            evidence.find("url", &url).unwrap(),
            &b"http://10.0.0.7:8080/hook?a=1"[..]
        );
        evidence.public_url = Some(&public);
        assert_eq!(
            evidence.find("url", &url).unwrap(),
            &b"https://example.com/iot/hook?a=1"[..]
        );
    }
}
