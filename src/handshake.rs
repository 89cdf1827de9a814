//! The URL verification that a platform makes before it pushes, played against a user's server.
//!
//! ```text
//! probes      what is sent: right handshakes of chosen values, then wrong ones
//! judge       one answer, judged as the platform would, and the why in bytes
//! difference  how a body differs from what should have been echoed
//! conclude    what only all answers together show
//! ```
//!
//! A right handshake must be answered with 200 and exactly the bytes that it asks for. A wrong
//! one (a wrong signature, none, one made with an empty token) should not be: a server that
//! echoes it works, and lets anyone in.

mod conclude;
pub mod difference;
mod judge;
mod probes;

pub use conclude::{Conclusion, conclude, refusals_prove_nothing};
pub use difference::{Difference, difference};
pub use judge::{Ending, Finding, Judge, case_id};
pub use probes::{Call, Plan, probes};

/// One handshake to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probe {
    /// `plain`, `slash`, `plus`, `no-signature` …; unique in a plan.
    pub name: String,
    /// What is special about it, a noun with what belongs to it.
    pub about: String,
    /// Whether it must be echoed, or had better not be.
    pub kind: Kind,
    /// The request in the platform's own wire form.
    pub request: crate::message::Request,
    /// What the body of a right answer is.
    pub echo: Vec<u8>,
    /// The name of the echo in the request: `msg`, `echostr`.
    pub echo_name: String,
    /// Other values of the request, with what they are called: a server may return one of them.
    pub known: Vec<Known>,
}

/// Whether a handshake is right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The platform's own: the server must echo it.
    Right,
    /// What the platform would never send: the server had better refuse it.
    Wrong,
}

/// A value that a server may have returned in the echo's place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// What it is called, article and all: `the nonce`.
    pub what: String,
    /// Its bytes.
    pub value: Vec<u8>,
}

impl Known {
    fn new(what: impl Into<String>, value: impl Into<Vec<u8>>) -> Self {
        Self {
            what: what.into(),
            value: value.into(),
        }
    }
}
