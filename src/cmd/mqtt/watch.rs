//! `pushrig mqtt watch`: what devices send to an application.

use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgMatches, Args, Command, ValueEnum};

use self::course::{COUNTS, Course};
use self::drive::Drive;
use self::keep::Keeper;
use super::account::{Account, AccountArgs};
use super::broker_url::BrokerUrl;
use super::connection::ConnectionArgs;
use super::devices;
use crate::args::{ReportArgs, forget_ready, parse_duration};
use crate::error::{Error, Outcome};
use crate::mqtt::packet::QoS;
use crate::mqtt::topic;
use crate::receiver::expect::Expectation;
use crate::session::Session;
use crate::studio::topic::{DeviceId, Thing};

mod again;
mod case;
mod course;
mod drive;
mod keep;
mod line;
mod message;
mod show;

pub(super) const NAME: &str = "watch";
pub(super) const ABOUT: &str = "Print, judge and keep what devices send to an application";

pub(super) fn define(command: Command) -> Command {
    crate::cmd::define::<WatchArgs>(command, EXAMPLES)
}

const EXAMPLES: &str = "\
OneNET Studio's platform is tcp://183.230.102.116:25002. Each message is held against
its documented shape; one that does not fit makes the exit code 1.

What may be expected: messages, lifecycle, property, event, reply, other, online,
offline and invalid, a device (00001/iot-0001), and DEVICE.online; as COUNT>=1,
COUNT=2 within 10s, or `online then offline`. It ends when all of it holds. Times count
from when it is subscribed. Where it is disconnected at the end, whatever ends it, the
exit code is 3.

Examples:
  pushrig mqtt watch 127.0.0.1:1883 --user 10311 --access-key env:KEY \\
      --device 00001/iot-0001 --count 3
  pushrig mqtt watch 127.0.0.1:1883 --project KLza8R --group g1 \\
      --access-key @group.key --devices devices.txt \\
      --capture day.ndjson --for 10s
  pushrig mqtt watch 127.0.0.1:1883 --token env:TOKEN --device 00001/iot-0001 \\
      --only lifecycle --expect 'online>=1 within 10s' --report junit=watch.xml
  pushrig mqtt watch 127.0.0.1:1883 --username me --password env:PASSWORD \\
      --topic 'sensors/#' --qos 0 --for 10s";

#[derive(Args, Debug)]
struct WatchArgs {
    /// The broker: mqtt://host:port, tcp://host:port or host:port
    #[arg(value_name = "URL")]
    url: BrokerUrl,
    #[command(flatten)]
    wanted: WantedArgs,
    #[command(flatten)]
    account: AccountArgs,
    #[command(flatten)]
    connection: ConnectionArgs,
    #[command(flatten)]
    again: AgainArgs,
    #[command(flatten)]
    end: EndArgs,
    /// Append what comes to this capture; a message of QoS 1 is acknowledged when it is in it
    #[arg(long, value_name = "FILE", help_heading = "What is kept")]
    capture: Option<PathBuf>,
    #[command(flatten)]
    report: ReportArgs,
}

/// What is subscribed to.
#[derive(Args, Debug)]
#[command(next_help_heading = "What is watched")]
struct WantedArgs {
    /// A device, as product and name; may be repeated
    #[arg(long, value_name = "PID/NAME")]
    device: Vec<DeviceId>,
    /// The devices of this file: a line each, or the file of mqtt platform (TOML)
    #[arg(long, value_name = "FILE")]
    devices: Option<PathBuf>,
    /// Of the devices only these, with commas between them
    #[arg(long, value_name = "KINDS", value_enum, value_delimiter = ',')]
    only: Vec<Kind>,
    /// Another topic, with wildcards or not; may be repeated
    #[arg(long, value_name = "FILTER", value_parser = parse_filter, allow_hyphen_values = true)]
    topic: Vec<String>,
    /// The quality of service that is asked for
    #[arg(long, value_name = "0|1", default_value = "1", value_parser = parse_qos)]
    qos: QoS,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// Online and offline
    Lifecycle,
    /// What was reported
    Property,
    /// Events
    Event,
    /// What became of property/set
    Reply,
}

impl Kind {
    const fn thing(self) -> Thing<'static> {
        match self {
            Self::Lifecycle => Thing::Lifecycle,
            Self::Property => Thing::Property,
            Self::Event => Thing::Event,
            Self::Reply => Thing::SetReply,
        }
    }
}

fn parse_filter(text: &str) -> Result<String, String> {
    if topic::is_filter(text) {
        return Ok(text.to_owned());
    }
    Err("no topic filter: `+` stands alone in its level, `#` alone in the last one".to_owned())
}

/// Reads the quality of service; 2 is nothing that the platform has.
pub(super) fn parse_qos(text: &str) -> Result<QoS, String> {
    match text {
        "0" => Ok(QoS::AtMostOnce),
        "1" => Ok(QoS::AtLeastOnce),
        _ => Err("it is 0 or 1".to_owned()),
    }
}

/// What happens when the connection is lost.
#[derive(Args, Debug)]
#[command(next_help_heading = "When the connection is lost")]
struct AgainArgs {
    /// How often in a row it is tried again, after 1 s, 2 s, 4 s and so on up to a minute: a
    /// number, always or never. What is sent meanwhile is lost
    #[arg(long, value_name = "N", default_value = "always", value_parser = parse_reconnect)]
    reconnect: u32,
    /// Write the URL to this file when everything is subscribed to, and not before
    #[arg(long, value_name = "FILE", help_heading = "The connection")]
    ready_file: Option<PathBuf>,
}

fn parse_reconnect(text: &str) -> Result<u32, String> {
    match text {
        "always" => Ok(u32::MAX),
        "never" => Ok(0),
        number => number
            .parse()
            .map_err(|_| "write a number, always or never".to_owned()),
    }
}

/// When it ends.
#[derive(Args, Debug)]
#[command(next_help_heading = "When it ends [default: by Ctrl-C]")]
struct EndArgs {
    /// After so many messages
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    count: Option<u64>,
    /// What is to come; it ends when all of it holds. May be repeated
    #[arg(long, value_name = "SPEC")]
    expect: Vec<Expectation>,
    /// After this time
    #[arg(long = "for", value_name = "DURATION", value_parser = parse_duration)]
    time: Option<Duration>,
}

/// What a run is to do.
struct Plan {
    url: BrokerUrl,
    account: Account,
    connection: ConnectionArgs,
    filters: Vec<String>,
    qos: QoS,
    reconnect: u32,
    ready_file: Option<PathBuf>,
    count: Option<u64>,
    time: Option<Duration>,
    /// When something may end it, from when it is subscribed.
    ends: Vec<Duration>,
    /// Whether it goes on where nobody reads what it prints.
    has_purpose: bool,
}

pub(super) fn run(matches: &ArgMatches, session: &mut Session) -> Result<Outcome, Error> {
    let args: WatchArgs = crate::cmd::parse(matches)?;
    let mut moment = session.moment();
    let account = args.account.open(&mut moment, session)?;
    let devices = args.wanted.devices(&account.username)?;
    check_expectations(&args.end.expect, &devices, !args.wanted.topic.is_empty())?;
    for refusal in account.judge(session.now())? {
        session.warn(&format!(
            "the token: {} {}: {}",
            refusal.code, refusal.name, refusal.explanation
        ));
    }
    let keeper = args
        .capture
        .as_deref()
        .map(|path| Keeper::open(path, &args.url))
        .transpose()?;
    forget_ready(args.again.ready_file.as_deref())?;
    let reporter = args
        .report
        .open("mqtt watch", &args.url.to_string(), session)?;
    let end = args.end;
    let plan = Plan {
        filters: args.wanted.filters(&devices),
        qos: args.wanted.qos,
        has_purpose: keeper.is_some()
            || end.count.is_some()
            || !end.expect.is_empty()
            || end.time.is_some(),
        ends: drive::ends(&end.expect, end.time),
        count: end.count,
        time: end.time,
        url: args.url,
        account,
        connection: args.connection,
        reconnect: args.again.reconnect,
        ready_file: args.again.ready_file,
    };
    let course = Course::new(end.expect, plan.count);
    Drive::new(plan, keeper, course, moment, session.clock()).run(reporter, session)
}

impl WantedArgs {
    /// The devices, each once, in the order in which they were named.
    fn devices(&self, username: &str) -> Result<Vec<DeviceId>, Error> {
        let mut all = self.device.clone();
        if let Some(path) = &self.devices {
            all.extend(devices::read(path, username)?);
        }
        if all.is_empty() && self.topic.is_empty() {
            return Err(Error::usage("nothing is to be watched")
                .with_hint("name a device by --device 00001/iot-0001, or a topic by --topic"));
        }
        if all.is_empty() && !self.only.is_empty() {
            return Err(Error::usage(
                "--only chooses among the topics of devices, and there is none",
            ));
        }
        let mut seen = std::collections::HashSet::new();
        all.retain(|device| seen.insert(device.clone()));
        Ok(all)
    }

    /// The topics of the devices, and the others.
    fn filters(&self, devices: &[DeviceId]) -> Vec<String> {
        let is_wanted = |kind: &&Kind| self.only.is_empty() || self.only.contains(kind);
        let kinds = Kind::value_variants().iter().filter(is_wanted);
        let mut filters: Vec<String> = devices
            .iter()
            .flat_map(|device| kinds.clone().map(|kind| device.topic(kind.thing())))
            .collect();
        filters.extend(self.topic.iter().cloned());
        filters
    }
}

/// Refuses what can never come. Behind a filter of one's own any device may be.
fn check_expectations(
    expectations: &[Expectation],
    devices: &[DeviceId],
    has_others: bool,
) -> Result<(), Error> {
    let is_device = |name: &str| {
        has_others && name.contains('/') || devices.iter().any(|it| it.to_string() == name)
    };
    let is_counted = |name: &str| {
        COUNTS.contains(&name)
            || is_device(name)
            || name
                .rsplit_once('.')
                .is_some_and(|(device, count)| is_device(device) && COUNTS.contains(&count))
    };
    let there_are = || {
        format!(
            "{}, a device that is watched, as PID/NAME, and PID/NAME.online",
            COUNTS.join(", ")
        )
    };
    for expectation in expectations {
        expectation
            .check(is_counted, there_are)
            .map_err(|why| Error::usage(format!("--expect '{expectation}': {why}")))?;
    }
    Ok(())
}
