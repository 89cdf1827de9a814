//! `--expect`: met, missed, impossible, out of time; and how that ends a run.

use std::io::{Read as _, Write as _};
use std::time::{Duration, Instant};

use super::bench::{Ended, Running, listen_with};
use crate::harness::pushrig;

/// Runs with expectations until it ends by itself, and sends meanwhile.
fn run(words: &str, expected: &[&str], sent: &[&str]) -> Ended {
    let flags: Vec<_> = expected.iter().flat_map(|it| ["--expect", it]).collect();
    let it = listen_with(&format!("auto {words}"), &flags);
    for event in sent {
        if *event == "handshake" {
            let call = format!("handshake onenet {} --token a-token-of-mine", it.url("/"));
            pushrig(&call).any_stdout().any_stderr().any_end();
        } else if *event == "wrong" {
            let call = pushrig(&format!("push onenet.online {}", it.url("/")));
            call.args(["--token", "wrong"])
                .any_stdout()
                .any_stderr()
                .any_end();
        } else {
            let call = it.push(event, "--retry none --seed 1 --now 2026-11-21T20:00:00Z");
            call.any_stdout().any_stderr().any_end();
        }
    }
    it.end()
}

/// The outcome of each expectation, and why.
fn cases(ended: &Ended) -> Vec<(String, String)> {
    let cases = ended.of_type("case").into_iter();
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    cases
        .filter(|case| text(&case["id"]).starts_with("expect "))
        .map(|case| (text(&case["outcome"]), text(&case["why"])))
        .collect()
}

#[test]
fn it_ends_with_0_as_soon_as_all_that_is_expected_has_come() {
    for (expected, sent) in [
        (&["onenet.online>=1"][..], &["onenet.online"][..]),
        (
            &["verified=2 within 60s"],
            &["onenet.online", "sensoro.text"],
        ),
        (
            &["requests>1", "tencent=1"],
            &["onenet.online", "tencent.report"],
        ),
        (&["pushes!=0"], &["onenet.online"]),
        (&["pushes==1"], &["onenet.online"]),
        (
            &["onenet.online then onenet.offline"],
            &["onenet.online", "onenet.offline"],
        ),
        (&["duplicates>=1"], &["tencent.report", "tencent.report"]),
        (
            &["refused>=1", "duplicates=0", "pushes<3", "faults<=0"],
            &["wrong"],
        ),
        (&["handshakes>=1"], &["handshake"]),
    ] {
        let ended = run("", expected, sent);
        assert_eq!(ended.code, Some(0), "{expected:?} {:?}", ended.lines);
        let pass = ("pass".to_owned(), String::new());
        assert_eq!(cases(&ended), vec![pass; expected.len()], "{expected:?}");
        assert_eq!(ended.summary()["outcome"], "yes");
    }
}

#[test]
fn it_ends_with_1_as_soon_as_something_expected_cannot_come_any_more() {
    for (expected, sent, why) in [
        (
            "duplicates=0",
            &["tencent.report", "tencent.report"][..],
            "1 duplicates came",
        ),
        ("verified=0", &["onenet.online"], "1 verified came"),
        ("pushes<1", &["onenet.online"], "1 pushes came"),
        ("onenet<=0", &["onenet.online"], "1 onenet came"),
        (
            "onenet.offline then onenet.online",
            &["onenet.online"],
            "onenet.online came without onenet.offline before it",
        ),
    ] {
        let ended = run("", &[expected, "requests>=99"], sent);
        assert_eq!(ended.code, Some(1), "{expected}");
        assert_eq!(cases(&ended)[0], ("fail".to_owned(), why.to_owned()));
        assert_eq!(cases(&ended)[1].0, "fail", "it had not come yet");
    }
}

#[test]
fn it_ends_with_1_when_the_time_is_up() {
    for (words, expected, why) in [
        ("", "onenet.online>=1 within 100ms", "0 onenet.online came"),
        ("--for 100ms", "verified=2", "0 verified came"),
        (
            "--for 100ms",
            "onenet.online then onenet.offline",
            "neither came",
        ),
    ] {
        let begun = Instant::now();
        let ended = run(words, &[expected], &[]);
        assert!(begun.elapsed() < Duration::from_secs(20));
        assert_eq!(ended.code, Some(1), "{expected}");
        assert_eq!(cases(&ended), [("fail".to_owned(), why.to_owned())]);
    }
}

#[test]
fn what_must_not_come_is_waited_for_until_the_time_is_up() {
    for (words, expected) in [
        ("--for 150ms", "duplicates=0"),
        ("", "duplicates=0 within 150ms"),
        ("", "refused<1 within 150ms"),
    ] {
        let begun = Instant::now();
        let ended = run(words, &[expected], &[]);
        assert!(begun.elapsed() >= Duration::from_millis(150), "{expected}");
        assert_eq!(ended.code, Some(0), "{expected}");
    }
}

#[test]
fn a_count_is_met_before_its_time_and_exact_ones_are_not_waited_for() {
    let begun = Instant::now();
    let ended = run("", &["verified=1 within 10m"], &["onenet.online"]);
    assert_eq!(ended.code, Some(0));
    assert!(begun.elapsed() < Duration::from_secs(100));
}

#[test]
fn what_cannot_be_expected_is_refused_in_plain_words() {
    for (platform, spec, why) in [
        ("onenet", "online", "compares nothing"),
        ("onenet", "online=x", "is no whole number"),
        ("onenet", "onenet.onlin>=1", "onenet.onlin"),
        ("onenet", "tencent>=1", "tencent"),
        ("auto", "nonsense=1", "nonsense"),
        ("auto", "verified=1 within soon", "is no time"),
        ("auto", "=1", "is nothing that is counted"),
    ] {
        pushrig(&format!(
            "listen {platform} --token a-token-of-mine --expect"
        ))
        .arg(spec)
        .stderr_has([why])
        .exits(2);
    }
}

/// A push whose answer nobody waits for yet.
fn begin(it: &Running, event: &str, words: &str) -> std::net::TcpStream {
    let mut stream = it.connect();
    stream.write_all(&it.wire(event, words)).unwrap();
    stream
}

fn rest(mut stream: std::net::TcpStream) {
    let _ = stream.read_to_end(&mut Vec::new());
}

#[test]
fn what_is_answered_behind_its_time_came_too_late() {
    let expected = ["--expect", "verified=1 within 200ms"];
    let it = listen_with("onenet --fault delay=1s", &expected);
    let push = begin(&it, "onenet.online", "");
    rest(push);
    let ended = it.end();
    assert_eq!(ended.code, Some(1));
    assert_eq!(cases(&ended)[0].0, "fail");
    assert_eq!(ended.counter("verified"), 1, "it came all the same");
}

#[test]
fn what_is_answered_while_the_run_ends_spoils_nothing_that_was_met() {
    let it = listen_with(
        "tencent --fault delay=700ms:first=1",
        &["--expect", "verified=1"],
    );
    let slow = begin(&it, "tencent.report", "--seed 1");
    let quick = begin(&it, "tencent.report", "--seed 2");
    rest(quick);
    rest(slow);
    let ended = it.end();
    assert_eq!(ended.code, Some(0), "{:?}", ended.lines);
    assert_eq!(ended.counter("verified"), 2);
}

#[test]
fn a_count_that_held_when_its_time_was_over_may_be_broken_later() {
    let expected = [
        "--expect",
        "verified=1 within 400ms",
        "--expect",
        "tencent=2",
    ];
    let it = listen_with("tencent", &expected);
    let begun = Instant::now();
    it.takes("tencent.report", "--seed 1");
    while begun.elapsed() < Duration::from_millis(1200) {
        std::thread::yield_now();
    }
    it.takes("tencent.report", "--seed 2");
    let ended = it.end();
    assert_eq!(ended.code, Some(0), "{:?}", ended.lines);
}

#[test]
fn what_may_be_broken_until_a_time_is_watched_until_then() {
    let expected = [
        "--expect",
        "verified=1",
        "--expect",
        "duplicates=0 within 60s",
    ];
    let it = listen_with("tencent", &expected);
    it.takes("tencent.report", "--seed 1 --now 2026-11-21T20:00:00Z");
    it.takes("tencent.report", "--seed 1 --now 2026-11-21T20:00:00Z");
    let ended = it.end();
    assert_eq!(ended.code, Some(1));
    assert_eq!(
        cases(&ended)[1],
        ("fail".into(), "1 duplicates came".into())
    );
}

#[test]
fn replays_and_faults_may_be_expected() {
    let expected = ["--expect", "replays=1", "--expect", "faults=1"];
    let it = listen_with("tencent --fault first=1", &expected);
    let nonce = "--nonce 12345678901234567 --retry none";
    it.push("tencent.report", &format!("{nonce} --seed 1"))
        .any_stdout()
        .exits(1);
    it.takes("tencent.report", &format!("{nonce} --seed 2"));
    assert_eq!(it.end().code, Some(0));
}

#[test]
fn no_time_at_all_ends_at_once() {
    let it = listen_with("onenet --for 0s", &[]);
    assert_eq!(it.end().code, Some(0));
}
