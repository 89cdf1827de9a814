//! `pushrig listen`: the receiver that is known to be right.

use std::net::{SocketAddr, ToSocketAddrs as _};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::{ArgMatches, Args};

use self::desk::Desk;
use self::drive::Drive;
use self::forward::Forward;
use self::inspector::Inspector;
use super::{Subcommand, define, parse};
use crate::args::{
    PlatformOrAutoArg, ReceiveArgs, ReportArgs, ServeArgs, parse_duration, parse_private_url,
    without_user,
};
use crate::check::{Checker, Choice};
use crate::error::{Error, Outcome};
use crate::message::Url;
use crate::net::room::widen;
use crate::net::server::{Limits, Listener};
use crate::net::{DialOptions, Dialer, tls};
use crate::output::Output;
use crate::platform::Platform;
use crate::receiver::expect::{COUNTS, Expectation};
use crate::receiver::fault::FaultSpec;
use crate::receiver::respond::Respond;
use crate::receiver::{Options, Receiver};
use crate::recorder::Recorder;
use crate::session::{Session, unguessable};

mod case;
mod desk;
mod drive;
mod exec;
mod forward;
mod inspector;
mod keep;
mod show;
mod visit;

/// The subcommand.
pub const SUBCOMMAND: Subcommand = Subcommand {
    name: "listen",
    about: "Receive pushes as the platform wants it, and judge and keep what comes",
    define: |command| define::<ListenArgs>(command, EXAMPLES),
    run,
};

const EXAMPLES: &str = "\
It answers handshakes with their echo and pushes as the platform accepts them; what
is signed wrongly with 403, and says why here. Point the platform at it through a
tunnel, or pushrig push and replay.

What may be expected: requests, pushes, handshakes, verified, delivered, refused,
duplicates, replays and faults, a platform's id, and PLATFORM.EVENT; as COUNT>=1,
COUNT=2 within 10s, or `onenet.online then onenet.offline`. It ends when all of it holds;
what holds from the start, such as duplicates=0, is watched until its `within`, or
until the end.

Examples:
  pushrig listen onenet --token env:TOKEN --capture day.ndjson --for 10s
  pushrig listen auto --token env:TOKEN --app-secret env:SECRET \\
      --bind 127.0.0.1:8000 --for 10s
  pushrig listen tencent --token env:TOKEN --ready-file url \\
      --expect 'tencent.report>=1 within 10s' --report junit=listen.xml
  pushrig listen onenet --token env:TOKEN --fault first=2 --for 10s
  pushrig listen auto --token env:TOKEN --ui --for 10s";

#[derive(Args, Debug)]
struct ListenArgs {
    #[command(flatten)]
    platform: PlatformOrAutoArg,
    #[command(flatten)]
    serve: ServeArgs,
    /// Show what comes in a browser on this machine, while it comes; the URL is told at the start
    #[arg(long)]
    ui: bool,
    #[command(flatten)]
    receive: ReceiveArgs,
    #[command(flatten)]
    tls: TlsArgs,
    #[command(flatten)]
    answer: AnswerArgs,
    #[command(flatten)]
    keep: KeepArgs,
    #[command(flatten)]
    end: EndArgs,
    #[command(flatten)]
    limits: LimitArgs,
    #[command(flatten)]
    report: ReportArgs,
}

/// TLS.
#[derive(Args, Debug)]
#[command(next_help_heading = "TLS")]
struct TlsArgs {
    /// Serve https: self-signed, or the PEM files CERT,KEY
    #[arg(long, value_name = "CERT,KEY")]
    tls: Option<String>,
    /// Write the certificate of --tls self-signed to this file, for clients to trust
    #[arg(long, value_name = "FILE", requires = "tls")]
    tls_cert_out: Option<PathBuf>,
}

/// What it answers.
#[derive(Args, Debug)]
#[command(next_help_heading = "What it answers")]
struct AnswerArgs {
    /// Take what is signed wrongly, too
    #[arg(long)]
    accept_all: bool,
    /// What pushes are answered with: a status, a body (a template if it has {{ }}), or @FILE, also
    /// with a whole answer in it
    #[arg(long, value_name = "ANSWER", conflicts_with = "forward")]
    respond: Option<String>,
    /// Pass on what is welcome, byte for byte but for the blanks around header values, and answer
    /// what comes back
    #[arg(long, value_name = "URL")]
    forward: Option<String>,
    /// What goes wrong with pushes (handshakes never fail): status=500, delay=6s, reset, truncate=10, slow=100B/s or never, with
    /// :20%, :every=3 or :first=2, and :before (not taken) or :after; may be repeated
    #[arg(long, value_name = "SPEC")]
    fault: Vec<FaultSpec>,
}

/// What is kept.
#[derive(Args, Debug)]
#[command(next_help_heading = "What is kept")]
struct KeepArgs {
    /// Append what comes to this capture, before it is answered
    #[arg(long, value_name = "FILE")]
    capture: Option<PathBuf>,
    /// Run this command for each request, its record on standard input
    #[arg(long, value_name = "CMD")]
    exec: Option<String>,
}

/// When it ends.
#[derive(Args, Debug)]
#[command(next_help_heading = "When it ends [default: by Ctrl-C]")]
struct EndArgs {
    /// What is to come; it ends when all of it holds. May be repeated
    #[arg(long, value_name = "SPEC")]
    expect: Vec<Expectation>,
    /// After this time
    #[arg(long = "for", value_name = "DURATION", value_parser = parse_duration)]
    time: Option<Duration>,
}

/// What a peer may take.
#[derive(Args, Debug)]
#[command(next_help_heading = "Limits")]
struct LimitArgs {
    /// The most bytes of a body; more is answered with 413
    #[arg(long, value_name = "BYTES", default_value_t = 64 << 20)]
    max_body: usize,
    /// The time for a head, and for a body; more is answered with 408 [default: 10s for a head, 2m
    /// for a body]
    #[arg(long = "max-time", value_name = "DURATION", value_parser = parse_time)]
    request_time: Option<Duration>,
    /// The most connections at once; further ones wait
    #[arg(long, value_name = "N", default_value_t = 16_384, value_parser = clap::value_parser!(u32).range(1..))]
    max_connections: u32,
}

fn parse_time(text: &str) -> Result<Duration, String> {
    let time = parse_duration(text)?;
    if time.is_zero() {
        return Err("a request takes some time".to_owned());
    }
    Ok(time)
}

/// As long as a forwarded request is waited for.
const FORWARD_LIMIT: Duration = Duration::from_secs(30);

fn run(matches: &ArgMatches, session: &mut Session) -> Result<Outcome, Error> {
    let args: ListenArgs = parse(matches)?;
    let checker = args
        .receive
        .open(&args.platform, args.answer.accept_all, session)?;
    check_expectations(&args.end.expect, &checker.choice)?;
    let respond = args.answer.respond(session)?;
    let recorder = args
        .keep
        .capture
        .as_deref()
        .map(Recorder::open)
        .transpose()?;
    let exec = args.keep.exec.as_deref();
    let limits = args.limits.limits();
    let listener = args.tls.over(args.serve.listen()?, &args.serve)?;
    let forward = args.answer.forward(listener.address(), session)?;
    let (forward_url, forward) = forward.unzip();
    let url = listener.url();
    let inspector = args.inspector(&listener, &checker, forward_url)?;
    let receiver = Receiver::new(Options {
        checker,
        accept_all: args.answer.accept_all,
        respond,
        faults: args.answer.fault,
        expectations: args.end.expect.clone(),
        explains: true,
    });
    let reporter = args.report.open("listen", &url, session)?;
    let drive = Drive {
        desk: Desk::new(
            receiver, recorder, forward, exec, inspector, session, &reporter,
        )?,
        expectations: args.end.expect,
        time: args.end.time,
        serve: args.serve,
    };
    drive.run(listener, limits, reporter, session)
}

/// Refuses what can never come.
fn check_expectations(expectations: &[Expectation], choice: &Choice) -> Result<(), Error> {
    let known: Vec<&str> = match choice {
        Choice::One(scheme) => vec![scheme.id()],
        Choice::Auto { all, .. } => all.iter().map(crate::check::Scheme::id).collect(),
    };
    let has_event = |platform: &str, event: &str| {
        let webhook = Platform::from_id(platform).and_then(Platform::webhook);
        webhook.is_some_and(|webhook| webhook.events().iter().any(|it| it.name == event))
    };
    let is_counted = |name: &str| {
        COUNTS.contains(&name)
            || known.contains(&name)
            || name.rsplit_once('.').is_some_and(|(platform, event)| {
                known.contains(&platform) && has_event(platform, event)
            })
    };
    let there_are = || {
        format!(
            "{}, {}, and their events, which `pushrig samples` lists",
            COUNTS.join(", "),
            known.join(", ")
        )
    };
    for expectation in expectations {
        expectation
            .check(is_counted, there_are)
            .map_err(|why| Error::usage(format!("--expect '{expectation}': {why}")))?;
    }
    Ok(())
}

impl AnswerArgs {
    fn respond(&self, session: &mut Session) -> Result<Option<Respond>, Error> {
        let Some(text) = &self.respond else {
            return Ok(None);
        };
        let content = session.content("--respond", text)?;
        let respond = Respond::read(&content);
        respond
            .map(Some)
            .map_err(|why| Error::usage(format!("--respond: {why}")))
    }

    fn forward(
        &self,
        own: SocketAddr,
        session: &mut Session,
    ) -> Result<Option<(Url, Forward)>, Error> {
        let Some(text) = &self.forward else {
            return Ok(None);
        };
        let url = without_user(parse_private_url("--forward", text)?, session);
        if url.target != "/" {
            return Err(
                Error::usage("--forward has a path, and the path is that of what came")
                    .with_hint("give scheme, host and port alone"),
            );
        }
        let is_own = |there: SocketAddr| {
            there.port() == own.port() && (own.ip().is_unspecified() || own.ip() == there.ip())
        };
        if url
            .host()
            .to_socket_addrs()
            .is_ok_and(|mut all| all.any(is_own))
        {
            return Err(Error::usage(
                "--forward leads back to this receiver: a push would go round for ever",
            ));
        }
        let options = DialOptions {
            limit: FORWARD_LIMIT,
            ..DialOptions::default()
        };
        let dialer = Arc::new(Dialer::new(&url, options)?);
        Ok(Some((url, Forward::new(dialer))))
    }
}

impl ListenArgs {
    /// The page, if that was asked for.
    fn inspector(
        &self,
        listener: &Listener,
        checker: &Checker,
        forward: Option<Url>,
    ) -> Result<Option<Inspector>, Error> {
        if !self.ui {
            return Ok(None);
        }
        let (token, veil) = (unguessable()?, checker.veil.clone());
        let allow_remote = self.serve.allow_remote;
        Inspector::new(listener, token, veil, forward, allow_remote).map(Some)
    }
}

impl LimitArgs {
    fn limits(&self) -> Limits {
        let usual = Limits::default();
        Limits {
            body: self.max_body,
            head_time: self.request_time.unwrap_or(usual.head_time),
            body_time: self.request_time.unwrap_or(usual.body_time),
            // Where so many may not be had, further connections wait.
            connections: widen(usize::try_from(self.max_connections).unwrap_or(usize::MAX)),
            ..usual
        }
    }
}

impl TlsArgs {
    /// The listener with TLS, if that was asked for.
    fn over(&self, listener: Listener, serve: &ServeArgs) -> Result<Listener, Error> {
        let Some(text) = &self.tls else {
            return Ok(listener);
        };
        let source = match text.split_once(',') {
            _ if text == "self-signed" => tls::Identity::SelfSigned {
                host: serve.bind.host().to_owned(),
            },
            Some((chain, key)) => tls::Identity::Files {
                certificates: chain.into(),
                key: key.into(),
            },
            None => {
                return Err(Error::usage(format!("--tls: `{text}` names no key"))
                    .with_hint("write --tls self-signed, or --tls cert.pem,key.pem"));
            }
        };
        let served = tls::server_config(&source)?;
        if let Some(file) = &self.tls_cert_out {
            let mut output = Output::create(file)?;
            output.write(served.certificates().as_bytes())?;
            output.finish()?;
        }
        Ok(listener.with_tls(served))
    }
}
