//! How it is called: steps, flags that hold for them, and what is refused before it begins.

use super::bench::{PUSH, listen, run};
use crate::harness::pushrig;

#[test]
fn a_wrong_step_is_2_before_the_server_is_started() {
    for (steps, words) in [
        (
            &["samples", "push onenet.online http://h/ --frob"][..],
            "error: step 2 (push): unexpected argument '--frob' found\n\
             hint: pushrig push --help\n",
        ),
        (
            &["push onenet.online http://h/ --tokn x"],
            "error: step 1 (push): unexpected argument '--tokn' found\n\
             hint: a similar argument exists: '--token'\n",
        ),
        (
            &["samples", ""],
            "error: step 2 is empty\n\
             hint: write -- STEP …, and -- between two steps; no step ends with one\n",
        ),
        (
            &["run --server x --wait http://h -- samples"],
            "error: step 1 (run): the following required arguments were not provided: <STEP>...\n\
             hint: pushrig run --help\n",
        ),
        (&["man"], "error: step 1: man is no step\n"),
    ] {
        let ran = run("touch started", "", steps).stderr(words).exits(2);
        assert!(std::panic::catch_unwind(|| ran.read("started")).is_err());
    }
}

#[test]
fn a_wrong_call_is_2() {
    for (words, said) in [
        ("run", "--server <CMD>"),
        ("run --server x --wait http://h", "<STEP>..."),
        ("run --server x -- samples", "--wait <URL>"),
        (
            "run --server x --wait 127.0.0.1:80 -- samples",
            "has no scheme",
        ),
        (
            "run --server x --wait tcp://h -- samples",
            "tcp://HOST:PORT",
        ),
        (
            "run --server x --wait http://h --wait-time soon -- samples",
            "a duration",
        ),
        (
            "run --server x --wait http://h --report junit -- samples",
            "junit=report.xml",
        ),
        (
            "run --server x --wait http://h samples",
            "unexpected argument 'samples'",
        ),
    ] {
        pushrig(words).stderr_has([said]).exits(2);
    }
    pushrig("run --wait http://127.0.0.1:8000 --server")
        .args(["app {port}", "--", "samples"])
        .stderr_has(["error: --server has {port}, and --wait has not"])
        .exits(2);
    pushrig("run --wait http://127.0.0.1:8000 --server app -- samples -- push onenet.online")
        .args(["http://127.0.0.1:{port}/", "--token", "x"])
        .stderr_has([
            "error: step 2 has {port}, and --wait has not",
            "hint: a free port is chosen",
        ])
        .exits(2);
    run(
        "touch started",
        "",
        &["sign onenet --token -", "verify --token - f"],
    )
    .stderr_has(["error: step 1 (sign) and step 2 (verify) both want standard input"])
    .exits(2);
    pushrig("run --wait http://h --server")
        .args(["  ", "--", "samples"])
        .stderr_has(["--server is empty"])
        .exits(2);
    pushrig("run --server x --wait")
        .args([
            "http//u:a-secret-word@h?token=another-secret",
            "--",
            "samples",
        ])
        .secret("a-secret-word")
        .secret("another-secret")
        .stderr_has(["--wait: that is no URL"])
        .exits(2);
}

#[test]
fn a_report_that_cannot_be_written_is_found_out_before_the_server_is_started() {
    let ran = run("touch started", "--report junit=no/such.xml", &["samples"])
        .stderr_has(["no/such.xml"])
        .exits(3);
    assert!(std::panic::catch_unwind(|| ran.read("started")).is_err());
}

#[test]
fn the_global_flags_of_a_run_hold_for_each_step_that_has_none_of_its_own() {
    let sample = "samples onenet.online --as request --token a-token-of-mine";
    let alone = |flags: &str| {
        let ran = pushrig(&format!("{sample} {flags}")).any_stdout().exits(0);
        ran.text().to_owned()
    };
    let now = "--now 2026-11-21T20:00:00Z";
    let own = format!("{sample} --seed 2");
    let before = format!("--seed 3 {sample}");
    let ran = run(
        &listen(""),
        &format!("{now} --seed 1"),
        &[sample, &own, &before],
    )
    .any_stdout()
    .any_stderr()
    .exits(0);
    for seed in 1..=3 {
        let expected = alone(&format!("{now} --seed {seed}"));
        assert!(ran.text().contains(&expected), "{expected}\n{}", ran.text());
    }
    let ran = run(&listen(""), "-q", &[PUSH, "samples onenet"])
        .stdout_has(["1 case: 1 passed", "onenet.online", "2 cases: 2 passed"])
        .stderr("step 1 of 2: push onenet.online\nstep 2 of 2: samples onenet\n")
        .exits(0);
    assert!(!ran.text().contains("pass  "), "{}", ran.text());
    // A step that is not told otherwise colours as the run does, though it does not see why.
    run(
        &listen(""),
        "--color always",
        &["verify onenet --token a --nonce n --msg m --signature s"],
    )
    .stdout_has(["\u{1b}[31mmismatch"])
    .any_stderr()
    .exits(1);
    run(&listen(""), "--color always", &[PUSH])
        .stdout_has(["\u{1b}[32mpass "])
        .stderr_has(["\u{1b}["])
        .exits(0);
}

#[test]
fn a_profile_holds_for_each_step() {
    let config = "[profile.ci]\ntoken = \"a-token-of-mine\"\n";
    let server = listen("").replace("--accept-all", "--token a-token-of-mine");
    let push = PUSH.replace(" --token a-token-of-mine", "");
    run(&server, "--profile ci", &[&push])
        .file("pushrig.toml", config)
        .secret("a-token-of-mine")
        .stdout_has(["pass   onenet.online"])
        .any_stderr()
        .exits(0);
}

#[test]
fn standard_input_is_the_steps() {
    run(&listen(""), "", &[&PUSH.replace("a-token-of-mine", "-")])
        .stdin("a-token-of-mine")
        .stdout_has(["pass   onenet.online"])
        .any_stderr()
        .exits(0);
}

#[test]
fn braces_stay_where_they_ask_for_no_port() {
    let port = crate::interop::free_port();
    let server = listen("").replace("{port}", &port.to_string());
    pushrig("run --server")
        .args([&*server, "--wait", &format!("tcp://127.0.0.1:{port}"), "--"])
        .args("sign tencent --token a --nonce {p} --timestamp 1 --body {}".split(' '))
        .args("--as request --url http://h/".split(' '))
        .stdout_has(["Nonce: {p}\r\n", "{}\npass   sign"])
        .any_stderr()
        .exits(0);
}
