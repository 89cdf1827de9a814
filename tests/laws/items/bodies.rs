//! What happens to bodies.

use std::io::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use pushrig::message::Request;
use pushrig::platform::Platform;
use pushrig::signature::SecretName;
use pushrig::signature::seal::{Layout, close};

use super::models::{
    Model, base64, cat, md5, onenet, own, sensoro, standard_webhooks, studio_push, tencent,
};
use super::{Item, check, part};
use crate::bench::Scene;

const KEY: &str = "KuF3NT/jUBJ62LNBB/A8XZA9CqS3Cu79B/ABmfA1UCw=";
const URL: &str = "https://h.example/hook?x=1";

/// The bytes of a unit of UTF-16.
type Bytes = fn(u16) -> [u8; 2];

/// Every platform that signs a body or a piece of one.
fn with_body(body: &str) -> Vec<Model> {
    let mut models = vec![
        studio_push("ricnsmart", "5xp7vzm3fN", body),
        sensoro("S3cret", URL, body),
        standard_webhooks(KEY, "1614265330", body),
        own("ricnsmart", URL, body),
    ];
    // A JSON value in a body has no blanks around it of its own.
    if body.trim() == body && body.starts_with('{') {
        models.push(onenet("ricnsmart", "5xp7vzm3fN", body));
    }
    models
}

fn item<'w>(words: &'w str, id: &'w str, right: &str, wrong: &str) -> Item<'w> {
    part(words, id, "body", wrong.as_bytes(), with_body(right))
}

#[test]
fn json_written_again_is_found() {
    let right = r#"{"z":"中</a>","b":{},"a":[1,"x/y"]}"#;
    let ascii = r#"{"z":"\u4e2d</a>","b":{},"a":[1,"x/y"]}"#;
    check(vec![
        item(
            "Python default",
            "body.python-default-json",
            right,
            r#"{"z": "\u4e2d</a>", "b": {}, "a": [1, "x/y"]}"#,
        ),
        item(
            "JSON.stringify",
            "body.json-stringify",
            r#"{"v":1.0,"2":1,"1":2}"#,
            r#"{"1":2,"2":1,"v":1}"#,
        ),
        item(
            "Go",
            "body.go-marshal",
            right,
            r#"{"a":[1,"x/y"],"b":{},"z":"中\u003c/a\u003e"}"#,
        ),
        item(
            "PHP",
            "body.php-default",
            right,
            r#"{"z":"\u4e2d<\/a>","b":[],"a":[1,"x\/y"]}"#,
        ),
        item(
            "Java org.json",
            "body.java-org-json",
            r#"{"temp":1.0,"html":"</b>","at":1}"#,
            r#"{"temp":1,"at":1,"html":"<\/b>"}"#,
        ),
        item(
            "Gson (ints as doubles)",
            "body.java-gson",
            r#"{"at":1,"v":"x"}"#,
            r#"{"at":1.0,"v":"x"}"#,
        ),
        item(
            "sorted keys",
            "body.sorted-keys",
            right,
            r#"{"a":[1,"x/y"],"b":{},"z":"中</a>"}"#,
        ),
        item("ASCII escapes", "body.python-compact-ascii", right, ascii),
        item(
            "indent 2",
            "body.indent-2",
            r#"{"b":1,"a":"x"}"#,
            "{\n  \"b\": 1,\n  \"a\": \"x\"\n}",
        ),
        item(
            "indent 4",
            "body.indent-4",
            r#"{"b":1,"a":"x"}"#,
            "{\n    \"b\": 1,\n    \"a\": \"x\"\n}",
        ),
        item(
            "indent tab",
            "body.indent-tab",
            r#"{"b":1,"a":"x"}"#,
            "{\n\t\"b\": 1,\n\t\"a\": \"x\"\n}",
        ),
        item(
            "any key order",
            "body.key-order",
            r#"{"c":1,"a":{"y":1,"x":2},"d":[{"q":1,"p":2},{"q":3,"p":4}],"b":2}"#,
            r#"{"d":[{"p":2,"q":1},{"p":4,"q":3}],"a":{"x":2,"y":1},"c":1,"b":2}"#,
        ),
    ]);
    let documented = |nonce: &str| {
        let msg = r#"{"at":1,"login_type":7,"type":2,"dev_id":5,"status":1}"#;
        let mut model = onenet("ricnsmart", nonce, msg);
        model.scene.name = format!("onenet {nonce}");
        model
    };
    check(vec![part(
        "documentation order",
        "body.documented-order",
        "body",
        br#"{"type":2,"dev_id":5,"status":1,"login_type":7,"at":1}"#,
        vec![documented("5xp7vzm3fN"), documented("w&INtJ9+")],
    )]);
}

#[test]
fn numbers_written_again_are_found() {
    check(vec![
        item(
            "12.30 to 12.3",
            "body.numbers-shortened",
            r#"{"v":12.30}"#,
            r#"{"v":12.3}"#,
        ),
        item(
            "1.0 to 1",
            "body.numbers-shortened",
            r#"{"v":1.0}"#,
            r#"{"v":1}"#,
        ),
        item(
            "1.0E10",
            "body.json-stringify",
            r#"{"v":1.0E10}"#,
            r#"{"v":10000000000}"#,
        ),
        item(
            "1.0E10",
            "body.java-gson",
            r#"{"v":10000000000}"#,
            r#"{"v":1.0E10}"#,
        ),
        item(
            "big integers through a double",
            "body.big-integers-through-double",
            r#"{"v":12345678901234567890}"#,
            r#"{"v":12345678901234567000}"#,
        ),
        item(
            "quoted numbers",
            "body.numbers-quoted",
            r#"{"v":7}"#,
            r#"{"v":"7"}"#,
        ),
        item(
            "unquoted numbers",
            "body.numbers-unquoted",
            r#"{"v":"7"}"#,
            r#"{"v":7}"#,
        ),
    ]);
}

#[test]
fn ends_and_line_ends_are_found() {
    let right = "{\"b\":1,\n\"a\":\"x\"}";
    check(vec![
        item(
            "trailing newline",
            "body.trailing-newline",
            right,
            "{\"b\":1,\n\"a\":\"x\"}\n",
        ),
        item(
            "trailing CRLF",
            "body.trailing-crlf",
            right,
            "{\"b\":1,\n\"a\":\"x\"}\r\n",
        ),
        item(
            "LF to CRLF",
            "body.lf-to-crlf",
            right,
            "{\"b\":1,\r\n\"a\":\"x\"}",
        ),
        item(
            "CRLF to LF",
            "body.crlf-to-lf",
            "{\"b\":1,\r\n\"a\":\"x\"}",
            right,
        ),
        item("BOM", "body.bom", right, "\u{feff}{\"b\":1,\n\"a\":\"x\"}"),
        item(
            "BOM removed",
            "body.bom-removed",
            "\u{feff}{\"b\":1}",
            "{\"b\":1}",
        ),
        item("trimmed", "body.trimmed", " {\"b\":1}\n", "{\"b\":1}"),
    ]);
}

#[test]
fn a_body_that_was_never_read_is_found() {
    let right = r#"{"b":1,"a":"x"}"#;
    check(
        ["", "{}", "\"\"", "null", "undefined", "None"]
            .map(|wrong| item("empty body", "body.empty", right, wrong))
            .into(),
    );
    // An empty body is signed as `{}` by SENSORO and as nothing by Standard Webhooks.
    let empty = |wrong: &'static [u8]| {
        let models = vec![
            sensoro("S3cret", URL, ""),
            standard_webhooks(KEY, "1614265330", ""),
        ];
        let models = models
            .into_iter()
            .filter(move |model| model.part("body") != wrong);
        models.map(move |model| (model.with("body", wrong), model.scene))
    };
    let made = [&b"{}"[..], b"\"\"", b"null", b""]
        .into_iter()
        .flat_map(empty);
    check(vec![Item {
        words: "empty body as {}, \"\", null",
        id: "body.empty",
        made: made.map(|(wrong, scene)| (scene, wrong)).collect(),
    }]);
}

#[test]
fn objects_hashed_as_their_printed_text_are_found() {
    let right = r#"{"b":1,"a":["x",null,true]}"#;
    let id = "body.printed-object";
    check(vec![
        item("JavaScript's String(object)", id, right, "[object Object]"),
        item(
            "Python's str(dict)",
            id,
            right,
            "{'b': 1, 'a': ['x', None, True]}",
        ),
        item(
            "Java's Map.toString()",
            id,
            right,
            "{b=1, a=[x, null, true]}",
        ),
        item("PHP's array to string", id, right, "Array"),
    ]);
}

#[test]
fn charsets_are_found() {
    let right = r#"{"t":"中文é"}"#;
    let bytes = |words, id, wrong: &[u8]| part(words, id, "body", wrong, with_body(right));
    check(vec![
        bytes(
            "UTF-8 as GBK",
            "body.as-gbk",
            b"{\"t\":\"\xd6\xd0\xce\xc4\xa8\xa6\"}",
        ),
        bytes("Latin-1", "body.as-latin-1", b"{\"t\":\"??\xe9\"}"),
        bytes("ASCII", "body.as-ascii", b"{\"t\":\"???\"}"),
        bytes(
            "read as Latin-1",
            "body.read-as-latin-1",
            "{\"t\":\"\u{e4}\u{b8}\u{ad}\u{e6}\u{96}\u{87}\u{c3}\u{a9}\"}".as_bytes(),
        ),
        bytes(
            "read as Windows-1252",
            "body.read-as-windows-1252",
            "{\"t\":\"\u{e4}\u{b8}\u{ad}\u{e6}\u{2013}\u{2021}\u{c3}\u{a9}\"}".as_bytes(),
        ),
        bytes(
            "cut where characters were counted as bytes",
            "body.cut-at-characters",
            &right.as_bytes()[..11],
        ),
    ]);
    // UTF-16 doubles every byte of the base string.
    let utf16 = |text: &[u8], mark: &[u8], bytes: Bytes| {
        let text = String::from_utf8(text.to_vec()).unwrap();
        cat(&[
            mark,
            &text.encode_utf16().flat_map(bytes).collect::<Vec<_>>(),
        ])
    };
    let forms: [(&[u8], Bytes); 4] = [
        (b"", u16::to_le_bytes),
        (b"\xff\xfe", u16::to_le_bytes),
        (b"", u16::to_be_bytes),
        (b"\xfe\xff", u16::to_be_bytes),
    ];
    for (mark, bytes) in forms {
        let on = [
            onenet("ricnsmart", "5xp7vzm3fN", right),
            studio_push("ricnsmart", "5xp7vzm3fN", right),
        ];
        let made = on.map(|model| {
            let base = ["secret", "nonce", "body"]
                .map(|name| model.part(name))
                .concat();
            let wrong = base64(&md5(&utf16(&base, mark, bytes)));
            (model.scene, wrong)
        });
        check(vec![Item {
            words: "UTF-16",
            id: "body.as-utf-16",
            made: made.into(),
        }]);
    }
}

#[test]
fn one_thing_taken_for_another_is_found() {
    let right = r#"{"b":1,"data":{"y": 1,"x":2},"text":"hello"}"#;
    let whole_body = |model: Model| {
        let wrong = model.with("body", &model.scene.request.body);
        (model.scene, wrong)
    };
    let on = |right: &str| {
        vec![
            onenet("ricnsmart", "5xp7vzm3fN", right),
            studio_push("ricnsmart", "5xp7vzm3fN", right),
        ]
    };
    let of_body = || {
        vec![
            sensoro("S3cret", URL, right),
            standard_webhooks(KEY, "1614265330", right),
            own("ricnsmart", URL, right),
        ]
    };
    let id = "body.part-of-body";
    let literal = br#""{\"b\":1,\"a\":\"x\"}""#;
    check(vec![
        Item {
            words: "whole body instead of msg",
            id: "body.whole-body",
            made: on(right).into_iter().map(whole_body).collect(),
        },
        part(
            "msg instead of the whole body",
            id,
            "body",
            br#"{"y": 1,"x":2}"#,
            of_body(),
        ),
        part(
            "a text instead of the whole body",
            id,
            "body",
            b"hello",
            of_body(),
        ),
        part(
            "the string literal instead of its value",
            "body.string-literal",
            "body",
            literal,
            on(r#"{"b":1,"a":"x"}"#),
        ),
        part(
            "the string's escapes instead of its value",
            "body.escaped",
            "body",
            &literal[1..literal.len() - 1],
            on(r#"{"b":1,"a":"x"}"#),
        ),
        part(
            "only the first 8 bytes of the nonce",
            "body.nonce-cut-at-8",
            "nonce",
            b"5xp7vzm3",
            vec![
                onenet("ricnsmart", "5xp7vzm3fN", right),
                studio_push("ricnsmart", "5xp7vzm3fN", right),
                tencent("ricnsmart", "1604458421", "5xp7vzm3fN"),
            ],
        ),
    ]);
}

#[test]
fn a_body_that_was_decompressed_first_is_found() {
    let mut zipped = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    zipped.write_all(b"{\"b\":1}").unwrap();
    let zipped = zipped.finish().unwrap();
    let models = || {
        [
            sensoro("S3cret", URL, "{}"),
            standard_webhooks(KEY, "1614265330", "{}"),
        ]
    };
    let made = models().map(|mut model| {
        let wrong = model.with("body", b"{\"b\":1}");
        let right = model.with("body", &zipped);
        model.scene.request.body.clone_from(&zipped);
        for header in ["X-ACCESS-SIGNATURE", "webhook-signature"] {
            if model.scene.request.headers.first(header).is_some() {
                model.scene.request.headers.set(header, right.clone());
            }
        }
        (model.scene, wrong)
    });
    check(vec![Item {
        words: "gzip",
        id: "body.gzip",
        made: made.into(),
    }]);
}

#[test]
fn the_plain_text_taken_for_the_encrypted_one_is_found() {
    let (token, nonce, msg) = ("ricnsmart", "5xp7vzm3fN", r#"{"b":1}"#);
    let (long, short) = (
        "whBx2ZwAU5LOHVimPj1MPx56QRe3OsGGWRe4dr17crV",
        "cz0Y93YkGH6Jyvoi",
    );
    let framed = close(
        Layout::Framed,
        long.as_bytes(),
        *b"0123456789abcdef",
        msg.as_bytes(),
        b"",
    );
    let bare = close(
        Layout::KeyIsIv,
        short.as_bytes(),
        [0; 16],
        msg.as_bytes(),
        b"",
    );
    let sign = |text: &[u8]| base64(&md5(&cat(&[token.as_bytes(), nonce.as_bytes(), text])));
    let scene = |platform, key, member: &str, signature: &str, sealed: &str| {
        let right = sign(sealed.as_bytes());
        let mut request = Request::new("POST", "/");
        request.body =
            format!(r#"{{"{member}":"{sealed}","{signature}":"{right}","nonce":"{nonce}"}}"#)
                .into();
        let secrets = [(SecretName::Token, token), (SecretName::AesKey, key)];
        Scene::of(platform, &secrets, request)
    };
    let push = || {
        scene(
            Platform::Onenet,
            long,
            "enc_msg",
            "msg_signature",
            framed.as_ref().unwrap(),
        )
    };
    let studio = || {
        let platform = Platform::OnenetStudioPush;
        scene(platform, short, "msg", "signature", bare.as_ref().unwrap())
    };
    let decoded = |scene: Scene| {
        let sealed = scene.with_case(|case, _| case.values[2].clone());
        (scene, sign(&STANDARD.decode(sealed).unwrap()))
    };
    check(vec![Item {
        words: "plaintext instead of enc_msg",
        id: "body.plaintext",
        made: vec![
            (push(), sign(msg.as_bytes())),
            (studio(), sign(msg.as_bytes())),
        ],
    }]);
    check(vec![Item {
        words: "enc_msg decoded from base64",
        id: "body.base64-decoded",
        made: [push(), studio()].map(decoded).into(),
    }]);
    // Only OneNET's envelope has a head and no id behind it.
    let whole = cat(&[b"0123456789abcdef\0\0\0\x07", msg.as_bytes()]);
    let hits = push().hits(sign(&whole).as_bytes());
    assert_eq!(hits[0].ids, ["seal.head-not-stripped"]);
}

#[test]
fn a_body_that_python_printed_as_bytes_is_found() {
    let id = "body.bytes-literal";
    check(vec![
        item("f'{raw}' of ASCII", id, r#"{"b":1}"#, r#"b'{"b":1}'"#),
        item(
            "f'{raw}' of UTF-8 with escapes",
            id,
            "{\"b\":\"\u{4e2d}\\n'\"}",
            r#"b'{"b":"\xe4\xb8\xad\\n\'"}'"#,
        ),
    ]);
}

#[test]
fn a_whole_body_that_was_written_again_is_found() {
    let model = onenet("ricnsmart", "5xp7vzm3fN", r#"{"b":1,"a":true}"#);
    let signature = model.right();
    for whole in [
        format!(
            r#"{{"msg": {{"b": 1, "a": true}}, "msg_signature": "{signature}", "nonce": "5xp7vzm3fN"}}"#
        ),
        format!(
            "{{'msg': {{'b': 1, 'a': True}}, 'msg_signature': '{signature}', 'nonce': '5xp7vzm3fN'}}"
        ),
    ] {
        let wrong = model.with("body", whole.as_bytes());
        let hits = model.scene.hits(wrong.as_bytes());
        assert_eq!(hits[0].ids, ["body.whole-body"]);
    }
}

#[test]
fn python_is_named_before_go_where_both_write_the_same() {
    let model = onenet("ricnsmart", "5xp7vzm3fN", "{\"b\":1,\"a\":\"\u{4e2d}\"}");
    let first = |wrong: &str| {
        let wrong = model.with("body", wrong.as_bytes());
        model.scene.hits(wrong.as_bytes()).swap_remove(0)
    };
    let spaced = first("{\"a\": \"\u{4e2d}\", \"b\": 1}");
    assert_eq!(spaced.ids, ["body.python-sorted-utf8"]);
    let compact = first("{\"a\":\"\u{4e2d}\",\"b\":1}");
    let place = |id: &str| compact.also.iter().position(|also| also == id).unwrap();
    assert!(place("body.python-sorted-compact-utf8") < place("body.go-marshal"));
}

#[test]
fn a_copy_that_was_saved_as_gbk_is_told_from_what_was_signed() {
    let text = "{\"b\":\"\u{4e2d}\u{6587}\"}";
    let mut model = sensoro("S3cret", URL, text);
    let signature = model.right();
    model.scene.request.body = cat(&[b"{\"b\":\"", b"\xd6\xd0\xce\xc4", b"\"}"]);
    model
        .scene
        .diagnose(Some(signature.as_bytes()), None, |found| {
            let hit = &found.findings.hits[0];
            assert_eq!(hit.ids, ["body.saved-as-gbk"]);
            assert!(hit.titles[0].ends_with("what was signed is UTF-8"));
        });
}
