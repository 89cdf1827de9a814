//! The device's side of the conversation.
//!
//! ```text
//! GET  {base}/push?deviceId=..&uuid=..            the uuid is the device's, a new one each poll
//!      nothing to do: sleep push_request_period
//!      commands: run them, then
//! POST {base}/result?deviceId=..&uuid=<same>&endpoint=<name>
//!      whatever comes back: GET /push again at once
//! ```
//! [`Machine`] neither sends, sleeps nor runs commands: [`next`](Machine::next) says what to do, and the
//! driver tells what came of it with [`on_response`](Machine::on_response),
//! [`on_failure`](Machine::on_failure) and [`answered`](Machine::answered). Times are unix
//! milliseconds. A fleet has ten thousand of these, so what all share is behind an `Arc`, and
//! what belongs to a command is given back when the command is done.
//!
//! Inferred: after a result that was refused or not answered the device comes back after its
//! period; a result that is sent again (`retry_result`) waits for the period, too; the answer to
//! /result is never taken for a command; a loop of commands runs at full speed for one second's
//! worth of polls, then at the cap; a result goes to where its poll went, whatever the command
//! changed.

use std::sync::Arc;
use std::time::Duration;

use crate::message::Headers;
use crate::moment::Moment;

use super::command::{Answered, Command, Reply, read};
use super::fault::{Fault, Faults, Occasion};
use super::finding::{Finding, Kind, Seen};

mod posting;
mod request;
mod result;
mod state;
mod terms;
mod watch;

pub use request::{Base, QueryBase};
pub use result::{EmptySuccess, ResponseForm};
pub use terms::{Counts, Event, Manner, Options, Outgoing, Path, Trouble, What};

use request::uuid_text;
use state::{Copies, Poll, Posting, State, Work};
use watch::Watch;

/// One device.
#[derive(Debug)]
pub struct Machine {
    id: i64,
    options: Arc<Options>,
    state: State,
    faults: Option<Box<Faults>>,
    watch: Watch,
    seen: Seen,
    counts: Counts,
    last_poll: i64,
    events: Vec<Event>,
}

impl Machine {
    /// A device that makes its first poll at `start`.
    #[must_use]
    pub fn new(id: i64, options: Arc<Options>, start: i64) -> Self {
        let faults = (!options.faults.is_empty())
            .then(|| Box::new(Faults::new(Arc::clone(&options.faults))));
        let mut machine = Self {
            id,
            options,
            state: State::Resting { until: start },
            faults,
            watch: Watch::default(),
            seen: Seen::default(),
            counts: Counts::default(),
            last_poll: i64::MIN,
            events: Vec::new(),
        };
        machine.judge_base();
        machine
    }

    /// Its `deviceId`.
    #[must_use]
    pub fn id(&self) -> i64 {
        self.id
    }

    /// What it is like now.
    #[must_use]
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// What was counted until now.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// The findings that were made until now.
    #[must_use]
    pub fn seen(&self) -> Seen {
        self.seen
    }

    /// Whether it is between two polls, so that nothing is lost if it ends here.
    #[must_use]
    pub fn is_resting(&self) -> bool {
        matches!(self.state, State::Resting { .. })
    }

    /// Whether a result is on its way: to be sent, sent, or to be sent again.
    #[must_use]
    pub fn is_reporting(&self) -> bool {
        matches!(self.state, State::Resulting(_))
    }

    /// What happened since this was asked last.
    pub fn take_events(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.events)
    }

    /// Changes how it polls, as `set_configuration` does while a command runs. Other devices
    /// stay as they are.
    pub fn reconfigure(&mut self, change: impl FnOnce(&mut Options)) {
        change(Arc::make_mut(&mut self.options));
        self.judge_base();
    }

    /// What to do next. An answer that is overdue is given up here.
    pub fn next(&mut self, moment: &mut Moment) -> What {
        let now = moment.millis();
        if self.awaited().is_some_and(|until| now >= until) {
            self.on_failure(now, Trouble::TimedOut);
        }
        if let Some(until) = self.awaited() {
            return What::Await(until);
        }
        match &mut self.state {
            State::Resting { until } if self.options.base.is_none() => {
                *until = now;
                What::Off
            }
            State::Resting { until } if now < *until => What::Wait(*until),
            State::Running(work) => match work.next() {
                Some(command) => What::Run(command),
                None => What::Busy,
            },
            State::Resulting(posting) if now < posting.at => What::Wait(posting.at),
            State::Resting { .. } | State::Polling(_) => self.poll(now, moment),
            State::Resulting(_) => self.post(now),
        }
    }

    /// The answer to what was sent. One that nobody waits for any more is dropped.
    pub fn on_response(&mut self, now: i64, status: u16, headers: &Headers, body: &[u8]) {
        let Some(until) = self.awaited() else {
            return;
        };
        if now >= until {
            self.on_failure(now, Trouble::TimedOut);
            return;
        }
        if let Some(rounded) = watch::rounded_id(self.id, body) {
            self.find(Kind::LostDigits, || rounded);
        }
        match std::mem::replace(&mut self.state, State::Resting { until: now }) {
            State::Polling(poll) if !poll.unread => self.polled(now, poll, status, headers, body),
            State::Resulting(posting) => self.posted(now, posting, status, body),
            other => self.state = other,
        }
    }

    /// There is no answer to what was sent.
    pub fn on_failure(&mut self, now: i64, trouble: Trouble) {
        match std::mem::replace(&mut self.state, State::Resting { until: now }) {
            State::Polling(poll) => {
                self.rest(now);
                // What is left unread on purpose says nothing, but that nobody is there does.
                if poll.unread && trouble != Trouble::NoConnection {
                    return;
                }
                self.counts.failures += 1;
                match trouble {
                    Trouble::TimedOut => {
                        let timeout = self.options.timeout;
                        self.find(Kind::TooSlow, || duration(timeout));
                    }
                    Trouble::Broken => self.find(Kind::Broken, String::new),
                    Trouble::NoConnection => {}
                }
            }
            State::Resulting(posting) if posting.copies == Copies::Second => self.come_back(now),
            State::Resulting(posting) if posting.until.is_some() => {
                self.counts.failures += 1;
                let timeout = self.options.timeout;
                match trouble {
                    Trouble::TimedOut => self.find(Kind::NoAnswer, || {
                        format!("nothing within {}", duration(timeout))
                    }),
                    Trouble::Broken => self.find(Kind::NoAnswer, || "it broke off".to_owned()),
                    Trouble::NoConnection => {}
                }
                self.not_accepted(now, posting);
            }
            other => self.state = other,
        }
    }

    /// The reply to the command that [`What::Run`] gave out.
    pub fn answered(&mut self, reply: &Reply, moment: &mut Moment) {
        let State::Running(work) = &mut self.state else {
            return;
        };
        let Some((endpoint, transaction)) = work.current.take() else {
            return;
        };
        self.counts.commands += 1;
        self.counts.errors += u32::from(matches!(reply, Reply::Error { .. }));
        let (form, empty) = (self.options.response, self.options.empty_success);
        let (uuid, batch) = (work.uuid, work.batch);
        let options = Arc::clone(&work.options);
        let body = if batch {
            let transaction = transaction.as_deref();
            result::push_of_batch(&mut work.results, transaction, reply, form, empty);
            if work.rest.len() > 0 {
                return;
            }
            work.results.extend_from_slice(result::BATCH_END);
            std::mem::take(&mut work.results)
        } else {
            result::single(reply, form, empty)
        };
        let posting = Posting {
            options,
            uuid,
            endpoint: (!batch).then_some(endpoint),
            body,
            at: moment.millis(),
            until: None,
            copies: Copies::One,
            is_misnamed: false,
            retries: self.options.retry_result,
        };
        self.report(posting, moment);
    }

    /// Until when the answer to what was sent is waited for.
    fn awaited(&self) -> Option<i64> {
        match &self.state {
            State::Polling(poll) => Some(poll.until),
            State::Resulting(posting) => posting.until,
            State::Resting { .. } | State::Running(_) => None,
        }
    }

    fn poll(&mut self, now: i64, moment: &mut Moment) -> What {
        let options = Arc::clone(&self.options);
        let Some(base) = &options.base else {
            return What::Off;
        };
        let manner = match self.strike(Occasion::Poll, moment) {
            Some(Fault::SlowPoll(time)) => Manner::Slow(time),
            Some(Fault::HalfOpen(time)) => Manner::HalfOpen(time),
            _ => Manner::Plain,
        };
        // A device waits for the answer when its request is out.
        let (patience, unread) = match manner {
            Manner::Plain => (options.timeout, false),
            Manner::Slow(time) => (options.timeout.saturating_add(time), false),
            Manner::HalfOpen(time) => (time, true),
        };
        let uuid = moment.bytes();
        self.counts.polls += 1;
        self.last_poll = now;
        self.state = State::Polling(Poll {
            uuid,
            until: later(now, patience),
            unread,
        });
        let uuid = options.uuid.then(|| uuid_text(uuid));
        What::Send(Outgoing {
            path: Path::Push,
            request: base.push(options.query_base, self.id, uuid.as_deref()),
            manner,
            timeout: patience,
        })
    }

    fn polled(&mut self, now: i64, poll: Poll, status: u16, headers: &Headers, body: &[u8]) {
        let mut findings = Vec::new();
        let answered = read(status, headers, body, self.options.rules, &mut findings);
        for finding in findings {
            self.note(finding);
        }
        match answered {
            Answered::Idle => self.counts.idle += 1,
            Answered::Ignored(why) => {
                self.counts.ignored += 1;
                self.events.push(Event::NoCommand(why));
            }
            Answered::NoCommand(why) => {
                self.counts.no_command += 1;
                self.events.push(Event::NoCommand(why));
            }
            Answered::Commands { commands, batch } => {
                self.take_up(poll, commands, batch);
                return;
            }
        }
        if self.watch.had_no_command() {
            self.find(Kind::LostCommand, String::new);
        }
        self.rest(now);
    }

    fn take_up(&mut self, poll: Poll, commands: Vec<Command>, batch: bool) {
        let first = commands.first().map(|command| command.endpoint.clone());
        let news = self
            .watch
            .had_commands(&commands, self.options.hot_loop_cap);
        if let Some(polls) = news.hot_loop {
            self.find(Kind::HotLoop, || {
                format!("{polls} polls in a row, {}", first.unwrap_or_default())
            });
        }
        if news.lost_command {
            self.find(Kind::LostCommand, String::new);
        }
        if news.capped && self.options.hot_loop_cap > 0 {
            self.events.push(Event::Capped(self.options.hot_loop_cap));
        }
        self.state = State::Running(Box::new(Work {
            options: Arc::clone(&self.options),
            uuid: poll.uuid,
            batch,
            rest: commands.into_iter(),
            current: None,
            results: if batch {
                result::BATCH_START.to_vec()
            } else {
                Vec::new()
            },
        }));
    }

    /// Sleeps for the period.
    fn rest(&mut self, now: i64) {
        self.state = State::Resting {
            until: later(now, self.options.period),
        };
    }

    /// Polls again at once, or as soon as the cap allows.
    fn come_back(&mut self, now: i64) {
        let cap = self.options.hot_loop_cap;
        let until = if cap == 0 || self.watch.streak() < cap {
            now
        } else {
            now.max(self.last_poll.saturating_add(i64::from(1000 / cap)))
        };
        self.state = State::Resting { until };
    }

    fn strike(&mut self, occasion: Occasion, moment: &mut Moment) -> Option<Fault> {
        let fault = self.faults.as_mut()?.decide(occasion, moment)?;
        self.events.push(Event::Fault(fault));
        Some(fault)
    }

    fn judge_base(&mut self) {
        let options = Arc::clone(&self.options);
        let Some(base) = &options.base else {
            return;
        };
        if base.ends_with_path() {
            self.find(Kind::BaseEndsWithPush, || {
                format!("it polls {}/push", base.path)
            });
        }
        if base.had_slash {
            self.find(Kind::BaseSlash, || base.path.clone() + "/");
        }
        if let Some(query) = &base.query {
            // Its values may be keys.
            self.find(Kind::BaseQuery, || names_of(query));
        }
    }

    fn find(&mut self, kind: Kind, seen: impl FnOnce() -> String) {
        if self.seen.is_first(kind) {
            self.events.push(Event::Finding(Finding::new(kind, seen())));
        }
    }

    fn note(&mut self, finding: Finding) {
        self.find(finding.kind, || finding.seen);
    }
}

/// The names of a query's parameters: `key=…`.
fn names_of(query: &str) -> String {
    let names = query.split('&').map(|pair| match pair.split_once('=') {
        Some((name, _)) => format!("{name}=…"),
        None => "…".to_owned(),
    });
    names.collect::<Vec<_>>().join("&")
}

fn later(now: i64, by: Duration) -> i64 {
    now.saturating_add(i64::try_from(by.as_millis()).unwrap_or(i64::MAX))
}

fn duration(duration: Duration) -> String {
    humantime::format_duration(duration).to_string()
}

#[cfg(test)]
mod tests;
