//! What is printed, written to files and reported.

use std::path::Path;
use std::time::Instant;

use super::bench::{LIMIT, listen, listen_with};
use crate::harness::pushrig;

/// The URL that a ready file has, when it has one.
pub(super) fn wait_for(ready: &Path) -> String {
    let begun = Instant::now();
    loop {
        match std::fs::read_to_string(ready) {
            Ok(url) if url.ends_with('\n') => break url.trim().to_owned(),
            _ => std::thread::yield_now(),
        }
        assert!(begun.elapsed() < LIMIT, "no ready file");
    }
}

#[test]
fn the_ready_file_has_the_url_when_the_socket_accepts_and_not_an_older_one() {
    let folder = tempfile::tempdir().unwrap();
    let ready = folder.path().join("url");
    std::fs::write(&ready, "http://127.0.0.1:1\n").unwrap();
    let it = listen_with("onenet --ready-file", &[ready.to_str().unwrap()]);
    assert_eq!(wait_for(&ready), it.url(""));
}

#[test]
fn every_line_of_json_has_a_version_and_a_type() {
    let it = listen("auto --fault status=500:every=2 --expect requests>=4");
    it.takes("onenet.online", "");
    it.push("onenet.online", "").any_stdout().exits(1);
    it.raw("GARBAGE\r\n\r\n");
    it.raw("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    it.takes("tencent.report", "");
    let ended = it.end();
    let types: Vec<_> = ended
        .lines
        .iter()
        .map(|line| line["type"].as_str().unwrap())
        .collect();
    assert_eq!(
        types,
        ["case", "case", "case", "case", "case", "case", "summary"]
    );
    for line in ended.of_type("case") {
        for name in ["id", "platform", "outcome", "why", "status", "ms"] {
            assert!(line.get(name).is_some(), "{name}: {line}");
        }
    }
    assert_eq!(ended.talk, "");
}

#[test]
fn a_line_is_there_when_its_request_was_answered() {
    let mut it = listen("auto");
    for _ in 0..3 {
        it.takes("onenet.online", "--count 3");
        for _ in 0..3 {
            assert_eq!(it.next()["outcome"], "pass");
        }
    }
}

#[test]
fn quiet_prints_only_what_is_not_right_and_the_summary() {
    let it = listen("onenet -q");
    // Two of the same device in one millisecond would be one message.
    for device in 1..=3 {
        it.takes("onenet.online", &format!("--set dev_id={device}"));
    }
    it.push("onenet.online", "--unsigned").any_stdout().exits(1);
    let ended = it.stop();
    assert_eq!(ended.lines.len(), 2, "{:?}", ended.lines);
    assert_eq!(ended.lines[0]["status"], 403);
    assert_eq!(
        (&ended.summary()["cases"], ended.counter("pushes")),
        (&4.into(), 3)
    );
}

#[test]
fn nobody_reading_its_output_ends_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let ready = folder.path().join("url");
    let capture = folder.path().join("c.ndjson");
    let path = ready.clone();
    let pushing = std::thread::spawn(move || {
        let url = wait_for(&path);
        for event in ["onenet.online", "onenet.offline", "onenet.datapoint"] {
            let call = pushrig(&format!("push {event} {url}/a --token a-token-of-mine"));
            call.any_stdout().exits(0);
        }
    });
    pushrig("listen onenet --token a-token-of-mine --format json --expect pushes>=3")
        .arg("--ready-file")
        .arg(&ready)
        .arg("--capture")
        .arg(&capture)
        .without_reader()
        .any_stderr()
        .exits(0);
    pushing.join().unwrap();
    assert_eq!(super::bench::records(&capture).len(), 3);
}

#[test]
fn reports_have_its_cases_and_what_was_expected() {
    let flags = [
        "--report",
        "junit=r.xml",
        "--report",
        "html=r.html",
        "--expect",
        "pushes>=2",
    ];
    let it = listen_with("onenet --for 60s", &flags);
    it.takes("onenet.online", "--count 2");
    let ended = it.end();
    assert_eq!(ended.code, Some(0));
    let text = |name: &str| std::fs::read_to_string(ended.folder.path().join(name)).unwrap();
    let junit = text("r.xml");
    assert!(
        junit.contains("tests=\"3\"") && junit.contains("expect pushes"),
        "{junit}"
    );
    assert!(text("r.html").contains("#2 online"));
}

#[test]
fn what_came_does_not_reach_the_terminal_as_it_is() {
    let it = listen("onenet");
    it.raw("GET /\x1b[31m HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    it.raw("\x1b]0;title\x07\r\n\r\n");
    let ended = it.stop();
    assert!(
        !format!("{:?}", ended.lines).contains("\\u{1b}"),
        "{:?}",
        ended.lines
    );
}

#[test]
fn others_reach_it_only_where_that_is_allowed() {
    pushrig("listen onenet --token a-token-of-mine --bind 0.0.0.0:0")
        .stderr_has([
            "others than this machine would reach 0.0.0.0:0",
            "hint: ",
            "--allow-remote",
        ])
        .exits(2);
    let it = listen("onenet --bind 0.0.0.0:0 --allow-remote");
    it.takes("onenet.online", "");
}
