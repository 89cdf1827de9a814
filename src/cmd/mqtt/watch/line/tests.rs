use proptest::prelude::*;

use super::*;
use crate::mqtt::packet::{Publish, QoS};

fn line(topic: &str, payload: impl Into<Vec<u8>>) -> serde_json::Value {
    let publish = Publish::new(topic, QoS::AtMostOnce, payload);
    let message = Message::new(1, &publish, true);
    let mut out = Vec::new();
    json(&message, "2026-11-22T10:00:01.000Z", &mut out);
    let text = String::from_utf8(out).unwrap();
    assert_eq!(text.find('\n'), Some(text.len() - 1), "one line: {text}");
    assert!(!text.contains(['\u{7f}', '\u{9b}', '\u{202e}']), "{text}");
    serde_json::from_str(&text).unwrap()
}

#[test]
fn every_payload_is_a_value_that_any_reader_of_json_takes() {
    let property = "$sys/1/a/thing/property";
    for (topic, payload, encoding, expected) in [
        ("x", &b" {\"a\": 1.0} "[..], "json", "{\"a\":1.0}"),
        ("x", b"{\n\"a\":\t1}", "json", "{\"a\":1}"),
        ("x", b"\"half \\ud800\"", "json", "\"half \u{fffd}\""),
        (
            "x",
            "\"\u{9b}\u{202e}\u{7f}\"".as_bytes(),
            "json",
            "\"\u{9b}\u{202e}\u{7f}\"",
        ),
        (property, b"{\"a\":1,}", "repaired", "{\"a\":1}"),
        ("x", b"{\"a\":1,}", "text", "\"{\\\"a\\\":1,}\""),
        ("x", b"", "text", "\"\""),
        ("x", b"\"\xff\"", "repaired", "\"\u{fffd}\""),
        ("x", b"\xff", "base64", "{\"base64\":\"/w==\"}"),
    ] {
        let line = line(topic, payload);
        assert_eq!(line["encoding"], encoding, "{line}");
        let expected: serde_json::Value = serde_json::from_str(expected).unwrap();
        assert_eq!(line["payload"], expected);
    }
}

#[test]
fn what_a_peer_sent_cannot_begin_a_line_of_its_own() {
    let publish = Publish::new("a\nb", QoS::AtMostOnce, "x\n::error::y\u{1b}[2J");
    let message = Message::new(1, &publish, false);
    let mut out = Vec::new();
    human(
        &message,
        "2026-11-22T10:00:01.000Z",
        true,
        Paint::PLAIN,
        &mut out,
    );
    let text = String::from_utf8(out).unwrap();
    let expected = "pass   10:00:01.000Z  a\\nb  x\\n::error::y\\x1b[2J\n  \
                    warning   nobody subscribed to this topic\n  \
                    topic     a\\nb\n  qos       0\n  payload   x\\n::error::y\\x1b[2J\n";
    assert_eq!(text, expected);
}

#[test]
fn what_is_nested_deeply_is_a_text_and_what_is_only_long_is_not() {
    let deep = format!("{}1{}", "[".repeat(120), "]".repeat(120));
    assert_eq!(line("x", deep.clone())["payload"], deep);
    let long = format!("[{}[]]", "[],".repeat(200));
    assert_eq!(
        line("x", long)["payload"].as_array().map(Vec::len),
        Some(201)
    );
}

proptest! {
    #[test]
    fn any_bytes_under_any_topic_are_one_line_of_json(topic: String, payload: Vec<u8>) {
        let read = line(&topic, payload.clone());
        prop_assert_eq!(&read["topic"], &topic);
        if read["encoding"] == "text" {
            prop_assert_eq!(read["payload"].as_str().unwrap().as_bytes(), payload);
        }
    }

    #[test]
    fn any_near_json_is_one_line_of_json(payload in "[\\[\\]{}:,\"a1\\\\u.-]{0,20}") {
        line("$sys/1/a/thing/property", payload.clone());
        line("x", payload);
    }
}
