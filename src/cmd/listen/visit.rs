//! A request at the desk, from its coming until its record.

use std::net::SocketAddr;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use crate::capture::Record;
use crate::message::{Request, Response};
use crate::net::server::{Manner, Reply};
use crate::receiver::Received;
use crate::receiver::fault::Fault;

/// A request that waits for its answer.
pub(super) struct Visit {
    pub(super) peer: SocketAddr,
    pub(super) number: u64,
    pub(super) now: Timestamp,
    pub(super) arrived: Instant,
    pub(super) received: Received,
    pub(super) trouble: Option<&'static str>,
    /// The reason phrase of another server's answer.
    pub(super) reason: Option<Vec<u8>>,
    /// What is wrong with the answer of the server behind this one.
    pub(super) wrong: Option<String>,
}

impl Visit {
    /// It is without the answer that it would have.
    pub(super) fn fail(&mut self, why: &'static str) {
        self.trouble = Some(why);
        self.received.is_taken = false;
    }

    /// The answer, as far as is known before it is kept.
    pub(super) fn reply(&self) -> Reply {
        let fault = self.received.fault.map(|spec| spec.fault);
        let is_status = matches!(fault, Some(Fault::Status(_)));
        let manner = match fault {
            _ if self.trouble.is_some() => Manner::Never,
            None | Some(Fault::Delay(_) | Fault::Status(_)) => Manner::Plain,
            Some(Fault::Reset) => Manner::Reset,
            Some(Fault::Truncate(bytes)) => Manner::Truncate(bytes),
            Some(Fault::Slow(rate)) => Manner::Slow(rate),
            Some(Fault::Never) => Manner::Never,
        };
        Reply {
            response: self.received.sent().unwrap_or_default(),
            manner,
            passed: self.reason.clone().filter(|_| !is_status),
        }
    }

    /// The record of it, as a capture keeps it.
    pub(super) fn record(
        &self,
        request: Request,
        answer: Option<&Response>,
        took: Duration,
    ) -> Record {
        let received = &self.received;
        let response = answer.map(|answer| Response {
            ms: Some(millis(took)),
            ..answer.clone()
        });
        Record {
            at: Some(format!("{:.3}", self.now)),
            platform: received.platform.as_deref().map(str::to_owned),
            peer: Some(address(self.peer)),
            response,
            verdict: Some(received.verdict.as_str().to_owned()),
            why: why(received),
            by: Some(BY.to_owned()),
            note: note(received),
            ..Record::of(request)
        }
    }
}

/// Milliseconds, to a microsecond.
fn millis(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e6).round() / 1e3
}

/// An address as it is displayed; of IPv4 in a tenth of the time, once for each record.
fn address(address: SocketAddr) -> String {
    let SocketAddr::V4(v4) = address else {
        return address.to_string();
    };
    let mut text = String::with_capacity("255.255.255.255:65535".len());
    let numbers = v4
        .ip()
        .octets()
        .map(u16::from)
        .into_iter()
        .chain([v4.port()]);
    for (number, before) in numbers.zip(["", ".", ".", ".", ":"]) {
        text.push_str(before);
        for place in [10_000, 1_000, 100, 10, 1] {
            if number >= place || place == 1 {
                text.push(char::from(
                    b'0' + u8::try_from(number / place % 10).unwrap_or(0),
                ));
            }
        }
    }
    text
}

/// Whether nobody reads an answer.
pub(super) fn is_silent(reply: &Reply) -> bool {
    matches!(reply.manner, Manner::Reset | Manner::Never)
}

/// What else there is to say of it: what went wrong with its answer, and how it was framed.
fn note(received: &Received) -> Option<String> {
    let fault = received.fault.map(|fault| format!("--fault {fault}"));
    let notes = fault.into_iter().chain(received.broken.clone());
    let notes: Vec<_> = notes.chain(received.framing.clone()).collect();
    (!notes.is_empty()).then(|| notes.join("; "))
}

/// Why it is not right, with the mistake that was proved.
fn why(received: &Received) -> Option<String> {
    let why = received.why.as_ref()?;
    Some(match &received.mistake {
        Some(mistake) => format!("{why}; the mistake: {mistake}"),
        None => why.clone(),
    })
}

pub(super) const BY: &str = concat!("pushrig ", env!("CARGO_PKG_VERSION"));

pub(super) fn line_of(request: &Request) -> String {
    let target = request.target.split(|&byte| byte == b'?').next();
    format!(
        "{} {}",
        String::from_utf8_lossy(&request.method),
        String::from_utf8_lossy(target.unwrap_or_default())
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_written_as_the_library_writes_it() {
        for text in [
            "127.0.0.1:80",
            "10.0.100.255:65535",
            "1.20.3.40:1000",
            "0.0.0.0:0",
            "[::1]:8080",
        ] {
            let parsed: SocketAddr = text.parse().unwrap();
            assert_eq!(address(parsed), parsed.to_string());
        }
    }
}
