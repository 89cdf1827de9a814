//! Captures.

pub mod record;
