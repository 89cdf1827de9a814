use super::*;
use crate::globals::{Format, GlobalArgs};
use crate::report::Kind;

fn quiet() -> Session {
    Session::new(GlobalArgs {
        quiet: true,
        format: Format::Human,
        ..GlobalArgs::default()
    })
}

fn open(files: Vec<ReportFile>, thresholds: &[&str]) -> Result<Reporter, Error> {
    let thresholds = thresholds.iter().map(|text| text.parse().unwrap());
    let mut session = quiet();
    let mut reporter = Reporter::open(
        "push",
        "http://h/",
        files,
        thresholds.collect(),
        &mut session,
    )?;
    // The tests themselves may run in a job of GitHub's.
    reporter.github = None;
    Ok(reporter)
}

fn passes(count: u32) -> impl Iterator<Item = Case> {
    (0..count).map(|n| Case {
        id: format!("push {n}"),
        status: Some(200),
        ms: Some(1.0),
        ..Case::default()
    })
}

#[test]
fn a_folder_that_is_not_there_fails_before_anything_is_sent() {
    let file = ReportFile {
        kind: Kind::Junit,
        path: "no/such/folder/report.xml".into(),
    };
    let error = open(vec![file], &[]).unwrap_err();
    assert_eq!(error.code(), 3);
}

#[test]
fn quiet_passes_are_not_kept_and_not_asked_for() {
    let mut session = quiet();
    let mut reporter = open(Vec::new(), &["p99>1us"]).unwrap();
    assert!(!reporter.wants_passes());
    for case in passes(1_000) {
        reporter.case(case, &mut session).unwrap();
    }
    reporter.passed(200, 1.0);
    assert!(reporter.report.cases.is_empty());
    reporter.end("Ctrl-C", Outcome::Interrupted);
    reporter.conclude(Duration::from_secs(1));
    let summary = &reporter.report.summary;
    assert_eq!((summary.cases, summary.missed.len()), (1_001, 1));
    assert_eq!(summary.outcome, Some(Outcome::Interrupted));
}

#[test]
fn every_report_is_written_whole_at_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let files: Vec<_> = Kind::ALL
        .into_iter()
        .map(|kind| ReportFile {
            kind,
            path: folder.path().join(kind.as_str()),
        })
        .collect();
    let mut reporter = open(files.clone(), &[]).unwrap();
    assert!(reporter.wants_passes());
    let mut session = quiet();
    for case in passes(3) {
        reporter.case(case, &mut session).unwrap();
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    reporter.conclude(Duration::from_secs(1));
    assert!(reporter.write_files().is_empty());
    for file in files {
        let text = fs::read_to_string(&file.path).unwrap();
        assert!(text.contains("push"), "{text}");
    }
}

#[test]
fn for_github_only_what_tells_something_is_kept_and_not_without_end() {
    let mut reporter = open(Vec::new(), &[]).unwrap();
    reporter.github = Some(GitHub { summary: None });
    let mut case = passes(1).next().unwrap();
    assert!(!reporter.keeps(&case));
    case.warnings.push("w".to_owned());
    assert!(reporter.keeps(&case));
    case.outcome = CaseOutcome::Fail;
    reporter.report.cases = vec![case.clone(); MOST_KEPT];
    assert!(!reporter.keeps(&case));
    // The job's summary is added to.
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), "before\n").unwrap();
    reporter.append(file.path().to_str().unwrap()).unwrap();
    let text = fs::read_to_string(file.path()).unwrap();
    assert!(text.starts_with("before\n## "), "{text}");
}
