//! The executable as its users meet it: a module a subcommand, each test one call or a few.

mod harness;
mod leaks;

mod explain;
mod sign;
mod verify;
