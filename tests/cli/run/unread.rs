//! Nobody reads what is printed.

use std::time::Duration;

use super::bench::{PUSH, URL, are_gone, listen, pids};
use crate::unread::{Talk, Unread};

#[test]
fn a_reader_that_stops_reading_does_not_keep_a_signal_from_ending_the_run() {
    // Far more lines than a pipe holds.
    let many = format!("{PUSH} --count 1000");
    let waits = "listen onenet --accept-all --ready-file late";
    for talk in [Talk::Read, Talk::Unread] {
        let folder = tempfile::tempdir().unwrap();
        let server = format!("echo $$ > pids; exec {}", listen("-q"));
        let flags = "--format json --report json=run.json --server";
        let words = ["run"].into_iter().chain(flags.split(' '));
        let words = words.chain([&*server, "--wait", URL, "--"]);
        let words = words.chain(many.split(' ')).chain(["--"]);
        let it = Unread::start_with(folder.path(), words.chain(waits.split(' ')), talk);
        let begun = std::time::Instant::now();
        while !folder.path().join("late").exists() {
            assert!(begun.elapsed() < super::bench::LIMIT);
            std::thread::yield_now();
        }
        it.signal("TERM");
        let ended = it.end();
        assert_eq!(ended.code, Some(143), "{}", ended.talk);
        assert!(ended.took < Duration::from_secs(20), "{:?}", ended.took);
        are_gone(&pids(&folder.path().join("pids")));
        let report = std::fs::read(folder.path().join("run.json")).unwrap();
        let report: serde_json::Value = serde_json::from_slice(&report).unwrap();
        assert_eq!(report["summary"]["passed"], 1000);
        if talk == Talk::Read {
            assert!(ended.lost() > 100, "{}", ended.talk);
        }
    }
}

/// What a step prints itself, and what it says on standard error.
#[test]
fn a_step_that_is_stuck_on_its_reader_is_ended_with_the_run() {
    let folder = tempfile::tempdir().unwrap();
    let server = format!("echo $$ > pids; exec {}", listen("-q --ready-file up"));
    let many = format!("{PUSH} --count 100000 -v");
    let flags = "run --grace 200ms --report json=run.json --server";
    let words = flags.split(' ').chain([&*server, "--wait", URL, "--"]);
    let it = Unread::start_with(folder.path(), words.chain(many.split(' ')), Talk::Unread);
    while !folder.path().join("up").exists() {
        std::thread::yield_now();
    }
    it.signal("TERM");
    let ended = it.end();
    assert_eq!(ended.code, Some(143));
    assert!(ended.took < Duration::from_secs(20), "{:?}", ended.took);
    are_gone(&pids(&folder.path().join("pids")));
    assert!(folder.path().join("run.json").exists());
}

/// A disk that is full, say.
#[cfg(target_os = "linux")]
#[test]
fn output_that_cannot_be_written_is_3_and_the_report_is_written_whole() {
    let folder = tempfile::tempdir().unwrap();
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full");
    let ran = std::process::Command::new(super::bench::EXE)
        .args(["run", "--report", "json=run.json", "--server"])
        .args([&*listen(""), "--wait", URL, "--", "samples", "onenet", "--"])
        .args(PUSH.split(' '))
        .arg("-q")
        .current_dir(folder.path())
        .stdout(full.unwrap())
        .output()
        .unwrap();
    let talk = String::from_utf8(ran.stderr).unwrap();
    assert_eq!(ran.status.code(), Some(3), "{talk}");
    assert!(talk.contains("No space left"), "{talk}");
    let report = std::fs::read(folder.path().join("run.json")).unwrap();
    let report: serde_json::Value = serde_json::from_slice(&report).unwrap();
    for id in ["samples", "push: onenet.online"] {
        let mut cases = report["cases"].as_array().unwrap().iter();
        let case = cases.find(|case| case["id"] == id).unwrap();
        assert_eq!(case["outcome"], "pass", "{report}");
    }
}
