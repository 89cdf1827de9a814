//! Serves until there is a reason to end.

use std::cell::RefCell;
use std::future::{Future, pending, ready};
use std::io::Write as _;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::task::yield_now;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};

use super::api;
use super::desk::{Desk, Ordered};
use super::queue::{Follow, Line, Step, Stream};
use super::show::Show;
use super::told::{Note, Told};
use crate::error::{Error, Outcome, Place};
use crate::json::scan;
use crate::message::Request;
use crate::net::server::{Limits, Listener, Refused};
use crate::net::stop::{Signal, Signals};
use crate::printer::{HURRY, STALL};
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
    /// And not before something was ordered.
    pub(super) ordered: bool,
    /// After so long.
    pub(super) time: Option<Duration>,
}

/// How long a last line that is no order may wait for its end.
const PATIENCE: Duration = Duration::from_secs(3);

/// Why it ended.
enum Ended {
    Done,
    Time,
    Signal(Signal),
}

impl Ended {
    fn by(&self) -> Option<&'static str> {
        match self {
            Self::Done => None,
            Self::Time => Some("--for"),
            Self::Signal(signal) => Some(signal.name()),
        }
    }
}

/// A run.
pub(super) struct Drive<'r, 's> {
    pub(super) desk: Rc<RefCell<Desk>>,
    pub(super) queue: Queue,
    pub(super) until: Until,
    pub(super) show: &'r mut Show<'s>,
    /// How many orders of the queue were known, and that is not told yet.
    pub(super) known: u64,
    /// The length of a last line that is no order yet, and since when it is that.
    pub(super) open_line: Option<(usize, Instant)>,
}

impl Drive<'_, '_> {
    /// Orders what stands in the queue's file now.
    pub(super) fn read_file(&mut self) {
        while self.read_on() {}
    }

    /// Reads a piece of the queue's file; whether there may be more.
    fn read_on(&mut self) -> bool {
        let Queue::File(name, follow) = &mut self.queue else {
            return false;
        };
        let name = name.clone();
        match follow.next() {
            Ok(Step::Lines(lines)) => self.order(&name, lines),
            Ok(Step::Anew) => self.show.session.note(&format!(
                "{name} was written anew: it is read from its top, and lines that are known are \
                 not ordered again"
            )),
            Ok(Step::Nothing) => {
                self.tell_known(&name);
                return false;
            }
            Err(why) => {
                self.queue = Queue::Over;
                self.show.complain(&why);
            }
        }
        true
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
        // Running requests are still answered, and none of them may begin anything.
        self.desk.borrow_mut().end();
        stop.notify_one();
        // Whoever asks a second time does not wait for running answers.
        let is_hurried = tokio::select! {
            served = serving.as_mut() => served.map(|()| false)?,
            _ = signals.next() => true,
        };
        let ended = ended?;
        self.tell();
        let failure = self.desk.borrow_mut().take_failure();
        let outcome = match &failure {
            Some(why) => why.outcome(),
            None => self.outcome(&ended),
        };
        self.show.finish(&self.desk.borrow(), outcome, ended.by());
        let patience = if is_hurried { HURRY } else { STALL };
        let (desk, Show { session, ends, .. }) = (&self.desk, &mut *self.show);
        let acknowledge = |written| desk.borrow_mut().acknowledge(ends.out(written));
        session.drain(patience, &mut signals, acknowledge).await?;
        failure.map_or(Ok(outcome), Err)
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
        let mut has_more = false;
        loop {
            self.tell();
            if self.is_done() {
                return Ok(Ended::Done);
            }
            self.written()?;
            // Devices wait for a reader that is slow.
            let is_free = !self.show.session.is_choked();
            tokio::select! {
                served = serving.as_mut(), if is_free => served?,
                () = news.notified() => {}
                lines = self.queue.lines(), if is_free => self.take(lines),
                () = yield_now(), if is_free && has_more => has_more = self.read_on(),
                _ = tick.tick() => {
                    has_more = has_more || self.read_on();
                    self.desk.borrow_mut().expire();
                }
                () = self.show.session.progress() => {}
                signal = signals.next() => return Ok(Ended::Signal(signal)),
                () = at(end) => return Ok(Ended::Time),
            }
        }
    }

    /// What was printed is kept as told. A reader that went away is no failure, and the devices
    /// are served on.
    fn written(&mut self) -> Result<(), Error> {
        let flushed = self.show.session.out.flush().map_err(Error::from);
        let written = self.show.session.printed().1;
        let told = self.show.ends.out(written);
        self.desk.borrow_mut().acknowledge(told);
        match flushed {
            Err(error) if error.is_closed_pipe() => {
                self.show.session.forget_output();
                Ok(())
            }
            flushed => flushed,
        }
    }

    /// Whether nothing more is to be waited for.
    fn is_done(&mut self) -> bool {
        if self.desk.borrow().is_broken() {
            return true;
        }
        if !self.until.done || !self.desk.borrow().dispatch.is_done() {
            return false;
        }
        if self.until.ordered && self.desk.borrow().is_untouched() {
            return false;
        }
        match &mut self.queue {
            Queue::None | Queue::Over => return true,
            Queue::Stream(..) => return false,
            Queue::File(..) => {}
        }
        if self.read_on() || !self.take_rest() {
            return false;
        }
        self.tell();
        self.desk.borrow().dispatch.is_done()
    }

    /// Takes a last line that has no end, if it is an order or stays as it is; whether there is
    /// none that is waited for.
    fn take_rest(&mut self) -> bool {
        let Queue::File(name, follow) = &mut self.queue else {
            return true;
        };
        let Some(line) = follow.open_line() else {
            return true;
        };
        let name = name.clone();
        let text = line.text.as_deref().unwrap_or_default();
        if self.desk.borrow().defaults.order(text).is_err() {
            match self.open_line {
                Some((length, since)) if length == text.len() => {
                    if since.elapsed() < PATIENCE {
                        return false;
                    }
                }
                _ => {
                    self.open_line = Some((text.len(), Instant::now()));
                    let patience = humantime::format_duration(PATIENCE);
                    let why = format!(
                        "the last line of {name} is no order yet: its end is waited for, {patience}"
                    );
                    self.show.note("open-line", why);
                    return false;
                }
            }
        }
        let line = follow.rest();
        self.order(&name, line.into_iter().collect());
        true
    }

    /// What a stream gave.
    fn take(&mut self, lines: Option<std::io::Result<Vec<Line>>>) {
        let Queue::Stream(name, stream) = &mut self.queue else {
            return;
        };
        let name = name.clone();
        match lines {
            Some(Ok(lines)) => self.order(&name, lines),
            Some(Err(cause)) => {
                self.queue = Queue::Over;
                self.show.complain(&Error::reading(name, cause));
            }
            None => {
                let rest = stream.rest();
                self.queue = Queue::Over;
                self.order(&name, rest.into_iter().collect());
                self.tell_known(&name);
            }
        }
    }

    fn order(&mut self, name: &str, lines: Vec<Line>) {
        let mut orders = Vec::with_capacity(lines.len());
        let mut places = Vec::with_capacity(lines.len());
        for line in lines {
            let place = Place::line(name, line.number);
            let Some(text) = line.text else {
                self.show
                    .complain(&Error::input(place.at_column(1), "the line is too long"));
                continue;
            };
            let order = self.desk.borrow().defaults.order(&text);
            match order {
                Ok((device, mut order)) => {
                    order.key.get_or_insert(line.key);
                    orders.push((device, order));
                    places.push(place);
                }
                Err(flaw) => {
                    let (_, column) = scan::line_and_column(&text, flaw.at);
                    self.show
                        .complain(&Error::input(place.at_column(column), flaw.what));
                }
            }
        }
        if orders.is_empty() || self.desk.borrow().is_broken() {
            return;
        }
        let ordered = self.desk.borrow_mut().order(orders);
        for (ordered, place) in ordered.into_iter().zip(places) {
            match ordered {
                Ordered::New(_) => {}
                Ordered::Known(number) => {
                    self.known += 1;
                    self.desk.borrow_mut().recall(number);
                }
                Ordered::Clash(number) => {
                    let why = format!("its key is that of command {number}, which is another");
                    self.show.complain(&Error::input(place.at_column(1), why));
                }
            }
        }
    }

    fn tell_known(&mut self, name: &str) {
        let known = std::mem::take(&mut self.known);
        if known > 0 {
            let orders = counted(known, "order", "orders");
            let why = format!("{orders} of {name} had been given before, and not queued again");
            self.show.note("known-orders", why);
        }
    }

    fn tell(&mut self) {
        let told = self.desk.borrow_mut().take_told();
        let silent = told.iter().filter(|told| self.show.tell(told));
        let numbers = silent.filter_map(Told::number).collect();
        self.desk.borrow_mut().acknowledge(numbers);
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
