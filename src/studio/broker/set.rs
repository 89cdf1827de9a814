//! property/set: from an application, through a rule or the device, and back.

use super::{Action, Asked, Broker, DEVICE_TIME, Key, LONGEST_ID, MOST, Now, Told, Waiting};
use crate::json::Value;
use crate::studio::message::{self, Params, Reply, param, put};
use crate::studio::rule::{Answer, message_of};
use crate::studio::topic::{DeviceId, Thing, Topic};

/// A request that can be answered.
struct Request {
    device: DeviceId,
    id: String,
    is_desired: bool,
}

impl Broker {
    pub(super) fn set(
        &mut self,
        key: Key,
        username: &str,
        topic: &Topic<'_>,
        payload: &[u8],
        now: Now,
        out: &mut Vec<Action>,
    ) {
        self.counters.sets += 1;
        let device = topic.device_id();
        let judged = message::judge(topic, payload);
        let flaws = judged.faults();
        let who = self.who(key);
        self.find_faults(&who, topic, &flaws, out);
        let value = judged.value.unwrap_or(Value::Null);
        let Some(id) = value.member("requestId").and_then(Value::as_str) else {
            let why = "without a requestId nobody can be answered".to_owned();
            let why = ("parameterRequired", why);
            return self.deny(key, "PUBLISH", &topic.to_string(), why, out);
        };
        if id.len() > LONGEST_ID {
            let why = format!("a requestId of {} bytes; documented are 32", id.len());
            let why = ("invalidParameter", why);
            return self.deny(key, "PUBLISH", &topic.to_string(), why, out);
        }
        let request = Request {
            id: id.to_owned(),
            is_desired: topic.thing == Thing::DesiredSet,
            device,
        };
        out.push(Action::Tell(Told::Set {
            device: request.device.clone(),
            request_id: request.id.clone(),
            is_desired: request.is_desired,
        }));
        let refuse = |code: &str, msg: &str| Some((code.to_owned(), msg.to_owned()));
        let params = value.member("data").and_then(|data| data.member("params"));
        let refusal = match self.registry.sees(username, &request.device) {
            None => refuse("deviceNotFound", message_of("deviceNotFound")),
            Some(false) => refuse(
                "authPermissionDeny",
                "the device belongs to another account",
            ),
            Some(true) => match params {
                None => refuse("parameterRequired", "data.params is missing"),
                Some(Value::Object(_)) if flaws.is_empty() => None,
                Some(_) => refuse("invalidParameter", &flaws.join(", ")),
            },
        };
        match (refusal, params) {
            (None, Some(Value::Object(params))) => self.ask(request, params, now, out),
            (Some(refusal), _) => self.reply(request, Err(refusal), "the platform", out),
            // A refusal was found above for whatever has no params.
            (None, _) => {}
        }
    }

    fn ask(&mut self, request: Request, params: &Params, now: Now, out: &mut Vec<Action>) {
        let moment = &mut self.moment;
        let mut rules = self.registry.rules.iter_mut().enumerate();
        let struck = rules.find_map(|(at, rule)| {
            let strikes = rule.strikes(&request.device, params, moment);
            strikes.then(|| (at, rule.answer.clone(), rule.delay))
        });
        if let Some((at, answer, delay)) = struck {
            let by = format!("rule {}", at + 1);
            let result = match answer {
                Answer::Success => Ok(()),
                Answer::Code(code, msg) => Err((code, msg)),
                Answer::Silence => {
                    return out.push(unanswered(request.device, request.id, by));
                }
            };
            if delay.is_zero() || self.due.len() >= MOST {
                return self.reply(request, result, &by, out);
            }
            let reply = Reply {
                request_id: request.id,
                result,
            };
            self.next_due += 1;
            let device = request.device;
            let waiting = Waiting { device, reply, by };
            self.due
                .insert((now.elapsed + delay, self.next_due), waiting);
            return;
        }
        if self.asked.len() >= MOST {
            let why = "too many requests wait for devices".to_owned();
            let refusal = ("setPropertyFailed".to_owned(), why);
            self.reply(request, Err(refusal), "the platform", out);
        } else if self.hears_set(&request.device) {
            self.pass_on(&request.device, Some(request.id), params.clone(), now, out);
        } else if request.is_desired {
            let kept = self.desired.entry(request.device.clone()).or_default();
            keep(kept, params);
            let by = "the platform, which keeps it until the device comes";
            self.reply(request, Ok(()), by, out);
        } else {
            let is_online = self.online.contains_key(&request.device);
            let why = if is_online {
                "the device has not subscribed to property/set"
            } else {
                "the device is offline"
            };
            let refusal = ("setPropertyFailed".to_owned(), why.to_owned());
            self.reply(request, Err(refusal), "the platform", out);
        }
    }

    /// Whether the device gets what is published to it.
    fn hears_set(&self, device: &DeviceId) -> bool {
        self.online.contains_key(device)
            && self.subscribers.contains_key(&*device.topic(Thing::Set))
    }

    fn pass_on(
        &mut self,
        device: &DeviceId,
        request_id: Option<String>,
        params: Params,
        now: Now,
        out: &mut Vec<Action>,
    ) {
        self.next_ask += 1;
        let asked = Asked {
            device: device.clone(),
            request_id,
            since: now.elapsed,
        };
        self.asked.insert(self.next_ask, asked);
        let payload = message::numbered(&self.next_ask.to_string(), Value::Object(params));
        self.emit(&device.topic(Thing::Set), payload, out);
    }

    /// What was kept for a device goes to it now.
    pub(super) fn deliver_desired(&mut self, device: &DeviceId, now: Now, out: &mut Vec<Action>) {
        if let Some(params) = self.desired.remove(device) {
            self.pass_on(device, None, params, now, out);
        }
    }

    /// A device's answer to property/set.
    pub(super) fn set_answered(
        &mut self,
        device: &DeviceId,
        id: &str,
        value: Option<&Value>,
        out: &mut Vec<Action>,
    ) {
        let number = id.parse().ok();
        let known = number.filter(|it| self.asked.get(it).is_some_and(|it| it.device == *device));
        let Some(asked) = known.and_then(|number| self.asked.remove(&number)) else {
            let what = format!("its property/set_reply has the id \"{id}\", which was not asked");
            self.odd(&device.to_string(), &what, out);
            return;
        };
        let Some(request_id) = asked.request_id else {
            return;
        };
        let text = |name: &str| value.and_then(|value| value.member(name));
        let result = match text("code") {
            Some(Value::Number(code)) if code == "200" => Ok(()),
            _ => {
                let msg = text("msg").and_then(Value::as_str);
                let msg = msg.unwrap_or(message_of("setPropertyFailed"));
                Err(("setPropertyFailed".to_owned(), msg.to_owned()))
            }
        };
        let request = Request {
            device: asked.device,
            id: request_id,
            is_desired: false,
        };
        self.reply(request, result, "the device", out);
    }

    /// Answers that waited for their time.
    pub(super) fn answer_due(&mut self, now: Now, out: &mut Vec<Action>) {
        while let Some(first) = self.due.first_entry()
            && first.key().0 <= now.elapsed
        {
            let Waiting { device, reply, by } = first.remove();
            self.send_reply(device, reply, by, out);
        }
    }

    /// Devices that have not answered in time.
    pub(super) fn give_up(&mut self, now: Now, out: &mut Vec<Action>) {
        let is_late = |asked: &Asked| now.elapsed.saturating_sub(asked.since) >= DEVICE_TIME;
        while let Some(first) = self.asked.first_entry()
            && is_late(first.get())
        {
            let asked = first.remove();
            if let Some(id) = asked.request_id {
                let by = "the device, which did not answer within 5 s".to_owned();
                out.push(unanswered(asked.device, id, by));
            }
        }
    }

    fn reply(
        &mut self,
        request: Request,
        result: Result<(), (String, String)>,
        by: &str,
        out: &mut Vec<Action>,
    ) {
        let reply = Reply {
            request_id: request.id,
            result,
        };
        self.send_reply(request.device, reply, by.to_owned(), out);
    }

    fn send_reply(&mut self, device: DeviceId, reply: Reply, by: String, out: &mut Vec<Action>) {
        if reply.result.is_ok() {
            self.counters.succeeded += 1;
        }
        self.emit(&device.topic(Thing::SetReply), reply.compose(), out);
        out.push(Action::Tell(Told::Answered {
            device,
            request_id: reply.request_id,
            success: Some(reply.result.is_ok()),
            refusal: reply.result.err(),
            by,
        }));
    }
}

/// A desired value takes the place of the one before.
fn keep(kept: &mut Params, params: &Params) {
    for (name, value) in params {
        if kept.len() < MOST || param(kept, name).is_some() {
            put(kept, name, value);
        }
    }
}

fn unanswered(device: DeviceId, request_id: String, by: String) -> Action {
    Action::Tell(Told::Answered {
        device,
        request_id,
        success: None,
        refusal: None,
        by,
    })
}
