//! Connections that go wrong, fall silent, or do not keep up.

use super::*;

#[test]
fn what_is_no_conversation_is_closed() {
    let second = || Packet::Connect(Connect::new("x"));
    let mut publish = Publish::new("a", QoS::ExactlyOnce, "");
    publish.pkid = 1;
    for packet in [
        second(),
        Packet::PingResp,
        Packet::Publish(publish),
        Packet::Disconnect,
    ] {
        let mut stage = Stage::new();
        stage.application(1, &[]);
        stage.send(1, packet);
        assert!(stage.is_closed(1));
        assert!(
            matches!(stage.told()[..], [Told::Disconnected { .. }]),
            "{:?}",
            stage.told()
        );
        // What comes behind that is not heard.
        stage.out.clear();
        stage.send(1, Packet::PingReq);
        assert!(stage.out.is_empty());
    }
    let mut stage = Stage::new();
    stage.site.broker.accept(5, "peer".to_owned(), at(0));
    stage.send(5, Packet::PingReq);
    assert!(stage.is_closed(5));
}

#[test]
fn who_is_silent_is_closed_and_who_pings_is_not() {
    let mut stage = Stage::new();
    stage.site.broker.accept(5, "peer".to_owned(), at(0));
    stage.application(1, &["property"]);
    stage.tick(9);
    assert!(!stage.is_closed(5));
    stage.tick(10);
    assert!(stage.is_closed(5), "no CONNECT came");
    // Its keep-alive is 10 s.
    stage.send(1, Packet::PingReq);
    assert!(stage.out.contains(&Action::Send(1, Packet::PingResp)));
    stage.tick(25);
    assert!(!stage.is_closed(1));
    stage.tick(26);
    assert!(stage.is_closed(1));
}

#[test]
fn who_unsubscribes_hears_no_more() {
    let mut stage = Stage::new();
    stage.application(1, &["property"]);
    let mut unsubscribe = Unsubscribe::new("$sys/00001/iot-0001/thing/property");
    unsubscribe.pkid = 2;
    stage.send(1, Packet::Unsubscribe(unsubscribe));
    stage.play(r#"{"device":"00001/iot-0001","property":{"WF":1}}"#);
    assert_eq!(stage.messages(1), []);
}

#[test]
fn who_does_not_acknowledge_gets_half_of_all_packet_ids_and_no_more() {
    let mut stage = Stage::new();
    stage.application(1, &["property"]);
    let play = |stage: &mut Stage| {
        stage.site.broker.play_message(
            "$sys/00001/iot-0001/thing/property",
            b"{}".to_vec(),
            &mut stage.out,
        );
    };
    for _ in 0..32_768 {
        play(&mut stage);
    }
    assert_eq!(stage.messages(1).len(), 32_767);
    assert_eq!(stage.site.broker.counters().dropped, 1);
    // One stays unacknowledged, and its id is not given again.
    for pkid in 2..=32_767 {
        stage.send(1, Packet::PubAck(packet::PubAck::new(pkid)));
    }
    let mut ids = Vec::new();
    for _ in 0..40_000 {
        play(&mut stage);
        for action in stage.out.drain(..) {
            if let Action::Send(1, Packet::Publish(publish)) = action {
                ids.push(publish.pkid);
            }
        }
        let last = *ids.last().unwrap();
        stage.send(1, Packet::PubAck(packet::PubAck::new(last)));
    }
    assert!(ids.iter().all(|id| *id > 1));
    assert!(ids.contains(&65_535) && ids.contains(&2));
}
