//! A command changes where and how often the device polls.

use super::*;

fn sets(settings: &Value) -> Reply {
    asks_with("set_configuration", &json!({ "push_server": settings }))
}

fn warnings(lines: &[Value]) -> Vec<&str> {
    let warnings = of_type(lines, "warning").into_iter();
    warnings.map(|it| it["why"].as_str().unwrap()).collect()
}

fn elapsed(lines: &[Value]) -> f64 {
    lines.last().unwrap()["elapsed_ms"].as_f64().unwrap()
}

#[test]
fn a_device_polls_as_often_as_its_configuration_says_by_now() {
    let server = hands_out([sets(&json!({"push_request_period": "2"}))]);
    let lines = told(&server, "--polls 3", 0);
    assert!(elapsed(&lines) >= 2000.0, "{lines:?}");
    let server = hands_out([sets(&json!({"push_request_period": "soon"}))]);
    let lines = told(&server, "--polls 3", 0);
    assert!(elapsed(&lines) < 2000.0);
    assert_eq!(
        warnings(&lines),
        ["device 478435 leaves push_request_period as it was: `soon` is no whole number"]
    );
}

#[test]
fn a_device_waits_as_long_as_its_configuration_says_by_now() {
    let server = hands_out([
        sets(&json!({"push_request_timeout": "150"})),
        Reply::silence(),
    ]);
    let lines = told(&server, "--polls 3", 0);
    let finding = of_type(&lines, "finding")[0];
    assert_eq!(finding["id"], "push.too-slow");
    let said = finding["warnings"][0].as_str().unwrap();
    assert!(said.ends_with("(150ms)"), "{said}");
    // The first exchange had 15 seconds, and this one has not.
    assert!(elapsed(&lines) < 10_000.0, "{lines:?}");
}

/// The result still goes to where the command came from.
#[test]
fn a_device_that_is_told_another_address_moves_there() {
    let next = Server::start(|request| {
        assert!(
            request.target().starts_with("/b/push?"),
            "{}",
            request.line()
        );
        Reply::ok()
    });
    let first = hands_out([sets(&json!({"push_remote_address": next.url("/b")}))]);
    let lines = device(&first, "--polls 3 --format json")
        .args(["-H", "Authorization: Bearer x"])
        .any_stdout()
        .exits(0)
        .json();
    assert_eq!(
        outcomes(&lines, "case"),
        ["478435/set_configuration#1 pass"]
    );
    assert_eq!(bodies(&first), [r#"{"response":"{}"}"#]);
    assert_eq!(first.received().len(), 2);
    assert_eq!(next.received().len(), 2);
    let moved = format!(
        "device 478435 was told to poll {} from now on",
        next.url("/b")
    );
    assert_eq!(warnings(&lines), [&moved]);
    let request = &next.received()[0];
    assert_eq!(request.header("Host").unwrap(), next.address().to_string());
    // What the user said to the first server is not for the second.
    assert_eq!(request.header("Authorization"), None);
    assert!(first.received()[1].header("Authorization").is_some());
}

#[test]
fn a_device_without_an_address_falls_silent_and_says_so() {
    let server = hands_out([sets(&json!({"push_remote_address": ""}))]);
    let lines = told(&server, "--polls 9", 0);
    assert_eq!(
        outcomes(&lines, "case"),
        ["478435/set_configuration#1 pass"]
    );
    assert_eq!(
        warnings(&lines),
        ["device 478435 polls nobody any more: its push_remote_address is empty"]
    );
    assert_eq!(counter(&lines, "polls"), 1);
    assert_eq!(bodies(&server), [r#"{"response":"{}"}"#]);
}

#[test]
fn an_address_that_is_none_silences_the_device_with_its_reason() {
    let server = hands_out([sets(&json!({"push_remote_address": "ftp://h"}))]);
    device(&server, "--polls 9 -q")
        .any_stdout()
        .stderr_has(["warning: device 478435 falls silent: push_remote_address: "])
        .exits(0);
}

/// The reset gives back what it was installed with.
#[test]
fn a_factory_reset_brings_the_device_back_to_how_the_run_began() {
    let server = hands_out([
        sets(&json!({"push_request_period": "60", "push_request_timeout": "19000"})),
        asks_with(
            "reset_to_factory_default",
            &json!({"keep_network_info": true}),
        ),
        asks_with(
            "get_configuration",
            &json!({"push_server": ["push_request_period", "push_request_timeout"]}),
        ),
    ]);
    let lines = told(&server, "--polls 6 --timeout 20s", 0);
    assert!(elapsed(&lines) < 60_000.0);
    assert_eq!(
        response(&bodies(&server)[2]),
        json!({"push_server": {"push_request_period": "1", "push_request_timeout": "20000"}})
    );
}
