//! One report of all steps, for people and for machines.

use std::collections::BTreeSet;

use super::bench::{PUSH, listen, run};

/// Two records, the second of which the server does not take.
const RECORDS: &str = "{\"v\":1,\"request\":{\"method\":\"POST\",\"target\":\"/p\",\"headers\":[],\"body\":\"{}\"}}\n";

const REPLAY: &str = "replay day.ndjson --to http://127.0.0.1:{port}/";

#[test]
fn a_red_build_names_the_step_the_sample_and_the_reason() {
    let server = listen("--respond 500");
    let handshake = "handshake onenet http://127.0.0.1:{port}/p --token a-token-of-mine";
    let flags = "--report junit=r.xml --report json=r.json --report tap=r.tap \
                 --report markdown=r.md --report html=r.html";
    let ran = run(&server, flags, &[handshake, PUSH, REPLAY, "samples onenet"])
        .file("day.ndjson", RECORDS)
        .any_stdout()
        .any_stderr()
        .exits(1);
    let read = |name: &str| String::from_utf8(ran.read(name)).unwrap();
    let junit = read("r.xml");
    for words in [
        "<testsuite name=\"pushrig run\"",
        "<testcase name=\"handshake: onenet.handshake.plain\"",
        "<testcase name=\"push: onenet.online\"",
        "<failure message=\"the status is 500",
        "<testcase name=\"replay: day.ndjson:1\"",
        "file=\"day.ndjson\" line=\"1\"",
        "<testcase name=\"samples\"",
    ] {
        assert!(junit.contains(words), "{words}: {junit}");
    }
    for (name, words) in [
        ("r.tap", "push: onenet.online"),
        ("r.md", "push: onenet.online"),
        ("r.html", "push: onenet.online"),
    ] {
        assert!(read(name).contains(words), "{name}: {}", read(name));
    }
    let report: serde_json::Value = serde_json::from_str(&read("r.json")).unwrap();
    assert_eq!(report["command"], "run");
    let cases = report["cases"].as_array().unwrap();
    let steps: Vec<_> = cases
        .iter()
        .map(|case| case["step"].as_str().unwrap())
        .collect();
    let mut expected = vec!["handshake"; steps.len() - 3];
    expected.extend(["push", "replay", "samples"]);
    assert_eq!(steps, expected);
    assert_eq!(report["summary"]["counters"]["steps"], 4);
    let push = &cases[cases.len() - 3];
    assert!(push["details"]["sent"].is_string(), "{push}");
}

#[test]
fn a_server_that_is_not_there_is_a_case_with_its_last_lines() {
    let ran = run(
        "echo no module; exit 1",
        "--report junit=r.xml",
        &["samples"],
    )
    .any_stdout()
    .any_stderr()
    .exits(3);
    let junit = String::from_utf8(ran.read("r.xml")).unwrap();
    for words in [
        "<testcase name=\"server\"",
        "the server exited with 1 before it answered",
        "output: no module",
        "<testcase name=\"samples\"",
        "<skipped",
    ] {
        assert!(junit.contains(words), "{words}: {junit}");
    }
}

#[test]
fn json_output_is_json_lines_whose_ids_are_unique_and_one_summary() {
    let raw = "samples onenet.online --as request --token a-token-of-mine --format human";
    let sign = "sign onenet --token a-token-of-mine --nonce n --msg m";
    let ran = run(
        &listen("--respond 500"),
        "--format json",
        &[PUSH, raw, PUSH, sign, REPLAY],
    )
    .file("day.ndjson", RECORDS)
    .any_stdout()
    .any_stderr()
    .exits(1);
    let lines = ran.json();
    assert_eq!(lines[0]["type"], "ready");
    let of = |kind: &str| {
        lines
            .iter()
            .filter(|line| line["type"] == kind)
            .collect::<Vec<_>>()
    };
    let cases = of("case");
    let ids: BTreeSet<_> = cases
        .iter()
        .map(|case| case["id"].as_str().unwrap())
        .collect();
    assert_eq!(ids.len(), cases.len());
    for id in [
        "push: onenet.online",
        "push#2: onenet.online",
        "sign",
        "replay: day.ndjson:1",
    ] {
        assert!(ids.contains(id), "{id}: {ids:?}");
    }
    assert!(cases.iter().all(|case| case["step"].is_string()));
    let summaries = of("summary");
    assert_eq!(summaries.len(), 1);
    assert_eq!(lines.last(), Some(summaries[0]));
    assert_eq!(summaries[0]["cases"], 5);
    let ends = of("step");
    let codes: Vec<_> = ends
        .iter()
        .map(|step| step["exit"].as_i64().unwrap())
        .collect();
    assert_eq!(codes, [1, 0, 1, 0, 1]);
    let output = of("output");
    assert!(
        output
            .iter()
            .any(|line| line["text"] == "POST /push HTTP/1.1\r")
    );
}

#[test]
fn a_condition_that_a_step_misses_is_a_case_of_the_step() {
    let push = format!("{PUSH} --fail-if rate>0");
    let ran = run(&listen(""), "--report json=r.json", &[&push])
        .any_stdout()
        .any_stderr()
        .exits(1);
    let report: serde_json::Value = serde_json::from_slice(&ran.read("r.json")).unwrap();
    let missed = &report["cases"][1];
    assert_eq!(missed["outcome"], "fail");
    let id = missed["id"].as_str().unwrap();
    assert!(id.starts_with("push: ") && id.contains("rate>0"), "{id}");
}

#[test]
fn github_is_told_once() {
    run(&listen("--respond 500"), "", &[PUSH])
        .env("GITHUB_ACTIONS", "true")
        .env("GITHUB_STEP_SUMMARY", "summary.md")
        .any_stdout()
        .stderr_has(["::error title=pushrig run%3A push%3A onenet.online::the status is 500"])
        .exits(1);
    let ran = run(&listen("--respond 500"), "", &[PUSH])
        .env("GITHUB_ACTIONS", "true")
        .env("GITHUB_STEP_SUMMARY", "summary.md")
        .any_stdout()
        .any_stderr()
        .exits(1);
    // The server here is pushrig, too, and does as it would alone; but its lines are no commands.
    let lines = ran.talk().lines();
    assert_eq!(
        lines.filter(|line| line.starts_with("::")).count(),
        1,
        "{}",
        ran.talk()
    );
    let page = String::from_utf8(ran.read("summary.md")).unwrap();
    assert_eq!(page.matches("pushrig run").count(), 1, "{page}");
}

#[test]
fn secrets_do_not_come_out_by_what_the_server_says() {
    let steps = ["push onenet.online http://127.0.0.1:{port}/ --token env:TOKEN --aes-key @key"];
    let server = "echo token $TOKEN; echo key $(cat key); echo other $PUSHRIG_APP_KEY; exit 1";
    let ran = run(server, "--report json=r.json", &steps)
        .env("TOKEN", "a-token-of-mine")
        .env("PUSHRIG_APP_KEY", "another-secret-of-mine")
        .file("key", "the-key-that-nobody-sees\n")
        .any_stdout()
        .stderr_has(["  | token [secret]\n  | key [secret]\n  | other [secret]\n"])
        .exits(3);
    let report = String::from_utf8(ran.read("r.json")).unwrap();
    assert!(report.contains("token [secret]"), "{report}");
    for secret in ["a-token-of-mine", "another-secret", "the-key-that"] {
        assert!(!report.contains(secret), "{report}");
    }
}

#[test]
fn secrets_of_urls_headers_and_other_profiles_do_not_come_out_either() {
    let config = "[profile.one]\ntoken = \"the-token-of-one\"\n[profile.two]\ntoken = \"the-token-of-two\"\n";
    let step = "replay day.ndjson --to http://user:pass-of-user@127.0.0.1:{port}/?sign=query-of-mine \
                -H Authorization:header-of-mine";
    let server = "echo the-token-of-two pass-of-user query-of-mine header-of-mine; exit 1";
    run(server, "--profile one", &[step])
        .file("pushrig.toml", config)
        .any_stdout()
        .stderr_has(["  | [secret] [secret] [secret] [secret]\n"])
        .exits(3);
}

#[test]
fn a_step_that_found_nothing_to_do_is_a_case_and_a_mismatch_is_told_with_its_record() {
    let waits = "listen onenet --accept-all --for 10ms";
    let verify = "verify onenet --token a --nonce n --msg m --signature s";
    for flags in ["", " --format json"] {
        let flags = format!("--report json=r.json{flags}");
        let ran = run(&listen(""), &flags, &[waits, verify])
            .any_stdout()
            .any_stderr()
            .exits(1);
        let report: serde_json::Value = serde_json::from_slice(&ran.read("r.json")).unwrap();
        let case = |at: usize| (&report["cases"][at]["id"], &report["cases"][at]["outcome"]);
        assert_eq!(case(0), (&"listen".into(), &"pass".into()), "{report}");
        assert_eq!(case(1), (&"verify".into(), &"fail".into()), "{report}");
        let why = report["cases"][1]["why"].as_str().unwrap();
        assert!(
            why.starts_with("mismatch arguments: the signature is not"),
            "{why}"
        );
    }
}

#[test]
fn a_reader_who_goes_away_ends_no_run() {
    let ran = run(
        &listen(""),
        "--report json=r.json",
        &[PUSH, "samples onenet"],
    )
    .without_reader()
    .any_stderr()
    .exits(0);
    let report: serde_json::Value = serde_json::from_slice(&ran.read("r.json")).unwrap();
    assert_eq!(report["summary"]["passed"], 2);
}

#[test]
fn what_a_step_counts_beside_its_cases_stands_in_the_report_under_its_name() {
    let push = PUSH.replace("push onenet.online", "push onenet.online --count 3");
    let device = "device --server http://127.0.0.1:{port} --id 478435 --period 10ms --polls 3";
    let flags = "--report json=r.json --report markdown=r.md";
    let ran = run(&listen("--respond 200"), flags, &[&push, device])
        .any_stdout()
        .any_stderr()
        .any_end();
    let report: serde_json::Value = serde_json::from_slice(&ran.read("r.json")).unwrap();
    let summary = &report["summary"];
    assert_eq!(summary["counters"]["steps"], 2, "{summary}");
    assert_eq!(summary["counters"]["device: polls"], 3, "{summary}");
    let groups = summary["groups"].as_array().unwrap();
    let polls = groups.iter().find(|group| group["name"] == "device: push");
    assert_eq!(polls.unwrap()["count"], 3, "{summary}");
    let markdown = String::from_utf8(ran.read("r.md")).unwrap();
    assert!(markdown.contains("device: polls"), "{markdown}");
    // The step itself has told it to those who look.
    assert!(!ran.text().contains("device: polls"), "{}", ran.text());
}

#[test]
fn each_record_that_a_step_refuses_is_told_in_its_case() {
    let body = "{\"msg\":{\"type\":1},\"nonce\":\"n\",\"msg_signature\":\"s\"}\n".repeat(12);
    let ran = run(
        &listen(""),
        "--report json=r.json",
        &["verify onenet day.ndjson --token a-token-of-mine"],
    )
    .file("day.ndjson", &body)
    .any_stdout()
    .any_stderr()
    .exits(1);
    let report: serde_json::Value = serde_json::from_slice(&ran.read("r.json")).unwrap();
    let case = &report["cases"][0];
    let why = case["why"].as_str().unwrap();
    assert!(
        why.starts_with("12 records are not right, the first: mismatch day.ndjson:1: "),
        "{case}"
    );
    let verdicts = case["details"]["verdict"].as_str().unwrap();
    let lines: Vec<_> = verdicts.lines().collect();
    assert_eq!(lines.len(), 11, "{verdicts}");
    assert!(
        lines[9].starts_with("mismatch day.ndjson:10: "),
        "{verdicts}"
    );
    assert_eq!(lines[10], "… and 2 more");
}

#[test]
fn the_marks_of_the_table_are_explained_where_they_are_no_words() {
    let unreachable = "push onenet.online http://127.0.0.1:1/ --token a-token-of-mine";
    run(&listen(""), "--fail-fast", &[unreachable, "samples"])
        .stdout_has([
            "  ?    push onenet.online  1 case, 1 not right\n",
            "  -    samples  not run\n",
            "  (?: it got no complete answer; -: it was not run)\n",
        ])
        .any_stderr()
        .exits(3);
    let ran = run(&listen(""), "", &[PUSH, "samples onenet"]);
    let ran = ran.any_stdout().any_stderr().exits(0);
    assert!(!ran.text().contains("(?"), "{}", ran.text());
}
