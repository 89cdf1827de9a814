//! The published vectors of every platform, through the command line.

use crate::harness::{fixture, pushrig, root};

const TOKEN: &str = "20200321182801";
const KEY: &str = "KuF3NT/jUBJ62LNBB/A8XZA9CqS3Cu79B/ABmfA1UCw=";
const USER_KEY: &str = "XU/H2c4SmG6sZ3IRkomTQ1b/XzkDsl+1xzVh0gr1JaAC9Ugo7BNIAJEaAH+MK7i+";
const APP_SECRET: &str = "S3cretS3cretS3cretS3cretS3cret00";

#[track_caller]
fn signs(command: &str, rest: &[&str], signature: &str) {
    pushrig(command)
        .args(rest)
        .stdout(format!("{signature}\n"))
        .exits(0);
}

#[test]
fn onenets_published_captures_get_their_signatures() {
    for (nonce, msg, signature) in [
        ("B0k7pDoe", "LeoTAq", "/7hXrr3IpM538Z1uHvxSlA=="),
        (
            "w&INtJ9+",
            r#"{"at":1585579321430,"login_type":7,"type":2,"dev_id":589888962,"status":1}"#,
            "1FtJkDnewfBiKFJKKheJPA==",
        ),
        (
            "iSX$ZVVD",
            r#"{"at":1585579700235,"login_type":7,"type":2,"dev_id":589888962,"status":0}"#,
            "YPpafOSW1Byncd7xdXtF0Q==",
        ),
        (
            "Mal9%W-E",
            r#"{"at":1585579995234,"type":1,"ds_id":"temperature","value":"12.34","dev_id":589888962}"#,
            "h1oeGIrbyreHf6S81qet9w==",
        ),
    ] {
        let parts = ["--nonce", nonce, "--msg", msg];
        signs(&format!("sign onenet --token {TOKEN}"), &parts, signature);
    }
}

#[test]
fn onenet_does_not_sort_its_parts() {
    signs(
        "sign onenet --token ricnsmart --nonce 5xp7vzm3fN --msg hello",
        &[],
        "d/ncDg+jrcW259dHOZByyw==",
    );
}

#[test]
fn onenets_encrypted_message_is_signed_as_its_base64_text() {
    let enc_msg = "6oPS9SVFx1Hk1TXZTEXSofXR+YqEyy4W9CQ9Wfh4mr8945RHKQuPpxraU8DLqUSpos1lOIwzYAWDhYhgVt/rEDVQ66Mr3GU+Lh9F2fSc7omCIRHUGvlnZUaIv0Mnj+ew";
    signs(
        &format!("sign onenet --token {TOKEN} --enc-msg {enc_msg}"),
        &["--nonce", "w&INtJ9+"],
        "7esfX151zV9TUhMPJogv3A==",
    );
}

#[test]
fn a_message_is_read_from_a_file_or_from_stdin_byte_for_byte() {
    let right = "1FtJkDnewfBiKFJKKheJPA==\n";
    let msg = r#"{"at":1585579321430,"login_type":7,"type":2,"dev_id":589888962,"status":1}"#;
    let call = || pushrig(&format!("sign onenet --token {TOKEN} --nonce w&INtJ9+"));
    call()
        .args(["--msg", "@msg"])
        .file("msg", msg)
        .stdout(right)
        .exits(0);
    call()
        .args(["--msg", "-"])
        .stdin(msg)
        .stdout(right)
        .exits(0);
    let other = call()
        .args(["--msg", "-"])
        .stdin(format!("{msg}\n"))
        .any_stdout()
        .exits(0);
    assert_ne!(other.text(), right, "a newline is a byte like any other");
}

#[test]
fn tencent_sorts_its_parts_byte_by_byte() {
    for (token, timestamp, nonce, signature) in [
        (
            "aaa",
            "1604458421",
            "IkOaKMDalrAzUTxC",
            "c259ed29ec13ba7c649fe0893007401a36e70453",
        ),
        (
            "test",
            "1410685589",
            "test",
            "f21891de399b4e33a1a93c9a7b8a8fffb5a443ff",
        ),
        (
            "2014",
            "1604458421",
            "437374425",
            "fa06ab73fe0c0013869369dbc5dbea693c308174",
        ),
        (
            "_tok",
            "1604458421",
            "Abc",
            "6b313b7c3079104de269785d5da2b1f1be80594f",
        ),
        (
            "测试token",
            "1604458421",
            "Zz9",
            "ed2cddcca0bfcc33897dce48a947b7970bbff8c0",
        ),
    ] {
        let parts = ["--token", token, "--timestamp", timestamp, "--nonce", nonce];
        signs("sign tencent", &parts, signature);
    }
}

#[test]
fn sensoro_signs_nonce_method_url_and_body() {
    let call = format!(
        "sign sensoro --app-secret {APP_SECRET} --nonce 1467018792599 \
         --url http://hook.example.com/sensoro/webhooks"
    );
    let capture = fixture("capture/sensoro.raw");
    let text = String::from_utf8(capture).unwrap();
    let body = text.split("\r\n\r\n").nth(1).unwrap();
    signs(
        &call,
        &["--method", "POST", "--body", body],
        "VUqOkQzGTJJswIaS6EIAWjDWQOGAMEuoQIsqD2scRVQ=",
    );
    signs(
        &call,
        &["--method", "post", "--body", r#"{"t":"中"}"#],
        "E0HyPB4DZSzlzfP7XmVO2GCOyFr85/33KCSKMDHHiZA=",
    );
    // No body is signed as `{}`.
    signs(
        &call,
        &["--method", "GET"],
        "xQla51q1xMFva57iATK0xfBP+dx1+v3y/wkxDeGJLag=",
    );
}

#[test]
fn a_onenet_tokens_sign_is_the_published_one() {
    for (key, et, method, res, version, sign) in [
        (
            KEY,
            "1537255523",
            "sha1",
            "products/123123",
            "2018-10-31",
            "lsaPSiiGvEFFjXu5WU7a6IkScqE=",
        ),
        (
            KEY,
            "32472115200",
            "md5",
            "products/Ck2AF9QD2K/devices/test",
            "2018-10-31",
            "htDD26UhXtXayMFAWRmNiA==",
        ),
        (
            KEY,
            "32472115200",
            "sha256",
            "products/Ck2AF9QD2K/devices/test",
            "2018-10-31",
            "6Y4zbk3Sa89tRf9lMxCCE0jG74uEcEuu/nly1pU9ADM=",
        ),
        (
            USER_KEY,
            "1623982416",
            "sha1",
            "userid/10311",
            "2020-05-29",
            "qEcjgJXhELte15mzZm/ziCmGdFw=",
        ),
        (
            USER_KEY,
            "1623982416",
            "sha1",
            "projectid/KLza8R/groupid/g1",
            "2020-05-29",
            "jxOkB7oj3Zh5JjIk7vBFJyPr8iU=",
        ),
        (
            KEY,
            "1537255523",
            "sha1",
            "products/dafdfadfafdaf/devices/che1",
            "2018-10-31",
            "6wNfzSb3LQD7vAC9ArLLjdJur/8=",
        ),
    ] {
        let parts = [
            "--access-key",
            key,
            "--et",
            et,
            "--method",
            method,
            "--res",
            res,
            "--version",
            version,
        ];
        signs("sign onenet-studio --part sign", &parts, sign);
    }
}

#[test]
fn a_onenet_token_is_percent_encoded_once_and_signed_as_it_was() {
    signs(
        &format!(
            "sign onenet-studio --access-key {KEY} --res products/123123 --et 1537255523 \
             --method sha1 --version 2018-10-31"
        ),
        &[],
        "version=2018-10-31&res=products%2F123123&et=1537255523&method=sha1&sign=lsaPSiiGvEFFjXu5WU7a6IkScqE%3D",
    );
}

#[test]
fn a_onenet_token_expires_from_now_on() {
    let call = |rest: &str| {
        pushrig(&format!(
            "sign onenet-studio --access-key {KEY} --res products/123123 --method sha1 \
             --version 2018-10-31 {rest}"
        ))
    };
    let token = "version=2018-10-31&res=products%2F123123&et=1537255523&method=sha1&sign=lsaPSiiGvEFFjXu5WU7a6IkScqE%3D\n";
    call("--expires 2h --now 1537248323").stdout(token).exits(0);
    call("--expires 90 --now 2018-09-18T07:23:53Z")
        .stdout(token)
        .exits(0);
    call("--expires 2h --et 1537255523")
        .stderr_has(["cannot be used with"])
        .exits(2);
    call("--expires tomorrow")
        .stderr_has(["expected a duration such as 30s, 5m or 2h"])
        .exits(2);
}

#[test]
fn the_presets_are_recipes_with_their_own_vectors() {
    signs(
        "sign wechat --token test --timestamp 1410685589 --nonce test",
        &[],
        "f21891de399b4e33a1a93c9a7b8a8fffb5a443ff",
    );
    signs(
        "sign huawei-iotda --token aaa --timestamp 1604458421 --nonce IkOaKMDalrAzUTxC",
        &[],
        "bb612d261d52dbe02e5e09aa377691db393c8fe75e7d8f9c5833cd6e56caee38",
    );
    signs(
        "sign standard-webhooks --token whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw \
         --timestamp 1614265330 --in id=msg_p5jXN8AQM9LWM0D4loKWxJek",
        &["--body", r#"{"test": 2432232314}"#],
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    );
}

#[test]
fn a_recipe_of_the_users_own_signs_as_well() {
    let call =
        "sign examples/recipes/acme.toml --app-secret kettle-and-toast --timestamp 1795290000";
    pushrig(call)
        .args([
            "--body",
            r#"{"device":"pump-7", "reading":21.50, "unit":"°C"}"#,
        ])
        .dir(root())
        .stdout("sha256=8438f67fb0587e00862ca2be74c1f9ca6191d8dc795994eb515302b2b9d11a60\n")
        .exits(0);
    pushrig(call)
        .args(["--handshake", "--in", "challenge=Zm9v+9/aQ=="])
        .dir(root())
        .stdout("sha256=0603c81db2d3aab97508d59887265e6294a36c19f2d1ed3b4a812e13dc9616cb\n")
        .exits(0);
}

#[test]
fn a_signature_as_json_names_platform_and_form() {
    let line =
        pushrig("sign onenet --token ricnsmart --nonce 5xp7vzm3fN --msg hello --format json")
            .any_stdout()
            .exits(0)
            .one_json();
    assert_eq!(line["type"], "signature");
    assert_eq!(line["platform"], "onenet");
    assert_eq!(line["form"], "push");
    assert_eq!(line["signature"], "d/ncDg+jrcW259dHOZByyw==");
}

#[test]
fn what_is_missing_is_named_with_the_flag_that_gives_it() {
    for (call, what, hint) in [
        (
            "sign onenet --token x",
            "signing for onenet (push) needs `nonce`",
            "give --nonce",
        ),
        (
            "sign onenet --token x --nonce a",
            "signing for onenet (push) needs `msg`",
            "give --msg",
        ),
        (
            "sign onenet --token x --handshake --nonce a",
            "signing for onenet (handshake) needs `msg`",
            "give --msg",
        ),
        (
            "sign onenet --nonce a --msg b",
            "--token",
            "give --token or set PUSHRIG_TOKEN",
        ),
        (
            "sign tencent --token x --nonce a",
            "signing for tencent (push) needs `timestamp`",
            "give --timestamp",
        ),
        (
            "sign sensoro --app-secret x --nonce 1",
            "signing for sensoro (push) needs `url`",
            "give --url",
        ),
        (
            "sign onenet-studio --access-key x --res r --et 1 --version v",
            "needs `method`",
            "give --method",
        ),
        (
            "sign onenet-studio --access-key x --method md5 --et 1 --version v",
            "needs `res`",
            "give --res",
        ),
        (
            "sign onenet-studio --access-key x --method md5 --res r --version v",
            "needs `et`",
            "give --et",
        ),
        (
            "sign onenet --token x --nonce a --msg b --as curl",
            "need --url",
            "",
        ),
        (
            "sign onenet --token x --as curl --url http://a.example/",
            "a request needs something to carry",
            "give --msg",
        ),
        (
            "sign onenet --token x --nonce a --msg b --encrypt",
            "--encrypt makes a whole request",
            "give --as",
        ),
        (
            "sign sensoro --app-secret x --handshake",
            "sensoro has no handshake",
            "",
        ),
        (
            "sign nowhere --token x",
            "there is no platform `nowhere`",
            "one of onenet,",
        ),
    ] {
        pushrig(call).stderr_has(["error: ", what, hint]).exits(2);
    }
}
