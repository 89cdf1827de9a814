//! Who connects: a user or a project's group of `OneNET` Studio, or whoever a broker knows.
//!
//! The platform takes a token for the password whose `res` equals the username. It is made anew
//! for each connection, so that a run may be longer than a token is good for.

use std::time::Duration;

use clap::Args;
use jiff::Timestamp;

use crate::args::{SecretArgs, parse_duration};
use crate::error::Error;
use crate::moment::{ALPHANUMERIC, Moment};
use crate::mqtt::client::Options;
use crate::platform::onenet_studio::{Refusal, Token, refusals};
use crate::session::Session;
use crate::signature::{Secret, SecretName, Secrets};

/// The version of the token's scheme that the long connection takes.
const VERSION: &str = "2020-05-29";

/// Who connects.
#[derive(Args, Clone, Debug)]
#[command(
    next_help_heading = "Who connects (secrets: a text, @FILE, env:NAME, -, or text:LITERAL)"
)]
pub(super) struct AccountArgs {
    /// OneNET Studio's user, by the number alone: connects as userid/ID
    #[arg(long, value_name = "ID", value_parser = parse_id, conflicts_with_all = ["project", "username"])]
    user: Option<String>,
    /// OneNET Studio's project: connects as projectid/ID/groupid/GROUP
    #[arg(long, value_name = "ID", value_parser = parse_id, requires = "group", conflicts_with = "username")]
    project: Option<String>,
    /// The group of the project
    #[arg(long, value_name = "ID", value_parser = parse_id, requires = "project")]
    group: Option<String>,
    /// The user's or the group's access key, base64, from which tokens are made (or
    /// PUSHRIG_ACCESS_KEY)
    #[arg(long, value_name = "SECRET", allow_hyphen_values = true)]
    access_key: Vec<String>,
    /// How long a token that is made is good for
    #[arg(long, value_name = "DURATION", default_value = "1h", value_parser = parse_duration)]
    expires: Duration,
    /// The digest of a token that is made: md5, sha1 or sha256
    #[arg(long, value_name = "NAME", default_value = "sha1", value_parser = ["md5", "sha1", "sha256"], hide_possible_values = true)]
    method: String,
    /// A whole token, sent as it is; its res is the username where none is given
    #[arg(
        long,
        value_name = "SECRET",
        allow_hyphen_values = true,
        conflicts_with = "password"
    )]
    token: Option<String>,
    /// The user name, for other brokers
    #[arg(long, value_name = "NAME", allow_hyphen_values = true)]
    username: Option<String>,
    /// The password, for other brokers
    #[arg(long, value_name = "SECRET", allow_hyphen_values = true)]
    password: Option<String>,
    /// The client id; two connections of one id end each other [default: pushrig- and 8 random
    /// characters]
    #[arg(long, value_name = "ID", allow_hyphen_values = true)]
    client_id: Option<String>,
}

pub(super) fn parse_id(text: &str) -> Result<String, String> {
    if text.is_empty() || text.contains(['/', '+', '#']) || text.contains(char::is_whitespace) {
        return Err("write the id alone, as in --user 10311".to_owned());
    }
    Ok(text.to_owned())
}

/// Who connects, and how that is proved.
#[derive(Debug)]
pub(super) struct Account {
    pub(super) username: String,
    pub(super) client_id: String,
    /// Whether the client id is the caller's, so that somebody else may have it, too.
    pub(super) has_own_id: bool,
    proof: Proof,
    /// Access keys, as far as they are known.
    keys: Secrets,
}

#[derive(Debug)]
enum Proof {
    Nothing,
    Password(String),
    /// A token as it was given.
    Token(String),
    /// Tokens that are made.
    Made {
        expires: Duration,
        method: String,
    },
}

/// What goes into one CONNECT.
pub(super) struct Login {
    pub(super) username: String,
    pub(super) password: String,
}

impl AccountArgs {
    pub(super) fn open(
        &self,
        moment: &mut Moment,
        session: &mut Session,
    ) -> Result<Account, Error> {
        let secrets = SecretArgs {
            access_key: self.access_key.clone(),
            ..SecretArgs::default()
        };
        let studio = self.studio_name();
        let keys = if studio.is_some() || self.token.is_some() || !self.access_key.is_empty() {
            secrets.open_kind(SecretName::AccessKey, session)?
        } else {
            Secrets::new()
        };
        let proof = self.proof(&keys, studio.is_some(), session)?;
        let username = match (studio.or(self.username.clone()), &proof) {
            (Some(name), _) => name,
            (None, Proof::Token(token)) => res(token)?,
            (None, Proof::Password(_)) => {
                return Err(Error::usage(
                    "--password needs --username: MQTT 3.1.1 sends no password alone",
                ));
            }
            (None, _) => String::new(),
        };
        let account = Account {
            username,
            client_id: self
                .client_id
                .clone()
                .unwrap_or_else(|| format!("pushrig-{}", moment.text(ALPHANUMERIC, 8))),
            has_own_id: self.client_id.is_some(),
            proof,
            keys,
        };
        // A key that is no base64 is told before anything is dialled.
        account.login(session.now())?;
        Ok(account)
    }

    fn studio_name(&self) -> Option<String> {
        match (&self.user, &self.project, &self.group) {
            (Some(user), ..) => Some(format!("userid/{user}")),
            (None, Some(project), Some(group)) => {
                Some(format!("projectid/{project}/groupid/{group}"))
            }
            _ => None,
        }
    }

    fn proof(
        &self,
        keys: &Secrets,
        is_studio: bool,
        session: &mut Session,
    ) -> Result<Proof, Error> {
        if let Some(text) = &self.token {
            return Ok(Proof::Token(secret_text("--token", text, session)?));
        }
        if let Some(text) = &self.password {
            return Ok(Proof::Password(secret_text("--password", text, session)?));
        }
        let has_key = !keys.all(SecretName::AccessKey).is_empty();
        match (is_studio, has_key) {
            (true, true) => Ok(Proof::Made {
                expires: self.expires,
                method: self.method.clone(),
            }),
            (true, false) => Err(
                Error::usage("a token is needed, and no access key was given").with_hint(
                    "give --access-key (or PUSHRIG_ACCESS_KEY), or a whole token by --token",
                ),
            ),
            (false, true) => Err(Error::usage(
                "an access key was given, and not for whom: --user, or --project and --group",
            )),
            (false, false) => Ok(Proof::Nothing),
        }
    }
}

/// A password as text: the codec, and most brokers, take no other bytes.
fn secret_text(label: &str, text: &str, session: &mut Session) -> Result<String, Error> {
    let secret: Secret = session.secret(label, text)?;
    if secret.expose().is_empty() {
        return Err(Error::usage(format!("{label}: this secret is empty")));
    }
    String::from_utf8(secret.expose().to_vec())
        .map_err(|_| Error::usage(format!("{label}: it is not UTF-8")))
}

fn res(token: &str) -> Result<String, Error> {
    Token::parse(token.as_bytes())
        .map(|token| token.res)
        .map_err(|why| {
            Error::usage(format!("--token: {why}, so that it names no username"))
                .with_hint("give --user, --project and --group, or --username beside it")
        })
}

impl Account {
    /// What is sent with a CONNECT now.
    pub(super) fn login(&self, now: Timestamp) -> Result<Login, Error> {
        let password = match &self.proof {
            Proof::Nothing => String::new(),
            Proof::Password(text) | Proof::Token(text) => text.clone(),
            Proof::Made { expires, method } => {
                let seconds = i64::try_from(expires.as_secs()).unwrap_or(i64::MAX);
                let et = now.as_second().saturating_add(seconds).to_string();
                Token::issue(VERSION, &self.username, &et, method, &self.keys)?.compose()
            }
        };
        Ok(Login {
            username: self.username.clone(),
            password,
        })
    }

    /// The same as the options of a connection.
    pub(super) fn options(
        &self,
        keep_alive: Duration,
        patience: Duration,
        now: Timestamp,
    ) -> Result<Options, Error> {
        let login = self.login(now)?;
        Ok(Options {
            client_id: self.client_id.clone(),
            username: login.username,
            password: login.password,
            keep_alive,
            patience,
        })
    }

    /// Whether it is an account of the platform, which shows a token.
    pub(super) fn is_studio(&self) -> bool {
        matches!(self.proof, Proof::Token(_) | Proof::Made { .. })
    }

    /// Whether the token was given as it is.
    pub(super) fn has_given_token(&self) -> bool {
        matches!(self.proof, Proof::Token(_))
    }

    /// Whether the sign of a token can be judged here.
    pub(super) fn knows_key(&self) -> bool {
        !self.keys.all(SecretName::AccessKey).is_empty()
    }

    /// What the platform could refuse the token for that is sent now.
    pub(super) fn judge(&self, now: Timestamp) -> Result<Vec<Refusal>, Error> {
        if !self.is_studio() {
            return Ok(Vec::new());
        }
        let login = self.login(now)?;
        refusals(
            login.password.as_bytes(),
            Some(&login.username),
            &self.keys,
            now,
        )
    }

    /// Who it is, in words.
    pub(super) fn name(&self) -> &str {
        if self.username.is_empty() {
            "nobody in particular"
        } else {
            &self.username
        }
    }
}
