//! The platforms that pushrig plays: one file each, the list, and what they can do.
//!
//! A platform's file holds all about its protocol, and nothing of it stands elsewhere. Adding
//! one means one file and one variant of [`Platform`]; the compiler and the laws in `laws.rs`
//! ask for the rest.

use std::borrow::Cow;
use std::ops::RangeInclusive;
use std::time::Duration;

use crate::error::Error;
use crate::json::JsonError;
use crate::message::{Request, Url};
use crate::moment::{ALPHANUMERIC, Moment};
use crate::signature::form::Lack;
use crate::signature::place::{add_parameter, query_value};
use crate::signature::recipe::Source;
use crate::signature::seal::{self, Layout, SealError};
use crate::signature::verify::lack_in_words;
use crate::signature::{Evidence, Form, Given, Recipe, Secret, SecretName, Secrets};

pub mod onenet;
pub mod onenet_studio;
pub mod onenet_studio_push;
pub mod presets;
pub mod recognise;
pub mod sensoro;
pub mod tencent;
mod text;

use text::quoted;
pub(crate) use text::{text_of, value};

#[cfg(test)]
mod laws;

/// A platform that is built in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Platform {
    /// `OneNET`'s HTTP push of multi-protocol products.
    Onenet,
    /// HTTP push by `OneNET` Studio's rule engine.
    OnenetStudioPush,
    /// Forwarding by Tencent `IoT` Explorer's rule engine.
    Tencent,
    /// SENSORO's webhook.
    Sensoro,
    /// The token of `OneNET` Studio: devices, APIs, the application long connection.
    OnenetStudio,
    /// `WeChat`'s official accounts, plain mode.
    Wechat,
    /// HTTP push of Huawei Cloud `IoTDA`.
    HuaweiIotda,
    /// The Standard Webhooks specification.
    StandardWebhooks,
}

impl Platform {
    /// All of them, the main ones first.
    pub const ALL: [Self; 8] = [
        Self::Onenet,
        Self::OnenetStudioPush,
        Self::Tencent,
        Self::Sensoro,
        Self::OnenetStudio,
        Self::Wechat,
        Self::HuaweiIotda,
        Self::StandardWebhooks,
    ];

    /// The name on the command line and in captures.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Onenet => "onenet",
            Self::OnenetStudioPush => "onenet-studio-push",
            Self::Tencent => "tencent",
            Self::Sensoro => "sensoro",
            Self::OnenetStudio => "onenet-studio",
            Self::Wechat => "wechat",
            Self::HuaweiIotda => "huawei-iotda",
            Self::StandardWebhooks => "standard-webhooks",
        }
    }

    /// The platform of that exact id.
    #[must_use]
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|platform| platform.id() == id)
    }

    /// One line about it.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Onenet => "OneNET HTTP push",
            Self::OnenetStudioPush => "OneNET Studio HTTP push",
            Self::Tencent => "Tencent IoT Explorer forward to a third-party service",
            Self::Sensoro => "SENSORO webhook",
            Self::OnenetStudio => "OneNET Studio token",
            Self::Wechat => "WeChat official account, plain mode",
            Self::HuaweiIotda => "Huawei Cloud IoTDA HTTP push",
            Self::StandardWebhooks => "Standard Webhooks",
        }
    }

    /// What it is called in a sentence.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Onenet => "OneNET",
            Self::OnenetStudioPush | Self::OnenetStudio => "OneNET Studio",
            Self::Tencent => "Tencent",
            Self::Sensoro => "SENSORO",
            Self::Wechat => "WeChat",
            Self::HuaweiIotda => "Huawei IoTDA",
            Self::StandardWebhooks => "the sender",
        }
    }

    /// Its signature scheme.
    #[must_use]
    pub fn recipe(self) -> Recipe {
        let forms = match self {
            Self::Onenet => onenet::forms(),
            Self::OnenetStudioPush => onenet_studio_push::forms(),
            Self::Tencent => tencent::forms(),
            Self::Sensoro => sensoro::forms(),
            Self::OnenetStudio => onenet_studio::forms(),
            Self::Wechat => presets::wechat(),
            Self::HuaweiIotda => presets::huawei_iotda(),
            Self::StandardWebhooks => presets::standard_webhooks(),
        };
        Recipe {
            id: self.id().to_owned(),
            title: self.title().to_owned(),
            forms,
        }
    }

    /// Member names in the order of the vendor's documentation, where it differs from the
    /// wire's.
    #[must_use]
    pub fn documented_keys(self) -> &'static [&'static str] {
        match self {
            Self::Onenet => onenet::DOCUMENTED_KEYS,
            _ => &[],
        }
    }

    /// What a nonce at that place is drawn from; nothing that needs an escape there. `None` is a
    /// user's own recipe.
    #[must_use]
    pub fn nonce_alphabet(platform: Option<Self>, place: &Source) -> &'static [u8] {
        match (platform, place) {
            (Some(Self::Onenet), Source::JsonText(_)) => onenet::NONCE,
            _ => ALPHANUMERIC,
        }
    }

    /// How long a nonce usually is.
    #[must_use]
    pub fn nonce_length(platform: Option<Self>) -> usize {
        match platform {
            Some(Self::Onenet | Self::OnenetStudioPush) => 8,
            _ => 16,
        }
    }

    /// The content type and the body with which its own receivers answer a push that they took.
    #[must_use]
    pub fn thanks(self) -> (&'static str, &'static str) {
        match self {
            Self::Onenet | Self::OnenetStudioPush => ("text/plain", "ok"),
            Self::Sensoro => ("application/json", r#"{"message":"success"}"#),
            Self::Wechat => ("text/plain", "success"),
            Self::Tencent | Self::OnenetStudio | Self::HuaweiIotda | Self::StandardWebhooks => {
                ("text/plain", "")
            }
        }
    }

    /// What it pushes, if pushrig can play it; the others are signatures only.
    #[must_use]
    pub fn webhook(self) -> Option<&'static dyn Webhook> {
        match self {
            Self::Onenet => Some(&onenet::Onenet),
            Self::OnenetStudioPush => Some(&onenet_studio_push::OnenetStudioPush),
            Self::Tencent => Some(&tencent::Tencent),
            Self::Sensoro => Some(&sensoro::Sensoro),
            Self::OnenetStudio | Self::Wechat | Self::HuaweiIotda | Self::StandardWebhooks => None,
        }
    }

    /// What it pushes under that name.
    pub fn event(self, name: &str) -> Result<&'static Event, Error> {
        let events = self.webhook().map(Webhook::events).unwrap_or_default();
        events
            .iter()
            .find(|event| event.name == name)
            .ok_or_else(|| {
                let names: Vec<_> = events.iter().map(|event| event.name).collect();
                Error::usage(format!(
                    "{} has no event `{}`",
                    self.id(),
                    name.escape_debug()
                ))
                .with_hint(format!("one of {}", names.join(", ")))
            })
    }
}

/// Something that a platform tells a server.
#[derive(Clone, Copy, Debug)]
pub struct Event {
    /// Its name behind the platform's: `online` of `onenet.online`.
    pub name: &'static str,
    /// One line about it.
    pub about: &'static str,
    /// Its message: JSON as the platform writes it, compact and in the wire's key order.
    ///
    /// It is what the envelope carries: `OneNET`'s value of `msg`, Studio's decoded `msg`,
    /// Tencent's and SENSORO's whole body. The same moment gives the same bytes.
    pub message: fn(&mut Moment) -> Vec<u8>,
}

impl Event {
    const fn new(
        name: &'static str,
        about: &'static str,
        message: fn(&mut Moment) -> Vec<u8>,
    ) -> Self {
        Self {
            name,
            about,
            message,
        }
    }
}

/// Where a request goes and what it is made with.
#[derive(Clone, Copy, Debug)]
pub struct Delivery<'a> {
    /// The URL, kept as it is written.
    pub to: &'a Url,
    /// What signs and seals.
    pub secrets: &'a Secrets,
    /// Values that are fixed, by part: `nonce`, `timestamp` … The others are drawn.
    pub given: &'a Given,
    /// Whether the message is sealed.
    pub encrypt: bool,
}

/// A message as it was before the platform wrapped it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message<'a> {
    /// Its exact bytes.
    pub bytes: Cow<'a, [u8]>,
    /// Whether it was sealed.
    pub sealed: bool,
    /// The id that was sealed with it (SENSORO).
    pub id: Option<Vec<u8>>,
}

/// How a platform seals its messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seal {
    /// How a message lies in its envelope.
    pub layout: Layout,
    /// The key that opens and closes it.
    pub key: SecretName,
    /// The member of the body that holds it.
    pub member: &'static str,
}

/// The sealed part of a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed<'a> {
    /// Its base64 text.
    pub text: Cow<'a, [u8]>,
    /// How it is sealed.
    pub seal: Seal,
}

/// Why there is no message to be had from a body.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// The body is not a JSON object.
    #[error("the body is not a JSON object: {0}")]
    Json(#[from] JsonError),
    /// The member that carries the message is missing, or not a string where it must be one.
    #[error("the body has no {0}")]
    Member(&'static str),
    /// The message is sealed and its key was not given.
    #[error("the message is encrypted and no --{} was given", .0.flag())]
    Key(SecretName),
    /// The envelope does not open.
    #[error(transparent)]
    Seal(#[from] SealError),
}

/// How long a platform waits, what it takes for success, and when it tries again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Patience {
    /// The HTTP status codes that count as delivered.
    pub accepted: RangeInclusive<u16>,
    /// The time for one try.
    pub limit: Duration,
    /// The pauses before the second try, the third, …; then the message is dropped.
    pub retries: &'static [Duration],
    /// What of the pauses is not published but inferred: `count and spacing`.
    pub inferred: Option<&'static str>,
    /// What else follows from a message that was not taken; a clause without a full stop.
    pub afterwards: Option<&'static str>,
}

impl Patience {
    /// Whether the message counts as delivered.
    #[must_use]
    pub fn accepts(&self, status: u16) -> bool {
        self.accepted.contains(&status)
    }

    /// What counts as accepted, in words.
    #[must_use]
    pub fn accepted_in_words(&self) -> String {
        counts_in_words(&self.accepted)
    }
}

/// Which statuses count as success: `only 200 counts`.
#[must_use]
pub fn counts_in_words(accepted: &RangeInclusive<u16>) -> String {
    match (accepted.start(), accepted.end()) {
        (200, 299) => "only 2xx counts".to_owned(),
        (only, end) if only == end => format!("only {only} counts"),
        (start, end) => format!("only {start} to {end} count"),
    }
}

/// A platform that pushes to a user's HTTP server.
pub trait Webhook: Sync {
    /// What it tells, in the order of its documentation.
    fn events(&self) -> &'static [Event];

    /// The request that checks a URL before anything is pushed to it; `None` where the platform
    /// has no such handshake. A right answer is 200 and the form's `echo`.
    fn challenge(
        &self,
        delivery: &Delivery<'_>,
        moment: &mut Moment,
    ) -> Result<Option<Request>, Error>;

    /// The complete signed request that carries `message`, headers in the platform's own order.
    fn deliver(
        &self,
        message: &[u8],
        delivery: &Delivery<'_>,
        moment: &mut Moment,
    ) -> Result<Request, Error>;

    /// The message in a request's body, unsealed if need be: `open(deliver(x))` is x.
    ///
    /// The signature is not looked at. Several keys of a kind are all tried.
    fn open<'a>(
        &self,
        evidence: &Evidence<'a>,
        secrets: &Secrets,
    ) -> Result<Message<'a>, OpenError>;

    /// The member of the body that carries the message; `None` where the body is the message.
    fn carrier(&self) -> Option<&'static str>;

    /// How it seals messages; `None` where it never does, and [`Delivery::encrypt`] is an error.
    fn seal(&self) -> Option<Seal>;

    /// The sealed part of a request's body, if it has one.
    fn sealed<'a>(&self, evidence: &Evidence<'a>) -> Option<Sealed<'a>>;

    /// Which of its events a message is, by the values that tell them apart; none that the
    /// catalogue has.
    fn event_of(&self, message: &[u8]) -> Option<&'static str>;

    /// The messages that one push carries: several where the platform batches.
    fn messages<'a>(&self, message: &'a [u8]) -> Vec<&'a [u8]> {
        vec![message]
    }

    /// The member of the body by which a receiver knows a push that comes again; `None` where
    /// there is none, and the message itself is all that stays the same.
    fn handle(&self) -> Option<&'static str>;

    /// What the platform does with an answer, or without one.
    fn patience(&self) -> Patience;

    /// Published or made-up credentials, so that samples need no flags. They protect nothing.
    fn sample_secrets(&self) -> Secrets;
}

impl<'a> Delivery<'a> {
    /// The fixed value of a part, else a fresh one.
    fn part(&self, name: &str, fresh: impl FnOnce() -> String) -> Result<String, Error> {
        match self.given.find(name) {
            None => Ok(fresh()),
            Some(value) => String::from_utf8(value.to_vec())
                .map_err(|_| Error::usage(format!("the value of --{name} is not UTF-8"))),
        }
    }

    /// The secret of that name, first of its kind.
    fn secret(&self, name: SecretName) -> Result<&'a Secret, Error> {
        self.secrets.first(name).ok_or_else(|| no_secret(name))
    }

    /// The signature that `form` gives for these values.
    fn sign(&self, form: &Form, evidence: &Evidence<'_>) -> Result<String, Error> {
        form.gather(evidence)
            .and_then(|ingredients| form.sign(&ingredients, self.secrets, 0))
            .map_err(|lack| cannot_sign(form, &lack))
    }

    /// A sealed message.
    fn seal(
        &self,
        seal: Seal,
        moment: &mut Moment,
        message: &[u8],
        id: &[u8],
    ) -> Result<String, Error> {
        let key = self.secret(seal.key)?.expose();
        seal::close(seal.layout, key, moment.bytes(), message, id)
            .map_err(|why| Error::usage(why.to_string()))
    }

    /// A request to the URL with these headers behind `Host`, and a body.
    fn request(
        &self,
        method: &str,
        target: impl Into<Vec<u8>>,
        headers: &[(&str, &str)],
        body: Vec<u8>,
    ) -> Request {
        let mut request = Request::new(method, target);
        request.scheme = Some(self.to.scheme);
        request.headers.push("Host", self.to.host());
        for &(name, value) in headers {
            request.headers.push(name, value);
        }
        request.body = body;
        request
    }

    /// The target with parameters behind those that it has.
    ///
    /// Values go in raw but for what would end them, see [`query_value`].
    fn target_with(&self, parameters: &[(&str, &str)]) -> Vec<u8> {
        let mut target = self.to.target.clone().into_bytes();
        for (name, value) in parameters {
            add_parameter(&mut target, name, query_value(value.as_bytes()).as_bytes());
        }
        target
    }
}

fn no_secret(name: SecretName) -> Error {
    Error::usage(format!("no --{} was given", name.flag())).with_hint(format!(
        "give --{} or set {}",
        name.flag(),
        name.variable()
    ))
}

fn cannot_sign(form: &Form, lack: &Lack) -> Error {
    match lack {
        Lack::Secret(name) => no_secret(*name),
        other => Error::usage(lack_in_words(form, other)),
    }
}

/// Opens an envelope with the first key that fits; the error is the first key's.
fn unseal(sealed: &Sealed<'_>, secrets: &Secrets) -> Result<seal::Opened, OpenError> {
    let mut first = None;
    let Seal { layout, key, .. } = sealed.seal;
    for secret in secrets.all(key) {
        match seal::open(layout, secret.expose(), &sealed.text) {
            Ok(opened) => return Ok(opened),
            Err(why) => first = first.or(Some(why)),
        }
    }
    Err(first.map_or(OpenError::Key(key), OpenError::Seal))
}
