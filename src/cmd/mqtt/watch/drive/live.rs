//! One connection: from the dialling to its end, and what comes meanwhile.
//!
//! All packets of one read are taken before anything is waited for: their records are written
//! together, then their acknowledgements leave together, and their lines are printed together.

use std::time::Duration;

use tokio::time::Instant;

use super::Drive;
use crate::args::tell_ready;
use crate::cmd::mqtt::connection::{Connection, Failed, Lost, until};
use crate::cmd::mqtt::refused;
use crate::cmd::mqtt::watch::case;
use crate::cmd::mqtt::watch::message::Message;
use crate::cmd::mqtt::watch::show::{ReadyLine, Show};
use crate::error::Error;
use crate::mqtt::client::{Event, refusal};
use crate::mqtt::packet::{Publish, QoS};
use crate::mqtt::topic;
use crate::net::stop::{Signal, Signals};
use crate::report::case::Case;

/// The CONNACK of a broker that cannot serve now: it may later.
const UNAVAILABLE: u8 = 3;

/// How one connection ended.
pub(super) enum Over {
    /// The run is over.
    Ended(Option<Signal>),
    /// The run cannot go on: why.
    Failed(Box<Case>),
    /// It may be tried again.
    Lost(Lost),
}

impl Drive {
    /// One connection, from the dialling to its end.
    pub(super) async fn live(
        &mut self,
        show: &mut Show<'_>,
        signals: &mut Signals,
    ) -> Result<Over, Error> {
        let (keep_alive, patience) = (
            self.plan.connection.keep_alive,
            self.plan.connection.timeout,
        );
        let options = self
            .plan
            .account
            .options(keep_alive, patience, self.clock.now())?;
        let opened = tokio::select! {
            opened = Connection::open(&self.plan.url.address, options) => opened,
            signal = signals.next() => return Ok(Over::Ended(Some(signal))),
            () = self.end() => return Ok(Over::Ended(None)),
        };
        let mut connection = match opened {
            Ok(connection) => connection,
            Err(failed) => return Ok(self.unconnected(failed)),
        };
        let since = Instant::now();
        self.granted = 0;
        connection.subscribe(&self.plan.filters, self.plan.qos);
        let over = loop {
            tokio::select! {
                turned = connection.turn() => {
                    let taken = match turned {
                        Ok(()) => self.take(&mut connection, show)?,
                        Err(lost) => Err(lost),
                    };
                    if let Err(lost) = taken {
                        break self.lost(lost);
                    }
                    if self.is_unsubscribed(&connection) {
                        break Over::Ended(None);
                    }
                }
                signal = signals.next() => break Over::Ended(Some(signal)),
                () = until(self.next_end()) => {}
                // A reader who goes away is noticed by the thread that writes.
                () = show.session.progress(), if !self.plan.has_purpose => show.flush(),
            }
            let is_unread = show.reporter.is_unread() && !self.plan.has_purpose;
            if self.is_over() || is_unread {
                break Over::Ended(None);
            }
        };
        self.again.ended(since.elapsed());
        if matches!(over, Over::Ended(_)) {
            connection.close().await;
        }
        Ok(over)
    }

    /// Takes all that has come, and finds out whether the connection still holds.
    fn take(
        &mut self,
        connection: &mut Connection,
        show: &mut Show<'_>,
    ) -> Result<Result<(), Lost>, Error> {
        let elapsed = self.elapsed();
        self.heard = self.clock.now();
        let at = format!("{:.3}", self.heard);
        let lost = loop {
            match connection.next() {
                Err(lost) => break Some(lost),
                Ok(None) => break None,
                Ok(Some(Event::Message { publish, is_ours })) => {
                    self.message(&publish, is_ours, &at, elapsed, show);
                    if self.course.is_decided(elapsed) {
                        break None;
                    }
                }
                Ok(Some(Event::Subscribed(answered))) => {
                    self.subscribed(answered, show);
                    if connection.is_settled() {
                        self.tell_refused(show);
                    }
                    self.settle(connection, show)?;
                }
                Ok(Some(_)) => {}
            }
        };
        if let Some(keeper) = &mut self.keeper {
            let (failed, news) = keeper.write();
            for failed in failed {
                show.error(&failed.why);
            }
            if let Some(news) = news {
                show.session.warn(&news);
            }
        }
        // Only now, when all of it is in the capture. What could not be written was told, and is
        // acknowledged all the same: nobody would send it again, and brokers stop sending when
        // some twenty messages are without an answer.
        let released = connection.release();
        show.flush();
        Ok(lost.map_or(released, Err))
    }

    fn message(
        &mut self,
        publish: &Publish,
        is_ours: bool,
        at: &str,
        elapsed: Duration,
        show: &mut Show<'_>,
    ) {
        // A broker may send before it answers SUBSCRIBE.
        let is_asked = || {
            self.plan
                .filters
                .iter()
                .any(|it| topic::matches(it, &publish.topic))
        };
        let is_ours = is_ours || is_asked();
        let message = Message::new(self.course.next(), publish, is_ours);
        self.course.take(&message, elapsed);
        if let Some(keeper) = &mut self.keeper {
            keeper.add(publish, message.topic.is_some(), at);
        }
        show.message(&message, at, elapsed);
    }

    fn subscribed(&mut self, answered: Vec<(String, Option<QoS>)>, show: &mut Show<'_>) {
        for (filter, granted) in answered {
            match granted {
                Some(qos) => {
                    self.granted += 1;
                    if qos < self.plan.qos && !self.is_lowered {
                        self.is_lowered = true;
                        show.session.warn(&format!(
                            "the broker grants QoS 0 to {filter}, and 1 was asked for: messages may \
                             be lost on the way"
                        ));
                    }
                }
                None => {
                    if self.refused.insert(filter.clone()) {
                        self.untold.push(filter);
                    }
                }
            }
        }
    }

    /// Says what is refused, once all of it is known: the topics of a device may be in two
    /// answers.
    fn tell_refused(&mut self, show: &mut Show<'_>) {
        let untold = std::mem::take(&mut self.untold);
        for case in case::unsubscribed(&untold, self.granted == 0) {
            show.case(case);
        }
    }

    /// Whether everything that was asked for is refused.
    fn is_unsubscribed(&self, connection: &Connection) -> bool {
        connection.is_settled() && self.granted == 0
    }

    /// All is subscribed to: for the first time, or again.
    fn settle(&mut self, connection: &Connection, show: &mut Show<'_>) -> Result<(), Error> {
        if !connection.is_settled() || self.granted == 0 {
            return Ok(());
        }
        let at = format!("{:.3}", self.clock.now());
        if self.ready.is_none() {
            self.ready = Some(Instant::now());
            let url = self.plan.url.to_string();
            tell_ready(self.plan.ready_file.as_deref(), &url)?;
            show.ready(&ReadyLine {
                v: 1,
                r#type: "ready",
                at: &at,
                url: &url,
                client_id: &self.plan.account.client_id,
                username: &self.plan.account.username,
                topics: self.granted,
            });
        }
        self.lost = None;
        if let Some((from, took)) = self.again.back(self.began.elapsed()) {
            show.reconnected(&format!("{from:.3}"), &at, took);
        }
        Ok(())
    }

    /// There was no connection to be had.
    fn unconnected(&self, failed: Failed) -> Over {
        let is_first = self.ready.is_none();
        match failed {
            Failed::Refused(code @ UNAVAILABLE) if !is_first => {
                let code = refusal(code);
                Over::Lost(Lost {
                    why: format!("refused by CONNACK {code}"),
                    was_silent: false,
                })
            }
            Failed::Refused(code) => {
                let mut case = refused::case(code, &self.plan.account, self.clock.now());
                if !is_first {
                    let before = "the broker took the same user name before";
                    case.warnings.push(before.to_owned());
                }
                Over::Failed(Box::new(case))
            }
            Failed::Unreachable(failure) if is_first => Over::Failed(Box::new(Case {
                hint: failure.hint().map(str::to_owned),
                ..case::unconnected(failure.to_string())
            })),
            Failed::Unreachable(failure) => Over::Lost(Lost {
                why: failure.to_string(),
                was_silent: false,
            }),
            Failed::Broken(lost) => self.lost(lost),
        }
    }

    /// A connection broke. If it never was one, that is final.
    fn lost(&self, lost: Lost) -> Over {
        if self.ready.is_some() {
            return Over::Lost(lost);
        }
        Over::Failed(Box::new(case::unconnected(format!(
            "the connection broke: {}",
            lost.why
        ))))
    }
}
