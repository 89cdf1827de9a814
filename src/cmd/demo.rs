//! `pushrig demo`: the whole story in six scenes, on this machine.
//!
//! Nothing is played back: each scene calls this same executable, as a user would, over real
//! sockets. What is shown is what these calls printed, and the last line of a scene is only
//! printed when the capture and the exit codes say so.

use std::path::PathBuf;

use clap::{ArgMatches, Args};

use self::cast::Cast;
use self::folder::Folder;
use self::play::Play;
use self::show::Show;
use super::run::watch::Watch;
use super::{Subcommand, define, parse};
use crate::error::{Error, Outcome};
use crate::net::block_on;
use crate::session::Session;

mod actor;
mod cast;
mod fit;
mod folder;
mod play;
mod scenes;
mod show;
mod stage;
mod trouble;

/// The subcommand.
pub const SUBCOMMAND: Subcommand = Subcommand {
    name: "demo",
    about: "See it all in a few seconds, on this machine: six scenes, each of them real",
    define: |command| define::<DemoArgs>(command, EXAMPLES),
    run,
};

const EXAMPLES: &str = "\
A receiver comes up, is verified as OneNET does it, gets pushes of two platforms,
and the same again out of its capture. Then one push is changed on its way: it is
refused, and the cause is proved. At the end a device is given commands and runs
them. All calls are shown as they would be typed; -v shows all that they print.

No configuration and no PUSHRIG_ variable is looked at, and nothing leaves this
machine. The exit code is 0 if every scene went as it should, else 1, or 3 where
there was no answer; --format json prints a case for each scene and a summary.

Examples:
  pushrig demo
  pushrig demo --keep demo-files
  pushrig demo --format json";

#[derive(Args, Debug)]
struct DemoArgs {
    /// Keep the capture and all other files in this folder, which must be empty or new
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
}

fn run(matches: &ArgMatches, session: &mut Session) -> Result<Outcome, Error> {
    let args: DemoArgs = parse(matches)?;
    let globals = &session.globals;
    if globals.config.is_some() || globals.profile.is_some() {
        return Err(Error::usage(
            "a demo has secrets of its own: it takes neither --config nor --profile",
        ));
    }
    block_on(async {
        // First: a signal from now on leaves no folder behind.
        let watch = Watch::new()?;
        let folder = Folder::open(args.keep)?;
        let cast = Cast::new(folder, watch, session);
        Play::new(cast, Show::new(session)).run().await
    })?
}
