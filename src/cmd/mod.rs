//! The subcommands, one file each: its arguments on top, `run` under them.

pub mod capture;
pub mod completions;
pub mod explain;
pub mod man;
pub mod samples;
pub mod sign;
pub mod verify;
