//! The secret stage: another secret, or the right one spoilt.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{Case, Change, Mistake, Stage, mistake};
use crate::signature::evidence::{percent_decoded, percent_encoded};
use crate::signature::recipe::KeyEncoding;

pub(super) fn mistakes(case: &Case<'_>) -> Vec<Mistake> {
    let text = case.secret_text;
    let mut found = Vec::new();
    let push = |found: &mut Vec<Mistake>, id, title: String, advice, used| {
        found.push(mistake(
            Stage::Secret,
            id,
            title,
            advice,
            Change::Secret(used),
        ));
    };
    found.extend(misread(case));
    for (id, title, advice, spoilt) in spoilt(text) {
        // An HMAC pads its key with zero bytes: one more changes nothing.
        if id == "secret.trailing-nul" && case.form.key.is_some() {
            continue;
        }
        // A spoilt text that no longer decodes cannot have keyed anything.
        if let Some(used) = used(case, &spoilt) {
            push(&mut found, id, title.to_owned(), advice, used);
        }
    }
    for other in &case.others {
        // Another kind of secret may not be so encoded; careless code then takes the text.
        let text = other.secret.expose();
        let used = used(case, text).unwrap_or_else(|| text.to_vec());
        let title = format!("{} was used as the secret", other.what);
        let advice = "use the secret that belongs to this push configuration";
        push(&mut found, other.id, title, advice, used);
    }
    found
}

/// A secret's text as the form uses it.
fn used(case: &Case<'_>, text: &[u8]) -> Option<Vec<u8>> {
    match &case.form.key {
        None => Some(text.to_vec()),
        Some(key) => {
            let text = text.strip_prefix(key.prefix.as_bytes()).unwrap_or(text);
            key.encoding.decode(text)
        }
    }
}

type Spoilt = (&'static str, &'static str, &'static str, Vec<u8>);

/// What happens to a secret on its way from a console into a program.
fn spoilt(text: &[u8]) -> Vec<Spoilt> {
    let with = |before: &[u8], after: &[u8]| [before, text, after].concat();
    let mut list: Vec<Spoilt> = vec![(
        "secret.empty",
        "the secret was empty",
        "check that the secret is really loaded: an empty variable or a wrong key name gives none",
        vec![],
    )];
    for &(id, title, advice, before, after) in AROUND {
        list.push((id, title, advice, with(before, after)));
    }
    for &(id, title, word) in UNSET {
        let advice = "the secret is not loaded: the variable's name is wrong";
        list.push((id, title, advice, word.into()));
    }
    for &(id, title, change) in CHANGED {
        let advice = "use the secret exactly as the console shows it";
        list.push((id, title, advice, change(text)));
    }
    for prefix in PREFIXES {
        list.push((
            "secret.prefix",
            "the secret was used with a prefix that is not part of it",
            "take only what follows the prefix",
            with(prefix.as_bytes(), b""),
        ));
    }
    list.extend(cleaned(text));
    list
}

/// The secret without what was given along with it.
fn cleaned(text: &[u8]) -> Vec<Spoilt> {
    let mut list: Vec<Spoilt> = vec![(
        "secret.trimmed",
        "the secret was used without the blanks that were given around it",
        "the secret that you gave has blanks or newlines around it: the right one has none",
        text.trim_ascii().to_vec(),
    )];
    for quote in [b"\"", b"'"] {
        let inside = text.strip_prefix(quote);
        if let Some(bare) = inside.and_then(|text| text.strip_suffix(quote)) {
            list.push((
                "secret.quotes-removed",
                "the secret was used without the quotes that were given around it",
                "the secret that you gave stands in quotes: the right one does not",
                bare.to_vec(),
            ));
        }
    }
    if let Some(bare) = text.strip_prefix(b"\xef\xbb\xbf") {
        list.push((
            "secret.bom-removed",
            "the secret was used without the byte order mark that was given before it",
            "the secret that you gave begins with a BOM: the right one does not",
            bare.to_vec(),
        ));
    }
    for prefix in PREFIXES {
        if let Some(bare) = text.strip_prefix(prefix.as_bytes()) {
            list.push((
                "secret.prefix-removed",
                "the secret was used without the prefix that was given before it",
                "the secret that you gave has a prefix: the right one has none",
                bare.to_vec(),
            ));
        }
    }
    list
}

const TRIM: &str = "read the secret without blanks and newlines around it: trim it once, where it \
                    is loaded";

/// Id, title, advice, and what stood before and after the secret.
type Around = (
    &'static str,
    &'static str,
    &'static str,
    &'static [u8],
    &'static [u8],
);

const AROUND: &[Around] = &[
    (
        "secret.trailing-newline",
        "the secret had a newline at its end",
        TRIM,
        b"",
        b"\n",
    ),
    (
        "secret.trailing-crlf",
        "the secret had a carriage return and a newline at its end",
        TRIM,
        b"",
        b"\r\n",
    ),
    (
        "secret.trailing-return",
        "the secret had a carriage return at its end",
        TRIM,
        b"",
        b"\r",
    ),
    (
        "secret.trailing-blank",
        "the secret had a blank at its end",
        TRIM,
        b"",
        b" ",
    ),
    (
        "secret.trailing-tab",
        "the secret had a tab at its end",
        TRIM,
        b"",
        b"\t",
    ),
    (
        "secret.leading-blank",
        "the secret had a blank before it",
        TRIM,
        b" ",
        b"",
    ),
    (
        "secret.leading-newline",
        "the secret had a newline before it",
        TRIM,
        b"\n",
        b"",
    ),
    (
        "secret.blanks-around",
        "the secret had a blank before and after it",
        TRIM,
        b" ",
        b" ",
    ),
    (
        "secret.double-quoted",
        "the secret was used with double quotes around it",
        "strip the quotes: they belong to the configuration file, not to the secret",
        b"\"",
        b"\"",
    ),
    (
        "secret.single-quoted",
        "the secret was used with single quotes around it",
        "strip the quotes: they belong to the configuration file, not to the secret",
        b"'",
        b"'",
    ),
    (
        "secret.bom",
        "the secret had a byte order mark before it",
        "save the secret's file as UTF-8 without BOM",
        b"\xef\xbb\xbf",
        b"",
    ),
    (
        "secret.trailing-nul",
        "the secret had a zero byte at its end",
        "take the secret's own length, not its buffer's",
        b"",
        b"\0",
    ),
];

/// What languages make of a variable that was never set.
const UNSET: &[(&str, &str, &str)] = &[
    (
        "secret.undefined",
        "the secret was the text `undefined`",
        "undefined",
    ),
    ("secret.null", "the secret was the text `null`", "null"),
    ("secret.none", "the secret was the text `None`", "None"),
    ("secret.nil", "the secret was the text `nil`", "nil"),
];

type Changed = (&'static str, &'static str, fn(&[u8]) -> Vec<u8>);

const CHANGED: &[Changed] = &[
    (
        "secret.lower-case",
        "the secret was changed to lower case",
        <[u8]>::to_ascii_lowercase,
    ),
    (
        "secret.upper-case",
        "the secret was changed to upper case",
        <[u8]>::to_ascii_uppercase,
    ),
    (
        "secret.percent-encoded",
        "the secret was percent-encoded",
        |text| percent_encoded(text).into_bytes(),
    ),
    (
        "secret.percent-decoded",
        "the secret was percent-decoded",
        percent_decoded,
    ),
    (
        "secret.plus-to-blank",
        "the `+` in the secret became a blank",
        |text| {
            let blank = |&byte: &u8| if byte == b'+' { b' ' } else { byte };
            text.iter().map(blank).collect()
        },
    ),
    (
        "secret.base64-encoded",
        "the secret was base64-encoded first",
        |text| STANDARD.encode(text).into_bytes(),
    ),
    (
        "secret.hex-encoded",
        "the secret was written as hexadecimal first",
        |text| hex::encode(text).into_bytes(),
    ),
];

const PREFIXES: [&str; 7] = [
    "token=", "token:", "token: ", "Token ", "Bearer ", "whsec_", "key=",
];

/// The right text, read as the wrong kind of bytes.
fn misread(case: &Case<'_>) -> Vec<Mistake> {
    let text = case.secret_text;
    let key = case.form.key.as_ref();
    let encoding = key.map_or(KeyEncoding::Utf8, |key| key.encoding);
    let bare = key.map_or(text, |key| {
        text.strip_prefix(key.prefix.as_bytes()).unwrap_or(text)
    });
    let mut found = Vec::new();
    let mut push = |id: &'static str, title: &'static str, advice, bytes| {
        found.push(mistake(
            Stage::Secret,
            id,
            title,
            advice,
            Change::Secret(bytes),
        ));
    };
    if encoding != KeyEncoding::Utf8 {
        push(
            "secret.not-decoded",
            "the key's text was used without decoding it",
            "decode the key first: the HMAC is keyed with the decoded bytes",
            bare.to_vec(),
        );
        push(
            "secret.not-decoded",
            "the key's text was used without decoding it, with a newline at its end",
            "trim the key's text and decode it: the HMAC is keyed with the decoded bytes",
            [bare, b"\n"].concat(),
        );
        if bare.len() != text.len() {
            push(
                "secret.prefix-not-stripped",
                "the key's whole text, prefix included, was used without decoding it",
                "take the prefix off and decode the rest",
                text.to_vec(),
            );
        }
    }
    let rightly = match encoding {
        KeyEncoding::Utf8 => "this secret is used as its own text: do not decode it",
        KeyEncoding::Base64 => "decode this key from base64",
        KeyEncoding::Hex => "decode this key from hexadecimal",
    };
    let decodings = [
        (
            KeyEncoding::Hex,
            "secret.hex-decoded",
            "the secret was decoded from hexadecimal",
        ),
        (
            KeyEncoding::Base64,
            "secret.base64-decoded",
            "the secret was decoded from base64",
        ),
    ];
    for (other, id, title) in decodings {
        if other != encoding
            && let Some(bytes) = other.decode(bare)
        {
            push(id, title, rightly, bytes);
        }
    }
    if let Some(zero) = case.secret.iter().position(|&byte| byte == 0) {
        push(
            "secret.cut-at-zero",
            "the decoded key was cut at its first zero byte, as C's strlen does",
            "pass the decoded key with its length: it is bytes, not a C string",
            case.secret[..zero].to_vec(),
        );
    }
    found
}
