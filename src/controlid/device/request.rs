//! What a device sends, byte for byte.
//!
//! Inferred: no capture of a real device's head is at hand, so a request has the headers that
//! HTTP/1.1 and its body demand and no others; the endpoint in the query of /result is
//! percent-encoded, and it is left out where the results of a list go back.

use std::fmt::{self, Write as _};
use std::str::FromStr;

use crate::message::{Request, Scheme, Url};

/// The configured address, `push_remote_address`: a full URL or `host:port`, with a path prefix
/// or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Base {
    /// `http` where the address names none.
    pub scheme: Scheme,
    /// Host and port as written.
    pub authority: String,
    /// The prefix before `/push`, without a slash at its end; often empty.
    pub path: String,
    /// What stands behind `?`.
    pub query: Option<String>,
    /// Whether a slash behind a prefix was dropped.
    pub had_slash: bool,
}

/// Where the query of a base goes: sources contradict each other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum QueryBase {
    /// `/x/push?key=1&deviceId=…`: the path is appended before `?`.
    #[default]
    BehindPath,
    /// `/x?key=1/push?deviceId=…`: the path is appended to the text.
    Verbatim,
}

impl FromStr for Base {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Some(odd) = text.chars().find(|c| c.is_control() || c.is_whitespace()) {
            return Err(format!("{odd:?} cannot stand in an address"));
        }
        let url: Url = if text.contains("://") {
            text.parse()?
        } else {
            format!("http://{text}").parse()?
        };
        let (path, query) = match url.target.split_once('?') {
            Some((path, query)) => (path, Some(query.to_owned())),
            None => (url.target.as_str(), None),
        };
        let bare = path.strip_suffix('/').unwrap_or(path);
        Ok(Self {
            scheme: url.scheme,
            had_slash: bare.len() < path.len() && !bare.is_empty(),
            path: bare.to_owned(),
            query,
            authority: url.authority,
        })
    }
}

/// The address in full.
impl fmt::Display for Base {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}{}", self.scheme, self.authority, self.path)?;
        match &self.query {
            Some(query) => write!(f, "?{query}"),
            None => Ok(()),
        }
    }
}

impl Base {
    /// The address without its query, which may hold a key.
    #[must_use]
    pub fn bare(&self) -> String {
        format!("{}://{}{}", self.scheme, self.authority, self.path)
    }

    /// Whether the address already ends in what a device appends.
    #[must_use]
    pub fn ends_with_path(&self) -> bool {
        self.path.ends_with("/push") || self.path.ends_with("/result")
    }

    /// `GET {base}/push?deviceId=..&uuid=..`
    pub(super) fn push(&self, rule: QueryBase, id: i64, uuid: Option<&str>) -> Request {
        let request = Request::new("GET", self.target("/push", rule, id, uuid, None));
        self.addressed(request)
    }

    /// `POST {base}/result?deviceId=..&uuid=..&endpoint=..`
    pub(super) fn result(
        &self,
        rule: QueryBase,
        id: i64,
        uuid: Option<&str>,
        endpoint: Option<&str>,
        body: &[u8],
    ) -> Request {
        let target = self.target("/result", rule, id, uuid, endpoint);
        let mut request = self.addressed(Request::new("POST", target));
        request.headers.push("Content-Type", "application/json");
        let length = body.len().to_string();
        request.headers.push("Content-Length", length);
        request.body = body.to_vec();
        request
    }

    fn addressed(&self, mut request: Request) -> Request {
        request.scheme = Some(self.scheme);
        request.headers.push("Host", &self.authority);
        request
    }

    fn target(
        &self,
        path: &str,
        rule: QueryBase,
        id: i64,
        uuid: Option<&str>,
        endpoint: Option<&str>,
    ) -> String {
        let mut target = self.path.clone();
        match (&self.query, rule) {
            (None, _) => {
                target.push_str(path);
                target.push('?');
            }
            (Some(query), QueryBase::BehindPath) => {
                target.push_str(path);
                target.push('?');
                target.push_str(query);
                if !query.is_empty() {
                    target.push('&');
                }
            }
            (Some(query), QueryBase::Verbatim) => {
                // The device's own text without a path would be no target at all.
                if target.is_empty() {
                    target.push('/');
                }
                for part in ["?", query, path, "?"] {
                    target.push_str(part);
                }
            }
        }
        let _ = write!(target, "deviceId={id}");
        for (name, value) in [("uuid", uuid), ("endpoint", endpoint)] {
            if let Some(value) = value {
                let _ = write!(target, "&{name}=");
                push_encoded(&mut target, value);
            }
        }
        target
    }
}

/// All but the unreserved characters of RFC 3986 as `%XX`: a server may name an endpoint with
/// line ends in it.
fn push_encoded(target: &mut String, text: &str) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            target.push(char::from(byte));
        } else {
            let _ = write!(target, "%{byte:02X}");
        }
    }
}

/// Sixteen random bytes as a version 4 uuid in lower case.
pub(super) fn uuid_text(mut bytes: [u8; 16]) -> String {
    bytes[6] = (bytes[6] & 0x0F) | 0x40;
    bytes[8] = (bytes[8] & 0x3F) | 0x80;
    let mut text = String::with_capacity(36);
    for (index, byte) in bytes.iter().enumerate() {
        if matches!(index, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        let _ = write!(text, "{byte:02x}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(base: &str, rule: QueryBase) -> String {
        let base: Base = base.parse().unwrap();
        String::from_utf8(base.push(rule, 7, None).target).unwrap()
    }

    #[test]
    fn push_is_appended_to_a_url_to_host_and_port_and_to_a_prefix() {
        for (base, expected) in [
            ("http://h:1", "/push?deviceId=7"),
            ("192.168.0.9:80", "/push?deviceId=7"),
            ("http://h/", "/push?deviceId=7"),
            ("h/a/b", "/a/b/push?deviceId=7"),
            ("https://h/a/", "/a/push?deviceId=7"),
            ("http://h/push", "/push/push?deviceId=7"),
        ] {
            assert_eq!(target(base, QueryBase::BehindPath), expected, "{base}");
        }
    }

    #[test]
    fn the_query_of_a_base_goes_behind_the_path_or_stays_where_it_is() {
        let base = "http://h/a?key=1";
        assert_eq!(
            target(base, QueryBase::BehindPath),
            "/a/push?key=1&deviceId=7"
        );
        assert_eq!(
            target(base, QueryBase::Verbatim),
            "/a?key=1/push?deviceId=7"
        );
        assert_eq!(target("h?k", QueryBase::Verbatim), "/?k/push?deviceId=7");
    }

    #[test]
    fn a_result_is_this_and_no_byte_more() {
        let base: Base = "http://h:1".parse().unwrap();
        let request = base.result(
            QueryBase::BehindPath,
            -7,
            Some("u-1"),
            Some("a b\r\n"),
            b"{}",
        );
        assert_eq!(
            String::from_utf8(request.to_wire()).unwrap(),
            "POST /result?deviceId=-7&uuid=u-1&endpoint=a%20b%0D%0A HTTP/1.1\r\nHost: h:1\r\n\
             Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
        );
    }

    #[test]
    fn a_uuid_is_of_version_4() {
        assert_eq!(
            uuid_text([0xFF; 16]),
            "ffffffff-ffff-4fff-bfff-ffffffffffff"
        );
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for wrong in ["http://", "ftp://h", "http://h/a b", "h\r\nX: 1"] {
            assert!(wrong.parse::<Base>().is_err(), "{wrong:?}");
        }
    }
}
