//! What a run prints.

use super::*;

#[test]
fn a_line_of_json_is_of_a_known_type() {
    let server = hands_out([greets(), asks("logout.fcgi")]);
    let lines = told(
        &server,
        "--until-idle --seed-users 1 --access user=1 --fault duplicate-result:first=1",
        0,
    );
    let types: Vec<_> = lines
        .iter()
        .map(|line| line["type"].as_str().unwrap())
        .collect();
    assert_eq!(
        types,
        [
            "ready", "access", "poll", "fault", "case", "finding", "poll", "case", "poll",
            "summary"
        ]
    );
    let without_time = |at: usize| {
        let mut line = lines[at].clone();
        let at = line.as_object_mut().unwrap().remove("at").unwrap();
        assert!(at.as_f64().unwrap() < 60.0, "{at}");
        line
    };
    assert_eq!(
        without_time(0),
        json!({"v": 1, "type": "ready", "server": server.url(""), "devices": 1,
            "device": "478435", "serial": "A95V"})
    );
    assert_eq!(
        without_time(1),
        json!({"v": 1, "type": "access", "device": "478435", "user": 1, "portal": 1, "event": 7})
    );
    assert_eq!(
        without_time(3),
        json!({"v": 1, "type": "fault", "device": "478435", "fault": "duplicate-result"})
    );
    assert_eq!(lines[2]["brought"], "a command");
    assert_eq!(lines[8]["brought"], "nothing to do");
    assert_eq!(lines[8]["target"], polls(&server)[2].target());
    let details = &lines[4]["details"];
    assert_eq!(details["answer"], "{}");
    assert_eq!(details["effect"], "the screen says `hi` for 1 ms");
    assert_eq!(lines[9]["outcome"], "yes");
}

/// To the microsecond, and no digit of a sum behind it.
#[test]
fn a_time_is_written_in_few_digits() {
    let server = hands_out([greets(), greets(), greets()]);
    for line in told(&server, "--until-idle", 0) {
        let digits = line["at"].to_string();
        assert!(digits.len() < 10, "{line}");
    }
}

/// It may be a key; and where it is short, nothing else is hidden with it.
#[test]
fn the_query_of_the_address_is_not_shown() {
    let server = Server::start(|_| Reply::ok());
    for (flags, target) in [
        ("", "/push?…&deviceId=478435"),
        ("--query-base verbatim", "/?…/push?deviceId=478435"),
    ] {
        let lines = pushrig(&format!(
            "device --server {} --id 478435 --until-idle --no-uuid --format json {flags}",
            server.url("?4")
        ))
        .any_stdout()
        .exits(0)
        .json();
        assert_eq!(of_type(&lines, "poll")[0]["target"], target);
    }
    let sent = server.received();
    assert_eq!(sent[0].target(), "/push?4&deviceId=478435");
    assert_eq!(sent[1].target(), "/?4/push?deviceId=478435");
}

#[test]
fn quiet_json_has_no_polls_and_no_passes() {
    let server = hands_out([greets(), asks("fly")]);
    let lines = told(&server, "--until-idle -q", 0);
    assert!(of_type(&lines, "poll").is_empty());
    assert_eq!(outcomes(&lines, "case"), ["478435/fly#2 pass"]);
}

#[test]
fn verbose_shows_each_poll_and_each_fault() {
    let server = hands_out([greets(), Reply::status(503)]);
    device(&server, "--polls 3 -v --fault duplicate-result:first=1")
        .stdout_has([
            "poll   478435/push  200  ",
            "a command",
            "fault  478435  duplicate-result",
            "pass   478435/message_to_screen#1",
            "asked     {\"message\":\"hi\",\"timeout\":1}",
            "answer    {}",
            "effect    the screen says `hi` for 1 ms",
            "poll   478435/push  503  ",
            "status 503",
            "poll   478435/push  200  ",
            "nothing to do",
        ])
        .exits(0);
}

#[test]
fn what_a_server_sent_reaches_no_terminal_unescaped() {
    let evil = "\u{1b}]0;x\u{7}";
    let server = hands_out([
        asks_with("message_to_screen", &json!({"message": evil, "timeout": 1})),
        says(&json!({"endpoint": "logout", "queryString": format!("?{evil}")})),
        says(&json!({evil: 1})),
        Reply::status(302).header("Location", evil),
        Reply::ok().body(format!("<p>{evil}")),
    ]);
    let ran = device(&server, "--polls 6 -v").any_stdout().exits(0);
    assert!(!ran.text().contains('\u{1b}'), "{}", ran.text());
    assert!(!ran.talk().contains('\u{1b}'), "{}", ran.talk());
}

#[test]
fn a_long_body_is_cut_where_it_is_shown() {
    let long = "x".repeat(5000);
    let server = hands_out([asks_with(
        "message_to_screen",
        &json!({"message": long, "timeout": 1}),
    )]);
    let lines = told(&server, "--until-idle", 0);
    let asked = of_type(&lines, "case")[0]["details"]["asked"]
        .as_str()
        .unwrap();
    assert!(asked.ends_with("… (300 of 5026 bytes)"), "{asked}");
}

#[test]
fn of_cases_that_fail_in_one_way_the_first_few_are_shown_and_the_others_counted() {
    let answers = (0..10).map(|_| asks("no-such-endpoint"));
    let server = answers_results(answers, |_| Reply::status(500));
    let flags = "--devices 10 --period 1s --polls 1 -q";
    let ran = device(&server, flags).any_stdout().any_stderr().exits(1);
    let text = ran.text();
    let shown = text
        .lines()
        .filter(|line| line.starts_with("fail   ") && line.contains("no-such-endpoint#"));
    assert_eq!(shown.count(), 3, "{text}");
    assert!(text.contains("\nfail   … and 7 more like this: "), "{text}");
    assert!(text.contains("10 failed"), "{text}");
    let server = answers_results((0..10).map(|_| asks("x")), |_| Reply::status(500));
    let lines = told(&server, flags, 1);
    assert_eq!(of_type(&lines, "case").len(), 10);
}
