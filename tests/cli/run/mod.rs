//! `run`: real servers, that is `listen` and what a shell can play, and steps against them.
#![cfg(unix)]

mod bench;
mod bring_up;
mod calls;
mod ends;
mod kin;
mod reports;
mod signals;
mod unread;
