//! Relatives that are pure recipes: pushrig signs, verifies and explains them, and does not
//! play them. `--token` feeds them all.
//!
//! ```text
//! wechat             hex(sha1(sorted(token, timestamp, nonce)))       query; handshake echoes echostr
//! huawei-iotda       hex(sha256(sorted(token, timestamp, nonce)))     headers timestamp, nonce, signature
//! standard-webhooks  base64(hmac-sha256(key, id.timestamp.body))      headers webhook-id, -timestamp, -signature
//! ```
//!
//! # Quirks
//!
//! - a standard webhook may carry several signatures of which any may match
//! - a POST by WeChat carries its signature in the query
//!
//! Sources: `WeChat`'s "Access Guide" of official accounts, Huawei Cloud's documentation of
//! `IoTDA`'s HTTP push, the Standard Webhooks specification. `WeChat`'s encrypted mode is not
//! supported.

use crate::signature::recipe::{
    DigestRule, Key, KeyEncoding, Order, Part, SignaturePlace, Source, TimeMeaning, TimeRule,
    TimeUnit,
};
use crate::signature::{Digest, Form, Output, SecretName};

/// `WeChat`'s official accounts, plain mode.
#[must_use]
pub fn wechat() -> Vec<Form> {
    let query = |name: &str| Source::Query(name.to_owned());
    let push = sorted("push", Digest::Sha1, query);
    vec![
        Form {
            name: "handshake".to_owned(),
            echo: Some(Part::new("echostr", query("echostr"))),
            ..push.clone()
        },
        push,
    ]
}

/// HTTP push of Huawei Cloud `IoTDA`.
#[must_use]
pub fn huawei_iotda() -> Vec<Form> {
    vec![sorted("push", Digest::Sha256, |name| {
        Source::Header(name.to_owned())
    })]
}

/// The Standard Webhooks specification; its key is the base64 behind `whsec_`.
#[must_use]
pub fn standard_webhooks() -> Vec<Form> {
    let header = |name: &str| Source::Header(name.to_owned());
    vec![Form {
        name: "push".to_owned(),
        parts: vec![
            Part::new("id", header("webhook-id")),
            Part::new("timestamp", header("webhook-timestamp")),
            Part::new(
                "body",
                Source::Body {
                    empty_as: Vec::new(),
                },
            ),
        ],
        order: Order::Listed,
        joiner: b".".to_vec(),
        digest: DigestRule::Fixed(Digest::Sha256),
        key: Some(Key {
            secret: SecretName::Token,
            encoding: KeyEncoding::Base64,
            prefix: "whsec_".to_owned(),
        }),
        output: Output::Base64,
        signature: SignaturePlace {
            source: header("webhook-signature"),
            separator: Some(" ".to_owned()),
            prefix: "v1,".to_owned(),
        },
        time: Some(sent("timestamp", TimeUnit::Seconds)),
        echo: None,
    }]
}

/// Lower hex over token, timestamp and nonce, sorted byte by byte: the bones of `WeChat`,
/// Huawei and Tencent. `place` says where a part of that name stands.
pub(super) fn sorted(name: &str, digest: Digest, place: impl Fn(&str) -> Source) -> Form {
    Form {
        name: name.to_owned(),
        parts: vec![
            Part::secret(SecretName::Token),
            Part::new("timestamp", place("timestamp")),
            Part::new("nonce", place("nonce")),
        ],
        order: Order::Sorted,
        joiner: Vec::new(),
        digest: DigestRule::Fixed(digest),
        key: None,
        output: Output::Hex,
        signature: SignaturePlace::plain(place("signature")),
        time: Some(sent("timestamp", TimeUnit::Seconds)),
        echo: None,
    }
}

/// The part tells when the request was sent.
pub(super) fn sent(part: &str, unit: TimeUnit) -> TimeRule {
    TimeRule {
        part: part.to_owned(),
        unit,
        meaning: TimeMeaning::Sent,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::Request;
    use crate::platform::laws::signature;
    use crate::signature::{Evidence, Given, Secrets};

    #[test]
    fn the_vectors_are_signed_to_the_same_bytes() {
        let sign = |form: &Form, token: &str, timestamp: &str, nonce: &str| {
            let given = Given::new()
                .with("timestamp", timestamp)
                .with("nonce", nonce);
            signature(form, &Secrets::new().with(SecretName::Token, token), &given)
        };
        assert_eq!(
            sign(&wechat()[1], "test", "1410685589", "test"),
            "f21891de399b4e33a1a93c9a7b8a8fffb5a443ff"
        );
        // Computed from the rule; Huawei publishes no sample that can be recomputed.
        assert_eq!(
            sign(&huawei_iotda()[0], "aaa", "1604458421", "IkOaKMDalrAzUTxC"),
            "bb612d261d52dbe02e5e09aa377691db393c8fe75e7d8f9c5833cd6e56caee38"
        );
    }

    #[test]
    fn a_standard_webhook_may_carry_several_signatures_of_which_any_may_match() {
        let right = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
        let form = &standard_webhooks()[0];
        let mut request = Request::new("POST", "/");
        request.body = br#"{"test": 2432232314}"#.to_vec();
        let headers = &mut request.headers;
        headers.push("webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek");
        headers.push("webhook-timestamp", "1614265330");
        headers.push("webhook-signature", format!("v1,AAAA {right}"));
        let evidence = Evidence::of(&request);
        let ingredients = form.gather(&evidence).unwrap();
        for key in [
            "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        ] {
            let secrets = Secrets::new().with(SecretName::Token, key);
            assert_eq!(form.sign(&ingredients, &secrets, 0).unwrap(), right);
            let digest = form.digest(&ingredients, &secrets, 0).unwrap();
            assert!(form.accepts(&form.received(&evidence).unwrap(), &digest));
        }
    }

    #[test]
    fn a_post_by_wechat_carries_its_signature_in_the_query() {
        let target =
            "/?signature=f21891de399b4e33a1a93c9a7b8a8fffb5a443ff&timestamp=1410685589&nonce=test";
        let request = Request::new("POST", target);
        let evidence = Evidence::of(&request);
        let [handshake, push] = &wechat()[..] else {
            panic!("WeChat has two forms")
        };
        assert!(handshake.gather(&evidence).is_err());
        let ingredients = push.gather(&evidence).unwrap();
        let secrets = Secrets::new().with(SecretName::Token, "test");
        let digest = push.digest(&ingredients, &secrets, 0).unwrap();
        assert!(push.accepts(&push.received(&evidence).unwrap(), &digest));
        let target = format!("{target}&echostr=1");
        let request = Request::new("GET", target);
        assert!(handshake.gather(&Evidence::of(&request)).is_ok());
    }
}
