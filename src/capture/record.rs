//! [`Record`]: one recorded request, and its form as a line of a capture (version 1).
//!
//! A capture is NDJSON: one JSON object a line, so that files can be appended to, cut, joined
//! and read by any tool. Text is written as text; bytes that are no UTF-8 are written as
//! `{"base64":"…"}`, so that every request whatsoever survives. `schema/capture-v1.schema.json`
//! says the same in JSON Schema. Reading a million of these lines is what `verify` does most,
//! hence [`crate::json::scan`] and not a JSON library.
//!
//! Not kept: blanks between members, how a character was escaped, and the order of members that
//! this version knows. Everything else is, members that it does not know included.

use memchr::memmem;
use serde_json::value::RawValue;

use crate::json::scan::{self, JsonError};
use crate::message::{Request, Response};

mod parse;
mod write;

/// One recorded request (or MQTT message, or bytes that are neither), with what is known of it.
#[derive(Clone, Debug)]
pub struct Record {
    /// When it arrived: RFC 3339 as pushrig writes it, but kept as it is written.
    pub at: Option<String>,
    /// The platform that sent it, by its id.
    pub platform: Option<String>,
    /// Address and port of the sender.
    pub peer: Option<String>,
    /// What arrived.
    pub content: Content,
    /// What was answered.
    pub response: Option<Response>,
    /// What was thought of it: `valid`, `mismatch`, `unsigned` or `unreadable`.
    pub verdict: Option<String>,
    /// Why the verdict is what it is.
    pub why: Option<String>,
    /// The program that wrote the record.
    pub by: Option<String>,
    /// A remark of a human, or of an import.
    pub note: Option<String>,
    /// Members that version 1 does not name: order and values as they were written.
    pub extra: Extra,
    /// The same inside `request`, `mqtt` or `unparsed`.
    pub content_extra: Extra,
    /// The same inside `response`.
    pub response_extra: Extra,
}

/// Members that this version does not know: name, and the value's exact JSON text.
pub type Extra = Vec<(String, Box<RawValue>)>;

/// What arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// An HTTP request.
    Request(Request),
    /// An MQTT message.
    Mqtt(MqttMessage),
    /// Bytes that no HTTP parser takes.
    Unparsed {
        /// All that arrived.
        bytes: Vec<u8>,
        /// What the parser said.
        error: String,
    },
}

/// An MQTT message as one PUBLISH packet carries it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MqttMessage {
    /// The topic.
    pub topic: String,
    /// The quality of service: 0, 1 or 2.
    pub qos: u8,
    /// Whether the broker keeps it for later subscribers.
    pub retain: bool,
    /// Which way it went, seen from whoever recorded it.
    pub direction: Direction,
    /// The payload.
    pub payload: Vec<u8>,
}

/// Which way a message went, seen from whoever recorded it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// It came in: `received`.
    Received,
    /// It went out: `sent`.
    Sent,
}

impl Direction {
    /// The word in a record.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Sent => "sent",
        }
    }
}

impl Record {
    /// A record of which nothing but the request is known.
    #[must_use]
    pub fn of(request: Request) -> Self {
        Self::with(Content::Request(request))
    }

    /// A record of which nothing but the content is known.
    #[must_use]
    pub fn with(content: Content) -> Self {
        Self {
            at: None,
            platform: None,
            peer: None,
            content,
            response: None,
            verdict: None,
            why: None,
            by: None,
            note: None,
            extra: Extra::new(),
            content_extra: Extra::new(),
            response_extra: Extra::new(),
        }
    }

    /// The HTTP request, if that is what was recorded.
    #[must_use]
    pub fn request(&self) -> Option<&Request> {
        match &self.content {
            Content::Request(request) => Some(request),
            Content::Mqtt(_) | Content::Unparsed { .. } => None,
        }
    }

    /// What to say of it where an HTTP request is needed and there is none.
    #[must_use]
    pub fn lack(&self) -> &'static str {
        match &self.content {
            Content::Mqtt(_) => "holds an MQTT message and no HTTP request",
            Content::Request(_) | Content::Unparsed { .. } => "holds no HTTP request",
        }
    }
}

/// Why a line is not a record, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct RecordError {
    /// The offset in the line, in bytes from 0.
    pub at: usize,
    /// What is wrong there.
    pub why: String,
}

impl From<JsonError> for RecordError {
    fn from(error: JsonError) -> Self {
        Self {
            at: error.at,
            why: error.why.to_owned(),
        }
    }
}

/// Whether a line means to be a record: an object with a member `v` and one of `request`, `mqtt`
/// and `unparsed`.
#[must_use]
pub fn is_record(line: &[u8]) -> bool {
    // Most bare bodies have no such text anywhere, so they are told apart without being scanned.
    if memmem::find(line, b"\"v\"").is_none() {
        return false;
    }
    let members = scan::members(line).unwrap_or_default();
    let has = |name: &[u8]| members.iter().any(|member| member.name == name);
    has(b"v") && (has(b"request") || has(b"mqtt") || has(b"unparsed"))
}

impl PartialEq for Record {
    fn eq(&self, other: &Self) -> bool {
        self.at == other.at
            && self.platform == other.platform
            && self.peer == other.peer
            && self.content == other.content
            && self.response == other.response
            && self.verdict == other.verdict
            && self.why == other.why
            && self.by == other.by
            && self.note == other.note
            && same(&self.extra, &other.extra)
            && same(&self.content_extra, &other.content_extra)
            && same(&self.response_extra, &other.response_extra)
    }
}

/// Raw values have no equality of their own: their text is compared.
fn same(one: &Extra, other: &Extra) -> bool {
    let text = |(name, value): &(String, Box<RawValue>)| (name.clone(), value.get().to_owned());
    one.len() == other.len()
        && one
            .iter()
            .zip(other)
            .all(|(one, other)| text(one) == text(other))
}

#[cfg(test)]
pub(crate) mod tests;
