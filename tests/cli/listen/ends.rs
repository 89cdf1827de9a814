//! Ctrl-C and SIGTERM.

use std::io::{Read as _, Write as _};
use std::process::Command;
use std::time::{Duration, Instant};

use super::SECRETS;
use super::bench::{listen, listen_with, run};

/// How long running requests have at the end.
const GRACE: Duration = Duration::from_secs(2);

#[test]
fn ctrl_c_ends_it_with_what_was_expected() {
    for (flags, code) in [
        (&[][..], 0),
        (&["--expect", "duplicates=0"], 0),
        (&["--expect", "verified>=9"], 1),
    ] {
        let it = listen_with("onenet", flags);
        it.takes("onenet.online", "");
        it.push("onenet.online", "--unsigned").any_stdout().exits(1);
        let ended = it.stop();
        assert_eq!(ended.code, Some(code), "{flags:?}");
        assert_eq!(ended.summary()["ended"], "Ctrl-C");
        assert_eq!((ended.counter("pushes"), ended.counter("refused")), (1, 1));
    }
}

#[test]
fn every_report_says_of_a_signal_what_the_exit_code_says() {
    let flags = "listen onenet --format json --report junit=j.xml --report tap=t.tap";
    for (signal, code, is_wrong) in [("INT", 0, false), ("TERM", 143, true)] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pushrig"));
        command.args(flags.split(' ')).args(SECRETS.split(' '));
        command.env("GITHUB_ACTIONS", "true");
        let it = run(command);
        it.takes("onenet.online", "");
        it.signal(signal);
        let ended = it.end();
        assert_eq!(ended.code, Some(code));
        let read = |name: &str| std::fs::read_to_string(ended.folder.path().join(name)).unwrap();
        let (junit, tap, github) = (read("j.xml"), read("t.tap"), ended.talk.clone());
        assert_eq!(junit.contains("<error"), is_wrong, "{junit}");
        assert_eq!(junit.contains("errors=\"1\""), is_wrong, "{junit}");
        assert_eq!(tap.contains("Bail out!"), is_wrong, "{tap}");
        assert_eq!(github.contains("::error"), is_wrong, "{github}");
        for report in [junit, tap, github] {
            assert!(report.contains("ended by"), "{report}");
        }
    }
}

#[test]
fn sigterm_is_143_with_the_summary() {
    let it = listen("onenet");
    it.takes("onenet.online", "");
    it.signal("TERM");
    let ended = it.end();
    assert_eq!(ended.code, Some(143));
    assert_eq!(ended.summary()["ended"], "SIGTERM");
    assert_eq!(ended.summary()["outcome"], "terminated");
    assert_eq!(ended.counter("pushes"), 1);
}

#[test]
fn a_second_ctrl_c_does_not_wait_for_running_requests() {
    let it = listen("onenet");
    // Half a body keeps a request running.
    let mut stream = it.connect();
    stream
        .write_all(
            b"POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n",
        )
        .unwrap();
    let mut said = [0; 25];
    stream.read_exact(&mut said).unwrap();
    assert_eq!(&said, b"HTTP/1.1 100 Continue\r\n\r\n");
    let begun = Instant::now();
    it.signal("INT");
    while std::net::TcpStream::connect(it.address()).is_ok() {}
    it.signal("INT");
    assert_eq!(it.end().code, Some(0));
    assert!(begun.elapsed() < GRACE, "{:?}", begun.elapsed());
}

#[test]
fn a_request_that_is_on_its_way_has_a_short_time() {
    let it = listen("onenet --accept-all --capture c.ndjson");
    let mut stream = it.connect();
    stream
        .write_all(
            b"POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n",
        )
        .unwrap();
    let mut said = [0; 25];
    stream.read_exact(&mut said).unwrap();
    it.signal("INT");
    while std::net::TcpStream::connect(it.address()).is_ok() {}
    stream.write_all(b"{}").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
    let ended = it.end();
    assert_eq!((ended.code, ended.records().len()), (Some(0), 1));
}

#[test]
fn a_time_that_was_given_ends_it() {
    let begun = Instant::now();
    let ended = listen("onenet --for 100ms").end();
    assert_eq!(ended.code, Some(0));
    assert!(begun.elapsed() >= Duration::from_millis(100));
}
