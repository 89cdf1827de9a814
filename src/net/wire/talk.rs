//! One request going out and its answer coming in, byte by byte.

use std::future::poll_fn;
use std::io;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::ReadBuf;
use tokio::task::coop::has_budget_remaining;
use tokio::time::{Instant, Sleep, sleep, sleep_until};

use crate::net::dial::Dialer;
use crate::net::failure::Failure;
use crate::net::reply::{Early, Flaw, Incoming};
use crate::net::stream::Stream;

/// One request on its way and its answer: both at once, because a server may answer before it
/// has read everything.
pub(super) struct Talk<'t> {
    stream: &'t mut Stream,
    incoming: &'t mut Incoming,
    rest: &'t [u8],
    flushed: bool,
    /// Why the rest of the request could not be sent.
    unsent: Option<io::Error>,
    started: Instant,
    pub(super) first_byte: Option<Duration>,
    pub(super) last_byte: Duration,
    pub(super) is_cut_off: bool,
}

/// Why there is no answer.
pub(super) enum End {
    Flaw(Flaw),
    Broke(&'static str, io::Error),
}

impl End {
    /// Whether the server closed the connection, rather than being slow or wrong.
    pub(super) fn is_closing(&self) -> bool {
        match self {
            Self::Flaw(flaw) => *flaw == Flaw::Early(Early::Nothing),
            Self::Broke(..) => true,
        }
    }

    pub(super) fn into_failure(self, dialer: &Dialer) -> Failure {
        match self {
            Self::Flaw(flaw) => Failure::Flaw(flaw),
            Self::Broke(phase, cause) => dialer
                .tls_failure(&cause)
                .unwrap_or(Failure::Broke { phase, cause }),
        }
    }
}

/// Writes a request but for its last byte over a while, and gives that byte back.
pub(super) async fn trickle<'w>(
    stream: &mut Stream,
    wire: &'w [u8],
    over: Duration,
) -> Result<&'w [u8], End> {
    const PIECES: usize = 20;
    let (start, last) = wire.split_at(wire.len().saturating_sub(1));
    let pause = over / u32::try_from(PIECES).unwrap_or(1);
    for piece in start.chunks(start.len().div_ceil(PIECES).max(1)) {
        write_all(stream, piece).await?;
        sleep(pause).await;
    }
    Ok(last)
}

pub(super) async fn write_all(stream: &mut Stream, mut bytes: &[u8]) -> Result<(), End> {
    let broke = |cause| End::Broke(SENDING, cause);
    while !bytes.is_empty() {
        match poll_fn(|cx| stream.poll_write(cx, bytes))
            .await
            .map_err(broke)?
        {
            0 => return Err(broke(io::ErrorKind::WriteZero.into())),
            written => bytes = &bytes[written..],
        }
    }
    poll_fn(|cx| stream.poll_flush(cx)).await.map_err(broke)
}

/// How much is read at once.
const READ: usize = 16 << 10;

impl<'t> Talk<'t> {
    pub(super) fn new(
        stream: &'t mut Stream,
        incoming: &'t mut Incoming,
        wire: &'t [u8],
        started: Instant,
    ) -> Self {
        Self {
            stream,
            incoming,
            rest: wire,
            flushed: false,
            unsent: None,
            started,
            first_byte: None,
            last_byte: Duration::ZERO,
            is_cut_off: false,
        }
    }

    /// Whether the whole request has left.
    pub(super) fn is_sent(&self) -> bool {
        self.rest.is_empty() && self.flushed && self.unsent.is_none()
    }

    /// What is being waited for.
    pub(super) fn phase(&self) -> &'static str {
        match (self.rest.is_empty(), self.incoming.is_untouched()) {
            (false, _) => "the server has not taken the whole request",
            (true, true) => "nothing came back",
            (true, false) => "the answer is not complete",
        }
    }

    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), End>> {
        if !self.flushed && self.unsent.is_none() {
            // The server may have answered before it closed, so this is not the end yet.
            if let Poll::Ready(Err(cause)) = self.poll_send(cx) {
                self.unsent = Some(cause);
            }
        }
        self.poll_receive(cx)
    }

    fn poll_send(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.rest.is_empty() {
            match ready!(self.stream.poll_write(cx, self.rest))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                written => self.rest = &self.rest[written..],
            }
        }
        ready!(self.stream.poll_flush(cx))?;
        self.flushed = true;
        Poll::Ready(Ok(()))
    }

    fn poll_receive(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), End>> {
        loop {
            let mut space = [const { MaybeUninit::uninit() }; READ];
            let mut space = ReadBuf::uninit(&mut space);
            let received = ready!(self.stream.poll_read(cx, &mut space));
            self.last_byte = self.started.elapsed();
            let complete = match received.map(|()| space.filled()) {
                Ok([]) => return Poll::Ready(self.closed()),
                Ok(bytes) => {
                    let is_first = self.first_byte.is_none();
                    self.first_byte.get_or_insert(self.last_byte);
                    let complete = self.incoming.take(bytes);
                    if is_first && complete == Ok(false) {
                        // A server that writes head and body apart may wait for word of the head
                        // before it sends the body, which the system puts off for 40 ms.
                        self.stream.hurry();
                    }
                    complete
                }
                // Many servers cut TLS off; where a length or chunks frame the answer, these tell
                // whether it is complete.
                Err(cause) if cause.kind() == io::ErrorKind::UnexpectedEof => {
                    self.is_cut_off = true;
                    return Poll::Ready(self.closed());
                }
                Err(cause) => return Poll::Ready(Err(self.broke(cause))),
            };
            match complete {
                Ok(false) => {}
                Ok(true) => return Poll::Ready(Ok(())),
                Err(flaw) => return Poll::Ready(Err(End::Flaw(flaw))),
            }
        }
    }

    fn closed(&mut self) -> Result<(), End> {
        match self.unsent.take() {
            Some(cause) if self.incoming.is_untouched() => Err(End::Broke(SENDING, cause)),
            unsent => {
                self.unsent = unsent;
                self.incoming.close().map_err(End::Flaw)
            }
        }
    }

    fn broke(&mut self, cause: io::Error) -> End {
        match self.unsent.take() {
            Some(cause) => End::Broke(SENDING, cause),
            None if !self.incoming.is_untouched() => End::Broke(READING, cause),
            None if self.rest.is_empty() => End::Broke(WAITING, cause),
            None => End::Broke(SENDING, cause),
        }
    }
}

const SENDING: &str = "while the request was being sent";
const WAITING: &str = "before the answer";
const READING: &str = "in the middle of the answer";

/// A deadline that costs nothing while answers come in time: the timer is armed once and moved
/// only when it fires.
#[derive(Default)]
pub(super) struct Timer(pub(super) Option<Pin<Box<Sleep>>>);

impl Timer {
    pub(super) fn poll(&mut self, cx: &mut Context<'_>, deadline: Instant) -> Poll<()> {
        let sleep = self
            .0
            .get_or_insert_with(|| Box::pin(sleep_until(deadline)));
        // It was set for an exchange before this one, which may have had more time.
        if sleep.deadline() > deadline {
            sleep.as_mut().reset(deadline);
        }
        // A peer that sends faster than we read uses up what tokio lets a task do in one go, and
        // then no timer fires: the clock itself is asked.
        if sleep.as_mut().poll(cx).is_pending() && has_budget_remaining() {
            return Poll::Pending;
        }
        if Instant::now() >= deadline {
            return Poll::Ready(());
        }
        sleep.as_mut().reset(deadline);
        sleep.as_mut().poll(cx)
    }
}
