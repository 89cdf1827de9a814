//! A login: who a client is, or why the platform turns it away.
//!
//! ```text
//! application  clientId free, may be empty   username userid/{uid} or projectid/{p}/groupid/{g}
//! device       clientId = device name        username = product id
//! ```
//!
//! The password is a token whose `res` equals the application's username, or names the device:
//! `products/{pid}/devices/{name}`. An application signs with the user's or the **group's** key,
//! a device with its own or its product's.
//!
//! # Sources
//!
//! `OneNET` Studio's documentation of the application long connection and of the token; the
//! codes are those of its device log. Inferred: the order of checking (the form, who it is for, the
//! version, the method, the end, the key, the signature), that an application is told by the same codes as a device, that each use
//! takes its own version only, and which of 3.1.1's return codes goes with which refusal.

use jiff::{SignedDuration, Timestamp};

use crate::check::{Checker, Choice, Scheme};
use crate::diagnose::diagnose;
use crate::platform::Platform;
use crate::platform::onenet_studio::{Known, Token, refusals, slips};
use crate::signature::mistake::OtherSecret;
use crate::signature::{Evidence, Given, Secret, SecretName, Secrets, Veil, Verdict};

pub use crate::platform::onenet_studio::Refusal;

/// What a client says of itself in CONNECT.
#[derive(Clone, Copy)]
pub struct Login<'a> {
    /// The client identifier; an application's may be empty.
    pub client_id: &'a str,
    /// The username.
    pub username: Option<&'a str>,
    /// The password: a token, as it was sent.
    pub password: Option<&'a [u8]>,
}

/// Who logged in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Who {
    /// An application, with all devices of a user: `userid/{id}`.
    User {
        /// The user's id.
        id: String,
    },
    /// An application, with the devices of a project's group.
    Group {
        /// The project's id.
        project: String,
        /// The group's id.
        group: String,
    },
    /// A device.
    Device {
        /// The product's id.
        product: String,
        /// The device's name.
        name: String,
    },
}

/// The access keys that the platform knows, each as its base64 text.
pub trait Keys {
    /// The keys of `userid/{uid}` or `projectid/{p}/groupid/{g}`; none where that is unknown,
    /// several while one is being replaced.
    fn application(&self, username: &str) -> Vec<Secret>;

    /// The keys of a device; none where there is no such device.
    fn device(&self, product: &str, name: &str) -> Option<DeviceKeys>;

    /// Keys that a client may have taken for its own, to be named where one of them fits.
    fn others(&self) -> Vec<OtherSecret> {
        Vec::new()
    }
}

/// The keys that a device may sign with.
#[derive(Clone, Debug, Default)]
pub struct DeviceKeys {
    /// The device's own.
    pub device: Option<Secret>,
    /// Its product's.
    pub product: Option<Secret>,
}

/// Who logs in at `now`, or the first reason to turn it away.
///
/// A refusal carries the platform's code and name and says in plain words what is wrong with
/// this login: for a wrong sign the mistake that gives exactly this one, where there is one.
pub fn authenticate(login: &Login<'_>, keys: &impl Keys, now: Timestamp) -> Result<Who, Refusal> {
    admit(login, keys, now).map_err(|mut refusal| {
        let bare = login
            .username
            .filter(|name| !name.is_empty() && !name.contains('/'));
        let user = bare.map(|id| format!("userid/{id}"));
        if let Some(user) = user.filter(|user| !keys.application(user).is_empty()) {
            let meant = format!("; did you mean the username `{user}`?");
            refusal.explanation.push_str(&meant);
        }
        refusal
    })
}

fn admit(login: &Login<'_>, keys: &impl Keys, now: Timestamp) -> Result<Who, Refusal> {
    let username = filled(login.username, "username")?;
    let password = login.password.unwrap_or_default();
    if password.is_empty() {
        return Err(empty("password", "it is the token"));
    }
    let who = claimed(login.client_id, username, password)?;
    // Without a key only what the token says of itself is judged.
    let early = refusals(password, None, &Secrets::new(), now).unwrap_or_default();
    let token = match Token::parse(password) {
        Ok(token) => token,
        Err(why) => return Err(Refusal::new(1103, "invalid token", why)),
    };
    if let Some(refusal) = early.iter().find(|refusal| refusal.code == 1103) {
        return Err(refusal.clone());
    }
    check_res(&who, username, &token)?;
    check_version(&who, &token)?;
    if let Some(refusal) = early.into_iter().next() {
        return Err(if refusal.code == 1104 {
            ended(password, now)
        } else {
            refusal
        });
    }
    check_sign(&who, username, password, keys, now)?;
    Ok(who)
}

/// The refusal of a client that speaks another protocol than MQTT 3.1.1, as the name and level
/// in its CONNECT tell.
#[must_use]
pub fn other_protocol(name: &str, level: u8) -> Refusal {
    Refusal::new(
        1112,
        "protocol not match",
        format!(
            "the client speaks `{}` level {level}, the platform MQTT 3.1.1 (`MQTT` level 4)",
            name.escape_debug()
        ),
    )
}

fn filled<'t>(text: Option<&'t str>, name: &str) -> Result<&'t str, Refusal> {
    let what = "it is `userid/{userId}` or `projectid/{projectId}/groupid/{groupId}` for an \
                application, the product's id for a device";
    text.filter(|text| !text.is_empty())
        .ok_or_else(|| empty(name, what))
}

fn empty(name: &str, what: &str) -> Refusal {
    let why = format!("the {name} is empty: {what}");
    Refusal::new(1101, "empty clientId, username or password", why)
}

fn mismatch(why: String) -> Refusal {
    Refusal::new(1114, "argument does not match", why)
}

/// Who the client says that it is.
fn claimed(client_id: &str, username: &str, password: &[u8]) -> Result<Who, Refusal> {
    let segments: Vec<&str> = username.split('/').collect();
    let shown = username.escape_debug();
    if segments.iter().any(|segment| segment.is_empty()) {
        return Err(mismatch(format!(
            "the username has an empty segment: `{shown}`"
        )));
    }
    match segments[..] {
        ["userid", id] => Ok(Who::User { id: id.to_owned() }),
        ["projectid", project, "groupid", group] => Ok(Who::Group {
            project: project.to_owned(),
            group: group.to_owned(),
        }),
        [_] if client_id.is_empty() => Err(empty("clientId", "a device's is its name")),
        [product] => Ok(Who::Device {
            product: product.to_owned(),
            name: client_id.to_owned(),
        }),
        ["user", id] => {
            let id = id.escape_debug();
            let both = match Token::parse(password) {
                Ok(token) if token.res == username => "username and `res` are",
                _ => "the username is",
            };
            Err(mismatch(format!(
                "{both} `{shown}` and must be `userid/{id}`: the vendor's Java sample has it wrong"
            )))
        }
        _ => Err(mismatch(format!(
            "the username is `{shown}`: it must be `userid/{{userId}}`, \
             `projectid/{{projectId}}/groupid/{{groupId}}`, or a device's product id"
        ))),
    }
}

/// The token must be for the one who shows it.
fn check_res(who: &Who, username: &str, token: &Token) -> Result<(), Refusal> {
    let needed = match who {
        Who::Device { product, name } => format!("products/{product}/devices/{name}"),
        Who::User { .. } | Who::Group { .. } => username.to_owned(),
    };
    if token.res == needed {
        return Ok(());
    }
    let res = token.res.escape_debug();
    let shown = needed.escape_debug();
    let why = match (who, token.res.strip_prefix("user/")) {
        (Who::User { id }, Some(same)) if id == same => format!(
            "`res` is `{res}` and must be `{shown}`, as the username: the vendor's Java sample \
             has it wrong"
        ),
        (Who::Device { product, name }, _) if token.res == format!("products/{product}") => {
            format!(
                "`res` is `{res}`, the product without the device `{}`: it must be `{shown}`",
                name.escape_debug()
            )
        }
        (Who::Device { .. }, _) => format!(
            "`res` is `{res}`, username (product id) and clientId (device name) say `{shown}`"
        ),
        _ => format!("`res` is `{res}`, the username is `{shown}`: they must be equal"),
    };
    Err(mismatch(why))
}

/// Each use has its own version of the token.
fn check_version(who: &Who, token: &Token) -> Result<(), Refusal> {
    let (needed, what) = match who {
        Who::Device { .. } => ("2018-10-31", "a device"),
        Who::User { .. } | Who::Group { .. } => ("2020-05-29", "the application long connection"),
    };
    if token.version == needed {
        return Ok(());
    }
    let why = format!(
        "`version` is `{}`, {what} takes {needed}",
        token.version.escape_debug()
    );
    Err(Refusal::new(1111, "invalid version", why))
}

/// The end has passed, or is no end at all: how that may have come.
fn ended(password: &[u8], now: Timestamp) -> Refusal {
    let known = Known {
        now,
        end: None,
        is_signed: false,
    };
    let slips = slips(password, &known);
    let why = slips
        .iter()
        .find(|slip| slip.id.starts_with("token.et-") || slip.id == "token.expired")
        .map_or_else(
            || "`et` has passed".to_owned(),
            |slip| format!("{}: {}", slip.title, slip.advice),
        );
    Refusal::new(1104, "token expired", why)
}

/// The keys that may have signed.
fn known(who: &Who, username: &str, keys: &impl Keys) -> Result<Vec<Secret>, Refusal> {
    let (known, whose) = match who {
        Who::Device { product, name } => {
            let Some(known) = keys.device(product, name) else {
                let why = format!(
                    "product `{}` has no device `{}`",
                    product.escape_debug(),
                    name.escape_debug()
                );
                return Err(Refusal::new(1107, "device not found", why));
            };
            let list = known.device.into_iter().chain(known.product).collect();
            (list, "this device or its product")
        }
        Who::User { .. } => (keys.application(username), "this user"),
        Who::Group { .. } => (keys.application(username), "this group"),
    };
    if known.is_empty() {
        let why = format!("no access key of {whose} is known");
        return Err(Refusal::new(1105, "key not found", why));
    }
    Ok(known)
}

fn check_sign(
    who: &Who,
    username: &str,
    password: &[u8],
    keys: &impl Keys,
    now: Timestamp,
) -> Result<(), Refusal> {
    let mut secrets = Secrets::new();
    for key in known(who, username, keys)? {
        secrets.push(SecretName::AccessKey, key);
    }
    let checker = checker(secrets, now);
    let given = Given::new().with("credential", password);
    let evidence = Evidence::default().with(&given);
    let judged = checker.check(None, None, &evidence);
    if judged.judgement.verdict == Verdict::Valid {
        return Ok(());
    }
    let explained = diagnose(&checker, &judged, &evidence, None, &keys.others());
    let why = match explained {
        None => "the access key that is known here is no base64, so nothing fits it".to_owned(),
        Some(diagnosis) => match diagnosis.findings.hits.first() {
            Some(hit) => {
                let titles = hit.titles.join("; and ");
                format!("{titles}: {}", hit.advice.join("; "))
            }
            None => "`sign` is not what the access key gives for et, method, res and version, and \
                     no known mistake gives it: is it signed with another key?"
                .to_owned(),
        },
    };
    Err(Refusal::new(1106, "sign not match", why))
}

/// Judges tokens with these keys, as `verify` and `explain` do.
fn checker(secrets: Secrets, now: Timestamp) -> Checker {
    Checker {
        choice: Choice::One(Box::new(Scheme::of(Platform::OnenetStudio))),
        veil: Veil::over(&secrets),
        secrets,
        public_url: None,
        now: Some(now),
        clock: now,
        tolerance: SignedDuration::ZERO,
        age_counts: false,
        open: false,
        res: None,
        end: None,
    }
}

impl Refusal {
    /// The return code of MQTT 3.1.1's CONNACK: 1 for another protocol, 4 for a username or
    /// password that is wrong in itself, 5 for one that is right and not (or no longer) allowed.
    #[must_use]
    pub fn connack(&self) -> u8 {
        match self.code {
            1112 => 1,
            1104 | 1105 | 1107 => 5,
            _ => 4,
        }
    }
}

#[cfg(test)]
mod tests;
