//! Cases for machines: a line each as it happens, a summary line, or all of it as one document.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::{Serialize, Serializer};

use super::case::{Case, Group, Latency, Report, Summary};
use super::human::other_place;
use super::words;

/// A case as a line of JSON.
#[derive(Debug, Serialize)]
pub struct CaseLine<'c> {
    v: u8,
    r#type: &'static str,
    #[serde(flatten)]
    case: CaseObject<'c>,
}

#[derive(Debug, Serialize)]
struct CaseObject<'c> {
    id: &'c str,
    #[serde(skip_serializing_if = "Option::is_none")]
    step: Option<&'c str>,
    platform: Option<&'c str>,
    outcome: &'static str,
    why: Option<&'c str>,
    status: Option<u16>,
    ms: Option<f64>,
    /// Only where the id does not say it.
    #[serde(skip_serializing_if = "Option::is_none")]
    record: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<f64>,
    /// A habit of the server that was noticed, and no exchange. A line says it by its type.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    finding: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<&'c str>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    warnings: &'c [String],
    #[serde(
        skip_serializing_if = "<[_]>::is_empty",
        serialize_with = "details_as_object"
    )]
    details: &'c [(&'static str, String)],
}

impl<'c> CaseLine<'c> {
    /// The line of this case.
    #[must_use]
    pub fn new(case: &'c Case) -> Self {
        Self {
            v: 1,
            r#type: if case.is_finding { "finding" } else { "case" },
            case: CaseObject {
                finding: false,
                ..CaseObject::new(case)
            },
        }
    }
}

impl<'c> CaseObject<'c> {
    fn new(case: &'c Case) -> Self {
        Self {
            id: &case.id,
            step: case.step.as_deref(),
            platform: case.platform.as_deref(),
            outcome: case.outcome.as_str(),
            why: case.why.as_deref(),
            status: case.status,
            ms: case.ms.map(micros),
            record: other_place(case),
            at: case.at.map(micros),
            finding: case.is_finding,
            hint: case.hint.as_deref(),
            warnings: &case.warnings,
            details: &case.details,
        }
    }
}

/// Three digits behind the point: there is nothing true behind them.
fn micros(value: f64) -> f64 {
    (value * 1_000.0).round() / 1_000.0
}

/// Labels are members. A label that comes again adds a line to its first text: two members of one
/// name are read by no two readers alike.
fn details_as_object<S: Serializer>(
    details: &[(&'static str, String)],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let mut members: Vec<(&str, String)> = Vec::new();
    for (name, text) in details {
        match members.iter_mut().find(|(known, _)| known == name) {
            Some((_, known)) => {
                known.push('\n');
                known.push_str(text);
            }
            None => members.push((name, text.clone())),
        }
    }
    serializer.collect_map(members)
}

/// A summary as a line of JSON, the last one.
#[derive(Debug, Serialize)]
pub struct SummaryLine<'s> {
    v: u8,
    r#type: &'static str,
    #[serde(flatten)]
    summary: SummaryObject<'s>,
}

#[derive(Debug, Serialize)]
struct SummaryObject<'s> {
    outcome: &'static str,
    cases: u64,
    passed: u64,
    failed: u64,
    errors: u64,
    skipped: u64,
    warnings: u64,
    elapsed_ms: f64,
    rate: Option<f64>,
    statuses: &'s BTreeMap<u16, u64>,
    latency: Option<Latency>,
    #[serde(
        skip_serializing_if = "<[_]>::is_empty",
        serialize_with = "counters_as_object"
    )]
    counters: &'s [(&'static str, u64)],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    groups: Vec<Group>,
    missed: &'s [String],
    ended: Option<&'s str>,
}

impl<'s> SummaryLine<'s> {
    /// The line of this summary.
    #[must_use]
    pub fn new(summary: &'s Summary) -> Self {
        Self {
            v: 1,
            r#type: "summary",
            summary: SummaryObject::new(summary),
        }
    }
}

impl<'s> SummaryObject<'s> {
    fn new(summary: &'s Summary) -> Self {
        Self {
            outcome: summary.outcome.map_or("yes", words::outcome),
            cases: summary.cases,
            passed: summary.passed,
            failed: summary.failed,
            errors: summary.errors,
            skipped: summary.skipped,
            warnings: summary.warnings,
            elapsed_ms: micros(summary.elapsed.as_secs_f64() * 1_000.0),
            rate: summary.rate().map(micros),
            statuses: &summary.statuses,
            latency: summary.latency.map(rounded),
            counters: &summary.counters,
            groups: summary
                .groups
                .iter()
                .map(|group| Group {
                    latency: rounded(group.latency),
                    ..group.clone()
                })
                .collect(),
            missed: &summary.missed,
            ended: summary.ended.as_deref(),
        }
    }
}

fn rounded(latency: Latency) -> Latency {
    Latency {
        min: micros(latency.min),
        mean: micros(latency.mean),
        p50: micros(latency.p50),
        p90: micros(latency.p90),
        p95: micros(latency.p95),
        p99: micros(latency.p99),
        max: micros(latency.max),
    }
}

fn counters_as_object<S: Serializer>(
    counters: &[(&'static str, u64)],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_map(counters.iter().copied())
}

#[derive(Serialize)]
struct Document<'r> {
    v: u8,
    r#type: &'static str,
    command: &'r str,
    target: &'r str,
    at: String,
    by: &'static str,
    cases: Vec<CaseObject<'r>>,
    summary: SummaryObject<'r>,
}

/// Writes a whole report as one document.
pub fn write(report: &Report, out: &mut impl Write) -> io::Result<()> {
    let document = Document {
        v: 1,
        r#type: "report",
        command: &report.command,
        target: &report.target,
        at: report.at.to_string(),
        by: concat!("pushrig ", env!("CARGO_PKG_VERSION")),
        cases: report.cases.iter().map(CaseObject::new).collect(),
        summary: SummaryObject::new(&report.summary),
    };
    serde_json::to_writer_pretty(&mut *out, &document)?;
    out.write_all(b"\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Place;
    use crate::report::golden;
    use serde_json::{Value, json};

    #[test]
    fn a_case_has_the_members_that_scripts_rely_on() {
        let case = Case {
            id: "f:1".to_owned(),
            ..Case::default()
        };
        assert_eq!(
            serde_json::to_string(&CaseLine::new(&case)).unwrap(),
            r#"{"v":1,"type":"case","id":"f:1","platform":null,"outcome":"pass","why":null,"status":null,"ms":null}"#
        );
    }

    #[test]
    fn what_is_there_beside_them_is_added() {
        let case = Case {
            id: "push 1".to_owned(),
            place: Some(Place::line("f", 3)),
            ms: Some(1.234_56),
            hint: Some("h".to_owned()),
            warnings: vec!["w".to_owned()],
            details: vec![("next", "a".to_owned()), ("next", "b".to_owned())],
            ..Case::default()
        };
        let line = serde_json::to_value(CaseLine::new(&case)).unwrap();
        assert_eq!(line["record"], "f:3");
        assert_eq!(line["ms"], 1.235);
        assert_eq!(line["hint"], "h");
        assert_eq!(line["warnings"], json!(["w"]));
        assert_eq!(line["details"], json!({"next": "a\nb"}));
    }

    #[test]
    fn the_document_holds_every_case_and_the_summary() {
        let report = golden::report();
        let mut out = Vec::new();
        write(&report, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        let document: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(document["cases"][1]["why"], golden::HOSTILE);
        assert_eq!(document["cases"].as_array().unwrap().len(), 5);
        let line = serde_json::to_value(SummaryLine::new(&report.summary)).unwrap();
        for (name, value) in document["summary"].as_object().unwrap() {
            assert_eq!(value, &line[name]);
        }
        let own = concat!("pushrig ", env!("CARGO_PKG_VERSION"));
        golden::is(
            &text.replace(own, "pushrig VERSION"),
            include_str!("golden/json.txt"),
            "json.txt",
        );
    }
}
