//! The receiver of `listen` and `dispatch` with a handler that answers 200 and `ok` at once:
//! what it costs beside `examples/hyper_bare.rs` is what exact evidence costs.
//!
//! ```sh
//! cargo run --release --example receiver -- 127.0.0.1:8123
//! cargo run --release --example receiver -- 127.0.0.1:8123 tls     # its certificate is printed
//! ```

use std::future::{pending, ready};
use std::io::{self, Write as _};

use pushrig::error::Error;
use pushrig::message::Response;
use pushrig::net::block_on;
use pushrig::net::server::{Bind, Limits, Listener};
use pushrig::net::tls::{Identity, server_config};

fn main() -> Result<(), Error> {
    let address = std::env::args()
        .nth(1)
        .unwrap_or_else(|| "127.0.0.1:0".to_owned());
    let bind: Bind = address.parse().map_err(Error::usage)?;
    let mut listener = Listener::bind(&bind, false)?;
    writeln!(io::stdout(), "{}", listener.address())?;
    if std::env::args().nth(2).as_deref() == Some("tls") {
        let host = bind.host().to_owned();
        let served = server_config(&Identity::SelfSigned { host })?;
        write!(io::stdout(), "{}", served.certificates())?;
        listener = listener.with_tls(served);
    }
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
