//! Numbers as people read them, the same in every report.

use super::case::{Case, CaseOutcome, Latency, Report, Summary};
use crate::error::Outcome;
use crate::term::escape;

/// A time of so many milliseconds: "0.43 ms", "12.3 ms", "231 ms", "1.25 s".
#[must_use]
pub fn millis(ms: f64) -> String {
    match ms {
        ..1.0 => format!("{ms:.2} ms"),
        ..100.0 => format!("{ms:.1} ms"),
        ..1_000.0 => format!("{ms:.0} ms"),
        ..120_000.0 => format!("{:.2} s", ms / 1_000.0),
        _ => format!("{:.1} min", ms / 60_000.0),
    }
}

/// A time with all its digits, where it stands beside a limit: "200.02 ms".
pub(super) fn exact_millis(ms: f64) -> String {
    let text = format!("{ms:.3}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    format!("{text} ms")
}

/// A rate: "412 a second", "0.33 a second".
pub(super) fn rate(a_second: f64) -> String {
    match a_second {
        ..10.0 => format!("{a_second:.2} a second"),
        ..100.0 => format!("{a_second:.1} a second"),
        _ => format!("{a_second:.0} a second"),
    }
}

/// "1 case", "2 cases".
#[must_use]
pub fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// How long half, 90 %, 99 % and all of the answers took at most.
pub(super) fn times(latency: &Latency) -> [String; 4] {
    [latency.p50, latency.p90, latency.p99, latency.max].map(millis)
}

/// The outcome of a case in a word for people: a finding that passes is a warning.
pub(super) fn outcome_of(case: &Case) -> &'static str {
    if case.is_finding && case.outcome == CaseOutcome::Pass {
        "warn"
    } else {
        case.outcome.as_str()
    }
}

/// The outcome of a run in one word, as JSON has it.
#[must_use]
pub fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Yes => "yes",
        Outcome::No => "no",
        Outcome::BadInput => "bad-input",
        Outcome::Incomplete => "incomplete",
        Outcome::Interrupted => "interrupted",
        Outcome::Terminated => "terminated",
    }
}

/// What a run came to, as a word beside its name: "passed", "failed", "not complete".
pub(super) fn verdict(summary: &Summary) -> &'static str {
    match summary.outcome {
        None | Some(Outcome::Yes) => "passed",
        Some(Outcome::No) => "failed",
        Some(Outcome::BadInput) => "not all could be sent",
        Some(Outcome::Incomplete) => "not all was answered",
        Some(Outcome::Interrupted | Outcome::Terminated) => "ended early",
    }
}

/// The counts in one line: "20 cases: 18 passed, 1 failed, 1 error".
pub(super) fn counts(summary: &Summary) -> String {
    let mut text = format!(
        "{}: {} passed",
        counted(summary.cases, "case", "cases"),
        summary.passed
    );
    for (count, one, many) in other_counts(summary) {
        if count > 0 {
            text.push_str(", ");
            text.push_str(&counted(count, one, many));
        }
    }
    text
}

/// The counts beside `passed`, with their words for one and for many.
pub(super) fn other_counts(summary: &Summary) -> [(u64, &'static str, &'static str); 4] {
    [
        (summary.failed, "failed", "failed"),
        (summary.errors, "error", "errors"),
        (summary.skipped, "skipped", "skipped"),
        (summary.warnings, "warning", "warnings"),
    ]
}

/// Whether a case is listed among what is not right.
pub(super) fn is_wrong(outcome: CaseOutcome) -> bool {
    matches!(
        outcome,
        CaseOutcome::Fail | CaseOutcome::Error | CaseOutcome::Unsent
    )
}

/// The name of a run: "pushrig replay".
pub(super) fn name(report: &Report) -> String {
    format!("pushrig {}", report.command)
}

/// Text that is safe to write into a document: lines stay, and what is invisible, steers a
/// terminal or is no character of XML is written as an escape.
pub(super) fn visible(text: &str) -> String {
    let lines: Vec<_> = text.lines().map(one_line).collect();
    lines.join("\n")
}

/// The same in one line.
pub(super) fn one_line(text: &str) -> String {
    escape(text.as_bytes())
        .replace('\u{fffe}', "\\u{fffe}")
        .replace('\u{ffff}', "\\u{ffff}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_the_digits_that_matter() {
        assert_eq!(
            [0.4321, 9.96, 12.34, 231.4, 1_249.0, 180_000.0].map(millis),
            [
                "0.43 ms", "10.0 ms", "12.3 ms", "231 ms", "1.25 s", "3.0 min"
            ]
        );
        assert_eq!(
            [200.0, 200.02, 0.5].map(exact_millis),
            ["200 ms", "200.02 ms", "0.5 ms"]
        );
    }
}
