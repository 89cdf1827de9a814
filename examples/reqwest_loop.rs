//! What somebody would write with reqwest: the peer of `benches/sender.py` for `replay`. It sends
//! the same body again and again over so many connections, and signs nothing.
//!
//! ```sh
//! cargo run --release --example reqwest_loop -- http://127.0.0.1:8123/ 100000 50 '{"a":1}'
//! ```

use std::cell::Cell;
use std::io::{self, Write as _};
use std::rc::Rc;

use tokio::task::LocalSet;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // reqwest asks for one even where no TLS is spoken.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut arguments = std::env::args().skip(1);
    let mut next = || arguments.next().ok_or("URL REQUESTS CONNECTIONS BODY");
    let (url, requests, connections, body) = (next()?, next()?, next()?, next()?);
    let left = Rc::new(Cell::new(requests.parse::<u64>()?));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let workers = LocalSet::new();
    let client = reqwest::Client::builder().no_proxy().build()?;
    for _ in 0..connections.parse()? {
        let client = client.clone();
        let (url, body, left) = (url.clone(), body.clone(), Rc::clone(&left));
        workers.spawn_local(async move {
            while left.get() > 0 {
                left.set(left.get() - 1);
                let request = client
                    .post(&url)
                    .header("Content-Type", "application/json")
                    .body(body.clone());
                let answer = request.send().await.expect("an answer");
                assert!(answer.status().is_success());
                answer.bytes().await.expect("a body");
            }
        });
    }
    runtime.block_on(workers);
    writeln!(io::stdout(), "{requests} requests")?;
    Ok(())
}
