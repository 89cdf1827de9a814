//! The executable as its users meet it: a module a subcommand, each test one call or a few.

mod harness;
mod leaks;

mod capture;
mod explain;
mod samples;
mod sign;
mod verify;
