//! What a server answers: any bytes, at any time, or none.

use std::fmt::Write as _;
use std::sync::{Arc, Condvar, Mutex};

use super::{LIMIT, lock};

/// What holds a reply back until it is opened.
#[derive(Clone, Default)]
pub(crate) struct Gate(Arc<(Mutex<bool>, Condvar)>);

impl Gate {
    /// A closed gate.
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Lets everything through, from now on.
    pub(crate) fn open(&self) {
        *lock(&self.0.0) = true;
        self.0.1.notify_all();
    }

    pub(super) fn pass(&self) {
        let waited = self
            .0
            .1
            .wait_timeout_while(lock(&self.0.0), LIMIT, |open| !*open);
        drop(waited);
    }
}

pub(super) enum Step {
    Bytes(Vec<u8>),
    Wait(Gate),
    Endless(Vec<u8>),
    /// Until the other side closes.
    Hold,
    Reset,
}

/// What the server answers.
pub(crate) struct Reply {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    /// Instead of status, headers and body.
    raw: Option<Vec<u8>>,
    before: Vec<Step>,
    behind: Vec<Step>,
    pub(super) closes: bool,
}

impl Reply {
    /// A status and nothing else; the connection stays open.
    pub(crate) fn status(status: u16) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: Vec::new(),
            raw: None,
            before: Vec::new(),
            behind: Vec::new(),
            closes: false,
        }
    }

    /// 200.
    pub(crate) fn ok() -> Self {
        Self::status(200)
    }

    /// Exactly these bytes; the connection stays open.
    pub(crate) fn raw(bytes: impl Into<Vec<u8>>) -> Self {
        Self {
            raw: Some(bytes.into()),
            ..Self::ok()
        }
    }

    /// These bytes, and others again and again until the other side closes.
    pub(crate) fn endless(start: impl Into<Vec<u8>>, again: impl Into<Vec<u8>>) -> Self {
        let mut reply = Self::raw(start);
        reply.behind.push(Step::Endless(again.into()));
        reply
    }

    /// No answer, until the other side closes.
    pub(crate) fn silence() -> Self {
        let mut reply = Self::raw("");
        reply.behind.push(Step::Hold);
        reply
    }

    /// No answer: the connection is closed.
    pub(crate) fn close() -> Self {
        Self::raw("").and_close()
    }

    /// No answer: the connection is reset.
    pub(crate) fn reset() -> Self {
        let mut reply = Self::raw("");
        reply.behind.push(Step::Reset);
        reply
    }

    /// Adds a header field; `Content-Length` is added where it is not given.
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Sets the body.
    pub(crate) fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// Waits before the first byte.
    pub(crate) fn after(mut self, gate: &Gate) -> Self {
        self.before.push(Step::Wait(gate.clone()));
        self
    }

    /// Waits behind what there is so far, then writes more bytes.
    pub(crate) fn then(mut self, gate: &Gate, bytes: impl Into<Vec<u8>>) -> Self {
        self.behind.push(Step::Wait(gate.clone()));
        self.behind.push(Step::Bytes(bytes.into()));
        self
    }

    /// Closes the connection behind the last byte.
    pub(crate) fn and_close(mut self) -> Self {
        self.closes = true;
        self
    }

    pub(super) fn steps(self) -> Vec<Step> {
        let bytes = self.raw.unwrap_or_else(|| {
            let mut text = format!("HTTP/1.1 {} Said\r\n", self.status);
            for (name, value) in &self.headers {
                let _ = write!(text, "{name}: {value}\r\n");
            }
            let framed = ["content-length", "transfer-encoding"];
            let is_framed = |(name, _): &(String, String)| {
                framed
                    .iter()
                    .any(|framing| name.eq_ignore_ascii_case(framing))
            };
            if !self.headers.iter().any(is_framed) {
                let _ = write!(text, "Content-Length: {}\r\n", self.body.len());
            }
            text.push_str("\r\n");
            [text.into_bytes(), self.body].concat()
        });
        let mut steps = self.before;
        steps.push(Step::Bytes(bytes));
        steps.extend(self.behind);
        steps
    }
}
