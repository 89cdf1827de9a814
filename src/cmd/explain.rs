//! `pushrig explain`: why a signature is right, or which mistake makes it wrong.

use std::io::Write as _;

use clap::{ArgMatches, Args};

use super::{Subcommand, define, parse};
use crate::args::{Expires, JudgeArgs, PlatformOrAutoArg, inputs, other_profiles, read};
use crate::capture::record::PLAY_HINT;
use crate::capture::{Content, Located, Record};
use crate::check::{Checker, Judged};
use crate::diagnose::{Diagnosis, diagnose, secret_to_check, url_to_give};
use crate::error::{Error, Outcome};
use crate::platform::onenet_studio::Slip;
use crate::reading::{Reading, readings};
use crate::report::explanation::Explanation;
use crate::report::verdict::VerdictLine;
use crate::session::Session;
use crate::signature::mistake::OtherSecret;
use crate::signature::{Evidence, Given, Veil, Verdict};

/// The subcommand.
pub const SUBCOMMAND: Subcommand = Subcommand {
    name: "explain",
    about: "Show why a signature is right, or find the mistake that makes it wrong",
    define: |command| define::<ExplainArgs>(command, EXAMPLES),
    run,
};

const EXAMPLES: &str = "\
Examples:
  pushrig explain onenet request.curl --token env:TOKEN
  pushrig explain onenet body.json --token env:TOKEN \\
      --computed 'what my server computed'
  pushrig explain onenet --token ricnsmart --nonce 5xp7vzm3fN --msg hello \\
      --computed 77f9dc0e0fa3adc5b6e7d747399072cb
  pushrig explain sensoro request.har --app-secret env:SECRET
  pushrig explain onenet-studio --token @token.txt --access-key env:KEY";

#[derive(Args, Debug)]
struct ExplainArgs {
    #[command(flatten)]
    platform: PlatformOrAutoArg,
    /// The request in any form: a body (also sloppy), curl command, HAR, raw HTTP …; - is stdin
    #[arg(value_name = "FILE")]
    file: Option<String>,
    /// What my own server computed
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    computed: Option<String>,
    /// Show secrets in the base string
    #[arg(long)]
    reveal: bool,
    /// OneNET token: when it should end: a duration from now on, or a time (RFC 3339, unix)
    #[arg(long, value_name = "DURATION|TIME")]
    expires: Option<Expires>,
    #[command(flatten)]
    judge: JudgeArgs,
}

fn run(matches: &ArgMatches, session: &mut Session) -> Result<Outcome, Error> {
    let args: ExplainArgs = parse(matches)?;
    let (mut checker, given) = args.judge.open(&args.platform, session)?;
    checker.end = args
        .expires
        .map(|expires| expires.end(session.moment().now));
    if args.reveal {
        checker.veil = Veil::default();
    }
    let explainer = Explainer {
        args: &args,
        checker: &checker,
        given: &given,
        others: other_profiles(session)?,
    };
    let files: Vec<String> = args.file.iter().cloned().collect();
    if files.is_empty() && !given.is_empty() {
        let subject = Subject {
            name: "arguments".to_owned(),
            record: None,
            bare: true,
            pasted: true,
            notes: Vec::new(),
        };
        return explainer.explain(&subject, session);
    }
    let mut outcome = Outcome::Yes;
    let mut count = 0;
    for name in inputs(&files)? {
        let reading = read(&name, session)?;
        for warning in &reading.warnings {
            session.warn(warning);
        }
        for item in reading.items {
            let result = item.and_then(|located| {
                if count > 0 && !session.json() {
                    session.out.write_all(b"\n")?;
                }
                count += 1;
                explainer.explain(&Subject::of(located)?, session)
            });
            match result {
                Ok(one) => outcome = outcome.and(one),
                Err(error @ Error::Input { .. }) => {
                    session.complain(&error);
                    outcome = Outcome::BadInput;
                }
                Err(error) => return Err(error),
            }
        }
    }
    if count == 0 && outcome == Outcome::Yes {
        return Err(Error::usage("there is no request to explain"));
    }
    Ok(outcome)
}

/// What is explained.
struct Subject {
    name: String,
    record: Option<Record>,
    bare: bool,
    pasted: bool,
    notes: Vec<String>,
}

impl Subject {
    fn of(located: Located) -> Result<Self, Error> {
        if located.record.request().is_none() {
            let why = format!("this record {}", located.record.lack());
            let error = Error::input(located.place, why);
            return Err(match located.record.content {
                Content::Mqtt(_) => error.with_hint(PLAY_HINT),
                _ => error,
            });
        }
        Ok(Self {
            name: located.place.to_string(),
            bare: located.bare,
            pasted: located.pasted,
            notes: located.notes,
            record: Some(located.record),
        })
    }

    fn evidence<'e>(&'e self, explainer: &'e Explainer<'_>) -> Evidence<'e> {
        let request = self.record.as_ref().and_then(Record::request);
        let mut evidence = match request {
            Some(request) if self.bare => Evidence::of_body(&request.body),
            Some(request) => Evidence::of(request),
            None => Evidence::default(),
        };
        evidence.given = Some(explainer.given);
        evidence.public_url = explainer.checker.public_url.as_ref();
        evidence
    }
}

struct Explainer<'a> {
    args: &'a ExplainArgs,
    checker: &'a Checker,
    given: &'a Given,
    others: Vec<OtherSecret>,
}

impl Explainer<'_> {
    /// Explains one request in the reading that fits: as it stands, or as it was before it was
    /// copied, or with what a copy does not tell.
    fn explain(&self, subject: &Subject, session: &mut Session) -> Result<Outcome, Error> {
        let readings = readings(&subject.evidence(self), subject.pasted);
        // A body given as a flag beats the evidence, so it must give way to its original.
        let mut without_body = Given::new();
        for (name, value) in self.given.iter() {
            if name != "body" {
                without_body.push(name, value);
            }
        }
        let evidence = |reading| self.evidence(subject, reading, &without_body);
        let fits = |test: &dyn Fn(&Evidence<'_>) -> bool| {
            readings.iter().find(|reading| test(&evidence(reading)))
        };
        // Where there is nothing to choose, the search need not be made to choose.
        let only = (readings.len() == 1).then(|| &readings[0]);
        let chosen = only
            .or_else(|| fits(&|evidence| self.is_valid(subject, evidence)))
            .or_else(|| fits(&|evidence| self.is_explained(subject, evidence)))
            .or_else(|| fits(&|evidence| self.is_computable(subject, evidence)))
            .unwrap_or(&readings[0]);
        self.print(subject, &evidence(chosen), chosen, session)
    }

    fn evidence<'e>(
        &'e self,
        subject: &'e Subject,
        reading: &'e Reading,
        without_body: &'e Given,
    ) -> Evidence<'e> {
        let mut evidence = subject.evidence(self);
        if let Some(body) = &reading.body {
            evidence.body = Some(body);
            evidence.given = Some(without_body);
        }
        if let Some(public_url) = &reading.public_url {
            evidence.public_url = Some(public_url);
        }
        evidence.scheme = evidence.scheme.or(reading.scheme);
        evidence
    }

    fn is_computable(&self, subject: &Subject, evidence: &Evidence<'_>) -> bool {
        let judged = self.check(subject, evidence);
        judged.judgement.ingredients.is_some()
    }

    fn is_valid(&self, subject: &Subject, evidence: &Evidence<'_>) -> bool {
        self.check(subject, evidence).judgement.verdict == Verdict::Valid
    }

    /// Whether a mistake of the table accounts for it.
    fn is_explained(&self, subject: &Subject, evidence: &Evidence<'_>) -> bool {
        let judged = self.check(subject, evidence);
        judged.judgement.ingredients.is_some()
            && self
                .diagnose(&judged, evidence)
                .is_some_and(|diagnosis| !diagnosis.findings.hits.is_empty())
    }

    fn check<'c, 'e>(&'c self, subject: &Subject, evidence: &Evidence<'e>) -> Judged<'c, 'e> {
        let named = subject
            .record
            .as_ref()
            .and_then(|record| record.platform.as_deref());
        let at = subject
            .record
            .as_ref()
            .and_then(|record| record.at.as_deref());
        self.checker.check(named, at, evidence)
    }

    fn slips(
        &self,
        subject: &Subject,
        judged: &Judged<'_, '_>,
        evidence: &Evidence<'_>,
    ) -> Vec<Slip> {
        let at = subject
            .record
            .as_ref()
            .and_then(|record| record.at.as_deref());
        self.checker.slips(at, judged, evidence)
    }

    fn diagnose<'d, 'e>(
        &'d self,
        judged: &Judged<'d, 'e>,
        evidence: &Evidence<'e>,
    ) -> Option<Diagnosis<'d>> {
        let computed = self.args.computed.as_deref().map(str::as_bytes);
        diagnose(self.checker, judged, evidence, computed, &self.others)
    }

    fn print(
        &self,
        subject: &Subject,
        evidence: &Evidence<'_>,
        reading: &Reading,
        session: &mut Session,
    ) -> Result<Outcome, Error> {
        let mut judged = self.check(subject, evidence);
        let diagnosis = self.diagnose(&judged, evidence);
        if let Some(diagnosis) = &diagnosis
            && judged.judgement.verdict == Verdict::Unsigned
        {
            // Only what the server computed is in question: show what it should have been.
            judged.judgement.form = Some(diagnosis.form);
            judged.judgement.digest = Some(diagnosis.digest);
        }
        let computed_is_right = diagnosis
            .as_ref()
            .and_then(|diagnosis| diagnosis.computed_is_right);
        let only_computed =
            judged.judgement.verdict == Verdict::Unsigned && computed_is_right.is_some();
        let slips = self.slips(subject, &judged, evidence);
        let right = (judged.is_right(self.checker) || only_computed)
            && computed_is_right != Some(false)
            && !slips.iter().any(|slip| slip.is_proved);
        let mut all_notes = subject.notes.clone();
        all_notes.extend_from_slice(&reading.notes);
        if reading.compacted {
            let valid = judged.judgement.verdict == Verdict::Valid;
            all_notes.push(String::from(if valid {
                "it is valid once compacted: these are the bytes that were sent"
            } else {
                "it is taken compacted, as platforms send it"
            }));
        }
        let verdict = VerdictLine::new(
            &subject.name,
            self.checker,
            evidence,
            &judged,
            &all_notes,
            self.args.judge.show,
        );
        let computed = self.args.computed.as_deref();
        let computed = computed.map(|text| self.checker.veil.hide(text.as_bytes()));
        let explanation = Explanation {
            verdict,
            diagnosis: diagnosis.as_ref(),
            slips: &slips,
            computed: computed.as_deref(),
            next_steps: self.next_steps(subject, &judged),
            reveal: self.args.reveal,
            veil: &self.checker.veil,
        };
        if session.json() {
            session.print_json(&explanation.into_line())?;
        } else {
            let width = session.width();
            explanation.write_human(session.paint, width, &mut session.out)?;
        }
        Ok(Outcome::of(right))
    }

    /// What else to provide, where nothing was found.
    fn next_steps(&self, subject: &Subject, judged: &Judged<'_, '_>) -> Vec<String> {
        let mut steps = Vec::new();
        let received = judged.judgement.received.as_deref();
        if received.is_some() && received == self.args.computed.as_deref().map(str::as_bytes) {
            steps.push(
                "your server computed what arrived: it uses another secret than the one given \
                 here, or this copy is not what it hashed"
                    .to_owned(),
            );
        }
        steps.extend(secret_to_check(self.checker, judged));
        if self.args.computed.is_none() {
            steps.push("--computed: what your own server computed for this request".to_owned());
        }
        if subject.pasted {
            steps.push(
                "the request as it was on the wire (a capture, HAR or raw HTTP): a copy may have \
                 lost bytes"
                    .to_owned(),
            );
        }
        steps.extend(url_to_give(self.checker, judged));
        steps
    }
}
