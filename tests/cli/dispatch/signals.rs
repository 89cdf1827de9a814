//! Ctrl-C and SIGTERM.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use super::bench::{ID, OK, Running, load, start, start_with, stuck};
use crate::unread::Talk;

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

/// A request of which all but the last byte has come; the server waits for that.
fn begun(it: &Running, request: &str, body: &str) -> TcpStream {
    let mut stream = TcpStream::connect(it.address()).unwrap();
    let length = body.len();
    let head = format!(
        "{request} HTTP/1.1\r\nHost: {}\r\nExpect: 100-continue\r\nContent-Length: {length}\r\n\r\n",
        it.address()
    );
    stream.write_all(head.as_bytes()).unwrap();
    let mut said = [0; 25];
    stream.read_exact(&mut said).unwrap();
    stream.write_all(&body.as_bytes()[..length - 1]).unwrap();
    stream
}

fn finished(mut stream: TcpStream, last: &str) -> String {
    stream.write_all(last.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn while_it_ends_nothing_goes_out_and_nothing_is_ordered_and_results_are_taken() {
    let folder = tempfile::tempdir().unwrap();
    let it = start(folder.path(), "");
    it.order(&(load(1) + &load(2)));
    assert!(!it.poll(ID, "a").is_empty());
    let order = begun(&it, "POST /commands", &load(3));
    let poll = begun(&it, "GET /push?deviceId=8&uuid=b", "x");
    let result = begun(&it, &format!("POST /result?deviceId={ID}&uuid=a"), OK);
    it.order(r#"{"device":"8","endpoint":"execute_actions"}"#);
    it.signal("INT");
    while TcpStream::connect(it.address()).is_ok() {}
    let answer = finished(order, "\n");
    assert!(answer.starts_with("HTTP/1.1 503 "), "{answer}");
    let answer = finished(poll, "x");
    assert!(
        answer.starts_with("HTTP/1.1 200 ") && answer.ends_with("\r\n\r\n"),
        "{answer}"
    );
    let answer = finished(result, "}");
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    let ended = it.end();
    assert_eq!(ended.code, Some(0));
    let summary = ended.summary();
    assert_eq!(
        (&summary["done"], &summary["queued"]),
        (&1.into(), &2.into())
    );
}

#[test]
fn a_second_ctrl_c_does_not_wait_for_running_requests() {
    let folder = tempfile::tempdir().unwrap();
    let it = start(folder.path(), "");
    let running = begun(&it, "POST /result?deviceId=1", "{}");
    let started = Instant::now();
    it.signal("INT");
    while TcpStream::connect(it.address()).is_ok() {}
    it.signal("INT");
    assert_eq!(it.end().code, Some(0));
    assert!(started.elapsed() < GRACE, "{:?}", started.elapsed());
    drop(running);
}

/// Three results, each longer than any pipe.
fn does_long_work(it: &Running) {
    let long = format!("{{\"response\":{{\"a\":\"{}\"}}}}", "x".repeat(1 << 20));
    for number in 1..=3 {
        it.order(&load(number));
        let uuid = number.to_string();
        assert!(!it.poll(ID, &uuid).is_empty());
        it.result(ID, &uuid, "load_objects", &long);
    }
}

#[test]
fn a_reader_that_stops_reading_stops_neither_devices_nor_ctrl_c() {
    for talk in [Talk::Read, Talk::Unread] {
        let folder = tempfile::tempdir().unwrap();
        let it = stuck(folder.path(), "", talk);
        does_long_work(&it);
        let process = it.process();
        process.signal("INT");
        let ended = process.end();
        assert_eq!(ended.code, Some(0));
        assert!(ended.took < Duration::from_secs(15), "{:?}", ended.took);
        if talk == Talk::Read {
            // Three results and the summary; the ready line fits into the pipe.
            assert_eq!(ended.lost(), 4, "{}", ended.talk);
        }
    }
}

#[test]
fn a_reader_that_comes_back_at_the_end_gets_all_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let it = stuck(folder.path(), "", Talk::Read);
    does_long_work(&it);
    let address = it.address().to_owned();
    let process = it.process();
    process.signal("INT");
    while TcpStream::connect(&address).is_ok() {}
    let read = process.read();
    let ended = process.end();
    assert_eq!((ended.code, ended.talk.as_str()), (Some(0), ""));
    let text = read.join().unwrap();
    assert_eq!(text.lines().count(), 5);
    assert!(text.lines().last().unwrap().contains("\"summary\""));
}

#[test]
fn a_reader_that_went_away_changes_neither_the_service_nor_the_exit_code() {
    let folder = tempfile::tempdir().unwrap();
    let mut it = start(folder.path(), "--state s");
    it.leave();
    for number in 1..=2 {
        it.order(&load(number));
        let uuid = number.to_string();
        assert!(!it.poll(ID, &uuid).is_empty());
        it.result(ID, &uuid, "load_objects", r#"{"error":"no"}"#);
    }
    it.signal("INT");
    assert_eq!(it.end().code, Some(1));
}
