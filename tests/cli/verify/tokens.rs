//! OneNET's tokens, and the platform's own names for refusals.

use crate::harness::{Pushrig, pushrig};

const RIGHT: &str = "version=2018-10-31&res=products%2F123123&et=1537255523&method=sha1&sign=lsaPSiiGvEFFjXu5WU7a6IkScqE%3D";

fn token(token: &str, rest: &str) -> Pushrig {
    pushrig(&format!(
        "verify onenet-studio --access-key KuF3NT/jUBJ62LNBB/A8XZA9CqS3Cu79B/ABmfA1UCw= {rest} --credential"
    ))
    .arg(token)
}

const BEFORE: &str = "--now 1537255000";

#[test]
fn a_token_is_valid_before_its_end() {
    token(RIGHT, BEFORE)
        .stdout("valid       arguments  onenet-studio token  fresh: 8 min left\n")
        .exits(0);
}

#[test]
fn a_token_may_stand_in_the_authorization_header() {
    let raw = format!("GET /x HTTP/1.1\r\nHost: a\r\nauthorization: {RIGHT}\r\n\r\n");
    for platform in ["onenet-studio", "auto"] {
        pushrig(&format!(
            "verify {platform} --access-key KuF3NT/jUBJ62LNBB/A8XZA9CqS3Cu79B/ABmfA1UCw= {BEFORE} -"
        ))
        .stdin(&raw)
        .stdout_has(["valid       <stdin>:1  onenet-studio token"])
        .exits(0);
    }
}

#[test]
fn each_refusal_has_the_platforms_code() {
    for (wrong, verdict, why) in [
        (
            RIGHT.replace("&et=1537255523", ""),
            "unreadable",
            "1103 invalid token: `et` is missing",
        ),
        (
            "nonsense".to_owned(),
            "unsigned",
            "1103 invalid token: `version` is missing",
        ),
        (format!("{RIGHT}&et=1"), "", "1103 invalid token"),
        (
            RIGHT.replace("sign=l", "sign=x"),
            "mismatch",
            "1106 sign not match",
        ),
        (
            RIGHT.replace("sha1", "sha5"),
            "unreadable",
            "1110 sign method not supported: `method` is `sha5`",
        ),
        (
            RIGHT.replace("2018-10-31", "2018-10-32"),
            "mismatch",
            "1111 invalid version: `version` is `2018-10-32`",
        ),
    ] {
        token(&wrong, BEFORE)
            .stdout_has([verdict, why])
            .any_stderr()
            .exits(1);
    }
    token(RIGHT, &format!("{BEFORE} --res products/999"))
        .stdout_has(["mismatch", "1114 argument does not match"])
        .any_stderr()
        .exits(1);
}

#[test]
fn an_expired_token_is_valid_and_its_age_counts_with_a_tolerance() {
    let valid = "valid       arguments  onenet-studio token  expired 1 s ago\n";
    token(RIGHT, "--now 1537255524").stdout(valid).exits(0);
    token(RIGHT, "--now 1537255524 --tolerance 1m")
        .stdout(valid)
        .exits(1);
    let line = &token(RIGHT, "--now 1537255524 --format json")
        .any_stdout()
        .exits(0)
        .json()[0];
    assert_eq!(line["verdict"], "valid");
    assert_eq!(line["freshness"], "expired");
    assert_eq!(line["age"], 1);
    let why = line["why"].as_str().unwrap();
    assert!(why.starts_with("1104 token expired"), "{why}");
}

#[test]
fn an_access_key_that_is_no_base64_is_told_and_not_shown() {
    pushrig("verify onenet-studio --access-key not!!base64!! --credential")
        .arg(RIGHT)
        .stdout_has([
            "unreadable",
            "--access-key is not base64, as this key must be",
        ])
        .any_stderr()
        .exits(1);
}

#[test]
fn a_token_is_given_as_such_from_a_file_a_variable_or_standard_input() {
    let call = |token: &str| {
        pushrig(&format!(
            "verify onenet-studio --access-key KuF3NT/jUBJ62LNBB/A8XZA9CqS3Cu79B/ABmfA1UCw= {BEFORE} {token}"
        ))
    };
    let valid = "valid       arguments  onenet-studio token  fresh: 8 min left\n";
    call("--token").arg(RIGHT).stdout(valid).exits(0);
    for flag in ["--token", "--credential"] {
        let from = |place: &str| call(&format!("{flag} {place}"));
        from("@it").file("it", RIGHT).stdout(valid).exits(0);
        from("env:IT").env("IT", RIGHT).stdout(valid).exits(0);
        from("-").stdin(RIGHT).stdout(valid).exits(0);
    }
    call("--token a --token b")
        .stderr_has(["one token is judged at a time"])
        .exits(2);
    // Of another platform, the token is a secret.
    call("--token other --credential")
        .arg(RIGHT)
        .stdout(valid)
        .exits(0);
}

#[test]
fn a_token_that_is_not_percent_encoded_is_invalid() {
    for (from, to, why) in [
        (
            "%2F",
            "/",
            "1103 invalid token: `res` is not percent-encoded: it holds `/`",
        ),
        (
            "%3D",
            "=",
            "1103 invalid token: `sign` is not percent-encoded: it holds `=`",
        ),
    ] {
        token(&RIGHT.replace(from, to), BEFORE)
            .stdout_has(["unreadable", why])
            .any_stderr()
            .exits(1);
    }
}

#[test]
fn a_version_that_does_not_go_with_the_resource_is_invalid() {
    let text = "version=2020-05-29&res=products%2F123123&et=1537255523&method=sha1&sign=AAAA";
    token(text, BEFORE)
        .stdout_has(["1111 invalid version: version 2020-05-29 does not go with `products/123123`"])
        .any_stderr()
        .exits(1);
}
