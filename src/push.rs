//! What a platform pushes: a message of its catalogue or a body of the user's, changed as asked,
//! and the request that carries it.
//!
//! A message is made once and may be wrapped more than once: a platform that tries again sends
//! the same message.

use crate::check::Scheme;
use crate::error::Error;
use crate::json::edit::{self, EditError};
use crate::json::path::Path;
use crate::json::scan;
use crate::message::{Request, Url};
use crate::moment::Moment;
use crate::platform::{Delivery, Event, Platform, Webhook};
use crate::signature::compose::{Ordered, compose};
use crate::signature::{Evidence, Form, Given, Secrets, place};

/// One kind of push: what it carries and how that is wrapped.
#[derive(Clone, Debug)]
pub struct Push {
    /// Whose push it is.
    pub scheme: Scheme,
    /// What it carries.
    pub content: Content,
    /// What is changed in every message, in this order.
    pub edits: Vec<Assignment>,
    /// How many messages stand in one array; none where one message stands alone.
    pub batch: Option<usize>,
    /// Whether the message is sealed.
    pub encrypt: bool,
    /// Whether it is signed.
    pub signed: bool,
    /// What signs and seals.
    pub secrets: Secrets,
    /// Values that are fixed, by part.
    pub given: Given,
}

/// Where a message comes from.
#[derive(Clone, Debug)]
pub enum Content {
    /// The catalogue: fresh each time.
    Event(&'static Event),
    /// The user: the same each time.
    Body(Vec<u8>),
}

/// `PATH=VALUE`: a value in the message is replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assignment {
    text: String,
    path: Path,
    value: Vec<u8>,
}

impl std::str::FromStr for Assignment {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (path, value) = edit::parse_assignment(text).map_err(|why| why.to_string())?;
        Ok(Self {
            text: text.to_owned(),
            path,
            value,
        })
    }
}

impl Assignment {
    /// The message with the value replaced. Where the path begins with the member that carries
    /// the message, it goes on behind that: people look at the body and write `msg.status`.
    fn apply(&self, message: &[u8], carrier: Option<&str>) -> Result<Vec<u8>, EditError> {
        let at_root = edit::set(message, &self.path, &self.value);
        let inner = || {
            let [first, _, ..] = self.path.steps() else {
                return None;
            };
            let carrier = carrier.filter(|carrier| carrier == first)?;
            let (path, _) = self.text.split_once('=')?;
            let rest = match path.strip_prefix('/') {
                Some(pointer) => pointer.strip_prefix(carrier)?,
                None => path.strip_prefix(carrier)?.strip_prefix('.')?,
            };
            rest.parse().ok()
        };
        match (at_root, inner()) {
            (Err(_), Some(inner)) => edit::set(message, &inner, &self.value),
            (at_root, _) => at_root,
        }
    }
}

/// A body of the user's as what a push carries, and what there is to say about that.
///
/// The envelope of a push is opened: what it carries is wrapped and signed anew.
pub fn content_of(
    scheme: &Scheme,
    body: Vec<u8>,
    secrets: &Secrets,
) -> Result<(Content, Option<String>), Error> {
    let Some(webhook) = scheme.platform.and_then(Platform::webhook) else {
        return Ok((Content::Body(body), None));
    };
    let Some(carrier) = webhook.carrier() else {
        return Ok((Content::Body(body), None));
    };
    let evidence = Evidence::of_body(&body);
    let is_envelope = received_by(&scheme.recipe.forms, &evidence).is_some();
    if is_envelope {
        let message = webhook
            .open(&evidence, secrets)
            .map_err(|why| Error::usage(format!("--body: {why}")))?;
        let note = format!(
            "the body is a signed push already: what its `{}` carries is signed anew",
            if message.sealed {
                webhook.seal().map_or(carrier, |seal| seal.member)
            } else {
                carrier
            }
        );
        return Ok((Content::Body(message.bytes.into_owned()), Some(note)));
    }
    if scheme.platform != Some(Platform::Onenet) {
        return Ok((Content::Body(body), None));
    }
    if let Err(why) = scan::check(&body) {
        return Err(Error::usage(format!(
            "--body: {carrier} is a JSON value on the wire, and this is none: {} (byte {})",
            why.why, why.at
        )));
    }
    let value = body.trim_ascii();
    let note = (value.len() < body.len())
        .then(|| format!("the blanks around the JSON of --body are not part of `{carrier}`"));
    Ok((Content::Body(value.to_vec()), note))
}

/// The form by which a request is signed.
fn received_by<'f>(forms: &'f [Form], evidence: &Evidence<'_>) -> Option<&'f Form> {
    forms
        .iter()
        .find(|form| form.received(evidence).is_ok() && form.gather(evidence).is_ok())
}

impl Push {
    /// How the platform pushes; none for a scheme that is nothing but a recipe.
    #[must_use]
    pub fn webhook(&self) -> Option<&'static dyn Webhook> {
        self.scheme.platform.and_then(Platform::webhook)
    }

    /// What the next push carries.
    pub fn message(&self, moment: &mut Moment) -> Result<Vec<u8>, Error> {
        let Some(count) = self.batch else {
            return self.one(moment);
        };
        let mut array = b"[".to_vec();
        for index in 0..count {
            if index > 0 {
                array.push(b',');
            }
            array.extend_from_slice(&self.one(moment)?);
        }
        array.push(b']');
        Ok(array)
    }

    fn one(&self, moment: &mut Moment) -> Result<Vec<u8>, Error> {
        let mut message = match &self.content {
            Content::Event(event) => (event.message)(moment),
            Content::Body(body) => body.clone(),
        };
        let carrier = self.webhook().and_then(Webhook::carrier);
        for edit in &self.edits {
            message = edit.apply(&message, carrier).map_err(|why| {
                let error = Error::usage(format!("--set {}: {why}", edit.text.escape_debug()));
                match why.hint() {
                    Some(hint) => error.with_hint(hint),
                    None => error,
                }
            })?;
        }
        Ok(message)
    }

    /// The request that carries a message to a URL.
    pub fn request(&self, message: &[u8], to: &Url, moment: &mut Moment) -> Result<Request, Error> {
        let stand_ins;
        let secrets = if self.signed {
            &self.secrets
        } else {
            stand_ins = self.with_stand_ins();
            &stand_ins
        };
        let mut request = match self.webhook() {
            Some(webhook) => {
                let delivery = Delivery {
                    to,
                    secrets,
                    given: &self.given,
                    encrypt: self.encrypt,
                };
                webhook.deliver(message, &delivery, moment)?
            }
            None => self.by_recipe(message, to, secrets, moment)?,
        };
        if !self.signed {
            self.unsign(&mut request);
        }
        Ok(request)
    }

    /// A request of a scheme that is nothing but a recipe.
    fn by_recipe(
        &self,
        message: &[u8],
        to: &Url,
        secrets: &Secrets,
        moment: &mut Moment,
    ) -> Result<Request, Error> {
        let id = self.scheme.id();
        if self.encrypt {
            return Err(Error::usage(format!("{id} seals nothing")));
        }
        let form = self
            .scheme
            .recipe
            .plain_form()
            .ok_or_else(|| Error::usage(format!("{id} has no form to sign by")))?;
        let ordered = Ordered {
            form,
            to,
            method: None,
            body: message,
            given: &self.given,
        };
        compose(&self.scheme.recipe, &ordered, secrets, moment)
    }

    /// The secrets, and a stand-in where one that signs is missing: what it makes is taken out
    /// again.
    fn with_stand_ins(&self) -> Secrets {
        /// A key in every encoding.
        const STAND_IN: &str = "00000000";
        let mut secrets = self.secrets.clone();
        for name in self.scheme.recipe.secrets() {
            if secrets.first(name).is_none() {
                secrets = secrets.with(name, STAND_IN);
            }
        }
        secrets
    }

    /// The form by which a request is signed; none where it shows no signature.
    #[must_use]
    pub fn form_of(&self, request: &Request) -> Option<&Form> {
        received_by(
            &self.scheme.recipe.forms,
            &Evidence::of(request).with(&self.given),
        )
    }

    /// Takes out the signature, and the nonce and time that serve it alone: so Tencent pushes
    /// where no token is set, and others may.
    fn unsign(&self, request: &mut Request) {
        let Some(form) = self.form_of(request) else {
            return;
        };
        let time = form.time.as_ref().map(|time| time.part.as_str());
        let serving = form
            .parts
            .iter()
            .filter(|part| part.name == NONCE || Some(part.name.as_str()) == time)
            .map(|part| &part.source);
        for source in serving.chain([&form.signature.source]) {
            place::remove(request, source);
        }
        place::fix_length(request);
    }
}

/// What the part is called that makes each signature another.
const NONCE: &str = "nonce";

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::signature::verify::judge;
    use crate::signature::{SecretName, Verdict};

    const ALL: [SecretName; 3] = [SecretName::Token, SecretName::AppSecret, SecretName::AesKey];

    fn secrets() -> Secrets {
        let key = "whBx2ZwAU5LOHVimPj1MPx56QRe3OsGGWRe4dr17crV";
        ALL.into_iter()
            .fold(Secrets::new(), |all, name| all.with(name, key))
    }

    fn moment() -> Moment {
        Moment::fixed(jiff::Timestamp::UNIX_EPOCH, 7)
    }

    /// One message, signed and not sealed.
    pub(crate) fn push(platform: Platform, content: Content) -> Push {
        Push {
            scheme: Scheme::of(platform),
            content,
            edits: Vec::new(),
            batch: None,
            encrypt: false,
            signed: true,
            secrets: secrets(),
            given: Given::new(),
        }
    }

    fn url() -> Url {
        "http://user.example/hook?a=1".parse().unwrap()
    }

    fn sent(push: &Push) -> Request {
        let mut moment = moment();
        let message = push.message(&mut moment).unwrap();
        push.request(&message, &url(), &mut moment).unwrap()
    }

    fn verdict(push: &Push, request: &Request) -> Verdict {
        judge(&push.scheme.recipe, &Evidence::of(request), &secrets()).verdict
    }

    #[test]
    fn every_platform_pushes_a_body_and_without_a_signature_shows_none() {
        for platform in Platform::ALL {
            if platform == Platform::OnenetStudio {
                continue;
            }
            let body = br#"{"appId":"a","data":1}"#.to_vec();
            let mut push = push(platform, Content::Body(body));
            let id = platform.id();
            let request = sent(&push);
            assert_eq!(verdict(&push, &request), Verdict::Valid, "{id}");
            push.signed = false;
            push.secrets = Secrets::new();
            let request = sent(&push);
            assert_ne!(verdict(&push, &request), Verdict::Valid, "{id}");
            let evidence = Evidence::of(&request);
            let forms = &push.scheme.recipe.forms;
            assert!(
                forms.iter().all(|form| form.received(&evidence).is_err()),
                "{id}"
            );
            let length = request.headers.first("Content-Length").unwrap();
            assert_eq!(length, request.body.len().to_string().as_bytes(), "{id}");
        }
    }

    #[test]
    fn a_path_may_begin_with_the_member_that_carries_the_message() {
        let message = br#"{"status":1,"msg":{"a":1}}"#;
        let set = |text: &str, carrier| {
            let edit: Assignment = text.parse().unwrap();
            edit.apply(message, carrier)
                .map(|changed| String::from_utf8(changed).unwrap())
        };
        // What the message itself holds goes first.
        let inside = r#"{"status":1,"msg":{"a":2}}"#;
        assert_eq!(set("msg.a=2", Some("msg")).unwrap(), inside);
        let behind = r#"{"status":2,"msg":{"a":1}}"#;
        assert_eq!(set("msg.status=2", Some("msg")).unwrap(), behind);
        assert_eq!(set("/msg/status=2", Some("msg")).unwrap(), behind);
        for (text, carrier) in [
            ("msg.status=2", None),
            ("msgstatus=2", Some("msg")),
            ("other.status=2", Some("msg")),
            ("msg.nothing=2", Some("msg")),
        ] {
            assert!(set(text, carrier).is_err(), "{text}");
        }
    }

    #[test]
    fn a_batch_of_one_is_an_array_too() {
        let mut push = push(Platform::Onenet, Content::Body(b"{}".to_vec()));
        for (batch, message) in [
            (None, &b"{}"[..]),
            (Some(1), b"[{}]"),
            (Some(3), b"[{},{},{}]"),
        ] {
            push.batch = batch;
            assert_eq!(push.message(&mut moment()).unwrap(), message);
        }
    }

    #[test]
    fn only_an_envelope_with_its_signature_is_opened() {
        let content = |platform: Platform, body: &str| {
            let scheme = Scheme::of(platform);
            let (content, note) = content_of(&scheme, body.into(), &secrets()).unwrap();
            match content {
                Content::Body(body) => (String::from_utf8(body).unwrap(), note.is_some()),
                Content::Event(event) => panic!("an event: {event:?}"),
            }
        };
        let signed = r#"{"msg":{"a": 1},"msg_signature":"x","nonce":"n"}"#;
        let without = r#"{"msg":{"a": 1},"nonce":"n"}"#;
        let of = |platform, body: &str| content(platform, body);
        assert_eq!(of(Platform::Onenet, signed), (r#"{"a": 1}"#.into(), true));
        assert_eq!(of(Platform::Onenet, without), (without.into(), false));
        assert_eq!(of(Platform::Tencent, signed), (signed.into(), false));
        assert_eq!(of(Platform::Wechat, signed), (signed.into(), false));
        let studio = r#"{"msg":"{\"a\":1}","signature":"x","nonce":"n"}"#;
        assert_eq!(
            of(Platform::OnenetStudioPush, studio),
            (r#"{"a":1}"#.into(), true)
        );
    }
}
