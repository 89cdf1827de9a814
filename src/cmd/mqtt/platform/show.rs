//! Prints what happens.

use std::fmt::Write as _;
use std::io::Write as _;
use std::time::Duration;

use serde::Serialize;

use super::line;
use crate::error::{Error, Outcome};
use crate::receiver::expect::{Seen, Standing};
use crate::report::counted;
use crate::session::Session;
use crate::studio::broker::{Counters, Tells, Told};
use crate::studio::site::Site;
use crate::term::escape;

/// What may be expected.
pub(super) const COUNTS: [&str; 8] = [
    "connected",
    "refused",
    "subscribed",
    "denied",
    "sets",
    "succeeded",
    "malformed",
    "invalid",
];

/// The one who prints.
pub(super) struct Show<'s> {
    pub(super) session: &'s mut Session,
    pub(super) seen: Seen,
    is_unread: bool,
}

#[derive(Serialize)]
struct ReadyLine<'r> {
    v: u8,
    r#type: &'static str,
    url: &'r str,
    applications: Vec<&'r str>,
    devices: usize,
    simulated: usize,
}

#[derive(Serialize)]
struct ExpectLine<'e> {
    v: u8,
    r#type: &'static str,
    expect: &'e str,
    outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<&'e str>,
}

#[derive(Serialize)]
struct SummaryLine<'e> {
    v: u8,
    r#type: &'static str,
    outcome: &'static str,
    #[serde(flatten)]
    counters: Counters,
    elapsed_ms: f64,
    ended: Option<&'e str>,
}

impl<'s> Show<'s> {
    pub(super) fn new(session: &'s mut Session) -> Self {
        Self {
            session,
            seen: Seen::default(),
            is_unread: false,
        }
    }

    /// Which messages are to be told.
    pub(super) fn wants(&self) -> Tells {
        let globals = &self.session.globals;
        match (globals.quiet, globals.verbose) {
            (true, _) => Tells::Nothing,
            (false, false) => Tells::Applications,
            (false, true) => Tells::All,
        }
    }

    /// The socket accepts.
    pub(super) fn ready(&mut self, url: &str, known: &Known) {
        if self.session.globals.quiet {
            return;
        }
        if self.session.json() {
            self.line(&ReadyLine {
                v: 1,
                r#type: "ready",
                url,
                applications: known.applications.iter().map(String::as_str).collect(),
                devices: known.devices,
                simulated: known.simulated,
            });
            return self.flush();
        }
        let names = match known.applications.as_slice() {
            [] => "no application".to_owned(),
            names => names.join(", "),
        };
        let devices = counted(known.devices as u64, "device", "devices");
        let text = format!(
            "the platform is at {url}; it knows {names}, and {devices} ({} simulated)",
            known.simulated
        );
        self.session
            .talk(|paint| format!("{}: {}\n", paint.ok("ready"), escape(text.as_bytes())));
    }

    /// Counts what happened, and prints it.
    pub(super) fn take(&mut self, told: &Told, at: &str) {
        match told {
            Told::Connected { .. } if !Site::is_own(told) => self.seen.add("connected"),
            Told::Refused { .. } => self.seen.add("refused"),
            Told::Subscribed { .. } => self.seen.add("subscribed"),
            Told::Denied { .. } => self.seen.add("denied"),
            Told::Set { .. } => self.seen.add("sets"),
            Told::Invalid => return self.seen.add("invalid"),
            Told::Answered {
                success: Some(true),
                ..
            } => {
                self.seen.add("succeeded");
            }
            _ => {}
        }
        let globals = &self.session.globals;
        if self.is_unread || globals.quiet && !line::is_wrong(told) {
            return;
        }
        if self.session.json() {
            self.line(&line::Line::new(told, at));
        } else {
            let line = line::human(told, at, self.session.paint);
            self.write(line.as_bytes());
        }
    }

    /// The same of what only the counters know.
    pub(super) fn count(&mut self, before: Counters, now: Counters) {
        for _ in before.malformed..now.malformed {
            self.seen.add("malformed");
        }
    }

    fn line(&mut self, line: &impl Serialize) {
        let mut text = serde_json::to_string(line).unwrap_or_default();
        text = crate::term::tame_json(&text);
        text.push('\n');
        self.write(text.as_bytes());
    }

    fn write(&mut self, text: &[u8]) {
        if let Err(error) = self.session.out.write_all(text) {
            self.lose(&error.into());
        }
    }

    /// What cannot be printed is no reason to turn anybody away.
    fn lose(&mut self, error: &Error) {
        if !error.is_closed_pipe() {
            self.session.complain(error);
        }
        self.session.forget_output();
        self.is_unread = true;
    }

    /// Nothing that was printed waits for what comes next.
    pub(super) fn flush(&mut self) {
        if self.is_unread {
            return;
        }
        if let Err(error) = self.session.out.flush() {
            self.lose(&error.into());
        }
        // It is said, and lines are dropped by themselves.
        self.session.is_choked();
    }

    pub(super) fn finish(
        &mut self,
        counters: Counters,
        standings: &[(String, Standing)],
        ended: Option<&'static str>,
        elapsed: Duration,
    ) -> Outcome {
        let mut outcome = Outcome::Yes;
        for (text, standing) in standings {
            let why = match standing {
                Standing::Missed(why) => Some(why.as_str()),
                Standing::Met | Standing::Open => None,
            };
            if why.is_some() {
                outcome = Outcome::No;
            }
            self.expectation(text, why);
        }
        if self.session.json() {
            self.line(&SummaryLine {
                v: 1,
                r#type: "summary",
                outcome: if outcome == Outcome::Yes {
                    "pass"
                } else {
                    "fail"
                },
                counters,
                elapsed_ms: elapsed.as_secs_f64() * 1000.0,
                ended,
            });
        } else {
            let line = summary(counters, elapsed);
            self.write(line.as_bytes());
        }
        self.flush();
        outcome
    }

    fn expectation(&mut self, expect: &str, why: Option<&str>) {
        if self.session.json() {
            self.line(&ExpectLine {
                v: 1,
                r#type: "expect",
                expect,
                outcome: if why.is_none() { "pass" } else { "fail" },
                why,
            });
            return;
        }
        let paint = self.session.paint;
        let line = match why {
            None if self.session.globals.quiet => return,
            None => format!("{}  expect {expect}\n", paint.ok("pass")),
            Some(why) => format!("{}  expect {expect}: {why}\n", paint.bad("fail")),
        };
        self.write(line.as_bytes());
    }
}

/// What is told of whom the platform knows.
pub(super) struct Known {
    pub(super) applications: Vec<String>,
    pub(super) devices: usize,
    pub(super) simulated: usize,
}

fn summary(counters: Counters, elapsed: Duration) -> String {
    let Counters {
        connected,
        refused,
        published,
        delivered,
        lost,
        sets,
        succeeded,
        ..
    } = counters;
    let mut line = format!(
        "{connected} connected, {refused} refused; {} came, {delivered} went out, {lost} had \
         nobody to go to; {sets} set, {succeeded} of them with success",
        counted(published, "message", "messages")
    );
    for (count, what) in [
        (counters.denied, "denied"),
        (counters.dropped, "dropped"),
        (counters.malformed, "malformed"),
        (counters.invalid, "not of their shape"),
    ] {
        if count > 0 {
            let _ = write!(line, "; {count} {what}");
        }
    }
    let _ = writeln!(line, " ({:.1} s)", elapsed.as_secs_f64());
    line
}
