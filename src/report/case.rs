//! A [`Case`] is one checked thing: one handshake, one push, one replayed record; a [`Report`]
//! is all of them. Every renderer takes these and adds nothing of its own.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::error::{Outcome, Place};

/// How a case ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum CaseOutcome {
    /// It is as it should be.
    #[default]
    Pass,
    /// The server answered, and wrongly.
    Fail,
    /// There was no answer to judge: not reached, time-out, closed early.
    Error,
    /// It could not be sent: the record is not what this was asked to send.
    Unsent,
    /// It was left out, and why is said.
    Skip,
}

impl CaseOutcome {
    /// The word in JSON and on the screen; an unsent case is an error there.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Error | Self::Unsent => "error",
            Self::Skip => "skip",
        }
    }
}

/// One checked thing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Case {
    /// `FILE:LINE` of the record, else the name of what was checked. Unique in a report but for
    /// repeats.
    pub id: String,
    /// The step of `run` that it belongs to, whose name stands before its id.
    pub step: Option<String>,
    /// Where its request came from, for annotations; none if it was made here.
    pub place: Option<Place>,
    /// The platform or recipe.
    pub platform: Option<String>,
    /// How it ended.
    pub outcome: CaseOutcome,
    /// Why it did not pass, in one line; a fragment without a full stop.
    pub why: Option<String>,
    /// What to do about it.
    pub hint: Option<String>,
    /// What works and is still worth a change.
    pub warnings: Vec<String>,
    /// What there is to see beside it, label and text: `answer`, `body`, `next` …; escaped.
    pub details: Vec<(&'static str, String)>,
    /// The status of the answer.
    pub status: Option<u16>,
    /// From the first byte sent to the last byte of the answer, in milliseconds.
    pub ms: Option<f64>,
    /// When it was sent, in seconds since the run began.
    pub at: Option<f64>,
    /// Whether it is no exchange, but a habit of the server that was noticed: while that passes,
    /// it is a warning and counts as no case.
    pub is_finding: bool,
}

/// What all cases come to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Summary {
    /// How many cases there were, skipped ones included.
    pub cases: u64,
    /// How many passed.
    pub passed: u64,
    /// How many were answered wrongly.
    pub failed: u64,
    /// How many were not answered, or not sent.
    pub errors: u64,
    /// How many were left out.
    pub skipped: u64,
    /// How many warnings there were.
    pub warnings: u64,
    /// From the first request to the last answer.
    pub elapsed: Duration,
    /// Answers in all by status.
    pub statuses: BTreeMap<u16, u64>,
    /// How long answers took; none if there was none.
    pub latency: Option<Latency>,
    /// What else was counted, by name: polls, devices …
    pub counters: Vec<(&'static str, u64)>,
    /// How long answers took, each kind by itself: a device's polls, and each of its commands.
    pub groups: Vec<Group>,
    /// What was asked of the whole, and missed: `p99 is 231 ms, and 200 ms was asked`.
    pub missed: Vec<String>,
    /// What all that is not right may come from.
    pub cause: Option<String>,
    /// Whether it was ended before its time, and by what.
    pub ended: Option<String>,
    /// Whether that is wrong: it was not how such a run ends, and something was not done.
    pub is_cut_short: bool,
    /// The outcome, from which comes the exit code.
    pub outcome: Option<Outcome>,
}

/// Answers of one kind.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Group {
    /// What they answer: `push`, `load_objects`.
    pub name: String,
    /// How many there were.
    pub count: u64,
    /// How long they took.
    pub latency: Latency,
}

/// Percentiles of answers' times, in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Latency {
    /// The fastest.
    pub min: f64,
    /// The arithmetic mean.
    pub mean: f64,
    /// Half were as fast.
    pub p50: f64,
    /// 90 % were as fast.
    pub p90: f64,
    /// 95 % were as fast.
    pub p95: f64,
    /// 99 % were as fast.
    pub p99: f64,
    /// The slowest.
    pub max: f64,
}

/// All cases of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// The subcommand: `handshake`, `push`, `replay`, `listen`, `device`, `run`.
    pub command: String,
    /// The server: the URL without what might be a secret in it.
    pub target: String,
    /// When the run began.
    pub at: Timestamp,
    /// The cases, in the order in which they began.
    pub cases: Vec<Case>,
    /// What they come to.
    pub summary: Summary,
}
