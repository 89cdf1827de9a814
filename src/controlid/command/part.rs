//! The members of a command: what they mean, and what is tolerated in them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::controlid::finding::{Finding, Kind};
use crate::json::scan;

use super::{Body, Verb, excerpt, text};

/// The name without what does not belong to it, and the query that was in it.
pub(super) fn endpoint_name(raw: &str, findings: &mut Vec<Finding>) -> (String, String) {
    let (mut name, mut query) = (raw, "");
    if let Some((before, behind)) = name.split_once('?') {
        findings.push(Finding::new(Kind::QueryInEndpoint, raw));
        (name, query) = (before, behind);
    }
    if name.starts_with('/') {
        findings.push(Finding::new(Kind::LeadingSlash, raw));
        name = name.trim_start_matches('/');
    }
    if let Some(bare) = name.strip_suffix(".fcgi") {
        findings.push(Finding::new(Kind::Fcgi, raw));
        name = bare;
    }
    (name.to_owned(), query.to_owned())
}

pub(super) fn verb(value: Option<&[u8]>, findings: &mut Vec<Finding>) -> Verb {
    let Some(value) = value else {
        return Verb::default();
    };
    let text = text(value);
    match text.as_str() {
        "GET" => return Verb::Get,
        "POST" | "" => return Verb::Post,
        _ => findings.push(Finding::new(Kind::Verb, excerpt(value))),
    }
    if text.eq_ignore_ascii_case("GET") {
        Verb::Get
    } else {
        Verb::Post
    }
}

/// What the content type makes of the body.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Content {
    Json,
    OctetStream,
    Other,
}

pub(super) fn content(content_type: Option<&str>, findings: &mut Vec<Finding>) -> Content {
    let Some(whole) = content_type else {
        return Content::Json;
    };
    let essence = whole.split(';').next().unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case("application/json") {
        Content::Json
    } else if essence.eq_ignore_ascii_case("application/octet-stream") {
        Content::OctetStream
    } else {
        findings.push(Finding::new(Kind::ContentType, whole));
        Content::Other
    }
}

pub(super) fn read_body(
    value: Option<&[u8]>,
    content: Content,
    findings: &mut Vec<Finding>,
) -> Body {
    let value = match value {
        None | Some(b"null" | b"\"\"") => return Body::None,
        Some(value) => value,
    };
    let Some(text) = scan::text(value) else {
        let is_plain = value.starts_with(b"{") && content != Content::OctetStream;
        if !is_plain {
            findings.push(Finding::new(Kind::BodyType, excerpt(value)));
        }
        return Body::Bytes(value.to_vec());
    };
    if content == Content::OctetStream {
        return Body::Binary(from_base64(&text, findings));
    }
    if content == Content::Json
        && let Err(error) = scan::check(&text)
    {
        findings.push(Finding::new(Kind::BodyJson, error.to_string()));
    }
    Body::Bytes(text.into_owned())
}

/// The bytes that a text stands for; one that is not base64 is handed on as it is, so that the
/// command fails as it would with any bytes that are no image.
pub(super) fn from_base64(text: &[u8], findings: &mut Vec<Finding>) -> Vec<u8> {
    let decoded = STANDARD.decode(text);
    decoded.unwrap_or_else(|why| {
        let why = if text.starts_with(b"data:") {
            "it starts with `data:`".to_owned()
        } else {
            why.to_string()
        };
        findings.push(Finding::new(Kind::Base64, why));
        text.to_vec()
    })
}

pub(super) fn query_string(
    value: Option<&[u8]>,
    from_endpoint: String,
    say: &mut Vec<Finding>,
) -> String {
    let own = match value {
        None | Some(b"null") => String::new(),
        Some(value) if !value.starts_with(b"\"") => {
            say.push(Finding::new(Kind::QueryString, excerpt(value)));
            String::new()
        }
        Some(value) => {
            let text = text(value);
            match text.strip_prefix('?') {
                Some(rest) => {
                    say.push(Finding::new(Kind::QueryString, excerpt(value)));
                    rest.to_owned()
                }
                None => text,
            }
        }
    };
    match (own.is_empty(), from_endpoint.is_empty()) {
        (_, true) => own,
        (true, false) => from_endpoint,
        (false, false) => format!("{from_endpoint}&{own}"),
    }
}
