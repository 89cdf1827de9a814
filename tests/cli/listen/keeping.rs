//! The capture, when the disk is full or the file goes away: what is acknowledged is in it.

use std::process::Command;

use super::SECRETS;
use super::bench::{bytes, listen, records, run};
use crate::harness::pushrig;

#[test]
fn what_a_full_disk_does_not_take_is_not_acknowledged_and_it_goes_on() {
    if !std::path::Path::new("/dev/full").exists() {
        return;
    }
    let mut it = listen("onenet --capture /dev/full");
    for _ in 0..2 {
        it.push("onenet.online", "--format json")
            .stdout_has(["\"status\":503"])
            .exits(1);
        let line = it.next();
        assert_eq!(line["status"], 503);
        assert_eq!(line["why"], "it could not be kept, and so it was not taken");
    }
    let ended = it.stop();
    assert_eq!(ended.code, Some(3));
    assert_eq!((ended.counter("requests"), ended.counter("pushes")), (2, 0));
    assert_eq!(ended.talk.matches("error: ").count(), 1, "{}", ended.talk);
    assert!(ended.talk.contains("/dev/full"), "{}", ended.talk);
}

#[test]
fn a_file_at_its_limit_has_whole_lines_and_all_that_was_acknowledged() {
    let mut shell = Command::new("sh");
    let exe = env!("CARGO_BIN_EXE_pushrig");
    // Blocks of 512 bytes, or of 1024.
    let call =
        format!("ulimit -f 8; exec {exe} listen onenet --format json --capture c.ndjson {SECRETS}");
    shell.args(["-c", &call]);
    let it = run(shell);
    let mut taken = 0;
    for _ in 0..24 {
        let ran = it
            .push("onenet.online", "--format json")
            .any_stdout()
            .answers();
        taken += usize::from(ran.json()[0]["status"] == 200);
    }
    assert!((5..24).contains(&taken), "{taken}");
    let ended = it.stop();
    assert_eq!(ended.code, Some(3), "{}", ended.talk);
    let records = ended.records();
    assert_eq!(
        records.len(),
        taken,
        "whole lines, one a request that was acknowledged"
    );
    assert_eq!(ended.counter("pushes"), taken as u64);
    assert!(ended.talk.contains("c.ndjson"), "{}", ended.talk);
}

#[test]
fn a_file_that_is_removed_or_replaced_is_begun_anew_and_that_is_said_once() {
    let it = listen("onenet --capture c.ndjson");
    it.takes("onenet.online", "");
    std::fs::remove_file(it.path("c.ndjson")).unwrap();
    it.takes("onenet.offline", "--count 2");
    assert_eq!(it.records().len(), 2);
    std::fs::rename(it.path("c.ndjson"), it.path("old.ndjson")).unwrap();
    it.takes("onenet.online", "");
    assert_eq!(
        (it.records().len(), records(&it.path("old.ndjson")).len()),
        (1, 2)
    );
    let ended = it.stop();
    assert_eq!(ended.code, Some(0));
    assert_eq!(
        ended.talk.matches("was removed or replaced").count(),
        1,
        "{}",
        ended.talk
    );
}

#[test]
fn a_capture_that_cannot_be_written_is_refused_before_anything_is_served() {
    pushrig("listen onenet --token a-token-of-mine --capture no/such/folder.ndjson")
        .stderr_has(["error: ", "no/such/folder.ndjson"])
        .exits(3);
}

#[test]
fn what_is_no_request_is_kept_with_its_bytes() {
    let it = listen("onenet --capture c.ndjson");
    let garbage = b"POST /\xff HTTP/9.9\r\nA\x00: b\r\n\r\n";
    it.raw(garbage);
    let ended = it.stop();
    let record = &ended.records()[0];
    assert_eq!(bytes(&record["unparsed"]), garbage);
    assert!(record["unparsed"]["error"].as_str().unwrap().len() > 5);
    assert_eq!(record["response"]["status"], 400);
    assert!(crate::capture::schema().is_valid(record), "{record}");
}

#[test]
fn a_secret_that_came_stays_in_the_capture_and_not_on_the_screen() {
    let it = listen("onenet --capture c.ndjson");
    it.raw("GET /?token=a-token-of-mine HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    let target = it.records()[0]["request"]["target"].clone();
    assert_eq!(target, "/?token=a-token-of-mine");
    let ended = it.stop();
    assert!(!format!("{:?}{}", ended.lines, ended.talk).contains("a-token-of-mine"));
}
