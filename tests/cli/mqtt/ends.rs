//! How a run ends: by a count, a time, what was expected, a signal, a reader that is gone.

use std::time::{Duration, Instant};

use serde_json::Value;

use super::{APPLICATION, LIFECYCLE, OFFLINE, ONLINE, PROPERTY, REPORTED, deliver};
use crate::broker::Broker;
use crate::harness::{Pushrig, pushrig};

fn watch(broker: &Broker, words: &str) -> Pushrig {
    pushrig(&format!(
        "mqtt watch {} {APPLICATION} {words}",
        broker.url()
    ))
}

/// Comes, reports, goes.
fn day() -> Broker {
    let messages = [
        (LIFECYCLE, ONLINE),
        (PROPERTY, REPORTED),
        (LIFECYCLE, OFFLINE),
    ];
    Broker::start(move |mut peer| {
        peer.accept();
        for (topic, payload) in messages {
            peer.publish(topic, 0, payload);
        }
        peer.until_gone();
    })
}

#[test]
fn it_ends_after_so_many_messages_and_not_one_more() {
    let broker = day();
    watch(&broker, "--count 2 -q")
        .stdout_has(["2 cases: 2 passed"])
        .any_stderr()
        .exits(0);
    watch(&broker, "--count 9 --for 300ms")
        .stdout_has(["fail   count 9  3 came\n"])
        .any_stderr()
        .exits(1);
}

#[test]
fn a_time_that_was_given_ends_it_and_counts_from_when_it_is_subscribed() {
    let broker = Broker::start(|mut peer| {
        std::thread::sleep(Duration::from_millis(300));
        peer.accept();
        peer.until_gone();
    });
    let begun = Instant::now();
    watch(&broker, "--for 200ms")
        .any_stdout()
        .any_stderr()
        .exits(0);
    assert!(
        begun.elapsed() >= Duration::from_millis(500),
        "{:?}",
        begun.elapsed()
    );
}

#[test]
fn what_is_expected_ends_it_when_it_has_come() {
    let broker = day();
    for (expect, code, found) in [
        (
            "online then offline within 10s",
            0,
            "pass   expect online then offline",
        ),
        ("messages=2", 0, "pass   expect messages=2"),
        ("property>=1", 0, "3 cases: 3 passed"),
        (
            "00001/iot-0001.offline=1",
            0,
            "pass   expect 00001/iot-0001.offline=1",
        ),
        (
            "offline then online",
            1,
            "fail   expect offline then online  online came without offline before it",
        ),
        ("invalid=0 within 300ms", 0, "pass   expect invalid=0"),
        (
            "event>=1 within 300ms",
            1,
            "fail   expect event>=1 within 300ms  0 event came",
        ),
    ] {
        watch(&broker, "--expect")
            .arg(expect)
            .stdout_has([found])
            .any_stderr()
            .exits(code);
    }
    // One message alone is looked at, however many come in one read.
    let ran = watch(&broker, "--format json --expect lifecycle=1")
        .any_stdout()
        .exits(0);
    assert_eq!(
        ran.json()
            .iter()
            .filter(|line| line["type"] == "message")
            .count(),
        1
    );
}

#[test]
fn a_message_that_is_wrong_fails_what_was_expected_and_came() {
    let broker = Broker::start(|peer| deliver(peer, &[(LIFECYCLE, "{}")]));
    watch(&broker, "--expect messages=1")
        .stdout_has(["fail ", "pass   expect messages=1"])
        .any_stderr()
        .exits(1);
}

#[test]
fn a_reader_who_goes_away_ends_a_run_that_only_shows() {
    let broker = day();
    watch(&broker, "").without_reader().any_stderr().exits(0);
    // A count is a purpose of its own, and what comes is judged all the same.
    watch(&broker, "--count 3 --capture c.ndjson")
        .without_reader()
        .any_stderr()
        .exits(0);
}

#[cfg(unix)]
mod signals {
    use std::sync::mpsc::{Receiver, channel};

    use super::*;
    use crate::unread::{Talk, Unread};

    /// Sends so many messages of this topic; tells when the last is acknowledged.
    fn many(count: u16, payload: String) -> (Broker, Receiver<()>) {
        let (tell, told) = channel();
        let broker = Broker::start(move |mut peer| {
            peer.accept();
            for _ in 0..count {
                let pkid = peer.publish("x", 1, &payload);
                peer.puback(pkid);
            }
            let _ = tell.send(());
            let left = peer.until_gone();
            assert_eq!(left, [pushrig::mqtt::packet::Packet::Disconnect]);
        });
        (broker, told)
    }

    fn start(broker: &Broker, words: &str, folder: &std::path::Path) -> Unread {
        let call = format!(
            "mqtt watch {} --topic x --format json {words}",
            broker.url()
        );
        Unread::start(folder, &call, Talk::Read)
    }

    #[test]
    fn ctrl_c_ends_it_with_what_was_expected_and_a_disconnect_and_sigterm_with_143() {
        for (signal, words, code) in [
            ("INT", "", 0),
            ("INT", "--expect other>=1,", 0),
            ("INT", "--expect other>=9", 1),
            ("INT", "--count 9", 1),
            ("TERM", "", 143),
        ] {
            let words = words.replace(">=1,", "<=9");
            let folder = tempfile::tempdir().unwrap();
            let (broker, told) = many(1, "hi".to_owned());
            let it = start(&broker, &words, folder.path());
            told.recv().unwrap();
            it.signal(signal);
            let text = it.read();
            assert_eq!(it.end().code, Some(code), "{signal} {words}");
            let text = text.join().unwrap();
            let last: Value = serde_json::from_str(text.lines().last().unwrap()).unwrap();
            assert!(
                last["ended"].is_string() && last["counters"]["messages"] == 1,
                "{last}"
            );
        }
    }

    #[test]
    fn a_reader_that_stops_reading_holds_up_neither_acknowledgements_nor_the_capture() {
        let folder = tempfile::tempdir().unwrap();
        let (broker, told) = many(100, "x".repeat(10_000));
        let it = start(&broker, "--capture c.ndjson", folder.path());
        told.recv().unwrap();
        let kept = std::fs::read_to_string(folder.path().join("c.ndjson")).unwrap();
        assert_eq!(kept.lines().count(), 100);
        it.signal("INT");
        let ended = it.end();
        assert_eq!(ended.code, Some(0), "{}", ended.talk);
        assert!(ended.lost() > 50, "{}", ended.talk);
    }

    #[test]
    fn a_signal_ends_it_while_the_broker_sends_without_a_pause() {
        for (qos, signal, code) in [(0, "INT", 0), (1, "TERM", 143)] {
            let (tell, told) = channel();
            let broker = Broker::start(move |mut peer| {
                peer.accept();
                tell.send(()).unwrap();
                peer.flood("x", qos);
            });
            let folder = tempfile::tempdir().unwrap();
            let it = start(&broker, "-q", folder.path());
            told.recv().unwrap();
            std::thread::sleep(Duration::from_millis(300));
            it.signal(signal);
            let text = it.read();
            let ended = it.end();
            assert_eq!(ended.code, Some(code), "{}", ended.talk);
            assert!(ended.took < Duration::from_secs(5), "{:?}", ended.took);
            drop(text.join());
        }
    }

    #[test]
    fn ctrl_c_while_it_is_disconnected_is_no_answer() {
        let broker = Broker::start(|mut peer| {
            peer.accept();
        });
        let folder = tempfile::tempdir().unwrap();
        let mut it = start(&broker, "", folder.path());
        it.says("disconnected at ");
        it.signal("INT");
        let text = it.read();
        assert_eq!(it.end().code, Some(3));
        let text = text.join().unwrap();
        assert!(text.contains("not connected again at the end"), "{text}");
    }

    #[test]
    fn ctrl_c_before_there_is_a_connection_is_no_answer() {
        let (tell, told) = channel();
        let broker = Broker::start(move |mut peer| {
            peer.connect();
            let _ = tell.send(());
            peer.until_gone();
        });
        let folder = tempfile::tempdir().unwrap();
        let it = start(&broker, "--count 1", folder.path());
        told.recv().unwrap();
        it.signal("INT");
        assert_eq!(it.end().code, Some(3));
    }
}
