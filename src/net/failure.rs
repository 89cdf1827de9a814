//! Why there is no answer, or none that can be used: in words, with the next thing to try.

use std::io;
use std::time::Duration;

use crate::term;

use super::reply::Flaw;
use super::tls;

/// Why an exchange came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The name is unknown.
    #[error("the name `{host}` cannot be resolved: {}", plain(cause))]
    Resolve {
        /// The name.
        host: String,
        /// What the system said.
        cause: io::Error,
    },
    /// Nobody takes the connection.
    #[error("no connection to {address}: {}", plain(cause))]
    Connect {
        /// Whom.
        address: String,
        /// What the system said.
        cause: io::Error,
    },
    /// TLS was not agreed upon.
    #[error("TLS with {address} failed: {why}")]
    Tls {
        /// With whom.
        address: String,
        /// Why, in words.
        why: String,
        /// The flag that helps, if one does.
        hint: Option<&'static str>,
    },
    /// It took too long.
    #[error("no answer within {}: {phase}", humantime::format_duration(*limit))]
    TimedOut {
        /// How long was waited.
        limit: Duration,
        /// What was being waited for.
        phase: &'static str,
    },
    /// The connection broke.
    #[error("the connection broke {phase}: {}", plain(cause))]
    Broke {
        /// When.
        phase: &'static str,
        /// What the system said.
        cause: io::Error,
    },
    /// The answer is not one.
    #[error("{0}")]
    Flaw(Flaw),
}

impl Failure {
    /// Whether the server answered, and wrongly; otherwise there is no complete answer.
    #[must_use]
    pub fn is_an_answer(&self) -> bool {
        matches!(self, Self::Flaw(flaw) if !matches!(flaw, Flaw::Early { .. }))
    }

    /// Whether there was not even a connection, so that the next request would fare no better.
    #[must_use]
    pub fn is_unreachable(&self) -> bool {
        match self {
            Self::Resolve { .. } | Self::Tls { .. } => true,
            Self::Connect { cause, .. } => !is_out_of_files(cause),
            Self::TimedOut { phase, .. } => BEFORE_CONNECTED.contains(phase),
            Self::Broke { .. } | Self::Flaw(_) => false,
        }
    }

    /// The next thing to try.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Resolve { .. } => {
                Some("check the name, or say where it is by --resolve HOST:PORT:ADDR")
            }
            Self::Connect { cause, .. } if cause.kind() == io::ErrorKind::ConnectionRefused => {
                Some("is the server running, and does it listen on that port?")
            }
            Self::Connect { cause, .. } if is_out_of_files(cause) => {
                Some("fewer connections at once, or more files for a process (`ulimit -n`)")
            }
            Self::Tls { hint, .. } => *hint,
            Self::TimedOut {
                phase: AGREEING, ..
            } => Some(tls::PERHAPS_PLAIN),
            Self::TimedOut { .. } => Some("--timeout changes how long is waited"),
            Self::Flaw(flaw) => flaw.hint(),
            Self::Connect { .. } | Self::Broke { .. } => None,
        }
    }
}

/// What is being waited for while there is no connection yet.
pub(super) const NAMING: &str = "the name service does not answer";
pub(super) const CONNECTING: &str = "the server does not take the connection";
pub(super) const AGREEING: &str = "the server does not go on with TLS";
const BEFORE_CONNECTED: [&str; 3] = [NAMING, CONNECTING, AGREEING];

/// Whether it is this process that has too many files open, rather than the server.
fn is_out_of_files(cause: &io::Error) -> bool {
    /// EMFILE and ENFILE, which have these numbers on Linux and macOS.
    const TOO_MANY: [i32; 2] = [24, 23];
    cfg!(unix)
        && cause
            .raw_os_error()
            .is_some_and(|number| TOO_MANY.contains(&number))
}

/// What the system said, without its number.
pub(super) fn plain(cause: &io::Error) -> String {
    match cause.kind() {
        io::ErrorKind::ConnectionRefused => "connection refused".to_owned(),
        io::ErrorKind::ConnectionReset => "reset by the server".to_owned(),
        io::ErrorKind::BrokenPipe | io::ErrorKind::UnexpectedEof => {
            "closed by the server".to_owned()
        }
        io::ErrorKind::HostUnreachable => "the host cannot be reached".to_owned(),
        io::ErrorKind::NetworkUnreachable => "the network cannot be reached".to_owned(),
        io::ErrorKind::NotFound => "there is no such socket".to_owned(),
        _ => {
            let text = cause.to_string();
            let text = text
                .strip_prefix("failed to lookup address information: ")
                .unwrap_or(&text);
            let text = text.split(" (os error").next().unwrap_or(text);
            term::escape(text.as_bytes())
        }
    }
}
