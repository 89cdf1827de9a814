//! Control iD access controllers in Push mode: the device that polls, and the server it polls.
//!
//! - [`command`]: what an answer to `GET /push` tells a device to do.
//! - [`finding`]: what would bite with a real device.
//! - [`device`]: the device's side of the conversation, as a machine.
//! - [`fault`]: what may go wrong on the device's side, by rate and seed.
//! - [`script`]: a user's own answers to commands.
//! - [`dispatch`]: the server's side, as a machine.

pub mod command;
pub mod device;
pub mod dispatch;
pub mod fault;
pub mod finding;
pub mod script;
