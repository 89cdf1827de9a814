//! Bad input: it says what happened, keeps serving, and loses nothing that it acknowledged.

use std::io::{Read as _, Write as _};

use super::bench::{Running, bytes, listen};

/// After this a push is taken as ever.
#[track_caller]
fn still_serves(it: Running, refused: usize) {
    it.takes("onenet.online", "");
    let ended = it.stop();
    // What is no request may be kept a little later than it is answered.
    let records = ended.records();
    let unparsed = records.iter().filter(|it| it.get("unparsed").is_some());
    assert_eq!(unparsed.count(), refused, "{records:?}");
    assert_eq!(
        (ended.code, ended.counter("verified")),
        (Some(0), 1),
        "{}",
        ended.talk
    );
}

#[test]
fn forms_of_request_smuggling_are_refused_or_read_one_way_only() {
    let forms = [
        // Both lengths.
        (
            "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            None,
        ),
        // Two lengths that differ.
        (
            "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
            Some(400),
        ),
        // A header that is folded.
        ("GET / HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\n\r\n", Some(400)),
        // A blank before the colon.
        (
            "POST / HTTP/1.1\r\nHost: x\r\nContent-Length : 3\r\n\r\nabc",
            Some(400),
        ),
        (
            "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
            Some(400),
        ),
        (
            "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: +3\r\n\r\nabc",
            Some(400),
        ),
        (
            "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
            Some(400),
        ),
    ];
    let it = listen("onenet --capture c.ndjson");
    let mut refused = 0;
    for (form, status) in forms {
        let hidden = "GET /hidden HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
        let answer = it.raw([form, hidden].concat());
        refused += 1;
        let Some(status) = status else {
            // Chunks count (RFC 9112, 6.1): what stands behind them is a request of its own, or
            // nothing is, and that is kept.
            assert!(!answer.starts_with("HTTP/1.1 200"), "{form}: {answer}");
            continue;
        };
        let start = format!("HTTP/1.1 {status} ");
        assert!(answer.starts_with(&start), "{form}: {answer}");
        assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "{form}: {answer}");
    }
    still_serves(it, refused);
}

#[test]
fn chunks_that_are_none_are_refused() {
    let it = listen("onenet --capture c.ndjson");
    let head = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
    let bodies = [
        "zz\r\nabc\r\n",
        "3\r\nabcdef\r\n",
        "fffffffffffffffff\r\n",
        "-1\r\n\r\n",
    ];
    for body in bodies {
        let answer = it.raw([head, body].concat());
        assert!(!answer.starts_with("HTTP/1.1 200"), "{body}: {answer}");
    }
    still_serves(it, bodies.len());
}

#[test]
fn a_head_that_never_ends_is_refused_with_431() {
    let it = listen("onenet --capture c.ndjson");
    let long = format!(
        "GET / HTTP/1.1\r\nHost: x\r\nA: {}\r\n\r\n",
        "x".repeat(100 << 10)
    );
    let many = format!(
        "GET / HTTP/1.1\r\nHost: x\r\n{}\r\n",
        "A: b\r\n".repeat(500)
    );
    for bomb in [long, many] {
        let answer = it.raw(bomb);
        assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
    }
    still_serves(it, 2);
}

#[test]
fn a_body_that_is_too_large_is_refused_with_413_and_not_read() {
    let it = listen("onenet --capture c.ndjson --max-body 1000");
    let said = it.raw("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10000000000\r\n\r\n");
    assert!(said.starts_with("HTTP/1.1 413 "), "{said}");
    let chunked = format!(
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n{}",
        format!("400\r\n{}\r\n", "x".repeat(1024)).repeat(3)
    );
    let answer = it.raw(chunked);
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
    still_serves(it, 2);
}

#[test]
fn heads_that_are_no_text_and_garbage_behind_a_request_are_kept_as_they_came() {
    let it = listen("onenet --capture c.ndjson");
    let value = b"GET /a HTTP/1.1\r\nHost: x\r\nA: \xff\xfe\r\nConnection: close\r\n\r\n";
    it.raw(value);
    assert_eq!(super::bench::wire_of(&it.records()[0]), value);
    let answer = it.raw(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n\x00\x01\x02GARBAGE\r\n\r\n");
    assert_eq!(answer.matches("HTTP/1.1 ").count(), 2, "{answer}");
    assert!(answer.contains("HTTP/1.1 400 "), "{answer}");
    still_serves(it, 1);
}

#[test]
fn a_connection_that_ends_in_the_middle_is_told() {
    let it = listen("onenet --capture c.ndjson");
    for part in [
        "GET / HT",
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc",
    ] {
        let mut stream = it.connect();
        stream.write_all(part.as_bytes()).unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        let _ = stream.read_to_end(&mut Vec::new());
    }
    still_serves(it, 2);
}

/// A head a byte at a time, on many connections, while others are served.
#[test]
fn slow_clients_keep_nobody_from_being_served() {
    let it = listen("onenet --capture c.ndjson");
    let slow: Vec<_> = (0..200)
        .map(|_| {
            let mut stream = it.connect();
            stream.write_all(b"POST / HTTP/1.1\r\nHo").unwrap();
            stream
        })
        .collect();
    it.takes("onenet.online", "--count 20");
    drop(slow);
    assert_eq!(it.stop().counter("verified"), 20);
}

/// Whoever sends wrong signatures all the time does not keep others from being served.
#[test]
fn a_flood_of_wrong_signatures_is_answered_and_the_mistake_is_not_looked_for_in_each() {
    let it = listen("onenet -q");
    let wire = it.wire("onenet.online", "--batch 40");
    let wire = String::from_utf8(wire).unwrap();
    // A time that was changed on its way.
    let wire = wire.replace("\"at\":1", "\"at\":2");
    let mut stream = it.connect();
    for _ in 0..300 {
        stream.write_all(wire.as_bytes()).unwrap();
        let mut answer = vec![0];
        while !answer.ends_with(b"\r\n\r\n") {
            answer.push(0);
            let last = answer.len() - 1;
            stream.read_exact(&mut answer[last..]).unwrap();
        }
    }
    it.takes("onenet.online", "");
    let ended = it.stop();
    assert_eq!(
        (ended.counter("refused"), ended.counter("verified")),
        (300, 1)
    );
    assert!(
        ended.talk.contains("not looked for in each"),
        "{}",
        ended.talk
    );
}

#[test]
fn both_lengths_and_more_chunks_than_are_kept_are_noted() {
    let it = listen("onenet --accept-all --capture c.ndjson");
    let head = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n";
    it.raw(
        [
            head,
            "Content-Length: 4\r\n\r\n0\r\n\r\nGET /hidden HTTP/1.1\r\n\r\n",
        ]
        .concat(),
    );
    let many = "1\r\nx\r\n".repeat(65_537);
    it.raw([head, "Connection: close\r\n\r\n", &many, "0\r\n\r\n"].concat());
    let ended = it.stop();
    let records = ended.records();
    assert!(
        records[0]["note"]
            .as_str()
            .unwrap()
            .contains("Content-Length")
    );
    let hidden = bytes(&records[1]["unparsed"]);
    assert_eq!(hidden, b"GET /hidden HTTP/1.1\r\n\r\n");
    let note = records[2]["note"].as_str().unwrap();
    assert!(note.contains("more than 65536 chunks"), "{note}");
    let cases = ended.of_type("case");
    assert!(cases[0]["details"].to_string().contains("Content-Length"));
}
