//! What a peer may take: time and bytes.

use std::io::{self, Read as _, Write as _};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use super::bench::{LIMIT, Running, listen};
use crate::harness::pushrig;

/// Sends bytes one by one, a moment apart, until there is an answer; gives it.
fn trickle(mut stream: TcpStream, begin: &str, byte: u8) -> String {
    stream.write_all(begin.as_bytes()).unwrap();
    // The moment is the wait for an answer.
    let moment = Duration::from_millis(20);
    stream.set_read_timeout(Some(moment)).unwrap();
    let mut answer = Vec::new();
    let mut piece = [0; 1024];
    loop {
        match stream.read(&mut piece) {
            Ok(0) => break,
            Ok(count) => answer.extend_from_slice(&piece[..count]),
            Err(why) if is_time(&why) => {
                // Whoever closed it has answered before.
                let _ = stream.write_all(&[byte]);
            }
            Err(_) => break,
        }
    }
    String::from_utf8(answer).unwrap()
}

fn is_time(why: &io::Error) -> bool {
    matches!(
        why.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut
    )
}

#[test]
fn a_time_too_long_for_any_clock_is_refused_wherever_one_is_given() {
    let long = "300000000000y";
    for flags in [
        ["--for", long],
        ["--for", "18446744073709551615"],
        ["--max-time", long],
        ["--tolerance", long],
        ["--expect", &format!("verified=1 within {long}")],
        ["--fault", &format!("delay={long}")],
    ] {
        pushrig("listen onenet --token a")
            .args(flags)
            .stderr_has(["a time is at most 100 years"])
            .exits(2);
    }
    for call in [
        "device --for",
        "dispatch --for",
        "dispatch --lease",
        "push onenet.online http://127.0.0.1:1 --token a --timeout",
        "push onenet.online http://127.0.0.1:1 --token a --retry",
        "replay - --to http://127.0.0.1:1 --for",
    ] {
        pushrig(&format!("{call} {long}"))
            .stderr_has(["a time is at most 100 years"])
            .exits(2);
    }
}

#[test]
fn what_trickles_has_408_when_its_time_is_over_and_others_are_served_meanwhile() {
    for (begin, why) in [
        (
            "POST /slow HTTP/1.1\r\nX: ",
            "its head was not whole within 700ms",
        ),
        (
            "POST /slow HTTP/1.1\r\nContent-Length: 1000\r\n\r\n",
            "its body was not whole within 700ms",
        ),
    ] {
        let it = listen("onenet --capture c.ndjson --max-time 700ms");
        let begun = Instant::now();
        let slow: Vec<_> = (0..20)
            .map(|_| {
                let stream = it.connect();
                thread::spawn(move || trickle(stream, begin, b'x'))
            })
            .collect();
        it.takes("onenet.online", "--count 3");
        for slow in slow {
            let answer = slow.join().unwrap();
            assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
        }
        assert!(begun.elapsed() >= Duration::from_millis(700));
        let ended = it.stop();
        assert_eq!((ended.code, ended.counter("verified")), (Some(0), 3));
        let refused = ended.of_type("case");
        let refused = refused.iter().filter(|case| case["status"] == 408);
        assert_eq!(refused.filter(|case| case["why"] == why).count(), 20);
        let records = ended.records();
        let kept = records.iter().filter_map(|record| record.get("unparsed"));
        let kept = kept.filter(|raw| super::bench::bytes(raw).starts_with(b"POST /slow HTTP/1.1"));
        assert_eq!(kept.count(), 20);
    }
}

#[test]
fn a_request_needs_some_time() {
    pushrig("listen onenet --token t --max-time 0")
        .stderr_has(["--max-time", "a request takes some time"])
        .exits(2);
}

/// Sends without end for as long as the other side reads, and gives the answer.
fn pour(it: &Running, head: &str, piece: &[u8]) -> String {
    let stream = it.connect();
    let mut into = stream.try_clone().unwrap();
    let reader = thread::spawn(move || {
        let (mut stream, mut answer) = (stream, Vec::new());
        // What was sent and not read resets the connection behind the answer.
        let _ = stream.read_to_end(&mut answer);
        String::from_utf8(answer).unwrap()
    });
    write!(into, "POST /large HTTP/1.1\r\nHost: x\r\n{head}\r\n\r\n").unwrap();
    let begun = Instant::now();
    // Some time is given to clients that read their answer only when they have sent all.
    while into.write_all(piece).is_ok() {
        assert!(begun.elapsed() < LIMIT, "it reads for ever");
    }
    reader.join().unwrap()
}

#[test]
fn ten_gigabytes_that_say_so_are_refused_and_take_neither_memory_nor_long() {
    let it = listen("onenet --capture c.ndjson");
    let head = "Content-Length: 10000000000";
    let answer = pour(&it, head, &vec![b'x'; 1 << 20]);
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
    is_small_and_serves(it, 64 << 20);
}

#[test]
fn chunks_without_end_are_refused_at_the_limit_of_a_body() {
    let it = listen("onenet --capture c.ndjson --max-body 4000000");
    let piece = [b"10000\r\n", &vec![b'x'; 1 << 16][..], b"\r\n"].concat();
    let answer = pour(&it, "Transfer-Encoding: chunked", &piece);
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
    is_small_and_serves(it, 64 << 20);
}

/// It had no more memory than this, and takes a push as ever.
#[track_caller]
#[cfg_attr(
    not(target_os = "linux"),
    expect(unused_variables, reason = "only Linux tells the peak")
)]
fn is_small_and_serves(it: Running, most: u64) {
    #[cfg(target_os = "linux")]
    {
        let peak = super::bench::peak(it.id());
        assert!(peak < most, "{peak} bytes");
    }
    it.takes("onenet.online", "");
    let ended = it.stop();
    assert_eq!((ended.code, ended.counter("verified")), (Some(0), 1));
    let records = ended.records();
    let unparsed = &records
        .iter()
        .find(|it| it.get("unparsed").is_some())
        .unwrap()["unparsed"];
    assert!(super::bench::bytes(unparsed).len() < 100_000);
}
