//! Every scheme that pushrig has built in, as a user would write it, and its published vectors.

use super::*;

/// The signature that the form `name` of the recipe in `text` gives for these parts.
fn sign(text: &str, name: &str, secret: &str, parts: &[(&str, &str)]) -> String {
    let recipe = read("recipe.toml", text).unwrap();
    let form = recipe.form(name).unwrap();
    let mut given = Given::new();
    for (part, value) in parts {
        given.push(*part, *value);
    }
    let secrets = Secrets::new().with(form.secret().unwrap(), secret);
    let evidence = Evidence::default().with(&given);
    let ingredients = form.gather(&evidence).unwrap();
    form.sign(&ingredients, &secrets, 0).unwrap()
}

/// Whether the form of that index, and none before it, applies to the request and accepts it.
fn accepts(text: &str, index: usize, secret: &str, request: &Request) -> bool {
    let recipe = read("recipe.toml", text).unwrap();
    let evidence = Evidence::of(request);
    let applies = recipe
        .forms
        .iter()
        .position(|form| form.gather(&evidence).is_ok());
    assert_eq!(applies, Some(index));
    let form = &recipe.forms[index];
    let secrets = Secrets::new().with(form.secret().unwrap(), secret);
    let ingredients = form.gather(&evidence).unwrap();
    let digest = form.digest(&ingredients, &secrets, 0).unwrap();
    form.accepts(&form.received(&evidence).unwrap(), &digest)
}

fn post(target: &str, headers: &[(&str, &str)], body: &str) -> Request {
    let mut request = Request::new("POST", target);
    request.scheme = Some(Scheme::Http);
    for (name, value) in headers {
        request.headers.push(*name, *value);
    }
    request.body = body.into();
    request
}

const ONENET: &str = r#"
name = "onenet"
title = "OneNET HTTP push"

[[form]]
name = "handshake"
parts = [
  { secret = "token" },
  { name = "nonce", query = "nonce" },
  { name = "msg", query = "msg" },
]
digest = "md5"
output = "base64"
signature = { query = "signature" }
echo = { name = "msg", query = "msg" }

[[form]]
name = "encrypted"
parts = [
  { secret = "token" },
  { name = "nonce", json-text = "/nonce" },
  { name = "enc_msg", json-text = "/enc_msg" },
]
digest = "md5"
output = "base64"
signature = { json-text = "/msg_signature" }

[[form]]
name = "push"
parts = [
  { secret = "token" },
  { name = "nonce", json-text = "/nonce" },
  { name = "msg", json-raw = "/msg" },
]
digest = "md5"
output = "base64"
signature = { json-text = "/msg_signature" }
"#;

#[test]
fn onenet_can_be_written_as_a_file() {
    let token = "20200321182801";
    let handshake = Request::new(
        "GET",
        "/he/data/push/global?msg=LeoTAq&signature=/7hXrr3IpM538Z1uHvxSlA==&nonce=B0k7pDoe",
    );
    assert!(accepts(ONENET, 0, token, &handshake));
    for (nonce, msg, signature) in [
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
        let body = format!(r#"{{"msg":{msg},"msg_signature":"{signature}","nonce":"{nonce}"}}"#);
        assert!(accepts(ONENET, 2, token, &post("/", &[], &body)), "{msg}");
    }
    assert_eq!(
        sign(
            ONENET,
            "push",
            "ricnsmart",
            &[("nonce", "5xp7vzm3fN"), ("msg", "hello")]
        ),
        "d/ncDg+jrcW259dHOZByyw=="
    );
    let body = concat!(
        r#"{"msg_signature":"7esfX151zV9TUhMPJogv3A==","enc_msg":"6oPS9SVFx1Hk1TXZTEXSofXR+YqEyy4W9CQ9Wf"#,
        "h4mr8945RHKQuPpxraU8DLqUSpos1lOIwzYAWDhYhgVt/rEDVQ66Mr3GU+Lh9F2fSc7omCIRHUGvlnZUaIv0Mnj+ew",
        r#"","nonce":"w&INtJ9+"}"#
    );
    assert!(accepts(ONENET, 1, token, &post("/", &[], body)));
}

const TENCENT: &str = r#"
name = "tencent"

[[form]]
name = "handshake"
parts = [
  { secret = "token" },
  { name = "timestamp", header = "Timestamp" },
  { name = "nonce", header = "Nonce" },
]
order = "sorted"
digest = "sha1"
output = "hex"
signature = { header = "Signature" }
time = { part = "timestamp", unit = "s" }
echo = { name = "echostr", header = "Echostr" }

[[form]]
name = "push"
parts = [
  { secret = "token" },
  { name = "timestamp", header = "Timestamp" },
  { name = "nonce", header = "Nonce" },
]
order = "sorted"
digest = "sha1"
output = "hex"
signature = { header = "Signature" }
time = { part = "timestamp", unit = "s" }
"#;

#[test]
fn tencent_can_be_written_as_a_file() {
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
        let headers = [
            ("Nonce", nonce),
            ("Signature", signature),
            ("Timestamp", timestamp),
        ];
        let mut request = post("/", &headers, "{}");
        assert!(accepts(TENCENT, 1, token, &request), "{token}");
        request.headers.push("Echostr", "UPWIAFASvDUFcTEE");
        assert!(accepts(TENCENT, 0, token, &request), "{token}");
    }
}

const SENSORO: &str = r#"
name = "sensoro"

[[form]]
name = "push"
parts = [
  { name = "nonce", header = "X-ACCESS-NONCE" },
  { method = true },
  { url = "full" },
  { body = { empty-as = "{}" } },
]
digest = "sha256"
hmac-key = { secret = "app-secret" }
output = "base64"
signature = { header = "X-ACCESS-SIGNATURE" }
time = { part = "nonce", unit = "ms" }
"#;

#[test]
fn sensoro_can_be_written_as_a_file() {
    let secret = "S3cretS3cretS3cretS3cretS3cret00";
    let text = concat!(
        r#"{"appId":"demoAppId001","sn":"0117C9XXXX","type":"text","deviceType":"node","#,
        r#""createdTime":1467018792599,"msgId":"57708e68","data":{"battery":90,"temperature":25.5}}"#
    );
    for (method, body, signature) in [
        ("POST", text, "VUqOkQzGTJJswIaS6EIAWjDWQOGAMEuoQIsqD2scRVQ="),
        ("GET", "", "xQla51q1xMFva57iATK0xfBP+dx1+v3y/wkxDeGJLag="),
        (
            "POST",
            r#"{"t":"中"}"#,
            "E0HyPB4DZSzlzfP7XmVO2GCOyFr85/33KCSKMDHHiZA=",
        ),
    ] {
        let headers = [
            ("Host", "hook.example.com"),
            ("X-ACCESS-ID", "demoAppId001"),
            ("X-ACCESS-NONCE", "1467018792599"),
            ("X-ACCESS-SIGNATURE", signature),
        ];
        let mut request = post("/sensoro/webhooks", &headers, body);
        request.method = method.into();
        assert!(accepts(SENSORO, 0, secret, &request), "{signature}");
    }
}

const ONENET_STUDIO: &str = r#"
name = "onenet-studio"

[[form]]
name = "token"
parts = [
  { name = "et", field = "et" },
  { name = "method", field = "method" },
  { name = "res", field = "res" },
  { name = "version", field = "version" },
]
joiner = "\n"
digest = { part = "method", among = ["md5", "sha1", "sha256"] }
hmac-key = { secret = "access-key", encoding = "base64" }
output = "base64"
signature = { field = "sign" }
time = { part = "et", unit = "s", means = "expires" }
"#;

#[test]
fn onenet_studios_token_can_be_written_as_a_file() {
    let device = "KuF3NT/jUBJ62LNBB/A8XZA9CqS3Cu79B/ABmfA1UCw=";
    let group = "XU/H2c4SmG6sZ3IRkomTQ1b/XzkDsl+1xzVh0gr1JaAC9Ugo7BNIAJEaAH+MK7i+";
    for (key, credential) in [
        (
            device,
            "version=2018-10-31&res=products%2F123123&et=1537255523&method=sha1&sign=lsaPSiiGvEFFjXu5WU7a6IkScqE%3D",
        ),
        (
            device,
            "version=2018-10-31&res=products%2FCk2AF9QD2K%2Fdevices%2Ftest&et=32472115200&method=md5&sign=htDD26UhXtXayMFAWRmNiA%3D%3D",
        ),
        (
            device,
            "version=2018-10-31&res=products%2FCk2AF9QD2K%2Fdevices%2Ftest&et=32472115200&method=sha256&sign=6Y4zbk3Sa89tRf9lMxCCE0jG74uEcEuu%2Fnly1pU9ADM%3D",
        ),
        (
            group,
            "version=2020-05-29&res=userid%2F10311&et=1623982416&method=sha1&sign=qEcjgJXhELte15mzZm%2FziCmGdFw%3D",
        ),
        (
            group,
            "version=2020-05-29&res=projectid%2FKLza8R%2Fgroupid%2Fg1&et=1623982416&method=sha1&sign=jxOkB7oj3Zh5JjIk7vBFJyPr8iU%3D",
        ),
    ] {
        let request = post("/", &[("Authorization", credential)], "");
        assert!(accepts(ONENET_STUDIO, 0, key, &request), "{credential}");
    }
}

const ONENET_STUDIO_PUSH: &str = r#"
name = "onenet-studio-push"

[[form]]
name = "push"
parts = [
  { secret = "token" },
  { name = "nonce", json-text = "/nonce" },
  { name = "msg", json-text = "/msg" },
]
digest = "md5"
output = "base64"
signature = { json-text = "/signature" }
time = { part = "time", unit = "ms" }
"#;

/// Studio's push signs the decoded string; its `time` is not signed, so no rule can name it.
#[test]
fn studios_push_can_be_written_as_a_file_but_for_its_unsigned_time() {
    let (what, hint) = refused_as("recipe.toml", ONENET_STUDIO_PUSH);
    assert_eq!(what, "recipe.toml:14:17: the form has no part `time`");
    assert_eq!(hint, "its parts: `nonce` or `msg`");
    let text = ONENET_STUDIO_PUSH.replace("time = { part = \"time\", unit = \"ms\" }\n", "");
    let msg =
        r#"{\"at\":1585579321430,\"login_type\":7,\"type\":2,\"dev_id\":589888962,\"status\":1}"#;
    let body =
        format!(r#"{{"msg":"{msg}","signature":"1FtJkDnewfBiKFJKKheJPA==","nonce":"w&INtJ9+"}}"#);
    assert!(accepts(&text, 0, "20200321182801", &post("/", &[], &body)));
}

fn refused_as(file: &str, text: &str) -> (String, String) {
    let why = read(file, text).unwrap_err();
    (why.to_string(), why.hint().unwrap_or_default().to_owned())
}

const WECHAT: &str = r#"
name = "wechat"

[[form]]
name = "handshake"
parts = [
  { secret = "token" },
  { name = "timestamp", query = "timestamp" },
  { name = "nonce", query = "nonce" },
]
order = "sorted"
digest = "sha1"
output = "hex"
signature = { query = "signature" }
time = { part = "timestamp", unit = "s" }
echo = { name = "echostr", query = "echostr" }
"#;

const HUAWEI: &str = r#"
name = "huawei-iotda"

[[form]]
name = "push"
parts = [
  { secret = "token" },
  { name = "timestamp", header = "timestamp" },
  { name = "nonce", header = "nonce" },
]
order = "sorted"
digest = "sha256"
output = "hex"
signature = { header = "signature" }
time = { part = "timestamp", unit = "s" }
"#;

const STANDARD_WEBHOOKS: &str = r#"
name = "standard-webhooks"

[[form]]
name = "push"
parts = [
  { name = "id", header = "webhook-id" },
  { name = "timestamp", header = "webhook-timestamp" },
  { body = true },
]
joiner = "."
digest = "sha256"
hmac-key = { secret = "token", encoding = "base64", prefix = "whsec_" }
output = "base64"
signature = { header = "webhook-signature", separator = " ", prefix = "v1," }
time = { part = "timestamp", unit = "s" }
"#;

#[test]
fn the_presets_can_be_written_as_files() {
    let wechat = Request::new(
        "GET",
        "/?signature=f21891de399b4e33a1a93c9a7b8a8fffb5a443ff&timestamp=1410685589&nonce=test&echostr=1",
    );
    assert!(accepts(WECHAT, 0, "test", &wechat));

    let headers = [
        ("timestamp", "1604458421"),
        ("nonce", "IkOaKMDalrAzUTxC"),
        (
            "signature",
            "bb612d261d52dbe02e5e09aa377691db393c8fe75e7d8f9c5833cd6e56caee38",
        ),
    ];
    assert!(accepts(HUAWEI, 0, "aaa", &post("/", &headers, "{}")));

    let headers = [
        ("webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek"),
        ("webhook-timestamp", "1614265330"),
        (
            "webhook-signature",
            "v1,AAAA v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        ),
    ];
    let request = post("/", &headers, r#"{"test": 2432232314}"#);
    let key = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    assert!(accepts(STANDARD_WEBHOOKS, 0, key, &request));
}
