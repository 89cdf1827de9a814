//! A receiver of `tests/interop`, started as a process and ended with the test.

use std::io::{BufRead, BufReader, ErrorKind, Read};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;

use super::{file, leave_out, runs};

/// A receiver that has not come up in this time never will.
const LIMIT: Duration = Duration::from_secs(60);

/// The libraries that some receivers need.
const NEEDS: [(&str, &str); 6] = [
    ("controlid_express", "express"),
    ("onenet_flask_article", "flask"),
    ("onenet_flask_hello", "flask"),
    ("standard_webhooks", "standardwebhooks"),
    ("wechat_wechatpy", "wechatpy.utils"),
    ("wechat_werobot", "werobot"),
];

/// A receiver that listens.
pub(crate) struct Receiver {
    child: Child,
    address: String,
}

impl Receiver {
    /// Starts a file of tests/interop and waits until it listens. None where the machine lacks
    /// what it is written in, which is said.
    #[track_caller]
    pub(crate) fn start(name: &str) -> Option<Self> {
        let what = format!("tests/interop/{name}");
        let needs = NEEDS.iter().find(|(file, _)| name.starts_with(file));
        let program = program(name);
        let needs = needs.filter(|_| runs(program, &["--version"]));
        if let Some((_, module)) = needs.filter(|(_, it)| !has(program, it)) {
            leave_out(&what, &format!("{program} has no {module} here"));
            return None;
        }
        // PHP takes no port 0, and a port that was free may be taken when it comes to it.
        for _ in 0..5 {
            let mut command = command(program, name);
            let mut child = match command.spawn() {
                Ok(child) => child,
                Err(why) if why.kind() == ErrorKind::NotFound => {
                    leave_out(&what, &format!("there is no {program} here"));
                    return None;
                }
                Err(why) => panic!("{program}: {why}"),
            };
            match address_of(&mut child) {
                Ok(address) => return Some(Self { child, address }),
                Err(said) => {
                    end(&mut child);
                    let taken = said.contains("Address already in use");
                    assert!(taken, "{name} does not listen:\n{said}");
                }
            }
        }
        panic!("{name} finds no free port");
    }

    /// Its address with a path.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.address)
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        end(&mut self.child);
    }
}

fn end(child: &mut Child) {
    let _ = child.kill();
    let _ = child.wait();
}

pub(super) fn has_module(module: &str) -> bool {
    has("python3", module)
}

/// Whether a program finds a library.
pub(super) fn has(program: &str, module: &str) -> bool {
    match program {
        "node" => runs(program, &["-e", &format!("require('{module}')")]),
        _ => runs(program, &["-c", &format!("import {module}")]),
    }
}

/// What a receiver is written for.
fn program(name: &str) -> &'static str {
    let (_, extension) = name.rsplit_once('.').expect("a file's name");
    match extension {
        "py" => "python3",
        "js" => "node",
        "php" => "php",
        _ => panic!("nothing runs {name}"),
    }
}

/// How a receiver is started.
fn command(program: &str, name: &str) -> Command {
    let mut command = Command::new(program);
    if program == "php" {
        command.args(["-S", &format!("127.0.0.1:{}", free_port())]);
    }
    command
        .arg(file(name))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// A port that nobody listens on at the moment.
pub(crate) fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port of this machine");
    listener.local_addr().expect("its address").port()
}

/// The address that a receiver prints once it listens, or all that it said instead.
fn address_of(child: &mut Child) -> Result<String, String> {
    let (sender, lines) = channel();
    if let Some(stdout) = child.stdout.take() {
        drain(stdout, sender.clone());
    }
    if let Some(stderr) = child.stderr.take() {
        drain(stderr, sender);
    }
    let mut said = String::new();
    loop {
        match lines.recv_timeout(LIMIT) {
            Ok(line) => match address_in(&line) {
                Some(address) if !line.contains("Failed to listen") => return Ok(address),
                _ => said.push_str(&line),
            },
            Err(RecvTimeoutError::Disconnected) => return Err(said),
            Err(RecvTimeoutError::Timeout) => return Err(format!("{said}(and no more)")),
        }
    }
}

/// Reads on for as long as there is something, so that the receiver never waits for a reader.
fn drain(source: impl Read + Send + 'static, sender: Sender<String>) {
    thread::spawn(move || {
        let mut source = BufReader::new(source);
        let mut line = Vec::new();
        while source.read_until(b'\n', &mut line).is_ok_and(|n| n > 0) {
            // Nobody listens once the address is known.
            let _ = sender.send(String::from_utf8_lossy(&line).into_owned());
            line.clear();
        }
    });
}

fn address_in(line: &str) -> Option<String> {
    let start = line.find("http://127.0.0.1:")?;
    let end = |c: char| c.is_whitespace() || c == ')';
    line[start..].split(end).next().map(str::to_owned)
}

#[test]
fn an_address_is_found_in_what_a_receiver_says() {
    let found = |line: &str| address_in(line).unwrap_or_default();
    assert_eq!(found("http://127.0.0.1:40001\n"), "http://127.0.0.1:40001");
    let php = "[Sun] PHP 8.2 Development Server (http://127.0.0.1:80) started\n";
    assert_eq!(found(php), "http://127.0.0.1:80");
    assert_eq!(found("Traceback (most recent call last):\n"), "");
}
