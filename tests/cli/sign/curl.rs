//! `--as curl`: what a shell and curl make of it, byte for byte.
//!
//! Only where there is a POSIX shell.
#![cfg(unix)]

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::thread;

use crate::harness::pushrig;

/// Bodies that a shell, an argument list or curl itself could break.
fn odd_bodies() -> Vec<(&'static str, Vec<u8>)> {
    let text = |text: &str| text.as_bytes().to_vec();
    let every_byte: Vec<u8> = (0..=255).collect();
    vec![
        ("plain", text(r#"{"a":1}"#)),
        ("quotes", text(r#"{"a":"it's \"so\" `so` ''"}"#)),
        ("newlines", text("{\n\t\"a\":\r\n1\n}\n\n")),
        ("dollars", text(r#"{"a":"$HOME ${HOME} $(id) $'x' !! #"}"#)),
        ("backslashes", text(r#"{"a":"\\ \n \u0041 \\\\'\\"}"#)),
        ("an at sign", text("@/etc/hostname")),
        ("a dash", text("-d x")),
        ("a lone quote", text("'")),
        ("blanks", text("  \u{a0} ")),
        ("percent signs", text("%s %d %% \\045")),
        ("UTF-8", text("{\"名\":\"离线 é 😀\"}")),
        ("control characters", text("\u{1}\u{7f}\u{1b}[31m\u{8}")),
        ("not UTF-8", b"{\"a\":\"\xff\xfe\x80\"}".to_vec()),
        ("every byte", every_byte),
        ("NUL", b"a\0b\n".to_vec()),
        (
            "200 kB of text",
            format!("{{\"a\":\"{}\"}}", "x'\\ é".repeat(33_000)).into_bytes(),
        ),
        (
            "200 kB of bytes",
            (0..=255).cycle().step_by(7).take(200_000).collect(),
        ),
    ]
}

const FIXED: &str = "sign tencent --token a-token-of-mine --seed 5 --now 1604458421";

fn composed(form: &str, url: &str, body: &[u8]) -> Vec<u8> {
    pushrig(FIXED)
        .args(["--as", form, "--url", url, "--body", "@body"])
        .file("body", body)
        .any_stdout()
        .exits(0)
        .stdout
}

/// Runs a script, and hands out what `curl` was given: arguments and standard input.
fn through_a_shell(script: &[u8]) -> (Vec<Vec<u8>>, Vec<u8>) {
    let scratch = tempfile::tempdir().unwrap();
    // The function stands for curl, so that nothing but the shell reads the arguments.
    let mut text = b"curl() { for a in \"$@\"; do printf '%s\\0' \"$a\"; done >argv
        case \" $* \" in *' @- '*) cat >input;; *) : >input;; esac; }\n"
        .to_vec();
    text.extend_from_slice(script);
    fs::write(scratch.path().join("script"), text).unwrap();
    let status = Command::new("sh")
        .arg("script")
        .current_dir(scratch.path())
        .stdin(Stdio::null())
        .status()
        .unwrap();
    assert!(status.success());
    let given = fs::read(scratch.path().join("argv")).unwrap();
    let mut args: Vec<_> = given.split(|&byte| byte == 0).map(<[u8]>::to_vec).collect();
    args.pop();
    (args, fs::read(scratch.path().join("input")).unwrap())
}

#[test]
fn a_shell_hands_curl_the_exact_body() {
    let url = "http://example.com:8000/push?x=it's&y=$HOME&z=a+b";
    for (name, body) in odd_bodies() {
        let (args, input) = through_a_shell(&composed("curl", url, &body));
        let at = args
            .iter()
            .position(|arg| arg.starts_with(b"--data-"))
            .unwrap_or_else(|| panic!("{name}: curl gets no body"));
        let value = &args[at + 1];
        let sent = if value == b"@-" { &input } else { value };
        assert_eq!(
            String::from_utf8_lossy(sent),
            String::from_utf8_lossy(&body),
            "{name}"
        );
        assert_eq!(*sent, body, "{name}");
        let reads_a_file =
            args[at] == b"--data-binary" && value.starts_with(b"@") && value != b"@-";
        assert!(!reads_a_file, "{name}: curl would read a file");
        assert!(args.contains(&url.as_bytes().to_vec()), "{name}: {args:?}");
        assert!(args.contains(&b"Timestamp: 1604458421".to_vec()), "{name}");
    }
}

/// Receives one request as it is on the wire, and answers it.
fn receive(listener: &TcpListener) -> Vec<u8> {
    let (mut stream, _) = listener.accept().unwrap();
    let mut bytes = Vec::new();
    let head = loop {
        read_more(&mut stream, &mut bytes);
        if let Some(at) = memchr::memmem::find(&bytes, b"\r\n\r\n") {
            break at + 4;
        }
    };
    let text = String::from_utf8_lossy(&bytes[..head]).to_lowercase();
    let length = text
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "))
        .map_or(0, |length| length.parse().unwrap());
    while bytes.len() < head + length {
        read_more(&mut stream, &mut bytes);
    }
    stream
        .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        .unwrap();
    bytes
}

fn read_more(stream: &mut TcpStream, bytes: &mut Vec<u8>) {
    let mut block = vec![0; 65_536];
    let count = stream.read(&mut block).unwrap();
    assert_ne!(count, 0, "curl went away");
    bytes.extend_from_slice(&block[..count]);
}

fn curl_is_installed() -> bool {
    let found = Command::new("curl").arg("--version").output().is_ok();
    if !found {
        #[expect(clippy::print_stderr, reason = "what a test leaves out is to be seen")]
        {
            eprintln!("left out: there is no curl here");
        }
    }
    found
}

/// What curl sends when the command is pasted into a shell.
fn through_curl(listener: TcpListener, script: Vec<u8>) -> Vec<u8> {
    let server = thread::spawn(move || receive(&listener));
    let scratch = tempfile::tempdir().unwrap();
    fs::write(scratch.path().join("script"), script).unwrap();
    let output = Command::new("sh")
        .arg("script")
        .current_dir(scratch.path())
        .env("no_proxy", "*")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    server.join().unwrap()
}

/// Request line, header lines in alphabetical order, body: curl puts Host and Content-Length
/// where it likes.
fn parts(wire: &[u8]) -> (String, Vec<String>, Vec<u8>) {
    let head = memchr::memmem::find(wire, b"\r\n\r\n").unwrap();
    let text = String::from_utf8(wire[..head].to_vec()).unwrap();
    let mut lines = text.split("\r\n").map(str::to_owned);
    let first = lines.next().unwrap();
    let mut headers: Vec<_> = lines.collect();
    headers.sort();
    (first, headers, wire[head + 4..].to_vec())
}

#[test]
fn curl_sends_the_request_byte_for_byte() {
    if !curl_is_installed() {
        return;
    }
    for (name, body) in odd_bodies() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!(
            "http://{}/push/../a?x='1'&y=%2F+",
            listener.local_addr().unwrap()
        );
        let expected = parts(&composed("request", &url, &body));
        let sent = parts(&through_curl(listener, composed("curl", &url, &body)));
        assert_eq!(sent.0, expected.0, "{name}");
        assert_eq!(sent.1, expected.1, "{name}");
        assert!(sent.2 == expected.2, "{name}: another body");
    }
}

#[test]
fn curl_sends_every_platforms_request_and_handshake() {
    if !curl_is_installed() {
        return;
    }
    for call in [
        "onenet --token a-token-of-mine --msg {\"a\":\"&\"}",
        "onenet --token a-token-of-mine --handshake",
        "onenet-studio-push --token a-token-of-mine --msg {\"a\":1}",
        "onenet-studio-push --token a-token-of-mine --handshake",
        "tencent --token a-token-of-mine --handshake",
        "sensoro --app-secret a-secret-of-mine --app-id app --body {\"data\":{}}",
        "wechat --token a-token-of-mine --handshake",
        "huawei-iotda --token a-token-of-mine --body {}",
        "standard-webhooks --token whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw --body {}",
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/push", listener.local_addr().unwrap());
        let composed = |form: &str| {
            let call = format!("sign {call} --as {form} --url {url} --seed 1 --now 1604458421");
            pushrig(&call).any_stdout().exits(0).stdout
        };
        let sent = through_curl(listener, composed("curl"));
        assert_eq!(parts(&sent), parts(&composed("request")), "{call}");
    }
}
