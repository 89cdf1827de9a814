//! The cases of a run: requests, and what was expected of them.

use super::desk::{Arrived, NOT_KEPT};
use crate::receiver::Kind;
use crate::receiver::arrivals::words;
use crate::report::case::{Case, CaseOutcome};
use crate::signature::Verdict;
use crate::term;

/// The case of a request. What is refused is no failure of the receiver.
pub(super) fn of_request(arrived: &Arrived) -> Case {
    let received = &arrived.received;
    let mut case = Case {
        id: format!("#{} {}", arrived.number, name(arrived)),
        platform: received.platform.as_deref().map(str::to_owned),
        status: arrived.status,
        ms: Some(arrived.took.as_secs_f64() * 1000.0),
        at: Some(arrived.at.as_secs_f64()),
        details: vec![
            ("request", term::escape(arrived.line.as_bytes())),
            ("peer", arrived.peer.to_string()),
            ("verdict", received.verdict.as_str().to_owned()),
        ],
        ..Case::default()
    };
    if let Some(fault) = received.fault {
        case.details.push(("fault", fault.to_string()));
    }
    for note in received.notes.iter().chain(&received.framing) {
        case.details.push(("note", note.clone()));
    }
    let again = again(arrived);
    let is_refused = received.why.is_some();
    if let Some(trouble) = arrived.trouble {
        case.outcome = match trouble {
            // The receiver itself failed.
            NOT_KEPT => CaseOutcome::Error,
            _ => CaseOutcome::Skip,
        };
        case.why = Some(trouble.to_owned());
    } else if let Some(wrong) = &arrived.wrong {
        case.outcome = CaseOutcome::Fail;
        case.why = Some(wrong.clone());
    } else if is_refused && received.is_taken {
        case.why = Some(format!("taken all the same: {}", received.verdict.as_str()));
    } else if is_refused || !received.is_taken {
        case.outcome = CaseOutcome::Skip;
        case.why = Some(match (&received.fault, received.verdict) {
            (Some(fault), _) if !received.is_taken && !is_refused => format!("--fault {fault}"),
            _ if received.broken.is_some() => "its answer could not be made".to_owned(),
            (_, Verdict::Valid) => "refused".to_owned(),
            (_, verdict) => format!("refused: {}", verdict.as_str()),
        });
    } else if let Some(fault) = received.fault {
        case.why = Some(format!("--fault {fault}"));
    }
    case.warnings.extend(received.why.clone());
    case.warnings.extend(received.broken.clone());
    if let Some(mistake) = &received.mistake {
        case.warnings.push(format!("the mistake: {mistake}"));
    }
    case.warnings.extend(again);
    case
}

/// What a request is called: its events, or what it is.
fn name(arrived: &Arrived) -> String {
    let received = &arrived.received;
    match (received.kind, received.events.as_slice()) {
        (Kind::Handshake, _) => "handshake".to_owned(),
        (Kind::Push, []) => "push".to_owned(),
        (Kind::Push, [event]) => (*event).to_owned(),
        (Kind::Push, events) => format!("{} and {} more", events[0], events.len() - 1),
        (Kind::Other, _) => term::cut(&term::escape(arrived.line.as_bytes()), 60),
    }
}

/// What there is to say of one that came before.
fn again(arrived: &Arrived) -> Option<String> {
    let arrival = arrived.received.arrival;
    if arrival.is_replay {
        return Some("its nonce came before, with another message: a replay?".to_owned());
    }
    let gap = arrival.gap.map(|gap| format!(" after {}", words(gap)));
    let gap = gap.unwrap_or_default();
    if arrival.is_duplicate {
        return Some(format!("a duplicate{gap}: it was taken before"));
    }
    (arrival.attempt > 1).then(|| format!("attempt {}{gap}", arrival.attempt))
}
