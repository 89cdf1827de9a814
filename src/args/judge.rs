//! The flags that `verify` and `explain` share: what is judged, and with what.

use std::borrow::Cow;
use std::time::Duration;

use clap::Args;
use jiff::SignedDuration;

use super::{
    ArrivedArgs, PartArgs, PlatformOrAutoArg, PublicUrlArg, SecretArgs, TokenArgs, open_scheme,
    open_scheme_or_auto, parse_duration,
};
use crate::check::{Checker, Choice};
use crate::error::Error;
use crate::message::Url;
use crate::platform::Platform;
use crate::session::Session;
use crate::signature::{Given, SecretName, Secrets, Veil};

/// How old a request may be before it is called stale, where the user does not say.
const USUAL_TOLERANCE: Duration = Duration::from_secs(300);

/// What requests are judged with.
#[derive(Args, Debug)]
pub struct JudgeArgs {
    /// Let the age decide too: how old a request may be, or how far ahead
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    pub tolerance: Option<Duration>,
    /// Show what is sealed in it
    #[arg(long)]
    pub show: bool,
    #[command(flatten)]
    public_url: PublicUrlArg,
    #[command(flatten)]
    arrived: ArrivedArgs,
    #[command(flatten)]
    parts: PartArgs,
    #[command(flatten)]
    token: TokenArgs,
    #[command(flatten)]
    secrets: SecretArgs,
}

/// What a receiver judges with.
#[derive(Args, Debug)]
pub struct ReceiveArgs {
    /// Let the age decide too: how old a request may be, or how far ahead
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    pub tolerance: Option<Duration>,
    #[command(flatten)]
    public_url: PublicUrlArg,
    #[command(flatten)]
    secrets: SecretArgs,
}

impl ReceiveArgs {
    /// The checker. One that accepts everything needs no secret.
    pub fn open(
        &self,
        platform: &PlatformOrAutoArg,
        accepts_all: bool,
        session: &mut Session,
    ) -> Result<Checker, Error> {
        let choice = choice(platform, session)?;
        let secrets = self.secrets.open(session)?;
        if !accepts_all {
            need(&choice, platform, &secrets)?;
        }
        let public_url = self.public_url.open(session)?;
        Ok(checker(
            choice,
            secrets,
            self.tolerance,
            public_url,
            session,
        ))
    }
}

/// Refuses a choice that none of the secrets can judge.
fn need(choice: &Choice, platform: &PlatformOrAutoArg, secrets: &Secrets) -> Result<(), Error> {
    let needed = match choice {
        Choice::One(scheme) => scheme.recipe.secrets(),
        Choice::Auto { .. } => SecretName::ALL.to_vec(),
    };
    if needed.is_empty() || needed.iter().any(|name| secrets.first(*name).is_some()) {
        return Ok(());
    }
    let flags: Vec<_> = needed
        .iter()
        .map(|name| format!("--{}", name.flag()))
        .collect();
    Err(Error::usage(format!(
        "{} needs {}",
        platform.platform,
        flags.join(" or ")
    ))
    .with_hint(format!("give it, or set {}", needed[0].variable())))
}

fn checker(
    choice: Choice,
    secrets: Secrets,
    tolerance: Option<Duration>,
    public_url: Option<Url>,
    session: &Session,
) -> Checker {
    let has_seal_key =
        secrets.first(SecretName::AesKey).is_some() || secrets.first(SecretName::AppKey).is_some();
    let usual = tolerance.unwrap_or(USUAL_TOLERANCE);
    Checker {
        choice,
        public_url,
        now: session.globals.now,
        clock: session.now(),
        tolerance: SignedDuration::try_from(usual).unwrap_or(SignedDuration::MAX),
        age_counts: tolerance.is_some(),
        open: has_seal_key,
        res: None,
        end: None,
        veil: Veil::over(&secrets),
        secrets,
    }
}

impl JudgeArgs {
    /// The checker, and the parts that were given as flags.
    pub fn open(
        &self,
        platform: &PlatformOrAutoArg,
        session: &mut Session,
    ) -> Result<(Checker, Given), Error> {
        let mut choice = choice(platform, session)?;
        match &mut choice {
            Choice::One(scheme) => {
                self.parts.check(scheme)?;
                self.parts.adapt(scheme);
            }
            Choice::Auto { all, .. } => {
                for scheme in all {
                    self.parts.adapt(scheme);
                }
            }
        }
        let (token, secrets) = self.credential(&choice)?;
        let secrets = secrets.open(session)?;
        need(&choice, platform, &secrets)?;
        let mut given = self.parts.open(session)?;
        self.arrived.open(token, &mut given, session)?;
        self.token.open(&choice, &mut given)?;
        let public_url = self.public_url.open(session)?;
        let mut checker = checker(choice, secrets, self.tolerance, public_url, session);
        checker.open |= self.show;
        checker.res = self.token.res().or_else(|| self.parts.res.clone());
        Ok((checker, given))
    }

    /// The credential that `--token` gives, and the secrets without it: where tokens are judged,
    /// a token is no secret of the receiver but what arrived.
    fn credential(&self, choice: &Choice) -> Result<(Option<&str>, Cow<'_, SecretArgs>), Error> {
        let is_token = matches!(choice, Choice::One(scheme)
            if scheme.platform == Some(Platform::OnenetStudio));
        if !is_token || self.arrived.credential.is_some() {
            return Ok((None, Cow::Borrowed(&self.secrets)));
        }
        match self.secrets.token.as_slice() {
            [] => Ok((None, Cow::Borrowed(&self.secrets))),
            [token] => {
                let mut others = self.secrets.clone();
                others.token.clear();
                Ok((Some(token), Cow::Owned(others)))
            }
            _ => Err(Error::usage(
                "one token is judged at a time: give --token once",
            )),
        }
    }
}

fn choice(platform: &PlatformOrAutoArg, session: &mut Session) -> Result<Choice, Error> {
    if platform.platform != "auto" {
        let scheme = open_scheme_or_auto(&platform.platform)?;
        return Ok(Choice::One(Box::new(scheme)));
    }
    let assumed = match &platform.assume {
        Some(text) => Some(text.clone()),
        None => session
            .profile()?
            .and_then(|profile| profile.platform.clone()),
    };
    let assumed = assumed.as_deref().map(open_scheme).transpose()?;
    Ok(Choice::auto(assumed))
}
