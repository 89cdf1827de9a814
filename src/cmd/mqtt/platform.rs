//! `pushrig mqtt platform`: `OneNET` Studio's side of the long connection.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgMatches, Args, Command};

use self::drive::Drive;
use self::play::Play;
use self::show::COUNTS;
use crate::args::{SecretArgs, ServeArgs, parse_duration, parse_rate, parse_speed};
use crate::error::{Error, Outcome, Place};
use crate::net::mqtt::serve::Limits;
use crate::net::room::widen;
use crate::receiver::expect::Expectation;
use crate::receiver::watch::Watch;
use crate::session::Session;
use crate::signature::SecretName;
use crate::studio::registry::{Known, Registry, Simulated};
use crate::studio::site::Site;
use crate::studio::topic::DeviceId;

mod drive;
mod line;
mod play;
mod show;

pub(super) const NAME: &str = "platform";
pub(super) const ABOUT: &str =
    "Be OneNET Studio's platform: let applications and devices in, and play";

pub(super) fn define(command: Command) -> Command {
    crate::cmd::define::<PlatformArgs>(command, EXAMPLES)
}

const EXAMPLES: &str = "\
Applications and devices log in as at the platform, with a token for a password; who is
turned away learns a code of CONNACK, and why stands here, by the platform's own names.
Devices without a key are simulated: they take property/set, and report what changed.

FILE (TOML) names users, groups, products, devices and rules:
  [[user]]
  id = \"10311\"
  access_key = \"env:USER_KEY\"
  [[device]]
  product = \"00001\"
  name = \"iot-0001\"
  properties = { Power = \"off\" }
  [[rule]]
  param = \"temperature\"
  answer = \"invalidParameter\"      # success, time-out, or another code
examples/onenet-studio/platform.toml has a comment at each key.

What is played (--play): a capture, or lines such as
  {\"after\":\"1s\",\"device\":\"00001/iot-0001\",\"property\":{\"Power\":\"on\"}}
with lifecycle, property, event, get or invoke.

What may be expected: connected, refused, subscribed, denied, sets, succeeded, malformed
and invalid; as COUNT>=1, COUNT=2 within 10s, or `connected then sets`.

Examples:
  pushrig mqtt platform --bind 127.0.0.1:1883 --user 10311 \\
      --access-key env:KEY --device 00001/iot-0001 --rate 1 --for 10s
  pushrig mqtt platform platform.toml --bind 127.0.0.1:1883 --play day.ndjson \\
      --expect 'sets>=1 within 10s'";

#[derive(Args, Debug)]
struct PlatformArgs {
    /// Whom the platform knows: users, groups, products, devices and rules, as TOML
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    #[command(flatten)]
    serve: ServeArgs,
    #[command(flatten)]
    who: WhoArgs,
    #[command(flatten)]
    play: PlayArgs,
    #[command(flatten)]
    end: EndArgs,
    #[command(flatten)]
    limits: LimitArgs,
}

/// Whom it knows beside the file.
#[derive(Args, Debug)]
#[command(next_help_heading = "Whom it knows, beside FILE")]
struct WhoArgs {
    /// A user, by the number alone: userid/ID
    #[arg(long, value_name = "ID", value_parser = super::account::parse_id)]
    user: Option<String>,
    /// A project's group: projectid/ID/groupid/GROUP
    #[arg(long, value_name = "ID", value_parser = super::account::parse_id, requires = "group", conflicts_with = "user")]
    project: Option<String>,
    /// The group of the project
    #[arg(long, value_name = "ID", value_parser = super::account::parse_id, requires = "project")]
    group: Option<String>,
    /// Its access key, base64: a text, @FILE, env:NAME, - or text:LITERAL (or PUSHRIG_ACCESS_KEY)
    #[arg(long, value_name = "SECRET", allow_hyphen_values = true)]
    access_key: Vec<String>,
    /// A simulated device, as product and name; may be repeated
    #[arg(long, value_name = "PID/NAME")]
    device: Vec<DeviceId>,
}

/// What the devices do by themselves.
#[derive(Args, Debug)]
#[command(next_help_heading = "What the devices do")]
struct PlayArgs {
    /// Play these lines, or the messages of this capture; - is stdin
    #[arg(long, value_name = "FILE")]
    play: Option<String>,
    /// So many times as fast as they say
    #[arg(long, value_name = "FACTOR", default_value = "1x", value_parser = parse_speed, requires = "play")]
    speed: f64,
    /// Simulated devices report their properties, so many a second of all of them
    #[arg(long, value_name = "N", value_parser = parse_rate)]
    rate: Option<f64>,
    /// Begin with that when an application has connected, and not before
    #[arg(long)]
    wait: bool,
}

/// When it ends.
#[derive(Args, Debug)]
#[command(next_help_heading = "When it ends [default: by Ctrl-C]")]
struct EndArgs {
    /// What is to happen; it ends when all of it has. May be repeated
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
    /// The most bytes of a packet; more ends the connection
    #[arg(long, value_name = "BYTES", default_value_t = 256 << 10, value_parser = clap::value_parser!(u32).range(1024..))]
    max_packet: u32,
    /// The most connections at once; further ones wait
    #[arg(long, value_name = "N", default_value_t = 16_384, value_parser = clap::value_parser!(u32).range(1..))]
    max_connections: u32,
}

pub(super) fn run(matches: &ArgMatches, session: &mut Session) -> Result<Outcome, Error> {
    let args: PlatformArgs = crate::cmd::parse(matches)?;
    for expectation in &args.end.expect {
        expectation
            .check(|name| COUNTS.contains(&name), || COUNTS.join(", "))
            .map_err(|why| Error::usage(format!("--expect '{expectation}': {why}")))?;
    }
    let registry = args.registry(session)?;
    let play = args.play.open(&registry, session)?;
    let listener = args.serve.listen()?;
    let site = Site::new(registry, session.moment());
    let limits = Limits {
        packet: usize::try_from(args.limits.max_packet).unwrap_or(usize::MAX),
        connections: widen(usize::try_from(args.limits.max_connections).unwrap_or(usize::MAX)),
        ..Limits::default()
    };
    let drive = Drive {
        site,
        limits,
        play,
        rate: args.play.rate,
        waits: args.play.wait,
        watch: Watch::new(args.end.expect),
        time: args.end.time,
        serve: args.serve,
    };
    drive.run(listener, session)
}

impl PlatformArgs {
    fn registry(&self, session: &mut Session) -> Result<Registry, Error> {
        let mut registry = match &self.file {
            None => Registry::default(),
            Some(path) => {
                let bytes = fs::read(path).map_err(|cause| Error::reading(path, cause))?;
                let name = path.display().to_string();
                let text = String::from_utf8(bytes)
                    .map_err(|_| Error::input(Place::file(&*name), "it is not UTF-8"))?;
                let mut find = |secret: &str| session.secret(&name, secret);
                Registry::read(&name, &text, &mut find)?
            }
        };
        self.who.add_to(&mut registry, session)?;
        if registry.applications().is_empty() && registry.devices.is_empty() {
            return Err(Error::usage("the platform knows nobody").with_hint(
                "give a FILE, or --user, --access-key and --device; the help shows both",
            ));
        }
        Ok(registry)
    }
}

impl WhoArgs {
    fn add_to(&self, registry: &mut Registry, session: &mut Session) -> Result<(), Error> {
        let username = match (&self.user, &self.project, &self.group) {
            (Some(user), ..) => Some(format!("userid/{user}")),
            (None, Some(project), Some(group)) => {
                Some(format!("projectid/{project}/groupid/{group}"))
            }
            _ => None,
        };
        if let Some(username) = username {
            let secrets = SecretArgs {
                access_key: self.access_key.clone(),
                ..SecretArgs::default()
            };
            let keys = secrets.open_kind(SecretName::AccessKey, session)?;
            let keys = keys.all(SecretName::AccessKey);
            if keys.is_empty() {
                return Err(
                    Error::usage(format!("the access key of {username} is missing"))
                        .with_hint("give it by --access-key, or in PUSHRIG_ACCESS_KEY"),
                );
            }
            for key in keys {
                registry.add_application(username.clone(), key.clone());
            }
        } else if !self.access_key.is_empty() {
            return Err(Error::usage("--access-key: whose is it?")
                .with_hint("add --user, or --project and --group"));
        }
        for device in &self.device {
            let known = Known {
                simulated: Some(Simulated::default()),
                ..Known::default()
            };
            registry.devices.entry(device.clone()).or_insert(known);
        }
        Ok(())
    }
}

impl PlayArgs {
    fn open(&self, registry: &Registry, session: &mut Session) -> Result<Play, Error> {
        let mut known = registry.devices.values();
        if self.rate.is_some() && !known.any(|known| known.simulated.is_some()) {
            return Err(
                Error::usage("--rate: there is no simulated device that could report")
                    .with_hint("give one by --device, or in FILE one without a key"),
            );
        }
        if self.wait && self.rate.is_none() && self.play.is_none() {
            return Err(Error::usage("--wait: there is nothing to begin with")
                .with_hint("add --play FILE or --rate N"));
        }
        let Some(name) = &self.play else {
            return Ok(Play::default());
        };
        let (name, text) = if name == "-" {
            ("standard input".to_owned(), session.stdin("--play")?)
        } else {
            let text = fs::read(name).map_err(|cause| Error::reading(name, cause))?;
            (name.clone(), text)
        };
        Play::read(&name, &text, self.speed, registry)
    }
}
