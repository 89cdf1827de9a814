//! `--queue`: a file that grows, standard input, and lines that are no orders.

use std::io::Write as _;

use super::bench::{ID, append, load, spawn, start};
use crate::harness::pushrig;

#[test]
fn a_file_is_followed_while_it_grows_line_by_line() {
    let folder = tempfile::tempdir().unwrap();
    let queue = folder.path().join("q");
    std::fs::write(&queue, "").unwrap();
    let mut it = start(folder.path(), "--queue q");
    let (begin, end) = (&load(1)[..30], load(1)[30..].to_owned() + &load(2));
    append(&queue, begin);
    append(&queue, &end);
    let mut uuids = 0..;
    for number in 1..=2 {
        let command = loop {
            let uuid = uuids.next().unwrap().to_string();
            if let Some(command) = it.does(ID, &uuid) {
                break command;
            }
        };
        assert_eq!(command["queryString"], format!("n={number}"));
        assert_eq!(it.next()["command"], number);
    }
    // A file that was put in its place is read from its top.
    let other = folder.path().join("other");
    std::fs::write(&other, load(1) + &load(7)).unwrap();
    std::fs::rename(&other, &queue).unwrap();
    let command = loop {
        let uuid = uuids.next().unwrap().to_string();
        if let Some(command) = it.does(ID, &uuid) {
            break command;
        }
    };
    assert_eq!(
        command["queryString"], "n=7",
        "the line that was known is not done again"
    );
}

#[test]
fn a_bad_line_names_its_place_and_the_rest_is_served() {
    let folder = tempfile::tempdir().unwrap();
    let lines = format!("{}{{\"endpoint\":x}}\n\n{{}}\n{}", load(1), load(2));
    std::fs::write(folder.path().join("q"), lines).unwrap();
    let it = start(folder.path(), "--queue q --wait");
    it.does(ID, "a").unwrap();
    it.does(ID, "b").unwrap();
    let ended = it.end();
    assert_eq!(ended.code, Some(2));
    for place in ["q:2:13: ", "q:4:1: it has no `endpoint`"] {
        assert!(ended.talk.contains(place), "{}", ended.talk);
    }
    assert_eq!(ended.summary()["unreadable"], 2);
    assert_eq!(ended.summary()["done"], 2);
    assert_eq!(ended.summary()["outcome"], "bad-input");
    assert_eq!(ended.of_type("warning").len(), 2);
}

#[test]
fn bad_lines_beat_failed_commands() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("q"), load(1) + "x\n").unwrap();
    let it = start(folder.path(), "--queue q --wait");
    it.poll(ID, "a");
    it.result(ID, "a", "", r#"{"error":"no"}"#);
    assert_eq!(it.end().code, Some(2));
}

#[test]
fn with_wait_the_last_line_needs_no_end() {
    let folder = tempfile::tempdir().unwrap();
    let lines = load(1) + load(2).trim_end();
    std::fs::write(folder.path().join("q"), lines).unwrap();
    let it = start(folder.path(), "--queue q --wait");
    it.does(ID, "a").unwrap();
    let mut polls = 0..;
    while it
        .does(ID, &format!("b{}", polls.next().unwrap()))
        .is_none()
    {}
    assert_eq!(it.end().summary()["done"], 2);
}

#[test]
fn a_last_line_that_is_half_written_is_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let queue = folder.path().join("q");
    let line = load(1);
    let (begin, end) = line.split_at(30);
    std::fs::write(&queue, begin).unwrap();
    let mut it = start(folder.path(), "--queue q --wait");
    assert_eq!(it.next()["kind"], "open-line");
    append(&queue, end);
    let mut polls = 0..;
    while it.does(ID, &polls.next().unwrap().to_string()).is_none() {}
    let ended = it.end();
    assert_eq!((ended.code, &ended.summary()["done"]), (Some(0), &1.into()));
    // One whose end never comes is no order.
    std::fs::write(&queue, begin).unwrap();
    let ended = start(folder.path(), "--queue q --wait").end();
    assert_eq!(ended.code, Some(2));
    assert!(ended.talk.contains("q:1:31: "), "{}", ended.talk);
}

#[test]
fn standard_input_is_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let mut it = start(folder.path(), "--queue - --wait");
    let mut stdin = it.stdin();
    for number in 1..=2 {
        stdin.write_all(load(number).as_bytes()).unwrap();
        let mut polls = 0..;
        while it
            .does(ID, &format!("{number}-{}", polls.next().unwrap()))
            .is_none()
        {}
        assert_eq!(it.next()["command"], number);
    }
    // All is done, and the pipe is open: there may come more.
    stdin.write_all(load(3).trim_end().as_bytes()).unwrap();
    drop(stdin);
    let mut polls = 0..;
    while it
        .does(ID, &format!("3-{}", polls.next().unwrap()))
        .is_none()
    {}
    let ended = it.end();
    assert_eq!((ended.code, &ended.summary()["done"]), (Some(0), &3.into()));
}

#[test]
fn an_empty_queue_is_done() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("q"), "\n").unwrap();
    assert_eq!(
        spawn(folder.path(), "--queue q --wait", &[]).end().code,
        Some(0)
    );
    let mut it = spawn(folder.path(), "--queue - --wait", &[]);
    drop(it.stdin());
    assert_eq!(it.end().code, Some(0));
}

#[test]
fn what_cannot_be_read_is_said_before_anything_is_served() {
    for (call, code, why) in [
        ("dispatch --queue missing", 3, "cannot read missing"),
        ("dispatch --queue .", 3, "cannot read ."),
        ("dispatch --wait", 2, "there is nothing to wait for"),
        ("dispatch --push {}", 2, "--push: it has no `endpoint`"),
        (
            "dispatch --push {\"endpoint\":\"a\"}",
            2,
            "--device is not given",
        ),
        ("dispatch --push {\"endpoint\":a}", 2, "(byte 13)"),
        ("dispatch --bind 0.0.0.0:0", 2, "add --allow-remote"),
        ("dispatch --bind 127.0.0.1:x", 2, "`x` is not a port"),
        ("dispatch --prefix gate", 2, "expected a path"),
        ("dispatch --prefix /commands/", 2, "orders are taken there"),
        ("dispatch --prefix /devices/a", 2, "orders are taken there"),
        ("dispatch --lease 0", 2, "a result takes some time"),
        ("dispatch --tries 0", 2, "0 is not in"),
        ("dispatch --state .", 3, "cannot write ."),
        (
            "dispatch --ready-file missing/url",
            3,
            "there is no such folder",
        ),
        ("dispatch --queue - --push -", 2, "both want standard input"),
    ] {
        pushrig(call).stderr_has([why]).exits(code);
    }
}

#[test]
fn one_file_is_not_two_things_and_is_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("q");
    for call in [
        "--queue q --state ./q",
        "--queue q --ready-file q",
        "--state q --ready-file q",
        "--state q --ready-file q.lock",
    ] {
        std::fs::write(&file, load(1)).unwrap();
        let ended = spawn(folder.path(), call, &[]).end();
        assert_eq!(ended.code, Some(2), "{call}");
        assert!(ended.talk.contains("are one file"), "{}", ended.talk);
        assert_eq!(std::fs::read_to_string(&file).unwrap(), load(1));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}

#[test]
fn what_is_waited_for_may_be_ordered_later() {
    let folder = tempfile::tempdir().unwrap();
    let it = start(folder.path(), "--wait --for 60s");
    it.order(&load(1));
    it.does(ID, "a").unwrap();
    assert_eq!(it.end().code, Some(0));
}
