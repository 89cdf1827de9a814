//! All that is known of one record, worked out when somebody looks.

use std::borrow::Cow;

use serde::Serialize;

use super::body::{Body, Extent};
use super::chain::Chain;
use super::entry::Entry;
use super::proof::Proof;
use super::shelf::Item;
use crate::capture::{Content, Record};
use crate::check::{Checker, Scheme};
use crate::message::{Headers, Request, Response};
use crate::platform::Platform;
use crate::signature::{Evidence, Veil};
use crate::term;

/// A record as the page shows it. Texts are escaped, and secrets hidden in them.
#[derive(Serialize)]
pub(super) struct Detail<'d> {
    entry: &'d Entry,
    #[serde(flatten)]
    head: Option<Head>,
    body: Body,
    /// What no HTTP parser takes: why.
    error: Option<String>,
    response: Option<Answer>,
    /// What the platform tells in it, where that is not the body itself.
    message: Option<Body>,
    /// Whether the message was sealed.
    is_sealed: bool,
    #[serde(flatten)]
    proof: &'d Proof,
    chain: Option<Chain>,
    note: Option<String>,
}

#[derive(Serialize)]
struct Head {
    method: String,
    target: String,
    version: String,
    scheme: Option<&'static str>,
    headers: Vec<(String, String)>,
    /// The first sizes of chunks.
    chunks: Vec<u64>,
    chunk_count: usize,
}

#[derive(Serialize)]
struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: Body,
    ms: Option<f64>,
}

/// So many sizes of chunks are shown.
const MOST_CHUNKS: usize = 200;

impl<'d> Detail<'d> {
    pub(super) fn new(
        item: &'d Item,
        extent: Extent,
        chain: Option<Chain>,
        proof: &'d Proof,
        checker: &Checker,
    ) -> Self {
        let veil = &checker.veil;
        let record = &item.record;
        let (head, bytes, error) = match &record.content {
            Content::Request(request) => (Some(Head::new(request, veil)), &*request.body, None),
            Content::Mqtt(message) => (None, &*message.payload, None),
            Content::Unparsed { bytes, error } => (None, &**bytes, Some(shown_text(error, veil))),
        };
        let (message, is_sealed) = record
            .request()
            .map(|request| opened(record, request, extent, checker))
            .unwrap_or_default();
        Self {
            entry: &item.entry,
            head,
            body: Body::new(bytes, extent, veil),
            error,
            response: record
                .response
                .as_ref()
                .map(|it| Answer::new(it, extent, veil)),
            message,
            is_sealed,
            proof,
            chain,
            note: record.note.as_deref().map(|note| shown_text(note, veil)),
        }
    }
}

/// What the platform tells in a request, where that is not its body, and whether it was sealed.
fn opened(
    record: &Record,
    request: &Request,
    extent: Extent,
    checker: &Checker,
) -> (Option<Body>, bool) {
    let evidence = Evidence::of(request);
    let scheme = checker
        .choice
        .scheme(record.platform.as_deref(), &evidence)
        .and_then(|scheme: &Scheme| scheme.platform);
    let Some(webhook) = scheme.and_then(Platform::webhook) else {
        return (None, false);
    };
    let message = webhook.open(&evidence, &checker.secrets).ok();
    let message = message.filter(|it| *it.bytes != *request.body);
    (
        message.map(|it| Body::new(&it.bytes, extent, &checker.veil)),
        webhook.sealed(&evidence).is_some(),
    )
}

impl Head {
    fn new(request: &Request, veil: &Veil) -> Self {
        Self {
            method: shown(&request.method, veil),
            target: shown(&request.target, veil),
            version: shown_text(&request.version, veil),
            scheme: request.scheme.map(crate::message::Scheme::as_str),
            headers: fields(&request.headers, veil),
            chunks: request.chunks.iter().copied().take(MOST_CHUNKS).collect(),
            chunk_count: request.chunks.len(),
        }
    }
}

impl Answer {
    fn new(response: &Response, extent: Extent, veil: &Veil) -> Self {
        Self {
            status: response.status,
            headers: fields(&response.headers, veil),
            body: Body::new(&response.body, extent, veil),
            ms: response.ms,
        }
    }
}

fn fields(headers: &Headers, veil: &Veil) -> Vec<(String, String)> {
    let fields = headers.iter();
    fields
        .map(|(name, value)| (shown(name, veil), shown(value, veil)))
        .collect()
}

fn shown(bytes: &[u8], veil: &Veil) -> String {
    let hidden: Cow<'_, [u8]> = veil.hide(bytes);
    term::escape(&hidden)
}

fn shown_text(text: &str, veil: &Veil) -> String {
    shown(text.as_bytes(), veil)
}
