//! Serves until there is a reason to end.

use std::cell::RefCell;
use std::future::{Future, pending, ready};
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};

use super::api;
use super::desk::Desk;
use super::queue::{Follow, Line, Step, Stream};
use super::show::Show;
use super::told::Note;
use crate::error::{Error, Outcome, Place};
use crate::json::scan;
use crate::message::Request;
use crate::net::server::{Limits, Listener, Refused};
use crate::net::stop::{Signal, Signals};
use crate::report::counted;

/// How often a file is looked at for its growth, and what is in flight for its lease.
const TICK: Duration = Duration::from_millis(100);

/// Where orders come from beside `POST /commands`.
pub(super) enum Queue {
    None,
    File(String, Follow),
    Stream(String, Stream),
    /// It has ended, or can no longer be read.
    Over,
}

/// When it ends by itself.
#[derive(Clone, Copy, Debug)]
pub(super) struct Until {
    /// When everything is done.
    pub(super) done: bool,
    /// After so long.
    pub(super) time: Option<Duration>,
}

/// Why it ended.
enum Ended {
    Done,
    Time,
    Signal(Signal),
}

/// A run.
pub(super) struct Drive<'r, 's> {
    pub(super) desk: Rc<RefCell<Desk>>,
    pub(super) queue: Queue,
    pub(super) until: Until,
    pub(super) show: &'r mut Show<'s>,
    /// How many orders of the queue were known, and that is not told yet.
    pub(super) known: usize,
}

impl Drive<'_, '_> {
    /// Orders what stands in the queue's file now.
    pub(super) fn read_file(&mut self) -> Result<(), Error> {
        while let Queue::File(name, follow) = &mut self.queue {
            let name = name.clone();
            match follow.next() {
                Ok(Step::Lines(lines)) => self.order(&name, lines)?,
                Ok(Step::Anew) => self.show.session.note(&format!(
                    "{name} was written anew: it is read from its top, and lines that are known \
                     are not ordered again"
                )),
                Ok(Step::Nothing) => {
                    self.tell_known(&name);
                    return Ok(());
                }
                Err(why) => {
                    self.queue = Queue::Over;
                    self.show.complain(&why)?;
                }
            }
        }
        Ok(())
    }

    /// Serves to the end, and tells of it.
    pub(super) async fn run(
        mut self,
        listener: Listener,
        limits: Limits,
        mut signals: Signals,
    ) -> Result<Outcome, Error> {
        let stop = Rc::new(Notify::new());
        let stopped = Rc::clone(&stop);
        let (answering, refusing) = (Rc::clone(&self.desk), Rc::clone(&self.desk));
        let mut serving = pin!(listener.serve(
            limits,
            move |request: Request, peer: SocketAddr| {
                let mut desk = answering.borrow_mut();
                let ordered = api::answer(&mut desk, &request, peer);
                ready(ordered.unwrap_or_else(|| desk.answer(&request)))
            },
            move |refused: Refused| refusing.borrow_mut().note(Note::refused(&refused)),
            async move { stopped.notified().await },
        ));
        let ended = self.serve(serving.as_mut(), &mut signals).await;
        stop.notify_one();
        // Whoever asks a second time does not wait for running answers.
        tokio::select! {
            served = serving.as_mut() => served?,
            _ = signals.next() => {}
        }
        let ended = ended?;
        self.tell()?;
        if let Some(why) = self.desk.borrow_mut().take_failure() {
            return Err(why);
        }
        let outcome = self.outcome(&ended);
        let by = match ended {
            Ended::Done => None,
            Ended::Time => Some("--for"),
            Ended::Signal(signal) => Some(signal.name()),
        };
        self.show.finish(&self.desk.borrow(), outcome, by)?;
        Ok(outcome)
    }

    async fn serve(
        &mut self,
        mut serving: Pin<&mut impl Future<Output = Result<(), Error>>>,
        signals: &mut Signals,
    ) -> Result<Ended, Error> {
        let news = self.desk.borrow().news();
        let end = self.until.time;
        // What lies beyond all clocks is never.
        let end = end.and_then(|time| Instant::now().checked_add(time));
        let mut tick = interval(TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            self.tell()?;
            if self.is_done()? {
                return Ok(Ended::Done);
            }
            tokio::select! {
                served = serving.as_mut() => served?,
                () = news.notified() => {}
                lines = self.queue.lines() => self.take(lines)?,
                _ = tick.tick() => {
                    self.read_file()?;
                    self.desk.borrow_mut().expire();
                }
                signal = signals.next() => return Ok(Ended::Signal(signal)),
                () = at(end) => return Ok(Ended::Time),
            }
        }
    }

    /// Whether nothing more is to be waited for.
    fn is_done(&mut self) -> Result<bool, Error> {
        if self.desk.borrow().is_broken() {
            return Ok(true);
        }
        if !self.until.done || !self.desk.borrow().dispatch.is_done() {
            return Ok(false);
        }
        match &mut self.queue {
            Queue::None | Queue::Over => return Ok(true),
            Queue::Stream(..) => return Ok(false),
            Queue::File(..) => self.read_file()?,
        }
        // Somebody's last line may have no end; it is a line when all others are done.
        if let Queue::File(name, follow) = &mut self.queue
            && self.desk.borrow().dispatch.is_done()
            && let Some(line) = follow.rest()
        {
            let name = name.clone();
            self.order(&name, vec![line])?;
        }
        self.tell()?;
        Ok(self.desk.borrow().dispatch.is_done())
    }

    /// What a stream gave.
    fn take(&mut self, lines: Option<std::io::Result<Vec<Line>>>) -> Result<(), Error> {
        let Queue::Stream(name, stream) = &mut self.queue else {
            return Ok(());
        };
        let name = name.clone();
        match lines {
            Some(Ok(lines)) => self.order(&name, lines),
            Some(Err(cause)) => {
                self.queue = Queue::Over;
                self.show.complain(&Error::reading(name, cause))
            }
            None => {
                let rest = stream.rest();
                self.queue = Queue::Over;
                self.order(&name, rest.into_iter().collect())?;
                self.tell_known(&name);
                Ok(())
            }
        }
    }

    fn order(&mut self, name: &str, lines: Vec<Line>) -> Result<(), Error> {
        let mut orders = Vec::with_capacity(lines.len());
        for line in lines {
            let place = Place::line(name, line.number);
            let Some(text) = line.text else {
                self.show
                    .complain(&Error::input(place.at_column(1), "the line is too long"))?;
                continue;
            };
            let order = self.desk.borrow().defaults.order(&text);
            match order {
                Ok((device, mut order)) => {
                    order.key.get_or_insert(line.key);
                    orders.push((device, order));
                }
                Err(flaw) => {
                    let (_, column) = scan::line_and_column(&text, flaw.at);
                    self.show
                        .complain(&Error::input(place.at_column(column), flaw.what))?;
                }
            }
        }
        if orders.is_empty() || self.desk.borrow().is_broken() {
            return Ok(());
        }
        let (_, known) = self.desk.borrow_mut().order(orders);
        self.known += known;
        Ok(())
    }

    fn tell_known(&mut self, name: &str) {
        let known = std::mem::take(&mut self.known) as u64;
        if known > 0 && !self.show.session.globals.quiet {
            self.show.session.note(&format!(
                "{} of {name} had been given before, and not queued again",
                counted(known, "order", "orders")
            ));
        }
    }

    fn tell(&mut self) -> Result<(), Error> {
        let told = self.desk.borrow_mut().take_told();
        for told in &told {
            self.show.tell(told)?;
        }
        Ok(())
    }

    fn outcome(&self, ended: &Ended) -> Outcome {
        let tally = self.desk.borrow().tally();
        let open = tally.queued + tally.in_flight;
        let is_missing = match ended {
            Ended::Done | Ended::Time => open > 0,
            // What waits for a device that does not come is no failure of a server that serves.
            Ended::Signal(_) if self.until.done => open > 0,
            Ended::Signal(_) => tally.in_flight > 0,
        };
        let mut outcome = Outcome::of(tally.failed == 0).and(self.show.input());
        if is_missing || tally.lost > 0 || tally.unknown > 0 {
            outcome = outcome.and(Outcome::Incomplete);
        }
        match ended {
            Ended::Signal(Signal::Terminate) => Outcome::Terminated,
            _ => outcome,
        }
    }
}

impl Queue {
    /// The next lines of a stream; none at its end. A file is read by the clock.
    async fn lines(&mut self) -> Option<std::io::Result<Vec<Line>>> {
        match self {
            Self::Stream(_, stream) => stream.next().await,
            _ => pending().await,
        }
    }
}

async fn at(end: Option<Instant>) {
    match end {
        Some(end) => sleep_until(end).await,
        None => pending().await,
    }
}
