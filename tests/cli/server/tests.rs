//! The server keeps what its page says.

use super::*;

fn ask(stream: &mut TcpStream, request: &[u8], answer: &str) {
    stream.write_all(request).unwrap();
    let mut read = vec![0; answer.len()];
    stream.read_exact(&mut read).unwrap();
    assert_eq!(String::from_utf8_lossy(&read), answer);
}

#[test]
fn a_server_keeps_connections_and_every_byte() {
    let server = Server::start(|request| match request.number {
        0 => Reply::ok().header("X", "1").body(request.body()),
        1 => Reply::raw("anything").and_close(),
        _ => Reply::reset(),
    });
    let first = b"POST /a b'?{} HTTP/1.1\r\nx-A:  1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n";
    let second = b"GET / HTTP/1.0\r\n\r\n";
    let mut stream = TcpStream::connect(server.address()).unwrap();
    ask(
        &mut stream,
        first,
        "HTTP/1.1 200 Said\r\nX: 1\r\nContent-Length: 2\r\n\r\nhi",
    );
    ask(&mut stream, second, "anything");
    assert_eq!(stream.read(&mut [0]).unwrap(), 0);
    let mut stream = TcpStream::connect(server.address()).unwrap();
    stream.write_all(second).unwrap();
    let reset = stream.read(&mut [0]).unwrap_err();
    assert_eq!(reset.kind(), std::io::ErrorKind::ConnectionReset);
    let received = server.wait_for(3);
    assert_eq!(received[0].raw, first);
    assert_eq!(received[0].method(), "POST");
    assert_eq!(received[0].target(), "/a b'?{}");
    assert_eq!(received[0].header("X-a").unwrap(), "1");
    assert_eq!(received[1].connection, 0);
    assert_eq!(received[2].connection, 1);
    assert_eq!(server.connections(), 2);
}

#[test]
fn a_gate_holds_a_reply_back() {
    let gates = [Gate::new(), Gate::new()];
    let [first, second] = gates.clone();
    let server = Server::start(move |_| Reply::raw("a").after(&first).then(&second, "b"));
    let mut stream = TcpStream::connect(server.address()).unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
    server.wait_for(1);
    stream.set_nonblocking(true).unwrap();
    assert!(stream.read(&mut [0]).is_err());
    stream.set_nonblocking(false).unwrap();
    gates[0].open();
    ask(&mut stream, b"", "a");
    gates[1].open();
    ask(&mut stream, b"", "b");
}

#[test]
fn a_server_that_nobody_called_fails_its_test() {
    drop(Server::start(|_| Reply::silence()).may_stay_idle());
    let idle = Server::start(|_| Reply::close());
    assert!(catch_unwind(AssertUnwindSafe(|| drop(idle))).is_err());
}

#[test]
fn an_endless_reply_ends_when_the_other_side_leaves() {
    let server = Server::start(|_| Reply::endless("a", "bc"));
    assert!(server.url("/x?y").ends_with("/x?y"));
    let mut stream = TcpStream::connect(server.address()).unwrap();
    ask(&mut stream, b"GET / HTTP/1.1\r\n\r\n", "abcbcbc");
    assert_eq!(server.received().len(), 1);
}

#[test]
fn a_server_speaks_tls_with_a_certificate_of_its_own_ca() {
    use rustls::pki_types::pem::PemObject as _;
    let server = Server::tls("localhost", |_| Reply::raw("safe"));
    let ca = rustls::pki_types::CertificateDer::from_pem_slice(server.ca().as_bytes());
    let mut roots = rustls::RootCertStore::empty();
    roots.add(ca.unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = "localhost".try_into().unwrap();
    let session = rustls::ClientConnection::new(Arc::new(config), name).unwrap();
    let plain = TcpStream::connect(server.address()).unwrap();
    let mut stream = rustls::StreamOwned::new(session, plain);
    stream.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
    let mut read = [0; 4];
    stream.read_exact(&mut read).unwrap();
    assert_eq!(&read, b"safe");
    assert!(server.url("/").starts_with("https://127.0.0.1:"));
}

#[cfg(unix)]
#[test]
fn a_server_listens_on_a_unix_socket() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("socket");
    let server = Server::unix(&path, |_| Reply::raw("near"));
    let mut stream = std::os::unix::net::UnixStream::connect(&path).unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
    let mut read = [0; 4];
    stream.read_exact(&mut read).unwrap();
    assert_eq!(&read, b"near");
    server.wait_for(1);
}
