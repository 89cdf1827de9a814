//! The driver of a platform: its connections, its clock, and what it tells.
//!
//! One thread, and a small task a connection. What the platform sends to a connection is put
//! into its outbox at once and leaves by one write for all that a turn brought.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use bytes::BytesMut;
use jiff::Timestamp;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::{JoinSet, LocalSet, yield_now};
use tokio::time::{sleep, sleep_until, timeout, timeout_at};

use super::{Link, Moved};
use crate::mqtt::packet::{self, Malformed, Packet};
use crate::net::server::{Listener, pass_panic_on};
use crate::studio::broker::{Action, Key, Now, Told};
use crate::studio::site::Site;

/// What a peer may take.
#[derive(Clone, Debug)]
pub struct Limits {
    /// The bytes of a packet.
    pub packet: usize,
    /// The bytes that may wait for one that reads slowly: then whoever sends waits for it, a moment
    /// once, and at twice as many its messages are dropped.
    pub backlog: usize,
    /// How long one may read nothing of what waits for it.
    pub stall: Duration,
    /// How many connections at once; further ones wait.
    pub connections: usize,
    /// How long what was sent last may take at the end.
    pub grace: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            packet: 256 << 10,
            backlog: 512 << 10,
            stall: Duration::from_secs(30),
            connections: 16_384,
            grace: Duration::from_secs(2),
        }
    }
}

/// A site that is served.
pub struct Stage {
    site: RefCell<Site>,
    tell: Box<dyn Fn(Told)>,
    limits: Limits,
    outboxes: RefCell<HashMap<Key, Rc<Outbox>, foldhash::fast::RandomState>>,
    started: Instant,
    /// When the run began, by the calendar.
    began: Timestamp,
    /// Used again and again.
    actions: RefCell<Vec<Action>>,
    next_key: Cell<Key>,
    /// When the clock is to be looked at next.
    armed: Cell<Option<Duration>>,
    rearmed: Notify,
    /// Whom the sender of what was delivered last should wait for.
    full: RefCell<Vec<Full>>,
}

/// An outbox with too much in it, and since when it is waited for.
struct Full {
    outbox: Rc<Outbox>,
    since: Instant,
}

/// What is to be sent to a connection.
#[derive(Default)]
struct Outbox {
    bytes: RefCell<BytesMut>,
    /// What its connection has taken and not sent yet.
    under_way: Cell<usize>,
    is_closing: Cell<bool>,
    /// Its connection waits for something to happen, and does not look by itself.
    is_asleep: Cell<bool>,
    wake: Notify,
    /// It was waited for in vain: it is not again before it has read something.
    is_stuck: Cell<bool>,
    /// Told when it has room again.
    relieved: Notify,
}

impl Stage {
    /// A site that began now; `tell` gets what happens.
    pub fn new(
        site: Site,
        began: Timestamp,
        limits: Limits,
        tell: impl Fn(Told) + 'static,
    ) -> Self {
        Self {
            site: RefCell::new(site),
            tell: Box::new(tell),
            limits,
            outboxes: RefCell::default(),
            started: Instant::now(),
            began,
            actions: RefCell::default(),
            next_key: Cell::new(1),
            armed: Cell::new(None),
            rearmed: Notify::new(),
            full: RefCell::default(),
        }
    }

    /// Since the start.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    fn now(&self) -> Now {
        let elapsed = self.elapsed();
        let passed = i64::try_from(elapsed.as_millis()).unwrap_or(i64::MAX);
        Now {
            elapsed,
            millis: self.began.as_millisecond().saturating_add(passed),
        }
    }

    /// Does something with the site, and sends what comes of it.
    pub fn with<T>(&self, what: impl FnOnce(&mut Site, Now, &mut Vec<Action>) -> T) -> T {
        let mut actions = self.actions.take();
        let given = what(&mut self.site.borrow_mut(), self.now(), &mut actions);
        self.deliver(&mut actions);
        actions.clear();
        self.actions.replace(actions);
        self.rearm();
        given
    }

    /// Looks at the site.
    pub fn look<T>(&self, what: impl FnOnce(&Site) -> T) -> T {
        what(&self.site.borrow())
    }

    fn deliver(&self, actions: &mut Vec<Action>) {
        let mut slow = Vec::new();
        let outboxes = self.outboxes.borrow();
        for action in actions.drain(..) {
            match action {
                Action::Tell(told) => (self.tell)(told),
                Action::Send(key, packet) => {
                    let Some(outbox) = outboxes.get(&key) else {
                        continue;
                    };
                    if !outbox.take(&packet, 2 * self.limits.backlog) {
                        slow.push((key, packet));
                    }
                    if outbox.is_over(self.limits.backlog) && !outbox.is_stuck.get() {
                        self.press(outbox);
                    }
                }
                Action::Close(key) => {
                    if let Some(outbox) = outboxes.get(&key) {
                        outbox.is_closing.set(true);
                        outbox.wake.notify_one();
                    }
                }
            }
        }
        for (key, dropped) in slow {
            let mut site = self.site.borrow_mut();
            site.broker.overflowed(key, &dropped, actions);
        }
        for action in actions.drain(..) {
            if let Action::Tell(told) = action {
                (self.tell)(told);
            }
        }
    }

    fn press(&self, outbox: &Rc<Outbox>) {
        let mut full = self.full.borrow_mut();
        if !full.iter().any(|other| Rc::ptr_eq(&other.outbox, outbox)) {
            full.push(Full {
                outbox: Rc::clone(outbox),
                since: Instant::now(),
            });
        }
    }

    /// Waits until those for whom much waits have read, a moment for each that does not. It may be
    /// dropped at any time, and begun again.
    pub async fn breathe(&self) {
        self.relieve(None).await;
    }

    /// Lets those read for whom much waits, but for the one who waits here.
    async fn relieve(&self, own: Option<&Rc<Outbox>>) {
        // The others have their turn before more comes.
        yield_now().await;
        loop {
            let first = self
                .full
                .borrow()
                .last()
                .map(|it| (Rc::clone(&it.outbox), it.since));
            let Some((outbox, since)) = first else {
                return;
            };
            let is_own = own.is_some_and(|own| Rc::ptr_eq(own, &outbox));
            let room = async {
                while outbox.is_over(self.limits.backlog) && !outbox.is_closing.get() && !is_own {
                    outbox.relieved.notified().await;
                }
            };
            if timeout_at((since + MOMENT).into(), room).await.is_err() {
                outbox.is_stuck.set(true);
            }
            let mut full = self.full.borrow_mut();
            full.retain(|other| !Rc::ptr_eq(&other.outbox, &outbox));
        }
    }

    /// Wakes the clock if it would look too late.
    fn rearm(&self) {
        let deadline = self.site.borrow().broker.deadline();
        if deadline != self.armed.get() {
            self.armed.set(deadline);
            self.rearmed.notify_one();
        }
    }

    async fn tick(&self) {
        loop {
            let deadline = self.armed.get();
            let due = async {
                match deadline {
                    Some(deadline) => sleep_until((self.started + deadline).into()).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = due => self.with(|site, now, out| {
                    site.with(now, out, |broker, out| broker.tick(now, out));
                }),
                () = self.rearmed.notified() => {}
            }
        }
    }
}

/// The bytes of a CONNECT: an id, a user name and a token.
const LOGIN: usize = 16 << 10;
/// So long a sender waits once for one that reads slowly.
const MOMENT: Duration = Duration::from_millis(100);

impl Outbox {
    /// Whether so much waits, or more.
    fn is_over(&self, bytes: usize) -> bool {
        self.bytes.borrow().len() + self.under_way.get() > bytes
    }

    /// Takes a packet; a message is dropped where too much waits already.
    fn take(&self, packet: &Packet, backlog: usize) -> bool {
        let mut bytes = self.bytes.borrow_mut();
        let is_message = matches!(packet, Packet::Publish(_));
        if is_message && bytes.len() + self.under_way.get() > backlog {
            return false;
        }
        if bytes.is_empty() && self.is_asleep.get() {
            self.wake.notify_one();
        }
        // What the platform sends was read before or is made of such texts: it can be written.
        packet::write(packet, &mut bytes).is_ok()
    }

    /// Gives all to the connection that sends it.
    fn give(&self, link: &mut Link) {
        let mut bytes = self.bytes.borrow_mut();
        if link.outgoing().is_empty() {
            std::mem::swap(link.outgoing(), &mut bytes);
        } else {
            link.outgoing().unsplit(bytes.split());
        }
        self.under_way.set(link.outgoing().len());
    }
}

/// Serves until `stop` is over; then all are disconnected.
pub async fn serve(
    listener: Listener,
    stage: Rc<Stage>,
    stop: impl Future<Output = ()>,
) -> io::Result<()> {
    let listener = TcpListener::from_std(listener.into_socket())?;
    let connections = async {
        let mut connections = JoinSet::new();
        let mut stop = std::pin::pin!(stop);
        let mut ticking = std::pin::pin!(stage.tick());
        loop {
            let has_room = connections.len() < stage.limits.connections;
            tokio::select! {
                () = &mut stop => break,
                () = &mut ticking => {}
                Some(ended) = connections.join_next() => pass_panic_on(ended),
                accepted = listener.accept(), if has_room => match accepted {
                    Ok((stream, peer)) => {
                        connections.spawn_local(connection(Rc::clone(&stage), stream, peer));
                    }
                    // A client that is gone again, or no more files may be open: they will be.
                    Err(_) => sleep(Duration::from_millis(20)).await,
                },
            }
        }
        drop(listener);
        for outbox in stage.outboxes.borrow().values() {
            outbox.is_closing.set(true);
            outbox.wake.notify_one();
        }
        let over = async {
            while let Some(ended) = connections.join_next().await {
                pass_panic_on(ended);
            }
        };
        let _ = timeout(stage.limits.grace, over).await;
    };
    LocalSet::new().run_until(connections).await;
    Ok(())
}

async fn connection(stage: Rc<Stage>, stream: TcpStream, peer: SocketAddr) {
    let key = stage.next_key.replace(stage.next_key.get() + 1);
    let outbox = Rc::new(Outbox::default());
    stage.outboxes.borrow_mut().insert(key, Rc::clone(&outbox));
    stage.with(|site, now, _| site.broker.accept(key, peer.to_string(), now));
    let link = Link::new(stream, stage.limits.packet.min(LOGIN));
    let why = converse(&stage, key, link, &outbox).await;
    stage.outboxes.borrow_mut().remove(&key);
    stage.with(|site, now, out| {
        site.with(now, out, |broker, out| broker.gone(key, &why, now, out));
    });
}

/// Moves packets until the connection is over; why it is.
async fn converse(stage: &Stage, key: Key, mut link: Link, outbox: &Rc<Outbox>) -> String {
    // How much it has read of what was sent, and since when no more.
    let (mut sent, mut since) = (0, Instant::now());
    let mut is_in = false;
    loop {
        let malformed = receive(stage, key, &mut link);
        if let Some(why) = &malformed {
            stage.with(|site, now, out| {
                site.with(now, out, |broker, out| broker.malformed(key, why, now, out));
            });
        }
        if !is_in && stage.look(|site| site.broker.is_in(key)) {
            is_in = true;
            link.take_up_to(stage.limits.packet);
        }
        outbox.give(&mut link);
        if outbox.is_closing.get() || malformed.is_some() {
            // What it gets last may say why; whoever does not read it does not learn it.
            let _ = link.flush(Duration::from_secs(1)).await;
            return "the platform ends".to_owned();
        }
        if outbox.under_way.get() == 0 || link.sent() != sent {
            (sent, since) = (link.sent(), Instant::now());
            outbox.is_stuck.set(false);
            outbox.relieved.notify_waiters();
        }
        outbox.is_asleep.set(true);
        // Answers are not dropped as messages are: whoever does not read them is not heard.
        let is_heard = outbox.under_way.get() <= stage.limits.backlog;
        let moving = async {
            if is_heard {
                link.turn().await
            } else {
                link.push().await
            }
        };
        let moved = async {
            tokio::select! {
                moved = moving => moved,
                () = outbox.wake.notified() => Ok(Moved::Some),
            }
        };
        let moved = if outbox.under_way.get() == 0 {
            moved.await
        } else {
            timeout_at((since + stage.limits.stall).into(), moved)
                .await
                .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
        };
        outbox.is_asleep.set(false);
        match moved {
            Ok(Moved::Some) => stage.relieve(Some(outbox)).await,
            Ok(Moved::Ended) => return "it closed the connection without DISCONNECT".to_owned(),
            Err(why) if why.kind() == io::ErrorKind::TimedOut => {
                return "it read nothing of what waited for it".to_owned();
            }
            Err(why) => return format!("the connection broke: {why}"),
        }
    }
}

/// Hands the site all packets that have come.
fn receive(stage: &Stage, key: Key, link: &mut Link) -> Option<Malformed> {
    let mut malformed = None;
    stage.with(|site, now, out| {
        loop {
            match link.packet() {
                Ok(Some(packet)) => site.take(key, packet, now, out),
                Ok(None) => break,
                Err(why) => {
                    malformed = Some(why);
                    break;
                }
            }
        }
    });
    malformed
}
