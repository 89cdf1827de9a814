//! What happens to secrets.

use pushrig::signature::mistake::OtherSecret;
use pushrig::signature::{Secret, SecretName};

use super::models::{Model, onenet, own, sensoro, standard_webhooks, studio_push, tencent, token};
use super::{Item, check, part};

const BODY: &str = r#"{"b":1,"a":"x"}"#;
const URL: &str = "https://h.example/hook";

/// The platforms whose secret is used as its text.
fn plain(secret: &str) -> Vec<Model> {
    vec![
        onenet(secret, "w&INtJ9+", BODY),
        studio_push(secret, "abcdefgh", BODY),
        tencent(secret, "1604458421", "IkOaKMDalrAzUTxC"),
        sensoro(secret, URL, BODY),
        own(secret, URL, BODY),
    ]
}

#[test]
fn a_spoilt_secret_is_found() {
    let right = "20Aa32+%41";
    let spoilt: &[(&str, &str, &[u8])] = &[
        ("empty", "secret.empty", b""),
        ("leading blank", "secret.leading-blank", b" 20Aa32+%41"),
        ("trailing blank", "secret.trailing-blank", b"20Aa32+%41 "),
        ("newline", "secret.trailing-newline", b"20Aa32+%41\n"),
        ("CRLF", "secret.trailing-crlf", b"20Aa32+%41\r\n"),
        ("leading newline", "secret.leading-newline", b"\n20Aa32+%41"),
        ("quotes", "secret.double-quoted", b"\"20Aa32+%41\""),
        ("single quotes", "secret.single-quoted", b"'20Aa32+%41'"),
        ("prefix pasted along", "secret.prefix", b"token=20Aa32+%41"),
        ("prefix pasted along", "secret.prefix", b"Bearer 20Aa32+%41"),
        ("byte order mark", "secret.bom", b"\xef\xbb\xbf20Aa32+%41"),
        ("not loaded", "secret.null", b"null"),
        ("not loaded", "secret.undefined", b"undefined"),
        ("not loaded", "secret.none", b"None"),
        ("case", "secret.lower-case", b"20aa32+%41"),
        ("percent-decoded", "secret.percent-decoded", b"20Aa32+A"),
        ("form-decoded", "secret.plus-to-blank", b"20Aa32 %41"),
    ];
    check(
        spoilt
            .iter()
            .map(|(words, id, wrong)| part(words, id, "secret", wrong, plain(right)))
            .collect(),
    );
}

#[test]
fn a_secret_that_was_decoded_though_it_is_text_is_found() {
    check(vec![
        part(
            "hex-decoded",
            "secret.hex-decoded",
            "secret",
            b"\x0a\x1b\x2c\x3d",
            plain("0a1b2c3d"),
        ),
        part(
            "base64-decoded",
            "secret.base64-decoded",
            "secret",
            b"secret!",
            plain("c2VjcmV0IQ=="),
        ),
    ]);
}

#[test]
fn a_key_that_was_not_decoded_is_found_and_so_is_one_cut_at_a_zero_byte() {
    // The third byte of each is zero.
    let access = "KuEAsz/jUBJ62LNBB/A8XZA9CqS3Cu79B/ABmfA1UCw=";
    let models = || {
        vec![
            token(access, "1537255523", "products/1"),
            standard_webhooks(&format!("whsec_{access}"), "1614265330", BODY),
        ]
    };
    check(vec![
        part(
            "not decoded where it must be",
            "secret.not-decoded",
            "secret",
            access.as_bytes(),
            models(),
        ),
        part(
            "cut at the first zero byte, as C's strlen does",
            "secret.cut-at-zero",
            "secret",
            b"\x2a\xe1",
            models(),
        ),
    ]);
}

#[test]
fn another_secret_is_found() {
    let others = |name: SecretName| {
        let mut models = plain("right-secret");
        for model in &mut models {
            let secret = Secret::new("another1");
            let secrets = &mut model.scene.checker.secrets;
            secrets.push(name, secret);
        }
        models
    };
    let profiles = || {
        let mut models = plain("right-secret");
        for model in &mut models {
            model.scene.others.push(OtherSecret {
                id: "secret.other-profile",
                what: "the token of profile test".to_owned(),
                secret: Secret::new("another1"),
            });
        }
        models
    };
    check(vec![
        part(
            "swapped with the AES key",
            "secret.swapped",
            "secret",
            b"another1",
            others(SecretName::AesKey),
        ),
        part(
            "another profile's secret",
            "secret.other-profile",
            "secret",
            b"another1",
            profiles(),
        ),
        part(
            "one of the vendor's sample defaults",
            "secret.vendor-sample",
            "secret",
            b"20200321182801",
            vec![
                onenet("right-secret", "n", BODY),
                studio_push("right-secret", "n", BODY),
            ],
        ),
    ]);
}

#[test]
fn a_secret_swapped_with_the_id_is_found() {
    let models = || {
        let mut models = vec![sensoro("s", URL, BODY), own("s", URL, BODY)];
        for model in &mut models {
            model.scene.checker.secrets.app_id = Some("demoAppId001".to_owned());
        }
        models
    };
    let id = "secret.swapped";
    check(vec![Item {
        words: "swapped with the id",
        ..part("", id, "secret", b"demoAppId001", models())
    }]);
}
