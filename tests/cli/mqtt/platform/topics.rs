//! Every topic of the documentation, and every message on it, goes over sockets.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{FILE, Platform};
use crate::harness::pushrig;
use crate::mqtt::APPLICATION;
use crate::mqtt::client::{Client, topic};

use Who::{Application, Device};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Who {
    Application,
    Device,
}

/// Who sends and who gets what: all topics of the documentation, of both sides.
const TOPICS: [(Who, &str, &str); 17] = [
    (Application, "gets", "lifecycle"),
    (Application, "gets", "property"),
    (Application, "gets", "event"),
    (Application, "sends", "property/set"),
    (Application, "sends", "property/desired/set"),
    (Application, "gets", "property/set/reply"),
    (Device, "sends", "property/post"),
    (Device, "gets", "property/post/reply"),
    (Device, "sends", "event/post"),
    (Device, "gets", "event/post/reply"),
    (Device, "gets", "property/set"),
    (Device, "sends", "property/set_reply"),
    (Device, "gets", "property/get"),
    (Device, "sends", "property/get_reply"),
    (Device, "gets", "service/open/invoke"),
    (Device, "sends", "service/open/invoke_reply"),
    (Application, "gets", "lifecycle offline"),
];

/// The conversation, in its order. `TIME` is any time in milliseconds, `ID` the platform's own
/// number of what it asks, which the answer repeats.
const CONVERSATION: [(Who, &str, &str, &str); 20] = [
    (
        Device,
        "gets",
        "property/get",
        r#"{"id":"ID","version":"1.0","params":["Power"]}"#,
    ),
    (
        Device,
        "sends",
        "property/get_reply",
        r#"{"id":"ID","code":200,"msg":"success","data":{"Power":"on"}}"#,
    ),
    (
        Device,
        "gets",
        "service/open/invoke",
        r#"{"id":"ID","version":"1.0","params":{"door":1}}"#,
    ),
    (
        Device,
        "sends",
        "service/open/invoke_reply",
        r#"{"id":"ID","code":200,"msg":"success","data":{}}"#,
    ),
    (
        Device,
        "sends",
        "property/post",
        r#"{"id":"12345","version":"1.0","params":{"Power":{"value":"on","time":1524448722123},"WF":{"value":23.6,"time":1524448722123}}}"#,
    ),
    (
        Device,
        "gets",
        "property/post/reply",
        r#"{"id":"12345","code":200,"msg":"success"}"#,
    ),
    (
        Application,
        "gets",
        "property",
        r#"{"productId":"00001","deviceName":"real","messageType":"notify","notifyType":"property","data":{"id":"12345","params":{"Power":{"value":"on","time":1524448722123},"WF":{"value":23.6,"time":1524448722123}}}}"#,
    ),
    (
        Device,
        "sends",
        "event/post",
        r#"{"id":"123","version":"1.0","params":{"identifier1":{"value":{"Power":"on","WF":"2"},"time":1524448722123}}}"#,
    ),
    (
        Device,
        "gets",
        "event/post/reply",
        r#"{"id":"123","code":200,"msg":"success"}"#,
    ),
    (
        Application,
        "gets",
        "event",
        r#"{"productId":"00001","deviceName":"real","messageType":"notify","notifyType":"event","data":{"id":"123","version":"1.0","params":{"identifier1":{"value":{"Power":"on","WF":"2"},"time":1524448722123}}}}"#,
    ),
    (
        Application,
        "sends",
        "property/set",
        r#"{"requestId":"8906582E6722409AA6C40E7863B733A5","data":{"version":"1.0","params":{"temperature":"30.5"}}}"#,
    ),
    (
        Device,
        "gets",
        "property/set",
        r#"{"id":"ID","version":"1.0","params":{"temperature":"30.5"}}"#,
    ),
    (
        Device,
        "sends",
        "property/set_reply",
        r#"{"id":"ID","code":200,"msg":"success"}"#,
    ),
    (
        Application,
        "gets",
        "property/set/reply",
        r#"{"requestId":"8906582E6722409AA6C40E7863B733A5","success":true}"#,
    ),
    (
        Application,
        "sends",
        "property/desired/set",
        r#"{"requestId":"8906582E6722409AA6C40E7863B733A6","data":{"params":{"temperature":"31"}}}"#,
    ),
    (
        Device,
        "gets",
        "property/set",
        r#"{"id":"ID","version":"1.0","params":{"temperature":"31"}}"#,
    ),
    (
        Device,
        "sends",
        "property/set_reply",
        r#"{"id":"ID","code":400,"msg":"jammed"}"#,
    ),
    (
        Application,
        "gets",
        "property/set/reply",
        r#"{"requestId":"8906582E6722409AA6C40E7863B733A6","code":"setPropertyFailed","msg":"jammed","success":false}"#,
    ),
    (
        Application,
        "gets",
        "lifecycle offline",
        r#"{"productId":"00001","deviceName":"real","messageType":"lifecycle","data":{"status":"offline","time":"TIME"}}"#,
    ),
    (
        Application,
        "gets",
        "lifecycle",
        r#"{"productId":"00001","deviceName":"real","messageType":"lifecycle","data":{"status":"online","time":"TIME"}}"#,
    ),
];

/// The device's own subscriptions.
const HEARS: [&str; 5] = [
    "property/post/reply",
    "event/post/reply",
    "property/set",
    "property/get",
    "service/open/invoke",
];

/// Holds what came against what is wanted; the number that the platform gave is put into `id`.
fn check(wanted: &str, came: &[u8], id: &mut String) {
    let mut found: Value = serde_json::from_slice(came).unwrap();
    let mut wanted: Value = serde_json::from_str(wanted).unwrap();
    if wanted["id"] == "ID" {
        found["id"].as_str().unwrap().clone_into(id);
        wanted["id"] = found["id"].clone();
    }
    if wanted["data"]["time"] == "TIME" {
        let time = found["data"]["time"].as_u64().unwrap();
        assert!(time > 1_500_000_000_000, "{time} is in milliseconds");
        found["data"]["time"] = json!("TIME");
    }
    assert_eq!(found, wanted);
}

#[test]
fn every_topic_of_the_documentation_is_sent_and_received() {
    let play = "{\"device\":\"00001/real\",\"get\":[\"Power\"]}\n\
                {\"device\":\"00001/real\",\"invoke\":{\"open\":{\"door\":1}}}\n";
    let files = [("p.toml", FILE), ("play", play)];
    let words = "p.toml --play play --format json -v";
    // What is played is for a device that has subscribed, so that it begins with the application.
    let platform = Platform::among(&files, &format!("{words} --wait"));
    let mut device = Client::device(&platform, "real");
    let named = HEARS.map(|thing| topic("real", thing));
    device.listen(&named.each_ref().map(String::as_str));
    let mut app = Client::application(&platform);
    let topics = ["property", "event", "property/set/reply", "lifecycle"];
    let topics = topics.map(|thing| topic("real", thing));
    app.listen(&topics.each_ref().map(String::as_str));
    let mut seen = BTreeSet::new();
    let mut id = String::new();
    let mut device = Some(device);
    for (who, does, thing, payload) in CONVERSATION {
        match thing {
            "lifecycle offline" => device = None,
            "lifecycle" => device = Some(Client::device(&platform, "real")),
            _ => {}
        }
        let client = match (who, &mut device) {
            (Device, Some(device)) => device,
            _ => &mut app,
        };
        let of = topic("real", thing.split(' ').next().unwrap());
        if does == "sends" {
            client.publish(&of, payload.replace("\"ID\"", &format!("\"{id}\"")));
        } else {
            let message = client.message();
            assert_eq!(message.topic, of);
            check(payload, &message.payload, &mut id);
        }
        seen.insert((who, does, thing));
    }
    assert_eq!(seen, BTreeSet::from(TOPICS));
    // What the device answered to what was played is told.
    let ended = platform.end("INT").code(0);
    let said = ended.of("said");
    let things: Vec<_> = said.iter().map(|line| line["thing"].as_str()).collect();
    let wanted = [
        Some("property/get_reply"),
        Some("service/open/invoke_reply"),
    ];
    assert_eq!(things, wanted);
    assert_eq!(ended.summary()["invalid"], 0, "{}", ended.out);
}

#[test]
fn watch_judges_what_the_platform_sends_and_finds_nothing_wrong() {
    let play = r#"{"device":"00001/iot-0001","lifecycle":"offline"}
{"device":"00001/iot-0001","lifecycle":"online"}
{"device":"00001/iot-0001","property":{"Power":"on","WF":23.6}}
{"device":"00001/iot-0001","event":{"overheated":{"WF":"90"}}}
"#;
    let files = [("p.toml", FILE), ("play", play)];
    let platform = Platform::among(&files, "p.toml --play play --wait");
    let address = platform.address();
    pushrig(&format!("mqtt watch {address} {APPLICATION} --count 4"))
        .stdout_has([
            "00001/iot-0001  lifecycle  offline",
            "00001/iot-0001  lifecycle  online",
            "00001/iot-0001  property  Power=on WF=23.6",
            "00001/iot-0001  event  overheated {\"WF\":\"90\"}",
            "4 cases: 4 passed",
        ])
        .any_stderr()
        .exits(0);
    let ended = platform.end("INT").code(0);
    for line in [
        "connected     userid/10311  client id pushrig-",
        "subscribed    userid/10311  $sys/00001/iot-0001/thing/lifecycle  QoS 1",
        "message       00001/iot-0001  property  Power=on WF=23.6  to 1",
        "disconnected  userid/10311  DISCONNECT",
    ] {
        assert!(ended.out.contains(line), "{line}\n{}", ended.out);
    }
}

#[test]
fn set_is_answered_by_a_simulated_device_which_reports_what_changed() {
    let platform = Platform::start("--format json");
    let set = |words: &str| {
        let address = platform.address();
        pushrig(&format!("mqtt set {address} {APPLICATION} {words}"))
    };
    let mut app = Client::application(&platform);
    app.listen(&[&topic("iot-0001", "property")]);
    set("Power=on")
        .stdout_has(["pass   set 00001/iot-0001", "success"])
        .exits(0);
    let reported: Value = serde_json::from_slice(&app.message().payload).unwrap();
    let power = &reported["data"]["params"]["Power"];
    assert_eq!(power["value"], "on", "{reported}");
    assert!(power["time"].as_u64().unwrap() > 1_500_000_000_000);
    set("nothing=1")
        .stdout_has(["fail", "setPropertyFailed", "no property `nothing`"])
        .exits(1);
    set("Power=off --desired").any_stdout().exits(0);
    set("Power=on --desired --no-reply").any_stdout().exits(0);
    let ended = platform.end("INT").code(0);
    let sets = ended.of("set");
    let desired: Vec<_> = sets.iter().map(|line| &line["desired"]).collect();
    assert_eq!(desired, [false, false, true, true]);
    assert_eq!(ended.summary()["succeeded"], 3, "{}", ended.out);
}

/// Each refusal of the documentation, of property/set and of property/desired/set.
#[test]
fn each_documented_refusal_of_a_set_is_replied_by_its_name() {
    let rule = "[[rule]]\nparam = \"gone\"\nanswer = \"deviceNotFound\"\n[[rule]]\nparam = \"mine\"\nanswer = \"authPermissionDeny\"\n";
    let platform = Platform::with(&format!("{FILE}{rule}"), "--format json");
    let mut app = Client::application(&platform);
    let reply = topic("iot-0001", "property/set/reply");
    app.listen(&[&reply]);
    let request = |data: &str| format!(r#"{{"requestId":"A1","data":{data}}}"#);
    for (data, code, msg) in [
        (
            r#"{"version":"1.0"}"#,
            "parameterRequired",
            "data.params is missing",
        ),
        (
            r#"{"params":[1]}"#,
            "invalidParameter",
            "`params` is a list and not an object",
        ),
        (
            r#"{"params":"on"}"#,
            "invalidParameter",
            "`params` is a text and not an object",
        ),
        (
            r#"{"version":1,"params":{"WF":1}}"#,
            "invalidParameter",
            "`version` is a number and not a text",
        ),
        (
            r#"{"params":{"gone":1}}"#,
            "deviceNotFound",
            "device does not exist",
        ),
        (
            r#"{"params":{"mine":1}}"#,
            "authPermissionDeny",
            "permission denied",
        ),
        (
            r#"{"params":{"nothing":1}}"#,
            "setPropertyFailed",
            "no property `nothing`",
        ),
        // The page's own sample of a reply has this trailing comma; no writer may copy it.
        (
            r#"{"params":{"WF":1},}"#,
            "invalidParameter",
            "not strict JSON: a comma before a closing bracket",
        ),
    ] {
        for thing in ["property/set", "property/desired/set"] {
            app.publish(&topic("iot-0001", thing), request(data));
            let message = app.message();
            assert_eq!(message.topic, reply);
            let found: Value = serde_json::from_slice(&message.payload).unwrap();
            let (id, is) = (&found["requestId"], &found["success"]);
            assert_eq!((id, is), (&json!("A1"), &json!(false)), "{data}");
            assert_eq!(found["code"], code, "{data}");
            let text = found["msg"].as_str().unwrap();
            assert!(text.contains(msg), "{data}: {text}");
        }
    }
    assert_eq!(platform.end("INT").code(0).summary()["succeeded"], 0);
}

#[test]
fn what_becomes_of_a_set_that_nobody_can_hear_of_is_told() {
    let platform = Platform::start("--format json");
    let mut app = Client::application(&platform);
    let request = |data: &str| format!(r#"{{"requestId":"A1","data":{data}}}"#);
    // These replies cannot be subscribed to.
    for (name, code) in [
        ("nobody", "deviceNotFound"),
        ("foreign", "authPermissionDeny"),
    ] {
        app.publish(
            &topic(name, "property/set"),
            request(r#"{"params":{"WF":1}}"#),
        );
        platform.says(&format!(
            r#""device":"00001/{name}","request_id":"A1","success":false,"refusal":["{code}""#
        ));
    }
    app.publish(
        &topic("real", "property/set"),
        request(r#"{"params":{"WF":1}}"#),
    );
    platform.says(r#"["setPropertyFailed","the device is offline"],"by":"the platform""#);
    app.publish(
        &topic("iot-0001", "property/set"),
        r#"{"data":{"params":{"WF":1}}}"#,
    );
    platform
        .says(r#""code":"parameterRequired","why":"without a requestId nobody can be answered""#);
    assert!(app.settled().is_empty());
    assert_eq!(platform.end("INT").code(0).summary()["succeeded"], 0);
}

/// The documentation prints `"success": true,` with a comment and a comma behind it.
#[test]
fn what_the_platform_writes_is_strict_json_where_the_documentation_is_not() {
    let platform = Platform::start("-q");
    let mut app = Client::application(&platform);
    app.listen(&[&topic("iot-0001", "property/set/reply")]);
    let sample = "{\n    \"requestId\": \"8906582E6722409AA6C40E7863B733A5\",\n    \"data\": {\n        \"version\": \"1.0\",  // 可选,不填默认为1.0\n        \"params\": {        // 属性设置,必须为对\n            \"Power\":\"30.5\"\n        }\n    }  \n}";
    // As printed it has comments, which are no JSON; without them it is taken.
    app.publish(&topic("iot-0001", "property/set"), sample);
    let found: Value = serde_json::from_slice(&app.message().payload).unwrap();
    assert_eq!(found["code"], "invalidParameter", "{found}");
    let lines = sample.lines();
    let strict: String = lines.map(|line| line.split("//").next().unwrap()).collect();
    app.publish(&topic("iot-0001", "property/set"), strict);
    let reply = r#"{"requestId":"8906582E6722409AA6C40E7863B733A5","success":true}"#;
    assert_eq!(app.message().payload, reply);
    platform.end("INT").code(0);
}
