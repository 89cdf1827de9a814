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
use super::forward::Forward;
use super::keep::{Keeper, Kept};
use crate::capture::{Content, Record};
use crate::error::Error;
use crate::message::{Request, Response};
use crate::moment::Moment;
use crate::net::server::{Manner, Refused, Reply};
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
        let mut visit = self.welcome(&request, peer);
        // In a box, because ten thousand connections that wait for nothing need not have the
        // room for it.
        if self.forward.is_some() || visit.received.fault.is_some() {
            Box::pin(self.take_time(&request, &mut visit)).await;
        }
        let mut reply = visit.reply();
        let took = visit.arrived.elapsed();
        let is_watched = self.is_watched || !visit.received.is_plain();
        let line = is_watched.then(|| line_of(&request));
        let is_kept = match self.write_down(request, &visit, &reply, took) {
            Some(writing) => writing.await,
            None => true,
        };
        if !is_kept {
            visit.fail("it could not be kept, and so it was not taken");
            if !is_silent(&reply) {
                // What is not kept is not acknowledged: the platform will send it once more.
                reply = Reply::from(Response {
                    status: 503,
                    ..Response::default()
                });
            }
        }
        let status = (!is_silent(&reply)).then_some(reply.response.status);
        self.conclude(visit, status, took, line);
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
        }
    }

    /// What an answer waits for: a fault, or another server.
    async fn take_time(&self, request: &Request, visit: &mut Visit) {
        let fault = visit.received.fault;
        let is_whole = self.hold_back(fault, Place::Before).await
            && self.pass_on(request, &mut visit.received).await
            && self.hold_back(fault, Place::After).await;
        if !is_whole {
            visit.fail("it waited for its answer when the run ended");
        }
    }

    /// Gives a request to the command, and to the capture; there, whether it is in it is known
    /// later.
    fn write_down(
        &self,
        request: Request,
        visit: &Visit,
        reply: &Reply,
        took: Duration,
    ) -> Option<Kept> {
        let exec = self.exec.borrow();
        if self.keeper.is_none() && exec.is_none() {
            return None;
        }
        let answer = (!is_silent(reply)).then_some(&*reply.response);
        let record = visit.record(request, answer, took);
        if let Some(exec) = exec.as_ref() {
            exec.give(&record);
        }
        Some(self.keeper.as_ref()?.keep(&record))
    }

    /// It counts, and is told of.
    fn conclude(&self, visit: Visit, status: Option<u16>, took: Duration, line: Option<String>) {
        let received = &visit.received;
        self.receiver.borrow_mut().answered(received, status, took);
        match (line, status) {
            (None, Some(status)) if visit.trouble.is_none() => self.pass(status, took),
            (line, _) => self.tell(Told::Request(Box::new(Arrived {
                number: visit.number,
                line: line.unwrap_or_default(),
                peer: visit.peer,
                received: visit.received,
                status,
                trouble: visit.trouble,
                at: visit.arrived.duration_since(self.started),
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
        // A URL has to be verified before anything is pushed that could fail.
        let fault = (*request.method != *b"GET")
            .then(|| receiver.fault(&mut moment))
            .flatten();
        let mut searching = self.searching.get();
        receiver.explains(searching.may());
        let judged = receiver.receive(request, fault, &moment);
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
        if let Some(exec) = self.exec.borrow().as_ref() {
            exec.give(&record);
        }
        if let Some(keeper) = &self.keeper {
            keeper.add(&record);
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
    async fn pass_on(&self, request: &Request, received: &mut Received) -> bool {
        let Some(forward) = self.forward.as_ref().filter(|_| received.is_taken) else {
            return true;
        };
        let Some(answer) = self.unless_ending(forward.send(request)).await else {
            return false;
        };
        received.response = Arc::new(answer.unwrap_or_else(|why| {
            self.tell(Told::Warning(format!("--forward: {why}")));
            Response {
                status: 502,
                ..Response::default()
            }
        }));
        true
    }
}

/// A request that waits for its answer.
struct Visit {
    peer: SocketAddr,
    number: u64,
    now: Timestamp,
    arrived: Instant,
    received: Received,
    trouble: Option<&'static str>,
}

impl Visit {
    /// It is without the answer that it would have.
    fn fail(&mut self, why: &'static str) {
        self.trouble = Some(why);
        self.received.is_taken = false;
    }

    /// The answer, as far as is known before it is kept.
    fn reply(&self) -> Reply {
        let manner = match self.received.fault.map(|spec| spec.fault) {
            _ if self.trouble.is_some() => Manner::Never,
            None | Some(Fault::Delay(_) | Fault::Status(_)) => Manner::Plain,
            Some(Fault::Reset) => Manner::Reset,
            Some(Fault::Truncate(bytes)) => Manner::Truncate(bytes),
            Some(Fault::Slow(rate)) => Manner::Slow(rate),
            Some(Fault::Never) => Manner::Never,
        };
        Reply {
            response: self.received.sent().unwrap_or_default(),
            manner,
        }
    }

    /// The record of it, as a capture keeps it.
    fn record(&self, request: Request, answer: Option<&Response>, took: Duration) -> Record {
        let received = &self.received;
        let response = answer.map(|answer| Response {
            ms: Some(took.as_secs_f64() * 1000.0),
            ..answer.clone()
        });
        Record {
            at: Some(format!("{:.3}", self.now)),
            platform: received.platform.as_deref().map(str::to_owned),
            peer: Some(self.peer.to_string()),
            response,
            verdict: Some(received.verdict.as_str().to_owned()),
            why: why(received),
            by: Some(BY.to_owned()),
            note: received.fault.map(|fault| format!("--fault {fault}")),
            ..Record::of(request)
        }
    }
}

/// Whether nobody reads an answer.
fn is_silent(reply: &Reply) -> bool {
    matches!(reply.manner, Manner::Reset | Manner::Never)
}

/// Why it is not right, with the mistake that was proved.
fn why(received: &Received) -> Option<String> {
    let why = received.why.as_ref()?;
    Some(match &received.mistake {
        Some(mistake) => format!("{why}; the mistake: {mistake}"),
        None => why.clone(),
    })
}

const BY: &str = concat!("pushrig ", env!("CARGO_PKG_VERSION"));

fn line_of(request: &Request) -> String {
    let target = request.target.split(|&byte| byte == b'?').next();
    format!(
        "{} {}",
        String::from_utf8_lossy(&request.method),
        String::from_utf8_lossy(target.unwrap_or_default())
    )
}
