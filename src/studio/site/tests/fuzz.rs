//! Bytes that no client should send.

use bytes::BytesMut;

use super::*;
use crate::mqtt::packet::Unsubscribe;

/// Real packets, of both sides, with a byte or a few changed, cut or doubled.
#[test]
fn no_stream_of_bytes_makes_it_panic_and_the_others_live() {
    let mut stage = Stage::new();
    stage.application(1, &["property"]);
    let real = real_packets();
    let mut moment = Moment::fixed(Timestamp::UNIX_EPOCH, 7);
    let (mut packets, mut refused) = (0, 0);
    for key in 100..100 + ROUNDS {
        stage.site.broker.accept(key, "peer".to_owned(), stage.now);
        let mut stream = BytesMut::new();
        // Nearly all get in: what is wrong with a token is searched for, which takes its time.
        if moment.below(1000) > 0 {
            stream.extend_from_slice(&real[0]);
        }
        for _ in 0..10 {
            let mut bytes = real[moment.below(real.len())].clone();
            mutate(&mut bytes, &mut moment);
            stream.extend_from_slice(&bytes);
        }
        loop {
            match packet::read(&mut stream, 1 << 16) {
                Ok(Some(packet)) => {
                    packets += 1;
                    stage.send(key, packet);
                }
                Ok(None) => break,
                Err(why) => {
                    refused += 1;
                    let now = stage.now;
                    let out = &mut stage.out;
                    stage.site.with(now, out, |broker, out| {
                        broker.malformed(key, &why, now, out);
                    });
                    break;
                }
            }
        }
        let now = stage.now;
        stage.site.with(now, &mut stage.out, |broker, out| {
            broker.gone(key, "gone", now, out);
        });
        stage.out.clear();
    }
    assert!(
        packets > ROUNDS && refused > ROUNDS / 2,
        "{packets} {refused}"
    );
    stage.send(1, Packet::PingReq);
    assert!(stage.out.contains(&Action::Send(1, Packet::PingResp)));
    stage.application(2, &["property"]);
    stage.play(r#"{"device":"00001/iot-0001","property":{"WF":1}}"#);
    assert_eq!(stage.messages(2).len(), 1);
}

/// Ten packets each.
const ROUNDS: u64 = 100_000;

fn real_packets() -> Vec<Vec<u8>> {
    let topic = "$sys/00001/iot-0001/thing/property/set";
    let mut connect = Connect::new("fuzz");
    connect.login = Some(Login::new(
        "userid/10311",
        token("2020-05-29", "userid/10311", KEY),
    ));
    let mut publish = Publish::new(topic, QoS::AtLeastOnce, SET);
    publish.pkid = 3;
    let mut subscribe = Subscribe::new("$sys/00001/iot-0001/thing/event", QoS::AtMostOnce);
    subscribe.pkid = 4;
    let mut unsubscribe = Unsubscribe::new("$sys/00001/iot-0001/thing/event");
    unsubscribe.pkid = 4;
    let packets = [
        Packet::Connect(connect),
        Packet::Publish(publish),
        Packet::Subscribe(subscribe),
        Packet::Unsubscribe(unsubscribe),
        Packet::PubAck(packet::PubAck::new(1)),
        Packet::PingReq,
        Packet::Disconnect,
    ];
    let bytes = packets.iter().map(|packet| {
        let mut bytes = BytesMut::new();
        packet::write(packet, &mut bytes).unwrap();
        bytes.to_vec()
    });
    bytes.collect()
}

fn mutate(bytes: &mut Vec<u8>, moment: &mut Moment) {
    for _ in 0..moment.below(3) {
        let at = moment.below(bytes.len());
        match moment.below(5) {
            0 => bytes.truncate(at.max(1)),
            1 => bytes.insert(at, bytes[at]),
            2 => bytes[at] = 0xFF,
            3 => bytes[at] ^= 1 << moment.below(8),
            _ => {
                let [random] = moment.bytes();
                bytes[at] = random;
            }
        }
    }
}
