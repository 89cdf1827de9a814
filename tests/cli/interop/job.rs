//! The job of the README's section on continuous integration is run as it stands there.
#![cfg(unix)]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use super::{leave_out, runs};
use crate::harness::root;

const SECTION: &str = "## In CI\n";
const RIGHT: &str = "python3 tests/interop/onenet_right.py {port}";

/// The job, as it stands in the section.
fn workflow() -> String {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let (_, section) = readme.split_once(SECTION).expect("the README has it");
    let (_, text) = section.split_once("```yaml\n").expect("a job");
    let (workflow, _) = text.split_once("```").expect("its end");
    workflow.to_owned()
}

/// The script of the job's step that tests.
fn script() -> String {
    let workflow = workflow();
    let (_, text) = workflow.split_once("      - run: |\n").expect("a script");
    let lines = text.lines();
    let lines = lines.map_while(|line| line.strip_prefix("          "));
    lines.collect::<Vec<_>>().join("\n")
}

/// Runs the job's script with that server, in a copy of what it names.
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
    let script = script();
    assert!(script.contains(RIGHT), "{script}");
    // Afterwards it is looked whether the server is still there.
    let script = script.replace(RIGHT, &format!("echo $$ > pid; exec {server}"));
    let bin = Path::new(env!("CARGO_BIN_EXE_pushrig")).parent().unwrap();
    let path = std::env::var("PATH").unwrap_or_default();
    // As GitHub runs it.
    let ran = Command::new("bash")
        .args(["-e", "-c", &script])
        .current_dir(folder)
        .env("PATH", format!("{}:{path}", bin.display()))
        .env("ONENET_TOKEN", "20200321182801")
        .output()
        .unwrap();
    let pid = fs::read_to_string(folder.join("pid")).unwrap();
    let stopped = !runs("kill", &["-0", pid.trim()]);
    assert!(stopped, "the server still runs: {}", said(&ran));
    ran
}

fn said(ran: &Output) -> String {
    let [out, err] = [&ran.stdout, &ran.stderr].map(|bytes| String::from_utf8_lossy(bytes));
    format!("{out}{err}")
}

fn report(folder: &Path) -> String {
    fs::read_to_string(folder.join("push.xml")).unwrap()
}

/// Whether the machine has what the job needs; what it lacks is said.
fn is_possible() -> bool {
    for program in ["bash", "python3"] {
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
    let report = report(folder.path());
    for words in [
        "12 cases: 12 passed",
        "name=\"handshake: onenet.handshake.plus\"",
        "name=\"replay: examples/captures/ci/pushes.ndjson:1\"",
    ] {
        assert!(report.contains(words), "{words}: {report}");
    }
}

#[test]
fn the_job_fails_for_a_wrong_server_with_a_report_that_names_step_file_and_record() {
    if !is_possible() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let server = "python3 tests/interop/onenet_json_dumps.py {port}";
    let ran = run(folder.path(), server);
    assert_eq!(ran.status.code(), Some(1), "{}", said(&ran));
    let report = report(folder.path());
    for words in [
        "9 passed, 3 failed",
        "name=\"replay: examples/captures/ci/pushes.ndjson:2\"",
        "file=\"examples/captures/ci/pushes.ndjson\" line=\"2\"",
        "<failure message=\"the status is 401",
    ] {
        assert!(report.contains(words), "{words}: {report}");
    }
}

#[test]
fn the_job_fails_for_a_server_that_loses_a_plus_in_both_steps() {
    if !is_possible() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let server = "python3 tests/interop/onenet_flask_bug.py {port}";
    let ran = run(folder.path(), server);
    assert_eq!(ran.status.code(), Some(1), "{}", said(&ran));
    let report = report(folder.path());
    let record = "replay: examples/captures/ci/handshakes.ndjson:2";
    assert!(report.contains("query.plus-to-blank"), "{report}");
    assert!(report.contains(record), "{report}");
}

#[test]
fn the_job_fails_for_a_server_that_never_comes_up_and_tests_nobody_else() {
    if !is_possible() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let ran = run(folder.path(), "python3 -c 1");
    assert_eq!(ran.status.code(), Some(3), "{}", said(&ran));
    let report = report(folder.path());
    assert!(report.contains("before it answered"), "{report}");
    assert!(!report.contains("onenet.handshake"), "{report}");
}

#[test]
fn the_workflow_keeps_its_report_whatever_becomes_of_it() {
    let workflow = workflow();
    for line in ["--report junit=push.xml", "if: always()", "path: push.xml"] {
        assert!(workflow.contains(line), "{workflow}");
    }
}
