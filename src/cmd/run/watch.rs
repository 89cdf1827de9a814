//! What ends a whole run or demo: Ctrl-C, SIGTERM, a terminal that is closed (SIGHUP) and SIGQUIT.
//! The first ends it in order, the second at once.

use std::io;

use crate::net::stop::{Signal, Signals};

/// Who listens for signals.
pub(in crate::cmd) struct Watch {
    signals: Signals,
    first: Option<Signal>,
    again: bool,
}

impl Watch {
    /// Begins to listen; within a runtime.
    pub(in crate::cmd) fn new() -> io::Result<Self> {
        Ok(Self {
            signals: Signals::all()?,
            first: None,
            again: false,
        })
    }

    /// Waits for the next signal; may be given up and called again.
    pub(in crate::cmd) async fn next(&mut self) -> Signal {
        let signal = self.signals.next().await;
        self.again = self.first.is_some();
        self.first.get_or_insert(signal);
        signal
    }

    /// What ends the run.
    pub(in crate::cmd) fn first(&self) -> Option<Signal> {
        self.first
    }

    /// Whether nothing is to be waited for any more.
    pub(in crate::cmd) fn is_hurried(&self) -> bool {
        self.again
    }

    /// The signals themselves, for who waits at the very end.
    pub(in crate::cmd) fn signals(&mut self) -> &mut Signals {
        &mut self.signals
    }
}
