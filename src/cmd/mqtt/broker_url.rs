//! Where a broker is: `mqtt://host:port`, `tcp://host:port` or `host:port`.

use std::fmt;
use std::str::FromStr;

use crate::net::Address;

/// MQTT's own port.
const USUAL: u16 = 1883;

/// Where a broker is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct BrokerUrl {
    pub(super) address: Address,
}

impl FromStr for BrokerUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.contains('=') {
            return Err(
                "the broker's URL stands first, and none has a `=`: is it missing?".to_owned(),
            );
        }
        let rest = match text.split_once("://") {
            None => text,
            Some(("mqtt" | "tcp", rest)) => rest,
            Some(("mqtts" | "ssl" | "tls", _)) => {
                return Err(
                    "MQTT over TLS is not supported: the platform's long connection has none"
                        .to_owned(),
                );
            }
            Some(("ws" | "wss" | "http" | "https", _)) => {
                return Err(
                    "MQTT over WebSocket is not supported: write mqtt://host:port".to_owned(),
                );
            }
            Some(_) => {
                return Err("write mqtt://host:port, tcp://host:port or host:port".to_owned());
            }
        };
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        if rest.contains('@') {
            return Err("who connects is given by --username and --password".to_owned());
        }
        if rest.contains(['/', '?', '#']) {
            return Err("a broker has no path: write mqtt://host:port".to_owned());
        }
        Ok(Self {
            address: Address::parse(rest, USUAL)?,
        })
    }
}

impl fmt::Display for BrokerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "mqtt://{}", self.address)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broker_is_a_host_with_a_port_or_the_usual_one() {
        for (text, expected) in [
            ("mqtt://h", "mqtt://h:1883"),
            (
                "tcp://183.230.102.116:25002",
                "mqtt://183.230.102.116:25002",
            ),
            ("h:1", "mqtt://h:1"),
            ("h", "mqtt://h:1883"),
            ("mqtt://[::1]:1884/", "mqtt://[::1]:1884"),
        ] {
            let url: BrokerUrl = text.parse().unwrap();
            assert_eq!(url.to_string(), expected);
        }
        for (wrong, why) in [
            ("mqtts://h", "over TLS"),
            ("ws://h", "over WebSocket"),
            ("ftp://h", "write mqtt://"),
            ("mqtt://u:p@h", "--username"),
            ("mqtt://h/topic", "no path"),
            ("h:x", "not a port"),
            ("temperature=3", "is it missing"),
            ("", "names no host"),
        ] {
            let said = wrong.parse::<BrokerUrl>().unwrap_err();
            assert!(said.contains(why), "{wrong}: {said}");
        }
    }
}
