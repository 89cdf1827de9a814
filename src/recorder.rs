//! A capture that grows while a run goes on: whole lines are appended, so that a crash loses at
//! most the one being written, and a full disk those that it has no room for.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use crate::capture::Record;
use crate::error::Error;

/// A capture file, open for more records.
#[derive(Debug)]
pub struct Recorder {
    file: File,
    path: PathBuf,
    /// Which file it is, where that can be told and the file is one that stays.
    id: Option<Id>,
    /// A part of a line was written, and could not be taken back.
    is_torn: bool,
    /// How long a pipe may stay full.
    patience: Duration,
    /// Something to say to the user.
    news: Option<String>,
}

/// Records that are appended together, a line each.
#[derive(Debug, Default)]
pub struct Lines {
    text: Vec<u8>,
    ends: Vec<usize>,
}

/// A record that is not in the file.
#[derive(Debug)]
pub struct Failed {
    /// Which one of its [`Lines`], from 0.
    pub index: usize,
    /// Why.
    pub why: Error,
}

impl Lines {
    /// One more; gives which one it is, from 0.
    pub fn add(&mut self, record: &Record) -> usize {
        record.write_line(&mut self.text);
        self.text.push(b'\n');
        self.ends.push(self.text.len());
        self.ends.len() - 1
    }

    /// Forgets them all, and keeps room of at most so many bytes.
    pub fn clear(&mut self, room: usize) {
        self.text.clear();
        self.text.shrink_to(room);
        self.ends.clear();
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    fn start(&self, index: usize) -> usize {
        index.checked_sub(1).map_or(0, |before| self.ends[before])
    }
}

/// The device and the inode of a file.
type Id = (u64, u64);

impl Recorder {
    /// Opens the file, or makes it. What is in it stays, and a line that was torn by a crash is
    /// ended, so that the next one is whole.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let wrong = |cause| Error::writing(path, cause);
        let mut file = open(path).map_err(wrong)?;
        if is_torn(&mut file).unwrap_or(false) {
            file.write_all(b"\n").map_err(wrong)?;
        }
        Ok(Self {
            id: file.metadata().ok().and_then(|it| id(&it)),
            file,
            path: path.to_owned(),
            is_torn: false,
            patience: PATIENCE,
            news: None,
        })
    }

    /// Appends one record. If that fails nothing of it is left in the file, or the next one
    /// begins on a line of its own, so that one failure costs one record.
    pub fn record(&mut self, record: &Record) -> Result<(), Error> {
        let mut lines = Lines::default();
        lines.add(record);
        let mut failed = self.append(&lines);
        failed.pop().map_or(Ok(()), |failed| Err(failed.why))
    }

    /// Appends records by as few writes as may be, and gives those that are not in the file now.
    pub fn append(&mut self, lines: &Lines) -> Vec<Failed> {
        let mut failed = Vec::new();
        let mut from = 0;
        while from < lines.ends.len() {
            let start = lines.start(from);
            let Err((written, cause)) = self.write(&lines.text[start..]) else {
                break;
            };
            let whole = lines.ends[from..].partition_point(|end| end - start <= written);
            let torn = &lines.text[lines.start(from + whole)..start + written];
            self.is_torn |= !torn.is_empty() && cut_back(&mut self.file, torn).is_err();
            failed.push(Failed {
                index: from + whole,
                why: Error::writing(&self.path, cause),
            });
            from += whole + 1;
        }
        failed
    }

    /// What there is to say of the file, once.
    pub fn news(&mut self) -> Option<String> {
        self.news.take()
    }

    /// Writes all of it, or says how much was written.
    fn write(&mut self, text: &[u8]) -> Result<(), (usize, io::Error)> {
        self.follow().map_err(|cause| (0, cause))?;
        let patience = std::mem::take(&mut self.patience);
        if self.is_torn {
            write(&mut self.file, b"\n", patience).map_err(|(_, cause)| (0, cause))?;
            self.is_torn = false;
        }
        let written = write(&mut self.file, text, patience);
        if written.is_ok() {
            self.patience = PATIENCE;
        }
        written
    }

    /// Begins a new file where the path no longer leads to the one that is open: what is written
    /// to a file that was deleted or renamed away is nowhere to be found by that name.
    fn follow(&mut self) -> io::Result<()> {
        let Some(known) = self.id else {
            return Ok(());
        };
        let there = fs::metadata(&self.path);
        if there.is_ok_and(|there| id(&there) == Some(known)) {
            return Ok(());
        }
        let mut file = open(&self.path)?;
        self.is_torn = is_torn(&mut file).unwrap_or(false);
        self.id = file.metadata().ok().and_then(|it| id(&it));
        self.file = file;
        self.news = Some(format!(
            "{} was removed or replaced while it was written to: what comes from now on is in a \
             new file of that name",
            self.path.display()
        ));
        Ok(())
    }
}

fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.create(true).append(true);
    if fs::metadata(path).is_ok_and(|there| !there.is_file()) {
        return open_special(options, path);
    }
    let readable = options.clone().read(true).open(path);
    // What may be written to may still be closed to readers.
    readable.or_else(|_| options.open(path))
}

/// Opens a pipe, a terminal or another device. Never to read: who opens a pipe for both is its
/// own reader, and waits for ever once it is full.
#[cfg(unix)]
fn open_special(mut options: OpenOptions, path: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let flags = rustix::fs::OFlags::NONBLOCK.bits();
    let opened = options.custom_flags(flags.cast_signed()).open(path);
    opened.map_err(|cause| {
        let is_pipe = fs::metadata(path).is_ok_and(|there| {
            use std::os::unix::fs::FileTypeExt as _;
            there.file_type().is_fifo()
        });
        match cause.raw_os_error() {
            Some(code) if is_pipe && code == rustix::io::Errno::NXIO.raw_os_error() => {
                io::Error::new(cause.kind(), "it is a pipe that nobody reads")
            }
            _ => cause,
        }
    })
}

#[cfg(not(unix))]
fn open_special(options: OpenOptions, path: &Path) -> io::Result<File> {
    options.open(path)
}

/// Only of a file that stays: a pipe is not sought again.
#[cfg(unix)]
fn id(metadata: &Metadata) -> Option<Id> {
    use std::os::unix::fs::MetadataExt as _;
    metadata.is_file().then(|| (metadata.dev(), metadata.ino()))
}

/// Windows removes no file that is open.
#[cfg(not(unix))]
fn id(_: &Metadata) -> Option<Id> {
    None
}

/// Writes all of it, or says how much was written. `patience` is how long a pipe may stay full.
fn write(file: &mut File, line: &[u8], patience: Duration) -> Result<(), (usize, io::Error)> {
    let mut written = 0;
    let mut full_since = None;
    while written < line.len() {
        match file.write(&line[written..]) {
            Ok(0) => return Err((written, io::ErrorKind::WriteZero.into())),
            Ok(count) => {
                written += count;
                full_since = None;
            }
            Err(cause) if cause.kind() == io::ErrorKind::Interrupted => {}
            Err(cause) if cause.kind() == io::ErrorKind::WouldBlock => {
                let since = *full_since.get_or_insert_with(Instant::now);
                if since.elapsed() >= patience {
                    let why = "its reader is too slow, or does not read";
                    return Err((written, io::Error::new(cause.kind(), why)));
                }
                thread::sleep(PAUSE);
            }
            Err(cause) => return Err((written, cause)),
        }
    }
    Ok(())
}

/// How long a full pipe is waited for, and between two looks at it. While it is, nothing else
/// goes on: a reader who has used it up once gets it again when a whole write went through.
const PATIENCE: Duration = Duration::from_millis(500);
const PAUSE: Duration = Duration::from_millis(1);

/// Takes the end of a file away, if it is this; another process may have appended meanwhile.
fn cut_back(file: &mut File, torn: &[u8]) -> io::Result<()> {
    let end = file.metadata()?.len();
    let start = end
        .checked_sub(torn.len() as u64)
        .ok_or(io::ErrorKind::InvalidData)?;
    file.seek(SeekFrom::Start(start))?;
    let mut found = vec![0; torn.len()];
    file.read_exact(&mut found)?;
    if found != torn {
        return Err(io::ErrorKind::InvalidData.into());
    }
    file.set_len(start)
}

fn is_torn(file: &mut File) -> io::Result<bool> {
    if file.metadata()?.len() == 0 {
        return Ok(false);
    }
    file.seek(SeekFrom::End(-1))?;
    let mut last = [0];
    file.read_exact(&mut last)?;
    Ok(last != *b"\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::Request;

    #[test]
    fn what_is_there_stays_and_a_torn_line_is_ended() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.ndjson");
        let record = Record::of(Request::new("GET", "/push"));
        Recorder::open(&path).unwrap().record(&record).unwrap();
        let whole = std::fs::read(&path).unwrap();
        std::fs::write(&path, &whole[..9]).unwrap();
        let mut recorder = Recorder::open(&path).unwrap();
        recorder.record(&record).unwrap();
        recorder.record(&record).unwrap();
        let expected = [&whole[..9], b"\n", &whole, &whole].concat();
        assert_eq!(std::fs::read(&path).unwrap(), expected);
    }

    #[test]
    fn a_folder_is_no_capture() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(Recorder::open(folder.path()).unwrap_err().code(), 3);
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_is_removed_or_replaced_is_begun_anew_and_that_is_said_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.ndjson");
        let record = Record::of(Request::new("GET", "/push"));
        let mut recorder = Recorder::open(&path).unwrap();
        recorder.record(&record).unwrap();
        assert_eq!(recorder.news(), None);
        let whole = std::fs::read(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        recorder.record(&record).unwrap();
        assert!(recorder.news().unwrap().contains("removed or replaced"));
        recorder.record(&record).unwrap();
        assert_eq!(recorder.news(), None, "once");
        assert_eq!(std::fs::read(&path).unwrap(), whole.repeat(2));
        std::fs::rename(&path, folder.path().join("b.ndjson")).unwrap();
        std::fs::write(&path, "torn").unwrap();
        recorder.record(&record).unwrap();
        let expected = [b"torn\n".as_slice(), &whole].concat();
        assert_eq!(std::fs::read(&path).unwrap(), expected);
    }

    #[cfg(unix)]
    #[test]
    fn a_folder_that_is_gone_is_an_error_until_it_is_back() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("in");
        std::fs::create_dir(&inner).unwrap();
        let path = inner.join("a.ndjson");
        let record = Record::of(Request::new("GET", "/push"));
        let mut recorder = Recorder::open(&path).unwrap();
        std::fs::remove_dir_all(&inner).unwrap();
        assert_eq!(recorder.record(&record).unwrap_err().code(), 3);
        assert_eq!(recorder.record(&record).unwrap_err().code(), 3);
        std::fs::create_dir(&inner).unwrap();
        recorder.record(&record).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(text.lines().count(), 1);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_device_that_is_full_is_an_error_each_time() {
        let mut recorder = Recorder::open(Path::new("/dev/full")).unwrap();
        let record = Record::of(Request::new("GET", "/push"));
        for _ in 0..2 {
            let error = recorder.record(&record).unwrap_err();
            assert!(error.to_string().contains("/dev/full"), "{error}");
            assert_eq!(error.code(), 3);
        }
        assert!(!recorder.is_torn && recorder.news().is_none());
    }

    #[cfg(unix)]
    #[test]
    fn a_pipe_is_written_to_while_somebody_reads_it_and_holds_nobody_up() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&path).status();
        assert!(made.unwrap().success());
        let alone = Recorder::open(&path).unwrap_err();
        assert_eq!(alone.code(), 3, "nobody reads it");
        // The reader holds its end, and reads when it is told to.
        let reader = File::options().read(true).write(true).open(&path).unwrap();
        let mut recorder = Recorder::open(&path).unwrap();
        let record = Record::of(Request::new("GET", "/push"));
        recorder.record(&record).unwrap();
        let mut big = Request::new("POST", "/push");
        big.body = vec![b'x'; 1 << 20];
        let big = Record::of(big);
        let error = recorder.record(&big).unwrap_err();
        let mut text = io::Error::other(error).to_string();
        assert!(text.contains("pipe"), "{text}");
        let begun = Instant::now();
        for _ in 0..100 {
            recorder.record(&record).unwrap_err();
        }
        assert!(begun.elapsed() < PATIENCE, "it is not waited for each time");
        let reading = thread::spawn(move || {
            let mut lines = io::BufRead::lines(io::BufReader::new(reader));
            let is_big = |line: &String| line.len() > 1 << 20;
            lines.find_map(|line| line.ok().filter(is_big))
        });
        // The line that was torn is ended, and one as big comes through whole.
        while recorder.record(&big).is_err() {}
        text = reading.join().unwrap().unwrap();
        assert_eq!(text.into_bytes(), big.to_line());
    }

    #[test]
    fn a_torn_end_is_taken_back_only_where_it_is_one_s_own() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.ndjson");
        std::fs::write(&path, "one\ntw").unwrap();
        let mut file = open(&path).unwrap();
        cut_back(&mut file, b"tw").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"one\n");
        file.write_all(b"twOTHER").unwrap();
        cut_back(&mut file, b"tw").unwrap_err();
        cut_back(&mut file, &[b'x'; 99]).unwrap_err();
        assert_eq!(std::fs::read(&path).unwrap(), b"one\ntwOTHER");
    }
}
