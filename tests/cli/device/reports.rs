//! Reports and thresholds hold what the device found.

use super::*;

fn server() -> Server {
    answers_results([greets(), asks("fly.fcgi"), asks("logout")], |request| {
        let refused = query(request, "endpoint").unwrap() == "logout";
        Reply::status(if refused { 500 } else { 200 })
    })
}

#[test]
fn every_report_holds_the_cases_and_the_findings() {
    for format in ["junit", "html", "markdown", "tap", "json"] {
        let server = server();
        let ran = device(&server, &format!("--polls 4 -q --report {format}=r"))
            .any_stdout()
            .exits(1);
        let report = String::from_utf8(ran.read("r")).unwrap();
        let report = report.replace("&#x2f;", "/");
        for words in [
            "478435/fly",
            "478435/logout",
            "the server refused the result",
            "push.fcgi",
            "result.status",
            "belongs to the device",
        ] {
            assert!(report.contains(words), "{format}: {words}: {report}");
        }
    }
}

#[test]
fn a_junit_report_counts_the_cases() {
    let server = server();
    let ran = device(&server, "--polls 4 -q --report junit=r --report tap=t")
        .any_stdout()
        .exits(1);
    let junit = String::from_utf8(ran.read("r")).unwrap();
    assert!(
        junit.contains("<failure message=\"the server refused the result\""),
        "{junit}"
    );
    assert!(
        junit.contains("name=\"478435/message_to_screen#1\""),
        "{junit}"
    );
    let tap = String::from_utf8(ran.read("t")).unwrap();
    assert!(tap.contains("ok 1 - 478435/message_to_screen\\#1"), "{tap}");
    assert!(tap.contains("not ok "), "{tap}");
}

#[test]
fn the_times_of_polls_and_of_each_command_have_thresholds_of_their_own() {
    let load = || asks_with("load_objects", &json!({"object": "users"}));
    for (threshold, code) in [
        ("push.p99>1us", 1),
        ("load_objects.p99>10s", 0),
        ("load_objects.p50>1us", 1),
        ("push.p99>10s", 0),
    ] {
        let server = hands_out([load(), load()]);
        let lines = told(
            &server,
            &format!("--until-idle --fail-if {threshold}"),
            code,
        );
        let summary = lines.last().unwrap();
        let missed = summary["missed"].as_array().unwrap();
        assert_eq!(missed.len(), usize::try_from(code).unwrap(), "{missed:?}");
        let groups = summary["groups"].as_array().unwrap();
        let group = |name: &str| {
            let found = groups.iter().find(|it| it["name"] == name);
            found.map_or(0, |it| it["count"].as_u64().unwrap())
        };
        assert_eq!((group("push"), group("load_objects")), (3, 2));
    }
}

#[test]
fn a_threshold_of_what_never_came_is_not_met() {
    let server = hands_out([greets()]);
    device(&server, "--until-idle -q --fail-if load_objects.p99>10s")
        .any_stdout()
        .any_stderr()
        .answers();
}

#[test]
fn quiet_is_what_is_not_right_and_the_summary() {
    let server = hands_out([greets(), asks("fly"), asks("logout")]);
    let ran = device(&server, "--until-idle -q").any_stdout().exits(0);
    let lines: Vec<_> = ran.text().lines().collect();
    // A warning is not right, either.
    assert!(lines[0].starts_with("pass   478435/fly#2"), "{lines:?}");
    assert!(
        lines[2].starts_with("3 cases: 3 passed, 1 warning"),
        "{lines:?}"
    );
}
