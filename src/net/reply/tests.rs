//! Replies in every framing, whole and in pieces, and those that break the rules.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

const SMALL: Limits = Limits {
    head: 1 << 10,
    body: 2 << 10,
};

fn read(bytes: &[u8]) -> (Incoming, Result<bool, Flaw>) {
    let mut incoming = Incoming::new(Limits::default());
    let taken = incoming.take(bytes);
    (incoming, taken)
}

#[track_caller]
fn complete(text: &str) -> Incoming {
    let (incoming, taken) = read(text.as_bytes());
    assert_eq!(taken, Ok(true), "{text:?}");
    incoming
}

#[track_caller]
fn flaw(text: &str) -> String {
    let (mut incoming, taken) = read(text.as_bytes());
    let ended = taken.and_then(|complete| if complete { Ok(()) } else { incoming.close() });
    ended.expect_err(text).to_string()
}

#[test]
fn each_framing_ends_where_it_says() {
    let sized = complete("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    assert_eq!((sized.body(), sized.keeps_alive()), (&b"ok"[..], true));
    let chunked = complete(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, Chunked\r\n\r\n2;a=\"b\"\r\nok\r\n0A \r\n0123456789\r\n0\r\nX: 1\r\n\r\n",
    );
    assert_eq!(chunked.body(), b"ok0123456789");
    assert!(chunked.keeps_alive());
    let (mut closed, taken) = read(b"HTTP/1.1 200 OK\r\n\r\nok");
    assert_eq!(taken, Ok(false));
    assert_eq!(closed.close(), Ok(()));
    assert_eq!((closed.body(), closed.keeps_alive()), (&b"ok"[..], false));
}

#[test]
fn replies_without_a_body_have_none_whatever_they_say() {
    for head in ["204 No", "304 Not", "101 Switching"] {
        let reply = complete(&format!(
            "HTTP/1.1 {head}\r\nContent-Length: 99999999\r\n\r\n"
        ));
        assert_eq!(reply.body(), b"");
        assert_eq!(reply.keeps_alive(), !head.starts_with("101"), "{head}");
    }
    let mut to_head = Incoming::new(SMALL);
    to_head.restart(true);
    assert_eq!(
        to_head.take(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"),
        Ok(true)
    );
    to_head.restart(false);
    assert_eq!(
        to_head.take(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n"),
        Ok(false)
    );
}

#[test]
fn interim_replies_are_skipped() {
    let reply = complete(
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nA: 1\r\n\r\nHTTP/1.1 201 Made\r\nContent-Length: 0\r\nB: 2\r\n\r\n",
    );
    assert_eq!(reply.status(), 201);
    assert_eq!(reply.response().headers.first("b"), Some(&b"2"[..]));
    assert_eq!(reply.response().headers.len(), 2);
    assert_eq!(
        flaw("HTTP/1.1 100 Continue\r\n\r\n"),
        "the server closed the connection after an interim answer (1xx)"
    );
}

#[test]
fn what_keeps_a_connection_alive() {
    let alive =
        |head: &str| complete(&format!("{head}\r\nContent-Length: 0\r\n\r\n")).keeps_alive();
    assert!(alive("HTTP/1.1 200 OK"));
    assert!(!alive("HTTP/1.0 200 OK"));
    assert!(alive("HTTP/1.0 200 OK\r\nConnection: Keep-Alive"));
    assert!(!alive("HTTP/1.1 200 OK\r\nConnection: x, CLOSE"));
    assert!(!alive(
        "HTTP/1.1 200 OK\r\nConnection: close\r\nConnection: keep-alive"
    ));
    let surplus = complete("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nok");
    assert_eq!((surplus.body(), surplus.surplus()), (&b"o"[..], &b"k"[..]));
    assert!(!surplus.keeps_alive());
    // The chunks win over the length, and nobody knows what the server means by both.
    let both = complete(
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
    );
    assert_eq!((both.body(), both.keeps_alive()), (&b"ok"[..], false));
}

#[test]
fn old_ways_of_writing_are_read() {
    let folded = complete("HTTP/1.1 200 OK\nA: 1\n  2\nContent-Length: 2\nContent-Length: 2\n\nok");
    assert_eq!(folded.body(), b"ok");
    assert!(
        folded
            .response()
            .headers
            .first("a")
            .unwrap()
            .ends_with(b"2")
    );
    let bare = complete("HTTP/1.1 200\nTransfer-Encoding: chunked\n\n2\nok\n0\n\n");
    assert_eq!(bare.body(), b"ok");
    let (_, coded) =
        read(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\nContent-Length: 1\r\n\r\nab");
    assert_eq!(
        coded,
        Ok(false),
        "a coding without chunks ends with the connection"
    );
}

#[test]
fn flaws_are_told_in_words() {
    let head = "HTTP/1.1 200 OK\r\n";
    let chunks = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (text, words) in [
        ("", "the server closed the connection without an answer"),
        (
            "HTTP/1.1 20",
            "the server closed the connection in the middle of the head, after 11 bytes",
        ),
        (
            "SSH-2.0-OpenSSH\r\n",
            "the answer is not HTTP: it starts with `SSH-2.0-OpenSSH\\r\\n`",
        ),
        (
            "HTTP/1.1 abc\r\n",
            "the head of the answer is malformed: `HTTP/1.1 abc` is no status line",
        ),
        (
            "HTTP/1.1 000 OK\r\n\r\n",
            "the head of the answer is malformed: the status is 000",
        ),
        (
            "HTTP/1.1 200 OK\r\nA: 1\r\nno header\r\n\r\n",
            "the head of the answer is malformed: `no header` is no header",
        ),
        (
            &format!("{head}Content-Length: -1\r\n\r\n"),
            "the answer's framing is wrong: Content-Length is `-1`",
        ),
        (
            &format!("{head}Content-Length: +1\r\n\r\n"),
            "the answer's framing is wrong: Content-Length is `+1`",
        ),
        (
            &format!("{head}Content-Length:\r\n\r\n"),
            "the answer's framing is wrong: Content-Length is ``",
        ),
        (
            &format!("{head}Content-Length: 99999999999999999999\r\n\r\n"),
            "the answer's framing is wrong: Content-Length is `99999999999999999999`",
        ),
        (
            &format!("{head}Content-Length: 1\r\nContent-Length: 2\r\n\r\n"),
            "the answer's framing is wrong: two Content-Lengths differ",
        ),
        (
            &format!("{head}Content-Length: 104857600\r\n\r\n"),
            "the body of the answer is longer than 16 MiB",
        ),
        (
            &format!("{head}Content-Length: 18446744073709551615\r\n\r\n"),
            "the body of the answer is longer than 16 MiB",
        ),
        (
            &format!("{head}Content-Length: 3\r\n\r\nok"),
            "the server closed the connection after 2 bytes of the body (status 200)",
        ),
        (
            &format!("{chunks}ffffffffffffffff\r\n"),
            "the body of the answer is longer than 16 MiB",
        ),
        (
            &format!("{chunks}1ffffffffffffffff\r\n"),
            "the answer's framing is wrong: `1ffffffffffffffff` is no chunk size",
        ),
        (
            &format!("{chunks}+5\r\nhello"),
            "the answer's framing is wrong: `+5` is no chunk size",
        ),
        (
            &format!("{chunks}\r\n"),
            "the answer's framing is wrong: `` is no chunk size",
        ),
        (
            &format!("{chunks}2\r\nhello\r\n"),
            "the answer's framing is wrong: a chunk is longer than its size says",
        ),
        (
            &format!("{chunks}5\r\nhel"),
            "the server closed the connection after 3 bytes of the body (status 200)",
        ),
    ] {
        assert_eq!(flaw(text), words, "{text:?}");
    }
}

#[test]
fn a_server_of_another_protocol_is_recognised() {
    let hint = |start: &[u8]| {
        Flaw::NotHttp {
            start: start.to_vec(),
        }
        .hint()
    };
    assert!(
        hint(&[0x15, 3, 3, 0, 2, 2, 40])
            .unwrap()
            .contains("https://")
    );
    assert!(
        hint(&[0, 0, 18, 4, 0, 0, 0, 0, 0, 0])
            .unwrap()
            .contains("HTTP/2")
    );
    assert_eq!(hint(b"220 mail"), None);
}

/// Feeds a reply that never ends; the flaw, and the most memory that was held.
fn feed(start: &str, again: &str) -> (Flaw, usize) {
    let mut incoming = Incoming::new(SMALL);
    let mut held = 0;
    let mut taken = incoming.take(start.as_bytes());
    for _ in 0..100_000 {
        held = held.max(incoming.buffer.len() + incoming.joined.len());
        match taken {
            Ok(complete) => assert!(!complete),
            Err(flaw) => return (flaw, held),
        }
        taken = incoming.take(again.as_bytes());
    }
    panic!("{start:?} goes on for ever");
}

#[test]
fn nothing_goes_on_for_ever() {
    let head = Flaw::Head { limit: SMALL.head };
    let body = Flaw::Body { limit: SMALL.body };
    let lines = Flaw::Framing("chunk lines and trailers are longer than 1 KiB".to_owned());
    let chunks = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (start, again, flaw) in [
        (
            "HTTP/1.1 200 OK\r\n",
            "A: a longer value, or the fields are too many\r\n",
            &head,
        ),
        ("HTTP/1.1 200 OK\r\nA: ", "b", &head),
        ("\r\n", "\r\n", &head),
        ("", "HTTP/1.1 100 Continue\r\n\r\n", &head),
        ("HTTP/1.1 200 OK\r\n\r\n", "body", &body),
        (chunks, "1\r\nx\r\n", &body),
        (chunks, "1;extension=of-some-length\r\nx\r\n", &lines),
        (&format!("{chunks}1;"), "x", &lines),
        (&format!("{chunks}0\r\n"), "A: b\r\n", &lines),
        (&format!("{chunks}0\r\n"), "trailer", &lines),
        (
            &format!("{chunks}1\r\nx"),
            "y",
            &Flaw::Framing("a chunk is longer than its size says".to_owned()),
        ),
    ] {
        if again == "y" {
            // Without an end of line it is known only when one comes, or when there is too much.
            assert_eq!(feed(start, again).0, lines);
            assert_eq!(feed(start, "y\r\n").0, *flaw);
            continue;
        }
        let (end, most) = feed(start, again);
        assert_eq!(end, *flaw, "{start:?} {again:?}");
        assert!(
            most <= SMALL.head + SMALL.body + 200,
            "{most} bytes of {start:?} {again:?}"
        );
    }
}

#[test]
fn the_memory_of_a_big_reply_is_given_back() {
    let mut incoming = Incoming::new(Limits::default());
    let big = format!(
        "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n{}",
        "x".repeat(100_000)
    );
    assert_eq!(incoming.take(big.as_bytes()), Ok(true));
    incoming.restart(false);
    assert!(incoming.buffer.capacity() <= KEPT);
    assert_eq!(incoming.take(b"HTTP/1.1 200 OK\r\n"), Ok(false));
    incoming.release();
    assert_eq!(incoming.buffer.capacity() + incoming.joined.capacity(), 0);
}

/// A valid reply, and its body.
fn reply() -> impl Strategy<Value = (Vec<u8>, Vec<u8>)> {
    let body = vec(vec(any::<u8>(), 1..200), 0..6);
    (body, 0..3, any::<bool>(), any::<bool>()).prop_map(|(pieces, framing, interim, bare)| {
        let mut bytes = Vec::new();
        if interim {
            bytes.extend_from_slice(b"HTTP/1.1 100 Continue\r\nA: b\r\n\r\n");
        }
        let body = pieces.concat();
        bytes.extend_from_slice(b"HTTP/1.1 200 OK\r\nX: 1\r\n");
        match framing {
            0 => {
                bytes.extend_from_slice(
                    format!("Content-Length: {}\r\n\r\n", body.len()).as_bytes(),
                );
                bytes.extend_from_slice(&body);
            }
            1 => {
                bytes.extend_from_slice(b"Transfer-Encoding: chunked\r\n\r\n");
                let end = if bare { "\n" } else { "\r\n" };
                for piece in &pieces {
                    bytes.extend_from_slice(format!("{:X};e{end}", piece.len()).as_bytes());
                    bytes.extend_from_slice(piece);
                    bytes.extend_from_slice(end.as_bytes());
                }
                bytes.extend_from_slice(format!("0{end}T: 1{end}{end}").as_bytes());
            }
            _ => {
                bytes.extend_from_slice(b"\r\n");
                bytes.extend_from_slice(&body);
            }
        }
        (bytes, body)
    })
}

proptest! {
    #[test]
    fn a_reply_is_the_same_in_whatever_pieces_it_comes(
        (bytes, body) in reply(),
        cuts in vec(any::<prop::sample::Index>(), 0..20),
    ) {
        let mut cuts: Vec<_> = cuts.iter().map(|cut| cut.index(bytes.len())).collect();
        cuts.sort_unstable();
        let mut incoming = Incoming::new(Limits::default());
        let mut from = 0;
        let mut complete = false;
        for to in cuts.into_iter().chain([bytes.len()]) {
            if to > from {
                prop_assert!(!complete, "complete before its end");
                complete = incoming.take(&bytes[from..to]).unwrap();
                from = to;
            }
        }
        prop_assert!(complete || incoming.framing == Framing::Close);
        prop_assert_eq!(incoming.close(), Ok(()));
        prop_assert_eq!(incoming.body(), body.as_slice());
        prop_assert_eq!(incoming.status(), 200);
        prop_assert_eq!(incoming.surplus(), b"");
        let response = incoming.response();
        prop_assert_eq!(response.headers.first("x"), Some(&b"1"[..]));
        prop_assert_eq!(response.body, body);
    }

    #[test]
    fn no_bytes_make_it_panic_or_hold_more_than_the_limits(
        head in prop::sample::select(vec![
            "", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 1",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 300\r\n\r\n",
        ]),
        pieces in vec(prop_oneof![
            vec(any::<u8>(), 0..900),
            "[0-9a-f;\r\n :]{0,60}".prop_map(String::into_bytes),
            Just(b"\r\n".to_vec()),
            Just(b"0\r\n\r\n".to_vec()),
            Just(b"HTTP/1.1 100 C\r\n\r\n".to_vec()),
        ], 0..12),
    ) {
        let mut incoming = Incoming::new(SMALL);
        let mut ended = incoming.take(head.as_bytes());
        for piece in &pieces {
            if ended != Ok(false) {
                break;
            }
            ended = incoming.take(piece);
        }
        if ended == Ok(false) {
            let _ = incoming.close();
        }
        if incoming.is_complete() {
            prop_assert!(incoming.body().len() <= SMALL.body);
            prop_assert!(incoming.status() >= 100);
        }
        let response = incoming.response();
        prop_assert!(response.body.len() <= SMALL.body + 900);
    }
}
