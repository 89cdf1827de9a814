//! Input that no platform ever sent.

use std::io::{self, Read};

use crate::harness::{Pushrig, fixture, pushrig};
#[cfg(target_os = "linux")]
use crate::terminal::Terminal;

const TOKEN: &str = "--token 20200321182801";

/// Every subcommand that reads requests.
const READERS: [&str; 4] = [
    "verify onenet --token 20200321182801",
    "explain onenet --token 20200321182801",
    "capture import",
    "capture show",
];

fn each_reader(bytes: &[u8]) -> impl Iterator<Item = Pushrig> {
    READERS.iter().flat_map(move |reader| {
        [
            pushrig(&format!("{reader} input")).file("input", bytes),
            pushrig(&format!("{reader} -")).stdin(bytes),
        ]
    })
}

#[test]
fn an_empty_file_holds_no_request() {
    for empty in [&b""[..], b"\n", b" \r\n\n", b"\xef\xbb\xbf"] {
        for call in each_reader(empty) {
            call.stderr_has(["error: ", "empty"]).exits(2);
        }
    }
}

#[test]
fn binary_garbage_is_told_from_a_request() {
    let noise: Vec<u8> = (0..5000_u32)
        .map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8)
        .collect();
    for bytes in [
        &noise[..],
        b"\x7fELF\x02\x01\x01\0\0",
        b"\x1f\x8b\x08\0\0",
        b"\xff\xfe{\0}\0",
    ] {
        for call in each_reader(bytes) {
            call.stderr_has(["error: "]).exits(2);
        }
    }
}

#[test]
fn a_hundred_thousand_brackets_are_too_deep_and_no_stack_overflows() {
    let open = "[".repeat(100_000);
    let close = "]".repeat(100_000);
    let members = "{\"a\":".repeat(100_000);
    for body in [
        open.clone(),
        format!("{open}{close}"),
        members,
        format!(r#"{{"msg":{open}{close},"msg_signature":"x","nonce":"n"}}"#),
        format!(r#"{{"v":1,"request":{{"method":"GET","target":"/","x":{open}{close}}}}}"#),
    ] {
        for reader in ["verify", "explain"] {
            let ran = pushrig(&format!("{reader} onenet {TOKEN} -"))
                .stdin(&body)
                .any_stdout()
                .any_stderr();
            // A body is unreadable (1), a record's line is no record (2).
            let code = if body.starts_with("{\"v\"") { 2 } else { 1 };
            let ran = ran.exits(code);
            let text = format!("{}{}", ran.text(), ran.talk());
            assert!(text.contains("nested deeper than 128 levels"), "{text}");
        }
    }
}

#[test]
fn a_har_that_is_too_deep_is_refused() {
    let deep = "[".repeat(100_000);
    let har = format!(r#"{{"log":{{"version":"1.2","creator":{{}},"entries":[{deep}"#);
    for call in each_reader(har.as_bytes()) {
        call.stderr_has(["error: "]).exits(2);
    }
}

#[test]
fn invalid_utf8_is_kept_and_is_no_json() {
    let body = b"{\"msg\":{\"a\":\"\xff\xfe\"},\"msg_signature\":\"x\",\"nonce\":\"n\"}";
    let verdict = pushrig(&format!("verify onenet {TOKEN} --body @body")).file("body", body);
    verdict.any_stdout().any_stderr().exits(1);
    let raw = [
        &b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 54\r\n\r\n"[..],
        body,
    ]
    .concat();
    let record = pushrig("capture import -")
        .stdin(&raw)
        .any_stdout()
        .any_stderr()
        .exits(0);
    pushrig("capture show --as body -")
        .stdin(&record.stdout)
        .stdout([body, &b"\n"[..]].concat())
        .any_stderr()
        .exits(0);
}

#[test]
fn a_byte_order_mark_in_a_body_is_part_of_it() {
    let body = [&b"\xef\xbb\xbf"[..], &fixture("capture/offline.json")].concat();
    pushrig(&format!("verify onenet {TOKEN} -"))
        .stdin(body)
        .stdout_has([
            "unreadable",
            "a BOM stands before the value (byte 0)",
            "the body starts with a BOM, which is taken for a part of it",
        ])
        .exits(1);
}

#[test]
fn a_byte_order_mark_before_other_formats_is_skipped_and_said() {
    for name in [
        "online.har",
        "online.raw",
        "online.curl",
        "online-postman.curl",
        "online.http",
        "tencent.headers",
    ] {
        let bytes = [&b"\xef\xbb\xbf"[..], &fixture(&format!("capture/{name}"))].concat();
        pushrig(&format!("capture import {name}"))
            .fixture("capture/offline.json")
            .file(name, bytes)
            .any_stdout()
            .stderr_has([format!(
                "warning: {name}: the file starts with a BOM, which is skipped"
            )])
            .exits(0);
    }
}

#[test]
fn windows_line_ends_do_no_harm_to_text_formats() {
    for name in [
        "online.har",
        "online-postman.curl",
        "online.http",
        "tencent.headers",
        "handshake.log",
        "online.log",
        "bodies.ndjson",
    ] {
        let text = String::from_utf8(fixture(&format!("capture/{name}"))).unwrap();
        let text = text.replace('\n', "\r\n");
        let lines = pushrig(&format!(
            "verify auto {name} {TOKEN} --token aaa --format json"
        ))
        .fixture("capture/offline.json")
        .file(name, text)
        .any_stdout()
        .any_stderr()
        .exits(0)
        .json();
        assert_eq!(lines.last().unwrap()["type"], "summary", "{name}");
    }
}

/// A line of so many bytes, made as it is read.
fn line_of(size: u64) -> impl Read + Send {
    (&b"{\"v\":1,\"note\":\""[..])
        .chain(io::repeat(b'a').take(size))
        .chain(&b"\"}\n"[..])
}

#[test]
fn a_line_of_200_megabytes_is_refused_and_the_next_one_judged() {
    let source = line_of(200 << 20).chain(io::Cursor::new(fixture("capture/online.ndjson")));
    pushrig(&format!("verify onenet {TOKEN} -"))
        .stdin_stream(source)
        .stdout_has([
            "valid       <stdin>:2",
            "valid       <stdin>:3",
            "2 valid, 1 not read",
        ])
        .stderr_has(["error: <stdin>:1: the line is longer than "])
        .exits(2);
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let records = fixture("capture/online.ndjson").repeat(2000);
    for call in [
        format!("verify onenet {TOKEN} -"),
        format!("verify onenet {TOKEN} - --format json"),
        "capture import -".to_owned(),
        "capture show -".to_owned(),
        "samples --format json".to_owned(),
        "completions bash".to_owned(),
        "man".to_owned(),
        "--help".to_owned(),
        "sign --help".to_owned(),
    ] {
        pushrig(&call).stdin(&records).without_reader().exits(0);
    }
}

#[test]
fn a_request_given_as_an_argument_is_answered_with_how_to_give_it() {
    for (request, what) in [
        ("curl 'http://h/push?token=a-secret-of-mine'", "request"),
        ("{\"msg\":1}", "request"),
        ("/push?msg=a-secret&signature=b&nonce=c", "request"),
        ("https://h/push?msg=a-secret-of-mine", "URL"),
        ("version=1&res=a-secret&et=1&method=md5&sign=x", "token"),
    ] {
        for command in [
            "explain onenet --token x",
            "verify onenet --token x",
            "capture show",
        ] {
            let ran = pushrig(command)
                .arg(request)
                .stderr_has([
                    &*format!("error: a {what} stands where the name of a file should\n"),
                    "hint: write - in its place and paste it then (Enter, Ctrl-D), or pipe it in",
                ])
                .exits(2);
            assert!(!ran.talk().contains("a-secret"), "{}", ran.talk());
        }
    }
}

#[test]
fn a_request_where_the_platform_should_stand_is_answered_with_what_comes_first() {
    pushrig("explain request.curl --token x")
        .file("request.curl", "curl 'http://h/push'\n")
        .stderr_has([
            "error: request.curl:1:6: this is not TOML",
            "hint: the platform comes first: one of onenet, ",
        ])
        .exits(2);
    pushrig("explain mine.toml f --token x")
        .file("mine.toml", "name mine\n")
        .stderr_has(["hint: a line reads `key = value`"])
        .exits(2);
}

#[test]
fn a_dash_where_the_platform_should_stand_is_answered_with_all_that_may_stand_there() {
    for (command, auto) in [
        ("explain -", true),
        ("verify - f", true),
        ("handshake -", false),
    ] {
        let ran = pushrig(command)
            .stderr_has([
                "error: `-` stands where the platform should\n",
                "hint: the platform comes first: one of onenet, ",
                "or the path of a recipe file",
            ])
            .exits(2);
        let has_auto = ran.talk().contains("auto (each record's own)");
        assert_eq!(has_auto, auto, "{}", ran.talk());
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_line_that_the_terminal_cut_is_not_judged_and_that_is_said() {
    let paste = |length: usize| {
        let mut terminal = Terminal::open();
        let mut child = terminal
            .pushrig("explain onenet - --token 20200321182801")
            .spawn()
            .unwrap();
        terminal.shows("paste it here");
        let line = "curl 'http://h/push' --data-raw '{\"msg\":\"";
        terminal.types(line.as_bytes());
        terminal.types(&vec![b'x'; length - line.len() - 3]);
        terminal.types(b"\"}'\n\x04");
        let code = child.wait().unwrap().code();
        (code, terminal.all())
    };
    let (code, shown) = paste(5000);
    assert_eq!(code, Some(2), "{shown}");
    assert!(
        shown.contains("the terminal keeps 4095 bytes of a line"),
        "{shown}"
    );
    assert!(shown.contains("and name the file"), "{shown}");
    assert!(!shown.contains("received"), "{shown}");
    let (code, shown) = paste(4000);
    assert_eq!(code, Some(1), "{shown}");
    assert!(!shown.contains("the terminal keeps"), "{shown}");
}

#[test]
fn curly_quotes_around_a_url_are_told_as_such() {
    pushrig("explain onenet - --token x")
        .stdin("curl “http://h/push?msg=a&signature=b&nonce=c”\n")
        .stderr_has(["not a URL of HTTP", "hint: the quotes are curly"])
        .exits(2);
}
