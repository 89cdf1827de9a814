//! The cases of a run that are no messages.

use std::time::Duration;

use crate::report::case::{Case, CaseOutcome};
use crate::studio::topic::Topic;

/// The case of a connection that there is none of.
pub(super) fn unconnected(why: String) -> Case {
    Case {
        id: "connect".to_owned(),
        outcome: CaseOutcome::Error,
        why: Some(why),
        ..Case::default()
    }
}

/// The case of a connection that is lost for good.
pub(super) fn given_up(why: &str, tries: u32) -> Case {
    let vain = match tries {
        0 => String::new(),
        1 => ", and a try to connect again came to nothing".to_owned(),
        tries => format!(", and {tries} tries to connect again came to nothing"),
    };
    Case {
        id: "connection".to_owned(),
        ..unconnected(format!("disconnected: {why}{vain}"))
    }
}

/// The case of a connection that was not back when the run ended.
pub(super) fn away(why: &str, away: Duration) -> Case {
    let away = away.as_secs_f64();
    Case {
        id: "connection".to_owned(),
        hint: Some("nobody knows what was sent meanwhile: this is no answer".to_owned()),
        ..unconnected(format!(
            "disconnected: {why}, and not connected again at the end, {away:.1} s later"
        ))
    }
}

/// The cases of topics that may not be subscribed to: one for each device, and for each topic
/// that is of none. Where all is refused, it is hardly each device by itself: one hint.
pub(super) fn unsubscribed(filters: &[String], is_all: bool) -> Vec<Case> {
    let mut refused: Vec<(String, Vec<&str>, bool)> = Vec::new();
    for filter in filters {
        let topic = Topic::parse(filter);
        let whose = topic.map(|topic| format!("{}/{}", topic.product, topic.device));
        match whose {
            Some(device) => match refused.iter_mut().find(|(id, ..)| *id == device) {
                Some((_, topics, _)) => topics.push(filter),
                None => refused.push((device, vec![filter], true)),
            },
            None => refused.push((filter.clone(), Vec::new(), false)),
        }
    }
    let last = refused.iter().rposition(|(_, _, is_device)| *is_device);
    let is_one = refused.len() == 1;
    let cases = refused.into_iter().enumerate();
    cases
        .map(|(at, (id, topics, is_device))| Case {
            outcome: CaseOutcome::Fail,
            why: Some("refused by SUBACK 0x80".to_owned()),
            hint: if !is_device || is_all && Some(at) != last {
                None
            } else if is_all && !is_one {
                let hint = "are there such devices, spelt so, and do they belong to this account?";
                Some(hint.to_owned())
            } else {
                Some(format!(
                    "is there a device {id}, spelt so, and does it belong to this account?"
                ))
            },
            id: format!("subscribe {id}"),
            details: topics
                .into_iter()
                .map(|topic| ("topic", topic.to_owned()))
                .collect(),
            ..Case::default()
        })
        .collect()
}
