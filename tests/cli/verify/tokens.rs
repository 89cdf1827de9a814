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
