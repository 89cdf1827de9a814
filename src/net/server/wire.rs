//! The socket with the tap upon it, as hyper reads and writes it; answers leave it in the manner
//! that was asked for.

use std::cell::RefCell;
use std::future::Future as _;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use hyper::rt::ReadBufCursor;
use tokio::io::{AsyncRead as _, AsyncWrite as _, ReadBuf};
use tokio::time::{Instant, Sleep, sleep_until};

use super::Limits;
use super::pace::{Pace, Room};
use super::passed::Passed;
use super::reply::Manner;
use super::socket::Socket;
use super::tap::{Came, Tap};
use crate::message::{Request, Scheme};

thread_local! {
    /// What is read passes through here, for all connections of the thread.
    static PIECE: RefCell<Vec<u8>> = RefCell::new(vec![0; 64 << 10]);
}

/// How long the last pieces of an answer may take that comes piece by piece.
const LAST_PIECES: Duration = Duration::from_millis(100);

/// So much is read before it is asked for; a peer that sends more is not watched.
const MOST_AHEAD: usize = 16 << 10;

/// A socket, and what is going on upon it.
pub(super) struct Wire {
    /// None once it was taken back.
    socket: Option<Socket>,
    scheme: Scheme,
    tap: Tap,
    /// What was read before hyper asked for it.
    ahead: Vec<u8>,
    /// When bytes last moved, as far as [`Wire::look`] has seen it.
    moved: Instant,
    /// When the head on its way began.
    head_since: Option<Instant>,
    news: News,
    /// Whether a request is being answered.
    is_busy: bool,
    /// Whether hyper has more to write, or the peer has yet to take it.
    is_owing: bool,
    is_lingering: bool,
    feeding: Feeding,
    pace: Pace,
    /// The status of what hyper said by itself.
    said: Option<u16>,
    /// An answer of another server that leaves now.
    passed: Option<Box<Passed>>,
    pause: Option<Pin<Box<Sleep>>>,
    end: Option<End>,
    /// Who waits until nothing is owed.
    waiting: Option<Waker>,
}

/// Whether the answer comes piece by piece, and may be on its way for as long as the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Feeding {
    No,
    Yes,
    /// Then it is closed, whatever is owed.
    Until(Instant),
}

/// What happened since somebody looked.
#[derive(Clone, Copy, Debug, Default)]
struct News {
    has_moved: bool,
    has_begun: bool,
}

/// How a connection ends that hyper has nothing more to do with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// It is reset.
    Reset,
    /// It is closed after what was written.
    Close,
    /// It is left as it is.
    Never,
}

impl Wire {
    pub(super) fn new(socket: Socket) -> Self {
        let scheme = if socket.is_tls() {
            Scheme::Https
        } else {
            Scheme::Http
        };
        Self {
            socket: Some(socket),
            scheme,
            tap: Tap::default(),
            ahead: Vec::new(),
            moved: Instant::now(),
            head_since: None,
            news: News::default(),
            is_busy: false,
            is_owing: false,
            is_lingering: false,
            feeding: Feeding::No,
            pace: Pace::Unasked,
            said: None,
            passed: None,
            pause: None,
            end: None,
            waiting: None,
        }
    }

    pub(super) fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// How it ends, if hyper has nothing more to do with it.
    pub(super) fn end(&self) -> Option<End> {
        self.end
    }

    /// Takes note of what happened; whether a head has begun, because its time is shorter than
    /// that of an idle connection.
    pub(super) fn look(&mut self) -> bool {
        let news = std::mem::take(&mut self.news);
        if news.has_moved {
            self.moved = Instant::now();
        }
        news.has_begun
    }

    /// When its time is over, as far as is known now.
    pub(super) fn due(&self, limits: &Limits) -> Instant {
        if let Feeding::Until(cut) = self.feeding {
            return cut;
        }
        match self.head_since {
            // The body and the handler have clocks of their own.
            _ if self.is_busy => Instant::now() + limits.idle,
            // Who has not taken an answer yet may take its time with the next request.
            Some(since) if !self.is_owing => since + limits.head_time,
            _ => self.moved + limits.idle,
        }
    }

    pub(super) fn is_in_head(&self) -> bool {
        self.tap.is_in_head()
    }

    /// A request begins: its head. None where the tap could not read it.
    pub(super) fn begin(&mut self) -> Option<Request> {
        self.is_busy = true;
        self.feeding = Feeding::No;
        if !self.is_owing {
            self.pace = Pace::Free;
        }
        self.tap.take()
    }

    /// Its body is whole: the sizes of its chunks.
    pub(super) fn sizes(&mut self) -> Vec<u64> {
        self.tap.sizes()
    }

    /// Whether an answer in this manner needs nothing but to be written.
    pub(super) fn is_plain(&self, manner: Manner) -> bool {
        manner == Manner::Plain && self.pace == Pace::Free
    }

    /// Waits until what was said before has left.
    pub(super) fn poll_said(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.is_owing {
            self.waiting = Some(cx.waker().clone());
            return Poll::Pending;
        }
        Poll::Ready(())
    }

    /// The request has its answer, which leaves in this manner.
    pub(super) fn answered(&mut self, manner: Manner) {
        self.is_busy = false;
        self.news.has_moved = true;
        // One that came early has its time from now on.
        self.head_since = None;
        self.look_at_head();
        if self.is_plain(manner) {
            return;
        }
        self.pace = Pace::new(manner, Instant::now());
        self.end = match manner {
            Manner::Reset => Some(End::Reset),
            Manner::Never => Some(End::Never),
            Manner::Truncate(0) => Some(End::Close),
            Manner::Plain | Manner::Truncate(_) | Manner::Slow(_) => None,
        };
    }

    /// The answer comes piece by piece.
    pub(super) fn feeds(&mut self) {
        self.feeding = Feeding::Yes;
    }

    /// Whether the peer of an answer that comes piece by piece went away; hyper reads nothing
    /// meanwhile, and would not see it.
    pub(super) fn poll_left_by_peer(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.feeding == Feeding::No || self.ahead.len() >= MOST_AHEAD {
            return Poll::Pending;
        }
        let mut piece = [0; 1 << 10];
        let mut read = ReadBuf::new(&mut piece);
        let Ok(socket) = self.socket() else {
            return Poll::Ready(());
        };
        match ready!(socket.poll_read(cx, &mut read)) {
            Ok(()) if !read.filled().is_empty() => {
                self.ahead.extend_from_slice(read.filled());
                // There may be more, and hyper may have asked for it.
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            _ => Poll::Ready(()),
        }
    }

    /// The server ends: a peer that does not take the last pieces is not waited for. When that is
    /// over, if there are any.
    pub(super) fn cut_short(&mut self) -> Option<Instant> {
        if self.feeding == Feeding::No {
            return None;
        }
        let cut = Instant::now() + LAST_PIECES;
        self.feeding = Feeding::Until(cut);
        Some(cut)
    }

    /// The status of what was answered to what is no request.
    pub(super) fn said(&self) -> Option<u16> {
        self.said
    }

    /// What came and became no request.
    pub(super) fn left(&mut self) -> Came {
        self.tap.left()
    }

    /// What came of the request whose body is not whole.
    pub(super) fn taken(&mut self) -> Came {
        self.tap.taken()
    }

    /// What is said now is the answer of another server.
    pub(super) fn passes(&mut self, passed: Passed) {
        self.pace = Pace::Passed;
        self.passed = Some(Box::new(passed));
    }

    /// What is said now refuses a request whose body is not whole; the rest of it is read until
    /// its end.
    pub(super) fn refuses(&mut self) {
        self.pace = Pace::Unasked;
        self.said = None;
        self.lingers();
    }

    /// The peer may still send: it has to be read until its end.
    pub(super) fn lingers(&mut self) {
        self.is_lingering = true;
    }

    pub(super) fn is_lingering(&self) -> bool {
        self.is_lingering
    }

    /// The socket alone.
    pub(super) fn close(&mut self) -> Option<Socket> {
        self.socket.take()
    }

    /// Writes a short answer, if there is room for it between those of hyper.
    pub(super) fn say(&mut self, bytes: &[u8]) -> bool {
        let Some(socket) = self.socket.as_mut().filter(|_| !self.is_owing) else {
            return false;
        };
        self.is_lingering = true;
        socket.say(bytes)
    }

    fn socket(&mut self) -> io::Result<Pin<&mut Socket>> {
        let socket = self.socket.as_mut().map(Pin::new);
        socket.ok_or_else(|| io::ErrorKind::NotConnected.into())
    }

    fn look_at_head(&mut self) {
        if !self.tap.is_in_head() {
            self.head_since = None;
        } else if self.head_since.is_none() {
            self.head_since = Some(Instant::now());
            self.news.has_begun = true;
        }
    }

    /// Writes the head of another server in the place of hyper's.
    fn poll_passed(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let mut passed = self.passed.take();
        while let Some(rest) = passed.as_mut().and_then(|it| it.rest(bytes)) {
            let written = match self.socket()?.poll_write(cx, rest) {
                Poll::Ready(written) => written?,
                Poll::Pending => {
                    self.passed = passed;
                    return Poll::Pending;
                }
            };
            self.news.has_moved = true;
            if passed.as_mut().is_none_or(|it| it.went(written)) {
                break;
            }
        }
        self.pace = Pace::Free;
        if passed.is_none_or(|it| it.has_begun()) {
            return Poll::Ready(Ok(bytes.len()));
        }
        self.socket()?.poll_write(cx, bytes)
    }

    /// Writes what may leave now of these bytes.
    fn poll_paced(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if bytes.is_empty() {
            return Poll::Ready(Ok(0));
        }
        if self.pace == Pace::Passed {
            return self.poll_passed(cx, bytes);
        }
        let count = loop {
            match self.pace.room(bytes.len(), Instant::now()) {
                Room::For(count) => break count,
                Room::At(due) => ready!(self.poll_pause(cx, due)),
                // Whoever drives hyper sees the end, and needs no waker.
                Room::None => return Poll::Pending,
            }
        };
        let written = ready!(self.socket()?.poll_write(cx, &bytes[..count]))?;
        self.news.has_moved = true;
        if self.pace == Pace::Unasked {
            self.said = status(&bytes[..written]).or(self.said);
        }
        self.pace.went(written, Instant::now());
        if self.pace == Pace::Only(0) {
            self.end = Some(End::Close);
        }
        Poll::Ready(Ok(written))
    }

    fn poll_pause(&mut self, cx: &mut Context<'_>, due: Instant) -> Poll<()> {
        let pause = self.pause.get_or_insert_with(|| Box::pin(sleep_until(due)));
        if pause.deadline() != due {
            pause.as_mut().reset(due);
        }
        pause.as_mut().poll(cx)
    }

    /// Nothing is owed any more.
    fn flushed(&mut self) {
        self.is_owing = false;
        // What is written before the next request has come is no answer of a handler.
        if !self.is_busy && self.pace == Pace::Free {
            self.pace = Pace::Unasked;
        }
        // An answer that is shorter than what may leave of it.
        if matches!(self.pace, Pace::Only(_)) {
            self.end = Some(End::Close);
        }
        if self.head_since.is_some() {
            self.head_since = Some(Instant::now());
            self.news.has_begun = true;
        }
        if let Some(waiting) = self.waiting.take() {
            waiting.wake();
        }
    }
}

/// The status of an answer that begins by these bytes.
fn status(bytes: &[u8]) -> Option<u16> {
    let rest = bytes.strip_prefix(b"HTTP/1.")?;
    std::str::from_utf8(rest.get(2..5)?).ok()?.parse().ok()
}

/// The wire as hyper wants it.
pub(super) struct Io(pub(super) Rc<RefCell<Wire>>);

impl hyper::rt::Read for Io {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        mut into: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let mut wire = self.0.borrow_mut();
        if !wire.ahead.is_empty() {
            let count = into.remaining().min(wire.ahead.len());
            let bytes: Vec<_> = wire.ahead.drain(..count).collect();
            wire.news.has_moved = true;
            wire.tap.feed(&bytes);
            wire.look_at_head();
            into.put_slice(&bytes);
            return Poll::Ready(Ok(()));
        }
        PIECE.with_borrow_mut(|piece| {
            let room = into.remaining().min(piece.len());
            let mut read = ReadBuf::new(&mut piece[..room]);
            ready!(wire.socket()?.poll_read(cx, &mut read))?;
            wire.news.has_moved = true;
            wire.tap.feed(read.filled());
            wire.look_at_head();
            into.put_slice(read.filled());
            Poll::Ready(Ok(()))
        })
    }
}

impl hyper::rt::Write for Io {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let mut wire = self.0.borrow_mut();
        wire.is_owing = true;
        if wire.pace != Pace::Free {
            return wire.poll_paced(cx, bytes);
        }
        let result = ready!(wire.socket()?.poll_write(cx, bytes));
        wire.news.has_moved = true;
        Poll::Ready(result)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut wire = self.0.borrow_mut();
        ready!(wire.socket()?.poll_flush(cx))?;
        if wire.is_owing {
            wire.flushed();
        }
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.borrow_mut().socket()?.poll_shutdown(cx)
    }
}
