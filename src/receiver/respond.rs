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

use super::{Received, response};
use crate::message::{Headers, Request, Response};

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
        let head = String::from_utf8_lossy(head);
        let mut lines = head.lines();
        let status = lines.next().and_then(|line| line.split(' ').nth(1));
        let status = status
            .and_then(|status| status.parse().ok())
            .filter(|status| (200..=599).contains(status))
            .ok_or("its first line has no status, such as HTTP/1.1 200 OK")?;
        let mut headers = Headers::new();
        for line in lines {
            let (name, value) = line
                .split_once(':')
                .ok_or_else(|| format!("`{line}` is no header field"))?;
            headers.push(name, value.trim());
        }
        Ok(Self {
            status,
            headers,
            body: body(rest)?,
        })
    }

    /// The answer to one push. A template that cannot be filled in answers 500, and says why.
    #[must_use]
    pub fn answer(&self, context: &Context<'_>) -> Response {
        let body = match &self.body {
            Body::Plain(bytes) => bytes.clone(),
            Body::Template(environment) => match filled(environment, context) {
                Ok(text) => text.into_bytes(),
                Err(why) => {
                    let text = format!("pushrig: the template of --respond: {why}");
                    return response(500, "text/plain", text.into_bytes());
                }
            },
        };
        Response {
            status: self.status,
            headers: self.headers.clone(),
            body,
            ms: None,
        }
    }
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

fn filled(
    environment: &Environment<'_>,
    context: &Context<'_>,
) -> Result<String, minijinja::Error> {
    let Context {
        request,
        received,
        number,
    } = context;
    environment.get_template(NAME)?.render(Serde(Known {
        method: String::from_utf8_lossy(&request.method),
        target: String::from_utf8_lossy(&request.target),
        body: String::from_utf8_lossy(&request.body),
        json: serde_json::from_slice(&request.body).ok(),
        platform: received.platform.as_deref(),
        event: received.events.first().copied(),
        events: &received.events,
        verdict: received.verdict.as_str(),
        number: *number,
    }))
}
