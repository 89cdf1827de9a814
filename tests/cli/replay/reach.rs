//! Servers that cannot be reached, and servers that answer what is no answer.

use std::io::Write as _;
use std::net::TcpListener;
use std::time::{Duration, Instant};

use super::{always, numbered, replay};
use crate::harness::{Pushrig, pushrig};
use crate::server::{Reply, Server};

/// A port that nobody listens on.
fn nobody() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

fn to(url: &str, rest: &str) -> Pushrig {
    pushrig(&format!("replay day.ndjson --to {url} {rest}")).file("day.ndjson", numbered(1000))
}

#[test]
fn a_server_that_is_not_there_is_told_once_whatever_there_is_to_send() {
    let port = nobody();
    for rest in [
        "",
        "--concurrency 20",
        "--repeat 3 --concurrency 20",
        "-q",
        "--rate 1000",
    ] {
        let started = Instant::now();
        let ran = to(&format!("http://127.0.0.1:{port}/"), rest)
            .stdout_has([
                &format!(
                    "error  day.ndjson:1  no connection to 127.0.0.1:{port}: connection refused\n"
                ),
                "  hint      is the server running, and does it listen on that port?\n",
                "1 case: 0 passed, 1 error  in ",
                "  ended     by a server that cannot be reached: nothing more is sent\n",
            ])
            .exits(3);
        assert_eq!(ran.text().matches("refused").count(), 1, "{}", ran.text());
        assert!(started.elapsed() < Duration::from_secs(20));
    }
    let lines = to(&format!("http://127.0.0.1:{port}/"), "--format json")
        .any_stdout()
        .exits(3)
        .json();
    assert_eq!(lines[0]["outcome"], "error");
    assert_eq!(lines[1]["outcome"], "incomplete");
    assert_eq!(lines.len(), 2);
}

#[test]
fn a_name_that_nobody_knows_is_told_with_the_flag_that_helps() {
    to("http://nobody.invalid:8000/", "")
        .stdout_has([
            "error  day.ndjson:1  the name `nobody.invalid` cannot be resolved: ",
            "--resolve HOST:PORT:ADDR\n",
        ])
        .exits(3);
}

#[test]
fn tls_that_fails_says_why_and_the_flag_that_helps() {
    let plain = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = plain.local_addr().unwrap();
    let answering = std::thread::spawn(move || {
        let (mut stream, _) = plain.accept().unwrap();
        stream.write_all(b"HTTP/1.1 400 No\r\n\r\n").unwrap();
        plain
    });
    to(&format!("https://{address}/"), "")
        .stdout_has([
            "error  day.ndjson:1  TLS with ",
            "write http:// in the URL\n",
        ])
        .exits(3);
    // One that waits for the end of what it takes for a line.
    let plain = answering.join().unwrap();
    to(&format!("https://{address}/"), "--timeout 100ms")
        .stdout_has([
            "no answer within 100ms: the server does not go on with TLS\n",
            "write http:// in the URL\n",
        ])
        .exits(3);
    drop(plain);
    let server = Server::tls("push.example", |_| Reply::ok()).may_stay_idle();
    let port = server.address().port();
    to(
        &format!("https://push.example:{port}/"),
        &format!("--resolve push.example:{port}:127.0.0.1"),
    )
    .stdout_has(["error  day.ndjson:1  TLS with ", "  hint      ", "--cacert"])
    .exits(3);
    to(&format!("https://127.0.0.1:{port}/"), "--cacert no.pem")
        .stderr_has(["error: ", "no.pem"])
        .exits(3);
}

/// What a server does instead of answering, the exit code and the words.
fn instead(reply: impl Fn() -> Reply + Send + Sync + 'static, rest: &str, code: i32, words: &str) {
    let server = Server::start(move |_| reply());
    let started = Instant::now();
    replay(&server, numbered(2), rest)
        .stdout_has(["day.ndjson:1", words, "day.ndjson:2"])
        .exits(code);
    assert!(started.elapsed() < Duration::from_secs(60));
    assert!(
        server.received().len() >= 2,
        "the second is sent all the same"
    );
}

#[test]
fn no_answer_is_an_error_and_not_a_no() {
    instead(
        Reply::silence,
        "--timeout 60ms",
        3,
        "no answer within 60ms: nothing came back\n",
    );
    instead(Reply::close, "", 3, "the server closed the connection");
    instead(Reply::reset, "", 3, "reset by the server");
    instead(
        || Reply::raw("HTTP/1.1 200 OK\r\nContent-").and_close(),
        "",
        3,
        "closed the connection",
    );
    instead(
        || Reply::raw("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc").and_close(),
        "",
        3,
        "closed the connection",
    );
    instead(
        || {
            Reply::endless(
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n",
                "",
            )
        },
        "--timeout 60ms",
        3,
        "no answer within 60ms: the answer is not complete\n",
    );
}

#[test]
fn an_answer_that_is_none_is_a_no() {
    instead(
        || Reply::raw("SSH-2.0-OpenSSH_9.6\r\n\r\n").and_close(),
        "",
        1,
        "fail   ",
    );
    instead(
        || Reply::raw("HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n").and_close(),
        "",
        1,
        "Content-Length",
    );
    instead(
        || Reply::endless("HTTP/1.1 200 OK\r\n", "X-More: 1234567890\r\n"),
        "",
        1,
        "more than 128 fields",
    );
    instead(
        || Reply::endless("HTTP/1.1 200 OK\r\nX-More: ", vec![b'x'; 10_000]),
        "",
        1,
        "64 KiB",
    );
    instead(
        || {
            Reply::endless(
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
                [b"10000\r\n".to_vec(), vec![b'x'; 0x10000], b"\r\n".to_vec()].concat(),
            )
        },
        "",
        1,
        "16 MiB",
    );
    instead(
        || Reply::raw("HTTP/1.1 200 OK\r\nContent-Length: 104857600\r\n\r\n").and_close(),
        "",
        1,
        "16 MiB",
    );
}

#[test]
fn a_wrong_answer_and_none_together_are_a_no() {
    let server = Server::start(|request| match request.number {
        0 => Reply::status(500),
        1 => Reply::ok(),
        _ => Reply::silence(),
    });
    replay(&server, numbered(3), "--timeout 100ms")
        .stdout_has([
            "fail   day.ndjson:1",
            "pass   day.ndjson:2",
            "error  day.ndjson:3",
            "3 cases: 1 passed, 1 failed, 1 error",
            "statuses  200 × 1  500 × 1\n",
        ])
        .exits(1);
}

#[test]
fn a_server_that_goes_away_later_is_told_for_each_record() {
    let server = Server::start(|request| match request.number {
        0 => Reply::ok().and_close(),
        _ => Reply::close(),
    });
    replay(&server, numbered(3), "")
        .stdout_has([
            "pass   day.ndjson:1",
            "error  day.ndjson:2",
            "error  day.ndjson:3",
        ])
        .exits(3);
}

#[test]
fn what_stands_behind_an_answer_does_not_answer_the_next() {
    let server = Server::start(|request| match request.number {
        0 => Reply::raw("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nHTTP/1.1 500 No\r\n\r\n"),
        _ => Reply::ok(),
    });
    replay(&server, numbered(2), "")
        .stdout_has(["pass   day.ndjson:1  200", "pass   day.ndjson:2  200"])
        .exits(0);
    assert_eq!(server.connections(), 2);
}

#[test]
fn a_url_that_is_none_is_refused() {
    for url in [
        "127.0.0.1:8000",
        "ftp://h/",
        "http://",
        "http://h:99999/",
        "http://h/\u{1}",
    ] {
        pushrig("replay day.ndjson --to")
            .arg(url)
            .file("day.ndjson", numbered(1))
            .stderr_has(["error: "])
            .exits(2);
    }
    pushrig("replay day.ndjson --to http://127.0.0.1:9/?x=1")
        .file("day.ndjson", numbered(1))
        .stderr(
            "error: --to has a query, and the query is the record's\n\
             hint: give the address up to the path\n",
        )
        .exits(2);
}

#[test]
fn the_password_of_a_url_is_neither_sent_nor_shown() {
    let server = always(500);
    let url = format!("http://me:swordfish9@{}/", server.address());
    let ran = pushrig(&format!(
        "replay day.ndjson --to {url} --host target --report html=r.html"
    ))
    .file("day.ndjson", numbered(1))
    .secret("swordfish9")
    .any_stdout()
    .stderr(
        "note: the user and password of the URL are not sent; a header is, by \
         -H 'Authorization: …'\n",
    )
    .exits(1);
    assert!(
        !String::from_utf8(ran.read("r.html"))
            .unwrap()
            .contains("swordfish")
    );
    let host = server.received()[0].header("Host").unwrap();
    assert_eq!(host, server.address().to_string());
    for url in [
        "ftp://me:swordfish9@h/",
        "me:swordfish9@h/",
        "http://me:swordfish9@/",
    ] {
        pushrig(&format!("replay day.ndjson --to {url}"))
            .file("day.ndjson", numbered(1))
            .secret("swordfish9")
            .stderr_has(["error: "])
            .exits(2);
    }
}
