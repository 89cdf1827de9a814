//! The one error type: a variant for each thing that a user can act on.
//!
//! Messages are lowercase fragments without a full stop; causes are chained with `: ` by the
//! one place that prints them. A "no" (a mismatch, a refused push) is *not* an error: it is an
//! [`Outcome`].

use std::fmt;
use std::io;
use std::path::PathBuf;

/// What a command found out: yes or no.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Everything that was checked is right.
    Yes,
    /// Something was checked and is wrong.
    No,
    /// Part of the input could not be read; the rest was judged.
    BadInput,
    /// Something could not be opened or reached; the rest was judged and is right.
    Incomplete,
    /// Ctrl-C ended it.
    Interrupted,
    /// SIGTERM ended it.
    Terminated,
}

impl Outcome {
    /// The documented exit code: 0 yes, 1 no, 2 input that could not be read, 3 no complete
    /// answer, 130 and 143 ended by a signal.
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            Self::Yes => 0,
            Self::No => 1,
            Self::BadInput => 2,
            Self::Incomplete => 3,
            Self::Interrupted => 130,
            Self::Terminated => 143,
        }
    }

    /// Yes if `right`, else no.
    #[must_use]
    pub fn of(right: bool) -> Self {
        if right { Self::Yes } else { Self::No }
    }

    /// Both together: unreadable input beats a no, which beats an answer that is not complete,
    /// which beats a yes; a signal beats them all.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        let rank = |outcome| match outcome {
            Self::Yes => 0,
            Self::Incomplete => 1,
            Self::No => 2,
            Self::BadInput => 3,
            Self::Interrupted => 4,
            Self::Terminated => 5,
        };
        if rank(self) >= rank(other) {
            self
        } else {
            other
        }
    }
}

/// A place in an input: file, and line and column (both from 1) where they are known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// The file as the user named it; `-` is standard input.
    pub file: String,
    /// The line, from 1.
    pub line: Option<u64>,
    /// The column in bytes, from 1.
    pub column: Option<u64>,
}

impl Place {
    /// A whole file.
    #[must_use]
    pub fn file(name: impl Into<String>) -> Self {
        Self {
            file: name.into(),
            line: None,
            column: None,
        }
    }

    /// A line of a file.
    #[must_use]
    pub fn line(name: impl Into<String>, line: u64) -> Self {
        Self {
            file: name.into(),
            line: Some(line),
            column: None,
        }
    }

    /// The same place with a column.
    #[must_use]
    pub fn at_column(mut self, column: u64) -> Self {
        self.column = Some(column);
        self
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.file == "-" {
            "<stdin>"
        } else {
            &self.file
        })?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        if let Some(column) = self.column {
            write!(f, ":{column}")?;
        }
        Ok(())
    }
}

/// Why a command could not do its work.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The flags contradict each other, or something needed was not given.
    #[error("{what}")]
    Usage {
        /// What is wrong with the call.
        what: String,
        /// The next thing to try.
        hint: Option<String>,
    },
    /// An input was read and is not what it should be.
    #[error("{place}: {what}")]
    Input {
        /// Where.
        place: Place,
        /// What is wrong there.
        what: String,
        /// The next thing to try.
        hint: Option<String>,
    },
    /// A file could not be opened, read or written.
    #[error("cannot {doing} {}", path.display())]
    File {
        /// `read` or `write`.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        cause: io::Error,
    },
    /// The file that holds a secret could not be read.
    #[error("cannot read the file that {label} names behind `@`")]
    SecretFile {
        /// The flag or variable.
        label: String,
        /// What the system said.
        #[source]
        cause: io::Error,
    },
    /// What is needed could not be had from the network.
    #[error("{what}")]
    Network {
        /// What failed.
        what: String,
        /// The next thing to try.
        hint: Option<String>,
    },
    /// Standard output could not be written.
    #[error("cannot write to standard output")]
    Output(#[from] io::Error),
}

impl Error {
    /// A usage error without a hint.
    pub fn usage(what: impl Into<String>) -> Self {
        Self::Usage {
            what: what.into(),
            hint: None,
        }
    }

    /// An input error without a hint.
    pub fn input(place: Place, what: impl Into<String>) -> Self {
        Self::Input {
            place,
            what: what.into(),
            hint: None,
        }
    }

    /// A network error without a hint.
    pub fn network(what: impl Into<String>) -> Self {
        Self::Network {
            what: what.into(),
            hint: None,
        }
    }

    /// The same error with the next thing to try.
    #[must_use]
    pub fn with_hint(mut self, text: impl Into<String>) -> Self {
        if let Self::Usage { hint, .. } | Self::Input { hint, .. } | Self::Network { hint, .. } =
            &mut self
        {
            *hint = Some(text.into());
        }
        self
    }

    /// A file that could not be read.
    pub fn reading(path: impl Into<PathBuf>, cause: io::Error) -> Self {
        Self::File {
            doing: "read",
            path: path.into(),
            cause,
        }
    }

    /// A file that could not be written.
    pub fn writing(path: impl Into<PathBuf>, cause: io::Error) -> Self {
        Self::File {
            doing: "write",
            path: path.into(),
            cause,
        }
    }

    /// The hint, if there is one.
    #[must_use]
    pub fn hint(&self) -> Option<&str> {
        match self {
            Self::Usage { hint, .. } | Self::Input { hint, .. } | Self::Network { hint, .. } => {
                hint.as_deref()
            }
            Self::SecretFile { .. } => Some("a secret that begins with `@` is given as text:@…"),
            Self::File { .. } | Self::Output(_) => None,
        }
    }

    /// The documented exit code: 2 for usage and input, 3 for the file system and the network.
    #[must_use]
    pub fn code(&self) -> u8 {
        match self {
            Self::Usage { .. } | Self::Input { .. } => 2,
            Self::File { .. }
            | Self::SecretFile { .. }
            | Self::Network { .. }
            | Self::Output(_) => 3,
        }
    }

    /// Where in an input it is, or which file.
    #[must_use]
    pub fn place(&self) -> Option<Place> {
        match self {
            Self::Input { place, .. } => Some(place.clone()),
            Self::File { path, .. } => Some(Place::file(path.display().to_string())),
            _ => None,
        }
    }

    /// What is wrong, without where.
    #[must_use]
    pub fn what(&self) -> String {
        match self {
            Self::Input { what, .. } => what.clone(),
            Self::File { doing, cause, .. } => format!("cannot {doing} it: {cause}"),
            other => other.to_string(),
        }
    }

    /// What it makes of a run that goes on without: input that could not be read, or an answer
    /// that is not complete.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        match self.code() {
            2 => Outcome::BadInput,
            _ => Outcome::Incomplete,
        }
    }

    /// Whether the reader of our output went away, which is success: `pushrig … | head`.
    #[must_use]
    pub fn is_closed_pipe(&self) -> bool {
        matches!(self, Self::Output(cause) if cause.kind() == io::ErrorKind::BrokenPipe)
    }
}
