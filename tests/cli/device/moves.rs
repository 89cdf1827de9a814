//! A command changes where and how often the device polls.

use super::*;

fn sets(settings: &Value) -> Reply {
    asks_with("set_configuration", &json!({ "push_server": settings }))
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
    assert_eq!(
        of_type(&lines, "warning")[0]["why"],
        "device 478435 leaves push_request_period as it was: `soon` is no whole number"
    );
    assert!(elapsed(&lines) < 2000.0);
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

/// The result goes to where the poll went, and headers that the user gave stay there.
#[test]
fn a_device_that_is_told_another_address_moves_there() {
    let next = Server::start(|request| {
        assert!(request.target().starts_with("/b/"), "{}", request.line());
        Reply::ok()
    });
    let first = hands_out([sets(&json!({"push_remote_address": next.url("/b")}))]);
    let lines = told(&first, "--polls 3 -H X-Key:secret", 0);
    assert_eq!(
        outcomes(&lines, "case"),
        ["478435/set_configuration#1 pass"]
    );
    let paths: Vec<_> = first.received().iter().map(path).collect();
    assert_eq!(paths, ["/push", "/result"]);
    assert!(
        first
            .received()
            .iter()
            .all(|it| it.header("X-Key").is_some())
    );
    let paths: Vec<_> = next.received().iter().map(path).collect();
    assert_eq!(paths, ["/b/push", "/b/push"]);
    assert!(
        next.received()
            .iter()
            .all(|it| it.header("X-Key").is_none())
    );
    let warning = of_type(&lines, "warning")[0]["why"].to_string();
    assert!(warning.contains("was told to poll"), "{warning}");
    let host = next.address().to_string();
    assert_eq!(next.received()[0].header("Host").unwrap(), host);
}

#[test]
fn a_device_without_an_address_falls_silent_and_says_so() {
    let server = hands_out([sets(&json!({"push_remote_address": ""}))]);
    let lines = told(&server, "--polls 9", 0);
    assert_eq!(
        of_type(&lines, "warning")[0]["why"],
        "device 478435 polls nobody any more: its push_remote_address is empty"
    );
    assert_eq!(
        outcomes(&lines, "case"),
        ["478435/set_configuration#1 pass"]
    );
    assert_eq!(counter(&lines, "polls"), 1);
    assert_eq!(results(&server).len(), 1);
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
