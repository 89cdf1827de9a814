//! Envelopes that were sealed wrongly, or are opened with the wrong key.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use pushrig::message::Request;
use pushrig::platform::Platform;
use pushrig::signature::SecretName;
use pushrig::signature::seal::{decode_key, encrypt, iv_of, pad, raw_key};

use crate::bench::Scene;

/// `OneNET`'s and SENSORO's, whose stray bits do not matter, and Studio's.
const LONG: &str = "whBx2ZwAU5LOHVimPj1MPx56QRe3OsGGWRe4dr17crV";
const SHORT: &str = "cz0Y93YkGH6Jyvoi";
const OTHER: &str = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";
const MSG: &str = r#"{"a":"离线","n":1.10,"text":"long enough for blocks"}"#;

/// What is made of the message before it is encrypted.
struct Plain {
    head: bool,
    id: &'static str,
    block: usize,
}

const ONENET: Plain = Plain {
    head: true,
    id: "",
    block: 16,
};
const SENSORO: Plain = Plain {
    head: true,
    id: "demoAppId001",
    block: 32,
};
const STUDIO: Plain = Plain {
    head: false,
    id: "",
    block: 16,
};

fn sealed(plain: &Plain, key: &[u8], iv: [u8; 16]) -> String {
    let mut text = Vec::new();
    if plain.head {
        text.extend_from_slice(b"0123456789abcdef");
        text.extend_from_slice(&u32::try_from(MSG.len()).unwrap().to_be_bytes());
    }
    text.extend_from_slice(MSG.as_bytes());
    text.extend_from_slice(plain.id.as_bytes());
    pad(&mut text, plain.block);
    STANDARD.encode(encrypt(key, &iv, &text).unwrap())
}

/// A request with this envelope, opened with this key.
fn scene(platform: Platform, key: &str, sealed: &str) -> Scene {
    let mut request = Request::new("POST", "/hook");
    let (name, body) = match platform {
        Platform::Onenet => (
            SecretName::AesKey,
            format!(r#"{{"msg_signature":"x","enc_msg":"{sealed}","nonce":"n"}}"#),
        ),
        Platform::OnenetStudioPush => (
            SecretName::AesKey,
            format!(r#"{{"msg":"{sealed}","signature":"x","time":1,"id":"7","nonce":"n"}}"#),
        ),
        _ => (
            SecretName::AppKey,
            format!(r#"{{"appId":"demoAppId001","encryptData":"{sealed}"}}"#),
        ),
    };
    let signs = match platform {
        Platform::Sensoro => SecretName::AppSecret,
        _ => SecretName::Token,
    };
    request.scheme = Some(pushrig::message::Scheme::Https);
    request.headers.push("Host", "h.example");
    request.headers.push("X-ACCESS-NONCE", "1467018792599");
    request.headers.push("X-ACCESS-SIGNATURE", "x");
    request.body = body.into();
    Scene::of(platform, &[(signs, "ricnsmart"), (name, key)], request)
}

/// The ids of the seal mistakes, all of which open to the message.
fn named(scene: &Scene) -> Vec<&'static str> {
    scene.diagnose(None, None, |found| {
        let hits = &found.seal_hits;
        assert!(hits.iter().all(|hit| hit.message == MSG.as_bytes()));
        hits.iter().map(|hit| hit.mistake.id).collect()
    })
}

#[test]
fn a_right_envelope_has_no_mistake() {
    let key = decode_key(LONG.as_bytes()).unwrap();
    let short = raw_key(SHORT.as_bytes()).unwrap();
    for (platform, key, text) in [
        (Platform::Onenet, LONG, sealed(&ONENET, &*key, iv_of(&key))),
        (
            Platform::Sensoro,
            LONG,
            sealed(&SENSORO, &*key, iv_of(&key)),
        ),
        (
            Platform::OnenetStudioPush,
            SHORT,
            sealed(&STUDIO, &*short, *short),
        ),
    ] {
        assert!(named(&scene(platform, key, &text)).is_empty());
        // Behind 16 random bytes nobody can tell the IV, and it does no harm.
        let other = sealed(&ONENET, &*decode_key(LONG.as_bytes()).unwrap(), [0; 16]);
        assert!(named(&scene(Platform::Onenet, LONG, &other)).is_empty());
    }
}

#[test]
fn wrong_keys_and_ivs_are_found() {
    let key = decode_key(LONG.as_bytes()).unwrap();
    let first = iv_of(&key);
    let mut cut = *key;
    cut[30..].fill(0);
    let text = LONG.as_bytes();
    let raw: [u8; 16] = text[..16].try_into().unwrap();
    let short = raw_key(SHORT.as_bytes()).unwrap();
    for (platform, plain) in [(Platform::Onenet, &ONENET), (Platform::Sensoro, &SENSORO)] {
        for (id, given, envelope) in [
            (
                "seal.key-not-decoded",
                LONG,
                sealed(plain, &text[..32], raw),
            ),
            ("seal.key-cut", LONG, sealed(plain, &cut, first)),
            ("seal.aes-128", LONG, sealed(plain, &first, first)),
            ("seal.aes-128", SHORT, sealed(plain, &*short, *short)),
            (
                "seal.key-padded",
                "whBx2ZwAU5LOHVimPj1MPx56QRe3OsGGWRe4dr17crV=",
                sealed(plain, &*key, first),
            ),
            (
                "seal.key-blanks",
                "whBx2ZwAU5LOHVimPj1MPx56QRe3OsGGWRe4dr17crV\n",
                sealed(plain, &*key, first),
            ),
        ] {
            assert_eq!(named(&scene(platform, given, &envelope)), [id]);
        }
        let mut rotated = scene(platform, OTHER, &sealed(plain, &*key, first));
        let secrets = rotated.checker.secrets.clone();
        rotated.checker.secrets = secrets.with(SecretName::Token, LONG);
        assert_eq!(named(&rotated), ["seal.key-swapped"]);
    }
    for (id, given, envelope) in [
        ("seal.iv-zero", SHORT, sealed(&STUDIO, &*short, [0; 16])),
        ("seal.aes-256", LONG, sealed(&STUDIO, &*key, first)),
    ] {
        assert_eq!(
            named(&scene(Platform::OnenetStudioPush, given, &envelope)),
            [id]
        );
    }
}

#[test]
fn wrong_frames_are_found() {
    let key = decode_key(LONG.as_bytes()).unwrap();
    let iv = iv_of(&key);
    let short = raw_key(SHORT.as_bytes()).unwrap();
    let wide = Plain {
        block: 32,
        ..ONENET
    };
    // The pads of these lengths differ: 60 bytes behind the head.
    for (platform, given, id, envelope) in [
        (
            Platform::Onenet,
            LONG,
            "seal.pad-block",
            sealed(&wide, &*key, iv),
        ),
        (
            Platform::Onenet,
            LONG,
            "seal.head-missing",
            sealed(&STUDIO, &*key, iv),
        ),
        (
            Platform::Sensoro,
            LONG,
            "seal.head-missing",
            sealed(&STUDIO, &*key, iv),
        ),
        (
            Platform::Onenet,
            LONG,
            "seal.id-unexpected",
            sealed(
                &Plain {
                    block: 16,
                    ..SENSORO
                },
                &*key,
                iv,
            ),
        ),
        (
            Platform::OnenetStudioPush,
            SHORT,
            "seal.head-unexpected",
            sealed(&ONENET, &*short, *short),
        ),
    ] {
        let named = named(&scene(platform, given, &envelope));
        assert!(named.contains(&id), "{id}: {named:?}");
    }
}

#[test]
fn an_id_that_is_another_or_missing_is_found() {
    let key = decode_key(LONG.as_bytes()).unwrap();
    for (id, plain) in [
        (
            "seal.id-other",
            Plain {
                id: "other",
                ..SENSORO
            },
        ),
        ("seal.id-missing", Plain { id: "", ..SENSORO }),
    ] {
        let envelope = sealed(&plain, &*key, iv_of(&key));
        let mut scene = scene(Platform::Sensoro, LONG, &envelope);
        scene.checker.secrets.app_id = Some("demoAppId001".to_owned());
        assert_eq!(named(&scene), [id]);
    }
}

#[test]
fn base64_that_was_spoilt_on_its_way_is_found() {
    // The two alphabets differ in `+` and `/` only.
    let (given, right) = (10..99)
        .map(|n| {
            let given = format!("{}{n}z", &LONG[..40]);
            let key = decode_key(given.as_bytes()).unwrap();
            (given, sealed(&ONENET, &*key, iv_of(&key)))
        })
        .find(|(_, right)| right.contains('+') && right.contains('/'))
        .unwrap();
    for (id, envelope) in [
        ("seal.plus-to-blank", right.replace('+', " ")),
        ("seal.base64url", right.replace('+', "-").replace('/', "_")),
    ] {
        assert_eq!(named(&scene(Platform::Onenet, &given, &envelope)), [id]);
    }
}

#[test]
fn a_key_that_has_nothing_to_do_with_it_opens_nothing() {
    let key = decode_key(OTHER.as_bytes()).unwrap();
    let envelope = sealed(&ONENET, &*key, iv_of(&key));
    assert!(named(&scene(Platform::Onenet, LONG, &envelope)).is_empty());
}
