//! `mqtt platform` over real sockets: `mqtt watch` and `mqtt set` are its clients, and a client
//! that knows nothing of them.

mod absent;
mod ends;
mod file;
mod forbidden;
mod greedy;
mod login;
mod played;
mod rough;
mod rules;
mod rumqttc;
mod slow;
mod topics;

use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use super::KEY;
use crate::leaks;

/// The key of the documentation's devices.
pub(crate) const DEVICE_KEY: &str = "KuF3NT/jUBJ62LNBB/A8XZA9CqS3Cu79B/ABmfA1UCw=";

/// Two users, a simulated device, one that is a real one, and one that user 10311 does not see.
pub(crate) const FILE: &str = r#"
[[user]]
id = "10311"
access_key = "XU/H2c4SmG6sZ3IRkomTQ1b/XzkDsl+1xzVh0gr1JaAC9Ugo7BNIAJEaAH+MK7i+"
[[user]]
id = "2"
access_key = "XU/H2c4SmG6sZ3IRkomTQ1b/XzkDsl+1xzVh0gr1JaAC9Ugo7BNIAJEaAH+MK7i+"
[[device]]
product = "00001"
name = "iot-0001"
properties = { Power = "off", WF = 23.6 }
services = ["open"]
[[device]]
product = "00001"
name = "real"
key = "KuF3NT/jUBJ62LNBB/A8XZA9CqS3Cu79B/ABmfA1UCw="
[[device]]
product = "00001"
name = "foreign"
of = ["userid/2"]
"#;

/// What does not happen in this time does not happen.
const LIMIT: Duration = Duration::from_secs(60);

/// The platform, as a process.
pub(crate) struct Platform {
    child: Child,
    folder: TempDir,
    address: String,
    out: Stream,
    err: Stream,
    secrets: Vec<Vec<u8>>,
}

impl Platform {
    /// Knows whom [`FILE`] names; blanks part the words.
    pub(crate) fn start(words: &str) -> Self {
        Self::with(FILE, words)
    }

    /// Knows whom this file names.
    pub(crate) fn with(file: &str, words: &str) -> Self {
        Self::among(&[("p.toml", file)], &format!("p.toml {words}"))
    }

    /// Starts it among these files.
    pub(crate) fn among(files: &[(&str, &str)], words: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        let mut child = Command::new(env!("CARGO_BIN_EXE_pushrig"))
            .args(["mqtt", "platform", "--ready-file", "ready"])
            .args(words.split_whitespace())
            .current_dir(folder.path())
            .env_remove("GITHUB_ACTIONS")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let out = Stream::of(child.stdout.take().unwrap());
        let err = Stream::of(child.stderr.take().unwrap());
        let mut it = Self {
            child,
            folder,
            address: String::new(),
            out,
            err,
            secrets: [KEY, DEVICE_KEY].map(Into::into).to_vec(),
        };
        it.address = it.ready();
        it
    }

    fn ready(&mut self) -> String {
        let begun = Instant::now();
        loop {
            let text = std::fs::read_to_string(self.folder.path().join("ready"));
            let text = text.unwrap_or_default();
            if let Some(address) = text.strip_prefix("mqtt://")
                && address.ends_with('\n')
            {
                return address.trim_end().to_owned();
            }
            let ended = self.child.try_wait().unwrap();
            assert!(ended.is_none(), "it ended: {}", self.err.text());
            assert!(begun.elapsed() < LIMIT, "it is not ready");
            thread::sleep(Duration::from_millis(1));
        }
    }

    /// Host and port.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// What it must not print either.
    pub(crate) fn hides(&mut self, secret: &str) {
        self.secrets.push(secret.into());
    }

    /// Waits until it has printed this.
    #[track_caller]
    pub(crate) fn says(&self, what: &str) {
        self.out.has(what);
    }

    /// What it has printed so far.
    pub(crate) fn said(&self) -> String {
        self.out.text()
    }

    #[cfg(target_os = "linux")]
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends it a signal, and waits for its end.
    #[track_caller]
    pub(crate) fn end(self, signal: &str) -> Ended {
        let mut kill = Command::new("kill");
        let id = self.child.id().to_string();
        let sent = kill.args([&format!("-{signal}"), &id]).status();
        assert!(sent.unwrap().success());
        self.ends()
    }

    /// Waits until it ends by itself.
    #[track_caller]
    pub(crate) fn ends(mut self) -> Ended {
        let begun = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(begun.elapsed() < LIMIT, "it does not end: {}", self.said());
            thread::sleep(Duration::from_millis(1));
        };
        let ended = Ended {
            code: status.code(),
            out: self.out.whole(),
            err: self.err.whole(),
        };
        for text in [&ended.out, &ended.err] {
            let leaks = leaks::find(text.as_bytes(), &self.secrets);
            assert!(leaks.is_empty(), "a secret is printed: {leaks:?}\n{text}");
            assert!(!text.contains("panicked"), "{text}");
        }
        ended
    }
}

impl Drop for Platform {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// How it ended, and all that it printed.
pub(crate) struct Ended {
    code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ended {
    #[track_caller]
    pub(crate) fn code(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{}{}", self.out, self.err);
        self
    }

    /// Its lines as JSON, each with `v` and `type`, and with `at` but for the first and the last
    /// ones, which are of the whole run.
    #[track_caller]
    pub(crate) fn json(&self) -> Vec<Value> {
        let read = |line: &str| {
            let value: Value = serde_json::from_str(line).unwrap_or_else(|why| {
                panic!("{why}: {line}");
            });
            assert_eq!(value["v"], 1, "{line}");
            let kind = value["type"].as_str().unwrap();
            let is_of_the_run = matches!(kind, "ready" | "expect" | "summary");
            assert_eq!(value["at"].is_string(), !is_of_the_run, "{line}");
            value
        };
        self.out.lines().map(read).collect()
    }

    /// Those of a type.
    #[track_caller]
    pub(crate) fn of(&self, kind: &str) -> Vec<Value> {
        let lines = self.json().into_iter();
        lines.filter(|line| line["type"] == kind).collect()
    }

    /// What was counted.
    #[track_caller]
    pub(crate) fn summary(&self) -> Value {
        self.of("summary").remove(0)
    }
}

/// A stream that a thread reads to its end.
pub(crate) struct Stream {
    text: Arc<Mutex<Vec<u8>>>,
    reader: JoinHandle<()>,
}

impl Stream {
    pub(crate) fn of(mut source: impl Read + Send + 'static) -> Self {
        let text = Arc::new(Mutex::new(Vec::new()));
        let shared = Arc::clone(&text);
        let reader = thread::spawn(move || {
            let mut room = [0; 1 << 13];
            while let Ok(read @ 1..) = source.read(&mut room) {
                shared.lock().unwrap().extend_from_slice(&room[..read]);
            }
        });
        Self { text, reader }
    }

    /// What was read so far.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.text.lock().unwrap()).into_owned()
    }

    /// Waits until it has this.
    #[track_caller]
    pub(crate) fn has(&self, what: &str) {
        let begun = Instant::now();
        while !self.text().contains(what) {
            let text = self.text();
            assert!(begun.elapsed() < LIMIT, "it does not say {what}:\n{text}");
            thread::sleep(Duration::from_millis(1));
        }
    }

    fn whole(&mut self) -> String {
        let begun = Instant::now();
        while !self.reader.is_finished() {
            assert!(begun.elapsed() < LIMIT, "its output does not end");
            thread::sleep(Duration::from_millis(1));
        }
        self.text()
    }
}
