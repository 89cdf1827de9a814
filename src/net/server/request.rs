//! What hyper and the tap make of a request, together.

use std::future::{Future as _, poll_fn};
use std::pin::{Pin, pin};
use std::task::Poll;

use hyper::body::{Body as _, Incoming};
use tokio::time::timeout;

use super::Limits;
use crate::message::Request;

/// Most bodies are not longer; what a peer only says that it will send takes no memory.
const ROOM: usize = 64 << 10;

/// The request as hyper read it: a normal form. The tap reads as hyper does; if it should not,
/// this is better than none.
pub(super) fn normal(incoming: &hyper::Request<Incoming>) -> Request {
    let mut request = Request::new(
        incoming.method().as_str(),
        incoming.uri().to_string().into_bytes(),
    );
    if incoming.version() == hyper::Version::HTTP_10 {
        "HTTP/1.0".clone_into(&mut request.version);
    }
    let fields = incoming.headers().iter();
    request.headers = fields
        .map(|(name, value)| (name.as_str(), value.as_bytes()))
        .collect();
    request
}

/// Why a body is not whole.
pub(super) enum Flaw {
    TooLarge,
    TooSlow,
    Broken(String),
}

impl Flaw {
    pub(super) fn status(&self) -> u16 {
        match self {
            Self::TooLarge => 413,
            Self::TooSlow => 408,
            Self::Broken(_) => 400,
        }
    }

    pub(super) fn why(&self, limits: &Limits) -> String {
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

/// The body, when it is there.
pub(super) async fn whole(mut body: Incoming, limits: &Limits) -> Result<Vec<u8>, Flaw> {
    let said = body.size_hint().exact();
    // What does not ask for the body is answered before a `100 Continue` is sent.
    if said.is_some_and(|length| length > limits.body as u64) {
        return Err(Flaw::TooLarge);
    }
    let fits = said.and_then(|length| usize::try_from(length).ok());
    let mut bytes = Vec::with_capacity(fits.unwrap_or_default().min(ROOM));
    let mut reading = pin!(async {
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
        Ok(bytes)
    });
    // Most bodies come with their heads: those need no clock.
    match poll_fn(|cx| Poll::Ready(reading.as_mut().poll(cx))).await {
        Poll::Ready(read) => read,
        Poll::Pending => Box::pin(timeout(limits.body_time, reading))
            .await
            .unwrap_or(Err(Flaw::TooSlow)),
    }
}

/// An error and its causes.
pub(super) fn chain(error: &hyper::Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(why) = cause {
        text.push_str(": ");
        text.push_str(&why.to_string());
        cause = why.source();
    }
    text
}
