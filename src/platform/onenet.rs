//! `OneNET` HTTP push (China Mobile), multi-protocol products.
//!
//! The platform is the HTTP client; the user's application is the server.
//!
//! # The wire
//!
//! ```text
//! GET /he/data/push/global?msg=LeoTAq&signature=/7hXrr3IpM538Z1uHvxSlA==&nonce=B0k7pDoe HTTP/1.1
//!
//! POST … HTTP/1.1
//! User-Agent: OneNET
//! Content-Type: application/json; charset=utf-8
//! Accept-Encoding: *
//! Connection: Keep-Alive
//! Content-Length: 178
//!
//! {"msg":{…},"msg_signature":"9XFwVl4VRJ2Lub2ryUJK8g==","nonce":"C1z3?giR"}
//! {"msg_signature":"…","enc_msg":"<base64>","nonce":"…"}            encrypted; key order inferred
//! ```
//!
//! The place of `Host` (first) and the headers of the GET (those of the POST that fit) are
//! inferred.
//!
//! # The signature
//!
//! `base64(md5(token ++ nonce ++ msg))`; `msg` is the exact bytes of the value on the wire, and
//! the text of `enc_msg` where the push is encrypted.
//!
//! # Handshake
//!
//! One GET when the push URL is saved. Right is 200 and a body that is `msg`, nothing around it.
//!
//! # Delivery
//!
//! Only 200 counts, within 5 s. Failed pushes come again; count and spacing are not published
//! (inferred: three times, 5 s apart). After 2000 failures, or 24 h of nothing else, the push
//! stops, and what was missed is not sent later.
//!
//! # Quirks
//!
//! - the base64 of the handshake stands in the query unescaped
//! - a plus in the query is a plus
//! - the parts are not sorted
//! - keys stand in the order of a Java `HashMap`
//! - a nonce has 8 printable characters that need no escape
//! - several messages may come as one array
//!
//! # Sources
//!
//! `OneNET`'s documentation of HTTP push, its published receivers in Java, PHP and C#, and
//! published captures (the vectors below).

use std::time::Duration;

use crate::error::Error;
use crate::json::scan;
use crate::message::Request;
use crate::moment::{ALPHANUMERIC, Moment};
use crate::signature::recipe::{DigestRule, Order, Part, SignaturePlace, Source};
use crate::signature::seal::Layout;
use crate::signature::{Digest, Evidence, Form, Given, Output, SecretName, Secrets};

use super::{
    Delivery, Event, Message, OpenError, Patience, Seal, Sealed, Webhook, quoted, text_of, unseal,
};

/// `OneNET` as a pusher.
#[derive(Clone, Copy, Debug)]
pub struct Onenet;

/// The forms, that of values given as flags (the plain push) before the handshake.
#[must_use]
pub fn forms() -> Vec<Form> {
    vec![push_form(), encrypted_form(), handshake_form()]
}

fn encrypted_form() -> Form {
    form(
        "encrypted",
        Part::new("nonce", Source::JsonText("/nonce".into())),
        Part::new("enc_msg", Source::JsonText("/enc_msg".into())),
        Source::JsonText("/msg_signature".into()),
    )
}

fn push_form() -> Form {
    form(
        "push",
        Part::new("nonce", Source::JsonText("/nonce".into())),
        Part::new("msg", Source::JsonRaw("/msg".into())),
        Source::JsonText("/msg_signature".into()),
    )
}

/// The form of the GET, which Studio's push shares.
pub(super) fn handshake_form() -> Form {
    let msg = Part::new("msg", Source::Query("msg".into()));
    Form {
        echo: Some(msg.clone()),
        ..form(
            "handshake",
            Part::new("nonce", Source::Query("nonce".into())),
            msg,
            Source::Query("signature".into()),
        )
    }
}

/// `base64(md5(token ++ nonce ++ msg))` with these parts in these places.
pub(super) fn form(name: &str, nonce: Part, msg: Part, signature: Source) -> Form {
    Form {
        name: name.to_owned(),
        parts: vec![Part::secret(SecretName::Token), nonce, msg],
        order: Order::Listed,
        joiner: Vec::new(),
        digest: DigestRule::Fixed(Digest::Md5),
        key: None,
        output: Output::Base64,
        signature: SignaturePlace::plain(signature),
        time: None,
        echo: None,
    }
}

impl Webhook for Onenet {
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
        let nonce = delivery.part("nonce", || moment.text(NONCE, 8))?;
        let given = Given::new().with("nonce", nonce.as_str());
        let nonce = quoted(&nonce);
        let body = if delivery.encrypt {
            let sealed = delivery.seal(SEAL, moment, message, b"")?;
            let given = given.with("enc_msg", sealed.as_str());
            let evidence = Evidence::default().with(&given);
            let signature = delivery.sign(&encrypted_form(), &evidence)?;
            format!(r#"{{"msg_signature":"{signature}","enc_msg":"{sealed}","nonce":{nonce}}}"#)
                .into_bytes()
        } else {
            let given = given.with("msg", message);
            let evidence = Evidence::default().with(&given);
            let signature = delivery.sign(&push_form(), &evidence)?;
            let rest = format!(r#","msg_signature":"{signature}","nonce":{nonce}}}"#);
            [br#"{"msg":"#, message, rest.as_bytes()].concat()
        };
        Ok(post(delivery, body))
    }

    fn open<'a>(
        &self,
        evidence: &Evidence<'a>,
        secrets: &Secrets,
    ) -> Result<Message<'a>, OpenError> {
        let members = evidence.members()?;
        if let Some(sealed) = self.sealed(evidence) {
            return Ok(Message {
                bytes: unseal(&sealed, secrets)?.message.into(),
                sealed: true,
                id: None,
            });
        }
        let msg = scan::last(members, "msg").ok_or(OpenError::Member("`msg` or `enc_msg`"))?;
        Ok(Message {
            bytes: msg.into(),
            sealed: false,
            id: None,
        })
    }

    fn carrier(&self) -> Option<&'static str> {
        Some("msg")
    }

    fn seal(&self) -> Option<Seal> {
        Some(SEAL)
    }

    fn sealed<'a>(&self, evidence: &Evidence<'a>) -> Option<Sealed<'a>> {
        let text = scan::text(scan::last(evidence.members().ok()?, SEAL.member)?)?;
        Some(Sealed { text, seal: SEAL })
    }

    fn event_of(&self, message: &[u8]) -> Option<&'static str> {
        let members = scan::members(message).ok()?;
        let is = |name, wanted: &[u8]| text_of(&members, name).as_deref() == Some(wanted);
        let narrowband = scan::last(&members, "imei").is_some();
        if is("type", b"1") {
            Some(if narrowband {
                "nb-datapoint"
            } else {
                "datapoint"
            })
        } else if is("type", b"7") {
            Some("command-result")
        } else if !is("type", b"2") {
            None
        } else if is("status", b"1") {
            Some(if narrowband { "nb-online" } else { "online" })
        } else if is("status", b"0") {
            Some(if narrowband { "nb-offline" } else { "offline" })
        } else {
            None
        }
    }

    fn messages<'a>(&self, message: &'a [u8]) -> Vec<&'a [u8]> {
        // What is no array is not read to its end to find that out.
        if !message.trim_ascii_start().starts_with(b"[") {
            return vec![message];
        }
        scan::elements(message).unwrap_or_else(|_| vec![message])
    }

    fn handle(&self) -> Option<&'static str> {
        None
    }

    fn patience(&self) -> Patience {
        Patience {
            accepted: 200..=200,
            limit: Duration::from_secs(5),
            retries: RETRIES,
            inferred: Some("count and spacing"),
            afterwards: Some(
                "after 2000 failures in all, or 24 h of nothing else, it stops pushing, and what \
                 was missed is not sent later",
            ),
        }
    }

    /// The token of the published captures; the AES key was published with a receiver.
    fn sample_secrets(&self) -> Secrets {
        Secrets::new()
            .with(SecretName::Token, "20200321182801")
            .with(
                SecretName::AesKey,
                "whBx2ZwAU5LOHVimPj1MPx56QRe3OsGGWRe4dr17crV",
            )
    }
}

const SEAL: Seal = Seal {
    layout: Layout::Framed,
    key: SecretName::AesKey,
    member: "enc_msg",
};

/// Inferred: the platform publishes that it tries again, not when.
const RETRIES: &[Duration] = &[Duration::from_secs(5); 3];

/// The characters of a POST's nonce: printable, and none that JSON would escape.
pub(super) const NONCE: &[u8] =
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!#$%&*+-.:;=?@^_~";

/// The GET that checks a URL, which Studio's push shares.
pub(super) fn challenge(delivery: &Delivery<'_>, moment: &mut Moment) -> Result<Request, Error> {
    let msg = delivery.part("msg", || moment.text(ALPHANUMERIC, 6))?;
    let nonce = delivery.part("nonce", || moment.text(ALPHANUMERIC, 8))?;
    let given = Given::new()
        .with("nonce", nonce.as_str())
        .with("msg", msg.as_str());
    let signature = delivery.sign(&handshake_form(), &Evidence::default().with(&given))?;
    let target =
        delivery.target_with(&[("msg", &msg), ("signature", &signature), ("nonce", &nonce)]);
    let headers = [
        ("User-Agent", "OneNET"),
        ("Accept-Encoding", "*"),
        ("Connection", "Keep-Alive"),
    ];
    Ok(delivery.request("GET", target, &headers, Vec::new()))
}

/// The POST around a body, which Studio's push shares.
pub(super) fn post(delivery: &Delivery<'_>, body: Vec<u8>) -> Request {
    let length = body.len().to_string();
    let headers = [
        ("User-Agent", "OneNET"),
        ("Content-Type", "application/json; charset=utf-8"),
        ("Accept-Encoding", "*"),
        ("Connection", "Keep-Alive"),
        ("Content-Length", length.as_str()),
    ];
    delivery.request("POST", delivery.to.target.clone(), &headers, body)
}

const EVENTS: &[Event] = &[
    Event::new("online", "a device came online", |moment| status(moment, 1)),
    Event::new("offline", "a device went offline", |moment| {
        status(moment, 0)
    }),
    Event::new("datapoint", "a device reported a data point", |moment| {
        format!(
            r#"{{"at":{},"type":1,"ds_id":"temperature","value":"12.34","dev_id":{DEVICE}}}"#,
            moment.millis()
        )
        .into_bytes()
    }),
    Event::new(
        "command-result",
        "an NB-IoT device answered a cached command",
        command_result,
    ),
    Event::new("nb-online", "an NB-IoT device came online", |moment| {
        nb_status(moment, 1)
    }),
    Event::new("nb-offline", "an NB-IoT device went offline", |moment| {
        nb_status(moment, 0)
    }),
    Event::new(
        "nb-datapoint",
        "an NB-IoT device reported a resource",
        |moment| {
            format!(
                r#"{{"at":{},"imei":"{IMEI}","type":1,"ds_id":"3200_0_5750","value":"12.34","dev_id":{DEVICE}}}"#,
                moment.millis()
            )
            .into_bytes()
        },
    ),
];

/// The device of the published captures.
const DEVICE: u32 = 589_888_962;

/// Made up, with a right check digit.
const IMEI: &str = "869975030000007";

fn status(moment: &mut Moment, status: u8) -> Vec<u8> {
    format!(
        r#"{{"at":{},"login_type":7,"type":2,"dev_id":{DEVICE},"status":{status}}}"#,
        moment.millis()
    )
    .into_bytes()
}

fn nb_status(moment: &mut Moment, status: u8) -> Vec<u8> {
    format!(
        r#"{{"at":{},"login_type":10,"imei":"{IMEI}","type":2,"dev_id":{DEVICE},"status":{status}}}"#,
        moment.millis()
    )
    .into_bytes()
}

/// Sent a second before it was confirmed; `send_status` 5 is success, `cmd_type` 2 a Confirm.
fn command_result(moment: &mut Moment) -> Vec<u8> {
    let uuid = [8, 4, 4, 4, 12]
        .map(|count| moment.text(b"0123456789abcdef", count))
        .join("-");
    let confirmed = moment.millis();
    let sent = confirmed - 1000;
    format!(
        concat!(
            r#"{{"send_time":{sent},"imei":"{imei}","send_status":5,"#,
            r#""confirm_body":{{"obj_id":3311,"obj_inst":["#,
            r#"{{"res":[{{"val":"on","res_id":5850}}],"obj_inst_id":0}}]}},"#,
            r#""type":7,"cmd_id":"{uuid}","cmd_type":2,"confirm_time":{confirmed},"#,
            r#""confirm_status":0,"dev_id":{device}}}"#,
        ),
        sent = sent,
        imei = IMEI,
        uuid = uuid,
        confirmed = confirmed,
        device = DEVICE
    )
    .into_bytes()
}

/// The members of `msg` in the order of the vendor's field tables. Code that builds the text
/// anew writes them so; the wire has them in Java's `HashMap` order.
pub(super) const DOCUMENTED_KEYS: &[&str] = &[
    "type",
    "dev_id",
    "ds_id",
    "status",
    "login_type",
    "at",
    "value",
    "imei",
    "cmd_type",
    "cmd_id",
    "send_time",
    "send_status",
    "confirm_time",
    "confirm_status",
    "confirm_body",
];

#[cfg(test)]
mod tests;
