//! Devices against the server, in memory, for a simulated week with all faults on.

use std::sync::Arc;

use jiff::Timestamp;

use super::*;
use crate::controlid::command::{Command, Reply};
use crate::controlid::device::{self, Machine, Manner, What};
use crate::moment::Moment;

const WEEK: i64 = 7 * 24 * 3600 * 1000;
const DEVICES: i64 = 3;
/// Of a whole week.
const COMMANDS: u64 = 3_000;

struct World {
    machines: Vec<Machine>,
    moment: Moment,
    dispatch: Dispatch,
    options: Options,
    journal: String,
    /// How often the command with this `queryString` was run.
    runs: BTreeMap<String, u32>,
    ordered: u64,
    matched: u64,
    notes: Vec<Note>,
}

impl World {
    fn new(options: Options, faults: &[&str]) -> Self {
        let like = Arc::new(device::Options {
            base: Some("http://server/x".parse().unwrap()),
            faults: faults.iter().map(|spec| spec.parse().unwrap()).collect(),
            ..device::Options::default()
        });
        Self {
            machines: (0..DEVICES)
                .map(|number| Machine::new((1 << 53) + 1 + number, Arc::clone(&like), number * 997))
                .collect(),
            moment: Moment::fixed(Timestamp::UNIX_EPOCH, 7),
            dispatch: Dispatch::new(options.clone()),
            options,
            journal: String::new(),
            runs: BTreeMap::new(),
            ordered: 0,
            matched: 0,
            notes: Vec::new(),
        }
    }

    fn now(&self) -> i64 {
        self.moment.millis()
    }

    fn write(&mut self) {
        for event in self.dispatch.take_events() {
            self.matched += u64::from(matches!(event.change, Change::Done { .. }));
            self.journal.push_str(&event.to_line());
        }
    }

    /// Queues a command for one device after the other, each told apart by its query.
    fn order(&mut self) {
        let number = self.ordered;
        self.ordered += 1;
        let endpoint = if number.is_multiple_of(3) {
            "execute_actions"
        } else {
            "load_objects"
        };
        let device = &self.machines[usize::try_from(number).unwrap() % self.machines.len()];
        let json = format!(r#"{{"endpoint":"{endpoint}","queryString":"n={number}"}}"#);
        let id = device.id().to_string();
        let now = self.now();
        self.dispatch.enqueue(now, &id, order(&json));
        self.write();
    }

    /// Ends the server as a crash does, in the middle of a line, and starts it again.
    fn crash(&mut self) {
        self.journal.push_str("{\"v\":1,\"at\":12,\"ev");
        let restored =
            Dispatch::restore(self.options.clone(), "week", self.journal.as_bytes()).unwrap();
        let (dispatch, length) = restored;
        assert_eq!(
            dispatch.entries().collect::<Vec<_>>(),
            self.dispatch.entries().collect::<Vec<_>>()
        );
        self.dispatch = dispatch;
        self.journal.truncate(length);
        let now = self.now();
        self.dispatch.restart(now);
        self.write();
    }

    fn run(&mut self, command: &Command) -> Reply {
        *self.runs.entry(command.query.clone()).or_default() += 1;
        match command.endpoint.as_str() {
            "load_objects" => Reply::Json(br#"{"users":[]}"#.to_vec()),
            _ => Reply::Error {
                message: "no door".to_owned(),
                code: 1,
            },
        }
    }

    /// Lets a device do all that it can now; when it goes on.
    fn step(&mut self, index: usize) -> i64 {
        loop {
            let machine = &mut self.machines[index];
            let outgoing = match machine.next(&mut self.moment) {
                What::Wait(until) | What::Await(until) => return until,
                What::Run(command) => {
                    let reply = self.run(&command);
                    self.machines[index].answered(&reply, &mut self.moment);
                    continue;
                }
                What::Send(outgoing) => outgoing,
                other => panic!("{other:?}"),
            };
            let now = self.now();
            let answer = self.dispatch.answer(now, &outgoing.request);
            self.write();
            self.notes.extend(answer.notes);
            if !matches!(outgoing.manner, Manner::HalfOpen(_)) {
                let it = answer.response;
                self.machines[index].on_response(now, it.status, &it.headers, &it.body);
            }
        }
    }

    /// Lives until then, and orders and crashes as it goes.
    fn live(&mut self, until: i64, mut orders: impl FnMut(i64) -> bool, crash_every: i64) {
        let mut next_crash = crash_every;
        while self.now() < until {
            let now = self.now();
            self.dispatch.expire(now);
            self.write();
            if orders(self.now()) {
                self.order();
            }
            if self.now() >= next_crash {
                next_crash += crash_every;
                self.crash();
            }
            let wakes = (0..self.machines.len()).map(|index| self.step(index));
            let wakes: Vec<i64> = wakes.collect();
            let next = wakes.into_iter().min().unwrap().max(self.now() + 1);
            self.moment.now = Timestamp::from_millisecond(next).unwrap();
        }
    }
}

/// A part of a week, and a day after it.
fn part_of_week(transactions: Option<usize>, part: i64) -> World {
    let options = Options {
        transactions,
        prefix: "/x".to_owned(),
        ..Options::default()
    };
    let faults = [
        "lost-result:5%",
        "duplicate-result:every=20",
        "late-result=90s:4%",
        "wrong-uuid:3%",
        "reboot=5m:2%",
        "half-open=90s:2%",
        "slow-poll=2s:3%",
    ];
    let mut world = World::new(options, &faults);
    let mut ordered = 0;
    let (span, commands) = (WEEK / part, COMMANDS / u64::try_from(part).unwrap());
    let due = span / i64::try_from(commands + 10).unwrap();
    world.live(
        span,
        |now| {
            let is_due = ordered < commands && now >= i64::try_from(ordered).unwrap() * due;
            ordered += u64::from(is_due);
            is_due
        },
        span / 20,
    );
    // A day on which nobody orders anything, so that all queues run dry.
    world.live(span + WEEK / 7, |_| false, i64::MAX);
    world
}

fn assert_accounted_for(world: &World) {
    assert_consistent(&world.dispatch);
    let tally = world.dispatch.tally();
    assert_eq!(world.ordered, COMMANDS);
    assert_eq!((tally.queued, tally.in_flight), (0, 0), "{tally:?}");
    assert_eq!(
        tally.done + tally.failed + tally.lost + tally.unknown,
        COMMANDS
    );
    assert_eq!(tally.done + tally.failed, world.matched);
    let mut ran = 0;
    for (number, entry) in world.dispatch.entries() {
        let runs = world
            .runs
            .get(&format!("n={}", number - 1))
            .copied()
            .unwrap_or(0);
        ran += runs;
        match entry.policy {
            Policy::AtMostOnce => assert!(runs <= 1, "{number} ran {runs} times"),
            Policy::AtLeastOnce => assert!(runs <= entry.tries, "{number}: {entry:?}"),
        }
        if matches!(entry.standing, Standing::Done | Standing::Failed) {
            assert!(runs >= 1, "{number} has a result and never ran");
        }
    }
    let counts = world.machines.iter().map(Machine::counts);
    assert_eq!(counts.map(|counts| counts.commands).sum::<u32>(), ran);
    // Most came through, and at least once means nearly all.
    assert!(tally.done >= COMMANDS * 2 / 3 - 20, "{tally:?}");
    assert!(tally.failed >= COMMANDS / 4, "{tally:?}");
    assert!(tally.lost > 0 && !world.notes.is_empty());
}

#[test]
fn a_week_with_all_faults_and_twenty_crashes_leaves_every_command_accounted_for() {
    let world = part_of_week(None, 1);
    assert_accounted_for(&world);
    let has = |wanted: fn(&Note) -> bool| world.notes.iter().any(wanted);
    assert!(has(|note| matches!(note, Note::DoubleResult { .. })));
    assert!(has(|note| matches!(
        note,
        Note::ResultWithoutCommand { .. }
    )));
    assert!(has(|note| matches!(note, Note::LateResult { .. })));
}

#[test]
fn a_week_of_transactions_leaves_every_command_accounted_for() {
    assert_accounted_for(&part_of_week(Some(10), 1));
}

#[test]
fn the_same_seed_gives_the_same_week() {
    let journal = || part_of_week(None, 50).journal;
    assert_eq!(journal(), journal());
}
