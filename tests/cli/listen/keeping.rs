//! The capture, when the disk is full or the file goes away: what is acknowledged is in it.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::Command;

use super::SECRETS;
use super::bench::{bytes, listen, listen_with, records, run};
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

fn make_pipe(path: &Path) {
    let made = Command::new("mkfifo").arg(path).status();
    assert!(made.unwrap().success());
}

#[test]
fn a_pipe_gets_each_record_and_one_that_is_not_read_holds_neither_requests_nor_the_end_up() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    make_pipe(&pipe);
    // Opening for both does not wait for the other side.
    let reader = File::options().read(true).write(true).open(&pipe).unwrap();
    let it = listen(&format!("onenet --capture {}", pipe.display()));
    it.takes("onenet.online", "");
    let mut reader = BufReader::new(reader);
    let mut line = String::new();
    reader.read_line(&mut line).unwrap();
    assert!(line.contains("\"verdict\":\"valid\""), "{line}");
    // Nobody reads from now on.
    let body = "x".repeat(1 << 20);
    let call = format!(
        "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    for _ in 0..2 {
        let answer = it.raw(&call);
        assert!(answer.starts_with("HTTP/1.1 503 "), "{answer}");
    }
    let ended = it.stop();
    assert_eq!(ended.code, Some(3));
    assert!(
        ended.talk.contains("its reader is too slow"),
        "{}",
        ended.talk
    );
}

#[test]
fn a_pipe_that_nobody_reads_is_refused_and_one_whose_reader_goes_away_takes_nothing_more() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    make_pipe(&pipe);
    let flags = format!("onenet --capture {}", pipe.display());
    pushrig(&format!("listen --token a {flags}"))
        .stderr_has(["it is a pipe that nobody reads"])
        .exits(3);
    let reader = File::options().read(true).write(true).open(&pipe).unwrap();
    let it = listen(&flags);
    it.takes("onenet.online", "");
    drop(reader);
    it.push("onenet.online", "--format json")
        .stdout_has(["\"status\":503"])
        .exits(1);
    assert_eq!(it.stop().code, Some(3));
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

/// How many failures and errors a report has.
fn wrong(junit: &str) -> (usize, usize) {
    (
        junit.matches("<failure").count(),
        junit.matches("<error").count(),
    )
}

#[test]
fn what_could_not_be_kept_is_no_duplicate_when_it_comes_again() {
    let it = listen_with(
        "tencent --capture in/c.ndjson --report junit=r.xml",
        &["--expect", "duplicates=0", "--expect", "verified=1"],
    );
    let same = "--seed 1 --now 2026-11-21T20:00:00Z --retry none";
    let (folder, away) = (it.path("in"), it.path("away"));
    std::fs::rename(&folder, &away).unwrap();
    it.push("tencent.report", same).any_stdout().exits(1);
    std::fs::rename(&away, &folder).unwrap();
    it.takes("tencent.report", same);
    let ended = it.end();
    assert_eq!(ended.counter("duplicates"), 0, "{:?}", ended.lines);
    let cases = ended.of_type("case");
    assert_eq!(cases[0]["outcome"], "error", "the receiver failed");
    assert_eq!(cases[1]["outcome"], "pass");
    // An answer was wrong, and it was the receiver's own.
    assert_eq!(
        (ended.code, &ended.summary()["outcome"]),
        (Some(3), &"incomplete".into())
    );
    let report = std::fs::read_to_string(ended.folder.path().join("r.xml")).unwrap();
    assert_eq!(wrong(&report), (0, 1), "{report}");
}

#[test]
fn the_command_is_not_run_for_what_was_not_kept() {
    let it = listen_with("onenet --capture in/c.ndjson", &["--exec", "cat >> given"]);
    let (folder, away) = (it.path("in"), it.path("away"));
    std::fs::rename(&folder, &away).unwrap();
    it.push("onenet.online", "--retry none")
        .any_stdout()
        .exits(1);
    std::fs::rename(&away, &folder).unwrap();
    it.takes("onenet.offline", "");
    let ended = it.stop();
    let given = records(&ended.folder.path().join("given"));
    assert_eq!(given, records(&ended.folder.path().join("in/c.ndjson")));
    assert_eq!(given.len(), 1);
}

#[test]
fn a_refused_bytes_record_that_cannot_be_kept_stands_in_the_reports_too() {
    let it = listen_with("onenet -q --capture in/c.ndjson --report junit=r.xml", &[]);
    std::fs::remove_dir_all(it.path("in")).unwrap();
    it.raw("no HTTP\r\n\r\n");
    let ended = it.stop();
    assert_eq!(
        (ended.code, &ended.summary()["outcome"]),
        (Some(3), &"incomplete".into())
    );
    let report = std::fs::read_to_string(ended.folder.path().join("r.xml")).unwrap();
    let why = "in/c.ndjson";
    assert!(
        report.contains("<error") && report.contains(why),
        "{report}"
    );
}
