//! The socket with the tap upon it, as hyper reads and writes it.

use std::cell::RefCell;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use hyper::rt::ReadBufCursor;
use tokio::io::{AsyncRead as _, AsyncWrite as _, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::time::Instant;

use super::Limits;
use super::tap::Tap;

thread_local! {
    /// What is read passes through here, for all connections of the thread.
    static PIECE: RefCell<Vec<u8>> = RefCell::new(vec![0; 64 << 10]);
}

/// A socket, and what is going on upon it.
pub(super) struct Wire {
    /// None once it was taken back.
    stream: Option<TcpStream>,
    tap: Tap,
    /// When bytes last moved.
    moved: Instant,
    /// When the head on its way began.
    head_since: Option<Instant>,
    /// Told when one begins.
    begun: Rc<Notify>,
    /// Whether a request is being answered.
    is_busy: bool,
    /// Whether the peer has yet to take what was written.
    is_full: bool,
    is_lingering: bool,
}

impl Wire {
    pub(super) fn new(stream: TcpStream) -> Self {
        Self {
            stream: Some(stream),
            tap: Tap::default(),
            moved: Instant::now(),
            head_since: None,
            begun: Rc::default(),
            is_busy: false,
            is_full: false,
            is_lingering: false,
        }
    }

    /// Told when a head begins, because its time is shorter than that of an idle connection.
    pub(super) fn begun(&self) -> Rc<Notify> {
        Rc::clone(&self.begun)
    }

    /// When its time is over, as far as is known now.
    pub(super) fn due(&self, limits: &Limits) -> Instant {
        match self.head_since {
            // The body and the handler have clocks of their own.
            _ if self.is_busy => Instant::now() + limits.idle,
            Some(since) => since + limits.head_time,
            None => self.moved + limits.idle,
        }
    }

    pub(super) fn is_in_head(&self) -> bool {
        self.tap.is_in_head()
    }

    /// A request begins: its head.
    pub(super) fn begin(&mut self) -> Vec<u8> {
        self.is_busy = true;
        self.tap.take()
    }

    /// The sizes of the chunks of its body.
    pub(super) fn sizes(&mut self) -> Vec<u64> {
        self.tap.sizes()
    }

    /// It is answered.
    pub(super) fn end(&mut self) {
        self.is_busy = false;
        self.moved = Instant::now();
        // One that came early has its time from now on.
        self.head_since = None;
        self.look_at_head();
    }

    /// What came and became no request.
    pub(super) fn left(&mut self) -> Vec<u8> {
        self.tap.left()
    }

    /// The peer may still send: it has to be read until its end.
    pub(super) fn lingers(&mut self) {
        self.is_lingering = true;
    }

    pub(super) fn is_lingering(&self) -> bool {
        self.is_lingering
    }

    /// The socket alone.
    pub(super) fn close(&mut self) -> Option<TcpStream> {
        self.stream.take()
    }

    /// Writes a short answer, if there is room for it between those of hyper.
    pub(super) fn say(&mut self, bytes: &[u8]) -> bool {
        let Some(stream) = self.stream.as_ref().filter(|_| !self.is_full) else {
            return false;
        };
        self.is_lingering = true;
        stream
            .try_write(bytes)
            .is_ok_and(|count| count == bytes.len())
    }

    fn stream(&mut self) -> io::Result<Pin<&mut TcpStream>> {
        let stream = self.stream.as_mut().map(Pin::new);
        stream.ok_or_else(|| io::ErrorKind::NotConnected.into())
    }

    fn look_at_head(&mut self) {
        if !self.tap.is_in_head() {
            self.head_since = None;
        } else if self.head_since.is_none() {
            self.head_since = Some(Instant::now());
            self.begun.notify_one();
        }
    }

    fn written(&mut self, result: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        self.is_full = result.is_pending();
        if result.is_ready() {
            self.moved = Instant::now();
        }
        result
    }
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
        PIECE.with_borrow_mut(|piece| {
            let room = into.remaining().min(piece.len());
            let mut read = ReadBuf::new(&mut piece[..room]);
            ready!(wire.stream()?.poll_read(cx, &mut read))?;
            wire.moved = Instant::now();
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
        let result = wire.stream()?.poll_write(cx, bytes);
        wire.written(result)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.borrow_mut().stream()?.poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.borrow_mut().stream()?.poll_shutdown(cx)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let mut wire = self.0.borrow_mut();
        let result = wire.stream()?.poll_write_vectored(cx, parts);
        wire.written(result)
    }
}
