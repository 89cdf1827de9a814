//! In which order, over how many connections, how often, and until when.

use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use super::inputs::Piped;
use super::{all_but, always, capture, numbered, record, replay, targets};
use crate::harness::pushrig;
use crate::server::{Gate, Reply, Server};

/// The numbers of the records in the order in which they were told.
fn told(text: &str) -> Vec<usize> {
    let ids = text
        .lines()
        .filter_map(|line| line.split("day.ndjson:").nth(1));
    ids.map(|id| id.split(' ').next().unwrap().parse().unwrap())
        .collect()
}

#[test]
fn the_order_is_kept_over_one_connection() {
    let server = always(200);
    let ran = replay(&server, numbered(30), "").any_stdout().exits(0);
    let expected: Vec<_> = (0..30).map(|number| format!("/{number}")).collect();
    assert_eq!(targets(&server), expected);
    assert_eq!(told(ran.text()), (1..=30).collect::<Vec<_>>());
    assert_eq!(server.connections(), 1);
}

#[test]
fn a_server_that_closes_after_each_answer_gets_a_connection_each() {
    let server = Server::start(|_| Reply::ok().header("Connection", "close").and_close());
    replay(&server, numbered(5), "").any_stdout().exits(0);
    assert_eq!(server.connections(), 5);
    let server = Server::start(|_| Reply::ok().and_close());
    replay(&server, numbered(5), "")
        .stdout_has(["5 cases: 5 passed"])
        .exits(0);
    assert_eq!(server.received().len(), 5, "none is sent twice or lost");
}

#[test]
fn a_request_that_may_have_arrived_twice_is_told() {
    let server = Server::start(|request| match request.number {
        1 => Reply::close(),
        _ => Reply::ok(),
    });
    replay(&server, numbered(2), "-q")
        .stdout_has(["2 cases: 2 passed, 1 warning"])
        .exits(0);
    assert_eq!(targets(&server), ["/0", "/1", "/1"]);
}

#[test]
fn many_connections_send_at_once_and_what_is_told_is_in_the_order_of_sending() {
    let last = Gate::new();
    let opened = last.clone();
    // The first is answered last, and none before all have come.
    let server = Server::start(move |request| {
        if request.number == 3 {
            opened.open();
        }
        Reply::ok().after(&opened)
    });
    let ran = replay(&server, numbered(8), "--concurrency 4")
        .any_stdout()
        .exits(0);
    assert_eq!(told(ran.text()), (1..=8).collect::<Vec<_>>());
    assert_eq!(server.connections(), 4);
    let mut first: Vec<_> = targets(&server)[..4].to_vec();
    first.sort();
    assert_eq!(first, ["/0", "/1", "/2", "/3"], "the earliest go first");
}

#[test]
fn a_slow_answer_does_not_change_the_order_of_what_is_told() {
    let rest = Gate::new();
    let opened = rest.clone();
    let server = Server::start(move |request| {
        if request.target() == "/9" {
            opened.open();
        }
        match &*request.target() {
            "/0" => Reply::ok().after(&opened),
            _ => Reply::ok(),
        }
    });
    let ran = replay(&server, numbered(10), "--concurrency 2")
        .any_stdout()
        .exits(0);
    assert_eq!(told(ran.text()), (1..=10).collect::<Vec<_>>());
}

#[test]
fn each_is_sent_several_times_in_a_row_and_numbered() {
    let server = all_but(4);
    replay(&server, numbered(2), "--duplicate 3")
        .stdout_has([
            "pass   day.ndjson:1  200",
            "pass   day.ndjson:1#2  200",
            "pass   day.ndjson:1#3  200",
            "pass   day.ndjson:2  200",
            "fail   day.ndjson:2#2  500",
            "pass   day.ndjson:2#3  200",
            "6 cases: 5 passed, 1 failed",
        ])
        .exits(1);
    assert_eq!(targets(&server), ["/0", "/0", "/0", "/1", "/1", "/1"]);
    let received = server.received();
    assert_eq!(received[0].raw, received[2].raw);
}

#[test]
fn all_are_sent_again_and_passes_are_then_only_counted() {
    let server = always(200);
    let ran = replay(&server, numbered(2), "--repeat 3")
        .stdout_has(["6 cases: 6 passed  in ", "times", "statuses  200 × 6\n"])
        .exits(0);
    assert!(!ran.text().contains("pass   "), "{}", ran.text());
    assert_eq!(targets(&server), ["/0", "/1", "/0", "/1", "/0", "/1"]);
    // What fails again is shown once, and counted.
    let server = Server::start(|request| match &*request.target() {
        "/1" => Reply::status(500),
        _ => Reply::ok(),
    });
    let ran = replay(&server, numbered(2), "--repeat 3 --duplicate 2")
        .stdout_has([
            "fail   day.ndjson:2  500",
            "day.ndjson:2 was not right 6 times\n",
            "12 cases: 6 passed, 6 failed",
        ])
        .exits(1);
    assert_eq!(ran.text().matches("fail   ").count(), 1);
    let server = always(200);
    replay(&server, numbered(1), "--repeat 2 -v")
        .stdout_has(["pass   day.ndjson:1  200", "pass   day.ndjson:1#2  200"])
        .exits(0);
}

#[test]
fn records_that_fail_again_and_again_are_told_in_the_order_of_the_file() {
    let server = always(500);
    let ran = replay(&server, numbered(11), "--repeat 2")
        .any_stdout()
        .exits(1);
    let lines = ran.text().lines();
    let again: Vec<_> = lines
        .filter_map(|line| line.strip_suffix(" was not right 2 times"))
        .collect();
    let expected: Vec<_> = (1..=11).map(|line| format!("day.ndjson:{line}")).collect();
    assert_eq!(again, expected);
}

#[test]
fn a_shuffled_order_is_the_same_for_the_same_seed() {
    let order = |rest: &str| {
        let server = always(200);
        replay(&server, numbered(40), &format!("--shuffle {rest}"))
            .any_stdout()
            .exits(0);
        targets(&server)
    };
    let first = order("--seed 7");
    assert_eq!(first, order("--seed 7"));
    assert_ne!(first, order("--seed 8"));
    let mut sorted = first.clone();
    sorted.sort_by_key(|target| target[1..].parse::<u32>().unwrap());
    assert_ne!(first, sorted);
    let all: Vec<_> = (0..40).map(|number| format!("/{number}")).collect();
    assert_eq!(sorted, all);
}

#[test]
fn a_time_ends_it_and_begins_again_as_often_as_fits() {
    let started = Instant::now();
    let server = always(200);
    let ran = replay(&server, numbered(3), "--for 300ms --format json")
        .any_stdout()
        .exits(0);
    assert!(started.elapsed() >= Duration::from_millis(300));
    assert!(started.elapsed() < Duration::from_secs(20));
    let all = ran.json();
    let summary = all.last().unwrap();
    let count = summary["cases"].as_u64().unwrap();
    assert!(count > 3, "{summary}");
    assert_eq!(summary["ended"], serde_json::Value::Null, "that is its end");
    assert_eq!(targets(&server)[..4], ["/0", "/1", "/2", "/0"]);
    // A few rounds may be less than the time.
    let server = always(200);
    replay(&server, numbered(2), "--for 60s --repeat 2")
        .stdout_has(["4 cases: 4 passed"])
        .exits(0);
}

#[test]
fn a_time_ends_it_though_more_records_may_come() {
    let (sender, receiver) = channel();
    sender.send(numbered(1).into_bytes()).unwrap();
    let server = always(200);
    pushrig(&format!(
        "replay - --to {} --for 300ms --repeat 1",
        server.url("/")
    ))
    .stdin_stream(Piped(receiver))
    .stdout_has(["pass   <stdin>:1  200"])
    .exits(0);
    drop(sender);
}

#[test]
fn fail_fast_stops_at_the_first_that_does_not_pass() {
    let server = all_but(2);
    replay(&server, numbered(50), "--fail-fast")
        .stdout_has([
            "pass   day.ndjson:1",
            "pass   day.ndjson:2",
            "fail   day.ndjson:3",
            "3 cases: 2 passed, 1 failed",
            "  ended     by --fail-fast: the rest was not sent\n",
        ])
        .exits(1);
    assert_eq!(server.received().len(), 3);
    let server = all_but(2);
    replay(
        &server,
        numbered(50),
        "--fail-fast --concurrency 2 --rate 500",
    )
    .stdout_has(["1 failed", "ended     by --fail-fast"])
    .exits(1);
    assert!(server.received().len() < 10);
}

#[test]
fn fail_fast_ends_workers_that_wait_for_a_record_or_for_its_time() {
    let (sender, receiver) = channel();
    sender.send(numbered(1).into_bytes()).unwrap();
    let server = always(500);
    let started = Instant::now();
    pushrig(&format!(
        "replay - --to {} --fail-fast --concurrency 3",
        server.url("/")
    ))
    .stdin_stream(Piped(receiver))
    .stdout_has(["fail   <stdin>:1  500", "ended     by --fail-fast"])
    .exits(1);
    drop(sender);
    let server = always(500);
    replay(
        &server,
        numbered(3),
        "--fail-fast --concurrency 3 --rate 0.01",
    )
    .stdout_has(["fail   day.ndjson:1  500", "ended     by --fail-fast"])
    .exits(1);
    assert!(started.elapsed() < Duration::from_secs(60));
}

#[test]
fn fail_fast_stops_at_a_record_that_cannot_be_sent() {
    let mqtt = serde_json::json!({"v": 1, "mqtt": {"topic": "a", "qos": 0, "payload": "x"}});
    let day = capture([record("/0", ""), mqtt, record("/1", "")]);
    let server = always(200);
    replay(&server, &day, "--fail-fast")
        .stdout_has([
            "pass   day.ndjson:1",
            "error  day.ndjson:2  it holds an MQTT message and no HTTP request",
            "ended     by --fail-fast",
        ])
        .exits(2);
    assert_eq!(targets(&server), ["/0"]);
    let server = always(200).may_stay_idle();
    replay(&server, &day, "--fail-fast --repeat 2")
        .stdout_has(["error  day.ndjson:2", "ended     by --fail-fast"])
        .exits(2);
    assert_eq!(server.connections(), 0);
}

#[test]
fn load_stays_on_this_machine_unless_it_is_let_out() {
    for (rest, named) in [
        ("--concurrency 2", "--concurrency"),
        ("--rate 5", "--rate"),
        ("--repeat 2", "--repeat"),
        ("--for 1s", "--for"),
        (
            "--rate 5 --concurrency 2 --for 1s",
            "--concurrency and --rate and --for",
        ),
    ] {
        pushrig(&format!(
            "replay day.ndjson --to http://192.0.2.1:9/ {rest}"
        ))
        .file("day.ndjson", numbered(1))
        .stderr(format!(
            "error: {named} would put load on a server that is not on this machine\n\
                 hint: if it is yours to test, add --allow-remote\n"
        ))
        .exits(2);
    }
    // What is no load needs no permission: a name leads to this machine, and it is not asked.
    let server = always(200);
    let port = server.address().port();
    for rest in ["", "--duplicate 2", "--repeat 2 --allow-remote"] {
        pushrig(&format!(
            "replay day.ndjson --to http://far.example:{port} --resolve far.example:{port}:127.0.0.1 {rest}"
        ))
        .file("day.ndjson", numbered(1))
        .any_stdout()
        .exits(0);
    }
}

#[test]
fn numbers_that_make_no_sense_and_flags_that_exclude_each_other_are_refused() {
    for rest in [
        "--concurrency 0",
        "--concurrency many",
        "--rate 0",
        "--rate NaN",
        "--rate 5 --pace recorded",
        "--pace fast",
        "--speed 2x",
        "--pace recorded --speed 0",
        "--duplicate 0",
        "--repeat 0",
        "--for soon",
        "--keep --resign",
        "--timeout 0s",
    ] {
        pushrig(&format!(
            "replay day.ndjson --to http://127.0.0.1:9/ {rest}"
        ))
        .file("day.ndjson", numbered(1))
        .any_stderr()
        .exits(2);
    }
    pushrig("replay --to http://127.0.0.1:9/")
        .any_stderr()
        .exits(2);
}
