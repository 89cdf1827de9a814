//! Drives the devices of a run: a task each, on this thread.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::task::LocalSet;
use tokio::time::{Instant, interval, sleep_until};

use super::books::Books;
use super::case::{self, Fate, Pending};
use super::flags::{AccessArg, EndArgs};
use super::monitor::Monitor;
use super::one::Device;
use super::show::{Show, Told};
use super::{USUAL_TIMEOUT, url_of};
use crate::args::TargetArgs;
use crate::capture::Record;
use crate::controlid::configuration::Configuration;
use crate::controlid::device::{Base, Options};
use crate::controlid::fault::Fault;
use crate::controlid::finding::Finding;
use crate::controlid::script::Script;
use crate::controlid::state::State;
use crate::error::{Error, Outcome};
use crate::message::{Request, Response};
use crate::moment::Moment;
use crate::net::stop::{Signal, Signals};
use crate::net::{Connection, Dialer, block_on};
use crate::recorder::Recorder;
use crate::reporter::Reporter;
use crate::session::Session;

/// What the devices of a run have in common.
pub(super) struct Drive {
    pub(super) options: Arc<Options>,
    pub(super) dialer: Arc<Dialer>,
    pub(super) target: TargetArgs,
    pub(super) end: EndArgs,
    pub(super) strict: bool,
    pub(super) script: Option<Script>,
    pub(super) recorder: Option<Recorder>,
    pub(super) monitor: Option<Monitor>,
    pub(super) accesses: Vec<AccessArg>,
    pub(super) ramp: Duration,
    pub(super) jitter: Duration,
    /// Whether a device may be told to poll a server that is not on this machine.
    pub(super) allow_remote: bool,
}

/// What all devices share while they live.
pub(super) struct Run {
    pub(super) how: Drive,
    recorder: RefCell<Option<Recorder>>,
    reporter: Rc<RefCell<Reporter>>,
    tell: UnboundedSender<Told>,
    begin: Timestamp,
    started: Instant,
    seed: u64,
    devices: u64,
    tells_polls: bool,
    wants_details: bool,
    is_ending: Cell<bool>,
    busy: Cell<usize>,
    books: RefCell<Books>,
}

/// The devices of a fleet wake up together on this grid: half as many wake-ups.
const GRID: Duration = Duration::from_millis(10);

/// A run that ends lets what is under way come to its end for so long.
const GRACE: Duration = Duration::from_secs(2);

impl Drive {
    /// Lets the devices live until the run ends.
    pub(super) fn run(
        mut self,
        states: Vec<State>,
        mut reporter: Reporter,
        session: &mut Session,
    ) -> Result<Outcome, Error> {
        let several = states.len() > 1;
        if states.len() > MOST_LISTED {
            reporter.only_count_passes();
        }
        let globals = &session.globals;
        let quiet_polls = if session.json() { several } else { true };
        let tells_polls = !globals.quiet && (globals.verbose || !quiet_polls);
        let wants_details = reporter.wants_passes() || session.globals.verbose;
        let recorder = RefCell::new(self.recorder.take());
        let seed = u64::from_le_bytes(session.moment().bytes());
        let begin = session.now();
        let reporter = Rc::new(RefCell::new(reporter));
        let show = Show::new(Rc::clone(&reporter), session);
        block_on(async move {
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
                busy: Cell::default(),
                books: RefCell::default(),
            });
            run.live(states, heard, show).await
        })?
    }
}

/// Of more devices than this, passes are only counted.
const MOST_LISTED: usize = 20;

impl Run {
    async fn live(
        self: Rc<Self>,
        states: Vec<State>,
        mut heard: tokio::sync::mpsc::UnboundedReceiver<Told>,
        mut show: Show<'_>,
    ) -> Result<Outcome, Error> {
        show.ready(&self.how.options, self.devices, states.first())?;
        let devices = LocalSet::new();
        let all = u32::try_from(states.len()).unwrap_or(u32::MAX).max(1);
        for (number, state) in (0_u32..).zip(states) {
            let delay = self.how.ramp / all * number;
            let delay = if all == 1 { Duration::ZERO } else { delay };
            let device = Box::new(Device::new(&self, state, delay));
            devices.spawn_local(device.live());
        }
        let signal = {
            let listening = self.listen(&mut heard, &mut show);
            devices.run_until(listening).await?
        };
        drop(devices);
        while let Ok(told) = heard.try_recv() {
            show.take(told)?;
        }
        self.finish(signal, show)
    }

    /// Prints what the devices tell, until all are done or something ends the run.
    async fn listen(
        &self,
        heard: &mut tokio::sync::mpsc::UnboundedReceiver<Told>,
        show: &mut Show<'_>,
    ) -> Result<Option<Signal>, Error> {
        let mut signals = Signals::new()?;
        let mut tick = interval(Duration::from_millis(100));
        let mut ended_by = None;
        let mut deadline = self.how.end.time.map(|time| self.started + time);
        loop {
            let time_is_up = async {
                match deadline {
                    Some(deadline) => sleep_until(deadline).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                told = heard.recv() => if let Some(told) = told {
                    show.take(told)?;
                    if show.is_unread() {
                        return Ok(ended_by);
                    }
                },
                signal = signals.next() => {
                    if self.is_ending.replace(true) {
                        return Ok(Some(signal));
                    }
                    ended_by = Some(signal);
                    deadline = Some(Instant::now() + GRACE);
                }
                () = time_is_up => {
                    if self.is_ending.replace(true) {
                        return Ok(ended_by);
                    }
                    deadline = Some(Instant::now() + GRACE);
                }
                _ = tick.tick() => show.tick(&self.books.borrow())?,
            }
            if self.is_over() {
                return Ok(ended_by);
            }
        }
    }

    /// Whether nothing is left to wait for.
    fn is_over(&self) -> bool {
        let dead = self.books.borrow().dead;
        dead == self.devices || (self.is_ending.get() && self.busy.get() == 0)
    }

    fn finish(&self, signal: Option<Signal>, mut show: Show<'_>) -> Result<Outcome, Error> {
        let mut books = self.books.take();
        for case in case::of_end(self.devices, &books.refused, &books.failed) {
            show.case(case)?;
        }
        if let Some(wanted) = self.how.end.commands
            && let Some(case) = case::of_missing(self.devices, books.short, wanted, books.most)
        {
            show.case(case)?;
        }
        let kinds = std::mem::take(&mut books.kinds);
        show.tell_kinds(&kinds, self.devices)?;
        let mut reporter = self.reporter.borrow_mut();
        reporter.beside(books.counters(self.devices), books.groups());
        if let Some(signal) = signal {
            reporter.end(signal.name(), signal.outcome());
        }
        drop(reporter);
        show.finish(self.started.elapsed())
    }

    pub(super) fn tell(&self, told: Told) {
        // The one who listens is gone only when the run is over.
        let _ = self.tell.send(told);
    }

    pub(super) fn options(&self) -> Arc<Options> {
        Arc::clone(&self.how.options)
    }

    pub(super) fn connection(&self) -> Connection {
        self.how.dialer.connection()
    }

    pub(super) fn is_ending(&self) -> bool {
        self.is_ending.get()
    }

    /// Whether each poll is told of.
    pub(super) fn tells_polls(&self) -> bool {
        self.tells_polls
    }

    /// Whether anybody looks at what a command and its reply were.
    pub(super) fn wants_details(&self) -> bool {
        self.wants_details
    }

    pub(super) fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// Now, by a clock that only goes forward.
    pub(super) fn now(&self) -> Timestamp {
        let elapsed = SignedDuration::try_from(self.elapsed()).unwrap_or(SignedDuration::MAX);
        self.begin.checked_add(elapsed).unwrap_or(Timestamp::MAX)
    }

    pub(super) fn millis(&self) -> i64 {
        self.now().as_millisecond()
    }

    /// The chance of one device at one of its turns.
    pub(super) fn moment(&self, device: i64, turn: u64) -> Moment {
        let device = u64::from_le_bytes(device.to_le_bytes());
        let mixed = self.seed ^ device.rotate_left(32) ^ turn.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        Moment::fixed(self.now(), mixed)
    }

    /// When, on this run's clock, a unix time is.
    fn instant(&self, unix_millis: i64) -> Instant {
        let ahead = unix_millis.saturating_sub(self.begin.as_millisecond());
        self.started + Duration::from_millis(u64::try_from(ahead).unwrap_or_default())
    }

    pub(super) async fn sleep_until(&self, unix_millis: i64) {
        let mut due = self.instant(unix_millis);
        if self.devices > 1 {
            let elapsed = due.saturating_duration_since(self.started).as_millis();
            let rounded = elapsed.next_multiple_of(GRID.as_millis());
            due = self.started + Duration::from_millis(u64::try_from(rounded).unwrap_or_default());
        }
        sleep_until(due).await;
    }

    /// Something was due at this time, and begins only now.
    pub(super) fn note_lateness(&self, due: i64) {
        let late = Instant::now().saturating_duration_since(self.instant(due));
        let mut books = self.books.borrow_mut();
        books.late = books.late.max(late);
    }

    pub(super) fn count_busy(&self, more: bool) {
        let busy = self.busy.get();
        let busy = if more {
            busy + 1
        } else {
            busy.saturating_sub(1)
        };
        self.busy.set(busy);
        if busy == 0 && self.is_ending() {
            self.tell(Told::Wake);
        }
    }

    pub(super) fn time_poll(&self, ms: f64) {
        self.books.borrow_mut().poll_times.record(ms);
    }

    pub(super) fn note_refused(&self, why: String, status: Option<u16>) {
        let refused = &mut self.books.borrow_mut().refused;
        (refused.why, refused.status) = (why, status);
    }

    pub(super) fn note_unanswered(&self, why: String, hint: Option<&'static str>) {
        let failed = &mut self.books.borrow_mut().failed;
        (failed.why, failed.hint) = (why, hint);
    }

    /// A finding of a device; the first of its kind is told.
    pub(super) fn find(&self, device: i64, finding: &Finding) {
        let mut books = self.books.borrow_mut();
        *books.kinds.entry(finding.kind).or_default() += 1;
        if books.seen.is_first(finding.kind) {
            let case = case::of_finding(device, finding, self.how.strict, self.elapsed());
            self.tell(Told::Case(Box::new(case)));
        }
    }

    pub(super) fn tell_fault(&self, device: i64, fault: Fault) {
        self.books.borrow_mut().faults += 1;
        self.tell(Told::Fault { device, fault });
    }

    /// A command has its fate.
    pub(super) fn settle(&self, device: i64, pending: Pending, fate: &Fate) {
        if let Fate::Accepted { status, ms } = *fate {
            self.books.borrow_mut().time(&pending.endpoint, ms);
            let is_plain = pending.error.is_none();
            let mut reporter = self.reporter.borrow_mut();
            if is_plain && !reporter.wants_passes() {
                reporter.passed(status, ms);
                return;
            }
        }
        let case = case::of_command(device, pending, fate, self.how.strict);
        self.tell(Told::Case(Box::new(case)));
    }

    /// Appends an exchange to the capture.
    pub(super) fn record(&self, request: Request, at: Timestamp, response: Option<Response>) {
        let mut recorder = self.recorder.borrow_mut();
        let Some(file) = recorder.as_mut() else {
            return;
        };
        let record = Record {
            at: Some(format!("{at:.3}")),
            platform: Some("controlid".to_owned()),
            response,
            by: Some(concat!("pushrig ", env!("CARGO_PKG_VERSION")).to_owned()),
            ..Record::of(request)
        };
        if let Err(error) = file.record(&record) {
            // What cannot be written once is not tried for every exchange.
            *recorder = None;
            self.tell(Told::Error(error));
        }
    }

    /// How a device polls by what its configuration says; none if as before.
    pub(super) fn changed_options(
        &self,
        configuration: &Configuration,
        have: &Options,
    ) -> Option<(Options, Vec<String>)> {
        let usual = &self.how.options;
        let mut next = have.clone();
        let mut notes = Vec::new();
        let value = |name| configuration.value("push_server", name).unwrap_or_default();
        let installed = |name| configuration.is_installed("push_server", name);
        next.base = match value("push_remote_address") {
            _ if installed("push_remote_address") => usual.base.clone(),
            "" => None,
            text => match text.parse() {
                Ok(base) => Some(base),
                Err(why) => {
                    notes.push(format!("falls silent: push_remote_address: {why}"));
                    None
                }
            },
        };
        next.period = if installed("push_request_period") {
            usual.period
        } else {
            // Whether 0 means no rest at all is not documented; a second is close to it.
            whole(value("push_request_period"), &mut notes)
                .map_or(have.period, |seconds| Duration::from_secs(seconds.max(1)))
        };
        next.timeout = if installed("push_request_timeout") {
            usual.timeout
        } else {
            whole(value("push_request_timeout"), &mut notes)
                .map_or(have.timeout, |ms| Duration::from_millis(ms.max(1)))
        };
        let same =
            (&next.base, next.period, next.timeout) == (&have.base, have.period, have.timeout);
        (!same || !notes.is_empty()).then_some((next, notes))
    }

    /// A connection to another server than the one that the run began with.
    pub(super) async fn connection_to(&self, base: &Base) -> Result<Connection, String> {
        let url = url_of(base);
        let first = self.how.options.base.as_ref().map(url_of);
        if first.is_some_and(|first| {
            (first.scheme, first.authority) == (url.scheme, url.authority.clone())
        }) {
            return Ok(self.connection());
        }
        let dialer = self.how.target.dialer(&url, USUAL_TIMEOUT);
        let dialer = dialer.map_err(|why| why.to_string())?;
        if !self.how.allow_remote && !dialer.is_loopback().await.unwrap_or(false) {
            return Err(format!(
                "it was told to poll {}, which is not on this machine; --allow-remote allows it",
                url.bare()
            ));
        }
        Ok(dialer.connection())
    }

    /// A device's life has ended.
    pub(super) fn bury(&self, device: &Device) {
        let mut books = self.books.borrow_mut();
        books.bury(device, self.how.end.commands.unwrap_or_default());
        if books.dead == self.devices {
            self.tell(Told::Wake);
        }
    }
}

fn whole(text: &str, notes: &mut Vec<String>) -> Option<u64> {
    let number = text.trim().parse().ok();
    if number.is_none() {
        notes.push(format!(
            "`{text}` is no whole number, so it stays as it was"
        ));
    }
    number
}
