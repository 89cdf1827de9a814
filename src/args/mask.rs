//! Secrets kept out of messages that repeat what was typed.

use crate::signature::{Secret, SecretName};

/// The secrets of the command line, and those of the environment.
#[must_use]
pub fn with_environment(mut secrets: Vec<Secret>) -> Vec<Secret> {
    for name in SecretName::ALL {
        if let Some(value) = std::env::var_os(name.variable()) {
            secrets.push(Secret::new(value.to_string_lossy().as_bytes()));
        }
    }
    secrets
}

/// Text without the secrets in it; short ones are words, and would tear holes into it.
#[must_use]
pub fn masked(mut text: String, secrets: &[Secret]) -> String {
    const SHORTEST: usize = 4;
    for secret in secrets {
        if let Ok(secret) = std::str::from_utf8(secret.expose())
            && secret.len() >= SHORTEST
        {
            text = text.replace(secret, "[secret]");
        }
    }
    text
}
