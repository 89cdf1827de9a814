//! Whether an answer counts: for the platform, and for the work that a push asks for.

use std::time::Duration;

use super::Received;
use super::fault::{Fault, FaultSpec, Place};
use crate::platform::{Platform, Webhook};

impl Received {
    /// Whether its platform takes an answer of this status for success.
    #[must_use]
    pub fn accepts(&self, status: u16) -> bool {
        accepts(self.whose, status)
    }
}

/// Whether what it asks for was done: it was answered as its platform accepts it, however late;
/// or only its answer went wrong.
pub(super) fn is_work_done(received: &Received, status: Option<u16>) -> bool {
    let is_after = |fault: FaultSpec| fault.place == Place::After;
    received.is_taken
        && (received.fault.is_some_and(is_after)
            || status.is_some_and(|status| accepts(received.whose, status)))
}

/// Whether a platform takes an answer of this status for success.
fn accepts(platform: Option<Platform>, status: u16) -> bool {
    let webhook = platform.and_then(Platform::webhook);
    webhook.map_or((200..300).contains(&status), |webhook| {
        webhook.patience().accepts(status)
    })
}

/// About so many bytes are the head of an answer.
const HEAD: usize = 100;

/// Whether the platform counts it as delivered: a whole answer that it accepts, and in time.
pub(super) fn is_delivered(received: &Received, status: Option<u16>, took: Duration) -> bool {
    let fault = received.fault.map(|spec| spec.fault);
    let Some(status) = status.filter(|_| !matches!(fault, Some(Fault::Truncate(_)))) else {
        return false;
    };
    let trickles = match fault {
        Some(Fault::Slow(rate)) => {
            let bytes = HEAD + received.response.body.len();
            Duration::from_secs(bytes as u64) / rate.max(1)
        }
        _ => Duration::ZERO,
    };
    let webhook = received.whose.and_then(Platform::webhook);
    let is_late = |webhook: &dyn Webhook| took + trickles > webhook.patience().limit;
    accepts(received.whose, status) && !webhook.is_some_and(is_late)
}
