//! A signed request for a scheme that is nothing but a recipe: every part at its place.
//!
//! The platforms that pushrig plays compose their own requests, in their own wire form. For the
//! presets and a user's recipe this gives a request that the recipe itself accepts.

use crate::error::Error;
use crate::json::scan;
use crate::json::tree::Value;
use crate::json::write::compact;
use crate::message::{Request, Url};
use crate::moment::{ALPHANUMERIC, Moment};

use super::evidence::{Evidence, Given, percent_encoded};
use super::recipe::{Form, Recipe, SignaturePlace, Source, TimeMeaning, TimeUnit};
use super::secret::Secrets;
use super::verify::{Verdict, judge, lack_in_words};

/// What a composed request is made of.
#[derive(Debug)]
pub struct Ordered<'a> {
    /// The form to sign by.
    pub form: &'a Form,
    /// Where it goes.
    pub to: &'a Url,
    /// The method; `GET` for a handshake and `POST` else, if not given.
    pub method: Option<&'a str>,
    /// The body.
    pub body: &'a [u8],
    /// Values that are fixed, by part; a nonce, an echo and a time are made, others must be
    /// given.
    pub given: &'a Given,
}

/// Composes a request that `recipe` judges valid.
pub fn compose(
    recipe: &Recipe,
    ordered: &Ordered<'_>,
    secrets: &Secrets,
    moment: &mut Moment,
) -> Result<Request, Error> {
    let form = ordered.form;
    let default = if form.echo.is_some() { "GET" } else { "POST" };
    let mut request = Request::new(
        ordered.method.unwrap_or(default),
        ordered.to.target.as_str(),
    );
    request.scheme = Some(ordered.to.scheme);
    request.headers.push("Host", ordered.to.authority.as_str());
    request.body = ordered.body.to_vec();
    if !request.body.is_empty() {
        let json = scan::check(&request.body).is_ok();
        let kind = if json {
            "application/json"
        } else {
            "application/octet-stream"
        };
        request.headers.push("Content-Type", kind);
    }
    let mut flags = Given::new();
    // What must be echoed is often signed too, and stands in the request once.
    let echo = form
        .echo
        .iter()
        .filter(|echo| form.parts.iter().all(|part| part.source != echo.source));
    for part in form.parts.iter().chain(echo) {
        if matches!(
            part.source,
            Source::Literal(_)
                | Source::Secret(_)
                | Source::Method
                | Source::Url(_)
                | Source::Body { .. }
        ) {
            continue;
        }
        let value = value(form, &part.name, ordered.given, moment)?;
        if part.source == Source::Flag {
            flags.push(part.name.as_str(), value);
        } else {
            place(&mut request, &part.source, &value)?;
        }
    }
    let signature = {
        let evidence = Evidence::of(&request).with(&flags);
        form.gather(&evidence)
            .and_then(|ingredients| form.sign(&ingredients, secrets, 0))
            .map_err(|lack| Error::usage(lack_in_words(form, &lack)))?
    };
    place(&mut request, &form.signature.source, signature.as_bytes())?;
    if !request.body.is_empty() || request.method == b"POST" {
        let length = request.body.len().to_string();
        request.headers.push("Content-Length", length);
    }
    let alone = Recipe {
        forms: vec![form.clone()],
        ..recipe.clone()
    };
    let evidence = Evidence::of(&request).with(&flags);
    if judge(&alone, &evidence, secrets).verdict != Verdict::Valid {
        return Err(Error::usage(format!(
            "form `{}` of {} cannot be written as a request: its signature would cover itself",
            form.name, recipe.id
        )));
    }
    Ok(request)
}

/// A part's value: given, or made where it is time or chance.
fn value(form: &Form, name: &str, given: &Given, moment: &mut Moment) -> Result<Vec<u8>, Error> {
    if let Some(value) = given.find(name) {
        return Ok(value.to_vec());
    }
    if let Some(rule) = &form.time
        && rule.part == name
        && rule.meaning == TimeMeaning::Sent
    {
        let number = match rule.unit {
            TimeUnit::Seconds => moment.seconds(),
            TimeUnit::Millis => moment.millis(),
        };
        return Ok(number.to_string().into_bytes());
    }
    let is_echo = form.echo.as_ref().is_some_and(|echo| echo.name == name);
    if is_echo || name == "nonce" || name == "id" {
        return Ok(moment.text(ALPHANUMERIC, 16).into_bytes());
    }
    Err(Error::usage(format!("the part `{name}` has no value")).with_hint(flag_hint(name)))
}

/// How a part is given on the command line.
#[must_use]
pub fn flag_hint(name: &str) -> String {
    const FLAGS: [&str; 11] = [
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
    ];
    if FLAGS.contains(&name) {
        format!("give --{}", name.replace('_', "-"))
    } else {
        format!("give --in {name}=VALUE")
    }
}

/// Puts a value at its place.
fn place(request: &mut Request, source: &Source, value: &[u8]) -> Result<(), Error> {
    match source {
        Source::Header(name) => request.headers.push(name.as_str(), value),
        Source::Query(name) => {
            let mark = if request.target.contains(&b'?') {
                '&'
            } else {
                '?'
            };
            let pair = format!("{mark}{name}={}", percent_encoded(value));
            request.target.extend_from_slice(pair.as_bytes());
        }
        Source::JsonText(pointer) => {
            let text = Value::String(String::from_utf8_lossy(value).into_owned());
            insert(request, pointer, &compact(&text))?;
        }
        Source::JsonRaw(pointer) => insert(request, pointer, value)?,
        _ => {
            return Err(Error::usage(format!(
                "the {} of this scheme cannot be put into a request",
                SignaturePlace::NAME
            )));
        }
    }
    Ok(())
}

/// Adds a member at the end of the body, which is an object or empty.
fn insert(request: &mut Request, pointer: &str, value: &[u8]) -> Result<(), Error> {
    let name = &pointer[1..];
    if name.contains('/') {
        return Err(Error::usage(format!(
            "`{pointer}` lies deeper than the body's own members: give the whole body by --body"
        )));
    }
    let body = request.body.trim_ascii();
    let body = if body.is_empty() { &b"{}"[..] } else { body };
    let members = scan::members(body)
        .map_err(|why| Error::usage(format!("--body is not a JSON object: {}", why.why)))?;
    if scan::last(&members, name).is_some() {
        return Ok(());
    }
    let comma = if members.is_empty() { "" } else { "," };
    let name = compact(&Value::String(name.replace("~1", "/").replace("~0", "~")));
    request.body = [
        &body[..body.len() - 1],
        comma.as_bytes(),
        &name,
        b":",
        value,
        b"}",
    ]
    .concat();
    Ok(())
}
