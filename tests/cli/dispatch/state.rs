//! `--state`: what a crash must not take away, and must not double.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::sync::mpsc::channel;

use serde_json::Value;

use super::bench::{ID, OK, Running, append, load, spawn, start, start_with};

fn door(number: usize) -> String {
    load(number).replace("load_objects", "execute_actions")
}

/// Lets the device do all that is there; the order of what it did.
fn drain(it: &Running, uuid: &str) -> Vec<String> {
    let mut done = Vec::new();
    while let Some(command) = it.does(ID, &format!("{uuid}{}", done.len())) {
        done.push(command["queryString"].as_str().unwrap().to_owned());
    }
    done
}

#[test]
fn what_was_accepted_is_there_after_a_crash_and_in_its_order() {
    let folder = tempfile::tempdir().unwrap();
    let it = start(folder.path(), "--state s");
    it.order(&(load(1) + &load(2)));
    it.does(ID, "a").unwrap();
    it.order(&load(3));
    it.crash();
    let it = start(folder.path(), "--state s");
    let standings: Vec<_> = (1..=3)
        .map(|number| it.get(&format!("/commands/{number}"))["standing"].clone())
        .collect();
    assert_eq!(standings, ["done", "queued", "queued"]);
    let result = &it.get("/commands/1")["result"];
    assert_eq!(result["response"]["users"], Value::Array(Vec::new()));
    assert_eq!(drain(&it, "b"), ["n=2", "n=3"]);
}

#[test]
fn what_was_in_flight_is_unknown_and_follows_its_policy() {
    let folder = tempfile::tempdir().unwrap();
    let it = start(folder.path(), "--state s --transactions 2");
    it.order(&(door(1) + &load(2) + &load(3)));
    assert!(it.poll(ID, "a").contains("\"transactionid\":\"2\""));
    it.crash();
    let mut it = start(folder.path(), "--state s --wait");
    let unknown = it.next();
    assert_eq!(
        (&unknown["type"], &unknown["command"]),
        (&"unknown".into(), &1.into())
    );
    assert_eq!(unknown["why"], "the server ended while a device had it");
    assert_eq!(drain(&it, "b"), ["n=2", "n=3"]);
    let ended = it.end();
    assert_eq!(ended.code, Some(3));
    assert_eq!(ended.summary()["unknown"], 1);
    // The next run has nothing to do with it.
    let ended = spawn(folder.path(), "--state s --wait", &[]).end();
    assert_eq!(ended.code, Some(0));
    assert_eq!(ended.summary()["commands"], 0);
}

#[test]
fn a_result_that_comes_after_the_restart_finds_its_command() {
    let folder = tempfile::tempdir().unwrap();
    let it = start(folder.path(), "--state s");
    it.order(&door(1));
    it.poll(ID, "a");
    it.crash();
    let mut it = start(folder.path(), "--state s");
    assert_eq!(it.next()["type"], "unknown");
    it.result(ID, "a", "execute_actions", OK);
    let result = it.wait_for("result");
    assert_eq!(
        (&result["command"], &result["success"]),
        (&1.into(), &true.into())
    );
    assert_eq!(it.get("/commands/1")["standing"], "done");
}

#[test]
fn the_same_queue_file_orders_nothing_twice() {
    let folder = tempfile::tempdir().unwrap();
    let queue = folder.path().join("q");
    std::fs::write(&queue, load(1) + &load(1) + &door(2)).unwrap();
    let call = "--state s --queue q --wait";
    let it = start(folder.path(), call);
    it.does(ID, "a").unwrap();
    it.poll(ID, "b");
    it.crash();
    std::fs::write(&queue, load(1) + &load(1) + &door(2) + &load(3)).unwrap();
    let it = start(folder.path(), call);
    assert_eq!(drain(&it, "c"), ["n=1", "n=2", "n=3"]);
    let ended = it.end();
    assert_eq!(ended.code, Some(0));
    let known = ended.of_type("warning");
    let known = known.iter().find(|it| it["kind"] == "known-orders");
    assert_eq!(
        known.expect("a word")["why"],
        "3 orders of q had been given before, and not queued again"
    );
    // All is done, and that is what a third run says, at once.
    let ended = spawn(folder.path(), call, &[]).end();
    assert_eq!(ended.code, Some(0));
    assert_eq!(ended.summary()["done"], 4);
}

/// Orders are sent one after the other, and the server is killed at any moment among them; so
/// does a client that sends again what was not accepted, by its key.
#[test]
fn killed_at_any_moment_nothing_accepted_vanishes_and_nothing_is_queued_twice() {
    let folder = tempfile::tempdir().unwrap();
    let key = |number: usize| load(number).replacen('{', &format!("{{\"key\":\"{number}\","), 1);
    let mut accepted: BTreeMap<usize, u64> = BTreeMap::new();
    let mut number = 0;
    for round in 0..6 {
        let mut it = start(folder.path(), "--state s --tries 100");
        let mut process = it.take_child();
        let (tell, told) = channel();
        let killer = std::thread::spawn(move || {
            // As the next orders are on their way.
            (0..round * 4).try_for_each(|_| told.recv()).unwrap();
            process.kill().unwrap();
            process.wait().unwrap();
        });
        // The first is one that may have been accepted before.
        while let Some((status, body)) =
            it.try_call("POST", "/commands", "", key(number).as_bytes())
        {
            assert!(status == 202 || status == 200, "{body}");
            let body: Value = serde_json::from_str(&body).unwrap();
            let given = body["commands"][0]["number"].as_u64().unwrap();
            assert!(accepted.insert(number, given).is_none());
            number += 1;
            let _ = tell.send(());
            let poll = format!("/push?deviceId={ID}&uuid={number}");
            if number.is_multiple_of(3) && it.try_call("GET", &poll, "", b"").is_none() {
                break;
            }
        }
        drop(tell);
        killer.join().unwrap();
    }
    let it = start(folder.path(), "--state s --tries 100");
    let commands = it.get("/commands");
    let commands = commands["commands"].as_array().unwrap();
    assert!(commands.len() == accepted.len() || commands.len() == accepted.len() + 1);
    for (number, given) in &accepted {
        assert_eq!(it.order(&key(*number)), [*given], "the key is known");
    }
    assert_eq!(
        it.get("/commands")["commands"].as_array().unwrap().len(),
        commands.len()
    );
    let mut done = drain(&it, "last");
    let count = done.len();
    done.sort();
    done.dedup();
    assert_eq!(done.len(), count, "none twice");
    assert_eq!(
        count,
        commands.len(),
        "all of them: whoever had one did not answer"
    );
}

/// A device polls and answers, and the server is killed at any moment among that; the journal is
/// long enough to be written anew when it starts.
#[test]
fn killed_at_any_hand_out_and_result_no_door_opens_twice_and_no_result_is_forgotten() {
    const COUNT: usize = 40;
    let folder = tempfile::tempdir().unwrap();
    let orders = (0..COUNT).map(|number| {
        let order = if number % 2 == 0 {
            door(number)
        } else {
            load(number)
        };
        let body = format!("{{\"body\":{{\"a\":\"{}\"}},", "x".repeat(4096));
        order.replacen('{', &body, 1)
    });
    std::fs::write(folder.path().join("q"), orders.collect::<String>()).unwrap();
    let call = "--state s --queue q --tries 100";
    let mut ran: BTreeMap<String, usize> = BTreeMap::new();
    let mut answered = 0;
    for round in 0..12 {
        let mut it = start(folder.path(), call);
        let mut process = it.take_child();
        let (tell, told) = channel();
        let killer = std::thread::spawn(move || {
            // As the next request is on its way.
            let _ = (0..=round).try_for_each(|_| told.recv());
            process.kill().unwrap();
            process.wait().unwrap();
        });
        for step in 0.. {
            let uuid = format!("{round}-{step}");
            let poll = format!("/push?deviceId={ID}&uuid={uuid}");
            let Some((_, body)) = it.try_call("GET", &poll, "", b"") else {
                break;
            };
            let _ = tell.send(());
            let Ok(command) = serde_json::from_str::<Value>(&body) else {
                continue;
            };
            *ran.entry(command["queryString"].as_str().unwrap().to_owned())
                .or_default() += 1;
            let target = format!("/result?deviceId={ID}&uuid={uuid}");
            let Some((status, _)) = it.try_call("POST", &target, "", OK.as_bytes()) else {
                break;
            };
            assert_eq!(status, 200);
            answered += 1;
            let _ = tell.send(());
        }
        drop(tell);
        killer.join().unwrap();
    }
    let it = start(folder.path(), call);
    for name in drain(&it, "last") {
        *ran.entry(name).or_default() += 1;
        answered += 1;
    }
    let commands = it.get("/commands");
    let commands = commands["commands"].as_array().unwrap();
    assert_eq!(commands.len(), COUNT);
    let done = commands
        .iter()
        .filter(|it| it["standing"] == "done")
        .count();
    assert!(done >= answered, "{done} of {answered}");
    for (number, command) in commands.iter().enumerate() {
        let times = ran.get(&format!("n={number}")).copied().unwrap_or_default();
        if number % 2 == 0 {
            assert!(times <= 1, "{times}: {command}");
            assert!(command["standing"] == "done" || command["standing"] == "unknown");
        } else {
            assert!(times >= 1 && command["standing"] == "done", "{command}");
        }
    }
}

#[test]
fn two_processes_do_not_share_a_state() {
    let folder = tempfile::tempdir().unwrap();
    let it = start(folder.path(), "--state s");
    it.order(&load(1));
    let second = spawn(folder.path(), "--state s", &[]).end();
    assert_eq!(second.code, Some(3));
    assert!(
        second.talk.contains("another process uses it"),
        "{}",
        second.talk
    );
    assert_eq!(it.order(&load(2)), [2]);
}

#[test]
fn a_file_that_is_no_journal_is_refused_with_its_place_and_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("s");
    for (text, why) in [
        (
            "{\"v\":2,\"at\":1,\"event\":\"x\"}\n",
            "s:1: version 2 of the journal is not known",
        ),
        ("an old letter", "s:1: this is no event of a journal"),
        ("{\"v\":1,\"at\":\"2026\"}\n", "s:1:"),
    ] {
        std::fs::write(&state, text).unwrap();
        let ended = spawn(folder.path(), "--state s", &[]).end();
        assert_eq!(ended.code, Some(2));
        assert!(ended.talk.contains(why), "{}", ended.talk);
        assert_eq!(std::fs::read_to_string(&state).unwrap(), text);
    }
}

#[test]
fn a_torn_last_line_does_not_count() {
    let folder = tempfile::tempdir().unwrap();
    let it = start(folder.path(), "--state s");
    it.order(&load(1));
    it.crash();
    let state = folder.path().join("s");
    let mut torn = std::fs::read(&state).unwrap();
    let half = torn[..torn.len() / 2].to_vec();
    torn.extend(half);
    std::fs::write(&state, torn).unwrap();
    let it = start(folder.path(), "--state s");
    assert_eq!(drain(&it, "a"), ["n=1"]);
    it.crash();
    assert!(spawn(folder.path(), "--state s --wait", &[]).end().code == Some(0));
}

#[test]
fn an_order_on_the_command_line_and_lines_of_standard_input_are_given_once() {
    let folder = tempfile::tempdir().unwrap();
    let door = door(1);
    let push = ["--push", door.as_str(), "--push", door.as_str()];
    for round in 0..2 {
        let mut it = start_with(folder.path(), "--state s --queue -", &push);
        let last = format!("round-{round}");
        let lines = load(3) + &load(3).replace("load_objects", &last);
        it.stdin().write_all(lines.as_bytes()).unwrap();
        let commands = loop {
            let commands = it.get("/commands")["commands"].take();
            let commands = commands.as_array().unwrap().clone();
            if commands.iter().any(|it| it["endpoint"] == last.as_str()) {
                break commands;
            }
        };
        assert_eq!(commands.len(), 4 + round, "only the last is another");
        it.crash();
    }
}

#[test]
fn a_last_line_that_gets_its_end_later_shifts_no_line_behind_it() {
    let folder = tempfile::tempdir().unwrap();
    let queue = folder.path().join("q");
    std::fs::write(&queue, door(1).trim_end()).unwrap();
    let call = "--state s --queue q --wait";
    let it = start(folder.path(), call);
    while it.poll(ID, "a").is_empty() {}
    append(&queue, &format!("\n{}", door(2)));
    while it.get("/commands")["commands"].as_array().unwrap().len() < 2 {}
    it.result(ID, "a", "", OK);
    assert_eq!(drain(&it, "b"), ["n=2"]);
    assert_eq!(it.end().code, Some(0));
    let ended = spawn(folder.path(), call, &[]).end();
    assert_eq!(
        (ended.code, &ended.summary()["commands"]),
        (Some(0), &2.into())
    );
}
