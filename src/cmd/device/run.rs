//! What the devices of a run have in common, and what they tell while they live.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::Notify;
use tokio::sync::mpsc::UnboundedSender;
use tokio::time::{Instant, sleep_until};

use super::books::Books;
use super::case::{self, Fate, Pending};
use super::flags::{AccessArg, EndArgs};
use super::monitor::Monitor;
use super::one::Device;
use super::show::Told;
use crate::args::TargetArgs;
use crate::capture::Record;
use crate::controlid;
use crate::controlid::device::Options;
use crate::controlid::fault::Fault;
use crate::controlid::finding::Finding;
use crate::controlid::script::Script;
use crate::message::{Request, Response};
use crate::moment::Moment;
use crate::net::{Connection, Dialer};
use crate::recorder::Recorder;
use crate::reporter::Reporter;

/// How the devices of a run are to live.
pub(super) struct Plan {
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
    pub(super) how: Plan,
    pub(super) recorder: RefCell<Option<Recorder>>,
    pub(super) reporter: Rc<RefCell<Reporter>>,
    pub(super) tell: UnboundedSender<(Duration, Told)>,
    pub(super) begin: Timestamp,
    pub(super) started: Instant,
    pub(super) seed: u64,
    pub(super) devices: u64,
    pub(super) tells_polls: bool,
    pub(super) wants_details: bool,
    pub(super) is_ending: Cell<bool>,
    /// So much is unread that no device begins another poll.
    pub(super) is_held: Cell<bool>,
    pub(super) released: Notify,
    pub(super) polling: Cell<usize>,
    pub(super) working: Cell<usize>,
    /// When the last sleep of a device was to end.
    pub(super) due: Cell<Option<Instant>>,
    pub(super) books: RefCell<Books>,
}

/// What a device is doing, as far as a run that ends must know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Doing {
    /// It rests.
    Nothing,
    /// It waits for the answer to a poll.
    Polling,
    /// It has a command, or the result of one.
    Working,
}

/// The devices of a fleet wake up together on this grid: half as many wake-ups.
const GRID: Duration = Duration::from_millis(10);

impl Run {
    pub(super) fn tell(&self, told: Told) {
        // The one who listens is gone only when the run is over.
        let _ = self.tell.send((self.elapsed(), told));
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

    /// Holds the devices between two polls, or lets them go on.
    pub(super) fn hold(&self, is_held: bool) {
        if self.is_held.replace(is_held) && !is_held {
            self.released.notify_waiters();
        }
    }

    /// Waits for a reader of what the devices tell, where much is unread.
    pub(super) async fn released(&self) {
        while self.is_held.get() {
            self.released.notified().await;
        }
    }

    /// Whether each poll is told of.
    pub(super) fn tells_polls(&self) -> bool {
        self.tells_polls
    }

    /// Whether anybody looks at what a command and its reply were.
    pub(super) fn wants_details(&self) -> bool {
        self.wants_details
    }

    /// A target as it may be shown: the query of the base may hold a key.
    pub(super) fn shown_target(&self, target: &[u8]) -> String {
        let target = String::from_utf8_lossy(target);
        let base = self.how.options.base.as_ref();
        match base.and_then(|base| base.query.as_deref()) {
            Some(query) if !query.is_empty() => target.replacen(&format!("?{query}"), "?…", 1),
            _ => target.into_owned(),
        }
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

    pub(super) async fn sleep_until(&self, unix_millis: i64) {
        let ahead = unix_millis.saturating_sub(self.begin.as_millisecond());
        let mut ahead = Duration::from_millis(u64::try_from(ahead).unwrap_or_default());
        if self.devices > 1 {
            let rounded = ahead.as_millis().next_multiple_of(GRID.as_millis());
            ahead = Duration::from_millis(u64::try_from(rounded).unwrap_or(u64::MAX));
        }
        let due = self.started + ahead;
        sleep_until(due).await;
        self.due.set(Some(due));
    }

    /// A poll that was slept for begins now.
    pub(super) fn note_lateness(&self) {
        if let Some(due) = self.due.take() {
            let late = Instant::now().saturating_duration_since(due);
            let mut books = self.books.borrow_mut();
            books.late = books.late.max(late);
        }
    }

    pub(super) fn count_doing(&self, before: Doing, now: Doing) {
        let counter = |doing| match doing {
            Doing::Nothing => None,
            Doing::Polling => Some(&self.polling),
            Doing::Working => Some(&self.working),
        };
        if let Some(counter) = counter(before) {
            counter.set(counter.get().saturating_sub(1));
        }
        if let Some(counter) = counter(now) {
            counter.set(counter.get() + 1);
        }
        if self.is_ending() && self.polling.get() + self.working.get() == 0 {
            self.tell(Told::Wake);
        }
    }

    pub(super) fn time_poll(&self, ms: f64) {
        self.books.borrow_mut().time_poll(ms);
    }

    /// A finding of a device; the first of its kind is told.
    pub(super) fn find(&self, device: i64, finding: &Finding) {
        if self.books.borrow_mut().is_first(device, finding.kind) {
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
            platform: Some(controlid::NAME.to_owned()),
            response,
            by: Some(concat!("pushrig ", env!("CARGO_PKG_VERSION")).to_owned()),
            ..Record::of(request)
        };
        let kept = file.record(&record);
        if let Some(news) = file.news() {
            self.tell(Told::Warning(news));
        }
        if let Err(error) = kept {
            // What cannot be written once is not tried for every exchange.
            *recorder = None;
            self.tell(Told::Error(error));
        }
    }

    /// A device's life has ended.
    pub(super) fn bury(&self, device: &mut Device) {
        let mut books = self.books.borrow_mut();
        books.bury(device, self.how.end.commands.unwrap_or_default());
        if books.dead == self.devices {
            self.tell(Told::Wake);
        }
    }
}
