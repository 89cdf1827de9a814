//! Every row of the vendor's table of commands, over the wire: what is asked stands in an answer
//! to /push, and what comes back is posted to /result in the page's form.

mod hardware;
mod objects;
mod photos;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::*;

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
