//! What goes wrong on the device's side, as the server sees it.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::time::{Duration, Instant};

use super::*;

/// So many commands, one a poll; an answer to the last one ends the run.
fn run(commands: usize, flags: &str, code: i32) -> (Server, Vec<Value>) {
    let server = hands_out((0..commands).map(|_| greets()));
    let lines = told(&server, &format!("--until-idle {flags}"), code);
    (server, lines)
}

fn uuids(requests: &[Received]) -> Vec<String> {
    requests
        .iter()
        .map(|it| query(it, "uuid").unwrap())
        .collect()
}

fn struck(lines: &[Value]) -> Vec<&str> {
    let faults = of_type(lines, "fault");
    assert!(faults.iter().all(|it| it["device"] == "478435"));
    faults
        .iter()
        .map(|it| it["fault"].as_str().unwrap())
        .collect()
}

#[test]
fn a_lost_result_never_comes_and_its_command_is_skipped() {
    let (server, lines) = run(4, "--fault lost-result:every=2", 0);
    assert_eq!(
        outcomes(&lines, "case"),
        [
            "478435/message_to_screen#1 pass",
            "478435/message_to_screen#2 skip",
            "478435/message_to_screen#3 pass",
            "478435/message_to_screen#4 skip",
        ]
    );
    assert_eq!(
        of_type(&lines, "case")[1]["why"],
        "its result was not sent: --fault lost-result"
    );
    assert_eq!(struck(&lines), ["lost-result", "lost-result"]);
    assert_eq!(counter(&lines, "lost_results"), 2);
    let asked = uuids(&polls(&server));
    assert_eq!(
        uuids(&results(&server)),
        [asked[0].clone(), asked[2].clone()]
    );
}

#[test]
fn a_duplicate_result_comes_twice_byte_for_byte_and_is_one_case() {
    let (server, lines) = run(2, "--fault duplicate-result:first=1", 0);
    let results = results(&server);
    assert_eq!(results.len(), 3);
    assert_eq!(results[0].raw, results[1].raw);
    assert_ne!(results[1].raw, results[2].raw);
    assert_eq!(outcomes(&lines, "case").len(), 2);
    assert_eq!(counter(&lines, "faults"), 1);
}

#[test]
fn a_late_result_comes_after_its_time() {
    let (server, lines) = run(1, "--fault late-result=400ms:first=1", 0);
    assert_eq!(bodies(&server), [GREETED]);
    assert_eq!(
        outcomes(&lines, "case"),
        ["478435/message_to_screen#1 pass"]
    );
    let elapsed = lines.last().unwrap()["elapsed_ms"].as_f64().unwrap();
    assert!(elapsed >= 400.0, "{elapsed}");
    assert_eq!(struck(&lines), ["late-result=400ms"]);
}

#[test]
fn a_result_with_a_wrong_uuid_has_one_that_no_poll_had() {
    let (server, _) = run(2, "--fault wrong-uuid:first=1", 0);
    let asked = uuids(&polls(&server));
    let answered = uuids(&results(&server));
    assert!(!asked.contains(&answered[0]), "{answered:?}");
    assert_eq!(answered[1], asked[1]);
}

/// A server does well to refuse what it did not ask for, or has already.
#[test]
fn a_server_may_refuse_what_the_faults_make_of_a_result() {
    for (fault, refused) in [("duplicate-result", 1), ("wrong-uuid", 0)] {
        let answered = std::sync::atomic::AtomicUsize::new(0);
        let server = answers_results([greets()], move |_| {
            let number = answered.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            Reply::status(if number == refused { 409 } else { 200 })
        });
        let lines = told(
            &server,
            &format!("--until-idle --fault {fault} --strict"),
            0,
        );
        assert_eq!(
            outcomes(&lines, "case"),
            ["478435/message_to_screen#1 pass"]
        );
        assert_eq!(results(&server).len(), refused + 1, "{fault}");
        assert!(of_type(&lines, "finding").is_empty());
    }
}

#[test]
fn a_device_that_starts_again_forgets_the_result_and_is_away() {
    let (server, lines) = run(2, "--fault reboot=300ms:first=1", 0);
    assert_eq!(
        outcomes(&lines, "case"),
        [
            "478435/message_to_screen#1 skip",
            "478435/message_to_screen#2 pass"
        ]
    );
    assert_eq!(bodies(&server), [GREETED]);
    let elapsed = lines.last().unwrap()["elapsed_ms"].as_f64().unwrap();
    assert!(elapsed >= 300.0, "{elapsed}");
}

/// The bytes trickle: a server that reads them as they come gets the first well before the last.
#[test]
fn a_slow_poll_trickles() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let (mut pieces, mut all, mut first) = (0, Vec::new(), None);
        let mut piece = [0; 4096];
        while !all.ends_with(b"\r\n\r\n") {
            let count = stream.read(&mut piece).unwrap();
            assert_ne!(count, 0, "{}", String::from_utf8_lossy(&all));
            first.get_or_insert_with(Instant::now);
            all.extend_from_slice(&piece[..count]);
            pieces += 1;
        }
        let took = first.unwrap().elapsed();
        stream
            .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            .unwrap();
        (pieces, took, String::from_utf8(all).unwrap())
    });
    pushrig(&format!(
        "device --server http://{address} --id 478435 --until-idle -q --fault slow-poll=500ms:first=1"
    ))
    .any_stdout()
    .exits(0);
    let (pieces, took, head) = server.join().unwrap();
    assert!(pieces > 5, "{pieces}");
    assert!(took >= Duration::from_millis(300), "{took:?}");
    assert!(
        head.starts_with("GET /push?deviceId=478435&uuid="),
        "{head}"
    );
}

#[test]
fn a_half_open_poll_is_sent_and_its_answer_never_taken() {
    let server = hands_out([asks("logout"), greets()]);
    let lines = told(&server, "--polls 3 --fault half-open=50ms:first=1", 0);
    // The first command was handed out and nobody ran it.
    assert_eq!(
        outcomes(&lines, "case"),
        ["478435/message_to_screen#1 pass"]
    );
    assert_eq!(bodies(&server), [GREETED]);
    assert_eq!(polls(&server).len(), 3);
    assert_eq!(struck(&lines), ["half-open=50ms"]);
    assert!(server.connections() >= 2);
}

#[test]
fn a_half_open_poll_brings_no_command_and_so_ends_a_run_that_waits_for_that() {
    let server = hands_out([greets()]);
    let lines = told(&server, "--until-idle --fault half-open=50ms", 0);
    assert_eq!(counter(&lines, "polls"), 1);
    assert!(of_type(&lines, "case").is_empty());
}

#[test]
fn a_half_open_poll_to_nobody_is_an_error() {
    let port = crate::interop::free_port();
    pushrig(&format!(
        "device --server 127.0.0.1:{port} --id 1 --until-idle --fault half-open=50ms"
    ))
    .stderr_has(["note: device 1"])
    .stdout_has(["error  push  controlid  the last poll was not answered: no connection to"])
    .exits(3);
}

#[test]
fn the_same_seed_gives_the_same_run() {
    let fates = |seed: &str| {
        let flags = format!(
            "--seed {seed} --fault lost-result:30% --fault duplicate-result:30% --fault wrong-uuid:30%"
        );
        let (server, lines) = run(20, &flags, 0);
        let requests = server.received();
        let targets: Vec<_> = requests.iter().map(Received::target).collect();
        (targets, outcomes(&lines, "case"))
    };
    assert_eq!(fates("1"), fates("1"));
    assert_ne!(fates("1").1, fates("2").1);
}

#[test]
fn what_is_no_fault_is_refused() {
    for (fault, why) in [
        ("lost", "`lost` is no fault"),
        ("lost-result:often", "`:often` is no rate"),
        ("reboot=soon", "`soon` is no time"),
    ] {
        pushrig("device --server 127.0.0.1:9 --id 1 --fault")
            .arg(fault)
            .stderr_has([why])
            .exits(2);
    }
}
