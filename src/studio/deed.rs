//! What is played: lines of a script, or the messages of a capture.
//!
//! ```text
//! {"after":"500ms","device":"00001/iot-0001","lifecycle":"online"}
//! {"device":"00001/iot-0001","property":{"Power":"on","WF":23.6}}
//! {"device":"00001/iot-0001","event":{"overheated":{"WF":"90"}}}
//! {"device":"00001/iot-0001","get":["Power"]}
//! {"device":"00001/iot-0001","invoke":{"open":{"door":1}}}
//! {"topic":"$sys/00001/iot-0001/thing/property","payload":"…"}
//! ```
//! One JSON object a line; `after` is the time since the line before, 0 where it is not given.
//! A record of a capture is played to whoever listens to its topic, at the pace of its `at`; one
//! that was sent, and not received, is left out.

use std::time::Duration;

use jiff::Timestamp;

use super::message::Params;
use super::topic::{DeviceId, Topic};
use crate::capture::record::{self, Content, Direction, Record};
use crate::json::Value;
use crate::json::tree;
use crate::moment::parse_duration;
use crate::mqtt::topic;

/// One thing that is played.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deed {
    /// After the one before.
    pub after: Duration,
    /// Which device does it.
    pub device: DeviceId,
    /// What.
    pub what: What,
}

/// What is played.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// It comes online, or goes.
    Lifecycle(bool),
    /// It reports properties.
    Property(Params),
    /// It reports events: identifiers, and an object each.
    Event(Params),
    /// The platform asks it for properties.
    Get(Vec<String>),
    /// The platform asks it to do something.
    Invoke(String, Params),
    /// A message as it was recorded.
    Message {
        /// The topic.
        topic: String,
        /// The payload.
        payload: Vec<u8>,
    },
}

/// Reads lines; where the time of a record is known, it is remembered for the next one.
#[derive(Debug, Default)]
pub struct Reader {
    last: Option<Timestamp>,
}

const WHATS: &str = "lifecycle, property, event, get, invoke, or topic and payload";

impl Reader {
    /// Reads a line; none if it is blank, or a record of something else. The error is a fragment.
    pub fn read(&mut self, line: &[u8]) -> Result<Option<Deed>, String> {
        if line.trim_ascii().is_empty() {
            return Ok(None);
        }
        if record::is_record(line) {
            let record = Record::parse(line).map_err(|why| why.to_string())?;
            return Ok(self.recorded(record));
        }
        let value = tree::parse(line).map_err(|why| format!("this is not JSON: {why}"))?;
        let Value::Object(members) = &value else {
            return Err("a line is a JSON object".to_owned());
        };
        let mut after = Duration::ZERO;
        let (mut device, mut what, mut topic, mut payload) = (None, None, None, None);
        for (at, (name, value)) in members.iter().enumerate() {
            if members[..at].iter().any(|(have, _)| have == name) {
                return Err(format!("`{}` stands there twice", name.escape_debug()));
            }
            let wrong = |wanted: &str| format!("`{}` is no {wanted}", name.escape_debug());
            match (name.as_str(), value) {
                ("after", Value::String(text)) => {
                    after = parse_duration(text, || wrong("time: write \"500ms\" or \"2s\""))?;
                }
                ("device", Value::String(text)) => device = Some(text.parse::<DeviceId>()?),
                ("topic", Value::String(text)) if topic::is_name(text) => {
                    topic = Some(text.clone());
                }
                ("payload", Value::String(text)) => payload = Some(text.clone().into_bytes()),
                ("payload", json) => payload = Some(crate::json::compact(json)),
                (_, value) => {
                    if what.is_some() {
                        return Err("a line plays one thing".to_owned());
                    }
                    what = Some(what_of(name, value)?);
                }
            }
        }
        let (device, what) = match (device, what, topic, payload) {
            (Some(device), Some(what), None, None) => (device, what),
            (None, None, Some(topic), Some(payload)) => {
                (owner(&topic), What::Message { topic, payload })
            }
            (None, Some(_), ..) => return Err("`device` is missing".to_owned()),
            _ => return Err(format!("a line plays one thing: {WHATS}")),
        };
        Ok(Some(Deed {
            after,
            device,
            what,
        }))
    }

    fn recorded(&mut self, record: Record) -> Option<Deed> {
        let at = record.at.as_deref().and_then(|at| at.parse().ok());
        let Content::Mqtt(message) = record.content else {
            return None;
        };
        if message.direction == Direction::Sent {
            return None;
        }
        let after = match (self.last, at) {
            (Some(last), Some(at)) => Duration::try_from(at - last).unwrap_or_default(),
            _ => Duration::ZERO,
        };
        self.last = at.or(self.last);
        Some(Deed {
            after,
            device: owner(&message.topic),
            what: What::Message {
                topic: message.topic,
                payload: message.payload,
            },
        })
    }
}

/// Whose topic it is; of no device, if it is none of the documented ones.
fn owner(topic: &str) -> DeviceId {
    let parsed = Topic::parse(topic).map(|topic| topic.device_id());
    parsed.unwrap_or_else(|| DeviceId {
        product: String::new(),
        name: String::new(),
    })
}

fn what_of(name: &str, value: &Value) -> Result<What, String> {
    let wanted = match (name, value) {
        ("lifecycle", Value::String(text)) if text == "online" => return Ok(What::Lifecycle(true)),
        ("lifecycle", Value::String(text)) if text == "offline" => {
            return Ok(What::Lifecycle(false));
        }
        ("property", Value::Object(params)) => return Ok(What::Property(params.clone())),
        ("event", Value::Object(params)) => return Ok(What::Event(params.clone())),
        ("get", Value::Array(names)) if names.iter().all(|name| name.as_str().is_some()) => {
            let names = names.iter().filter_map(Value::as_str);
            return Ok(What::Get(names.map(str::to_owned).collect()));
        }
        ("invoke", Value::Object(services))
            if let [(identifier, Value::Object(params))] = services.as_slice() =>
        {
            return Ok(What::Invoke(identifier.clone(), params.clone()));
        }
        ("after", _) => r#""after":"500ms""#,
        ("device", _) => r#""device":"00001/iot-0001""#,
        ("topic", _) => r#""topic":"$sys/00001/iot-0001/thing/property""#,
        ("lifecycle", _) => r#""lifecycle":"online" or "offline""#,
        ("property", _) => r#""property":{"Power":"on"}"#,
        ("event", _) => r#""event":{"overheated":{"WF":"90"}}"#,
        ("get", _) => r#""get":["Power"]"#,
        ("invoke", _) => r#""invoke":{"open":{"door":1}}"#,
        _ => {
            let name = name.escape_debug();
            return Err(format!("`{name}` is nothing that is played: {WHATS}"));
        }
    };
    Err(format!(
        "the value of `{name}` is not understood: write {wanted}"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<Option<Deed>, String> {
        Reader::default().read(line.as_bytes())
    }

    #[test]
    fn a_line_plays_one_thing() {
        let deed = read(r#"{"after":"500ms","device":"00001/iot-0001","lifecycle":"online"}"#);
        let deed = deed.unwrap().unwrap();
        assert_eq!(deed.after, Duration::from_millis(500));
        assert_eq!(deed.device.to_string(), "00001/iot-0001");
        assert_eq!(deed.what, What::Lifecycle(true));
        let deed = read(r#"{"device":"1/a","invoke":{"open":{"door":1}}}"#);
        let door = vec![("door".to_owned(), Value::Number("1".to_owned()))];
        assert_eq!(
            deed.unwrap().unwrap().what,
            What::Invoke("open".to_owned(), door)
        );
        let deed = read(r#"{"topic":"$sys/1/a/thing/event","payload":{"b": 1.0}}"#);
        let deed = deed.unwrap().unwrap();
        assert_eq!(deed.device.to_string(), "1/a");
        let expected = What::Message {
            topic: "$sys/1/a/thing/event".to_owned(),
            payload: br#"{"b":1.0}"#.to_vec(),
        };
        assert_eq!(deed.what, expected);
        assert_eq!(read(" \r"), Ok(None));
    }

    #[test]
    fn what_cannot_be_played_says_why() {
        for (line, expected) in [
            ("x", "this is not JSON: "),
            ("[]", "a line is a JSON object"),
            (r#"{"device":"1"}"#, "write product and name"),
            (r#"{"device":"1/a"}"#, "a line plays one thing: "),
            (r#"{"property":{}}"#, "`device` is missing"),
            (
                r#"{"device":"1/a","property":1}"#,
                "the value of `property`",
            ),
            (r#"{"device":"1/a","invoke":{}}"#, "the value of `invoke`"),
            (r#"{"device":"1/a","get":[1]}"#, "the value of `get`"),
            (r#"{"device":"1/a","after":1}"#, "the value of `after`"),
            (
                r#"{"device":"1/a","lifecycle":"dead"}"#,
                "the value of `lifecycle`",
            ),
            (
                r#"{"device":"1/a","push":1}"#,
                "`push` is nothing that is played",
            ),
            (
                r#"{"device":"1/a","property":{},"event":{}}"#,
                "a line plays one thing",
            ),
            (
                r#"{"device":"1/a","after":"soon","property":{}}"#,
                "`after` is no time",
            ),
        ] {
            let why = read(line).unwrap_err();
            assert!(why.starts_with(expected), "{line}: {why}");
        }
    }

    #[test]
    fn records_are_played_at_their_own_pace_and_what_was_sent_is_not() {
        let record = |at: &str, direction: &str| {
            format!(
                r#"{{"v":1,"at":"2026-01-01T00:00:{at}Z","mqtt":{{"topic":"$sys/1/a/thing/property","qos":1,"retain":false,"direction":"{direction}","payload":"{{ }}"}}}}"#
            )
        };
        let mut reader = Reader::default();
        let mut read = |line: String| reader.read(line.as_bytes()).unwrap();
        assert_eq!(
            read(record("01", "received")).unwrap().after,
            Duration::ZERO
        );
        assert_eq!(read(record("02", "sent")), None);
        let deed = read(record("03.5", "received")).unwrap();
        assert_eq!(deed.after, Duration::from_millis(2500));
        let expected = What::Message {
            topic: "$sys/1/a/thing/property".to_owned(),
            payload: b"{ }".to_vec(),
        };
        assert_eq!(deed.what, expected);
        // A clock that was set back is no reason to wait.
        assert_eq!(
            read(record("01", "received")).unwrap().after,
            Duration::ZERO
        );
    }
}
