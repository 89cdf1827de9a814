//! `pushrig verify`: is the signature right?
//!
//! A capture streams through in constant memory: one thread cuts it into blocks of whole lines,
//! a worker on each core judges them, and the results are printed in the order of the file.

use std::io::{Read as _, Write as _};

use clap::{ArgMatches, Args};

use self::page::{Page, Printer};
use self::stream::stream;
use super::{Subcommand, define, parse};
use crate::args::{JudgeArgs, PlatformOrAutoArg, inputs, open, read_rest};
use crate::capture::{self, Kind};
use crate::error::{Error, Outcome};
use crate::report::verdict::{Counts, SummaryLine};
use crate::session::Session;
use crate::signature::Evidence;

mod page;
mod stream;

/// The subcommand.
pub const SUBCOMMAND: Subcommand = Subcommand {
    name: "verify",
    about: "Check the signatures of recorded requests, or of parts given as flags",
    define: |command| define::<VerifyArgs>(command, EXAMPLES),
    run,
};

const EXAMPLES: &str = "\
Examples:
  pushrig verify onenet --token ricnsmart --nonce 5xp7vzm3fN --msg hello \\
      --signature d/ncDg+jrcW259dHOZByyw==
  pushrig verify auto capture.ndjson --token env:TOKEN -q
  pushrig verify tencent capture.ndjson --tolerance 5m \\
      --token @old-token --token @new-token
  pushrig verify sensoro request.raw --app-secret env:SECRET \\
      --public-url https://example.com/hook";

#[derive(Args, Debug)]
struct VerifyArgs {
    #[command(flatten)]
    platform: PlatformOrAutoArg,
    /// Captures, push bodies, HAR, raw HTTP, curl commands … recognised by content; - is stdin
    #[arg(value_name = "FILE")]
    files: Vec<String>,
    #[command(flatten)]
    judge: JudgeArgs,
}

fn run(matches: &ArgMatches, session: &mut Session) -> Result<Outcome, Error> {
    let args: VerifyArgs = parse(matches)?;
    let (checker, given) = args.judge.open(&args.platform, session)?;
    let printer = Printer::new(&checker, &given, args.judge.show, session);
    let mut counts = Counts::default();
    let mut outcome = Outcome::Yes;
    if args.files.is_empty() && !given.is_empty() {
        let mut page = Page::default();
        printer.print_one("arguments", None, Evidence::default(), &[], &mut page)?;
        take(session, &mut counts, &page)?;
    } else {
        let files = inputs(&args.files)?;
        for file in &files {
            match verify_file(file, &printer, session, &mut counts) {
                Err(error @ (Error::File { .. } | Error::Input { .. })) if files.len() > 1 => {
                    outcome = outcome.and(match error {
                        Error::File { .. } => Outcome::Incomplete,
                        _ => Outcome::BadInput,
                    });
                    session.complain(&error);
                }
                result => result?,
            }
        }
    }
    Ok(finish(&counts, outcome, &args, session)?.and(outcome))
}

/// Judges everything in one file.
fn verify_file(
    name: &str,
    printer: &Printer<'_>,
    session: &mut Session,
    counts: &mut Counts,
) -> Result<(), Error> {
    let mut source = open(name, session)?;
    let mut start = Vec::new();
    source
        .by_ref()
        .take(START)
        .read_to_end(&mut start)
        .map_err(|cause| Error::reading(name, cause))?;
    let whole = (start.len() as u64) < START;
    let streams = matches!(
        capture::recognise(&start, whole),
        Kind::Records | Kind::Bodies
    );
    if streams {
        return stream(name, start, source, printer, session, counts);
    }
    let reading = read_rest(name, start, source)?;
    for warning in &reading.warnings {
        session.warn(warning);
    }
    let mut page = Page::default();
    for item in reading.items {
        match item {
            Ok(located) => printer.print_located(&located, &mut page)?,
            Err(error) => page.fail(error),
        }
    }
    take(session, counts, &page)
}

/// A file is recognised by its first bytes, this many.
const START: u64 = 64 << 10;

/// Shows a page, and counts it.
fn take(session: &mut Session, counts: &mut Counts, page: &Page) -> Result<(), Error> {
    session.out.write_all(&page.out)?;
    // Once in a run, however many there are.
    let first = page.message.as_ref().filter(|_| counts.messages == 0);
    for error in first.into_iter().chain(&page.errors) {
        session.complain(error);
    }
    for warning in &page.warnings {
        session.warn(warning);
    }
    for note in &page.notes {
        session.note(note);
    }
    counts.absorb(&page.counts);
    Ok(())
}

fn finish(
    counts: &Counts,
    so_far: Outcome,
    args: &VerifyArgs,
    session: &mut Session,
) -> Result<Outcome, Error> {
    if counts.records + counts.errors == 0 && so_far == Outcome::Yes {
        return Err(Error::usage("there is no record to check"));
    }
    if session.json() {
        session.print_json(&SummaryLine::new(*counts))?;
    } else if counts.records + counts.errors > 1 || session.globals.quiet {
        let text = counts.in_words(session.paint);
        writeln!(session.out, "{text}")?;
    }
    if counts.mismatch > 0 && !session.json() && !session.globals.quiet {
        let file = args.files.first().map_or("…", String::as_str);
        session.note(&format!(
            "which mistake is it? pushrig explain {} {file}, with the same secrets",
            args.platform.platform
        ));
    }
    Ok(if counts.errors > 0 {
        Outcome::BadInput
    } else {
        Outcome::of(counts.wrong == 0)
    })
}
