//! Verdicts of some requests, ready to be shown: made by any thread, shown by one.

use std::collections::BTreeSet;
use std::io;

use crate::capture::blocks::Block;
use crate::capture::record::{Content, PLAY_HINT};
use crate::capture::{Located, Record, lines, taken_out};
use crate::check::{Checker, Judged};
use crate::error::{Error, Place};
use crate::json::Member;
use crate::report::verdict::{Counts, VerdictLine};
use crate::session::Session;
use crate::signature::{Evidence, Given, Verdict};
use crate::term::Paint;

/// What one block or file gives: text for stdout, talk for stderr, counts.
#[derive(Default)]
pub(super) struct Page {
    pub(super) out: Vec<u8>,
    /// The first record that holds an MQTT message: a capture of them has nothing else.
    pub(super) message: Option<Error>,
    pub(super) errors: Vec<Error>,
    pub(super) warnings: Vec<String>,
    pub(super) notes: BTreeSet<String>,
    pub(super) counts: Counts,
}

impl Page {
    pub(super) fn fail(&mut self, error: Error) {
        self.counts.errors += 1;
        self.errors.push(error);
    }

    fn fail_message(&mut self, error: Error) {
        self.counts.errors += 1;
        self.counts.messages += 1;
        self.message
            .get_or_insert_with(|| error.with_hint(PLAY_HINT));
    }
}

/// Judges requests and prints their verdicts; shared by the workers.
#[derive(Clone, Copy)]
pub(super) struct Printer<'p> {
    checker: &'p Checker,
    given: &'p Given,
    show: bool,
    json: bool,
    quiet: bool,
    paint: Paint,
}

impl<'p> Printer<'p> {
    pub(super) fn new(
        checker: &'p Checker,
        given: &'p Given,
        show: bool,
        session: &Session,
    ) -> Self {
        Self {
            checker,
            given,
            show,
            json: session.json(),
            quiet: session.globals.quiet,
            paint: session.paint,
        }
    }

    pub(super) fn print_block(&self, name: &str, block: &Block) -> Result<Page, Error> {
        let mut page = Page::default();
        if block.too_long {
            page.fail(Error::input(
                Place::line(name, block.first_line),
                format!("the line is longer than {} MiB", lines::MAX_LINE >> 20),
            ));
            return Ok(page);
        }
        let mut number = block.first_line;
        let mut rest = block.bytes.as_slice();
        while !rest.is_empty() {
            let end = memchr::memchr(b'\n', rest).map_or(rest.len(), |at| at + 1);
            let (line, after) = rest.split_at(end);
            self.print_line(name, number, line, &mut page)?;
            rest = after;
            number += 1;
        }
        Ok(page)
    }

    fn print_line(
        &self,
        name: &str,
        number: u64,
        line: &[u8],
        page: &mut Page,
    ) -> Result<(), Error> {
        let ended = line.ends_with(b"\n");
        let text = line.trim_ascii_end();
        if text.is_empty() {
            return Ok(());
        }
        // Most lines are valid and nothing is said of them; they need no record.
        if self.quiet && !self.show && self.is_plainly_right(text, page) {
            return Ok(());
        }
        match lines::read_line(Place::line(name, number), text) {
            Ok(located) => {
                let located = taken_out(&located).unwrap_or(located);
                self.print_located(&located, page)
            }
            Err(_) if !ended && lines::breaks_off(text) => {
                page.warnings.push(lines::torn(name, number));
                Ok(())
            }
            Err(error) => {
                page.fail(error);
                Ok(())
            }
        }
    }

    /// The quick way: a line is judged where it lies, and only counted if it is right.
    fn is_plainly_right(&self, line: &[u8], page: &mut Page) -> bool {
        if !line.starts_with(b"{") || self.checker.open || self.given.find("body").is_some() {
            return false;
        }
        let record = if line.starts_with(b"{\"v\":") {
            match Record::parse(line) {
                Ok(record) => Some(record),
                Err(_) => return false,
            }
        } else {
            None
        };
        let evidence = match &record {
            None => Evidence::of_body(line),
            Some(record) => match record.request() {
                Some(request) => Evidence::of(request),
                None => return false,
            },
        };
        let evidence = self.evidence(evidence);
        if record.is_none() && !evidence.members().is_ok_and(is_bare_body) {
            return false;
        }
        let named = record
            .as_ref()
            .and_then(|record| record.platform.as_deref());
        let at = record.as_ref().and_then(|record| record.at.as_deref());
        let judged = self.checker.check(named, at, &evidence);
        let right = judged.is_right(self.checker);
        if right {
            page.counts.add(self.checker, &judged);
        }
        right
    }

    pub(super) fn print_located(&self, located: &Located, page: &mut Page) -> Result<(), Error> {
        let Some(request) = located.record.request() else {
            let why = format!("this record {}", located.record.lack());
            let error = Error::input(located.place.clone(), why);
            if matches!(located.record.content, Content::Mqtt(_)) {
                page.fail_message(error);
            } else {
                page.fail(error);
            }
            return Ok(());
        };
        let evidence = if located.bare {
            Evidence::of_body(&request.body)
        } else {
            Evidence::of(request)
        };
        let name = located.place.to_string();
        self.print_one(&name, Some(located), evidence, &located.notes, page)
    }

    /// The evidence with what the flags give.
    fn evidence<'e>(&self, mut evidence: Evidence<'e>) -> Evidence<'e>
    where
        'p: 'e,
    {
        evidence.given = Some(self.given);
        evidence.public_url = self.checker.public_url.as_ref();
        evidence
    }

    pub(super) fn print_one<'e>(
        &self,
        name: &str,
        located: Option<&Located>,
        evidence: Evidence<'e>,
        notes: &[String],
        page: &mut Page,
    ) -> Result<(), Error>
    where
        'p: 'e,
    {
        let evidence = &self.evidence(evidence);
        let record = located.map(|located| &located.record);
        let named = record.and_then(|record| record.platform.as_deref());
        let at = record.and_then(|record| record.at.as_deref());
        let judged = self.checker.check(named, at, evidence);
        page.counts.add(self.checker, &judged);
        let right = judged.is_right(self.checker);
        if self.quiet && right && !self.show {
            return Ok(());
        }
        self.print(name, &judged, evidence, notes, page)
    }

    fn print(
        &self,
        name: &str,
        judged: &Judged<'_, '_>,
        evidence: &Evidence<'_>,
        notes: &[String],
        page: &mut Page,
    ) -> Result<(), Error> {
        let line = VerdictLine::new(name, self.checker, evidence, judged, notes, self.show);
        if self.json {
            serde_json::to_writer(&mut page.out, &line).map_err(io::Error::from)?;
            page.out.push(b'\n');
            return Ok(());
        }
        line.write_human(self.paint, &mut page.out)?;
        if judged.judgement.verdict == Verdict::Valid && !self.quiet {
            let told = line.fits.as_ref().map(|which| format!("{which} fits"));
            let notes = line
                .notes
                .into_iter()
                .filter(|note| Some(note) != told.as_ref());
            page.notes.extend(notes);
        }
        Ok(())
    }
}

/// Whether these members are a push body's, and not a record's in an unusual order.
fn is_bare_body(members: &[Member<'_>]) -> bool {
    !members.iter().any(|member| member.name == b"v")
}
