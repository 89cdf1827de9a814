//! A signature scheme **as data**: parts → base string → digest → text.
//!
//! Four commands need the same rule and `explain` must vary it, so a scheme is a value. A
//! [`Recipe`] is a list of [`Form`]s (handshake, plain push, encrypted push …); the first
//! whose parts are present applies.

use base64::Engine as _;

use super::digest::{BASE64_FORGIVING, Digest, Output};
use super::secret::SecretName;

/// A signature scheme.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipe {
    /// The platform's id, or the name that a user's recipe gives itself.
    pub id: String,
    /// One line about it.
    pub title: String,
    /// Its shapes; the first whose parts are present applies.
    pub forms: Vec<Form>,
}

/// One shape of a scheme.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Form {
    /// `handshake`, `push`, `encrypted` …
    pub name: String,
    /// What is hashed, in the documented order.
    pub parts: Vec<Part>,
    /// How the parts are ordered before they are joined.
    pub order: Order,
    /// What stands between two parts.
    pub joiner: Vec<u8>,
    /// The hash function.
    pub digest: DigestRule,
    /// The key, where the digest is an HMAC.
    pub key: Option<Key>,
    /// How the digest is written.
    pub output: Output,
    /// Where the signature stands.
    pub signature: SignaturePlace,
    /// Which part tells the time, if one does.
    pub time: Option<TimeRule>,
    /// What a handshake must return.
    pub echo: Option<Part>,
}

/// A named input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Its name, which is its flag too: `nonce`, `msg` …
    pub name: String,
    /// Where it stands.
    pub source: Source,
}

impl Part {
    /// A part of that name.
    #[must_use]
    pub fn new(name: impl Into<String>, source: Source) -> Self {
        Self {
            name: name.into(),
            source,
        }
    }

    /// The part that is a secret, named like its flag.
    #[must_use]
    pub fn secret(name: SecretName) -> Self {
        Self::new(name.flag(), Source::Secret(name))
    }
}

/// Where a part stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// Always this text.
    Literal(Vec<u8>),
    /// A secret, by flag.
    Secret(SecretName),
    /// A query parameter: percent-decoded once, `+` stays `+`.
    Query(String),
    /// The first header of that name.
    Header(String),
    /// A value of the JSON body, by pointer: its exact bytes.
    JsonRaw(String),
    /// A string of the JSON body, by pointer: decoded.
    JsonText(String),
    /// A field of a form-encoded credential (OneNET's token): percent-decoded once.
    Field(String),
    /// The method in upper case.
    Method,
    /// The URL, as its sender wrote it.
    Url(UrlPart),
    /// The whole body.
    Body {
        /// What is hashed where the body is empty.
        empty_as: Vec<u8>,
    },
    /// Nowhere in the request: only the user can give it (`--in NAME=VALUE`).
    Flag,
}

/// How much of a URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UrlPart {
    /// `scheme://host/path?query`.
    Full,
    /// `/path`.
    Path,
    /// `/path?query`.
    PathAndQuery,
}

/// How parts are ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// As listed.
    Listed,
    /// Sorted byte by byte.
    Sorted,
}

/// Which hash function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DigestRule {
    /// Always this one.
    Fixed(Digest),
    /// Named by the value of a part, out of a list.
    Named {
        /// The part.
        part: String,
        /// The digests that may be named.
        among: Vec<Digest>,
    },
}

/// The key of an HMAC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// The secret that it is made of.
    pub secret: SecretName,
    /// How the secret's text becomes bytes.
    pub encoding: KeyEncoding,
    /// A prefix that is taken off first: `whsec_`.
    pub prefix: String,
}

/// How a secret's text becomes key bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyEncoding {
    /// The text's own bytes.
    Utf8,
    /// Base64, with or without padding.
    Base64,
    /// Hexadecimal.
    Hex,
}

/// Where a signature stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignaturePlace {
    /// The header, parameter, member or field.
    pub source: Source,
    /// Separates several signatures, of which any may match.
    pub separator: Option<String>,
    /// Stands before each: `v1,` or `sha1=`.
    pub prefix: String,
}

impl SignaturePlace {
    /// One signature without a prefix.
    #[must_use]
    pub fn plain(source: Source) -> Self {
        Self {
            source,
            separator: None,
            prefix: String::new(),
        }
    }

    /// The name that a signature has among the flags.
    pub const NAME: &'static str = "signature";
}

/// Which part tells the time, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimeRule {
    /// The part.
    pub part: String,
    /// Seconds or milliseconds.
    pub unit: TimeUnit,
    /// When it was sent, or when it expires.
    pub meaning: TimeMeaning,
}

/// The unit of a unix time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeUnit {
    /// Seconds.
    Seconds,
    /// Milliseconds.
    Millis,
}

/// What a time means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeMeaning {
    /// The request was sent then.
    Sent,
    /// The credential ends then.
    Expires,
}

/// At most this many parts in a form; a recipe file with more is refused.
pub const MOST_PARTS: usize = 16;

impl Form {
    /// The secret that signs.
    #[must_use]
    pub fn secret(&self) -> Option<SecretName> {
        self.key.as_ref().map(|key| key.secret).or_else(|| {
            self.parts.iter().find_map(|part| match part.source {
                Source::Secret(name) => Some(name),
                _ => None,
            })
        })
    }
}

impl KeyEncoding {
    /// The name in recipes.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Utf8 => "utf8",
            Self::Base64 => "base64",
            Self::Hex => "hex",
        }
    }

    /// The bytes of a key's text; none if it is not so encoded.
    #[must_use]
    pub fn decode(self, text: &[u8]) -> Option<Vec<u8>> {
        match self {
            Self::Utf8 => Some(text.to_vec()),
            Self::Base64 => BASE64_FORGIVING.decode(text).ok(),
            Self::Hex => hex::decode(text).ok(),
        }
    }
}

impl Recipe {
    /// The form of that name.
    #[must_use]
    pub fn form(&self, name: &str) -> Option<&Form> {
        self.forms.iter().find(|form| form.name == name)
    }

    /// The form of an ordinary push: the first that asks for no echo, else the first.
    #[must_use]
    pub fn plain_form(&self) -> Option<&Form> {
        let plain = self.forms.iter().find(|form| form.echo.is_none());
        plain.or(self.forms.first())
    }

    /// The secrets that its forms sign with, each once.
    #[must_use]
    pub fn secrets(&self) -> Vec<SecretName> {
        let mut names: Vec<_> = self.forms.iter().filter_map(Form::secret).collect();
        names.sort_unstable();
        names.dedup();
        names
    }
}
