//! `OneNET` Studio: the token that devices, API calls and the application long connection
//! (应用长连接, MQTT 3.1.1) show as their password.
//!
//! Whoever connects makes the token; the platform checks it and names a refusal by a code.
//!
//! # The wire
//!
//! ```text
//! version=2018-10-31&res=products%2F123123&et=1537255523&method=sha1&sign=lsaPSiiGvEFFjXu5WU7a6IkScqE%3D
//! ```
//!
//! The order of the five is free; values are percent-encoded once. On the long connection the
//! username equals `res`.
//!
//! # The signature
//!
//! `base64(hmac_method(base64_decode(accessKey), et \n method \n res \n version))`, no newline
//! at the end, values before encoding, `et` in seconds, `method` one of md5, sha1, sha256.
//!
//! ```text
//! device, product API        2018-10-31  products/{pid}  products/{pid}/devices/{name}
//! open API, long connection  2020-05-29  userid/{uid}    projectid/{p}/groupid/{g}
//! newer platform API         2022-05-01  userid/{uid}    products/{pid}[/devices/{d}]
//! ```
//!
//! # Quirks
//!
//! - a method in upper case is not supported
//! - the vendor's Java sample sends user where the documentation says userid
//! - an et in milliseconds is a mistake (that the platform refuses it is inferred)
//! - everything but unreserved characters is percent-encoded, more than the eight that must be
//!
//! # Sources
//!
//! `OneNET` Studio's documentation of the token, of the application long connection, and the
//! codes of its device log. The order of [`refusals`] is inferred: form before meaning, and the
//! signature last.

use jiff::Timestamp;

use crate::error::Error;
use crate::signature::evidence::{pairs, percent_decoded, percent_encoded};
use crate::signature::recipe::{
    DigestRule, Key, KeyEncoding, Lack, Order, Part, SignaturePlace, Source, TimeMeaning, TimeRule,
    TimeUnit,
};
use crate::signature::{Digest, Evidence, Form, Given, Output, SecretName, Secrets};

use super::unsigned;

/// The one form.
#[must_use]
pub fn forms() -> Vec<Form> {
    vec![token_form()]
}

fn token_form() -> Form {
    let part = |name: &str| Part::new(name, Source::Field(name.to_owned()));
    Form {
        name: "token".to_owned(),
        parts: ["et", "method", "res", "version"].map(part).to_vec(),
        order: Order::Listed,
        joiner: b"\n".to_vec(),
        digest: DigestRule::Named {
            part: "method".to_owned(),
            among: Digest::ALL.to_vec(),
        },
        key: Some(Key {
            secret: SecretName::AccessKey,
            encoding: KeyEncoding::Base64,
            prefix: String::new(),
        }),
        output: Output::Base64,
        signature: SignaturePlace::plain(Source::Field("sign".to_owned())),
        time: Some(TimeRule {
            part: "et".to_owned(),
            unit: TimeUnit::Seconds,
            meaning: TimeMeaning::Expires,
        }),
        echo: None,
    }
}

/// A token's five values, decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// The version of the scheme, a date.
    pub version: String,
    /// The resource it is for.
    pub res: String,
    /// When it expires: unix seconds.
    pub et: String,
    /// The digest: `md5`, `sha1` or `sha256`.
    pub method: String,
    /// The signature, base64.
    pub sign: String,
}

impl Token {
    /// A token signed with the first access key. Nothing is checked but the digest's name and
    /// the key's base64, so that wrong tokens can be made too.
    pub fn issue(
        version: &str,
        res: &str,
        et: &str,
        method: &str,
        secrets: &Secrets,
    ) -> Result<Self, Error> {
        let mut token = Self {
            version: version.to_owned(),
            res: res.to_owned(),
            et: et.to_owned(),
            method: method.to_owned(),
            sign: String::new(),
        };
        let given = token.given();
        let form = token_form();
        token.sign = form
            .gather(&Evidence::default().with(&given))
            .and_then(|ingredients| form.sign(&ingredients, secrets, 0))
            .map_err(unsigned)?;
        Ok(token)
    }

    /// Reads a token: each of the five exactly once and not empty, others are passed over.
    ///
    /// The error says all that is wrong with the form.
    pub fn parse(text: &[u8]) -> Result<Self, String> {
        let mut wrong = Vec::new();
        let [version, res, et, method, sign] =
            ["version", "res", "et", "method", "sign"].map(|name| {
                field(text, name).unwrap_or_else(|why| {
                    wrong.push(why);
                    String::new()
                })
            });
        if !wrong.is_empty() {
            return Err(wrong.join(", "));
        }
        Ok(Self {
            version,
            res,
            et,
            method,
            sign,
        })
    }

    /// The token's text, in the order of the documentation.
    #[must_use]
    pub fn compose(&self) -> String {
        let encoded = |value: &str| percent_encoded(value.as_bytes());
        format!(
            "version={}&res={}&et={}&method={}&sign={}",
            encoded(&self.version),
            encoded(&self.res),
            encoded(&self.et),
            encoded(&self.method),
            encoded(&self.sign)
        )
    }

    fn given(&self) -> Given {
        Given::new()
            .with("et", self.et.as_str())
            .with("method", self.method.as_str())
            .with("res", self.res.as_str())
            .with("version", self.version.as_str())
    }
}

/// The value of a field that stands there exactly once.
fn field(text: &[u8], name: &str) -> Result<String, String> {
    let mut values = pairs(text)
        .filter(|(have, _)| *have == name.as_bytes())
        .map(|(_, value)| value);
    let Some(value) = values.next() else {
        return Err(format!("`{name}` is missing"));
    };
    if values.next().is_some() {
        return Err(format!("`{name}` stands there twice"));
    }
    if value.is_empty() {
        return Err(format!("`{name}` is empty"));
    }
    String::from_utf8(percent_decoded(value)).map_err(|_| format!("`{name}` is not UTF-8"))
}

/// A reason why the platform turns a token away, in its own code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The platform's code.
    pub code: u16,
    /// What the code stands for.
    pub name: &'static str,
    /// What is wrong with this token.
    pub why: String,
}

impl Refusal {
    fn new(code: u16, name: &'static str, why: impl Into<String>) -> Self {
        let why = why.into();
        Self { code, name, why }
    }
}

/// All that the platform could refuse a token for, in its likely order of checking.
///
/// `username` is what stands beside the token, where it is known: it must equal `res`. The
/// signature is judged only if an access key was given, and any of several may fit. An error
/// means that the access key itself is no base64.
pub fn refusals(
    credential: &[u8],
    username: Option<&str>,
    secrets: &Secrets,
    now: Timestamp,
) -> Result<Vec<Refusal>, Error> {
    let token = match Token::parse(credential) {
        Ok(token) => token,
        Err(why) => return Ok(vec![Refusal::new(1103, "invalid token", why)]),
    };
    let mut found = Vec::new();
    let digits = token.et.bytes().all(|byte| byte.is_ascii_digit());
    let et = token.et.parse::<i64>().ok().filter(|_| digits);
    if et.is_none() {
        let why = format!("`et` is not a number: `{}`", token.et.escape_debug());
        found.push(Refusal::new(1103, "invalid token", why));
    }
    if !VERSIONS.contains(&token.version.as_str()) {
        let why = format!(
            "`version` is `{}`, known are {}",
            token.version.escape_debug(),
            VERSIONS.join(", ")
        );
        found.push(Refusal::new(1111, "invalid version", why));
    }
    let supported = Digest::from_name(token.method.as_bytes()).is_some();
    if !supported {
        found.push(unsupported_method(&token.method));
    }
    found.extend(et.and_then(|et| expired(et, now)));
    found.extend(mismatches(&token, username));
    if supported && !sign_matches(&token, secrets)? {
        let why = "`sign` is not what the access key gives for et, method, res and version";
        found.push(Refusal::new(1106, "sign not match", why));
    }
    Ok(found)
}

const VERSIONS: [&str; 3] = ["2018-10-31", "2020-05-29", "2022-05-01"];

fn unsupported_method(method: &str) -> Refusal {
    let lower = method.to_ascii_lowercase();
    let why = if Digest::from_name(lower.as_bytes()).is_some() {
        format!("`method` is `{method}` and must be in lower case: `{lower}`")
    } else {
        format!(
            "`method` is `{}`, known are md5, sha1, sha256",
            method.escape_debug()
        )
    };
    Refusal::new(1110, "sign method not supported", why)
}

/// A unix time of this and more is taken for milliseconds: as seconds it lies past the year
/// 5000.
const MILLIS_FROM: i64 = 100_000_000_000;

fn expired(et: i64, now: Timestamp) -> Option<Refusal> {
    let why = if et >= MILLIS_FROM {
        "`et` is in milliseconds, the platform reads seconds".to_owned()
    } else if et <= now.as_second() {
        let since = now.as_second() - et;
        format!("`et` passed {since} s ago")
    } else {
        return None;
    };
    Some(Refusal::new(1104, "token expired", why))
}

fn mismatches(token: &Token, username: Option<&str>) -> Vec<Refusal> {
    let mismatch = |why: String| Refusal::new(1114, "argument does not match", why);
    let mut found = Vec::new();
    let res = token.res.escape_debug();
    if let Some(username) = username
        && username != token.res
    {
        let username = username.escape_debug();
        found.push(mismatch(format!(
            "the username is `{username}`, `res` is `{res}`"
        )));
    }
    let segments: Vec<&str> = token.res.split('/').collect();
    if segments.iter().any(|segment| segment.is_empty()) {
        found.push(mismatch(format!("`res` has an empty segment: `{res}`")));
        return found;
    }
    let kind = match segments[..] {
        ["products", _] | ["products", _, "devices", _] => Kind::Product,
        ["userid", _] => Kind::User,
        ["projectid", _, "groupid", _] => Kind::Group,
        ["user", id] => {
            let id = id.escape_debug();
            found.push(mismatch(format!(
                "`res` is `{res}` and must be `userid/{id}`: the vendor's Java sample has it wrong"
            )));
            return found;
        }
        _ => {
            found.push(mismatch(format!("`res` names no known resource: `{res}`")));
            return found;
        }
    };
    let fits = match token.version.as_str() {
        "2018-10-31" => kind == Kind::Product,
        "2020-05-29" => kind != Kind::Product,
        "2022-05-01" => kind != Kind::Group,
        _ => true,
    };
    if !fits {
        let version = &token.version;
        found.push(mismatch(format!(
            "version {version} does not go with `{res}`"
        )));
    }
    found
}

#[derive(PartialEq)]
enum Kind {
    Product,
    User,
    Group,
}

/// Whether the sign is right, or cannot be judged for want of a key.
fn sign_matches(token: &Token, secrets: &Secrets) -> Result<bool, Error> {
    let count = secrets.all(SecretName::AccessKey).len();
    let given = token.given();
    let form = token_form();
    let ingredients = form
        .gather(&Evidence::default().with(&given))
        .map_err(unsigned)?;
    let mut matches = count == 0;
    for index in 0..count {
        let digest = form
            .digest(&ingredients, secrets, index)
            .map_err(|lack: Lack| unsigned(lack))?;
        matches |= form.accepts(token.sign.as_bytes(), &digest);
    }
    Ok(matches)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEVICE_KEY: &str = "KuF3NT/jUBJ62LNBB/A8XZA9CqS3Cu79B/ABmfA1UCw=";
    const USER_KEY: &str = "XU/H2c4SmG6sZ3IRkomTQ1b/XzkDsl+1xzVh0gr1JaAC9Ugo7BNIAJEaAH+MK7i+";

    fn secrets(key: &str) -> Secrets {
        Secrets::new().with(SecretName::AccessKey, key)
    }

    fn issue(key: &str, et: &str, method: &str, res: &str, version: &str) -> Token {
        Token::issue(version, res, et, method, &secrets(key)).unwrap()
    }

    /// 2020-01-01, while the tokens of 2021 are still good.
    fn early() -> Timestamp {
        Timestamp::from_second(1_577_836_800).unwrap()
    }

    fn codes(credential: &str, username: Option<&str>) -> Vec<u16> {
        let found = refusals(credential.as_bytes(), username, &secrets(USER_KEY), early());
        found.unwrap().iter().map(|refusal| refusal.code).collect()
    }

    fn good() -> Token {
        issue(USER_KEY, "1623982416", "sha1", "userid/10311", "2020-05-29")
    }

    #[test]
    fn the_published_tokens_are_signed_to_the_same_bytes() {
        let devices = "products/Ck2AF9QD2K/devices/test";
        for (key, et, method, res, version, sign) in [
            (
                DEVICE_KEY,
                "1537255523",
                "sha1",
                "products/123123",
                "2018-10-31",
                "lsaPSiiGvEFFjXu5WU7a6IkScqE=",
            ),
            (
                DEVICE_KEY,
                "32472115200",
                "md5",
                devices,
                "2018-10-31",
                "htDD26UhXtXayMFAWRmNiA==",
            ),
            (
                DEVICE_KEY,
                "32472115200",
                "sha256",
                devices,
                "2018-10-31",
                "6Y4zbk3Sa89tRf9lMxCCE0jG74uEcEuu/nly1pU9ADM=",
            ),
            (
                USER_KEY,
                "1623982416",
                "sha1",
                "userid/10311",
                "2020-05-29",
                "qEcjgJXhELte15mzZm/ziCmGdFw=",
            ),
            (
                USER_KEY,
                "1623982416",
                "sha1",
                "projectid/KLza8R/groupid/g1",
                "2020-05-29",
                "jxOkB7oj3Zh5JjIk7vBFJyPr8iU=",
            ),
            (
                DEVICE_KEY,
                "1537255523",
                "sha1",
                "products/dafdfadfafdaf/devices/che1",
                "2018-10-31",
                "6wNfzSb3LQD7vAC9ArLLjdJur/8=",
            ),
        ] {
            assert_eq!(issue(key, et, method, res, version).sign, sign);
        }
    }

    #[test]
    fn a_token_is_composed_in_the_documented_order_and_parsed_in_any() {
        let token = issue(
            DEVICE_KEY,
            "1537255523",
            "sha1",
            "products/123123",
            "2018-10-31",
        );
        let text = "version=2018-10-31&res=products%2F123123&et=1537255523&method=sha1&sign=lsaPSiiGvEFFjXu5WU7a6IkScqE%3D";
        assert_eq!(token.compose(), text);
        let turned: Vec<_> = text.split('&').rev().collect();
        assert_eq!(Token::parse(turned.join("&").as_bytes()), Ok(token));
    }

    #[test]
    fn a_whole_token_verifies_by_the_recipe() {
        let text = good().compose();
        let given = Given::new().with("credential", text.as_str());
        let evidence = Evidence::default().with(&given);
        let form = token_form();
        let ingredients = form.gather(&evidence).unwrap();
        let digest = form.digest(&ingredients, &secrets(USER_KEY), 0).unwrap();
        assert!(form.accepts(&form.received(&evidence).unwrap(), &digest));
    }

    #[test]
    fn a_right_token_is_not_refused() {
        assert!(codes(&good().compose(), Some("userid/10311")).is_empty());
        assert!(codes(&good().compose(), None).is_empty());
    }

    #[test]
    fn a_field_that_is_missing_empty_or_doubled_makes_an_invalid_token() {
        assert_eq!(
            Token::parse(b"version=&res=a&et=1&et=2&sign=%ff").unwrap_err(),
            "`version` is empty, `et` stands there twice, `method` is missing, `sign` is not UTF-8"
        );
        assert_eq!(codes("", None), [1103]);
        let token = issue(USER_KEY, "+16239", "sha1", "userid/10311", "2020-05-29");
        assert_eq!(codes(&token.compose(), None), [1103]);
    }

    #[test]
    fn a_method_in_upper_case_is_not_supported() {
        let mut token = good();
        token.method = "SHA1".into();
        let found = refusals(
            token.compose().as_bytes(),
            None,
            &secrets(USER_KEY),
            early(),
        );
        assert_eq!(
            found.unwrap(),
            [Refusal::new(
                1110,
                "sign method not supported",
                "`method` is `SHA1` and must be in lower case: `sha1`"
            )]
        );
    }

    #[test]
    fn a_token_expires_at_its_et_and_one_in_milliseconds_is_said_to_be_so() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let text = good().compose();
        let judge = |text: &str, now| {
            refusals(text.as_bytes(), None, &Secrets::new(), now)
                .unwrap()
                .into_iter()
                .map(|refusal| (refusal.code, refusal.why))
                .collect::<Vec<_>>()
        };
        assert_eq!(judge(&text, at(1_623_982_415)), []);
        assert_eq!(
            judge(&text, at(1_623_982_420)),
            [(1104, "`et` passed 4 s ago".to_owned())]
        );
        let text = text.replace("1623982416", "1623982416000");
        assert_eq!(judge(&text, early())[0].0, 1104);
        assert!(judge(&text, early())[0].1.contains("milliseconds"));
    }

    #[test]
    fn a_username_that_is_not_the_res_does_not_match() {
        assert_eq!(codes(&good().compose(), Some("userid/1")), [1114]);
    }

    #[test]
    fn the_vendors_java_sample_sends_user_where_the_documentation_says_userid() {
        let token = issue(USER_KEY, "1623982416", "sha1", "user/10311", "2020-05-29");
        let found = refusals(
            token.compose().as_bytes(),
            None,
            &secrets(USER_KEY),
            early(),
        );
        let found = found.unwrap();
        assert_eq!(found[0].code, 1114);
        assert!(found[0].why.contains("must be `userid/10311`"), "{found:?}");
    }

    #[test]
    fn each_version_goes_with_its_own_resources() {
        for (version, res, expected) in [
            ("2018-10-31", "products/p", &[][..]),
            ("2018-10-31", "products/p/devices/d", &[]),
            ("2018-10-31", "userid/1", &[1114]),
            ("2020-05-29", "projectid/p/groupid/g", &[]),
            ("2020-05-29", "products/p", &[1114]),
            ("2022-05-01", "products/p/devices/d", &[]),
            ("2022-05-01", "userid/1", &[]),
            ("2022-05-01", "projectid/p/groupid/g", &[1114]),
            ("2022-05-01", "products//devices/d", &[1114]),
            ("2022-05-01", "groupid/g", &[1114]),
            ("2019-01-01", "userid/1", &[1111]),
        ] {
            let token = issue(USER_KEY, "1623982416", "sha1", res, version);
            assert_eq!(codes(&token.compose(), None), expected, "{version} {res}");
        }
    }

    #[test]
    fn several_reasons_stand_in_the_order_of_checking_with_the_signature_last() {
        let text = "version=x&res=user%2F1&et=1&method=sha1&sign=AAAA";
        assert_eq!(
            codes(text, Some("userid/1")),
            [1111, 1104, 1114, 1114, 1106]
        );
    }

    #[test]
    fn the_signature_is_judged_with_every_access_key_and_not_without_one() {
        let text = good().compose();
        let judge = |secrets: &Secrets| refusals(text.as_bytes(), None, secrets, early());
        assert_eq!(judge(&Secrets::new()).unwrap(), []);
        let old = secrets(DEVICE_KEY);
        assert_eq!(judge(&old).unwrap()[0].code, 1106);
        assert_eq!(
            judge(&old.with(SecretName::AccessKey, USER_KEY)).unwrap(),
            []
        );
        let error = judge(&secrets("not base64!")).unwrap_err();
        assert_eq!(error.to_string(), "the value of --access-key is not base64");
    }
}
