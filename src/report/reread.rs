//! A report that was written as one JSON document, read again: how `run` comes by the cases of
//! its steps.

use std::fmt;
use std::marker::PhantomData;
use std::sync::{Mutex, PoisonError};

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::case::{Case, CaseOutcome, Group};
use crate::error::Place;

/// What is taken out of a document.
#[derive(Debug)]
pub struct Reread {
    /// The cases, as they were. What was not sent is an error in a document, and stays one here.
    pub cases: Vec<Case>,
    /// What was asked of the whole, and missed.
    pub missed: Vec<String>,
    /// What ended it before its time.
    pub ended: Option<String>,
    /// What was counted beside the cases, in its order.
    pub counters: Vec<(String, u64)>,
    /// The times of each kind of answer.
    pub groups: Vec<Group>,
}

#[derive(Deserialize)]
struct Document {
    cases: Vec<CaseObject>,
    summary: SummaryObject,
}

#[derive(Deserialize)]
struct SummaryObject {
    missed: Vec<String>,
    ended: Option<String>,
    #[serde(default, deserialize_with = "in_order")]
    counters: Vec<(String, u64)>,
    #[serde(default)]
    groups: Vec<Group>,
}

#[derive(Deserialize)]
struct CaseObject {
    id: String,
    platform: Option<String>,
    outcome: String,
    why: Option<String>,
    status: Option<u16>,
    ms: Option<f64>,
    record: Option<String>,
    at: Option<f64>,
    #[serde(default)]
    finding: bool,
    hint: Option<String>,
    #[serde(default)]
    warnings: Vec<String>,
    #[serde(default, deserialize_with = "in_order")]
    details: Vec<(String, String)>,
}

/// Reads a document; none if it is none, or not whole.
#[must_use]
pub fn read(document: &[u8]) -> Option<Reread> {
    let document: Document = serde_json::from_slice(document).ok()?;
    Some(Reread {
        cases: document.cases.into_iter().map(CaseObject::case).collect(),
        missed: document.summary.missed,
        ended: document.summary.ended,
        counters: document.summary.counters,
        groups: document.summary.groups,
    })
}

impl CaseObject {
    fn case(self) -> Case {
        let place = match &self.record {
            Some(record) => Some(place_in(record).unwrap_or_else(|| Place::file(record))),
            None => place_in(&self.id),
        };
        Case {
            place,
            step: None,
            platform: self.platform,
            outcome: match self.outcome.as_str() {
                "pass" => CaseOutcome::Pass,
                "fail" => CaseOutcome::Fail,
                "skip" => CaseOutcome::Skip,
                _ => CaseOutcome::Error,
            },
            why: self.why,
            hint: self.hint,
            warnings: self.warnings,
            details: self
                .details
                .into_iter()
                .map(|(name, text)| (label(name), text))
                .collect(),
            status: self.status,
            ms: self.ms,
            at: self.at,
            is_finding: self.finding,
            id: self.id,
        }
    }
}

/// The place that a text is: `FILE:LINE`, `FILE:LINE:COLUMN`, and behind it `#2` where the same
/// was sent again. A report leaves it out where the id says it.
fn place_in(text: &str) -> Option<Place> {
    let text = match text.rsplit_once('#') {
        Some((place, time)) if is_number(time) => place,
        _ => text,
    };
    let number = |text: &str| is_number(text).then(|| text.parse().ok()).flatten();
    let (rest, last) = text.rsplit_once(':')?;
    let last = number(last)?;
    let (file, line, column) = match rest.rsplit_once(':') {
        Some((file, line)) if number(line).is_some() => (file, number(line)?, Some(last)),
        _ => (rest, last, None),
    };
    // So is standard input written.
    let file = if file == "<stdin>" { "-" } else { file };
    let place = Place::line(file, line);
    Some(match column {
        Some(column) => place.at_column(column),
        None => place,
    })
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The members of an object as they stand there.
fn in_order<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Vec<(String, T)>, D::Error> {
    struct InOrder<T>(PhantomData<T>);

    impl<'de, T: Deserialize<'de>> Visitor<'de> for InOrder<T> {
        type Value = Vec<(String, T)>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
            let mut members = Vec::new();
            while let Some(member) = map.next_entry()? {
                members.push(member);
            }
            Ok(members)
        }
    }

    deserializer.deserialize_map(InOrder(PhantomData))
}

/// A label that lives as long as those that are written in the code. They are our own words, and
/// few: each is kept once.
pub fn label(name: String) -> &'static str {
    static KNOWN: Mutex<Vec<&'static str>> = Mutex::new(Vec::new());
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(label) = known.iter().find(|label| **label == name) {
        return label;
    }
    let label: &'static str = Box::leak(name.into_boxed_str());
    known.push(label);
    label
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{golden, json};

    #[test]
    fn what_was_written_is_read_again() {
        let mut report = golden::report();
        report.summary.miss(["p99 is 2 s: p99>1s".to_owned()]);
        report.summary.end("Ctrl-C", crate::error::Outcome::Yes);
        report.cases[0].is_finding = true;
        let mut written = Vec::new();
        json::write(&report, &mut written).unwrap();
        let reread = read(&written).unwrap();
        assert_eq!(reread.missed, report.summary.missed);
        assert_eq!(reread.ended.as_deref(), Some("Ctrl-C"));
        assert_eq!(reread.cases.len(), report.cases.len());
        let counters = reread.counters.iter();
        let counters: Vec<_> = counters.map(|(name, count)| (&**name, *count)).collect();
        assert_eq!(counters, report.summary.counters);
        assert_eq!(reread.groups, report.summary.groups);
        for (read, case) in reread.cases.iter().zip(&report.cases) {
            let mut expected = case.clone();
            // These two look alike in a document.
            if expected.outcome == CaseOutcome::Unsent {
                expected.outcome = CaseOutcome::Error;
            }
            assert_eq!(*read, expected);
        }
        assert!(read(&written[..written.len() / 2]).is_none());
    }

    #[test]
    fn a_place_is_found_in_an_id() {
        let place = |text: &str| place_in(text).map(|place| place.to_string());
        for same in ["a/b.ndjson:12", "<stdin>:3", "c:\\d.har:4:5"] {
            assert_eq!(place(same).as_deref(), Some(same));
        }
        assert_eq!(place_in("<stdin>:3").unwrap().file, "-");
        assert_eq!(place("f:7#2").as_deref(), Some("f:7"));
        for none in [
            "onenet.online",
            "478435/x#2",
            "expect a then b",
            "a:b",
            "x:",
        ] {
            assert_eq!(place(none), None, "{none}");
        }
    }
}
