//! A connection that was accepted, with TLS or without.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::server::TlsStream;

use super::handshake::Heard;

/// How long what a peer still sends is read, so that it reads the answer to what it sent.
const LINGER: Duration = Duration::from_secs(2);

/// A connection that was accepted, with TLS or without.
pub(super) enum Socket {
    Plain(TcpStream),
    Tls(Box<TlsStream<Heard>>),
}

impl Socket {
    pub(super) fn is_tls(&self) -> bool {
        matches!(self, Self::Tls(_))
    }

    /// Writes what can be written at once; whether that was all.
    pub(super) fn say(&mut self, bytes: &[u8]) -> bool {
        let mut nobody = Context::from_waker(Waker::noop());
        let written = Pin::new(self).poll_write(&mut nobody, bytes);
        matches!(written, Poll::Ready(Ok(count)) if count == bytes.len())
    }

    /// Closes it when the peer has had the time to read: closing on a peer that still sends
    /// would reset the connection, and what the peer had not read would be lost.
    pub(super) async fn linger(mut self) {
        let _ = timeout(LINGER, async {
            let _ = self.shutdown().await;
            self.rest().await;
        })
        .await;
    }

    /// Waits until the peer has nothing more to say, and keeps nothing of it.
    pub(super) async fn rest(&mut self) {
        let mut sink = vec![0; 16 << 10];
        while matches!(self.read(&mut sink).await, Ok(count) if count > 0) {}
    }

    /// Resets the connection: the peer has an error, and what it had not read is lost.
    pub(super) fn reset(self) {
        let stream = match &self {
            Self::Plain(stream) => stream,
            Self::Tls(stream) => stream.get_ref().0.stream(),
        };
        // Where it cannot be had the connection is still closed.
        let _ = stream.set_zero_linger();
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_read(cx, into),
            Self::Tls(stream) => match ready!(Pin::new(stream).poll_read(cx, into)) {
                // Many close TCP without a word of TLS; what is missing of a request is seen by
                // its framing.
                Err(cause) if cause.kind() == io::ErrorKind::UnexpectedEof => Poll::Ready(Ok(())),
                result => Poll::Ready(result),
            },
        }
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write(cx, bytes),
            Self::Tls(stream) => Pin::new(stream).poll_write(cx, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            // TCP has nothing to flush.
            Self::Plain(_) => Poll::Ready(Ok(())),
            Self::Tls(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}
