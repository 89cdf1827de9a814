//! What the platform does not let applications and devices do.

use pushrig::mqtt::packet::{Packet, QoS, SubscribeReasonCode};

use super::Platform;
use crate::harness::pushrig;
use crate::mqtt::APPLICATION;
use crate::mqtt::client::{Client, publish, topic};

const NO: SubscribeReasonCode = SubscribeReasonCode::Failure;
const ONCE: SubscribeReasonCode = SubscribeReasonCode::Success(QoS::AtLeastOnce);
const AT_MOST: SubscribeReasonCode = SubscribeReasonCode::Success(QoS::AtMostOnce);

#[test]
fn an_application_subscribes_to_the_four_topics_of_its_devices_and_to_nothing_else() {
    let platform = Platform::start("");
    let mut app = Client::application(&platform);
    for thing in ["lifecycle", "property", "event", "property/set/reply"] {
        let of = topic("iot-0001", thing);
        // There is no QoS 2 here: it is granted as QoS 1.
        for (asked, granted) in [
            (QoS::AtMostOnce, AT_MOST),
            (QoS::AtLeastOnce, ONCE),
            (QoS::ExactlyOnce, ONCE),
        ] {
            assert_eq!(app.subscribe(&[&of], asked), [granted], "{thing}");
        }
    }
    for (filter, why) in [
        (
            "$sys/00001/iot-0001/thing/property/set",
            "an application may subscribe to lifecycle, property, event and property/set/reply",
        ),
        (
            "$sys/00001/iot-0001/thing/property/desired/set",
            "an application may subscribe to",
        ),
        (
            "$sys/00001/iot-0001/thing/property/post",
            "an application may subscribe to",
        ),
        (
            "$sys/00001/iot-0001/thing/service/open/invoke",
            "an application may subscribe to",
        ),
        (
            "$sys/00001/iot-0001/thing/#",
            "a subscription names one device, without wildcards",
        ),
        (
            "$sys/00001/+/thing/property",
            "a subscription names one device, without wildcards",
        ),
        ("$sys/#", "without wildcards"),
        ("#", "without wildcards"),
        (
            "$sys/00001/foreign/thing/property",
            "the device belongs to another account",
        ),
        (
            "$sys/00001/nobody/thing/property",
            "deviceNotFound, there is no device 00001/nobody",
        ),
        (
            "$sys/00001/iot-0001/thing/properties",
            "it is none of the documented topics",
        ),
        ("$SYS/broker/version", "it is none of the documented topics"),
    ] {
        assert_eq!(app.subscribe(&[filter], QoS::AtLeastOnce), [NO], "{filter}");
        platform.says(&format!("denied        userid/10311  SUBSCRIBE {filter}: "));
        platform.says(why);
    }
    // One packet, several filters: each has its own code, in their order.
    let property = topic("iot-0001", "property");
    let codes = app.subscribe(&["#", &property, "x"], QoS::AtLeastOnce);
    assert_eq!(codes, [NO, ONCE, NO]);
    platform.end("INT").code(0);
}

#[test]
fn what_an_application_may_not_publish_reaches_nobody_and_is_acknowledged() {
    let platform = Platform::start("--format json");
    let mut app = Client::application(&platform);
    let mut other = Client::user(&platform, "", "userid/2");
    let heard = ["lifecycle", "property", "event", "property/set/reply"];
    let heard = heard.map(|thing| topic("iot-0001", thing));
    other.listen(&heard.each_ref().map(String::as_str));
    let things = [
        "lifecycle",
        "property",
        "event",
        "property/set/reply",
        "property/post",
        "event/post",
        "property/set_reply",
        "service/open/invoke",
        "nothing",
    ];
    for thing in things {
        app.publish(&topic("iot-0001", thing), "{}");
    }
    assert!(other.settled().is_empty());
    let ended = platform.end("INT").code(0);
    let denied = ended.of("denied");
    assert_eq!(denied.len(), things.len(), "{}", ended.out);
    for (line, thing) in denied.iter().zip(things) {
        assert_eq!(line["what"], "PUBLISH");
        assert_eq!(line["topic"], topic("iot-0001", thing));
        assert_eq!(line["code"], "authPermissionDeny");
    }
    let why = "an application may publish property/set and property/desired/set";
    assert_eq!(denied[0]["why"], why);
    assert_eq!(ended.summary()["denied"], things.len());
}

#[test]
fn a_device_hears_and_says_what_is_its_own() {
    let platform = Platform::start("");
    let mut device = Client::device(&platform, "real");
    let mut app = Client::application(&platform);
    app.listen(&[&topic("iot-0001", "property"), &topic("real", "property")]);
    let own = [
        "property/set",
        "property/get",
        "property/post/reply",
        "event/post/reply",
        "service/x/invoke",
    ];
    for thing in own {
        // The platform's messages to a device are of QoS 0.
        let codes = device.subscribe(&[&topic("real", thing)], QoS::ExactlyOnce);
        assert_eq!(codes, [AT_MOST], "{thing}");
    }
    for (filter, why) in [
        (
            topic("iot-0001", "property/set"),
            "it is another device's topic",
        ),
        (
            topic("real", "property"),
            "that is not for devices to subscribe to",
        ),
        (
            topic("real", "property/set/reply"),
            "that is not for devices to subscribe to",
        ),
        (topic("real", "#"), "without wildcards"),
    ] {
        assert_eq!(
            device.subscribe(&[&filter], QoS::AtMostOnce),
            [NO],
            "{filter}"
        );
        platform.says(&format!(
            "denied        00001/real  SUBSCRIBE {filter}: authPermissionDeny, "
        ));
        platform.says(why);
    }
    let post = r#"{"id":"1","params":{"a":{"value":1,"time":1524448722123}}}"#;
    for (of, why) in [
        (
            topic("iot-0001", "property/post"),
            "it is another device's topic",
        ),
        (
            topic("real", "property"),
            "that is not for devices to publish",
        ),
        (
            topic("real", "property/set"),
            "that is not for devices to publish",
        ),
        (
            "telemetry".to_owned(),
            "it is none of the documented topics",
        ),
    ] {
        device.publish(&of, post);
        platform.says(&format!(
            "denied        00001/real  PUBLISH {of}: authPermissionDeny, {why}"
        ));
    }
    assert!(app.settled().is_empty());
    platform.end("INT").code(0);
}

#[test]
fn a_message_of_qos_2_ends_the_connection() {
    let platform = Platform::start("");
    let mut app = Client::application(&platform);
    let set = publish(&topic("iot-0001", "property/set"), QoS::ExactlyOnce, "{}");
    app.send(&Packet::Publish(set));
    app.is_closed();
    platform.says("disconnected  userid/10311  a message of QoS 2, which there is not here");
    platform.end("INT").code(0);
}

/// A will, a session that is to be kept, a message that is to be: said once, and let be.
#[test]
fn what_the_platform_does_not_know_is_said_and_let_be() {
    use pushrig::mqtt::packet::Connect;

    use crate::mqtt::client::{application_token, login};
    let platform = Platform::start("");
    let mut connect: Connect = login("app", "userid/10311", &application_token("userid/10311"));
    connect.clean_session = false;
    let mut app = Client::inside(&platform, connect);
    platform.says("odd           userid/10311  it asks for its session to be kept");
    let mut message = publish(&topic("iot-0001", "property/set"), QoS::AtMostOnce, "{}");
    message.retain = true;
    app.send(&Packet::Publish(message));
    platform.says("odd           userid/10311  it asks for a message to be retained");
    assert!(app.settled().is_empty());
    platform.end("INT").code(0);
}

#[test]
fn watch_says_what_it_may_not_have_and_set_hears_why() {
    let platform = Platform::start("-q");
    let address = platform.address();
    let account = APPLICATION.replace("iot-0001", "foreign");
    pushrig(&format!(
        "mqtt watch {address} {account} --only lifecycle --count 1"
    ))
    .stdout_has(["fail", "refused by SUBACK 0x80"])
    .any_stderr()
    .exits(1);
    for (device, code) in [
        ("foreign", "authPermissionDeny"),
        ("nobody", "deviceNotFound"),
    ] {
        let account = APPLICATION.replace("iot-0001", device);
        pushrig(&format!("mqtt set {address} {account} a=1"))
            .stdout_has(["fail", &format!("refused: {code}: ")])
            .any_stderr()
            .exits(1);
    }
    platform.end("INT").code(0);
}
