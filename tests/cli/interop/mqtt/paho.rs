//! paho-mqtt as an application and as a device of `mqtt platform`.

use std::process::Command;

use super::{
    DEVICE_KEY, END, KEY, Process, device_token, file, has_paho, port, text, token, user_token,
};
use crate::harness::pushrig;
use crate::mqtt::platform::{Platform, Stream};
use crate::mqtt::{self, APPLICATION};

const APP: &str = "tests/interop/studio_paho_application.py";
const DEVICE: &str = "tests/interop/studio_paho_device.py";

fn python(path: &str, platform: &Platform, words: &[&str]) -> Process {
    let mut command = Command::new("python3");
    command.arg(file(path.rsplit('/').next().unwrap()));
    command.arg(port(platform.address())).args(words);
    Process::start(&mut command)
}

#[test]
fn an_application_of_paho_sets_and_hears_with_qos_0_and_1() {
    if !has_paho(APP) {
        return;
    }
    let platform = Platform::start("");
    let token = user_token();
    for (qos, value) in [("0", 1), ("1", 2)] {
        let params = format!(r#"{{"WF": {value}}}"#);
        let words = [
            "userid/10311",
            &token,
            qos,
            "MQTTv311",
            "00001/iot-0001",
            &params,
        ];
        let app = python(APP, &platform, &words).end();
        let said = text(&app);
        assert!(app.status.success(), "{said}");
        let granted = format!(
            "granted: {}",
            [format!("Granted QoS {qos}").as_str(); 4].join(", ")
        );
        assert!(said.starts_with(&granted), "{said}");
        let reply = format!(
            "property/set/reply {qos} {{\"requestId\":\"8906582E6722409AA6C40E7863B733A5\",\"success\":true}}"
        );
        assert!(said.contains(&reply), "{said}");
        assert!(
            said.contains(&format!("property {qos} {{\"productId\":\"00001\"")),
            "{said}"
        );
        assert!(
            said.contains(&format!("\"WF\":{{\"value\":{value},")),
            "{said}"
        );
    }
    let words = [
        "userid/10311",
        &token,
        "1",
        "MQTTv311",
        "00001/iot-0001",
        r#"{"x": 1}"#,
    ];
    let said = text(&python(APP, &platform, &words).end());
    assert!(
        said.contains(r#""code":"setPropertyFailed","msg":"no property `x`","success":false"#),
        "{said}"
    );
    let words = ["userid/10311", &token, "1", "MQTTv311", "00001/foreign"];
    let denied = python(APP, &platform, &words).end();
    assert_eq!(denied.status.code(), Some(1), "{}", text(&denied));
    platform.end("INT").code(0);
}

#[test]
fn each_wrong_login_of_paho_is_refused_in_its_own_words() {
    if !has_paho(APP) {
        return;
    }
    let platform = Platform::start("");
    let user = "userid/10311";
    let of = |version: &str, res: &str, et: &str, key: &str| token(version, res, et, "sha256", key);
    let good = user_token();
    let (bad, no) = ("Bad user name or password", "Not authorized");
    for (username, token, why, code) in [
        ("", good.clone(), bad, 1101),
        (user, "no token".to_owned(), bad, 1103),
        (user, of("2020-05-29", user, "1623982416", KEY), no, 1104),
        ("userid/9", of("2020-05-29", "userid/9", END, KEY), no, 1105),
        (user, of("2020-05-29", user, END, DEVICE_KEY), bad, 1106),
        (
            user,
            good.replace("method=sha256", "method=sha512"),
            bad,
            1110,
        ),
        (user, of("2022-05-01", user, END, KEY), bad, 1111),
        (user, of("2020-05-29", "userid/2", END, KEY), bad, 1114),
    ] {
        let refused = python(APP, &platform, &[username, &token, "1", "MQTTv311"]).end();
        let said = text(&refused);
        assert_eq!(refused.status.code(), Some(1), "{code}: {said}");
        assert!(
            said.starts_with(&format!("refused: {why}")),
            "{code}: {said}"
        );
        platform.says(&format!(", {code} "));
    }
    let device = token(
        "2018-10-31",
        "products/00001/devices/nobody",
        END,
        "sha1",
        DEVICE_KEY,
    );
    let refused = python(DEVICE, &platform, &["00001", "nobody", &device]).end();
    assert!(
        text(&refused).starts_with("refused: Not authorized"),
        "{}",
        text(&refused)
    );
    platform.says("1107 device not found");
    for (protocol, named) in [
        ("MQTTv5", "`MQTT` level 5"),
        ("MQTTv31", "`MQIsdp` level 3"),
    ] {
        let refused = python(APP, &platform, &[user, &good, "1", protocol]).end();
        assert!(!text(&refused).contains("granted"), "{}", text(&refused));
        platform.says(&format!(
            "CONNACK 1, 1112 protocol not match: the client speaks {named}"
        ));
    }
    platform.end("INT").code(0);
}

#[test]
fn a_device_of_paho_reports_and_does_what_it_is_told_to() {
    if !has_paho(DEVICE) {
        return;
    }
    let play = "{\"device\":\"00001/real\",\"get\":[\"Power\"]}\n\
                {\"device\":\"00001/real\",\"invoke\":{\"open\":{\"door\":1}}}\n";
    let files = [("p.toml", mqtt::platform::FILE), ("play", play)];
    let platform = Platform::among(&files, "p.toml --play play --wait --format json");
    let mut device = python(DEVICE, &platform, &["00001", "real", &device_token()]);
    let said = Stream::of(device.0.stdout.take().unwrap());
    said.has("ready\n");
    // The platform's messages to a device are of QoS 0.
    assert_eq!(said.text().matches("Granted QoS 0").count(), 5);
    let address = platform.address();
    let account = APPLICATION.replace("iot-0001", "real");
    pushrig(&format!("mqtt set {address} {account} Power=on"))
        .stdout_has(["pass   set 00001/real", "success"])
        .exits(0);
    pushrig(&format!("mqtt set {address} {account} nothing=1"))
        .stdout_has(["setPropertyFailed", "no such property"])
        .exits(1);
    said.has(r#""params": {"Power": "on"}}"#);
    // What is played has begun with the first application, before or behind what that one set.
    for thing in ["property/get_reply", "service/open/invoke_reply"] {
        platform.says(&format!(
            r#""type":"said","device":"00001/real","thing":"{thing}""#
        ));
    }
    let ended = platform.end("INT").code(0);
    let said = ended.of("said");
    assert_eq!(said.len(), 2, "{}", ended.out);
    assert!(
        said[0]["payload"]
            .as_str()
            .unwrap()
            .contains(r#""data": {"Power": "o"#)
    );
    assert_eq!(ended.summary()["invalid"], 0);
}
