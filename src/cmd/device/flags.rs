//! The flags of `pushrig device`, in groups.

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use clap::{Args, ValueEnum};

use crate::args::parse_duration;
use crate::controlid::device::{self, EmptySuccess, QueryBase, ResponseForm};
use crate::controlid::fault::FaultSpec;

/// Which devices.
#[derive(Args, Debug)]
#[command(next_help_heading = "Which devices")]
pub(super) struct WhoArgs {
    /// The deviceId; of several devices, the first
    #[arg(long, value_name = "N", value_parser = parse_id, allow_hyphen_values = true, conflicts_with_all = ["serial", "ids"])]
    pub(super) id: Option<i64>,
    /// The serial, 0G0200/005B6D, from which the deviceId follows by the vendor's formula
    #[arg(long, value_name = "S", conflicts_with = "ids")]
    pub(super) serial: Option<String>,
    /// A file of ids or serials, one a line
    #[arg(long, value_name = "FILE")]
    pub(super) ids: Option<PathBuf>,
    /// Simulate N devices [default: 1, with --ids as many as the file has]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(super) devices: Option<u32>,
}

fn parse_id(text: &str) -> Result<i64, String> {
    let wrong = || "a deviceId is a whole number of 64 bits, such as 478435".to_owned();
    text.parse().map_err(|_| wrong())
}

/// When it ends.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "When it ends; the first of these [default: by Ctrl-C]")]
pub(super) struct EndArgs {
    /// When each device has polled N times
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(super) polls: Option<u32>,
    /// When each device has run N commands; give --for, too, and fewer by then are a failure
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(super) commands: Option<u32>,
    /// When each device has made a poll that brought no command, whatever the reason; with --for,
    /// one that never does is a failure
    #[arg(long)]
    pub(super) until_idle: bool,
    /// After this time; commands that were taken up have 2 s more
    #[arg(long = "for", value_name = "DURATION", value_parser = parse_duration)]
    pub(super) time: Option<Duration>,
}

/// What is made of it.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "What is made of it")]
pub(super) struct OutputArgs {
    /// Fail if anything was found that would bite with a real device, or a command fails
    #[arg(long)]
    pub(super) strict: bool,
    /// Append every exchange to this capture
    #[arg(long, value_name = "FILE")]
    pub(super) capture: Option<PathBuf>,
}

/// What the firmware does where sources differ.
#[derive(Args, Debug)]
#[command(next_help_heading = "What its firmware does")]
pub(super) struct FirmwareArgs {
    /// The time between two polls
    #[arg(long, value_name = "DURATION", default_value = "5s", value_parser = parse_duration)]
    pub(super) period: Duration,
    /// How `response` is written: as a string that holds JSON, or as the object itself
    #[arg(long, value_enum, value_name = "FORM", default_value = "string")]
    pub(super) response: ResponseArg,
    /// How a success with nothing to say is written: as an empty string, or as {}
    #[arg(long, value_enum, value_name = "FORM", default_value = "string")]
    pub(super) empty_success: EmptyArg,
    /// Send no uuid, as older firmware does
    #[arg(long)]
    pub(super) no_uuid: bool,
    /// Do not know `transactions`, as older firmware does not
    #[arg(long)]
    pub(super) no_transactions: bool,
    /// Read JSON as it was meant: unquoted keys, comments, commas at the end
    #[arg(long)]
    pub(super) lenient_json: bool,
    /// Send a result that was not accepted so often again
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(super) retry_result: u32,
    /// Where the query of --server goes: behind the path, or left where it is
    #[arg(long, value_enum, value_name = "WHERE", default_value = "behind-path")]
    pub(super) query_base: QueryBaseArg,
    /// Polls a second at most, if the server always has a command; 0 is no limit
    #[arg(long, value_name = "N", default_value_t = 25, value_parser = clap::value_parser!(u32).range(..=1000))]
    pub(super) hot_loop_cap: u32,
    /// What goes wrong, such as lost-result:20%, duplicate-result, late-result=5s:every=3,
    /// wrong-uuid:first=1, reboot=30s, slow-poll=5s, half-open=60s; may be repeated
    #[arg(long, value_name = "SPEC")]
    pub(super) fault: Vec<FaultSpec>,
}

/// What the device knows.
#[derive(Args, Debug)]
#[command(next_help_heading = "What it knows")]
pub(super) struct StateArgs {
    /// Keep the state in this file over runs
    #[arg(long, value_name = "FILE")]
    pub(super) state: Option<PathBuf>,
    /// Begin with so many people, each with a card
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u32).range(..=1_000_000))]
    pub(super) seed_users: u32,
    /// Answers of your own in TOML: `[[answer]]` with endpoint, body, and reply, error or empty
    #[arg(long, value_name = "FILE")]
    pub(super) script: Option<PathBuf>,
    /// The alarm sounds: 1 to 5 a zone, 6 a door left open, 7 a door forced, 8 panic finger,
    /// 9 tampering, 10 panic card
    #[arg(long, value_name = "CAUSE", value_parser = clap::value_parser!(i64).range(1..=10))]
    pub(super) alarm: Option<i64>,
    /// Somebody passes, or tries to, before the first poll: user=7,portal=1; may be repeated
    #[arg(long, value_name = "WHO")]
    pub(super) access: Vec<AccessArg>,
    /// Post `dao` and `device_is_alive` to URL/api/notifications/
    #[arg(long, value_name = "URL")]
    pub(super) monitor: Option<String>,
}

/// How a fleet behaves.
#[derive(Args, Debug)]
#[command(next_help_heading = "Fleets")]
pub(super) struct FleetArgs {
    /// The time until the last device has made its first poll [default: one period]
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    pub(super) ramp: Option<Duration>,
    /// Make each poll up to so much later, drawn by --seed
    #[arg(long, value_name = "DURATION", default_value = "0s", value_parser = parse_duration)]
    pub(super) jitter: Duration,
    /// At most N devices get a state of their own, which their first write makes (0.25 MB each)
    #[arg(long, value_name = "N", default_value_t = 2_000)]
    pub(super) max_states: usize,
    /// Allow a fleet on a server that is not on this machine
    #[arg(long)]
    pub(super) allow_remote: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum ResponseArg {
    #[value(help = r#""{\"ids\":[8]}""#)]
    String,
    #[value(help = r#"{"ids":[8]}"#)]
    Object,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum EmptyArg {
    /// ""
    String,
    /// {}
    Object,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum QueryBaseArg {
    /// /x/push?key=1&deviceId=…
    BehindPath,
    /// /x?key=1/push?deviceId=…
    Verbatim,
}

/// `user=7,portal=1`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct AccessArg {
    pub(super) user: i64,
    pub(super) portal: i64,
}

impl FromStr for AccessArg {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("expected user=7, or user=7,portal=1, not `{text}`");
        let (mut user, mut portal) = (None, 1);
        for part in text.split(',') {
            let (name, value) = part.split_once('=').ok_or_else(wrong)?;
            let number = value.trim().parse().map_err(|_| wrong())?;
            match name.trim() {
                "user" => user = Some(number),
                "portal" => portal = number,
                _ => return Err(wrong()),
            }
        }
        let user = user.ok_or_else(wrong)?;
        Ok(Self { user, portal })
    }
}

impl EndArgs {
    /// Whether it ends by itself.
    pub(super) fn is_given(&self) -> bool {
        self.polls.is_some() || self.commands.is_some() || self.until_idle || self.time.is_some()
    }
}

impl FirmwareArgs {
    /// The machine's options, but for its address and time-out.
    pub(super) fn options(&self) -> device::Options {
        let mut options = device::Options {
            period: self.period,
            uuid: !self.no_uuid,
            retry_result: self.retry_result,
            hot_loop_cap: self.hot_loop_cap,
            faults: self.fault.clone().into(),
            ..device::Options::default()
        };
        options.rules.lenient_json = self.lenient_json;
        options.rules.transactions = !self.no_transactions;
        options.response = match self.response {
            ResponseArg::String => ResponseForm::String,
            ResponseArg::Object => ResponseForm::Object,
        };
        options.empty_success = match self.empty_success {
            EmptyArg::String => EmptySuccess::Text,
            EmptyArg::Object => EmptySuccess::Object,
        };
        options.query_base = match self.query_base {
            QueryBaseArg::BehindPath => QueryBase::BehindPath,
            QueryBaseArg::Verbatim => QueryBase::Verbatim,
        };
        options
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_access_is_a_user_and_perhaps_a_portal() {
        let read = |text: &str| text.parse::<AccessArg>();
        let (user, portal) = (7, 2);
        assert_eq!(read("user=7,portal=2"), Ok(AccessArg { user, portal }));
        assert_eq!(read("user=7"), Ok(AccessArg { user, portal: 1 }));
        for wrong in ["", "7", "portal=1", "user=x", "user=7,door=1"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
