//! What comes again: duplicates, replays, batches, and the schedule of retries.

use std::io::{Read as _, Write as _};
use std::thread;
use std::time::{Duration, Instant};

use pushrig::platform::Platform;
use pushrig::receiver::arrivals::{Arrivals, Key};
use serde_json::Value;

use super::bench::{Ended, listen, listen_with};

/// The warnings of each case.
fn warnings(ended: &Ended) -> Vec<String> {
    let cases = ended.of_type("case");
    let cases = cases.iter().map(|case| case["warnings"].to_string());
    cases.collect()
}

#[test]
fn a_duplicate_is_told_by_the_handle_that_the_platform_documents() {
    for (event, label) in [
        ("onenet.online", "the same message"),
        ("onenet-studio-push.property", "id "),
        ("tencent.report", "seq "),
        ("sensoro.text", "msgId "),
    ] {
        let it = listen("auto");
        for _ in 0..2 {
            it.takes(event, "--seed 5 --now 2026-11-21T20:00:00Z");
        }
        it.takes(event, "--seed 6 --now 2026-11-21T20:00:09Z");
        let ended = it.stop();
        assert_eq!(ended.counter("duplicates"), 1, "{event}");
        assert!(
            warnings(&ended)[1].contains("a duplicate after 0."),
            "{event}"
        );
        let retried = ended.of_type("retried");
        assert_eq!(retried.len(), 1, "{event}");
        let message = retried[0]["message"].as_str().unwrap();
        assert!(message.starts_with(label), "{message}");
        assert_eq!(retried[0]["as_scheduled"], false);
        let schedule = retried[0]["schedule"].as_str().unwrap();
        assert!(
            schedule.contains("although the one before it was accepted"),
            "{schedule}"
        );
    }
}

#[test]
fn an_old_nonce_with_another_message_is_told_as_a_replay() {
    let it = listen("onenet");
    it.takes("onenet.online", "--nonce abcdefgh --set dev_id=1");
    it.takes("onenet.online", "--nonce abcdefgh --set dev_id=2");
    let ended = it.stop();
    assert_eq!(
        (ended.counter("replays"), ended.counter("duplicates")),
        (1, 0)
    );
    assert!(warnings(&ended)[1].contains("its nonce came before"));
}

#[test]
fn a_batch_counts_each_of_its_messages() {
    let it = listen_with("onenet", &["--expect", "onenet.datapoint=3"]);
    it.takes("onenet.datapoint", "--batch 3");
    let ended = it.end();
    assert_eq!(ended.code, Some(0));
    assert_eq!(ended.counter("pushes"), 1);
    let id = ended.of_type("case")[0]["id"].as_str().unwrap();
    assert_eq!(id, "#1 datapoint and 2 more");
}

#[test]
fn retries_are_shown_with_their_gaps_and_held_against_the_vendors_schedule() {
    for (words, fits, says) in [
        ("--retry platform", true, "as Tencent's schedule says"),
        (
            "--retry 10ms,20ms",
            false,
            "and Tencent's schedule says 1.0 s",
        ),
    ] {
        let it = listen("tencent --fault first=1");
        it.takes("tencent.report", &format!("{words} --set seq=12"));
        let ended = it.stop();
        let retried = ended.of_type("retried");
        assert_eq!(retried.len(), 1);
        assert_eq!(retried[0]["message"], "seq 12");
        assert_eq!(retried[0]["platform"], "tencent");
        assert_eq!(retried[0]["attempts"], 2);
        assert_eq!(retried[0]["as_scheduled"], fits, "{}", retried[0]);
        let schedule = retried[0]["schedule"].as_str().unwrap();
        assert!(schedule.ends_with(says), "{schedule}");
        assert!(warnings(&ended)[1].contains("attempt 2 after "));
    }
}

/// What is told of a push that fails so often and is tried again in this way.
fn retried(event: &str, first: u32, retry: &str) -> Value {
    let it = listen(&format!("auto --fault first={first}"));
    it.push(event, &format!("--retry {retry}"))
        .any_stdout()
        .any_end();
    let ended = it.stop();
    let retried = ended.of_type("retried");
    assert_eq!(retried.len(), 1, "{event}");
    retried[0].clone()
}

/// An event, its platform in words, and the first pauses of its schedule in seconds. Two of the
/// schedules go on for minutes: the whole of each is in the test behind this one.
const SCHEDULES: [(&str, &str, &[u32]); 4] = [
    ("tencent.report", "Tencent's schedule", &[1, 3]),
    (
        "sensoro.text",
        "SENSORO's schedule (the spacing inferred)",
        &[1, 1],
    ),
    (
        "onenet.online",
        "OneNET's schedule (count and spacing inferred)",
        &[5],
    ),
    (
        "onenet-studio-push.property",
        "OneNET Studio's schedule",
        &[5],
    ),
];

#[test]
fn the_schedule_of_each_platform_is_seen_over_sockets() {
    let right = SCHEDULES.map(|(event, schedule, pauses)| {
        thread::spawn(move || {
            let first = u32::try_from(pauses.len()).unwrap();
            let line = retried(event, first, "platform");
            assert_eq!(line["attempts"], first + 1, "{line}");
            let says = line["schedule"].as_str().unwrap();
            assert_eq!(says, format!("as {schedule} says"));
            assert_eq!(line["as_scheduled"], true, "{line}");
            let gaps = line["gaps"].as_array().unwrap();
            assert_eq!(gaps.len(), pauses.len());
            for (gap, pause) in gaps.iter().zip(pauses) {
                let late = gap.as_f64().unwrap() - f64::from(*pause);
                assert!((-0.1..5.0).contains(&late), "{line}");
            }
        })
    });
    let wrong = SCHEDULES.map(|(event, schedule, pauses)| {
        thread::spawn(move || {
            let line = retried(event, 2, "10ms,20ms");
            assert_eq!(line["attempts"], 3);
            assert_eq!(line["as_scheduled"], false);
            let says = line["schedule"].as_str().unwrap();
            assert!(says.starts_with("attempt 2 came after 0."), "{says}");
            let right = format!(" s, and {schedule} says {}.0 s", pauses[0]);
            assert!(says.ends_with(&right), "{says}");
        })
    });
    for one in right.into_iter().chain(wrong) {
        one.join().unwrap();
    }
}

/// All pauses of each vendor's schedule, from its documents, at times that are given: nobody
/// waits for two hours.
#[test]
fn the_whole_schedule_of_each_platform_fits_and_one_attempt_more_does_not() {
    const MINUTE: i64 = 60;
    let minutes = (1..=10).chain([20, 30, 60]).map(|count| count * MINUTE);
    let studio: Vec<i64> = [5, 10, 30].into_iter().chain(minutes).collect();
    for (platform, pauses) in [
        (Platform::Tencent, vec![1, 3, 10]),
        (Platform::Sensoro, vec![1, 1, 1]),
        (Platform::Onenet, vec![5, 5, 5]),
        (Platform::OnenetStudioPush, studio),
    ] {
        // An attempt that is answered at once, and one that takes all of its time.
        for taken in [0, 4_900] {
            let verdict = |pauses: &[i64]| {
                let (mut arrivals, mut now) = (Arrivals::default(), 0);
                let key = Key::of(&[b"one"]);
                for pause in [&[0], pauses].concat() {
                    now += pause * 1000 + taken;
                    arrivals.arrive(key, Some(platform), || "one".to_owned(), None, now);
                }
                let retried = arrivals.retried().remove(0);
                assert_eq!(retried.count, pauses.len() + 1);
                retried.schedule.unwrap()
            };
            assert!(verdict(&pauses).is_ok(), "{platform:?}: {pauses:?}");
            let more = [&pauses[..], &[5]].concat();
            let why = verdict(&more).unwrap_err();
            assert!(why.contains("is one more than"), "{why}");
            for (index, pause) in pauses.iter().enumerate() {
                let mut late = pauses.clone();
                late[index] = pause * 2 + 6;
                let why = verdict(&late).unwrap_err();
                let attempt = format!("attempt {} came after", index + 2);
                assert!(why.starts_with(&attempt), "{why}");
            }
        }
    }
}

/// Tencent waits five seconds: what is accepted later was not delivered for it, and comes again
/// as scheduled.
#[test]
fn an_answer_behind_the_time_limit_is_no_delivery_and_the_next_attempt_is_as_scheduled() {
    let it = listen_with(
        "tencent --capture c.ndjson",
        &["--fault", "delay=5100ms:first=1"],
    );
    let wire = String::from_utf8(it.wire("tencent.report", "--set seq=12")).unwrap();
    let wire = wire.replacen("\r\n", "\r\nConnection: close\r\n", 1);
    let begun = Instant::now();
    for _ in 0..2 {
        let answer = it.raw(&wire);
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    }
    assert!(begun.elapsed() >= Duration::from_millis(5100));
    let ended = it.stop();
    assert_eq!(ended.records().len(), 2);
    let line = ended.of_type("retried")[0];
    assert_eq!(line["message"], "seq 12");
    assert_eq!(line["as_scheduled"], true, "{line}");
    assert_eq!(line["schedule"], "as Tencent's schedule says");
}

#[test]
fn people_read_the_same_of_it() {
    let ready = tempfile::tempdir().unwrap();
    let ready = ready.path().join("url");
    let listening = crate::harness::pushrig("listen tencent --color never --fault first=1")
        .args(["--expect", "pushes=1 within 60s", "--ready-file"])
        .arg(&ready)
        .args(super::SECRETS.split(' '));
    let pushing = std::thread::spawn(move || {
        let url = super::shown::wait_for(&ready);
        let call = format!("push tencent.report {url}/a --retry 10ms --set seq=7");
        let call = crate::harness::pushrig(&call).args(super::SECRETS.split(' '));
        call.any_stdout().exits(0);
    });
    listening
        .stdout_has([
            "skip   #1 report  tencent  500  ",
            "--fault status=500:first=1",
            "pass   #2 report  tencent  200  ",
            "attempt 2 after 0.",
            "pass   expect pushes=1 within 60s",
        ])
        .stderr_has([
            "ready: it listens at http://127.0.0.1:",
            "note: seq 7 came 2 times, after 0.",
            "s: attempt 2 came after 0.",
            "and Tencent's schedule says 1.0 s",
        ])
        .exits(0);
    pushing.join().unwrap();
}

#[test]
fn gaps_are_those_of_the_clock_on_the_wall_whatever_the_time_is_set_to() {
    let it = listen("tencent --now 1604458421 --fault first=1");
    it.takes("tencent.report", "--retry platform --now 1604458421");
    let ended = it.stop();
    let retried = ended.of_type("retried");
    assert_eq!(retried[0]["as_scheduled"], true, "{retried:?}");
}

#[test]
fn what_was_answered_with_an_error_is_no_duplicate_when_it_comes_again() {
    let it = listen_with("tencent --respond 500", &["--expect", "duplicates=0"]);
    let same = "--seed 1 --now 2026-11-21T20:00:00Z --retry none";
    for _ in 0..2 {
        it.push("tencent.report", same).any_stdout().exits(1);
    }
    let ended = it.stop();
    assert_eq!(ended.code, Some(0), "{:?}", ended.lines);
}

#[test]
fn of_two_requests_whose_connection_is_gone_nothing_is_lost() {
    let mut it = listen("onenet --capture c.ndjson --fault slow=20B/s:first=1 --fault delay=30s");
    let (one, other) = (it.wire("onenet.online", ""), it.wire("onenet.offline", ""));
    let text = String::from_utf8([one, other].concat()).unwrap();
    let two = text.replace("Connection: close\r\n", "");
    let mut stream = it.connect();
    stream.write_all(two.as_bytes()).unwrap();
    // The first answer trickles.
    stream.read_exact(&mut [0; 14]).unwrap();
    drop(stream);
    assert_eq!(it.next()["id"], "#1 online");
    it.next();
    let ended = it.stop();
    let records = ended.records();
    assert_eq!(records.len(), 2, "{records:?}");
    // The second is a request that was not answered, or bytes that were not read any more.
    let other = &records[1];
    assert!(other.get("response").is_none() || other["response"]["status"].is_null());
    assert!(other.get("request").is_some() || other.get("unparsed").is_some());
}
