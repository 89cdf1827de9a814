//! Standard output, written by a thread of its own: a reader that stops reading stops neither the
//! devices nor Ctrl-C.

use std::collections::VecDeque;
use std::fs::File;
use std::future::pending;
use std::io::{self, ErrorKind, Write as _};

use tokio::sync::mpsc::{Receiver, Sender, UnboundedReceiver, UnboundedSender};
use tokio::sync::mpsc::{channel, unbounded_channel};

/// So many pieces are on their way to the thread.
const PIECES: usize = 4;
/// Lines are written together up to this size.
const PIECE: usize = 64 << 10;
/// While so much waits, devices wait, too.
const MUCH: usize = 32 << 20;

/// Lines, and the commands whose end they tell.
#[derive(Default)]
struct Piece {
    text: Vec<u8>,
    numbers: Vec<u64>,
}

/// What became of pieces.
#[derive(Debug)]
pub(super) enum Written {
    /// The ends of these commands are out.
    Told(Vec<u64>),
    /// Nothing more can be written.
    Failed(io::Error),
}

/// The one who writes.
pub(super) struct Printer {
    sender: Sender<Piece>,
    written: UnboundedReceiver<Written>,
    waiting: VecDeque<Piece>,
    bytes: usize,
    /// Pieces that the thread has.
    on_their_way: usize,
    /// Nobody reads it any more.
    is_deaf: bool,
}

impl Printer {
    /// Begins to write to standard output.
    pub(super) fn open() -> io::Result<Self> {
        let output = stdout()?;
        let (sender, pieces) = channel(PIECES);
        let (tell, written) = unbounded_channel();
        // It is not waited for when it is stuck: nothing wakes it.
        std::thread::spawn(move || write(output, pieces, &tell));
        Ok(Self {
            sender,
            written,
            waiting: VecDeque::new(),
            bytes: 0,
            on_their_way: 0,
            is_deaf: false,
        })
    }

    /// Has a line written, which may tell a command's end.
    pub(super) fn line(&mut self, mut line: String, number: Option<u64>) {
        if self.is_deaf {
            return;
        }
        line.push('\n');
        self.bytes += line.len();
        let has_room = |last: &&mut Piece| last.text.len() + line.len() <= PIECE;
        if let Some(last) = self.waiting.back_mut().filter(has_room) {
            last.text.extend_from_slice(line.as_bytes());
            last.numbers.extend(number);
        } else {
            self.waiting.push_back(Piece {
                text: line.into_bytes(),
                numbers: number.into_iter().collect(),
            });
        }
    }

    /// Whether so much waits that no more should come.
    pub(super) fn is_full(&self) -> bool {
        self.bytes > MUCH
    }

    /// Hands on what waits as there is room, and gives what became of it. A wait that is given
    /// up loses nothing.
    pub(super) async fn next(&mut self) -> Written {
        if self.is_deaf {
            return pending().await;
        }
        loop {
            let has_piece = !self.waiting.is_empty();
            let written = tokio::select! {
                Some(written) = self.written.recv() => written,
                Ok(room) = self.sender.reserve(), if has_piece => {
                    if let Some(piece) = self.waiting.pop_front() {
                        self.bytes -= piece.text.len();
                        self.on_their_way += 1;
                        room.send(piece);
                    }
                    continue;
                }
                else => return pending().await,
            };
            return self.look(written);
        }
    }

    /// Whether something is not out yet.
    pub(super) fn is_busy(&self) -> bool {
        !self.is_deaf && (self.on_their_way > 0 || !self.waiting.is_empty())
    }

    /// Nothing more is written.
    pub(super) fn give_up(&mut self) {
        self.is_deaf = true;
        self.waiting.clear();
        self.bytes = 0;
    }

    fn look(&mut self, written: Written) -> Written {
        match &written {
            Written::Told(_) => self.on_their_way -= 1,
            Written::Failed(_) => self.give_up(),
        }
        written
    }
}

fn write(mut output: File, mut pieces: Receiver<Piece>, tell: &UnboundedSender<Written>) {
    while let Some(piece) = pieces.blocking_recv() {
        let written = loop {
            match output.write_all(&piece.text) {
                Err(cause) if cause.kind() == ErrorKind::Interrupted => {}
                written => break written,
            }
        };
        let is_over = written.is_err();
        let became = match written {
            Ok(()) => Written::Told(piece.numbers),
            Err(cause) => Written::Failed(cause),
        };
        if tell.send(became).is_err() || is_over {
            return;
        }
    }
}

/// Standard output, and not by way of the lock that this process holds on it.
#[cfg(unix)]
fn stdout() -> io::Result<File> {
    use std::os::fd::AsFd as _;
    Ok(io::stdout().as_fd().try_clone_to_owned()?.into())
}

#[cfg(windows)]
fn stdout() -> io::Result<File> {
    use std::os::windows::io::AsHandle as _;
    Ok(io::stdout().as_handle().try_clone_to_owned()?.into())
}
