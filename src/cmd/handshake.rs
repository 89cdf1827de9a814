//! `pushrig handshake`: the platform's URL verification, played against a server.

use std::time::{Duration, Instant};

use clap::{ArgMatches, Args};

use super::{Subcommand, define, parse};
use crate::args::{
    PartArgs, PlatformArg, ReportArgs, SecretArgs, TargetArgs, open_scheme, parse_url, target_url,
};
use crate::check::Scheme;
use crate::error::{Error, Outcome};
use crate::handshake::{
    Call, Ending, Judge, Kind, Plan, Probe, case_id, conclude, probes, refusals_prove_nothing,
};
use crate::message::Url;
use crate::net::stop::signalled;
use crate::net::{Connection, Failure, block_on};
use crate::report::case::{Case, CaseOutcome};
use crate::session::Session;
use crate::signature::{Secrets, Veil};

/// The subcommand.
pub const SUBCOMMAND: Subcommand = Subcommand {
    name: "handshake",
    about: "Verify a server's URL as the platform does, and judge the answer",
    define: |command| define::<HandshakeArgs>(command, EXAMPLES),
    run,
};

const EXAMPLES: &str = "\
Several right handshakes are sent, one of them with a `+` in its signature where
the platform sends base64; then wrong ones, which had better not be echoed.

Examples:
  pushrig handshake onenet http://127.0.0.1:8000/push --token env:TOKEN
  pushrig handshake tencent http://127.0.0.1:8000/iot --token env:TOKEN \\
      --strict";

#[derive(Args, Debug)]
struct HandshakeArgs {
    #[command(flatten)]
    platform: PlatformArg,
    /// The URL that is saved in the platform's console [default: the profile's]
    #[arg(value_name = "URL", value_parser = parse_url)]
    url: Option<Url>,
    /// A server that echoes a wrong handshake fails, too
    #[arg(long)]
    strict: bool,
    #[command(flatten)]
    parts: FixedArgs,
    #[command(flatten)]
    target: TargetArgs,
    #[command(flatten)]
    report: ReportArgs,
    #[command(flatten)]
    secrets: SecretArgs,
}

/// The parts of a handshake, which are drawn if they are not fixed.
#[derive(Args, Debug)]
#[command(next_help_heading = "Parts that are fixed (the others are drawn)")]
struct FixedArgs {
    /// The nonce
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    nonce: Option<String>,
    /// The timestamp
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    timestamp: Option<String>,
    /// OneNET's msg, which is to be echoed: text, @FILE or -
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    msg: Option<String>,
    /// The text that is to be echoed elsewhere
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    echostr: Option<String>,
    /// A part of a recipe file's own
    #[arg(long = "in", value_name = "NAME=VALUE", allow_hyphen_values = true)]
    own: Vec<String>,
}

fn run(matches: &ArgMatches, session: &mut Session) -> Result<Outcome, Error> {
    let args: HandshakeArgs = parse(matches)?;
    let scheme = open_scheme(&args.platform.platform)?;
    let to = target_url(args.url.as_ref(), session)?;
    let parts = PartArgs {
        nonce: args.parts.nonce.clone(),
        timestamp: args.parts.timestamp.clone(),
        msg: args.parts.msg.clone(),
        echostr: args.parts.echostr.clone(),
        own: args.parts.own.clone(),
        ..PartArgs::default()
    };
    parts.check(&scheme)?;
    let secrets = args.secrets.open_to_send(session)?;
    let given = parts.open(session)?;
    let call = Call {
        scheme: &scheme,
        to: &to,
        secrets: &secrets,
        given: &given,
    };
    let mut plan = probes(&call, &mut session.moment())?;
    for note in &plan.notes {
        session.note(note);
    }
    for probe in &mut plan.probes {
        probe.request.headers.edit(&args.target.headers);
    }
    let dialer = args.target.dialer(&to, plan.limit)?;
    let target = Veil::over(&secrets).hide_text(&to.bare()).into_owned();
    let mut reporter = args.report.open("handshake", &target, session)?;
    let started = Instant::now();
    let bout = Bout {
        scheme: &scheme,
        to: &to,
        secrets: &secrets,
        strict: args.strict,
        limit: args.target.timeout.unwrap_or(plan.limit),
        plan: &plan,
    };
    let mut played = Played::default();
    let ended = block_on(async {
        tokio::select! {
            signal = signalled() => signal.map(Some),
            () = bout.fight(dialer.connection(), &mut played) => Ok(None),
        }
    })??;
    let elapsed = started.elapsed();
    if let Some(signal) = ended {
        reporter.end(signal.name(), signal.outcome());
    }
    let Played { mut cases, answers } = played;
    conclusions(&scheme, &answers, &mut cases);
    if cases.len() < plan.probes.len() {
        let rest = plan.probes.len() - cases.len();
        session.note(&format!("the other {rest} handshakes were not sent"));
    }
    for case in cases {
        reporter.case(case, session)?;
    }
    reporter.finish(elapsed, session)
}

/// One run of all handshakes against one server.
struct Bout<'a> {
    scheme: &'a Scheme,
    to: &'a Url,
    secrets: &'a Secrets,
    strict: bool,
    limit: Duration,
    plan: &'a Plan,
}

/// What came of the handshakes so far.
#[derive(Default)]
struct Played {
    cases: Vec<Case>,
    /// Those that were answered, and how.
    answers: Vec<(Probe, Ending)>,
}

impl Bout<'_> {
    /// Sends the handshakes one after the other, as long as there is somebody who answers.
    async fn fight(&self, mut connection: Connection, played: &mut Played) {
        let mut judge = Judge::new(self.scheme, self.to, self.secrets, self.limit);
        let Played { cases, answers } = played;
        for probe in &self.plan.probes {
            if probe.kind == Kind::Wrong && answers.is_empty() {
                break;
            }
            // The platform comes once for each URL: no handshake leans on the one before.
            connection.close();
            let failure = match connection.exchange(&probe.request.to_wire()).await {
                Ok(answer) => {
                    let response = answer.to_response();
                    let mut finding = judge.judge(probe, &response);
                    if probe.kind == Kind::Right {
                        let oddities = answer.oddities();
                        finding
                            .warnings
                            .extend(oddities.iter().map(ToString::to_string));
                    }
                    answers.push((probe.clone(), finding.ending));
                    cases.push(finding.case(self.scheme.id(), probe, &response, self.strict));
                    continue;
                }
                Err(failure) => failure,
            };
            let mut case = self.unanswered(probe, &failure);
            case.status = connection.partial().map(|response| response.status);
            if case.outcome == CaseOutcome::Pass {
                answers.push((probe.clone(), Ending::Refused));
            }
            cases.push(case);
            if is_unreachable(&failure) {
                break;
            }
        }
        let lost = answers
            .iter()
            .find(|(_, ending)| *ending == Ending::Wrong)
            .and_then(|(probe, _)| probe.proof(self.scheme));
        if let Some(proof) = lost {
            connection.close();
            // It only adds to what was said: without an answer, that stands as it is.
            if let Ok(answer) = connection.exchange(&proof.request.to_wire()).await {
                let ending = judge.judge(&proof, &answer.to_response()).ending;
                answers.push((proof, ending));
            }
        }
    }

    /// The case of a handshake without an answer that could be judged.
    fn unanswered(&self, probe: &Probe, failure: &Failure) -> Case {
        let why = failure.to_string();
        let why = Veil::over(self.secrets).hide_text(&why).into_owned();
        let mut case = Case {
            id: case_id(self.scheme.id(), probe),
            platform: Some(self.scheme.id().to_owned()),
            ..Case::default()
        };
        if probe.kind == Kind::Wrong && !is_unreachable(failure) {
            // Who gives a stranger no answer lets nobody in.
            case.warnings.push(format!(
                "refused without an answer that the platform could read: {why}"
            ));
            return case;
        }
        case.outcome = if failure.is_an_answer() {
            CaseOutcome::Fail
        } else {
            CaseOutcome::Error
        };
        case.why = Some(why);
        case.hint = failure.hint().map(str::to_owned);
        case
    }
}

fn is_unreachable(failure: &Failure) -> bool {
    matches!(
        failure,
        Failure::Resolve { .. } | Failure::Connect { .. } | Failure::Tls { .. }
    )
}

/// Puts what all answers together show beside the case that shows it best.
fn conclusions(scheme: &Scheme, answers: &[(Probe, Ending)], cases: &mut [Case]) {
    let answers: Vec<_> = answers
        .iter()
        .map(|(probe, ending)| (probe, *ending))
        .collect();
    for conclusion in conclude(scheme, &answers) {
        let name = answers
            .iter()
            .find(|(probe, _)| conclusion.of.last() == Some(&probe.name));
        let id = name.map(|(probe, _)| case_id(scheme.id(), probe));
        if let Some(case) = cases.iter_mut().find(|case| Some(&case.id) == id.as_ref()) {
            case.hint = Some(format!("{}: {}", conclusion.what, conclusion.hint));
        }
    }
    if refusals_prove_nothing(&answers) {
        let refused = answers
            .iter()
            .filter(|(probe, ending)| probe.kind == Kind::Wrong && *ending == Ending::Refused);
        let ids: Vec<_> = refused
            .map(|(probe, _)| case_id(scheme.id(), probe))
            .collect();
        for case in cases.iter_mut().filter(|case| ids.contains(&case.id)) {
            case.outcome = CaseOutcome::Skip;
            case.why = Some("nothing was accepted, so a refusal proves nothing".to_owned());
        }
    }
    // The command that explains the first is enough.
    let says_next = |case: &Case| case.details.iter().any(|(name, _)| *name == "next");
    let first = cases.iter().position(says_next).unwrap_or_default();
    for case in cases.iter_mut().skip(first + 1) {
        case.details.retain(|(name, _)| *name != "next");
    }
}
