//! `pushrig dispatch`: the reference push server of a Control iD device, real or simulated.

use std::cell::RefCell;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Duration;

use clap::{ArgMatches, Args, ValueEnum};

use self::desk::{Clock, Desk};
use self::drive::{Drive, Queue, Until};
use self::journal::{Journal, Restored};
use self::orders::Defaults;
use self::queue::{Follow, Stream};
use self::show::Show;
use super::{Subcommand, define, parse};
use crate::args::{ServeArgs, parse_duration};
use crate::controlid::dispatch::{Dispatch, Options, Policy};
use crate::error::{Error, Outcome};
use crate::net::block_on;
use crate::net::room::widen;
use crate::net::server::{Limits, Listener};
use crate::net::stop::Signals;
use crate::output::place;
use crate::printer::Overflow;
use crate::session::Session;

mod api;
mod desk;
mod drive;
mod journal;
mod orders;
mod queue;
mod results;
mod show;
mod told;

/// The subcommand.
pub const SUBCOMMAND: Subcommand = Subcommand {
    name: "dispatch",
    about: "Be the push server that a Control iD device polls for commands",
    define: |command| define::<DispatchArgs>(command, EXAMPLES),
    run,
};

const EXAMPLES: &str = "\
A device is given the URL that is printed, as its push_remote_address. An order
is the command that it gets, and whose: {\"device\":\"478435\",
\"endpoint\":\"load_objects\",\"body\":{\"object\":\"users\"}}; beside it may stand
\"policy\", which --policy does not change, and a \"key\".

An order whose key is known for its device is not queued again: what became of it
is printed once more, with \"again\". Without a key of its own an order has that
of its place and its text: the nth line of a queue, the nth --push. So a run that
is repeated with the same --state repeats nothing; give keys where it should.

While it runs, this machine may order by POST /commands (one, an array, or one a
line) and ask by GET /commands, /commands/N and /devices. Whoever puts a proxy
before this port must not let it pass /commands and /devices on: what a proxy on
this machine sends may look as if this machine had asked.

Each result is a line of JSON, for people, too. Beside --state FILE stands
FILE.lock, which is held while it is in use. Exit code: 0 all commands succeeded,
1 one failed, 2 an order cannot be read, 3 a command has no result or the state
cannot be written; Ctrl-C ends it with that, SIGTERM with 143.

Examples:
  pushrig dispatch --device 478435 --for 30s \\
      --push '{\"endpoint\":\"system_information\"}'
  pushrig dispatch --bind 127.0.0.1:8000 --queue orders.ndjson --wait
  pushrig dispatch --bind 127.0.0.1:8000 --queue orders.ndjson \\
      --state orders.state --ready-file url --for 30s
  pushrig dispatch --bind 0.0.0.0:8000 --allow-remote --prefix /gate \\
      --transactions 10 --for 30s";

#[derive(Args, Debug)]
struct DispatchArgs {
    #[command(flatten)]
    serve: ServeArgs,
    /// What stands before /push and /result
    #[arg(long, value_name = "/PATH", default_value = "", hide_default_value = true, value_parser = parse_prefix)]
    prefix: String,
    #[command(flatten)]
    orders: OrderArgs,
    #[command(flatten)]
    end: EndArgs,
    #[command(flatten)]
    delivery: DeliveryArgs,
}

/// What the devices are to do.
#[derive(Args, Debug)]
#[command(next_help_heading = "What the devices are to do")]
struct OrderArgs {
    /// Orders, one a line, read on while the file grows; - is stdin
    #[arg(long, value_name = "FILE")]
    queue: Option<String>,
    /// One order: JSON, @FILE or -; may be repeated
    #[arg(long, value_name = "JSON", allow_hyphen_values = true)]
    push: Vec<String>,
    /// The device of orders that name none
    #[arg(long, value_name = "ID", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    device: Option<String>,
}

/// When it ends; without these, by Ctrl-C.
#[derive(Args, Debug)]
#[command(next_help_heading = "When it ends [default: by Ctrl-C]")]
struct EndArgs {
    /// When all that was ordered is done (implied by --push)
    #[arg(long)]
    wait: bool,
    /// After so long at the latest; what is not done then has no answer
    #[arg(long = "for", value_name = "DURATION", value_parser = parse_duration)]
    time: Option<Duration>,
}

/// How commands are delivered.
#[derive(Args, Debug)]
#[command(next_help_heading = "How commands are delivered")]
struct DeliveryArgs {
    /// How long a result is waited for
    #[arg(long, value_name = "DURATION", default_value = "60s", value_parser = parse_lease)]
    lease: Duration,
    /// How often a command is handed out before it is given up
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    tries: u32,
    /// Whether a command without a result goes out again, if its order does not say [default: once
    /// for what opens doors or restarts the device, else again]
    #[arg(long, value_enum, value_name = "POLICY")]
    policy: Option<PolicyOf>,
    /// Up to N commands with one answer; older firmware ignores them all
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    transactions: Option<u16>,
    /// Keep the queues in this file, and go on with them after a crash; beside it stands FILE.lock
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum PolicyOf {
    /// Handed out once; without a result it is lost
    AtMostOnce,
    /// Handed out again when its lease is over
    AtLeastOnce,
}

fn parse_prefix(text: &str) -> Result<String, String> {
    let prefix = text.trim_end_matches('/');
    let is_path = prefix.is_empty() || prefix.starts_with('/');
    if !is_path || prefix.contains(['?', '#', ' ']) || prefix.chars().any(char::is_control) {
        return Err("expected a path such as /gate".to_owned());
    }
    let first = prefix.split('/').nth(1);
    if first.is_some_and(|first| ["commands", "devices"].contains(&first)) {
        return Err("orders are taken there".to_owned());
    }
    Ok(prefix.to_owned())
}

fn parse_lease(text: &str) -> Result<Duration, String> {
    parse_duration(text).and_then(|lease| {
        if lease.is_zero() {
            Err("a result takes some time".to_owned())
        } else {
            Ok(lease)
        }
    })
}

fn run(matches: &ArgMatches, session: &mut Session) -> Result<Outcome, Error> {
    let args: DispatchArgs = parse(matches)?;
    args.check()?;
    let defaults = args.defaults();
    let queue = args.orders.queue(session)?;
    let pushed = args.pushed(&defaults, session)?;
    let listener = args.serve.listen()?;
    let mut desk = args.desk(defaults, session)?;
    desk.is_local = !args.serve.allow_remote;
    if let Some(why) = desk.clash(&pushed) {
        return Err(Error::usage(format!("--push: {why}")));
    }
    let ordered = desk.order(pushed);
    for number in ordered.iter().filter_map(|ordered| ordered.known()) {
        desk.recall(number);
    }
    session.print_in_background(Overflow::Wait)?;
    let mut show = Show::new(session);
    let mut drive = Drive {
        desk: Rc::new(RefCell::new(desk)),
        queue,
        until: Until {
            done: args.end.wait || !args.orders.push.is_empty(),
            ordered: args.is_idle() && args.delivery.state.is_none(),
            time: args.end.time,
        },
        show: &mut show,
        known: 0,
        open_line: None,
    };
    block_on(async {
        // Whoever sees that it is ready may end it.
        let signals = Signals::new()?;
        args.tell_ready(&listener, &mut drive)?;
        let limits = limits(drive.show);
        // Who polls already waits in the socket until all of the file is queued.
        drive.read_file();
        drive.run(listener, limits, signals).await
    })?
}

/// A fleet has a connection a device, as many as this process may have.
fn limits(show: &mut Show<'_>) -> Limits {
    let mut limits = Limits::default();
    let room = widen(limits.connections);
    if room < limits.connections {
        limits.connections = room;
        let why = format!(
            "{room} devices can be connected at once, as this process may have no more files \
             open; further ones wait"
        );
        show.note("few-connections", why);
    }
    limits
}

impl DispatchArgs {
    fn tell_ready(&self, listener: &Listener, drive: &mut Drive<'_, '_>) -> Result<(), Error> {
        let base = format!("{}{}", listener.url(), self.prefix);
        let commands = format!("{}/commands", listener.url());
        self.serve.tell_ready(&base)?;
        drive.show.ready(&base, &commands, listener.address());
        Ok(())
    }

    fn check(&self) -> Result<(), Error> {
        self.check_files()?;
        let may_end = self.delivery.state.is_some() || self.end.time.is_some();
        if self.end.wait && self.is_idle() && !may_end {
            return Err(Error::usage("--wait: there is nothing to wait for")
                .with_hint("give orders by --queue or --push, or a time by --for"));
        }
        Ok(())
    }

    /// Whether no order is given at the start.
    fn is_idle(&self) -> bool {
        self.orders.queue.is_none() && self.orders.push.is_empty()
    }

    /// One file cannot be two things; that is found before any of them is touched.
    fn check_files(&self) -> Result<(), Error> {
        let queue = self.orders.queue.as_deref().filter(|name| *name != "-");
        let lock = self.delivery.state.as_deref().map(journal::lock_of);
        let files = [
            ("--queue", queue.map(Path::new)),
            ("--state", self.delivery.state.as_deref()),
            ("the lock of --state", lock.as_deref()),
            ("--ready-file", self.serve.ready_file.as_deref()),
        ];
        let files = files.map(|(name, path)| (name, path.map(place)));
        for (index, (name, file)) in files.iter().enumerate() {
            let mut before = files[..index].iter();
            if let Some((first, _)) = before.find(|(_, other)| file.is_some() && other == file) {
                let what = format!("{first} and {name} are one file");
                return Err(Error::usage(what).with_hint("give each a file of its own"));
            }
        }
        Ok(())
    }

    fn defaults(&self) -> Defaults {
        Defaults {
            device: self.orders.device.clone(),
            policy: self.delivery.policy.map(|policy| match policy {
                PolicyOf::AtMostOnce => Policy::AtMostOnce,
                PolicyOf::AtLeastOnce => Policy::AtLeastOnce,
            }),
        }
    }

    /// The orders of --push.
    fn pushed(
        &self,
        defaults: &Defaults,
        session: &mut Session,
    ) -> Result<Vec<orders::Addressed>, Error> {
        let mut pushed = Vec::with_capacity(self.orders.push.len());
        for (number, text) in (1..).zip(&self.orders.push) {
            let json = session.content("--push", text)?;
            let (device, mut order) = defaults
                .order(json.trim_ascii())
                .map_err(|flaw| Error::usage(format!("--push: {flaw}")))?;
            order
                .key
                .get_or_insert_with(|| queue::key("--push", number, &json));
            pushed.push((device, order));
        }
        Ok(pushed)
    }

    /// The queues, out of the state file if there is one.
    fn desk(&self, defaults: Defaults, session: &Session) -> Result<Desk, Error> {
        let options = Options {
            lease: self.delivery.lease,
            tries: self.delivery.tries,
            transactions: self.delivery.transactions.map(usize::from),
            prefix: self.prefix.clone(),
        };
        let now = session.now().as_millisecond();
        let clock = Clock::from(now);
        let Some(path) = &self.delivery.state else {
            return Ok(Desk::new(Dispatch::new(options), defaults, clock));
        };
        let Restored {
            journal,
            dispatch,
            results,
            flown,
        } = Journal::open(path, options, now)?;
        let mut desk = Desk::new(dispatch, defaults, clock);
        desk.keep(journal, results, &flown);
        Ok(desk)
    }
}

impl OrderArgs {
    fn queue(&self, session: &mut Session) -> Result<Queue, Error> {
        let Some(name) = &self.queue else {
            return Ok(Queue::None);
        };
        let path = Path::new(name);
        if name == "-" {
            session.take_stdin("--queue")?;
            return Ok(Queue::Stream(
                name.clone(),
                Stream::open(path, std::io::stdin()),
            ));
        }
        let there = fs::metadata(path).map_err(|cause| Error::reading(path, cause))?;
        if there.is_dir() {
            return Err(Error::reading(path, ErrorKind::IsADirectory.into()));
        }
        if there.is_file() {
            return Ok(Queue::File(name.clone(), Follow::open(path)?));
        }
        // A pipe gives what it has once, and opens only when somebody writes to it.
        let opened = path.to_owned();
        let open = move || fs::File::open(&opened);
        Ok(Queue::Stream(
            name.clone(),
            Stream::open(path, Opened::Not(Box::new(open))),
        ))
    }
}

/// A file that is opened when it is read for the first time.
enum Opened {
    Not(Box<dyn FnOnce() -> std::io::Result<fs::File> + Send>),
    Yes(fs::File),
    Failed,
}

impl std::io::Read for Opened {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        if let Self::Not(open) = std::mem::replace(self, Self::Failed) {
            *self = Self::Yes(open()?);
        }
        match self {
            Self::Yes(file) => file.read(into),
            _ => Ok(0),
        }
    }
}
