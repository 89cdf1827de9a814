//! A body as it is shown: as text, set out, and byte for byte.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;

use crate::json::indent;
use crate::signature::Veil;

/// How much of a body is shown.
#[derive(Clone, Copy)]
pub(super) struct Extent {
    text: usize,
    raw: usize,
}

impl Extent {
    /// What a page shows at once.
    pub(super) const USUAL: Self = Self {
        text: 256 << 10,
        raw: 64 << 10,
    };

    /// As much as a page can hold without getting slow; the export has the rest.
    pub(super) const MOST: Self = Self {
        text: 8 << 20,
        raw: 1 << 20,
    };
}

/// A body. A secret in it is replaced by asterisks, one for each byte, so that offsets are true.
#[derive(Serialize)]
pub(super) struct Body {
    bytes: usize,
    /// `empty`, `json`, `text` or `binary`.
    kind: &'static str,
    /// As it is, where it is UTF-8.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    /// Set out over lines, where it is JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    pretty: Option<String>,
    /// Its first bytes, in base64.
    raw: String,
    /// How many those are.
    raw_bytes: usize,
    /// Whether the texts are cut.
    is_cut: bool,
    has_secret: bool,
}

impl Body {
    pub(super) fn new(bytes: &[u8], extent: Extent, veil: &Veil) -> Self {
        let shown = veil.blank(bytes);
        let has_secret = matches!(shown, Cow::Owned(_));
        let raw = &shown[..shown.len().min(extent.raw)];
        let is_text = std::str::from_utf8(&shown).is_ok();
        let pretty = indent(&shown, extent.text).filter(|_| is_text);
        let is_longer = pretty.as_ref().is_some_and(|(_, is_cut)| *is_cut);
        Self {
            bytes: bytes.len(),
            kind: match (bytes, is_text, &pretty) {
                ([], ..) => "empty",
                (_, false, _) => "binary",
                (_, true, Some(_)) => "json",
                (_, true, None) => "text",
            },
            text: is_text.then(|| start(&shown, extent.text)),
            pretty: pretty.map(|(pretty, _)| start(&pretty, extent.text)),
            raw: STANDARD.encode(raw),
            raw_bytes: raw.len(),
            is_cut: is_longer || is_text && bytes.len() > extent.text,
            has_secret,
        }
    }
}

/// The first so many bytes, and no half of a character.
fn start(text: &[u8], most: usize) -> String {
    let cut = &text[..text.len().min(most)];
    let whole = cut.utf8_chunks().next();
    whole.map_or_else(String::new, |chunk| chunk.valid().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signature::{SecretName, Secrets};

    #[test]
    fn a_body_is_shown_as_what_it_is_and_without_secrets() {
        let veil = Veil::over(&Secrets::new().with(SecretName::Token, "a-token-of-mine"));
        let body = |bytes: &[u8]| Body::new(bytes, Extent::USUAL, &veil);
        assert_eq!(body(b"").kind, "empty");
        assert_eq!(body(b"\xff\xfe").kind, "binary");
        assert_eq!(body("中".as_bytes()).kind, "text");
        let json = body(br#"{"a":"a-token-of-mine"}"#);
        assert_eq!((json.kind, json.has_secret), ("json", true));
        let hidden = r#"{"a":"***************"}"#;
        assert_eq!(json.text.as_deref(), Some(hidden));
        assert_eq!(json.pretty.unwrap(), "{\n  \"a\": \"***************\"\n}");
        assert_eq!(json.raw, STANDARD.encode(hidden));
    }

    #[test]
    fn a_long_body_is_cut_between_characters() {
        let text = "中".repeat(Extent::USUAL.text);
        let body = Body::new(text.as_bytes(), Extent::USUAL, &Veil::default());
        let shown = body.text.unwrap();
        assert!(body.is_cut && text.starts_with(&shown));
        assert_eq!(shown.len(), Extent::USUAL.text / 3 * 3);
        assert_eq!(
            (body.bytes, body.raw_bytes),
            (text.len(), Extent::USUAL.raw)
        );
    }
}
