//! The receiver: an HTTP/1.1 server that hands out requests exactly as they came.
//!
//! hyper keeps the protocol (RFC 9112), and a tap on the connection keeps the bytes: hyper
//! lowercases the names of headers, and answers 400 by itself to what it cannot read. A handler
//! gets the raw target and the header fields with their case, order and duplicates; what never
//! becomes a request is told as [`Refused`], with its bytes. A handler's answer leaves when its
//! future is over, not before: what it has recorded by then is what a peer has the answer to. The
//! future is dropped where the connection breaks first, or the server ends.
//!
//! An answer may leave as it should, or in one of the [`Manner`]s of a server in trouble.
//!
//! A handler may also give a body piece by piece, for as long as it likes: [`Feed`].
//!
//! Not supported: HTTP/2, upgrades, certificates of clients.

use std::cell::Cell;
use std::fmt;
use std::future::Future;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, ToSocketAddrs as _};
use std::rc::Rc;
use std::str::FromStr;
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tokio::task::{JoinError, JoinSet, LocalSet};
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;

use crate::error::Error;
use crate::message::{Request, Scheme};

use super::address;
use super::tls::Served;

mod answer;
mod connection;
mod handshake;
mod pace;
mod passed;
mod reply;
mod request;
mod socket;
mod tap;
mod wire;

pub use reply::{Feed, Giver, Manner, Reply};

/// Where to listen: `127.0.0.1:0`, `[::1]:8000`, `localhost:8000`, or a port alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bind {
    host: String,
    port: u16,
}

impl Bind {
    /// The name or the IP address.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }
}

impl FromStr for Bind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (host, port) = match text.parse() {
            Ok(port) => (Ipv4Addr::LOCALHOST.to_string(), port),
            Err(_) => address::split(text, 0)?,
        };
        Ok(Self { host, port })
    }
}

impl fmt::Display for Bind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

/// What a peer may take.
#[derive(Clone, Debug)]
pub struct Limits {
    /// The bytes of a head.
    pub head: usize,
    /// The bytes of a body.
    pub body: usize,
    /// How many connections at once; further ones wait.
    pub connections: usize,
    /// The time for a head, from its first byte; for a TLS handshake, too.
    pub head_time: Duration,
    /// The time for a body.
    pub body_time: Duration,
    /// How long a connection may stay without a byte.
    pub idle: Duration,
    /// How long a connection stays whose answer never comes.
    pub unanswered: Duration,
    /// How long running answers may take at the end.
    pub grace: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            head: 64 << 10,
            body: 64 << 20,
            connections: 16_384,
            head_time: Duration::from_secs(10),
            body_time: Duration::from_secs(120),
            idle: Duration::from_secs(120),
            unanswered: Duration::from_secs(600),
            grace: Duration::from_secs(2),
        }
    }
}

/// What came and did not become a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Who sent it.
    pub peer: SocketAddr,
    /// What the server speaks: https where what came ought to be TLS.
    pub scheme: Scheme,
    /// What came of it until it was refused, from its first byte; over TLS, what TLS carried,
    /// unless it is the handshake that failed. At most the limit of a head and 16 KiB.
    pub raw: Vec<u8>,
    /// Whether more had come than is kept.
    pub is_cut: bool,
    /// What it was answered, if it was; over HTTP.
    pub status: Option<u16>,
    /// Why.
    pub why: String,
    /// Whether it is a TLS handshake that the client left because of the certificate, or left
    /// without a word: browsers do so before they ask whether to go on.
    pub is_distrust: bool,
}

/// A socket that listens: connections wait in it until [`serve`](Listener::serve) takes them.
#[derive(Debug)]
pub struct Listener {
    socket: TcpListener,
    address: SocketAddr,
    served: Option<Served>,
}

impl Listener {
    /// Listens. An address that others reach must be allowed.
    pub fn bind(to: &Bind, allow_remote: bool) -> Result<Self, Error> {
        let wrong = |cause: io::Error| Error::network(format!("cannot listen at {to}: {cause}"));
        let addresses: Vec<SocketAddr> = (to.host.as_str(), to.port)
            .to_socket_addrs()
            .map_err(wrong)?
            .collect();
        if !allow_remote && !addresses.iter().all(|address| is_loopback(address.ip())) {
            return Err(
                Error::usage(format!("others than this machine would reach {to}"))
                    .with_hint("if they should, add --allow-remote"),
            );
        }
        let socket = TcpListener::bind(&*addresses).map_err(wrong)?;
        socket.set_nonblocking(true).map_err(wrong)?;
        // The standard library lets 128 wait, and a fleet that was cut off comes at once.
        #[cfg(unix)]
        let _ = rustix::net::listen(&socket, 4096);
        let address = socket.local_addr().map_err(wrong)?;
        Ok(Self {
            socket,
            address,
            served: None,
        })
    }

    /// Speaks TLS, and nothing else.
    #[must_use]
    pub fn with_tls(self, served: Served) -> Self {
        Self {
            served: Some(served),
            ..self
        }
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The socket, for who speaks something else than HTTP.
    pub(super) fn into_socket(self) -> TcpListener {
        self.socket
    }

    /// Where this machine reaches it.
    #[must_use]
    pub fn reached(&self) -> SocketAddr {
        let mut address = self.address;
        match address.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => address.set_ip(Ipv4Addr::LOCALHOST.into()),
            IpAddr::V6(ip) if ip.is_unspecified() => address.set_ip(Ipv6Addr::LOCALHOST.into()),
            _ => {}
        }
        address
    }

    /// Its URL as this machine reaches it, without a path.
    #[must_use]
    pub fn url(&self) -> String {
        let scheme = if self.served.is_some() {
            Scheme::Https
        } else {
            Scheme::Http
        };
        format!("{scheme}://{}", self.reached())
    }

    /// Serves until `stop` is over: then nothing more is accepted, and running answers have a
    /// short time.
    ///
    /// Everything runs on this thread. A handler that never waits is
    /// `|request, peer| std::future::ready(…)`, and what it gives is a response, or a [`Reply`]
    /// where the response is to leave in another manner.
    pub async fn serve<H, F, R>(
        self,
        limits: Limits,
        handler: H,
        refused: R,
        stop: impl Future<Output = ()>,
    ) -> Result<(), Error>
    where
        H: Fn(Request, SocketAddr) -> F + 'static,
        F: Future<Output: Into<Reply>> + 'static,
        R: Fn(Refused) + 'static,
    {
        let listener = tokio::net::TcpListener::from_std(self.socket)?;
        let shared = Rc::new(Shared {
            limits,
            acceptor: self.served.as_ref().map(Served::acceptor),
            handler,
            refused,
            apart: Apart::default(),
        });
        LocalSet::new()
            .run_until(accept(listener, shared, stop))
            .await;
        Ok(())
    }
}

/// What all connections share.
struct Shared<H, R> {
    limits: Limits,
    acceptor: Option<TlsAcceptor>,
    handler: H,
    refused: R,
    apart: Apart,
}

/// The connections that take no place of those that may be.
#[derive(Default)]
struct Apart {
    count: Cell<usize>,
    changed: Notify,
}

/// So many may; further ones take a place like any other.
const MOST_APART: usize = 64;

async fn accept<H, F, R>(
    listener: tokio::net::TcpListener,
    shared: Rc<Shared<H, R>>,
    stop: impl Future<Output = ()>,
) where
    H: Fn(Request, SocketAddr) -> F + 'static,
    F: Future<Output: Into<Reply>> + 'static,
    R: Fn(Refused) + 'static,
{
    let (tell, told) = watch::channel(false);
    let mut connections = JoinSet::new();
    let mut stop = std::pin::pin!(stop);
    loop {
        let taken = connections.len() - shared.apart.count.get().min(MOST_APART);
        tokio::select! {
            () = &mut stop => break,
            () = shared.apart.changed.notified() => {}
            Some(served) = connections.join_next() => pass_panic_on(served),
            accepted = listener.accept(), if taken < shared.limits.connections => {
                match accepted {
                    Ok((stream, peer)) => {
                        let serving = connection::serve(stream, peer, Rc::clone(&shared), told.clone());
                        connections.spawn_local(serving);
                    }
                    // A client that is gone again, or no more files may be open: they will be.
                    Err(_) => sleep(Duration::from_millis(20)).await,
                }
            }
        }
    }
    drop(listener);
    let _ = tell.send(true);
    let over = async {
        while let Some(served) = connections.join_next().await {
            pass_panic_on(served);
        }
    };
    let _ = timeout(shared.limits.grace, over).await;
}

/// A connection whose task panics is a defect of this program: it ends the run like any other,
/// and is no connection that was served.
pub(super) fn pass_panic_on(served: Result<(), JoinError>) {
    if let Err(panic) = served.map_err(JoinError::try_into_panic)
        && let Ok(panic) = panic
    {
        std::panic::resume_unwind(panic);
    }
}

/// Whether only this machine has the address; one in an IPv6 coat, too.
#[must_use]
pub fn is_loopback(ip: IpAddr) -> bool {
    ip.to_canonical().is_loopback()
}

#[cfg(test)]
mod tests;
