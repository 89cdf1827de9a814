//! Sends the records of a replay, and judges the answers.
//!
//! Workers, one a connection, take one record after another and send it. They run on this
//! thread; what they find goes to the reporter, and a pass that nobody wants to see is only
//! counted, so that the tool is not what is measured.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::Notify;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::task::LocalSet;
use tokio::time::{Instant, sleep_until};

use super::feed::{Feed, Handed, Ticket};
use super::load::{Fed, Loader};
use super::show::Show;
use crate::error::{Error, Outcome};
use crate::moment::Moment;
use crate::net::stop::signalled;
use crate::net::{Answer, Connection, Dialer, Failure, block_on};
use crate::replay::pace::Pacer;
use crate::replay::{Expectations, Item, Judged, Pace};
use crate::report::case::{Case, CaseOutcome};
use crate::reporter::Reporter;
use crate::session::Session;
use crate::signature::Veil;
use crate::term;

/// How records are sent.
pub(super) struct Drive {
    pub(super) dialer: Arc<Dialer>,
    pub(super) expectations: Expectations,
    pub(super) concurrency: u32,
    pub(super) pace: Pace,
    pub(super) shuffle: bool,
    pub(super) duplicate: u32,
    pub(super) rounds: u64,
    /// How long records are sent.
    pub(super) time: Option<Duration>,
    pub(super) fail_fast: bool,
    /// Hides secrets in what is shown of an answer.
    pub(super) veil: Veil,
}

/// What is told to the one who prints.
pub(super) enum Told {
    /// The case of that turn; none if it passed and is only counted.
    Case(u64, Option<Box<Case>>),
    /// Something else that reading gave.
    Other(Fed),
}

/// What all workers share.
pub(super) struct Run {
    how: Drive,
    feed: Feed,
    pacer: RefCell<Pacer>,
    moment: RefCell<Moment>,
    /// Whether the time is what `--now` says.
    now_is_fixed: bool,
    started: Instant,
    pub(super) reporter: Rc<RefCell<Reporter>>,
    /// Why no more records are sent.
    ended: RefCell<Option<&'static str>>,
    /// Wakes the workers that wait for a record or for its time when no more are sent.
    end: Notify,
    answered: Cell<bool>,
    /// By how much the pace was missed at worst.
    late: Cell<Duration>,
}

impl Drive {
    /// Sends everything that `loader` gives.
    pub(super) fn run(
        self,
        loader: Loader,
        mut reporter: Reporter,
        session: &mut Session,
    ) -> Result<Outcome, Error> {
        let again = self.rounds > 1;
        if again {
            reporter.only_count_passes();
        }
        let reporter = Rc::new(RefCell::new(reporter));
        let mut show = Show::new(Rc::clone(&reporter), session);
        let mut ended = None;
        let feed = if again || self.shuffle {
            let (items, whole) = show.hold(loader, self.fail_fast)?;
            ended = (!whole).then_some(FAILED_FAST);
            let items = if self.shuffle {
                shuffled(items, &mut show.session.moment())
            } else {
                items
            };
            Feed::held(items, self.duplicate, self.rounds)
        } else {
            Feed::streamed(loader, self.duplicate)
        };
        show.start(feed.total());
        let run = Rc::new(Run {
            pacer: RefCell::new(Pacer::new(self.pace)),
            moment: RefCell::new(show.session.moment()),
            now_is_fixed: show.session.globals.now.is_some(),
            started: Instant::now(),
            reporter,
            ended: RefCell::new(ended),
            end: Notify::new(),
            answered: Cell::default(),
            late: Cell::default(),
            how: self,
            feed,
        });
        block_on(run.send_all(show))?
    }
}

/// The records in an order that is drawn.
fn shuffled(mut items: Vec<Item>, moment: &mut Moment) -> Vec<Item> {
    for end in (1..items.len()).rev() {
        items.swap(end, moment.below(end + 1));
    }
    items
}

impl Run {
    async fn send_all(self: Rc<Self>, mut show: Show<'_>) -> Result<Outcome, Error> {
        let (tell, mut heard) = unbounded_channel();
        let workers = LocalSet::new();
        for _ in 0..self.how.concurrency {
            workers.spawn_local(Rc::clone(&self).work(tell.clone()));
        }
        drop(tell);
        let listening = async {
            let mut signal = std::pin::pin!(signalled());
            let mut tick = tokio::time::interval(Duration::from_millis(100));
            loop {
                tokio::select! {
                    told = heard.recv() => match told {
                        Some(told) => {
                            show.take(told)?;
                            if show.is_unread() {
                                self.end(UNREAD);
                            }
                        }
                        None => return Ok::<_, Error>(None),
                    },
                    signal = &mut signal => return Ok(Some(signal?)),
                    _ = tick.tick() => show.tick()?,
                }
            }
        };
        let signal = workers.run_until(listening).await?;
        // Nothing more is sent.
        drop(workers);
        while let Ok(told) = heard.try_recv() {
            show.take(told)?;
        }
        let late = self.late.get();
        if late > LATE {
            show.session.warn(&format!(
                "the pace was not kept: up to {} late; more connections (--concurrency) may help",
                humantime::format_duration(Duration::from_millis(
                    u64::try_from(late.as_millis()).unwrap_or(u64::MAX)
                ))
            ));
        }
        let ended = self.ended.take();
        show.finish(signal, ended, self.started.elapsed())
    }

    /// One worker: record after record over one connection.
    async fn work(self: Rc<Self>, tell: UnboundedSender<Told>) {
        let mut connection = self.how.dialer.connection();
        let mut wire = Vec::new();
        while let Some(ticket) = self.next(&tell).await {
            wire.clear();
            self.write(&ticket, &mut wire);
            let at = self.started.elapsed();
            let outcome = connection.exchange(&wire).await;
            let case = match outcome {
                Ok(answer) => self.judge(&ticket, &answer, at),
                Err(failure) if self.is_told(&failure) => continue,
                Err(failure) => Some(self.failed(&ticket, &failure, &connection, at)),
            };
            if ticket.item.borrow().breaks_framing() {
                connection.close();
            }
            if self.how.fail_fast
                && let Some(case) = &case
                && case.outcome != CaseOutcome::Pass
            {
                self.end(FAILED_FAST);
            }
            if (case.is_some() || self.reporter.borrow().wants_passes())
                && tell
                    .send(Told::Case(ticket.turn, case.map(Box::new)))
                    .is_err()
            {
                return;
            }
        }
    }

    /// The next record, when its time has come.
    async fn next(&self, tell: &UnboundedSender<Told>) -> Option<Ticket> {
        if self.is_over() {
            return None;
        }
        let ticket = loop {
            match self.handed().await? {
                Handed::Ticket(ticket) => break ticket,
                Handed::Told(told) => {
                    if self.how.fail_fast && matches!(told, Told::Case(..)) {
                        self.end(FAILED_FAST);
                    }
                    // The one who listens is gone only when the run is over.
                    tell.send(told).ok()?;
                }
            }
        };
        let due = self.pacer.borrow_mut().next(ticket.item.borrow().at);
        if let Some(due) = due {
            if self.how.time.is_some_and(|time| due >= time) {
                return None;
            }
            let elapsed = self.started.elapsed();
            if due > elapsed {
                tokio::select! {
                    () = self.over() => return None,
                    () = sleep_until(self.started + due) => {}
                }
            } else {
                self.late
                    .set(self.late.get().max(elapsed.saturating_sub(due)));
            }
        }
        (!self.is_over()).then_some(ticket)
    }

    /// What the feed has next. What is read while it is sent may be long in coming.
    async fn handed(&self) -> Option<Handed> {
        if self.feed.is_held() {
            return self.feed.next().await;
        }
        tokio::select! {
            biased;
            () = self.over() => None,
            handed = self.feed.next() => handed,
        }
    }

    /// Waits until no more records are to be sent.
    async fn over(&self) {
        let mut told = std::pin::pin!(self.end.notified());
        told.as_mut().enable();
        if self.ended.borrow().is_some() {
            return;
        }
        match self.how.time {
            Some(time) => tokio::select! {
                () = told => {}
                () = sleep_until(self.started + time) => {}
            },
            None => told.await,
        }
    }

    fn is_over(&self) -> bool {
        self.ended.borrow().is_some()
            || self
                .how
                .time
                .is_some_and(|time| self.started.elapsed() >= time)
    }

    fn end(&self, why: &'static str) {
        self.ended.borrow_mut().get_or_insert(why);
        self.end.notify_waiters();
    }

    fn write(&self, ticket: &Ticket, wire: &mut Vec<u8>) {
        let mut moment = self.moment.borrow_mut();
        if !self.now_is_fixed {
            moment.now = Timestamp::now();
        }
        ticket.item.borrow_mut().wire.write(&mut moment, wire);
    }

    /// The case; none for a pass that is only counted.
    fn judge(&self, ticket: &Ticket, answer: &Answer<'_>, at: Duration) -> Option<Case> {
        self.answered.set(true);
        let item = ticket.item.borrow();
        let (status, body) = (answer.status(), answer.body());
        let judged = Judged {
            status,
            body,
            took: answer.timings.total,
        };
        let oddities = answer.oddities();
        let how = &self.how;
        let why = how
            .expectations
            .judge(&item.standard, &judged, &how.veil, || answer.to_response());
        if why.is_none() {
            let mut reporter = self.reporter.borrow_mut();
            let is_plain = !item.is_odd && oddities.is_empty();
            if !reporter.wants_passes() && is_plain {
                reporter.passed(status, answer.ms());
                return None;
            }
        }
        let mut case = case_of(&item, ticket, at);
        case.status = Some(status);
        case.ms = Some(answer.ms());
        case.warnings
            .extend(oddities.iter().map(ToString::to_string));
        if why.is_some() {
            case.outcome = CaseOutcome::Fail;
            if let Some(signature) = item.about.signature {
                case.details.push(("signed", signature.to_owned()));
            }
            case.details.push(("answer", self.answer_in_words(answer)));
            if !body.is_empty() {
                case.details.push(("body", self.shown(body)));
            }
            if !answer.surplus().is_empty() {
                let text = self.shown(answer.surplus());
                case.details
                    .push(("surplus", format!("behind the body: {text}")));
            }
        }
        case.why = why;
        Some(case)
    }

    /// The beginning of what a server sent, as it can be shown.
    fn shown(&self, bytes: &[u8]) -> String {
        // A secret across the end of what is shown is hidden, too.
        let start = &bytes[..bytes.len().min(MOST_SEARCHED)];
        let hidden = self.how.veil.hide(start);
        let start = &hidden[..hidden.len().min(MOST_SHOWN)];
        term::cut(&term::escape(start), MOST_SHOWN)
    }

    fn answer_in_words(&self, answer: &Answer<'_>) -> String {
        let mut words = match answer.body().len() {
            0 => "no body".to_owned(),
            1 => "1 byte".to_owned(),
            length => format!("{length} bytes"),
        };
        if let Some(kind) = answer.to_response().headers.first("Content-Type") {
            words.push_str(", ");
            words.push_str(&term::cut(&term::escape(&self.how.veil.hide(kind)), 60));
        }
        words
    }

    /// Whether it was said already that the server cannot be reached: workers that were about to
    /// send find out together.
    fn is_told(&self, failure: &Failure) -> bool {
        failure.is_unreachable() && *self.ended.borrow() == Some(UNREACHABLE)
    }

    fn failed(
        &self,
        ticket: &Ticket,
        failure: &Failure,
        connection: &Connection,
        at: Duration,
    ) -> Case {
        let mut case = case_of(&ticket.item.borrow(), ticket, at);
        case.outcome = if failure.is_an_answer() {
            CaseOutcome::Fail
        } else {
            CaseOutcome::Error
        };
        let why = failure.to_string();
        case.why = Some(self.how.veil.hide_text(&why).into_owned());
        case.hint = failure.hint().map(str::to_owned);
        if let Some(partial) = connection.partial() {
            case.status = Some(partial.status);
            if !partial.body.is_empty() {
                case.details.push(("body", self.shown(&partial.body)));
            }
        }
        if failure.is_unreachable() && !self.answered.get() {
            self.end(UNREACHABLE);
        }
        case
    }
}

/// A pace that is missed by less is kept.
const LATE: Duration = Duration::from_millis(100);

/// Of a body, so many characters are shown, and so many bytes searched for secrets.
const MOST_SHOWN: usize = 300;
const MOST_SEARCHED: usize = 4096;

/// What a run ends by before its records do.
const FAILED_FAST: &str = "--fail-fast: the rest was not sent";
const UNREAD: &str = "a reader who went away: the rest was not sent";
const UNREACHABLE: &str = "a server that cannot be reached: nothing more is sent";

fn case_of(item: &Item, ticket: &Ticket, at: Duration) -> Case {
    let id = match ticket.time {
        1 => item.about.id.clone(),
        time => format!("{}#{time}", item.about.id),
    };
    Case {
        id,
        place: Some(item.about.place.clone()),
        platform: item.about.platform.clone(),
        at: Some(at.as_secs_f64()),
        warnings: item
            .about
            .fault
            .iter()
            .map(|fault| format!("sent as it was recorded: {fault}"))
            .chain(item.about.mended.clone())
            .collect(),
        ..Case::default()
    }
}
