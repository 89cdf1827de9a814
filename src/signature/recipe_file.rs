//! A user's own recipe: a TOML file that says what a [`Recipe`] says.
//!
//! Whoever signs pushes in a way of their own writes it down once and gives the file wherever a
//! platform's name stands. `examples/recipes/README.md` is the reference of the format, and
//! `examples/recipes/acme.toml` an example with a comment at each key.
//!
//! A recipe that is read wrongly would give wrong verdicts, so nothing is guessed: a key that is
//! not known, a name that is not listed, or a part that stands nowhere is refused at its place.

use crate::error::Error;
use crate::table::{Document, Item, Table, one_of, quoted};

use super::digest::{Digest, Output};
use super::recipe::{
    DigestRule, Form, Key, KeyEncoding, Order, Part, Recipe, SignaturePlace, Source, TimeMeaning,
    TimeRule, TimeUnit,
};

use part::{name, part, parts, secrets, source, the_place};

mod part;

const RECIPE_KEYS: &[&str] = &["name", "title", "form"];

const FORM_KEYS: &[&str] = &[
    "name",
    "parts",
    "order",
    "joiner",
    "digest",
    "hmac-key",
    "output",
    "signature",
    "time",
    "echo",
];

const SIGNATURE_KEYS: &[&str] = &[
    "query",
    "header",
    "json-raw",
    "json-text",
    "field",
    "separator",
    "prefix",
];

const DIGEST_KEYS: &[&str] = &["part", "among"];
const HMAC_KEYS: &[&str] = &["secret", "encoding", "prefix"];
const TIME_KEYS: &[&str] = &["part", "unit", "means"];

const ORDERS: &[(&str, Order)] = &[("listed", Order::Listed), ("sorted", Order::Sorted)];

const TIME_UNITS: &[(&str, TimeUnit)] = &[("s", TimeUnit::Seconds), ("ms", TimeUnit::Millis)];

const TIME_MEANINGS: &[(&str, TimeMeaning)] = &[
    ("sent", TimeMeaning::Sent),
    ("expires", TimeMeaning::Expires),
];

fn digests() -> [(&'static str, Digest); 3] {
    Digest::ALL.map(|digest| (digest.name(), digest))
}

fn outputs() -> [(&'static str, Output); 4] {
    [
        Output::Hex,
        Output::HexUpper,
        Output::Base64,
        Output::Base64Url,
    ]
    .map(|output| (output.name(), output))
}

fn encodings() -> [(&'static str, KeyEncoding); 3] {
    [KeyEncoding::Utf8, KeyEncoding::Base64, KeyEncoding::Hex]
        .map(|encoding| (encoding.name(), encoding))
}

/// Reads the recipe in `text`; errors name `file_name`, the line and the column (both from 1,
/// the column in bytes), and what would be allowed there.
pub fn read(file_name: &str, text: &str) -> Result<Recipe, Error> {
    let document = Document::new(file_name, text);
    let root = document.parse()?;
    let table = Table::root(&document, &root, "a recipe", RECIPE_KEYS)?;
    let id = name(&table.need("name", "name = \"acme\"")?)?;
    let title = match table.find("title") {
        Some(title) => title.text()?.to_owned(),
        None => id.clone(),
    };
    let listed = table.need("form", "[[form]]")?;
    let items = listed.list("[[form]]")?;
    if items.is_empty() {
        return Err(listed.refuse("the recipe has no form", "begin one with `[[form]]`"));
    }
    let mut forms: Vec<Form> = Vec::with_capacity(items.len());
    for item in items {
        let form_table = item.table("a form", FORM_KEYS)?;
        let form = form(&form_table)?;
        if forms.iter().any(|have| have.name == form.name) {
            return Err(form_table.need("name", "")?.refuse(
                format!("two forms are named {}", quoted(&form.name)),
                "give each form a name of its own",
            ));
        }
        forms.push(form);
    }
    Ok(Recipe { id, title, forms })
}

fn form(table: &Table<'_>) -> Result<Form, Error> {
    let name = name(&table.need("name", "name = \"push\"")?)?;
    let listed = table.need("parts", "parts = [ { secret = \"token\" } ]")?;
    let parts = parts(&listed)?;
    let key = table
        .find("hmac-key")
        .map(|key| hmac_key(&key))
        .transpose()?;
    let signed_with_a_secret = parts
        .iter()
        .any(|part| matches!(part.source, Source::Secret(_)));
    if key.is_none() && !signed_with_a_secret {
        return Err(listed.refuse(
            format!(
                "the form {} is signed with no secret, so anybody could sign",
                quoted(&name)
            ),
            "add a part such as `{ secret = \"token\" }`, or `hmac-key = { secret = \"app-secret\" }`",
        ));
    }
    Ok(Form {
        name,
        order: match table.find("order") {
            Some(order) => order.choice("order", ORDERS)?,
            None => Order::Listed,
        },
        joiner: match table.find("joiner") {
            Some(joiner) => joiner.bytes()?,
            None => Vec::new(),
        },
        digest: digest(&table.need("digest", "digest = \"sha256\"")?, &parts)?,
        output: table
            .need("output", "output = \"hex\"")?
            .choice("output", &outputs())?,
        signature: signature(
            &table.need("signature", "signature = { header = \"X-Signature\" }")?,
        )?,
        time: table
            .find("time")
            .map(|time| time_rule(&time, &parts))
            .transpose()?,
        echo: table
            .find("echo")
            .map(|echo| echo_part(&echo, &parts))
            .transpose()?,
        parts,
        key,
    })
}

fn digest(item: &Item<'_>, parts: &[Part]) -> Result<DigestRule, Error> {
    if !item.is_table() {
        return Ok(DigestRule::Fixed(item.choice("digest", &digests())?));
    }
    let table = item.table("a digest", DIGEST_KEYS)?;
    let part = part_of(&table.need("part", "part = \"method\"")?, parts)?;
    let listed = table.need("among", "among = [ \"md5\", \"sha1\" ]")?;
    let among: Vec<_> = listed
        .list("among = [ … ]")?
        .iter()
        .map(|named| named.choice("digest", &digests()))
        .collect::<Result<_, _>>()?;
    if among.is_empty() {
        return Err(listed.refuse(
            "no digest may be named",
            format!(
                "list some of {}",
                one_of(digests().iter().map(|(name, _)| *name))
            ),
        ));
    }
    Ok(DigestRule::Named { part, among })
}

fn hmac_key(item: &Item<'_>) -> Result<Key, Error> {
    let table = item.table("an HMAC key", HMAC_KEYS)?;
    Ok(Key {
        secret: table
            .need("secret", "secret = \"app-secret\"")?
            .choice("secret", &secrets())?,
        encoding: match table.find("encoding") {
            Some(encoding) => encoding.choice("encoding", &encodings())?,
            None => KeyEncoding::Utf8,
        },
        prefix: match table.find("prefix") {
            Some(prefix) => prefix.text()?.to_owned(),
            None => String::new(),
        },
    })
}

fn signature(item: &Item<'_>) -> Result<SignaturePlace, Error> {
    if let Some(table) = item.entries()
        && let [place] = table.found(part::PLACES).as_slice()
        && !SIGNATURE_KEYS.contains(&place.key())
    {
        return Err(place.refuse(
            format!("a signature cannot stand at {}", quoted(place.key())),
            format!(
                "it stands at {}",
                one_of(SIGNATURE_KEYS[..5].iter().copied())
            ),
        ));
    }
    let table = item.table("a signature", SIGNATURE_KEYS)?;
    let place = the_place(&table, &SIGNATURE_KEYS[..5])?;
    let separator = table.find("separator");
    if let Some(separator) = separator
        && separator.text()?.is_empty()
    {
        return Err(separator.refuse(
            "an empty separator separates nothing",
            "leave it out where there is one signature",
        ));
    }
    Ok(SignaturePlace {
        source: source(&place)?,
        separator: match separator {
            Some(separator) => Some(separator.text()?.to_owned()),
            None => None,
        },
        prefix: match table.find("prefix") {
            Some(prefix) => prefix.text()?.to_owned(),
            None => String::new(),
        },
    })
}

fn time_rule(item: &Item<'_>, parts: &[Part]) -> Result<TimeRule, Error> {
    let table = item.table("a time", TIME_KEYS)?;
    Ok(TimeRule {
        part: part_of(&table.need("part", "part = \"timestamp\"")?, parts)?,
        unit: table
            .need("unit", "unit = \"s\"")?
            .choice("unit", TIME_UNITS)?,
        meaning: match table.find("means") {
            Some(means) => means.choice("meaning of a time", TIME_MEANINGS)?,
            None => TimeMeaning::Sent,
        },
    })
}

/// The name of a part whose value is read, so a secret's will not do.
fn part_of(item: &Item<'_>, parts: &[Part]) -> Result<String, Error> {
    let text = item.text()?;
    let readable: Vec<_> = parts
        .iter()
        .filter(|part| !matches!(part.source, Source::Secret(_)))
        .map(|part| part.name.as_str())
        .collect();
    if readable.contains(&text) {
        return Ok(text.to_owned());
    }
    let what = if parts.iter().any(|part| part.name == text) {
        format!("the part {} is a secret, which tells nothing", quoted(text))
    } else {
        format!("the form has no part {}", quoted(text))
    };
    let hint = if readable.is_empty() {
        "add the part to `parts` first".to_owned()
    } else {
        format!("its parts: {}", one_of(readable))
    };
    Err(item.refuse(what, hint))
}

fn echo_part(item: &Item<'_>, parts: &[Part]) -> Result<Part, Error> {
    let (part, _) = part(&item.table("an echo", part::KEYS)?, &[])?;
    if matches!(part.source, Source::Secret(_)) {
        return Err(item.refuse(
            "a secret cannot be echoed",
            "name what the request holds, such as `{ name = \"echostr\", query = \"echostr\" }`",
        ));
    }
    // One flag gives both, so they must be the same thing.
    if let Some(other) = parts.iter().find(|have| have.name == part.name)
        && other.source != part.source
    {
        return Err(item.refuse(
            format!(
                "the echo and a part are both named {}, and stand in different places",
                quoted(&part.name)
            ),
            "give the echo another `name`",
        ));
    }
    Ok(part)
}

#[cfg(test)]
mod tests;
