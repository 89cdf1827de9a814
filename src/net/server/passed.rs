//! The answer of another server as it is passed on.
//!
//! hyper keeps neither the reason phrase nor the case and the order of fields. It frames the
//! answer and says whether the connection is kept; its head is replaced when it is written.

use memchr::memmem;

use crate::message::Response;

/// An answer that is passed on.
pub(super) struct Passed {
    status: u16,
    reason: Vec<u8>,
    /// Its fields as they leave.
    fields: Vec<u8>,
    has_length: bool,
    /// What leaves instead of what hyper wrote, and how much of it has left.
    wire: Vec<u8>,
    gone: usize,
}

impl Passed {
    pub(super) fn new(response: &Response, reason: Vec<u8>) -> Self {
        let is_chunked = response.headers.first("transfer-encoding").is_some();
        let mut fields = Vec::new();
        let mut has_length = false;
        for (name, value) in response.headers.iter() {
            let is_length = name.eq_ignore_ascii_case(b"content-length");
            if belongs_to_a_connection(name) || (is_length && is_chunked) {
                continue;
            }
            has_length |= is_length;
            for part in [name, b": ", value, b"\r\n"] {
                fields.extend_from_slice(part);
            }
        }
        Self {
            status: response.status,
            reason,
            fields,
            has_length,
            wire: Vec::new(),
            gone: 0,
        }
    }

    /// What is to leave now, hyper having written this; none where it is no head.
    pub(super) fn rest(&mut self, bytes: &[u8]) -> Option<&[u8]> {
        if self.wire.is_empty() {
            let end = memmem::find(bytes, b"\r\n\r\n")? + 2;
            let (head, rest) = bytes.split_at(end);
            let version = head.split(|&byte| byte == b' ').next()?;
            self.wire.extend_from_slice(version);
            self.wire
                .extend_from_slice(format!(" {} ", self.status).as_bytes());
            self.wire.extend_from_slice(&self.reason);
            self.wire.extend_from_slice(b"\r\n");
            self.wire.extend_from_slice(&self.fields);
            for line in head.split_inclusive(|&byte| byte == b'\n') {
                let name = line.split(|&byte| byte == b':').next().unwrap_or_default();
                let is_length = name.eq_ignore_ascii_case(b"content-length");
                if name.eq_ignore_ascii_case(b"connection") || (is_length && !self.has_length) {
                    self.wire.extend_from_slice(line);
                }
            }
            self.wire.extend_from_slice(rest);
        }
        Some(&self.wire[self.gone..])
    }

    /// Whether any of it has left.
    pub(super) fn has_begun(&self) -> bool {
        self.gone > 0
    }

    /// So much of it has left; whether that was all.
    pub(super) fn went(&mut self, count: usize) -> bool {
        self.gone += count;
        self.gone >= self.wire.len()
    }
}

/// Whether a field is said of one connection, and not of the answer (RFC 9110, 7.6.1).
pub(super) fn belongs_to_a_connection(name: &[u8]) -> bool {
    const THESE: [&[u8]; 5] = [
        b"connection",
        b"keep-alive",
        b"transfer-encoding",
        b"trailer",
        b"upgrade",
    ];
    THESE.iter().any(|it| name.eq_ignore_ascii_case(it))
}
