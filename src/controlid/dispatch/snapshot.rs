//! A journal that says the same in fewer lines.

use std::collections::{BTreeMap, BTreeSet};

use super::event::{Change, Event};
use super::{Dispatch, Entry, Standing};

impl Dispatch {
    /// The events that make these queues: what is still to be done, what late and double results
    /// need, everything that has a key, so that it is never queued again, and what was not told
    /// yet. What else is finished is left out. `answered` gives the event of a result that is
    /// still to be asked for.
    pub fn snapshot(&self, now: i64, answered: impl Fn(u64) -> Option<Change>) -> Vec<Event> {
        let mut changes = Vec::new();
        let keys = self.devices.values().flat_map(|device| &device.keys);
        let keys: BTreeMap<u64, &String> = keys.map(|(key, &number)| (number, key)).collect();
        let waiting = self.devices.values().flat_map(|device| &device.queue);
        let needed = self.needed(&keys);
        for &number in waiting.chain(&needed) {
            let Some(entry) = self.entries.get(&number) else {
                continue;
            };
            let key = keys.get(&number).copied();
            changes.push(kept(number, entry, key));
            let is_answered = matches!(entry.standing, Standing::Done | Standing::Failed);
            if is_answered && (key.is_some() || !entry.told) {
                changes.extend(answered(number));
            }
        }
        for (id, device) in &self.devices {
            changes.extend(device.recent.iter().map(|handout| Change::Went {
                device: id.clone(),
                numbers: handout.numbers.clone(),
                uuid: handout.uuid.clone(),
            }));
            changes.extend(device.flight.as_ref().map(|flight| Change::Flying {
                device: id.clone(),
                numbers: flight.numbers.clone(),
                uuid: flight.uuid.clone(),
                batch: flight.batch,
                until: flight.until,
            }));
        }
        let event = |change| Event {
            v: 1,
            at: now,
            change,
        };
        changes.into_iter().map(event).collect()
    }

    /// What is not queued, and kept.
    fn needed(&self, keys: &BTreeMap<u64, &String>) -> BTreeSet<u64> {
        let mut needed = BTreeSet::new();
        for handout in self.devices.values().flat_map(|device| &device.recent) {
            needed.extend(handout.numbers.iter().copied());
        }
        // Numbers are never used again.
        needed.extend(self.entries.keys().next_back());
        let others = self.entries.iter().filter(|(number, entry)| {
            !entry.told || entry.standing == Standing::InFlight || keys.contains_key(number)
        });
        needed.extend(others.map(|(&number, _)| number));
        needed.retain(|number| {
            let entry = self.entries.get(number);
            entry.is_some_and(|entry| entry.standing != Standing::Queued)
        });
        needed
    }
}

fn kept(number: u64, entry: &Entry, key: Option<&String>) -> Change {
    Change::Kept {
        number,
        device: entry.device.clone(),
        endpoint: entry.endpoint.clone(),
        policy: entry.policy,
        standing: entry.standing,
        tries: entry.tries,
        key: key.cloned(),
        command: entry.command.clone(),
        print: entry.print.clone(),
        told: entry.told,
    }
}
