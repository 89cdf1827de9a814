//! One connection: hyper over the tap, and a clock beside it.

use std::cell::RefCell;
use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::body::{Body, Bytes, Frame, Incoming, SizeHint};
use hyper::header::{HeaderName, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until, timeout};

use super::wire::{Io, Wire};
use super::{Limits, Refused, Shared};
use crate::message::{Headers, Request, Response, Scheme};

/// How long what a peer still sends is read, so that it reads the answer to what it sent.
const LINGER: Duration = Duration::from_secs(2);

struct Connection<H, R> {
    shared: Rc<Shared<H, R>>,
    peer: SocketAddr,
    wire: Rc<RefCell<Wire>>,
}

/// Serves a connection until its end, or for a short time once `told` changes.
pub(super) async fn serve<H, F, R>(
    stream: TcpStream,
    peer: SocketAddr,
    shared: Rc<Shared<H, R>>,
    mut told: watch::Receiver<()>,
) where
    H: Fn(Request, SocketAddr) -> F + 'static,
    F: Future<Output = Response> + 'static,
    R: Fn(Refused) + 'static,
{
    // An answer is one write: it need not wait for more.
    let _ = stream.set_nodelay(true);
    let wire = Rc::new(RefCell::new(Wire::new(stream)));
    let connection = Rc::new(Connection {
        shared: Rc::clone(&shared),
        peer,
        wire: Rc::clone(&wire),
    });
    let answering = Rc::clone(&connection);
    let service = service_fn(move |request| {
        let connection = Rc::clone(&answering);
        async move { Ok::<_, Infallible>(connection.answer(request).await) }
    });
    let mut serving = pin!(
        http1::Builder::new()
            .half_close(true)
            .title_case_headers(true)
            .max_header_size(shared.limits.head)
            .serve_connection(Io(Rc::clone(&wire)), service)
    );
    let (begun, limits) = (wire.borrow().begun(), &shared.limits);
    let mut clock = pin!(sleep_until(wire.borrow().due(limits)));
    let mut is_ending = false;
    let end = loop {
        tokio::select! {
            end = serving.as_mut() => break Some(end),
            () = clock.as_mut() => {
                let due = wire.borrow().due(limits);
                if due <= Instant::now() {
                    break None;
                }
                clock.as_mut().reset(due);
            }
            () = begun.notified() => clock.as_mut().reset(wire.borrow().due(limits)),
            _ = told.changed(), if !is_ending => {
                is_ending = true;
                serving.as_mut().graceful_shutdown();
            }
        }
    };
    match end {
        Some(Ok(())) => {}
        Some(Err(why)) => connection.broke(&why),
        None => connection.too_slow(),
    }
    connection.linger().await;
}

impl<H, F, R> Connection<H, R>
where
    H: Fn(Request, SocketAddr) -> F + 'static,
    F: Future<Output = Response> + 'static,
    R: Fn(Refused) + 'static,
{
    async fn answer(&self, incoming: hyper::Request<Incoming>) -> hyper::Response<Whole> {
        let raw = self.wire.borrow_mut().begin();
        let mut request = request(&raw, &incoming);
        let limits = &self.shared.limits;
        request.body = match whole(incoming.into_body(), limits).await {
            Ok(body) => body,
            Err(flaw) => {
                self.refuse(raw, flaw.status(), flaw.why(limits));
                self.wire.borrow_mut().lingers();
                let mut response = Response {
                    status: flaw.status().unwrap_or(400),
                    ..Response::default()
                };
                response.headers.push("Connection", "close");
                return into_hyper(response);
            }
        };
        request.chunks = self.wire.borrow_mut().sizes();
        let response = (self.shared.handler)(request, self.peer).await;
        self.wire.borrow_mut().end();
        into_hyper(response)
    }

    /// hyper gave up, perhaps with an answer.
    fn broke(&self, why: &hyper::Error) {
        let left = self.wire.borrow_mut().left();
        if left.is_empty() {
            return;
        }
        let (status, why) = if why.is_parse_too_large() {
            (Some(431), "its head is too large".to_owned())
        } else if why.is_parse() {
            (Some(400), chain(why))
        } else {
            (None, "the connection ended in its head".to_owned())
        };
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
        let said = wire
            .say(b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
        let left = wire.left();
        drop(wire);
        let time = humantime::format_duration(self.shared.limits.head_time);
        self.refuse(
            left,
            said.then_some(408),
            format!("its head was not whole within {time}"),
        );
    }

    fn refuse(&self, raw: Vec<u8>, status: Option<u16>, why: String) {
        let peer = self.peer;
        (self.shared.refused)(Refused {
            peer,
            raw,
            status,
            why,
        });
    }

    /// Closing on a peer that still sends would reset the connection, and the peer would not
    /// read the answer.
    async fn linger(&self) {
        if !self.wire.borrow().is_lingering() {
            return;
        }
        let Some(mut stream) = self.wire.borrow_mut().close() else {
            return;
        };
        let reading = async {
            let _ = stream.shutdown().await;
            let mut sink = vec![0; 16 << 10];
            while matches!(stream.read(&mut sink).await, Ok(count) if count > 0) {}
        };
        let _ = timeout(LINGER, reading).await;
    }
}

/// An error and its causes.
fn chain(error: &hyper::Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(why) = cause {
        text.push_str(": ");
        text.push_str(&why.to_string());
        cause = why.source();
    }
    text
}

/// The request as it came.
fn request(raw: &[u8], incoming: &hyper::Request<Incoming>) -> Request {
    let mut request = Request::new(
        incoming.method().as_str(),
        incoming.uri().to_string().into_bytes(),
    );
    request.scheme = Some(Scheme::Http);
    request.version = if incoming.version() == hyper::Version::HTTP_10 {
        "HTTP/1.0".to_owned()
    } else {
        "HTTP/1.1".to_owned()
    };
    let mut fields = vec![httparse::EMPTY_HEADER; 128];
    let mut head = httparse::Request::new(&mut fields);
    if head.parse(raw).is_ok_and(|status| status.is_complete()) {
        // Of an URI hyper drops what does not go over a wire as a rule: a fragment.
        if let Some(target) = head.path {
            request.target = target.as_bytes().to_vec();
        }
        let fields = head.headers.iter();
        request.headers = fields.map(|field| (field.name, field.value)).collect();
    } else {
        // The tap reads as hyper does; if it should not, a normal form is better than none.
        let fields = incoming.headers().iter();
        request.headers = fields
            .map(|(name, value)| (name.as_str(), value.as_bytes()))
            .collect();
    }
    request
}

/// Why a body is not whole.
enum Flaw {
    TooLarge,
    TooSlow,
    Broken(String),
}

impl Flaw {
    fn status(&self) -> Option<u16> {
        match self {
            Self::TooLarge => Some(413),
            Self::TooSlow => Some(408),
            Self::Broken(_) => None,
        }
    }

    fn why(&self, limits: &Limits) -> String {
        match self {
            Self::TooLarge => format!("its body has more than {} bytes", limits.body),
            Self::TooSlow => {
                let time = humantime::format_duration(limits.body_time);
                format!("its body was not whole within {time}")
            }
            Self::Broken(why) => why.clone(),
        }
    }
}

async fn whole(mut body: Incoming, limits: &Limits) -> Result<Vec<u8>, Flaw> {
    let said = body.size_hint().exact();
    // What does not ask for the body is answered before a `100 Continue` is sent.
    if said.is_some_and(|length| length > limits.body as u64) {
        return Err(Flaw::TooLarge);
    }
    let mut bytes = Vec::new();
    let reading = async {
        while let Some(frame) = poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
            let frame = frame
                .map_err(|why| Flaw::Broken(format!("its body is not whole: {}", chain(&why))))?;
            let Ok(data) = frame.into_data() else {
                continue;
            };
            if bytes.len() + data.len() > limits.body {
                return Err(Flaw::TooLarge);
            }
            bytes.extend_from_slice(&data);
        }
        Ok(())
    };
    timeout(limits.body_time, reading)
        .await
        .unwrap_or(Err(Flaw::TooSlow))?;
    Ok(bytes)
}

/// A body that is there.
struct Whole(Option<Bytes>);

impl Body for Whole {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.0.take().map(|bytes| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.0.as_ref().map_or(0, |bytes| bytes.len() as u64))
    }
}

fn into_hyper(response: Response) -> hyper::Response<Whole> {
    let length = response.body.len();
    let body = (length > 0).then(|| Bytes::from(response.body));
    let mut answer = hyper::Response::new(Whole(body));
    *answer.status_mut() = hyper::StatusCode::from_u16(response.status)
        .unwrap_or(hyper::StatusCode::INTERNAL_SERVER_ERROR);
    append(&response.headers, length, answer.headers_mut());
    answer
}

/// A field that cannot be one is left out, and so is a length that hyper knows better.
fn append(fields: &Headers, length: usize, into: &mut hyper::HeaderMap) {
    for (name, value) in fields.iter() {
        if name.eq_ignore_ascii_case(b"content-length") && value != length.to_string().as_bytes() {
            continue;
        }
        if let (Ok(name), Ok(value)) =
            (HeaderName::from_bytes(name), HeaderValue::from_bytes(value))
        {
            into.append(name, value);
        }
    }
}
