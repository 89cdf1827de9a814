//! The parts of a form: their places and their names.

use crate::error::Error;
use crate::signature::recipe::{MOST_PARTS, Part, SignaturePlace, Source, UrlPart};
use crate::signature::secret::SecretName;

use crate::table::{Item, Table, one_of, quoted};

/// What a part's table may have: a name, and one of the [`PLACES`].
pub(super) const KEYS: &[&str] = &[
    "name",
    "literal",
    "secret",
    "query",
    "header",
    "json-raw",
    "json-text",
    "field",
    "method",
    "url",
    "body",
    "flag",
];

/// Where a part may stand.
pub(super) const PLACES: &[&str] = KEYS.split_at(1).1;

pub(super) const BODY_KEYS: &[&str] = &["empty-as"];
pub(super) const URL_PARTS: &[(&str, UrlPart)] = &[
    ("full", UrlPart::Full),
    ("path", UrlPart::Path),
    ("path+query", UrlPart::PathAndQuery),
];

pub(super) fn secrets() -> [(&'static str, SecretName); 5] {
    SecretName::ALL.map(|name| (name.flag(), name))
}

pub(super) fn parts(listed: &Item<'_>) -> Result<Vec<Part>, Error> {
    let items = listed.list("parts = [ … ]")?;
    if items.is_empty() {
        return Err(listed.refuse(
            "the form has no parts, so nothing is signed",
            "list what is hashed, in its order: `parts = [ { secret = \"token\" }, … ]`",
        ));
    }
    if let Some(surplus) = items.get(MOST_PARTS) {
        return Err(surplus.refuse(
            format!("a form has {} parts", items.len()),
            format!("at most {MOST_PARTS} parts are allowed"),
        ));
    }
    let mut parts: Vec<Part> = Vec::with_capacity(items.len());
    for item in items {
        let table = item.table("a part", KEYS)?;
        let (part, named_at) = part(&table, &parts)?;
        if parts.iter().any(|have| have.name == part.name) {
            return Err(named_at.refuse(
                format!("two parts are named {}", quoted(&part.name)),
                "give one of them another `name`",
            ));
        }
        parts.push(part);
    }
    Ok(parts)
}

/// A part, and the item that names it: its `name`, or the place that it is named after.
pub(super) fn part<'f>(table: &Table<'f>, before: &[Part]) -> Result<(Part, Item<'f>), Error> {
    let place = the_place(table, PLACES)?;
    let source = source(&place)?;
    if let Some(item) = table.find("name") {
        let name = name(&item)?;
        refuse_taken_name(&item, &name, &source)?;
        return Ok((Part { name, source }, item));
    }
    let name = match &source {
        Source::Literal(_) => literal_name(before),
        Source::Secret(secret) => secret.flag().to_owned(),
        Source::Method | Source::Url(_) | Source::Body { .. } => place.key().to_owned(),
        _ => {
            return Err(table.refuse(
                format!(
                    "a part that stands at {} needs a `name`",
                    quoted(place.key())
                ),
                "the name is its flag and stands in reports: `name = \"nonce\"`",
            ));
        }
    };
    Ok((Part { name, source }, place))
}

/// Literals are rarely spoken of, so they may go unnamed, several of them too.
fn literal_name(before: &[Part]) -> String {
    let taken = |name: &str| before.iter().any(|part| part.name == name);
    let mut name = "literal".to_owned();
    let mut number = 1;
    while taken(&name) {
        number += 1;
        name = format!("literal-{number}");
    }
    name
}

/// Some names are flags with a meaning of their own, which would win over the part's.
fn refuse_taken_name(item: &Item<'_>, name: &str, source: &Source) -> Result<(), Error> {
    let meaning = match (name, source) {
        (SignaturePlace::NAME, _) => "the signature itself",
        ("credential", _) => "the whole credential that fields are taken from",
        ("body", source) if !matches!(source, Source::Body { .. }) => "the whole body",
        ("url", source) if !matches!(source, Source::Url(_)) => "the URL of the request",
        _ => return Ok(()),
    };
    Err(item.refuse(
        format!("the name {} stands for {meaning}", quoted(name)),
        "give the part another name",
    ))
}

/// The one key out of `places` that the table has.
pub(super) fn the_place<'f>(table: &Table<'f>, places: &[&'static str]) -> Result<Item<'f>, Error> {
    let found = table.found(places);
    match found.as_slice() {
        [place] => Ok(*place),
        [] => Err(table.refuse(
            format!("{} stands nowhere", table.about()),
            format!("say where with {}", one_of(places.iter().copied())),
        )),
        [first, second, ..] => Err(second.refuse(
            format!(
                "{} stands in two places, {} and {}",
                table.about(),
                quoted(first.key()),
                quoted(second.key())
            ),
            format!("keep {}", one_of(places.iter().copied())),
        )),
    }
}

pub(super) fn source(place: &Item<'_>) -> Result<Source, Error> {
    Ok(match place.key() {
        "literal" => Source::Literal(place.bytes()?),
        "secret" => Source::Secret(place.choice("secret", &secrets())?),
        "query" => Source::Query(non_empty(place)?),
        "header" => Source::Header(header(place)?),
        "json-raw" => Source::JsonRaw(pointer(place)?),
        "json-text" => Source::JsonText(pointer(place)?),
        "field" => Source::Field(non_empty(place)?),
        "url" => Source::Url(place.choice("part of a URL", URL_PARTS)?),
        "body" => Source::Body {
            empty_as: empty_as(place)?,
        },
        "method" => {
            place.yes("`true`")?;
            Source::Method
        }
        // The keys were checked against the list, in which `flag` is the only one left.
        _ => {
            place.yes("`true`")?;
            Source::Flag
        }
    })
}

fn empty_as(body: &Item<'_>) -> Result<Vec<u8>, Error> {
    if !body.is_table() {
        body.yes("`true`, or `{ empty-as = \"{}\" }`")?;
        return Ok(Vec::new());
    }
    match body.table("a body", BODY_KEYS)?.find("empty-as") {
        Some(text) => text.bytes(),
        None => Ok(Vec::new()),
    }
}

/// A name goes into flags and reports: `--in NAME=VALUE`.
pub(super) fn name(item: &Item<'_>) -> Result<String, Error> {
    let text = item.text()?;
    let fits = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if text.is_empty() || !text.chars().all(fits) {
        return Err(item.refuse(
            format!("{} cannot be a name", quoted(text)),
            "a name is made of letters, digits, `-`, `_` and `.`",
        ));
    }
    Ok(text.to_owned())
}

fn non_empty(item: &Item<'_>) -> Result<String, Error> {
    let text = item.text()?;
    if text.is_empty() {
        return Err(item.refuse(
            format!("{} names nothing", quoted(item.key())),
            "write the name as the sender writes it",
        ));
    }
    Ok(text.to_owned())
}

fn header(item: &Item<'_>) -> Result<String, Error> {
    let text = item.text()?;
    // The characters of a token, RFC 9110, section 5.6.2.
    let fits = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    if text.is_empty() || !text.chars().all(fits) {
        return Err(item.refuse(
            format!("{} cannot be the name of a header", quoted(text)),
            "write the name alone, without a colon or blanks: `X-Nonce`",
        ));
    }
    Ok(text.to_owned())
}

/// A JSON pointer, RFC 6901.
fn pointer(item: &Item<'_>) -> Result<String, Error> {
    let text = item.text()?;
    if !text.starts_with('/') {
        return Err(item.refuse(
            format!("the JSON pointer {} does not start with `/`", quoted(text)),
            "write the member `msg` as `/msg`, and `id` inside it as `/msg/id`",
        ));
    }
    let mut escapes = text.split('~').skip(1);
    if escapes.any(|rest| !rest.starts_with(['0', '1'])) {
        return Err(item.refuse(
            format!("the JSON pointer {} has a lone `~`", quoted(text)),
            "`~0` stands for `~`, and `~1` for a `/` inside a name",
        ));
    }
    Ok(text.to_owned())
}
