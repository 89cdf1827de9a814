//! How a run ends, and what it prints.

use std::collections::BTreeSet;

use pushrig::mqtt::packet::QoS;

use super::{FILE, KEY, Platform};
use crate::harness::{Pushrig, pushrig};
use crate::mqtt::APPLICATION;
use crate::mqtt::client::{Client, application_token, login, topic};

/// Without a file and a ready file; the key is where it belongs.
fn platform(words: &str) -> Pushrig {
    let known = "--user 10311 --access-key env:KEY --device 00001/iot-0001";
    pushrig(&format!("mqtt platform {known} {words}")).env("KEY", KEY)
}

#[test]
fn it_ends_by_itself_when_all_that_is_expected_has_happened() {
    let expect =
        "--expect connected>=1 --expect sets=1 --expect succeeded=1 --expect subscribed>=1";
    let platform = Platform::start(expect);
    let address = platform.address();
    pushrig(&format!("mqtt set {address} {APPLICATION} Power=on"))
        .any_stdout()
        .any_stderr()
        .exits(0);
    let ended = platform.ends().code(0);
    for line in [
        "pass  expect connected>=1\n",
        "pass  expect sets=1\n",
        "; 1 set, 1 of them with success",
    ] {
        assert!(ended.out.contains(line), "{line}\n{}", ended.out);
    }
}

#[test]
fn what_is_expected_to_be_wrong_is_counted_as_well() {
    let expect = "--expect refused=1 --expect denied=1 --expect malformed=1 --expect invalid=1";
    let platform = Platform::start(&format!("{expect} --format json"));
    let mut stranger = Client::open(&platform);
    stranger.connect(login("app", "userid/10311", "nonsense"));
    let mut app = Client::application(&platform);
    app.subscribe(&["#"], QoS::AtMostOnce);
    app.publish(
        &topic("iot-0001", "property/set"),
        r#"{"requestId":"1","data":{}}"#,
    );
    app.raw(b"\0\0");
    let ended = platform.ends().code(0);
    let outcomes = ended.of("expect");
    assert_eq!(outcomes.len(), 4);
    assert!(
        outcomes.iter().all(|line| line["outcome"] == "pass"),
        "{}",
        ended.out
    );
}

/// What is odd is printed once, and counted each time.
#[test]
fn the_same_flaw_twice_is_two_invalid_messages() {
    let platform = Platform::start("--expect invalid=2 --format json");
    let mut device = Client::device(&platform, "real");
    for _ in 0..2 {
        device.publish(&topic("real", "property/post"), r#"{"id":"1"}"#);
    }
    let ended = platform.ends().code(0);
    assert_eq!(ended.of("odd").len(), 1, "{}", ended.out);
    assert_eq!(ended.summary()["invalid"], 2);
}

#[test]
fn what_has_not_happened_in_its_time_is_a_no() {
    platform("--expect")
        .arg("sets>=1 within 200ms")
        .stdout_has(["fail  expect sets>=1 within 200ms: 0 sets"])
        .any_stderr()
        .exits(1);
    platform("--expect connected>=1 --for 200ms")
        .stdout_has(["fail  expect connected>=1: 0 connected"])
        .any_stderr()
        .exits(1);
    platform("--for 200ms --format json")
        .stdout_has([
            r#""type":"ready""#,
            r#""outcome":"pass""#,
            r#""ended":"--for""#,
        ])
        .exits(0);
}

#[test]
fn what_nobody_counts_cannot_be_expected() {
    for (expect, why) in [
        (
            "verified>=1",
            "there are connected, refused, subscribed, denied, sets, succeeded, malformed, invalid",
        ),
        ("sets", "--expect"),
    ] {
        platform("--expect").arg(expect).stderr_has([why]).exits(2);
    }
}

#[test]
fn ctrl_c_ends_it_by_its_outcome_and_sigterm_with_143() {
    for (signal, words, code) in [
        ("INT", "", 0),
        ("INT", "--expect sets>=1", 1),
        ("INT", "--expect refused=0", 0),
        ("TERM", "", 143),
        ("TERM", "--expect sets>=1", 143),
    ] {
        let platform = Platform::start(&format!("{words} --format json"));
        let mut app = Client::application(&platform);
        let ended = platform.end(signal).code(code);
        let by = if signal == "INT" { "Ctrl-C" } else { "SIGTERM" };
        assert_eq!(ended.summary()["ended"], by);
        let gone = &ended.of("disconnected")[0];
        assert_eq!(gone["why"], "the platform ends", "{gone}");
        app.is_closed();
    }
}

#[test]
fn quiet_prints_what_is_not_right_and_the_summary() {
    let platform = Platform::start("-q");
    let mut app = Client::application(&platform);
    app.listen(&[&topic("iot-0001", "property")]);
    app.subscribe(&["#"], QoS::AtMostOnce);
    app.publish(
        &topic("iot-0001", "property/set"),
        r#"{"requestId":"1","data":{"params":{"x":1}}}"#,
    );
    app.publish(
        &topic("iot-0001", "property/set"),
        r#"{"requestId":"2","data":{"params":{"WF":1}}}"#,
    );
    let ended = platform.end("INT").code(0);
    let kinds = ended
        .out
        .lines()
        .map(|line| line.split_whitespace().nth(1).unwrap());
    assert_eq!(
        kinds.collect::<Vec<_>>(),
        ["denied", "answered", "connected,"]
    );
    assert_eq!(ended.err, "");
}

/// [`super::Ended::json`] looks at `v`, `type` and `at` of each.
#[test]
fn every_type_of_line_for_machines_is_json_with_its_version_and_time() {
    let play = "{\"device\":\"00001/real\",\"get\":[\"a\"]}\n";
    let words = "p.toml --play play --wait --format json --expect sets>=1 --expect sets<=9";
    let platform = Platform::among(&[("p.toml", FILE), ("play", play)], words);
    let mut device = Client::device(&platform, "real");
    device.listen(&[&topic("real", "property/get")]);
    let mut stranger = Client::open(&platform);
    stranger.connect(login("app", "\u{1b}[31muserid/\u{7}10311", "nonsense"));
    let mut app = Client::application(&platform);
    app.subscribe(
        &["$sys/\u{1b}[2J/x/thing/\u{202e}property"],
        QoS::AtMostOnce,
    );
    app.listen(&[&topic("real", "lifecycle")]);
    device.message();
    device.publish(&topic("real", "property/get_reply"), "\u{1b}]0;x\u{7}\n");
    platform.says("\"odd\"");
    app.publish(
        &topic("iot-0001", "property/set"),
        r#"{"requestId":"2","data":{"params":{"WF":1}}}"#,
    );
    // That is all that was expected, but what may be no more than nine is known at the end only.
    let ended = platform.end("INT").code(0);
    let lines = ended.json();
    let kinds: BTreeSet<&str> = lines
        .iter()
        .map(|line| line["type"].as_str().unwrap())
        .collect();
    let wanted = [
        "answered",
        "connected",
        "denied",
        "disconnected",
        "expect",
        "message",
        "odd",
        "ready",
        "refused",
        "said",
        "set",
        "subscribed",
        "summary",
    ];
    assert_eq!(kinds, BTreeSet::from(wanted));
    assert_eq!(lines[0]["type"], "ready");
    assert_eq!(lines.last().unwrap()["type"], "summary");
    // What a peer sends does nothing to a terminal, as JSON or not.
    assert!(
        !ended.out.contains(['\u{1b}', '\u{7}', '\u{202e}']),
        "{}",
        ended.out
    );
}

#[test]
fn what_a_peer_sends_is_escaped_for_people_too() {
    let mut platform = Platform::start("-v");
    let token = application_token("userid/10311");
    platform.hides(&token);
    let mut stranger = Client::open(&platform);
    stranger.connect(login("app", "\u{1b}[31muserid/\n10311", &token));
    let mut app = Client::inside(&platform, login("\u{1b}[32m\n", "userid/10311", &token));
    app.subscribe(
        &["$sys/\u{1b}[2J/x/thing/\u{202e}property"],
        QoS::AtMostOnce,
    );
    app.publish("\u{1b}]0;x\u{7}", "\u{1b}");
    app.publish(&"long".repeat(10_000), "");
    let set = "{\"requestId\":\"\\u001b[31m\\n\",\"data\":{\"params\":{\"\\u001b\":1}}}";
    app.publish(&topic("iot-0001", "property/set"), set);
    let ended = platform.end("INT").code(0);
    assert!(
        !ended.out.contains(['\u{1b}', '\u{7}', '\u{202e}']),
        "{}",
        ended.out
    );
    assert!(
        ended
            .out
            .lines()
            .all(|line| (30..1000).contains(&line.len())),
        "{}",
        ended.out
    );
}

#[test]
fn nobody_is_turned_away_because_nobody_reads() {
    platform("--for 300ms --rate 1000")
        .without_reader()
        .any_stderr()
        .exits(0);
}
