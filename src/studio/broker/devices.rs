//! What the platform does by itself: it asks devices, and plays what no device has said.

use super::{Action, Broker, Now};
use crate::json::{Value, compact};
use crate::studio::message::{self, Params};
use crate::studio::topic::{DeviceId, Thing};

impl Broker {
    /// Whether a device is connected.
    #[must_use]
    pub fn is_online(&self, device: &DeviceId) -> bool {
        self.online.contains_key(device)
    }

    /// Tells applications that a device came or went, which it did not.
    pub fn play_lifecycle(
        &mut self,
        device: &DeviceId,
        is_online: bool,
        now: Now,
        out: &mut Vec<Action>,
    ) {
        let payload = message::lifecycle(device, is_online, now.millis);
        self.emit(&device.topic(Thing::Lifecycle), payload, out);
    }

    /// Tells applications what a device reported, which it did not; `thing` is a property or an
    /// event.
    pub fn play_notify(
        &mut self,
        device: &DeviceId,
        thing: Thing<'_>,
        params: &Params,
        now: Now,
        out: &mut Vec<Action>,
    ) {
        self.next_ask += 1;
        let id = self.next_ask.to_string();
        let params = compact(&message::timed(params, now.millis));
        let payload = message::notify(device, thing, &id, &params);
        self.emit(&device.topic(thing), payload, out);
    }

    /// Sends a recorded message to whoever listens to its topic.
    pub fn play_message(&mut self, topic: &str, payload: Vec<u8>, out: &mut Vec<Action>) {
        self.emit(topic, payload, out);
    }

    /// Asks a device for properties.
    pub fn get(&mut self, device: &DeviceId, names: &[String], out: &mut Vec<Action>) {
        let names = names.iter().cloned().map(Value::String).collect();
        self.request(device, Thing::Get, Value::Array(names), out);
    }

    /// Asks a device to do something.
    pub fn invoke(
        &mut self,
        device: &DeviceId,
        identifier: &str,
        params: Params,
        out: &mut Vec<Action>,
    ) {
        self.request(
            device,
            Thing::Invoke(identifier),
            Value::Object(params),
            out,
        );
    }

    fn request(
        &mut self,
        device: &DeviceId,
        thing: Thing<'_>,
        params: Value,
        out: &mut Vec<Action>,
    ) {
        let topic = device.topic(thing);
        if !self.subscribers.contains_key(&*topic) {
            let what = format!("it was to be asked by {thing}, and has not subscribed to that");
            return self.odd(&device.to_string(), &what, out);
        }
        self.next_ask += 1;
        let payload = message::numbered(&self.next_ask.to_string(), params);
        self.emit(&topic, payload, out);
    }
}
