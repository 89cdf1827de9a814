//! Where a device stands between its requests.

use std::sync::Arc;

use super::Options;
use crate::controlid::command::Command;

#[derive(Debug)]
pub(super) enum State {
    Resting { until: i64 },
    Polling(Poll),
    Running(Box<Work>),
    Resulting(Box<Posting>),
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Poll {
    pub(super) uuid: [u8; 16],
    pub(super) until: i64,
    pub(super) unread: bool,
}

/// The commands of one poll.
#[derive(Debug)]
pub(super) struct Work {
    /// What the device was like when it polled: its result goes there.
    pub(super) options: Arc<Options>,
    pub(super) uuid: [u8; 16],
    pub(super) batch: bool,
    pub(super) rest: std::vec::IntoIter<Command>,
    /// The endpoint and the transaction of the command that is being run.
    pub(super) current: Option<(String, Option<String>)>,
    pub(super) results: Vec<u8>,
}

/// A result on its way.
#[derive(Debug)]
pub(super) struct Posting {
    pub(super) options: Arc<Options>,
    pub(super) uuid: [u8; 16],
    pub(super) endpoint: Option<String>,
    pub(super) body: Vec<u8>,
    /// When it is to be sent.
    pub(super) at: i64,
    /// When its answer is given up, once it was sent.
    pub(super) until: Option<i64>,
    pub(super) copies: Copies,
    /// Whether its uuid is one that no poll had.
    pub(super) is_misnamed: bool,
    pub(super) retries: u32,
}

/// How often a result is sent on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Copies {
    One,
    Two,
    /// The first of two was accepted, and this is the other.
    Second,
}

impl Work {
    /// The next command, unless one is being run.
    pub(super) fn next(&mut self) -> Option<Command> {
        if self.current.is_some() {
            return None;
        }
        let command = self.rest.next()?;
        self.current = Some((command.endpoint.clone(), command.transaction.clone()));
        Some(command)
    }
}
