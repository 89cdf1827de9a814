//! What was captured is what was sent, byte for byte: every event of every platform.

use super::bench::{listen, listen_with, records, wire_of};
use crate::harness::pushrig;
use crate::push::events::events;

const FIXED: &str = "--now 2026-11-21T20:00:00Z --seed";

/// The key of each platform that can seal.
const KEYS: [(&str, &str); 2] = [
    (
        "onenet",
        "--aes-key whBx2ZwAU5LOHVimPj1MPx56QRe3OsGGWRe4dr17crV",
    ),
    ("onenet-studio-push", "--aes-key cz0Y93YkGH6Jyvoi"),
];

#[test]
fn a_push_of_every_event_is_captured_as_it_was_sent_and_so_is_its_replay() {
    let first = listen("auto --capture c.ndjson");
    let mut sent = Vec::new();
    for (number, (platform, event)) in events().into_iter().enumerate() {
        let name = format!("{platform}.{event}");
        let words = format!("{FIXED} {number}");
        sent.push((name.clone(), first.wire(&name, &words)));
        first.takes(&name, &words);
    }
    // All events have their number: no message is another one's.
    for (record, (name, wire)) in first.records().iter().zip(&sent) {
        assert_eq!(&wire_of(record), wire, "{name}");
        assert_eq!(record["verdict"], "valid", "{record}");
        assert_eq!(record["response"]["status"], 200, "{record}");
        let platform = name.split('.').next().unwrap();
        assert_eq!(record["platform"], platform, "{record}");
        assert_eq!(record["scheme"], "http");
    }
    let ended = first.stop();
    assert_eq!(ended.code, Some(0), "{}", ended.talk);
    assert_eq!(ended.counter("verified"), sent.len() as u64);
    for (line, (name, _)) in ended.of_type("case").iter().zip(&sent) {
        let event = name.split('.').nth(1).unwrap();
        assert!(line["id"].as_str().unwrap().ends_with(event), "{line}");
    }
    let second = listen("auto --capture c.ndjson");
    pushrig("replay c.ndjson --keep --to")
        .arg(second.url("/"))
        .dir(ended.folder.path())
        .any_stdout()
        .any_stderr()
        .exits(0);
    let again = second.stop().records();
    assert_eq!(again.len(), sent.len());
    for (record, (name, wire)) in again.iter().zip(&sent) {
        assert_eq!(&wire_of(record), wire, "{name}");
    }
}

#[test]
fn what_is_signed_anew_is_right_and_what_is_sealed_is_opened() {
    for (platform, key) in KEYS {
        let first = listen_with(&format!("{platform} {key} --capture c.ndjson"), &[]);
        let all = events();
        let mine: Vec<_> = all.iter().filter(|(of, _)| of == platform).collect();
        let mut sent = Vec::new();
        for (number, (_, event)) in mine.iter().enumerate() {
            let words = format!("--encrypt {key} {FIXED} {number}");
            let name = format!("{platform}.{event}");
            sent.push(first.wire(&name, &words));
            first.takes(&name, &words);
        }
        let found = first.records();
        assert_eq!(found.iter().map(wire_of).collect::<Vec<_>>(), sent);
        let ended = first.stop();
        for (line, (_, event)) in ended.of_type("case").iter().zip(&mine) {
            assert!(
                line["id"].as_str().unwrap().ends_with(event.as_str()),
                "{line}"
            );
        }
        let second = listen(&format!("{platform} {key} --capture c.ndjson"));
        pushrig(&format!("replay c.ndjson --resign {key} --to"))
            .arg(second.url("/"))
            .args(super::SECRETS.split(' '))
            .dir(ended.folder.path())
            .any_stdout()
            .any_stderr()
            .exits(0);
        let ended = second.stop();
        assert_eq!(
            ended.counter("verified"),
            mine.len() as u64,
            "{}",
            ended.talk
        );
        for (record, before) in ended.records().iter().zip(&found) {
            assert_ne!(record["request"]["body"], before["request"]["body"]);
        }
    }
}

#[test]
fn a_body_that_came_in_chunks_is_kept_and_sent_again_in_the_same() {
    let first = listen("sensoro --accept-all --capture c.ndjson");
    let wire = "POST /a?b=%2B'+| HTTP/1.1\r\nHost: x\r\nX: 1\r\nx: 2\r\nTransfer-Encoding: chunked\r\n\
                X-ACCESS-SIGNATURE: a\r\nConnection: close\r\n\r\n";
    let body = "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n";
    let answer = first.raw([wire, body].concat());
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    let record = &first.records()[0];
    assert_eq!(record["request"]["chunks"], serde_json::json!([3, 2]));
    assert_eq!(wire_of(record), [wire, "abcde"].concat().into_bytes());
    let ended = first.stop();
    let server = crate::server::Server::start(|_| crate::server::Reply::ok());
    pushrig("replay c.ndjson --keep --to")
        .arg(server.url("/"))
        .dir(ended.folder.path())
        .any_stdout()
        .any_stderr()
        .answers();
    assert_eq!(server.received()[0].raw, [wire, body].concat().into_bytes());
}

#[test]
fn pipelined_requests_are_answered_and_kept_in_their_order() {
    let it = listen("auto --capture c.ndjson");
    let wire = |number: u32| it.wire("tencent.report", &format!("{FIXED} {number}"));
    let last = b"GET /last HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".to_vec();
    let all = [wire(1), wire(2), wire(3), last];
    let answers = it.raw(all.concat());
    assert_eq!(
        answers.matches("HTTP/1.1 200 OK\r\n").count(),
        3,
        "{answers}"
    );
    let kept: Vec<_> = it.records().iter().map(wire_of).collect();
    assert_eq!(kept, all);
}

#[test]
fn a_capture_goes_on_where_it_ended_and_is_read_by_the_others() {
    let first = listen("onenet --capture c.ndjson");
    first.takes("onenet.online", "");
    let ended = first.stop();
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_pushrig"));
    command.args("listen onenet --format json --capture c.ndjson".split(' '));
    command.args(super::SECRETS.split(' '));
    let path = ended.folder.path().join("c.ndjson");
    let torn = std::fs::read_to_string(&path).unwrap() + "{\"v\":1,\"requ";
    std::fs::write(&path, torn).unwrap();
    let second = super::bench::run_in(command, ended.folder);
    second.takes("onenet.offline", "");
    let ended = second.stop();
    let text = std::fs::read_to_string(ended.folder.path().join("c.ndjson")).unwrap();
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines.len(), 3);
    std::fs::write(
        ended.folder.path().join("c.ndjson"),
        format!("{}\n{}\n", lines[0], lines[2]),
    )
    .unwrap();
    let schema = crate::capture::schema();
    for record in records(&ended.folder.path().join("c.ndjson")) {
        assert!(schema.is_valid(&record), "{record}");
    }
    pushrig("verify onenet c.ndjson")
        .args(super::SECRETS.split(' ').take(2))
        .dir(ended.folder.path())
        .stdout_has(["2 records: 2 valid"])
        .exits(0);
}
