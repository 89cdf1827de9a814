//! JSON as it was written: exact bytes, order and duplicates kept.
//!
//! [`scan`] finds values and hands out their bytes: all that verifying needs.

pub mod scan;

pub use scan::{JsonError, Member};
