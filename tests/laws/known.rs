//! Values that were computed by others' code, each with the mistake that gives it.

use pushrig::message::Request;
use pushrig::platform::Platform;
use pushrig::signature::SecretName;
use pushrig::signature::explain::Hit;

use crate::bench::{Scene, ids};

const ONLINE: &str =
    r#"{"at":1585579321430,"login_type":7,"type":2,"dev_id":589888962,"status":1}"#;

fn onenet() -> Scene {
    let mut request = Request::new("POST", "/");
    let signature = "1FtJkDnewfBiKFJKKheJPA==";
    request.body =
        format!(r#"{{"msg":{ONLINE},"msg_signature":"{signature}","nonce":"w&INtJ9+"}}"#).into();
    let secrets = [(SecretName::Token, "20200321182801")];
    Scene::of(Platform::Onenet, &secrets, request)
}

fn tencent(token: &str, timestamp: &str, nonce: &str, signature: &str) -> Scene {
    let mut request = Request::new("POST", "/");
    request.headers.push("Nonce", nonce);
    request.headers.push("Signature", signature);
    request.headers.push("Timestamp", timestamp);
    Scene::of(Platform::Tencent, &[(SecretName::Token, token)], request)
}

fn sensoro() -> Scene {
    let mut request = Request::new("POST", "/sensoro/webhooks");
    request.scheme = Some(pushrig::message::Scheme::Http);
    let headers = &mut request.headers;
    headers.push("Host", "hook.example.com");
    headers.push("X-ACCESS-NONCE", "1467018792599");
    let signature = "VUqOkQzGTJJswIaS6EIAWjDWQOGAMEuoQIsqD2scRVQ=";
    headers.push("X-ACCESS-SIGNATURE", signature);
    request.body = br#"{"appId":"demoAppId001","sn":"0117C9XXXX","type":"text","deviceType":"node","createdTime":1467018792599,"msgId":"57708e68","data":{"battery":90,"temperature":25.5}}"#.to_vec();
    let secrets = [
        (SecretName::AppSecret, "S3cretS3cretS3cretS3cretS3cret00"),
        (
            SecretName::AppKey,
            "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG",
        ),
    ];
    Scene::of(Platform::Sensoro, &secrets, request)
}

fn token() -> Scene {
    let mut request = Request::new("GET", "/");
    request.headers.push(
        "Authorization",
        "version=2018-10-31&res=products%2Fdafdfadfafdaf%2Fdevices%2Fche1&et=1537255523\
         &method=sha1&sign=6wNfzSb3LQD7vAC9ArLLjdJur%2F8%3D",
    );
    let key = "KuF3NT/jUBJ62LNBB/A8XZA9CqS3Cu79B/ABmfA1UCw=";
    let secrets = [(SecretName::AccessKey, key)];
    Scene::of(Platform::OnenetStudio, &secrets, request)
}

/// The first mistake named is this one.
fn assert_named(scene: &Scene, computed: &str, id: &str) -> Hit {
    let hits = scene.hits(computed.as_bytes());
    let named: Vec<_> = hits.iter().take(1).flat_map(ids).collect();
    assert!(named.contains(&id), "{computed}: {named:?}");
    assert_eq!(hits[0].depth(), 1);
    hits[0].clone()
}

#[test]
fn the_values_of_onenet_are_explained() {
    let scene = onenet();
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
        let hit = assert_named(&scene, computed, id);
        assert_eq!(hit.ids[0], id, "it is not the first: {:?}", hit.also);
    }
    let permuted = &scene.hits(b"HqqHnk/0AIYURJwwQXhypQ==")[0].titles[0];
    assert_eq!(permuted, "the order was token, msg, nonce");
}

#[test]
fn the_values_of_tencent_are_explained() {
    let right = "c259ed29ec13ba7c649fe0893007401a36e70453";
    let scene = tencent("aaa", "1604458421", "IkOaKMDalrAzUTxC", right);
    assert_named(
        &scene,
        "809587e009993a2fe0c582b607b550d22435961f",
        "order.unsorted",
    );
    assert_named(
        &scene,
        "a04bd2e150ccf63a2b653f38e65b722e3b7ab3fd",
        "secret.empty",
    );
    // The others are published cut: made by hand, and compared with the cut.
    for (id, base, digest, start) in [
        (
            "order.joined-ampersand",
            "1604458421&IkOaKMDalrAzUTxC&aaa",
            pushrig::signature::Digest::Sha1,
            "e64edda7",
        ),
        (
            "digest.sha256",
            "1604458421IkOaKMDalrAzUTxCaaa",
            pushrig::signature::Digest::Sha256,
            "bb612d26",
        ),
        (
            "query.undefined",
            "aaaundefinedundefined",
            pushrig::signature::Digest::Sha1,
            "fc34072c",
        ),
    ] {
        let computed = hex::encode(digest.hash([base.as_bytes()]).as_bytes());
        assert!(computed.starts_with(start));
        assert_named(&scene, &computed, id);
    }
    let right = "fa06ab73fe0c0013869369dbc5dbea693c308174";
    let scene = tencent("2014", "1604458421", "437374425", right);
    assert_named(
        &scene,
        "7b3554c831a03d9c4186f3aef2b0754251657148",
        "order.numeric-sort",
    );
}

#[test]
fn the_values_of_sensoro_are_explained() {
    let scene = sensoro();
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
        assert_named(&scene, computed, id);
    }
}

#[test]
fn the_values_of_the_token_are_explained() {
    let scene = token();
    for (id, computed) in [
        ("secret.not-decoded", "E2Wt7m3ERVRN23gkuEEPbOaiaek="),
        (
            "order.joined-literal-newline",
            "+6Bu40l3GjHAsxdDa/7r4LMK7hQ=",
        ),
        ("order.trailing-newline", "I7praqZGwW5tSSzQ+NAbPtbvMj0="),
        ("token.res-encoded", "sU7W60NSGEQWp4g1Zqezn5l+R6k="),
    ] {
        let hit = assert_named(&scene, computed, id);
        if id.starts_with("secret.") {
            assert_eq!(hit.ids, [id], "it is not the first: {:?}", hit.also);
            let exotic = |id: &String| id.starts_with("secret.trailing");
            assert!(!hit.also.iter().any(exotic), "{:?}", hit.also);
        }
    }
}
