//! `OneNET` Studio's application long connection (应用长连接, MQTT 3.1.1): what is said on it,
//! pure and synchronous. The token itself is [`crate::platform::onenet_studio`]'s.
//!
//! - [`login`]: who a client is, or why the platform turns it away.

pub mod login;
