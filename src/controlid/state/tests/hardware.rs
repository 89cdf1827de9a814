//! The rows of the table about doors, relays, screen, buzzer, and people who enroll.

use super::{bench, shown, text};
use crate::controlid::state::{Done, ENROLL_MILLIS, Effect};

#[test]
fn execute_actions() {
    let mut bench = bench();
    let body = r#"{"actions":[{"action":"sec_box","parameters":"id=65793, reason=3"}]}"#;
    assert_eq!(
        bench.run("execute_actions", body),
        r#"{"actions":[{"action":"sec_box","status":"allowed"}]}"#
    );
    assert_eq!(
        bench.effects("execute_actions", body),
        [Effect::Action {
            action: "sec_box".into(),
            parameters: "id=65793, reason=3".into()
        }]
    );
    for action in ["door", "catra", "open_collector"] {
        let body = format!(r#"{{"actions":[{{"action":"{action}"}}]}}"#);
        assert!(bench.run("execute_actions", &body).contains("allowed"));
    }
    assert_eq!(
        bench.run("execute_actions", r#"{"actions":[{"action":"fly"}]}"#),
        "error 1: pushrig: there is no action \"fly\""
    );
}

#[test]
fn remote_enroll() {
    let mut bench = bench();
    bench.run(
        "create_objects",
        r#"{"object":"users","values":[{"name":"A"}]}"#,
    );
    let body = r#"{"type":"card","user_id":1,"save":true,"sync":true}"#;
    let Done { reply, effects } = bench.done("remote_enroll", text(body), "");
    let [Effect::Enroll(enrollment)] = effects.as_slice() else {
        panic!("{effects:?}")
    };
    assert!(enrollment.sync && enrollment.millis == ENROLL_MILLIS);
    let card = enrollment.card_value;
    assert_eq!(
        shown(reply),
        format!(
            r#"{{"success":true,"user_id":1,"device_id":3206485144263533,"card_value":{card}}}"#
        )
    );
    let saved = format!(r#"{{"cards":[{{"id":1,"value":{card},"user_id":1}}]}}"#);
    assert_eq!(bench.run("load_objects", r#"{"object":"cards"}"#), saved);
    assert_eq!(
        bench.run(
            "remote_enroll",
            r#"{"type":"card","user_id":9,"save":true,"sync":true}"#
        ),
        "error 1: constraint failed: FOREIGN KEY constraint failed"
    );
}

#[test]
fn remote_enroll_without_sync_answers_at_once_and_saves_later() {
    let mut bench = bench();
    bench.run(
        "create_objects",
        r#"{"object":"users","values":[{"name":"A"}]}"#,
    );
    let body = r#"{"type":"card","user_id":1,"save":true,"sync":false}"#;
    let Done { reply, effects } = bench.done("remote_enroll", text(body), "");
    assert_eq!(shown(reply), "{}");
    assert_eq!(
        bench.run("load_objects", r#"{"object":"cards"}"#),
        r#"{"cards":[]}"#
    );
    let [Effect::Enroll(enrollment)] = effects.as_slice() else {
        panic!("{effects:?}")
    };
    bench.state.enrolled(enrollment).unwrap();
    assert_ne!(
        bench.run("load_objects", r#"{"object":"cards"}"#),
        r#"{"cards":[]}"#
    );
}

#[test]
fn cancel_remote_enroll() {
    assert_eq!(bench().run("cancel_remote_enroll", ""), "{}");
    assert_eq!(
        bench().effects("cancel_remote_enroll", ""),
        [Effect::CancelEnroll]
    );
}

#[test]
fn message_to_screen() {
    let body = r#"{"message":"hi","timeout":5000}"#;
    assert_eq!(bench().run("message_to_screen", body), "{}");
    let text = "hi".to_owned();
    let effect = Effect::Message {
        text,
        timeout_ms: 5000,
    };
    assert_eq!(bench().effects("message_to_screen", body), [effect]);
}

#[test]
fn buzzer_buzz() {
    let body = r#"{"frequency":4000,"duty_cycle":50,"timeout":9000}"#;
    assert_eq!(bench().run("buzzer_buzz", body), "empty");
    let effect = Effect::Buzz {
        frequency: 4000,
        duty_cycle: 50,
        timeout_ms: 3000,
    };
    assert_eq!(bench().effects("buzzer_buzz", body), [effect]);
}

#[test]
fn doors_state_and_door_state() {
    let mut bench = bench();
    let shut = r#"{"doors":[{"id":1,"open":false}],"sec_boxes":[{"id":65793,"open":false}]}"#;
    assert_eq!(bench.run("doors_state", ""), shut);
    assert_eq!(bench.run("door_state", ""), shut);
    bench.run(
        "execute_actions",
        r#"{"actions":[{"action":"door","parameters":"door=1"}]}"#,
    );
    assert_eq!(
        bench.run("doors_state", ""),
        r#"{"doors":[{"id":1,"open":true}],"sec_boxes":[{"id":65793,"open":false}]}"#
    );
    bench.pass(3);
    assert_eq!(bench.run("doors_state", ""), shut);
}

#[test]
fn alarm_status() {
    let mut bench = bench();
    assert_eq!(
        bench.run("alarm_status", "{}"),
        r#"{"active":false,"cause":0}"#
    );
    bench.state.alarm(6);
    assert_eq!(
        bench.run("alarm_status", "{}"),
        r#"{"active":true,"cause":6}"#
    );
    assert_eq!(bench.run("alarm_status", r#"{"stop":true}"#), "{}");
    assert_eq!(
        bench.run("alarm_status", "{}"),
        r#"{"active":false,"cause":0}"#
    );
}

#[test]
fn gpio_state() {
    assert_eq!(
        bench().run("gpio_state", r#"{"gpio":11}"#),
        r#"{"enabled":1,"in":1,"pin":11,"idle":1,"pullup":1,"value":1,"notify":0,"notified":0}"#
    );
}

#[test]
fn get_catra_info() {
    assert_eq!(
        bench().run("get_catra_info", ""),
        r#"{"left_turns":0,"right_turns":0,"entrance_turns":0,"exit_turns":0,"total_turns":0}"#
    );
}
