//! What is not shown of what the server says: the secrets of a call.

use std::ffi::OsString;

use crate::session::Session;
use crate::signature::{Secret, SecretName, Secrets, Veil};

/// Hides the secrets that steps are given, and those in URLs and headers. What cannot be read is
/// for the step to say.
pub(super) fn over(wait: &str, words: &[OsString], session: &mut Session) -> Veil {
    let mut secrets = flags_and_profiles(words, session);
    let words = words.iter().map(|word| word.to_string_lossy());
    let mut plain = Vec::new();
    for text in words.chain([wait.into()]) {
        let url = text.split_once("://").map(|(_, rest)| rest);
        plain.extend(url.into_iter().flat_map(in_url));
        plain.extend(in_header(&text));
    }
    for text in plain {
        secrets.push(SecretName::Token, Secret::new(text.as_bytes()));
    }
    Veil::over(&secrets)
}

/// A user with a password, and the values of a query: as written, and without percent signs.
fn in_url(rest: &str) -> Vec<String> {
    let rest = rest.split('#').next().unwrap_or_default();
    let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
    let authority = place.split('/').next().unwrap_or_default();
    let mut found = Vec::new();
    if let Some((user, _)) = authority.rsplit_once('@') {
        found.push(user.to_owned());
        found.extend(
            user.split_once(':')
                .map(|(_, password)| password.to_owned()),
        );
    }
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    found.extend(pairs.map(|(_, value)| value.to_owned()));
    let decoded = found.iter().map(|text| unescaped(text));
    let decoded: Vec<_> = decoded.collect();
    found.extend(decoded);
    found
}

fn unescaped(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((&first, behind)) = rest.split_first() {
        let byte = behind.get(..2).filter(|_| first == b'%');
        let byte = byte.and_then(|digits| hex::decode(digits).ok());
        if let Some(byte) = byte {
            bytes.extend(byte);
            rest = &behind[2..];
        } else {
            bytes.push(first);
            rest = behind;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The value of a header that carries credentials, with its scheme and without it.
fn in_header(text: &str) -> Vec<String> {
    const TELLING: [&str; 7] = [
        "auth",
        "cookie",
        "token",
        "secret",
        "key",
        "password",
        "signature",
    ];
    let Some((name, value)) = text.split_once(':') else {
        return Vec::new();
    };
    let name = name.to_ascii_lowercase();
    let value = value.trim();
    if name.contains(['/', ' ']) || !TELLING.iter().any(|word| name.contains(word)) {
        return Vec::new();
    }
    let bare = value.split_once(' ').map(|(_, bare)| bare.trim());
    [Some(value), bare]
        .into_iter()
        .flatten()
        .map(str::to_owned)
        .collect()
}

fn flags_and_profiles(words: &[OsString], session: &mut Session) -> Secrets {
    let mut texts = Vec::new();
    let words: Vec<_> = words.iter().map(|word| word.to_string_lossy()).collect();
    for (at, word) in words.iter().enumerate() {
        let Some(word) = word.strip_prefix("--") else {
            continue;
        };
        let (flag, inline) = match word.split_once('=') {
            Some((flag, value)) => (flag, Some(value)),
            None => (word, None),
        };
        if let Some(name) = SecretName::ALL.into_iter().find(|name| name.flag() == flag) {
            let next = words.get(at + 1).map(|next| &**next);
            texts.extend(inline.or(next).map(|text| (name, text.to_owned())));
        }
    }
    for name in SecretName::ALL {
        texts.push((name, format!("env:{}", name.variable())));
        if let Ok(Some(profile)) = session.profile() {
            texts.extend(
                profile
                    .secrets(name)
                    .iter()
                    .map(|text| (name, text.clone())),
            );
        }
    }
    let others = session.other_profiles().unwrap_or_default();
    texts.extend(others.into_iter().map(|(_, name, text)| (name, text)));
    let mut secrets = Secrets::new();
    for (name, text) in texts {
        if let Some(secret) = opened(&text) {
            secrets.push(name, secret);
        }
    }
    secrets
}

/// What a text names, in silence: the step that it belongs to says what is odd about it.
fn opened(text: &str) -> Option<Secret> {
    if let Some(name) = text.strip_prefix("env:") {
        let value = std::env::var_os(name)?;
        return Some(Secret::new(value.to_string_lossy().as_bytes()));
    }
    if let Some(path) = text.strip_prefix('@') {
        // What a pipe has can be read once, and that is the step's.
        let is_file = std::fs::metadata(path).is_ok_and(|there| there.is_file());
        let bytes = is_file.then(|| std::fs::read(path).ok()).flatten()?;
        return Some(Secret::new(bytes.trim_ascii_end()));
    }
    let text = text.strip_prefix("text:").unwrap_or(text);
    (text != "-").then(|| Secret::new(text.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_found_in_urls_and_headers() {
        assert_eq!(
            in_url("u:pass%20word@h:1/a?token=x%2By&n#f"),
            [
                "u:pass%20word",
                "pass%20word",
                "x%2By",
                "u:pass word",
                "pass word",
                "x+y"
            ]
        );
        assert_eq!(
            in_header("Authorization: Bearer a-token"),
            ["Bearer a-token", "a-token"]
        );
        assert_eq!(in_header("X-Api-Key:abc"), ["abc"]);
        assert!(in_header("Content-Type: text/plain").is_empty());
        assert!(in_header("http://h/token").is_empty());
    }

    #[cfg(unix)]
    #[test]
    fn what_can_be_read_once_is_left_to_the_step() {
        assert!(opened("@/dev/null").is_none());
        assert!(opened("text:a-secret").is_some());
    }
}
