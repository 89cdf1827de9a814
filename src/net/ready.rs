//! Whether a server is up: whoever gives any answer at all is.
//!
//! This is no evidence: the answer is not looked at, and neither is a certificate. What is wrong
//! with them is for those to say who test the server.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use reqwest::header::CONNECTION;

use super::address::{self, Address};
use super::{client, failure};
use crate::error::Error;
use crate::message::Url;

/// Where a server is asked: a URL, which answers; or `tcp://HOST:PORT`, which takes connections.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Door {
    /// It answers HTTP.
    Http(Url),
    /// It takes connections.
    Tcp(Address),
}

impl FromStr for Door {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let Some(rest) = text.strip_prefix("tcp://") else {
            let url: Url = text.parse()?;
            Address::of(&url)?;
            return Ok(Self::Http(url));
        };
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        // There is no port that is the usual one.
        let (host, port) = address::split(rest, 0)?;
        if port == 0 || rest.contains('/') {
            return Err("expected tcp://HOST:PORT".to_owned());
        }
        Ok(Self::Tcp(Address { host, port }))
    }
}

impl Door {
    /// Whether somebody takes connections there.
    pub async fn is_open(&self, limit: Duration) -> bool {
        let address = match self {
            Self::Http(url) => Address::of(url).ok(),
            Self::Tcp(address) => Some(address.clone()),
        };
        match address {
            Some(address) => dial(&address, limit).await.is_ok(),
            None => false,
        }
    }
}

async fn dial(address: &Address, limit: Duration) -> Result<(), String> {
    let dialled = tokio::net::TcpStream::connect((&*address.host, address.port));
    match tokio::time::timeout(limit, dialled).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(why)) => Err(failure::plain(&why)),
        Err(_) => Err(format!(
            "it took longer than {}",
            humantime::format_duration(limit)
        )),
    }
}

/// Without what may be a secret in it.
impl fmt::Display for Door {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Http(url) => f.write_str(&url.bare()),
            Self::Tcp(address) => write!(f, "tcp://{address}"),
        }
    }
}

/// Asks one server again and again.
pub struct Knocker {
    door: Door,
    client: Option<reqwest::Client>,
    limit: Duration,
}

impl Knocker {
    /// Asks there, and waits for each answer as long as `limit`.
    pub fn new(door: Door, limit: Duration) -> Result<Self, Error> {
        let client = match &door {
            Door::Tcp(_) => None,
            Door::Http(url) => {
                let address =
                    Address::of(url).map_err(|why| Error::usage(format!("the URL: {why}")))?;
                let built = client::builder(&address, limit)
                    // What a proxy says is no answer of the server.
                    .no_proxy()
                    .tls_danger_accept_invalid_certs(true)
                    // A server that serves one connection at a time is not to be held by this one.
                    .pool_max_idle_per_host(0)
                    .build();
                Some(built.map_err(|why| Error::network(format!("no client for {door}: {why}")))?)
            }
        };
        Ok(Self {
            door,
            client,
            limit,
        })
    }

    /// Whether there is an answer, or why there is none.
    pub async fn knock(&self) -> Result<(), String> {
        match (&self.door, &self.client) {
            (Door::Http(url), Some(client)) => {
                let request = client.get(url.to_string()).header(CONNECTION, "close");
                match request.send().await {
                    Ok(_) => Ok(()),
                    Err(why) => Err(client::explain(&why, self.limit).0),
                }
            }
            (Door::Http(_), None) => Ok(()),
            (Door::Tcp(address), _) => dial(address, self.limit).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;
    use std::thread;

    use super::*;
    use crate::net::block_on;

    fn knock(door: &str) -> Result<(), String> {
        let knocker = Knocker::new(door.parse().unwrap(), Duration::from_secs(30)).unwrap();
        block_on(knocker.knock()).unwrap()
    }

    #[test]
    fn any_answer_is_one() {
        for answer in [
            "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n",
            "HTTP/1.0 302 Found\r\nLocation: http://elsewhere.invalid/\r\n\r\n",
        ] {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let address = listener.local_addr().unwrap();
            let asked = thread::spawn(move || {
                let (mut stream, _) = listener.accept().unwrap();
                let mut asked = vec![0; 9000];
                let read = stream.read(&mut asked).unwrap();
                stream.write_all(answer.as_bytes()).unwrap();
                String::from_utf8_lossy(&asked[..read]).to_lowercase()
            });
            assert_eq!(knock(&format!("http://{address}/up")), Ok(()));
            let asked = asked.join().unwrap();
            assert!(asked.starts_with("get /up http/1.1\r\n"), "{asked}");
            assert!(asked.contains("connection: close\r\n"), "{asked}");
        }
    }

    #[test]
    fn nobody_and_nonsense_are_none() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        assert_eq!(knock(&format!("tcp://{address}/")), Ok(()));
        thread::spawn(move || {
            // The first is the connection that was only made.
            for stream in listener.incoming().take(2) {
                let mut stream = stream.unwrap();
                let _ = stream.read(&mut [0; 9000]);
                let _ = stream.write_all(b"SSH-2.0-x\r\n");
            }
        });
        assert!(knock(&format!("http://{address}/")).is_err());
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = free.local_addr().unwrap();
        drop(free);
        for scheme in ["http", "tcp"] {
            let why = knock(&format!("{scheme}://{address}")).unwrap_err();
            assert_eq!(why, "connection refused");
        }
    }

    #[test]
    fn a_door_is_a_url_or_a_host_with_a_port() {
        let shown = |text: &str| text.parse::<Door>().map(|door| door.to_string());
        assert_eq!(
            shown("http://u:p@h:1/a?token=x").as_deref(),
            Ok("http://h:1/a")
        );
        assert_eq!(shown("tcp://[::1]:1883").as_deref(), Ok("tcp://[::1]:1883"));
        for wrong in [
            "127.0.0.1:80",
            "tcp://h",
            "tcp://h:1/x",
            "tcp://:1",
            "http://h:x",
        ] {
            assert!(shown(wrong).is_err(), "{wrong}");
        }
    }
}
