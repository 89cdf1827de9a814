//! Every refusal of a login: the code of CONNACK that its client gets, and the explanation here.

use pushrig::mqtt::packet::{Connect, ConnectReturnCode, Packet};

use super::{DEVICE_KEY, FILE, Platform};
use crate::harness::pushrig;
use crate::mqtt::client::{Client, application_token, bytes, device_token, login, token};
use crate::mqtt::{APPLICATION, KEY};

use ConnectReturnCode::{BadUserNamePassword, NotAuthorized, RefusedProtocolVersion};

/// A time that has passed, and one that has not.
const PAST: u64 = 1_623_982_416;
const END: u64 = 2_051_222_400;

struct Wrong {
    client_id: &'static str,
    username: &'static str,
    token: String,
    connack: ConnectReturnCode,
    /// The platform's code and name for it.
    name: &'static str,
    /// A part of what is said in plain words.
    why: &'static str,
}

fn wrong(
    (client_id, username): (&'static str, &'static str),
    token: impl Into<String>,
    connack: ConnectReturnCode,
    name: &'static str,
    why: &'static str,
) -> Wrong {
    let token = token.into();
    Wrong {
        client_id,
        username,
        token,
        connack,
        name,
        why,
    }
}

const USER: (&str, &str) = ("app", "userid/10311");
const EMPTY: &str = "1101 empty clientId, username or password";
const MISMATCH: &str = "1114 argument does not match";
const SIGN: &str = "1106 sign not match";

/// Tokens of applications that are none, and such that have passed.
fn forms() -> Vec<Wrong> {
    let good = application_token("userid/10311");
    let bad = BadUserNamePassword;
    let of = |et| token("2020-05-29", "userid/10311", et, KEY);
    vec![
        wrong(
            ("app", ""),
            good.clone(),
            bad,
            EMPTY,
            "the username is empty",
        ),
        wrong(
            USER,
            "",
            bad,
            EMPTY,
            "the password is empty: it is the token",
        ),
        wrong(
            USER,
            "a password that is no token",
            bad,
            "1103 invalid token",
            "",
        ),
        wrong(
            USER,
            good.replace("&method=sha1", ""),
            bad,
            "1103 invalid token",
            "method",
        ),
        wrong(
            USER,
            good.replace("userid%2F", "userid/"),
            bad,
            "1103 invalid token",
            "%2F",
        ),
        wrong(
            USER,
            good.replace("et=2", "et=x2"),
            bad,
            "1103 invalid token",
            "`et` is not a number",
        ),
        wrong(
            USER,
            of(PAST),
            NotAuthorized,
            "1104 token expired",
            "passed",
        ),
        wrong(
            USER,
            of(END * 1000),
            NotAuthorized,
            "1104 token expired",
            "milliseconds",
        ),
    ]
}

/// Tokens of applications that are of another key, use or account.
fn applications() -> Vec<Wrong> {
    let good = application_token("userid/10311");
    let bad = BadUserNamePassword;
    let of = |version, res, key| token(version, res, END, key);
    vec![
        wrong(
            ("app", "userid/9"),
            of("2020-05-29", "userid/9", KEY),
            NotAuthorized,
            "1105 key not found",
            "no access key of this user is known",
        ),
        wrong(
            ("app", "projectid/KLza8R/groupid/g1"),
            of("2020-05-29", "projectid/KLza8R/groupid/g1", KEY),
            NotAuthorized,
            "1105 key not found",
            "no access key of this group is known",
        ),
        wrong(
            USER,
            of("2020-05-29", "userid/10311", DEVICE_KEY),
            bad,
            SIGN,
            "signed with another key",
        ),
        wrong(
            USER,
            good.replace("sha1", "SHA1"),
            bad,
            "1110 sign method not supported",
            "must be in lower case: `sha1`",
        ),
        wrong(
            USER,
            good.replace("sha1", "sha512"),
            bad,
            "1110 sign method not supported",
            "known are md5, sha1, sha256",
        ),
        wrong(
            USER,
            of("2018-10-31", "userid/10311", KEY),
            bad,
            "1111 invalid version",
            "takes 2020-05-29",
        ),
        wrong(
            USER,
            of("1999-01-01", "userid/10311", KEY),
            bad,
            "1111 invalid version",
            "`1999-01-01`",
        ),
        wrong(
            USER,
            of("2020-05-29", "userid/2", KEY),
            bad,
            MISMATCH,
            "`res` is `userid/2`, the username is `userid/10311`: they must be equal",
        ),
        wrong(
            ("app", "user/10311"),
            of("2020-05-29", "user/10311", KEY),
            bad,
            MISMATCH,
            "must be `userid/10311`: the vendor's Java sample has it wrong",
        ),
    ]
}

fn devices() -> Vec<Wrong> {
    let of = |res, et, key| token("2018-10-31", res, et, key);
    let real = ("real", "00001");
    let good = device_token("real");
    let bad = BadUserNamePassword;
    vec![
        wrong(
            ("", "00001"),
            good.clone(),
            bad,
            EMPTY,
            "the clientId is empty: a device's is its name",
        ),
        wrong(
            ("nobody", "00001"),
            device_token("nobody"),
            NotAuthorized,
            "1107 device not found",
            "product `00001` has no device `nobody`",
        ),
        wrong(
            real,
            of("products/00001/devices/real", PAST, DEVICE_KEY),
            NotAuthorized,
            "1104 token expired",
            "passed",
        ),
        wrong(
            real,
            of("products/00001/devices/real", END, KEY),
            bad,
            SIGN,
            "the access key of userid/",
        ),
        wrong(
            real,
            of("products/00001", END, DEVICE_KEY),
            bad,
            MISMATCH,
            "the product without the device `real`",
        ),
        wrong(
            ("other", "00001"),
            good,
            bad,
            MISMATCH,
            "username (product id) and clientId (device name) say `products/00001/devices/other`",
        ),
        wrong(
            real,
            token("2020-05-29", "products/00001/devices/real", END, DEVICE_KEY),
            bad,
            "1111 invalid version",
            "2018-10-31",
        ),
    ]
}

fn all() -> Vec<Wrong> {
    forms()
        .into_iter()
        .chain(applications())
        .chain(devices())
        .collect()
}

/// A CONNECT that has user name and password, be they empty.
fn said(client_id: &str, username: &str, password: &str) -> Vec<u8> {
    let mut body = b"\0\x04MQTT\x04\xC2\0\x3C".to_vec();
    for text in [client_id, username, password] {
        body.extend(u16::try_from(text.len()).unwrap().to_be_bytes());
        body.extend(text.as_bytes());
    }
    let length = body.len();
    let [low, high] = [length % 128, length / 128].map(|it| u8::try_from(it).unwrap());
    let mut packet = vec![0x10, low | 0x80, high];
    packet.extend(body);
    packet
}

#[test]
fn who_gives_no_user_name_at_all_is_told_so() {
    let platform = Platform::start("");
    let mut client = Client::open(&platform);
    let code = client.connect(Connect::new("app"));
    assert_eq!(code, BadUserNamePassword);
    platform.says("CONNACK 4, 1101 empty clientId, username or password: the username is empty");
    // A password without a user name is none of the protocol's: it has no answer.
    let mut client = Client::open(&platform);
    client.raw(b"\x10\x10\0\x04MQTT\x04\x42\0\x3C\0\x01a\0\x01b");
    client.is_closed();
    platform.says("a CONNECT has a password and no user name");
    platform.end("INT").code(0);
}

#[test]
fn every_refusal_of_a_login_has_its_code_at_the_client_and_plain_words_here() {
    let mut platform = Platform::start("");
    for case in all() {
        platform.hides(&case.token);
        let mut client = Client::open(&platform);
        client.raw(&said(case.client_id, case.username, &case.token));
        let code = client.connack();
        assert_eq!(code, case.connack, "{} {}", case.name, case.why);
        client.is_closed();
    }
    let ended = platform.end("INT").code(0);
    let mut lines = ended.out.lines().filter(|line| line.contains("  refused "));
    for case in all() {
        let line = lines.next().unwrap();
        let number = if case.connack == NotAuthorized { 5 } else { 4 };
        let said = format!("CONNACK {number}, {}: ", case.name);
        let (_, why) = line.split_once(&said).unwrap_or_else(|| {
            panic!("{line}\nhas not {said}");
        });
        assert!(why.contains(case.why), "{line}\nhas not {}", case.why);
        assert!(why.len() > 10, "{line}");
    }
    assert_eq!(lines.next(), None);
}

#[test]
fn machines_are_told_the_code_the_name_and_the_explanation_of_a_refusal() {
    let mut platform = Platform::start("--format json");
    for case in all() {
        platform.hides(&case.token);
        let mut client = Client::open(&platform);
        client.raw(&said(case.client_id, case.username, &case.token));
        client.connack();
    }
    let ended = platform.end("INT").code(0);
    let lines = ended.of("refused");
    assert_eq!(lines.len(), all().len());
    for (case, line) in all().iter().zip(&lines) {
        let refusal = &line["refusal"];
        let name = refusal["name"].as_str().unwrap();
        assert_eq!(format!("{} {name}", refusal["code"]), case.name);
        assert!(refusal["explanation"].as_str().unwrap().contains(case.why));
        assert_eq!(line["username"], case.username);
        let connack = if case.connack == NotAuthorized { 5 } else { 4 };
        assert_eq!(line["connack"], connack, "{line}");
    }
    assert_eq!(ended.summary()["refused"], all().len());
    assert_eq!(ended.summary()["connected"], 0);
}

#[test]
fn a_client_of_another_mqtt_gets_connack_1_and_its_version_is_named() {
    let platform = Platform::start("");
    for (name, level, said) in [
        ("MQTT", 5, "`MQTT` level 5"),
        ("MQIsdp", 3, "`MQIsdp` level 3"),
    ] {
        let mut client = Client::open(&platform);
        let mut body = vec![0, u8::try_from(name.len()).unwrap()];
        body.extend(name.as_bytes());
        // Clean session, 60 s; the properties of MQTT 5, none; the client id.
        body.extend([level, 2, 0, 60]);
        body.extend(vec![0; usize::from(level == 5)]);
        body.extend([0, 1, b'a']);
        let mut packet = vec![0x10, u8::try_from(body.len()).unwrap()];
        packet.extend(body);
        client.raw(&packet);
        assert_eq!(client.connack(), RefusedProtocolVersion);
        client.is_closed();
        platform.says(&format!(
            "CONNACK 1, 1112 protocol not match: the client speaks {said}, the platform MQTT 3.1.1"
        ));
    }
    platform.end("INT").code(0);
}

#[test]
fn a_clock_that_is_hours_off_is_seen_in_the_refusal() {
    // Three hours after the time up to which this token is good.
    let platform = Platform::start("--now 2021-06-18T05:26:56Z");
    let mut client = Client::open(&platform);
    let late = token("2020-05-29", "userid/10311", PAST, KEY);
    assert_eq!(client.connect(login("app", USER.1, &late)), NotAuthorized);
    platform.says("1104 token expired: ");
    let said = platform.said();
    assert!(said.contains("3 h") || said.contains("10800 s"), "{said}");
    platform.end("INT").code(0);
    // And an hour before it.
    let platform = Platform::start("--now 2021-06-18T01:26:56Z");
    Client::inside(&platform, login("app", USER.1, &late));
    platform.end("INT").code(0);
}

#[test]
fn watch_and_set_explain_what_the_platform_refuses_them() {
    let platform = Platform::start("--now 2021-06-18T05:26:56Z");
    let address = platform.address();
    let now = "--now 2021-06-18T02:00:00Z --expires 10m";
    pushrig(&format!(
        "mqtt watch {address} {APPLICATION} --count 1 {now}"
    ))
    .stdout_has([
        "fail   connect  refused by CONNACK 5",
        "is this machine's clock right?",
    ])
    .any_stderr()
    .exits(1);
    platform.says("1104 token expired: ");
    let other = format!("--user 10311 --access-key {DEVICE_KEY} --device 00001/iot-0001");
    pushrig(&format!("mqtt set {address} {other} a=1"))
        .stdout_has(["refused by CONNACK 4", "is that the key of userid/10311"])
        .any_stderr()
        .exits(1);
    platform.says("1106 sign not match: ");
    platform.end("INT").code(0);
}

#[test]
fn the_devices_own_key_and_the_products_are_both_good() {
    let product = format!("{FILE}[[product]]\nid = \"00001\"\naccess_key = \"{KEY}\"\n");
    let platform = Platform::with(&product, "-q");
    Client::device(&platform, "real");
    let signed = token("2018-10-31", "products/00001/devices/real", END, KEY);
    Client::inside(&platform, login("real", "00001", &signed));
    platform.end("INT").code(0);
}

#[test]
fn two_connections_of_one_client_id_are_one() {
    let platform = Platform::start("");
    let mut first = Client::user(&platform, "mine", "userid/10311");
    let mut second = Client::user(&platform, "mine", "userid/2");
    first.is_closed();
    assert!(second.settled().is_empty());
    platform.says("disconnected  userid/10311  another connection came with its client id");
    // Who gives none is given one, and ends nobody.
    let (mut third, mut fourth) = (
        Client::application(&platform),
        Client::application(&platform),
    );
    assert!(third.settled().is_empty() && fourth.settled().is_empty());
    platform.end("INT").code(0);
}

#[test]
fn what_is_said_before_connect_and_a_second_connect_end_the_connection() {
    let platform = Platform::start("");
    let mut client = Client::open(&platform);
    client.send(&Packet::PingReq);
    client.is_closed();
    platform.says("PINGREQ came before CONNECT");
    let mut client = Client::application(&platform);
    let again = login("a", USER.1, &application_token(USER.1));
    client.raw(&bytes(&Packet::Connect(again)));
    client.is_closed();
    platform.says("userid/10311  a second CONNECT");
    platform.end("INT").code(0);
}
