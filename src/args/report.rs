//! The flags of the subcommands that report cases.

use std::time::Instant;

use clap::Args;

use crate::error::{Error, Outcome};
use crate::message::Url;
use crate::net::stop::Signal;
use crate::report::case::Case;
use crate::report::human::Human;
use crate::report::json::{CaseLine, SummaryLine};
use crate::report::tally::Tally;
use crate::session::Session;

/// How cases are reported.
#[derive(Args, Clone, Debug, Default)]
pub struct ReportArgs {}

/// Reports cases as they happen.
pub struct Reporter {
    started: Instant,
    tally: Tally,
}

impl Reporter {
    /// Begins.
    pub fn open(
        _: &ReportArgs,
        _command: &str,
        _target: &Url,
        _session: &mut Session,
    ) -> Result<Self, Error> {
        Ok(Self {
            started: Instant::now(),
            tally: Tally::new(),
        })
    }

    /// Reports one case.
    pub fn case(&mut self, case: Case, session: &mut Session) -> Result<(), Error> {
        use std::io::Write as _;
        self.tally.add(&case);
        if session.json() {
            session.print_json(&CaseLine::new(&case))?;
        } else {
            let human = human(session);
            human.case(&case, &mut session.out)?;
        }
        session.out.flush()?;
        Ok(())
    }

    /// Ends.
    pub fn finish(self, ended: Option<Signal>, session: &mut Session) -> Result<Outcome, Error> {
        let mut summary = self.tally.summary(self.started.elapsed());
        if let Some(signal) = ended {
            summary.end(signal.name(), signal.outcome());
        }
        if session.json() {
            session.print_json(&SummaryLine::new(&summary))?;
        } else {
            let human = human(session);
            human.summary(&summary, &mut session.out)?;
        }
        Ok(summary.outcome.unwrap_or(Outcome::Yes))
    }
}

fn human(session: &Session) -> Human {
    Human {
        paint: session.paint,
        quiet: session.globals.quiet,
        verbose: session.globals.verbose,
    }
}
