//! Where a device stands between its requests.

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
    pub(super) uuid: [u8; 16],
    pub(super) endpoint: Option<String>,
    pub(super) body: Vec<u8>,
    /// When it is to be sent.
    pub(super) at: i64,
    /// When its answer is given up, once it was sent.
    pub(super) until: Option<i64>,
    pub(super) again: bool,
    pub(super) retries: u32,
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
