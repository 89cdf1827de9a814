//! How fast: seen by the clock of the server.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::{capture, numbered, record, replay, slow};
use crate::server::{Gate, Reply, Server};

/// A server that notes when each request came.
fn clock() -> (Server, Arc<Mutex<Vec<Instant>>>) {
    let times = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&times);
    let server = Server::start(move |_| {
        noted.lock().unwrap().push(Instant::now());
        Reply::ok()
    });
    (server, times)
}

/// The milliseconds from the first request to each.
fn since_the_first(times: &Mutex<Vec<Instant>>) -> Vec<u128> {
    let times = times.lock().unwrap();
    times
        .iter()
        .map(|time| time.duration_since(times[0]).as_millis())
        .collect()
}

/// Records of these milliseconds of a day.
fn timed(millis: &[u32]) -> String {
    capture(millis.iter().map(|&at| {
        let mut record = record(&format!("/{at}"), "{}");
        let at = format!("2026-11-21T20:00:{:02}.{:03}Z", at / 1000, at % 1000);
        record["at"] = at.into();
        record
    }))
}

#[test]
fn a_rate_is_kept_from_the_first_request_on() {
    let (server, times) = clock();
    replay(&server, numbered(6), "--rate 20")
        .any_stdout()
        .exits(0);
    let times = since_the_first(&times);
    // The first may be late; each of the others is due 50 ms after the one before.
    assert!(times[5] >= 150 && times[5] < 10_000, "{times:?}");
}

#[test]
fn a_rate_is_not_slowed_by_a_server_that_is_as_long_as_there_are_connections() {
    let gate = Gate::new();
    let held = gate.clone();
    let server = Server::start(move |request| {
        if request.number == 4 {
            held.open();
        }
        Reply::ok().after(&held)
    });
    // Each answer waits for the fifth request: one after the other would never get there.
    replay(&server, numbered(5), "--rate 200 --concurrency 5")
        .any_stdout()
        .any_stderr()
        .exits(0);
    assert_eq!(server.connections(), 5);
}

#[test]
fn a_rate_that_one_connection_cannot_keep_is_told() {
    let server = Server::start(|_| slow(300));
    replay(&server, numbered(3), "--rate 100")
        .stdout_has(["3 cases: 3 passed"])
        .stderr_has([
            "warning: the pace was not kept: up to ",
            " late; more connections (--concurrency) may help",
        ])
        .exits(0);
}

#[test]
fn the_recorded_pace_is_kept_or_shortened() {
    for (rest, least) in [("", 400), ("--speed 2x", 200), ("--speed 100", 0)] {
        let (server, times) = clock();
        replay(
            &server,
            timed(&[0, 100, 400]),
            &format!("--pace recorded {rest}"),
        )
        .any_stdout()
        .exits(0);
        let times = since_the_first(&times);
        assert!(times[2] + 50 >= least && times[2] < 10_000, "{times:?}");
        if rest.is_empty() {
            assert!(times[1] + 50 >= 100, "{times:?}");
        }
    }
}

#[test]
fn the_recorded_pace_goes_on_in_the_next_round_and_at_a_record_without_a_time() {
    let (server, times) = clock();
    let day = timed(&[0, 100]) + &numbered(1);
    replay(&server, day, "--pace recorded --repeat 2 --concurrency 2")
        .any_stdout()
        .exits(0);
    let times = since_the_first(&times);
    assert_eq!(times.len(), 6);
    assert!(times[5] + 50 >= 200 && times[5] < 10_000, "{times:?}");
}

#[test]
fn without_a_pace_nothing_waits() {
    let (server, times) = clock();
    replay(&server, timed(&[0, 50_000]), "")
        .any_stdout()
        .exits(0);
    assert!(since_the_first(&times)[1] < 30_000);
}

#[test]
fn a_time_ends_a_rate_as_well() {
    let started = Instant::now();
    let (server, times) = clock();
    replay(&server, numbered(2), "--rate 20 --for 400ms")
        .any_stdout()
        .any_stderr()
        .exits(0);
    let count = times.lock().unwrap().len();
    assert!((2..=8).contains(&count), "{count}");
    assert!(started.elapsed() < Duration::from_secs(20));
    drop(server);
}
