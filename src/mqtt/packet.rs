//! MQTT 3.1.1 packets, by rumqttc's codec: the only file that names that crate.
//!
//! The codec reads leniently what the standard forbids, and takes the head of an MQTT 5
//! connection for one of 3.1.1; [`read`] looks at that first. `largest` counts the bytes behind
//! the fixed header.

use std::fmt;

use bytes::BytesMut;
use rumqttc::mqttbytes::Error as CodecError;

pub use bytes::Bytes;
pub use rumqttc::mqttbytes::QoS;
pub use rumqttc::mqttbytes::v4::{
    ConnAck, Connect, ConnectReturnCode, Login, Packet, PubAck, Publish, SubAck, Subscribe,
    SubscribeFilter, SubscribeReasonCode, UnsubAck, Unsubscribe,
};

use super::topic;

/// The largest packet that there can be: 256 MB.
pub const LARGEST: usize = 268_435_455;

/// Why no packet can be read: the connection is to be closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Malformed {
    /// A CONNECT of another protocol or another version of it: its name and level.
    Protocol(String, u8),
    /// Another protocol altogether, by its name.
    Foreign(&'static str),
    /// A CONNACK with a code that the standard does not have.
    Code(u8),
    /// More bytes than are taken: how many it has.
    TooLarge(usize),
    /// No packet of MQTT 3.1.1: why.
    Packet(String),
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Protocol(name, level) => {
                let version = match (name.as_str(), level) {
                    ("MQTT", 5) => " (MQTT 5)",
                    ("MQIsdp", 3) => " (MQTT 3.1)",
                    _ => "",
                };
                let name = name.escape_debug();
                write!(
                    f,
                    "protocol `{name}`, level {level}{version}: MQTT 3.1.1 is `MQTT`, level 4"
                )
            }
            Self::Foreign(protocol) => write!(f, "this is {protocol}"),
            Self::Code(code) => {
                write!(f, "CONNACK has code {code}, which MQTT 3.1.1 does not know")
            }
            Self::TooLarge(bytes) => write!(f, "a packet of {bytes} bytes is too large"),
            Self::Packet(why) => f.write_str(why),
        }
    }
}

fn malformed(why: impl Into<String>) -> Malformed {
    Malformed::Packet(why.into())
}

/// The next packet of a stream, or none as long as it has not come whole.
///
/// Its bytes leave the stream; after an error nothing that follows can be read.
pub fn read(stream: &mut BytesMut, largest: usize) -> Result<Option<Packet>, Malformed> {
    if !check(stream)? {
        return Ok(None);
    }
    let packet = match Packet::read(stream, largest) {
        Ok(packet) => packet,
        Err(CodecError::InsufficientBytes(_)) => return Ok(None),
        Err(CodecError::PayloadSizeLimitExceeded(bytes)) => return Err(Malformed::TooLarge(bytes)),
        Err(why) => return Err(malformed(words(&why))),
    };
    sound(&packet)?;
    Ok(Some(packet))
}

/// What the codec found, in words.
fn words(why: &CodecError) -> String {
    match why {
        CodecError::TopicNotUtf8 => "a text is not UTF-8".to_owned(),
        CodecError::InvalidQoS(qos) => format!("there is no QoS {qos}"),
        CodecError::InvalidPacketType(kind) => format!("there is no packet type {kind}"),
        CodecError::InvalidSubscribeReasonCode(code) => {
            format!("SUBACK has return code {code}, which MQTT 3.1.1 does not know")
        }
        CodecError::PacketIdZero => "the packet id is 0".to_owned(),
        CodecError::EmptySubscription => "a SUBSCRIBE names no topic".to_owned(),
        CodecError::MalformedRemainingLength => {
            "the length of a packet takes more than four bytes".to_owned()
        }
        CodecError::PayloadTooLong | CodecError::OutgoingPacketTooLarge { .. } => {
            "a packet of over 256 MB".to_owned()
        }
        CodecError::Io(why) => why.to_string(),
        _ => "the fields of a packet do not end where it ends".to_owned(),
    }
}

/// How other protocols begin, none of which is a packet of MQTT.
const FOREIGN: [(&[u8], &str); 12] = [
    (b"HTTP/", "HTTP"),
    (b"GET ", "HTTP"),
    (b"POST ", "HTTP"),
    (b"PUT ", "HTTP"),
    (b"HEAD ", "HTTP"),
    (b"PATCH ", "HTTP"),
    (b"DELETE ", "HTTP"),
    (b"OPTIONS ", "HTTP"),
    (b"CONNECT ", "HTTP"),
    (b"PRI * HTTP/2", "HTTP"),
    (&[0x16, 3], "TLS"),
    (&[0x15, 3], "TLS"),
];

/// Whether it may be another protocol, of which more has to come; or which one it is.
fn check_foreign(stream: &[u8]) -> Result<bool, Malformed> {
    for (start, name) in FOREIGN {
        if stream.starts_with(start) {
            return Err(Malformed::Foreign(name));
        }
    }
    Ok(FOREIGN.iter().any(|(start, _)| start.starts_with(stream)))
}

/// Looks at the head of a packet as far as it has come; whether it may be read.
fn check(stream: &[u8]) -> Result<bool, Malformed> {
    let Some(&first) = stream.first() else {
        return Ok(false);
    };
    if check_foreign(stream)? {
        return Ok(false);
    }
    let (kind, flags) = (first >> 4, first & 0b1111);
    let wanted = match kind {
        PUBLISH => flags,
        PUBREL | SUBSCRIBE | UNSUBSCRIBE => 0b0010,
        _ => 0,
    };
    if kind == 0 || kind == 15 {
        return Err(malformed(format!("there is no packet type {kind}")));
    }
    if flags != wanted {
        return Err(malformed(format!(
            "packet type {kind} has flags {flags:04b}"
        )));
    }
    if kind == PUBLISH && flags & 0b1110 == 0b1000 {
        return Err(malformed("a message of QoS 0 cannot be a duplicate"));
    }
    // The lengths of all but those that carry data are given.
    let wanted = match kind {
        CONNACK | PUBACK..=PUBCOMP | UNSUBACK => Some(2),
        PINGREQ | PINGRESP | DISCONNECT => Some(0),
        _ => None,
    };
    if let (Some(wanted), Some(&length)) = (wanted, stream.get(1))
        && length != wanted
    {
        return Err(malformed(format!("packet type {kind} has length {length}")));
    }
    if kind == CONNACK
        && let Some(&code) = stream.get(3)
        && code > 5
    {
        return Err(Malformed::Code(code));
    }
    if kind == CONNECT {
        return check_connect(stream);
    }
    Ok(stream.len() > 1)
}

const CONNECT: u8 = 1;
const CONNACK: u8 = 2;
const PUBLISH: u8 = 3;
const PUBACK: u8 = 4;
const PUBREL: u8 = 6;
const PUBCOMP: u8 = 7;
const SUBSCRIBE: u8 = 8;
const UNSUBSCRIBE: u8 = 10;
const UNSUBACK: u8 = 11;
const PINGREQ: u8 = 12;
const PINGRESP: u8 = 13;
const DISCONNECT: u8 = 14;

/// The head of a CONNECT: another version has other fields behind its level.
fn check_connect(stream: &[u8]) -> Result<bool, Malformed> {
    let length = stream[1..].iter().take(4).position(|byte| byte & 0x80 == 0);
    let Some(length) = length else {
        return Ok(false);
    };
    let rest = &stream[length + 2..];
    let Some(&[high, low]) = rest.first_chunk() else {
        return Ok(false);
    };
    let name = usize::from(u16::from_be_bytes([high, low]));
    if name > 16 {
        return Err(malformed(
            "this is not MQTT: the protocol's name is too long",
        ));
    }
    let Some(&[level, flags]) = rest.get(2 + name..).and_then(|rest| rest.first_chunk()) else {
        return Ok(false);
    };
    let name = String::from_utf8_lossy(&rest[2..2 + name]).into_owned();
    if name != "MQTT" || level != 4 {
        return Err(Malformed::Protocol(name, level));
    }
    if flags & 1 != 0 {
        return Err(malformed("the reserved flag of a CONNECT is set"));
    }
    if flags & 0b1100_0000 == 0b0100_0000 {
        return Err(malformed("a CONNECT has a password and no user name"));
    }
    Ok(true)
}

/// What the codec passes over.
fn sound(packet: &Packet) -> Result<(), Malformed> {
    match packet {
        Packet::Publish(publish) if !topic::is_name(&publish.topic) => Err(malformed(format!(
            "`{}` is no topic that a message can have",
            publish.topic.escape_debug()
        ))),
        Packet::Subscribe(subscribe) => {
            identified(subscribe.pkid)?;
            filters(subscribe.filters.iter().map(|filter| &filter.path))
        }
        Packet::Unsubscribe(unsubscribe) => {
            identified(unsubscribe.pkid)?;
            if unsubscribe.topics.is_empty() {
                return Err(malformed("an UNSUBSCRIBE names no topic"));
            }
            filters(unsubscribe.topics.iter())
        }
        Packet::Connect(connect) if connect.client_id.contains('\0') => {
            Err(malformed("a client id with U+0000"))
        }
        Packet::PubAck(ack) => identified(ack.pkid),
        _ => Ok(()),
    }
}

fn identified(pkid: u16) -> Result<(), Malformed> {
    if pkid == 0 {
        return Err(malformed("the packet id is 0"));
    }
    Ok(())
}

fn filters<'f>(filters: impl Iterator<Item = &'f String>) -> Result<(), Malformed> {
    for filter in filters {
        if !topic::is_filter(filter) {
            let filter = filter.escape_debug();
            return Err(malformed(format!("`{filter}` is no topic filter")));
        }
    }
    Ok(())
}

/// Appends a packet to what is to be sent.
///
/// The error says why this packet cannot be written: a text of over 65,535 bytes, or more than
/// 256 MB of it.
pub fn write(packet: &Packet, into: &mut BytesMut) -> Result<(), String> {
    let mut own = BytesMut::new();
    // The codec writes the flags of a CONNECT at their place in an empty buffer.
    let is_connect = matches!(packet, Packet::Connect(_));
    let place = if is_connect { &mut own } else { &mut *into };
    let before = place.len();
    fits(packet)?;
    if let Err(why) = packet.write(place, LARGEST) {
        place.truncate(before);
        return Err(words(&why));
    }
    into.extend_from_slice(&own);
    Ok(())
}

/// The codec cuts the length of a text to 16 bits and not the text.
fn fits(packet: &Packet) -> Result<(), String> {
    let texts: &[&str] = match packet {
        Packet::Publish(publish) => &[&publish.topic],
        Packet::Connect(connect) => match &connect.login {
            Some(login) => &[&connect.client_id, &login.username, &login.password],
            None => &[&connect.client_id],
        },
        Packet::Subscribe(subscribe) => {
            let mut paths = subscribe.filters.iter().map(|filter| filter.path.len());
            return within(paths.any(|length| length > usize::from(u16::MAX)));
        }
        _ => &[],
    };
    within(texts.iter().any(|text| text.len() > usize::from(u16::MAX)))
}

fn within(is_too_long: bool) -> Result<(), String> {
    if is_too_long {
        return Err("a text of over 65,535 bytes".to_owned());
    }
    Ok(())
}

/// The number of a CONNACK's code.
#[must_use]
pub fn code(code: ConnectReturnCode) -> u8 {
    match code {
        ConnectReturnCode::Success => 0,
        ConnectReturnCode::RefusedProtocolVersion => 1,
        ConnectReturnCode::BadClientId => 2,
        ConnectReturnCode::ServiceUnavailable => 3,
        ConnectReturnCode::BadUserNamePassword => 4,
        ConnectReturnCode::NotAuthorized => 5,
    }
}

/// The number of a quality of service.
#[must_use]
pub fn level(qos: QoS) -> u8 {
    match qos {
        QoS::AtMostOnce => 0,
        QoS::AtLeastOnce => 1,
        QoS::ExactlyOnce => 2,
    }
}

#[cfg(test)]
mod tests;
