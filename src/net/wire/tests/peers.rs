//! Servers for the tests of the exact sender: a thread a connection, which may do anything.

use std::io::Read;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

use crate::message::Url;
use crate::net::{Connection, DialOptions, Dialer};

pub(super) const OK: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/// Serves each connection on a thread of its own; they are numbered from 0.
pub(super) fn serve(serve: impl Fn(usize, TcpStream) + Send + Sync + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    accept(listener, serve);
    address
}

pub(super) fn accept(
    listener: TcpListener,
    serve: impl Fn(usize, TcpStream) + Send + Sync + 'static,
) {
    let serve = Arc::new(serve);
    thread::spawn(move || {
        for (number, stream) in listener.incoming().map_while(Result::ok).enumerate() {
            let serve = Arc::clone(&serve);
            thread::spawn(move || serve(number, stream));
        }
    });
}

pub(super) fn url(scheme: &str, address: SocketAddr) -> String {
    format!("{scheme}://{address}/")
}

pub(super) fn client(address: SocketAddr) -> Connection {
    client_with(&url("http", address), |_| {})
}

pub(super) fn client_with(url: &str, change: impl FnOnce(&mut DialOptions)) -> Connection {
    let mut options = DialOptions::default();
    change(&mut options);
    let url: Url = url.parse().unwrap();
    Arc::new(Dialer::new(&url, options).unwrap()).connection()
}

/// All bytes of a head; none if the other side is gone.
pub(super) fn read_head(stream: &mut impl Read) -> Option<Vec<u8>> {
    read_until(stream, Vec::new(), b"\r\n\r\n")
}

fn read_until(stream: &mut impl Read, mut read: Vec<u8>, end: &[u8]) -> Option<Vec<u8>> {
    let mut byte = [0];
    while !read.ends_with(end) {
        stream.read_exact(&mut byte).ok()?;
        read.push(byte[0]);
    }
    Some(read)
}

/// All bytes of a request with a body of 256 bytes, or of chunks.
pub(super) fn message(stream: &mut impl Read) -> Option<Vec<u8>> {
    let mut read = read_head(stream)?;
    if read.windows(7).any(|window| window == b"chunked") {
        return read_until(stream, read, b"\r\n0\r\n\r\n");
    }
    let head = read.len();
    read.resize(head + 256, 0);
    stream.read_exact(&mut read[head..]).ok()?;
    Some(read)
}

/// Ends a connection by a reset.
pub(super) fn reset(stream: TcpStream) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()
        .unwrap();
    let _guard = runtime.enter();
    stream.set_nonblocking(true).unwrap();
    let stream = tokio::net::TcpStream::from_std(stream).unwrap();
    stream.set_zero_linger().unwrap();
}

/// Waits until what the server sent last is there.
pub(super) async fn let_it_arrive(client: &Connection) {
    if let Some(super::Stream::Plain(crate::net::stream::Plain::Tcp(stream))) = &client.stream {
        stream.readable().await.unwrap();
    }
}
