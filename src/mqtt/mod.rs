//! MQTT 3.1.1, as machines: packets in, packets out, and no socket.
//!
//! - [`packet`]: rumqttc's codec, and the checks that it leaves to others.
//! - [`topic`]: names and filters, and whether one matches the other.
//! - [`client`]: a client's side of a connection.
//! - [`backoff`]: how long a client waits before it connects again.
//!
//! What a platform makes of it stands with the platform: [`crate::studio`].

pub mod backoff;
pub mod client;
pub mod packet;
pub mod topic;
