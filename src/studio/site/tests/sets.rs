//! What becomes of property/set: desired values, types, slips, rules.

use super::*;

#[test]
fn the_last_desired_value_of_each_property_is_what_the_device_gets() {
    let mut stage = Stage::new();
    stage.application(1, &[]);
    for (name, value) in [("Power", 1), ("WF", 2), ("Power", 3)] {
        let set = format!(r#"{{"requestId":"A1","data":{{"params":{{"{name}":{value}}}}}}}"#);
        stage.publish(1, "real", "property/desired/set", &set);
    }
    stage.out.clear();
    stage.real_device(7, &["property/set"]);
    let asked = stage.messages(7);
    assert_eq!(asked.len(), 1);
    assert!(
        asked[0].1.contains(r#""params":{"Power":3,"WF":2}"#),
        "{asked:?}"
    );
}

#[test]
fn a_simulated_device_takes_no_value_of_another_type() {
    let mut stage = Stage::new();
    stage.application(1, &["property/set/reply"]);
    let set = r#"{"requestId":"A1","data":{"params":{"WF":"23.6"}}}"#;
    stage.publish(1, "iot-0001", "property/set", set);
    let why = "property `WF` is a number, and a text came";
    assert_eq!(stage.replies(1), [refused("setPropertyFailed", why)]);
}

#[test]
fn a_request_that_stands_there_twice_or_is_endless_is_not_taken() {
    let mut stage = Stage::new();
    stage.application(1, &["property/set/reply"]);
    let twice = r#"{"requestId":"A1","data":{"params":{"WF":1,"WF":2}}}"#;
    stage.publish(1, "iot-0001", "property/set", twice);
    let refused = refused("invalidParameter", "`WF` stands there twice");
    assert_eq!(stage.replies(1), [refused]);
    let long = SET.replace("A1", &"A".repeat(129));
    stage.publish(1, "iot-0001", "property/set", &long);
    let is_denied =
        |told: &&Told| matches!(told, Told::Denied { why, .. } if why.contains("129 bytes"));
    assert!(stage.told().iter().any(is_denied));
    assert_eq!(stage.replies(1), [""; 0]);
}

#[test]
fn rules_answer_in_the_place_of_devices() {
    let rules = r#"
[[rule]]
param = "WF"
answer = "invalidParameter"
msg = "too hot"
delay = "2s"
[[rule]]
device = "00001/iot-+"
answer = "time-out"
[[rule]]
device = "00001/+"
answer = "deviceNotFound"
rate = "first=1"
"#;
    // A wildcard is a whole level.
    let mut find = |text: &str| Ok(Secret::new(text));
    let why = Registry::read("p.toml", rules, &mut find)
        .unwrap_err()
        .to_string();
    assert_eq!(
        why,
        "p.toml:8:10: `00001/iot-+` matches no device of this file"
    );
    let mut stage = Stage::with(&rules.replace("00001/iot-+", "00001/real"));
    stage.application(1, &["property/set/reply"]);
    stage.publish(1, "iot-0001", "property/set", SET);
    let not_found = refused("deviceNotFound", "device does not exist");
    assert_eq!(stage.replies(1), [not_found]);
    stage.publish(1, "iot-0001", "property/set", SET);
    assert_eq!(
        stage.replies(1),
        [SUCCESS],
        "the rule strikes the first time"
    );
    stage.publish(1, "real", "property/set", SET);
    assert!(matches!(
        stage.told()[..],
        [.., Told::Answered { success: None, by, .. }] if by == "rule 2"
    ));
    stage.out.clear();
    let hot = r#"{"requestId":"A1","data":{"params":{"WF":99}}}"#;
    stage.publish(1, "iot-0001", "property/set", hot);
    assert_eq!(stage.replies(1), [""; 0]);
    assert_eq!(
        stage.site.broker.deadline(),
        Some(Duration::from_secs(1)),
        "it looks around"
    );
    stage.tick(2);
    assert_eq!(stage.replies(1), [refused("invalidParameter", "too hot")]);
}
