//! What is expected of the answers.

use serde_json::json;

use super::{always, capture, numbered, record, replay, slow};
use crate::harness::pushrig;
use crate::server::{Reply, Server};

/// A server that answers with a header and a body.
fn answering() -> Server {
    Server::start(|_| {
        Reply::status(201)
            .header("Content-Type", "application/json")
            .header("X-Id", "1")
            .header("x-id", "2")
            .body("{\"ok\":true}")
    })
}

fn passes(rest: &str) {
    replay(&answering(), numbered(1), rest)
        .stdout_has(["pass   day.ndjson:1", "  201  "])
        .exits(0);
}

fn fails(rest: &str, why: &str) {
    replay(&answering(), numbered(1), rest)
        .stdout_has([
            "fail   day.ndjson:1",
            "  201  ",
            why,
            "  answer    11 bytes, application/json\n  body      {\"ok\":true}\n",
        ])
        .exits(1);
}

#[test]
fn nothing_asked_a_2xx_is_right_and_a_platform_may_ask_for_200() {
    passes("");
    fails("--assume onenet", "the status is 201: only 200 counts");
    passes("--assume sensoro");
    replay(&always(304), numbered(1), "")
        .stdout_has(["the status is 304; 2xx is success\n", "answer    no body"])
        .exits(1);
}

#[test]
fn a_status_is_expected_alone_as_a_class_as_a_range_or_as_any_of_several() {
    for rest in ["201", "2xx", "200-204", "500 --expect-status 201"] {
        passes(&format!("--expect-status {rest}"));
    }
    passes("--assume onenet --expect-status 201");
    fails(
        "--expect-status 200",
        "the status is 201; 200 was expected\n",
    );
    fails(
        "--expect-status 4xx --expect-status 202-209",
        "the status is 201; 4xx or 202-209 was expected\n",
    );
    for wrong in ["", "20", "abc", "2x", "204-200"] {
        pushrig("replay day.ndjson --to http://127.0.0.1:9/ --expect-status")
            .arg(wrong)
            .file("day.ndjson", numbered(1))
            .any_stderr()
            .exits(2);
    }
}

#[test]
fn a_body_is_expected_whole_or_in_part() {
    passes("--expect-body {\"ok\":true}");
    passes("--expect-in-body true --expect-in-body ok");
    fails(
        "--expect-body {\"ok\":trUe}",
        "the body is not the expected one: 11 bytes, and from byte 0 on `{\"ok\":true}` instead of \
         `{\"ok\":trUe}`\n",
    );
    fails(
        "--expect-in-body ok --expect-in-body false",
        "the body does not hold `false`\n",
    );
    let server = answering();
    replay(&server, numbered(1), "--expect-body @want.json")
        .file("want.json", "{\"ok\":true}")
        .any_stdout()
        .exits(0);
    replay(&server, numbered(1), "--expect-body -")
        .stdin("{\"ok\":true}\n")
        .stdout_has(["the body is not the expected one: 11 bytes instead of 12"])
        .exits(1);
    replay(&server, numbered(1), "--expect-body @nowhere")
        .stderr_has(["error: cannot read nowhere: "])
        .exits(3);
    replay(&server, numbered(1), "-")
        .args(["--expect-body", "-"])
        .stderr_has(["both want standard input"])
        .exits(2);
}

#[test]
fn a_header_is_expected_with_a_value_or_any() {
    for rest in ["x-ID", "X-Id:1", "x-id:2"] {
        passes(&format!("--expect-header {rest}"));
    }
    fails(
        "--expect-header X-None",
        "the answer has no header X-None\n",
    );
    fails(
        "--expect-header X-Id:3",
        "the header X-Id is `1`; `3` was expected\n",
    );
    for wrong in ["", ": v", "a b: c"] {
        pushrig("replay day.ndjson --to http://127.0.0.1:9/ --expect-header")
            .arg(wrong)
            .file("day.ndjson", numbered(1))
            .any_stderr()
            .exits(2);
    }
}

#[test]
fn an_answer_is_expected_in_time() {
    passes("--expect-within 60s");
    let server = Server::start(|_| slow(80));
    replay(&server, numbered(1), "--expect-within 5ms")
        .stdout_has(["fail   day.ndjson:1  200", " ms; 5ms was expected\n"])
        .exits(1);
}

#[test]
fn the_recorded_answer_is_expected_if_asked_for() {
    let with = |status: u16, body: &str| {
        let mut record = record("/x", "{}");
        record["response"] = json!({"status": status, "headers": [], "body": body});
        record
    };
    let day = capture([with(201, "{\"ok\":true}")]);
    replay(&answering(), &day, "--expect-recorded")
        .stdout_has(["pass   day.ndjson:1  201"])
        .exits(0);
    for (recorded, why) in [
        (
            with(200, "{\"ok\":true}"),
            "the status is 201; 200 was recorded\n",
        ),
        (
            with(201, "{\"ok\":false}"),
            "the body is not the recorded one: 11 bytes instead of 12, and from byte 0 on \
             `{\"ok\":true}` instead of `{\"ok\":false}`\n",
        ),
    ] {
        replay(&answering(), capture([recorded]), "--expect-recorded")
            .stdout_has([why])
            .exits(1);
    }
    // A record without an answer is not sent, and not a pass.
    let day = capture([with(201, "{\"ok\":true}"), record("/y", "")]);
    let server = answering();
    replay(&server, &day, "--expect-recorded")
        .stdout_has([
            "pass   day.ndjson:1",
            "error  day.ndjson:2  no answer was recorded with it, and --expect-recorded asks for \
             that one\n",
        ])
        .exits(2);
    assert_eq!(server.received().len(), 1);
    // Recorded answers that were wrong are right again.
    let server = always(503);
    replay(&server, capture([with(503, "")]), "--expect-recorded")
        .any_stdout()
        .exits(0);
}

#[test]
fn everything_that_is_expected_must_be_so() {
    passes("--expect-status 2xx --expect-in-body ok --expect-header X-Id --expect-within 60s");
    fails(
        "--expect-status 2xx --expect-in-body ok --expect-header X-Id:7 --expect-within 60s",
        "the header X-Id is `1`; `7` was expected",
    );
}

#[test]
fn a_condition_fails_the_run_as_a_whole() {
    let server = always(200);
    for (condition, words) in [
        ("p99>0ms", "  missed    p99 is "),
        ("max>=0us", "  missed    max is "),
        ("rate<1000000", "  missed    the rate is "),
        ("passed<50%", ""),
        ("errors>0", ""),
        ("passed!=3", ""),
    ] {
        let code = i32::from(!words.is_empty());
        replay(&server, numbered(3), &format!("--fail-if {condition}"))
            .stdout_has(["3 cases: 3 passed", words])
            .exits(code);
    }
    let server = always(500);
    replay(&server, numbered(3), "--fail-if failed>=50%")
        .stdout_has(["0 passed, 3 failed", "  missed    3 failed"])
        .exits(1);
    pushrig("replay day.ndjson --to http://127.0.0.1:9/ --fail-if p99>200")
        .file("day.ndjson", numbered(1))
        .any_stderr()
        .exits(2);
}

#[test]
fn a_redirect_is_not_followed_and_where_it_leads_is_said() {
    let server = Server::start(|_| Reply::status(302).header("Location", "/login?next=\u{202e}"));
    replay(&server, numbered(1), "")
        .stdout_has([
            "the status is 302; 2xx is success: a redirect to /login?next=\\u{202e}, which is not \
             followed\n",
        ])
        .exits(1);
    assert_eq!(server.received().len(), 1);
    replay(&server, numbered(1), "--expect-status 3xx")
        .any_stdout()
        .exits(0);
}
