//! One connection: hyper over the tap, and a clock beside it.

use std::cell::{Cell, RefCell};
use std::convert::Infallible;
use std::future::{Future, pending, poll_fn};
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Poll, Waker};

use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{HttpService, service_fn};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until};

use super::answer::{Sent, into_hyper};
use super::handshake::{self, Met};
use super::passed::{Passed, belongs_to_a_connection};
use super::request::{Flaw, chain, normal, whole};
use super::socket::Socket;
use super::tap::{BEHIND, Came};
use super::wire::{End, Io, Wire};
use super::{Apart, Limits, Manner, Refused, Reply, Shared};
use crate::message::{Request, Response, Scheme};

/// The answer to a head that never gets whole.
const TIMEOUT: &[u8] =
    b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";

/// A client that speaks HTTP/2 without asking begins so (RFC 9113, 3.4).
const HTTP_2: &[u8] = b"PRI * HTTP/2.0\r\n";
const NO_HTTP_2: &str = "HTTP/2 is not spoken here";

const UNREAD: &str = "it stands behind the last request that was answered before its connection was closed, and was \
                      not read";

struct Connection<H, R> {
    shared: Rc<Shared<H, R>>,
    peer: SocketAddr,
    wire: Rc<RefCell<Wire>>,
    /// A request whose body is not whole, and why. It is told when its answer has left.
    flaw: RefCell<Option<Box<(Came, String)>>>,
    is_apart: Cell<bool>,
}

/// Serves a connection until its end, or for a short time once `told` is true.
pub(super) async fn serve<H, F, R>(
    stream: TcpStream,
    peer: SocketAddr,
    shared: Rc<Shared<H, R>>,
    mut told: watch::Receiver<bool>,
) where
    H: Fn(Request, SocketAddr) -> F + 'static,
    F: Future<Output: Into<Reply>> + 'static,
    R: Fn(Refused) + 'static,
{
    // An answer is one write: it need not wait for more.
    let _ = stream.set_nodelay(true);
    let Some(socket) = meet(stream, peer, &shared, &mut told).await else {
        return;
    };
    let wire = Rc::new(RefCell::new(Wire::new(socket)));
    let connection = Rc::new(Connection {
        shared: Rc::clone(&shared),
        peer,
        wire: Rc::clone(&wire),
        flaw: RefCell::default(),
        is_apart: Cell::new(false),
    });
    let answering = Rc::clone(&connection);
    let service = service_fn(move |request| {
        let connection = Rc::clone(&answering);
        async move { Ok::<_, Infallible>(connection.answer(request).await) }
    });
    let serving = pin!(
        http1::Builder::new()
            .half_close(true)
            // An answer is short: one write of one piece costs less than two pieces at once.
            .writev(false)
            .title_case_headers(true)
            .max_header_size(shared.limits.head)
            .serve_connection(Io(Rc::clone(&wire)), service)
    );
    let over = drive(serving, &wire, &shared.limits, &mut told).await;
    connection.tell_of_flaw();
    match over {
        Over::Hyper(Ok(())) => connection.closed(),
        Over::Hyper(Err(why)) => connection.broke(&why),
        Over::Late => connection.too_slow(),
        Over::End(end) => return Box::pin(connection.end(end, &mut told)).await,
    }
    // In boxes, because most connections end without either.
    Box::pin(connection.linger()).await;
}

/// The connection as it is spoken over, if it comes to that.
async fn meet<H, R: Fn(Refused)>(
    stream: TcpStream,
    peer: SocketAddr,
    shared: &Shared<H, R>,
    told: &mut watch::Receiver<bool>,
) -> Option<Socket> {
    let Some(acceptor) = &shared.acceptor else {
        return Some(Socket::Plain(stream));
    };
    // In a box, because a connection without TLS need not have the room for it.
    match Box::pin(handshake::meet(stream, acceptor, &shared.limits, told)).await {
        Met::Socket(socket) => Some(socket),
        Met::Nothing => None,
        Met::Failed(failed) => {
            let refused = shared.refused(peer, Scheme::Https, failed.came, failed.why);
            (shared.refused)(Refused {
                status: failed.status,
                is_distrust: failed.is_distrust,
                ..refused
            });
            if let Some(stream) = failed.stream {
                Socket::Plain(stream).linger().await;
            }
            None
        }
    }
}

/// Why hyper is no longer asked.
enum Over {
    /// It is done.
    Hyper(hyper::Result<()>),
    /// Nothing came for too long.
    Late,
    /// Its answer leaves in a manner that hyper does not have.
    End(End),
}

async fn drive<S>(
    mut serving: Pin<&mut http1::Connection<Io, S>>,
    wire: &RefCell<Wire>,
    limits: &Limits,
    told: &mut watch::Receiver<bool>,
) -> Over
where
    S: HttpService<Incoming, ResBody = Sent, Error = Infallible>,
{
    let mut clock = pin!(sleep_until(wire.borrow().due(limits)));
    let news = told.clone();
    let mut ending = pin!(ended(told));
    let mut is_ending = false;
    // Both wake this waker; until they have something to say they are not asked each time.
    let mut waker: Option<Waker> = None;
    poll_fn(|cx| {
        let is_known = waker.as_ref().is_some_and(|it| it.will_wake(cx.waker()));
        if !is_known {
            waker = Some(cx.waker().clone());
        }
        loop {
            if let Poll::Ready(end) = serving.as_mut().poll(cx) {
                return Poll::Ready(Over::Hyper(end));
            }
            let mut seen = wire.borrow_mut();
            if let Some(end) = seen.end() {
                return Poll::Ready(Over::End(end));
            }
            if seen.poll_left_by_peer(cx).is_ready() {
                return Poll::Ready(Over::End(End::Close));
            }
            let has_begun = seen.look();
            if has_begun {
                clock.as_mut().reset(seen.due(limits));
            }
            if has_begun || !is_known || clock.is_elapsed() {
                while clock.as_mut().poll(cx).is_ready() {
                    let due = seen.due(limits);
                    if due <= Instant::now() {
                        return Poll::Ready(Over::Late);
                    }
                    clock.as_mut().reset(due);
                }
            }
            let is_told = !is_known || news.has_changed().unwrap_or(true);
            if is_ending || !is_told || ending.as_mut().poll(cx).is_pending() {
                return Poll::Pending;
            }
            is_ending = true;
            if let Some(due) = seen.cut_short() {
                clock.as_mut().reset(due);
                let _ = clock.as_mut().poll(cx);
            }
            drop(seen);
            serving.as_mut().graceful_shutdown();
        }
    })
    .await
}

/// Waits until the server ends.
pub(super) async fn ended(told: &mut watch::Receiver<bool>) {
    let _ = told.wait_for(|ended| *ended).await;
}

impl<H, F, R> Connection<H, R>
where
    H: Fn(Request, SocketAddr) -> F + 'static,
    F: Future<Output: Into<Reply>> + 'static,
    R: Fn(Refused) + 'static,
{
    async fn answer(&self, incoming: hyper::Request<Incoming>) -> hyper::Response<Sent> {
        let Some(mut request) = self.begin(&incoming) else {
            return pending().await;
        };
        match whole(incoming.into_body(), &self.shared.limits).await {
            Ok(body) => request.body = body,
            Err(flaw) => return into_hyper(&self.flawed(&flaw).await, None),
        }
        request.chunks = self.wire.borrow_mut().sizes();
        let reply: Reply = (self.shared.handler)(request, self.peer).await.into();
        self.stands_apart(reply.is_apart);
        if reply.passed.is_some() || !self.wire.borrow().is_plain(reply.manner) {
            poll_fn(|cx| self.wire.borrow_mut().poll_said(cx)).await;
        }
        self.wire.borrow_mut().answered(reply.manner);
        if self.wire.borrow().end().is_some() {
            return pending().await;
        }
        if reply.feed.is_some() {
            self.wire.borrow_mut().feeds();
        }
        match reply.passed {
            Some(reason) => self.pass(&reply.response, reply.manner, reason),
            None => into_hyper(&reply.response, reply.feed),
        }
    }

    /// The answer of another server: hyper frames it anew.
    fn pass(&self, response: &Response, manner: Manner, reason: Vec<u8>) -> hyper::Response<Sent> {
        if manner == Manner::Plain {
            self.wire.borrow_mut().passes(Passed::new(response, reason));
        }
        let fields = response.headers.iter();
        let headers = fields.filter(|(name, _)| !belongs_to_a_connection(name));
        let response = Response {
            headers: headers.collect(),
            ..response.clone()
        };
        into_hyper(&response, None)
    }

    /// The head of a request; none where the connection is at its end.
    fn begin(&self, incoming: &hyper::Request<Incoming>) -> Option<Request> {
        let mut wire = self.wire.borrow_mut();
        if wire.end().is_some() {
            return None;
        }
        let mut request = wire.begin().unwrap_or_else(|| normal(incoming));
        request.scheme = Some(wire.scheme());
        Some(request)
    }

    /// The answer to a request whose body is not whole.
    async fn flawed(&self, flaw: &Flaw) -> Response {
        let came = self.wire.borrow_mut().taken();
        let why = flaw.why(&self.shared.limits);
        *self.flaw.borrow_mut() = Some(Box::new((came, why)));
        poll_fn(|cx| self.wire.borrow_mut().poll_said(cx)).await;
        self.wire.borrow_mut().refuses();
        let mut response = Response {
            status: flaw.status(),
            ..Response::default()
        };
        response.headers.push("Connection", "close");
        response
    }

    /// A peer that went away meanwhile has no answer.
    fn tell_of_flaw(&self) {
        let flaw = self.flaw.take();
        if let Some((came, why)) = flaw.map(|flaw| *flaw) {
            let status = self.wire.borrow().said();
            self.refuse(came, status, why);
        }
    }

    /// All that hyper has read was answered; what stands behind it is kept, too.
    fn closed(&self) {
        let mut wire = self.wire.borrow_mut();
        // Where a body is not whole nobody knows where the next request begins.
        if wire.is_lingering() {
            return;
        }
        let left = wire.left();
        if left.raw.trim_ascii().is_empty() {
            return;
        }
        wire.lingers();
        drop(wire);
        self.refuse(left, None, UNREAD.to_owned());
    }

    /// hyper gave up, perhaps with an answer.
    fn broke(&self, why: &hyper::Error) {
        let left = self.wire.borrow_mut().left();
        if left.raw.is_empty() {
            return;
        }
        let why = match () {
            () if left.raw.starts_with(HTTP_2) => NO_HTTP_2.to_owned(),
            () if why.is_parse_too_large() => "its head is too large".to_owned(),
            () if why.is_parse() => chain(why),
            () => "the connection ended in its head".to_owned(),
        };
        // hyper does not answer each of them.
        let status = self.wire.borrow().said();
        if status.is_some() {
            self.wire.borrow_mut().lingers();
        }
        self.refuse(left, status, why);
    }

    /// Nothing came for too long.
    fn too_slow(&self) {
        let mut wire = self.wire.borrow_mut();
        if !wire.is_in_head() {
            return;
        }
        let said = wire.say(TIMEOUT);
        let left = wire.left();
        drop(wire);
        let time = humantime::format_duration(self.shared.limits.head_time);
        self.refuse(
            left,
            said.then_some(408),
            format!("its head was not whole within {time}"),
        );
    }

    fn refuse(&self, came: Came, status: Option<u16>, why: String) {
        let scheme = self.wire.borrow().scheme();
        let refused = self.shared.refused(self.peer, scheme, came, why);
        (self.shared.refused)(Refused { status, ..refused });
    }

    /// Closing on a peer that still sends would reset the connection, and the peer would not
    /// read the answer.
    async fn linger(&self) {
        if !self.wire.borrow().is_lingering() {
            return;
        }
        let socket = self.wire.borrow_mut().close();
        if let Some(socket) = socket {
            socket.linger().await;
        }
    }

    /// Ends a connection without hyper.
    async fn end(&self, end: End, told: &mut watch::Receiver<bool>) {
        self.closed();
        let Some(mut socket) = self.wire.borrow_mut().close() else {
            return;
        };
        match end {
            End::Reset => socket.reset(),
            End::Close => socket.linger().await,
            End::Never => tokio::select! {
                () = socket.rest() => {}
                () = ended(told) => {}
                () = sleep(self.shared.limits.unanswered) => {}
            },
        }
    }
}

impl<H, R> Connection<H, R> {
    fn stands_apart(&self, is_apart: bool) {
        if self.is_apart.replace(is_apart) == is_apart {
            return;
        }
        let Apart { count, changed } = &self.shared.apart;
        if is_apart {
            count.set(count.get() + 1);
        } else {
            count.set(count.get() - 1);
        }
        changed.notify_one();
    }
}

impl<H, R> Drop for Connection<H, R> {
    fn drop(&mut self) {
        self.stands_apart(false);
    }
}

impl<H, R> Shared<H, R> {
    /// What is told of what came and was answered nothing.
    fn refused(&self, peer: SocketAddr, scheme: Scheme, came: Came, why: String) -> Refused {
        let Came { mut raw, is_cut } = came;
        let most = self.limits.head.saturating_add(BEHIND);
        let is_cut = is_cut || raw.len() > most;
        raw.truncate(most);
        Refused {
            peer,
            scheme,
            raw,
            is_cut,
            status: None,
            why,
            is_distrust: false,
        }
    }
}
