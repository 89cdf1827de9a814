//! What a device sends, and what comes of it.

use std::time::Duration;

use super::Device;
use crate::cmd::device::case::{self, Fate, Standing};
use crate::cmd::device::run::Doing;
use crate::cmd::device::show::Told;
use crate::controlid::device::{Counts, Manner, Outgoing, Path, Trouble};
use crate::controlid::fault::Fault;
use crate::controlid::finding::{Finding, Kind};
use crate::message::Response;
use crate::net::{self, Failure, Forgives, Oddity};

/// An exchange that came to its end.
struct Ended {
    before: Counts,
    answer: Result<(Response, f64), Failure>,
}

impl Device {
    pub(super) async fn send(&mut self, outgoing: Outgoing) {
        let Outgoing {
            path,
            mut request,
            manner,
            timeout,
        } = outgoing;
        if path == Path::Push {
            self.set_doing(Doing::Polling);
            self.run.note_lateness();
        }
        if !self.flags.is_away {
            // They are for the server that the user named, and may be credentials.
            request.headers.edit(&self.run.how.target.headers);
        }
        let at = self.run.now();
        let wire = request.to_wire();
        let over = match manner {
            Manner::Plain => None,
            Manner::Slow(time) => Some(time),
            Manner::HalfOpen(time) => {
                self.vanish(&wire, time).await;
                self.run.record(request, at, None);
                return;
            }
        };
        let manner = net::Manner {
            limit: timeout,
            over,
            forgives: self.forgives(path),
        };
        let before = self.machine.counts();
        self.sending = Some(path);
        let outcome = self.connection.exchange_as(&wire, manner).await;
        self.sending = None;
        let answer = outcome.map(|answer| {
            let answered = (answer.to_response(), answer.ms());
            (answered, answer.oddities())
        });
        let answer = answer.map(|(answered, oddities)| {
            self.note_oddities(&oddities);
            answered
        });
        let now = self.run.millis();
        let partial = match &answer {
            Ok((response, _)) => {
                let Response {
                    status,
                    headers,
                    body,
                    ..
                } = response;
                self.machine.on_response(now, *status, headers, body);
                None
            }
            Err(why) => {
                self.machine.on_failure(now, trouble(why));
                self.connection.partial()
            }
        };
        let ended = Ended { before, answer };
        match path {
            Path::Push => self.polled(&ended, &request.target),
            Path::Result => self.posted(&ended),
        }
        let response = ended.answer.ok().map(|(response, _)| response).or(partial);
        self.run.record(request, at, response);
    }

    /// A result is never sent twice unless that was asked for. A poll may be, over a connection
    /// that the server may have closed as it came; but not twice in a row, for then the server
    /// swallows them.
    fn forgives(&self, path: Path) -> Forgives {
        if path == Path::Push && !self.flags.was_sent_again {
            Forgives::LongIdle
        } else {
            Forgives::Never
        }
    }

    fn note_oddities(&mut self, oddities: &[Oddity]) {
        self.flags.was_sent_again = oddities.contains(&Oddity::SentAgain);
        for oddity in oddities {
            let finding = match oddity {
                Oddity::SentAgain => Finding::new(Kind::SentAgain, ""),
                Oddity::CutOff => Finding::new(Kind::CutOff, ""),
                Oddity::Surplus(count) => Finding::new(Kind::Surplus, format!("{count} bytes")),
            };
            self.run.find(self.id(), &finding);
        }
    }

    /// Sends a poll and reads no answer. That this brings no command is the device's own doing,
    /// unless nobody is there to send it to.
    async fn vanish(&mut self, wire: &[u8], time: Duration) {
        let vanished = self.connection.send_and_vanish(wire, time).await;
        let trouble = vanished
            .as_ref()
            .map_or_else(trouble, |()| Trouble::TimedOut);
        self.machine.on_failure(self.run.millis(), trouble);
        self.take_events();
        self.flags.is_idle = true;
        if let Err(why) = &vanished {
            self.flags.is_unreachable = why.is_unreachable();
            self.standing = Standing::unanswered(why.to_string(), why.hint());
        }
    }

    /// A poll was answered, or not.
    fn polled(&mut self, ended: &Ended, target: &[u8]) {
        let happened = self.take_events();
        let counts = self.machine.counts();
        self.flags.is_idle = self.machine.is_resting();
        let failure = ended.answer.as_ref().err();
        self.flags.is_unreachable = failure.is_some_and(Failure::is_unreachable);
        let answer = ended.answer.as_ref();
        let answer = answer.map(|(response, ms)| (response.status, *ms));
        if let Ok((_, ms)) = answer {
            self.run.time_poll(ms);
        }
        let is_unanswered = counts.failures > ended.before.failures;
        let no_command = happened.no_command;
        self.standing = match (failure, answer) {
            (Some(why), _) => Standing::unanswered(why.to_string(), why.hint()),
            _ if is_unanswered => Standing::unanswered(LATE.to_owned(), None),
            (_, Ok((status, _))) if counts.no_command > ended.before.no_command => {
                Standing::refused(no_command.clone().unwrap_or_default(), status)
            }
            _ => Standing::Served,
        };
        if self.run.tells_polls() {
            self.run.tell(Told::Poll {
                device: self.id(),
                target: self.run.shown_target(target),
                answer: answer.map_err(ToString::to_string),
                brought: match no_command {
                    Some(why) => why,
                    None if is_unanswered => "no answer".to_owned(),
                    None if self.flags.is_idle => "nothing to do".to_owned(),
                    None => "a command".to_owned(),
                },
            });
        }
    }

    /// A result was answered, or not. It may be sent once more, and then this is not its fate.
    fn posted(&mut self, ended: &Ended) {
        let happened = self.take_events();
        let is_accepted = self.machine.counts().results > ended.before.results;
        if !happened.is_lost && !is_accepted && self.machine.is_reporting() {
            return;
        }
        let fate = match &ended.answer {
            Ok((response, ms)) => {
                let (status, ms) = (response.status, *ms);
                match status {
                    200..300 if is_accepted => Fate::Accepted { status, ms },
                    200..300 => Fate::Unanswered(LATE.to_owned()),
                    _ if happened.is_lost => Fate::Refused {
                        status,
                        ms,
                        body: case::shown(&response.body),
                    },
                    _ => Fate::RefusedRightly { status, ms },
                }
            }
            Err(why) => match trouble(why) {
                Trouble::NoConnection => Fate::Unsent(why.to_string(), why.hint()),
                Trouble::TimedOut | Trouble::Broken => Fate::Unanswered(why.to_string()),
            },
        };
        self.settle(&fate);
    }

    /// What the machine said of a command that was run.
    pub(super) fn reported(&mut self) {
        let happened = self.take_events();
        if happened.is_lost {
            let fault = happened.struck.unwrap_or(Fault::LostResult);
            self.settle(&Fate::Struck(fault));
        }
    }
}

const LATE: &str = "it came too late";

fn trouble(failure: &Failure) -> Trouble {
    match failure {
        Failure::TimedOut { .. } if !failure.is_unreachable() => Trouble::TimedOut,
        Failure::Broke { .. } | Failure::Flaw(_) => Trouble::Broken,
        _ => Trouble::NoConnection,
    }
}
