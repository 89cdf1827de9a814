//! Takes one request after another: judged, kept, answered, in that order.

use std::cell::{Cell, RefCell};
use std::net::SocketAddr;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::{Instant, sleep};

use super::exec::Exec;
use super::forward::Forward;
use crate::capture::{Content, Record};
use crate::error::Error;
use crate::message::{Request, Response};
use crate::moment::Moment;
use crate::net::server::{Manner, Refused, Reply};
use crate::receiver::fault::{Fault, FaultSpec, Place};
use crate::receiver::{Kind, Received, Receiver};
use crate::recorder::Recorder;
use crate::session::{Clock, Session};

/// Where requests come to.
pub(super) struct Desk {
    pub(super) receiver: RefCell<Receiver>,
    recorder: RefCell<Option<Recorder>>,
    forward: Option<Forward>,
    exec: RefCell<Option<Exec>>,
    moment: RefCell<Moment>,
    clock: Clock,
    started: Instant,
    number: Cell<u64>,
    tell: UnboundedSender<Told>,
    heard: RefCell<Option<UnboundedReceiver<Told>>>,
}

/// What is told to the one who prints.
pub(super) enum Told {
    /// A request was answered, or is not going to be.
    Request(Box<Arrived>),
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
        exec: Option<Exec>,
        session: &Session,
    ) -> Self {
        let (tell, heard) = unbounded_channel();
        Self {
            receiver: RefCell::new(receiver),
            recorder: RefCell::new(recorder),
            forward,
            exec: RefCell::new(exec),
            moment: RefCell::new(session.moment()),
            clock: session.clock(),
            started: Instant::now(),
            number: Cell::new(0),
            tell,
            heard: RefCell::new(Some(heard)),
        }
    }

    /// What is told, for the one who prints; once.
    pub(super) fn heard(&self) -> Option<UnboundedReceiver<Told>> {
        self.heard.take()
    }

    pub(super) fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// What the command that is run for each request has said that is wrong, at the end.
    pub(super) fn end(&self) -> Vec<String> {
        self.exec.take().map(Exec::end).unwrap_or_default()
    }

    /// Answers a request. What is acknowledged is in the capture by then.
    pub(super) async fn receive(&self, request: Request, peer: SocketAddr) -> Reply {
        let (arrived, at) = (Instant::now(), self.elapsed());
        let number = self.number.get() + 1;
        self.number.set(number);
        let now = self.now();
        // A URL has to be verified before anything is pushed that could fail.
        let fault = (*request.method != *b"GET")
            .then(|| {
                let mut moment = self.moment.borrow_mut();
                self.receiver.borrow_mut().fault(&mut moment)
            })
            .flatten();
        self.hold_back(fault, Place::Before).await;
        let mut received = {
            let moment = self.moment.borrow();
            self.receiver.borrow_mut().receive(&request, fault, &moment)
        };
        self.pass_on(&request, &mut received).await;
        self.hold_back(fault, Place::After).await;
        let line = line_of(&request);
        let mut reply = Self::reply(&received);
        let took = arrived.elapsed();
        let record = record(request, peer, now, &received, took);
        if let Err(why) = self.keep(&record) {
            self.tell(Told::Error(why));
            // What is not kept is not acknowledged: the platform will send it once more.
            reply = Reply::from(Response {
                status: 503,
                ..Response::default()
            });
        }
        if let Some(exec) = self.exec.borrow().as_ref()
            && let Err(why) = exec.give(record.to_line())
        {
            self.tell(Told::Warning(why));
        }
        let status = match reply.manner {
            Manner::Reset | Manner::Never => None,
            Manner::Plain | Manner::Truncate(_) | Manner::Slow(_) => Some(reply.response.status),
        };
        self.tell(Told::Request(Box::new(Arrived {
            number,
            line,
            peer,
            received,
            status,
            at,
            took,
        })));
        reply
    }

    /// Keeps what did not become a request.
    pub(super) fn refuse(&self, refused: Refused) {
        let content = Content::Unparsed {
            bytes: refused.raw.clone(),
            error: refused.why.clone(),
        };
        let record = Record {
            at: Some(format!("{:.3}", self.now())),
            peer: Some(refused.peer.to_string()),
            response: refused.status.map(|status| Response {
                status,
                ..Response::default()
            }),
            by: Some(BY.to_owned()),
            ..Record::with(content)
        };
        if let Err(why) = self.keep(&record) {
            self.tell(Told::Error(why));
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

    /// Waits, where that is the fault.
    async fn hold_back(&self, fault: Option<FaultSpec>, place: Place) {
        if let Some(FaultSpec {
            fault: Fault::Delay(time),
            place: here,
            ..
        }) = fault
            && here == place
        {
            sleep(time).await;
        }
    }

    /// Lets another server answer what is welcome.
    async fn pass_on(&self, request: &Request, received: &mut Received) {
        let Some(forward) = &self.forward else {
            return;
        };
        if received.kind == Kind::Other || !received.is_taken {
            return;
        }
        match forward.send(request).await {
            Ok(response) => received.response = response,
            Err(why) => {
                self.tell(Told::Warning(format!("--forward: {why}")));
                received.response = Response {
                    status: 502,
                    ..Response::default()
                };
            }
        }
    }

    fn reply(received: &Received) -> Reply {
        let response = received.response.clone();
        let manner = match received.fault.map(|spec| spec.fault) {
            None | Some(Fault::Delay(_)) => Manner::Plain,
            Some(Fault::Status(status)) => {
                return Reply::from(Response {
                    status,
                    ..Response::default()
                });
            }
            Some(Fault::Reset) => Manner::Reset,
            Some(Fault::Truncate(bytes)) => Manner::Truncate(bytes),
            Some(Fault::Slow(rate)) => Manner::Slow(rate),
            Some(Fault::Never) => Manner::Never,
        };
        Reply { response, manner }
    }

    fn keep(&self, record: &Record) -> Result<(), Error> {
        match self.recorder.borrow_mut().as_mut() {
            Some(recorder) => recorder.record(record),
            None => Ok(()),
        }
    }
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

/// The record of a request, as a capture keeps it.
fn record(
    request: Request,
    peer: SocketAddr,
    at: Timestamp,
    received: &Received,
    took: Duration,
) -> Record {
    let response = received.sent().map(|response| Response {
        ms: Some(took.as_secs_f64() * 1000.0),
        ..response
    });
    Record {
        at: Some(format!("{at:.3}")),
        platform: received.platform.clone(),
        peer: Some(peer.to_string()),
        response,
        verdict: Some(received.verdict.as_str().to_owned()),
        why: received.why.clone(),
        by: Some(BY.to_owned()),
        note: received.fault.map(|fault| format!("--fault {fault}")),
        ..Record::of(request)
    }
}
