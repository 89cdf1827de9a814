//! The run: one connection after the other ([`live`]), until all that was expected has come or
//! the time is up.

use std::collections::HashSet;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use self::live::Over;
use super::Plan;
use super::again::{Again, Next};
use super::case;
use super::course::Course;
use super::keep::Keeper;
use super::show::Show;
use crate::cmd::expected::of_expectation;
use crate::cmd::mqtt::connection::{Lost, until};
use crate::error::{Error, Outcome};
use crate::moment::Moment;
use crate::net::block_on;
use crate::net::stop::{Signal, Signals};
use crate::printer::{Overflow, STALL};
use crate::receiver::expect::Expectation;
use crate::report::case::{Case, CaseOutcome};
use crate::reporter::Reporter;
use crate::session::{Clock, Session};

mod live;

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
    /// Those of which it will be told.
    untold: Vec<String>,
    /// Whether it was told that less is granted than was asked for.
    is_lowered: bool,
    /// Why the connection was lost that is not back.
    lost: Option<String>,
    /// When something came last.
    heard: Timestamp,
    began: Instant,
    again: Again,
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
            untold: Vec::new(),
            is_lowered: false,
            lost: None,
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
                    self.lost = None;
                    show.case(*case);
                    break None;
                }
                Over::Lost(lost) => match self.lose(&lost, &mut show) {
                    Err(case) => {
                        self.lost = None;
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

    /// The connection is gone: how long is waited for the next try, or why there is none.
    fn lose(&mut self, lost: &Lost, show: &mut Show<'_>) -> Result<Duration, Box<Case>> {
        self.lost = Some(lost.why.clone());
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
            show.case(of_expectation(expectation, &standing));
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
        // What is expected and holds ends it at once: until then nobody knows what was sent.
        if let Some(why) = &self.lost {
            show.case(case::away(why, self.again.away(self.began.elapsed())));
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
