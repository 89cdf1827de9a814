//! The right digest, written or carried wrongly.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use pushrig::signature::{DigestValue, Form, Output};

use crate::bench::{scenes, text};

/// Every way of writing this digest that is wrong for the form: (id, text).
pub(crate) fn made(form: &Form, digest: &DigestValue) -> Vec<(&'static str, String)> {
    let bytes = digest.as_bytes();
    let right = text(form, digest);
    let prefix = form.signature.prefix.as_str();
    let bare = right.strip_prefix(prefix).unwrap().to_owned();
    let hex = hex::encode(bytes);
    let base64 = STANDARD.encode(bytes);
    let mut mixed = hex.clone();
    if let Some(at) = mixed.rfind(|c: char| c.is_ascii_lowercase()) {
        mixed[at..=at].make_ascii_uppercase();
    }
    let entities = bare.replace('+', "&#43;").replace('=', "&#61;");
    let percent = bare
        .replace('+', "%2B")
        .replace('/', "%2F")
        .replace('=', "%3D");
    let mut list = vec![
        ("text.hex", hex.clone()),
        ("text.hex-upper", hex.to_uppercase()),
        ("text.hex-mixed-case", mixed),
        ("text.base64", base64.clone()),
        ("text.base64url", URL_SAFE.encode(bytes)),
        ("text.base64url", URL_SAFE_NO_PAD.encode(bytes)),
        ("text.base64-of-hex", STANDARD.encode(&hex)),
        ("text.base64-of-hex", STANDARD.encode(hex.to_uppercase())),
        ("text.base64-twice", STANDARD.encode(&base64)),
        ("text.hex-of-base64", hex::encode(&base64)),
        ("text.blanks-around", format!("{bare}\n")),
        ("text.blanks-around", format!(" {bare}")),
        ("text.quoted", format!("\"{bare}\"")),
        ("text.quoted", format!("'{bare}'")),
        ("text.bytes-literal", format!("b'{bare}'")),
        ("text.bytes-literal", format!("b\"{bare}\\n\"")),
        ("query.plus-to-blank", bare.replace('+', " ")),
        ("query.not-decoded", percent.clone()),
        ("query.encoded-twice", percent.replace('%', "%25")),
        ("query.html-escaped", entities),
    ];
    if form.output == Output::Base64 {
        list.push(("text.padding-stripped", STANDARD_NO_PAD.encode(bytes)));
        list.push(("text.case-lost", bare.to_lowercase()));
        list.push(("text.case-lost", bare.to_uppercase()));
    }
    if bytes.len() == 16 {
        list.push(("text.md5-16", hex[8..24].to_owned()));
        list.push(("text.md5-16", hex[8..24].to_uppercase()));
    }
    // What the form writes so, or what changes nothing in this digest, is no mistake.
    list.retain(|(_, written)| {
        *written != bare && !(form.output == Output::Hex && *written == hex)
    });
    let mut list: Vec<_> = list
        .into_iter()
        .map(|(id, written)| (id, format!("{prefix}{written}")))
        .collect();
    list.push(("text.prefix-added", format!("{prefix}sha256={bare}")));
    if !prefix.is_empty() {
        list.push(("text.prefix-missing", bare));
    }
    list
}

#[test]
fn every_mistake_of_the_text_is_found_when_it_is_made() {
    for scene in scenes().into_iter().step_by(2) {
        let made = scene.with_case(|case, form| made(form, &case.digest_after(&[])));
        for (id, wrong) in made {
            let right = scene.diagnose(None, Some(wrong.as_bytes()), |found| {
                found.computed_is_right == Some(true)
            });
            // A list of which one matches is right, whatever stands around it.
            if right {
                continue;
            }
            let hits = scene.hits(wrong.as_bytes());
            let named: Vec<_> = hits.iter().take(1).flat_map(crate::bench::ids).collect();
            assert!(
                named.contains(&id),
                "{}: {id} ({wrong}) is found as {named:?}",
                scene.name
            );
        }
    }
}

#[test]
fn base64_that_lost_its_padding_is_not_called_another_alphabet() {
    for scene in scenes() {
        let plain = scene.with_case(|case, form| {
            let digest = case.digest_after(&[]);
            let written = STANDARD_NO_PAD.encode(digest.as_bytes());
            let is_plain = !written.contains(['+', '/']) && form.output == Output::Base64;
            is_plain.then(|| format!("{}{written}", form.signature.prefix))
        });
        if let Some(wrong) = plain {
            let hits = scene.hits(wrong.as_bytes());
            assert_eq!(hits[0].ids, ["text.padding-stripped"], "{}", scene.name);
        }
    }
}
