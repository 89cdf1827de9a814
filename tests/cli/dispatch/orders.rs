//! `/commands` and `/devices`.

use serde_json::{Value, json};

use super::bench::{ID, OK, load, start};

#[test]
fn an_order_is_taken_alone_in_a_list_or_a_line() {
    let folder = tempfile::tempdir().unwrap();
    let it = start(folder.path(), "--device 7");
    let (status, body) = it.call("POST", "/commands", "", "{\n \"endpoint\": \"a\"\n}");
    assert_eq!(status, 202);
    let accepted: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(
        accepted,
        json!({"commands": [{"number": 1, "device": "7", "endpoint": "a"}]})
    );
    assert_eq!(it.order(&(load(1) + &load(2))), [2, 3]);
    let list = r#"[{"device":9007199254740993,"endpoint":"b"},{"endpoint":"c"}]"#;
    assert_eq!(it.order(list), [4, 5]);
    assert_eq!(it.get("/commands/4")["device"], ID);
    assert_eq!(it.order(r#"{"endpoint":"k","key":"x"}"#), [6]);
    assert_eq!(it.order(r#"{"endpoint":"k","key":"x"}"#), [6]);
}

#[test]
fn one_order_that_is_wrong_refuses_all_and_says_which() {
    let folder = tempfile::tempdir().unwrap();
    let it = start(folder.path(), "");
    for (body, why) in [
        ("", "there is no order in it"),
        ("{", "the order: "),
        (r#"{"endpoint":"a"}"#, "the order: it names no `device`"),
        (
            r#"[{"device":"7","endpoint":"a"},{"device":"7"}]"#,
            "order 2: it has no `endpoint`",
        ),
        (
            r#"[{"device":"7","endpoint":"a","policy":"x"}]"#,
            "the order: `policy` is at-most-once",
        ),
        (
            r#"{"device":"","endpoint":"a"}"#,
            "the order: `device` is neither",
        ),
    ] {
        let (status, answer) = it.call("POST", "/commands", "", body);
        assert_eq!(status, 400, "{body}");
        let answer: Value = serde_json::from_str(&answer).unwrap();
        let error = answer["error"].as_str().unwrap();
        assert!(error.starts_with(why), "{error}");
    }
    let (status, _) = it.call("POST", "/commands", "", load(1) + "{}\n" + &load(2));
    assert_eq!(status, 400);
    assert_eq!(it.get("/commands"), json!({"commands": []}));
}

#[test]
fn a_key_is_of_one_command_of_one_device() {
    let folder = tempfile::tempdir().unwrap();
    let it = start(folder.path(), "");
    let keyed = |device: u32, endpoint: &str| {
        format!("{{\"device\":{device},\"key\":\"a\",\"endpoint\":\"{endpoint}\"}}\n")
    };
    let post = |body: &str| {
        let (status, answer) = it.call("POST", "/commands", "", body);
        (status, serde_json::from_str::<Value>(&answer).unwrap())
    };
    assert_eq!(post(&keyed(7, "x")).0, 202);
    let (status, answer) = post(&keyed(7, "x"));
    assert_eq!(status, 200);
    assert_eq!(
        answer["commands"],
        json!([{"number": 1, "device": "7", "endpoint": "x", "known": true}])
    );
    let (status, answer) = post(&(keyed(8, "x") + &keyed(7, "x")));
    assert_eq!(status, 202);
    assert_eq!(answer["commands"][0]["number"], 2);
    assert_eq!(answer["commands"][1]["known"], true);
    for other in [keyed(7, "y"), keyed(9, "x") + &keyed(9, "y")] {
        let (status, answer) = post(&other);
        assert_eq!(status, 409, "{answer}");
        let error = answer["error"].as_str().unwrap();
        assert!(
            error.contains("the key a of device") && error.contains("another"),
            "{error}"
        );
    }
    assert_eq!(it.get("/commands")["commands"].as_array().unwrap().len(), 2);
}

#[test]
fn a_web_page_and_a_proxy_may_not_order() {
    let folder = tempfile::tempdir().unwrap();
    let mut it = start(folder.path(), "");
    for field in ["Origin: http://localhost:3000", "X-Forwarded-For: 1.2.3.4"] {
        for (method, path) in [
            ("POST", "/commands"),
            ("GET", "/devices"),
            ("GET", "/commands/1"),
        ] {
            let (status, body) = it.call(method, path, &format!("{field}\r\n"), load(1));
            assert_eq!(status, 403, "{body}");
            assert_eq!(it.next()["kind"], "guarded");
        }
    }
    assert_eq!(it.get("/commands"), json!({"commands": []}));
}

#[test]
fn what_stands_where_may_be_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let mut it = start(folder.path(), "");
    it.order(&(load(1) + &load(2)));
    it.poll(ID, "a");
    assert_eq!(it.get("/commands/1")["standing"], "in-flight");
    it.result(
        ID,
        "a",
        "load_objects",
        r#"{"error":"no such object","code":1}"#,
    );
    it.next();
    let first = it.get("/commands/1");
    assert_eq!(first["standing"], "failed");
    assert_eq!(first["tries"], 1);
    assert_eq!(
        first["result"],
        json!({"success": false, "error": "no such object"})
    );
    assert_eq!(it.get("/commands")["commands"][1]["standing"], "queued");
    let device = &it.get("/devices")["devices"][0];
    assert_eq!(device["id"], ID);
    assert_eq!(device["polls"], 1);
    assert_eq!(device["waiting"], 1);
    assert_eq!(device["in_flight"], 0);
    assert_eq!(device["failed"], 1);
    let polled: jiff::Timestamp = device["last_poll"].as_str().unwrap().parse().unwrap();
    let age = jiff::Timestamp::now().as_second() - polled.as_second();
    assert!((0..60).contains(&age), "{age}");
    for (method, path, status) in [
        ("GET", "/commands/3", 404),
        ("GET", "/commands/x", 404),
        ("DELETE", "/commands", 405),
        ("POST", "/devices", 405),
    ] {
        assert_eq!(it.call(method, path, "", OK).0, status, "{method} {path}");
    }
}
