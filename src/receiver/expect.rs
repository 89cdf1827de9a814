//! What is expected of what comes: `--expect 'onenet.online>=1'`.
//!
//! ```text
//! verified=2 within 10s         a count and a number; until then, from the start
//! onenet.online>=1              of an event, or of a whole platform
//! duplicates=0                  holds until it is broken
//! onenet.online then onenet.offline       the first of one before the first of the other
//! ```
//! The counts: `requests`, `pushes`, `handshakes`, `verified`, `delivered` (answered in time and
//! as the platform accepts it), `refused` (wrong or missing signatures), `duplicates`, `replays`, `faults`, a platform's or recipe's id, and
//! `PLATFORM.EVENT`.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use crate::moment::parse_duration;

/// How often each thing was seen, and in which order for the first time.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// In that order. They are few: the counts, the platforms and their events.
    counts: Vec<(String, u64)>,
}

impl Seen {
    /// One more of that name.
    pub fn add(&mut self, name: &str) {
        match self.counts.iter_mut().find(|(have, _)| have == name) {
            Some((_, count)) => *count += 1,
            None => self.counts.push((name.to_owned(), 1)),
        }
    }

    /// How many there were.
    #[must_use]
    pub fn count(&self, name: &str) -> u64 {
        self.place(name).map_or(0, |at| self.counts[at].1)
    }

    /// As how many-th it was seen, from 0.
    fn place(&self, name: &str) -> Option<usize> {
        self.counts.iter().position(|(have, _)| have == name)
    }
}

/// One expectation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expectation {
    rule: Rule,
    within: Option<Duration>,
    /// As it was typed.
    text: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Rule {
    Count {
        name: String,
        comparison: Comparison,
        number: u64,
    },
    Order {
        first: String,
        then: String,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Comparison {
    More,
    AtLeast,
    Less,
    AtMost,
    Equal,
    Unequal,
}

/// Where an expectation stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It holds by now.
    Met,
    /// It may still come to hold.
    Open,
    /// It cannot hold any more; why.
    Missed(String),
}

impl Expectation {
    /// Where it stands after so long. The judgement of a run is the one at its end, where an
    /// open one is missed.
    #[must_use]
    pub fn standing(&self, seen: &Seen, elapsed: Duration) -> Standing {
        let (holds, is_lost) = self.holds(seen);
        if holds {
            return Standing::Met;
        }
        if is_lost || self.is_late(elapsed) {
            return Standing::Missed(self.found(seen));
        }
        Standing::Open
    }

    pub(super) fn is_late(&self, elapsed: Duration) -> bool {
        self.within.is_some_and(|within| elapsed > within)
    }

    /// Until when it is to hold, from the start.
    #[must_use]
    pub fn within(&self) -> Option<Duration> {
        self.within
    }

    /// Why it does not hold, in words: `2 verified were seen`.
    #[must_use]
    pub fn found(&self, seen: &Seen) -> String {
        match &self.rule {
            Rule::Count { name, .. } => format!("{} {name} came", seen.count(name)),
            Rule::Order { first, then } => match (seen.count(first), seen.count(then)) {
                (0, 0) => "neither came".to_owned(),
                (0, _) => format!("{then} came without {first} before it"),
                (_, 0) => format!("{then} did not come"),
                _ => format!("{then} came before {first}"),
            },
        }
    }

    /// Whether it holds, and, if not, whether it never will.
    pub(super) fn holds(&self, seen: &Seen) -> (bool, bool) {
        match &self.rule {
            Rule::Count {
                name,
                comparison,
                number,
            } => {
                let (count, number) = (seen.count(name), *number);
                match comparison {
                    Comparison::More => (count > number, false),
                    Comparison::AtLeast => (count >= number, false),
                    Comparison::Less => (count < number, true),
                    Comparison::AtMost => (count <= number, true),
                    Comparison::Equal => (count == number, count > number),
                    Comparison::Unequal => (count != number, false),
                }
            }
            Rule::Order { first, then } => match (seen.place(first), seen.place(then)) {
                (Some(first), Some(then)) => (first < then, true),
                (None, Some(_)) => (false, true),
                _ => (false, false),
            },
        }
    }
}

impl fmt::Display for Expectation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// What `listen` counts beside platforms and their events.
pub const COUNTS: [&str; 9] = [
    "requests",
    "pushes",
    "handshakes",
    "verified",
    "delivered",
    "refused",
    "duplicates",
    "replays",
    "faults",
];

impl FromStr for Expectation {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let (rule, within) = match text.split_once(" within ") {
            None => (text, None),
            Some((rule, time)) => {
                let time = time.trim();
                let time =
                    parse_duration(time, || format!("`{time}` is no time: write within 10s"))?;
                (rule.trim(), Some(time))
            }
        };
        let rule = match rule.split_once(" then ") {
            Some((first, then)) => Rule::Order {
                first: name(first)?,
                then: name(then)?,
            },
            None => count(rule)?,
        };
        Ok(Self {
            rule,
            within,
            text: text.to_owned(),
        })
    }
}

fn count(text: &str) -> Result<Rule, String> {
    const EXAMPLES: &str = "such as verified=2, onenet.online>=1, or `a then b`";
    let at = text.find(['>', '<', '=', '!']).ok_or_else(|| {
        format!("`{text}` compares nothing: write a count and a number, {EXAMPLES}")
    })?;
    let (left, rest) = text.split_at(at);
    // The longer ones first: `>=` begins with `>`.
    let known = [
        (">=", Comparison::AtLeast),
        ("<=", Comparison::AtMost),
        ("==", Comparison::Equal),
        ("!=", Comparison::Unequal),
        (">", Comparison::More),
        ("<", Comparison::Less),
        ("=", Comparison::Equal),
    ];
    let (comparison, number) = known
        .into_iter()
        .find_map(|(sign, comparison)| Some((comparison, rest.strip_prefix(sign)?)))
        .ok_or_else(|| format!("`{rest}` is no comparison, {EXAMPLES}"))?;
    let number = number.trim();
    Ok(Rule::Count {
        name: name(left)?,
        comparison,
        number: number
            .parse()
            .map_err(|_| format!("`{number}` is no whole number, {EXAMPLES}"))?,
    })
}

/// The name of a count; whether there is such a one is known only where something is counted.
fn name(text: &str) -> Result<String, String> {
    let text = text.trim();
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '/');
    if text.is_empty() || !text.chars().all(plain) {
        return Err(format!(
            "`{text}` is nothing that is counted: write a name such as verified or onenet.online"
        ));
    }
    Ok(text.to_owned())
}

impl Expectation {
    /// The names of what it counts.
    #[must_use]
    pub fn names(&self) -> Vec<&str> {
        match &self.rule {
            Rule::Count { name, .. } => vec![name],
            Rule::Order { first, then } => vec![first, then],
        }
    }

    /// Refuses a name that nothing is ever counted by; `there_are` lists those that there are.
    pub fn check(
        &self,
        is_counted: impl Fn(&str) -> bool,
        there_are: impl FnOnce() -> String,
    ) -> Result<(), String> {
        match self.names().into_iter().find(|name| !is_counted(name)) {
            None => Ok(()),
            Some(name) => Err(format!(
                "nothing is ever counted as `{name}`: there are {}",
                there_are()
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(names: &[&str]) -> Seen {
        let mut seen = Seen::default();
        for name in names {
            seen.add(name);
        }
        seen
    }

    fn after(text: &str, names: &[&str], seconds: u64) -> Standing {
        let expectation: Expectation = text.parse().unwrap();
        expectation.standing(&seen(names), Duration::from_secs(seconds))
    }

    fn missed(why: &str) -> Standing {
        Standing::Missed(why.to_owned())
    }

    #[test]
    fn a_count_is_open_until_it_is_met_and_lost_when_it_cannot_be() {
        let verified = ["verified", "verified"];
        assert_eq!(after("verified=2", &verified[..1], 1), Standing::Open);
        assert_eq!(after("verified = 2", &verified, 1), Standing::Met);
        assert_eq!(after("verified=1", &verified, 1), missed("2 verified came"));
        assert_eq!(after("duplicates=0", &verified, 1), Standing::Met);
        assert_eq!(after("verified>2", &verified, 1), Standing::Open);
        assert_eq!(
            after("verified<=1", &verified, 1),
            missed("2 verified came")
        );
        assert_eq!(after("verified!=2", &verified, 1), Standing::Open);
        assert_eq!(
            after("onenet.online>=1", &["onenet.online"], 1),
            Standing::Met
        );
    }

    #[test]
    fn a_time_that_is_up_is_a_miss_unless_it_was_met() {
        let late = missed("1 verified came");
        assert_eq!(after("verified=2 within 10s", &["verified"], 11), late);
        assert_eq!(
            after("verified=2 within 10s", &["verified"], 10),
            Standing::Open
        );
        assert_eq!(
            after("verified=1 within 10s", &["verified"], 11),
            Standing::Met
        );
    }

    #[test]
    fn an_order_is_that_of_first_times() {
        let rule = "onenet.online then onenet.offline";
        let (on, off) = ("onenet.online", "onenet.offline");
        assert_eq!(after(rule, &[], 1), Standing::Open);
        assert_eq!(after(rule, &[on], 1), Standing::Open);
        assert_eq!(after(rule, &[on, off, on], 1), Standing::Met);
        let why = "onenet.offline came without onenet.online before it";
        assert_eq!(after(rule, &[off], 1), missed(why));
        let why = "onenet.offline came before onenet.online";
        assert_eq!(after(rule, &[off, on], 1), missed(why));
    }

    #[test]
    fn what_cannot_be_read_or_is_never_counted_is_refused() {
        for wrong in [
            "",
            "verified",
            "verified=x",
            "=2",
            "a b>1",
            "verified=2 within soon",
            "verified=-1",
        ] {
            assert!(wrong.parse::<Expectation>().is_err(), "{wrong}");
        }
        let check = |text: &str| {
            let expectation: Expectation = text.parse().unwrap();
            let is_counted = |name: &str| ["verified", "a/b.online"].contains(&name);
            expectation.check(is_counted, || "two".to_owned())
        };
        assert_eq!(check("verified=1"), Ok(()));
        assert_eq!(check("a/b.online then verified"), Ok(()));
        let why = "nothing is ever counted as `verifed`: there are two";
        assert_eq!(check("verifed=1").unwrap_err(), why);
        assert!(check("verified then x").unwrap_err().contains("`x`"));
    }
}
