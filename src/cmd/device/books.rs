//! What a run's devices were counted to do, and how long they were answered.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::case::{Reason, Standing};
use super::one::Device;
use crate::controlid::finding::Kind;
use crate::report::case::Group;
use crate::report::times::Times;

/// What was counted.
#[derive(Default)]
pub(super) struct Books {
    polls: u64,
    idle: u64,
    commands: u64,
    errors: u64,
    lost: u64,
    unanswered: u64,
    pub(super) faults: u64,
    own_states: u64,
    /// By how much the worst poll was late.
    pub(super) late: Duration,
    /// Devices whose last poll was answered as none can use it, and not at all.
    pub(super) refused: Failed,
    pub(super) failed: Failed,
    /// Devices that were served in the end and got fewer commands than was asked for, and the
    /// most that one got.
    pub(super) short: u64,
    pub(super) most: u32,
    /// Devices that were to come to rest, and always had a command.
    pub(super) restless: u64,
    /// Devices whose life has ended.
    pub(super) dead: u64,
    /// Who made which findings.
    finders: BTreeMap<Kind, BTreeSet<i64>>,
    poll_times: Times,
    times: BTreeMap<String, Times>,
}

/// How a server failed the last polls of some devices.
#[derive(Debug, Default)]
pub(super) struct Failed {
    pub(super) devices: u64,
    /// What the first of them saw.
    pub(super) reason: Option<Box<Reason>>,
}

/// Of so many endpoints the times are kept apart; a server may invent names.
const MOST_GROUPS: usize = 100;

/// What stands for the others.
const OTHERS: &str = "others";

impl Books {
    /// Whether the server was there and had nothing for any device.
    pub(super) fn is_empty(&self) -> bool {
        self.commands == 0 && self.refused.devices + self.failed.devices == 0 && self.polls > 0
    }

    /// Polls that were answered so far.
    pub(super) fn answered(&self) -> u64 {
        self.poll_times.count()
    }

    pub(super) fn time_poll(&mut self, ms: f64) {
        self.poll_times.record(ms);
    }

    /// Notes a finding; whether it is the first of its kind.
    pub(super) fn is_first(&mut self, device: i64, kind: Kind) -> bool {
        let finders = self.finders.entry(kind).or_default();
        finders.insert(device) && finders.len() == 1
    }

    /// How many devices made each finding.
    pub(super) fn kinds(&self) -> BTreeMap<Kind, u64> {
        let counts = self.finders.iter();
        counts
            .map(|(&kind, finders)| (kind, finders.len() as u64))
            .collect()
    }

    /// A device's life has ended; `wanted` commands were to be run.
    pub(super) fn bury(&mut self, device: &mut Device, wanted: u32) {
        let counts = device.machine.counts();
        self.dead += 1;
        self.polls += u64::from(counts.polls);
        self.idle += u64::from(counts.idle);
        self.commands += u64::from(counts.commands);
        self.errors += u64::from(counts.errors);
        self.lost += u64::from(counts.lost_results);
        self.unanswered += u64::from(counts.failures);
        self.own_states += u64::from(device.state.has_own_rows());
        self.most = self.most.max(counts.commands);
        self.restless += u64::from(device.is_restless());
        let failed = match std::mem::take(&mut device.standing) {
            Standing::Refused(reason) => Some((&mut self.refused, reason)),
            Standing::Unanswered(reason) => Some((&mut self.failed, reason)),
            Standing::New | Standing::Served => None,
        };
        match failed {
            Some((failed, reason)) => {
                failed.devices += 1;
                failed.reason.get_or_insert(reason);
            }
            // What no server served is said already.
            None => self.short += u64::from(counts.commands < wanted),
        }
    }

    /// A result was accepted after so long.
    pub(super) fn time(&mut self, endpoint: &str, ms: f64) {
        if let Some(times) = self.times.get_mut(endpoint) {
            times.record(ms);
            return;
        }
        let is_full = self.times.len() >= MOST_GROUPS;
        let name = if is_full { OTHERS } else { endpoint };
        self.times.entry(name.to_owned()).or_default().record(ms);
    }

    /// The times of polls and of each command's results.
    pub(super) fn groups(&self) -> Vec<Group> {
        let polls = std::iter::once(("push", &self.poll_times));
        let commands = self.times.iter();
        let commands = commands.map(|(name, times)| (name.as_str(), times));
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
