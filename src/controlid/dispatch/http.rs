//! Requests in, responses out.

use crate::message::{Headers, Request, Response};

use super::Dispatch;
use super::note::Note;

/// What a request is answered with, and what it was about.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answer {
    /// The response, empty but for commands.
    pub response: Response,
    /// The commands that go out with it.
    pub handed: Vec<u64>,
    /// What there is to say about it.
    pub notes: Vec<Note>,
}

impl Dispatch {
    /// Answers a device's request. What has changed must be on the disk before this leaves.
    pub fn answer(&mut self, now: i64, request: &Request) -> Answer {
        let target = String::from_utf8_lossy(origin_form(&request.target)).into_owned();
        let (path, query) = target.split_once('?').unwrap_or((&target, ""));
        let method = String::from_utf8_lossy(&request.method).into_owned();
        let wanted = match path.strip_prefix(&self.options.prefix) {
            Some("/push") => "GET",
            Some("/result") => "POST",
            _ => {
                let path = path.to_owned();
                return refusal(404, Note::WrongPath { path });
            }
        };
        if method != wanted {
            let path = path.to_owned();
            return refusal(405, Note::WrongMethod { method, path });
        }
        let Some(device) = parameter(query, "deviceId").filter(|id| !id.is_empty()) else {
            return refusal(400, Note::NoDeviceId { target });
        };
        if device.len() > LONGEST_ID {
            return refusal(400, Note::LongDeviceId { device });
        }
        let uuid = parameter(query, "uuid").filter(|uuid| !uuid.is_empty());
        let mut answer = Answer::default();
        if device.parse::<i64>().is_err() {
            let device = device.clone();
            answer.notes.push(Note::OddDeviceId { device });
        }
        if wanted == "GET" {
            let handed = self.poll(now, &device, uuid.as_deref());
            answer.response = response(200, handed.body);
            answer.handed = handed.numbers;
        } else {
            let endpoint = parameter(query, "endpoint").filter(|it| !it.is_empty());
            let (uuid, endpoint) = (uuid.as_deref(), endpoint.as_deref());
            let taken = self.result(now, &device, uuid, endpoint, &request.body);
            answer.response = response(200, Vec::new());
            answer.notes.extend(taken.notes);
        }
        answer
    }
}

/// A longer id is no device's.
const LONGEST_ID: usize = 64;

/// The path and the query of a target; some clients write the whole URL, as for a proxy.
#[must_use]
pub fn origin_form(target: &[u8]) -> &[u8] {
    const SCHEME: &[u8] = b"http://";
    match target.get(..SCHEME.len()) {
        Some(scheme) if scheme.eq_ignore_ascii_case(SCHEME) => {
            let rest = &target[SCHEME.len()..];
            let path = rest.iter().position(|&byte| byte == b'/');
            path.map_or(b"/", |path| &rest[path..])
        }
        _ => target,
    }
}

fn refusal(status: u16, note: Note) -> Answer {
    Answer {
        response: response(status, Vec::new()),
        notes: vec![note],
        ..Answer::default()
    }
}

fn response(status: u16, body: Vec<u8>) -> Response {
    let mut headers = Headers::new();
    if !body.is_empty() {
        headers.push("Content-Type", "application/json");
    }
    headers.push("Content-Length", body.len().to_string());
    Response {
        status,
        headers,
        body,
        ms: None,
    }
}

/// The first parameter of that name, decoded; a `+` is a plus, as devices write it.
fn parameter(query: &str, name: &str) -> Option<String> {
    query.split('&').find_map(|pair| {
        let (have, value) = pair.split_once('=').unwrap_or((pair, ""));
        (have == name).then(|| decoded(value))
    })
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let hex = (byte == b'%')
            .then(|| after.first_chunk::<2>())
            .flatten()
            .filter(|digits| digits.iter().all(u8::is_ascii_hexdigit))
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        if let Some(value) = hex {
            bytes.push(value);
            rest = &after[2..];
        } else {
            bytes.push(byte);
            rest = after;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
