//! `--fail-if`: what is asked of a whole run, such as `p99>200ms` or `failed>=1%`.

use std::fmt;
use std::str::FromStr;

use super::case::{Latency, Summary};
use super::words;

/// A condition under which a run fails.
#[derive(Clone, Debug)]
pub struct Threshold {
    metric: Metric,
    comparison: Comparison,
    limit: Limit,
    /// As it was typed, to be shown when it is met.
    text: String,
}

#[derive(Clone, Debug)]
enum Metric {
    Time(TimeMetric),
    /// The same of one kind of answer: `load_objects.p99`.
    GroupTime(String, TimeMetric),
    Rate,
    Count(fn(&Summary) -> u64, &'static str, &'static str),
    /// What a subcommand counts beside the cases.
    Counter(String),
}

/// What is counted beside the cases by one subcommand or another.
const COUNTERS: [&str; 10] = [
    "devices",
    "polls",
    "idle",
    "commands",
    "device_errors",
    "lost_results",
    "unanswered",
    "faults",
    "own_states",
    "late_ms",
];

/// One of the percentiles, and its name.
type TimeMetric = (fn(&Latency) -> f64, &'static str);

#[derive(Clone, Copy, Debug, PartialEq)]
enum Comparison {
    More,
    AtLeast,
    Less,
    AtMost,
    Equal,
    Unequal,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Limit {
    /// Milliseconds, counts or cases a second: the metric's own unit.
    Plain(f64),
    /// Percent of all cases.
    Share(f64),
}

/// The names of all metrics, for messages.
const METRICS: &str = "p50 p90 p95 p99 max min mean (times; load_objects.p99 is that of one \
                       command), rate (cases a second), cases passed \
                       failed errors skipped warnings (counts, or percent of the cases), and what \
                       device counts: polls idle commands device_errors lost_results …";

impl Threshold {
    /// What to say if the run fails by this: "p99 is 231 ms: --fail-if 'p99>200ms'".
    #[must_use]
    pub fn check(&self, summary: &Summary) -> Option<String> {
        let (value, words) = match &self.metric {
            Metric::Time((of, name)) => {
                let Some(latency) = &summary.latency else {
                    // Nothing is known about the times: that must not look like a pass.
                    return Some(format!(
                        "there is no {name}, because nothing was answered: {self}"
                    ));
                };
                let ms = of(latency);
                (ms, format!("{name} is {}", words::exact_millis(ms)))
            }
            Metric::GroupTime(group, (of, name)) => {
                let found = summary.groups.iter().find(|have| have.name == *group);
                let Some(found) = found else {
                    return Some(format!(
                        "there is no {group}.{name}, because no {group} was answered: {self}"
                    ));
                };
                let ms = of(&found.latency);
                (ms, format!("{group}.{name} is {}", words::exact_millis(ms)))
            }
            Metric::Rate => {
                let rate = summary.rate().unwrap_or_default();
                (rate, format!("the rate is {}", words::rate(rate)))
            }
            Metric::Count(of, one, many) => self.count(of(summary), one, many, summary),
            Metric::Counter(name) => {
                let found = summary.counters.iter().find(|(have, _)| have == name);
                // What is nought is left out.
                let count = found.map_or(0, |(_, count)| *count);
                #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
                (count as f64, format!("{name} is {count}"))
            }
        };
        let limit = match self.limit {
            Limit::Plain(limit) | Limit::Share(limit) => limit,
        };
        self.comparison
            .holds(value, limit)
            .then(|| format!("{words}: {self}"))
    }

    fn count(&self, count: u64, one: &str, many: &str, summary: &Summary) -> (f64, String) {
        let words = words::counted(count, one, many);
        #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
        let (count, cases) = (count as f64, summary.cases as f64);
        match self.limit {
            Limit::Plain(_) => (count, words),
            Limit::Share(_) => {
                let share = if cases > 0.0 {
                    count * 100.0 / cases
                } else {
                    0.0
                };
                let of = words::counted(summary.cases, "case", "cases");
                (share, format!("{words} of {of}, {share:.1} %"))
            }
        }
    }
}

/// As a flag of the command line.
impl fmt::Display for Threshold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "--fail-if '{}'", self.text)
    }
}

impl Comparison {
    #[expect(
        clippy::float_cmp,
        reason = "who asks for `==` means it: counts are whole numbers"
    )]
    fn holds(self, value: f64, limit: f64) -> bool {
        match self {
            Self::More => value > limit,
            Self::AtLeast => value >= limit,
            Self::Less => value < limit,
            Self::AtMost => value <= limit,
            Self::Equal => value == limit,
            Self::Unequal => value != limit,
        }
    }
}

impl FromStr for Threshold {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let end = text
            .find(|c: char| !c.is_ascii_alphanumeric() && !"._".contains(c))
            .unwrap_or(text.len());
        let (name, rest) = text.split_at(end);
        let metric = metric(name)?;
        let (comparison, value) = comparison(rest.trim_start()).ok_or_else(|| {
            format!("after `{name}` one of > >= < <= == != is expected, such as {name}>…")
        })?;
        let limit = limit(&metric, name, value.trim())?;
        Ok(Self {
            metric,
            comparison,
            limit,
            text: text.to_owned(),
        })
    }
}

fn metric(name: &str) -> Result<Metric, String> {
    if let Some(time) = time_metric(name) {
        return Ok(Metric::Time(time));
    }
    if let Some((group, of)) = name.rsplit_once('.')
        && let Some(time) = time_metric(of)
        && !group.is_empty()
    {
        return Ok(Metric::GroupTime(group.to_owned(), time));
    }
    Ok(match name {
        "rate" => Metric::Rate,
        "cases" => Metric::Count(|summary| summary.cases, "case", "cases"),
        "passed" => Metric::Count(|summary| summary.passed, "passed", "passed"),
        "failed" => Metric::Count(|summary| summary.failed, "failed", "failed"),
        "errors" => Metric::Count(|summary| summary.errors, "error", "errors"),
        "skipped" => Metric::Count(|summary| summary.skipped, "skipped", "skipped"),
        "warnings" => Metric::Count(|summary| summary.warnings, "warning", "warnings"),
        name if COUNTERS.contains(&name) => Metric::Counter(name.to_owned()),
        "" => return Err(format!("it begins with a metric: {METRICS}")),
        _ => return Err(format!("there is no metric `{name}`: there are {METRICS}")),
    })
}

fn time_metric(name: &str) -> Option<TimeMetric> {
    Some(match name {
        "p50" => (|latency| latency.p50, "p50"),
        "p90" => (|latency| latency.p90, "p90"),
        "p95" => (|latency| latency.p95, "p95"),
        "p99" => (|latency| latency.p99, "p99"),
        "max" => (|latency| latency.max, "max"),
        "min" => (|latency| latency.min, "min"),
        "mean" => (|latency| latency.mean, "mean"),
        _ => return None,
    })
}

fn comparison(text: &str) -> Option<(Comparison, &str)> {
    // The longer ones first: `>=` begins with `>`.
    let known = [
        (">=", Comparison::AtLeast),
        ("<=", Comparison::AtMost),
        ("==", Comparison::Equal),
        ("!=", Comparison::Unequal),
        (">", Comparison::More),
        ("<", Comparison::Less),
    ];
    known
        .into_iter()
        .find_map(|(sign, comparison)| Some((comparison, text.strip_prefix(sign)?)))
}

fn limit(metric: &Metric, name: &str, text: &str) -> Result<Limit, String> {
    match metric {
        Metric::Time(..) | Metric::GroupTime(..) => time(name, text).map(Limit::Plain),
        Metric::Rate => {
            let wrong = || format!("`rate` is cases a second, such as rate<500, not `{text}`");
            number(text).map(Limit::Plain).ok_or_else(wrong)
        }
        Metric::Counter(name) => {
            let wrong = || format!("`{name}` is compared with a whole number, not `{text}`");
            let count = text.parse::<u32>().map_err(|_| wrong())?;
            Ok(Limit::Plain(f64::from(count)))
        }
        Metric::Count(..) => {
            if let Some(percent) = text.strip_suffix('%') {
                let wrong = || format!("`{text}` is no percentage between 0% and 100%");
                return number(percent.trim_end())
                    .filter(|percent| *percent <= 100.0)
                    .map(Limit::Share)
                    .ok_or_else(wrong);
            }
            let wrong = || {
                format!("`{name}` is compared with a whole number or a percentage, not `{text}`")
            };
            match text.parse::<u32>() {
                Ok(count) => Ok(Limit::Plain(f64::from(count))),
                Err(_) => Err(wrong()),
            }
        }
    }
}

/// A time in milliseconds; its unit must be there, since 200 could be anything.
fn time(name: &str, text: &str) -> Result<f64, String> {
    const UNITS: [(&str, f64); 5] = [
        ("us", 0.001),
        ("µs", 0.001),
        ("ms", 1.0),
        ("s", 1_000.0),
        ("m", 60_000.0),
    ];
    if number(text).is_some() {
        return Err(format!(
            "`{text}` has no unit: say {name}>{text}ms or {name}>{text}s"
        ));
    }
    let wrong =
        || format!("`{name}` is compared with a time such as 200ms, 1.5s or 2m, not `{text}`");
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.');
    let (value, unit) = text.split_at(end.unwrap_or(text.len()));
    if let Some((_, factor)) = UNITS.into_iter().find(|(name, _)| *name == unit.trim()) {
        return number(value).map(|value| value * factor).ok_or_else(wrong);
    }
    humantime::parse_duration(text)
        .map(|duration| duration.as_secs_f64() * 1_000.0)
        .map_err(|_| wrong())
}

/// A number without a sign, an exponent or a name such as `inf`.
fn number(text: &str) -> Option<f64> {
    let plain = text
        .bytes()
        .all(|byte| byte.is_ascii_digit() || byte == b'.');
    plain.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn summary() -> Summary {
        Summary {
            cases: 200,
            passed: 195,
            failed: 4,
            errors: 1,
            elapsed: Duration::from_secs(2),
            latency: Some(Latency {
                min: 0.5,
                mean: 20.0,
                p50: 10.0,
                p90: 100.0,
                p95: 150.0,
                p99: 231.0,
                max: 1_200.0,
            }),
            ..Summary::default()
        }
    }

    fn check(text: &str) -> Option<String> {
        text.parse::<Threshold>().unwrap().check(&summary())
    }

    #[test]
    fn a_condition_that_is_met_says_the_value_and_the_flag() {
        let said = |text: &str| check(text).unwrap();
        assert_eq!(said("p99>200ms"), "p99 is 231 ms: --fail-if 'p99>200ms'");
        assert_eq!(said("max > 1s"), "max is 1200 ms: --fail-if 'max > 1s'");
        assert_eq!(said("errors>0"), "1 error: --fail-if 'errors>0'");
        assert_eq!(
            said("failed>=1%"),
            "4 failed of 200 cases, 2.0 %: --fail-if 'failed>=1%'"
        );
        assert_eq!(
            said("rate<500"),
            "the rate is 100 a second: --fail-if 'rate<500'"
        );
        assert_eq!(said("cases!=199"), "200 cases: --fail-if 'cases!=199'");
    }

    #[test]
    fn each_comparison_is_exact_at_its_limit() {
        for (text, met) in [
            ("p99>231ms", false),
            ("p99>=231ms", true),
            ("p99<231ms", false),
            ("p99<=231ms", true),
            ("p99==231ms", true),
            ("p99!=231ms", false),
            ("p99>0.230s", true),
            ("p50>10000us", false),
            ("p50>=10000µs", true),
            ("mean>1m", false),
            ("min<1ms", true),
            ("p90>1m30s", false),
            ("p95>100ms", true),
            ("failed>2%", false),
            ("failed>=2%", true),
            ("passed<195", false),
            ("warnings>0", false),
            ("skipped==0", true),
            ("rate<=100", true),
        ] {
            assert_eq!(check(text).is_some(), met, "{text}");
        }
    }

    #[test]
    fn the_times_of_one_command_are_asked_for_by_its_name() {
        use crate::report::case::Group;
        let latency = Latency {
            p99: 30.0,
            ..Latency::default()
        };
        let summary = Summary {
            groups: vec![Group {
                name: "load_objects".to_owned(),
                count: 3,
                latency,
            }],
            ..summary()
        };
        let said = |text: &str| text.parse::<Threshold>().unwrap().check(&summary);
        assert_eq!(
            said("load_objects.p99>20ms").unwrap(),
            "load_objects.p99 is 30 ms: --fail-if 'load_objects.p99>20ms'"
        );
        assert_eq!(said("load_objects.p99>40ms"), None);
        assert_eq!(
            said("reboot.max>1s").unwrap(),
            "there is no reboot.max, because no reboot was answered: --fail-if 'reboot.max>1s'"
        );
        assert!("load_objects.p98>1ms".parse::<Threshold>().is_err());
    }

    #[test]
    fn what_a_device_counts_is_a_metric_too() {
        let summary = Summary {
            counters: vec![("polls", 3)],
            ..summary()
        };
        let said = |text: &str| text.parse::<Threshold>().unwrap().check(&summary);
        assert_eq!(said("polls<4").unwrap(), "polls is 3: --fail-if 'polls<4'");
        assert_eq!(said("device_errors>0"), None);
        assert!("polls>1%".parse::<Threshold>().is_err());
    }

    #[test]
    fn a_time_that_nothing_answered_is_a_failure_and_said() {
        let threshold: Threshold = "p99>10s".parse().unwrap();
        assert_eq!(
            threshold.check(&Summary::default()).unwrap(),
            "there is no p99, because nothing was answered: --fail-if 'p99>10s'"
        );
        let none: Threshold = "failed>0%".parse().unwrap();
        assert_eq!(none.check(&Summary::default()), None);
    }

    #[test]
    fn what_cannot_be_read_is_said_in_plain_words() {
        let said = |text: &str| text.parse::<Threshold>().unwrap_err();
        assert_eq!(
            said("p99>200"),
            "`200` has no unit: say p99>200ms or p99>200s"
        );
        assert!(said("p98>1ms").starts_with("there is no metric `p98`: there are p50 p90"));
        assert!(said("").contains("p50 p90 p95 p99 max min mean"));
        assert!(said("errors").contains("> >= < <= == !="));
        assert!(said("errors=0").contains("> >= < <= == !="));
        assert!(said("errors>1.5").contains("a whole number or a percentage"));
        assert!(said("failed>101%").contains("between 0% and 100%"));
        assert!(said("rate<5s").contains("cases a second"));
        assert!(said("p99>fast").contains("a time such as 200ms"));
        assert!(said("p99>-1ms").contains("a time such as 200ms"));
        assert!(said("p99>1..2ms").contains("a time such as 200ms"));
        assert!(said("rate<inf").contains("cases a second"));
    }
}
