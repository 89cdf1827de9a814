//! The desk: queues, journal and results together. Requests come in, responses go out, and what
//! there is to tell is kept for the one who prints.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::time::Instant;

use tokio::sync::Notify;

use super::journal::Journal;
use super::orders::{Addressed, Defaults};
use super::results::{Answered, Results};
use super::told::{Note, Told};
use crate::controlid::dispatch::{Dispatch, Known, Note as CoreNote, Standing, Tally};
use crate::error::Error;
use crate::message::{Headers, Request, Response};

mod tell;

/// What became of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ordered {
    /// It is queued.
    New(u64),
    /// Its key is known: it was queued before.
    Known(u64),
    /// Its key is that of another command, and it is not queued.
    Clash(u64),
}

impl Ordered {
    /// The command that was there before.
    pub(super) fn known(self) -> Option<u64> {
        match self {
            Self::Known(number) => Some(number),
            Self::New(_) | Self::Clash(_) => None,
        }
    }
}

/// The queues, and what is around them.
pub(super) struct Desk {
    pub(super) dispatch: Dispatch,
    pub(super) defaults: Defaults,
    /// Only this machine is served.
    pub(super) is_local: bool,
    journal: Option<Journal>,
    clock: Clock,
    /// When commands went out last.
    handed: BTreeMap<u64, Instant>,
    results: Results,
    /// The commands of this run: those that were open when it began, and those that were ordered.
    own: BTreeSet<u64>,
    told: Vec<Told>,
    /// Woken when there is something to tell.
    news: Rc<Notify>,
    /// Why the journal is no longer written: nothing may go out any more.
    broken: Option<Error>,
    /// Nothing goes out and nothing is ordered any more; results are taken.
    is_ending: bool,
}

/// Unix milliseconds from where the run began.
pub(super) struct Clock {
    base: i64,
    started: Instant,
}

impl Clock {
    pub(super) fn from(base: i64) -> Self {
        Self {
            base,
            started: Instant::now(),
        }
    }

    fn now(&self) -> i64 {
        let passed = i64::try_from(self.started.elapsed().as_millis()).unwrap_or(i64::MAX);
        self.base.saturating_add(passed)
    }
}

impl Desk {
    pub(super) fn new(dispatch: Dispatch, defaults: Defaults, clock: Clock) -> Self {
        let open = |standing| matches!(standing, Standing::Queued | Standing::InFlight);
        let own = dispatch.entries().filter(|(_, it)| open(it.standing));
        Self {
            own: own.map(|(number, _)| number).collect(),
            dispatch,
            defaults,
            is_local: true,
            journal: None,
            clock,
            handed: BTreeMap::new(),
            results: Results::default(),
            told: Vec::new(),
            news: Rc::default(),
            broken: None,
            is_ending: false,
        }
    }

    /// Every change goes to this journal before it is acted upon. What was in flight when the
    /// last run ended belongs to this one, and so does what nobody was told of.
    pub(super) fn keep(&mut self, journal: Journal, results: Results, flown: &[u64]) {
        self.journal = Some(journal);
        self.results = results;
        let is_over = |standing| !matches!(standing, Standing::Queued | Standing::InFlight);
        let entries = self.dispatch.entries();
        let untold = entries.filter(|(_, it)| !it.told && is_over(it.standing));
        let untold: Vec<u64> = untold.map(|(number, _)| number).collect();
        for number in untold {
            self.own.insert(number);
            if flown.contains(&number) {
                self.tell_flown(number);
            } else {
                self.tell_again(number);
            }
        }
        for &number in flown {
            let entry = self.dispatch.entry(number);
            if let Some(entry) = entry.filter(|it| it.standing == Standing::Queued) {
                let note = Note::again(number, entry);
                self.note(note);
            }
        }
    }

    /// Why these orders cannot all be taken: one has the key of another command.
    pub(super) fn clash(&self, orders: &[Addressed]) -> Option<String> {
        let mut keys = BTreeMap::new();
        for (device, order) in orders {
            let Some(key) = &order.key else {
                continue;
            };
            let first = *keys.entry((device, key)).or_insert(order);
            let is_same = first.endpoint == order.endpoint && first.command == order.command;
            let known = self.dispatch.known(device, order);
            if !is_same || matches!(known, Known::Other(_)) {
                return Some(format!(
                    "the key {key} of device {device} is that of another command"
                ));
            }
        }
        None
    }

    /// Queues orders; if the journal fails, none of them.
    pub(super) fn order(&mut self, orders: Vec<Addressed>) -> Vec<Ordered> {
        let now = self.clock.now();
        let mut ordered = Vec::with_capacity(orders.len());
        for (device, order) in orders {
            ordered.push(match self.dispatch.known(&device, &order) {
                Known::No => {
                    let number = self.dispatch.enqueue(now, &device, order);
                    self.own.insert(number);
                    Ordered::New(number)
                }
                Known::Same(number) => Ordered::Known(number),
                Known::Other(number) => Ordered::Clash(number),
            });
        }
        self.commit(&[]);
        ordered
    }

    /// Tells what became of a command that was ordered in an earlier run, once.
    pub(super) fn recall(&mut self, number: u64) {
        if self.own.insert(number) {
            self.tell_again(number);
        }
    }

    /// Keeps that the ends of these commands are told.
    pub(super) fn acknowledge(&mut self, numbers: Vec<u64>) {
        if self.journal.is_some() && self.broken.is_none() && !numbers.is_empty() {
            self.dispatch.tell(self.clock.now(), numbers);
            self.commit(&[]);
        }
    }

    /// From now on nothing goes out, and nothing is ordered; results are taken.
    pub(super) fn end(&mut self) {
        self.is_ending = true;
        self.dispatch.close();
    }

    /// Whether nothing more is taken but results.
    pub(super) fn is_ending(&self) -> bool {
        self.is_ending
    }

    /// Answers a device.
    pub(super) fn answer(&mut self, request: &Request) -> Response {
        if self.broken.is_some() {
            return unavailable();
        }
        let answer = self.dispatch.answer(self.clock.now(), request);
        let handed = Instant::now();
        self.handed
            .extend(answer.handed.iter().map(|&number| (number, handed)));
        if self.commit(&answer.notes) {
            answer.response
        } else {
            unavailable()
        }
    }

    /// Gives up what has been in flight for too long.
    pub(super) fn expire(&mut self) {
        if self.broken.is_none() {
            self.dispatch.expire(self.clock.now());
            self.commit(&[]);
        }
    }

    /// Keeps something to be told.
    pub(super) fn note(&mut self, note: Note) {
        self.told.push(Told::Note(note));
        self.news.notify_one();
    }

    /// What there is to tell.
    pub(super) fn take_told(&mut self) -> Vec<Told> {
        std::mem::take(&mut self.told)
    }

    /// Woken when there is something to tell.
    pub(super) fn news(&self) -> Rc<Notify> {
        Rc::clone(&self.news)
    }

    /// Why the journal is no longer written.
    pub(super) fn take_failure(&mut self) -> Option<Error> {
        self.broken.take()
    }

    /// Whether nothing was ordered in this run.
    pub(super) fn is_untouched(&self) -> bool {
        self.own.is_empty()
    }

    /// Whether the journal can no longer be written.
    pub(super) fn is_broken(&self) -> bool {
        self.broken.is_some()
    }

    /// What a device answered, as long as that is held.
    pub(super) fn result(&self, number: u64) -> Option<&Answered> {
        self.results.get(number)
    }

    /// How the commands of this run stand.
    pub(super) fn tally(&self) -> Tally {
        let mut tally = Tally::default();
        for number in &self.own {
            if let Some(entry) = self.dispatch.entry(*number) {
                tally.count(entry.standing);
            }
        }
        tally
    }

    /// How the commands of each device stand, of all runs.
    pub(super) fn tallies(&self) -> BTreeMap<&str, Tally> {
        let mut tallies: BTreeMap<&str, Tally> = BTreeMap::new();
        for (_, entry) in self.dispatch.entries() {
            let tally = tallies.entry(&entry.device).or_default();
            tally.count(entry.standing);
        }
        tallies
    }

    /// Has what changed on the disk; only then is it told, and may an answer leave.
    fn commit(&mut self, notes: &[CoreNote]) -> bool {
        let events = self.dispatch.take_events();
        if let Some(journal) = &mut self.journal
            && let Err(why) = journal.append(&events)
        {
            self.fail(why, events);
            return false;
        }
        for event in events {
            self.tell(event, notes);
        }
        for note in notes {
            self.note(Note::of(note, &self.dispatch));
        }
        if let Some(journal) = &mut self.journal {
            let shortened = journal.shorten(&self.dispatch, &self.results, self.clock.now());
            self.broken = shortened.err();
        }
        true
    }
}

/// The state file cannot be written: a device tries again later.
fn unavailable() -> Response {
    Response {
        status: 503,
        headers: Headers::from_iter([("Content-Length", "0")]),
        ..Response::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_on_the_disk_does_not_leave() {
        let folder = tempfile::tempdir().unwrap();
        let order = |desk: &mut Desk| {
            let json = br#"{"device":"7","endpoint":"execute_actions"}"#;
            let order = desk.defaults.orders(json).unwrap();
            desk.order(order);
        };
        let poll = Request::new("GET", "/push?deviceId=7&uuid=a");
        let mut desk = Desk::new(Dispatch::default(), Defaults::default(), Clock::from(0));
        order(&mut desk);
        let journal = Journal::unwritable(&folder.path().join("state"));
        desk.keep(journal, Results::default(), &[]);
        for _ in 0..2 {
            let answer = desk.answer(&poll);
            assert_eq!((answer.status, answer.body.len()), (503, 0));
        }
        assert_eq!(desk.take_failure().unwrap().code(), 3);
        assert!(desk.take_told().is_empty(), "what is not so is not told");
    }

    #[test]
    fn a_result_that_cannot_be_kept_is_told_as_such() {
        let folder = tempfile::tempdir().unwrap();
        let mut desk = Desk::new(Dispatch::default(), Defaults::default(), Clock::from(0));
        let json = br#"{"device":"7","endpoint":"execute_actions"}"#;
        let order = desk.defaults.orders(json).unwrap();
        desk.order(order);
        desk.answer(&Request::new("GET", "/push?deviceId=7&uuid=a"));
        let journal = Journal::unwritable(&folder.path().join("state"));
        desk.keep(journal, Results::default(), &[]);
        let mut result = Request::new("POST", "/result?deviceId=7&uuid=a");
        result.body = br#"{"response":"{}"}"#.to_vec();
        assert_eq!(desk.answer(&result).status, 503);
        let told = desk.take_told();
        assert!(told[0].to_json().ends_with(r#""kept":false}"#), "{told:?}");
        assert_eq!(told[0].number(), None, "the next run tells it again");
    }
}
