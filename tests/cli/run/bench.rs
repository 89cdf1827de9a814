//! Servers, calls, and runs that are under way.

use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

use crate::harness::{Pushrig, pushrig};

/// The executable.
pub(super) const EXE: &str = env!("CARGO_BIN_EXE_pushrig");

/// Where the server is, in the words of a call.
pub(super) const URL: &str = "http://127.0.0.1:{port}/";

/// A push that any server takes which takes all.
pub(super) const PUSH: &str =
    "push onenet.online http://127.0.0.1:{port}/p --token a-token-of-mine";

/// What does not happen in this time does not happen.
pub(super) const LIMIT: Duration = Duration::from_secs(60);

/// A server that takes all, with these flags.
pub(super) fn listen(flags: &str) -> String {
    format!("{EXE} listen onenet --accept-all --bind 127.0.0.1:{{port}} {flags}")
}

/// A call with this server, these flags, and the steps behind them.
pub(super) fn run(server: &str, flags: &str, steps: &[&str]) -> Pushrig {
    let call = pushrig("run --server").arg(server).args(["--wait", URL]);
    let call = call.args(flags.split_whitespace());
    steps.iter().fold(call, |call, step| {
        call.arg("--").args(step.split_whitespace())
    })
}

/// Whether a process is there, one that has ended and was not waited for included.
pub(super) fn is_alive(pid: &str) -> bool {
    let mut kill = Command::new("kill");
    kill.args(["-0", pid]).stderr(Stdio::null());
    kill.status().unwrap().success()
}

/// The words of a file that a server wrote: the numbers of processes.
#[track_caller]
pub(super) fn pids(path: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(path).unwrap();
    let pids: Vec<_> = text.split_whitespace().map(str::to_owned).collect();
    assert!(!pids.is_empty(), "{}", path.display());
    pids
}

/// None of these is there. A process that is killed with its group is still waited for by
/// somebody who is not asked, so it is looked at more than once.
#[track_caller]
pub(super) fn are_gone(pids: &[String]) {
    let begun = std::time::Instant::now();
    for pid in pids {
        while is_alive(pid) {
            assert!(begun.elapsed() < LIMIT, "process {pid} is still there");
            thread::yield_now();
        }
    }
}

/// A run that is under way, with JSON on its standard output.
pub(super) struct Running {
    child: Child,
    lines: Receiver<String>,
    talk: thread::JoinHandle<String>,
    pub(super) folder: TempDir,
}

/// How it ended.
pub(super) struct Ended {
    pub(super) code: Option<i32>,
    pub(super) lines: Vec<Value>,
    pub(super) talk: String,
    pub(super) folder: TempDir,
}

/// Starts a run in a folder of its own.
pub(super) fn start(server: &str, flags: &str, steps: &[&str]) -> Running {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(EXE);
    command.args(["run", "--format", "json", "--wait", URL]);
    command.args(["--server", server]);
    command.args(flags.split_whitespace());
    for step in steps {
        command.arg("--").args(step.split_whitespace());
    }
    let mut child = command
        .current_dir(folder.path())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let (sender, lines) = channel();
    let out = BufReader::new(child.stdout.take().unwrap());
    thread::spawn(move || {
        for line in out.lines().map_while(Result::ok) {
            let _ = sender.send(line);
        }
    });
    let mut err = child.stderr.take().unwrap();
    let talk = thread::spawn(move || {
        let mut text = String::new();
        let _ = err.read_to_string(&mut text);
        text
    });
    Running {
        child,
        lines,
        talk,
        folder,
    }
}

impl Running {
    /// Waits for a line of this type and step; an empty one is no step's.
    #[track_caller]
    pub(super) fn comes(&mut self, kind: &str, step: &str) -> Value {
        let mut seen = String::new();
        while let Ok(line) = self.lines.recv_timeout(LIMIT) {
            let value: Value = serde_json::from_str(&line).unwrap();
            if value["type"] == kind && value["step"].as_str().unwrap_or_default() == step {
                return value;
            }
            let _ = writeln!(seen, "{line}");
        }
        self.child.kill().unwrap();
        panic!("no {kind} of {step}:\n{seen}")
    }

    pub(super) fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        let sent = Command::new("kill")
            .args([format!("-{name}"), pid])
            .status();
        assert!(sent.unwrap().success());
    }

    /// Waits for its end.
    #[track_caller]
    pub(super) fn end(mut self) -> Ended {
        let mut lines = Vec::new();
        while let Ok(line) = self.lines.recv_timeout(LIMIT) {
            lines.push(serde_json::from_str(&line).unwrap());
        }
        let code = self.child.wait().unwrap().code();
        let talk = self.talk.join().unwrap();
        assert!(!talk.contains("panicked"), "{talk}");
        Ended {
            code,
            lines,
            talk,
            folder: self.folder,
        }
    }
}

impl Ended {
    #[track_caller]
    pub(super) fn summary(&self) -> &Value {
        let last = self.lines.last().expect("there is a summary");
        assert_eq!(last["type"], "summary", "{last}");
        last
    }
}
