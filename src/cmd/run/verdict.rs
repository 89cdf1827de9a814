//! What `verify` says of a record that does not fit, for the case of its step: it writes no report
//! of its own.

use serde::Deserialize;

use super::play::plain;

/// How the line of such a record begins where people read.
const MISMATCH: &str = "mismatch";

/// And the line behind it that says why.
const WHY: &str = "  why ";

/// The last record that does not fit.
#[derive(Debug, Default)]
pub(super) struct Verdict {
    record: Option<String>,
    why: Option<String>,
}

#[derive(Deserialize)]
struct Line {
    record: String,
    verdict: String,
    why: Option<String>,
}

impl Verdict {
    /// Looks at lines that were printed, for people or for machines.
    pub(super) fn look_at(&mut self, lines: &[u8]) {
        for line in lines.split(|&byte| byte == b'\n') {
            if line.starts_with(b"{") {
                let line = serde_json::from_slice::<Line>(line).ok();
                if let Some(line) = line.filter(|line| line.verdict == MISMATCH) {
                    self.record = Some(line.record);
                    self.why = line.why;
                }
                continue;
            }
            let line = plain(&String::from_utf8_lossy(line));
            if let Some(rest) = line.strip_prefix(MISMATCH) {
                self.record = rest.split_whitespace().next().map(str::to_owned);
                self.why = None;
            } else if let Some(why) = line.strip_prefix(WHY) {
                self.why = Some(why.trim().to_owned());
            }
        }
    }

    /// In one line; none if all of them fit.
    pub(super) fn told(&self) -> Option<String> {
        let record = self.record.as_ref()?;
        Some(match &self.why {
            Some(why) => format!("mismatch {record}: {why}"),
            None => format!("mismatch {record}"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_mismatch_is_told_by_its_record_and_why() {
        let mut verdict = Verdict::default();
        verdict.look_at(b"valid       a:1  onenet push\n");
        assert_eq!(verdict.told(), None);
        verdict.look_at(b"mismatch    a:2  onenet push\n  why       x\n");
        verdict.look_at(
            b"\x1b[31mmismatch\x1b[0m    a:3  onenet push\n  received  s\n  why       y z\n",
        );
        assert_eq!(verdict.told().as_deref(), Some("mismatch a:3: y z"));
        verdict.look_at(
            b"{\"v\":1,\"type\":\"verdict\",\"record\":\"a:4\",\"verdict\":\"mismatch\",\"why\":\"w\"}\n\
              {\"v\":1,\"type\":\"verdict\",\"record\":\"a:5\",\"verdict\":\"valid\",\"why\":null}\n",
        );
        assert_eq!(verdict.told().as_deref(), Some("mismatch a:4: w"));
    }
}
