//! The handshakes to send: right ones of chosen values, and wrong ones.

use std::time::Duration;

use crate::check::Scheme;
use crate::error::Error;
use crate::message::{Request, Url};
use crate::moment::Moment;
use crate::platform::{Delivery, Platform};
use crate::signature::compose::{Ordered, compose};
use crate::signature::place::{self, fix_length, remove};
use crate::signature::recipe::{Part, SignaturePlace, Source};
use crate::signature::{Evidence, Form, Given, Output, Secret, SecretName, Secrets};

use super::{Kind, Known, Probe};

/// The time for an answer where the platform publishes none.
const DEFAULT_LIMIT: Duration = Duration::from_secs(5);

/// So many values are drawn at most. Of base64 signatures in a query one in five has the rarest
/// shape, so that a hundred would do.
const MOST_DRAWS: usize = 2000;

/// What handshakes are made of.
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    /// The platform or recipe.
    pub scheme: &'a Scheme,
    /// The URL that is saved in the platform's console.
    pub to: &'a Url,
    /// What signs.
    pub secrets: &'a Secrets,
    /// Values that are fixed, by part; the others are drawn.
    pub given: &'a Given,
}

/// What is sent, in this order.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The handshakes, the right ones first.
    pub probes: Vec<Probe>,
    /// What a user should know of the choice.
    pub notes: Vec<String>,
    /// How long the platform waits for an answer.
    pub limit: Duration,
}

/// The handshakes for a server; an error where the platform makes none.
pub fn probes(call: &Call<'_>, moment: &mut Moment) -> Result<Plan, Error> {
    let form = handshake_form(call.scheme)?;
    let maker = Maker { call, form };
    let mut notes = Vec::new();
    let mut probes = maker.right(moment, &mut notes)?;
    probes.extend(maker.wrong(moment)?);
    for probe in &probes {
        check(&probe.request)?;
    }
    Ok(Plan {
        probes,
        notes,
        limit: call
            .scheme
            .platform
            .and_then(Platform::webhook)
            .map_or(DEFAULT_LIMIT, |webhook| webhook.patience().limit),
    })
}

/// Refuses a given value that would be a header of its own, which nobody signed.
fn check(request: &Request) -> Result<(), Error> {
    let breaks = |value: &[u8]| value.iter().any(|byte| matches!(byte, b'\r' | b'\n' | 0));
    match request.headers.iter().find(|(_, value)| breaks(value)) {
        None => Ok(()),
        Some((name, _)) => Err(Error::usage(format!(
            "the value of the header `{}` holds a line break or a zero byte",
            String::from_utf8_lossy(name)
        ))),
    }
}

/// The form that has an `echo`, or why there is none.
fn handshake_form(scheme: &Scheme) -> Result<&Form, Error> {
    if let Some(form) = scheme.recipe.forms.iter().find(|form| form.echo.is_some()) {
        return Ok(form);
    }
    Err(match scheme.platform {
        Some(Platform::Sensoro) => {
            Error::usage("SENSORO has no handshake: it pushes at once")
        }
        Some(Platform::OnenetStudio) => Error::usage(
            "onenet-studio is the token of devices and APIs: nothing is pushed with it, and no URL verified",
        )
        .with_hint("the HTTP push of OneNET Studio is onenet-studio-push"),
        Some(platform) => Error::usage(format!(
            "{} has no handshake: it pushes at once",
            platform.title()
        )),
        None => Error::usage(format!(
            "the recipe {} has no handshake: no form of it has an `echo`",
            scheme.id()
        )),
    })
}

/// Makes probes of one form.
struct Maker<'a> {
    call: &'a Call<'a>,
    form: &'a Form,
}

/// What the signature of a handshake holds that a query may lose.
const SHAPES: [(&str, &str, bool, bool); 3] = [
    (
        "plain",
        "a signature that holds neither `+` nor `/`",
        false,
        false,
    ),
    ("slash", "a signature that holds a `/`", true, false),
    ("plus", "a signature that holds a `+`", false, true),
];

impl Maker<'_> {
    /// The handshakes that must be echoed.
    fn right(&self, moment: &mut Moment, notes: &mut Vec<String>) -> Result<Vec<Probe>, Error> {
        let secrets = self.call.secrets;
        let mut draws = vec![self.draw(secrets, moment)?, self.draw(secrets, moment)?];
        let signatures = [self.signature(&draws[0]), self.signature(&draws[1])];
        if draws[0] == draws[1] {
            let about = match &signatures[0] {
                Some(text) if self.in_query_as_base64() => format!(
                    "the values that you gave, whose signature {}",
                    holds_in_words(text)
                ),
                _ => "the values that you gave".to_owned(),
            };
            notes.push(format!(
                "your values fix the whole handshake, so one right handshake is made: {about}"
            ));
            return Ok(vec![self.probe(Kind::Right, "given", about, &draws[0])]);
        }
        if !self.in_query_as_base64() || signatures[0] == signatures[1] {
            return Ok(vec![
                self.probe(Kind::Right, "first", "values of its own", &draws[0]),
                self.probe(Kind::Right, "second", "other values", &draws[1]),
            ]);
        }
        let mut found: [Option<Request>; SHAPES.len()] = [const { None }; SHAPES.len()];
        for _ in 0..MOST_DRAWS {
            let request = match draws.pop() {
                Some(request) => request,
                None => self.draw(secrets, moment)?,
            };
            let Some(text) = self.signature(&request) else {
                break;
            };
            let has = |byte| text.contains(&byte);
            let shape = SHAPES
                .iter()
                .position(|&(_, _, slash, plus)| slash == has(b'/') && plus == has(b'+'));
            if let Some(at) = shape {
                found[at].get_or_insert(request);
            }
            if found.iter().all(Option::is_some) {
                break;
            }
        }
        let mut probes = Vec::new();
        for ((name, about, ..), request) in SHAPES.into_iter().zip(found) {
            match request {
                Some(request) => probes.push(self.probe(Kind::Right, name, about, &request)),
                None => notes.push(format!("your values leave no handshake that has {about}")),
            }
        }
        Ok(probes)
    }

    /// The handshakes that had better be refused.
    fn wrong(&self, moment: &mut Moment) -> Result<Vec<Probe>, Error> {
        let mut probes = Vec::new();
        let Some(kind) = self.form.secret() else {
            return Ok(probes);
        };
        // Hexadecimal digits are a key in every encoding that a recipe can ask for.
        let stranger = moment.text(b"0123456789abcdef", 32);
        let request = self.draw(&self.instead(kind, stranger.as_bytes()), moment)?;
        probes.push(self.probe(
            Kind::Wrong,
            "wrong-signature",
            format!("a signature that was made with another {}", kind.flag()),
            &request,
        ));

        let mut request = self.draw(self.call.secrets, moment)?;
        // Tencent sends its three headers together or not at all.
        let in_header = matches!(self.form.signature.source, Source::Header(_));
        let about = if in_header {
            "none of the headers that sign"
        } else {
            "no signature"
        };
        let mut removed = remove(&mut request, &self.form.signature.source);
        for part in self.unechoed().filter(|_| in_header) {
            removed |= remove(&mut request, &part.source);
        }
        if removed {
            probes.push(self.probe(Kind::Wrong, "no-signature", about, &request));
        }

        for part in self.unechoed() {
            let mut request = self.draw(self.call.secrets, moment)?;
            if remove(&mut request, &part.source) {
                let name = format!("no-{}", part.name);
                let about = format!("no {}", part.name);
                probes.push(self.probe(Kind::Wrong, name, about, &request));
            }
        }

        let is_empty = |secret: &Secret| secret.expose().is_empty();
        if !self.call.secrets.first(kind).is_some_and(is_empty) {
            let request = self.draw(&self.instead(kind, b""), moment)?;
            probes.push(self.probe(
                Kind::Wrong,
                format!("empty-{}", kind.flag()),
                format!("a signature that was made with an empty {}", kind.flag()),
                &request,
            ));
        }
        Ok(probes)
    }

    /// One handshake of fresh values, in the platform's own wire form.
    fn draw(&self, secrets: &Secrets, moment: &mut Moment) -> Result<Request, Error> {
        let Call {
            scheme, to, given, ..
        } = *self.call;
        if let Some(webhook) = scheme.platform.and_then(Platform::webhook) {
            let delivery = Delivery {
                to,
                secrets,
                given,
                encrypt: false,
            };
            return webhook
                .challenge(&delivery, moment)?
                .ok_or_else(|| Error::usage(format!("{} has no handshake", scheme.id())));
        }
        let method = given.find("method").map(String::from_utf8_lossy);
        let ordered = Ordered {
            form: self.form,
            to,
            method: method.as_deref(),
            body: given.find("body").unwrap_or_default(),
            given,
        };
        compose(&scheme.recipe, &ordered, secrets, moment)
    }

    /// The same secrets with one in the place of all of its kind.
    fn instead(&self, kind: SecretName, secret: &[u8]) -> Secrets {
        let mut secrets = Secrets::new().with(kind, secret);
        secrets.app_id.clone_from(&self.call.secrets.app_id);
        for (name, other) in self.call.secrets.iter().filter(|(name, _)| *name != kind) {
            secrets.push(name, other.clone());
        }
        secrets
    }

    fn in_query_as_base64(&self) -> bool {
        self.form.output == Output::Base64 && matches!(self.form.signature.source, Source::Query(_))
    }

    fn signature(&self, request: &Request) -> Option<Vec<u8>> {
        self.form
            .received(&Evidence::of(request))
            .ok()
            .map(std::borrow::Cow::into_owned)
    }

    /// The parts that stand in the request, without that which is echoed.
    fn unechoed(&self) -> impl Iterator<Item = &Part> {
        let echo = self.form.echo.as_ref().map(|echo| &echo.source);
        self.form.parts.iter().filter(move |part| {
            Some(&part.source) != echo
                && matches!(
                    part.source,
                    Source::Query(_) | Source::Header(_) | Source::JsonRaw(_) | Source::JsonText(_)
                )
        })
    }

    fn probe(
        &self,
        kind: Kind,
        name: impl Into<String>,
        about: impl Into<String>,
        request: &Request,
    ) -> Probe {
        let mut request = request.clone();
        if !request.body.is_empty() {
            fix_length(&mut request);
        }
        let evidence = Evidence::of(&request);
        let find = |part: &Part| {
            let value = evidence.find(&part.name, &part.source).ok()?;
            Some(value.into_owned())
        };
        let echo = self.form.echo.as_ref();
        let mut known = Vec::new();
        for part in &self.form.parts {
            let fixed = matches!(part.source, Source::Secret(_) | Source::Literal(_));
            if let Some(value) = find(part)
                && !fixed
                && echo.is_none_or(|echo| echo.source != part.source)
            {
                known.push(Known::new(format!("the {}", part.name), value));
            }
        }
        if let Some(signature) = self.signature(&request) {
            let blanks = signature
                .iter()
                .map(|&byte| if byte == b'+' { b' ' } else { byte });
            let blanks: Vec<u8> = blanks.collect();
            if blanks != signature {
                let what = format!("the {} with blanks for its `+`", SignaturePlace::NAME);
                known.push(Known::new(what, blanks));
            }
            known.push(Known::new(
                format!("the {}", SignaturePlace::NAME),
                signature,
            ));
        }
        let target = &request.target;
        if let Some(mark) = target.iter().position(|&byte| byte == b'?') {
            known.push(Known::new("the whole query", &target[mark + 1..]));
        }
        known.push(Known::new("the whole target", target.as_slice()));
        let asked = echo.and_then(find).unwrap_or_default();
        Probe {
            name: name.into(),
            about: about.into(),
            kind,
            request,
            echo: asked,
            echo_name: echo.map(|echo| echo.name.clone()).unwrap_or_default(),
            known,
        }
    }
}

/// The name of the handshake that proves what happens to a `+`.
pub(super) const PROOF: &str = "plus-escaped";

/// The name of the handshake that proves where the server looks.
pub(super) const IN_QUERY: &str = "in-query";

impl Probe {
    /// The handshake that would prove why this right one fails, if one would.
    #[must_use]
    pub fn proof(&self, scheme: &Scheme) -> Option<Self> {
        self.with_escaped_plus()
            .or_else(|| self.with_query_too(scheme))
    }

    /// The same handshake with what its headers say in the query as well, by names in lower case.
    /// The platform never sends it; a server that echoes it, and not the one without, reads the
    /// query, as code that is printed for an older interface does.
    fn with_query_too(&self, scheme: &Scheme) -> Option<Self> {
        let evidence = Evidence::of(&self.request);
        let form = scheme.recipe.forms.iter().find(|form| {
            form.echo.is_some()
                && matches!(form.signature.source, Source::Header(_))
                && form.gather(&evidence).is_ok()
        })?;
        let signature = (SignaturePlace::NAME, &form.signature.source);
        let parts = form.parts.iter().chain(&form.echo);
        let parts = parts.map(|part| (part.name.as_str(), &part.source));
        let mut probe = self.clone();
        for (name, source) in parts.chain([signature]) {
            if let (Source::Header(_), Ok(value)) = (source, evidence.find(name, source)) {
                let place = Source::Query(name.to_owned());
                place::set(&mut probe.request, &place, &value).ok()?;
            }
        }
        IN_QUERY.clone_into(&mut probe.name);
        "what the headers say, in the query too".clone_into(&mut probe.about);
        Some(probe)
    }

    /// The same handshake with `%2B` for each raw `+` of its query. The platform never sends it;
    /// a server that echoes it, and not the one with the raw `+`, takes a `+` for a blank.
    #[must_use]
    pub fn with_escaped_plus(&self) -> Option<Self> {
        if self.name != "plus" || !self.request.target.contains(&b'+') {
            return None;
        }
        let mut probe = self.clone();
        PROOF.clone_into(&mut probe.name);
        "a signature whose `+` is written %2B".clone_into(&mut probe.about);
        let target = &self.request.target;
        let query = target.iter().position(|&byte| byte == b'?')?;
        let (path, query) = target.split_at(query);
        probe.request.target = path.to_vec();
        for &byte in query {
            match byte {
                b'+' => probe.request.target.extend_from_slice(b"%2B"),
                _ => probe.request.target.push(byte),
            }
        }
        Some(probe)
    }
}

fn holds_in_words(signature: &[u8]) -> &'static str {
    match (signature.contains(&b'+'), signature.contains(&b'/')) {
        (true, true) => "holds a `+` and a `/`",
        (true, false) => "holds a `+`",
        (false, true) => "holds a `/`, and no `+`",
        (false, false) => "holds neither `+` nor `/`",
    }
}

#[cfg(test)]
mod tests;
