//! What somebody would write with hyper alone: the peer of `examples/receiver.rs` and of `listen`.
//! It reads every request to its end, answers 200 and `ok`, and keeps nothing of it.
//!
//! ```sh
//! cargo run --release --example hyper_bare -- 127.0.0.1:8123
//! ```

use std::convert::Infallible;
use std::future::poll_fn;
use std::io::{self, Write as _};
use std::pin::Pin;

use hyper::body::{Body as _, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::task::LocalSet;

fn main() -> io::Result<()> {
    let address = std::env::args()
        .nth(1)
        .unwrap_or_else(|| "127.0.0.1:0".to_owned());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    LocalSet::new().block_on(&runtime, async {
        let listener = TcpListener::bind(address).await?;
        writeln!(io::stdout(), "{}", listener.local_addr()?)?;
        loop {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            let service = service_fn(async |request: Request<Incoming>| {
                let _body = whole(request.into_body()).await;
                Ok::<_, Infallible>(Response::new("ok".to_owned()))
            });
            tokio::task::spawn_local(
                http1::Builder::new().serve_connection(TokioIo::new(stream), service),
            );
        }
    })
}

/// The body, or what came of it.
async fn whole(mut body: Incoming) -> Vec<u8> {
    let mut bytes = Vec::new();
    while let Some(Ok(frame)) = poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
        if let Ok(data) = frame.into_data() {
            bytes.extend_from_slice(&data);
        }
    }
    bytes
}
