//! Parsing, the one match, and the way from a result to an exit code.

use std::ffi::OsString;
use std::io::{self, IsTerminal as _, Write as _};
use std::mem::ManuallyDrop;

use clap::{ArgMatches, FromArgMatches as _};

use crate::args::{masked, secrets_given, secrets_in, with_environment};
use crate::cmd::{SUBCOMMANDS, command};
use crate::error::{Error, Outcome};
use crate::globals::GlobalArgs;
use crate::session::{self, Session};
use crate::term::{ColorChoice, Paint};

/// Runs the executable: arguments in, exit code out.
#[must_use]
pub fn main(arguments: &[OsString]) -> u8 {
    // Both live until the process ends, and taking them apart would be a tenth of the start.
    let mut command = ManuallyDrop::new(command());
    let matches = match command.try_get_matches_from_mut(arguments) {
        Ok(matches) => ManuallyDrop::new(matches),
        Err(error) => return refuse(&error, arguments),
    };
    let globals = match GlobalArgs::from_arg_matches(&matches) {
        Ok(globals) => globals,
        Err(error) => return refuse(&error, arguments),
    };
    let paint = error_paint(globals.color);
    let mut session = Session::new(globals);
    let result = run(&matches, &mut session)
        .and_then(|outcome| session.close().map(|()| outcome).map_err(Error::from));
    match result {
        Ok(outcome) => outcome.code(),
        Err(error) if error.is_closed_pipe() => Outcome::Yes.code(),
        Err(error) => {
            // What was found before the error is still shown; a closed pipe has no reader left.
            let _ = session.close();
            let mut text = Vec::new();
            let _ = session::report(&error, paint, &mut text);
            let text = masked(
                String::from_utf8_lossy(&text).into_owned(),
                &with_environment(secrets_given(arguments)),
            );
            session.speak(text.as_bytes());
            let _ = session.close();
            error.code()
        }
    }
}

fn run(matches: &ArgMatches, session: &mut Session) -> Result<Outcome, Error> {
    let (name, matches) = matches
        .subcommand()
        .ok_or_else(|| Error::usage("no subcommand was given"))?;
    let subcommand = SUBCOMMANDS
        .iter()
        .find(|subcommand| subcommand.name == name)
        .ok_or_else(|| Error::usage(format!("there is no subcommand `{name}`")))?;
    (subcommand.run)(matches, session)
}

/// Help and version go to stdout with exit code 0; a wrong call goes to stderr with 2. A secret
/// that landed in the wrong place is not repeated.
fn refuse(error: &clap::Error, arguments: &[OsString]) -> u8 {
    let wanted = !error.use_stderr();
    let rendered = error.render();
    let terminal = if wanted {
        io::stdout().is_terminal()
    } else {
        io::stderr().is_terminal()
    };
    let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let text = if terminal && !no_color {
        rendered.ansi().to_string()
    } else {
        rendered.to_string()
    };
    let text = if wanted {
        text
    } else {
        let text = masked(text, &with_environment(secrets_in(arguments)));
        text + &help_hint(arguments)
    };
    // Nobody is left to tell if the stream is closed.
    let _ = if wanted {
        io::stdout().write_all(text.as_bytes())
    } else {
        io::stderr().write_all(text.as_bytes())
    };
    if wanted { 0 } else { 2 }
}

/// What `pushrig help` is here, for those who know it from elsewhere.
fn help_hint(arguments: &[OsString]) -> String {
    let word = |at: usize| arguments.get(at).and_then(|word| word.to_str());
    if word(1) != Some("help") {
        return String::new();
    }
    let known = SUBCOMMANDS.iter().map(|it| it.name);
    match known.into_iter().find(|name| word(2) == Some(name)) {
        Some(name) => format!("\nhint: pushrig {name} --help\n"),
        None => "\nhint: pushrig --help, or pushrig SUBCOMMAND --help\n".to_owned(),
    }
}

fn error_paint(choice: ColorChoice) -> Paint {
    let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    Paint::decide(choice, no_color, io::stderr().is_terminal())
}
