//! Reads the records of a replay, one after another: a capture of any size is never held whole.

use std::fs::{self, File};
use std::io::{self, Cursor, Read};
use std::path::Path;

use crate::args::read_rest;
use crate::capture::lines::{self, read_line};
use crate::capture::{self, Kind, Located};
use crate::cmd::capture::Selection;
use crate::error::{Error, Place};
use crate::moment::Moment;
use crate::net::client;
use crate::replay::{Item, Plan, Unsendable};
use crate::session::Session;

/// What reading gives.
pub(super) enum Fed {
    /// A record to send.
    Item(Box<Item>),
    /// A record that was chosen and cannot be sent.
    Unsendable(Place, Unsendable),
    /// What could not be read.
    Bad(Error),
    /// What is worth a warning.
    Warning(String),
    /// What is worth knowing.
    Note(String),
}

/// Reads the files, and makes of each record what is sent.
pub(super) struct Loader {
    files: Vec<Source>,
    select: Option<Selection>,
    plan: Plan,
    moment: Moment,
}

/// A file to read. Those of a folder are opened one after another.
struct Source {
    name: String,
    /// What was fetched over the network.
    fetched: Option<Vec<u8>>,
}

/// Where records go; false ends the reading.
type Take<'t> = dyn FnMut(Fed) -> bool + 't;

impl Loader {
    /// Finds the files. A folder stands for the files in it, in the order of their names.
    pub(super) fn open(
        names: &[String],
        select: Option<Selection>,
        plan: Plan,
        session: &mut Session,
    ) -> Result<Self, Error> {
        let mut files = Vec::new();
        for name in names {
            let mut fetched = None;
            if name == "-" {
                session.take_stdin("FILE")?;
            } else if name.starts_with("http://") || name.starts_with("https://") {
                let url = name
                    .parse()
                    .map_err(|why: String| Error::usage(format!("{name}: {why}")))?;
                fetched = Some(client::fetch(&url, LARGEST_FETCHED)?);
            } else if Path::new(name).is_dir() {
                files.extend(in_folder(name)?);
                continue;
            }
            files.push(Source {
                name: name.clone(),
                fetched,
            });
        }
        Ok(Self {
            files,
            select,
            plan,
            moment: session.moment(),
        })
    }

    /// The moment that the records are signed at.
    pub(super) fn moment(&mut self) -> &mut Moment {
        &mut self.moment
    }

    /// Reads everything, until `take` has enough.
    pub(super) fn load(mut self, take: &mut Take<'_>) {
        for source in std::mem::take(&mut self.files) {
            match self.read(source, take) {
                Ok(true) => {}
                Ok(false) => return,
                Err(error) => {
                    if !take(Fed::Bad(error)) {
                        return;
                    }
                }
            }
        }
    }

    fn read(&mut self, source: Source, take: &mut Take<'_>) -> Result<bool, Error> {
        let name = source.name;
        let mut bytes: Box<dyn Read> = match source.fetched {
            Some(bytes) => Box::new(Cursor::new(bytes)),
            None if name == "-" => Box::new(io::stdin()),
            None => Box::new(File::open(&name).map_err(|cause| Error::reading(&name, cause))?),
        };
        let mut start = Vec::new();
        bytes
            .by_ref()
            .take(START)
            .read_to_end(&mut start)
            .map_err(|cause| Error::reading(&name, cause))?;
        let whole = (start.len() as u64) < START;
        let streams = matches!(
            capture::recognise(&start, whole),
            Kind::Records | Kind::Bodies
        );
        if streams {
            return Ok(self.stream(&name, Cursor::new(start).chain(bytes), take));
        }
        let reading = read_rest(&name, start, bytes)?;
        for warning in reading.warnings {
            if !take(Fed::Warning(warning)) {
                return Ok(false);
            }
        }
        for (index, item) in reading.items.into_iter().enumerate() {
            if !self.take(index + 1, item, take) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn stream(&mut self, name: &str, bytes: impl Read, take: &mut Take<'_>) -> bool {
        let mut lines = lines::lines(name, bytes);
        let mut number = 0;
        while let Some(line) = lines.next_line() {
            number += 1;
            let going = match line {
                Ok(line) if line.torn => take(Fed::Warning(lines::torn(name, line.number))),
                Ok(line) => {
                    let place = Place::line(name, line.number);
                    let item = read_line(place, line.bytes);
                    self.take(number, item, take)
                }
                Err(error) => take(Fed::Bad(error)),
            };
            if !going {
                return false;
            }
        }
        true
    }

    fn take(&mut self, number: usize, item: Result<Located, Error>, take: &mut Take<'_>) -> bool {
        if self
            .select
            .as_ref()
            .is_some_and(|select| !select.holds(number))
        {
            return true;
        }
        let located = match item {
            Ok(located) => located,
            Err(error) => return take(Fed::Bad(error)),
        };
        let place = located.place.clone();
        let notes = located.notes.clone();
        let Some(prepared) = self.plan.prepare(located, &mut self.moment) else {
            return true;
        };
        for note in notes {
            let text = format!("{place}: {note}");
            let told = if note.starts_with("WARNING") {
                take(Fed::Warning(text))
            } else {
                take(Fed::Note(text))
            };
            if !told {
                return false;
            }
        }
        match prepared {
            Ok(item) => take(Fed::Item(Box::new(item))),
            Err(why) => take(Fed::Unsendable(place, why)),
        }
    }
}

/// A file is recognised by its first bytes, this many.
const START: u64 = 64 << 10;

/// What is fetched is held in memory.
const LARGEST_FETCHED: u64 = 512 << 20;

/// The files of a folder by name; what starts with a dot is none of them.
fn in_folder(folder: &str) -> Result<Vec<Source>, Error> {
    let failed = |cause| Error::reading(folder, cause);
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let hidden = entry.file_name().to_string_lossy().starts_with('.');
        if !hidden && entry.path().is_file() {
            names.push(entry.path().to_string_lossy().into_owned());
        }
    }
    if names.is_empty() {
        return Err(Error::usage(format!("there is no file in {folder}")));
    }
    names.sort();
    Ok(names
        .into_iter()
        .map(|name| Source {
            name,
            fetched: None,
        })
        .collect())
}
