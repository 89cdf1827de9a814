//! The published tokens log in, and every refusal.

use super::*;

const DEVICE_KEY: &str = "KuF3NT/jUBJ62LNBB/A8XZA9CqS3Cu79B/ABmfA1UCw=";
const USER_KEY: &str = "XU/H2c4SmG6sZ3IRkomTQ1b/XzkDsl+1xzVh0gr1JaAC9Ugo7BNIAJEaAH+MK7i+";
const USER: &str = "userid/10311";
const GROUP: &str = "projectid/KLza8R/groupid/g1";

/// The documentation's tokens of a user, a group and a device.
const USER_TOKEN: &str = "version=2020-05-29&res=userid%2F10311&et=1623982416&method=sha1&sign=qEcjgJXhELte15mzZm%2FziCmGdFw%3D";
const GROUP_TOKEN: &str = "version=2020-05-29&res=projectid%2FKLza8R%2Fgroupid%2Fg1&et=1623982416&method=sha1&sign=jxOkB7oj3Zh5JjIk7vBFJyPr8iU%3D";
const DEVICE_TOKEN: &str = "version=2018-10-31&res=products%2FCk2AF9QD2K%2Fdevices%2Ftest&et=32472115200&method=sha256&sign=6Y4zbk3Sa89tRf9lMxCCE0jG74uEcEuu%2Fnly1pU9ADM%3D";

/// One user, one group and one device; the device's product has another key.
struct Known;

impl Keys for Known {
    fn application(&self, username: &str) -> Vec<Secret> {
        match username {
            USER | GROUP => vec![Secret::new(USER_KEY)],
            _ => Vec::new(),
        }
    }

    fn device(&self, product: &str, name: &str) -> Option<DeviceKeys> {
        (product == "Ck2AF9QD2K").then_some(())?;
        match name {
            "test" => Some(DeviceKeys {
                device: Some(Secret::new(DEVICE_KEY)),
                product: Some(Secret::new(USER_KEY)),
            }),
            "keyless" => Some(DeviceKeys::default()),
            _ => None,
        }
    }

    fn others(&self) -> Vec<OtherSecret> {
        vec![OtherSecret {
            id: "secret.swapped",
            what: "the key of another project".to_owned(),
            secret: Secret::new("AAECAwQFBgcICQ=="),
        }]
    }
}

/// 2021-06-01, before the published tokens end.
fn now() -> Timestamp {
    Timestamp::from_second(1_622_505_600).unwrap()
}

fn login(client_id: &str, username: &str, password: &str) -> Result<Who, Refusal> {
    let login = Login {
        client_id,
        username: Some(username),
        password: Some(password.as_bytes()),
    };
    authenticate(&login, &Known, now())
}

/// A token signed with the user's key, whatever it says.
fn token(version: &str, res: &str, et: &str, method: &str) -> String {
    signed_with(USER_KEY, version, res, et, method)
}

fn signed_with(key: &str, version: &str, res: &str, et: &str, method: &str) -> String {
    let secrets = Secrets::new().with(SecretName::AccessKey, key);
    let token = Token::issue(version, res, et, method, &secrets);
    token.unwrap().compose()
}

#[track_caller]
fn refused(client_id: &str, username: &str, password: &str, code: u16, words: &str) {
    let refusal = login(client_id, username, password).unwrap_err();
    assert_eq!(refusal.code, code, "{refusal:?}");
    assert!(refusal.explanation.contains(words), "{refusal:?}");
}

#[test]
fn the_published_tokens_of_a_user_a_group_and_a_device_log_in() {
    let id = "10311".to_owned();
    assert_eq!(login("any", USER, USER_TOKEN), Ok(Who::User { id }));
    let (project, group) = ("KLza8R".to_owned(), "g1".to_owned());
    assert_eq!(
        login("any", GROUP, GROUP_TOKEN),
        Ok(Who::Group { project, group })
    );
    let (product, name) = ("Ck2AF9QD2K".to_owned(), "test".to_owned());
    assert_eq!(
        login("test", "Ck2AF9QD2K", DEVICE_TOKEN),
        Ok(Who::Device { product, name })
    );
}

#[test]
fn an_applications_client_id_may_be_empty_and_a_devices_may_not() {
    assert!(login("", USER, USER_TOKEN).is_ok());
    refused("", "Ck2AF9QD2K", DEVICE_TOKEN, 1101, "clientId is empty");
}

#[test]
fn a_device_may_sign_with_its_products_key() {
    let res = "products/Ck2AF9QD2K/devices/test";
    let password = token("2018-10-31", res, "1623982416", "md5");
    assert!(login("test", "Ck2AF9QD2K", &password).is_ok());
}

#[test]
fn an_empty_username_or_password_is_1101() {
    refused("c", "", USER_TOKEN, 1101, "the username is empty");
    refused("c", USER, "", 1101, "the password is empty");
    let login = Login {
        client_id: "c",
        username: None,
        password: None,
    };
    assert_eq!(
        authenticate(&login, &Known, now()).unwrap_err().name,
        "empty clientId, username or password"
    );
}

#[test]
fn a_token_without_one_of_its_fields_is_1103() {
    let less = USER_TOKEN.replace("&et=1623982416", "");
    refused("c", USER, &less, 1103, "`et` is missing");
    refused("c", USER, "hunter2", 1103, "`version` is missing");
    let raw = USER_TOKEN.replace("%2F10311", "/10311");
    refused("c", USER, &raw, 1103, "`res` is not percent-encoded");
}

#[test]
fn a_token_past_its_end_is_1104_and_one_in_milliseconds_too() {
    let old = token("2020-05-29", USER, "1622505599", "sha1");
    refused("c", USER, &old, 1104, "passed 1 s ago");
    refused("c", USER, &old, 1104, "it is eight hours early");
    let millis = token("2020-05-29", USER, "1623982416000", "sha1");
    refused("c", USER, &millis, 1104, "milliseconds");
    let ages = token("2020-05-29", USER, "1537255523", "sha1");
    refused("c", USER, &ages, 1104, "the token is old");
}

#[test]
fn an_unknown_user_and_a_device_without_any_key_are_1105() {
    let other = token("2020-05-29", "userid/1", "1623982416", "sha1");
    refused("c", "userid/1", &other, 1105, "no access key of this user");
    let res = "products/Ck2AF9QD2K/devices/keyless";
    let device = token("2018-10-31", res, "1623982416", "sha1");
    refused("keyless", "Ck2AF9QD2K", &device, 1105, "this device");
}

#[test]
fn a_wrong_sign_is_1106_and_the_mistake_that_gives_it_is_named() {
    // HMAC-SHA1 keyed with the key's text, and of a text with a newline at its end.
    let swap = |sign| USER_TOKEN.replace("qEcjgJXhELte15mzZm%2FziCmGdFw%3D", sign);
    let text = swap("iIBbV%2Bfe3RAoAAGVvFbPFMqIKuM%3D");
    refused("c", USER, &text, 1106, "used without decoding it");
    let newline = swap("FPQn%2F%2BSlFX0ZcxYZhZMfDWIXfzc%3D");
    refused("c", USER, &newline, 1106, "newline");
    let nothing = swap("AAAAAAAAAAAAAAAAAAAAAAAAAAA%3D");
    refused("c", USER, &nothing, 1106, "no known mistake gives it");
}

#[test]
fn a_key_that_is_no_base64_is_told_and_not_shown() {
    struct Wrong;
    impl Keys for Wrong {
        fn application(&self, _: &str) -> Vec<Secret> {
            vec![Secret::new("hunter2!")]
        }
        fn device(&self, _: &str, _: &str) -> Option<DeviceKeys> {
            None
        }
    }
    let login = Login {
        client_id: "",
        username: Some(USER),
        password: Some(USER_TOKEN.as_bytes()),
    };
    let refusal = authenticate(&login, &Wrong, now()).unwrap_err();
    assert_eq!(refusal.code, 1106);
    assert!(refusal.explanation.contains("no base64"), "{refusal:?}");
    assert!(!refusal.explanation.contains("hunter2"), "{refusal:?}");
}

#[test]
fn a_token_signed_with_another_known_key_is_told_which() {
    let other = signed_with("AAECAwQFBgcICQ==", "2020-05-29", USER, "1623982416", "sha1");
    refused("c", USER, &other, 1106, "the key of another project was");
}

#[test]
fn an_unknown_device_is_1107() {
    let res = "products/Ck2AF9QD2K/devices/nobody";
    let device = token("2018-10-31", res, "1623982416", "sha1");
    refused("nobody", "Ck2AF9QD2K", &device, 1107, "no device `nobody`");
}

#[test]
fn a_method_in_upper_case_is_1110() {
    let upper = USER_TOKEN.replace("sha1", "SHA1");
    refused("c", USER, &upper, 1110, "lower case: `sha1`");
}

#[test]
fn an_unknown_version_and_that_of_another_use_are_1111() {
    let unknown = token("2019-01-01", USER, "1623982416", "sha1");
    refused("c", USER, &unknown, 1111, "`2019-01-01`");
    for version in ["2018-10-31", "2022-05-01"] {
        let other = token(version, USER, "1623982416", "sha1");
        refused("c", USER, &other, 1111, "long connection takes 2020-05-29");
    }
    let res = "products/Ck2AF9QD2K/devices/test";
    let device = token("2020-05-29", res, "1623982416", "sha1");
    refused("test", "Ck2AF9QD2K", &device, 1111, "takes 2018-10-31");
}

#[test]
fn another_protocol_is_1112_and_the_only_one_that_is_told_as_such() {
    let refusal = other_protocol("MQTT", 5);
    assert_eq!((refusal.code, refusal.connack()), (1112, 1));
    assert!(refusal.explanation.contains("level 5"));
}

#[test]
fn a_username_that_is_not_the_res_is_1114() {
    refused("c", GROUP, USER_TOKEN, 1114, "they must be equal");
    refused("test", "other", DEVICE_TOKEN, 1114, "clientId");
    let product = token("2018-10-31", "products/Ck2AF9QD2K", "1623982416", "sha1");
    refused("test", "Ck2AF9QD2K", &product, 1114, "without the device");
    refused("c", "userid/", USER_TOKEN, 1114, "empty segment");
    refused("c", "projectid/p", USER_TOKEN, 1114, "`projectid/p`");
}

#[test]
fn user_for_userid_is_1114_in_the_username_in_the_res_or_in_both() {
    let both = token("2020-05-29", "user/10311", "1623982416", "sha1");
    let words = "must be `userid/10311`";
    refused("c", "user/10311", USER_TOKEN, 1114, words);
    refused("c", USER, &both, 1114, words);
    refused("c", "user/10311", &both, 1114, "username and `res` are");
}

#[test]
fn a_login_that_is_not_allowed_is_told_from_one_that_is_wrong() {
    let connack = |username, password: &str| login("c", username, password).unwrap_err().connack();
    assert_eq!(connack(GROUP, USER_TOKEN), 4);
    let other = token("2020-05-29", "userid/1", "1623982416", "sha1");
    assert_eq!(connack("userid/1", &other), 5);
}
