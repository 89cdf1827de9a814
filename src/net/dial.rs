//! Making connections: where the server is, and TLS if the URL wants it.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
#[cfg(unix)]
use tokio::net::UnixStream;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_rustls::TlsConnector;

use crate::error::Error;
use crate::message::{Scheme, Url};

use super::address::{Address, Resolve};
use super::failure::{self, AGREEING, CONNECTING, Failure, NAMING};
use super::reply::Limits;
use super::stream::{Plain, Stream};
use super::tls::{self, Trust};
use super::wire::{Connection, Timings};

/// How a server is reached.
#[derive(Clone, Debug)]
pub struct DialOptions {
    /// The time for one exchange, connecting included.
    pub limit: Duration,
    /// How much of an answer is read.
    pub limits: Limits,
    /// Whom to trust, for https.
    pub trust: Trust,
    /// What stands in for the name service.
    pub resolve: Vec<Resolve>,
    /// A Unix socket to dial instead of the URL's host.
    pub unix_socket: Option<PathBuf>,
}

impl Default for DialOptions {
    fn default() -> Self {
        Self {
            limit: Duration::from_secs(30),
            limits: Limits::default(),
            trust: Trust::System,
            resolve: Vec::new(),
            unix_socket: None,
        }
    }
}

/// Makes connections to one server.
pub struct Dialer {
    address: Address,
    options: DialOptions,
    tls: Option<(TlsConnector, ServerName<'static>)>,
    /// Where the host is, where that was told and need not be asked.
    told: Option<SocketAddr>,
    /// What the name service said, as long as it holds.
    asked: Mutex<Vec<SocketAddr>>,
}

impl Dialer {
    /// A dialer for the server that a URL names. Nothing is dialled yet.
    ///
    /// # Errors
    /// The URL names no host or port, or the certificates cannot be read.
    pub fn new(url: &Url, options: DialOptions) -> Result<Self, Error> {
        let address = Address::of(url).map_err(|why| Error::usage(format!("the URL: {why}")))?;
        let tls = match url.scheme {
            Scheme::Http => None,
            Scheme::Https => {
                let name = ServerName::try_from(address.host.clone())
                    .map_err(|_| Error::usage(format!("`{}` is no name for TLS", address.host)))?;
                Some((tls::connector(&options.trust)?, name))
            }
        };
        let told = options
            .resolve
            .iter()
            .find_map(|resolve| resolve.of(&address))
            .or_else(|| {
                let number = address.number()?;
                Some(SocketAddr::new(number, address.port))
            });
        Ok(Self {
            told,
            asked: Mutex::default(),
            address,
            options,
            tls,
        })
    }

    /// A connection that is made when it is first needed, and made again when it closed.
    #[must_use]
    pub fn connection(self: &Arc<Self>) -> Connection {
        Connection::new(Arc::clone(self))
    }

    /// Whether the server is on this machine.
    pub async fn is_loopback(&self) -> Result<bool, Failure> {
        if self.options.unix_socket.is_some() {
            return Ok(true);
        }
        let addresses = self.resolve().await?;
        Ok(addresses.iter().all(|address| is_loopback(address.ip())))
    }

    pub(super) fn limits(&self) -> Limits {
        self.options.limits
    }

    pub(super) fn limit(&self) -> Duration {
        self.options.limit
    }

    /// Whether TLS is what failed, and why.
    pub(super) fn tls_failure(&self, cause: &io::Error) -> Option<Failure> {
        let (why, hint) = tls::explain(cause)?;
        Some(self.no_tls(why, hint))
    }

    fn no_tls(&self, why: String, hint: Option<&'static str>) -> Failure {
        Failure::Tls {
            address: self.address.to_string(),
            why,
            hint,
        }
    }

    fn timed_out(&self, phase: &'static str) -> Failure {
        Failure::TimedOut {
            limit: self.options.limit,
            phase,
        }
    }

    async fn resolve(&self) -> Result<Vec<SocketAddr>, Failure> {
        if let Some(told) = self.told {
            return Ok(vec![told]);
        }
        let known = self.asked().clone();
        if !known.is_empty() {
            return Ok(known);
        }
        let Address { host, port } = &self.address;
        let failed = |cause| Failure::Resolve {
            host: host.clone(),
            cause,
        };
        let found: Vec<_> = tokio::net::lookup_host((host.as_str(), *port))
            .await
            .map_err(failed)?
            .collect();
        if found.is_empty() {
            return Err(failed(io::Error::other("it has no address")));
        }
        self.asked().clone_from(&found);
        Ok(found)
    }

    fn asked(&self) -> MutexGuard<'_, Vec<SocketAddr>> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) async fn connect(&self, deadline: Instant) -> Result<Connected, Failure> {
        let started = Instant::now();
        let (plain, peer) = self.connect_plain(deadline).await?;
        let connect = started.elapsed();
        let mut timings = Timings {
            connect: Some(connect),
            ..Timings::default()
        };
        let Some((connector, name)) = &self.tls else {
            let stream = Stream::Plain(plain);
            return Ok((stream, timings, peer));
        };
        let agreeing = timeout_at(deadline, connector.connect(name.clone(), plain));
        let agreed = agreeing.await.map_err(|_| self.timed_out(AGREEING))?;
        let stream = agreed.map_err(|cause| {
            self.tls_failure(&cause).unwrap_or_else(|| {
                let why = failure::plain(&cause);
                self.no_tls(why, Some(tls::PERHAPS_PLAIN))
            })
        })?;
        timings.tls = Some(started.elapsed().saturating_sub(connect));
        Ok((Stream::Tls(Box::new(stream)), timings, peer))
    }

    async fn connect_plain(
        &self,
        deadline: Instant,
    ) -> Result<(Plain, Option<SocketAddr>), Failure> {
        #[cfg(unix)]
        if let Some(path) = &self.options.unix_socket {
            let connected = timeout_at(deadline, UnixStream::connect(path)).await;
            let stream = connected
                .map_err(|_| self.timed_out(CONNECTING))?
                .map_err(|cause| Failure::Connect {
                    address: path.display().to_string(),
                    cause,
                })?;
            return Ok((Plain::Unix(stream), None));
        }
        let addresses = timeout_at(deadline, self.resolve())
            .await
            .map_err(|_| self.timed_out(NAMING))??;
        let mut refused = None;
        for (tried, &address) in addresses.iter().enumerate() {
            // An address that swallows everything leaves time for those behind it.
            let left = deadline.saturating_duration_since(Instant::now());
            let waiting = u32::try_from(addresses.len() - tried).unwrap_or(u32::MAX);
            let share = left / waiting;
            match timeout(share, TcpStream::connect(address)).await {
                Ok(Ok(stream)) => {
                    // A request is one write; nothing is gained by waiting for more.
                    let _ = stream.set_nodelay(true);
                    return Ok((Plain::Tcp(stream), Some(address)));
                }
                Ok(Err(cause)) => refused = Some(cause),
                Err(_) => {}
            }
        }
        // The name may mean another machine by now.
        self.asked().clear();
        match refused {
            Some(cause) => Err(Failure::Connect {
                address: self.tried(&addresses),
                cause,
            }),
            None => Err(self.timed_out(CONNECTING)),
        }
    }

    /// The address as the user wrote it, and what was dialled if that is not the same.
    fn tried(&self, addresses: &[SocketAddr]) -> String {
        if self.address.number().is_some()
            && self.told.map(|told| told.ip()) == self.address.number()
        {
            return self.address.to_string();
        }
        let numbers: Vec<_> = addresses
            .iter()
            .map(|address| address.ip().to_string())
            .collect();
        format!("{} ({})", self.address, numbers.join(", "))
    }
}

/// A connection that was made just now.
pub(super) type Connected = (Stream, Timings, Option<SocketAddr>);

fn is_loopback(ip: IpAddr) -> bool {
    ip.to_canonical().is_loopback()
}
