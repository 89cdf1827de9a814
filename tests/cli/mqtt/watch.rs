//! What comes: shown, judged, kept, acknowledged.

use bytes::BytesMut;
use pushrig::mqtt::packet::{self, ConnectReturnCode, Packet, QoS};
use serde_json::{Value, json};

use super::{
    APPLICATION, EVENT, HAPPENED, KEY, LIFECYCLE, ONLINE, PRINTED_REPLY, PROPERTY, REPLY, REPORTED,
    deliver,
};
use crate::broker::Broker;
use crate::capture::schema;
use crate::harness::{Pushrig, pushrig};

fn watch(broker: &Broker, words: &str) -> Pushrig {
    pushrig(&format!(
        "mqtt watch {} {APPLICATION} {words}",
        broker.url()
    ))
}

/// One message, and the line that it makes.
fn one(topic: &'static str, payload: impl AsRef<[u8]> + Send + 'static, code: i32) -> Value {
    let broker = Broker::start(move |mut peer| {
        peer.accept();
        peer.publish(topic, 0, &payload);
        peer.until_gone();
    });
    let ran = watch(&broker, "--count 1 --format json")
        .any_stdout()
        .exits(code);
    let lines = ran.json();
    let types: Vec<_> = lines
        .iter()
        .map(|line| line["type"].as_str().unwrap())
        .collect();
    assert_eq!(types, ["ready", "message", "summary"]);
    lines[1].clone()
}

#[test]
fn every_kind_of_message_is_a_line_that_says_it_at_a_glance() {
    let messages = [
        (LIFECYCLE, ONLINE),
        (PROPERTY, REPORTED),
        (EVENT, HAPPENED),
        (REPLY, PRINTED_REPLY),
    ];
    let broker = Broker::start(move |peer| deliver(peer, &messages));
    let call = watch(&broker, "--count 4").stdout_has([
        "pass   ",
        "Z  00001/iot-0001  lifecycle  online\n",
        "00001/iot-0001  property  Power=on WF=23.6\n",
        "00001/iot-0001  event  identifier1 {\"Power\":\"on\",\"WF\":\"2\"}\n",
        "00001/iot-0001  reply  8906582E6722409AA6C40E7863B733A5 success\n",
        "warning   not strict JSON: ",
        "4 cases: 4 passed, 2 warnings",
        "counts    messages 4  lifecycle 1  property 1  event 1  reply 1  online 1\n",
    ]);
    let url = broker.url();
    call.stderr(format!(
        "ready: connected to {url} as userid/10311, 4 topics; nothing is buffered: what was sent \
         before is not shown\n"
    ))
    .exits(0);
}

#[test]
fn a_user_and_a_group_connect_with_a_token_whose_res_is_their_name() {
    for (who, res) in [
        ("--user 10311", "userid%2F10311"),
        (
            "--project KLza8R --group g1 --method sha256",
            "projectid%2FKLza8R%2Fgroupid%2Fg1",
        ),
    ] {
        let broker = Broker::start(move |mut peer| {
            let connect = peer.accept();
            let login = connect.login.unwrap();
            assert_eq!(login.username, res.replace("%2F", "/"));
            assert!(connect.client_id.starts_with("pushrig-") && connect.client_id.len() == 16);
            assert!(connect.clean_session && connect.keep_alive == 60);
            let start = format!("version=2020-05-29&res={res}&et=1623982416&method=");
            assert!(login.password.starts_with(&start), "{}", login.password);
            if res.starts_with("userid") {
                // The sign of the documentation.
                assert!(
                    login
                        .password
                        .ends_with("&sign=qEcjgJXhELte15mzZm%2FziCmGdFw%3D")
                );
            }
            peer.publish(LIFECYCLE, 0, ONLINE);
            peer.until_gone();
        });
        let call = format!(
            "mqtt watch {} {who} --device 00001/iot-0001 --count 1 --now 1623978816 -q",
            broker.url()
        );
        pushrig(&call)
            .env("PUSHRIG_ACCESS_KEY", KEY)
            .any_stdout()
            .exits(0);
    }
}

#[test]
fn a_token_that_is_given_is_sent_as_it_is_and_names_the_user() {
    let token = "version=2020-05-29&res=userid%2F7&et=99999999999&method=sha1&sign=x%3D";
    let broker = Broker::start(move |mut peer| {
        let login = peer.accept().login.unwrap();
        assert_eq!(
            (login.username.as_str(), login.password.as_str()),
            ("userid/7", token)
        );
        peer.publish(LIFECYCLE, 0, ONLINE);
        peer.until_gone();
    });
    let call = format!(
        "mqtt watch {} --device 00001/iot-0001 --count 1 -q --token env:T",
        broker.url()
    );
    pushrig(&call)
        .env("T", token)
        .secret(token)
        .any_stdout()
        .exits(0);
}

#[test]
fn devices_of_flags_and_files_are_subscribed_to_once_each_and_only_what_was_chosen() {
    let broker = Broker::start(|mut peer| {
        peer.accept();
        let expected = ["1/a", "1/b", "1/c"].map(|device| format!("$sys/{device}/thing/event"));
        assert_eq!(peer.filters[..3], expected);
        assert_eq!(peer.filters[3..], ["x/#"]);
        peer.publish("x/y", 0, "hi");
        peer.until_gone();
    });
    let call = format!(
        "mqtt watch {} --device 1/a --devices list --only event --topic x/# --count 1 -q",
        broker.url()
    );
    pushrig(&call)
        .file("list", "# ours\n1/b\n1/a\n\n1/c # new\n")
        .any_stdout()
        .exits(0);
}

#[test]
fn many_devices_are_asked_for_in_several_packets_and_the_ready_file_waits_for_all() {
    let lines: Vec<_> = (0..100).map(|n| format!("1/{n}\n")).collect();
    let list = lines.concat();
    let scratch = tempfile::tempdir().unwrap();
    let ready = scratch.path().join("ready");
    let there = ready.clone();
    let broker = Broker::start(move |mut peer| {
        peer.connect();
        peer.connack(ConnectReturnCode::Success);
        while peer.filters.len() < 400 {
            assert!(!there.exists());
            peer.subscribed(super::all);
        }
        while !there.exists() {
            std::thread::yield_now();
        }
        peer.publish("$sys/1/99/thing/lifecycle", 0, "{}");
        peer.until_gone();
    });
    let call = format!("mqtt watch {} --devices list --count 1", broker.url());
    pushrig(&call)
        .file("list", list)
        .arg("--ready-file")
        .arg(&ready)
        .any_stdout()
        .stderr_has(["400 topics"])
        .exits(1);
    let url = std::fs::read_to_string(&ready).unwrap();
    assert_eq!(url, format!("{}\n", broker.url()));
}

#[test]
fn a_message_is_a_line_of_json_with_its_payload_as_it_came() {
    let line = one(LIFECYCLE, ONLINE, 0);
    assert_eq!(
        line["payload"],
        serde_json::from_str::<Value>(ONLINE).unwrap()
    );
    let expected = json!({
        "id": "#1", "outcome": "pass", "device": "00001/iot-0001", "kind": "lifecycle",
        "topic": LIFECYCLE, "qos": 0, "retain": false, "dup": false, "encoding": "json",
        "flaws": [], "warnings": [],
    });
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(&line[name], value, "{name}");
    }
    assert!(line["at"].as_str().unwrap().ends_with('Z'));
    // Lines are parsed as lines: one that came over many is put into one.
    assert_eq!(
        one(PROPERTY, REPORTED, 0)["payload"]["data"]["params"]["WF"]["value"],
        23.6
    );
}

#[test]
fn the_comma_of_the_documentation_is_a_warning_and_no_failure() {
    let line = one(REPLY, PRINTED_REPLY, 0);
    assert_eq!(
        (&line["encoding"], &line["outcome"]),
        (&json!("repaired"), &json!("pass"))
    );
    assert_eq!(line["payload"]["success"], true);
    let warnings = line["warnings"].as_array().unwrap();
    assert!(
        warnings
            .iter()
            .all(|it| it.as_str().unwrap().starts_with("not strict JSON: "))
    );
    assert_eq!(warnings.len(), 2);
}

#[test]
fn a_shape_that_is_not_the_documented_one_fails_and_is_named() {
    for (topic, payload, flaw) in [
        (
            LIFECYCLE,
            ONLINE.replace("online", "up"),
            "`status` is \"up\", known are online, offline",
        ),
        (
            LIFECYCLE,
            ONLINE.replace("iot-0001", "iot-0002"),
            "`deviceName` is \"iot-0002\" and not \"iot-0001\"",
        ),
        (
            PROPERTY,
            REPORTED.replace("1524448722123", "1524448722"),
            "`Power`: `time` is 1524448722: seconds, where milliseconds belong",
        ),
        (
            EVENT,
            HAPPENED.replace("\"version\":\"1.0\",", ""),
            "`version` is missing",
        ),
        (
            REPLY,
            r#"{"requestId":"1","success":false}"#.to_owned(),
            "`code` is missing",
        ),
    ] {
        let line = one(topic, payload, 1);
        assert_eq!(line["outcome"], "fail");
        assert_eq!(line["flaws"][0], flaw, "{line}");
    }
}

#[test]
fn what_is_no_json_is_given_as_text_or_as_base64() {
    let line = one(PROPERTY, "Power=on", 1);
    assert_eq!(
        (&line["encoding"], &line["payload"]),
        (&json!("text"), &json!("Power=on"))
    );
    assert!(
        line["flaws"][0]
            .as_str()
            .unwrap()
            .starts_with("it is not JSON: ")
    );
    let line = one(PROPERTY, [0xFF, 0], 1);
    assert_eq!(
        (&line["encoding"], &line["payload"]),
        (&json!("base64"), &json!({"base64": "/wA="}))
    );
    // Nothing is documented of other topics.
    let line = one("sensors/1", "21.5 C", 0);
    assert_eq!(
        (&line["kind"], &line["device"]),
        (&json!("other"), &Value::Null)
    );
}

#[test]
fn a_topic_that_nobody_subscribed_to_and_retained_and_repeated_ones_are_marked() {
    let broker = Broker::start(|mut peer| {
        peer.accept();
        let mut message = peer.message("elsewhere", 1, "a\u{1b}[2J\u{202e}");
        (message.retain, message.dup) = (true, true);
        peer.send(&Packet::Publish(message));
        peer.until_gone();
    });
    watch(&broker, "--count 1 -v")
        .stdout_has([
            "elsewhere  a\\x1b[2J\\u{202e}  (retained, dup)\n",
            "warning   nobody subscribed to this topic\n",
            "topic     elsewhere\n",
            "qos       1\n",
            "payload   a\\x1b[2J\\u{202e}\n",
        ])
        .any_stderr()
        .exits(0);
}

#[test]
fn quiet_shows_what_is_not_right_and_the_summary() {
    let messages = [(LIFECYCLE, ONLINE), (PROPERTY, "{}")];
    let broker = Broker::start(move |peer| deliver(peer, &messages));
    let ran = watch(&broker, "--count 2 -q").any_stdout().exits(1);
    assert!(!ran.text().contains("lifecycle  online"), "{}", ran.text());
    assert!(
        ran.text().contains("fail ") && ran.text().contains("flaw      `productId` is missing\n")
    );
    assert!(ran.text().contains("2 cases: 1 passed, 1 failed"));
}

/// The acknowledgements of what came together leave together, behind the write of all of it.
#[test]
fn a_message_of_qos_1_is_acknowledged_when_it_is_in_the_capture() {
    let scratch = tempfile::tempdir().unwrap();
    let file = scratch.path().join("c.ndjson");
    let there = file.clone();
    let broker = Broker::start(move |mut peer| {
        peer.accept();
        let mut together = BytesMut::new();
        let sent: Vec<_> = [(PROPERTY, REPORTED), ("x", "\u{0}\u{1}")]
            .map(|(topic, payload)| peer.message(topic, 1, payload))
            .into();
        for message in &sent {
            packet::write(&Packet::Publish(message.clone()), &mut together).unwrap();
        }
        peer.raw(&together);
        for message in &sent {
            peer.puback(message.pkid);
            let kept = std::fs::read_to_string(&there).unwrap();
            assert!(kept.lines().count() >= usize::from(message.pkid), "{kept}");
        }
        peer.publish("y", 0, [0xFF]);
        peer.until_gone();
    });
    watch(&broker, "-q --count 3 --topic + --capture")
        .arg(&file)
        .any_stdout()
        .exits(0);
    let text = std::fs::read_to_string(&file).unwrap();
    let records: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let schema = schema();
    assert!(
        records.iter().all(|record| schema.is_valid(record)),
        "{text}"
    );
    let expected = [
        json!({"topic": PROPERTY, "qos": 1, "retain": false, "direction": "received", "payload": REPORTED}),
        json!({"topic": "x", "qos": 1, "retain": false, "direction": "received", "payload": "\u{0}\u{1}"}),
        json!({"topic": "y", "qos": 0, "retain": false, "direction": "received", "payload": {"base64": "/w=="}}),
    ];
    let messages: Vec<_> = records
        .iter()
        .map(|record| record["mqtt"].clone())
        .collect();
    assert_eq!(messages, expected);
    let peer = broker.url().replace("mqtt://", "");
    for (record, platform) in records
        .iter()
        .zip([json!("onenet-studio"), Value::Null, Value::Null])
    {
        assert_eq!(
            (&record["platform"], &record["peer"]),
            (&platform, &json!(peer))
        );
    }
    shown_and_refused_elsewhere(&text);
}

/// Other subcommands say plainly what they do with such a record.
fn shown_and_refused_elsewhere(text: &str) {
    pushrig("capture show c.ndjson")
        .file("c.ndjson", text)
        .stdout_has([
            "received $sys/00001/iot-0001/thing/property  qos 1\n",
            "Power",
            "\\xff",
        ])
        .exits(0);
    pushrig("capture show c.ndjson --as body --select 2-3")
        .file("c.ndjson", text)
        .stdout(b"\0\x01\n\xff\n")
        .exits(0);
    for call in [
        "verify onenet --token t c.ndjson",
        "replay c.ndjson --to http://127.0.0.1:9",
        "capture show c.ndjson --as curl",
    ] {
        let ran = pushrig(call)
            .file("c.ndjson", text)
            .any_stdout()
            .any_stderr()
            .any_end();
        let said = format!("{}{}", ran.text(), ran.talk());
        assert!(
            said.contains("holds an MQTT message and no HTTP request"),
            "{call}: {said}"
        );
    }
}

#[test]
fn a_capture_that_cannot_be_written_is_an_error_and_the_rest_goes_on() {
    if cfg!(target_os = "linux") {
        let messages = [(LIFECYCLE, ONLINE)];
        let broker = Broker::start(move |peer| deliver(peer, &messages));
        watch(&broker, "--count 1 --capture /dev/full")
            .stdout_has(["lifecycle  online"])
            .stderr_has(["cannot write /dev/full"])
            .exits(3);
    }
}

#[test]
fn qos_0_is_granted_or_asked_for_and_said_where_it_is_less() {
    let broker = Broker::start(|mut peer| {
        peer.connect();
        peer.connack(ConnectReturnCode::Success);
        peer.subscribed(|_| Some(QoS::AtMostOnce));
        peer.publish(LIFECYCLE, 0, ONLINE);
        peer.until_gone();
    });
    watch(&broker, "--count 1")
        .any_stdout()
        .stderr_has([
            "warning: the broker grants QoS 0 to $sys/00001/iot-0001/thing/lifecycle, and 1",
        ])
        .exits(0);
    let ran = watch(&broker, "--count 1 --qos 0")
        .any_stdout()
        .any_stderr()
        .exits(0);
    assert!(!ran.talk().contains("grants"), "{}", ran.talk());
}

#[test]
fn a_refused_topic_names_its_device_and_all_of_them_refused_is_the_end() {
    let broker = Broker::start(|mut peer| {
        peer.connect();
        peer.connack(ConnectReturnCode::Success);
        peer.subscribed(|filter| filter.contains("00001").then_some(QoS::AtLeastOnce));
        if peer.filters.iter().any(|it| it.contains("00001")) {
            peer.publish(LIFECYCLE, 0, ONLINE);
        }
        peer.until_gone();
    });
    watch(&broker, "--device 2/b --only lifecycle --count 1")
        .stdout_has([
            "fail   subscribe 2/b  refused by SUBACK 0x80\n",
            "hint      is there a device 2/b, spelt so",
            "topic     $sys/2/b/thing/lifecycle\n",
            "lifecycle  online",
        ])
        .any_stderr()
        .exits(1);
    let call = format!(
        "mqtt watch {} --device 2/b --only event,reply",
        broker.url()
    );
    let ran = pushrig(&call)
        .stdout_has(["2/b/thing/event", "2/b/thing/property/set/reply"])
        .exits(1);
    let told = ran.text().matches("refused by SUBACK").count();
    assert_eq!(told, 1, "{}", ran.text());
    assert!(!ran.talk().contains("ready"), "{}", ran.talk());
}

#[test]
fn reports_have_each_message_and_what_is_wrong_with_it() {
    let messages = [(LIFECYCLE, ONLINE), (PROPERTY, "{}")];
    let broker = Broker::start(move |peer| deliver(peer, &messages));
    let ran = watch(&broker, "--count 2 -q --report json=r.json")
        .any_stdout()
        .exits(1);
    let report: Value = serde_json::from_slice(&ran.read("r.json")).unwrap();
    assert_eq!(report["command"], "mqtt watch");
    assert_eq!(report["cases"][0]["id"], "#1 00001/iot-0001  lifecycle");
    assert_eq!(report["cases"][1]["outcome"], "fail");
    assert_eq!(report["cases"][1]["details"]["payload"], "{}");
    assert_eq!(report["summary"]["counters"]["invalid"], 1);
}
