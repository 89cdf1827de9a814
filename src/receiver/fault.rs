//! What a receiver may be made to do wrong: `--fault status=500:first=2`.
//!
//! ```text
//! status=500        answered with this status
//! delay=6s          answered so much later
//! reset             the connection is reset instead of an answer
//! truncate=10       the answer breaks off after so many bytes
//! slow=100B/s       the answer trickles out at this rate
//! never             no answer at all
//! ```
//! Each may have a rate (`:20%`, `:every=3`, `:first=2`), and a place: `:before` the work, the
//! default, means that the push is not taken, as by a handler that fails at its start; `:after`,
//! that it was taken and only the answer goes wrong, so that the platform sends it once more.
//! `first=2` alone is `status=500:first=2`. Of several faults the first that strikes counts.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use crate::moment::{Moment, parse_duration};
use crate::rate::Rate;

/// One thing that goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Another status.
    Status(u16),
    /// A late answer.
    Delay(Duration),
    /// A reset connection.
    Reset,
    /// So many bytes of an answer.
    Truncate(usize),
    /// So many bytes a second.
    Slow(u32),
    /// No answer.
    Never,
}

/// Whether the push is taken although it goes wrong.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Place {
    /// It is not taken.
    #[default]
    Before,
    /// It is.
    After,
}

/// A fault, how often it strikes, and whether the push is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FaultSpec {
    /// What goes wrong.
    pub fault: Fault,
    /// How often.
    pub rate: Rate,
    /// Whether the push is taken.
    pub place: Place,
}

impl Fault {
    /// Whether the answer is only late or slow, so that the push is taken all the same.
    #[must_use]
    pub fn only_takes_time(self) -> bool {
        matches!(self, Self::Delay(_) | Self::Slow(_))
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status(status) => write!(f, "status={status}"),
            Self::Delay(time) => write!(f, "delay={}", humantime::format_duration(*time)),
            Self::Reset => f.write_str("reset"),
            Self::Truncate(bytes) => write!(f, "truncate={bytes}"),
            Self::Slow(rate) => write!(f, "slow={rate}B/s"),
            Self::Never => f.write_str("never"),
        }
    }
}

impl fmt::Display for FaultSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.fault, self.rate)?;
        match self.place {
            Place::Before => Ok(()),
            Place::After => f.write_str(":after"),
        }
    }
}

const NAMES: &str = "status=500, delay=6s, reset, truncate=10, slow=100B/s or never";

impl FromStr for FaultSpec {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let alone = text.starts_with("first=") || text.starts_with("every=") || {
            text.split(':')
                .next()
                .is_some_and(|first| first.ends_with('%'))
        };
        let text = if alone {
            format!("status=500:{text}")
        } else {
            text.to_owned()
        };
        let mut parts = text.split(':');
        let fault = fault(parts.next().unwrap_or_default())?;
        let (mut rate, mut place) = (None, None);
        for part in parts {
            let is_twice = match part {
                "before" => place.replace(Place::Before).is_some(),
                "after" => place.replace(Place::After).is_some(),
                part => rate.replace(part.parse()?).is_some(),
            };
            if is_twice {
                return Err(format!(
                    "`:{part}` is one too many: a fault has one rate, and one of :before and :after"
                ));
            }
        }
        Ok(Self {
            fault,
            rate: rate.unwrap_or(Rate::Always),
            place: place.unwrap_or_default(),
        })
    }
}

fn fault(text: &str) -> Result<Fault, String> {
    let (name, value) = match text.split_once('=') {
        Some((name, value)) => (name, Some(value)),
        None => (text, None),
    };
    Ok(match (name, value) {
        ("status", Some(value)) => Fault::Status(status(value)?),
        ("delay", Some(value)) => Fault::Delay(parse_duration(value, || {
            format!("`{value}` is no time: write delay=6s, or delay=500ms")
        })?),
        ("truncate", Some(value)) => Fault::Truncate(
            value
                .parse()
                .map_err(|_| format!("`{value}` is no number of bytes: write truncate=10"))?,
        ),
        ("slow", Some(value)) => Fault::Slow(slow(value)?),
        ("reset", None) => Fault::Reset,
        ("never", None) => Fault::Never,
        ("status" | "delay" | "truncate" | "slow", None) => {
            return Err(format!("`{name}` needs a value: {NAMES}"));
        }
        ("reset" | "never", Some(_)) => return Err(format!("`{name}` takes no value")),
        _ => return Err(format!("`{name}` is no fault: write {NAMES}")),
    })
}

fn status(text: &str) -> Result<u16, String> {
    let status = text
        .parse()
        .ok()
        .filter(|status| (200..=599).contains(status));
    status.ok_or_else(|| format!("`{text}` is no status of an answer: 200 to 599"))
}

fn slow(text: &str) -> Result<u32, String> {
    let wrong = || format!("`{text}` is no rate of bytes: write slow=100B/s");
    let number = text.strip_suffix("B/s").unwrap_or(text);
    let rate = number.parse().ok().filter(|&rate| rate > 0);
    rate.ok_or_else(wrong)
}

/// Decides what goes wrong; it counts, and takes its chance from the moment.
#[derive(Clone, Debug, Default)]
pub struct Faults {
    specs: Vec<FaultSpec>,
    counts: Vec<u32>,
}

impl Faults {
    /// A decider at its beginning.
    #[must_use]
    pub fn new(specs: Vec<FaultSpec>) -> Self {
        Self {
            counts: vec![0; specs.len()],
            specs,
        }
    }

    /// What goes wrong with this push, if anything does. Every fault counts every push.
    pub fn decide(&mut self, moment: &mut Moment) -> Option<FaultSpec> {
        let mut struck = None;
        for (spec, count) in self.specs.iter().zip(&mut self.counts) {
            if spec.rate.strikes(count, moment) {
                struck = struck.or(Some(*spec));
            }
        }
        struck
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;

    #[test]
    fn a_fault_is_written_as_it_is_read() {
        for text in [
            "status=503",
            "delay=6s:20%",
            "reset:every=3",
            "truncate=10:first=2:after",
            "slow=100B/s",
            "never:after",
        ] {
            assert_eq!(text.parse::<FaultSpec>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn a_rate_alone_is_a_status_500() {
        for (text, full) in [
            ("first=2", "status=500:first=2"),
            ("20%:after", "status=500:20%:after"),
            ("every=3", "status=500:every=3"),
        ] {
            assert_eq!(text.parse::<FaultSpec>().unwrap().to_string(), full);
        }
        let before: FaultSpec = "reset:before".parse().unwrap();
        assert_eq!(before.place, Place::Before);
    }

    #[test]
    fn what_is_no_fault_is_refused_in_plain_words() {
        for (text, why) in [
            ("", "is no fault"),
            ("slowly", "is no fault"),
            ("status", "needs a value"),
            ("status=20", "is no status"),
            ("delay=soon", "is no time"),
            ("reset=1", "takes no value"),
            ("slow=0B/s", "is no rate of bytes"),
            ("truncate=x", "is no number of bytes"),
            ("reset:often", "is no rate"),
            ("reset:20%:30%", "one too many"),
            ("reset:before:after", "one too many"),
        ] {
            let found = text.parse::<FaultSpec>().unwrap_err();
            assert!(found.contains(why), "{text}: {found}");
        }
    }

    #[test]
    fn the_first_fault_that_strikes_counts_and_the_same_seed_gives_the_same() {
        let draw = |specs: &[&str]| {
            let specs = specs.iter().map(|spec| spec.parse().unwrap()).collect();
            let mut faults = Faults::new(specs);
            let mut moment = Moment::fixed(Timestamp::UNIX_EPOCH, 7);
            (0..6)
                .map(|_| faults.decide(&mut moment).map(|spec| spec.to_string()))
                .collect::<Vec<_>>()
        };
        let struck = draw(&["first=1", "reset:every=2"]);
        let first = Some("status=500:first=1".to_owned());
        let reset = Some("reset:every=2".to_owned());
        assert_eq!(
            struck,
            [first, reset.clone(), None, reset.clone(), None, reset]
        );
        assert_eq!(draw(&["never:50%"]), draw(&["never:50%"]));
    }
}
