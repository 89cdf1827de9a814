//! Clients that break the protocol, by mistake or on purpose: they are closed, and others live.

use pushrig::mqtt::packet::{ConnectReturnCode, Packet, PubAck, QoS, Subscribe, Unsubscribe};

use super::Platform;
use crate::mqtt::client::{Client, application_token, bytes, login, publish, topic};

/// A generator whose numbers are always the same: xorshift.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % most
    }

    fn byte(&mut self) -> u8 {
        u8::try_from(self.below(256)).unwrap()
    }
}

/// One packet of each kind that clients send.
fn real_packets() -> Vec<Vec<u8>> {
    let of = topic("iot-0001", "property/set");
    let set = r#"{"requestId":"A1","data":{"params":{"Power":"on"}}}"#;
    let mut subscribe = Subscribe::new(topic("iot-0001", "event"), QoS::AtMostOnce);
    subscribe.pkid = 4;
    let mut unsubscribe = Unsubscribe::new(topic("iot-0001", "event"));
    unsubscribe.pkid = 5;
    let packets = [
        Packet::Publish(publish(&of, QoS::AtLeastOnce, set)),
        Packet::Publish(publish(&of, QoS::AtMostOnce, set)),
        Packet::Subscribe(subscribe),
        Packet::Unsubscribe(unsubscribe),
        Packet::PubAck(PubAck::new(1)),
        Packet::PingReq,
        Packet::Disconnect,
    ];
    packets.iter().map(bytes).collect()
}

/// Changes, cuts, doubles or adds a byte or a few.
fn mutate(bytes: &mut Vec<u8>, dice: &mut Dice) {
    for _ in 0..=dice.below(3) {
        let at = dice.below(bytes.len());
        match dice.below(5) {
            0 => bytes.truncate(at.max(1)),
            1 => bytes.insert(at, bytes[at]),
            2 => bytes[at] = 0xFF,
            3 => bytes[at] ^= 1 << dice.below(8),
            _ => bytes[at] = dice.byte(),
        }
    }
}

#[test]
fn mutated_packets_close_their_own_connection_and_no_other() {
    let platform = Platform::start("--format json");
    let mut witness = Client::application(&platform);
    witness.listen(&[&topic("iot-0001", "lifecycle")]);
    let connect = login("rough", "userid/10311", &application_token("userid/10311"));
    let connect = bytes(&Packet::Connect(connect));
    let packets = real_packets();
    let mut dice = Dice(7);
    for round in 0..400 {
        let mut stream = connect.clone();
        if round % 10 == 0 {
            mutate(&mut stream, &mut dice);
        }
        for _ in 0..8 {
            let mut packet = packets[dice.below(packets.len())].clone();
            mutate(&mut packet, &mut dice);
            stream.extend(packet);
        }
        let mut client = Client::open(&platform);
        client.raw(&stream);
        client.stop();
        // Whatever the platform made of it, it answers in packets, and closes.
        while client.next().is_some() {}
    }
    assert!(witness.settled().is_empty());
    let ended = platform.end("INT").code(0);
    let malformed = ended.summary()["malformed"].as_u64().unwrap();
    assert!(malformed > 200, "{malformed}");
    assert_eq!(ended.err, "");
}

#[test]
fn what_breaks_the_protocol_is_told_in_words() {
    let platform = Platform::start("");
    for (bytes, why) in [
        (&b"\x00\x00"[..], "there is no packet type 0"),
        (b"\xF0\x00", "there is no packet type 15"),
        (b"\x80\x06\0\x01\0\x01a\0", "packet type 8 has flags 0000"),
        (b"\x82\x06\0\0\0\x01a\0", "the packet id is 0"),
        (b"\x82\x06\0\x01\0\x01a\x03", "QoS"),
        (b"\x30\x04\0\x02\xC3\x28", "a text is not UTF-8"),
        (b"\x30\x05\0\x03a/+", "is no topic that a message can have"),
        (b"\x36\x05\0\x01a\0\x01", "QoS"),
        (
            b"\x38\x03\0\x01a",
            "a message of QoS 0 cannot be a duplicate",
        ),
        (b"\x30\xFF\xFF\xFF\xFF\x01", ""),
        (b"\x50\x02\0\x01", "there is no QoS 2 here"),
        (b"\x20\x02\0\0", "is nothing that a client sends"),
        (b"GET / HTTP/1.1\r\n\r\n", "this is HTTP"),
    ] {
        let mut client = Client::application(&platform);
        client.raw(bytes);
        client.is_closed();
        let begin = platform.said().len().saturating_sub(400);
        platform.says(why);
        assert!(platform.said()[begin..].contains("disconnected  userid/10311"));
    }
    platform.end("INT").code(0);
}

#[test]
fn a_packet_over_the_limit_ends_the_connection_before_it_has_come() {
    let platform = Platform::start("--max-packet 2000");
    let of = topic("iot-0001", "property/set");
    let message = |room: usize| {
        let text = "x".repeat(room);
        let set = format!(r#"{{"requestId":"A1","data":{{"params":{{"Power":"{text}"}}}}}}"#);
        publish(&of, QoS::AtLeastOnce, set)
    };
    let mut app = Client::application(&platform);
    app.publish(&of, message(800).payload);
    // Its head alone says that it is too large: 100 MB never come.
    app.raw(&[0x32, 0x80, 0x84, 0xAF, 0x5F]);
    app.is_closed();
    platform.says("is too large");
    let mut app = Client::application(&platform);
    app.send(&Packet::Publish(message(2000)));
    app.is_closed();
    let ended = platform.end("INT").code(0);
    assert!(ended.out.contains("; 2 malformed"), "{}", ended.out);
}

/// 1.5 times the keep-alive, by MQTT 3.1.1 (3.1.2.10).
#[test]
fn who_is_silent_for_longer_than_the_keep_alive_allows_is_closed() {
    let platform = Platform::start("");
    let mut connect = login("still", "userid/10311", &application_token("userid/10311"));
    connect.keep_alive = 1;
    let mut still = Client::inside(&platform, connect);
    let mut device = login("real", "00001", &crate::mqtt::client::device_token("real"));
    device.keep_alive = 5;
    let mut device = Client::inside(&platform, device);
    platform
        .says("odd           00001/real  its keep-alive is 5 s, and the platform takes 10 to 1800");
    still.is_closed();
    platform.says("disconnected  userid/10311  silent for over 1.5 times its keep-alive of 1 s");
    assert!(device.settled().is_empty());
    platform.end("INT").code(0);
}

#[test]
fn a_device_that_breaks_off_is_offline_for_its_applications() {
    let platform = Platform::start("");
    let mut app = Client::application(&platform);
    app.listen(&[&topic("real", "lifecycle")]);
    let device = Client::device(&platform, "real");
    let online = app.message();
    assert!(online.payload.windows(8).any(|text| text == b"\"online\""));
    drop(device);
    let offline = app.message();
    assert!(
        offline
            .payload
            .windows(9)
            .any(|text| text == b"\"offline\"")
    );
    platform.says("disconnected  00001/real  it closed the connection without DISCONNECT");
    platform.end("INT").code(0);
}

#[test]
fn a_report_that_is_not_of_its_shape_is_refused_and_goes_to_nobody() {
    let platform = Platform::start("--format json");
    let mut app = Client::application(&platform);
    app.listen(&[&topic("real", "property"), &topic("real", "event")]);
    let mut device = Client::device(&platform, "real");
    let replies = ["property/post/reply", "event/post/reply"].map(|it| topic("real", it));
    device.listen(&replies.each_ref().map(String::as_str));
    for (thing, payload, why) in [
        ("property/post", "no json", "it is not JSON"),
        ("property/post", r#"{"id":"1"}"#, "`params` is missing"),
        (
            "property/post",
            r#"{"id":1,"params":{}}"#,
            "`id` is a number and not a text",
        ),
        (
            "property/post",
            r#"{"id":"1","params":{"a":1}}"#,
            "`a` is a number and not {",
        ),
        (
            "property/post",
            r#"{"id":"1","params":{"a":{"value":1,"time":1524448722}}}"#,
            "seconds, where milliseconds belong",
        ),
        (
            "event/post",
            r#"{"id":"1","params":{"a":{"value":1,"time":1524448722123}}}"#,
            "`value` is a number and not an object",
        ),
    ] {
        device.publish(&topic("real", thing), payload);
        let reply: serde_json::Value = serde_json::from_slice(&device.message().payload).unwrap();
        assert_eq!(reply["code"], 400, "{payload}");
        assert!(
            reply["msg"].as_str().unwrap().contains(why),
            "{reply} {why}"
        );
    }
    assert!(app.settled().is_empty());
    // What was never asked cannot be answered.
    let answer = r#"{"id":"77","code":200,"msg":"success"}"#;
    device.publish(&topic("real", "property/set_reply"), answer);
    platform.says(r#"its property/set_reply has the id \"77\", which was not asked"#);
    assert_eq!(platform.end("INT").code(0).summary()["invalid"], 6);
}

#[test]
fn whoever_is_one_too_many_waits_until_another_has_gone() {
    let platform = Platform::start("--max-connections 1 --format json");
    let mut first = Client::user(&platform, "first", "userid/10311");
    let mut second = Client::open(&platform);
    let token = application_token("userid/2");
    second.send(&Packet::Connect(login("second", "userid/2", &token)));
    assert!(first.settled().is_empty());
    first.send(&Packet::Disconnect);
    first.is_closed();
    assert_eq!(second.connack(), ConnectReturnCode::Success);
    let ended = platform.end("INT").code(0);
    let lines = ended.json();
    let kinds: Vec<_> = lines
        .iter()
        .filter_map(|line| line["type"].as_str())
        .collect();
    let wanted = [
        "ready",
        "connected",
        "disconnected",
        "connected",
        "disconnected",
        "summary",
    ];
    assert_eq!(kinds, wanted);
}
