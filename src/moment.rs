//! Time and chance, handed in as an argument.
//!
//! No other module of the core asks a clock or a random generator: `--now` and `--seed` make
//! every run repeatable.

use std::time::Duration;

use jiff::Timestamp;
use rand::rngs::ChaCha12Rng;
use rand::{Rng, RngExt, SeedableRng};

/// A time that is longer is a mistake, and too long to be added to a clock.
pub const LONGEST: Duration = Duration::from_secs(100 * 365 * 24 * 3600);

/// Reads a duration such as `30s`, `5m` or `1h30m`; `wrong` says what is wrong with a text that
/// is none.
pub fn parse_duration(text: &str, wrong: impl FnOnce() -> String) -> Result<Duration, String> {
    match humantime::parse_duration(text) {
        Ok(time) => not_too_long(time),
        Err(humantime::DurationError::NumberOverflow) => Err(TOO_LONG.to_owned()),
        Err(_) => Err(wrong()),
    }
}

/// Refuses a duration that is longer than the longest.
pub fn not_too_long(time: Duration) -> Result<Duration, String> {
    if time > LONGEST {
        return Err(TOO_LONG.to_owned());
    }
    Ok(time)
}

const TOO_LONG: &str = "a time is at most 100 years";

/// Now, and a source of chance.
pub struct Moment {
    /// The time that this run takes for now.
    pub now: Timestamp,
    chance: ChaCha12Rng,
}

impl Moment {
    /// A moment whose chance is fixed by `seed`.
    #[must_use]
    pub fn fixed(now: Timestamp, seed: u64) -> Self {
        Self {
            now,
            chance: ChaCha12Rng::seed_from_u64(seed),
        }
    }

    /// Now in unix seconds.
    #[must_use]
    pub fn seconds(&self) -> i64 {
        self.now.as_second()
    }

    /// Now in unix milliseconds.
    #[must_use]
    pub fn millis(&self) -> i64 {
        self.now.as_millisecond()
    }

    /// Random bytes.
    pub fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.chance.fill_bytes(&mut bytes);
        bytes
    }

    /// `count` characters drawn from `alphabet` (ASCII).
    pub fn text(&mut self, alphabet: &[u8], count: usize) -> String {
        (0..count)
            .map(|_| char::from(alphabet[self.below(alphabet.len())]))
            .collect()
    }

    /// Fills `place` with characters drawn from `alphabet` (ASCII, at most 256 of them).
    ///
    /// One random number gives five characters: five digits of a 64-bit fraction to the base of
    /// the alphabet's size are even enough for any nonce.
    pub fn fill(&mut self, alphabet: &[u8], place: &mut [u8]) {
        let base = alphabet.len() as u64;
        for five in place.chunks_mut(5) {
            let mut fraction = self.chance.next_u64();
            for character in five {
                let wide = u128::from(fraction) * u128::from(base);
                let [high, low] = [wide >> 64, wide & u128::from(u64::MAX)]
                    .map(|half| u64::try_from(half).unwrap_or_default());
                *character = usize::try_from(high)
                    .ok()
                    .and_then(|at| alphabet.get(at))
                    .copied()
                    .unwrap_or_default();
                fraction = low;
            }
        }
    }

    /// A number from 0 to `end - 1`.
    pub fn below(&mut self, end: usize) -> usize {
        self.chance.random_range(0..end)
    }
}

/// `A` to `Z`, `a` to `z`, `0` to `9`.
pub const ALPHANUMERIC: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// Reads a time: RFC 3339, or unix seconds or milliseconds (told apart by size: a number of
/// 100,000,000,000 and more is milliseconds).
#[must_use]
pub fn parse_time(text: &str) -> Option<Timestamp> {
    if let Ok(number) = text.parse::<i64>() {
        return from_unix(number);
    }
    text.parse().ok()
}

/// A unix time in seconds or milliseconds, told apart by size.
#[must_use]
pub fn from_unix(number: i64) -> Option<Timestamp> {
    if number.unsigned_abs() >= 100_000_000_000 {
        Timestamp::from_millisecond(number).ok()
    } else {
        Timestamp::from_second(number).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_read_in_all_three_forms() {
        let time = Timestamp::from_second(1_585_579_321).unwrap();
        assert_eq!(parse_time("2020-03-30T14:42:01Z"), Some(time));
        assert_eq!(parse_time("1585579321"), Some(time));
        assert_eq!(parse_time("1585579321000"), Some(time));
        assert_eq!(parse_time("yesterday"), None);
    }

    #[test]
    fn a_duration_is_at_most_a_hundred_years() {
        let read = |text| parse_duration(text, || "no time".to_owned());
        assert_eq!(read("1h30m"), Ok(Duration::from_secs(5400)));
        assert_eq!(
            read("99y").map(|it| it > Duration::from_secs(3_000_000_000)),
            Ok(true)
        );
        for (text, why) in [
            ("soon", "no time"),
            ("101y", TOO_LONG),
            ("300000000000y", TOO_LONG),
            ("99999999999999999999999y", TOO_LONG),
        ] {
            assert_eq!(read(text), Err(why.to_owned()), "{text}");
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_chance() {
        let draw = || Moment::fixed(Timestamp::UNIX_EPOCH, 7).text(ALPHANUMERIC, 16);
        assert_eq!(draw(), draw());
    }
}
