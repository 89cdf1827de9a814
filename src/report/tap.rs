//! TAP, the Test Anything Protocol, version 14: a line a case, diagnostics as YAML under it.

use std::io::{self, Write};

use super::case::{Case, CaseOutcome, Report};
use super::words::{self, one_line};

/// Writes a whole report.
pub fn write(report: &Report, out: &mut impl Write) -> io::Result<()> {
    let summary = &report.summary;
    writeln!(out, "TAP version 14")?;
    writeln!(out, "1..{}", report.cases.len() + summary.missed.len())?;
    writeln!(
        out,
        "# {} {}: {}",
        words::name(report),
        one_line(&report.target),
        words::counts(summary)
    )?;
    let mut number = 0;
    for case in &report.cases {
        number += 1;
        write_case(number, case, out)?;
    }
    for missed in &summary.missed {
        number += 1;
        writeln!(out, "not ok {number} - {}", description(missed))?;
    }
    if let Some(by) = &summary.ended {
        let start = if summary.is_cut_short {
            "Bail out!"
        } else {
            "#"
        };
        writeln!(out, "{start} ended by {}", one_line(by))?;
    }
    Ok(())
}

fn write_case(number: usize, case: &Case, out: &mut impl Write) -> io::Result<()> {
    let word = if words::is_wrong(case.outcome) {
        "not ok"
    } else {
        "ok"
    };
    write!(out, "{word} {number} - {}", description(&case.id))?;
    if case.outcome == CaseOutcome::Skip {
        let why = case.why.as_deref().unwrap_or_default();
        writeln!(out, " # SKIP {}", description(why))
    } else {
        writeln!(out)?;
        diagnostics(case, out)
    }
}

/// A text behind the number: a `#` in it would begin a directive.
fn description(text: &str) -> String {
    let text = text.lines().collect::<Vec<_>>().join(" ");
    one_line(&text.replace('\\', "\\\\").replace('#', "\\#"))
}

fn diagnostics(case: &Case, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "  ---")?;
    writeln!(out, "  outcome: {}", case.outcome.as_str())?;
    for (name, text) in [
        ("message", &case.why),
        ("hint", &case.hint),
        ("platform", &case.platform),
    ] {
        if let Some(text) = text {
            writeln!(out, "  {name}: {}", quoted(text))?;
        }
    }
    if let Some(status) = case.status {
        writeln!(out, "  status: {status}")?;
    }
    if let Some(ms) = case.ms {
        writeln!(out, "  duration_ms: {ms:.3}")?;
    }
    if let Some(place) = &case.place {
        writeln!(out, "  at:")?;
        writeln!(out, "    file: {}", quoted(&place.file))?;
        for (name, number) in [("line", place.line), ("column", place.column)] {
            if let Some(number) = number {
                writeln!(out, "    {name}: {number}")?;
            }
        }
    }
    if !case.warnings.is_empty() {
        writeln!(out, "  warnings:")?;
        for warning in &case.warnings {
            writeln!(out, "    - {}", quoted(warning))?;
        }
    }
    if !case.details.is_empty() {
        writeln!(out, "  details:")?;
        for (name, text) in &case.details {
            // A list, since a label may come twice.
            writeln!(out, "    - {name}: {}", quoted(text))?;
        }
    }
    writeln!(out, "  ...")
}

/// A double-quoted scalar of YAML, which is a JSON string but for characters that YAML holds to
/// be unprintable.
fn quoted(text: &str) -> String {
    use std::fmt::Write as _;
    let json = serde_json::to_string(text).expect("a text is JSON");
    let mut quoted = String::with_capacity(json.len());
    for character in json.chars() {
        match character {
            '\u{7f}'..='\u{9f}'
            | '\u{2028}'
            | '\u{2029}'
            | '\u{feff}'
            | '\u{fffe}'
            | '\u{ffff}' => {
                write!(quoted, "\\u{:04x}", u32::from(character)).expect("a String takes any text");
            }
            plain => quoted.push(plain),
        }
    }
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Outcome;
    use crate::report::golden;

    #[test]
    fn each_case_is_a_line_and_its_diagnostics() {
        let text = golden::written(write, &golden::report());
        golden::is(&text, include_str!("golden/tap.txt"), "tap.txt");
    }

    #[test]
    fn the_plan_counts_the_test_lines_whatever_is_in_them() {
        let text = golden::written(write, &golden::report());
        let lines = text
            .lines()
            .filter(|line| line.starts_with("ok ") || line.starts_with("not ok "));
        assert_eq!(lines.count(), 6);
        assert!(text.contains("\n1..6\n"), "{text}");
    }

    #[test]
    fn a_hash_in_a_name_is_no_directive() {
        assert_eq!(description("a # SKIP \\#\nb"), "a \\# SKIP \\\\\\# b");
    }

    #[test]
    fn a_run_that_was_cut_short_bails_out_and_one_that_ends_so_does_not() {
        let mut report = golden::report();
        report.summary.end("Ctrl-C", Outcome::Yes);
        assert!(golden::written(write, &report).ends_with("\n# ended by Ctrl-C\n"));
        report.summary.end("Ctrl-C", Outcome::Interrupted);
        assert!(golden::written(write, &report).ends_with("Bail out! ended by Ctrl-C\n"));
    }
}
