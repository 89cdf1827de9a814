//! HAR 1.2: what browsers' developer tools, Postman, Charles, Fiddler, mitmproxy and Playwright save.
//!
//! Every entry is a record: method, target as it stands in the URL, headers in order with their
//! case and duplicates, the body, the response, times. What HAR cannot say is said in the notes:
//! HTTP/2's pseudo-headers become `Host`, and a body whose length is not what `Content-Length`
//! said has lost bytes (HAR keeps bodies as text): that note starts with `WARNING`.
//!
//! Not read: bodies of multipart forms that were saved as `params` only, WebSocket messages, and
//! entries that are no HTTP (`data:`, `blob:`, extensions), which are left out with a warning.
//! Response bodies are as the program saved them, after content decoding.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use memchr::memchr_iter;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{Bad, Kind, Located, ReadFile, Reading, Record, pseudo, raw};
use crate::error::{Error, Place};
use crate::message::{Headers, Request, Response};

#[derive(Deserialize)]
struct Har<'a> {
    #[serde(borrow)]
    log: Log<'a>,
}

#[derive(Deserialize)]
struct Log<'a> {
    #[serde(borrow)]
    entries: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    started_date_time: Option<String>,
    time: Option<f64>,
    request: HarRequest,
    response: Option<HarResponse>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct HarRequest {
    method: String,
    url: String,
    #[serde(default)]
    http_version: Option<String>,
    #[serde(default)]
    headers: Vec<Field>,
    post_data: Option<Content>,
    body_size: Option<i64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct HarResponse {
    #[serde(default)]
    status: i64,
    #[serde(default)]
    headers: Vec<Field>,
    content: Option<Content>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Field {
    name: String,
    #[serde(default)]
    value: Option<String>,
    file_name: Option<String>,
}

/// `postData` and `content`.
#[derive(Deserialize)]
struct Content {
    text: Option<String>,
    encoding: Option<String>,
    #[serde(default)]
    params: Vec<Field>,
    /// Playwright keeps bodies in files of their own.
    #[serde(rename = "_file")]
    file: Option<String>,
}

/// Reads an archive; `read_file` is for the files that Playwright keeps bodies in.
///
/// # Errors
/// It is not JSON, or not of HAR's shape. An entry that cannot be read is an inner error with
/// the line that it starts on.
pub fn read(name: &str, bytes: &[u8], read_file: &ReadFile<'_>) -> Result<Reading, Error> {
    let har: Har<'_> = serde_json::from_slice(bytes).map_err(|error| {
        let place = Place::line(name, error.line() as u64).at_column(error.column() as u64);
        Error::input(
            place,
            format!("this is not a HAR: {}", without_place(&error)),
        )
    })?;
    let mut reading = Reading::new(Kind::Har);
    let (mut line, mut counted) = (1, 0);
    for (index, entry) in har.log.entries.iter().enumerate() {
        let start = entry.get().as_ptr().addr() - bytes.as_ptr().addr();
        line += memchr_iter(b'\n', &bytes[counted..start]).count() as u64;
        counted = start;
        let place = Place::line(name, line);
        let parsed: Entry = match serde_json::from_str(entry.get()) {
            Ok(parsed) => parsed,
            Err(error) => {
                let why = without_place(&error);
                let what = format!("entry {} cannot be read: {why}", index + 1);
                reading.items.push(Err(Error::input(place, what)));
                continue;
            }
        };
        let scheme = parsed.request.url.split(':').next().unwrap_or_default();
        if !["http", "https", "ws", "wss"].contains(&scheme) {
            reading.warnings.push(format!(
                "{place}: entry {} is left out: `{scheme}:` is not HTTP",
                index + 1
            ));
            continue;
        }
        let located = record(parsed, place.clone(), read_file);
        reading.items.push(
            located.map_err(|bad| Error::input(place, format!("entry {}: {}", index + 1, bad.why))),
        );
    }
    if reading.items.is_empty() {
        return Err(Error::input(Place::file(name), "the HAR has no HTTP entry"));
    }
    Ok(reading)
}

/// Its words alone: its line and column are relative to a part of the file.
fn without_place(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match text.rfind(" at line ") {
        Some(at) => text[..at].to_owned(),
        None => text,
    }
}

fn record(entry: Entry, place: Place, read_file: &ReadFile<'_>) -> Result<Located, Bad> {
    let mut notes = Vec::new();
    let mut record = Record::of(request(entry.request, read_file, &mut notes)?);
    record.at = entry.started_date_time;
    // Browsers give a request that got no answer the status 0.
    if let Some(answer) = entry.response
        && let Ok(status @ 1..) = u16::try_from(answer.status)
    {
        record.response = Some(Response {
            status,
            headers: headers(answer.headers),
            body: match answer.content {
                Some(content) => bytes(content, read_file, &mut Vec::new())?,
                None => Vec::new(),
            },
            ms: entry.time.filter(|ms| *ms >= 0.0),
        });
    }
    Ok(Located::wire(place, record, notes))
}

fn request(
    har: HarRequest,
    read_file: &ReadFile<'_>,
    notes: &mut Vec<String>,
) -> Result<Request, Bad> {
    let url = match har.url.strip_prefix("ws") {
        Some(rest) => format!("http{rest}"),
        None => har.url,
    };
    let from_url = raw::url_or_target(url.as_bytes())
        .ok_or_else(|| Bad::new(0, format!("`{url}` is not a URL of a host")))?;
    let mut headers = headers(har.headers);
    let pseudo = pseudo::take(&mut headers, notes);
    if headers.first("Host").is_none() {
        let host = from_url.authority().unwrap_or_default();
        headers = [(&b"Host"[..], host)]
            .into_iter()
            .chain(headers.iter())
            .collect();
        notes.push("the HAR has no Host header: it is taken from the URL".to_owned());
    }
    let version = har.http_version.unwrap_or_default().to_ascii_uppercase();
    let version = match version.as_str() {
        "HTTP/1.0" | "HTTP/1.1" | "" | "UNKNOWN" => version,
        other => {
            notes.push(format!("it was {other}; it is kept as HTTP/1.1"));
            String::new()
        }
    };
    let mut request = Request {
        headers,
        scheme: from_url.scheme,
        ..Request::new(har.method, pseudo.path.unwrap_or(from_url.target))
    };
    if version == "HTTP/1.0" {
        request.version = version;
    }
    if let Some(content) = har.post_data {
        request.body = bytes(content, read_file, notes)?;
    }
    warn_of_lost_bytes(&request, har.body_size, notes);
    Ok(request)
}

/// HAR keeps bodies as text: what was no UTF-8, or was cut, has another length now.
fn warn_of_lost_bytes(request: &Request, body_size: Option<i64>, notes: &mut Vec<String>) {
    let length = request
        .headers
        .first("Content-Length")
        .and_then(|value| std::str::from_utf8(value).ok())
        .and_then(|value| value.trim().parse::<u64>().ok());
    let size = body_size.and_then(|size| u64::try_from(size).ok());
    let (expected, source) = match (length, size) {
        (Some(length), _) => (length, "Content-Length"),
        (None, Some(size @ 1..)) => (size, "bodySize"),
        _ => return,
    };
    let have = request.body.len() as u64;
    if have != expected {
        notes.push(format!(
            "WARNING: the body is not what was sent: it has {have} bytes here, {source} says {expected}"
        ));
    }
}

fn headers(fields: Vec<Field>) -> Headers {
    fields
        .into_iter()
        .map(|field| (field.name, field.value.unwrap_or_default()))
        .collect()
}

fn bytes(
    content: Content,
    read_file: &ReadFile<'_>,
    notes: &mut Vec<String>,
) -> Result<Vec<u8>, Bad> {
    if let Some(text) = content.text {
        return match content.encoding.as_deref() {
            Some("base64") => STANDARD
                .decode(text)
                .map_err(|_| Bad::new(0, "a body is said to be base64 and is not")),
            _ => Ok(text.into_bytes()),
        };
    }
    if let Some(file) = content.file {
        return read_file(&file)
            .map_err(|error| Bad::new(0, format!("cannot read the body in {file}: {error}")));
    }
    if content.params.is_empty() {
        return Ok(Vec::new());
    }
    if content.params.iter().any(|param| param.file_name.is_some()) {
        notes.push("WARNING: the HAR has only the names of a multipart body's files".to_owned());
        return Ok(Vec::new());
    }
    notes.push("the body is made again out of the form's parameters".to_owned());
    let pairs: Vec<String> = content
        .params
        .iter()
        .map(|param| {
            let value = param.value.as_deref().unwrap_or_default();
            format!("{}={}", form_encoded(&param.name), form_encoded(value))
        })
        .collect();
    Ok(pairs.join("&").into_bytes())
}

/// `application/x-www-form-urlencoded`. Chrome keeps parameters encoded, HAR's text says decoded:
/// what holds an escape already is left as it is.
fn form_encoded(text: &str) -> String {
    if text.contains('%') {
        return text.to_owned();
    }
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'*' | b'-' | b'.' | b'_' => {
                encoded.push(char::from(byte));
            }
            b' ' => encoded.push('+'),
            _ => {
                encoded.push('%');
                encoded.push_str(&hex::encode_upper([byte]));
            }
        }
    }
    encoded
}

#[cfg(test)]
mod tests;
