//! `pushrig sign`: a signature, a token, or a whole signed request.

use std::io::Write as _;

use clap::{ArgMatches, Args, ValueEnum};
use serde::Serialize;

use super::{Subcommand, define, parse};
use crate::args::{
    Expires, PartArgs, PlatformArg, SecretArgs, TokenArgs, need_token, open_scheme, without_user,
};
use crate::capture::{Record, curl};
use crate::check::Scheme;
use crate::error::{Error, Outcome};
use crate::json::scan;
use crate::message::{Request, Url};
use crate::moment::Moment;
use crate::platform::onenet_studio::Token;
use crate::platform::{Delivery, Platform};
use crate::report::Bytes;
use crate::session::Session;
use crate::signature::compose::{Ordered, compose, flag_hint};
use crate::signature::form::Lack;
use crate::signature::verify::lack_in_words;
use crate::signature::{Evidence, Form, Given, Secrets};

/// The subcommand.
pub const SUBCOMMAND: Subcommand = Subcommand {
    name: "sign",
    about: "Compute a signature or a token, or compose a signed request",
    define: |command| define::<SignArgs>(command, EXAMPLES),
    run,
};

const EXAMPLES: &str = "\
Examples:
  pushrig sign onenet --token ricnsmart --nonce 5xp7vzm3fN --msg hello
  pushrig sign tencent --token aaa --timestamp 1604458421 \\
      --nonce IkOaKMDalrAzUTxC
  pushrig sign onenet-studio --version 2018-10-31 --res products/123123 \\
      --expires 2h --method sha1 \\
      --access-key KuF3NT/jUBJ62LNBB/A8XZA9CqS3Cu79B/ABmfA1UCw=
  pushrig sign onenet-studio --user 10311 --expires 1d \\
      --access-key env:KEY
  pushrig sign onenet --token T --msg '{\"a\":1}' --as curl \\
      --url http://127.0.0.1:8000/push";

#[derive(Args, Debug)]
struct SignArgs {
    #[command(flatten)]
    platform: PlatformArg,
    /// What is printed
    #[arg(long = "as", value_enum, default_value_t, value_name = "FORM")]
    form: As,
    /// The platform's URL verification instead of a push
    #[arg(long)]
    handshake: bool,
    /// Seal the message (needs the AES key)
    #[arg(long)]
    encrypt: bool,
    /// OneNET token: its end instead of --et: a duration from now on, or a time (RFC 3339, unix)
    #[arg(long, value_name = "DURATION|TIME", conflicts_with = "et")]
    expires: Option<Expires>,
    /// OneNET token: print the whole token, or only its sign
    #[arg(long, value_enum, default_value_t, value_name = "PART")]
    part: TokenPart,
    #[command(flatten)]
    parts: PartArgs,
    #[command(flatten)]
    token: TokenArgs,
    #[command(flatten)]
    secrets: SecretArgs,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum TokenPart {
    /// The whole token
    #[default]
    Token,
    /// The sign alone
    Sign,
}

/// In which form something is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum As {
    /// The signature alone
    #[default]
    Signature,
    /// The whole request, byte for byte as on the wire
    Request,
    /// A curl command, ready to paste
    Curl,
    /// A line of a capture
    Record,
}

fn run(matches: &ArgMatches, session: &mut Session) -> Result<Outcome, Error> {
    let args: SignArgs = parse(matches)?;
    let mut scheme = open_scheme(&args.platform.platform)?;
    args.parts.check(&scheme)?;
    args.parts.adapt(&mut scheme);
    let secrets = args.secrets.open(session)?;
    let mut given = args.parts.open(session)?;
    let mut moment = session.moment();
    if let Some(expires) = args.expires {
        // A recipe of one's own may have an `et` too.
        if scheme.platform.is_some() {
            need_token(&scheme, "--expires")?;
        }
        let end = expires.end(moment.now);
        if end <= moment.now {
            session.warn("this token has ended already");
        }
        given.push("et", end.as_second().to_string());
    }
    args.token.open_to_sign(&scheme, &mut given)?;
    if args.form == As::Signature {
        return print_signature(&args, &scheme, &secrets, &given, session);
    }
    if given.find("url").is_none()
        && let Some(url) = session.profile()?.and_then(|profile| profile.url.clone())
    {
        given.push("url", url);
    }
    let url = given
        .find("url")
        .ok_or_else(|| Error::usage("--as request, curl and record need --url"))?;
    let url: Url = std::str::from_utf8(url)
        .map_err(|_| "it is not UTF-8".to_owned())
        .and_then(str::parse)
        .map_err(|why| Error::usage(format!("--url: {why}")))?;
    let url = without_user(url, session);
    let request = request(&args, &scheme, &url, &secrets, &given, &mut moment)?;
    print_request(session, args.form, &request, scheme.id(), &moment)?;
    Ok(Outcome::Yes)
}

#[derive(Serialize)]
struct SignatureLine<'a> {
    v: u8,
    r#type: &'static str,
    platform: &'a str,
    form: &'a str,
    signature: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<&'a str>,
}

fn print_signature(
    args: &SignArgs,
    scheme: &Scheme,
    secrets: &Secrets,
    given: &Given,
    session: &mut Session,
) -> Result<Outcome, Error> {
    if args.encrypt {
        return Err(Error::usage("--encrypt makes a whole request")
            .with_hint("give --as request, curl or record, and --url"));
    }
    let form = choose(scheme, given, args.handshake)?;
    let evidence = evidence(given);
    let signature = form
        .gather(&evidence)
        .and_then(|ingredients| form.sign(&ingredients, secrets, 0))
        .map_err(|lack| lacking(scheme, form, given, &lack))?;
    let token = match scheme.platform {
        Some(Platform::OnenetStudio) => Some(token(given, secrets)?.compose()),
        _ => None,
    };
    if session.json() {
        session.print_json(&SignatureLine {
            v: 1,
            r#type: "signature",
            platform: scheme.id(),
            form: &form.name,
            signature: &signature,
            token: token.as_deref(),
        })?;
        return Ok(Outcome::Yes);
    }
    let text = match (token, args.part) {
        (Some(token), TokenPart::Token) => token,
        _ => signature,
    };
    writeln!(session.out, "{text}")?;
    Ok(Outcome::Yes)
}

/// What the flags say of a request that is not there yet.
fn evidence(given: &Given) -> Evidence<'_> {
    let mut evidence = Evidence::default().with(given);
    evidence.method = Some(b"POST");
    evidence.body = Some(b"");
    evidence
}

/// The form that is meant where nothing tells.
const PLAIN: &str = "push";

/// The form that the flags ask for.
fn choose<'s>(scheme: &'s Scheme, given: &Given, handshake: bool) -> Result<&'s Form, Error> {
    let recipe = &scheme.recipe;
    if handshake {
        return recipe
            .form("handshake")
            .ok_or_else(|| Error::usage(format!("{} has no handshake", scheme.id())));
    }
    let evidence = evidence(given);
    let mut nearest: Option<(&Form, Lack, usize)> = None;
    for form in &recipe.forms {
        match form.gather(&evidence) {
            Ok(_) => return Ok(form),
            Err(lack) => {
                let there = form
                    .parts
                    .iter()
                    .filter(|part| given.find(&part.name).is_some())
                    .count();
                let needs_echo = form.echo.is_some() && recipe.forms.len() > 1;
                let nearer = nearest.as_ref().is_none_or(|(.., most)| {
                    there > *most || (there == *most && form.name == PLAIN)
                });
                if !needs_echo && nearer {
                    nearest = Some((form, lack, there));
                }
            }
        }
    }
    match nearest {
        Some((form, lack, _)) => Err(lacking(scheme, form, given, &lack)),
        None => Err(Error::usage(format!(
            "{} has no form to sign by",
            scheme.id()
        ))),
    }
}

fn lacking(scheme: &Scheme, form: &Form, given: &Given, lack: &Lack) -> Error {
    let is_token = scheme.platform == Some(Platform::OnenetStudio);
    if is_token && matches!(lack, Lack::Part { .. }) && given.find("res").is_none() {
        // With it come the version and the method.
        return Error::usage(format!(
            "signing for {} ({}) needs `res`: whom the token is for",
            scheme.id(),
            form.name
        ))
        .with_hint(
            "give --user, --project with --group, --device or --product, which need no --method \
             and no --version; or give --res",
        );
    }
    let what = match lack {
        Lack::Part { name, .. } => {
            format!("signing for {} ({}) needs `{name}`", scheme.id(), form.name)
        }
        _ => lack_in_words(form, lack),
    };
    let error = Error::usage(what);
    match lack {
        Lack::Part { name, .. } if is_token => {
            let other = if name == "et" { ", or --expires" } else { "" };
            error.with_hint(format!("{}{other}", flag_hint(name)))
        }
        Lack::Part { name, .. } => error.with_hint(flag_hint(name)),
        Lack::Secret(name) => {
            error.with_hint(format!("give --{} or set {}", name.flag(), name.variable()))
        }
        Lack::Digest { .. } | Lack::Key { .. } => error,
    }
}

fn token(given: &Given, secrets: &Secrets) -> Result<Token, Error> {
    let text = |name: &str| {
        given
            .find(name)
            .map(|value| String::from_utf8_lossy(value).into_owned())
            .unwrap_or_default()
    };
    Token::issue(
        &text("version"),
        &text("res"),
        &text("et"),
        &text("method"),
        secrets,
    )
}

/// The whole request, in the platform's own wire form where pushrig plays it.
fn request(
    args: &SignArgs,
    scheme: &Scheme,
    url: &Url,
    secrets: &Secrets,
    given: &Given,
    moment: &mut Moment,
) -> Result<Request, Error> {
    if scheme.platform == Some(Platform::OnenetStudio) {
        choose(scheme, given, false)?;
        let mut request = Request::new("GET", url.target.as_str());
        request.scheme = Some(url.scheme);
        request.headers.push("Host", url.host());
        let token = token(given, secrets)?.compose();
        request.headers.push("authorization", token);
        return Ok(request);
    }
    let method = given.find("method").map(String::from_utf8_lossy);
    let Some(webhook) = scheme.platform.and_then(Platform::webhook) else {
        if args.encrypt {
            return Err(Error::usage(format!("{} seals nothing", scheme.id())));
        }
        let form = if args.handshake {
            choose(scheme, given, true)?
        } else {
            scheme
                .recipe
                .plain_form()
                .ok_or_else(|| Error::usage(format!("{} has no form to sign by", scheme.id())))?
        };
        let ordered = Ordered {
            form,
            to: url,
            method: method.as_deref(),
            body: given.find("body").unwrap_or_default(),
            given,
        };
        return compose(&scheme.recipe, &ordered, secrets, moment);
    };
    let delivery = Delivery {
        to: url,
        secrets,
        given,
        encrypt: args.encrypt,
    };
    let mut request = if args.handshake {
        webhook
            .challenge(&delivery, moment)?
            .ok_or_else(|| Error::usage(format!("{} has no handshake", scheme.id())))?
    } else {
        webhook.deliver(message(scheme, given)?, &delivery, moment)?
    };
    if let Some(method) = method
        && scheme.platform != Some(Platform::Sensoro)
    {
        request.method = method.as_bytes().to_vec();
    }
    Ok(request)
}

/// What the request carries: `--msg`, else `--body`.
fn message<'g>(scheme: &Scheme, given: &'g Given) -> Result<&'g [u8], Error> {
    let message = given
        .find("msg")
        .or_else(|| given.find("body"))
        .ok_or_else(|| {
            Error::usage("a request needs something to carry").with_hint(
                "give --msg (OneNET) or --body, or take a sample: pushrig samples --as request",
            )
        })?;
    let signed = scan::members(message)
        .ok()
        .is_some_and(|members| scan::last(&members, "msg_signature").is_some());
    if scheme.platform == Some(Platform::Onenet)
        && let Err(why) = scan::check(message)
    {
        return Err(Error::usage(format!(
            "msg is a JSON value on the wire, and this is none: {} (byte {})",
            why.why, why.at
        )));
    }
    if signed {
        return Err(
            Error::usage("this body is signed already: it has a msg_signature")
                .with_hint("give only the value of its msg, by --msg"),
        );
    }
    Ok(message)
}

/// A whole request as a line of JSON.
#[derive(Serialize)]
struct RequestLine<'a> {
    v: u8,
    r#type: &'static str,
    platform: &'a str,
    text: Bytes<'a>,
}

/// A line break in a value would be a header of its own, which nobody signed.
pub(super) fn check_headers(request: &Request) -> Result<(), Error> {
    let broken = |bytes: &[u8]| bytes.iter().any(|byte| matches!(byte, b'\r' | b'\n' | 0));
    match request.headers.iter().find(|(_, value)| broken(value)) {
        None => Ok(()),
        Some((name, _)) => Err(Error::usage(format!(
            "the value of the header `{}` holds a line break or a zero byte",
            String::from_utf8_lossy(name)
        ))),
    }
}

/// Prints a request in the form that was asked for.
pub(super) fn print_request(
    session: &mut Session,
    form: As,
    request: &Request,
    platform: &str,
    moment: &Moment,
) -> Result<(), Error> {
    check_headers(request)?;
    if session.json() && form != As::Record {
        let (kind, text) = match form {
            As::Curl => ("curl", curl::write(request)),
            _ => ("request", request.to_wire()),
        };
        return session.print_json(&RequestLine {
            v: 1,
            r#type: kind,
            platform,
            text: Bytes(text.into()),
        });
    }
    match form {
        As::Signature | As::Request => session.out.write_all(&request.to_wire())?,
        As::Curl => {
            session.out.write_all(&curl::write(request))?;
            session.out.write_all(b"\n")?;
        }
        As::Record => {
            let mut record = Record::of(request.clone());
            record.at = Some(format!("{:.3}", moment.now));
            record.platform = Some(platform.to_owned());
            record.by = Some(concat!("pushrig ", env!("CARGO_PKG_VERSION")).to_owned());
            session.out.write_all(&record.to_line())?;
            session.out.write_all(b"\n")?;
        }
    }
    Ok(())
}
