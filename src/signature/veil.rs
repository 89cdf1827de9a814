//! Secrets are hidden wherever they stand in what arrived: a peer may send the token where the
//! signature belongs, and no output may repeat it.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use memchr::memmem;

use super::evidence::percent_encoded;
use super::secret::{Secret, Secrets};

/// What is written in a secret's place.
const HIDDEN: &[u8] = b"[secret]";

/// Shorter secrets are words, and would tear holes into what arrived.
const SHORTEST: usize = 8;

/// The texts that give a secret away: itself, and in base64, hexadecimal and percent-encoding.
#[derive(Clone, Debug, Default)]
pub struct Veil(Vec<Secret>);

impl Veil {
    /// Hides all of these; the default one hides nothing.
    #[must_use]
    pub fn over(secrets: &Secrets) -> Self {
        let mut texts: Vec<Vec<u8>> = Vec::new();
        for (_, secret) in secrets.iter() {
            let secret = secret.expose();
            if secret.len() < SHORTEST {
                continue;
            }
            texts.extend([
                secret.to_vec(),
                STANDARD_NO_PAD.encode(secret).into_bytes(),
                URL_SAFE_NO_PAD.encode(secret).into_bytes(),
                hex::encode(secret).into_bytes(),
                hex::encode_upper(secret).into_bytes(),
                percent_encoded(secret).into_bytes(),
            ]);
        }
        // One text may be the start of another.
        texts.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        texts.dedup();
        Self(texts.into_iter().map(Secret::new).collect())
    }

    /// The bytes without secrets.
    #[must_use]
    pub fn hide<'t>(&self, bytes: &'t [u8]) -> Cow<'t, [u8]> {
        let mut shown = Cow::Borrowed(bytes);
        for secret in &self.0 {
            let secret = secret.expose();
            let mut places = memmem::find_iter(&shown, secret).peekable();
            if places.peek().is_none() {
                continue;
            }
            let mut without = Vec::with_capacity(shown.len());
            let mut end = 0;
            for at in places {
                without.extend_from_slice(&shown[end..at]);
                without.extend_from_slice(HIDDEN);
                end = at + secret.len();
            }
            without.extend_from_slice(&shown[end..]);
            shown = Cow::Owned(without);
        }
        shown
    }

    /// The same bytes, as many of them, with an asterisk in the place of each byte of a secret.
    #[must_use]
    pub fn blank<'t>(&self, bytes: &'t [u8]) -> Cow<'t, [u8]> {
        let mut shown = Cow::Borrowed(bytes);
        for secret in &self.0 {
            let secret = secret.expose();
            let places: Vec<_> = memmem::find_iter(&shown, secret).collect();
            for at in places {
                shown.to_mut()[at..at + secret.len()].fill(b'*');
            }
        }
        shown
    }

    /// The text without secrets.
    #[must_use]
    pub fn hide_text<'t>(&self, text: &'t str) -> Cow<'t, str> {
        match self.hide(text.as_bytes()) {
            Cow::Borrowed(_) => Cow::Borrowed(text),
            Cow::Owned(bytes) => Cow::Owned(String::from_utf8_lossy(&bytes).into_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signature::SecretName;

    fn hidden(secret: &str, text: &str) -> String {
        let veil = Veil::over(&Secrets::new().with(SecretName::Token, secret));
        String::from_utf8(veil.hide(text.as_bytes()).into_owned()).unwrap()
    }

    #[test]
    fn a_secret_is_hidden_in_every_spelling_and_at_every_place() {
        for text in [
            "a secret+1",
            "YSBzZWNyZXQrMQ",
            "6120736563726574 2b31".replace(' ', "").as_str(),
            "a%20secret%2B1",
        ] {
            assert_eq!(
                hidden("a secret+1", &format!("<{text}|{text}>")),
                "<[secret]|[secret]>"
            );
        }
        assert_eq!(hidden("a secret+1", "a secret"), "a secret");
    }

    #[test]
    fn a_secret_that_looks_like_its_replacement_comes_to_an_end() {
        assert_eq!(hidden("[secret]", "x[secret]y"), "x[secret]y");
        assert_eq!(hidden("aaaaaaaa", "aaaaaaaaaaaaaaaa"), "[secret][secret]");
    }

    #[test]
    fn a_blank_is_as_long_as_what_stood_there() {
        let veil = Veil::over(&Secrets::new().with(SecretName::Token, "a secret+1"));
        let blank = |text: &str| String::from_utf8(veil.blank(text.as_bytes()).into_owned());
        assert_eq!(
            blank("<a secret+1|YSBzZWNyZXQrMQ>").unwrap(),
            "<**********|**************>"
        );
        assert_eq!(blank("a secret").unwrap(), "a secret");
    }

    #[test]
    fn short_secrets_and_an_empty_veil_hide_nothing() {
        assert_eq!(hidden("hook", "/hook"), "/hook");
        assert_eq!(
            Veil::default().hide_text("a-token-of-mine"),
            "a-token-of-mine"
        );
    }
}
