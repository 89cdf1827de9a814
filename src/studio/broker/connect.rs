//! Who is let in, and who is turned away.

use jiff::Timestamp;

use super::session::{Member, State};
use super::{Action, Broker, KEEP_ALIVE, Key, Now, Told};
use crate::mqtt::packet::{ConnAck, Connect, ConnectReturnCode, Packet};
use crate::studio::login::{self, Login, Refusal};
use crate::studio::message;
use crate::studio::topic::Thing;

impl Broker {
    pub(super) fn connect(&mut self, key: Key, connect: Connect, now: Now, out: &mut Vec<Action>) {
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
        if connect.client_id.is_empty() && !connect.clean_session {
            // [MQTT-3.1.3-8]
            let why = "without a client id the session must be a clean one".to_owned();
            let refusal = Refusal::new(1101, "empty clientId, username or password", why);
            return self.turn_away(key, username.to_owned(), refusal, 2, now, out);
        }
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

    pub(super) fn refuse(
        &mut self,
        key: Key,
        username: String,
        refusal: Refusal,
        now: Now,
        out: &mut Vec<Action>,
    ) {
        let connack = refusal.connack();
        self.turn_away(key, username, refusal, connack, now, out);
    }

    fn turn_away(
        &mut self,
        key: Key,
        username: String,
        refusal: Refusal,
        connack: u8,
        now: Now,
        out: &mut Vec<Action>,
    ) {
        self.counters.refused += 1;
        let code = match connack {
            1 => ConnectReturnCode::RefusedProtocolVersion,
            2 => ConnectReturnCode::BadClientId,
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
}
