//! The exact sender: HTTP/1.1 requests leave as they were composed, byte for byte.
//!
//! It never writes a request of its own, so it can send what no well-behaved client can: a raw
//! `+` or blank in the target, duplicate headers, a wrong `Content-Length`. It does not follow
//! redirects, keep cookies or undo compression, and knows no proxy. Every byte of a protocol
//! goes through here.

use std::fmt;
use std::future::poll_fn;
use std::net::SocketAddr;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::message::Response;

use super::dial::Dialer;
use super::failure::Failure;
use super::reply::Incoming;
use super::stream::Stream;

mod talk;

use talk::{Talk, Timer, trickle, write_all};

/// How long the parts of an exchange took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Timings {
    /// Connecting, if that was needed.
    pub connect: Option<Duration>,
    /// Agreeing upon TLS, if that was needed.
    pub tls: Option<Duration>,
    /// From the first byte sent to the first byte of the answer.
    pub first_byte: Duration,
    /// From the first byte sent to the last byte of the answer.
    pub total: Duration,
}

/// A connection to a server, for one request after another.
pub struct Connection {
    dialer: Arc<Dialer>,
    /// Absent while an exchange has it: one that is dropped half-way leaves no connection on
    /// which the next would read the answer to the one before.
    stream: Option<Stream>,
    /// How many answers came by it.
    answers: u32,
    /// When the last one was complete.
    idle_since: Instant,
    /// Whether a server was forgiven for closing without saying so.
    forgiven: bool,
    incoming: Incoming,
    timer: Timer,
    peer: Option<SocketAddr>,
}

/// An answer, still in the connection's memory.
pub struct Answer<'c> {
    incoming: &'c Incoming,
    /// How long it took.
    pub timings: Timings,
    is_doubtful: bool,
    /// Whether the request was sent twice: over a kept connection, which the server closed
    /// without a byte of an answer, and over a new one. It may have seen both.
    sent_again: bool,
}

impl Answer<'_> {
    /// The status.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.incoming.status()
    }

    /// The reason phrase behind the status.
    #[must_use]
    pub fn reason(&self) -> &[u8] {
        self.incoming.reason()
    }

    /// The body after de-chunking.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        self.incoming.body()
    }

    /// What came behind its end, where nothing belongs.
    #[must_use]
    pub fn surplus(&self) -> &[u8] {
        self.incoming.surplus()
    }

    /// Whether more may be missing: only the end of the connection tells where the body ends,
    /// and TLS was cut off without the end that it would have had.
    #[must_use]
    pub fn is_doubtful(&self) -> bool {
        self.is_doubtful
    }

    /// What works and is still worth a word: how it was framed, and whether it came twice.
    #[must_use]
    pub fn oddities(&self) -> Vec<Oddity> {
        let surplus = self.surplus().len();
        [
            self.sent_again.then_some(Oddity::SentAgain),
            self.is_doubtful.then_some(Oddity::CutOff),
            (surplus > 0).then_some(Oddity::Surplus(surplus)),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    /// How long it took in all, in milliseconds.
    #[must_use]
    pub fn ms(&self) -> f64 {
        self.timings.total.as_secs_f64() * 1000.0
    }

    /// The answer as a value.
    #[must_use]
    pub fn to_response(&self) -> Response {
        Response {
            ms: Some(self.ms()),
            ..self.incoming.response()
        }
    }
}

/// What is odd about an answer that works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Oddity {
    /// The request was sent twice: over a kept connection, which the server closed without a byte
    /// of an answer, and over a new one. It may have seen both.
    SentAgain,
    /// Only the end of the connection tells where the body ends, and TLS was cut off without the
    /// end that it would have had.
    CutOff,
    /// So many bytes came behind its end.
    Surplus(usize),
}

impl fmt::Display for Oddity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SentAgain => f.write_str(
                "the server closed the kept connection without an answer, so it was sent again \
                 over a new one: it may have arrived twice",
            ),
            Self::CutOff => f.write_str(
                "TLS was cut off where only its end tells that the body is whole: some of it may \
                 be missing",
            ),
            Self::Surplus(1) => write!(f, "1 byte {BEHIND}"),
            Self::Surplus(count) => write!(f, "{count} bytes {BEHIND}"),
        }
    }
}

/// How a request is sent, where that is not as usual.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Manner {
    /// The time for the exchange, connecting included.
    pub limit: Duration,
    /// Over how long its bytes trickle out, as from a device behind a bad line.
    pub over: Option<Duration>,
    /// When it is sent again over a new connection.
    pub forgives: Forgives,
}

/// When a kept connection that closes without a byte of an answer is taken for one that was
/// closed before the request came, so that the request is sent again over a new one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Forgives {
    /// If it was idle for long, or once if the server closes each one without saying so, as curl
    /// does.
    Usually,
    /// If it was idle for long.
    LongIdle,
    /// Never: the server had the request.
    Never,
}

impl Connection {
    pub(super) fn new(dialer: Arc<Dialer>) -> Self {
        Self {
            stream: None,
            answers: 0,
            idle_since: Instant::now(),
            forgiven: false,
            incoming: Incoming::new(dialer.limits()),
            timer: Timer::default(),
            peer: None,
            dialer,
        }
    }

    /// Sends a request and reads the answer, within the time that the dialer allows.
    pub async fn exchange(&mut self, wire: &[u8]) -> Result<Answer<'_>, Failure> {
        let manner = Manner {
            limit: self.dialer.limit(),
            over: None,
            forgives: Forgives::Usually,
        };
        self.exchange_as(wire, manner).await
    }

    /// The same in a manner of its own.
    ///
    /// A kept connection that closes without a byte of an answer was nearly always closed before
    /// the request came, if it was idle for long, or if the server closes each one without saying
    /// so. Otherwise the server had the request and gave no answer, which is what is to be found
    /// out here.
    pub async fn exchange_as(
        &mut self,
        wire: &[u8],
        manner: Manner,
    ) -> Result<Answer<'_>, Failure> {
        let limit = manner.limit;
        if self.stream.is_some() && self.answers == 1 && self.idle_since.elapsed() < SETTLING {
            // Whoever closes after the first answer does so now.
            Box::pin(sleep(SETTLING)).await;
        }
        let now = Instant::now();
        let deadline = now.checked_add(limit).unwrap_or_else(|| now + FOREVER);
        let mut timings = Timings::default();
        let mut sent_again = false;
        let mut idle = self.quiet_stream();
        loop {
            self.incoming.restart(wire.starts_with(b"HEAD "));
            let reused = idle.is_some();
            let mut started = now;
            let mut stream = if let Some(stream) = idle.take() {
                stream
            } else {
                let stream;
                (stream, timings) = self.connect(deadline).await?;
                started = Instant::now();
                stream
            };
            let mut rest = wire;
            if let Some(over) = manner.over {
                let trickling = Box::pin(trickle(&mut stream, wire, over)).await;
                rest = trickling.map_err(|end| end.into_failure(&self.dialer))?;
                // How long the server takes counts from when it has the request.
                started = Instant::now();
            }
            let mut talk = Talk::new(&mut stream, &mut self.incoming, rest, started);
            let timer = &mut self.timer;
            let end = poll_fn(|cx| match talk.poll(cx) {
                Poll::Ready(end) => Poll::Ready(Some(end)),
                Poll::Pending => timer.poll(cx, deadline).map(|()| None),
            });
            match end.await {
                Some(Ok(())) => {
                    timings.first_byte = talk.first_byte.unwrap_or_default();
                    timings.total = talk.last_byte;
                    let is_doubtful = talk.is_cut_off;
                    self.answers = self.answers.saturating_add(1);
                    self.idle_since = started + timings.total;
                    // What the server has not read of this request it would take for the next.
                    if talk.is_sent() && self.incoming.keeps_alive() {
                        self.stream = Some(stream);
                    }
                    return Ok(Answer {
                        incoming: &self.incoming,
                        timings,
                        is_doubtful,
                        sent_again,
                    });
                }
                Some(Err(end)) => {
                    let untouched = end.is_closing() && self.incoming.is_untouched();
                    if !(reused && untouched && self.forgives(now, manner.forgives)) {
                        return Err(end.into_failure(&self.dialer));
                    }
                    sent_again = true;
                }
                None => {
                    let phase = talk.phase();
                    return Err(Failure::TimedOut { limit, phase });
                }
            }
        }
    }

    /// Sends a request, reads nothing, and drops the connection after a while: a device whose
    /// line went away without a word.
    pub async fn send_and_vanish(&mut self, wire: &[u8], after: Duration) -> Result<(), Failure> {
        let now = Instant::now();
        let limit = self.dialer.limit();
        let deadline = now.checked_add(limit).unwrap_or_else(|| now + FOREVER);
        let mut stream = match self.quiet_stream() {
            Some(stream) => stream,
            None => self.connect(deadline).await?.0,
        };
        let sent = write_all(&mut stream, wire).await;
        sent.map_err(|end| end.into_failure(&self.dialer))?;
        sleep(after).await;
        Ok(())
    }

    /// The kept connection, if nothing has come by it since the last answer.
    fn quiet_stream(&mut self) -> Option<Stream> {
        let mut stream = self.stream.take()?;
        stream.is_quiet().then_some(stream)
    }

    async fn connect(&mut self, deadline: Instant) -> Result<(Stream, Timings), Failure> {
        // In a box, because a fleet would hold the room for TLS ten thousand times.
        let dialer = Arc::clone(&self.dialer);
        let (stream, timings, peer) = Box::pin(dialer.connect(deadline)).await?;
        self.peer = peer;
        self.answers = 0;
        Ok((stream, timings))
    }

    /// Whether a kept connection that closed may have been closed before the request came.
    fn forgives(&mut self, now: Instant, forgives: Forgives) -> bool {
        if forgives == Forgives::Never {
            return false;
        }
        if now.saturating_duration_since(self.idle_since) >= LONG_IDLE {
            return true;
        }
        let is_usual = forgives == Forgives::Usually;
        let first = is_usual && self.answers == 1 && !self.forgiven;
        self.forgiven |= first;
        first
    }

    /// What came of an answer that failed, if its head is complete.
    #[must_use]
    pub fn partial(&self) -> Option<Response> {
        (self.incoming.status() != 0).then(|| self.incoming.response())
    }

    /// Whom it is connected to, or was.
    #[must_use]
    pub fn peer(&self) -> Option<SocketAddr> {
        self.peer
    }

    /// Ends the connection; the next exchange makes another.
    pub fn close(&mut self) {
        self.stream = None;
    }

    /// Gives the memory of the last answer back, for a connection that stays idle for a while.
    pub fn release(&mut self) {
        self.incoming.release();
        self.timer = Timer::default();
    }
}

const BEHIND: &str = "came behind the end of the answer, where nothing belongs, and the platform \
                      reads none of it: is its Content-Length too small?";

/// A server that closes after an answer has done so within this.
const SETTLING: Duration = Duration::from_millis(2);

/// A connection that was idle for so long may be closed by the time that a request comes.
const LONG_IDLE: Duration = Duration::from_secs(1);

/// Longer than any run.
const FOREVER: Duration = Duration::from_secs(30 * 365 * 24 * 3600);

#[cfg(test)]
mod tests;
