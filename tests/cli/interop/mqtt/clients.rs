//! `mosquitto_pub` and `mosquitto_sub` as clients of `mqtt platform`.

use std::process::Command;

use super::{
    DEVICE_KEY, END, KEY, Process, device_token, has_mosquitto, port, text, token, user_token,
};
use crate::mqtt::client::topic;
use crate::mqtt::platform::Platform;

const CLIENTS: &str = "mosquitto_pub and mosquitto_sub at mqtt platform";

/// One of the two, as somebody who logs in.
fn client(program: &str, platform: &Platform, who: (&str, &str, &str), words: &[&str]) -> Command {
    let (id, username, token) = who;
    let mut command = Command::new(program);
    command.args(["-h", "127.0.0.1", "-p", port(platform.address())]);
    command.args(["-u", username, "-P", token]);
    if !id.is_empty() {
        command.args(["-i", id]);
    }
    command.args(words);
    command
}

#[test]
fn mosquittos_clients_are_an_application_with_either_quality_of_service() {
    if !has_mosquitto(CLIENTS) {
        return;
    }
    let mut platform = Platform::start("");
    let token = user_token();
    platform.hides(&token);
    let who = ("", "userid/10311", token.as_str());
    for (qos, value) in [("0", 1), ("1", 2)] {
        let (reply, property) = (
            topic("iot-0001", "property/set/reply"),
            topic("iot-0001", "property"),
        );
        let words = [
            "-t", &reply, "-t", &property, "-q", qos, "-C", "2", "-W", "60",
        ];
        let sub = Process::start(&mut client("mosquitto_sub", &platform, who, &words));
        platform.says(&format!("{property}  QoS {qos}\n"));
        let set = format!(r#"{{"requestId":"R{value}","data":{{"params":{{"WF":{value}}}}}}}"#);
        let of = topic("iot-0001", "property/set");
        let words = ["-t", &of, "-q", qos, "-m", &set];
        let done = Process::start(&mut client("mosquitto_pub", &platform, who, &words)).end();
        assert!(done.status.success(), "{}", text(&done));
        let end = sub.end();
        assert!(end.status.success(), "{}", text(&end));
        let heard = text(&end);
        let reply = format!(r#"{{"requestId":"R{value}","success":true}}"#);
        assert!(heard.starts_with(&reply), "{heard}");
        assert!(
            heard.contains(&format!(r#""WF":{{"value":{value},"#)),
            "{heard}"
        );
    }
    platform.end("INT").code(0);
}

#[test]
fn mosquittos_client_is_a_device_that_reports() {
    if !has_mosquitto(CLIENTS) {
        return;
    }
    let platform = Platform::start("");
    let (user, device) = (user_token(), device_token());
    let (property, lifecycle) = (topic("real", "property"), topic("real", "lifecycle"));
    let words = ["-t", &property, "-t", &lifecycle, "-C", "3", "-W", "60"];
    let app = ("", "userid/10311", user.as_str());
    let sub = Process::start(&mut client("mosquitto_sub", &platform, app, &words));
    platform.says(&format!("{lifecycle}  QoS 0\n"));
    let report =
        r#"{"id":"9","version":"1.0","params":{"WF":{"value":2.50,"time":1524448722123}}}"#;
    let of = topic("real", "property/post");
    let words = ["-t", &of, "-q", "1", "-m", report];
    let who = ("real", "00001", device.as_str());
    let sent = Process::start(&mut client("mosquitto_pub", &platform, who, &words)).end();
    assert!(sent.status.success(), "{}", text(&sent));
    let heard = text(&sub.end());
    let lines: Vec<_> = heard.lines().collect();
    assert!(lines[0].contains(r#""status":"online""#), "{heard}");
    // As the device wrote it.
    assert!(
        lines[1].contains(r#""id":"9","params":{"WF":{"value":2.50,"time":1524448722123}}"#),
        "{heard}"
    );
    assert!(lines[2].contains(r#""status":"offline""#), "{heard}");
    platform.end("INT").code(0);
}

/// The exit code of mosquitto's clients is the code of CONNACK.
#[test]
fn each_wrong_login_of_mosquittos_clients_ends_with_the_code_of_its_refusal() {
    if !has_mosquitto(CLIENTS) {
        return;
    }
    let user = "userid/10311";
    let app = |version: &str, res: &str, et: &str, key: &str| token(version, res, et, "sha1", key);
    let good = user_token();
    let device = |name: &str, key: &str| {
        token(
            "2018-10-31",
            &format!("products/00001/devices/{name}"),
            END,
            "sha256",
            key,
        )
    };
    let platform = Platform::start("");
    for (id, username, token, connack, code) in [
        ("", user, "no token".to_owned(), 4, 1103),
        (
            "",
            user,
            app("2020-05-29", user, "1623982416", KEY),
            5,
            1104,
        ),
        (
            "",
            user,
            app("2020-05-29", user, "2051222400000", KEY),
            5,
            1104,
        ),
        (
            "",
            "userid/9",
            app("2020-05-29", "userid/9", END, KEY),
            5,
            1105,
        ),
        ("", user, app("2020-05-29", user, END, DEVICE_KEY), 4, 1106),
        ("nobody", "00001", device("nobody", DEVICE_KEY), 5, 1107),
        ("real", "00001", device("real", KEY), 4, 1106),
        (
            "",
            user,
            good.replace("method=sha256", "method=SHA256"),
            4,
            1110,
        ),
        ("", user, app("2018-10-31", user, END, KEY), 4, 1111),
        ("", user, app("2020-05-29", "userid/2", END, KEY), 4, 1114),
        (
            "",
            "user/10311",
            app("2020-05-29", "user/10311", END, KEY),
            4,
            1114,
        ),
    ] {
        let words = ["-t", "x", "-W", "60"];
        let who = (id, username, token.as_str());
        let refused = Process::start(&mut client("mosquitto_sub", &platform, who, &words)).end();
        assert_eq!(
            refused.status.code(),
            Some(connack),
            "{code}: {}",
            text(&refused)
        );
        platform.says(&format!("CONNACK {connack}, {code} "));
    }
    platform.end("INT").code(0);
}

#[test]
fn mosquittos_clients_of_other_versions_of_mqtt_are_refused() {
    if !has_mosquitto(CLIENTS) {
        return;
    }
    let (platform, token) = (Platform::start(""), user_token());
    let user = "userid/10311";
    for version in ["mqttv31", "mqttv5"] {
        let words = ["-t", "x", "-W", "60", "-V", version];
        let who = ("app", user, token.as_str());
        let refused = Process::start(&mut client("mosquitto_sub", &platform, who, &words)).end();
        assert!(!refused.status.success(), "{version}: {}", text(&refused));
    }
    let ended = platform.end("INT").code(0);
    assert_eq!(
        ended
            .out
            .matches("CONNACK 1, 1112 protocol not match")
            .count(),
        2
    );
    assert!(
        ended.out.contains("0 connected, 2 refused"),
        "{}",
        ended.out
    );
}

#[test]
fn a_subscription_that_is_refused_is_one_for_mosquitto_too() {
    if !has_mosquitto(CLIENTS) {
        return;
    }
    let platform = Platform::start("");
    let token = user_token();
    let who = ("", "userid/10311", token.as_str());
    let words = ["-t", "$sys/00001/+/thing/property", "-W", "60"];
    let refused = Process::start(&mut client("mosquitto_sub", &platform, who, &words)).end();
    let said = text(&refused);
    assert!(
        said.contains("All subscription requests were denied"),
        "{said}"
    );
    platform.says("a subscription names one device, without wildcards");
    platform.end("INT").code(0);
}
