//! What one run did not tell, the next one does.

use super::bench::{ID, OK, load, spawn, start, start_with};

/// A result that the process has and cannot print: nobody reads on.
#[cfg(unix)]
#[test]
fn a_result_that_was_not_printed_is_printed_by_the_next_run() {
    let folder = tempfile::tempdir().unwrap();
    let it = super::bench::stuck(folder.path(), "--state s", crate::unread::Talk::Read);
    let long = format!("{{\"response\":{{\"a\":\"{}\"}}}}", "x".repeat(1 << 20));
    it.order(&(load(1) + &load(2)));
    for uuid in ["a", "b"] {
        assert!(it.poll(ID, uuid).contains("load_objects"));
        it.result(ID, uuid, "load_objects", &long);
    }
    drop(it.process());
    let mut it = start(folder.path(), "--state s");
    for number in 1..=2 {
        let line = it.wait_for("result");
        assert_eq!(line["command"], number);
        assert_eq!(line["again"], true);
        assert_eq!(line["response"]["a"].as_str().unwrap().len(), 1 << 20);
    }
    it.signal("INT");
    it.end();
    let ended = spawn(folder.path(), "--state s --wait", &[]).end();
    assert_eq!(ended.lines.len(), 2, "told once: {:?}", ended.lines);
}

#[test]
fn what_is_known_tells_its_result_again() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("q"), load(1) + &load(2)).unwrap();
    let call = "--state s --queue q --wait";
    let it = start(folder.path(), call);
    it.poll(ID, "a");
    it.result(ID, "a", "", r#"{"error":"no such object"}"#);
    it.poll(ID, "b");
    it.result(ID, "b", "", OK);
    assert_eq!(it.end().code, Some(1));
    let ended = spawn(folder.path(), call, &[]).end();
    assert_eq!(ended.code, Some(1));
    let results = ended.of_type("result");
    assert_eq!(results[0]["error"], "no such object");
    assert_eq!(results[0]["again"], true);
    assert_eq!(results[1]["response"]["users"], serde_json::json!([]));
    let known = ended.of_type("warning")[0];
    assert_eq!(known["kind"], "known-orders");
}

#[test]
fn a_last_try_that_was_in_flight_at_a_crash_is_lost_and_an_earlier_one_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let call = "--state s --tries 2";
    let it = start_with(folder.path(), call, &["--push", &load(1)]);
    assert!(!it.poll(ID, "a").is_empty());
    it.crash();
    let mut it = start(folder.path(), call);
    let again = it.next();
    assert_eq!(again["kind"], "again", "{again}");
    assert!(!it.poll(ID, "b").is_empty());
    it.crash();
    let mut it = start(folder.path(), call);
    let lost = it.next();
    assert_eq!(lost["type"], "lost", "{lost}");
    assert_eq!(lost["tries"], 2);
    assert_eq!(it.poll(ID, "c"), "");
}
