//! What a run itself prints: headings, the course of the steps, the server's last words.

use std::io::{IsTerminal as _, Write as _};
use std::time::Duration;

use serde::Serialize;

use super::relay::relay;
use super::steps::Step;
use crate::error::{Error, Outcome};
use crate::report::case::{Case, CaseOutcome};
use crate::report::{counted, outcome};
use crate::reporter::Reporter;
use crate::session::Session;
use crate::signature::Veil;
use crate::term;

/// The one who prints.
pub(super) struct Show<'s> {
    pub(super) session: &'s mut Session,
    pub(super) reporter: Reporter,
    pub(super) veil: Veil,
    /// What became of each step, for the end.
    became: Vec<Became>,
    /// Why standard output could not be written, other than that its reader went away.
    broken: Option<Error>,
}

struct Became {
    title: String,
    /// None if it was not run.
    outcome: Option<Outcome>,
    cases: usize,
    wrong: usize,
}

#[derive(Serialize)]
struct ReadyLine<'l> {
    v: u8,
    r#type: &'static str,
    url: &'l str,
    ms: u128,
}

#[derive(Serialize)]
struct StepLine<'l> {
    v: u8,
    step: &'l str,
    r#type: &'static str,
    outcome: &'static str,
    /// None if a signal ended it.
    exit: Option<i32>,
    ms: f64,
}

impl<'s> Show<'s> {
    pub(super) fn new(session: &'s mut Session, reporter: Reporter, veil: Veil) -> Self {
        Self {
            session,
            reporter,
            veil,
            became: Vec::new(),
            broken: None,
        }
    }

    fn is_quiet(&self) -> bool {
        self.session.json() || self.session.globals.quiet
    }

    /// The server does not answer yet: whoever looks at a terminal is told what is waited for.
    pub(super) fn waiting(&mut self, door: &str, why: Option<&str>, limit: Duration) {
        if self.is_quiet() || !std::io::stderr().is_terminal() {
            return;
        }
        let door = term::escape(door.as_bytes());
        let why = why.map_or_else(
            || "no answer yet".to_owned(),
            |why| term::escape(why.as_bytes()),
        );
        let limit = humantime::format_duration(limit);
        self.session.talk(|paint| {
            let waiting = paint.dim("waiting:");
            format!("{waiting} for an answer at {door}, up to {limit} ({why})\n")
        });
    }

    /// The server answers.
    pub(super) fn ready(&mut self, door: &str, after: Duration) {
        let ms = after.as_millis();
        if self.session.json() {
            self.print_json(&ReadyLine {
                v: 1,
                r#type: "ready",
                url: door,
                ms,
            });
        } else if !self.is_quiet() {
            let door = term::escape(door.as_bytes());
            self.session.talk(|paint| {
                let ready = paint.ok("ready");
                format!("{ready}: the server answers at {door} after {ms} ms\n")
            });
        }
    }

    /// A step begins. Its own summary, which is also shown where little is, needs a name.
    pub(super) fn heading(&mut self, step: &Step) {
        if !self.session.json() {
            let title = self.veil.hide_text(&step.title);
            let (number, of) = step.number;
            let text = format!("step {number} of {of}: {title}");
            self.session
                .talk(|paint| format!("{}\n", paint.bold(&text)));
        }
    }

    /// Lines that a step printed.
    pub(super) fn lines(&mut self, step: &Step, lines: &[u8]) {
        if self.reporter.is_unread() {
            return;
        }
        let mut text = Vec::with_capacity(lines.len());
        let lines = lines.strip_suffix(b"\n").unwrap_or(lines);
        for line in lines.split(|&byte| byte == b'\n') {
            if self.session.json() {
                text.extend(relay(&step.name, line));
            } else {
                text.extend_from_slice(line);
            }
            text.push(b'\n');
        }
        let written = self.session.out.write_all(&text);
        self.printed(written.map_err(Error::from));
    }

    /// A step has ended.
    pub(super) fn ended(&mut self, step: &Step, came: Outcome, exit: Option<i32>, ms: f64) {
        self.tell(step, Some(came));
        if self.session.json() {
            self.print_json(&StepLine {
                v: 1,
                step: &step.name,
                r#type: "step",
                outcome: outcome(came),
                exit,
                ms: (ms * 1_000.0).round() / 1_000.0,
            });
        }
    }

    /// Cases that the last step has printed itself.
    pub(super) fn keep(&mut self, cases: Vec<Case>) {
        for case in cases {
            self.count(&case);
            self.reporter.keep(case);
        }
    }

    /// A case of the last step that nobody has printed yet.
    pub(super) fn case(&mut self, case: Case) {
        self.count(&case);
        self.told_case(case);
    }

    fn count(&mut self, case: &Case) {
        use CaseOutcome::{Error, Fail, Unsent};
        let is_wrong = matches!(case.outcome, Fail | Error | Unsent);
        if let Some(became) = self.became.last_mut()
            && (is_wrong || !case.is_finding)
        {
            became.cases += 1;
            became.wrong += usize::from(is_wrong);
        }
    }

    /// A step that is not run.
    pub(super) fn skipped(&mut self, step: &Step, case: Case) {
        self.tell(step, None);
        self.bare_case(case);
    }

    /// A case of no step.
    pub(super) fn bare_case(&mut self, case: Case) {
        let shown = self.reporter.show(&case, self.session);
        self.reporter.keep(case);
        self.printed(shown);
    }

    /// Whether it was told what became of a step.
    pub(super) fn has_told(&self, step: &Step) -> bool {
        self.became.len() >= step.number.0
    }

    fn tell(&mut self, step: &Step, outcome: Option<Outcome>) {
        self.became.push(Became {
            title: self.veil.hide_text(&step.title).into_owned(),
            outcome,
            cases: 0,
            wrong: 0,
        });
    }

    /// A case whose details people read elsewhere: the server's last lines, the verdicts of a step.
    pub(super) fn told_case(&mut self, mut case: Case) {
        if !self.session.json() {
            let details = std::mem::take(&mut case.details);
            let shown = self.reporter.show(&case, self.session);
            case.details = details;
            self.reporter.keep(case);
            self.printed(shown);
            return;
        }
        self.bare_case(case);
    }

    /// What became of the steps, where there are several.
    pub(super) fn recap(&mut self) {
        let steps = self.became.len() as u64;
        let is = |wanted: fn(&Option<Outcome>) -> bool| {
            let those = self.became.iter().filter(|it| wanted(&it.outcome));
            those.count() as u64
        };
        let right = is(|outcome| *outcome == Some(Outcome::Yes));
        let not_run = is(Option::is_none);
        let counters = vec![
            ("steps", steps),
            ("passed", right),
            ("not_right", steps - right - not_run),
            ("not_run", not_run),
        ];
        self.reporter.beside(counters, Vec::new());
        if self.is_quiet() || steps < 2 || self.reporter.is_unread() {
            return;
        }
        let mut text: String = self.became.iter().map(|it| self.row(it)).collect();
        text.push_str(&self.legend());
        let written = self.session.out.write_all(text.as_bytes());
        self.printed(written.map_err(Error::from));
    }

    fn row(&self, became: &Became) -> String {
        let paint = self.session.paint;
        let word = match became.outcome {
            Some(Outcome::Yes) => paint.ok("yes"),
            Some(Outcome::No) => paint.bad("no "),
            Some(Outcome::BadInput) => paint.bad("bad"),
            Some(_) => paint.bad("?  "),
            None => paint.dim("-  "),
        };
        let mut row = format!("  {word}  {}", became.title);
        if became.outcome.is_none() {
            row.push_str("  not run");
        } else {
            let cases = became.cases as u64;
            row.push_str("  ");
            row.push_str(&counted(cases, "case", "cases"));
            if became.wrong > 0 {
                row.push_str(", ");
                row.push_str(&became.wrong.to_string());
                row.push_str(" not right");
            }
        }
        row.push('\n');
        row
    }

    /// What the marks stand for that are no words.
    fn legend(&self) -> String {
        let has =
            |wanted: fn(Option<Outcome>) -> bool| self.became.iter().any(|it| wanted(it.outcome));
        let marks = [
            (
                has(|it| it == Some(Outcome::BadInput)),
                "bad: it could not begin as it was called",
            ),
            (has(is_unanswered), "?: it got no complete answer"),
            (has(|it| it.is_none()), "-: it was not run"),
        ];
        let marks = marks.into_iter().filter(|(occurs, _)| *occurs);
        let marks: Vec<_> = marks.map(|(_, words)| words).collect();
        if marks.is_empty() {
            return String::new();
        }
        let text = format!("({})", marks.join("; "));
        format!("  {}\n", self.session.paint.dim(&text))
    }

    /// The end of what the server said.
    pub(super) fn last_lines(&mut self, lines: &[String]) {
        if lines.is_empty() {
            return;
        }
        self.session.talk(|paint| {
            let mut text = format!("{}\n", paint.key("the server's last lines:"));
            for line in lines {
                // No line of a peer begins as a command of a CI system.
                text.push_str("  | ");
                text.push_str(line);
                text.push('\n');
            }
            text
        });
    }

    /// The summary and the reports; what it comes to.
    pub(super) fn finish(&mut self, elapsed: Duration) -> Outcome {
        let finished = self.reporter.finish(elapsed, self.session);
        let mut outcome = finished.unwrap_or_else(|error| {
            self.broken.get_or_insert(error);
            Outcome::Incomplete
        });
        if let Some(error) = &self.broken {
            self.session.complain(error);
            outcome = outcome.and(Outcome::Incomplete);
        }
        outcome
    }

    fn print_json(&mut self, value: &impl Serialize) {
        if !self.reporter.is_unread() {
            let printed = self.session.print_json(value);
            self.printed(printed);
        }
    }

    /// Lets nothing wait that was printed. Whatever keeps standard output from being written, such
    /// as a reader who goes away, ends the printing, and not the run.
    fn printed(&mut self, printed: Result<(), Error>) {
        let printed = printed.and_then(|()| self.reporter.flush(self.session));
        if let Err(error) = printed {
            self.reporter.lose_reader(self.session);
            if !error.is_closed_pipe() {
                self.broken.get_or_insert(error);
            }
        }
    }
}

/// Whether a step ran and its outcome is neither yes nor no.
fn is_unanswered(outcome: Option<Outcome>) -> bool {
    !matches!(
        outcome,
        None | Some(Outcome::Yes | Outcome::No | Outcome::BadInput)
    )
}
