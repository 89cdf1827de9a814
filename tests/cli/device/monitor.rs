//! Somebody passes, and the Monitor is told.

use super::*;

const NOW: &str = "--now 2024-05-06T07:08:09Z";

/// The bodies that came to a path of the monitor.
fn told_of(monitor: &Server, name: &str) -> Vec<String> {
    let mut received = monitor.received();
    received.retain(|it| it.target() == format!("/m/api/notifications/{name}"));
    for request in &received {
        assert_eq!(request.method(), "POST");
        assert_eq!(request.header("Content-Type").unwrap(), "application/json");
    }
    received
        .into_iter()
        .map(|it| String::from_utf8(it.body()).unwrap())
        .collect()
}

#[test]
fn an_access_is_in_the_log_and_the_monitor_hears_of_it_in_texts() {
    let monitor = Server::start(|_| Reply::ok());
    let logs = json!({"object": "access_logs", "fields": ["id", "event", "user_id", "portal_id"]});
    let server = hands_out([asks_with("load_objects", &logs)]);
    let lines = told(
        &server,
        &format!(
            "--until-idle {NOW} --seed-users 3 --access user=2 --access user=99,portal=1 \
             --access user=1,portal=7 --monitor {}",
            monitor.url("/m")
        ),
        0,
    );
    let accesses = of_type(&lines, "access");
    let events: Vec<_> = accesses
        .iter()
        .map(|it| it["event"].as_i64().unwrap())
        .collect();
    assert_eq!(events, [7, 3, 6]);
    assert_eq!(accesses[0]["user"], 2);
    assert_eq!(
        response(&bodies(&server)[0]),
        json!({"access_logs": [
            {"id": 1, "event": 7, "user_id": 2, "portal_id": 1},
            {"id": 2, "event": 3, "user_id": 0, "portal_id": 1},
            {"id": 3, "event": 6, "user_id": 1, "portal_id": 7},
        ]})
    );
    let changes = told_of(&monitor, "dao");
    assert_eq!(changes.len(), 3);
    let time = &changes[0].split("\"time\":\"").nth(1).unwrap()[..10];
    assert!(time.starts_with("17149792"), "{time}");
    assert_eq!(
        changes[0],
        format!(
            r#"{{"object_changes":[{{"object":"access_logs","type":"inserted","values":{{"id":"1","time":"{time}","event":"7","device_id":"478435","identifier_id":"0","user_id":"2","portal_id":"1","identification_rule_id":"0","card_value":"0","qrcode_value":"","pin_value":"","confidence":"0","log_type_id":"0"}}}}],"device_id":478435}}"#
        )
    );
    assert_eq!(
        told_of(&monitor, "device_is_alive"),
        [r#"{"access_logs":3,"device_id":478435}"#]
    );
    assert_eq!(
        outcomes(&lines, "case")[..4],
        [
            "478435/dao pass",
            "478435/dao pass",
            "478435/dao pass",
            "478435/device_is_alive pass"
        ]
    );
}

#[test]
fn people_read_who_passed() {
    let server = Server::start(|_| Reply::ok());
    device(&server, "--until-idle --seed-users 1 --access user=1")
        .stdout_has(["access  478435  user 1 at portal 1: granted (event 7)"])
        .exits(0);
}

#[test]
fn a_monitor_that_refuses_or_is_gone_is_told_and_the_device_polls_all_the_same() {
    let refusing = Server::start(|_| Reply::status(500));
    let server = hands_out([greets()]);
    let flags = format!("--until-idle --monitor {}", refusing.url(""));
    let lines = told(&server, &flags, 1);
    assert_eq!(
        outcomes(&lines, "case"),
        [
            "478435/device_is_alive fail",
            "478435/message_to_screen#1 pass"
        ]
    );
    let server = hands_out([greets()]);
    let port = crate::interop::free_port();
    let flags = format!("--until-idle --monitor http://127.0.0.1:{port}");
    let lines = told(&server, &flags, 3);
    assert_eq!(
        outcomes(&lines, "case"),
        [
            "478435/device_is_alive error",
            "478435/message_to_screen#1 pass"
        ]
    );
}

#[test]
fn an_alarm_sounds_until_the_server_stops_it() {
    let server = hands_out([
        asks("alarm_status"),
        asks_with("alarm_status", &json!({"stop": true})),
        asks("alarm_status"),
    ]);
    device(&server, "--until-idle -q --alarm 6")
        .any_stdout()
        .exits(0);
    let bodies: Vec<_> = bodies(&server).iter().map(|it| response(it)).collect();
    assert_eq!(
        bodies,
        [
            json!({"active": true, "cause": 6}),
            json!({}),
            json!({"active": false, "cause": 0})
        ]
    );
}
