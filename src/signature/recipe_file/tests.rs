use super::part::{BODY_KEYS, URL_PARTS};
use super::*;
use crate::message::{Request, Scheme};
use crate::signature::recipe::{MOST_PARTS, UrlPart};
use crate::signature::{Evidence, Given, SecretName, Secrets};

mod platforms;

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

#[test]
fn a_recipe_that_is_cut_anywhere_is_refused_at_a_line_of_it() {
    let end = RIGHT.trim_end().len();
    for cut in 0..end {
        let (what, _) = refused(&RIGHT[..cut]);
        let line: usize = what.split(':').nth(1).unwrap().parse().unwrap();
        assert!((1..=RIGHT.lines().count()).contains(&line), "{what}");
    }
}

#[test]
fn what_is_not_toml_is_refused_where_it_stops_being_toml() {
    check(
        &spoiled("\"md5\"", "md5"),
        "6:10: this is not TOML: string values must be quoted, expected literal string",
        "`key = value`",
    );
    let (what, _) = spoiled("digest = \"md5\"", "digest = \"md5\"\ndigest = \"sha1\"");
    assert!(
        what.starts_with("acme.toml:7:1: this is not TOML: duplicate key"),
        "{what}"
    );
}

#[test]
fn lines_that_end_in_crlf_are_counted_as_lines() {
    let text = RIGHT.replace('\n', "\r\n").replace("md5", "md4");
    check(&refused(&text), "6:10: `md4` is no known digest", "`md5`");
}

#[test]
fn columns_are_counted_in_bytes() {
    let text = RIGHT.replace(
        "{ secret = \"token\" }",
        "{ literal = \"é\" }, { secret = \"tok\" }",
    );
    check(
        &refused(&text),
        "5:42: this is no known secret",
        "`token`, `aes-key`, `app-secret`, `app-key` or `access-key`",
    );
}

#[test]
fn a_byte_order_mark_is_refused() {
    check(
        &refused(&format!("\u{feff}{RIGHT}")),
        "1:1: the file starts with a byte order mark",
        "without BOM",
    );
}

#[test]
fn a_key_that_is_not_known_is_refused_with_those_that_are() {
    check(
        &spoiled("name = \"acme\"", "name = \"acme\"\nversion = 1"),
        "2:1: a recipe has no key `version`",
        "`name`, `title` or `form`",
    );
    check(
        &spoiled("digest =", "hmac_key = {}\ndigest ="),
        "6:1: a form has no key `hmac_key`",
        "`hmac-key`",
    );
    check(
        &spoiled(
            "{ secret = \"token\" }",
            "{ secret = \"token\", optional = true }",
        ),
        "5:31: a part has no key `optional`",
        "`literal`, `secret`, `query`",
    );
    check(
        &spoiled("X-Signature\"", "X-Signature\", encoding = \"hex\""),
        "8:39: a signature has no key `encoding`",
        "`separator` or `prefix`",
    );
    let (what, _) = spoiled("digest =", "\"\\u001b[2J\" = 1\ndigest =");
    assert_eq!(what, "acme.toml:6:1: a form has no key `\\u{1b}[2J`");
}

#[test]
fn a_key_that_is_needed_is_asked_for() {
    check(
        &spoiled("name = \"acme\"\n", ""),
        "1:1: a recipe needs `name`",
        "name = \"acme\"",
    );
    for key in [
        "name = \"push\"",
        "parts = ",
        "digest = ",
        "output = ",
        "signature = ",
    ] {
        let line = RIGHT.lines().find(|line| line.starts_with(key)).unwrap();
        let name = key.split(' ').next().unwrap();
        check(
            &spoiled(&format!("{line}\n"), ""),
            &format!("3:1: a form needs `{name}`"),
            name,
        );
    }
    check(
        &spoiled("output =", "time = { part = \"nonce\" }\noutput ="),
        "7:8: a time needs `unit`",
        "unit = \"s\"",
    );
}

#[test]
fn a_value_of_the_wrong_type_is_refused() {
    check(
        &spoiled("name = \"acme\"", "name = 7"),
        "1:8: `name` cannot be a number",
        "a text in double quotes",
    );
    check(
        &spoiled("[[form]]", "[form]"),
        "3:1: `form` cannot be a table",
        "`[[form]]`",
    );
    check(
        &spoiled("{ header = \"X-Signature\" }", "\"X-Signature\""),
        "8:13: `signature` cannot be a text",
        "`query`, `header`, `json-raw`, `json-text`, `field`",
    );
    check(
        &spoiled(
            "{ secret = \"token\" }",
            "{ secret = \"token\" }, { method = false }",
        ),
        "5:44: `method` cannot be `true` or `false`",
        "wanted: `true`",
    );
    check(
        &spoiled(
            "{ secret = \"token\" }",
            "{ secret = \"token\" }, { body = \"{}\" }",
        ),
        "5:42: `body` cannot be a text",
        "`{ empty-as = \"{}\" }`",
    );
    check(
        &spoiled("output =", "joiner = { base64 = \"?\" }\noutput ="),
        "7:21: this is not base64",
        "base64",
    );
}

#[test]
fn a_name_that_is_not_listed_is_refused_with_the_list() {
    check(
        &spoiled("\"md5\"", "\"SHA256\""),
        "6:10: `SHA256` is no known digest",
        "`md5`, `sha1` or `sha256`",
    );
    check(
        &spoiled("\"base64\"", "\"Base64\""),
        "7:10: `Base64` is no known output",
        "`hex`, `HEX`, `base64` or `base64url`",
    );
    check(
        &spoiled("\"token\"", "\"password\""),
        "5:22: this is no known secret",
        "`token`, `aes-key`, `app-secret`, `app-key` or `access-key`",
    );
    check(
        &spoiled("output =", "order = \"alphabetic\"\noutput ="),
        "7:9: `alphabetic` is no known order",
        "`listed` or `sorted`",
    );
    check(
        &spoiled(
            "output =",
            "hmac-key = { secret = \"token\", encoding = \"text\" }\noutput =",
        ),
        "7:43: `text` is no known encoding",
        "`utf8`, `base64` or `hex`",
    );
    check(
        &spoiled(
            "output =",
            "time = { part = \"nonce\", unit = \"sec\" }\noutput =",
        ),
        "7:33: `sec` is no known unit",
        "`s` or `ms`",
    );
    check(
        &spoiled(
            "output =",
            "time = { part = \"nonce\", unit = \"s\", means = \"now\" }\noutput =",
        ),
        "7:46: `now` is no known meaning of a time",
        "`sent` or `expires`",
    );
    check(
        &spoiled(
            "{ secret = \"token\" }",
            "{ secret = \"token\" }, { url = \"host\" }",
        ),
        "5:41: `host` is no known part of a URL",
        "`full`, `path` or `path+query`",
    );
    check(
        &spoiled(
            "\"md5\"",
            "{ part = \"nonce\", among = [\"md5\", \"crc\"] }",
        ),
        "6:44: `crc` is no known digest",
        "`md5`",
    );
}

#[test]
fn a_json_pointer_without_its_slash_is_refused() {
    check(
        &spoiled("header = \"X-Nonce\"", "json-raw = \"msg\""),
        "5:62: the JSON pointer `msg` does not start with `/`",
        "`/msg`",
    );
    check(
        &spoiled("header = \"X-Signature\"", "json-text = \"\""),
        "8:27: the JSON pointer `` does not start with `/`",
        "`/msg`",
    );
    check(
        &spoiled("header = \"X-Nonce\"", "json-text = \"/a~b\""),
        "5:63: the JSON pointer `/a~b` has a lone `~`",
        "`~0`",
    );
}

#[test]
fn a_header_or_parameter_that_can_never_be_there_is_refused() {
    check(
        &spoiled("X-Nonce", "X-Nonce:"),
        "5:60: `X-Nonce:` cannot be the name of a header",
        "`X-Nonce`",
    );
    check(
        &spoiled("header = \"X-Nonce\"", "query = \"\""),
        "5:59: `query` names nothing",
        "as the sender writes it",
    );
}

#[test]
fn time_and_digest_can_only_be_told_by_a_part_of_the_form() {
    check(
        &spoiled(
            "output =",
            "time = { part = \"timestamp\", unit = \"s\" }\noutput =",
        ),
        "7:17: the form has no part `timestamp`",
        "its parts: `nonce`",
    );
    check(
        &spoiled("\"md5\"", "{ part = \"method\", among = [\"md5\"] }"),
        "6:19: the form has no part `method`",
        "its parts: `nonce`",
    );
    check(
        &spoiled("\"md5\"", "{ part = \"token\", among = [\"md5\"] }"),
        "6:19: the part `token` is a secret, which tells nothing",
        "its parts: `nonce`",
    );
    check(
        &spoiled("\"md5\"", "{ part = \"nonce\", among = [] }"),
        "6:36: no digest may be named",
        "`md5`, `sha1` or `sha256`",
    );
}

#[test]
fn two_parts_or_forms_of_one_name_are_refused() {
    check(
        &spoiled(
            "{ secret = \"token\" }",
            "{ name = \"nonce\", secret = \"token\" }",
        ),
        "5:58: two parts are named `nonce`",
        "another `name`",
    );
    check(
        &spoiled(
            "{ secret = \"token\" }",
            "{ secret = \"token\" }, { secret = \"token\" }",
        ),
        "5:44: two parts are named `token`",
        "another `name`",
    );
    let form = RIGHT.split_once("\n\n").unwrap().1;
    check(
        &refused(&format!("{RIGHT}{form}")),
        "10:8: two forms are named `push`",
        "a name of its own",
    );
}

#[test]
fn a_name_that_no_flag_can_carry_is_refused() {
    check(
        &spoiled("\"nonce\"", "\"a nonce\""),
        "5:42: `a nonce` cannot be a name",
        "letters, digits",
    );
    check(
        &spoiled("\"acme\"", "\"\""),
        "1:8: `` cannot be a name",
        "letters, digits",
    );
    check(
        &spoiled("name = \"nonce\", ", ""),
        "5:33: a part that stands at `header` needs a `name`",
        "name = \"nonce\"",
    );
}

#[test]
fn a_name_that_is_a_flag_of_its_own_is_refused() {
    for (name, meaning) in [
        ("signature", "the signature itself"),
        (
            "credential",
            "the whole credential that fields are taken from",
        ),
        ("body", "the whole body"),
        ("url", "the URL of the request"),
    ] {
        check(
            &spoiled("\"nonce\"", &format!("\"{name}\"")),
            &format!("5:42: the name `{name}` stands for {meaning}"),
            "another name",
        );
    }
}

#[test]
fn a_recipe_without_forms_and_a_form_without_parts_are_refused() {
    check(
        &refused("name = \"acme\"\n"),
        "1:1: a recipe needs `form`",
        "`[[form]]`",
    );
    check(
        &refused("name = \"acme\"\nform = []\n"),
        "2:8: the recipe has no form",
        "`[[form]]`",
    );
    let parts = RIGHT.lines().nth(4).unwrap();
    check(
        &spoiled(parts, "parts = []"),
        "5:9: the form has no parts, so nothing is signed",
        "parts = [",
    );
}

#[test]
fn a_part_too_many_is_refused() {
    let many = "{ literal = \".\" },\n".repeat(MOST_PARTS - 1);
    check(
        &spoiled(
            "{ secret = \"token\" }",
            &format!("{many}{{ secret = \"token\" }}"),
        ),
        "20:23: a form has 17 parts",
        "at most 16",
    );
}

#[test]
fn a_part_stands_in_exactly_one_place() {
    check(
        &spoiled(
            "header = \"X-Nonce\"",
            "header = \"X-Nonce\", query = \"nonce\"",
        ),
        "5:79: a part stands in two places, `header` and `query`",
        "keep `literal`",
    );
    check(
        &spoiled(", header = \"X-Nonce\"", ""),
        "5:33: a part stands nowhere",
        "`header`",
    );
}

#[test]
fn a_form_that_no_secret_signs_is_refused() {
    check(
        &spoiled("{ secret = \"token\" }, ", ""),
        "5:9: the form `push` is signed with no secret, so anybody could sign",
        "hmac-key",
    );
}

#[test]
fn a_signature_stands_where_a_request_can_carry_it() {
    check(
        &spoiled("{ header = \"X-Signature\" }", "{ method = true }"),
        "8:24: a signature cannot stand at `method`",
        "`query`, `header`, `json-raw`, `json-text` or `field`",
    );
    check(
        &spoiled("{ header = \"X-Signature\" }", "{ prefix = \"v1=\" }"),
        "8:13: a signature stands nowhere",
        "`query`, `header`, `json-raw`, `json-text` or `field`",
    );
    check(
        &spoiled("X-Signature\"", "X-Signature\", separator = \"\""),
        "8:51: an empty separator separates nothing",
        "leave it out",
    );
}

#[test]
fn an_echo_is_something_that_the_request_holds() {
    check(
        &spoiled("output =", "echo = { secret = \"token\" }\noutput ="),
        "7:8: a secret cannot be echoed",
        "echostr",
    );
    check(
        &spoiled(
            "output =",
            "echo = { name = \"nonce\", query = \"nonce\" }\noutput =",
        ),
        "7:8: the echo and a part are both named `nonce`, and stand in different places",
        "another `name`",
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
