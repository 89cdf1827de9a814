//! What is told about a run: by lines of JSON, in files, to GitHub.

use serde_json::Value;

use super::{SECRETS, all_but, always, numbered, record, replay};
use crate::harness::{Ran, pushrig};
use crate::server::{Reply, Server};

fn text(ran: &Ran, name: &str) -> String {
    String::from_utf8(ran.read(name)).unwrap()
}

#[test]
fn json_is_a_line_a_case_and_a_summary() {
    let server = all_but(1);
    let lines = replay(&server, numbered(3), "--format json --assume onenet")
        .any_stdout()
        .exits(1)
        .json();
    assert_eq!(lines.len(), 4);
    for (number, case) in lines[..3].iter().enumerate() {
        assert_eq!(case["type"], "case");
        assert_eq!(case["id"], format!("day.ndjson:{}", number + 1));
        assert_eq!(case["platform"], "onenet");
        assert!(case["ms"].as_f64().unwrap() > 0.0);
    }
    assert_eq!(lines[0]["outcome"], "pass");
    assert_eq!(lines[0]["why"], Value::Null);
    assert_eq!(lines[1]["outcome"], "fail");
    assert_eq!(lines[1]["status"], 500);
    assert_eq!(lines[1]["why"], "the status is 500: only 200 counts");
    assert_eq!(lines[1]["details"]["body"], "body 1");
    let summary = &lines[3];
    assert_eq!(summary["type"], "summary");
    assert_eq!(summary["outcome"], "no");
    assert_eq!(
        [&summary["cases"], &summary["passed"], &summary["failed"]],
        [3, 2, 1]
    );
    assert_eq!(summary["statuses"]["200"], 2);
    for name in ["p50", "p90", "p99", "max"] {
        assert!(summary["latency"][name].as_f64().unwrap() > 0.0, "{name}");
    }
    // Quiet: what is not right, and the summary.
    let lines = replay(&all_but(1), numbered(3), "--format json -q")
        .any_stdout()
        .exits(1)
        .json();
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[0]["id"], "day.ndjson:2");
}

#[test]
fn the_summary_has_count_rate_percentiles_and_statuses() {
    let server = all_but(3);
    let ran = replay(&server, numbered(20), "-q")
        .stdout_has([
            "fail   day.ndjson:4  500  ",
            "  the status is 500; 2xx is success\n  answer    6 bytes\n  body      body 3\n",
            "20 cases: 19 passed, 1 failed  in ",
            " a second\n  times     p50 ",
            "  p90 ",
            "  p99 ",
            "  max ",
            "\n  statuses  200 × 19  500 × 1\n",
        ])
        .exits(1);
    assert!(!ran.text().contains("pass   "), "{}", ran.text());
    // One that was shown needs no summary.
    let ran = replay(&always(200), numbered(1), "").any_stdout().exits(0);
    assert_eq!(ran.text().lines().count(), 1);
    let ran = replay(&always(200), numbered(1), "-q")
        .any_stdout()
        .exits(0);
    assert!(ran.text().starts_with("1 case: 1 passed  in "));
}

#[test]
fn every_report_names_the_file_and_the_record_of_what_failed() {
    let server = all_but(1);
    let kinds = ["junit", "tap", "json", "html", "markdown"];
    let files = kinds.map(|kind| format!("--report={kind}=r.{kind}"));
    let ran = replay(&server, numbered(3), "-q")
        .args(files)
        .any_stdout()
        .exits(1);
    for kind in kinds {
        let text = text(&ran, &format!("r.{kind}"));
        assert!(text.contains("day.ndjson:2"), "{kind}: {text}");
        assert!(text.contains("the status is 500"), "{kind}: {text}");
    }
    let junit = text(&ran, "r.junit");
    assert!(junit.starts_with("<?xml"));
    for words in ["tests=\"3\"", "failures=\"1\"", "</testsuites>"] {
        assert!(junit.contains(words), "{words}: {junit}");
    }
    assert_eq!(junit.matches("<testcase ").count(), 3);
    let tap = text(&ran, "r.tap");
    let results: Vec<_> = tap
        .lines()
        .filter(|line| line.starts_with("ok ") || line.starts_with("not ok "))
        .map(|line| line.starts_with("ok "))
        .collect();
    assert_eq!(results, [true, false, true]);
    assert!(tap.contains("1..3"), "{tap}");
    let json: Value = serde_json::from_slice(&ran.read("r.json")).unwrap();
    let cases = json["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 3);
    assert_eq!(cases[1]["outcome"], "fail");
    assert_eq!(cases[1]["id"], "day.ndjson:2");
    let html = text(&ran, "r.html");
    assert!(html.trim_end().ends_with("</html>"));
    assert!(text(&ran, "r.markdown").starts_with("## "));
}

#[test]
fn a_report_that_cannot_be_written_is_told_before_anything_is_sent() {
    let server = always(200).may_stay_idle();
    replay(&server, numbered(1), "--report junit=no/such/folder.xml")
        .stderr_has(["error: cannot write no/such/folder.xml"])
        .exits(3);
    for wrong in ["junit", "xml=f", "junit=", "junit=-"] {
        replay(&server, numbered(1), &format!("--report {wrong}"))
            .any_stderr()
            .exits(2);
    }
    assert_eq!(server.connections(), 0);
}

#[test]
fn a_report_of_a_run_that_sends_again_has_every_case() {
    let server = always(200);
    let ran = replay(&server, numbered(2), "--repeat 3 --report json=r.json")
        .stdout_has(["6 cases: 6 passed"])
        .exits(0);
    let json: Value = serde_json::from_slice(&ran.read("r.json")).unwrap();
    let ids: Vec<_> = json["cases"].as_array().unwrap().iter().collect();
    assert_eq!(ids.len(), 6);
    assert_eq!(ids[5]["id"], "day.ndjson:2#3");
}

#[test]
fn under_github_actions_what_failed_is_annotated_at_its_record_and_the_job_gets_a_summary() {
    let server = all_but(1);
    let ran = replay(&server, numbered(3), "--fail-if failed>0")
        .env("GITHUB_ACTIONS", "true")
        .env("GITHUB_STEP_SUMMARY", "summary.md")
        .file("summary.md", "# before\n")
        .any_stdout()
        .any_stderr()
        .exits(1);
    assert!(
        ran.talk().contains(
            "::error file=day.ndjson,line=2,title=pushrig replay%3A day.ndjson%3A2::the status is \
             500; 2xx is success (status 500)\n"
        ),
        "{}",
        ran.talk()
    );
    assert!(
        ran.talk().contains("--fail-if 'failed>0'"),
        "{}",
        ran.talk()
    );
    assert_eq!(ran.talk().lines().count(), 2);
    let summary = text(&ran, "summary.md");
    assert!(summary.starts_with("# before\n"), "{summary}");
    for words in ["pushrig replay", "day.ndjson:2", "the status is 500"] {
        assert!(summary.contains(words), "{summary}");
    }
    // Anywhere else nothing of this is written.
    let ran = replay(&all_but(1), numbered(3), "")
        .env("GITHUB_STEP_SUMMARY", "summary.md")
        .file("summary.md", "")
        .any_stdout()
        .exits(1);
    assert_eq!(text(&ran, "summary.md"), "");
}

#[test]
fn what_a_server_says_cannot_give_commands_to_a_terminal_or_to_github() {
    let server = Server::start(|_| {
        Reply::status(500).body("\u{1b}[2J\n::error file=x::gotcha\n<script>alert(1)</script>")
    });
    let ran = replay(
        &server,
        numbered(1),
        "--report html=r.html --report junit=r.xml",
    )
    .env("GITHUB_ACTIONS", "true")
    .any_stdout()
    .any_stderr()
    .exits(1);
    for stream in [ran.text(), ran.talk()] {
        assert!(!stream.contains('\u{1b}'), "{stream}");
        assert!(
            !stream
                .lines()
                .any(|line| line.starts_with("::error file=x"))
        );
    }
    assert!(!text(&ran, "r.html").contains("<script>alert"));
    assert!(!text(&ran, "r.xml").contains('\u{1b}'));
}

#[test]
fn a_secret_in_an_answer_is_masked_wherever_the_answer_is_shown() {
    let server = Server::start(|_| {
        Reply::status(302)
            .header("Location", "/?t=a-token-of-mine")
            .header("Content-Type", "text/a-token-of-mine")
            .header("X-Token", "a-token-of-mine")
            .body(format!("{}a-token-of-mine!", "x".repeat(290)))
    });
    for rest in [
        "",
        "--expect-status 302 --expect-body y",
        "--expect-status 302 --expect-header X-Token:x",
        "--expect-status 302 --expect-in-body z",
        "--format json",
    ] {
        let ran = replay(&server, numbered(1), &format!("{SECRETS} {rest}"))
            .args(["--report=json=r.json", "--report=html=r.html"])
            .env("GITHUB_ACTIONS", "true")
            .any_stdout()
            .any_stderr()
            .exits(1);
        for shown in [
            ran.text(),
            ran.talk(),
            &text(&ran, "r.json"),
            &text(&ran, "r.html"),
        ] {
            // No part of it is left where what is shown was cut.
            assert!(
                !shown.contains("a-token") && !shown.contains("xa-t"),
                "{shown}"
            );
        }
    }
    let body = "the token is a-token-of-mine, you said";
    let server = Server::start(move |_| Reply::ok().body(body));
    let ran = replay(
        &server,
        super::capture([record("/", "")]),
        &format!("{SECRETS} --expect-body the"),
    )
    .stdout_has(["the body is not the expected one: ", "[secret]"])
    .exits(1);
    assert!(!ran.text().contains("a-token"), "{}", ran.text());
    // So are those of a handshake.
    let day = pushrig(&format!(
        "sign onenet --handshake --as record --url http://h.example/x --msg LeoTAq {SECRETS}"
    ))
    .any_stdout()
    .any_stderr()
    .exits(0);
    replay(&server, &day.stdout, SECRETS)
        .stdout_has(["fail   day.ndjson:1"])
        .any_stderr()
        .exits(1);
}
