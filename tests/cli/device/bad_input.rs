//! What a hostile or broken server sends: the device answers as the page says or says that it
//! cannot, and goes on.

use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::process::{Command, Stdio};

use super::*;

/// After this answer the device still runs a command. What it said of the answer.
#[track_caller]
fn survives(answer: Reply, flags: &str) -> Vec<Value> {
    let server = hands_out([answer, greets()]);
    let lines = device(&server, &format!("--polls 3 --format json {flags}"))
        .any_stdout()
        .any_stderr()
        .exits(0)
        .json();
    assert_eq!(bodies(&server).last().unwrap(), GREETED);
    lines
}

/// The result that the device posts for a command, where it goes on after it.
#[track_caller]
fn result_of(command: Reply) -> String {
    let server = hands_out([command, greets()]);
    told(&server, "--until-idle", 0);
    let bodies = bodies(&server);
    assert_eq!(bodies.len(), 2);
    assert_eq!(bodies[1], GREETED);
    bodies[0].clone()
}

fn loads(body: &Value) -> Reply {
    asks_with("load_objects", body)
}

#[test]
fn an_answer_that_never_ends_is_given_up() {
    let piece = vec![b' '; 1 << 16];
    let head = "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n";
    let lines = survives(Reply::endless(head, piece.clone()), "");
    assert_eq!(of_type(&lines, "poll")[0]["brought"], "no answer");
    let chunk = [b"10000\r\n", &*piece, b"\r\n"].concat();
    let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    let lines = survives(Reply::endless(head, chunk), "");
    assert_eq!(of_type(&lines, "poll")[0]["brought"], "no answer");
    let lines = survives(Reply::endless("HTTP/1.1 200 OK\r\n", "X: y\r\n"), "");
    assert_eq!(of_type(&lines, "poll")[0]["brought"], "no answer");
}

#[test]
fn what_is_no_http_is_given_up() {
    for bytes in [
        &b"\0\xff\r\n\r\n"[..],
        b"SSH-2.0-x\r\n\r\n",
        b"HTTP/1.1 99999 x\r\n\r\n",
    ] {
        let lines = survives(Reply::raw(bytes).and_close(), "");
        assert_eq!(of_type(&lines, "poll")[0]["brought"], "no answer");
    }
}

#[test]
fn ten_thousand_transactions_are_run_one_by_one() {
    let list: Vec<_> = (0..10_000)
        .map(|id| json!({"transactionid": id.to_string(), "endpoint": "logout"}))
        .collect();
    let server = hands_out([says(&json!({"transactions": list}))]);
    let ran = device(&server, "--until-idle -q")
        .stdout_has(["10000 cases: 10000 passed"])
        .exits(0);
    drop(ran);
    let result: Value = serde_json::from_str(&bodies(&server)[0]).unwrap();
    let results = result["transactions_results"].as_array().unwrap();
    assert_eq!(results.len(), 10_000);
    for (number, result) in results.iter().enumerate() {
        assert_eq!(result["transactionid"], number);
        assert_eq!(result["success"], true);
    }
}

#[test]
fn a_condition_with_too_many_ids_is_an_error_in_words() {
    let ids: Vec<_> = (0..5000).collect();
    let body = result_of(loads(
        &json!({"object": "users", "where": {"users": {"id": ids}}}),
    ));
    assert_eq!(body, r#"{"error":"too many SQL variables","code":1}"#);
    let most: Vec<_> = (0..999).collect();
    let body = result_of(loads(
        &json!({"object": "users", "where": {"users": {"id": most}}}),
    ));
    assert_eq!(body, r#"{"response":"{\"users\":[]}"}"#);
}

#[test]
fn sql_in_names_is_refused_and_in_values_is_a_value() {
    const SQL: &str = "x'; DROP TABLE users; --";
    for body in [
        json!({"object": SQL}),
        json!({"object": "users", "fields": [SQL]}),
        json!({"object": "users", "order": [SQL]}),
        json!({"object": "users", "group": [SQL]}),
        json!({"object": "users", "where": {"users": {SQL: 1}}}),
        json!({"object": "users", "where": {SQL: {"id": 1}}}),
        json!({"object": "users", "where": [{"object": "users", "field": SQL, "value": 1}]}),
        json!({"object": "users", "where": [{"object": "users", "field": "id", "operator": SQL, "value": 1}]}),
        json!({"object": "users", "limit": SQL}),
    ] {
        let answer = result_of(loads(&body));
        assert!(answer.starts_with(r#"{"error":""#), "{body}: {answer}");
    }
    let server = hands_out([
        asks_with(
            "create_objects",
            &json!({"object": "users", "values": [{"name": SQL}]}),
        ),
        loads(&json!({"object": "users", "fields": ["name"], "where": {"users": {"name": SQL}}})),
    ]);
    told(&server, "--until-idle", 0);
    assert_eq!(
        response(&bodies(&server)[1]),
        json!({"users": [{"name": SQL}]})
    );
}

#[test]
fn json_that_is_too_deep_is_refused_or_an_error() {
    let deep = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
    for levels in [200, 100_000] {
        let text = format!(
            "{{\"endpoint\":\"load_objects\",\"body\":{}}}",
            deep(levels)
        );
        let server = hands_out([Reply::ok().body(text), greets()]);
        told(&server, "--polls 4", 0);
        assert_eq!(bodies(&server).last().unwrap(), GREETED, "{levels}");
        // The same as a text.
        let command = json!({"endpoint": "load_objects", "body": deep(levels)});
        let answer = result_of(says(&command));
        assert!(answer.starts_with(r#"{"error":""#), "{answer}");
    }
}

#[test]
fn wrong_types_are_errors_in_the_devices_words() {
    for (endpoint, body, error) in [
        (
            "load_objects",
            json!({"object": 7}),
            "Invalid member 'object' (string expected, got int)",
        ),
        (
            "create_objects",
            json!({"object": "users", "values": {}}),
            "Invalid member 'values' (array expected, got object)",
        ),
        (
            "modify_objects",
            json!({"object": "users", "values": []}),
            "Invalid member 'values' (object expected, got array)",
        ),
        (
            "create_objects",
            json!({"object": "users", "values": [{"name": null}]}),
            "Invalid member 'name' (string expected, got null)",
        ),
        (
            "set_system_time",
            json!({"day": "1"}),
            "Invalid member 'day' (int expected, got string)",
        ),
    ] {
        let expected = format!("{{\"error\":{},\"code\":1}}", json!(error));
        assert_eq!(result_of(asks_with(endpoint, &body)), expected);
    }
    for body in [
        json!([]),
        json!("text"),
        json!("[]"),
        json!(null),
        json!(true),
    ] {
        let answer = result_of(asks_with("create_objects", &body));
        assert!(answer.starts_with(r#"{"error":""#), "{body}: {answer}");
    }
}

#[test]
fn bytes_that_are_no_utf_8_are_no_command() {
    let bytes = b"{\"endpoint\":\"create_objects\",\"body\":{\"object\":\"users\",\"values\":[{\"name\":\"\xff\xfe\"}]}}";
    let server = hands_out([Reply::ok().body(bytes), greets()]);
    let lines = told(&server, "--polls 3", 0);
    assert_eq!(bodies(&server).last().unwrap(), GREETED);
    let said = !of_type(&lines, "finding").is_empty() || counter(&lines, "device_errors") == 1;
    assert!(said, "{lines:?}");
}

#[test]
fn an_endpoint_with_line_ends_splits_no_request() {
    let server = hands_out([
        asks("a\r\nX-Evil: 1\r\n\r\nGET /push HTTP/1.1\r\n\r\n"),
        greets(),
    ]);
    told(&server, "--until-idle", 0);
    let results = results(&server);
    assert_eq!(results.len(), 2);
    assert_eq!(results[0].header("X-Evil"), None);
    let endpoint = query(&results[0], "endpoint").unwrap();
    assert!(endpoint.starts_with("a%0D%0AX-Evil%3A"), "{endpoint}");
}

/// The port is free for a while in between, until the device has met nobody there.
#[test]
fn a_server_that_goes_away_and_comes_back_is_polled_again() {
    let first = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = first.local_addr().unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_pushrig"))
        .args([
            "device",
            "--id",
            "478435",
            "--period",
            "20ms",
            "--commands",
            "1",
        ])
        .args(["--for", "60s", "--format", "json", "--server"])
        .arg(address.to_string())
        .env_clear()
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    drop(first.accept().unwrap());
    drop(first);
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut lines = lines.map(|line| serde_json::from_str::<Value>(&line.unwrap()).unwrap());
    let refused = lines.find(|line| {
        let why = line["why"].as_str().unwrap_or_default();
        line["type"] == "poll" && why.contains("refused")
    });
    assert!(refused.is_some(), "nobody was missed");
    let again = TcpListener::bind(address).unwrap();
    let serving = std::thread::spawn(move || serve_one_command(&again));
    let rest: Vec<_> = lines.collect();
    serving.join().unwrap();
    assert_eq!(outcomes(&rest, "case"), ["478435/logout#1 pass"]);
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

/// Answers a poll with a command, and its result.
fn serve_one_command(listener: &TcpListener) {
    use std::io::{Read as _, Write as _};
    let (mut stream, _) = listener.accept().unwrap();
    for body in [r#"{"endpoint":"logout"}"#, ""] {
        assert_ne!(stream.read(&mut [0; 8192]).unwrap(), 0);
        let length = body.len();
        let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{body}");
        stream.write_all(answer.as_bytes()).unwrap();
    }
}
