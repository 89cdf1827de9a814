//! Clients that would take all memory, and one that plays faster than anybody reads.

use bytes::BytesMut;
use pushrig::mqtt::packet::{self, Packet, QoS};

#[cfg(target_os = "linux")]
use super::slow::memory;
use super::{FILE, Platform};
use crate::mqtt::client::{Client, topic};

#[test]
fn what_is_played_at_once_reaches_who_reads_and_nothing_is_lost() {
    const LINES: usize = 50_000;
    let line = r#"{"device":"00001/iot-0001","property":{"WF":1.5}}"#;
    let lines = format!("{line}\n").repeat(LINES);
    let platform = Platform::among(
        &[("p.toml", FILE), ("play", &lines)],
        "p.toml --play play --wait -q --format json",
    );
    let mut app = Client::application(&platform);
    app.subscribe(&[&topic("iot-0001", "property")], QoS::AtMostOnce);
    for _ in 0..LINES {
        app.message();
    }
    assert_eq!(platform.end("INT").code(0).summary()["dropped"], 0);
}

#[cfg(target_os = "linux")]
#[test]
fn who_asks_without_end_and_reads_no_answer_is_not_heard() {
    let platform = Platform::start("-q");
    let mut app = Client::application(&platform);
    let mut ping = BytesMut::new();
    packet::write(&Packet::PingReq, &mut ping).unwrap();
    app.floods(&ping.repeat(32 << 10), 200 << 20);
    assert!(
        memory(platform.id()) < 64 << 10,
        "{}",
        memory(platform.id())
    );
    let mut other = Client::user(&platform, "", "userid/2");
    assert!(other.settled().is_empty());
    platform.end("INT").code(0);
}

#[test]
fn before_its_login_a_client_may_send_no_more_than_a_login_needs() {
    let platform = Platform::start("-q --format json");
    let mut raw = Client::open(&platform);
    // The head of a CONNECT of 200,000 bytes.
    raw.raw(&[
        0x10, 0xC0, 0x9A, 0x0C, 0, 4, b'M', b'Q', b'T', b'T', 4, 2, 0, 60,
    ]);
    raw.is_closed();
    assert_eq!(platform.end("INT").code(0).summary()["malformed"], 1);
}
