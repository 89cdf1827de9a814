//! Which message a request carries, and the attempts of it.

use serde::Serialize;

use super::arrivals::Retried;
use super::{Received, Receiver};

/// Which message a request carries: the same for all its attempts that were welcome, and for all
/// that were not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct MessageId {
    is_welcome: bool,
    number: u32,
}

impl Received {
    /// Which message it carries; none if it is nobody's.
    #[must_use]
    pub fn message(&self) -> Option<MessageId> {
        Some(MessageId {
            is_welcome: self.is_welcome,
            number: self.arrival.message?,
        })
    }
}

impl Receiver {
    /// The attempts of a message; none if it came once.
    #[must_use]
    pub fn retried_of(&self, message: MessageId) -> Option<Retried> {
        let arrivals = if message.is_welcome {
            &self.arrivals
        } else {
            &self.strangers
        };
        arrivals.retried_of(message.number)
    }
}
