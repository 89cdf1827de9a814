//! What `verify` says of records that are not right, for the case of its step: it writes no report
//! of its own.

use serde::Deserialize;

use super::play::plain;

/// How the line of such a record begins where people read.
const WRONG: [&str; 3] = ["mismatch", "unsigned", "unreadable"];

/// And the line behind it that says why.
const WHY: &str = "  why ";

/// So many are told one by one.
const MOST: usize = 10;

/// The records that are not right.
#[derive(Debug, Default)]
pub(super) struct Verdicts {
    count: usize,
    /// The first of them, each in one line.
    first: Vec<String>,
    /// Whether what comes next may be why the last one is not.
    is_open: bool,
}

#[derive(Deserialize)]
struct Line {
    record: String,
    verdict: String,
    why: Option<String>,
}

impl Verdicts {
    /// Looks at lines that were printed, for people or for machines.
    pub(super) fn look_at(&mut self, lines: &[u8]) {
        for line in lines.split(|&byte| byte == b'\n') {
            if line.starts_with(b"{") {
                let line = serde_json::from_slice::<Line>(line).ok();
                if let Some(line) = line.filter(|line| WRONG.contains(&&*line.verdict)) {
                    self.add(&line.verdict, &line.record);
                    if let Some(why) = line.why {
                        self.explain(&why);
                    }
                }
                continue;
            }
            let line = plain(&String::from_utf8_lossy(line));
            if let Some(why) = line.strip_prefix(WHY) {
                self.explain(why.trim());
            } else if !line.starts_with(' ') {
                let mut words = line.split_whitespace();
                let verdict = words.next().filter(|word| WRONG.contains(word));
                match (verdict, words.next()) {
                    (Some(verdict), Some(record)) => self.add(verdict, record),
                    _ => self.is_open = false,
                }
            }
        }
    }

    fn add(&mut self, verdict: &str, record: &str) {
        self.count += 1;
        self.is_open = self.count <= MOST;
        if self.is_open {
            self.first.push(format!("{verdict} {record}"));
        }
    }

    fn explain(&mut self, why: &str) {
        if std::mem::take(&mut self.is_open)
            && let Some(last) = self.first.last_mut()
        {
            last.push_str(": ");
            last.push_str(why);
        }
    }

    /// In one line; none if all are right.
    pub(super) fn told(&self) -> Option<String> {
        let first = self.first.first()?;
        Some(match self.count {
            1 => first.clone(),
            count => format!("{count} records are not right, the first: {first}"),
        })
    }

    /// Line by line, where they are several.
    pub(super) fn lines(&self) -> Vec<String> {
        let mut lines = self.first.clone();
        if self.count < 2 {
            lines.clear();
        } else if self.count > lines.len() {
            lines.push(format!("… and {} more", self.count - lines.len()));
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_record_that_is_not_right_is_told_and_why() {
        let mut verdicts = Verdicts::default();
        verdicts.look_at(b"valid       a:1  onenet push\n");
        assert_eq!(verdicts.told(), None);
        verdicts.look_at(b"mismatch    a:2  onenet push\n  why       x\n");
        assert_eq!(verdicts.told().as_deref(), Some("mismatch a:2: x"));
        assert!(verdicts.lines().is_empty());
        verdicts.look_at(
            b"\x1b[31munsigned\x1b[0m    a:3  onenet push\n  received  s\n  why       y z\n",
        );
        verdicts.look_at(
            b"{\"v\":1,\"type\":\"verdict\",\"record\":\"a:4\",\"verdict\":\"mismatch\",\"why\":\"w\"}\n\
              {\"v\":1,\"type\":\"verdict\",\"record\":\"a:5\",\"verdict\":\"valid\",\"why\":null}\n",
        );
        assert_eq!(
            verdicts.told().as_deref(),
            Some("3 records are not right, the first: mismatch a:2: x")
        );
        let lines = ["mismatch a:2: x", "unsigned a:3: y z", "mismatch a:4: w"];
        assert_eq!(verdicts.lines(), lines);
    }

    #[test]
    fn of_very_many_the_first_are_told_and_how_many_more_there_are() {
        let mut verdicts = Verdicts::default();
        for number in 0..25 {
            verdicts.look_at(format!("mismatch  a:{number}  onenet\n  why  x\n").as_bytes());
        }
        let lines = verdicts.lines();
        assert_eq!(lines.len(), MOST + 1);
        assert_eq!(lines[MOST - 1], "mismatch a:9: x");
        assert_eq!(lines[MOST], "… and 15 more");
    }
}
