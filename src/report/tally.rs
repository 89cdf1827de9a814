//! Counts cases one by one, in memory that does not grow with them.

use std::time::Duration;

use super::case::{Case, CaseOutcome, Summary};
use super::times::Times;
use crate::error::Outcome;

/// What the cases so far come to.
///
/// ```standalone_crate
/// use std::time::Duration;
/// use pushrig::error::Outcome;
/// use pushrig::report::tally::Tally;
///
/// let mut tally = Tally::new();
/// tally.passed(200, 1.5);
/// let summary = tally.summary(Duration::from_secs(1));
/// assert_eq!((summary.cases, summary.outcome), (1, Some(Outcome::Yes)));
/// ```
#[derive(Clone, Debug, Default)]
pub struct Tally {
    passed: u64,
    failed: u64,
    errors: u64,
    unsent: u64,
    skipped: u64,
    warnings: u64,
    /// By status. A list, not a map: the index costs a million passes nothing.
    statuses: Vec<u64>,
    times: Times,
}

impl Tally {
    /// Nothing is counted yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Counts one case.
    pub fn add(&mut self, case: &Case) {
        self.warnings += case.warnings.len() as u64;
        if case.is_finding && case.outcome == CaseOutcome::Pass {
            return;
        }
        *match case.outcome {
            CaseOutcome::Pass => &mut self.passed,
            CaseOutcome::Fail => &mut self.failed,
            CaseOutcome::Error => &mut self.errors,
            CaseOutcome::Unsent => &mut self.unsent,
            CaseOutcome::Skip => &mut self.skipped,
        } += 1;
        if let Some(status) = case.status {
            self.status(status);
            // The time until no answer came says nothing about answers.
            if let Some(ms) = case.ms {
                self.times.record(ms);
            }
        }
    }

    /// Counts one case that passed and has nothing to tell, without making one.
    pub fn passed(&mut self, status: u16, ms: f64) {
        self.passed += 1;
        self.status(status);
        self.times.record(ms);
    }

    fn status(&mut self, status: u16) {
        let index = usize::from(status);
        if index >= self.statuses.len() {
            self.statuses.resize(index + 1, 0);
        }
        self.statuses[index] += 1;
    }

    /// How many cases there were, and how many of them are not right.
    #[must_use]
    pub fn counts(&self) -> (u64, u64) {
        let wrong = self.failed + self.errors + self.unsent;
        (self.passed + self.skipped + wrong, wrong)
    }

    /// What it comes to.
    #[must_use]
    pub fn summary(&self, elapsed: Duration) -> Summary {
        let errors = self.errors + self.unsent;
        let mut outcome = Outcome::of(self.failed == 0);
        if self.errors > 0 {
            outcome = outcome.and(Outcome::Incomplete);
        }
        if self.unsent > 0 {
            outcome = outcome.and(Outcome::BadInput);
        }
        let statuses = (0..).zip(&self.statuses);
        Summary {
            cases: self.passed + self.failed + errors + self.skipped,
            passed: self.passed,
            failed: self.failed,
            errors,
            skipped: self.skipped,
            warnings: self.warnings,
            elapsed,
            statuses: statuses
                .filter(|(_, count)| **count > 0)
                .map(|(status, count)| (status, *count))
                .collect(),
            latency: self.times.latency(),
            counters: Vec::new(),
            groups: Vec::new(),
            missed: Vec::new(),
            cause: None,
            ended: None,
            is_cut_short: false,
            outcome: Some(outcome),
        }
    }
}

impl Summary {
    /// Cases that were sent a second; none if no time went by.
    #[must_use]
    pub fn rate(&self) -> Option<f64> {
        #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
        let sent = (self.cases - self.skipped) as f64;
        (!self.elapsed.is_zero()).then(|| sent / self.elapsed.as_secs_f64())
    }

    /// Notes what was asked of the whole, and missed: that is a no.
    pub fn miss(&mut self, missed: impl IntoIterator<Item = String>) {
        for words in missed {
            self.missed.push(words);
            self.fold(Outcome::No);
        }
    }

    /// Notes that it was ended before its time, by what, and what that comes to.
    pub fn end(&mut self, by: impl Into<String>, outcome: Outcome) {
        self.ended = Some(by.into());
        self.is_cut_short |= outcome != Outcome::Yes;
        self.fold(outcome);
    }

    fn fold(&mut self, outcome: Outcome) {
        self.outcome = Some(self.outcome.unwrap_or(Outcome::Yes).and(outcome));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome_of(outcomes: &[CaseOutcome]) -> Option<Outcome> {
        let mut tally = Tally::new();
        for &outcome in outcomes {
            tally.add(&Case {
                outcome,
                ..Case::default()
            });
        }
        tally.summary(Duration::ZERO).outcome
    }

    #[test]
    fn the_exit_code_follows_from_what_was_counted() {
        use CaseOutcome::{Error, Fail, Pass, Skip, Unsent};
        assert_eq!(outcome_of(&[]), Some(Outcome::Yes));
        assert_eq!(outcome_of(&[Pass, Skip]), Some(Outcome::Yes));
        assert_eq!(outcome_of(&[Pass, Fail]), Some(Outcome::No));
        assert_eq!(outcome_of(&[Pass, Error]), Some(Outcome::Incomplete));
        assert_eq!(outcome_of(&[Fail, Error]), Some(Outcome::No));
        assert_eq!(outcome_of(&[Fail, Error, Unsent]), Some(Outcome::BadInput));
        let mut summary = Tally::new().summary(Duration::ZERO);
        summary.miss(Vec::new());
        assert_eq!(summary.outcome, Some(Outcome::Yes));
        summary.miss(["p99 is 231 ms".to_owned()]);
        assert_eq!(summary.outcome, Some(Outcome::No));
        summary.end("Ctrl-C", Outcome::Interrupted);
        assert_eq!(summary.outcome, Some(Outcome::Interrupted));
        assert_eq!(summary.ended.as_deref(), Some("Ctrl-C"));
    }

    #[test]
    fn percentiles_are_right_to_three_digits_and_never_beyond_what_was_measured() {
        let mut tally = Tally::new();
        for n in 1..=1_000_u32 {
            tally.passed(200, f64::from(n));
        }
        let latency = tally.summary(Duration::from_secs(2)).latency.unwrap();
        let near = |a: f64, b: f64| assert!((a / b - 1.0).abs() < 0.002, "{a} is not {b}");
        near(latency.p50, 500.0);
        near(latency.p90, 900.0);
        near(latency.p95, 950.0);
        near(latency.p99, 990.0);
        near(latency.mean, 500.5);
        assert_eq!((latency.min, latency.max), (1.0, 1_000.0));
        assert!(latency.p99 <= latency.max);

        let mut one = Tally::new();
        one.passed(204, 0.123_4);
        let latency = one.summary(Duration::ZERO).latency.unwrap();
        assert!((latency.p50 - 0.123_4).abs() < f64::EPSILON, "{latency:?}");
    }

    #[test]
    fn hours_and_nonsense_are_counted_all_the_same() {
        let mut tally = Tally::new();
        for ms in [-1.0, 1e12, 0.0] {
            tally.passed(999, ms);
        }
        assert_eq!(tally.summary(Duration::ZERO).statuses[&999], 3);
    }

    #[test]
    fn a_time_out_is_no_answers_time_and_a_finding_is_no_case() {
        let mut tally = Tally::new();
        let case = |outcome, status, ms| Case {
            outcome,
            status,
            ms,
            warnings: vec!["w".to_owned()],
            ..Case::default()
        };
        tally.add(&case(CaseOutcome::Fail, Some(500), Some(3.0)));
        tally.add(&case(CaseOutcome::Error, None, Some(10_000.0)));
        tally.add(&case(CaseOutcome::Skip, None, None));
        let finding = |outcome| Case {
            is_finding: true,
            ..case(outcome, None, None)
        };
        tally.add(&finding(CaseOutcome::Pass));
        tally.add(&finding(CaseOutcome::Fail));
        let summary = tally.summary(Duration::from_secs(2));
        assert_eq!((summary.cases, summary.passed, summary.failed), (4, 0, 2));
        assert_eq!(summary.warnings, 5);
        assert_eq!(summary.rate(), Some(1.5));
        assert!(summary.latency.unwrap().max < 4.0);
    }
}
