//! The one who tells of a run: prints each case as it happens, keeps what reports need, and
//! writes them at the end.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, IsTerminal as _, Write as _};
use std::path::Path;
use std::time::{Duration, Instant};

use crate::args::ReportFile;
use crate::error::{Error, Outcome, Place};
use crate::output::Output;
use crate::report::case::{Case, CaseOutcome, Group, Report};
use crate::report::human::Human;
use crate::report::json::{CaseLine, SummaryLine};
use crate::report::tally::Tally;
use crate::report::threshold::Threshold;
use crate::report::{github, markdown};
use crate::session::Session;
use crate::term;

use self::alike::Alike;

mod alike;

/// What is not right is kept for GitHub up to this many cases; all are counted.
const MOST_KEPT: usize = 1_000;
/// How long a printed line may wait for others where nobody watches.
const LATEST: Duration = Duration::from_millis(50);

/// Prints, counts and keeps the cases of one run.
#[derive(Debug)]
pub struct Reporter {
    report: Report,
    files: Vec<ReportFile>,
    thresholds: Vec<Threshold>,
    tally: Tally,
    ended: Option<(String, Outcome)>,
    beside: (Vec<(&'static str, u64)>, Vec<Group>),
    /// The same of what the run consists of, which has told it itself where people read.
    within: (Vec<(&'static str, u64)>, Vec<Group>),
    human: Option<Human>,
    quiet: bool,
    /// How often each record was not right, where the same is sent again and again.
    again: Option<BTreeMap<(String, Option<u64>), u64>>,
    /// What was not right in one way: how often.
    alike: Option<Alike>,
    /// What all that is not right may come from.
    cause: Option<String>,
    github: Option<GitHub>,
    watched: bool,
    flushed: Option<Instant>,
    /// Whether the reader of standard output went away.
    is_unread: bool,
}

/// A job of GitHub's.
#[derive(Debug)]
struct GitHub {
    /// The file whose text is shown on the job's page.
    summary: Option<String>,
}

impl Reporter {
    /// Begins, and finds out whether each report can be written.
    pub fn open(
        command: &str,
        target: &str,
        files: Vec<ReportFile>,
        thresholds: Vec<Threshold>,
        session: &mut Session,
    ) -> Result<Self, Error> {
        for file in &files {
            Output::check(&file.path)?;
        }
        let actions = session.variable("GITHUB_ACTIONS")?;
        let summary = session.variable("GITHUB_STEP_SUMMARY")?;
        let globals = &session.globals;
        Ok(Self {
            report: Report {
                command: command.to_owned(),
                target: target.to_owned(),
                at: session.now(),
                cases: Vec::new(),
                summary: Tally::new().summary(Duration::ZERO),
            },
            files,
            thresholds,
            tally: Tally::new(),
            ended: None,
            beside: Default::default(),
            within: Default::default(),
            human: (!session.json()).then_some(Human {
                paint: session.paint,
                quiet: globals.quiet,
                verbose: globals.verbose,
            }),
            quiet: globals.quiet,
            again: None,
            alike: None,
            cause: None,
            github: (actions.as_deref() == Some("true")).then_some(GitHub {
                summary: summary.filter(|path| !path.is_empty()),
            }),
            watched: io::stdout().is_terminal(),
            flushed: None,
            is_unread: false,
        })
    }

    /// Whether anybody looks at a case that passed. If not, [`Reporter::passed`] counts one
    /// without making it.
    #[must_use]
    pub fn wants_passes(&self) -> bool {
        !self.quiet || !self.files.is_empty()
    }

    /// A case that passed, has no warning and that nobody looks at.
    pub fn passed(&mut self, status: u16, ms: f64) {
        self.tally.passed(status, ms);
    }

    /// From now on passes are only counted on the screen, and of what is not right the first of
    /// each record is shown, unless `-v` asks for all: a run that sends the same again and again
    /// would fill it.
    pub fn only_count_passes(&mut self) {
        if let Some(human) = &mut self.human
            && !human.verbose
        {
            human.quiet = true;
            self.quiet = true;
            self.again = Some(BTreeMap::new());
        }
    }

    /// From now on of cases that are not right in one and the same way only the first few are
    /// shown to people, unless `-v` asks for all; the others are counted.
    pub fn group_alike(&mut self) {
        if self.human.is_some_and(|human| !human.verbose) {
            self.alike = Some(Alike::default());
        }
    }

    /// What all that is not right may come from: people are told of it in the summary.
    pub fn cause(&mut self, cause: String) {
        self.cause.get_or_insert(cause);
    }

    /// How many cases there were, and how many of them are not right.
    #[must_use]
    pub fn counts(&self) -> (u64, u64) {
        self.tally.counts()
    }

    /// What the summary tells beside the cases: counters, and the times of each kind of answer.
    pub fn beside(&mut self, counters: Vec<(&'static str, u64)>, groups: Vec<Group>) {
        self.beside = (counters, groups);
    }

    /// Adds what a part of the run counted and measured: reports and machines are told.
    pub fn within(&mut self, counters: Vec<(&'static str, u64)>, groups: Vec<Group>) {
        self.within.0.extend(counters);
        self.within.1.extend(groups);
    }

    /// A case: printed, counted, and kept if a report needs it.
    ///
    /// A reader who goes away ends the printing, not the run: what it comes to, and the reports,
    /// do not depend on who looks.
    pub fn case(&mut self, case: Case, session: &mut Session) -> Result<(), Error> {
        self.show(&case, session)?;
        self.keep(case);
        Ok(())
    }

    /// Prints a case, and no more.
    pub fn show(&mut self, case: &Case, session: &mut Session) -> Result<(), Error> {
        if self.is_unread {
            return Ok(());
        }
        match self.print(case, session) {
            Err(error) if error.is_closed_pipe() => {
                self.lose_reader(session);
                Ok(())
            }
            printed => printed,
        }
    }

    /// Prints whole lines that are no cases: what came, where each is shown in a form of its own.
    pub fn print_lines(&mut self, lines: &[u8], session: &mut Session) -> Result<(), Error> {
        if self.is_unread {
            return Ok(());
        }
        match session.out.write_all(lines).map_err(Error::from) {
            Err(error) if error.is_closed_pipe() => {
                self.lose_reader(session);
                Ok(())
            }
            printed => printed,
        }
    }

    /// Whether a report has every case, passes included.
    #[must_use]
    pub fn keeps_passes(&self) -> bool {
        !self.files.is_empty()
    }

    /// A case that was printed already: counted, and kept if a report needs it.
    pub fn keep(&mut self, case: Case) {
        self.tally.add(&case);
        if self.keeps(&case) {
            self.report.cases.push(case);
        }
    }

    /// An input that could not be read, which was complained about: it is counted, and stands in
    /// the reports, because a run without it is not whole.
    pub fn unread_input(&mut self, error: &Error, session: &mut Session) {
        let place = error.place();
        let case = Case {
            id: place
                .as_ref()
                .map_or_else(|| "input".to_owned(), Place::to_string),
            place,
            outcome: match error.outcome() {
                Outcome::BadInput => CaseOutcome::Unsent,
                _ => CaseOutcome::Error,
            },
            why: Some(error.what()),
            hint: error.hint().map(str::to_owned),
            ..Case::default()
        };
        self.tally.add(&case);
        if session.json() && !self.is_unread {
            // A reader who went away is noticed by the next case.
            let _ = session.print_json(&CaseLine::new(&case));
        }
        if self.keeps(&case) {
            self.report.cases.push(case);
        }
    }

    /// Lets nothing that was printed wait for what comes next.
    pub fn flush(&mut self, session: &mut Session) -> Result<(), Error> {
        match session.out.flush().map_err(Error::from) {
            Err(error) if error.is_closed_pipe() => {
                self.lose_reader(session);
                Ok(())
            }
            flushed => flushed,
        }
    }

    /// The reader of standard output went away: nothing more is printed, and all else goes on.
    pub fn lose_reader(&mut self, session: &mut Session) {
        self.is_unread = true;
        session.forget_output();
    }

    /// Whether the reader of standard output went away.
    #[must_use]
    pub fn is_unread(&self) -> bool {
        self.is_unread
    }

    fn print(&mut self, case: &Case, session: &mut Session) -> Result<(), Error> {
        let right = is_right(case);
        if let Some(human) = self.human {
            let alike = self.alike.as_mut().filter(|_| !right);
            let is_one_more = alike.is_some_and(|alike| alike.is_one_more(case));
            if !self.is_again(case) && !is_one_more {
                human.case(case, &mut session.out)?;
            }
        } else if !(self.quiet && right) {
            session.print_json(&CaseLine::new(case))?;
        }
        let late = self.flushed.is_none_or(|at| at.elapsed() > LATEST);
        if self.watched || !right || late {
            session.out.flush()?;
            self.flushed = Some(Instant::now());
        }
        Ok(())
    }

    /// Whether the same record was shown before and is not right again.
    fn is_again(&mut self, case: &Case) -> bool {
        let Some(again) = self.again.as_mut().filter(|_| !is_right(case)) else {
            return false;
        };
        let record = match &case.place {
            Some(place) => (place.file.clone(), place.line),
            // What was made here has a name of its own each time, but not a reason.
            None => (case.why.clone().unwrap_or_else(|| case.id.clone()), None),
        };
        let times = again.entry(record).or_default();
        *times += 1;
        *times > 1
    }

    /// Tells how often each record was not right.
    fn tell_again(&self, session: &mut Session) -> Result<(), Error> {
        for ((file, line), times) in self.again.iter().flatten().filter(|(_, times)| **times > 1) {
            let place = Place {
                file: file.clone(),
                line: *line,
                column: None,
            };
            let record = term::escape(place.to_string().as_bytes());
            writeln!(session.out, "{record} was not right {times} times")?;
        }
        Ok(())
    }

    fn keeps(&self, case: &Case) -> bool {
        if !self.files.is_empty() {
            return true;
        }
        self.github.is_some() && !is_right(case) && self.report.cases.len() < MOST_KEPT
    }

    /// Notes that a signal or a limit ended it, and what that comes to.
    pub fn end(&mut self, by: impl Into<String>, outcome: Outcome) {
        self.ended = Some((by.into(), outcome));
    }

    /// Writes the summary, the reports and GitHub's annotations, and says what it comes to.
    pub fn finish(&mut self, elapsed: Duration, session: &mut Session) -> Result<Outcome, Error> {
        self.conclude(elapsed);
        let summary = &self.report.summary;
        // Whatever becomes of this, everything else is still to be done.
        let printed = match self.print_summary(session) {
            Err(error) if error.is_closed_pipe() => {
                session.forget_output();
                Ok(())
            }
            printed => printed,
        };
        let mut outcome = summary.outcome.unwrap_or(Outcome::Yes);
        // What was found out stays true if it cannot be written.
        for error in self.write_files() {
            session.complain(&error);
            outcome = outcome.and(Outcome::Incomplete);
        }
        if let Some(github) = &self.github {
            let mut text = Vec::new();
            github::write(&self.report, &mut text)?;
            session.speak(&text);
            if let Some(Err(error)) = github.summary.as_ref().map(|path| self.append(path)) {
                session.warn(&format!("the job's summary was not written: {error}"));
            }
        }
        printed.map(|()| outcome)
    }

    fn print_summary(&self, session: &mut Session) -> Result<(), Error> {
        if self.is_unread {
            return Ok(());
        }
        let summary = &self.report.summary;
        match &self.human {
            Some(human) => {
                self.tell_again(session)?;
                if let Some(alike) = &self.alike {
                    alike.tell(session)?;
                }
                let mut summary = summary.clone();
                let counters = summary.counters.len() - self.within.0.len();
                summary.counters.truncate(counters);
                let groups = summary.groups.len() - self.within.1.len();
                summary.groups.truncate(groups);
                human.summary(&summary, &mut session.out)?;
            }
            None => session.print_json(&SummaryLine::new(summary))?,
        }
        session.out.flush()?;
        Ok(())
    }

    fn conclude(&mut self, elapsed: Duration) {
        let mut summary = self.tally.summary(elapsed);
        (summary.counters, summary.groups) = std::mem::take(&mut self.beside);
        summary.cause = self.cause.take();
        summary.counters.extend(self.within.0.iter().copied());
        summary.groups.extend(self.within.1.iter().cloned());
        let missed: Vec<_> = self
            .thresholds
            .iter()
            .filter_map(|threshold| threshold.check(&summary))
            .collect();
        summary.miss(missed);
        if let Some((by, outcome)) = self.ended.take() {
            summary.end(by, outcome);
        }
        self.report.summary = summary;
        // They came as they ended, and several may have been under way at once.
        let began = |case: &Case| case.at.unwrap_or_default();
        let cases = &mut self.report.cases;
        cases.sort_by(|one, other| began(one).total_cmp(&began(other)));
    }

    fn write_files(&self) -> Vec<Error> {
        let written = self.files.iter().map(|file| {
            let mut text = Vec::new();
            file.kind
                .write(&self.report, &mut text)
                .map_err(|cause| Error::writing(&file.path, cause))?;
            let mut output = Output::create(&file.path)?;
            output.write(&text)?;
            output.finish().map(drop)
        });
        written.filter_map(Result::err).collect()
    }

    /// Adds to the job's summary: other steps wrote into the same file.
    fn append(&self, path: &str) -> io::Result<()> {
        let mut text = Vec::new();
        markdown::write(&self.report, &mut text)?;
        text.push(b'\n');
        fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(Path::new(path))?
            .write_all(&text)
    }
}

/// Whether there is nothing to look at.
fn is_right(case: &Case) -> bool {
    matches!(case.outcome, CaseOutcome::Pass | CaseOutcome::Skip) && case.warnings.is_empty()
}

#[cfg(test)]
mod tests;
