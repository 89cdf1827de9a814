//! What a device is told beforehand, and what it tells its driver to do.

use std::sync::Arc;
use std::time::Duration;

use crate::controlid::command::{Command, Rules};
use crate::controlid::fault::{Fault, FaultSpec};
use crate::controlid::finding::Finding;
use crate::message::Request;

use super::request::{Base, QueryBase};
use super::result::{EmptySuccess, ResponseForm};

/// What a device is like; one for a whole fleet.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where it polls; none disables Push.
    pub base: Option<Base>,
    /// `push_request_period`.
    pub period: Duration,
    /// `push_request_timeout`.
    pub timeout: Duration,
    /// Whether polls carry a uuid, as newer firmware does.
    pub uuid: bool,
    /// How answers are read.
    pub rules: Rules,
    /// How `response` is written.
    pub response: ResponseForm,
    /// How a success with nothing to say is written.
    pub empty_success: EmptySuccess,
    /// How often a result that was not accepted is sent again.
    pub retry_result: u32,
    /// Where the query of the base goes.
    pub query_base: QueryBase,
    /// How many polls a second a server that always has a command can cause; 0 is no cap. Real
    /// devices were seen at about 25.
    pub hot_loop_cap: u32,
    /// What goes wrong.
    pub faults: Arc<[FaultSpec]>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            base: None,
            period: Duration::from_secs(60),
            timeout: Duration::from_secs(15),
            uuid: true,
            rules: Rules {
                lenient_json: false,
                transactions: true,
            },
            response: ResponseForm::default(),
            empty_success: EmptySuccess::default(),
            retry_result: 0,
            query_base: QueryBase::default(),
            hot_loop_cap: 25,
            faults: Arc::new([]),
        }
    }
}

/// What to do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// Nothing before this time.
    Wait(i64),
    /// Send this, then tell what came of it.
    Send(Outgoing),
    /// Wait for the answer to what was sent; at this time it is given up.
    Await(i64),
    /// Run this, then give [`Machine::answered`](super::Machine::answered) the reply.
    Run(Command),
    /// Wait for the reply to what is being run.
    Busy,
    /// Nothing at all: Push is disabled by an empty base.
    Off,
}

/// A request and how it is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgoing {
    /// Which of the two it is.
    pub path: Path,
    /// The request.
    pub request: Request,
    /// How it is sent.
    pub manner: Manner,
    /// How long an answer is waited for.
    pub timeout: Duration,
}

/// The two requests of Push.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Path {
    /// `GET /push`.
    Push,
    /// `POST /result`.
    Result,
}

/// How a request is sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Manner {
    /// At once.
    #[default]
    Plain,
    /// Its bytes spread over this time.
    Slow(Duration),
    /// At once, and the answer is not read; the connection is dropped after this time.
    HalfOpen(Duration),
}

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Nobody took the connection.
    NoConnection,
    /// It took too long.
    TimedOut,
    /// The connection broke, or what came is not HTTP.
    Broken,
}

/// What happened that somebody may want to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// Something about the server; once for each kind.
    Finding(Finding),
    /// A fault struck.
    Fault(Fault),
    /// The server always has a command, and from now on the polls keep to so many a second.
    Capped(u32),
    /// An answer held no command that the device would run; why.
    NoCommand(String),
    /// A result did not arrive, or was not accepted, and is given up.
    ResultLost {
        /// The endpoint of the command; none for a list.
        endpoint: Option<String>,
    },
}

/// What was counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Polls that were sent.
    pub polls: u32,
    /// Answers that had nothing to do in them.
    pub idle: u32,
    /// Commands that were run.
    pub commands: u32,
    /// Commands that were answered with an error.
    pub errors: u32,
    /// Results that were accepted.
    pub results: u32,
    /// Results that were given up, those lost by a fault among them.
    pub lost_results: u32,
    /// Answers that were JSON without a command.
    pub ignored: u32,
    /// Answers that could hold no command.
    pub no_command: u32,
    /// Exchanges without an answer.
    pub failures: u32,
}
