//! Many devices against one server.

use std::collections::BTreeSet;

use super::*;

/// The device ids that a server saw.
fn ids(server: &Server) -> BTreeSet<String> {
    let received = server.received();
    received
        .iter()
        .map(|it| query(it, "deviceId").unwrap())
        .collect()
}

/// A server with one command for each device.
fn one_each(answer: fn() -> Reply) -> Server {
    let served = Mutex::new(BTreeSet::new());
    Server::start(move |request| {
        let id = query(request, "deviceId").unwrap();
        if is_result(request) || !served.lock().unwrap().insert(id) {
            Reply::ok()
        } else {
            answer()
        }
    })
}

#[test]
fn each_of_ten_devices_polls_runs_and_answers_for_itself() {
    let server = one_each(|| asks("system_information"));
    let lines = told(&server, "--devices 10 --until-idle", 0);
    let expected: BTreeSet<_> = (ID..ID + 10).map(|id| id.to_string()).collect();
    assert_eq!(ids(&server), expected);
    assert_eq!(lines[0]["devices"], 10);
    let polled = of_type(&lines, "poll").into_iter();
    let polled: BTreeSet<_> = polled
        .map(|it| it["device"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(polled, expected);
    let cases: BTreeSet<_> = outcomes(&lines, "case").into_iter().collect();
    let all = expected
        .iter()
        .map(|id| format!("{id}/system_information#1 pass"));
    assert_eq!(cases, all.collect());
    for result in results(&server) {
        let body = String::from_utf8(result.body()).unwrap();
        let id = response(&body)["device_id"].to_string();
        assert_eq!(id, query(&result, "deviceId").unwrap());
    }
    assert_eq!(counter(&lines, "devices"), 10);
    assert_eq!(counter(&lines, "commands"), 10);
}

#[test]
fn ids_beyond_2_to_the_53_keep_their_digits() {
    let server = Server::start(|_| Reply::ok());
    told(&server, "--id 9007199254740993 --devices 3 --until-idle", 0);
    let expected = ["9007199254740993", "9007199254740994", "9007199254740995"];
    assert_eq!(ids(&server), expected.map(str::to_owned).into());
}

#[test]
fn the_smallest_and_the_largest_id_are_ids() {
    for id in ["9223372036854775807", "-9223372036854775808"] {
        let server = hands_out([asks("system_information")]);
        told(&server, &format!("--until-idle --id {id}"), 0);
        assert_eq!(ids(&server), [id.to_owned()].into());
        assert_eq!(response(&bodies(&server)[0])["device_id"].to_string(), id);
    }
}

#[test]
fn the_first_polls_of_a_fleet_are_spread_over_its_ramp() {
    let server = Server::start(|_| Reply::ok());
    let lines = told(&server, "--devices 5 --polls 1 --ramp 500ms", 0);
    let elapsed = lines.last().unwrap()["elapsed_ms"].as_f64().unwrap();
    assert!(elapsed >= 400.0, "{elapsed}");
}

/// Four waits of 10 ms and of what chance adds: by this seed, more than 300 ms together.
#[test]
fn polls_may_come_later_by_chance() {
    let server = Server::start(|_| Reply::ok());
    let lines = told(&server, "--polls 5 --jitter 300ms", 0);
    let elapsed = lines.last().unwrap()["elapsed_ms"].as_f64().unwrap();
    assert!(elapsed >= 340.0, "{elapsed}");
}

#[test]
fn a_file_names_devices_by_id_or_serial() {
    let server = Server::start(|_| Reply::ok());
    let file = "# the front door\n478435\n\n  0G0200/005B6D  \n-7\r\n";
    device(&server, "--ids all.txt --until-idle -q")
        .file("all.txt", file)
        .any_stdout()
        .exits(0);
    let expected = ["478435", "3206485144263533", "-7"];
    assert_eq!(ids(&server), expected.map(str::to_owned).into());
    let server = Server::start(|_| Reply::ok());
    device(&server, "--ids all.txt --devices 1 --until-idle -q")
        .file("all.txt", file)
        .any_stdout()
        .exits(0);
    assert_eq!(ids(&server), ["478435".to_owned()].into());
}

#[test]
fn a_file_with_doubles_or_nonsense_is_refused_at_its_line() {
    for (file, flags, why) in [
        (
            "1\n2\n1\n",
            "",
            "all.txt:3: device 1 stands in line 1 already",
        ),
        (
            "478435\nA95V\n",
            "",
            "all.txt:2: device 478435 stands in line 1 already",
        ),
        (
            "1\nfront door\n",
            "",
            "all.txt:2: \"front door\" is neither a deviceId nor a serial",
        ),
        ("99999999999999999999\n", "", "all.txt:1: "),
        ("# nobody\n", "", "all.txt: it names no device"),
        (
            "1\n2\n",
            "--devices 3",
            "all.txt: 3 devices are asked for, and it names 2",
        ),
    ] {
        pushrig(&format!(
            "device --server 127.0.0.1:9 --ids all.txt {flags}"
        ))
        .file("all.txt", file)
        .stderr_has(["error: ", why])
        .exits(2);
    }
}

#[test]
fn more_writers_than_may_be_get_a_marked_error_and_a_finding() {
    let user = || {
        asks_with(
            "create_objects",
            &json!({"object": "users", "values": [{"name": "A"}]}),
        )
    };
    let server = one_each(user);
    let lines = told(
        &server,
        "--devices 3 --max-states 1 --polls 6 --period 100ms --ramp 10ms",
        0,
    );
    assert_eq!(outcomes(&lines, "finding"), ["simulator.max-states pass"]);
    let mut bodies = bodies(&server);
    bodies.sort();
    assert!(
        bodies[0].starts_with(r#"{"error":"pushrig: "#),
        "{}",
        bodies[0]
    );
    assert_eq!(bodies[0], bodies[1]);
    assert_eq!(bodies[2], r#"{"response":"{\"ids\":[1]}"}"#);
    assert_eq!(counter(&lines, "own_states"), 1);
    assert_eq!(counter(&lines, "device_errors"), 2);
}

#[test]
fn a_finding_is_told_once_for_all_and_how_many_devices_saw_it() {
    let server = one_each(|| asks("logout.fcgi"));
    let lines = told(&server, "--devices 4 --until-idle", 0);
    assert_eq!(outcomes(&lines, "finding"), ["push.fcgi pass"]);
    let counts = of_type(&lines, "finding-devices");
    assert_eq!(counts.len(), 1);
    assert_eq!(counts[0]["id"], "push.fcgi");
    assert_eq!(counts[0]["devices"], 4);
}

#[test]
fn a_quiet_fleet_prints_its_summary_alone() {
    let server = one_each(greets);
    let ran = device(&server, "--devices 5 --until-idle -q")
        .any_stdout()
        .exits(0);
    assert!(
        ran.text().starts_with("5 cases: 5 passed"),
        "{}",
        ran.text()
    );
    assert!(
        ran.text()
            .contains("counts    devices 5  polls 10  idle 5  commands 5")
    );
}

#[test]
fn the_last_poll_of_each_device_decides_for_the_fleet() {
    let server = Server::start(|request| {
        let id = query(request, "deviceId").unwrap();
        Reply::status(if id == "478436" { 500 } else { 200 })
    });
    let lines = told(&server, "--devices 3 --polls 2", 1);
    assert_eq!(outcomes(&lines, "case"), ["push fail"]);
    assert_eq!(
        of_type(&lines, "case")[0]["why"],
        "the last poll of 1 of 3 devices was answered as no device can use it: status 500"
    );
}

#[test]
fn fewer_commands_than_asked_for_are_counted_by_devices() {
    let server = one_each(greets);
    let lines = told(&server, "--devices 3 --commands 2 --for 300ms", 1);
    let last = *of_type(&lines, "case").last().unwrap();
    assert_eq!(last["id"], "commands");
    assert_eq!(last["why"], "3 of 3 devices got fewer than 2 commands");
}

/// 192.0.2.1 belongs to nobody, by RFC 5737.
#[test]
fn a_fleet_is_kept_from_other_machines() {
    pushrig("device --server http://192.0.2.1 --id 1 --devices 2 --until-idle")
        .stderr_has(["error: ", "--allow-remote"])
        .exits(2);
    pushrig("device --server http://127.0.0.1:9 --id 1 --devices 2 --until-idle --monitor http://192.0.2.1")
        .stderr_has(["error: --monitor"])
        .exits(2);
}

/// A server cannot send a fleet elsewhere, either.
#[test]
fn a_fleet_that_is_told_to_poll_another_machine_falls_silent() {
    let server = one_each(|| {
        let base = json!({"push_server": {"push_remote_address": "http://192.0.2.1"}});
        asks_with("set_configuration", &base)
    });
    let lines = told(&server, "--devices 2 --polls 5", 0);
    assert_eq!(counter(&lines, "polls"), 2);
    // Whichever gets there first.
    let warnings = of_type(&lines, "warning").into_iter();
    let warnings: BTreeSet<_> = warnings.map(|it| it["why"].as_str().unwrap()).collect();
    let words = "falls silent: it was told to poll http://192.0.2.1, which is not on this \
                 machine; --allow-remote allows it";
    let expected = [ID, ID + 1].map(|id| format!("device {id} {words}"));
    assert_eq!(warnings, expected.iter().map(String::as_str).collect());
}
