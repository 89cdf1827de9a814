//! One step: a process of this same executable, so that whatever becomes of it, the server is
//! still stopped, and its exit code is what it would have been alone.
//!
//! It has a process group of its own. A signal of the terminal comes to the run alone, which
//! hands it on once: a second one means more to a step than a first.

use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::pin::pin;
use std::process::{ExitStatus, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::process::{Child, ChildStderr, ChildStdout, Command};
use tokio::time::{Instant, sleep_until};

use super::kin::{self, Word};
use super::server::Server;
use super::show::Show;
use super::steps::Step;
use super::verdict::Verdicts;
use super::watch::Watch;
use crate::error::Error;
use crate::net::stop::Signal;

/// When the server has gone, a step may end by itself so long: its answers are what tells most.
const AFTER_THE_SERVER: Duration = Duration::from_secs(2);

/// Once a step has ended, who holds its streams open is not waited for.
const AFTER_THE_STEP: Duration = Duration::from_millis(500);

/// Of what it says, so much is searched for its error.
const MOST_KEPT: usize = 8 << 10;

/// What is run.
pub(super) struct Call {
    /// The arguments.
    pub(super) words: Vec<OsString>,
    /// Whether its standard output is handed on line by line.
    pub(super) is_heard: bool,
    /// The columns that it prints into.
    pub(super) columns: usize,
    /// How long it has to end when it is asked to.
    pub(super) grace: Duration,
}

/// How a step ended.
#[derive(Debug)]
pub(super) struct Ended {
    /// Its exit code, or the signal.
    pub(super) status: ExitStatus,
    /// The last error that it told of.
    pub(super) error: Option<String>,
    /// The records that are not right, where it checks signatures.
    pub(super) verdicts: Verdicts,
    /// How the server ended meanwhile.
    pub(super) server: Option<String>,
    /// Whether it was ended because the server was.
    pub(super) was_stopped: bool,
}

/// A step that runs.
struct Playing {
    child: Child,
    group: Option<u32>,
    out: Option<ChildStdout>,
    err: Option<ChildStderr>,
    /// What came of its standard output, up to a whole line.
    line: Vec<u8>,
    /// What its lines say of records.
    verdicts: Verdicts,
    /// The end of what it said.
    said: Vec<u8>,
    /// Where in that a line begins that is not passed on yet.
    open: usize,
    status: Option<ExitStatus>,
    server: Option<String>,
    grace: Duration,
    /// What it was told last, and when the next thing happens.
    told: Option<Word>,
    due: Option<Instant>,
    was_stopped: bool,
}

enum Event {
    Out(io::Result<Vec<u8>>),
    Err(io::Result<Vec<u8>>),
    Ended(io::Result<ExitStatus>),
    Server(String),
    Signal(Signal),
    Due,
    /// Something that was printed was read.
    Read,
}

/// Runs a step to its end. What it prints is shown by one or more whole lines at a time; only the
/// last may lack its end.
pub(super) async fn play(
    step: &Step,
    call: Call,
    server: &mut Server,
    watch: &mut Watch,
    show: &mut Show<'_>,
) -> Result<Ended, Error> {
    let mut playing = Playing::start(call)?;
    server.spare(playing.group);
    loop {
        if let Some(status) = playing.status
            && playing.out.is_none()
            && playing.err.is_none()
        {
            if !playing.line.is_empty() {
                show.lines(step, &playing.line);
            }
            playing.pass_on_to(playing.said.len(), show);
            return Ok(Ended {
                status,
                error: error_in(&playing.said),
                verdicts: playing.verdicts,
                server: playing.server.take(),
                was_stopped: playing.was_stopped,
            });
        }
        // What nobody reads is not asked for: the step waits as it would alone.
        let is_choked = show.session.is_choked();
        let event = playing.next(server, watch, show, is_choked).await;
        match event {
            Event::Due if is_choked && playing.may_wait(watch) => {}
            event => playing.take(event, watch, step, show)?,
        }
    }
}

impl Playing {
    fn start(call: Call) -> Result<Self, Error> {
        use std::io::IsTerminal as _;
        let cannot = |why: io::Error| Error::network(format!("a step could not be started: {why}"));
        let mut command = this_executable(call.words).map_err(cannot)?;
        if io::stdin().is_terminal() {
            // Who is not in the terminal's own group is stopped when it reads.
            command.stdin(Stdio::null());
        }
        if call.is_heard {
            command.stdout(Stdio::piped());
            command.env("COLUMNS", call.columns.to_string());
        }
        let mut child = command.stderr(Stdio::piped()).spawn().map_err(cannot)?;
        Ok(Self {
            group: child.id(),
            out: child.stdout.take(),
            err: child.stderr.take(),
            child,
            line: Vec::new(),
            verdicts: Verdicts::default(),
            said: Vec::new(),
            open: 0,
            status: None,
            server: None,
            grace: call.grace,
            told: None,
            due: None,
            was_stopped: false,
        })
    }

    /// Whether a step that has ended is heard for longer, because its reader is slow.
    fn may_wait(&mut self, watch: &Watch) -> bool {
        let may = self.status.is_some() && watch.first().is_none();
        if may {
            self.due = Some(Instant::now() + AFTER_THE_STEP);
        }
        may
    }

    async fn next(
        &mut self,
        server: &mut Server,
        watch: &mut Watch,
        show: &Show<'_>,
        is_choked: bool,
    ) -> Event {
        let due = self.due;
        let wait = pin!(async move {
            match due {
                Some(due) => sleep_until(due).await,
                None => std::future::pending().await,
            }
        });
        tokio::select! {
            chunk = read(&mut self.out), if !is_choked => Event::Out(chunk),
            () = show.session.progress(), if is_choked => Event::Read,
            chunk = read(&mut self.err) => Event::Err(chunk),
            status = self.child.wait(), if self.status.is_none() => Event::Ended(status),
            how = server.ended(), if self.server.is_none() => Event::Server(how),
            signal = watch.next() => Event::Signal(signal),
            () = wait => Event::Due,
        }
    }

    fn take(
        &mut self,
        event: Event,
        watch: &Watch,
        step: &Step,
        show: &mut Show<'_>,
    ) -> Result<(), Error> {
        match event {
            Event::Read => {}
            Event::Out(chunk) => match chunk {
                Ok(chunk) if !chunk.is_empty() => self.hear(&chunk, step, show),
                _ => self.out = None,
            },
            Event::Err(chunk) => match chunk {
                Ok(chunk) if !chunk.is_empty() => self.pass_on(&chunk, show),
                _ => self.err = None,
            },
            Event::Ended(status) => {
                self.status = Some(status?);
                self.due = Some(Instant::now() + AFTER_THE_STEP);
            }
            Event::Server(how) => {
                self.server = Some(how);
                if self.status.is_none() && self.due.is_none() {
                    self.due = Some(Instant::now() + AFTER_THE_SERVER);
                }
            }
            Event::Signal(_) if watch.is_hurried() => self.tell(Word::Kill),
            Event::Signal(signal) => self.tell(Word::End(signal)),
            Event::Due if self.status.is_some() => {
                self.out = None;
                self.err = None;
            }
            Event::Due if self.told.is_none() => {
                self.was_stopped = true;
                self.tell(Word::End(Signal::Terminate));
            }
            Event::Due => self.tell(Word::Kill),
        }
        Ok(())
    }

    fn tell(&mut self, word: Word) {
        if self.status.is_some() {
            return;
        }
        if let Some(group) = self.group {
            kin::tell_group(group, word);
        }
        if word == Word::Kill || cfg!(windows) {
            let _ = self.child.start_kill();
        }
        self.told = Some(word);
        self.due = (word != Word::Kill).then(|| Instant::now() + self.grace);
    }

    fn hear(&mut self, chunk: &[u8], step: &Step, show: &mut Show<'_>) {
        let (whole, rest) = match memchr::memrchr(b'\n', chunk) {
            Some(at) => chunk.split_at(at + 1),
            None => (&[][..], chunk),
        };
        if !whole.is_empty() {
            self.line.extend_from_slice(whole);
            if step.verifies {
                self.verdicts.look_at(&self.line);
            }
            show.lines(step, &self.line);
            self.line.clear();
        }
        self.line.extend_from_slice(rest);
    }

    /// What it says goes to standard error as it is, because a step escapes what it shows; and by
    /// whole lines, because a step prints them in pieces.
    fn pass_on(&mut self, chunk: &[u8], show: &mut Show<'_>) {
        self.said.extend_from_slice(chunk);
        let whole = memchr::memrchr(b'\n', chunk).map(|at| self.said.len() - chunk.len() + at + 1);
        if let Some(whole) = whole.or((self.said.len() > MOST_KEPT).then_some(self.said.len())) {
            self.pass_on_to(whole, show);
        }
        let more = self.said.len().saturating_sub(MOST_KEPT).min(self.open);
        self.said.drain(..more);
        self.open -= more;
    }

    fn pass_on_to(&mut self, end: usize, show: &mut Show<'_>) {
        if end > self.open {
            show.session.speak(&self.said[self.open..end]);
            self.open = end;
        }
    }
}

/// This same executable, as it was found first: who builds it anew meanwhile does not end the run.
pub(in crate::cmd) fn executable() -> io::Result<PathBuf> {
    static FOUND: OnceLock<PathBuf> = OnceLock::new();
    if let Some(found) = FOUND.get() {
        return Ok(found.clone());
    }
    let found = std::env::current_exe()?;
    Ok(FOUND.get_or_init(|| found).clone())
}

/// A call of this same executable: in a process group of its own, and gone with its handle.
pub(in crate::cmd) fn this_executable(words: Vec<OsString>) -> io::Result<Command> {
    let mut command = Command::new(executable()?);
    command.args(words).kill_on_drop(true);
    // The run as a whole tells GitHub, and once.
    command.env_remove("GITHUB_ACTIONS");
    command.env_remove("GITHUB_STEP_SUMMARY");
    #[cfg(unix)]
    command.process_group(0);
    Ok(command)
}

/// The next bytes of a stream, none at its end; one that was closed says nothing more.
pub(in crate::cmd) async fn read(
    stream: &mut Option<impl AsyncRead + Unpin>,
) -> io::Result<Vec<u8>> {
    let Some(stream) = stream else {
        return std::future::pending().await;
    };
    let mut chunk = vec![0; 16 << 10];
    let read = stream.read(&mut chunk).await?;
    chunk.truncate(read);
    Ok(chunk)
}

/// The last line that tells of an error, without colour.
fn error_in(said: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(said);
    let lines = text.lines().rev().map(plain);
    lines
        .into_iter()
        .find_map(|line| line.strip_prefix("error: ").map(str::to_owned))
}

/// A line without its colours.
pub(in crate::cmd) fn plain(line: &str) -> String {
    let mut parts = line.split('\u{1b}');
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        plain.push_str(part.split_once('m').map_or("", |(_, rest)| rest));
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_found_in_what_was_said() {
        let said = b"note: a\nerror: one\nhint: x\n\x1b[31merror\x1b[0m: two: three\nhint: y\n";
        assert_eq!(error_in(said).as_deref(), Some("two: three"));
        assert_eq!(error_in(b"warning: error: x"), None);
    }
}
