//! `--fault`: each kind, each rate, before and after the work, seen by a client.

use std::io::{Read as _, Write as _};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::bench::{Running, listen, listen_with};
use crate::harness::pushrig;

/// A push over a connection that is closed behind its answer.
fn closing(it: &Running) -> Vec<u8> {
    let wire = String::from_utf8(it.wire("onenet.online", "")).unwrap();
    wire.replace("Keep-Alive", "close").into_bytes()
}

/// The statuses of so many pushes; null where none came.
fn statuses(it: &Running, count: usize) -> Vec<Value> {
    let call = it.push("onenet.online", &format!("--count {count} --format json"));
    let lines = call.any_stdout().any_stderr().any_end().json();
    let cases = lines.iter().filter(|line| line["type"] == "case");
    cases.map(|line| line["status"].clone()).collect()
}

#[test]
fn a_status_is_answered_in_place_of_the_right_one() {
    for (spec, pushes) in [
        ("status=503", 0),
        ("status=503:before", 0),
        ("status=503:after", 1),
    ] {
        let mut it = listen_with("onenet --capture c.ndjson", &["--fault", spec]);
        it.push("onenet.online", "").any_stdout().exits(1);
        let line = it.next();
        assert_eq!(line["status"], 503);
        let fault = line["details"]["fault"].as_str().unwrap();
        assert_eq!(fault, spec.replace(":before", ""), "{line}");
        let record = &it.records()[0];
        assert_eq!(record["response"]["status"], 503);
        assert_eq!(record["verdict"], "valid");
        assert_eq!(record["note"], format!("--fault {fault}"));
        let ended = it.stop();
        assert_eq!(
            (ended.counter("faults"), ended.counter("pushes")),
            (1, pushes)
        );
        assert_eq!(ended.code, Some(0));
    }
}

#[test]
fn an_answer_is_late_by_so_much_whether_before_or_after_the_work() {
    for spec in ["delay=300ms", "delay=300ms:after"] {
        let it = listen_with("onenet --capture c.ndjson", &["--fault", spec]);
        let wire = closing(&it);
        let begun = Instant::now();
        let answer = it.raw(wire);
        assert!(begun.elapsed() >= Duration::from_millis(300));
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
        let ms = it.records()[0]["response"]["ms"].as_f64().unwrap();
        assert!(ms >= 300.0, "{ms}");
        assert_eq!(it.stop().counter("pushes"), 1);
    }
}

#[test]
fn a_connection_is_reset_in_place_of_an_answer() {
    for (spec, pushes) in [("reset", 0), ("reset:after", 1)] {
        let mut it = listen_with("onenet --capture c.ndjson", &["--fault", spec]);
        let mut stream = it.connect();
        stream.write_all(&closing(&it)).unwrap();
        let error = stream.read(&mut [0]).unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
        assert_eq!(it.next()["status"], Value::Null);
        assert_eq!(it.records()[0].get("response"), None);
        assert_eq!(it.stop().counter("pushes"), pushes);
    }
}

#[test]
fn an_answer_is_cut_after_so_many_bytes() {
    let it = listen("onenet --fault truncate=10 --capture c.ndjson");
    assert_eq!(it.raw(closing(&it)), "HTTP/1.1 2");
    it.push("onenet.online", "")
        .any_stdout()
        .any_stderr()
        .exits(3);
    assert_eq!(it.stop().counter("pushes"), 0);
}

#[test]
fn an_answer_trickles_at_so_many_bytes_a_second() {
    let it = listen("onenet --fault slow=400B/s --capture c.ndjson");
    let wire = closing(&it);
    let begun = Instant::now();
    let answer = it.raw(wire);
    let time = begun.elapsed().as_secs_f64();
    assert!(answer.ends_with("ok"), "{answer}");
    let least = f64::from(u32::try_from(answer.len() - 20).unwrap()) / 400.0;
    assert!(time >= least, "{} bytes in {time} s", answer.len());
    assert_eq!(it.stop().counter("pushes"), 1, "it only takes time");
}

#[test]
fn an_answer_never_comes() {
    for (spec, pushes) in [("never", 0), ("never:after", 1)] {
        let mut it = listen_with("onenet --capture c.ndjson", &["--fault", spec]);
        it.push("onenet.online", "--timeout 200ms")
            .any_stdout()
            .any_stderr()
            .exits(3);
        assert_eq!(it.next()["status"], Value::Null);
        // One that waits does not hold the end.
        let mut stream = it.connect();
        stream.write_all(&closing(&it)).unwrap();
        it.next();
        let begun = Instant::now();
        let ended = it.stop();
        assert!(begun.elapsed() < Duration::from_secs(10));
        assert_eq!(ended.counter("faults"), 2);
        assert_eq!(ended.counter("pushes"), pushes * 2);
    }
}

#[test]
fn a_fault_strikes_the_first_ones_or_each_so_many_and_the_first_of_several_counts() {
    for (specs, expected) in [
        (&["first=2"][..], "500 500 200 200 200 200"),
        (&["status=429:every=3"], "200 200 429 200 200 429"),
        (
            &["status=503:first=1", "status=429:every=2"],
            "503 429 200 429 200 429",
        ),
        (&["status=500:100%"], "500 500 500 500 500 500"),
        (&["status=500:0%"], "200 200 200 200 200 200"),
    ] {
        let flags: Vec<_> = specs.iter().flat_map(|spec| ["--fault", spec]).collect();
        let it = listen_with("onenet -q", &flags);
        let found: Vec<_> = statuses(&it, 6).iter().map(ToString::to_string).collect();
        assert_eq!(found.join(" "), expected, "{specs:?}");
    }
}

#[test]
fn the_same_seed_gives_the_same_faults_and_another_one_others() {
    let run = |seed: u32| {
        let it = listen(&format!("onenet --fault status=500:50% --seed {seed}"));
        statuses(&it, 24)
    };
    let first = run(1);
    assert_eq!(run(1), first);
    assert_ne!(run(2), first);
    let some = |status: u16| first.iter().any(|found| *found == status);
    assert!(some(200) && some(500), "{first:?}");
}

#[test]
fn a_handshake_is_spared_and_does_not_count() {
    let it = listen("onenet --fault first=1");
    pushrig(&format!(
        "handshake onenet {} --token a-token-of-mine",
        it.url("/")
    ))
    .any_stdout()
    .any_stderr()
    .exits(0);
    assert_eq!(statuses(&it, 2), [500, 200]);
}

#[test]
fn a_message_that_failed_before_the_work_comes_anew_and_one_after_it_again() {
    for (spec, duplicates) in [("first=1", 0), ("first=1:after", 1)] {
        let it = listen_with("tencent", &["--fault", spec]);
        it.push("tencent.report", "--retry 1ms")
            .any_stdout()
            .exits(0);
        let ended = it.stop();
        assert_eq!(ended.counter("duplicates"), duplicates, "{spec}");
        assert_eq!(ended.counter("pushes"), 1 + duplicates, "{spec}");
    }
}

#[test]
fn a_platform_that_gave_up_waiting_is_seen_all_the_same() {
    let it = listen("tencent --fault delay=500ms:first=1 --capture c.ndjson");
    it.push(
        "tencent.report",
        "--timeout 100ms --retry 600ms --set seq=7",
    )
    .any_stdout()
    .any_stderr()
    .exits(0);
    assert_eq!(it.records().len(), 2);
    let ended = it.stop();
    assert_eq!(ended.counter("requests"), 2);
    let retried = ended.of_type("retried");
    assert_eq!((retried.len(), &retried[0]["attempts"]), (1, &2.into()));
    let gap = retried[0]["gaps"][0].as_f64().unwrap();
    assert!(gap >= 0.6, "from when it came, not from its answer: {gap}");
}

#[test]
fn an_answer_that_is_held_back_ends_with_the_run_and_was_not_given() {
    let it = listen("onenet --fault delay=1h --capture c.ndjson");
    let mut stream = it.connect();
    stream.write_all(&closing(&it)).unwrap();
    // A second request is answered only when the first was read.
    it.raw("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    let begun = Instant::now();
    let ended = it.stop();
    assert!(begun.elapsed() < Duration::from_secs(20));
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer);
    assert_eq!(answer, "");
    let records = ended.records();
    assert_eq!(records.len(), 2);
    assert_eq!(records[1].get("response"), None);
    assert_eq!(ended.counter("pushes"), 0);
}

#[test]
fn what_is_no_fault_is_refused_in_plain_words() {
    for (spec, why) in [("slowly", "is no fault"), ("reset:often", "is no rate")] {
        pushrig("listen onenet --token a-token-of-mine --fault")
            .arg(spec)
            .stderr_has([why])
            .exits(2);
    }
}
