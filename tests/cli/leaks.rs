//! Looks for secrets in what was printed: as they are, and in every spelling that gives them away.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

/// The flags that take a secret.
pub(crate) const FLAGS: [&str; 6] = [
    "--token",
    "--aes-key",
    "--app-secret",
    "--app-key",
    "--access-key",
    "--password",
];

/// Shorter ones are words, and stand in many texts.
const SHORTEST: usize = 8;

/// Whether an environment variable holds a secret.
pub(crate) fn is_secret_variable(name: &str) -> bool {
    FLAGS.iter().any(|flag| {
        let kind = flag[2..].replace('-', "_").to_uppercase();
        name == format!("PUSHRIG_{kind}")
    })
}

/// What of the secrets stands in a text, and how.
pub(crate) fn find(text: &[u8], secrets: &[Vec<u8>]) -> Vec<String> {
    let mut found = Vec::new();
    for secret in secrets {
        if secret.len() < SHORTEST {
            continue;
        }
        for (how, needle) in spellings(secret) {
            if memchr::memmem::find(text, &needle).is_some() {
                found.push(format!("{how} of {}", String::from_utf8_lossy(secret)));
            }
        }
    }
    found
}

fn spellings(secret: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let mut spellings = vec![
        ("the text", secret.to_vec()),
        ("lower hex", hex::encode(secret).into_bytes()),
        ("upper hex", hex::encode_upper(secret).into_bytes()),
        ("percent-encoding", percent(secret, false, b"-_.~")),
        ("percent-encoding", percent(secret, true, b"-_.~")),
        (
            "percent-encoding",
            percent(secret, false, b"-_.~/:@!$'()*,"),
        ),
    ];
    for skipped in 0..3 {
        spellings.push(("base64", inner_base64(secret, skipped, false)));
        spellings.push(("base64url", inner_base64(secret, skipped, true)));
    }
    spellings
}

/// The characters of a base64 text that only the secret decides, wherever it stands in the bytes
/// that are encoded: behind `skipped` bytes of something else, and before anything.
fn inner_base64(secret: &[u8], skipped: usize, url: bool) -> Vec<u8> {
    let mut bytes = vec![0; skipped];
    bytes.extend_from_slice(secret);
    let text = if url {
        URL_SAFE_NO_PAD.encode(&bytes)
    } else {
        STANDARD_NO_PAD.encode(&bytes)
    };
    let from = (skipped * 8).div_ceil(6);
    let to = bytes.len() * 8 / 6;
    text.as_bytes()[from..to].to_vec()
}

fn percent(secret: &[u8], lower: bool, plain: &[u8]) -> Vec<u8> {
    let mut text = String::new();
    for &byte in secret {
        if byte.is_ascii_alphanumeric() || plain.contains(&byte) {
            text.push(char::from(byte));
        } else if lower {
            let _ = write!(text, "%{byte:02x}");
        } else {
            let _ = write!(text, "%{byte:02X}");
        }
    }
    text.into_bytes()
}

#[test]
fn a_secret_is_found_in_every_spelling() {
    let secret = b"a secret/of+9".to_vec();
    let secrets = std::slice::from_ref(&secret);
    for text in [
        "x a secret/of+9 y".to_owned(),
        hex::encode(&secret),
        hex::encode_upper(&secret),
        "a%20secret%2Fof%2B9".to_owned(),
        "a%20secret%2fof%2b9".to_owned(),
        "a%20secret/of%2B9".to_owned(),
        STANDARD_NO_PAD.encode(&secret),
        URL_SAFE_NO_PAD.encode([b"xy", &*secret, b"z"].concat()),
        STANDARD_NO_PAD.encode([b"x", &*secret, b"zzz"].concat()),
    ] {
        assert!(!find(text.as_bytes(), secrets).is_empty(), "{text}");
    }
    assert!(find(b"a secret of 9", secrets).is_empty());
    assert!(find(b"short", &[b"short".to_vec()]).is_empty());
}
