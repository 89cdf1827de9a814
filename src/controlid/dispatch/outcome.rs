//! What a posted result says.
//!
//! `{"response":"<JSON as a string>"}`, `{"response":{…}}` (an older page), `{"error":"…"}`, or
//! `{"transactions_results":[{"transactionid":1,"success":true,"response":"{}"}]}`. A face that was
//! refused is no `error`: its response says `"success":false`.

use crate::controlid::command::{excerpt, first, text};
use crate::json::scan::{self, Member};

/// The result of one command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Outcome {
    pub(super) success: bool,
    /// The JSON in the response.
    pub(super) response: Option<String>,
    pub(super) error: Option<String>,
}

/// A posted body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Posted {
    /// Of one command.
    One(Outcome),
    /// Of several, each with its id as text.
    List(Vec<(Option<String>, Outcome)>),
    /// It cannot be told what it says; why.
    Unreadable(String),
}

pub(super) fn read(body: &[u8]) -> Posted {
    let members = match scan::members(body) {
        Ok(members) => members,
        Err(why) => return Posted::Unreadable(why.to_string()),
    };
    if let Some(list) = first(&members, "transactions_results") {
        let Ok(elements) = scan::elements(list) else {
            return Posted::Unreadable("`transactions_results` is not a list".to_owned());
        };
        return Posted::List(elements.into_iter().filter_map(of_list).collect());
    }
    outcome(&members).map_or_else(
        || Posted::Unreadable(format!("neither response nor error in {}", excerpt(body))),
        Posted::One,
    )
}

fn of_list(element: &[u8]) -> Option<(Option<String>, Outcome)> {
    let members = scan::members(element).ok()?;
    let id = first(&members, "transactionid").map(|id| {
        if id.starts_with(b"\"") {
            text(id)
        } else {
            String::from_utf8_lossy(id).into_owned()
        }
    });
    let outcome = outcome(&members).unwrap_or(Outcome {
        success: first(&members, "success") == Some(b"true"),
        response: None,
        error: None,
    });
    Some((id, outcome))
}

fn outcome(members: &[Member<'_>]) -> Option<Outcome> {
    let refused = first(members, "success") == Some(b"false");
    let has_response = first(members, "response").is_some();
    // Beside a response an error that is null says that there was none.
    let error = first(members, "error").filter(|error| *error != b"null" || !has_response);
    if let Some(error) = error {
        let error = match scan::text(error) {
            Some(text) => String::from_utf8_lossy(&text).into_owned(),
            None => String::from_utf8_lossy(error).into_owned(),
        };
        return Some(Outcome {
            success: false,
            response: None,
            error: Some(error),
        });
    }
    let response = first(members, "response")?;
    let json = scan::text(response).unwrap_or(response.into());
    let face_refused = scan::find(&json, "/success") == Ok(Some(b"false"));
    let error = said(&json, "/error").or_else(|| refused_of_list(&json));
    Some(Outcome {
        success: !refused && !face_refused && error.is_none(),
        response: Some(String::from_utf8_lossy(&json).into_owned()),
        error,
    })
}

/// The text that stands there, if it says something.
fn said(json: &[u8], pointer: &str) -> Option<String> {
    let text = scan::text(scan::find(json, pointer).ok()??)?;
    (!text.is_empty()).then(|| String::from_utf8_lossy(&text).into_owned())
}

/// Why the first face of a list was refused (`user_set_image_list`).
fn refused_of_list(json: &[u8]) -> Option<String> {
    let results = scan::find(json, "/results").ok()??;
    let results = scan::elements(results).ok()?;
    let is_refused = |one: &&[u8]| scan::find(one, "/success") == Ok(Some(b"false"));
    let refused = results.into_iter().find(is_refused)?;
    let message = said(refused, "/errors/0/message").or_else(|| said(refused, "/error"));
    Some(message.unwrap_or_else(|| "one of the list did not succeed".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(body: &str) -> Outcome {
        match read(body.as_bytes()) {
            Posted::One(outcome) => outcome,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_response_may_be_a_text_or_an_object() {
        for body in [
            r#"{"response":"{\"ids\":[8]}"}"#,
            r#"{"response":{"ids":[8]}}"#,
        ] {
            let outcome = one(body);
            assert!(outcome.success);
            assert_eq!(outcome.response.as_deref(), Some(r#"{"ids":[8]}"#));
        }
        assert!(one(r#"{"response":""}"#).success);
    }

    #[test]
    fn an_error_and_a_refused_face_are_failures() {
        let outcome = one(r#"{"error":"no such \"x\"","code":1}"#);
        assert!(!outcome.success);
        assert_eq!(outcome.error.as_deref(), Some("no such \"x\""));
        assert!(!one(r#"{"response":"{\"success\":false,\"errors\":[]}"}"#).success);
    }

    #[test]
    fn an_error_within_the_response_is_one_and_null_is_none() {
        let outcome = one(r#"{"response":"{\"error\":\"no such user\",\"code\":1}"}"#);
        assert!(!outcome.success);
        assert_eq!(outcome.error.as_deref(), Some("no such user"));
        assert!(outcome.response.is_some(), "it is shown, too");
        assert!(one(r#"{"error":null,"response":"{}"}"#).success);
        assert!(!one(r#"{"error":null}"#).success);
        assert!(one(r#"{"response":{"error":null}}"#).success);
        let list = r#"{"response":{"results":[{"user_id":1,"success":true},{"user_id":2,"success":false,"errors":[{"code":8,"message":"Low sharpness"}]}]}}"#;
        let outcome = one(list);
        assert!(!outcome.success);
        assert_eq!(outcome.error.as_deref(), Some("Low sharpness"));
    }

    #[test]
    fn a_list_has_ids_as_numbers_or_as_texts() {
        let posted = read(
            br#"{"transactions_results":[{"transactionid":1,"success":true,"response":"{}"},{"transactionid":"2","success":false,"error":"x"},{"success":true},5]}"#,
        );
        let Posted::List(list) = posted else {
            panic!("{posted:?}");
        };
        let brief: Vec<_> = list
            .iter()
            .map(|(id, it)| (id.as_deref(), it.success))
            .collect();
        assert_eq!(brief, [(Some("1"), true), (Some("2"), false), (None, true)]);
    }

    #[test]
    fn what_says_nothing_is_unreadable() {
        for body in [
            "",
            "[]",
            "{}",
            "{\"response\":",
            r#"{"transactions_results":1}"#,
        ] {
            assert!(
                matches!(read(body.as_bytes()), Posted::Unreadable(_)),
                "{body}"
            );
        }
    }
}
