//! A request inside a line of a JSON log: `{"msg":"invalid signature","path":"/push?msg=…"}`, or
//! the body as a text in one of its members, as zap, logrus and their like write them.
//!
//! Taken out is only what names a signature, and only of an object that is not signed itself: a
//! push may hold anything.

use memchr::memmem;

use super::{Kind, Located, body, read_all, recognise};
use crate::error::Place;
use crate::json::scan;

/// A log's object holds the request at its top or in an object of that, not below.
const DEEPEST: usize = 2;

/// The request that a line of a log holds; none if the bare body is anything else.
#[must_use]
pub fn taken_out(line: &Located) -> Option<Located> {
    let text = &line.record.request().filter(|_| line.bare)?.body;
    // Most bodies hold no signature but their own.
    memmem::find(text, b"ignature")?;
    if is_signed(text) {
        return None;
    }
    let (path, mut found) = find(&line.place, text, DEEPEST)?;
    let note = format!("taken out of a log's line: the request stands in its member `{path}`");
    found.notes.insert(0, note);
    Some(found)
}

/// The first member that holds a request, by its path.
fn find(place: &Place, object: &[u8], deep: usize) -> Option<(String, Located)> {
    scan::members(object).ok()?.into_iter().find_map(|member| {
        let name = String::from_utf8_lossy(member.name);
        let name = name.escape_debug().to_string();
        match member.value.first()? {
            b'"' => Some((name, in_text(place, &scan::text(member.value)?)?)),
            b'{' if is_signed(member.value) => {
                Some((name, body::bare(place.clone(), member.value, Vec::new())))
            }
            b'{' if deep > 1 => {
                let (path, found) = find(place, member.value, deep - 1)?;
                Some((format!("{name}.{path}"), found))
            }
            _ => None,
        }
    })
}

/// The request that a text is.
fn in_text(place: &Place, text: &[u8]) -> Option<Located> {
    memmem::find(text, b"ignature")?;
    match recognise(text, true) {
        Kind::Body => is_signed(text).then(|| body::bare(place.clone(), text, Vec::new())),
        Kind::Raw | Kind::Target | Kind::Curl => {
            let mut items = read_all("", text).ok()?.items;
            let is_alone = items.len() == 1;
            let located = items.pop()?.ok().filter(|_| is_alone)?;
            Some(Located::pasted(
                place.clone(),
                located.record,
                located.notes,
            ))
        }
        _ => None,
    }
}

/// Whether an object is signed in its own members.
fn is_signed(object: &[u8]) -> bool {
    let members = scan::members(object).unwrap_or_default();
    let has = |name: &[u8]| members.iter().any(|member| member.name == name);
    has(b"nonce") && (has(b"msg_signature") || has(b"signature"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Target, body and first note of what a line holds.
    fn of(line: &str) -> Option<(String, String, String)> {
        let line = body::bare(Place::line("f", 3), line.as_bytes(), Vec::new());
        let found = taken_out(&line)?;
        assert_eq!(found.place, line.place);
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let request = found.record.request()?;
        let note = found.notes[0].rsplit(' ').next()?.to_owned();
        Some((text(&request.target), text(&request.body), note))
    }

    #[test]
    fn the_target_or_the_body_that_a_line_holds_is_taken_out_byte_for_byte() {
        let target = "/push?msg=a&signature=b w=&nonce=c";
        let line = format!(r#"{{"msg":"invalid signature","path":"{target}"}}"#);
        let found = |target: &str, body: &str, path: &str| {
            Some((target.to_owned(), body.to_owned(), format!("`{path}`")))
        };
        assert_eq!(of(&line), found(target, "", "path"));
        let nested = format!(r#"{{"request":{{"uri":"{target}"}},"status":403}}"#);
        assert_eq!(of(&nested), found(target, "", "request.uri"));
        let body = r#"{"msg": {"at":1},"msg_signature":"x","nonce":"\u0026"}"#;
        let escaped = body.replace('\\', r"\\").replace('"', r#"\""#);
        let line = format!(r#"{{"level":"warn","body":"{escaped}"}}"#);
        assert_eq!(of(&line), found("/", body, "body"));
        let whole = r#"{"raw":"POST /iot HTTP/1.1\r\nHost: h\r\nSignature: s\r\n\r\nbody"}"#;
        assert_eq!(of(whole), found("/iot", "body", "raw"));
    }

    #[test]
    fn a_push_is_no_line_of_a_log_whatever_it_holds() {
        let inner = "/push?msg=a&signature=b&nonce=c";
        for body in [
            format!(r#"{{"msg":"{inner}","signature":"s","nonce":"n"}}"#),
            format!(r#"{{"msg":{{"a":"{inner}"}},"msg_signature":"s","nonce":"n"}}"#),
            r#"{"appId":"a","data":{"note":"a signature is missing"}}"#.to_owned(),
            r#"{"data":{"signature":"s","value":1}}"#.to_owned(),
            r#"{"a":{"b":{"c":"/p?signature=s&nonce=n"}}}"#.to_owned(),
        ] {
            assert_eq!(of(&body), None, "{body}");
        }
    }
}
