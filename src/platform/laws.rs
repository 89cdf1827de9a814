//! The laws that hold over every platform and event, and the bench that the platforms' own
//! tests share.

use jiff::Timestamp;

use super::{Delivery, Event, Platform, Webhook, value};
use crate::check::Scheme;
use crate::json::{tree, writers};
use crate::message::{Request, Url};
use crate::moment::Moment;
use crate::signature::place;
use crate::signature::recipe::Source;
use crate::signature::resign::Resigner;
use crate::signature::verify::judge;
use crate::signature::{Evidence, Form, Given, SecretName, Secrets, Verdict};

/// 2026-11-21T20:00:00.123Z.
pub(super) const NOW: i64 = 1_795_291_200_123;

pub(super) fn moment() -> Moment {
    Moment::fixed(Timestamp::from_millisecond(NOW).unwrap(), 7)
}

/// A fixed moment, a URL and secrets to make requests with.
pub(super) struct Bench {
    to: Url,
    pub(super) secrets: Secrets,
    given: Given,
    encrypt: bool,
}

impl Bench {
    pub(super) fn new(url: &str, token: &str) -> Self {
        Self::with(url, Secrets::new().with(SecretName::Token, token))
    }

    pub(super) fn with(url: &str, secrets: Secrets) -> Self {
        Self {
            to: url.parse().unwrap(),
            secrets,
            given: Given::new(),
            encrypt: false,
        }
    }

    pub(super) fn given(mut self, part: &str, value: &str) -> Self {
        self.given.push(part, value);
        self
    }

    pub(super) fn encrypted(mut self) -> Self {
        self.encrypt = true;
        self
    }

    pub(super) fn delivery(&self) -> Delivery<'_> {
        Delivery {
            to: &self.to,
            secrets: &self.secrets,
            given: &self.given,
            encrypt: self.encrypt,
        }
    }

    pub(super) fn challenge(&self, webhook: &dyn Webhook) -> Request {
        let request = webhook.challenge(&self.delivery(), &mut moment());
        request.unwrap().unwrap()
    }

    pub(super) fn deliver(&self, webhook: &dyn Webhook, message: &[u8]) -> Request {
        let request = webhook.deliver(message, &self.delivery(), &mut moment());
        request.unwrap()
    }
}

pub(super) fn signature(form: &Form, secrets: &Secrets, given: &Given) -> String {
    let ingredients = form.gather(&Evidence::default().with(given)).unwrap();
    form.sign(&ingredients, secrets, 0).unwrap()
}

pub(super) fn assert_wire(request: &Request, expected: &str) {
    let wire = String::from_utf8(request.to_wire()).unwrap();
    assert_eq!(wire, expected);
}

/// The events' messages come unchanged through receivers that parse and write them again.
pub(super) fn assert_unchanged_by(ids: &[&str], events: &[Event]) {
    for event in events {
        let message = (event.message)(&mut moment());
        let value = tree::parse(&message).unwrap();
        for id in ids {
            let writer = writers().iter().find(|writer| writer.id == *id).unwrap();
            let written = String::from_utf8((writer.write)(&value)).unwrap();
            assert_eq!(written.as_bytes(), message, "{id} writes {written}");
        }
    }
}

/// Every platform that pushes × event × plain and, where it seals, encrypted.
fn each_delivery(mut law: impl FnMut(Platform, &'static dyn Webhook, &Bench, &[u8])) {
    for platform in Platform::ALL {
        let Some(webhook) = platform.webhook() else {
            continue;
        };
        for event in webhook.events() {
            let message = (event.message)(&mut moment());
            let secrets = webhook.sample_secrets();
            let plain = Bench::with("https://user.example:8443/hook?a=1", secrets);
            law(platform, webhook, &plain, &message);
            if webhook.seal().is_some() {
                law(platform, webhook, &plain.encrypted(), &message);
            }
        }
    }
}

#[test]
fn what_is_delivered_opens_to_the_same_bytes() {
    each_delivery(|platform, webhook, bench, message| {
        let request = bench.deliver(webhook, message);
        let opened = webhook
            .open(&Evidence::of_body(&request.body), &bench.secrets)
            .unwrap();
        let id = platform.id();
        assert_eq!(opened.bytes, message, "{id}");
        assert_eq!(opened.sealed, bench.encrypt, "{id}");
        assert_eq!(
            webhook.sealed(&Evidence::of_body(&request.body)).is_some(),
            bench.encrypt
        );
    });
}

fn is_valid(platform: Platform, request: &Request, secrets: &Secrets) -> bool {
    judge(&platform.recipe(), &Evidence::of(request), secrets).verdict == Verdict::Valid
}

/// The values of the parts that a request was signed over.
fn signed_values(platform: Platform, request: &Request) -> Vec<Vec<u8>> {
    let evidence = Evidence::of(request);
    let forms = platform.recipe().forms;
    let ingredients = forms.iter().find_map(|form| form.gather(&evidence).ok());
    let values = ingredients.unwrap().values.into_iter();
    values
        .map(std::borrow::Cow::into_owned)
        .filter(|value| !value.is_empty())
        .collect()
}

#[test]
fn every_event_is_known_again_by_its_message() {
    for platform in Platform::ALL {
        let Some(webhook) = platform.webhook() else {
            continue;
        };
        for event in webhook.events() {
            let message = (event.message)(&mut moment());
            assert_eq!(webhook.event_of(&message), Some(event.name), "{platform:?}");
            assert_eq!(webhook.event_of(b"{}"), None);
            assert_eq!(webhook.messages(&message), [message.as_slice()]);
            if let Some(handle) = webhook.handle() {
                let bench = Bench::with("http://h/", webhook.sample_secrets());
                let request = bench.deliver(webhook, &message);
                assert!(value(&request.body, &format!("/{handle}")).is_some());
            }
        }
    }
}

#[test]
fn what_is_delivered_verifies_and_with_one_flipped_byte_in_a_signed_part_it_does_not() {
    each_delivery(|platform, webhook, bench, message| {
        let id = platform.id();
        let request = bench.deliver(webhook, message);
        assert!(is_valid(platform, &request, &bench.secrets), "{id}");
        let mut flipped = 0;
        for value in signed_values(platform, &request) {
            // Tencent signs headers only, and its body happens to hold the same timestamp.
            let start = memchr::memmem::find(&request.body, &value)
                .filter(|_| platform != Platform::Tencent);
            for at in start.into_iter().flat_map(|at| at..at + value.len()) {
                let mut changed = request.clone();
                changed.body[at] ^= 1;
                assert!(!is_valid(platform, &changed, &bench.secrets), "{id} {at}");
                flipped += 1;
            }
            let names = request.headers.iter().filter(|(_, have)| *have == value);
            for (name, _) in names {
                let name = std::str::from_utf8(name).unwrap();
                let mut changed = request.clone();
                let mut value = value.clone();
                value[0] ^= 1;
                changed.headers.set(name, value);
                assert!(!is_valid(platform, &changed, &bench.secrets), "{id} {name}");
                flipped += 1;
            }
        }
        assert!(flipped > 1, "{id}");
    });
}

#[test]
fn every_challenge_verifies_as_a_handshake() {
    for platform in Platform::ALL {
        let Some(webhook) = platform.webhook() else {
            continue;
        };
        let bench = Bench::with("http://h/p", webhook.sample_secrets());
        let challenge = webhook.challenge(&bench.delivery(), &mut moment()).unwrap();
        let recipe = platform.recipe();
        let Some(challenge) = challenge else {
            assert!(recipe.form("handshake").is_none());
            continue;
        };
        let judgement = judge(&recipe, &Evidence::of(&challenge), &bench.secrets);
        assert_eq!(judgement.form, recipe.form("handshake"));
        assert_eq!(judgement.verdict, Verdict::Valid);
    }
}

/// Where what a refresh changes stands: nonce, time and signature.
fn fresh_places(form: &Form) -> Vec<&Source> {
    let time = form.time.as_ref().map(|rule| rule.part.as_str());
    let changes = |name: &str| name == "nonce" || Some(name) == time;
    let parts = form.parts.iter().filter(|part| changes(&part.name));
    let mut places: Vec<_> = parts.map(|part| &part.source).collect();
    places.push(&form.signature.source);
    places
}

fn without_fresh_values(form: &Form, request: &Request) -> Request {
    let mut blank = request.clone();
    for source in fresh_places(form) {
        place::set(&mut blank, source, b"0").unwrap();
    }
    blank
}

/// Signs a recorded request anew twice and looks at what changed.
fn assert_signed_anew(platform: Platform, recorded: &Request, secrets: &Secrets) {
    let scheme = Scheme::of(platform);
    let mut moment = Moment::fixed(Timestamp::from_millisecond(NOW + 5_000).unwrap(), 8);
    let mut resigner = Resigner::prepare(&scheme, recorded, secrets, &mut moment).unwrap();
    let mut before = recorded.clone();
    for _ in 0..2 {
        let request = resigner.request();
        assert_eq!(request.to_wire(), resigner.wire());
        assert!(is_valid(platform, &request, secrets), "{request:?}");
        let form = resigner.form();
        for source in fresh_places(form) {
            let value = |request| place::locate(request, source).unwrap().of(request);
            let (old, new) = (value(&before), value(&request));
            assert!(old != new && old.len() == new.len(), "{request:?}");
        }
        assert_eq!(
            without_fresh_values(form, &request),
            without_fresh_values(form, &before)
        );
        before = request;
        moment.now += jiff::SignedDuration::from_secs(1);
        resigner.refresh(&mut moment);
    }
}

#[test]
fn what_was_recorded_is_signed_anew_and_nothing_else_changes() {
    each_delivery(|platform, webhook, bench, message| {
        let request = bench.deliver(webhook, message);
        assert_signed_anew(platform, &request, &bench.secrets);
    });
}

#[test]
fn handshakes_are_signed_anew_with_a_raw_plus_in_the_query() {
    for platform in Platform::ALL {
        let Some(webhook) = platform.webhook() else {
            continue;
        };
        let bench = Bench::with("http://h/p?a=1+2", webhook.sample_secrets());
        let challenge = webhook.challenge(&bench.delivery(), &mut moment()).unwrap();
        let Some(challenge) = challenge else {
            continue;
        };
        assert_signed_anew(platform, &challenge, &bench.secrets);
        let scheme = Scheme::of(platform);
        let mut moment = moment();
        let resigner = Resigner::prepare(&scheme, &challenge, &bench.secrets, &mut moment);
        let mut resigner = resigner.unwrap();
        let in_query = platform != Platform::Tencent;
        let with_plus = (0..100).find(|_| {
            resigner.refresh(&mut moment);
            let target = resigner.request().target;
            memchr::memchr_iter(b'+', &target).count() > 1
        });
        assert_eq!(with_plus.is_some(), in_query);
        assert!(is_valid(platform, &resigner.request(), &bench.secrets));
    }
}

#[test]
fn a_given_nonce_is_sent_and_signed_even_if_json_must_escape_it() {
    for platform in Platform::ALL {
        let Some(webhook) = platform.webhook() else {
            continue;
        };
        let nonce = "a\"b\\c";
        let bench = Bench::with("http://h/", webhook.sample_secrets()).given("nonce", nonce);
        let message = (webhook.events()[0].message)(&mut moment());
        let request = bench.deliver(webhook, &message);
        assert!(is_valid(platform, &request, &bench.secrets));
        let values = signed_values(platform, &request);
        assert!(values.contains(&nonce.as_bytes().to_vec()));
    }
}

#[test]
fn encrypting_where_the_platform_cannot_is_an_error() {
    for webhook in Platform::ALL.into_iter().filter_map(Platform::webhook) {
        let bench = Bench::with("http://h/", webhook.sample_secrets()).encrypted();
        let message = (webhook.events()[0].message)(&mut moment());
        let request = webhook.deliver(&message, &bench.delivery(), &mut moment());
        assert_eq!(request.is_ok(), webhook.seal().is_some());
    }
}

#[test]
fn the_same_moment_gives_the_same_request() {
    each_delivery(|_, webhook, bench, message| {
        assert_eq!(
            bench.deliver(webhook, message),
            bench.deliver(webhook, message)
        );
    });
}

#[test]
fn every_message_is_compact_ascii_json_that_a_double_and_back_does_not_change() {
    for webhook in Platform::ALL.into_iter().filter_map(Platform::webhook) {
        for event in webhook.events() {
            let message = (event.message)(&mut moment());
            assert!(message.is_ascii());
            let text = std::str::from_utf8(&message).unwrap();
            let value: serde_json::Value = serde_json::from_str(text).unwrap();
            // The same length without regard to key order: no blanks, no trailing zeros.
            assert_eq!(value.to_string().len(), text.len(), "{text}");
        }
    }
}

#[test]
fn every_id_names_its_platform_and_every_event_has_a_name_of_its_own() {
    for platform in Platform::ALL {
        assert_eq!(Platform::from_id(platform.id()), Some(platform));
        let names: Vec<_> = platform
            .webhook()
            .map(|webhook| webhook.events().iter().map(|event| event.name).collect())
            .unwrap_or_default();
        let mut unique: Vec<&str> = names.clone();
        unique.sort_unstable();
        unique.dedup();
        assert_eq!(unique.len(), names.len());
        assert!(!platform.recipe().forms.is_empty());
    }
    assert_eq!(Platform::from_id("Onenet"), None);
}

#[test]
fn a_delivery_without_its_secret_names_the_flag() {
    for webhook in Platform::ALL.into_iter().filter_map(Platform::webhook) {
        let mut bench = Bench::with("http://h/", Secrets::new());
        bench.secrets.app_id = Some("1".into());
        let error = webhook
            .deliver(b"{}", &bench.delivery(), &mut moment())
            .unwrap_err();
        assert!(error.to_string().starts_with("no --"), "{error}");
        assert!(error.hint().unwrap().starts_with("give --"));
    }
}

#[test]
fn every_key_of_a_rotation_is_tried() {
    each_delivery(|_, webhook, bench, message| {
        if !bench.encrypt {
            return;
        }
        let request = bench.deliver(webhook, message);
        let seal = webhook
            .sealed(&Evidence::of_body(&request.body))
            .unwrap()
            .seal;
        let right = bench.secrets.first(seal.key).unwrap().clone();
        let old = "0".repeat(right.expose().len());
        let mut secrets = Secrets::new().with(seal.key, old);
        assert!(
            webhook
                .open(&Evidence::of_body(&request.body), &secrets)
                .is_err()
        );
        secrets.push(seal.key, right);
        assert_eq!(
            webhook
                .open(&Evidence::of_body(&request.body), &secrets)
                .unwrap()
                .bytes,
            message
        );
    });
}

#[test]
fn a_handshake_goes_behind_the_query_that_the_url_has_and_cannot_be_cut_by_a_value() {
    let bench = Bench::new("https://h/p?a=1", "t")
        .given("msg", "x y&#%+\u{4e2d}")
        .given("nonce", "n");
    let target = bench.challenge(&super::onenet::Onenet).target;
    let target = std::str::from_utf8(&target).unwrap();
    assert!(
        target.starts_with("/p?a=1&msg=x%20y%26%23%25+%E4%B8%AD&signature="),
        "{target}"
    );
}
