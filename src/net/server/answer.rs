//! An answer as hyper takes it.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use hyper::body::{Body, Bytes, Frame, SizeHint};
use hyper::header::{CONTENT_TYPE, HeaderName, HeaderValue};

use crate::message::{Headers, Response};

/// A body that is there.
pub(super) struct Whole(Option<Bytes>);

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

/// An answer as hyper takes it.
pub(super) fn into_hyper(response: &Response) -> hyper::Response<Whole> {
    let length = response.body.len();
    let body = (length > 0).then(|| Bytes::copy_from_slice(&response.body));
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
        if let (Some(name), Ok(value)) = (known(name), HeaderValue::from_bytes(value)) {
            into.append(name, value);
        }
    }
}

/// The name of a field, if it can be one; nearly all answers have this one alone.
fn known(name: &[u8]) -> Option<HeaderName> {
    match name {
        b"Content-Type" => Some(CONTENT_TYPE),
        _ => HeaderName::from_bytes(name).ok(),
    }
}
