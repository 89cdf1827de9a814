//! One small report of everything, hostile text included, that each renderer writes in its
//! tests; the texts beside it are compared, and rewritten with `UPDATE=1`.

use std::io;
use std::time::Duration;

use super::case::{Case, CaseOutcome, Report};
use super::tally::Tally;
use crate::error::Place;

/// What breaks a careless writer of some format: markup, quoting, terminals, CI commands.
pub(super) const HOSTILE: &str = "<script>alert(1)</script> ]]> a|b `x` #1 100% ${{ x }} \"q\" 'q' \\ \u{1b}[31m\u{0} \u{7f} \
     \u{fffe}\n::error::gotcha\r\n...\n---\n<!-- @everyone *b* _i_ [l](javascript:0) &amp;";

/// A pass, a fail, an error, an unsent and a skip.
pub(super) fn report() -> Report {
    let record = |line| Some(Place::line("pushes.ndjson", line));
    let base = |line: u64, outcome| Case {
        id: format!("pushes.ndjson:{line}"),
        place: record(line),
        platform: Some("onenet".to_owned()),
        outcome,
        ..Case::default()
    };
    let cases = vec![
        Case {
            status: Some(200),
            ms: Some(1.25),
            at: Some(0.0),
            warnings: vec!["the answer took 1 ms: # | ::".to_owned()],
            ..base(1, CaseOutcome::Pass)
        },
        Case {
            why: Some(HOSTILE.to_owned()),
            hint: Some("answer 200 within 5 s: a platform sends again otherwise".to_owned()),
            details: vec![
                ("answer", HOSTILE.to_owned()),
                ("body", "{\"at\":1}".to_owned()),
            ],
            status: Some(500),
            ms: Some(231.0),
            at: Some(0.5),
            ..base(2, CaseOutcome::Fail)
        },
        Case {
            why: Some("no answer within 5 s".to_owned()),
            ms: Some(5_000.0),
            at: Some(1.0),
            ..base(3, CaseOutcome::Error)
        },
        Case {
            id: "<b>|#,: %`".to_owned(),
            why: Some("it holds no request".to_owned()),
            ..base(4, CaseOutcome::Unsent)
        },
        Case {
            platform: None,
            why: Some("a handshake # not selected".to_owned()),
            ..base(5, CaseOutcome::Skip)
        },
    ];
    let mut tally = Tally::new();
    for case in &cases {
        tally.add(case);
    }
    let mut summary = tally.summary(Duration::from_millis(6_500));
    summary.miss(["p99 is 231 ms: --fail-if 'p99>200ms'".to_owned()]);
    Report {
        command: "replay".to_owned(),
        target: "http://127.0.0.1:8080/push?a=1&b=<2>".to_owned(),
        at: "2026-11-21T20:00:00Z".parse().expect("a time"),
        cases,
        summary,
    }
}

/// What a renderer writes of a report.
pub(super) fn written(
    write: impl FnOnce(&Report, &mut Vec<u8>) -> io::Result<()>,
    report: &Report,
) -> String {
    let mut out = Vec::new();
    write(report, &mut out).expect("memory takes it all");
    String::from_utf8(out).expect("reports are text")
}

/// Compares with the text of that name in `src/report/golden/`, or rewrites it.
pub(super) fn is(written: &str, expected: &str, name: &str) {
    if std::env::var_os("UPDATE").is_some() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/report/golden/");
        std::fs::write(format!("{folder}{name}"), written).expect("the golden text is written");
        return;
    }
    assert!(
        written == expected,
        "{name} is not what is written, UPDATE=1 rewrites it:\n{}",
        similar::TextDiff::from_lines(expected, written).unified_diff()
    );
}
