//! A capture that grows while a run goes on: whole lines are appended, so that a crash loses at
//! most the one being written.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use crate::capture::Record;
use crate::error::Error;

/// A capture file, open for more records.
#[derive(Debug)]
pub struct Recorder {
    file: File,
    path: PathBuf,
}

impl Recorder {
    /// Opens the file, or makes it. What is in it stays, and a line that was torn by a crash is
    /// ended, so that the next one is whole.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let wrong = |cause| Error::writing(path, cause);
        let mut options = OpenOptions::new();
        options.create(true).append(true);
        let readable = options.clone().read(true).open(path);
        // A pipe is written to, and not read.
        let mut file = readable.or_else(|_| options.open(path)).map_err(wrong)?;
        if is_torn(&mut file).unwrap_or(false) {
            file.write_all(b"\n").map_err(wrong)?;
        }
        Ok(Self {
            file,
            path: path.to_owned(),
        })
    }

    /// Appends one record.
    pub fn record(&mut self, record: &Record) -> Result<(), Error> {
        let mut line = record.to_line();
        line.push(b'\n');
        let written = self.file.write_all(&line);
        written.map_err(|cause| Error::writing(&self.path, cause))
    }
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
}
