//! A server for the executable to talk to: a thread on a port of its own, in this process.
//!
//! ```text
//! let server = Server::start(|request| {
//!     assert_eq!(request.method(), "POST");
//!     Reply::ok().header("Content-Type", "text/plain").body("yes")
//! });
//! pushrig(&format!("push onenet.online {}", server.url("/push?x=1"))).exits(0);
//! assert_eq!(server.received()[0].raw, b"POST /push?x=1 HTTP/1.1\r\n...");
//! ```
//!
//! - [`Server::start`] speaks HTTP on a loopback port, [`Server::tls`] HTTPS (its CA is
//!   [`Server::ca`], in PEM), [`Server::unix`] HTTP on a Unix socket.
//! - Connections are kept alive, whatever the request says, until a [`Reply`] closes them.
//! - [`Server::received`] is every request so far, raw; [`Server::wait_for`] waits for the n-th
//!   instead of sleeping. [`Received::number`] counts all requests, [`Received::connection`]
//!   tells which connection one came by, [`Server::connections`] how many there were.
//! - [`Reply`] writes any bytes ([`Reply::raw`], [`Reply::then`]), waits for a [`Gate`]
//!   ([`Reply::after`]), never ends ([`Reply::endless`]), never comes ([`Reply::silence`]),
//!   closes ([`Reply::close`]) or resets ([`Reply::reset`]) the connection.
//! - A server that was never called fails its test when it is dropped, as does a handler that
//!   panicked; [`Server::may_stay_idle`] permits the former.

mod identity;
mod reply;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use reply::Step;
pub(crate) use reply::{Gate, Reply};

/// What does not happen in this time does not happen.
const LIMIT: Duration = Duration::from_secs(30);

/// A request as it came.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    /// Which request it is, from 0.
    pub(crate) number: usize,
    /// Which connection it came by, from 0.
    pub(crate) connection: usize,
    /// Every byte of it.
    pub(crate) raw: Vec<u8>,
    head: usize,
}

impl Received {
    /// The request line, without its end.
    pub(crate) fn line(&self) -> String {
        self.lines().remove(0)
    }

    /// The method.
    pub(crate) fn method(&self) -> String {
        let line = self.line();
        line.split(' ').next().unwrap_or_default().to_owned()
    }

    /// The target, blanks and all.
    pub(crate) fn target(&self) -> String {
        let line = self.line();
        let behind = line.split_once(' ').map_or("", |(_, behind)| behind);
        let target = behind.rsplit_once(' ').map_or(behind, |(target, _)| target);
        target.to_owned()
    }

    /// The header fields, in order.
    pub(crate) fn headers(&self) -> Vec<(String, String)> {
        let fields = self.lines().into_iter().skip(1);
        fields
            .filter_map(|line| {
                let (name, value) = line.split_once(':')?;
                Some((name.to_owned(), value.trim().to_owned()))
            })
            .collect()
    }

    /// The value of the first field of that name, in any case.
    pub(crate) fn header(&self, name: &str) -> Option<String> {
        let mut headers = self.headers().into_iter();
        headers
            .find(|(have, _)| have.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    }

    /// The body, de-chunked.
    pub(crate) fn body(&self) -> Vec<u8> {
        body(&self.raw, self.head).expect("only whole requests are kept")
    }

    fn lines(&self) -> Vec<String> {
        let head = String::from_utf8_lossy(&self.raw[..self.head]);
        head.trim_end().split("\r\n").map(str::to_owned).collect()
    }
}

/// The body behind a head, if all of it is there.
fn body(raw: &[u8], head: usize) -> Option<Vec<u8>> {
    let text = String::from_utf8_lossy(&raw[..head]).to_ascii_lowercase();
    let value = |name: &str| {
        let mut lines = text.split("\r\n").skip(1);
        lines.find_map(|line| Some(line.strip_prefix(name)?.trim().to_owned()))
    };
    let mut rest = &raw[head..];
    if value("transfer-encoding:").is_none_or(|coding| !coding.ends_with("chunked")) {
        let length = value("content-length:").map_or(0, |text| text.parse().unwrap_or(0));
        return rest.get(..length).map(<[u8]>::to_vec);
    }
    let mut joined = Vec::new();
    loop {
        let end = rest.windows(2).position(|pair| pair == b"\r\n")?;
        let size = std::str::from_utf8(&rest[..end]).ok()?;
        let size = usize::from_str_radix(size.split(';').next()?.trim(), 16).ok()?;
        rest = &rest[end + 2..];
        joined.extend_from_slice(rest.get(..size)?);
        rest = rest.get(size + 2..)?;
        if size == 0 {
            return Some(joined);
        }
    }
}

type Handler = dyn Fn(&Received) -> Reply + Send + Sync;

/// What the threads of a server share.
struct Shared {
    handler: Box<Handler>,
    seen: Mutex<Seen>,
    arrived: Condvar,
    stopped: AtomicBool,
}

#[derive(Default)]
struct Seen {
    connections: usize,
    received: Vec<Received>,
    panicked: bool,
}

/// A server, which ends when it is dropped.
pub(crate) struct Server {
    address: Option<SocketAddr>,
    scheme: &'static str,
    ca: Option<String>,
    shared: Arc<Shared>,
    may_stay_idle: bool,
}

impl Server {
    /// HTTP on a port of 127.0.0.1. The handler is called for every request that is complete.
    pub(crate) fn start(handler: impl Fn(&Received) -> Reply + Send + Sync + 'static) -> Self {
        Self::listen("http", None, handler, |stream, serve| {
            serve(Box::new(stream));
        })
    }

    /// HTTPS with a certificate for `name`, signed by a CA of its own ([`Server::ca`]). Its URL
    /// names 127.0.0.1: `--resolve` or `localhost` lead a name there.
    pub(crate) fn tls(
        name: &str,
        handler: impl Fn(&Received) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let (config, ca) = identity::of(name);
        Self::listen("https", Some(ca), handler, move |stream, serve| {
            let session = rustls::ServerConnection::new(Arc::clone(&config))
                .expect("a configuration that rustls takes");
            serve(Box::new(rustls::StreamOwned::new(session, stream)));
        })
    }

    /// HTTP on a Unix socket at `path`.
    #[cfg(unix)]
    pub(crate) fn unix(
        path: &std::path::Path,
        handler: impl Fn(&Received) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let listener = std::os::unix::net::UnixListener::bind(path).expect("a free path");
        let shared = Shared::new(handler);
        let accepting = Arc::clone(&shared);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let shared = Arc::clone(&accepting);
                thread::spawn(move || shared.serve(Box::new(stream)));
            }
        });
        Self {
            address: None,
            scheme: "http",
            ca: None,
            shared,
            may_stay_idle: false,
        }
    }

    fn listen(
        scheme: &'static str,
        ca: Option<String>,
        handler: impl Fn(&Received) -> Reply + Send + Sync + 'static,
        wrap: impl Fn(TcpStream, &dyn Fn(Box<dyn Stream>)) + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("a bound port");
        let shared = Shared::new(handler);
        let accepting = Arc::clone(&shared);
        let wrap = Arc::new(wrap);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if accepting.stopped.load(Ordering::SeqCst) {
                    return;
                }
                let (shared, wrap) = (Arc::clone(&accepting), Arc::clone(&wrap));
                thread::spawn(move || wrap(stream, &|stream| shared.serve(stream)));
            }
        });
        Self {
            address: Some(address),
            scheme,
            ca,
            shared,
            may_stay_idle: false,
        }
    }

    /// Nobody needs to call it.
    pub(crate) fn may_stay_idle(mut self) -> Self {
        self.may_stay_idle = true;
        self
    }

    /// Where it listens.
    #[track_caller]
    pub(crate) fn address(&self) -> SocketAddr {
        self.address.expect("a server on a port")
    }

    /// A URL of it.
    #[track_caller]
    pub(crate) fn url(&self, target: &str) -> String {
        format!("{}://{}{target}", self.scheme, self.address())
    }

    /// The certificate that signed its own, in PEM.
    #[track_caller]
    pub(crate) fn ca(&self) -> &str {
        self.ca.as_deref().expect("a server with TLS")
    }

    /// Every request so far.
    pub(crate) fn received(&self) -> Vec<Received> {
        lock(&self.shared.seen).received.clone()
    }

    /// How many connections there have been, one without a request included.
    pub(crate) fn connections(&self) -> usize {
        lock(&self.shared.seen).connections
    }

    /// Waits until so many requests have come, and gives them all.
    #[track_caller]
    pub(crate) fn wait_for(&self, count: usize) -> Vec<Received> {
        let arrived = &self.shared.arrived;
        let waited = arrived.wait_timeout_while(lock(&self.shared.seen), LIMIT, |seen| {
            seen.received.len() < count
        });
        let (seen, _) = waited.unwrap_or_else(PoisonError::into_inner);
        let have = seen.received.len();
        assert!(have >= count, "{have} requests came instead of {count}");
        seen.received.clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.stopped.store(true, Ordering::SeqCst);
        // Wakes the thread that accepts, which sees that it is over.
        if let Some(address) = self.address {
            drop(TcpStream::connect(address));
        }
        if thread::panicking() {
            return;
        }
        let seen = lock(&self.shared.seen);
        assert!(
            !seen.panicked,
            "the handler of a server panicked: see above"
        );
        assert!(
            self.may_stay_idle || !seen.received.is_empty(),
            "a server was never called ({} connections)",
            seen.connections
        );
    }
}

trait Stream: Read + Write {
    /// Sends a reset instead of an end when it is closed.
    fn reset(self: Box<Self>) {}
}

impl Stream for TcpStream {
    fn reset(self: Box<Self>) {
        // The standard library has no way to say so.
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .build()
            .expect("a runtime");
        let _guard = runtime.enter();
        self.set_nonblocking(true).expect("an open socket");
        let stream = tokio::net::TcpStream::from_std(*self).expect("an open socket");
        stream.set_zero_linger().expect("an open socket");
    }
}

#[cfg(unix)]
impl Stream for std::os::unix::net::UnixStream {}
impl Stream for rustls::StreamOwned<rustls::ServerConnection, TcpStream> {}

impl Shared {
    fn new(handler: impl Fn(&Received) -> Reply + Send + Sync + 'static) -> Arc<Self> {
        Arc::new(Self {
            handler: Box::new(handler),
            seen: Mutex::default(),
            arrived: Condvar::new(),
            stopped: AtomicBool::new(false),
        })
    }

    /// Answers the requests of one connection.
    fn serve(&self, mut stream: Box<dyn Stream>) {
        let connection = {
            let mut seen = lock(&self.seen);
            seen.connections += 1;
            seen.connections - 1
        };
        let mut rest = Vec::new();
        while let Some((raw, head)) = next(&mut *stream, &mut rest) {
            let request = {
                let mut seen = lock(&self.seen);
                let request = Received {
                    number: seen.received.len(),
                    connection,
                    raw,
                    head,
                };
                seen.received.push(request.clone());
                request
            };
            self.arrived.notify_all();
            let Ok(reply) = catch_unwind(AssertUnwindSafe(|| (self.handler)(&request))) else {
                lock(&self.seen).panicked = true;
                return;
            };
            let closes = reply.closes;
            for step in reply.steps() {
                // A client that went away is none of the server's business.
                let written = match step {
                    Step::Bytes(bytes) => write(&mut *stream, &bytes),
                    Step::Wait(gate) => {
                        gate.pass();
                        Ok(())
                    }
                    Step::Endless(bytes) => loop {
                        if let Err(gone) = write(&mut *stream, &bytes) {
                            break Err(gone);
                        }
                    },
                    Step::Hold => std::io::copy(&mut stream, &mut std::io::sink()).map(|_| ()),
                    Step::Reset => return stream.reset(),
                };
                if written.is_err() {
                    return;
                }
            }
            if closes {
                return;
            }
        }
    }
}

fn write(stream: &mut dyn Stream, bytes: &[u8]) -> std::io::Result<()> {
    stream.write_all(bytes)?;
    stream.flush()
}

/// The next request that is complete, with the size of its head; none if the other side closed.
fn next(stream: &mut dyn Stream, buffer: &mut Vec<u8>) -> Option<(Vec<u8>, usize)> {
    let mut piece = [0; 16 << 10];
    loop {
        let end = buffer.windows(4).position(|four| four == b"\r\n\r\n");
        if let Some(head) = end.map(|end| end + 4)
            && let Some(size) = size(buffer, head)
        {
            let behind = buffer.split_off(size);
            return Some((std::mem::replace(buffer, behind), head));
        }
        match stream.read(&mut piece) {
            Ok(0) | Err(_) => return None,
            Ok(count) => buffer.extend_from_slice(&piece[..count]),
        }
    }
}

/// How long the request is, if all of it is there.
fn size(buffer: &[u8], head: usize) -> Option<usize> {
    body(buffer, head)?;
    let text = String::from_utf8_lossy(&buffer[..head]).to_ascii_lowercase();
    if !text.contains("\r\ntransfer-encoding:") {
        return Some(head + body(buffer, head)?.len());
    }
    // Chunks: the shortest start that is a whole body.
    (head..=buffer.len()).find(|&end| body(&buffer[..end], head).is_some())
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
