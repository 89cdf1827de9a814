//! A signed request for a scheme that is nothing but a recipe: every part at its place.
//!
//! The platforms that pushrig plays compose their own requests, in their own wire form. For the
//! presets and a user's recipe this gives a request that the recipe itself accepts.

use crate::error::Error;
use crate::json::scan;
use crate::message::{Request, Url};
use crate::moment::{ALPHANUMERIC, Moment};

use super::evidence::{Evidence, Given, percent_encoded};
use super::place::{self, PlaceError};
use super::recipe::{Form, Recipe, Source, TimeMeaning, TimeUnit};
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
    request.headers.push("Host", ordered.to.host());
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
        // What the URL and the body hold already stays.
        if ordered.given.find(&part.name).is_none()
            && place::locate(&request, &part.source).is_some()
        {
            continue;
        }
        let value = value(form, &part.name, ordered.given, moment)?;
        if part.source == Source::Flag {
            flags.push(part.name.as_str(), value);
        } else {
            put(&mut request, &part.source, &value)?;
        }
    }
    let signature = {
        let evidence = Evidence::of(&request).with(&flags);
        form.gather(&evidence)
            .and_then(|ingredients| form.sign(&ingredients, secrets, 0))
            .map_err(|lack| Error::usage(lack_in_words(form, &lack)))?
    };
    put(&mut request, &form.signature.source, signature.as_bytes())?;
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
    match Given::flag(name) {
        Some(flag) => format!("give --{flag}"),
        None => format!("give --in {name}=VALUE"),
    }
}

/// Puts a value at its place. What is not unreserved is percent-encoded in a query: nobody knows
/// whether the receiver of a user's own scheme takes a `+` for a blank.
fn put(request: &mut Request, source: &Source, value: &[u8]) -> Result<(), Error> {
    match source {
        Source::Query(_) => place::write(request, source, percent_encoded(value).as_bytes()),
        _ => place::set(request, source, value),
    }
    .map_err(|why| {
        let error = Error::usage(why.to_string());
        match why {
            PlaceError::Body(_) | PlaceError::NoParent(_) => {
                error.with_hint("give the whole body by --body")
            }
            _ => error,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signature::SecretName;
    use crate::signature::recipe_file;
    use jiff::Timestamp;

    #[test]
    fn what_the_url_and_the_body_hold_already_stays_and_the_signature_goes_where_it_belongs() {
        let text = r#"
            name = "deep"
            [[form]]
            name = "push"
            parts = [
              { secret = "token" },
              { name = "nonce", query = "nonce" },
              { name = "id", json-text = "/head/id" },
            ]
            digest = "sha256"
            output = "base64"
            signature = { json-text = "/head/sign" }
        "#;
        let recipe = recipe_file::read("deep.toml", text).unwrap();
        let ordered = Ordered {
            form: &recipe.forms[0],
            to: &"http://h/p?nonce=n".parse().unwrap(),
            method: None,
            body: br#"{"head":{"id":"7"} }"#,
            given: &Given::new(),
        };
        let secrets = Secrets::new().with(SecretName::Token, "t");
        let mut moment = Moment::fixed(Timestamp::UNIX_EPOCH, 7);
        let request = compose(&recipe, &ordered, &secrets, &mut moment).unwrap();
        assert_eq!(request.target, b"/p?nonce=n");
        assert!(request.body.starts_with(br#"{"head":{"id":"7","sign":""#));
        assert!(request.body.ends_with(br#"="} }"#));
    }
}
