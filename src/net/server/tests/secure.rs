//! The receiver over TLS.

use std::io;
use std::sync::Arc;

use rustls::pki_types::ServerName;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use super::*;
use crate::net::tls::{Identity, Served, server_config};

/// Who connects.
#[derive(Clone)]
pub(super) enum Client {
    Plain,
    Tls(Arc<ClientConfig>),
}

pub(super) enum Stream {
    Plain(TcpStream),
    Tls(Box<StreamOwned<ClientConnection, TcpStream>>),
}

impl Client {
    pub(super) fn connect(&self, address: SocketAddr) -> Stream {
        let tcp = TcpStream::connect(address).unwrap();
        tcp.set_read_timeout(Some(LIMIT)).unwrap();
        match self {
            Self::Plain => Stream::Plain(tcp),
            Self::Tls(config) => {
                let name = ServerName::from(address.ip());
                let session = ClientConnection::new(Arc::clone(config), name).unwrap();
                Stream::Tls(Box::new(StreamOwned::new(session, tcp)))
            }
        }
    }

    /// What comes until the end; one that a server cuts off says nothing of TLS.
    pub(super) fn rest_of(&self, stream: &mut Stream) -> Vec<u8> {
        let mut bytes = Vec::new();
        match (self, stream.read_to_end(&mut bytes)) {
            (Self::Tls(_), Err(cause)) => assert_eq!(cause.kind(), io::ErrorKind::UnexpectedEof),
            (_, result) => drop(result.unwrap()),
        }
        bytes
    }
}

impl Stream {
    pub(super) fn tcp(&self) -> &TcpStream {
        match self {
            Self::Plain(stream) => stream,
            Self::Tls(stream) => &stream.sock,
        }
    }
}

impl Read for Stream {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.read(into),
            Self::Tls(stream) => stream.read(into),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.write(bytes),
            Self::Tls(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(stream) => stream.flush(),
            Self::Tls(stream) => stream.flush(),
        }
    }
}

/// A client that trusts these certificates.
fn trusting(pem: &str, alpn: &[&[u8]]) -> Client {
    let mut roots = RootCertStore::empty();
    for certificate in rustls::pki_types::CertificateDer::pem_slice_iter(pem.as_bytes()) {
        roots.add(certificate.unwrap()).unwrap();
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = alpn.iter().map(|name| name.to_vec()).collect();
    Client::Tls(Arc::new(config))
}

fn made() -> Served {
    let host = "test.example".to_owned();
    server_config(&Identity::SelfSigned { host }).unwrap()
}

/// A server that speaks TLS, and a client that trusts it.
pub(super) fn secure() -> (Listener, Client) {
    let served = made();
    let client = trusting(served.certificates(), &[]);
    (listen().with_tls(served), client)
}

/// One whose answer is what came, with these limits.
fn start_secure(limits: Limits) -> (Running, Client) {
    let (listener, client) = secure();
    let server = start_at(listener, limits, |request| async move {
        Response {
            status: 200,
            body: [request.target, b" ".to_vec(), request.body].concat(),
            ..Response::default()
        }
    });
    (server, client)
}

/// That it still serves.
fn assert_serves(server: &Running, client: &Client) {
    let mut stream = client.connect(server.address);
    stream
        .write_all(b"POST /good HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nok")
        .unwrap();
    until(&mut stream, "/good ok");
    assert_eq!(server.heard().scheme, Some(Scheme::Https));
}

#[test]
fn a_request_over_tls_is_the_same_and_says_https() {
    let (server, client) = start_secure(Limits::default());
    let mut stream = client.connect(server.address);
    for _ in 0..3 {
        let raw =
            "POST /x?a=+%zz HTTP/1.1\r\nhOST: a\r\nx-B: 1\r\nTransfer-Encoding: chunked\r\n\r\n";
        for piece in [raw, "2\r\nab\r\n", "1\r\nc\r\n0\r\n\r\n"] {
            stream.write_all(piece.as_bytes()).unwrap();
        }
        until(&mut stream, "/x?a=+%zz abc");
        let request = server.heard();
        assert_eq!(request.scheme, Some(Scheme::Https));
        assert_eq!(request.target, b"/x?a=+%zz");
        assert_eq!(request.headers.iter().next().unwrap().0, b"hOST");
        assert_eq!(
            (request.chunks, request.body),
            (vec![2, 1], b"abc".to_vec())
        );
    }
    let large = "x".repeat(3 << 20);
    let head = format!("POST / HTTP/1.1\r\nContent-Length: {}\r\n\r\n", large.len());
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(large.as_bytes()).unwrap();
    until(&mut stream, &large);
    assert!(server.refused.try_recv().is_err());
}

#[test]
fn its_url_says_https_and_everybody_on_this_machine_may_use_it() {
    let served = made();
    let listener = listen().with_tls(served);
    assert_eq!(listener.url(), format!("https://{}", listener.address()));
}

#[test]
fn a_client_that_says_no_more_over_tls_has_its_answer_whether_it_tells_tls_or_not() {
    let (server, client) = start_secure(Limits::default());
    for tells in [true, false] {
        let mut stream = client.connect(server.address);
        stream
            .write_all(b"GET /x HTTP/1.1\r\nHost: a\r\n\r\n")
            .unwrap();
        if let (true, Stream::Tls(stream)) = (tells, &mut stream) {
            stream.conn.send_close_notify();
            stream.flush().unwrap();
        }
        stream.tcp().shutdown(Shutdown::Write).unwrap();
        assert!(rest(&mut stream).ends_with("/x "), "{tells}");
    }
}

#[test]
fn what_hyper_does_not_read_is_told_over_tls_too() {
    let (server, client) = start_secure(Limits::default());
    let mut stream = client.connect(server.address);
    let raw = "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n";
    stream.write_all(raw.as_bytes()).unwrap();
    assert!(rest(&mut stream).starts_with("HTTP/1.1 400 "));
    let refused = server.refused();
    assert_eq!(refused.raw, raw.as_bytes());
    assert_eq!((refused.scheme, refused.status), (Scheme::Https, Some(400)));
}

#[test]
fn a_client_that_is_slow_over_tls_is_told_so() {
    let limits = Limits {
        head_time: Duration::from_secs(1),
        ..Limits::default()
    };
    let (server, client) = start_secure(limits);
    let mut stream = client.connect(server.address);
    stream.write_all(b"GET / HT").unwrap();
    assert!(rest(&mut stream).starts_with("HTTP/1.1 408 "));
    assert_eq!(server.refused().status, Some(408));
}

#[test]
fn what_is_no_tls_is_told_with_its_bytes_and_disturbs_nobody() {
    let (server, client) = start_secure(Limits::default());
    let http = "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi";
    let answer = server.exchange(http.as_bytes());
    assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
    assert!(answer.ends_with("\r\n\r\nTLS is spoken here: the URL begins by https://\n"));
    let refused = server.refused();
    assert!(
        refused
            .why
            .starts_with("plain HTTP came where TLS is spoken")
    );
    assert_eq!(refused.raw, http.as_bytes());
    assert_eq!((refused.scheme, refused.status), (Scheme::Https, Some(400)));
    for garbage in [&b"hello\r\n\r\n"[..], b"\x00\x01\x02\x03\x04\x05\x06\x07"] {
        let mut stream = server.connect();
        stream.write_all(garbage).unwrap();
        let mut alert = Vec::new();
        stream.read_to_end(&mut alert).unwrap();
        let refused = server.refused();
        assert_eq!(
            (refused.why.as_str(), refused.status),
            ("what came is not TLS", None)
        );
        assert_eq!(refused.raw, garbage);
    }
    assert_serves(&server, &client);
    assert!(server.refused.try_recv().is_err());
}

#[test]
fn a_client_that_ends_in_the_handshake_is_told() {
    let (server, client) = start_secure(Limits::default());
    let mut stream = server.connect();
    stream.write_all(b"\x16\x03\x01\x02\x00\x01").unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    let refused = server.refused();
    assert_eq!(refused.why, "the connection ended in its TLS handshake");
    assert_eq!(refused.raw, b"\x16\x03\x01\x02\x00\x01");
    drop(server.connect());
    assert_serves(&server, &client);
    assert!(
        server.refused.try_recv().is_err(),
        "who says nothing is not told of"
    );
}

#[test]
fn a_handshake_has_the_time_of_a_head_and_holds_up_nobody() {
    let (server, client) = start_secure(Limits {
        head_time: Duration::from_secs(1),
        ..Limits::default()
    });
    let mut slow = server.connect();
    slow.write_all(b"\x16\x03\x01").unwrap();
    assert_serves(&server, &client);
    let _ = slow.read(&mut [0]);
    let refused = server.refused();
    assert_eq!(refused.why, "its TLS handshake was not over within 1s");
    assert_eq!(
        (refused.raw.as_slice(), refused.status),
        (&b"\x16\x03\x01"[..], None)
    );
}

#[test]
fn who_says_nothing_is_closed_without_a_word() {
    let (server, _) = start_secure(Limits {
        idle: Duration::from_millis(50),
        ..Limits::default()
    });
    assert_eq!(server.exchange(b""), "");
    assert!(server.refused.try_recv().is_err());
    let (mut server, client) = start_secure(Limits::default());
    let mut waiting = server.connect();
    // It was accepted before this one.
    assert_serves(&server, &client);
    server.stop();
    assert_eq!(rest(&mut waiting), "");
    assert!(server.refused.try_recv().is_err());
}

#[test]
fn a_client_that_does_not_trust_the_certificate_is_told() {
    let (server, client) = start_secure(Limits::default());
    let stranger = trusting(made().certificates(), &[]);
    let mut stream = stranger.connect(server.address);
    let _ = stream.write_all(b"GET / HTTP/1.1\r\n\r\n");
    let Refused {
        why, is_distrust, ..
    } = server.refused();
    assert!(
        is_distrust
            && why.starts_with("the client does not trust the certificate of this server ("),
        "{why}"
    );
    assert_serves(&server, &client);
}

#[test]
fn http_1_1_is_agreed_upon_and_nothing_else() {
    let own = made();
    let (both, other) = (
        trusting(own.certificates(), &[b"h2", b"http/1.1"]),
        trusting(own.certificates(), &[b"h2"]),
    );
    let server = start_at(listen().with_tls(own), Limits::default(), |request| async {
        Response {
            status: 200,
            body: [request.target, b" ".to_vec(), request.body].concat(),
            ..Response::default()
        }
    });
    let mut stream = other.connect(server.address);
    let _ = stream.write_all(b"GET / HTTP/1.1\r\n\r\n");
    assert!(
        server
            .refused()
            .why
            .starts_with("the client speaks no HTTP/1.1 (ALPN)")
    );
    assert_serves(&server, &both);
}

#[test]
fn whoever_gives_piece_by_piece_learns_that_a_peer_over_tls_went_away() {
    for says_so in [true, false] {
        let (listener, client) = secure();
        let (tell, told) = channel();
        let server = start_at(listener, Limits::default(), move |_| {
            let (giver, feed) = Feed::pair();
            let tell = tell.clone();
            tokio::task::spawn_local(async move {
                giver.give(b"one".to_vec()).await;
                giver.gone().await;
                let _ = tell.send(());
            });
            std::future::ready(Reply {
                feed: Some(feed),
                ..Reply::from(Response {
                    status: 200,
                    ..Response::default()
                })
            })
        });
        let mut stream = client.connect(server.address);
        stream
            .write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            .unwrap();
        until(&mut stream, "3\r\none\r\n");
        if let (true, Stream::Tls(stream)) = (says_so, &mut stream) {
            stream.conn.send_close_notify();
            stream.flush().unwrap();
        }
        drop(stream);
        told.recv_timeout(LIMIT).unwrap();
    }
}
