//! `pushrig replay`, over real sockets.

mod choice;
mod events;
mod exact;
mod expect;
mod flow;
mod inputs;
mod pace;
mod reach;
mod reports;
mod shown;
mod signals;

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::harness::{Pushrig, pushrig};
use crate::server::{Gate, Received, Reply, Server};

/// The secrets of all platforms.
const SECRETS: &str = "--token a-token-of-mine --app-secret a-secret-of-mine";

/// A server that answers everything with a status.
fn always(status: u16) -> Server {
    Server::start(move |_| Reply::status(status))
}

/// A server that fails the n-th request, from 0.
fn all_but(wrong: usize) -> Server {
    Server::start(move |request| {
        Reply::status(if request.number == wrong { 500 } else { 200 })
            .body(format!("body {}", request.number))
    })
}

/// 200 after so many milliseconds: that an answer takes time is what is measured.
fn slow(millis: u64) -> Reply {
    let gate = Gate::new();
    let opened = gate.clone();
    let end = Instant::now() + Duration::from_millis(millis);
    std::thread::spawn(move || {
        while let Some(left) = end.checked_duration_since(Instant::now()) {
            std::thread::park_timeout(left);
        }
        opened.open();
    });
    Reply::ok().after(&gate)
}

/// A record of a POST.
fn record(target: &str, body: &str) -> Value {
    json!({
        "v": 1,
        "request": {
            "method": "POST",
            "target": target,
            "version": "HTTP/1.1",
            "headers": [
                ["Host", "recorded.example"],
                ["Content-Length", body.len().to_string()],
            ],
            "body": body,
        },
    })
}

/// A capture, a record a line.
fn capture(records: impl IntoIterator<Item = Value>) -> String {
    let lines: Vec<_> = records.into_iter().map(|it| it.to_string()).collect();
    lines.join("\n") + "\n"
}

/// So many records, of `/0`, `/1` and so on.
fn numbered(count: usize) -> String {
    capture((0..count).map(|number| record(&format!("/{number}"), "{}")))
}

/// A call of `replay` with `day.ndjson`, its words behind `--to`.
fn replay(server: &Server, day: impl AsRef<[u8]>, rest: &str) -> Pushrig {
    pushrig(&format!(
        "replay day.ndjson --to {} {rest}",
        server.url("/")
    ))
    .file("day.ndjson", day)
}

/// The targets that a server was asked for, in order.
fn targets(server: &Server) -> Vec<String> {
    let received = server.received();
    received.iter().map(Received::target).collect()
}
