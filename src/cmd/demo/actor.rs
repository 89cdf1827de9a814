//! A call that is under way: a process of this same executable, and what it has said so far.

use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::process::{Child, ChildStderr, ChildStdout, Command};
use tokio::time::{Instant, sleep_until};

use super::trouble::Trouble;
use crate::cmd::run::kin::{self, Word};
use crate::cmd::run::play::{plain, read};
use crate::cmd::run::watch::Watch;

/// What takes longer than this does not come: each call takes a fraction of a second.
const LIMIT: Duration = Duration::from_secs(30);

/// Who was killed is gone after this time.
const LAST: Duration = Duration::from_secs(2);
const TICK: Duration = Duration::from_millis(2);

/// A process. Whatever happens, it does not outlive this value.
#[derive(Debug)]
pub(super) struct Actor {
    child: Child,
    group: Option<u32>,
    out: Option<ChildStdout>,
    err: Option<ChildStderr>,
    said: Said,
    status: Option<ExitStatus>,
}

/// What a process has said.
#[derive(Debug, Default)]
pub(super) struct Said {
    out: Vec<u8>,
    err: Vec<u8>,
}

impl Actor {
    /// Starts it, with nothing on its standard input; within a runtime.
    pub(super) fn start(mut command: Command) -> Result<Self, Trouble> {
        let child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn();
        let mut child = child.map_err(|why| Trouble::Silent(format!("it did not start: {why}")))?;
        Ok(Self {
            group: child.id(),
            out: child.stdout.take(),
            err: child.stderr.take(),
            child,
            said: Said::default(),
            status: None,
        })
    }

    /// What it has said so far.
    pub(super) fn said(&self) -> &Said {
        &self.said
    }

    /// All that it has said, once it has ended.
    pub(super) fn into_said(mut self) -> Said {
        std::mem::take(&mut self.said)
    }

    /// Listens to it until what it said is enough.
    pub(super) async fn until(
        &mut self,
        watch: &mut Watch,
        is_enough: impl Fn(&Said) -> bool,
    ) -> Result<(), Trouble> {
        let due = Instant::now() + LIMIT;
        while !is_enough(&self.said) {
            if self.is_over() {
                return Err(Trouble::Silent(self.last_words()));
            }
            self.next(watch, due).await?;
        }
        Ok(())
    }

    /// Waits for its end: its exit code.
    pub(super) async fn end(&mut self, watch: &mut Watch) -> Result<i32, Trouble> {
        let due = Instant::now() + LIMIT;
        while !self.is_over() {
            self.next(watch, due).await?;
        }
        let code = self.status.and_then(|status| status.code());
        code.ok_or_else(|| Trouble::Silent(self.last_words()))
    }

    fn is_over(&self) -> bool {
        self.status.is_some() && self.out.is_none() && self.err.is_none()
    }

    async fn next(&mut self, watch: &mut Watch, due: Instant) -> Result<(), Trouble> {
        tokio::select! {
            chunk = read(&mut self.out) => match chunk {
                Ok(chunk) if !chunk.is_empty() => self.said.out.extend(chunk),
                _ => self.out = None,
            },
            chunk = read(&mut self.err) => match chunk {
                Ok(chunk) if !chunk.is_empty() => self.said.err.extend(chunk),
                _ => self.err = None,
            },
            status = self.child.wait(), if self.status.is_none() => self.status = Some(status?),
            _ = watch.next() => return Err(Trouble::Signal),
            () = sleep_until(due) => {
                let limit = humantime::format_duration(LIMIT);
                return Err(Trouble::Silent(format!("it took longer than {limit}")));
            }
        }
        Ok(())
    }

    /// How it ended, and the last that it said of it.
    fn last_words(&self) -> String {
        let how = self.status.map_or_else(String::new, kin::words);
        match self.said.err_lines().last() {
            Some(last) => format!("it {how}: {}", plain(last)),
            None => format!("it {how}"),
        }
    }
}

impl Said {
    /// The lines of its standard output, colours and all.
    pub(super) fn lines(&self) -> Vec<String> {
        lines(&self.out)
    }

    /// The lines of its standard error.
    pub(super) fn err_lines(&self) -> Vec<String> {
        lines(&self.err)
    }

    /// The first line of either stream that holds this, without colours.
    pub(super) fn find(&self, text: &str) -> Option<String> {
        let all = self.lines().into_iter().chain(self.err_lines());
        all.map(|line| plain(&line))
            .find(|line| line.contains(text))
    }
}

/// Whole lines: the last one only once its end has come.
fn lines(bytes: &[u8]) -> Vec<String> {
    let whole = memchr::memrchr(b'\n', bytes).map_or(0, |at| at + 1);
    let text = String::from_utf8_lossy(&bytes[..whole]);
    text.lines().map(str::to_owned).collect()
}

/// A signal, a closed pipe or an error leaves no time to ask, and there is nothing to be saved: a
/// capture grows by whole lines.
impl Drop for Actor {
    fn drop(&mut self) {
        if self.status.is_some() {
            return;
        }
        if let Some(group) = self.group {
            kin::tell_group(group, Word::Kill);
        }
        let _ = self.child.start_kill();
        let begun = std::time::Instant::now();
        while begun.elapsed() < LAST && matches!(self.child.try_wait(), Ok(None)) {
            std::thread::sleep(TICK);
        }
    }
}
