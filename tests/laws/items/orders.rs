//! What happens to the order of the parts and to what stands between them.

use pushrig::signature::Digest;

use super::models::{
    Model, base64, cat, hmac, huawei, md5, onenet, sensoro, sha1, sha256, standard_webhooks,
    studio_push, tencent, token,
};
use super::{Item, check};

const BODY: &str = r#"{"b":1,"a":"x"}"#;
const KEY: &str = "KuF3NT/jUBJ62LNBB/A8XZA9CqS3Cu79B/ABmfA1UCw=";

/// The signature of a base string that was put together by hand.
fn hashed(model: &Model, base: &[u8]) -> String {
    let secret = || model.part("secret");
    match model.scene.name.as_str() {
        "tencent" => hex::encode(sha1(base)),
        "huawei-iotda" => hex::encode(sha256(base)),
        "sensoro" => base64(&hmac(Digest::Sha256, &secret(), base)),
        "onenet-studio" => base64(&hmac(Digest::Sha1, &secret(), base)),
        "standard-webhooks" => format!("v1,{}", base64(&hmac(Digest::Sha256, &secret(), base))),
        _ => base64(&md5(base)),
    }
}

/// The names of the parts in the right order where nothing is sorted, and the joiner.
fn listed(model: &Model) -> (Vec<&'static str>, &'static [u8]) {
    match model.scene.name.as_str() {
        "sensoro" => (vec!["nonce", "method", "url", "body"], b""),
        "onenet-studio" => (vec!["timestamp", "method", "res", "version"], b"\n"),
        "standard-webhooks" => (vec!["nonce", "timestamp", "body"], b"."),
        "tencent" | "huawei-iotda" => (vec!["secret", "timestamp", "nonce"], b""),
        _ => (vec!["secret", "nonce", "body"], b""),
    }
}

fn is_sorted(model: &Model) -> bool {
    matches!(model.scene.name.as_str(), "tencent" | "huawei-iotda")
}

/// The parts' values in the right order.
fn values(model: &Model) -> Vec<Vec<u8>> {
    let mut values: Vec<_> = listed(model)
        .0
        .iter()
        .map(|name| model.part(name))
        .collect();
    if is_sorted(model) {
        values.sort();
    }
    values
}

fn unsorted() -> Vec<Model> {
    vec![
        onenet("20200321182801", "w&INtJ9+", BODY),
        studio_push("ricnsmart", "5xp7vzm3fN", BODY),
        sensoro("S3cret", "https://h.example/hook?x=1", BODY),
        standard_webhooks(KEY, "1614265330", BODY),
        token(KEY, "1537255523", "products/1/devices/a"),
    ]
}

fn sorting() -> Vec<Model> {
    vec![
        tencent("Bbb", "1604458421", "aKOaKMDalrAzUTxC"),
        huawei("Bbb", "1604458421", "aKOaKMDalrAzUTxC"),
    ]
}

fn all() -> Vec<Model> {
    unsorted().into_iter().chain(sorting()).collect()
}

fn item<'w>(
    words: &'w str,
    id: &'w str,
    on: Vec<Model>,
    base: impl Fn(&Model) -> Vec<u8>,
) -> Item<'w> {
    let made = on.into_iter().map(|model| {
        let wrong = hashed(&model, &base(&model));
        (model.scene, wrong)
    });
    Item {
        words,
        id,
        made: made.collect(),
    }
}

#[test]
fn parts_in_another_order_are_found() {
    check(vec![
        item("any permutation", "order.permuted", unsorted(), |model| {
            let (names, joiner) = listed(model);
            let mut values: Vec<_> = names.iter().map(|name| model.part(name)).collect();
            values.swap(0, 1);
            values.rotate_left(1);
            values.join(joiner)
        }),
        item(
            "sorted where it must not be",
            "order.sorted",
            vec![
                onenet("ricnsmart", "5xp7vzm3fN", BODY),
                studio_push("ricnsmart", "5xp7vzm3fN", BODY),
            ],
            |model| {
                let mut values = values(model);
                values.sort();
                values.concat()
            },
        ),
        item(
            "unsorted where it must be",
            "order.unsorted",
            sorting(),
            |model| {
                ["secret", "timestamp", "nonce"]
                    .map(|name| model.part(name))
                    .concat()
            },
        ),
    ]);
}

#[test]
fn other_sorts_are_found() {
    let pair = |token: &str, timestamp: &str, nonce: &str| {
        vec![
            tencent(token, timestamp, nonce),
            huawei(token, timestamp, nonce),
        ]
    };
    let fixed = |base: &'static str| move |_: &Model| base.as_bytes().to_vec();
    check(vec![
        item(
            "numeric sort (PHP sort())",
            "order.numeric-sort",
            pair("2014", "1604458421", "437374425"),
            fixed("20144373744251604458421"),
        ),
        item(
            "numeric sort (PHP sort() with SORT_NUMERIC)",
            "order.numeric-sort",
            pair("zz", "1604458421", "9ab"),
            fixed("zz9ab1604458421"),
        ),
        item(
            "case-insensitive sort",
            "order.case-insensitive-sort",
            pair("Zz", "1604458421", "abc"),
            fixed("1604458421abcZz"),
        ),
        item(
            "locale sort",
            "order.locale-sort",
            pair("_tok", "1604458421", "Abc"),
            fixed("_tok1604458421Abc"),
        ),
        item(
            "natural sort",
            "order.natural-sort",
            pair("a10", "1604458421", "a9"),
            fixed("1604458421a9a10"),
        ),
        item(
            "a set that drops equal strings",
            "order.set",
            pair("test", "1410685589", "test"),
            fixed("1410685589test"),
        ),
    ]);
    check(vec![
        item(
            "characters sorted after joining",
            "order.characters-sorted",
            all(),
            |model| {
                let mut bytes = values(model).concat();
                bytes.sort_unstable();
                bytes
            },
        ),
        item(
            "PHP $a = sort($a) hashes \"1\"",
            "order.sort-result",
            all(),
            |_| b"1".to_vec(),
        ),
    ]);
}

#[test]
fn separators_and_layouts_are_found() {
    let joiners: &[(&str, &str, &[u8])] = &[
        ("&", "order.joined-ampersand", b"&"),
        (",", "order.joined-comma", b","),
        ("newline", "order.joined-newline", b"\n"),
        ("blank", "order.joined-blank", b" "),
        ("literal \\n", "order.joined-literal-newline", b"\\n"),
        ("literal /n", "order.joined-slash-n", b"/n"),
        ("CRLF", "order.joined-crlf", b"\r\n"),
        ("nothing", "order.joined-nothing", b""),
    ];
    check(
        joiners
            .iter()
            .map(|(words, id, joiner)| {
                let wrongly_joined = |model: &Model| listed(model).1 != *joiner;
                let on = all().into_iter().filter(wrongly_joined).collect();
                item(words, id, on, move |model| values(model).join(*joiner))
            })
            .collect(),
    );
    let pairs = |model: &Model, between: &str| {
        let named: Vec<_> = listed(model)
            .0
            .iter()
            .map(|name| {
                let written = match (model.scene.name.as_str(), *name) {
                    ("sensoro", name) => name,
                    ("onenet-studio", "timestamp") => "et",
                    ("standard-webhooks", "nonce") => "id",
                    (_, "secret") => "token",
                    ("standard-webhooks", name) => name,
                    (_, "body") => "msg",
                    (_, name) => name,
                };
                cat(&[written.as_bytes(), b"=", &model.part(name)])
            })
            .collect();
        named.join(between.as_bytes())
    };
    check(vec![
        item("key=value lines", "order.key-value", unsorted(), |model| {
            pairs(model, "\n")
        }),
        item("key=value pairs", "order.key-value", unsorted(), |model| {
            pairs(model, "&")
        }),
        item(
            "a newline behind all",
            "order.trailing-newline",
            all(),
            |model| cat(&[&values(model).join(listed(model).1), b"\n"]),
        ),
    ]);
}

#[test]
fn missing_doubled_and_added_parts_are_found() {
    check(vec![
        item("part missing", "order.part-missing", all(), |model| {
            let (names, joiner) = listed(model);
            let mut values: Vec<_> = names[1..].iter().map(|name| model.part(name)).collect();
            if is_sorted(model) {
                values.sort();
            }
            values.join(joiner)
        }),
        item("only one part", "order.part-missing", all(), |model| {
            model.part(listed(model).0[2])
        }),
        item("part doubled", "order.part-doubled", all(), |model| {
            let (_, joiner) = listed(model);
            let mut values = values(model);
            values.insert(1, values[1].clone());
            values.join(joiner)
        }),
        item("nothing hashed", "order.nothing", all(), |_| Vec::new()),
        item(
            "another part mixed in: the body",
            "order.part-added",
            sorting(),
            |model| {
                let mut values = values(model);
                values.push(model.scene.request.body.clone());
                values.sort();
                values.concat()
            },
        ),
    ]);
}

#[test]
fn the_app_id_and_the_echo_mixed_in_are_found() {
    let url = "https://h.example/hook?x=1";
    let model = sensoro("S3cret", url, BODY);
    let base = cat(&[b"demoAppId001", &values(&model).concat()]);
    let app_id = (hashed(&model, &base), model.scene);
    let mut model = tencent("Bbb", "1604458421", "aKOaKMDalrAzUTxC");
    model
        .scene
        .request
        .headers
        .push("Echostr", "UPWIAFASvDUFcTEE");
    let mut parts = values(&model);
    parts.push(b"UPWIAFASvDUFcTEE".to_vec());
    parts.sort();
    let echo = (hashed(&model, &parts.concat()), model.scene);
    check(vec![Item {
        words: "another part mixed in: AppID, echostr",
        id: "order.part-added",
        made: [app_id, echo].map(|(wrong, scene)| (scene, wrong)).into(),
    }]);
}

#[test]
fn parts_that_were_swapped_are_not_called_sorted_by_a_locale() {
    for model in unsorted() {
        let mut values = values(&model);
        values.swap(0, 1);
        let wrong = hashed(&model, &values.join(listed(&model).1));
        let hits = model.scene.hits(wrong.as_bytes());
        let first = hits[0].ids[0].as_str();
        assert!(
            ["order.permuted", "order.sorted"].contains(&first),
            "{}: {first}",
            model.scene.name
        );
    }
    let model = onenet("20200321182801", "w&INtJ9+", BODY);
    let base = ["w&INtJ9+", "20200321182801", BODY].concat();
    let hits = model.scene.hits(hashed(&model, base.as_bytes()).as_bytes());
    assert_eq!(hits[0].titles, ["the order was nonce, token, msg"]);
}

#[test]
fn the_advice_names_what_the_platform_puts_between_the_parts() {
    for model in unsorted() {
        let (_, joiner) = listed(&model);
        let wrong = hashed(&model, &values(&model).join(&b" "[..]));
        let hits = model.scene.hits(wrong.as_bytes());
        assert_eq!(hits[0].ids, ["order.joined-blank"]);
        let named = match joiner {
            b"\n" => "newlines",
            b"." => "`.`",
            _ => "nothing between",
        };
        assert!(hits[0].advice[0].contains(named), "{}", hits[0].advice[0]);
    }
}
