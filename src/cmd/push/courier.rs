//! The driver: it owns the sockets and the sleep, and asks the core what comes next.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::task::{JoinSet, LocalSet};
use tokio::time::{Instant, sleep, sleep_until};

use super::account::{Account, Try};
use crate::cmd::sign::check_headers;
use crate::delivery::{Attempts, Step, shortened};
use crate::error::Error;
use crate::message::{HeaderEdit, Request, Url};
use crate::moment::Moment;
use crate::net::stop::{Signal, signalled};
use crate::net::{Connection, Dialer};
use crate::platform::Patience;
use crate::push::Push;
use crate::report::case::Case;
use crate::session::Clock;
use crate::signature::Veil;

/// Delivers one kind of push.
pub(super) struct Courier {
    /// What is pushed.
    pub(super) push: Push,
    /// What the cases are called.
    pub(super) id: String,
    /// Where to.
    pub(super) url: Url,
    /// Reaches it.
    pub(super) dialer: Arc<Dialer>,
    /// Who gets what is dropped, once.
    pub(super) error_action: Option<(Url, Arc<Dialer>)>,
    /// Changes of the headers.
    pub(super) headers: Vec<HeaderEdit>,
    /// What the platform does with an answer; none where that is not known.
    pub(super) patience: Option<Patience>,
    /// The pauses before further tries.
    pub(super) pauses: Vec<Duration>,
    /// Whether those are the platform's own: nothing of them is left to tell.
    pub(super) played_out: bool,
    /// How fast the pauses pass.
    pub(super) speed: f64,
    /// Whether each try is signed anew.
    pub(super) fresh: bool,
    /// Tells the time of each message.
    pub(super) clock: Clock,
}

/// How many, and how fast one after the other.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    /// How many; none is one, whose case needs no number.
    pub(super) count: Option<usize>,
    /// How many start in a second; none starts each when the one before has ended.
    pub(super) rate: Option<f64>,
}

/// Delivers all, tells each case when it has ended, and what ended it before its time.
pub(super) async fn deliver(
    courier: Courier,
    pace: &Pace,
    moment: Moment,
    mut tell: impl FnMut(Case) -> Result<(), Error>,
) -> Result<Option<Signal>, Error> {
    let run = Rc::new(Run {
        started: Instant::now(),
        moment: RefCell::new(moment),
        last: Cell::default(),
        idle: RefCell::default(),
        veil: Veil::over(&courier.push.secrets),
        courier,
    });
    let local = LocalSet::new();
    tokio::select! {
        signal = signalled() => Ok(Some(signal?)),
        done = local.run_until(run_all(run, pace, &mut tell)) => done.map(|()| None),
    }
}

async fn run_all(
    run: Rc<Run>,
    pace: &Pace,
    tell: &mut impl FnMut(Case) -> Result<(), Error>,
) -> Result<(), Error> {
    let count = pace.count.unwrap_or(1);
    let number = |index: usize| pace.count.map(|_| index + 1);
    let Some(rate) = pace.rate else {
        for index in 0..count {
            let parcel = run.pack(number(index))?;
            tell(Rc::clone(&run).deliver(parcel).await?)?;
        }
        return Ok(());
    };
    let mut started = JoinSet::new();
    for index in 0..count {
        let due = due(run.started, index, rate);
        loop {
            tokio::select! {
                biased;
                Some(ended) = started.join_next() => tell(joined(ended)?)?,
                () = sleep_until(due) => break,
            }
        }
        let parcel = run.pack(number(index))?;
        started.spawn_local(Rc::clone(&run).deliver(parcel));
    }
    while let Some(ended) = started.join_next().await {
        tell(joined(ended)?)?;
    }
    Ok(())
}

/// When a push starts; a start that no clock reaches is as good as far away.
fn due(started: Instant, index: usize, rate: f64) -> Instant {
    const FAR: Duration = Duration::from_secs(100 * 365 * 86_400);
    #[expect(
        clippy::cast_precision_loss,
        reason = "far fewer than 2^52 are ever started"
    )]
    let wait = Duration::try_from_secs_f64(index as f64 / rate).unwrap_or(FAR);
    started + wait.min(FAR)
}

/// What a task came to; a panic in one goes on here.
fn joined(ended: Result<Result<Case, Error>, tokio::task::JoinError>) -> Result<Case, Error> {
    match ended.map_err(tokio::task::JoinError::try_into_panic) {
        Ok(case) => case,
        Err(Ok(panic)) => std::panic::resume_unwind(panic),
        Err(Err(cancelled)) => Err(Error::Output(std::io::Error::other(cancelled))),
    }
}

/// A message in its request.
struct Parcel {
    id: String,
    message: Vec<u8>,
    request: Request,
}

/// What all deliveries of a run share.
struct Run {
    courier: Courier,
    started: Instant,
    moment: RefCell<Moment>,
    /// The time of the last message.
    last: Cell<Option<Timestamp>>,
    idle: RefCell<Vec<Connection>>,
    veil: Veil,
}

/// So far may the time of a message be ahead of the clock.
const AHEAD: SignedDuration = SignedDuration::from_secs(1);

impl Run {
    /// Now, and later than the message before: of one millisecond they would be the same to a
    /// receiver whose platform gives them no number.
    fn fresh_time(&self) -> Timestamp {
        let now = self.courier.clock.now();
        if self.courier.clock.is_fixed() {
            return now;
        }
        let later = self.last.get().map_or(now, |last| {
            now.max(last + SignedDuration::from_millis(1))
                .min(now + AHEAD)
        });
        self.last.set(Some(later));
        later
    }

    fn pack(&self, number: Option<usize>) -> Result<Parcel, Error> {
        let courier = &self.courier;
        let mut moment = self.moment.borrow_mut();
        moment.now = self.fresh_time();
        let message = courier.push.message(&mut moment)?;
        let request = courier.push.request(&message, &courier.url, &mut moment)?;
        check_headers(&request)?;
        let id = match number {
            Some(number) => format!("{}#{number}", courier.id),
            None => courier.id.clone(),
        };
        Ok(Parcel {
            id,
            message,
            request,
        })
    }

    async fn deliver(self: Rc<Self>, mut parcel: Parcel) -> Result<Case, Error> {
        let courier = &self.courier;
        let at = self.started.elapsed();
        let idle = self.idle.borrow_mut().pop();
        let mut connection = idle.unwrap_or_else(|| courier.dialer.connection());
        let mut attempts = Attempts::new(courier.pauses.clone(), courier.error_action.is_some());
        let mut account = Account::default();
        let mut pause = None;
        loop {
            let mut tried = self.try_once(&mut connection, parcel.request.clone()).await;
            tried.pause = pause;
            let accepted = tried.is_accepted(courier.patience.as_ref());
            account.tries.push(tried);
            match attempts.next(accepted) {
                Step::Done | Step::Dropped => break,
                Step::Wait(wait) => {
                    // The pauses of platforms outlast any connection; and on one that was kept,
                    // a server's hanging up could be taken for its end, and cost a try.
                    connection.close();
                    sleep(shortened(wait, courier.speed)).await;
                    pause = Some(wait);
                    if courier.fresh {
                        parcel.request = self.again(&parcel.message, &courier.url)?;
                    }
                }
                Step::ErrorAction => {
                    account.error_action = self.act_on_error(&parcel).await?;
                    break;
                }
            }
        }
        self.idle.borrow_mut().push(connection);
        let mut sent = parcel.request;
        sent.headers.edit(&courier.headers);
        Ok(Case {
            at: Some(at.as_secs_f64()),
            ..account.case(parcel.id, &sent, courier, &self.veil)
        })
    }

    /// The same message, wrapped and signed anew.
    fn again(&self, message: &[u8], to: &Url) -> Result<Request, Error> {
        let mut moment = self.moment.borrow_mut();
        moment.now = self.courier.clock.now();
        self.courier.push.request(message, to, &mut moment)
    }

    async fn try_once(&self, connection: &mut Connection, mut request: Request) -> Try {
        request.headers.edit(&self.courier.headers);
        let wire = request.to_wire();
        let tried = match connection.exchange(&wire).await {
            Ok(answer) => Try::answered(&answer),
            Err(failure) => {
                let partial = connection.partial();
                Try::failed(&failure, partial)
            }
        };
        if request.framing_fault().is_some() {
            // The server would take what is left of this request for the next.
            connection.close();
        }
        tried
    }

    /// One delivery to the error action, the proof kept as it is by further tries.
    async fn act_on_error(&self, parcel: &Parcel) -> Result<Option<Try>, Error> {
        let Some((url, dialer)) = &self.courier.error_action else {
            return Ok(None);
        };
        let request = if self.courier.fresh {
            self.again(&parcel.message, url)?
        } else {
            let mut request = parcel.request.clone();
            request.scheme = Some(url.scheme);
            request.target = url.target.clone().into_bytes();
            request.headers.set("Host", url.host());
            request
        };
        Ok(Some(self.try_once(&mut dialer.connection(), request).await))
    }
}
