//! Markdown, as a job's summary on GitHub or a comment on a merge request.

use std::io::{self, Write};

use super::case::{Case, Report, Summary};
use super::words::{self, is_wrong, millis, one_line};
use crate::error::Outcome;

/// Rows of what is not right; GitHub refuses a summary of more than a megabyte.
const MOST_ROWS: usize = 200;
/// Characters of one cell.
const LONGEST: usize = 400;

/// Writes a whole report.
pub fn write(report: &Report, out: &mut impl Write) -> io::Result<()> {
    let summary = &report.summary;
    let mark = match summary.outcome {
        None | Some(Outcome::Yes) => "✅",
        Some(Outcome::No | Outcome::BadInput) => "❌",
        Some(_) => "⚠️",
    };
    writeln!(
        out,
        "## {mark} {}: {}\n\n{}, to {}\n",
        words::name(report),
        words::verdict(summary),
        words::counts(summary),
        text(&report.target)
    )?;
    for missed in &summary.missed {
        writeln!(out, "- **missed**: {}", text(missed))?;
    }
    if let Some(by) = &summary.ended {
        writeln!(out, "- **ended** by {}", text(by))?;
    }
    if !summary.missed.is_empty() || summary.ended.is_some() {
        writeln!(out)?;
    }
    numbers(summary, out)?;
    groups(summary, out)?;
    wrong(report, out)?;
    warnings(report, out)
}

fn numbers(summary: &Summary, out: &mut impl Write) -> io::Result<()> {
    let mut columns = vec![
        ("cases", summary.cases.to_string()),
        ("passed", summary.passed.to_string()),
        ("failed", summary.failed.to_string()),
        ("errors", summary.errors.to_string()),
        ("skipped", summary.skipped.to_string()),
        ("elapsed", millis(summary.elapsed.as_secs_f64() * 1_000.0)),
    ];
    if let Some(latency) = &summary.latency {
        columns.extend([
            ("p50", millis(latency.p50)),
            ("p90", millis(latency.p90)),
            ("p99", millis(latency.p99)),
            ("max", millis(latency.max)),
        ]);
    }
    let row = |cells: Vec<&str>| format!("| {} |", cells.join(" | "));
    writeln!(
        out,
        "{}",
        row(columns.iter().map(|(name, _)| *name).collect())
    )?;
    writeln!(out, "{}", row(columns.iter().map(|_| "--:").collect()))?;
    let values = columns.iter().map(|(_, value)| value.as_str()).collect();
    writeln!(out, "{}", row(values))
}

fn groups(summary: &Summary, out: &mut impl Write) -> io::Result<()> {
    if !summary.counters.is_empty() {
        let counted = summary.counters.iter();
        let counted: Vec<_> = counted
            .map(|(name, count)| format!("{} {count}", text(name)))
            .collect();
        writeln!(out, "\ncounted: {}", counted.join(", "))?;
    }
    if !summary.groups.is_empty() {
        writeln!(out, "\n| answers to | count | p50 | p90 | p99 | max |")?;
        writeln!(out, "| :-- | --: | --: | --: | --: | --: |")?;
    }
    for group in &summary.groups {
        let (name, times) = (text(&group.name), words::times(&group.latency).join(" | "));
        writeln!(out, "| {name} | {} | {times} |", group.count)?;
    }
    Ok(())
}

fn wrong(report: &Report, out: &mut impl Write) -> io::Result<()> {
    let wrong: Vec<&Case> = report
        .cases
        .iter()
        .filter(|case| is_wrong(case.outcome))
        .collect();
    if wrong.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n### Not right\n")?;
    writeln!(
        out,
        "| outcome | case | record | platform | status | time | why |"
    )?;
    writeln!(out, "| :-- | :-- | :-- | :-- | --: | --: | :-- |")?;
    for case in wrong.iter().take(MOST_ROWS) {
        let place = case.place.as_ref().map(ToString::to_string);
        let hint = case
            .hint
            .as_ref()
            .map(|hint| format!("<br>hint: {}", text(hint)));
        writeln!(
            out,
            "| {} | {} | {} | {} | {} | {} | {}{} |",
            case.outcome.as_str(),
            text(&case.id),
            place.as_deref().map(text).unwrap_or_default(),
            case.platform.as_deref().map(text).unwrap_or_default(),
            case.status
                .map(|status| status.to_string())
                .unwrap_or_default(),
            case.ms.map(millis).unwrap_or_default(),
            case.why.as_deref().map(text).unwrap_or_default(),
            hint.unwrap_or_default()
        )?;
    }
    let all = report.summary.failed + report.summary.errors;
    let shown = wrong.len().min(MOST_ROWS) as u64;
    more(all.saturating_sub(shown), out)
}

fn warnings(report: &Report, out: &mut impl Write) -> io::Result<()> {
    let warnings = report
        .cases
        .iter()
        .flat_map(|case| case.warnings.iter().map(move |warning| (case, warning)));
    let mut shown = 0;
    for (case, warning) in warnings.take(MOST_ROWS) {
        if shown == 0 {
            writeln!(out, "\n### Warnings\n")?;
        }
        shown += 1;
        writeln!(out, "- {}: {}", text(&case.id), text(warning))?;
    }
    more(report.summary.warnings.saturating_sub(shown), out)
}

fn more(count: u64, out: &mut impl Write) -> io::Result<()> {
    if count > 0 {
        writeln!(out, "\n… and {count} more that are not listed here")?;
    }
    Ok(())
}

/// Text that Markdown shows and does not obey, in one line, fit for a cell of a table.
fn text(text: &str) -> String {
    let line = text.lines().collect::<Vec<_>>().join(" ");
    let line = crate::term::cut(&one_line(&line), LONGEST);
    let mut safe = String::with_capacity(line.len());
    for character in line.chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            // Behind a mention stands a person, who would be called.
            '@' => safe.push_str("&#64;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '#' | '~' | '$' | '!' => {
                safe.push('\\');
                safe.push(character);
            }
            plain => safe.push(plain),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::golden;
    use crate::report::tally::Tally;

    #[test]
    fn it_opens_with_the_outcome_and_lists_what_is_not_right() {
        let text = golden::written(write, &golden::report());
        golden::is(&text, include_str!("golden/markdown.txt"), "markdown.txt");
    }

    #[test]
    fn every_row_of_a_table_has_the_cells_of_its_head() {
        let text = golden::written(write, &golden::report());
        let cells = |line: &str| line.replace("\\|", "").matches('|').count();
        let rows: Vec<_> = text.lines().filter(|line| line.starts_with('|')).collect();
        assert_eq!(rows.len(), 3 + 2 + 3);
        assert!(rows[..3].iter().all(|row| cells(row) == 11), "{text}");
        assert!(rows[3..].iter().all(|row| cells(row) == 8), "{text}");
        assert!(!text.contains("<script"), "{text}");
    }

    #[test]
    fn a_long_list_is_cut_and_that_is_said() {
        let mut report = golden::report();
        report.cases = vec![report.cases[1].clone(); 250];
        let mut tally = Tally::new();
        report.cases.iter().for_each(|case| tally.add(case));
        report.summary = tally.summary(report.summary.elapsed);
        let text = golden::written(write, &report);
        assert!(text.contains("… and 50 more that are not listed here"));
        assert!(text.len() < 500_000, "{}", text.len());
    }
}
