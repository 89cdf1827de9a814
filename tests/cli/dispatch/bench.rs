//! A running `dispatch`, and a device that says what its test wants.

use std::collections::VecDeque;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use serde_json::Value;

#[cfg(unix)]
use crate::unread::{Talk, Unread};

/// What does not happen in this time does not happen.
const LIMIT: Duration = Duration::from_secs(60);

/// A process in a folder of its own, or in that of an earlier one.
pub(super) struct Running {
    /// None once its test has taken it.
    child: Option<Child>,
    lines: Receiver<String>,
    /// Lines that a test did not ask for yet.
    kept: VecDeque<Value>,
    talk: Option<JoinHandle<String>>,
    address: String,
}

/// How it ended.
pub(super) struct Ended {
    pub(super) code: Option<i32>,
    /// The lines of standard output that were not looked at, the summary among them.
    pub(super) lines: Vec<Value>,
    pub(super) talk: String,
}

impl Ended {
    #[track_caller]
    pub(super) fn summary(&self) -> &Value {
        let last = self.lines.last().expect("there is a summary");
        assert_eq!(last["type"], "summary", "{last}");
        last
    }

    pub(super) fn of_type(&self, name: &str) -> Vec<&Value> {
        let lines = self.lines.iter();
        lines.filter(|line| line["type"] == name).collect()
    }
}

/// Starts it; blanks part the words.
pub(super) fn start(folder: &Path, words: &str) -> Running {
    start_with(folder, words, &[])
}

/// The same, with arguments that have blanks in them.
pub(super) fn start_with(folder: &Path, words: &str, more: &[&str]) -> Running {
    let mut running = spawn(folder, words, more);
    let ready = running.next();
    assert_eq!(ready["type"], "ready", "{ready}");
    let bind = ready["bind"].as_str().unwrap();
    running.address = bind.replace("0.0.0.0", "127.0.0.1");
    running
}

/// Starts one that need not be ready.
pub(super) fn spawn(folder: &Path, words: &str, more: &[&str]) -> Running {
    let mut child = Command::new(env!("CARGO_BIN_EXE_pushrig"))
        .args(["dispatch", "--format", "json"])
        .args(words.split_whitespace())
        .args(more)
        .current_dir(folder)
        .env_remove("NO_COLOR")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let (sender, lines) = channel();
    let out = BufReader::new(child.stdout.take().unwrap());
    thread::spawn(move || {
        for line in out.lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    let mut err = child.stderr.take().unwrap();
    let talk = thread::spawn(move || {
        let mut text = String::new();
        let _ = err.read_to_string(&mut text);
        text
    });
    Running {
        child: Some(child),
        lines,
        kept: VecDeque::new(),
        talk: Some(talk),
        address: String::new(),
    }
}

/// One whose standard output nobody reads.
#[cfg(unix)]
pub(super) struct Stuck {
    process: Unread,
    /// To order and to poll by; its own process is none.
    calls: Running,
}

/// Starts one that nobody reads.
#[cfg(unix)]
pub(super) fn stuck(folder: &Path, words: &str, talk: Talk) -> Stuck {
    let call = format!("dispatch --format json --ready-file ready {words}");
    let process = Unread::start(folder, &call, talk);
    let address = process.address();
    Stuck {
        process,
        calls: Running {
            child: None,
            lines: channel().1,
            kept: VecDeque::new(),
            talk: None,
            address,
        },
    }
}

#[cfg(unix)]
impl Stuck {
    pub(super) fn process(self) -> Unread {
        self.process
    }
}

#[cfg(unix)]
impl std::ops::Deref for Stuck {
    type Target = Running;

    fn deref(&self) -> &Running {
        &self.calls
    }
}

impl Running {
    /// The next line of standard output, which is JSON.
    #[track_caller]
    pub(super) fn next(&mut self) -> Value {
        if let Some(line) = self.kept.pop_front() {
            return line;
        }
        let line = self.lines.recv_timeout(LIMIT).expect("a line in time");
        parse(&line)
    }

    /// The next line of that type; those before it are kept for later.
    #[track_caller]
    pub(super) fn wait_for(&mut self, name: &str) -> Value {
        let mut passed = Vec::new();
        loop {
            let line = self.next();
            if line["type"] == name {
                self.kept.extend(passed);
                return line;
            }
            passed.push(line);
        }
    }

    /// The process, for whoever ends it from another thread.
    pub(super) fn take_child(&mut self) -> Child {
        self.child.take().unwrap()
    }

    /// Its lines are no longer read, from the next one on.
    pub(super) fn leave(&mut self) {
        self.lines = channel().1;
    }

    /// Where it listens.
    pub(super) fn address(&self) -> &str {
        &self.address
    }

    pub(super) fn stdin(&mut self) -> ChildStdin {
        self.child.as_mut().unwrap().stdin.take().unwrap()
    }

    /// Waits for its end.
    #[track_caller]
    pub(super) fn end(mut self) -> Ended {
        let mut lines: Vec<Value> = std::mem::take(&mut self.kept).into();
        while let Ok(line) = self.lines.recv_timeout(LIMIT) {
            lines.push(parse(&line));
        }
        let code = self.take_child().wait().unwrap().code();
        let talk = self.talk.take().unwrap().join().unwrap();
        assert!(!talk.contains("panicked"), "{talk}");
        Ended { code, lines, talk }
    }

    /// Ends it as a power cut does.
    pub(super) fn crash(mut self) -> Vec<Value> {
        self.child.as_mut().unwrap().kill().unwrap();
        self.end().lines
    }

    #[cfg(unix)]
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

    /// One request over a connection of its own: the status and the body.
    pub(super) fn call(
        &self,
        method: &str,
        target: &str,
        headers: &str,
        body: impl AsRef<[u8]>,
    ) -> (u16, String) {
        self.try_call(method, target, headers, body.as_ref())
            .expect("an answer")
    }

    /// The same; none if it ended.
    pub(super) fn try_call(
        &self,
        method: &str,
        target: &str,
        headers: &str,
        body: &[u8],
    ) -> Option<(u16, String)> {
        let mut wire = format!(
            "{method} {target} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n{headers}\
             Content-Length: {}\r\n\r\n",
            self.address,
            body.len()
        )
        .into_bytes();
        wire.extend_from_slice(body);
        let mut stream = TcpStream::connect(&self.address).ok()?;
        stream.set_read_timeout(Some(LIMIT)).ok()?;
        stream.write_all(&wire).ok()?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).ok()?;
        let answer = String::from_utf8(answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n")?;
        let status = head.split(' ').nth(1)?.parse().ok()?;
        Some((status, body.to_owned()))
    }

    pub(super) fn get(&self, path: &str) -> Value {
        let (status, body) = self.call("GET", path, "", "");
        assert_eq!(status, 200, "{body}");
        serde_json::from_str(&body).unwrap()
    }

    /// Orders, and gives the numbers.
    pub(super) fn order(&self, body: &str) -> Vec<u64> {
        let (status, body) = self.call("POST", "/commands", "", body);
        assert!(status == 202 || status == 200, "{body}");
        let accepted: Value = serde_json::from_str(&body).unwrap();
        let commands = accepted["commands"].as_array().unwrap();
        commands
            .iter()
            .map(|command| command["number"].as_u64().unwrap())
            .collect()
    }

    /// What a device gets when it polls.
    pub(super) fn poll(&self, device: &str, uuid: &str) -> String {
        let uuid = if uuid.is_empty() {
            String::new()
        } else {
            format!("&uuid={uuid}")
        };
        let (status, body) = self.call("GET", &format!("/push?deviceId={device}{uuid}"), "", "");
        assert_eq!(status, 200);
        body
    }

    /// A device posts a result.
    pub(super) fn result(&self, device: &str, uuid: &str, endpoint: &str, body: &str) {
        let target = format!("/result?deviceId={device}&uuid={uuid}&endpoint={endpoint}");
        let (status, answer) = self.call("POST", &target, "", body);
        assert_eq!((status, answer.as_str()), (200, ""));
    }

    /// A device does its command, if there is one and the server has not ended: its JSON.
    pub(super) fn does(&self, device: &str, uuid: &str) -> Option<Value> {
        let target = format!("/push?deviceId={device}&uuid={uuid}");
        let (_, body) = self.try_call("GET", &target, "", b"")?;
        if body.is_empty() {
            return None;
        }
        let command: Value = serde_json::from_str(&body).unwrap();
        self.result(device, uuid, command["endpoint"].as_str().unwrap(), OK);
        Some(command)
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

/// What a device answers that succeeded.
pub(super) const OK: &str = r#"{"response":"{\"users\":[]}"}"#;

/// A device with an id that a double cannot hold.
pub(super) const ID: &str = "9007199254740993";

/// An order for [`ID`], told apart by a number.
pub(super) fn load(number: usize) -> String {
    format!(
        "{{\"device\":\"{ID}\",\"endpoint\":\"load_objects\",\"queryString\":\"n={number}\"}}\n"
    )
}

pub(super) fn append(path: &Path, text: &str) {
    let mut file = std::fs::OpenOptions::new().append(true).open(path).unwrap();
    file.write_all(text.as_bytes()).unwrap();
}
