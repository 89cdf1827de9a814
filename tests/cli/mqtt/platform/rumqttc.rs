//! rumqttc's own client, which has its own ideas of a connection, is a client of the platform.

use std::time::Duration;

use rumqttc::{
    Client, ConnectReturnCode, Connection, ConnectionError, Event, MqttOptions, Packet, QoS,
};

use super::Platform;
use crate::mqtt::client::{application_token, device_token, topic};

/// What does not happen in this time does not happen.
const LIMIT: Duration = Duration::from_secs(60);

fn client(platform: &Platform, id: &str, username: &str, token: &str) -> (Client, Connection) {
    let (host, port) = platform.address().rsplit_once(':').unwrap();
    let mut options = MqttOptions::new(id, host, port.parse().unwrap());
    options.set_credentials(username, token);
    options.set_keep_alive(Duration::from_secs(10));
    Client::new(options, 16)
}

/// The next packet that came, whatever else the client tells of itself.
#[track_caller]
fn next(connection: &mut Connection) -> Packet {
    loop {
        match connection.recv_timeout(LIMIT).unwrap() {
            Ok(Event::Incoming(packet)) => return packet,
            Ok(Event::Outgoing(_)) => {}
            Err(why) => panic!("{why}"),
        }
    }
}

/// The message that comes next; what else comes before it is let be.
#[track_caller]
fn message(connection: &mut Connection) -> (String, QoS, String) {
    loop {
        if let Packet::Publish(publish) = next(connection) {
            let text = String::from_utf8(publish.payload.to_vec()).unwrap();
            return (publish.topic, publish.qos, text);
        }
    }
}

#[track_caller]
fn is_subscribed(connection: &mut Connection) {
    while !matches!(next(connection), Packet::SubAck(_)) {}
}

#[test]
fn an_application_of_rumqttc_sets_and_hears_with_qos_0_and_1() {
    let platform = Platform::start("");
    let token = application_token("userid/10311");
    for (number, qos) in [(1, QoS::AtMostOnce), (2, QoS::AtLeastOnce)] {
        let (app, mut connection) = client(&platform, "rumqttc", "userid/10311", &token);
        let heard = ["property", "property/set/reply"].map(|it| topic("iot-0001", it));
        for topic in &heard {
            app.subscribe(topic, qos).unwrap();
            is_subscribed(&mut connection);
        }
        let set = format!(r#"{{"requestId":"{number}","data":{{"params":{{"WF":{number}}}}}}}"#);
        let of = topic("iot-0001", "property/set");
        app.publish(of, qos, false, set).unwrap();
        let reply = format!(r#"{{"requestId":"{number}","success":true}}"#);
        assert_eq!(message(&mut connection), (heard[1].clone(), qos, reply));
        let (of, level, report) = message(&mut connection);
        assert_eq!((of, level), (heard[0].clone(), qos));
        assert!(report.contains(&format!("\"value\":{number},")), "{report}");
        app.disconnect().unwrap();
        while connection
            .recv_timeout(LIMIT)
            .is_ok_and(|event| event.is_ok())
        {}
    }
    platform.says("disconnected  userid/10311  DISCONNECT");
    let ended = platform.end("INT").code(0);
    assert!(
        ended.out.contains("2 set, 2 of them with success"),
        "{}",
        ended.out
    );
}

#[test]
fn a_device_of_rumqttc_reports_and_does_what_is_set() {
    let platform = Platform::start("");
    let (device, mut connection) = client(&platform, "real", "00001", &device_token("real"));
    let heard = ["property/set", "property/post/reply"].map(|it| topic("real", it));
    for topic in &heard {
        device.subscribe(topic, QoS::AtLeastOnce).unwrap();
        is_subscribed(&mut connection);
    }
    let report = r#"{"id":"1","version":"1.0","params":{"WF":{"value":1,"time":1524448722123}}}"#;
    let of = topic("real", "property/post");
    device.publish(of, QoS::AtLeastOnce, false, report).unwrap();
    let answer = r#"{"id":"1","code":200,"msg":"success"}"#.to_owned();
    let wanted = (heard[1].clone(), QoS::AtMostOnce, answer);
    assert_eq!(message(&mut connection), wanted);
    let mut app = crate::mqtt::client::Client::application(&platform);
    app.listen(&[&topic("real", "property/set/reply")]);
    let set = r#"{"requestId":"A1","data":{"params":{"WF":2}}}"#;
    app.publish(&topic("real", "property/set"), set);
    let (of, _, asked) = message(&mut connection);
    assert_eq!(of, heard[0]);
    let asked: serde_json::Value = serde_json::from_str(&asked).unwrap();
    let answer = format!(r#"{{"id":{},"code":200,"msg":"success"}}"#, asked["id"]);
    let of = topic("real", "property/set_reply");
    device.publish(of, QoS::AtMostOnce, false, answer).unwrap();
    // Its client sends only while somebody asks it for what came.
    let turning =
        std::thread::spawn(
            move || while connection.recv_timeout(LIMIT).is_ok_and(|it| it.is_ok()) {},
        );
    assert_eq!(
        app.message().payload,
        r#"{"requestId":"A1","success":true}"#
    );
    device.disconnect().unwrap();
    platform.says("disconnected  00001/real  DISCONNECT");
    turning.join().unwrap();
    platform.end("INT").code(0);
}

#[test]
fn rumqttc_is_told_the_code_of_a_refusal() {
    let platform = Platform::start("-q");
    let good = application_token("userid/10311");
    for (username, token, code) in [
        (
            "userid/10311",
            good.replace("sign=", "sign=AA"),
            ConnectReturnCode::BadUserNamePassword,
        ),
        (
            "userid/9",
            application_token("userid/9"),
            ConnectReturnCode::NotAuthorized,
        ),
    ] {
        let (_app, mut connection) = client(&platform, "rumqttc", username, &token);
        let refused = connection.recv_timeout(LIMIT).unwrap();
        let Err(ConnectionError::ConnectionRefused(found)) = refused else {
            panic!("{refused:?}");
        };
        assert_eq!(found, code, "{username}");
    }
    platform.end("INT").code(0);
}
