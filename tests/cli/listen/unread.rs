//! Nobody reads what is printed.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::time::Duration;

use serde_json::Value;

use super::bench::LIMIT;
use crate::unread::{Talk, Unread};

/// The end, with the time that running requests and a reader have, on a busy machine.
const SOON: Duration = Duration::from_secs(15);

fn start(folder: &Path, words: &str, talk: Talk) -> Unread {
    let call =
        format!("listen onenet --token t --accept-all --format json --ready-file ready {words}");
    Unread::start(folder, &call, talk)
}

/// Sends so many requests, each of which makes a line of this length, and has their answers.
fn fill(it: &Unread, count: usize, length: usize) {
    let path = "x".repeat(length);
    let wire = format!("GET /{path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    let address = it.address();
    for _ in 0..count {
        let mut stream = TcpStream::connect(&address).unwrap();
        stream.set_read_timeout(Some(LIMIT)).unwrap();
        stream.write_all(wire.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    }
}

fn reported(folder: &Path) -> usize {
    let report = std::fs::read_to_string(folder.join("r.xml")).unwrap();
    report.matches("<testcase ").count()
}

/// Until a second one could be started there.
fn wait_for_the_end_of_the_socket(address: &str) {
    while TcpStream::connect(address).is_ok() {
        std::thread::yield_now();
    }
}

#[test]
fn a_reader_that_stops_reading_stops_neither_answers_nor_ctrl_c_nor_reports() {
    for talk in [Talk::Read, Talk::Unread] {
        for (signal, code) in [("INT", 0), ("TERM", 143)] {
            let folder = tempfile::tempdir().unwrap();
            let it = start(folder.path(), "--report junit=r.xml", talk);
            fill(&it, 10, 30_000);
            it.signal(signal);
            let ended = it.end();
            assert_eq!(ended.code, Some(code), "{talk:?}");
            assert!(ended.took < SOON, "{:?}", ended.took);
            // And what cut it short: SIGTERM does, and Ctrl-C is how it ends.
            let cut_short = usize::from(signal == "TERM");
            assert_eq!(reported(folder.path()), 10 + cut_short);
            if talk == Talk::Read {
                // The summary is one of them; how many fit into the pipe is the system's.
                assert!((7..=12).contains(&ended.lost()), "{}", ended.talk);
            }
        }
    }
}

#[test]
fn what_ends_it_by_itself_does_so_unread_with_its_exit_code() {
    for (words, code) in [
        ("--expect requests>=10", 0),
        ("--expect requests=10 --expect duplicates=9 --for 3s", 1),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let it = start(
            folder.path(),
            &format!("--report junit=r.xml {words}"),
            Talk::Read,
        );
        fill(&it, 10, 30_000);
        let ended = it.end();
        assert_eq!(ended.code, Some(code), "{words}");
        assert!(ended.took < SOON, "{:?}", ended.took);
        let expected = words.matches("--expect").count();
        assert_eq!(reported(folder.path()), 10 + expected);
        assert!(ended.lost() >= 7);
    }
}

/// As a pager does: it reads on when somebody asks for more.
#[test]
fn a_reader_that_comes_back_gets_all_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let it = start(folder.path(), "", Talk::Read);
    fill(&it, 50, 30_000);
    it.signal("INT");
    wait_for_the_end_of_the_socket(&it.address());
    let read = it.read();
    let ended = it.end();
    assert_eq!((ended.code, ended.talk.as_str()), (Some(0), ""));
    let text = read.join().unwrap();
    let lines: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    // The ready line, that the same came again, and the summary.
    assert_eq!(lines.len(), 53);
    for (number, line) in lines[1..51].iter().enumerate() {
        let id = line["id"].as_str().unwrap();
        assert!(id.starts_with(&format!("#{} ", number + 1)), "{id}");
    }
    assert_eq!(lines[52]["counters"]["requests"], 50);
}

#[test]
fn beyond_a_bound_lines_are_dropped_and_counted_and_the_summary_is_not() {
    const REQUESTS: usize = 650;
    let folder = tempfile::tempdir().unwrap();
    let it = start(folder.path(), "", Talk::Read);
    fill(&it, REQUESTS, 60_000);
    #[cfg(target_os = "linux")]
    {
        let peak = super::bench::peak(it.id());
        assert!(peak < 80 << 20, "{peak} bytes");
    }
    it.signal("INT");
    let read = it.read();
    let ended = it.end();
    assert_eq!(ended.code, Some(0));
    let said = "nobody reads standard output, and much waits there";
    assert_eq!(ended.talk.matches(said).count(), 1, "{}", ended.talk);
    let text = read.join().unwrap();
    let lines: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let cases = lines.iter().filter(|line| line["type"] == "case").count();
    assert_eq!(ended.lost(), REQUESTS - cases);
    assert!(cases < REQUESTS && cases > 400, "{cases}");
    assert_eq!(lines.last().unwrap()["counters"]["requests"], REQUESTS);
}

/// A receiver that prints nothing needs nobody who writes.
#[cfg(target_os = "linux")]
#[test]
fn one_that_is_quiet_is_a_single_thread() {
    let folder = tempfile::tempdir().unwrap();
    let call = "listen onenet --token t -q --ready-file ready";
    let it = Unread::start(folder.path(), call, Talk::Read);
    let push = format!("push onenet.online http://{}/ --token t", it.address());
    crate::harness::pushrig(&push).any_stdout().exits(0);
    let tasks = std::fs::read_dir(format!("/proc/{}/task", it.id())).unwrap();
    assert_eq!(tasks.count(), 1);
}

/// One who went away is no one to wait for.
#[test]
fn a_reader_that_went_away_is_not_waited_for_and_nothing_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let it = start(folder.path(), "--report junit=r.xml", Talk::Read);
    let address = it.address();
    let it = it.left();
    let mut stream = TcpStream::connect(address).unwrap();
    for _ in 0..5 {
        stream
            .write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            .unwrap();
    }
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    let mut answers = String::new();
    stream.read_to_string(&mut answers).unwrap();
    assert_eq!(answers.matches("HTTP/1.1 200 ").count(), 5, "{answers}");
    it.signal("INT");
    let ended = it.end();
    assert_eq!((ended.code, ended.talk.as_str()), (Some(0), ""));
    let report = std::fs::read_to_string(folder.path().join("r.xml")).unwrap();
    assert_eq!(reported(folder.path()), 5, "{report}");
}
