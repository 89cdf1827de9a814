//! The forms of `where`, joins, groups, orders, and the strictness of types.

use super::{Bench, bench};

/// Four people, two groups, three events.
fn people() -> Bench {
    let mut bench = bench();
    for (object, values) in [
        (
            "users",
            r#"[{"name":"Ana"},{"name":"Bea"},{"name":"Cid"},{"name":"Dan"}]"#,
        ),
        ("groups", r#"[{"name":"Night"}]"#),
        (
            "user_groups",
            r#"[{"user_id":1,"group_id":1},{"user_id":2,"group_id":2},{"user_id":3,"group_id":2}]"#,
        ),
        (
            "access_logs",
            r#"[{"time":10,"event":7,"user_id":1},{"time":20,"event":6,"user_id":2},{"time":30,"event":7,"user_id":2}]"#,
        ),
    ] {
        let body = format!(r#"{{"object":"{object}","values":{values}}}"#);
        let answer = bench.run("create_objects", &body);
        assert!(answer.starts_with(r#"{"ids""#), "{answer}");
    }
    bench
}

/// The ids of the users that a condition selects, or the error.
fn selected(condition: &str) -> String {
    let body = format!(r#"{{"object":"users","fields":["id"],"where":{condition}}}"#);
    people()
        .run("load_objects", &body)
        .replace(r#"{"id":"#, "")
        .replace('}', "")
        .replace(r#"{"users":"#, "")
}

#[test]
fn a_condition_may_be_an_object_of_objects() {
    assert_eq!(selected(r#"{"users":{"id":2}}"#), "[2]");
    assert_eq!(selected(r#"{"users":{"id":[1,3]}}"#), "[1,3]");
    assert_eq!(selected(r#"{"users":{"id":[]}}"#), "[]");
    assert_eq!(selected(r#"{"users":{"id":[1,2],"name":"Bea"}}"#), "[2]");
    assert_eq!(selected("{}"), "[1,2,3,4]");
    assert_eq!(selected(r#"{"users":{}}"#), "[1,2,3,4]");
}

#[test]
fn a_condition_may_be_a_list_of_terms() {
    assert_eq!(
        selected(r#"[{"object":"users","field":"id","operator":"=","value":2,"connector":"AND"}]"#),
        "[2]"
    );
    assert_eq!(
        selected(r#"[{"field":"name","operator":"LIKE","value":"%a%"}]"#),
        "[1,2,4]"
    );
    assert_eq!(selected(r#"[{"field":"id","value":[2,4]}]"#), "[2,4]");
    assert_eq!(selected("[]"), "[1,2,3,4]");
}

#[test]
fn a_condition_may_give_operators() {
    assert_eq!(selected(r#"{"users":{"id":{">=":2,"<=":3}}}"#), "[2,3]");
    assert_eq!(
        selected(r#"{"access_logs":{"time":{">=":15,"<":30}}}"#),
        "[2]"
    );
}

#[test]
fn every_operator_of_the_page_works() {
    for (operator, value, expected) in [
        ("=", "2", "[2]"),
        ("==", "2", "[2]"),
        ("!=", "2", "[1,3,4]"),
        ("<>", "2", "[1,3,4]"),
        ("<", "2", "[1]"),
        (">", "2", "[3,4]"),
        ("<=", "2", "[1,2]"),
        (">=", "2", "[2,3,4]"),
        ("LIKE", "\"2\"", "[2]"),
        ("NOT LIKE", "\"2\"", "[1,3,4]"),
        ("IN", "[2,3]", "[2,3]"),
        ("NOT IN", "[2,3]", "[1,4]"),
        ("IN", "2", "[2]"),
        ("IS NULL", "2", "[]"),
        (
            "BETWEEN",
            "2",
            "error 1: pushrig: there is no operator \"BETWEEN\"",
        ),
    ] {
        let term = format!(r#"[{{"field":"id","operator":"{operator}","value":{value}}}]"#);
        assert_eq!(selected(&term), expected, "{operator}");
    }
}

#[test]
fn terms_are_glued_by_raw_connectors() {
    let terms = |first: &str, second: &str| {
        format!(
            r#"[{{"field":"id","value":1,"connector":"{first}"}},
                {{"field":"id","value":2,"connector":"{second}"}},
                {{"field":"name","value":"Ana"}}]"#
        )
    };
    assert_eq!(selected(&terms("OR", "AND")), "[1]");
    assert_eq!(selected(&terms("OR", ") AND (")), "[1]");
    assert_eq!(selected(&terms(") OR (", "OR")), "[1,2]");
    assert_eq!(selected(&terms("AND", "AND")), "[]");
    assert_eq!(
        selected(&terms("OR 1=1 --", "AND")),
        "error 1: pushrig: there is no connector \"OR 1=1 --\""
    );
}

#[test]
fn a_condition_on_another_object_joins_it() {
    assert_eq!(selected(r#"{"groups":{"name":"Night"}}"#), "[2,3]");
    assert_eq!(
        selected(r#"[{"object":"access_logs","field":"event","value":6}]"#),
        "[2]"
    );
    assert_eq!(
        selected(r#"{"holidays":{"id":1}}"#),
        "error 1: pushrig: nothing links users with holidays"
    );
}

#[test]
fn a_left_join_keeps_what_has_no_partner() {
    let query = r#"{"object":"users","join":"LEFT","fields":["id",{"object":"groups","field":"name"}],"order":["id"]}"#;
    assert_eq!(
        people().run("load_objects", query),
        r#"{"users":[{"id":1,"name":"Default"},{"id":2,"name":"Night"},{"id":3,"name":"Night"},{"id":4,"name":null}]}"#
    );
    let alone = r#"{"object":"users","join":"LEFT","fields":["id"],"where":[{"object":"user_groups","field":"group_id","operator":"IS NULL"}]}"#;
    assert_eq!(
        people().run("load_objects", alone),
        r#"{"users":[{"id":4}]}"#
    );
}

#[test]
fn rows_are_grouped_and_counted() {
    let query = r#"{"object":"access_logs","fields":["user_id","COUNT(*)"],"group":["user_id"]}"#;
    let expected = r#"{"access_logs":[{"user_id":1,"COUNT(*)":1},{"user_id":2,"COUNT(*)":2}]}"#;
    assert_eq!(people().run("load_objects", query), expected);
    let query = r#"{"object":"access_logs","fields":["user_id","COUNT(*)"],"group":[{"object":"access_logs","field":"user_id"}]}"#;
    assert_eq!(people().run("load_objects", query), expected);
}

#[test]
fn order_has_three_spellings() {
    let ordered = |order: &str| {
        let body = format!(r#"{{"object":"access_logs","fields":["id"],"order":{order}}}"#);
        people().run("load_objects", &body)
    };
    let up = r#"{"access_logs":[{"id":1},{"id":2},{"id":3}]}"#;
    let down = r#"{"access_logs":[{"id":3},{"id":2},{"id":1}]}"#;
    assert_eq!(ordered(r#"["time"]"#), up);
    assert_eq!(ordered(r#"["time","descending"]"#), down);
    assert_eq!(ordered(r#"["descending","time"]"#), down);
    assert_eq!(ordered(r#"["ascending","time"]"#), up);
    assert_eq!(
        ordered(r#"["event","descending","time","descending"]"#),
        r#"{"access_logs":[{"id":3},{"id":1},{"id":2}]}"#
    );
}

#[test]
fn limit_and_offset_page_through_the_rows() {
    let page = |rest: &str| {
        let body = format!(r#"{{"object":"users","fields":["id"],"order":["id"],{rest}}}"#);
        people().run("load_objects", &body)
    };
    assert_eq!(page(r#""limit":2"#), r#"{"users":[{"id":1},{"id":2}]}"#);
    assert_eq!(page(r#""limit":2,"offset":3"#), r#"{"users":[{"id":4}]}"#);
    assert_eq!(page(r#""offset":3"#), r#"{"users":[{"id":4}]}"#);
    assert_eq!(page(r#""limit":0"#), r#"{"users":[]}"#);
    assert_eq!(
        page(r#""limit":"2""#),
        "error 1: Invalid member 'limit' (int expected, got string)"
    );
    assert_eq!(
        page(r#""limit":-1"#),
        "error 1: pushrig: limit -1 is below 0"
    );
}

#[test]
fn a_condition_on_another_object_also_modifies_and_destroys() {
    let mut bench = people();
    let modify = r#"{"object":"users","values":{"registration":"n"},"where":{"groups":{"id":2}}}"#;
    assert_eq!(bench.run("modify_objects", modify), r#"{"changes":2}"#);
    let destroy = r#"{"object":"users","where":{"groups":{"id":2}}}"#;
    assert_eq!(bench.run("destroy_objects", destroy), r#"{"changes":2}"#);
    let rest = r#"{"object":"users","fields":["id"]}"#;
    assert_eq!(
        bench.run("load_objects", rest),
        r#"{"users":[{"id":1},{"id":4}]}"#
    );
    // A log outlives the user that it names.
    let logs = r#"{"object":"access_logs","fields":["COUNT(*)"]}"#;
    assert_eq!(
        bench.run("load_objects", logs),
        r#"{"access_logs":[{"COUNT(*)":3}]}"#
    );
}

#[test]
fn types_are_strict_in_the_devices_words() {
    let mut bench = people();
    let span = r#"{"object":"time_spans","values":[{"time_zone_id":1,"start":0,"end":9,"sun":true,"mon":0,"tue":0,"wed":0,"thu":0,"fri":0,"sat":0,"hol1":0,"hol2":0,"hol3":0}]}"#;
    assert_eq!(
        bench.run("create_objects", span),
        "error 1: Invalid member 'sun' (int expected, got boolean)"
    );
    for (command, body, error) in [
        (
            "create_objects",
            r#"{"object":"users","values":[{"registration":"1"}]}"#,
            "Invalid member 'name' (string expected, got undefined)",
        ),
        (
            "create_objects",
            r#"{"object":"users","values":{"name":"A"}}"#,
            "Invalid member 'values' (array expected, got object)",
        ),
        (
            "create_objects",
            r#"{"object":"cards","values":[{"value":18446744073709551615,"user_id":1}]}"#,
            "Invalid member 'value' (int expected, got double)",
        ),
        (
            "load_objects",
            r#"{"object":"users","where":{"users":{"id":"7"}}}"#,
            "Invalid member 'id' (int expected, got string)",
        ),
        (
            "load_objects",
            r#"{"object":"users","where":7}"#,
            "Invalid member 'where' (object expected, got int)",
        ),
        (
            "load_objects",
            r#"{"object":"users","fields":["color"]}"#,
            "color is not a column of table users",
        ),
        (
            "load_objects",
            "{}",
            "Invalid member 'object' (string expected, got undefined)",
        ),
        (
            "load_objects",
            r#"{"object":"cats"}"#,
            "pushrig: there is no object \"cats\"",
        ),
        (
            "load_objects",
            "[]",
            "pushrig: the body is no object, but of type array",
        ),
    ] {
        assert_eq!(bench.run(command, body), format!("error 1: {error}"));
    }
}

#[test]
fn a_flag_is_true_or_false() {
    let mut bench = people();
    let modify = r#"{"object":"sec_boxs","values":{"enabled":false,"door_sensor_enabled":1}}"#;
    assert_eq!(bench.run("modify_objects", modify), r#"{"changes":1}"#);
    assert_eq!(
        bench.run("load_objects", r#"{"object":"sec_boxs"}"#),
        r#"{"sec_boxs":[{"id":65793,"version":2,"name":"SecBox","enabled":false,"relay_timeout":3000,"door_sensor_enabled":true,"door_sensor_idle":false,"auto_close_enabled":0}]}"#
    );
}

#[test]
fn a_new_id_is_the_largest_and_one() {
    let mut bench = people();
    let create = |values: &str| format!(r#"{{"object":"users","values":{values}}}"#);
    assert_eq!(
        bench.run(
            "create_objects",
            &create(r#"[{"id":4294967300,"name":"E"},{"name":"F"}]"#)
        ),
        r#"{"ids":[4294967300,4294967301]}"#
    );
    bench.run(
        "create_objects",
        &create(r#"[{"id":9223372036854775807,"name":"G"}]"#),
    );
    assert_eq!(
        bench.run("create_objects", &create(r#"[{"name":"H"}]"#)),
        "error 1: pushrig: users has no id left"
    );
}
