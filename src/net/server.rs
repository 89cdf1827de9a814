//! The receiver: an HTTP/1.1 server that hands out requests exactly as they came.
//!
//! hyper keeps the protocol (RFC 9112), and a tap on the connection keeps the bytes: hyper
//! lowercases the names of headers, and answers 400 by itself to what it cannot read. A handler
//! gets the raw target and the header fields with their case, order and duplicates; what never
//! becomes a request is told as [`Refused`], with its bytes.
//!
//! Not supported: TLS, HTTP/2, upgrades.

use std::fmt;
use std::future::Future;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, ToSocketAddrs as _};
use std::rc::Rc;
use std::str::FromStr;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::{JoinSet, LocalSet};
use tokio::time::{sleep, timeout};

use crate::error::Error;
use crate::message::{Request, Response};

use super::address;

mod connection;
mod tap;
mod wire;

/// Where to listen: `127.0.0.1:0`, `[::1]:8000`, `localhost:8000`, or a port alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bind {
    host: String,
    port: u16,
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
    /// The time for a head, from its first byte.
    pub head_time: Duration,
    /// The time for a body.
    pub body_time: Duration,
    /// How long a connection may stay without a byte.
    pub idle: Duration,
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
            grace: Duration::from_secs(2),
        }
    }
}

/// What came and did not become a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Who sent it.
    pub peer: SocketAddr,
    /// What came of it, from its first byte; a long one is cut.
    pub raw: Vec<u8>,
    /// What it was answered, if it was.
    pub status: Option<u16>,
    /// Why.
    pub why: String,
}

/// A socket that listens: connections wait in it until [`serve`](Listener::serve) takes them.
#[derive(Debug)]
pub struct Listener {
    listener: TcpListener,
    address: SocketAddr,
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
        let listener = TcpListener::bind(&*addresses).map_err(wrong)?;
        listener.set_nonblocking(true).map_err(wrong)?;
        // The standard library lets 128 wait, and a fleet that was cut off comes at once.
        #[cfg(unix)]
        let _ = rustix::net::listen(&listener, 4096);
        let address = listener.local_addr().map_err(wrong)?;
        Ok(Self { listener, address })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its URL as this machine reaches it, without a path.
    #[must_use]
    pub fn url(&self) -> String {
        let mut address = self.address;
        match address.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => address.set_ip(Ipv4Addr::LOCALHOST.into()),
            IpAddr::V6(ip) if ip.is_unspecified() => address.set_ip(Ipv6Addr::LOCALHOST.into()),
            _ => {}
        }
        format!("http://{address}")
    }

    /// Serves until `stop` is over: then nothing more is accepted, and running answers have a
    /// short time.
    ///
    /// Everything runs on this thread. A handler that never waits is
    /// `|request, peer| std::future::ready(…)`.
    pub async fn serve<H, F, R>(
        self,
        limits: Limits,
        handler: H,
        refused: R,
        stop: impl Future<Output = ()>,
    ) -> Result<(), Error>
    where
        H: Fn(Request, SocketAddr) -> F + 'static,
        F: Future<Output = Response> + 'static,
        R: Fn(Refused) + 'static,
    {
        let listener = tokio::net::TcpListener::from_std(self.listener)?;
        let shared = Rc::new(Shared {
            limits,
            handler,
            refused,
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
    handler: H,
    refused: R,
}

async fn accept<H, F, R>(
    listener: tokio::net::TcpListener,
    shared: Rc<Shared<H, R>>,
    stop: impl Future<Output = ()>,
) where
    H: Fn(Request, SocketAddr) -> F + 'static,
    F: Future<Output = Response> + 'static,
    R: Fn(Refused) + 'static,
{
    let (tell, told) = watch::channel(());
    let mut connections = JoinSet::new();
    let mut stop = std::pin::pin!(stop);
    loop {
        tokio::select! {
            () = &mut stop => break,
            Some(_) = connections.join_next() => {}
            accepted = listener.accept(), if connections.len() < shared.limits.connections => {
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
    let _ = tell.send(());
    let over = async { while connections.join_next().await.is_some() {} };
    let _ = timeout(shared.limits.grace, over).await;
}

/// Whether only this machine has the address; one in an IPv6 coat, too.
#[must_use]
pub fn is_loopback(ip: IpAddr) -> bool {
    ip.to_canonical().is_loopback()
}

#[cfg(test)]
mod tests;
