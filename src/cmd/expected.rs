//! What was expected of a run, as a case: `listen` and `mqtt watch` share it.

use crate::receiver::expect::{Expectation, Standing};
use crate::report::case::{Case, CaseOutcome};

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
