//! A signature scheme **as data**: parts → base string → digest → text.
//!
//! Four commands need the same rule and `explain` must vary it, so a scheme is a value. A
//! [`Recipe`] is a list of [`Form`]s (handshake, plain push, encrypted push …); the first
//! whose parts are present applies.

use std::borrow::Cow;

use base64::Engine as _;

use super::digest::{BASE64_FORGIVING, Digest, DigestValue, Output};
use super::evidence::{Absence, Evidence};
use super::secret::{SecretName, Secrets};

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

/// The values of a form's parts in one case, in the order of [`Form::parts`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ingredients<'a> {
    /// The values; a secret part's is empty until [`Form::digest`] is given the secret.
    pub values: Vec<Cow<'a, [u8]>>,
    /// The hash function of this case.
    pub digest: Digest,
}

/// Why a form does not apply, or cannot be computed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lack {
    /// A part has no value.
    Part {
        /// Its name.
        name: String,
        /// Why.
        why: Absence,
    },
    /// The part that names the digest holds this, which is not in the list.
    Digest {
        /// What it holds.
        named: String,
    },
    /// A secret was not given.
    Secret(SecretName),
    /// The key's text is not what its encoding says.
    Key {
        /// The secret.
        secret: SecretName,
        /// How it should be encoded.
        encoding: KeyEncoding,
    },
}

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

    /// The values of all parts that are no secrets.
    pub fn gather<'a>(&self, evidence: &Evidence<'a>) -> Result<Ingredients<'a>, Lack> {
        let lack = |name: &str, why| Lack::Part {
            name: name.to_owned(),
            why,
        };
        let mut values = Vec::with_capacity(self.parts.len());
        for part in &self.parts {
            values.push(match part.source {
                Source::Secret(_) => Cow::Borrowed(&[][..]),
                _ => evidence
                    .find(&part.name, &part.source)
                    .map_err(|why| lack(&part.name, why))?,
            });
        }
        if let Some(echo) = &self.echo {
            evidence
                .find(&echo.name, &echo.source)
                .map_err(|why| lack(&echo.name, why))?;
        }
        let digest = match &self.digest {
            DigestRule::Fixed(digest) => *digest,
            DigestRule::Named { part, among } => {
                let named = self
                    .parts
                    .iter()
                    .position(|have| have.name == *part)
                    .map(|index| values[index].as_ref())
                    .unwrap_or_default();
                Digest::from_name(named)
                    .filter(|digest| among.contains(digest))
                    .ok_or_else(|| Lack::Digest {
                        named: String::from_utf8_lossy(named).into_owned(),
                    })?
            }
        };
        Ok(Ingredients { values, digest })
    }

    /// The signature that stands in the request, as it stands there.
    pub fn received<'a>(&self, evidence: &Evidence<'a>) -> Result<Cow<'a, [u8]>, Absence> {
        evidence.find(SignaturePlace::NAME, &self.signature.source)
    }

    /// The digest with the `index`-th secret of the kind that signs.
    pub fn digest(
        &self,
        ingredients: &Ingredients<'_>,
        secrets: &Secrets,
        index: usize,
    ) -> Result<DigestValue, Lack> {
        let key = match &self.key {
            None => None,
            Some(key) => Some(key.bytes(secrets, index)?),
        };
        let mut pieces: [&[u8]; MOST_PIECES] = [&[]; MOST_PIECES];
        let count = self.pieces(ingredients, secrets, index, &mut pieces)?;
        let pieces = pieces[..count].iter().copied();
        Ok(match key {
            Some(key) => ingredients.digest.hmac(&key, pieces),
            None => ingredients.digest.hash(pieces),
        })
    }

    /// The signature's text, prefix included.
    pub fn sign(
        &self,
        ingredients: &Ingredients<'_>,
        secrets: &Secrets,
        index: usize,
    ) -> Result<String, Lack> {
        let digest = self.digest(ingredients, secrets, index)?;
        Ok(format!(
            "{}{}",
            self.signature.prefix,
            self.output.text(&digest)
        ))
    }

    /// Whether one of the signatures in `received` is `digest`.
    #[must_use]
    pub fn accepts(&self, received: &[u8], digest: &DigestValue) -> bool {
        self.candidates(received).any(|text| {
            text.strip_prefix(self.signature.prefix.as_bytes())
                .is_some_and(|text| self.output.is(digest, text))
        })
    }

    /// The signatures in `received`, prefixes included.
    pub fn candidates<'r>(&'r self, received: &'r [u8]) -> impl Iterator<Item = &'r [u8]> {
        let separator = self.signature.separator.as_deref().unwrap_or_default();
        let mut rest = Some(received);
        std::iter::from_fn(move || {
            let text = rest?;
            let cut = (!separator.is_empty())
                .then(|| memchr::memmem::find(text, separator.as_bytes()))
                .flatten();
            rest = cut.map(|at| &text[at + separator.len()..]);
            Some(&text[..cut.unwrap_or(text.len())])
        })
    }

    /// The pieces of the base string, joiners included, in the order in which they are hashed.
    fn pieces<'p>(
        &'p self,
        ingredients: &'p Ingredients<'_>,
        secrets: &'p Secrets,
        index: usize,
        pieces: &mut [&'p [u8]; MOST_PIECES],
    ) -> Result<usize, Lack> {
        let mut count = 0;
        for (part, value) in self.parts.iter().zip(&ingredients.values) {
            pieces[count] = match part.source {
                Source::Secret(name) => secrets
                    .all(name)
                    .get(index)
                    .or_else(|| secrets.first(name))
                    .ok_or(Lack::Secret(name))?
                    .expose(),
                _ => value,
            };
            count += 1;
        }
        if self.order == Order::Sorted {
            pieces[..count].sort_unstable();
        }
        if !self.joiner.is_empty() && count > 1 {
            for at in (1..count).rev() {
                pieces[2 * at] = pieces[at];
                pieces[2 * at - 1] = &self.joiner;
            }
            count = 2 * count - 1;
        }
        Ok(count)
    }
}

/// At most this many parts in a form; a recipe file with more is refused.
pub const MOST_PARTS: usize = 16;

const MOST_PIECES: usize = 2 * MOST_PARTS;

impl Key {
    /// The key bytes of the `index`-th secret.
    pub fn bytes(&self, secrets: &Secrets, index: usize) -> Result<Vec<u8>, Lack> {
        let secret = secrets
            .all(self.secret)
            .get(index)
            .ok_or(Lack::Secret(self.secret))?
            .expose();
        let text = secret
            .strip_prefix(self.prefix.as_bytes())
            .unwrap_or(secret);
        self.encoding.decode(text).ok_or(Lack::Key {
            secret: self.secret,
            encoding: self.encoding,
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

    /// The secrets that its forms sign with, each once.
    #[must_use]
    pub fn secrets(&self) -> Vec<SecretName> {
        let mut names: Vec<_> = self.forms.iter().filter_map(Form::secret).collect();
        names.sort_unstable();
        names.dedup();
        names
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signature::Given;

    fn form(order: Order, joiner: &[u8]) -> Form {
        Form {
            name: "push".into(),
            parts: vec![
                Part::secret(SecretName::Token),
                Part::new("b", Source::Flag),
                Part::new("a", Source::Flag),
            ],
            order,
            joiner: joiner.to_vec(),
            digest: DigestRule::Fixed(Digest::Md5),
            key: None,
            output: Output::Hex,
            signature: SignaturePlace {
                source: Source::Header("S".into()),
                separator: Some(" ".into()),
                prefix: "v1,".into(),
            },
            time: None,
            echo: None,
        }
    }

    fn digest(form: &Form) -> DigestValue {
        let given = Given::new().with("b", "BB").with("a", "AA");
        let evidence = Evidence::default().with(&given);
        let secrets = Secrets::new().with(SecretName::Token, "CC");
        let ingredients = form.gather(&evidence).unwrap();
        form.digest(&ingredients, &secrets, 0).unwrap()
    }

    #[test]
    fn parts_are_sorted_and_joined_as_the_form_says() {
        let md5 = |text: &str| Digest::Md5.hash([text.as_bytes()]);
        assert_eq!(digest(&form(Order::Listed, b"")), md5("CCBBAA"));
        assert_eq!(digest(&form(Order::Sorted, b"")), md5("AABBCC"));
        assert_eq!(digest(&form(Order::Sorted, b"\n")), md5("AA\nBB\nCC"));
    }

    #[test]
    fn any_signature_of_a_list_may_match_and_each_needs_its_prefix() {
        let form = form(Order::Listed, b"");
        let digest = digest(&form);
        let text = Output::Hex.text(&digest);
        assert!(form.accepts(format!("v1,00 v1,{text}").as_bytes(), &digest));
        assert!(!form.accepts(text.as_bytes(), &digest));
        assert!(!form.accepts(b"", &digest));
    }

    #[test]
    fn a_part_that_is_missing_is_named() {
        let lack = form(Order::Listed, b"").gather(&Evidence::default());
        assert_eq!(
            lack,
            Err(Lack::Part {
                name: "b".into(),
                why: Absence::Missing
            })
        );
    }
}
