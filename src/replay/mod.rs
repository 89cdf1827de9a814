//! Recorded requests, sent again: which of them, what is changed, when each goes out, and what
//! the answer is held against.
//!
//! Everything here is values; what sends them is beside the subcommand.

pub mod expect;
pub mod pace;
pub mod plan;

pub use expect::{Expectations, Judged, Standard};
pub use pace::Pace;
pub use plan::{About, Item, Plan, Unsendable, Wire};
