//! What the page does with a record.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::thread;

use serde_json::Value;

use super::{Answer, open, wait_for};
use crate::harness::pushrig;
use crate::listen::bench::{Running, wire_of};

impl Running {
    /// Sends a record again, as the page does.
    #[track_caller]
    fn resend(&self, id: u64, target: &str) -> Answer {
        let (host, origin) = (self.host(), format!("Origin: http://{}", self.address()));
        let fields = [
            host.as_str(),
            &origin,
            "X-Pushrig: 1",
            "Sec-Fetch-Site: same-origin",
        ];
        self.ask("POST", &self.page(&format!("resend/{id}")), &fields, target)
    }
}

const ODD: &[u8] = b"POST /p?x=+1%20 HTTP/1.1\r\nHOST: a:1\r\nx-b: \xff\r\nX-B: 2\r\n\
    Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n3\r\na\x00\xfe\r\n2\r\nbc\r\n0\r\n\r\n";

#[test]
fn it_is_sent_again_here_byte_for_byte_and_the_new_record_is_named() {
    let running = open("onenet --capture c.ndjson");
    running.raw(ODD);
    wait_for(&running, 1);
    let told = running.resend(1, r#"{"to":"here"}"#).json();
    assert_eq!(
        (&told["status"], &told["record"]),
        (&403.into(), &2.into()),
        "{told}"
    );
    let records = running.records();
    assert_eq!(wire_of(&records[0]), wire_of(&records[1]));
    assert_eq!(
        records[0]["request"], records[1]["request"],
        "its chunks, too"
    );
    assert_eq!(running.stop().counter("requests"), 2);
}

#[test]
fn it_is_sent_to_a_url_of_this_machine_byte_for_byte() {
    let running = open("onenet");
    running.raw(ODD);
    wait_for(&running, 1);
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = server.local_addr().unwrap();
    let came = thread::spawn(move || {
        let (mut stream, _) = server.accept().unwrap();
        let mut came = vec![0; ODD.len() - 2];
        stream.read_exact(&mut came).unwrap();
        stream
            .write_all(b"HTTP/1.1 299 Fine\r\nContent-Length: 2\r\n\r\nok")
            .unwrap();
        came
    });
    let target = format!(r#"{{"to":"url","url":"{address}/q"}}"#);
    let told = running.resend(1, &target).json();
    assert_eq!(
        (&told["status"], &told["body"]["text"]),
        (&299.into(), &"ok".into()),
        "{told}"
    );
    let expected = ODD.to_vec();
    let at = memchr::memmem::find(&expected, b"/p?").unwrap();
    let mut came = came.join().unwrap();
    came.extend_from_slice(b"\r\n");
    assert_eq!(&came[..at + 2], b"POST /q");
    assert_eq!(
        came[at + 2..],
        expected[at + 2..],
        "{}",
        came.escape_ascii()
    );
}

#[test]
fn another_machine_is_asked_for_nothing_unless_that_is_allowed() {
    let running = open("onenet");
    running.takes("onenet.online", "");
    wait_for(&running, 1);
    let told = running
        .resend(1, r#"{"to":"url","url":"http://192.0.2.1/"}"#)
        .json();
    let why = told["error"].as_str().unwrap();
    assert!(why.contains("--allow-remote"), "{why}");
    let told = running.resend(1, r#"{"to":"forward"}"#).json();
    assert!(told["error"].as_str().unwrap().contains("no --forward"));
    for wrong in [r#"{"to":"url"}"#, "{}", ""] {
        assert_eq!(running.resend(1, wrong).status(), 403, "{wrong}");
    }
    assert_eq!(running.resend(9, r#"{"to":"here"}"#).status(), 404);
}

#[test]
fn it_is_sent_to_where_forward_passes_on() {
    let server = open("onenet");
    let running = open(&format!("onenet --forward http://{}", server.address()));
    running.takes("onenet.online", "");
    wait_for(&running, 1);
    let told = running.resend(1, r#"{"to":"forward"}"#).json();
    assert_eq!(told["status"], 200, "{told}");
    wait_for(&server, 2);
    let bodies = [1, 2].map(|id| server.record(id)["body"]["text"].clone());
    assert_eq!(bodies[0], bodies[1]);
}

#[test]
fn nobody_else_sends_anything_through_it() {
    let running = open("onenet");
    running.takes("onenet.online", "");
    wait_for(&running, 1);
    let (host, own) = (
        running.host(),
        format!("Origin: http://{}", running.address()),
    );
    let path = running.page("resend/1");
    for fields in [
        vec![host.as_str(), &own],
        vec![&host, "X-Pushrig: 1"],
        vec![&host, "X-Pushrig: 1", "Origin: http://evil.test"],
        vec![&host, "X-Pushrig: 1", "Origin: null"],
    ] {
        let answer = running.ask("POST", &path, &fields, r#"{"to":"here"}"#);
        assert_eq!(answer.status(), 403, "{fields:?}");
    }
    let get = running.ask(
        "GET",
        &path,
        &[&host, &own, "X-Pushrig: 1"],
        r#"{"to":"here"}"#,
    );
    assert_eq!(get.status(), 404);
    assert_eq!(running.stop().counter("requests"), 1);
}

#[test]
fn the_export_is_the_capture_and_each_line_of_it() {
    let running = open("auto --capture c.ndjson");
    running.takes("onenet.online", "");
    running.raw(ODD);
    running.raw(b"BROKEN\r\n\r\n");
    running.takes("sensoro.event", "");
    wait_for(&running, 4);
    let capture = std::fs::read(running.path("c.ndjson")).unwrap();
    assert_eq!(running.get("export").body, capture);
    let lines: Vec<_> = BufReader::new(&*capture)
        .split(b'\n')
        .map(Result::unwrap)
        .collect();
    let some = [&*lines[0], b"\n", &lines[2], b"\n", &lines[3], b"\n"].concat();
    assert_eq!(running.get("export?ids=1,3-9").body, some);
    let again = format!("export?ids={}3-4", "1,1-1,3,".repeat(1_000));
    assert_eq!(running.get(&again).body, some, "each is there once");
    assert_eq!(running.get("export?ids=").body, b"");
    let head = running.get("export").head;
    assert!(
        head.contains("attachment; filename=\"pushrig.ndjson\""),
        "{head}"
    );
}

#[test]
fn the_curl_command_is_that_of_capture_show() {
    let running = open("sensoro --capture c.ndjson");
    running.takes("sensoro.event", "");
    wait_for(&running, 1);
    let capture = running.path("c.ndjson").display().to_string();
    let shown = pushrig(&format!("capture show {capture} --as curl"))
        .any_stdout()
        .exits(0);
    let command = running.get("curl/1").body;
    assert_eq!(
        String::from_utf8_lossy(&command).trim(),
        shown.text().trim()
    );
    let _: Value = running.record(1);
}
