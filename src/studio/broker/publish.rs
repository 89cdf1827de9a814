//! What comes from applications and devices, and where it goes.

use super::session::Member;
use super::{Action, Broker, Key, Now, Told};
use crate::json::scan;
use crate::mqtt::packet::{Packet, PubAck, Publish, QoS};
use crate::studio::message;
use crate::studio::topic::{DeviceId, Thing, Topic};

impl Broker {
    pub(super) fn publish(&mut self, key: Key, publish: &Publish, now: Now, out: &mut Vec<Action>) {
        let Some(member) = self.member(key) else {
            return;
        };
        self.counters.published += 1;
        match publish.qos {
            QoS::AtMostOnce => {}
            // A message that may not be sent is acknowledged, too: 3.1.1 knows no other answer.
            QoS::AtLeastOnce => {
                out.push(Action::Send(key, Packet::PubAck(PubAck::new(publish.pkid))));
            }
            QoS::ExactlyOnce => {
                self.close(key, "a message of QoS 2, which there is not here", now, out);
                return;
            }
        }
        if publish.retain {
            let what = "it asks for a message to be retained: the platform retains none";
            self.odd(&member.to_string(), what, out);
        }
        let topic = match may_publish(&member, &publish.topic) {
            Ok(topic) => topic,
            Err(why) => {
                let why = ("authPermissionDeny", why.to_owned());
                return self.deny(key, "PUBLISH", &publish.topic, why, out);
            }
        };
        match member {
            Member::Application(username) => {
                self.set(key, &username, &topic, &publish.payload, now, out);
            }
            Member::Device(device) => self.reported(&device, &topic, publish, out),
        }
    }

    /// Counts and tells what is wrong with a message.
    pub(super) fn find_faults(
        &mut self,
        who: &str,
        topic: &Topic<'_>,
        faults: &[String],
        out: &mut Vec<Action>,
    ) {
        if !faults.is_empty() {
            self.counters.invalid += 1;
            out.push(Action::Tell(Told::Invalid));
            let what = format!("{}: {}", topic.thing, faults.join(", "));
            self.odd(who, &what, out);
        }
    }

    fn reported(
        &mut self,
        device: &DeviceId,
        topic: &Topic<'_>,
        publish: &Publish,
        out: &mut Vec<Action>,
    ) {
        let judged = message::judge(topic, &publish.payload);
        let flaws = judged.faults();
        self.find_faults(&device.to_string(), topic, &flaws, out);
        let value = judged.value;
        let id = value.as_ref().and_then(|it| it.member("id")?.as_str());
        let id = id.unwrap_or_default();
        match topic.thing {
            Thing::Post | Thing::EventPost => {
                let (reply, heard) = if topic.thing == Thing::Post {
                    (Thing::PostReply, Thing::Property)
                } else {
                    (Thing::EventPostReply, Thing::Event)
                };
                let is_right = flaws.is_empty();
                let answer = if is_right {
                    message::answer(id, 200, "success", None)
                } else {
                    message::answer(id, 400, &flaws.join(", "), None)
                };
                self.emit(&device.topic(reply), answer, out);
                if is_right && let Some(params) = params(&publish.payload) {
                    let payload = message::notify(device, heard, id, params);
                    self.emit(&device.topic(heard), payload, out);
                }
            }
            Thing::SetAnswer => self.set_answered(device, id, value.as_ref(), out),
            thing => out.push(Action::Tell(Told::DeviceSaid {
                device: device.clone(),
                thing: thing.to_string(),
                payload: publish.payload.clone(),
            })),
        }
    }
}

/// The parameters as the device wrote them.
fn params(payload: &[u8]) -> Option<&[u8]> {
    let members = scan::members(payload).ok()?;
    let mut members = members.into_iter().rev();
    let found = members.find(|member| member.name == b"params")?;
    Some(found.value)
}

/// The topic, if somebody may publish it.
fn may_publish<'t>(member: &Member, name: &'t str) -> Result<Topic<'t>, &'static str> {
    let Some(topic) = Topic::parse(name) else {
        return Err("it is none of the documented topics");
    };
    if !topic.thing.is_published_by(member.role()) {
        return Err(match member {
            Member::Application(_) => {
                "an application may publish property/set and property/desired/set"
            }
            Member::Device(_) => "that is not for devices to publish",
        });
    }
    match member {
        Member::Device(own) if topic.device_id() != *own => Err("it is another device's topic"),
        _ => Ok(topic),
    }
}
