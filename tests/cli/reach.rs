//! How a server is reached, and what is said of one that is not: any subcommand that sends.

use std::net::TcpListener;

use serde_json::Value;

use crate::harness::{Pushrig, pushrig};
use crate::server::{Reply, Server};

fn shake(url: &str) -> Pushrig {
    pushrig("handshake onenet --token a-token-of-mine --format json").arg(url)
}

/// The first case of a handshake that ends so.
#[track_caller]
fn case(call: Pushrig, code: i32) -> Value {
    let ran = call.any_stdout().any_stderr().exits(code);
    ran.json().remove(0)
}

#[test]
fn a_server_that_is_not_there_is_no_answer() {
    let free = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let case = case(shake(&format!("http://{free}/")), 3);
    assert_eq!(
        case["why"],
        format!("no connection to {free}: connection refused")
    );
}

#[test]
fn a_server_that_keeps_silent_is_not_waited_for_longer_than_said() {
    let server = Server::start(|_| Reply::silence());
    let case = case(shake(&server.url("/")).args(["--timeout", "50ms"]), 3);
    assert_eq!(case["why"], "no answer within 50ms: nothing came back");
}

#[test]
fn a_server_that_resets_or_closes_gives_no_answer() {
    let server = Server::start(|_| Reply::reset());
    let reset = case(shake(&server.url("/")), 3);
    assert_eq!(
        reset["why"],
        "the connection broke before the answer: reset by the server"
    );
    let server = Server::start(|_| Reply::close());
    let closed = case(shake(&server.url("/")), 3);
    assert_eq!(
        closed["why"],
        "the server closed the connection without an answer"
    );
}

#[test]
fn an_answer_without_end_and_one_that_is_none_are_wrong_answers() {
    let server = Server::start(|_| Reply::endless("HTTP/1.1 200 OK\r\n\r\n", vec![b'x'; 60_000]));
    let endless = case(shake(&server.url("/")), 1);
    assert_eq!(
        endless["why"],
        "the body of the answer is longer than 16 MiB"
    );
    let server = Server::start(|_| Reply::raw("SSH-2.0-x\r\n"));
    let other = case(shake(&server.url("/")), 1);
    assert_eq!(
        other["why"],
        "the answer is not HTTP: it starts with `SSH-2.0-x\\r\\n`"
    );
}

#[test]
fn whom_to_trust_is_named_by_a_flag() {
    let server = Server::tls("localhost", |_| Reply::status(403));
    let url = server.url("/").replace("127.0.0.1", "localhost");
    let call = || shake(&url).file("ca.pem", server.ca());
    let known = case(call().args(["--cacert", "ca.pem"]), 1);
    assert_eq!(known["status"], 403);
    let any = case(call().arg("--insecure"), 1);
    assert_eq!(any["status"], 403);
    let other = Server::tls("localhost", |_| Reply::ok()).may_stay_idle();
    let stranger = shake(&url).file("ca.pem", other.ca());
    let refused = case(stranger.args(["--cacert", "ca.pem"]), 3);
    let why = refused["why"].as_str().unwrap();
    assert!(why.starts_with("TLS with localhost:"), "{why}");
    assert!(why.contains("has signed its certificate"), "{why}");
    assert!(server.received()[0].target().starts_with('/'));
}

#[test]
fn a_name_is_dialled_where_it_was_told() {
    let server = Server::start(|_| Reply::status(403));
    let port = server.address().port();
    let call = shake(&format!("http://a.invalid:{port}/x"));
    let case = case(
        call.args(["--resolve", &format!("a.invalid:{port}:127.0.0.1")]),
        1,
    );
    assert_eq!(case["status"], 403);
    let host = server.received()[0].header("host").unwrap();
    assert_eq!(host, format!("a.invalid:{port}"));
}

#[cfg(unix)]
#[test]
fn a_unix_socket_is_dialled_instead_of_the_host() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("socket");
    let server = Server::unix(&path, |_| Reply::status(403));
    let call = shake("http://a.invalid/").arg("--unix-socket").arg(&path);
    assert_eq!(case(call, 1)["status"], 403);
    assert_eq!(server.received()[0].header("host").unwrap(), "a.invalid");
}
