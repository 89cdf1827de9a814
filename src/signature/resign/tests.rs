use super::*;
use crate::json::scan;
use crate::message::Scheme as UrlScheme;
use crate::platform::Platform;
use crate::signature::recipe::{Part, UrlPart};
use crate::signature::verify::judge;
use crate::signature::{Digest as DigestName, Output, Verdict, recipe_file};
use jiff::Timestamp;

/// 2026-11-21T20:00:00.123Z.
const NOW: i64 = 1_795_291_200_123;

fn at(millis: i64) -> Moment {
    Moment::fixed(Timestamp::from_millisecond(millis).unwrap(), 7)
}

fn token(text: &str) -> Secrets {
    Secrets::new().with(SecretName::Token, text)
}

fn post(target: &str, fields: &[(&str, &str)], body: &str) -> Request {
    Request {
        scheme: Some(UrlScheme::Http),
        headers: fields.iter().copied().collect(),
        body: body.as_bytes().to_vec(),
        ..Request::new("POST", target)
    }
}

fn assert_valid(scheme: &Scheme, request: &Request, secrets: &Secrets) {
    let judgement = judge(&scheme.recipe, &Evidence::of(request), secrets);
    assert_eq!(judgement.verdict, Verdict::Valid, "{:?}", judgement.why);
}

/// Prepares, refreshes and looks at what must hold each time.
fn resigned(scheme: &Scheme, request: &Request, secrets: &Secrets) -> Resigner {
    let mut moment = at(NOW + 5_000);
    let mut resigner = Resigner::prepare(scheme, request, secrets, &mut moment).unwrap();
    for _ in 0..2 {
        let laid = resigner.request();
        assert_eq!(laid.to_wire(), resigner.wire());
        assert_valid(scheme, &laid, secrets);
        moment.now = Timestamp::from_millisecond(moment.millis() + 1_000).unwrap();
        resigner.refresh(&mut moment);
    }
    resigner
}

fn value(request: &Request, source: &Source) -> Vec<u8> {
    let place = place::locate(request, source).unwrap();
    place.of(request).to_vec()
}

#[test]
fn a_recorded_signature_with_escapes_is_laid_anew_and_the_length_with_it() {
    let body = r#"{"msg": {"a":1.0},"msg_signature":"1FtJkDnew\/iKFJK\/JPA==","nonce":"\u0041b"}"#;
    let request = post("/p", &[("Host", "h"), ("Content-Length", "79")], body);
    let scheme = Scheme::of(Platform::Onenet);
    let resigner = resigned(&scheme, &request, &token("t"));
    let laid = resigner.request();
    let length = laid.body.len().to_string();
    assert_eq!(
        laid.headers.first("Content-Length").unwrap(),
        length.as_bytes()
    );
    assert_eq!(value(&laid, &Source::JsonText("/nonce".into())).len(), 2);
    assert!(
        laid.body
            .starts_with(br#"{"msg": {"a":1.0},"msg_signature":""#)
    );
    assert_ne!(laid.body.len(), body.len());
}

#[test]
fn a_time_that_gains_a_digit_is_laid_anew_in_the_header_and_in_the_url() {
    let scheme = Scheme::of(Platform::Tencent);
    let fields = [
        ("Nonce", "abc"),
        ("Timestamp", "999999999"),
        ("Signature", "-"),
    ];
    let request = post("/p", &fields, "{}");
    let mut moment = at(999_999_999_000);
    let secrets = token("t");
    let mut resigner = Resigner::prepare(&scheme, &request, &secrets, &mut moment).unwrap();
    assert_eq!(
        resigner.request().headers.first("Timestamp").unwrap(),
        b"999999999"
    );
    assert_valid(&scheme, &resigner.request(), &secrets);
    for time in [1_000_000_000, 999_999_999, NOW / 1000] {
        moment.now = Timestamp::from_second(time).unwrap();
        resigner.refresh(&mut moment);
        let laid = resigner.request();
        assert_eq!(laid.to_wire(), resigner.wire());
        let text = time.to_string();
        assert_eq!(laid.headers.first("Timestamp").unwrap(), text.as_bytes());
        assert_valid(&scheme, &laid, &secrets);
    }
}

#[test]
fn sensoro_signs_the_url_of_the_request_and_its_nonce_is_the_time() {
    let scheme = Scheme::of(Platform::Sensoro);
    let secrets = Secrets::new().with(SecretName::AppSecret, "s");
    let fields = [
        ("Host", "h:1"),
        ("X-ACCESS-NONCE", "1"),
        ("X-ACCESS-SIGNATURE", ""),
    ];
    for body in ["", "{\"t\":\"中\"}"] {
        let request = post("/p?x='+ y", &fields, body);
        let resigner = resigned(&scheme, &request, &secrets);
        let nonce = (NOW + 7_000).to_string();
        let laid = resigner.request();
        assert_eq!(
            laid.headers.first("X-ACCESS-NONCE").unwrap(),
            nonce.as_bytes()
        );
    }
    let mut request = post("/", &fields, "");
    request.scheme = None;
    let why = Resigner::prepare(&scheme, &request, &secrets, &mut at(NOW)).unwrap_err();
    assert!(why.to_string().contains("--public-url"), "{why}");
}

#[test]
fn a_standard_webhook_keeps_its_id_and_gets_one_signature_for_its_list() {
    let scheme = Scheme::of(Platform::StandardWebhooks);
    let fields = [
        ("webhook-id", "msg_1"),
        ("webhook-timestamp", "1614265330"),
        ("webhook-signature", "v1,AAAA v1,BBBB"),
    ];
    let request = post("/", &fields, r#"{"test": 2432232314}"#);
    let secrets = token("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
    let laid = resigned(&scheme, &request, &secrets).request();
    assert_eq!(laid.headers.first("webhook-id").unwrap(), b"msg_1");
    let signature = laid.headers.first("webhook-signature").unwrap();
    assert!(signature.starts_with(b"v1,") && signature.len() == 47);
}

#[test]
fn the_other_presets_are_signed_anew_too() {
    let request = Request::new("GET", "/?signature=0&timestamp=1&nonce=abc&echostr=9&x=+");
    let scheme = Scheme::of(Platform::Wechat);
    let laid = resigned(&scheme, &request, &token("t")).request();
    assert!(laid.target.ends_with(b"&echostr=9&x=+"));
    let fields = [
        ("timestamp", "1604458421"),
        ("nonce", ""),
        ("signature", "0"),
    ];
    let request = post("/", &fields, "x");
    let scheme = Scheme::of(Platform::HuaweiIotda);
    let laid = resigned(&scheme, &request, &token("aaa")).request();
    assert_eq!(laid.headers.first("nonce").unwrap().len(), 16);
    assert_eq!(laid.headers.first("Content-Length").unwrap(), b"1");
}

#[test]
fn a_chunked_body_goes_in_the_recorded_chunks() {
    let body = r#"{"msg":1,"msg_signature":"AAAAAAAAAAAAAAAAAAAAAA==","nonce":"abcdefgh"}"#;
    let mut request = post("/", &[("Transfer-Encoding", "chunked")], body);
    request.chunks = vec![30, 30, (body.len() - 60) as u64];
    let scheme = Scheme::of(Platform::Onenet);
    let resigner = resigned(&scheme, &request, &token("t"));
    assert_eq!(resigner.request().chunks, request.chunks);
    assert!(resigner.wire().ends_with(b"\r\n0\r\n\r\n"));
}

/// A recipe that hashes the given parts, its signature at `signature`.
fn custom(parts: Vec<Part>, order: crate::signature::recipe::Order, signature: Source) -> Scheme {
    use crate::signature::recipe::{DigestRule, SignaturePlace};
    let mut scheme = Scheme::of(Platform::Tencent);
    scheme.platform = None;
    let mut form = scheme.recipe.forms.remove(1);
    form.parts = parts;
    form.order = order;
    form.joiner = b"&".to_vec();
    form.digest = DigestRule::Fixed(DigestName::Sha256);
    form.output = Output::Base64;
    form.signature = SignaturePlace {
        prefix: "v\"1=".into(),
        ..SignaturePlace::plain(signature)
    };
    form.time = Some(crate::signature::recipe::TimeRule {
        part: "timestamp".into(),
        unit: TimeUnit::Millis,
        meaning: TimeMeaning::Sent,
    });
    scheme.recipe.forms = vec![form];
    scheme
}

#[test]
fn a_nonce_in_the_signed_url_and_a_time_in_the_signed_body_are_followed() {
    use crate::signature::recipe::Order;
    let parts = vec![
        Part::secret(SecretName::Token),
        Part::new("url", Source::Url(UrlPart::Full)),
        Part::new("path", Source::Url(UrlPart::PathAndQuery)),
        Part::new("nonce", Source::Query("nonce".into())),
        Part::new(
            "body",
            Source::Body {
                empty_as: Vec::new(),
            },
        ),
        Part::new("timestamp", Source::JsonRaw("/head/time".into())),
        Part::new("head", Source::JsonRaw("/head".into())),
    ];
    let body = r#"{"head": {"time": 12, "x":null}, "tail":"\u4e2d"}"#;
    for order in [Order::Listed, Order::Sorted] {
        let signature = Source::Header("Signature".into());
        let scheme = custom(parts.clone(), order, signature);
        let fields = [("Signature", "?"), ("Host", "h"), ("Content-Length", "0")];
        let request = post("/p?a&nonce=%41%42&b", &fields, body);
        let laid = resigned(&scheme, &request, &token("t")).request();
        assert!(laid.target.starts_with(b"/p?a&nonce=") && laid.target.ends_with(b"&b"));
        let time = value(&laid, &Source::JsonRaw("/head/time".into()));
        assert_eq!(time, (NOW + 7_000).to_string().as_bytes());
        assert!(scan::check(&laid.body).is_ok());
    }
}

#[test]
fn a_signature_that_its_sender_percent_encodes_is_percent_encoded() {
    use crate::signature::recipe::Order;
    let parts = vec![
        Part::secret(SecretName::Token),
        Part::new("nonce", Source::JsonRaw("/nonce".into())),
    ];
    let scheme = custom(parts, Order::Listed, Source::Query("sig".into()));
    let request = post("/p?sig=a%3D&b=1", &[], r#"{"nonce":1234}"#);
    let mut lengths = Vec::new();
    let mut moment = at(NOW);
    let secrets = token("t");
    let mut resigner = Resigner::prepare(&scheme, &request, &secrets, &mut moment).unwrap();
    for _ in 0..20 {
        resigner.refresh(&mut moment);
        let laid = resigner.request();
        assert_eq!(laid.to_wire(), resigner.wire());
        assert_valid(&scheme, &laid, &secrets);
        assert!(laid.target.starts_with(b"/p?sig=v%221%3D") && laid.target.ends_with(b"%3D&b=1"));
        lengths.push(laid.target.len());
    }
    lengths.dedup();
    assert!(lengths.len() > 1);
}

#[test]
fn what_cannot_be_signed_anew_is_refused_with_a_reason() {
    use crate::signature::recipe::Order;
    let refused = |scheme: &Scheme, request: &Request, secrets: &Secrets| {
        Resigner::prepare(scheme, request, secrets, &mut at(NOW)).unwrap_err()
    };
    let onenet = Scheme::of(Platform::Onenet);
    let unsigned = refused(&onenet, &post("/", &[], r#"{"msg":1}"#), &token("t"));
    assert!(matches!(unsigned, ResignError::Unsigned(_)), "{unsigned}");
    let broken = refused(&onenet, &post("/", &[], r#"{"msg":"#), &token("t"));
    assert!(
        broken.to_string().starts_with("the body is not JSON"),
        "{broken}"
    );
    let signed = r#"{"msg":1,"msg_signature":"","nonce":""}"#;
    let secret = refused(&onenet, &post("/", &[], signed), &Secrets::new());
    assert!(secret.to_string().ends_with("--token"), "{secret}");
    let studio = Scheme::of(Platform::OnenetStudio);
    let credential = "version=1&res=a&et=1537255523&method=sha1&sign=x";
    let request = post("/", &[("authorization", credential)], "");
    let secrets = Secrets::new().with(SecretName::AccessKey, "AAAA");
    let expires = refused(&studio, &request, &secrets);
    assert_eq!(expires, ResignError::Expires);
    assert!(expires.hint().unwrap().contains("pushrig sign"));
    let body = Part::new(
        "body",
        Source::Body {
            empty_as: Vec::new(),
        },
    );
    let parts = vec![Part::secret(SecretName::Token), body];
    let scheme = custom(parts, Order::Listed, Source::JsonText("/sig".into()));
    let covered = refused(&scheme, &post("/", &[], r#"{"sig":""}"#), &token("t"));
    assert_eq!(covered, ResignError::Covered("push".into()));
}

#[test]
fn the_recipe_of_the_examples_is_signed_anew_push_and_handshake() {
    let text = include_str!("../../../examples/recipes/acme.toml");
    let recipe = recipe_file::read("acme.toml", text).unwrap();
    let scheme = Scheme {
        platform: None,
        file: None,
        recipe,
    };
    let secrets = Secrets::new().with(SecretName::AppSecret, "kettle-and-toast");
    let fields = [
        ("X-Acme-Timestamp", "1795290000"),
        ("X-Acme-Signature", "sha256=0"),
    ];
    let mut handshake = post("/hooks/acme?challenge=Zm9v+9/aQ==", &fields, "");
    handshake.method = b"GET".to_vec();
    let laid = resigned(&scheme, &handshake, &secrets).request();
    assert_eq!(laid.target, handshake.target);
    let push = post(
        "/hooks/acme",
        &fields,
        r#"{"device":"pump-7", "unit":"°C"}"#,
    );
    assert_eq!(resigned(&scheme, &push, &secrets).request().body, push.body);
}

#[test]
fn the_same_moment_gives_the_same_bytes() {
    let body = r#"{"msg":1,"msg_signature":"","nonce":""}"#;
    let scheme = Scheme::of(Platform::Onenet);
    let wire = || {
        let request = post("/", &[], body);
        let resigner = Resigner::prepare(&scheme, &request, &token("t"), &mut at(NOW));
        resigner.unwrap().wire().to_vec()
    };
    assert_eq!(wire(), wire());
}
