//! `OneNET` Studio's application long connection (应用长连接).
//!
//! An application and the devices are MQTT clients; the platform stands between them.
//!
//! - [`topic`]: the topics of both sides, and who may do what with them.
//! - [`login`]: who a client is, or the platform's refusal in plain words.
//! - [`message`]: what the messages are made of, and what is wrong with one.

pub mod login;
pub mod message;
pub mod topic;
