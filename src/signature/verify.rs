//! The verdict on one request: which form applies, and whether its signature is right.

use std::borrow::Cow;

use jiff::{SignedDuration, Timestamp};

use super::digest::DigestValue;
use super::evidence::{Absence, Evidence};
use super::form::{Ingredients, Lack};
use super::recipe::{Form, KeyEncoding, Recipe, Source, TimeMeaning, TimeRule, TimeUnit};
use super::secret::Secrets;

/// What can be said of a request's signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The signature is right.
    Valid,
    /// It is not the one that these bytes and this secret give.
    Mismatch,
    /// There is none.
    Unsigned,
    /// There is one, and something that it covers cannot be found.
    Unreadable,
}

impl Verdict {
    /// The word in every output.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::Mismatch => "mismatch",
            Self::Unsigned => "unsigned",
            Self::Unreadable => "unreadable",
        }
    }
}

/// The verdict on one request, and what it rests on.
#[derive(Clone, Debug)]
pub struct Judgement<'r, 'e> {
    /// The form that applies, or the one that comes nearest.
    pub form: Option<&'r Form>,
    /// The verdict.
    pub verdict: Verdict,
    /// The signature as it stands in the request.
    pub received: Option<Cow<'e, [u8]>>,
    /// The values that were hashed.
    pub ingredients: Option<Ingredients<'e>>,
    /// The right digest: with the secret that fits, else with the first.
    pub digest: Option<DigestValue>,
    /// Which of several secrets fits, from 0.
    pub secret: Option<usize>,
    /// Why it is not valid, in plain words.
    pub why: Option<String>,
}

impl Judgement<'_, '_> {
    /// The signature that should stand there, prefix included.
    #[must_use]
    pub fn expected(&self) -> Option<String> {
        let form = self.form?;
        Some(format!(
            "{}{}",
            form.signature.prefix,
            form.output.text(&self.digest?)
        ))
    }

    /// What the form's time part says.
    #[must_use]
    pub fn time(&self) -> Option<Result<Timestamp, String>> {
        let (form, ingredients) = (self.form?, self.ingredients.as_ref()?);
        let rule = form.time.as_ref()?;
        let at = form.parts.iter().position(|part| part.name == rule.part)?;
        Some(rule.read(&ingredients.values[at]))
    }
}

/// Judges one request by a recipe: the first form whose parts are all present applies.
#[must_use]
pub fn judge<'r, 'e>(
    recipe: &'r Recipe,
    evidence: &Evidence<'e>,
    secrets: &Secrets,
) -> Judgement<'r, 'e> {
    let mut nearest: Option<(&Form, Lack)> = None;
    for form in &recipe.forms {
        let Ok(received) = form.received(evidence) else {
            continue;
        };
        match form.gather(evidence) {
            Ok(ingredients) => return compare(form, received, ingredients, secrets),
            Err(lack) => {
                let nearness = |form, lack| (rank(lack), likelihood(form, evidence));
                if nearest
                    .as_ref()
                    .is_none_or(|(other, have)| nearness(form, &lack) > nearness(other, have))
                {
                    nearest = Some((form, lack));
                }
            }
        }
    }
    let (form, verdict, why) = match nearest {
        Some((form, lack)) => (Some(form), Verdict::Unreadable, lack_in_words(form, &lack)),
        None => unsigned(recipe, evidence),
    };
    Judgement {
        form,
        verdict,
        received: form.and_then(|form| form.received(evidence).ok()),
        ingredients: None,
        digest: None,
        secret: None,
        why: Some(why),
    }
}

/// A form that fails only by its digest's name or the shape of its body was surely meant.
fn rank(lack: &Lack) -> u8 {
    match lack {
        Lack::Digest { .. } => 3,
        Lack::Part {
            why: Absence::Missing,
            ..
        } => 1,
        _ => 2,
    }
}

/// How likely it is that a form was meant of which something is lacking: by how many of its
/// parts are there, and else it is the plain push.
fn likelihood(form: &Form, evidence: &Evidence<'_>) -> (usize, bool) {
    let present = form
        .parts
        .iter()
        .filter(|part| evidence.find(&part.name, &part.source).is_ok())
        .count();
    (present, form.name == "push")
}

fn compare<'r, 'e>(
    form: &'r Form,
    received: Cow<'e, [u8]>,
    ingredients: Ingredients<'e>,
    secrets: &Secrets,
) -> Judgement<'r, 'e> {
    let mut judgement = Judgement {
        form: Some(form),
        verdict: Verdict::Mismatch,
        received: Some(received),
        ingredients: None,
        digest: None,
        secret: None,
        why: None,
    };
    let received = judgement.received.as_deref().unwrap_or_default();
    let count = form.secret().map_or(1, |name| secrets.all(name).len());
    let mut lack = form.secret().map(Lack::Secret);
    for index in 0..count {
        match form.digest(&ingredients, secrets, index) {
            Err(why) => lack = Some(why),
            Ok(digest) => {
                judgement.digest.get_or_insert(digest);
                lack = None;
                if form.accepts(received, &digest) {
                    judgement.verdict = Verdict::Valid;
                    judgement.digest = Some(digest);
                    judgement.secret = Some(index);
                    break;
                }
            }
        }
    }
    if judgement.digest.is_none()
        && let Some(lack) = lack
    {
        judgement.verdict = Verdict::Unreadable;
        judgement.why = Some(lack_in_words(form, &lack));
    } else if judgement.verdict == Verdict::Mismatch {
        judgement.why = Some(match count {
            0 | 1 => "the signature is not the one that these bytes and this secret give".into(),
            _ => format!("none of the {count} secrets gives this signature"),
        });
    }
    judgement.ingredients = Some(ingredients);
    judgement
}

/// Words for a request in which no form finds a signature.
fn unsigned<'r>(
    recipe: &'r Recipe,
    evidence: &Evidence<'_>,
) -> (Option<&'r Form>, Verdict, String) {
    let in_body = recipe
        .forms
        .iter()
        .filter(|form| {
            matches!(
                form.signature.source,
                Source::JsonRaw(_) | Source::JsonText(_)
            )
        })
        .max_by_key(|form| likelihood(form, evidence));
    if let Some(form) = in_body
        && evidence.body().is_some_and(|body| !body.is_empty())
        && let Err(absence @ (Absence::NotJson(_) | Absence::NotAnObject | Absence::NotAString)) =
            form.received(evidence)
    {
        let why = absence_in_words("signature", &form.signature.source, &absence);
        return (Some(form), Verdict::Unreadable, why);
    }
    let mut places: Vec<_> = recipe
        .forms
        .iter()
        .map(|form| source_in_words(&form.signature.source))
        .collect();
    places.dedup();
    let why = match places.as_slice() {
        [one] => format!("there is no {one}"),
        _ => format!("there is neither a {}", places.join(" nor a ")),
    };
    let likely = recipe
        .forms
        .iter()
        .max_by_key(|form| likelihood(form, evidence));
    (likely, Verdict::Unsigned, why)
}

/// What is lacking, as a sentence without a full stop.
#[must_use]
pub fn lack_in_words(form: &Form, lack: &Lack) -> String {
    match lack {
        Lack::Part { name, why } => {
            let source = form
                .parts
                .iter()
                .chain(&form.echo)
                .find(|part| part.name == *name)
                .map_or(&Source::Flag, |part| &part.source);
            absence_in_words(name, source, why)
        }
        Lack::Digest { named } => {
            let among = match &form.digest {
                super::recipe::DigestRule::Named { among, .. } => {
                    among.iter().map(|digest| digest.name()).collect::<Vec<_>>()
                }
                super::recipe::DigestRule::Fixed(digest) => vec![digest.name()],
            };
            format!(
                "the digest is named `{named}`, which is none of {}",
                among.join(", ")
            )
        }
        Lack::Secret(name) => format!(
            "it is signed with a secret that was not given: --{}",
            name.flag()
        ),
        Lack::Key { secret, encoding } => {
            let form = match encoding {
                KeyEncoding::Base64 => "base64",
                KeyEncoding::Hex => "hexadecimal",
                KeyEncoding::Utf8 => "text",
            };
            format!("--{} is not {form}, as this key must be", secret.flag())
        }
    }
}

fn absence_in_words(name: &str, source: &Source, why: &Absence) -> String {
    match why {
        Absence::Missing => format!("the {} is missing", source_in_words_or(source, name)),
        Absence::NotJson(why) => format!("the body is not JSON: {} (byte {})", why.why, why.at),
        Absence::NotAnObject => "the body is JSON, but not an object".to_owned(),
        Absence::NotAString => format!("the {} is not a string", source_in_words_or(source, name)),
        Absence::NoScheme => "the full URL is signed, and only its path is known: \
             give --public-url (or --url)"
            .to_owned(),
    }
}

fn source_in_words_or(source: &Source, name: &str) -> String {
    match source {
        Source::Flag | Source::Literal(_) | Source::Secret(_) => format!("part `{name}`"),
        _ => source_in_words(source),
    }
}

/// Where something stands: "header `Nonce`".
#[must_use]
pub fn source_in_words(source: &Source) -> String {
    match source {
        Source::Literal(_) => "fixed text".to_owned(),
        Source::Secret(name) => format!("secret --{}", name.flag()),
        Source::Query(name) => format!("query parameter `{name}`"),
        Source::Header(name) => format!("header `{name}`"),
        Source::JsonRaw(pointer) | Source::JsonText(pointer) => {
            let path = pointer[1..].replace('/', ".");
            format!("member `{path}` of the body")
        }
        Source::Field(name) => format!("field `{name}` of the token"),
        Source::Method => "method".to_owned(),
        Source::Url(_) => "URL".to_owned(),
        Source::Body { .. } => "body".to_owned(),
        Source::Flag => "part".to_owned(),
    }
}

/// Whether a request is of now; judged apart from its signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freshness {
    /// Within the tolerance.
    Fresh,
    /// Sent longer ago than the tolerance.
    Stale,
    /// Sent later than now and the tolerance.
    Future,
    /// Its own end is past.
    Expired,
}

impl Freshness {
    /// The word in every output.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Fresh => "fresh",
            Self::Stale => "stale",
            Self::Future => "future",
            Self::Expired => "expired",
        }
    }

    /// Judges `time` at `now`.
    #[must_use]
    pub fn of(
        meaning: TimeMeaning,
        time: Timestamp,
        now: Timestamp,
        tolerance: SignedDuration,
    ) -> Self {
        let age = now.duration_since(time);
        match meaning {
            TimeMeaning::Expires if age > SignedDuration::ZERO => Self::Expired,
            TimeMeaning::Sent if age > tolerance => Self::Stale,
            TimeMeaning::Sent if -age > tolerance => Self::Future,
            TimeMeaning::Expires | TimeMeaning::Sent => Self::Fresh,
        }
    }
}

impl TimeRule {
    /// The time that a part's value tells, or why it tells none.
    pub fn read(&self, value: &[u8]) -> Result<Timestamp, String> {
        let number: i64 = std::str::from_utf8(value)
            .ok()
            .and_then(|text| text.parse().ok())
            .ok_or_else(|| format!("`{}` is not a unix time", self.part))?;
        let (time, unit) = match self.unit {
            TimeUnit::Seconds => (Timestamp::from_second(number), "seconds"),
            TimeUnit::Millis => (Timestamp::from_millisecond(number), "milliseconds"),
        };
        time.map_err(|_| format!("`{}` is no time in {unit}", self.part))
    }
}
