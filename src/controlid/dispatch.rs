//! The server's side of the conversation: the reference push server.
//!
//! A queue for each device, its id kept as text. A command is
//! ```text
//! queued → in flight → done, failed
//!    ↑         ├─ no result within the lease, at least once: queued again
//!    │         ├─ no result within the lease, at most once: lost
//!    └─────────┴─ the server started again: unknown, then as without a result
//! ```
//! One command is in flight for a device, or one list of them. Results find theirs by the uuid of the
//! poll; where there is none, the oldest command in flight has it. Nothing that comes late is
//! thrown away: the first result of a command counts whenever it comes.
//!
//! [`Dispatch`] neither listens nor writes. Every change is an [`Event`] before it is a state:
//! whoever drives it appends [`take_events`](Dispatch::take_events) to a file *before* the answer
//! leaves, and [`restore`](Dispatch::restore) makes the same queues out of that file. Times are
//! unix milliseconds.

use std::collections::{BTreeMap, VecDeque};
use std::fmt::Write as _;
use std::io::BufRead;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::error::Error;

mod apply;
mod event;
mod http;
mod note;
mod order;
mod outcome;
mod result;
mod snapshot;

pub use event::{Change, Event, Policy};
pub use http::{Answer, origin_form};
pub use note::Note;
pub use order::Order;
pub use result::Taken;

/// How it serves.
#[derive(Clone, Debug)]
pub struct Options {
    /// How long a result is waited for.
    pub lease: Duration,
    /// How often a command is handed out before it is given up.
    pub tries: u32,
    /// At most so many commands with one answer, as `transactions`; none sends one at a time in
    /// the form that all firmware knows.
    pub transactions: Option<usize>,
    /// What stands before `/push` and `/result`.
    pub prefix: String,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            lease: Duration::from_secs(60),
            tries: 5,
            transactions: None,
            prefix: String::new(),
        }
    }
}

/// Where a command stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// It waits for a poll.
    Queued,
    /// A device has it.
    InFlight,
    /// The device succeeded.
    Done,
    /// The device failed.
    Failed,
    /// No result came.
    Lost,
    /// It was in flight when the server ended, and must not go out twice.
    Unknown,
}

/// A command that was ordered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// For whom.
    pub device: String,
    /// Its endpoint.
    pub endpoint: String,
    /// How it is delivered.
    pub policy: Policy,
    /// Where it stands.
    pub standing: Standing,
    /// How often it went out.
    pub tries: u32,
    /// Whether what became of it has been told.
    pub told: bool,
    /// What the device gets; none when that is over.
    command: Option<String>,
    /// Of one with a key: what an order with the same key is compared with.
    print: Option<String>,
}

/// What an order is to those that were given before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// It is new.
    No,
    /// Its key is that of this command, which is the same.
    Same(u64),
    /// Its key is that of this command, which is another.
    Other(u64),
}

/// What is known of a device.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Device {
    /// Its polls since the server started.
    pub polls: u64,
    /// The last one.
    pub last_poll: Option<i64>,
    /// What waits, first to go first.
    queue: VecDeque<u64>,
    flight: Option<Flight>,
    /// What went out lately, the last one last.
    recent: VecDeque<Handout>,
    keys: BTreeMap<String, u64>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Flight {
    numbers: Vec<u64>,
    uuid: Option<String>,
    batch: bool,
    until: i64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Handout {
    uuid: Option<String>,
    numbers: Vec<u64>,
}

/// So many polls back a result still finds its command.
const RECENT: usize = 64;

/// So many devices are remembered for their polls alone.
const STRANGERS: usize = 100_000;

/// The queues.
#[derive(Clone, Debug, Default)]
pub struct Dispatch {
    options: Options,
    entries: BTreeMap<u64, Entry>,
    devices: BTreeMap<String, Device>,
    events: Vec<Event>,
    /// Nothing goes out any more.
    is_closed: bool,
}

/// What goes out with the answer to a poll.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Handed {
    /// Which commands.
    pub numbers: Vec<u64>,
    /// The body; nothing to do is empty.
    pub body: Vec<u8>,
}

/// How many commands stand where.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Waiting.
    pub queued: u64,
    /// At a device.
    pub in_flight: u64,
    /// Succeeded.
    pub done: u64,
    /// Failed.
    pub failed: u64,
    /// Without a result.
    pub lost: u64,
    /// In flight at a crash.
    pub unknown: u64,
}

impl Dispatch {
    /// Empty queues.
    #[must_use]
    pub fn new(options: Options) -> Self {
        Self {
            options,
            ..Self::default()
        }
    }

    /// The queues that a journal tells of, and how many of its bytes count: what stands behind
    /// must be cut off before the next event is appended. [`restart`](Self::restart) comes next.
    pub fn restore(options: Options, name: &str, journal: &[u8]) -> Result<(Self, usize), Error> {
        let (dispatch, length) = Self::restore_each(options, name, journal, |_| {})?;
        Ok((dispatch, usize::try_from(length).unwrap_or(journal.len())))
    }

    /// The same line by line, with a look at each event.
    pub fn restore_each(
        options: Options,
        name: &str,
        journal: impl BufRead,
        mut look: impl FnMut(Event),
    ) -> Result<(Self, u64), Error> {
        let mut dispatch = Self::new(options);
        let length = event::read(name, journal, |event| {
            dispatch.apply(&event);
            look(event);
        })?;
        Ok((dispatch, length))
    }

    /// Nobody knows what became of commands in flight when the server ended: at least once, they
    /// are queued again, or given up if that was their last try; at most once, they stay unknown
    /// until a result comes after all.
    pub fn restart(&mut self, now: i64) {
        let flights = self.devices.values().filter_map(|it| it.flight.as_ref());
        let numbers = flights.flat_map(|flight| flight.numbers.iter().copied());
        let over = numbers.filter(|number| {
            let entry = self.entries.get(number);
            entry.is_some_and(|entry| entry.policy == Policy::AtLeastOnce && !self.has_tries(entry))
        });
        for number in over.collect::<Vec<_>>() {
            self.change(now, Change::Lost { number });
        }
        if self.devices.values().any(|device| device.flight.is_some()) {
            self.change(now, Change::Restarted);
        }
    }

    /// What changed since this was asked last: to be on the disk before the next answer leaves.
    pub fn take_events(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.events)
    }

    /// Whether an order was given before, by its key.
    #[must_use]
    pub fn known(&self, device: &str, order: &Order) -> Known {
        let keys = self.devices.get(device).map(|device| &device.keys);
        let known = keys.and_then(|keys| keys.get(order.key.as_ref()?));
        let Some(&number) = known else {
            return Known::No;
        };
        let print = self.entries.get(&number).and_then(|it| it.print.as_ref());
        if print.is_none_or(|print| *print == order.print()) {
            Known::Same(number)
        } else {
            Known::Other(number)
        }
    }

    /// Queues a command and gives its number; an order whose key is [known](Self::known) has one
    /// already.
    pub fn enqueue(&mut self, now: i64, device: &str, order: Order) -> u64 {
        if let Known::Same(number) | Known::Other(number) = self.known(device, &order) {
            return number;
        }
        let number = self
            .entries
            .last_key_value()
            .map_or(1, |(last, _)| last + 1);
        let change = Change::Queued {
            number,
            device: device.to_owned(),
            policy: order.policy_or_default(),
            endpoint: order.endpoint,
            key: order.key,
            command: order.command,
        };
        self.change(now, change);
        number
    }

    /// What a device gets when it polls.
    pub fn poll(&mut self, now: i64, device: &str, uuid: Option<&str>) -> Handed {
        if self.devices.len() >= STRANGERS && !self.devices.contains_key(device) {
            return Handed::default();
        }
        let known = self.devices.entry(device.to_owned()).or_default();
        known.polls += 1;
        known.last_poll = Some(now);
        if self.is_closed {
            return Handed::default();
        }
        if let Some(flight) = &known.flight {
            // A client that sends a poll again over a new connection has not seen the answer.
            let again = uuid.is_some() && flight.uuid.as_deref() == uuid;
            let (numbers, batch, until) = (flight.numbers.clone(), flight.batch, flight.until);
            if now < until {
                return if again && self.may_repeat(&numbers) {
                    self.handout(numbers, batch)
                } else {
                    Handed::default()
                };
            }
            self.settle(now, &numbers);
        }
        let most = self.options.transactions.unwrap_or(1).max(1);
        let queue = self.devices.get(device).map(|device| &device.queue);
        let numbers: Vec<u64> = queue.into_iter().flatten().take(most).copied().collect();
        if numbers.is_empty() {
            return Handed::default();
        }
        let batch = self.options.transactions.is_some();
        let change = Change::Handed {
            device: device.to_owned(),
            numbers: numbers.clone(),
            uuid: uuid.map(str::to_owned),
            batch,
        };
        self.change(now, change);
        self.handout(numbers, batch)
    }

    /// From now on nothing goes out; results are taken.
    pub fn close(&mut self) {
        self.is_closed = true;
    }

    /// Gives up what has been in flight for too long, of devices that do not poll, too.
    pub fn expire(&mut self, now: i64) {
        let flights = self.devices.values().filter_map(|it| it.flight.as_ref());
        let over: Vec<u64> = flights
            .filter(|flight| now >= flight.until)
            .flat_map(|flight| flight.numbers.iter().copied())
            .collect();
        self.settle(now, &over);
    }

    /// Has it kept that what became of these was told.
    pub fn tell(&mut self, now: i64, numbers: Vec<u64>) {
        self.change(now, Change::Told { numbers });
    }

    /// How it serves.
    #[must_use]
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// A command by its number.
    #[must_use]
    pub fn entry(&self, number: u64) -> Option<&Entry> {
        self.entries.get(&number)
    }

    /// All commands in the order of their numbers.
    #[must_use]
    pub fn entries(&self) -> impl ExactSizeIterator<Item = (u64, &Entry)> {
        self.entries.iter().map(|(&number, entry)| (number, entry))
    }

    /// The devices that polled or have commands.
    pub fn devices(&self) -> impl Iterator<Item = (&str, &Device)> {
        self.devices
            .iter()
            .map(|(id, device)| (id.as_str(), device))
    }

    /// How many commands stand where.
    #[must_use]
    pub fn tally(&self) -> Tally {
        let mut tally = Tally::default();
        for entry in self.entries.values() {
            tally.count(entry.standing);
        }
        tally
    }

    /// Whether nothing waits and nothing is in flight.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.devices
            .values()
            .all(|device| device.queue.is_empty() && device.flight.is_none())
    }

    fn has_tries(&self, entry: &Entry) -> bool {
        entry.tries < self.options.tries.max(1)
    }

    fn may_repeat(&self, numbers: &[u64]) -> bool {
        let mut entries = numbers.iter().filter_map(|number| self.entries.get(number));
        entries.all(|entry| entry.policy == Policy::AtLeastOnce)
    }

    fn handout(&self, numbers: Vec<u64>, batch: bool) -> Handed {
        let commands = numbers.iter().filter_map(|number| {
            let command = self.entries.get(number)?.command.as_deref()?;
            Some((number, command))
        });
        let mut body = String::new();
        for (number, command) in commands {
            if !batch {
                body.push_str(command);
                break;
            }
            body.push_str(if body.is_empty() {
                "{\"transactions\":["
            } else {
                ","
            });
            // A command is an object with an endpoint in it, so a comma follows.
            let _ = write!(body, "{{\"transactionid\":\"{number}\",");
            body.push_str(command.strip_prefix('{').unwrap_or(command));
        }
        if batch && !body.is_empty() {
            body.push_str("]}");
        }
        Handed {
            numbers,
            body: body.into_bytes(),
        }
    }

    /// No result came of these: each follows its policy.
    fn settle(&mut self, now: i64, numbers: &[u64]) {
        // The last goes back first, so that the first stands at the head of the queue.
        for &number in numbers.iter().rev() {
            let Some(entry) = self.entries.get(&number) else {
                continue;
            };
            if entry.standing != Standing::InFlight {
                continue;
            }
            let again = entry.policy == Policy::AtLeastOnce && self.has_tries(entry);
            let change = if again {
                Change::Returned { number }
            } else {
                Change::Lost { number }
            };
            self.change(now, change);
        }
    }

    fn change(&mut self, at: i64, change: Change) {
        let event = Event { v: 1, at, change };
        self.apply(&event);
        self.events.push(event);
    }
}

impl Tally {
    /// Counts one more.
    pub fn count(&mut self, standing: Standing) {
        *match standing {
            Standing::Queued => &mut self.queued,
            Standing::InFlight => &mut self.in_flight,
            Standing::Done => &mut self.done,
            Standing::Failed => &mut self.failed,
            Standing::Lost => &mut self.lost,
            Standing::Unknown => &mut self.unknown,
        } += 1;
    }
}

impl Device {
    /// How many commands wait for it.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.queue.len()
    }

    /// How many commands it has and has not answered.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.flight
            .as_ref()
            .map_or(0, |flight| flight.numbers.len())
    }
}

#[cfg(test)]
mod tests;
