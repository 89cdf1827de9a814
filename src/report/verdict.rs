//! A verdict: one line for people, one JSON object for machines.

use std::borrow::Cow;
use std::io::{self, Write};

use serde::Serialize;

use super::Bytes;
use crate::check::{Checker, Judged, Scheme};
use crate::signature::verify::Freshness;
use crate::signature::{Evidence, Verdict};
use crate::term::{self, Paint};

/// A verdict as it is printed.
#[derive(Debug, Serialize)]
pub struct VerdictLine<'v> {
    v: u8,
    r#type: &'static str,
    /// `FILE:LINE`.
    pub record: &'v str,
    /// The platform or recipe; null if none was recognised.
    pub platform: Option<&'v str>,
    /// The form that applies.
    pub form: Option<&'v str>,
    /// `valid`, `mismatch`, `unsigned` or `unreadable`.
    pub verdict: &'static str,
    /// Why it is not valid.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<Cow<'v, str>>,
    /// The signature that arrived.
    pub received: Option<Bytes<'v>>,
    /// The right signature.
    pub expected: Option<String>,
    /// `fresh`, `stale`, `future`, `expired`, or null where nothing tells the time.
    pub freshness: Option<&'static str>,
    /// Its age in seconds; for a token since its end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub age: Option<i64>,
    /// The message that was sealed in it, with `--show`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub opened: Option<Bytes<'v>>,
    /// What else there is to know.
    pub notes: Vec<String>,
    /// Why a sealed part does not open; in JSON it is a note.
    #[serde(skip)]
    pub unopened: Option<String>,
    /// Which of several secrets fits; in JSON it is a note.
    #[serde(skip)]
    pub fits: Option<String>,
}

impl<'v> VerdictLine<'v> {
    /// The line of one request. `notes` are those of reading, which come first.
    #[must_use]
    pub fn new(
        record: &'v str,
        checker: &Checker,
        evidence: &Evidence<'_>,
        judged: &'v Judged<'_, '_>,
        notes: &[String],
        show: bool,
    ) -> Self {
        let judgement = &judged.judgement;
        let opened = judged
            .opened
            .as_ref()
            .and_then(|opened| opened.as_ref().ok())
            .filter(|_| show);
        let mut notes = notes.to_vec();
        let fits = checker.which_secret_fits(judged);
        notes.extend(fits.iter().map(|which| format!("{which} fits")));
        notes.extend(checker.notes(evidence, judged));
        for note in &mut notes {
            if let Cow::Owned(hidden) = checker.veil.hide_text(note) {
                *note = hidden;
            }
        }
        let hidden = |bytes| Bytes(checker.veil.hide(bytes));
        Self {
            v: 1,
            r#type: "verdict",
            record,
            platform: judged.scheme.map(Scheme::id),
            form: judgement.form.map(|form| form.name.as_str()),
            verdict: judgement.verdict.as_str(),
            why: judgement
                .why
                .as_deref()
                .map(|why| checker.veil.hide_text(why)),
            received: judgement.received.as_deref().map(hidden),
            expected: judgement.expected(),
            freshness: judged.freshness.map(|(freshness, _)| freshness.as_str()),
            age: judged.freshness.map(|(_, age)| age),
            opened: opened.map(|message| hidden(&message.bytes)),
            notes,
            fits,
            unopened: judged
                .opened
                .as_ref()
                .and_then(|opened| opened.as_ref().err())
                .map(ToString::to_string),
        }
    }

    /// Writes it for people. Notes of a valid request are left to the caller, who knows which of
    /// them he has told before.
    pub fn write_human(&self, paint: Paint, out: &mut impl Write) -> io::Result<()> {
        let verdict = format!("{:<10}", self.verdict);
        let valid = self.verdict == Verdict::Valid.as_str();
        let verdict = if valid {
            paint.ok(&verdict)
        } else {
            paint.bad(&verdict)
        };
        let name = match (self.platform, self.form) {
            (Some(platform), Some(form)) => format!("{platform} {form}"),
            (Some(platform), None) => platform.to_owned(),
            (None, _) => "no known platform".to_owned(),
        };
        write!(
            out,
            "{verdict}  {}  {name}",
            term::escape(self.record.as_bytes())
        )?;
        if let (Some(freshness), Some(age)) = (self.freshness, self.age) {
            let text = age_in_words(freshness, age);
            let text = if freshness == Freshness::Fresh.as_str() {
                paint.dim(&text)
            } else {
                paint.warn(&text)
            };
            write!(out, "  {text}")?;
        }
        if let Some(which) = &self.fits {
            write!(out, "  {}", paint.dim(&format!("by {which}")))?;
        }
        writeln!(out)?;
        let mut row = |name: &str, text: &str| {
            let name = paint.key(&format!("{name:<8}"));
            writeln!(out, "  {name}  {text}")
        };
        if !valid {
            if let Some(Bytes(received)) = &self.received {
                row("received", &term::cut(&term::escape(received), LONGEST))?;
            }
            if let Some(expected) = &self.expected {
                row("expected", expected)?;
            }
            if let Some(why) = &self.why {
                row("why", &term::escape(why.as_bytes()))?;
            }
            for note in &self.notes {
                row("note", &term::escape(note.as_bytes()))?;
            }
        }
        if let Some(Bytes(opened)) = &self.opened {
            row("opened", &term::escape(opened))?;
        }
        Ok(())
    }
}

/// Longer texts are cut in their middle.
const LONGEST: usize = 200;

/// A freshness and an age as words: "stale: 3 d old".
#[must_use]
pub fn age_in_words(freshness: &str, age: i64) -> String {
    let span = span(age.unsigned_abs());
    match freshness {
        "expired" => format!("expired {span} ago"),
        "future" => format!("future: {span} ahead"),
        _ if age < 0 => format!("{freshness}: {span} left"),
        _ => format!("{freshness}: {span} old"),
    }
}

fn span(seconds: u64) -> String {
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7_200 => format!("{} min", seconds / 60),
        7_200..172_800 => format!("{} h", seconds / 3_600),
        _ => format!("{} d", seconds / 86_400),
    }
}

/// How many records got which verdict.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Counts {
    /// All that were judged.
    pub records: u64,
    /// Right signatures.
    pub valid: u64,
    /// Wrong ones.
    pub mismatch: u64,
    /// None.
    pub unsigned: u64,
    /// Something is missing or cannot be read.
    pub unreadable: u64,
    /// Lines that are no records.
    pub errors: u64,
    /// Those of them that hold an MQTT message.
    #[serde(skip_serializing_if = "is_none")]
    pub messages: u64,
    /// Not fresh, whatever the signature is.
    pub not_fresh: u64,
    /// Records that do not pass.
    #[serde(skip)]
    pub wrong: u64,
}

impl Counts {
    /// Counts one more.
    pub fn add(&mut self, checker: &Checker, judged: &Judged<'_, '_>) {
        self.records += 1;
        *match judged.judgement.verdict {
            Verdict::Valid => &mut self.valid,
            Verdict::Mismatch => &mut self.mismatch,
            Verdict::Unsigned => &mut self.unsigned,
            Verdict::Unreadable => &mut self.unreadable,
        } += 1;
        let fresh = judged
            .freshness
            .is_none_or(|(freshness, _)| freshness == Freshness::Fresh);
        self.not_fresh += u64::from(!fresh);
        self.wrong += u64::from(!judged.is_right(checker));
    }

    /// Adds other counts.
    pub fn absorb(&mut self, other: &Self) {
        self.records += other.records;
        self.valid += other.valid;
        self.mismatch += other.mismatch;
        self.unsigned += other.unsigned;
        self.unreadable += other.unreadable;
        self.errors += other.errors;
        self.messages += other.messages;
        self.not_fresh += other.not_fresh;
        self.wrong += other.wrong;
    }

    /// The counts as one line for people.
    #[must_use]
    pub fn in_words(&self, paint: Paint) -> String {
        let plural = if self.records == 1 {
            "record"
        } else {
            "records"
        };
        let mut text = format!("{} {plural}: ", self.records);
        text.push_str(&paint.ok(&format!("{} valid", self.valid)));
        for (count, name) in [
            (self.mismatch, "mismatch"),
            (self.unsigned, "unsigned"),
            (self.unreadable, "unreadable"),
            (self.errors, "not read"),
        ] {
            if count > 0 {
                text.push_str(", ");
                text.push_str(&paint.bad(&format!("{count} {name}")));
            }
        }
        if self.not_fresh > 0 {
            text.push_str(", ");
            text.push_str(&paint.warn(&format!("{} not fresh", self.not_fresh)));
        }
        text
    }
}

/// The last line of JSON output.
#[derive(Debug, Serialize)]
pub struct SummaryLine {
    v: u8,
    r#type: &'static str,
    #[serde(flatten)]
    counts: Counts,
}

impl SummaryLine {
    /// The summary of these counts.
    #[must_use]
    pub fn new(counts: Counts) -> Self {
        Self {
            v: 1,
            r#type: "summary",
            counts,
        }
    }
}

/// Whether there is none; most captures have no such thing.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
fn is_none(count: &u64) -> bool {
    *count == 0
}
