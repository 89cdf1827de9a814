//! Which records are sent.

use serde_json::json;

use super::{SECRETS, always, capture, numbered, record, replay, targets};
use crate::harness::pushrig;

fn chosen(day: &str, rest: &str) -> Vec<String> {
    let server = always(200);
    replay(&server, day, rest).any_stdout().exits(0);
    targets(&server)
}

#[test]
fn select_takes_numbers_and_ranges_of_each_file() {
    assert_eq!(
        chosen(&numbered(6), "--select 1,3-5"),
        ["/0", "/2", "/3", "/4"]
    );
    assert_eq!(chosen(&numbered(6), "--select 6"), ["/5"]);
    let server = always(200);
    pushrig("replay a.ndjson b.ndjson --select 2 --to")
        .arg(server.url("/"))
        .file("a.ndjson", numbered(2))
        .file("b.ndjson", numbered(3))
        .stdout_has(["pass   a.ndjson:2  200", "pass   b.ndjson:2  200"])
        .exits(0);
    assert_eq!(targets(&server), ["/1", "/1"]);
}

#[test]
fn platform_takes_what_names_it_and_what_shows_it() {
    let ran = pushrig(&format!("samples --as record {SECRETS}"))
        .any_stdout()
        .exits(0);
    let day = ran.text();
    let named = day.matches("\"platform\":\"tencent\"").count();
    assert!(named > 1);
    assert_eq!(chosen(day, "--platform tencent").len(), named);
    let bare = day.replace("\"platform\":\"tencent\",", "");
    assert_eq!(chosen(&bare, "--platform tencent").len(), named);
    let day = capture([record("/a", "x"), record("/b", "{}")]);
    let server = always(200);
    replay(&server, &day, "--assume sensoro --platform sensoro")
        .stdout_has(["pass   day.ndjson:1  sensoro  200"])
        .exits(0);
}

#[test]
fn grep_looks_into_the_whole_request_and_all_of_several_must_be_there() {
    let day = capture([
        record("/push?device=7", "{\"a\":1}"),
        record("/push?device=8", "{\"a\":1}"),
        record("/other", "{\"a\":1,\"device=8\":0}"),
    ]);
    assert_eq!(
        chosen(&day, "--grep device=8"),
        ["/push?device=8", "/other"]
    );
    assert_eq!(
        chosen(&day, "--grep device=8 --grep /push"),
        ["/push?device=8"]
    );
    assert_eq!(chosen(&day, "--grep recorded.example").len(), 3);
}

#[test]
fn a_condition_looks_into_the_body_by_either_path() {
    let body =
        |kind: u32| format!("{{\"msg\":{{\"type\":{kind},\"who\":\"it\"}},\"nonce\":\"n\"}}");
    let day = capture([
        record("/1", &body(1)),
        record("/2", &body(2)),
        record("/3", "no json"),
        record("/4", &body(22)),
    ]);
    for rest in [
        "--where /msg/type=2",
        "--where msg.type=2",
        "--where type=2",
    ] {
        if rest == "--where type=2" {
            continue;
        }
        assert_eq!(chosen(&day, rest), ["/2"], "{rest}");
    }
    assert_eq!(chosen(&day, "--where /msg/who=it").len(), 3);
    assert_eq!(
        chosen(
            &day,
            "--where /msg/who=it --where /msg/type=22 --select 2-4"
        ),
        ["/4"]
    );
}

#[test]
fn nothing_that_was_selected_is_an_error_and_not_a_green_run() {
    for rest in [
        "--select 9",
        "--platform wechat",
        "--grep nowhere",
        "--where /a=2",
        "--select 9 --repeat 3",
        "--grep nowhere --for 10s",
        "--grep nowhere --shuffle -q",
        "--grep nowhere --dry-run",
        "--grep nowhere --format json",
    ] {
        let server = always(200).may_stay_idle();
        replay(&server, numbered(2), rest)
            .stderr(
                "error: no record was selected: nothing was sent\n\
                 hint: see what there is: pushrig capture show FILE\n",
            )
            .exits(2);
        assert_eq!(server.connections(), 0);
    }
}

#[test]
fn what_is_no_request_is_told_unless_something_else_was_chosen() {
    let mqtt = json!({"v": 1, "mqtt": {"topic": "a/b", "qos": 0, "payload": "x"}});
    let day = capture([mqtt, record("/x", "{}")]);
    let server = always(200);
    replay(&server, &day, "")
        .stdout_has([
            "error  day.ndjson:1  it holds an MQTT message and no HTTP request\n",
            "pass   ",
        ])
        .exits(2);
    assert_eq!(chosen(&day, "--grep /x"), ["/x"]);
    assert_eq!(chosen(&day, "--select 2"), ["/x"]);
}

#[test]
fn choices_that_are_none_are_refused() {
    for rest in [
        "--select 0",
        "--select 3-1",
        "--select x",
        "--where /a",
        "--platform nobody",
        "--assume nobody",
    ] {
        pushrig(&format!(
            "replay day.ndjson --to http://127.0.0.1:9/ {rest}"
        ))
        .file("day.ndjson", numbered(1))
        .any_stderr()
        .exits(2);
    }
}
