//! `pushrig device`, over real sockets: what a push server sees of a device, and what the run
//! says of the server.

mod bad_input;
mod capture;
mod commands;
mod ends;
mod faults;
mod findings;
mod fleets;
mod monitor;
mod moves;
mod quirks;
mod reach;
mod reports;
mod shown;
#[cfg(unix)]
mod signals;
mod state;
mod switches;
#[cfg(unix)]
mod unread;

use std::collections::VecDeque;
use std::sync::Mutex;

use serde_json::{Value, json};

use crate::harness::{Pushrig, pushrig};
use crate::server::{Received, Reply, Server};

/// The device of most tests.
const ID: i64 = 478_435;

/// A call of `device` that polls this server, fast and with a seed; what it says of itself on
/// standard error is expected. More words may change all that.
fn device(server: &Server, rest: &str) -> Pushrig {
    let has = |flag: &str| rest.split_whitespace().any(|word| word == flag);
    let mut call = pushrig(&format!("device --server {} {rest}", server.url("")));
    for (flag, value) in [("--period", "10ms"), ("--seed", "7")] {
        if !has(flag) {
            call = call.args([flag, value]);
        }
    }
    if !["--id", "--ids", "--serial"].into_iter().any(has) {
        call = call.args(["--id".to_owned(), ID.to_string()]);
    }
    if has("-q") || has("json") {
        call
    } else {
        call.stderr_has(["note: "])
    }
}

/// A run whose lines of JSON are looked at.
#[track_caller]
fn told(server: &Server, rest: &str, code: i32) -> Vec<Value> {
    let call = device(server, &format!("--format json {rest}"));
    call.any_stdout().exits(code).json()
}

/// The lines of one type.
fn of_type<'l>(lines: &'l [Value], kind: &str) -> Vec<&'l Value> {
    lines.iter().filter(|line| line["type"] == kind).collect()
}

/// The ids of the cases or findings, with their outcomes: `push.html pass`.
fn outcomes(lines: &[Value], kind: &str) -> Vec<String> {
    let word = |line: &Value, name: &str| line[name].as_str().unwrap_or("?").to_owned();
    of_type(lines, kind)
        .into_iter()
        .map(|line| format!("{} {}", word(line, "id"), word(line, "outcome")))
        .collect()
}

/// A count of the summary; 0 where it is not told.
#[track_caller]
fn counter(lines: &[Value], name: &str) -> u64 {
    let summary = lines.last().expect("a summary");
    assert_eq!(summary["type"], "summary", "{summary}");
    summary["counters"][name].as_u64().unwrap_or_default()
}

/// A server that hands out these answers to /push, one a poll, and has nothing to do then. It
/// takes every result.
fn hands_out(answers: impl IntoIterator<Item = Reply>) -> Server {
    answers_results(answers, |_| Reply::ok())
}

/// The same with its own answers to /result.
fn answers_results(
    answers: impl IntoIterator<Item = Reply>,
    taken: impl Fn(&Received) -> Reply + Send + Sync + 'static,
) -> Server {
    let queue: Mutex<VecDeque<Reply>> = Mutex::new(answers.into_iter().collect());
    Server::start(move |request| {
        if is_result(request) {
            return taken(request);
        }
        assert_eq!(path(request), "/push", "{}", request.line());
        queue.lock().unwrap().pop_front().unwrap_or_else(Reply::ok)
    })
}

/// An answer to /push with this JSON.
fn says(answer: &Value) -> Reply {
    Reply::ok()
        .header("Content-Type", "application/json")
        .body(answer.to_string())
}

/// A command without parameters.
fn asks(endpoint: &str) -> Reply {
    says(&json!({"verb": "POST", "endpoint": endpoint}))
}

/// A command with its parameters.
fn asks_with(endpoint: &str, body: &Value) -> Reply {
    says(
        &json!({"verb": "POST", "endpoint": endpoint, "body": body, "contentType": "application/json"}),
    )
}

/// A command that changes nothing and whose answer is `{}`.
fn greets() -> Reply {
    asks_with("message_to_screen", &json!({"message": "hi", "timeout": 1}))
}

const GREETED: &str = r#"{"response":"{}"}"#;

fn path(request: &Received) -> String {
    let target = request.target();
    target.split('?').next().unwrap_or_default().to_owned()
}

fn is_result(request: &Received) -> bool {
    path(request).ends_with("/result")
}

/// A value of the query, as it was sent.
fn query(request: &Received, name: &str) -> Option<String> {
    let target = request.target();
    let (_, query) = target.split_once('?')?;
    query.split('&').find_map(|pair| {
        let (have, value) = pair.split_once('=')?;
        (have == name).then(|| value.to_owned())
    })
}

/// The polls that a server saw.
fn polls(server: &Server) -> Vec<Received> {
    let mut received = server.received();
    received.retain(|request| !is_result(request));
    received
}

/// The results that it saw.
fn results(server: &Server) -> Vec<Received> {
    let mut received = server.received();
    received.retain(is_result);
    received
}

/// The bodies of the results that it saw.
fn bodies(server: &Server) -> Vec<String> {
    let bodies = results(server).into_iter().map(|request| request.body());
    bodies
        .map(|body| String::from_utf8(body).expect("a result is UTF-8"))
        .collect()
}

/// The JSON that stands as text in `response`.
#[track_caller]
fn response(body: &str) -> Value {
    let result: Value = serde_json::from_str(body).unwrap();
    let text = result["response"]
        .as_str()
        .unwrap_or_else(|| panic!("{body}"));
    serde_json::from_str(text).unwrap_or_else(|why| panic!("{why}: {text}"))
}
