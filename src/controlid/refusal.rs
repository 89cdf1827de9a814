//! A command that failed: what becomes `{"error":"…","code":1}`.

use super::shape;
use crate::json::Value;

/// What every text begins with that is the simulator's own and not the device's.
///
/// The device has an answer of its own where this stands, but its text is not known.
pub const OWN_TEXT: &str = "pushrig: ";

/// A command that failed, in the device's words where they are known.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Refusal {
    /// The text of `error`; it begins with [`OWN_TEXT`] where the device's text is not known.
    pub message: String,
    /// The number of `code`; the device sends 1.
    pub code: i64,
}

impl Refusal {
    /// In the device's own words.
    #[must_use]
    pub fn device(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            code: 1,
        }
    }

    /// In the simulator's words, marked as such.
    #[must_use]
    pub fn own(message: impl std::fmt::Display) -> Self {
        Self::device(format!("{OWN_TEXT}{message}"))
    }

    /// Whether the text is the simulator's and not the device's.
    #[must_use]
    pub fn is_own(&self) -> bool {
        self.message.starts_with(OWN_TEXT)
    }

    /// A member of a wrong type: `Invalid member 'sun' (int expected, got boolean)`.
    pub(super) fn member(name: &str, expected: &str, got: Option<&Value>) -> Self {
        Self::device(format!(
            "Invalid member '{name}' ({expected} expected, got {})",
            shape::kind(got)
        ))
    }
}

impl From<rusqlite::Error> for Refusal {
    /// What `SQLite` says, as the device passes it on: the words of the result code, then its
    /// message.
    fn from(error: rusqlite::Error) -> Self {
        match error {
            rusqlite::Error::SqliteFailure(code, Some(message))
                if code.code == rusqlite::ErrorCode::ConstraintViolation =>
            {
                Self::device(format!("constraint failed: {message}"))
            }
            rusqlite::Error::SqliteFailure(code, _)
                if code.code == rusqlite::ErrorCode::OperationInterrupted =>
            {
                Self::own("this would take too long")
            }
            other => Self::own(other),
        }
    }
}
