//! Commands on their way to devices, and results on their way back.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::bench::{ID, OK, load, start, start_with};
use crate::harness::pushrig;

#[test]
fn commands_go_out_in_their_order_and_results_find_them_by_uuid() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("q"), load(1) + &load(2) + &load(3)).unwrap();
    let mut it = start(folder.path(), "--queue q --wait");
    let first = it.poll(ID, "a");
    assert_eq!(first, r#"{"endpoint":"load_objects","queryString":"n=1"}"#);
    assert_eq!(it.poll(ID, "b"), "", "one is in flight");
    it.result(ID, "a", "load_objects", OK);
    let line = it.next();
    assert_eq!(line["response"], json!({"users": []}));
    assert!(line["ms"].as_f64().unwrap() > 0.0);
    let brief =
        ["type", "command", "device", "endpoint", "success", "tries"].map(|name| &line[name]);
    assert_eq!(
        json!(brief),
        json!(["result", 1, ID, "load_objects", true, 1])
    );
    assert!(it.poll(ID, "c").contains("n=2"));
    it.result(
        ID,
        "c",
        "load_objects",
        r#"{"response":{ "an": "object" }}"#,
    );
    assert_eq!(it.next()["response"], json!({"an": "object"}));
    assert!(it.poll(ID, "d").contains("n=3"));
    it.result(ID, "d", "load_objects", r#"{"response":"no JSON"}"#);
    let ended = it.end();
    assert_eq!(ended.code, Some(0));
    assert_eq!(ended.lines[0]["response"], "no JSON");
    let summary = ended.summary();
    assert_eq!(summary["commands"], 3);
    assert_eq!(summary["done"], 3);
    assert_eq!(summary["outcome"], "yes");
    assert_eq!(summary["devices"][0]["id"], ID);
    assert_eq!(summary["devices"][0]["polls"], 4);
}

#[test]
fn without_a_uuid_the_command_in_flight_has_the_result() {
    let folder = tempfile::tempdir().unwrap();
    let mut it = start(folder.path(), "");
    it.order(&(load(1) + &load(2)));
    for number in 1..=2 {
        assert!(it.poll(ID, "").contains(&format!("n={number}")));
        let target = format!("/result?deviceId={ID}&endpoint=load_objects");
        assert_eq!(it.call("POST", &target, "", OK).0, 200);
        assert_eq!(it.next()["command"], number);
    }
}

#[test]
fn several_commands_go_out_as_transactions() {
    let folder = tempfile::tempdir().unwrap();
    let mut it = start(folder.path(), "--transactions 2");
    it.order(&(load(1) + &load(2) + &load(3)));
    let list: Value = serde_json::from_str(&it.poll(ID, "a")).unwrap();
    let ids: Vec<_> = list["transactions"].as_array().unwrap().iter().collect();
    assert_eq!(ids.len(), 2);
    assert_eq!(ids[0]["transactionid"], "1");
    it.result(
        ID,
        "a",
        "",
        r#"{"transactions_results":[{"transactionid":2,"success":false,"error":"no"},{"transactionid":1,"success":true,"response":"{}"}]}"#,
    );
    let (second, first) = (it.next(), it.next());
    assert_eq!(
        (&second["command"], &second["error"]),
        (&json!(2), &json!("no"))
    );
    assert_eq!(
        (&first["command"], &first["success"]),
        (&json!(1), &json!(true))
    );
}

#[test]
fn without_a_result_it_goes_out_again_and_what_opens_a_door_does_not() {
    let folder = tempfile::tempdir().unwrap();
    let mut it = start(folder.path(), "--lease 50ms --tries 2");
    it.order(&load(1));
    it.order(r#"{"device":"7","endpoint":"execute_actions","body":{"actions":[]}}"#);
    assert!(it.poll(ID, "a").contains("n=1"));
    assert!(it.poll("7", "b").contains("execute_actions"));
    let lost = it.wait_for("lost");
    assert_eq!(lost["command"], 2);
    assert_eq!(lost["why"], "no result within 50ms");
    // It is told before the second try, which may then be polled for.
    let again = it.wait_for("warning");
    assert_eq!(again["kind"], "again");
    assert!(it.poll(ID, "c").contains("n=1"));
    let lost = it.wait_for("lost");
    assert_eq!(lost["why"], "no result within 50ms, 2 times");
    // A result that comes late counts all the same.
    it.result(ID, "c", "load_objects", OK);
    assert_eq!(it.wait_for("result")["command"], 1);
    assert_eq!(it.get("/commands/1")["standing"], "done");
    assert_eq!(it.get("/commands/2")["standing"], "lost");
}

#[test]
fn the_default_policy_may_be_given() {
    let folder = tempfile::tempdir().unwrap();
    let it = start(folder.path(), "--policy at-most-once --device 7");
    it.order(r#"[{"endpoint":"a"},{"endpoint":"b","policy":"at-least-once"}]"#);
    let commands = it.get("/commands");
    assert_eq!(commands["commands"][0]["policy"], "at-most-once");
    assert_eq!(commands["commands"][1]["policy"], "at-least-once");
}

#[test]
fn a_single_question_is_asked_and_answered() {
    let folder = tempfile::tempdir().unwrap();
    let order = r#"{"endpoint":"system_information"}"#;
    let mut it = start_with(folder.path(), "--device 478435", &["--push", order]);
    it.does("478435", "a").unwrap();
    assert_eq!(it.next()["command"], 1);
    assert_eq!(it.end().code, Some(0));
}

#[test]
fn a_prefix_stands_before_both_paths() {
    let folder = tempfile::tempdir().unwrap();
    let mut it = start(folder.path(), "--prefix /gate/ --device 7");
    it.order(r#"{"endpoint":"a"}"#);
    assert_eq!(it.call("GET", "/push?deviceId=7", "", "").0, 404);
    assert!(it.next()["why"].as_str().unwrap().contains("/push"));
    assert_eq!(it.call("GET", "/gate/push?deviceId=7", "", "").0, 200);
    assert_eq!(it.call("POST", "/gate/result?deviceId=7", "", OK).0, 200);
    assert_eq!(it.next()["command"], 1);
}

#[test]
fn the_url_stands_in_the_ready_file_with_its_prefix() {
    let folder = tempfile::tempdir().unwrap();
    let ready = folder.path().join("url");
    std::fs::write(&ready, "http://an-earlier-run\n").unwrap();
    let it = start(folder.path(), "--ready-file url --prefix /gate");
    let url = std::fs::read_to_string(&ready).unwrap();
    let address = url.trim_end().strip_prefix("http://").unwrap();
    let address = address.strip_suffix("/gate").unwrap();
    assert!(std::net::TcpStream::connect(address).is_ok());
    assert_eq!(it.get("/devices"), json!({"devices": []}));
}

#[test]
fn sixteen_megabytes_of_a_result_are_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let mut it = start(folder.path(), "--device 7 --state s");
    it.order(r#"{"endpoint":"user_get_image_list"}"#);
    it.poll("7", "a");
    let image = "x".repeat(16 << 20);
    it.result(
        "7",
        "a",
        "",
        &format!(r#"{{"response":"{{\"image\":\"{image}\"}}"}}"#),
    );
    assert_eq!(
        it.next()["response"]["image"].as_str().unwrap().len(),
        16 << 20
    );
    let asked = it.get("/commands/1");
    assert_eq!(
        asked["result"]["response"]["image"].as_str().unwrap().len(),
        16 << 20
    );
}

#[test]
fn simulated_devices_do_all_that_is_queued() {
    let folder = tempfile::tempdir().unwrap();
    let mut queue = String::new();
    for number in 0..60 {
        let device = (1_i64 << 53) + 1 + number % 20;
        let endpoint = ["load_objects", "execute_actions", "system_information"]
            [usize::try_from(number / 20).unwrap()];
        let body = match endpoint {
            "load_objects" => r#","body":{"object":"users"}"#,
            "execute_actions" => r#","body":{"actions":[{"action":"door","parameters":"door=1"}]}"#,
            _ => "",
        };
        writeln!(
            queue,
            r#"{{"device":{device},"endpoint":"{endpoint}"{body}}}"#
        )
        .unwrap();
    }
    std::fs::write(folder.path().join("q"), queue).unwrap();
    let it = start(folder.path(), "--queue q --state s --wait");
    pushrig(&format!(
        "device --server http://{} --id {} --devices 20 --commands 3 --period 100ms -q",
        it.address(),
        (1_i64 << 53) + 1
    ))
    .any_stdout()
    .any_stderr()
    .exits(0);
    let ended = it.end();
    assert_eq!(ended.code, Some(0), "{:?}", ended.summary());
    assert_eq!(ended.of_type("result").len(), 60);
    assert_eq!(ended.summary()["devices"].as_array().unwrap().len(), 20);
}
