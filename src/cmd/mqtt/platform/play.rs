//! What is played, and when.

use std::time::Duration;

use crate::error::{Error, Place};
use crate::studio::deed::{Deed, Reader, What};
use crate::studio::registry::Registry;

/// What is played, each with its time from the beginning.
#[derive(Debug, Default)]
pub(super) struct Play {
    deeds: Vec<(Duration, Deed)>,
    next: usize,
}

impl Play {
    /// Reads lines; one that cannot be read is an error, before anything is played.
    pub(super) fn read(
        name: &str,
        text: &[u8],
        speed: f64,
        registry: &Registry,
    ) -> Result<Self, Error> {
        let text = text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(text);
        let (mut deeds, mut at, mut reader) = (Vec::new(), Duration::ZERO, Reader::default());
        for (number, line) in (1..).zip(text.split(|byte| *byte == b'\n')) {
            let deed = reader
                .read(line)
                .map_err(|why| Error::input(Place::line(name, number), why))?;
            if let Some(deed) = deed {
                if !is_known(&deed, registry) {
                    let why = format!("the platform knows no device {}", deed.device);
                    return Err(Error::input(Place::line(name, number), why)
                        .with_hint("name it in FILE, or by --device"));
                }
                let after = Duration::try_from_secs_f64(deed.after.as_secs_f64() / speed);
                at = at.saturating_add(after.unwrap_or(Duration::MAX));
                deeds.push((at, deed));
            }
        }
        if deeds.is_empty() {
            return Err(Error::input(Place::file(name), "there is nothing in it to play")
                .with_hint("a line is {\"device\":\"00001/iot-0001\",\"property\":{\"Power\":\"on\"}}, or a record of a message that was received"));
        }
        Ok(Self { deeds, next: 0 })
    }

    /// When the next one is due, from the beginning.
    pub(super) fn due(&self) -> Option<Duration> {
        self.deeds.get(self.next).map(|(at, _)| *at)
    }

    /// The next one, if it is due by now.
    pub(super) fn take(&mut self, now: Duration) -> Option<&Deed> {
        let (at, deed) = self.deeds.get(self.next)?;
        if *at > now {
            return None;
        }
        self.next += 1;
        Some(deed)
    }
}

/// Whether a line's device is there. Messages as they were recorded are played for whoever listens.
fn is_known(deed: &Deed, registry: &Registry) -> bool {
    matches!(deed.what, What::Message { .. }) || registry.devices.contains_key(&deed.device)
}
