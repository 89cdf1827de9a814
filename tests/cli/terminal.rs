//! A terminal, for what is only said or done at one.

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

/// A run that takes longer hangs.
const LIMIT: Duration = Duration::from_secs(120);

/// A terminal at which somebody types, and what it shows.
pub(crate) struct Terminal {
    keys: File,
    screen: Receiver<Vec<u8>>,
    shown: Vec<u8>,
    line: Option<File>,
}

impl Terminal {
    /// A new one, with nobody at it.
    pub(crate) fn open() -> Self {
        let keys = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&keys).unwrap();
        unlockpt(&keys).unwrap();
        let name = ptsname(&keys, Vec::new()).unwrap();
        let line = OpenOptions::new()
            .read(true)
            .write(true)
            .open(name.to_str().unwrap());
        let keys = File::from(keys);
        let mut screen = keys.try_clone().unwrap();
        let (tell, told) = channel();
        std::thread::spawn(move || {
            let mut chunk = [0; 4096];
            // At the end of the last who has it open there is an error, or nothing.
            while let Ok(read @ 1..) = screen.read(&mut chunk) {
                if tell.send(chunk[..read].to_vec()).is_err() {
                    return;
                }
            }
        });
        Self {
            keys,
            screen: told,
            shown: Vec::new(),
            line: Some(line.unwrap()),
        }
    }

    /// One end of the line, for a stream of a process.
    pub(crate) fn stream(&self) -> Stdio {
        self.line.as_ref().unwrap().try_clone().unwrap().into()
    }

    /// The executable at this terminal, all three streams; blanks part its words.
    pub(crate) fn pushrig(&self, words: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pushrig"));
        command
            .args(words.split_whitespace())
            .env_clear()
            .env("NO_COLOR", "1")
            .stdin(self.stream())
            .stdout(self.stream())
            .stderr(self.stream());
        command
    }

    /// Types.
    pub(crate) fn types(&mut self, bytes: &[u8]) {
        self.keys.write_all(bytes).unwrap();
    }

    /// Waits until this text is shown.
    #[track_caller]
    pub(crate) fn shows(&mut self, text: &str) {
        let end = Instant::now() + LIMIT;
        while !holds(&self.shown, text) {
            let left = end.saturating_duration_since(Instant::now());
            let Ok(chunk) = self.screen.recv_timeout(left) else {
                panic!("`{text}` is not shown:\n{:?}", self.shown.escape_ascii());
            };
            self.show(&chunk);
        }
    }

    fn show(&mut self, chunk: &[u8]) {
        self.shown
            .extend(chunk.iter().filter(|&&byte| byte != b'\r'));
    }

    /// All that is shown, once nobody has it open any more.
    pub(crate) fn all(mut self) -> String {
        self.line = None;
        loop {
            match self.screen.recv_timeout(LIMIT) {
                Ok(chunk) => self.show(&chunk),
                Err(RecvTimeoutError::Disconnected) => {
                    return String::from_utf8(self.shown).unwrap();
                }
                Err(RecvTimeoutError::Timeout) => panic!("it hangs"),
            }
        }
    }
}

fn holds(shown: &[u8], text: &str) -> bool {
    shown
        .windows(text.len())
        .any(|window| window == text.as_bytes())
}
