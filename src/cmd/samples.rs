//! `pushrig samples`: every documented message, as the platform writes it.

use std::io::Write as _;

use clap::{ArgMatches, Args, ValueEnum};
use serde::Serialize;

use super::sign::{self, print_request};
use super::{Subcommand, define, parse};
use crate::args::{SecretArgs, without_user};
use crate::error::{Error, Outcome};
use crate::message::Url;
use crate::platform::{Delivery, Event, Platform};
use crate::report::Bytes;
use crate::session::Session;
use crate::signature::{Given, SecretName, Secrets};

/// The subcommand.
pub const SUBCOMMAND: Subcommand = Subcommand {
    name: "samples",
    about: "List or print sample messages of each platform, signed",
    define: |command| define::<SamplesArgs>(command, EXAMPLES),
    run,
};

const EXAMPLES: &str = "\
Examples:
  pushrig samples
  pushrig samples onenet.online
  pushrig samples onenet.online --as request --token 20200321182801
  pushrig samples tencent --as record > tencent.ndjson";

#[derive(Args, Debug)]
struct SamplesArgs {
    /// A platform, or one of its events: onenet, onenet.online; without it, a list of all
    #[arg(value_name = "PLATFORM[.EVENT]")]
    name: Option<String>,
    /// In which form: without it, a platform's events are listed and an event's body is printed
    #[arg(long = "as", value_enum, value_name = "FORM")]
    form: Option<As>,
    /// Where the request goes
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8000/push")]
    url: Url,
    /// Seal the message (needs the AES key)
    #[arg(long)]
    encrypt: bool,
    /// A fixed nonce
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    nonce: Option<String>,
    /// A fixed timestamp
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    timestamp: Option<String>,
    #[command(flatten)]
    secrets: SecretArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum As {
    /// The body, one line
    Body,
    /// The whole request, byte for byte as on the wire
    Request,
    /// A curl command, ready to paste
    Curl,
    /// A line of a capture
    Record,
}

#[derive(Serialize)]
struct BodyLine<'a> {
    v: u8,
    r#type: &'static str,
    platform: &'a str,
    event: &'a str,
    body: Bytes<'a>,
}

#[derive(Serialize)]
struct SampleLine<'a> {
    v: u8,
    r#type: &'static str,
    platform: &'a str,
    event: &'a str,
    about: &'a str,
}

fn run(matches: &ArgMatches, session: &mut Session) -> Result<Outcome, Error> {
    let args: SamplesArgs = parse(matches)?;
    let chosen = choose(args.name.as_deref())?;
    let one = args.name.as_deref().is_some_and(|name| name.contains('.'));
    if session.json() && args.form.is_none() || args.form.is_none() && !one {
        list(&chosen, session)?;
        return Ok(Outcome::Yes);
    }
    let form = args.form.unwrap_or(As::Body);
    let given_secrets = args.secrets.open(session)?;
    let mut given = Given::new();
    for (name, value) in [("nonce", &args.nonce), ("timestamp", &args.timestamp)] {
        if let Some(value) = value {
            given.push(name, value.as_bytes());
        }
    }
    let url = without_user(args.url, session);
    let mut moment = session.moment();
    for (platform, event) in chosen {
        let Some(webhook) = platform.webhook() else {
            continue;
        };
        let secrets = completed(&given_secrets, &webhook.sample_secrets(), platform, session);
        let delivery = Delivery {
            to: &url,
            secrets: &secrets,
            given: &given,
            encrypt: args.encrypt,
        };
        let message = (event.message)(&mut moment);
        let request = webhook.deliver(&message, &delivery, &mut moment)?;
        match form {
            As::Body if session.json() => session.print_json(&BodyLine {
                v: 1,
                r#type: "body",
                platform: platform.id(),
                event: event.name,
                body: Bytes(request.body.as_slice().into()),
            })?,
            As::Body => {
                session.out.write_all(&request.body)?;
                session.out.write_all(b"\n")?;
            }
            As::Request => {
                print_request(session, sign::As::Request, &request, platform.id(), &moment)?;
            }
            As::Curl => {
                print_request(session, sign::As::Curl, &request, platform.id(), &moment)?;
            }
            As::Record => {
                print_request(session, sign::As::Record, &request, platform.id(), &moment)?;
            }
        }
    }
    Ok(Outcome::Yes)
}

/// The events of that name: all, a platform's, or one.
fn choose(name: Option<&str>) -> Result<Vec<(Platform, &'static Event)>, Error> {
    let all: Vec<_> = Platform::ALL
        .into_iter()
        .filter_map(|platform| Some((platform, platform.webhook()?.events())))
        .flat_map(|(platform, events)| events.iter().map(move |event| (platform, event)))
        .collect();
    let Some(name) = name else { return Ok(all) };
    let (platform, event) = match name.split_once('.') {
        Some((platform, event)) => (platform, Some(event)),
        None => (name, None),
    };
    let of_platform: Vec<_> = all
        .iter()
        .copied()
        .filter(|(have, _)| have.id() == platform)
        .collect();
    if of_platform.is_empty() {
        let mut known: Vec<_> = all.iter().map(|(platform, _)| platform.id()).collect();
        known.dedup();
        return Err(Error::usage(format!(
            "there are no samples of a platform `{}`",
            platform.escape_debug()
        ))
        .with_hint(format!("one of {}", known.join(", "))));
    }
    let Some(event) = event else {
        return Ok(of_platform);
    };
    let (platform, _) = of_platform[0];
    Ok(vec![(platform, platform.event(event)?)])
}

fn list(chosen: &[(Platform, &Event)], session: &mut Session) -> Result<(), Error> {
    let width = chosen
        .iter()
        .map(|(platform, event)| platform.id().len() + 1 + event.name.len())
        .max()
        .unwrap_or_default();
    for (platform, event) in chosen {
        if session.json() {
            session.print_json(&SampleLine {
                v: 1,
                r#type: "sample",
                platform: platform.id(),
                event: event.name,
                about: event.about,
            })?;
            continue;
        }
        let name = format!("{}.{}", platform.id(), event.name);
        let padded = format!("{name:width$}");
        let name = session.paint.key(&padded);
        writeln!(session.out, "{name}  {}", event.about)?;
    }
    Ok(())
}

/// The given secrets, completed by sample credentials, which is said.
fn completed(
    given: &Secrets,
    sample: &Secrets,
    platform: Platform,
    session: &mut Session,
) -> Secrets {
    let mut secrets = given.clone();
    let mut borrowed = Vec::new();
    for name in SecretName::ALL {
        if given.first(name).is_none()
            && let Some(secret) = sample.first(name)
        {
            secrets.push(name, secret.clone());
            if platform.recipe().secrets().contains(&name) {
                borrowed.push(format!("--{}", name.flag()));
            }
        }
    }
    if secrets.app_id.is_none() {
        secrets.app_id.clone_from(&sample.app_id);
    }
    if !borrowed.is_empty() {
        session.note(&format!(
            "signed with {}'s sample credentials, since no {} was given",
            platform.id(),
            borrowed.join(", ")
        ));
    }
    secrets
}
