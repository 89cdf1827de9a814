//! What a [`Form`] does: gather its parts from the evidence, hash them, sign, compare.

use std::borrow::Cow;

use super::digest::{Digest, DigestValue};
use super::evidence::{Absence, Evidence};
use super::recipe::{
    DigestRule, Form, Key, KeyEncoding, MOST_PARTS, Order, SignaturePlace, Source,
};
use super::secret::{SecretName, Secrets};

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
        Ok(self.arrange(pieces, count))
    }

    /// Orders the first `count` pieces and puts the joiners between; gives how many they are.
    pub(super) fn arrange<'p>(
        &'p self,
        pieces: &mut [&'p [u8]; MOST_PIECES],
        mut count: usize,
    ) -> usize {
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
        count
    }
}

/// The parts of a form and the joiners between them.
pub(super) const MOST_PIECES: usize = 2 * MOST_PARTS;

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signature::Given;
    use crate::signature::Output;
    use crate::signature::recipe::Part;

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
