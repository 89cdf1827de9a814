//! What a demo prints: scenes for people, cases for machines.

use std::io::Write as _;
use std::time::Duration;

use super::cast::INDENT;
use super::fit;
use super::scenes::Scene;
use crate::cmd::run::play::plain;
use crate::error::{Error, Outcome};
use crate::report::case::{Case, CaseOutcome, Summary};
use crate::report::json::{CaseLine, SummaryLine};
use crate::report::tally::Tally;
use crate::session::Session;
use crate::term::Paint;

/// The lines that a long line of JSON may take.
const MOST_JSON: usize = 3;

/// What stands in the margin where lines are left out.
const GAP: char = '…';

/// The one who prints.
pub(super) struct Show<'s> {
    session: &'s mut Session,
    width: usize,
    tally: Tally,
    /// What became of each scene, for the end.
    became: Vec<(Scene, CaseOutcome, Duration)>,
    /// What a scene printed, where it is only shown if something is not right.
    held: String,
}

impl<'s> Show<'s> {
    pub(super) fn new(session: &'s mut Session) -> Self {
        Self {
            width: session.width(),
            session,
            tally: Tally::new(),
            became: Vec::new(),
            held: String::new(),
        }
    }

    fn paint(&self) -> Paint {
        self.session.paint
    }

    /// What is to come.
    pub(super) fn opening(&mut self) -> Result<(), Error> {
        self.prose(0, OPENING, Paint::dim);
        self.release(false)
    }

    /// A scene begins.
    pub(super) fn scene(&mut self, scene: Scene) -> Result<(), Error> {
        let title = format!("{}  {}", scene.number(), scene.title());
        self.held.push('\n');
        self.prose(0, &title, Paint::bold);
        self.release(false)
    }

    /// A command as it is typed.
    pub(super) fn command(&mut self, words: &[String]) -> Result<(), Error> {
        for line in fit::command("$ pushrig", words, self.width.saturating_sub(INDENT)) {
            let line = self.paint().key(&line);
            self.line(INDENT, &line);
        }
        self.release(false)
    }

    /// A command of a shell's.
    pub(super) fn shell(&mut self, line: &str) {
        let line = self.paint().key(&format!("$ {line}"));
        self.line(INDENT, &line);
    }

    /// A remark.
    pub(super) fn remark(&mut self, text: &str) {
        self.prose(INDENT, text, |_, text| text.to_owned());
    }

    /// Of what a call printed, the lines that tell most; what is not right always does. Where some
    /// are left out before a line, the margin says so.
    pub(super) fn lines(
        &mut self,
        lines: &[String],
        mut tells: impl FnMut(&str) -> bool,
    ) -> Result<(), Error> {
        let mut is_gap = false;
        for line in lines {
            let bare = plain(line);
            let is_wrong = ["fail ", "error "]
                .iter()
                .any(|word| bare.starts_with(word));
            if tells(&bare) || is_wrong || self.is_verbose() {
                self.output(line, std::mem::take(&mut is_gap));
            } else {
                is_gap = true;
            }
        }
        self.release(false)
    }

    /// Whether all is to be shown.
    pub(super) fn is_verbose(&self) -> bool {
        self.session.globals.verbose
    }

    /// A line as it was printed.
    pub(super) fn printed(&mut self, line: &str) {
        self.output(line, false);
    }

    /// A line as it was printed; `is_gap` if others before it are not shown.
    fn output(&mut self, line: &str, is_gap: bool) {
        let columns = self.width.saturating_sub(INDENT);
        let pieces = if line.contains("{\"") || line.contains("‹token") {
            fit::cut(line, columns, MOST_JSON)
        } else {
            fit::broken(line, columns)
        };
        for (index, piece) in pieces.iter().enumerate() {
            if is_gap && index == 0 {
                let margin = format!("{GAP:<INDENT$}");
                let margin = self.paint().dim(&margin);
                self.line(0, &format!("{margin}{piece}"));
            } else {
                self.line(INDENT, piece);
            }
        }
    }

    /// A scene has ended.
    pub(super) fn ended(&mut self, scene: Scene, case: &Case, took: Duration) -> Result<(), Error> {
        let is_right = case.outcome == CaseOutcome::Pass;
        if self.session.json() {
            if !(is_right && self.session.globals.quiet) {
                self.session.print_json(&CaseLine::new(case))?;
                self.session.out.flush()?;
            }
        } else {
            let text = match (&case.why, case.details.first()) {
                (Some(why), _) => why.clone(),
                (None, Some((_, proof))) => proof.clone(),
                (None, None) => String::new(),
            };
            let paint = self.paint();
            let mark = self.mark(case.outcome);
            let columns = self.width.saturating_sub(INDENT + 2);
            for (index, piece) in fit::broken(&text, columns).iter().enumerate() {
                let piece = piece.trim_start();
                let piece = match case.outcome {
                    CaseOutcome::Pass => paint.ok(piece),
                    CaseOutcome::Skip => paint.dim(piece),
                    _ => paint.bad(piece),
                };
                let mark = if index == 0 { &*mark } else { " " };
                self.line(INDENT, &format!("{mark} {piece}"));
            }
            self.release(!is_right)?;
            self.held.clear();
        }
        self.tally.add(case);
        self.became.push((scene, case.outcome, took));
        Ok(())
    }

    fn mark(&self, outcome: CaseOutcome) -> String {
        match outcome {
            CaseOutcome::Pass => self.paint().ok("✓"),
            CaseOutcome::Skip => self.paint().dim("-"),
            _ => self.paint().bad("✗"),
        }
    }

    /// What it all comes to; `by` is the signal that ended it.
    pub(super) fn summary(
        &mut self,
        elapsed: Duration,
        by: Option<(&'static str, Outcome)>,
    ) -> Result<Outcome, Error> {
        let mut summary = self.tally.summary(elapsed);
        if let Some((name, outcome)) = by {
            summary.end(name, outcome);
        }
        let outcome = summary.outcome.unwrap_or(Outcome::Yes);
        if self.session.json() {
            self.session.print_json(&SummaryLine::new(&summary))?;
        } else {
            self.recap(&summary);
            self.release(true)?;
        }
        self.session.out.flush()?;
        Ok(outcome)
    }

    fn recap(&mut self, summary: &Summary) {
        if !self.session.globals.quiet {
            self.held.push('\n');
        }
        let columns = if self.width < 64 { 2 } else { 3 };
        let globals = &self.session.globals;
        // Whoever saw each scene end need not be told again.
        let is_told = !globals.quiet && !globals.verbose && summary.passed == summary.cases;
        let became = std::mem::take(&mut self.became);
        for row in became.chunks(columns).filter(|_| !is_told) {
            let cells = row.iter().map(|(scene, outcome, took)| {
                let name = format!("{:<9}", scene.name());
                let time = format!("{:>4} ms", took.as_millis());
                format!("{} {name} {}", self.mark(*outcome), self.paint().dim(&time))
            });
            let cells: Vec<_> = cells.collect();
            self.line(0, &cells.join("   "));
        }
        let mut parts = vec![format!(
            "{} scenes: {} as they should be",
            summary.cases, summary.passed
        )];
        for (count, words) in [
            (summary.failed, "not right"),
            (summary.errors, "without an answer"),
            (summary.skipped, "not played"),
        ] {
            if count > 0 {
                parts.push(format!("{count} {words}"));
            }
        }
        let counts = parts.join(", ");
        let by = summary.ended.as_ref();
        let by = by.map_or_else(String::new, |by| format!("  ended by {by}"));
        let seconds = summary.elapsed.as_secs_f64();
        self.line(0, &format!("{counts}  in {seconds:.2} s{by}"));
    }

    /// What became of the files, and what to do next: commands that work as they stand.
    pub(super) fn closing(&mut self, files: &str, next: &[String]) -> Result<(), Error> {
        if self.session.json() || self.session.globals.quiet {
            return Ok(());
        }
        self.prose(0, files, |_, text| text.to_owned());
        self.held.push('\n');
        self.prose(0, NEXT, Paint::bold);
        for command in next {
            // Not broken: it is there to be copied.
            let command = self.paint().key(command);
            self.line(INDENT, &command);
        }
        self.release(true)
    }

    fn prose(&mut self, indent: usize, text: &str, color: fn(Paint, &str) -> String) {
        for line in fit::broken(text, self.width.saturating_sub(indent)) {
            let line = color(self.paint(), line.trim_start());
            self.line(indent, &line);
        }
    }

    fn line(&mut self, indent: usize, text: &str) {
        self.held.extend(std::iter::repeat_n(' ', indent));
        self.held.push_str(text);
        self.held.push('\n');
    }

    /// Prints what is held, unless only what is not right is asked for, or nothing but JSON.
    fn release(&mut self, even_if_quiet: bool) -> Result<(), Error> {
        if self.session.json() {
            self.held.clear();
        }
        if self.session.globals.quiet && !even_if_quiet {
            return Ok(());
        }
        let text = std::mem::take(&mut self.held);
        self.session.out.write_all(text.as_bytes())?;
        // It is watched while it plays.
        self.session.out.flush()?;
        Ok(())
    }
}

const OPENING: &str = "Six scenes of real calls on this machine, as you would type them (beside a \
                       fixed --seed and --now). Where … stands, lines are left out: -v shows all.";

const NEXT: &str = "Now on your own, the last two in a second terminal:";
