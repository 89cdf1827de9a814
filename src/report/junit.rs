//! `JUnit` XML, as Jenkins, GitLab and most other CI systems read it.
//!
//! The shape is that of Jenkins' `jenkins-junit.xsd` with two attributes more on a `testcase`,
//! `file` and `line`, by which GitLab and editors open the record.

use std::io::{self, Write};
use std::time::Duration;

use quick_junit::{NonSuccessKind, TestCase, TestCaseStatus, TestSuite};

use super::case::{Case, CaseOutcome, Report};
use super::human::other_place;
use super::words::{self, visible};

/// Writes a whole report.
pub fn write(report: &Report, out: &mut impl Write) -> io::Result<()> {
    let name = words::name(report);
    let summary = &report.summary;
    let mut suite = TestSuite::new(name.as_str());
    suite.set_time(summary.elapsed);
    let at = report.at.strftime("%Y-%m-%dT%H:%M:%S+00:00").to_string();
    suite.extra.insert("timestamp".into(), at.into());
    suite.add_property(("target", visible(&report.target).as_str()));
    suite.add_property(("counts", words::counts(summary).as_str()));
    if let Some(latency) = &summary.latency {
        suite.add_property(("p50", words::exact_millis(latency.p50).as_str()));
        suite.add_property(("p99", words::exact_millis(latency.p99).as_str()));
    }
    for case in &report.cases {
        suite.add_test_case(test_case(case));
    }
    // What concerns the whole is a test case too: a reader that only knows cases would show a
    // failed run as passed.
    for missed in &summary.missed {
        // Its name has no measured value in it: a CI system follows a test by its name.
        let flag = missed.rsplit_once(": ").map_or("fail-if", |(_, flag)| flag);
        suite.add_test_case(of_the_whole(flag, missed, NonSuccessKind::Failure));
    }
    if let Some(by) = &summary.ended {
        if summary.is_cut_short {
            let words = format!("ended by {by}");
            suite.add_test_case(of_the_whole("complete", &words, NonSuccessKind::Error));
        } else {
            suite.add_property(("ended by", visible(by).as_str()));
        }
    }
    let mut document = quick_junit::Report::new(name);
    document.set_time(summary.elapsed);
    document.add_test_suite(suite);
    document.serialize(out).map_err(io::Error::other)
}

fn test_case(case: &Case) -> TestCase {
    let mut status = match case.outcome {
        CaseOutcome::Pass => TestCaseStatus::success(),
        CaseOutcome::Fail => TestCaseStatus::non_success(NonSuccessKind::Failure),
        CaseOutcome::Error | CaseOutcome::Unsent => {
            TestCaseStatus::non_success(NonSuccessKind::Error)
        }
        CaseOutcome::Skip => TestCaseStatus::skipped(),
    };
    if let Some(why) = &case.why {
        status.set_message(visible(why));
    }
    if words::is_wrong(case.outcome) {
        status.set_type(match case.outcome {
            CaseOutcome::Fail => "failed",
            CaseOutcome::Unsent => "not sent",
            _ => "no answer",
        });
        status.set_description(description(case));
    }
    let mut test = TestCase::new(visible(&case.id), status);
    let platform = case.platform.as_deref().unwrap_or("pushrig");
    test.set_classname(visible(platform));
    if let Some(ms) = case.ms {
        let time = Duration::try_from_secs_f64(ms / 1_000.0);
        test.set_time(time.unwrap_or_default());
    }
    if let Some(place) = case.place.as_ref().filter(|place| place.file != "-") {
        test.extra
            .insert("file".into(), visible(&place.file).into());
        if let Some(line) = place.line {
            test.extra.insert("line".into(), line.to_string().into());
        }
    }
    let output = output(case);
    if !output.is_empty() {
        test.set_system_out(output);
    }
    test
}

/// What a reader shows when a failed case is opened.
fn description(case: &Case) -> String {
    let mut lines = vec![match other_place(case) {
        Some(place) => visible(&format!("{} ({place})", case.id)),
        None => visible(&case.id),
    }];
    lines.extend(case.why.as_deref().map(visible));
    if let Some(status) = case.status {
        lines.push(format!("status {status}"));
    }
    if let Some(hint) = &case.hint {
        lines.push(format!("hint: {}", visible(hint)));
    }
    lines.join("\n")
}

fn output(case: &Case) -> String {
    let warnings = case
        .warnings
        .iter()
        .map(|warning| format!("warning: {}", visible(warning)));
    let details = case
        .details
        .iter()
        .map(|(name, text)| format!("{name}: {}", visible(text)));
    warnings.chain(details).collect::<Vec<_>>().join("\n")
}

fn of_the_whole(name: &str, words: &str, kind: NonSuccessKind) -> TestCase {
    let words = visible(words);
    let mut status = TestCaseStatus::non_success(kind);
    status.set_message(words.as_str());
    status.set_type("the whole run");
    status.set_description(words.as_str());
    let mut test = TestCase::new(visible(name), status);
    test.set_classname("pushrig");
    test
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{Outcome, Place};
    use crate::report::golden;
    use crate::report::tally::Tally;
    use proptest::prelude::*;
    use std::process::{Command, Stdio};

    /// Whether it is well-formed, by xmllint, over all that several documents hold.
    fn xmllint(document: &str) -> Option<Result<(), String>> {
        let mut child = Command::new("xmllint")
            .args(["--noout", "--nonet", "-"])
            .stdin(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .ok()?;
        let mut stdin = child.stdin.take().unwrap();
        // It may give up before it has read all.
        let _ = stdin.write_all(document.as_bytes());
        drop(stdin);
        let result = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&result.stderr).into_owned();
        Some(if result.status.success() {
            Ok(())
        } else {
            Err(said)
        })
    }

    #[test]
    fn failures_errors_and_skips_are_told_apart_and_name_file_and_line() {
        let text = golden::written(write, &golden::report());
        golden::is(&text, include_str!("golden/junit.txt"), "junit.txt");
    }

    #[test]
    fn xmllint_reads_the_report() {
        match xmllint(&golden::written(write, &golden::report())) {
            Some(result) => assert_eq!(result, Ok(())),
            None => writeln!(
                io::stderr(),
                "left out: xmllint is not installed, so JUnit was not read by it"
            )
            .unwrap(),
        }
    }

    #[test]
    fn what_ended_a_run_is_an_error_only_where_it_is_one() {
        let mut report = golden::report();
        report.summary.end("Ctrl-C", Outcome::Yes);
        let right = golden::written(write, &report);
        assert!(right.contains("<property name=\"ended by\" value=\"Ctrl-C\""));
        assert!(right.contains("errors=\"2\""), "{right}");
        report.summary.end("Ctrl-C", Outcome::Interrupted);
        let wrong = golden::written(write, &report);
        assert!(wrong.contains("errors=\"3\"") && wrong.contains("message=\"ended by Ctrl-C\""));
    }

    /// Any characters, those that XML does not have among them.
    fn any_text() -> impl Strategy<Value = String> {
        let odd = prop::sample::select(vec![
            '\0',
            '\u{1b}',
            '\u{7f}',
            '\u{85}',
            '\u{fffe}',
            '\u{ffff}',
            '\u{202e}',
            '<',
            '>',
            '&',
            '"',
            '\'',
            ']',
            '\n',
            '\r',
            '\t',
            '\u{10ffff}',
        ]);
        prop::collection::vec(prop_oneof![odd, any::<char>()], 0..40)
            .prop_map(|characters| characters.into_iter().collect())
    }

    fn any_report() -> impl Strategy<Value = Report> {
        let outcome = prop::sample::select(vec![
            CaseOutcome::Pass,
            CaseOutcome::Fail,
            CaseOutcome::Error,
            CaseOutcome::Skip,
        ]);
        let texts = prop::collection::vec(any_text(), 8);
        (outcome, texts, any::<Option<f64>>()).prop_map(|(outcome, texts, ms)| {
            let case = Case {
                id: texts[0].clone(),
                place: Some(Place::line(texts[1].as_str(), 1)),
                platform: Some(texts[2].clone()),
                outcome,
                why: Some(texts[3].clone()),
                hint: Some(texts[4].clone()),
                warnings: vec![texts[5].clone()],
                details: vec![("answer", texts[6].clone())],
                ms,
                ..Case::default()
            };
            let mut tally = Tally::new();
            tally.add(&case);
            let mut summary = tally.summary(Duration::ZERO);
            summary.miss([texts[7].clone()]);
            Report {
                command: "push".to_owned(),
                target: texts[7].clone(),
                at: jiff::Timestamp::UNIX_EPOCH,
                cases: vec![case],
                summary,
            }
        })
    }

    proptest! {
        #[test]
        fn whatever_came_the_document_is_well_formed(report in any_report()) {
            let text = golden::written(write, &report);
            // Parsed back by the same crate: tags, attributes, entities and nesting fit.
            let read = quick_junit::Report::deserialize_from_str(&text)
                .map_err(|why| TestCaseError::fail(format!("{why}\n{text}")))?;
            prop_assert_eq!(read.test_suites[0].test_cases.len(), 2);
            // The characters are those of XML 1.0, section 2.2.
            let allowed = |c: char| {
                matches!(c, '\t' | '\n' | '\u{20}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}')
                    || c >= '\u{10000}'
            };
            prop_assert!(text.chars().all(allowed), "{}", text);
        }
    }
}
