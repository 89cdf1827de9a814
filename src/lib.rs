//! **pushrig**: the test bench for `IoT` push integrations.

pub mod capture;
pub mod error;
pub mod json;
pub mod message;
pub mod moment;
pub mod platform;
pub mod signature;
