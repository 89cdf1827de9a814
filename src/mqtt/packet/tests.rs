use super::*;

fn stream(bytes: &[u8]) -> BytesMut {
    BytesMut::from(bytes)
}

fn read_one(bytes: &[u8]) -> Result<Option<Packet>, Malformed> {
    read(&mut stream(bytes), 1 << 20)
}

fn why(bytes: &[u8]) -> String {
    read_one(bytes).unwrap_err().to_string()
}

/// A CONNECT with this protocol, level and flags; client id `a`.
fn connect(name: &[u8], level: u8, flags: u8, rest: &[u8]) -> Vec<u8> {
    let mut body = vec![0, u8::try_from(name.len()).unwrap()];
    body.extend_from_slice(name);
    body.extend_from_slice(&[level, flags, 0, 60]);
    body.extend_from_slice(rest);
    let mut packet = vec![0x10, u8::try_from(body.len()).unwrap()];
    packet.extend_from_slice(&body);
    packet
}

#[test]
fn every_packet_is_read_as_it_was_written() {
    let mut login = Connect::new("client");
    login.login = Some(Login::new("userid/10311", "version=2020-05-29"));
    let mut publish = Publish::new("$sys/p/d/thing/property", QoS::AtLeastOnce, "{}");
    publish.pkid = 9;
    let mut subscribe = Subscribe::new("$sys/p/d/thing/event", QoS::AtMostOnce);
    subscribe.pkid = 3;
    let mut unsubscribe = Unsubscribe::new("a");
    unsubscribe.pkid = 4;
    let codes = vec![
        SubscribeReasonCode::Success(QoS::AtLeastOnce),
        SubscribeReasonCode::Failure,
    ];
    let packets = [
        Packet::Connect(login),
        Packet::ConnAck(ConnAck::new(ConnectReturnCode::NotAuthorized, false)),
        Packet::Publish(publish),
        Packet::PubAck(PubAck::new(1)),
        Packet::Subscribe(subscribe),
        Packet::SubAck(SubAck::new(3, codes)),
        Packet::Unsubscribe(unsubscribe),
        Packet::UnsubAck(UnsubAck::new(4)),
        Packet::PingReq,
        Packet::PingResp,
        Packet::Disconnect,
    ];
    let mut written = BytesMut::new();
    for packet in &packets {
        write(packet, &mut written).unwrap();
    }
    // However it is cut, nothing is read before it has come whole.
    for cut in [1, 2, 3, 5, 7, 1000] {
        let (mut stream, mut read_back) = (BytesMut::new(), Vec::new());
        for part in written.chunks(cut) {
            stream.extend_from_slice(part);
            while let Some(packet) = read(&mut stream, 1 << 20).unwrap() {
                read_back.push(packet);
            }
        }
        assert_eq!(read_back, packets, "{cut}");
    }
}

#[test]
fn another_protocol_is_named() {
    let client_id = [0, 1, b'a'];
    assert!(read_one(&connect(b"MQTT", 4, 2, &client_id)).is_ok_and(|it| it.is_some()));
    let five = why(&connect(b"MQTT", 5, 2, &[0, 0, 1, b'a']));
    assert_eq!(
        five,
        "protocol `MQTT`, level 5 (MQTT 5): MQTT 3.1.1 is `MQTT`, level 4"
    );
    assert!(why(&connect(b"MQIsdp", 3, 2, &client_id)).contains("(MQTT 3.1)"));
    assert!(why(&connect(b"HTTPHTTPHTTPHTTPH", 4, 2, &client_id)).contains("not MQTT"));
    // The version is known before the rest has come.
    assert!(why(&[0x10, 100, 0, 4, b'M', b'Q', b'T', b'T', 5, 2]).contains("level 5"));
}

#[test]
fn http_and_tls_are_named_however_they_are_cut() {
    for (bytes, name) in [
        (&b"HTTP/1.1 400 Bad Request\r\n\r\n"[..], "this is HTTP"),
        (b"GET / HTTP/1.1\r\n", "this is HTTP"),
        (b"POST /push HTTP/1.1\r\n", "this is HTTP"),
        (&[0x16, 3, 1, 2, 0, 1], "this is TLS"),
        (&[0x15, 3, 1, 0, 2, 2], "this is TLS"),
    ] {
        assert_eq!(why(bytes), name);
        let mut stream = stream(&bytes[..1]);
        assert_eq!(read(&mut stream, 99), Ok(None), "{bytes:?}");
        stream.extend_from_slice(&bytes[1..]);
        assert!(matches!(read(&mut stream, 99), Err(Malformed::Foreign(_))));
    }
}

#[test]
fn a_code_of_connack_that_the_standard_does_not_have_is_said() {
    for (bytes, code) in [([0x20, 2, 0, 6], 6), ([0x20, 2, 0, 135], 135)] {
        assert_eq!(read_one(&bytes), Err(Malformed::Code(code)));
    }
    assert!(read_one(&[0x20, 2, 0, 5]).is_ok_and(|it| it.is_some()));
}

#[test]
fn what_the_standard_forbids_is_malformed() {
    for (bytes, expected) in [
        (&[0x00, 0][..], "there is no packet type 0"),
        (&[0xF0, 0], "there is no packet type 15"),
        (&[0x80, 5, 0, 1, 0, 0, 0], "packet type 8 has flags 0000"),
        (
            &[0x38, 3, 0, 1, b'a'],
            "a message of QoS 0 cannot be a duplicate",
        ),
        (&[0xC0, 1, 0], "packet type 12 has length 1"),
        (&[0x40, 2, 0, 0], "the packet id is 0"),
        (&[0x82, 6, 0, 0, 0, 1, b'a', 0], "the packet id is 0"),
        (
            &[0x82, 7, 0, 1, 0, 2, b'#', b'a', 0],
            "`#a` is no topic filter",
        ),
        (&[0x82, 2, 0, 1], "a SUBSCRIBE names no topic"),
        (&[0xA2, 2, 0, 1], "an UNSUBSCRIBE names no topic"),
        (
            &[0x30, 3, 0, 1, b'+'],
            "`+` is no topic that a message can have",
        ),
        (&[0x30, 3, 0, 1, 0xFF], "a text is not UTF-8"),
        (
            &[0x30, 3, 0, 1, 0],
            "`\\0` is no topic that a message can have",
        ),
        (&[0x36, 5, 0, 1, b'a', 0, 1], "there is no QoS 3"),
        (
            &[0x30, 0xFF, 0xFF, 0xFF, 0xFF, 1],
            "the length of a packet takes more than four bytes",
        ),
    ] {
        assert_eq!(why(bytes), expected, "{bytes:?}");
    }
    for bytes in [
        &[0x30, 1, 0][..],
        &[0x82, 3, 0, 1, 0],
        &[0x90, 1, 0],
        &[0x30, 3, 0, 9, b'a'],
    ] {
        assert_eq!(
            why(bytes),
            "the fields of a packet do not end where it ends",
            "{bytes:?}"
        );
    }
    assert_eq!(
        why(&[0x90, 3, 0, 1, 3]),
        "SUBACK has return code 3, which MQTT 3.1.1 does not know"
    );
    let client_id = [0, 1, b'a'];
    assert!(why(&connect(b"MQTT", 4, 0b11, &client_id)).contains("reserved flag"));
    assert!(why(&connect(b"MQTT", 4, 0b100_0010, &client_id)).contains("no user name"));
}

#[test]
fn a_packet_that_is_too_large_is_refused_before_it_has_come() {
    let mut stream = stream(&[0x30, 0xFF, 0xFF, 0xFF, 0x7F]);
    assert_eq!(read(&mut stream, 1000), Err(Malformed::TooLarge(LARGEST)));
}

#[test]
fn what_cannot_be_written_leaves_the_stream_as_it_was() {
    let mut into = stream(b"x");
    let topic = "a".repeat(65_536);
    let publish = Publish::new(topic, QoS::AtMostOnce, "");
    assert!(write(&Packet::Publish(publish), &mut into).is_err());
    let publish = Publish::new("a", QoS::AtLeastOnce, "");
    assert!(
        write(&Packet::Publish(publish), &mut into).is_err(),
        "it has no packet id"
    );
    assert_eq!(&into[..], b"x");
    // A CONNECT may stand behind something else.
    write(&Packet::Connect(Connect::new("a")), &mut into).unwrap();
    let mut rest = into.split_off(1);
    assert!(matches!(read(&mut rest, 99), Ok(Some(Packet::Connect(_)))));
}
