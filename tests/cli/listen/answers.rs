//! What it answers: handshakes, pushes, what is signed wrongly, a user's own answers.

use super::bench::{listen, listen_with};
use crate::harness::pushrig;

#[test]
fn every_handshake_is_answered_with_exactly_its_echo() {
    for platform in ["onenet", "onenet-studio-push", "tencent", "wechat"] {
        let it = listen(&format!("{platform} --capture c.ndjson"));
        pushrig(&format!(
            "handshake {platform} {} --strict --token a-token-of-mine",
            it.url("/push")
        ))
        .any_stdout()
        .any_stderr()
        .exits(0);
        let ended = it.stop();
        assert!(ended.counter("handshakes") >= 1, "{platform}");
        assert!(ended.counter("refused") >= 1, "{platform}");
    }
}

#[test]
fn a_wrong_signature_is_refused_without_a_word_and_the_terminal_and_the_record_say_why() {
    let mut it = listen("auto --capture c.ndjson");
    let wire = pushrig(&format!(
        "push onenet.online {} --dry-run --as request --token",
        it.url("/push")
    ))
    .arg("a-token-of-mine ")
    .any_stdout()
    .any_stderr()
    .exits(0)
    .stdout;
    let close = String::from_utf8(wire)
        .unwrap()
        .replace("Keep-Alive", "close");
    let answer = it.raw(&close);
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert_eq!(body, "");
    assert!(head.starts_with("HTTP/1.1 403 Forbidden\r\n"), "{answer}");
    for line in head.lines().skip(1) {
        let name = line.split(':').next().unwrap();
        assert!(
            ["Content-Length", "Date", "Connection"].contains(&name),
            "{line}"
        );
    }
    let line = it.next();
    assert_eq!(
        (&line["outcome"], &line["why"]),
        (&"skip".into(), &"refused: mismatch".into())
    );
    let record = &it.records()[0];
    let why = record["why"].as_str().unwrap();
    assert!(
        why.contains("the mistake: ") && why.contains("[secret."),
        "{why}"
    );
    let warnings = line["warnings"].to_string();
    assert!(warnings.contains("[secret."), "{warnings}");
    let ended = it.stop();
    assert_eq!(
        ended.code,
        Some(0),
        "a refused push is no failure of the receiver"
    );
    let all = format!("{:?}{}", ended.lines, ended.talk);
    assert!(!all.contains("a-token-of-mine"));
}

#[test]
fn what_is_not_signed_and_what_is_nobodys_is_refused_too() {
    let it = listen("onenet");
    it.push("onenet.online", "--unsigned").any_stdout().exits(1);
    let answer = it.raw("GET /favicon.ico HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    assert!(answer.starts_with("HTTP/1.1 403 "), "{answer}");
    let ended = it.stop();
    assert_eq!((ended.counter("refused"), ended.counter("pushes")), (2, 0));
}

#[test]
fn all_is_taken_where_only_watching_was_asked_for() {
    let it = listen("auto --accept-all --capture c.ndjson");
    for words in ["--unsigned", ""] {
        let call = pushrig(&format!("push onenet.online {} {words}", it.url("/push")));
        let call = call.args(["--token", "another-token"]);
        call.any_stdout().any_stderr().exits(0);
    }
    let verdicts: Vec<_> = it
        .records()
        .iter()
        .map(|it| it["verdict"].clone())
        .collect();
    assert_eq!(verdicts, ["unsigned", "mismatch"]);
    let ended = it.stop();
    let whys: Vec<_> = ended
        .of_type("case")
        .iter()
        .map(|it| it["why"].clone())
        .collect();
    assert_eq!(
        whys,
        [
            "taken all the same: unsigned",
            "taken all the same: mismatch"
        ]
    );
    assert_eq!(
        (ended.counter("refused"), ended.counter("verified")),
        (2, 0)
    );
}

#[test]
fn either_of_two_tokens_is_right_while_a_token_is_changed() {
    let it = listen("onenet --token the-next-token");
    it.takes("onenet.online", "");
    let call = pushrig(&format!("push onenet.online {}", it.url("/")));
    call.args(["--token", "the-next-token"])
        .any_stdout()
        .exits(0);
    assert_eq!(it.stop().counter("verified"), 2);
}

#[test]
fn a_push_is_answered_with_a_status_a_body_a_template_or_a_whole_answer() {
    let whole = "HTTP/1.1 202 Accepted\r\nX-From: here\r\n\r\n{\"seq\":{{ json.seq }}}\n";
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), whole).unwrap();
    let file = format!("@{}", file.path().display());
    for (respond, status, head, body) in [
        ("500", "500", "", ""),
        ("{\"code\":0}", "200", "application/json", "{\"code\":0}"),
        (
            "{{ platform }} {{ event }} {{ number }} {{ method }} {{ verdict }}",
            "200",
            "text/plain",
            "tencent report 1 POST valid",
        ),
        (file.as_str(), "202", "X-From: here", "{\"seq\":17"),
    ] {
        let it = listen_with("tencent --capture c.ndjson", &["--respond", respond]);
        let wire = it.wire("tencent.report", "--set seq=17");
        let wire = String::from_utf8(wire).unwrap();
        let wire = wire.replacen("\r\nAccept", "\r\nConnection: close\r\nAccept", 1);
        let answer = it.raw(wire);
        let (found, text) = answer.split_once("\r\n\r\n").unwrap();
        assert!(found.contains(&format!(" {status} ")), "{answer}");
        assert!(
            found.to_lowercase().contains(&head.to_lowercase()),
            "{answer}"
        );
        assert!(text.starts_with(body), "{answer}");
        let record = &it.records()[0];
        assert_eq!(record["response"]["body"], text);
        assert_eq!(record["response"]["status"].to_string(), status);
        pushrig(&format!(
            "handshake tencent {} --token a-token-of-mine",
            it.url("/")
        ))
        .any_stdout()
        .any_stderr()
        .exits(0);
    }
}

#[test]
fn an_answer_that_cannot_be_one_is_refused_before_anything_is_served() {
    for (respond, why) in [
        ("99", "`99` is no status"),
        ("{{ open", "its template"),
        ("{{ json.seq|nofilter }}", "nofilter"),
        ("{{ nothing() }}", "nothing"),
        ("HTTP/1.1 what", "no status"),
        ("HTTP/1.1 100 Continue\n\n", "`100` is no status"),
        ("HTTP/1.1 204 No Content\n\nbody", "status 204 has no body"),
        (
            "HTTP/1.1 200 OK\nBad Name: x\n\n",
            "no header field has such a name",
        ),
        (
            "HTTP/1.1 200 OK\n: x\n\n",
            "no header field has such a name",
        ),
        ("HTTP/1.1 200 OK\nA: b\u{1}\n\n", "no control characters"),
        (
            "HTTP/1.1 200 OK\nContent-Length: 9\n\nbody",
            "Content-Length",
        ),
        (
            "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n",
            "Transfer-Encoding",
        ),
        ("@missing", "missing"),
    ] {
        let call = pushrig("listen onenet --token a-token-of-mine --respond").arg(respond);
        let code = if respond == "@missing" { 3 } else { 2 };
        call.stderr_has([why]).exits(code);
    }
}

#[test]
fn a_template_that_fails_is_an_empty_500_and_why_is_told_here_alone() {
    // The sample has no `list`: whether it can be filled in is known when something comes.
    let it = listen_with(
        "tencent --capture c.ndjson",
        &[
            "--respond",
            "{% if json.seq %}{{ json.seq|join(1, 2, 3) }}{% endif %}",
        ],
    );
    let wire = String::from_utf8(it.wire("tencent.report", "--set seq=17")).unwrap();
    let answer = it.raw(wire.replacen("\r\nAccept", "\r\nConnection: close\r\nAccept", 1));
    assert!(answer.starts_with("HTTP/1.1 500 "), "{answer}");
    assert!(answer.ends_with("\r\n\r\n"), "not a word on why: {answer}");
    let ended = it.stop();
    assert_eq!(ended.counter("pushes"), 0, "it was not taken");
    let case = ended.of_type("case")[0];
    assert_eq!(case["why"], "its answer could not be made");
    let warnings = case["warnings"].to_string();
    assert!(warnings.contains("the template of --respond"), "{warnings}");
    let record = &ended.records()[0];
    assert_eq!(record["response"]["status"], 500);
    assert!(record["note"].as_str().unwrap().contains("--respond"));
}
