//! No connection, a refused one, one that is lost.

use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use pushrig::mqtt::packet::{ConnectReturnCode, Packet};

use super::{APPLICATION, LIFECYCLE, ONLINE};
use crate::broker::Broker;
use crate::harness::{Pushrig, pushrig};

fn watch(broker: &Broker, words: &str) -> Pushrig {
    pushrig(&format!(
        "mqtt watch {} {APPLICATION} {words}",
        broker.url()
    ))
}

fn refusing(code: ConnectReturnCode) -> Broker {
    Broker::start(move |mut peer| {
        peer.connect();
        peer.connack(code);
        peer.until_gone();
    })
}

#[test]
fn a_refused_connect_is_explained_by_its_code_and_is_a_no() {
    use ConnectReturnCode::{
        BadClientId, BadUserNamePassword, NotAuthorized, RefusedProtocolVersion, ServiceUnavailable,
    };
    for (code, why, more) in [
        (
            RefusedProtocolVersion,
            "1: unacceptable protocol version",
            "does not take MQTT 3.1.1",
        ),
        (
            BadClientId,
            "2: identifier rejected",
            "give another one by --client-id",
        ),
        (
            ServiceUnavailable,
            "3: server unavailable",
            "try again later",
        ),
        (
            BadUserNamePassword,
            "4: bad user name or password",
            "the token is well-formed",
        ),
        (
            NotAuthorized,
            "5: not authorized",
            "its sign is what the access key gives",
        ),
    ] {
        let broker = refusing(code);
        let line = format!("fail   connect  refused by CONNACK {why}\n");
        watch(&broker, "--count 1 --expect lifecycle>=1")
            .stdout_has([line.as_str(), more])
            .exits(1);
        assert_eq!(broker.calls(), 1, "it is final");
    }
}

#[test]
fn a_refusal_by_a_code_that_nobody_knows_is_a_refusal() {
    let broker = Broker::start(|mut peer| {
        peer.connect();
        peer.raw(&[0x20, 2, 0, 6]);
        peer.until_gone();
    });
    let why = "refused by CONNACK code 6, which MQTT 3.1.1 does not know\n";
    watch(&broker, "")
        .stdout_has(["fail   connect", why])
        .exits(1);
    let call = format!("mqtt set {} {APPLICATION} a=1", broker.url());
    pushrig(&call).stdout_has(["fail   set", why]).exits(1);
}

#[test]
fn what_is_wrong_with_the_token_is_said_before_it_is_sent_and_when_it_is_refused() {
    for (token, what) in [
        (
            "version=2020-05-29&res=userid%2F7&et=1&method=sha1&sign=abcdefgh",
            " d ago\n",
        ),
        (
            "version=2020-05-29&res=userid%2F7&et=99999999999999&method=sha1&sign=abcdefgh",
            "1104 token expired: `et` is in milliseconds",
        ),
        (
            "version=2020-05-29&res=user%2F7&et=99999999999&method=sha1&sign=abcdefgh",
            "must be `userid/7`",
        ),
        (
            "version=2020-05-29&res=userid%2F8&et=99999999999&method=sha1&sign=abcdefgh",
            "the username is `userid/7`, `res` is `userid/8`",
        ),
        (
            "version=2018-10-31&res=userid%2F7&et=99999999999&method=sha1&sign=abcdefgh",
            "version 2018-10-31 does not go with",
        ),
    ] {
        let broker = refusing(ConnectReturnCode::NotAuthorized);
        let user = if what.contains("userid/8") {
            "--user 7"
        } else {
            ""
        };
        let call = format!(
            "mqtt watch {} --device 1/a {user} --token {token}",
            broker.url()
        );
        pushrig(&call)
            .stdout_has([
                "refused by CONNACK 5",
                "pushrig explain onenet-studio --token env:TOKEN",
                what,
            ])
            .stderr_has(["warning: the token: ", what])
            .exits(1);
    }
}

#[test]
fn a_broker_that_is_not_one_of_the_platform_gets_no_words_about_tokens() {
    let broker = refusing(ConnectReturnCode::BadUserNamePassword);
    let call = format!(
        "mqtt watch {} --topic a --username me --password a-secret-word",
        broker.url()
    );
    let ran = pushrig(&call)
        .stdout_has([
            "CONNACK 4",
            "does not know this user name with this password",
        ])
        .exits(1);
    assert!(!ran.text().contains("token"));
    let call = format!("mqtt watch {} --topic a", broker.url());
    pushrig(&call)
        .stdout_has([
            "no user name was given",
            "for OneNET --user 10311, or --project and --group",
            "--username and --password",
        ])
        .exits(1);
}

#[test]
fn where_no_connection_was_ever_made_the_exit_code_is_3() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = free.local_addr().unwrap();
    drop(free);
    let call = format!("mqtt watch {address} --topic a --count 1 --expect messages>=1");
    pushrig(&call)
        .stdout_has(["error  connect  no connection to ", "connection refused"])
        .exits(3);
    let silent = Broker::start(|mut peer| drop(peer.until_gone()));
    let begun = Instant::now();
    watch(&silent, "--timeout 300ms")
        .stdout_has([
            "no answer to CONNECT within 300ms: it took the connection and said nothing: is it an \
             MQTT broker?\n",
        ])
        .exits(3);
    assert!(begun.elapsed() > Duration::from_millis(300));
}

#[test]
fn a_broker_that_speaks_no_mqtt_or_breaks_its_rules_is_told() {
    for (bytes, why) in [
        (
            &b"HTTP/1.1 400 Bad Request\r\n\r\n"[..],
            "what came is no MQTT 3.1.1: this is HTTP\n",
        ),
        (&[0x15, 3, 1, 0, 2, 2, 80], "this is TLS\n"),
        (&[0x20, 3, 0, 0, 0], "packet type 2 has length 3"),
        (&[0x90, 3, 0, 1, 0], "SUBACK came before CONNACK"),
        (&[0xD0, 0], "PINGRESP came before CONNACK"),
    ] {
        let broker = Broker::start(move |mut peer| {
            peer.connect();
            peer.raw(bytes);
            peer.until_gone();
        });
        watch(&broker, "")
            .stdout_has(["error  connect  the connection broke: ", why])
            .exits(3);
    }
    let broker = Broker::start(|mut peer| {
        peer.connect();
        peer.connack(ConnectReturnCode::Success);
        peer.next();
        peer.raw(&[0x90, 4, 0, 1, 0, 0]);
        peer.until_gone();
    });
    watch(&broker, "")
        .stdout_has(["SUBACK has 2 return codes for 4 filters"])
        .exits(3);
}

#[test]
fn a_lost_connection_is_made_again_and_what_is_lost_is_said() {
    let broker = Broker::start(|mut peer| {
        peer.accept();
        let pkid = peer.publish(LIFECYCLE, 1, ONLINE);
        peer.puback(pkid);
        if peer.number == 1 {
            peer.until_gone();
        }
    });
    let begun = Instant::now();
    let ran = watch(&broker, "--count 2 --format json")
        .any_stdout()
        .stderr_has([
            "warning: disconnected at ",
            "the broker closed it; nothing is buffered: what is sent meanwhile is lost; it connects again in ",
            "warning: connected again; what was sent between ",
            " s) is lost: nothing is buffered\n",
        ])
        .exits(0);
    assert!(
        begun.elapsed() > Duration::from_millis(700),
        "it waits before it tries again"
    );
    let lines = ran.json();
    let types: Vec<_> = lines
        .iter()
        .map(|line| line["type"].as_str().unwrap())
        .collect();
    assert_eq!(
        types,
        [
            "ready",
            "message",
            "disconnected",
            "reconnected",
            "message",
            "summary"
        ]
    );
    let counters = &lines[5]["counters"];
    assert_eq!(
        (&counters["reconnects"], &counters["messages"]),
        (&1.into(), &2.into())
    );
    assert!(counters["away_ms"].as_u64().unwrap() >= 700, "{counters}");
    assert!(lines[3]["lost_from"].as_str() < lines[3]["lost_to"].as_str());
}

#[test]
fn a_message_that_breaks_the_rules_ends_the_connection_and_not_the_run() {
    let broker = Broker::start(|mut peer| {
        peer.accept();
        if peer.number == 0 {
            peer.publish(LIFECYCLE, 0, ONLINE);
            // QoS 3.
            peer.raw(&[0x36, 5, 0, 1, b'a', 0, 1]);
        } else {
            peer.publish(LIFECYCLE, 0, ONLINE);
        }
        peer.until_gone();
    });
    watch(&broker, "--count 2")
        .stdout_has(["2 cases: 2 passed", "reconnects 1"])
        .stderr_has(["what came is no MQTT 3.1.1: there is no QoS 3;"])
        .exits(0);
}

#[test]
fn how_often_it_is_tried_again_may_be_bounded() {
    let broker = Broker::start(|mut peer| {
        peer.accept();
        peer.publish(LIFECYCLE, 0, ONLINE);
    });
    watch(&broker, "--reconnect never")
        .stdout_has(["error  connection  disconnected: "])
        .any_stderr()
        .exits(3);
    assert_eq!(broker.calls(), 1);
    // Refused for good while it is tried again.
    let broker = Broker::start(|mut peer| {
        if peer.number == 0 {
            peer.accept();
        } else {
            peer.connect();
            peer.connack(ConnectReturnCode::NotAuthorized);
        }
    });
    watch(&broker, "")
        .stdout_has([
            "fail   connect  refused by CONNACK 5",
            "the broker took the same user name before",
        ])
        .any_stderr()
        .exits(1);
}

#[test]
fn who_is_disconnected_right_after_each_connect_may_share_its_client_id() {
    let broker = Broker::start(|mut peer| {
        assert_eq!(peer.accept().client_id, "mine");
    });
    // It waits for one second, and for two, and for four.
    let ran = watch(&broker, "--client-id mine --for 5s")
        .any_stdout()
        .any_stderr()
        .exits(3);
    let (before, _) = ran
        .talk()
        .split_once("does another client use the client id `mine`?")
        .map(|(before, after)| (before.to_owned(), after.to_owned()))
        .unwrap();
    assert_eq!(before.matches("connected again").count(), 2, "{before}");
}

#[test]
fn who_is_disconnected_at_the_end_has_no_answer() {
    let dying = || {
        Broker::start(|mut peer| {
            if peer.number == 0 {
                peer.accept();
                peer.publish(LIFECYCLE, 0, ONLINE);
            }
        })
    };
    let away = [
        "lifecycle  online",
        "error  connection  disconnected: the broker closed it, and not connected again at the end, ",
    ];
    watch(&dying(), "--for 300ms")
        .stdout_has(away)
        .any_stderr()
        .exits(3);
    watch(&dying(), "--expect")
        .arg("invalid=0 within 300ms")
        .stdout_has(away)
        .any_stderr()
        .exits(3);
}

#[test]
fn who_was_disconnected_and_is_back_at_the_end_has_an_answer() {
    let broker = Broker::start(|mut peer| {
        peer.accept();
        if peer.number == 1 {
            peer.until_gone();
        }
    });
    watch(&broker, "--for 3s")
        .stdout_has(["reconnects 1"])
        .any_stderr()
        .exits(0);
}

#[test]
fn a_silent_connection_is_asked_and_given_up_when_nobody_answers() {
    let (tell, heard) = channel();
    let broker = Broker::start(move |mut peer| {
        peer.accept();
        let packet = peer.next();
        let _ = tell.send(packet == Some(Packet::PingReq));
        peer.until_gone();
    });
    watch(&broker, "--keep-alive 1s --timeout 200ms --reconnect never")
        .stdout_has(["error  connection  disconnected: no answer to PINGREQ within"])
        .any_stderr()
        .exits(3);
    assert!(heard.recv().unwrap());
}

#[test]
fn tries_that_come_to_nothing_are_counted_up_to_the_bound() {
    let broker = Broker::start(|mut peer| {
        if peer.number == 0 {
            peer.accept();
        }
    });
    watch(&broker, "--reconnect 1")
        .stdout_has([
            "error  connection  disconnected: ",
            "a try to connect again came to nothing",
        ])
        .any_stderr()
        .exits(3);
    assert_eq!(broker.calls(), 2);
}
