//! The course of a run: the server comes up, the steps are played, the server is ended.

use std::ffi::OsString;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tempfile::TempDir;
use tokio::time::{Instant, sleep_until, timeout};

use super::HandedOn;
use super::account::{When, account};
use super::kin::Orphans;
use super::play::{Call, Ended, play};
use super::server::{Server, Stopped};
use super::show::Show;
use super::steps::Step;
use super::until_up::until_up;
use super::watch::Watch;
use crate::error::{Error, Outcome};
use crate::net::ready::{Door, Knocker};
use crate::printer::STALL;
use crate::report::case::{Case, CaseOutcome};
use crate::report::reread;
use crate::term::{self, Paint};

/// What is to be done.
pub(super) struct Plan {
    /// The server's command line.
    pub(super) server: String,
    pub(super) door: Door,
    pub(super) knocker: Arc<Knocker>,
    pub(super) wait_time: Duration,
    pub(super) grace: Duration,
    pub(super) log: Option<(PathBuf, File)>,
    pub(super) fail_fast: bool,
    /// What stands before the words of a step that does not say it itself.
    pub(super) globals: Vec<HandedOn>,
    pub(super) steps: Vec<Step>,
}

/// How long a connection is waited for before the server is started, when nobody should take it.
const FIRST: Duration = Duration::from_secs(1);

/// Who dies of the last answer may have given it before the system tells of its end.
const DYING: Duration = Duration::from_millis(50);

/// Of the server's last lines, so many stand in a report.
const MOST_REPORTED: usize = 10;

/// The name of the server's own case.
const SERVER: &str = "server";

/// What is wrong with the server.
struct Trouble {
    why: String,
    hint: Option<&'static str>,
}

/// A run that is under way.
pub(super) struct Course<'s> {
    plan: Plan,
    show: Show<'s>,
    watch: Watch,
    started: Instant,
    /// The step that was played last.
    last: Option<String>,
    /// Why no further step is run.
    over: Option<String>,
    /// What is wrong with the server, until that was told.
    trouble: Option<Trouble>,
    /// The end of what the server said.
    last_lines: Vec<String>,
    /// Where steps write their reports.
    scratch: TempDir,
}

impl<'s> Course<'s> {
    /// Begins; within a runtime.
    pub(super) fn new(plan: Plan, show: Show<'s>) -> Result<Self, Error> {
        Ok(Self {
            plan,
            show,
            watch: Watch::new()?,
            started: Instant::now(),
            last: None,
            over: None,
            trouble: None,
            last_lines: Vec::new(),
            scratch: tempfile::tempdir()
                .map_err(|cause| Error::writing(std::env::temp_dir(), cause))?,
        })
    }

    /// Runs it to its end, whatever that is.
    pub(super) async fn run(mut self) -> Result<Outcome, Error> {
        let outcome = self.all().await;
        let session = &mut *self.show.session;
        session.drain(STALL, self.watch.signals(), drop).await?;
        Ok(outcome)
    }

    async fn all(&mut self) -> Outcome {
        let mut server = self.bring_up().await;
        let steps = std::mem::take(&mut self.plan.steps);
        for (index, step) in steps.iter().enumerate() {
            if self.over.is_none()
                && let Some(server) = &mut server
            {
                let is_last = index + 1 == steps.len();
                self.play(step, is_last, server).await;
            }
            if self.trouble.is_some() {
                self.end(server.take()).await;
            }
            if self.over.is_some() && !self.show.has_told(step) {
                self.skip(step);
            }
        }
        self.end(server).await;
        if let Some(signal) = self.watch.first() {
            self.show.reporter.end(signal.name(), signal.outcome());
        }
        self.show.recap();
        let outcome = self.show.finish(self.started.elapsed());
        self.tell_last_lines(outcome);
        outcome
    }

    /// Ends the server, if there is one, and tells what was wrong with it.
    async fn end(&mut self, server: Option<Server>) {
        if let Some(mut server) = server {
            self.look_once_more(&mut server).await;
            let stopped = server.stop(self.plan.grace, &mut self.watch).await;
            self.last_lines = self.shown(&server.last_lines());
            self.tell_stopped(&stopped);
        }
        self.tell_trouble();
    }

    /// Whether the server died of the last step, before it is asked to end.
    async fn look_once_more(&mut self, server: &mut Server) {
        let Some(last) = self.last.clone() else {
            return;
        };
        if self.trouble.is_some() || self.watch.first().is_some() {
            return;
        }
        let how = tokio::select! {
            how = timeout(DYING, server.ended()) => how.ok(),
            _ = self.watch.next() => None,
        };
        if let Some(how) = how.filter(|how| how != "exited with 0") {
            self.fail(format!("the server {how} after {last}"), None);
        }
    }

    fn tell_last_lines(&mut self, outcome: Outcome) {
        let is_wrong = outcome != Outcome::Yes;
        match &self.plan.log {
            Some((log, _)) if is_wrong => {
                let text = format!("what the server said is in {}", log.display());
                self.show.session.note(&text);
            }
            None if is_wrong || self.show.session.globals.verbose => {
                self.show.last_lines(&self.last_lines);
            }
            _ => {}
        }
    }

    /// Starts the server and waits until it answers; none if that is not to be.
    async fn bring_up(&mut self) -> Option<Server> {
        let door = self.plan.door.to_string();
        let orphans = Orphans::adopt();
        let is_taken = tokio::select! {
            is_open = self.plan.door.is_open(FIRST) => is_open,
            _ = self.watch.next() => {
                self.end_by_signal();
                return None;
            }
        };
        if is_taken {
            self.fail(
                format!("somebody takes connections at {door} before the server was started"),
                Some(
                    "end what runs there, or let a free port be chosen: write {port} in --wait, \
                     --server and the steps",
                ),
            );
            return None;
        }
        let begun = Instant::now();
        let mut server = match self.start(orphans) {
            Ok(server) => server,
            Err(error) => {
                self.fail(error.what(), None);
                return None;
            }
        };
        let deadline = begun + self.plan.wait_time;
        let mut last = None;
        tokio::select! {
            biased;
            how = server.ended() => self.fail_early(&how),
            _ = self.watch.next() => self.end_by_signal(),
            () = until_up(&self.plan.knocker, &mut last, |why| {
                self.show.waiting(&door, why, self.plan.wait_time);
            }) => match server.has_ended() {
                Some(how) => self.fail_early(&how),
                None => self.show.ready(&door, begun.elapsed()),
            },
            () = sleep_until(deadline) => {
                let limit = humantime::format_duration(self.plan.wait_time);
                let why = last.unwrap_or_else(|| "no answer".to_owned());
                self.fail(
                    format!("the server does not answer at {door} within {limit}: {why}"),
                    Some(
                        "does it listen at this address? its last lines follow; --wait-time \
                         changes how long is waited",
                    ),
                );
            }
        }
        Some(server)
    }

    fn start(&self, orphans: Orphans) -> Result<Server, Error> {
        let log = self.plan.log.as_ref().map(|(_, file)| file.try_clone());
        Server::start(&self.plan.server, log.transpose()?, orphans)
    }

    fn fail_early(&mut self, how: &str) {
        let hint = (how == "exited with 0").then_some(
            "it must stay: a server that goes to the background is not watched, and not ended",
        );
        self.fail(format!("the server {how} before it answered"), hint);
    }

    fn fail(&mut self, why: String, hint: Option<&'static str>) {
        self.over = Some(why.clone());
        self.trouble = Some(Trouble { why, hint });
    }

    fn end_by_signal(&mut self) {
        if let Some(signal) = self.watch.first() {
            self.over = Some(format!("ended by {}", signal.name()));
        }
    }

    /// Plays one step, if the server is still there.
    async fn play(&mut self, step: &Step, is_last: bool, server: &mut Server) {
        if let Some(how) = server.has_ended() {
            self.fail(format!("the server {how} before {}", step.name), None);
            return;
        }
        self.show.heading(step);
        let report = self.scratch.path().join("report.json");
        // That of the step before.
        let _ = std::fs::remove_file(&report);
        let call = self.call(step, &report);
        let begun = Instant::now();
        self.last = Some(step.name.clone());
        let ended = play(step, call, server, &mut self.watch, &mut self.show).await;
        let when = When {
            at: (begun - self.started).as_secs_f64(),
            ms: begun.elapsed().as_secs_f64() * 1_000.0,
            by: self.watch.first(),
        };
        let ended = match ended {
            Ok(ended) => ended,
            Err(error) => {
                self.broke(step, &error, when);
                return;
            }
        };
        let report = std::fs::read(&report).ok();
        let report = report.and_then(|document| reread::read(&document));
        let account = account(step, &ended, report, when);
        let outcome = account.outcome;
        self.show.ended(step, outcome, ended.status.code(), when.ms);
        self.show.keep(account.cases);
        self.show.reporter.within(account.counters, account.groups);
        if let Some(case) = account.own {
            self.show.case(case);
        }
        self.go_on(step, is_last, &ended, outcome);
    }

    /// A step that could not be played, or not to its end.
    fn broke(&mut self, step: &Step, error: &Error, when: When) {
        self.show.ended(step, Outcome::Incomplete, None, when.ms);
        self.show.case(Case {
            id: step.name.clone(),
            step: Some(step.name.clone()),
            outcome: CaseOutcome::Error,
            why: Some(error.what()),
            hint: error.hint().map(str::to_owned),
            ms: Some(when.ms),
            at: Some(when.at),
            ..Case::default()
        });
        self.over = Some(format!("{} could not be run", step.name));
    }

    /// The call of a step. What it prints is handed on as JSON; and where it has no cases, so that
    /// it ends with a line.
    fn call(&self, step: &Step, report: &Path) -> Call {
        let session = &self.show.session;
        let is_heard = session.json() || !step.reports;
        let mut globals = self.plan.globals.clone();
        if is_heard && !session.json() && session.paint != Paint::PLAIN {
            // It does not see the terminal.
            globals.retain(|(id, _)| *id != "color");
            globals.push(("color", ["--color", "always"].map(OsString::from).into()));
        }
        let globals = globals
            .into_iter()
            .filter(|(id, _)| !step.says.iter().any(|said| said == id));
        let mut words: Vec<_> = globals.flat_map(|(_, words)| words).collect();
        words.extend(step.words.iter().cloned());
        if let Some(report) = report.to_str().filter(|_| step.reports) {
            words.extend(["--report".to_owned(), format!("json={report}")].map(OsString::from));
        }
        Call {
            words,
            is_heard,
            columns: session.width(),
            grace: self.plan.grace,
        }
    }

    /// Whether the next step is run.
    fn go_on(&mut self, step: &Step, is_last: bool, ended: &Ended, outcome: Outcome) {
        if self.watch.first().is_some() {
            self.end_by_signal();
        } else if let Some(how) = &ended.server {
            let why = format!("the server {how} during {}", step.name);
            // Whoever ends of its own accord is right to, unless it is still asked.
            if !is_last || how != "exited with 0" {
                self.fail(why, None);
            }
        } else if self.plan.fail_fast && outcome != Outcome::Yes {
            self.over = Some(format!("--fail-fast, and {} is not right", step.name));
        }
    }

    fn skip(&mut self, step: &Step) {
        let why = self.over.clone().unwrap_or_default();
        let case = Case {
            id: step.name.clone(),
            step: Some(step.name.clone()),
            outcome: CaseOutcome::Skip,
            why: Some(format!("not run: {why}")),
            at: Some(self.started.elapsed().as_secs_f64()),
            ..Case::default()
        };
        self.show.skipped(step, case);
    }

    /// How the server was ended, where that was not as it should be.
    fn tell_stopped(&mut self, stopped: &Stopped) {
        let grace = humantime::format_duration(self.plan.grace);
        let mut warnings = Vec::new();
        if stopped.ignored {
            warnings.push(format!(
                "the server went on for {grace} after SIGTERM, and was killed"
            ));
        }
        if stopped.survives {
            warnings.push("the server does not end, though it was killed".to_owned());
        }
        if stopped.left > 0 {
            let (left, be) = match stopped.left {
                1 => ("a process".to_owned(), "was"),
                left => (format!("{left} processes"), "were"),
            };
            let left = format!("{left} that had left the server's group");
            if stopped.left_ignored {
                warnings.push(format!("{left} went on after SIGTERM, and {be} killed"));
            } else {
                self.show.session.note(&format!("{left} {be} ended, too"));
            }
        }
        for warning in warnings {
            let case = Case {
                warnings: vec![warning],
                is_finding: true,
                ..self.server_case()
            };
            self.show.bare_case(case);
        }
    }

    fn server_case(&self) -> Case {
        Case {
            id: SERVER.to_owned(),
            at: Some(self.started.elapsed().as_secs_f64()),
            ..Case::default()
        }
    }

    /// The case of a server that was not there. In a report its last lines stand beside it; on
    /// standard error there are more of them.
    fn tell_trouble(&mut self) {
        let Some(trouble) = self.trouble.take() else {
            return;
        };
        self.show.reporter.cause(trouble.why.clone());
        let mut case = Case {
            outcome: CaseOutcome::Error,
            why: Some(trouble.why),
            hint: trouble.hint.map(str::to_owned),
            is_finding: true,
            ..self.server_case()
        };
        if !self.last_lines.is_empty() {
            let from = self.last_lines.len().saturating_sub(MOST_REPORTED);
            case.details = vec![("output", self.last_lines[from..].join("\n"))];
        }
        self.show.told_case(case);
    }

    /// Lines of the server as they can be shown.
    fn shown(&self, lines: &[Vec<u8>]) -> Vec<String> {
        const LONGEST: usize = 500;
        let shown = |line: &Vec<u8>| {
            let hidden = self.show.veil.hide(line);
            term::cut(&term::escape(&hidden), LONGEST)
        };
        lines.iter().map(shown).collect()
    }
}
