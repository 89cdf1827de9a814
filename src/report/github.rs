//! Annotations of a GitHub workflow: what is not right, shown at its record.
//!
//! The commands and their escaping are those of the runner's `ActionCommand.cs`.

use std::io::{self, Write};

use super::case::{Case, Report};
use super::human::other_place;
use super::words;

/// GitHub shows no more of each kind for one step.
const MOST: usize = 10;

/// Writes an annotation a line.
pub fn write(report: &Report, out: &mut impl Write) -> io::Result<()> {
    let summary = &report.summary;
    let name = words::name(report);
    let cut_short = summary.ended.iter().filter(|_| summary.is_cut_short);
    let whole = cut_short.map(|by| format!("ended by {by}"));
    let whole = summary.missed.iter().cloned().chain(whole);
    let of_the_whole = whole.map(|words| ("error", Vec::new(), name.clone(), words));
    let wrong = report
        .cases
        .iter()
        .filter(|case| words::is_wrong(case.outcome))
        .map(|case| {
            (
                "error",
                place(case),
                format!("{name}: {}", case.id),
                message(case),
            )
        });
    let warnings = report.cases.iter().flat_map(|case| {
        let title = format!("{name}: {}", case.id);
        case.warnings
            .iter()
            .map(move |warning| ("warning", place(case), title.clone(), warning.clone()))
    });
    let errors = of_the_whole.chain(wrong).take(MOST);
    let mut shown = [0, 0];
    for (kind, place, title, message) in errors.chain(warnings.take(MOST)) {
        shown[usize::from(kind == "warning")] += 1;
        write!(out, "::{kind} ")?;
        for (property, value) in place {
            write!(out, "{property}={},", escape_property(&value))?;
        }
        writeln!(
            out,
            "title={}::{}",
            escape_property(&title),
            escape(&message)
        )?;
    }
    let whole = summary.missed.len() as u64 + u64::from(summary.is_cut_short);
    let errors = (summary.failed + summary.errors + whole).saturating_sub(shown[0]);
    let warnings = summary.warnings.saturating_sub(shown[1]);
    if let Some(by) = summary.ended.as_ref().filter(|_| !summary.is_cut_short) {
        writeln!(out, "::notice title={name}::ended by {}", escape(by))?;
    }
    more(&name, errors, warnings, out)
}

fn more(name: &str, errors: u64, warnings: u64, out: &mut impl Write) -> io::Result<()> {
    let mut parts = Vec::new();
    if errors > 0 {
        parts.push(words::counted(errors, "error", "errors"));
    }
    if warnings > 0 {
        parts.push(words::counted(warnings, "warning", "warnings"));
    }
    if parts.is_empty() {
        return Ok(());
    }
    let parts = parts.join(" and ");
    writeln!(out, "::notice title={name}::{parts} more, not shown here")
}

fn place(case: &Case) -> Vec<(&'static str, String)> {
    let Some(place) = case.place.as_ref().filter(|place| place.file != "-") else {
        return Vec::new();
    };
    let mut properties = vec![("file", place.file.clone())];
    properties.extend(place.line.map(|line| ("line", line.to_string())));
    properties.extend(place.column.map(|column| ("col", column.to_string())));
    properties
}

fn message(case: &Case) -> String {
    let why = case.why.as_deref().unwrap_or(case.outcome.as_str());
    let mut lines = vec![match case.status {
        Some(status) => format!("{why} (status {status})"),
        None => why.to_owned(),
    }];
    lines.extend(other_place(case).map(|place| format!("record: {place}")));
    lines.extend(case.hint.as_ref().map(|hint| format!("hint: {hint}")));
    lines.join("\n")
}

/// A message: a line end would end the command.
fn escape(text: &str) -> String {
    words::visible(text)
        .replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// A property: a comma or a colon would end it.
fn escape_property(text: &str) -> String {
    escape(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Outcome;
    use crate::report::golden;
    use crate::report::tally::Tally;

    #[test]
    fn what_is_not_right_is_annotated_at_its_record() {
        let text = golden::written(write, &golden::report());
        golden::is(&text, include_str!("golden/github.txt"), "github.txt");
    }

    #[test]
    fn each_annotation_is_one_line_whatever_is_in_it() {
        let text = golden::written(write, &golden::report());
        assert_eq!(text.lines().count(), 5, "{text}");
        assert!(text.lines().all(|line| line.starts_with("::")), "{text}");
        assert_eq!(escape_property("a:b,c%\r\nd"), "a%3Ab%2Cc%25%0Ad");
        assert_eq!(escape("a:b,c%\r\nd"), "a:b,c%25%0Ad");
    }

    #[test]
    fn what_ended_a_run_is_an_error_only_where_it_is_one() {
        let mut report = golden::report();
        report.summary.end("Ctrl-C", Outcome::Yes);
        let text = golden::written(write, &report);
        assert!(text.contains("::notice title=pushrig replay::ended by Ctrl-C\n"));
        report.summary.end("Ctrl-C", Outcome::Interrupted);
        let text = golden::written(write, &report);
        assert!(text.contains("::error title=pushrig replay::ended by Ctrl-C\n"));
    }

    #[test]
    fn ten_of_each_kind_are_shown_and_the_others_counted() {
        let mut report = golden::report();
        let mut case = report.cases[1].clone();
        case.warnings = vec!["w".to_owned()];
        report.cases = vec![case; 25];
        let mut tally = Tally::new();
        report.cases.iter().for_each(|case| tally.add(case));
        report.summary = tally.summary(report.summary.elapsed);
        let text = golden::written(write, &report);
        let count = |start: &str| text.lines().filter(|line| line.starts_with(start)).count();
        assert_eq!((count("::error "), count("::warning ")), (10, 10));
        assert!(
            text.ends_with(
                "::notice title=pushrig replay::15 errors and 15 warnings more, not shown here\n"
            ),
            "{text}"
        );
    }
}
