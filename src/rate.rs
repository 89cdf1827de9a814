//! How often something strikes: `20%`, `every=3` or `first=2`.

use std::fmt;
use std::str::FromStr;

use crate::moment::Moment;

/// How often.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rate {
    /// Each time.
    Always,
    /// So many in a million, by chance.
    PerMillion(u32),
    /// The third, the sixth …
    Every(u32),
    /// The first two.
    First(u32),
}

const MILLION: u32 = 1_000_000;

impl Rate {
    /// Whether it strikes this time; `count` is how often it was asked, and is counted on.
    pub fn strikes(self, count: &mut u32, moment: &mut Moment) -> bool {
        *count = count.saturating_add(1);
        match self {
            Self::Always | Self::PerMillion(MILLION) => true,
            Self::PerMillion(parts) => moment.below(MILLION as usize) < parts as usize,
            Self::Every(every) => count.is_multiple_of(every),
            Self::First(first) => *count <= first,
        }
    }
}

impl FromStr for Rate {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`:{text}` is no rate: write :20%, :every=3 or :first=2");
        if let Some(percent) = text.strip_suffix('%') {
            return per_million(percent).map(Self::PerMillion).ok_or_else(wrong);
        }
        let (name, count) = text.split_once('=').ok_or_else(wrong)?;
        let count: u32 = count.parse().ok().filter(|&it| it > 0).ok_or_else(wrong)?;
        match name {
            "every" => Ok(Self::Every(count)),
            "first" => Ok(Self::First(count)),
            _ => Err(wrong()),
        }
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Always => Ok(()),
            Self::PerMillion(parts) => write!(f, ":{}%", f64::from(*parts) / 10_000.0),
            Self::Every(count) => write!(f, ":every={count}"),
            Self::First(count) => write!(f, ":first={count}"),
        }
    }
}

/// A percentage of up to four decimals in millionths.
fn per_million(percent: &str) -> Option<u32> {
    let (whole, decimals) = percent.split_once('.').unwrap_or((percent, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if !digits(whole) || !digits(decimals) || decimals.len() > 4 {
        return None;
    }
    let whole: u32 = whole.parse().ok()?;
    let decimals: u32 = format!("{decimals:0<4}").parse().ok()?;
    let parts = whole.checked_mul(10_000)?.checked_add(decimals)?;
    (parts <= MILLION).then_some(parts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;

    #[test]
    fn a_rate_is_written_as_it_is_read() {
        for text in ["20%", "0.5%", "every=3", "first=2"] {
            let rate: Rate = text.parse().unwrap();
            assert_eq!(rate.to_string(), format!(":{text}"));
        }
        assert_eq!(Rate::Always.to_string(), "");
        for wrong in [
            "often", "120%", "every=0", "x=1", "-1%", "1.23456%", "%", "",
        ] {
            let why = wrong.parse::<Rate>().unwrap_err();
            assert!(why.contains("is no rate"), "{why}");
        }
    }

    #[test]
    fn every_third_is_the_third_and_the_first_two_are_the_first_two() {
        let mut moment = Moment::fixed(Timestamp::UNIX_EPOCH, 1);
        let mut strikes = |rate: Rate| {
            let mut count = 0;
            (0..6)
                .map(|_| rate.strikes(&mut count, &mut moment))
                .collect::<Vec<_>>()
        };
        assert_eq!(
            strikes(Rate::Every(3)),
            [false, false, true, false, false, true]
        );
        assert_eq!(
            strikes(Rate::First(2)),
            [true, true, false, false, false, false]
        );
        assert!(strikes(Rate::Always).into_iter().all(|strikes| strikes));
    }
}
