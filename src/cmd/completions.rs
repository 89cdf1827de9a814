//! `pushrig completions`: completion scripts for five shells.

use std::io::Write as _;

use clap::{ArgMatches, Args, Command, FromArgMatches as _};
use clap_complete::Shell;

use crate::cli::{self, Subcommand};
use crate::error::{Error, Outcome};
use crate::session::Session;

/// The subcommand.
pub const SUBCOMMAND: Subcommand = Subcommand {
    name: "completions",
    about: "Print a shell's completion script",
    define: |command| {
        CompletionsArgs::augment_args(command).after_help(
            "Example:\n  pushrig completions bash > ~/.local/share/bash-completion/completions/pushrig",
        )
    },
    run,
};

#[derive(Args, Debug)]
struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

fn run(matches: &ArgMatches, session: &mut Session) -> Result<Outcome, Error> {
    let args = CompletionsArgs::from_arg_matches(matches).map_err(|error| unparsed(&error))?;
    session.out.write_all(&script(args.shell))?;
    Ok(Outcome::Yes)
}

/// A shell's completion script.
#[must_use]
pub fn script(shell: Shell) -> Vec<u8> {
    let mut command = whole(cli::command());
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

/// Arguments that clap took and that are not what their type says: a fault of ours.
pub(super) fn unparsed(error: &clap::Error) -> Error {
    Error::usage(error.to_string())
}
