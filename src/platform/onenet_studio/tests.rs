//! The published tokens, and every refusal.

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
fn everything_but_unreserved_characters_is_percent_encoded() {
    let token = Token {
        version: "v".into(),
        res: "a+b /?%#&=:\u{4e2d}-._~".into(),
        et: "1".into(),
        method: "md5".into(),
        sign: "+/=".into(),
    };
    let text = token.compose();
    assert_eq!(
        text,
        "version=v&res=a%2Bb%20%2F%3F%25%23%26%3D%3A%E4%B8%AD-._~&et=1&method=md5&sign=%2B%2F%3D"
    );
    assert_eq!(Token::parse(text.as_bytes()), Ok(token));
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
fn a_value_in_which_one_of_the_eight_stands_as_it_is_makes_an_invalid_token() {
    let text = good().compose();
    for spoilt in [
        text.replace("%2F", "/"),
        text.replace("%3D", "="),
        text.replace("%2F", "%"),
        text.replace("%2F10311", "%2F1031+1"),
    ] {
        assert_eq!(codes(&spoilt, None)[0], 1103, "{spoilt}");
    }
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
            .map(|refusal| (refusal.code, refusal.explanation))
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
    assert!(
        found[0].explanation.contains("must be `userid/10311`"),
        "{found:?}"
    );
}

#[test]
fn each_version_goes_with_its_own_resources() {
    for (version, res, expected) in [
        ("2018-10-31", "products/p", &[][..]),
        ("2018-10-31", "products/p/devices/d", &[]),
        ("2018-10-31", "userid/1", &[1111]),
        ("2020-05-29", "projectid/p/groupid/g", &[]),
        ("2020-05-29", "products/p", &[1111]),
        ("2022-05-01", "products/p/devices/d", &[]),
        ("2022-05-01", "userid/1", &[]),
        ("2022-05-01", "projectid/p/groupid/g", &[1111]),
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
    assert_eq!(
        error.to_string(),
        "--access-key is not base64, as this key must be"
    );
}
