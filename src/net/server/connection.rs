//! One connection: hyper over the tap, and a clock beside it.

use std::cell::RefCell;
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

use super::answer::{Whole, into_hyper};
use super::handshake::{self, Met};
use super::passed::{Passed, belongs_to_a_connection};
use super::request::{Flaw, chain, normal, whole};
use super::socket::Socket;
use super::tap::{BEHIND, Came};
use super::wire::{End, Io, Wire};
use super::{Limits, Manner, Refused, Reply, Shared};
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
            shared.refuse(peer, Scheme::Https, failed.came, failed.status, failed.why);
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
    S: HttpService<Incoming, ResBody = Whole, Error = Infallible>,
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
    async fn answer(&self, incoming: hyper::Request<Incoming>) -> hyper::Response<Whole> {
        let Some(mut request) = self.begin(&incoming) else {
            return pending().await;
        };
        match whole(incoming.into_body(), &self.shared.limits).await {
            Ok(body) => request.body = body,
            Err(flaw) => return into_hyper(&self.flawed(&flaw).await),
        }
        request.chunks = self.wire.borrow_mut().sizes();
        let reply: Reply = (self.shared.handler)(request, self.peer).await.into();
        if reply.passed.is_some() || !self.wire.borrow().is_plain(reply.manner) {
            poll_fn(|cx| self.wire.borrow_mut().poll_said(cx)).await;
        }
        self.wire.borrow_mut().answered(reply.manner);
        if self.wire.borrow().end().is_some() {
            return pending().await;
        }
        match reply.passed {
            Some(reason) => self.pass(&reply.response, reply.manner, reason),
            None => into_hyper(&reply.response),
        }
    }

    /// The answer of another server: hyper frames it anew.
    fn pass(&self, response: &Response, manner: Manner, reason: Vec<u8>) -> hyper::Response<Whole> {
        if manner == Manner::Plain {
            self.wire.borrow_mut().passes(Passed::new(response, reason));
        }
        let fields = response.headers.iter();
        let headers = fields.filter(|(name, _)| !belongs_to_a_connection(name));
        into_hyper(&Response {
            headers: headers.collect(),
            ..response.clone()
        })
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
        self.shared.refuse(self.peer, scheme, came, status, why);
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

impl<H, R: Fn(Refused)> Shared<H, R> {
    fn refuse(
        &self,
        peer: SocketAddr,
        scheme: Scheme,
        came: Came,
        status: Option<u16>,
        why: String,
    ) {
        let Came { mut raw, is_cut } = came;
        let most = self.limits.head.saturating_add(BEHIND);
        let is_cut = is_cut || raw.len() > most;
        raw.truncate(most);
        (self.refused)(Refused {
            peer,
            scheme,
            raw,
            is_cut,
            status,
            why,
        });
    }
}
