//! OneNET tokens: whom they are for and when they end.

use crate::harness::{Pushrig, pushrig};

const KEY: &str = "XU/H2c4SmG6sZ3IRkomTQ1b/XzkDsl+1xzVh0gr1JaAC9Ugo7BNIAJEaAH+MK7i+";
const USER: &str = "version=2020-05-29&res=userid%2F10311&et=1623982416&method=sha1&sign=qEcjgJXhELte15mzZm%2FziCmGdFw%3D\n";
const GROUP: &str = "version=2020-05-29&res=projectid%2FKLza8R%2Fgroupid%2Fg1&et=1623982416&method=sha1&sign=jxOkB7oj3Zh5JjIk7vBFJyPr8iU%3D\n";

fn sign(rest: &str) -> Pushrig {
    pushrig(&format!("sign onenet-studio --access-key {KEY} {rest}"))
}

#[test]
fn a_users_and_a_groups_token_are_the_published_ones() {
    sign("--user 10311 --et 1623982416").stdout(USER).exits(0);
    sign("--project KLza8R --group g1 --et 1623982416")
        .stdout(GROUP)
        .exits(0);
    sign("--res userid/10311 --method sha1 --et 1623982416")
        .stdout(USER)
        .exits(0);
}

#[test]
fn a_devices_and_a_products_token_are_the_published_ones() {
    let key = "KuF3NT/jUBJ62LNBB/A8XZA9CqS3Cu79B/ABmfA1UCw=";
    let call = format!("sign onenet-studio --access-key {key} --part sign");
    pushrig(&format!(
        "{call} --device Ck2AF9QD2K/test --et 32472115200 --method sha256"
    ))
    .stdout("6Y4zbk3Sa89tRf9lMxCCE0jG74uEcEuu/nly1pU9ADM=\n")
    .exits(0);
    pushrig(&format!("{call} --product 123123 --et 1537255523"))
        .stdout("lsaPSiiGvEFFjXu5WU7a6IkScqE=\n")
        .exits(0);
}

#[test]
fn the_end_is_a_duration_a_time_or_a_unix_time() {
    for expires in [
        "1h",
        "3600",
        "2021-06-18T02:13:36Z",
        "2021-06-18T10:13:36+08:00",
        "1623982416",
    ] {
        sign(&format!(
            "--user 10311 --now 1623978816 --expires {expires}"
        ))
        .stdout(USER)
        .exits(0);
    }
    sign("--user 10311 --now 1623982416 --expires 1623982416")
        .stdout(USER)
        .stderr("warning: this token has ended already\n")
        .exits(0);
}

#[test]
fn the_version_follows_the_use_unless_it_is_given() {
    for (whom, version) in [
        ("--user 1", "2020-05-29"),
        ("--project p --group g", "2020-05-29"),
        ("--device p/d", "2018-10-31"),
        ("--product p", "2018-10-31"),
        ("--res products/p/devices/d --method md5", "2018-10-31"),
        ("--user 1 --version 2022-05-01", "2022-05-01"),
    ] {
        sign(&format!("{whom} --et 1"))
            .stdout_has([format!("version={version}&res=")])
            .exits(0);
    }
    sign("--res mine --method md5 --et 1")
        .stderr_has(["needs `version`", "give --version"])
        .exits(2);
}

#[test]
fn a_token_is_for_one_only() {
    for (wrong, words) in [
        ("--user 1 --project p --group g", "cannot be used with"),
        ("--user 1 --device p/d", "cannot be used with"),
        ("--user 1 --res userid/1", "cannot be used with"),
        ("--device p/d --product p", "cannot be used with"),
        ("--product p --group g --project p", "cannot be used with"),
        ("--project p", "--group <ID>"),
        ("--group g", "--project <ID>"),
        (
            "--device d",
            "expected the product's id and the device's name",
        ),
        ("--device p/d/e", "expected the product's id"),
        ("--user a/b", "expected an id, without a slash"),
        ("--user 1 --expires 2026-12-31", "a time with its offset"),
    ] {
        sign(&format!("{wrong} --et 1"))
            .stderr_has([words])
            .exits(2);
    }
    for nobody in ["--method md5 --et 1", "--expires 1h", "--et 1 --version v"] {
        sign(nobody)
            .stderr_has(["needs `res`: whom the token is for", "give --user, "])
            .exits(2);
    }
    sign("--user 1")
        .stderr_has(["needs `et`", "or --expires"])
        .exits(2);
    for flags in ["--user 1", "--expires 1h"] {
        pushrig(&format!(
            "sign tencent --token x --nonce a --timestamp 1 {flags}"
        ))
        .stderr_has(["tencent has no tokens"])
        .exits(2);
    }
}

#[test]
fn the_key_may_come_from_a_file_a_variable_or_standard_input() {
    let call = |key: &str| {
        pushrig(&format!(
            "sign onenet-studio --user 10311 --et 1623982416 --access-key {key}"
        ))
    };
    call("@key").file("key", KEY).stdout(USER).exits(0);
    call("env:GROUP_KEY")
        .env("GROUP_KEY", KEY)
        .stdout(USER)
        .exits(0);
    call("-").stdin(KEY).stdout(USER).exits(0);
}

#[test]
fn what_was_signed_for_anyone_verifies_as_theirs_and_as_nobody_elses() {
    for whom in [
        "--user 10311",
        "--project KLza8R --group g1",
        "--device p/d",
        "--product p",
    ] {
        let made = sign(&format!("{whom} --now 1623978816 --expires 1h"))
            .any_stdout()
            .exits(0);
        let verify = |whom: &str| {
            pushrig(&format!(
                "verify onenet-studio --access-key {KEY} --now 1623978816 {whom} --token"
            ))
            .arg(made.text().trim_end())
        };
        verify(whom).stdout_has(["valid "]).exits(0);
        verify("--user 7")
            .stdout_has(["1114"])
            .any_stderr()
            .exits(1);
    }
}
