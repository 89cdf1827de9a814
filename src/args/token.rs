//! Whom a `OneNET` token is for and when it ends, as flags.

use std::str::FromStr;
use std::time::Duration;

use clap::Args;
use jiff::Timestamp;

use super::parse_duration;
use crate::check::{Choice, Scheme};
use crate::error::Error;
use crate::moment;
use crate::platform::Platform;
use crate::platform::onenet_studio::usual_version;
use crate::signature::Given;

/// Whom a token is for, instead of `--res`.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Whom a OneNET token is for (instead of --res)")]
pub struct TokenArgs {
    /// A user: userid/ID
    #[arg(long, value_name = "ID", value_parser = segment, allow_hyphen_values = true,
          conflicts_with_all = ["project", "group", "device", "product", "res"])]
    pub user: Option<String>,
    /// A project, with --group: projectid/ID/groupid/GROUP
    #[arg(long, value_name = "ID", value_parser = segment, allow_hyphen_values = true,
          requires = "group", conflicts_with_all = ["device", "product", "res"])]
    pub project: Option<String>,
    /// A group of the project; the key is the group's own
    #[arg(long, value_name = "ID", value_parser = segment, allow_hyphen_values = true,
          requires = "project", conflicts_with_all = ["device", "product", "res"])]
    pub group: Option<String>,
    /// A device by its product's id and its name: products/PRODUCT/devices/NAME
    #[arg(long, value_name = "PRODUCT/NAME", value_parser = device, allow_hyphen_values = true,
          conflicts_with_all = ["product", "res"])]
    pub device: Option<(String, String)>,
    /// A product: products/ID
    #[arg(long, value_name = "ID", value_parser = segment, allow_hyphen_values = true,
          conflicts_with = "res")]
    pub product: Option<String>,
}

/// A part of a `res`, which is all that stands between two slashes.
fn segment(text: &str) -> Result<String, String> {
    if text.is_empty() || text.contains('/') {
        return Err("expected an id, without a slash".to_owned());
    }
    Ok(text.to_owned())
}

fn device(text: &str) -> Result<(String, String), String> {
    let wrong = "expected the product's id and the device's name: PRODUCT/NAME";
    let (product, name) = text.split_once('/').ok_or(wrong)?;
    match (segment(product), segment(name)) {
        (Ok(product), Ok(name)) => Ok((product, name)),
        _ => Err(wrong.to_owned()),
    }
}

impl TokenArgs {
    /// The `res` that is meant, as it is signed.
    #[must_use]
    pub fn res(&self) -> Option<String> {
        if let Some(user) = &self.user {
            return Some(format!("userid/{user}"));
        }
        if let (Some(project), Some(group)) = (&self.project, &self.group) {
            return Some(format!("projectid/{project}/groupid/{group}"));
        }
        if let Some((product, name)) = &self.device {
            return Some(format!("products/{product}/devices/{name}"));
        }
        let product = self.product.as_ref()?;
        Some(format!("products/{product}"))
    }

    /// Adds the `res` to what was given. Only a token has one.
    pub fn open(&self, choice: &Choice, given: &mut Given) -> Result<(), Error> {
        let Some(res) = self.res() else { return Ok(()) };
        if let Choice::One(scheme) = choice {
            need_token(scheme, "--user, --project, --device, --product")?;
        }
        given.push("res", res);
        Ok(())
    }

    /// Adds the `res`, and what goes with it where nothing was given: the version of this use,
    /// and SHA-1, which the documentation's examples sign with.
    pub fn open_to_sign(&self, scheme: &Scheme, given: &mut Given) -> Result<(), Error> {
        if let Some(res) = self.res() {
            need_token(scheme, "--user, --project, --device, --product")?;
            given.push("res", res);
            given.push("method", "sha1");
        }
        let res = given.find("res").map(String::from_utf8_lossy);
        if scheme.platform == Some(Platform::OnenetStudio)
            && let Some(version) = res.and_then(|res| usual_version(&res))
        {
            given.push("version", version);
        }
        Ok(())
    }
}

/// Refuses flags of a token where something else is signed.
pub fn need_token(scheme: &Scheme, flags: &str) -> Result<(), Error> {
    if scheme.platform == Some(Platform::OnenetStudio) {
        return Ok(());
    }
    Err(Error::usage(format!(
        "{flags}: this is a token's, and {} has no tokens",
        scheme.id()
    ))
    .with_hint("the platform of tokens is onenet-studio"))
}

/// When a token ends: so long from now, or at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expires {
    /// So long from now.
    For(Duration),
    /// At this time.
    At(Timestamp),
}

impl Expires {
    /// The end of what is made at `now`.
    #[must_use]
    pub fn end(self, now: Timestamp) -> Timestamp {
        match self {
            Self::For(life) => now.saturating_add(life).unwrap_or(Timestamp::MAX),
            Self::At(end) => end,
        }
    }
}

impl FromStr for Expires {
    type Err = String;

    /// A duration as everywhere (`1h`, bare seconds), or a time as for `--now`: a number of ten
    /// digits and more is a unix time, which as a duration would be 30 years and more.
    fn from_str(text: &str) -> Result<Self, String> {
        const UNIX_FROM: i64 = 1_000_000_000;
        if let Ok(number) = text.parse::<i64>()
            && number >= UNIX_FROM
        {
            let time = moment::from_unix(number);
            return time
                .map(Self::At)
                .ok_or_else(|| "that is no time".to_owned());
        }
        if let Ok(time) = text.parse::<Timestamp>() {
            if time < Timestamp::UNIX_EPOCH {
                return Err("a token ends after 1970".to_owned());
            }
            return Ok(Self::At(time));
        }
        if text.len() > 4 && text.as_bytes()[4] == b'-' {
            return Err(
                "expected a time with its offset: 2026-12-31T18:00:00+08:00, or …Z for UTC"
                    .to_owned(),
            );
        }
        parse_duration(text)
            .map(Self::For)
            .map_err(|why| format!("{why}, or a time: 2026-12-31T18:00:00+08:00, or unix seconds"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_is_a_duration_a_time_or_a_unix_time_in_seconds_or_milliseconds() {
        let time = Timestamp::from_second(1_623_982_416).unwrap();
        for text in [
            "1623982416",
            "1623982416000",
            "2021-06-18T02:13:36Z",
            "2021-06-18T10:13:36+08:00",
        ] {
            assert_eq!(text.parse(), Ok(Expires::At(time)), "{text}");
        }
        let hours = |count: u64| Ok(Expires::For(Duration::from_secs(count * 3600)));
        assert_eq!("2h".parse(), hours(2));
        assert_eq!("3600".parse(), hours(1));
        assert_eq!(
            hours(1).map(|it| it.end(time).as_second()),
            Ok(1_623_986_016)
        );
    }

    #[test]
    fn a_time_without_its_offset_is_refused_as_such() {
        for text in ["2026-12-31", "2026-12-31T18:00:00", "2026-12-31 18:00"] {
            let why = text.parse::<Expires>().unwrap_err();
            assert!(why.starts_with("expected a time with its offset"), "{why}");
        }
        let why = "-1".parse::<Expires>().unwrap_err();
        assert!(why.contains("expected a duration"), "{why}");
        let why = "soon".parse::<Expires>().unwrap_err();
        assert!(why.contains("or a time"), "{why}");
    }
}
