//! One connection, as the broker knows it. Ten thousand of them wait here, so they are small.

use std::collections::VecDeque;
use std::fmt;
use std::time::Duration;

use super::super::login::Who;
use super::super::topic::{DeviceId, Role};
use super::CONNECT_TIME;

/// So many messages of QoS 1 may wait for their acknowledgement.
const IN_FLIGHT: usize = 32_767;

#[derive(Debug)]
pub(super) struct Session {
    pub(super) peer: Box<str>,
    pub(super) state: State,
    /// What no other connection may have.
    pub(super) id: Box<str>,
    /// In seconds; 0 is for ever.
    pub(super) keep_alive: u16,
    /// When something came last.
    pub(super) heard: Duration,
    pub(super) topics: Vec<Box<str>>,
    next_pkid: u16,
    unacknowledged: VecDeque<u16>,
}

#[derive(Debug)]
pub(super) enum State {
    /// Nothing was said yet.
    Waiting,
    In(Member),
}

/// Who is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Member {
    /// An application, by its username.
    Application(Box<str>),
    Device(DeviceId),
}

impl Member {
    pub(super) fn of(who: Who) -> Self {
        match who {
            Who::User { id } => Self::Application(format!("userid/{id}").into()),
            Who::Group { project, group } => {
                Self::Application(format!("projectid/{project}/groupid/{group}").into())
            }
            Who::Device { product, name } => Self::Device(DeviceId { product, name }),
        }
    }

    pub(super) fn role(&self) -> Role {
        match self {
            Self::Application(_) => Role::Application,
            Self::Device(_) => Role::Device,
        }
    }

    /// What no two connections may have at once: a device's name is unique in its product only.
    pub(super) fn unique(&self, client_id: &str) -> String {
        match self {
            Self::Application(_) => format!("app {client_id}"),
            Self::Device(device) => format!("device {device}"),
        }
    }
}

impl fmt::Display for Member {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Application(username) => f.write_str(username),
            Self::Device(device) => write!(f, "{device}"),
        }
    }
}

impl fmt::Display for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.state {
            State::Waiting => f.write_str(&self.peer),
            State::In(member) => write!(f, "{member}"),
        }
    }
}

impl Session {
    pub(super) fn new(peer: String, now: Duration) -> Self {
        Self {
            peer: peer.into(),
            state: State::Waiting,
            id: Box::default(),
            keep_alive: 0,
            heard: now,
            topics: Vec::new(),
            next_pkid: 0,
            unacknowledged: VecDeque::new(),
        }
    }

    pub(super) fn is_waiting(&self) -> bool {
        matches!(self.state, State::Waiting)
    }

    /// A packet id that is not in use; none if too many wait for their acknowledgement.
    pub(super) fn next_pkid(&mut self) -> Option<u16> {
        if self.unacknowledged.len() >= IN_FLIGHT {
            return None;
        }
        // Ids go round in the order of the queue, so that the next one meets the oldest first.
        let mut oldest = self.unacknowledged.iter();
        loop {
            self.next_pkid = self.next_pkid.checked_add(1).unwrap_or(1);
            if oldest.next() != Some(&self.next_pkid) {
                break;
            }
        }
        self.unacknowledged.push_back(self.next_pkid);
        Some(self.next_pkid)
    }

    pub(super) fn acknowledge(&mut self, pkid: u16) {
        // They are acknowledged in the order in which they were sent [MQTT-4.6.0-2].
        if self.unacknowledged.front() == Some(&pkid) {
            self.unacknowledged.pop_front();
        } else if self.unacknowledged.back() == Some(&pkid) {
            self.unacknowledged.pop_back();
        } else {
            self.unacknowledged.retain(|it| *it != pkid);
        }
    }

    /// Why it is to be closed, if it has been silent for too long.
    pub(super) fn silent(&self, now: Duration) -> Option<String> {
        let silence = now.saturating_sub(self.heard);
        if self.is_waiting() {
            let is_over = silence >= CONNECT_TIME;
            return is_over.then(|| "no CONNECT within 10 s".to_owned());
        }
        // One and a half times the keep-alive [MQTT-3.1.2-24].
        let limit = Duration::from_secs(self.keep_alive.into()) * 3 / 2;
        let is_over = !limit.is_zero() && silence > limit;
        is_over.then(|| {
            format!(
                "silent for over 1.5 times its keep-alive of {} s",
                self.keep_alive
            )
        })
    }
}
