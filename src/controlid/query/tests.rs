use super::*;
use crate::json::tree;

fn sql(body: &str) -> String {
    let body = tree::parse(body.as_bytes()).unwrap();
    let query = Query::read(Members::of_body(&body).unwrap()).unwrap();
    query.statement().unwrap().sql
}

#[test]
fn a_statement_holds_names_of_the_schema_and_marks_for_values() {
    assert_eq!(
        sql(
            r#"{"object":"time_spans","fields":["end"],"where":{"time_spans":{"start":{">=":1,"<":2}}},"order":["end","descending"],"limit":3}"#
        ),
        "SELECT \"time_spans\".\"end\" FROM \"time_spans\" \
         WHERE (\"time_spans\".\"start\">=? AND \"time_spans\".\"start\"<?) \
         ORDER BY \"time_spans\".\"end\" DESC LIMIT ? OFFSET ?"
    );
}

#[test]
fn a_join_goes_the_shortest_way() {
    assert_eq!(
        sql(r#"{"object":"users","fields":["id"],"where":{"groups":{"id":1}}}"#),
        "SELECT \"users\".\"id\" FROM \"users\" \
         JOIN \"user_groups\" ON \"user_groups\".\"user_id\"=\"users\".\"id\" \
         JOIN \"groups\" ON \"groups\".\"id\"=\"user_groups\".\"group_id\" \
         WHERE (\"groups\".\"id\"=?)"
    );
    assert_eq!(
        sql(r#"{"object":"access_logs","fields":["id"],"where":{"users":{"id":1}}}"#),
        "SELECT \"access_logs\".\"id\" FROM \"access_logs\" \
         JOIN \"users\" ON \"users\".\"id\"=\"access_logs\".\"user_id\" \
         WHERE (\"users\".\"id\"=?)"
    );
}
