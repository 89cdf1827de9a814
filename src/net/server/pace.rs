//! How the bytes of an answer leave; the time is an argument.

use std::time::Duration;

use tokio::time::Instant;

use super::reply::Manner;

/// A trickle is a step at a time: this many steps make a second, unless a byte takes longer.
const STEPS: u32 = 50;
/// A peer that took nothing for longer than this is not sent at once what it has missed.
const SLACK: Duration = Duration::from_millis(100);

/// How the bytes of an answer leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pace {
    /// As they are.
    Free,
    /// As they are, and nobody asked for them: they are hyper's own words.
    Unasked,
    /// With another head than hyper's.
    Passed,
    /// So many of them, and no more.
    Only(usize),
    /// So many a second, the next ones when they are due.
    Trickle { rate: u32, due: Instant },
}

/// Whether bytes may leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Room {
    /// So many, at least one.
    For(usize),
    /// Not before then.
    At(Instant),
    /// Never again.
    None,
}

impl Pace {
    /// That of an answer; of one that does not leave at all, too.
    pub(super) fn new(manner: Manner, now: Instant) -> Self {
        match manner {
            Manner::Plain => Self::Free,
            Manner::Truncate(count) => Self::Only(count),
            Manner::Slow(rate) => Self::Trickle {
                rate: rate.max(1),
                due: now,
            },
            Manner::Reset | Manner::Never => Self::Only(0),
        }
    }

    /// Whether some of `count` bytes may leave now.
    pub(super) fn room(&self, count: usize, now: Instant) -> Room {
        match *self {
            Self::Free | Self::Unasked | Self::Passed => Room::For(count),
            Self::Only(0) => Room::None,
            Self::Only(left) => Room::For(count.min(left)),
            Self::Trickle { due, .. } if due > now => Room::At(due),
            Self::Trickle { rate, .. } => Room::For(count.min((rate / STEPS).max(1) as usize)),
        }
    }

    /// So many have left.
    pub(super) fn went(&mut self, count: usize, now: Instant) {
        match self {
            Self::Free | Self::Unasked | Self::Passed => {}
            Self::Only(left) => *left -= count.min(*left),
            Self::Trickle { rate, due } => {
                // Counted from when they were due, not from now: clocks wake late, and the rate
                // is kept all the same.
                let earliest = now.checked_sub(SLACK).unwrap_or(*due);
                let count = u32::try_from(count).unwrap_or(u32::MAX);
                *due = (*due).max(earliest) + Duration::from_secs(1) * count / *rate;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How long so many bytes take with a clock that wakes a little late.
    fn time(rate: u32, bytes: usize) -> Duration {
        let begun = Instant::now();
        let (mut now, mut left) = (begun, bytes);
        let mut pace = Pace::new(Manner::Slow(rate), now);
        while left > 0 {
            match pace.room(left, now) {
                Room::For(count) => {
                    pace.went(count, now);
                    left -= count;
                }
                Room::At(due) => now = due + Duration::from_millis(3),
                Room::None => panic!("it goes on"),
            }
        }
        now - begun
    }

    #[test]
    fn a_trickle_keeps_its_rate_and_its_last_step_is_not_waited_for() {
        for (rate, bytes, millis) in [(0, 5, 4000), (1, 5, 4000), (100, 300, 2980), (1000, 1, 0)] {
            let taken = time(rate, bytes).as_millis();
            assert!(
                (millis..=millis + 3).contains(&taken),
                "{bytes} bytes at {rate} a second took {taken} ms"
            );
        }
    }

    #[test]
    fn who_took_nothing_for_a_while_is_not_sent_at_once_what_it_missed() {
        let begun = Instant::now();
        let mut pace = Pace::new(Manner::Slow(10), begun);
        let later = begun + Duration::from_secs(60);
        pace.went(1, later);
        pace.went(1, later);
        assert!(matches!(pace.room(1, later), Room::At(_)));
    }

    #[test]
    fn so_many_bytes_leave_and_no_more() {
        let now = Instant::now();
        let mut pace = Pace::new(Manner::Truncate(10), now);
        assert_eq!(pace.room(7, now), Room::For(7));
        pace.went(7, now);
        assert_eq!(pace.room(7, now), Room::For(3));
        pace.went(3, now);
        assert_eq!(pace.room(7, now), Room::None);
    }
}
