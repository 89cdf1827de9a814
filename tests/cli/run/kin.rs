//! Nothing of what a server started is there after the run.

use super::bench::{PUSH, are_gone, listen, pids, run};
use crate::harness::Ran;

/// The pids that a run left in its file.
#[track_caller]
fn pids_of(ran: &Ran) -> Vec<String> {
    let copy = tempfile::tempdir().unwrap();
    let path = copy.path().join("pids");
    std::fs::write(&path, ran.read("pids")).unwrap();
    pids(&path)
}

#[test]
fn the_server_and_its_children_are_ended() {
    for steps in [
        &[PUSH][..],
        &["push onenet.online http://127.0.0.1:1/ --token x"],
    ] {
        let server = format!(
            "(sleep 600 & echo $! >> pids; wait) & sleep 600 & echo $! $$ >> pids; {}",
            listen("")
        );
        let ran = run(&server, "", steps).any_stdout().any_stderr().any_end();
        assert_eq!(pids_of(&ran).len(), 3);
        are_gone(&pids_of(&ran));
    }
    // Nobody waited for the steps here.
    let server = "sleep 600 & echo $! $$ > pids; wait";
    let ran = run(server, "--wait-time 300ms", &["samples"])
        .any_stdout()
        .exits(3);
    are_gone(&pids_of(&ran));
    let server = "sleep 600 & echo $! $$ > pids; exit 1";
    let ran = run(server, "", &["samples"]).any_stdout().exits(3);
    are_gone(&pids_of(&ran));
}

#[cfg(target_os = "linux")]
#[test]
fn who_has_left_the_servers_group_is_ended_too() {
    use crate::interop::is_there;
    if !is_there("setsid", "a process that leaves its group") {
        return;
    }
    let server = format!("setsid sleep 600 & echo $! > pids; exec {}", listen(""));
    let ran = run(&server, "", &[PUSH])
        .any_stdout()
        .stderr_has(["note: a process that had left the server's group was ended, too"])
        .exits(0);
    are_gone(&pids_of(&ran));
    let stubborn = "trap \"\" TERM; echo $$ >> pids; while :; do sleep 600; done";
    let server = format!(
        "setsid sh -c '{stubborn}' & setsid sh -c '{stubborn}' & \
         until [ \"$(wc -l < pids)\" = 2 ]; do :; done 2> /dev/null; exec {}",
        listen("")
    );
    let ran = run(&server, "--grace 100ms", &[PUSH])
        .stdout_has(["warn   server  2 processes that had left the server's group went on after SIGTERM, and were killed"])
        .any_stderr()
        .exits(0);
    are_gone(&pids_of(&ran));
}

#[cfg(target_os = "linux")]
#[test]
fn who_has_ended_in_the_group_and_is_not_waited_for_holds_nothing_up() {
    use crate::interop::is_there;
    if !is_there("setsid", "a process that leaves its group") {
        return;
    }
    // It does not wait for the one that it had started before it left the group.
    let daemon = "sh -c 'echo $$ >> pids; true & exec setsid sleep 600'";
    let server = format!("{daemon} & exec {}", listen(""));
    let ran = run(&server, "--grace 600s", &[PUSH])
        .any_stdout()
        .stderr_has(["note: a process that had left the server's group was ended, too"])
        .exits(0);
    assert!(!ran.text().contains("went on"), "{}", ran.text());
    are_gone(&pids_of(&ran));
}

#[cfg(target_os = "linux")]
#[test]
fn who_has_left_the_group_is_asked_to_end_beside_a_group_that_does_not() {
    use crate::interop::is_there;
    if !is_there("setsid", "a process that leaves its group") {
        return;
    }
    let daemon = "trap \"echo asked > asked; exit\" TERM; echo $$ > pids; \
                  while :; do sleep 0.05; done";
    let server = format!(
        "(setsid sh -c '{daemon}' &); until [ -s pids ]; do :; done; trap '' TERM; {} & \
         while :; do sleep 600; done",
        listen("")
    );
    let ran = run(&server, "--grace 2s", &[PUSH])
        .stdout_has(["the server went on for 2s after SIGTERM, and was killed"])
        .any_stderr()
        .exits(0);
    assert_eq!(ran.read("asked"), b"asked\n");
    assert!(!ran.text().contains("had left"), "{}", ran.text());
    are_gone(&pids_of(&ran));
}

/// Whoever takes orphans in has to wait for them.
#[cfg(target_os = "linux")]
#[test]
fn orphans_that_have_ended_do_not_stay_until_the_end() {
    use super::bench::start;
    let orphans = "for n in 1 2 3; do (true & echo $! >> pids); done";
    let waits = "listen onenet --accept-all";
    let mut it = start(&format!("{orphans}; exec {}", listen("")), "", &[waits]);
    it.comes("ready", "listen");
    are_gone(&pids(&it.folder.path().join("pids")));
    it.signal("TERM");
    assert_eq!(it.end().code, Some(143));
}

/// Whoever becomes pushrig by `exec` may have children that are none of its business.
#[cfg(target_os = "linux")]
#[test]
fn who_was_there_before_is_left_alone() {
    use super::bench::{EXE, URL, is_alive};
    let folder = tempfile::tempdir().unwrap();
    let script = format!(
        "sleep 600 & echo $! > before; exec {EXE} run --server '{}' --wait '{URL}' -- samples",
        listen("")
    );
    let ran = std::process::Command::new("sh")
        .args(["-c", &script])
        .current_dir(&folder)
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .status();
    assert!(ran.unwrap().success());
    let before = pids(&folder.path().join("before"));
    assert!(is_alive(&before[0]));
    let killed = std::process::Command::new("kill").arg(&before[0]).status();
    assert!(killed.unwrap().success());
}
