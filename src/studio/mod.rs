//! `OneNET` Studio's application long connection (应用长连接).
//!
//! An application and the devices are MQTT clients; the platform stands between them.
//!
//! - [`topic`]: the topics of both sides, and who may do what with them.
//! - [`message`]: what the messages are made of, and what is wrong with one.
//! - [`glance`](mod@glance): a message in a few words.
//! - [`login`]: who a client is, or the platform's refusal in plain words.
//! - [`registry`]: whom the platform knows, from a user's file, and its [`rule`]s.
//! - [`broker`]: the platform's side of the connections.
//! - [`device`]: a simulated device's side.
//! - [`deed`]: what is played, from a script or a capture.
//! - [`site`]: the platform and its simulated devices together.

pub mod broker;
pub mod deed;
pub mod device;
pub mod glance;
pub mod login;
pub mod message;
pub mod registry;
pub mod rule;
mod shape;
pub mod site;
pub mod topic;
