//! OneNET's receivers, in Python.

use super::{Receiver, is_refused_a_hand, shakes_hands, takes_every_event};
use crate::harness::{Pushrig, pushrig, root};

const TOKEN: &str = "--token 20200321182801";
const PATH: &str = "/he/data/push/global";

/// What is said of a server that makes a blank of each `+`.
const PLUS: [&str; 4] = [
    "pass   onenet.handshake.plain",
    "pass   onenet.handshake.slash",
    "fail   onenet.handshake.plus",
    "only the handshake whose signature holds a `+` fails, and passes with %2B in its place: your framework reads `+` as a blank (query.plus-to-blank)",
];

fn replay(captures: &str, url: &str) -> Pushrig {
    let dir = root().join("examples/captures");
    pushrig(&format!("replay {captures} --to {url}")).dir(dir)
}

#[test]
fn a_right_receiver_passes_the_handshake_and_takes_every_event() {
    let Some(receiver) = Receiver::start("onenet_right.py") else {
        return;
    };
    let url = receiver.url(PATH);
    shakes_hands("onenet", &url, TOKEN);
    takes_every_event("onenet", &url, TOKEN);
    let key = "--encrypt --aes-key whBx2ZwAU5LOHVimPj1MPx56QRe3OsGGWRe4dr17crV";
    takes_every_event("onenet", &url, &format!("{TOKEN} {key}"));
    takes_every_event("onenet", &url, &format!("{TOKEN} --batch 3"));
}

#[test]
fn a_right_receiver_refuses_what_is_not_signed_or_signed_with_another_token() {
    let Some(receiver) = Receiver::start("onenet_right.py") else {
        return;
    };
    let url = receiver.url(PATH);
    for wrong in ["--unsigned", "--token 20200321182810"] {
        pushrig(&format!("push onenet.online {url} {wrong}"))
            .stdout_has(["fail   onenet.online  onenet  40", "only 200 counts"])
            .exits(1);
    }
}

#[test]
fn a_right_receiver_takes_the_captures_of_the_article_and_refuses_the_wrong_record_of_a_day() {
    let Some(receiver) = Receiver::start("onenet_right.py") else {
        return;
    };
    let url = receiver.url(PATH);
    replay("ci", &url)
        .stdout_has(["5 cases: 5 passed"])
        .exits(0);
    let day = replay("day.ndjson --platform onenet", &url)
        .stdout_has(["day.ndjson:3  onenet  40", "7 cases: 6 passed, 1 failed"])
        .exits(1);
    assert!(!day.text().contains("error"), "{}", day.text());
}

#[test]
fn a_right_receiver_of_the_studio_passes_the_handshake_and_takes_every_event() {
    let Some(receiver) = Receiver::start("studio_right.py") else {
        return;
    };
    let url = receiver.url("/push");
    shakes_hands("onenet-studio-push", &url, TOKEN);
    takes_every_event("onenet-studio-push", &url, TOKEN);
    let key = "--encrypt --aes-key cz0Y93YkGH6Jyvoi";
    takes_every_event("onenet-studio-push", &url, &format!("{TOKEN} {key}"));
}

#[test]
fn a_query_that_is_decoded_as_a_form_is_named() {
    let Some(receiver) = Receiver::start("onenet_flask_bug.py") else {
        return;
    };
    let url = receiver.url(PATH);
    is_refused_a_hand("onenet", &url, TOKEN, &PLUS);
    takes_every_event("onenet", &url, TOKEN);
    // One of the two recorded handshakes has a `+`, too.
    let words = [
        "pass   ci/handshakes.ndjson:1",
        "fail   ci/handshakes.ndjson:2",
    ];
    replay("ci", &url).stdout_has(words).exits(1);
}

#[test]
fn the_plus_that_the_flask_code_of_an_article_loses_is_named() {
    let Some(receiver) = Receiver::start("onenet_flask_article.py") else {
        return;
    };
    let url = receiver.url(PATH);
    let ran = is_refused_a_hand("onenet", &url, TOKEN, &PLUS);
    assert!(ran.text().contains("the body is `invalid token`"));
    // It looks at no push.
    takes_every_event("onenet", &url, TOKEN);
}

#[test]
fn a_page_that_knows_nothing_of_the_platform_is_named() {
    let Some(receiver) = Receiver::start("onenet_flask_hello.py") else {
        return;
    };
    let words = [
        "fail   onenet.handshake.plain",
        "the body is `Hello IOT`",
        "the body must be the value of `msg` and nothing else",
        "7 cases: 4 passed, 3 failed",
    ];
    is_refused_a_hand("onenet", &receiver.url(PATH), TOKEN, &words);
    pushrig(&format!(
        "push onenet.online {} {TOKEN}",
        receiver.url(PATH)
    ))
    .stdout_has(["fail   onenet.online", "the status is 405"])
    .exits(1);
}

#[test]
fn a_newline_behind_the_echo_is_named() {
    let Some(receiver) = Receiver::start("onenet_newline.py") else {
        return;
    };
    let words = [
        "the body is the echo followed by 0x0A (a newline)",
        "write the echo without a line end",
    ];
    is_refused_a_hand("onenet", &receiver.url(PATH), TOKEN, &words);
}

#[test]
fn quotes_around_the_echo_are_named() {
    let Some(receiver) = Receiver::start("onenet_json_echo.py") else {
        return;
    };
    let words = [
        "the body is JSON: the echo is inside quotes",
        "return the bare text, as text/plain",
    ];
    is_refused_a_hand("onenet", &receiver.url(PATH), TOKEN, &words);
}

#[test]
fn a_receiver_that_checks_nothing_is_warned_of_and_fails_where_it_is_strict() {
    let Some(receiver) = Receiver::start("onenet_no_check.py") else {
        return;
    };
    let url = receiver.url(PATH);
    let call = format!("handshake onenet {url} {TOKEN}");
    pushrig(&call)
        .stdout_has([
            "warning   echoed, although it has no signature: anyone can pass for the platform",
            "the server checks nothing: it echoes to whoever asks",
            "7 cases: 7 passed, 4 warnings",
        ])
        .exits(0);
    pushrig(&format!("{call} --strict"))
        .stdout_has([
            "fail   onenet.handshake.wrong-signature",
            "3 passed, 4 failed",
        ])
        .exits(1);
    takes_every_event("onenet", &url, "--unsigned");
}

#[test]
fn a_receiver_with_another_token_is_told_that_the_handshake_was_right() {
    for name in ["onenet_wrong_token.py", "onenet_token_file.py"] {
        let Some(receiver) = Receiver::start(name) else {
            return;
        };
        let url = receiver.url(PATH);
        let words = [
            "the status is 401: only 200 counts",
            "the handshake is right: your server computes another signature",
            "next      pushrig explain onenet",
            "7 cases: 4 passed, 3 failed",
        ];
        is_refused_a_hand("onenet", &url, TOKEN, &words);
        let words = ["fail   onenet.online", "401", "invalid signature"];
        let push = format!("push onenet.online {url} {TOKEN}");
        pushrig(&push).stdout_has(words).exits(1);
    }
}

/// And `explain` names the mistake by what the server answers that it computed.
#[test]
fn a_receiver_that_writes_json_again_takes_the_handshake_and_no_push() {
    let Some(receiver) = Receiver::start("onenet_json_dumps.py") else {
        return;
    };
    let url = receiver.url(PATH);
    shakes_hands("onenet", &url, TOKEN);
    pushrig(&format!("push onenet.online {url} {TOKEN}"))
        .stdout_has(["fail   onenet.online  onenet  401", "invalid signature"])
        .exits(1);
    let ran = replay("ci", &url)
        .stdout_has([
            "pass   ci/handshakes.ndjson:1",
            "pass   ci/handshakes.ndjson:2",
            "fail   ci/pushes.ndjson:1  onenet  401",
            "5 cases: 2 passed, 3 failed",
        ])
        .exits(1);
    // The server prints what it computed, as its user would to find out.
    assert!(
        ran.text().contains("invalid signature: not "),
        "{}",
        ran.text()
    );
    let said = ran.text().split_once("invalid signature: not ").unwrap().1;
    let computed = said.split_whitespace().next().unwrap();
    pushrig("explain onenet ci/pushes.ndjson --computed")
        .args([computed, "--token", "20200321182801"])
        .dir(root().join("examples/captures"))
        .stdout_has(["body.python-default-json"])
        .any_stderr()
        .exits(1);
}
