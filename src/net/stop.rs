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

/// Waits for a signal. From the first call on, a signal no longer ends the process by itself.
#[cfg(unix)]
pub async fn signalled() -> io::Result<Signal> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        _ = interrupt.recv() => Ok(Signal::Interrupt),
        _ = terminate.recv() => Ok(Signal::Terminate),
    }
}

/// Waits for a signal. From the first call on, Ctrl-C no longer ends the process by itself.
#[cfg(not(unix))]
pub async fn signalled() -> io::Result<Signal> {
    tokio::signal::ctrl_c().await?;
    Ok(Signal::Interrupt)
}
