//! Bodies that want to do harm.

use proptest::prelude::*;

use super::{Body, bench};

/// What SQL would do if it got through.
const INJECTIONS: &[&str] = &[
    "users; DROP TABLE users; --",
    "users\" --",
    "id\"=1 OR \"1\"=\"1",
    "COUNT(*) FROM users; --",
    "name' OR '1'='1",
    "sqlite_schema",
    "simulator_images",
    "rowid",
    "*",
];

#[test]
fn sql_in_names_reaches_no_database() {
    let mut bench = bench();
    bench.run(
        "create_objects",
        r#"{"object":"users","values":[{"name":"A"}]}"#,
    );
    for injection in INJECTIONS {
        let text = injection.replace('"', "\\\"");
        for (command, body) in [
            ("load_objects", format!(r#"{{"object":"{text}"}}"#)),
            ("destroy_objects", format!(r#"{{"object":"{text}"}}"#)),
            (
                "load_objects",
                format!(r#"{{"object":"users","fields":["{text}"]}}"#),
            ),
            (
                "load_objects",
                format!(r#"{{"object":"users","order":["{text}"]}}"#),
            ),
            (
                "load_objects",
                format!(r#"{{"object":"users","group":["{text}"]}}"#),
            ),
            (
                "load_objects",
                format!(r#"{{"object":"users","join":"{text}"}}"#),
            ),
            (
                "load_objects",
                format!(r#"{{"object":"users","where":{{"{text}":{{"id":1}}}}}}"#),
            ),
            (
                "load_objects",
                format!(r#"{{"object":"users","where":{{"users":{{"{text}":1}}}}}}"#),
            ),
            (
                "load_objects",
                format!(r#"{{"object":"users","where":{{"users":{{"id":{{"{text}":1}}}}}}}}"#),
            ),
            (
                "load_objects",
                format!(
                    r#"{{"object":"users","where":[{{"field":"id","value":1,"connector":"{text}"}}]}}"#
                ),
            ),
            (
                "load_objects",
                format!(r#"{{"object":"users","limit":"{text}"}}"#),
            ),
            (
                "create_objects",
                format!(r#"{{"object":"users","values":[{{"name":"B","{text}":1}}]}}"#),
            ),
            (
                "modify_objects",
                format!(r#"{{"object":"users","values":{{"{text}":1}}}}"#),
            ),
        ] {
            let answer = bench.run(command, &body);
            assert!(answer.starts_with("error 1: "), "{body}: {answer}");
        }
    }
    assert_eq!(
        bench.run("load_objects", r#"{"object":"users","fields":["name"]}"#),
        r#"{"users":[{"name":"A"}]}"#
    );
}

#[test]
fn sql_in_values_is_a_value() {
    let mut bench = bench();
    for injection in INJECTIONS {
        let text = injection.replace('"', "\\\"");
        let body = format!(r#"{{"object":"users","values":[{{"name":"{text}"}}]}}"#);
        assert!(bench.run("create_objects", &body).starts_with(r#"{"ids""#));
        let body = format!(
            r#"{{"object":"users","fields":["name"],"where":{{"users":{{"name":"{text}"}}}}}}"#
        );
        let found = bench.run("load_objects", &body);
        assert_eq!(found, format!(r#"{{"users":[{{"name":"{text}"}}]}}"#));
    }
}

#[test]
fn a_condition_with_999_ids_is_answered_and_one_with_5000_refused() {
    let mut bench = bench();
    let ids = |count: usize| {
        let ids: Vec<_> = (1..=count).map(|id| id.to_string()).collect();
        format!(
            r#"{{"object":"users","where":{{"users":{{"id":[{}]}}}}}}"#,
            ids.join(",")
        )
    };
    assert_eq!(bench.run("load_objects", &ids(999)), r#"{"users":[]}"#);
    assert_eq!(
        bench.run("load_objects", &ids(1000)),
        "error 1: too many SQL variables"
    );
    assert_eq!(
        bench.run("destroy_objects", &ids(5000)),
        "error 1: too many SQL variables"
    );
}

#[test]
fn what_is_too_deep_or_no_json_or_no_utf_8_is_refused() {
    let mut bench = bench();
    let deep = format!(
        r#"{{"object":{}{}}}"#,
        "[".repeat(100_000),
        "]".repeat(100_000)
    );
    for body in [
        deep.as_bytes(),
        b"{object:\"users\"}",
        b"{\"object\":\"\xFF\"}",
        b"{",
        b"\xFF",
    ] {
        for command in super::COMMANDS {
            // Two take no JSON at all, and two take their parameters from the query.
            if [
                "user_set_image",
                "user_test_image",
                "user_get_image",
                "user_list_images",
            ]
            .contains(command)
            {
                continue;
            }
            let answer = super::shown(bench.done(command, Body::Bytes(body.to_vec()), "").reply);
            assert!(
                answer.starts_with("error 1: pushrig: the body is no "),
                "{command}: {answer}"
            );
        }
    }
}

#[test]
fn a_list_of_a_hundred_thousand_terms_is_refused() {
    let terms = vec![r#"{"field":"id","operator":"IS NULL"}"#; 100_000].join(",");
    let body = format!(r#"{{"object":"users","where":[{terms}]}}"#);
    assert_eq!(
        bench().run("load_objects", &body),
        "error 1: too many SQL variables"
    );
}

#[test]
fn a_pattern_full_of_wildcards_takes_no_time() {
    let mut bench = bench();
    let name = "a".repeat(5000);
    bench.run(
        "create_objects",
        &format!(r#"{{"object":"users","values":[{{"name":"{name}"}}]}}"#),
    );
    let pattern = "%a".repeat(500);
    let body = format!(
        r#"{{"object":"users","fields":["id"],"where":[{{"field":"name","operator":"LIKE","value":"{pattern}b"}}]}}"#
    );
    assert_eq!(bench.run("load_objects", &body), r#"{"users":[]}"#);
}

#[test]
fn a_join_that_would_never_end_is_given_up() {
    let mut bench = bench();
    bench.run(
        "create_objects",
        r#"{"object":"users","values":[{"name":"A"}]}"#,
    );
    for (object, row) in [
        ("access_logs", r#"{"time":1,"event":7,"user_id":1}"#),
        (
            "alarm_logs",
            r#"{"time":1,"event":1,"cause":1,"user_id":1}"#,
        ),
        ("templates", r#"{"user_id":1}"#),
    ] {
        let rows = vec![row; 2000].join(",");
        let body = format!(r#"{{"object":"{object}","values":[{rows}]}}"#);
        assert!(bench.run("create_objects", &body).starts_with(r#"{"ids""#));
    }
    let body = r#"{"object":"users","fields":["COUNT(*)"],"where":{"access_logs":{"event":7},"alarm_logs":{"event":1},"templates":{"finger_type":0}}}"#;
    assert_eq!(
        bench.run("load_objects", body),
        "error 1: pushrig: this would take too long"
    );
    assert_eq!(
        bench.run("load_objects", r#"{"object":"users","fields":["id"]}"#),
        r#"{"users":[{"id":1}]}"#
    );
}

/// Something like JSON that a server might send by mistake.
fn value() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(vec![
        "null",
        "true",
        "-1",
        "0",
        "1",
        "7",
        "1e9",
        "9223372036854775807",
        "99999999999999999999",
        "\"\"",
        "\"users\"",
        "\"id\"",
        "\"name\"",
        "\"cards\"",
        "\"groups\"",
        "\"COUNT(*)\"",
        "\"descending\"",
        "\"LIKE\"",
        "\") OR (\"",
        "\"door\"",
        "\"card\"",
    ])
    .prop_map(str::to_owned);
    let name = prop::sample::select(vec![
        "object",
        "fields",
        "where",
        "order",
        "group",
        "limit",
        "offset",
        "values",
        "users",
        "id",
        "name",
        "field",
        "operator",
        "value",
        "connector",
        "cards",
        "user_id",
        "actions",
        "action",
        "user_ids",
        "user_images",
        "image",
        "type",
        "save",
        "sync",
        ">=",
        "general",
        "online",
    ]);
    leaf.prop_recursive(4, 24, 4, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4)
                .prop_map(|elements| format!("[{}]", elements.join(","))),
            prop::collection::vec((name.clone(), inner), 0..5).prop_map(|members| {
                let members: Vec<_> = members
                    .into_iter()
                    .map(|(name, value)| format!("\"{name}\":{value}"))
                    .collect();
                format!("{{{}}}", members.join(","))
            }),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_body_to_any_command_is_answered_and_the_device_goes_on(bodies in prop::collection::vec((0..super::COMMANDS.len(), value()), 1..20)) {
        let mut bench = bench();
        for (command, body) in bodies {
            let answer = bench.run(super::COMMANDS[command], &body);
            if !answer.starts_with("error") && !answer.ends_with("bytes") && answer != "empty" {
                prop_assert!(crate::json::tree::parse(answer.as_bytes()).is_ok(), "{}", answer);
            }
        }
        prop_assert_eq!(bench.run("load_objects", r#"{"object":"holidays"}"#), r#"{"holidays":[]}"#);
    }

    #[test]
    fn any_bytes_to_any_command_are_answered(command in 0..super::COMMANDS.len(), body: Vec<u8>, query: String) {
        let _ = bench().done(super::COMMANDS[command], Body::Bytes(body.clone()), &query);
        let _ = bench().done(super::COMMANDS[command], Body::Binary(body), &query);
    }
}
