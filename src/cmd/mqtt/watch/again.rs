//! What is done about a lost connection: whether and when it is tried again, and what was missed
//! meanwhile. Time is what has passed since the start of the run, handed in.

use std::time::Duration;

use jiff::Timestamp;

use crate::moment::Moment;
use crate::mqtt::backoff::Backoff;

/// A connection that was ended sooner was not let alone.
const SHORT: Duration = Duration::from_secs(5);

/// So many short ones in a row are no accident: the first, and two that were made again.
const CONTESTED: u32 = 3;

/// Connections that were lost and made again.
#[derive(Debug)]
pub(super) struct Again {
    /// So many tries in a row may come to nothing.
    limit: u32,
    backoff: Backoff,
    /// Tries since the last connection.
    in_a_row: u32,
    /// How many connections in a row were ended at once.
    short: u32,
    away: Option<Away>,
    reconnects: u64,
    away_for: Duration,
}

/// A time without a connection.
#[derive(Debug)]
struct Away {
    from: Timestamp,
    since: Duration,
}

/// What follows a loss.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// It is tried again after so long.
    Wait {
        wait: Duration,
        /// Whether there was a connection just before.
        is_first: bool,
        /// Whether somebody ends each connection at once.
        is_contested: bool,
    },
    /// So many tries came to nothing, and there is no further one.
    GiveUp { tries: u32 },
}

impl Again {
    pub(super) fn new(limit: u32) -> Self {
        Self {
            limit,
            backoff: Backoff::default(),
            in_a_row: 0,
            short: 0,
            away: None,
            reconnects: 0,
            away_for: Duration::ZERO,
        }
    }

    /// A connection ended that had held for so long.
    pub(super) fn ended(&mut self, held: Duration) {
        self.short = if held < SHORT { self.short + 1 } else { 0 };
    }

    /// There is no connection; what was sent since `from` is lost.
    pub(super) fn lost(&mut self, from: Timestamp, now: Duration, moment: &mut Moment) -> Next {
        let is_first = self.away.is_none();
        if is_first {
            self.away = Some(Away { from, since: now });
            // After one that held for a while the waits begin anew.
            if self.short == 0 {
                self.backoff = Backoff::default();
            }
        }
        if self.in_a_row >= self.limit {
            return Next::GiveUp {
                tries: self.in_a_row,
            };
        }
        self.in_a_row += 1;
        Next::Wait {
            wait: self.backoff.wait(moment),
            is_first,
            is_contested: is_first && self.short == CONTESTED,
        }
    }

    /// The connection is back and subscribed: since when nothing came, and for how long.
    pub(super) fn back(&mut self, now: Duration) -> Option<(Timestamp, Duration)> {
        self.in_a_row = 0;
        let away = self.away.take()?;
        let took = now.saturating_sub(away.since);
        self.reconnects += 1;
        self.away_for += took;
        Some((away.from, took))
    }

    /// For how long there has been no connection, where there is none.
    pub(super) fn away(&self, now: Duration) -> Duration {
        let since = self.away.as_ref().map(|away| away.since);
        since.map_or(Duration::ZERO, |since| now.saturating_sub(since))
    }

    /// The counts of it, where it was lost at all.
    pub(super) fn counters(&self, now: Duration) -> Vec<(&'static str, u64)> {
        let open = self
            .away
            .as_ref()
            .map(|away| now.saturating_sub(away.since));
        let away = self.away_for + open.unwrap_or_default();
        if self.reconnects == 0 && open.is_none() {
            return Vec::new();
        }
        let millis = u64::try_from(away.as_millis()).unwrap_or(u64::MAX);
        vec![("reconnects", self.reconnects), ("away_ms", millis)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn moment() -> Moment {
        Moment::fixed(Timestamp::UNIX_EPOCH, 7)
    }

    fn wait(next: &Next) -> Duration {
        match next {
            Next::Wait { wait, .. } => *wait,
            Next::GiveUp { .. } => panic!("{next:?}"),
        }
    }

    #[test]
    fn waits_grow_until_a_connection_has_held_for_a_while() {
        let (mut again, mut moment) = (Again::new(u32::MAX), moment());
        let mut lost =
            |again: &mut Again| wait(&again.lost(Timestamp::UNIX_EPOCH, SECOND, &mut moment));
        again.ended(SECOND * 60);
        assert!(lost(&mut again) < SECOND * 3 / 2);
        assert!(lost(&mut again) > SECOND * 3 / 2);
        again.back(SECOND * 9);
        again.ended(SECOND);
        assert!(lost(&mut again) > SECOND * 3, "it was ended at once");
        again.back(SECOND * 9);
        again.ended(SECOND * 60);
        assert!(lost(&mut again) < SECOND * 3 / 2);
    }

    #[test]
    fn what_was_missed_begins_with_the_first_loss_and_ends_when_it_is_back() {
        let (mut again, mut moment) = (Again::new(u32::MAX), moment());
        let at = |second| Timestamp::from_second(second).unwrap();
        assert_eq!(again.counters(SECOND), []);
        again.lost(at(100), SECOND, &mut moment);
        again.lost(at(103), SECOND * 4, &mut moment);
        assert_eq!(
            again.counters(SECOND * 5),
            [("reconnects", 0), ("away_ms", 4000)]
        );
        assert_eq!(again.back(SECOND * 6), Some((at(100), SECOND * 5)));
        assert_eq!(again.back(SECOND * 7), None);
        assert_eq!(
            again.counters(SECOND * 9),
            [("reconnects", 1), ("away_ms", 5000)]
        );
    }

    #[test]
    fn tries_are_bounded_and_three_short_connections_in_a_row_are_noticed_once() {
        let (mut again, mut moment) = (Again::new(1), moment());
        let mut found = Vec::new();
        for _ in 0..4 {
            again.ended(SECOND);
            let next = again.lost(Timestamp::UNIX_EPOCH, SECOND, &mut moment);
            found.push(matches!(
                next,
                Next::Wait {
                    is_contested: true,
                    ..
                }
            ));
            again.back(SECOND);
        }
        assert_eq!(found, [false, false, true, false]);
        again.lost(Timestamp::UNIX_EPOCH, SECOND, &mut moment);
        let next = again.lost(Timestamp::UNIX_EPOCH, SECOND, &mut moment);
        assert_eq!(next, Next::GiveUp { tries: 1 });
        let mut never = Again::new(0);
        let next = never.lost(Timestamp::UNIX_EPOCH, SECOND, &mut moment);
        assert_eq!(next, Next::GiveUp { tries: 0 });
    }
}
