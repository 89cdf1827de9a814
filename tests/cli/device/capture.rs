//! `--capture`: both directions of every exchange, in the capture format.

use super::*;
use crate::capture::schema;
use crate::harness::Ran;

fn records(ran: &Ran) -> Vec<Value> {
    let text = String::from_utf8(ran.read("c.ndjson")).unwrap();
    let schema = schema();
    let lines = text.lines().map(|line| {
        let record = serde_json::from_str(line).unwrap();
        if let Err(why) = schema.validate(&record) {
            panic!("{why}: {line}");
        }
        record
    });
    lines.collect()
}

#[test]
fn every_exchange_is_recorded_in_both_directions() {
    let user = json!({"object": "users", "values": [{"name": "Zo\u{eb} \"Z\" \u{1}"}]});
    let server = answers_results(
        [
            asks_with("create_objects", &user),
            Reply::ok()
                .header("Content-Type", "text/html")
                .body(b"\xff<p>"),
        ],
        |_| Reply::status(202).body("thanks"),
    );
    let ran = device(&server, "--polls 3 --capture c.ndjson -q")
        .any_stdout()
        .exits(0);
    let records = records(&ran);
    let received = server.received();
    assert_eq!(records.len(), received.len());
    for (record, request) in records.iter().zip(&received) {
        assert_eq!(record["platform"], "controlid");
        assert_eq!(record["request"]["method"], request.method());
        assert_eq!(record["request"]["target"], request.target());
        let body = String::from_utf8(request.body()).unwrap();
        assert_eq!(record["request"]["body"].as_str().unwrap_or_default(), body);
        let headers: Vec<(String, String)> =
            serde_json::from_value(record["request"]["headers"].clone()).unwrap();
        assert_eq!(headers, request.headers());
    }
    let answered = |at: usize| &records[at]["response"];
    let command: Value = serde_json::from_str(answered(0)["body"].as_str().unwrap()).unwrap();
    assert_eq!(command["body"], user);
    assert_eq!(answered(1)["status"], 202);
    assert_eq!(answered(1)["body"], "thanks");
    assert_eq!(answered(2)["body"], json!({"base64": "/zxwPg=="}));
    assert_eq!(answered(3)["body"].as_str().unwrap_or_default(), "");
}

#[test]
fn what_was_not_answered_is_recorded_too() {
    let server = hands_out([
        Reply::raw("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{\"end").and_close(),
        Reply::ok(),
    ]);
    let ran = device(
        &server,
        "--polls 3 --capture c.ndjson -q --fault half-open=20ms:every=3",
    )
    .any_stdout()
    .exits(0);
    let records = records(&ran);
    assert_eq!(records.len(), 3);
    assert_eq!(records[0]["response"]["body"], "{\"end");
    assert_eq!(records[1]["response"]["status"], 200);
    assert_eq!(records[2].get("response"), None);
}

#[test]
fn a_capture_is_appended_to_shown_and_replayed() {
    let folder = tempfile::tempdir().unwrap();
    let mut sent = Vec::new();
    for _ in 0..2 {
        let server = hands_out([greets()]);
        device(&server, "--until-idle --capture c.ndjson -q")
            .dir(folder.path())
            .any_stdout()
            .exits(0);
        sent.extend(server.received());
    }
    assert_eq!(sent.len(), 6);
    let target = sent[4].target();
    pushrig("capture show c.ndjson")
        .dir(folder.path())
        .stdout_has(["GET", "/push?deviceId=478435", "POST", &target])
        .exits(0);
    let other = Server::start(|_| Reply::ok());
    pushrig(&format!("replay c.ndjson --to {} --keep", other.url("/")))
        .dir(folder.path())
        .stdout_has(["6 cases: 6 passed"])
        .any_stderr()
        .exits(0);
    let raw =
        |requests: &[Received]| -> Vec<_> { requests.iter().map(|it| it.raw.clone()).collect() };
    assert_eq!(raw(&other.received()), raw(&sent));
}

#[test]
fn a_capture_that_cannot_be_written_is_refused_before_anything_is_sent() {
    let server = Server::start(|_| Reply::ok()).may_stay_idle();
    device(&server, "--until-idle --capture no/such/folder.ndjson")
        .stderr_has(["error: ", "no/such/folder.ndjson"])
        .exits(3);
    assert!(server.received().is_empty());
}
