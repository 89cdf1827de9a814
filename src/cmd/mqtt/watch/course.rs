//! What was counted, and what has become of what is expected.

use std::collections::HashSet;
use std::time::Duration;

use super::message::Message;
use crate::receiver::expect::{Expectation, Seen, Standing};
use crate::receiver::watch::Watch;

/// What is counted beside devices.
pub(super) const COUNTS: [&str; 9] = [
    "messages",
    "lifecycle",
    "property",
    "event",
    "reply",
    "other",
    "online",
    "offline",
    "invalid",
];

/// The counts of a run.
pub(super) struct Course {
    seen: Seen,
    watch: Watch,
    /// The names in what is expected: devices are many, and only these are counted.
    names: HashSet<String>,
    number: u64,
    wanted: Option<u64>,
}

impl Course {
    pub(super) fn new(expectations: Vec<Expectation>, wanted: Option<u64>) -> Self {
        let names = expectations.iter().flat_map(Expectation::names);
        Self {
            seen: Seen::default(),
            names: names
                .filter(|name| name.contains('/'))
                .map(str::to_owned)
                .collect(),
            watch: Watch::new(expectations),
            number: 0,
            wanted,
        }
    }

    /// The number of the next message.
    pub(super) fn next(&mut self) -> u64 {
        self.number += 1;
        self.number
    }

    /// How many messages came.
    pub(super) fn messages(&self) -> u64 {
        self.number
    }

    /// Counts a message that came so long after the beginning.
    pub(super) fn take(&mut self, message: &Message<'_>, now: Duration) {
        self.watch.pass(&self.seen, now);
        let status = message.status();
        let counts = [Some("messages"), Some(message.kind()), status];
        let invalid = (!message.is_valid()).then_some("invalid");
        let counts = counts.into_iter().chain([invalid]).flatten();
        let device = message.device().filter(|_| !self.names.is_empty());
        if let Some(device) = &device {
            self.add_named(device);
        }
        for count in counts {
            self.seen.add(count);
            if let Some(device) = &device {
                self.add_named(&format!("{device}.{count}"));
            }
        }
    }

    fn add_named(&mut self, name: &str) {
        if self.names.contains(name) {
            self.seen.add(name);
        }
    }

    /// Whether so many came as were to come.
    pub(super) fn is_full(&self) -> bool {
        self.wanted.is_some_and(|wanted| self.number >= wanted)
    }

    /// Whether waiting on would change nothing.
    pub(super) fn is_decided(&self, now: Duration) -> bool {
        self.is_full() || self.watch.is_decided(&self.seen, now)
    }

    /// The run ends: what is still open is missed.
    pub(super) fn end(&mut self, now: Duration) {
        self.watch.end(&self.seen, now);
    }

    pub(super) fn standings(&self, now: Duration) -> Vec<(&Expectation, Standing)> {
        self.watch.standings(&self.seen, now)
    }

    /// What was counted, as far as there was any.
    pub(super) fn counters(&self) -> Vec<(&'static str, u64)> {
        let counted = COUNTS.map(|name| (name, self.seen.count(name)));
        counted
            .into_iter()
            .filter(|(_, count)| *count > 0)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mqtt::packet::{Publish, QoS};

    fn take(course: &mut Course, topic: &str, payload: &str) {
        let publish = Publish::new(topic, QoS::AtMostOnce, payload);
        let message = Message::new(course.next(), &publish, true);
        course.take(&message, Duration::ZERO);
    }

    const ONLINE: &str = r#"{"productId":"1","deviceName":"a","messageType":"lifecycle","data":{"status":"online","time":1524448722123}}"#;

    #[test]
    fn a_message_counts_by_its_kind_its_shape_and_its_device_where_that_is_asked_for() {
        let expectations = ["1/a.online>=1", "1/b>=1"].map(|text| text.parse().unwrap());
        let mut course = Course::new(expectations.to_vec(), None);
        take(&mut course, "$sys/1/a/thing/lifecycle", ONLINE);
        take(&mut course, "$sys/1/a/thing/property", "{}");
        take(&mut course, "sensors/1", "x");
        let expected = [
            ("messages", 3),
            ("lifecycle", 1),
            ("property", 1),
            ("other", 1),
            ("online", 1),
            ("invalid", 1),
        ];
        assert_eq!(course.counters(), expected);
        let count = |name| course.seen.count(name);
        assert_eq!((count("1/a.online"), count("1/a"), count("1/b")), (1, 0, 0));
        assert!(!course.is_decided(Duration::ZERO));
    }

    #[test]
    fn it_is_decided_by_the_message_that_decides() {
        let mut course = Course::new(vec!["lifecycle=1".parse().unwrap()], None);
        assert!(!course.is_decided(Duration::ZERO));
        take(&mut course, "$sys/1/a/thing/lifecycle", ONLINE);
        assert!(course.is_decided(Duration::ZERO) && !course.is_full());
        let mut course = Course::new(Vec::new(), Some(2));
        take(&mut course, "a", "");
        assert!(!course.is_decided(Duration::ZERO));
        take(&mut course, "a", "");
        assert!(course.is_full() && course.is_decided(Duration::ZERO));
    }
}
