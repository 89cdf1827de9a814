//! `pushrig verify`: is the signature right?
//!
//! A capture streams through in constant memory: one thread cuts it into blocks of whole lines,
//! a worker on each core judges them, and the results are printed in the order of the file.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, IsTerminal as _, Read, Write as _};
use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

use clap::{ArgMatches, Args, FromArgMatches as _};

use super::completions::unparsed;
use crate::args::{
    ArrivedArgs, PartArgs, PlatformOrAutoArg, PublicUrlArg, SecretArgs, open_scheme, parse_duration,
};
use crate::capture::blocks::{Block, Blocks};
use crate::capture::{self, Kind, Located, Record, lines};
use crate::check::{Checked, Checker, Choice};
use crate::cli::Subcommand;
use crate::error::{Error, Outcome, Place};
use crate::json::Member;
use crate::report::verdict::{Counts, SummaryLine, VerdictLine};
use crate::session::Session;
use crate::signature::{Evidence, Given, SecretName, Verdict};
use crate::term::Paint;

/// The subcommand.
pub const SUBCOMMAND: Subcommand = Subcommand {
    name: "verify",
    about: "Check the signatures of recorded requests, or of parts given as flags",
    define: |command| VerifyArgs::augment_args(command).after_help(EXAMPLES),
    run,
};

const EXAMPLES: &str = "\
Examples:
  pushrig verify onenet --token ricnsmart --nonce 5xp7vzm3fN --msg hello --signature d/ncDg+jrcW259dHOZByyw==
  pushrig verify auto capture.ndjson --token env:TOKEN -q
  pushrig verify tencent capture.ndjson --token @old-token --token @new-token --tolerance 5m
  pushrig verify sensoro request.raw --app-secret env:SECRET --public-url https://example.com/hook";

#[derive(Args, Debug)]
struct VerifyArgs {
    #[command(flatten)]
    platform: PlatformOrAutoArg,
    /// Captures, push bodies, HAR, raw HTTP, curl commands … recognised by content; - is stdin
    #[arg(value_name = "FILE")]
    files: Vec<String>,
    /// Let the age decide too: how old a request may be, or how far ahead
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    tolerance: Option<Duration>,
    /// Show what is sealed in it
    #[arg(long)]
    show: bool,
    #[command(flatten)]
    public_url: PublicUrlArg,
    #[command(flatten)]
    arrived: ArrivedArgs,
    #[command(flatten)]
    parts: PartArgs,
    #[command(flatten)]
    secrets: SecretArgs,
}

/// How old a request may be before it is called stale, where the user does not say.
const USUAL_TOLERANCE: Duration = Duration::from_secs(300);

fn run(matches: &ArgMatches, session: &mut Session) -> Result<Outcome, Error> {
    let args = VerifyArgs::from_arg_matches(matches).map_err(unparsed)?;
    let (checker, given) = open(
        &args.platform,
        &args.secrets,
        &args.parts,
        &args.arrived,
        &args.public_url,
        args.tolerance,
        args.show,
        session,
    )?;
    let printer = Printer {
        checker: &checker,
        given: &given,
        json: session.json(),
        quiet: session.globals.quiet,
        verbose: session.globals.verbose,
        show: args.show,
        paint: session.paint,
    };
    let mut counts = Counts::default();
    if args.files.is_empty() && !given.is_empty() {
        let mut printed = Printed::default();
        printer.print_one("arguments", None, Evidence::default(), &[], &mut printed)?;
        take(session, &mut counts, printed)?;
    } else {
        for file in inputs(&args.files)? {
            verify_file(&file, &printer, session, &mut counts)?;
        }
    }
    finish(&counts, &args, session)
}

/// The files to read: standard input where none is named and somebody pipes into it.
pub(super) fn inputs(files: &[String]) -> Result<Vec<String>, Error> {
    if !files.is_empty() {
        return Ok(files.to_vec());
    }
    if io::stdin().is_terminal() {
        return Err(Error::usage("there is nothing to check").with_hint(
            "name a file (or - for standard input), or give the parts: --signature, --nonce, …",
        ));
    }
    Ok(vec!["-".to_owned()])
}

/// All that requests are judged with, from the flags.
#[expect(
    clippy::too_many_arguments,
    reason = "two subcommands share these flag groups"
)]
pub(super) fn open(
    platform: &PlatformOrAutoArg,
    secrets: &SecretArgs,
    parts: &PartArgs,
    arrived: &ArrivedArgs,
    public_url: &PublicUrlArg,
    tolerance: Option<Duration>,
    show: bool,
    session: &mut Session,
) -> Result<(Checker, Given), Error> {
    let assume = match &platform.assume {
        Some(text) => Some(open_scheme(text)?),
        None => None,
    };
    let choice = if platform.platform == "auto" {
        let profile = match session
            .profile()?
            .and_then(|profile| profile.platform.clone())
        {
            Some(text) if assume.is_none() => Some(open_scheme(&text)?),
            _ => assume,
        };
        Choice::auto(profile)
    } else {
        Choice::One(Box::new(open_scheme(&platform.platform)?))
    };
    let secrets = secrets.open(session)?;
    let needed = match &choice {
        Choice::One(scheme) => scheme.recipe.secrets(),
        Choice::Auto { .. } => SecretName::ALL.to_vec(),
    };
    if !needed.is_empty() && needed.iter().all(|name| secrets.first(*name).is_none()) {
        let flags: Vec<_> = needed
            .iter()
            .map(|name| format!("--{}", name.flag()))
            .collect();
        return Err(Error::usage(format!(
            "{} needs {}",
            platform.platform,
            flags.join(" or ")
        ))
        .with_hint(format!("give it, or set {}", needed[0].variable())));
    }
    let mut given = parts.open(session)?;
    arrived.open(&mut given);
    let tolerance_or_usual = tolerance.unwrap_or(USUAL_TOLERANCE);
    let has_seal_key =
        secrets.first(SecretName::AesKey).is_some() || secrets.first(SecretName::AppKey).is_some();
    let checker = Checker {
        choice,
        public_url: public_url.open(session)?,
        now: session.globals.now,
        clock: session.now(),
        tolerance: jiff::SignedDuration::try_from(tolerance_or_usual)
            .unwrap_or(jiff::SignedDuration::MAX),
        age_counts: tolerance.is_some(),
        open: show || has_seal_key,
        res: parts.res.clone(),
        secrets,
    };
    Ok((checker, given))
}

/// Judges everything in one file.
fn verify_file(
    name: &str,
    printer: &Printer<'_>,
    session: &mut Session,
    counts: &mut Counts,
) -> Result<(), Error> {
    let mut source: Box<dyn Read + Send> = if name == "-" {
        session.take_stdin("FILE")?;
        Box::new(io::stdin())
    } else {
        Box::new(File::open(name).map_err(|cause| Error::reading(name, cause))?)
    };
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
    if !whole {
        source
            .take(LARGEST)
            .read_to_end(&mut start)
            .map_err(|cause| Error::reading(name, cause))?;
        if start.len() as u64 >= LARGEST {
            return Err(Error::input(
                Place::file(name),
                format!(
                    "it is larger than {} MiB and not line by line",
                    LARGEST >> 20
                ),
            ));
        }
    }
    let reading = capture::read_all_with(name, &start, &|path| std::fs::read(sibling(name, path)))?;
    for warning in &reading.warnings {
        session.warn(&format!("{}: {warning}", Place::file(name)));
    }
    let mut printed = Printed::default();
    for item in reading.items {
        match item {
            Ok(located) => printer.print_located(&located, &mut printed)?,
            Err(error) => printed.fail(error),
        }
    }
    take(session, counts, printed)
}

/// A file is recognised by its first bytes, this many.
const START: u64 = 64 << 10;

/// What is not line by line is held in memory, up to this size.
const LARGEST: u64 = 512 << 20;

/// A file that another names is looked for beside it.
pub(super) fn sibling(name: &str, path: &str) -> std::path::PathBuf {
    match Path::new(name).parent() {
        Some(folder) if name != "-" => folder.join(path),
        _ => path.into(),
    }
}

/// Judges a capture on all cores.
fn stream(
    name: &str,
    start: Vec<u8>,
    source: Box<dyn Read + Send>,
    printer: &Printer<'_>,
    session: &mut Session,
    counts: &mut Counts,
) -> Result<(), Error> {
    /// Blocks that wait at each worker: one in work, one ready.
    const WAITING: usize = 2;
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let (recycle, recycled) = sync_channel::<Vec<u8>>(cores * (WAITING + 2));
    thread::scope(|scope| {
        let mut inputs = Vec::with_capacity(cores);
        let mut outputs = Vec::with_capacity(cores);
        for _ in 0..cores {
            let (input, work) = sync_channel::<Block>(WAITING);
            let (result, output) = sync_channel::<Result<Printed, Error>>(WAITING);
            let recycle = recycle.clone();
            inputs.push(input);
            outputs.push(output);
            scope.spawn(move || judge_blocks(name, printer, &work, &result, &recycle));
        }
        let reader = scope.spawn(move || cut(name, start, source, &inputs, &recycled));
        let mut turn = 0;
        // Blocks are dealt in turn and taken in turn, which keeps the order of the file.
        let mut result = Ok(());
        while let Ok(printed) = outputs[turn % cores].recv() {
            result = printed.and_then(|printed| take(session, counts, printed));
            if result.is_err() {
                break;
            }
            turn += 1;
        }
        drop(outputs);
        let read = reader.join().expect("reading does not panic");
        result.and(read)
    })
}

/// Deals blocks to the workers in turn.
fn cut(
    name: &str,
    start: Vec<u8>,
    source: Box<dyn Read + Send>,
    inputs: &[SyncSender<Block>],
    recycled: &Receiver<Vec<u8>>,
) -> Result<(), Error> {
    let mut blocks = Blocks::new(start, source);
    for input in inputs.iter().cycle() {
        let buffer = recycled.try_recv().unwrap_or_default();
        let block = blocks
            .next(buffer)
            .map_err(|cause| Error::reading(name, cause))?;
        let Some(block) = block else { break };
        // A worker that went away has met an error, which ends the run.
        if input.send(block).is_err() {
            break;
        }
    }
    Ok(())
}

fn judge_blocks(
    name: &str,
    printer: &Printer<'_>,
    work: &Receiver<Block>,
    result: &SyncSender<Result<Printed, Error>>,
    recycle: &SyncSender<Vec<u8>>,
) {
    while let Ok(block) = work.recv() {
        let printed = printer.print_block(name, &block);
        // A full store of buffers needs no more of them.
        let _ = recycle.try_send(block.bytes);
        if result.send(printed).is_err() {
            break;
        }
    }
}

/// What one block or file gives: text for stdout, talk for stderr, counts.
#[derive(Default)]
struct Printed {
    out: Vec<u8>,
    errors: Vec<Error>,
    warnings: Vec<String>,
    notes: BTreeSet<String>,
    counts: Counts,
}

impl Printed {
    fn fail(&mut self, error: Error) {
        self.counts.errors += 1;
        self.errors.push(error);
    }
}

/// Shows what was printed, and counts it.
fn take(session: &mut Session, counts: &mut Counts, printed: Printed) -> Result<(), Error> {
    session.out.write_all(&printed.out)?;
    for error in &printed.errors {
        session.complain(error);
    }
    for warning in &printed.warnings {
        session.warn(warning);
    }
    for note in &printed.notes {
        session.note(note);
    }
    counts.absorb(&printed.counts);
    Ok(())
}

/// Judges requests and prints their verdicts; shared by the workers.
struct Printer<'p> {
    checker: &'p Checker,
    given: &'p Given,
    json: bool,
    quiet: bool,
    verbose: bool,
    show: bool,
    paint: Paint,
}

impl<'p> Printer<'p> {
    fn print_block(&self, name: &str, block: &Block) -> Result<Printed, Error> {
        let mut printed = Printed::default();
        if block.too_long {
            printed.fail(Error::input(
                Place::line(name, block.first_line),
                format!("the line is longer than {} MiB", lines::MAX_LINE >> 20),
            ));
            return Ok(printed);
        }
        let mut number = block.first_line;
        let mut rest = block.bytes.as_slice();
        while !rest.is_empty() {
            let end = memchr::memchr(b'\n', rest).map_or(rest.len(), |at| at + 1);
            let (line, after) = rest.split_at(end);
            self.print_line(name, number, line, &mut printed)?;
            rest = after;
            number += 1;
        }
        Ok(printed)
    }

    fn print_line(
        &self,
        name: &str,
        number: u64,
        line: &[u8],
        printed: &mut Printed,
    ) -> Result<(), Error> {
        let ended = line.ends_with(b"\n");
        let text = line.trim_ascii_end();
        if text.is_empty() {
            return Ok(());
        }
        // Most lines are valid and nothing is said of them; they need no record.
        if self.quiet && !self.show && self.is_plainly_right(text, printed) {
            return Ok(());
        }
        match lines::read_line(Place::line(name, number), text) {
            Ok(located) => self.print_located(&located, printed),
            Err(_) if !ended && lines::breaks_off(text) => {
                printed.warnings.push(lines::torn(name, number));
                Ok(())
            }
            Err(error) => {
                printed.fail(error);
                Ok(())
            }
        }
    }

    /// The quick way: a line is judged where it lies, and only counted if it is right.
    fn is_plainly_right(&self, line: &[u8], printed: &mut Printed) -> bool {
        if !line.starts_with(b"{") || self.checker.open {
            return false;
        }
        let record = if line.starts_with(b"{\"v\":") {
            match Record::parse(line) {
                Ok(record) => Some(record),
                Err(_) => return false,
            }
        } else {
            None
        };
        let evidence = match &record {
            None => Evidence::of_body(line),
            Some(record) => match record.request() {
                Some(request) => Evidence::of(request),
                None => return false,
            },
        };
        let evidence = self.evidence(evidence);
        if record.is_none() && !evidence.members().is_ok_and(is_bare_body) {
            return false;
        }
        let named = record
            .as_ref()
            .and_then(|record| record.platform.as_deref());
        let at = record.as_ref().and_then(|record| record.at.as_deref());
        let checked = self.checker.check(named, at, &evidence);
        let right = checked.is_right(self.checker);
        if right {
            printed.counts.add(self.checker, &checked);
        }
        right
    }

    fn print_located(&self, located: &Located, printed: &mut Printed) -> Result<(), Error> {
        let Some(request) = located.record.request() else {
            printed.fail(Error::input(
                located.place.clone(),
                "this record holds no HTTP request",
            ));
            return Ok(());
        };
        let evidence = if located.bare {
            Evidence::of_body(&request.body)
        } else {
            Evidence::of(request)
        };
        let name = located.place.to_string();
        self.print_one(&name, Some(located), evidence, &located.notes, printed)
    }

    /// The evidence with what the flags give.
    fn evidence<'e>(&self, mut evidence: Evidence<'e>) -> Evidence<'e>
    where
        'p: 'e,
    {
        evidence.given = Some(self.given);
        evidence.public_url = self.checker.public_url.as_ref();
        evidence
    }

    fn print_one<'e>(
        &self,
        name: &str,
        located: Option<&Located>,
        evidence: Evidence<'e>,
        notes: &[String],
        printed: &mut Printed,
    ) -> Result<(), Error>
    where
        'p: 'e,
    {
        let evidence = &self.evidence(evidence);
        let record = located.map(|located| &located.record);
        let named = record.and_then(|record| record.platform.as_deref());
        let at = record.and_then(|record| record.at.as_deref());
        let checked = self.checker.check(named, at, evidence);
        printed.counts.add(self.checker, &checked);
        let right = checked.is_right(self.checker);
        if self.quiet && right && !self.show {
            return Ok(());
        }
        self.print(name, &checked, evidence, notes, printed)
    }

    fn print(
        &self,
        name: &str,
        checked: &Checked<'_, '_>,
        evidence: &Evidence<'_>,
        notes: &[String],
        printed: &mut Printed,
    ) -> Result<(), Error> {
        let line = VerdictLine::new(name, self.checker, evidence, checked, notes, self.show);
        if self.json {
            serde_json::to_writer(&mut printed.out, &line).map_err(io::Error::from)?;
            printed.out.push(b'\n');
            return Ok(());
        }
        line.write_human(self.paint, &mut printed.out)?;
        if checked.judgement.verdict == Verdict::Valid && (!self.quiet || self.verbose) {
            printed.notes.extend(line.notes);
        }
        Ok(())
    }
}

/// Whether these members are a push body's, and not a record's in an unusual order.
fn is_bare_body(members: &[Member<'_>]) -> bool {
    !members.iter().any(|member| member.name == b"v")
}

fn finish(counts: &Counts, args: &VerifyArgs, session: &mut Session) -> Result<Outcome, Error> {
    if counts.records + counts.errors == 0 {
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
            "which mistake is it? pushrig explain {} {file} --…",
            args.platform.platform
        ));
    }
    Ok(if counts.errors > 0 {
        Outcome::BadInput
    } else {
        Outcome::of(counts.wrong == 0)
    })
}
