//! Control iD access controllers in Push mode: the device that polls, and the server it polls.
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
//!
//! **The conversation**, machines that return what to send and never send it:
//! - [`command`]: what an answer to `GET /push` tells a device to do.
//! - [`finding`]: what would bite with a real device.
//! - [`device`]: the device's side of the conversation.
//! - [`fault`]: what may go wrong on the device's side, by rate and seed.
//! - [`script`]: a user's own answers to commands.
//! - [`dispatch`]: the server's side.

/// What it is called in captures and reports.
pub const NAME: &str = "controlid";

pub mod access;
pub mod command;
pub mod configuration;
pub mod device;
pub mod dispatch;
pub mod face;
pub mod fault;
pub mod finding;
pub mod identity;
mod objects;
mod query;
pub mod refusal;
pub mod schema;
pub mod script;
mod shape;
pub mod state;
pub mod store;
