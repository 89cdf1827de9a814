//! Prints what comes, and what becomes of the connection.

use std::time::Duration;

use serde::Serialize;

use super::line;
use super::message::Message;
use crate::error::{Error, Outcome};
use crate::report::case::{Case, CaseOutcome};
use crate::reporter::Reporter;
use crate::session::Session;

/// The one who prints.
pub(super) struct Show<'s> {
    pub(super) session: &'s mut Session,
    pub(super) reporter: Reporter,
    own: Outcome,
    /// The error that was told last.
    told: String,
    /// Lines of messages that were not handed on yet.
    lines: Vec<u8>,
}

#[derive(Serialize)]
pub(super) struct ReadyLine<'r> {
    pub(super) v: u8,
    pub(super) r#type: &'static str,
    pub(super) at: &'r str,
    pub(super) url: &'r str,
    pub(super) client_id: &'r str,
    pub(super) username: &'r str,
    pub(super) topics: usize,
}

#[derive(Serialize)]
struct DisconnectedLine<'r> {
    v: u8,
    r#type: &'static str,
    at: &'r str,
    why: &'r str,
    retry_in_ms: u128,
}

#[derive(Serialize)]
struct ReconnectedLine<'r> {
    v: u8,
    r#type: &'static str,
    at: &'r str,
    lost_from: &'r str,
    lost_to: &'r str,
    away_ms: u128,
}

impl<'s> Show<'s> {
    pub(super) fn new(session: &'s mut Session, reporter: Reporter) -> Self {
        Self {
            session,
            reporter,
            own: Outcome::Yes,
            told: String::new(),
            lines: Vec::new(),
        }
    }

    /// All is subscribed to.
    pub(super) fn ready(&mut self, line: &ReadyLine<'_>) {
        if self.session.json() {
            self.json_line(line);
        } else if !self.session.globals.quiet {
            let topics = crate::report::counted(line.topics as u64, "topic", "topics");
            let ReadyLine { url, username, .. } = line;
            let who = if username.is_empty() {
                String::new()
            } else {
                format!(" as {username}")
            };
            let text = format!(
                "connected to {url}{who}, {topics}; nothing is buffered: what was sent before is not shown"
            );
            self.session.talk(|paint| {
                format!(
                    "{}: {}\n",
                    paint.ok("ready"),
                    crate::term::escape(text.as_bytes())
                )
            });
        }
    }

    /// A message came.
    pub(super) fn message(&mut self, message: &Message<'_>, at: &str, elapsed: Duration) {
        let is_right = message.is_right();
        let globals = &self.session.globals;
        if !(self.reporter.is_unread() || globals.quiet && is_right) {
            if self.session.json() {
                line::json(message, at, &mut self.lines);
            } else {
                line::human(
                    message,
                    at,
                    globals.verbose,
                    self.session.paint,
                    &mut self.lines,
                );
            }
        }
        // A case costs more than all else that is done for a message.
        let case = if is_right && !self.reporter.keeps_passes() {
            Case::default()
        } else {
            message.case(elapsed.as_secs_f64())
        };
        self.reporter.keep(case);
    }

    /// The connection is gone; it is tried again after so long.
    pub(super) fn disconnected(&mut self, at: &str, why: &str, wait: Duration, is_first: bool) {
        if self.session.json() {
            self.json_line(&DisconnectedLine {
                v: 1,
                r#type: "disconnected",
                at,
                why,
                retry_in_ms: wait.as_millis(),
            });
        }
        let wait = wait.as_secs_f64();
        self.flush();
        self.session.warn(&if is_first {
            format!(
                "disconnected at {}: {why}; nothing is buffered: what is sent meanwhile is lost; it \
                 connects again in {wait:.1} s",
                time_of(at)
            )
        } else {
            format!("{}: {why}; it connects again in {wait:.1} s", time_of(at))
        });
    }

    /// Each connection is ended at once; `client_id` is the caller's, where there is one.
    pub(super) fn contested(&mut self, client_id: Option<&str>) {
        self.session.warn(&match client_id {
            Some(id) => format!(
                "it is disconnected right after it connects: does another client use the client id \
                 `{id}`? The broker ends the older connection of the two"
            ),
            None => "it is disconnected right after it connects, again and again".to_owned(),
        });
    }

    /// The connection is back, and subscribed.
    pub(super) fn reconnected(&mut self, from: &str, to: &str, away: Duration) {
        if self.session.json() {
            self.json_line(&ReconnectedLine {
                v: 1,
                r#type: "reconnected",
                at: to,
                lost_from: from,
                lost_to: to,
                away_ms: away.as_millis(),
            });
        }
        self.flush();
        self.session.warn(&format!(
            "connected again; what was sent between {} and {} ({:.1} s) is lost: nothing is buffered",
            time_of(from),
            time_of(to),
            away.as_secs_f64()
        ));
    }

    /// A line of its own, at once.
    fn json_line(&mut self, line: &impl Serialize) {
        self.hand_on();
        // A reader who went away is noticed by the next message.
        let _ = self.session.print_json(line);
        self.flush();
    }

    pub(super) fn case(&mut self, case: Case) {
        self.hand_on();
        if let Err(error) = self.reporter.case(case, self.session) {
            self.lose(&error);
        }
    }

    fn hand_on(&mut self) {
        if self.lines.is_empty() {
            return;
        }
        let printed = self.reporter.print_lines(&self.lines, self.session);
        self.lines.clear();
        self.lines.shrink_to(ROOM);
        if let Err(error) = printed {
            self.lose(&error);
        }
    }

    /// Nothing that was printed waits for what comes next.
    pub(super) fn flush(&mut self) {
        self.hand_on();
        if let Err(error) = self.reporter.flush(self.session) {
            self.lose(&error);
        }
        // It is said, and lines are dropped by themselves.
        self.session.is_choked();
    }

    /// What cannot be printed is no reason to keep no capture.
    fn lose(&mut self, error: &Error) {
        self.error(error);
        self.reporter.lose_reader(self.session);
    }

    /// An error counts each time, and is told again only when it was another meanwhile.
    pub(super) fn error(&mut self, error: &Error) {
        self.own = self.own.and(error.outcome());
        let text = error.to_string();
        if self.told != text {
            self.session.complain(error);
            self.told = text;
        }
    }

    pub(super) fn finish(
        mut self,
        counters: Vec<(&'static str, u64)>,
        elapsed: Duration,
    ) -> Result<Outcome, Error> {
        self.hand_on();
        self.reporter.beside(counters, Vec::new());
        if self.own != Outcome::Yes && self.reporter.counts().1 == 0 {
            // What went wrong here and belongs to no message stands in the reports, too.
            self.case(Case {
                id: "mqtt watch".to_owned(),
                outcome: CaseOutcome::Error,
                why: Some(self.told.clone()),
                ..Case::default()
            });
        }
        let outcome = self.reporter.finish(elapsed, self.session)?;
        Ok(outcome.and(self.own))
    }
}

/// Room that is kept for the lines of one read.
const ROOM: usize = 1 << 20;

/// The day is known to whoever watches.
fn time_of(at: &str) -> &str {
    at.get(11..).unwrap_or(at)
}
