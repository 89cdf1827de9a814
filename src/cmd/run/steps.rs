//! The steps as they are typed: parted at each `--`, and parsed before anything is started.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};

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
    /// The name and what it is called with, up to the first flag or URL: what may hold a secret is
    /// not repeated.
    pub(super) title: String,
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
        step.title = title(&step.name, words);
        steps.push(step);
    }
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
    Ok(Step {
        name: name.to_owned(),
        number: (number, number),
        title: String::new(),
        words: words.to_vec(),
        reports: own.try_contains_id("report").is_ok() && !is_dry(own),
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

fn title(name: &str, words: &[OsString]) -> String {
    let plain = |word: &&OsString| {
        let text = word.to_string_lossy();
        !text.starts_with('-') && !text.contains("://") && !text.contains('?')
    };
    let mut title = name.to_owned();
    // What stands before the subcommand are flags.
    let subcommand = |word: &OsString| OsStr::new(name.split('#').next().unwrap_or(name)) == word;
    let behind = words.iter().skip_while(|word| !subcommand(word)).skip(1);
    for word in behind.take_while(plain) {
        title.push(' ');
        title.push_str(&term::escape(word.to_string_lossy().as_bytes()));
    }
    term::cut(&title, LONGEST)
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
             -- sign onenet --token a-secret-token -- capture show f",
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
            ]
        );
        assert_eq!(steps[0].words.len(), 5);
        let quiet = |step: &Step| step.says.iter().any(|id| id == "quiet");
        assert!(quiet(&steps[1]) && !quiet(&steps[0]) && !quiet(&steps[2]));
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
