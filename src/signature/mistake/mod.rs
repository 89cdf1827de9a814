//! What people get wrong, as a table of mistakes that can be **made**.
//!
//! A mistake is a named change to one stage of a signature: the secret, the inputs, the body,
//! the order, the digest or the text. Making it and comparing is a proof; nothing here guesses.
//! One file a stage; [`all`] gives the table for one case.

mod arrange;
mod body;
mod charset;
mod confused;
mod digest;
mod edited;
mod input;
pub mod key_order;
mod order;
pub mod reverse;
pub mod seal;
mod secret;
mod sort;
pub mod text;
mod time;
pub(super) mod token;
mod url;

use std::borrow::Cow;

use super::digest::{Digest, DigestValue};
use super::recipe::{Form, Order, Source};
use super::secret::Secret;

pub use arrange::Arrange;
pub use charset::Charset;

/// The right ingredients of one case, from which mistakes depart.
#[derive(Debug)]
pub struct Case<'c> {
    /// The form that applies.
    pub form: &'c Form,
    /// The values of its parts; a secret part's is filled from `secret`.
    pub values: Vec<Vec<u8>>,
    /// The parts' values as they stand in the query, the token or the JSON string, not decoded.
    pub raw: Vec<Option<Vec<u8>>>,
    /// The hash function.
    pub digest: Digest,
    /// The secret as its text was given.
    pub secret_text: &'c [u8],
    /// The secret as it is used: the text, or the key's decoded bytes.
    pub secret: Vec<u8>,
    /// Other secrets that may have been taken by mistake.
    pub others: Vec<OtherSecret>,
    /// Other things in the request that may have been mixed in.
    pub extras: Vec<Extra>,
    /// The whole body, where only a part of it is hashed.
    pub body: Option<Vec<u8>>,
    /// What a sealed part holds, where its key was given and opens it.
    pub opened: Option<Vec<u8>>,
    /// The same with the head before it and the id behind it.
    pub opened_whole: Option<Vec<u8>>,
    /// Member names in the order of the vendor's documentation.
    pub documented_keys: &'static [&'static str],
    /// The hosts that the request names, which may have been taken for the URL's.
    pub hosts: Vec<String>,
    /// The request's own target.
    pub target: Option<String>,
}

/// A secret that may have been taken for the right one.
#[derive(Clone, Debug)]
pub struct OtherSecret {
    /// The mistake's id: `secret.swapped`, `secret.other-profile`, `secret.vendor-sample`.
    pub id: &'static str,
    /// Which it is, in words that do not show it.
    pub what: String,
    /// The secret.
    pub secret: Secret,
}

/// Something else in the request that may have been mixed in.
#[derive(Clone, Debug)]
pub struct Extra {
    /// Its name: `echostr`, `body` …
    pub name: String,
    /// Its value.
    pub value: Vec<u8>,
}

/// The stages of the search, in its order. Pairs take two mistakes of two stages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// The secret.
    Secret,
    /// Query, headers, time and URL.
    Input,
    /// What was made of the JSON body.
    Body,
    /// Order and joiner.
    Order,
    /// The hash function.
    Digest,
}

/// One mistake, ready to be made.
#[derive(Clone, Debug)]
pub struct Mistake {
    /// `family.slug`.
    pub id: Cow<'static, str>,
    /// What was done, as a sentence without a full stop.
    pub title: String,
    /// What to do instead.
    pub advice: &'static str,
    /// The stage that it changes.
    pub stage: Stage,
    /// The change.
    pub change: Change,
}

/// A mistake that needs no change to be made: it is read off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TextOnly {
    /// `family.slug`.
    pub id: &'static str,
    /// What was done.
    pub title: &'static str,
    /// What to do instead.
    pub advice: &'static str,
}

/// What a mistake changes.
#[derive(Clone, Debug)]
pub enum Change {
    /// The secret, as it is used.
    Secret(Vec<u8>),
    /// The values of parts, by index.
    Values(Vec<(usize, Vec<u8>)>),
    /// The part that names the hash function, by index, and the hash function with it.
    Method(usize, Digest),
    /// How the base string is put together.
    Arrange(Arrange),
    /// The characters' encoding, piece by piece.
    Charset(Charset),
    /// How the base string is hashed.
    Hashing(Hashing),
}

/// How the base string is hashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hashing {
    /// As the form says.
    Documented,
    /// A plain hash of the base string, without any key.
    Plain(Digest),
    /// A plain hash of the secret and then the base string.
    SecretThenBase(Digest),
    /// A plain hash of the base string and then the secret.
    BaseThenSecret(Digest),
    /// An HMAC with the secret over the base string, the secret in it included.
    Hmac(Digest),
    /// An HMAC with the secret over the other parts.
    HmacOfRest(Digest),
    /// An HMAC whose key and message are swapped.
    HmacSwapped(Digest),
    /// The hash of the hash's bytes.
    Twice,
    /// The hash of the hash's lower-case hexadecimal text.
    OfHex,
}

/// A piece of a base string.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece<'p> {
    /// The bytes that are hashed.
    pub bytes: Cow<'p, [u8]>,
    /// The part that it is; none for joiners and other text between.
    pub part: Option<usize>,
    /// Whether a secret is in it, so that it must not be shown.
    pub secret: bool,
}

impl<'p> Piece<'p> {
    /// Text that is no part.
    fn between(text: &'p [u8]) -> Self {
        Self {
            bytes: Cow::Borrowed(text),
            part: None,
            secret: false,
        }
    }

    /// The same, borrowed from nothing.
    #[must_use]
    pub fn into_owned(self) -> Piece<'static> {
        Piece {
            bytes: Cow::Owned(self.bytes.into_owned()),
            part: self.part,
            secret: self.secret,
        }
    }
}

impl Case<'_> {
    /// The index of the part that is the secret; none where the secret is a key.
    #[must_use]
    pub fn secret_at(&self) -> Option<usize> {
        self.form
            .parts
            .iter()
            .position(|part| matches!(part.source, Source::Secret(_)))
    }

    /// The indices of the parts that stand in the request.
    pub(crate) fn inputs(&self) -> impl Iterator<Item = usize> {
        (0..self.values.len()).filter(|&at| {
            !matches!(
                self.form.parts[at].source,
                Source::Secret(_) | Source::Literal(_)
            )
        })
    }

    /// Whether the parts are the fields of a token.
    pub(in crate::signature) fn is_token(&self) -> bool {
        let mut parts = self.form.parts.iter();
        parts.any(|part| matches!(part.source, Source::Field(_)))
    }

    /// The name of a part.
    #[must_use]
    pub fn name(&self, at: usize) -> &str {
        &self.form.parts[at].name
    }

    /// The pieces of the base string after these changes.
    #[must_use]
    pub fn pieces<'p>(&'p self, changes: &[&'p Change]) -> Vec<Piece<'p>> {
        let secret = self.secret_after(changes);
        let mut values: Vec<(usize, &[u8])> = Vec::with_capacity(self.values.len());
        for (at, value) in self.values.iter().enumerate() {
            let mut value = value.as_slice();
            if matches!(self.form.parts[at].source, Source::Secret(_)) {
                value = secret;
            }
            for change in changes {
                if let Change::Values(changed) = change
                    && let Some((_, new)) = changed.iter().find(|(index, _)| *index == at)
                {
                    value = new;
                }
                if let Change::Method(index, digest) = change
                    && *index == at
                {
                    value = digest.name().as_bytes();
                }
            }
            values.push((at, value));
        }
        let arrange = changes
            .iter()
            .find_map(|change| match change {
                Change::Arrange(arrange) => Some(arrange),
                _ => None,
            })
            .unwrap_or(&Arrange::Documented);
        let mut pieces = arrange.pieces(self, &values);
        for change in changes {
            if let Change::Charset(charset) = change {
                for piece in &mut pieces {
                    piece.bytes = Cow::Owned((charset.encode)(&piece.bytes));
                }
                if !charset.mark.is_empty() {
                    pieces.insert(0, Piece::between(charset.mark));
                }
            }
        }
        pieces
    }

    /// The digest after these changes.
    #[must_use]
    pub fn digest_after(&self, changes: &[&Change]) -> DigestValue {
        let pieces = self.pieces(changes);
        let secret = self.secret_after(changes);
        let all = || pieces.iter().map(|piece| piece.bytes.as_ref());
        let rest = || {
            pieces
                .iter()
                .filter(|piece| !piece.secret)
                .map(|piece| piece.bytes.as_ref())
        };
        let named = changes
            .iter()
            .find_map(|change| match change {
                Change::Method(_, digest) => Some(*digest),
                _ => None,
            })
            .unwrap_or(self.digest);
        let documented = || match &self.form.key {
            None => named.hash(all()),
            Some(_) => named.hmac(secret, all()),
        };
        let hashing = changes
            .iter()
            .find_map(|change| match change {
                Change::Hashing(hashing) => Some(*hashing),
                _ => None,
            })
            .unwrap_or(Hashing::Documented);
        match hashing {
            Hashing::Documented => documented(),
            Hashing::Plain(digest) => digest.hash(all()),
            Hashing::SecretThenBase(digest) => digest.hash([secret].into_iter().chain(all())),
            Hashing::BaseThenSecret(digest) => digest.hash(all().chain([secret])),
            Hashing::Hmac(digest) => digest.hmac(secret, all()),
            Hashing::HmacOfRest(digest) => digest.hmac(secret, rest()),
            Hashing::HmacSwapped(digest) => {
                digest.hmac(&rest().collect::<Vec<_>>().concat(), [secret])
            }
            Hashing::Twice => named.hash([documented().as_bytes()]),
            Hashing::OfHex => named.hash([hex::encode(documented().as_bytes()).as_bytes()]),
        }
    }

    fn secret_after<'p>(&'p self, changes: &[&'p Change]) -> &'p [u8] {
        changes
            .iter()
            .find_map(|change| match change {
                Change::Secret(secret) => Some(secret.as_slice()),
                _ => None,
            })
            .unwrap_or(&self.secret)
    }

    /// Whether the form sorts its parts.
    fn sorts(&self) -> bool {
        self.form.order == Order::Sorted
    }
}

/// Every mistake that can be made in this case and changes something, stage by stage, the more
/// usual first.
#[must_use]
pub fn all(case: &Case<'_>) -> Vec<Mistake> {
    let mut mistakes = Vec::with_capacity(256);
    mistakes.extend(secret::mistakes(case));
    mistakes.extend(input::mistakes(case));
    mistakes.extend(body::mistakes(case));
    for at in body::bodies(case) {
        mistakes.extend(edited::mistakes(case, at));
    }
    mistakes.extend(confused::mistakes(case));
    mistakes.extend(charset::mistakes(case));
    mistakes.extend(order::mistakes(case));
    mistakes.extend(digest::mistakes(case));
    // A mistake that gives the right digest is none.
    let right = case.digest_after(&[]);
    mistakes.retain(|mistake| case.digest_after(&[&mistake.change]) != right);
    mistakes
}

/// A mistake of one stage, with less to write.
fn mistake(
    stage: Stage,
    id: impl Into<Cow<'static, str>>,
    title: impl Into<String>,
    advice: &'static str,
    change: Change,
) -> Mistake {
    Mistake {
        id: id.into(),
        title: title.into(),
        advice,
        stage,
        change,
    }
}
