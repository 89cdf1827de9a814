//! Cases for people: a line each as it happens, what helps under it, the summary at the end.

use std::io::{self, Write};

use super::case::{Case, CaseOutcome, Group, Latency, Summary};
use super::words::{self, is_wrong};
use crate::term::{Paint, escape};

/// Details for machines: what they say stands in the line of the case.
const TOLD: [&str; 2] = ["code", "msg"];

/// How cases are shown on one stream.
#[derive(Clone, Copy, Debug)]
pub struct Human {
    /// Its colours.
    pub paint: Paint,
    /// Only what is not right, and the summary.
    pub quiet: bool,
    /// The details of what is right, too.
    pub verbose: bool,
}

impl Human {
    /// Writes one case, if it is to be shown.
    pub fn case(self, case: &Case, out: &mut impl Write) -> io::Result<()> {
        if self.quiet && !is_wrong(case.outcome) && case.warnings.is_empty() {
            return Ok(());
        }
        self.line(case, out)?;
        if let Some(place) = other_place(case) {
            self.row("record", &place, out)?;
        }
        if let Some(hint) = &case.hint {
            self.row("hint", hint, out)?;
        }
        for warning in case.warnings.iter().filter(|_| !case.is_finding) {
            self.row("warning", warning, out)?;
        }
        if is_wrong(case.outcome) || self.verbose {
            let shown = |name: &str| !TOLD.contains(&name);
            for (name, text) in case.details.iter().filter(|(name, _)| shown(name)) {
                self.row(name, text, out)?;
            }
        }
        Ok(())
    }

    fn line(self, case: &Case, out: &mut impl Write) -> io::Result<()> {
        let paint = self.paint;
        let word = format!("{:<5}", words::outcome_of(case));
        let word = match case.outcome {
            CaseOutcome::Pass if case.is_finding => paint.warn(&word),
            CaseOutcome::Pass => paint.ok(&word),
            CaseOutcome::Skip => paint.dim(&word),
            _ => paint.bad(&word),
        };
        write!(out, "{word}  {}", escape(case.id.as_bytes()))?;
        if let Some(platform) = &case.platform {
            write!(out, "  {}", escape(platform.as_bytes()))?;
        }
        if let Some(status) = case.status {
            write!(out, "  {status}")?;
        }
        if let Some(ms) = case.ms {
            write!(out, "  {}", paint.dim(&words::millis(ms)))?;
        }
        if let Some(why) = case.why.as_ref().or(remark(case)) {
            write!(out, "  {}", escape(why.as_bytes()))?;
        }
        writeln!(out)
    }

    /// A name and its text. Further lines of the text begin with a bar: what a server sent must
    /// not stand at the start of a line, where a CI system looks for commands.
    fn row(self, name: &str, text: &str, out: &mut impl Write) -> io::Result<()> {
        let mut lines = text.lines();
        let first = escape(lines.next().unwrap_or_default().as_bytes());
        writeln!(out, "  {}  {first}", self.paint.key(&format!("{name:<8}")))?;
        for line in lines {
            writeln!(out, "            | {}", escape(line.as_bytes()))?;
        }
        Ok(())
    }

    /// Writes the summary; a single case that was shown says it all itself.
    pub fn summary(self, summary: &Summary, out: &mut impl Write) -> io::Result<()> {
        let said_by_the_case = summary.cases == 1
            && !self.quiet
            && !self.verbose
            && summary.missed.is_empty()
            && summary.counters.is_empty()
            && summary.cause.is_none()
            && summary.ended.is_none();
        if said_by_the_case {
            return Ok(());
        }
        self.counts(summary, out)?;
        if let Some(cause) = &summary.cause {
            let name = self.paint.bad("cause   ");
            let cause = escape(cause.as_bytes());
            writeln!(
                out,
                "  {name}  {cause}; what else is not right may come from that"
            )?;
        }
        if let Some(latency) = &summary.latency {
            self.row("times", &times(latency), out)?;
        }
        if !summary.statuses.is_empty() {
            let statuses: Vec<_> = summary
                .statuses
                .iter()
                .map(|(status, count)| format!("{status} × {count}"))
                .collect();
            self.row("statuses", &statuses.join("  "), out)?;
        }
        self.kinds(summary, out)?;
        for missed in &summary.missed {
            let name = self.paint.bad("missed  ");
            writeln!(out, "  {name}  {}", escape(missed.as_bytes()))?;
        }
        if let Some(ended) = &summary.ended {
            let name = self.paint.warn("ended   ");
            writeln!(out, "  {name}  by {}", escape(ended.as_bytes()))?;
        }
        Ok(())
    }

    /// What was counted beside the cases, and the times of each kind of answer.
    fn kinds(self, summary: &Summary, out: &mut impl Write) -> io::Result<()> {
        if !summary.counters.is_empty() {
            let counted: Vec<_> = summary
                .counters
                .iter()
                .map(|(name, count)| format!("{name} {count}"))
                .collect();
            self.row("counts", &counted.join("  "), out)?;
        }
        // Percentiles of a few say nothing.
        let told = |group: &&Group| self.verbose || group.count >= FEW;
        let groups = || summary.groups.iter().filter(told);
        let widest = groups().map(|group| group.name.len()).max();
        for group in groups() {
            let name = format!("{:<1$}", group.name, widest.unwrap_or_default());
            let times = times(&group.latency);
            self.row(
                &escape(name.as_bytes()),
                &format!("{} ×  {times}", group.count),
                out,
            )?;
        }
        Ok(())
    }

    fn counts(self, summary: &Summary, out: &mut impl Write) -> io::Result<()> {
        let paint = self.paint;
        let cases = words::counted(summary.cases, "case", "cases");
        write!(out, "{cases}")?;
        if summary.cases > 0 {
            let passed = paint.ok(&format!("{} passed", summary.passed));
            write!(out, ": {passed}")?;
        }
        for (count, one, many) in words::other_counts(summary) {
            if count > 0 {
                let text = words::counted(count, one, many);
                let text = match one {
                    "warning" => paint.warn(&text),
                    "skipped" => paint.dim(&text),
                    _ => paint.bad(&text),
                };
                write!(out, ", {text}")?;
            }
        }
        let mut time = format!(
            "in {}",
            words::millis(summary.elapsed.as_secs_f64() * 1_000.0)
        );
        // The rate of one or two is noise.
        if let Some(rate) = summary.rate().filter(|_| summary.cases > 9) {
            time.push_str(", ");
            time.push_str(&words::rate(rate));
        }
        writeln!(out, "  {}", paint.dim(&time))
    }
}

/// Of fewer answers of a kind the percentiles are not shown.
const FEW: u64 = 10;

/// What a finding says.
fn remark(case: &Case) -> Option<&String> {
    case.warnings.first().filter(|_| case.is_finding)
}

fn times(latency: &Latency) -> String {
    let [p50, p90, p99, max] = words::times(latency);
    format!("p50 {p50}  p90 {p90}  p99 {p99}  max {max}")
}

/// Where a case came from, if its name does not say so.
pub(super) fn other_place(case: &Case) -> Option<String> {
    let place = case.place.as_ref()?.to_string();
    (!case.id.contains(&place)).then_some(place)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::golden;

    fn shown(human: Human) -> String {
        let report = golden::report();
        let mut out = Vec::new();
        for case in &report.cases {
            human.case(case, &mut out).unwrap();
        }
        human.summary(&report.summary, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    const PLAIN: Human = Human {
        paint: Paint::PLAIN,
        quiet: false,
        verbose: false,
    };

    #[test]
    fn a_case_is_a_line_and_what_helps_stands_under_it() {
        golden::is(&shown(PLAIN), include_str!("golden/human.txt"), "human.txt");
    }

    #[test]
    fn quiet_leaves_what_is_not_right_and_the_summary() {
        let text = shown(Human {
            quiet: true,
            ..PLAIN
        });
        // The one that passed has a warning, which is not right either.
        assert_eq!(text.matches("pass  ").count(), 1, "{text}");
        assert!(text.contains("warning"), "{text}");
        assert!(!text.contains("skip  "), "{text}");
        assert!(
            text.contains("fail   pushes.ndjson:2  onenet  500"),
            "{text}"
        );
        assert!(
            text.contains("5 cases: 1 passed, 1 failed, 2 errors"),
            "{text}"
        );
    }

    #[test]
    fn a_single_case_needs_no_summary_unless_it_is_asked_for() {
        let mut summary = Summary {
            cases: 1,
            passed: 1,
            ..Summary::default()
        };
        let written = |summary: &Summary, human: Human| {
            let mut out = Vec::new();
            human.summary(summary, &mut out).unwrap();
            !out.is_empty()
        };
        assert!(!written(&summary, PLAIN));
        let quiet = Human {
            quiet: true,
            ..PLAIN
        };
        assert!(written(&summary, quiet));
        summary.miss(["x".to_owned()]);
        assert!(written(&summary, PLAIN));
    }

    #[test]
    fn no_line_of_a_peer_begins_as_a_command_of_a_ci_system() {
        for line in shown(PLAIN).lines() {
            assert!(!line.trim_start().starts_with("::"), "{line}");
            assert!(!line.contains('\u{1b}'), "{line}");
        }
    }
}
