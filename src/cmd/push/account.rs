//! What came of the tries of one push, told as a case.

use std::fmt::Write as _;
use std::time::Duration;

use super::courier::Courier;
use crate::check::{NOT_STRINGIFIED, is_json_stringify};
use crate::delivery::{outlook, pause_in_words};
use crate::message::{Request, Response};
use crate::net::{Answer, Failure, Timings};
use crate::platform::{Patience, Platform};
use crate::report::case::{Case, CaseOutcome};
use crate::report::millis;
use crate::sent::{Explaining, cut_end, explain, hidden, shown_body, signing_headers};
use crate::signature::Veil;

/// What came of one try.
#[derive(Debug, Default)]
pub(super) struct Try {
    /// The pause before it, at the platform's own speed.
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
            oddities: answer.oddities().iter().map(ToString::to_string).collect(),
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
    fn in_words(&self, speed: f64, veil: &Veil) -> String {
        let mut text = match (&self.failure, self.status(), self.ms()) {
            (Some(failed), ..) => hidden(failed.why.as_bytes(), veil),
            (None, Some(status), Some(ms)) => format!("{status} in {}", millis(ms)),
            (None, status, _) => status.map(|status| status.to_string()).unwrap_or_default(),
        };
        if let Some(pause) = self.pause {
            let _ = write!(text, ", {}", pause_in_words(pause, speed));
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
    /// The case that they come to; `sent` is the last try's request.
    pub(super) fn case(&self, id: String, sent: &Request, courier: &Courier, veil: &Veil) -> Case {
        let push = &courier.push;
        let patience = courier.patience.as_ref();
        let mut case = Case {
            id,
            platform: Some(push.scheme.id().to_owned()),
            ..Case::default()
        };
        let Some(last) = self.tries.last() else {
            return case;
        };
        case.status = last.status();
        case.ms = last.ms();
        let accepted = last.is_accepted(patience);
        if accepted && !push.signed {
            case.warnings.push(UNSIGNED.to_owned());
        }
        if !accepted {
            case.outcome = self.outcome();
            case.why = Some(why(last, patience, veil));
            case.hint = hint(last, veil);
        }
        let is_sensoro = push.scheme.platform == Some(Platform::Sensoro);
        if push.signed && is_sensoro && !is_json_stringify(&sent.body) {
            let warning = format!("{NOT_STRINGIFIED}, although the signature is right");
            case.warnings.push(warning);
        }
        for oddity in self.tries.iter().flat_map(|one| &one.oddities) {
            if !case.warnings.contains(oddity) {
                case.warnings.push(oddity.clone());
            }
        }
        self.show_tries(&mut case, courier.speed, veil);
        if !accepted && last.response.is_some() {
            show_sent(&mut case, sent, courier, veil);
        }
        if let (false, Some(platform), Some(patience)) = (accepted, push.scheme.platform, patience)
        {
            let acted = self.error_action.is_some();
            let next = outlook(platform, patience, courier.played_out, acted);
            case.details.push(("next", next));
        }
        case
    }

    /// Puts what came of each try into the details.
    fn show_tries(&self, case: &mut Case, speed: f64, veil: &Veil) {
        if self.tries.len() > 1 {
            let tries = self.tries.iter().enumerate();
            case.details.extend(tries.map(|(index, one)| {
                let text = format!("{}: {}", index + 1, one.in_words(speed, veil));
                ("try", text)
            }));
        }
        let last = self.tries.last();
        if let Some(response) = last.and_then(|last| last.response.as_ref()) {
            let body = if response.body.is_empty() {
                "no body".to_owned()
            } else {
                format!("`{}`", shown_body(&response.body, veil))
            };
            let answer = format!("{}, {body}", response.status);
            case.details.push(("answer", answer));
        }
        if let Some(timings) = last.and_then(|last| last.timings.as_ref()) {
            case.details.push(("timing", timing(timings)));
        }
        if let Some(action) = &self.error_action {
            let text = format!("the error action: {}", action.in_words(speed, veil));
            case.details.push(("action", text));
        }
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

/// What is said of a server that takes what anyone can send.
const UNSIGNED: &str = "accepted without a signature: whoever knows the URL can push";

/// Puts what was sent into the details, what signs it first, and the command that explains it.
fn show_sent(case: &mut Case, sent: &Request, courier: &Courier, veil: &Veil) {
    let form = courier.push.form_of(sent).filter(|_| courier.push.signed);
    let headers = form.map(|form| signing_headers(form, sent, veil));
    for line in headers.into_iter().flatten() {
        case.details.push(("sent", line));
    }
    case.details.push(("sent", shown_body(&sent.body, veil)));
    let push = &courier.push;
    let explaining = form.and_then(|form| explain(&push.scheme, form, sent, &push.secrets));
    if let Some(Explaining { command, then }) = explaining {
        case.details.extend([("explain", command), ("then", then)]);
    }
}

fn why(last: &Try, patience: Option<&Patience>, veil: &Veil) -> String {
    if let Some(failed) = &last.failure {
        return hidden(failed.why.as_bytes(), veil);
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
            cut_end(&hidden(location, veil))
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
