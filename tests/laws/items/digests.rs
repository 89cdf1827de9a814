//! What happens to the digest and to its text.

use pushrig::signature::Digest;

use super::models::{
    Model, base64, cat, hmac, md5, onenet, sensoro, sha1, sha256, standard_webhooks, tencent,
};
use super::{Item, check};

const BODY: &str = r#"{"b":1,"a":"x"}"#;
const URL: &str = "https://h.example/hook?x=1";
const KEY: &str = "KuF3NT/jUBJ62LNBB/A8XZA9CqS3Cu79B/ABmfA1UCw=";

/// Token, the other parts in the right order, and the whole base string.
fn bases(model: &Model) -> (Vec<u8>, Vec<u8>, Vec<u8>) {
    let secret = model.part("secret");
    match model.scene.name.as_str() {
        "onenet" => {
            let rest = cat(&[&model.part("nonce"), &model.part("body")]);
            (secret.clone(), rest.clone(), cat(&[&secret, &rest]))
        }
        "tencent" => {
            let rest = cat(&[&model.part("timestamp"), &model.part("nonce")]);
            // The token sorts behind the others.
            (secret.clone(), rest.clone(), cat(&[&rest, &secret]))
        }
        "sensoro" => {
            let rest = ["nonce", "method", "url", "body"].map(|name| model.part(name));
            (secret, rest.concat(), rest.concat())
        }
        _ => {
            let rest = ["nonce", "timestamp", "body"].map(|name| model.part(name));
            (secret, rest.join(&b'.'), rest.join(&b'.'))
        }
    }
}

fn plain() -> Vec<Model> {
    vec![
        onenet("ricnsmart", "5xp7vzm3fN", BODY),
        tencent("ricnsmart", "1604458421", "5xp7vzm3fN"),
    ]
}

fn keyed() -> Vec<Model> {
    // The two alphabets of base64 differ in `+` and `/` only.
    let tells = |model: &Model| model.right().contains('+') && model.right().contains('/');
    let bodies = || (0..).map(|n| format!(r#"{{"n":{n}}}"#));
    let mut sensoro = bodies().map(|body| sensoro("S3cret", URL, &body));
    let mut webhooks = bodies().map(|body| standard_webhooks(KEY, "1614265330", &body));
    vec![sensoro.find(tells).unwrap(), webhooks.find(tells).unwrap()]
}

/// The digest's text in the platform's own form.
fn written(model: &Model, digest: &[u8]) -> String {
    match model.scene.name.as_str() {
        "tencent" => hex::encode(digest),
        "standard-webhooks" => format!("v1,{}", base64(digest)),
        _ => base64(digest),
    }
}

fn item<'w>(
    words: &'w str,
    id: &'w str,
    on: Vec<Model>,
    digest: impl Fn(&[u8], &[u8], &[u8]) -> Vec<u8>,
) -> Item<'w> {
    let made = on.into_iter().map(|model| {
        let (secret, rest, base) = bases(&model);
        let wrong = written(&model, &digest(&secret, &rest, &base));
        (model.scene, wrong)
    });
    Item {
        words,
        id,
        made: made.collect(),
    }
}

#[test]
fn another_hash_function_is_found() {
    check(vec![
        item("sha256", "digest.sha256", plain(), |_, _, base| {
            sha256(base)
        }),
        item("md5", "digest.plain-md5", keyed(), |_, _, base| md5(base)),
        item("sha1", "digest.plain-sha1", keyed(), |_, _, base| {
            sha1(base)
        }),
        item("no key", "digest.plain-sha256", keyed(), |_, _, base| {
            sha256(base)
        }),
        item(
            "HMAC with md5",
            "digest.hmac-md5",
            plain(),
            |key, _, base| hmac(Digest::Md5, key, base),
        ),
        item(
            "HMAC with sha1",
            "digest.hmac-sha1",
            plain(),
            |key, _, base| hmac(Digest::Sha1, key, base),
        ),
        item(
            "HMAC with sha1",
            "digest.hmac-sha1",
            keyed(),
            |key, _, base| hmac(Digest::Sha1, key, base),
        ),
        item(
            "HMAC of the token over the rest",
            "digest.hmac-sha256-of-rest",
            plain(),
            |key, rest, _| hmac(Digest::Sha256, key, rest),
        ),
        item(
            "key and message swapped",
            "digest.hmac-sha256-swapped",
            keyed(),
            |key, rest, _| hmac(Digest::Sha256, rest, key),
        ),
        item(
            "the secret before the base string, not an HMAC",
            "digest.sha256-secret-first",
            keyed(),
            |key, _, base| sha256(&cat(&[key, base])),
        ),
    ]);
    let other = |model: Model, digest: fn(&[u8]) -> Vec<u8>| {
        let wrong = written(&model, &digest(&bases(&model).2));
        (model.scene, wrong)
    };
    let [push, forward] = <[Model; 2]>::try_from(plain()).ok().unwrap();
    for (id, made) in [
        ("digest.sha1", other(push, sha1)),
        ("digest.md5", other(forward, md5)),
    ] {
        let hits = made.0.hits(made.1.as_bytes());
        assert_eq!(hits[0].ids, [id]);
    }
}

#[test]
fn another_text_of_the_digest_is_found() {
    let digest = |model: &Model| {
        let (secret, _, base) = bases(model);
        match model.scene.name.as_str() {
            "onenet" => md5(&base),
            "tencent" => sha1(&base),
            _ => hmac(Digest::Sha256, &secret, &base),
        }
    };
    let text = |words, id, on: Vec<Model>, write: fn(&[u8]) -> String| Item {
        words,
        id,
        made: on
            .into_iter()
            .map(|model| {
                let written = write(&digest(&model));
                let prefix = match model.scene.name.as_str() {
                    "standard-webhooks" => "v1,",
                    _ => "",
                };
                (model.scene, format!("{prefix}{written}"))
            })
            .collect(),
    };
    let in_base64 = || {
        let mut models = keyed();
        let bodies = (0..).map(|n| onenet("ricnsmart", "5xp7vzm3fN", &format!(r#"{{"n":{n}}}"#)));
        models.extend(bodies.into_iter().find(|model| model.right().contains('/')));
        models
    };
    let all = || plain().into_iter().chain(keyed()).collect::<Vec<_>>();
    check(vec![
        text("hex, lower", "text.hex", in_base64(), |digest| {
            hex::encode(digest)
        }),
        text("hex, upper", "text.hex-upper", all(), |digest| {
            hex::encode_upper(digest)
        }),
        text(
            "base64 of the hex text",
            "text.base64-of-hex",
            all(),
            |digest| base64(hex::encode(digest).as_bytes()),
        ),
        text("base64url", "text.base64url", in_base64(), |digest| {
            base64(digest).replace('+', "-").replace('/', "_")
        }),
        text(
            "padding stripped",
            "text.padding-stripped",
            in_base64(),
            |digest| base64(digest).trim_end_matches('=').to_owned(),
        ),
        text(
            "base64 in lower case",
            "text.case-lost",
            in_base64(),
            |digest| base64(digest).to_lowercase(),
        ),
        text("in quotes", "text.quoted", all(), |digest| {
            match digest.len() {
                20 => format!("\"{}\"", hex::encode(digest)),
                _ => format!("\"{}\"", base64(digest)),
            }
        }),
        text(
            "sha1= prefix",
            "text.prefix-added",
            all(),
            |digest| match digest.len() {
                20 => format!("sha1={}", hex::encode(digest)),
                16 => format!("md5={}", base64(digest)),
                _ => format!("sha256={}", base64(digest)),
            },
        ),
    ]);
    let made = [tencent("ricnsmart", "1604458421", "5xp7vzm3fN")].map(|model| {
        let wrong = base64(&digest(&model));
        (model.scene, wrong)
    });
    for (scene, wrong) in made {
        assert_eq!(scene.hits(wrong.as_bytes())[0].ids, ["text.base64"]);
    }
}
