//! Who plays: calls of this same executable in one folder, and nothing of the user's own in their
//! environment.

use std::ffi::OsString;
use std::ops::Range;

use tokio::process::Command;

use super::actor::{Actor, Said};
use super::folder::Folder;
use super::trouble::Trouble;
use crate::cmd::run::play::this_executable;
use crate::cmd::run::watch::Watch;
use crate::session::Session;
use crate::term::Paint;

/// The time that all signatures are made at, unless `--now` says otherwise: then what is shown is
/// the same each time.
const NOW: &str = "2026-11-21T20:00:00Z";

/// What is indented by so much has so much less room.
pub(super) const INDENT: usize = 3;

/// Narrower than this, nothing is laid out for.
const NARROWEST: usize = 40;

/// Who plays, and where.
pub(super) struct Cast {
    /// The receiver, once it is up. Before the folder: it is to be gone before that is.
    pub(super) receiver: Option<Actor>,
    /// Where it is.
    pub(super) url: String,
    /// The records of its capture that are the pushes, the first being 1.
    pub(super) pushes: Range<usize>,
    /// Ctrl-C and SIGTERM.
    pub(super) watch: Watch,
    /// The files.
    pub(super) folder: Folder,
    now: String,
    /// The next call's. Each has another: two calls with the same one would draw the same nonce,
    /// which the receiver takes for a replay.
    seed: u64,
    color: &'static str,
    columns: usize,
    /// All calls so far, as they would be typed.
    pub(super) calls: Vec<String>,
}

/// How a call ended.
pub(super) struct Ended {
    /// Its exit code.
    pub(super) code: i32,
    /// What it said.
    pub(super) said: Said,
}

impl Cast {
    /// Nobody plays yet.
    pub(super) fn new(folder: Folder, watch: Watch, session: &Session) -> Self {
        let globals = &session.globals;
        Self {
            receiver: None,
            url: String::new(),
            pushes: 1..1,
            watch,
            folder,
            now: globals
                .now
                .map_or_else(|| NOW.to_owned(), |now| now.to_string()),
            seed: globals.seed.unwrap_or(1),
            color: if session.paint == Paint::PLAIN {
                "never"
            } else {
                "always"
            },
            columns: session.width().saturating_sub(INDENT).max(NARROWEST),
            calls: Vec::new(),
        }
    }

    /// The flags that a call has beside those that are shown.
    pub(super) fn globals(&self) -> [String; 4] {
        ["--seed", &self.seed.to_string(), "--now", &self.now].map(str::to_owned)
    }

    /// Starts a call.
    pub(super) fn start(&mut self, words: &[String]) -> Result<Actor, Trouble> {
        let mut all = self.globals().map(OsString::from).to_vec();
        all.extend(["--color", self.color].map(OsString::from));
        all.extend(words.iter().map(OsString::from));
        self.seed = self.seed.wrapping_add(1);
        let mut command = this_executable(all)?;
        self.shelter(&mut command);
        Actor::start(command)
    }

    /// Plays a call to its end.
    pub(super) async fn play(&mut self, words: &[String]) -> Result<Ended, Trouble> {
        let mut actor = self.start(words)?;
        let code = actor.end(&mut self.watch).await?;
        Ok(Ended {
            code,
            said: actor.into_said(),
        })
    }

    /// A profile or a secret of the user's would change what is shown, and may not be shown at all.
    fn shelter(&self, command: &mut Command) {
        command.current_dir(self.folder.path());
        command.env("COLUMNS", self.columns.to_string());
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("PUSHRIG_") {
                command.env_remove(name);
            }
        }
    }
}
