//! Tencent `IoT` Explorer: the rule engine's forward to a third-party HTTP service.
//!
//! The platform is the HTTP client (Go's net/http); the user's application is the server. The
//! forward of `IoT` Hub is the same.
//!
//! # The wire
//!
//! ```text
//! GET / HTTP/1.1
//! Host: example.com:4443
//! User-Agent: Go-http-client/1.1
//! Content-Type: application/json
//! Echostr: UPWIAFASvDUFcTEE
//! Nonce: testrance
//! Signature: abb6c316a8134596d825c5a1295bfa6f7657664d
//! Timestamp: 1623149590
//! Accept-Encoding: gzip
//!
//! POST / HTTP/1.1
//! Host, User-Agent, Content-Length, Content-Type, Nonce, Signature, Timestamp, Accept-Encoding
//!
//! {"devicename":…,"payload":…,"productid":…,"seq":…,"timestamp":…,"topic":…}
//! ```
//!
//! The POST's header order is Go's own (inferred). The three signature headers are there only
//! if a token was set.
//!
//! # The signature
//!
//! `hex(sha1(concat(sort_bytes([token, timestamp, nonce]))))`, the timestamp in seconds.
//!
//! # Handshake
//!
//! One GET when the rule is switched on. Right is 200 and the `Echostr` as the body.
//!
//! # Delivery
//!
//! 200 counts. Again after 1, 3 and 10 s, then dropped. The time limit of one try is not
//! published (inferred: 5 s).
//!
//! # Quirks
//!
//! - parts are sorted as bytes, so an underscore stands behind upper case
//! - equal parts stay
//! - the body is not signed
//! - custom push signs by the same rule in other headers
//! - a binary payload becomes a base64 string
//!
//! # Sources
//!
//! Tencent Cloud's documentation of the forward and of data processing; the headers of custom
//! push are those of the product's own push.

use std::time::Duration;

use crate::error::Error;
use crate::json::scan;
use crate::message::Request;
use crate::moment::{ALPHANUMERIC, Moment};
use crate::signature::recipe::{Part, Source};
use crate::signature::{Digest, Evidence, Form, Given, SecretName, Secrets};

use super::presets::sorted;
use super::{Delivery, Event, Message, OpenError, Patience, Seal, Sealed, Webhook, value};

/// Tencent as a pusher.
#[derive(Clone, Copy, Debug)]
pub struct Tencent;

/// The forms: the handshake is what has an `Echostr`.
#[must_use]
pub fn forms() -> Vec<Form> {
    vec![handshake_form(), push_form(), custom_push_form()]
}

fn handshake_form() -> Form {
    Form {
        name: "handshake".to_owned(),
        echo: Some(Part::new("echostr", Source::Header("Echostr".into()))),
        ..push_form()
    }
}

fn push_form() -> Form {
    sorted("push", Digest::Sha1, |part| {
        let (first, rest) = part.split_at(1);
        Source::Header(first.to_uppercase() + rest)
    })
}

fn custom_push_form() -> Form {
    sorted("custom-push", Digest::Sha1, |part| {
        Source::Header(format!("x-tc-{part}"))
    })
}

/// What stands in the three headers that prove the sender.
struct Proof {
    nonce: String,
    signature: String,
    timestamp: String,
}

impl Proof {
    fn new(delivery: &Delivery<'_>, moment: &mut Moment) -> Result<Self, Error> {
        let timestamp = delivery.part("timestamp", || moment.seconds().to_string())?;
        let nonce = delivery.part("nonce", || moment.text(ALPHANUMERIC, 16))?;
        let given = Given::new()
            .with("timestamp", timestamp.as_str())
            .with("nonce", nonce.as_str());
        let signature = delivery.sign(&push_form(), &Evidence::default().with(&given))?;
        Ok(Self {
            nonce,
            signature,
            timestamp,
        })
    }
}

impl Webhook for Tencent {
    fn events(&self) -> &'static [Event] {
        EVENTS
    }

    fn challenge(
        &self,
        delivery: &Delivery<'_>,
        moment: &mut Moment,
    ) -> Result<Option<Request>, Error> {
        let echo = delivery.part("echostr", || moment.text(ALPHANUMERIC, 16))?;
        let proof = Proof::new(delivery, moment)?;
        let headers = [
            ("User-Agent", "Go-http-client/1.1"),
            ("Content-Type", "application/json"),
            ("Echostr", &echo),
            ("Nonce", &proof.nonce),
            ("Signature", &proof.signature),
            ("Timestamp", &proof.timestamp),
            ("Accept-Encoding", "gzip"),
        ];
        let target = delivery.to.target.clone();
        Ok(Some(delivery.request("GET", target, &headers, Vec::new())))
    }

    fn deliver(
        &self,
        message: &[u8],
        delivery: &Delivery<'_>,
        moment: &mut Moment,
    ) -> Result<Request, Error> {
        if delivery.encrypt {
            return Err(Error::usage("tencent does not encrypt messages"));
        }
        let proof = Proof::new(delivery, moment)?;
        let length = message.len().to_string();
        let headers = [
            ("User-Agent", "Go-http-client/1.1"),
            ("Content-Length", &length),
            ("Content-Type", "application/json"),
            ("Nonce", &proof.nonce),
            ("Signature", &proof.signature),
            ("Timestamp", &proof.timestamp),
            ("Accept-Encoding", "gzip"),
        ];
        let target = delivery.to.target.clone();
        Ok(delivery.request("POST", target, &headers, message.to_vec()))
    }

    fn open<'a>(&self, evidence: &Evidence<'a>, _: &Secrets) -> Result<Message<'a>, OpenError> {
        evidence.members()?;
        Ok(Message {
            bytes: evidence.body().unwrap_or_default().into(),
            sealed: false,
            id: None,
        })
    }

    fn carrier(&self) -> Option<&'static str> {
        None
    }

    fn seal(&self) -> Option<Seal> {
        None
    }

    fn sealed<'a>(&self, _: &Evidence<'a>) -> Option<Sealed<'a>> {
        None
    }

    fn event_of(&self, message: &[u8]) -> Option<&'static str> {
        let payload = scan::find(message, "/payload").ok()??;
        if payload.starts_with(b"\"") {
            return Some("binary");
        }
        match &*value(payload, "/method")? {
            b"report" => Some("report"),
            b"event_post" => Some("event"),
            b"report_info" => Some("info"),
            b"get_status" => Some("status"),
            b"control_reply" => Some("control-reply"),
            b"action_reply" => Some("action-reply"),
            _ => None,
        }
    }

    fn handle(&self) -> Option<&'static str> {
        Some("seq")
    }

    fn patience(&self) -> Patience {
        Patience {
            accepted: 200..=200,
            limit: Duration::from_secs(5),
            retries: RETRIES,
            inferred: None,
            afterwards: Some("where the rule has an error action, that gets it once, too"),
        }
    }

    /// The token of the documentation's example.
    fn sample_secrets(&self) -> Secrets {
        Secrets::new().with(SecretName::Token, "aaa")
    }
}

const RETRIES: &[Duration] = &[
    Duration::from_secs(1),
    Duration::from_secs(3),
    Duration::from_secs(10),
];

const EVENTS: &[Event] = &[
    Event::new("report", "a device reported properties", |moment| {
        let payload = format!(
            r#"{{"method":"report","clientToken":"{}","timestamp":{},"params":{{"power_switch":1,"color":1,"brightness":32}}}}"#,
            client_token(moment),
            moment.seconds()
        );
        envelope(moment, &payload, PROPERTY)
    }),
    Event::new("event", "a device reported an event", |moment| {
        let payload = format!(
            r#"{{"method":"event_post","clientToken":"{}","version":"1.0","eventId":"PowerAlarm","type":"fault","timestamp":{},"params":{{"Voltage":2.8}}}}"#,
            client_token(moment),
            moment.seconds()
        );
        envelope(moment, &payload, "$thing/up/event/AD4GVS5549/device")
    }),
    Event::new("info", "a device reported what it is", |moment| {
        let payload = format!(
            r#"{{"method":"report_info","clientToken":"{}","params":{{"name":"dev001","imei":"ddd","fw_ver":"1.0","mac":"00","device_label":{{}}}}}}"#,
            client_token(moment)
        );
        envelope(moment, &payload, PROPERTY)
    }),
    Event::new("status", "a device asked for its last status", |moment| {
        let payload = format!(
            r#"{{"method":"get_status","clientToken":"{}","type":"report","showmeta":0}}"#,
            client_token(moment)
        );
        envelope(moment, &payload, PROPERTY)
    }),
    Event::new(
        "control-reply",
        "a device answered a property that was set",
        |moment| {
            let payload = format!(
                r#"{{"method":"control_reply","clientToken":"{}","code":0,"status":""}}"#,
                client_token(moment)
            );
            envelope(moment, &payload, PROPERTY)
        },
    ),
    Event::new("action-reply", "a device answered an action", |moment| {
        let payload = format!(
            r#"{{"method":"action_reply","clientToken":"{}","code":0,"status":"","response":{{"Code":0}}}}"#,
            client_token(moment)
        );
        envelope(moment, &payload, "$thing/up/action/AD4GVS5549/device")
    }),
    Event::new(
        "binary",
        "a device sent bytes, which become a base64 string",
        |moment| envelope(moment, r#""AQIDBP8=""#, "AD4GVS5549/device/data"),
    ),
];

const PROPERTY: &str = "$thing/up/property/AD4GVS5549/device";

fn client_token(moment: &mut Moment) -> String {
    moment.text(b"0123456789abcdef", 8)
}

/// The envelope of the documentation's first sample. `seq` grows with the clock and has a
/// drawn end, so that two messages of one millisecond still differ in it.
fn envelope(moment: &mut Moment, payload: &str, topic: &str) -> Vec<u8> {
    let seconds = moment.seconds();
    let millis = moment.millis();
    let draw = moment.below(1000);
    format!(
        r#"{{"devicename":"device","payload":{payload},"productid":"AD4GVS5549","seq":{millis}{draw:03},"timestamp":{seconds},"topic":"{topic}"}}"#
    )
    .into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::laws::{Bench, assert_wire, moment, signature};

    fn sign(token: &str, timestamp: &str, nonce: &str) -> String {
        let secrets = Secrets::new().with(SecretName::Token, token);
        let given = Given::new()
            .with("timestamp", timestamp)
            .with("nonce", nonce);
        signature(&push_form(), &secrets, &given)
    }

    #[test]
    fn the_published_example_is_signed_to_the_same_bytes() {
        assert_eq!(
            sign("aaa", "1604458421", "IkOaKMDalrAzUTxC"),
            "c259ed29ec13ba7c649fe0893007401a36e70453"
        );
    }

    #[test]
    fn parts_are_sorted_as_bytes_so_an_underscore_stands_behind_upper_case() {
        for (token, nonce, signature) in [
            (
                "2014",
                "437374425",
                "fa06ab73fe0c0013869369dbc5dbea693c308174",
            ),
            ("_tok", "Abc", "6b313b7c3079104de269785d5da2b1f1be80594f"),
            (
                "测试token",
                "Zz9",
                "ed2cddcca0bfcc33897dce48a947b7970bbff8c0",
            ),
        ] {
            assert_eq!(sign(token, "1604458421", nonce), signature);
        }
    }

    #[test]
    fn equal_parts_stay() {
        assert_eq!(
            sign("test", "1410685589", "test"),
            "f21891de399b4e33a1a93c9a7b8a8fffb5a443ff"
        );
    }

    #[test]
    fn a_challenge_is_byte_for_byte_what_go_sends() {
        let bench = Bench::new("http://example.com:4443", "aaa")
            .given("echostr", "UPWIAFASvDUFcTEE")
            .given("nonce", "IkOaKMDalrAzUTxC")
            .given("timestamp", "1604458421");
        assert_wire(
            &bench.challenge(&Tencent),
            "GET / HTTP/1.1\r\n\
             Host: example.com:4443\r\n\
             User-Agent: Go-http-client/1.1\r\n\
             Content-Type: application/json\r\n\
             Echostr: UPWIAFASvDUFcTEE\r\n\
             Nonce: IkOaKMDalrAzUTxC\r\n\
             Signature: c259ed29ec13ba7c649fe0893007401a36e70453\r\n\
             Timestamp: 1604458421\r\n\
             Accept-Encoding: gzip\r\n\r\n",
        );
    }

    #[test]
    fn a_push_carries_the_message_as_its_whole_body() {
        let bench = Bench::new("https://h/iot?x=1", "aaa")
            .given("nonce", "IkOaKMDalrAzUTxC")
            .given("timestamp", "1604458421");
        assert_wire(
            &bench.deliver(&Tencent, br#"{"seq":2}"#),
            "POST /iot?x=1 HTTP/1.1\r\n\
             Host: h\r\n\
             User-Agent: Go-http-client/1.1\r\n\
             Content-Length: 9\r\n\
             Content-Type: application/json\r\n\
             Nonce: IkOaKMDalrAzUTxC\r\n\
             Signature: c259ed29ec13ba7c649fe0893007401a36e70453\r\n\
             Timestamp: 1604458421\r\n\
             Accept-Encoding: gzip\r\n\r\n\
             {\"seq\":2}",
        );
    }

    #[test]
    fn the_body_is_not_signed() {
        let bench = Bench::new("http://h/", "aaa").given("nonce", "n");
        let one = bench.deliver(&Tencent, b"{}");
        let two = bench.deliver(&Tencent, br#"{"another":"body"}"#);
        assert_eq!(
            one.headers.first("Signature"),
            two.headers.first("Signature")
        );
    }

    #[test]
    fn custom_push_signs_by_the_same_rule_in_other_headers() {
        let mut request = Request::new("POST", "/");
        let headers = &mut request.headers;
        headers.push("X-Tc-Timestamp", "1604458421");
        headers.push("X-Tc-Nonce", "IkOaKMDalrAzUTxC");
        headers.push("X-Tc-Signature", "c259ed29ec13ba7c649fe0893007401a36e70453");
        let evidence = Evidence::of(&request);
        let forms = forms();
        let form = forms
            .iter()
            .find(|form| form.gather(&evidence).is_ok())
            .unwrap();
        assert_eq!(form.name, "custom-push");
        let ingredients = form.gather(&evidence).unwrap();
        let digest = form
            .digest(&ingredients, &Tencent.sample_secrets(), 0)
            .unwrap();
        assert!(form.accepts(&form.received(&evidence).unwrap(), &digest));
    }

    #[test]
    fn a_binary_payload_becomes_a_base64_string() {
        let message = (EVENTS[6].message)(&mut moment());
        let payload = scan::find(&message, "/payload").unwrap().unwrap();
        assert_eq!(payload, br#""AQIDBP8=""#);
    }

    #[test]
    fn a_failed_push_comes_again_after_1_3_and_10_seconds() {
        let seconds: Vec<_> = Tencent
            .patience()
            .retries
            .iter()
            .map(Duration::as_secs)
            .collect();
        assert_eq!(seconds, [1, 3, 10]);
    }
}
