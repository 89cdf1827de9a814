//! From an answer to `GET /push` to what a device does with it.
//!
//! The wire:
//! ```text
//! 200, empty, or {}                                              nothing to do
//! 200, {"verb","endpoint","body","contentType","queryString"}    one command
//! 200, {"transactions":[{"transactionid":"1",…command…},…]}      several (newer documentation)
//! ```
//! Only `endpoint` must be there. A device's parser (RapidJSON) is strict, takes the first of two
//! members of one name, and knows names in their exact case only. What is JSON and has no
//! command in it is dropped without a word. Whatever is tolerated here gives a [`Finding`].
//!
//! Inferred, because no source tells: a status of 201 to 299 other than 204 counts as 200; a
//! transaction without an endpoint is left out and its neighbours are run; an empty `transactions` means
//! that there is nothing to do; where `endpoint` stands beside `transactions`, the list counts.

use std::collections::HashSet;

use crate::json::lenient::{self, Sloppiness};
use crate::json::scan::{self, Member};
use crate::json::tree;
use crate::message::Headers;

use super::finding::{Finding, Kind};

mod part;

use part::{content, endpoint_name, query_string, read_body, verb};

/// What a device is told to run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// The `transactionid` as text, where the command came in a list.
    pub transaction: Option<String>,
    /// How the device calls itself.
    pub verb: Verb,
    /// The command's name: `load_objects`; without `.fcgi` and `/`.
    pub endpoint: String,
    /// Its parameters.
    pub body: Body,
    /// The content type as it was sent; none is `application/json`.
    pub content_type: Option<String>,
    /// The query without `?`: `user_id=10&match=1`.
    pub query: String,
}

/// `GET` or `POST`, the default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Verb {
    /// `GET`.
    Get,
    /// `POST`.
    #[default]
    Post,
}

/// The parameters of a command.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Body {
    /// None were sent, or an empty text.
    #[default]
    None,
    /// Bytes as they were sent, JSON as a rule: the text decoded, or the object as written.
    Bytes(Vec<u8>),
    /// The bytes that were sent as base64.
    Binary(Vec<u8>),
}

impl Body {
    /// The bytes; none is empty.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        match self {
            Self::None => &[],
            Self::Bytes(bytes) | Self::Binary(bytes) => bytes,
        }
    }
}

/// What the device answers to a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// The command's JSON, compact.
    Json(Vec<u8>),
    /// Success with nothing to say: `set_system_time`.
    Empty,
    /// Success with bytes: an image.
    Binary(Vec<u8>),
    /// It failed.
    Error {
        /// The text; it begins with [`OWN_TEXT`](super::refusal::OWN_TEXT) where it is the
        /// simulator's own.
        message: String,
        /// The device's code, 1 as a rule.
        code: i64,
    },
}

/// What a device makes of an answer to `GET /push`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answered {
    /// There is nothing to do.
    Idle,
    /// There is something to do.
    Commands {
        /// At least one.
        commands: Vec<Command>,
        /// Whether they came as `transactions`, so that the results go back as a list.
        batch: bool,
    },
    /// JSON without a command, dropped without a word; why, as a fragment.
    Ignored(String),
    /// Not an answer that could hold a command; why, as a fragment.
    NoCommand(String),
}

/// How an answer is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// Whether names without quotes and the like are read as they were meant.
    pub lenient_json: bool,
    /// Whether `transactions` is known; older firmware takes it for JSON without a command.
    pub transactions: bool,
}

/// Up to this size an answer that is not JSON is read again, to name what is wrong with it.
const LENIENT_LIMIT: usize = 256 << 10;

/// Reads an answer; what is to be said about it goes behind `findings`.
pub fn read(
    status: u16,
    headers: &Headers,
    body: &[u8],
    rules: Rules,
    findings: &mut Vec<Finding>,
) -> Answered {
    let mut say = |kind, seen: String| findings.push(Finding::new(kind, seen));
    if let Some(why) = refused(status, headers, &mut say) {
        return Answered::NoCommand(why);
    }
    if body.is_empty() {
        if status == 204 {
            say(Kind::NoContent, String::new());
        }
        return Answered::Idle;
    }
    if body.iter().all(u8::is_ascii_whitespace) {
        say(Kind::Blank, format!("{} bytes", body.len()));
        return Answered::NoCommand("the body is blank".to_owned());
    }
    if let Err(error) = scan::check(body) {
        return not_json(headers, body, error, rules, findings);
    }
    meant(body, rules, findings)
}

/// Why a status keeps the device from reading the body.
fn refused(status: u16, headers: &Headers, say: &mut impl FnMut(Kind, String)) -> Option<String> {
    let seen = format!("status {status}");
    let kind = match status {
        200 | 204 => return None,
        201..=299 => {
            say(Kind::OtherSuccess, seen);
            return None;
        }
        300..=399 => Kind::Redirect,
        401 | 403 | 407 => Kind::Auth,
        404 | 405 => Kind::NotFound,
        _ => Kind::Status,
    };
    let to = headers.first("Location").filter(|_| kind == Kind::Redirect);
    let seen = match to {
        Some(to) => format!("{seen} to {}", String::from_utf8_lossy(to)),
        None => seen,
    };
    say(kind, seen.clone());
    Some(seen)
}

fn not_json(
    headers: &Headers,
    body: &[u8],
    error: scan::JsonError,
    rules: Rules,
    findings: &mut Vec<Finding>,
) -> Answered {
    let is_html = headers
        .first("Content-Type")
        .is_some_and(|value| value.to_ascii_lowercase().starts_with(b"text/html"));
    let start = body.trim_ascii_start().first();
    if start == Some(&b'<') || (is_html && !matches!(start, Some(b'{' | b'['))) {
        findings.push(Finding::new(Kind::Html, excerpt(body)));
        return Answered::NoCommand("it is a web page".to_owned());
    }
    let guess = (body.len() <= LENIENT_LIMIT)
        .then(|| lenient::read(body).ok())
        .flatten()
        .filter(|read| !read.repairs.is_empty());
    let Some(guess) = guess else {
        findings.push(Finding::new(Kind::BadJson, error.to_string()));
        return Answered::NoCommand(format!("it is not JSON: {error}"));
    };
    let has = |what| guess.repairs.iter().any(|repair| repair.what == what);
    if has(Sloppiness::UnquotedName) {
        findings.push(Finding::new(Kind::UnquotedKeys, error.to_string()));
    } else {
        let what = guess.repairs.first().map(|repair| repair.what.to_string());
        findings.push(Finding::new(Kind::BadJson, what.unwrap_or_default()));
    }
    if rules.lenient_json {
        return meant(&crate::json::compact(&guess.value), rules, findings);
    }
    Answered::NoCommand(format!("it is not JSON: {error}"))
}

/// What well-formed JSON means.
fn meant(body: &[u8], rules: Rules, findings: &mut Vec<Finding>) -> Answered {
    let Ok(members) = scan::members(body) else {
        return ignored(Kind::NotACommand, what_instead(body), findings);
    };
    if members.is_empty() {
        return Answered::Idle;
    }
    if let Some(list) = first(&members, "transactions").filter(|_| rules.transactions) {
        if first(&members, "endpoint").is_some() {
            findings.push(Finding::new(Kind::BothForms, ""));
        }
        return transactions(list, findings);
    }
    match command(&members, findings) {
        Ok(command) => Answered::Commands {
            commands: vec![command],
            batch: false,
        },
        Err(why) => {
            let is_echo = ["response", "error", "transactions_results"]
                .iter()
                .any(|name| first(&members, name).is_some());
            let kind = if is_echo {
                Kind::Echo
            } else {
                Kind::NotACommand
            };
            ignored(kind, why, findings)
        }
    }
}

fn ignored(kind: Kind, why: String, findings: &mut Vec<Finding>) -> Answered {
    findings.push(Finding::new(kind, why.clone()));
    Answered::Ignored(why)
}

/// What stands where an object should.
fn what_instead(body: &[u8]) -> String {
    match body.trim_ascii_start().first() {
        Some(b'[') => "it is an array",
        Some(b'"') => {
            let text = scan::text(body.trim_ascii()).unwrap_or_default();
            if scan::members(&text).is_ok() {
                "it is a text that holds an object: it was serialised twice"
            } else {
                "it is a text"
            }
        }
        Some(b'n') => "it is null",
        _ => "it is not an object",
    }
    .to_owned()
}

fn transactions(list: &[u8], findings: &mut Vec<Finding>) -> Answered {
    let Ok(elements) = scan::elements(list) else {
        let why = "`transactions` is not a list".to_owned();
        return ignored(Kind::NotACommand, why, findings);
    };
    if elements.is_empty() {
        findings.push(Finding::new(Kind::EmptyTransactions, ""));
        return Answered::Idle;
    }
    let mut commands = Vec::with_capacity(elements.len());
    let mut members = Vec::new();
    let mut ids = HashSet::new();
    let mut reason = None;
    for element in elements {
        let read = scan::members_into(element, &mut members)
            .map_err(|_| what_instead(element))
            .and_then(|()| command(&members, findings));
        match read {
            Ok(mut command) => {
                command.transaction = transaction_id(&members, findings);
                if let Some(id) = &command.transaction
                    && !ids.insert(id.clone())
                {
                    findings.push(Finding::new(Kind::TransactionTwice, id.clone()));
                }
                commands.push(command);
            }
            Err(why) => {
                let why = format!("a transaction: {why}");
                findings.push(Finding::new(Kind::NotACommand, why.clone()));
                reason.get_or_insert(why);
            }
        }
    }
    match reason {
        Some(why) if commands.is_empty() => Answered::Ignored(why),
        _ => Answered::Commands {
            commands,
            batch: true,
        },
    }
}

fn transaction_id(members: &[Member<'_>], findings: &mut Vec<Finding>) -> Option<String> {
    let value = first(members, "transactionid");
    match value {
        Some([b'"', ..]) => {
            let text = text(value?);
            if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
                findings.push(Finding::new(Kind::TransactionId, text.clone()));
            }
            Some(text)
        }
        Some(number @ [b'0'..=b'9' | b'-', ..]) => {
            let number = String::from_utf8_lossy(number).into_owned();
            findings.push(Finding::new(Kind::NumericTransaction, number.clone()));
            Some(number)
        }
        _ => {
            let seen = value.map_or_else(|| "there is none".to_owned(), excerpt);
            findings.push(Finding::new(Kind::TransactionId, seen));
            None
        }
    }
}

/// A command out of an object's members, or why there is none.
fn command(members: &[Member<'_>], findings: &mut Vec<Finding>) -> Result<Command, String> {
    let Some(endpoint) = first(members, "endpoint") else {
        return Err(no_endpoint(members));
    };
    if !endpoint.starts_with(b"\"") {
        return Err(format!("`endpoint` is {}, not a text", excerpt(endpoint)));
    }
    let (endpoint, query) = endpoint_name(&text(endpoint), findings);
    if endpoint.is_empty() {
        return Err("`endpoint` is empty".to_owned());
    }
    if endpoint.len() > LONGEST_NAME {
        return Err(format!("`endpoint` has {} bytes", endpoint.len()));
    }
    let content_type = first(members, "contentType")
        .map(text)
        .filter(|value| !value.is_empty());
    let content = content(content_type.as_deref(), findings);
    let body = first(members, "body");
    Ok(Command {
        transaction: None,
        verb: verb(first(members, "verb"), findings),
        endpoint,
        body: read_body(body, content, findings),
        query: query_string(first(members, "queryString"), query, findings),
        content_type,
    })
}

/// No command has a longer name, and it goes back in the query of /result.
const LONGEST_NAME: usize = 200;

fn no_endpoint(members: &[Member<'_>]) -> String {
    /// As many names as are still read.
    const MOST: usize = 5;
    let names = members
        .iter()
        .map(|member| String::from_utf8_lossy(member.name));
    for name in names.clone() {
        if name.eq_ignore_ascii_case("endpoint") {
            return format!("it has `{name}`, and names count in their exact case: `endpoint`");
        }
    }
    let listed: Vec<_> = names.take(MOST).map(|name| format!("`{name}`")).collect();
    let more = if members.len() > MOST { " …" } else { "" };
    format!("no `endpoint` among {}{more}", listed.join(", "))
}

/// The first member of that name, which is the one that RapidJSON's `FindMember` finds.
pub(super) fn first<'a>(members: &[Member<'a>], name: &str) -> Option<&'a [u8]> {
    members
        .iter()
        .find(|member| member.name == name.as_bytes())
        .map(|member| member.value)
}

/// The decoded text of a string; empty for any other value.
pub(super) fn text(value: &[u8]) -> String {
    let text = scan::text(value).unwrap_or_default();
    String::from_utf8_lossy(&text).into_owned()
}

/// A value's beginning, to be shown.
pub(super) fn excerpt(value: &[u8]) -> String {
    const MOST: usize = 60;
    let shown = String::from_utf8_lossy(value.get(..MOST).unwrap_or(value)).into_owned();
    if value.len() > MOST {
        shown + "…"
    } else {
        shown
    }
}

/// Whether a command must not be run twice: it opens a door, restarts a device, or waits for a
/// person.
#[must_use]
pub fn must_not_repeat(endpoint: &str) -> bool {
    const ONCE: [&str; 4] = [
        "execute_actions",
        "reboot",
        "remote_enroll",
        "reset_to_factory_default",
    ];
    ONCE.contains(&bare(endpoint))
}

/// Whether two texts name one endpoint: a device may have dropped what does not belong to it.
#[must_use]
pub fn is_same_endpoint(one: &str, other: &str) -> bool {
    bare(one) == bare(other)
}

/// An endpoint without what may stand around it.
fn bare(endpoint: &str) -> &str {
    let name = endpoint.split('?').next().unwrap_or_default();
    let name = name.trim_matches('/');
    name.strip_suffix(".fcgi").unwrap_or(name)
}

/// JSON without blanks; what is no JSON stays as it is.
#[must_use]
pub fn compacted(json: &[u8]) -> Vec<u8> {
    tree::parse(json).map_or_else(|_| json.to_vec(), |value| crate::json::compact(&value))
}

#[cfg(test)]
mod tests;
