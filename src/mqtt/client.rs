//! A client's side of a connection: what it sends, when it is silent for too long, and what
//! comes of what it gets.
//!
//! QoS 0 and 1. Time is what has passed since the start of the run, handed in. A connection
//! that is over is a [`Client`] that is dropped: the next one begins with nothing.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use super::packet::{
    self, Bytes, Connect, ConnectReturnCode, Login, Packet, PubAck, Publish, QoS, Subscribe,
    SubscribeFilter, SubscribeReasonCode,
};
use super::topic;

/// Who connects.
#[derive(Clone, Debug)]
pub struct Options {
    /// The client id.
    pub client_id: String,
    /// The user name.
    pub username: String,
    /// The password.
    pub password: String,
    /// After so long without a packet one is sent, in whole seconds, at most 65,535; 0 is never.
    pub keep_alive: Duration,
    /// How long the answers to CONNECT, SUBSCRIBE and PINGREQ are waited for.
    pub patience: Duration,
}

/// What came of a packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The connection is accepted; whether the broker remembers an earlier one.
    Connected {
        /// The broker's word for it.
        session_present: bool,
    },
    /// The connection is refused, and over: the code.
    Refused(u8),
    /// A SUBSCRIBE is answered: each filter, and the QoS that it got, or none if it was refused.
    Subscribed(Vec<(String, Option<QoS>)>),
    /// A message. Where it is of QoS 1 its acknowledgement is among the packets to be sent.
    Message {
        /// The message.
        publish: Publish,
        /// Whether its topic was subscribed to.
        is_ours: bool,
    },
    /// A message that was published with QoS 1 has arrived.
    Acknowledged(u16),
    /// Nothing that anybody would be told of.
    Nothing,
}

/// Of so many filters is one SUBSCRIBE.
const FILTERS: usize = 64;

/// One connection.
#[derive(Debug)]
pub struct Client {
    options: Options,
    state: State,
    next_pkid: u16,
    /// SUBSCRIBEs without an answer: packet id, filters, and since when.
    asked: HashMap<u16, (Vec<String>, Duration)>,
    /// Messages of QoS 1 without an acknowledgement.
    unacknowledged: HashSet<u16>,
    names: HashSet<String>,
    wildcards: Vec<String>,
    last_sent: Duration,
    /// Since when an answer to PINGREQ is waited for.
    pinged: Option<Duration>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// CONNECT was sent then.
    Connecting(Duration),
    Connected,
}

impl Client {
    /// A connection that begins now, and its first packet.
    #[must_use]
    pub fn open(options: Options, now: Duration) -> (Self, Packet) {
        let seconds = options.keep_alive.as_secs();
        let mut connect = Connect::new(options.client_id.as_str());
        connect.keep_alive = u16::try_from(seconds).unwrap_or(u16::MAX);
        if !options.username.is_empty() || !options.password.is_empty() {
            connect.login = Some(Login::new(&*options.username, &*options.password));
        }
        let client = Self {
            options,
            state: State::Connecting(now),
            next_pkid: 0,
            asked: HashMap::new(),
            unacknowledged: HashSet::new(),
            names: HashSet::new(),
            wildcards: Vec::new(),
            last_sent: now,
            pinged: None,
        };
        (client, Packet::Connect(connect))
    }

    /// Takes a packet; what is to be sent is put into `out`. An error ends the connection: why.
    pub fn take(
        &mut self,
        packet: Packet,
        now: Duration,
        out: &mut Vec<Packet>,
    ) -> Result<Event, String> {
        let event = match (self.state, packet) {
            (State::Connecting(_), Packet::ConnAck(ack)) => {
                if ack.code != ConnectReturnCode::Success {
                    return Ok(Event::Refused(packet::code(ack.code)));
                }
                self.state = State::Connected;
                Event::Connected {
                    session_present: ack.session_present,
                }
            }
            (State::Connecting(_), other) => {
                return Err(format!("{} came before CONNACK", name(&other)));
            }
            (State::Connected, Packet::Publish(publish)) => {
                match publish.qos {
                    QoS::AtMostOnce => {}
                    QoS::AtLeastOnce => {
                        out.push(Packet::PubAck(PubAck::new(publish.pkid)));
                        self.last_sent = now;
                    }
                    QoS::ExactlyOnce => {
                        return Err("a message came with QoS 2, which was not asked for".into());
                    }
                }
                let is_ours = self.is_ours(&publish.topic);
                Event::Message { publish, is_ours }
            }
            (State::Connected, Packet::SubAck(ack)) => {
                self.subscribed(ack.pkid, &ack.return_codes)?
            }
            (State::Connected, Packet::PubAck(ack)) => {
                if !self.unacknowledged.remove(&ack.pkid) {
                    return Err(format!("PUBACK came for {}, which was not sent", ack.pkid));
                }
                Event::Acknowledged(ack.pkid)
            }
            (State::Connected, Packet::PingResp) => {
                self.pinged = None;
                Event::Nothing
            }
            (State::Connected, Packet::UnsubAck(_)) => Event::Nothing,
            (State::Connected, other) => {
                return Err(format!(
                    "{} is nothing that a broker sends then",
                    name(&other)
                ));
            }
        };
        Ok(event)
    }

    fn subscribed(&mut self, pkid: u16, codes: &[SubscribeReasonCode]) -> Result<Event, String> {
        let Some((filters, _)) = self.asked.remove(&pkid) else {
            return Err(format!("SUBACK came for {pkid}, which was not asked"));
        };
        if filters.len() != codes.len() {
            return Err(format!(
                "SUBACK has {} return codes for {} filters",
                codes.len(),
                filters.len()
            ));
        }
        let granted = codes.iter().map(|code| match code {
            SubscribeReasonCode::Success(qos) => Some(*qos),
            SubscribeReasonCode::Failure => None,
        });
        let answered: Vec<_> = filters.into_iter().zip(granted).collect();
        for (filter, _) in answered.iter().filter(|(_, granted)| granted.is_some()) {
            if topic::has_wildcard(filter) {
                self.wildcards.push(filter.clone());
            } else {
                self.names.insert(filter.clone());
            }
        }
        Ok(Event::Subscribed(answered))
    }

    fn is_ours(&self, name: &str) -> bool {
        self.names.contains(name) || self.wildcards.iter().any(|it| topic::matches(it, name))
    }

    /// Asks for these filters, in as many packets as are needed.
    pub fn subscribe(&mut self, filters: &[String], qos: QoS, now: Duration) -> Vec<Packet> {
        let mut packets = Vec::new();
        for filters in filters.chunks(FILTERS) {
            let pkid = self.pkid();
            self.asked.insert(pkid, (filters.to_vec(), now));
            let asked = filters
                .iter()
                .map(|path| SubscribeFilter::new(path.clone(), qos));
            let mut subscribe = Subscribe::new_many(asked);
            subscribe.pkid = pkid;
            packets.push(Packet::Subscribe(subscribe));
        }
        self.last_sent = now;
        packets
    }

    /// Publishes a message; with QoS 1 its packet id stands in it.
    pub fn publish(&mut self, topic: &str, payload: Vec<u8>, qos: QoS, now: Duration) -> Publish {
        let mut publish = Publish::from_bytes(topic, qos, Bytes::from(payload));
        if qos != QoS::AtMostOnce {
            publish.pkid = self.pkid();
            self.unacknowledged.insert(publish.pkid);
        }
        self.last_sent = now;
        publish
    }

    /// A packet id that is not in use.
    fn pkid(&mut self) -> u16 {
        loop {
            self.next_pkid = self.next_pkid.checked_add(1).unwrap_or(1);
            let pkid = self.next_pkid;
            if !self.asked.contains_key(&pkid) && !self.unacknowledged.contains(&pkid) {
                return pkid;
            }
        }
    }

    /// Whether all that was asked for was answered.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        self.state == State::Connected && self.asked.is_empty()
    }

    /// What is due by now. An error ends the connection: the broker is silent for too long.
    pub fn tick(&mut self, now: Duration, out: &mut Vec<Packet>) -> Result<(), String> {
        let patience = self.options.patience;
        let limit = || humantime::format_duration(patience);
        let is_over = |since: Duration| now.saturating_sub(since) >= patience;
        match self.state {
            State::Connecting(since) if is_over(since) => {
                return Err(format!(
                    "no answer to CONNECT within {}: it took the connection and said nothing: is \
                     it an MQTT broker?",
                    limit()
                ));
            }
            State::Connecting(_) => return Ok(()),
            State::Connected => {}
        }
        if self.asked.values().any(|(_, since)| is_over(*since)) {
            return Err(format!("no answer to SUBSCRIBE within {}", limit()));
        }
        if self.pinged.is_some_and(is_over) {
            return Err(format!("no answer to PINGREQ within {}", limit()));
        }
        let keep_alive = self.options.keep_alive;
        let is_idle = now.saturating_sub(self.last_sent) >= keep_alive;
        if !keep_alive.is_zero() && is_idle && self.pinged.is_none() {
            out.push(Packet::PingReq);
            self.pinged = Some(now);
            self.last_sent = now;
        }
        Ok(())
    }

    /// When [`tick`](Self::tick) is to be called next at the latest, if ever.
    #[must_use]
    pub fn deadline(&self) -> Option<Duration> {
        let patience = self.options.patience;
        if let State::Connecting(since) = self.state {
            return Some(since + patience);
        }
        let asked = self
            .asked
            .values()
            .map(|(_, since)| *since + patience)
            .min();
        let ponged = self.pinged.map(|since| since + patience);
        let keep_alive = self.options.keep_alive;
        let ping =
            (!keep_alive.is_zero() && self.pinged.is_none()).then(|| self.last_sent + keep_alive);
        [asked, ponged, ping].into_iter().flatten().min()
    }
}

/// What a packet is called.
#[must_use]
pub fn name(packet: &Packet) -> &'static str {
    match packet {
        Packet::Connect(_) => "CONNECT",
        Packet::ConnAck(_) => "CONNACK",
        Packet::Publish(_) => "PUBLISH",
        Packet::PubAck(_) => "PUBACK",
        Packet::PubRec(_) => "PUBREC",
        Packet::PubRel(_) => "PUBREL",
        Packet::PubComp(_) => "PUBCOMP",
        Packet::Subscribe(_) => "SUBSCRIBE",
        Packet::SubAck(_) => "SUBACK",
        Packet::Unsubscribe(_) => "UNSUBSCRIBE",
        Packet::UnsubAck(_) => "UNSUBACK",
        Packet::PingReq => "PINGREQ",
        Packet::PingResp => "PINGRESP",
        Packet::Disconnect => "DISCONNECT",
    }
}

/// What a refused CONNECT says, by the standard's own words.
#[must_use]
pub fn refusal(code: u8) -> String {
    let words = match code {
        1 => "unacceptable protocol version",
        2 => "identifier rejected",
        3 => "server unavailable",
        4 => "bad user name or password",
        5 => "not authorized",
        _ => return format!("code {code}, which MQTT 3.1.1 does not know"),
    };
    format!("{code}: {words}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mqtt::packet::{ConnAck, SubAck};

    const SECOND: Duration = Duration::from_secs(1);

    fn opened() -> Client {
        let options = Options {
            client_id: "app".to_owned(),
            username: "userid/10311".to_owned(),
            password: "t".to_owned(),
            keep_alive: SECOND * 60,
            patience: SECOND * 10,
        };
        Client::open(options, Duration::ZERO).0
    }

    fn connected() -> Client {
        let mut client = opened();
        let ack = ConnAck::new(ConnectReturnCode::Success, false);
        let event = client.take(Packet::ConnAck(ack), Duration::ZERO, &mut Vec::new());
        assert!(matches!(event, Ok(Event::Connected { .. })));
        client
    }

    fn take(client: &mut Client, packet: Packet) -> (Result<Event, String>, Vec<Packet>) {
        let mut out = Vec::new();
        let event = client.take(packet, Duration::ZERO, &mut out);
        (event, out)
    }

    #[test]
    fn a_refused_connect_says_its_code() {
        let ack = ConnAck::new(ConnectReturnCode::NotAuthorized, false);
        let (event, _) = take(&mut opened(), Packet::ConnAck(ack));
        assert_eq!(event, Ok(Event::Refused(5)));
        assert_eq!(refusal(5), "5: not authorized");
        assert_eq!(refusal(6), "code 6, which MQTT 3.1.1 does not know");
    }

    #[test]
    fn a_message_of_qos_1_is_acknowledged_and_one_that_nobody_asked_for_is_told_apart() {
        let mut client = connected();
        let name = "$sys/p/d/thing/property".to_owned();
        let asked = client.subscribe(
            std::slice::from_ref(&name),
            QoS::AtLeastOnce,
            Duration::ZERO,
        );
        let Packet::Subscribe(subscribe) = &asked[0] else {
            panic!("{asked:?}");
        };
        let codes = vec![SubscribeReasonCode::Success(QoS::AtLeastOnce)];
        let (event, _) = take(
            &mut client,
            Packet::SubAck(SubAck::new(subscribe.pkid, codes)),
        );
        let granted = vec![(name.clone(), Some(QoS::AtLeastOnce))];
        assert_eq!(event, Ok(Event::Subscribed(granted)));
        assert!(client.is_settled());
        let mut publish = Publish::new(name, QoS::AtLeastOnce, "{}");
        publish.pkid = 7;
        let (event, out) = take(&mut client, Packet::Publish(publish.clone()));
        assert!(matches!(event, Ok(Event::Message { is_ours: true, .. })));
        assert_eq!(out, [Packet::PubAck(PubAck::new(7))]);
        publish.topic = "other".to_owned();
        let (event, _) = take(&mut client, Packet::Publish(publish));
        assert!(matches!(event, Ok(Event::Message { is_ours: false, .. })));
    }

    #[test]
    fn what_a_broker_must_not_send_ends_the_connection() {
        let puback = Packet::PubAck(PubAck::new(1));
        assert!(take(&mut opened(), Packet::PingResp).0.is_err());
        assert!(take(&mut connected(), puback).0.is_err());
        assert!(take(&mut connected(), Packet::PingReq).0.is_err());
        let suback = Packet::SubAck(SubAck::new(1, vec![SubscribeReasonCode::Failure]));
        assert!(take(&mut connected(), suback).0.is_err());
    }

    #[test]
    fn a_silent_broker_is_asked_and_then_given_up() {
        let mut client = connected();
        let mut out = Vec::new();
        assert_eq!(client.deadline(), Some(SECOND * 60));
        assert_eq!(client.tick(SECOND * 59, &mut out), Ok(()));
        assert!(out.is_empty());
        assert_eq!(client.tick(SECOND * 60, &mut out), Ok(()));
        assert_eq!(out, [Packet::PingReq]);
        assert_eq!(client.deadline(), Some(SECOND * 70));
        assert!(client.tick(SECOND * 70, &mut out).is_err());
        let mut client = opened();
        let why = client.tick(SECOND * 10, &mut out).unwrap_err();
        assert_eq!(
            why,
            "no answer to CONNECT within 10s: it took the connection and said nothing: is it an MQTT broker?"
        );
    }

    #[test]
    fn packet_ids_go_round_and_are_never_0_nor_in_use() {
        let mut client = connected();
        let first = client
            .publish("a", Vec::new(), QoS::AtLeastOnce, SECOND)
            .pkid;
        client.next_pkid = u16::MAX;
        let second = client
            .publish("a", Vec::new(), QoS::AtLeastOnce, SECOND)
            .pkid;
        assert_eq!((first, second), (1, 2));
        assert_eq!(
            client
                .publish("a", Vec::new(), QoS::AtMostOnce, SECOND)
                .pkid,
            0
        );
    }
}
