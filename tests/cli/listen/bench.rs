//! A running `listen`, and a client that sends it any bytes.

use std::collections::VecDeque;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

use super::SECRETS;
use crate::harness::{Pushrig, pushrig};

/// What does not happen in this time does not happen.
pub(super) const LIMIT: Duration = Duration::from_secs(60);

/// A process in a folder of its own.
pub(super) struct Running {
    child: Option<Child>,
    lines: Receiver<String>,
    /// Lines that a test did not ask for yet.
    kept: VecDeque<Value>,
    talk: Option<JoinHandle<String>>,
    url: String,
    folder: TempDir,
}

/// How it ended.
pub(super) struct Ended {
    pub(super) code: Option<i32>,
    /// The lines of standard output that were not looked at, the summary among them.
    pub(super) lines: Vec<Value>,
    pub(super) talk: String,
    pub(super) folder: TempDir,
}

impl Ended {
    #[track_caller]
    pub(super) fn summary(&self) -> &Value {
        let last = self.lines.last().expect("there is a summary");
        assert_eq!(last["type"], "summary", "{last}");
        last
    }

    #[track_caller]
    pub(super) fn counter(&self, name: &str) -> u64 {
        self.summary()["counters"][name].as_u64().unwrap_or(0)
    }

    pub(super) fn of_type(&self, name: &str) -> Vec<&Value> {
        let lines = self.lines.iter();
        lines.filter(|line| line["type"] == name).collect()
    }

    #[track_caller]
    pub(super) fn records(&self) -> Vec<Value> {
        records(&self.folder.path().join("c.ndjson"))
    }
}

/// All lines of a capture.
#[track_caller]
pub(super) fn records(path: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(path).unwrap();
    text.lines().map(parse).collect()
}

/// Starts it with the secrets of all platforms; blanks part the words.
pub(super) fn listen(words: &str) -> Running {
    listen_with(words, &[])
}

/// The same, with arguments that have blanks in them.
pub(super) fn listen_with(words: &str, more: &[&str]) -> Running {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pushrig"));
    command
        .args(["listen", "--format", "json"])
        .args(SECRETS.split_whitespace())
        .args(words.split_whitespace())
        .args(more);
    run(command)
}

/// Runs a command that becomes `listen`.
pub(super) fn run(command: Command) -> Running {
    run_in(command, tempfile::tempdir().unwrap())
}

/// The same, in a folder with something in it.
pub(super) fn run_in(mut command: Command, folder: TempDir) -> Running {
    // For captures that a test takes away.
    std::fs::create_dir_all(folder.path().join("in")).unwrap();
    let mut child = command
        .current_dir(folder.path())
        .env_remove("NO_COLOR")
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
    let mut running = Running {
        child: Some(child),
        lines,
        kept: VecDeque::new(),
        talk: Some(talk),
        url: String::new(),
        folder,
    };
    let ready = running.next();
    assert_eq!(ready["type"], "ready", "{ready}");
    ready["url"].as_str().unwrap().clone_into(&mut running.url);
    running
}

impl Running {
    /// The next line of standard output, which is JSON.
    #[track_caller]
    pub(super) fn next(&mut self) -> Value {
        if let Some(line) = self.kept.pop_front() {
            return line;
        }
        if let Ok(line) = self.lines.recv_timeout(LIMIT) {
            return parse(&line);
        }
        self.child.as_mut().unwrap().kill().unwrap();
        panic!("no line: {}", self.talk.take().unwrap().join().unwrap())
    }

    pub(super) fn url(&self, target: &str) -> String {
        format!("{}{target}", self.url)
    }

    pub(super) fn address(&self) -> &str {
        self.url.split_once("://").unwrap().1
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A push to it.
    pub(super) fn push(&self, event: &str, words: &str) -> Pushrig {
        pushrig(&format!(
            "push {event} {} {SECRETS} {words}",
            self.url("/push")
        ))
    }

    /// A push that is taken.
    pub(super) fn takes(&self, event: &str, words: &str) {
        self.push(event, words).any_stdout().exits(0);
    }

    pub(super) fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address()).unwrap();
        stream.set_read_timeout(Some(LIMIT)).unwrap();
        stream
    }

    /// Sends bytes, and gives what comes until the other side closes.
    pub(super) fn raw(&self, bytes: impl AsRef<[u8]>) -> String {
        let mut stream = self.connect();
        // Who was refused meanwhile need not send the rest.
        let _ = stream.write_all(bytes.as_ref());
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        String::from_utf8_lossy(&answer).into_owned()
    }

    /// A signed push as bytes, its connection not kept.
    pub(super) fn wire(&self, event: &str, words: &str) -> Vec<u8> {
        let call = self.push(event, &format!("{words} --dry-run --as request"));
        call.any_stdout().exits(0).stdout
    }

    #[track_caller]
    pub(super) fn records(&self) -> Vec<Value> {
        records(&self.path("c.ndjson"))
    }

    #[cfg(target_os = "linux")]
    pub(super) fn id(&self) -> u32 {
        self.child.as_ref().unwrap().id()
    }

    pub(super) fn signal(&self, name: &str) {
        let sent = Command::new("kill")
            .args([
                format!("-{name}"),
                self.child.as_ref().unwrap().id().to_string(),
            ])
            .status()
            .unwrap();
        assert!(sent.success());
    }

    /// Ends it as Ctrl-C does.
    #[track_caller]
    pub(super) fn stop(self) -> Ended {
        self.signal("INT");
        self.end()
    }

    /// Waits for its end.
    #[track_caller]
    pub(super) fn end(mut self) -> Ended {
        let mut lines: Vec<Value> = std::mem::take(&mut self.kept).into();
        while let Ok(line) = self.lines.recv_timeout(LIMIT) {
            lines.push(parse(&line));
        }
        let code = self.child.take().unwrap().wait().unwrap().code();
        let talk = self.talk.take().unwrap().join().unwrap();
        assert!(!talk.contains("panicked"), "{talk}");
        let folder = std::mem::replace(&mut self.folder, tempfile::tempdir().unwrap());
        Ended {
            code,
            lines,
            talk,
            folder,
        }
    }

    /// Ends it as a power cut does.
    pub(super) fn kill(mut self) {
        self.child.as_mut().unwrap().kill().unwrap();
        self.end();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

#[track_caller]
fn parse(line: &str) -> Value {
    let value: Value = serde_json::from_str(line).unwrap_or_else(|why| panic!("{why}: {line}"));
    assert_eq!(value["v"], 1, "{line}");
    value
}

/// The bytes of a record's request, body and chunks as they came.
#[track_caller]
pub(super) fn wire_of(record: &Value) -> Vec<u8> {
    let request = &record["request"];
    let text = |value: &Value| bytes(value);
    let mut wire = [
        text(&request["method"]),
        text(&request["target"]),
        text(&request["version"]),
    ]
    .join(&b' ');
    for field in request["headers"].as_array().unwrap() {
        wire.extend_from_slice(b"\r\n");
        wire.extend_from_slice(&[text(&field[0]), text(&field[1])].join(&b": "[..]));
    }
    wire.extend_from_slice(b"\r\n\r\n");
    wire.extend_from_slice(&text(&request["body"]));
    wire
}

/// A text, or bytes in base64.
#[track_caller]
pub(super) fn bytes(value: &Value) -> Vec<u8> {
    use base64::Engine as _;
    match value.as_str() {
        Some(text) => text.as_bytes().to_vec(),
        None => base64::engine::general_purpose::STANDARD
            .decode(value["base64"].as_str().unwrap())
            .unwrap(),
    }
}

/// The most memory that a process had, in bytes.
#[cfg(target_os = "linux")]
pub(super) fn peak(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = peak.unwrap().trim().trim_end_matches(" kB");
    kib.parse::<u64>().unwrap() << 10
}
