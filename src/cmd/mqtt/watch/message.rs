//! One message that came, judged.

use crate::json::tree;
use crate::mqtt::packet::{Publish, level};
use crate::report::case::{Case, CaseOutcome};
use crate::studio::glance::{glance, status};
use crate::studio::message::{Judged, judge};
use crate::studio::topic::{Thing, Topic};
use crate::term;

/// So much of a payload is shown in reports.
const SHOWN: usize = 2_000;

/// A message that came.
pub(super) struct Message<'p> {
    /// As the how many-th it came, from 1.
    pub(super) number: u64,
    pub(super) publish: &'p Publish,
    /// The device's topic that it is of, if it is of one.
    pub(super) topic: Option<Topic<'p>>,
    pub(super) judged: Judged,
    /// Whether somebody subscribed to its topic.
    is_ours: bool,
}

impl<'p> Message<'p> {
    /// Judges a message. Outside the platform's topics nothing is documented that it could break.
    pub(super) fn new(number: u64, publish: &'p Publish, is_ours: bool) -> Self {
        let topic = Topic::parse(&publish.topic);
        let judged = match &topic {
            Some(topic) => judge(topic, &publish.payload),
            None => Judged {
                value: tree::parse(&publish.payload).ok(),
                repairs: Vec::new(),
                flaws: Vec::new(),
            },
        };
        Self {
            number,
            publish,
            topic,
            judged,
            is_ours,
        }
    }

    /// What it is counted as.
    pub(super) fn kind(&self) -> &'static str {
        match self.topic.map(|topic| topic.thing) {
            Some(Thing::Lifecycle) => "lifecycle",
            Some(Thing::Property) => "property",
            Some(Thing::Event) => "event",
            Some(Thing::SetReply) => "reply",
            _ => "other",
        }
    }

    /// Whether its device came or went.
    pub(super) fn status(&self) -> Option<&str> {
        let topic = self.topic.filter(|topic| topic.thing == Thing::Lifecycle);
        topic.and(self.judged.value.as_ref()).and_then(status)
    }

    /// The device, as it is written in flags.
    pub(super) fn device(&self) -> Option<String> {
        self.topic
            .map(|topic| format!("{}/{}", topic.product, topic.device))
    }

    pub(super) fn is_valid(&self) -> bool {
        self.judged.flaws.is_empty()
    }

    /// Whether there is nothing to look at.
    pub(super) fn is_right(&self) -> bool {
        self.is_valid() && self.judged.repairs.is_empty() && self.is_ours
    }

    /// What is worth a look and no failure.
    pub(super) fn warnings(&self) -> Vec<String> {
        let mut warnings = self.judged.repairs.clone();
        if !self.is_ours {
            warnings.push("nobody subscribed to this topic".to_owned());
        }
        warnings
    }

    /// What it says, in a few words, escaped.
    pub(super) fn glance(&self) -> String {
        glance(
            self.topic.as_ref(),
            self.judged.value.as_ref(),
            &self.publish.payload,
        )
    }

    /// Whom and what it is about: device and kind, or the topic; escaped.
    pub(super) fn about(&self) -> String {
        let about = match (&self.topic, self.device()) {
            (Some(topic), Some(device)) => match self.kind() {
                "other" => format!("{device}  {}", topic.thing),
                kind => format!("{device}  {kind}"),
            },
            _ => self.publish.topic.clone(),
        };
        term::cut(&term::escape(about.as_bytes()), 120)
    }

    /// How it was sent, as far as that is worth a word.
    pub(super) fn marks(&self) -> &'static str {
        match (self.publish.retain, self.publish.dup) {
            (true, true) => "  (retained, dup)",
            (true, false) => "  (retained)",
            (false, true) => "  (dup)",
            (false, false) => "",
        }
    }

    /// The case of it, for reports.
    pub(super) fn case(&self, at: f64) -> Case {
        let payload = &self.publish.payload;
        let shown = &payload[..payload.len().min(4 * SHOWN)];
        Case {
            id: format!("#{} {}", self.number, self.about()),
            platform: self.topic.map(|_| super::keep::PLATFORM.to_owned()),
            outcome: if self.is_valid() {
                CaseOutcome::Pass
            } else {
                CaseOutcome::Fail
            },
            why: (!self.is_valid()).then(|| self.judged.flaws.join("; ")),
            warnings: self.warnings(),
            details: vec![
                ("topic", term::escape(self.publish.topic.as_bytes())),
                ("qos", level(self.publish.qos).to_string()),
                ("payload", term::cut(&term::escape(shown), SHOWN)),
            ],
            at: Some(at),
            ..Case::default()
        }
    }
}
