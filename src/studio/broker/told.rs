//! What is told of a run of the platform, and what is counted.

use serde::{Serialize, Serializer};

use crate::mqtt::packet::Bytes;
use crate::studio::login::Refusal;
use crate::studio::topic::{DeviceId, Role};

/// What happened, for whoever watches. As JSON its `type` stands before its members.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Told {
    /// Somebody logged in.
    Connected {
        /// Who: `userid/10311`, or `00001/iot-0001`.
        who: String,
        /// As what.
        role: Role,
        /// The client id, given or made.
        client_id: String,
        /// From where.
        peer: String,
    },
    /// Somebody was turned away.
    Refused {
        /// From where.
        peer: String,
        /// The user name, if it said one.
        username: String,
        /// Why, by the platform's names.
        refusal: Refusal,
        /// The return code of CONNACK.
        connack: u8,
    },
    /// A connection is over.
    Disconnected {
        /// Who, or from where.
        who: String,
        /// Why.
        why: String,
    },
    /// A subscription was granted.
    Subscribed {
        /// Who.
        who: String,
        /// As what.
        role: Role,
        /// To what.
        topic: String,
        /// With which QoS.
        qos: u8,
    },
    /// A subscription or a message was not allowed.
    Denied {
        /// Who.
        who: String,
        /// `SUBSCRIBE` or `PUBLISH`.
        what: &'static str,
        /// The topic.
        topic: String,
        /// The platform's name for it.
        code: &'static str,
        /// Why.
        why: String,
    },
    /// A message went to so many clients; to none, and it is gone.
    Message {
        /// The topic.
        topic: String,
        /// What it says.
        #[serde(serialize_with = "as_text")]
        payload: Bytes,
        /// To how many.
        to: usize,
    },
    /// A property/set came.
    Set {
        /// For which device.
        device: DeviceId,
        /// The `requestId`.
        request_id: String,
        /// Whether it is the desired value.
        #[serde(rename = "desired")]
        is_desired: bool,
    },
    /// What became of it.
    Answered {
        /// For which device.
        device: DeviceId,
        /// The `requestId`.
        request_id: String,
        /// Whether it succeeded; none where nothing is answered.
        success: Option<bool>,
        /// The code of what did not, and its message.
        #[serde(skip_serializing_if = "Option::is_none")]
        refusal: Option<(String, String)>,
        /// Who says so: a rule, the device, the platform.
        by: String,
    },
    /// A device answered what the platform asked it.
    #[serde(rename = "said")]
    DeviceSaid {
        /// Which device.
        device: DeviceId,
        /// What it answered: `property/get_reply` …
        thing: String,
        /// What it says.
        #[serde(serialize_with = "as_text")]
        payload: Bytes,
    },
    /// A message is not of its documented shape. In which way is told as an oddity, and once; this
    /// is told each time, to be counted.
    Invalid,
    /// Something that the platform would not like, and goes on in spite of.
    #[serde(rename = "odd")]
    Oddity {
        /// Who, or from where.
        who: String,
        /// What.
        what: String,
    },
}

fn as_text<S: Serializer>(bytes: &Bytes, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&String::from_utf8_lossy(bytes))
}

/// What is counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counters {
    /// Logins.
    pub connected: u64,
    /// Logins that were refused.
    pub refused: u64,
    /// Messages that came.
    pub published: u64,
    /// Messages that went out, each client counted.
    pub delivered: u64,
    /// Messages that had nobody to go to.
    pub lost: u64,
    /// Messages that a client was too slow for.
    pub dropped: u64,
    /// Subscriptions and messages that were not allowed.
    pub denied: u64,
    /// property/set and property/desired/set that came.
    pub sets: u64,
    /// Those that were answered with success.
    pub succeeded: u64,
    /// Packets that were none.
    pub malformed: u64,
    /// Messages that are not of their documented shape.
    pub invalid: u64,
}
