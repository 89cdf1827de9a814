//! A message at a glance: what it says, on a part of one line.
//!
//! ```text
//! lifecycle    online
//! property     Power=on WF=23.6
//! event        identifier1 {"Power":"on","WF":"2"}
//! set/reply    8906582E6722409AA6C40E7863B733A5 success
//!              8906582E6722409AA6C40E7863B733A5 deviceNotFound: device does not exist
//! ```
//! What is of no such shape is shown as it is. What a peer sent is escaped.

use super::message::Reply;
use super::topic::{Thing, Topic};
use crate::json::{Value, compact};
use crate::term;

/// About so many characters are shown.
const WIDEST: usize = 120;

/// What a message says, escaped and on one line.
#[must_use]
pub fn glance(topic: Option<&Topic<'_>>, value: Option<&Value>, payload: &[u8]) -> String {
    let said = topic
        .zip(value)
        .and_then(|(topic, value)| match topic.thing {
            Thing::Lifecycle => status(value).map(str::to_owned),
            Thing::Property => params(value, false),
            Thing::Event => params(value, true),
            Thing::SetReply => Reply::read(value).map(reply),
            _ => None,
        });
    match said {
        Some(said) => shown(said.as_bytes()),
        None => shown(payload),
    }
}

/// Whether a device came or went: `online` or `offline`.
#[must_use]
pub fn status(value: &Value) -> Option<&str> {
    let status = value.member("data")?.member("status")?.as_str()?;
    matches!(status, "online" | "offline").then_some(status)
}

fn shown(bytes: &[u8]) -> String {
    // What will be cut away need not be escaped first.
    let most = bytes.len().min(16 * WIDEST);
    let text = term::escape(&bytes[..most]);
    if most == bytes.len() {
        return term::cut(&text, WIDEST);
    }
    let head: String = text.chars().take(WIDEST).collect();
    format!("{head} […{} bytes in all]", bytes.len())
}

fn params(value: &Value, is_event: bool) -> Option<String> {
    let Value::Object(params) = value.member("data")?.member("params")? else {
        return None;
    };
    let mut text = String::new();
    for (name, param) in params {
        let between = if is_event { ' ' } else { '=' };
        if !text.is_empty() {
            text.push_str(if is_event { ", " } else { " " });
        }
        text.push_str(name);
        text.push(between);
        push(&mut text, param.member("value").unwrap_or(param));
    }
    if text.is_empty() {
        text.push_str("no parameters");
    }
    Some(text)
}

/// A value as short as it can be told from what stands around it.
fn push(text: &mut String, value: &Value) {
    match value {
        Value::Number(number) => text.push_str(number),
        Value::String(word) if is_word(word) => text.push_str(word),
        value => text.push_str(&String::from_utf8_lossy(&compact(value))),
    }
}

/// Whether a text needs no quotes: it is not taken for two, nor for a number or a boolean.
fn is_word(text: &str) -> bool {
    let begins = text.starts_with(|c: char| c.is_alphabetic());
    begins
        && !matches!(text, "true" | "false" | "null")
        && !text
            .contains(|c: char| c.is_whitespace() || c.is_control() || matches!(c, '"' | '=' | ','))
}

fn reply(reply: Reply) -> String {
    match reply.result {
        Ok(()) => format!("{} success", reply.request_id),
        Err((code, msg)) => format!("{} {code}: {msg}", reply.request_id),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::studio::message::read;

    fn of(thing: &str, payload: &str) -> String {
        let name = format!("$sys/00001/iot-0001/thing/{thing}");
        let value = read(payload.as_bytes()).ok().map(|(value, _)| value);
        glance(
            Topic::parse(&name).as_ref(),
            value.as_ref(),
            payload.as_bytes(),
        )
    }

    #[test]
    fn the_documentations_samples_are_told_in_a_few_words() {
        let lifecycle = r#"{"data":{"status":"online","time":1524448722123}}"#;
        assert_eq!(of("lifecycle", lifecycle), "online");
        let property =
            r#"{"data":{"params":{"Power":{"value":"on","time":1},"WF":{"value":23.6,"time":1}}}}"#;
        assert_eq!(of("property", property), "Power=on WF=23.6");
        let event =
            r#"{"data":{"params":{"identifier1":{"value":{"Power":"on","WF":"2"},"time":1}}}}"#;
        assert_eq!(of("event", event), r#"identifier1 {"Power":"on","WF":"2"}"#);
        assert_eq!(
            of(
                "property/set/reply",
                r#"{"requestId":"89","success":true,}"#
            ),
            "89 success"
        );
        let refused = r#"{"requestId":"89","code":"deviceNotFound","msg":"device does not exist","success":false}"#;
        assert_eq!(
            of("property/set/reply", refused),
            "89 deviceNotFound: device does not exist"
        );
    }

    #[test]
    fn a_text_that_looks_like_something_else_keeps_its_quotes() {
        let value = |text: &str| {
            of(
                "property",
                &format!(r#"{{"data":{{"params":{{"a":{{"value":{text}}}}}}}}}"#),
            )
        };
        for (text, expected) in [
            ("\"30.5\"", "a=\"30.5\""),
            ("\"true\"", "a=\"true\""),
            ("\"a b\"", "a=\"a b\""),
            ("true", "a=true"),
            ("null", "a=null"),
            ("\"中\"", "a=中"),
        ] {
            assert_eq!(value(text), expected);
        }
    }

    #[test]
    fn what_is_of_another_shape_is_shown_as_it_is_and_cannot_steer_the_terminal() {
        assert_eq!(
            of("lifecycle", r#"{"data":{"status":"up"}}"#),
            r#"{"data":{"status":"up"}}"#
        );
        assert_eq!(of("property", "\u{1b}[2J"), "\\x1b[2J");
        assert_eq!(
            of("property", r#"{"data":{"params":{"a\u001b":{"value":1}}}}"#),
            "a\\x1b=1"
        );
        assert!(of("property", &"x".repeat(1_000_000)).ends_with("[…1000000 bytes in all]"));
        assert!(of("property", &"x".repeat(1000)).contains("more…"));
    }
}
