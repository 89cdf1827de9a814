//! A stream that a thread of its own writes: a reader that stops reading stops nothing else.
//!
//! What is printed waits here until it is read, and not without end: at [`MUCH`] either whoever
//! prints waits, or what comes is dropped and counted. The thread begins with the first line.

use std::collections::VecDeque;
use std::io::{self, BufWriter, ErrorKind, StdoutLock, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use memchr::{memchr_iter, memrchr};
use tokio::sync::Notify;
use tokio::time::{self, sleep_until};

use crate::net::stop::Signals;

/// Lines are handed on together up to this size.
const PIECE: usize = 64 << 10;
/// So much is written at once: a reader is seen to read when it has read that.
const CHUNK: usize = 4096;
/// So much may wait for a reader.
pub const MUCH: usize = 32 << 20;
/// Who reads nothing for so long at the end is not waited for.
pub const STALL: Duration = Duration::from_secs(2);
/// And somebody who asks for the end once more waits for so long.
pub const HURRY: Duration = Duration::from_millis(500);
/// The thread rests for so long when it has written all: what is printed meanwhile is written
/// together, and needs nobody to wake it.
const REST: Duration = Duration::from_millis(1);
/// How often a pipe that somebody made one that does not wait is tried again.
const AGAIN: Duration = Duration::from_millis(10);

/// What becomes of lines when [`MUCH`] waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overflow {
    /// They wait, and whoever prints asks [`Printer::is_full`] before it makes more of them.
    Wait,
    /// They are dropped and counted.
    Drop,
}

/// Standard output.
#[derive(Debug)]
pub enum Out {
    /// Written by whoever prints.
    Direct(BufWriter<StdoutLock<'static>>),
    /// Written by a thread.
    Background(Printer),
}

impl Write for Out {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Direct(out) => out.write(bytes),
            Self::Background(out) => out.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Direct(out) => out.flush(),
            Self::Background(out) => out.flush(),
        }
    }
}

/// The one who has lines written. Nothing that it does waits for a reader, but what says so.
#[derive(Debug)]
pub struct Printer {
    shared: Arc<Shared>,
    /// Until the thread begins.
    stream: Option<Stream>,
    /// Whole lines that are to be handed on, and perhaps the beginning of one.
    open: Vec<u8>,
    overflow: Overflow,
    handed: Count,
    /// Lines.
    dropped: u64,
    /// Nothing more is written.
    is_deaf: bool,
    /// It was waited for in vain.
    is_stuck: bool,
}

/// Where bytes go.
struct Stream(Box<dyn Write + Send>);

impl std::fmt::Debug for Stream {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Stream")
    }
}

#[derive(Clone, Copy, Debug, Default)]
struct Count {
    bytes: u64,
    lines: u64,
}

impl Count {
    fn add(&mut self, text: &[u8]) {
        self.bytes += text.len() as u64;
        self.lines += memchr_iter(b'\n', text).count() as u64;
    }
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    /// There is something to write, or nothing will come any more.
    work: Condvar,
    /// Something was written, or nothing more can be.
    done: Condvar,
    /// The same, for tasks.
    progress: Notify,
}

#[derive(Debug, Default)]
struct State {
    queue: VecDeque<Vec<u8>>,
    written: Count,
    failure: Option<io::Error>,
    /// Nothing more can be written, or is to be.
    is_over: bool,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell(&self) {
        self.done.notify_all();
        self.progress.notify_one();
    }

    /// What is to be written next; none when nothing will be.
    fn next(&self) -> Option<Vec<u8>> {
        let mut state = self.state();
        while !state.is_over {
            if let Some(piece) = state.queue.pop_front() {
                return Some(piece);
            }
            let woken = self.work.wait(state);
            state = woken.unwrap_or_else(PoisonError::into_inner);
        }
        None
    }

    fn fail(&self, cause: io::Error) {
        let mut state = self.state();
        state.failure = Some(cause);
        state.is_over = true;
        state.queue.clear();
        drop(state);
        self.tell();
    }
}

impl Printer {
    /// One that writes to standard output.
    pub fn stdout(overflow: Overflow) -> io::Result<Self> {
        Ok(Self::new(streams::out()?, overflow))
    }

    /// One that writes to standard error.
    pub fn stderr() -> io::Result<Self> {
        Ok(Self::new(streams::err()?, Overflow::Drop))
    }

    fn new(stream: Box<dyn Write + Send>, overflow: Overflow) -> Self {
        Self {
            shared: Arc::default(),
            stream: Some(Stream(stream)),
            open: Vec::new(),
            overflow,
            handed: Count::default(),
            dropped: 0,
            is_deaf: false,
            is_stuck: false,
        }
    }

    /// From now on nothing is dropped: what comes is the end, and there is little of it.
    pub fn keep_the_rest(&mut self) {
        self.overflow = Overflow::Wait;
    }

    /// Where the end of what was printed is, in bytes.
    #[must_use]
    pub fn position(&self) -> u64 {
        self.handed.bytes + self.open.len() as u64
    }

    /// So many bytes were written.
    #[must_use]
    pub fn written(&self) -> u64 {
        self.shared.state().written.bytes
    }

    /// Whether so much waits that no more should come.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.waiting() > MUCH as u64
    }

    /// How many lines were dropped.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    /// Waits until more was written, or nothing more can be. A wait that is given up loses
    /// nothing.
    pub async fn progress(&self) {
        self.shared.progress.notified().await;
    }

    /// Waits a moment for what was printed to be out, so that what another stream gets comes
    /// behind it. Whom it waited for in vain it does not wait for again.
    pub fn settle(&mut self, moment: Duration) {
        self.hand_on();
        if !self.is_busy() {
            self.is_stuck = false;
        } else if !self.is_stuck {
            self.wait(moment);
            self.is_stuck = self.is_busy();
        }
    }

    /// Waits for all to be out, as long as somebody reads; gives the number of lines that nobody
    /// has read. After a signal there is little time left. `progress` is told how many bytes are
    /// out.
    pub async fn drain(
        &mut self,
        patience: Duration,
        signals: &mut Signals,
        mut progress: impl FnMut(u64),
    ) -> u64 {
        self.hand_on();
        let mut end = None;
        while self.is_busy() {
            let due = time::Instant::now() + patience;
            tokio::select! {
                () = self.progress() => progress(self.written()),
                () = sleep_until(end.map_or(due, |end| due.min(end))) => break,
                _ = signals.next(), if end.is_none() => {
                    end = Some(time::Instant::now() + HURRY);
                }
            }
        }
        progress(self.written());
        self.end()
    }

    /// The same where nothing else goes on.
    pub fn close(&mut self, patience: Duration) -> io::Result<()> {
        self.hand_on();
        loop {
            let before = self.written();
            if !self.is_busy() {
                break;
            }
            self.wait(patience);
            if self.written() == before {
                break;
            }
        }
        self.end();
        self.failed()
    }

    /// Nothing more is written.
    pub fn give_up(&mut self) {
        self.is_deaf = true;
        self.open = Vec::new();
        self.shared.state().queue.clear();
    }

    /// How many lines nobody has read; they are forgotten.
    fn end(&mut self) -> u64 {
        let mut unread = std::mem::take(&mut self.dropped);
        if self.is_busy() {
            unread += self.handed.lines - self.shared.state().written.lines;
            self.give_up();
        }
        unread
    }

    fn waiting(&self) -> u64 {
        if self.is_deaf {
            return 0;
        }
        let state = self.shared.state();
        if state.is_over {
            0
        } else {
            self.handed.bytes - state.written.bytes
        }
    }

    fn is_busy(&self) -> bool {
        self.waiting() > 0
    }

    /// Waits until all is out, something fails, or the time is up and nothing was written in it.
    fn wait(&self, limit: Duration) {
        let (mut state, due) = (self.shared.state(), Instant::now() + limit);
        while !state.is_over && state.written.bytes < self.handed.bytes {
            let left = due.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            let waited = self.shared.done.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// What went wrong; once.
    fn failed(&mut self) -> io::Result<()> {
        let failure = self.shared.state().failure.take();
        match failure {
            Some(cause) if !self.is_deaf => {
                self.is_deaf = true;
                Err(cause)
            }
            _ => Ok(()),
        }
    }

    fn hand_on(&mut self) {
        self.hand_on_until(self.open.len());
    }

    fn hand_on_until(&mut self, end: usize) {
        if end == 0 {
            return;
        }
        let mut open = std::mem::take(&mut self.open);
        self.give(&open[..end]);
        open.drain(..end);
        // What was long once need not stay.
        open.shrink_to(2 * PIECE);
        self.open = open;
    }

    fn give(&mut self, text: &[u8]) {
        if self.is_deaf {
            return;
        }
        let waiting = self.waiting();
        if self.overflow == Overflow::Drop
            && waiting > 0
            && waiting + text.len() as u64 > MUCH as u64
        {
            self.dropped += memchr_iter(b'\n', text).count() as u64;
            return;
        }
        self.handed.add(text);
        let mut state = self.shared.state();
        let has_room = |last: &&mut Vec<u8>| last.len() + text.len() <= PIECE;
        match state.queue.back_mut().filter(has_room) {
            Some(last) => last.extend_from_slice(text),
            None => state.queue.push_back(text.to_vec()),
        }
        drop(state);
        self.shared.work.notify_one();
        if let Some(stream) = self.stream.take() {
            let shared = Arc::clone(&self.shared);
            let begun = thread::Builder::new().spawn(move || write(stream.0, &shared));
            // It is not waited for when it is stuck: nothing wakes it.
            if let Err(cause) = begun {
                self.shared.fail(cause);
            }
        }
    }
}

impl Write for Printer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if !self.is_deaf {
            let before = self.open.len();
            self.open.extend_from_slice(bytes);
            if self.open.len() >= PIECE
                && let Some(end) = memrchr(b'\n', bytes)
            {
                self.hand_on_until(before + end + 1);
            }
        }
        Ok(bytes.len())
    }

    /// Hands on what was printed, and says what went wrong with what was printed before; once.
    fn flush(&mut self) -> io::Result<()> {
        self.hand_on();
        self.failed()
    }
}

impl Drop for Printer {
    fn drop(&mut self) {
        self.shared.state().is_over = true;
        self.shared.work.notify_one();
    }
}

/// The thread: it ends with the printer, or when nothing more can be written.
fn write(mut stream: Box<dyn Write + Send>, shared: &Shared) {
    while let Some(piece) = shared.next() {
        for chunk in piece.chunks(CHUNK) {
            if let Err(cause) = write_all(&mut stream, chunk) {
                shared.fail(cause);
                return;
            }
            shared.state().written.add(chunk);
            shared.tell();
        }
        if shared.state().queue.is_empty() {
            thread::sleep(REST);
        }
    }
}

fn write_all(stream: &mut impl Write, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        match stream.write(bytes) {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Ok(count) => bytes = &bytes[count..],
            Err(cause) if cause.kind() == ErrorKind::Interrupted => {}
            Err(cause) if cause.kind() == ErrorKind::WouldBlock => thread::sleep(AGAIN),
            Err(cause) => return Err(cause),
        }
    }
    stream.flush()
}

/// The streams of this process, not by way of their locks: one that is stuck holds its lock.
#[cfg(unix)]
mod streams {
    use std::fs::File;
    use std::io::{self, Write};
    use std::os::fd::AsFd as _;

    pub(super) fn out() -> io::Result<Box<dyn Write + Send>> {
        let stream = io::stdout().as_fd().try_clone_to_owned()?;
        Ok(Box::new(File::from(stream)))
    }

    pub(super) fn err() -> io::Result<Box<dyn Write + Send>> {
        let stream = io::stderr().as_fd().try_clone_to_owned()?;
        Ok(Box::new(File::from(stream)))
    }
}

/// A console takes text, which only the library's own streams make of bytes.
#[cfg(windows)]
mod streams {
    use std::io::{self, Write};

    pub(super) fn out() -> io::Result<Box<dyn Write + Send>> {
        Ok(Box::new(io::stdout()))
    }

    pub(super) fn err() -> io::Result<Box<dyn Write + Send>> {
        Ok(Box::new(io::stderr()))
    }
}

#[cfg(test)]
mod tests;
