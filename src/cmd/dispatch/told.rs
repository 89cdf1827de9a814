//! What there is to tell of a run, in words and as lines of JSON.

use std::borrow::Cow;
use std::time::Duration;

use serde::Serialize;
use serde_json::value::RawValue;

use super::results::Answered;
use crate::controlid::dispatch::{Dispatch, Entry, Note as CoreNote};
use crate::json::scan;
use crate::net::server::Refused;
use crate::term;

/// Something to tell.
#[derive(Debug)]
pub(super) enum Told {
    /// A device answered.
    Result {
        number: u64,
        device: String,
        endpoint: String,
        tries: u32,
        /// From when it went out last.
        took: Option<Duration>,
        /// It came in an earlier run.
        is_again: bool,
        /// It stands in the state file, if there is one.
        is_kept: bool,
        answered: Answered,
    },
    /// A command is over without an answer.
    End {
        number: u64,
        device: String,
        endpoint: String,
        tries: u32,
        is_unknown: bool,
        /// It was so in an earlier run.
        is_again: bool,
        why: String,
    },
    Note(Note),
}

/// Something worth a word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Note {
    /// Of which kind: each is told once for each of `of`.
    pub(super) kind: &'static str,
    /// The device, or else what it is about.
    pub(super) of: String,
    /// Whether `of` is a device.
    pub(super) is_device: bool,
    pub(super) why: String,
}

impl Note {
    /// A note about a device.
    fn device(kind: &'static str, device: &str, why: String) -> Self {
        Self {
            kind,
            of: device.to_owned(),
            is_device: true,
            why,
        }
    }

    /// A note about something else.
    pub(super) fn about(kind: &'static str, of: &str, why: String) -> Self {
        Self {
            kind,
            of: of.to_owned(),
            is_device: false,
            why,
        }
    }

    /// What the server noticed.
    pub(super) fn of(note: &CoreNote, dispatch: &Dispatch) -> Self {
        let whose = |number: &u64| dispatch.entry(*number).map_or("", |it| it.device.as_str());
        let why = term::cut(&note.to_string(), 300);
        match note {
            CoreNote::ResultWithoutCommand { device, .. } => {
                Self::device("result-without-command", device, why)
            }
            CoreNote::UnreadableResult { device, .. } => {
                Self::device("unreadable-result", device, why)
            }
            CoreNote::OddDeviceId { device } => Self::device("odd-device-id", device, why),
            CoreNote::DoubleResult { number } => Self::device("double-result", whose(number), why),
            CoreNote::LateResult { number } => Self::device("late-result", whose(number), why),
            CoreNote::OtherEndpoint { number, .. } => {
                Self::device("other-endpoint", whose(number), why)
            }
            CoreNote::MissingResult { number } => {
                Self::device("missing-result", whose(number), why)
            }
            CoreNote::WrongPath { path } => Self::about("wrong-path", path, why),
            CoreNote::WrongMethod { path, .. } => Self::about("wrong-method", path, why),
            CoreNote::LongDeviceId { .. } => Self::about("long-device-id", "", why),
            CoreNote::NoDeviceId { .. } => Self::about("no-device-id", "", why),
        }
    }

    /// A command that goes out again.
    pub(super) fn again(number: u64, entry: &Entry) -> Self {
        let why = format!(
            "command {number} has no result of device {}, and goes out again (try {})",
            entry.device,
            entry.tries + 1
        );
        Self::device("again", &entry.device, why)
    }

    /// What never became a request.
    pub(super) fn refused(refused: &Refused) -> Self {
        let peer = refused.peer;
        let line = refused.raw.split(|&byte| byte == b'\n').next();
        let line = String::from_utf8_lossy(line.unwrap_or_default().trim_ascii()).into_owned();
        let line = term::cut(&line, 120);
        let what = match refused.status {
            Some(status) => format!("was answered {status}"),
            None => "was given up".to_owned(),
        };
        let why = format!("a request from {peer} {what}: {}: {line}", refused.why);
        Self::about("refused", &peer.ip().to_string(), why)
    }
}

/// The line of a result.
#[derive(Serialize)]
struct ResultLine<'t> {
    v: u8,
    r#type: &'static str,
    command: u64,
    device: &'t str,
    endpoint: &'t str,
    success: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    response: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Cow<'t, str>>,
    tries: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    again: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kept: Option<bool>,
}

#[derive(Serialize)]
struct EndLine<'t> {
    v: u8,
    r#type: &'static str,
    command: u64,
    device: &'t str,
    endpoint: &'t str,
    why: &'t str,
    tries: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    again: Option<bool>,
}

#[derive(Serialize)]
struct NoteLine<'t> {
    v: u8,
    r#type: &'static str,
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    device: Option<&'t str>,
    why: &'t str,
}

impl Told {
    /// Whether it is of no interest to somebody who wants only what is not right.
    pub(super) fn is_right(&self) -> bool {
        matches!(self, Self::Result { answered, .. } if answered.success)
    }

    /// The command whose end it is, if that is kept.
    pub(super) fn number(&self) -> Option<u64> {
        match self {
            Self::Result {
                number,
                is_kept: true,
                ..
            }
            | Self::End { number, .. } => Some(*number),
            Self::Result { .. } | Self::Note(_) => None,
        }
    }

    /// As a line of JSON, without its end.
    pub(super) fn to_json(&self) -> String {
        let line = match self {
            Self::Result {
                number,
                device,
                endpoint,
                tries,
                took,
                is_again,
                is_kept,
                answered,
            } => serde_json::to_string(&ResultLine {
                v: 1,
                r#type: "result",
                command: *number,
                device,
                endpoint,
                success: answered.success,
                response: answered.response.as_deref().map(raw),
                error: answered.why(),
                tries: *tries,
                ms: took.map(millis),
                again: is_again.then_some(true),
                kept: (!is_kept).then_some(false),
            }),
            Self::End {
                number,
                device,
                endpoint,
                tries,
                is_unknown,
                is_again,
                why,
            } => serde_json::to_string(&EndLine {
                v: 1,
                r#type: if *is_unknown { "unknown" } else { "lost" },
                command: *number,
                device,
                endpoint,
                why,
                tries: *tries,
                again: is_again.then_some(true),
            }),
            Self::Note(note) => serde_json::to_string(&NoteLine {
                v: 1,
                r#type: "warning",
                kind: note.kind,
                device: note.is_device.then_some(note.of.as_str()),
                why: &note.why,
            }),
        };
        // Texts, numbers and JSON that was checked: nothing in it can fail to be written.
        line.unwrap_or_default()
    }
}

/// Milliseconds, three digits behind the point.
pub(super) fn millis(took: Duration) -> f64 {
    (took.as_secs_f64() * 1e6).round() / 1e3
}

/// What a device answered as a JSON value: its own bytes if they are JSON, else a string. JSON
/// that most readers would refuse as nested too deeply is a string, too.
pub(super) fn raw(text: &str) -> Box<RawValue> {
    let own = scan::check(text.as_bytes()).ok().and_then(|()| {
        // A line of output is one line; outside of strings a line's end is a blank.
        let text = if text.contains(['\n', '\r']) {
            Cow::Owned(text.replace(['\n', '\r'], " "))
        } else {
            Cow::Borrowed(text)
        };
        RawValue::from_string(text.into_owned()).ok()
    });
    own.unwrap_or_else(|| serde_json::value::to_raw_value(text).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_its_own_json_on_one_line_or_a_string() {
        for (text, expected) in [
            (" {\"a\": 1.0,\r\n \"a\":2}\n", "{\"a\": 1.0,   \"a\":2}"),
            ("", "\"\""),
            ("{\"a\"", "\"{\\\"a\\\"\""),
            ("/9j/4AAQ", "\"/9j/4AAQ\""),
            ("12345678901234567890", "12345678901234567890"),
        ] {
            assert_eq!(raw(text).get(), expected);
        }
        let deep = "[".repeat(5000) + &"]".repeat(5000);
        assert_eq!(raw(&deep).get(), format!("\"{deep}\""));
    }
}
