//! A `JUnit` report is what others read: xmllint as XML, junitparser as a report.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use super::receiver::has_module;
use super::{file, leave_out, runs};
use crate::harness::{pushrig, root};
use crate::server::{Reply, Server};

/// Runs over a server that answers what no XML can hold: the reports of a handshake, of pushes
/// and of a replay. The folder is theirs.
fn reports() -> tempfile::TempDir {
    let hostile = b"<&>\"' ]]> \x00\x07\x1b[31m \xff \xed\xa0\x80 \xef\xbf\xbe <!--";
    let server = Server::start(move |request| match request.number % 3 {
        0 => Reply::ok().body(hostile),
        1 => Reply::ok().body("ok"),
        _ => Reply::close(),
    });
    let folder = tempfile::tempdir().unwrap();
    let report = |name: &str| format!("junit={}", folder.path().join(name).display());
    let token = ["--token", "20200321182801", "--report"];
    pushrig(&format!("handshake onenet {}", server.url("/push")))
        .args(token)
        .arg(report("handshake.xml"))
        .any_stdout()
        .exits(1);
    pushrig(&format!(
        "push onenet.online {} --count 4",
        server.url("/<&>")
    ))
    .args(token)
    .arg(report("push.xml"))
    .any_stdout()
    .answers();
    let files = ["--expect-in-body", "ok<", "ci/"];
    pushrig(&format!("replay --to {}", server.url("/push")))
        .args(files)
        .arg("--report")
        .arg(report("replay.xml"))
        .dir(root().join("examples/captures"))
        .any_stdout()
        .exits(1);
    folder
}

const NAMES: [&str; 3] = ["handshake.xml", "push.xml", "replay.xml"];

#[test]
fn xmllint_takes_every_report() {
    if !runs("xmllint", &["--version"]) {
        return leave_out("JUnit by xmllint", "there is no xmllint here");
    }
    let folder = reports();
    let ran = Command::new("xmllint")
        .args(["--noout", "--pedantic"])
        .args(NAMES)
        .current_dir(folder.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success() && said.is_empty(), "{said}");
}

#[test]
fn a_reader_of_reports_finds_every_case_with_its_result() {
    if !has_module("junitparser") {
        return leave_out("JUnit by junitparser", "python3 has no junitparser here");
    }
    let folder = reports();
    let [shake, push, replay] = read(folder.path());
    for (report, tests) in [(&shake, 7), (&push, 4), (&replay, 5)] {
        assert_eq!(report["tests"], tests, "{report:#}");
        let cases = report["cases"].as_array().unwrap();
        assert_eq!(cases.len(), tests, "{report:#}");
        for kind in ["failures", "errors", "skipped"] {
            let found = cases.iter().filter(|case| result(case) == kind).count();
            assert_eq!(report[kind], found, "{kind}: {report:#}");
        }
    }
    assert_eq!(shake["cases"][0]["suite"], "pushrig handshake");
    assert_eq!(shake["cases"][0]["name"], "onenet.handshake.plain");
    let replayed: Vec<_> = replay["cases"].as_array().unwrap().iter().collect();
    assert_eq!(replayed[0]["name"], "ci/handshakes.ndjson:1");
    assert_eq!(replayed[4]["name"], "ci/pushes.ndjson:3");
    assert!(
        replayed.iter().all(|case| result(case) != "passed"),
        "{replay:#}"
    );
    let why = replayed[0]["result"][0][1].as_str().unwrap();
    assert!(!why.is_empty(), "{replay:#}");
}

/// What the reader finds in each report.
fn read(folder: &Path) -> [Value; 3] {
    let ran = Command::new("python3")
        .arg(file("read_junit.py"))
        .args(NAMES)
        .current_dir(folder)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success(), "{said}");
    let lines: Vec<Value> = String::from_utf8_lossy(&ran.stdout)
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    lines.try_into().expect("a line a report")
}

/// Of which kind a case's result is, in the words of the counts.
fn result(case: &Value) -> &str {
    match case["result"].as_array().map(Vec::as_slice) {
        Some([only]) if only[0] == json!("failure") => "failures",
        Some([only]) if only[0] == json!("error") => "errors",
        Some([only]) if only[0] == json!("skipped") => "skipped",
        Some([]) => "passed",
        _ => panic!("{case:#}"),
    }
}
