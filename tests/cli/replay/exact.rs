//! What leaves is what was recorded, byte for byte, but for what was asked to change.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::{SECRETS, always, capture, numbered, record, replay, targets};
use crate::harness::pushrig;
use crate::server::Server;

/// The bytes of one record, as they should arrive.
fn arrives(record: Value, wire: &[u8]) {
    let server = always(200);
    replay(&server, capture([record]), "").any_stdout().exits(0);
    let arrived = server.received().remove(0);
    assert_eq!(
        String::from_utf8_lossy(&arrived.raw),
        String::from_utf8_lossy(wire)
    );
    assert_eq!(arrived.raw, wire);
}

fn with_target(target: &Value) -> Value {
    json!({
        "v": 1,
        "request": {
            "method": "POST",
            "target": target,
            "version": "HTTP/1.1",
            "headers": [["host", "a.example:81"], ["content-length", "2"]],
            "body": "ok",
        },
    })
}

#[test]
fn a_target_that_no_well_behaved_client_would_send_arrives_as_it_was_recorded() {
    for target in [
        "/push?x=1&nonce=w&INtJ9+&y=%2B%2b+ +",
        "/push?msg={\"a\":1}|<>`\\^'",
        "/a/../b//./c;d?e#f",
        "//double",
        "*",
        "http://absolute.example/x?y",
        "/\u{4e2d}?\u{1f600}",
        "?only",
    ] {
        let wire =
            format!("POST {target} HTTP/1.1\r\nhost: a.example:81\r\ncontent-length: 2\r\n\r\nok");
        arrives(with_target(&json!(target)), wire.as_bytes());
    }
    let wire =
        [&b"POST /\xff\xfe HTTP/1.1\r\nhost: a.example:81\r\ncontent-length: 2\r\n\r\nok"[..]]
            .concat();
    let raw = STANDARD.encode(b"/\xff\xfe");
    arrives(with_target(&json!({ "base64": raw })), &wire);
}

#[test]
fn headers_keep_their_order_their_case_their_duplicates_and_their_bytes() {
    let odd = STANDARD.encode(b"\xe4\xf6 x");
    arrives(
        json!({
            "v": 1,
            "request": {
                "method": "pOsT",
                "target": "/",
                "version": "HTTP/1.0",
                "headers": [
                    ["x-DUP", "1"], ["Host", "h"], ["X-dup", "2"], ["Empty", ""],
                    ["X-Odd", { "base64": odd }], ["Content-LENGTH", "1"], ["x-dup", "1"],
                    ["Connection", "close"],
                ],
                "body": "b",
            },
        }),
        b"pOsT / HTTP/1.0\r\nx-DUP: 1\r\nHost: h\r\nX-dup: 2\r\nEmpty: \r\nX-Odd: \xe4\xf6 x\r\n\
          Content-LENGTH: 1\r\nx-dup: 1\r\nConnection: close\r\n\r\nb",
    );
}

#[test]
fn a_body_of_any_bytes_arrives_as_it_was() {
    let every: Vec<u8> = (0..=255).chain(*b"\r\n\r\n\0").collect();
    let wire = [
        &b"POST /b HTTP/1.1\r\nHost: h\r\nContent-Length: 261\r\n\r\n"[..],
        &every,
    ]
    .concat();
    arrives(
        json!({
            "v": 1,
            "request": {
                "method": "POST", "target": "/b", "version": "HTTP/1.1",
                "headers": [["Host", "h"], ["Content-Length", "261"]],
                "body": { "base64": STANDARD.encode(&every) },
            },
        }),
        &wire,
    );
}

#[test]
fn a_chunked_body_is_chunked_again_in_the_same_sizes() {
    arrives(
        json!({
            "v": 1,
            "request": {
                "method": "POST", "target": "/", "version": "HTTP/1.1",
                "headers": [["Host", "h"], ["Transfer-Encoding", "chunked"]],
                "body": "hello, worldly one", "chunks": [5, 2, 11],
            },
        }),
        b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n\
          5\r\nhello\r\n2\r\n, \r\nb\r\nworldly one\r\n0\r\n\r\n",
    );
}

#[test]
fn an_empty_body_in_chunks_ends_as_it_did() {
    let raw = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
    let imported = pushrig("capture import -")
        .stdin(raw)
        .any_stdout()
        .any_stderr()
        .exits(0);
    let server = always(200);
    replay(&server, &imported.stdout, "--timeout 2s")
        .any_stdout()
        .any_stderr()
        .exits(0);
    assert_eq!(server.received()[0].raw, raw.as_bytes());
}

#[test]
fn host_and_scheme_come_from_to_and_the_path_only_if_it_has_one() {
    let day = || capture([record("/old/path?a=1&b=/2?3", ""), record("/no-query", "")]);
    for (path, expected) in [
        ("", ["/old/path?a=1&b=/2?3", "/no-query"]),
        ("/", ["/old/path?a=1&b=/2?3", "/no-query"]),
        ("/new/", ["/new/?a=1&b=/2?3", "/new/"]),
    ] {
        let server = always(200);
        pushrig("replay day.ndjson --to")
            .arg(server.url(path))
            .file("day.ndjson", day())
            .any_stdout()
            .exits(0);
        assert_eq!(targets(&server), expected);
        let host = server.received()[0].header("Host").unwrap();
        assert_eq!(host, "recorded.example", "--keep keeps it");
    }
}

#[test]
fn a_record_of_http_goes_over_tls_if_to_says_so() {
    let server = Server::tls("push.example", |_| crate::server::Reply::ok());
    let port = server.address().port();
    pushrig(&format!(
        "replay day.ndjson --to https://push.example:{port} --cacert ca.pem \
         --resolve push.example:{port}:127.0.0.1"
    ))
    .file("ca.pem", server.ca())
    .file("day.ndjson", numbered(2))
    .any_stdout()
    .exits(0);
    assert_eq!(targets(&server), ["/0", "/1"]);
    assert_eq!(server.connections(), 1);
}

#[cfg(unix)]
#[test]
fn records_go_to_a_unix_socket() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("socket");
    let server = Server::unix(&path, |_| crate::server::Reply::ok());
    pushrig("replay day.ndjson --to http://any.example --concurrency 2 --unix-socket")
        .arg(&path)
        .file("day.ndjson", numbered(3))
        .any_stdout()
        .exits(0);
    assert_eq!(server.received().len(), 3);
}

#[test]
fn the_host_of_the_target_is_sent_if_asked_for_and_always_with_resign() {
    for rest in ["--host target", "--resign"] {
        let server = always(200);
        let day = pushrig(&format!("samples tencent.report --as record {SECRETS}"))
            .any_stdout()
            .exits(0);
        replay(&server, &day.stdout, &format!("{SECRETS} {rest}"))
            .any_stdout()
            .exits(0);
        let host = server.received()[0].header("Host").unwrap();
        assert_eq!(host, server.address().to_string(), "{rest}");
    }
    let server = always(200);
    let day = pushrig(&format!("samples sensoro.text --as record {SECRETS}"))
        .any_stdout()
        .exits(0);
    let rest = format!("{SECRETS} --resign --host recorded");
    replay(&server, &day.stdout, &rest).any_stdout().exits(0);
    let arrived = server.received().remove(0);
    assert_ne!(
        arrived.header("Host").unwrap(),
        server.address().to_string()
    );
    assert!(crate::push::events::is_right(
        "sensoro",
        &arrived,
        "a-token-of-mine",
        "a-secret-of-mine"
    ));
}

#[test]
fn headers_are_added_replaced_and_taken_away_if_asked_for() {
    let server = always(200);
    replay(&server, numbered(1), "-H Host:")
        .args(["-H", "X-Mine: 1", "-H", "content-length: 2"])
        .any_stdout()
        .exits(0);
    assert_eq!(
        String::from_utf8(server.received()[0].raw.clone()).unwrap(),
        "POST /0 HTTP/1.1\r\nContent-Length: 2\r\nX-Mine: 1\r\n\r\n{}"
    );
}

#[test]
fn a_body_that_was_edited_by_hand_is_sent_as_it_is_and_does_not_spoil_the_next() {
    let edited = |length: &str, body: &str| {
        let mut record = record("/edited", body);
        record["request"]["headers"][1][1] = json!(length);
        record
    };
    let server = always(200);
    let day = capture([edited("5", "0123456789"), record("/next", "{}")]);
    replay(&server, &day, "--timeout 2s")
        .stdout_has([
            "pass   day.ndjson:1  200  ",
            "  warning   sent as it was recorded: Content-Length says 5, and the body has 10 bytes\n",
            "pass   day.ndjson:2  200  ",
            "2 cases: 2 passed, 1 warning",
        ])
        .exits(0);
    let received = server.received();
    assert!(received[0].raw.ends_with(b"\r\n\r\n01234"));
    let next = received.iter().find(|it| it.target() == "/next").unwrap();
    assert_ne!(next.connection, received[0].connection);
    // A server waits for what is missing, and the next request is not it.
    let server = always(200);
    let day = capture([edited("50", "0123456789"), record("/next", "{}")]);
    replay(&server, &day, "--timeout 200ms")
        .stdout_has([
            "error  day.ndjson:1  no answer within 200ms: nothing came back\n",
            "Content-Length says 50, and the body has 10 bytes\n",
            "pass   day.ndjson:2  200  ",
        ])
        .exits(3);
    assert_eq!(targets(&server), ["/next"]);
}

#[test]
fn resign_mends_the_length_of_a_body_that_was_edited_by_hand() {
    let ran = pushrig(&format!("samples onenet.online --as record {SECRETS}"))
        .any_stdout()
        .exits(0);
    let day = ran
        .text()
        .replace("\\\"login_type\\\":7", "\\\"login_type\\\":12345");
    assert_ne!(day, ran.text());
    let server = always(200);
    replay(&server, &day, &format!("{SECRETS} --resign"))
        .stdout_has(["pass   day.ndjson:1  onenet  200"])
        .exits(0);
    let arrived = server.received().remove(0);
    assert!(String::from_utf8(arrived.body()).unwrap().contains("12345"));
    assert!(crate::push::events::is_right(
        "onenet",
        &arrived,
        "a-token-of-mine",
        ""
    ));
}

#[test]
fn what_was_copied_gets_what_http_cannot_do_without() {
    let server = always(200);
    replay(&server, "{\n  \"a\": 1\n}\n", "")
        .any_stdout()
        .any_stderr()
        .exits(0);
    let arrived = server.received().remove(0);
    assert_eq!(arrived.method(), "POST");
    assert_eq!(
        arrived.header("Host").unwrap(),
        server.address().to_string()
    );
    assert!(arrived.body().starts_with(b"{\n  \"a\": 1"));
}

#[test]
fn a_body_of_which_nothing_says_how_long_it_is_gets_a_length_which_is_told() {
    let mut unframed = record("/x", "{\"a\":1}");
    unframed["request"]["headers"] = json!([["Host", "h"]]);
    let server = always(200);
    for rest in ["", "-q"] {
        replay(&server, capture([unframed.clone(), record("/y", "")]), rest)
            .stdout_has(["2 cases: 2 passed, 1 warning"])
            .exits(0);
    }
    let ran = replay(&server, capture([unframed]), "")
        .any_stdout()
        .exits(0);
    assert!(
        ran.text().contains(
            "  warning   Content-Length was added: nothing in the record says that the body has 7 \
             bytes\n"
        ),
        "{}",
        ran.text()
    );
    assert_eq!(
        String::from_utf8(server.received()[0].raw.clone()).unwrap(),
        "POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 7\r\n\r\n{\"a\":1}"
    );
    assert_eq!(server.connections(), 3, "the connection is kept");
}

#[test]
fn a_chunked_body_of_unknown_sizes_is_one_chunk() {
    let mut chunked = record("/x", "hello");
    chunked["request"]["headers"] = json!([["Host", "h"], ["transfer-encoding", "gzip, Chunked"]]);
    arrives(
        chunked,
        b"POST /x HTTP/1.1\r\nHost: h\r\ntransfer-encoding: gzip, Chunked\r\n\r\n\
          5\r\nhello\r\n0\r\n\r\n",
    );
}
