//! The attempts of one message, and the vendor's schedule beside them.

use std::time::Duration;

use serde::Serialize;

use super::shelf::{Item, Shelf};
use crate::platform::{Platform, Webhook};
use crate::receiver::{MessageId, Receiver};
use crate::signature::Veil;
use crate::term;

/// A message that came more than once. Times are seconds.
#[derive(Serialize)]
pub(super) struct Chain {
    label: String,
    platform_name: Option<&'static str>,
    count: usize,
    /// The attempts whose records are still kept.
    attempts: Vec<Attempt>,
    /// The time between each two, from the first on, as far as they are remembered.
    gaps: Vec<f64>,
    /// Whether each was accepted.
    accepted: Vec<bool>,
    /// The pauses that the vendor says.
    pauses: Vec<f64>,
    /// How long the vendor waits for an answer.
    limit: Option<f64>,
    inferred: Option<&'static str>,
    as_scheduled: Option<bool>,
    schedule: Option<String>,
}

#[derive(Serialize)]
struct Attempt {
    id: u64,
    /// From 1.
    number: usize,
    since: f64,
    status: Option<u16>,
}

impl Chain {
    /// None where its message came once.
    pub(super) fn new(
        item: &Item,
        receiver: &Receiver,
        shelf: &Shelf,
        veil: &Veil,
    ) -> Option<Self> {
        let (message, _) = item.attempt?;
        let retried = receiver.retried_of(message)?;
        let webhook = retried.platform.and_then(Platform::webhook);
        let patience = webhook.map(Webhook::patience);
        let (as_scheduled, schedule) = match retried.schedule {
            Some(Ok(text)) => (Some(true), Some(text)),
            Some(Err(text)) => (Some(false), Some(text)),
            None => (None, None),
        };
        let seconds = |times: &[Duration]| times.iter().map(Duration::as_secs_f64).collect();
        Some(Self {
            label: term::cut(&term::escape(&veil.hide(retried.label.as_bytes())), 100),
            platform_name: retried.platform.map(Platform::name),
            count: retried.count,
            attempts: attempts(message, shelf),
            gaps: seconds(&retried.gaps),
            accepted: retried.accepted,
            pauses: patience
                .as_ref()
                .map_or_else(Vec::new, |it| seconds(it.retries)),
            limit: patience.as_ref().map(|it| it.limit.as_secs_f64()),
            inferred: patience.and_then(|it| it.inferred),
            as_scheduled,
            schedule,
        })
    }
}

fn attempts(message: MessageId, shelf: &Shelf) -> Vec<Attempt> {
    let mut attempts: Vec<_> = shelf
        .from(0)
        .filter_map(|item| {
            let (of, number) = item.attempt?;
            (of == message).then(|| Attempt {
                id: item.entry.id,
                number,
                since: item.entry.since,
                status: item.entry.status,
            })
        })
        .collect();
    // One that was answered late is told late.
    attempts.sort_by_key(|attempt| attempt.number);
    attempts
}
