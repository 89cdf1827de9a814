//! What no device sends.

use super::bench::{ID, load, start};

#[cfg(unix)]
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
    }
    let (status, _) = it.call("GET", "/commands", "", "");
    assert_eq!(status, 200);
    it.signal("INT");
    let ended = it.end();
    let mut kinds: Vec<_> = ended
        .of_type("warning")
        .iter()
        .map(|it| it["kind"].as_str().unwrap())
        .collect();
    kinds.sort_unstable();
    assert_eq!(
        kinds,
        [
            "no-device-id",
            "odd-device-id",
            "refused",
            "unreadable-result",
            "unreadable-result",
            "unreadable-result",
            "unreadable-result",
            "wrong-method",
            "wrong-path",
            "wrong-path",
            "wrong-path",
        ]
    );
}

#[test]
fn a_web_page_gets_no_command_and_posts_no_result() {
    let folder = tempfile::tempdir().unwrap();
    let mut it = start(folder.path(), "");
    it.order(&load(1));
    for field in [
        "Origin: http://evil.example",
        "Sec-Fetch-Site: cross-site",
        "Host: evil.example",
    ] {
        let field = format!("{field}\r\n");
        let poll = format!("/push?deviceId={ID}&uuid=a");
        assert_eq!(it.call("GET", &poll, &field, "").0, 403);
        assert_eq!(it.next()["kind"], "guarded");
        assert_eq!(it.call("POST", "/result?deviceId=1", &field, "{}").0, 403);
        it.next();
    }
    let url = format!("http://{}/push?deviceId={ID}&uuid=a", it.address());
    assert!(
        it.call("GET", &url, "Sec-Fetch-Site: none\r\n", "")
            .1
            .contains("load_objects")
    );
}

#[test]
fn what_a_wrong_address_or_name_makes_of_a_poll_is_explained() {
    let folder = tempfile::tempdir().unwrap();
    let mut it = start(folder.path(), "");
    let long = format!("/push?deviceId={}", "7".repeat(65));
    for (target, status, why) in [
        ("//push?deviceId=7", 404, "must not end in a slash"),
        ("/push/?deviceId=7", 404, "no slash follows"),
        ("/push?deviceid=7", 400, "its name is written so"),
        (long.as_str(), 400, "more than 64 bytes"),
    ] {
        assert_eq!(it.call("GET", target, "", "").0, status);
        let line = it.next();
        assert!(line["why"].as_str().unwrap().contains(why), "{line}");
    }
    assert_eq!(it.get("/devices")["devices"], serde_json::json!([]));
}

#[cfg(unix)]
#[test]
fn a_fleet_that_comes_at_once_waits_in_the_socket() {
    let folder = tempfile::tempdir().unwrap();
    let it = start(folder.path(), "");
    it.signal("STOP");
    let address = it.address().parse().unwrap();
    let limit = std::time::Duration::from_secs(20);
    let connect = |_| std::net::TcpStream::connect_timeout(&address, limit);
    let fleet: Result<Vec<_>, _> = (0..300).map(connect).collect();
    it.signal("CONT");
    assert_eq!(fleet.unwrap().len(), 300);
    assert_eq!(it.poll(ID, "a"), "");
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
