//! `--queue`: orders that are read while their file grows.

use std::fs::{self, File};
use std::io::{self, Read, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use memchr::memchr;
use sha2::{Digest as _, Sha256};
use tokio::sync::mpsc;

use crate::error::Error;
use crate::output;

/// So much is read at once.
const PIECE: usize = 1 << 20;
/// A longer line is no order.
const LONGEST: usize = 64 << 20;
/// So many of the bytes that were read are looked at again, to know a file that was written anew.
const LOOK_BACK: usize = 256;

/// A line of the queue.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// From 1.
    pub(super) number: u64,
    /// Without its end; none if it is too long.
    pub(super) text: Option<Vec<u8>>,
    /// What makes an order of it known when the file is read again.
    pub(super) key: Option<String>,
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
            lines: Lines {
                place: Some(output::place(path).display().to_string()),
                ..Lines::default()
            },
        })
    }

    /// Reads on.
    pub(super) fn next(&mut self) -> Result<Step, Error> {
        self.advance()
            .map_err(|cause| Error::reading(&self.path, cause))
    }

    /// The last line, though it has no end yet.
    pub(super) fn rest(&mut self) -> Option<Line> {
        self.lines.rest()
    }

    fn advance(&mut self) -> io::Result<Step> {
        let length = self.file.metadata()?.len();
        if length < self.read || (length > self.read && !self.is_same()?) {
            return self.again(None);
        }
        if length > self.read {
            self.file.seek(SeekFrom::Start(self.read))?;
            let mut piece = Vec::new();
            let most = (length - self.read).min(PIECE as u64);
            (&mut self.file).take(most).read_to_end(&mut piece)?;
            self.read += piece.len() as u64;
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
        if let Some(file) = file {
            self.file = file;
        }
        self.read = 0;
        self.back.clear();
        self.lines.restart();
        self.file.seek(SeekFrom::Start(0))?;
        Ok(Step::Anew)
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
    pub(super) fn open(mut source: impl Read + Send + 'static) -> Self {
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
            lines: Lines::default(),
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
    /// The file; a stream has none, and no keys.
    place: Option<String>,
    number: u64,
    begun: Vec<u8>,
    is_too_long: bool,
}

impl Lines {
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
        self.number += 1;
        let mut text = std::mem::take(&mut self.begun);
        let is_too_long = std::mem::take(&mut self.is_too_long);
        if self.number == 1 && text.starts_with(b"\xef\xbb\xbf") {
            text.drain(..3);
        }
        if text.trim_ascii().is_empty() && !is_too_long {
            return None;
        }
        let key = self.place.as_ref().map(|place| {
            let hash = hex::encode(&Sha256::digest(text.trim_ascii())[..8]);
            format!("{place}:{}:{hash}", self.number)
        });
        Some(Line {
            number: self.number,
            text: (!is_too_long).then_some(text),
            key,
        })
    }

    fn rest(&mut self) -> Option<Line> {
        if self.begun.is_empty() && !self.is_too_long {
            return None;
        }
        self.end()
    }

    fn restart(&mut self) {
        self.number = 0;
        self.begun.clear();
        self.is_too_long = false;
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn texts(read: Step) -> Vec<(u64, String)> {
        let Step::Lines(lines) = read else {
            panic!("{read:?}");
        };
        let brief = |line: Line| (line.number, String::from_utf8(line.text.unwrap()).unwrap());
        lines.into_iter().map(brief).collect()
    }

    fn append(path: &Path, text: &str) {
        let mut file = fs::OpenOptions::new().append(true).open(path).unwrap();
        file.write_all(text.as_bytes()).unwrap();
    }

    #[test]
    fn whole_lines_are_read_as_they_come_and_an_open_one_waits() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("q");
        fs::write(&path, "\u{feff}a\n\nb").unwrap();
        let mut follow = Follow::open(&path).unwrap();
        assert_eq!(texts(follow.next().unwrap()), [(1, "a".to_owned())]);
        assert_eq!(follow.next().unwrap(), Step::Nothing);
        append(&path, "b\r\nc");
        assert_eq!(texts(follow.next().unwrap()), [(3, "bb\r".to_owned())]);
        let rest = follow.rest().unwrap();
        assert_eq!((rest.number, rest.text.unwrap()), (4, b"c".to_vec()));
        assert!(follow.rest().is_none());
    }

    #[test]
    fn a_file_that_was_cut_written_over_or_replaced_is_read_from_its_top() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("q");
        fs::write(&path, "one\ntwo\n").unwrap();
        let mut follow = Follow::open(&path).unwrap();
        assert_eq!(texts(follow.next().unwrap()).len(), 2);
        for (change, text) in [("cut", "1\n"), ("written over", "three\nfour\n")] {
            fs::write(&path, text).unwrap();
            assert_eq!(follow.next().unwrap(), Step::Anew, "{change}");
            assert_eq!(texts(follow.next().unwrap())[0].0, 1, "{change}");
        }
        let other = folder.path().join("other");
        fs::write(&other, "three\nfour\nfive\n").unwrap();
        append(&path, "last\n");
        fs::rename(&other, &path).unwrap();
        assert_eq!(texts(follow.next().unwrap()), [(3, "last".to_owned())]);
        assert_eq!(follow.next().unwrap(), Step::Anew);
        assert_eq!(texts(follow.next().unwrap()).len(), 3);
        fs::remove_file(&path).unwrap();
        assert_eq!(follow.next().unwrap(), Step::Nothing);
    }

    #[test]
    fn the_same_line_at_the_same_place_has_the_same_key() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("q");
        fs::write(&path, "a\na\n").unwrap();
        let keys = || {
            let Step::Lines(lines) = Follow::open(&path).unwrap().next().unwrap() else {
                panic!("there are lines");
            };
            lines.into_iter().map(|line| line.key.unwrap()).collect()
        };
        let first: Vec<String> = keys();
        assert_ne!(first[0], first[1]);
        assert_eq!(first, keys());
        fs::write(&path, "b\na\n").unwrap();
        let other = keys();
        assert_ne!(first[0], other[0]);
        assert_eq!(first[1], other[1]);
    }

    #[test]
    fn a_line_that_never_ends_is_not_held() {
        let mut lines = Lines::default();
        let piece = vec![b'x'; PIECE];
        for _ in 0..70 {
            assert!(lines.feed(&piece).is_empty());
        }
        assert!(lines.begun.capacity() < LONGEST);
        let line = lines.feed(b"\n{}\n");
        assert_eq!((line[0].number, &line[0].text), (1, &None));
        assert_eq!((line[1].number, &line[1].text), (2, &Some(b"{}".to_vec())));
    }
}
