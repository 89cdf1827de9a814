//! What came of the tries of one push, told as a case.

use std::fmt::Write as _;
use std::time::Duration;

use super::courier::Courier;
use crate::delivery::{duration, outlook};
use crate::message::Response;
use crate::net::{Answer, Failure, Timings};
use crate::platform::Patience;
use crate::report::case::{Case, CaseOutcome};
use crate::report::millis;
use crate::signature::Veil;
use crate::term::escape;

/// What came of one try.
#[derive(Debug, Default)]
pub(super) struct Try {
    /// How long was waited before it, at the platform's own speed.
    pub(super) pause: Option<Duration>,
    /// What came back, as far as it did.
    response: Option<Response>,
    timings: Option<Timings>,
    oddities: Vec<String>,
    failure: Option<Failed>,
}

/// Why there is no whole answer.
#[derive(Debug)]
struct Failed {
    why: String,
    hint: Option<&'static str>,
    /// Whether the server answered, and wrongly.
    is_an_answer: bool,
}

impl Try {
    pub(super) fn answered(answer: &Answer<'_>) -> Self {
        Self {
            response: Some(answer.to_response()),
            timings: Some(answer.timings),
            oddities: answer.oddities(),
            ..Self::default()
        }
    }

    pub(super) fn failed(failure: &Failure, partial: Option<Response>) -> Self {
        Self {
            response: partial,
            failure: Some(Failed {
                why: failure.to_string(),
                hint: failure.hint(),
                is_an_answer: failure.is_an_answer(),
            }),
            ..Self::default()
        }
    }

    /// Whether the message counts as delivered; without a platform's own rule any 2xx does.
    pub(super) fn is_accepted(&self, patience: Option<&Patience>) -> bool {
        let whole = self.response.as_ref().filter(|_| self.failure.is_none());
        whole.is_some_and(|response| match patience {
            Some(patience) => patience.accepts(response.status),
            None => (200..=299).contains(&response.status),
        })
    }

    fn status(&self) -> Option<u16> {
        self.response.as_ref().map(|response| response.status)
    }

    fn ms(&self) -> Option<f64> {
        self.timings
            .map(|timings| timings.total.as_secs_f64() * 1000.0)
    }

    /// The try in a line: `500 in 1.2 ms, 1 s after the one before`.
    fn in_words(&self, veil: &Veil) -> String {
        let mut text = match (&self.failure, self.status(), self.ms()) {
            (Some(failed), ..) => hidden(veil, failed.why.as_bytes()),
            (None, Some(status), Some(ms)) => format!("{status} in {}", millis(ms)),
            (None, status, _) => status.map(|status| status.to_string()).unwrap_or_default(),
        };
        if let Some(pause) = self.pause {
            let _ = write!(text, ", {} after the one before", duration(pause));
        }
        text
    }
}

/// All tries of one push.
#[derive(Debug, Default)]
pub(super) struct Account {
    /// Those at the server; at least one.
    pub(super) tries: Vec<Try>,
    /// The one at the error action.
    pub(super) error_action: Option<Try>,
}

impl Account {
    /// The case that they come to.
    pub(super) fn case(&self, id: String, courier: &Courier, veil: &Veil) -> Case {
        let patience = courier.patience.as_ref();
        let mut case = Case {
            id,
            platform: Some(courier.push.scheme.id().to_owned()),
            ..Case::default()
        };
        let Some(last) = self.tries.last() else {
            return case;
        };
        case.status = last.status();
        case.ms = last.ms();
        let accepted = last.is_accepted(patience);
        if !accepted {
            case.outcome = self.outcome();
            case.why = Some(why(last, patience, veil));
            case.hint = hint(last, veil);
        }
        for oddity in self.tries.iter().flat_map(|one| &one.oddities) {
            if !case.warnings.contains(oddity) {
                case.warnings.push(oddity.clone());
            }
        }
        if self.tries.len() > 1 {
            let tries = self.tries.iter().enumerate();
            case.details.extend(
                tries.map(|(index, one)| ("try", format!("{}: {}", index + 1, one.in_words(veil)))),
            );
        }
        if let Some(response) = &last.response {
            case.details.push(("body", shown(&response.body, veil)));
        }
        if let Some(timings) = &last.timings {
            case.details.push(("timing", timing(timings)));
        }
        if let Some(action) = &self.error_action {
            case.details.push((
                "action",
                format!("the error action: {}", action.in_words(veil)),
            ));
        }
        if let (false, Some(platform), Some(patience)) =
            (accepted, courier.push.scheme.platform, patience)
        {
            case.details
                .push(("next", outlook(platform, patience, courier.played_out)));
        }
        case
    }

    /// A push that was answered wrongly once is answered, whatever came of the other tries.
    fn outcome(&self) -> CaseOutcome {
        let answered = |one: &Try| match &one.failure {
            None => true,
            Some(failed) => failed.is_an_answer,
        };
        if self.tries.iter().any(answered) {
            CaseOutcome::Fail
        } else {
            CaseOutcome::Error
        }
    }
}

fn why(last: &Try, patience: Option<&Patience>, veil: &Veil) -> String {
    if let Some(failed) = &last.failure {
        return hidden(veil, failed.why.as_bytes());
    }
    let rule = patience.map_or_else(|| "only 2xx counts".to_owned(), Patience::accepted_in_words);
    let status = last.status().unwrap_or_default();
    format!("the status is {status}: {rule}")
}

fn hint(last: &Try, veil: &Veil) -> Option<String> {
    if let Some(failed) = &last.failure {
        return failed.hint.map(str::to_owned);
    }
    let response = last.response.as_ref()?;
    let location = response.headers.first("Location")?;
    (300..=399).contains(&response.status).then(|| {
        format!(
            "the platform does not follow redirects; this one leads to {}",
            cut(&hidden(veil, location))
        )
    })
}

fn timing(timings: &Timings) -> String {
    let parts = [
        ("connect", timings.connect),
        ("TLS", timings.tls),
        ("first byte", Some(timings.first_byte)),
        ("last byte", Some(timings.total)),
    ];
    let parts: Vec<_> = parts
        .into_iter()
        .filter_map(|(name, time)| Some(format!("{name} {}", millis(time?.as_secs_f64() * 1000.0))))
        .collect();
    parts.join(", ")
}

/// A body as it may be shown: escaped, without secrets, and cut.
fn shown(body: &[u8], veil: &Veil) -> String {
    if body.is_empty() {
        return "(empty)".to_owned();
    }
    let text = hidden(veil, body);
    match text.char_indices().nth(LONGEST) {
        Some(_) => format!("{} ({} bytes)", cut(&text), body.len()),
        None => text,
    }
}

/// As many characters of an answer as help.
const LONGEST: usize = 300;

fn cut(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

fn hidden(veil: &Veil, bytes: &[u8]) -> String {
    escape(&veil.hide(bytes))
}
