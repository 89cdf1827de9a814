//! One message and its reply.

use std::time::Duration;

use tokio::time::Instant;

use crate::cmd::mqtt::account::Account;
use crate::cmd::mqtt::broker_url::BrokerUrl;
use crate::cmd::mqtt::connection::{Connection, ConnectionArgs, Failed, Lost, until};
use crate::error::Error;
use crate::mqtt::client::Event;
use crate::mqtt::packet::{Publish, QoS};
use crate::net::stop::Signal;
use crate::session::Session;
use crate::studio::message::{self, Reply};
use crate::studio::topic::DeviceId;

/// What is sent, to whom, and by whom.
pub(super) struct Exchange {
    pub(super) url: BrokerUrl,
    pub(super) account: Account,
    pub(super) connection: ConnectionArgs,
    pub(super) device: DeviceId,
    pub(super) is_desired: bool,
    pub(super) topic: String,
    pub(super) payload: Vec<u8>,
    pub(super) request_id: String,
    pub(super) qos: QoS,
    /// Where the reply comes, if one is waited for.
    pub(super) reply_topic: Option<String>,
}

/// What became of it.
pub(super) enum Fate {
    /// The reply came.
    Replied(Answer),
    /// No reply was asked for: it is sent, and perhaps acknowledged.
    Sent { took: Duration },
    /// No reply came in time; whether the broker has acknowledged the message.
    Silence { is_acknowledged: bool },
    /// The broker does not let this account have replies.
    Unsubscribed,
    /// There was no connection.
    Unconnected(Failed),
    /// The connection broke, perhaps after the message was sent.
    Broke { lost: Lost, is_sent: bool },
    /// Somebody ended it.
    Signal(Signal),
}

/// A reply as it came.
pub(super) struct Answer {
    pub(super) reply: Reply,
    pub(super) payload: Vec<u8>,
    /// What is worth a look in it.
    pub(super) repairs: Vec<String>,
    pub(super) took: Duration,
}

impl Exchange {
    pub(super) async fn run(&self, session: &mut Session) -> Result<Fate, Error> {
        let ConnectionArgs {
            keep_alive,
            timeout,
        } = self.connection;
        let options = self.account.options(keep_alive, timeout, session.now())?;
        let mut connection = match Connection::open(&self.url.address, options).await {
            Ok(connection) => connection,
            Err(failed) => return Ok(Fate::Unconnected(failed)),
        };
        let mut is_sent = false;
        let fate = match self.talk(&mut connection, &mut is_sent, session).await {
            Ok(fate) => fate,
            Err(lost) => return Ok(Fate::Broke { lost, is_sent }),
        };
        connection.close().await;
        Ok(fate)
    }

    async fn talk(
        &self,
        connection: &mut Connection,
        is_sent: &mut bool,
        session: &mut Session,
    ) -> Result<Fate, Lost> {
        // Nothing is buffered: who is not subscribed yet misses the reply.
        if let Some(topic) = &self.reply_topic {
            connection.subscribe(std::slice::from_ref(topic), QoS::AtLeastOnce);
            while !connection.is_settled() {
                connection.turn().await?;
                while let Some(event) = connection.next()? {
                    if is_refused(&event) {
                        return Ok(Fate::Unsubscribed);
                    }
                }
            }
        }
        let pkid = connection.publish(&self.topic, self.payload.clone(), self.qos);
        let sent = Instant::now();
        *is_sent = true;
        let mut is_acknowledged = false;
        if self.reply_topic.is_none() && pkid == 0 {
            let took = sent.elapsed();
            return Ok(Fate::Sent { took });
        }
        // The clock ends it, however much there is that is no reply.
        while sent.elapsed() < self.connection.timeout {
            tokio::select! {
                turned = connection.turn() => turned?,
                () = until(Some(sent + self.connection.timeout)) => {}
            }
            while let Some(event) = connection.next()? {
                match event {
                    Event::Acknowledged(have) if have == pkid => {
                        is_acknowledged = true;
                        if self.reply_topic.is_none() {
                            let took = sent.elapsed();
                            return Ok(Fate::Sent { took });
                        }
                    }
                    Event::Message { publish, .. } => {
                        if let Some(answer) = self.answer(&publish, sent, session) {
                            return Ok(Fate::Replied(answer));
                        }
                    }
                    _ => {}
                }
            }
        }
        Ok(Fate::Silence { is_acknowledged })
    }

    /// The reply, if this message is the one that is waited for.
    fn answer(&self, publish: &Publish, sent: Instant, session: &mut Session) -> Option<Answer> {
        if Some(&publish.topic) != self.reply_topic.as_ref() {
            return None;
        }
        let read = message::read(&publish.payload);
        let reply = read.as_ref().ok().and_then(|(value, _)| Reply::read(value));
        match (reply, read) {
            (Some(reply), Ok((_, repairs))) if reply.request_id == self.request_id => {
                Some(Answer {
                    reply,
                    payload: publish.payload.to_vec(),
                    repairs,
                    took: sent.elapsed(),
                })
            }
            (Some(reply), _) => {
                if session.globals.verbose {
                    session.note(&format!(
                        "a reply to another request came: {}",
                        reply.request_id
                    ));
                }
                None
            }
            (None, read) => {
                let why = match read {
                    Err(why) => why,
                    Ok(_) => "it has no `requestId` and `success`".to_owned(),
                };
                session.warn(&format!("what came where replies come is none: {why}"));
                None
            }
        }
    }
}

fn is_refused(event: &Event) -> bool {
    match event {
        Event::Subscribed(answered) => answered.iter().any(|(_, granted)| granted.is_none()),
        _ => false,
    }
}
