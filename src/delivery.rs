//! One message on its way: when it is tried again, and when that ends.
//!
//! [`Attempts`] is told how each try ended and says what comes next; it neither sends nor
//! sleeps. [`Retry`] is what a user says about it, [`outlook`] tells what the platform itself
//! would do.

use std::fmt::Write as _;
use std::str::FromStr;
use std::time::Duration;

use crate::moment::{not_too_long, parse_duration};
use crate::platform::{Patience, Platform};

/// What comes after a try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// It was accepted: nothing comes.
    Done,
    /// Wait so long, then try again.
    Wait(Duration),
    /// One delivery through the error action, which is nobody's answer: see [`Step::Dropped`].
    ErrorAction,
    /// It is given up.
    Dropped,
}

/// The tries of one message.
#[derive(Clone, Debug)]
pub struct Attempts {
    pauses: std::vec::IntoIter<Duration>,
    error_action: bool,
}

impl Attempts {
    /// A first try, one more after each of the pauses, then the error action if there is one.
    #[must_use]
    pub fn new(pauses: Vec<Duration>, error_action: bool) -> Self {
        Self {
            pauses: pauses.into_iter(),
            error_action,
        }
    }

    /// What comes after a try, or after the error action: whatever came of that, the message is
    /// dropped behind it.
    pub fn next(&mut self, accepted: bool) -> Step {
        if accepted {
            self.pauses = Vec::new().into_iter();
            self.error_action = false;
            return Step::Done;
        }
        if let Some(pause) = self.pauses.next() {
            return Step::Wait(pause);
        }
        if std::mem::take(&mut self.error_action) {
            return Step::ErrorAction;
        }
        Step::Dropped
    }
}

/// When a message that was not accepted is sent again: `--retry`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Retry {
    /// Never.
    #[default]
    None,
    /// As the platform does.
    Platform,
    /// After these pauses.
    After(Vec<Duration>),
}

impl Retry {
    /// The pauses; none where the platform's were asked for and it has none that are known.
    #[must_use]
    pub fn pauses(&self, platform: Option<&Patience>) -> Option<Vec<Duration>> {
        match self {
            Self::None => Some(Vec::new()),
            Self::Platform => platform.map(|patience| patience.retries.to_vec()),
            Self::After(pauses) => Some(pauses.clone()),
        }
    }
}

impl FromStr for Retry {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "none" => return Ok(Self::None),
            "platform" => return Ok(Self::Platform),
            _ => {}
        }
        let pauses = text.split(',').map(|pause| {
            let pause = pause.trim();
            match pause.parse() {
                Ok(seconds) => not_too_long(Duration::from_secs(seconds)),
                Err(_) => parse_duration(pause, || {
                    "expected platform, none, or pauses such as 1s,3s,10s".to_owned()
                }),
            }
        });
        pauses.collect::<Result<_, _>>().map(Self::After)
    }
}

/// How long a pause takes at a speed: twice as fast is half as long.
#[must_use]
pub fn shortened(pause: Duration, speed: f64) -> Duration {
    Duration::try_from_secs_f64(pause.as_secs_f64() / speed).unwrap_or(Duration::MAX)
}

/// A pause that was waited, and at which speed what it stands for:
/// `100 ms after the one before (5 s at 50x)`.
#[must_use]
pub fn pause_in_words(pause: Duration, speed: f64) -> String {
    let waited = shortened(pause, speed);
    if waited == pause {
        return format!("{} after the one before", duration(pause));
    }
    // Nobody reads the nanoseconds of a third of a second.
    let millis = u64::try_from(waited.as_millis()).unwrap_or(u64::MAX);
    let waited = match millis {
        0..10 => Duration::from_micros(u64::try_from(waited.as_micros()).unwrap_or(u64::MAX)),
        _ => Duration::from_millis(millis),
    };
    format!(
        "{} after the one before ({} at {speed}x)",
        duration(waited),
        duration(pause)
    )
}

/// What the platform itself would do with a message that was not accepted, in one sentence.
///
/// Where its own schedule was `played_out` there is nothing left of that to tell, and where its
/// error action has `acted`, nothing of what comes afterwards.
#[must_use]
pub fn outlook(platform: Platform, patience: &Patience, played_out: bool, acted: bool) -> String {
    let name = platform.name();
    let mut text = match patience.retries {
        [] => format!("{name} drops it"),
        _ if played_out => format!("{name} drops it now"),
        pauses => {
            let mut text = format!("{name} would send it again after {}", in_words(pauses));
            if let Some(inferred) = patience.inferred {
                let _ = write!(text, " ({inferred} inferred: not published)");
            }
            text.push_str(", then drop it");
            text
        }
    };
    if let Some(afterwards) = patience.afterwards.filter(|_| !acted) {
        text.push_str("; ");
        text.push_str(afterwards);
    }
    text
}

/// `5 s, up to 3 times`; `1 s, 3 s and 10 s`; `5 s, 10 s and so on up to 1 h, 16 times in all`.
fn in_words(pauses: &[Duration]) -> String {
    /// As many pauses as are still read.
    const MOST: usize = 4;
    let words: Vec<_> = pauses.iter().map(|&pause| duration(pause)).collect();
    match words.as_slice() {
        [] => String::new(),
        [only] => only.clone(),
        [first, ..] if words.iter().all(|word| word == first) => {
            format!("{first}, up to {} times", words.len())
        }
        [first, second, .., last] if words.len() > MOST => format!(
            "{first}, {second} and so on up to {last}, {} times in all",
            words.len()
        ),
        [start @ .., last] => format!("{} and {last}", start.join(", ")),
    }
}

/// A duration in its largest units, parted from their numbers: `1 h`, `90 s` as `1 min 30 s`.
#[must_use]
pub fn duration(duration: Duration) -> String {
    let text = humantime::format_duration(duration).to_string();
    let mut spaced = String::with_capacity(text.len() + 8);
    for part in text.split(' ') {
        let unit = part.find(|c: char| !c.is_ascii_digit());
        let (number, unit) = part.split_at(unit.unwrap_or(part.len()));
        let unit = if unit == "m" { "min" } else { unit };
        if !spaced.is_empty() {
            spaced.push(' ');
        }
        spaced.push_str(number);
        spaced.push(' ');
        spaced.push_str(unit);
    }
    spaced
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn steps(attempts: &mut Attempts, accepted: &[bool]) -> Vec<Step> {
        accepted.iter().map(|&it| attempts.next(it)).collect()
    }

    #[test]
    fn what_is_accepted_is_done_and_stays_so() {
        let mut attempts = Attempts::new(vec![SECOND; 3], true);
        assert_eq!(
            steps(&mut attempts, &[false, true, false]),
            [Step::Wait(SECOND), Step::Done, Step::Dropped]
        );
    }

    #[test]
    fn what_is_refused_is_tried_after_each_pause_and_then_dropped() {
        let pauses = Platform::Tencent.webhook().unwrap().patience().retries;
        let mut attempts = Attempts::new(pauses.to_vec(), false);
        let seconds = |seconds| Step::Wait(Duration::from_secs(seconds));
        assert_eq!(
            steps(&mut attempts, &[false; 5]),
            [
                seconds(1),
                seconds(3),
                seconds(10),
                Step::Dropped,
                Step::Dropped
            ]
        );
    }

    #[test]
    fn the_error_action_comes_once_after_the_last_try() {
        let mut attempts = Attempts::new(vec![SECOND], true);
        assert_eq!(
            steps(&mut attempts, &[false, false, false]),
            [Step::Wait(SECOND), Step::ErrorAction, Step::Dropped]
        );
        let mut alone = Attempts::new(Vec::new(), true);
        assert_eq!(alone.next(false), Step::ErrorAction);
        assert_eq!(Attempts::new(Vec::new(), true).next(true), Step::Done);
    }

    #[test]
    fn every_platforms_schedule_ends() {
        for platform in Platform::ALL {
            let Some(webhook) = platform.webhook() else {
                continue;
            };
            let patience = webhook.patience();
            let pauses = Retry::Platform.pauses(Some(&patience)).unwrap();
            let count = pauses.len();
            let mut attempts = Attempts::new(pauses, false);
            for _ in 0..count {
                assert!(matches!(attempts.next(false), Step::Wait(_)));
            }
            assert_eq!(attempts.next(false), Step::Dropped);
        }
    }

    #[test]
    fn retry_is_a_word_or_pauses() {
        assert_eq!("none".parse(), Ok(Retry::None));
        assert_eq!("platform".parse(), Ok(Retry::Platform));
        let pauses = vec![SECOND, Duration::from_millis(300), Duration::from_mins(1)];
        assert_eq!("1s, 300ms,1m".parse(), Ok(Retry::After(pauses)));
        assert_eq!("1".parse(), Ok(Retry::After(vec![SECOND])));
        for wrong in ["", "often", "1s,", "-1", "1s;2s"] {
            assert!(wrong.parse::<Retry>().is_err(), "{wrong:?}");
        }
        assert_eq!(Retry::Platform.pauses(None), None);
        assert_eq!(Retry::None.pauses(None), Some(Vec::new()));
    }

    #[test]
    fn pauses_pass_faster_or_slower() {
        for (speed, millis) in [(10.0, 100), (0.5, 2000), (1000.0, 1)] {
            assert_eq!(shortened(SECOND, speed), Duration::from_millis(millis));
        }
        assert_eq!(shortened(SECOND, 1e-300), Duration::MAX);
    }

    #[test]
    fn what_a_platform_would_do_is_said_in_a_sentence() {
        let said = |platform: Platform| {
            let patience = platform.webhook().unwrap().patience();
            outlook(platform, &patience, false, false)
        };
        assert_eq!(
            said(Platform::Onenet),
            "OneNET would send it again after 5 s, up to 3 times (count and spacing inferred: \
             not published), then drop it; after 2000 failures in all, or 24 h of nothing else, \
             it stops pushing, and what was missed is not sent later"
        );
        assert_eq!(
            said(Platform::OnenetStudioPush),
            "OneNET Studio would send it again after 5 s, 10 s and so on up to 1 h, 16 times \
             in all, then drop it"
        );
        assert_eq!(
            said(Platform::Tencent),
            "Tencent would send it again after 1 s, 3 s and 10 s, then drop it; where the rule \
             has an error action, that gets it once, too"
        );
        assert_eq!(
            said(Platform::Sensoro),
            "SENSORO would send it again after 1 s, up to 3 times (the spacing inferred: not \
             published), then drop it"
        );
    }

    #[test]
    fn after_its_own_schedule_a_platform_drops_it() {
        let patience = Platform::Sensoro.webhook().unwrap().patience();
        assert_eq!(
            outlook(Platform::Sensoro, &patience, true, false),
            "SENSORO drops it now"
        );
        let patience = Platform::Tencent.webhook().unwrap().patience();
        assert_eq!(
            outlook(Platform::Tencent, &patience, true, true),
            "Tencent drops it now"
        );
    }

    #[test]
    fn a_pause_is_told_as_it_was_waited_and_what_it_stands_for() {
        let five = Duration::from_secs(5);
        for (pause, speed, words) in [
            (five, 1.0, "5 s after the one before"),
            (five, 50.0, "100 ms after the one before (5 s at 50x)"),
            (SECOND, 3.0, "333 ms after the one before (1 s at 3x)"),
            (SECOND, 0.5, "2 s after the one before (1 s at 0.5x)"),
        ] {
            assert_eq!(pause_in_words(pause, speed), words);
        }
    }

    #[test]
    fn durations_have_a_blank_before_the_unit() {
        assert_eq!(duration(Duration::from_secs(90)), "1 min 30 s");
        assert_eq!(duration(Duration::from_hours(1)), "1 h");
        assert_eq!(duration(Duration::from_millis(250)), "250 ms");
    }
}
