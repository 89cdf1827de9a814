//! The subcommands, one file each: its arguments on top, `run` under them.

pub mod capture;
pub mod completions;
pub mod explain;
pub mod man;
pub mod samples;
pub mod sign;
pub mod verify;

use clap::{ArgMatches, Args, Command, FromArgMatches};

use crate::error::Error;

/// Adds the arguments `A` and examples to a subcommand.
fn define<A: Args>(command: Command, examples: &'static str) -> Command {
    // A flattened group would put its own documentation in the place of the subcommand's.
    let about = command.get_about().cloned().unwrap_or_default();
    A::augment_args(command)
        .about(about)
        .long_about(None)
        .after_help(examples)
}

/// The arguments `A`, from what clap took.
fn parse<A: FromArgMatches>(matches: &ArgMatches) -> Result<A, Error> {
    // clap has checked them by the same definition, so this fails only by a fault of ours.
    A::from_arg_matches(matches).map_err(|error| Error::usage(error.to_string()))
}
