//! OneNET tokens made wrongly by hand: which mistake made them.
//!
//! The tokens are signed and encoded here, by the code of this file alone.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use md5::Md5;
use serde_json::Value;
use sha1::Sha1;
use sha2::{Digest as _, Sha256};

use super::first_ids;
use crate::harness::pushrig;

/// The key of the documentation's users and groups.
const KEY: &str = "XU/H2c4SmG6sZ3IRkomTQ1b/XzkDsl+1xzVh0gr1JaAC9Ugo7BNIAJEaAH+MK7i+";
/// Half an hour before the documentation's tokens end.
const NOW: &str = "1623980616";

/// What was sent, what was signed, and how.
struct Made {
    version: &'static str,
    res: &'static str,
    et: &'static str,
    method: &'static str,
    /// et, method, res and version as they were signed.
    signed: [&'static str; 4],
    joiner: &'static str,
    tail: &'static str,
    digest: &'static str,
    key: Vec<u8>,
    encode: [fn(&str) -> String; 2],
}

/// A token as the documentation wants it, to be spoilt.
fn right() -> Made {
    Made {
        version: "2020-05-29",
        res: "userid/10311",
        et: "1623982416",
        method: "sha1",
        signed: ["1623982416", "sha1", "userid/10311", "2020-05-29"],
        joiner: "\n",
        tail: "",
        digest: "sha1",
        key: STANDARD.decode(KEY).unwrap(),
        encode: [encoded, encoded],
    }
}

impl Made {
    fn sign(&self) -> String {
        let text = self.signed.join(self.joiner) + self.tail;
        let (key, text) = (&self.key[..], text.as_bytes());
        STANDARD.encode(match self.digest {
            "md5" => hmac::<Hmac<Md5>>(key, text),
            "sha1" => hmac::<Hmac<Sha1>>(key, text),
            _ => hmac::<Hmac<Sha256>>(key, text),
        })
    }

    fn token(&self) -> String {
        let [res, sign] = self.encode;
        format!(
            "version={}&res={}&et={}&method={}&sign={}",
            self.version,
            res(self.res),
            self.et,
            self.method,
            sign(&self.sign())
        )
    }
}

fn hmac<M: Mac + KeyInit>(key: &[u8], text: &[u8]) -> Vec<u8> {
    let mut mac = <M as KeyInit>::new_from_slice(key).unwrap();
    mac.update(text);
    mac.finalize().into_bytes().to_vec()
}

/// The eight characters that the documentation wants encoded.
fn encoded(text: &str) -> String {
    [
        ("%", "%25"),
        ("+", "%2B"),
        (" ", "%20"),
        ("/", "%2F"),
        ("?", "%3F"),
        ("#", "%23"),
        ("&", "%26"),
        ("=", "%3D"),
    ]
    .iter()
    .fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
}

fn twice(text: &str) -> String {
    encoded(&encoded(text))
}

fn as_it_is(text: &str) -> String {
    text.to_owned()
}

fn explained_at(now: &str, token: &str, rest: &str, code: i32) -> Value {
    pushrig(&format!(
        "explain onenet-studio --access-key {KEY} --now {now} --format json {rest} --token"
    ))
    .arg(token)
    .any_stdout()
    .exits(code)
    .one_json()
}

/// The first mistake that explains a token is this one, and a proof, in these words.
#[track_caller]
fn is_proved(token: &str, id: &str, words: &str) {
    let line = explained_at(NOW, token, "", 1);
    let ids = first_ids(&line);
    assert_eq!(ids.first().map(String::as_str), Some(id), "{line}");
    let mistake = &line["mistakes"][0];
    assert_eq!(mistake["depth"], 1, "{line}");
    assert_eq!(mistake["of"], "received");
    assert_eq!(mistake.get("proved"), None, "{line}");
    let title = mistake["title"].as_str().unwrap();
    assert!(title.contains(words), "{title}");
    assert!(!mistake["advice"].as_str().unwrap().is_empty());
}

#[test]
fn a_token_made_here_as_documented_is_right_and_is_the_published_one() {
    let made = right();
    assert_eq!(made.sign(), "qEcjgJXhELte15mzZm/ziCmGdFw=");
    let line = explained_at(NOW, &made.token(), "", 0);
    assert_eq!(line["verdict"], "valid");
    assert_eq!(line["mistakes"].as_array().unwrap().len(), 0, "{line}");
}

#[test]
fn a_key_that_was_not_decoded_is_proved() {
    let mut made = right();
    made.key = KEY.into();
    is_proved(&made.token(), "secret.not-decoded", "without decoding it");
    made.key.push(b'\n');
    is_proved(&made.token(), "secret.not-decoded", "newline at its end");
}

#[test]
fn a_backslash_and_an_n_for_the_newline_is_proved() {
    let mut made = right();
    made.joiner = "\\n";
    is_proved(&made.token(), "order.joined-literal-newline", "`\\n`");
}

#[test]
fn a_newline_behind_the_signed_text_is_proved() {
    let mut made = right();
    made.tail = "\n";
    is_proved(&made.token(), "order.trailing-newline", "a newline");
}

#[test]
fn a_newline_behind_the_token_is_proved() {
    let token = right().token() + "\n";
    let line = explained_at(NOW, &token, "", 1);
    let ids: Vec<&Value> = line["mistakes"].as_array().unwrap().iter().collect();
    assert_eq!(ids[0]["ids"][0], "text.blanks-around", "{line}");
    assert_eq!(ids[1]["ids"][0], "token.blanks-around", "{line}");
}

#[test]
fn a_res_that_was_encoded_before_it_was_signed_is_proved() {
    for res in ["userid%2F10311", "userid%2f10311"] {
        let mut made = right();
        made.signed[2] = res;
        is_proved(&made.token(), "token.res-encoded", "before it was signed");
    }
    // The same text was taken to sign and to send, and encoded once more for the token.
    let mut made = right();
    (made.res, made.signed[2]) = ("userid%2F10311", "userid%2F10311");
    is_proved(&made.token(), "token.res-encoded", "once more in the token");
}

#[test]
fn a_res_that_was_encoded_twice_is_proved() {
    let mut made = right();
    made.encode[0] = twice;
    is_proved(&made.token(), "token.res-encoded-twice", "encoded twice");
}

#[test]
fn a_res_that_was_not_encoded_is_proved() {
    let mut made = right();
    made.encode[0] = as_it_is;
    is_proved(&made.token(), "token.res-not-encoded", "it holds `/`");
}

#[test]
fn user_for_userid_is_proved_where_it_was_sent_signed_or_both() {
    let id = "token.user-for-userid";
    let mut made = right();
    made.signed[2] = "user/10311";
    is_proved(&made.token(), id, "when it was signed");
    made.res = "user/10311";
    is_proved(
        &made.token(),
        id,
        "begins with `user/` instead of `userid/`",
    );
    made.signed[2] = "userid/10311";
    is_proved(&made.token(), id, "was signed as `userid/`");
}

#[test]
fn an_end_in_milliseconds_is_proved_where_it_was_sent_signed_or_both() {
    let mut made = right();
    (made.et, made.signed[0]) = ("1623982416000", "1623982416000");
    is_proved(&made.token(), "token.et-millis", "in milliseconds");
    made.signed[0] = "1623982416";
    is_proved(&made.token(), "time.seconds", "was hashed in seconds");
    (made.et, made.signed[0]) = ("1623982416", "1623982416000");
    is_proved(&made.token(), "time.millis", "was hashed in milliseconds");
}

#[test]
fn an_end_that_was_signed_eight_hours_off_is_proved() {
    for signed in ["1624011216", "1623953616"] {
        let mut made = right();
        made.signed[0] = signed;
        is_proved(&made.token(), "time.zone", "another time zone");
    }
}

#[test]
fn an_end_eight_hours_off_is_proved_by_the_end_that_was_meant() {
    let mut made = right();
    for (et, words) in [
        ("1624011216", "eight hours later"),
        ("1623953616", "eight hours earlier"),
    ] {
        (made.et, made.signed[0]) = (et, et);
        for meant in ["30m", "1623982416", "2021-06-18T10:13:36+08:00"] {
            let line = explained_at(NOW, &made.token(), &format!("--expires {meant}"), 1);
            assert_eq!(line["mistakes"][0]["ids"][0], "token.et-zone", "{line}");
            let title = line["mistakes"][0]["title"].as_str().unwrap();
            assert!(title.contains(words), "{title}");
        }
    }
    let line = explained_at(NOW, &right().token(), "--expires 30m", 0);
    assert_eq!(line["mistakes"].as_array().unwrap().len(), 0, "{line}");
}

#[test]
fn a_clock_that_is_off_by_hours_or_less_is_proved_by_the_end_that_was_meant() {
    for (meant, id) in [("3h30m", "token.et-hours"), ("50m", "token.et-off")] {
        let line = explained_at(NOW, &right().token(), &format!("--expires {meant}"), 1);
        assert_eq!(line["mistakes"][0]["ids"][0], id, "{line}");
    }
}

#[test]
fn an_end_that_may_be_eight_hours_off_is_said_to_be_so_and_not_called_a_proof() {
    // Seven and a half hours after the end, and eight and a half before it.
    for (now, words) in [
        ("1624009416", "good for another 30 min"),
        ("1623951816", "if 30 min was meant, it is eight hours late"),
    ] {
        let line = explained_at(now, &right().token(), "", 0);
        let mistake = &line["mistakes"][0];
        assert_eq!(mistake["ids"][0], "token.et-zone", "{line}");
        assert_eq!(mistake["proved"], false);
        let title = mistake["title"].as_str().unwrap();
        assert!(title.contains(words), "{title}");
    }
    let line = explained_at("1724009416", &right().token(), "", 0);
    assert_eq!(line["mistakes"][0]["ids"][0], "token.expired", "{line}");
}

#[test]
fn another_method_than_the_token_says_is_proved() {
    let mut made = right();
    made.digest = "sha256";
    is_proved(&made.token(), "digest.hmac-sha256", "instead of HMAC-sha1");
    made.signed[1] = "sha256";
    is_proved(&made.token(), "token.other-method", "the method `sha256`");
    (made.digest, made.signed[1]) = ("sha1", "md5");
    is_proved(&made.token(), "token.method", "`md5`");
}

#[test]
fn a_method_by_another_name_and_one_that_there_is_not_are_told() {
    for (name, id, words) in [
        ("SHA1", "token.method-name", "it must be `sha1`"),
        ("HmacSHA1", "token.method-name", "it must be `sha1`"),
        ("sha-256", "token.method-name", "it must be `sha256`"),
        ("sha512", "token.method-unknown", "no method `sha512`"),
    ] {
        let mut made = right();
        (made.method, made.signed[1]) = (name, name);
        is_proved(&made.token(), id, words);
    }
}

#[test]
fn a_wrong_version_is_proved_where_it_was_sent_signed_or_both() {
    let mut made = right();
    made.signed[3] = "2018-10-31";
    is_proved(&made.token(), "token.version", "2018-10-31 was signed");
    made.version = "2018-10-31";
    is_proved(&made.token(), "token.version", "does not go with `userid/");
    made.signed[3] = "2020-05-29";
    is_proved(&made.token(), "token.version", "2020-05-29 was signed");
    (made.version, made.signed[3]) = ("2021-01-01", "2021-01-01");
    is_proved(&made.token(), "token.version", "no version `2021-01-01`");
}

#[test]
fn a_sign_that_was_not_encoded_or_encoded_twice_is_proved() {
    // The `sign` of this end has a `+`.
    let mut made = right();
    (made.et, made.signed[0]) = ("1623982425", "1623982425");
    assert!(made.sign().contains('+'), "{}", made.sign());
    made.encode[1] = as_it_is;
    is_proved(
        &made.token(),
        "token.sign-not-encoded",
        "stands for a blank",
    );
    let read = made.token().replace('+', " ");
    is_proved(&read, "query.plus-to-blank", "was read as a blank");
    made.encode[1] = twice;
    is_proved(&made.token(), "query.not-decoded", "encoded twice");
}

#[test]
fn a_sign_in_hexadecimal_and_a_plain_hash_are_proved() {
    let made = right();
    let sign = hex::encode(STANDARD.decode(made.sign()).unwrap());
    let token = made.token();
    let (rest, _) = token.rsplit_once('=').unwrap();
    is_proved(&format!("{rest}={sign}"), "text.hex", "hexadecimal");
    let plain = STANDARD.encode(Sha1::digest(made.signed.join("\n")));
    let token = format!("{rest}={}", encoded(&plain));
    is_proved(&token, "digest.plain-sha1", "without any key");
}

#[test]
fn fields_that_are_missing_doubled_empty_or_written_otherwise_are_told() {
    let token = right().token();
    for (wrong, id, words) in [
        (
            token.replace("et=1623982416&", ""),
            "token.field-missing",
            "`et` is missing",
        ),
        (
            token.replace("et=", "Et="),
            "token.field-missing",
            "`et` is written `Et`",
        ),
        (
            token.replace("sha1", ""),
            "token.field-empty",
            "`method` is empty",
        ),
        (
            format!("{token}&et=1"),
            "token.field-twice",
            "`et` stands there twice",
        ),
        (encoded(&token), "token.whole-encoded", "the whole token"),
    ] {
        is_proved(&wrong, id, words);
    }
}

#[test]
fn the_order_of_the_five_is_free_and_a_sixth_field_is_told() {
    let token = right().token();
    let turned: Vec<&str> = token.split('&').rev().collect();
    let line = explained_at(NOW, &turned.join("&"), "", 0);
    assert_eq!(line["mistakes"].as_array().unwrap().len(), 0, "{line}");
    let line = explained_at(NOW, &format!("{token}&ttl=5"), "", 0);
    assert_eq!(
        line["mistakes"][0]["ids"][0], "token.field-unknown",
        "{line}"
    );
    assert_eq!(line["mistakes"][0]["proved"], false);
}

#[test]
fn a_device_whose_product_was_signed_is_proved() {
    let mut made = right();
    (made.version, made.signed[3]) = ("2018-10-31", "2018-10-31");
    (made.res, made.signed[2]) = ("products/p1/devices/d1", "products/p1");
    is_proved(&made.token(), "token.res-product", "without the device");
}

#[test]
fn a_token_for_another_than_it_was_asked_for_is_told() {
    pushrig(&format!(
        "explain onenet-studio --access-key {KEY} --now {NOW} --project KLza8R --group g1 --token"
    ))
    .arg(right().token())
    .stdout_has(["1114", "the username is `projectid/KLza8R/groupid/g1`"])
    .exits(1);
}

#[test]
fn people_read_the_mistake_how_it_is_known_and_what_to_do() {
    let call = |token: String| {
        pushrig(&format!(
            "explain onenet-studio --access-key {KEY} --now {NOW} --token"
        ))
        .arg(token)
    };
    let mut made = right();
    made.encode[0] = as_it_is;
    call(made.token())
        .stdout_has([
            "mistake (proved: the token shows it)",
            "`res` is not percent-encoded: it holds `/`, which must be `%2F`  [token.res-not-encoded]",
            "advice  percent-encode the value of each field once",
        ])
        .exits(1);
    call(format!("{}&ttl=5", right().token()))
        .stdout_has(["perhaps (not proved", "[token.field-unknown]"])
        .exits(0);
}

#[test]
fn a_text_that_is_no_token_is_told_once() {
    let ran = pushrig(&format!(
        "explain onenet-studio --access-key {KEY} --now {NOW} --token hello"
    ))
    .stdout_has(["this is no token: none of its five fields stands there"])
    .exits(1);
    let times = ran.text().matches("mistake (proved").count();
    assert_eq!(times, 1, "{}", ran.text());
}
