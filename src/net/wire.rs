//! The exact sender: HTTP/1.1 requests leave as they were composed, byte for byte.
//!
//! It never writes a request of its own, so it can send what no well-behaved client can: a raw
//! `+` or blank in the target, duplicate headers, a wrong `Content-Length`. It does not follow
//! redirects, keep cookies or undo compression, and knows no proxy. Every byte of a protocol
//! goes through here.

use std::future::poll_fn;
use std::io;
use std::mem::MaybeUninit;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
#[cfg(unix)]
use tokio::net::UnixStream;
use tokio::time::{Instant, Sleep, sleep_until, timeout_at};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::error::Error;
use crate::message::{Response, Scheme, Url};

use super::address::{Address, Resolve};
use super::failure::Failure;
use super::reply::{Early, Flaw, Incoming, Limits};
use super::tls::{self, Trust};

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
    /// Where the host is, once that is known.
    known: Mutex<Vec<SocketAddr>>,
}

impl Dialer {
    /// A dialer for the server that a URL names. Nothing is dialled yet.
    ///
    /// # Errors
    /// The URL names no host or port, or the certificates cannot be read.
    pub fn new(url: &Url, options: DialOptions) -> Result<Self, Error> {
        let address = Address::of(url).map_err(|why| Error::usage(format!("{url}: {why}")))?;
        let tls = match url.scheme {
            Scheme::Http => None,
            Scheme::Https => {
                let name = ServerName::try_from(address.host.clone())
                    .map_err(|_| Error::usage(format!("`{}` is no name for TLS", address.host)))?;
                Some((tls::connector(&options.trust)?, name))
            }
        };
        let known = options
            .resolve
            .iter()
            .find_map(|resolve| resolve.of(&address))
            .or_else(|| {
                let number = address.number()?;
                Some(SocketAddr::new(number, address.port))
            });
        Ok(Self {
            known: Mutex::new(known.into_iter().collect()),
            address,
            options,
            tls,
        })
    }

    /// A connection that is made when it is first needed, and made again when it closed.
    #[must_use]
    pub fn connection(self: &Arc<Self>) -> Connection {
        Connection {
            dialer: Arc::clone(self),
            stream: None,
            incoming: Incoming::new(self.options.limits),
            timer: Timer::default(),
            peer: None,
        }
    }

    /// Whether the server is on this machine.
    pub async fn is_loopback(&self) -> Result<bool, Failure> {
        if self.options.unix_socket.is_some() {
            return Ok(true);
        }
        let addresses = self.resolve().await?;
        Ok(addresses.iter().all(|address| is_loopback(address.ip())))
    }

    async fn resolve(&self) -> Result<Vec<SocketAddr>, Failure> {
        {
            let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            if !known.is_empty() {
                return Ok(known.clone());
            }
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
        self.known
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone_from(&found);
        Ok(found)
    }

    async fn connect(&self) -> Result<(Stream, Timings, Option<SocketAddr>), Failure> {
        let started = Instant::now();
        let (plain, peer) = self.connect_plain().await?;
        let connect = started.elapsed();
        let mut timings = Timings {
            connect: Some(connect),
            ..Timings::default()
        };
        let Some((connector, name)) = &self.tls else {
            return Ok((Stream::Plain(plain), timings, peer));
        };
        let stream = connector
            .connect(name.clone(), plain)
            .await
            .map_err(|cause| {
                let (why, hint) = tls::explain(&cause);
                Failure::Tls {
                    address: self.address.to_string(),
                    why,
                    hint,
                }
            })?;
        timings.tls = Some(started.elapsed().saturating_sub(connect));
        Ok((Stream::Tls(Box::new(stream)), timings, peer))
    }

    async fn connect_plain(&self) -> Result<(Plain, Option<SocketAddr>), Failure> {
        #[cfg(unix)]
        if let Some(path) = &self.options.unix_socket {
            let stream = UnixStream::connect(path)
                .await
                .map_err(|cause| Failure::Connect {
                    address: path.display().to_string(),
                    cause,
                })?;
            return Ok((Plain::Unix(stream), None));
        }
        let mut failure = None;
        for address in self.resolve().await? {
            match TcpStream::connect(address).await {
                Ok(stream) => {
                    // A request is one write; nothing is gained by waiting for more.
                    let _ = stream.set_nodelay(true);
                    return Ok((Plain::Tcp(stream), Some(address)));
                }
                Err(cause) => {
                    failure = Some(Failure::Connect {
                        address: address.to_string(),
                        cause,
                    });
                }
            }
        }
        Err(failure.unwrap_or_else(|| Failure::Resolve {
            host: self.address.host.clone(),
            cause: io::Error::other("it has no address"),
        }))
    }
}

fn is_loopback(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => ip.is_loopback(),
        IpAddr::V6(ip) => {
            ip.is_loopback() || ip.to_ipv4_mapped().is_some_and(|ip| ip.is_loopback())
        }
    }
}

/// How long the parts of an exchange took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Timings {
    /// Connecting, if that was needed.
    pub connect: Option<Duration>,
    /// Agreeing upon TLS, if that was needed.
    pub tls: Option<Duration>,
    /// From the first byte sent to the first byte of the answer.
    pub first_byte: Duration,
    /// From the first byte sent to the last byte of the answer.
    pub total: Duration,
}

/// A connection to a server, for one request after another.
pub struct Connection {
    dialer: Arc<Dialer>,
    stream: Option<Stream>,
    incoming: Incoming,
    timer: Timer,
    peer: Option<SocketAddr>,
}

/// An answer, still in the connection's memory.
pub struct Answer<'c> {
    incoming: &'c Incoming,
    /// How long it took.
    pub timings: Timings,
}

impl Answer<'_> {
    /// The status.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.incoming.status()
    }

    /// The body after de-chunking.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        self.incoming.body()
    }

    /// Whether it came in chunks.
    #[must_use]
    pub fn is_chunked(&self) -> bool {
        self.incoming.is_chunked()
    }

    /// What came behind its end, where nothing belongs.
    #[must_use]
    pub fn surplus(&self) -> &[u8] {
        self.incoming.surplus()
    }

    /// How long it took in all, in milliseconds.
    #[must_use]
    pub fn ms(&self) -> f64 {
        self.timings.total.as_secs_f64() * 1000.0
    }

    /// The answer as a value.
    #[must_use]
    pub fn to_response(&self) -> Response {
        Response {
            ms: Some(self.ms()),
            ..self.incoming.response()
        }
    }
}

impl Connection {
    /// Sends a request and reads the answer.
    ///
    /// A connection that the server closed while it was idle is made again, once, as every
    /// client does: the server has not seen the request.
    pub async fn exchange(&mut self, wire: &[u8]) -> Result<Answer<'_>, Failure> {
        let deadline = Instant::now() + self.dialer.options.limit;
        let mut timings = Timings::default();
        let mut reused = self.is_usable();
        loop {
            if !reused {
                timings = self.connect(deadline).await?;
            }
            self.incoming.restart(wire.starts_with(b"HEAD "));
            match self.talk(wire, deadline).await {
                Ok((first_byte, total)) => {
                    timings.first_byte = first_byte;
                    timings.total = total;
                    break;
                }
                Err(failure) => {
                    self.stream = None;
                    if !(reused && self.incoming.is_untouched() && is_closing(&failure)) {
                        return Err(failure);
                    }
                    reused = false;
                }
            }
        }
        if !self.incoming.keeps_alive() {
            self.stream = None;
        }
        Ok(Answer {
            incoming: &self.incoming,
            timings,
        })
    }

    /// What came of an answer that failed, if its head is complete.
    #[must_use]
    pub fn partial(&self) -> Option<Response> {
        (self.incoming.status() != 0).then(|| self.incoming.response())
    }

    /// Whom it is connected to, or was.
    #[must_use]
    pub fn peer(&self) -> Option<SocketAddr> {
        self.peer
    }

    /// Ends the connection; the next exchange makes another.
    pub fn close(&mut self) {
        self.stream = None;
    }

    /// Whether there is a connection and the server has not closed it, as far as is known.
    fn is_usable(&mut self) -> bool {
        let usable = match &self.stream {
            None => false,
            Some(Stream::Plain(plain)) => plain.is_quiet(),
            Some(Stream::Tls(_)) => true,
        };
        if !usable {
            self.stream = None;
        }
        usable
    }

    async fn connect(&mut self, deadline: Instant) -> Result<Timings, Failure> {
        let connecting = timeout_at(deadline, self.dialer.connect());
        let (stream, timings, peer) = connecting.await.map_err(|_| Failure::TimedOut {
            limit: self.dialer.options.limit,
            phase: "still connecting",
        })??;
        self.stream = Some(stream);
        self.peer = peer;
        Ok(timings)
    }

    /// Writes and reads at once: a server may answer before it has read everything.
    async fn talk(
        &mut self,
        wire: &[u8],
        deadline: Instant,
    ) -> Result<(Duration, Duration), Failure> {
        let Some(stream) = &mut self.stream else {
            return Err(Failure::Flaw(Flaw::Early(Early::Nothing)));
        };
        let incoming = &mut self.incoming;
        let timer = &mut self.timer;
        let limit = self.dialer.options.limit;
        let started = Instant::now();
        let mut first_byte = None;
        let mut rest = wire;
        let mut unwritten = None;
        let mut flushed = false;
        poll_fn(|cx| {
            while !rest.is_empty() {
                match stream.poll_write(cx, rest) {
                    Poll::Ready(Ok(written)) => rest = &rest[written..],
                    Poll::Ready(Err(cause)) => {
                        // It may have answered before it closed.
                        unwritten = Some(cause);
                        rest = &[];
                        flushed = true;
                    }
                    Poll::Pending => break,
                }
            }
            if rest.is_empty() && !flushed {
                flushed = stream.poll_flush(cx).is_ready();
            }
            loop {
                let mut space = [const { MaybeUninit::uninit() }; READ];
                let mut space = ReadBuf::uninit(&mut space);
                let received = match stream.poll_read(cx, &mut space) {
                    Poll::Pending => break,
                    Poll::Ready(received) => received.map(|()| space.filled()),
                };
                match received {
                    Ok([]) => {
                        if let (Some(cause), true) = (unwritten.take(), incoming.is_untouched()) {
                            return Poll::Ready(Err(broke(SENDING, cause)));
                        }
                        return Poll::Ready(incoming.close().map_err(Failure::Flaw));
                    }
                    Ok(bytes) => {
                        first_byte.get_or_insert_with(|| started.elapsed());
                        match incoming.take(bytes) {
                            Ok(false) => {}
                            Ok(true) => return Poll::Ready(Ok(())),
                            Err(flaw) => return Poll::Ready(Err(Failure::Flaw(flaw))),
                        }
                    }
                    // Many servers close TLS without saying so; the framing tells what is missing.
                    Err(cause) if cause.kind() == io::ErrorKind::UnexpectedEof => {
                        return Poll::Ready(incoming.close().map_err(Failure::Flaw));
                    }
                    Err(cause) => {
                        let (phase, cause) = match unwritten.take() {
                            Some(cause) => (SENDING, cause),
                            None if incoming.is_untouched() => (WAITING, cause),
                            None => (READING, cause),
                        };
                        return Poll::Ready(Err(broke(phase, cause)));
                    }
                }
            }
            if timer.poll(cx, deadline).is_ready() {
                let phase = match (rest.is_empty(), incoming.is_untouched()) {
                    (false, _) => "the server has not taken the whole request",
                    (true, true) => "nothing came back",
                    (true, false) => "the answer is not complete",
                };
                return Poll::Ready(Err(Failure::TimedOut { limit, phase }));
            }
            Poll::Pending
        })
        .await?;
        let total = started.elapsed();
        if !rest.is_empty() || unwritten.is_some() {
            // What it has not read of this request it would take for the next.
            self.stream = None;
        }
        Ok((first_byte.unwrap_or(total), total))
    }
}

/// How much is read at once.
const READ: usize = 16 << 10;

const SENDING: &str = "while the request was being sent";
const WAITING: &str = "before the answer";
const READING: &str = "in the middle of the answer";

fn broke(phase: &'static str, cause: io::Error) -> Failure {
    Failure::Broke { phase, cause }
}

/// Whether the server closed the connection, rather than being slow or wrong.
fn is_closing(failure: &Failure) -> bool {
    matches!(
        failure,
        Failure::Broke { .. } | Failure::Flaw(Flaw::Early(Early::Nothing))
    )
}

/// A deadline that costs nothing while answers come in time: the timer is armed once and moved
/// only when it fires.
#[derive(Default)]
struct Timer(Option<Pin<Box<Sleep>>>);

impl Timer {
    fn poll(&mut self, cx: &mut Context<'_>, deadline: Instant) -> Poll<()> {
        let sleep = self
            .0
            .get_or_insert_with(|| Box::pin(sleep_until(deadline)));
        if sleep.as_mut().poll(cx).is_pending() {
            return Poll::Pending;
        }
        if Instant::now() >= deadline {
            return Poll::Ready(());
        }
        sleep.as_mut().reset(deadline);
        sleep.as_mut().poll(cx)
    }
}

/// A connection without TLS.
enum Plain {
    Tcp(TcpStream),
    #[cfg(unix)]
    Unix(UnixStream),
}

impl Plain {
    /// Whether nothing came while it was idle: neither an end nor bytes that nobody asked for.
    fn is_quiet(&self) -> bool {
        let mut byte = [0];
        let read = match self {
            Self::Tcp(stream) => stream.try_read(&mut byte),
            #[cfg(unix)]
            Self::Unix(stream) => stream.try_read(&mut byte),
        };
        matches!(read, Err(cause) if cause.kind() == io::ErrorKind::WouldBlock)
    }
}

impl AsyncRead for Plain {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_read(cx, into),
            #[cfg(unix)]
            Self::Unix(stream) => Pin::new(stream).poll_read(cx, into),
        }
    }
}

impl AsyncWrite for Plain {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_write(cx, bytes),
            #[cfg(unix)]
            Self::Unix(stream) => Pin::new(stream).poll_write(cx, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_shutdown(cx),
            #[cfg(unix)]
            Self::Unix(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}

/// A connection, with TLS or without.
enum Stream {
    Plain(Plain),
    Tls(Box<TlsStream<Plain>>),
}

impl Stream {
    fn poll_read(&mut self, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self {
            Self::Plain(stream) => Pin::new(stream).poll_read(cx, into),
            Self::Tls(stream) => Pin::new(stream).poll_read(cx, into),
        }
    }

    fn poll_write(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self {
            Self::Plain(stream) => Pin::new(stream).poll_write(cx, bytes),
            Self::Tls(stream) => Pin::new(stream).poll_write(cx, bytes),
        }
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self {
            Self::Plain(_) => Poll::Ready(Ok(())),
            Self::Tls(stream) => Pin::new(stream).poll_flush(cx),
        }
    }
}
