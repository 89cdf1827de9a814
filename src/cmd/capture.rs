//! `pushrig capture`: import requests from other programs, and show what a capture holds.

use std::io::Write as _;
use std::path::PathBuf;

use clap::{ArgMatches, Args, Command, ValueEnum};

use super::{Subcommand, define, parse};
use crate::args::{SecretArgs, inputs, open_scheme, read};
use crate::capture::{Content, Located, curl};
use crate::error::{Error, Outcome};
use crate::message::Headers;
use crate::output::Output;
use crate::session::Session;
use crate::signature::Secrets;
use crate::term;

/// The subcommand.
pub const SUBCOMMAND: Subcommand = Subcommand {
    name: "capture",
    about: "Import recorded requests from other formats, and show them",
    define: |command| {
        let import = Command::new("import").about(IMPORT);
        let show = Command::new("show").about("Show recorded requests, byte for byte");
        command
            .subcommand_required(true)
            .arg_required_else_help(true)
            .subcommand(define::<ImportArgs>(import, IMPORT_EXAMPLES))
            .subcommand(define::<ShowArgs>(show, SHOW_EXAMPLES))
            .after_help(EXAMPLES)
    },
    run,
};

const IMPORT: &str =
    "Read HAR, raw HTTP, curl commands, .http files, bodies or captures, and write a capture";

const EXAMPLES: &str = "\
Examples:
  pushrig capture import browser.har -o pushes.ndjson
  pushrig capture show pushes.ndjson --as curl";

const IMPORT_EXAMPLES: &str = "\
Examples:
  pushrig capture import browser.har -o pushes.ndjson
  pushrig capture import request.curl body.json >> pushes.ndjson";

const SHOW_EXAMPLES: &str = "\
Examples:
  pushrig capture show pushes.ndjson
  pushrig capture show pushes.ndjson --select 1,3-5 --as curl";

#[derive(Args, Debug)]
struct ImportArgs {
    /// HAR, raw HTTP, curl commands, .http files, push bodies, captures; - is stdin
    #[arg(value_name = "FILE")]
    files: Vec<String>,
    /// The capture to write; without it, standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// The platform to note in records that name none
    #[arg(long, value_name = "PLATFORM")]
    platform: Option<String>,
}

#[derive(Args, Debug)]
struct ShowArgs {
    /// Captures, or any format that import reads; - is stdin
    #[arg(value_name = "FILE")]
    files: Vec<String>,
    /// In which form
    #[arg(long = "as", value_enum, default_value_t, value_name = "FORM")]
    form: As,
    /// Only these records of each file: 1,3-5
    #[arg(long, value_name = "LIST", value_parser = parse_selection)]
    select: Option<Selection>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum As {
    /// For people, odd bytes visible
    #[default]
    Text,
    /// curl commands, ready to paste
    Curl,
    /// The requests' own bytes
    Request,
    /// The bodies' own bytes, one a line; of MQTT messages the payloads
    Body,
    /// Lines of a capture
    Record,
}

/// Records by number: single ones and ranges, from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selection(Vec<(usize, usize)>);

impl Selection {
    /// Whether the record of that number (from 1) is selected.
    #[must_use]
    pub fn holds(&self, number: usize) -> bool {
        self.0
            .iter()
            .any(|(from, to)| (*from..=*to).contains(&number))
    }
}

/// Reads `1,3-5,8-`.
pub fn parse_selection(text: &str) -> Result<Selection, String> {
    let wrong = || "expected record numbers such as 1,3-5 or 8-".to_owned();
    let number = |text: &str| text.parse::<usize>().ok().filter(|&number| number > 0);
    let mut ranges = Vec::new();
    for item in text.split(',') {
        let range = match item.split_once('-') {
            None => {
                let number = number(item).ok_or_else(wrong)?;
                (number, number)
            }
            Some((from, "")) => (number(from).ok_or_else(wrong)?, usize::MAX),
            Some((from, to)) => (
                number(from).ok_or_else(wrong)?,
                number(to).ok_or_else(wrong)?,
            ),
        };
        if range.0 > range.1 {
            return Err(wrong());
        }
        ranges.push(range);
    }
    Ok(Selection(ranges))
}

fn run(matches: &ArgMatches, session: &mut Session) -> Result<Outcome, Error> {
    match matches.subcommand() {
        Some(("import", matches)) => import(&parse(matches)?, session),
        Some(("show", matches)) => show(&parse(matches)?, session),
        _ => Err(Error::usage("give import or show")),
    }
}

/// Reads every file and hands each record on; what cannot be read is said and the rest goes on.
fn each(
    files: &[String],
    session: &mut Session,
    take: &mut dyn FnMut(Located, usize, &mut Session) -> Result<(), Error>,
) -> Result<Outcome, Error> {
    let mut outcome = Outcome::Yes;
    let mut count = 0;
    for name in inputs(files)? {
        let reading = read(&name, session)?;
        for warning in &reading.warnings {
            session.warn(warning);
        }
        for (index, item) in reading.items.into_iter().enumerate() {
            match item {
                Ok(located) => {
                    count += 1;
                    take(located, index + 1, session)?;
                }
                Err(error) => {
                    session.complain(&error);
                    outcome = Outcome::BadInput;
                }
            }
        }
    }
    if count == 0 && outcome == Outcome::Yes {
        return Err(Error::usage("there is no record in it"));
    }
    Ok(outcome)
}

/// Says what was noticed while reading: lost bytes loudly.
fn tell(located: &Located, session: &mut Session) {
    for note in &located.notes {
        let text = format!("{}: {note}", located.place);
        if note.starts_with("WARNING") {
            session.warn(&text);
        } else {
            session.note(&text);
        }
    }
}

fn import(args: &ImportArgs, session: &mut Session) -> Result<Outcome, Error> {
    let platform = match &args.platform {
        Some(platform) => Some(open_scheme(platform)?.id().to_owned()),
        None => None,
    };
    let secrets = SecretArgs::default().open(session)?;
    let mut output = match &args.output {
        Some(path) => Some(Output::create(path)?),
        None => None,
    };
    let mut count = 0;
    let outcome = each(&args.files, session, &mut |located, _, session| {
        tell(&located, session);
        warn_of_secrets(&located, &secrets, session);
        let mut record = located.record;
        if located.bare && record.note.is_none() {
            record.note = Some("only the body is known; method and target are made up".to_owned());
        }
        if record.platform.is_none() {
            record.platform.clone_from(&platform);
        }
        record
            .by
            .get_or_insert_with(|| concat!("pushrig ", env!("CARGO_PKG_VERSION")).to_owned());
        let mut line = record.to_line();
        line.push(b'\n');
        count += 1;
        match &mut output {
            Some(output) => output.write(&line),
            None => session.out.write_all(&line).map_err(Error::from),
        }
    })?;
    if let Some(output) = output {
        let path = output.finish()?;
        let plural = if count == 1 { "record" } else { "records" };
        session.note(&format!("{count} {plural} written to {}", path.display()));
    }
    Ok(outcome)
}

/// A capture keeps what arrived, even a secret; that is worth a warning.
fn warn_of_secrets(located: &Located, secrets: &Secrets, session: &mut Session) {
    const SHORTEST: usize = 8;
    let Some(request) = located.record.request() else {
        return;
    };
    let wire = request.to_wire();
    for (name, secret) in secrets.iter() {
        let secret = secret.expose();
        if secret.len() >= SHORTEST && memchr::memmem::find(&wire, secret).is_some() {
            session.warn(&format!(
                "{}: the request holds your --{}: keep the capture to yourself",
                located.place,
                name.flag()
            ));
        }
    }
    if request.headers.first("Authorization").is_some() || request.headers.first("Cookie").is_some()
    {
        session.warn(&format!(
            "{}: the request holds credentials (Authorization or Cookie): keep the capture to \
             yourself",
            located.place
        ));
    }
}

fn show(args: &ShowArgs, session: &mut Session) -> Result<Outcome, Error> {
    let mut shown = 0;
    let secrets = SecretArgs::default().open(session)?;
    let outcome = each(&args.files, session, &mut |located, number, session| {
        if args
            .select
            .as_ref()
            .is_some_and(|select| !select.holds(number))
        {
            return Ok(());
        }
        tell(&located, session);
        warn_of_secrets(&located, &secrets, session);
        if shown > 0 && matches!(args.form, As::Text | As::Curl) {
            session.out.write_all(b"\n")?;
        }
        shown += 1;
        print(&located, args.form, session)
    })?;
    if shown == 0 && outcome == Outcome::Yes {
        return Err(Error::usage("--select leaves no record"));
    }
    Ok(outcome)
}

fn print(located: &Located, form: As, session: &mut Session) -> Result<(), Error> {
    let record = &located.record;
    if session.json() || form == As::Record {
        session.out.write_all(&record.to_line())?;
        session.out.write_all(b"\n")?;
        return Ok(());
    }
    if form == As::Text {
        return print_text(located, session);
    }
    if let (As::Body, Content::Mqtt(message)) = (form, &record.content) {
        session.out.write_all(&message.payload)?;
        session.out.write_all(b"\n")?;
        return Ok(());
    }
    let Some(request) = record.request() else {
        return Err(Error::input(
            located.place.clone(),
            format!("this record {}", record.lack()),
        ));
    };
    match form {
        As::Curl => session.out.write_all(&curl::write(request))?,
        As::Request => session.out.write_all(&request.to_wire())?,
        _ => session.out.write_all(&request.body)?,
    }
    if form != As::Request {
        session.out.write_all(b"\n")?;
    }
    Ok(())
}

fn print_text(located: &Located, session: &mut Session) -> Result<(), Error> {
    let record = &located.record;
    let paint = session.paint;
    let limit = if session.globals.verbose {
        usize::MAX
    } else {
        2000
    };
    let shown = |bytes: &[u8]| term::cut(&term::escape(bytes), limit);
    let headers = |headers: &Headers| {
        let rows: Vec<String> = headers
            .iter()
            .map(|(name, value)| format!("  {}: {}\n", paint.key(&shown(name)), shown(value)))
            .collect();
        rows.concat()
    };
    let mut facts = vec![located.place.to_string()];
    facts.extend(record.at.clone());
    facts.extend(record.platform.clone());
    facts.extend(record.peer.as_ref().map(|peer| format!("from {peer}")));
    facts.extend(record.verdict.clone());
    facts.extend(record.note.clone());
    let facts = term::escape(facts.join("  ").as_bytes());
    writeln!(session.out, "{}", paint.dim(&facts))?;
    match &record.content {
        Content::Request(request) => {
            writeln!(
                session.out,
                "{} {} {}",
                paint.bold(&shown(&request.method)),
                shown(&request.target),
                shown(request.version.as_bytes())
            )?;
            write!(session.out, "{}", headers(&request.headers))?;
            if !request.body.is_empty() {
                writeln!(session.out, "{}", shown(&request.body))?;
            }
        }
        Content::Mqtt(message) => {
            writeln!(
                session.out,
                "{} {}  qos {}{}",
                paint.bold(message.direction.as_str()),
                shown(message.topic.as_bytes()),
                message.qos,
                if message.retain { "  retained" } else { "" }
            )?;
            writeln!(session.out, "{}", shown(&message.payload))?;
        }
        Content::Unparsed { bytes, error } => {
            writeln!(
                session.out,
                "{} {}",
                paint.bad("not HTTP:"),
                shown(error.as_bytes())
            )?;
            writeln!(session.out, "{}", shown(bytes))?;
        }
    }
    if let Some(response) = &record.response {
        writeln!(session.out, "{} {}", paint.dim("→"), response.status)?;
        write!(session.out, "{}", headers(&response.headers))?;
        if !response.body.is_empty() {
            writeln!(session.out, "{}", shown(&response.body))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_selection_names_records_and_ranges_from_1() {
        let selection = parse_selection("1,3-5,8-").unwrap();
        let held: Vec<_> = (1..=10).filter(|&n| selection.holds(n)).collect();
        assert_eq!(held, [1, 3, 4, 5, 8, 9, 10]);
        for wrong in ["", "0", "5-3", "a", "1,,2", "-3"] {
            assert!(parse_selection(wrong).is_err(), "{wrong}");
        }
    }
}
