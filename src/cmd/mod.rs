//! The subcommands, one file each: its arguments on top, `run` under them; and their list.

pub mod capture;
pub mod completions;
pub mod demo;
pub mod device;
pub mod dispatch;
mod expected;
pub mod explain;
pub mod handshake;
pub mod listen;
pub mod man;
pub mod mqtt;
pub mod push;
pub mod replay;
pub mod run;
pub mod samples;
pub mod sign;
pub mod verify;

use clap::{ArgMatches, Args, Command, FromArgMatches};

use crate::error::{Error, Outcome};
use crate::globals::GlobalArgs;
use crate::session::Session;

/// A subcommand: what the list needs to know of it.
pub struct Subcommand {
    /// Its name.
    pub name: &'static str,
    /// One line about it.
    pub about: &'static str,
    /// Adds its arguments and its long help.
    pub define: fn(Command) -> Command,
    /// Runs it.
    pub run: fn(&ArgMatches, &mut Session) -> Result<Outcome, Error>,
}

/// Every subcommand, in the order of the help.
pub const SUBCOMMANDS: &[Subcommand] = &[
    sign::SUBCOMMAND,
    verify::SUBCOMMAND,
    explain::SUBCOMMAND,
    capture::SUBCOMMAND,
    samples::SUBCOMMAND,
    handshake::SUBCOMMAND,
    push::SUBCOMMAND,
    replay::SUBCOMMAND,
    listen::SUBCOMMAND,
    device::SUBCOMMAND,
    dispatch::SUBCOMMAND,
    mqtt::SUBCOMMAND,
    run::SUBCOMMAND,
    demo::SUBCOMMAND,
    completions::SUBCOMMAND,
    man::SUBCOMMAND,
];

const AFTER_HELP: &str = "\
Exit codes:
  0    yes: everything that was checked is right
  1    no: a mismatch, an unsigned or unreadable request, a wrong value or answer
  2    usage or input: an unknown flag, an unreadable line (the rest is still judged)
  3    no complete answer: a server that is not reached or too slow, a file that
       cannot be read or written
  130  ended by Ctrl-C (listen, dispatch, mqtt watch and mqtt platform end with
       their outcome); 143: by SIGTERM

Here for the first time? `pushrig demo` shows it all.

Example: which mistake does my server make?
  pushrig explain onenet request.curl --token env:TOKEN \\
      --computed 'what my server computed'";

/// The whole command line, subcommands built lazily: building them all costs a millisecond.
#[must_use]
pub fn command() -> Command {
    let mut command = GlobalArgs::augment_args(Command::new("pushrig"))
        .version(env!("CARGO_PKG_VERSION"))
        .about("The test bench for IoT push integrations")
        .long_about(
            "The test bench for IoT push integrations: OneNET, Tencent IoT Explorer, \
                 SENSORO and whoever signs like them, and Control iD. It computes and checks \
                 signatures byte for byte, says which mistake is behind one that does not fit, \
                 and plays the platform or the device against your server.",
        )
        .after_help(AFTER_HELP)
        .subcommand_required(true)
        .arg_required_else_help(true)
        .disable_help_subcommand(true)
        .max_term_width(100);
    for subcommand in SUBCOMMANDS {
        command = command.subcommand(
            Command::new(subcommand.name)
                .about(subcommand.about)
                .defer(subcommand.define),
        );
    }
    command
}

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

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    /// Groups that stand under one heading because they mean the same.
    const TOGETHER: [[&str; 2]; 2] = [["ArrivedArgs", "PartArgs"], ["ConnectionArgs", "AgainArgs"]];

    /// A subcommand and those below it.
    fn with_those_below(command: &Command) -> Vec<&Command> {
        let mut all = vec![command];
        all.extend(command.get_subcommands().flat_map(with_those_below));
        all
    }

    #[test]
    fn a_heading_of_the_help_ends_with_the_group_that_it_is_for() {
        let mut command = command();
        command.build();
        for command in with_those_below(&command) {
            let mut groups = BTreeMap::<&str, Vec<&str>>::new();
            for group in command.get_groups() {
                let headings = command
                    .get_arguments()
                    .filter(|argument| group.get_args().any(|id| id == argument.get_id()))
                    .filter_map(clap::Arg::get_help_heading);
                for heading in headings {
                    let under = groups.entry(heading).or_default();
                    if !under.contains(&group.get_id().as_str()) {
                        under.push(group.get_id().as_str());
                    }
                }
            }
            for (heading, under) in groups {
                let together = TOGETHER.iter().any(|them| under == them);
                assert!(
                    under.len() == 1 || together,
                    "{}: under {heading:?} stand options of {under:?}",
                    command.get_name()
                );
            }
        }
    }
}
