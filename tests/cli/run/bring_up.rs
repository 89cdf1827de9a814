//! Until the server answers.

use super::bench::{PUSH, listen, run};
use crate::harness::pushrig;
use crate::terminal::Terminal;

#[test]
fn a_server_that_never_answers_is_3_with_its_last_lines_escaped() {
    let server = "printf 'begun\\n\\033[2J::error::x\\n'; sleep 600";
    run(server, "--wait-time 300ms", &[PUSH, "samples"])
        .stdout_has([
            "error  server  the server does not answer at http://127.0.0.1:",
            "/ within 300ms: connection refused\n  hint      does it listen at this address? its last lines follow; --wait-time",
            "skip   push  not run: the server does not answer at",
            "skip   samples  not run",
            "3 cases: 0 passed, 1 error, 2 skipped",
        ])
        .stderr("the server's last lines:\n  | begun\n  | \\x1b[2J::error::x\n")
        .exits(3);
}

#[test]
fn a_server_that_ends_before_it_answers_is_seen_at_once() {
    for (server, why) in [
        ("echo no module named x; exit 4", "exited with 4"),
        ("echo no module named x; kill -9 $$", "was ended by SIGKILL"),
    ] {
        run(server, "--wait-time 60s", &["samples"])
            .stdout_has([format!(
                "error  server  the server {why} before it answered"
            )])
            .stderr_has(["  | no module named x\n"])
            .exits(3);
    }
    run("exit 0", "", &["samples"])
        .stdout_has([
            "the server exited with 0 before it answered",
            "it must stay",
        ])
        .exits(3);
    run("no-such-program", "", &["samples"])
        .stdout_has(["the server exited with 127 before it answered"])
        .stderr_has(["no-such-program"])
        .exits(3);
}

#[test]
fn somebody_who_answers_already_is_not_taken_for_the_server() {
    // One that does not answer, either.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let wait = format!("http://{}/", silent.local_addr().unwrap());
    let ran = pushrig("run --server")
        .args(["touch started", "--wait", &wait, "--", "samples"])
        .stdout_has([
            "error  server  somebody takes connections at http://127.0.0.1:",
            "before the server was started",
            "{port}",
            "skip   samples",
        ])
        .exits(3);
    assert!(std::panic::catch_unwind(|| ran.read("started")).is_err());
}

#[test]
fn the_answer_of_a_proxy_is_not_the_servers() {
    let proxy = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    proxy.set_nonblocking(true).unwrap();
    let url = format!("http://{}", proxy.local_addr().unwrap());
    let ran = pushrig("run --wait-time 300ms --server")
        .args(["sleep 600", "--wait", "http://pushrig.invalid/", "--"])
        .arg("samples")
        .env("HTTP_PROXY", &url)
        .env("http_proxy", &url)
        .stdout_has(["the server does not answer at http://pushrig.invalid/ within 300ms"])
        .exits(3);
    assert!(!ran.talk().contains("ready"), "{}", ran.talk());
    assert!(proxy.accept().is_err());
}

#[test]
fn a_first_answer_may_take_the_whole_time() {
    if !crate::interop::is_there("python3", "a server that is slow to begin") {
        return;
    }
    let script = "
import socket, sys, time
listener = socket.create_server(('127.0.0.1', int(sys.argv[1])))
while True:
    peer, _ = listener.accept()
    peer.recv(9000)
    time.sleep(5.5)
    peer.sendall(b'HTTP/1.1 200 OK\\r\\nContent-Length: 0\\r\\n\\r\\n')
    peer.close()
";
    run("exec python3 server.py {port}", "", &["samples onenet"])
        .file("server.py", script)
        .any_stdout()
        .stderr_has(["ready: the server answers"])
        .exits(0);
}

#[test]
fn a_log_that_is_a_pipe_nobody_reads_is_3_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.unwrap().success());
    let flags = format!("--server-log {}", pipe.display());
    run("touch started", &flags, &["samples"])
        .stderr_has([format!("error: cannot write {}: ", pipe.display())])
        .exits(3);
    let reader = std::fs::File::options()
        .read(true)
        .write(true)
        .open(&pipe)
        .unwrap();
    run(&listen(""), &flags, &[PUSH])
        .any_stdout()
        .any_stderr()
        .exits(0);
    let mut said = [0; 6];
    std::io::Read::read_exact(&mut &reader, &mut said).unwrap();
    assert_eq!(&said, b"ready:");
}

#[test]
fn any_answer_is_one_and_a_connection_where_it_is_enough() {
    let server = listen("--respond 500");
    for wait in [
        "http://localhost:{port}/no/such/path?x=1",
        "tcp://127.0.0.1:{port}",
    ] {
        pushrig("run --server")
            .args([&*server, "--wait", wait, "--", "samples", "onenet"])
            .any_stdout()
            .stderr_has(["ready: the server answers at "])
            .exits(0);
    }
    let server = format!("{server} --tls self-signed");
    pushrig("run --server")
        .args([&*server, "--wait", "https://127.0.0.1:{port}/"])
        .args(["--", "samples", "onenet"])
        .env("HTTPS_PROXY", "http://127.0.0.1:1")
        .env("HTTP_PROXY", "http://127.0.0.1:1")
        .any_stdout()
        .stderr_has(["ready: the server answers at https://"])
        .exits(0);
}

#[test]
fn a_server_that_says_much_is_not_held_up() {
    let server = format!(
        "head -c 30000000 /dev/zero | tr '\\0' x; echo; echo last; {}",
        listen("--respond 500")
    );
    let ran = run(&server, "--wait-time 50s", &[PUSH])
        .any_stdout()
        .stderr_has(["the server's last lines:\n", "  | last\n"])
        .exits(1);
    assert!(ran.stderr.len() < 100_000, "{} bytes", ran.stderr.len());
}

#[test]
fn what_the_server_says_goes_to_a_file_where_one_is_named() {
    let server = format!(
        "echo on stdout; echo on stderr >&2; {}",
        listen("--respond 500")
    );
    let ran = run(&server, "--server-log server.log", &[PUSH])
        .file("server.log", "of the run before\n")
        .any_stdout()
        .stderr_has(["note: what the server said is in server.log"])
        .exits(1);
    assert!(!ran.talk().contains("on stdout"), "{}", ran.talk());
    let log = String::from_utf8(ran.read("server.log")).unwrap();
    assert!(log.starts_with("on stdout\non stderr\n"), "{log}");
    assert!(log.contains("onenet  500"), "{log}");
    run("sleep 600", "--server-log no/such/folder", &["samples"])
        .stderr_has(["error: cannot write no/such/folder: "])
        .exits(3);
}

#[test]
fn verbose_shows_what_the_server_said_where_all_is_right() {
    run(&listen(""), "-v", &[PUSH])
        .any_stdout()
        .stderr_has(["the server's last lines:\n  | ready: it listens"])
        .exits(0);
}

#[test]
fn a_terminal_is_told_what_is_waited_for_unless_little_is_to_be_said() {
    let wait = |flags: &str| {
        let terminal = Terminal::open();
        let code = terminal
            .pushrig("run --wait http://127.0.0.1:{port}/up?key=x --wait-time 1500ms")
            .args(flags.split_whitespace())
            .args(["--server", "sleep 600", "--", "samples"])
            .status()
            .unwrap()
            .code();
        assert_eq!(code, Some(3));
        terminal.all()
    };
    let shown = wait("");
    assert!(
        shown.contains("waiting: for an answer at http://127.0.0.1:"),
        "{shown}"
    );
    assert!(
        shown.contains("/up, up to 1s 500ms (connection refused)"),
        "{shown}"
    );
    assert_eq!(shown.matches("waiting: ").count(), 1, "{shown}");
    assert!(!wait("-q").contains("waiting"));
}

#[test]
fn a_first_question_that_is_never_answered_does_not_hold_up_the_run() {
    if !crate::interop::is_there("python3", "a server that loses its first connection") {
        return;
    }
    let script = "
import socket, sys
listener = socket.create_server(('127.0.0.1', int(sys.argv[1])))
lost = listener.accept()
while True:
    peer, _ = listener.accept()
    peer.recv(9000)
    peer.sendall(b'HTTP/1.1 200 OK\\r\\nContent-Length: 0\\r\\n\\r\\n')
    peer.close()
";
    run(
        "exec python3 server.py {port}",
        "--wait-time 100s",
        &["samples onenet"],
    )
    .file("server.py", script)
    .any_stdout()
    .stderr_has(["ready: the server answers"])
    .exits(0);
}
