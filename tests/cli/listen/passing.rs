//! `--forward` and `--exec`.

use std::time::{Duration, Instant};

use super::bench::{listen_with, wire_of};
use crate::harness::pushrig;
use crate::server::{Gate, Reply, Server};

#[test]
fn what_is_welcome_is_passed_on_unchanged_and_its_answer_is_given_and_kept() {
    let server = Server::start(|request| {
        Reply::status(201)
            .header("X-Number", &request.number.to_string())
            .body("theirs")
    });
    let it = listen_with("auto --capture c.ndjson", &["--forward", &server.url("")]);
    let wire = it.wire("onenet.online", "");
    let wire = String::from_utf8(wire)
        .unwrap()
        .replace("Keep-Alive", "close");
    let answer = it.raw(&wire);
    assert!(answer.starts_with("HTTP/1.1 201 "), "{answer}");
    assert!(answer.to_lowercase().contains("x-number: 0") && answer.ends_with("theirs"));
    for event in ["tencent.report", "sensoro.text", "onenet.offline"] {
        it.push(event, "").any_stdout().any_end();
    }
    it.push("onenet.online", "--unsigned").any_stdout().exits(1);
    let received = server.received();
    let records = it.records();
    assert_eq!(
        (received.len(), records.len()),
        (4, 5),
        "what is refused stays here"
    );
    assert_eq!(received[0].raw, wire.as_bytes());
    for (request, record) in received.iter().zip(&records) {
        assert_eq!(request.raw, wire_of(record));
        assert_eq!(record["response"]["status"], 201);
        assert_eq!(record["response"]["body"], "theirs");
    }
}

#[test]
fn with_accept_all_what_is_unsigned_or_signed_wrongly_is_passed_on_too() {
    let server = Server::start(|_| Reply::status(202).body("taken"));
    let it = listen_with(
        "onenet --accept-all --capture c.ndjson",
        &["--forward", &server.url("")],
    );
    let unsigned = String::from_utf8(it.wire("onenet.online", "--unsigned")).unwrap();
    let signed = String::from_utf8(it.wire("onenet.online", "")).unwrap();
    // A time that was changed on its way.
    let changed = signed.replacen("\"at\":1", "\"at\":2", 1);
    assert_ne!(signed, changed);
    for wire in [unsigned, changed] {
        let answer = it.raw(wire.replace("Keep-Alive", "close"));
        assert!(answer.starts_with("HTTP/1.1 202 "), "{answer}");
        assert!(answer.ends_with("taken"), "{answer}");
    }
    let records = it.records();
    let verdicts: Vec<_> = records.iter().map(|record| &record["verdict"]).collect();
    assert_eq!(verdicts, ["unsigned", "mismatch"]);
    for (request, record) in server.received().iter().zip(&records) {
        assert_eq!(request.raw, wire_of(record));
        assert_eq!(record["response"]["status"], 202);
    }
    assert_eq!(server.received().len(), 2);
}

/// The order, case and doubles of header fields, the target and the body arrive as they came;
/// the blanks around a value do not: the server keeps values without them.
#[test]
fn what_is_passed_on_differs_only_in_the_blanks_around_header_values() {
    let server = Server::start(|_| Reply::ok());
    let it = listen_with("onenet --accept-all", &["--forward", &server.url("")]);
    let address = it.address();
    let begin = format!("POST /a%2Fb//c?x=+&y=%2B&&x HTTP/1.1\r\nhOST: {address}\r\n");
    let end = "Connection: close\r\nContent-Length: 6\r\n\r\n\0\r\n\r\n\u{7f}";
    let sent = "X-B:two\r\nX-A:  one\r\nx-b:\tthree \r\nEmpty:\r\nInner: a  b\r\n";
    let kept = "X-B: two\r\nX-A: one\r\nx-b: three\r\nEmpty: \r\nInner: a  b\r\n";
    it.raw([&begin, sent, end].concat());
    let chunked =
        "Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n1\r\nd\r\n0\r\n\r\n";
    it.raw([&begin, chunked].concat());
    let received = server.received();
    let text = |index: usize| String::from_utf8(received[index].raw.clone()).unwrap();
    assert_eq!(text(0), [&begin, kept, end].concat());
    assert_eq!(text(1), [&begin, chunked].concat());
}

#[test]
fn a_server_that_is_down_or_too_slow_is_a_502() {
    let port = crate::interop::free_port();
    let it = listen_with(
        "tencent",
        &["--forward", &format!("http://127.0.0.1:{port}")],
    );
    it.push("tencent.report", "--format json --set seq=9 --retry 1ms")
        .stdout_has(["\"status\":502"])
        .exits(1);
    let ended = it.stop();
    assert_eq!(ended.code, Some(1));
    let case = ended.of_type("case")[0];
    assert!(
        case["why"].as_str().unwrap().starts_with("--forward: "),
        "{case}"
    );
    let retried = ended.of_type("retried");
    let schedule = retried[0]["schedule"].as_str().unwrap();
    assert!(
        !schedule.contains("accepted"),
        "a 502 is not accepted: {schedule}"
    );
}

#[test]
fn a_server_that_closes_each_connection_is_dialled_anew() {
    let server = Server::start(|_| Reply::ok().and_close());
    let it = listen_with("onenet", &["--forward", &server.url("")]);
    it.takes("onenet.online", "--count 3");
    assert_eq!(server.received().len(), 3);
}

#[test]
fn a_handshake_is_passed_on_too() {
    let server = Server::start(|_| Reply::ok().body("an echo of its own"));
    let it = listen_with("onenet", &["--forward", &server.url("")]);
    pushrig(&format!(
        "handshake onenet {} --token a-token-of-mine",
        it.url("/")
    ))
    .any_stdout()
    .any_stderr()
    .exits(1);
    assert!(!server.received().is_empty());
    let ended = it.stop();
    let case = ended.of_type("case")[0];
    assert_eq!((ended.code, &case["outcome"]), (Some(1), &"fail".into()));
    assert!(case["why"].as_str().unwrap().contains("not with the echo"));
}

#[test]
fn one_that_is_waited_for_does_not_hold_the_end() {
    let gate = Gate::new();
    let held = gate.clone();
    let server = Server::start(move |_| Reply::ok().after(&held));
    let it = listen_with("onenet --capture c.ndjson", &["--forward", &server.url("")]);
    it.push("onenet.online", "--timeout 100ms")
        .any_stdout()
        .any_stderr()
        .exits(3);
    server.wait_for(1);
    let begun = Instant::now();
    let ended = it.stop();
    assert!(begun.elapsed() < Duration::from_secs(10));
    assert_eq!((ended.records().len(), ended.counter("pushes")), (1, 0));
    gate.open();
}

#[test]
fn a_path_behind_the_address_would_change_the_request() {
    pushrig("listen onenet --token a-token-of-mine --forward http://127.0.0.1:1/hook")
        .stderr_has(["error: --forward has a path", "hint: "])
        .exits(2);
}

#[test]
fn a_command_gets_each_record_on_standard_input_and_nothing_of_it_is_interpreted() {
    let it = listen_with(
        "onenet --capture c.ndjson",
        &["--exec", "cat >> seen.ndjson; echo not on stdout"],
    );
    it.takes("onenet.online", "");
    it.raw(
        "GET /$(touch${IFS}evil);`touch${IFS}evil`'\"|touch%20evil HTTP/1.1\r\n\
         Host: x\r\nX: $(touch evil); \"; touch evil; '\r\nConnection: close\r\n\r\n",
    );
    let ended = it.stop();
    assert_eq!(ended.code, Some(0));
    let read = |name: &str| std::fs::read(ended.folder.path().join(name)).unwrap();
    assert_eq!(read("seen.ndjson"), read("c.ndjson"));
    assert_eq!(ended.records().len(), 2);
    assert!(!ended.folder.path().join("evil").exists());
}

#[test]
fn a_command_that_fails_is_said_and_one_that_does_not_read_is_no_trouble() {
    for (command, says) in [
        ("exit 7", "exit status: 7"),
        ("no-such-command-at-all", "127"),
    ] {
        let it = listen_with("onenet", &["--exec", command]);
        it.takes("onenet.online", "--count 2");
        let ended = it.stop();
        assert_eq!(ended.code, Some(0));
        let warning = "warning: --exec: the command ended with ";
        assert_eq!(ended.talk.matches(warning).count(), 1, "{}", ended.talk);
        assert!(ended.talk.contains(says), "{}", ended.talk);
    }
    let it = listen_with("onenet", &["--exec", "true"]);
    let body = "x".repeat(1 << 20);
    it.raw(format!(
        "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    ));
    let ended = it.stop();
    assert_eq!((ended.code, ended.talk.as_str()), (Some(0), ""));
}

#[test]
fn a_slow_command_holds_no_answer_up_and_a_second_ctrl_c_does_not_wait_for_it() {
    let gate = tempfile::tempdir().unwrap();
    let pipe = gate.path().join("pipe");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.unwrap().success());
    let command = format!("read line < {}", pipe.display());
    let it = listen_with("onenet", &["--exec", &command]);
    it.takes("onenet.online", "--count 3");
    it.signal("INT");
    while std::net::TcpStream::connect(it.address()).is_ok() {}
    it.signal("INT");
    it.signal("INT");
    let begun = Instant::now();
    // Its shell has the other ends of the streams: it is let go.
    let writer = std::thread::spawn(move || std::fs::write(pipe, "go\n"));
    let ended = it.end();
    assert!(begun.elapsed() < Duration::from_secs(9));
    assert_eq!(ended.code, Some(0));
    assert_eq!(ended.counter("pushes"), 3);
    drop(writer);
}

#[test]
fn a_server_behind_it_that_fails_is_a_failed_case_and_an_exit_code() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let nobody = format!("http://{}", closed.local_addr().unwrap());
    drop(closed);
    let broken = listen_with("onenet --respond 500", &[]);
    for (behind, status, why) in [
        (nobody, 502, "--forward: "),
        (
            broken.url(""),
            500,
            "the server behind --forward answered 500",
        ),
    ] {
        let it = listen_with("onenet --report junit=r.xml", &["--forward", &behind]);
        it.push("onenet.online", "--retry none")
            .any_stdout()
            .any_end();
        let ended = it.stop();
        assert_eq!(ended.code, Some(1), "{why}");
        let case = ended.of_type("case")[0];
        assert_eq!(
            (&case["outcome"], &case["status"]),
            (&"fail".into(), &status.into())
        );
        assert!(case["why"].as_str().unwrap().contains(why), "{case}");
        assert_eq!(
            (ended.counter("verified"), ended.counter("delivered")),
            (1, 0)
        );
        let report = std::fs::read_to_string(ended.folder.path().join("r.xml")).unwrap();
        assert!(report.contains(why), "{report}");
    }
}

#[test]
fn it_does_not_pass_on_to_itself() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let own = free.local_addr().unwrap();
    drop(free);
    pushrig(&format!(
        "listen onenet --token t --bind {own} --forward http://{own} --for 1s"
    ))
    .stderr_has(["leads back to this receiver"])
    .exits(2);
}

#[test]
fn the_answer_of_the_other_server_leaves_and_is_kept_as_it_came() {
    let fields = "X-API-key: a\r\nSet-Cookie: one\r\nlower: b\r\nSet-Cookie: two\r\n";
    let head = format!("HTTP/1.1 203 As I Like\r\n{fields}Content-Length: 4\r\nDate: then\r\n");
    let answers = format!("{head}Keep-Alive: timeout=9\r\n\r\nbody");
    let server = Server::start(move |_| Reply::raw(answers.clone()));
    let it = listen_with(
        "onenet --accept-all --capture c.ndjson",
        &["--forward", &server.url("")],
    );
    // Two over one connection: it is framed so that the next is found.
    let both =
        "GET /1 HTTP/1.1\r\nHost: x\r\n\r\nGET /2 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    let answer = it.raw(both);
    let first = format!("{head}\r\nbody");
    assert!(answer.starts_with(&first), "{answer}");
    let second = &answer[first.len()..];
    assert!(second.starts_with(&head), "{answer}");
    assert!(
        second.to_lowercase().contains("connection: close"),
        "{answer}"
    );
    assert!(second.ends_with("\r\n\r\nbody"), "{answer}");
    for record in it.records() {
        let kept = record["response"]["headers"].as_array().unwrap();
        let kept: Vec<_> = kept.iter().map(|it| it[0].as_str().unwrap()).collect();
        let expected = [
            "X-API-key",
            "Set-Cookie",
            "lower",
            "Set-Cookie",
            "Content-Length",
            "Date",
            "Keep-Alive",
        ];
        assert_eq!(kept, expected);
    }
}

#[test]
fn head_is_passed_on_without_waiting_for_a_body() {
    let server =
        Server::start(|_| Reply::raw("HTTP/1.1 200 OK\r\nContent-Length: 10\r\nX-a: b\r\n\r\n"));
    let it = listen_with("onenet --accept-all", &["--forward", &server.url("")]);
    let answer = it.raw("HEAD / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    let head = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\nX-a: b\r\n";
    assert!(
        answer.starts_with(head) && answer.ends_with("\r\n\r\n"),
        "{answer}"
    );
}

#[test]
fn chunks_of_the_other_server_are_put_together() {
    let server = Server::start(|_| {
        Reply::raw(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n1\r\nd\r\n0\r\n\r\n",
        )
    });
    let it = listen_with("onenet --accept-all", &["--forward", &server.url("")]);
    let answer = it.raw("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    assert!(
        answer.to_lowercase().contains("content-length: 4\r\n"),
        "{answer}"
    );
    assert!(answer.ends_with("\r\n\r\nabcd"), "{answer}");
}
