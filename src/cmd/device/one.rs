//! One device's life: what its machine asks for is sent, slept and run here.

use std::rc::Rc;
use std::time::Duration;

use tokio::time::sleep;

use super::case::{self, Fate, Pending, Standing};
use super::drive::Run;
use super::monitor::Monitor;
use super::show::Told;
use crate::controlid::command::{Command, Reply};
use crate::controlid::device::{Event, Machine, Manner, Outgoing, Path, Trouble, What};
use crate::controlid::fault::Fault;
use crate::controlid::finding::{Finding, Kind};
use crate::controlid::script::Used;
use crate::controlid::state::{Effect, Enrollment, State};
use crate::controlid::store::TOO_MANY_STATES;
use crate::moment::Moment;
use crate::net::{Connection, Failure};

/// A device of a run.
pub(super) struct Device {
    run: Rc<Run>,
    pub(super) machine: Machine,
    pub(super) state: State,
    connection: Connection,
    used: Used,
    /// How often it has drawn from chance.
    turn: u64,
    pending: Vec<Pending>,
    /// When a person will act, and how.
    enrolling: Option<Box<(i64, Enrollment)>>,
    pub(super) standing: Standing,
    is_idle: bool,
    /// Whether it is counted as doing something that should not be torn.
    is_busy: bool,
    is_unreachable: bool,
    /// Which of the two requests is on its way.
    sending: Option<Path>,
    /// When the monitor is told again that it is there.
    alive_at: i64,
}

/// How often a device tells a monitor that it is there (inferred), as far as it is awake then.
const ALIVE: Duration = Duration::from_secs(30);

/// Why there is no answer to what was under way in the end.
const OVER: &str = "the run was over first";

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
            standing: Standing::New,
            is_idle: false,
            is_busy: false,
            is_unreachable: false,
            sending: None,
            alive_at: start,
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
            Box::pin(self.pass()).await;
        }
        loop {
            if self.machine.is_resting() {
                self.set_busy(false);
                if self.run.is_ending() || self.is_done() {
                    return;
                }
                if self.run.how.monitor.is_some() && self.run.millis() >= self.alive_at {
                    Box::pin(self.tell_alive()).await;
                }
            }
            match self.next() {
                What::Wait(until) => self.wait(until).await,
                What::Await(until) => self.run.sleep_until(until).await,
                What::Send(outgoing) => {
                    self.set_busy(true);
                    Box::pin(self.send(outgoing)).await;
                }
                What::Run(command) => Box::pin(self.run_command(command)).await,
                // Commands are run one by one, so none is under way here.
                What::Busy => return,
                What::Off => {
                    if self.is_disabled() {
                        self.run.tell(Told::Off(self.id()));
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
            let fate = if what == What::Off {
                Fate::Nowhere
            } else {
                // Its answer was overdue.
                let limit = humantime::format_duration(self.machine.options().timeout);
                Fate::Unanswered(format!("nothing within {limit}"))
            };
            self.settle(&fate);
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
                counts.commands >= commands || (self.is_unreachable && end.time.is_none())
            })
            || (end.until_idle && self.is_idle)
    }

    /// Chance that depends upon the seed, the device and its past alone: not upon the others.
    fn moment(&mut self) -> Moment {
        self.turn += 1;
        self.run.moment(self.id(), self.turn)
    }

    fn set_busy(&mut self, busy: bool) {
        if self.is_busy != busy {
            self.is_busy = busy;
            self.run.count_busy(busy);
        }
    }

    async fn wait(&mut self, until: i64) {
        let jitter = if self.machine.is_resting() {
            // An idle connection needs no memory but its own.
            self.connection.release();
            self.jitter()
        } else {
            0
        };
        let due = until.saturating_add(jitter);
        self.run.sleep_until(due).await;
        self.run.note_lateness(due);
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

    async fn send(&mut self, outgoing: Outgoing) {
        let Outgoing {
            path,
            mut request,
            manner,
            timeout,
        } = outgoing;
        request.headers.edit(&self.run.how.target.headers);
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
        let before = self.machine.counts();
        self.sending = Some(path);
        let outcome = self.connection.exchange_within(&wire, timeout, over).await;
        self.sending = None;
        let now = self.run.millis();
        match outcome {
            Ok(answer) => {
                let (response, ms, oddities) =
                    (answer.to_response(), answer.ms(), answer.oddities());
                for oddity in oddities {
                    self.run.tell(Told::Warning(oddity));
                }
                self.machine
                    .on_response(now, response.status, &response.headers, &response.body);
                let happened = self.take_events();
                if path == Path::Push {
                    self.polled(before, Ok((response.status, ms)), happened, &request.target);
                } else {
                    let status = response.status;
                    let fate = match status {
                        200..300 if happened.is_lost => {
                            Fate::Unanswered("it came too late".to_owned())
                        }
                        200..300 => Fate::Accepted { status, ms },
                        _ => Fate::Refused { status, ms },
                    };
                    self.posted(before.results, happened.is_lost, &fate);
                }
                self.run.record(request, at, Some(response));
            }
            Err(why) => {
                let trouble = trouble(&why);
                self.machine.on_failure(now, trouble);
                let happened = self.take_events();
                if path == Path::Push {
                    self.polled(before, Err(&why), happened, &request.target);
                } else {
                    let (words, hint) = case::words(&why);
                    let fate = match trouble {
                        Trouble::NoConnection => Fate::Unsent(words, hint),
                        Trouble::TimedOut | Trouble::Broken => Fate::Unanswered(words),
                    };
                    self.posted(before.results, happened.is_lost, &fate);
                }
                self.run.record(request, at, self.connection.partial());
            }
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
        self.is_idle = true;
        if let Err(why) = &vanished {
            self.is_unreachable = why.is_unreachable();
            self.standing = Standing::Unanswered;
            let (why, hint) = case::words(why);
            self.run.note_unanswered(why, hint);
        }
    }

    /// A poll was answered, or not.
    fn polled(
        &mut self,
        before: crate::controlid::device::Counts,
        answer: Result<(u16, f64), &Failure>,
        happened: Happened,
        target: &[u8],
    ) {
        let counts = self.machine.counts();
        self.is_idle = self.machine.is_resting();
        self.is_unreachable = answer.is_err_and(Failure::is_unreachable);
        if let Ok((_, ms)) = answer {
            self.run.time_poll(ms);
        }
        let refused = counts.no_command > before.no_command;
        let unanswered = counts.failures > before.failures;
        self.standing = if unanswered {
            let (why, hint) = match answer {
                Err(why) => case::words(why),
                Ok(_) => ("it came too late".to_owned(), None),
            };
            self.run.note_unanswered(why, hint);
            Standing::Unanswered
        } else if refused {
            let why = happened.no_command.clone().unwrap_or_default();
            self.run
                .note_refused(why, answer.ok().map(|(status, _)| status));
            Standing::Refused
        } else {
            Standing::Served
        };
        if self.run.tells_polls() {
            self.run.tell(Told::Poll {
                device: self.id(),
                target: String::from_utf8_lossy(target).into_owned(),
                answer: answer.map_err(ToString::to_string),
                brought: match happened.no_command {
                    Some(why) => why,
                    None if unanswered => "no answer".to_owned(),
                    None if self.is_idle => "nothing to do".to_owned(),
                    None => "a command".to_owned(),
                },
            });
        }
    }

    /// A result was answered, or not. It may be sent once more, and then this is not its fate.
    fn posted(&mut self, results_before: u32, is_lost: bool, fate: &Fate) {
        if is_lost && matches!(fate, Fate::Accepted { .. }) {
            self.settle(&Fate::Unanswered("the answer came too late".to_owned()));
        } else if is_lost || self.machine.counts().results > results_before {
            self.settle(fate);
        }
    }

    async fn run_command(&mut self, command: Command) {
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
        let mut details = if run.wants_details() {
            case::details(&command, &reply)
        } else {
            Vec::new()
        };
        for effect in effects {
            if run.wants_details() {
                details.push(("effect", case::effect(&effect)));
            }
            delay = delay.max(self.take_effect(effect).await);
        }
        if error
            .as_ref()
            .is_some_and(|text| text.contains(TOO_MANY_STATES))
        {
            self.run
                .find(self.id(), &Finding::new(Kind::TooManyStates, ""));
        }
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
        let happened = self.take_events();
        if happened.is_lost {
            let fate = happened.struck.map_or(Fate::Nowhere, Fate::Struck);
            self.settle(&fate);
        }
    }

    /// Does what a command does beyond its answer; how long that takes.
    async fn take_effect(&mut self, effect: Effect) -> Duration {
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
            Effect::Configured | Effect::FactoryReset => Box::pin(self.reconfigure()).await,
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
            self.run
                .tell(Told::Warning(format!("nobody was enrolled: {why}")));
        }
    }

    /// Polls where and how often the configuration says by now.
    async fn reconfigure(&mut self) {
        let run = Rc::clone(&self.run);
        let changed = run.changed_options(self.state.configuration(), self.machine.options());
        let Some((options, notes)) = changed else {
            return;
        };
        for note in notes {
            run.tell(Told::Warning(format!("device {}: {note}", self.id())));
        }
        let moved = options.base.clone().filter(|base| {
            let old = self.machine.options().base.as_ref();
            old.is_none_or(|old| (old.scheme, &old.authority) != (base.scheme, &base.authority))
        });
        self.machine.reconfigure(|have| *have = options);
        let Some(base) = moved else {
            return;
        };
        match run.connection_to(&base).await {
            Ok(connection) => self.connection = connection,
            Err(why) => {
                self.machine.reconfigure(|have| have.base = None);
                run.tell(Told::Warning(format!(
                    "device {} falls silent: {why}",
                    self.id()
                )));
            }
        }
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
                    self.run.tell_fault(self.id(), fault);
                }
                Event::NoCommand(why) => happened.no_command = Some(why),
                Event::ResultLost { .. } => happened.is_lost = true,
            }
        }
        happened
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
                    if let Some(monitor) = &run.how.monitor {
                        monitor.post(&run, self.id(), "dao", done.dao).await;
                    }
                }
                Err(why) => run.tell(Told::Warning(format!("--access: {why}"))),
            }
        }
    }

    /// Tells the monitor that it is there, when it is time to.
    async fn tell_alive(&mut self) {
        let run = Rc::clone(&self.run);
        let Some(monitor) = &run.how.monitor else {
            return;
        };
        self.alive_at = run.millis().saturating_add(millis(ALIVE));
        let mut moment = self.moment();
        let alive = Monitor::alive(&mut self.state, &mut moment);
        monitor
            .post(&run, self.id(), "device_is_alive", alive)
            .await;
    }
}

impl Drop for Device {
    /// What it did counts, whatever ended it.
    fn drop(&mut self) {
        self.set_busy(false);
        match self.sending {
            Some(Path::Push) if self.standing == Standing::New => {
                self.standing = Standing::Unanswered;
                self.run.note_unanswered(OVER.to_owned(), None);
            }
            Some(Path::Result) => self.settle(&Fate::Unanswered(OVER.to_owned())),
            _ => self.settle(&Fate::Over),
        }
        let run = Rc::clone(&self.run);
        run.bury(self);
    }
}

fn trouble(failure: &Failure) -> Trouble {
    match failure {
        failure if failure.is_unreachable() => Trouble::NoConnection,
        Failure::Connect { .. } => Trouble::NoConnection,
        Failure::TimedOut { .. } => Trouble::TimedOut,
        _ => Trouble::Broken,
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
