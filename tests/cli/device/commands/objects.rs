//! The rows of the table about rows.

use super::*;

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
