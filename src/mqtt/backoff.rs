//! How long a client waits before it connects again.
//!
//! Twice as long each time, so that a broker that is down is not run over when it comes back;
//! and each client a little differently, so that not all of them come at once.

use std::time::Duration;

use crate::moment::Moment;

/// The first wait.
const FIRST: Duration = Duration::from_secs(1);
/// The longest one.
const LONGEST: Duration = Duration::from_secs(60);
/// By so many per cent it is shorter or longer.
const SPREAD: usize = 20;

/// The waits between tries.
#[derive(Clone, Copy, Debug)]
pub struct Backoff {
    next: Duration,
}

impl Default for Backoff {
    fn default() -> Self {
        Self { next: FIRST }
    }
}

impl Backoff {
    /// The next wait: 1 s, 2 s, 4 s and so on up to 60 s, each by up to a fifth shorter or longer.
    pub fn wait(&mut self, moment: &mut Moment) -> Duration {
        let wait = self.next;
        self.next = (wait * 2).min(LONGEST);
        let percent = 100 - SPREAD + moment.below(2 * SPREAD + 1);
        wait * u32::try_from(percent).unwrap_or(100) / 100
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;

    fn waits(seed: u64) -> Vec<Duration> {
        let mut moment = Moment::fixed(Timestamp::UNIX_EPOCH, seed);
        let mut backoff = Backoff::default();
        (0..9).map(|_| backoff.wait(&mut moment)).collect()
    }

    #[test]
    fn each_wait_is_about_twice_the_one_before_and_none_is_much_longer_than_a_minute() {
        let nominal = [1, 2, 4, 8, 16, 32, 60, 60, 60].map(Duration::from_secs);
        for (wait, nominal) in waits(7).into_iter().zip(nominal) {
            assert!(
                wait >= nominal * 8 / 10 && wait <= nominal * 12 / 10,
                "{wait:?}"
            );
        }
    }

    #[test]
    fn two_clients_do_not_come_at_once() {
        assert_ne!(waits(1), waits(2));
        assert_eq!(waits(1), waits(1), "a seed makes it repeatable");
    }
}
