//! Reads the records of a replay, one after another: a capture of any size is never held whole.

use std::fs::{self, File};
use std::io::{self, Cursor, Read};
use std::path::Path;

use crate::args::{parse_private_url, read_rest};
use crate::capture::lines::{self, read_line};
use crate::capture::{self, Content, Kind, Located, is_record};
use crate::cmd::capture::Selection;
use crate::error::{Error, Place};
use crate::json::scan;
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
    /// As the user named it, and of an address no more than can be shown.
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
            if name.starts_with("http://") || name.starts_with("https://") {
                let url = parse_private_url("FILE", name)?;
                files.push(Source {
                    name: url.bare(),
                    fetched: Some(client::fetch(&url, LARGEST_FETCHED)?),
                });
                continue;
            }
            if name == "-" {
                session.take_stdin("FILE")?;
            } else if Path::new(name).is_dir() {
                files.extend(in_folder(name)?);
                continue;
            }
            files.push(Source {
                name: name.clone(),
                fetched: None,
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
        let start = read_start(&mut bytes).map_err(|cause| Error::reading(&name, cause))?;
        if matches!(start.kind, Kind::Records | Kind::Bodies) {
            let bytes = Cursor::new(start.bytes).chain(bytes);
            return Ok(self.stream(&name, bytes, take));
        }
        let bare = start.kind == Kind::Body;
        let reading = read_rest(&name, start.bytes, bytes)?;
        for warning in reading.warnings {
            if !take(Fed::Warning(warning)) {
                return Ok(false);
            }
        }
        for (index, item) in reading.items.into_iter().enumerate() {
            // Anything can be a body, but not anything is meant to be sent.
            let item = item.and_then(|located| {
                if bare && !is_sendable(&located) {
                    return Err(Error::input(located.place, NO_REQUEST));
                }
                Ok(located)
            });
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
        match lines.warning() {
            Some(warning) => take(Fed::Warning(format!("{name}: {warning}"))),
            None => true,
        }
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

/// Whether a file that is nothing but a body is one that platforms push: JSON, or XML.
fn is_sendable(located: &Located) -> bool {
    let Content::Request(request) = &located.record.content else {
        return true;
    };
    let body = request.body.trim_ascii();
    body.starts_with(b"<xml") || scan::check(body).is_ok()
}

const NO_REQUEST: &str = "there is no request in it: it is neither a capture nor a body of JSON";

/// The first bytes of a source, and what it is.
struct Start {
    bytes: Vec<u8>,
    kind: Kind,
}

/// Reads as much as it takes to recognise what it is, the first line at least; of a capture that
/// is still being written, no more than that.
fn read_start(source: &mut impl Read) -> io::Result<Start> {
    let mut bytes = Vec::new();
    let mut piece = vec![0; START];
    let mut line = None;
    loop {
        let count = match source.read(&mut piece) {
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        let is_first = line.is_none();
        line = line.or_else(|| Some(bytes.len() + memchr::memchr(b'\n', &piece[..count])?));
        bytes.extend_from_slice(&piece[..count]);
        let whole = count == 0;
        let enough = bytes.len() >= START && line.is_some() || bytes.len() >= lines::MAX_LINE;
        if whole || enough {
            let kind = capture::recognise(&bytes, whole);
            return Ok(Start { bytes, kind });
        }
        if let Some(end) = line.filter(|_| is_first)
            && is_record(bytes[..end].trim_ascii())
        {
            return Ok(Start {
                bytes,
                kind: Kind::Records,
            });
        }
    }
}

/// A file is recognised by its first bytes, this many unless its first line is longer.
const START: usize = 64 << 10;

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
