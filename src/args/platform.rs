//! PLATFORM: a platform's id, a recipe file, or `auto`.

use std::path::Path;

use clap::Args;
use clap::builder::{PossibleValue, TypedValueParser};

use crate::check::Scheme;
use crate::error::Error;
use crate::platform::Platform;
use crate::signature::recipe_file;

/// A platform's id or a recipe file; `auto` where a command can recognise.
#[derive(Clone)]
struct PlatformParser {
    auto: bool,
}

impl TypedValueParser for PlatformParser {
    type Value = String;

    fn parse_ref(
        &self,
        command: &clap::Command,
        _arg: Option<&clap::Arg>,
        value: &std::ffi::OsStr,
    ) -> Result<String, clap::Error> {
        value
            .to_str()
            .map(str::to_owned)
            .ok_or_else(|| clap::Error::new(clap::error::ErrorKind::InvalidUtf8).with_cmd(command))
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        let platforms = Platform::ALL
            .into_iter()
            .map(|platform| PossibleValue::new(platform.id()).help(platform.title()));
        let auto = self
            .auto
            .then(|| PossibleValue::new("auto").help("Recognise the platform of each record"));
        Some(Box::new(platforms.chain(auto)))
    }
}

/// PLATFORM, for commands that need one.
#[derive(Args, Clone, Debug)]
pub struct PlatformArg {
    /// The platform, or a recipe file (TOML)
    #[arg(value_name = "PLATFORM", value_parser = PlatformParser { auto: false }, hide_possible_values = true, help = PLATFORM_HELP)]
    pub platform: String,
}

/// PLATFORM, for commands that can recognise it.
#[derive(Args, Clone, Debug)]
pub struct PlatformOrAutoArg {
    /// The platform, a recipe file (TOML), or auto
    #[arg(value_name = "PLATFORM", value_parser = PlatformParser { auto: true }, hide_possible_values = true, help = PLATFORM_OR_AUTO_HELP)]
    pub platform: String,
    /// With auto: the platform of records that name none and show none
    #[arg(long, value_name = "PLATFORM", value_parser = PlatformParser { auto: false }, hide_possible_values = true)]
    pub assume: Option<String>,
}

const PLATFORM_HELP: &str = "onenet, onenet-studio-push, tencent, sensoro, onenet-studio, wechat, \
                             huawei-iotda, standard-webhooks, or a recipe file (TOML)";
const PLATFORM_OR_AUTO_HELP: &str = "onenet, onenet-studio-push, tencent, sensoro, onenet-studio, wechat, huawei-iotda, \
     standard-webhooks, a recipe file (TOML), or auto: recognise each record's platform";

/// The scheme of a platform's id or a recipe file.
pub fn open_scheme(text: &str) -> Result<Scheme, Error> {
    open_scheme_of(text, &known_platforms("or"))
}

/// The same where `auto` would have been right, too.
pub fn open_scheme_or_auto(text: &str) -> Result<Scheme, Error> {
    let known = known_platforms("auto (each record's own), or");
    open_scheme_of(text, &known)
}

/// The scheme; `known` is what may be given.
fn open_scheme_of(text: &str, known: &str) -> Result<Scheme, Error> {
    if let Some(platform) = Platform::from_id(text) {
        return Ok(Scheme::of(platform));
    }
    if text.contains("://") {
        // It is not repeated: it may hold a password.
        return Err(Error::usage("a URL stands where the platform should")
            .with_hint(format!("the platform comes first: {known}")));
    }
    if text == "-" {
        return Err(Error::usage("`-` stands where the platform should")
            .with_hint(format!("the platform comes first: {known}")));
    }
    let path = Path::new(text);
    let looks_like_a_file = path.components().count() > 1
        || path
            .extension()
            .is_some_and(|extension| extension == "toml");
    if !looks_like_a_file && !path.is_file() {
        let hint = match meant(text) {
            Some(platform) => format!("did you mean `{}`?", platform.id()),
            None => known.to_owned(),
        };
        return Err(
            Error::usage(format!("there is no platform `{}`", text.escape_debug())).with_hint(hint),
        );
    }
    let bytes = std::fs::read(path).map_err(|cause| Error::reading(path, cause))?;
    let recipe = String::from_utf8(bytes).map_err(|_| {
        Error::input(
            crate::error::Place::file(text),
            "a recipe file is UTF-8 text, this is not",
        )
    })?;
    let is_named_so = path.extension().is_some_and(|ending| ending == "toml");
    let recipe = recipe_file::read(text, &recipe).map_err(|error| {
        if is_named_so {
            error
        } else {
            // Rather than a recipe it is the request, and the platform was forgotten.
            error.with_hint(format!("the platform comes first: {known}"))
        }
    })?;
    if Platform::from_id(&recipe.id).is_some() {
        return Err(Error::input(
            crate::error::Place::file(text),
            format!(
                "a recipe may not be called `{}`: that is a platform",
                recipe.id
            ),
        ));
    }
    Ok(Scheme {
        platform: None,
        file: Some(text.to_owned()),
        recipe,
    })
}

/// What may be given; `or` stands before the last.
fn known_platforms(or: &str) -> String {
    let known: Vec<_> = Platform::ALL.into_iter().map(Platform::id).collect();
    format!(
        "one of {}, {or} the path of a recipe file",
        known.join(", ")
    )
}

/// The platform that is meant by an id in capitals, or by the name of one of its events.
fn meant(text: &str) -> Option<Platform> {
    let lower = text.to_ascii_lowercase();
    let id = lower.split('.').next().unwrap_or_default();
    Platform::from_id(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(text: &str) -> (String, String) {
        let why = open_scheme(text).unwrap_err();
        assert_eq!(why.code(), 2);
        (why.to_string(), why.hint().unwrap_or_default().to_owned())
    }

    #[test]
    fn a_url_where_the_platform_should_stand_is_named_and_not_repeated() {
        let (why, hint) = refusal("http://me:hunter2@h/push");
        assert_eq!(why, "a URL stands where the platform should");
        assert!(hint.starts_with("the platform comes first: one of onenet, "));
    }

    #[test]
    fn capitals_and_the_name_of_an_event_lead_to_the_platform_that_is_meant() {
        for text in ["OneNET", "onenet.online", "OneNET.online"] {
            assert_eq!(refusal(text).1, "did you mean `onenet`?");
        }
        assert!(refusal("nobody").1.starts_with("one of onenet, "));
    }
}
