use std::time::Duration;

use jiff::Timestamp;

use super::*;
use crate::mqtt::packet::{
    self, Connect, ConnectReturnCode, Login, Publish, QoS, Subscribe, SubscribeFilter,
    SubscribeReasonCode, Unsubscribe,
};
use crate::studio::broker::Tells;
use crate::studio::deed::Reader;

mod connections;
mod doors;
mod fuzz;
mod sets;

const KEY: &str = "XU/H2c4SmG6sZ3IRkomTQ1b/XzkDsl+1xzVh0gr1JaAC9Ugo7BNIAJEaAH+MK7i+";
const OTHER_KEY: &str = "KuF3NT/jUBJ62LNBB/A8XZA9CqS3Cu79B/ABmfA1UCw=";

/// A platform with two applications, a simulated device, a real one, and one of another account.
const FILE: &str = r#"
[[user]]
id = "10311"
access_key = "XU/H2c4SmG6sZ3IRkomTQ1b/XzkDsl+1xzVh0gr1JaAC9Ugo7BNIAJEaAH+MK7i+"
[[group]]
project = "KLza8R"
group = "g1"
access_key = "KuF3NT/jUBJ62LNBB/A8XZA9CqS3Cu79B/ABmfA1UCw="
[[device]]
product = "00001"
name = "iot-0001"
properties = { Power = "off", WF = 23.6 }
services = ["open"]
[[device]]
product = "00001"
name = "real"
key = "KuF3NT/jUBJ62LNBB/A8XZA9CqS3Cu79B/ABmfA1UCw="
[[device]]
product = "00001"
name = "foreign"
of = ["projectid/KLza8R/groupid/g1"]
"#;

const MILLIS: i64 = 1_524_448_722_123;

fn at(seconds: u64) -> Now {
    Now {
        elapsed: Duration::from_secs(seconds),
        millis: MILLIS,
    }
}

/// A site, and what has come out of it.
struct Stage {
    site: Site,
    out: Vec<Action>,
    now: Now,
}

impl Stage {
    fn with(rules: &str) -> Self {
        let text = format!("{FILE}{rules}");
        let mut find = |text: &str| Ok(Secret::new(text));
        let registry = Registry::read("platform.toml", &text, &mut find).unwrap();
        let mut site = Site::new(registry, Moment::fixed(Timestamp::UNIX_EPOCH, 1));
        site.broker.tell_messages(Tells::All);
        let mut out = Vec::new();
        assert!(!site.start(9, at(0), &mut out).unwrap());
        out.clear();
        let now = at(0);
        Self { site, out, now }
    }

    fn new() -> Self {
        Self::with("")
    }

    fn send(&mut self, key: Key, packet: Packet) {
        self.site.take(key, packet, self.now, &mut self.out);
    }

    fn play(&mut self, line: &str) {
        let deed = Reader::default().read(line.as_bytes()).unwrap().unwrap();
        self.site.play(&deed, self.now, &mut self.out).unwrap();
    }

    fn tick(&mut self, seconds: u64) {
        self.now = at(seconds);
        let now = self.now;
        self.site
            .with(now, &mut self.out, |broker, out| broker.tick(now, out));
    }

    fn connect(&mut self, key: Key, client_id: &str, username: &str, token: &str) {
        self.site.broker.accept(key, "peer".to_owned(), self.now);
        let mut connect = Connect::new(client_id);
        connect.login = Some(Login::new(username, token));
        self.send(key, Packet::Connect(connect));
    }

    /// The application of user 10311, listening to these topics of a device.
    fn application(&mut self, key: Key, topics: &[&str]) {
        let token = token("2020-05-29", "userid/10311", KEY);
        self.connect(key, &format!("app{key}"), "userid/10311", &token);
        self.subscribe(key, "iot-0001", topics);
        self.out.clear();
    }

    fn subscribe(&mut self, key: Key, device: &str, topics: &[&str]) {
        for topic in topics {
            let topic = format!("$sys/00001/{device}/thing/{topic}");
            let mut subscribe = Subscribe::new(topic, QoS::AtLeastOnce);
            subscribe.pkid = 1;
            self.send(key, Packet::Subscribe(subscribe));
        }
    }

    fn real_device(&mut self, key: Key, topics: &[&str]) {
        let token = token("2018-10-31", "products/00001/devices/real", OTHER_KEY);
        self.connect(key, "real", "00001", &token);
        self.subscribe(key, "real", topics);
    }

    fn publish(&mut self, key: Key, device: &str, topic: &str, payload: &str) {
        let topic = format!("$sys/00001/{device}/thing/{topic}");
        let publish = Publish::new(topic, QoS::AtMostOnce, payload);
        self.send(key, Packet::Publish(publish));
    }

    /// The messages that went to a connection since the last time: what follows `thing/`, and the
    /// payload.
    fn messages(&mut self, key: Key) -> Vec<(String, String)> {
        let mut messages = Vec::new();
        for action in &self.out {
            if let Action::Send(to, Packet::Publish(publish)) = action
                && *to == key
            {
                let (_, thing) = publish.topic.split_once("/thing/").unwrap();
                let payload = String::from_utf8(publish.payload.to_vec()).unwrap();
                messages.push((thing.to_owned(), payload));
            }
        }
        self.out.clear();
        messages
    }

    fn replies(&mut self, key: Key) -> Vec<String> {
        let messages = self.messages(key).into_iter();
        let replies = messages.filter(|(thing, _)| thing == "property/set/reply");
        replies.map(|(_, payload)| payload).collect()
    }

    fn told(&self) -> Vec<&Told> {
        let told = self.out.iter().filter_map(|action| match action {
            Action::Tell(told) => Some(told),
            _ => None,
        });
        told.collect()
    }

    fn is_closed(&self, key: Key) -> bool {
        self.out.contains(&Action::Close(key))
    }

    fn connack(&self, key: Key) -> Option<ConnectReturnCode> {
        self.out.iter().find_map(|action| match action {
            Action::Send(to, Packet::ConnAck(ack)) if *to == key => Some(ack.code),
            _ => None,
        })
    }
}

fn token(version: &str, res: &str, key: &str) -> String {
    let mut secrets = Secrets::new();
    secrets.push(SecretName::AccessKey, Secret::new(key));
    let token = Token::issue(version, res, "1924833600", "sha1", &secrets).unwrap();
    token.compose()
}

const SET: &str = r#"{"requestId":"A1","data":{"version":"1.0","params":{"Power":"on"}}}"#;
const SUCCESS: &str = r#"{"requestId":"A1","success":true}"#;

fn refused(code: &str, msg: &str) -> String {
    format!(r#"{{"requestId":"A1","code":"{code}","msg":"{msg}","success":false}}"#)
}

#[test]
fn a_property_goes_from_the_application_through_the_platform_to_the_device_and_back() {
    let mut stage = Stage::new();
    stage.application(1, &["property", "property/set/reply"]);
    stage.publish(1, "iot-0001", "property/set", SET);
    let property = r#"{"productId":"00001","deviceName":"iot-0001","messageType":"notify","notifyType":"property","data":{"id":"1","params":{"Power":{"value":"on","time":1524448722123}}}}"#;
    assert_eq!(
        stage.messages(1),
        [
            ("property/set/reply".to_owned(), SUCCESS.to_owned()),
            ("property".to_owned(), property.to_owned())
        ]
    );
    stage.play(r#"{"device":"00001/iot-0001","get":["Power"]}"#);
    let answer = stage.told().into_iter().find_map(|told| match told {
        Told::DeviceSaid { thing, payload, .. } => Some((thing.clone(), payload.clone())),
        _ => None,
    });
    let (thing, payload) = answer.unwrap();
    assert_eq!(thing, "property/get_reply");
    let expected = r#"{"id":"2","code":200,"msg":"success","data":{"Power":"on"}}"#;
    assert_eq!(payload, expected.as_bytes());
}

#[test]
fn what_is_played_reaches_who_listens_and_nobody_else() {
    let mut stage = Stage::new();
    stage.application(1, &["lifecycle", "event"]);
    stage.application(2, &["property"]);
    stage.play(r#"{"device":"00001/iot-0001","event":{"overheated":{"WF":"90"}}}"#);
    stage.play(r#"{"device":"00001/iot-0001","property":{"WF":24.10}}"#);
    stage.play(r#"{"device":"00001/iot-0001","lifecycle":"offline"}"#);
    stage.play(r#"{"device":"00001/iot-0001","lifecycle":"online"}"#);
    let out = stage.out.clone();
    let heard = stage.messages(1);
    let things: Vec<_> = heard.iter().map(|(thing, _)| thing.as_str()).collect();
    assert_eq!(things, ["event", "lifecycle", "lifecycle"]);
    assert!(heard[0].1.contains(r#""overheated":{"value":{"WF":"90"}"#));
    assert!(heard[1].1.contains("offline") && heard[2].1.contains("online"));
    stage.out = out;
    let heard = stage.messages(2);
    assert_eq!(heard.len(), 1);
    assert!(heard[0].1.contains(r#""WF":{"value":24.10,"#), "{heard:?}");
}

#[test]
fn what_nobody_listens_to_is_gone() {
    let mut stage = Stage::new();
    let before = stage.site.broker.counters().lost;
    stage.play(r#"{"device":"00001/iot-0001","property":{"WF":1}}"#);
    assert_eq!(stage.site.broker.counters().lost, before + 1);
    stage.application(1, &["property"]);
    assert_eq!(stage.messages(1), []);
}

#[test]
fn a_set_is_refused_by_the_platforms_names() {
    let mut stage = Stage::new();
    stage.application(1, &["property/set/reply"]);
    let mut ask = |payload: &str| {
        stage.publish(1, "iot-0001", "property/set", payload);
        stage.replies(1)
    };
    let missing = r#"{"requestId":"A1","data":{}}"#;
    assert_eq!(
        ask(missing),
        [refused("parameterRequired", "data.params is missing")]
    );
    let list = r#"{"requestId":"A1","data":{"params":[]}}"#;
    let why = "`params` is a list and not an object";
    assert_eq!(ask(list), [refused("invalidParameter", why)]);
    let unknown = r#"{"requestId":"A1","data":{"params":{"nope":1}}}"#;
    assert_eq!(
        ask(unknown),
        [refused("setPropertyFailed", "no property `nope`")]
    );
    assert_eq!(
        ask(r#"{"data":{"params":{}}}"#),
        [""; 0],
        "there is no requestId"
    );
    assert_eq!(ask("not json"), [""; 0]);
}

#[test]
fn a_device_that_is_unknown_foreign_or_offline_is_told_apart() {
    let mut stage = Stage::new();
    stage.application(1, &["property/set/reply"]);
    // Nobody may listen to the replies of a device that he does not see.
    let answer = |stage: &mut Stage, device: &str| {
        stage.publish(1, device, "property/set", SET);
        let told = stage.told().into_iter().find_map(|told| match told {
            Told::Answered { refusal, .. } => refusal.clone(),
            _ => None,
        });
        stage.out.clear();
        told.unwrap()
    };
    let unknown = answer(&mut stage, "nobody");
    assert_eq!(
        unknown,
        ("deviceNotFound".into(), "device does not exist".into())
    );
    assert_eq!(answer(&mut stage, "foreign").0, "authPermissionDeny");
    let offline = answer(&mut stage, "real");
    assert_eq!(
        offline,
        ("setPropertyFailed".into(), "the device is offline".into())
    );
    stage.real_device(7, &[]);
    assert!(answer(&mut stage, "real").1.contains("has not subscribed"));
}

#[test]
fn a_real_device_is_asked_and_its_answer_comes_back() {
    let mut stage = Stage::new();
    stage.application(1, &[]);
    stage.subscribe(1, "real", &["property/set/reply", "lifecycle", "event"]);
    stage.real_device(7, &["property/set", "event/post/reply"]);
    let heard = stage.messages(1);
    assert!(heard[0].1.contains(r#""status":"online""#), "{heard:?}");
    stage.publish(1, "real", "property/set", SET);
    let out = stage.out.clone();
    let asked = stage.messages(7);
    let expected = r#"{"id":"1","version":"1.0","params":{"Power":"on"}}"#;
    assert_eq!(asked, [("property/set".to_owned(), expected.to_owned())]);
    drop(out);
    stage.publish(
        7,
        "real",
        "property/set_reply",
        r#"{"id":"1","code":200,"msg":"success"}"#,
    );
    assert_eq!(stage.replies(1), [SUCCESS]);
    // Its answer counts once.
    stage.publish(
        7,
        "real",
        "property/set_reply",
        r#"{"id":"1","code":200,"msg":"success"}"#,
    );
    assert_eq!(stage.replies(1), [""; 0]);
    stage.publish(1, "real", "property/set", SET);
    stage.publish(
        7,
        "real",
        "property/set_reply",
        r#"{"id":"2","code":500,"msg":"jammed"}"#,
    );
    assert_eq!(stage.replies(1), [refused("setPropertyFailed", "jammed")]);
    let event =
        r#"{"id":"9","version":"1.0","params":{"a":{"value":{"x":1},"time":1524448722123}}}"#;
    stage.publish(7, "real", "event/post", event);
    let out = stage.out.clone();
    let reply = r#"{"id":"9","code":200,"msg":"success"}"#;
    assert_eq!(
        stage.messages(7),
        [("event/post/reply".to_owned(), reply.to_owned())]
    );
    stage.out = out;
    assert!(
        stage.messages(1)[0]
            .1
            .contains(r#""notifyType":"event","data":{"id":"9""#)
    );
    stage.publish(7, "real", "event/post", r#"{"id":"10","params":{"a":1}}"#);
    assert!(stage.messages(7)[0].1.contains(r#""code":400"#));
    stage.send(7, Packet::Disconnect);
    assert!(stage.is_closed(7));
    assert!(stage.messages(1)[0].1.contains(r#""status":"offline""#));
}

#[test]
fn a_device_that_does_not_answer_is_given_up_and_nothing_is_replied() {
    let mut stage = Stage::new();
    stage.application(1, &[]);
    stage.subscribe(1, "real", &["property/set/reply"]);
    stage.real_device(7, &["property/set"]);
    stage.publish(1, "real", "property/set", SET);
    stage.out.clear();
    stage.tick(4);
    assert!(stage.told().is_empty());
    stage.tick(6);
    assert!(
        matches!(stage.told()[..], [Told::Answered { request_id, success: None, .. }] if request_id == "A1")
    );
    assert_eq!(stage.replies(1), [""; 0]);
}

#[test]
fn a_desired_value_waits_for_the_device() {
    let mut stage = Stage::new();
    stage.application(1, &[]);
    stage.subscribe(1, "real", &["property/set/reply"]);
    stage.publish(1, "real", "property/desired/set", SET);
    assert_eq!(stage.replies(1), [SUCCESS]);
    stage.real_device(7, &["property/set"]);
    let asked = stage.messages(7);
    assert_eq!(asked[0].0, "property/set");
    assert!(asked[0].1.contains(r#""params":{"Power":"on"}"#));
    stage.publish(
        7,
        "real",
        "property/set_reply",
        r#"{"id":"1","code":200,"msg":"success"}"#,
    );
    assert_eq!(stage.replies(1), [""; 0], "it was answered before");
}

#[test]
fn the_simulated_devices_report_in_turn() {
    let mut stage = Stage::new();
    stage.application(1, &["property"]);
    let now = stage.now;
    // There are two simulated devices, and one of them is another account's.
    for _ in 0..4 {
        assert!(stage.site.report(now, &mut stage.out));
    }
    assert_eq!(stage.messages(1).len(), 2);
}
