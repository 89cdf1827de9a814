//! The capture: what came in one read is written by one write, and acknowledged behind it.

use std::path::Path;

use super::super::broker_url::BrokerUrl;
use crate::capture::record::{Direction, MqttMessage};
use crate::capture::{Content, Record};
use crate::error::Error;
use crate::mqtt::packet::{Publish, level};
use crate::recorder::{Failed, Lines, Recorder};

/// Whose topics `$sys/…/thing/…` are.
pub(super) const PLATFORM: &str = "onenet-studio";

const BY: &str = concat!("pushrig ", env!("CARGO_PKG_VERSION"));

/// Room that is kept for the next records; a payload of many megabytes does not stay for ever.
const ROOM: usize = 1 << 20;

/// A capture, and what is not in it yet.
pub(super) struct Keeper {
    recorder: Recorder,
    lines: Lines,
    peer: String,
}

impl Keeper {
    pub(super) fn open(path: &Path, url: &BrokerUrl) -> Result<Self, Error> {
        Ok(Self {
            recorder: Recorder::open(path)?,
            lines: Lines::default(),
            peer: url.address.to_string(),
        })
    }

    /// Adds a message that came then.
    pub(super) fn add(&mut self, publish: &Publish, is_platforms: bool, at: &str) {
        let message = MqttMessage {
            topic: publish.topic.clone(),
            qos: level(publish.qos),
            retain: publish.retain,
            direction: Direction::Received,
            payload: publish.payload.to_vec(),
        };
        self.lines.add(&Record {
            at: Some(at.to_owned()),
            platform: is_platforms.then(|| PLATFORM.to_owned()),
            peer: Some(self.peer.clone()),
            by: Some(BY.to_owned()),
            ..Record::with(Content::Mqtt(message))
        });
    }

    /// Writes what was added; what could not be written, and what there is to say of the file.
    pub(super) fn write(&mut self) -> (Vec<Failed>, Option<String>) {
        if self.lines.is_empty() {
            return (Vec::new(), None);
        }
        let failed = self.recorder.append(&self.lines);
        self.lines.clear(ROOM);
        (failed, self.recorder.news())
    }
}
