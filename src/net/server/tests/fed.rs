//! Bodies that come piece by piece.

use std::cell::RefCell;
use std::time::Instant;

use super::*;

const GET: &[u8] = b"GET /x HTTP/1.1\r\nHost: a\r\n\r\n";

/// A server whose answers are fed by this; they come after one another.
fn fed<F: Future<Output = ()> + 'static>(feed: impl Fn(Giver) -> F + Send + 'static) -> Running {
    start_with(Limits::default(), move |_| {
        let (giver, feed_of_it) = Feed::pair();
        tokio::task::spawn_local(feed(giver));
        std::future::ready(Reply {
            feed: Some(feed_of_it),
            ..Reply::from(Response {
                status: 200,
                ..Response::default()
            })
        })
    })
}

fn read_until(stream: &mut TcpStream, end: &[u8]) -> String {
    let mut came = Vec::new();
    while !came.ends_with(end) {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        came.push(byte[0]);
    }
    String::from_utf8(came).unwrap()
}

#[test]
fn pieces_leave_when_they_are_given_and_the_connection_serves_on() {
    let (go, wait) = tokio::sync::mpsc::unbounded_channel::<()>();
    let wait = RefCell::new(Some(wait));
    let server = fed(move |giver| {
        let wait = wait.take();
        async move {
            giver.give(b"one".to_vec()).await;
            if let Some(mut wait) = wait {
                wait.recv().await;
            }
            giver.give(b"two".to_vec()).await;
        }
    });
    let mut stream = server.connect();
    stream.write_all(GET).unwrap();
    let first = read_until(&mut stream, b"3\r\none\r\n");
    assert!(first.contains("Transfer-Encoding: chunked"), "{first}");
    go.send(()).unwrap();
    assert_eq!(
        read_until(&mut stream, b"0\r\n\r\n"),
        "3\r\ntwo\r\n0\r\n\r\n"
    );
    stream.write_all(GET).unwrap();
    let second = read_until(&mut stream, b"0\r\n\r\n");
    assert!(
        second.ends_with("3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n"),
        "{second}"
    );
}

#[test]
fn whoever_gives_learns_that_the_peer_went_away() {
    let (tell, told) = channel();
    let server = fed(move |giver| {
        let tell = tell.clone();
        async move {
            while giver.give(vec![b'.'; 1 << 16]).await {}
            giver.gone().await;
            let _ = tell.send(());
        }
    });
    let mut stream = server.connect();
    stream.write_all(GET).unwrap();
    stream.read_exact(&mut [0; 100]).unwrap();
    drop(stream);
    told.recv_timeout(LIMIT).unwrap();
}

#[test]
fn whoever_gives_nothing_learns_it_too_and_what_comes_meanwhile_is_not_lost() {
    let (tell, told) = channel();
    let server = fed(move |giver| {
        let tell = tell.clone();
        async move {
            giver.give(b"one".to_vec()).await;
            giver.gone().await;
            let _ = tell.send(());
        }
    });
    let mut stream = server.connect();
    stream.write_all(GET).unwrap();
    read_until(&mut stream, b"3\r\none\r\n");
    drop(stream);
    told.recv_timeout(LIMIT).unwrap();

    let (go, wait) = tokio::sync::mpsc::unbounded_channel::<()>();
    let wait = RefCell::new(Some(wait));
    let server = fed(move |giver| {
        let wait = wait.take();
        async move {
            giver.give(b"one".to_vec()).await;
            if let Some(mut wait) = wait {
                wait.recv().await;
            }
        }
    });
    let mut stream = server.connect();
    stream.write_all(GET).unwrap();
    read_until(&mut stream, b"3\r\none\r\n");
    stream.write_all(GET).unwrap();
    server.heard();
    go.send(()).unwrap();
    read_until(&mut stream, b"0\r\n\r\n");
    let second = read_until(&mut stream, b"0\r\n\r\n");
    assert!(second.starts_with("HTTP/1.1 200 OK\r\n"), "{second}");
    assert_eq!(server.heard().target, b"/x");
}

#[test]
fn a_peer_that_takes_nothing_does_not_hold_up_the_end() {
    let (tell, told) = channel();
    let mut server = fed(move |giver| {
        let tell = tell.clone();
        async move {
            let full = async { while giver.give(vec![b'.'; 1 << 20]).await {} };
            let _ = tokio::time::timeout(Duration::from_millis(200), full).await;
            let _ = tell.send(());
            std::future::pending::<()>().await;
        }
    });
    let mut stream = server.connect();
    stream.write_all(GET).unwrap();
    told.recv_timeout(LIMIT).unwrap();
    let begun = Instant::now();
    server.stop();
    assert!(begun.elapsed() < Limits::default().grace);
}
