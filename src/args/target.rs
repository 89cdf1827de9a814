//! The flags of the subcommands that send: how the server is reached, and what is added.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;

use super::parse_duration;
use crate::error::Error;
use crate::message::{HeaderEdit, Url};
use crate::net::tls::Trust;
use crate::net::{DialOptions, Dialer, Resolve};
use crate::session::Session;

/// How the server is reached.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Reaching the server")]
pub struct TargetArgs {
    /// A header of every request; replaces one of that name, and `Name:` takes it away
    #[arg(short = 'H', long = "header", value_name = "NAME: VALUE", value_parser = parse_header)]
    pub headers: Vec<HeaderEdit>,
    /// The time for one answer, connecting included
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    pub timeout: Option<Duration>,
    /// Trust the certificates of this PEM file, and no others
    #[arg(long, value_name = "FILE", conflicts_with = "insecure")]
    pub cacert: Option<PathBuf>,
    /// Trust any certificate
    #[arg(long)]
    pub insecure: bool,
    /// Dial ADDR for HOST:PORT
    #[arg(long, value_name = "HOST:PORT:ADDR")]
    pub resolve: Vec<Resolve>,
    /// Dial this Unix socket instead of the URL's host
    #[cfg(unix)]
    #[arg(long, value_name = "PATH")]
    pub unix_socket: Option<PathBuf>,
}

fn parse_header(text: &str) -> Result<HeaderEdit, String> {
    let (name, value) = text
        .split_once(':')
        .ok_or_else(|| "expected `Name: value`".to_owned())?;
    if name.is_empty() || name.bytes().any(|byte| byte <= b' ' || byte == 0x7f) {
        return Err("a header's name is not empty and has no blanks".to_owned());
    }
    if value.contains(['\r', '\n', '\0']) {
        return Err("a line break in a value would be a header of its own".to_owned());
    }
    let value = value.trim_matches([' ', '\t']);
    Ok(HeaderEdit {
        name: name.to_owned(),
        value: (!value.is_empty()).then(|| value.to_owned()),
    })
}

impl TargetArgs {
    /// What dials the server of `url`; `usual` is the time limit where none was given.
    pub fn dialer(&self, url: &Url, usual: Duration) -> Result<Arc<Dialer>, Error> {
        let trust = match &self.cacert {
            Some(path) => Trust::File(path.clone()),
            None if self.insecure => Trust::Anybody,
            None => Trust::System,
        };
        let options = DialOptions {
            limit: self.timeout.unwrap_or(usual),
            trust,
            resolve: self.resolve.clone(),
            #[cfg(unix)]
            unix_socket: self.unix_socket.clone(),
            ..DialOptions::default()
        };
        if options.limit.is_zero() {
            return Err(Error::usage("--timeout leaves no time at all"));
        }
        Dialer::new(url, options).map(Arc::new)
    }
}

/// Reads a URL to send to.
pub fn parse_url(text: &str) -> Result<Url, String> {
    if text.bytes().any(|byte| byte < b' ' || byte == 0x7f) {
        return Err("a URL has no line breaks or other control characters".to_owned());
    }
    text.parse()
}

/// The URL from the argument, else from the profile; without a user.
pub fn target_url(url: Option<&Url>, session: &mut Session) -> Result<Url, Error> {
    let url = named_url(url, session)?;
    Ok(without_user(url, session))
}

/// The URL without a user and a password, which would end up in `Host` and in what some platforms
/// sign, and a note that says so.
pub fn without_user(mut url: Url, session: &mut Session) -> Url {
    if url.host() != url.authority {
        url.authority = url.host().to_owned();
        session.note(
            "the user name and password of the URL are not sent; a header is, by \
             -H 'Authorization: …'",
        );
    }
    url
}

fn named_url(url: Option<&Url>, session: &mut Session) -> Result<Url, Error> {
    if let Some(url) = url {
        return Ok(url.clone());
    }
    let text = session.profile()?.and_then(|profile| profile.url.clone());
    let text = text.ok_or_else(|| {
        Error::usage("no URL was given").with_hint("give it (device takes --server URL, replay --to URL), or `url` in a profile of pushrig.toml")
    })?;
    parse_url(&text).map_err(|why| Error::usage(format!("url of the profile: {why}")))
}

/// Reads a URL that may hold a password or a token, which an error does not repeat.
pub fn parse_private_url(what: &str, text: &str) -> Result<Url, Error> {
    parse_url(text).map_err(|why| {
        if text.contains(['@', '?']) {
            Error::usage(format!("{what}: that is no URL"))
                .with_hint("it is not repeated here, because it may hold a secret")
        } else {
            Error::usage(format!("{what}: {why}"))
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_a_name_and_a_value_and_nothing_that_would_be_another_line() {
        let header = parse_header("New:  v ").unwrap();
        assert_eq!(
            (header.name.as_str(), header.value.as_deref()),
            ("New", Some("v"))
        );
        assert_eq!(parse_header("Gone:").unwrap().value, None);
        for wrong in ["", "no colon", ": v", "a b: c", "A: b\r\nC: d"] {
            assert!(parse_header(wrong).is_err(), "{wrong:?}");
        }
    }
}
