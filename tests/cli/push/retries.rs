//! What is not accepted is sent again: when, how often, and with which proof.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::{SECRETS, always, push};
use crate::server::{Reply, Server};

/// A server that answers 500, and when it was called.
fn refusing() -> (Server, Arc<Mutex<Vec<Instant>>>) {
    let times = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&times);
    let server = Server::start(move |_| {
        seen.lock().unwrap().push(Instant::now());
        Reply::status(500).body("later")
    });
    (server, times)
}

/// The pauses of a platform in seconds.
fn schedule(platform: &str) -> Vec<u64> {
    match platform {
        "onenet" => vec![5; 3],
        "onenet-studio-push" => vec![
            5, 10, 30, 60, 120, 180, 240, 300, 360, 420, 480, 540, 600, 1200, 1800, 3600,
        ],
        "tencent" => vec![1, 3, 10],
        _ => vec![1; 3],
    }
}

#[test]
fn every_platform_tries_again_by_its_own_schedule() {
    for (name, speed) in [
        ("onenet.online", 100),
        ("onenet-studio-push.online", 10_000),
        ("tencent.report", 100),
        ("sensoro.text", 100),
    ] {
        let (server, times) = refusing();
        let platform = name.split('.').next().unwrap();
        let pauses = schedule(platform);
        push(
            name,
            &server,
            &format!("{SECRETS} --retry platform --speed {speed}x"),
        )
        .stdout_has([
            format!("fail   {name}  {platform}  500  "),
            "try       1: 500 in ".to_owned(),
            format!("try       {}: 500 in ", pauses.len() + 1),
            "answer    500, `later`\n".to_owned(),
            " drops it now".to_owned(),
        ])
        .exits(1);
        let times = times.lock().unwrap();
        assert_eq!(times.len(), pauses.len() + 1, "{name}");
        for (pair, pause) in times.windows(2).zip(pauses) {
            let least = Duration::from_secs(pause) / speed;
            assert!(pair[1] - pair[0] >= least, "{name}: {pause} s / {speed}");
        }
    }
}

#[test]
fn without_a_retry_there_is_one_try_and_what_would_follow_is_said() {
    for (name, next) in [
        (
            "onenet.online",
            "OneNET would send it again after 5 s, up to 3 times (count and spacing inferred: \
             not published), then drop it; after 2000 failures in all, or 24 h of nothing else, \
             it stops pushing, and what was missed is not sent later",
        ),
        (
            "onenet-studio-push.reply",
            "OneNET Studio would send it again after 5 s, 10 s and so on up to 1 h, 16 times in \
             all, then drop it",
        ),
        (
            "tencent.event",
            "Tencent would send it again after 1 s, 3 s and 10 s, then drop it; where the rule \
             has an error action, that gets it once, too",
        ),
        (
            "sensoro.event",
            "SENSORO would send it again after 1 s, up to 3 times (the spacing inferred: not \
             published), then drop it",
        ),
    ] {
        for retry in ["", "--retry none"] {
            let (server, times) = refusing();
            push(name, &server, &format!("{SECRETS} {retry}"))
                .stdout_has([format!("  next      {next}\n")])
                .exits(1);
            assert_eq!(times.lock().unwrap().len(), 1);
        }
    }
}

#[test]
fn what_is_accepted_at_a_later_try_passes() {
    let server = Server::start(|request| match request.number {
        0 => Reply::status(503),
        1 => Reply::close(),
        _ => Reply::ok(),
    });
    let lines = push(
        "onenet.online",
        &server,
        &format!("{SECRETS} --retry 10ms,20ms,30ms --format json"),
    )
    .any_stdout()
    .exits(0)
    .json();
    assert_eq!(lines[0]["outcome"], "pass");
    let tries = lines[0]["details"]["try"].as_str().unwrap();
    assert_eq!(tries.lines().count(), 3, "{tries}");
    assert!(tries.starts_with("1: 503 in "), "{tries}");
    assert!(tries.contains("\n2: the server closed") || tries.contains("\n2: the connection"));
    assert!(tries.ends_with(", 20 ms after the one before"), "{tries}");
    assert_eq!(server.received().len(), 3);
}

#[test]
fn pauses_of_ones_own_are_kept() {
    let (server, times) = refusing();
    push(
        "tencent.info",
        &server,
        &format!("{SECRETS} --retry 100ms,200ms --speed 2"),
    )
    .stdout_has([
        "try       3: 500 in ",
        ", 100 ms after the one before (200 ms at 2x)",
        "next      Tencent would send it again after 1 s",
    ])
    .exits(1);
    let times = times.lock().unwrap();
    assert_eq!(times.len(), 3);
    assert!(times[1] - times[0] >= Duration::from_millis(50));
    assert!(times[2] - times[1] >= Duration::from_millis(100));
}

#[test]
fn a_further_try_is_the_same_request_unless_it_is_to_be_signed_anew() {
    for name in ["tencent.report", "onenet.online", "sensoro.text"] {
        let (server, _) = refusing();
        let rest = format!("{SECRETS} --retry 5ms,5ms");
        push(name, &server, &rest).any_stdout().exits(1);
        let same = server.received();
        assert_eq!(same[0].raw, same[1].raw, "{name}");
        assert_eq!(same[0].raw, same[2].raw, "{name}");
        push(name, &server, &format!("{rest} --fresh-retries"))
            .any_stdout()
            .exits(1);
        let fresh = &server.received()[3..];
        assert_ne!(fresh[0].raw, fresh[1].raw, "{name}");
        assert_ne!(fresh[1].raw, fresh[2].raw, "{name}");
        if name != "onenet.online" {
            assert_eq!(fresh[0].body(), fresh[2].body(), "{name}: one message");
        }
    }
}

#[test]
fn the_error_action_gets_what_is_dropped_once_with_the_same_proof() {
    let (server, _) = refusing();
    let action = always(200);
    push(
        "tencent.report",
        &server,
        &format!(
            "{SECRETS} --retry 5ms --error-url {}",
            action.url("/dead?letter=1")
        ),
    )
    .stdout_has([
        "fail   tencent.report",
        "action    the error action: 200 in ",
        "next      Tencent would send it again after 1 s, 3 s and 10 s, then drop it\n",
    ])
    .exits(1);
    let (pushed, acted) = (server.received(), action.received());
    assert_eq!((pushed.len(), acted.len()), (2, 1));
    assert_eq!(acted[0].target(), "/dead?letter=1");
    assert_eq!(
        acted[0].header("Host").unwrap(),
        action.address().to_string()
    );
    assert_eq!(acted[0].body(), pushed[0].body());
    for name in ["Nonce", "Timestamp", "Signature"] {
        assert_eq!(acted[0].header(name), pushed[0].header(name));
    }
}

#[test]
fn the_error_action_gets_nothing_that_was_accepted() {
    let server = always(200);
    let action = always(200).may_stay_idle();
    push(
        "tencent.report",
        &server,
        &format!("{SECRETS} --retry platform --error-url {}", action.url("/")),
    )
    .stdout_has(["pass   tencent.report"])
    .exits(0);
    assert_eq!(action.received().len(), 0);
}

#[test]
fn the_error_action_may_be_signed_anew_and_may_fail() {
    let (server, _) = refusing();
    let action = Server::start(|_| Reply::close());
    push(
        "tencent.report",
        &server,
        &format!("{SECRETS} --fresh-retries --error-url {}", action.url("/")),
    )
    .stdout_has(["fail   tencent.report", "action    the error action: "])
    .exits(1);
    let (pushed, acted) = (server.received(), action.received());
    assert_ne!(acted[0].header("Nonce"), pushed[0].header("Nonce"));
    assert_eq!(acted[0].body(), pushed[0].body());
}
