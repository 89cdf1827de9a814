//! The cases of a run: a command and its result, a habit of the server, and how it ended.

use std::time::Duration;

use super::books::Books;
use crate::controlid;
use crate::controlid::command::{Command, Reply};
use crate::controlid::fault::Fault;
use crate::controlid::finding::Finding;
use crate::controlid::state::Effect;
use crate::report::case::{Case, CaseOutcome};
use crate::term;

/// A command that was run and whose result is on its way.
pub(super) struct Pending {
    /// Which command of the device it is, from 1.
    pub(super) number: u32,
    pub(super) endpoint: String,
    /// What the device answered, if that is an error which nobody asked for.
    pub(super) error: Option<String>,
    /// What is shown of it.
    pub(super) details: Vec<(&'static str, String)>,
    /// When the command came, from the start of the run.
    pub(super) at: Duration,
}

/// What became of a result.
pub(super) enum Fate {
    /// The server took it.
    Accepted { status: u16, ms: f64 },
    /// The server refused it.
    Refused { status: u16, ms: f64, body: String },
    /// The server refused it, as it should: its uuid was wrong on purpose.
    RefusedRightly { status: u16, ms: f64 },
    /// It was sent, and no answer came.
    Unanswered(String),
    /// It could not be sent.
    Unsent(String, Option<&'static str>),
    /// It was not to be sent.
    Struck(Fault),
    /// The run was over before it could be sent.
    Over,
}

/// Of a body so much is shown.
const MOST_SHOWN: usize = 300;

/// The case of a command.
pub(super) fn of_command(device: i64, pending: Pending, fate: &Fate, strict: bool) -> Case {
    let mut case = Case {
        id: format!("{device}/{}#{}", pending.endpoint, pending.number),
        platform: Some(controlid::NAME.to_owned()),
        details: pending.details,
        at: Some(pending.at.as_secs_f64()),
        ..Case::default()
    };
    match fate {
        Fate::Accepted { status, ms } => {
            (case.status, case.ms) = (Some(*status), Some(*ms));
        }
        Fate::Refused { status, ms, body } => {
            (case.status, case.ms) = (Some(*status), Some(*ms));
            if !body.is_empty() {
                case.details.push(("server", body.clone()));
            }
            case.outcome = CaseOutcome::Fail;
            case.why = Some("the server refused the result".to_owned());
            case.hint = Some("answer /result with 200 and nothing in it".to_owned());
        }
        Fate::Unanswered(why) => {
            case.outcome = CaseOutcome::Error;
            case.why = Some(format!("its result was not answered: {why}"));
        }
        Fate::RefusedRightly { status, ms } => {
            (case.status, case.ms) = (Some(*status), Some(*ms));
            let text = "the server refused a uuid that no poll had".to_owned();
            case.details.push(("fault", text));
        }
        Fate::Unsent(why, hint) => {
            case.outcome = CaseOutcome::Error;
            case.why = Some(format!("its result could not be sent: {why}"));
            case.hint = hint.map(str::to_owned);
        }
        Fate::Struck(fault) => {
            case.outcome = CaseOutcome::Skip;
            case.why = Some(format!("its result was not sent: --fault {fault}"));
        }
        Fate::Over => {
            case.outcome = CaseOutcome::Skip;
            case.why = Some("its result was not sent: the run was over first".to_owned());
        }
    }
    if let Some(error) = pending.error {
        let text = format!("the device answered with an error: {error}");
        if strict && case.outcome == CaseOutcome::Pass {
            case.outcome = CaseOutcome::Fail;
            case.why = Some(text);
        } else {
            case.warnings.push(text);
        }
    }
    case
}

/// The case of a finding.
pub(super) fn of_finding(device: i64, finding: &Finding, strict: bool, at: Duration) -> Case {
    let text = finding.to_string();
    let mut case = Case {
        id: finding.kind.id().to_owned(),
        platform: Some(controlid::NAME.to_owned()),
        hint: Some(finding.kind.advice().to_owned()),
        details: vec![("device", device.to_string())],
        at: Some(at.as_secs_f64()),
        is_finding: true,
        ..Case::default()
    };
    if strict {
        case.outcome = CaseOutcome::Fail;
        case.why = Some(text);
    } else {
        case.warnings.push(text);
    }
    case
}

/// What a command and its reply looked like.
pub(super) fn details(command: &Command, reply: &Reply) -> Vec<(&'static str, String)> {
    let mut details = Vec::new();
    if !command.query.is_empty() {
        details.push(("query", shown(command.query.as_bytes())));
    }
    if !command.body.bytes().is_empty() {
        details.push(("asked", shown(command.body.bytes())));
    }
    let answer = match reply {
        Reply::Json(json) => shown(json),
        Reply::Empty => "nothing".to_owned(),
        Reply::Binary(bytes) => format!("{} bytes", bytes.len()),
        Reply::Error { message, code } => format!("error {code}: {}", shown(message.as_bytes())),
    };
    details.push(("answer", answer));
    details
}

pub(super) fn shown(bytes: &[u8]) -> String {
    let start = &bytes[..bytes.len().min(MOST_SHOWN)];
    let text = term::escape(start);
    if start.len() < bytes.len() {
        let (shown, all) = (start.len(), bytes.len());
        return format!("{text}… ({shown} of {all} bytes)");
    }
    text
}

/// An effect in a few words.
pub(super) fn effect(effect: &Effect) -> String {
    match effect {
        Effect::Reboot => "the device starts again".to_owned(),
        Effect::FactoryReset => "the state starts again as the factory made it".to_owned(),
        Effect::Enroll(enrollment) => format!(
            "a person is asked for a {} of user {}",
            term::escape(enrollment.kind.as_bytes()),
            enrollment.user_id
        ),
        Effect::CancelEnroll => "nobody is asked any more".to_owned(),
        Effect::Message { text, timeout_ms } => {
            format!(
                "the screen says `{}` for {timeout_ms} ms",
                term::escape(text.as_bytes())
            )
        }
        Effect::Buzz {
            frequency,
            duty_cycle,
            timeout_ms,
        } => format!("it buzzes at {frequency} Hz, {duty_cycle} %, for {timeout_ms} ms"),
        Effect::Action { action, parameters } => format!(
            "{} ({})",
            term::escape(action.as_bytes()),
            term::escape(parameters.as_bytes())
        ),
        Effect::AlarmStopped => "the alarm is off".to_owned(),
        Effect::ClockSet { offset } => format!("the clock is {offset} s from the real time"),
        Effect::Configured => "the configuration changed".to_owned(),
    }
}

/// How a device's last poll was answered.
#[derive(Debug, Default)]
pub(super) enum Standing {
    /// It has not polled.
    #[default]
    New,
    /// As a device can use it.
    Served,
    /// As no device can use it.
    Refused(Box<Reason>),
    /// Not at all.
    Unanswered(Box<Reason>),
}

/// Why a poll was of no use.
#[derive(Debug)]
pub(super) struct Reason {
    why: String,
    hint: Option<&'static str>,
    status: Option<u16>,
}

impl Standing {
    pub(super) fn refused(why: String, status: u16) -> Self {
        let (hint, status) = (None, Some(status));
        Self::Refused(Box::new(Reason { why, hint, status }))
    }

    pub(super) fn unanswered(why: String, hint: Option<&'static str>) -> Self {
        let status = None;
        Self::Unanswered(Box::new(Reason { why, hint, status }))
    }
}

/// The cases that say that in the end a server did not serve.
pub(super) fn of_end(all: u64, books: &Books) -> Vec<Case> {
    let ends = [
        (
            &books.refused,
            CaseOutcome::Fail,
            "was answered as no device can use it",
        ),
        (&books.failed, CaseOutcome::Error, "was not answered"),
    ];
    let cases = ends.into_iter().filter_map(|(failed, outcome, what)| {
        let reason = failed.reason.as_ref()?;
        Some(Case {
            id: "push".to_owned(),
            platform: Some(controlid::NAME.to_owned()),
            outcome,
            why: Some(match all {
                1 => format!("the last poll {what}: {}", reason.why),
                _ => format!(
                    "the last poll of {} of {all} devices {what}: {}",
                    failed.devices, reason.why
                ),
            }),
            hint: reason.hint.map(str::to_owned),
            status: reason.status,
            ..Case::default()
        })
    });
    cases.collect()
}

/// The case that says that devices were to come to rest, and did not.
pub(super) fn of_restless(all: u64, books: &Books) -> Option<Case> {
    (books.restless > 0).then(|| Case {
        id: "until-idle".to_owned(),
        platform: Some(controlid::NAME.to_owned()),
        outcome: CaseOutcome::Fail,
        why: Some(match all {
            1 => "every poll brought a command until the time was up".to_owned(),
            _ => format!(
                "every poll of {} of {all} devices brought a command until the time was up",
                books.restless
            ),
        }),
        ..Case::default()
    })
}

/// The case that says that fewer commands came than were asked for.
pub(super) fn of_missing(all: u64, books: &Books, wanted: u32) -> Option<Case> {
    (books.short > 0).then(|| Case {
        id: "commands".to_owned(),
        platform: Some(controlid::NAME.to_owned()),
        outcome: CaseOutcome::Fail,
        why: Some(match all {
            1 => format!("{} of {wanted} commands came", books.most),
            _ => format!(
                "{} of {all} devices got fewer than {wanted} commands",
                books.short
            ),
        }),
        ..Case::default()
    })
}
