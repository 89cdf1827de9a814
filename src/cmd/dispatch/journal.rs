//! The state file: a journal that is on the disk before an answer leaves.
//!
//! `FILE.lock` beside it is held while it is in use: the journal itself may be written anew under
//! its name, and a lock would stay with the old one.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, BufRead, BufReader, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::results::Results;
use crate::controlid::dispatch::{Change, Dispatch, Event, Options, Standing};
use crate::error::Error;
use crate::output;

/// A journal below this size is not written anew when it is opened.
const SMALL: u64 = 64 << 10;
/// So much beyond twice of what is needed it may grow while it is in use.
const SLACK: u64 = 4 << 20;

/// An open journal.
#[derive(Debug)]
pub(super) struct Journal {
    path: PathBuf,
    file: File,
    /// Its bytes, all of them whole lines.
    length: u64,
    /// How many of them were needed when that was looked at last.
    needed: u64,
    _lock: File,
}

/// What a journal gave back.
pub(super) struct Restored {
    pub(super) journal: Journal,
    pub(super) dispatch: Dispatch,
    /// The answers that it tells of.
    pub(super) results: Results,
    /// What was in flight when the server ended.
    pub(super) flown: Vec<u64>,
}

impl Journal {
    /// Opens a state file, or begins one.
    pub(super) fn open(path: &Path, options: Options, now: i64) -> Result<Restored, Error> {
        let wrong = |cause| Error::writing(path, cause);
        if fs::metadata(path).is_ok_and(|there| !there.is_file()) {
            return Err(wrong(io::Error::other("it is no ordinary file")));
        }
        let place = output::place(path);
        let lock = lock(&place).map_err(wrong)?;
        let name = path.display().to_string();
        let mut results = Results::default();
        let restore = |journal: &mut dyn BufRead| {
            Dispatch::restore_each(options, &name, journal, |event| results.look(event))
        };
        let ((mut dispatch, length), is_new) = match File::open(&place) {
            Ok(file) => (restore(&mut BufReader::new(file))?, false),
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => {
                (restore(&mut &b""[..])?, true)
            }
            Err(cause) => return Err(Error::reading(path, cause)),
        };
        let flown = in_flight(&dispatch);
        let file = cut(&place, length).map_err(wrong)?;
        if is_new {
            sync_folder(&place).map_err(wrong)?;
        }
        dispatch.restart(now);
        let mut journal = Self {
            path: place,
            file,
            length,
            needed: 0,
            _lock: lock,
        };
        journal.append(&dispatch.take_events())?;
        if journal.length > SMALL {
            journal.compact(&dispatch, &results, now)?;
        }
        Ok(Restored {
            journal,
            dispatch,
            results,
            flown,
        })
    }

    /// Writes it anew if much of it is no longer needed.
    pub(super) fn shorten(
        &mut self,
        dispatch: &Dispatch,
        results: &Results,
        now: i64,
    ) -> Result<(), Error> {
        if self.length > 2 * self.needed + SLACK {
            self.compact(dispatch, results, now)?;
        }
        Ok(())
    }

    fn compact(&mut self, dispatch: &Dispatch, results: &Results, now: i64) -> Result<(), Error> {
        let lines = lines(&dispatch.snapshot(now, |number| results.event(number)));
        self.needed = lines.len() as u64;
        if self.needed > self.length / 2 {
            return Ok(());
        }
        let Ok(draft) = draft(&self.path, lines.as_bytes()) else {
            // Without room for a second one the first goes on growing.
            self.needed = self.length;
            return Ok(());
        };
        let replaced = draft.persist(&self.path).map_err(|why| why.error);
        self.file = replaced.map_err(|cause| Error::writing(&self.path, cause))?;
        self.length = self.needed;
        sync_folder(&self.path).map_err(|cause| Error::writing(&self.path, cause))
    }

    /// Adds events, and has them on the disk.
    pub(super) fn append(&mut self, events: &[Event]) -> Result<(), Error> {
        if events.is_empty() {
            return Ok(());
        }
        let lines = lines(events);
        // That something was told is worth no wait for the disk: it would be told once more.
        let is_vital = !events
            .iter()
            .all(|it| matches!(it.change, Change::Told { .. }));
        let written = self.file.write_all(lines.as_bytes()).and_then(|()| {
            if is_vital {
                self.file.sync_data()
            } else {
                Ok(())
            }
        });
        match written {
            Ok(()) => {
                self.length += lines.len() as u64;
                Ok(())
            }
            Err(cause) => {
                // Half of it must not be there when the next server reads it.
                let _ = self.file.set_len(self.length);
                Err(Error::writing(&self.path, cause))
            }
        }
    }

    /// One whose disk is full.
    #[cfg(test)]
    pub(super) fn unwritable(path: &Path) -> Self {
        let journal = Self::open(path, Options::default(), 0);
        let journal = journal.unwrap_or_else(|why| panic!("{why}")).journal;
        let file = File::open(path).unwrap_or_else(|why| panic!("{why}"));
        Self { file, ..journal }
    }
}

fn lines(events: &[Event]) -> String {
    events.iter().map(Event::to_line).collect()
}

/// The file, ready for what comes behind so many bytes.
fn cut(place: &Path, length: u64) -> io::Result<File> {
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(place)?;
    if file.metadata()?.len() > length {
        file.set_len(length)?;
    }
    file.seek(SeekFrom::Start(length))?;
    Ok(file)
}

fn in_flight(dispatch: &Dispatch) -> Vec<u64> {
    let flying = dispatch.entries();
    let flying = flying.filter(|(_, entry)| entry.standing == Standing::InFlight);
    flying.map(|(number, _)| number).collect()
}

/// The file beside a state file that is held while it is in use.
pub(super) fn lock_of(state: &Path) -> PathBuf {
    let mut name = state.as_os_str().to_owned();
    name.push(".lock");
    name.into()
}

fn lock(place: &Path) -> io::Result<File> {
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .open(lock_of(place))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(io::Error::other("another process uses it")),
        Err(TryLockError::Error(cause)) => Err(cause),
    }
}

/// A file that may take the place of the journal: whenever it ends, one of them is there whole.
fn draft(place: &Path, bytes: &[u8]) -> io::Result<NamedTempFile> {
    let mut draft = tempfile::Builder::new()
        .prefix(".pushrig-")
        .tempfile_in(output::folder_of(place))?;
    draft.write_all(bytes)?;
    fs::set_permissions(draft.path(), fs::metadata(place)?.permissions())?;
    draft.as_file().sync_all()?;
    Ok(draft)
}

/// Has the name of a file on the disk, too.
#[cfg(unix)]
fn sync_folder(place: &Path) -> io::Result<()> {
    File::open(output::folder_of(place))?.sync_all()
}

/// Windows opens no folder as a file.
#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "elsewhere it may fail")]
fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::controlid::dispatch::Order;

    fn open(path: &Path) -> Result<Restored, Error> {
        Journal::open(path, Options::default(), 0)
    }

    fn order(key: Option<&str>) -> Order {
        Order {
            key: key.map(str::to_owned),
            ..Order::parse(br#"{"endpoint":"load_objects"}"#).unwrap()
        }
    }

    #[test]
    fn what_is_finished_goes_from_a_long_journal_and_what_waits_and_keys_stay() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state");
        let mut it = open(&path).unwrap();
        it.dispatch.enqueue(0, "1", order(Some("key")));
        for poll in 0..500 {
            it.dispatch.enqueue(0, "1", order(None));
            let uuid = poll.to_string();
            it.dispatch.poll(0, "1", Some(&uuid));
            let body = br#"{"response":"{\"users\":[]}"}"#;
            it.dispatch.result(0, "1", Some(&uuid), None, body);
            it.dispatch.tell(0, vec![poll + 1]);
            let events = it.dispatch.take_events();
            it.journal.append(&events).unwrap();
        }
        let long = fs::metadata(&path).unwrap().len();
        drop(it);
        let it = open(&path).unwrap();
        let short = fs::metadata(&path).unwrap().len();
        assert!(
            short * 2 < long && short == it.journal.length,
            "{short} of {long}"
        );
        drop(it);
        let mut it = open(&path).unwrap();
        assert_eq!(it.dispatch.tally().queued, 1);
        assert_eq!(it.dispatch.enqueue(0, "1", order(Some("key"))), 1);
        assert_eq!(it.dispatch.enqueue(0, "1", order(None)), 502);
        let events = it.dispatch.take_events();
        it.journal.append(&events).unwrap();
        drop(it);
        assert_eq!(open(&path).unwrap().dispatch.tally().queued, 2);
        let left = fs::read_dir(folder.path()).unwrap().count();
        assert_eq!(left, 2, "the state and its lock");
    }

    #[test]
    fn a_journal_that_is_in_use_stays_short_and_loses_nothing_of_what_flies() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state");
        let mut it = open(&path).unwrap();
        it.dispatch.enqueue(0, "fly", order(None));
        it.dispatch.poll(0, "fly", Some("f"));
        let long = format!("{{\"response\":\"{}\"}}", "x".repeat(1 << 20));
        for poll in 0..20 {
            it.dispatch.enqueue(0, "1", order(None));
            let uuid = poll.to_string();
            it.dispatch.poll(0, "1", Some(&uuid));
            it.dispatch
                .result(0, "1", Some(&uuid), None, long.as_bytes());
            it.dispatch.tell(0, vec![poll + 2]);
            it.journal.append(&it.dispatch.take_events()).unwrap();
            it.journal.shorten(&it.dispatch, &it.results, 0).unwrap();
            let length = fs::metadata(&path).unwrap().len();
            assert_eq!(length, it.journal.length);
            assert!(length < SLACK + (3 << 20), "{length}");
        }
        drop(it);
        let mut it = open(&path).unwrap();
        assert_eq!(it.flown, [1]);
        let taken = it
            .dispatch
            .result(0, "fly", Some("f"), None, br#"{"response":"{}"}"#);
        assert_eq!(taken.matched[0], 1);
    }

    #[test]
    fn a_second_process_is_refused_and_a_foreign_file_is_left_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state");
        let first = open(&path).unwrap();
        let Err(why) = open(&path) else {
            panic!("two have it");
        };
        assert_eq!(why.code(), 3);
        drop(first);
        assert!(open(&path).is_ok());
        for foreign in ["hello", "{}\n", "{\"v\":2,\"at\":1,\"event\":\"x\"}\n"] {
            fs::write(&path, foreign).unwrap();
            let Err(why) = open(&path) else {
                panic!("{foreign} is no journal");
            };
            assert_eq!(why.code(), 2);
            assert_eq!(why.place().unwrap().line, Some(1));
            assert_eq!(fs::read(&path).unwrap(), foreign.as_bytes());
        }
        assert!(open(folder.path()).is_err(), "a folder");
    }

    #[test]
    fn a_torn_last_line_is_cut_off_before_more_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state");
        let mut it = open(&path).unwrap();
        it.dispatch.enqueue(0, "1", order(None));
        let events = it.dispatch.take_events();
        it.journal.append(&events).unwrap();
        drop(it);
        let whole = fs::read(&path).unwrap();
        let mut torn = whole.clone();
        torn.extend_from_slice(&whole[..whole.len() / 2]);
        fs::write(&path, torn).unwrap();
        let mut it = open(&path).unwrap();
        assert_eq!(fs::read(&path).unwrap(), whole);
        it.dispatch.enqueue(0, "1", order(None));
        let events = it.dispatch.take_events();
        it.journal.append(&events).unwrap();
        drop(it);
        assert_eq!(open(&path).unwrap().dispatch.tally().queued, 2);
    }
}
