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
//! property/set for a device that is offline: `setPropertyFailed`. property/desired/set: the last
//! value of each property is kept for the device, and it is answered on property/set/reply. To that
//! any application may listen: else nobody would learn that there is no such device. A device that
//! does not answer: no reply.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::Duration;

use self::session::{Member, Session, State};
use super::login;
use super::message::{self, Params, Reply};
use super::registry::Registry;
use super::topic::{DeviceId, Role, Thing, Topic};
use crate::moment::Moment;
use crate::mqtt::client::name;
use crate::mqtt::packet::{Bytes, Malformed, Packet, Publish, QoS};

mod connect;
mod devices;
mod publish;
mod session;
mod set;
mod subscribe;
mod told;

pub use told::{Counters, Told};

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
/// So many requests may wait for devices, so many answers for their time, and so many properties
/// of a device for it.
const MOST: usize = 10_000;
/// The documentation's `requestId` has 32 characters.
const LONGEST_ID: usize = 128;
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
    desired: HashMap<DeviceId, Params>,
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

    /// Whether somebody has logged in by this connection.
    #[must_use]
    pub fn is_in(&self, key: Key) -> bool {
        self.sessions.get(&key).is_some_and(|it| !it.is_waiting())
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

    /// A client is too slow: this message was not sent to it.
    pub fn overflowed(&mut self, key: Key, dropped: &Packet, out: &mut Vec<Action>) {
        self.counters.dropped += 1;
        self.counters.delivered = self.counters.delivered.saturating_sub(1);
        if let (Packet::Publish(publish), Some(session)) = (dropped, self.sessions.get_mut(&key)) {
            // What was not sent is never acknowledged.
            session.acknowledge(publish.pkid);
        }
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
