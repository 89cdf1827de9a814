//! A line of the list: what is told of a record when it comes.

use serde::Serialize;

use super::Known;
use crate::capture::{Content, Record};
use crate::net::server::Refused;
use crate::platform::Platform;
use crate::receiver::{Kind, MessageId};
use crate::signature::Veil;
use crate::term;

/// A line of the list. Texts are escaped, and secrets hidden in them.
#[derive(Default, Serialize)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub(super) struct Entry {
    /// Which record it is, in the order in which they were answered.
    pub(super) id: u64,
    /// Which request it is, as the terminal says it.
    number: Option<u64>,
    at: Option<String>,
    /// When it came, in seconds since the start.
    pub(super) since: f64,
    method: String,
    target: String,
    peer: String,
    platform: Option<String>,
    platform_name: Option<String>,
    kind: &'static str,
    events: Vec<&'static str>,
    verdict: &'static str,
    is_right: bool,
    is_taken: bool,
    why: Option<String>,
    mistake: Option<String>,
    fault: Option<String>,
    trouble: Option<&'static str>,
    /// What is wrong with the answer.
    wrong: Option<String>,
    pub(super) status: Option<u16>,
    ms: Option<f64>,
    bytes: usize,
    attempt: usize,
    /// How many seconds after the attempt before it.
    gap: Option<f64>,
    is_duplicate: bool,
    is_replay: bool,
    /// Which message it is, the same for all attempts of it.
    message: Option<MessageId>,
}

/// More of a target is in the record.
const LONGEST_TARGET: usize = 300;

/// More events than these are counted.
const MOST_EVENTS: usize = 20;

impl Entry {
    /// That of a request.
    pub(super) fn of_request(record: &Record, known: &Known<'_>, veil: &Veil) -> Self {
        let received = known.received;
        let (method, target, bytes) = match record.request() {
            Some(request) => (&*request.method, &*request.target, request.body.len()),
            None => Default::default(),
        };
        let platform = received.platform.as_deref();
        let name = platform.and_then(Platform::from_id).map(Platform::name);
        let shown = |text: &String| term::escape(text.as_bytes());
        Self {
            number: Some(known.number),
            since: known.at.as_secs_f64(),
            method: term::cut(&term::escape(&veil.hide(method)), 20),
            target: term::cut(&term::escape(&veil.hide(target)), LONGEST_TARGET),
            platform: platform.map(str::to_owned),
            platform_name: name.or(platform).map(str::to_owned),
            kind: match received.kind {
                Kind::Handshake => "handshake",
                Kind::Push => "push",
                Kind::Other => "other",
            },
            events: received.events.iter().copied().take(MOST_EVENTS).collect(),
            verdict: received.verdict.as_str(),
            is_right: received.why.is_none(),
            is_taken: received.is_taken,
            why: received.why.as_ref().map(shown),
            mistake: received.mistake.as_ref().map(shown),
            fault: received.fault.map(|fault| fault.to_string()),
            trouble: known.trouble,
            wrong: known
                .wrong
                .or(received.broken.as_deref())
                .map(|wrong| term::escape(veil.hide_text(wrong).as_bytes())),
            status: known.status,
            ms: Some(known.took.as_secs_f64() * 1000.0),
            bytes,
            attempt: received.arrival.attempt,
            gap: received.arrival.gap.map(|gap| gap.as_secs_f64()),
            is_duplicate: received.arrival.is_duplicate,
            is_replay: received.arrival.is_replay,
            message: received.message(),
            ..Self::of(record)
        }
    }

    /// That of what did not become a request.
    pub(super) fn of_refused(record: &Record, refused: &Refused, since: f64, veil: &Veil) -> Self {
        let first = refused.raw.split(|&byte| byte == b'\n').next();
        let first = first.unwrap_or_default().trim_ascii_end();
        Self {
            since,
            target: term::cut(&term::escape(&veil.hide(first)), LONGEST_TARGET),
            kind: "unparsed",
            verdict: "unparsed",
            why: Some(term::escape(veil.hide_text(&refused.why).as_bytes())),
            status: refused.status,
            bytes: refused.raw.len(),
            ..Self::of(record)
        }
    }

    fn of(record: &Record) -> Self {
        debug_assert!(!matches!(record.content, Content::Mqtt(_)));
        Self {
            at: record.at.clone(),
            peer: record.peer.clone().unwrap_or_default(),
            attempt: 1,
            ..Self::default()
        }
    }
}
