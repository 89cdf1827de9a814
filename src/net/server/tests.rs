//! The receiver over real sockets.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::thread::{self, JoinHandle};

use tokio::sync::oneshot;

use super::*;
use crate::message::{Response, Scheme};
use crate::net::block_on;

mod manners;
mod odd;
mod secure;

/// A server on a thread of its own.
struct Running {
    address: SocketAddr,
    heard: Receiver<Request>,
    refused: Receiver<Refused>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// What does not happen in this time does not happen.
const LIMIT: Duration = Duration::from_secs(20);

/// Starts one whose answer is what came: its target and its body.
fn start(limits: Limits) -> Running {
    start_with(limits, |request| async move {
        let mut body = request.target.clone();
        body.push(b' ');
        body.extend_from_slice(&request.body);
        Response {
            status: 200,
            body,
            ..Response::default()
        }
    })
}

fn start_with<F: Future<Output: Into<Reply>> + 'static>(
    limits: Limits,
    answer: impl Fn(Request) -> F + Send + 'static,
) -> Running {
    start_at(listen(), limits, answer)
}

fn listen() -> Listener {
    Listener::bind(&"127.0.0.1:0".parse().unwrap(), false).unwrap()
}

fn start_at<F: Future<Output: Into<Reply>> + 'static>(
    listener: Listener,
    limits: Limits,
    answer: impl Fn(Request) -> F + Send + 'static,
) -> Running {
    let address = listener.address();
    let (tell, heard) = channel();
    let (complain, refused) = channel();
    let (stop, stopped) = oneshot::channel();
    let thread = thread::spawn(move || {
        let handler = move |request: Request, peer: SocketAddr| {
            assert!(is_loopback(peer.ip()));
            let _ = tell.send(request.clone());
            answer(request)
        };
        let serving = listener.serve(
            limits,
            handler,
            move |it| drop(complain.send(it)),
            async move {
                let _ = stopped.await;
            },
        );
        block_on(serving).unwrap().unwrap();
    });
    Running {
        address,
        heard,
        refused,
        stop: Some(stop),
        thread: Some(thread),
    }
}

impl Running {
    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(LIMIT)).unwrap();
        stream
    }

    /// Sends bytes over a connection of their own, and gives all that is answered until its end.
    fn exchange(&self, bytes: &[u8]) -> String {
        let mut stream = self.connect();
        stream.write_all(bytes).unwrap();
        rest(&mut stream)
    }

    fn heard(&self) -> Request {
        self.heard.recv_timeout(LIMIT).unwrap()
    }

    fn refused(&self) -> Refused {
        self.refused.recv_timeout(LIMIT).unwrap()
    }

    fn stop(&mut self) {
        let _ = self.stop.take().unwrap().send(());
        self.thread.take().unwrap().join().unwrap();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if !thread::panicking() && self.stop.is_some() {
            self.stop();
        }
    }
}

fn rest(stream: &mut impl Read) -> String {
    let mut text = Vec::new();
    stream.read_to_end(&mut text).unwrap();
    String::from_utf8(text).unwrap()
}

/// Reads until the answer ends in this text.
fn until(stream: &mut impl Read, end: &str) -> String {
    let mut text = String::new();
    let mut piece = vec![0; 1 << 16];
    while !text.ends_with(end) {
        let count = stream.read(&mut piece).unwrap();
        assert!(count > 0, "it ended: {text}");
        text.push_str(std::str::from_utf8(&piece[..count]).unwrap());
    }
    text
}

const CLOSE: &str = "Connection: close\r\n";

#[test]
fn a_handler_gets_the_head_as_it_came_however_it_is_split() {
    let server = start(Limits::default());
    let raw = format!(
        "POST /a%2F/../b?c=+%zz HTTP/1.1\r\nhOST: a\r\nX-a:1\r\nx-A:   2 \r\nX-a: \r\nUmlaut: \u{e4}\r\n\
         Content-LENGTH: 5\r\n{CLOSE}\r\nhello"
    );
    let mut stream = server.connect();
    for byte in raw.as_bytes() {
        stream.write_all(&[*byte]).unwrap();
    }
    assert!(rest(&mut stream).ends_with("\r\n\r\n/a%2F/../b?c=+%zz hello"));
    let request = server.heard();
    assert_eq!(request.method, b"POST");
    assert_eq!(request.target, b"/a%2F/../b?c=+%zz");
    assert_eq!(request.version, "HTTP/1.1");
    assert_eq!(request.scheme, Some(Scheme::Http));
    assert_eq!(request.body, b"hello");
    let fields: Vec<_> = request
        .headers
        .iter()
        .map(|(name, value)| {
            (
                String::from_utf8_lossy(name),
                String::from_utf8_lossy(value),
            )
        })
        .collect();
    let expected = [
        ("hOST", "a"),
        ("X-a", "1"),
        ("x-A", "2"),
        ("X-a", ""),
        ("Umlaut", "\u{e4}"),
        ("Content-LENGTH", "5"),
        ("Connection", "close"),
    ];
    let expected = expected.map(|(name, value)| (name.into(), value.into()));
    assert_eq!(fields, expected);
}

#[test]
fn an_answer_leaves_when_its_handler_is_done_and_not_before() {
    let (done, gate) = oneshot::channel::<()>();
    let gate = std::sync::Mutex::new(Some(gate));
    let server = start_with(Limits::default(), move |_| {
        let gate = gate.lock().unwrap().take();
        async {
            gate.unwrap().await.unwrap();
            Response::default()
        }
    });
    let mut stream = server.connect();
    stream
        .write_all(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        .unwrap();
    server.heard();
    stream.set_nonblocking(true).unwrap();
    let nothing = stream.read(&mut [0]).unwrap_err();
    assert_eq!(nothing.kind(), std::io::ErrorKind::WouldBlock);
    stream.set_nonblocking(false).unwrap();
    done.send(()).unwrap();
    assert!(rest(&mut stream).starts_with("HTTP/1.1 "));
}

#[test]
fn a_handler_that_panics_ends_the_server_and_is_not_passed_over() {
    for is_ending in [false, true] {
        let (go, gate) = oneshot::channel::<()>();
        let gate = std::sync::Mutex::new(Some(gate));
        let mut server = start_with(Limits::default(), move |_| {
            let gate = gate.lock().unwrap().take();
            async move {
                let _ = gate.unwrap().await;
                std::panic::resume_unwind(Box::new("a defect"));
                #[expect(unreachable_code, reason = "the type of an answer")]
                Response::default()
            }
        });
        let mut stream = server.connect();
        stream
            .write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            .unwrap();
        server.heard();
        let mut stop = server.stop.take();
        if is_ending {
            stop.take().unwrap().send(()).unwrap();
            while TcpStream::connect(server.address).is_ok() {}
        }
        let _ = go.send(());
        let ended = server.thread.take().unwrap().join();
        assert_eq!(ended.unwrap_err().downcast_ref(), Some(&"a defect"));
    }
}

#[test]
fn requests_in_one_write_are_answered_in_their_order() {
    let server = start(Limits::default());
    let both = format!(
        "POST /1 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n\
         GET /2 HTTP/1.1\r\nhost: b\r\n\r\nPOST /3 HTTP/1.1\r\nHost: c\r\nContent-Length: 1\r\n{CLOSE}\r\nz"
    );
    let answers = server.exchange(both.as_bytes());
    let at = |text: &str| answers.find(text).unwrap();
    assert!(at("/1 abc") < at("/2 ") && at("/2 ") < at("/3 z"));
    let first = server.heard();
    assert_eq!((first.chunks, first.body), (vec![2, 1], b"abc".to_vec()));
    assert_eq!(server.heard().headers.iter().next().unwrap().0, b"host");
    let third = server.heard();
    assert_eq!((third.chunks, third.body), (vec![], b"z".to_vec()));
}

#[test]
fn a_connection_is_kept_and_http_1_0_closes_it() {
    let server = start(Limits::default());
    let mut stream = server.connect();
    for _ in 0..3 {
        stream
            .write_all(b"GET /x HTTP/1.1\r\nHost: a\r\n\r\n")
            .unwrap();
        until(&mut stream, "/x ");
        assert_eq!(server.heard().target, b"/x");
    }
    let answer = server.exchange(b"GET /old HTTP/1.0\r\n\r\n");
    assert!(answer.starts_with("HTTP/1.0 200 OK\r\n"), "{answer}");
    assert!(answer.ends_with("/old "));
    assert_eq!(server.heard().version, "HTTP/1.0");
}

#[test]
fn a_client_that_says_no_more_still_has_its_answer() {
    let server = start(Limits::default());
    let mut stream = server.connect();
    stream
        .write_all(b"GET /x HTTP/1.1\r\nHost: a\r\n\r\n")
        .unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    assert!(rest(&mut stream).ends_with("/x "));
}

#[test]
fn a_client_that_expects_100_continue_is_told_to_go_on() {
    let server = start(Limits::default());
    let mut stream = server.connect();
    let head = format!(
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n{CLOSE}\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    assert_eq!(
        until(&mut stream, "\r\n\r\n"),
        "HTTP/1.1 100 Continue\r\n\r\n"
    );
    stream.write_all(b"ok").unwrap();
    assert!(rest(&mut stream).ends_with("/ ok"));
}

#[test]
fn sixteen_megabytes_come_and_go() {
    let server = start(Limits::default());
    let body = vec![b'x'; 16 << 20];
    let mut wire = format!(
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n{CLOSE}\r\n",
        body.len()
    )
    .into_bytes();
    wire.extend_from_slice(&body);
    let answer = server.exchange(&wire);
    assert!(answer.len() > body.len());
    assert!(server.heard().body == body);
}

#[test]
fn at_the_end_running_answers_finish_and_idle_connections_close() {
    let (go, gate) = oneshot::channel::<()>();
    let gate = std::sync::Mutex::new(Some(gate));
    let mut server = start_with(Limits::default(), move |_| {
        let gate = gate.lock().unwrap().take();
        async {
            if let Some(gate) = gate {
                let _ = gate.await;
            }
            Response {
                status: 204,
                ..Response::default()
            }
        }
    });
    let mut silent = server.connect();
    let mut running = server.connect();
    running
        .write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        .unwrap();
    server.heard();
    let mut idle = server.connect();
    idle.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        .unwrap();
    until(&mut idle, "\r\n\r\n");
    let _ = server.stop.take().unwrap().send(());
    assert_eq!(rest(&mut idle), "");
    assert_eq!(rest(&mut silent), "");
    assert!(
        TcpStream::connect(server.address).is_err(),
        "nobody is accepted"
    );
    go.send(()).unwrap();
    assert!(rest(&mut running).starts_with("HTTP/1.1 204 "));
    server.thread.take().unwrap().join().unwrap();
}

#[test]
fn an_answer_that_never_comes_does_not_hold_the_end() {
    let limits = Limits {
        grace: Duration::from_millis(50),
        ..Limits::default()
    };
    let mut server = start_with(limits, |_| std::future::pending::<Response>());
    let mut stream = server.connect();
    stream
        .write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        .unwrap();
    server.heard();
    server.stop();
    assert!(stream.read(&mut [0]).is_ok_and(|count| count == 0));
}

#[test]
fn further_connections_wait_for_those_that_are_served() {
    let limits = Limits {
        connections: 1,
        ..Limits::default()
    };
    let server = start(limits);
    let mut first = server.connect();
    first
        .write_all(b"GET /1 HTTP/1.1\r\nHost: a\r\n\r\n")
        .unwrap();
    until(&mut first, "/1 ");
    let mut second = server.connect();
    second
        .write_all(b"GET /2 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        .unwrap();
    first
        .write_all(b"GET /3 HTTP/1.1\r\nHost: a\r\n\r\n")
        .unwrap();
    until(&mut first, "/3 ");
    drop(first);
    assert!(rest(&mut second).ends_with("/2 "));
    let order: Vec<_> = (0..3).map(|_| server.heard().target).collect();
    assert_eq!(order, [b"/1", b"/3", b"/2"]);
}

#[test]
fn only_an_address_that_others_reach_must_be_allowed() {
    let bind = |text: &str, remote| Listener::bind(&text.parse().unwrap(), remote);
    assert_eq!(bind("0.0.0.0:0", false).unwrap_err().code(), 2);
    let all = bind("0.0.0.0:0", true).unwrap();
    assert_eq!(
        all.url(),
        format!("http://127.0.0.1:{}", all.address().port())
    );
    let taken = bind("0", false).unwrap();
    let again = bind(&taken.address().to_string(), false).unwrap_err();
    assert_eq!(again.code(), 3);
    assert!(is_loopback("::ffff:127.0.0.1".parse().unwrap()));
    for wrong in ["", "h:x", "[::1", "a b:1"] {
        assert!(wrong.parse::<Bind>().is_err(), "{wrong}");
    }
    assert_eq!("[::1]:80".parse::<Bind>().unwrap().to_string(), "[::1]:80");
    assert_eq!(
        "localhost".parse::<Bind>().unwrap().to_string(),
        "localhost:0"
    );
}
