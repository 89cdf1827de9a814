//! The flags of the subcommands that report cases.

use std::time::Duration;

use clap::Args;

use crate::error::{Error, Outcome};
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
    tally: Tally,
    ended: Option<(String, Outcome)>,
}

impl ReportArgs {
    /// Begins.
    pub fn open(
        &self,
        _command: &str,
        _target: &str,
        _session: &mut Session,
    ) -> Result<Reporter, Error> {
        Ok(Reporter {
            tally: Tally::new(),
            ended: None,
        })
    }
}

impl Reporter {
    /// Ended by a signal.
    pub fn end(&mut self, by: impl Into<String>, outcome: Outcome) {
        self.ended = Some((by.into(), outcome));
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
    pub fn finish(self, elapsed: Duration, session: &mut Session) -> Result<Outcome, Error> {
        let mut summary = self.tally.summary(elapsed);
        if let Some((by, outcome)) = self.ended {
            summary.end(by, outcome);
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
