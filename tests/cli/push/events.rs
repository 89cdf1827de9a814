//! Every event of every platform, judged by receivers that know nothing of pushrig.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use md5::{Digest as _, Md5};
use sha1::Sha1;
use sha2::Sha256;

use super::{FIXED, SECRETS, always, push};
use crate::harness::pushrig;
use crate::server::{Received, Reply, Server};

const TOKEN: &str = "a-token-of-mine";
const APP_SECRET: &str = "a-secret-of-mine";

/// Platforms and events, as `samples` lists them.
pub(crate) fn events() -> Vec<(String, String)> {
    let lines = pushrig("samples --format json")
        .any_stdout()
        .exits(0)
        .json();
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    lines
        .iter()
        .map(|line| (text(&line["platform"]), text(&line["event"])))
        .collect()
}

/// A receiver as its user would write it: raw bytes in, yes or no.
pub(crate) fn is_right(platform: &str, request: &Received, token: &str, app_secret: &str) -> bool {
    let header = |name| request.header(name).unwrap_or_default();
    match platform {
        "onenet" => {
            let body = String::from_utf8(request.body()).unwrap();
            let rest = body.strip_prefix("{\"msg\":").unwrap();
            let (msg, rest) = rest.rsplit_once(",\"msg_signature\":\"").unwrap();
            let (signature, rest) = rest.split_once("\",\"nonce\":\"").unwrap();
            let nonce = rest.strip_suffix("\"}").unwrap();
            STANDARD.encode(Md5::digest(format!("{token}{nonce}{msg}"))) == signature
        }
        "onenet-studio-push" => {
            let body: serde_json::Value = serde_json::from_slice(&request.body()).unwrap();
            let text = |name: &str| body[name].as_str().unwrap().to_owned();
            let input = format!("{token}{}{}", text("nonce"), text("msg"));
            STANDARD.encode(Md5::digest(input)) == text("signature")
        }
        "tencent" => {
            let mut parts = [token.to_owned(), header("Timestamp"), header("Nonce")];
            parts.sort();
            hex::encode(Sha1::digest(parts.concat())) == header("Signature")
        }
        _ => {
            let mut mac = Hmac::<Sha256>::new_from_slice(app_secret.as_bytes()).unwrap();
            let url = format!("http://{}{}", header("Host"), request.target());
            mac.update(format!("{}POST{url}", header("X-ACCESS-NONCE")).as_bytes());
            mac.update(&request.body());
            STANDARD.encode(mac.finalize().into_bytes()) == header("X-ACCESS-SIGNATURE")
        }
    }
}

fn receiver(platform: &str, token: &'static str, app_secret: &'static str) -> Server {
    let platform = platform.to_owned();
    Server::start(move |request| {
        assert_eq!(request.method(), "POST");
        if is_right(&platform, request, token, app_secret) {
            Reply::ok()
        } else {
            Reply::status(403).body("no entry")
        }
    })
}

#[test]
fn every_event_of_every_platform_is_accepted_by_a_right_receiver() {
    for (platform, event) in events() {
        let server = receiver(&platform, TOKEN, APP_SECRET);
        let name = format!("{platform}.{event}");
        push(&name, &server, SECRETS)
            .stdout_has([format!("pass   {name}  {platform}  200  ")])
            .exits(0);
        assert_eq!(server.received().len(), 1);
    }
}

#[test]
fn every_event_of_every_platform_is_refused_by_a_receiver_with_another_secret() {
    for (platform, event) in events() {
        let server = receiver(&platform, "another-token", "another-secret");
        let name = format!("{platform}.{event}");
        push(&name, &server, SECRETS)
            .stdout_has([
                format!("fail   {name}  {platform}  403  "),
                "the status is 403: ".to_owned(),
                "body      no entry\n".to_owned(),
                "timing    connect ".to_owned(),
                "next      ".to_owned(),
            ])
            .exits(1);
    }
}

#[test]
fn every_event_verifies_by_the_bytes_that_arrived() {
    for (platform, event) in events() {
        for sealed in ["", "--encrypt"] {
            if platform == "tencent" && !sealed.is_empty() {
                continue;
            }
            let key = match platform.as_str() {
                "onenet" => "--aes-key whBx2ZwAU5LOHVimPj1MPx56QRe3OsGGWRe4dr17crV",
                "onenet-studio-push" => "--aes-key cz0Y93YkGH6Jyvoi",
                _ => "--app-key abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG",
            };
            let server = always(200);
            let name = format!("{platform}.{event}");
            push(&name, &server, &format!("{SECRETS} {key} {sealed}"))
                .any_stdout()
                .exits(0);
            let arrived = server.received().remove(0);
            pushrig(&format!(
                "verify {platform} - {SECRETS} {key} --public-url http://{}/",
                server.address()
            ))
            .stdin(&arrived.raw)
            .stdout_has([format!("valid       <stdin>:1  {platform} ")])
            .any_stderr()
            .exits(0);
        }
    }
}

#[test]
fn what_a_dry_run_prints_is_what_is_sent() {
    for (platform, event) in events() {
        let server = always(200);
        let name = format!("{platform}.{event}");
        let rest = format!("{SECRETS} {FIXED} --count 2 -H X-Mine:1");
        let printed = push(&name, &server, &format!("{rest} --dry-run"))
            .any_stdout()
            .exits(0);
        assert_eq!(server.connections(), 0, "a dry run dials nothing");
        push(&name, &server, &rest).any_stdout().exits(0);
        let arrived: Vec<_> = server.received().into_iter().map(|it| it.raw).collect();
        assert_eq!(arrived.concat(), printed.stdout, "{name}");
        assert_ne!(arrived[0], arrived[1], "{name}: each event is a fresh one");
    }
}

#[test]
fn a_dry_run_prints_curl_commands_records_and_lines_of_json_too() {
    let call = format!("push tencent.report http://h.example/iot {SECRETS} {FIXED} --dry-run");
    pushrig(&format!("{call} --as curl"))
        .stdout_has(["curl 'http://h.example/iot'", "-H 'Signature: "])
        .exits(0);
    let record = pushrig(&format!("{call} --as record"))
        .any_stdout()
        .exits(0)
        .one_json();
    assert_eq!(record["platform"], "tencent");
    assert_eq!(record["request"]["target"], "/iot");
    for (form, kind) in [("request", "request"), ("curl", "curl")] {
        let line = pushrig(&format!("{call} --format json --as {form}"))
            .any_stdout()
            .exits(0)
            .one_json();
        assert_eq!(line["type"], kind);
        assert!(
            line["text"]
                .as_str()
                .unwrap()
                .contains("Timestamp: 1795291200")
        );
    }
    pushrig(&format!(
        "push tencent.report http://h.example/ {SECRETS} --as curl"
    ))
    .any_stderr()
    .exits(2);
}

#[test]
fn an_accepted_push_is_one_line_and_a_line_of_json_with_a_summary() {
    let server = always(200);
    let lines = push(
        "onenet.online",
        &server,
        &format!("{SECRETS} --format json"),
    )
    .any_stdout()
    .exits(0)
    .json();
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[0]["type"], "case");
    assert_eq!(lines[0]["id"], "onenet.online");
    assert_eq!(lines[0]["platform"], "onenet");
    assert_eq!(lines[0]["outcome"], "pass");
    assert_eq!(lines[0]["why"], serde_json::Value::Null);
    assert_eq!(lines[0]["status"], 200);
    assert!(lines[0]["ms"].as_f64().unwrap() > 0.0);
    assert_eq!(lines[1]["type"], "summary");
    assert_eq!(lines[1]["passed"], 1);
    let human = push("onenet.online", &server, SECRETS)
        .any_stdout()
        .exits(0);
    assert_eq!(human.text().lines().count(), 1, "{}", human.text());
}
