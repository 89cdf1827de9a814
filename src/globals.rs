//! The flags that every subcommand takes.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use jiff::Timestamp;

use crate::moment;
use crate::term::ColorChoice;

/// How results are printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    #[default]
    Human,
    /// One JSON object a line, each with `"v":1` and a `"type"`.
    Json,
}

/// The flags that every subcommand takes.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Global options")]
pub struct GlobalArgs {
    /// How results are printed
    #[arg(
        long,
        global = true,
        value_enum,
        default_value_t,
        value_name = "FORMAT",
        hide_possible_values = true,
        help = "How results are printed: human or json"
    )]
    pub format: Format,
    /// When to colour
    #[arg(
        long,
        global = true,
        value_enum,
        default_value_t,
        value_name = "WHEN",
        hide_possible_values = true,
        help = "Colour: auto, always or never (NO_COLOR is respected)"
    )]
    pub color: ColorChoice,
    /// Only what is not right, and the summary
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// More detail
    #[arg(short, long, global = true)]
    pub verbose: bool,
    /// The configuration file [default: pushrig.toml, looked for upward]
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// The profile of the configuration file to use
    #[arg(long, global = true, value_name = "NAME")]
    pub profile: Option<String>,
    /// Take TIME for now: RFC 3339, or unix seconds or milliseconds
    #[arg(long, global = true, value_name = "TIME", value_parser = parse_time, allow_hyphen_values = true)]
    pub now: Option<Timestamp>,
    /// Make random values repeatable
    #[arg(long, global = true, value_name = "N")]
    pub seed: Option<u64>,
}

fn parse_time(text: &str) -> Result<Timestamp, String> {
    moment::parse_time(text).ok_or_else(|| {
        "expected RFC 3339 (2026-11-21T20:00:00Z), or unix seconds or milliseconds".to_owned()
    })
}
