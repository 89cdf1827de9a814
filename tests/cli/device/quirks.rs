//! The habits of real servers that a device lives with, one a test.

use super::*;

#[test]
fn a_command_on_every_poll_without_verb_or_content_type() {
    let server = Server::start(|request| {
        if is_result(request) {
            return Reply::ok();
        }
        Reply::ok().body(r#"{"endpoint":"message_to_screen","body":{"message":"hi"}}"#)
    });
    let lines = told(&server, "--polls 30", 0);
    assert_eq!(counter(&lines, "commands"), 30);
    assert_eq!(bodies(&server), [GREETED; 30]);
    assert_eq!(outcomes(&lines, "finding"), ["push.hot-loop pass"]);
}

#[test]
fn no_answer_to_result_at_all() {
    let server = answers_results([greets(), asks("logout")], |_| Reply::silence());
    let lines = told(&server, "--polls 3 --timeout 150ms", 3);
    assert_eq!(
        outcomes(&lines, "case"),
        ["478435/message_to_screen#1 error", "478435/logout#2 error"]
    );
    for case in of_type(&lines, "case") {
        let why = case["why"].as_str().unwrap();
        assert!(why.starts_with("its result was not answered: "), "{why}");
    }
    assert_eq!(counter(&lines, "unanswered"), 2);
    assert_eq!(bodies(&server), [GREETED, r#"{"response":""}"#]);
}

#[test]
fn text_html_with_length_0() {
    let server = Server::start(|_| Reply::ok().header("Content-Type", "text/html; charset=utf-8"));
    let lines = told(&server, "--polls 2 --strict", 0);
    assert_eq!(counter(&lines, "idle"), 2);
    assert!(of_type(&lines, "finding").is_empty());
}

#[test]
fn an_empty_object() {
    let server = Server::start(|_| says(&json!({})));
    let lines = told(&server, "--polls 2 --strict", 0);
    assert_eq!(counter(&lines, "idle"), 2);
    assert!(of_type(&lines, "finding").is_empty());
}

#[test]
fn an_echo_of_the_result_as_the_answer() {
    let server = answers_results([greets(), greets()], |request| {
        Reply::ok().body(request.body())
    });
    let lines = told(&server, "--until-idle", 0);
    assert_eq!(outcomes(&lines, "finding"), ["result.echo pass"]);
    assert_eq!(bodies(&server), [GREETED; 2]);
}

/// A poll that is held for less than the time-out and then brings a command.
#[test]
fn long_polls() {
    let gate = crate::server::Gate::new();
    let server = hands_out([greets().after(&gate)]);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            server.wait_for(1);
            gate.open();
        });
        let lines = told(&server, "--until-idle --strict", 0);
        assert_eq!(
            outcomes(&lines, "case"),
            ["478435/message_to_screen#1 pass"]
        );
    });
}

#[test]
fn a_long_poll_beyond_the_time_out() {
    let server = hands_out([Reply::silence(), greets()]);
    let lines = told(&server, "--polls 3 --timeout 150ms", 0);
    assert_eq!(outcomes(&lines, "finding"), ["push.too-slow pass"]);
    assert_eq!(
        outcomes(&lines, "case"),
        ["478435/message_to_screen#1 pass"]
    );
    let polls = of_type(&lines, "poll");
    assert_eq!(polls[0]["brought"], "no answer");
    assert_eq!(polls[0]["status"], Value::Null);
    assert_eq!(polls[1]["brought"], "a command");
}

#[test]
fn status_401_403_413_429_or_502() {
    for (status, finding) in [
        (401, "push.auth pass"),
        (403, "push.auth pass"),
        (413, "push.status pass"),
        (429, "push.status pass"),
        (502, "push.status pass"),
    ] {
        // Even with a command in it there is none, and the next poll is as good as any.
        let server = answers_results([refusing(status), greets()], |_| Reply::ok());
        let lines = told(&server, "--polls 3", 0);
        assert_eq!(outcomes(&lines, "finding"), [finding]);
        assert_eq!(bodies(&server), [GREETED], "{status}");
        let server = answers_results([greets()], move |_| Reply::status(status));
        let lines = told(&server, "--polls 2", 1);
        assert_eq!(outcomes(&lines, "finding"), ["result.status pass"]);
        assert_eq!(
            outcomes(&lines, "case"),
            ["478435/message_to_screen#1 fail"]
        );
        assert_eq!(of_type(&lines, "case")[0]["status"], status);
    }
}

fn refusing(status: u16) -> Reply {
    Reply::status(status).body(r#"{"endpoint":"logout"}"#)
}

#[test]
fn a_command_for_a_device_id_that_the_server_keeps_as_a_number() {
    let id = "1152921504606846977";
    let server = hands_out([
        Reply::ok().body(r#"{"deviceId":1152921504606847000,"endpoint":"system_information"}"#)
    ]);
    let lines = told(&server, &format!("--until-idle --id {id}"), 0);
    assert_eq!(outcomes(&lines, "finding"), ["device-id.lost-digits pass"]);
    // The device itself loses none.
    for request in server.received() {
        assert_eq!(query(&request, "deviceId").unwrap(), id);
    }
    assert_eq!(response(&bodies(&server)[0])["device_id"].to_string(), id);
    assert_eq!(lines[0]["device"], id);
}

#[test]
fn commands_wrapped_in_transactions_with_numeric_ids() {
    let server = hands_out([says(&json!({"transactions": [
        {"transactionid": 12, "endpoint": "logout"},
        {"transactionid": 9_007_199_254_740_993_u64, "endpoint": "fly"},
    ]}))]);
    let lines = told(&server, "--until-idle", 0);
    assert_eq!(
        outcomes(&lines, "finding"),
        ["push.numeric-transaction pass"]
    );
    assert_eq!(
        bodies(&server),
        [
            r#"{"transactions_results":[{"transactionid":12,"success":true,"response":""},{"transactionid":9007199254740993,"success":false,"error":"pushrig: this simulated device has no command \"fly\""}]}"#
        ]
    );
}
