//! `dispatch`: the real executable, and devices over real sockets.

mod again;
mod bench;
mod delivery;
mod ends;
mod hostile;
mod orders;
mod queue;
#[cfg(unix)]
mod signals;
mod state;
