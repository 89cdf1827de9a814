//! Ctrl-C and SIGTERM, sent to the real process.

#![cfg(unix)]

use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use super::numbered;
use crate::server::{Reply, Server};

struct Running {
    child: Child,
    folder: tempfile::TempDir,
}

/// Starts a replay of ten records to a server that answers only the first.
fn start(server: &Server, rest: &[&str]) -> Running {
    let folder = tempfile::tempdir().unwrap();
    let day = folder.path().join("day.ndjson");
    std::fs::write(&day, numbered(10)).unwrap();
    let child = Command::new(env!("CARGO_BIN_EXE_pushrig"))
        .arg("replay")
        .arg("day.ndjson")
        .args(["--to", &server.url("/"), "--timeout", "60s"])
        .args(rest)
        .current_dir(&folder)
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    Running { child, folder }
}

/// Sends a signal and waits for the end; the folder stays with what was written to it.
fn end(running: Running, signal: &str) -> (Output, tempfile::TempDir) {
    let sent = Command::new("kill")
        .args([format!("-{signal}"), running.child.id().to_string()])
        .status()
        .unwrap();
    assert!(sent.success());
    (running.child.wait_with_output().unwrap(), running.folder)
}

fn one_answer() -> Server {
    Server::start(|request| match request.number {
        0 => Reply::ok(),
        _ => Reply::silence(),
    })
}

#[test]
fn ctrl_c_and_sigterm_end_it_with_the_summary_so_far() {
    for (signal, code, name) in [("INT", 130, "Ctrl-C"), ("TERM", 143, "SIGTERM")] {
        for rest in [
            &[][..],
            &["--repeat", "5"],
            &["--for", "90s"],
            &["--shuffle"],
        ] {
            let server = one_answer();
            let started = Instant::now();
            let running = start(&server, rest);
            server.wait_for(2);
            let (output, _) = end(running, signal);
            assert_eq!(output.status.code(), Some(code), "{signal} {rest:?}");
            let text = String::from_utf8(output.stdout).unwrap();
            assert!(text.contains("1 case: 1 passed  in "), "{text}");
            assert!(text.contains(&format!("  ended     by {name}\n")), "{text}");
            assert!(output.stderr.is_empty());
            assert!(started.elapsed() < Duration::from_secs(30));
        }
    }
}

#[test]
fn ctrl_c_ends_a_wait_for_the_next_records_time_and_writes_the_reports() {
    let server = one_answer();
    let running = start(
        &server,
        &[
            "--rate",
            "0.01",
            "--format",
            "json",
            "--report",
            "json=r.json",
        ],
    );
    server.wait_for(1);
    let (output, folder) = end(running, "INT");
    assert_eq!(output.status.code(), Some(130));
    let text = String::from_utf8(output.stdout).unwrap();
    let last: serde_json::Value = serde_json::from_str(text.lines().last().unwrap()).unwrap();
    assert_eq!(last["ended"], "Ctrl-C");
    assert_eq!(last["outcome"], "interrupted");
    let report = std::fs::read(folder.path().join("r.json")).unwrap();
    let report: serde_json::Value = serde_json::from_slice(&report).unwrap();
    assert!(report["cases"].is_array());
}

#[test]
fn ctrl_c_ends_a_wait_for_a_pipe() {
    let server = one_answer();
    let mut running = start(&server, &["-"]);
    // The pipe stays open, and says nothing.
    let pipe = running.child.stdin.take();
    server.wait_for(2);
    let (output, _) = end(running, "INT");
    assert_eq!(output.status.code(), Some(130));
    drop(pipe);
}
