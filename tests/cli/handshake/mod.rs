//! Servers on real sockets, and what is said of them.

mod calls;
pub(crate) mod right;

use std::io::Write as _;
use std::net::TcpListener;

use self::right::{TOKEN, ok, query, serve_if, tencent, wechat};
use crate::harness::{Pushrig, pushrig};
use crate::server::{Received, Reply, Server};

/// A call with the right token.
fn handshake(platform: &str, server: &Server) -> Pushrig {
    handshake_at(platform, &server.url("/push"))
}

fn handshake_at(platform: &str, url: &str) -> Pushrig {
    pushrig(&format!("handshake {platform} {url} --token {TOKEN}"))
}

fn onenet(request: &Received) -> Option<String> {
    right::onenet(request, TOKEN)
}

/// A OneNET server that checks, and answers so.
fn onenet_that(reply: impl Fn(&str) -> Reply + Send + Sync + 'static) -> Server {
    serve_if(onenet, reply)
}

#[test]
fn a_right_server_of_every_platform_passes_every_handshake() {
    type Check = fn(&Received) -> Option<String>;
    let checks: [(&str, Check); 4] = [
        ("onenet", onenet),
        ("onenet-studio-push", onenet),
        ("tencent", |request| tencent(request, TOKEN)),
        ("wechat", |request| wechat(request, TOKEN)),
    ];
    for (platform, check) in checks {
        let ran = handshake(platform, &serve_if(check, |echo| ok(echo)))
            .args(["--strict", "--format", "json"])
            .any_stdout()
            .exits(0);
        let lines = ran.json();
        assert_eq!(lines.len(), 8, "{platform}: {}", ran.text());
        for case in &lines[..7] {
            assert_eq!(case["type"], "case");
            assert_eq!(case["platform"], platform);
            assert_eq!(case["outcome"], "pass", "{case}");
            assert!(case.get("warnings").is_none(), "{case}");
            let id = case["id"].as_str().unwrap();
            assert!(id.starts_with(&format!("{platform}.handshake.")), "{id}");
        }
        assert_eq!(lines[7]["type"], "summary");
        assert_eq!(lines[7]["passed"], 7);
    }
}

#[test]
fn a_recipe_file_with_an_echo_is_played() {
    let recipe = std::fs::read(crate::harness::root().join("examples/recipes/acme.toml")).unwrap();
    let server = serve_if(
        |request| {
            request
                .header("X-Acme-Signature")
                .and(query(request, "challenge"))
        },
        |challenge| ok(challenge),
    );
    let url = server.url("/push");
    pushrig(&format!(
        "handshake acme.toml {url} --app-secret kettle-and-toast"
    ))
    .file("acme.toml", recipe)
    .stdout_has([
        "pass   acme.handshake.first",
        "pass   acme.handshake.second",
        "pass   acme.handshake.wrong-signature",
        "warning   echoed, although it has a signature that was made with another app-secret",
        "pass   acme.handshake.no-signature",
        "acme.handshake.empty-app-secret",
    ])
    .exits(0);
}

#[test]
fn a_body_that_is_not_the_bare_echo_is_named_in_bytes() {
    type Echo = fn(&str) -> Reply;
    let wrongs: [(Echo, &str); 7] = [
        (
            |echo| ok(format!("{echo}\n")),
            "the body is the echo followed by 0x0A (a newline)",
        ),
        (
            |echo| ok(format!("\"{echo}\"")),
            "the body is JSON: the echo is inside quotes",
        ),
        (
            |echo| ok(format!("{{\"msg\":\"{echo}\"}}")),
            "the body is JSON: the echo is the value of `/msg`",
        ),
        (
            |echo| ok(format!("\u{feff}{echo}")),
            "a BOM (0xEF 0xBB 0xBF) stands before the echo",
        ),
        (
            |echo| ok(format!("<html><body>{echo}</body></html>")),
            "the body is HTML: the echo is between tags",
        ),
        (|_| ok(""), "the body is empty"),
        (|_| ok("success"), "the body is `success`, not the echo"),
    ];
    for (echo, words) in wrongs {
        handshake("onenet", &onenet_that(echo))
            .stdout_has([
                "fail   onenet.handshake.plain  onenet  200",
                words,
                "skip   onenet.handshake.wrong-signature",
                "nothing was accepted, so a refusal proves nothing",
                "7 cases: 0 passed, 3 failed, 4 skipped",
            ])
            .exits(1);
    }
}

#[test]
fn a_server_that_reads_plus_as_a_blank_fails_only_there_and_is_told_why() {
    let check = |request: &Received| -> Option<String> {
        let signature = query(request, "signature")?
            .replace('+', " ")
            .replace("%2B", "+");
        let (nonce, msg) = (query(request, "nonce")?, query(request, "msg")?);
        let right = right::md5_base64(&format!("{TOKEN}{nonce}{msg}"));
        (signature == right).then_some(msg)
    };
    let server = Server::start(move |request| match check(request) {
        Some(msg) => ok(msg),
        None => ok("invalid token"),
    });
    // By chance another signature may hold a `+`, too: what is drawn is fixed.
    handshake("onenet", &server)
        .args(["--seed", "1"])
        .stdout_has([
            "pass   onenet.handshake.plain",
            "pass   onenet.handshake.slash",
            "fail   onenet.handshake.plus",
            "the body is `invalid token`, not the echo",
            "hint      only the handshake whose signature holds a `+` fails, and passes with %2B \
             in its place: your framework reads `+` as a blank (query.plus-to-blank), and 28 of 100 signatures hold one: take the \
             signature from the raw query string",
            "next      pushrig explain onenet --url 'http://127.0.0.1:",
            "pass   onenet.handshake.wrong-signature",
            "7 cases: 6 passed, 1 failed",
        ])
        .exits(1);
}

#[test]
fn a_server_that_checks_nothing_is_a_warning_and_under_strict_a_failure() {
    let careless = Server::start(|request| ok(query(request, "msg").unwrap_or_default()));
    handshake("onenet", &careless)
        .stdout_has([
            "pass   onenet.handshake.plain",
            "pass   onenet.handshake.wrong-signature",
            "warning   echoed, although it has a signature that was made with another token",
            "pass   onenet.handshake.empty-token",
            "the server checks nothing: it echoes to whoever asks (OneNET's documentation allows \
             it for the handshake)",
            "7 cases: 7 passed, 4 warnings",
        ])
        .exits(0);
    handshake("onenet", &careless)
        .arg("--strict")
        .stdout_has([
            "pass   onenet.handshake.plus",
            "fail   onenet.handshake.wrong-signature",
            "echoed, although",
            "fail   onenet.handshake.no-nonce",
            "7 cases: 3 passed, 4 failed",
        ])
        .exits(1);
}

#[test]
fn a_server_whose_token_is_not_set_is_recognised() {
    let server = serve_if(|request| tencent(request, ""), |echo| ok(echo));
    handshake("tencent", &server)
        .stdout_has([
            "fail   tencent.handshake.first",
            "the status is 403: only 200 counts",
            "request   GET /push\n",
            "request   Signature: ",
            "next      pushrig explain tencent --timestamp '",
            " --token -\n",
            "then      it asks for the token: type it",
            "skip   tencent.handshake.wrong-signature",
            "pass   tencent.handshake.empty-token",
            "your server's token is empty: it refuses what is signed with yours",
        ])
        .exits(1);
}

#[test]
fn a_chunked_echo_is_compared_after_de_chunking_and_is_a_warning() {
    let server = onenet_that(|echo| {
        let (a, b) = echo.split_at(2);
        Reply::ok()
            .header("Transfer-Encoding", "chunked")
            .body(format!("2\r\n{a}\r\n4\r\n{b}\r\n0\r\n\r\n"))
    });
    handshake("onenet", &server)
        .stdout_has([
            "pass   onenet.handshake.plain",
            "warning   the answer is chunked",
            "7 cases: 7 passed, 3 warnings",
        ])
        .exits(0);
}

fn gzip(text: &str) -> Reply {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(text.as_bytes()).unwrap();
    Reply::ok()
        .header("Content-Encoding", "gzip")
        .body(encoder.finish().unwrap())
}

#[test]
fn a_gzipped_echo_is_undone_by_tencents_client_and_fails_with_onenet() {
    handshake(
        "tencent",
        &serve_if(|request| tencent(request, TOKEN), gzip),
    )
    .stdout_has([
        "pass   tencent.handshake.first",
        "warning   the echo is compressed",
    ])
    .exits(0);
    handshake("onenet", &onenet_that(gzip))
        .stdout_has(["fail", "the body is compressed (Content-Encoding: gzip)"])
        .exits(1);
}

#[test]
fn a_redirect_and_an_error_page_are_named() {
    let server = onenet_that(|_| Reply::status(301).header("Location", "/push/"));
    handshake("onenet", &server)
        .stdout_has([
            "301 to /push/: the platform does not follow",
            "hint      give the platform the URL with the slash at its end",
        ])
        .exits(1);
    let page = "<!DOCTYPE html><title>404 Not Found</title>";
    let server = Server::start(move |_| Reply::status(404).body(page));
    handshake("onenet", &server)
        .stdout_has([
            "fail   onenet.handshake.plain  onenet  404",
            "the status is 404: only 200 counts",
            "hint      nothing answers a GET at this path",
            "answer    404, `<!DOCTYPE html><title>404 Not Found</title>`",
        ])
        .exits(1);
}

#[test]
fn an_answer_that_was_cached_passes_once_and_is_then_recognised() {
    let first = std::sync::OnceLock::new();
    let server =
        Server::start(move |request| ok(first.get_or_init(|| query(request, "msg").unwrap())));
    handshake("onenet", &server)
        .stdout_has([
            "pass   onenet.handshake.plain",
            "fail   onenet.handshake.slash",
            "the body is the echo of `plain`, an earlier handshake, not the echo",
        ])
        .exits(1);
}

#[test]
fn a_server_that_is_slow_closes_early_or_is_not_there_gives_no_answer() {
    handshake("onenet", &Server::start(|_| Reply::silence()))
        .args(["--timeout", "200ms"])
        .stdout_has([
            "error  onenet.handshake.plain",
            "no answer within 200ms: nothing came back",
            "error  onenet.handshake.plus",
        ])
        .stderr("note: the other 4 handshakes were not sent\n")
        .exits(3);
    let cut = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nLeo";
    let server = Server::start(move |_| Reply::raw(cut).and_close());
    handshake("onenet", &server)
        .stdout_has([
            "error  onenet.handshake.plain  onenet  200",
            "the server closed the connection after 3 bytes of the body",
        ])
        .any_stderr()
        .exits(3);
    let gone = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    handshake_at("onenet", &format!("http://{gone}/"))
        .stdout_has(["error  onenet.handshake.plain", "connection refused"])
        .stderr("note: the other 6 handshakes were not sent\n")
        .exits(3);
}

#[test]
fn a_server_that_hangs_up_on_wrong_handshakes_lets_nobody_in() {
    let server = Server::start(|request| match onenet(request) {
        Some(msg) => ok(msg),
        None => Reply::close(),
    });
    handshake("onenet", &server)
        .arg("--strict")
        .stdout_has([
            "pass   onenet.handshake.wrong-signature",
            "refused without an answer that the platform could read: the server closed the \
             connection without an answer",
        ])
        .exits(0);
}

#[test]
fn a_token_that_comes_back_instead_of_http_is_not_shown() {
    let server = Server::start(|request| match onenet(request) {
        Some(msg) => ok(msg),
        None => Reply::raw(format!("{TOKEN} expected")).and_close(),
    });
    handshake("onenet", &server)
        .stdout_has(["the answer is not HTTP: it starts with `[secret] expected`"])
        .exits(0);
}

#[test]
fn an_echo_that_says_less_than_its_length_is_a_warning() {
    let server = onenet_that(|echo| {
        Reply::raw(format!(
            "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n{echo}\n"
        ))
    });
    handshake("onenet", &server)
        .stdout_has([
            "pass   onenet.handshake.plain",
            "warning   1 byte came behind the end of the answer",
            "7 cases: 7 passed, 3 warnings",
        ])
        .exits(0);
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_it_with_what_came_so_far() {
    let server = Server::start(|request| match request.number {
        0 => Reply::ok().body("no"),
        _ => Reply::silence(),
    });
    let child = std::process::Command::new(env!("CARGO_BIN_EXE_pushrig"))
        .args(["handshake", "onenet", &server.url("/"), "--token", TOKEN])
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    server.wait_for(2);
    let id = child.id().to_string();
    let killed = std::process::Command::new("kill")
        .args(["-INT", &id])
        .status();
    assert!(killed.unwrap().success());
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.starts_with("fail   onenet.handshake.plain"), "{text}");
    assert!(text.contains("1 case: 0 passed, 1 failed"), "{text}");
    assert!(text.contains("ended     by Ctrl-C"), "{text}");
    assert_eq!(output.status.code(), Some(130));
}

#[test]
fn a_token_that_comes_back_is_named_and_not_shown() {
    handshake("onenet", &onenet_that(|_| ok(TOKEN)))
        .stdout_has(["the body is the token itself", "answer    200, `[secret]`"])
        .exits(1);
}
