//! A result on its way to its command.

use super::event::Change;
use super::note::Note;
use super::outcome::{self, Outcome, Posted};
use super::{Dispatch, Handout, Standing};
use crate::controlid::command::is_same_endpoint;

/// What became of a posted result.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// The commands that have their result now.
    pub matched: Vec<u64>,
    /// What there is to say about it.
    pub notes: Vec<Note>,
}

impl Dispatch {
    /// Takes a result; by the poll's uuid, without one in the order in which commands went out.
    pub fn result(
        &mut self,
        now: i64,
        device: &str,
        uuid: Option<&str>,
        endpoint: Option<&str>,
        body: &[u8],
    ) -> Taken {
        let mut taken = Taken::default();
        let numbers = self.meant(device, uuid, endpoint);
        if numbers.is_empty() {
            taken.notes.push(Note::ResultWithoutCommand {
                device: device.to_owned(),
                named: uuid.map(|uuid| format!("the uuid {uuid}")),
            });
            return taken;
        }
        match outcome::read(body) {
            Posted::One(outcome) => {
                self.one(now, &numbers, outcome, endpoint, &mut taken);
            }
            Posted::List(list) => self.list(now, device, &numbers, list, &mut taken),
            Posted::Unreadable(why) => {
                taken.notes.push(Note::UnreadableResult {
                    device: device.to_owned(),
                    why: why.clone(),
                });
                let outcome = Outcome {
                    success: false,
                    response: None,
                    error: Some(format!("the result cannot be read: {why}")),
                };
                self.one(now, &numbers, outcome, endpoint, &mut taken);
            }
        }
        taken
    }

    /// The commands that a result is about.
    fn meant(&self, device: &str, uuid: Option<&str>, endpoint: Option<&str>) -> Vec<u64> {
        let Some(known) = self.devices.get(device) else {
            return Vec::new();
        };
        // Without a uuid the endpoint is all that tells one result from another.
        let fits = |numbers: &[u64]| {
            endpoint.is_none_or(|named| {
                let mut entries = numbers.iter().filter_map(|number| self.entries.get(number));
                entries.any(|entry| is_same_endpoint(&entry.endpoint, named))
            })
        };
        let recent = || known.recent.iter().rev();
        // Of what fits, that which still lacks a result.
        let best = |may: &dyn Fn(&Handout) -> bool| {
            let fits = |it: &&Handout| may(it) && fits(&it.numbers);
            let open = recent().find(|it| fits(it) && self.lacks_result(&it.numbers));
            let found = open.or_else(|| recent().find(fits));
            found.map(|it| it.numbers.clone()).unwrap_or_default()
        };
        if uuid.is_some() {
            let own = recent().find(|it| it.uuid.as_deref() == uuid);
            // Some firmware names it with the result alone.
            return own.map_or_else(|| best(&|it| it.uuid.is_none()), |own| own.numbers.clone());
        }
        if let Some(flight) = &known.flight
            && fits(&flight.numbers)
        {
            return flight.numbers.clone();
        }
        best(&|_| true)
    }

    /// A result that names no transaction.
    fn one(
        &mut self,
        now: i64,
        numbers: &[u64],
        outcome: Outcome,
        endpoint: Option<&str>,
        taken: &mut Taken,
    ) {
        // Of a list that is answered with one result the first command has it; a device that
        // failed as a whole runs the others again.
        let Some((&number, rest)) = numbers.split_first() else {
            return;
        };
        if let (Some(named), Some(entry)) = (endpoint, self.entries.get(&number))
            && !is_same_endpoint(&entry.endpoint, named)
        {
            let named = named.to_owned();
            taken.notes.push(Note::OtherEndpoint { number, named });
        }
        self.complete(now, number, outcome, taken);
        self.without(now, rest, taken);
    }

    fn list(
        &mut self,
        now: i64,
        device: &str,
        numbers: &[u64],
        list: Vec<(Option<String>, Outcome)>,
        taken: &mut Taken,
    ) {
        let alone = numbers.len() == 1 && list.len() == 1;
        for (id, outcome) in list {
            let named = id.as_ref().and_then(|id| id.parse().ok());
            let number = match named {
                Some(number) if numbers.contains(&number) => number,
                None if alone => numbers[0],
                _ => {
                    taken.notes.push(Note::ResultWithoutCommand {
                        device: device.to_owned(),
                        named: id.map(|id| format!("the transaction {id}")),
                    });
                    continue;
                }
            };
            self.complete(now, number, outcome, taken);
        }
        self.without(now, numbers, taken);
    }

    /// The device has answered, and not for these.
    fn without(&mut self, now: i64, numbers: &[u64], taken: &mut Taken) {
        let missing: Vec<u64> = numbers
            .iter()
            .copied()
            .filter(|number| {
                let entry = self.entries.get(number);
                entry.is_some_and(|entry| entry.standing == Standing::InFlight)
            })
            .collect();
        for &number in &missing {
            taken.notes.push(Note::MissingResult { number });
        }
        self.settle(now, &missing);
    }

    fn complete(&mut self, now: i64, number: u64, outcome: Outcome, taken: &mut Taken) {
        let Some(entry) = self.entries.get(&number) else {
            return;
        };
        match entry.standing {
            Standing::Done | Standing::Failed => {
                taken.notes.push(Note::DoubleResult { number });
                return;
            }
            Standing::InFlight => {}
            Standing::Queued | Standing::Lost | Standing::Unknown => {
                taken.notes.push(Note::LateResult { number });
            }
        }
        taken.matched.push(number);
        let change = Change::Done {
            number,
            success: outcome.success,
            response: outcome.response,
            error: outcome.error,
        };
        self.change(now, change);
    }
}
