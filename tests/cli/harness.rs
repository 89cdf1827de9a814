//! Runs the real executable in a scratch directory, and checks all that it said.
//!
//! What a test does not state must be empty: standard output, standard error. The exit code is
//! always stated. Everything that does not fit is shown together. After every run both streams
//! are searched for the secrets that went in.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

use crate::leaks;
#[cfg(unix)]
use crate::terminal::Terminal;

/// A run that takes longer hangs.
const LIMIT: Duration = Duration::from_secs(120);

/// A call of the executable; blanks part its words. [`Pushrig::arg`] adds what has blanks.
pub(crate) fn pushrig(words: &str) -> Pushrig {
    Pushrig {
        scratch: tempfile::tempdir().expect("a scratch directory"),
        args: words.split_whitespace().map(OsString::from).collect(),
        env: Vec::new(),
        stdin: Box::new(std::io::empty()),
        stdin_text: Vec::new(),
        dir: None,
        stdout: Expected::Exactly(Vec::new()),
        stderr: Expected::Exactly(Vec::new()),
        secrets: Vec::new(),
        shows_secrets: false,
        has_reader: true,
        is_watched: false,
    }
}

/// A file of tests/fixtures.
pub(crate) fn fixture(name: &str) -> Vec<u8> {
    let path = root().join("tests/fixtures").join(name);
    fs::read(&path).unwrap_or_else(|why| panic!("{}: {why}", path.display()))
}

/// The repository.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

enum Expected {
    Exactly(Vec<u8>),
    Holds(Vec<String>),
    Anything,
}

/// One call, and what is expected of it.
pub(crate) struct Pushrig {
    scratch: TempDir,
    args: Vec<OsString>,
    env: Vec<(String, String)>,
    stdin: Box<dyn Read + Send>,
    stdin_text: Vec<u8>,
    dir: Option<PathBuf>,
    stdout: Expected,
    stderr: Expected,
    secrets: Vec<Vec<u8>>,
    shows_secrets: bool,
    has_reader: bool,
    is_watched: bool,
}

impl Pushrig {
    /// Adds one argument, blanks and all.
    pub(crate) fn arg(mut self, arg: impl Into<OsString>) -> Self {
        self.args.push(arg.into());
        self
    }

    /// Adds arguments.
    pub(crate) fn args<A: Into<OsString>>(mut self, args: impl IntoIterator<Item = A>) -> Self {
        self.args.extend(args.into_iter().map(Into::into));
        self
    }

    /// Sets a variable; all others are absent.
    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.env.push((name.to_owned(), value.to_owned()));
        self
    }

    /// What is piped in; otherwise nothing is.
    pub(crate) fn stdin(mut self, bytes: impl AsRef<[u8]>) -> Self {
        self.stdin_text = bytes.as_ref().to_vec();
        self.stdin = Box::new(std::io::Cursor::new(self.stdin_text.clone()));
        self
    }

    /// What is piped in, where it is too much to hold.
    pub(crate) fn stdin_stream(mut self, source: impl Read + Send + 'static) -> Self {
        self.stdin = Box::new(source);
        self
    }

    /// Puts a file into the scratch directory.
    pub(crate) fn file(self, name: &str, bytes: impl AsRef<[u8]>) -> Self {
        let path = self.scratch.path().join(name);
        let folder = path.parent().expect("a file is in a folder");
        fs::create_dir_all(folder).expect("a folder in the scratch directory");
        fs::write(&path, bytes).expect("a file in the scratch directory");
        self
    }

    /// Copies a fixture into the scratch directory, under its bare name.
    pub(crate) fn fixture(self, name: &str) -> Self {
        let bare = name.rsplit('/').next().unwrap_or(name).to_owned();
        self.file(&bare, fixture(name))
    }

    /// Runs somewhere else than in the scratch directory.
    pub(crate) fn dir(mut self, dir: impl Into<PathBuf>) -> Self {
        self.dir = Some(dir.into());
        self
    }

    /// The whole of standard output.
    pub(crate) fn stdout(mut self, text: impl AsRef<[u8]>) -> Self {
        self.stdout = Expected::Exactly(text.as_ref().to_vec());
        self
    }

    /// Texts that standard output holds, in this order.
    pub(crate) fn stdout_has<T: Into<String>>(
        mut self,
        texts: impl IntoIterator<Item = T>,
    ) -> Self {
        self.stdout = Expected::Holds(texts.into_iter().map(Into::into).collect());
        self
    }

    /// The test looks at standard output itself.
    pub(crate) fn any_stdout(mut self) -> Self {
        self.stdout = Expected::Anything;
        self
    }

    /// The whole of standard error.
    pub(crate) fn stderr(mut self, text: impl AsRef<[u8]>) -> Self {
        self.stderr = Expected::Exactly(text.as_ref().to_vec());
        self
    }

    /// Texts that standard error holds, in this order.
    pub(crate) fn stderr_has<T: Into<String>>(
        mut self,
        texts: impl IntoIterator<Item = T>,
    ) -> Self {
        self.stderr = Expected::Holds(texts.into_iter().map(Into::into).collect());
        self
    }

    /// The test looks at standard error itself.
    pub(crate) fn any_stderr(mut self) -> Self {
        self.stderr = Expected::Anything;
        self
    }

    /// A secret that does not stand in a flag or variable, where it would be found.
    pub(crate) fn secret(mut self, secret: impl AsRef<[u8]>) -> Self {
        self.secrets.push(secret.as_ref().to_vec());
        self
    }

    /// Secrets may be shown: by `--reveal`, or because the request itself holds them.
    pub(crate) fn reveals(mut self) -> Self {
        self.shows_secrets = true;
        self
    }

    /// Nobody reads standard output: its other end is closed.
    pub(crate) fn without_reader(mut self) -> Self {
        self.has_reader = false;
        self
    }

    /// A terminal shows both streams, in the order in which they come; they are standard output
    /// here. Where there is no such terminal, they come one behind the other.
    pub(crate) fn watched(mut self) -> Self {
        self.is_watched = true;
        self
    }

    /// Runs it, and checks everything.
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Ran {
        self.ends(&[code])
    }

    /// Runs it, and checks everything; yes and no are both an answer.
    #[track_caller]
    pub(crate) fn answers(self) -> Ran {
        self.ends(&[0, 1])
    }

    /// Runs it, and checks all but how it ends.
    #[track_caller]
    pub(crate) fn any_end(self) -> Ran {
        self.ends(&[0, 1, 2, 3])
    }

    #[track_caller]
    fn ends(mut self, codes: &[i32]) -> Ran {
        self.secrets.extend(self.secrets_given());
        let source = std::mem::replace(&mut self.stdin, Box::new(std::io::empty()));
        let ran = self.run(source);
        let mut wrong = String::new();
        if ran.code.is_none_or(|code| !codes.contains(&code)) {
            let _ = writeln!(wrong, "--- exit code: {:?}, expected {codes:?}", ran.code);
        }
        compare("stdout", &self.stdout, &ran.stdout, &mut wrong);
        compare("stderr", &self.stderr, &ran.stderr, &mut wrong);
        if !self.shows_secrets {
            for (name, stream) in [("stdout", &ran.stdout), ("stderr", &ran.stderr)] {
                for leak in leaks::find(stream, &self.secrets) {
                    let _ = writeln!(wrong, "--- {name} shows a secret: {leak}");
                }
            }
        }
        let panicked = |stream: &[u8]| stream.windows(8).any(|window| window == b"panicked");
        if panicked(&ran.stdout) || panicked(&ran.stderr) {
            wrong.push_str("--- it panicked\n");
        }
        if !wrong.is_empty() {
            let args: Vec<_> = self.args.iter().map(|arg| arg.to_string_lossy()).collect();
            panic!(
                "pushrig {}\n{wrong}--- all of stdout\n{}\n--- all of stderr\n{}",
                args.join(" "),
                shown(&ran.stdout),
                shown(&ran.stderr)
            );
        }
        Ran {
            stdout: ran.stdout,
            stderr: ran.stderr,
            scratch: self.scratch,
        }
    }

    fn run(&self, mut source: Box<dyn Read + Send>) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pushrig"));
        command
            .args(&self.args)
            .env_clear()
            .envs(self.env.iter().map(|(name, value)| (name, value)))
            .current_dir(self.dir.as_deref().unwrap_or(self.scratch.path()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        // Windows starts nothing without it.
        if let Some(root) = std::env::var_os("SystemRoot") {
            command.env("SystemRoot", root);
        }
        #[cfg(unix)]
        if self.is_watched {
            return watch(command, source);
        }
        let mut child = command.spawn().expect("the executable starts");
        let mut stdin = child.stdin.take().expect("a pipe");
        // A process that does not read its input closes the pipe, which is no failure.
        thread::spawn(move || std::io::copy(&mut source, &mut stdin));
        let mut stdout = child.stdout.take();
        if !self.has_reader {
            stdout = None;
        }
        let stdout = drain(stdout);
        let stderr = drain(child.stderr.take());
        let (Ok(stdout), Ok(stderr)) = (stdout.recv_timeout(LIMIT), stderr.recv_timeout(LIMIT))
        else {
            child.kill().expect("a process that hangs can be ended");
            panic!("pushrig hangs: {:?}", self.args);
        };
        Output {
            stdout,
            stderr,
            code: child.wait().expect("an exit code").code(),
        }
    }

    /// The secrets in flags and variables, with the files and variables that they name.
    fn secrets_given(&self) -> Vec<Vec<u8>> {
        let mut texts: Vec<String> = Vec::new();
        let args: Vec<_> = self.args.iter().map(|arg| arg.to_string_lossy()).collect();
        for (at, arg) in args.iter().enumerate() {
            let (flag, inline) = match arg.split_once('=') {
                Some((flag, value)) => (flag, Some(value)),
                None => (&**arg, None),
            };
            if leaks::FLAGS.contains(&flag) {
                let value = inline.or_else(|| args.get(at + 1).map(|next| &**next));
                texts.extend(value.map(str::to_owned));
            }
        }
        for (name, value) in &self.env {
            if leaks::is_secret_variable(name) {
                texts.push(value.clone());
            }
        }
        texts.iter().map(|text| self.secret_of(text)).collect()
    }

    fn secret_of(&self, text: &str) -> Vec<u8> {
        if let Some(literal) = text.strip_prefix("text:") {
            literal.into()
        } else if let Some(name) = text.strip_prefix("env:") {
            let found = self.env.iter().find(|(have, _)| have == name);
            found
                .map(|(_, value)| value.clone().into_bytes())
                .unwrap_or_default()
        } else if let Some(file) = text.strip_prefix('@') {
            let bytes = fs::read(self.scratch.path().join(file)).unwrap_or_default();
            bytes.trim_ascii_end().to_vec()
        } else if text == "-" {
            self.stdin_text.trim_ascii_end().to_vec()
        } else {
            text.into()
        }
    }
}

struct Output {
    stdout: Vec<u8>,
    stderr: Vec<u8>,
    code: Option<i32>,
}

/// Runs it with both streams at a terminal.
#[cfg(unix)]
fn watch(mut command: Command, mut source: Box<dyn Read + Send>) -> Output {
    let terminal = Terminal::open();
    command
        .env("NO_COLOR", "1")
        .stdout(terminal.stream())
        .stderr(terminal.stream());
    let mut child = command.spawn().expect("the executable starts");
    // It has the terminal open, too.
    drop(command);
    let mut stdin = child.stdin.take().expect("a pipe");
    thread::spawn(move || std::io::copy(&mut source, &mut stdin));
    let stdout = terminal.all().into_bytes();
    Output {
        stdout,
        stderr: Vec::new(),
        code: child.wait().expect("an exit code").code(),
    }
}

fn drain(source: Option<impl Read + Send + 'static>) -> Receiver<Vec<u8>> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut source) = source {
            let _ = source.read_to_end(&mut bytes);
        }
        sender.send(bytes)
    });
    receiver
}

fn compare(name: &str, expected: &Expected, found: &[u8], wrong: &mut String) {
    match expected {
        Expected::Anything => {}
        Expected::Exactly(text) if text == found => {}
        Expected::Exactly(text) => {
            let _ = writeln!(wrong, "--- {name}, expected\n{}", shown(text));
        }
        Expected::Holds(texts) => {
            let found = String::from_utf8_lossy(found);
            let mut rest = &*found;
            for text in texts {
                match rest.find(text.as_str()) {
                    Some(at) => rest = &rest[at + text.len()..],
                    None => {
                        let _ = writeln!(wrong, "--- {name} lacks (here, or at all): {text}");
                    }
                }
            }
        }
    }
}

fn shown(bytes: &[u8]) -> String {
    const LONGEST: usize = 6000;
    let text = String::from_utf8_lossy(bytes);
    match text.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}… ({} bytes)", &text[..at], bytes.len()),
        None => text.into_owned(),
    }
}

/// What a run left behind.
pub(crate) struct Ran {
    /// Standard output.
    pub(crate) stdout: Vec<u8>,
    /// Standard error.
    pub(crate) stderr: Vec<u8>,
    scratch: TempDir,
}

impl Ran {
    /// Standard output as text.
    #[track_caller]
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.stdout).expect("standard output is UTF-8")
    }

    /// Standard error as text.
    #[track_caller]
    pub(crate) fn talk(&self) -> &str {
        std::str::from_utf8(&self.stderr).expect("standard error is UTF-8")
    }

    /// Standard output as JSON, one object a line, each with `"v":1`.
    #[track_caller]
    pub(crate) fn json(&self) -> Vec<Value> {
        let lines = self.text().lines();
        lines
            .map(|line| {
                let value: Value =
                    serde_json::from_str(line).unwrap_or_else(|why| panic!("{why}: {line}"));
                assert_eq!(value["v"], 1, "{line}");
                value
            })
            .collect()
    }

    /// The only line of JSON.
    #[track_caller]
    pub(crate) fn one_json(&self) -> Value {
        let mut lines = self.json();
        assert_eq!(lines.len(), 1, "{}", self.text());
        lines.remove(0)
    }

    /// A file of the scratch directory.
    #[track_caller]
    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.scratch.path().join(name)).expect("a file that was written")
    }
}

/// Compares a generated file of the repository, and rewrites it where `UPDATE` is set.
#[track_caller]
pub(crate) fn is_current(path: &str, generated: &[u8]) {
    let path = root().join(path);
    let found = fs::read(&path).unwrap_or_default();
    // Git may hand out the file with other line ends.
    let found: Vec<u8> = found.into_iter().filter(|&byte| byte != b'\r').collect();
    if found == generated {
        return;
    }
    if std::env::var_os("UPDATE").is_none_or(|value| value.is_empty()) {
        let [found, said] = [&found, generated].map(String::from_utf8_lossy);
        let mut pairs = found.lines().zip(said.lines()).enumerate();
        let (line, (found, said)) = pairs
            .find(|(_, (found, said))| found != said)
            .unwrap_or((0, ("its length", "differs")));
        panic!(
            "{}:{} is not what pushrig says now:\n- {found}\n+ {said}\nUPDATE=1 cargo test --test cli writes it anew",
            path.display(),
            line + 1
        );
    }
    fs::write(&path, generated).expect("a file that can be written");
}
