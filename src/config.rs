//! `pushrig.toml`: profiles of platform, addresses and secrets.
//!
//! ```toml
//! [profile.staging]
//! platform = "onenet"
//! url = "http://127.0.0.1:8000/push"
//! public_url = "https://example.com/push"
//! token = "env:ONENET_TOKEN"          # or a list, while one is rotated
//! aes_key = "@secrets/aes-key"
//! ```
//!
//! The file is looked for in the working directory and upward. Secrets take the same forms as
//! flags do, so that the file itself need not hold any.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::error::{Error, Place};
use crate::signature::SecretName;

/// The name of the file.
pub const FILE_NAME: &str = "pushrig.toml";

/// The profile that is used where none is named.
pub const DEFAULT_PROFILE: &str = "default";

/// The whole file.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The profiles by name.
    #[serde(default)]
    pub profile: BTreeMap<String, Profile>,
    /// Where it was read from; `@FILE` secrets are relative to its folder.
    #[serde(skip)]
    pub path: PathBuf,
}

/// One profile.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// The platform of records that name none.
    pub platform: Option<String>,
    /// The server's address.
    pub url: Option<String>,
    /// The address that the platform was told.
    pub public_url: Option<String>,
    /// SENSORO's application id.
    pub app_id: Option<String>,
    token: Option<OneOrMore>,
    aes_key: Option<OneOrMore>,
    app_secret: Option<OneOrMore>,
    app_key: Option<OneOrMore>,
    access_key: Option<OneOrMore>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
enum OneOrMore {
    One(String),
    More(Vec<String>),
}

impl Profile {
    /// Makes `@FILE` secrets relative to the folder of the configuration.
    fn anchor(&mut self, folder: &Path) {
        for list in [
            &mut self.token,
            &mut self.aes_key,
            &mut self.app_secret,
            &mut self.app_key,
            &mut self.access_key,
        ] {
            let texts = match list {
                None => &mut [][..],
                Some(OneOrMore::One(text)) => std::slice::from_mut(text),
                Some(OneOrMore::More(texts)) => texts,
            };
            for text in texts {
                if let Some(path) = text.strip_prefix('@') {
                    *text = format!("@{}", folder.join(path).display());
                }
            }
        }
    }

    /// The texts that name the secrets of one kind, in the forms of the flags.
    #[must_use]
    pub fn secrets(&self, name: SecretName) -> &[String] {
        let list = match name {
            SecretName::Token => &self.token,
            SecretName::AesKey => &self.aes_key,
            SecretName::AppSecret => &self.app_secret,
            SecretName::AppKey => &self.app_key,
            SecretName::AccessKey => &self.access_key,
        };
        match list {
            None => &[],
            Some(OneOrMore::One(text)) => std::slice::from_ref(text),
            Some(OneOrMore::More(texts)) => texts,
        }
    }
}

/// Finds the file in `folder` or above it.
#[must_use]
pub fn find(folder: &Path) -> Option<PathBuf> {
    folder
        .ancestors()
        .map(|folder| folder.join(FILE_NAME))
        .find(|path| path.is_file())
}

/// Reads a file.
pub fn read(path: &Path) -> Result<Config, Error> {
    let bytes = fs::read(path).map_err(|cause| Error::reading(path, cause))?;
    let name = path.display().to_string();
    let text = String::from_utf8(bytes)
        .map_err(|_| Error::input(Place::file(name.as_str()), "it is not UTF-8 text"))?;
    let mut config: Config = toml::from_str(&text).map_err(|why| {
        let mut place = Place::file(name.as_str());
        if let Some(span) = why.span() {
            let (line, column) = crate::json::scan::line_and_column(text.as_bytes(), span.start);
            place.line = Some(line);
            place.column = Some(column);
        }
        Error::input(place, without_values(why.message()))
    })?;
    path.clone_into(&mut config.path);
    let folder = path.parent().unwrap_or(Path::new(""));
    for profile in config.profile.values_mut() {
        profile.anchor(folder);
    }
    Ok(config)
}

/// A parser's message without the values that it quotes: a secret may be among them.
fn without_values(message: &str) -> String {
    if message.contains("untagged enum") {
        return "expected a text, or a list of texts".to_owned();
    }
    let quoted = message.split('"').enumerate();
    let parts: Vec<&str> = quoted
        .map(|(index, part)| if index % 2 == 1 { "…" } else { part })
        .collect();
    parts
        .join("\"")
        .replace("struct Profile", "a table [profile.NAME]")
}

impl Config {
    /// The profile of that name, or the default one where none is named.
    pub fn profile(&self, name: Option<&str>) -> Result<Option<&Profile>, Error> {
        let Some(name) = name else {
            return Ok(self.profile.get(DEFAULT_PROFILE));
        };
        self.profile.get(name).map(Some).ok_or_else(|| {
            let names: Vec<_> = self.profile.keys().map(String::as_str).collect();
            Error::usage(format!("{} has no profile `{name}`", self.path.display())).with_hint(
                match names.as_slice() {
                    [] => "it has no profiles at all".to_owned(),
                    _ => format!("it has {}", names.join(", ")),
                },
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_at_the_wrong_place_is_not_quoted() {
        let message = r#"invalid type: string "hunter2hunter2", expected struct Profile"#;
        assert_eq!(
            without_values(message),
            r#"invalid type: string "…", expected a table [profile.NAME]"#
        );
    }
}
