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
        for (name, value) in members {
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
                    what = Some(what_of(name, value).ok_or_else(|| {
                        format!(
                            "`{}` is nothing that is played: {WHATS}",
                            name.escape_debug()
                        )
                    })?);
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

fn what_of(name: &str, value: &Value) -> Option<What> {
    Some(match (name, value) {
        ("lifecycle", Value::String(text)) if text == "online" => What::Lifecycle(true),
        ("lifecycle", Value::String(text)) if text == "offline" => What::Lifecycle(false),
        ("property", Value::Object(params)) => What::Property(params.clone()),
        ("event", Value::Object(params)) => What::Event(params.clone()),
        ("get", Value::Array(names)) => {
            let names = names.iter().map(|name| name.as_str().map(str::to_owned));
            What::Get(names.collect::<Option<_>>()?)
        }
        ("invoke", Value::Object(services)) => match services.as_slice() {
            [(identifier, Value::Object(params))] => {
                What::Invoke(identifier.clone(), params.clone())
            }
            _ => return None,
        },
        _ => return None,
    })
}
