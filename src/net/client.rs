//! reqwest, for what is not evidence: its requests are not byte for byte what was asked for.
//!
//! Redirects are not followed: the error shows where one leads. The proxy of the environment
//! is used, but never for this machine itself.

use std::error::Error as _;
use std::io;
use std::time::Duration;

use reqwest::header::LOCATION;
use reqwest::redirect::Policy;

use crate::error::Error;
use crate::message::Url;
use crate::term;

use super::address::Address;
use super::{block_on, failure, tls};

/// The time for a whole file.
const LIMIT: Duration = Duration::from_secs(60);

/// Fetches a file of at most so many bytes, such as a capture.
pub fn fetch(url: &Url, limit_bytes: u64) -> Result<Vec<u8>, Error> {
    fetch_within(url, limit_bytes, LIMIT)
}

fn fetch_within(url: &Url, limit_bytes: u64, limit: Duration) -> Result<Vec<u8>, Error> {
    let address = Address::of(url).map_err(|why| Error::usage(format!("the URL: {why}")))?;
    let name = url.bare();
    let cannot = |error: reqwest::Error| {
        let (why, hint) = explain(&error, limit);
        let failed = Error::network(format!("cannot fetch {name}: {why}"));
        match hint {
            Some(hint) => failed.with_hint(hint),
            None => failed,
        }
    };
    let client = client(&address, limit).map_err(cannot)?;
    block_on(async {
        let mut response = client.get(url.to_string()).send().await.map_err(cannot)?;
        let status = response.status();
        if !status.is_success() {
            let location = response.headers().get(LOCATION);
            return Err(refused(&name, status, location.map(AsRef::as_ref)));
        }
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(cannot)? {
            bytes.extend_from_slice(&chunk);
            if bytes.len() as u64 > limit_bytes {
                return Err(Error::network(format!(
                    "cannot fetch {name}: it is larger than {}",
                    size(limit_bytes)
                )));
            }
        }
        Ok(bytes)
    })?
}

/// Posts notifications to one server, for which no byte matters.
pub struct Poster {
    client: reqwest::Client,
    is_here: bool,
}

impl Poster {
    /// The poster to the server of this URL.
    pub fn new(url: &Url) -> Result<Self, Error> {
        let address = Address::of(url).map_err(|why| Error::usage(format!("the URL: {why}")))?;
        let client = client(&address, LIMIT)
            .map_err(|why| Error::network(format!("no client for {}: {why}", url.bare())))?;
        let is_here = is_here(&address);
        Ok(Self { client, is_here })
    }

    /// Whether the server is this machine by its very name.
    #[must_use]
    pub fn is_here(&self) -> bool {
        self.is_here
    }

    /// Posts JSON; the status of the answer, or why there is none.
    pub async fn post_json(&self, url: &str, body: Vec<u8>) -> Result<u16, String> {
        let request = self.client.post(url).body(body);
        let request = request.header(reqwest::header::CONTENT_TYPE, "application/json");
        match request.send().await {
            Ok(answer) => Ok(answer.status().as_u16()),
            Err(why) => Err(explain(&why, LIMIT).0),
        }
    }
}

fn size(bytes: u64) -> String {
    match bytes >> 20 {
        0 => format!("{bytes} bytes"),
        mib => format!("{mib} MiB"),
    }
}

fn client(address: &Address, limit: Duration) -> Result<reqwest::Client, reqwest::Error> {
    builder(address, limit).build()
}

/// How every client begins; a server on this machine is not asked through a proxy.
pub(super) fn builder(address: &Address, limit: Duration) -> reqwest::ClientBuilder {
    // reqwest panics without a provider. That there is one already is no failure.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut builder = reqwest::Client::builder()
        .redirect(Policy::none())
        .timeout(limit)
        .user_agent(concat!("pushrig/", env!("CARGO_PKG_VERSION")));
    if is_here(address) {
        builder = builder.no_proxy();
    }
    builder
}

/// Whether a host is this machine by its very name.
fn is_here(address: &Address) -> bool {
    let name = address.host.trim_end_matches('.').to_ascii_lowercase();
    match address.number() {
        Some(number) => number.to_canonical().is_loopback(),
        None => name == "localhost" || name.ends_with(".localhost"),
    }
}

fn refused(name: &str, status: reqwest::StatusCode, location: Option<&[u8]>) -> Error {
    let what = format!("cannot fetch {name}: the server answered {status}");
    match location {
        Some(location) if status.is_redirection() => Error::network(format!(
            "{what}, which leads to {}",
            term::cut(&term::escape(location), 200)
        ))
        .with_hint("redirects are not followed: give that URL if you trust it"),
        _ => Error::network(what),
    }
}

/// Why, in the words of the exact sender.
pub(super) fn explain(error: &reqwest::Error, limit: Duration) -> (String, Option<&'static str>) {
    if error.is_timeout() {
        let limit = humantime::format_duration(limit);
        return (format!("it took longer than {limit}"), None);
    }
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(why) = cause {
        if let Some(why) = why.downcast_ref::<io::Error>() {
            // It may be wrapped once more, and says most at the innermost.
            if let Some((words, _)) = tls::explain(why) {
                return (format!("TLS failed: {words}"), None);
            }
            words = failure::plain(why);
        } else if why.source().is_none() && !why.is::<io::Error>() {
            words = term::escape(why.to_string().as_bytes());
        }
        cause = why.source();
    }
    (words, None)
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;
    use std::thread;

    use super::*;

    /// A server that answers once.
    fn serve(answer: impl Into<Vec<u8>>) -> Url {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let answer = answer.into();
        thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let read = stream.read(&mut [0; 9000]).unwrap();
            assert!(read > 0);
            stream.write_all(&answer).unwrap();
            // It stays until the client has gone.
            let _ = stream.read(&mut [0]);
        });
        format!("http://user:secret@{address}/a.ndjson?token=secret")
            .parse()
            .unwrap()
    }

    fn fails(url: &Url, limit: Duration) -> (String, String) {
        let error = fetch_within(url, 100, limit).unwrap_err();
        assert_eq!(error.code(), 3);
        let words = error.to_string();
        assert!(!words.contains("secret"), "{words}");
        let start = words.find(": ").unwrap();
        (
            words[start + 2..].to_owned(),
            error.hint().unwrap_or_default().to_owned(),
        )
    }

    #[test]
    fn a_file_is_fetched_whole() {
        let url = serve("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n{}\n");
        assert_eq!(fetch(&url, 3).unwrap(), b"{}\n");
    }

    #[test]
    fn what_is_no_file_says_what_it_is() {
        let within = Duration::from_secs(30);
        let head = "HTTP/1.1 302 Found\r\nLocation: http://b/c\r\nContent-Length: 0\r\n\r\n";
        let (words, hint) = fails(&serve(head), within);
        assert_eq!(
            words,
            "the server answered 302 Found, which leads to http://b/c"
        );
        assert!(hint.contains("not followed"));
        let (words, _) = fails(
            &serve("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"),
            within,
        );
        assert_eq!(words, "the server answered 404 Not Found");
        let long = format!("HTTP/1.1 200 OK\r\n\r\n{}", "x".repeat(101));
        assert_eq!(fails(&serve(long), within).0, "it is larger than 100 bytes");
        let (words, _) = fails(&serve("nonsense\r\n\r\n"), within);
        assert!(words.contains("HTTP"), "{words}");
        let (words, _) = fails(&serve(""), Duration::from_millis(50));
        assert_eq!(words, "it took longer than 50ms");
    }

    #[test]
    fn a_server_that_is_not_there_is_told_as_by_the_exact_sender() {
        let free = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap();
        let url = format!("http://{free}/").parse().unwrap();
        assert_eq!(fails(&url, Duration::from_secs(30)).0, "connection refused");
    }

    #[test]
    fn this_machine_is_known_by_its_names() {
        let is_here = |url: &str| is_here(&Address::of(&url.parse().unwrap()).unwrap());
        for here in [
            "http://localhost",
            "http://A.LocalHost./",
            "http://127.9.9.9:1",
            "http://[::1]/",
            "http://[::ffff:127.0.0.1]/",
        ] {
            assert!(is_here(here), "{here}");
        }
        for elsewhere in [
            "http://localhost.example",
            "http://10.0.0.1",
            "http://notlocalhost",
        ] {
            assert!(!is_here(elsewhere), "{elsewhere}");
        }
    }
}
