//! Push servers for Control iD devices, in Node and Python: each enrolls a person, opens a door and
//! checks every result by itself.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use super::Receiver;
use crate::harness::{Pushrig, pushrig};

fn device(server: &Receiver, rest: &str) -> Pushrig {
    pushrig(&format!(
        "device --server {} --serial 0G0200/005B6D --period 10ms --until-idle {rest}",
        server.url("")
    ))
    .stderr_has(["note: device 3206485144263533 (serial 0G0200/005B6D) polls"])
}

/// What a server says of the results that it saw.
fn report(server: &Receiver) -> String {
    let url = server.url("");
    let mut stream = TcpStream::connect(url.strip_prefix("http://").unwrap()).unwrap();
    stream
        .write_all(b"GET /report HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        .unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let (_, body) = text.split_once("\r\n\r\n").unwrap();
    body.to_owned()
}

/// A server that is right has nothing to say against the device, nor the device against it.
#[track_caller]
fn gets_all_it_wants(name: &str, flags: &str, cases: usize) {
    let Some(server) = Receiver::start(name) else {
        return;
    };
    device(&server, flags)
        .stdout_has([
            "warning   the device answered with an error: constraint failed: UNIQUE constraint \
             failed: cards.value"
                .to_owned(),
            format!("{cases} cases: {cases} passed, 1 warning "),
        ])
        .exits(0);
    assert_eq!(report(&server), format!("{cases} of {cases} finished"));
}

#[test]
fn a_server_in_plain_node_gets_all_it_wants() {
    gets_all_it_wants("controlid_node_http.js", "", 10);
}

#[test]
fn a_server_with_express_gets_all_it_wants_whatever_form_a_response_has() {
    gets_all_it_wants("controlid_express.js", "", 10);
    gets_all_it_wants("controlid_express.js", "--response object", 10);
    gets_all_it_wants("controlid_express.js", "--no-uuid", 10);
}

#[test]
fn a_server_with_transactions_gets_all_it_wants() {
    gets_all_it_wants("controlid_transactions.py", "", 8);
}

/// And what it asks for is nothing that would bite, but for the error that it provokes.
#[test]
fn a_strict_run_finds_nothing_but_the_error_that_was_provoked() {
    for name in [
        "controlid_node_http.js",
        "controlid_express.js",
        "controlid_transactions.py",
    ] {
        let Some(server) = Receiver::start(name) else {
            continue;
        };
        device(&server, "--strict")
            .stdout_has(["fail   3206485144263533/create_objects#", " 1 failed  in"])
            .exits(1);
        assert!(report(&server).contains(" finished"));
    }
}

#[test]
fn old_firmware_leaves_a_server_with_transactions_waiting() {
    let Some(server) = Receiver::start("controlid_transactions.py") else {
        return;
    };
    device(&server, "--no-transactions")
        .stdout_has(["warn   push.not-a-command", "0 cases"])
        .exits(0);
    assert_eq!(report(&server), "0 of 8 finished");
}

#[test]
fn a_server_that_takes_the_response_for_an_object_fails_until_it_gets_one() {
    let Some(server) = Receiver::start("controlid_object.js") else {
        return;
    };
    device(&server, "--seed-users 2")
        .stdout_has([
            "warn   result.status",
            "its `response` may be a text or an object",
            "fail   3206485144263533/load_objects#1  controlid  500",
            "the server refused the result",
        ])
        .exits(1);
    assert!(report(&server).starts_with("TypeError: "));
    let Some(server) = Receiver::start("controlid_object.js") else {
        return;
    };
    device(&server, "--seed-users 2 --response object")
        .stdout_has(["pass   3206485144263533/load_objects#1"])
        .exits(0);
    let names = report(&server);
    assert_eq!(names.split(", ").count(), 2, "{names}");
}
