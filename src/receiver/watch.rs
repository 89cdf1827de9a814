//! What has become of what is expected: judged when its time is over, and not later.

use std::time::Duration;

use super::expect::{Expectation, Seen, Standing};

/// Expectations, and what has become of them.
#[derive(Clone, Debug, Default)]
pub struct Watch {
    watched: Vec<Watched>,
}

#[derive(Clone, Debug)]
struct Watched {
    expectation: Expectation,
    /// Whether it holds while nothing has come, and so may be broken until its time is over.
    begins_met: bool,
    /// Its standing for ever.
    settled: Option<Standing>,
}

impl Watch {
    /// Watches these.
    #[must_use]
    pub fn new(expectations: Vec<Expectation>) -> Self {
        let nothing = Seen::default();
        let watched = expectations.into_iter().map(|expectation| Watched {
            begins_met: expectation.holds(&nothing).0,
            expectation,
            settled: None,
        });
        Self {
            watched: watched.collect(),
        }
    }

    /// Something is about to be counted, so long after the start: whose time was over by then
    /// stands as it stood.
    pub fn pass(&mut self, seen: &Seen, now: Duration) {
        for one in &mut self.watched {
            if one.settled.is_none() && one.expectation.is_late(now) {
                one.settled = Some(one.expectation.standing(seen, now));
            }
        }
    }

    /// The run ends: nothing changes any more. What is still open is missed.
    pub fn end(&mut self, seen: &Seen, now: Duration) {
        for one in &mut self.watched {
            let standing = one.standing(seen, now);
            one.settled = Some(match standing {
                Standing::Open => Standing::Missed(one.expectation.found(seen)),
                settled => settled,
            });
        }
    }

    /// Until when each is to hold, where that is said.
    pub fn withins(&self) -> impl Iterator<Item = Duration> {
        let watched = self.watched.iter();
        watched.filter_map(|one| one.expectation.within())
    }

    /// How each of them stands.
    #[must_use]
    pub fn standings(&self, seen: &Seen, now: Duration) -> Vec<(&Expectation, Standing)> {
        let standing = |one: &Watched| one.standing(seen, now);
        let watched = self.watched.iter();
        watched.map(|it| (&it.expectation, standing(it))).collect()
    }

    /// Whether waiting on would change nothing: one of them is missed; or all hold, those that
    /// could still be broken have had their time, and there was something to wait for.
    #[must_use]
    pub fn is_decided(&self, seen: &Seen, now: Duration) -> bool {
        let mut waits = false;
        for one in &self.watched {
            match one.standing(seen, now) {
                Standing::Missed(_) => return true,
                Standing::Open => waits = true,
                Standing::Met => {
                    let has_time = one.expectation.within().is_some();
                    waits |= one.begins_met && has_time && !one.expectation.is_late(now);
                }
            }
        }
        let is_awaited = |one: &Watched| !one.begins_met || one.expectation.within().is_some();
        !waits && self.watched.iter().any(is_awaited)
    }
}

impl Watched {
    fn standing(&self, seen: &Seen, now: Duration) -> Standing {
        let settled = self.settled.clone();
        settled.unwrap_or_else(|| self.expectation.standing(seen, now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(names: &[&str]) -> Seen {
        let mut seen = Seen::default();
        for name in names {
            seen.add(name);
        }
        seen
    }

    fn watch(expectations: &[&str]) -> Watch {
        let parsed = expectations.iter().map(|text| text.parse().unwrap());
        Watch::new(parsed.collect())
    }

    fn seconds(count: u64) -> Duration {
        Duration::from_secs(count)
    }

    fn is_met(watch: &Watch, seen: &Seen) -> bool {
        let standings = watch.standings(seen, seconds(99));
        standings.iter().all(|(_, it)| *it == Standing::Met)
    }

    #[test]
    fn what_comes_behind_its_time_changes_nothing() {
        let mut watch = watch(&["verified=1 within 5s"]);
        let mut seen = Seen::default();
        watch.pass(&seen, seconds(6));
        seen.add("verified");
        assert!(!is_met(&watch, &seen), "it came too late");

        let mut watch = self::watch(&["verified=1 within 5s"]);
        watch.pass(&seen, seconds(6));
        seen.add("verified");
        assert!(is_met(&watch, &seen), "it held when its time was over");
    }

    #[test]
    fn what_is_counted_behind_the_end_changes_nothing() {
        let mut watch = watch(&["verified=1"]);
        let mut seen = seen(&["verified"]);
        assert!(watch.is_decided(&seen, seconds(1)));
        watch.end(&seen, seconds(1));
        seen.add("verified");
        assert!(is_met(&watch, &seen));
    }

    #[test]
    fn it_is_decided_when_waiting_on_would_change_nothing() {
        let decided = |expectations: &[&str], names: &[&str], at: u64| {
            watch(expectations).is_decided(&seen(names), seconds(at))
        };
        assert!(!decided(&[], &[], 9), "nothing is expected");
        assert!(!decided(&["duplicates=0"], &[], 9), "until it is broken");
        assert!(decided(&["duplicates=0"], &["duplicates"], 9));
        assert!(!decided(&["duplicates=0 within 5s"], &[], 5));
        assert!(decided(&["duplicates=0 within 5s"], &[], 6));
        assert!(!decided(&["verified=1"], &[], 9));
        assert!(decided(&["verified=1"], &["verified"], 1));
        let both = ["verified=1", "duplicates=0"];
        assert!(decided(&both, &["verified"], 1), "nothing else is awaited");
        let timed = ["verified=1", "duplicates=0 within 5s"];
        assert!(!decided(&timed, &["verified"], 1), "it may still be broken");
        assert!(decided(&timed, &["verified"], 6));
        let held = ["refused=0 within 1s", "duplicates=0"];
        assert!(decided(&held, &[], 2), "the last time is over");
    }
}
