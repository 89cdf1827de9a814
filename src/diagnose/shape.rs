//! What the text of a wrong signature shows by itself, whatever the secret: base64 never holds a
//! blank, and a digest has its length. It is told where no mistake was proved.

use crate::signature::digest::{Digest, Output};
use crate::signature::explain::Of;
use crate::signature::{DigestValue, Form};

/// What a text shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shape {
    /// `family.slug`, as a mistake of the search.
    pub id: &'static str,
    /// Whose text it is.
    pub of: Of,
    /// What it shows, a sentence without a full stop.
    pub title: String,
    /// What to do about it.
    pub advice: &'static str,
}

/// What this wrong text shows.
#[must_use]
pub fn shapes(form: &Form, digest: &DigestValue, of: Of, text: &[u8]) -> Vec<Shape> {
    if form.signature.separator.is_some() {
        // A list: a blank parts its signatures, and each has a length of its own.
        return Vec::new();
    }
    let text = text.trim_ascii();
    let text = text
        .strip_prefix(form.signature.prefix.as_bytes())
        .unwrap_or(text);
    let whose = match of {
        Of::Received => "the signature that arrived",
        Of::Computed => "what your server computed",
    };
    let mut found = Vec::new();
    if is_base64(form.output) && text.contains(&b' ') {
        found.push(Shape {
            id: "query.plus-to-blank",
            of,
            title: format!("{whose} holds a blank, which base64 never does: it was a `+`"),
            advice: "take the value from the raw query string and percent-decode it only, or put \
                     the `+` back where the signature holds a blank",
        });
    }
    found.extend(
        length(form.output, digest.as_bytes().len(), text).map(|what| Shape {
            id: "text.length",
            of,
            title: format!("{whose} {what}"),
            advice: "look for what shortens or changes it on its way: a log, a column, a limit of \
                 the copy",
        }),
    );
    found
}

fn is_base64(output: Output) -> bool {
    matches!(output, Output::Base64 | Output::Base64Url)
}

/// What is wrong with the length of a text; none if it is right, or the text is nothing of this
/// kind.
fn length(output: Output, right: usize, text: &[u8]) -> Option<String> {
    let is_hex = text.iter().all(u8::is_ascii_hexdigit);
    let is_a_size = |size: usize| Digest::ALL.iter().any(|digest| digest.size() == size);
    let (has, needs, unit) = if is_base64(output) {
        // A digest that was written in hexadecimal is another mistake.
        if is_hex && text.len().is_multiple_of(2) && is_a_size(text.len() / 2) {
            return None;
        }
        let end = text.iter().rposition(|&byte| byte != b'=')?;
        let is_digit = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/-_ ".contains(byte);
        let digits = &text[..=end];
        let is_base64 = digits.iter().all(is_digit);
        (is_base64.then(|| digits.len() * 6 / 8)?, right, "bytes")
    } else {
        let digits = (is_hex && !text.is_empty()).then_some(text.len())?;
        (digits, right * 2, "hexadecimal digits")
    };
    let bytes = if is_base64(output) { has } else { has / 2 };
    match has.cmp(&needs) {
        std::cmp::Ordering::Equal => None,
        // As long as another digest: that was tried, with this secret.
        _ if is_a_size(bytes) => Some(format!(
            "has {has} {unit}, and {needs} are right: another digest has so many"
        )),
        std::cmp::Ordering::Less => Some(format!(
            "has {has} {unit}, and {needs} are right: it was cut short"
        )),
        std::cmp::Ordering::Greater => Some(format!(
            "has {has} {unit}, and {needs} are right: it is too long"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_of_another_length_than_its_digest_says_so() {
        let of = |output, size, text: &str| length(output, size, text.as_bytes());
        let whole = "4Qx4THWsJE+w6ZlGXTVa/w==";
        assert_eq!(of(Output::Base64, 16, whole), None);
        assert_eq!(of(Output::Base64, 16, &whole[..22]), None);
        assert_eq!(
            of(Output::Base64, 16, &whole[..18]).as_deref(),
            Some("has 13 bytes, and 16 are right: it was cut short")
        );
        assert_eq!(
            of(Output::Base64, 20, "lsaPSiiGvEFFjXu5WU7a6Ikh").as_deref(),
            Some("has 18 bytes, and 20 are right: it was cut short")
        );
        assert_eq!(
            of(Output::Hex, 20, &"a".repeat(39)).as_deref(),
            Some("has 39 hexadecimal digits, and 40 are right: it was cut short")
        );
        assert_eq!(
            of(Output::Hex, 20, &"a".repeat(32)).as_deref(),
            Some("has 32 hexadecimal digits, and 40 are right: another digest has so many")
        );
        for other in ["", "=", "%2B", &"ab".repeat(16)] {
            assert_eq!(of(Output::Base64, 16, other), None, "{other}");
        }
    }
}
