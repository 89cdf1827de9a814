//! `pushrig man`: the manual, as roff.

use std::io::Write as _;

use clap::{ArgMatches, Args, Command};
use clap_mangen::Man;

use super::completions::whole;
use super::{Subcommand, command, define, parse};
use crate::error::{Error, Outcome};
use crate::session::Session;

/// The subcommand.
pub const SUBCOMMAND: Subcommand = Subcommand {
    name: "man",
    about: "Print the manual page (roff)",
    define: |command| define::<ManArgs>(command, EXAMPLES),
    run,
};

const EXAMPLES: &str = "\
Examples:
  pushrig man
  pushrig man explain";

#[derive(Args, Debug)]
struct ManArgs {
    /// The subcommand whose page is printed; without it, all of them in one
    subcommand: Option<String>,
}

fn run(matches: &ArgMatches, session: &mut Session) -> Result<Outcome, Error> {
    let args: ManArgs = parse(matches)?;
    let command = whole(command());
    match args.subcommand {
        None => page(&command, session)?,
        Some(name) => {
            let found = command
                .get_subcommands()
                .find(|subcommand| subcommand.get_name() == name)
                .ok_or_else(|| {
                    Error::usage(format!("there is no subcommand `{}`", name.escape_debug()))
                })?;
            Man::new(found.clone())
                .title(format!("pushrig-{name}"))
                .render(&mut session.out)?;
        }
    }
    Ok(Outcome::Yes)
}

/// The main page, and behind it the options of every subcommand, so that one page says it all.
fn page(command: &Command, session: &mut Session) -> Result<(), Error> {
    let man = Man::new(command.clone());
    let out = &mut session.out;
    man.render_title(out)?;
    man.render_name_section(out)?;
    man.render_synopsis_section(out)?;
    man.render_description_section(out)?;
    man.render_options_section(out)?;
    for subcommand in command.get_subcommands() {
        if subcommand.get_name() == "help" {
            continue;
        }
        writeln!(out, ".SH \"{}\"", subcommand.get_name().to_uppercase())?;
        let man = Man::new(subcommand.clone());
        let mut section = Vec::new();
        man.render_description_section(&mut section)?;
        man.render_options_section(&mut section)?;
        // Sections of a subcommand stand one level lower than the page's own.
        let text = String::from_utf8_lossy(&section).replace(".SH ", ".SS ");
        out.write_all(text.as_bytes())?;
    }
    man.render_extra_section(out)?;
    man.render_version_section(out)?;
    Ok(())
}
