//! What an event does to the queues.

use super::event::{Change, Event, Policy};
use super::order::print;
use super::{Device, Dispatch, Entry, Flight, Handout, RECENT, Standing};

/// So many polls beyond that are remembered while they lack a result.
const OPEN: usize = 1024;

impl Dispatch {
    /// The only place where queues change, so that a journal gives them back. What a journal
    /// says of commands that it never queued is passed over.
    pub(super) fn apply(&mut self, event: &Event) {
        match &event.change {
            Change::Queued {
                number,
                device,
                endpoint,
                policy,
                key,
                command,
            } => {
                let entry = Entry {
                    device: device.clone(),
                    endpoint: endpoint.clone(),
                    policy: *policy,
                    standing: Standing::Queued,
                    tries: 0,
                    command: Some(command.clone()),
                    print: key.is_some().then(|| print(endpoint, command)),
                    told: false,
                };
                self.insert(*number, entry, key.as_ref());
            }
            Change::Handed {
                device,
                numbers,
                uuid,
                batch,
            } => self.hand(event.at, device, numbers, uuid.as_ref(), *batch),
            Change::Done {
                number, success, ..
            } => {
                let standing = if *success {
                    Standing::Done
                } else {
                    Standing::Failed
                };
                self.end(*number, standing);
            }
            Change::Lost { number } => self.end(*number, Standing::Lost),
            Change::Returned { number } => self.put_back(*number),
            Change::Restarted => self.forget_flights(),
            Change::Told { numbers } => {
                for number in numbers {
                    if let Some(entry) = self.entries.get_mut(number) {
                        entry.told = true;
                    }
                }
            }
            Change::Flying {
                device,
                numbers,
                uuid,
                batch,
                until,
            } => {
                self.device(device).flight = Some(Flight {
                    numbers: numbers.clone(),
                    uuid: uuid.clone(),
                    batch: *batch,
                    until: *until,
                });
            }
            Change::Kept {
                number,
                device,
                endpoint,
                policy,
                standing,
                tries,
                key,
                command,
                print,
                told,
            } => {
                let entry = Entry {
                    device: device.clone(),
                    endpoint: endpoint.clone(),
                    policy: *policy,
                    standing: *standing,
                    tries: *tries,
                    command: command.clone(),
                    print: print.clone(),
                    told: *told,
                };
                self.insert(*number, entry, key.as_ref());
            }
            Change::Went {
                device,
                numbers,
                uuid,
            } => self.device(device).went(uuid.as_ref(), numbers),
        }
    }

    fn insert(&mut self, number: u64, entry: Entry, key: Option<&String>) {
        let waits = entry.standing == Standing::Queued;
        let device = entry.device.clone();
        if self.entries.insert(number, entry).is_none() && waits {
            self.device(&device).queue.push_back(number);
        }
        if let Some(key) = key {
            self.device(&device).keys.insert(key.clone(), number);
        }
    }

    fn device(&mut self, id: &str) -> &mut Device {
        self.devices.entry(id.to_owned()).or_default()
    }

    fn hand(&mut self, at: i64, id: &str, numbers: &[u64], uuid: Option<&String>, batch: bool) {
        let lease = i64::try_from(self.options.lease.as_millis()).unwrap_or(i64::MAX);
        let mut known = Vec::with_capacity(numbers.len());
        for &number in numbers {
            let entry = self.entries.get_mut(&number);
            if let Some(entry) = entry.filter(|entry| entry.standing == Standing::Queued) {
                entry.standing = Standing::InFlight;
                entry.tries = entry.tries.saturating_add(1);
                known.push(number);
            }
        }
        let device = self.device(id);
        // They stand at the head of the queue, unless the journal was not written here.
        for number in &known {
            if device.queue.front() == Some(number) {
                device.queue.pop_front();
            } else {
                device.queue.retain(|waiting| waiting != number);
            }
        }
        if known.is_empty() {
            return;
        }
        device.went(uuid, &known);
        self.forget_handouts(id);
        let device = self.device(id);
        device.flight = Some(Flight {
            numbers: known,
            uuid: uuid.cloned(),
            batch,
            until: at.saturating_add(lease),
        });
    }

    /// Whether one of these has no result yet.
    pub(super) fn lacks_result(&self, numbers: &[u64]) -> bool {
        let mut entries = numbers.iter().filter_map(|number| self.entries.get(number));
        entries.any(|entry| !matches!(entry.standing, Standing::Done | Standing::Failed))
    }

    /// Forgets what went out long ago and has its results; of others a result may come late.
    fn forget_handouts(&mut self, id: &str) {
        let Some(device) = self.devices.get(id) else {
            return;
        };
        let surplus = device.recent.len().saturating_sub(RECENT);
        if surplus == 0 {
            return;
        }
        let finished = device
            .recent
            .iter()
            .position(|it| !self.lacks_result(&it.numbers));
        let oldest = finished.or((surplus > OPEN).then_some(0));
        if let Some(oldest) = oldest {
            self.device(id).recent.remove(oldest);
        }
    }

    fn end(&mut self, number: u64, standing: Standing) {
        let Some(entry) = self.entries.get_mut(&number) else {
            return;
        };
        // A command that was queued again may have its result after all.
        let waits = entry.standing == Standing::Queued;
        // Of what was given up a result is news.
        entry.told &= entry.standing == standing;
        entry.standing = standing;
        entry.command = None;
        let id = entry.device.clone();
        let device = self.device(&id);
        if waits {
            device.queue.retain(|&waiting| waiting != number);
        }
        device.land(number);
    }

    fn put_back(&mut self, number: u64) {
        let Some(entry) = self.entries.get_mut(&number) else {
            return;
        };
        entry.standing = Standing::Queued;
        let id = entry.device.clone();
        let device = self.device(&id);
        device.land(number);
        device.queue.push_front(number);
    }

    fn forget_flights(&mut self) {
        let flights = self.devices.values_mut().filter_map(|it| it.flight.take());
        let numbers: Vec<u64> = flights.flat_map(|flight| flight.numbers).collect();
        for &number in numbers.iter().rev() {
            match self.entries.get_mut(&number) {
                Some(entry) if entry.policy == Policy::AtMostOnce => {
                    entry.standing = Standing::Unknown;
                }
                Some(_) => self.put_back(number),
                None => {}
            }
        }
    }
}

impl Device {
    fn went(&mut self, uuid: Option<&String>, numbers: &[u64]) {
        self.recent.push_back(Handout {
            uuid: uuid.cloned(),
            numbers: numbers.to_vec(),
        });
    }

    /// Takes a command out of what is in flight.
    fn land(&mut self, number: u64) {
        if let Some(flight) = &mut self.flight {
            flight.numbers.retain(|&flying| flying != number);
            if flight.numbers.is_empty() {
                self.flight = None;
            }
        }
    }
}
