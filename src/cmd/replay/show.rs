//! Shows what the workers find, in the order of sending, and how far they are.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, IsTerminal as _};
use std::rc::Rc;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressState, ProgressStyle};

use super::drive::Told;
use super::load::{Fed, Loader};
use crate::error::{Error, Outcome};
use crate::net::stop::Signal;
use crate::replay::Item;
use crate::report::case::Case;
use crate::reporter::Reporter;
use crate::session::Session;

/// The one who prints.
pub(super) struct Show<'s> {
    pub(super) session: &'s mut Session,
    reporter: Rc<RefCell<Reporter>>,
    bar: Option<ProgressBar>,
    /// The turn that is shown next, and cases that came before their turn.
    turn: u64,
    early: BTreeMap<u64, Option<Box<Case>>>,
    input: Outcome,
}

/// So many cases wait for an earlier one; more, and they are shown as they come.
const MOST_EARLY: usize = 10_000;

/// So many bytes of requests are held at most.
const MOST_HELD: usize = 1 << 30;

impl<'s> Show<'s> {
    pub(super) fn new(reporter: Rc<RefCell<Reporter>>, session: &'s mut Session) -> Self {
        Self {
            session,
            reporter,
            bar: None,
            turn: 0,
            early: BTreeMap::new(),
            input: Outcome::Yes,
        }
    }

    /// Reads all records before the first is sent, and says whether it did: with `fail_fast`
    /// none is sent if one cannot be.
    pub(super) fn hold(
        &mut self,
        loader: Loader,
        fail_fast: bool,
    ) -> Result<(Vec<Item>, bool), Error> {
        let mut items = Vec::new();
        let mut size = 0;
        let mut result = Ok(());
        let mut whole = true;
        loader.load(&mut |fed| {
            match fed {
                Fed::Item(item) => {
                    size += item.size();
                    items.push(*item);
                }
                Fed::Unsendable(place, why) => {
                    result = self.case(why.case(place));
                    whole = !fail_fast;
                }
                other => self.other(other),
            }
            if size > MOST_HELD {
                result = Err(Error::usage(format!(
                    "the records hold more than {} GiB, too much for more than one round or \
                     another order",
                    MOST_HELD >> 30
                ))
                .with_hint("choose some by --select, or send them once, in their order"));
            }
            result.is_ok() && whole
        });
        result.map(|()| (items, whole))
    }

    /// Shows progress, where there is somebody to look and nothing else is printed there.
    pub(super) fn start(&mut self, total: Option<u64>) {
        let lists = self.reporter.borrow().wants_passes() && io::stdout().is_terminal();
        if !io::stderr().is_terminal() || self.session.json() && io::stdout().is_terminal() || lists
        {
            return;
        }
        let bar = match total {
            Some(total) => ProgressBar::new(total),
            None => ProgressBar::no_length(),
        };
        let template = match total {
            Some(_) => "{wide_bar} {pos}/{len}  {rate}  {msg}  {eta} left",
            None => "{spinner} {pos} sent  {rate}  {msg}  {elapsed}",
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            let rate = |state: &ProgressState, out: &mut dyn fmt::Write| {
                // A bar that cannot be drawn is no failure.
                let _ = write!(out, "{:.0} a second", state.per_sec());
            };
            bar.set_style(style.with_key("rate", rate));
        }
        self.bar = Some(bar);
    }

    /// Moves the progress on, and lets nothing that was printed wait for what comes next.
    pub(super) fn tick(&mut self) -> Result<(), Error> {
        if let Some(bar) = &self.bar {
            let (cases, wrong) = self.reporter.borrow().counts();
            bar.set_position(cases);
            if wrong > 0 {
                bar.set_message(format!("{wrong} not right"));
            }
            bar.tick();
        }
        self.reporter.borrow_mut().flush(self.session)
    }

    /// Takes what a worker found.
    pub(super) fn take(&mut self, told: Told) -> Result<(), Error> {
        let (turn, case) = match told {
            Told::Other(fed) => {
                self.other(fed);
                return Ok(());
            }
            Told::Case(turn, case) => (turn, case),
        };
        if !self.reporter.borrow().wants_passes() {
            // Passes are not told, so nobody knows whose turn it is.
            return case.map_or(Ok(()), |case| self.case(*case));
        }
        self.early.insert(turn, case);
        while let Some((&first, _)) = self.early.first_key_value()
            && (first == self.turn || self.early.len() > MOST_EARLY)
        {
            self.turn = first + 1;
            if let Some((_, Some(case))) = self.early.pop_first() {
                self.case(*case)?;
            }
        }
        Ok(())
    }

    fn other(&mut self, fed: Fed) {
        match self.bar.clone() {
            Some(bar) => bar.suspend(|| self.tell(fed)),
            None => self.tell(fed),
        }
    }

    fn tell(&mut self, fed: Fed) {
        match fed {
            Fed::Bad(error) => {
                self.input = self.input.and(error.outcome());
                self.session.complain(&error);
                self.reporter
                    .borrow_mut()
                    .unread_input(&error, self.session);
            }
            Fed::Warning(text) => self.session.warn(&text),
            Fed::Note(text) => self.session.note(&text),
            Fed::Item(_) | Fed::Unsendable(..) => {}
        }
    }

    /// Whether nobody reads what is printed any more.
    pub(super) fn is_unread(&self) -> bool {
        self.reporter.borrow().is_unread()
    }

    fn case(&mut self, case: Case) -> Result<(), Error> {
        let print = || self.reporter.borrow_mut().case(case, self.session);
        match &self.bar {
            Some(bar) => bar.suspend(print),
            None => print(),
        }
    }

    /// The end: what is still waiting, and the summary.
    pub(super) fn finish(
        mut self,
        signal: Option<Signal>,
        ended: Option<&str>,
        elapsed: Duration,
    ) -> Result<Outcome, Error> {
        for (_, case) in std::mem::take(&mut self.early) {
            if let Some(case) = case {
                self.case(*case)?;
            }
        }
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
        let mut reporter = self.reporter.borrow_mut();
        let nothing = reporter.counts().0 == 0;
        if nothing && signal.is_none() && self.input == Outcome::Yes {
            return Err(super::nothing_selected());
        }
        if let Some(ended) = ended {
            reporter.end(ended, Outcome::Yes);
        }
        if let Some(signal) = signal {
            reporter.end(signal.name(), signal.outcome());
        }
        Ok(reporter.finish(elapsed, self.session)?.and(self.input))
    }
}
