//! What became of a message, as the case of a report.

use std::time::Duration;

use jiff::Timestamp;

use super::exchange::{Answer, Exchange, Fate};
use crate::cmd::mqtt::connection::Failed;
use crate::cmd::mqtt::refused;
use crate::mqtt::packet::QoS;
use crate::report::case::{Case, CaseOutcome};
use crate::term;

/// So much of a payload is shown.
const SHOWN: usize = 2_000;

impl Exchange {
    /// The case of this fate.
    pub(super) fn case(&self, fate: Fate, now: Timestamp) -> Case {
        let mut case = match fate {
            Fate::Replied(answer) => of_answer(answer),
            Fate::Sent { took } => self.sent(took),
            Fate::Silence { is_acknowledged } => self.silence(is_acknowledged),
            Fate::Unsubscribed => Case {
                outcome: CaseOutcome::Fail,
                why: Some(
                    "not sent: the subscription to its reply is refused by SUBACK 0x80".to_owned(),
                ),
                hint: Some(format!(
                    "is there a device {}, spelt so, and does it belong to this account?",
                    self.device
                )),
                ..Case::default()
            },
            Fate::Unconnected(failed) => self.unconnected(failed, now),
            Fate::Broke { lost, is_sent } => {
                let after = if is_sent {
                    "; whether it was set is not known"
                } else {
                    "; it was not sent"
                };
                error(format!("the connection broke: {}{after}", lost.why), None)
            }
            Fate::Signal(signal) => error(format!("ended by {}", signal.name()), None),
        };
        let what = if self.is_desired {
            "desired/set"
        } else {
            "set"
        };
        case.id = format!("{what} {}", self.device);
        let mut details = vec![
            ("request", self.request_id.clone()),
            ("topic", self.topic.clone()),
            ("payload", shown(&self.payload)),
        ];
        details.append(&mut case.details);
        case.details = details;
        case
    }

    fn sent(&self, took: Duration) -> Case {
        let what = match self.qos {
            QoS::AtMostOnce => "sent; with QoS 0 nobody says that it arrived",
            _ => "acknowledged by the broker; no reply is waited for",
        };
        Case {
            why: Some(what.to_owned()),
            ms: Some(millis(took)),
            ..Case::default()
        }
    }

    fn silence(&self, is_acknowledged: bool) -> Case {
        let limit = humantime::format_duration(self.connection.timeout);
        if self.reply_topic.is_none() {
            return error(format!("no PUBACK within {limit}"), None);
        }
        let acknowledged = match (self.qos, is_acknowledged) {
            (QoS::AtMostOnce, _) => "",
            (_, true) => "; the broker has acknowledged the message",
            (_, false) => "; nor has the broker acknowledged the message",
        };
        let hint = if self.is_desired {
            "no reply to property/desired/set is documented: --no-reply ends when the broker has \
             acknowledged it"
        } else {
            "is the device online? Nothing is buffered: --desired keeps the values until it is"
        };
        error(format!("no reply within {limit}{acknowledged}"), Some(hint))
    }

    fn unconnected(&self, failed: Failed, now: Timestamp) -> Case {
        match failed {
            Failed::Refused(code) => refused::case(code, &self.account, now),
            Failed::Unreachable(failure) => error(failure.to_string(), failure.hint()),
            Failed::Broken(lost) => error(format!("the connection broke: {}", lost.why), None),
        }
    }
}

fn error(why: String, hint: Option<&str>) -> Case {
    Case {
        outcome: CaseOutcome::Error,
        why: Some(why),
        hint: hint.map(str::to_owned),
        ..Case::default()
    }
}

fn of_answer(answer: Answer) -> Case {
    let mut case = Case {
        ms: Some(millis(answer.took)),
        warnings: answer.repairs,
        details: vec![("reply", shown(&answer.payload))],
        ..Case::default()
    };
    match answer.reply.result {
        Ok(()) => case.why = Some("success".to_owned()),
        Err((code, msg)) => {
            case.outcome = CaseOutcome::Fail;
            case.why = Some(format!("refused: {code}: {msg}"));
            case.hint = hint(&code, &msg).map(str::to_owned);
            case.details.push(("code", term::escape(code.as_bytes())));
            case.details.push(("msg", term::escape(msg.as_bytes())));
        }
    }
    case
}

/// What there is to say beside the reply. Where the device was heard, its own words are better.
fn hint(code: &str, msg: &str) -> Option<&'static str> {
    const VAGUE: [&str; 4] = ["offline", "online", "timeout", "unknown"];
    let said = msg.to_ascii_lowercase();
    let is_vague = said.trim().is_empty()
        || said.replace([' ', '_'], "") == code.to_ascii_lowercase()
        || VAGUE.iter().any(|word| said.contains(word));
    meaning(code).filter(|_| code != "setPropertyFailed" || is_vague)
}

/// What a code says; the documentation has the bare names.
fn meaning(code: &str) -> Option<&'static str> {
    Some(match code {
        "authPermissionDeny" => "this account may not set properties of that device",
        "parameterRequired" => "something that is needed is missing in the message",
        "invalidParameter" => {
            "a name or a value does not fit the thing model of the product: 30.5 and \"30.5\" are two"
        }
        "deviceNotFound" => "product or device name are not those of a device of this account",
        "setPropertyFailed" => "the device did not take it: is it online, and may it be written?",
        _ => return None,
    })
}

fn shown(bytes: &[u8]) -> String {
    let shown = &bytes[..bytes.len().min(4 * SHOWN)];
    term::cut(&term::escape(shown), SHOWN)
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::studio::message::CODES;

    #[test]
    fn every_documented_code_is_explained() {
        assert!(CODES.iter().all(|code| meaning(code).is_some()));
        assert_eq!(meaning("somethingElse"), None);
    }

    #[test]
    fn what_the_device_says_itself_needs_no_guess() {
        for (msg, is_guessed) in [
            ("no property `bogus`", false),
            ("", true),
            ("set property failed", true),
            ("device is offline", true),
        ] {
            assert_eq!(
                hint("setPropertyFailed", msg).is_some(),
                is_guessed,
                "{msg}"
            );
        }
    }
}
