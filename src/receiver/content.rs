//! What a push carries, and by what it is known when it comes again.

use std::borrow::Cow;
use std::fmt;

use super::arrivals::Key;
use crate::check::{Checker, Judged, Scheme};
use crate::json::scan;
use crate::message::Request;
use crate::platform::{Message, Platform, Webhook, text_of};
use crate::signature::Evidence;

/// The scheme's id.
pub(super) fn id(scheme: &Scheme) -> Cow<'static, str> {
    match scheme.platform {
        Some(platform) => Cow::Borrowed(platform.id()),
        None => Cow::Owned(scheme.id().to_owned()),
    }
}

/// What a push carries.
#[derive(Default)]
pub(super) struct Content<'e> {
    pub(super) platform: Option<Platform>,
    pub(super) events: Vec<&'static str>,
    pub(super) key: Option<Key>,
    pub(super) nonce: Option<Key>,
    pub(super) label: Label<'e>,
}

/// What a push is called when it comes again.
#[derive(Default)]
pub(super) enum Label<'e> {
    #[default]
    Body,
    Message,
    /// The name and the value of its handle.
    Handle(&'static str, Cow<'e, [u8]>),
}

impl fmt::Display for Label<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Body => f.write_str("the same body"),
            Self::Message => f.write_str("the same message"),
            Self::Handle(name, value) => write!(f, "{name} {}", String::from_utf8_lossy(value)),
        }
    }
}

pub(super) fn content<'e>(
    checker: &Checker,
    judged: &Judged<'_, 'e>,
    request: &Request,
    evidence: &Evidence<'e>,
) -> Content<'e> {
    let Some(scheme) = judged.scheme else {
        return Content::default();
    };
    let id = scheme.id().as_bytes();
    let form = judged.judgement.form;
    let nonce = form.and_then(|form| form.parts.iter().find(|part| part.name == "nonce"));
    let nonce = nonce.and_then(|part| evidence.find(&part.name, &part.source).ok());
    let mut content = Content {
        platform: scheme.platform,
        nonce: nonce.map(|nonce| Key::of(&[b"nonce", id, &nonce])),
        ..Content::default()
    };
    if form.is_none_or(|form| form.echo.is_some()) {
        return content;
    }
    let Some(webhook) = scheme.platform.and_then(Platform::webhook) else {
        content.key = Some(Key::of(&[id, &request.body]));
        return content;
    };
    let opened = webhook.open(evidence, &checker.secrets).ok();
    if let Some(message) = &opened {
        let messages = webhook.messages(&message.bytes);
        let event = |message| webhook.event_of(message).unwrap_or("?");
        content.events = messages.into_iter().map(event).collect();
    }
    content.label = match handle(webhook, evidence, opened.as_ref()) {
        Some((name, value)) => Label::Handle(name, value),
        None => Label::Message,
    };
    content.key = Some(match (&content.label, &opened) {
        (Label::Handle(name, value), _) => Key::of(&[id, name.as_bytes(), value]),
        (_, Some(message)) => Key::of(&[id, &message.bytes]),
        (_, None) => Key::of(&[id, &request.body]),
    });
    content
}

/// The name and the value of what a push is known again by: beside what carries its message, or
/// in that.
fn handle<'e>(
    webhook: &dyn Webhook,
    evidence: &Evidence<'e>,
    opened: Option<&Message<'e>>,
) -> Option<(&'static str, Cow<'e, [u8]>)> {
    let name = webhook.handle()?;
    let beside = evidence.members().ok().and_then(|it| text_of(it, name));
    let value = beside.or_else(|| match &opened?.bytes {
        Cow::Borrowed(message) => text_of(&scan::members(message).ok()?, name),
        Cow::Owned(message) => {
            let value = text_of(&scan::members(message).ok()?, name)?;
            Some(Cow::Owned(value.into_owned()))
        }
    })?;
    Some((name, value))
}
