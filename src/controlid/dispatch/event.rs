//! The journal: every change to the queues, written ahead.
//!
//! One JSON object a line. Whoever drives a [`Dispatch`](super::Dispatch) appends the events to a
//! file and has them on the disk before the answer that they belong to leaves; then a crash at
//! any moment loses no command and runs none twice that must not be. A last line without its end
//! was never acted upon, so it is dropped.

use std::io::BufRead;

use serde::{Deserialize, Serialize};

use super::Standing;
use crate::error::{Error, Place};

/// A change and its time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// The version of the format, 1.
    pub v: u32,
    /// When, in unix milliseconds.
    pub at: i64,
    /// What changed.
    #[serde(flatten)]
    pub change: Change,
}

/// What may change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Change {
    /// A command was queued.
    Queued {
        /// Its number.
        number: u64,
        /// For whom, as text.
        device: String,
        /// Its endpoint.
        endpoint: String,
        /// How it is delivered.
        policy: Policy,
        /// What its sender calls it, so that it is queued once.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        key: Option<String>,
        /// The JSON that the device gets.
        command: String,
    },
    /// Commands went out with the answer to a poll.
    Handed {
        /// To whom.
        device: String,
        /// Which.
        numbers: Vec<u64>,
        /// The poll's uuid.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        uuid: Option<String>,
        /// Whether they went out as `transactions`.
        #[serde(default, skip_serializing_if = "is_false")]
        batch: bool,
    },
    /// A result came.
    Done {
        /// Of which command.
        number: u64,
        /// Whether the device succeeded.
        success: bool,
        /// What it answered, JSON as a rule.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        response: Option<String>,
        /// Why it failed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        error: Option<String>,
    },
    /// No result came, and the command is queued again.
    Returned {
        /// Which.
        number: u64,
    },
    /// No result came, and the command is given up.
    Lost {
        /// Which.
        number: u64,
    },
    /// The server started again: what was in flight is unknown.
    Restarted,
    /// What became of commands has been told to whoever ordered them.
    Told {
        /// Which.
        numbers: Vec<u64>,
    },
    /// Of a journal that was written anew: a command as it stands.
    Kept {
        /// Its number.
        number: u64,
        /// For whom, as text.
        device: String,
        /// Its endpoint.
        endpoint: String,
        /// How it is delivered.
        policy: Policy,
        /// Where it stands.
        standing: Standing,
        /// How often it went out.
        tries: u32,
        /// What its sender calls it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        key: Option<String>,
        /// The JSON that the device gets, if it will.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        command: Option<String>,
        /// What is compared where an order has the same key.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        print: Option<String>,
        /// Whether what became of it has been told.
        #[serde(default, skip_serializing_if = "is_false")]
        told: bool,
    },
    /// Of a journal that was written anew: what a device has and has not answered.
    Flying {
        /// Which device.
        device: String,
        /// Which commands.
        numbers: Vec<u64>,
        /// The poll's uuid.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        uuid: Option<String>,
        /// Whether they went out as `transactions`.
        #[serde(default, skip_serializing_if = "is_false")]
        batch: bool,
        /// Until when a result is waited for, in unix milliseconds.
        until: i64,
    },
    /// Of a journal that was written anew: what went out lately, by which results find theirs.
    Went {
        /// To whom.
        device: String,
        /// Which.
        numbers: Vec<u64>,
        /// The poll's uuid.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        uuid: Option<String>,
    },
}

/// How a command is delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Policy {
    /// Handed out once; without a result it is lost.
    AtMostOnce,
    /// Handed out again when its lease is over.
    AtLeastOnce,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde calls it with a reference"
)]
fn is_false(value: &bool) -> bool {
    !value
}

impl Event {
    /// The event as a line, its end included.
    #[must_use]
    pub fn to_line(&self) -> String {
        // Texts, numbers and lists of numbers: nothing in it can fail to be written.
        let mut line = serde_json::to_string(self).unwrap_or_default();
        line.push('\n');
        line
    }
}

/// How every line of a journal begins.
const START: &[u8] = b"{\"v\":1,\"at\":";

/// Hands out the events of a journal, and gives how many of its bytes they take: what stands
/// behind is a torn last line, which has to be cut off before anything is appended.
pub(super) fn read(
    name: &str,
    mut journal: impl BufRead,
    mut each: impl FnMut(Event),
) -> Result<u64, Error> {
    let (mut length, mut number) = (0, 0);
    let mut line = Vec::new();
    loop {
        line.clear();
        let read = journal
            .read_until(b'\n', &mut line)
            .map_err(|cause| Error::reading(name, cause))?;
        number += 1;
        if line.last() != Some(&b'\n') {
            check_torn(&line, length > 0).map_err(|what| {
                let place = Place::line(name, number);
                Error::input(place, what)
            })?;
            return Ok(length);
        }
        length += read as u64;
        let line = line.trim_ascii();
        if !line.is_empty() {
            each(parse(name, number, line)?);
        }
    }
}

/// A file that somebody named by mistake must not be cut.
fn check_torn(torn: &[u8], has_lines: bool) -> Result<(), &'static str> {
    let begun = torn.len().min(START.len());
    let is_blank = has_lines && torn.iter().all(|&byte| byte == 0);
    if torn[..begun] == START[..begun] || is_blank {
        Ok(())
    } else {
        Err("this is no event of a journal")
    }
}

fn parse(name: &str, number: u64, line: &[u8]) -> Result<Event, Error> {
    #[derive(Deserialize)]
    struct Version {
        v: u32,
    }
    let place = Place::line(name, number);
    match serde_json::from_slice::<Event>(line) {
        Ok(event) if event.v == 1 => Ok(event),
        read => {
            // What a later version writes need not be understood for that to be said.
            let version = serde_json::from_slice::<Version>(line).map(|it| it.v);
            Err(match (read, version) {
                (Err(why), Err(_) | Ok(1)) => Error::input(
                    place.at_column(why.column() as u64),
                    format!("this is no event of a journal: {why}"),
                ),
                (_, version) => {
                    let version = version.unwrap_or_default();
                    let what = format!("version {version} of the journal is not known");
                    Error::input(place, what)
                }
            })
        }
    }
}
