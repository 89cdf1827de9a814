//! Takes one request after another: judged, kept, answered, in that order.

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until};

use super::exec::Exec;
use super::forward::{self, Forward};
use super::inspector::{Inspector, Known};
use super::keep::{Keeper, Kept};
use super::visit::{BY, Visit, is_silent, line_of};
use crate::capture::{Content, Record};
use crate::error::Error;
use crate::message::{Request, Response};
use crate::moment::Moment;
use crate::net::server::{Manner, Refused, Reply, is_loopback};
use crate::receiver::fault::{Fault, FaultSpec, Place};
use crate::receiver::{Received, Receiver};
use crate::recorder::Recorder;
use crate::reporter::Reporter;
use crate::session::{Clock, Session};
use crate::signature::Verdict;

/// Where requests come to.
pub(super) struct Desk {
    pub(super) receiver: RefCell<Receiver>,
    keeper: Option<Rc<Keeper>>,
    forward: Option<Forward>,
    exec: RefCell<Option<Exec>>,
    pub(super) inspector: Option<Rc<Inspector>>,
    moment: RefCell<Moment>,
    clock: Clock,
    started: Instant,
    number: Cell<u64>,
    searching: Cell<Searching>,
    /// Whether somebody looks at each request, or only at what is not plain.
    is_watched: bool,
    /// The statuses and times of plain ones, which are only counted.
    plain: RefCell<Vec<(u16, Duration)>>,
    tell: UnboundedSender<Told>,
    heard: RefCell<Option<UnboundedReceiver<Told>>>,
    /// Until when what is waited for may take, once the run ends.
    ending: watch::Sender<Option<Instant>>,
}

/// So long may what is waited for take at the end; connections have a little longer.
const PATIENCE: Duration = Duration::from_millis(1500);

/// How long was searched for mistakes: whoever sends wrong signatures all the time does not keep
/// the others waiting.
#[derive(Clone, Copy, Default)]
struct Searching {
    spent: Duration,
    at: Duration,
    is_over: bool,
}

impl Searching {
    /// So much is searched at once.
    const MOST: Duration = Duration::from_secs(2);

    fn may(self) -> bool {
        !self.is_over
    }

    /// A tenth of the time comes back. Says whether this was too much.
    fn spend(&mut self, time: Duration, now: Duration) -> bool {
        self.spent = self.spent.saturating_sub(now.saturating_sub(self.at) / 10) + time;
        self.at = now;
        let was_over = std::mem::replace(&mut self.is_over, self.spent > Self::MOST);
        self.is_over && !was_over
    }
}

/// What is told to the one who prints.
pub(super) enum Told {
    /// A request was answered, or is not going to be.
    Request(Box<Arrived>),
    /// There are plain ones at the desk.
    Plain,
    /// What came and did not become a request.
    Refused(Refused, Duration),
    /// Something to look at.
    Warning(String),
    /// Something that failed on this side.
    Error(Error),
}

/// A request, and all that is known of it.
pub(super) struct Arrived {
    /// Which one it is, from 1.
    pub(super) number: u64,
    pub(super) line: String,
    pub(super) peer: SocketAddr,
    pub(super) received: Received,
    /// The status that it was answered with; none if it was not.
    pub(super) status: Option<u16>,
    /// Why it is without an answer, or with another than it would have: not by a fault.
    pub(super) trouble: Option<&'static str>,
    /// What is wrong with the answer of the server behind this one.
    pub(super) wrong: Option<String>,
    /// When it came, since the start.
    pub(super) at: Duration,
    /// How long its answer took.
    pub(super) took: Duration,
}

impl Desk {
    pub(super) fn new(
        receiver: Receiver,
        recorder: Option<Recorder>,
        forward: Option<Forward>,
        exec: Option<&str>,
        inspector: Option<Inspector>,
        session: &Session,
        reporter: &Reporter,
    ) -> Result<Self, Error> {
        let (tell, heard) = unbounded_channel();
        let exec = exec.map(|command| Exec::start(command, tell.clone()));
        Ok(Self {
            receiver: RefCell::new(receiver),
            keeper: recorder.map(|recorder| Rc::new(Keeper::new(recorder, tell.clone()))),
            forward,
            exec: RefCell::new(exec.transpose()?),
            inspector: inspector.map(Rc::new),
            moment: RefCell::new(session.moment()),
            clock: session.clock(),
            started: Instant::now(),
            number: Cell::new(0),
            searching: Cell::default(),
            is_watched: reporter.wants_passes(),
            plain: RefCell::default(),
            tell,
            heard: RefCell::new(Some(heard)),
            ending: watch::Sender::new(None),
        })
    }

    /// What is told, for the one who prints; once.
    pub(super) fn heard(&self) -> Option<UnboundedReceiver<Told>> {
        self.heard.take()
    }

    pub(super) fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// The run ends: nothing is waited for much longer.
    pub(super) fn stop(&self) {
        self.ending.send_replace(Some(Instant::now() + PATIENCE));
        if let Some(inspector) = &self.inspector {
            inspector.end();
        }
    }

    /// Nothing more comes: what is not in the capture yet is written.
    pub(super) fn close(&self) {
        if let Some(keeper) = &self.keeper {
            keeper.write();
        }
    }

    /// The command that is run for each request, at the end.
    pub(super) fn exec(&self) -> Option<Exec> {
        self.exec.take()
    }

    /// Answers a request. What is acknowledged is in the capture by then.
    pub(super) async fn receive(&self, request: Request, peer: SocketAddr) -> Reply {
        if let Some(inspector) = &self.inspector
            && Inspector::is_for(&request)
        {
            return Box::pin(inspector.answer(&request, peer, &self.receiver)).await;
        }
        let visit = self.welcome(&request, peer);
        let held = if self.forward.is_some() || visit.received.fault.is_some() {
            // In a box, because ten thousand connections that wait for nothing need not have the
            // room for it.
            Box::pin(self.take_time(request, visit)).await
        } else {
            Some((request, visit))
        };
        let Some((request, mut visit)) = held else {
            return Reply {
                manner: Manner::Never,
                ..Reply::default()
            };
        };
        let mut reply = visit.reply();
        let took = visit.arrived.elapsed();
        let is_watched = self.is_watched || visit.wrong.is_some() || !visit.received.is_plain();
        let line = is_watched.then(|| line_of(&request));
        let (kept, mut record) = self.write_down(request, &visit, &reply, took);
        let is_kept = match kept {
            Some(kept) => kept.await,
            None => true,
        };
        if is_kept {
            self.give(record.as_deref());
        } else {
            visit.fail(NOT_KEPT);
            if !is_silent(&reply) {
                // What is not kept is not acknowledged: the platform will send it once more.
                reply = Reply::from(Response {
                    status: 503,
                    ..Response::default()
                });
                if let Some(record) = &mut record {
                    record.response = Some((*reply.response).clone());
                }
            }
        }
        let status = (!is_silent(&reply)).then_some(reply.response.status);
        self.conclude(visit, record, status, took, line);
        reply
    }

    fn welcome(&self, request: &Request, peer: SocketAddr) -> Visit {
        let arrived = Instant::now();
        let number = self.number.get() + 1;
        self.number.set(number);
        let now = self.now();
        Visit {
            received: self.judge(request, arrived),
            peer,
            number,
            now,
            arrived,
            trouble: None,
            reason: None,
            wrong: None,
        }
    }

    /// What an answer waits for: a fault, or another server.
    async fn take_time(&self, request: Request, visit: Visit) -> Option<(Request, Visit)> {
        let fault = visit.received.fault;
        let mut held = Held(self, Some((request, visit)));
        let mut is_whole = self.hold_back(fault, Place::Before).await;
        if let (true, Some((request, visit))) = (is_whole, &mut held.1) {
            is_whole =
                self.pass_on(request, visit).await && self.hold_back(fault, Place::After).await;
        }
        let (request, mut visit) = held.over()?;
        if !is_whole {
            visit.fail("it waited for its answer when the run ended");
        }
        Some((request, visit))
    }

    /// Hands a request to the capture; the record is for the command, once it is kept, and for the
    /// inspector.
    fn write_down(
        &self,
        request: Request,
        visit: &Visit,
        reply: &Reply,
        took: Duration,
    ) -> (Option<Kept>, Option<Box<Record>>) {
        let is_wanted = self.inspector.is_some() || self.exec.borrow().is_some();
        if self.keeper.is_none() && !is_wanted {
            return (None, None);
        }
        let answer = (!is_silent(reply)).then_some(&*reply.response);
        let record = visit.record(request, answer, took);
        let kept = self.keeper.as_ref().map(|keeper| keeper.keep(&record));
        (kept, is_wanted.then(|| Box::new(record)))
    }

    /// Gives a record to the command.
    fn give(&self, record: Option<&Record>) {
        if let (Some(record), Some(exec)) = (record, self.exec.borrow().as_ref()) {
            exec.give(record.to_line());
        }
    }

    /// The connection of a request is gone that waited for its answer: it came all the same.
    fn lose(&self, request: Request, mut visit: Visit) {
        visit.fail("its connection was gone before its answer");
        let took = visit.arrived.elapsed();
        let line = line_of(&request);
        let record = visit.record(request, None, took);
        if let Some(keeper) = &self.keeper {
            keeper.keep_now(&record);
        }
        self.give(Some(&record));
        self.conclude(visit, Some(Box::new(record)), None, took, Some(line));
    }

    /// It counts, and is told of.
    fn conclude(
        &self,
        mut visit: Visit,
        record: Option<Box<Record>>,
        status: Option<u16>,
        took: Duration,
        line: Option<String>,
    ) {
        let at = visit.arrived.duration_since(self.started);
        let mut receiver = self.receiver.borrow_mut();
        receiver.answered(&mut visit.received, status, took, at + took);
        if let (Some(record), Some(inspector)) = (record, &self.inspector) {
            let known = Known {
                number: visit.number,
                received: &visit.received,
                status,
                trouble: visit.trouble,
                wrong: visit.wrong.as_deref(),
                at,
                took,
            };
            inspector.keep(*record, &known);
        }
        let veil = &receiver.checker().veil;
        match (line, status) {
            (None, Some(status)) if visit.trouble.is_none() => self.pass(status, took),
            (line, _) => self.tell(Told::Request(Box::new(Arrived {
                number: visit.number,
                line: veil.hide_text(&line.unwrap_or_default()).into_owned(),
                peer: visit.peer,
                received: visit.received,
                status,
                trouble: visit.trouble,
                wrong: visit.wrong,
                at,
                took,
            }))),
        }
    }

    /// Counts one that nobody looks at.
    fn pass(&self, status: u16, took: Duration) {
        let mut plain = self.plain.borrow_mut();
        plain.push((status, took));
        if plain.len() == 1 {
            self.tell(Told::Plain);
        }
    }

    /// The statuses and times of the plain ones that came since.
    pub(super) fn passed(&self) -> impl Iterator<Item = (u16, Duration)> {
        self.plain.take().into_iter()
    }

    /// What is thought of a request when it comes.
    fn judge(&self, request: &Request, arrived: Instant) -> Received {
        let mut moment = self.moment.borrow_mut();
        let mut receiver = self.receiver.borrow_mut();
        let mut searching = self.searching.get();
        receiver.explains(searching.may());
        let at = arrived.duration_since(self.started);
        let judged = receiver.receive(request, &mut moment, at);
        if judged.verdict == Verdict::Mismatch {
            if searching.spend(arrived.elapsed(), self.elapsed()) {
                let why = "so much came with a wrong signature that the mistake is not looked for \
                           in each";
                self.tell(Told::Warning(why.to_owned()));
            }
            self.searching.set(searching);
        }
        judged
    }

    /// Keeps what did not become a request.
    pub(super) fn refuse(&self, refused: Refused) {
        let first = refused.raw.split(|&byte| byte == b'\n').next();
        if self.inspector.is_some() && first.is_some_and(Inspector::is_named_in) {
            // A page that was closed in the middle of a call; its token is nobody's business.
            return;
        }
        if self.inspector.is_some() && refused.is_distrust && is_loopback(refused.peer.ip()) {
            // The browser that is to open the page is no platform.
            let why = refused.why;
            self.tell(Told::Warning(format!(
                "{why}: if that is the browser, tell it to go on to the page"
            )));
            return;
        }
        let content = Content::Unparsed {
            bytes: refused.raw.clone(),
            error: refused.why.clone(),
        };
        let now = self.now();
        let record = Record {
            at: Some(format!("{now:.3}")),
            peer: Some(refused.peer.to_string()),
            response: refused.status.map(|status| Response {
                status,
                ..Response::default()
            }),
            by: Some(BY.to_owned()),
            ..Record::with(content)
        };
        if let Some(keeper) = &self.keeper {
            keeper.add(&record);
        }
        self.give(Some(&record));
        if let Some(inspector) = &self.inspector {
            inspector.keep_refused(record, &refused, self.elapsed());
        }
        self.tell(Told::Refused(refused, self.elapsed()));
    }

    fn now(&self) -> Timestamp {
        let now = self.clock.now();
        self.moment.borrow_mut().now = now;
        now
    }

    fn tell(&self, told: Told) {
        // The one who listens is gone only when the run is over.
        let _ = self.tell.send(told);
    }

    /// Waits, where that is the fault, and says whether to the end.
    async fn hold_back(&self, fault: Option<FaultSpec>, place: Place) -> bool {
        match fault {
            Some(FaultSpec {
                fault: Fault::Delay(time),
                place: here,
                ..
            }) if here == place => self.unless_ending(sleep(time)).await.is_some(),
            _ => true,
        }
    }

    /// What something comes to, unless the run ends first.
    async fn unless_ending<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        let mut ending = self.ending.subscribe();
        let ended = async {
            let due = ending.wait_for(Option::is_some).await;
            let due = due.ok().and_then(|due| *due);
            sleep_until(due.unwrap_or_else(Instant::now)).await;
        };
        tokio::select! {
            done = work => Some(done),
            () = ended => None,
        }
    }

    /// Lets another server answer what is welcome, and says whether there was time for it.
    async fn pass_on(&self, request: &Request, visit: &mut Visit) -> bool {
        let is_taken = visit.received.is_taken;
        let Some(forward) = self.forward.as_ref().filter(|_| is_taken) else {
            return true;
        };
        let Some(answer) = self.unless_ending(forward.send(request)).await else {
            return false;
        };
        let why = match answer {
            // Behind it another protocol would be spoken.
            Ok((answer, _)) if answer.status == 101 => {
                "the server answered 101, which is not passed on".to_owned()
            }
            Ok((answer, reason)) => {
                visit.wrong = forward::flaw(&visit.received, &answer);
                visit.received.response = Arc::new(answer);
                visit.reason = Some(reason);
                return true;
            }
            Err(why) => why.to_string(),
        };
        visit.wrong = Some(format!("--forward: {why}"));
        visit.received.response = Arc::new(Response {
            status: 502,
            ..Response::default()
        });
        true
    }
}

/// Why a request is turned away that would be welcome.
pub(super) const NOT_KEPT: &str = "it could not be kept, and so it was not taken";

/// A request that is answered later, unless its connection goes first.
struct Held<'d>(&'d Desk, Option<(Request, Visit)>);

impl Held<'_> {
    fn over(mut self) -> Option<(Request, Visit)> {
        self.1.take()
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        if let Some((request, visit)) = self.1.take() {
            self.0.lose(request, visit);
        }
    }
}
