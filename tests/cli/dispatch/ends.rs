//! How it ends, and with which exit code; what people are told.

use super::bench::{ID, OK, load, start, start_with};
use crate::harness::pushrig;

#[test]
fn a_command_that_failed_is_1() {
    let folder = tempfile::tempdir().unwrap();
    for (body, why) in [
        (r#"{"error":"no such object","code":1}"#, "no such object"),
        (
            r#"{"response":"{\"success\":false,\"errors\":[{\"code\":8,\"message\":\"Low sharpness\"}]}"}"#,
            "Low sharpness",
        ),
        ("hello", "the result cannot be read"),
    ] {
        let order = load(1);
        let mut it = start_with(folder.path(), "", &["--push", &order]);
        it.poll(ID, "a");
        it.result(ID, "a", "load_objects", body);
        let line = it.wait_for("result");
        assert_eq!(line["success"], false);
        assert!(line["error"].as_str().unwrap().starts_with(why), "{line}");
        let ended = it.end();
        assert_eq!(ended.code, Some(1));
        assert_eq!(ended.summary()["outcome"], "no");
    }
}

#[test]
fn a_command_without_a_result_is_3_and_beside_a_failed_one_1() {
    let folder = tempfile::tempdir().unwrap();
    for fails in [false, true] {
        let door = r#"{"device":"7","endpoint":"execute_actions"}"#;
        let mut it = start_with(
            folder.path(),
            "--lease 50ms",
            &["--push", door, "--push", &load(1)],
        );
        it.poll("7", "a");
        it.wait_for("lost");
        it.poll(ID, "b");
        let body = if fails { r#"{"error":"no"}"# } else { OK };
        it.result(ID, "b", "", body);
        let ended = it.end();
        assert_eq!(ended.code, Some(if fails { 1 } else { 3 }));
        assert_eq!(ended.summary()["lost"], 1);
    }
}

#[test]
fn what_is_not_done_in_time_has_no_answer() {
    let folder = tempfile::tempdir().unwrap();
    let it = start_with(folder.path(), "--for 200ms", &["--push", &load(1)]);
    let ended = it.end();
    assert_eq!(ended.code, Some(3));
    assert_eq!(ended.summary()["queued"], 1);
    assert_eq!(ended.summary()["ended"], "--for");
    // The longest times that there are.
    let order = r#"{"device":"7","endpoint":"a"}"#;
    let it = start_with(
        folder.path(),
        "--for 3153600000 --lease 3153600000",
        &["--push", order],
    );
    it.does("7", "a").unwrap();
    assert_eq!(it.end().code, Some(0));
    let nothing = start(folder.path(), "--for 100ms").end();
    assert_eq!(nothing.code, Some(0));
}

#[test]
fn people_are_told_each_kind_of_thing_once_and_results_are_lines_of_json() {
    let folder = tempfile::tempdir().unwrap();
    let ready = folder.path().join("url");
    let call = pushrig("dispatch --color never --push")
        .arg(r#"{"endpoint":"load_objects"}"#)
        .args(["--device", "7\u{1b}", "--lease", "20s", "--ready-file"])
        .arg(&ready);
    let device = std::thread::spawn(move || {
        let url = loop {
            if let Ok(url) = std::fs::read_to_string(&ready) {
                break url;
            }
            std::thread::yield_now();
        };
        let get = |target: &str, body: &str| {
            use std::io::{Read as _, Write as _};
            let address = url.trim().strip_prefix("http://").unwrap();
            let mut stream = std::net::TcpStream::connect(address).unwrap();
            write!(
                stream,
                "{} {target} HTTP/1.1\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
                if body.is_empty() { "GET" } else { "POST" },
                body.len()
            )
            .unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).unwrap();
            answer
        };
        for _ in 0..3 {
            assert!(get("/push/push?deviceId=7", "").starts_with("HTTP/1.1 404 "));
            get("/result?deviceId=8&uuid=x", OK);
        }
        assert!(get("/push?deviceId=7%1b&uuid=a", "").ends_with(r#"{"endpoint":"load_objects"}"#));
        get("/result?deviceId=7%1b&uuid=a", OK);
    });
    let ran = call
        .stdout_has([r#"{"v":1,"type":"result","command":1,"device":"7\u001b","endpoint":"load_objects","success":true,"response":{"users":[]},"tries":1,"ms":"#])
        .stderr_has([
            "ready: a device polls http://127.0.0.1:",
            "warning: nothing is served at /push/push: ",
            "warning: a result of device 8 belongs to no command",
            "warning: result-without-command of 8: 2 more such, not shown",
            "warning: wrong-path of /push/push: 2 more such, not shown",
            "device ",
            "7\\x1b",
            "1 command: 1 succeeded  in ",
        ])
        .exits(0);
    device.join().unwrap();
    assert_eq!(ran.json().len(), 1);
    assert!(!ran.stderr.contains(&0x1b));
}

#[test]
fn quiet_prints_only_what_is_not_right_and_the_summary() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("q"), load(1) + &load(2)).unwrap();
    let it = super::bench::spawn(
        folder.path(),
        "--queue q --wait -q --ready-file url --for 100ms",
        &[],
    );
    let ended = it.end();
    assert_eq!(ended.lines.len(), 1);
    assert_eq!(ended.summary()["queued"], 2);
}

#[test]
fn nobody_reading_its_output_is_no_failure() {
    pushrig("dispatch --format json --for 100ms")
        .without_reader()
        .any_stderr()
        .exits(0);
}
