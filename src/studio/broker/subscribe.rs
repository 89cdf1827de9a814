//! Who may listen to what.

use super::session::Member;
use super::{Action, Broker, Key, Now, Told};
use crate::mqtt::packet::{
    Packet, QoS, SubAck, Subscribe, SubscribeReasonCode, UnsubAck, Unsubscribe, level,
};
use crate::mqtt::topic::has_wildcard;
use crate::studio::topic::{Thing, Topic};

impl Broker {
    pub(super) fn subscribe(
        &mut self,
        key: Key,
        asked: &Subscribe,
        now: Now,
        out: &mut Vec<Action>,
    ) {
        let Some(member) = self.member(key) else {
            return;
        };
        let mut codes = Vec::with_capacity(asked.filters.len());
        let mut listens_to_set = false;
        for filter in &asked.filters {
            match self.may_listen(&member, &filter.path) {
                Ok(thing) => {
                    let most = match member {
                        Member::Application(_) => QoS::AtLeastOnce,
                        Member::Device(_) => QoS::AtMostOnce,
                    };
                    let qos = if filter.qos > most { most } else { filter.qos };
                    self.listen(key, &filter.path, qos);
                    listens_to_set |= thing == Thing::Set;
                    codes.push(SubscribeReasonCode::Success(qos));
                    out.push(Action::Tell(Told::Subscribed {
                        who: member.to_string(),
                        role: member.role(),
                        topic: filter.path.clone(),
                        qos: level(qos),
                    }));
                }
                Err(why) => {
                    codes.push(SubscribeReasonCode::Failure);
                    self.deny(key, "SUBSCRIBE", &filter.path, why, out);
                }
            }
        }
        let answer = Packet::SubAck(SubAck::new(asked.pkid, codes));
        out.push(Action::Send(key, answer));
        if let (true, Member::Device(device)) = (listens_to_set, &member) {
            self.deliver_desired(device, now, out);
        }
    }

    fn may_listen<'t>(
        &self,
        member: &Member,
        filter: &'t str,
    ) -> Result<Thing<'t>, (&'static str, String)> {
        let deny = |why: &str| Err(("authPermissionDeny", why.to_owned()));
        if has_wildcard(filter) {
            return deny("a subscription names one device, without wildcards");
        }
        let Some(topic) = Topic::parse(filter) else {
            return deny("it is none of the documented topics");
        };
        if !topic.thing.is_subscribed_by(member.role()) {
            return deny(match member {
                Member::Application(_) => {
                    "an application may subscribe to lifecycle, property, event and \
                     property/set/reply"
                }
                Member::Device(_) => "that is not for devices to subscribe to",
            });
        }
        let device = topic.device_id();
        match member {
            Member::Device(own) if device == *own => Ok(topic.thing),
            Member::Device(_) => deny("it is another device's topic"),
            // Whoever may not see a device, or misspelt it, is told so by a reply.
            Member::Application(_) if topic.thing == Thing::SetReply => Ok(topic.thing),
            Member::Application(username) => match self.registry.sees(username, &device) {
                Some(true) => Ok(topic.thing),
                Some(false) => deny("the device belongs to another account"),
                None => Err(("deviceNotFound", format!("there is no device {device}"))),
            },
        }
    }

    fn listen(&mut self, key: Key, topic: &str, qos: QoS) {
        let Some(session) = self.sessions.get_mut(&key) else {
            return;
        };
        let listeners = self.subscribers.entry(topic.into()).or_default();
        if let Some((_, granted)) = listeners.iter_mut().find(|(other, _)| *other == key) {
            *granted = qos;
        } else {
            listeners.push((key, qos));
            session.topics.push(topic.into());
        }
    }

    pub(super) fn unsubscribe(&mut self, key: Key, asked: &Unsubscribe, out: &mut Vec<Action>) {
        for topic in &asked.topics {
            self.forget(topic, key);
            if let Some(session) = self.sessions.get_mut(&key) {
                session.topics.retain(|have| **have != **topic);
            }
        }
        let answer = Packet::UnsubAck(UnsubAck::new(asked.pkid));
        out.push(Action::Send(key, answer));
    }

    /// Nobody of that connection listens to it any more.
    pub(super) fn forget(&mut self, topic: &str, key: Key) {
        if let Some(listeners) = self.subscribers.get_mut(topic) {
            listeners.retain(|(other, _)| *other != key);
            if listeners.is_empty() {
                self.subscribers.remove(topic);
            }
        }
    }
}
