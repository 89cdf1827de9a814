//! One run of the executable: its streams, its environment, its configuration.
//!
//! This is the edge: the only place that asks the clock, the environment and the terminal.

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::io::{self, BufWriter, IsTerminal as _, Read as _, Write};
use std::time::Duration;

use jiff::Timestamp;
use rand::TryRng as _;
use rand::rngs::SysRng;

use crate::config::{self, Config, DEFAULT_PROFILE, Profile};
use crate::error::Error;
use crate::globals::{Format, GlobalArgs};
use crate::moment::Moment;
use crate::net::stop::Signals;
use crate::printer::{Out, Overflow, Printer, STALL};
use crate::report::counted;
use crate::signature::{Secret, SecretName};
use crate::term::{self, Paint};
use crate::typed::refuse_cut;

/// So long may lines take to be out before talk that belongs behind them; see
/// [`Printer::settle`].
const MOMENT: Duration = Duration::from_millis(50);
/// Standard error is waited for so long at the end when nobody reads standard output: it may be
/// the same pipe.
const SHORTLY: Duration = Duration::from_millis(250);

/// The streams, the environment and the configuration of one run.
pub struct Session {
    /// The global flags.
    pub globals: GlobalArgs,
    /// Standard output: the data that was asked for.
    pub out: Out,
    /// Colour on standard output.
    pub paint: Paint,
    /// Standard error, where a thread writes it.
    err: Option<Printer>,
    err_paint: Paint,
    config: Option<Config>,
    /// Whether the configuration file was looked for.
    has_looked: bool,
    stdin_taken_by: Option<String>,
    warned: BTreeSet<String>,
}

impl Session {
    /// The session of these flags.
    #[must_use]
    pub fn new(globals: GlobalArgs) -> Self {
        let no_color = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let paint = |terminal| Paint::decide(globals.color, no_color, terminal);
        Self {
            paint: paint(io::stdout().is_terminal()),
            err_paint: paint(io::stderr().is_terminal()),
            out: Out::Direct(BufWriter::new(io::stdout().lock())),
            err: None,
            config: None,
            has_looked: false,
            stdin_taken_by: None,
            warned: BTreeSet::new(),
            globals,
        }
    }

    /// Whether results are printed as JSON.
    #[must_use]
    pub fn json(&self) -> bool {
        self.globals.format == Format::Json
    }

    /// The columns to print into: `COLUMNS` if it is set, else the terminal's, else 100.
    #[must_use]
    pub fn width(&self) -> usize {
        let set = env::var("COLUMNS").ok().and_then(|text| text.parse().ok());
        set.or_else(|| terminal_size::terminal_size().map(|(width, _)| usize::from(width.0)))
            .filter(|&columns| columns >= 40)
            .unwrap_or(100)
    }

    /// From now on threads write both streams, and a reader that stops reading stops nothing else.
    /// Whoever asks for this ends with [`Session::drain`].
    pub fn print_in_background(&mut self, overflow: Overflow) -> io::Result<()> {
        self.out.flush()?;
        self.out = Out::Background(Printer::stdout(overflow)?);
        self.err = Some(Printer::stderr()?);
        Ok(())
    }

    /// Whether so much of standard output is unread that no more should come; said once.
    pub fn is_choked(&mut self) -> bool {
        let Out::Background(out) = &self.out else {
            return false;
        };
        let text = match out.dropped() {
            0 if !out.is_full() => return false,
            0 => {
                "nobody reads standard output, and much waits there: nothing goes on until \
                  somebody does"
            }
            _ => {
                "nobody reads standard output, and much waits there: until somebody does, lines \
                  are dropped, and all else goes on"
            }
        };
        self.warn(text);
        true
    }

    /// From now on nothing that is printed is dropped: the end has come.
    pub fn keep_the_rest(&mut self) {
        if let Out::Background(out) = &mut self.out {
            out.keep_the_rest();
        }
    }

    /// How much was printed in the background, and how much of it was written: bytes.
    #[must_use]
    pub fn printed(&self) -> (u64, u64) {
        match &self.out {
            Out::Direct(_) => (0, 0),
            Out::Background(out) => (out.position(), out.written()),
        }
    }

    /// Waits until more of standard output was written by its thread.
    pub async fn progress(&self) {
        match &self.out {
            Out::Direct(_) => std::future::pending().await,
            Out::Background(out) => out.progress().await,
        }
    }

    /// Waits a moment for what was printed to be out.
    pub fn settle(&mut self) {
        match &mut self.out {
            // What fails here fails again, and is told then.
            Out::Direct(out) => drop(out.flush()),
            Out::Background(out) => out.settle(MOMENT),
        }
    }

    /// The end of a run that prints in the background: waits for all to be read while somebody
    /// does, and says what was not. A reader that went away is no failure.
    pub async fn drain(
        &mut self,
        patience: Duration,
        signals: &mut Signals,
        progress: impl FnMut(u64),
    ) -> Result<(), Error> {
        let mut ended = self.out.flush();
        if let Out::Background(out) = &mut self.out {
            let unread = out.drain(patience, signals, progress).await;
            if ended.is_ok() {
                ended = out.flush();
            }
            if unread > 0 {
                let lines = counted(unread, "line", "lines");
                self.warn(&format!("{lines} of standard output were not read"));
            }
            let patience = if unread > 0 { SHORTLY } else { patience };
            if let Some(err) = &mut self.err {
                err.drain(patience, signals, drop).await;
            }
        }
        match ended.map_err(Error::from) {
            Err(error) if error.is_closed_pipe() => Ok(()),
            ended => ended,
        }
    }

    /// The end of all runs: nothing that was printed is left behind, if somebody reads it.
    pub fn close(&mut self) -> io::Result<()> {
        match &mut self.out {
            Out::Direct(out) => out.flush(),
            Out::Background(out) => {
                let closed = out.close(STALL);
                if let Some(err) = &mut self.err {
                    // There is nobody left to tell.
                    let _ = err.close(SHORTLY);
                }
                closed
            }
        }
    }

    /// Drops what was not written yet: the reader of standard output went away.
    pub fn forget_output(&mut self) {
        match &mut self.out {
            Out::Direct(out) => {
                let fresh = BufWriter::new(io::stdout().lock());
                let _ = std::mem::replace(out, fresh).into_parts();
            }
            Out::Background(out) => out.give_up(),
        }
    }

    /// One line of JSON on standard output.
    pub fn print_json(&mut self, value: &impl serde::Serialize) -> Result<(), Error> {
        let line = serde_json::to_vec(value).map_err(io::Error::from)?;
        self.out.write_all(&line)?;
        self.out.write_all(b"\n")?;
        Ok(())
    }

    /// Something worth knowing, on standard error; each text once.
    pub fn note(&mut self, text: &str) {
        self.say("note", text, Paint::dim);
    }

    /// Something to look at, on standard error; each text once.
    pub fn warn(&mut self, text: &str) {
        self.say("warning", text, Paint::warn);
    }

    /// An error that does not end the run.
    pub fn complain(&mut self, error: &Error) {
        let mut text = Vec::new();
        let _ = report(error, self.err_paint, &mut text);
        self.speak(&text);
    }

    /// Lines that are talk, on standard error, as they are; colour is the caller's to choose.
    pub fn talk(&mut self, text: impl FnOnce(Paint) -> String) {
        let text = text(self.err_paint);
        self.speak(text.as_bytes());
    }

    fn say(&mut self, word: &str, text: &str, color: fn(Paint, &str) -> String) {
        if self.warned.insert(text.to_owned()) {
            let text = term::escape(text.as_bytes());
            let line = format!("{}: {text}\n", color(self.err_paint, word));
            self.speak(line.as_bytes());
        }
    }

    /// Writes to standard error, behind what was printed before.
    pub fn speak(&mut self, text: &[u8]) {
        self.settle();
        // Standard error may be closed: there is nobody left to tell.
        let _ = match &mut self.err {
            None => io::stderr().write_all(text),
            Some(err) => err.write_all(text),
        };
        if let Some(err) = &mut self.err {
            err.settle(MOMENT);
        }
    }

    /// Now and chance: from the flags, else from the clock.
    #[must_use]
    pub fn moment(&self) -> Moment {
        let now = self.now();
        let seed = self.globals.seed.unwrap_or_else(|| {
            // Not for secrets: the nonces of test requests need to differ, no more.
            let nanos = Timestamp::now().as_nanosecond();
            u64::try_from(nanos.rem_euclid(1 << 62)).unwrap_or_default()
                ^ u64::from(std::process::id()).rotate_left(32)
        });
        Moment::fixed(now, seed)
    }

    /// Now: from the flag, else from the clock.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock().now()
    }

    /// The clock, for what is made later in the run.
    #[must_use]
    pub fn clock(&self) -> Clock {
        Clock(self.globals.now)
    }

    /// An environment variable.
    pub fn variable(&self, name: &str) -> Result<Option<String>, Error> {
        match env::var(name) {
            Ok(text) => Ok(Some(text)),
            Err(env::VarError::NotPresent) => Ok(None),
            Err(env::VarError::NotUnicode(_)) => {
                Err(Error::usage(format!("the variable {name} is not UTF-8")))
            }
        }
    }

    /// All of standard input, which only one flag or argument can have.
    pub fn stdin(&mut self, taker: &str) -> Result<Vec<u8>, Error> {
        self.take_stdin(taker)?;
        let mut bytes = Vec::new();
        io::stdin()
            .lock()
            .read_to_end(&mut bytes)
            .map_err(|cause| Error::reading("<stdin>", cause))?;
        refuse_cut(&bytes)?;
        Ok(bytes)
    }

    /// Claims standard input for one flag or argument.
    pub fn take_stdin(&mut self, taker: &str) -> Result<(), Error> {
        if let Some(first) = &self.stdin_taken_by {
            return Err(Error::usage(format!(
                "{first} and {taker} both want standard input (`-`)"
            ))
            .with_hint("give one of them as @FILE or env:NAME"));
        }
        self.stdin_taken_by = Some(taker.to_owned());
        if io::stdin().is_terminal() && !self.globals.quiet {
            // Else it looks as if nothing happened.
            self.talk(|_| format!("{taker}: paste it here, then Enter and Ctrl-D\n"));
        }
        Ok(())
    }

    /// A secret, from the text that names it.
    pub fn secret(&mut self, label: &str, text: &str) -> Result<Secret, Error> {
        if let Some(literal) = text.strip_prefix("text:") {
            return Ok(Secret::new(literal.as_bytes()));
        }
        if let Some(name) = text.strip_prefix("env:") {
            return match self.variable(name)? {
                Some(value) => Ok(Secret::new(value)),
                None => Err(Error::usage(format!(
                    "{label}: the variable {} is not set",
                    name.escape_debug()
                ))),
            };
        }
        let (bytes, from) = if text == "-" {
            (self.stdin(label)?, "standard input".to_owned())
        } else if let Some(path) = text.strip_prefix('@') {
            // The name is not repeated: it may be a secret that begins with `@`, unmasked.
            let bytes = fs::read(path).map_err(|cause| Error::SecretFile {
                label: label.to_owned(),
                cause,
            })?;
            (bytes, path.to_owned())
        } else {
            return Ok(Secret::new(text.as_bytes()));
        };
        let bare = bytes
            .strip_suffix(b"\r\n")
            .or_else(|| bytes.strip_suffix(b"\n"));
        Ok(match bare {
            Some(bare) => {
                self.note(&format!(
                    "{label}: one newline at the end of {from} was dropped"
                ));
                Secret::new(bare)
            }
            None => Secret::new(bytes),
        })
    }

    /// A body or message: the text itself, `@FILE` or `-`, byte for byte.
    pub fn content(&mut self, flag: &str, text: &str) -> Result<Vec<u8>, Error> {
        if text == "-" {
            return self.stdin(flag);
        }
        match text.strip_prefix('@') {
            Some(path) => fs::read(path).map_err(|cause| Error::reading(path, cause)),
            None => Ok(text.as_bytes().to_vec()),
        }
    }

    /// The profile that is in force, if there is one.
    pub fn profile(&mut self) -> Result<Option<&Profile>, Error> {
        let name = self.globals.profile.clone();
        if name.is_some() && self.config()?.is_none() {
            return Err(Error::usage(format!(
                "--profile was given, and there is no {}",
                config::FILE_NAME
            ))
            .with_hint("name the file by --config"));
        }
        match self.config()? {
            Some(config) => config.profile(name.as_deref()),
            None => Ok(None),
        }
    }

    /// The secrets of all profiles but the one in force: profile, kind and text.
    pub fn other_profiles(&mut self) -> Result<Vec<(String, SecretName, String)>, Error> {
        let chosen = self
            .globals
            .profile
            .clone()
            .unwrap_or_else(|| DEFAULT_PROFILE.to_owned());
        let Some(config) = self.config()? else {
            return Ok(Vec::new());
        };
        let mut found = Vec::new();
        for (name, profile) in &config.profile {
            if *name == chosen {
                continue;
            }
            for kind in SecretName::ALL {
                for text in profile.secrets(kind) {
                    found.push((name.clone(), kind, text.clone()));
                }
            }
        }
        Ok(found)
    }

    fn config(&mut self) -> Result<Option<&Config>, Error> {
        if !self.has_looked {
            let path = match &self.globals.config {
                Some(path) => Some(path.clone()),
                None => env::current_dir()
                    .ok()
                    .and_then(|folder| config::find(&folder)),
            };
            self.config = path.map(|path| config::read(&path)).transpose()?;
            self.has_looked = true;
        }
        Ok(self.config.as_ref())
    }
}

/// A clock that stands still where `--now` fixed it.
#[derive(Clone, Copy, Debug)]
pub struct Clock(Option<Timestamp>);

impl Clock {
    /// Now.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.0.unwrap_or_else(Timestamp::now)
    }

    /// Whether the user stopped it, by `--now`.
    #[must_use]
    pub fn is_fixed(&self) -> bool {
        self.0.is_some()
    }
}

/// 128 bits that nobody can guess, which `--seed` does not fix: what they keep is a secret.
pub fn unguessable() -> Result<[u8; 16], Error> {
    let mut bits = [0; 16];
    SysRng
        .try_fill_bytes(&mut bits)
        .map_err(|why| io::Error::other(why.to_string()))?;
    Ok(bits)
}

/// Prints an error as `error: a: b: c` and its hint.
pub fn report(error: &Error, paint: Paint, err: &mut impl Write) -> io::Result<()> {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(why) = cause {
        text.push_str(": ");
        text.push_str(&why.to_string());
        cause = why.source();
    }
    let text = term::escape(text.as_bytes());
    writeln!(err, "{}: {text}", paint.bad("error"))?;
    if let Some(hint) = error.hint() {
        writeln!(err, "{}: {hint}", paint.key("hint"))?;
    }
    Ok(())
}
