//! What the rules of the file make of property/set.

use serde_json::{Value, json};

use super::{FILE, Platform};
use crate::harness::pushrig;
use crate::mqtt::APPLICATION;
use crate::mqtt::client::{Client, topic};

#[test]
fn rules_answer_refuse_wait_and_are_silent_in_the_place_of_the_device() {
    let rules = r#"
[[rule]]
param = "WF"
answer = "invalidParameter"
msg = "WF cannot be set"
[[rule]]
param = "silent"
answer = "time-out"
[[rule]]
param = "sometimes"
answer = "setPropertyFailed"
rate = "first=1"
[[rule]]
device = "00001/+"
answer = "success"
delay = "300ms"
"#;
    let platform = Platform::with(&format!("{FILE}{rules}"), "--format json");
    let set = |words: &str| {
        let address = platform.address();
        pushrig(&format!("mqtt set {address} {APPLICATION} {words}"))
    };
    set("WF=1")
        .stdout_has(["invalidParameter", "WF cannot be set"])
        .exits(1);
    set("silent=1 --timeout 300ms")
        .stdout_has(["no reply"])
        .exits(3);
    set("sometimes=1")
        .stdout_has(["setPropertyFailed", "set property failed"])
        .exits(1);
    // It struck once; then the last rule answers, in its own time.
    set("sometimes=1").stdout_has(["success"]).exits(0);
    let ended = platform.end("INT").code(0);
    let answered = ended.of("answered");
    let by: Vec<_> = answered
        .iter()
        .map(|line| (&line["by"], &line["success"]))
        .collect();
    let wanted = [
        ("rule 1", json!(false)),
        ("rule 2", Value::Null),
        ("rule 3", json!(false)),
        ("rule 4", json!(true)),
    ];
    let wanted = wanted.map(|(by, success)| (json!(by), success));
    assert_eq!(by, wanted.each_ref().map(|(by, success)| (by, success)));
}

#[test]
fn a_delayed_answer_comes_after_its_time_and_holds_up_nobody() {
    let rules = "[[rule]]\nparam = \"late\"\nanswer = \"success\"\ndelay = \"500ms\"\n";
    let platform = Platform::with(&format!("{FILE}{rules}"), "-q");
    let mut app = Client::application(&platform);
    app.listen(&[&topic("iot-0001", "property/set/reply")]);
    let begun = std::time::Instant::now();
    for (id, params) in [("late", r#"{"late":1}"#), ("soon", r#"{"WF":1}"#)] {
        let request = format!(r#"{{"requestId":"{id}","data":{{"params":{params}}}}}"#);
        app.publish(&topic("iot-0001", "property/set"), request);
    }
    for id in ["soon", "late"] {
        assert_eq!(
            app.message().payload,
            format!(r#"{{"requestId":"{id}","success":true}}"#)
        );
    }
    assert!(begun.elapsed().as_millis() >= 500);
    platform.end("INT").code(0);
}

#[test]
fn a_real_device_that_never_answers_is_given_up() {
    let platform = Platform::start("");
    let mut device = Client::device(&platform, "real");
    device.listen(&[&topic("real", "property/set")]);
    let mut app = Client::application(&platform);
    app.listen(&[&topic("real", "property/set/reply")]);
    let request = r#"{"requestId":"A1","data":{"params":{"a":1}}}"#;
    app.publish(&topic("real", "property/set"), request);
    assert_eq!(device.message().topic, topic("real", "property/set"));
    platform.says(
        "answered      00001/real  A1  nothing, by the device, which did not answer within 5 s",
    );
    assert!(app.settled().is_empty());
    platform.end("INT").code(0);
}

#[test]
fn a_desired_value_waits_until_its_device_has_come() {
    let platform = Platform::start("");
    let mut app = Client::application(&platform);
    app.listen(&[&topic("real", "property/set/reply")]);
    let request = r#"{"requestId":"A1","data":{"params":{"a":1}}}"#;
    app.publish(&topic("real", "property/desired/set"), request);
    assert_eq!(
        app.message().payload,
        r#"{"requestId":"A1","success":true}"#
    );
    platform.says("which keeps it until the device comes");
    let mut device = Client::device(&platform, "real");
    device.listen(&[&topic("real", "property/set")]);
    let asked: Value = serde_json::from_slice(&device.message().payload).unwrap();
    assert_eq!(asked["params"], json!({"a": 1}));
    platform.end("INT").code(0);
}
