//! One self-contained page: no outside resource, no script, light and dark.

use std::io::{self, Write};

use base64::Engine as _;
use minijinja::Environment;
use minijinja::value::Serde;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::case::{Case, CaseOutcome, Report, Summary};
use super::human::other_place;
use super::plot::Plot;
use super::words::{self, is_wrong, millis, visible};
use crate::error::Outcome;

const TEMPLATE: &str = include_str!("report.html");
const STYLE: &str = include_str!("report.css");

/// Rows of a table; a browser is slow with more.
const MOST_ROWS: usize = 5_000;

/// What is not right is told whole; of so many it is folded.
const MOST_OPEN: usize = 3;

/// A longer list of all cases is folded.
const MOST_UNFOLDED: usize = 50;

/// Writes a whole report.
pub fn write(report: &Report, out: &mut impl Write) -> io::Result<()> {
    // The name ends in .html: that is what switches escaping on.
    let mut environment = Environment::new();
    environment
        .add_template("report.html", TEMPLATE)
        .map_err(io::Error::other)?;
    let template = environment
        .get_template("report.html")
        .map_err(io::Error::other)?;
    let page = Serde(Page::new(report));
    let page = template.render(page).map_err(io::Error::other)?;
    out.write_all(page.as_bytes())
}

/// What the template shows.
#[derive(Serialize)]
struct Page<'r> {
    style: &'static str,
    /// The one style that the page's policy lets through.
    style_hash: String,
    name: String,
    target: String,
    at: String,
    by: &'static str,
    tone: &'static str,
    verdict: &'static str,
    counts: String,
    tiles: Vec<Tile>,
    statuses: Vec<(&'r u16, &'r u64)>,
    missed: Vec<String>,
    ended: Option<String>,
    counters: &'r [(&'static str, u64)],
    /// What was answered, how often, and p50, p90, p99 and the longest.
    groups: Vec<(String, u64, [String; 4])>,
    plot: Option<Plot>,
    wrong: Vec<Row>,
    wrong_left_out: usize,
    /// Whether the details of what is wrong are open.
    open: bool,
    cases: Vec<Row>,
    cases_left_out: usize,
    /// Whether the list of all is folded.
    fold: bool,
}

impl<'r> Page<'r> {
    fn new(report: &'r Report) -> Self {
        let summary = &report.summary;
        let cases = &report.cases;
        let wrong = cases.iter().filter(|case| is_wrong(case.outcome));
        let count = wrong.clone().count();
        Self {
            style: STYLE,
            style_hash: base64::engine::general_purpose::STANDARD.encode(Sha256::digest(STYLE)),
            name: words::name(report),
            target: visible(&report.target),
            at: report.at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string(),
            by: concat!("pushrig ", env!("CARGO_PKG_VERSION")),
            tone: tone(summary),
            verdict: words::verdict(summary),
            counts: words::counts(summary),
            tiles: tiles(summary),
            statuses: summary.statuses.iter().collect(),
            missed: summary.missed.iter().map(|text| visible(text)).collect(),
            ended: summary.ended.as_deref().map(visible),
            counters: &summary.counters,
            groups: summary
                .groups
                .iter()
                .map(|group| {
                    (
                        visible(&group.name),
                        group.count,
                        words::times(&group.latency),
                    )
                })
                .collect(),
            plot: Plot::new(report),
            wrong: wrong.take(MOST_ROWS).map(Row::new).collect(),
            wrong_left_out: count.saturating_sub(MOST_ROWS),
            open: count <= MOST_OPEN,
            cases: cases.iter().take(MOST_ROWS).map(Row::new).collect(),
            cases_left_out: cases.len().saturating_sub(MOST_ROWS),
            fold: cases.len() > MOST_UNFOLDED,
        }
    }
}

fn tone(summary: &Summary) -> &'static str {
    match summary.outcome {
        None | Some(Outcome::Yes) => "pass",
        Some(Outcome::No | Outcome::BadInput) => "fail",
        Some(_) => "error",
    }
}

#[derive(Serialize)]
struct Tile {
    name: &'static str,
    value: String,
    /// Its colour, if the value is worth one.
    tone: &'static str,
}

fn tiles(summary: &Summary) -> Vec<Tile> {
    let count = |name, count: u64, tone| Tile {
        name,
        value: count.to_string(),
        tone: if count > 0 { tone } else { "" },
    };
    let plain = |name, value| Tile {
        name,
        value,
        tone: "",
    };
    let mut tiles = vec![
        count("cases", summary.cases, ""),
        count("passed", summary.passed, "pass"),
        count("failed", summary.failed, "fail"),
        count("errors", summary.errors, "error"),
    ];
    if summary.skipped > 0 {
        tiles.push(count("skipped", summary.skipped, ""));
    }
    if summary.warnings > 0 {
        tiles.push(count("warnings", summary.warnings, "warning"));
    }
    tiles.push(plain(
        "elapsed",
        millis(summary.elapsed.as_secs_f64() * 1_000.0),
    ));
    if let Some(rate) = summary.rate() {
        let rate = words::rate(rate).replace(" a second", "/s");
        tiles.push(plain("rate", rate));
    }
    if let Some(latency) = &summary.latency {
        for (name, ms) in [
            ("p50", latency.p50),
            ("p90", latency.p90),
            ("p99", latency.p99),
            ("max", latency.max),
        ] {
            tiles.push(plain(name, millis(ms)));
        }
    }
    tiles
}

#[derive(Serialize)]
struct Row {
    tone: &'static str,
    outcome: &'static str,
    id: String,
    record: Option<String>,
    platform: Option<String>,
    status: Option<u16>,
    time: Option<String>,
    at: Option<String>,
    why: Option<String>,
    hint: Option<String>,
    warnings: Vec<String>,
    details: Vec<(&'static str, String)>,
}

impl Row {
    fn new(case: &Case) -> Self {
        Self {
            tone: match case.outcome {
                CaseOutcome::Pass if case.is_finding => "warning",
                CaseOutcome::Pass => "pass",
                CaseOutcome::Fail => "fail",
                CaseOutcome::Error | CaseOutcome::Unsent => "error",
                CaseOutcome::Skip => "skip",
            },
            outcome: words::outcome_of(case),
            id: visible(&case.id),
            record: other_place(case).as_deref().map(visible),
            platform: case.platform.as_deref().map(visible),
            status: case.status,
            time: case.ms.map(millis),
            at: case.at.map(|at| format!("{at:.2} s")),
            why: case.why.as_deref().map(visible),
            hint: case.hint.as_deref().map(visible),
            warnings: case.warnings.iter().map(|text| visible(text)).collect(),
            details: case
                .details
                .iter()
                .map(|(name, text)| (*name, visible(text)))
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::golden;
    use crate::report::tally::Tally;

    #[test]
    fn the_page_needs_nothing_from_outside_and_runs_nothing() {
        let page = golden::written(write, &golden::report());
        assert!(page.starts_with("<!doctype html>\n<html lang=\"en\">"));
        for word in [
            "<script", "<link", "<img", "src=", "style=", "@import", "url(",
        ] {
            assert!(!page.contains(word), "{word}");
        }
        assert!(page.contains("default-src 'none'; style-src 'sha256-"));
        assert!(!STYLE.contains("</"), "the style ends where it ends");
    }

    #[test]
    fn what_came_from_a_server_is_text_in_it() {
        let page = golden::written(write, &golden::report());
        assert!(
            page.contains("&lt;script&gt;alert(1)&lt;&#x2f;script&gt; ]]&gt;"),
            "{page}"
        );
        assert!(!page.contains("<b>|"), "{page}");
        assert!(!page.contains(['\u{1b}', '\0', '\u{fffe}']), "{page}");
    }

    #[test]
    fn what_is_not_right_comes_first_and_names_its_record() {
        let page = golden::written(write, &golden::report());
        let wrong = page.find("id=\"wrong\"").unwrap();
        let all = page.find("id=\"all\"").unwrap();
        assert!(wrong < all);
        for record in ["pushes.ndjson:2", "pushes.ndjson:3", "pushes.ndjson:4"] {
            assert!(page[wrong..all].contains(record), "{record}");
        }
    }

    #[test]
    fn a_long_list_is_cut_and_that_is_said() {
        let mut report = golden::report();
        report.cases = vec![report.cases[0].clone(); 5_010];
        let mut tally = Tally::new();
        report.cases.iter().for_each(|case| tally.add(case));
        report.summary = tally.summary(report.summary.elapsed);
        let page = golden::written(write, &report);
        assert!(page.contains("10 more"), "the cut is said");
    }

    /// Writes pages to look at: `PAGES=folder cargo test --lib pages_to_look_at -- --ignored`.
    #[test]
    #[ignore = "it writes files for the eye, and checks nothing"]
    fn pages_to_look_at() {
        let folder = std::env::var("PAGES").unwrap();
        for count in [3_u32, 300, 20_000] {
            let mut report = golden::report();
            let hostile = report.cases.clone();
            report.cases = (0..count)
                .map(|n| {
                    let kind = if n % 97 == 1 {
                        1
                    } else {
                        usize::from(n % 211 == 2) * 2
                    };
                    let wave = (f64::from(n) / 40.0).sin().abs() * 3.0;
                    let noise = f64::from(n.wrapping_mul(2_654_435_761) >> 16) / 65_536.0;
                    Case {
                        id: format!("samples/onenet.ndjson:{}", n + 1),
                        at: Some(f64::from(n) / 50.0),
                        ms: Some(
                            2.0 + wave + noise.powi(8) * if count > 300 { 900.0 } else { 30.0 },
                        ),
                        warnings: Vec::new(),
                        ..hostile[kind].clone()
                    }
                })
                .collect();
            let mut tally = Tally::new();
            report.cases.iter().for_each(|case| tally.add(case));
            let elapsed = std::time::Duration::from_millis(u64::from(count) * 20 + 3);
            report.summary = tally.summary(elapsed);
            if count == 300 {
                report
                    .summary
                    .miss(["p99 is 31 ms: --fail-if 'p99>20ms'".to_owned()]);
            }
            std::fs::write(
                format!("{folder}/{count}.html"),
                golden::written(write, &report),
            )
            .unwrap();
        }
    }
}
