//! What the one who prints is to tell.

use super::{Answered, CoreNote, Desk, Note, Results, Told};
use crate::controlid::dispatch::{Change, Event, Standing};
use crate::error::Error;

/// When a result came, and what became of it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Came {
    Now,
    /// In an earlier run.
    Before,
    /// And it cannot be kept.
    Unkept,
}

impl Desk {
    pub(super) fn tell(&mut self, event: Event, notes: &[CoreNote]) {
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
                self.results.insert(number, answered.clone());
                self.tell_result(number, answered, Came::Now);
            }
            Change::Lost { number } => {
                let why = self.why_lost(number, notes);
                self.tell_end(number, Came::Now, &why);
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

    /// The journal cannot be written. A result that came is told all the same: the device may
    /// not say it again.
    pub(super) fn fail(&mut self, why: Error, events: Vec<Event>) {
        self.broken = Some(why);
        let mut results = Results::default();
        for event in events {
            if let Change::Done { number, .. } = event.change {
                results.look(event);
                if let Some(answered) = results.get(number) {
                    self.tell_result(number, answered.clone(), Came::Unkept);
                }
            }
        }
        self.news.notify_one();
    }

    /// What was in flight when the last run ended, and is over now.
    pub(super) fn tell_flown(&mut self, number: u64) {
        let why = match self
            .dispatch
            .entry(number)
            .map(|it| (it.standing, it.tries))
        {
            Some((Standing::Lost, tries)) if tries > 1 => {
                format!("the server ended while a device had it, for the {tries}th time")
            }
            _ => "the server ended while a device had it".to_owned(),
        };
        self.tell_end(number, Came::Now, &why);
    }

    /// What became of a command in an earlier run.
    pub(super) fn tell_again(&mut self, number: u64) {
        match self.dispatch.entry(number).map(|entry| entry.standing) {
            Some(standing @ (Standing::Done | Standing::Failed)) => {
                let held = self.results.get(number).cloned();
                let answered = held.unwrap_or(Answered {
                    success: standing == Standing::Done,
                    response: None,
                    error: None,
                });
                self.tell_result(number, answered, Came::Before);
            }
            Some(Standing::Lost | Standing::Unknown) => {
                self.tell_end(number, Came::Before, "no result came in an earlier run");
            }
            Some(Standing::Queued | Standing::InFlight) | None => {}
        }
    }

    fn tell_result(&mut self, number: u64, answered: Answered, came: Came) {
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
            is_again: came == Came::Before,
            is_kept: came != Came::Unkept,
            answered,
        });
        self.news.notify_one();
    }

    /// A command is over without a result.
    fn tell_end(&mut self, number: u64, came: Came, why: &str) {
        self.handed.remove(&number);
        let Some(entry) = self.dispatch.entry(number) else {
            return;
        };
        self.told.push(Told::End {
            number,
            device: entry.device.clone(),
            endpoint: entry.endpoint.clone(),
            tries: entry.tries,
            is_unknown: entry.standing == Standing::Unknown,
            is_again: came == Came::Before,
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
