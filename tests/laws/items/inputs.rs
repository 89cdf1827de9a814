//! What happens to values of the query, the headers, the token and the clock.

use super::models::{
    Model, handshake, huawei, onenet, own, sensoro, standard_webhooks, tencent, token,
};
use super::{Item, check, part};

const BODY: &str = r#"{"b":1,"a":"x"}"#;
const KEY: &str = "KuF3NT/jUBJ62LNBB/A8XZA9CqS3Cu79B/ABmfA1UCw=";

/// The platforms with this nonce, the handshake's percent-encoded.
fn with_nonce(nonce: &str) -> Vec<Model> {
    let encoded = nonce
        .replace('%', "%25")
        .replace('&', "%26")
        .replace(' ', "%20")
        .replace('<', "%3C");
    vec![
        onenet("ricnsmart", nonce, BODY),
        handshake("ricnsmart", (&encoded, nonce), ("LeoTAq", "LeoTAq")),
        tencent("ricnsmart", "1604458421", nonce),
    ]
}

fn nonce<'w>(words: &'w str, id: &'w str, right: &str, wrong: &str) -> Item<'w> {
    part(words, id, "nonce", wrong.as_bytes(), with_nonce(right))
}

#[test]
fn what_carrying_does_to_a_value_is_found() {
    let right = "w&I+tJ9<";
    let mut own_nonce = vec![own("t", "http://h/p", BODY)];
    own_nonce.push(tencent("ricnsmart", "1604458421", "a+b c&d%41<9"));
    check(vec![
        nonce(
            "`+` became a blank",
            "query.plus-to-blank",
            right,
            "w&I tJ9<",
        ),
        nonce("decoded twice", "query.decoded-twice", "w%41I+", "wAI+"),
        nonce("encoded", "query.percent-encoded", right, "w%26I%2BtJ9%3C"),
        nonce(
            "`+` repaired although it was %2B",
            "query.plus-to-percent",
            right,
            "w&I%2BtJ9<",
        ),
        nonce("a blank repaired", "query.blank-to-plus", "w I", "w+I"),
        nonce(
            "HTML-escaped",
            "query.html-escaped",
            right,
            "w&amp;I+tJ9&lt;",
        ),
        nonce("HTML-unescaped", "query.html-unescaped", "w&amp;I", "w&I"),
        nonce(
            "HTML-escaped by PHP",
            "query.html-escaped",
            "it's",
            "it&#039;s",
        ),
        nonce(
            "HTML-escaped by Python",
            "query.html-escaped",
            "it's",
            "it&#x27;s",
        ),
        nonce(
            "with a newline",
            "query.trailing-newline",
            right,
            "w&I+tJ9<\n",
        ),
        nonce("in quotes", "query.quoted", right, "\"w&I+tJ9<\""),
        part(
            "`+` became a blank",
            "query.plus-to-blank",
            "nonce",
            b"a b c&d%41<9",
            own_nonce,
        ),
    ]);
    // Not decoded at all: a handshake's query, and a token's field.
    let raw = handshake("ricnsmart", ("w%26I%2B", "w&I+"), ("LeoTAq", "LeoTAq"));
    let token = token(KEY, "1537255523", "products/1");
    check(vec![Item {
        words: "percent-decoded not at all",
        id: "query.not-decoded",
        made: vec![
            (raw.with("nonce", b"w%26I%2B"), raw.scene),
            (token.with("res", b"products%2F1"), token.scene),
        ]
        .into_iter()
        .map(|(wrong, scene)| (scene, wrong))
        .collect(),
    }]);
}

#[test]
fn values_that_were_not_found_are_found() {
    for (id, text) in [
        ("query.empty", ""),
        ("query.null", "null"),
        ("query.undefined", "undefined"),
        ("query.none", "None"),
        ("query.nil", "nil"),
    ] {
        let on = || {
            vec![
                tencent("ricnsmart", "1604458421", "5xp7vzm3fN"),
                huawei("ricnsmart", "1604458421", "5xp7vzm3fN"),
            ]
        };
        let value = text.as_bytes();
        let both = on().into_iter().map(|model| {
            let wrong = model.with_all(&[("timestamp", value), ("nonce", value)]);
            (model.scene, wrong)
        });
        check(vec![
            part(
                "read from the query instead of the header",
                id,
                "nonce",
                value,
                on(),
            ),
            part(
                "read from the query instead of the header",
                id,
                "timestamp",
                value,
                on(),
            ),
            Item {
                words: "both read from the query instead of the header",
                id,
                made: both.collect(),
            },
        ]);
    }
}

#[test]
fn times_in_another_unit_or_form_are_found() {
    let seconds = || {
        vec![
            tencent("ricnsmart", "1604458421", "5xp7vzm3fN"),
            huawei("ricnsmart", "1604458421", "5xp7vzm3fN"),
            standard_webhooks(KEY, "1604458421", BODY),
            token(KEY, "1604458421", "products/1"),
        ]
    };
    let time = |words, id, wrong: &str| part(words, id, "timestamp", wrong.as_bytes(), seconds());
    check(vec![
        time("seconds to milliseconds", "time.millis", "1604458421000"),
        time("reprinted as a float", "time.float", "1604458421.0"),
        time(
            "reprinted as a float by Java",
            "time.float",
            "1.604458421E9",
        ),
        time(
            "reprinted as a float by Go",
            "time.float",
            "1.604458421e+09",
        ),
        time("off by 8 h (time zone)", "time.zone", "1604487221"),
        time("off by 8 h (time zone)", "time.zone", "1604429621"),
    ]);
    let float = || {
        vec![
            tencent("ricnsmart", "1604458421.7", "5xp7vzm3fN"),
            huawei("ricnsmart", "1604458421.7", "5xp7vzm3fN"),
        ]
    };
    check(vec![
        part(
            "reprinted as an int",
            "time.integer",
            "timestamp",
            b"1604458421",
            float(),
        ),
        part(
            "rounded",
            "time.integer",
            "timestamp",
            b"1604458422",
            float(),
        ),
    ]);
    let model = sensoro("S3cret", "http://h/p", BODY);
    for (id, wrong) in [
        ("time.seconds", "1467018792"),
        ("time.seconds", "1467018792.599"),
        ("time.float", "1.467018792599E12"),
        ("time.zone", "1467047592599"),
    ] {
        let hits = model
            .scene
            .hits(model.with("timestamp", wrong.as_bytes()).as_bytes());
        assert_eq!(hits[0].ids, [id], "{wrong}");
    }
}

#[test]
fn the_fields_of_a_token_are_found() {
    let model = |res| token(KEY, "1537255523", res);
    for (id, part, res, wrong) in [
        (
            "token.res-encoded",
            "res",
            "products/1/devices/a",
            "products%2F1%2Fdevices%2Fa",
        ),
        (
            "token.res-product",
            "res",
            "products/1/devices/a",
            "products/1",
        ),
        ("token.user-for-userid", "res", "userid/10311", "user/10311"),
        ("token.version", "version", "products/1", "2020-05-29"),
        ("token.method", "method", "products/1", "SHA1"),
        ("time.millis", "timestamp", "products/1", "1537255523000"),
    ] {
        let model = model(res);
        let hits = model
            .scene
            .hits(model.with(part, wrong.as_bytes()).as_bytes());
        let named: Vec<_> = hits.iter().take(1).flat_map(crate::bench::ids).collect();
        assert!(named.contains(&id), "{id}: {named:?}");
    }
}
