//! A user's own answers to pushes: a status, or a body that may be a template.
//!
//! ```text
//! 500                                   a status, and no body
//! {"code":0,"id":"{{ json.id }}"}       a body; what stands in {{ }} is filled in
//! HTTP/1.1 202 Accepted\n…              a whole answer: status, headers, an empty line, the body
//! ```
//! Known in a template: `method`, `target`, `body` (text), `json` (the body, read), `platform`,
//! `event` (of the first message), `events`, `verdict`, `number` (of the request, from 1). What is
//! not there is an empty text.

use std::borrow::Cow;
use std::sync::Arc;

use minijinja::Environment;
use minijinja::value::Serde;
use serde::Serialize;

use super::Received;
use crate::message::{Headers, Request, Response};
use crate::term;

/// What pushes are answered with.
#[derive(Clone, Debug)]
pub struct Respond {
    status: u16,
    headers: Headers,
    body: Body,
}

#[derive(Clone, Debug)]
enum Body {
    Plain(Vec<u8>),
    Template(Arc<Environment<'static>>),
}

/// What a template is filled in with.
#[derive(Clone, Copy, Debug)]
pub struct Context<'r> {
    /// The request.
    pub request: &'r Request,
    /// What is known of it.
    pub received: &'r Received,
    /// Which request it is, from 1.
    pub number: u64,
}

impl Respond {
    /// Reads what was given: a status, a body, or a whole answer. The error is a fragment.
    pub fn read(content: &[u8]) -> Result<Self, String> {
        let text = std::str::from_utf8(content);
        if let Ok(text) = text
            && let Ok(status) = text.trim().parse::<u16>()
        {
            if !(200..=599).contains(&status) {
                return Err(format!("`{status}` is no status of an answer: 200 to 599"));
            }
            return Ok(Self {
                status,
                headers: Headers::new(),
                body: Body::Plain(Vec::new()),
            });
        }
        if content.starts_with(b"HTTP/") {
            return Self::whole(content);
        }
        let mut headers = Headers::new();
        let first = content.trim_ascii_start().first();
        let is_json = matches!(first, Some(b'{' | b'[')) && !content.starts_with(b"{{");
        headers.push(
            "Content-Type",
            if is_json {
                "application/json"
            } else {
                "text/plain"
            },
        );
        Ok(Self {
            status: 200,
            headers,
            body: body(content)?,
        })
    }

    /// A status line, header fields, an empty line and a body.
    fn whole(content: &[u8]) -> Result<Self, String> {
        let (head, rest) = split(content);
        let mut lines = head.split(|&byte| byte == b'\n');
        let lines = lines
            .by_ref()
            .map(|line| line.strip_suffix(b"\r").unwrap_or(line));
        let mut lines = lines.filter(|line| !line.is_empty());
        let first = String::from_utf8_lossy(lines.next().unwrap_or_default());
        let status = first.split(' ').nth(1);
        let status = status
            .and_then(|status| status.parse().ok())
            .ok_or("its first line has no status, such as HTTP/1.1 200 OK")?;
        if !(200..=599).contains(&status) {
            return Err(format!("`{status}` is no status of an answer: 200 to 599"));
        }
        let mut headers = Headers::new();
        for line in lines {
            let (name, value) = field(line)?;
            headers.push(name, value);
        }
        let respond = Self {
            status,
            headers,
            body: body(rest)?,
        };
        respond.check_framing()?;
        Ok(respond)
    }

    /// Refuses what would leave as something else than it is written.
    fn check_framing(&self) -> Result<(), String> {
        let length = match &self.body {
            Body::Plain(bytes) => Some(bytes.len()),
            Body::Template(_) => None,
        };
        if matches!(self.status, 204 | 304) && length != Some(0) {
            return Err(format!("an answer of status {} has no body", self.status));
        }
        for (name, value) in self.headers.iter() {
            if name.eq_ignore_ascii_case(b"transfer-encoding") {
                return Err("its body is sent whole: leave Transfer-Encoding out".to_owned());
            }
            let is_right = length.is_some_and(|it| value == it.to_string().as_bytes());
            if name.eq_ignore_ascii_case(b"content-length") && !is_right {
                return Err(
                    "its Content-Length is not that of its body: leave it out, and it is added"
                        .to_owned(),
                );
            }
        }
        Ok(())
    }

    /// The answer to one push, or why its template cannot be filled in.
    pub fn answer(&self, context: &Context<'_>) -> Result<Response, String> {
        let body = match &self.body {
            Body::Plain(bytes) => bytes.clone(),
            Body::Template(environment) => {
                let text = filled(environment, &Known::of(context));
                text.map_err(|why| format!("the template of --respond: {why}"))?
                    .into_bytes()
            }
        };
        Ok(Response {
            status: self.status,
            headers: self.headers.clone(),
            body,
            ms: None,
        })
    }
}

/// A header field as it can be sent.
fn field(line: &[u8]) -> Result<(&[u8], &[u8]), String> {
    let shown = || term::cut(&term::escape(line), 100);
    let colon =
        memchr::memchr(b':', line).ok_or_else(|| format!("`{}` is no header field", shown()))?;
    let (name, value) = (&line[..colon], line[colon + 1..].trim_ascii());
    // RFC 9110, 5.6.2.
    let is_token = |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte);
    if name.is_empty() || !name.iter().all(is_token) {
        return Err(format!("`{}`: no header field has such a name", shown()));
    }
    if value
        .iter()
        .any(|byte| byte.is_ascii_control() && *byte != b'\t')
    {
        return Err(format!(
            "`{}`: a header's value has no control characters",
            shown()
        ));
    }
    Ok((name, value))
}

/// The head and what stands behind the empty line.
fn split(content: &[u8]) -> (&[u8], &[u8]) {
    for end in [b"\r\n\r\n".as_slice(), b"\n\n"] {
        if let Some(at) = memchr::memmem::find(content, end) {
            return (&content[..at], &content[at + end.len()..]);
        }
    }
    (content, &[])
}

fn body(content: &[u8]) -> Result<Body, String> {
    let text = match std::str::from_utf8(content) {
        Ok(text) if text.contains("{{") || text.contains("{%") => text.to_owned(),
        _ => return Ok(Body::Plain(content.to_vec())),
    };
    let mut environment = Environment::new();
    // The answer is the template's own text: nothing is escaped for a web page.
    environment.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
    environment
        // The one line end that a template loses at its end is put back.
        .add_template_owned(
            NAME,
            if text.ends_with('\n') {
                text + "\n"
            } else {
                text
            },
        )
        .map_err(|why| format!("its template: {why}"))?;
    try_out(&environment)?;
    Ok(Body::Template(Arc::new(environment)))
}

/// What a template may use.
#[derive(Serialize)]
struct Known<'k> {
    method: Cow<'k, str>,
    target: Cow<'k, str>,
    body: Cow<'k, str>,
    json: Option<serde_json::Value>,
    platform: Option<&'k str>,
    event: Option<&'k str>,
    events: &'k [&'static str],
    verdict: &'k str,
    number: u64,
}

const NAME: &str = "respond";

impl<'k> Known<'k> {
    fn of(context: &Context<'k>) -> Self {
        let Context {
            request,
            received,
            number,
        } = *context;
        Self {
            method: String::from_utf8_lossy(&request.method),
            target: String::from_utf8_lossy(&request.target),
            body: String::from_utf8_lossy(&request.body),
            json: serde_json::from_slice(&request.body).ok(),
            platform: received.platform.as_deref(),
            event: received.events.first().copied(),
            events: &received.events,
            verdict: received.verdict.as_str(),
            number,
        }
    }
}

/// Tries a template before anything is served. What it does with a body that is not here may
/// fail, and work with the one that comes; a name that nobody knows never works.
fn try_out(environment: &Environment<'_>) -> Result<(), String> {
    use minijinja::ErrorKind::{TemplateNotFound, UnknownFilter, UnknownFunction, UnknownTest};
    let sample = Known {
        method: "POST".into(),
        target: "/".into(),
        body: "{}".into(),
        json: Some(serde_json::json!({})),
        platform: Some("onenet"),
        event: Some("online"),
        events: &["online"],
        verdict: "valid",
        number: 1,
    };
    match filled(environment, &sample) {
        Err(why)
            if matches!(
                why.kind(),
                TemplateNotFound | UnknownFilter | UnknownFunction | UnknownTest
            ) =>
        {
            Err(format!("its template: {why}"))
        }
        _ => Ok(()),
    }
}

fn filled(environment: &Environment<'_>, known: &Known<'_>) -> Result<String, minijinja::Error> {
    environment.get_template(NAME)?.render(Serde(known))
}
