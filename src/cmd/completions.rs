//! `pushrig completions`: completion scripts for five shells.

use std::io::Write as _;

use clap::{ArgMatches, Args, Command};
use clap_complete::Shell;

use super::{Subcommand, command, define, parse};
use crate::error::{Error, Outcome};
use crate::session::Session;

/// The subcommand.
pub const SUBCOMMAND: Subcommand = Subcommand {
    name: "completions",
    about: "Print a shell's completion script",
    define: |command| define::<CompletionsArgs>(command, EXAMPLES),
    run,
};

const EXAMPLES: &str = "\
Example:
  pushrig completions bash > ~/.local/share/bash-completion/completions/pushrig";

#[derive(Args, Debug)]
struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

fn run(matches: &ArgMatches, session: &mut Session) -> Result<Outcome, Error> {
    let args: CompletionsArgs = parse(matches)?;
    session.out.write_all(&script(args.shell))?;
    Ok(Outcome::Yes)
}

/// A shell's completion script.
#[must_use]
pub fn script(shell: Shell) -> Vec<u8> {
    let mut command = whole(command());
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command, "pushrig", &mut script);
    script
}

/// The command with every deferred subcommand built.
#[must_use]
pub fn whole(mut command: Command) -> Command {
    command.build();
    command
}
