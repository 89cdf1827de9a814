//! `mqtt set`: what is sent, and what becomes of it.

use std::time::{Duration, Instant};

use pushrig::mqtt::packet::{ConnectReturnCode, Publish, QoS};
use serde_json::{Value, json};

use super::{APPLICATION, REPLY};
use crate::broker::{Broker, Peer};
use crate::harness::{Pushrig, pushrig};

const SET: &str = "$sys/00001/iot-0001/thing/property/set";
const DESIRED: &str = "$sys/00001/iot-0001/thing/property/desired/set";

fn set(broker: &Broker, words: &str) -> Pushrig {
    pushrig(&format!("mqtt set {} {APPLICATION} {words}", broker.url()))
}

/// A broker that answers what is set, once it was subscribed to.
fn answering(answer: impl Fn(&mut Peer, Publish, &str) + Send + 'static) -> Broker {
    Broker::start(move |mut peer| {
        peer.accept();
        assert_eq!(peer.filters, [REPLY]);
        let publish = peer.published();
        let body: Value = serde_json::from_slice(&publish.payload).unwrap();
        let id = body["requestId"].as_str().unwrap().to_owned();
        answer(&mut peer, publish, &id);
        peer.until_gone();
    })
}

#[test]
fn the_reply_of_its_request_is_success_and_exit_code_0() {
    let broker = answering(|peer, publish, id| {
        assert_eq!(
            (publish.topic.as_str(), publish.qos),
            (SET, QoS::AtLeastOnce)
        );
        assert!(
            id.len() == 32
                && id
                    .chars()
                    .all(|c| c.is_ascii_digit() || ('A'..='F').contains(&c)),
            "{id}"
        );
        let body: Value = serde_json::from_slice(&publish.payload).unwrap();
        let params = json!({"temperature": 30.5, "text": "30.5", "mode": "eco", "on": true});
        assert_eq!(body["data"], json!({"version": "1.0", "params": params}));
        let pkid = peer.publish(
            REPLY,
            1,
            format!("{{\"requestId\":\"{id}\",\"success\":true}}"),
        );
        peer.puback(pkid);
    });
    let words = "temperature=30.5 text=\"30.5\" mode=eco on=true";
    set(&broker, words)
        .stdout_has(["pass   set 00001/iot-0001  ", "ms  success\n"])
        .exits(0);
    set(&broker, &format!("{words} -v"))
        .stdout_has([
            "request   ",
            &format!("topic     {SET}\n"),
            "payload   {\"requestId\":\"",
            "reply     {\"requestId\":\"",
        ])
        .exits(0);
    let ran = set(&broker, &format!("{words} --format json --seed 7"))
        .any_stdout()
        .exits(0);
    let case = &ran.json()[0];
    assert_eq!(
        (&case["id"], &case["outcome"]),
        (&json!("set 00001/iot-0001"), &json!("pass"))
    );
    let id = case["details"]["request"].as_str().unwrap();
    assert!(case["details"]["payload"].as_str().unwrap().contains(id));
}

#[test]
fn a_refusal_is_exit_code_1_with_its_code_and_message_in_words() {
    let broker = answering(|peer, _, id| {
        let reply = format!(
            r#"{{"requestId":"{id}","code":"deviceNotFound","msg":"device does not exist","success":false}}"#
        );
        peer.publish(REPLY, 0, reply);
    });
    set(&broker, "a=1")
        .stdout_has([
            "fail   set 00001/iot-0001  ",
            "refused: deviceNotFound: device does not exist\n",
            "hint      product or device name are not those of a device of this account\n",
        ])
        .exits(1);
    let ran = set(&broker, "a=1").any_stdout().exits(1);
    assert!(!ran.text().contains("\n  code "), "{}", ran.text());
    let ran = set(&broker, "a=1 --format json").any_stdout().exits(1);
    let details = &ran.json()[0]["details"];
    assert_eq!(
        (&details["code"], &details["msg"]),
        (&json!("deviceNotFound"), &json!("device does not exist"))
    );
}

#[test]
fn replies_to_others_and_no_replies_are_passed_over() {
    let broker = answering(|peer, _, id| {
        peer.publish(
            REPLY,
            0,
            r#"{"requestId":"another","code":"x","msg":"y","success":false}"#,
        );
        peer.publish(REPLY, 0, "no JSON");
        peer.publish(REPLY, 0, "{}");
        peer.publish("$sys/00001/iot-0001/thing/property", 0, "{}");
        // As the documentation prints it.
        peer.publish(
            REPLY,
            0,
            format!("{{\"requestId\":\"{id}\",\"success\":true,}}"),
        );
    });
    set(&broker, "a=1 -v")
        .stdout_has(["success", "warning   not strict JSON: "])
        .stderr_has([
            "note: a reply to another request came: another\n",
            "warning: what came where replies come is none: it is not JSON: ",
            "it has no `requestId` and `success`",
        ])
        .exits(0);
}

#[test]
fn no_reply_in_time_is_exit_code_3_and_says_what_may_be_behind_it() {
    let broker = answering(|_, _, _| {});
    set(&broker, "a=1 --timeout 300ms")
        .stdout_has([
            "error  set 00001/iot-0001  no reply within 300ms; the broker has acknowledged the message\n",
            "hint      is the device online? Nothing is buffered",
        ])
        .exits(3);
    set(&broker, "a=1 --timeout 300ms --desired")
        .stdout_has([
            "error  desired/set 00001/iot-0001  no reply within 300ms",
            "--no-reply ends when",
        ])
        .exits(3);
}

#[test]
fn a_broker_that_sends_without_a_pause_does_not_put_off_the_time_out() {
    for qos in [0, 1] {
        let broker = answering(move |peer, _, _| peer.flood("x", qos));
        let begun = Instant::now();
        set(&broker, "a=1 --timeout 1s")
            .stdout_has(["no reply within 1s; "])
            .exits(3);
        // A second for the connection to be closed is in it.
        assert!(
            begun.elapsed() < Duration::from_secs(6),
            "{:?}",
            begun.elapsed()
        );
    }
}

#[test]
fn desired_values_go_to_their_own_topic_and_may_end_with_the_acknowledgement() {
    let broker = Broker::start(|mut peer| {
        peer.connect();
        peer.connack(ConnectReturnCode::Success);
        let publish = peer.published();
        assert_eq!(publish.topic, DESIRED);
        let body: Value = serde_json::from_slice(&publish.payload).unwrap();
        assert_eq!(body["data"]["params"], json!({"temperature": "30.5"}));
        assert_eq!(body["requestId"], "mine");
        peer.until_gone();
    });
    let call = set(&broker, "--desired --no-reply --request-id mine --params");
    call.arg(r#"{"temperature":"30.5"}"#)
        .stdout_has([
            "pass   desired/set 00001/iot-0001",
            "acknowledged by the broker; no reply is waited for\n",
        ])
        .exits(0);
    let call = set(
        &broker,
        "--desired --no-reply --request-id mine --qos 0 --params -",
    );
    call.stdin(r#"{"temperature":"30.5"}"#)
        .stdout_has(["sent; with QoS 0 nobody says"])
        .exits(0);
}

#[test]
fn a_connection_that_is_refused_breaks_or_gives_no_replies_is_told() {
    let broker = Broker::start(|mut peer| {
        peer.connect();
        peer.connack(ConnectReturnCode::NotAuthorized);
    });
    set(&broker, "a=1")
        .stdout_has(["fail   set 00001/iot-0001  refused by CONNACK 5: not authorized\n"])
        .exits(1);
    let broker = Broker::start(|mut peer| {
        peer.connect();
        peer.connack(ConnectReturnCode::Success);
        peer.subscribed(|_| None);
        assert_eq!(peer.until_gone().len(), 1, "nothing is published");
    });
    set(&broker, "a=1")
        .stdout_has([
            "fail ",
            "not sent: the subscription to its reply is refused",
        ])
        .exits(1);
    let broker = Broker::start(|mut peer| {
        peer.accept();
        peer.published();
    });
    set(&broker, "a=1")
        .stdout_has([
            "error ",
            "the connection broke: the broker closed it; whether it was set is not known",
        ])
        .exits(3);
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = free.local_addr().unwrap();
    drop(free);
    let call = format!("mqtt set {address} {APPLICATION} a=1");
    pushrig(&call)
        .stdout_has(["error  set 00001/iot-0001  no connection to"])
        .exits(3);
}

#[test]
fn a_message_that_nobody_acknowledges_is_not_taken_for_sent() {
    let broker = Broker::start(|mut peer| {
        peer.connect();
        peer.connack(ConnectReturnCode::Success);
        peer.until_gone();
    });
    set(&broker, "a=1 --no-reply --timeout 300ms")
        .stdout_has(["error  set 00001/iot-0001  no PUBACK within 300ms\n"])
        .exits(3);
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_it_with_130() {
    use crate::unread::{Talk, Unread};
    let (tell, told) = std::sync::mpsc::channel();
    let broker = answering(move |_, _, _| tell.send(()).unwrap());
    let folder = tempfile::tempdir().unwrap();
    let call = format!("mqtt set {} {APPLICATION} a=1", broker.url());
    let it = Unread::start(folder.path(), &call, Talk::Read);
    told.recv().unwrap();
    it.signal("INT");
    assert_eq!(it.end().code, Some(130));
}
