//! A device does what its configuration says: where and how often it polls.

use std::time::Duration;

use super::run::Run;
use super::{USUAL_TIMEOUT, url_of};
use crate::args::TargetArgs;
use crate::controlid::configuration::Configuration;
use crate::controlid::device::{Base, Options};
use crate::net::Connection;
use crate::term;

/// Of a value that a server made up, so much is shown.
const MOST_SHOWN: usize = 60;

impl Run {
    /// How a device polls by what its configuration says, and what cannot be done.
    pub(super) fn follow(
        &self,
        configuration: &Configuration,
        have: &Options,
    ) -> (Options, Vec<String>) {
        let usual = &self.how.options;
        let mut next = have.clone();
        let mut notes = Vec::new();
        let value = |name| configuration.value("push_server", name).unwrap_or_default();
        let installed = |name| configuration.is_installed("push_server", name);
        next.base = match value("push_remote_address") {
            _ if installed("push_remote_address") => usual.base.clone(),
            "" => None,
            text => match text.parse() {
                Ok(base) => Some(base),
                Err(why) => {
                    let why: String = why;
                    let why = term::cut(&term::escape(why.as_bytes()), 2 * MOST_SHOWN);
                    notes.push(format!("falls silent: push_remote_address: {why}"));
                    None
                }
            },
        };
        let mut whole = |name| {
            let text = value(name);
            let number = text.trim().parse::<u64>().ok();
            if number.is_none() {
                let text = term::cut(&term::escape(text.as_bytes()), MOST_SHOWN);
                notes.push(format!(
                    "leaves {name} as it was: `{text}` is no whole number"
                ));
            }
            // Whether 0 means no time at all is not documented.
            number.map(|number| number.max(1))
        };
        next.period = if installed("push_request_period") {
            usual.period
        } else {
            whole("push_request_period").map_or(have.period, Duration::from_secs)
        };
        next.timeout = if installed("push_request_timeout") {
            usual.timeout
        } else {
            whole("push_request_timeout").map_or(have.timeout, Duration::from_millis)
        };
        (next, notes)
    }

    /// A connection to the server of this base, and whether it is another than the one that the
    /// run began with.
    pub(super) async fn connection_to(&self, base: &Base) -> Result<(Connection, bool), String> {
        let url = url_of(base);
        let first = self.how.options.base.as_ref().map(url_of);
        let is_first = first
            .is_some_and(|first| (first.scheme, &first.authority) == (url.scheme, &url.authority));
        if is_first {
            return Ok((self.connection(), false));
        }
        // What the user said of the first server, its socket and whom to trust blindly, does not
        // go for another one.
        let target = TargetArgs {
            timeout: self.how.target.timeout,
            cacert: self.how.target.cacert.clone(),
            resolve: self.how.target.resolve.clone(),
            ..TargetArgs::default()
        };
        let dialer = target.dialer(&url, USUAL_TIMEOUT);
        let dialer = dialer.map_err(|why| why.to_string())?;
        if !self.how.allow_remote && !dialer.is_loopback().await.unwrap_or(false) {
            return Err(format!(
                "it was told to poll {}, which is not on this machine; --allow-remote allows it",
                base.bare()
            ));
        }
        Ok((dialer.connection(), true))
    }
}
