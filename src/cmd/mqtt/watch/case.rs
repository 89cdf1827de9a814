//! The cases of a run that are no messages.

use crate::receiver::expect::{Expectation, Standing};
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

/// The case of a topic that may not be subscribed to.
pub(super) fn unsubscribed(filter: &str) -> Case {
    let whose = Topic::parse(filter).map(|topic| format!("{}/{}", topic.product, topic.device));
    let hint = whose.map(|device| {
        format!("is there a device {device}, spelt so, and does it belong to this account?")
    });
    Case {
        id: format!("subscribe {filter}"),
        outcome: CaseOutcome::Fail,
        why: Some("refused by SUBACK 0x80".to_owned()),
        hint,
        ..Case::default()
    }
}

/// The case of an expectation, at the end, when none is open any more.
pub(super) fn of_expectation(expectation: &Expectation, standing: &Standing) -> Case {
    let (outcome, why) = match standing {
        Standing::Missed(why) => (CaseOutcome::Fail, Some(why.clone())),
        Standing::Met | Standing::Open => (CaseOutcome::Pass, None),
    };
    Case {
        id: format!("expect {expectation}"),
        outcome,
        why,
        ..Case::default()
    }
}
