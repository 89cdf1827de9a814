//! How a connection comes to speak TLS, or why it does not.

use std::cell::RefCell;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use memchr::memmem;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::{self, AlertDescription};

use super::Limits;
use super::connection::ended;
use super::socket::Socket;
use super::tap::{BEHIND, Came};
use crate::net::tls;

/// The answer to a client that forgot the `s` of `https`.
const PLAIN: &[u8] = b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\
    Content-Type: text/plain\r\nContent-Length: 47\r\n\r\n\
    TLS is spoken here: the URL begins by https://\n";

/// What became of a connection.
pub(super) enum Met {
    /// It speaks TLS.
    Socket(Socket),
    /// It said nothing.
    Nothing,
    Failed(Failed),
}

/// Something else came.
pub(super) struct Failed {
    pub(super) came: Came,
    pub(super) status: Option<u16>,
    pub(super) why: String,
    /// Whether the client left because of the certificate, or without a word.
    pub(super) is_distrust: bool,
    /// To be closed when the client has read why.
    pub(super) stream: Option<TcpStream>,
}

/// Agrees with a client upon TLS.
pub(super) async fn meet(
    stream: TcpStream,
    acceptor: &TlsAcceptor,
    limits: &Limits,
    told: &mut watch::Receiver<bool>,
) -> Met {
    let mut first = [0];
    let is_silent = tokio::select! {
        peeked = timeout(limits.idle, stream.peek(&mut first)) => !matches!(peeked, Ok(Ok(1))),
        () = ended(told) => true,
    };
    if is_silent {
        return Met::Nothing;
    }
    // A handshake begins by 22; a letter is the first of a method.
    if first[0].is_ascii_alphabetic() {
        return Met::Failed(words(stream, limits).await);
    }
    let came = Rc::new(RefCell::new(Came::default()));
    let heard = Heard {
        stream,
        came: Some(Rc::clone(&came)),
    };
    let agreeing = acceptor.accept(heard).into_fallible();
    let (why, is_distrust, stream) = match timeout(limits.head_time, agreeing).await {
        Ok(Ok(mut stream)) => {
            stream.get_mut().0.came = None;
            return Met::Socket(Socket::Tls(Box::new(stream)));
        }
        Ok(Err((cause, heard))) => {
            let why = tls::explain_client(&cause);
            (why, is_distrust(&cause), Some(heard.stream))
        }
        Err(_) => {
            let time = humantime::format_duration(limits.head_time);
            (
                format!("its TLS handshake was not over within {time}"),
                false,
                None,
            )
        }
    };
    let came = came.take();
    Met::Failed(Failed {
        came,
        status: None,
        why,
        is_distrust,
        stream,
    })
}

fn is_distrust(cause: &io::Error) -> bool {
    let error = cause.get_ref().and_then(|it| it.downcast_ref());
    match error {
        Some(rustls::Error::AlertReceived(alert)) => matches!(
            alert,
            AlertDescription::UnknownCA
                | AlertDescription::BadCertificate
                | AlertDescription::CertificateUnknown
                | AlertDescription::CertificateExpired
                | AlertDescription::DecryptError
        ),
        Some(_) => false,
        None => cause.kind() == io::ErrorKind::UnexpectedEof,
    }
}

/// What begins by a letter is no TLS; HTTP is told so, in HTTP.
async fn words(mut stream: TcpStream, limits: &Limits) -> Failed {
    let mut raw = Vec::new();
    let reading = async {
        while raw.len() < limits.head && memmem::find(&raw, b"\r\n\r\n").is_none() {
            raw.reserve(BEHIND);
            if !matches!(stream.read_buf(&mut raw).await, Ok(count) if count > 0) {
                break;
            }
        }
    };
    let _ = timeout(limits.head_time, reading).await;
    let is_http = memmem::find(&raw, b" HTTP/").is_some();
    let is_told = is_http && stream.write_all(PLAIN).await.is_ok();
    Failed {
        came: Came { raw, is_cut: false },
        status: is_told.then_some(400),
        why: if is_http {
            "plain HTTP came where TLS is spoken: its URL ought to begin by https://".to_owned()
        } else {
            tls::NO_TLS.to_owned()
        },
        is_distrust: false,
        stream: Some(stream),
    }
}

/// A stream that keeps what comes while TLS is agreed upon.
pub(super) struct Heard {
    stream: TcpStream,
    came: Option<Rc<RefCell<Came>>>,
}

impl Heard {
    pub(super) fn stream(&self) -> &TcpStream {
        &self.stream
    }
}

impl AsyncRead for Heard {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = into.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, into))?;
        if let Some(came) = &self.came {
            came.borrow_mut().keep(&into.filled()[before..]);
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Heard {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
