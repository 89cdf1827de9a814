//! `pushrig replay`: recorded requests, sent to a server again.

use std::ops::RangeInclusive;
use std::time::Duration;

use clap::{ArgMatches, Args, ValueEnum};

use self::drive::Drive;
use self::load::Loader;
use super::capture::{Selection, parse_selection};
use super::{Subcommand, define, parse};
use crate::args::{
    ReportArgs, SecretArgs, TargetArgs, open_scheme, parse_duration, parse_private_url, parse_rate,
    parse_speed, refuse_remote_load, target_url,
};
use crate::check::Choice;
use crate::controlid;
use crate::error::{Error, Outcome};
use crate::json::condition::Condition;
use crate::message::Url;
use crate::replay::expect::{parse_expected_header, parse_statuses};
use crate::replay::{Expectations, Pace, Plan};
use crate::session::Session;
use crate::signature::Veil;

mod drive;
mod dry_run;
mod feed;
mod load;
mod show;

/// The subcommand.
pub const SUBCOMMAND: Subcommand = Subcommand {
    name: "replay",
    about: "Send recorded requests to a server, and judge its answers",
    define: |command| define::<ReplayArgs>(command, EXAMPLES),
    run,
};

const EXAMPLES: &str = "\
Examples:
  pushrig replay captures/ --to http://127.0.0.1:8000
  pushrig replay day.ndjson --to http://127.0.0.1:8000/push --resign \\
      --token env:TOKEN --report junit=replay.xml
  pushrig replay day.ndjson --to http://127.0.0.1:8000 --where /msg/type=2 \\
      --expect-status 200 --expect-within 2s
  pushrig replay day.ndjson --to http://127.0.0.1:8000 -q --concurrency 50 \\
      --repeat 100 --fail-if 'p99>2s' --fail-if 'failed>=1%'";

#[derive(Args, Debug)]
struct ReplayArgs {
    /// Captures, folders of them, http(s) addresses, or what import reads; - is stdin
    #[arg(value_name = "FILE", required = true)]
    files: Vec<String>,
    /// Where to: scheme, host and port, and the path unless it is / [default: url of the profile]
    #[arg(long, value_name = "URL")]
    to: Option<String>,
    /// Send them as they were recorded (the default)
    #[arg(long, conflicts_with = "resign")]
    keep: bool,
    /// Sign them anew: fresh time and nonce, Host of the target
    #[arg(long)]
    resign: bool,
    /// Whose Host is sent [default: recorded, with --resign the target's]
    #[arg(long, value_enum, value_name = "WHOSE")]
    host: Option<HostOf>,
    /// Say what would be sent, and send nothing (--format json: as a capture)
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    choice: ChoiceArgs,
    #[command(flatten)]
    flow: FlowArgs,
    #[command(flatten)]
    expect: ExpectArgs,
    #[command(flatten)]
    target: TargetArgs,
    #[command(flatten)]
    report: ReportArgs,
    #[command(flatten)]
    secrets: SecretArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum HostOf {
    /// As it was recorded
    Recorded,
    /// That of --to
    Target,
}

/// Which records.
#[derive(Args, Debug)]
#[command(next_help_heading = "Which records")]
struct ChoiceArgs {
    /// Only these records of each file: 1,3-5
    #[arg(long, value_name = "LIST", value_parser = parse_selection)]
    select: Option<Selection>,
    /// Only records of this platform
    #[arg(long, value_name = "PLATFORM")]
    platform: Option<String>,
    /// The platform of records that name none and show none
    #[arg(long, value_name = "PLATFORM")]
    assume: Option<String>,
    /// Only requests that hold this text; of several, all
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    grep: Vec<String>,
    /// Only bodies that have this value there: /msg/type=2 or msg.type=2; of several, all
    #[arg(long = "where", value_name = "PATH=VALUE")]
    conditions: Vec<Condition>,
}

/// How they are sent.
#[derive(Args, Debug)]
#[command(next_help_heading = "How they are sent")]
struct FlowArgs {
    /// So many connections at once
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=20_000))]
    concurrency: u32,
    /// So many a second
    #[arg(long, value_name = "N", value_parser = parse_rate, conflicts_with = "pace")]
    rate: Option<f64>,
    /// As far apart as they were recorded
    #[arg(long, value_enum, value_name = "PACE")]
    pace: Option<PaceOf>,
    /// With --pace recorded: so much faster, such as 10x
    #[arg(long, value_name = "FACTOR", value_parser = parse_speed, requires = "pace")]
    speed: Option<f64>,
    /// In an order drawn by --seed
    #[arg(long)]
    shuffle: bool,
    /// Each so many times in a row: is your server idempotent?
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    duplicate: u32,
    /// All of them so many times [default: 1, with --for as often as fits]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    repeat: Option<u64>,
    /// For so long, from the beginning again and again
    #[arg(long = "for", value_name = "DURATION", value_parser = parse_duration)]
    time: Option<Duration>,
    /// Stop at the first one that does not pass
    #[arg(long)]
    fail_fast: bool,
    /// Allow load on a server that is not on this machine
    #[arg(long)]
    allow_remote: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum PaceOf {
    /// By the times in the records
    Recorded,
}

/// What is expected.
#[derive(Args, Debug)]
#[command(
    next_help_heading = "What is expected of each answer [default: what its platform accepts]"
)]
struct ExpectArgs {
    /// The status: 200, 2xx or 200-204; of several, any
    #[arg(long = "expect-status", value_name = "STATUS", value_parser = parse_statuses)]
    status: Vec<RangeInclusive<u16>>,
    /// Exactly this body: text, @FILE or -
    #[arg(long = "expect-body", value_name = "TEXT", allow_hyphen_values = true)]
    body: Option<String>,
    /// The body holds this text; of several, all
    #[arg(
        long = "expect-in-body",
        value_name = "TEXT",
        allow_hyphen_values = true
    )]
    holds: Vec<String>,
    /// The header, with that value if one is given; of several, all
    #[arg(long = "expect-header", value_name = "NAME[: VALUE]", value_parser = parse_expected_header)]
    header: Vec<(String, Option<String>)>,
    /// The whole answer in that time
    #[arg(long = "expect-within", value_name = "DURATION", value_parser = parse_duration)]
    within: Option<Duration>,
    /// The status and the body that were recorded
    #[arg(long = "expect-recorded", conflicts_with_all = ["status", "body"])]
    recorded: bool,
}

/// As long as the platforms wait for an answer.
const USUAL_TIMEOUT: Duration = Duration::from_secs(5);

fn run(matches: &ArgMatches, session: &mut Session) -> Result<Outcome, Error> {
    let args: ReplayArgs = parse(matches)?;
    let to = args.target_url(session)?;
    let expectations = args.expect.open(session)?;
    let plan = plan(&args, to.clone(), session)?;
    let veil = Veil::over(&plan.secrets);
    let loader = Loader::open(&args.files, args.choice.select.clone(), plan, session)?;
    if args.dry_run {
        return dry_run::print(loader, &to, args.flow.duplicate, session);
    }
    let dialer = args.target.dialer(&to, USUAL_TIMEOUT)?;
    refuse_remote_load(&args.flow.load(), args.flow.allow_remote, &dialer)?;
    let reporter = args
        .report
        .open("replay", &veil.hide_text(&to.bare()), session)?;
    let drive = Drive {
        dialer,
        expectations,
        concurrency: args.flow.concurrency,
        pace: args.flow.pace(),
        shuffle: args.flow.shuffle,
        duplicate: args.flow.duplicate,
        rounds: args.flow.rounds(),
        time: args.flow.time,
        fail_fast: args.flow.fail_fast,
        veil,
    };
    drive.run(loader, reporter, session)
}

impl ReplayArgs {
    /// Where to: the query and the rest of each request are the record's.
    fn target_url(&self, session: &mut Session) -> Result<Url, Error> {
        let given = match &self.to {
            Some(text) => Some(parse_private_url("--to", text)?),
            None => None,
        };
        let to = target_url(given.as_ref(), session)?;
        if to.target.contains('?') {
            return Err(
                Error::usage("--to has a query, and the query is the record's")
                    .with_hint("give the address up to the path"),
            );
        }
        Ok(to)
    }
}

fn plan(args: &ReplayArgs, to: Url, session: &mut Session) -> Result<Plan, Error> {
    let assumed = match &args.choice.assume {
        Some(text) => Some(text.clone()),
        None => session
            .profile()?
            .and_then(|profile| profile.platform.clone()),
    };
    let assumed = assumed.as_deref().map(open_scheme).transpose()?;
    let platform = match args.choice.platform.as_deref() {
        None => None,
        // Its captures are replayed like any other, and nothing in them is signed.
        Some(controlid::NAME) => Some(controlid::NAME.to_owned()),
        Some(text) => Some(open_scheme(text)?.id().to_owned()),
    };
    let secrets = if args.resign {
        args.secrets.open_to_send(session)?
    } else {
        args.secrets.open(session)?
    };
    if args.resign && secrets.is_empty() {
        return Err(Error::usage("--resign needs a secret to sign with")
            .with_hint("give --token or --app-secret, or set PUSHRIG_TOKEN"));
    }
    Ok(Plan {
        to,
        resign: args.resign,
        host_of_target: args.host.map_or(args.resign, |host| host == HostOf::Target),
        headers: args.target.headers.clone(),
        choice: Choice::auto(assumed),
        secrets,
        platform,
        grep: args
            .choice
            .grep
            .iter()
            .map(|text| text.as_bytes().to_vec())
            .collect(),
        conditions: args.choice.conditions.clone(),
        expects_recorded: args.expect.recorded,
        shows: args.dry_run,
        signers: Vec::new(),
        has_messages: false,
    })
}

fn nothing_selected() -> Error {
    Error::usage("no record was selected: nothing was sent")
        .with_hint("see what there is: pushrig capture show FILE")
}

impl FlowArgs {
    fn pace(&self) -> Pace {
        match (self.rate, self.pace) {
            (Some(rate), _) => Pace::Rate(rate),
            (None, Some(PaceOf::Recorded)) => Pace::Recorded(self.speed.unwrap_or(1.0)),
            (None, None) => Pace::Free,
        }
    }

    /// How often all are sent.
    fn rounds(&self) -> u64 {
        let usual = if self.time.is_some() { u64::MAX } else { 1 };
        self.repeat.unwrap_or(usual)
    }

    /// The flags that make it load.
    fn load(&self) -> Vec<&'static str> {
        [
            (self.concurrency > 1, "--concurrency"),
            (self.rate.is_some(), "--rate"),
            (self.repeat.is_some_and(|rounds| rounds > 1), "--repeat"),
            (self.time.is_some(), "--for"),
        ]
        .into_iter()
        .filter_map(|(load, flag)| load.then_some(flag))
        .collect()
    }
}

impl ExpectArgs {
    fn open(&self, session: &mut Session) -> Result<Expectations, Error> {
        let body = match &self.body {
            None => None,
            Some(text) => Some(session.content("--expect-body", text)?),
        };
        Ok(Expectations {
            statuses: self.status.clone(),
            body,
            holds: self
                .holds
                .iter()
                .map(|text| text.as_bytes().to_vec())
                .collect(),
            headers: self.header.clone(),
            within: self.within,
            recorded: self.recorded,
        })
    }
}
