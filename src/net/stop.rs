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
    /// SIGHUP: the terminal was closed.
    Hangup,
    /// SIGQUIT.
    Quit,
}

impl Signal {
    /// The outcome that it stands for.
    #[must_use]
    pub fn outcome(self) -> Outcome {
        match self {
            Self::Interrupt => Outcome::Interrupted,
            Self::Terminate | Self::Hangup | Self::Quit => Outcome::Terminated,
        }
    }

    /// What ended the run, in a word.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Interrupt => "Ctrl-C",
            Self::Terminate => "SIGTERM",
            Self::Hangup => "SIGHUP",
            Self::Quit => "SIGQUIT",
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
    #[cfg(unix)]
    hangup: Option<tokio::signal::unix::Signal>,
    #[cfg(unix)]
    quit: Option<tokio::signal::unix::Signal>,
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
                hangup: None,
                quit: None,
            })
        }
        #[cfg(windows)]
        Ok(Self {
            interrupt: tokio::signal::windows::ctrl_c()?,
        })
    }

    /// The same with SIGHUP and SIGQUIT, for who would leave processes behind. Where one is
    /// ignored from the start, as under `nohup`, it stays so.
    pub fn all() -> io::Result<Self> {
        #[cfg(unix)]
        {
            use tokio::signal::unix::{SignalKind, signal};
            let unless_ignored = |kind: SignalKind| {
                let is_ignored = is_ignored(kind.as_raw_value());
                (!is_ignored).then(|| signal(kind)).transpose()
            };
            let mut signals = Self::new()?;
            signals.hangup = unless_ignored(SignalKind::hangup())?;
            signals.quit = unless_ignored(SignalKind::quit())?;
            Ok(signals)
        }
        #[cfg(windows)]
        Self::new()
    }

    /// Waits for the next one.
    pub async fn next(&mut self) -> Signal {
        #[cfg(unix)]
        tokio::select! {
            _ = self.interrupt.recv() => Signal::Interrupt,
            _ = self.terminate.recv() => Signal::Terminate,
            () = heard(&mut self.hangup) => Signal::Hangup,
            () = heard(&mut self.quit) => Signal::Quit,
        }
        #[cfg(windows)]
        {
            self.interrupt.recv().await;
            Signal::Interrupt
        }
    }
}

#[cfg(unix)]
async fn heard(signal: &mut Option<tokio::signal::unix::Signal>) {
    match signal {
        Some(signal) => {
            signal.recv().await;
        }
        None => std::future::pending().await,
    }
}

/// Whether this process ignores a signal, as `proc(5)` tells; elsewhere nobody knows.
#[cfg(unix)]
fn is_ignored(number: i32) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| mask >> (number - 1) & 1 == 1)
}

/// Waits for one signal; where the wait may be given up and begun again, use [`Signals`].
pub async fn signalled() -> io::Result<Signal> {
    Ok(Signals::new()?.next().await)
}
