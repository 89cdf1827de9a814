//! Hands out one record after another to the workers: from a reading thread, or from memory
//! where records are sent more than once or in another order.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::thread;

use tokio::sync::Mutex;
use tokio::sync::mpsc::{Receiver, channel};

use super::drive::Told;
use super::load::{Fed, Loader};
use crate::replay::Item;

/// A record whose turn it is.
pub(super) struct Ticket {
    /// Its place in the order of sending, from 0.
    pub(super) turn: u64,
    /// The record.
    pub(super) item: Rc<RefCell<Item>>,
    /// Which time this is that it is sent, from 1.
    pub(super) time: u64,
}

/// What a worker is handed.
pub(super) enum Handed {
    /// A record to send.
    Ticket(Ticket),
    /// What reading gave beside it.
    Told(Told),
}

/// Where records come from.
pub(super) enum Feed {
    Held {
        items: Vec<Rc<RefCell<Item>>>,
        duplicate: u64,
        rounds: u64,
        turn: Cell<u64>,
    },
    Streamed(Mutex<Stream>),
}

/// Records that are read while others are sent.
pub(super) struct Stream {
    receiver: Receiver<Fed>,
    duplicate: u64,
    /// The record whose turn it is, and how often it was handed out.
    current: Option<(Rc<RefCell<Item>>, u64)>,
    turn: u64,
}

/// How many records are read ahead.
const AHEAD: usize = 256;

impl Feed {
    /// Records in memory, `duplicate` times in a row, all of them `rounds` times.
    pub(super) fn held(items: Vec<Item>, duplicate: u32, rounds: u64) -> Self {
        Self::Held {
            items: items
                .into_iter()
                .map(|item| Rc::new(RefCell::new(item)))
                .collect(),
            duplicate: u64::from(duplicate),
            rounds,
            turn: Cell::new(0),
        }
    }

    /// Records as they are read, by a thread that ends when nobody takes them any more.
    pub(super) fn streamed(loader: Loader, duplicate: u32) -> Self {
        let (sender, receiver) = channel(AHEAD);
        thread::spawn(move || loader.load(&mut |fed| sender.blocking_send(fed).is_ok()));
        Self::Streamed(Mutex::new(Stream {
            receiver,
            duplicate: u64::from(duplicate),
            current: None,
            turn: 0,
        }))
    }

    /// How many are to be sent, if that is known.
    pub(super) fn total(&self) -> Option<u64> {
        match self {
            Self::Held {
                items,
                duplicate,
                rounds,
                ..
            } => (*rounds != u64::MAX).then(|| {
                let round = items.len() as u64 * duplicate;
                round.saturating_mul(*rounds)
            }),
            Self::Streamed(_) => None,
        }
    }

    /// Whether all records are in memory, so that the next one is there at once.
    pub(super) fn is_held(&self) -> bool {
        matches!(self, Self::Held { .. })
    }

    /// What comes next; none at the end. A call that is given up loses nothing.
    pub(super) async fn next(&self) -> Option<Handed> {
        match self {
            Self::Held {
                items,
                duplicate,
                rounds,
                turn,
            } => {
                let number = turn.get();
                let round = duplicate * items.len() as u64;
                if round == 0 || number / round >= *rounds {
                    return None;
                }
                turn.set(number + 1);
                let within = number % round;
                let index = usize::try_from(within / duplicate).ok()?;
                Some(Handed::Ticket(Ticket {
                    turn: number,
                    item: Rc::clone(&items[index]),
                    time: number / round * duplicate + within % duplicate + 1,
                }))
            }
            Self::Streamed(stream) => stream.lock().await.next().await,
        }
    }
}

impl Stream {
    async fn next(&mut self) -> Option<Handed> {
        if let Some(ticket) = self.again() {
            return Some(Handed::Ticket(ticket));
        }
        let told = match self.receiver.recv().await? {
            Fed::Item(item) => {
                self.current = Some((Rc::new(RefCell::new(*item)), 0));
                return self.again().map(Handed::Ticket);
            }
            Fed::Unsendable(place, why) => {
                self.turn += 1;
                Told::Case(self.turn - 1, Some(Box::new(why.case(place))))
            }
            other => Told::Other(other),
        };
        Some(Handed::Told(told))
    }

    /// The record whose turn it is, if it is to be sent once more.
    fn again(&mut self) -> Option<Ticket> {
        let (item, times) = self.current.as_mut()?;
        if *times >= self.duplicate {
            return None;
        }
        *times += 1;
        self.turn += 1;
        Some(Ticket {
            turn: self.turn - 1,
            item: Rc::clone(item),
            time: *times,
        })
    }
}
