//! A result on its way to the server, and what becomes of it.

use std::sync::Arc;

use super::request::uuid_text;
use super::state::{Copies, Posting, State};
use super::watch;
use super::{Event, Machine, Manner, Outgoing, Path, What, later};
use crate::controlid::command::excerpt;
use crate::controlid::fault::{Fault, Occasion};
use crate::controlid::finding::Kind;
use crate::moment::Moment;

impl Machine {
    /// A result is ready: what becomes of it depends on the faults.
    pub(super) fn report(&mut self, mut posting: Posting, moment: &mut Moment) {
        let now = moment.millis();
        match self.strike(Occasion::Result, moment) {
            Some(Fault::LostResult) => {
                self.lose(posting.endpoint);
                self.come_back(now);
                return;
            }
            Some(Fault::Reboot(time)) => {
                self.lose(posting.endpoint);
                self.watch.start_again();
                self.state = State::Resting {
                    until: later(now, time),
                };
                return;
            }
            Some(Fault::LateResult(time)) => posting.at = later(now, time),
            Some(Fault::DuplicateResult) => posting.copies = Copies::Two,
            Some(Fault::WrongUuid) => {
                posting.uuid = moment.bytes();
                posting.is_misnamed = true;
            }
            _ => {}
        }
        self.state = State::Resulting(Box::new(posting));
    }

    pub(super) fn posted(&mut self, now: i64, mut posting: Box<Posting>, status: u16, body: &[u8]) {
        if posting.copies == Copies::Second {
            // Whatever a server says of a copy, it is the copy's fault.
            self.come_back(now);
            return;
        }
        if !(200..300).contains(&status) {
            if posting.is_misnamed {
                // To refuse a uuid that no poll had is right.
                self.come_back(now);
                return;
            }
            self.find(Kind::ResultStatus, || format!("status {status}"));
            self.not_accepted(now, posting);
            return;
        }
        let body = body.trim_ascii();
        if !body.is_empty() && body != b"{}" {
            let kind = if watch::is_echo(body, &posting.body) {
                Kind::ResultEcho
            } else {
                Kind::ResultBody
            };
            self.find(kind, || excerpt(body));
        }
        self.counts.results += 1;
        if posting.copies == Copies::Two {
            posting.copies = Copies::Second;
            posting.until = None;
            self.state = State::Resulting(posting);
            return;
        }
        self.come_back(now);
    }

    pub(super) fn not_accepted(&mut self, now: i64, mut posting: Box<Posting>) {
        if posting.retries > 0 {
            posting.retries -= 1;
            posting.until = None;
            posting.at = later(now, self.options.period);
            self.state = State::Resulting(posting);
        } else {
            self.lose(posting.endpoint);
            self.rest(now);
        }
    }

    pub(super) fn lose(&mut self, endpoint: Option<String>) {
        self.counts.lost_results += 1;
        self.watch.lost_a_result();
        self.events.push(Event::ResultLost { endpoint });
    }

    pub(super) fn post(&mut self, now: i64) -> What {
        let State::Resulting(posting) = &mut self.state else {
            return What::Wait(now);
        };
        let options = Arc::clone(&posting.options);
        let Some(base) = &options.base else {
            return What::Off;
        };
        posting.until = Some(later(now, options.timeout));
        let uuid = options.uuid.then(|| uuid_text(posting.uuid));
        What::Send(Outgoing {
            path: Path::Result,
            request: base.result(
                options.query_base,
                self.id,
                uuid.as_deref(),
                posting.endpoint.as_deref(),
                &posting.body,
            ),
            manner: Manner::Plain,
            timeout: options.timeout,
        })
    }
}
