//! `pushrig push`, over real sockets.

mod bodies;
mod codes;
mod course;
pub(crate) mod events;
mod reach;
mod retries;

use crate::harness::{Pushrig, pushrig};
use crate::server::{Received, Reply, Server};

/// The secrets of all platforms.
const SECRETS: &str = "--token a-token-of-mine --app-secret a-secret-of-mine";

/// What `--set`, `--seed` and so on are tried with.
const FIXED: &str = "--seed 3 --now 2026-11-21T20:00:00Z";

/// A server that answers everything with a status.
fn always(status: u16) -> Server {
    Server::start(move |_| Reply::status(status))
}

/// A call of `push`, its words behind the URL.
fn push(name: &str, server: &Server, rest: &str) -> Pushrig {
    pushrig(&format!("push {name} {} {rest}", server.url("/push")))
}

/// The value of `msg` in a body of `OneNET`'s.
fn msg(request: &Received) -> serde_json::Value {
    body(request)["msg"].clone()
}

/// The body as JSON.
fn body(request: &Received) -> serde_json::Value {
    serde_json::from_slice(&request.body()).expect("a JSON body")
}
