//! Ctrl-C and SIGTERM.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use super::bench::{ID, OK, load, start, start_with};

/// How long running requests have at the end.
const GRACE: Duration = Duration::from_secs(2);

#[test]
fn ctrl_c_ends_it_with_its_outcome() {
    let folder = tempfile::tempdir().unwrap();
    for (answer, code) in [(OK, 0), (r#"{"error":"no"}"#, 1)] {
        let mut it = start(folder.path(), "");
        it.order(&(load(1) + &load(2)));
        it.poll(ID, "a");
        it.result(ID, "a", "", answer);
        it.next();
        it.signal("INT");
        let ended = it.end();
        assert_eq!(ended.code, Some(code), "what waits is no failure");
        assert_eq!(ended.summary()["ended"], "Ctrl-C");
        assert_eq!(ended.summary()["queued"], 1);
    }
}

#[test]
fn ctrl_c_of_one_that_waits_leaves_commands_without_an_answer() {
    let folder = tempfile::tempdir().unwrap();
    let it = start_with(folder.path(), "", &["--push", &load(1)]);
    it.signal("INT");
    assert_eq!(it.end().code, Some(3));
    let it = start(folder.path(), "");
    it.order(&load(1));
    it.poll(ID, "a");
    it.signal("INT");
    assert_eq!(it.end().code, Some(3), "nobody knows what the device did");
}

#[test]
fn sigterm_is_143_with_the_summary() {
    let folder = tempfile::tempdir().unwrap();
    let it = start(folder.path(), "");
    it.signal("TERM");
    let ended = it.end();
    assert_eq!(ended.code, Some(143));
    assert_eq!(ended.summary()["ended"], "SIGTERM");
    assert_eq!(ended.summary()["outcome"], "terminated");
}

#[test]
fn a_pipe_that_says_nothing_does_not_hold_ctrl_c() {
    let folder = tempfile::tempdir().unwrap();
    let mut it = start(folder.path(), "--queue -");
    let pipe = it.stdin();
    it.signal("INT");
    assert_eq!(it.end().code, Some(0));
    drop(pipe);
}

#[test]
fn a_second_ctrl_c_does_not_wait_for_running_requests() {
    let folder = tempfile::tempdir().unwrap();
    let it = start(folder.path(), "");
    // Half a body keeps a request running.
    let mut stream = TcpStream::connect(it.address()).unwrap();
    stream
        .write_all(b"POST /result?deviceId=1 HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n")
        .unwrap();
    let mut said = [0; 25];
    stream.read_exact(&mut said).unwrap();
    let started = Instant::now();
    it.signal("INT");
    while TcpStream::connect(it.address()).is_ok() {}
    it.signal("INT");
    assert_eq!(it.end().code, Some(0));
    assert!(started.elapsed() < GRACE, "{:?}", started.elapsed());
}
