//! The exact sender against real sockets.

mod peers;
mod secure;

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener};
use std::sync::mpsc::channel;

use proptest::prelude::*;

use crate::message::Request;
use crate::net::{DialOptions, block_on};

use super::*;
use crate::net::reply::{Early, Flaw};
use peers::{OK, client, client_with, message, read_head, reset, serve, url};

const GET: &[u8] = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";

#[tokio::test]
async fn every_byte_leaves_as_it_was_composed() {
    let (sender, receiver) = channel();
    let address = serve(move |_, mut stream| {
        while let Some(request) = message(&mut stream) {
            sender.send(request).unwrap();
            stream.write_all(OK).unwrap();
        }
    });
    let mut client = client(address);
    let everything: Vec<u8> = (0..=255).collect();
    for target in [
        "/'",
        "/\"",
        "/a b",
        "/{}",
        "/数据?名=值",
        "/../a/./b//",
        "/?a=b+c&&=%zz%41",
        "*",
        "http://x/y",
        "/#f",
        "/?",
        "/a\tb\\^`|<>",
    ] {
        for chunks in [vec![], vec![1, 100, 155]] {
            let framing = if chunks.is_empty() {
                ("content-LENGTH", "256")
            } else {
                ("transfer-Encoding", "chunked")
            };
            let mut request = Request {
                body: everything.clone(),
                chunks,
                ..Request::new("POST", target)
            };
            for (name, value) in [
                ("hOST", "a"),
                framing,
                ("X-a", "1"),
                ("x-A", "2"),
                ("X-a", "1"),
                ("Empty", ""),
                ("Blanks", "  two "),
                ("Raw", "数'\""),
                ("User-Agent", ""),
            ] {
                request.headers.push(name, value);
            }
            request.headers.push("Latin", b"\xe9\xff");
            let wire = request.to_wire();
            assert_eq!(client.exchange(&wire).await.unwrap().status(), 200);
            assert_eq!(receiver.recv().unwrap(), wire, "{target}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn any_bytes_leave_as_they_are(bytes in proptest::collection::vec(any::<u8>(), 1..5000)) {
        let (sender, receiver) = channel();
        let size = bytes.len();
        let address = serve(move |_, mut stream| {
            let mut read = vec![0; size];
            stream.read_exact(&mut read).unwrap();
            sender.send(read).unwrap();
            stream.write_all(OK).unwrap();
        });
        let status = block_on(async {
            client(address).exchange(&bytes).await.map(|answer| answer.status())
        });
        prop_assert_eq!(status.unwrap().unwrap(), 200);
        prop_assert_eq!(receiver.recv().unwrap(), bytes);
    }
}

#[tokio::test]
async fn one_connection_serves_one_request_after_another() {
    let (sender, receiver) = channel();
    let address = serve(move |number, mut stream| {
        while read_head(&mut stream).is_some() {
            sender.send(number).unwrap();
            stream.write_all(OK).unwrap();
        }
    });
    let mut client = client(address);
    for round in 0..3 {
        let answer = client.exchange(GET).await.unwrap();
        assert_eq!(answer.body(), b"ok");
        assert_eq!(answer.timings.connect.is_some(), round == 0);
        assert!(answer.timings.first_byte <= answer.timings.total);
        assert_eq!(receiver.recv().unwrap(), 0);
    }
    client.close();
    client.exchange(GET).await.unwrap();
    assert_eq!(receiver.recv().unwrap(), 1);
}

#[tokio::test]
async fn a_connection_that_closed_while_idle_is_made_again_once() {
    let address = serve(|number, mut stream| {
        read_head(&mut stream);
        // The third connection is closed without an answer, and that is not tried again.
        if number < 2 {
            stream.write_all(OK).unwrap();
        }
    });
    let mut client = client(address);
    for _ in 0..2 {
        let answer = client.exchange(GET).await.unwrap();
        assert!(answer.timings.connect.is_some());
    }
    let failure = client.exchange(GET).await.err().unwrap();
    assert!(matches!(
        failure,
        Failure::Flaw(Flaw::Early(Early::Nothing)) | Failure::Broke { .. }
    ));
    assert!(!failure.is_an_answer());
}

#[tokio::test]
async fn what_comes_unasked_is_not_the_next_answer() {
    let address = serve(|number, mut stream| {
        read_head(&mut stream);
        stream.write_all(OK).unwrap();
        if number == 0 {
            stream
                .write_all(b"HTTP/1.1 408 Late\r\nContent-Length: 0\r\n\r\n")
                .unwrap();
            read_head(&mut stream);
        }
    });
    let mut client = client(address);
    client.exchange(GET).await.unwrap();
    // Whether the surplus was read with the answer or lies in the socket is all the same.
    peers::let_it_arrive(&client).await;
    let answer = client.exchange(GET).await.unwrap();
    assert_eq!(answer.status(), 200);
    assert!(answer.timings.connect.is_some());
}

#[tokio::test]
async fn an_exchange_that_was_dropped_leaves_no_connection_behind() {
    let (sender, receiver) = channel();
    let (asked, mut arrived) = tokio::sync::mpsc::unbounded_channel();
    let address = serve(move |number, mut stream| {
        while read_head(&mut stream).is_some() {
            sender.send(number).unwrap();
            asked.send(()).unwrap();
            // The second request is answered when nobody waits for it any more.
            if number == 0 && receiver_of_first(&mut stream) {
                continue;
            }
            stream.write_all(OK).unwrap();
        }
    });
    let mut client = client(address);
    tokio::select! {
        biased;
        _ = arrived.recv() => {}
        _ = client.exchange(GET) => panic!("it is not answered"),
    }
    assert!(client.stream.is_none());
    assert_eq!(client.exchange(GET).await.unwrap().status(), 200);
    assert_eq!(receiver.iter().take(2).collect::<Vec<_>>(), [0, 1]);
}

/// Waits until the other side is gone.
fn receiver_of_first(stream: &mut std::net::TcpStream) -> bool {
    matches!(stream.read(&mut [0]), Ok(0) | Err(_))
}

#[tokio::test]
async fn an_answer_that_comes_before_the_request_is_through_is_read() {
    let address = serve(|number, mut stream| {
        read_head(&mut stream);
        stream
            .write_all(b"HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno")
            .unwrap();
        if number == 0 {
            // It stays and reads nothing more; the other one goes, with unread bytes.
            let _ = stream.shutdown(Shutdown::Write);
            let _ = std::io::copy(&mut stream.take(1), &mut std::io::sink());
        }
    });
    let mut client = client(address);
    let big = [
        b"POST / HTTP/1.1\r\nContent-Length: 50000000\r\n\r\n",
        vec![b'x'; 50_000_000].as_slice(),
    ]
    .concat();
    let answer = client.exchange(&big).await.unwrap();
    assert_eq!((answer.status(), answer.body()), (413, &b"no"[..]));
    assert!(
        client.stream.is_none(),
        "the server would take the rest for the next request"
    );
}

#[tokio::test]
async fn each_way_of_closing_has_its_words() {
    for (said, kind, words) in [
        ("", 0, "the server closed the connection without an answer"),
        (
            "",
            1,
            "the connection broke before the answer: reset by the server",
        ),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf",
            0,
            "the server closed the connection after 4 bytes of the body (status 200)",
        ),
        (
            "HTTP/1.1 2",
            0,
            "the server closed the connection in the middle of the head, after 10 bytes",
        ),
    ] {
        let address = serve(move |_, mut stream| {
            read_head(&mut stream);
            stream.write_all(said.as_bytes()).unwrap();
            if kind == 1 {
                reset(stream);
            }
        });
        let mut client = client(address);
        let failure = client.exchange(GET).await.err().unwrap();
        assert_eq!(failure.to_string(), words);
        assert!(!failure.is_an_answer());
        let status = client.partial().map(|response| response.status);
        assert_eq!(status, said.contains("Length").then_some(200));
    }
}

#[tokio::test]
async fn what_is_wrong_about_an_answer_is_an_answer() {
    for (start, again, words) in [
        (
            "220 mail.example ESMTP\r\n",
            "",
            "the answer is not HTTP: it starts with `220 mail.example ESMTP\\r\\n`",
        ),
        (
            "HTTP/1.1 200 OK\r\nA: ",
            "b",
            "the head of the answer is longer than 64 KiB",
        ),
        (
            "HTTP/1.1 200 OK\r\n\r\n",
            "for ever and ever",
            "the body of the answer is longer than 16 MiB",
        ),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n",
            "",
            "the body of the answer is longer than 16 MiB",
        ),
        (
            "",
            "HTTP/1.1 100 Continue\r\n\r\n",
            "the head of the answer is longer than 64 KiB",
        ),
    ] {
        let address = serve(move |_, mut stream| {
            read_head(&mut stream);
            let again = again.repeat(1000);
            let mut written = stream.write_all(start.as_bytes());
            while !again.is_empty() && written.is_ok() {
                written = stream.write_all(again.as_bytes());
            }
            read_head(&mut stream);
        });
        let failure = client(address).exchange(GET).await.err().unwrap();
        assert_eq!(failure.to_string(), words);
        assert!(failure.is_an_answer(), "{words}");
    }
}

#[tokio::test]
async fn a_redirect_is_an_answer_like_any_other() {
    let address = serve(|_, mut stream| {
        read_head(&mut stream);
        let _ =
            stream.write_all(b"HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n");
    });
    let mut client = client(address);
    let response = client.exchange(GET).await.unwrap().to_response();
    assert_eq!(response.status, 302);
    assert_eq!(response.headers.first("location"), Some(&b"/x"[..]));
}

#[tokio::test]
async fn a_silent_server_is_waited_for_no_longer_than_was_said() {
    let soon = |options: &mut DialOptions| options.limit = Duration::from_millis(50);
    for (said, words) in [
        ("", "no answer within 50ms: nothing came back"),
        (
            "HTTP/1.1 200 OK\r\n\r\nhalf",
            "no answer within 50ms: the answer is not complete",
        ),
    ] {
        let address = serve(move |_, mut stream| {
            read_head(&mut stream);
            stream.write_all(said.as_bytes()).unwrap();
            read_head(&mut stream);
        });
        let mut client = client_with(&url("http", address), soon);
        let failure = client.exchange(GET).await.err().unwrap();
        assert_eq!(failure.to_string(), words);
        assert_eq!(failure.hint(), Some("--timeout changes how long is waited"));
        assert!(client.stream.is_none());
    }
    // A server that takes no bytes: its side of the connection fills up.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut client = client_with(&url("http", listener.local_addr().unwrap()), soon);
    let failure = client
        .exchange(&vec![b'x'; 50_000_000])
        .await
        .err()
        .unwrap();
    assert_eq!(
        failure.to_string(),
        "no answer within 50ms: the server has not taken the whole request"
    );
}

#[tokio::test]
async fn a_server_that_sends_without_end_does_not_outrun_the_clock() {
    let address = serve(|_, mut stream| {
        read_head(&mut stream);
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
        let many = vec![b'x'; 1 << 16];
        while stream.write_all(&many).is_ok() {}
    });
    let mut client = client_with(&url("http", address), |options| {
        options.limit = Duration::from_millis(50);
        options.limits.body = usize::MAX >> 1;
    });
    let failure = client.exchange(GET).await.err().unwrap();
    assert!(matches!(failure, Failure::TimedOut { .. }), "{failure}");
}

#[tokio::test]
async fn a_timer_that_has_fired_is_armed_again() {
    let mut timer = Timer::default();
    let start = Instant::now();
    let near = start + Duration::from_millis(1);
    poll_fn(|cx| timer.poll(cx, near)).await;
    assert!(Instant::now() >= near);
    // The next exchange, however much later: the old deadline is none of its business.
    let far = Instant::now() + Duration::from_secs(3600);
    let pending = poll_fn(|cx| Poll::Ready(timer.poll(cx, far).is_pending())).await;
    assert!(pending);
    assert_eq!(timer.0.unwrap().deadline(), far);
}

#[tokio::test]
async fn a_limit_beyond_all_clocks_is_no_limit() {
    let address = serve(|_, mut stream| {
        read_head(&mut stream);
        stream.write_all(OK).unwrap();
    });
    let mut client = client_with(&url("http", address), |options| {
        options.limit = Duration::MAX;
    });
    assert_eq!(client.exchange(GET).await.unwrap().status(), 200);
}

#[tokio::test]
async fn who_is_not_there_is_told_apart() {
    let free = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let refused = client(free).exchange(GET).await.err().unwrap();
    assert_eq!(
        refused.to_string(),
        format!("no connection to {free}: connection refused")
    );
    assert_eq!(
        refused.hint(),
        Some("is the server running, and does it listen on that port?")
    );
    // `.invalid` never resolves: RFC 6761.
    let mut nobody = client_with("http://no.such.host.invalid/", |_| {});
    let unknown = nobody.exchange(GET).await.err().unwrap();
    assert!(matches!(unknown, Failure::Resolve { .. }), "{unknown}");
    assert!(
        unknown
            .to_string()
            .starts_with("the name `no.such.host.invalid` cannot be resolved: ")
    );
    assert!(unknown.hint().unwrap().contains("--resolve"));
    assert!(!refused.is_an_answer() && !unknown.is_an_answer());
}

#[tokio::test]
async fn a_name_leads_where_it_was_told_and_to_whichever_address_answers() {
    let address = serve(|_, mut stream| {
        while read_head(&mut stream).is_some() {
            stream.write_all(OK).unwrap();
        }
    });
    let port = address.port();
    let mut told = client_with(&format!("http://a.invalid:{port}/"), |options| {
        options
            .resolve
            .push(format!("A.invalid:{port}:127.0.0.1").parse().unwrap());
    });
    assert_eq!(told.exchange(GET).await.unwrap().status(), 200);
    assert_eq!(told.peer(), Some(address));
    // Where localhost is ::1 first, nobody listens there.
    let mut named = client_with(&format!("http://localhost:{port}/"), |_| {});
    assert_eq!(named.exchange(GET).await.unwrap().status(), 200);
    assert!(named.dialer.is_loopback().await.unwrap());
}

#[tokio::test]
async fn an_ipv6_number_is_dialled() {
    let Ok(listener) = TcpListener::bind("[::1]:0") else {
        return;
    };
    let address = listener.local_addr().unwrap();
    peers::accept(listener, |_, mut stream| {
        read_head(&mut stream);
        stream.write_all(OK).unwrap();
    });
    let mut client = client(address);
    assert_eq!(client.exchange(GET).await.unwrap().status(), 200);
}

#[cfg(unix)]
#[tokio::test]
async fn a_unix_socket_stands_in_for_the_host() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("socket");
    let at = |path: &std::path::Path| {
        let path = path.to_owned();
        client_with("http://a.invalid/", |options| {
            options.unix_socket = Some(path);
        })
    };
    let missing = at(&path).exchange(GET).await.err().unwrap();
    assert_eq!(
        missing.to_string(),
        format!(
            "no connection to {}: there is no such socket",
            path.display()
        )
    );
    let listener = std::os::unix::net::UnixListener::bind(&path).unwrap();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        while read_head(&mut stream).is_some() {
            stream.write_all(OK).unwrap();
        }
    });
    let mut client = at(&path);
    for _ in 0..2 {
        assert_eq!(client.exchange(GET).await.unwrap().status(), 200);
    }
    assert_eq!(client.peer(), None);
}
