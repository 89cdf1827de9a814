//! What a server notices about the devices that poll it.

use std::fmt;

/// Something that is worth a word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Note {
    /// A result that belongs to no command that went out.
    ResultWithoutCommand {
        /// Who posted it.
        device: String,
        /// Its uuid, or its transaction.
        named: Option<String>,
    },
    /// A second result of a command.
    DoubleResult {
        /// Of which.
        number: u64,
    },
    /// A result that came after its command was given up or queued again.
    LateResult {
        /// Of which.
        number: u64,
    },
    /// The result names another endpoint than its command.
    OtherEndpoint {
        /// Of which.
        number: u64,
        /// What it names.
        named: String,
    },
    /// A list of results lacks one.
    MissingResult {
        /// Of which.
        number: u64,
    },
    /// A result that says neither what came of it nor why it failed.
    UnreadableResult {
        /// Who posted it.
        device: String,
        /// Why.
        why: String,
    },
    /// A path that nothing is served at.
    WrongPath {
        /// The path.
        path: String,
    },
    /// A method that the path does not have.
    WrongMethod {
        /// The method.
        method: String,
        /// The path.
        path: String,
    },
    /// A request that does not say whose it is.
    NoDeviceId {
        /// The target.
        target: String,
    },
    /// An id that is too long to be one.
    LongDeviceId {
        /// The id.
        device: String,
    },
    /// An id that is no 64-bit number; it is served as text.
    OddDeviceId {
        /// The id.
        device: String,
    },
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ResultWithoutCommand { device, named } => {
                write!(f, "a result of device {device} belongs to no command")?;
                match named {
                    Some(named) => {
                        write!(f, ": {named} went out with none, or is not known any more")
                    }
                    None => Ok(()),
                }
            }
            Self::DoubleResult { number } => {
                write!(
                    f,
                    "command {number} has its result already; the first one counts"
                )
            }
            Self::LateResult { number } => {
                write!(
                    f,
                    "the result of command {number} came after it was given up"
                )
            }
            Self::OtherEndpoint { number, named } => {
                write!(
                    f,
                    "the result of command {number} names the endpoint {named}"
                )
            }
            Self::MissingResult { number } => {
                write!(f, "the list of results has none of command {number}")
            }
            Self::UnreadableResult { device, why } => {
                write!(f, "a result of device {device} cannot be read: {why}")
            }
            Self::WrongPath { path } if is_doubled(path) => write!(
                f,
                "nothing is served at {path}: the device appends /push and /result itself, so \
                 its push_remote_address must end before them"
            ),
            Self::WrongPath { path } if path.contains("//") => write!(
                f,
                "nothing is served at {path}: the device appends /push and /result itself, so \
                 its push_remote_address must not end in a slash"
            ),
            Self::WrongPath { path } if path.ends_with("/push/") || path.ends_with("/result/") => {
                write!(f, "nothing is served at {path}: no slash follows")
            }
            Self::WrongPath { path } => write!(f, "nothing is served at {path}"),
            Self::WrongMethod { method, path } => {
                write!(
                    f,
                    "{path} does not take {method}: a device sends GET /push and POST /result"
                )
            }
            Self::NoDeviceId { target } => {
                write!(f, "{target} has no deviceId")?;
                if target.to_ascii_lowercase().contains("deviceid=") {
                    write!(f, ": its name is written so, and has a value")?;
                }
                Ok(())
            }
            Self::LongDeviceId { .. } => {
                write!(f, "a deviceId has more than 64 bytes, so it is no device's")
            }
            Self::OddDeviceId { device } => {
                write!(f, "the deviceId {device} is not a 64-bit number")
            }
        }
    }
}

/// Whether the path is what becomes of a base that ends in /push or /result.
fn is_doubled(path: &str) -> bool {
    let base = path
        .strip_suffix("/push")
        .or_else(|| path.strip_suffix("/result"));
    base.is_some_and(|base| base.ends_with("/push") || base.ends_with("/result"))
}
