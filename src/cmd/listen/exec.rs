//! `--exec`: a command for each request, its record on standard input.
//!
//! Nothing of a request becomes a part of the command line. One command runs at a time, in the
//! order in which requests came, on a thread of its own, so that a slow one holds no answer up.

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::JoinHandle;

use crate::error::Error;

/// So many records wait for the command; beyond, it is not run.
const MOST_WAITING: usize = 10_000;

/// The runner.
pub(super) struct Exec {
    give: SyncSender<Vec<u8>>,
    thread: JoinHandle<Vec<String>>,
}

impl Exec {
    pub(super) fn start(command: &str) -> Result<Self, Error> {
        let (give, given) = sync_channel::<Vec<u8>>(MOST_WAITING);
        let command = command.to_owned();
        let thread = std::thread::Builder::new()
            .name("exec".to_owned())
            .spawn(move || {
                let mut flaws = Vec::new();
                for mut record in given {
                    record.push(b'\n');
                    if let Err(why) = run(&command, &record)
                        && flaws.last() != Some(&why)
                    {
                        flaws.push(why);
                    }
                }
                flaws
            })?;
        Ok(Self { give, thread })
    }

    /// Hands a record over.
    pub(super) fn give(&self, record: Vec<u8>) -> Result<(), String> {
        let given = self.give.try_send(record);
        given
            .map_err(|_| "--exec: the command is too slow, and was not run for each request".into())
    }

    /// Waits until it was run for all, and says what went wrong.
    pub(super) fn end(self) -> Vec<String> {
        drop(self.give);
        self.thread.join().unwrap_or_default()
    }
}

fn run(command: &str, record: &[u8]) -> Result<(), String> {
    let wrong = |why: std::io::Error| format!("--exec: {why}");
    #[cfg(unix)]
    let mut shell = Command::new("sh");
    #[cfg(unix)]
    shell.arg("-c").arg(command);
    #[cfg(windows)]
    let mut shell = Command::new("cmd");
    #[cfg(windows)]
    shell.arg("/C").arg(command);
    // Standard output has the cases.
    let mut child = shell
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .map_err(wrong)?;
    if let Some(mut stdin) = child.stdin.take() {
        // A command need not read what it is given.
        let _ = stdin.write_all(record);
    }
    let status = child.wait().map_err(wrong)?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("--exec: the command ended with {status}"))
    }
}
