//! All that is known of one record, worked out when somebody looks.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::Value;

use super::body::{Body, Extent};
use super::chain::Chain;
use super::entry::Entry;
use super::shelf::{Item, Shelf};
use crate::capture::{Content, Record};
use crate::check::{Checker, Scheme};
use crate::diagnose::{diagnose, secret_to_check, url_to_give};
use crate::message::{Headers, Request, Response};
use crate::platform::Platform;
use crate::receiver::{LONGEST_EXPLAINED, Receiver};
use crate::report::explanation::Explanation;
use crate::report::verdict::{VerdictLine, age_in_words};
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
    /// As `explain` tells it.
    explanation: Option<Value>,
    /// For each mistake, what was signed beside what should have been.
    differences: Vec<Option<String>>,
    /// Its age in words.
    age: Option<String>,
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

/// The columns of two texts beside each other.
const WIDTH: usize = 84;

impl<'d> Detail<'d> {
    pub(super) fn new(item: &'d Item, extent: Extent, receiver: &Receiver, shelf: &Shelf) -> Self {
        let checker = receiver.checker();
        let veil = &checker.veil;
        let record = &item.record;
        let (head, bytes, error) = match &record.content {
            Content::Request(request) => (Some(Head::new(request, veil)), &*request.body, None),
            Content::Mqtt(message) => (None, &*message.payload, None),
            Content::Unparsed { bytes, error } => (None, &**bytes, Some(shown_text(error, veil))),
        };
        let mut detail = Self {
            entry: &item.entry,
            head,
            body: Body::new(bytes, extent, veil),
            error,
            response: record
                .response
                .as_ref()
                .map(|it| Answer::new(it, extent, veil)),
            message: None,
            is_sealed: false,
            explanation: None,
            differences: Vec::new(),
            age: None,
            chain: Chain::new(item, receiver, shelf, veil),
            note: record.note.as_deref().map(|note| shown_text(note, veil)),
        };
        if let Some(request) = record.request() {
            detail.judge(record, request, extent, checker);
        }
        detail
    }

    fn judge(&mut self, record: &Record, request: &Request, extent: Extent, checker: &Checker) {
        let mut evidence = Evidence::of(request);
        evidence.public_url = checker.public_url.as_ref();
        let judged = checker.check(record.platform.as_deref(), record.at.as_deref(), &evidence);
        let platform = judged.scheme.and_then(|scheme: &Scheme| scheme.platform);
        if let Some(webhook) = platform.and_then(Platform::webhook) {
            self.is_sealed = webhook.sealed(&evidence).is_some();
            let message = webhook.open(&evidence, &checker.secrets).ok();
            let message = message.filter(|it| *it.bytes != *request.body);
            self.message = message.map(|it| Body::new(&it.bytes, extent, &checker.veil));
        }
        // Looking at a record must not keep the platform waiting.
        let is_short = request.body.len() <= LONGEST_EXPLAINED;
        let diagnosis = is_short
            .then(|| diagnose(checker, &judged, &evidence, None, &[]))
            .flatten();
        let verdict = VerdictLine::new("", checker, &evidence, &judged, &[], false);
        self.age = verdict
            .freshness
            .zip(verdict.age)
            .map(|(freshness, age)| age_in_words(freshness, age));
        let steps = [
            secret_to_check(checker, &judged),
            url_to_give(checker, &judged),
        ];
        let explanation = Explanation {
            verdict,
            diagnosis: diagnosis.as_ref(),
            slips: &[],
            computed: None,
            next_steps: steps.into_iter().flatten().collect(),
            reveal: false,
            veil: &checker.veil,
        };
        self.differences = explanation.differences(WIDTH);
        self.explanation = serde_json::to_value(explanation.into_line()).ok();
    }
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
