//! `--tls`.

use std::io::{Read as _, Write as _};

use super::bench::{listen, listen_with, run_in, wire_of};
use crate::harness::pushrig;

#[test]
fn a_certificate_of_its_own_is_written_for_clients_to_trust() {
    let it = listen("auto --tls self-signed --tls-cert-out ca.pem --capture c.ndjson");
    assert!(it.url("").starts_with("https://127.0.0.1:"));
    let ca = it.path("ca.pem");
    it.push("onenet.online", "")
        .any_stdout()
        .any_stderr()
        .exits(3);
    for event in ["onenet.online", "sensoro.text"] {
        let call = it
            .push(event, "--seed 1 --now 2026-11-21T20:00:00Z --cacert")
            .arg(&ca);
        call.any_stdout().exits(0);
    }
    let wire = it.wire("onenet.online", "--seed 1 --now 2026-11-21T20:00:00Z");
    let records = it.records();
    let pushed: Vec<_> = records
        .iter()
        .filter(|it| it.get("request").is_some())
        .collect();
    assert_eq!(wire_of(pushed[0]), wire);
    assert_eq!(
        (&pushed[1]["scheme"], &pushed[1]["verdict"]),
        (&"https".into(), &"valid".into())
    );
    let ended = it.stop();
    assert_eq!((ended.code, ended.counter("verified")), (Some(0), 2));
}

#[test]
fn a_certificate_of_the_users_is_served() {
    let folder = tempfile::tempdir().unwrap();
    let key = rcgen::KeyPair::generate().unwrap();
    let names = ["localhost".to_owned(), "127.0.0.1".to_owned()];
    let certificate = rcgen::CertificateParams::new(names)
        .unwrap()
        .self_signed(&key)
        .unwrap();
    std::fs::write(folder.path().join("cert.pem"), certificate.pem()).unwrap();
    std::fs::write(folder.path().join("key.pem"), key.serialize_pem()).unwrap();
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_pushrig"));
    command
        .args("listen onenet --format json --tls cert.pem,key.pem".split(' '))
        .args(super::SECRETS.split(' '));
    let it = run_in(command, folder);
    it.push("onenet.online", "--cacert")
        .arg(it.path("cert.pem"))
        .any_stdout()
        .exits(0);
}

#[test]
fn what_is_no_tls_is_told_and_kept_and_others_are_served() {
    let it = listen("onenet --tls self-signed --tls-cert-out ca.pem --capture c.ndjson");
    for garbage in [
        "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        "\x16\x03\x01\x00\x05hello",
        "\0\0\0\0\0\0",
    ] {
        let mut stream = it.connect();
        stream.write_all(garbage.as_bytes()).unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        let _ = stream.read_to_end(&mut Vec::new());
    }
    let ca = it.path("ca.pem");
    it.push("onenet.online", "--cacert")
        .arg(&ca)
        .any_stdout()
        .exits(0);
    let records = it.records();
    assert_eq!(records.len(), 4, "{records:?}");
    let unparsed = records.iter().filter(|it| it.get("unparsed").is_some());
    assert_eq!(unparsed.count(), 3);
    assert_eq!(it.stop().code, Some(0));
}

#[test]
fn a_key_that_is_missing_is_a_usage_error_and_a_bad_file_is_named() {
    pushrig("listen onenet --token a-token-of-mine --tls cert.pem")
        .stderr_has(["error: --tls: `cert.pem` names no key", "hint: "])
        .exits(2);
    pushrig("listen onenet --token a-token-of-mine --tls cert.pem,key.pem")
        .stderr_has(["cert.pem"])
        .exits(3);
    pushrig("listen onenet --token a-token-of-mine --tls-cert-out ca.pem")
        .stderr_has(["--tls"])
        .exits(2);
    drop(listen_with("onenet", &["--tls", "self-signed"]));
}
