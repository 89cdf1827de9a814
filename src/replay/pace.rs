//! When each request goes out.

use std::time::Duration;

use jiff::Timestamp;

/// When the requests of a run go out. A late one goes out at once, and the plan stays as it was:
/// a slow server does not slow the load down.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Pace {
    /// Each as soon as a connection is free.
    #[default]
    Free,
    /// So many a second.
    Rate(f64),
    /// As far apart as they were recorded, divided by this.
    Recorded(f64),
}

/// The clock of one run: from one request to the time of the next.
#[derive(Clone, Debug)]
pub struct Pacer {
    pace: Pace,
    count: u32,
    /// When the last one is due, and when it was recorded.
    due: Duration,
    recorded: Option<Timestamp>,
}

impl Pacer {
    /// The clock at the start of a run.
    #[must_use]
    pub fn new(pace: Pace) -> Self {
        Self {
            pace,
            count: 0,
            due: Duration::ZERO,
            recorded: None,
        }
    }

    /// When the next request is due, from the start of the run; none if at once. `at` is when
    /// it was recorded: a record that does not say goes with the one before it, and so does one
    /// that was recorded earlier (the first of the next file or round).
    pub fn next(&mut self, at: Option<Timestamp>) -> Option<Duration> {
        match self.pace {
            Pace::Free => None,
            Pace::Rate(rate) => {
                let due = f64::from(self.count) / rate;
                self.count = self.count.saturating_add(1);
                Some(Duration::try_from_secs_f64(due).unwrap_or(Duration::MAX))
            }
            Pace::Recorded(speed) => {
                if let (Some(last), Some(at)) = (self.recorded, at) {
                    let gap = at.duration_since(last).as_secs_f64() / speed;
                    self.due += Duration::try_from_secs_f64(gap).unwrap_or_default();
                }
                self.recorded = at.or(self.recorded);
                Some(self.due)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Option<Timestamp> {
        Timestamp::from_second(seconds).ok()
    }

    fn millis(pace: Pace, times: &[Option<Timestamp>]) -> Vec<Option<u128>> {
        let mut pacer = Pacer::new(pace);
        times
            .iter()
            .map(|&at| pacer.next(at).map(|due| due.as_millis()))
            .collect()
    }

    #[test]
    fn a_rate_is_even_and_a_free_pace_waits_for_nothing() {
        assert_eq!(
            millis(Pace::Rate(4.0), &[None; 3]),
            [Some(0), Some(250), Some(500)]
        );
        assert_eq!(millis(Pace::Free, &[None; 2]), [None, None]);
    }

    #[test]
    fn a_recorded_pace_keeps_the_gaps_and_shortens_them_by_its_speed() {
        let times = [at(100), at(110), None, at(120), at(100), at(102)];
        assert_eq!(
            millis(Pace::Recorded(2.0), &times),
            [
                Some(0),
                Some(5000),
                Some(5000),
                Some(10_000),
                Some(10_000),
                Some(11_000)
            ]
        );
    }
}
