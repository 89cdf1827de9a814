//! The server: started in a group of its own, watched, and ended with all that it started.

use std::collections::BTreeSet;
use std::fs::File;
use std::io;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::process::{Child, Command};
use tokio::time::{Instant, Interval, MissedTickBehavior, interval, sleep};

use super::kin::{self, Orphan, Orphans, Word};
use super::tail::Tail;
use super::watch::Watch;
use crate::error::Error;
use crate::net::stop::Signal;

/// How often it is looked whether somebody has ended.
const TICK: Duration = Duration::from_millis(5);

/// How often orphans that have ended are let go while the server runs.
const REAP: Duration = Duration::from_secs(1);

/// Who does not end in this time, though killed, cannot: the system holds it.
const LAST: Duration = Duration::from_secs(2);

/// A server that runs. Whatever happens, it does not outlive this value.
#[derive(Debug)]
pub(super) struct Server {
    child: Child,
    /// Its group, as long as somebody is in it.
    group: Option<u32>,
    orphans: Orphans,
    /// A step that runs: others wait for it.
    step: Option<u32>,
    reap: Interval,
    tail: Option<Tail>,
    is_over: bool,
}

/// How it was ended.
#[derive(Debug, Default)]
pub(super) struct Stopped {
    /// Whether somebody of its group went on after SIGTERM until it was killed.
    pub(super) ignored: bool,
    /// How many processes it left behind, outside of its group.
    pub(super) left: usize,
    /// Whether some of these were killed.
    pub(super) left_ignored: bool,
    /// Whether somebody is still there.
    pub(super) survives: bool,
}

impl Server {
    /// Starts a shell's command; within a runtime.
    pub(super) fn start(line: &str, log: Option<File>, orphans: Orphans) -> Result<Self, Error> {
        let mut command = shell(line);
        command.stdin(Stdio::null());
        let tail = if let Some(file) = log {
            command.stdout(file.try_clone()?).stderr(file);
            None
        } else {
            let (read, write) = io::pipe()?;
            command.stdout(write.try_clone()?).stderr(write);
            Some(Tail::follow(read)?)
        };
        #[cfg(unix)]
        command.process_group(0);
        let child = command
            .spawn()
            .map_err(|why| Error::network(format!("no shell could be started: {why}")))?;
        let mut reap = interval(REAP);
        reap.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Ok(Self {
            group: child.id(),
            child,
            orphans,
            step: None,
            reap,
            tail,
            is_over: false,
        })
    }

    /// Waits until it ends by itself; may be given up and called again.
    pub(super) async fn ended(&mut self) -> String {
        let status = loop {
            tokio::select! {
                biased;
                status = self.child.wait() => break status,
                _ = self.reap.tick() => {
                    self.orphans.find(&[self.child.id(), self.step]);
                }
            }
        };
        self.note_end();
        words(status)
    }

    /// This child of the run is no orphan: somebody waits for it.
    pub(super) fn spare(&mut self, step: Option<u32>) {
        self.step = step;
    }

    /// Whether it has ended by itself, and how.
    pub(super) fn has_ended(&mut self) -> Option<String> {
        let status = self.child.try_wait().transpose()?;
        self.note_end();
        Some(words(status))
    }

    /// Once nobody is in a group, its number may become another's.
    fn note_end(&mut self) {
        self.group = self.group.filter(|&group| !kin::is_empty(group));
    }

    /// Ends it: asks all of it, and kills who is still there after `grace`, or at a second signal.
    pub(super) async fn stop(&mut self, grace: Duration, watch: &mut Watch) -> Stopped {
        let mut stopped = Stopped::default();
        // On Windows there is nothing that could ask it.
        let asks = cfg!(unix);
        let deadline = Instant::now() + if asks { grace } else { Duration::ZERO };
        let mut killed: Option<Instant> = None;
        let mut asked = BTreeSet::new();
        self.tell_group(Word::End(Signal::Terminate));
        loop {
            let left = self.left();
            let is_here = self.group.is_some() || self.child.id().is_some();
            if !is_here && left.is_empty() {
                break;
            }
            let now = Instant::now();
            if killed.is_none() && (now >= deadline || watch.is_hurried()) {
                killed = Some(now);
                stopped.ignored = asks && is_here && !watch.is_hurried();
                stopped.left_ignored = !left.is_empty() && !watch.is_hurried();
                self.tell_group(Word::Kill);
                // Where there are no groups.
                let _ = self.child.start_kill();
            }
            for &orphan in &left {
                let is_new = asked.insert(orphan);
                stopped.left += usize::from(is_new);
                if killed.is_some() {
                    orphan.tell(Word::Kill);
                } else if is_new {
                    orphan.tell(Word::End(Signal::Terminate));
                }
            }
            if killed.is_some_and(|at| now - at > LAST) {
                stopped.survives = true;
                break;
            }
            tokio::select! {
                () = sleep(TICK) => {}
                _ = watch.next() => {}
            }
        }
        self.is_over = true;
        stopped
    }

    fn tell_group(&self, word: Word) {
        if let Some(group) = self.group {
            kin::tell_group(group, word);
        }
    }

    /// Lets go who has ended; who is left outside of the group.
    fn left(&mut self) -> Vec<Orphan> {
        if self.child.try_wait().is_ok_and(|status| status.is_some()) {
            self.note_end();
        }
        let mut left = self.orphans.find(&[self.child.id()]);
        left.retain(|orphan| !orphan.is_in(self.group));
        left
    }

    /// The last lines that it said, once it has ended.
    pub(super) fn last_lines(&self) -> Vec<Vec<u8>> {
        self.tail.as_ref().map(Tail::lines).unwrap_or_default()
    }
}

/// An error or a panic leaves no time to ask.
impl Drop for Server {
    fn drop(&mut self) {
        if self.is_over {
            return;
        }
        self.tell_group(Word::Kill);
        let _ = self.child.start_kill();
        let begun = std::time::Instant::now();
        while begun.elapsed() < LAST {
            let left = self.left();
            if self.group.is_none() && self.child.id().is_none() && left.is_empty() {
                return;
            }
            for orphan in left {
                orphan.tell(Word::Kill);
            }
            std::thread::sleep(TICK);
        }
    }
}

fn words(status: io::Result<ExitStatus>) -> String {
    match status {
        Ok(status) => kin::words(status),
        Err(why) => format!("was lost: {why}"),
    }
}

fn shell(line: &str) -> Command {
    #[cfg(unix)]
    let (mut command, flag) = (Command::new("sh"), "-c");
    #[cfg(windows)]
    let (mut command, flag) = (Command::new("cmd"), "/C");
    command.arg(flag).arg(line);
    command
}

#[cfg(all(test, unix))]
mod tests {
    use rustix::process::{Pid, test_kill_process};

    use super::*;
    use crate::net::block_on;

    #[test]
    fn a_panic_leaves_no_server_behind() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("pids");
        let line = format!("sleep 600 & echo $! $$ > {}; wait", file.display());
        let said = std::panic::catch_unwind(|| {
            block_on(async {
                let _server = Server::start(&line, None, Orphans::default()).unwrap();
                while !std::fs::read(&file).is_ok_and(|text| text.ends_with(b"\n")) {
                    sleep(TICK).await;
                }
                // Not by `panic!`, which would print itself into the tests' output.
                std::panic::resume_unwind(Box::new("on purpose"));
            })
        });
        assert!(said.is_err());
        for pid in std::fs::read_to_string(&file).unwrap().split_whitespace() {
            let number = Pid::from_raw(pid.parse().unwrap()).unwrap();
            // Not by `kill -0`: whoever starts a process, even for a moment, lends it the locks of
            // the tests beside this one.
            let is_alive = || test_kill_process(number).is_ok();
            // Who has ended is waited for by somebody who is not asked.
            let begun = Instant::now();
            while is_alive() {
                assert!(begun.elapsed() < Duration::from_secs(60), "{pid}");
                std::thread::yield_now();
            }
        }
    }
}
