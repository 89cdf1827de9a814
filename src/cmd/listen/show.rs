//! Prints what comes.

use std::time::Duration;

use serde::Serialize;

use super::case;
use super::desk::{Arrived, Desk, Told};
use crate::error::{Error, Outcome};
use crate::net::server::Refused;
use crate::receiver::arrivals::{Retried, words};
use crate::receiver::expect::{COUNTS, Seen};
use crate::report::case::{Case, CaseOutcome};
use crate::reporter::Reporter;
use crate::session::Session;
use crate::signature::Veil;
use crate::term;

/// The one who prints.
pub(super) struct Show<'s> {
    pub(super) session: &'s mut Session,
    pub(super) reporter: Reporter,
    own: Outcome,
    /// The error that was told last.
    told: String,
}

#[derive(Serialize)]
struct ReadyLine<'r> {
    v: u8,
    r#type: &'static str,
    url: &'r str,
    bind: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    ui: Option<&'r str>,
}

#[derive(Serialize)]
struct RetriedLine<'r> {
    v: u8,
    r#type: &'static str,
    platform: Option<&'static str>,
    message: &'r str,
    attempts: usize,
    gaps: Vec<f64>,
    as_scheduled: Option<bool>,
    schedule: Option<&'r str>,
}

/// Of so many messages that came again is told.
const MOST_RETRIED: usize = 50;

impl<'s> Show<'s> {
    pub(super) fn new(session: &'s mut Session, reporter: Reporter) -> Self {
        Self {
            session,
            reporter,
            own: Outcome::Yes,
            told: String::new(),
        }
    }

    /// The socket accepts; `ui` is the URL of the inspector.
    pub(super) fn ready(&mut self, url: &str, bind: String, ui: Option<&str>) -> Result<(), Error> {
        if self.session.json() {
            let (v, r#type) = (1, "ready");
            self.session.print_json(&ReadyLine {
                v,
                r#type,
                url,
                bind,
                ui,
            })?;
            return self.reporter.flush(self.session);
        }
        if !self.session.globals.quiet {
            let url = term::escape(url.as_bytes());
            self.session
                .talk(|paint| format!("{}: it listens at {url}\n", paint.ok("ready")));
        }
        if let Some(ui) = ui {
            // Nobody can guess it, so that it is told to the quiet, too.
            self.session.talk(|paint| {
                format!(
                    "{}: open in a browser on this machine: {ui}\n",
                    paint.ok("inspector")
                )
            });
        }
        Ok(())
    }

    pub(super) fn take(&mut self, told: Told, desk: &Desk) {
        match told {
            Told::Plain => {
                for (status, took) in desk.passed() {
                    self.reporter.passed(status, took.as_secs_f64() * 1000.0);
                }
            }
            Told::Request(arrived) => self.request(&arrived),
            Told::Refused(refused, at) => {
                let receiver = desk.receiver.borrow();
                self.refused(&refused, at, &receiver.checker().veil);
            }
            Told::Warning(why) => self.session.warn(&why),
            Told::Error(error) => self.error(&error),
        }
    }

    pub(super) fn case(&mut self, case: Case) {
        if let Err(error) = self.reporter.case(case, self.session) {
            // What cannot be printed is no reason to turn a platform away.
            self.error(&error);
            self.reporter.lose_reader(self.session);
        }
    }

    /// Nothing that was printed waits for what comes next.
    pub(super) fn flush(&mut self) {
        if let Err(error) = self.reporter.flush(self.session) {
            self.error(&error);
            self.reporter.lose_reader(self.session);
        }
        // It is said, and lines are dropped by themselves.
        self.session.is_choked();
    }

    /// The end waits for the command of `--exec`.
    pub(super) fn waits_for_command(&mut self) {
        self.session
            .note("the command of --exec still runs: it has 10 s; Ctrl-C ends it");
    }

    /// The command of `--exec` did not end in time.
    pub(super) fn unfinished(&mut self) {
        self.session
            .warn("--exec: the command had not ended for each request, and was stopped");
    }

    fn request(&mut self, arrived: &Arrived) {
        self.case(case::of_request(arrived));
    }

    /// An error counts each time, and is told again only when it was another meanwhile.
    fn error(&mut self, error: &Error) {
        self.own = self.own.and(error.outcome());
        let text = error.to_string();
        if self.told != text {
            self.session.complain(error);
            self.told = text;
        }
    }

    /// What came and did not become a request.
    fn refused(&mut self, refused: &Refused, at: Duration, veil: &Veil) {
        let first = refused.raw.split(|&byte| byte == b'\n').next();
        let first = veil.hide(first.unwrap_or_default().trim_ascii_end());
        let first = term::escape(&first);
        let case = Case {
            id: "no request".to_owned(),
            outcome: CaseOutcome::Skip,
            why: Some(refused.why.clone()),
            status: refused.status,
            at: Some(at.as_secs_f64()),
            warnings: vec![format!("it begins: {}", term::cut(&first, 100))],
            details: vec![("peer", refused.peer.to_string())],
            ..Case::default()
        };
        self.case(case);
    }

    /// What came more than once, and whether as the vendor says.
    pub(super) fn retried(&mut self, retried: &[Retried]) {
        for one in retried.iter().take(MOST_RETRIED) {
            let (fits, schedule) = match &one.schedule {
                Some(Ok(text)) => (Some(true), Some(text.as_str())),
                Some(Err(text)) => (Some(false), Some(text.as_str())),
                None => (None, None),
            };
            if self.session.json() {
                // A reader who went away is noticed by the summary.
                let _ = self.session.print_json(&RetriedLine {
                    v: 1,
                    r#type: "retried",
                    platform: one.platform.map(crate::platform::Platform::id),
                    message: &one.label,
                    attempts: one.count,
                    gaps: one.gaps.iter().map(Duration::as_secs_f64).collect(),
                    as_scheduled: fits,
                    schedule,
                });
                continue;
            }
            let gaps: Vec<_> = one.gaps.iter().map(|gap| words(*gap)).collect();
            let schedule = schedule.map(|text| format!(": {text}")).unwrap_or_default();
            let label = term::escape(one.label.as_bytes());
            self.session.note(&format!(
                "{label} came {} times, after {}{schedule}",
                one.count,
                gaps.join(", ")
            ));
        }
        if retried.len() > MOST_RETRIED {
            let more = retried.len() - MOST_RETRIED;
            self.session
                .note(&format!("{more} more came more than once"));
        }
    }

    pub(super) fn finish(mut self, seen: &Seen, elapsed: Duration) -> Result<Outcome, Error> {
        let counters = COUNTS.map(|name| (name, seen.count(name)));
        let counters = counters.into_iter().filter(|(_, count)| *count > 0);
        self.reporter.beside(counters.collect(), Vec::new());
        if self.own != Outcome::Yes && self.reporter.counts().1 == 0 {
            // What went wrong here and belongs to no request stands in the reports, too.
            self.case(Case {
                id: "listen".to_owned(),
                outcome: CaseOutcome::Error,
                why: Some(self.told.clone()),
                ..Case::default()
            });
        }
        let outcome = self.reporter.finish(elapsed, self.session)?;
        Ok(outcome.and(self.own))
    }
}
