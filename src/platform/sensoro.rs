//! SENSORO's webhook.
//!
//! The platform is the HTTP client; the user's application is the server.
//!
//! # The wire
//!
//! ```text
//! POST /sensoro/webhooks HTTP/1.1
//! Host: hook.example.com
//! Content-Type: application/json
//! Content-Length: 163
//! X-ACCESS-ID: demoAppId001
//! X-ACCESS-NONCE: 1467018792599
//! X-ACCESS-SIGNATURE: VUqOkQzGTJJswIaS6EIAWjDWQOGAMEuoQIsqD2scRVQ=
//!
//! {"appId":"…","sn":"…","type":"text","deviceType":"node","createdTime":…,"msgId":"…","data":{…}}
//! {"appId":"…","sn":"…","type":"text","deviceType":"node","createdTime":…,"msgId":"…","encryptData":"…"}
//! ```
//!
//! The second body is safe mode: `encryptData` stands where `data` stood (inferred; the page
//! lists both and says that one is absent or empty). The order of the headers is inferred too.
//!
//! # The signature
//!
//! `base64(hmac-sha256(AppSecret, nonce ++ METHOD ++ url ++ body))`, where url is the whole URL
//! as the sender wrote it and nonce is the time in milliseconds.
//!
//! # Handshake
//!
//! None.
//!
//! # Delivery
//!
//! 2xx is done, the body may be empty. Otherwise three more pushes; their spacing and the time
//! limit are not published (inferred: 1 s and 5 s).
//!
//! # Quirks
//!
//! - an absent body is signed as an empty object
//! - the vendor's demo verifies over what `JSON.stringify` writes, not over what came
//! - the id in the header is not signed
//! - the envelope stays in clear in safe mode
//! - the id behind the message must be the receiver's
//!
//! # Sources
//!
//! SENSORO's webhook page, its page of API authentication, its published receiver demo.

use std::borrow::Cow;
use std::time::Duration;

use crate::error::Error;
use crate::json::Member;
use crate::json::scan;
use crate::message::Request;
use crate::moment::Moment;
use crate::signature::recipe::{
    DigestRule, Key, KeyEncoding, Order, Part, SignaturePlace, Source, TimeUnit, UrlPart,
};
use crate::signature::seal::Layout;
use crate::signature::{Digest, Evidence, Form, Output, SecretName, Secrets};

use super::presets::sent;
use super::{Delivery, Event, Message, OpenError, Patience, Seal, Sealed, Webhook, unseal, value};

/// SENSORO as a pusher.
#[derive(Clone, Copy, Debug)]
pub struct Sensoro;

/// The one form.
#[must_use]
pub fn forms() -> Vec<Form> {
    vec![push_form()]
}

fn push_form() -> Form {
    Form {
        name: "push".to_owned(),
        parts: vec![
            Part::new("nonce", Source::Header("X-ACCESS-NONCE".into())),
            Part::new("method", Source::Method),
            Part::new("url", Source::Url(UrlPart::Full)),
            Part::new(
                "body",
                Source::Body {
                    // The vendor's clients do so; the English page says nothing is signed.
                    empty_as: b"{}".to_vec(),
                },
            ),
        ],
        order: Order::Listed,
        joiner: Vec::new(),
        digest: DigestRule::Fixed(Digest::Sha256),
        key: Some(Key {
            secret: SecretName::AppSecret,
            encoding: KeyEncoding::Utf8,
            prefix: String::new(),
        }),
        output: Output::Base64,
        signature: SignaturePlace::plain(Source::Header("X-ACCESS-SIGNATURE".into())),
        time: Some(sent("nonce", TimeUnit::Millis)),
        echo: None,
    }
}

impl Webhook for Sensoro {
    fn events(&self) -> &'static [Event] {
        EVENTS
    }

    fn challenge(&self, _: &Delivery<'_>, _: &mut Moment) -> Result<Option<Request>, Error> {
        Ok(None)
    }

    fn deliver(
        &self,
        message: &[u8],
        delivery: &Delivery<'_>,
        moment: &mut Moment,
    ) -> Result<Request, Error> {
        let id = app_id(message, delivery)?;
        let nonce = delivery.part("nonce", || moment.millis().to_string())?;
        let body = if delivery.encrypt {
            sealed_body(message, &id, delivery, moment)?
        } else {
            message.to_vec()
        };
        let length = body.len().to_string();
        let headers = [
            ("Content-Type", "application/json"),
            ("Content-Length", &length),
            ("X-ACCESS-ID", &id),
            ("X-ACCESS-NONCE", &nonce),
        ];
        let target = delivery.to.target.clone();
        let mut request = delivery.request("POST", target, &headers, body);
        let signature = delivery.sign(&push_form(), &Evidence::of(&request))?;
        request.headers.push("X-ACCESS-SIGNATURE", signature);
        Ok(request)
    }

    fn open<'a>(
        &self,
        evidence: &Evidence<'a>,
        secrets: &Secrets,
    ) -> Result<Message<'a>, OpenError> {
        let members = evidence.members()?;
        let body = evidence.body().unwrap_or_default();
        let Some(sealed) = self.sealed(evidence) else {
            return Ok(Message {
                bytes: body.into(),
                sealed: false,
                id: None,
            });
        };
        let opened = unseal(&sealed, secrets)?;
        if let Some(id) = &secrets.app_id {
            opened.expect_id(id.as_bytes())?;
        }
        // An empty `data` may stand beside the sealed one; then it is the one to fill.
        let place = member(members, "data")
            .or_else(|| member(members, SEAL.member))
            .ok_or(OpenError::Member("`encryptData`"))?;
        Ok(Message {
            bytes: with_member(body, place, "data", &opened.message).into(),
            sealed: true,
            id: Some(opened.id),
        })
    }

    fn carrier(&self) -> Option<&'static str> {
        None
    }

    fn seal(&self) -> Option<Seal> {
        Some(SEAL)
    }

    fn sealed<'a>(&self, evidence: &Evidence<'a>) -> Option<Sealed<'a>> {
        let text = scan::text(scan::last(evidence.members().ok()?, SEAL.member)?)?;
        (!text.is_empty()).then_some(Sealed { text, seal: SEAL })
    }

    fn event_of(&self, message: &[u8]) -> Option<&'static str> {
        match &*value(message, "/type")? {
            b"text" => Some("text"),
            b"event" => Some("event"),
            _ => None,
        }
    }

    fn handle(&self) -> Option<&'static str> {
        Some("msgId")
    }

    fn patience(&self) -> Patience {
        Patience {
            accepted: 200..=299,
            limit: Duration::from_secs(5),
            retries: RETRIES,
            inferred: Some("the spacing"),
            afterwards: None,
        }
    }

    /// Made up: those of the vectors below.
    fn sample_secrets(&self) -> Secrets {
        let mut secrets = Secrets::new()
            .with(SecretName::AppSecret, "S3cretS3cretS3cretS3cretS3cret00")
            .with(
                SecretName::AppKey,
                "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG",
            );
        secrets.app_id = Some(SAMPLE_APP_ID.to_owned());
        secrets
    }
}

const SEAL: Seal = Seal {
    layout: Layout::FramedWithId,
    key: SecretName::AppKey,
    member: "encryptData",
};

/// Inferred: that there are three is published, their spacing is not.
const RETRIES: &[Duration] = &[Duration::from_secs(1); 3];

/// The application's id as given, else the one that the message names.
fn app_id<'a>(message: &'a [u8], delivery: &'a Delivery<'_>) -> Result<Cow<'a, str>, Error> {
    if let Some(id) = &delivery.secrets.app_id {
        return Ok(Cow::Borrowed(id));
    }
    scan::find(message, "/appId")
        .ok()
        .flatten()
        .and_then(scan::text)
        .map(|id| Cow::Owned(String::from_utf8_lossy(&id).into_owned()))
        .ok_or_else(|| {
            Error::usage("the message names no `appId`").with_hint("give the id with --app-id")
        })
}

/// The envelope with its `data` sealed.
fn sealed_body(
    message: &[u8],
    id: &str,
    delivery: &Delivery<'_>,
    moment: &mut Moment,
) -> Result<Vec<u8>, Error> {
    let members = scan::members(message)
        .map_err(|why| Error::usage(format!("the message is not a JSON object: {why}")))?;
    let data = member(&members, "data")
        .ok_or_else(|| Error::usage("the message has no `data` to encrypt"))?;
    let sealed = delivery.seal(SEAL, moment, data.value, id.as_bytes())?;
    let value = format!("\"{sealed}\"");
    Ok(with_member(message, data, SEAL.member, value.as_bytes()))
}

fn member<'a>(members: &[Member<'a>], name: &str) -> Option<Member<'a>> {
    members
        .iter()
        .rfind(|member| member.name == name.as_bytes())
        .copied()
}

/// The object with one member replaced and every other byte as it was.
fn with_member(object: &[u8], old: Member<'_>, name: &str, value: &[u8]) -> Vec<u8> {
    let start = scan::offset_in(object, old.name);
    let value_start = scan::offset_in(object, old.value);
    [
        &object[..start],
        name.as_bytes(),
        &object[start + old.name.len()..value_start],
        value,
        &object[value_start + old.value.len()..],
    ]
    .concat()
}

const SAMPLE_APP_ID: &str = "demoAppId001";

const EVENTS: &[Event] = &[
    Event::new("text", "a sensor reported its readings", |moment| {
        let id = moment.text(b"0123456789abcdef", 8);
        format!(
                r#"{{"appId":"{SAMPLE_APP_ID}","sn":"0117C9XXXX","type":"text","deviceType":"node","createdTime":{},"msgId":"{id}","data":{{"battery":90,"temperature":25.5}}}}"#,
                moment.millis()
            )
            .into_bytes()
    }),
    Event::new("event", "a task was completed", |moment| {
        let id = moment.text(b"0123456789abcdef", 8);
        format!(
                r#"{{"appId":"{SAMPLE_APP_ID}","taskId":123,"type":"event","createdTime":{},"msgId":"{id}","data":{{"resultCode":0,"resultData":{{}}}}}}"#,
                moment.millis()
            )
            .into_bytes()
    }),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::laws::{Bench, assert_unchanged_by, assert_wire, moment};
    use crate::signature::Given;

    const URL: &str = "http://hook.example.com/sensoro/webhooks";
    const BODY: &str = r#"{"appId":"demoAppId001","sn":"0117C9XXXX","type":"text","deviceType":"node","createdTime":1467018792599,"msgId":"57708e68","data":{"battery":90,"temperature":25.5}}"#;

    fn bench() -> Bench {
        Bench::with(URL, Sensoro.sample_secrets()).given("nonce", "1467018792599")
    }

    fn sign(method: &str, body: &str) -> String {
        let request = Request {
            body: body.into(),
            ..Request::new(method, "/")
        };
        let given = Given::new().with("nonce", "1467018792599").with("url", URL);
        let evidence = Evidence::of(&request).with(&given);
        let form = push_form();
        let ingredients = form.gather(&evidence).unwrap();
        form.sign(&ingredients, &Sensoro.sample_secrets(), 0)
            .unwrap()
    }

    #[test]
    fn a_push_is_the_first_vector_byte_for_byte() {
        assert_wire(
            &bench().deliver(&Sensoro, BODY.as_bytes()),
            &format!(
                "POST /sensoro/webhooks HTTP/1.1\r\n\
                 Host: hook.example.com\r\n\
                 Content-Type: application/json\r\n\
                 Content-Length: {}\r\n\
                 X-ACCESS-ID: demoAppId001\r\n\
                 X-ACCESS-NONCE: 1467018792599\r\n\
                 X-ACCESS-SIGNATURE: VUqOkQzGTJJswIaS6EIAWjDWQOGAMEuoQIsqD2scRVQ=\r\n\r\n{BODY}",
                BODY.len()
            ),
        );
    }

    #[test]
    fn an_absent_body_is_signed_as_an_empty_object() {
        let signature = "xQla51q1xMFva57iATK0xfBP+dx1+v3y/wkxDeGJLag=";
        assert_eq!(sign("GET", ""), signature);
        assert_eq!(sign("get", "{}"), signature);
    }

    #[test]
    fn text_that_is_not_ascii_is_signed_as_utf_8() {
        assert_eq!(
            sign("POST", r#"{"t":"中"}"#),
            "E0HyPB4DZSzlzfP7XmVO2GCOyFr85/33KCSKMDHHiZA="
        );
    }

    #[test]
    fn the_id_in_the_header_is_not_signed() {
        let mut other = bench();
        other.secrets.app_id = Some("another".into());
        let one = bench().deliver(&Sensoro, b"{}");
        let two = other.deliver(&Sensoro, b"{}");
        assert_eq!(two.headers.first("X-ACCESS-ID").unwrap(), b"another");
        assert_eq!(
            one.headers.first("X-ACCESS-SIGNATURE"),
            two.headers.first("X-ACCESS-SIGNATURE")
        );
    }

    #[test]
    fn an_id_that_was_not_given_is_taken_from_the_message() {
        let mut bench = bench();
        bench.secrets.app_id = None;
        let request = bench.deliver(&Sensoro, BODY.as_bytes());
        assert_eq!(
            request.headers.first("X-ACCESS-ID").unwrap(),
            b"demoAppId001"
        );
        let nameless = Sensoro.deliver(b"{}", &bench.delivery(), &mut moment());
        assert_eq!(
            nameless.unwrap_err().hint(),
            Some("give the id with --app-id")
        );
    }

    #[test]
    fn the_envelope_stays_in_clear_in_safe_mode() {
        let bench = bench().encrypted();
        let request = bench.deliver(&Sensoro, BODY.as_bytes());
        let body = String::from_utf8(request.body.clone()).unwrap();
        let (clear, sealed) = body.split_once(r#","encryptData":""#).unwrap();
        assert_eq!(clear, BODY.split_once(r#","data""#).unwrap().0);
        assert!(sealed.ends_with("\"}"));
        let opened = Sensoro
            .open(&Evidence::of_body(&request.body), &bench.secrets)
            .unwrap();
        assert_eq!(opened.bytes, BODY.as_bytes());
        assert_eq!(opened.id.unwrap(), b"demoAppId001");
    }

    #[test]
    fn the_published_ciphertext_fills_an_empty_data_that_stands_beside_it() {
        let sealed = "Q3stYC6hdFzMh9T8HCvyDEBRegQeTyW6CkLPM22tQ74OMC8P08VUlgQmJnlKsRRkvjBkJ32ojN8scZ5G5SdoQUd7RgquXelDd1KqBq58XSp0vdu+vW/KmuZ6ANmx57wL";
        let body = format!(r#"{{ "encryptData" : "{sealed}", "data": {{}} }}"#);
        let opened = Sensoro
            .open(
                &Evidence::of_body(body.as_bytes()),
                &Sensoro.sample_secrets(),
            )
            .unwrap();
        let text = String::from_utf8(opened.bytes.into_owned()).unwrap();
        assert!(
            text.ends_with(r#", "data": {"battery":90,"temperature":25.5} }"#),
            "{text}"
        );
    }

    #[test]
    fn the_id_behind_the_message_must_be_the_receivers() {
        let mut bench = bench().encrypted();
        let request = bench.deliver(&Sensoro, BODY.as_bytes());
        bench.secrets.app_id = Some("another".into());
        assert_eq!(
            Sensoro
                .open(&Evidence::of_body(&request.body), &bench.secrets)
                .unwrap_err()
                .to_string(),
            "the envelope was made for another id: `demoAppId001`"
        );
    }

    #[test]
    fn the_vendors_demo_verifies_over_what_json_stringify_writes() {
        assert_unchanged_by(&["json-stringify"], EVENTS);
    }

    #[test]
    fn any_2xx_counts_as_delivered() {
        assert!(Sensoro.patience().accepts(204));
        assert!(!Sensoro.patience().accepts(302));
    }
}
