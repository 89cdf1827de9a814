//! From a [`Record`] to a line.

use std::str;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{Content, Extra, Record};
use crate::json::scan::plain_length;
use crate::message::{Headers, Request, Response};

impl Record {
    /// The record as compact JSON without a newline, members in the order of the documentation.
    #[must_use]
    pub fn to_line(&self) -> Vec<u8> {
        let mut line = Vec::with_capacity(512);
        self.write_line(&mut line);
        line
    }

    /// The same, behind what is there already.
    pub fn write_line(&self, line: &mut Vec<u8>) {
        line.extend_from_slice(b"{\"v\":1");
        optional(line, "at", self.at.as_deref());
        optional(line, "platform", self.platform.as_deref());
        optional(line, "peer", self.peer.as_deref());
        if let Some(scheme) = self.request().and_then(|request| request.scheme) {
            optional(line, "scheme", Some(scheme.as_str()));
        }
        self.content(line);
        if let Some(response) = &self.response {
            write_response(line, response, &self.response_extra);
        }
        optional(line, "verdict", self.verdict.as_deref());
        optional(line, "why", self.why.as_deref());
        optional(line, "by", self.by.as_deref());
        optional(line, "note", self.note.as_deref());
        unknown(line, &self.extra);
        line.push(b'}');
    }

    fn content(&self, line: &mut Vec<u8>) {
        match &self.content {
            Content::Request(request) => write_request(line, request),
            Content::Mqtt(message) => {
                line.extend_from_slice(b",\"mqtt\":{\"topic\":");
                text(line, &message.topic);
                let (qos, retain) = (message.qos, message.retain);
                let way = message.direction.as_str();
                let middle = format!(
                    ",\"qos\":{qos},\"retain\":{retain},\"direction\":\"{way}\",\"payload\":"
                );
                line.extend_from_slice(middle.as_bytes());
                bytes(line, &message.payload);
            }
            Content::Unparsed {
                bytes: arrived,
                error,
            } => {
                line.extend_from_slice(b",\"unparsed\":{\"base64\":");
                text(line, &STANDARD.encode(arrived));
                line.extend_from_slice(b",\"error\":");
                text(line, error);
            }
        }
        unknown(line, &self.content_extra);
        line.push(b'}');
    }
}

/// Without the closing brace: members that are not known follow.
fn write_request(line: &mut Vec<u8>, request: &Request) {
    line.extend_from_slice(b",\"request\":{\"method\":");
    bytes(line, &request.method);
    line.extend_from_slice(b",\"target\":");
    bytes(line, &request.target);
    line.extend_from_slice(b",\"version\":");
    text(line, &request.version);
    write_headers(line, &request.headers);
    line.extend_from_slice(b",\"body\":");
    bytes(line, &request.body);
    if !request.chunks.is_empty() {
        let sizes: Vec<String> = request.chunks.iter().map(u64::to_string).collect();
        line.extend_from_slice(format!(",\"chunks\":[{}]", sizes.join(",")).as_bytes());
    }
}

fn write_response(line: &mut Vec<u8>, response: &Response, extra: &Extra) {
    line.extend_from_slice(format!(",\"response\":{{\"status\":{}", response.status).as_bytes());
    write_headers(line, &response.headers);
    line.extend_from_slice(b",\"body\":");
    bytes(line, &response.body);
    // JSON has no infinity and no NaN; no clock gives them.
    if let Some(ms) = response.ms.filter(|ms| ms.is_finite()) {
        line.extend_from_slice(format!(",\"ms\":{ms}").as_bytes());
    }
    unknown(line, extra);
    line.push(b'}');
}

fn write_headers(line: &mut Vec<u8>, headers: &Headers) {
    line.extend_from_slice(b",\"headers\":[");
    for (index, (name, value)) in headers.iter().enumerate() {
        line.extend_from_slice(if index == 0 { b"[" } else { b",[" });
        bytes(line, name);
        line.push(b',');
        bytes(line, value);
        line.push(b']');
    }
    line.push(b']');
}

fn unknown(line: &mut Vec<u8>, extra: &Extra) {
    for (name, value) in extra {
        line.push(b',');
        text(line, name);
        line.push(b':');
        line.extend_from_slice(value.get().as_bytes());
    }
}

fn optional(line: &mut Vec<u8>, name: &str, value: Option<&str>) {
    if let Some(value) = value {
        line.push(b',');
        text(line, name);
        line.push(b':');
        text(line, value);
    }
}

/// Text where it is UTF-8, else `{"base64":"…"}`.
fn bytes(line: &mut Vec<u8>, value: &[u8]) {
    if let Ok(value) = str::from_utf8(value) {
        return text(line, value);
    }
    line.extend_from_slice(b"{\"base64\":\"");
    line.extend_from_slice(STANDARD.encode(value).as_bytes());
    line.extend_from_slice(b"\"}");
}

/// A JSON string; characters above ASCII stay as they are.
fn text(line: &mut Vec<u8>, value: &str) {
    line.push(b'"');
    let mut rest = value.as_bytes();
    loop {
        let (plain, behind) = rest.split_at(plain_length(rest));
        line.extend_from_slice(plain);
        let Some((&byte, behind)) = behind.split_first() else {
            break;
        };
        match byte {
            b'\n' => line.extend_from_slice(b"\\n"),
            b'\r' => line.extend_from_slice(b"\\r"),
            b'\t' => line.extend_from_slice(b"\\t"),
            byte if byte < 0x20 => line.extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
            byte => line.extend_from_slice(&[b'\\', byte]),
        }
        rest = behind;
    }
    line.push(b'"');
}
