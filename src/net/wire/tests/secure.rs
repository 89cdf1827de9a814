//! The exact sender over TLS, with certificates that are made for each test.

use std::io::Write as _;
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use tempfile::TempDir;

use crate::error::Error;
use crate::net::Dialer;
use crate::net::tls::Trust;

use super::*;

/// A CA, and a folder with its certificate.
struct Ca {
    folder: TempDir,
    issuer: Issuer<'static, KeyPair>,
}

impl Ca {
    fn new(name: &str) -> Self {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let pem = params.self_signed(&key).unwrap().pem();
        std::fs::write(folder.path().join("ca.pem"), pem).unwrap();
        Self {
            folder,
            issuer: Issuer::new(params, key),
        }
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    /// A server with a certificate for `name`, changed in some way.
    fn serve(&self, name: &str, change: impl FnOnce(&mut CertificateParams)) -> SocketAddr {
        let mut params = CertificateParams::new([name.to_owned()]).unwrap();
        change(&mut params);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        serve_tls(certificate.der().clone(), &key, answer)
    }
}

type Session = StreamOwned<ServerConnection, TcpStream>;

fn answer(stream: &mut Session) {
    while read_head(stream).is_some() {
        stream.write_all(OK).unwrap();
    }
}

fn serve_tls(
    certificate: CertificateDer<'static>,
    key: &KeyPair,
    handle: impl Fn(&mut Session) + Send + Sync + 'static,
) -> SocketAddr {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let key = PrivatePkcs8KeyDer::from(key.serialize_der());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key.into())
        .unwrap();
    let config = Arc::new(config);
    serve(move |_, stream| {
        let session = ServerConnection::new(Arc::clone(&config)).unwrap();
        handle(&mut StreamOwned::new(session, stream));
    })
}

fn trusting(trust: Trust, host: &str, address: SocketAddr) -> Connection {
    let port = address.port();
    client_with(&format!("https://{host}:{port}/"), |options| {
        options.trust = trust;
        options
            .resolve
            .push(format!("{host}:{port}:127.0.0.1").parse().unwrap());
    })
}

async fn failure(mut client: Connection) -> (String, String) {
    let failure = client.exchange(GET).await.err().unwrap();
    assert!(!failure.is_an_answer());
    let hint = failure.hint().unwrap_or_default().to_owned();
    (failure.to_string(), hint)
}

#[tokio::test]
async fn a_certificate_of_the_named_ca_is_trusted() {
    let ca = Ca::new("a CA");
    for host in ["localhost", "a.example", "127.0.0.1"] {
        let address = ca.serve(host, |_| {});
        let mut client = trusting(Trust::File(ca.file()), host, address);
        for round in 0..3 {
            let answer = client.exchange(GET).await.unwrap();
            assert_eq!(answer.body(), b"ok");
            assert_eq!(answer.timings.tls.is_some(), round == 0, "{host} {round}");
        }
    }
}

#[tokio::test]
async fn a_certificate_that_signed_itself_is_its_own_ca() {
    // What `openssl req -x509` makes.
    let mut params = CertificateParams::new(["localhost".to_owned()]).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().unwrap();
    let certificate = params.self_signed(&key).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("own.pem");
    std::fs::write(&file, certificate.pem()).unwrap();
    let address = serve_tls(certificate.der().clone(), &key, answer);
    let mut client = trusting(Trust::File(file.clone()), "localhost", address);
    assert_eq!(client.exchange(GET).await.unwrap().status(), 200);
    let (words, _) = failure(trusting(Trust::File(file), "other.example", address)).await;
    assert!(
        words.ends_with("failed: its certificate is for localhost"),
        "{words}"
    );
    let (words, hint) = failure(trusting(
        Trust::File(Ca::new("a CA").file()),
        "localhost",
        address,
    ))
    .await;
    assert!(
        words.ends_with("is signed by itself and is not trusted here"),
        "{words}"
    );
    assert!(hint.contains("--cacert") && hint.contains("--insecure"));
}

#[tokio::test]
async fn a_certificate_that_is_refused_says_why_and_which_flag_helps() {
    let ca = Ca::new("a CA");
    let known = || Trust::File(ca.file());
    let usual = ca.serve("a.example", |_| {});
    let expired = ca.serve("a.example", |params| {
        params.not_after = date_time_ymd(2001, 1, 1);
    });
    let early = ca.serve("a.example", |params| {
        params.not_before = date_time_ymd(2999, 1, 1);
    });
    let nameless = ca.serve("a.example", |params| params.subject_alt_names.clear());
    let (other, renewed) = (Ca::new("another CA"), Ca::new("a CA"));
    let stranger = Trust::File(other.file());
    let namesake = Trust::File(renewed.file());
    for (trust, host, address, why, flag) in [
        (
            namesake,
            "a.example",
            usual,
            "another CA of the same name has signed its certificate",
            "--cacert",
        ),
        (
            stranger,
            "a.example",
            usual,
            "nobody that is trusted here has signed its certificate",
            "--cacert",
        ),
        (
            known(),
            "b.example",
            usual,
            "its certificate is for a.example",
            "--resolve",
        ),
        (
            known(),
            "a.example",
            expired,
            "its certificate has expired",
            "--insecure",
        ),
        (
            known(),
            "a.example",
            early,
            "its certificate is not valid yet: is a clock wrong?",
            "--insecure",
        ),
        (
            known(),
            "a.example",
            nameless,
            "its certificate names no host (subjectAltName)",
            "--insecure",
        ),
    ] {
        let (words, hint) = failure(trusting(trust, host, address)).await;
        let port = address.port();
        assert_eq!(words, format!("TLS with {host}:{port} failed: {why}"));
        assert!(hint.contains(flag), "{why}: {hint}");
        let mut anyway = trusting(Trust::Anybody, host, address);
        assert_eq!(anyway.exchange(GET).await.unwrap().status(), 200);
    }
}

#[tokio::test]
async fn a_url_of_the_wrong_scheme_is_told_so() {
    let plain = serve(|_, mut stream| {
        let _ = std::io::Read::read(&mut stream, &mut [0; 9000]);
        let _ = stream.write_all(b"HTTP/1.1 400 Bad\r\n\r\n");
    });
    let (words, hint) = failure(trusting(Trust::Anybody, "localhost", plain)).await;
    assert!(
        words.ends_with("failed: what it answers is not TLS"),
        "{words}"
    );
    assert!(hint.contains("http://"));
    let closing = serve(|_, mut stream| {
        let _ = std::io::Read::read(&mut stream, &mut [0; 9000]);
    });
    let (words, hint) = failure(trusting(Trust::Anybody, "localhost", closing)).await;
    assert!(words.ends_with("failed: closed by the server"), "{words}");
    assert!(hint.contains("http://"));
    let silent = serve(|_, mut stream| {
        read_head(&mut stream);
    });
    let mut waiting = client_with(&url("https", silent), |options| {
        options.trust = Trust::Anybody;
        options.limit = Duration::from_millis(50);
    });
    let failure = waiting.exchange(GET).await.err().unwrap();
    assert_eq!(
        failure.to_string(),
        "no answer within 50ms: the server does not go on with TLS"
    );
    let secure = Ca::new("a CA").serve("localhost", |_| {});
    let failure = client(secure).exchange(GET).await.err().unwrap();
    assert!(
        failure.to_string().starts_with("the answer is not HTTP"),
        "{failure}"
    );
    assert!(failure.hint().unwrap().contains("https://"));
}

#[tokio::test]
async fn an_end_that_tls_does_not_vouch_for_is_doubtful() {
    for cut in [true, false] {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(["localhost".to_owned()]).unwrap();
        let certificate = params.self_signed(&key).unwrap();
        let address = serve_tls(certificate.der().clone(), &key, move |stream| {
            read_head(stream);
            stream.write_all(b"HTTP/1.1 200 OK\r\n\r\nsome").unwrap();
            if !cut {
                stream.conn.send_close_notify();
            }
            stream.flush().unwrap();
        });
        let mut client = trusting(Trust::Anybody, "localhost", address);
        let answer = client.exchange(GET).await.unwrap();
        assert_eq!((answer.body(), answer.is_doubtful()), (&b"some"[..], cut));
    }
}

#[tokio::test]
async fn a_secure_connection_that_closed_while_idle_is_made_again() {
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(["localhost".to_owned()]).unwrap();
    let certificate = params.self_signed(&key).unwrap();
    let address = serve_tls(certificate.der().clone(), &key, |stream| {
        read_head(stream);
        stream.write_all(OK).unwrap();
        stream.conn.send_close_notify();
        stream.flush().unwrap();
    });
    let mut client = trusting(Trust::Anybody, "localhost", address);
    for _ in 0..3 {
        let answer = client.exchange(GET).await.unwrap();
        assert!(answer.timings.tls.is_some());
    }
}

#[cfg(unix)]
#[tokio::test]
async fn tls_goes_through_a_unix_socket() {
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(["localhost".to_owned()]).unwrap();
    let certificate = params.self_signed(&key).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("socket");
    let listener = std::os::unix::net::UnixListener::bind(&path).unwrap();
    let secure = serve_tls(certificate.der().clone(), &key, answer);
    std::thread::spawn(move || {
        let (mut from, _) = listener.accept().unwrap();
        let mut to = TcpStream::connect(secure).unwrap();
        let mut back = (to.try_clone().unwrap(), from.try_clone().unwrap());
        std::thread::spawn(move || std::io::copy(&mut back.0, &mut back.1));
        std::io::copy(&mut from, &mut to)
    });
    let mut client = client_with("https://localhost/", |options| {
        options.trust = Trust::Anybody;
        options.unix_socket = Some(path);
    });
    let answer = client.exchange(GET).await.unwrap();
    assert_eq!(answer.status(), 200);
    assert!(answer.timings.tls.is_some());
}

#[test]
fn a_file_to_trust_is_there_and_holds_certificates() {
    let folder = tempfile::tempdir().unwrap();
    let dial = |name: &str| {
        let options = DialOptions {
            trust: Trust::File(folder.path().join(name)),
            ..DialOptions::default()
        };
        Dialer::new(&"https://h/".parse().unwrap(), options)
            .err()
            .unwrap()
    };
    assert!(matches!(dial("none.pem"), Error::File { .. }));
    for text in [
        "",
        "nothing",
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    ] {
        std::fs::write(folder.path().join("a.pem"), text).unwrap();
        assert_eq!(dial("a.pem").code(), 2, "{text}");
    }
}
