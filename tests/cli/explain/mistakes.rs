//! Known values: which mistake gives them.

use serde_json::{Value, json};

use super::first_ids;
use crate::harness::{Pushrig, pushrig};

const APP_SECRET: &str = "S3cretS3cretS3cretS3cretS3cret00";
const APP_KEY: &str = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";
const ACCESS_KEY: &str = "KuF3NT/jUBJ62LNBB/A8XZA9CqS3Cu79B/ABmfA1UCw=";

#[track_caller]
fn explained(call: Pushrig) -> Value {
    call.args(["--format", "json"])
        .any_stdout()
        .exits(1)
        .one_json()
}

/// That the first mistake is a single one of that id, and that it gives what was computed.
#[track_caller]
fn is_proved(line: &Value, id: &str) {
    let ids = first_ids(line);
    assert!(
        ids.iter().any(|have| have == id),
        "{id} is not among {ids:?}"
    );
    let mistake = &line["mistakes"][0];
    assert_eq!(mistake["of"], "computed", "{id}");
    assert_eq!(mistake["depth"], 1, "{id}");
    assert_eq!(
        line["verdict"], "valid",
        "{id}: what arrived is right all the same"
    );
    assert_eq!(line["computed_verdict"], "mismatch", "{id}");
}

fn onenet(computed: &str) -> Pushrig {
    pushrig("explain onenet online.raw --token 20200321182801 --computed")
        .arg(computed)
        .fixture("capture/online.raw")
}

#[test]
fn the_known_values_of_onenet_are_proved() {
    for (id, computed) in [
        (
            "text.base64-of-hex",
            "ZDQ1YjQ5OTAzOWRlYzFmMDYyMjg1MjRhMmExNzg5M2M=",
        ),
        ("digest.sha1", "v9z54LRmLsveyoTYPkGY0Cwregg="),
        ("order.permuted", "HqqHnk/0AIYURJwwQXhypQ=="),
        ("secret.trailing-newline", "EhXUA8pm4Eg4YD/XN4ZeIg=="),
        ("body.python-default-json", "fjv4IkU0BM0IM8knirSfOw=="),
        ("body.documented-order", "VLuziroiJBzhcxiwattxgg=="),
        ("body.indent-2", "BtfwgyS4LgnUOSRRMs6X8w=="),
        ("query.html-escaped", "4TAmOyzR1QD/8crd5zbimg=="),
    ] {
        is_proved(&explained(onenet(computed)), id);
    }
}

#[test]
fn the_known_values_of_tencent_are_proved() {
    for (id, computed) in [
        ("order.unsorted", "809587e009993a2fe0c582b607b550d22435961f"),
        ("secret.empty", "a04bd2e150ccf63a2b653f38e65b722e3b7ab3fd"),
        (
            "order.joined-ampersand",
            "e64edda72772f85bbce4f677793e6cc64ca3a03a",
        ),
        (
            "digest.sha256",
            "bb612d261d52dbe02e5e09aa377691db393c8fe75e7d8f9c5833cd6e56caee38",
        ),
        (
            "query.undefined",
            "fc34072cdf2dd77d03a9ceb4039579e2b522d91b",
        ),
    ] {
        let call = pushrig(&format!(
            "explain tencent tencent.raw --token aaa --computed {computed}"
        ));
        is_proved(&explained(call.fixture("capture/tencent.raw")), id);
    }
}

#[test]
fn the_known_values_of_sensoro_are_proved() {
    for (id, computed) in [
        (
            "secret.swapped",
            "f1xV2UBYbDO3auD3Sjz0FV+NFN+fo14HrZ65VdjS+w4=",
        ),
        ("url.scheme", "rolEygUdvokHJtsW8qd6JAwPw/1j4mW+1vLPRhEUGsw="),
        (
            "body.sorted-keys",
            "0ecSGZG1s1HHShx2MHmJCyrbViQU9PfAnADj45IQlGA=",
        ),
        (
            "body.trailing-newline",
            "ROeu1TQZi6CNGiYREau0CIlOEXySTiZW3l34fkAEW/Y=",
        ),
    ] {
        let call = pushrig(&format!(
            "explain sensoro sensoro.curl --app-secret {APP_SECRET} --app-key {APP_KEY} --computed {computed}"
        ));
        is_proved(&explained(call.fixture("capture/sensoro.curl")), id);
    }
}

#[test]
fn the_known_values_of_a_onenet_token_are_proved() {
    for (id, computed) in [
        ("secret.not-decoded", "E2Wt7m3ERVRN23gkuEEPbOaiaek="),
        (
            "order.joined-literal-newline",
            "+6Bu40l3GjHAsxdDa/7r4LMK7hQ=",
        ),
        ("order.trailing-newline", "I7praqZGwW5tSSzQ+NAbPtbvMj0="),
        ("token.res-encoded", "sU7W60NSGEQWp4g1Zqezn5l+R6k="),
    ] {
        let token = "version=2018-10-31&res=products%2Fdafdfadfafdaf%2Fdevices%2Fche1&et=1537255523&method=sha1&sign=6wNfzSb3LQD7vAC9ArLLjdJur%2F8%3D";
        let call = pushrig(&format!(
            "explain onenet-studio --access-key {ACCESS_KEY} --now 1537255000 --credential {token} --computed {computed}"
        ));
        is_proved(&explained(call), id);
    }
}

#[test]
fn two_mistakes_together_are_proved_as_a_pair() {
    // The nonce HTML-escaped, and the message written by Python's json.dumps.
    let line = explained(onenet("VW4IyVKIsarhm0CO94/4wA=="));
    let mistake = &line["mistakes"][0];
    assert_eq!(mistake["depth"], 2);
    let ids = mistake["ids"].as_array().unwrap();
    assert_eq!(ids.len(), 2);
    assert!(ids.contains(&json!("query.html-escaped")), "{ids:?}");
    assert!(ids.contains(&json!("body.python-default-json")), "{ids:?}");
    // A newline behind the token, and the same.
    let line = explained(onenet("kaV/Omo2f/OwF9oYfyv+1A=="));
    let ids = line["mistakes"][0]["ids"].as_array().unwrap().clone();
    assert!(ids.contains(&json!("secret.trailing-newline")), "{ids:?}");
}

#[test]
fn an_order_of_keys_that_nobody_knows_is_found_and_named() {
    let line = explained(onenet("Wm6vfr0jE2p+wCgBe+a+eA=="));
    let mistake = &line["mistakes"][0];
    assert_eq!(mistake["depth"], 1);
    assert_eq!(
        mistake["order"],
        json!(["status", "type", "at", "dev_id", "login_type"])
    );
    onenet("Wm6vfr0jE2p+wCgBe+a+eA==")
        .stdout_has(["status", "type", "at", "dev_id", "login_type"])
        .exits(1);
}

#[test]
fn a_change_on_the_way_is_proved_from_the_signature_that_arrived() {
    // The platform signed `+` in the query; a framework made a blank of it.
    let signed = pushrig("sign onenet --token a-token-of-mine --nonce a --msg LeoTAq")
        .any_stdout()
        .exits(0);
    let signature = signed.text().trim_end();
    assert!(signature.contains('+'));
    for blank in ["%20", " "] {
        let target = format!(
            "/he?msg=LeoTAq&signature={}&nonce=a",
            signature.replace('+', blank)
        );
        let line = explained(pushrig("explain onenet --token a-token-of-mine --url").arg(target));
        assert_eq!(line["verdict"], "mismatch");
        assert!(
            first_ids(&line).contains(&"query.plus-to-blank".to_owned()),
            "{line}"
        );
        assert_eq!(line["mistakes"][0]["of"], "received");
    }
}

#[test]
fn another_profiles_secret_is_told_by_the_profiles_name() {
    let signed = pushrig("sign onenet --token live-token-abc --nonce n1 --msg {}")
        .any_stdout()
        .exits(0);
    pushrig("explain onenet --nonce n1 --msg {} --signature")
        .arg(signed.text().trim_end())
        .file(
            "pushrig.toml",
            "[profile.default]\ntoken = \"not-the-token\"\n[profile.live]\ntoken = \"live-token-abc\"\n",
        )
        .secret("live-token-abc")
        .secret("not-the-token")
        .stdout_has(["mismatch", "the token of profile `live` was used", "[secret.other-profile]"])
        .exits(1);
}

#[test]
fn the_secret_of_the_vendors_samples_is_told() {
    let call =
        || pushrig("explain onenet online.raw --token not-the-token").fixture("capture/online.raw");
    let line = explained(call());
    assert_eq!(line["mistakes"][0]["ids"], json!(["secret.vendor-sample"]));
    assert_eq!(line["mistakes"][0]["of"], "received");
    call()
        .stdout_has(["[secret.vendor-sample]", "advice  "])
        .exits(1);
}

#[test]
fn the_url_behind_a_proxy_is_proved_for_sensoro() {
    let line = explained(
        pushrig(&format!(
            "explain sensoro sensoro.raw --app-secret {APP_SECRET} --public-url https://hook.example.com"
        ))
        .fixture("capture/sensoro.raw"),
    );
    assert!(
        first_ids(&line).contains(&"url.scheme".to_owned()),
        "{line}"
    );
    assert_eq!(line["mistakes"][0]["of"], "received");
}

#[test]
fn a_wrong_seal_is_proved_by_what_it_opens_to() {
    let signed = pushrig(
        "sign onenet --token a-token-of-mine --aes-key whBx2ZwAU5LOHVimPj1MPx56QRe3OsGGWRe4dr17crV \
         --encrypt --as request --url http://a.example/ --msg {\"a\":1}",
    )
    .any_stdout()
    .exits(0);
    // Another key is given first, and the right one as a second.
    let lines = pushrig(
        "explain onenet - --token a-token-of-mine --show --format json \
         --aes-key whBx2ZwAU5LOHVimPj1MPx56QRe3OsGGWRe4dr17crV",
    )
    .stdin(&signed.stdout)
    .any_stdout()
    .exits(0)
    .one_json();
    assert_eq!(lines["opened"], "{\"a\":1}");
    let swapped = pushrig(
        "explain onenet - --aes-key aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa --token a-token-of-mine \
         --aes-key whBx2ZwAU5LOHVimPj1MPx56QRe3OsGGWRe4dr17crV --format json",
    )
    .stdin(&signed.stdout)
    .any_stdout();
    // Either key may open it while one is rotated.
    let line = swapped.exits(0).one_json();
    assert_eq!(line["verdict"], "valid");
}
