//! `--exec`: a command for each request, its record on standard input.
//!
//! Nothing of a request becomes a part of the command line. One command runs at a time, in the
//! order in which requests came, on a thread of its own, so that a slow one holds no answer up.

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};

#[cfg(unix)]
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::oneshot;

use super::desk::Told;
use crate::error::Error;

/// So many bytes of records wait for the command; beyond, it is not run.
const MOST_WAITING: usize = 64 << 20;

/// The runner.
pub(super) struct Exec {
    give: Sender<Vec<u8>>,
    waiting: Arc<AtomicUsize>,
    tell: UnboundedSender<Told>,
    over: oneshot::Receiver<()>,
    reins: Reins,
}

/// Stops the command that runs, and lets no other begin.
#[derive(Clone, Default)]
pub(super) struct Reins {
    is_over: Arc<AtomicBool>,
    /// The process that runs.
    process: Arc<Mutex<Option<u32>>>,
}

impl Exec {
    pub(super) fn start(command: &str, tell: UnboundedSender<Told>) -> Result<Self, Error> {
        let (give, given) = channel::<Vec<u8>>();
        let (end, over) = oneshot::channel();
        let waiting = Arc::new(AtomicUsize::new(0));
        let reins = Reins::default();
        let runner = Runner {
            command: command.to_owned(),
            reins: reins.clone(),
            waiting: Arc::clone(&waiting),
            tell: tell.clone(),
        };
        std::thread::Builder::new()
            .name("exec".to_owned())
            .spawn(move || {
                for record in given {
                    runner.take(&record);
                }
                // Nobody may be waiting any more.
                let _ = end.send(());
            })?;
        Ok(Self {
            give,
            waiting,
            tell,
            over,
            reins,
        })
    }

    /// Hands the line of a record over.
    pub(super) fn give(&self, mut line: Vec<u8>) {
        line.push(b'\n');
        let size = line.len();
        let waiting = self.waiting.load(Relaxed);
        // One for which nothing waits is taken, whatever its size.
        if waiting > 0 && waiting + size > MOST_WAITING {
            let why = "--exec: the command is too slow, and was not run for each request";
            let _ = self.tell.send(Told::Warning(why.to_owned()));
            return;
        }
        self.waiting.fetch_add(size, Relaxed);
        // The thread lives as long as this does.
        let _ = self.give.send(line);
    }

    /// Whether it still runs, or is to.
    pub(super) fn is_busy(&self) -> bool {
        self.waiting.load(Relaxed) > 0
    }

    /// What stops it.
    pub(super) fn reins(&self) -> Reins {
        self.reins.clone()
    }

    /// Waits until it was run for all.
    pub(super) async fn end(self) {
        drop(self.give);
        let _ = self.over.await;
    }
}

impl Reins {
    pub(super) fn stop(&self) {
        self.is_over.store(true, Relaxed);
        let process = self.process.lock().unwrap_or_else(PoisonError::into_inner);
        #[cfg(unix)]
        if let Some(group) = process.and_then(|id| Pid::from_raw(id.cast_signed())) {
            // It may have ended meanwhile.
            let _ = kill_process_group(group, Signal::TERM);
        }
        #[cfg(not(unix))]
        drop(process);
    }

    fn hold(&self, process: Option<u32>) {
        let mut held = self.process.lock().unwrap_or_else(PoisonError::into_inner);
        *held = process;
    }
}

struct Runner {
    command: String,
    reins: Reins,
    waiting: Arc<AtomicUsize>,
    tell: UnboundedSender<Told>,
}

impl Runner {
    fn take(&self, record: &[u8]) {
        if !self.reins.is_over.load(Relaxed)
            && let Err(why) = self.run(record)
        {
            let _ = self.tell.send(Told::Warning(why));
        }
        self.waiting.fetch_sub(record.len(), Relaxed);
    }

    fn run(&self, record: &[u8]) -> Result<(), String> {
        let wrong = |why: std::io::Error| format!("--exec: {why}");
        let mut child = shell(&self.command)
            .stdin(Stdio::piped())
            // Standard output has the cases.
            .stdout(Stdio::null())
            .spawn()
            .map_err(wrong)?;
        self.reins.hold(Some(child.id()));
        if let Some(mut stdin) = child.stdin.take() {
            // A command need not read what it is given.
            let _ = stdin.write_all(record);
        }
        let status = child.wait();
        self.reins.hold(None);
        let status = status.map_err(wrong)?;
        if status.success() || self.reins.is_over.load(Relaxed) {
            Ok(())
        } else {
            Err(format!("--exec: the command ended with {status}"))
        }
    }
}

/// In a process group of its own: Ctrl-C is for the receiver, which lets it end.
#[cfg(unix)]
fn shell(command: &str) -> Command {
    use std::os::unix::process::CommandExt as _;
    let mut shell = Command::new("sh");
    shell.arg("-c").arg(command).process_group(0);
    shell
}

#[cfg(windows)]
fn shell(command: &str) -> Command {
    let mut shell = Command::new("cmd");
    shell.arg("/C").arg(command);
    shell
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::block_on;

    #[test]
    fn a_record_larger_than_what_may_wait_is_given_where_nothing_waits() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("size");
        let (tell, mut told) = tokio::sync::mpsc::unbounded_channel();
        let exec = Exec::start(&format!("wc -c > '{}'", path.display()), tell).unwrap();
        exec.give(vec![b'x'; MOST_WAITING + 1]);
        block_on(exec.end()).unwrap();
        assert!(told.try_recv().is_err(), "nothing is warned of");
        let size = std::fs::read_to_string(path).unwrap();
        assert_eq!(size.trim(), (MOST_WAITING + 2).to_string());
    }
}
