//! Every exit code, and what is said with it.

use super::{SECRETS, always, push};
use crate::harness::pushrig;
use crate::server::{Reply, Server};

#[test]
fn only_what_the_platform_takes_for_accepted_is() {
    for (name, status, code, why) in [
        ("onenet.online", 200, 0, ""),
        (
            "onenet.online",
            204,
            1,
            "the status is 204: only 200 counts",
        ),
        (
            "onenet-studio-push.event",
            201,
            1,
            "the status is 201: only 200 counts",
        ),
        (
            "tencent.report",
            202,
            1,
            "the status is 202: only 200 counts",
        ),
        ("sensoro.text", 204, 0, ""),
        ("sensoro.text", 400, 1, "the status is 400: only 2xx counts"),
    ] {
        let server = always(status);
        push(name, &server, SECRETS).stdout_has([why]).exits(code);
    }
    for (status, code) in [(204, 0), (500, 1)] {
        let server = always(status);
        let ran = push("wechat", &server, &format!("{SECRETS} --body x"))
            .any_stdout()
            .exits(code);
        assert!(
            !ran.text().contains("next "),
            "nothing is known of it: {}",
            ran.text()
        );
    }
}

#[test]
fn a_redirect_is_refused_and_where_it_leads_is_said() {
    let server = Server::start(|_| Reply::status(302).header("Location", "/login\t?x"));
    push("onenet.online", &server, SECRETS)
        .stdout_has([
            "fail   onenet.online  onenet  302",
            "hint      the platform does not follow redirects; this one leads to /login\\t?x",
        ])
        .exits(1);
    assert_eq!(server.received().len(), 1);
}

#[test]
fn a_refusal_shows_the_body_escaped_and_cut_and_without_secrets() {
    let server = Server::start(|_| {
        let body = format!(
            "\u{1b}[31mtoken a-token-of-mine is wrong\n{}",
            "x".repeat(1000)
        );
        Reply::status(401).body(body)
    });
    let ran = push("onenet.online", &server, SECRETS)
        .stdout_has([
            "answer    401, `\\x1b[31mtoken [secret] is wrong\\nxxx",
            "… (1036 bytes)",
        ])
        .exits(1);
    assert!(ran.text().len() < 1800, "{}", ran.text());
    let empty = always(500);
    push("onenet.online", &empty, SECRETS)
        .stdout_has(["answer    500, no body"])
        .exits(1);
}

#[cfg(unix)]
#[test]
fn a_refusal_shows_what_was_sent_and_a_command_that_explains_it() {
    for (name, flags, sent) in [
        ("onenet.online", "--token", "sent      {\"msg\":{\"at\":"),
        (
            "onenet-studio-push.online",
            "--token",
            "sent      {\"msg\":",
        ),
        ("tencent.report", "--token", "sent      Signature: "),
        ("sensoro.text", "--app-secret", "sent      X-ACCESS-SIGN"),
    ] {
        let server = always(403);
        let ran = push(name, &server, SECRETS).stdout_has([sent]).exits(1);
        let text = ran.text();
        let line = text
            .lines()
            .find_map(|line| line.strip_prefix("  explain   "));
        let line = line.unwrap_or_else(|| panic!("{text}"));
        assert!(line.ends_with(&format!(" {flags} -")), "{line}");
        let command = line.strip_prefix("pushrig ").unwrap();
        let secret = SECRETS
            .split(' ')
            .nth(if flags == "--token" { 1 } else { 3 });
        // With nothing else than the right secret it proves the signature.
        pushrig("")
            .args(super::words(command))
            .stdin(secret.unwrap())
            .any_stdout()
            .any_stderr()
            .exits(0);
    }
}

#[cfg(unix)]
#[test]
fn the_command_that_explains_runs_as_it_stands_however_the_secret_was_given() {
    const CONFIG: &str = "[profile.staging]\ntoken = \"a-token-of-mine\"\n";
    for (variable, flags, words) in [
        ("MINE", "--token env:MINE", " --token env:MINE\n"),
        ("OTHER", "--token @t", " --token @t\n"),
        ("PUSHRIG_TOKEN", "", " --token env:PUSHRIG_TOKEN\n"),
        ("OTHER", "--profile staging", " --profile staging\n"),
    ] {
        let server = always(403);
        let ran = push("onenet.online", &server, flags)
            .file("t", "a-token-of-mine")
            .file("pushrig.toml", CONFIG)
            .env(variable, "a-token-of-mine")
            .stdout_has([words])
            .exits(1);
        let text = ran.text();
        let line = text
            .lines()
            .find_map(|line| line.strip_prefix("  explain   pushrig "))
            .unwrap();
        pushrig("")
            .args(super::words(line))
            .file("t", "a-token-of-mine")
            .file("pushrig.toml", CONFIG)
            .env(variable, "a-token-of-mine")
            .stdout_has(["valid "])
            .any_stderr()
            .exits(0);
    }
}

#[test]
fn what_was_sent_is_cut_and_has_no_secret_and_one_without_a_signature_has_no_command() {
    let server = always(403);
    let body = format!("a-token-of-mine{}", "x".repeat(400));
    let ran = push(
        "sensoro",
        &server,
        &format!("{SECRETS} --app-id a --body {body}"),
    )
    .stdout_has(["sent      [secret]xxx", "… (415 bytes)"])
    .exits(1);
    assert!(!ran.text().contains("explain "), "{}", ran.text());
    let ran = push("onenet.online", &server, &format!("{SECRETS} --unsigned"))
        .stdout_has(["sent      {\"msg\":"])
        .exits(1);
    assert!(!ran.text().contains("explain "), "{}", ran.text());
}

#[test]
fn a_push_without_a_signature_that_is_accepted_is_a_warning() {
    let server = always(200);
    push("onenet.online", &server, "--unsigned")
        .stdout_has([
            "pass   onenet.online",
            "warning   accepted without a signature: whoever knows the URL can push",
        ])
        .exits(0);
}

#[test]
fn a_body_that_sensoros_own_demo_would_refuse_is_a_warning() {
    let server = always(200);
    let spaced = r#"{ "a": 1 }"#;
    push("sensoro", &server, &format!("{SECRETS} --app-id a"))
        .args(["--body", spaced])
        .stdout_has([
            "warning   the body is not in JSON.stringify's form",
            "although the signature is right",
        ])
        .exits(0);
    let ran = push(
        "sensoro",
        &server,
        &format!("{SECRETS} --app-id a --body {{\"a\":1}}"),
    )
    .any_stdout()
    .exits(0);
    assert!(!ran.text().contains("warning"), "{}", ran.text());
}

#[test]
fn an_empty_secret_is_not_pushed_with() {
    for call in [
        "push onenet.online http://127.0.0.1:9/ --token env:CI_TOKEN",
        "handshake onenet http://127.0.0.1:9/ --strict --token env:CI_TOKEN",
        "replay x.ndjson --to http://127.0.0.1:9/ --resign --token env:CI_TOKEN",
    ] {
        pushrig(call)
            .env("CI_TOKEN", "")
            .stderr_has(["error: --token: this secret is empty\nhint: is the variable set"])
            .exits(2);
    }
}

#[test]
fn without_a_complete_answer_it_is_neither_yes_nor_no() {
    for reply in [Reply::close as fn() -> Reply, Reply::reset, || {
        Reply::raw("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab").and_close()
    }] {
        let server = Server::start(move |_| reply());
        push("onenet.online", &server, SECRETS)
            .stdout_has([
                "error  onenet.online",
                "next      OneNET would send it again",
            ])
            .exits(3);
    }
    let server = Server::start(|_| Reply::silence());
    push(
        "onenet.online",
        &server,
        &format!("{SECRETS} --timeout 50ms"),
    )
    .stdout_has([
        "error  onenet.online",
        "no answer within 50ms",
        "hint      --timeout",
    ])
    .exits(3);
    pushrig(&format!("push onenet.online http://127.0.0.1:1/ {SECRETS}"))
        .stdout_has(["error  onenet.online", "connection refused"])
        .exits(3);
    pushrig(&format!(
        "push onenet.online http://nowhere.invalid/ {SECRETS}"
    ))
    .stdout_has(["error  onenet.online", "cannot be resolved"])
    .exits(3);
}

#[test]
fn an_answer_that_is_no_http_is_a_wrong_answer() {
    let server = Server::start(|_| Reply::raw("hello\r\n\r\n").and_close());
    push("onenet.online", &server, SECRETS)
        .stdout_has(["fail   onenet.online"])
        .exits(1);
}

#[test]
fn one_wrong_answer_beats_one_that_never_came() {
    let server = Server::start(|request| match request.number {
        0 => Reply::status(500),
        _ => Reply::close(),
    });
    push("onenet.online", &server, &format!("{SECRETS} --count 2"))
        .stdout_has(["fail   onenet.online#1", "error  onenet.online#2"])
        .exits(1);
    let server = Server::start(|request| match request.number {
        0 => Reply::status(500),
        _ => Reply::close(),
    });
    push("onenet.online", &server, &format!("{SECRETS} --retry 1ms"))
        .stdout_has(["fail   onenet.online"])
        .exits(1);
}

#[test]
fn a_chunked_answer_is_an_answer() {
    let server = Server::start(|_| {
        Reply::raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n")
    });
    push("onenet.online", &server, &format!("{SECRETS} -v"))
        .stdout_has(["pass   onenet.online", "answer    200, `ok`\n"])
        .exits(0);
}

#[test]
fn what_cannot_be_pushed_is_said_and_nothing_is_sent() {
    let at = "http://127.0.0.1:9/";
    for (call, said) in [
        (
            format!("push onenet.nothing {at} {SECRETS}"),
            "error: onenet has no event `nothing`\nhint: one of online, offline,",
        ),
        (
            format!("push nowhere.online {at} {SECRETS}"),
            "error: there is no platform `nowhere.online`\nhint: one of ",
        ),
        (
            format!("push onenet {at} {SECRETS}"),
            "error: it is not said what onenet should push\nhint: name an event, such as onenet.online (pushrig samples onenet lists them), or give --body\n",
        ),
        (
            format!("push wechat {at} {SECRETS}"),
            "error: it is not said what wechat should push\nhint: give --body TEXT, --body @FILE or --body -\n",
        ),
        (
            format!("push wechat.text {at} {SECRETS}"),
            "error: there are no events of wechat\nhint: give what it carries: push wechat URL --body TEXT\n",
        ),
        (
            format!("push onenet-studio {at} --access-key abc --body x"),
            "error: onenet-studio is a token, and nothing is pushed with it\nhint: the push of its rule engine is onenet-studio-push\n",
        ),
        (
            format!("push onenet.online {at}"),
            "error: no --token was given\nhint: give --token or set PUSHRIG_TOKEN; --unsigned pushes without a signature\n",
        ),
        (
            format!("push sensoro.text {at} --token a-token-of-mine"),
            "error: no --app-secret was given",
        ),
        (
            format!("push wechat {at} --body x"),
            "error: no --token was given",
        ),
        (
            format!("push onenet.online {at} {SECRETS} --encrypt"),
            "error: no --aes-key was given",
        ),
        (
            format!("push tencent.report {at} {SECRETS} --encrypt"),
            "error: tencent does not encrypt messages",
        ),
        (
            format!("push wechat {at} {SECRETS} --body x --encrypt"),
            "error: wechat seals nothing",
        ),
        (
            format!("push wechat {at} {SECRETS} --body x --retry platform"),
            "error: when wechat tries again is not known\nhint: give the pauses: --retry 1s,3s,10s\n",
        ),
        (
            format!("push tencent.report {at} {SECRETS} --batch 2"),
            "error: --batch: only onenet sends several messages as one array\n",
        ),
        (
            format!("push onenet.online {at} {SECRETS} --error-url {at}"),
            "error: --error-url: only tencent has an error action\n",
        ),
        (
            format!("push {at} {SECRETS}"),
            "error: a URL stands where the platform should\nhint: the platform comes first: one of onenet, ",
        ),
        (
            format!("push OneNET.Online {at} {SECRETS}"),
            "error: there is no event `OneNET.Online`\nhint: did you mean `onenet.online`?\n",
        ),
        (
            format!("push onenet.online {at} {SECRETS} --speed 10x"),
            "error: --speed is for further tries, and there is none\nhint: add --retry platform",
        ),
        (
            format!("push onenet.online {at} {SECRETS} --fresh-retries"),
            "error: --fresh-retries is for further tries, and there is none\nhint: add --retry",
        ),
        (
            format!("push onenet.online {SECRETS}"),
            "error: no URL was given\nhint: ",
        ),
        (
            format!("push onenet.online {at} {SECRETS} --in x=1"),
            "error: onenet has no part `x` for --in\n",
        ),
    ] {
        pushrig(&call).stderr_has([said]).exits(2);
    }
    pushrig(&format!("push tencent.report {at} {SECRETS} --nonce"))
        .arg("a\nb")
        .stderr_has(["the value of the header `Nonce` holds a line break"])
        .exits(2);
}

#[test]
fn the_url_and_the_secrets_may_come_from_a_profile() {
    let server = always(200);
    let profile = format!(
        "[profile.default]\nurl = \"{}\"\ntoken = \"a-token-of-mine\"\n",
        server.url("/from-profile")
    );
    pushrig("push onenet.online")
        .file("pushrig.toml", profile)
        .secret("a-token-of-mine")
        .stdout_has(["pass   onenet.online"])
        .exits(0);
    assert_eq!(server.received()[0].target(), "/from-profile");
}
