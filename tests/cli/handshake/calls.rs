//! What is sent, byte for byte, and calls that are not right.

use super::right::{TOKEN, md5_base64, ok, onenet, query};
use super::{handshake, handshake_at};
use crate::harness::pushrig;
use crate::server::{Received, Server};

/// The heads of the requests that a call sends to a server that echoes everything.
fn heads(platform: &str, more: &[&str]) -> (Vec<String>, String) {
    let server = Server::start(|request| {
        let echo = query(request, "msg").or_else(|| request.header("Echostr"));
        ok(echo.unwrap_or_default())
    });
    handshake(platform, &server)
        .args(more)
        .any_stdout()
        .any_stderr()
        .exits(0);
    let head = |request: Received| String::from_utf8(request.raw).unwrap();
    let heads = server.received().into_iter().map(head).collect();
    (heads, server.address().to_string())
}

#[test]
fn the_platforms_own_bytes_are_on_the_wire() {
    let fixed = ["--nonce", "B0k7pDoe", "--msg", "LeoTAq"];
    let (seen, host) = heads("onenet", &fixed);
    let signature = md5_base64(&format!("{TOKEN}B0k7pDoeLeoTAq"));
    assert_eq!(
        seen[0],
        format!(
            "GET /push?msg=LeoTAq&signature={signature}&nonce=B0k7pDoe HTTP/1.1\r\nHost: {host}\r\n\
             User-Agent: OneNET\r\nAccept-Encoding: *\r\nConnection: Keep-Alive\r\n\r\n"
        )
    );
    let (seen, _) = heads("onenet", &[]);
    let line = seen[2].lines().next().unwrap();
    assert!(line.contains('+') && !line.contains('%'), "{line}");
    let (seen, _) = heads("tencent", &[]);
    let names: Vec<_> = seen[0]
        .lines()
        .skip(1)
        .filter_map(|line| line.split_once(':'))
        .map(|(name, _)| name)
        .collect();
    assert_eq!(
        names,
        [
            "Host",
            "User-Agent",
            "Content-Type",
            "Echostr",
            "Nonce",
            "Signature",
            "Timestamp",
            "Accept-Encoding"
        ]
    );
}

#[test]
fn the_same_seed_and_time_send_the_same_bytes() {
    let fixed = ["--seed", "7", "--now", "2026-11-21T20:00:00Z"];
    let targets = || -> Vec<String> {
        let (seen, _) = heads("onenet", &fixed);
        let line = |head: &String| head.lines().next().unwrap().to_owned();
        seen.iter().map(line).collect()
    };
    assert_eq!(targets(), targets());
}

#[test]
fn a_header_of_ones_own_is_sent_with_every_handshake() {
    let (seen, _) = heads("onenet", &["-H", "X-Tunnel: yes"]);
    assert_eq!(seen.len(), 7);
    assert!(
        seen.iter()
            .all(|head| head.contains("\r\nX-Tunnel: yes\r\n"))
    );
}

#[test]
fn values_that_fix_everything_leave_one_right_handshake_and_that_is_said() {
    let server =
        Server::start(|request| ok(onenet(request, "20200321182801").unwrap_or("no".into())));
    let url = server.url("/");
    pushrig(&format!(
        "handshake onenet {url} --token 20200321182801 --nonce B0k7pDoe --msg LeoTAq"
    ))
    .stdout_has(["pass   onenet.handshake.given", "5 cases: 5 passed"])
    .stderr(
        "note: your values fix the whole handshake, so one right handshake is made: the values \
         that you gave, whose signature holds a `/`, and no `+`\n",
    )
    .exits(0);
}

#[test]
fn a_report_has_every_case_and_a_condition_can_fail_the_run() {
    let server = Server::start(|request| ok(query(request, "msg").unwrap_or_default()));
    let ran = handshake("onenet", &server)
        .args(["--report", "junit=report.xml", "--fail-if", "errors>0"])
        .any_stdout()
        .exits(0);
    let report = String::from_utf8(ran.read("report.xml")).unwrap();
    assert!(report.contains("onenet.handshake.plus"), "{report}");
    assert!(report.contains("onenet.handshake.empty-token"), "{report}");
    handshake("onenet", &server)
        .args(["--fail-if", "rate>0"])
        .stdout_has(["missed"])
        .exits(1);
}

#[test]
fn a_handshake_goes_through_tls() {
    let server = Server::tls("localhost", |request| ok(query(request, "msg").unwrap()));
    let url = server.url("/push").replace("127.0.0.1", "localhost");
    handshake_at("onenet", &url)
        .file("ca.pem", server.ca())
        .args(["--cacert", "ca.pem"])
        .stdout_has([
            "pass   onenet.handshake.plain",
            "pass   onenet.handshake.plus",
        ])
        .exits(0);
    handshake_at("onenet", &url)
        .stdout_has(["error  onenet.handshake.plain", "TLS with localhost"])
        .stderr("note: the other 6 handshakes were not sent\n")
        .exits(3);
}

#[test]
fn a_key_in_the_url_is_not_shown() {
    let server = Server::start(|_| ok("invalid token"));
    let url = server.url("/push");
    handshake_at("onenet", &format!("{url}?key=hunter2hunter2"))
        .secret("hunter2hunter2")
        .stdout_has(["GET /push?…&msg=", "next", "/push?…&msg="])
        .exits(1);
}

#[test]
fn who_has_no_handshake_is_said_in_plain_words() {
    for (platform, words) in [
        ("sensoro", "SENSORO has no handshake: it pushes at once"),
        ("onenet-studio", "nothing is pushed with it"),
        ("huawei-iotda", "has no handshake: it pushes at once"),
        ("standard-webhooks", "has no handshake: it pushes at once"),
        ("nobody", "there is no platform `nobody`"),
    ] {
        handshake_at(platform, "http://127.0.0.1:9/")
            .stderr_has([words])
            .exits(2);
    }
}

#[test]
fn a_call_that_lacks_something_is_refused() {
    pushrig("handshake onenet http://127.0.0.1:9/")
        .stderr_has(["no --token was given", "PUSHRIG_TOKEN"])
        .exits(2);
    pushrig("handshake onenet --token a-token-of-mine")
        .stderr_has(["no URL was given"])
        .exits(2);
    handshake_at("onenet", "127.0.0.1:9").any_stderr().exits(2);
    handshake_at("tencent", "http://127.0.0.1:9/")
        .arg("--echostr")
        .arg("a\r\nb: c")
        .stderr_has(["the header `Echostr` holds a line break"])
        .exits(2);
}
