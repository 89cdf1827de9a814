//! Where bytes move: the only files that name tokio, rustls, httparse, hyper and reqwest.
//!
//! [`wire`] sends requests exactly as they were composed, over connections that [`dial`] makes;
//! [`reply`] reads the answer and never touches a socket; [`tls`] is set up only when an https URL
//! is dialled; [`server`] gives requests as they came; [`client`] fetches what is not evidence;
//! [`mqtt`] moves packets; [`ready`] finds out whether a server is up; [`stop`] is Ctrl-C.

pub mod address;
pub mod client;
pub mod dial;
pub mod failure;
pub mod mqtt;
pub mod ready;
pub mod reply;
pub mod room;
pub mod server;
pub mod stop;
mod stream;
pub mod tls;
pub mod wire;

pub use address::{Address, Resolve};
pub use dial::{DialOptions, Dialer};
pub use failure::Failure;
pub use wire::{Answer, Connection, Forgives, Manner, Oddity, Timings};

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
    let output = runtime.block_on(future);
    // A name service that does not answer holds a thread, which is not waited for.
    runtime.shutdown_background();
    Ok(output)
}
