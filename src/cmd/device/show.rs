//! Prints what the devices tell.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::{self, IsTerminal as _, Write as _};
use std::rc::Rc;
use std::time::Duration;

use indicatif::ProgressBar;
use serde::Serialize;

use super::books::Books;
use crate::controlid::access::Event as Passed;
use crate::controlid::device::{Base, Options};
use crate::controlid::fault::Fault;
use crate::controlid::finding::Kind;
use crate::controlid::identity::Identity;
use crate::controlid::state::State;
use crate::error::{Error, Outcome};
use crate::report::case::Case;
use crate::report::millis;
use crate::reporter::Reporter;
use crate::session::Session;
use crate::term;

/// What is told to the one who prints.
pub(super) enum Told {
    /// Something that was checked.
    Case(Box<Case>),
    /// A poll: status and milliseconds, or why there is no answer; and what it brought.
    Poll {
        device: i64,
        target: String,
        answer: Result<(u16, f64), String>,
        brought: String,
    },
    /// A fault struck.
    Fault { device: i64, fault: Fault },
    /// Somebody passed, or tried to.
    Access {
        device: i64,
        user: i64,
        portal: i64,
        event: Passed,
    },
    /// Something to look at.
    Warning(String),
    /// Something that failed on this side.
    Error(Error),
    /// Nothing; the run may be over.
    Wake,
}

/// The one who prints.
pub(super) struct Show<'s> {
    session: &'s mut Session,
    reporter: Rc<RefCell<Reporter>>,
    bar: Option<ProgressBar>,
    own: Outcome,
}

/// An event as a line of JSON; `at` is in seconds since the run began.
#[derive(Serialize)]
struct Line<'l> {
    v: u8,
    r#type: &'static str,
    at: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    device: Option<String>,
    #[serde(flatten)]
    event: Event<'l>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Event<'l> {
    Ready {
        server: &'l str,
        devices: u64,
        serial: Option<&'l str>,
    },
    Poll {
        target: &'l str,
        status: Option<u16>,
        ms: Option<f64>,
        brought: &'l str,
        #[serde(skip_serializing_if = "Option::is_none")]
        why: Option<&'l str>,
    },
    Fault {
        fault: String,
    },
    Access {
        user: i64,
        portal: i64,
        event: i64,
    },
    Warning {
        why: &'l str,
    },
    FoundBy {
        id: &'static str,
        devices: u64,
    },
}

impl<'s> Show<'s> {
    pub(super) fn new(reporter: Rc<RefCell<Reporter>>, session: &'s mut Session) -> Self {
        Self {
            session,
            reporter,
            bar: None,
            own: Outcome::Yes,
        }
    }

    /// Says who polls whom.
    pub(super) fn ready(
        &mut self,
        options: &Options,
        devices: u64,
        first: Option<&State>,
    ) -> Result<(), Error> {
        let server = options.base.as_ref().map(Base::bare);
        let server = server.unwrap_or_default();
        let identity = first.map(State::identity);
        if self.session.json() {
            let ready = Event::Ready {
                server: &server,
                devices,
                serial: identity.map(Identity::serial),
            };
            self.line("ready", Duration::ZERO, identity.map(Identity::id), ready)?;
            return self.reporter.borrow_mut().flush(self.session);
        }
        if let (Some(identity), false) = (identity, self.session.globals.quiet) {
            let period = humantime::format_duration(options.period);
            let (id, serial) = (identity.id(), identity.serial());
            self.session.note(&match devices {
                1 => format!("device {id} (serial {serial}) polls {server}/push every {period}"),
                _ => format!("{devices} devices from {id} on poll {server}/push every {period}"),
            });
        }
        // Progress, where somebody looks and nothing else is printed there.
        let lists = self.reporter.borrow().wants_passes() && io::stdout().is_terminal();
        if io::stderr().is_terminal() && !lists {
            self.bar = Some(ProgressBar::new_spinner());
        }
        Ok(())
    }

    /// Moves the progress on, and lets nothing that was printed wait for what comes next.
    pub(super) fn tick(&mut self, books: &Books) -> Result<(), Error> {
        if let Some(bar) = &self.bar {
            let (cases, wrong) = self.reporter.borrow().counts();
            let polls = books.answered();
            bar.set_message(format!(
                "{polls} polls, {cases} commands, {wrong} not right"
            ));
            bar.tick();
        }
        self.reporter.borrow_mut().flush(self.session)
    }

    /// Tells one thing; it happened so long after the run began.
    pub(super) fn take(&mut self, at: Duration, told: Told) -> Result<(), Error> {
        match self.bar.clone() {
            Some(bar) => bar.suspend(|| {
                let printed = self.print(at, told);
                // The bar comes back below the line.
                self.session.settle();
                printed
            }),
            None => self.print(at, told),
        }
    }

    pub(super) fn case(&mut self, case: Case) -> Result<(), Error> {
        self.take(Duration::ZERO, Told::Case(Box::new(case)))
    }

    /// Whether so much is unread that no device should do more.
    pub(super) fn is_choked(&mut self) -> bool {
        self.session.is_choked()
    }

    /// Waits until more was read.
    pub(super) async fn progress(&self) {
        self.session.progress().await;
    }

    /// Whether nobody reads what is printed any more.
    pub(super) fn is_unread(&self) -> bool {
        self.reporter.borrow().is_unread()
    }

    fn print(&mut self, at: Duration, told: Told) -> Result<(), Error> {
        match told {
            Told::Case(case) => {
                return self.reporter.borrow_mut().case(*case, self.session);
            }
            Told::Error(error) => {
                self.own = self.own.and(error.outcome());
                self.session.complain(&error);
            }
            Told::Warning(why) if !self.session.json() => self.session.warn(&why),
            Told::Wake => {}
            told if self.is_unread() => drop(told),
            told => {
                let printed = if self.session.json() {
                    self.event(at, told)
                } else {
                    self.words(&told)
                };
                match printed {
                    Err(error) if error.is_closed_pipe() => {
                        self.reporter.borrow_mut().lose_reader(self.session);
                    }
                    printed => printed?,
                }
            }
        }
        Ok(())
    }

    fn line(
        &mut self,
        r#type: &'static str,
        at: Duration,
        device: Option<i64>,
        event: Event<'_>,
    ) -> Result<(), Error> {
        let line = Line {
            v: 1,
            r#type,
            at: (at.as_secs_f64() * 1e6).round() / 1e6,
            device: device.map(|device| device.to_string()),
            event,
        };
        self.session.print_json(&line)
    }

    fn event(&mut self, at: Duration, told: Told) -> Result<(), Error> {
        match told {
            Told::Poll {
                device,
                target,
                answer,
                brought,
            } => {
                let (target, brought) = (&*target, &*brought);
                let (status, ms, why) = match &answer {
                    Ok((status, ms)) => (Some(*status), Some(micros(*ms)), None),
                    Err(why) => (None, None, Some(&**why)),
                };
                let poll = Event::Poll {
                    target,
                    status,
                    ms,
                    brought,
                    why,
                };
                self.line("poll", at, Some(device), poll)
            }
            Told::Fault { device, fault } => {
                let fault = fault.to_string();
                self.line("fault", at, Some(device), Event::Fault { fault })
            }
            Told::Access {
                device,
                user,
                portal,
                event,
            } => {
                let event = event.code();
                let access = Event::Access {
                    user,
                    portal,
                    event,
                };
                self.line("access", at, Some(device), access)
            }
            Told::Warning(why) => self.line("warning", at, None, Event::Warning { why: &why }),
            Told::Case(_) | Told::Error(_) | Told::Wake => Ok(()),
        }
    }

    fn words(&mut self, told: &Told) -> Result<(), Error> {
        let verbose = self.session.globals.verbose;
        let paint = self.session.paint;
        let out = &mut self.session.out;
        match told {
            Told::Poll {
                device,
                answer,
                brought,
                ..
            } => {
                let answer = match answer {
                    Ok((status, ms)) => format!("{status}  {}", paint.dim(&millis(*ms))),
                    Err(why) => term::escape(why.as_bytes()),
                };
                let brought = term::escape(brought.as_bytes());
                let poll = paint.dim("poll ");
                writeln!(out, "{poll}  {device}/push  {answer}  {brought}")?;
            }
            Told::Fault { device, fault } if verbose => {
                writeln!(out, "{}  {device}  {fault}", paint.warn("fault"))?;
            }
            Told::Access {
                device,
                user,
                portal,
                event,
            } if !self.session.globals.quiet => {
                let end = match event {
                    Passed::Granted => "granted",
                    Passed::Denied => "denied",
                    Passed::NotIdentified => "nobody has this id",
                };
                let code = event.code();
                let what = format!("user {user} at portal {portal}: {end} (event {code})");
                writeln!(out, "{}  {device}  {what}", paint.dim("access"))?;
            }
            _ => {}
        }
        Ok(())
    }

    /// Something worth knowing, for people.
    pub(super) fn note(&mut self, text: &str) {
        if !self.session.json() && !self.session.globals.quiet {
            self.session.note(text);
        }
    }

    /// Says how many devices saw what was told of one.
    pub(super) fn tell_kinds(
        &mut self,
        at: Duration,
        kinds: &BTreeMap<Kind, u64>,
        all: u64,
    ) -> Result<(), Error> {
        for (&kind, &devices) in kinds.iter().filter(|(_, devices)| **devices > 1) {
            let id = kind.id();
            if self.session.json() && !self.is_unread() {
                self.line("finding-devices", at, None, Event::FoundBy { id, devices })?;
            } else if !self.session.json() {
                let text = format!("{id}: so it was for {devices} of {all} devices");
                self.session.note(&text);
            }
        }
        Ok(())
    }

    pub(super) fn finish(mut self, elapsed: Duration) -> Result<Outcome, Error> {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
        let mut reporter = self.reporter.borrow_mut();
        let outcome = reporter.finish(elapsed, self.session)?;
        Ok(outcome.and(self.own))
    }
}

/// Milliseconds to the microsecond: there is nothing true behind that.
fn micros(ms: f64) -> f64 {
    (ms * 1000.0).round() / 1000.0
}
