//! What [`super::Resigner`] is made of: the form that applies, what hashes, the places that change.

use std::io::Write as _;
use std::ops::Range;

use crate::check::Scheme;
use crate::json::edit::escape;
use crate::message::Request;
use crate::moment::Moment;
use crate::platform::Platform;
use crate::signature::Verdict;
use crate::signature::digest::{Digest, Keyed, LONGEST};
use crate::signature::evidence::{Evidence, percent_encoded};
use crate::signature::form::Lack;
use crate::signature::place::{self, Place, query_value};
use crate::signature::recipe::{Form, Part, Recipe, Source, TimeUnit, UrlPart};
use crate::signature::secret::Secrets;
use crate::signature::verify::{judge, lack_in_words};

use super::{Fill, Hasher, ResignError};

/// The form that a request is judged by and its hash function; what hinders is said in the words
/// of [`judge`].
pub(super) fn applying<'r>(
    recipe: &'r Recipe,
    request: &Request,
    secrets: &Secrets,
) -> Result<(&'r Form, Digest), ResignError> {
    let evidence = Evidence::of(request);
    let found = recipe
        .forms
        .iter()
        .filter(|form| form.received(&evidence).is_ok())
        .find_map(|form| Some((form, form.gather(&evidence).ok()?.digest)));
    if let Some(found) = found {
        return Ok(found);
    }
    let judgement = judge(recipe, &evidence, secrets);
    let why = judgement.why.unwrap_or_default();
    Err(match judgement.verdict {
        Verdict::Unsigned => ResignError::Unsigned(why),
        _ => ResignError::Unreadable(why),
    })
}

/// The hash function with its key, once every secret is there.
pub(super) fn hasher(
    form: &Form,
    digest: Digest,
    secrets: &Secrets,
) -> Result<Hasher, ResignError> {
    let unreadable = |lack| ResignError::Unreadable(lack_in_words(form, &lack));
    for part in &form.parts {
        if let Source::Secret(name) = part.source
            && secrets.first(name).is_none()
        {
            return Err(unreadable(Lack::Secret(name)));
        }
    }
    Ok(match &form.key {
        None => Hasher::Plain(digest),
        Some(key) => {
            let key = key.bytes(secrets, 0).map_err(unreadable)?;
            Hasher::Keyed(Keyed::new(digest, &key))
        }
    })
}

pub(super) fn first_of_each(form: &Form, secrets: &Secrets) -> Secrets {
    let mut kept = Secrets::new();
    for part in &form.parts {
        if let Source::Secret(name) = part.source
            && let Some(secret) = secrets.first(name)
        {
            kept.push(name, secret.clone());
        }
    }
    kept
}

/// The slot of a part that changes, its value already in the request in the right length.
pub(super) fn slot(
    scheme: &Scheme,
    form: &Form,
    part: &Part,
    request: &mut Request,
    moment: &mut Moment,
) -> Result<Option<(Source, Fill)>, ResignError> {
    let Some(place) = place::locate(request, &part.source) else {
        return Ok(None);
    };
    // The quotes of a raw string are no part of what changes.
    let raw = place.of(request);
    let (source, raw) = match (&part.source, raw) {
        (Source::JsonRaw(pointer), [b'"', inside @ .., b'"']) => {
            (Source::JsonText(pointer.clone()), inside)
        }
        (source, raw) => (source.clone(), raw),
    };
    let time = form.time.as_ref().filter(|rule| rule.part == part.name);
    let fill = match time {
        Some(rule) => Fill::Time(rule.unit),
        None if part.name != "nonce" => return Ok(None),
        None => match (&source, raw.first()) {
            (Source::JsonRaw(_), Some(b'0'..=b'9' | b'-')) => Fill::Chance(DIGITS),
            (Source::JsonRaw(_), _) => return Err(ResignError::Nonce(form.name.clone())),
            _ => Fill::Chance(Platform::nonce_alphabet(scheme.platform, &source)),
        },
    };
    let text = match fill {
        Fill::Chance(alphabet) => {
            let decoded = Evidence::of(request)
                .find(&part.name, &source)
                .unwrap_or_default();
            let count = match String::from_utf8_lossy(&decoded).chars().count() {
                0 => Platform::nonce_length(scheme.platform),
                count => count,
            };
            moment.text(alphabet, count).into_bytes()
        }
        Fill::Time(unit) => {
            let mut text = [0; LONGEST];
            let size = time_text(moment, unit, &mut text);
            text[..size].to_vec()
        }
        Fill::Signature => Vec::new(),
    };
    place::write(request, &source, &text)?;
    Ok(Some((source, fill)))
}

/// What a nonce that is a JSON number is drawn from: without a zero, none stands in front.
pub(super) const DIGITS: &[u8] = b"123456789";

/// What of the bytes of head and body, `end` in all, a part is made of.
pub(super) fn signed_range(
    request: &Request,
    body_start: usize,
    end: usize,
    source: &Source,
) -> Option<Range<usize>> {
    let target = request.method.len() + 1;
    match source {
        Source::Body { .. } => (body_start < end).then_some(body_start..end),
        Source::Url(part) => Some(target..target + signed_target(request, *part)),
        _ => place::locate(request, source).map(|place| in_wire(request, body_start, &place)),
    }
}

/// Whether a signature is percent-encoded at its place: in a credential always, in a query where
/// its sender did so.
pub(super) fn is_percent_encoded(form: &Form, request: &Request) -> bool {
    match &form.signature.source {
        Source::Field(_) => true,
        source @ Source::Query(_) => place::locate(request, source)
            .is_some_and(|place| memchr::memchr(b'%', place.of(request)).is_some()),
        _ => false,
    }
}

/// The signature's prefix as it is written at its place.
pub(super) fn prefix(form: &Form, percent: bool) -> Vec<u8> {
    let prefix = form.signature.prefix.as_bytes();
    match &form.signature.source {
        _ if percent => percent_encoded(prefix).into_bytes(),
        Source::Query(_) => query_value(prefix).into_bytes(),
        Source::JsonText(_) => escape(prefix),
        _ => prefix.to_vec(),
    }
}

/// Where a place lies in the bytes of head and body.
pub(super) fn in_wire(request: &Request, body_start: usize, place: &Place) -> Range<usize> {
    let (start, range) = match place {
        Place::Target(range) => (request.method.len() + 1, range),
        Place::Body(range) => (body_start, range),
        Place::Header { index, range } => (request.value_start(*index), range),
    };
    start + range.start..start + range.end
}

/// How much of the target stands in a signed URL.
pub(super) fn signed_target(request: &Request, part: UrlPart) -> usize {
    let target = &request.target;
    match part {
        UrlPart::Path => memchr::memchr(b'?', target).unwrap_or(target.len()),
        UrlPart::Full | UrlPart::PathAndQuery => target.len(),
    }
}

pub(super) fn overlap(one: &Range<usize>, other: &Range<usize>) -> bool {
    one.start < other.end && other.start < one.end
}

pub(super) fn time_text(moment: &Moment, unit: TimeUnit, text: &mut [u8; LONGEST]) -> usize {
    let number = match unit {
        TimeUnit::Seconds => moment.seconds(),
        TimeUnit::Millis => moment.millis(),
    };
    let mut rest = &mut text[..];
    write!(rest, "{number}").expect("64 bytes hold any number");
    LONGEST - rest.len()
}
