//! `OneNET` Studio: HTTP push by the rule engine.
//!
//! The platform is the HTTP client; the user's application is the server. It is a relative of
//! [`super::onenet`] with the same handshake and another envelope.
//!
//! # The wire
//!
//! ```text
//! GET /?msg=…&signature=…&nonce=… HTTP/1.1
//!
//! POST … HTTP/1.1
//!
//! {"msg":"<JSON as a string>","signature":"…","time":1591340648197,"id":"3799902","nonce":"abcdefgh"}
//! ```
//!
//! The order of the outer keys is inferred, and so are the headers: those of the older push. In
//! secure mode `msg` is the base64 of the cipher text.
//!
//! # The signature
//!
//! `base64(md5(token ++ nonce ++ msg))` over the decoded string, UTF-8. In secure mode over the
//! text of the cipher (inferred).
//!
//! # Handshake
//!
//! One GET as in [`super::onenet`]: right is 200 and a body that is `msg`.
//!
//! # Delivery
//!
//! 200 within 5 s. Up to 16 more tries after 5 s to 1 h, then the message is dropped.
//!
//! # Quirks
//!
//! - the signature covers the value of the string, not its literal
//! - the key is used as it is written, for key and IV
//! - what is neither an object nor an array but base64 of whole blocks is sealed
//! - keys stand in the order of a Java `HashMap`
//! - the documentation writes `lifeCycle` with a capital here, and without on MQTT
//!
//! # Sources
//!
//! `OneNET` Studio's documentation of HTTP push and of the rule engine's message formats.

use std::time::Duration;

use crate::error::Error;
use crate::json::scan;
use crate::message::Request;
use crate::moment::{ALPHANUMERIC, Moment};
use crate::signature::recipe::{Part, Source};
use crate::signature::seal::{self, Layout};
use crate::signature::{Evidence, Form, Given, SecretName, Secrets};

use super::onenet::{challenge, form, handshake_form, post};
use super::{
    Delivery, Event, Message, OpenError, Patience, Seal, Sealed, Webhook, quoted, unseal, value,
};

/// `OneNET` Studio's rule engine as a pusher.
#[derive(Clone, Copy, Debug)]
pub struct OnenetStudioPush;

/// The forms, that of values given as flags (the push) first.
#[must_use]
pub fn forms() -> Vec<Form> {
    vec![push_form(), handshake_form()]
}

fn push_form() -> Form {
    form(
        "push",
        Part::new("nonce", Source::JsonText("/nonce".into())),
        Part::new("msg", Source::JsonText("/msg".into())),
        Source::JsonText("/signature".into()),
    )
}

impl Webhook for OnenetStudioPush {
    fn events(&self) -> &'static [Event] {
        EVENTS
    }

    fn challenge(
        &self,
        delivery: &Delivery<'_>,
        moment: &mut Moment,
    ) -> Result<Option<Request>, Error> {
        challenge(delivery, moment).map(Some)
    }

    fn deliver(
        &self,
        message: &[u8],
        delivery: &Delivery<'_>,
        moment: &mut Moment,
    ) -> Result<Request, Error> {
        let nonce = delivery.part("nonce", || moment.text(ALPHANUMERIC, 8))?;
        let id = delivery.part("id", || moment.text(b"123456789", 7))?;
        let msg = if delivery.encrypt {
            delivery.seal(SEAL, moment, message, b"")?
        } else {
            String::from_utf8(message.to_vec()).map_err(|_| {
                Error::usage("the message is not UTF-8, which a JSON string must be")
            })?
        };
        let given = Given::new()
            .with("nonce", nonce.as_str())
            .with("msg", msg.as_str());
        let signature = delivery.sign(&push_form(), &Evidence::default().with(&given))?;
        let body = format!(
            r#"{{"msg":{},"signature":"{signature}","time":{},"id":{},"nonce":{}}}"#,
            quoted(&msg),
            moment.millis(),
            quoted(&id),
            quoted(&nonce)
        );
        Ok(post(delivery, body.into_bytes()))
    }

    fn open<'a>(
        &self,
        evidence: &Evidence<'a>,
        secrets: &Secrets,
    ) -> Result<Message<'a>, OpenError> {
        if let Some(sealed) = self.sealed(evidence) {
            return Ok(Message {
                bytes: unseal(&sealed, secrets)?.message.into(),
                sealed: true,
                id: None,
            });
        }
        let msg = scan::last(evidence.members()?, "msg")
            .and_then(scan::text)
            .ok_or(OpenError::Member("string `msg`"))?;
        Ok(Message {
            bytes: msg,
            sealed: false,
            id: None,
        })
    }

    fn carrier(&self) -> Option<&'static str> {
        Some(SEAL.member)
    }

    fn seal(&self) -> Option<Seal> {
        Some(SEAL)
    }

    fn sealed<'a>(&self, evidence: &Evidence<'a>) -> Option<Sealed<'a>> {
        let text = scan::text(scan::last(evidence.members().ok()?, SEAL.member)?)?;
        // Nothing on the wire says which mode it is; the rule engine's messages are objects.
        let cipher = seal::decode_text(&text).ok()?;
        let whole = !cipher.is_empty() && cipher.len() % seal::BLOCK == 0;
        whole.then_some(Sealed { text, seal: SEAL })
    }

    fn event_of(&self, message: &[u8]) -> Option<&'static str> {
        // The documentation of the long connection writes `lifecycle`.
        match value(message, "/messageType")?
            .to_ascii_lowercase()
            .as_slice()
        {
            b"lifecycle" => match &*value(message, "/data/status")? {
                b"online" => Some("online"),
                b"offline" => Some("offline"),
                _ => None,
            },
            b"notify" => match &*value(message, "/notifyType")? {
                b"property" => Some("property"),
                b"event" => Some("event"),
                _ => None,
            },
            b"reply" => Some("reply"),
            b"scenelog" => Some("scene-log"),
            b"lbsandwifi" => Some("location"),
            _ => None,
        }
    }

    fn handle(&self) -> Option<&'static str> {
        Some("id")
    }

    fn patience(&self) -> Patience {
        Patience {
            accepted: 200..=200,
            limit: Duration::from_secs(5),
            retries: RETRIES,
            inferred: None,
            afterwards: None,
        }
    }

    /// Made up: the token of the older push's captures, the key of the vector below.
    fn sample_secrets(&self) -> Secrets {
        Secrets::new()
            .with(SecretName::Token, "20200321182801")
            .with(SecretName::AesKey, "cz0Y93YkGH6Jyvoi")
    }
}

const SEAL: Seal = Seal {
    layout: Layout::KeyIsIv,
    key: SecretName::AesKey,
    member: "msg",
};

const RETRIES: &[Duration] = &[
    Duration::from_secs(5),
    Duration::from_secs(10),
    Duration::from_secs(30),
    minutes(1),
    minutes(2),
    minutes(3),
    minutes(4),
    minutes(5),
    minutes(6),
    minutes(7),
    minutes(8),
    minutes(9),
    minutes(10),
    minutes(20),
    minutes(30),
    minutes(60),
];

const fn minutes(count: u64) -> Duration {
    Duration::from_secs(60 * count)
}

const EVENTS: &[Event] = &[
    Event::new("online", "a device came online", |moment| {
        life_cycle(moment, "online")
    }),
    Event::new("offline", "a device went offline", |moment| {
        life_cycle(moment, "offline")
    }),
    Event::new("property", "a device reported properties", property),
    Event::new("event", "a device reported an event", event),
    Event::new("reply", "a device answered a service call", reply),
    Event::new("scene-log", "a scene was triggered", scene_log),
    Event::new(
        "location",
        "a device was located by base stations or Wi-Fi",
        location,
    ),
];

fn life_cycle(moment: &mut Moment, status: &str) -> Vec<u8> {
    let time = moment.millis();
    format!(
        r#"{{"productId":"C6z4Zk012B","messageType":"lifeCycle","data":{{"time":{time},"status":"{status}"}},"deviceId":1343759,"deviceName":"test01"}}"#
    )
    .into_bytes()
}

fn property(moment: &mut Moment) -> Vec<u8> {
    let time = moment.millis();
    format!(
        concat!(
            r#"{{"notifyType":"property","productId":"C6z4Zk012B","messageType":"notify","#,
            r#""data":{{"id":"{time}","params":{{"Power":{{"time":{time},"value":"on"}},"#,
            r#""WF":{{"time":{time},"value":23.6}}}},"version":"1.0"}},"#,
            r#""deviceId":1343759,"deviceName":"test01"}}"#,
        ),
        time = time
    )
    .into_bytes()
}

fn event(moment: &mut Moment) -> Vec<u8> {
    let time = moment.millis();
    format!(
        concat!(
            r#"{{"notifyType":"event","productId":"C6z4Zk012B","messageType":"notify","#,
            r#""data":{{"id":"{time}","params":{{"PowerAlarm":{{"eventType":"alert","#,
            r#""time":{time},"value":{{"Voltage":2.8}}}}}},"version":"1.0"}},"#,
            r#""deviceId":1343759,"deviceName":"test01"}}"#,
        ),
        time = time
    )
    .into_bytes()
}

/// Requested (`sTime`) half a second before it was answered (`rTime`).
fn reply(moment: &mut Moment) -> Vec<u8> {
    let answered = moment.millis();
    format!(
        concat!(
            r#"{{"request":{{"id":"123","params":{{"identifier":"reboot","input":{{"delay":12}}}},"#,
            r#""version":"1.0"}},"rTime":{answered},"productId":"C6z4Zk012B","messageType":"reply","#,
            r#""response":{{"msg":"succ","code":200,"data":{{"output":{{"result":"1"}},"#,
            r#""identifier":"reboot"}},"id":"123"}},"sTime":{requested},"#,
            r#""deviceId":1343759,"deviceName":"test01","callType":"sync"}}"#,
        ),
        answered = answered,
        requested = answered - 500
    )
    .into_bytes()
}

fn scene_log(moment: &mut Moment) -> Vec<u8> {
    let time = moment.millis();
    format!(
        concat!(
            r#"{{"messageType":"sceneLog","data":{{"time":{time},"#,
            r#""conditions":[{{"identifier":"WF","productId":"C6z4Zk012B","type":"notify","#,
            r#""deviceId":1343759,"deviceName":"test01","value":23.6}}],"#,
            r#""actions":[{{"identifier":"Power","productId":"C6z4Zk012B","success":true,"#,
            r#""type":"order","deviceName":"test01","value":"on"}}]}}}}"#,
        ),
        time = time
    )
    .into_bytes()
}

/// `type` 2 is Wi-Fi, 1 base stations.
fn location(moment: &mut Moment) -> Vec<u8> {
    let time = moment.millis();
    format!(
        concat!(
            r#"{{"productId":"C6z4Zk012B","messageType":"lbsAndWifi","#,
            r#""data":{{"accuracy":683,"lon":126.08448,"lat":39.22312}},"type":2,"#,
            r#""deviceId":1343759,"deviceName":"test01","timestamp":{time}}}"#,
        ),
        time = time
    )
    .into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::laws::{Bench, NOW, assert_unchanged_by, assert_wire, moment, signature};

    fn bench() -> Bench {
        Bench::with("http://h:1/push", OnenetStudioPush.sample_secrets())
            .given("nonce", "abcdefgh")
            .given("id", "3799902")
    }

    #[test]
    fn a_push_is_byte_for_byte_what_the_page_shows() {
        assert_wire(
            &bench().deliver(&OnenetStudioPush, "{\"a\":\"离\\n\"}".as_bytes()),
            &format!(
                "POST /push HTTP/1.1\r\n\
                 Host: h:1\r\n\
                 User-Agent: OneNET\r\n\
                 Content-Type: application/json; charset=utf-8\r\n\
                 Accept-Encoding: *\r\n\
                 Connection: Keep-Alive\r\n\
                 Content-Length: 122\r\n\r\n\
                 {{\"msg\":\"{{\\\"a\\\":\\\"离\\\\n\\\"}}\",\"signature\":\"+jM9F4IMEpaAhNsDJSubyw==\",\"time\":{NOW},\"id\":\"3799902\",\"nonce\":\"abcdefgh\"}}"
            ),
        );
    }

    #[test]
    fn a_challenge_is_that_of_the_older_push() {
        let bench = bench().given("msg", "LeoTAq");
        let target = bench.challenge(&OnenetStudioPush).target;
        assert!(target.starts_with(b"/push?msg=LeoTAq&signature="));
        assert!(target.ends_with(b"&nonce=abcdefgh"));
    }

    #[test]
    fn the_signature_covers_the_value_of_the_string_not_its_literal() {
        let body = br#"{"msg":"{\"a\":\"\u79bb\"}","signature":"","nonce":"n"}"#;
        let form = push_form();
        let ingredients = form.gather(&Evidence::of_body(body)).unwrap();
        assert_eq!(ingredients.values[2], "{\"a\":\"离\"}".as_bytes());
        let secrets = OnenetStudioPush.sample_secrets();
        let given = Given::new()
            .with("nonce", "n")
            .with("msg", "{\"a\":\"离\"}");
        assert_eq!(
            form.sign(&ingredients, &secrets, 0).unwrap(),
            signature(&form, &secrets, &given)
        );
    }

    #[test]
    fn the_key_is_used_as_it_is_written_for_key_and_iv() {
        let sealed = "OyiohO8urkgskYtLrG5Yc89t0EQ1PxllxkKOxq9B+Ls=";
        let text = "{\"a\":\"离线\",\"n\":1.10}".as_bytes();
        let bench = bench().encrypted();
        let request = bench.deliver(&OnenetStudioPush, text);
        assert_eq!(
            scan::find(&request.body, "/msg").unwrap().unwrap(),
            format!("\"{sealed}\"").as_bytes()
        );
        let opened = OnenetStudioPush
            .open(&Evidence::of_body(&request.body), &bench.secrets)
            .unwrap();
        assert_eq!(opened.bytes, text);
    }

    #[test]
    fn what_is_neither_an_object_nor_an_array_but_base64_of_whole_blocks_is_sealed() {
        let is_sealed = |msg: &str| {
            let body = format!(r#"{{"msg":{}}}"#, quoted(msg));
            OnenetStudioPush
                .sealed(&Evidence::of_body(body.as_bytes()))
                .is_some()
        };
        assert!(is_sealed("OyiohO8urkgskYtLrG5Yc89t0EQ1PxllxkKOxq9B+Ls="));
        assert!(!is_sealed("{}"));
        assert!(!is_sealed("AAAA"));
        assert!(!is_sealed(""));
    }

    #[test]
    fn keys_stand_in_the_order_of_a_java_hashmap() {
        assert_unchanged_by(&["java-org-json", "java-hashmap-order"], EVENTS);
    }

    #[test]
    fn the_documentation_writes_life_cycle_with_a_capital_here() {
        let message = (EVENTS[0].message)(&mut moment());
        assert_eq!(
            scan::find(&message, "/messageType").unwrap().unwrap(),
            br#""lifeCycle""#
        );
    }

    #[test]
    fn a_failed_push_comes_again_16_times_within_three_hours() {
        let patience = OnenetStudioPush.patience();
        assert_eq!(patience.retries.len(), 16);
        let total: Duration = patience.retries.iter().sum();
        assert_eq!(total.as_secs(), 45 + 55 * 60 + 50 * 60 + 3600);
    }
}
