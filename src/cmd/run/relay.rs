//! What a step prints as JSON, handed on as a part of the run's.
//!
//! A line gets a member `step`, and a case the step's name before its id; else it stays as it
//! was, byte for byte. A step's summary becomes a `step-summary`, because a run has one summary.
//! What is no JSON of ours is wrapped: standard output is nothing but JSON lines.

use serde::Serialize;
use serde::de::IgnoredAny;

use crate::report::Bytes;

/// How each line of ours begins.
const START: &[u8] = b"{\"v\":1,";

#[derive(Serialize)]
struct OutputLine<'l> {
    v: u8,
    step: &'l str,
    r#type: &'static str,
    text: Bytes<'l>,
}

/// The line of a step, as it stands in the run's output.
pub(super) fn relay(step: &str, line: &[u8]) -> Vec<u8> {
    let is_ours = line.starts_with(START) && serde_json::from_slice::<IgnoredAny>(line).is_ok();
    if !is_ours {
        let line = OutputLine {
            v: 1,
            step,
            r#type: "output",
            text: Bytes(line.into()),
        };
        return serde_json::to_vec(&line).unwrap_or_default();
    }
    let mut relayed = START.to_vec();
    // A step's name is a subcommand's, and needs no escape.
    relayed.extend_from_slice(format!("\"step\":\"{step}\",").as_bytes());
    let mut rest = &line[START.len()..];
    for kind in ["case", "finding"] {
        let start = format!("\"type\":\"{kind}\",\"id\":\"");
        if let Some(behind) = rest.strip_prefix(start.as_bytes()) {
            relayed.extend_from_slice(format!("{start}{step}: ").as_bytes());
            rest = behind;
        }
    }
    if let Some(behind) = rest.strip_prefix(b"\"type\":\"summary\"") {
        relayed.extend_from_slice(b"\"type\":\"step-summary\"");
        rest = behind;
    }
    relayed.extend_from_slice(rest);
    relayed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_ours_is_kept_but_for_its_step() {
        for (line, relayed) in [
            (
                r#"{"v":1,"type":"case","id":"a:1","ms":1.50}"#,
                r#"{"v":1,"step":"push#2","type":"case","id":"push#2: a:1","ms":1.50}"#,
            ),
            (
                r#"{"v":1,"type":"summary","cases":3}"#,
                r#"{"v":1,"step":"push#2","type":"step-summary","cases":3}"#,
            ),
            (
                r#"{"v":1,"request":{"body":"\u0041"}}"#,
                r#"{"v":1,"step":"push#2","request":{"body":"\u0041"}}"#,
            ),
            (
                "POST / HTTP/1.1\r",
                r#"{"v":1,"step":"push#2","type":"output","text":"POST / HTTP/1.1\r"}"#,
            ),
            (
                r#"{"v":1,"broken"#,
                r#"{"v":1,"step":"push#2","type":"output","text":"{\"v\":1,\"broken"}"#,
            ),
        ] {
            let said = relay("push#2", line.as_bytes());
            assert_eq!(String::from_utf8(said).unwrap(), relayed);
        }
    }
}
