//! The commands that a device runs, and what they do to it.

use std::rc::Rc;
use std::time::Duration;

use tokio::time::sleep;

use super::Device;
use crate::cmd::device::case::{self, Pending};
use crate::controlid::command::{Command, Reply};
use crate::controlid::device::Base;
use crate::controlid::finding::{Finding, Kind};
use crate::controlid::state::Effect;
use crate::controlid::store::TOO_MANY_STATES;

impl Device {
    pub(super) async fn run_command(&mut self, command: Command) {
        let at = self.run.elapsed();
        self.let_person_act();
        let run = Rc::clone(&self.run);
        let script = run.how.script.as_ref();
        let scripted = script.and_then(|script| script.find(&mut self.used, &command));
        let is_scripted = scripted.is_some();
        let (reply, mut delay, effects) = if let Some(scripted) = scripted {
            (scripted.reply.clone(), scripted.delay, Vec::new())
        } else {
            let mut moment = self.moment();
            let done = self.state.answer(&command, &mut moment);
            (done.reply, Duration::ZERO, done.effects)
        };
        let error = match &reply {
            Reply::Error { message, .. } if !is_scripted => Some(message.clone()),
            _ => None,
        };
        // What is not right is shown with its reason, whoever looks.
        let wants_details = error.is_some() || run.wants_details();
        let mut details = if wants_details {
            case::details(&command, &reply)
        } else {
            Vec::new()
        };
        for effect in effects {
            if wants_details {
                details.push(("effect", case::effect(&effect)));
            }
            delay = delay.max(self.take_effect(effect));
        }
        self.note_limit(error.as_deref());
        self.pending.push(Pending {
            number: self.machine.counts().commands + 1,
            endpoint: command.endpoint,
            error,
            details,
            at,
        });
        if !delay.is_zero() {
            Box::pin(sleep(delay)).await;
        }
        let mut moment = self.moment();
        self.machine.answered(&reply, &mut moment);
        self.reported();
    }

    /// That a device may have no state of its own is a limit of this run, and said as one.
    fn note_limit(&mut self, error: Option<&str>) {
        let is_limited = error.is_some_and(|text| text.contains(TOO_MANY_STATES));
        if is_limited && !std::mem::replace(&mut self.flags.is_limited, true) {
            let finding = Finding::new(Kind::TooManyStates, "");
            self.run.find(self.id(), &finding);
        }
    }

    /// Does what a command does beyond its answer; how long that takes.
    fn take_effect(&mut self, effect: Effect) -> Duration {
        match effect {
            Effect::Enroll(enrollment) if enrollment.sync => {
                return Duration::from_millis(enrollment.millis);
            }
            Effect::Enroll(enrollment) => {
                let time = i64::try_from(enrollment.millis).unwrap_or(i64::MAX);
                let due = self.run.millis().saturating_add(time);
                self.enrolling = Some(Box::new((due, enrollment)));
            }
            Effect::CancelEnroll => self.enrolling = None,
            Effect::Configured | Effect::FactoryReset => self.follow_configuration(),
            _ => {}
        }
        Duration::ZERO
    }

    /// The person that was asked for something has had the time.
    fn let_person_act(&mut self) {
        let now = self.run.millis();
        if let Some(enrolling) = self.enrolling.take_if(|enrolling| enrolling.0 <= now)
            && let Err(why) = self.state.enrolled(&enrolling.1)
        {
            self.warn(&format!("enrolled nobody: {why}"));
        }
    }

    /// Polls where and how often the configuration says by now.
    fn follow_configuration(&mut self) {
        let have = self.machine.options();
        let (options, notes) = self.run.follow(self.state.configuration(), have);
        let is_other = |base: &&Base| {
            let old = have.base.as_ref();
            old.is_none_or(|old| (old.scheme, &old.authority) != (base.scheme, &base.authority))
        };
        let moving = options.base.as_ref().filter(is_other).cloned();
        for note in notes {
            self.warn(&note);
        }
        if let Some(base) = moving {
            self.moving = Some(Box::new(base));
        }
        self.machine.reconfigure(|have| *have = options);
    }

    /// Polls another server from now on, where it may.
    pub(super) async fn move_to(&mut self, base: &Base) {
        let run = Rc::clone(&self.run);
        match run.connection_to(base).await {
            Ok((connection, is_away)) => {
                self.connection = connection;
                self.flags.is_away = is_away;
                self.warn(&format!("was told to poll {} from now on", base.bare()));
            }
            Err(why) => {
                self.machine.reconfigure(|have| have.base = None);
                self.warn(&format!("falls silent: {why}"));
            }
        }
    }
}
