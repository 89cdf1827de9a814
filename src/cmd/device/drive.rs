//! Lets the devices of a run live: a task each, on this thread.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::task::LocalSet;
use tokio::time::{Instant, interval, sleep_until};

use super::case;
use super::one::Device;
use super::run::{Plan, Run};
use super::show::{Show, Told};
use crate::controlid::state::State;
use crate::error::{Error, Outcome};
use crate::net::block_on;
use crate::net::stop::{Signal, Signals};
use crate::printer::{Overflow, STALL};
use crate::reporter::Reporter;
use crate::session::Session;

/// A run that ends lets polls that are on their way come to their end for so long: one may bring
/// a command, which would be lost.
const POLL_GRACE: Duration = Duration::from_millis(250);

/// And commands for so long in all.
const GRACE: Duration = Duration::from_secs(2);

/// Of more devices than this, passes are only counted.
const MOST_LISTED: usize = 20;

impl Plan {
    /// Lets the devices live until the run ends.
    pub(super) fn run(
        mut self,
        states: Vec<State>,
        mut reporter: Reporter,
        session: &mut Session,
    ) -> Result<Outcome, Error> {
        if states.len() > MOST_LISTED {
            reporter.only_count_passes();
        } else {
            reporter.group_alike();
        }
        let globals = &session.globals;
        let tells_polls = !globals.quiet && (globals.verbose || session.json());
        let wants_details = reporter.wants_passes() || globals.verbose;
        let recorder = RefCell::new(self.recorder.take());
        let seed = u64::from_le_bytes(session.moment().bytes());
        let begin = session.now();
        let reporter = Rc::new(RefCell::new(reporter));
        session.print_in_background(Overflow::Wait)?;
        block_on(async move {
            let mut signals = Signals::new()?;
            let show = Show::new(Rc::clone(&reporter), session);
            let (tell, heard) = unbounded_channel();
            let run = Rc::new(Run {
                how: self,
                recorder,
                reporter,
                tell,
                begin,
                started: Instant::now(),
                seed,
                devices: states.len() as u64,
                tells_polls,
                wants_details,
                is_ending: Cell::default(),
                is_held: Cell::default(),
                released: Notify::new(),
                polling: Cell::default(),
                working: Cell::default(),
                due: Cell::default(),
                books: RefCell::default(),
            });
            let ended = run.live(states, heard, show, &mut signals).await;
            let drained = session.drain(STALL, &mut signals, drop).await;
            ended.and_then(|outcome| drained.map(|()| outcome))
        })?
    }
}

impl Run {
    async fn live(
        self: Rc<Self>,
        states: Vec<State>,
        mut heard: UnboundedReceiver<(Duration, Told)>,
        mut show: Show<'_>,
        signals: &mut Signals,
    ) -> Result<Outcome, Error> {
        show.ready(&self.how.options, self.devices, states.first())?;
        let devices = LocalSet::new();
        let all = u32::try_from(states.len()).unwrap_or(u32::MAX).max(1);
        for (number, state) in (0_u32..).zip(states) {
            let delay = if all == 1 {
                Duration::ZERO
            } else {
                self.how.ramp / all * number
            };
            let device = Box::new(Device::new(&self, state, delay));
            devices.spawn_local(device.live());
        }
        let signal = {
            let listening = self.listen(&mut heard, &mut show, signals);
            devices.run_until(listening).await?
        };
        drop(devices);
        while let Ok((at, told)) = heard.try_recv() {
            show.take(at, told)?;
        }
        self.finish(signal, show)
    }

    /// Prints what the devices tell, until all are done or something ends the run.
    async fn listen(
        &self,
        heard: &mut UnboundedReceiver<(Duration, Told)>,
        show: &mut Show<'_>,
        signals: &mut Signals,
    ) -> Result<Option<Signal>, Error> {
        let mut tick = interval(Duration::from_millis(100));
        let mut ended_by = None;
        let mut deadline = self.how.end.time.map(|time| self.started + time);
        let mut polls_may_end = true;
        loop {
            let time_is_up = async {
                match deadline {
                    Some(deadline) => sleep_until(deadline).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                told = heard.recv() => if let Some((at, told)) = told {
                    show.take(at, told)?;
                },
                signal = signals.next() => {
                    ended_by = Some(signal);
                    if self.is_ending.replace(true) {
                        return Ok(ended_by);
                    }
                    deadline = Some(Instant::now() + POLL_GRACE);
                }
                () = time_is_up => {
                    if !self.is_ending.replace(true) {
                        deadline = Some(Instant::now() + POLL_GRACE);
                    } else if polls_may_end {
                        polls_may_end = false;
                        deadline = Some(Instant::now() + GRACE);
                    } else {
                        return Ok(ended_by);
                    }
                }
                _ = tick.tick() => show.tick(&self.books.borrow())?,
                () = show.progress(), if self.is_held.get() => {}
            }
            self.hold(show.is_choked());
            // Who only looks on may go away; then a run that has no end of its own has one.
            if show.is_unread() && !self.how.end.is_given() && !self.is_ending.replace(true) {
                deadline = Some(Instant::now() + POLL_GRACE);
            }
            if self.is_over(polls_may_end) {
                return Ok(ended_by);
            }
        }
    }

    /// Whether nothing is left to wait for.
    fn is_over(&self, polls_may_end: bool) -> bool {
        let waits_for_poll = polls_may_end && self.polling.get() > 0;
        self.books.borrow().dead == self.devices
            || (self.is_ending() && self.working.get() == 0 && !waits_for_poll)
    }

    fn finish(&self, signal: Option<Signal>, mut show: Show<'_>) -> Result<Outcome, Error> {
        let books = self.books.take();
        let at = self.elapsed();
        for case in case::of_end(self.devices, &books) {
            show.case(case)?;
        }
        if let Some(wanted) = self.how.end.commands
            && let Some(case) = case::of_missing(self.devices, &books, wanted)
        {
            show.case(case)?;
        }
        // A signal ends what would have come to rest later.
        if signal.is_none()
            && let Some(case) = case::of_restless(self.devices, &books)
        {
            show.case(case)?;
        }
        if books.is_empty() && self.how.end.commands.is_none() {
            show.note("no command came; --commands N makes that a failure");
        }
        show.tell_kinds(at, &books.kinds(), self.devices)?;
        let mut reporter = self.reporter.borrow_mut();
        reporter.beside(books.counters(self.devices), books.groups());
        if let Some(signal) = signal {
            reporter.end(signal.name(), signal.outcome());
        }
        drop(reporter);
        show.finish(at)
    }
}
