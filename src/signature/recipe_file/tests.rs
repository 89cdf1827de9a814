use super::part::{BODY_KEYS, URL_PARTS};
use super::*;
use crate::message::{Request, Scheme};
use crate::signature::recipe::{MOST_PARTS, UrlPart};
use crate::signature::{Evidence, Given, SecretName, Secrets};

mod platforms;
mod refused;

/// A recipe that is right; each test spoils one thing of it.
const RIGHT: &str = r#"name = "acme"

[[form]]
name = "push"
parts = [ { secret = "token" }, { name = "nonce", header = "X-Nonce" } ]
digest = "md5"
output = "base64"
signature = { header = "X-Signature" }
"#;

/// The error of [`RIGHT`] with `before` replaced by `after`: place, words and hint.
fn spoiled(before: &str, after: &str) -> (String, String) {
    assert_eq!(RIGHT.matches(before).count(), 1, "{before}");
    refused(&RIGHT.replace(before, after))
}

fn refused(text: &str) -> (String, String) {
    let why = read("acme.toml", text).expect_err("the recipe should be refused");
    assert_eq!(why.code(), 2);
    let hint = why.hint().expect("every error has a hint").to_owned();
    (why.to_string(), hint)
}

#[track_caller]
fn check(error: &(String, String), what: &str, hint: &str) {
    assert_eq!(error.0, format!("acme.toml:{what}"));
    assert!(error.1.contains(hint), "{}", error.1);
}

#[test]
fn what_is_left_out_has_the_documented_default() {
    let recipe = read("acme.toml", RIGHT).unwrap();
    assert_eq!(
        recipe,
        Recipe {
            id: "acme".into(),
            title: "acme".into(),
            forms: vec![Form {
                name: "push".into(),
                parts: vec![
                    Part::secret(SecretName::Token),
                    Part::new("nonce", Source::Header("X-Nonce".into())),
                ],
                order: Order::Listed,
                joiner: Vec::new(),
                digest: DigestRule::Fixed(Digest::Md5),
                key: None,
                output: Output::Base64,
                signature: SignaturePlace::plain(Source::Header("X-Signature".into())),
                time: None,
                echo: None,
            }],
        }
    );
}

#[test]
fn everything_that_a_recipe_can_say_can_be_written() {
    let text = r#"
name = "all"
title = "All of it"
[[form]]
name = "push"
parts = [
  { literal = "v0" },
  { literal = { base64 = "/wA=" } },
  { name = "salt", literal = "." },
  { secret = "app-secret" },
  { name = "q", query = "q" },
  { name = "h", header = "X-H" },
  { name = "raw", json-raw = "/a/0/b~1c" },
  { name = "text", json-text = "/t" },
  { name = "res", field = "res" },
  { method = true },
  { url = "full" },
  { name = "path", url = "path" },
  { name = "target", url = "path+query" },
  { body = { empty-as = "{}" } },
  { name = "payload", body = {} },
  { name = "extra", flag = true },
]
order = "sorted"
joiner = "\n"
digest = { part = "h", among = ["sha1", "sha256"] }
hmac-key = { secret = "access-key", encoding = "hex", prefix = "k_" }
output = "HEX"
signature = { json-text = "/sig", separator = " ", prefix = "v1=" }
time = { part = "q", unit = "ms", means = "expires" }
echo = { name = "e", json-raw = "/e" }
"#;
    let recipe = read("all.toml", text).unwrap();
    assert_eq!((&*recipe.id, &*recipe.title), ("all", "All of it"));
    let body = |text: &str| Source::Body {
        empty_as: text.into(),
    };
    let expected = Form {
        name: "push".into(),
        parts: vec![
            Part::new("literal", Source::Literal(b"v0".to_vec())),
            Part::new("literal-2", Source::Literal(vec![0xff, 0])),
            Part::new("salt", Source::Literal(b".".to_vec())),
            Part::secret(SecretName::AppSecret),
            Part::new("q", Source::Query("q".into())),
            Part::new("h", Source::Header("X-H".into())),
            Part::new("raw", Source::JsonRaw("/a/0/b~1c".into())),
            Part::new("text", Source::JsonText("/t".into())),
            Part::new("res", Source::Field("res".into())),
            Part::new("method", Source::Method),
            Part::new("url", Source::Url(UrlPart::Full)),
            Part::new("path", Source::Url(UrlPart::Path)),
            Part::new("target", Source::Url(UrlPart::PathAndQuery)),
            Part::new("body", body("{}")),
            Part::new("payload", body("")),
            Part::new("extra", Source::Flag),
        ],
        order: Order::Sorted,
        joiner: b"\n".to_vec(),
        digest: DigestRule::Named {
            part: "h".into(),
            among: vec![Digest::Sha1, Digest::Sha256],
        },
        key: Some(Key {
            secret: SecretName::AccessKey,
            encoding: KeyEncoding::Hex,
            prefix: "k_".into(),
        }),
        output: Output::HexUpper,
        signature: SignaturePlace {
            source: Source::JsonText("/sig".into()),
            separator: Some(" ".into()),
            prefix: "v1=".into(),
        },
        time: Some(TimeRule {
            part: "q".into(),
            unit: TimeUnit::Millis,
            meaning: TimeMeaning::Expires,
        }),
        echo: Some(Part::new("e", Source::JsonRaw("/e".into()))),
    };
    assert_eq!(expected.parts.len(), MOST_PARTS);
    assert_eq!(recipe.forms, [expected]);
}

#[test]
fn tables_may_be_written_in_any_way_that_toml_has() {
    let inline = "signature = { header = \"X-Signature\" }";
    for other in [
        "signature.header = \"X-Signature\"",
        "[form.signature]\nheader = \"X-Signature\"",
        "signature = {\n  header = \"X-Signature\", # as the vendor writes it\n}",
    ] {
        let text = RIGHT.replace(inline, other);
        assert_ne!(text, RIGHT);
        assert_eq!(read("a", &text).unwrap(), read("a", RIGHT).unwrap());
    }
    check(
        &spoiled(inline, "signature.header = \"\""),
        "8:20: `` cannot be the name of a header",
        "`X-Nonce`",
    );
    check(
        &spoiled(inline, "[form.signature]\nprefix = \"v1=\""),
        "8:1: a signature stands nowhere",
        "`header`",
    );
}

/// The request in a raw example file: its bytes are signed, so they are cut and not rewritten.
fn request(raw: &[u8]) -> Request {
    let blank = memchr::memmem::find(raw, b"\r\n\r\n").unwrap();
    let head = std::str::from_utf8(&raw[..blank]).unwrap();
    let mut lines = head.split("\r\n");
    let words: Vec<_> = lines.next().unwrap().split(' ').collect();
    let mut request = Request::new(words[0], words[1]);
    request.scheme = Some(Scheme::Https);
    for line in lines {
        let (name, value) = line.split_once(": ").unwrap();
        request.headers.push(name, value);
    }
    request.body = raw[blank + 4..].to_vec();
    if let Some(length) = request.headers.first("Content-Length") {
        assert_eq!(length, request.body.len().to_string().as_bytes());
    }
    request
}

#[test]
fn the_examples_requests_are_signed_as_its_recipe_says() {
    let text = include_str!("../../../examples/recipes/acme.toml");
    let recipe = read("acme.toml", text).unwrap();
    let secrets = Secrets::new().with(SecretName::AppSecret, "kettle-and-toast");
    for (form, raw) in [
        (
            "handshake",
            &include_bytes!("../../../examples/recipes/acme-handshake.raw")[..],
        ),
        (
            "push",
            &include_bytes!("../../../examples/recipes/acme-push.raw")[..],
        ),
    ] {
        let mut request = request(raw);
        let evidence = Evidence::of(&request);
        let (applies, ingredients) = recipe
            .forms
            .iter()
            .find_map(|form| Some((form, form.gather(&evidence).ok()?)))
            .unwrap();
        assert_eq!(applies.name, form);
        let digest = applies.digest(&ingredients, &secrets, 0).unwrap();
        let received = applies.received(&evidence).unwrap().into_owned();
        assert!(applies.accepts(&received, &digest), "{form}");

        request.headers.set("X-Acme-Timestamp", "1795290001");
        let evidence = Evidence::of(&request);
        let ingredients = applies.gather(&evidence).unwrap();
        let digest = applies.digest(&ingredients, &secrets, 0).unwrap();
        assert!(!applies.accepts(&received, &digest), "{form}");
    }
}

#[test]
fn the_reference_names_every_key_and_every_value() {
    let reference = include_str!("../../../examples/recipes/README.md");
    let keys = [
        RECIPE_KEYS,
        FORM_KEYS,
        part::KEYS,
        SIGNATURE_KEYS,
        BODY_KEYS,
        DIGEST_KEYS,
        HMAC_KEYS,
        TIME_KEYS,
    ];
    let keys = keys.concat().into_iter().map(|key| format!("`{key}`"));
    let values = (ORDERS.iter().map(|(name, _)| *name))
        .chain(URL_PARTS.iter().map(|(name, _)| *name))
        .chain(TIME_UNITS.iter().map(|(name, _)| *name))
        .chain(TIME_MEANINGS.iter().map(|(name, _)| *name))
        .chain(digests().map(|(name, _)| name))
        .chain(outputs().map(|(name, _)| name))
        .chain(encodings().map(|(name, _)| name))
        .chain(secrets().map(|(name, _)| name))
        .map(|value| format!("`\"{value}\"`"));
    for word in keys.chain(values) {
        assert!(reference.contains(&word), "the reference lacks {word}");
    }
}
