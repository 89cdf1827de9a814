//! When a run ends, and with which exit code.

use std::time::Instant;

use super::*;

/// A server that always has something to do.
fn busy() -> Server {
    Server::start(|request| {
        if is_result(request) {
            Reply::ok()
        } else {
            greets()
        }
    })
}

#[test]
fn it_ends_with_its_last_poll() {
    let server = Server::start(|_| Reply::ok());
    let lines = told(&server, "--polls 3", 0);
    assert_eq!(counter(&lines, "polls"), 3);
    assert_eq!(counter(&lines, "idle"), 3);
    assert_eq!(server.received().len(), 3);
}

/// The results of the last poll's commands are still posted.
#[test]
fn it_ends_with_the_last_command_and_its_result() {
    let server = busy();
    let lines = told(&server, "--commands 3", 0);
    assert_eq!(counter(&lines, "commands"), 3);
    assert_eq!(results(&server).len(), 3);
    assert_eq!(polls(&server).len(), 3);
}

#[test]
fn it_ends_with_the_first_poll_that_brings_no_command_whatever_the_reason() {
    for (answer, code) in [
        (Reply::ok(), 0),
        (says(&json!({})), 0),
        (says(&json!({"x": 1})), 0),
        (Reply::status(500), 1),
        (Reply::ok().body("<html>"), 1),
        (Reply::close(), 3),
    ] {
        let server = hands_out([greets(), answer, greets()]);
        let lines = told(&server, "--until-idle", code);
        assert_eq!(counter(&lines, "polls"), 2);
        assert_eq!(counter(&lines, "commands"), 1);
    }
}

#[test]
fn it_ends_after_its_time() {
    let server = Server::start(|_| Reply::ok());
    let lines = told(&server, "--for 300ms", 0);
    let elapsed = lines.last().unwrap()["elapsed_ms"].as_f64().unwrap();
    assert!(elapsed >= 300.0, "{elapsed}");
    assert!(counter(&lines, "polls") > 1);
}

#[test]
fn the_first_of_several_ends_counts() {
    for (flags, name, count) in [
        ("--polls 2 --commands 9", "polls", 2),
        ("--polls 9 --for 60s", "polls", 9),
        (
            "--commands 2 --polls 9 --until-idle --for 60s",
            "commands",
            2,
        ),
    ] {
        let server = busy();
        let code = i32::from(flags.contains("--commands 9"));
        let lines = told(&server, flags, code);
        assert_eq!(counter(&lines, name), count, "{flags}");
    }
    let server = hands_out([greets()]);
    let lines = told(&server, "--until-idle --polls 9", 0);
    assert_eq!(counter(&lines, "polls"), 2);
}

#[test]
fn fewer_commands_than_asked_for_are_a_failure() {
    let server = hands_out([greets(), greets()]);
    let lines = told(&server, "--commands 3 --for 300ms", 1);
    assert_eq!(outcomes(&lines, "case")[2], "commands fail");
    assert_eq!(of_type(&lines, "case")[2]["why"], "2 of 3 commands came");
}

#[test]
fn a_server_that_always_has_a_command_lets_no_device_come_to_rest() {
    let server = Server::start(|request| {
        if is_result(request) {
            Reply::ok()
        } else {
            greets()
        }
    });
    let lines = told(&server, "--until-idle --for 300ms", 1);
    let last = of_type(&lines, "case").last().copied().unwrap();
    assert_eq!(
        (&last["id"], &last["outcome"]),
        (&json!("until-idle"), &json!("fail"))
    );
}

/// The last poll decides; what went wrong before it is forgiven, and said.
#[test]
fn a_server_that_recovers_passes() {
    for (answer, finding) in [
        (Reply::status(500), &["push.status pass"]),
        (Reply::ok().body("<html>"), &["push.html pass"]),
        (Reply::ok().body("{"), &["push.bad-json pass"]),
        (Reply::reset(), &["push.broken pass"]),
    ] {
        let server = hands_out([answer]);
        let lines = told(&server, "--polls 2", 0);
        assert_eq!(outcomes(&lines, "finding"), finding);
        assert!(of_type(&lines, "case").is_empty());
    }
}

#[test]
fn a_last_poll_that_no_device_can_use_fails() {
    for (answer, why) in [
        (Reply::status(500), "status 500"),
        (Reply::ok().body("<html>"), "it is a web page"),
        (Reply::ok().body("{"), "it is not JSON: "),
    ] {
        let server = hands_out([Reply::ok(), answer]);
        let lines = told(&server, "--polls 2", 1);
        assert_eq!(outcomes(&lines, "case"), ["push fail"]);
        let said = of_type(&lines, "case")[0]["why"].as_str().unwrap();
        let start = format!("the last poll was answered as no device can use it: {why}");
        assert!(said.starts_with(&start), "{said}");
    }
}

#[test]
fn a_last_poll_that_is_not_answered_is_an_error() {
    for (answer, again) in [
        // A kept connection that was closed is tried once more over a new one.
        (Reply::close(), Reply::close()),
        (Reply::reset(), Reply::reset()),
        (Reply::silence(), Reply::silence()),
    ] {
        let server = hands_out([Reply::ok().and_close(), answer, again]);
        let lines = told(&server, "--polls 2 --timeout 150ms", 3);
        assert_eq!(outcomes(&lines, "case"), ["push error"]);
    }
}

/// However long the time-out is: a run of a minute must not say yes to a server that hangs.
#[test]
fn a_server_that_has_not_answered_at_all_when_the_time_is_up_is_an_error() {
    let server = Server::start(|_| Reply::silence());
    let lines = told(&server, "--for 100ms", 3);
    assert_eq!(outcomes(&lines, "case"), ["push error"]);
    assert_eq!(
        of_type(&lines, "case")[0]["why"],
        "the last poll was not answered: nothing had come back when the run was over"
    );
}

#[test]
fn a_result_that_is_on_its_way_when_the_time_is_up_is_an_error() {
    let server = answers_results([greets()], |_| Reply::silence());
    let lines = told(&server, "--for 100ms", 3);
    assert_eq!(
        outcomes(&lines, "case"),
        ["478435/message_to_screen#1 error"]
    );
    assert_eq!(
        of_type(&lines, "case")[0]["why"],
        "its result was not answered: nothing had come back when the run was over"
    );
}

#[test]
fn a_result_that_was_not_yet_to_be_sent_when_the_time_is_up_is_skipped() {
    let server = hands_out([greets()]);
    let lines = told(&server, "--for 100ms --fault late-result=1m", 0);
    assert_eq!(
        outcomes(&lines, "case"),
        ["478435/message_to_screen#1 skip"]
    );
    assert_eq!(
        of_type(&lines, "case")[0]["why"],
        "its result was not sent: the run was over first"
    );
}

#[test]
fn nobody_at_the_address_is_an_error_at_once() {
    for end in ["--until-idle", "--polls 1", "--commands 2"] {
        let port = crate::interop::free_port();
        let started = Instant::now();
        pushrig(&format!(
            "device --server http://127.0.0.1:{port} --id 1 --period 60s {end}"
        ))
        .stderr_has(["note: device 1"])
        .stdout_has([
            "error  push  controlid  the last poll was not answered: no connection to",
            "is the server running",
        ])
        .exits(3);
        assert!(started.elapsed().as_secs() < 30);
    }
}

/// A result that could not be sent at all is an error, not a warning.
#[test]
fn a_server_that_is_gone_when_the_result_comes_is_an_error() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let serving = std::thread::spawn(move || {
        use std::io::{Read as _, Write as _};
        let (mut stream, _) = listener.accept().unwrap();
        // Nobody listens from now on.
        drop(listener);
        assert_ne!(stream.read(&mut [0; 4096]).unwrap(), 0);
        let body = r#"{"endpoint":"logout"}"#;
        let head = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 21\r\n\r\n";
        stream
            .write_all(format!("{head}{body}").as_bytes())
            .unwrap();
    });
    pushrig(&format!(
        "device --server http://{address} --id 1 --polls 1 --format json"
    ))
    .stdout_has([
        "\"id\":\"1/logout#1\"",
        "\"outcome\":\"error\"",
        "its result could not be sent: no connection",
    ])
    .exits(3);
    serving.join().unwrap();
}

#[test]
fn a_reader_that_went_away_ends_the_run_without_a_word() {
    for format in ["", "--format json", "-v"] {
        // Where the first line finds nobody, nothing is sent at all.
        let server = busy().may_stay_idle();
        device(&server, format)
            .without_reader()
            .any_stderr()
            .exits(0);
        assert!(server.received().len() < 5000);
    }
}

/// What it was asked to do counts more than who looks on: its exit code is still wanted.
#[test]
fn a_reader_that_went_away_does_not_cut_a_run_with_an_end_short() {
    let server = busy();
    device(&server, "--commands 5 --format json")
        .without_reader()
        .exits(0);
    assert_eq!(results(&server).len(), 5);
    let server = hands_out([greets()]);
    device(&server, "--commands 5 --for 200ms -q")
        .without_reader()
        .exits(1);
}

#[test]
fn what_cannot_be_meant_is_refused_before_anything_is_sent() {
    let server = Server::start(|_| Reply::ok()).may_stay_idle();
    let url = server.url("");
    for (words, why) in [
        ("--server URL", "no device was named"),
        ("--server URL --id 1 --serial A95V", "cannot be used with"),
        ("--server URL --id x", "invalid"),
        ("--server URL --id 1 --period 0s", "--period leaves no rest"),
        (
            "--server URL --id 1 --timeout 0s",
            "--timeout leaves no time",
        ),
        ("--server ftp://h --id 1", "--server: "),
        ("--id 1", "no URL was given"),
        (
            "--server URL --id 1 --devices 2 --state s",
            "--state keeps the state of one device",
        ),
        (
            "--server URL --id 9223372036854775807 --devices 2",
            "do not fit in 64 bits",
        ),
        (
            "--server URL --id 1 --access door=1",
            "expected user=7, or user=7,portal=1",
        ),
        ("--server URL --id 1 --polls 0", "invalid"),
    ] {
        pushrig(&format!("device {}", words.replace("URL", &url)))
            .stderr_has([why])
            .exits(2);
    }
    assert_eq!(server.received().len(), 0);
}
