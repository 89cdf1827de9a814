//! How many, how fast, and how it ends.

use std::time::{Duration, Instant};

use super::{FIXED, SECRETS, always, msg, push};
use crate::harness::pushrig;
use crate::server::{Gate, Reply, Server};

#[test]
fn several_pushes_are_numbered_and_each_is_a_fresh_event() {
    let server = always(200);
    push("tencent.report", &server, &format!("{SECRETS} --count 3"))
        .stdout_has([
            "pass   tencent.report#1  tencent  200  ",
            "pass   tencent.report#2  tencent  200  ",
            "pass   tencent.report#3  tencent  200  ",
            "3 ",
        ])
        .exits(0);
    let received = server.received();
    let nonces: Vec<_> = received.iter().map(|it| it.header("Nonce")).collect();
    assert!(nonces[0] != nonces[1] && nonces[1] != nonces[2]);
    assert!(received[0].body() != received[1].body());
    assert_eq!(server.connections(), 1, "one connection is kept alive");
}

#[test]
fn the_clock_goes_on_between_pushes_unless_it_is_fixed() {
    // The second push is made when the first has been tried twice, 30 ms apart.
    let at = |fixed: &str| -> Vec<i64> {
        let server = Server::start(|request| match request.number {
            0 => Reply::status(500),
            _ => Reply::ok(),
        });
        let rest = format!("{SECRETS} --count 2 --retry 30ms {fixed}");
        push("onenet.online", &server, &rest).any_stdout().exits(0);
        let received = server.received();
        let at = |request| msg(request)["at"].as_i64().unwrap();
        received.iter().map(at).collect()
    };
    let moving = at("");
    assert_eq!(moving[0], moving[1], "a further try is the same message");
    assert!(moving[2] - moving[1] >= 30, "{moving:?}");
    assert_eq!(at(FIXED), [1_795_291_200_000; 3]);
}

#[test]
fn a_rate_starts_pushes_in_time_whether_or_not_the_server_keeps_up() {
    let gate = Gate::new();
    let held = gate.clone();
    let server = Server::start(move |request| {
        if request.number == 4 {
            held.open();
        }
        Reply::ok().after(&held)
    });
    // Each answer waits for the fifth request: one after the other would never get there.
    push(
        "onenet.online",
        &server,
        &format!("{SECRETS} --count 5 --rate 200"),
    )
    .stdout_has(["5 "])
    .exits(0);
    assert_eq!(server.received().len(), 5);
    assert_eq!(server.connections(), 5);
}

#[test]
fn a_rate_paces_the_starts_and_may_be_less_than_one() {
    let started = Instant::now();
    let server = always(200);
    push(
        "onenet.online",
        &server,
        &format!("{SECRETS} --count 6 --rate 25"),
    )
    .any_stdout()
    .exits(0);
    assert!(started.elapsed() >= Duration::from_millis(200));
    push(
        "onenet.online",
        &server,
        &format!("{SECRETS} --count 1 --rate 0.5"),
    )
    .any_stdout()
    .exits(0);
}

#[test]
fn a_rate_stays_on_this_machine_unless_it_is_let_out() {
    let call = |rest: &str| {
        pushrig(&format!(
            "push onenet.online http://192.0.2.1:9/push {SECRETS} --rate 5 --timeout 50ms {rest}"
        ))
    };
    call("")
        .stderr(
            "error: --rate would put load on a server that is not on this machine\n\
             hint: if it is yours to test, add --allow-remote\n",
        )
        .exits(2);
    call("--allow-remote")
        .stdout_has(["error  onenet.online"])
        .exits(3);
}

#[test]
fn counts_and_rates_that_are_none_are_refused() {
    for rest in [
        "--count 0",
        "--count -1",
        "--count many",
        "--rate 0",
        "--rate -1",
        "--rate inf",
        "--rate NaN",
        "--speed 0",
        "--speed fast",
        "--retry often",
        "--batch 0",
    ] {
        pushrig(&format!(
            "push onenet.online http://127.0.0.1:9/ {SECRETS} {rest}"
        ))
        .any_stderr()
        .exits(2);
    }
}

#[test]
fn quiet_shows_only_what_is_not_right_and_the_summary() {
    let server =
        Server::start(|request| Reply::status(if request.number == 1 { 500 } else { 200 }));
    let ran = push("onenet.online", &server, &format!("{SECRETS} --count 3 -q"))
        .any_stdout()
        .exits(1);
    assert!(
        ran.text().starts_with("fail   onenet.online#2"),
        "{}",
        ran.text()
    );
    assert!(!ran.text().contains("pass   "), "{}", ran.text());
}

/// A signal ends it with what was done so far.
#[cfg(unix)]
#[test]
fn ctrl_c_and_sigterm_end_it_with_a_summary() {
    use std::process::{Command, Stdio};
    for (signal, code, name) in [("INT", 130, "Ctrl-C"), ("TERM", 143, "SIGTERM")] {
        let server = Server::start(|request| match request.number {
            0 => Reply::ok(),
            _ => Reply::silence(),
        });
        let mut command = Command::new(env!("CARGO_BIN_EXE_pushrig"));
        command
            .args(["push", "onenet.online", &server.url("/"), "--token", "t"])
            .args(["--count", "3", "--timeout", "60s"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let child = command.spawn().unwrap();
        server.wait_for(2);
        let status = Command::new("kill")
            .args([format!("-{signal}"), child.id().to_string()])
            .status()
            .unwrap();
        assert!(status.success());
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(code), "{signal}");
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.starts_with("pass   onenet.online#1"), "{text}");
        assert!(text.contains(name), "{text}");
    }
}
