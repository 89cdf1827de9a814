//! Tencent's receivers in PHP, SENSORO's in Node, and others' by libraries of Python.

use super::{Receiver, is_refused_a_hand, shakes_hands, takes_every_event};
use crate::harness::pushrig;

const TOKEN: &str = "--token aaa";
const SECRET: &str = "--app-secret S3cretS3cretS3cretS3cretS3cret00";
const WECHAT: [&str; 2] = ["wechat_wechatpy.py", "wechat_werobot.py"];

#[test]
fn tencents_own_check_passes_where_it_reads_the_headers() {
    let Some(receiver) = Receiver::start("tencent_right.php") else {
        return;
    };
    let url = receiver.url("/iot");
    shakes_hands("tencent", &url, TOKEN);
    takes_every_event("tencent", &url, TOKEN);
    pushrig(&format!("push tencent.report {url} --unsigned"))
        .stdout_has([
            "fail   tencent.report",
            "the status is 403",
            "invalid signature",
        ])
        .exits(1);
}

#[test]
fn tencents_own_check_fails_as_it_is_printed() {
    let Some(receiver) = Receiver::start("tencent_printed.php") else {
        return;
    };
    let url = receiver.url("/iot");
    let words = [
        "fail   tencent.handshake.first",
        "the status is 403: only 200 counts",
        "it passes where the query says what the headers say: your server reads the query",
        "fail   tencent.handshake.second",
        "7 cases: 5 passed, 2 failed",
    ];
    is_refused_a_hand("tencent", &url, TOKEN, &words);
    pushrig(&format!("push tencent.report {url} {TOKEN}"))
        .stdout_has([
            "fail   tencent.report",
            "the status is 403",
            "invalid signature",
        ])
        .exits(1);
}

#[test]
fn phps_warnings_around_the_echo_are_named() {
    let Some(receiver) = Receiver::start("tencent_warnings.php") else {
        return;
    };
    let words = [
        "fail   tencent.handshake.first",
        "the echo stands inside other text, from byte ",
        "<b>Warning</b>",
        "the body must be the echo and nothing else",
    ];
    is_refused_a_hand("tencent", &receiver.url("/iot"), TOKEN, &words);
}

#[test]
fn a_webhook_in_node_takes_every_event_and_any_body_that_is_signed() {
    let Some(receiver) = Receiver::start("sensoro_right.js") else {
        return;
    };
    let url = receiver.url("/hook?by=sensoro");
    takes_every_event("sensoro", &url, SECRET);
    let key = "--encrypt --app-key abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";
    takes_every_event("sensoro", &url, &format!("{SECRET} {key}"));
    pushrig(&format!(
        "push sensoro.text {url} {SECRET} --set data.temperature=21.0"
    ))
    .stdout_has(["pass   sensoro.text  sensoro  200"])
    .exits(0);
    pushrig(&format!(
        "push sensoro.text {url} --app-secret another-secret"
    ))
    .stdout_has(["the status is 400", "{\"info\":\"Invalid signature\"}"])
    .exits(1);
}

#[test]
fn the_vendors_demo_takes_every_event_and_refuses_json_that_it_would_write_otherwise() {
    let Some(receiver) = Receiver::start("sensoro_stringify.js") else {
        return;
    };
    let url = receiver.url("/hook");
    takes_every_event("sensoro", &url, SECRET);
    let push = format!("push sensoro.text {url} {SECRET} --set");
    for number in ["data.temperature=21.0", "data.battery=9e1"] {
        pushrig(&format!("{push} {number}"))
            .stdout_has(["the status is 400", "{\"info\":\"Invalid signature\"}"])
            .exits(1);
    }
    pushrig(&format!("{push} data.temperature=21.5"))
        .stdout_has(["pass   sensoro.text  sensoro  200"])
        .exits(0);
}

#[test]
fn sensoro_has_no_handshake_to_fail() {
    pushrig(&format!("handshake sensoro http://127.0.0.1:9 {SECRET}"))
        .stderr_has(["SENSORO has no handshake"])
        .exits(2);
}

#[test]
fn the_libraries_for_an_official_account_pass_the_handshake_and_take_a_message() {
    const MESSAGE: &str = "<xml><ToUserName>gh_1</ToUserName><FromUserName>o_1</FromUserName>\
        <CreateTime>1348831860</CreateTime><MsgType>text</MsgType><Content>hello</Content>\
        <MsgId>1234567890123456</MsgId></xml>";
    for name in WECHAT {
        let Some(receiver) = Receiver::start(name) else {
            continue;
        };
        let url = receiver.url("/");
        shakes_hands("wechat", &url, TOKEN);
        pushrig(&format!("push wechat {url} {TOKEN} --body"))
            .arg(MESSAGE)
            .stdout_has(["pass   wechat  wechat  200"])
            .exits(0);
    }
}

#[test]
fn the_libraries_for_an_official_account_refuse_another_token() {
    for name in WECHAT {
        let Some(receiver) = Receiver::start(name) else {
            continue;
        };
        let words = [
            "fail   wechat.handshake.first",
            "the status is 403: only 200 counts",
            "the handshake is right: your server computes another signature",
        ];
        is_refused_a_hand("wechat", &receiver.url("/"), "--token aab", &words);
    }
}

#[test]
fn the_library_of_standard_webhooks_takes_what_is_signed_and_fresh() {
    let Some(receiver) = Receiver::start("standard_webhooks.py") else {
        return;
    };
    let url = receiver.url("/hook");
    let push = format!("push standard-webhooks {url} --body {{\"test\":1.0,\"to\":\"中\"}}");
    let secret = "--token whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    pushrig(&format!("{push} {secret}"))
        .stdout_has(["pass   standard-webhooks  standard-webhooks  204"])
        .exits(0);
    let other = "--token whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
    for (wrong, words) in [
        (other, "No matching signature found"),
        (&*format!("{secret} --now 2026-01-01T00:00:00Z"), "too old"),
        ("--unsigned", "Missing required headers"),
    ] {
        pushrig(&format!("{push} {wrong}"))
            .stdout_has(["fail   standard-webhooks", "the status is 400", words])
            .exits(1);
    }
}
