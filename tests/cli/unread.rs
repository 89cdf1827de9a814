//! A process whose output nobody reads, until its test does.

use std::io::{BufRead as _, BufReader, PipeReader, Read as _, pipe};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// What does not happen in this time does not happen.
const LIMIT: Duration = Duration::from_secs(60);

/// What standard error is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Talk {
    /// Read by the test.
    Read,
    /// The pipe that nobody reads (`2>&1`).
    Unread,
}

/// The process.
pub(crate) struct Unread {
    child: Child,
    /// Open, so that writing waits and does not fail.
    out: Option<PipeReader>,
    /// The lines of standard error.
    talk: Receiver<String>,
    /// Those of them that were waited for.
    said: String,
    ready: PathBuf,
}

/// How it ended.
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) talk: String,
    /// How long the end took from the moment that it was waited for.
    pub(crate) took: Duration,
}

impl Unread {
    /// Starts it in a folder; blanks part the words.
    pub(crate) fn start(folder: &Path, words: &str, talk: Talk) -> Self {
        Self::start_with(folder, words.split_whitespace(), talk)
    }

    /// Starts it in a folder with these words.
    pub(crate) fn start_with<'w>(
        folder: &Path,
        words: impl IntoIterator<Item = &'w str>,
        talk: Talk,
    ) -> Self {
        let (out, into) = pipe().unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_pushrig"));
        command
            .args(words)
            .current_dir(folder)
            .env_remove("GITHUB_ACTIONS")
            .stdin(Stdio::null())
            .stderr(match talk {
                Talk::Read => Stdio::piped(),
                Talk::Unread => Stdio::from(into.try_clone().unwrap()),
            })
            .stdout(into);
        let mut child = command.spawn().unwrap();
        // The command has this process's end of the pipe for writing.
        drop(command);
        let (sender, talk) = channel();
        if let Some(err) = child.stderr.take() {
            thread::spawn(move || {
                for line in BufReader::new(err).lines().map_while(Result::ok) {
                    let _ = sender.send(line);
                }
            });
        }
        Self {
            child,
            out: Some(out),
            talk,
            said: String::new(),
            ready: folder.join("ready"),
        }
    }

    /// The host and port that `--ready-file ready` has, once it is there.
    pub(crate) fn address(&self) -> String {
        let begun = Instant::now();
        loop {
            let text = std::fs::read_to_string(&self.ready).unwrap_or_default();
            if let Some(address) = text.strip_prefix("http://")
                && address.ends_with('\n')
            {
                return address.trim_end().to_owned();
            }
            assert!(begun.elapsed() < LIMIT, "it is not ready");
            thread::yield_now();
        }
    }

    #[cfg(target_os = "linux")]
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        let mut kill = Command::new("kill");
        let sent = kill.args([&format!("-{name}"), &id]).status();
        assert!(sent.unwrap().success());
    }

    /// Waits until it says this on standard error.
    #[track_caller]
    pub(crate) fn says(&mut self, what: &str) {
        while !self.said.contains(what) {
            let line = self.talk.recv_timeout(LIMIT);
            self.said += &(line.unwrap_or_else(|why| panic!("{why}: {}", self.said)) + "\n");
        }
    }

    /// Whoever could have read is gone.
    pub(crate) fn left(mut self) -> Self {
        self.out = None;
        self
    }

    /// Somebody begins to read, and reads to the end.
    pub(crate) fn read(&self) -> JoinHandle<String> {
        let mut out = self.out.as_ref().unwrap().try_clone().unwrap();
        thread::spawn(move || {
            let mut text = String::new();
            out.read_to_string(&mut text).unwrap();
            text
        })
    }

    /// Waits for its end, and for nobody who reads.
    #[track_caller]
    pub(crate) fn end(mut self) -> Ended {
        let begun = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            if begun.elapsed() > LIMIT {
                self.child.kill().unwrap();
                panic!("it does not end");
            }
            thread::sleep(Duration::from_millis(1));
        };
        let took = begun.elapsed();
        let mut talk = std::mem::take(&mut self.said);
        while let Ok(line) = self.talk.recv_timeout(LIMIT) {
            talk += &(line + "\n");
        }
        assert!(!talk.contains("panicked"), "{talk}");
        let code = status.code();
        Ended { code, talk, took }
    }
}

impl Drop for Unread {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Ended {
    /// How many lines it says that nobody has read.
    #[track_caller]
    pub(crate) fn lost(&self) -> usize {
        let (before, _) = self
            .talk
            .split_once(" of standard output were not read")
            .unwrap_or_else(|| panic!("{}", self.talk));
        let words: Vec<_> = before.rsplit(' ').take(2).collect();
        words[1].parse().unwrap()
    }
}
