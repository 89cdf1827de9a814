//! Serves, plays and tells until there is a reason to end.

use std::pin::pin;
use std::rc::Rc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::task::yield_now;
use tokio::time::{Instant, sleep_until};

use super::play::Play;
use super::show::{Known, Show};
use crate::args::ServeArgs;
use crate::error::{Error, Outcome};
use crate::net::block_on;
use crate::net::mqtt::serve::{Limits, Stage, serve};
use crate::net::server::Listener;
use crate::net::stop::{Signal, Signals};
use crate::printer::{Overflow, STALL};
use crate::receiver::watch::Watch;
use crate::session::{Clock, Session};
use crate::studio::broker::{Counters, Told};
use crate::studio::site::Site;
use crate::studio::topic::Role;

/// A run.
pub(super) struct Drive {
    pub(super) site: Site,
    pub(super) limits: Limits,
    pub(super) play: Play,
    /// Reports of simulated devices a second.
    pub(super) rate: Option<f64>,
    /// Whether nothing is played before an application has connected.
    pub(super) waits: bool,
    pub(super) watch: Watch,
    pub(super) time: Option<Duration>,
    pub(super) serve: ServeArgs,
}

/// How it ended.
enum Ended {
    Time,
    Expected,
    Signal(Signal),
}

/// What is played, and since when.
struct Playing {
    play: Play,
    rate: Option<f64>,
    since: Option<Duration>,
    reports: u64,
}

/// So many devices connect, or do something, before anything else has its turn.
const AT_ONCE: usize = 256;

impl Drive {
    pub(super) fn run(self, listener: Listener, session: &mut Session) -> Result<Outcome, Error> {
        // Nobody is turned away because nobody reads what is printed of it.
        session.print_in_background(Overflow::Drop)?;
        block_on(async {
            // Whoever sees that it is ready may end it.
            let mut signals = Signals::new()?;
            let ended = self.go(listener, Show::new(session), &mut signals).await;
            let drained = session.drain(STALL, &mut signals, drop).await;
            ended.and_then(|outcome| drained.map(|()| outcome))
        })?
    }

    async fn go(
        mut self,
        listener: Listener,
        mut show: Show<'_>,
        signals: &mut Signals,
    ) -> Result<Outcome, Error> {
        let url = format!("mqtt://{}", listener.reached());
        let known = self.known();
        self.site.broker.tell_messages(show.wants());
        let (tell, mut heard) = unbounded_channel();
        // The one who listens is gone only when the run is over.
        let tell = move |told| drop(tell.send(told));
        let clock = show.session.clock();
        let stage = Rc::new(Stage::new(
            self.site,
            clock.now(),
            self.limits.clone(),
            tell,
        ));
        while stage.with(|site, now, out| site.start(AT_ONCE, now, out))? {
            tokio::select! {
                biased;
                signal = signals.next() => return Ok(signal.outcome()),
                () = yield_now() => {}
            }
        }
        // That its own devices came is no news.
        while heard.try_recv().is_ok() {}
        self.serve.tell_ready(&url)?;
        show.ready(&url, &known);
        let stop = Rc::new(Notify::new());
        let stopped = Rc::clone(&stop);
        let over = async move { stopped.notified().await };
        let mut serving = pin!(serve(listener, Rc::clone(&stage), over));
        let mut course = Course {
            watch: self.watch,
            time: self.time,
            playing: Playing {
                play: self.play,
                rate: self.rate,
                since: (!self.waits).then_some(Duration::ZERO),
                reports: 0,
            },
            counters: Counters::default(),
            clock,
        };
        // Whoever plays waits for readers as any other sender does.
        let mut is_out_of_breath = false;
        let ended = loop {
            let now = stage.elapsed();
            if let Some(ended) = course.ended(&show, now) {
                break ended;
            }
            let in_time = |at: Duration| Instant::now() + at.saturating_sub(now);
            let end = course.next_end(now).map(in_time);
            let due = course.playing.due().map(in_time);
            tokio::select! {
                served = serving.as_mut() => served?,
                told = heard.recv() => if let Some(told) = told {
                    course.take(&told, &mut heard, &stage, &mut show);
                },
                signal = signals.next() => break Ended::Signal(signal),
                () = at(end) => {}
                () = stage.breathe(), if is_out_of_breath => is_out_of_breath = false,
                () = at(due), if !is_out_of_breath => {
                    course.playing.go_on(&stage)?;
                    is_out_of_breath = true;
                }
            }
        };
        // What happened before the end counts, though the end was heard of first.
        while let Ok(told) = heard.try_recv() {
            course.take(&told, &mut heard, &stage, &mut show);
        }
        let elapsed = stage.elapsed();
        course.watch.end(&show.seen, elapsed);
        stop.notify_one();
        // Whoever asks a second time does not wait for what still leaves.
        tokio::select! {
            served = serving.as_mut() => served?,
            _ = signals.next() => {}
        }
        while let Ok(told) = heard.try_recv() {
            show.take(&told, &course.at());
        }
        Ok(course.finish(&ended, elapsed, &stage, &mut show))
    }

    fn known(&self) -> Known {
        let registry = self.site.broker.registry();
        let applications = registry.applications().into_iter();
        Known {
            applications: applications.map(str::to_owned).collect(),
            devices: registry.devices.len(),
            simulated: self.site.simulated(),
        }
    }
}

/// A run that is under way.
struct Course {
    watch: Watch,
    time: Option<Duration>,
    playing: Playing,
    counters: Counters,
    clock: Clock,
}

impl Course {
    fn ended(&self, show: &Show<'_>, now: Duration) -> Option<Ended> {
        if self.time.is_some_and(|time| now >= time) {
            return Some(Ended::Time);
        }
        let is_decided = self.watch.is_decided(&show.seen, now);
        is_decided.then_some(Ended::Expected)
    }

    /// When something may end it, from the start.
    fn next_end(&self, now: Duration) -> Option<Duration> {
        let moment = Duration::from_millis(1);
        let withins = self.watch.withins().map(|within| within + moment);
        withins.chain(self.time).filter(|end| *end > now).min()
    }

    fn at(&self) -> String {
        format!("{:.3}", self.clock.now())
    }

    /// Tells this, and whatever else happened meanwhile.
    fn take(
        &mut self,
        first: &Told,
        heard: &mut UnboundedReceiver<Told>,
        stage: &Stage,
        show: &mut Show<'_>,
    ) {
        let (at, now) = (self.at(), stage.elapsed());
        self.watch.pass(&show.seen, now);
        self.tell(first, &at, now, show);
        while let Ok(told) = heard.try_recv() {
            self.tell(&told, &at, now, show);
        }
        let counters = stage.look(|site| site.broker.counters());
        show.count(self.counters, counters);
        self.counters = counters;
        show.flush();
    }

    fn tell(&mut self, told: &Told, at: &str, now: Duration, show: &mut Show<'_>) {
        // Only who has subscribed would hear what is played.
        if let Told::Subscribed { role, .. } = told
            && *role == Role::Application
        {
            self.playing.since.get_or_insert(now);
        }
        show.take(told, at);
    }

    fn finish(
        self,
        ended: &Ended,
        elapsed: Duration,
        stage: &Stage,
        show: &mut Show<'_>,
    ) -> Outcome {
        show.session.keep_the_rest();
        let standings = self.watch.standings(&show.seen, elapsed);
        let standings: Vec<_> = standings
            .into_iter()
            .map(|(expectation, standing)| (expectation.to_string(), standing))
            .collect();
        let counters = stage.look(|site| site.broker.counters());
        let by = match ended {
            Ended::Time => Some("--for"),
            Ended::Expected => None,
            Ended::Signal(signal) => Some(signal.name()),
        };
        let outcome = show.finish(counters, &standings, by, elapsed);
        match ended {
            // Ctrl-C is how it ends: what it comes to is what was expected.
            Ended::Time | Ended::Expected | Ended::Signal(Signal::Interrupt) => outcome,
            Ended::Signal(signal) => signal.outcome(),
        }
    }
}

impl Playing {
    /// When the next is due, from the start.
    fn due(&self) -> Option<Duration> {
        let since = self.since?;
        let played = self.play.due().and_then(|due| since.checked_add(due));
        [played, self.reported(since)].into_iter().flatten().min()
    }

    /// When the next report is due, from the start.
    fn reported(&self, since: Duration) -> Option<Duration> {
        let rate = self.rate?;
        #[expect(
            clippy::cast_precision_loss,
            reason = "it is a time, and not counted on"
        )]
        let due = Duration::try_from_secs_f64(self.reports as f64 / rate);
        Some(since.saturating_add(due.unwrap_or(Duration::MAX)))
    }

    fn go_on(&mut self, stage: &Stage) -> Result<(), Error> {
        let Some(since) = self.since else {
            return Ok(());
        };
        let now = stage.elapsed();
        for _ in 0..AT_ONCE {
            let Some(deed) = self.play.take(now.saturating_sub(since)) else {
                break;
            };
            stage.with(|site, now, out| site.play(deed, now, out))?;
        }
        if self.rate.is_some() {
            stage.with(|site, time, out| {
                for _ in 0..AT_ONCE {
                    if self.reported(since).is_none_or(|due| due > now) {
                        break;
                    }
                    self.reports += 1;
                    site.report(time, out);
                }
            });
        }
        Ok(())
    }
}

/// Waits until then, or for ever.
async fn at(when: Option<Instant>) {
    match when {
        Some(when) => sleep_until(when).await,
        None => std::future::pending().await,
    }
}
