//! `pushrig push`: signed events, delivered to a server as the platform would.

mod account;
mod courier;

use std::path::Path;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use clap::builder::{PossibleValue, TypedValueParser};
use clap::{ArgMatches, Args, ValueEnum};

use self::courier::{Courier, Pace};
use super::sign::{self, check_headers, print_request};
use super::{Subcommand, define, parse};
use crate::args::{
    ReportArgs, SecretArgs, TargetArgs, open_scheme, parse_rate, parse_speed, parse_url,
    refuse_remote_load, target_url, without_user,
};
use crate::check::Scheme;
use crate::delivery::Retry;
use crate::error::{Error, Outcome};
use crate::message::Url;
use crate::net;
use crate::platform::{Event, Platform, Webhook};
use crate::push::{Assignment, Content, Push, content_of};
use crate::session::Session;
use crate::signature::{Given, Secrets, Veil};

/// The subcommand.
pub const SUBCOMMAND: Subcommand = Subcommand {
    name: "push",
    about: "Deliver a signed event to your server, as the platform would",
    define: |command| define::<PushArgs>(command, EXAMPLES),
    run,
};

const EXAMPLES: &str = "\
Examples:
  pushrig push onenet.online http://127.0.0.1:8000/push --token env:TOKEN
  pushrig push onenet.datapoint http://127.0.0.1:8000/push \\
      --token env:TOKEN --set value=21.5 --count 3 --rate 10
  pushrig push tencent.report http://127.0.0.1:8000/iot \\
      --token env:TOKEN --retry platform --speed 10x
  pushrig push wechat http://127.0.0.1:8000/wx --token env:TOKEN \\
      --body @message.xml
  pushrig push sensoro.text http://127.0.0.1:8000/hook \\
      --app-secret env:SECRET --dry-run --as curl";

#[derive(Args, Debug)]
struct PushArgs {
    /// An event of a platform (onenet.online; `pushrig samples` lists them); with --body also a
    /// platform alone, or a recipe file (TOML)
    #[arg(value_name = "PLATFORM.EVENT", value_parser = EventParser, hide_possible_values = true)]
    name: String,
    /// Where to push to (or `url` of the profile)
    #[arg(value_name = "URL", value_parser = parse_url)]
    url: Option<Url>,
    #[command(flatten)]
    content: ContentArgs,
    #[command(flatten)]
    course: CourseArgs,
    #[command(flatten)]
    dry: DryArgs,
    #[command(flatten)]
    target: TargetArgs,
    #[command(flatten)]
    report: ReportArgs,
    #[command(flatten)]
    secrets: SecretArgs,
}

/// What is pushed.
#[derive(Args, Debug)]
#[command(next_help_heading = "What is pushed")]
struct ContentArgs {
    /// Replace a value of the message: `a.b=1` or `/a/b=1`; the value is JSON, else text
    #[arg(long = "set", value_name = "PATH=VALUE", allow_hyphen_values = true)]
    edits: Vec<Assignment>,
    /// Push this message instead of the catalogue's: text, @FILE or - (OneNET: the value of msg)
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    body: Option<String>,
    /// OneNET: N events as one array
    #[arg(long, value_name = "N", conflicts_with = "body", value_parser = parse_count)]
    batch: Option<usize>,
    /// Seal the message (needs the AES key)
    #[arg(long)]
    encrypt: bool,
    /// Leave the signature out, as a platform does where no token is set
    #[arg(long)]
    unsigned: bool,
    /// A fixed nonce
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    nonce: Option<String>,
    /// A fixed timestamp, as it is sent
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    timestamp: Option<String>,
    /// A part of a recipe file's own
    #[arg(long = "in", value_name = "NAME=VALUE", allow_hyphen_values = true)]
    own: Vec<String>,
}

/// How often, how fast, and what follows a refusal.
#[derive(Args, Debug)]
#[command(next_help_heading = "How it is delivered")]
struct CourseArgs {
    /// Push N events one after the other, each a fresh one
    #[arg(long, value_name = "N", value_parser = parse_count)]
    count: Option<usize>,
    /// Start N pushes a second (0.5: one every 2 s), whether or not those before are answered
    #[arg(long, value_name = "N", value_parser = parse_rate, allow_hyphen_values = true)]
    rate: Option<f64>,
    /// Let --rate go to a server that is not on this machine
    #[arg(long)]
    allow_remote: bool,
    /// Send again what is not accepted: none, platform (its own schedule), or after these pauses
    #[arg(
        long,
        value_name = "none|platform|1s,3s",
        default_value = "none",
        allow_hyphen_values = true
    )]
    retry: Retry,
    /// Let the pauses between tries pass N times as fast
    #[arg(long, value_name = "Nx", value_parser = parse_speed, default_value = "1x", allow_hyphen_values = true)]
    speed: f64,
    /// Sign each further try anew; it is not published whether platforms do
    #[arg(long)]
    fresh_retries: bool,
    /// Tencent's error action: gets what is not accepted in the end, once
    #[arg(long, value_name = "URL", value_parser = parse_url)]
    error_url: Option<Url>,
}

/// Instead of sending.
#[derive(Args, Debug)]
#[command(next_help_heading = "Instead of sending")]
struct DryArgs {
    /// Print what would be sent, and send nothing
    #[arg(long)]
    dry_run: bool,
    /// With --dry-run: in which form
    #[arg(
        long = "as",
        value_enum,
        default_value_t,
        value_name = "FORM",
        requires = "dry_run"
    )]
    form: As,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum As {
    /// The whole request, byte for byte as on the wire
    #[default]
    Request,
    /// A curl command, ready to paste
    Curl,
    /// A line of a capture
    Record,
}

fn parse_count(text: &str) -> Result<usize, String> {
    text.parse()
        .ok()
        .filter(|&count| count > 0)
        .ok_or_else(|| "expected a number from 1 on".to_owned())
}

/// Offers the events and the platforms; recipe files are told apart later.
#[derive(Clone)]
struct EventParser;

impl TypedValueParser for EventParser {
    type Value = String;

    fn parse_ref(
        &self,
        command: &clap::Command,
        arg: Option<&clap::Arg>,
        value: &std::ffi::OsStr,
    ) -> Result<String, clap::Error> {
        clap::builder::StringValueParser::new().parse_ref(command, arg, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        let events = EVENTS
            .iter()
            .map(|(name, about)| PossibleValue::new(name.as_str()).help(*about));
        let platforms = Platform::ALL
            .into_iter()
            .filter(|&platform| is_pushed(platform))
            .map(|platform| PossibleValue::new(platform.id()).help(platform.title()));
        Some(Box::new(events.chain(platforms)))
    }
}

/// Every event's full name and what it is about. clap takes names that stay.
static EVENTS: LazyLock<Vec<(String, &'static str)>> = LazyLock::new(|| {
    let events_of = |platform: Platform| {
        let events = platform.webhook().map(Webhook::events).unwrap_or_default();
        let name = move |event: &Event| format!("{}.{}", platform.id(), event.name);
        events.iter().map(move |event| (name(event), event.about))
    };
    Platform::ALL.into_iter().flat_map(events_of).collect()
});

/// Whether there is anything that a server could be sent.
fn is_pushed(platform: Platform) -> bool {
    platform != Platform::OnenetStudio
}

fn run(matches: &ArgMatches, session: &mut Session) -> Result<Outcome, Error> {
    let args: PushArgs = parse(matches)?;
    let (scheme, event) = choose(&args.name)?;
    let url = target_url(args.url.as_ref(), session)?;
    let push = open(&args, scheme, event, session)?;
    let id = match event {
        Some(event) => format!("{}.{}", push.scheme.id(), event.name),
        None => push.scheme.id().to_owned(),
    };
    let patience = push.webhook().map(Webhook::patience);
    let course = &args.course;
    let pauses = course.retry.pauses(patience.as_ref()).ok_or_else(|| {
        Error::usage(format!(
            "when {} tries again is not known",
            push.scheme.id()
        ))
        .with_hint("give the pauses: --retry 1s,3s,10s")
    })?;
    if course.error_url.is_some() && push.scheme.platform != Some(Platform::Tencent) {
        return Err(Error::usage(
            "--error-url: only tencent has an error action",
        ));
    }
    if args.dry.dry_run {
        return dry_run(&args, &push, &url, session);
    }
    let limit = patience
        .as_ref()
        .map_or(USUAL_LIMIT, |patience| patience.limit);
    let error_action = match &course.error_url {
        Some(url) => {
            let url = without_user(url.clone(), session);
            let dialer = args.target.dialer(&url, limit)?;
            Some((url, dialer))
        }
        None => None,
    };
    let dialer = args.target.dialer(&url, limit)?;
    let load: &[&str] = if course.rate.is_some() {
        &["--rate"]
    } else {
        &[]
    };
    refuse_remote_load(load, course.allow_remote, &dialer)?;
    if let Some((_, dialer)) = &error_action {
        refuse_remote_load(load, course.allow_remote, dialer)?;
    }
    let target = Veil::over(&push.secrets)
        .hide_text(&url.bare())
        .into_owned();
    let courier = Courier {
        dialer,
        url: url.clone(),
        error_action,
        headers: args.target.headers.clone(),
        id,
        patience,
        played_out: course.retry == Retry::Platform,
        pauses,
        speed: course.speed,
        fresh: course.fresh_retries,
        clock: session.clock(),
        push,
    };
    let pace = Pace {
        count: course.count,
        rate: course.rate,
    };
    let moment = session.moment();
    let mut reporter = args.report.open("push", &target, session)?;
    let started = Instant::now();
    let signal = net::block_on(courier::deliver(courier, &pace, moment, |case| {
        reporter.case(case, session)
    }))??;
    if let Some(signal) = signal {
        reporter.end(signal.name(), signal.outcome());
    }
    reporter.finish(started.elapsed(), session)
}

/// The time for one try where the platform's is not known.
const USUAL_LIMIT: Duration = Duration::from_secs(5);

/// The scheme, and the event of its catalogue if one is named.
fn choose(name: &str) -> Result<(Scheme, Option<&'static Event>), Error> {
    if let Some(platform) = Platform::from_id(name) {
        if !is_pushed(platform) {
            return Err(
                Error::usage(format!("{name} is a token, and nothing is pushed with it"))
                    .with_hint("the push of its rule engine is onenet-studio-push"),
            );
        }
        return Ok((Scheme::of(platform), None));
    }
    if let Some((platform, event)) = name.split_once('.')
        && let Some(platform) = Platform::from_id(platform)
        && !Path::new(name).is_file()
    {
        if platform.webhook().is_none() {
            return Err(
                Error::usage(format!("there are no events of {}", platform.id())).with_hint(
                    format!(
                        "give what it carries: push {} URL --body TEXT",
                        platform.id()
                    ),
                ),
            );
        }
        return Ok((Scheme::of(platform), Some(platform.event(event)?)));
    }
    Ok((open_scheme(name)?, None))
}

/// What the flags order.
fn open(
    args: &PushArgs,
    scheme: Scheme,
    event: Option<&'static Event>,
    session: &mut Session,
) -> Result<Push, Error> {
    let flags = &args.content;
    if flags.batch.is_some() && scheme.platform != Some(Platform::Onenet) {
        return Err(Error::usage(
            "--batch: only onenet sends several messages as one array",
        ));
    }
    let secrets = args.secrets.open(session)?;
    if !flags.unsigned {
        needs_secret(&scheme, &secrets)?;
    }
    let content = match (&flags.body, event) {
        (Some(text), _) => {
            let body = session.content("--body", text)?;
            let (content, note) = content_of(&scheme, body, &secrets)?;
            if let Some(note) = note {
                session.note(&note);
            }
            content
        }
        (None, Some(event)) => Content::Event(event),
        (None, None) => return Err(nothing_to_push(&scheme)),
    };
    let given = given(flags, &scheme, session)?;
    Ok(Push {
        scheme,
        content,
        edits: flags.edits.clone(),
        batch: flags.batch,
        encrypt: flags.encrypt,
        signed: !flags.unsigned,
        secrets,
        given,
    })
}

/// A request signed with a made-up secret would only confuse.
fn needs_secret(scheme: &Scheme, secrets: &Secrets) -> Result<(), Error> {
    let signing = scheme
        .recipe
        .plain_form()
        .and_then(crate::signature::Form::secret);
    match signing.filter(|&name| secrets.first(name).is_none()) {
        None => Ok(()),
        Some(name) => Err(
            Error::usage(format!("no --{} was given", name.flag())).with_hint(format!(
                "give --{} or set {}; --unsigned pushes without a signature",
                name.flag(),
                name.variable()
            )),
        ),
    }
}

fn nothing_to_push(scheme: &Scheme) -> Error {
    let id = scheme.id();
    let events = scheme
        .platform
        .and_then(Platform::webhook)
        .map(Webhook::events);
    let hint = match events.and_then(<[Event]>::first) {
        Some(event) => format!(
            "name an event, such as {id}.{} (pushrig samples {id} lists them), or give --body",
            event.name
        ),
        None => "give --body TEXT, --body @FILE or --body -".to_owned(),
    };
    Error::usage(format!("it is not said what {id} should push")).with_hint(hint)
}

/// The parts that are fixed.
fn given(flags: &ContentArgs, scheme: &Scheme, session: &mut Session) -> Result<Given, Error> {
    let parts = crate::args::PartArgs {
        nonce: flags.nonce.clone(),
        timestamp: flags.timestamp.clone(),
        own: flags.own.clone(),
        ..crate::args::PartArgs::default()
    };
    parts.check(scheme)?;
    parts.open(session)
}

/// Prints the requests that would be sent.
fn dry_run(
    args: &PushArgs,
    push: &Push,
    url: &Url,
    session: &mut Session,
) -> Result<Outcome, Error> {
    let form = match args.dry.form {
        As::Request => sign::As::Request,
        As::Curl => sign::As::Curl,
        As::Record => sign::As::Record,
    };
    let mut moment = session.moment();
    for _ in 0..args.course.count.unwrap_or(1) {
        let message = push.message(&mut moment)?;
        let mut request = push.request(&message, url, &mut moment)?;
        request.headers.edit(&args.target.headers);
        check_headers(&request)?;
        print_request(session, form, &request, push.scheme.id(), &moment)?;
    }
    Ok(Outcome::Yes)
}
