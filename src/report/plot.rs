//! Where each case lies in time and how long its answer took: the numbers behind a drawing.
//!
//! All positions are in a box of [`WIDTH`] × [`HEIGHT`], y downward.

use std::fmt::Write as _;

use serde::Serialize;

use super::case::{Case, CaseOutcome, Report};
use super::words::{is_wrong, millis, visible};

/// The width of the box.
const WIDTH: f64 = 1_000.0;
/// The height of the box.
const HEIGHT: f64 = 240.0;
/// What stays free at each side, so that no dot is cut.
const MARGIN: f64 = 10.0;
/// More dots than this are thinned.
const MOST_DOTS: usize = 2_000;
/// So few are drawn larger.
const FEW_DOTS: usize = 100;
/// This many wrong cases say what they are when they are pointed at.
const MOST_TITLES: usize = 300;
/// Slowest to fastest; beyond it, a linear axis shows a line at the bottom and one dot.
const WIDEST_LINEAR: f64 = 50.0;

/// A latency plot, ready to be drawn.
#[derive(Debug, Serialize)]
pub(super) struct Plot {
    /// A path a colour: a dot is a line without length.
    paths: Vec<(&'static str, String)>,
    /// Wrong cases: colour, path and words.
    titled: Vec<(&'static str, String, String)>,
    y_ticks: Vec<Tick>,
    x_ticks: Vec<Tick>,
    lines: Vec<Line>,
    logarithmic: bool,
    /// So few dots that they may be large.
    few: bool,
    /// What is along x.
    across: &'static str,
    /// How it was thinned.
    note: Option<String>,
}

#[derive(Debug, Serialize)]
struct Tick {
    at: f64,
    label: String,
    anchor: &'static str,
}

#[derive(Debug, Serialize)]
struct Line {
    y: f64,
    /// Apart from the other line's.
    label_y: f64,
    label: String,
}

struct Dot<'c> {
    x: f64,
    ms: f64,
    case: &'c Case,
}

impl Plot {
    /// The plot of a report; none if nothing took any time.
    pub(super) fn new(report: &Report) -> Option<Self> {
        let timed = report.cases.iter().any(|case| case.at.is_some());
        let all: Vec<Dot<'_>> = (0_u32..)
            .zip(&report.cases)
            .filter_map(|(index, case)| {
                let x = if timed {
                    case.at?
                } else {
                    f64::from(index) + 1.0
                };
                let ms = case.ms.filter(|ms| ms.is_finite() && *ms >= 0.0)?;
                x.is_finite().then_some(Dot { x, ms, case })
            })
            .collect();
        let first = all.first()?;
        let fold = |start: f64, of: fn(f64, f64) -> f64, value: fn(&Dot<'_>) -> f64| {
            all.iter().map(value).fold(start, of)
        };
        let x = Scale::linear(
            fold(first.x, f64::min, |dot| dot.x),
            fold(first.x, f64::max, |dot| dot.x),
        );
        let y = Scale::times(
            fold(first.ms, f64::min, |dot| dot.ms),
            fold(first.ms, f64::max, |dot| dot.ms),
        );
        let count = all.len();
        let dots = thin(all, &x);
        let note = (dots.len() < count).then(|| {
            format!(
                "{} of {count} dots are drawn: everything that is not right, the slowest of each \
                 moment, and a sample of the others",
                dots.len()
            )
        });
        let (paths, titled) = draw(&dots, &x, &y);
        Some(Self {
            paths,
            titled,
            y_ticks: y.time_ticks(),
            x_ticks: x.ticks(timed),
            lines: lines(report, &y),
            logarithmic: y.logarithmic,
            few: count <= FEW_DOTS,
            across: if timed {
                "the time since the start"
            } else {
                "the cases in their order"
            },
            note,
        })
    }
}

type Titled = Vec<(&'static str, String, String)>;

fn draw(dots: &[Dot<'_>], x: &Scale, y: &Scale) -> (Vec<(&'static str, String)>, Titled) {
    // What is wrong is drawn last, over all else.
    let mut paths = ["pass", "fail", "error"].map(|color| (color, String::new()));
    let mut titled = Vec::new();
    for dot in dots {
        let (left, top) = (WIDTH * x.share(dot.x), HEIGHT * (1.0 - y.share(dot.ms)));
        let path = format!("M{left:.1} {top:.1}h0");
        if is_wrong(dot.case.outcome) && titled.len() < MOST_TITLES {
            let mut words = format!("{}: {}", dot.case.id, millis(dot.ms));
            if let Some(why) = &dot.case.why {
                write!(words, ", {why}").expect("a String takes any text");
            }
            titled.push((color(dot.case), path, visible(&words)));
        } else if let Some((_, paths)) = paths.iter_mut().find(|(of, _)| *of == color(dot.case)) {
            paths.push_str(&path);
        }
    }
    (paths.into(), titled)
}

fn color(case: &Case) -> &'static str {
    match case.outcome {
        CaseOutcome::Pass | CaseOutcome::Skip => "pass",
        CaseOutcome::Fail => "fail",
        CaseOutcome::Error | CaseOutcome::Unsent => "error",
    }
}

/// Leaves the dots that show the shape: all that is wrong, the slowest of each column, and of the
/// others a sample.
fn thin<'c>(dots: Vec<Dot<'c>>, x: &Scale) -> Vec<Dot<'c>> {
    const COLUMNS: usize = MOST_DOTS / 2;
    if dots.len() <= MOST_DOTS {
        return dots;
    }
    let mut kept = vec![false; dots.len()];
    let mut slowest: Vec<Option<usize>> = vec![None; COLUMNS + 1];
    for (index, dot) in dots.iter().enumerate() {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "a share is between 0 and 1"
        )]
        let column = (x.share(dot.x) * COLUMNS as f64) as usize;
        let slowest = slowest[column].get_or_insert(index);
        if dot.ms > dots[*slowest].ms {
            *slowest = index;
        }
    }
    for slowest in slowest.into_iter().flatten() {
        kept[slowest] = true;
    }
    // One out of each stretch, at a place that no period of the cases shares.
    let stretch = dots.len() / COLUMNS;
    for number in 0..COLUMNS {
        kept[number * stretch + (number * 7_919 + number * number) % stretch] = true;
    }
    dots.into_iter()
        .zip(kept)
        .filter_map(|(dot, kept)| (kept || is_wrong(dot.case.outcome)).then_some(dot))
        .collect()
}

fn lines(report: &Report, y: &Scale) -> Vec<Line> {
    /// As high as a label.
    const APART: f64 = 15.0;
    let Some(latency) = report.summary.latency else {
        return Vec::new();
    };
    let line = |name: &str, ms: f64| {
        let y = HEIGHT * (1.0 - y.share(ms));
        Line {
            y,
            label_y: y + 4.0,
            label: format!("{name} {}", millis(ms)),
        }
    };
    let mut p50 = line("p50", latency.p50);
    let mut p99 = line("p99", latency.p99);
    if p50.y - p99.y < APART {
        let middle = f64::midpoint(p50.y, p99.y).clamp(APART, HEIGHT - APART);
        p99.label_y = middle - APART / 2.0 + 4.0;
        p50.label_y = middle + APART / 2.0 + 4.0;
    }
    vec![p50, p99]
}

/// From values to a share of the box.
struct Scale {
    from: f64,
    to: f64,
    margin: f64,
    logarithmic: bool,
}

impl Scale {
    fn linear(from: f64, to: f64) -> Self {
        Self {
            from,
            // A single moment has a width, too.
            to: if to > from { to } else { from + 1.0 },
            margin: MARGIN / WIDTH,
            logarithmic: false,
        }
    }

    fn times(fastest: f64, slowest: f64) -> Self {
        let fastest = fastest.max(0.001);
        let slowest = slowest.max(fastest);
        let logarithmic = slowest / fastest > WIDEST_LINEAR;
        Self {
            from: if logarithmic { fastest / 1.3 } else { 0.0 },
            to: slowest * if logarithmic { 1.3 } else { 1.08 },
            margin: if logarithmic { MARGIN / HEIGHT } else { 0.0 },
            logarithmic,
        }
    }

    /// Where a value lies, 0 to 1.
    fn share(&self, value: f64) -> f64 {
        let share = if self.logarithmic {
            (value.max(self.from) / self.from).ln() / (self.to / self.from).ln()
        } else {
            (value - self.from) / (self.to - self.from)
        };
        self.margin + share.clamp(0.0, 1.0) * (1.0 - 2.0 * self.margin)
    }

    fn time_ticks(&self) -> Vec<Tick> {
        let values = if self.logarithmic {
            self.decades()
        } else {
            self.steps(5.0)
        };
        values
            .into_iter()
            .map(|ms| Tick {
                at: HEIGHT * (1.0 - self.share(ms)),
                label: short_time(ms),
                anchor: "end",
            })
            .collect()
    }

    fn ticks(&self, seconds: bool) -> Vec<Tick> {
        let values = self.steps(4.0).into_iter();
        values
            .filter(|value| seconds || value.fract() == 0.0)
            .map(|value| {
                let share = self.share(value);
                Tick {
                    // In percent, since the labels do not stretch with the drawing.
                    at: share * 100.0,
                    label: if seconds {
                        short_time(value * 1_000.0)
                    } else {
                        plain(value)
                    },
                    anchor: match share {
                        ..0.04 => "start",
                        0.96.. => "end",
                        _ => "middle",
                    },
                }
            })
            .collect()
    }

    /// Powers of ten, and twice and five times them where there is room.
    fn decades(&self) -> Vec<f64> {
        let steps: &[f64] = if self.to / self.from < 1_000.0 {
            &[1.0, 2.0, 5.0]
        } else {
            &[1.0]
        };
        let mut decade = 10_f64.powf(self.from.log10().floor());
        let mut values = Vec::new();
        while decade <= self.to {
            values.extend(steps.iter().map(|step| step * decade));
            decade *= 10.0;
        }
        values.retain(|value| (self.from..=self.to).contains(value));
        values
    }

    /// Round numbers, about so many.
    fn steps(&self, about: f64) -> Vec<f64> {
        let rough = (self.to - self.from) / about;
        let power = 10_f64.powf(rough.log10().floor());
        let step = [1.0, 2.0, 5.0, 10.0]
            .into_iter()
            .map(|factor| factor * power)
            .find(|step| *step >= rough)
            .unwrap_or(rough);
        let mut values = Vec::new();
        let mut number = (self.from / step).ceil();
        while number * step <= self.to {
            values.push(number * step);
            number += 1.0;
        }
        values
    }
}

/// A round time of an axis: "0.5 ms", "20 ms", "1.5 s".
fn short_time(ms: f64) -> String {
    if ms == 0.0 {
        "0".to_owned()
    } else if ms.abs() < 1_000.0 {
        format!("{} ms", plain(ms))
    } else {
        format!("{} s", plain(ms / 1_000.0))
    }
}

/// Without the noise of sums in the last digits.
fn plain(value: f64) -> String {
    let text = format!("{value:.4}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::golden;

    fn report(cases: u32) -> Report {
        let mut report = golden::report();
        report.cases = (0..cases)
            .map(|n| Case {
                at: Some(f64::from(n) / 100.0),
                ms: Some(f64::from(n % 7) + 1.0),
                outcome: if n % 1_000 == 999 {
                    CaseOutcome::Fail
                } else {
                    CaseOutcome::Pass
                },
                ..Case::default()
            })
            .collect();
        report
    }

    fn dots(plot: &Plot) -> usize {
        let dots = plot.paths.iter().map(|(_, path)| path.matches('M').count());
        dots.sum::<usize>() + plot.titled.len()
    }

    #[test]
    fn few_dots_are_all_drawn_and_many_are_thinned_but_for_what_is_wrong() {
        let plot = Plot::new(&report(2_000)).unwrap();
        assert_eq!((dots(&plot), plot.note), (2_000, None));
        let mut many = report(20_000);
        many.cases[12_345].ms = Some(40.0);
        let plot = Plot::new(&many).unwrap();
        assert!((1_000..2_100).contains(&dots(&plot)), "{}", dots(&plot));
        assert_eq!(plot.titled.len(), 20);
        let dots: Vec<_> = many
            .cases
            .iter()
            .map(|case| Dot {
                x: case.at.unwrap(),
                ms: case.ms.unwrap(),
                case,
            })
            .collect();
        let kept = thin(dots, &Scale::linear(0.0, 200.0));
        assert!(kept.iter().any(|dot| dot.ms > 30.0), "the slowest is kept");
    }

    #[test]
    fn the_axis_is_logarithmic_where_the_spread_is_wide() {
        let mut report = report(20);
        assert!(!Plot::new(&report).unwrap().logarithmic);
        report.cases[3].ms = Some(90.0);
        let plot = Plot::new(&report).unwrap();
        assert!(plot.logarithmic);
        let labels: Vec<_> = plot
            .y_ticks
            .iter()
            .map(|tick| tick.label.as_str())
            .collect();
        assert_eq!(
            labels,
            ["1 ms", "2 ms", "5 ms", "10 ms", "20 ms", "50 ms", "100 ms"]
        );
    }

    #[test]
    fn ticks_are_round_and_inside() {
        let scale = Scale::linear(0.0, 13.0);
        let labels: Vec<_> = scale
            .ticks(true)
            .into_iter()
            .map(|tick| tick.label)
            .collect();
        assert_eq!(labels, ["0", "5 s", "10 s"]);
        let times = Scale::times(1.0, 40.0).time_ticks();
        assert!(times.iter().all(|tick| (0.0..=HEIGHT).contains(&tick.at)));
        assert_eq!(times[1].label, "10 ms");
    }

    #[test]
    fn nothing_measured_is_no_plot_and_odd_numbers_are_no_harm() {
        let mut report = report(3);
        for case in &mut report.cases {
            case.ms = None;
        }
        assert!(Plot::new(&report).is_none());
        report.cases[0].ms = Some(f64::NAN);
        assert!(Plot::new(&report).is_none());
        report.cases[0].ms = Some(0.0);
        report.cases[1].ms = Some(1e12);
        report.cases[1].at = Some(f64::INFINITY);
        assert_eq!(dots(&Plot::new(&report).unwrap()), 1);
    }
}
