//! Why a scene did not go as it should.

use std::io;

use crate::error::Error;

/// Why a scene did not go as it should.
#[derive(Debug)]
pub(super) enum Trouble {
    /// Something answered, and not as it should.
    Wrong(String),
    /// Something did not answer.
    Silent(String),
    /// Ctrl-C or SIGTERM, which the watch remembers.
    Signal,
    /// Nothing can be printed or written any more.
    Error(Error),
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Self {
        Self::Silent(error.to_string())
    }
}

/// A scene's result as long as this holds.
pub(super) fn expect(is_so: bool, else_why: impl FnOnce() -> String) -> Result<(), Trouble> {
    if is_so {
        Ok(())
    } else {
        Err(Trouble::Wrong(else_why()))
    }
}
