//! Answers that do not leave as they should, each with TLS and without.

use super::secure::{Client, secure};
use super::*;

const GET: &[u8] = b"GET /x HTTP/1.1\r\nHost: a\r\n\r\n";
const BODY: &str = "0123456789";

/// Two servers, without TLS and with it, whose answers leave in the manner that the target says.
fn both(limits: &Limits) -> [(Running, Client); 2] {
    let (secure, client) = secure();
    let manner = |request: Request| async move {
        let response = Response {
            status: 200,
            body: BODY.into(),
            ..Response::default()
        };
        let manner = match request.target.as_slice() {
            b"/reset" => Manner::Reset,
            b"/truncate" => Manner::Truncate(9),
            b"/nothing" => Manner::Truncate(0),
            b"/all" => Manner::Truncate(usize::MAX),
            b"/slow" => Manner::Slow(1000),
            b"/slowest" => Manner::Slow(1),
            b"/never" => Manner::Never,
            _ => Manner::Plain,
        };
        Reply {
            passed: None,
            response: response.into(),
            manner,
        }
    };
    [
        (start_at(listen(), limits.clone(), manner), Client::Plain),
        (start_at(secure, limits.clone(), manner), client),
    ]
}

fn get(target: &str) -> Vec<u8> {
    format!("GET {target} HTTP/1.1\r\nHost: a\r\n\r\n").into_bytes()
}

#[test]
fn a_reset_is_an_error_of_the_client() {
    for (server, client) in both(&Limits::default()) {
        let mut stream = client.connect(server.address);
        stream.write_all(&get("/reset")).unwrap();
        let cause = stream.read(&mut [0]).unwrap_err();
        assert_eq!(cause.kind(), std::io::ErrorKind::ConnectionReset);
    }
}

#[test]
fn a_truncated_answer_is_its_first_bytes() {
    for (server, client) in both(&Limits::default()) {
        for (target, expected) in [("/truncate", "HTTP/1.1 "), ("/nothing", "")] {
            let mut stream = client.connect(server.address);
            stream.write_all(&get(target)).unwrap();
            assert_eq!(rest(&mut stream), expected);
        }
    }
}

#[test]
fn an_answer_that_is_shorter_than_what_may_leave_is_whole_and_the_last() {
    for (server, client) in both(&Limits::default()) {
        let mut stream = client.connect(server.address);
        stream.write_all(&get("/all")).unwrap();
        assert!(rest(&mut stream).ends_with(BODY));
    }
}

#[test]
fn answers_before_it_are_whole_and_requests_behind_it_are_not_heard() {
    for (server, client) in both(&Limits::default()) {
        for (target, tail) in [("/truncate", "HTTP/1.1 "), ("/nothing", "")] {
            let mut stream = client.connect(server.address);
            let all = [GET, GET, &get(target), GET].concat();
            stream.write_all(&all).unwrap();
            let answers = rest(&mut stream);
            assert_eq!(answers.matches(BODY).count(), 2);
            assert!(answers.ends_with(&format!("{BODY}{tail}")), "{answers}");
            for expected in ["/x", "/x", target] {
                assert_eq!(server.heard().target, expected.as_bytes());
            }
            assert!(server.heard.try_recv().is_err());
        }
    }
}

#[test]
fn a_slow_answer_takes_its_time_and_holds_up_nobody() {
    let limits = Limits {
        grace: Duration::ZERO,
        ..Limits::default()
    };
    for (server, client) in both(&limits) {
        let mut slow = client.connect(server.address);
        let mut slowest = client.connect(server.address);
        slowest.write_all(&get("/slowest")).unwrap();
        let begun = std::time::Instant::now();
        slow.write_all(&[get("/slow"), get("/x")].concat()).unwrap();
        let mut other = client.connect(server.address);
        other.write_all(GET).unwrap();
        until(&mut other, BODY);
        let mut answers = until(&mut slow, BODY);
        // A step of the rate leaves at once.
        let length = answers.find(BODY).unwrap() + BODY.len();
        let least = Duration::from_millis(length as u64 - 20);
        assert!(begun.elapsed() >= least, "{:?}", begun.elapsed());
        if answers.matches(BODY).count() < 2 {
            answers = until(&mut slow, BODY);
        }
        assert!(answers.ends_with(BODY), "the next is as fast as ever");
        // Its head alone takes minutes.
        slowest.read_exact(&mut [0]).unwrap();
    }
}

#[test]
fn a_slow_answer_is_cut_at_the_end() {
    let limits = Limits {
        grace: Duration::from_millis(50),
        ..Limits::default()
    };
    for (mut server, client) in both(&limits) {
        let mut stream = client.connect(server.address);
        stream.write_all(&get("/slowest")).unwrap();
        stream.read_exact(&mut [0]).unwrap();
        server.stop();
        assert!(client.rest_of(&mut stream).len() < 10);
    }
}

#[test]
fn an_unanswered_connection_stays_until_the_peer_closes_it_or_the_server_ends() {
    let limits = Limits {
        grace: LIMIT,
        connections: 2,
        ..Limits::default()
    };
    for (mut server, client) in both(&limits) {
        let mut first = client.connect(server.address);
        let mut second = client.connect(server.address);
        for stream in [&mut first, &mut second] {
            stream.write_all(&get("/never")).unwrap();
            assert_eq!(server.heard().target, b"/never");
        }
        first.tcp().set_nonblocking(true).unwrap();
        let nothing = first.read(&mut [0]).unwrap_err();
        assert_eq!(nothing.kind(), std::io::ErrorKind::WouldBlock);
        // A third is served as soon as there is room.
        drop(first);
        let mut third = client.connect(server.address);
        third.write_all(GET).unwrap();
        until(&mut third, BODY);
        drop(third);
        server.stop();
        assert_eq!(client.rest_of(&mut second), b"");
    }
}

#[test]
fn an_unanswered_connection_does_not_stay_for_ever() {
    let limits = Limits {
        unanswered: Duration::from_millis(20),
        ..Limits::default()
    };
    for (server, client) in both(&limits) {
        let mut stream = client.connect(server.address);
        stream.write_all(&get("/never")).unwrap();
        assert_eq!(client.rest_of(&mut stream), b"");
    }
}
