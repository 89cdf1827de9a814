//! `pushrig mqtt set`: sets properties of a device, and waits for what becomes of it.

use clap::{ArgMatches, Args, Command};

use self::exchange::{Exchange, Fate};
use super::account::AccountArgs;
use super::broker_url::BrokerUrl;
use super::connection::ConnectionArgs;
use super::watch::parse_qos;
use crate::args::ReportArgs;
use crate::error::{Error, Outcome};
use crate::json::Value;
use crate::json::tree;
use crate::moment::Moment;
use crate::mqtt::packet::QoS;
use crate::net::block_on;
use crate::net::stop::Signals;
use crate::session::Session;
use crate::studio::message::{self, Params};
use crate::studio::topic::{DeviceId, Thing};

mod case;
mod exchange;

pub(super) const NAME: &str = "set";
pub(super) const ABOUT: &str = "Set properties of a device, and wait for the reply";

pub(super) fn define(command: Command) -> Command {
    crate::cmd::define::<SetArgs>(command, EXAMPLES)
}

const EXAMPLES: &str = "\
The exit code is 0 where the reply says success, 1 where it is refused (code and msg
are told), 3 where no reply comes in time. For desired values no reply is documented:
--no-reply ends when the broker has acknowledged the message.

Examples:
  pushrig mqtt set 127.0.0.1:1883 --user 10311 --access-key env:KEY \\
      --device 00001/iot-0001 temperature=30.5 'mode=\"1\"'
  pushrig mqtt set 127.0.0.1:1883 --project KLza8R --group g1 \\
      --token env:TOKEN --device 00001/iot-0001 --desired --no-reply \\
      --params '{\"temperature\":\"30.5\"}'";

#[derive(Args, Debug)]
struct SetArgs {
    /// The broker: mqtt://host:port, tcp://host:port or host:port
    #[arg(value_name = "URL")]
    url: BrokerUrl,
    /// What is set; a value is JSON, else a text
    #[arg(value_name = "NAME=VALUE", value_parser = parse_param)]
    values: Vec<(String, Value)>,
    #[command(flatten)]
    message: MessageArgs,
    #[command(flatten)]
    account: AccountArgs,
    #[command(flatten)]
    connection: ConnectionArgs,
    #[command(flatten)]
    report: ReportArgs,
}

/// What is sent.
#[derive(Args, Debug)]
#[command(next_help_heading = "What is sent")]
struct MessageArgs {
    /// The device, as product and name
    #[arg(long, value_name = "PID/NAME")]
    device: DeviceId,
    /// All parameters as one JSON object: text, @FILE or -
    #[arg(long, value_name = "JSON", conflicts_with = "values")]
    params: Option<String>,
    /// Set the desired values, which a device that is offline gets later
    #[arg(long)]
    desired: bool,
    /// The requestId [default: 32 random hex digits]
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    request_id: Option<String>,
    /// The quality of service
    #[arg(long, value_name = "0|1", default_value = "1", value_parser = parse_qos)]
    qos: QoS,
    /// Wait for no reply: with QoS 1 the broker's acknowledgement ends it
    #[arg(long)]
    no_reply: bool,
}

fn parse_param(text: &str) -> Result<(String, Value), String> {
    let Some((name, value)) = text.split_once('=') else {
        let is_url = text.contains(':') && text.parse::<BrokerUrl>().is_ok();
        return Err(if is_url {
            "this is a URL, and it stands first".to_owned()
        } else {
            "write NAME=VALUE".to_owned()
        });
    };
    if name.is_empty() {
        return Err("the name is missing in front of `=`".to_owned());
    }
    let value = tree::parse(value.as_bytes()).unwrap_or_else(|_| Value::String(value.to_owned()));
    Ok((name.to_owned(), value))
}

pub(super) fn run(matches: &ArgMatches, session: &mut Session) -> Result<Outcome, Error> {
    let args: SetArgs = crate::cmd::parse(matches)?;
    let params = params(&args, session)?;
    let mut moment = session.moment();
    let account = args.account.open(&mut moment, session)?;
    let request_id = args.message.request_id.clone();
    let request_id = request_id.unwrap_or_else(|| new_request_id(&mut moment));
    let thing = if args.message.desired {
        Thing::DesiredSet
    } else {
        Thing::Set
    };
    let mut reporter = args
        .report
        .open("mqtt set", &args.url.to_string(), session)?;
    let exchange = Exchange {
        topic: args.message.device.topic(thing),
        payload: message::set(&request_id, params),
        reply_topic: (!args.message.no_reply).then(|| args.message.device.topic(Thing::SetReply)),
        device: args.message.device,
        is_desired: args.message.desired,
        request_id,
        qos: args.message.qos,
        url: args.url,
        account,
        connection: args.connection,
    };
    let began = std::time::Instant::now();
    let fate = block_on(async {
        let mut signals = Signals::new()?;
        tokio::select! {
            fate = exchange.run(session) => fate,
            signal = signals.next() => Ok(Fate::Signal(signal)),
        }
    })??;
    if let Fate::Signal(signal) = fate {
        reporter.end(signal.name(), signal.outcome());
    } else {
        let case = exchange.case(fate, session.now());
        reporter.case(case, session)?;
    }
    reporter.finish(began.elapsed(), session)
}

fn params(args: &SetArgs, session: &mut Session) -> Result<Params, Error> {
    let Some(text) = &args.message.params else {
        let values = args.values.clone();
        let is_twice = |at: usize, name: &str| values[..at].iter().any(|(have, _)| have == name);
        if let Some((_, (name, _))) = values
            .iter()
            .enumerate()
            .find(|(at, (name, _))| is_twice(*at, name))
        {
            return Err(Error::usage(format!(
                "`{}` is set twice",
                name.escape_debug()
            )));
        }
        if values.is_empty() {
            return Err(Error::usage("nothing is to be set")
                .with_hint("write temperature=30.5, or --params '{\"temperature\":30.5}'"));
        }
        return Ok(values);
    };
    let text = session.content("--params", text)?;
    match tree::parse(&text) {
        Ok(Value::Object(params)) => Ok(params),
        Ok(_) => Err(Error::usage("--params is no JSON object")),
        Err(why) => Err(Error::usage(format!(
            "--params is not JSON: {} (byte {})",
            why.why, why.at
        ))),
    }
}

fn new_request_id(moment: &mut Moment) -> String {
    moment.text(b"0123456789ABCDEF", 32)
}
