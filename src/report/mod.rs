//! What was found, written for people and for machines.

pub mod case;
pub mod diff;
pub mod explanation;
pub mod github;
#[cfg(test)]
mod golden;
pub mod html;
pub mod human;
pub mod json;
pub mod junit;
pub mod markdown;
mod plot;
pub mod reread;
pub mod tally;
pub mod tap;
pub mod threshold;
pub mod times;
pub mod verdict;
mod words;

pub use words::{counted, millis, outcome};

use std::borrow::Cow;
use std::io::{self, Write};

use serde::{Serialize, Serializer};

use self::case::Report;

/// The reports that go to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `JUnit` XML, for CI systems.
    Junit,
    /// The Test Anything Protocol.
    Tap,
    /// One JSON document.
    Json,
    /// A page for people.
    Html,
    /// A summary for a job's page or a comment.
    Markdown,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Junit,
        Self::Tap,
        Self::Json,
        Self::Html,
        Self::Markdown,
    ];

    /// Its name on the command line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Junit => "junit",
            Self::Tap => "tap",
            Self::Json => "json",
            Self::Html => "html",
            Self::Markdown => "markdown",
        }
    }

    /// What it is, in a few words.
    #[must_use]
    pub fn about(self) -> &'static str {
        match self {
            Self::Junit => "JUnit XML, for CI systems",
            Self::Tap => "The Test Anything Protocol, version 14",
            Self::Json => "One JSON document",
            Self::Html => "A page with a latency plot",
            Self::Markdown => "A summary for a job's page or a comment",
        }
    }

    /// Writes a report of this kind.
    pub fn write(self, report: &Report, out: &mut impl Write) -> io::Result<()> {
        match self {
            Self::Junit => junit::write(report, out),
            Self::Tap => tap::write(report, out),
            Self::Json => json::write(report, out),
            Self::Html => html::write(report, out),
            Self::Markdown => markdown::write(report, out),
        }
    }
}

/// Bytes in JSON: text where they are UTF-8, else `{"base64":"…"}`, as in captures.
#[derive(Clone, Debug)]
pub struct Bytes<'b>(pub Cow<'b, [u8]>);

impl Serialize for Bytes<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use base64::Engine as _;
        use serde::ser::SerializeMap as _;
        if let Ok(text) = std::str::from_utf8(&self.0) {
            return serializer.serialize_str(text);
        }
        let mut map = serializer.serialize_map(Some(1))?;
        let text = base64::engine::general_purpose::STANDARD.encode(&self.0);
        map.serialize_entry("base64", &text)?;
        map.end()
    }
}
