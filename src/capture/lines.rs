//! Captures and other NDJSON line by line, in constant memory.

use std::io::{self, Read};
use std::ops::Range;

use memchr::{memchr, memmem};

use super::record::{RecordError, is_record};
use super::{BOM, BOM_SKIPPED, Kind, Located, Reading, Record, body};
use crate::error::{Error, Place};
use crate::json::scan;

/// The longest line that is read, in bytes; a longer one is an error, and is skipped.
pub const MAX_LINE: usize = 64 << 20;

/// How much is read at once. Big enough that the calls do not show, small enough for the cache.
const CHUNK: usize = 256 << 10;

/// Reads NDJSON; `name` is the file in error messages.
pub fn lines<R: Read>(name: impl Into<String>, source: R) -> Lines<R> {
    Lines {
        name: name.into(),
        source,
        buffer: Vec::new(),
        unread: 0..0,
        number: 0,
        ended: false,
        bom: false,
        limit: MAX_LINE,
    }
}

/// A reader of lines that lends each line from its buffer.
#[derive(Debug)]
pub struct Lines<R> {
    name: String,
    source: R,
    buffer: Vec<u8>,
    /// The part of the buffer that was filled and not handed out.
    unread: Range<usize>,
    number: u64,
    ended: bool,
    bom: bool,
    limit: usize,
}

/// A line without its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line<'a> {
    /// Its number, from 1.
    pub number: u64,
    /// Its bytes, without LF or CRLF.
    pub bytes: &'a [u8],
    /// Whether it is the last line, was never ended, and breaks off inside a JSON value: the
    /// writer was stopped in the middle.
    pub torn: bool,
}

impl<R: Read> Lines<R> {
    /// The next line that is not blank; none at the end.
    ///
    /// # Errors
    /// The source cannot be read (then there are no more lines), or the line is too long (then
    /// the next call goes on behind it).
    pub fn next_line(&mut self) -> Option<Result<Line<'_>, Error>> {
        loop {
            let range = match self.next_range() {
                Ok(Some(range)) => range,
                Ok(None) => return None,
                Err(error) => return Some(Err(error)),
            };
            let (start, end) = (range.start, range.end);
            let whole = &self.buffer[start..end];
            let (text, ended) = match whole.strip_suffix(b"\n") {
                Some(text) => (text.strip_suffix(b"\r").unwrap_or(text), true),
                None => (whole, false),
            };
            if text.trim_ascii().is_empty() {
                continue;
            }
            let range = start..start + text.len();
            let torn = !ended && breaks_off(text);
            return Some(Ok(Line {
                number: self.number,
                bytes: &self.buffer[range],
                torn,
            }));
        }
    }

    /// Whether the source started with a BOM, which was skipped: known after the first line.
    #[must_use]
    pub fn had_bom(&self) -> bool {
        self.bom
    }

    /// What is to be said about the source as a whole: known after the first line.
    #[must_use]
    pub fn warning(&self) -> Option<&'static str> {
        self.bom.then_some(BOM_SKIPPED)
    }

    /// Where the next line with its end stands in the buffer.
    fn next_range(&mut self) -> Result<Option<Range<usize>>, Error> {
        let mut searched = 0;
        let mut too_long = false;
        loop {
            let unread = &self.buffer[self.unread.clone()];
            if let Some(newline) = memchr(b'\n', &unread[searched..]) {
                let start = self.unread.start;
                let end = start + searched + newline + 1;
                self.unread.start = end;
                return self.finish(start..end, too_long);
            }
            if self.ended {
                let range = self.unread.clone();
                self.unread.start = self.unread.end;
                if range.is_empty() && !too_long {
                    return Ok(None);
                }
                return self.finish(range, too_long);
            }
            searched = self.unread.len();
            if searched > self.limit {
                // Its bytes are let go, so that memory stays bounded; the end is still looked for.
                too_long = true;
                self.unread.start = self.unread.end;
                searched = 0;
            }
            self.fill()?;
        }
    }

    fn finish(
        &mut self,
        mut range: Range<usize>,
        too_long: bool,
    ) -> Result<Option<Range<usize>>, Error> {
        self.number += 1;
        if self.number == 1 && self.buffer[range.clone()].starts_with(BOM) {
            self.bom = true;
            range.start += BOM.len();
        }
        if too_long || range.len() > self.limit {
            return Err(Error::input(
                Place::line(&self.name, self.number),
                format!("the line is longer than {} MiB", self.limit >> 20),
            ));
        }
        Ok(Some(range))
    }

    /// Reads more behind what is unread, which moves to the front.
    fn fill(&mut self) -> Result<(), Error> {
        if self.unread.start > 0 {
            self.buffer.copy_within(self.unread.clone(), 0);
            self.unread = 0..self.unread.len();
        }
        let end = self.unread.end;
        if self.buffer.len() < end + CHUNK {
            let room = self.buffer.len().max(CHUNK / 2) * 2;
            self.buffer.resize(room.max(end + CHUNK), 0);
        }
        loop {
            match self.source.read(&mut self.buffer[end..]) {
                Ok(0) => self.ended = true,
                Ok(count) => self.unread.end = end + count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => {
                    self.ended = true;
                    return Err(Error::reading(&self.name, error));
                }
            }
            return Ok(());
        }
    }
}

/// Whether a text is the beginning of JSON and no more.
#[must_use]
pub fn breaks_off(text: &[u8]) -> bool {
    let text = text.trim_ascii_start();
    text.first() == Some(&b'{')
        && scan::check(text).is_err_and(|error| {
            // An escape that is cut is reported where it starts.
            error.at >= text.len() || (text[error.at] == b'\\' && text.len() - error.at < 6)
        })
}

/// What one line of NDJSON is: a record, a bare body, or a log line that ends with one.
///
/// `place` is the line's; blanks around the line are not part of a body.
///
/// # Errors
/// The line is none of these: file, line and column.
pub fn read_line(place: Place, line: &[u8]) -> Result<Located, Error> {
    let start = line.len() - line.trim_ascii_start().len();
    let text = line.trim_ascii();
    let bad = |error: RecordError| {
        let column = (start + error.at) as u64 + 1;
        Error::input(place.clone().at_column(column), error.why)
    };
    // Records are tried first and at once: reading one is one pass.
    if memmem::find(text, b"\"v\"").is_some() {
        match Record::parse(text) {
            Ok(record) => return Ok(Located::wire(place, record, Vec::new())),
            Err(error) if is_record(text) => return Err(bad(error)),
            Err(_) => {}
        }
    }
    let Err(error) = scan::check(text) else {
        return Ok(body::bare(place, text, Vec::new()));
    };
    match body::behind_log_prefix(text) {
        Some(body) => {
            let note = "the text before the body is taken for a log's prefix".to_owned();
            Ok(body::bare(place, body, vec![note]))
        }
        None => Err(bad(error.into())),
    }
}

/// Reads all lines.
pub(super) fn read(name: &str, bytes: &[u8], kind: Kind) -> Reading {
    let mut reading = Reading::new(kind);
    let mut lines = lines(name, bytes);
    while let Some(line) = lines.next_line() {
        match line {
            Ok(line) if line.torn => reading.warnings.push(torn(name, line.number)),
            Ok(line) => {
                let place = Place::line(name, line.number);
                reading.items.push(read_line(place, line.bytes));
            }
            Err(error) => reading.items.push(Err(error)),
        }
    }
    reading
}

/// What to say of a torn line.
#[must_use]
pub fn torn(name: &str, number: u64) -> String {
    format!(
        "{}: the last line breaks off (its writer was stopped); it is left out",
        Place::line(name, number)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Hands out a few bytes at a time.
    struct Trickle<'a>(&'a [u8], usize);

    impl Read for Trickle<'_> {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            let count = self.0.len().min(self.1).min(into.len());
            into[..count].copy_from_slice(&self.0[..count]);
            self.0 = &self.0[count..];
            Ok(count)
        }
    }

    /// Number, bytes, and whether it is torn; or the error's text.
    type Seen = Result<(u64, Vec<u8>, bool), String>;

    fn all(mut lines: Lines<impl Read>) -> Vec<Seen> {
        let mut all = Vec::new();
        while let Some(line) = lines.next_line() {
            all.push(match line {
                Ok(line) => Ok((line.number, line.bytes.to_vec(), line.torn)),
                Err(error) => Err(error.to_string()),
            });
        }
        all
    }

    #[test]
    fn blank_lines_line_ends_and_a_bom_are_skipped_and_lines_keep_their_numbers() {
        let mut lines = lines("f", &b"\xEF\xBB\xBF{}\r\n\n \r\n[1]\nx"[..]);
        let first = lines.next_line().unwrap().unwrap();
        assert_eq!(
            (first.number, first.bytes, first.torn),
            (1, &b"{}"[..], false)
        );
        assert!(lines.had_bom());
        let rest = all(lines);
        assert_eq!(
            rest,
            [
                Ok((4, b"[1]".to_vec(), false)),
                Ok((5, b"x".to_vec(), false))
            ]
        );
    }

    #[test]
    fn a_last_line_that_breaks_off_is_torn_and_a_whole_one_is_not() {
        let whole = br#"{"a":"\u00e9","b":[1,true]}"#;
        for end in 1..whole.len() {
            let lines = all(lines("f", &whole[..end]));
            // A cut literal cannot be told from a wrong one.
            let literal = matches!(whole[end - 1], b't' | b'r' | b'u') && end > 20;
            assert_eq!(lines[0].as_ref().unwrap().2, !literal, "{end}");
        }
        assert!(!all(lines("f", &whole[..]))[0].as_ref().unwrap().2);
        assert!(!all(lines("f", &b"{\"a\n"[..]))[0].as_ref().unwrap().2);
    }

    #[test]
    fn a_line_that_is_too_long_is_an_error_with_its_number_and_the_rest_is_read() {
        let mut text = b"a\n".to_vec();
        text.resize(3 * CHUNK, b'x');
        text.extend_from_slice(b"\nb");
        let mut small = lines("f", Trickle(&text, 70_000));
        small.limit = 1 << 20 >> 2;
        let all = all(small);
        assert_eq!(all.len(), 3);
        assert!(
            all[1]
                .as_ref()
                .unwrap_err()
                .starts_with("f:2: the line is longer")
        );
        assert_eq!(all[2], Ok((3, b"b".to_vec(), false)));
    }

    proptest! {
        #[test]
        fn lines_are_the_same_however_they_trickle_in(
            text in "[a\\n\\r ]{0,60}",
            step in 1..9_usize,
        ) {
            let trickled = all(lines("f", Trickle(text.as_bytes(), step)));
            prop_assert_eq!(&trickled, &all(lines("f", text.as_bytes())));
            let expected: Vec<_> = text
                .split('\n')
                .zip(1..)
                .map(|(line, number)| (number, line))
                .filter(|(_, line)| !line.trim_ascii().is_empty())
                .collect();
            prop_assert_eq!(trickled.len(), expected.len());
            for (line, (number, text)) in trickled.iter().zip(expected) {
                let line = line.as_ref().unwrap();
                prop_assert_eq!(line.0, number);
                prop_assert_eq!(line.1.as_slice().trim_ascii(), text.as_bytes().trim_ascii());
            }
        }
    }
}
