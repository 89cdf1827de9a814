//! How long answers took, in memory that does not grow with their number.

use hdrhistogram::Histogram;

use super::case::Latency;

/// The times of many answers, in milliseconds.
#[derive(Clone, Debug)]
pub struct Times {
    /// In microseconds.
    counts: Histogram<u64>,
    /// The histogram rounds to three digits; these do not, in milliseconds.
    sum: f64,
    min: f64,
    max: f64,
}

/// Longer answers are counted as this long by the percentiles; the maximum stays exact.
const LONGEST_MICROS: f64 = 3_600e6;

impl Default for Times {
    fn default() -> Self {
        Self {
            counts: Histogram::new(3).expect("three significant figures are allowed"),
            sum: 0.0,
            min: f64::INFINITY,
            max: 0.0,
        }
    }
}

impl Times {
    /// Counts one answer.
    pub(crate) fn record(&mut self, ms: f64) {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "clamped to what fits"
        )]
        let micros = (ms * 1_000.0).clamp(0.0, LONGEST_MICROS).round() as u64;
        self.counts
            .record(micros)
            .expect("a histogram that grows takes any value");
        self.sum += ms;
        self.min = self.min.min(ms);
        self.max = self.max.max(ms);
    }

    /// How many were counted.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.counts.len()
    }

    /// The percentiles; none if nothing was counted.
    #[must_use]
    pub fn latency(&self) -> Option<Latency> {
        if self.counts.is_empty() {
            return None;
        }
        #[expect(
            clippy::cast_precision_loss,
            reason = "counts and times are far below 2^52"
        )]
        let percentile = |quantile| {
            let micros = self.counts.value_at_quantile(quantile) as f64;
            // A bucket's end may lie beyond what was really measured.
            (micros / 1_000.0).clamp(self.min, self.max)
        };
        #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
        let mean = self.sum / self.count() as f64;
        Some(Latency {
            min: self.min,
            mean,
            p50: percentile(0.5),
            p90: percentile(0.9),
            p95: percentile(0.95),
            p99: percentile(0.99),
            max: self.max,
        })
    }
}
