//! Certificates and keys of files, and those that are made.
//!
//! The files under `tests/fixtures/tls` were written by openssl, for these tests alone.

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, RootCertStore, ServerConnection};
use tempfile::TempDir;

use super::*;

const RSA: &str = include_str!("../../../../tests/fixtures/tls/rsa.pem");
const PKCS1: &str = include_str!("../../../../tests/fixtures/tls/rsa.pkcs1.pem");
const EC: &str = include_str!("../../../../tests/fixtures/tls/ec.pem");
const SEC1: &str = include_str!("../../../../tests/fixtures/tls/ec.sec1.pem");
const LOCKED: &str = include_str!("../../../../tests/fixtures/tls/ec.locked.pem");

/// A folder with both files.
fn files(certificates: &str, key: &str) -> (TempDir, Identity) {
    let folder = tempfile::tempdir().unwrap();
    let place = |name, text| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path
    };
    let identity = Identity::Files {
        certificates: place("own.pem", certificates),
        key: place("key.pem", key),
    };
    (folder, identity)
}

fn pkcs8() -> (String, String) {
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(["localhost".to_owned()]).unwrap();
    (params.self_signed(&key).unwrap().pem(), key.serialize_pem())
}

#[test]
fn keys_of_three_formats_are_taken_and_the_certificates_given_back() {
    let (made, key) = pkcs8();
    for (certificate, key) in [(RSA, PKCS1), (EC, SEC1), (made.as_str(), key.as_str())] {
        let (_folder, identity) = files(certificate, key);
        let served = server_config(&identity).unwrap();
        assert_eq!(served.certificates(), certificate.replace('\r', ""));
        assert!(!format!("{served:?}").contains("PRIVATE"));
    }
    // One file may have both; the key is not given back.
    let (_folder, mut identity) = files(&format!("{SEC1}{EC}"), "");
    if let Identity::Files { certificates, key } = &mut identity {
        key.clone_from(certificates);
    }
    assert_eq!(server_config(&identity).unwrap().certificates(), EC);
}

#[test]
fn a_pair_that_is_none_is_told_with_the_name_of_its_file() {
    let cut = &SEC1[..SEC1.len() / 2];
    let damaged = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    for (certificate, key, file, what) in [
        (
            RSA,
            SEC1,
            "key.pem",
            "it is not the key of the certificate in ",
        ),
        (EC, RSA, "key.pem", "there is no private key in it"),
        (EC, "", "key.pem", "there is no private key in it"),
        (EC, LOCKED, "key.pem", "its key is encrypted"),
        (
            EC,
            cut,
            "key.pem",
            "the key is damaged: its -----END line is missing",
        ),
        (SEC1, SEC1, "own.pem", "there is no certificate in it"),
        ("", SEC1, "own.pem", "there is no certificate in it"),
        (damaged, SEC1, "own.pem", "the certificate is damaged: "),
        (
            &EC[..EC.len() / 2],
            SEC1,
            "own.pem",
            "a certificate is damaged: its -----END",
        ),
    ] {
        let (folder, identity) = files(certificate, key);
        let why = server_config(&identity).unwrap_err();
        assert_eq!(why.code(), 2, "{why}");
        let name = folder.path().join(file).display().to_string();
        assert!(
            why.to_string().starts_with(&format!("{name}: {what}")),
            "{why}"
        );
    }
}

#[test]
fn a_file_that_is_not_there_is_told_with_its_name() {
    for missing in ["own.pem", "key.pem"] {
        let (folder, identity) = files(EC, SEC1);
        fs::remove_file(folder.path().join(missing)).unwrap();
        let why = server_config(&identity).unwrap_err();
        assert_eq!(why.code(), 3);
        assert!(why.to_string().ends_with(missing), "{why}");
    }
}

/// Whether a client that trusts a server reaches it by this name.
fn is_reached(own: &Served, name: &str) -> bool {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(own.certificates().as_bytes()) {
        roots.add(certificate.unwrap()).unwrap();
    }
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let mut client = ClientConnection::new(
        Arc::new(config),
        ServerName::try_from(name.to_owned()).unwrap(),
    )
    .unwrap();
    let mut server = ServerConnection::new(Arc::clone(&own.config)).unwrap();
    let mut wire = Vec::new();
    while client.is_handshaking() {
        wire.clear();
        client.write_tls(&mut wire).unwrap();
        server.read_tls(&mut wire.as_slice()).unwrap();
        server.process_new_packets().unwrap();
        wire.clear();
        server.write_tls(&mut wire).unwrap();
        client.read_tls(&mut wire.as_slice()).unwrap();
        if client.process_new_packets().is_err() {
            return false;
        }
    }
    true
}

#[test]
fn a_certificate_that_is_made_is_for_this_machine_and_its_host() {
    for host in ["push.example", "192.0.2.7"] {
        let made = server_config(&Identity::SelfSigned { host: host.into() }).unwrap();
        for name in ["localhost", "127.0.0.1", "::1", host] {
            assert!(is_reached(&made, name), "{name}");
        }
        assert!(!is_reached(&made, "other.example"));
    }
    let none = server_config(&Identity::SelfSigned { host: "ü".into() });
    assert_eq!(none.unwrap_err().code(), 2);
}
