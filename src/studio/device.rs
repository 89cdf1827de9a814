//! A simulated device: a machine that speaks the device's side of the protocol.
//!
//! It connects, subscribes to what is asked of it, does what is set, and reports what has
//! changed. What it does with an unknown property, a value of another type or an unknown service is
//! not documented: it answers 400.

use std::time::Duration;

use super::message::{self, Params, param, put};
use super::registry::Simulated;
use super::shape::kind;
use super::topic::{DeviceId, Thing, Topic};
use crate::json::Value;
use crate::mqtt::client::{Client, Event, Options};
use crate::mqtt::packet::{Packet, QoS};

/// What a device's answer says where all is well.
const SUCCESS: u16 = 200;
const REFUSED: u16 = 400;

/// A device.
#[derive(Debug)]
pub struct Device {
    id: DeviceId,
    made: Simulated,
    /// What it takes is fixed by what it had at the start.
    is_fixed: bool,
    client: Client,
    next_id: u64,
    /// How often it reported all that it has.
    reports: u64,
}

impl Device {
    /// A device that connects with this token, and its first packet.
    #[must_use]
    pub fn connect(id: DeviceId, made: Simulated, token: String, now: Duration) -> (Self, Packet) {
        let options = Options {
            client_id: id.name.clone(),
            username: id.product.clone(),
            password: token,
            // Inside one process no connection is lost without a word.
            keep_alive: Duration::ZERO,
            patience: Duration::MAX,
        };
        let (client, connect) = Client::open(options, now);
        let device = Self {
            is_fixed: !made.properties.is_empty(),
            id,
            made,
            client,
            next_id: 0,
            reports: 0,
        };
        (device, connect)
    }

    /// Who it is.
    #[must_use]
    pub fn id(&self) -> &DeviceId {
        &self.id
    }

    /// What remains of it when its connection is over.
    #[must_use]
    pub fn into_parts(self) -> (DeviceId, Simulated) {
        (self.id, self.made)
    }

    /// Takes a packet of the platform at `now`, `millis` by the calendar; what it sends is put
    /// into `out`.
    pub fn take(&mut self, packet: Packet, now: Duration, millis: i64, out: &mut Vec<Packet>) {
        match self.client.take(packet, now, out) {
            Ok(Event::Connected { .. }) => self.subscribe(now, out),
            Ok(Event::Message { publish, .. }) => {
                self.obey(&publish.topic, &publish.payload, now, millis, out);
            }
            // Its platform is this program's own: what else comes needs no answer.
            Ok(_) | Err(_) => {}
        }
    }

    fn subscribe(&mut self, now: Duration, out: &mut Vec<Packet>) {
        let fixed = [
            Thing::Set,
            Thing::Get,
            Thing::PostReply,
            Thing::EventPostReply,
        ];
        let services = self.made.services.iter().map(|it| Thing::Invoke(it));
        let things = fixed.into_iter().chain(services);
        let filters: Vec<_> = things.map(|thing| self.id.topic(thing)).collect();
        out.extend(self.client.subscribe(&filters, QoS::AtMostOnce, now));
    }

    /// Reports properties, and has them from then on.
    pub fn post(&mut self, params: &Params, now: Duration, millis: i64) -> Packet {
        for (name, value) in params {
            put(&mut self.made.properties, name, value);
        }
        let timed = message::timed(params, millis);
        self.say(Thing::Post, timed, now)
    }

    /// Reports all that it has; one that has nothing reports how often it did.
    pub fn report(&mut self, now: Duration, millis: i64) -> Packet {
        self.reports += 1;
        let params = if self.made.properties.is_empty() {
            let count = Value::Number(self.reports.to_string());
            message::timed(&[("count".to_owned(), count)], millis)
        } else {
            message::timed(&self.made.properties, millis)
        };
        self.say(Thing::Post, params, now)
    }

    /// Reports an event.
    pub fn event(&mut self, params: &Params, now: Duration, millis: i64) -> Packet {
        let timed = message::timed(params, millis);
        self.say(Thing::EventPost, timed, now)
    }

    fn say(&mut self, thing: Thing<'_>, params: Value, now: Duration) -> Packet {
        self.next_id += 1;
        let payload = message::numbered(&self.next_id.to_string(), params);
        let topic = self.id.topic(thing);
        Packet::Publish(self.client.publish(&topic, payload, QoS::AtMostOnce, now))
    }

    fn obey(
        &mut self,
        name: &str,
        payload: &[u8],
        now: Duration,
        millis: i64,
        out: &mut Vec<Packet>,
    ) {
        let Some(topic) = Topic::parse(name) else {
            return;
        };
        let value = message::read(payload).map_or(Value::Null, |(value, _)| value);
        let id = value
            .member("id")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let params = value.member("params");
        let mut changed = None;
        let (thing, answer) = match (topic.thing, params) {
            (Thing::Set, Some(Value::Object(params))) => {
                let names = params.iter().map(|(name, _)| name.as_str());
                let refusal = self.unknown(names).or_else(|| self.other_type(params));
                let answer = match refusal {
                    None => {
                        changed = Some(self.post(params, now, millis));
                        message::answer(id, SUCCESS, "success", None)
                    }
                    Some(why) => message::answer(id, REFUSED, &why, None),
                };
                (Thing::SetAnswer, answer)
            }
            (Thing::Get, Some(Value::Array(names))) => {
                let names = || names.iter().filter_map(Value::as_str);
                let found = names().filter_map(|name| {
                    let value = param(&self.made.properties, name)?;
                    Some((name.to_owned(), value.clone()))
                });
                let answer = match self.unknown(names()) {
                    None => {
                        let data = Some(Value::Object(found.collect()));
                        message::answer(id, SUCCESS, "success", data)
                    }
                    Some(why) => message::answer(id, REFUSED, &why, None),
                };
                (Thing::GetAnswer, answer)
            }
            (Thing::Invoke(identifier), Some(Value::Object(_))) => {
                let data = Some(Value::Object(Vec::new()));
                let answer = message::answer(id, SUCCESS, "success", data);
                (Thing::InvokeAnswer(identifier), answer)
            }
            (Thing::Set, _) => (Thing::SetAnswer, not_understood(id)),
            (Thing::Get, _) => (Thing::GetAnswer, not_understood(id)),
            (Thing::Invoke(identifier), _) => (Thing::InvokeAnswer(identifier), not_understood(id)),
            // The platform's word that a report has arrived.
            _ => return,
        };
        let topic = self.id.topic(thing);
        let answer = self.client.publish(&topic, answer, QoS::AtMostOnce, now);
        out.push(Packet::Publish(answer));
        out.extend(changed);
    }

    /// Which of the names is none of its properties.
    fn unknown<'n>(&self, mut names: impl Iterator<Item = &'n str>) -> Option<String> {
        let is_unknown = |name: &&str| param(&self.made.properties, name).is_none();
        let unknown = self.is_fixed.then(|| names.find(is_unknown)).flatten()?;
        Some(format!("no property `{unknown}`"))
    }
}

impl Device {
    /// Which value is of another type than what the property has: 30.5 and "30.5" are two.
    fn other_type(&self, params: &Params) -> Option<String> {
        params.iter().find_map(|(name, value)| {
            let have = param(&self.made.properties, name)?;
            let (have, came) = (kind(have), kind(value));
            (self.is_fixed && have != came)
                .then(|| format!("property `{name}` is {have}, and {came} came"))
        })
    }
}

fn not_understood(id: &str) -> Vec<u8> {
    message::answer(id, REFUSED, "params are missing or of the wrong type", None)
}
