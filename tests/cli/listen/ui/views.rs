//! A record whole, and what of it is never shown.

use std::io::{ErrorKind, Read as _, Write as _};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{open, wait_for};
use crate::harness::pushrig;
use crate::leaks;
use crate::listen::bench::listen;

#[test]
fn a_record_is_shown_as_it_came_with_its_proof() {
    let running = open("sensoro --capture c.ndjson");
    running.takes("sensoro.event", "");
    wait_for(&running, 1);
    let record = running.record(1);
    assert_eq!(
        record["headers"],
        running.records()[0]["request"]["headers"]
    );
    assert_eq!(record["method"], "POST");
    assert_eq!(record["version"], "HTTP/1.1");
    let body = running.records()[0]["request"]["body"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(record["body"]["text"], body.as_str());
    assert_eq!(record["body"]["raw"], STANDARD.encode(&body));
    assert!(
        record["body"]["pretty"]
            .as_str()
            .unwrap()
            .starts_with("{\n  \"")
    );
    assert_eq!(record["response"]["status"], 200);
    let explanation = &record["explanation"];
    assert_eq!(explanation["verdict"], "valid");
    let parts = explanation["base_string"].as_array().unwrap();
    let names: Vec<_> = parts
        .iter()
        .map(|part| part["part"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["nonce", "method", "url", "body"]);
    assert!(record["age"].as_str().unwrap().starts_with("fresh"));
}

#[test]
fn a_secret_in_the_base_string_is_its_length_and_no_more() {
    let running = open("onenet");
    running.takes("onenet.online", "");
    wait_for(&running, 1);
    let base = running.record(1)["explanation"]["base_string"].clone();
    assert_eq!(base[0]["secret"], true);
    assert_eq!(base[0]["bytes"], 15);
    assert!(base[0].get("text").is_none(), "{base}");
}

#[test]
fn a_wrong_signature_is_explained_as_explain_does() {
    let running = open("sensoro");
    let wire = String::from_utf8(running.wire("sensoro.event", "")).unwrap();
    let (head, body) = wire.split_once("\r\n\r\n").unwrap();
    let spaced = body.replace("\":", "\": ");
    let length = format!("Content-Length: {}", spaced.len());
    let head = head.replace(&format!("Content-Length: {}", body.len()), &length);
    running.raw(format!("{head}\r\nConnection: close\r\n\r\n{spaced}"));
    wait_for(&running, 1);
    let record = running.record(1);
    let mistake = &record["explanation"]["mistakes"][0];
    assert_eq!(mistake["of"], "received");
    assert!(
        mistake["advice"].as_str().unwrap().contains("bytes"),
        "{mistake}"
    );
    let difference = record["differences"][0].as_str().unwrap();
    assert!(
        difference.contains("signed") && difference.contains('^'),
        "{difference}"
    );
    assert_eq!(record["entry"]["is_right"], false);
    assert_eq!(
        record["entry"]["mistake"]
            .as_str()
            .unwrap()
            .split(" [")
            .count(),
        2
    );
}

#[test]
fn the_attempts_of_a_message_stand_beside_the_schedule() {
    let running = open("tencent --fault status=500:first=1");
    // What is not welcome is counted by itself.
    let url = running.url("/push");
    pushrig(&format!("push tencent.report {url} --token another-token"))
        .any_stdout()
        .any_stderr()
        .exits(1);
    running.takes("tencent.report", "--retry 1s");
    running.takes("tencent.event", "");
    wait_for(&running, 4);
    let chain = running.record(3)["chain"].clone();
    assert_eq!(chain["count"], 2);
    assert_eq!(chain["accepted"], serde_json::json!([false, true]));
    let attempts = chain["attempts"].as_array().unwrap();
    let found: Vec<_> = attempts
        .iter()
        .map(|it| (&it["id"], &it["status"]))
        .collect();
    assert_eq!(found, [(&2.into(), &500.into()), (&3.into(), &200.into())]);
    assert_eq!(chain["pauses"], serde_json::json!([1.0, 3.0, 10.0]));
    assert_eq!(chain["as_scheduled"], true, "{chain}");
    assert_eq!(
        running.record(2)["chain"]["count"],
        2,
        "of the first one, too"
    );
    for id in [1, 4] {
        assert!(running.record(id)["chain"].is_null(), "{id}");
    }
}

#[test]
fn a_sealed_message_is_shown_opened() {
    let key = "a".repeat(43);
    let running = listen(&format!("onenet --aes-key {key} --ui"));
    let words = format!("--encrypt --aes-key {key}");
    running.takes("onenet.datapoint", &words);
    wait_for(&running, 1);
    let record = running.record(1);
    assert_eq!(record["is_sealed"], true);
    let opened = record["message"]["pretty"].as_str().unwrap();
    assert!(opened.contains("\"type\""), "{opened}");
    assert!(
        !running
            .get("record/1")
            .body
            .windows(43)
            .any(|it| it == key.as_bytes())
    );
}

#[test]
fn what_no_parser_takes_is_shown_byte_for_byte() {
    let running = open("onenet");
    running.raw(b"NONSENSE \x1b[2J\xff\r\n\r\n");
    wait_for(&running, 1);
    let record = running.record(1);
    assert_eq!(record["entry"]["kind"], "unparsed");
    assert_eq!(record["body"]["kind"], "binary");
    let raw = STANDARD
        .decode(record["body"]["raw"].as_str().unwrap())
        .unwrap();
    assert_eq!(raw, b"NONSENSE \x1b[2J\xff\r\n\r\n");
    assert_eq!(running.get("curl/1").status(), 404);
}

#[test]
fn no_answer_but_the_export_ever_repeats_a_secret() {
    let mut running = open("onenet --capture c.ndjson --respond a-token-of-mine --accept-all");
    let secrets = ["a-token-of-mine", "a-secret-of-mine"].map(|it| it.as_bytes().to_vec());
    let [token, other] = ["a-token-of-mine", "a-secret-of-mine"];
    let encoded = STANDARD.encode(token);
    let body = format!(
        "{{\"token\":\"{token}\",\"b\":\"{encoded}\",\"c\":\"{}\"}}",
        hex::encode(other)
    );
    running.raw(format!(
        "POST /{token}?t={other} HTTP/1.1\r\nHost: {token}\r\nX-{token}: {encoded}\r\n\
         Connection: close\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    ));
    running.raw(format!("BROKEN {token}\r\n\r\n"));
    running.takes("onenet.online", "");
    wait_for(&running, 3);
    let mut events = running.events("");
    let mut told = String::new();
    for _ in 0..4 {
        told.push_str(&events.next().unwrap().data.to_string());
    }
    let mut answers = vec![told.into_bytes()];
    for name in [
        "record/1",
        "record/1?whole",
        "record/2",
        "record/3",
        "curl/1",
        "curl/3",
    ] {
        let answer = running.get(name);
        assert_eq!(answer.status(), 200, "{name}");
        answers.push(answer.body);
    }
    let own = [
        running.host(),
        "X-Pushrig: 1".to_owned(),
        format!("Origin: http://{}", running.address()),
    ];
    let own = [&*own[0], &*own[1], &*own[2]];
    let resent = running.ask("POST", &running.page("resend/1"), &own, r#"{"to":"here"}"#);
    assert_eq!(resent.json()["status"], 200);
    answers.push(resent.body);
    for answer in answers {
        let found = leaks::find(&answer, &secrets);
        assert!(
            found.is_empty(),
            "{found:?}: {}",
            String::from_utf8_lossy(&answer)
        );
    }
    for line in &[(); 4].map(|()| running.next()) {
        let found = leaks::find(line.to_string().as_bytes(), &secrets);
        assert!(found.is_empty(), "{found:?}: {line}");
    }
    // What was told is not what was kept.
    let export = running.get("export?ids=1-3").body;
    let capture = std::fs::read(running.path("c.ndjson")).unwrap();
    assert!(
        capture.starts_with(&export),
        "{}",
        String::from_utf8_lossy(&export)
    );
    assert!(!leaks::find(&export, &secrets).is_empty());
}

#[test]
fn a_wrong_answer_of_the_server_behind_is_said() {
    let server = listen("onenet --respond 500");
    let running = open(&format!("onenet --forward http://{}", server.address()));
    running
        .push("onenet.online", "--retry none")
        .any_stdout()
        .any_stderr()
        .exits(1);
    wait_for(&running, 1);
    let entry = running.record(1)["entry"].clone();
    assert_eq!(
        (&entry["verdict"], &entry["status"]),
        (&"valid".into(), &500.into())
    );
    assert!(entry["wrong"].as_str().unwrap().contains("500"), "{entry}");
}

#[test]
fn neither_a_method_nor_a_label_nor_a_quoted_command_repeats_a_secret() {
    let quoted = "text:it's-a-tok\\en";
    let flags = ["--ui", "--accept-all", "--token", quoted];
    let running = super::super::bench::listen_with("onenet-studio-push", &flags);
    let secrets = ["a-token-of-mine", "it's-a-tok\\en"].map(|it| it.as_bytes().to_vec());
    let body = r#"{"id":"a-token-of-mine","x":1}"#;
    for _ in 0..2 {
        running.raw(format!(
            "a-token-of-mine / HTTP/1.1\r\nHost: x\r\nX-T: it's-a-tok\\en\r\n\
             Connection: close\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        ));
    }
    wait_for(&running, 2);
    for name in ["record/1", "record/2", "curl/1"] {
        let answer = running.get(name);
        assert_eq!(answer.status(), 200, "{name}");
        let found = leaks::find(&answer.body, &secrets);
        let text = String::from_utf8_lossy(&answer.body);
        assert!(found.is_empty(), "{name} {found:?}: {text}");
        assert!(!text.contains("a-tok\\"), "{text}");
    }
}

#[test]
fn a_call_of_the_page_that_breaks_is_nobodys_record() {
    let running = open("onenet --capture c.ndjson");
    let target = running.page("resend/1");
    running.raw(format!(
        "POST {target} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"
    ));
    running.takes("onenet.online", "");
    let records = running.records();
    assert_eq!(records.len(), 1, "{records:?}");
}

#[test]
fn the_platform_does_not_wait_while_a_mistake_is_looked_for() {
    let running = open("onenet");
    let push = running.wire("onenet.online", "");
    // As long as may be, and with so many members that all orders of them are tried.
    let mut body = br#"{"msg":{"at":1,"b":2,"c":3,"d":4,"e":5,"f":6,"g":7,"h":""#.to_vec();
    body.resize((64 << 10) - 100, b'x');
    body.extend_from_slice(br#""},"msg_signature":"AAAAAAAAAAAAAAAAAAAAAA==","nonce":"abc"}"#);
    let head = format!(
        "POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: {}",
        body.len()
    );
    let wrong = [head.as_bytes(), b"\r\nConnection: close\r\n\r\n", &body].concat();
    running.raw(wrong);
    let mut page = running.connect();
    let (path, host) = (running.page("record/1"), running.host());
    write!(page, "GET {path} HTTP/1.1\r\n{host}\r\n\r\n").unwrap();
    let mut platform = running.connect();
    platform.write_all(&push).unwrap();
    let mut answer = [0; 12];
    platform.read_exact(&mut answer).unwrap();
    assert_eq!(answer, *b"HTTP/1.1 200");
    page.set_nonblocking(true).unwrap();
    let early = page.read(&mut [0; 1]).unwrap_err();
    assert_eq!(early.kind(), ErrorKind::WouldBlock, "it came before");
    page.set_nonblocking(false).unwrap();
    page.read_exact(&mut [0; 1]).unwrap();
}

#[test]
fn however_long_a_record_is_its_answer_is_not_and_says_what_is_left_out() {
    let running = open("sensoro");
    let wire = String::from_utf8(running.wire("sensoro.event", "")).unwrap();
    let (head, body) = wire.split_once("\r\n\r\n").unwrap();
    let head = head.replace("/push", &format!("/push?{}", "x".repeat(50_000)));
    for (size, id) in [(60_000, 1), (600_000, 2)] {
        let long = "y".repeat(size);
        let (old, new) = (body.len(), long.len());
        let head = head.replace(&format!("h: {old}"), &format!("h: {new}"));
        running.raw(format!("{head}\r\nConnection: close\r\n\r\n{long}"));
        wait_for(&running, id);
    }
    let (short, long) = (running.get("record/1"), running.get("record/2"));
    for answer in [&short, &long] {
        assert!(answer.body.len() < 1 << 20, "{}", answer.body.len());
    }
    let base = short.json()["explanation"]["base_string"].clone();
    let last = base.as_array().unwrap().last().unwrap();
    let shown = last["text"].as_str().unwrap().len() as u64;
    assert_eq!(last["bytes"], 60_000);
    assert!(shown < 20_000, "{shown}");
    assert_eq!(last["more_bytes"], 60_000 - shown);
    assert_eq!(short.json()["is_too_long"], false);
    assert_eq!(long.json()["is_too_long"], true);
    assert_eq!(long.json()["body"]["is_cut"], true);
}

#[test]
fn a_secret_is_hidden_in_the_spellings_of_libraries_and_where_secrets_overlap() {
    let key = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    let flags = ["--accept-all", "--ui", "--token", key];
    let running = super::super::bench::listen_with("onenet", &flags);
    let bytes = STANDARD.decode(&key[6..]).unwrap();
    let basic = STANDARD.encode("user:a-token-of-mine");
    let body = format!(
        r#"{{"a":"\u0061-token-of\u002dmine","b":"{}","c":"{}"}}"#,
        &key[6..],
        hex::encode(&bytes)
    );
    running.raw(format!(
        "POST /%61-token%2dof-mine HTTP/1.1\r\nHost: a\r\nAuthorization: Basic {basic}\r\n\
         Connection: close\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    ));
    wait_for(&running, 1);
    let record = running.record(1);
    assert_eq!(record["target"], "/[secret]");
    assert_eq!(record["headers"][1][1], "Basic dXNlcjp[secret]=");
    let text = record["body"]["text"].as_str().unwrap();
    let stars = |count| "*".repeat(count);
    let (a, b, c) = (stars(25), stars(key.len() - 6), stars(2 * bytes.len()));
    assert_eq!(text, format!(r#"{{"a":"{a}","b":"{b}","c":"{c}"}}"#));
    let curl = String::from_utf8(running.get("curl/1").body).unwrap();
    for part in ["token", &key[10..20], &basic[12..20]] {
        assert!(!curl.contains(part), "{part}: {curl}");
    }
}
