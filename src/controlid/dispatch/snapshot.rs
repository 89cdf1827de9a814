//! A journal that says the same in fewer lines.

use std::collections::{BTreeMap, BTreeSet};

use super::event::{Change, Event};
use super::{Dispatch, Standing};

impl Dispatch {
    /// The events that make these queues: what is still to be done, what late and double results
    /// need, and everything that has a key, so that it is never queued again. What else is
    /// finished is left out.
    ///
    /// It [restarts](Self::restart) first: a journal is written anew when a server starts.
    pub fn snapshot(&mut self, now: i64) -> Vec<Event> {
        self.restart(now);
        let keys: BTreeMap<u64, &String> = self
            .keys
            .iter()
            .map(|(key, &number)| (number, key))
            .collect();
        let mut recent = BTreeSet::new();
        for handout in self.devices.values().flat_map(|device| &device.recent) {
            recent.extend(handout.numbers.iter().copied());
        }
        // Numbers are never used again.
        recent.extend(self.entries.keys().next_back());
        let waiting = self.devices.values().flat_map(|device| &device.queue);
        let finished = self.entries.iter().filter(|(number, entry)| {
            let needed = recent.contains(number) || keys.contains_key(number);
            entry.standing != Standing::Queued && needed
        });
        let kept = waiting.chain(finished.map(|(number, _)| number));
        let kept = kept.filter_map(|&number| {
            let entry = self.entries.get(&number)?;
            Some(Change::Kept {
                number,
                device: entry.device.clone(),
                endpoint: entry.endpoint.clone(),
                policy: entry.policy,
                standing: entry.standing,
                tries: entry.tries,
                key: keys.get(&number).copied().cloned(),
                command: entry.command.clone(),
            })
        });
        let went = self.devices.iter().flat_map(|(id, device)| {
            device.recent.iter().map(|handout| Change::Went {
                device: id.clone(),
                numbers: handout.numbers.clone(),
                uuid: handout.uuid.clone(),
            })
        });
        kept.chain(went)
            .map(|change| Event {
                v: 1,
                at: now,
                change,
            })
            .collect()
    }
}
