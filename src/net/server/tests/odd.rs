//! What does not become a request.

use super::*;

#[test]
fn a_target_that_hyper_does_not_read_is_told_with_its_bytes() {
    let server = start(Limits::default());
    for target in ["/push?a=b c", "/p\"?a=\u{1}", "/a b"] {
        let raw = format!("POST {target} HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody");
        let answer = server.exchange(raw.as_bytes());
        assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
        let refused = server.refused();
        assert_eq!(String::from_utf8(refused.raw).unwrap(), raw);
        assert_eq!(refused.status, Some(400));
        assert!(!refused.why.is_empty());
    }
}

#[test]
fn a_good_request_before_an_odd_one_has_its_answer() {
    let server = start(Limits::default());
    let answer = server.exchange(
        b"POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nxGET / x HTTP/1.1\r\n\r\n",
    );
    assert!(answer.contains("/1 x") && answer.contains("HTTP/1.1 400 "));
    assert_eq!(server.refused().raw, b"GET / x HTTP/1.1\r\n\r\n");
}

#[test]
fn what_is_no_http_is_told() {
    let server = start(Limits::default());
    for raw in [
        &b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n"[..],
        b"hello\r\n\r\n",
        b"GET / HTTP/1.1\r\nA b\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n",
    ] {
        let answer = server.exchange(raw);
        assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
        let refused = server.refused();
        assert_eq!(
            refused.raw.escape_ascii().to_string(),
            raw.escape_ascii().to_string()
        );
    }
    assert!(server.heard.try_recv().is_err());
}

#[test]
fn the_status_that_is_told_is_the_one_that_left() {
    let server = start(Limits::default());
    let good = "POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx";
    for before in ["", good] {
        for raw in [
            "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0",
            "GET / HTTP/9.9\r\nHost: a\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999\r\n\r\n",
        ] {
            let mut stream = server.connect();
            stream.write_all(before.as_bytes()).unwrap();
            if !before.is_empty() {
                until(&mut stream, "/1 x");
            }
            let _ = stream.write_all(raw.as_bytes());
            let answer = rest(&mut stream);
            let status = answer.split(' ').nth(1).map(|text| text.parse().unwrap());
            let refused = server.refused();
            assert_eq!(refused.status, status, "{refused:?}");
        }
    }
}

#[test]
fn a_body_that_breaks_off_has_the_answer_that_is_told() {
    let server = start(Limits::default());
    let mut stream = server.connect();
    stream
        .write_all(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nab")
        .unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    let answer = rest(&mut stream);
    let status = answer.split(' ').nth(1).map(|text| text.parse().unwrap());
    assert_eq!(server.refused().status, status, "{answer}");
}

#[test]
fn what_stands_behind_the_last_request_that_is_answered_is_told() {
    let server = start(Limits::default());
    let hidden = "GET /hidden HTTP/1.1\r\nHost: a\r\n\r\nGET /half";
    for last in [
        "POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "GET /1 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
        "GET /1 HTTP/1.0\r\n\r\n",
    ] {
        let answer = server.exchange([last, hidden].concat().as_bytes());
        assert!(answer.ends_with("/1 "), "{answer}");
        let refused = server.refused();
        assert_eq!(String::from_utf8(refused.raw).unwrap(), hidden);
        assert_eq!(refused.status, None);
        // An empty line behind a request is nothing.
        server.exchange([last, "\r\n"].concat().as_bytes());
        assert!(server.refused.try_recv().is_err());
    }
}

#[test]
fn a_head_that_is_too_large_is_told() {
    let server = start(Limits::default());
    let raw = format!("GET / HTTP/1.1\r\nA: {}\r\n\r\n", "x".repeat(70_000));
    let answer = server.exchange(raw.as_bytes());
    assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
    assert_eq!(server.refused().status, Some(431));
}

fn small() -> Limits {
    Limits {
        body: 1000,
        head_time: Duration::from_millis(100),
        body_time: Duration::from_millis(100),
        idle: Duration::from_millis(100),
        ..Limits::default()
    }
}

#[test]
fn a_body_that_is_too_large_is_413_whether_it_says_so_or_not() {
    let server = start(Limits {
        body_time: LIMIT,
        ..small()
    });
    let fits = format!(
        "POST / HTTP/1.1\r\nContent-Length: 1000\r\n{CLOSE}\r\n{}",
        "x".repeat(1000)
    );
    assert!(
        server
            .exchange(fits.as_bytes())
            .starts_with("HTTP/1.1 200 ")
    );
    // More than any buffer holds: the answer comes while the client still writes.
    let large = "x".repeat(3 << 20);
    for head in [
        format!("Content-Length: {}\r\n\r\n", large.len()),
        format!("Transfer-Encoding: chunked\r\n\r\n{:x}\r\n", large.len()),
    ] {
        let answer = server.exchange(format!("POST /x HTTP/1.1\r\n{head}{large}").as_bytes());
        assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
        let refused = server.refused();
        assert_eq!(refused.status, Some(413));
        assert!(refused.raw.starts_with(b"POST /x HTTP/1.1\r\n"));
        assert!(refused.raw.len() < 100_000);
        assert_eq!(refused.why, "its body has more than 1000 bytes");
    }
}

#[test]
fn a_large_body_that_asks_first_is_not_asked_for() {
    let server = start(small());
    let answer =
        server.exchange(b"POST / HTTP/1.1\r\nContent-Length: 1001\r\nExpect: 100-continue\r\n\r\n");
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
}

#[test]
fn a_client_that_sends_too_slowly_is_given_up() {
    let server = start(small());
    for (raw, why) in [
        ("POST /x HT", "its head was not whole within 100ms"),
        (
            "POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\nx",
            "its body was not whole within 100ms",
        ),
    ] {
        let answer = server.exchange(raw.as_bytes());
        assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
        let refused = server.refused();
        assert_eq!((refused.status, refused.why.as_str()), (Some(408), why));
    }
}

/// Sends a byte whenever nothing comes, and gives the answer.
fn trickle(server: &Running, begin: &str) -> String {
    let mut stream = server.connect();
    stream.write_all(begin.as_bytes()).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_millis(10)))
        .unwrap();
    let mut first = [0];
    while stream.read_exact(&mut first).is_err() {
        stream.write_all(b"x").unwrap();
    }
    stream.set_read_timeout(Some(LIMIT)).unwrap();
    let rest = rest(&mut stream);
    char::from(first[0]).to_string() + &rest
}

#[test]
fn a_byte_now_and_then_buys_no_time() {
    let server = start(small());
    for (begin, why) in [
        (
            "POST /x HTTP/1.1\r\nA: ",
            "its head was not whole within 100ms",
        ),
        (
            "POST / HTTP/1.1\r\nContent-Length: 999\r\n\r\n",
            "its body was not whole within 100ms",
        ),
        (
            "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3e7\r\n",
            "its body was not whole within 100ms",
        ),
    ] {
        let answer = trickle(&server, begin);
        assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
        assert_eq!(server.refused().why, why);
    }
}

#[test]
fn a_client_that_sends_nothing_is_closed_without_a_word() {
    let server = start(small());
    assert_eq!(server.exchange(b""), "");
    let answers = server.exchange(b"GET /x HTTP/1.1\r\nHost: a\r\n\r\n\r\n");
    assert!(answers.ends_with("/x "), "{answers}");
    assert!(server.refused.try_recv().is_err());
}

#[test]
fn a_client_that_ends_in_the_middle_is_told() {
    let server = start(Limits::default());
    for (raw, why) in [
        (
            "POST /x HTTP/1.1\r\nHost",
            "the connection ended in its head",
        ),
        (
            "POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\nx",
            "its body is not whole: ",
        ),
        (
            "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
            "its body is not whole: ",
        ),
    ] {
        let mut stream = server.connect();
        stream.write_all(raw.as_bytes()).unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        let refused = server.refused();
        assert!(refused.why.starts_with(why), "{}", refused.why);
        assert_eq!(String::from_utf8(refused.raw).unwrap(), raw);
        assert!(!refused.is_cut);
    }
    assert!(server.heard.try_recv().is_err());
}
