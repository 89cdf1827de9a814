//! What would be sent, and what nobody reads.

use std::time::{Duration, Instant};

use super::{SECRETS, always, capture, numbered, record, replay};
use crate::harness::pushrig;
use crate::server::Server;

#[test]
fn a_dry_run_tells_what_would_be_sent_and_sends_nothing() {
    let server = always(200).may_stay_idle();
    replay(&server, numbered(3), "--select 2-3 --dry-run")
        .stdout(format!(
            "POST /1  2 bytes  unknown platform  day.ndjson:2\n\
             POST /2  2 bytes  unknown platform  day.ndjson:3\n\
             2 requests would go to {}\n",
            server.url("/")
        ))
        .exits(0);
    replay(
        &server,
        numbered(1),
        "--duplicate 2 --dry-run -v -H X-Mine:1",
    )
    .stdout_has([
        "POST /0  2 bytes",
        "  POST /0 HTTP/1.1\\r\\n\n  Host: recorded.example\\r\\n\n",
        "  X-Mine: 1\\r\\n\n  \\r\\n\n  {}\n",
        "POST /0  2 bytes",
        "2 requests would go to ",
    ])
    .exits(0);
    replay(&server, numbered(1), "-q --dry-run")
        .stdout(format!("1 request would go to {}\n", server.url("/")))
        .exits(0);
    assert_eq!(server.connections(), 0, "a dry run dials nothing");
}

#[test]
fn a_dry_run_as_json_is_a_capture_of_what_would_be_sent() {
    let day = pushrig(&format!("samples --as record {SECRETS}"))
        .any_stdout()
        .exits(0);
    let server = always(200).may_stay_idle();
    let moment = "--now 2026-11-21T20:00:00Z --seed 5";
    let rest = format!("{SECRETS} --resign {moment}");
    let dry = replay(
        &server,
        &day.stdout,
        &format!("{rest} --dry-run --format json"),
    )
    .any_stdout()
    .exits(0);
    assert_eq!(server.connections(), 0);
    assert_eq!(dry.json().len(), day.json().len());
    pushrig(&format!(
        "verify auto - {SECRETS} --tolerance 5m {moment} -q"
    ))
    .stdin(&dry.stdout)
    .any_stdout()
    .exits(0);
    // The same is sent if it is sent as it is.
    let server = always(200);
    replay(&server, &dry.stdout, "").any_stdout().exits(0);
    let other = always(200);
    replay(&other, &dry.stdout, "--keep").any_stdout().exits(0);
    let [first, second] = [&server, &other].map(Server::received);
    for (first, second) in first.iter().zip(&second) {
        assert_eq!(first.raw, second.raw);
    }
}

#[test]
fn a_dry_run_refuses_what_the_run_would() {
    let day = capture([record("/x", "{}")]);
    let server = always(200).may_stay_idle();
    replay(&server, &day, &format!("{SECRETS} --resign --dry-run"))
        .any_stdout()
        .stderr(
            "error: day.ndjson:1: it cannot be signed: no platform's signature was found in it\n",
        )
        .exits(2);
    replay(
        &server,
        format!("{day}{{\"v\":1,\"request\":x}}\n"),
        "--dry-run",
    )
    .stdout_has(["POST /x"])
    .stderr_has(["error: day.ndjson:2:"])
    .exits(2);
}

#[test]
fn a_closed_pipe_is_success_and_the_run_ends_soon() {
    let started = Instant::now();
    let server = always(200).may_stay_idle();
    for rest in [
        "",
        "--format json",
        "--rate 50",
        "--for 60s -v",
        "--dry-run",
    ] {
        replay(&server, numbered(20_000), rest)
            .without_reader()
            .any_stderr()
            .exits(0);
    }
    assert!(started.elapsed() < Duration::from_secs(50));
}

#[test]
fn colour_is_for_terminals_and_for_who_asks() {
    let server = always(500);
    let ran = replay(&server, numbered(1), "--color always")
        .any_stdout()
        .exits(1);
    assert!(ran.text().contains("\u{1b}["));
    let ran = replay(&server, numbered(1), "").any_stdout().exits(1);
    assert!(!ran.text().contains('\u{1b}'));
    assert!(ran.talk().is_empty(), "no progress where nobody looks");
}
