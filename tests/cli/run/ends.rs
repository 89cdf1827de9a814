//! What a run comes to: its exit code, whatever its steps and its server do.

use super::bench::{PUSH, listen, run};

#[test]
fn all_right_is_0_and_what_steps_print_stands_in_their_order() {
    let server = listen("");
    let handshake = "handshake onenet http://127.0.0.1:{port}/p --token a-token-of-mine";
    let sign = "sign onenet --token ricnsmart --nonce 5xp7vzm3fN --msg hello";
    let ran = run(&server, "", &[handshake, PUSH, sign])
        .stdout_has([
            "pass   onenet.handshake.plain",
            "pass   onenet.online  onenet  200",
            "d/ncDg+jrcW259dHOZByyw==\npass   sign  ",
            "  yes  handshake onenet  ",
            "  yes  push onenet.online  1 case\n  yes  sign onenet  1 case\n",
            "counts    steps 3  passed 3  not_right 0  not_run 0\n",
        ])
        .stderr_has([
            "ready: the server answers at http://127.0.0.1:",
            "\nstep 1 of 3: handshake onenet\n",
            "step 2 of 3: push onenet.online\n",
            "step 3 of 3: sign onenet\n",
        ])
        .exits(0);
    assert!(!ran.talk().contains("last lines"), "{}", ran.talk());
}

#[test]
fn a_wrong_answer_is_1_and_the_next_step_is_run() {
    let server = listen("--respond 500");
    run(&server, "", &[PUSH, "samples onenet"])
        .stdout_has([
            "fail   onenet.online",
            "onenet.offline",
            "pass   samples",
            "  no   push onenet.online  1 case, 1 not right\n  yes  samples onenet",
            "2 cases: 1 passed, 1 failed",
        ])
        .stderr_has(["step 2 of 2", "the server's last lines:\n  | ready: it"])
        .exits(1);
}

#[test]
fn a_step_that_only_prints_ends_with_a_line() {
    let dry = format!("{PUSH} --dry-run --set status=7");
    let ran = run(&listen(""), "", &[&dry])
        .any_stdout()
        .any_stderr()
        .exits(0);
    assert!(ran.text().contains("\"status\":7}"), "{}", ran.text());
    assert!(ran.text().contains("\npass   push  "), "{}", ran.text());
}

#[test]
fn fail_fast_runs_no_further_step() {
    let server = listen("--respond 500");
    run(&server, "--fail-fast", &[PUSH, "samples onenet"])
        .stdout_has(["skip   samples  not run: --fail-fast, and push is not right"])
        .any_stderr()
        .exits(1);
}

#[test]
fn what_a_step_could_not_use_is_2_and_beats_a_wrong_answer() {
    let server = listen("--respond 500");
    let missing = PUSH.replace("a-token-of-mine", "env:MISSING");
    run(&server, "", &[PUSH, &missing])
        .stdout_has([
            "error  push#2",
            "--token: the variable MISSING is not set",
            "  bad  push#2 onenet.online  1 case, 1 not right",
        ])
        .any_stderr()
        .exits(2);
}

#[test]
fn no_answer_is_3() {
    let elsewhere = "push onenet.online http://127.0.0.1:1/ --token a-token-of-mine";
    run(&listen(""), "", &[PUSH, elsewhere])
        .stdout_has(["error  onenet.online", "  ?    push#2"])
        .any_stderr()
        .exits(3);
}

#[test]
fn a_condition_on_the_whole_fails_a_run() {
    run(&listen(""), "--fail-if rate>0", &[PUSH])
        .stdout_has(["missed"])
        .any_stderr()
        .exits(1);
}

#[test]
fn a_server_that_dies_half_way_is_an_error_and_the_rest_is_not_run() {
    let server = format!(
        "{}; echo Traceback; exit 7",
        listen("--token a-token-of-mine --expect verified=1")
    );
    let ran = run(&server, "", &[PUSH, PUSH, "samples"])
        .stdout_has([
            "pass   onenet.online",
            "the server exited with 7 ",
            "\n  cause     the server exited with 7 ",
        ])
        .stderr_has(["the server's last lines:", "  | Traceback\n"])
        .exits(3);
    let skipped = "skip   samples  not run: the server exited with 7 ";
    assert!(ran.text().contains(skipped), "{}", ran.text());
}

#[test]
fn a_step_that_waits_for_a_server_that_has_gone_is_ended() {
    let server = format!(
        "{} & until [ -e up ]; do sleep 0.02; done; kill -9 $$",
        listen("")
    );
    let waits = "listen onenet --accept-all --ready-file up";
    run(&server, "", &[PUSH, waits, "samples"])
        .stdout_has([
            "error  listen",
            "it was ended, because the server was ended by SIGKILL",
            "error  server  the server was ended by SIGKILL during listen",
            "skip   samples",
        ])
        .any_stderr()
        .exits(3);
}

#[test]
fn a_server_that_ends_of_its_own_accord_in_the_last_step_is_right_to() {
    // The step outlives it.
    let last = format!("{PUSH} --count 2 --rate 2 --timeout 1s");
    let server = listen("--token a-token-of-mine --expect verified=2");
    run(&server, "", &[&last])
        .any_stdout()
        .any_stderr()
        .exits(0);
    let server = format!("{server}; exit 0");
    run(&server, "", &[&last])
        .any_stdout()
        .any_stderr()
        .exits(0);
}

#[test]
fn a_server_that_does_not_end_is_killed_and_that_is_said() {
    let server = format!("trap '' TERM; {} & while :; do sleep 600; done", listen(""));
    run(&server, "--grace 100ms", &[PUSH])
        .stdout_has([
            "pass   onenet.online",
            "warn   server  the server went on for 100ms after SIGTERM, and was killed",
        ])
        .any_stderr()
        .exits(0);
}

#[test]
fn a_server_that_dies_of_the_last_step_is_always_found_out() {
    if !crate::interop::is_there("python3", "a server that dies of its answer") {
        return;
    }
    let script = "
import os, socket, sys
listener = socket.create_server(('127.0.0.1', int(sys.argv[1])))
while True:
    peer, _ = listener.accept()
    asked = peer.recv(9000)
    peer.sendall(b'HTTP/1.1 200 OK\\r\\nContent-Length: 0\\r\\nConnection: close\\r\\n\\r\\n')
    if asked.startswith(b'POST'):
        os._exit(7)
    peer.close()
";
    for _ in 0..6 {
        let ran = run("exec python3 server.py {port}", "", &[PUSH])
            .file("server.py", script)
            .stdout_has(["error  server  the server exited with 7 "])
            .any_stderr()
            .exits(3);
        let told = [" after push\n", " during push\n"];
        assert!(told.iter().any(|end| ran.text().contains(end)));
    }
}
