//! Connects, and takes what comes, until all that was expected has come or the time is up.
//!
//! All packets of one read are taken before anything is waited for: their records are written
//! together, then their acknowledgements leave together, and their lines are printed together.

use std::collections::HashSet;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use super::Plan;
use super::again::{Again, Next};
use super::case;
use super::course::Course;
use super::keep::Keeper;
use super::message::Message;
use super::show::{ReadyLine, Show};
use crate::args::tell_ready;
use crate::cmd::mqtt::connection::{Connection, Failed, Lost, until};
use crate::cmd::mqtt::refused;
use crate::error::{Error, Outcome};
use crate::moment::Moment;
use crate::mqtt::client::{Event, refusal};
use crate::mqtt::packet::{Publish, QoS};
use crate::mqtt::topic;
use crate::net::block_on;
use crate::net::stop::{Signal, Signals};
use crate::printer::{Overflow, STALL};
use crate::receiver::expect::Expectation;
use crate::report::case::{Case, CaseOutcome};
use crate::reporter::Reporter;
use crate::session::{Clock, Session};

/// A run.
pub(super) struct Drive {
    plan: Plan,
    keeper: Option<Keeper>,
    course: Course,
    moment: Moment,
    clock: Clock,
    /// Since when all is subscribed to, for the first time.
    ready: Option<Instant>,
    granted: usize,
    /// Topics of which was told that they are refused.
    refused: HashSet<String>,
    /// Whether it was told that less is granted than was asked for.
    is_lowered: bool,
    /// When something came last.
    heard: Timestamp,
    began: Instant,
    again: Again,
}

/// The CONNACK of a broker that cannot serve now: it may later.
const UNAVAILABLE: u8 = 3;

/// How one connection ended.
enum Over {
    /// The run is over.
    Ended(Option<Signal>),
    /// The run cannot go on: why.
    Failed(Box<Case>),
    /// It may be tried again.
    Lost(Lost),
}

impl Drive {
    pub(super) fn new(
        plan: Plan,
        keeper: Option<Keeper>,
        course: Course,
        moment: Moment,
        clock: Clock,
    ) -> Self {
        Self {
            again: Again::new(plan.reconnect),
            plan,
            keeper,
            course,
            moment,
            clock,
            ready: None,
            granted: 0,
            refused: HashSet::new(),
            is_lowered: false,
            heard: clock.now(),
            began: Instant::now(),
        }
    }

    pub(super) fn run(self, reporter: Reporter, session: &mut Session) -> Result<Outcome, Error> {
        // The platform buffers nothing, so that nothing is held up because nobody reads.
        session.print_in_background(Overflow::Drop)?;
        block_on(async {
            let mut signals = Signals::new()?;
            let show = Show::new(session, reporter);
            let ended = self.watch(show, &mut signals).await;
            let drained = session.drain(STALL, &mut signals, drop).await;
            ended.and_then(|outcome| drained.map(|()| outcome))
        })?
    }

    async fn watch(mut self, mut show: Show<'_>, signals: &mut Signals) -> Result<Outcome, Error> {
        let signal = loop {
            match self.live(&mut show, signals).await? {
                Over::Ended(signal) => break signal,
                Over::Failed(case) => {
                    show.case(*case);
                    break None;
                }
                Over::Lost(lost) => match self.lose(&lost, &mut show) {
                    Err(case) => {
                        show.case(*case);
                        break None;
                    }
                    Ok(wait) => tokio::select! {
                        () = until(Some(Instant::now() + wait)) => {}
                        signal = signals.next() => break Some(signal),
                        () = self.end() => break None,
                    },
                },
            }
        };
        self.finish(signal, show)
    }

    /// One connection, from the dialling to its end.
    async fn live(&mut self, show: &mut Show<'_>, signals: &mut Signals) -> Result<Over, Error> {
        let (keep_alive, patience) = (
            self.plan.connection.keep_alive,
            self.plan.connection.timeout,
        );
        let options = self
            .plan
            .account
            .options(keep_alive, patience, self.clock.now())?;
        let opened = tokio::select! {
            opened = Connection::open(&self.plan.url.address, options) => opened,
            signal = signals.next() => return Ok(Over::Ended(Some(signal))),
            () = self.end() => return Ok(Over::Ended(None)),
        };
        let mut connection = match opened {
            Ok(connection) => connection,
            Err(failed) => return Ok(self.unconnected(failed)),
        };
        let since = Instant::now();
        self.granted = 0;
        connection.subscribe(&self.plan.filters, self.plan.qos);
        let over = loop {
            tokio::select! {
                turned = connection.turn() => {
                    let taken = match turned {
                        Ok(()) => self.take(&mut connection, show)?,
                        Err(lost) => Err(lost),
                    };
                    if let Err(lost) = taken {
                        break self.lost(lost);
                    }
                    if self.is_unsubscribed(&connection) {
                        break Over::Ended(None);
                    }
                }
                signal = signals.next() => break Over::Ended(Some(signal)),
                () = until(self.next_end()) => {}
                // A reader who goes away is noticed by the thread that writes.
                () = show.session.progress(), if !self.plan.has_purpose => show.flush(),
            }
            let is_unread = show.reporter.is_unread() && !self.plan.has_purpose;
            if self.is_over() || is_unread {
                break Over::Ended(None);
            }
        };
        self.again.ended(since.elapsed());
        if matches!(over, Over::Ended(_)) {
            connection.close().await;
        }
        Ok(over)
    }

    /// Takes all that has come, and finds out whether the connection still holds.
    fn take(
        &mut self,
        connection: &mut Connection,
        show: &mut Show<'_>,
    ) -> Result<Result<(), Lost>, Error> {
        let elapsed = self.elapsed();
        self.heard = self.clock.now();
        let at = format!("{:.3}", self.heard);
        let lost = loop {
            match connection.next() {
                Err(lost) => break Some(lost),
                Ok(None) => break None,
                Ok(Some(Event::Message { publish, is_ours })) => {
                    self.message(&publish, is_ours, &at, elapsed, show);
                    if self.course.is_decided(elapsed) {
                        break None;
                    }
                }
                Ok(Some(Event::Subscribed(answered))) => {
                    self.subscribed(&answered, show);
                    self.settle(connection, show)?;
                }
                Ok(Some(_)) => {}
            }
        };
        if let Some(keeper) = &mut self.keeper {
            let (failed, news) = keeper.write();
            for failed in failed {
                show.error(&failed.why);
            }
            if let Some(news) = news {
                show.session.warn(&news);
            }
        }
        // Only now, when all of it is in the capture. What could not be written was told, and is
        // acknowledged all the same: nobody would send it again, and brokers stop sending when
        // some twenty messages are without an answer.
        let released = connection.release();
        show.flush();
        Ok(lost.map_or(released, Err))
    }

    fn message(
        &mut self,
        publish: &Publish,
        is_ours: bool,
        at: &str,
        elapsed: Duration,
        show: &mut Show<'_>,
    ) {
        // A broker may send before it answers SUBSCRIBE.
        let is_asked = || {
            self.plan
                .filters
                .iter()
                .any(|it| topic::matches(it, &publish.topic))
        };
        let is_ours = is_ours || is_asked();
        let message = Message::new(self.course.next(), publish, is_ours);
        self.course.take(&message, elapsed);
        if let Some(keeper) = &mut self.keeper {
            keeper.add(publish, message.topic.is_some(), at);
        }
        show.message(&message, at, elapsed);
    }

    fn subscribed(&mut self, answered: &[(String, Option<QoS>)], show: &mut Show<'_>) {
        for (filter, granted) in answered {
            match granted {
                Some(qos) => {
                    self.granted += 1;
                    if *qos < self.plan.qos && !self.is_lowered {
                        self.is_lowered = true;
                        show.session.warn(&format!(
                            "the broker grants QoS 0 to {filter}, and 1 was asked for: messages may \
                             be lost on the way"
                        ));
                    }
                }
                None => {
                    if self.refused.insert(filter.clone()) {
                        show.case(case::unsubscribed(filter));
                    }
                }
            }
        }
    }

    /// Whether everything that was asked for is refused.
    fn is_unsubscribed(&self, connection: &Connection) -> bool {
        connection.is_settled() && self.granted == 0
    }

    /// All is subscribed to: for the first time, or again.
    fn settle(&mut self, connection: &Connection, show: &mut Show<'_>) -> Result<(), Error> {
        if !connection.is_settled() || self.granted == 0 {
            return Ok(());
        }
        let at = format!("{:.3}", self.clock.now());
        if self.ready.is_none() {
            self.ready = Some(Instant::now());
            let url = self.plan.url.to_string();
            tell_ready(self.plan.ready_file.as_deref(), &url)?;
            show.ready(&ReadyLine {
                v: 1,
                r#type: "ready",
                at: &at,
                url: &url,
                client_id: &self.plan.account.client_id,
                username: &self.plan.account.username,
                topics: self.granted,
            });
        }
        if let Some((from, took)) = self.again.back(self.began.elapsed()) {
            show.reconnected(&format!("{from:.3}"), &at, took);
        }
        Ok(())
    }

    /// There was no connection to be had.
    fn unconnected(&self, failed: Failed) -> Over {
        let is_first = self.ready.is_none();
        match failed {
            Failed::Refused(code @ UNAVAILABLE) if !is_first => {
                let code = refusal(code);
                Over::Lost(Lost {
                    why: format!("refused by CONNACK {code}"),
                    was_silent: false,
                })
            }
            Failed::Refused(code) => {
                let mut case = refused::case(code, &self.plan.account, self.clock.now());
                if !is_first {
                    let before = "the broker took the same user name before";
                    case.warnings.push(before.to_owned());
                }
                Over::Failed(Box::new(case))
            }
            Failed::Unreachable(failure) if is_first => Over::Failed(Box::new(Case {
                hint: failure.hint().map(str::to_owned),
                ..case::unconnected(failure.to_string())
            })),
            Failed::Unreachable(failure) => Over::Lost(Lost {
                why: failure.to_string(),
                was_silent: false,
            }),
            Failed::Broken(lost) => self.lost(lost),
        }
    }

    /// A connection broke. If it never was one, that is final.
    fn lost(&self, lost: Lost) -> Over {
        if self.ready.is_some() {
            return Over::Lost(lost);
        }
        Over::Failed(Box::new(case::unconnected(format!(
            "the connection broke: {}",
            lost.why
        ))))
    }

    /// The connection is gone: how long is waited for the next try, or why there is none.
    fn lose(&mut self, lost: &Lost, show: &mut Show<'_>) -> Result<Duration, Box<Case>> {
        let now = self.clock.now();
        let from = if lost.was_silent { self.heard } else { now };
        match self
            .again
            .lost(from, self.began.elapsed(), &mut self.moment)
        {
            Next::GiveUp { tries } => Err(Box::new(case::given_up(&lost.why, tries))),
            Next::Wait {
                wait,
                is_first,
                is_contested,
            } => {
                show.disconnected(&format!("{now:.3}"), &lost.why, wait, is_first);
                if is_contested {
                    let account = &self.plan.account;
                    show.contested(account.has_own_id.then_some(&*account.client_id));
                }
                Ok(wait)
            }
        }
    }

    /// The time since all is subscribed to.
    fn elapsed(&self) -> Duration {
        self.ready.map_or(Duration::ZERO, |ready| ready.elapsed())
    }

    /// Whether there is nothing left to wait for.
    fn is_over(&self) -> bool {
        let elapsed = self.elapsed();
        let is_late = self.plan.time.is_some_and(|time| elapsed >= time);
        self.course.is_full()
            || self.ready.is_some() && (is_late || self.course.is_decided(elapsed))
    }

    /// When something may end it next.
    fn next_end(&self) -> Option<Instant> {
        let ready = self.ready?;
        let elapsed = self.elapsed();
        let next = self.plan.ends.iter().find(|end| **end > elapsed)?;
        Some(ready + *next)
    }

    /// Waits until it is over.
    async fn end(&self) {
        while !self.is_over() {
            until(self.next_end()).await;
        }
    }

    /// The cases of what was to come.
    fn missed(&self, elapsed: Duration, show: &mut Show<'_>) {
        let standings = self.course.standings(elapsed);
        let is_expected = !standings.is_empty();
        for (expectation, standing) in standings {
            show.case(case::of_expectation(expectation, &standing));
        }
        if let Some(wanted) = self.plan.count
            && !self.course.is_full()
            && !is_expected
        {
            show.case(Case {
                id: format!("count {wanted}"),
                outcome: CaseOutcome::Fail,
                why: Some(format!("{} came", self.course.messages())),
                ..Case::default()
            });
        }
    }

    fn finish(mut self, signal: Option<Signal>, mut show: Show<'_>) -> Result<Outcome, Error> {
        show.session.keep_the_rest();
        let elapsed = self.elapsed();
        self.course.end(elapsed);
        // Nothing is missed where nothing was watched.
        if self.ready.is_some() {
            self.missed(elapsed, &mut show);
        }
        let mut counters = self.course.counters();
        let took = self.began.elapsed();
        counters.extend(self.again.counters(took));
        // Ctrl-C is how it ends: what it comes to is what was expected.
        match signal {
            Some(Signal::Interrupt) => {
                let outcome = match self.ready {
                    Some(_) => Outcome::Yes,
                    None => Outcome::Incomplete,
                };
                show.reporter.end(Signal::Interrupt.name(), outcome);
            }
            Some(signal) => show.reporter.end(signal.name(), signal.outcome()),
            None => {}
        }
        show.finish(counters, took)
    }
}

/// The times at which something may end it.
pub(super) fn ends(expectations: &[Expectation], time: Option<Duration>) -> Vec<Duration> {
    // A time-out has passed when a moment more than it has.
    let moment = Duration::from_millis(1);
    let within = expectations.iter().filter_map(Expectation::within);
    let mut ends: Vec<_> = within.map(|within| within + moment).chain(time).collect();
    ends.sort_unstable();
    ends
}
