//! What firmware does where sources differ, and how fast: each switch, seen from the server.

use super::*;

#[test]
fn a_response_may_be_the_object_itself() {
    let user = json!({"object": "users", "values": [{"name": "A"}]});
    let server = hands_out([asks_with("create_objects", &user), asks("logout")]);
    device(&server, "--until-idle --response object")
        .any_stdout()
        .exits(0);
    assert_eq!(
        bodies(&server),
        [r#"{"response":{"ids":[1]}}"#, r#"{"response":""}"#]
    );
}

#[test]
fn an_empty_success_may_be_an_empty_object() {
    for (flags, body) in [
        ("", r#"{"response":""}"#),
        ("--empty-success object", r#"{"response":"{}"}"#),
        (
            "--empty-success object --response object",
            r#"{"response":{}}"#,
        ),
    ] {
        let server = hands_out([asks("logout")]);
        device(&server, &format!("--until-idle {flags}"))
            .any_stdout()
            .exits(0);
        assert_eq!(bodies(&server), [body], "{flags}");
    }
}

#[test]
fn old_firmware_sends_no_uuid() {
    let server = hands_out([asks("logout")]);
    device(&server, "--until-idle --no-uuid")
        .any_stdout()
        .exits(0);
    let targets: Vec<_> = server.received().iter().map(Received::target).collect();
    let poll = "/push?deviceId=478435";
    let result = "/result?deviceId=478435&endpoint=logout";
    assert_eq!(targets, [poll, result, poll]);
}

#[test]
fn old_firmware_does_not_know_transactions() {
    let batch = json!({"transactions": [{"transactionid": "1", "endpoint": "logout"}]});
    let server = hands_out([says(&batch)]);
    let lines = told(&server, "--polls 2 --no-transactions", 0);
    assert_eq!(outcomes(&lines, "finding"), ["push.not-a-command pass"]);
    assert!(results(&server).is_empty());
}

#[test]
fn json_as_it_was_meant_is_read_where_that_is_asked_for() {
    let sloppy = "{verb: 'POST', endpoint: \"logout\", /* no body */}";
    for (flags, sent) in [("", &[][..]), ("--lenient-json", &[r#"{"response":""}"#])] {
        let server = hands_out([Reply::ok().body(sloppy)]);
        let lines = told(&server, &format!("--polls 2 {flags}"), 0);
        assert_eq!(outcomes(&lines, "finding"), ["push.unquoted-keys pass"]);
        assert_eq!(bodies(&server), sent, "{flags}");
    }
}

#[test]
fn a_result_that_was_not_accepted_is_sent_again_so_often() {
    for (refusals, retries, sent, code) in [(2, 2, 3, 0), (9, 2, 3, 1), (1, 0, 1, 1)] {
        let tried = std::sync::atomic::AtomicUsize::new(0);
        let server = answers_results([greets()], move |_| {
            let before = tried.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            Reply::status(if before < refusals { 503 } else { 200 })
        });
        let lines = told(
            &server,
            &format!("--polls 2 --retry-result {retries}"),
            code,
        );
        let outcome = if code == 0 { "pass" } else { "fail" };
        assert_eq!(
            outcomes(&lines, "case"),
            [format!("478435/message_to_screen#1 {outcome}")]
        );
        let results = results(&server);
        assert_eq!(results.len(), sent, "{refusals} {retries}");
        assert!(results.iter().all(|it| it.raw == results[0].raw));
    }
}

#[test]
fn the_query_of_the_base_goes_behind_the_path_or_stays_where_it_is() {
    for (flags, expected) in [
        ("", "/a/push?key=1&deviceId=478435"),
        ("--query-base verbatim", "/a?key=1/push?deviceId=478435"),
    ] {
        let server = Server::start(|_| Reply::ok());
        let url = server.url("/a?key=1");
        pushrig(&format!(
            "device --server {url} --id 478435 --until-idle --no-uuid -q {flags}"
        ))
        .any_stdout()
        .exits(0);
        assert_eq!(server.received()[0].target(), expected);
    }
}

#[test]
fn a_server_that_always_has_a_command_is_asked_so_often_at_most() {
    let run = |flags: &str| {
        let server = hands_out((0..200).map(|_| asks("logout")));
        let lines = told(&server, flags, 0);
        let elapsed = lines.last().unwrap()["elapsed_ms"].as_f64().unwrap();
        let warnings = of_type(&lines, "warning").into_iter();
        let warnings: Vec<_> = warnings.map(|it| it["why"].clone()).collect();
        (elapsed, warnings)
    };
    // Five at full speed, then one each 200 ms.
    let (capped, warnings) = run("--polls 8 --hot-loop-cap 5");
    assert!(capped >= 600.0, "{capped}");
    assert_eq!(
        warnings,
        [
            "device 478435 had a command at every poll so far: from now on it polls 5 times a second \
          at most (--hot-loop-cap)"
        ]
    );
    // 25 at full speed and one each 40 ms would take 4.6 s.
    let (free, warnings) = run("--polls 140 --hot-loop-cap 0");
    assert!(free < 4000.0, "{free}");
    assert!(warnings.is_empty());
}

#[test]
fn the_device_id_follows_from_the_serial() {
    for (serial, id) in [("0G0200/005B6D", "3206485144263533"), ("A95V", "478435")] {
        let server = hands_out([asks("system_information")]);
        let lines = told(&server, &format!("--until-idle --serial {serial}"), 0);
        assert_eq!(lines[0]["device"], id);
        let received = server.received();
        assert!(
            received
                .iter()
                .all(|it| query(it, "deviceId").unwrap() == id)
        );
        let information = response(&bodies(&server)[0]);
        assert_eq!(information["serial"], serial);
        assert_eq!(information["device_id"].to_string(), id);
    }
    for wrong in ["0G0200", "0G0200/XYZ", "zzzzzzzz/000000", "A95V1"] {
        pushrig("device --server http://127.0.0.1:9 --serial")
            .arg(wrong)
            .stderr_has(["error: --serial: ", wrong, "is no serial"])
            .exits(2);
    }
}

#[test]
fn a_device_waits_its_period_between_two_polls_that_bring_nothing() {
    let server = Server::start(|_| Reply::ok());
    let lines = told(&server, "--polls 3 --period 200ms", 0);
    let elapsed = lines.last().unwrap()["elapsed_ms"].as_f64().unwrap();
    assert!(elapsed >= 400.0, "{elapsed}");
}

#[test]
fn a_header_of_ones_own_rides_on_every_request() {
    let server = hands_out([asks("logout")]);
    device(&server, "--until-idle -q")
        .args(["-H", "Authorization: Bearer x"])
        .any_stdout()
        .exits(0);
    let received = server.received();
    assert_eq!(received.len(), 3);
    for request in received {
        assert_eq!(request.header("authorization").unwrap(), "Bearer x");
    }
}
