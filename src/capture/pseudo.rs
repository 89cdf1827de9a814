//! HTTP/2's pseudo-headers, made into what an HTTP/1.1 request has in their place.

use crate::message::{Headers, Scheme};

/// What the pseudo-headers of a request said.
#[derive(Debug, Default)]
pub(super) struct Pseudo {
    pub(super) method: Option<Vec<u8>>,
    pub(super) path: Option<Vec<u8>>,
    pub(super) scheme: Option<Scheme>,
}

/// Takes the pseudo-headers out; `:authority` becomes `Host` where there is none.
pub(super) fn take(headers: &mut Headers, notes: &mut Vec<String>) -> Pseudo {
    let mut pseudo = Pseudo::default();
    if !headers.iter().any(|(name, _)| name.starts_with(b":")) {
        return pseudo;
    }
    let has_host = headers.first("Host").is_some();
    let mut plain = Headers::new();
    for (name, value) in headers.iter() {
        match name {
            b":authority" if !has_host => plain.push("Host", value),
            b":method" => pseudo.method = Some(value.to_vec()),
            b":path" => pseudo.path = Some(value.to_vec()),
            b":scheme" => {
                pseudo.scheme = std::str::from_utf8(value)
                    .ok()
                    .and_then(|text| text.parse().ok());
            }
            _ if name.starts_with(b":") => {}
            _ => plain.push(name, value),
        }
    }
    *headers = plain;
    notes.push("HTTP/2 pseudo-headers became Host and the request line".to_owned());
    pseudo
}
