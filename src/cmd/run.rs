//! `pushrig run`: a server up, steps against it, the server down.
//!
//! A step is a process of this same executable, and not a call within this one: its exit code is
//! what it would be alone, a crash of it ends only the step, and it can be ended. Its cases come
//! back by a report that it writes as JSON, so all of them are in memory at the end: a load of
//! millions of requests is better run without `run`.
//!
//! The server may be ended by itself, by its steps' end, an error, a panic, Ctrl-C, SIGTERM, SIGHUP
//! or SIGQUIT; `kin` says who is found on which system.

use std::ffi::OsString;
use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::{ArgMatches, Args};

use self::course::{Course, Plan};
use self::show::Show;
use super::{Subcommand, define, parse};
use crate::args::{ReportArgs, parse_duration};
use crate::error::{Error, Outcome};
use crate::globals::{Format, GlobalArgs};
use crate::net::block_on;
use crate::net::ready::{Door, Knocker};
use crate::printer::Overflow;
use crate::session::Session;
use crate::term::ColorChoice;

mod account;
mod course;
pub(super) mod kin;
mod log;
pub(super) mod play;
mod relay;
mod server;
mod show;
mod steps;
mod tail;
mod until_up;
mod veil;
mod verdict;
pub(super) mod watch;

/// The subcommand.
pub const SUBCOMMAND: Subcommand = Subcommand {
    name: "run",
    about: "Start a server, run steps against it, end it: one report, one exit code",
    define: |command| define::<RunArgs>(command, EXAMPLES),
    run,
};

const EXAMPLES: &str = "\
A step is a call of pushrig with its flags; what stands before the first -- (such as
-q, --seed, --profile) holds for each step that does not say otherwise. A step that
fails does not keep the next from being run. If --wait holds {port}, a free port is
chosen, and {port} stands for it in --server and in the steps, too.

The server gets SIGTERM at the end, and so does all that it started; who is still
there after --grace is killed. So it is on an error, a panic, Ctrl-C, SIGTERM,
SIGHUP and SIGQUIT; a second of these does not wait. On Linux that includes
processes that left the server's group; after kill -9 of pushrig nothing is ended.

Examples:
  pushrig run --server 'python3 app.py {port}' --wait http://127.0.0.1:{port} \\
      -- handshake onenet http://127.0.0.1:{port}/push --token env:TOKEN \\
      -- replay captures/ --to http://127.0.0.1:{port}/push
  pushrig run --server './gate --port 8000' --wait tcp://127.0.0.1:8000 \\
      --server-log gate.log --report junit=run.xml --fail-fast \\
      -- device --server http://127.0.0.1:8000 --id 478435 --until-idle";

#[derive(Args, Debug)]
struct RunArgs {
    /// A subcommand with its flags, up to the next --: handshake …, push …, replay …
    #[arg(last = true, required = true, num_args = 1.., value_name = "STEP")]
    steps: Vec<OsString>,
    /// Run no further step once one is not right
    #[arg(long)]
    fail_fast: bool,
    #[command(flatten)]
    server: ServerArgs,
    #[command(flatten)]
    report: ReportArgs,
}

/// The server.
#[derive(Args, Debug)]
#[command(next_help_heading = "The server")]
struct ServerArgs {
    /// The shell command that starts it; it must stay in the foreground
    #[arg(long, value_name = "CMD")]
    server: String,
    /// It is up when this URL answers, whatever it answers; tcp://HOST:PORT: when it connects
    #[arg(long, value_name = "URL")]
    wait: String,
    /// How long that may take
    #[arg(long, value_name = "DURATION", default_value = "30s", value_parser = parse_duration)]
    wait_time: Duration,
    /// How long it has to end after SIGTERM
    #[arg(long, value_name = "DURATION", default_value = "5s", value_parser = parse_duration)]
    grace: Duration,
    /// Write what it says to this file and none of it to stderr [default: its last lines to stderr,
    /// if anything fails]
    #[arg(long, value_name = "FILE")]
    server_log: Option<PathBuf>,
}

/// What stands for a port that is free.
const PORT: &str = "{port}";

fn run(matches: &ArgMatches, session: &mut Session) -> Result<Outcome, Error> {
    let mut args: RunArgs = parse(matches)?;
    if args.server.server.trim().is_empty() {
        return Err(Error::usage("--server is empty: there is nothing to start"));
    }
    args.fill_port()?;
    let door = args.server.door()?;
    let steps = steps::read(&args.steps)?;
    let veil = veil::over(&args.server.wait, &args.steps, session);
    let target = veil.hide_text(&door.to_string()).into_owned();
    let reporter = args.report.open("run", &target, session)?;
    play::executable()?;
    let log = args.server.server_log.map(|path| {
        let file = log::open(&path)?;
        Ok::<_, Error>((path, file))
    });
    let plan = Plan {
        server: args.server.server,
        // The whole time is over before this one.
        knocker: Arc::new(Knocker::new(
            door.clone(),
            args.server.wait_time.saturating_add(Duration::from_secs(1)),
        )?),
        door,
        wait_time: args.server.wait_time,
        grace: args.server.grace,
        log: log.transpose()?,
        fail_fast: args.fail_fast,
        globals: handed_on(&session.globals),
        steps,
    };
    session.print_in_background(Overflow::Wait)?;
    block_on(async {
        Course::new(plan, Show::new(session, reporter, veil))?
            .run()
            .await
    })?
}

impl ServerArgs {
    fn door(&self) -> Result<Door, Error> {
        self.wait.parse().map_err(|why: String| {
            if self.wait.contains(['@', '?']) {
                Error::usage("--wait: that is no URL")
                    .with_hint("it is not repeated here, because it may hold a secret")
            } else {
                Error::usage(format!("--wait: {why}"))
            }
        })
    }
}

impl RunArgs {
    /// Puts a free port where one is asked for.
    fn fill_port(&mut self) -> Result<(), Error> {
        if !self.server.wait.contains(PORT) {
            if self.server.server.contains(PORT) {
                return Err(Error::usage("--server has {port}, and --wait has not")
                    .with_hint("a free port is chosen where --wait holds {port}, too"));
            }
            let asks = |word: &OsString| word.to_str().is_some_and(|text| text.contains(PORT));
            if let Some(at) = self.steps.iter().position(asks) {
                let before = self.steps[..at].iter().filter(|word| *word == "--");
                let number = before.count() + 1;
                return Err(Error::usage(format!(
                    "step {number} has {{port}}, and --wait has not"
                ))
                .with_hint(
                    "a free port is chosen where --wait holds {port}, too; else write the \
                             server's own",
                ));
            }
            return Ok(());
        }
        // It is free again when this is dropped. The system does not soon give it to another, and
        // if it did, somebody would answer before the server is started.
        let free = TcpListener::bind("127.0.0.1:0")
            .and_then(|listener| listener.local_addr())
            .map_err(|why| Error::network(format!("no port is free: {why}")))?;
        let port = free.port().to_string();
        for text in [&mut self.server.server, &mut self.server.wait] {
            *text = text.replace(PORT, &port);
        }
        for word in &mut self.steps {
            if let Some(text) = word.to_str() {
                *word = text.replace(PORT, &port).into();
            }
        }
        Ok(())
    }
}

/// A global flag of a run, as it is handed on: its id, and its words.
type HandedOn = (&'static str, Vec<OsString>);

/// The global flags that were given, for the steps that do not say otherwise.
fn handed_on(globals: &GlobalArgs) -> Vec<HandedOn> {
    let text = |value: &str| Some(Some(OsString::from(value)));
    let is_set = |is_set: bool| is_set.then_some(None);
    let value = |value: Option<String>| value.map(|value| Some(value.into()));
    let all = [
        (
            "format",
            match globals.format {
                Format::Human => None,
                Format::Json => text("json"),
            },
        ),
        (
            "color",
            match globals.color {
                ColorChoice::Auto => None,
                ColorChoice::Always => text("always"),
                ColorChoice::Never => text("never"),
            },
        ),
        ("quiet", is_set(globals.quiet)),
        ("verbose", is_set(globals.verbose)),
        (
            "config",
            globals.config.clone().map(|path| Some(path.into())),
        ),
        ("profile", value(globals.profile.clone())),
        ("now", value(globals.now.map(|now| now.to_string()))),
        ("seed", value(globals.seed.map(|seed| seed.to_string()))),
    ];
    let given = all.into_iter().filter_map(|(id, value)| {
        let mut words = vec![OsString::from(format!("--{id}"))];
        words.extend(value?);
        Some((id, words))
    });
    given.collect()
}
