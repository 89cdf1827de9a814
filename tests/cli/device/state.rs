//! What a device knows: kept in a file, made up at the start, or scripted.

use super::*;
use crate::harness::root;

fn users() -> Reply {
    asks_with(
        "load_objects",
        &json!({"object": "users", "fields": ["id", "name"]}),
    )
}

#[test]
fn a_state_file_keeps_people_and_settings_over_runs_and_flags_beat_it() {
    let folder = tempfile::tempdir().unwrap();
    let walter = json!({"object": "users", "values": [{"id": 7, "name": "Walter"}]});
    let settings = json!({
        "general": {"language": "en_US"},
        "push_server": {"push_request_period": "3600", "push_request_timeout": "7000"},
    });
    let server = hands_out([
        asks_with("create_objects", &walter),
        asks_with("set_configuration", &settings),
    ]);
    device(&server, "--commands 2 -q --state one.db")
        .dir(folder.path())
        .stdout_has(["2 cases: 2 passed"])
        .exits(0);
    let asked = json!({
        "general": ["language"],
        "push_server": ["push_remote_address", "push_request_period", "push_request_timeout"],
    });
    let server = hands_out([users(), asks_with("get_configuration", &asked)]);
    let lines = device(
        &server,
        "--polls 5 --format json --period 100ms --timeout 9s --state one.db",
    )
    .dir(folder.path())
    .any_stdout()
    .exits(0)
    .json();
    // It would wait an hour by what it kept.
    assert_eq!(counter(&lines, "polls"), 5);
    let bodies = bodies(&server);
    assert_eq!(
        response(&bodies[0]),
        json!({"users": [{"id": 7, "name": "Walter"}]})
    );
    assert_eq!(
        response(&bodies[1]),
        json!({
            "general": {"language": "en_US"},
            "push_server": {
                "push_remote_address": server.url(""),
                "push_request_period": "1",
                "push_request_timeout": "9000",
            },
        })
    );
}

#[test]
fn a_device_without_a_file_forgets() {
    for _ in 0..2 {
        let user = json!({"object": "users", "values": [{"id": 7, "name": "Walter"}]});
        let server = hands_out([users(), asks_with("create_objects", &user)]);
        device(&server, "--until-idle -q")
            .stdout_has(["2 cases"])
            .exits(0);
        assert_eq!(bodies(&server)[0], r#"{"response":"{\"users\":[]}"}"#);
    }
}

#[test]
fn a_file_that_is_not_a_devices_state_is_refused_and_left_as_it_is() {
    let server = Server::start(|_| Reply::ok()).may_stay_idle();
    let folder = tempfile::tempdir().unwrap();
    let foreign = folder.path().join("foreign.db");
    let database = rusqlite::Connection::open(&foreign).unwrap();
    database
        .execute_batch("CREATE TABLE mine(x); INSERT INTO mine VALUES(1);")
        .unwrap();
    drop(database);
    let text = folder.path().join("text.db");
    std::fs::write(&text, "this is no database, but a text that is long enough").unwrap();
    for (name, why) in [
        (
            "foreign.db",
            "it is a database, and no state file of a device",
        ),
        ("text.db", "is no"),
    ] {
        let path = folder.path().join(name);
        let before = std::fs::read(&path).unwrap();
        device(&server, &format!("--until-idle --state {name}"))
            .dir(folder.path())
            .stderr_has([&format!("error: {name}"), why])
            .exits(2);
        assert_eq!(std::fs::read(&path).unwrap(), before, "{name}");
    }
    assert!(server.received().is_empty());
}

/// One that is open elsewhere is not waited for: a device would stand still meanwhile.
#[test]
fn a_state_file_that_is_broken_or_locked_is_an_error_in_words() {
    let folder = tempfile::tempdir().unwrap();
    let server = hands_out([users()]);
    device(&server, "--until-idle -q --state good.db")
        .dir(folder.path())
        .any_stdout()
        .exits(0);
    let good = folder.path().join("good.db");
    let mut bytes = std::fs::read(&good).unwrap();
    std::fs::write(folder.path().join("short.db"), &bytes[..3000]).unwrap();
    bytes[600..5000].fill(0xFF);
    std::fs::write(folder.path().join("torn.db"), bytes).unwrap();
    let lock = rusqlite::Connection::open(&good).unwrap();
    lock.execute_batch("BEGIN EXCLUSIVE").unwrap();
    for (name, why, code) in [
        ("short.db", "database disk image is malformed", 2),
        ("torn.db", "database disk image is malformed", 2),
        ("good.db", "another program has it open", 3),
        ("no/such/folder.db", "unable to open database file", 3),
    ] {
        pushrig(&format!(
            "device --server 127.0.0.1:9 --id 1 --state {name}"
        ))
        .dir(folder.path())
        .stderr_has(["error: ", name, why])
        .exits(code);
    }
}

/// A state belongs to one device, and people are not added to one that was begun.
#[test]
fn a_state_file_of_another_device_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let server = hands_out([]);
    let call = |id: &str| {
        pushrig(&format!(
            "device --server {} --until-idle -q --state it.db {id}",
            server.url("")
        ))
        .dir(folder.path())
        .any_stdout()
    };
    call("--id 1").exits(0);
    call("--id 2")
        .stderr_has(["error: it.db: ", "this is the state of device 1"])
        .exits(2);
    call("--id 1 --seed-users 3")
        .stderr_has(["note: --seed-users changes nothing"])
        .exits(0);
}

#[test]
fn a_device_may_begin_with_people_who_have_cards() {
    let count = |object| {
        asks_with(
            "load_objects",
            &json!({"object": object, "fields": ["COUNT(*)"]}),
        )
    };
    let joined =
        json!({"object": "cards", "where": {"cards": {"user_id": 1500}}, "fields": ["user_id"]});
    let server = hands_out([
        count("users"),
        count("cards"),
        asks_with("load_objects", &joined),
    ]);
    device(&server, "--until-idle -q --seed-users 2000")
        .any_stdout()
        .exits(0);
    let bodies = bodies(&server);
    assert_eq!(response(&bodies[0]), json!({"users": [{"COUNT(*)": 2000}]}));
    assert_eq!(response(&bodies[1]), json!({"cards": [{"COUNT(*)": 2000}]}));
    assert_eq!(response(&bodies[2]), json!({"cards": [{"user_id": 1500}]}));
}

#[test]
fn a_script_answers_as_its_example_says_and_the_device_what_it_leaves() {
    let door = json!({"actions": [{"action": "door", "parameters": "door=1"}]});
    let server = hands_out([
        users(),
        users(),
        asks_with("load_objects", &json!({"object": "cards"})),
        asks_with("execute_actions", &door),
        asks("set_system_time"),
        asks("user_get_image"),
    ]);
    let script = root().join("examples/controlid/answers.toml");
    // An error that was asked for is right even in a strict run.
    let lines = device(&server, "--until-idle --strict --format json")
        .arg("--script")
        .arg(script)
        .any_stdout()
        .exits(0)
        .json();
    assert_eq!(
        bodies(&server),
        [
            r#"{"response":"{\"users\":[{\"id\":1,\"name\":\"Walter White\"}]}"}"#,
            r#"{"response":"{\"users\":[]}"}"#,
            r#"{"response":"{\"cards\":[]}"}"#,
            r#"{"error":"the door is jammed","code":7}"#,
            r#"{"response":""}"#,
            r#"{"response":"/9j/2Q=="}"#,
        ]
    );
    assert_eq!(of_type(&lines, "case").len(), 6);
    // The second answer takes two seconds.
    assert!(lines.last().unwrap()["elapsed_ms"].as_f64().unwrap() >= 2000.0);
}

#[test]
fn a_script_that_is_wrong_is_refused_at_its_place() {
    for (script, why) in [
        (
            &b"[[answer]]\nendpoint = \"x\"\n"[..],
            "s.toml:1:1: the answer does not say what comes back",
        ),
        (
            b"[[answer]]\nendpoint = \"x.fcgi\"\nempty = true\n",
            "s.toml:2:12: `x.fcgi` is no endpoint",
        ),
        (
            b"[[answer]]\nendpoint = \"x\"\nreply = '{'\n",
            "s.toml:3:9: the reply is not JSON",
        ),
        (b"answer = 1\n", "s.toml:1:"),
        (b"[[answer]\n", "s.toml:1:"),
        (b"\xff", "s.toml: it is not UTF-8"),
    ] {
        pushrig("device --server 127.0.0.1:9 --id 1 --script s.toml")
            .file("s.toml", script)
            .stderr_has(["error: ", why])
            .exits(2);
    }
    pushrig("device --server 127.0.0.1:9 --id 1 --script none.toml")
        .stderr_has(["none.toml"])
        .exits(3);
}
