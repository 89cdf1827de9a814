//! `OneNET` Studio's application long connection (应用长连接).
//!
//! An application and the devices are MQTT clients; the platform stands between them.
//!
//! - [`topic`]: the topics of both sides, and who may do what with them.
//! - [`message`]: what the messages are made of, and what is wrong with one.

pub mod message;
pub mod topic;
