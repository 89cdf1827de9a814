//! `pushrig mqtt`, over real sockets, against brokers that do what a test says.

// It is ended by signals.
#[cfg(unix)]
pub(crate) mod client;
mod connection;
mod ends;
#[cfg(unix)]
pub(crate) mod platform;
mod set;
mod together;
mod usage;
mod watch;

use pushrig::mqtt::packet::QoS;

use crate::broker::Peer;

/// The documentation's user, and its key.
const KEY: &str = "XU/H2c4SmG6sZ3IRkomTQ1b/XzkDsl+1xzVh0gr1JaAC9Ugo7BNIAJEaAH+MK7i+";

/// An application of the platform, with the documentation's device.
pub(crate) const APPLICATION: &str = "--user 10311 --access-key XU/H2c4SmG6sZ3IRkomTQ1b/XzkDsl+1xzVh0gr1JaAC9Ugo7BNIAJEaAH+MK7i+ --device 00001/iot-0001";

const LIFECYCLE: &str = "$sys/00001/iot-0001/thing/lifecycle";
const PROPERTY: &str = "$sys/00001/iot-0001/thing/property";
const EVENT: &str = "$sys/00001/iot-0001/thing/event";
const REPLY: &str = "$sys/00001/iot-0001/thing/property/set/reply";

const ONLINE: &str = r#"{"productId":"00001","deviceName":"iot-0001","messageType":"lifecycle","data":{"status":"online","time":1524448722123}}"#;
const OFFLINE: &str = r#"{"productId":"00001","deviceName":"iot-0001","messageType":"lifecycle","data":{"status":"offline","time":1524448722123}}"#;

/// The documentation's property message, set out over lines as it has it.
const REPORTED: &str = r#"{
    "productId": "00001",
    "deviceName": "iot-0001",
    "messageType": "notify",
    "notifyType": "property",
    "data": {
        "id":  "12345",
        "params": {
            "Power": { "value": "on", "time": 1524448722123 },
            "WF": { "value": 23.6, "time": 1524448722123 }
        }
    }
}"#;

const HAPPENED: &str = r#"{"productId":"00001","deviceName":"iot-0001","messageType":"notify","notifyType":"event","data":{"id":"123","version":"1.0","params":{"identifier1":{"value":{"Power":"on","WF":"2"},"time":1524448722123}}}}"#;

/// The documentation's reply, with its comment and its comma.
const PRINTED_REPLY: &str = "{\n    \"requestId\": \"8906582E6722409AA6C40E7863B733A5\", //用户自定义id \n    \"success\": true,\n}";

/// Takes the connection, sends these messages with QoS 1, and has their acknowledgements.
fn deliver(mut peer: Peer, messages: &[(&str, &str)]) {
    peer.accept();
    let sent: Vec<u16> = messages
        .iter()
        .map(|(topic, payload)| peer.publish(topic, 1, payload))
        .collect();
    for pkid in sent {
        peer.puback(pkid);
    }
    peer.until_gone();
}

#[expect(
    clippy::unnecessary_wraps,
    reason = "what a broker grants may be nothing"
)]
fn all(_: &str) -> Option<QoS> {
    Some(QoS::AtLeastOnce)
}
