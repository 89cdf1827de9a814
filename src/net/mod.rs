//! Where bytes move: the only files that name tokio, rustls, httparse and reqwest.
//!
//! [`wire`] sends requests exactly as they were composed; [`reply`] reads the answer and never
//! touches a socket; [`tls`] is set up only when an https URL is dialled; [`stop`] is Ctrl-C.

pub mod address;
pub mod failure;
pub mod reply;
pub mod stop;
pub mod tls;
pub mod wire;

pub use address::{Address, Resolve};
pub use failure::Failure;
pub use wire::{Answer, Connection, DialOptions, Dialer, Timings};

use std::future::Future;

use crate::error::Error;

/// Runs a future to its end on a runtime of this thread.
///
/// One thread, because requests are tiny: handing each to another one costs 2 µs, a third of
/// what sending it does.
pub fn block_on<F: Future>(future: F) -> Result<F::Output, Error> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    Ok(runtime.block_on(future))
}
