//! `pushrig mqtt`: `OneNET` Studio's application long connection, and ordinary brokers.

use clap::{ArgMatches, Command};

use super::Subcommand;
use crate::error::{Error, Outcome};
use crate::session::Session;

mod account;
mod broker_url;
mod connection;
mod devices;
mod platform;
mod refused;
mod set;
mod watch;

/// The subcommand.
pub const SUBCOMMAND: Subcommand = Subcommand {
    name: "mqtt",
    about: "Watch devices and set their properties over MQTT, or be the platform (OneNET Studio)",
    define: |command| {
        command
            .subcommand_required(true)
            .arg_required_else_help(true)
            .subcommand(watch::define(Command::new(watch::NAME).about(watch::ABOUT)))
            .subcommand(set::define(Command::new(set::NAME).about(set::ABOUT)))
            .subcommand(platform::define(
                Command::new(platform::NAME).about(platform::ABOUT),
            ))
            .after_help(EXAMPLES)
    },
    run,
};

const EXAMPLES: &str = "\
OneNET Studio's application long connection (应用长连接) is MQTT 3.1.1 without TLS, at
tcp://183.230.102.116:25002. Nothing is buffered there: what is sent while no
application is connected is lost.

Examples:
  pushrig mqtt watch 127.0.0.1:1883 --user 10311 --access-key env:KEY \\
      --device 00001/iot-0001 --for 10s
  pushrig mqtt set 127.0.0.1:1883 --user 10311 --access-key env:KEY \\
      --device 00001/iot-0001 temperature=30.5
  pushrig mqtt platform --bind 127.0.0.1:1883 --user 10311 \\
      --access-key env:KEY --device 00001/iot-0001 --rate 1 --for 10s";

fn run(matches: &ArgMatches, session: &mut Session) -> Result<Outcome, Error> {
    match matches.subcommand() {
        Some((watch::NAME, matches)) => watch::run(matches, session),
        Some((set::NAME, matches)) => set::run(matches, session),
        Some((platform::NAME, matches)) => platform::run(matches, session),
        _ => Err(Error::usage("give watch, set or platform")),
    }
}
