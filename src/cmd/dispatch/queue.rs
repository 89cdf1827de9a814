//! `--queue`: orders that are read while their file grows.

use std::cmp::Ordering;
use std::fs::{self, File};
use std::io::{self, BufRead as _, BufReader, Read, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use memchr::memchr;
use sha2::{Digest as _, Sha256};
use tokio::sync::mpsc;

use crate::error::Error;

/// So much is read at once.
const PIECE: usize = 1 << 20;
/// A longer line is no order.
const LONGEST: usize = 64 << 20;
/// So many of the bytes that were read are looked at again, to know a file that was written anew.
const LOOK_BACK: usize = 256;

/// What some editors put before the first line.
const UTF8_MARK: &[u8] = b"\xef\xbb\xbf";

/// A line of the queue.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// From 1.
    pub(super) number: u64,
    /// Without its end; none if it is too long.
    pub(super) text: Option<Vec<u8>>,
    /// What makes an order of it known when the file is read again.
    pub(super) key: String,
}

/// What came of reading on.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Lines that are whole.
    Lines(Vec<Line>),
    /// It was cut or replaced, and is read again from its top.
    Anew,
    /// There is no more now.
    Nothing,
}

/// A file that grows.
pub(super) struct Follow {
    path: PathBuf,
    file: File,
    read: u64,
    /// The last bytes that were read.
    back: Vec<u8>,
    /// Of all that was read.
    digest: Sha256,
    /// When it was changed, as far as it was looked at.
    modified: Option<SystemTime>,
    lines: Lines,
}

impl Follow {
    pub(super) fn open(path: &Path) -> Result<Self, Error> {
        let file = File::open(path).map_err(|cause| Error::reading(path, cause))?;
        Ok(Self {
            path: path.to_owned(),
            file,
            read: 0,
            back: Vec::new(),
            digest: Sha256::new(),
            modified: None,
            lines: Lines::of(bare(path)),
        })
    }

    /// Reads on.
    pub(super) fn next(&mut self) -> Result<Step, Error> {
        self.advance()
            .map_err(|cause| Error::reading(&self.path, cause))
    }

    /// The last line, if it has no end and was not taken.
    pub(super) fn open_line(&self) -> Option<Line> {
        self.lines.open_line()
    }

    /// The last line, though it has no end yet.
    pub(super) fn rest(&mut self) -> Option<Line> {
        self.lines.rest()
    }

    fn advance(&mut self) -> io::Result<Step> {
        let there = self.file.metadata()?;
        let (length, modified) = (there.len(), there.modified().ok());
        let is_same = match length.cmp(&self.read) {
            Ordering::Less => false,
            Ordering::Equal => modified == self.modified || self.is_all_same()?,
            Ordering::Greater => self.is_same()?,
        };
        if !is_same {
            return self.again(None);
        }
        self.modified = modified;
        if length > self.read {
            self.file.seek(SeekFrom::Start(self.read))?;
            let mut piece = Vec::new();
            let most = (length - self.read).min(PIECE as u64);
            (&mut self.file).take(most).read_to_end(&mut piece)?;
            self.read += piece.len() as u64;
            self.digest.update(&piece);
            self.back.extend_from_slice(&piece);
            let surplus = self.back.len().saturating_sub(LOOK_BACK);
            self.back.drain(..surplus);
            return Ok(Step::Lines(self.lines.feed(&piece)));
        }
        // The old one is read to its end before its successor is.
        match replaced(&self.path, &self.file) {
            Some(file) => self.again(Some(file)),
            None => Ok(Step::Nothing),
        }
    }

    fn again(&mut self, file: Option<File>) -> io::Result<Step> {
        // What stands there now does not take back what was begun before.
        if let Some(line) = self.lines.rest() {
            return Ok(Step::Lines(vec![line]));
        }
        if let Some(file) = file {
            self.file = file;
        }
        self.read = 0;
        self.back.clear();
        self.digest = Sha256::new();
        self.lines.restart();
        self.file.seek(SeekFrom::Start(0))?;
        Ok(Step::Anew)
    }

    /// Whether all that was read still stands there: at the same length it may say something else.
    fn is_all_same(&mut self) -> io::Result<bool> {
        self.file.seek(SeekFrom::Start(0))?;
        let mut digest = Sha256::new();
        let mut source = BufReader::new((&mut self.file).take(self.read));
        loop {
            let piece = source.fill_buf()?;
            if piece.is_empty() {
                return Ok(digest.finalize() == self.digest.clone().finalize());
            }
            digest.update(piece);
            let length = piece.len();
            source.consume(length);
        }
    }

    /// Whether what was read last still stands there.
    fn is_same(&mut self) -> io::Result<bool> {
        let start = self.read - self.back.len() as u64;
        self.file.seek(SeekFrom::Start(start))?;
        let mut now = Vec::new();
        (&mut self.file)
            .take(self.back.len() as u64)
            .read_to_end(&mut now)?;
        Ok(now == self.back)
    }
}

/// The file that has this name now, if it is another one.
#[cfg(unix)]
fn replaced(path: &Path, file: &File) -> Option<File> {
    use std::os::unix::fs::MetadataExt as _;
    let (named, open) = (fs::metadata(path).ok()?, file.metadata().ok()?);
    if (named.dev(), named.ino()) == (open.dev(), open.ino()) {
        return None;
    }
    File::open(path).ok()
}

/// Files are told apart by when they were made.
#[cfg(not(unix))]
fn replaced(path: &Path, file: &File) -> Option<File> {
    let made = |there: io::Result<fs::Metadata>| there.and_then(|there| there.created()).ok();
    let (named, open) = (made(fs::metadata(path))?, made(file.metadata())?);
    if named == open {
        return None;
    }
    File::open(path).ok()
}

/// Standard input or a pipe, read by a thread of its own: what is typed comes when it comes.
pub(super) struct Stream {
    pieces: mpsc::Receiver<io::Result<Vec<u8>>>,
    lines: Lines,
}

impl Stream {
    pub(super) fn open(name: &Path, mut source: impl Read + Send + 'static) -> Self {
        let (sender, pieces) = mpsc::channel(4);
        // It is not waited for at the end: nothing wakes it.
        std::thread::spawn(move || {
            let mut piece = vec![0; 64 << 10];
            loop {
                let read = match source.read(&mut piece) {
                    Ok(0) => return,
                    Ok(count) => Ok(piece[..count].to_vec()),
                    Err(cause) if cause.kind() == io::ErrorKind::Interrupted => continue,
                    Err(cause) => Err(cause),
                };
                let is_last = read.is_err();
                if sender.blocking_send(read).is_err() || is_last {
                    return;
                }
            }
        });
        Self {
            pieces,
            lines: Lines::of(bare(name)),
        }
    }

    /// The next lines; none at its end.
    pub(super) async fn next(&mut self) -> Option<io::Result<Vec<Line>>> {
        let piece = self.pieces.recv().await?;
        Some(piece.map(|piece| self.lines.feed(&piece)))
    }

    /// The last line, if it has no end.
    pub(super) fn rest(&mut self) -> Option<Line> {
        self.lines.rest()
    }
}

/// Pieces parted into lines.
#[derive(Debug, Default)]
struct Lines {
    /// What its orders are known by, with their number.
    name: String,
    number: u64,
    begun: Vec<u8>,
    is_too_long: bool,
    /// The open line was handed out before its end came, with so many bytes.
    taken: Option<usize>,
}

impl Lines {
    fn of(name: String) -> Self {
        Self {
            name,
            ..Self::default()
        }
    }

    fn feed(&mut self, mut piece: &[u8]) -> Vec<Line> {
        let mut lines = Vec::new();
        while let Some(end) = memchr(b'\n', piece) {
            self.add(&piece[..end]);
            piece = &piece[end + 1..];
            lines.extend(self.end());
        }
        self.add(piece);
        lines
    }

    fn add(&mut self, bytes: &[u8]) {
        if self.begun.len() + bytes.len() > LONGEST {
            self.is_too_long = true;
            self.begun = Vec::new();
        }
        if !self.is_too_long {
            self.begun.extend_from_slice(bytes);
        }
    }

    fn end(&mut self) -> Option<Line> {
        // What was handed out already is not a line once more, unless more than blanks came.
        let taken = self.taken.take();
        let is_whole = taken.is_none_or(|taken| {
            let more = self.begun.get(taken..).unwrap_or(&self.begun);
            !more.trim_ascii().is_empty()
        });
        let line = is_whole.then(|| self.line()).flatten();
        self.number += 1;
        self.begun.clear();
        self.is_too_long = false;
        line
    }

    /// The line that is open.
    fn line(&self) -> Option<Line> {
        let number = self.number + 1;
        let mark = if number == 1 { UTF8_MARK } else { b"" };
        let text = self.begun.strip_prefix(mark).unwrap_or(&self.begun);
        if text.trim_ascii().is_empty() && !self.is_too_long {
            return None;
        }
        Some(Line {
            number,
            text: (!self.is_too_long).then(|| text.to_vec()),
            key: key(&self.name, number, text),
        })
    }

    fn open_line(&self) -> Option<Line> {
        if self.taken.is_some() {
            return None;
        }
        self.line()
    }

    fn rest(&mut self) -> Option<Line> {
        let line = self.open_line()?;
        self.taken = Some(self.begun.len());
        Some(line)
    }

    fn restart(&mut self) {
        *self = Self::of(std::mem::take(&mut self.name));
    }
}

fn bare(path: &Path) -> String {
    let name = path.file_name().unwrap_or(path.as_os_str());
    name.to_string_lossy().into_owned()
}

/// What an order that has no key of its own is known by: where it stands and what it says. The
/// folder is no part of it, for the same file may be named in several ways.
pub(super) fn key(name: &str, number: u64, text: &[u8]) -> String {
    let hash = hex::encode(&Sha256::digest(text.trim_ascii())[..8]);
    format!("{name}:{number}:{hash}")
}

#[cfg(test)]
mod tests;
