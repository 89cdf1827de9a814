//! Control iD access controllers: a simulated device.
//!
//! **The state**, which answers every command truly:
//! - [`identity`]: id and serial, which follow from each other.
//! - [`configuration`]: the tree of strings behind `get_configuration`.
//! - [`schema`]: the objects as data, the only names that reach `SQLite`.
//! - [`store`]: a template that a fleet reads, and a database of one's own to write.
//! - [`state`]: a command in, its answer and its effects out.
//! - [`access`]: somebody passes, and the log keeps it.
//! - [`face`]: what the device thinks of a photo.
//! - [`refusal`]: a command that failed, in the device's words.

pub mod access;
pub mod configuration;
pub mod face;
pub mod identity;
mod objects;
mod query;
pub mod refusal;
pub mod schema;
mod shape;
pub mod state;
pub mod store;
