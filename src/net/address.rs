//! Whom to dial: host and port out of a URL, and what stands in for the name service.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use crate::message::{Scheme, Url};

/// A host and a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// The name or the number, an IPv6 number without its brackets.
    pub host: String,
    /// The port.
    pub port: u16,
}

impl Address {
    /// Whom a URL names.
    ///
    /// # Errors
    /// The port is no number, or there is no host.
    pub fn of(url: &Url) -> Result<Self, String> {
        let authority = url.authority.rsplit('@').next().unwrap_or_default();
        let usual = match url.scheme {
            Scheme::Http => 80,
            Scheme::Https => 443,
        };
        let (host, port) = split(authority, usual)?;
        Ok(Self { host, port })
    }

    /// Reads `host` or `host:port`; `usual` is the port where none is named.
    ///
    /// # Errors
    /// The port is no number, or there is no host.
    pub fn parse(text: &str, usual: u16) -> Result<Self, String> {
        let (host, port) = split(text, usual)?;
        Ok(Self { host, port })
    }

    /// The number, if the host is one.
    #[must_use]
    pub fn number(&self) -> Option<IpAddr> {
        self.host.parse().ok()
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

pub(super) fn split(authority: &str, usual: u16) -> Result<(String, u16), String> {
    let (host, port) = match authority.strip_prefix('[') {
        Some(rest) => {
            let (host, behind) = rest
                .split_once(']')
                .ok_or_else(|| format!("`{authority}`: the bracket is not closed"))?;
            (host, behind.strip_prefix(':'))
        }
        None => match authority.rsplit_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (authority, None),
        },
    };
    if host.is_empty() {
        return Err(format!("`{authority}` names no host"));
    }
    if host.contains(char::is_whitespace) {
        return Err(format!("there is a blank in the host `{host}`"));
    }
    let port = match port {
        None | Some("") => usual,
        Some(text) => text
            .parse()
            .ok()
            // The standard library would take a sign.
            .filter(|_| text.bytes().all(|byte| byte.is_ascii_digit()))
            .ok_or_else(|| format!("`{text}` is not a port"))?,
    };
    Ok((host.to_owned(), port))
}

/// `HOST:PORT:ADDR`: the address that stands in for what the name service would say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolve {
    /// The host and port that are looked for.
    pub from: Address,
    /// Where they are.
    pub to: IpAddr,
}

impl Resolve {
    /// The address to dial instead, if this is about `address`.
    #[must_use]
    pub fn of(&self, address: &Address) -> Option<SocketAddr> {
        let same =
            self.from.host.eq_ignore_ascii_case(&address.host) && self.from.port == address.port;
        same.then(|| SocketAddr::new(self.to, address.port))
    }
}

impl FromStr for Resolve {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong =
            || format!("expected HOST:PORT:ADDR such as example.com:443:127.0.0.1, not `{text}`");
        let mut parts = text.splitn(3, ':');
        let (Some(host), Some(port), Some(to)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(wrong());
        };
        let to = to.trim_start_matches('[').trim_end_matches(']');
        if host.is_empty() {
            return Err(wrong());
        }
        Ok(Self {
            from: Address {
                host: host.to_owned(),
                port: port.parse().map_err(|_| wrong())?,
            },
            to: to.parse().map_err(|_| wrong())?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(url: &str) -> Result<Address, String> {
        Address::of(&url.parse().unwrap())
    }

    #[test]
    fn a_url_names_host_and_port_and_the_scheme_the_usual_port() {
        assert_eq!(of("http://h/").unwrap().to_string(), "h:80");
        assert_eq!(of("https://h").unwrap().to_string(), "h:443");
        assert_eq!(of("http://u:p@h:8080/").unwrap().to_string(), "h:8080");
        assert_eq!(of("http://[::1]:81/").unwrap().to_string(), "[::1]:81");
        assert!(of("http://h:port/").unwrap_err().contains("not a port"));
        assert!(of("http://h:+80/").unwrap_err().contains("not a port"));
        assert!(of("http://a b/").unwrap_err().contains("a blank"));
        assert!(of("http://:80/").unwrap_err().contains("no host"));
    }

    #[test]
    fn an_address_may_stand_in_for_the_name_service() {
        let resolve: Resolve = "Example.com:443:[::1]".parse().unwrap();
        let asked = of("https://example.com/").unwrap();
        assert_eq!(resolve.of(&asked).unwrap().to_string(), "[::1]:443");
        assert_eq!(resolve.of(&of("http://example.com/").unwrap()), None);
        for wrong in ["", "h:1", ":1:127.0.0.1", "h:x:127.0.0.1", "h:1:name"] {
            assert!(wrong.parse::<Resolve>().is_err(), "{wrong}");
        }
    }
}
