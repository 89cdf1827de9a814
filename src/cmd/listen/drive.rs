//! Serves until all that was expected has come, or the time is up.

use std::pin::pin;
use std::rc::Rc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::{Instant, sleep_until};

use super::desk::{Desk, Told};
use super::show::Show;
use crate::args::ServeArgs;
use crate::cmd::expected::of_expectation;
use crate::error::{Error, Outcome};
use crate::net::block_on;
use crate::net::server::{Limits, Listener};
use crate::net::stop::{Signal, Signals};
use crate::printer::{Overflow, STALL};
use crate::receiver::expect::Expectation;
use crate::reporter::Reporter;
use crate::session::Session;

/// A run.
pub(super) struct Drive {
    pub(super) desk: Desk,
    pub(super) expectations: Vec<Expectation>,
    pub(super) time: Option<Duration>,
    pub(super) serve: ServeArgs,
}

impl Drive {
    /// Serves, and tells what came.
    pub(super) fn run(
        self,
        listener: Listener,
        limits: Limits,
        reporter: Reporter,
        session: &mut Session,
    ) -> Result<Outcome, Error> {
        // A platform is not turned away because nobody reads what is printed of it.
        session.print_in_background(Overflow::Drop)?;
        block_on(async {
            // Whoever sees that it is ready may end it.
            let mut signals = Signals::new()?;
            let show = Show::new(session, reporter);
            let ended = self.listen(listener, limits, show, &mut signals).await;
            let drained = session.drain(STALL, &mut signals, drop).await;
            ended.and_then(|outcome| drained.map(|()| outcome))
        })?
    }

    async fn listen(
        self,
        listener: Listener,
        limits: Limits,
        mut show: Show<'_>,
        signals: &mut Signals,
    ) -> Result<Outcome, Error> {
        let (url, bind) = (listener.url(), listener.address().to_string());
        self.serve.tell_ready(&url)?;
        let ui = self
            .desk
            .inspector
            .as_ref()
            .map(|inspector| inspector.url());
        show.ready(&url, bind, ui.as_deref())?;
        let desk = Rc::new(self.desk);
        let Some(mut heard) = desk.heard() else {
            return Ok(Outcome::Yes);
        };
        let stop = Rc::new(Notify::new());
        let (stopped, receiving, refusing) = (Rc::clone(&stop), Rc::clone(&desk), Rc::clone(&desk));
        let mut serving = pin!(listener.serve(
            limits,
            move |request, peer| {
                let desk = Rc::clone(&receiving);
                async move { desk.receive(request, peer).await }
            },
            move |refused| refusing.refuse(refused),
            async move { stopped.notified().await },
        ));
        let ends = ends(&self.expectations, self.time);
        let mut signal = None;
        let elapsed = loop {
            let elapsed = desk.elapsed();
            let is_over = self.time.is_some_and(|time| elapsed >= time);
            if is_over || signal.is_some() || desk.receiver.borrow().is_decided(elapsed) {
                break elapsed;
            }
            tokio::select! {
                served = serving.as_mut() => served?,
                told = heard.recv() => if let Some(told) = told {
                    show.take(told, &desk);
                    take_all(&mut heard, &desk, &mut show);
                },
                signalled = signals.next() => signal = Some(signalled),
                () = until(next(&ends, elapsed)) => {}
            }
        };
        desk.receiver.borrow_mut().end(elapsed);
        desk.stop();
        stop.notify_one();
        // Whoever asks a second time does not wait for running answers.
        let patience = tokio::select! {
            served = serving.as_mut() => {
                served?;
                EXEC_GRACE
            }
            _ = signals.next() => Duration::ZERO,
        };
        if let Some(exec) = desk.exec() {
            let reins = exec.reins();
            let mut ending = pin!(exec.end());
            let mut is_done = tokio::select! {
                biased;
                () = ending.as_mut() => true,
                () = until(Some(patience.min(AT_ONCE))) => false,
            };
            if !is_done && patience > AT_ONCE {
                show.waits_for_command();
                is_done = tokio::select! {
                    biased;
                    () = ending.as_mut() => true,
                    () = until(Some(patience)) => false,
                    _ = signals.next() => false,
                };
            }
            if !is_done {
                reins.stop();
                show.unfinished();
            }
        }
        desk.close();
        take_all(&mut heard, &desk, &mut show);
        finish(&desk, signal, elapsed, show)
    }
}

/// Nobody minds waiting so long.
const AT_ONCE: Duration = Duration::from_millis(500);

/// How long the command of `--exec` is waited for at the end.
const EXEC_GRACE: Duration = Duration::from_secs(10);

/// Waits so long, or for ever.
async fn until(after: Option<Duration>) {
    match after {
        Some(after) => sleep_until(Instant::now() + after).await,
        None => std::future::pending().await,
    }
}

/// Prints all that was told; what was printed does not wait for what comes next.
fn take_all(heard: &mut UnboundedReceiver<Told>, desk: &Desk, show: &mut Show<'_>) {
    while let Ok(told) = heard.try_recv() {
        show.take(told, desk);
    }
    show.flush();
}

fn finish(
    desk: &Desk,
    signal: Option<Signal>,
    elapsed: Duration,
    mut show: Show<'_>,
) -> Result<Outcome, Error> {
    show.session.keep_the_rest();
    let receiver = desk.receiver.borrow();
    for (expectation, standing) in receiver.standings(elapsed) {
        show.case(of_expectation(expectation, &standing));
    }
    show.retried(&receiver.retried());
    // Ctrl-C is how it ends: what it comes to is what was expected.
    match signal {
        Some(Signal::Interrupt) => show.reporter.end(Signal::Interrupt.name(), Outcome::Yes),
        Some(signal) => show.reporter.end(signal.name(), signal.outcome()),
        None => {}
    }
    show.finish(receiver.seen(), elapsed)
}

/// The times at which something may end it.
fn ends(expectations: &[Expectation], time: Option<Duration>) -> Vec<Duration> {
    // A time-out has passed when a moment more than it has.
    let moment = Duration::from_millis(1);
    let within = expectations.iter().filter_map(Expectation::within);
    let mut ends: Vec<_> = within.map(|within| within + moment).chain(time).collect();
    ends.sort_unstable();
    ends
}

/// How long until the next of them.
fn next(ends: &[Duration], elapsed: Duration) -> Option<Duration> {
    let next = ends.iter().find(|end| **end > elapsed)?;
    Some(next.saturating_sub(elapsed))
}
