//! The job of the README's section on continuous integration is run as it stands there.
#![cfg(unix)]

use std::fs;
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Output};

use super::receiver::free_port;
use super::{leave_out, runs};
use crate::harness::root;

const SECTION: &str = "## In CI\n";
const RIGHT: &str = "python3 tests/interop/onenet_right.py";

/// The first block of that language in the section.
fn block(language: &str) -> String {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let (_, section) = readme.split_once(SECTION).expect("the README has it");
    let fence = format!("```{language}\n");
    let (_, text) = section.split_once(&fence).expect("a block of it");
    let (block, _) = text.split_once("```").expect("its end");
    block.to_owned()
}

/// Runs the shell form with that server, in a copy of what it names.
fn run(folder: &Path, server: &str) -> Output {
    for name in ["examples/captures/ci", "tests/interop"] {
        let (from, to) = (root().join(name), folder.join(name));
        fs::create_dir_all(&to).unwrap();
        for entry in fs::read_dir(from).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                fs::copy(&path, to.join(path.file_name().unwrap())).unwrap();
            }
        }
    }
    let script = block("bash");
    assert!(script.contains(RIGHT), "{script}");
    fs::write(folder.join("push-tests.sh"), &script).unwrap();
    let port = free_port();
    let bin = Path::new(env!("CARGO_BIN_EXE_pushrig")).parent().unwrap();
    let path = std::env::var("PATH").unwrap_or_default();
    let ran = Command::new("bash")
        .arg("push-tests.sh")
        .current_dir(folder)
        .env("PATH", format!("{}:{path}", bin.display()))
        .env("SERVER", server)
        .env("PORT", port.to_string())
        .env("ONENET_TOKEN", "20200321182801")
        .output()
        .unwrap();
    let stopped = TcpStream::connect(("127.0.0.1", port)).is_err();
    assert!(stopped, "the server still runs: {}", said(&ran));
    ran
}

fn said(ran: &Output) -> String {
    let [out, err] = [&ran.stdout, &ran.stderr].map(|bytes| String::from_utf8_lossy(bytes));
    format!("{out}{err}")
}

/// Whether the machine has what the job needs; what it lacks is said.
fn is_possible() -> bool {
    for program in ["bash", "curl", "python3"] {
        if !runs(program, &["--version"]) {
            leave_out(
                "the README's CI job",
                &format!("there is no {program} here"),
            );
            return false;
        }
    }
    true
}

#[test]
fn the_job_is_green_for_a_right_server() {
    if !is_possible() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let ran = run(folder.path(), RIGHT);
    assert!(ran.status.success(), "{}", said(&ran));
    for (name, counts) in [
        ("handshake.xml", "7 cases: 7 passed"),
        ("replay.xml", "5 cases: 5 passed"),
    ] {
        let report = fs::read_to_string(folder.path().join("reports").join(name)).unwrap();
        assert!(report.contains(counts), "{report}");
    }
}

#[test]
fn the_job_fails_for_a_wrong_server_with_a_report_that_names_file_and_record() {
    if !is_possible() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let ran = run(folder.path(), "python3 tests/interop/onenet_json_dumps.py");
    assert_eq!(ran.status.code(), Some(1), "{}", said(&ran));
    let report = fs::read_to_string(folder.path().join("reports/replay.xml")).unwrap();
    for words in [
        "5 cases: 2 passed, 3 failed",
        "name=\"examples/captures/ci/pushes.ndjson:2\"",
        "file=\"examples/captures/ci/pushes.ndjson\" line=\"2\"",
        "<failure message=\"the status is 401",
    ] {
        assert!(report.contains(words), "{words}: {report}");
    }
}

#[test]
fn the_job_fails_for_a_server_that_loses_a_plus_or_never_comes_up_with_both_reports() {
    if !is_possible() {
        return;
    }
    for (server, words, record) in [
        (
            "python3 tests/interop/onenet_flask_bug.py",
            "query.plus-to-blank",
            "handshakes.ndjson:2",
        ),
        ("python3 -c exit()", "refused", "handshakes.ndjson:1"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let ran = run(folder.path(), server);
        assert_eq!(ran.status.code(), Some(1), "{}", said(&ran));
        let read = |name| fs::read_to_string(folder.path().join("reports").join(name)).unwrap();
        assert!(read("handshake.xml").contains(words), "{}", said(&ran));
        assert!(read("replay.xml").contains(record), "{}", said(&ran));
    }
}

#[test]
fn the_workflow_runs_the_same_script_and_keeps_its_reports() {
    let workflow = block("yaml");
    for line in ["run: bash push-tests.sh", "if: always()", "path: reports/"] {
        assert!(workflow.contains(line), "{workflow}");
    }
    assert!(block("bash").contains("--report junit=reports/"));
}
