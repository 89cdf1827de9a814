//! One request at a time: from files, standard input and flags.

use serde_json::json;

use crate::harness::{Pushrig, pushrig};

const TOKEN: &str = "--token 20200321182801";
const APP_SECRET: &str = "--app-secret S3cretS3cretS3cretS3cretS3cret00";
const REPLAYABLE: &str = "note: Echostr, body, URL and method are not signed: this Timestamp, Nonce and Signature would validate any body for ever; a receiver must check the age and remember the nonce itself\n";
const COMPARE: &str = "the signature is not the one that these bytes and this secret give";

fn onenet(rest: &str) -> Pushrig {
    pushrig(&format!("verify onenet {TOKEN} {rest}"))
}

#[test]
fn a_file_and_stdin_give_the_same_verdict() {
    for (name, form) in [
        ("online.raw", "push"),
        ("online-exchange.raw", "push"),
        ("handshake.target", "handshake"),
        ("online-postman.curl", "push"),
    ] {
        let path = format!("capture/{name}");
        onenet(name)
            .fixture(&path)
            .stdout(format!("valid       {name}:1  onenet {form}\n"))
            .any_stderr()
            .exits(0);
        onenet("-")
            .stdin(crate::harness::fixture(&path))
            .stdout(format!("valid       <stdin>:1  onenet {form}\n"))
            .any_stderr()
            .exits(0);
        // Without a file, what is piped in is read.
        onenet("")
            .stdin(crate::harness::fixture(&path))
            .stdout(format!("valid       <stdin>:1  onenet {form}\n"))
            .any_stderr()
            .exits(0);
    }
}

#[test]
fn the_parts_may_be_given_as_flags() {
    pushrig("verify onenet --token ricnsmart --nonce 5xp7vzm3fN --msg hello --signature d/ncDg+jrcW259dHOZByyw==")
        .stdout("valid       arguments  onenet push\n")
        .exits(0);
    pushrig("verify onenet --token ricnsmart --nonce 5xp7vzm3fN --msg hullo --signature d/ncDg+jrcW259dHOZByyw==")
        .stdout(format!(
            "mismatch    arguments  onenet push\n  \
             received  d/ncDg+jrcW259dHOZByyw==\n  \
             expected  Z/sPdXO6pYjz8DjoqrGFBg==\n  \
             why       {COMPARE}\n"
        ))
        .stderr("note: which mistake is it? pushrig explain onenet …, with the same secrets\n")
        .exits(1);
}

#[test]
fn an_encrypted_message_may_be_given_as_a_flag() {
    pushrig(
        "verify onenet --token 20200321182801 --nonce w&INtJ9+ --signature 7esfX151zV9TUhMPJogv3A== \
         --enc-msg 6oPS9SVFx1Hk1TXZTEXSofXR+YqEyy4W9CQ9Wfh4mr8945RHKQuPpxraU8DLqUSpos1lOIwzYAWDhYhgVt/rEDVQ66Mr3GU+Lh9F2fSc7omCIRHUGvlnZUaIv0Mnj+ew",
    )
    .stdout("valid       arguments  onenet encrypted\n")
    .exits(0);
}

#[test]
fn a_handshake_may_be_given_as_its_url() {
    for url in [
        "http://a.example/he?msg=LeoTAq&signature=/7hXrr3IpM538Z1uHvxSlA==&nonce=B0k7pDoe",
        "/he?msg=LeoTAq&signature=/7hXrr3IpM538Z1uHvxSlA==&nonce=B0k7pDoe",
        "/he?nonce=B0k7pDoe&msg=LeoTAq&signature=%2F7hXrr3IpM538Z1uHvxSlA%3D%3D",
    ] {
        onenet("--url")
            .arg(url)
            .stdout("valid       arguments  onenet handshake\n")
            .exits(0);
    }
}

#[test]
fn while_a_secret_is_rotated_it_says_which_one_fits() {
    let call = |tokens: &str| {
        pushrig(&format!("verify onenet online.raw {tokens}")).fixture("capture/online.raw")
    };
    call("--token wrong-token-x --token 20200321182801")
        .stdout("valid       online.raw:1  onenet push  by the second --token\n")
        .exits(0);
    call("--token 20200321182801 --token wrong-token-x")
        .stdout("valid       online.raw:1  onenet push  by the first --token\n")
        .exits(0);
    call("--token wrong-token-x --token wrong-token-y")
        .stdout_has([
            "mismatch ",
            "why       none of the 2 secrets gives this signature",
        ])
        .any_stderr()
        .exits(1);
}

#[test]
fn secrets_come_from_files_variables_stdin_and_profiles() {
    let valid = "valid       online.raw:1  onenet push\n";
    let call = |rest: &str| {
        pushrig(&format!("verify onenet online.raw {rest}")).fixture("capture/online.raw")
    };
    call("--token @token")
        .file("token", "20200321182801")
        .stdout(valid)
        .exits(0);
    call("--token @token")
        .file("token", "20200321182801\n")
        .stdout(valid)
        .stderr("note: --token: one newline at the end of token was dropped\n")
        .exits(0);
    call("--token env:MINE")
        .env("MINE", "20200321182801")
        .stdout(valid)
        .exits(0);
    call("--token -")
        .stdin("20200321182801")
        .stdout(valid)
        .exits(0);
    call("--token text:20200321182801").stdout(valid).exits(0);
    call("")
        .env("PUSHRIG_TOKEN", "20200321182801")
        .stdout(valid)
        .exits(0);
    let config = "[profile.default]\ntoken = \"wrong-token-x\"\n\
                  [profile.mine]\ntoken = [\"old-token-y\", \"env:MINE\"]\n";
    call("--profile mine")
        .file("pushrig.toml", config)
        .env("MINE", "20200321182801")
        .secret("old-token-y")
        .stdout("valid       online.raw:1  onenet push  by the second --token\n")
        .exits(0);
    // A flag beats the environment, and the environment beats the profile.
    call("--token 20200321182801")
        .env("PUSHRIG_TOKEN", "wrong-token-x")
        .stdout(valid)
        .exits(0);
    call("")
        .file("pushrig.toml", config)
        .env("PUSHRIG_TOKEN", "20200321182801")
        .stdout(valid)
        .exits(0);
    call("")
        .file("pushrig.toml", config)
        .stdout_has(["mismatch"])
        .any_stderr()
        .exits(1);
}

#[test]
fn its_age_decides_only_with_a_tolerance() {
    let call = |rest: &str| {
        pushrig(&format!("verify tencent --token aaa tencent.raw {rest}"))
            .fixture("capture/tencent.raw")
            .stderr(REPLAYABLE)
    };
    let line = |age: &str| format!("valid       tencent.raw:1  tencent handshake  {age}\n");
    call("--now 1604458421")
        .stdout(line("fresh: 0 s old"))
        .exits(0);
    call("--now 1795290000")
        .stdout(line("stale: 2208 d old"))
        .exits(0);
    call("--now 1795290000 --tolerance 5m")
        .stdout(line("stale: 2208 d old"))
        .exits(1);
    call("--now 1604458721 --tolerance 5m")
        .stdout(line("fresh: 5 min old"))
        .exits(0);
    call("--now 1604458722 --tolerance 300")
        .stdout(line("stale: 5 min old"))
        .exits(1);
    call("--now 1604458120 --tolerance 5m")
        .stdout(line("future: 5 min ahead"))
        .exits(1);
    call("--now 1795290000 --tolerance 3000d")
        .stdout(line("fresh: 2208 d old"))
        .exits(0);
}

#[test]
fn the_age_is_that_at_arrival_where_the_record_tells_it() {
    let signed = "sign tencent --token a-token-of-mine --as record --url http://a.example/ --body {} --now 1604458421";
    let record = pushrig(signed).any_stdout().exits(0).stdout;
    pushrig("verify tencent --token a-token-of-mine - --tolerance 5m")
        .stdin(&record)
        .stdout("valid       <stdin>:1  tencent push  fresh: 0 s old\n")
        .stderr(REPLAYABLE)
        .exits(0);
}

#[test]
fn every_way_not_to_be_valid_has_its_own_words() {
    for (verdict, body, why) in [
        (
            "unsigned",
            r#"{"msg":1,"nonce":"a"}"#,
            "there is neither a member `msg_signature` of the body nor a query parameter `signature`",
        ),
        (
            "unsigned",
            "",
            "there is neither a member `msg_signature` of the body nor a query parameter `signature`",
        ),
        (
            "unreadable",
            r#"{"msg":1"#,
            "the body is not JSON: the text ends inside an object (byte 8)",
        ),
        (
            "unreadable",
            "hello",
            "the body is not JSON: no JSON value starts like this (byte 0)",
        ),
        ("unreadable", "[1]", "the body is JSON, but not an object"),
        (
            "unreadable",
            r#"{"msg":1,"msg_signature":"a"}"#,
            "the member `nonce` of the body is missing",
        ),
        (
            "unreadable",
            r#"{"nonce":"a","msg_signature":"a"}"#,
            "the member `msg` of the body is missing",
        ),
        (
            "unreadable",
            r#"{"msg":1,"msg_signature":1,"nonce":"a"}"#,
            "the member `msg_signature` of the body is not a string",
        ),
        (
            "unreadable",
            r#"{"msg":1,"msg_signature":"a","nonce":2}"#,
            "the member `nonce` of the body is not a string",
        ),
    ] {
        onenet("--body")
            .arg(body)
            .stdout_has([verdict, "onenet push\n", why])
            .exits(1);
    }
}

#[test]
fn a_request_of_another_platform_is_told_by_where_its_signature_stands() {
    onenet("tencent.raw")
        .fixture("capture/tencent.raw")
        .stdout_has([
            "unsigned",
            "but it is signed the way Tencent IoT",
            "(`tencent`): by the header `Signature`",
        ])
        .exits(1);
    pushrig("verify tencent --token aaa online.raw")
        .fixture("capture/online.raw")
        .stdout_has([
            "unsigned",
            "but it is signed the way OneNET",
            "(`onenet`): by the member `msg_signature` of the body",
        ])
        .exits(1);
    pushrig(&format!("verify sensoro {APP_SECRET} tencent.raw"))
        .fixture("capture/tencent.raw")
        .stdout_has([
            "unsigned",
            "there is no header `X-ACCESS-SIGNATURE`",
            "(`tencent`)",
        ])
        .exits(1);
}

#[test]
fn raw_http_does_not_tell_the_scheme_so_sensoro_asks_for_the_public_url() {
    for platform in ["sensoro", "auto"] {
        let call = |rest: &str| {
            pushrig(&format!(
                "verify {platform} {APP_SECRET} sensoro.raw --now 1467018792599 {rest}"
            ))
            .fixture("capture/sensoro.raw")
        };
        call("")
            .stdout_has([
                "unreadable  sensoro.raw:1  sensoro push",
                "give --public-url",
            ])
            .exits(1);
        let valid = "valid       sensoro.raw:1  sensoro push  fresh: 0 s old\n";
        call("--public-url http://hook.example.com")
            .stdout(valid)
            .exits(0);
        call("--public-url http://hook.example.com/")
            .stdout(valid)
            .exits(0);
        call("--url http://hook.example.com/sensoro/webhooks")
            .stdout(valid)
            .exits(0);
        call("--public-url https://hook.example.com")
            .stdout_has([
                "mismatch",
                "expected  rolEygUdvokHJtsW8qd6JAwPw/1j4mW+1vLPRhEUGsw=",
            ])
            .any_stderr()
            .exits(1);
    }
}

#[test]
fn a_public_url_prefixes_the_path_that_a_proxy_took_away() {
    let body = r#"{"a":1}"#;
    let signature = pushrig(&format!(
        "sign sensoro {APP_SECRET} --nonce 1 --method POST --url https://a.example/hooks/in?x=1 --body {body}"
    ))
    .any_stdout()
    .exits(0);
    let raw = format!(
        "POST /in?x=1 HTTP/1.1\r\nHost: 10.0.0.7\r\nX-ACCESS-NONCE: 1\r\nX-ACCESS-SIGNATURE: {}\r\nContent-Length: {}\r\n\r\n{body}",
        signature.text().trim_end(),
        body.len()
    );
    pushrig(&format!(
        "verify sensoro {APP_SECRET} - --now 1 --public-url https://a.example/hooks/"
    ))
    .stdin(raw)
    .stdout_has(["valid"])
    .any_stderr()
    .exits(0);
}

#[test]
fn a_body_that_the_vendors_demo_would_refuse_is_noted() {
    pushrig(&format!(
        "sign sensoro {APP_SECRET} --app-id app --as curl --url http://a.example/ --body"
    ))
    .arg(r#"{"a": 1.0}"#)
    .any_stdout()
    .exits(0);
    let record = pushrig(&format!(
        "sign sensoro {APP_SECRET} --app-id app --as record --url http://a.example/ --body"
    ))
    .arg(r#"{"a": 1.0}"#)
    .any_stdout()
    .exits(0);
    pushrig(&format!("verify sensoro {APP_SECRET} -"))
        .stdin(&record.stdout)
        .stdout_has(["valid"])
        .stderr_has(["the body is not in JSON.stringify's form"])
        .exits(0);
}

#[test]
fn a_member_that_stands_twice_is_noted() {
    let body = r#"{"msg":1,"msg":{"at":1585579321430,"login_type":7,"type":2,"dev_id":589888962,"status":1},"msg_signature":"1FtJkDnewfBiKFJKKheJPA==","nonce":"w&INtJ9+"}"#;
    onenet("--body")
        .arg(body)
        .stdout("valid       arguments  onenet push\n")
        .stderr("note: the body has the member `msg` twice: the last one counts here, other parsers may take the first\n")
        .exits(0);
}

#[test]
fn as_json_a_verdict_is_one_line_with_the_members_of_the_contract() {
    let lines = onenet("online.raw missing.raw --format json")
        .fixture("capture/online.raw")
        .file("missing.raw", "POST / HTTP/1.1\r\nHost: a\r\n\r\n")
        .any_stdout()
        .exits(1)
        .json();
    assert_eq!(
        lines[0],
        json!({
            "v": 1, "type": "verdict", "record": "online.raw:1", "platform": "onenet",
            "form": "push", "verdict": "valid", "received": "1FtJkDnewfBiKFJKKheJPA==",
            "expected": "1FtJkDnewfBiKFJKKheJPA==", "freshness": null, "notes": [],
        })
    );
    assert_eq!(lines[1]["record"], "missing.raw:1");
    assert_eq!(lines[1]["verdict"], "unsigned");
    assert_eq!(lines[1]["received"], json!(null));
    assert_eq!(lines[1]["expected"], json!(null));
    assert!(lines[1]["why"].is_string());
    assert_eq!(
        lines[2],
        json!({
            "v": 1, "type": "summary", "records": 2, "valid": 1, "mismatch": 0, "unsigned": 1,
            "unreadable": 0, "errors": 0, "not_fresh": 0,
        })
    );
    assert_eq!(lines.len(), 3);
}

#[test]
fn a_secret_that_arrived_is_not_repeated() {
    const SECRET: &str = "a-token-of-mine";
    let body =
        |text: &str| format!(r#"{{"msg":"{text}","nonce":"{text}","msg_signature":"{text}"}}"#);
    for text in [
        SECRET,
        "YS10b2tlbi1vZi1taW5l",
        "612d746f6b656e2d6f662d6d696e65",
    ] {
        for command in ["verify", "explain"] {
            for format in ["human", "json"] {
                pushrig(&format!(
                    "{command} onenet --token {SECRET} --format {format} --body"
                ))
                .arg(body(text))
                .stdout_has(["[secret]"])
                .any_stderr()
                .exits(1);
            }
        }
    }
    for call in [
        "explain tencent --token a-token-of-mine --timestamp a-token-of-mine --nonce n --signature x",
        "explain onenet --token a-token-of-mine --nonce n --msg m --computed a-token-of-mine",
        "verify onenet-studio --access-key a-token-of-mine --credential version=1&res=a-token-of-mine&et=1&method=a-token-of-mine&sign=a",
    ] {
        for format in ["human", "json"] {
            pushrig(&format!("{call} --format {format}"))
                .stdout_has(["[secret]"])
                .any_stderr()
                .exits(1);
        }
    }
    pushrig("explain onenet --token a-token-of-mine --nonce n --msg m --computed a-token-of-mine --reveal")
        .reveals()
        .stdout_has(["computed  a-token-of-mine  (wrong)"])
        .exits(1);
}
