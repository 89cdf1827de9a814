//! The desk: queues, journal and results together. Requests come in, responses go out, and what
//! there is to tell is kept for the one who prints.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::time::Instant;

use tokio::sync::Notify;

use super::journal::Journal;
use super::orders::{Addressed, Defaults};
use super::told::{Note, Told};
use crate::controlid::dispatch::{Change, Dispatch, Event, Note as CoreNote, Standing, Tally};
use crate::error::Error;
use crate::json::scan;
use crate::message::{Headers, Request, Response};

/// The bytes of results that are held for whoever asks by number.
const HELD: usize = 64 << 20;

/// What a device answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Answered {
    pub(super) success: bool,
    pub(super) response: Option<String>,
    pub(super) error: Option<String>,
}

impl Answered {
    /// Why the device failed. A face that was refused is no error; its response says why.
    pub(super) fn why(&self) -> Option<Cow<'_, str>> {
        if self.success || self.error.is_some() {
            return self.error.as_deref().map(Cow::Borrowed);
        }
        let response = self.response.as_deref().unwrap_or_default().as_bytes();
        let message = scan::find(response, "/errors/0/message").ok().flatten();
        let message = message.and_then(scan::text);
        Some(match message {
            Some(text) => String::from_utf8_lossy(&text).into_owned().into(),
            None => "the device says that it did not succeed".into(),
        })
    }
}

/// The queues, and what is around them.
pub(super) struct Desk {
    pub(super) dispatch: Dispatch,
    pub(super) defaults: Defaults,
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
            journal: None,
            clock,
            handed: BTreeMap::new(),
            results: Results::default(),
            told: Vec::new(),
            news: Rc::default(),
            broken: None,
        }
    }

    /// Every change goes to this journal before it is acted upon; what is unknown since the last
    /// run belongs to this one, too.
    pub(super) fn keep(&mut self, journal: Journal, results: Results, unknown: &[u64]) {
        self.journal = Some(journal);
        self.results = results;
        for &number in unknown {
            self.own.insert(number);
            self.tell_end(number, true, "the server ended while a device had it");
        }
    }

    /// Queues orders, all of them or, if the journal fails, none; how many were known already.
    pub(super) fn order(&mut self, orders: Vec<Addressed>) -> (Vec<u64>, usize) {
        let before = self.dispatch.entries().len();
        let count = orders.len();
        let now = self.clock.now();
        let mut numbers = Vec::with_capacity(count);
        for (device, order) in orders {
            numbers.push(self.dispatch.enqueue(now, &device, order));
        }
        let known = count - (self.dispatch.entries().len() - before);
        self.own.extend(&numbers);
        self.commit(&[]);
        (numbers, known)
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

    /// Whether the journal can no longer be written.
    pub(super) fn is_broken(&self) -> bool {
        self.broken.is_some()
    }

    /// What a device answered, as long as that is held.
    pub(super) fn result(&self, number: u64) -> Option<&Answered> {
        self.results.by_number.get(&number)
    }

    /// How the commands of this run stand.
    pub(super) fn tally(&self) -> Tally {
        let mut tally = Tally::default();
        for number in &self.own {
            if let Some(entry) = self.dispatch.entry(*number) {
                count(&mut tally, entry.standing);
            }
        }
        tally
    }

    /// How the commands of each device stand, of all runs.
    pub(super) fn tallies(&self) -> BTreeMap<&str, Tally> {
        let mut tallies: BTreeMap<&str, Tally> = BTreeMap::new();
        for (_, entry) in self.dispatch.entries() {
            count(tallies.entry(&entry.device).or_default(), entry.standing);
        }
        tallies
    }

    /// Has what changed on the disk; only then is it told, and may an answer leave.
    fn commit(&mut self, notes: &[CoreNote]) -> bool {
        let events = self.dispatch.take_events();
        if let Some(journal) = &mut self.journal
            && let Err(why) = journal.append(&events)
        {
            self.broken = Some(why);
            self.news.notify_one();
            return false;
        }
        for event in events {
            self.tell(event, notes);
        }
        for note in notes {
            self.note(Note::of(note, &self.dispatch));
        }
        true
    }

    fn tell(&mut self, event: Event, notes: &[CoreNote]) {
        match event.change {
            Change::Done {
                number,
                success,
                response,
                error,
            } => {
                let answered = Answered {
                    success,
                    response,
                    error,
                };
                self.tell_result(number, answered);
            }
            Change::Lost { number } => {
                let why = self.why_lost(number, notes);
                self.tell_end(number, false, &why);
            }
            Change::Returned { number } => {
                if let Some(entry) = self.dispatch.entry(number) {
                    let note = Note::again(number, entry);
                    self.note(note);
                }
            }
            _ => {}
        }
    }

    fn tell_result(&mut self, number: u64, answered: Answered) {
        let Some(entry) = self.dispatch.entry(number) else {
            return;
        };
        let took = self.handed.remove(&number).map(|handed| handed.elapsed());
        self.told.push(Told::Result {
            number,
            device: entry.device.clone(),
            endpoint: entry.endpoint.clone(),
            tries: entry.tries,
            took,
            answered: answered.clone(),
        });
        self.results.insert(number, answered);
        self.news.notify_one();
    }

    /// A command is over without a result.
    fn tell_end(&mut self, number: u64, is_unknown: bool, why: &str) {
        self.handed.remove(&number);
        let Some(entry) = self.dispatch.entry(number) else {
            return;
        };
        self.told.push(Told::End {
            number,
            device: entry.device.clone(),
            endpoint: entry.endpoint.clone(),
            tries: entry.tries,
            is_unknown,
            why: why.to_owned(),
        });
        self.news.notify_one();
    }

    fn why_lost(&self, number: u64, notes: &[CoreNote]) -> String {
        let is_missing = |note: &&CoreNote| matches!(note, CoreNote::MissingResult { number: of } if *of == number);
        if notes.iter().any(|note| is_missing(&note)) {
            return "the device answered a list, and not for this one".to_owned();
        }
        let lease = humantime::format_duration(self.dispatch.options().lease);
        match self.dispatch.entry(number).map(|entry| entry.tries) {
            Some(tries) if tries > 1 => format!("no result within {lease}, {tries} times"),
            _ => format!("no result within {lease}"),
        }
    }
}

fn count(tally: &mut Tally, standing: Standing) {
    *match standing {
        Standing::Queued => &mut tally.queued,
        Standing::InFlight => &mut tally.in_flight,
        Standing::Done => &mut tally.done,
        Standing::Failed => &mut tally.failed,
        Standing::Lost => &mut tally.lost,
        Standing::Unknown => &mut tally.unknown,
    } += 1;
}

/// The state file cannot be written: a device tries again later.
fn unavailable() -> Response {
    Response {
        status: 503,
        headers: Headers::from_iter([("Content-Length", "0")]),
        ..Response::default()
    }
}

/// The results of commands, the latest ones.
#[derive(Default)]
pub(super) struct Results {
    by_number: BTreeMap<u64, Answered>,
    bytes: usize,
}

impl Results {
    pub(super) fn insert(&mut self, number: u64, answered: Answered) {
        self.bytes += size(&answered);
        if let Some(old) = self.by_number.insert(number, answered) {
            self.bytes -= size(&old);
        }
        while self.bytes > HELD {
            let Some((_, old)) = self.by_number.pop_first() else {
                return;
            };
            self.bytes -= size(&old);
        }
    }
}

fn size(answered: &Answered) -> usize {
    const OWN: usize = 128;
    let texts = [&answered.response, &answered.error];
    let texts: usize = texts.into_iter().flatten().map(String::len).sum();
    OWN + texts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_face_that_was_refused_says_why() {
        let why = |response: &str| {
            let answered = Answered {
                success: false,
                response: Some(response.to_owned()),
                error: None,
            };
            answered.why().unwrap().into_owned()
        };
        let face = r#"{"success":false,"errors":[{"code":8,"message":"Low sharpness"}]}"#;
        assert_eq!(why(face), "Low sharpness");
        assert!(why(r#"{"success":false}"#).starts_with("the device says"));
    }

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
    fn the_latest_results_are_held() {
        let mut results = Results::default();
        let mut insert = |number| {
            results.insert(
                number,
                Answered {
                    success: true,
                    response: Some("x".repeat(20 << 20)),
                    error: None,
                },
            );
        };
        (1..=5).for_each(&mut insert);
        insert(5);
        let left: Vec<_> = results.by_number.keys().copied().collect();
        assert_eq!(left, [3, 4, 5]);
    }
}
