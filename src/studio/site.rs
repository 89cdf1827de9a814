//! The platform and the simulated devices behind it, as one machine.
//!
//! A simulated device is a client like any other: it logs in with a token and speaks its topics.
//! Its packets stay inside.

use std::collections::{BTreeMap, HashMap};

use super::broker::{Action, Broker, Key, Now, Told};
use super::deed::{Deed, What};
use super::device::Device;
use super::registry::{Registry, Simulated};
use super::topic::{DeviceId, Thing};
use crate::error::Error;
use crate::moment::Moment;
use crate::mqtt::packet::Packet;
use crate::platform::onenet_studio::Token;
use crate::signature::{Secret, SecretName, Secrets};

/// Connections of simulated devices have numbers from here on.
const SIMULATED: Key = 1 << 63;

/// A simulated device's token is good for so long, in seconds.
const TOKEN_TIME: i64 = 10 * 365 * 24 * 3600;

/// The platform and its simulated devices.
pub struct Site {
    /// The platform.
    pub broker: Broker,
    devices: HashMap<Key, Device>,
    /// What each simulated device is, and what it signs with.
    made: BTreeMap<DeviceId, Made>,
    next_key: Key,
    /// What the platform wants done, used again and again.
    actions: Vec<Action>,
    /// Which device reports next, by [`Site::report`].
    turn: usize,
    order: Vec<DeviceId>,
    /// How many of them were connected at the start.
    started: usize,
}

struct Made {
    secrets: Secrets,
    /// Its connection, if it is online.
    key: Option<Key>,
    simulated: Simulated,
}

impl Site {
    /// A platform that knows these; a simulated device without a key gets one.
    #[must_use]
    pub fn new(mut registry: Registry, mut moment: Moment) -> Self {
        let mut made = BTreeMap::new();
        for (id, known) in &mut registry.devices {
            let Some(simulated) = known.simulated.clone() else {
                continue;
            };
            let key = known.key.get_or_insert_with(|| {
                use base64::Engine as _;
                let random: [u8; 32] = moment.bytes();
                Secret::new(base64::engine::general_purpose::STANDARD.encode(random))
            });
            let mut secrets = Secrets::new();
            secrets.push(SecretName::AccessKey, key.clone());
            let one = Made {
                secrets,
                key: None,
                simulated,
            };
            made.insert(id.clone(), one);
        }
        Self {
            broker: Broker::new(registry, moment),
            devices: HashMap::new(),
            order: made.keys().cloned().collect(),
            made,
            next_key: SIMULATED,
            actions: Vec::new(),
            turn: 0,
            started: 0,
        }
    }

    /// Connects the next simulated devices, at most so many; whether there are more.
    pub fn start(
        &mut self,
        portion: usize,
        now: Now,
        out: &mut Vec<Action>,
    ) -> Result<bool, Error> {
        let end = (self.started + portion).min(self.order.len());
        while self.started < end {
            let device = self.order[self.started].clone();
            self.connect(&device, now, out)?;
            self.started += 1;
        }
        // Its own devices are no logins that anybody waits for.
        self.broker.forget_counters();
        Ok(self.started < self.order.len())
    }

    fn connect(&mut self, id: &DeviceId, now: Now, out: &mut Vec<Action>) -> Result<(), Error> {
        let Some(made) = self.made.get_mut(id).filter(|made| made.key.is_none()) else {
            return Ok(());
        };
        let res = format!("products/{}/devices/{}", id.product, id.name);
        let et = (now.millis / 1000 + TOKEN_TIME).to_string();
        let token = Token::issue("2018-10-31", &res, &et, "sha256", &made.secrets)?;
        let key = self.next_key;
        self.next_key += 1;
        made.key = Some(key);
        let simulated = made.simulated.clone();
        let (device, connect) =
            Device::connect(id.clone(), simulated, token.compose(), now.elapsed);
        self.devices.insert(key, device);
        self.broker.accept(key, "simulated".to_owned(), now);
        self.take(key, connect, now, out);
        Ok(())
    }

    fn disconnect(&mut self, id: &DeviceId, now: Now, out: &mut Vec<Action>) {
        if let Some(key) = self.made.get(id).and_then(|made| made.key) {
            self.take(key, Packet::Disconnect, now, out);
        }
    }

    /// Takes a packet of a connection.
    pub fn take(&mut self, key: Key, packet: Packet, now: Now, out: &mut Vec<Action>) {
        self.broker.take(key, packet, now, &mut self.actions);
        self.settle(now, out);
    }

    /// Does something with the platform.
    pub fn with(
        &mut self,
        now: Now,
        out: &mut Vec<Action>,
        what: impl FnOnce(&mut Broker, &mut Vec<Action>),
    ) {
        what(&mut self.broker, &mut self.actions);
        self.settle(now, out);
    }

    /// Hands the simulated devices what is for them, and gives the rest away.
    fn settle(&mut self, now: Now, out: &mut Vec<Action>) {
        let mut answers = Vec::new();
        while !self.actions.is_empty() {
            for action in std::mem::take(&mut self.actions) {
                match action {
                    Action::Send(key, packet) if key >= SIMULATED => {
                        let Some(device) = self.devices.get_mut(&key) else {
                            continue;
                        };
                        device.take(packet, now.elapsed, now.millis, &mut answers);
                        for answer in answers.drain(..) {
                            self.broker.take(key, answer, now, &mut self.actions);
                        }
                    }
                    Action::Close(key) if key >= SIMULATED => self.lose(key),
                    other => out.push(other),
                }
            }
        }
    }

    /// A simulated device's connection is over: it asked for that, or a real one took its name.
    fn lose(&mut self, key: Key) {
        if let Some(device) = self.devices.remove(&key) {
            let (id, simulated) = device.into_parts();
            if let Some(made) = self.made.get_mut(&id) {
                made.key = None;
                made.simulated = simulated;
            }
        }
    }

    /// Plays something: a simulated device does it if it can, else the platform says so.
    pub fn play(&mut self, deed: &Deed, now: Now, out: &mut Vec<Action>) -> Result<(), Error> {
        let id = &deed.device;
        let key = self.made.get(id).and_then(|made| made.key);
        let device = key.and_then(|key| Some((key, self.devices.get_mut(&key)?)));
        match (&deed.what, device) {
            (What::Lifecycle(true), _) if self.made.contains_key(id) => {
                self.connect(id, now, out)?;
            }
            (What::Lifecycle(false), _) if self.made.contains_key(id) => {
                self.disconnect(id, now, out);
            }
            (What::Lifecycle(is_online), _) => {
                let is_online = *is_online;
                self.with(now, out, |broker, out| {
                    broker.play_lifecycle(id, is_online, now, out);
                });
            }
            (What::Property(params), Some((key, device))) => {
                let packet = device.post(params, now.elapsed, now.millis);
                self.take(key, packet, now, out);
            }
            (What::Event(params), Some((key, device))) => {
                let packet = device.event(params, now.elapsed, now.millis);
                self.take(key, packet, now, out);
            }
            (What::Property(params), None) => self.with(now, out, |broker, out| {
                broker.play_notify(id, Thing::Property, params, now, out);
            }),
            (What::Event(params), None) => self.with(now, out, |broker, out| {
                broker.play_notify(id, Thing::Event, params, now, out);
            }),
            (What::Get(names), _) => {
                self.with(now, out, |broker, out| broker.get(id, names, out));
            }
            (What::Invoke(identifier, params), _) => self.with(now, out, |broker, out| {
                broker.invoke(id, identifier, params.clone(), out);
            }),
            (What::Message { topic, payload }, _) => self.with(now, out, |broker, out| {
                broker.play_message(topic, payload.clone(), out);
            }),
        }
        Ok(())
    }

    /// The next simulated device that is online reports; whether there is one.
    pub fn report(&mut self, now: Now, out: &mut Vec<Action>) -> bool {
        for _ in 0..self.order.len() {
            self.turn = (self.turn + 1) % self.order.len();
            let made = self.made.get(&self.order[self.turn]);
            let key = made.and_then(|made| made.key);
            let Some((key, device)) = key.and_then(|key| Some((key, self.devices.get_mut(&key)?)))
            else {
                continue;
            };
            let packet = device.report(now.elapsed, now.millis);
            self.take(key, packet, now, out);
            return true;
        }
        false
    }

    /// How many devices are simulated.
    #[must_use]
    pub fn simulated(&self) -> usize {
        self.order.len()
    }

    /// Whether what was told is of a simulated device's own coming and going.
    #[must_use]
    pub fn is_own(told: &Told) -> bool {
        matches!(told, Told::Connected { peer, .. } if peer == "simulated")
    }
}

#[cfg(test)]
mod tests;
