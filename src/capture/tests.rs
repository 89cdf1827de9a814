use std::fs;
use std::io;

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

const ONLINE: &str = r#"{"msg":{"at":1585579321430,"login_type":7,"type":2,"dev_id":589888962,"status":1},"msg_signature":"1FtJkDnewfBiKFJKKheJPA==","nonce":"w&INtJ9+"}"#;

fn fixture(name: &str) -> Vec<u8> {
    fs::read(path(name)).unwrap()
}

fn path(name: &str) -> String {
    format!(
        "{}/tests/fixtures/capture/{name}",
        env!("CARGO_MANIFEST_DIR")
    )
}

fn read_fixture_file(name: &str) -> io::Result<Vec<u8>> {
    fs::read(path(name))
}

fn read_fixture(name: &str) -> Reading {
    read_all_with(name, &fixture(name), &read_fixture_file).unwrap()
}

fn first(name: &str) -> Located {
    read_fixture(name).items.remove(0).unwrap()
}

fn body(located: &Located) -> &str {
    std::str::from_utf8(&located.record.request().unwrap().body).unwrap()
}

#[test]
fn one_push_is_the_same_body_in_whatever_format_it_comes() {
    let kinds = [
        ("online.ndjson", Kind::Records, false),
        ("bodies.ndjson", Kind::Bodies, true),
        ("online.log", Kind::Bodies, true),
        ("online.json", Kind::Body, true),
        ("online.har", Kind::Har, false),
        ("online.raw", Kind::Raw, false),
        ("online-exchange.raw", Kind::Raw, false),
        ("online.curl", Kind::Curl, true),
        ("online-chrome.curl", Kind::Curl, true),
        ("online-chrome-cmd.curl", Kind::Curl, true),
        ("online-postman.curl", Kind::Curl, true),
        ("online.http", Kind::HttpFile, true),
    ];
    for (name, kind, pasted) in kinds {
        let reading = read_fixture(name);
        assert_eq!(reading.kind, kind, "{name}");
        let located = reading.items[0].as_ref().unwrap();
        assert_eq!(body(located), ONLINE, "{name}");
        assert_eq!(located.pasted, pasted, "{name}");
        let has_request = !matches!(kind, Kind::Bodies | Kind::Body);
        assert_eq!(located.bare, !has_request, "{name}");
        if has_request {
            let request = located.record.request().unwrap();
            assert_eq!(request.target, b"/push", "{name}");
            assert_eq!(request.authority(), Some(&b"example.com"[..]), "{name}");
            assert_eq!(
                request.headers.first("User-Agent"),
                Some(&b"OneNET"[..]),
                "{name}"
            );
            let own = request.headers.first("content-type");
            assert_eq!(own, Some(&b"application/json; charset=utf-8"[..]), "{name}");
        }
    }
}

#[test]
fn a_sensoro_push_keeps_its_signature_headers_from_raw_http_and_from_curl() {
    let (raw, curl) = (first("sensoro.raw"), first("sensoro.curl"));
    let (raw, curl) = (
        raw.record.request().unwrap(),
        curl.record.request().unwrap(),
    );
    assert_eq!(raw.body, curl.body);
    for name in [
        "X-ACCESS-ID",
        "X-ACCESS-NONCE",
        "X-ACCESS-SIGNATURE",
        "Content-Type",
    ] {
        assert!(raw.headers.first(name).is_some(), "{name}");
        assert_eq!(raw.headers.first(name), curl.headers.first(name), "{name}");
    }
}

#[test]
fn a_tencent_check_is_read_from_raw_http_and_from_header_lines_alone() {
    let reading = read_fixture("tencent.headers");
    assert_eq!(reading.kind, Kind::HeaderLines);
    let headers = reading.items[0].as_ref().unwrap();
    assert!(headers.pasted && !headers.bare);
    let raw = first("tencent.raw");
    for name in ["Echostr", "Nonce", "Signature", "Timestamp"] {
        let value = raw.record.request().unwrap().headers.first(name);
        assert!(value.is_some());
        assert_eq!(headers.record.request().unwrap().headers.first(name), value);
    }
}

#[test]
fn a_handshake_keeps_its_raw_target_from_a_request_line_and_from_an_access_log() {
    let target =
        b"/he/data/push/global?msg=LeoTAq&signature=/7hXrr3IpM538Z1uHvxSlA==&nonce=B0k7pDoe";
    for name in ["handshake.target", "handshake.log"] {
        let reading = read_fixture(name);
        assert_eq!(reading.kind, Kind::Target, "{name}");
        let located = reading.items[0].as_ref().unwrap();
        assert_eq!(located.record.request().unwrap().target, target, "{name}");
    }
    assert_eq!(
        first("handshake.log").record.at.unwrap(),
        "2020-03-30T14:40:01Z"
    );
}

#[test]
fn content_tells_what_a_text_is() {
    let kinds = [
        ("{\n  \"msg\": 1\n}\n", Kind::Body),
        ("{\"a\":1}\n{\"a\":2}\n", Kind::Bodies),
        ("{\"a\":1}\n{\"a\":\n{\"a\":3}\n", Kind::Bodies),
        ("{\"a\":\n{\"a\":2}\n", Kind::Bodies),
        ("{\"v\":1,\"request\":{}}", Kind::Records),
        (
            "{\"v\":1,\"requ\n{\"v\":1,\"request\":{\"method\":\"G\",\"target\":\"/\"}}",
            Kind::Records,
        ),
        ("{msg: {at: 1,}, nonce: 'x'}", Kind::Body),
        ("[{\"a\":1}]", Kind::Body),
        ("{\"log\":{\"entries\":[]}}", Kind::Har),
        ("{\"log\":{\"level\":3}}", Kind::Body),
        ("a=1", Kind::Body),
        ("a=1&b={", Kind::Body),
        ("a=1&b=2\nc=1&d=2", Kind::Body),
        ("msg=a&signature=x+==&nonce=b&=", Kind::Target),
        ("?msg=a&nonce=b\n", Kind::Target),
        (UVICORN, Kind::Target),
        ("b'{\"a\": 1}'\n", Kind::Body),
        ("INFO: b'{\"a\": 1}'\nINFO: 401", Kind::Body),
        ("```json\n{\"a\": 1}\n```\n", Kind::Body),
        ("12:00 got {\"a\": 1}\n12:01 refused", Kind::Body),
        ("\"{\\\"a\\\": 1}\"", Kind::Body),
        (
            "version=2018-10-31&res=r&et=1&method=md5&sign=s",
            Kind::HeaderLines,
        ),
        ("<xml/>", Kind::Body),
        ("POST /x HTTP/1.1\r\nHost: a\r\n\r\n{}", Kind::Raw),
        ("POST /x HTTP/1.1\nHost: a\n\n{}", Kind::Raw),
        ("POST http://a/x HTTP/1.1\nX: a\n\n{}", Kind::HttpFile),
        ("POST http://a/x\nX: a\n\n{}", Kind::HttpFile),
        ("### name\nGET http://a/x\n", Kind::HttpFile),
        ("# a remark\nGET {{host}}/x\n", Kind::HttpFile),
        ("GET /x?a=1 HTTP/1.1\nHost: a", Kind::HeaderLines),
        (":authority: a\n:path: /x\nnonce: 1", Kind::HeaderLines),
        ("GET /x?a=b c HTTP/1.1", Kind::Target),
        ("GET /x?a=1", Kind::Target),
        ("/x?a=1\n", Kind::Target),
        ("https://a/x?a=1\nhttps://a/y", Kind::Target),
        ("curl https://a", Kind::Curl),
        ("# it\n$ X=1 sudo /usr/bin/curl https://a", Kind::Curl),
        ("printf '\\000' | curl https://a", Kind::Curl),
        ("curl.exe https://a", Kind::Curl),
        ("22:42 INFO body={\"a\":1}\n", Kind::Bodies),
        ("just words about curl", Kind::Body),
    ];
    for (text, kind) in kinds {
        assert_eq!(recognise(text.as_bytes(), true), kind, "{text}");
    }
}

const UVICORN: &str = r#"INFO:     Started server process [7]
INFO:     127.0.0.1:55555 - "GET /push?msg=a&signature=b/+==&nonce=c HTTP/1.1" 401 Unauthorized
INFO:     127.0.0.1:55556 - "POST /push HTTP/1.1" 200 OK
"#;

#[test]
fn a_log_of_uvicorn_gives_its_requests_and_says_that_other_lines_are_left_out() {
    let reading = read_all("f", UVICORN.as_bytes()).unwrap();
    let targets: Vec<_> = reading
        .items
        .iter()
        .map(|item| &item.as_ref().unwrap().record.request().unwrap().target[..])
        .collect();
    assert_eq!(
        targets,
        [&b"/push?msg=a&signature=b/+==&nonce=c"[..], b"/push"]
    );
    let located = reading.items[0].as_ref().unwrap();
    assert_eq!(located.place, Place::line("f", 2));
    assert_eq!(located.record.peer.as_deref(), Some("127.0.0.1:55555"));
    assert_eq!(
        reading.warnings,
        ["f: lines of the log that name no request are left out: 1"]
    );
}

#[test]
fn a_query_alone_becomes_a_target_and_that_is_said() {
    for text in ["msg=a&nonce=b&=", "?msg=a&nonce=b&=\n"] {
        let reading = read_all("f", text.as_bytes()).unwrap();
        let located = reading.items[0].as_ref().unwrap();
        let request = located.record.request().unwrap();
        assert_eq!(request.target, b"/?msg=a&nonce=b&=");
        assert_eq!(
            located.notes,
            ["a query alone: path, headers and body are not known"]
        );
    }
}

#[test]
fn a_onenet_token_alone_is_put_into_authorization() {
    let token = "version=2018-10-31&res=products%2F1&et=1&method=md5&sign=a%3D";
    for text in [format!("{token}\n"), format!("authorization: {token}\n")] {
        let reading = read_all("f", text.as_bytes()).unwrap();
        assert_eq!(reading.kind, Kind::HeaderLines);
        let located = reading.items[0].as_ref().unwrap();
        let headers = &located.record.request().unwrap().headers;
        assert_eq!(headers.first("Authorization"), Some(token.as_bytes()));
        assert!(located.notes[0].contains("taken for a OneNET token"));
    }
}

#[test]
fn json_that_is_no_push_is_named() {
    let notes = |text: &str| {
        let mut reading = read_all("f", text.as_bytes()).unwrap();
        reading.items.remove(0).unwrap().notes.join("; ")
    };
    assert!(notes(r#"{"info":{"name":"x"},"item":[]}"#).contains("Postman"));
    assert!(notes("[{\"msg\": 1}]").contains("JSON array"));
    assert!(notes(r#"{"openapi":"3","paths":{}}"#).contains("OpenAPI"));
    assert_eq!(notes(r#"{"info":{},"msg":1}"#), "");
    assert_eq!(notes("[not json"), "");
}

#[test]
fn a_compressed_body_is_said_to_be_one() {
    let notes = |text: &[u8]| {
        let mut reading = read_all("f", text).unwrap();
        reading.items.remove(0).unwrap().notes
    };
    let head = b"POST / HTTP/1.1\r\nContent-Encoding: GZIP\r\nContent-Length: 4\r\n\r\n";
    assert_eq!(
        notes(&[&head[..], b"\x1F\x8B\x08\0"].concat()),
        ["the body is compressed (gzip)"]
    );
    assert_eq!(
        notes(&[&head[..], b"\xFF\x01ab"].concat()),
        ["the body is compressed (gzip)"]
    );
    assert!(notes(&[&head[..], b"{\"\"}"].concat())[0].contains("unpacked before"));
    let plain = b"POST / HTTP/1.1\r\nContent-Length: 4\r\n\r\n\x1F\x8B\x08\0";
    assert_eq!(notes(plain), ["the body is compressed (gzip)"]);
}

#[test]
fn an_indented_request_is_read_without_its_indentation() {
    let text = "\n    POST /x HTTP/1.1\n    Host: a\n\n    {\n      \"a\": 1\n    }";
    let reading = read_all("f", text.as_bytes()).unwrap();
    assert_eq!(reading.kind, Kind::Raw);
    let located = reading.items[0].as_ref().unwrap();
    assert_eq!(body(located), "{\n  \"a\": 1\n}");
    assert_eq!(located.place, Place::line("f", 2));
    assert!(located.notes.iter().any(|note| note.contains("indented")));
    let uneven = "    POST /x HTTP/1.1\n  Host: a\n";
    assert_eq!(raw::dedented(uneven.as_bytes()), None);
}

#[test]
fn the_start_of_a_big_file_is_enough_to_know_it() {
    for (name, kind, start) in [
        ("online.ndjson", Kind::Records, 700),
        ("bodies.ndjson", Kind::Bodies, 200),
        ("online.har", Kind::Har, 200),
        ("online.curl", Kind::Curl, 60),
    ] {
        assert_eq!(recognise(&fixture(name)[..start], false), kind, "{name}");
    }
}

#[test]
fn records_and_bare_bodies_may_be_mixed_and_a_bad_line_has_its_place() {
    let mut text = fixture("online.ndjson");
    text.extend_from_slice(
        b"\r\n{\"msg\":1}\r\n{\"msg\":}\n{\"v\":1,\"request\":{\"method\":\"G\"",
    );
    let reading = read_all("f", &text).unwrap();
    assert_eq!(reading.items.len(), 4);
    let bare = reading.items[2].as_ref().unwrap();
    assert_eq!((body(bare), bare.bare), ("{\"msg\":1}", true));
    assert_eq!(bare.place, Place::line("f", 4));
    let error = reading.items[3].as_ref().unwrap_err().to_string();
    assert!(error.starts_with("f:5:8: "), "{error}");
    assert_eq!(reading.warnings, [lines::torn("f", 6)]);
}

#[test]
fn a_record_of_another_version_is_an_error_with_line_and_column() {
    let reading = read_all(
        "f",
        b"{\"v\":1,\"unparsed\":{\"base64\":\"\"}}\n{\"v\":2,\"request\":{}}\n",
    )
    .unwrap();
    let error = reading.items[1].as_ref().unwrap_err().to_string();
    assert!(
        error.starts_with("f:2:6: this is a record of version 2"),
        "{error}"
    );
}

#[test]
fn one_body_is_the_files_bytes_but_for_one_newline() {
    for (text, body) in [
        ("{\"a\": 1}\n", "{\"a\": 1}"),
        ("{\"a\": 1}\r\n", "{\"a\": 1}"),
        ("{\"a\": 1}\n\n", "{\"a\": 1}\n"),
        ("{\n  \"a\": 1\n}", "{\n  \"a\": 1\n}"),
        ("a=1\n", "a=1"),
        ("{\"a\": 1\n", "{\"a\": 1\n"),
        ("\u{FEFF}{\"a\":1}", "\u{FEFF}{\"a\":1}"),
    ] {
        let reading = read_all("f", text.as_bytes()).unwrap();
        let located = reading.items[0].as_ref().unwrap();
        assert_eq!(self::body(located), body);
        assert_eq!(
            located.notes.len(),
            usize::from(body != text || text.starts_with('\u{FEFF}'))
        );
    }
}

#[test]
fn what_can_hold_no_request_is_turned_down_with_a_reason() {
    let words = |bytes: &[u8]| read_all("f", bytes).unwrap_err().to_string();
    assert_eq!(
        words(b""),
        "f: the file is empty: there is no request in it"
    );
    assert!(words(b" \r\n").contains("empty"));
    assert!(words(b"\x1F\x8B\x08\0").contains("gzip"));
    assert!(words(b"\xFF\xFE{\0").contains("UTF-16"));
    assert!(words(b"\x7FELF\x02\x01").contains("binary"));
    assert!(words(b"HTTP/1.1 200 OK\r\n\r\nok").contains("response"));
}

#[test]
fn a_bom_before_lines_is_skipped_and_said() {
    let text = [&b"\xEF\xBB\xBF"[..], &fixture("online.ndjson")].concat();
    let reading = read_all("f", &text).unwrap();
    assert!(reading.items.iter().all(Result::is_ok));
    assert_eq!(reading.warnings, [format!("f: {BOM_SKIPPED}")]);
}

const FIXTURES: [&str; 10] = [
    "online.ndjson",
    "online.har",
    "online-exchange.raw",
    "online.curl",
    "online-chrome.curl",
    "online-chrome-cmd.curl",
    "online.http",
    "tencent.headers",
    "handshake.log",
    "online.log",
];

proptest! {
    #[test]
    fn no_bytes_make_any_reader_panic(bytes in vec(any::<u8>(), 0..60), text in "(?s).{0,40}") {
        for bytes in [&bytes, text.as_bytes()] {
            let _ = read_all("f", bytes);
            let _ = recognise(bytes, false);
            let none = |_: &str| Ok(b"x".to_vec());
            let _ = raw::read("f", bytes);
            let _ = raw::read_header_lines("f", bytes);
            let _ = raw::read_targets("f", bytes);
            let _ = har::read("f", bytes, &none);
            let _ = curl::read("f", bytes, &none);
            let _ = http_file::read("f", bytes, &none);
        }
    }

    #[test]
    fn no_damage_to_a_real_file_makes_a_reader_panic(
        which in 0..FIXTURES.len(),
        at in any::<prop::sample::Index>(),
        insert in vec(prop::sample::select(b"\n\r\"'\\{}[]:;|&<>$#^@% \0\xFF-".to_vec()), 0..4),
        remove in 0..6_usize,
        cut in any::<bool>(),
    ) {
        let mut bytes = fixture(FIXTURES[which]);
        let at = at.index(bytes.len());
        let end = if cut { bytes.len() } else { (at + remove).min(bytes.len()) };
        bytes.splice(at..end, insert);
        let _ = read_all("f", &bytes);
        let _ = recognise(&bytes, false);
    }
}
