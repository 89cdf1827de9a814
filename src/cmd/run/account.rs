//! What a step comes to: its cases under its name, and one of its own where they do not say it.

use super::kin;
use super::play::Ended;
use super::steps::Step;
use crate::error::Outcome;
use crate::net::stop::Signal;
use crate::report::case::{Case, CaseOutcome, Group};
use crate::report::reread::{Reread, label};
use crate::report::tally::Tally;

/// What a step comes to.
#[derive(Debug)]
pub(super) struct Account {
    /// Its outcome.
    pub(super) outcome: Outcome,
    /// Its cases, which it has printed itself.
    pub(super) cases: Vec<Case>,
    /// What it counted beside them, under its name.
    pub(super) counters: Vec<(&'static str, u64)>,
    /// The times of its answers, kind by kind, under its name.
    pub(super) groups: Vec<Group>,
    /// The step as a case, where it has none or these do not explain how it ended.
    pub(super) own: Option<Case>,
}

/// Where in the run the step stood.
#[derive(Clone, Copy, Debug)]
pub(super) struct When {
    /// When it began, in seconds since the run did.
    pub(super) at: f64,
    /// How long it took, in milliseconds.
    pub(super) ms: f64,
    /// Whether a signal ended the run meanwhile, and which.
    pub(super) by: Option<Signal>,
}

/// The account of a step that has ended, and the report that it wrote.
pub(super) fn account(step: &Step, ended: &Ended, report: Option<Reread>, when: When) -> Account {
    let outcome = outcome(ended, when.by);
    let Some(report) = report else {
        return Account {
            outcome,
            cases: Vec::new(),
            counters: Vec::new(),
            groups: Vec::new(),
            own: Some(own(step, ended, outcome, None, when)),
        };
    };
    let ended_by = report.ended;
    let named = |name: &str| format!("{}: {name}", step.name);
    let counters = report.counters.into_iter();
    let counters = counters.map(|(name, count)| (label(named(&name)), count));
    let groups = report.groups.into_iter().map(|group| Group {
        name: named(&group.name),
        ..group
    });
    // What concerns the whole stands behind its cases.
    let at_the_end = when.ms / 1_000.0;
    let missed = report
        .missed
        .into_iter()
        .map(|words| missed(words, at_the_end));
    let mut tally = Tally::new();
    let mut cases: Vec<_> = report.cases.into_iter().chain(missed).collect();
    for case in &mut cases {
        if outcome == Outcome::BadInput && case.outcome == CaseOutcome::Error {
            // The two look alike in a report, and the exit code tells them apart.
            case.outcome = CaseOutcome::Unsent;
        }
        tally.add(case);
        case.id = format!("{}: {}", step.name, case.id);
        case.step = Some(step.name.clone());
        case.at = Some(when.at + case.at.unwrap_or_default());
    }
    let summary = tally.summary(std::time::Duration::ZERO);
    let told = summary.outcome.unwrap_or(Outcome::Yes);
    // A step whose cases are none has one, too: nothing is missing from the report.
    let is_explained = !cases.is_empty() && (when.by.is_some() || told.and(outcome) == told);
    Account {
        outcome,
        counters: counters.collect(),
        groups: groups.collect(),
        own: (!is_explained).then(|| Case {
            at: Some(when.at + at_the_end),
            ..own(step, ended, outcome, ended_by, when)
        }),
        cases,
    }
}

/// A condition on the whole of a step, which is named by its flag at its end.
fn missed(words: String, at: f64) -> Case {
    let flag = words
        .rsplit_once(": ")
        .map_or("--fail-if", |(_, flag)| flag);
    Case {
        id: flag.to_owned(),
        outcome: CaseOutcome::Fail,
        why: Some(words),
        at: Some(at),
        ..Case::default()
    }
}

fn outcome(ended: &Ended, by: Option<Signal>) -> Outcome {
    match (ended.status.code(), by) {
        (Some(0), _) => Outcome::Yes,
        (Some(1), _) => Outcome::No,
        (Some(2), _) => Outcome::BadInput,
        (_, Some(signal)) => signal.outcome(),
        _ => Outcome::Incomplete,
    }
}

fn own(step: &Step, ended: &Ended, outcome: Outcome, by: Option<String>, when: When) -> Case {
    let is_over = when.by.is_some() && ended.status.code() != Some(0);
    let why = match when.by {
        Some(by) if is_over => Some(format!("ended by {}", by.name())),
        _ => (outcome != Outcome::Yes).then(|| why(ended, by)),
    };
    Case {
        id: step.name.clone(),
        step: Some(step.name.clone()),
        outcome: match outcome {
            _ if is_over => CaseOutcome::Skip,
            Outcome::Yes => CaseOutcome::Pass,
            Outcome::No => CaseOutcome::Fail,
            Outcome::BadInput => CaseOutcome::Unsent,
            _ => CaseOutcome::Error,
        },
        why,
        details: ended
            .verdicts
            .lines()
            .into_iter()
            .map(|line| ("verdict", line))
            .collect(),
        ms: Some(when.ms),
        at: Some(when.at),
        ..Case::default()
    }
}

fn why(ended: &Ended, by: Option<String>) -> String {
    if ended.was_stopped
        && let Some(server) = &ended.server
    {
        return format!("it was ended, because the server {server}");
    }
    match (&ended.error, by, ended.status.code()) {
        (Some(error), _, _) => error.clone(),
        (None, Some(by), _) => format!("ended by {by}"),
        (None, None, Some(1)) => {
            let told = ended.verdicts.told();
            told.unwrap_or_else(|| "its exit code is 1".to_owned())
        }
        (None, None, Some(code @ 0..=3)) => format!("its exit code is {code}"),
        _ => format!("it crashed: it {}", kin::words(ended.status)),
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use crate::cmd::run::verdict::Verdicts;
    use crate::report::reread;
    use std::os::unix::process::ExitStatusExt as _;
    use std::process::ExitStatus;

    const WHEN: When = When {
        at: 2.0,
        ms: 5.0,
        by: None,
    };

    fn told(raw: i32, cases: &str, rest: &str, when: When) -> Account {
        let step = Step {
            name: "push#2".to_owned(),
            number: (2, 2),
            verifies: false,
            title: String::new(),
            words: Vec::new(),
            reports: true,
            says: Vec::new(),
        };
        let ended = Ended {
            status: ExitStatus::from_raw(raw),
            error: None,
            verdicts: Verdicts::default(),
            server: None,
            was_stopped: false,
        };
        let report = format!("{{\"cases\":[{cases}],\"summary\":{{{rest}}}}}");
        account(&step, &ended, reread::read(report.as_bytes()), when)
    }

    const PASS: &str = r#"{"id":"a","outcome":"pass","at":0.5}"#;
    const ERROR: &str = r#"{"id":"f:3","outcome":"error","why":"x"}"#;
    const WHOLE: &str = r#""missed":[]"#;

    #[test]
    fn cases_stand_under_the_name_of_their_step() {
        let account = told(0, PASS, WHOLE, WHEN);
        assert_eq!(account.outcome, Outcome::Yes);
        assert!(account.own.is_none());
        let case = &account.cases[0];
        assert_eq!((&*case.id, case.at), ("push#2: a", Some(2.5)));
        assert_eq!(case.step.as_deref(), Some("push#2"));
        // It stands in the report all the same.
        let own = told(0, "", WHOLE, WHEN).own.unwrap();
        assert_eq!((&*own.id, own.outcome), ("push#2", CaseOutcome::Pass));
        let missed = told(
            256,
            PASS,
            r#""missed":["p99 is 2 s: --fail-if 'p99>1s'"]"#,
            WHEN,
        );
        assert!(missed.own.is_none());
        assert_eq!(missed.cases[1].id, "push#2: --fail-if 'p99>1s'");
    }

    #[test]
    fn an_end_that_no_case_explains_is_a_case() {
        // Exit codes as wait(2) has them.
        for (raw, why, outcome) in [
            (256, "its exit code is 1", CaseOutcome::Fail),
            (512, "its exit code is 2", CaseOutcome::Unsent),
            (768, "its exit code is 3", CaseOutcome::Error),
            (
                101 << 8,
                "it crashed: it exited with 101",
                CaseOutcome::Error,
            ),
            (
                11,
                "it crashed: it was ended by SIGSEGV",
                CaseOutcome::Error,
            ),
        ] {
            let own = told(raw, PASS, WHOLE, WHEN).own.unwrap();
            assert_eq!((own.why.as_deref(), own.outcome), (Some(why), outcome));
            assert_eq!(own.id, "push#2");
        }
        assert!(told(768, ERROR, WHOLE, WHEN).own.is_none());
    }

    #[test]
    fn what_was_not_sent_is_told_from_what_was_not_answered_by_the_exit_code() {
        for (raw, outcome) in [(512, CaseOutcome::Unsent), (768, CaseOutcome::Error)] {
            let account = told(raw, ERROR, WHOLE, WHEN);
            assert_eq!(account.cases[0].outcome, outcome);
            assert!(account.own.is_none());
        }
    }

    #[test]
    fn a_step_that_a_signal_ended_with_the_run_is_no_error_of_its_own() {
        let by = Some(Signal::Interrupt);
        let account = told(130 << 8, PASS, WHOLE, When { by, ..WHEN });
        assert!(account.own.is_none());
        assert_eq!(account.outcome, Outcome::Interrupted);
        let account = told(2, "no report", WHOLE, When { by, ..WHEN });
        let own = account.own.unwrap();
        assert_eq!(own.outcome, CaseOutcome::Skip);
        assert_eq!(own.why.as_deref(), Some("ended by Ctrl-C"));
    }
}
