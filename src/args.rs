//! Flag groups that open themselves: each turns what was typed into ready values.

mod flow;
mod input;
mod judge;
mod mask;
mod platform;
mod report;
mod serve;
mod target;
mod token;

use std::ffi::OsString;
use std::time::Duration;

use clap::Args;

use crate::check::Scheme;
use crate::error::Error;
use crate::message::Url;
use crate::moment::{self, not_too_long};
use crate::sent::quoted_if_needed;
use crate::session::Session;
use crate::signature::mistake::OtherSecret;
use crate::signature::recipe::{SignaturePlace, Source};
use crate::signature::{Given, Secret, SecretName, Secrets};

pub use flow::{parse_rate, parse_speed, refuse_remote_load};
pub use input::{inputs, open, read, read_rest};
pub use judge::{JudgeArgs, ReceiveArgs};
pub use mask::{masked, with_environment};
pub use platform::{PlatformArg, PlatformOrAutoArg, open_scheme, open_scheme_or_auto};
pub use report::{ReportArgs, ReportFile};
pub use serve::{ServeArgs, forget_ready, tell_ready};
pub use target::{TargetArgs, parse_private_url, parse_url, target_url, without_user};
pub use token::{Expires, TokenArgs, need_token};

/// Reads a duration: `5m`, `2h`, `1d`, `30s`, or bare seconds.
pub fn parse_duration(text: &str) -> Result<Duration, String> {
    if let Ok(seconds) = text.parse() {
        return not_too_long(Duration::from_secs(seconds));
    }
    moment::parse_duration(text, || {
        "expected a duration such as 30s, 5m or 2h".to_owned()
    })
}

fn parse_public_url(text: &str) -> Result<Url, String> {
    let url: Url = text.parse()?;
    if url.target.contains('?') || text.contains('#') {
        return Err("the query is taken from what arrived: give the URL without it".to_owned());
    }
    Ok(url)
}

/// The secrets, as flags.
#[derive(Args, Clone, Debug, Default)]
#[command(
    next_help_heading = "Secrets (a text, @FILE, env:NAME, -, or text:LITERAL; repeat while one is rotated)"
)]
pub struct SecretArgs {
    /// The token of the push configuration (or PUSHRIG_TOKEN)
    #[arg(long, value_name = "SECRET", allow_hyphen_values = true)]
    pub token: Vec<String>,
    /// The AES key: EncodingAESKey or AesKey (or PUSHRIG_AES_KEY)
    #[arg(long, value_name = "SECRET", allow_hyphen_values = true)]
    pub aes_key: Vec<String>,
    /// SENSORO's signature key, AppSecret (or PUSHRIG_APP_SECRET)
    #[arg(long, value_name = "SECRET", allow_hyphen_values = true)]
    pub app_secret: Vec<String>,
    /// SENSORO's encryption key, AppKey (or PUSHRIG_APP_KEY)
    #[arg(long, value_name = "SECRET", allow_hyphen_values = true)]
    pub app_key: Vec<String>,
    /// OneNET's access key, base64 (or PUSHRIG_ACCESS_KEY)
    #[arg(long, value_name = "SECRET", allow_hyphen_values = true)]
    pub access_key: Vec<String>,
    /// SENSORO's application id, which is no secret (or PUSHRIG_APP_ID)
    #[arg(long, value_name = "ID", allow_hyphen_values = true)]
    pub app_id: Option<String>,
}

/// The environment variable of [`SecretArgs::app_id`].
const APP_ID_VARIABLE: &str = "PUSHRIG_APP_ID";

impl SecretArgs {
    fn list(&self, name: SecretName) -> &[String] {
        match name {
            SecretName::Token => &self.token,
            SecretName::AesKey => &self.aes_key,
            SecretName::AppSecret => &self.app_secret,
            SecretName::AppKey => &self.app_key,
            SecretName::AccessKey => &self.access_key,
        }
    }

    /// The secrets: a flag beats the environment, which beats the profile, kind by kind. An
    /// empty one is warned of.
    pub fn open(&self, session: &mut Session) -> Result<Secrets, Error> {
        self.open_and(session, |label, session| {
            session.warn(&format!("{label}: this secret is empty"));
            Ok(())
        })
    }

    /// The secrets to sign what is sent; an empty one is an error, because a server whose secret
    /// is empty, too, would look right.
    pub fn open_to_send(&self, session: &mut Session) -> Result<Secrets, Error> {
        self.open_and(session, refuse_empty)
    }

    /// The secrets of one kind, to sign what is sent; the others are not looked at.
    pub fn open_kind(&self, name: SecretName, session: &mut Session) -> Result<Secrets, Error> {
        let mut secrets = Secrets::new();
        self.read_kind(name, &mut secrets, session, &refuse_empty)?;
        Ok(secrets)
    }

    /// The secrets, with what is done about an empty one.
    fn open_and(
        &self,
        session: &mut Session,
        on_empty: impl Fn(&str, &mut Session) -> Result<(), Error>,
    ) -> Result<Secrets, Error> {
        let mut secrets = Secrets::new();
        for name in SecretName::ALL {
            self.read_kind(name, &mut secrets, session, &on_empty)?;
        }
        secrets.app_id = match &self.app_id {
            Some(id) => Some(id.clone()),
            None => match session.variable(APP_ID_VARIABLE)? {
                Some(id) => Some(id),
                None => session
                    .profile()?
                    .and_then(|profile| profile.app_id.clone()),
            },
        };
        Ok(secrets)
    }

    fn read_kind(
        &self,
        name: SecretName,
        secrets: &mut Secrets,
        session: &mut Session,
        on_empty: &impl Fn(&str, &mut Session) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let flag = format!("--{}", name.flag());
        let from_flag = self.list(name).to_vec();
        let texts = if from_flag.is_empty() {
            // A CI job whose secret is not set has an empty variable: that is none.
            match session
                .variable(name.variable())?
                .filter(|text| !text.is_empty())
            {
                Some(text) => vec![(name.variable().to_owned(), text)],
                None => session
                    .profile()?
                    .map(|profile| profile.secrets(name).to_vec())
                    .unwrap_or_default()
                    .into_iter()
                    .map(|text| (format!("{} of the profile", name.flag()), text))
                    .collect(),
            }
        } else {
            from_flag
                .into_iter()
                .map(|text| (flag.clone(), text))
                .collect()
        };
        if let Some((label, text)) = texts.first()
            && let Some(flags) = again(name, label, text, session)
        {
            secrets.say_again(name, flags);
        }
        for (label, text) in texts {
            let secret = session.secret(&label, &text)?;
            if secret.expose().is_empty() {
                on_empty(&label, session)?;
            }
            secrets.push(name, secret);
        }
        Ok(())
    }
}

fn refuse_empty(label: &str, _: &mut Session) -> Result<(), Error> {
    Err(Error::usage(format!("{label}: this secret is empty"))
        .with_hint("is the variable set where this runs? A job of a fork gets no secrets"))
}

/// The flags by which a command that is printed gives this secret again; none where only the secret
/// itself would do. `label` says where it came from.
fn again(name: SecretName, label: &str, text: &str, session: &Session) -> Option<String> {
    let flag = name.flag();
    let leads_elsewhere = text.starts_with("env:") || text.starts_with('@');
    if label == name.variable() {
        let is_read = leads_elsewhere || text.starts_with("text:") || text == "-";
        // What the variable says is read once more where no flag is given.
        return Some(if is_read {
            String::new()
        } else {
            format!("--{flag} env:{label}")
        });
    }
    if label.starts_with("--") {
        return leads_elsewhere.then(|| format!("--{flag} {}", quoted_if_needed(text)));
    }
    let globals = &session.globals;
    let config = globals.config.as_ref().map(|path| path.to_string_lossy());
    let given = [
        ("--config", config.as_deref()),
        ("--profile", globals.profile.as_deref()),
    ];
    let given = given
        .into_iter()
        .filter_map(|(flag, text)| Some(format!("{flag} {}", quoted_if_needed(text?))));
    Some(given.collect::<Vec<_>>().join(" "))
}

/// The secrets of the other profiles, which may have been used by mistake. What of them cannot
/// be read is not looked at: only the chosen profile's must be there.
pub fn other_profiles(session: &mut Session) -> Result<Vec<OtherSecret>, Error> {
    let mut others = Vec::new();
    for (profile, name, text) in session.other_profiles()? {
        if text == "-" {
            continue;
        }
        if let Ok(secret) = session.secret(name.flag(), &text) {
            others.push(OtherSecret {
                id: "secret.other-profile",
                what: format!("the {} of profile `{profile}`", name.flag()),
                secret,
            });
        }
    }
    Ok(others)
}

/// The parts of a signature, as flags; they beat what a request holds.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Parts given as flags (they beat what a request holds)")]
pub struct PartArgs {
    /// The nonce
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    pub nonce: Option<String>,
    /// The timestamp as it was sent
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    pub timestamp: Option<String>,
    /// OneNET's msg: text, @FILE or -
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    pub msg: Option<String>,
    /// OneNET's enc_msg
    #[arg(long, value_name = "BASE64", allow_hyphen_values = true)]
    pub enc_msg: Option<String>,
    /// The text that a handshake must return
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    pub echostr: Option<String>,
    /// The whole body: text, @FILE or -
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    pub body: Option<String>,
    /// What an empty body is signed as, where the platform's sources contradict [default: {} for sensoro]
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    pub empty_body: Option<String>,
    /// The URL as the platform was told it; also a handshake's URL, to be read
    #[arg(long, value_name = "URL", allow_hyphen_values = true)]
    pub url: Option<String>,
    /// The HTTP method; for onenet-studio the digest: md5, sha1 or sha256
    #[arg(long, value_name = "NAME", allow_hyphen_values = true)]
    pub method: Option<String>,
    /// OneNET token: the resource
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    pub res: Option<String>,
    /// OneNET token: its end in unix seconds
    #[arg(long, value_name = "SECONDS", allow_hyphen_values = true)]
    pub et: Option<String>,
    /// OneNET token: the version
    #[arg(long, value_name = "DATE", allow_hyphen_values = true)]
    pub version: Option<String>,
    /// A part of a recipe file's own
    #[arg(long = "in", value_name = "NAME=VALUE", allow_hyphen_values = true)]
    pub own: Vec<String>,
}

/// What arrived, as flags.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Parts given as flags (they beat what a request holds)")]
pub struct ArrivedArgs {
    /// The signature that arrived
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    pub signature: Option<String>,
    /// A whole OneNET token, as a text, @FILE, env:NAME or -: version=..&res=..&et=..&method=..&sign=..
    #[arg(long, value_name = "TOKEN", allow_hyphen_values = true)]
    pub credential: Option<String>,
}

impl ArrivedArgs {
    /// Adds what was given. `token` is a credential that came by another flag.
    pub fn open(
        &self,
        token: Option<&str>,
        given: &mut Given,
        session: &mut Session,
    ) -> Result<(), Error> {
        if let Some(value) = &self.signature {
            given.push(SignaturePlace::NAME, value.as_bytes());
        }
        let credential = self.credential.as_deref();
        let token = token.map(|token| ("--token", token));
        if let Some((flag, text)) = credential.map(|text| ("--credential", text)).or(token) {
            given.push("credential", session.secret(flag, text)?.expose());
        }
        Ok(())
    }
}

impl PartArgs {
    /// Tells the scheme what an empty body is signed as.
    pub fn adapt(&self, scheme: &mut Scheme) {
        let Some(text) = &self.empty_body else { return };
        for part in scheme
            .recipe
            .forms
            .iter_mut()
            .flat_map(|form| &mut form.parts)
        {
            if let Source::Body { empty_as } = &mut part.source {
                *empty_as = text.as_bytes().to_vec();
            }
        }
    }

    /// Refuses an `--in` for a part that the scheme does not have: it is a slip of the pen.
    pub fn check(&self, scheme: &Scheme) -> Result<(), Error> {
        let names: Vec<&str> = scheme
            .recipe
            .forms
            .iter()
            .flat_map(|form| form.parts.iter().chain(&form.echo))
            .map(|part| part.name.as_str())
            .collect();
        let own = self
            .own
            .iter()
            .map(|own| own.split('=').next().unwrap_or_default());
        match own.into_iter().find(|name| !names.contains(name)) {
            None => Ok(()),
            Some(name) => Err(Error::usage(format!(
                "{} has no part `{}` for --in",
                scheme.id(),
                name.escape_debug()
            ))),
        }
    }

    /// The values that were given.
    pub fn open(&self, session: &mut Session) -> Result<Given, Error> {
        let mut given = Given::new();
        for (name, flag, value) in [("msg", "--msg", &self.msg), ("body", "--body", &self.body)] {
            if let Some(text) = value {
                given.push(name, session.content(flag, text)?);
            }
        }
        for (name, value) in [
            ("nonce", &self.nonce),
            ("timestamp", &self.timestamp),
            ("enc_msg", &self.enc_msg),
            ("echostr", &self.echostr),
            ("url", &self.url),
            ("method", &self.method),
            ("res", &self.res),
            ("et", &self.et),
            ("version", &self.version),
        ] {
            if let Some(text) = value {
                given.push(name, text.as_bytes());
            }
        }
        for own in &self.own {
            let Some((name, value)) = own.split_once('=') else {
                return Err(Error::usage(format!(
                    "--in takes NAME=VALUE, and `{}` has no `=`",
                    own.escape_debug()
                )));
            };
            given.push(name, session.content("--in", value)?);
        }
        Ok(given)
    }
}

/// Where the platform believes to send to.
#[derive(Args, Clone, Debug, Default)]
pub struct PublicUrlArg {
    /// The URL that the platform was told: replaces scheme and host of what arrived and prefixes its path
    #[arg(long, value_name = "URL", value_parser = parse_public_url)]
    pub public_url: Option<Url>,
}

impl PublicUrlArg {
    /// The URL from the flag, else from the profile.
    pub fn open(&self, session: &mut Session) -> Result<Option<Url>, Error> {
        if self.public_url.is_some() {
            return Ok(self.public_url.clone());
        }
        let Some(text) = session
            .profile()?
            .and_then(|profile| profile.public_url.clone())
        else {
            return Ok(None);
        };
        parse_public_url(&text)
            .map(Some)
            .map_err(|why| Error::usage(format!("public_url of the profile: {why}")))
    }
}

/// The flags that take a secret, without their dashes; the last is a broker's.
fn secret_flags() -> impl Iterator<Item = &'static str> {
    let flags = SecretName::ALL.into_iter().map(SecretName::flag);
    flags.chain(["password"])
}

/// Secrets that stand in an argument list, so that a parser's message can hide them.
///
/// clap repeats what it did not understand; a secret that landed in the wrong place must not be
/// shown with it.
#[must_use]
pub fn secrets_in(arguments: &[OsString]) -> Vec<Secret> {
    let mut found = Vec::new();
    let mut arguments = arguments.iter().map(|text| text.to_string_lossy());
    let mut behind_flag = false;
    for text in arguments.by_ref().skip(1) {
        let flag = secret_flags().find(|flag| {
            text.strip_prefix("--")
                .is_some_and(|text| text.starts_with(flag))
        });
        if let Some(flag) = flag {
            match text[2 + flag.len()..].strip_prefix('=') {
                Some(value) => found.push(Secret::new(value.as_bytes())),
                None => behind_flag = true,
            }
        } else if behind_flag && !text.starts_with("--") {
            // Everything up to the next flag: a secret with a blank in it was perhaps not quoted.
            found.push(Secret::new(text.as_bytes()));
        } else {
            behind_flag = false;
        }
    }
    found
}

/// Secrets that stand where they belong: a message that names a platform or a file must not show
/// one that was given there as well.
#[must_use]
pub fn secrets_given(arguments: &[OsString]) -> Vec<Secret> {
    /// Shorter ones are words, and stand in names of files.
    const SHORTEST: usize = 8;
    let texts: Vec<_> = arguments
        .iter()
        .map(|text| text.to_string_lossy())
        .collect();
    let mut found = Vec::new();
    for (at, text) in texts.iter().enumerate() {
        let value = secret_flags().find_map(|flag| {
            let rest = text.strip_prefix("--")?.strip_prefix(flag)?;
            match rest.strip_prefix('=') {
                None if rest.is_empty() => texts.get(at + 1).map(|next| &**next),
                value => value,
            }
        });
        found.extend(
            value
                .filter(|value| value.len() >= SHORTEST)
                .map(|value| Secret::new(value.as_bytes())),
        );
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_has_the_flag_that_it_is_said_to_have() {
        /// Flags that give something other than a part of their name.
        const OTHERS: [&str; 3] = ["empty-body", "in", "credential"];
        let command = PartArgs::augment_args(clap::Command::new("explain"));
        let command = ArrivedArgs::augment_args(command);
        for argument in command.get_arguments() {
            let flag = argument.get_long().unwrap();
            let said = Given::flag(argument.get_id().as_str());
            let expected = (!OTHERS.contains(&flag)).then(|| flag.to_owned());
            assert_eq!(said, expected, "--{flag}");
        }
    }
}
