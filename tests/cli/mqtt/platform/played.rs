//! What is played: lines, captures, reports at a rate; and when it begins.

use std::fmt::Write as _;

use serde_json::Value;

use super::{FILE, Platform};
use crate::broker::Broker;
use crate::harness::pushrig;
use crate::mqtt::client::{Client, topic};
use crate::mqtt::{
    APPLICATION, EVENT, LIFECYCLE, ONLINE, PRINTED_REPLY, PROPERTY, REPLY, REPORTED,
};

/// What is recorded, some of it no JSON, one no text: evidence is played as it came.
const RECORDED: [(&str, &[u8]); 7] = [
    (LIFECYCLE, ONLINE.as_bytes()),
    (PROPERTY, REPORTED.as_bytes()),
    (REPLY, PRINTED_REPLY.as_bytes()),
    (EVENT, b"\xFF\xFE\x00 is no text"),
    (PROPERTY, b""),
    (PROPERTY, b"{\"a\" :1.0,\r\n\t\"a\": 1e2}  \n"),
    (EVENT, "设备\u{1b}[31m".as_bytes()),
];

#[test]
fn a_capture_of_watch_is_played_byte_for_byte() {
    let broker = Broker::start(|mut peer| {
        peer.accept();
        for (topic, payload) in RECORDED {
            let pkid = peer.publish(topic, 1, payload);
            peer.puback(pkid);
        }
        peer.until_gone();
    });
    let url = broker.url();
    let watch = format!("mqtt watch {url} {APPLICATION} --count 7 --capture c.ndjson");
    let ran = pushrig(&watch).any_stdout().any_stderr().exits(1);
    let capture = String::from_utf8(ran.read("c.ndjson")).unwrap();
    let files = [("p.toml", FILE), ("c.ndjson", capture.as_str())];
    let platform = Platform::among(&files, "p.toml --play c.ndjson --speed 100x --wait");
    let mut app = Client::application(&platform);
    app.listen(&[LIFECYCLE, PROPERTY, EVENT, REPLY]);
    for (topic, payload) in RECORDED {
        let message = app.message();
        assert_eq!(
            (message.topic.as_str(), &*message.payload),
            (topic, payload)
        );
    }
    assert!(app.settled().is_empty());
    platform.end("INT").code(0);
}

/// And what was recorded of the second run is what was recorded of the first.
#[test]
fn what_is_played_is_recorded_again_as_the_same() {
    let play = r#"{"device":"00001/iot-0001","property":{"Power":"on","WF":1.50}}
{"topic":"$sys/00001/iot-0001/thing/event","payload":"{\"not\": \"of its shape\"}"}
{"topic":"$sys/00001/iot-0001/thing/event","payload":{"nor":"this"}}
"#;
    let record = |name: &str, text: &str| {
        let words = format!("p.toml --play {name} --wait");
        let platform = Platform::among(&[("p.toml", FILE), (name, text)], &words);
        let address = platform.address();
        let watch = format!("mqtt watch {address} {APPLICATION} --count 3 --capture c.ndjson");
        let ran = pushrig(&watch).any_stdout().any_stderr().exits(1);
        platform.end("INT").code(0);
        String::from_utf8(ran.read("c.ndjson")).unwrap()
    };
    let messages = |capture: &str| {
        let lines = capture
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap());
        let messages = lines.map(|line| {
            (
                line["mqtt"]["topic"].clone(),
                line["mqtt"]["payload"].clone(),
            )
        });
        messages.collect::<Vec<_>>()
    };
    let first = record("play", play);
    let second = record("again.ndjson", &first);
    assert_eq!(messages(&first), messages(&second));
    assert_eq!(messages(&first).len(), 3);
    assert!(
        messages(&first)[0].1.to_string().contains("1.50"),
        "{first}"
    );
}

#[test]
fn with_wait_nothing_is_played_before_an_application_has_subscribed() {
    let play = "{\"device\":\"00001/iot-0001\",\"property\":{\"WF\":1}}\n";
    let files = [("p.toml", FILE), ("play", play)];
    let platform = Platform::among(&files, "p.toml --play play --wait --format json");
    // A device that subscribes is no application.
    let mut device = Client::device(&platform, "real");
    device.listen(&[&topic("real", "property/set")]);
    let mut app = Client::application(&platform);
    assert!(app.settled().is_empty());
    app.listen(&[PROPERTY]);
    let message = app.message();
    assert!(
        message
            .payload
            .windows(10)
            .any(|text| text == b"\"value\":1,")
    );
    let ended = platform.end("INT").code(0);
    let messages = ended.of("message");
    let played: Vec<_> = messages
        .iter()
        .filter(|line| line["topic"] == PROPERTY)
        .collect();
    assert_eq!(played.len(), 1, "{}", ended.out);
    assert_eq!(played[0]["to"], 1);
}

#[test]
fn without_wait_it_begins_at_once_and_what_nobody_hears_is_gone() {
    let play = "{\"device\":\"00001/iot-0001\",\"property\":{\"WF\":1}}\n";
    let known = "--user 10311 --access-key env:KEY --device 00001/iot-0001";
    pushrig(&format!("mqtt platform {known} --play - --for 300ms"))
        .env("KEY", super::KEY)
        .stdin(play)
        .stdout_has([
            "message       00001/iot-0001  property  WF=1  nobody listens: it is gone\n",
            "0 connected, 0 refused; ",
        ])
        .stderr_has(["ready: the platform is at mqtt://127.0.0.1:"])
        .exits(0);
}

#[test]
fn lines_are_played_in_their_order_and_at_their_time() {
    let mut play = String::new();
    for n in 0..20 {
        let _ = writeln!(
            play,
            r#"{{"after":"10s","device":"00001/iot-0001","event":{{"e":{{"n":{n}}}}}}}"#
        );
    }
    let files = [("p.toml", FILE), ("play", play.as_str())];
    let begun = std::time::Instant::now();
    // 200 s at a thousand times their speed.
    let platform = Platform::among(&files, "p.toml --play play --speed 1000x --wait");
    let mut app = Client::application(&platform);
    app.listen(&[EVENT]);
    for n in 0..20 {
        let event: Value = serde_json::from_slice(&app.message().payload).unwrap();
        assert_eq!(event["data"]["params"]["e"]["value"]["n"], n);
    }
    assert!(begun.elapsed().as_millis() >= 200);
    platform.end("INT").code(0);
}

#[test]
fn at_a_rate_the_simulated_devices_report_in_turn_and_count_what_they_do_not_have() {
    let known = "--user 10311 --access-key env:KEY --device 00001/a --device 00001/b";
    let key = format!("{known} --access-key {}", super::KEY).replace("--access-key env:KEY ", "");
    let platform = Platform::among(&[], &format!("{key} --rate 200 --wait"));
    let mut app = Client::application(&platform);
    app.listen(&[&topic("a", "property"), &topic("b", "property")]);
    let mut counts = Vec::new();
    let mut devices = Vec::new();
    let begun = std::time::Instant::now();
    for _ in 0..41 {
        let report: Value = serde_json::from_slice(&app.message().payload).unwrap();
        devices.push(report["deviceName"].as_str().unwrap().to_owned());
        counts.push(report["data"]["params"]["count"]["value"].as_u64().unwrap());
    }
    // Forty more are due after 200 ms, and not before.
    assert!(begun.elapsed().as_millis() >= 190, "{:?}", begun.elapsed());
    let wanted: Vec<u64> = (2..43).map(|number| number / 2).collect();
    assert_eq!(counts, wanted);
    assert!(
        devices.windows(2).all(|pair| pair[0] != pair[1]),
        "{devices:?}"
    );
    platform.end("INT").code(0);
}

#[test]
fn a_line_that_cannot_be_played_is_refused_with_its_place_before_anything_is() {
    let known = "--user 10311 --access-key env:KEY --device 00001/iot-0001";
    let good = r#"{"device":"00001/iot-0001","property":{"a":1}}"#;
    for (line, why) in [
        ("nonsense", "play:2: this is not JSON"),
        ("[1]", "play:2: a line is a JSON object"),
        (r#"{"property":{"a":1}}"#, "play:2: `device` is missing"),
        (
            r#"{"device":"a","property":{"a":1}}"#,
            "play:2: write product and name",
        ),
        (
            r#"{"device":"1/a","lifecycle":"asleep"}"#,
            "play:2: the value of `lifecycle` is not understood",
        ),
        (
            r#"{"device":"1/a","reboot":{}}"#,
            "play:2: `reboot` is nothing that is played",
        ),
        (
            r#"{"device":"1/a","get":[],"event":{}}"#,
            "play:2: a line plays one thing",
        ),
        (
            r#"{"device":"1/a","after":"soon","get":[]}"#,
            "play:2: `after` is no time",
        ),
        (r#"{"topic":"a/+","payload":""}"#, "play:2: "),
    ] {
        pushrig(&format!("mqtt platform {known} --play play --for 1s"))
            .env("KEY", super::KEY)
            .file("play", format!("{good}\n{line}\n"))
            .stderr_has([why])
            .exits(2);
    }
    pushrig(&format!("mqtt platform {known} --play play"))
        .env("KEY", super::KEY)
        .file("play", "\n")
        .stderr_has(["play: there is nothing in it to play"])
        .exits(2);
}
