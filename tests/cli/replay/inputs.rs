//! Where records come from: files of every kind, folders, addresses, a pipe; and what is wrong
//! with them.

use std::io::Read;
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use super::{SECRETS, always, capture, numbered, record, replay, targets};
use crate::harness::pushrig;
use crate::server::{Reply, Server};

/// A pipe whose writer still writes.
pub(super) struct Piped(pub(super) Receiver<Vec<u8>>);

impl Read for Piped {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        // Nothing more comes when the sender is gone, or when the test hangs.
        let Ok(bytes) = self.0.recv_timeout(Duration::from_secs(90)) else {
            return Ok(0);
        };
        buffer[..bytes.len()].copy_from_slice(&bytes);
        Ok(bytes.len())
    }
}

#[test]
fn each_record_of_a_pipe_is_sent_while_the_writer_still_writes() {
    let line = |number: usize| capture([record(&format!("/{number}"), "{}")]).into_bytes();
    let (sender, receiver) = channel();
    sender.send(line(0)).unwrap();
    // The next is written only when the one before has come.
    let sender = Mutex::new(Some(sender));
    let server = Server::start(move |request| {
        let mut sender = sender.lock().unwrap();
        match request.number {
            4 => *sender = None,
            number => sender.as_ref().unwrap().send(line(number + 1)).unwrap(),
        }
        Reply::ok()
    });
    pushrig(&format!("replay - --to {}", server.url("/")))
        .stdin_stream(Piped(receiver))
        .stdout_has([
            "pass   <stdin>:1  200",
            "pass   <stdin>:5  200",
            "5 cases: 5 passed",
        ])
        .exits(0);
    assert_eq!(server.received().len(), 5);
}

#[test]
fn a_folder_is_its_files_by_name() {
    let server = always(200);
    pushrig("replay day --to")
        .arg(server.url("/"))
        .file("day/b.ndjson", numbered(1))
        .file("day/a.http", "POST /first HTTP/1.1\r\nHost: h\r\n\r\n")
        .file("day/.hidden", "{broken")
        .file("day/sub/c.ndjson", numbered(3))
        .stdout_has(["pass   day/a.http", "pass   day/b.ndjson:1"])
        .any_stderr()
        .exits(0);
    assert_eq!(targets(&server), ["/first", "/0"]);
    pushrig("replay empty --to http://127.0.0.1:9/")
        .file("empty/.hidden", "x")
        .stderr("error: there is no file in empty\n")
        .exits(2);
}

#[test]
fn a_capture_is_fetched_and_what_may_be_secret_in_its_address_is_not_shown() {
    let files = Server::start(|request| match &*request.target() {
        "/day.ndjson?token=hunter2hunter2" => Reply::ok().body(numbered(2)),
        _ => Reply::status(404),
    });
    let server = always(500);
    let address = files.address();
    let url = format!("http://me:swordfish9@{address}/day.ndjson?token=hunter2hunter2");
    let ran = pushrig("replay")
        .arg(&url)
        .args(["--to".to_owned(), server.url("/")])
        .args(["--report", "junit=r.xml", "--report", "json=r.json"])
        .secret("hunter2hunter2")
        .secret("swordfish9")
        .stdout_has([
            format!("fail   http://{address}/day.ndjson:1  500"),
            format!("fail   http://{address}/day.ndjson:2  500"),
        ])
        .exits(1);
    for report in ["r.xml", "r.json"] {
        let text = String::from_utf8(ran.read(report)).unwrap();
        assert!(
            !text.contains("hunter2") && !text.contains("swordfish"),
            "{text}"
        );
        assert!(text.contains("/day.ndjson:1"), "{text}");
    }
    pushrig("replay")
        .arg(format!(
            "http://me:swordfish9@{address}/other?token=hunter2hunter2"
        ))
        .args(["--to".to_owned(), server.url("/")])
        .secret("hunter2hunter2")
        .secret("swordfish9")
        .stderr_has([format!(
            "error: cannot fetch http://{address}/other: the server answered 404"
        )])
        .exits(3);
    for wrong in ["http://me:swordfish9@", "http://?token=hunter2hunter2"] {
        pushrig("replay")
            .arg(wrong)
            .args(["--to".to_owned(), server.url("/")])
            .secret("hunter2hunter2")
            .secret("swordfish9")
            .any_stderr()
            .exits(2);
    }
}

#[test]
fn every_form_of_a_request_is_sent() {
    let har = r#"{"log":{"version":"1.2","creator":{"name":"x","version":"1"},"entries":[{"request":{"method":"POST","url":"http://h.example/har?x=1","httpVersion":"HTTP/1.1","headers":[{"name":"Host","value":"h.example"}],"postData":{"mimeType":"application/json","text":"{\"a\":1}"}}}]}}"#;
    for (text, target) in [
        (har, "/har?x=1"),
        (
            "curl 'http://h.example/curl?x=1' -d '{\"a\":1}'\n",
            "/curl?x=1",
        ),
        (
            "POST http://h.example/file?x=1\nContent-Type: application/json\n\n{\"a\":1}\n",
            "/file?x=1",
        ),
        ("{\n  \"a\": 1\n}\n", "/"),
        ("{\"a\":1}\n{\"a\":2}\n", "/"),
    ] {
        let server = always(200);
        replay(&server, text, "").any_stdout().any_stderr().exits(0);
        let arrived = server.received().remove(0);
        assert_eq!(arrived.target(), target, "{text}");
        assert_eq!(arrived.method(), "POST", "{text}");
        assert!(arrived.body().starts_with(b"{"), "{text}");
        assert_eq!(
            arrived.header("Content-Length").unwrap(),
            arrived.body().len().to_string()
        );
    }
}

#[test]
fn a_bad_line_is_told_with_its_place_and_the_rest_is_sent_and_two_beats_one() {
    let day = format!(
        "{}{{\"v\":1,\"request\":oops}}\n{}",
        numbered(1),
        capture([record("/last", "{}")])
    );
    for (status, words) in [
        (200, "2 cases: 2 passed"),
        (500, "2 cases: 0 passed, 2 failed"),
    ] {
        let server = always(status);
        replay(&server, &day, "")
            .stdout_has([words])
            .stderr_has(["error: day.ndjson:2:"])
            .exits(2);
        assert_eq!(targets(&server), ["/0", "/last"]);
    }
    // Where none is left, that is said once, and nothing is counted.
    let server = always(200).may_stay_idle();
    replay(&server, "{\"v\":1,\"request\":oops}\n", "")
        .any_stdout()
        .stderr_has(["error: day.ndjson:1:"])
        .exits(2);
}

#[test]
fn a_torn_last_line_is_a_warning() {
    let day = numbered(3);
    let torn = &day[..day.len() - 30];
    for rest in ["", "--repeat 2", "--dry-run"] {
        let server = always(200).may_stay_idle();
        replay(&server, torn, rest)
            .any_stdout()
            .stderr_has(["warning: day.ndjson:3: "])
            .exits(0);
    }
}

#[test]
fn a_file_that_is_not_there_is_told_and_the_others_are_sent() {
    let server = always(200);
    pushrig("replay nowhere.ndjson day.ndjson --to")
        .arg(server.url("/"))
        .file("day.ndjson", numbered(1))
        .stdout_has(["pass   day.ndjson:1"])
        .stderr_has(["error: cannot read nowhere.ndjson: "])
        .exits(3);
    pushrig("replay nowhere.ndjson --to http://127.0.0.1:9/")
        .any_stdout()
        .stderr_has(["error: cannot read nowhere.ndjson: "])
        .exits(3);
}

#[test]
fn a_file_that_holds_no_request_is_an_error_and_is_not_sent() {
    for text in [
        "",
        "\n\n",
        "# Notes\n\nNothing to send here.\n",
        "{broken",
        "\0\u{1}\u{2}binary",
    ] {
        let server = always(200).may_stay_idle();
        replay(&server, text, "")
            .any_stdout()
            .stderr_has(["error: day.ndjson"])
            .exits(2);
        assert_eq!(server.connections(), 0, "{text:?}");
    }
}

#[test]
fn a_byte_order_mark_is_skipped_with_a_warning() {
    let server = always(200);
    replay(&server, format!("\u{feff}{}", numbered(2)), "")
        .stdout_has(["2 cases: 2 passed"])
        .stderr_has(["warning: day.ndjson: the file starts with a BOM, which is skipped"])
        .exits(0);
}

#[test]
fn a_big_capture_is_not_held() {
    let line = capture([record("/x", &"y".repeat(100_000))]);
    let server = always(200);
    pushrig(&format!("replay - -q --to {}", server.url("/")))
        .stdin_stream(std::io::Cursor::new(line.repeat(300)))
        .stdout_has(["300 cases: 300 passed"])
        .exits(0);
}

#[test]
fn a_secret_is_not_read_from_the_pipe_that_has_the_records() {
    pushrig("replay - --to http://127.0.0.1:9/ --token -")
        .stdin("x")
        .stderr_has(["both want standard input"])
        .exits(2);
}

#[test]
fn the_profile_gives_the_url_the_platform_and_the_secret() {
    let server = always(200);
    let day = pushrig(&format!("samples onenet.online --as record {SECRETS}"))
        .any_stdout()
        .exits(0);
    pushrig("replay day.ndjson --resign")
        .file("day.ndjson", &day.stdout)
        .file(
            "pushrig.toml",
            format!(
                "[profile.default]\nplatform = \"onenet\"\nurl = \"{}\"\ntoken = \"env:T\"\n",
                server.url("/from-profile")
            ),
        )
        .env("T", "another-token")
        .secret("another-token")
        .stdout_has(["pass   day.ndjson:1  onenet  200"])
        .exits(0);
    let arrived = server.received().remove(0);
    assert_eq!(arrived.target(), "/from-profile");
    assert!(crate::push::events::is_right(
        "onenet",
        &arrived,
        "another-token",
        ""
    ));
    pushrig("replay day.ndjson")
        .file("day.ndjson", numbered(1))
        .stderr_has(["error: no URL was given"])
        .exits(2);
}
