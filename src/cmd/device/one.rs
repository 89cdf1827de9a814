//! One device's life: what its machine asks for is sent, slept and run here.

use std::rc::Rc;
use std::time::Duration;

use super::case::{Fate, Pending, Standing};
use super::monitor::Monitor;
use super::run::{Doing, Run};
use super::show::Told;
use crate::controlid::device::{Base, Event, Machine, Path, What};
use crate::controlid::fault::Fault;
use crate::controlid::script::Used;
use crate::controlid::state::{Enrollment, State};
use crate::moment::Moment;
use crate::net::Connection;

mod talk;
mod work;

/// A device of a run.
pub(super) struct Device {
    run: Rc<Run>,
    pub(super) machine: Machine,
    pub(super) state: State,
    connection: Connection,
    used: Used,
    /// How often it has drawn from chance.
    turn: u64,
    /// The commands that were run and whose result is on its way.
    pending: Vec<Pending>,
    /// When a person will act, and how.
    enrolling: Option<Box<(i64, Enrollment)>>,
    /// The server that it is to poll from the next poll on.
    moving: Option<Box<Base>>,
    pub(super) standing: Standing,
    doing: Doing,
    /// Which of the two requests is on its way.
    sending: Option<Path>,
    /// When the monitor is told again that it is there.
    alive_at: i64,
    flags: Flags,
}

/// What is yes or no about a device.
#[derive(Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "they have nothing to do with each other"
)]
struct Flags {
    /// Its last poll brought no command.
    is_idle: bool,
    /// Its last poll found nobody.
    is_unreachable: bool,
    /// Its last poll was sent over a second connection, because the first had closed.
    was_sent_again: bool,
    /// It polls another server than the one that it was set up with.
    is_away: bool,
    /// It was told that it may have no state of its own.
    is_limited: bool,
}

/// How often a device tells a monitor that it is there (inferred), as far as it is awake then.
const ALIVE: Duration = Duration::from_secs(30);

/// Why there is no answer to what was under way in the end.
const OVER: &str = "nothing had come back when the run was over";

/// What the machine's events come to for a result.
#[derive(Default)]
struct Happened {
    struck: Option<Fault>,
    is_lost: bool,
    no_command: Option<String>,
}

impl Device {
    /// A device that begins after `delay`.
    pub(super) fn new(run: &Rc<Run>, state: State, delay: Duration) -> Self {
        let start = run.millis().saturating_add(millis(delay));
        let id = state.identity().id();
        Self {
            machine: Machine::new(id, run.options(), start),
            connection: run.connection(),
            run: Rc::clone(run),
            state,
            used: Used::default(),
            turn: 0,
            pending: Vec::new(),
            enrolling: None,
            moving: None,
            standing: Standing::New,
            doing: Doing::Nothing,
            sending: None,
            alive_at: start,
            flags: Flags::default(),
        }
    }

    fn id(&self) -> i64 {
        self.machine.id()
    }

    /// Lives until the run is over or its own end is reached.
    ///
    /// What is only needed while it talks is in boxes, for of ten thousand devices nearly all rest.
    pub(super) async fn live(mut self: Box<Self>) {
        if !self.run.how.accesses.is_empty() {
            self.run.sleep_until(self.alive_at).await;
            Box::pin(self.pass()).await;
        }
        loop {
            if self.machine.is_resting() {
                self.set_doing(Doing::Nothing);
                if self.run.is_held.get() {
                    let run = Rc::clone(&self.run);
                    Box::pin(run.released()).await;
                }
                if self.run.is_ending() || self.is_done() {
                    return;
                }
                if let Some(base) = self.moving.take() {
                    Box::pin(self.move_to(&base)).await;
                }
                if self.run.how.monitor.is_some() && self.run.millis() >= self.alive_at {
                    Box::pin(self.tell_alive()).await;
                }
            }
            match self.next() {
                What::Wait(until) => self.wait(until).await,
                What::Await(until) => self.run.sleep_until(until).await,
                What::Send(outgoing) => Box::pin(self.send(outgoing)).await,
                What::Run(command) => {
                    self.set_doing(Doing::Working);
                    Box::pin(self.run_command(command)).await;
                }
                // Commands are run one by one, so none is under way here.
                What::Busy => unreachable!("a command is run to its end"),
                What::Off => {
                    if self.is_disabled() {
                        self.warn("polls nobody any more: its push_remote_address is empty");
                    }
                    return;
                }
            }
        }
    }

    fn next(&mut self) -> What {
        let mut moment = self.moment();
        let what = self.machine.next(&mut moment);
        if self.take_events().is_lost {
            // Its answer was overdue.
            let limit = humantime::format_duration(self.machine.options().timeout);
            self.settle(&Fate::Unanswered(format!("nothing within {limit}")));
        }
        what
    }

    /// Whether its configuration names no server; what else ends its polls was told.
    fn is_disabled(&self) -> bool {
        let configuration = self.state.configuration();
        configuration.value("push_server", "push_remote_address") == Some("")
    }

    /// Whether its own end is reached; asked between two polls.
    fn is_done(&self) -> bool {
        let end = &self.run.how.end;
        let counts = self.machine.counts();
        end.polls.is_some_and(|polls| counts.polls >= polls)
            || end.commands.is_some_and(|commands| {
                // Nobody there would mean to wait for ever.
                counts.commands >= commands || (self.flags.is_unreachable && end.time.is_none())
            })
            || (end.until_idle && self.flags.is_idle)
    }

    /// Whether it was to come to rest, was served, and always had a command.
    pub(super) fn is_restless(&self) -> bool {
        self.run.how.end.until_idle
            && !self.flags.is_idle
            && matches!(self.standing, Standing::Served)
            && !self.is_done()
    }

    /// Chance that depends upon the seed, the device and its past alone: not upon the others.
    fn moment(&mut self) -> Moment {
        self.turn += 1;
        self.run.moment(self.id(), self.turn)
    }

    fn set_doing(&mut self, doing: Doing) {
        let before = std::mem::replace(&mut self.doing, doing);
        self.run.count_doing(before, doing);
    }

    async fn wait(&mut self, until: i64) {
        let jitter = if self.machine.is_resting() {
            // An idle connection needs no memory but its own.
            self.connection.release();
            self.jitter()
        } else {
            0
        };
        self.run.sleep_until(until.saturating_add(jitter)).await;
    }

    fn jitter(&mut self) -> i64 {
        let most = self.run.how.jitter.as_millis();
        let end = usize::try_from(most)
            .unwrap_or(usize::MAX)
            .saturating_add(1);
        if end == 1 {
            return 0;
        }
        i64::try_from(self.moment().below(end)).unwrap_or_default()
    }

    fn warn(&self, what: &str) {
        let why = format!("device {} {what}", self.id());
        self.run.tell(Told::Warning(why));
    }

    /// The results of the commands that were run have this fate.
    fn settle(&mut self, fate: &Fate) {
        let device = self.id();
        for pending in std::mem::take(&mut self.pending) {
            self.run.settle(device, pending, fate);
        }
    }

    fn take_events(&mut self) -> Happened {
        let mut happened = Happened::default();
        for event in self.machine.take_events() {
            match event {
                Event::Finding(finding) => self.run.find(self.id(), &finding),
                Event::Fault(fault) => {
                    happened.struck = Some(fault);
                    self.suffer(fault);
                }
                Event::NoCommand(why) => happened.no_command = Some(why),
                Event::ResultLost { .. } => happened.is_lost = true,
                Event::Capped(polls) => self.warn(&format!(
                    "had a command at every poll so far: from now on it polls {polls} times a \
                     second at most (--hot-loop-cap)"
                )),
            }
        }
        happened
    }

    /// A fault does something beyond the result.
    fn suffer(&mut self, fault: Fault) {
        self.run.tell_fault(self.id(), fault);
        if let Fault::Reboot(_) = fault {
            let moment = self.moment();
            self.state.reboot(&moment);
            self.connection.close();
            self.enrolling = None;
        }
    }

    /// The people that `--access` names pass, or try to.
    async fn pass(&mut self) {
        let run = Rc::clone(&self.run);
        for access in &run.how.accesses {
            let moment = self.moment();
            match self.state.access(access.user, access.portal, &moment) {
                Ok(done) => {
                    run.tell(Told::Access {
                        device: self.id(),
                        user: access.user,
                        portal: access.portal,
                        event: done.event,
                    });
                    self.post("dao", done.dao).await;
                }
                Err(why) => self.warn(&format!("has no access to tell of: {why}")),
            }
        }
    }

    /// Tells the monitor that it is there.
    async fn tell_alive(&mut self) {
        self.alive_at = self.run.millis().saturating_add(millis(ALIVE));
        let mut moment = self.moment();
        let alive = Monitor::alive(&mut self.state, &mut moment);
        self.post("device_is_alive", alive).await;
    }

    async fn post(&mut self, name: &str, body: Vec<u8>) {
        let run = Rc::clone(&self.run);
        if let Some(monitor) = &run.how.monitor {
            self.set_doing(Doing::Working);
            monitor.post(&run, self.id(), name, body).await;
        }
    }
}

impl Drop for Device {
    /// What it did counts, whatever ended it.
    fn drop(&mut self) {
        self.set_doing(Doing::Nothing);
        match self.sending {
            Some(Path::Push) if matches!(self.standing, Standing::New) => {
                self.standing = Standing::unanswered(OVER.to_owned(), None);
            }
            Some(Path::Result) => self.settle(&Fate::Unanswered(OVER.to_owned())),
            _ => self.settle(&Fate::Over),
        }
        let run = Rc::clone(&self.run);
        run.bury(self);
    }
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn size_of_future<F: Future>(_: fn(Box<Device>) -> F) -> usize {
        size_of::<F>()
    }

    #[test]
    fn a_device_that_rests_is_small() {
        let size = size_of::<Device>() + size_of_future(Device::live);
        assert!(size <= 1_200, "{size} bytes");
    }
}
