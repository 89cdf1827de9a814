//! What may go wrong on the device's side: `--fault lost-result:20%`.
//!
//! ```text
//! lost-result           the command ran, and its result is never sent
//! duplicate-result      the result is sent twice
//! late-result=5s        the result is sent so much later
//! wrong-uuid            the result carries a uuid that no poll had
//! reboot=30s            the command ran, then the device is away, and its result is forgotten
//! slow-poll=5s          the request of a poll takes so long to send
//! half-open=60s         the request of a poll is sent, and its answer never read
//! ```
//! Each may have one of `:20%`, `:every=3` and `:first=2`; without, it is always so. A poll has at
//! most one fault, and so has a result: the first in the list that applies.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use crate::moment::{Moment, parse_duration};
use crate::rate::Rate;

/// One thing that goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The result is not sent.
    LostResult,
    /// The result is sent twice.
    DuplicateResult,
    /// The result is sent after a pause.
    LateResult(Duration),
    /// The result has a uuid of its own.
    WrongUuid,
    /// The device forgets the result and is away for a while.
    Reboot(Duration),
    /// The poll's bytes trickle out over this time.
    SlowPoll(Duration),
    /// The poll's answer is not read for this time, then the connection is dropped.
    HalfOpen(Duration),
}

impl Fault {
    /// The name, without its time.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::LostResult => "lost-result",
            Self::DuplicateResult => "duplicate-result",
            Self::LateResult(_) => "late-result",
            Self::WrongUuid => "wrong-uuid",
            Self::Reboot(_) => "reboot",
            Self::SlowPoll(_) => "slow-poll",
            Self::HalfOpen(_) => "half-open",
        }
    }

    /// When it may strike.
    #[must_use]
    pub fn occasion(self) -> Occasion {
        match self {
            Self::SlowPoll(_) | Self::HalfOpen(_) => Occasion::Poll,
            _ => Occasion::Result,
        }
    }

    fn named(name: &str) -> Option<Self> {
        let seconds = Duration::from_secs;
        Some(match name {
            "lost-result" => Self::LostResult,
            "duplicate-result" => Self::DuplicateResult,
            "late-result" => Self::LateResult(seconds(5)),
            "wrong-uuid" => Self::WrongUuid,
            "reboot" => Self::Reboot(seconds(30)),
            "slow-poll" => Self::SlowPoll(seconds(5)),
            "half-open" => Self::HalfOpen(seconds(60)),
            _ => return None,
        })
    }

    /// The same with another time; none if it has no time.
    fn lasting(self, time: Duration) -> Option<Self> {
        Some(match self {
            Self::LateResult(_) => Self::LateResult(time),
            Self::Reboot(_) => Self::Reboot(time),
            Self::SlowPoll(_) => Self::SlowPoll(time),
            Self::HalfOpen(_) => Self::HalfOpen(time),
            Self::LostResult | Self::DuplicateResult | Self::WrongUuid => return None,
        })
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())?;
        match self {
            Self::LateResult(time)
            | Self::Reboot(time)
            | Self::SlowPoll(time)
            | Self::HalfOpen(time) => write!(f, "={}", humantime::format_duration(*time)),
            Self::LostResult | Self::DuplicateResult | Self::WrongUuid => Ok(()),
        }
    }
}

/// When a fault may strike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Occasion {
    /// A poll is about to be sent.
    Poll,
    /// A command ran and its result is about to be sent.
    Result,
}

/// A fault and how often it strikes: `late-result=5s:every=3`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FaultSpec {
    fault: Fault,
    rate: Rate,
}

impl FaultSpec {
    /// What goes wrong.
    #[must_use]
    pub fn fault(&self) -> Fault {
        self.fault
    }
}

const NAMES: &str = "lost-result, duplicate-result, late-result, wrong-uuid, reboot, slow-poll or \
                     half-open";

impl FromStr for FaultSpec {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut parts = text.split(':');
        let first = parts.next().unwrap_or_default();
        let (name, time) = match first.split_once('=') {
            Some((name, time)) => (name, Some(time)),
            None => (first, None),
        };
        let fault =
            Fault::named(name).ok_or_else(|| format!("`{name}` is no fault: write {NAMES}"))?;
        let fault = match time {
            None => fault,
            Some(time) => {
                let span = parse_duration(time, || {
                    format!("`{time}` is no time: write {name}=5s, or {name}=500ms")
                })?;
                fault
                    .lasting(span)
                    .ok_or_else(|| format!("{name} takes no time: write {name} alone"))?
            }
        };
        let rate = parts.next().map_or(Ok(Rate::Always), str::parse)?;
        match parts.next() {
            None => Ok(Self { fault, rate }),
            Some(more) => Err(format!(
                "`:{more}` is one rate too many: a fault has one of :20%, :every=3 and :first=2"
            )),
        }
    }
}

/// Decides for one device; it counts, and takes its chance from the moment.
#[derive(Clone, Debug)]
pub struct Faults {
    specs: Arc<[FaultSpec]>,
    counts: Box<[u32]>,
}

impl Faults {
    /// A decider at its beginning.
    #[must_use]
    pub fn new(specs: Arc<[FaultSpec]>) -> Self {
        Self {
            counts: vec![0; specs.len()].into(),
            specs,
        }
    }

    /// What goes wrong this time, if anything does.
    pub fn decide(&mut self, occasion: Occasion, moment: &mut Moment) -> Option<Fault> {
        let mut struck = None;
        for (spec, count) in self.specs.iter().zip(&mut self.counts) {
            if spec.fault.occasion() != occasion {
                continue;
            }
            let strikes = spec.rate.strikes(count, moment);
            if strikes {
                struck = struck.or(Some(spec.fault));
            }
        }
        struck
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;

    fn strikes(specs: &[&str], occasion: Occasion, times: usize) -> Vec<Option<Fault>> {
        let specs: Vec<FaultSpec> = specs.iter().map(|spec| spec.parse().unwrap()).collect();
        let mut faults = Faults::new(specs.into());
        let mut moment = Moment::fixed(Timestamp::UNIX_EPOCH, 1);
        (0..times)
            .map(|_| faults.decide(occasion, &mut moment))
            .collect()
    }

    #[test]
    fn a_fault_strikes_every_third_time_or_the_first_two_times() {
        let lost = Some(Fault::LostResult);
        assert_eq!(
            strikes(&["lost-result:every=3"], Occasion::Result, 6),
            [None, None, lost, None, None, lost]
        );
        assert_eq!(
            strikes(
                &["reboot:first=1", "lost-result:first=2"],
                Occasion::Result,
                3
            ),
            [Some(Fault::Reboot(Duration::from_secs(30))), lost, None]
        );
        assert_eq!(strikes(&["lost-result"], Occasion::Poll, 1), [None]);
    }

    #[test]
    fn a_percentage_is_kept_by_chance_and_the_same_seed_gives_the_same_faults() {
        let draw = || strikes(&["slow-poll=1s:20%"], Occasion::Poll, 10_000);
        let count = draw().iter().flatten().count();
        assert!((1_800..2_200).contains(&count), "{count}");
        assert_eq!(draw(), draw());
    }

    #[test]
    fn what_is_no_fault_is_refused_in_plain_words() {
        let why = |text: &str| text.parse::<FaultSpec>().unwrap_err();
        assert_eq!(why("lost"), format!("`lost` is no fault: write {NAMES}"));
        assert_eq!(
            why("late-result=soon"),
            "`soon` is no time: write late-result=5s, or late-result=500ms"
        );
        assert_eq!(
            why("lost-result=5s"),
            "lost-result takes no time: write lost-result alone"
        );
        for wrong in [
            "often", "120%", "every=0", "x=1", "-1%", "1.23456%", "%", "",
        ] {
            assert_eq!(
                why(&format!("reboot:{wrong}")),
                format!("`:{wrong}` is no rate: write :20%, :every=3 or :first=2")
            );
        }
        assert!(why("reboot:20%:first=1").contains("one rate too many"));
    }

    #[test]
    fn a_fault_is_written_as_it_is_read() {
        for text in [
            "lost-result",
            "late-result=5s",
            "half-open=1m",
            "wrong-uuid",
        ] {
            let spec: FaultSpec = text.parse().unwrap();
            assert_eq!(spec.fault().to_string(), text);
        }
    }
}
