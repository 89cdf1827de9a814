//! The text stage: the right digest, written or carried wrongly.
//!
//! Trying these costs nothing: the signature in question is decoded once in every way, and each
//! digest that the search computes is compared with all of them.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use crate::signature::digest::{BASE64_FORGIVING, DigestValue, Output};
use crate::signature::evidence::percent_decoded;
use crate::signature::recipe::Form;

pub use super::TextOnly as TextMistake;

/// The signature in question, and the digests that it may stand for.
#[derive(Clone, Debug)]
pub struct Target {
    /// The text as it was given.
    pub text: Vec<u8>,
    readings: Vec<(Option<TextMistake>, Vec<u8>)>,
    /// The text without its prefix, where base64 may have lost its case.
    folded: Option<(Output, Vec<u8>)>,
    /// The middle of an MD5, where the text may be its 16 hexadecimal characters.
    middle: Option<[u8; 8]>,
}

impl Target {
    /// Reads a signature in every way in which it may have been written; where it is a list
    /// of which any may match, each of the first [`MOST_CANDIDATES`].
    #[must_use]
    pub fn each(form: &Form, text: &[u8]) -> Vec<Self> {
        let mut targets = Vec::new();
        // What separates a list may also have come into a signature: a blank that was a `+`.
        for candidate in std::iter::once(text).chain(form.candidates(text).take(MOST_CANDIDATES)) {
            let mut readings = Vec::new();
            read(form, candidate, &mut readings);
            let is_known = targets.iter().any(|known: &Self| known.text == candidate);
            let folded = folded(form, candidate);
            let middle = middle(form, candidate);
            let is_read = !readings.is_empty() || folded.is_some() || middle.is_some();
            if !is_known && is_read {
                targets.push(Self {
                    text: candidate.to_vec(),
                    readings,
                    folded,
                    middle,
                });
            }
        }
        targets
    }

    /// Whether this digest is what the text says, and with which text mistakes: `None` inside
    /// is a text without any.
    pub fn matches(&self, digest: &DigestValue) -> impl Iterator<Item = Option<TextMistake>> {
        let bytes = *digest;
        self.readings
            .iter()
            .filter(move |(_, reading)| reading == bytes.as_bytes())
            .map(|(mistake, _)| *mistake)
            .chain(self.folded.iter().filter_map(move |(output, text)| {
                let right = output.text(&bytes);
                right
                    .as_bytes()
                    .eq_ignore_ascii_case(text)
                    .then_some(Some(CASE_LOST))
            }))
            .chain(self.middle.iter().filter_map(move |middle| {
                let bytes = bytes.as_bytes();
                (bytes.len() == 16 && bytes[4..12] == *middle).then_some(Some(MD5_16))
            }))
    }

    /// Whether this digest, rightly written, is the text.
    #[must_use]
    pub fn is(&self, digest: &DigestValue) -> bool {
        self.matches(digest).any(|mistake| mistake.is_none())
    }
}

/// More signatures than this in one list are not looked at.
pub const MOST_CANDIDATES: usize = 8;

const URL_FORGIVING: GeneralPurpose = GeneralPurpose::new(
    &alphabet::URL_SAFE,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

fn read(form: &Form, text: &[u8], readings: &mut Vec<(Option<TextMistake>, Vec<u8>)>) {
    let prefix = form.signature.prefix.as_bytes();
    if let Some(text) = text.strip_prefix(prefix)
        && let Some(digest) = exact(form.output, text)
    {
        readings.push((None, digest));
    }
    let mut push = |mistake: TextMistake, digest: Option<Vec<u8>>| {
        if let Some(digest) = digest
            && (16..=32).contains(&digest.len())
            && !readings.iter().any(|(have, known)| {
                *known == digest && have.is_none_or(|have| have.id == mistake.id)
            })
        {
            readings.push((Some(mistake), digest));
        }
    };
    let (unprefixed, had_prefix) = match text.strip_prefix(prefix) {
        Some(rest) => (rest, true),
        None => (text, false),
    };
    if !prefix.is_empty() && !had_prefix {
        push(PREFIX_MISSING, exact(form.output, text));
    }
    for extra in [
        &b"sha1="[..],
        b"sha256=",
        b"md5=",
        b"v1,",
        b"v1=",
        b"Signature ",
    ] {
        if let Some(rest) = unprefixed.strip_prefix(extra) {
            push(PREFIX_ADDED, exact(form.output, rest));
            push(PREFIX_ADDED, hex::decode(rest).ok());
        }
    }
    for (mistake, repaired) in carried(unprefixed) {
        push(mistake, exact(form.output, &repaired));
    }
    push(HEX_LOWER, hex_of(unprefixed, u8::is_ascii_uppercase));
    push(HEX_UPPER, hex_of(unprefixed, u8::is_ascii_lowercase));
    push(HEX_MIXED, hex::decode(unprefixed).ok());
    push(BASE64, exact(Output::Base64, unprefixed));
    // What has no character of one alphabet alone is rather of the usual one, cut.
    push(PADDING_STRIPPED, BASE64_FORGIVING.decode(unprefixed).ok());
    push(BASE64_URL, URL_FORGIVING.decode(unprefixed).ok());
    if let Ok(inner) = BASE64_FORGIVING.decode(unprefixed) {
        push(BASE64_OF_HEX, hex::decode(&inner).ok());
        push(BASE64_TWICE, BASE64_FORGIVING.decode(&inner).ok());
    }
    if let Ok(inner) = hex::decode(unprefixed) {
        push(HEX_OF_BASE64, exact(Output::Base64, &inner));
    }
}

/// The digest of a text that is written exactly so.
fn exact(output: Output, text: &[u8]) -> Option<Vec<u8>> {
    let digest = match output {
        Output::Hex => hex_of(text, u8::is_ascii_uppercase),
        Output::HexUpper => hex_of(text, u8::is_ascii_lowercase),
        Output::Base64 => base64::engine::general_purpose::STANDARD.decode(text).ok(),
        Output::Base64Url => base64::engine::general_purpose::URL_SAFE_NO_PAD
            .decode(text)
            .ok(),
    }?;
    Some(digest)
}

/// Base64 all in one case, which no longer tells its digest but can be compared with one.
fn folded(form: &Form, text: &[u8]) -> Option<(Output, Vec<u8>)> {
    let text = text
        .strip_prefix(form.signature.prefix.as_bytes())
        .unwrap_or(text);
    let one_case =
        !text.iter().any(u8::is_ascii_uppercase) || !text.iter().any(u8::is_ascii_lowercase);
    let lengths = match form.output {
        Output::Base64 => [24, 28, 44],
        Output::Base64Url => [22, 27, 43],
        Output::Hex | Output::HexUpper => return None,
    };
    (one_case && lengths.contains(&text.len())).then(|| (form.output, text.to_vec()))
}

/// The middle half of an MD5 in hexadecimal of any case, which many a tool shows as "MD5-16".
fn middle(form: &Form, text: &[u8]) -> Option<[u8; 8]> {
    let text = text
        .strip_prefix(form.signature.prefix.as_bytes())
        .unwrap_or(text);
    hex::decode(text).ok()?.try_into().ok()
}

fn hex_of(text: &[u8], wrong_case: fn(&u8) -> bool) -> Option<Vec<u8>> {
    if text.iter().any(wrong_case) {
        return None;
    }
    hex::decode(text).ok()
}

/// What carrying does to a text, undone.
fn carried(text: &[u8]) -> Vec<(TextMistake, Vec<u8>)> {
    let blank_to_plus = text
        .iter()
        .map(|&byte| if byte == b' ' { b'+' } else { byte })
        .collect();
    let mut list = vec![
        (PLUS_TO_BLANK, blank_to_plus),
        (PERCENT_ENCODED, percent_decoded(text)),
        (PERCENT_TWICE, percent_decoded(&percent_decoded(text))),
        (HTML_ESCAPED, html_unescaped(text)),
        (SURROUNDED, text.trim_ascii().to_vec()),
    ];
    let quotes = b"\"'";
    if let [first, middle @ .., last] = text
        && first == last
        && quotes.contains(first)
    {
        list.push((QUOTED, middle.to_vec()));
    }
    if let [b'b', first, middle @ .., last] = text
        && first == last
        && quotes.contains(first)
    {
        // `encodebytes` ends with a newline, which is printed as two characters.
        let middle = middle.strip_suffix(b"\\n").unwrap_or(middle);
        list.push((BYTES_LITERAL, middle.to_vec()));
    }
    list.retain(|(_, repaired)| repaired != text);
    list
}

fn html_unescaped(text: &[u8]) -> Vec<u8> {
    String::from_utf8_lossy(text)
        .replace("&#43;", "+")
        .replace("&#x2b;", "+")
        .replace("&#x2B;", "+")
        .replace("&#61;", "=")
        .replace("&#x3d;", "=")
        .replace("&#x3D;", "=")
        .replace("&#47;", "/")
        .replace("&#x2f;", "/")
        .replace("&#x2F;", "/")
        .into_bytes()
}

const PLUS_TO_BLANK: TextMistake = TextMistake {
    id: "query.plus-to-blank",
    title: "a `+` of the signature became a blank: the query was decoded as a form",
    advice: "take the value from the raw query string and percent-decode it only, or put the \
             `+` back where the signature holds a blank",
};
const PERCENT_ENCODED: TextMistake = TextMistake {
    id: "query.not-decoded",
    title: "the signature was compared without percent-decoding it",
    advice: "percent-decode the value once before comparing it",
};
const PERCENT_TWICE: TextMistake = TextMistake {
    id: "query.encoded-twice",
    title: "the signature was percent-encoded twice",
    advice: "encode the value once",
};
const HTML_ESCAPED: TextMistake = TextMistake {
    id: "query.html-escaped",
    title: "the signature was HTML-escaped",
    advice: "do not pass values through an HTML escaper before comparing them",
};
const SURROUNDED: TextMistake = TextMistake {
    id: "text.blanks-around",
    title: "the signature has blanks or newlines around it",
    advice: "trim the text: a base64 or hex command adds a newline",
};
const QUOTED: TextMistake = TextMistake {
    id: "text.quoted",
    title: "the signature stands in quotes",
    advice: "strip the quotes: the JSON literal was taken instead of its value",
};
const BYTES_LITERAL: TextMistake = TextMistake {
    id: "text.bytes-literal",
    title: "the signature stands in `b'…'`: Python's str() of bytes",
    advice: "decode the bytes instead of printing them: `base64.b64encode(digest).decode()`",
};
const PREFIX_MISSING: TextMistake = TextMistake {
    id: "text.prefix-missing",
    title: "the prefix before the signature is missing",
    advice: "write the prefix before the signature",
};
const PREFIX_ADDED: TextMistake = TextMistake {
    id: "text.prefix-added",
    title: "a prefix stands before the signature, such as `sha1=`",
    advice: "leave the prefix out: this platform uses none",
};
const HEX_LOWER: TextMistake = TextMistake {
    id: "text.hex",
    title: "the digest was written as lower-case hexadecimal",
    advice: "write the digest's bytes in the platform's own text form",
};
const HEX_UPPER: TextMistake = TextMistake {
    id: "text.hex-upper",
    title: "the digest was written as upper-case hexadecimal",
    advice: "write the digest's bytes in the platform's own text form: case counts",
};
const HEX_MIXED: TextMistake = TextMistake {
    id: "text.hex-mixed-case",
    title: "the digest was written as hexadecimal in mixed case",
    advice: "write the digest's bytes in the platform's own text form, and compare in one case",
};
const MD5_16: TextMistake = TextMistake {
    id: "text.md5-16",
    title: "only the middle 16 hexadecimal characters of the MD5 were taken",
    advice: "take the whole digest, in the platform's own text form",
};
const BASE64: TextMistake = TextMistake {
    id: "text.base64",
    title: "the digest was written as base64",
    advice: "write the digest's bytes in the platform's own text form",
};
const BASE64_URL: TextMistake = TextMistake {
    id: "text.base64url",
    title: "the digest was written with the URL alphabet of base64 (`-` and `_`)",
    advice: "use the encoder of the platform's own alphabet",
};
const PADDING_STRIPPED: TextMistake = TextMistake {
    id: "text.padding-stripped",
    title: "the `=` at the end of the base64 text were stripped",
    advice: "keep the padding, or strip it on both sides before comparing",
};
const CASE_LOST: TextMistake = TextMistake {
    id: "text.case-lost",
    title: "the base64 text was changed to one case",
    advice: "compare base64 as it is: its upper-case and lower-case letters differ in meaning",
};
const BASE64_OF_HEX: TextMistake = TextMistake {
    id: "text.base64-of-hex",
    title: "the base64 was made of the digest's hexadecimal text",
    advice: "encode the digest's raw bytes: ask the hash function for bytes, not for text",
};
const BASE64_TWICE: TextMistake = TextMistake {
    id: "text.base64-twice",
    title: "the base64 text was base64-encoded once more",
    advice: "encode the digest's raw bytes once",
};
const HEX_OF_BASE64: TextMistake = TextMistake {
    id: "text.hex-of-base64",
    title: "the hexadecimal was made of the base64 text",
    advice: "encode the digest's raw bytes once",
};
