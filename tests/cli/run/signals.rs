//! What ends a run: Ctrl-C, SIGTERM and their like, whenever they come.

use std::time::{Duration, Instant};

use super::bench::{EXE, PUSH, URL, are_gone, listen, pids, start};

/// A step that ends only when it is told to.
const WAITS: &str = "listen onenet --accept-all --report json=listen.json";

/// Whether these tests were started so that a signal does nothing, which a run then keeps.
fn is_ignored(signal: &str) -> bool {
    let trapped = std::process::Command::new("sh")
        .args(["-c", &format!("kill -{signal} $$; echo still here")])
        .output();
    !trapped.unwrap().stdout.is_empty()
}

#[test]
fn a_signal_that_is_ignored_from_the_start_stays_so() {
    let mut call = std::process::Command::new("sh");
    let run = format!(
        "trap '' HUP; exec {EXE} run --wait '{URL}' --server '{}' -- {WAITS} --ready-file up",
        listen("")
    );
    let folder = tempfile::tempdir().unwrap();
    let silent = || std::process::Stdio::null();
    let call = call.args(["-c", &run]).current_dir(folder.path());
    let mut it = call.stdout(silent()).stderr(silent()).spawn().unwrap();
    while !folder.path().join("up").exists() {
        assert!(it.try_wait().unwrap().is_none());
        std::thread::yield_now();
    }
    for signal in ["-HUP", "-TERM"] {
        let mut kill = std::process::Command::new("kill");
        let pid = it.id().to_string();
        assert!(kill.args([signal, &pid]).status().unwrap().success());
    }
    assert_eq!(it.wait().unwrap().code(), Some(143));
    let report = std::fs::read_to_string(folder.path().join("listen.json")).unwrap();
    assert!(report.contains("SIGTERM"), "{report}");
}

#[test]
fn ctrl_c_and_sigterm_end_the_step_and_the_server_and_write_the_report() {
    for (signal, code, name, handed_on) in [
        ("INT", 130, "Ctrl-C", "Ctrl-C"),
        ("TERM", 143, "SIGTERM", "SIGTERM"),
        ("HUP", 143, "SIGHUP", "SIGTERM"),
        ("QUIT", 143, "SIGQUIT", "SIGTERM"),
    ] {
        if is_ignored(signal) {
            continue;
        }
        let server = format!("sleep 600 & echo $! $$ > pids; {}", listen(""));
        let flags = "--report json=run.json --grace 60s";
        let mut it = start(&server, flags, &[PUSH, WAITS, "samples"]);
        it.comes("ready", "listen");
        it.signal(signal);
        let ended = it.end();
        assert_eq!(ended.code, Some(code), "{}", ended.talk);
        let summary = ended.summary();
        assert_eq!(
            (&summary["ended"], &summary["skipped"]),
            (&name.into(), &(if code == 130 { 1 } else { 2 }).into())
        );
        are_gone(&pids(&ended.folder.path().join("pids")));
        let read = |file: &str| {
            let text = std::fs::read(ended.folder.path().join(file)).unwrap();
            serde_json::from_slice::<serde_json::Value>(&text).unwrap()
        };
        // The step heard it once, and ended in order.
        assert_eq!(read("listen.json")["summary"]["ended"], handed_on);
        let report = read("run.json");
        assert_eq!(report["cases"][0]["id"], "push: onenet.online");
        let last = report["cases"].as_array().unwrap().last().unwrap();
        assert_eq!(last["why"], format!("not run: ended by {name}"));
    }
}

#[test]
fn ctrl_c_ends_the_wait_for_the_server() {
    let server = "echo $$ > pids; echo begun; sleep 600";
    let it = start(server, "", &["samples"]);
    let path = it.folder.path().join("pids");
    while !std::fs::read(&path).is_ok_and(|text| text.ends_with(b"\n")) {
        std::thread::yield_now();
    }
    it.signal("INT");
    let ended = it.end();
    assert_eq!(ended.code, Some(130));
    assert!(ended.talk.contains("  | begun\n"), "{}", ended.talk);
    are_gone(&pids(&ended.folder.path().join("pids")));
}

#[test]
fn a_second_ctrl_c_does_not_wait() {
    let begun = Instant::now();
    let server = format!(
        "trap '' TERM; echo $$ > pids; {} & while :; do sleep 600; done",
        listen("")
    );
    let mut it = start(&server, "--grace 600s", &[WAITS]);
    it.comes("ready", "listen");
    it.signal("INT");
    // The step has ended by the first, and the server does not.
    it.comes("step", "listen");
    it.signal("INT");
    let ended = it.end();
    assert_eq!(ended.code, Some(130));
    are_gone(&pids(&ended.folder.path().join("pids")));
    assert!(begun.elapsed() < Duration::from_secs(60));
}

#[test]
fn a_step_that_is_not_answered_is_ended_by_a_signal() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", silent.local_addr().unwrap());
    let push = format!("push onenet.online {url} --token a-token-of-mine --timeout 600s");
    let it = start(&listen(""), "", &[&push, "samples"]);
    let _asked = silent.accept().unwrap();
    it.signal("TERM");
    let ended = it.end();
    assert_eq!(ended.code, Some(143));
    assert_eq!(ended.summary()["outcome"], "terminated");
}
