//! What a handler gives: an answer, and how it goes out.

use std::sync::Arc;

use crate::message::Response;

/// An answer, and how it goes out.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reply {
    /// The answer.
    pub response: Arc<Response>,
    /// How it goes out.
    pub manner: Manner,
    /// The reason phrase of another server, whose answer is passed on: its head leaves as it
    /// came, but for the fields that belong to one connection.
    pub passed: Option<Vec<u8>>,
}

impl From<Response> for Reply {
    fn from(response: Response) -> Self {
        Self {
            response: Arc::new(response),
            manner: Manner::Plain,
            passed: None,
        }
    }
}

/// How an answer goes out. All but the first are what servers do when something is wrong with
/// them or with the network, so that a sender can be seen to stand it.
///
/// Answers that were asked for before on the same connection are always whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Manner {
    /// As it should.
    #[default]
    Plain,
    /// It does not: the connection is reset.
    Reset,
    /// Only so many bytes of it leave, those of its head included; then the connection is
    /// closed, even where that is all of them.
    Truncate(usize),
    /// It leaves at so many bytes a second, those of its head included; 0 is taken as 1.
    Slow(u32),
    /// It does not: the connection stays open until the peer closes its side of it, until the
    /// server ends, or for ten minutes.
    Never,
}
