//! The rows of the table about the device, its doors, and people who enroll.

use super::*;

#[test]
fn the_commands_about_the_device_are_answered_as_the_page_says() {
    run(&[
        row(
            json!({"endpoint": "system_information"}),
            Expected::Holds(&[
                "\"uptime\":{\"days\":0,",
                "\"serial\":\"0G0200/005B6D\"",
                "\"device_id\":3206485144263533",
                "\"time\":17149792",
                "\"online_available\":true",
            ]),
        ),
        answers(
            "set_configuration",
            &json!({"general": {"language": "en_US", "online": "1"}}),
            "{}",
        ),
        fails(
            "set_configuration",
            &json!({"general": {"online": "0", "X": "1"}}),
            "Node or attribute not found. Node path: config->general->param[name=X]",
        ),
        answers(
            "get_configuration",
            &json!({"general": ["online"]}),
            r#"{"general":{"online":"1"}}"#,
        ),
        fails(
            "set_system_time",
            &json!({"day": 1, "month": 2}),
            "Invalid member 'year' (int expected, got undefined)",
        ),
        answers(
            "set_system_time",
            &json!({"day": 1, "month": 2, "year": 2030, "hour": 3, "minute": 4, "second": 5}),
            "",
        ),
        holds(
            "user_hash_password",
            &json!({"password": "123"}),
            &["\"password\":\"", "\"salt\":\""],
        ),
        answers("reboot", &json!({}), ""),
        answers("delete_admins", &json!({}), ""),
        answers("logout", &json!({}), ""),
        answers(
            "change_login",
            &json!({"login": "admin", "password": "x"}),
            "",
        ),
        answers(
            "reset_to_factory_default",
            &json!({"keep_network_info": true}),
            "",
        ),
        answers(
            "get_configuration",
            &json!({"general": ["online"]}),
            r#"{"general":{"online":"0"}}"#,
        ),
        fails(
            "fly",
            &json!({}),
            "pushrig: this simulated device has no command \"fly\"",
        ),
    ]);
}

#[test]
fn the_commands_about_doors_and_people_are_answered_as_the_page_says() {
    let shut = r#"{"doors":[{"id":1,"open":false}],"sec_boxes":[{"id":65793,"open":false}]}"#;
    let box_ = json!({"action": "sec_box", "parameters": "id=65793, reason=3"});
    run(&[
        answers("doors_state", &json!({}), shut),
        answers("door_state", &json!({}), shut),
        answers(
            "execute_actions",
            &json!({"actions": [box_]}),
            r#"{"actions":[{"action":"sec_box","status":"allowed"}]}"#,
        ),
        answers(
            "message_to_screen",
            &json!({"message": "hi", "timeout": 5000}),
            "{}",
        ),
        answers(
            "buzzer_buzz",
            &json!({"frequency": 4000, "duty_cycle": 50, "timeout": 1000}),
            "",
        ),
        answers("alarm_status", &json!({}), r#"{"active":false,"cause":0}"#),
        answers("alarm_status", &json!({"stop": true}), "{}"),
        answers(
            "gpio_state",
            &json!({"gpio": 11}),
            r#"{"enabled":1,"in":1,"pin":11,"idle":1,"pullup":1,"value":1,"notify":0,"notified":0}"#,
        ),
        gets(
            "get_catra_info",
            "",
            r#"{"left_turns":0,"right_turns":0,"entrance_turns":0,"exit_turns":0,"total_turns":0}"#,
        ),
        answers(
            "create_objects",
            &json!({"object": "users", "values": [{"name": "A"}]}),
            r#"{"ids":[1]}"#,
        ),
        answers(
            "remote_enroll",
            &json!({"type": "card", "user_id": 1, "save": true, "sync": false}),
            "{}",
        ),
        answers("cancel_remote_enroll", &json!({}), "{}"),
        holds(
            "remote_enroll",
            &json!({"type": "card", "user_id": 1, "save": true, "sync": true}),
            &[
                "\"success\":true",
                "\"user_id\":1",
                "\"device_id\":3206485144263533",
                "\"card_value\":",
            ],
        ),
        answers(
            "load_objects",
            &json!({"object": "cards", "fields": ["COUNT(*)"]}),
            r#"{"cards":[{"COUNT(*)":1}]}"#,
        ),
    ]);
}
