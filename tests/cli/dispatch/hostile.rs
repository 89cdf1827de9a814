//! What no device sends.

use super::bench::{ID, load, start};

#[test]
fn whatever_is_posted_it_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let mut it = start(folder.path(), "");
    let deep = "[".repeat(1 << 20);
    let nested = format!(
        "{{\"response\":{}{}}}",
        "[".repeat(100_000),
        "]".repeat(100_000)
    );
    let bodies: [&[u8]; 6] = [
        b"",
        b"\xff\xfe{",
        deep.as_bytes(),
        nested.as_bytes(),
        b"{\"response\":\"\xff\"}",
        b"{\"transactions_results\":[{\"transactionid\":99999999999999999999}]}",
    ];
    for (number, body) in bodies.iter().enumerate() {
        it.order(&load(number));
        let uuid = number.to_string();
        assert!(it.poll(ID, &uuid).contains("load_objects"));
        let target = format!("/result?deviceId={ID}&uuid={uuid}");
        assert_eq!(it.call("POST", &target, "", body).0, 200);
        if number + 1 < bodies.len() {
            assert_eq!(it.wait_for("result")["command"], number + 1);
        }
    }
    for (method, target, status) in [
        ("PUT", "/push?deviceId=1", 405),
        ("GET", "/push", 400),
        ("GET", "/push/push?deviceId=1", 404),
        ("POST", "/result/result?deviceId=1", 404),
        ("BREW", "/", 404),
        ("GET", "/push?deviceId=%00%ff", 200),
        ("GET", "/push?deviceId=a b", 400),
    ] {
        assert_eq!(it.call(method, target, "", "").0, status, "{target}");
        it.wait_for("warning");
    }
    let (status, _) = it.call("GET", "/commands", "", "");
    assert_eq!(status, 200);
}

#[test]
fn a_body_of_many_megabytes_is_413_and_said() {
    let folder = tempfile::tempdir().unwrap();
    let mut it = start(folder.path(), "");
    let body = vec![b'x'; 65 << 20];
    assert_eq!(it.call("POST", "/result?deviceId=1", "", body).0, 413);
    let warning = it.wait_for("warning");
    let why = warning["why"].as_str().unwrap();
    assert!(
        why.contains("was answered 413") && why.contains("POST /result?deviceId=1"),
        "{why}"
    );
}

#[test]
fn an_odd_target_is_told_with_its_line() {
    let folder = tempfile::tempdir().unwrap();
    let mut it = start(folder.path(), "");
    assert_eq!(it.call("GET", "/push?deviceId=1&uuid=a b", "", "").0, 400);
    let warning = it.next();
    assert_eq!(warning["kind"], "refused");
    let why = warning["why"].as_str().unwrap();
    assert!(
        why.contains("answered 400") && why.ends_with("GET /push?deviceId=1&uuid=a b HTTP/1.1"),
        "{why}"
    );
}
