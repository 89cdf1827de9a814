//! Ctrl-C and SIGTERM, sent to the real process.

use std::process::{Child, Command, Output, Stdio};

use super::*;

fn start(server: &Server, rest: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_pushrig"))
        .args(["device", "--server", &server.url(""), "--id", "478435"])
        .args(rest)
        .env_clear()
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

fn send(child: &Child, signal: &str) {
    let sent = Command::new("kill")
        .args([format!("-{signal}"), child.id().to_string()])
        .status()
        .unwrap();
    assert!(sent.success());
}

fn ended(child: Child) -> (Output, Vec<Value>) {
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    let lines = text.lines().map(|line| serde_json::from_str(line).unwrap());
    let lines = lines.collect();
    (output, lines)
}

const SIGNALS: [(&str, i32, &str); 2] = [("INT", 130, "Ctrl-C"), ("TERM", 143, "SIGTERM")];

#[test]
fn ctrl_c_and_sigterm_end_a_device_that_rests_with_its_summary() {
    for (signal, code, name) in SIGNALS {
        let server = hands_out([greets()]);
        let child = start(&server, &["--format", "json", "--period", "60s"]);
        // Poll, result, and a poll that brings nothing.
        server.wait_for(3);
        send(&child, signal);
        let (output, lines) = ended(child);
        assert_eq!(output.status.code(), Some(code));
        assert_eq!(
            outcomes(&lines, "case"),
            ["478435/message_to_screen#1 pass"]
        );
        let summary = lines.last().unwrap();
        assert_eq!(summary["type"], "summary");
        assert_eq!(summary["ended"], name);
        assert_eq!(counter(&lines, "polls"), 2);
        assert!(output.stderr.is_empty());
    }
}

/// What is under way comes to its end: the result is posted before the run is over.
#[test]
fn a_result_on_its_way_is_waited_for() {
    let gate = crate::server::Gate::new();
    let opened = gate.clone();
    let server = answers_results([greets()], move |_| Reply::ok().after(&gate));
    let child = start(&server, &["--format", "json"]);
    server.wait_for(2);
    send(&child, "INT");
    opened.open();
    let (output, lines) = ended(child);
    assert_eq!(output.status.code(), Some(130));
    assert_eq!(
        outcomes(&lines, "case"),
        ["478435/message_to_screen#1 pass"]
    );
    assert_eq!(of_type(&lines, "case")[0]["status"], 200);
}

/// And not for ever, nor after a second signal.
#[test]
fn a_server_that_never_answers_keeps_nobody() {
    for twice in [false, true] {
        let server = answers_results([greets()], |_| Reply::silence());
        let child = start(&server, &["--format", "json", "--timeout", "10m"]);
        server.wait_for(2);
        send(&child, "INT");
        if twice {
            send(&child, "TERM");
        }
        let (output, lines) = ended(child);
        assert!(matches!(output.status.code(), Some(130 | 143)));
        assert_eq!(
            outcomes(&lines, "case"),
            ["478435/message_to_screen#1 error"]
        );
        assert_eq!(
            of_type(&lines, "case")[0]["why"],
            "its result was not answered: nothing had come back when the run was over"
        );
    }
}

#[test]
fn ctrl_c_ends_a_whole_fleet() {
    let server = Server::start(|_| Reply::ok());
    let flags = [
        "--devices",
        "20",
        "--period",
        "60s",
        "--ramp",
        "1s",
        "--format",
        "json",
    ];
    let child = start(&server, &flags);
    // Not all have polled by then.
    server.wait_for(5);
    send(&child, "INT");
    let (output, lines) = ended(child);
    assert_eq!(output.status.code(), Some(130));
    assert_eq!(lines.last().unwrap()["ended"], "Ctrl-C");
    assert_eq!(counter(&lines, "polls"), server.received().len() as u64);
    assert!(of_type(&lines, "case").is_empty());
}

#[test]
fn people_read_how_it_was_ended() {
    let server = Server::start(|_| Reply::ok());
    let child = start(&server, &["--period", "60s"]);
    server.wait_for(1);
    send(&child, "INT");
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("  ended     by Ctrl-C\n"), "{text}");
    assert!(text.contains("  counts    polls 1  "), "{text}");
}
