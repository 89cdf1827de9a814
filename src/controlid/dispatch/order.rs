//! A command as somebody orders it: the device's JSON, and beside it what is for the server.
//!
//! `{"device":"478435","policy":"at-most-once","key":"a-1","endpoint":"load_objects","body":{…}}`:
//! `device`, `policy`, `key` and `transactionid` are taken out, all other members go to the
//! device as they are written.

use std::collections::BTreeSet;

use sha2::{Digest as _, Sha256};

use crate::controlid::command::{must_not_repeat, text};
use crate::json::scan::{self, Member};

use super::event::Policy;

/// A command to be queued.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// For whom, if that is said: as text, for a double would lose digits.
    pub device: Option<String>,
    /// How it is delivered, if that is said.
    pub policy: Option<Policy>,
    /// What its sender calls it: an order with a key that is known is not queued again.
    pub key: Option<String>,
    /// The endpoint.
    pub endpoint: String,
    /// The JSON that the device gets.
    pub command: String,
}

/// The members that a device does not get.
const OWN: [&str; 4] = ["device", "policy", "key", "transactionid"];

impl Order {
    /// Reads an order; the error is a fragment.
    pub fn parse(json: &[u8]) -> Result<Self, String> {
        let json = std::str::from_utf8(json).map_err(|_| "it is not UTF-8".to_owned())?;
        let members = scan::members(json.as_bytes()).map_err(|why| why.to_string())?;
        let members = Members(named_once(members)?);
        let endpoint = match members.first("endpoint") {
            None => return Err("it has no `endpoint`, so a device would ignore it".to_owned()),
            Some(value) => text(value),
        };
        if endpoint.is_empty() {
            return Err("`endpoint` is not a text, or it is empty".to_owned());
        }
        let policy = match members.first("policy").map(text).as_deref() {
            None => None,
            Some("at-most-once") => Some(Policy::AtMostOnce),
            Some("at-least-once") => Some(Policy::AtLeastOnce),
            Some(_) => return Err("`policy` is at-most-once or at-least-once".to_owned()),
        };
        let mut command = String::with_capacity(json.len());
        for (name, member) in &members.0 {
            if OWN.contains(&name.as_str()) {
                continue;
            }
            command.push(if command.is_empty() { '{' } else { ',' });
            command.push('"');
            command.push_str(&String::from_utf8_lossy(member.name));
            command.push_str("\":");
            command.push_str(&String::from_utf8_lossy(member.value));
        }
        command.push('}');
        Ok(Self {
            device: members.named("device")?,
            policy,
            key: members.named("key")?,
            endpoint,
            command,
        })
    }

    /// What is the same for the same command.
    pub(super) fn print(&self) -> String {
        print(&self.endpoint, &self.command)
    }

    /// The policy that was asked for, else the one that suits the endpoint: what opens a door or
    /// restarts a device must not happen twice.
    #[must_use]
    pub fn policy_or_default(&self) -> Policy {
        self.policy.unwrap_or(if must_not_repeat(&self.endpoint) {
            Policy::AtMostOnce
        } else {
            Policy::AtLeastOnce
        })
    }
}

/// What two commands are compared by when one of them may be over and forgotten.
pub(super) fn print(endpoint: &str, command: &str) -> String {
    let digest = Sha256::new().chain_update(endpoint).chain_update(command);
    hex::encode(&digest.finalize()[..8])
}

/// The members of an order, each with its name decoded.
struct Members<'a>(Vec<(String, Member<'a>)>);

/// Which of two members would count depends on the reader, so none may stand twice.
fn named_once(members: Vec<Member<'_>>) -> Result<Vec<(String, Member<'_>)>, String> {
    let mut seen = BTreeSet::new();
    let once = members.into_iter().map(|member| {
        let name = text(&[b"\"", member.name, b"\""].concat());
        if seen.insert(name.clone()) {
            Ok((name, member))
        } else {
            Err(format!("`{name}` stands in it twice"))
        }
    });
    once.collect()
}

impl<'a> Members<'a> {
    fn first(&self, name: &str) -> Option<&'a [u8]> {
        let mut members = self.0.iter();
        let found = members.find(|(have, _)| have == name);
        found.map(|(_, member)| member.value)
    }

    /// A text, or a whole number as it is written.
    fn named(&self, name: &str) -> Result<Option<String>, String> {
        let Some(value) = self.first(name) else {
            return Ok(None);
        };
        let is_number = value.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'-'));
        let said = if is_number {
            String::from_utf8_lossy(value).into_owned()
        } else {
            text(value)
        };
        if said.is_empty() {
            return Err(format!("`{name}` is neither a text nor a whole number"));
        }
        Ok(Some(said))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_for_the_server_is_taken_out_and_all_else_stays_as_written() {
        let order = Order::parse(
            br#" {"d\u0065vice":9007199254740993,"key":"a","endpoint":"x", "body":{ "a":1.0 },"policy":"at-most-once"}"#,
        )
        .unwrap();
        assert_eq!(order.device.as_deref(), Some("9007199254740993"));
        assert_eq!(order.policy, Some(Policy::AtMostOnce));
        assert_eq!(order.key.as_deref(), Some("a"));
        assert_eq!(order.command, r#"{"endpoint":"x","body":{ "a":1.0 }}"#);
    }

    #[test]
    fn what_opens_a_door_is_delivered_at_most_once() {
        let policy = |json: &str| Order::parse(json.as_bytes()).unwrap().policy_or_default();
        assert_eq!(
            policy(r#"{"endpoint":"execute_actions"}"#),
            Policy::AtMostOnce
        );
        for door in [
            "/reboot.fcgi",
            "execute_actions.fcgi?x=1",
            "/execute_actions/",
        ] {
            let json = format!("{{\"endpoint\":\"{door}\"}}");
            assert_eq!(policy(&json), Policy::AtMostOnce, "{door}");
        }
        assert_eq!(
            policy(r#"{"endpoint":"load_objects"}"#),
            Policy::AtLeastOnce
        );
        assert_eq!(
            policy(r#"{"endpoint":"execute_actions","policy":"at-least-once"}"#),
            Policy::AtLeastOnce
        );
    }

    #[test]
    fn what_a_device_would_ignore_is_no_order() {
        for wrong in [
            "[]",
            "{",
            r#"{"body":{}}"#,
            r#"{"endpoint":1}"#,
            r#"{"endpoint":"x","policy":"twice"}"#,
            r#"{"endpoint":"x","device":1.5}"#,
            r#"{"endpoint":"x","device":null}"#,
            r#"{"endpoint":"x","device":""}"#,
            r#"{"endpoint":"x","key":{}}"#,
            r#"{"endpoint":"x","endpoint":"y"}"#,
            r#"{"endpoint":"x","body":1,"bod\u0079":2}"#,
        ] {
            assert!(Order::parse(wrong.as_bytes()).is_err(), "{wrong}");
        }
    }
}
