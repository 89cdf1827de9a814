//! The executable as its users meet it: a module a subcommand, each test one call or a few.

#![expect(clippy::unwrap_used, reason = "the helpers of tests fail as tests do")]

mod broker;
mod harness;
mod leaks;
mod server;
#[cfg(unix)]
mod terminal;
#[cfg(unix)]
mod unread;

mod capture;
mod demo;
mod device;
mod dispatch;
mod docs;
mod edges;
mod explain;
mod handshake;
mod interop;
// Nearly all of its tests end it as Ctrl-C does.
#[cfg(unix)]
mod listen;
mod mqtt;
mod push;
mod reach;
mod readme;
mod replay;
mod run;
mod samples;
mod sign;
mod usage;
mod verify;
