//! Ctrl-C and SIGTERM, which end a run with a summary of what was done so far.

use std::io;

use crate::error::Outcome;

/// What ends a run before its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// Ctrl-C.
    Interrupt,
    /// SIGTERM, where there is such a thing.
    Terminate,
}

impl Signal {
    /// The outcome that it stands for.
    #[must_use]
    pub fn outcome(self) -> Outcome {
        match self {
            Self::Interrupt => Outcome::Interrupted,
            Self::Terminate => Outcome::Terminated,
        }
    }

    /// What ended the run, in a word.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Interrupt => "Ctrl-C",
            Self::Terminate => "SIGTERM",
        }
    }
}

/// The signals from now on. While this is there, none is lost between two calls of
/// [`Signals::next`], so it may stand in a `select!` that is run again and again.
///
/// From the first on, a signal no longer ends the process by itself, even when this is dropped:
/// a command that goes on for long after one has to wait for a second.
pub struct Signals {
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(windows)]
    interrupt: tokio::signal::windows::CtrlC,
}

impl Signals {
    /// Begins to listen; within a runtime.
    pub fn new() -> io::Result<Self> {
        #[cfg(unix)]
        {
            use tokio::signal::unix::{SignalKind, signal};
            // A file that grows beyond its limit (ulimit -f) is an error of that write, and no
            // reason to end: a signal that is listened for once does nothing by itself any more.
            drop(signal(SignalKind::from_raw(
                rustix::process::Signal::XFSZ.as_raw(),
            ))?);
            Ok(Self {
                interrupt: signal(SignalKind::interrupt())?,
                terminate: signal(SignalKind::terminate())?,
            })
        }
        #[cfg(windows)]
        Ok(Self {
            interrupt: tokio::signal::windows::ctrl_c()?,
        })
    }

    /// Waits for the next one.
    pub async fn next(&mut self) -> Signal {
        #[cfg(unix)]
        tokio::select! {
            _ = self.interrupt.recv() => Signal::Interrupt,
            _ = self.terminate.recv() => Signal::Terminate,
        }
        #[cfg(windows)]
        {
            self.interrupt.recv().await;
            Signal::Interrupt
        }
    }
}

/// Waits for one signal; where the wait may be given up and begun again, use [`Signals`].
pub async fn signalled() -> io::Result<Signal> {
    Ok(Signals::new()?.next().await)
}
