//! The state file: a journal that is on the disk before an answer leaves.
//!
//! `FILE.lock` beside it is held while it is in use: the journal itself may be written anew under
//! its name, and a lock would stay with the old one.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use crate::controlid::dispatch::{Dispatch, Event, Options, Standing};
use crate::error::Error;
use crate::output;

/// A journal below this size is not written anew.
const SMALL: usize = 64 << 10;

/// An open journal.
#[derive(Debug)]
pub(super) struct Journal {
    path: PathBuf,
    file: File,
    /// Its bytes, all of them whole lines.
    length: u64,
    _lock: File,
}

/// What a journal gave back.
pub(super) struct Restored {
    pub(super) journal: Journal,
    pub(super) dispatch: Dispatch,
    /// What was in flight when the server ended and must not go out again.
    pub(super) unknown: Vec<u64>,
}

impl Journal {
    /// Opens a state file, or begins one; `each` sees each of its events.
    pub(super) fn open(
        path: &Path,
        options: Options,
        now: i64,
        each: impl FnMut(Event),
    ) -> Result<Restored, Error> {
        let wrong = |cause| Error::writing(path, cause);
        if fs::metadata(path).is_ok_and(|there| !there.is_file()) {
            return Err(wrong(io::Error::other("it is no ordinary file")));
        }
        let place = output::place(path);
        let lock = lock(&place).map_err(wrong)?;
        let (bytes, is_new) = match fs::read(&place) {
            Ok(bytes) => (bytes, false),
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => (Vec::new(), true),
            Err(cause) => return Err(Error::reading(path, cause)),
        };
        let name = path.display().to_string();
        let (mut dispatch, length) = Dispatch::restore_each(options, &name, &bytes, each)?;
        let flying: Vec<u64> = at(&dispatch, Standing::InFlight).collect();
        dispatch.restart(now);
        let unknown: Vec<u64> = at(&dispatch, Standing::Unknown)
            .filter(|number| flying.contains(number))
            .collect();
        let short = if length > SMALL {
            let lines = lines(&dispatch.snapshot(now));
            (lines.len() <= length / 2).then_some(lines)
        } else {
            None
        };
        let mut journal = Self {
            file: match &short {
                Some(lines) => replace(&place, lines.as_bytes()).map_err(wrong)?,
                None => cut(&place, length as u64).map_err(wrong)?,
            },
            length: short.as_ref().map_or(length, String::len) as u64,
            path: place,
            _lock: lock,
        };
        if is_new {
            sync_folder(&journal.path).map_err(wrong)?;
        }
        let events = dispatch.take_events();
        if short.is_none() {
            journal.append(&events)?;
        }
        Ok(Restored {
            journal,
            dispatch,
            unknown,
        })
    }

    /// Adds events, and has them on the disk.
    pub(super) fn append(&mut self, events: &[Event]) -> Result<(), Error> {
        if events.is_empty() {
            return Ok(());
        }
        let lines = lines(events);
        let written = self
            .file
            .write_all(lines.as_bytes())
            .and_then(|()| self.file.sync_data());
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
        let journal = Self::open(path, Options::default(), 0, |_| {});
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

fn at(dispatch: &Dispatch, standing: Standing) -> impl Iterator<Item = u64> {
    dispatch
        .entries()
        .filter(move |(_, entry)| entry.standing == standing)
        .map(|(number, _)| number)
}

fn lock(place: &Path) -> io::Result<File> {
    let mut name = place.as_os_str().to_owned();
    name.push(".lock");
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .open(name)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(io::Error::other("another process uses it")),
        Err(TryLockError::Error(cause)) => Err(cause),
    }
}

/// Puts a new file in the place of an old one; whenever it ends, one of them is there whole.
fn replace(place: &Path, bytes: &[u8]) -> io::Result<File> {
    let folder = folder_of(place);
    let mut draft = tempfile::Builder::new()
        .prefix(".pushrig-")
        .tempfile_in(folder)?;
    draft.write_all(bytes)?;
    fs::set_permissions(draft.path(), fs::metadata(place)?.permissions())?;
    draft.as_file().sync_all()?;
    let file = draft.persist(place).map_err(|why| why.error)?;
    sync_folder(place)?;
    Ok(file)
}

fn folder_of(place: &Path) -> &Path {
    match place.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// Has the name of a file on the disk, too.
#[cfg(unix)]
fn sync_folder(place: &Path) -> io::Result<()> {
    File::open(folder_of(place))?.sync_all()
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
        Journal::open(path, Options::default(), 0, |_| {})
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
