//! The receiver of `listen` and `dispatch` with a handler that answers 200 and `ok` at once:
//! what it costs beside `examples/hyper_bare.rs` is what exact evidence costs.
//!
//! ```sh
//! cargo run --release --example receiver -- 127.0.0.1:8123
//! ```

use std::future::{pending, ready};
use std::io::{self, Write as _};

use pushrig::error::Error;
use pushrig::message::Response;
use pushrig::net::block_on;
use pushrig::net::server::{Bind, Limits, Listener};

fn main() -> Result<(), Error> {
    let address = std::env::args()
        .nth(1)
        .unwrap_or_else(|| "127.0.0.1:0".to_owned());
    let bind: Bind = address.parse().map_err(Error::usage)?;
    let listener = Listener::bind(&bind, false)?;
    writeln!(io::stdout(), "{}", listener.address())?;
    block_on(listener.serve(
        Limits::default(),
        |_, _| {
            ready(Response {
                status: 200,
                body: b"ok".to_vec(),
                ..Response::default()
            })
        },
        |_| {},
        pending(),
    ))?
}
