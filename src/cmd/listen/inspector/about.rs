//! What a page is told of the run when it begins.

use serde::Serialize;

use super::Inspector;
use super::shelf::{MOST_BYTES, MOST_RECORDS};
use crate::check::{Checker, Choice, Scheme};
use crate::platform::Platform;
use crate::receiver::Receiver;
use crate::term;

/// What the run is, and how to point something at it.
#[derive(Serialize)]
pub(super) struct About {
    version: &'static str,
    url: String,
    /// Whose requests are expected, in words.
    platform: String,
    /// Where `--forward` passes on to.
    forward: Option<String>,
    allow_remote: bool,
    most_records: usize,
    most_bytes: usize,
    /// Commands that send something here: what they do, and the command.
    tries: Vec<(&'static str, String)>,
}

impl About {
    pub(super) fn new(inspector: &Inspector, receiver: &Receiver) -> Self {
        let checker = receiver.checker();
        let url = &inspector.url;
        Self {
            version: env!("CARGO_PKG_VERSION"),
            url: url.clone(),
            platform: match &checker.choice {
                Choice::One(scheme) => term::escape(scheme.recipe.title.as_bytes()),
                Choice::Auto { .. } => "any platform".to_owned(),
            },
            forward: inspector
                .forward
                .as_ref()
                .map(|url| term::escape(url.bare().as_bytes())),
            allow_remote: inspector.allow_remote,
            most_records: MOST_RECORDS,
            most_bytes: MOST_BYTES,
            tries: tries(checker, url),
        }
    }
}

fn tries(checker: &Checker, url: &str) -> Vec<(&'static str, String)> {
    // curl does not trust a certificate that was made a moment ago.
    let trust = if url.starts_with("https") {
        (" --insecure", " --insecure")
    } else {
        ("", "")
    };
    let mut tries = Vec::new();
    let schemes: Vec<&Scheme> = match &checker.choice {
        Choice::One(scheme) => vec![scheme],
        Choice::Auto { all, .. } => all.iter().collect(),
    };
    let pushes = schemes.into_iter().find_map(|scheme| {
        let secrets = scheme.recipe.secrets();
        let is_given = secrets
            .iter()
            .all(|name| checker.secrets.first(*name).is_some());
        let platform = scheme.platform.filter(|_| is_given)?;
        let event = platform.webhook().and_then(|it| it.events().first())?;
        Some((platform, event.name, secrets))
    });
    if let Some((platform, event, secrets)) = pushes {
        let mut is_asked_for = false;
        let flags = secrets.iter().map(|name| {
            // Standard input can be asked once.
            if checker.secrets.is_to_be_typed(*name) && std::mem::replace(&mut is_asked_for, true) {
                return format!(" --{} env:{}", name.flag(), name.variable());
            }
            match checker.secrets.again(*name) {
                flags if flags.is_empty() => flags,
                flags => format!(" {flags}"),
            }
        });
        let flags: String = flags.collect();
        let id = Platform::id(platform);
        let insecure = trust.1;
        tries.push((
            "push as the platform does",
            format!("pushrig push {id}.{event} {url}/{flags}{insecure}"),
        ));
    }
    let insecure = trust.0;
    tries.push((
        "send anything",
        format!("curl{insecure} {url}/ -d '{{\"hello\":\"world\"}}'"),
    ));
    tries
}
