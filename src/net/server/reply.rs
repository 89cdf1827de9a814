//! What a handler gives: an answer, and how it goes out.

use std::sync::Arc;

use hyper::body::Bytes;
use tokio::sync::mpsc;

use crate::message::Response;

/// An answer, and how it goes out.
#[derive(Debug, Default)]
pub struct Reply {
    /// The answer.
    pub response: Arc<Response>,
    /// How it goes out.
    pub manner: Manner,
    /// A body that is not there yet, in the place of the answer's own.
    pub feed: Option<Feed>,
    /// Whether its connection takes none of the places that [`Limits`](super::Limits) has, until
    /// it answers otherwise. Only few may.
    pub is_apart: bool,
    /// The reason phrase of another server, whose answer is passed on: its head leaves as it
    /// came, but for the fields that belong to one connection.
    pub passed: Option<Vec<u8>>,
}

impl From<Response> for Reply {
    fn from(response: Response) -> Self {
        Self {
            response: Arc::new(response),
            ..Self::default()
        }
    }
}

/// A body that comes piece by piece, chunked, and ends when its [`Giver`] is gone. What a peer does
/// not take waits, and so does the giver. A peer that closes its side is gone. Its connection is idle while nothing is given: whoever
/// wants it to stay gives something within [`Limits::idle`](super::Limits::idle).
#[derive(Debug)]
pub struct Feed(pub(super) mpsc::Receiver<Bytes>);

/// Gives a [`Feed`] its pieces.
#[derive(Debug)]
pub struct Giver(mpsc::Sender<Bytes>);

/// So many pieces wait for a peer.
const WAITING: usize = 4;

impl Feed {
    /// A body, and what gives it.
    #[must_use]
    pub fn pair() -> (Giver, Self) {
        let (give, given) = mpsc::channel(WAITING);
        (Giver(give), Self(given))
    }
}

impl Giver {
    /// Gives a piece when there is room for it, and says whether the peer is still there.
    pub async fn give(&self, piece: Vec<u8>) -> bool {
        self.0.send(piece.into()).await.is_ok()
    }

    /// Waits until the peer is gone.
    pub async fn gone(&self) {
        self.0.closed().await;
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
