//! Against what we did not write: the receivers of `tests/interop`, in other languages, as
//! people write them from the vendors' documents. Each right one passes, each wrong one is named.
//!
//! A test passes where an interpreter or a library is missing, and says on standard error what
//! it left out. Where `PUSHRIG_INTEROP` is `all`, as in continuous integration, that is a failure.

mod controlid;
mod inspector;
mod job;
mod junit;
// The platform is ended by signals.
#[cfg(unix)]
mod mqtt;
mod onenet;
mod others;
mod receiver;

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

pub(crate) use receiver::{Receiver, free_port};

use crate::harness::{Ran, pushrig, root};

/// A file of tests/interop.
fn file(name: &str) -> PathBuf {
    root().join("tests/interop").join(name)
}

/// Says what is not tested on this machine.
#[track_caller]
fn leave_out(what: &str, why: &str) {
    let all = std::env::var("PUSHRIG_INTEROP").is_ok_and(|value| value == "all");
    assert!(!all, "{what}: {why}, and PUSHRIG_INTEROP=all wants it");
    // Not by a macro that the test runner would catch, and in one piece among other tests' lines.
    let line = format!("left out: {what}: {why}\n");
    let _ = std::io::stderr().write_all(line.as_bytes());
}

/// Whether a program can be run so; its output is of no interest.
pub(crate) fn runs(program: &str, args: &[&str]) -> bool {
    let mut command = Command::new(program);
    command.args(args).stdin(Stdio::null());
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// Whether a program is there; what is not tested without it is said.
#[cfg(target_os = "linux")]
pub(crate) fn is_there(program: &str, for_what: &str) -> bool {
    let is_there = runs(program, &["--version"]);
    if !is_there {
        leave_out(for_what, &format!("there is no {program} here"));
    }
    is_there
}

/// The names of a platform's events, such as `onenet.online`.
fn events(platform: &str) -> Vec<String> {
    let list = pushrig(&format!("samples {platform} --format json"))
        .any_stdout()
        .exits(0);
    let name = |line: &serde_json::Value| format!("{platform}.{}", line["event"].as_str().unwrap());
    let names: Vec<_> = list.json().iter().map(name).collect();
    assert!(names.len() > 1, "{names:?}");
    names
}

/// The handshake with a receiver passes.
#[track_caller]
fn shakes_hands(platform: &str, url: &str, secret: &str) {
    pushrig(&format!("handshake {platform} {url} --strict {secret}"))
        .any_stdout()
        .exits(0);
}

/// The handshake with a receiver fails, in these words.
#[track_caller]
fn is_refused_a_hand(platform: &str, url: &str, secret: &str, words: &[&str]) -> Ran {
    pushrig(&format!("handshake {platform} {url} {secret}"))
        .stdout_has(words.iter().copied())
        .exits(1)
}

/// A receiver accepts a push of every event of the platform.
#[track_caller]
fn takes_every_event(platform: &str, url: &str, secret: &str) {
    for event in events(platform) {
        pushrig(&format!("push {event} {url} {secret}"))
            .stdout_has([format!("pass   {event}")])
            .exits(0);
    }
}

/// The tests that need a receiver pass where there is no interpreter, and say so; and fail where
/// all of them are wanted.
#[test]
fn what_is_missing_is_left_out_aloud_and_never_where_all_is_wanted() {
    let this = std::env::current_exe().unwrap();
    let test = "interop::onenet::a_right_receiver_passes_the_handshake_and_takes_every_event";
    for (wanted, passes) in [("", true), ("all", false)] {
        let ran = Command::new(&this)
            .args(["--exact", test])
            .env("PATH", "")
            .env("PUSHRIG_INTEROP", wanted)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&ran.stderr);
        let printed = String::from_utf8_lossy(&ran.stdout);
        assert_eq!(ran.status.success(), passes, "{printed}{said}");
        assert!(printed.contains("running 1 test"), "{printed}");
        let line = "left out: tests/interop/onenet_right.py: there is no python3 here\n";
        assert_eq!(said.contains(line), passes, "{said}");
        assert_eq!(printed.contains("PUSHRIG_INTEROP=all wants it"), !passes);
    }
}
