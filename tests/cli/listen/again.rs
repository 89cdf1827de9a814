//! What comes again: duplicates, replays, batches, and the schedule of retries.

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
