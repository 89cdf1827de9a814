//! The platform's side: a broker that lets in whom the platform would, allows the documented
//! topics, and stands between applications and devices.
//!
//! A machine: packets of connections come in, and what is to be sent, closed and told comes out.
//! A connection is a number that its driver gives it and never gives again.
//!
//! ```text
//! device      property/post         →  property             to applications
//! device      event/post            →  event
//! device      connects, leaves      →  lifecycle
//! application property/set          →  property/set         to the device, with an id of its own
//! device      property/set_reply    →  property/set/reply   to applications
//! ```
//! Nothing is kept for a client that is away. QoS 1 is acknowledged, and a message of QoS 1 to a
//! client is sent once.
//!
//! # Inferred
//!
//! The documentation does not say what becomes of the following; what is done here stands behind
//! it. A forbidden subscription: SUBACK with 0x80. A forbidden message: acknowledged, and passed
//! to nobody. A device's will, retained messages, a session that is to be kept: ignored, and told.
//! property/set for a device that is offline: `setPropertyFailed`. property/desired/set: kept for
//! the device, and answered on property/set/reply. A device that does not answer: no reply.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::time::Duration;

use jiff::Timestamp;
use serde::{Serialize, Serializer};

use self::session::{Member, Session, State};
use super::login::{self, Login, Refusal};
use super::message::{self, Params, Reply};
use super::registry::Registry;
use super::topic::{DeviceId, Role, Thing, Topic};
use crate::moment::Moment;
use crate::mqtt::client::name;
use crate::mqtt::packet::{
    Bytes, ConnAck, Connect, ConnectReturnCode, Malformed, Packet, Publish, QoS,
};

mod devices;
mod publish;
mod session;
mod set;
mod subscribe;

/// The number of a connection.
pub type Key = u64;

/// What time it is: since the start of the run, and unix milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Now {
    /// Since the start of the run.
    pub elapsed: Duration,
    /// Unix milliseconds.
    pub millis: i64,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Send a packet.
    Send(Key, Packet),
    /// Close the connection, once what was sent has left.
    Close(Key),
    /// Tell what happened.
    Tell(Told),
}

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

/// Which messages are told; each costs as much as to deliver it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tells {
    /// None.
    Nothing,
    /// Those that are for applications.
    Applications,
    /// Those that are for devices, too.
    All,
}

fn is_for_applications(topic: &str) -> bool {
    let topic = Topic::parse(topic);
    topic.is_none_or(|topic| topic.thing.is_subscribed_by(Role::Application))
}

/// For so long a connection may say nothing before its CONNECT.
const CONNECT_TIME: Duration = Duration::from_secs(10);
/// How often it is looked for connections that are silent for too long.
const SWEEP: Duration = Duration::from_secs(1);
/// For so long a device's answer to property/set is waited for.
const DEVICE_TIME: Duration = Duration::from_secs(5);
/// So many oddities are remembered: some have in them what a client makes up.
const MOST_ODD: usize = 10_000;
/// What the documentation allows a device, in seconds.
const KEEP_ALIVE: std::ops::RangeInclusive<u16> = 10..=1800;

/// The platform.
pub struct Broker {
    registry: Registry,
    moment: Moment,
    sessions: HashMap<Key, Session, foldhash::fast::RandomState>,
    /// Who listens to what, and with which QoS.
    subscribers: HashMap<Box<str>, Vec<(Key, QoS)>, foldhash::fast::RandomState>,
    /// Which connection has a client id: two of one id cannot be.
    ids: HashMap<String, Key>,
    online: HashMap<DeviceId, Key>,
    /// property/set that a device has been asked, by the id that it was given.
    asked: BTreeMap<u64, Asked>,
    next_ask: u64,
    /// Answers that wait, by when and which.
    due: BTreeMap<(Duration, u64), Waiting>,
    next_due: u64,
    /// Desired values of devices that are away.
    desired: HashMap<DeviceId, VecDeque<Params>>,
    swept: Duration,
    counters: Counters,
    tells: Tells,
    odd: HashSet<String>,
}

#[derive(Debug)]
struct Asked {
    device: DeviceId,
    /// Whom to reply to; none where the platform asked by itself.
    request_id: Option<String>,
    since: Duration,
}

#[derive(Debug)]
struct Waiting {
    device: DeviceId,
    reply: Reply,
    by: String,
}

impl Broker {
    /// A platform that knows these.
    #[must_use]
    pub fn new(registry: Registry, moment: Moment) -> Self {
        Self {
            registry,
            moment,
            sessions: HashMap::default(),
            subscribers: HashMap::default(),
            ids: HashMap::new(),
            online: HashMap::new(),
            asked: BTreeMap::new(),
            next_ask: 0,
            due: BTreeMap::new(),
            next_due: 0,
            desired: HashMap::new(),
            swept: Duration::ZERO,
            counters: Counters::default(),
            tells: Tells::Nothing,
            odd: HashSet::new(),
        }
    }

    /// From now on these messages are told.
    pub fn tell_messages(&mut self, tells: Tells) {
        self.tells = tells;
    }

    /// Whom it knows.
    #[must_use]
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// What was counted.
    #[must_use]
    pub fn counters(&self) -> Counters {
        self.counters
    }

    /// Counts from here on.
    pub fn forget_counters(&mut self) {
        self.counters = Counters::default();
    }

    /// How many applications and devices are connected.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.ids.len()
    }

    /// Somebody connected, and has said nothing yet.
    pub fn accept(&mut self, key: Key, peer: String, now: Now) {
        self.sessions.insert(key, Session::new(peer, now.elapsed));
    }

    /// A connection is over, for a reason that its driver knows.
    pub fn gone(&mut self, key: Key, why: &str, now: Now, out: &mut Vec<Action>) {
        self.end(key, why, now, out);
    }

    /// A client is too slow: so many messages for it were dropped.
    pub fn overflowed(&mut self, key: Key, count: u64, out: &mut Vec<Action>) {
        self.counters.dropped += count;
        self.counters.delivered = self.counters.delivered.saturating_sub(count);
        let who = self.who(key);
        self.odd(
            &who,
            "it reads too slowly: messages for it are dropped",
            out,
        );
    }

    /// What came from a connection is no packet: it is closed.
    pub fn malformed(&mut self, key: Key, why: &Malformed, now: Now, out: &mut Vec<Action>) {
        if let Malformed::Protocol(protocol, level) = why
            && self.sessions.get(&key).is_some_and(Session::is_waiting)
        {
            let refusal = login::other_protocol(protocol, *level);
            self.refuse(key, String::new(), refusal, now, out);
            return;
        }
        self.counters.malformed += 1;
        self.close(key, &why.to_string(), now, out);
    }

    /// Takes a packet of a connection.
    pub fn take(&mut self, key: Key, packet: Packet, now: Now, out: &mut Vec<Action>) {
        let Some(session) = self.sessions.get_mut(&key) else {
            // It was closed, and this came before the other side knew.
            return;
        };
        session.heard = now.elapsed;
        match (&session.state, packet) {
            (State::Waiting, Packet::Connect(connect)) => self.connect(key, connect, now, out),
            (State::Waiting, other) => {
                self.close(
                    key,
                    &format!("{} came before CONNECT", name(&other)),
                    now,
                    out,
                );
            }
            (State::In(_), Packet::Publish(publish)) => self.publish(key, &publish, now, out),
            (State::In(_), Packet::PubAck(ack)) => session.acknowledge(ack.pkid),
            (State::In(_), Packet::Subscribe(asked)) => self.subscribe(key, &asked, now, out),
            (State::In(_), Packet::Unsubscribe(asked)) => self.unsubscribe(key, &asked, out),
            (State::In(_), Packet::PingReq) => out.push(Action::Send(key, Packet::PingResp)),
            (State::In(_), Packet::Disconnect) => self.close(key, "DISCONNECT", now, out),
            (State::In(_), Packet::Connect(_)) => self.close(key, "a second CONNECT", now, out),
            (
                State::In(_),
                other @ (Packet::PubRec(_) | Packet::PubRel(_) | Packet::PubComp(_)),
            ) => {
                let why = format!("{}: there is no QoS 2 here", name(&other));
                self.close(key, &why, now, out);
            }
            (State::In(_), other) => {
                let why = format!("{} is nothing that a client sends", name(&other));
                self.close(key, &why, now, out);
            }
        }
    }

    fn connect(&mut self, key: Key, connect: Connect, now: Now, out: &mut Vec<Action>) {
        let (username, password) = match &connect.login {
            Some(login) => (login.username.as_str(), login.password.as_bytes()),
            None => ("", &b""[..]),
        };
        let login = Login {
            client_id: &connect.client_id,
            username: Some(username),
            password: Some(password),
        };
        // The calendar reaches further than any clock.
        let at = Timestamp::from_millisecond(now.millis).unwrap_or_default();
        let who = match login::authenticate(&login, &self.registry, at) {
            Ok(who) => who,
            Err(refusal) => {
                let username = username.to_owned();
                return self.refuse(key, username, refusal, now, out);
            }
        };
        let member = Member::of(who);
        let mut client_id = connect.client_id;
        if client_id.is_empty() {
            let random: [u8; 8] = self.moment.bytes();
            client_id = format!("auto-{}", hex::encode(random));
        }
        let id = member.unique(&client_id);
        if let Some(other) = self.ids.get(&id).copied() {
            self.close(
                other,
                "another connection came with its client id",
                now,
                out,
            );
        }
        let Some(session) = self.sessions.get_mut(&key) else {
            return;
        };
        session.keep_alive = connect.keep_alive;
        session.state = State::In(member.clone());
        session.id = id.as_str().into();
        out.push(Action::Send(
            key,
            Packet::ConnAck(ConnAck::new(ConnectReturnCode::Success, false)),
        ));
        self.counters.connected += 1;
        out.push(Action::Tell(Told::Connected {
            who: member.to_string(),
            role: member.role(),
            client_id,
            peer: session.peer.to_string(),
        }));
        self.ids.insert(id, key);
        let who = member.to_string();
        if connect.last_will.is_some() {
            self.odd(&who, "it has a will, which the platform does not know", out);
        }
        if !connect.clean_session {
            let what = "it asks for its session to be kept: nothing is kept while it is away";
            self.odd(&who, what, out);
        }
        if let Member::Device(device) = member {
            if !KEEP_ALIVE.contains(&connect.keep_alive) {
                let what = format!(
                    "its keep-alive is {} s, and the platform takes 10 to 1800",
                    connect.keep_alive
                );
                self.odd(&who, &what, out);
            }
            self.online.insert(device.clone(), key);
            let payload = message::lifecycle(&device, true, now.millis);
            self.emit(&device.topic(Thing::Lifecycle), payload, out);
        }
    }

    fn refuse(
        &mut self,
        key: Key,
        username: String,
        refusal: Refusal,
        now: Now,
        out: &mut Vec<Action>,
    ) {
        self.counters.refused += 1;
        let connack = refusal.connack();
        let code = match connack {
            1 => ConnectReturnCode::RefusedProtocolVersion,
            4 => ConnectReturnCode::BadUserNamePassword,
            _ => ConnectReturnCode::NotAuthorized,
        };
        out.push(Action::Send(
            key,
            Packet::ConnAck(ConnAck::new(code, false)),
        ));
        let peer = self.who(key);
        out.push(Action::Tell(Told::Refused {
            peer,
            username,
            refusal,
            connack,
        }));
        self.end(key, "", now, out);
        out.push(Action::Close(key));
    }

    /// Closes a connection, and says why.
    fn close(&mut self, key: Key, why: &str, now: Now, out: &mut Vec<Action>) {
        self.end(key, why, now, out);
        out.push(Action::Close(key));
    }

    /// Forgets a connection; without a reason nothing is told.
    fn end(&mut self, key: Key, why: &str, now: Now, out: &mut Vec<Action>) {
        let Some(session) = self.sessions.remove(&key) else {
            return;
        };
        for topic in &session.topics {
            self.forget(topic, key);
        }
        if !why.is_empty() {
            let (who, why) = (session.to_string(), why.to_owned());
            out.push(Action::Tell(Told::Disconnected { who, why }));
        }
        let State::In(member) = session.state else {
            return;
        };
        self.ids.remove(&*session.id);
        if let Member::Device(device) = member {
            self.online.remove(&device);
            let payload = message::lifecycle(&device, false, now.millis);
            self.emit(&device.topic(Thing::Lifecycle), payload, out);
        }
    }

    /// Sends a message to all who listen to a topic.
    fn emit(&mut self, topic: &str, payload: Vec<u8>, out: &mut Vec<Action>) {
        let payload = Bytes::from(payload);
        let (mut to, mut stuck) = (0_usize, Vec::new());
        let listeners = self.subscribers.get(topic).map_or(&[][..], Vec::as_slice);
        for &(key, qos) in listeners {
            let Some(session) = self.sessions.get_mut(&key) else {
                continue;
            };
            let mut publish = Publish::from_bytes(topic, qos, payload.clone());
            if qos == QoS::AtLeastOnce {
                let Some(pkid) = session.next_pkid() else {
                    self.counters.dropped += 1;
                    stuck.push(session.to_string());
                    continue;
                };
                publish.pkid = pkid;
            }
            to += 1;
            out.push(Action::Send(key, Packet::Publish(publish)));
        }
        self.counters.delivered += to as u64;
        if listeners.is_empty() {
            self.counters.lost += 1;
        }
        let is_told = match self.tells {
            Tells::Nothing => false,
            // What is for devices would hide it: most of it is that a report has arrived.
            Tells::Applications => is_for_applications(topic),
            Tells::All => true,
        };
        if is_told {
            out.push(Action::Tell(Told::Message {
                topic: topic.to_owned(),
                to,
                payload,
            }));
        }
        for who in stuck {
            let what = "it acknowledges nothing: messages of QoS 1 for it are dropped";
            self.odd(&who, what, out);
        }
    }

    /// What is due by now.
    pub fn tick(&mut self, now: Now, out: &mut Vec<Action>) {
        self.answer_due(now, out);
        if now.elapsed < self.swept + SWEEP {
            return;
        }
        self.swept = now.elapsed;
        let silent = self.sessions.iter();
        let silent = silent.filter_map(|(key, session)| Some((*key, session.silent(now.elapsed)?)));
        let silent: Vec<_> = silent.collect();
        for (key, why) in silent {
            self.close(key, &why, now, out);
        }
        self.give_up(now, out);
    }

    /// When [`tick`](Self::tick) is to be called next, if ever.
    #[must_use]
    pub fn deadline(&self) -> Option<Duration> {
        let due = self.due.first_key_value().map(|((at, _), _)| *at);
        let is_watched = !self.sessions.is_empty() || !self.asked.is_empty();
        let sweep = is_watched.then(|| self.swept + SWEEP);
        [due, sweep].into_iter().flatten().min()
    }

    /// Who a connection is: a name, or where it comes from.
    fn who(&self, key: Key) -> String {
        self.sessions
            .get(&key)
            .map_or_else(String::new, Session::to_string)
    }

    fn odd(&mut self, who: &str, what: &str, out: &mut Vec<Action>) {
        // Each is told once of each, as far back as is remembered.
        if self.odd.len() >= MOST_ODD {
            self.odd.clear();
        }
        if self.odd.insert(format!("{who}\n{what}")) {
            out.push(Action::Tell(Told::Oddity {
                who: who.to_owned(),
                what: what.to_owned(),
            }));
        }
    }

    fn deny(
        &mut self,
        key: Key,
        what: &'static str,
        topic: &str,
        why: (&'static str, String),
        out: &mut Vec<Action>,
    ) {
        self.counters.denied += 1;
        let (code, why) = why;
        out.push(Action::Tell(Told::Denied {
            who: self.who(key),
            what,
            topic: topic.to_owned(),
            code,
            why,
        }));
    }

    fn member(&self, key: Key) -> Option<Member> {
        match &self.sessions.get(&key)?.state {
            State::In(member) => Some(member.clone()),
            State::Waiting => None,
        }
    }
}
