//! Signatures and seals.

pub mod seal;
