//! The steps as they are typed: parted at each `--`, and parsed before anything is started.

use std::collections::BTreeMap;
use std::ffi::OsString;

use clap::parser::ValueSource;
use clap::{ArgMatches, Id};

use crate::args::{masked, secrets_in, with_environment};
use crate::cmd::command;
use crate::error::Error;
use crate::term;

/// What parts two steps, and so cannot stand in one.
const PARTS: &str = "--";

/// Subcommands that are no steps: they check nothing, or would start another server.
const NO_STEPS: [&str; 4] = ["run", "demo", "completions", "man"];

/// The longest title.
const LONGEST: usize = 60;

/// One call of pushrig itself.
#[derive(Debug)]
pub(super) struct Step {
    /// Its subcommand, numbered where one comes again: `push`, `push#2`.
    pub(super) name: String,
    /// Which of how many it is.
    pub(super) number: (usize, usize),
    /// The name and what it is called with, without flags and URLs: what may hold a secret is not
    /// repeated.
    pub(super) title: String,
    /// Whether it is one that prints verdicts and writes no report.
    pub(super) verifies: bool,
    /// Its arguments.
    pub(super) words: Vec<OsString>,
    /// Whether it has cases of its own, which it writes into a report.
    pub(super) reports: bool,
    /// The global flags that it says itself, by their ids; groups of flags are named, too.
    pub(super) says: Vec<String>,
}

/// Parts the words, and has each step parsed.
pub(super) fn read(words: &[OsString]) -> Result<Vec<Step>, Error> {
    let mut times: BTreeMap<String, u32> = BTreeMap::new();
    let mut steps = Vec::new();
    for (index, words) in words.split(|word| word == PARTS).enumerate() {
        let mut step = parse(index + 1, words)?;
        let time = times.entry(step.name.clone()).or_default();
        *time += 1;
        if *time > 1 {
            step.name = format!("{}#{time}", step.name);
        }
        step.title = term::cut(&format!("{}{}", step.name, step.title), LONGEST);
        steps.push(step);
    }
    only_one_reads(&steps)?;
    let of = steps.len();
    for (index, step) in steps.iter_mut().enumerate() {
        step.number = (index + 1, of);
    }
    Ok(steps)
}

fn parse(number: usize, words: &[OsString]) -> Result<Step, Error> {
    if words.is_empty() {
        return Err(Error::usage(format!("step {number} is empty"))
            .with_hint("write -- STEP …, and -- between two steps; no step ends with one"));
    }
    let all = std::iter::once(OsString::from("pushrig")).chain(words.iter().cloned());
    let all: Vec<_> = all.collect();
    let matches = command()
        .try_get_matches_from(&all)
        .map_err(|error| refused(number, &error, &all))?;
    let (name, own) = matches
        .subcommand()
        .ok_or_else(|| Error::usage(format!("step {number} names no subcommand")))?;
    if NO_STEPS.contains(&name) {
        return Err(Error::usage(format!("step {number}: {name} is no step")));
    }
    // Of `mqtt set` it is the latter that has the flags.
    let called = own.subcommand().map_or(own, |(_, inner)| inner);
    Ok(Step {
        name: name.to_owned(),
        number: (number, number),
        title: title(&matches),
        verifies: name == "verify",
        words: words.to_vec(),
        reports: called.try_contains_id("report").is_ok() && !is_dry(called),
        says: matches
            .ids()
            .map(Id::as_str)
            .filter(|id| matches.value_source(id) == Some(ValueSource::CommandLine))
            .map(str::to_owned)
            .collect(),
    })
}

/// Whether a step only prints what it would do.
fn is_dry(matches: &ArgMatches) -> bool {
    matches!(matches.try_get_one("dry_run"), Ok(Some(true)))
}

/// What the parser says of a step, in one line, without secrets.
fn refused(number: usize, error: &clap::Error, words: &[OsString]) -> Error {
    let named = words[1..]
        .iter()
        .find(|word| !word.as_encoded_bytes().starts_with(b"-"))
        .filter(|word| crate::cmd::SUBCOMMANDS.iter().any(|it| **word == it.name));
    let named = named.map(|word| word.to_string_lossy().into_owned());
    let step = match &named {
        Some(name) => format!("step {number} ({name})"),
        None => format!("step {number}"),
    };
    let help = match &named {
        Some(name) => format!("pushrig {name} --help"),
        None => "pushrig --help".to_owned(),
    };
    if !error.use_stderr() {
        return Error::usage(format!("{step} asks for help, which is no step")).with_hint(help);
    }
    let text = masked(
        error.render().to_string(),
        &with_environment(secrets_in(words)),
    );
    let mut paragraphs = text.split("\n\n");
    let said = in_one_line(paragraphs.next().unwrap_or_default());
    let said = said.strip_prefix("error: ").unwrap_or(&said);
    if words[1].to_string_lossy().contains(' ') {
        return Error::usage(format!("{step}: {said}"))
            .with_hint("write the words of a step one by one, without quotes around all of them");
    }
    let tip = paragraphs
        .map(in_one_line)
        .find_map(|text| text.strip_prefix("tip: ").map(str::to_owned))
        // A step has no `--` of its own.
        .filter(|tip| !tip.contains("'-- "));
    Error::usage(format!("{step}: {said}")).with_hint(tip.unwrap_or(help))
}

fn in_one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What a step is called with, each with a blank before it: its arguments that are no flags.
fn title(matches: &ArgMatches) -> String {
    let mut all = command();
    // Subcommands have their arguments only then.
    all.build();
    let (mut definition, mut matches) = (&all, matches);
    let mut title = String::new();
    let mut depth = 0;
    while let Some((name, own)) = matches.subcommand()
        && let Some(found) = definition.find_subcommand(name)
    {
        depth += 1;
        if depth > 1 {
            title.push(' ');
            title.push_str(name);
        }
        (definition, matches) = (found, own);
    }
    for argument in definition.get_positionals() {
        let values = matches.try_get_raw(argument.get_id().as_str());
        for value in values.ok().flatten().into_iter().flatten() {
            let text = value.to_string_lossy();
            if !text.contains("://") && !text.contains('?') {
                title.push(' ');
                title.push_str(&term::escape(text.as_bytes()));
            }
        }
    }
    title
}

/// Standard input is read once: two steps that want it are told before anything is started.
fn only_one_reads(steps: &[Step]) -> Result<(), Error> {
    let wants = |step: &&Step| {
        let texts = step.words.iter().map(|word| word.to_string_lossy());
        let mut texts = texts.skip(1);
        texts.any(|text| text == "-" || (text.starts_with("--") && text.ends_with("=-")))
    };
    let mut those = steps.iter().filter(wants);
    let (Some(one), Some(other)) = (those.next(), those.next()) else {
        return Ok(());
    };
    let name = |step: &Step| format!("step {} ({})", step.number.0, step.name);
    let (one, other) = (name(one), name(other));
    Err(
        Error::usage(format!("{one} and {other} both want standard input (`-`)"))
            .with_hint("give one of them as @FILE or env:NAME"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<Step>, Error> {
        let words: Vec<_> = text.split_whitespace().map(OsString::from).collect();
        super::read(&words)
    }

    fn said(text: &str) -> String {
        read(text).unwrap_err().to_string()
    }

    #[test]
    fn steps_are_parted_and_named_by_their_subcommand() {
        let steps = read(
            "push onenet.online http://h/?token=x --token t -- -q push onenet.offline http://h/ \
             -- sign onenet --token a-secret-token -- capture show f -- mqtt set h --device 1/a a=1",
        )
        .unwrap();
        let told: Vec<_> = steps
            .iter()
            .map(|step| (&*step.name, &*step.title, step.reports))
            .collect();
        assert_eq!(
            told,
            [
                ("push", "push onenet.online", true),
                ("push#2", "push#2 onenet.offline", true),
                ("sign", "sign onenet", false),
                ("capture", "capture show f", false),
                ("mqtt", "mqtt set h a=1", true),
            ]
        );
        assert_eq!(steps[0].words.len(), 5);
        let quiet = |step: &Step| step.says.iter().any(|id| id == "quiet");
        assert!(quiet(&steps[1]) && !quiet(&steps[0]) && !quiet(&steps[2]));
    }

    #[test]
    fn a_title_has_the_arguments_wherever_flags_stand() {
        let title = |text: &str| read(text).unwrap().remove(0).title;
        for (text, wanted) in [
            (
                "push --token t onenet.online http://h/",
                "push onenet.online",
            ),
            ("replay --to http://h/?a=b one two", "replay one two"),
            ("-q capture show --format json f", "capture show f"),
        ] {
            assert_eq!(title(text), wanted);
        }
    }

    #[test]
    fn two_steps_that_want_standard_input_are_named() {
        assert_eq!(
            said("samples -- push onenet.online http://h/ --token - -- verify --token=- f"),
            "step 2 (push) and step 3 (verify) both want standard input (`-`)"
        );
    }

    #[test]
    fn a_wrong_step_is_named_with_what_is_wrong() {
        assert_eq!(
            said("sign onenet -- push onenet.online http://h/ --frob"),
            "step 2 (push): unexpected argument '--frob' found"
        );
        assert_eq!(
            said("handshake"),
            "step 1 (handshake): the following required arguments were not provided: <PLATFORM>"
        );
        assert_eq!(said("sign onenet --"), "step 2 is empty");
        assert_eq!(said("sign onenet -- -- samples"), "step 2 is empty");
        assert_eq!(said("pish"), "step 1: unrecognized subcommand 'pish'");
        assert_eq!(said("completions bash"), "step 1: completions is no step");
        assert_eq!(
            said("push --help"),
            "step 1 (push) asks for help, which is no step"
        );
        let hint = read("push onenet.online http://h/ --tokn x").unwrap_err();
        assert!(hint.hint().unwrap().contains("--token"), "{hint:?}");
    }

    #[test]
    fn a_step_in_quotes_is_told_what_it_is() {
        let error = super::read(&["push onenet.online".into()]).unwrap_err();
        assert!(
            error.hint().unwrap().contains("without quotes"),
            "{error:?}"
        );
    }

    #[test]
    fn a_secret_in_the_wrong_place_is_not_repeated() {
        let words = said("push onenet.online http://h/ --token a-secret of-mine");
        assert!(
            words.contains("[secret]") && !words.contains("of-mine"),
            "{words}"
        );
    }
}
