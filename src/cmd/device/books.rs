//! What a run's devices were counted to do, and how long they were answered.

use std::collections::BTreeMap;
use std::time::Duration;

use super::case::{Failed, Standing};
use super::one::Device;
use crate::controlid::finding::{Kind, Seen};
use crate::report::case::Group;
use crate::report::times::Times;

/// What was counted.
#[derive(Default)]
pub(super) struct Books {
    pub(super) polls: u64,
    pub(super) idle: u64,
    pub(super) commands: u64,
    pub(super) errors: u64,
    pub(super) lost: u64,
    pub(super) unanswered: u64,
    pub(super) faults: u64,
    pub(super) own_states: u64,
    /// By how much the worst poll was late.
    pub(super) late: Duration,
    pub(super) refused: Failed,
    pub(super) failed: Failed,
    /// Devices that got fewer commands than was asked for, and the most that one got.
    pub(super) short: u64,
    pub(super) most: u32,
    /// Devices whose life has ended.
    pub(super) dead: u64,
    pub(super) seen: Seen,
    pub(super) kinds: BTreeMap<Kind, u64>,
    pub(super) poll_times: Times,
    pub(super) times: BTreeMap<String, Times>,
}

/// Of so many endpoints the times are kept; a server may invent names.
const MOST_GROUPS: usize = 100;

impl Books {
    /// Polls that were answered so far.
    pub(super) fn answered(&self) -> u64 {
        self.poll_times.count()
    }

    /// A device's life has ended; `wanted` commands were to be run.
    pub(super) fn bury(&mut self, device: &Device, wanted: u32) {
        let counts = device.machine.counts();
        self.dead += 1;
        self.polls += u64::from(counts.polls);
        self.idle += u64::from(counts.idle);
        self.commands += u64::from(counts.commands);
        self.errors += u64::from(counts.errors);
        self.lost += u64::from(counts.lost_results);
        self.unanswered += u64::from(counts.failures);
        self.own_states += u64::from(device.state.has_own_rows());
        match device.standing {
            Standing::Refused => self.refused.devices += 1,
            Standing::Unanswered => self.failed.devices += 1,
            Standing::New | Standing::Served => {}
        }
        self.most = self.most.max(counts.commands);
        self.short += u64::from(counts.commands < wanted);
    }

    /// A result was accepted after so long.
    pub(super) fn time(&mut self, endpoint: &str, ms: f64) {
        if let Some(times) = self.times.get_mut(endpoint) {
            times.record(ms);
        } else if self.times.len() < MOST_GROUPS {
            self.times
                .entry(endpoint.to_owned())
                .or_default()
                .record(ms);
        }
    }

    /// The times of polls and of each command's results.
    pub(super) fn groups(&self) -> Vec<Group> {
        let polls = std::iter::once(("push", &self.poll_times));
        let commands = self
            .times
            .iter()
            .map(|(name, times)| (name.as_str(), times));
        let groups = polls.chain(commands).filter_map(|(name, times)| {
            Some(Group {
                name: name.to_owned(),
                count: times.count(),
                latency: times.latency()?,
            })
        });
        groups.collect()
    }

    /// The counts for the summary.
    pub(super) fn counters(&self, devices: u64) -> Vec<(&'static str, u64)> {
        let late = u64::try_from(self.late.as_millis()).unwrap_or(u64::MAX);
        let several = devices > 1;
        [
            ("devices", devices, several),
            ("polls", self.polls, true),
            ("idle", self.idle, true),
            ("commands", self.commands, true),
            ("device_errors", self.errors, self.errors > 0),
            ("lost_results", self.lost, self.lost > 0),
            ("unanswered", self.unanswered, self.unanswered > 0),
            ("faults", self.faults, self.faults > 0),
            (
                "own_states",
                self.own_states,
                several && self.own_states > 0,
            ),
            ("late_ms", late, several),
        ]
        .into_iter()
        .filter_map(|(name, count, shown)| shown.then_some((name, count)))
        .collect()
    }
}
