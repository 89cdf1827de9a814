//! The flags that `verify` and `explain` share: what is judged, and with what.

use std::time::Duration;

use clap::Args;
use jiff::SignedDuration;

use super::{
    ArrivedArgs, PartArgs, PlatformOrAutoArg, PublicUrlArg, SecretArgs, open_scheme, parse_duration,
};
use crate::check::{Checker, Choice};
use crate::error::Error;
use crate::session::Session;
use crate::signature::{Given, SecretName, Veil};

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
    secrets: SecretArgs,
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
        let secrets = self.secrets.open(session)?;
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
        let mut given = self.parts.open(session)?;
        self.arrived.open(&mut given);
        let has_seal_key = secrets.first(SecretName::AesKey).is_some()
            || secrets.first(SecretName::AppKey).is_some();
        let tolerance = self.tolerance.unwrap_or(USUAL_TOLERANCE);
        let checker = Checker {
            choice,
            public_url: self.public_url.open(session)?,
            now: session.globals.now,
            clock: session.now(),
            tolerance: SignedDuration::try_from(tolerance).unwrap_or(SignedDuration::MAX),
            age_counts: self.tolerance.is_some(),
            open: self.show || has_seal_key,
            res: self.parts.res.clone(),
            veil: Veil::over(&secrets),
            secrets,
        };
        Ok((checker, given))
    }
}

fn choice(platform: &PlatformOrAutoArg, session: &mut Session) -> Result<Choice, Error> {
    if platform.platform != "auto" {
        let scheme = open_scheme(&platform.platform)?;
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
