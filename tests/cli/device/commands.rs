//! Every row of the vendor's table of commands, over the wire: what is asked stands in an answer
//! to /push, and what comes back is posted to /result in the page's form.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::*;

const IMAGE: &[u8] =
    b"\xFF\xD8\xFF\xFE a photo that is long enough to be taken for an image of somebody";
const SCORES: &str = r#"{"bounds_width":250,"horizontal_center_offset":-36,"vertical_center_offset":-31,"center_pose_quality":838,"sharpness_quality":850}"#;

/// What a row expects of the result.
enum Expected {
    /// The text in `response`.
    Response(String),
    /// The text of `error`.
    Error(&'static str),
    /// A look at the text in `response`.
    Holds(&'static [&'static str]),
}

struct Row {
    command: Value,
    expected: Expected,
}

fn row(command: Value, expected: Expected) -> Row {
    Row { command, expected }
}

/// A POST with JSON parameters whose answer is this text.
fn answers(endpoint: &str, body: &Value, text: &str) -> Row {
    let command = json!({"verb": "POST", "endpoint": endpoint, "body": body});
    row(command, Expected::Response(text.to_owned()))
}

fn fails(endpoint: &str, body: &Value, error: &'static str) -> Row {
    let command = json!({"verb": "POST", "endpoint": endpoint, "body": body});
    row(command, Expected::Error(error))
}

fn holds(endpoint: &str, body: &Value, words: &'static [&'static str]) -> Row {
    let command = json!({"verb": "POST", "endpoint": endpoint, "body": body});
    row(command, Expected::Holds(words))
}

/// A GET with a query.
fn gets(endpoint: &str, query: &str, text: &str) -> Row {
    let command = json!({"verb": "GET", "endpoint": endpoint, "queryString": query});
    row(command, Expected::Response(text.to_owned()))
}

/// A POST of an image.
fn shows(endpoint: &str, query: &str, image: &[u8], text: &str) -> Row {
    let command = json!({
        "verb": "POST",
        "endpoint": endpoint,
        "contentType": "application/octet-stream",
        "body": STANDARD.encode(image),
        "queryString": query,
    });
    row(command, Expected::Response(text.to_owned()))
}

/// Runs the rows in their order on one device, and compares each result.
#[track_caller]
fn run(rows: &[Row]) {
    let server = hands_out(rows.iter().map(|row| says(&row.command)));
    device(
        &server,
        "--serial 0G0200/005B6D --now 2024-05-06T07:08:09Z --until-idle --hot-loop-cap 0",
    )
    .stdout_has([format!("{0} cases: {0} passed", rows.len())])
    .exits(0);
    let results = results(&server);
    assert_eq!(results.len(), rows.len());
    for (row, result) in rows.iter().zip(&results) {
        let body = String::from_utf8(result.body()).unwrap();
        assert_eq!(result.method(), "POST");
        assert_eq!(result.header("Content-Type").unwrap(), "application/json");
        assert_eq!(query(result, "endpoint").unwrap(), row.command["endpoint"]);
        assert_eq!(query(result, "deviceId").unwrap(), "3206485144263533");
        match &row.expected {
            Expected::Response(text) => {
                let form = json!({"response": text}).to_string();
                assert_eq!(body, form, "{}", row.command);
            }
            Expected::Error(error) => {
                let text = json!(error);
                assert_eq!(body, format!("{{\"error\":{text},\"code\":1}}"));
            }
            Expected::Holds(words) => {
                let json = response(&body).to_string();
                for word in *words {
                    assert!(json.contains(word), "{word}: {json}");
                }
            }
        }
    }
}

#[test]
fn the_commands_about_objects_are_answered_as_the_page_says() {
    let one = json!({"object": "users", "fields": ["id", "name"], "where": {"users": {"id": 7}}});
    run(&[
        answers(
            "create_objects",
            &json!({"object": "users", "values": [{"id": 7, "name": "A"}, {"name": "B"}]}),
            r#"{"ids":[7,8]}"#,
        ),
        fails(
            "create_objects",
            &json!({"object": "users", "values": [{"name": "C"}, {"id": 7, "name": "D"}]}),
            "constraint failed: UNIQUE constraint failed: users.id",
        ),
        fails(
            "create_objects",
            &json!({"object": "cards", "values": [{"value": 5, "user_id": 99}]}),
            "constraint failed: FOREIGN KEY constraint failed",
        ),
        answers(
            "create_or_modify_objects",
            &json!({"object": "users", "values": [{"id": 7, "name": "Z"}]}),
            r#"{"changes":1}"#,
        ),
        answers("load_objects", &one, r#"{"users":[{"id":7,"name":"Z"}]}"#),
        answers(
            "modify_objects",
            &json!({"object": "users", "values": {"name": "Y"}}),
            r#"{"changes":2}"#,
        ),
        fails(
            "modify_objects",
            &json!({"object": "time_spans", "values": {"sun": true}}),
            "Invalid member 'sun' (int expected, got boolean)",
        ),
        answers(
            "load_objects",
            &json!({"object": "users", "fields": ["COUNT(*)"]}),
            r#"{"users":[{"COUNT(*)":2}]}"#,
        ),
        answers(
            "destroy_objects",
            &json!({"object": "users", "where": {"users": {"id": 7}}}),
            r#"{"changes":1}"#,
        ),
        answers(
            "destroy_objects",
            &json!({"object": "users", "where": {}}),
            r#"{"changes":1}"#,
        ),
        answers("load_objects", &one, r#"{"users":[]}"#),
        holds(
            "object_metadata",
            &json!({}),
            &["\"object\":\"users\"", "\"registration\""],
        ),
    ]);
}

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

#[test]
fn the_commands_about_photos_are_answered_as_the_page_says() {
    let image = STANDARD.encode(IMAGE);
    let soft = [IMAGE, b"pushrig:face=8"].concat();
    let listed = json!({
        "match": false,
        "user_images": [
            {"user_id": 2, "timestamp": 7, "image": image},
            {"user_id": 3, "timestamp": 7, "image": STANDARD.encode([IMAGE, b"pushrig:face=2"].concat())},
        ],
    });
    run(&[
        answers(
            "create_objects",
            &json!({"object": "users", "values": [{"name": "A"}, {"name": "B"}, {"name": "C"}]}),
            r#"{"ids":[1,2,3]}"#,
        ),
        shows(
            "user_set_image",
            "user_id=1&match=1&timestamp=1624997578",
            IMAGE,
            &format!(r#"{{"user_id":1,"scores":{SCORES},"success":true}}"#),
        ),
        shows(
            "user_set_image",
            "user_id=3&match=0",
            &soft,
            r#"{"user_id":3,"success":false,"errors":[{"code":8,"message":"Low sharpness"}]}"#,
        ),
        answers(
            "user_set_image_list",
            &listed,
            &format!(
                r#"{{"results":[{{"user_id":2,"scores":{SCORES},"success":true}},{{"user_id":3,"success":false,"errors":[{{"code":2,"message":"Face not detected"}}]}}]}}"#
            ),
        ),
        gets(
            "user_get_image",
            "user_id=1&get_timestamp=1",
            &format!(r#"{{"timestamp":1624997578,"image":"{image}"}}"#),
        ),
        gets("user_get_image", "user_id=1", &image),
        row(
            json!({"verb": "GET", "endpoint": "user_get_image", "queryString": "user_id=3"}),
            Expected::Error("pushrig: user 3 has no image"),
        ),
        answers(
            "user_get_image_list",
            &json!({"user_ids": [1, 9]}),
            &format!(
                r#"{{"user_images":[{{"id":1,"timestamp":1624997578,"image":"{image}"}},{{"id":9,"error":{{"code":1,"message":"User does not exist"}}}}]}}"#
            ),
        ),
        gets(
            "user_list_images",
            "get_timestamp=1",
            r#"{"image_info":[{"user_id":1,"timestamp":1624997578},{"user_id":2,"timestamp":7}]}"#,
        ),
        gets("user_list_images", "", r#"{"user_ids":[1,2]}"#),
        shows(
            "user_test_image",
            "",
            IMAGE,
            &format!(r#"{{"scores":{SCORES},"success":true}}"#),
        ),
        answers("user_destroy_image", &json!({"all": true}), "{}"),
        gets("user_list_images", "", r#"{"user_ids":[]}"#),
    ]);
}

/// A body may be an object or a text that holds it.
#[test]
fn a_body_that_is_a_text_is_read_as_the_object_in_it() {
    run(&[
        answers(
            "create_objects",
            &json!(r#"{"object":"users","values":[{"name":"A"}]}"#),
            r#"{"ids":[1]}"#,
        ),
        fails(
            "gpio_state",
            &json!("{}"),
            "Invalid member 'gpio' (int expected, got undefined)",
        ),
    ]);
}

#[test]
fn commands_in_transactions_go_back_as_one_list_without_an_endpoint() {
    let user = json!({"object": "users", "values": [{"name": "A"}]});
    let server = hands_out([says(&json!({"transactions": [
        {"transactionid": "1", "endpoint": "create_objects", "body": user},
        {"transactionid": "2", "endpoint": "create_objects",
         "body": {"object": "cards", "values": [{"value": 5, "user_id": 99}]}},
        {"transactionid": "31", "endpoint": "logout"},
    ]}))]);
    let lines = told(&server, "--until-idle", 0);
    assert_eq!(
        outcomes(&lines, "case"),
        [
            "478435/create_objects#1 pass",
            "478435/create_objects#2 pass",
            "478435/logout#3 pass"
        ]
    );
    let result = &results(&server)[0];
    assert_eq!(query(result, "endpoint"), None);
    assert_eq!(query(result, "uuid"), query(&polls(&server)[0], "uuid"));
    assert_eq!(
        bodies(&server),
        [
            r#"{"transactions_results":[{"transactionid":1,"success":true,"response":"{\"ids\":[1]}"},{"transactionid":2,"success":false,"error":"constraint failed: FOREIGN KEY constraint failed"},{"transactionid":31,"success":true,"response":""}]}"#
        ]
    );
}

#[test]
fn a_device_asks_and_answers_in_these_bytes() {
    let server = hands_out([greets()]);
    device(&server, "--until-idle")
        .stdout_has(["pass   478435/message_to_screen#1  controlid  200"])
        .exits(0);
    let received = server.received();
    let uuids: Vec<_> = received
        .iter()
        .map(|it| query(it, "uuid").unwrap())
        .collect();
    assert_eq!(uuids[0], uuids[1], "a result has the uuid of its poll");
    assert_ne!(uuids[1], uuids[2], "each poll has one of its own");
    let host = server.address();
    let expected = [
        format!(
            "GET /push?deviceId=478435&uuid={} HTTP/1.1\r\nHost: {host}\r\n\r\n",
            uuids[0]
        ),
        format!(
            "POST /result?deviceId=478435&uuid={}&endpoint=message_to_screen HTTP/1.1\r\nHost: {host}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{GREETED}",
            uuids[1],
            GREETED.len()
        ),
        format!(
            "GET /push?deviceId=478435&uuid={} HTTP/1.1\r\nHost: {host}\r\n\r\n",
            uuids[2]
        ),
    ];
    let raw: Vec<_> = received
        .iter()
        .map(|it| String::from_utf8(it.raw.clone()).unwrap())
        .collect();
    assert_eq!(raw, expected);
}
