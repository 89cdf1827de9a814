//! Captures: recorded requests, in pushrig's own format and in what other programs write.
//!
//! [`read_all`] is the door. It recognises a file by its content, never by its name, and gives
//! back [`Located`] records: each with the place it came from, what was noticed while reading,
//! and whether its bytes are wire evidence or a human's copy. [`lines()`] is the other door, for
//! captures that are too big to be held in memory.

use std::io;

use crate::error::{Error, Place};

pub mod blocks;
pub mod curl;
pub mod har;
pub mod http_file;
pub mod lines;
pub mod raw;
pub mod record;

mod body;
mod logged;
mod pseudo;
mod recognise;

pub use lines::lines;
pub use logged::taken_out;
pub use recognise::recognise;
pub use record::{Content, Direction, MqttMessage, Record, is_record};

use record::RecordError;

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// NDJSON, and the first line is a [`Record`].
    Records,
    /// NDJSON of push bodies, or log lines that end with one.
    Bodies,
    /// One body: JSON on one line or pretty-printed, sloppy JSON, or any other text.
    Body,
    /// An HTTP archive.
    Har,
    /// Raw HTTP: a request, or a request and its response, or several of these.
    Raw,
    /// Header lines alone, with the request line or without it; or a OneNET token alone.
    HeaderLines,
    /// A request line, a target, a URL or an access-log line: one each line; or a query alone.
    Target,
    /// Command lines of curl.
    Curl,
    /// A `.http` file.
    HttpFile,
}

/// A record, and how it came to be known.
#[derive(Clone, Debug, PartialEq)]
pub struct Located {
    /// The file, and the line that it starts on.
    pub place: Place,
    /// The record.
    pub record: Record,
    /// What was noticed while reading. Where bytes of the body were lost, the note starts with
    /// `WARNING`.
    pub notes: Vec<String>,
    /// The bytes are a human's copy (a body file, a curl line, a `.http` file), not evidence of
    /// what was on the wire.
    pub pasted: bool,
    /// Only a body was given: method, target and headers of the request are made up.
    pub bare: bool,
}

impl Located {
    /// A record that is wire evidence.
    fn wire(place: Place, record: Record, notes: Vec<String>) -> Self {
        Self {
            place,
            record,
            notes,
            pasted: false,
            bare: false,
        }
    }

    /// A record that a human copied or wrote.
    fn pasted(place: Place, record: Record, notes: Vec<String>) -> Self {
        Self {
            pasted: true,
            ..Self::wire(place, record, notes)
        }
    }
}

/// All that a file holds.
#[derive(Debug)]
pub struct Reading {
    /// What the file was taken for.
    pub kind: Kind,
    /// The records in the file's order; what could not be read stands in its place.
    pub items: Vec<Result<Located, Error>>,
    /// What concerns the file as a whole, each with its place.
    pub warnings: Vec<String>,
}

impl Reading {
    fn new(kind: Kind) -> Self {
        Self {
            kind,
            items: Vec::new(),
            warnings: Vec::new(),
        }
    }
}

/// How a format that names other files (`--data @FILE`, `< FILE`) gets at them.
pub type ReadFile<'a> = dyn Fn(&str) -> io::Result<Vec<u8>> + 'a;

/// Reads a whole file, whatever it is; one that names other files gets an error in their place.
///
/// # Errors
/// The file is empty, or it is nothing that could hold a request.
pub fn read_all(name: &str, bytes: &[u8]) -> Result<Reading, Error> {
    let refuse = |_: &str| {
        Err(io::Error::new(
            io::ErrorKind::Unsupported,
            "other files are not read here",
        ))
    };
    read_all_with(name, bytes, &refuse)
}

/// [`read_all`] with a way to read the files that it names.
///
/// # Errors
/// The file is empty, or it is nothing that could hold a request.
pub fn read_all_with(name: &str, bytes: &[u8], read_file: &ReadFile<'_>) -> Result<Reading, Error> {
    body::refuse_what_is_no_text(name, bytes)?;
    let (text, bom) = match bytes.strip_prefix(BOM) {
        Some(text) => (text, true),
        None => (bytes, false),
    };
    let dedented = raw::dedented(text);
    let text = dedented.as_deref().unwrap_or(text);
    let kind = match &dedented {
        Some(text) => recognise(text, true),
        None => recognise(bytes, true),
    };
    let mut reading = match kind {
        Kind::Records | Kind::Bodies => lines::read(name, text, kind),
        // The BOM of a single body is part of it: it was signed, or it was not.
        Kind::Body => body::read(name, bytes),
        Kind::Har => har::read(name, text, read_file)?,
        Kind::Raw => raw::read(name, text)?,
        Kind::HeaderLines => raw::read_header_lines(name, text)?,
        Kind::Target => raw::read_targets(name, text),
        Kind::Curl => curl::read(name, text, read_file)?,
        Kind::HttpFile => http_file::read(name, text, read_file)?,
    };
    for located in reading.items.iter_mut().flatten() {
        if let Some(request) = logged::taken_out(located) {
            *located = request;
        }
        body::note_compression(located);
        if dedented.is_some() {
            let note = "each line is indented: the indentation is left out";
            located.notes.push(note.to_owned());
        }
    }
    if bom && kind != Kind::Body {
        let warning = format!("{}: {BOM_SKIPPED}", Place::file(name));
        reading.warnings.insert(0, warning);
    }
    Ok(reading)
}

/// UTF-8's byte order mark, which some editors put in front.
const BOM: &[u8] = b"\xEF\xBB\xBF";

const BOM_SKIPPED: &str = "the file starts with a BOM, which is skipped";

/// A problem at an offset of the bytes being read, before the file has a name.
#[derive(Debug)]
struct Bad {
    at: usize,
    why: String,
}

impl Bad {
    fn new(at: usize, why: impl Into<String>) -> Self {
        Self {
            at,
            why: why.into(),
        }
    }

    /// The error for the user: file, line and column.
    fn in_file(self, name: &str, bytes: &[u8]) -> Error {
        let (line, column) = crate::json::scan::line_and_column(bytes, self.at);
        Error::input(Place::line(name, line).at_column(column), self.why)
    }
}

impl From<RecordError> for Bad {
    fn from(error: RecordError) -> Self {
        Self {
            at: error.at,
            why: error.why,
        }
    }
}

#[cfg(test)]
mod tests;
