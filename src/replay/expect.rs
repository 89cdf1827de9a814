//! What an answer is held against.

use std::ops::RangeInclusive;
use std::time::Duration;

use crate::handshake::difference::difference;
use crate::message::Response;
use crate::platform::counts_in_words;
use crate::signature::{Secrets, Veil};
use crate::term;

/// What the user asks of every answer. What is not asked is left to the record's [`Standard`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expectations {
    /// Any of these statuses; empty: as the platform accepts it.
    pub statuses: Vec<RangeInclusive<u16>>,
    /// Exactly this body.
    pub body: Option<Vec<u8>>,
    /// The body holds all of these.
    pub holds: Vec<Vec<u8>>,
    /// Each of these headers, with that value if one is given.
    pub headers: Vec<(String, Option<String>)>,
    /// The whole answer, in that time.
    pub within: Option<Duration>,
    /// The status and the body that were recorded.
    pub recorded: bool,
}

/// What one record's answer is held against where the user asks nothing.
#[derive(Clone, Debug, PartialEq)]
pub struct Standard {
    /// The statuses that the platform takes for success.
    pub accepts: RangeInclusive<u16>,
    /// A handshake: what must come back as the body.
    pub echo: Option<Vec<u8>>,
    /// The answer that was recorded, if it was asked for.
    pub recorded: Option<Box<Response>>,
}

/// What is judged of an answer.
#[derive(Clone, Copy, Debug)]
pub struct Judged<'a> {
    /// The status.
    pub status: u16,
    /// The body after de-chunking.
    pub body: &'a [u8],
    /// How long all of it took.
    pub took: Duration,
}

/// Reads a status (`200`), a class (`2xx`) or a range (`200-204`).
pub fn parse_statuses(text: &str) -> Result<RangeInclusive<u16>, String> {
    let wrong = || "expected a status such as 200, 2xx or 200-204".to_owned();
    let status = |text: &str| {
        text.parse::<u16>()
            .ok()
            .filter(|status| (100..=999).contains(status))
            .ok_or_else(wrong)
    };
    if let Some(class) = text.strip_suffix("xx") {
        let class = status(&format!("{class}00"))?;
        return Ok(class..=class + 99);
    }
    match text.split_once('-') {
        None => status(text).map(|status| status..=status),
        Some((from, to)) => {
            let range = status(from)?..=status(to)?;
            if range.is_empty() {
                return Err(wrong());
            }
            Ok(range)
        }
    }
}

/// Reads a header that is expected: `Name`, or `Name: value`.
pub fn parse_expected_header(text: &str) -> Result<(String, Option<String>), String> {
    let (name, value) = match text.split_once(':') {
        None => (text, None),
        Some((name, value)) => (name, Some(value.trim().to_owned())),
    };
    let name = name.trim();
    if name.is_empty() || name.contains([' ', '\t', '\r', '\n']) {
        return Err("expected `Name` or `Name: value`".to_owned());
    }
    Ok((name.to_owned(), value))
}

impl Expectations {
    /// Why an answer is not what was expected; none if it is.
    ///
    /// `response` is asked only where a header is needed, because reading them costs. What
    /// `veil` hides is not shown, whole or in part.
    pub fn judge(
        &self,
        standard: &Standard,
        answer: &Judged<'_>,
        veil: &Veil,
        response: impl Fn() -> Response,
    ) -> Option<String> {
        self.judge_status(standard, answer.status, veil, &response)
            .or_else(|| self.judge_body(standard, answer.body, veil))
            .or_else(|| self.judge_headers(veil, &response))
            .or_else(|| self.judge_time(answer.took))
    }

    fn judge_status(
        &self,
        standard: &Standard,
        status: u16,
        veil: &Veil,
        response: &impl Fn() -> Response,
    ) -> Option<String> {
        if self.recorded {
            let recorded = standard.recorded.as_ref()?;
            return (recorded.status != status)
                .then(|| format!("the status is {status}; {} was recorded", recorded.status));
        }
        if !self.statuses.is_empty() {
            let right = self.statuses.iter().any(|range| range.contains(&status));
            return (!right).then(|| {
                let asked: Vec<_> = self.statuses.iter().map(range_in_words).collect();
                format!(
                    "the status is {status}; {} was expected",
                    asked.join(" or ")
                )
            });
        }
        let accepts = match standard.echo {
            Some(_) => &(200..=200),
            None => &standard.accepts,
        };
        if accepts.contains(&status) {
            return None;
        }
        let mut why = format!("the status is {status}: {}", counts_in_words(accepts));
        if (300..400).contains(&status)
            && let Some(to) = response().headers.first("Location")
        {
            let to = term::cut(&term::escape(&veil.hide(to)), 100);
            why = format!("{why}, and the redirect to {to} is not followed");
        }
        Some(why)
    }

    fn judge_body(&self, standard: &Standard, body: &[u8], veil: &Veil) -> Option<String> {
        if self.recorded
            && let Some(recorded) = &standard.recorded
            && let Some(how) = other_bytes(&recorded.body, body, veil)
        {
            return Some(format!("the body is not the recorded one: {how}"));
        }
        if let Some(expected) = &self.body
            && let Some(how) = other_bytes(expected, body, veil)
        {
            return Some(format!("the body is not the expected one: {how}"));
        }
        if let Some(missing) = self
            .holds
            .iter()
            .find(|text| memchr::memmem::find(body, text).is_none())
        {
            let missing = term::cut(&term::escape(&veil.hide(missing)), 60);
            return Some(format!("the body does not hold `{missing}`"));
        }
        let asked = self.recorded || self.body.is_some() || !self.holds.is_empty();
        match &standard.echo {
            Some(echo) if !asked => other_echo(echo, body, veil),
            _ => None,
        }
    }

    fn judge_headers(&self, veil: &Veil, response: &impl Fn() -> Response) -> Option<String> {
        if self.headers.is_empty() {
            return None;
        }
        let response = response();
        self.headers.iter().find_map(|(name, value)| {
            let found: Vec<_> = response.headers.all(name).collect();
            match value {
                _ if found.is_empty() => Some(format!("the answer has no header {name}")),
                Some(value) if !found.contains(&value.as_bytes()) => {
                    let found = term::cut(&term::escape(&veil.hide(found[0])), 60);
                    let value = veil.hide_text(value);
                    Some(format!(
                        "the header {name} is `{found}`; `{value}` was expected"
                    ))
                }
                _ => None,
            }
        })
    }

    fn judge_time(&self, took: Duration) -> Option<String> {
        let within = self.within.filter(|&within| took > within)?;
        Some(format!(
            "it took {:.1} ms; {} was expected",
            took.as_secs_f64() * 1000.0,
            humantime::format_duration(within)
        ))
    }
}

/// How a body differs from the echo; none if it does not.
fn other_echo(echo: &[u8], body: &[u8], veil: &Veil) -> Option<String> {
    if body == echo {
        return None;
    }
    // What is shown is cut, so secrets are hidden before.
    let difference = difference(&veil.hide(echo), &[], &Secrets::new(), &veil.hide(body));
    Some(difference.map_or_else(
        || "the body is the echo but for a secret".to_owned(),
        |difference| difference.what,
    ))
}

/// How bytes differ from the right ones; none if they do not.
fn other_bytes(right: &[u8], got: &[u8], veil: &Veil) -> Option<String> {
    /// So much is shown before the difference, and so much in all.
    const BEFORE: usize = 10;
    const MOST: usize = 40;
    if right == got {
        return None;
    }
    let same = right.iter().zip(got).take_while(|(a, b)| a == b).count();
    let lengths = if got.len() == right.len() {
        format!("{} bytes", got.len())
    } else {
        format!("{} bytes instead of {}", got.len(), right.len())
    };
    if [right, got].iter().any(|&text| veil.hide(text) != text) {
        return Some(format!(
            "{lengths}, and other ones from byte {same} on, which are not shown because a secret \
             is among them"
        ));
    }
    let start = same.saturating_sub(BEFORE);
    let piece = |text: &[u8]| {
        let piece = &text[start.min(text.len())..text.len().min(start + MOST)];
        term::escape(piece)
    };
    Some(format!(
        "{lengths}, and from byte {start} on `{}` instead of `{}`",
        piece(got),
        piece(right)
    ))
}

/// A range of statuses as people write it.
fn range_in_words(range: &RangeInclusive<u16>) -> String {
    let (start, end) = (*range.start(), *range.end());
    if start == end {
        start.to_string()
    } else if start % 100 == 0 && end == start + 99 {
        format!("{}xx", start / 100)
    } else {
        format!("{start}-{end}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::Headers;
    use crate::signature::SecretName;

    fn standard() -> Standard {
        Standard {
            accepts: 200..=200,
            echo: None,
            recorded: None,
        }
    }

    fn judge(expectations: &Expectations, standard: &Standard, response: &Response) -> String {
        let judged = Judged {
            status: response.status,
            body: &response.body,
            took: Duration::from_millis(7),
        };
        let veil = Veil::over(&Secrets::new().with(SecretName::Token, "a-secret-text"));
        expectations
            .judge(standard, &judged, &veil, || response.clone())
            .unwrap_or_default()
    }

    fn answer(status: u16, body: &str) -> Response {
        Response {
            status,
            body: body.into(),
            headers: Headers::from_iter([("X-A", "1"), ("Location", "/x/")]),
            ms: None,
        }
    }

    #[test]
    fn nothing_asked_the_platform_decides() {
        let nothing = Expectations::default();
        assert_eq!(judge(&nothing, &standard(), &answer(200, "any")), "");
        assert_eq!(
            judge(&nothing, &standard(), &answer(204, "")),
            "the status is 204: only 200 counts"
        );
        assert_eq!(
            judge(&nothing, &standard(), &answer(302, "")),
            "the status is 302: only 200 counts, and the redirect to /x/ is not followed"
        );
    }

    #[test]
    fn a_status_that_is_asked_for_beats_the_platforms() {
        let asked = Expectations {
            statuses: vec![
                parse_statuses("401").unwrap(),
                parse_statuses("5xx").unwrap(),
            ],
            ..Expectations::default()
        };
        assert_eq!(judge(&asked, &standard(), &answer(503, "")), "");
        assert_eq!(
            judge(&asked, &standard(), &answer(200, "")),
            "the status is 200; 401 or 5xx was expected"
        );
        for wrong in [
            "", "99", "xx", "abc", "204-200", "2000", "-", "200-", "1000",
        ] {
            assert!(parse_statuses(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_recorded_handshake_must_echo() {
        let standard = Standard {
            echo: Some(b"LeoTAq".to_vec()),
            ..standard()
        };
        let nothing = Expectations::default();
        assert_eq!(judge(&nothing, &standard, &answer(200, "LeoTAq")), "");
        assert!(judge(&nothing, &standard, &answer(200, "LeoTAq\n")).contains("0x0A"));
    }

    #[test]
    fn body_header_and_time_are_all_asked_for() {
        let mut asked = Expectations {
            holds: vec![b"ok".to_vec()],
            headers: vec![("x-a".to_owned(), Some("1".to_owned()))],
            within: Some(Duration::from_millis(10)),
            ..Expectations::default()
        };
        let right = answer(200, r#"{"ok":1}"#);
        assert_eq!(judge(&asked, &standard(), &right), "");
        asked.within = Some(Duration::from_millis(5));
        assert_eq!(
            judge(&asked, &standard(), &right),
            "it took 7.0 ms; 5ms was expected"
        );
        asked.headers.push(("X-B".to_owned(), None));
        assert_eq!(
            judge(&asked, &standard(), &right),
            "the answer has no header X-B"
        );
        asked.headers = vec![("X-A".to_owned(), Some("2".to_owned()))];
        assert_eq!(
            judge(&asked, &standard(), &right),
            "the header X-A is `1`; `2` was expected"
        );
        assert_eq!(
            judge(&asked, &standard(), &answer(200, "no")),
            "the body does not hold `ok`"
        );
    }

    #[test]
    fn an_expected_header_is_a_name_and_perhaps_a_value() {
        let read = |text| parse_expected_header(text).unwrap();
        assert_eq!(read("X-A"), ("X-A".to_owned(), None));
        assert_eq!(
            read("X-A: b: c "),
            ("X-A".to_owned(), Some("b: c".to_owned()))
        );
        for wrong in ["", ":", " : v", "X A: v"] {
            assert!(parse_expected_header(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_body_that_differs_is_shown_where_it_does_unless_a_secret_is_in_it() {
        let asked = Expectations {
            body: Some(b"0123456789abcdefgh".to_vec()),
            ..Expectations::default()
        };
        assert_eq!(
            judge(&asked, &standard(), &answer(200, "0123456789abcdefg!")),
            "the body is not the expected one: 18 bytes, and from byte 7 on \
             `789abcdefg!` instead of `789abcdefgh`"
        );
        let why = judge(&asked, &standard(), &answer(200, "is a-secret-text"));
        assert_eq!(
            why,
            "the body is not the expected one: 16 bytes instead of 18, and other ones from byte \
             0 on, which are not shown because a secret is among them"
        );
    }

    #[test]
    fn a_secret_is_not_shown_of_what_was_expected_either() {
        let holds = Expectations {
            holds: vec![b"is a-secret-text".to_vec()],
            ..Expectations::default()
        };
        assert_eq!(
            judge(&holds, &standard(), &answer(200, "no")),
            "the body does not hold `is [secret]`"
        );
        let header = Expectations {
            headers: vec![("X-A".to_owned(), Some("a-secret-text".to_owned()))],
            ..Expectations::default()
        };
        assert_eq!(
            judge(&header, &standard(), &answer(200, "")),
            "the header X-A is `1`; `[secret]` was expected"
        );
        let echo = Standard {
            echo: Some(b"1 a-secret-text 2".to_vec()),
            ..standard()
        };
        let nothing = Expectations::default();
        assert_eq!(
            judge(&nothing, &echo, &answer(200, "1 a-secret-text 2")),
            ""
        );
        assert_eq!(
            judge(&nothing, &echo, &answer(200, "12 a-secret-text 2")),
            "the body is `12 [secret] 2` and not the echo `1 [secret] 2`: they differ from byte 1 on"
        );
        assert_eq!(
            judge(&nothing, &echo, &answer(200, "1 YS1zZWNyZXQtdGV4dA 2")),
            "the body is the echo but for a secret"
        );
    }

    #[test]
    fn what_was_recorded_is_status_and_body() {
        let standard = Standard {
            recorded: Some(Box::new(answer(404, "none"))),
            ..standard()
        };
        let asked = Expectations {
            recorded: true,
            ..Expectations::default()
        };
        assert_eq!(judge(&asked, &standard, &answer(404, "none")), "");
        assert_eq!(
            judge(&asked, &standard, &answer(200, "none")),
            "the status is 200; 404 was recorded"
        );
        assert!(judge(&asked, &standard, &answer(404, "nine")).contains("not the recorded one"));
    }
}
