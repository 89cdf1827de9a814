//! What happened, as a line: for machines, or for people.

use serde::Serialize;

use crate::json::tree;
use crate::studio::broker::Told;
use crate::studio::glance::glance;
use crate::studio::topic::{Role, Topic};
use crate::term::{Paint, cut, escape};

/// What a peer sends may be long, and a line is for people.
const WIDEST: usize = 600;

/// The line for machines.
#[derive(Serialize)]
pub(super) struct Line<'l> {
    v: u8,
    #[serde(flatten)]
    told: &'l Told,
    at: &'l str,
}

impl<'l> Line<'l> {
    pub(super) fn new(told: &'l Told, at: &'l str) -> Self {
        Self { v: 1, told, at }
    }
}

/// What sort of thing happened, in a word.
fn kind(told: &Told) -> &'static str {
    match told {
        Told::Connected { .. } => "connected",
        Told::Refused { .. } => "refused",
        Told::Disconnected { .. } => "disconnected",
        Told::Subscribed { .. } => "subscribed",
        Told::Denied { .. } => "denied",
        Told::Message { .. } => "message",
        Told::Set { .. } => "set",
        Told::Answered { .. } => "answered",
        Told::DeviceSaid { .. } => "said",
        Told::Invalid => "invalid",
        Told::Oddity { .. } => "odd",
    }
}

/// Whether it is something that went wrong.
pub(super) fn is_wrong(told: &Told) -> bool {
    match told {
        Told::Refused { .. } | Told::Denied { .. } | Told::Oddity { .. } => true,
        Told::Answered { success, .. } => *success != Some(true),
        _ => false,
    }
}

/// The line for people.
pub(super) fn human(told: &Told, at: &str, paint: Paint) -> String {
    let word = format!("{:<12}", kind(told));
    let word = if is_wrong(told) {
        paint.bad(&word)
    } else if matches!(told, Told::Connected { .. } | Told::Answered { .. }) {
        paint.ok(&word)
    } else {
        paint.key(&word)
    };
    // The day is known to whoever watches.
    let time = paint.dim(at.get(11..).unwrap_or(at));
    format!("{time}  {word}  {}\n", said(told))
}

fn said(told: &Told) -> String {
    let plain = |text: String| cut(&escape(text.as_bytes()), WIDEST);
    match told {
        Told::Invalid => String::new(),
        Told::Connected {
            who,
            role,
            client_id,
            peer,
        } => plain(match role {
            Role::Application => format!("{who}  client id {client_id}, {peer}"),
            Role::Device => format!("{who}  {peer}"),
        }),
        Told::Refused {
            peer,
            username,
            refusal,
            connack,
        } => {
            let who = if username.is_empty() { peer } else { username };
            let (code, name, why) = (refusal.code, refusal.name, &refusal.explanation);
            plain(format!("{who}  CONNACK {connack}, {code} {name}: {why}"))
        }
        Told::Disconnected { who, why } | Told::Oddity { who, what: why } => {
            plain(format!("{who}  {why}"))
        }
        Told::Subscribed {
            who, topic, qos, ..
        } => plain(format!("{who}  {topic}  QoS {qos}")),
        Told::Denied {
            who,
            what,
            topic,
            code,
            why,
        } => plain(format!("{who}  {what} {topic}: {code}, {why}")),
        Told::Message { topic, payload, to } => {
            let parsed = Topic::parse(topic);
            let value = tree::parse(payload).ok();
            let about = match &parsed {
                Some(topic) => format!("{}  {}", topic.device_id(), topic.thing),
                None => topic.clone(),
            };
            let listeners = match to {
                0 => "nobody listens: it is gone".to_owned(),
                1 => "to 1".to_owned(),
                to => format!("to {to}"),
            };
            let seen = glance(parsed.as_ref(), value.as_ref(), payload);
            format!("{}  {seen}  {listeners}", plain(about))
        }
        Told::Set {
            device,
            request_id,
            is_desired,
        } => {
            let desired = if *is_desired { "desired  " } else { "" };
            plain(format!("{device}  {desired}{request_id}"))
        }
        Told::Answered {
            device,
            request_id,
            success,
            refusal,
            by,
        } => {
            let answer = match (success, refusal) {
                (None, _) => "nothing".to_owned(),
                (_, Some((code, msg))) => format!("{code}: {msg}"),
                _ => "success".to_owned(),
            };
            plain(format!("{device}  {request_id}  {answer}, by {by}"))
        }
        Told::DeviceSaid {
            device,
            thing,
            payload,
        } => format!(
            "{}  {}",
            plain(format!("{device}  {thing}")),
            glance(None, None, payload)
        ),
    }
}
