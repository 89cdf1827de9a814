//! The body of `POST /result`.
//!
//! `{"response":"<compact JSON as a string>"}` is what the vendor's servers and SDK read; only an
//! older page shows an object there. A failure is `{"error":"…","code":1}`. Commands that came
//! as `transactions` go back as a list, the id as a number.
//!
//! Inferred: the base64 text of a binary answer, `""` for a success with nothing to say, and that
//! an id that is not a number goes back as a text.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::controlid::command::Reply;
use crate::json::scan;

/// What stands behind `"response":`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ResponseForm {
    /// A text that holds the JSON.
    #[default]
    String,
    /// The JSON itself.
    Object,
}

/// How a success with nothing to say looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EmptySuccess {
    /// `""`.
    #[default]
    Text,
    /// `{}`, within a text or not.
    Object,
}

/// The body of the result of one command.
pub(super) fn single(reply: &Reply, form: ResponseForm, empty: EmptySuccess) -> Vec<u8> {
    let mut out = vec![b'{'];
    match reply {
        Reply::Error { message, code } => {
            out.extend_from_slice(b"\"error\":");
            push_text(&mut out, message);
            out.extend_from_slice(format!(",\"code\":{code}").as_bytes());
        }
        success => push_response(&mut out, success, form, empty),
    }
    out.push(b'}');
    out
}

/// What a list of results begins with.
pub(super) const BATCH_START: &[u8] = b"{\"transactions_results\":[";
/// What it ends with.
pub(super) const BATCH_END: &[u8] = b"]}";

/// Appends the result of one of several commands.
pub(super) fn push_of_batch(
    out: &mut Vec<u8>,
    transaction: Option<&str>,
    reply: &Reply,
    form: ResponseForm,
    empty: EmptySuccess,
) {
    if out.ends_with(b"}") {
        out.push(b',');
    }
    out.push(b'{');
    if let Some(id) = transaction {
        out.extend_from_slice(b"\"transactionid\":");
        if is_number(id) {
            out.extend_from_slice(id.as_bytes());
        } else {
            push_text(out, id);
        }
        out.push(b',');
    }
    match reply {
        Reply::Error { message, .. } => {
            out.extend_from_slice(b"\"success\":false,\"error\":");
            push_text(out, message);
        }
        success => {
            out.extend_from_slice(b"\"success\":true,");
            push_response(out, success, form, empty);
        }
    }
    out.push(b'}');
}

fn push_response(out: &mut Vec<u8>, success: &Reply, form: ResponseForm, empty: EmptySuccess) {
    out.extend_from_slice(b"\"response\":");
    let json: &[u8] = match (success, empty) {
        (Reply::Json(json), _) => json,
        (Reply::Binary(bytes), _) => return push_text(out, &STANDARD.encode(bytes)),
        (_, EmptySuccess::Text) => return push_text(out, ""),
        (_, EmptySuccess::Object) => b"{}",
    };
    if form == ResponseForm::Object && scan::check(json).is_ok() {
        out.extend_from_slice(json);
    } else {
        push_text(out, &String::from_utf8_lossy(json));
    }
}

/// Whether a text is a JSON number without fraction and exponent.
fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let canonical = digits == "0" || !digits.starts_with('0');
    canonical && !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// A text as RapidJSON writes it: `/` and everything beyond ASCII stay as they are.
fn push_text(out: &mut Vec<u8>, text: &str) {
    let mut escaped = String::with_capacity(text.len() + 2);
    escaped.push('"');
    for c in text.chars() {
        match c {
            '"' => escaped.push_str("\\\""),
            '\\' => escaped.push_str("\\\\"),
            '\u{8}' => escaped.push_str("\\b"),
            '\u{C}' => escaped.push_str("\\f"),
            '\n' => escaped.push_str("\\n"),
            '\r' => escaped.push_str("\\r"),
            '\t' => escaped.push_str("\\t"),
            c if c < ' ' => {
                let _ = write!(escaped, "\\u{:04X}", u32::from(c));
            }
            c => escaped.push(c),
        }
    }
    escaped.push('"');
    out.extend_from_slice(escaped.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(reply: &Reply, form: ResponseForm, empty: EmptySuccess) -> String {
        String::from_utf8(single(reply, form, empty)).unwrap()
    }

    #[test]
    fn the_response_is_a_text_that_holds_json_or_the_object_itself() {
        let reply = Reply::Json(br#"{"users":[{"name":"a/\u00e9 \"b\""}]}"#.to_vec());
        assert_eq!(
            body(&reply, ResponseForm::String, EmptySuccess::Text),
            r#"{"response":"{\"users\":[{\"name\":\"a/\\u00e9 \\\"b\\\"\"}]}"}"#
        );
        assert_eq!(
            body(&reply, ResponseForm::Object, EmptySuccess::Text),
            r#"{"response":{"users":[{"name":"a/\u00e9 \"b\""}]}}"#
        );
    }

    #[test]
    fn an_error_has_its_text_and_code() {
        let reply = Reply::Error {
            message: "no \"x\"\u{1}".to_owned(),
            code: 1,
        };
        assert_eq!(
            body(&reply, ResponseForm::String, EmptySuccess::Text),
            r#"{"error":"no \"x\"\u0001","code":1}"#
        );
    }

    #[test]
    fn an_empty_success_and_bytes_are_texts() {
        let text = |reply: Reply, empty| body(&reply, ResponseForm::String, empty);
        assert_eq!(text(Reply::Empty, EmptySuccess::Text), r#"{"response":""}"#);
        assert_eq!(
            text(Reply::Empty, EmptySuccess::Object),
            r#"{"response":"{}"}"#
        );
        assert_eq!(
            body(&Reply::Empty, ResponseForm::Object, EmptySuccess::Object),
            r#"{"response":{}}"#
        );
        let bytes = Reply::Binary(vec![0xFF, 0xD8]);
        assert_eq!(text(bytes, EmptySuccess::Text), r#"{"response":"/9g="}"#);
    }

    #[test]
    fn ids_go_back_as_numbers_and_odd_ones_as_texts() {
        let mut out = BATCH_START.to_vec();
        let error = Reply::Error {
            message: "x".to_owned(),
            code: 1,
        };
        for (id, reply) in [
            (Some("1"), &Reply::Json(b"{}".to_vec())),
            (Some("9007199254740993"), &error),
            (Some("01"), &Reply::Empty),
            (None, &Reply::Empty),
        ] {
            push_of_batch(
                &mut out,
                id,
                reply,
                ResponseForm::String,
                EmptySuccess::Text,
            );
        }
        out.extend_from_slice(BATCH_END);
        assert_eq!(
            String::from_utf8(out).unwrap(),
            r#"{"transactions_results":[{"transactionid":1,"success":true,"response":"{}"},{"transactionid":9007199254740993,"success":false,"error":"x"},{"transactionid":"01","success":true,"response":""},{"success":true,"response":""}]}"#
        );
    }
}
