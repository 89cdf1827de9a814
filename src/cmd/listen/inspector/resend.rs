//! Sends a record again, byte for byte: here, to where `--forward` passes on, or to a URL.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::body::{Body, Extent};
use super::{Inspector, page};
use crate::args::parse_url;
use crate::message::{Request, Url};
use crate::net::server::Reply;
use crate::net::tls::Trust;
use crate::net::{DialOptions, Dialer};
use crate::term;

/// So long its answer is waited for.
const LIMIT: Duration = Duration::from_secs(10);

#[derive(Deserialize)]
#[serde(rename_all = "lowercase", tag = "to", content = "url")]
enum Target {
    /// Here.
    Here,
    /// Where `--forward` passes on.
    Forward,
    /// There.
    Url(String),
}

/// What came of it.
#[derive(Default, Serialize)]
struct Resent {
    to: String,
    status: Option<u16>,
    ms: Option<f64>,
    body: Option<Body>,
    /// Why there is no answer.
    error: Option<String>,
    /// The new record, where it was sent here.
    record: Option<u64>,
}

impl Inspector {
    /// Sends a record again, and tells its answer.
    pub(super) async fn resend(&self, id: &str, target: &[u8]) -> Reply {
        let Some(item) = self.item(id) else {
            return page::nothing();
        };
        let Some(request) = item.record.request() else {
            return page::refused("what no HTTP parser takes is not sent again");
        };
        let Ok(target) = serde_json::from_slice::<Target>(target) else {
            return page::refused("it says not where to");
        };
        let is_here = matches!(target, Target::Here);
        let before = self.shelf.borrow().last();
        let mut resent = match self.send(request, target).await {
            Ok(resent) => resent,
            Err(why) => Resent {
                error: Some(term::escape(self.veil.hide_text(&why).as_bytes())),
                ..Resent::default()
            },
        };
        if is_here {
            // Nothing else that came meanwhile has exactly these bytes, or it does not matter.
            let kept = self.shelf.borrow();
            let mut new = kept.from(before + 1);
            let same = new.find(|item| item.record.request() == Some(request));
            resent.record = same.map(|item| item.entry.id);
        }
        page::json(&resent)
    }

    async fn send(&self, request: &Request, target: Target) -> Result<Resent, String> {
        let is_typed = matches!(target, Target::Url(_));
        let (url, trust) = match target {
            // The certificate is this very process's.
            Target::Here => (parse_url(&self.url)?, Trust::Anybody),
            Target::Forward => {
                let url = self.forward.clone().ok_or("there is no --forward")?;
                (url, Trust::System)
            }
            Target::Url(text) => (typed(&text)?, Trust::System),
        };
        let options = DialOptions {
            limit: LIMIT,
            trust,
            ..DialOptions::default()
        };
        let dialer = Dialer::new(&url, options).map_err(|why| why.to_string())?;
        let dialer = Arc::new(dialer);
        if is_typed && !self.allow_remote {
            let is_loopback = dialer.is_loopback().await.map_err(|why| why.to_string())?;
            if !is_loopback {
                return Err(
                    "that is another machine: if it is yours to test, start it with --allow-remote"
                        .to_owned(),
                );
            }
        }
        let mut connection = dialer.connection();
        let answer = connection.exchange(&aimed(request, &url).to_wire()).await;
        let answer = answer.map_err(|why| why.to_string())?.to_response();
        Ok(Resent {
            to: term::escape(url.bare().as_bytes()),
            status: Some(answer.status),
            ms: answer.ms,
            body: Some(Body::new(&answer.body, Extent::USUAL, &self.veil)),
            ..Resent::default()
        })
    }
}

/// A URL as it was typed; a scheme need not be.
fn typed(text: &str) -> Result<Url, String> {
    let text = text.trim();
    let mut url = if text.contains("://") {
        parse_url(text)?
    } else {
        parse_url(&format!("http://{text}"))?
    };
    url.authority = url.host().to_owned();
    Ok(url)
}

/// The request with the path of the URL, unless that is `/`; all else stays as it came.
fn aimed(request: &Request, url: &Url) -> Request {
    let mut request = request.clone();
    let path = url.target.as_bytes();
    if path != b"/" {
        let query = memchr::memchr(b'?', &request.target).unwrap_or(request.target.len());
        let query = request.target.split_off(query);
        request.target = [path, &query].concat();
    }
    request
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_changes_but_the_path_where_the_url_has_one() {
        let mut request = Request::new("POST", "/push?x=+1");
        request.headers.push("hOST", "old");
        let sent = |url| aimed(&request, &typed(url).unwrap());
        assert_eq!(sent("http://localhost:1"), request);
        assert_eq!(sent(" localhost:1/ "), request);
        assert_eq!(sent("https://u:p@localhost/a/b").target, b"/a/b?x=+1");
        assert_eq!(
            typed("https://u:p@localhost/a").unwrap().authority,
            "localhost"
        );
        assert!(typed("http://a\r\nb/").is_err());
    }

    #[test]
    fn where_to_is_read_as_the_page_says_it() {
        let read = |text: &str| serde_json::from_str::<Target>(text);
        assert!(matches!(read(r#"{"to":"here"}"#), Ok(Target::Here)));
        assert!(matches!(read(r#"{"to":"forward"}"#), Ok(Target::Forward)));
        assert!(matches!(read(r#"{"to":"url","url":"a"}"#), Ok(Target::Url(url)) if url == "a"));
        assert!(read(r#"{"to":"url"}"#).is_err());
    }
}
