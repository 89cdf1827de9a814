//! The receiver that is known to be right: a request in, its answer and what is known of it out.
//!
//! It answers as the platforms want it: a handshake with exactly the echo, a push with a status
//! and a body that count as delivered; what is signed wrongly with 403 and not a word on why, for
//! whoever asks may be guessing. [`Receiver`] reads no socket and writes no file.
//!
//! - [`arrivals`]: what comes again, and whether on the vendor's schedule.
//! - [`expect`]: what is expected of what comes.
//! - [`fault`]: what it does wrong when it is told to.
//! - [`respond`]: a user's own answers to pushes.
//! - [`watch`]: what has become of what was expected.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use crate::check::{Checker, Judged};
use crate::diagnose::diagnose;
use crate::message::{Headers, Request, Response};
use crate::moment::Moment;
use crate::platform::Platform;
use crate::signature::{Evidence, Form, Verdict};

pub mod arrivals;
mod carried;
mod content;
mod delivered;
pub mod expect;
pub mod fault;
mod framing;
pub mod respond;
pub mod watch;

pub(crate) use framing::MOST_SIZES;

pub use carried::MessageId;

use arrivals::{Arrival, Arrivals, Retried};
use content::{content, id};
use delivered::{is_delivered, is_work_done};
use expect::{Expectation, Seen, Standing};
use fault::{Fault, FaultSpec, Faults, Place};
use respond::{Context, Respond};
use watch::Watch;

/// How it receives.
#[derive(Debug)]
pub struct Options {
    /// What judges requests. Its clock is set for each of them.
    pub checker: Checker,
    /// Whether what is signed wrongly is taken all the same.
    pub accept_all: bool,
    /// What pushes are answered with, if not what their platform wants.
    pub respond: Option<Respond>,
    /// What goes wrong.
    pub faults: Vec<FaultSpec>,
    /// What is to come.
    pub expectations: Vec<Expectation>,
    /// Whether a mistake is looked for in what is signed wrongly.
    pub explains: bool,
}

/// The receiver.
#[derive(Debug)]
pub struct Receiver {
    options: Options,
    faults: Faults,
    arrivals: Arrivals,
    /// What came of requests that are not welcome: whoever sends them does not spoil what is
    /// known of the others.
    strangers: Arrivals,
    seen: Seen,
    watch: Watch,
    refusal: Arc<Response>,
    /// The answers that count as delivered.
    thanks: Vec<(Option<Platform>, Arc<Response>)>,
    number: u64,
    /// Where the name of a count is put together.
    name: String,
}

/// What a request is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A platform verifies the URL.
    Handshake,
    /// A platform tells something.
    Push,
    /// Nobody's; it is refused.
    Other,
}

/// A request that was received.
#[derive(Clone, Debug)]
pub struct Received {
    /// What it is.
    pub kind: Kind,
    /// The id of the platform or recipe.
    pub platform: Option<Cow<'static, str>>,
    /// What the messages in it tell, by the catalogue's names; a message that it does not have
    /// is `?`.
    pub events: Vec<&'static str>,
    /// What is thought of its signature.
    pub verdict: Verdict,
    /// Why it is not valid, in plain words; no secret in it.
    pub why: Option<String>,
    /// The mistake that was proved to be behind it.
    pub mistake: Option<String>,
    /// What else is worth knowing; fragments.
    pub notes: Vec<String>,
    /// What its framing leaves to say; fragments.
    pub framing: Vec<String>,
    /// Whether it was taken: it counts, and what comes again of it is a duplicate.
    pub is_taken: bool,
    /// How it stands among those before it.
    pub arrival: Arrival,
    /// Why its answer could not be made, so that it is not taken.
    pub broken: Option<String>,
    /// What goes wrong with its answer.
    pub fault: Option<FaultSpec>,
    /// The answer, before a fault spoils it.
    pub response: Arc<Response>,
    /// Whether it is signed rightly, or that does not matter.
    is_welcome: bool,
    /// Whose message it is, if it is a platform's.
    whose: Option<Platform>,
}

/// So many bytes of a body are searched for a mistake: a search may take a tenth of a second.
pub(crate) const LONGEST_EXPLAINED: usize = 64 << 10;

impl Receiver {
    /// A receiver to which nothing has come yet.
    #[must_use]
    pub fn new(mut options: Options) -> Self {
        Self {
            faults: Faults::new(std::mem::take(&mut options.faults)),
            arrivals: Arrivals::default(),
            strangers: Arrivals::default(),
            seen: Seen::default(),
            watch: Watch::new(std::mem::take(&mut options.expectations)),
            refusal: Arc::new(refusal()),
            thanks: Platform::ALL
                .map(|platform| (Some(platform), Arc::new(thanks_of(Some(platform)))))
                .into(),
            number: 0,
            name: String::new(),
            options,
        }
    }

    /// What was counted so far.
    #[must_use]
    pub fn seen(&self) -> &Seen {
        &self.seen
    }

    /// What judges requests.
    #[must_use]
    pub fn checker(&self) -> &Checker {
        &self.options.checker
    }

    /// How what is expected stands, so long after the start.
    #[must_use]
    pub fn standings(&self, now: Duration) -> Vec<(&Expectation, Standing)> {
        self.watch.standings(&self.seen, now)
    }

    /// Whether it can end, so long after the start: all that is expected has come, or something
    /// cannot come any more.
    #[must_use]
    pub fn is_decided(&self, now: Duration) -> bool {
        self.watch.is_decided(&self.seen, now)
    }

    /// It ends: what comes from now on changes nothing of what was expected.
    pub fn end(&mut self, now: Duration) {
        self.watch.end(&self.seen, now);
    }

    /// The messages that came more than once.
    #[must_use]
    pub fn retried(&self) -> Vec<Retried> {
        let mut retried = self.arrivals.retried();
        retried.append(&mut self.strangers.retried());
        retried
    }

    /// Whether a mistake is looked for from now on in what is signed wrongly.
    pub fn explains(&mut self, explains: bool) {
        self.options.explains = explains;
    }

    /// Takes a request that came so long after the start, and says how it is answered. It counts
    /// when it was [`answered`](Self::answered): until then something may go wrong.
    ///
    /// Only pushes that are welcome are struck by faults: a URL has to be verified before
    /// anything is pushed that could fail.
    pub fn receive(&mut self, request: &Request, moment: &mut Moment, at: Duration) -> Received {
        self.options.checker.clock = moment.now;
        self.number += 1;
        let checker = &self.options.checker;
        let mut evidence = Evidence::of(request);
        evidence.public_url = checker.public_url.as_ref();
        let judged = checker.check(None, None, &evidence);
        let is_right = judged.is_right(checker);
        let is_welcome = is_right || self.options.accept_all;
        let kind = kind(&judged, is_right);
        let fault = (is_welcome && kind != Kind::Handshake)
            .then(|| self.faults.decide(moment))
            .flatten();
        let mut received = Received {
            kind,
            is_welcome,
            platform: judged.scheme.map(id),
            events: Vec::new(),
            verdict: judged.judgement.verdict,
            why: None,
            mistake: None,
            notes: checker.notes(&evidence, &judged),
            framing: framing::notes(request),
            is_taken: is_welcome && fault.is_none_or(takes),
            arrival: Arrival {
                attempt: 1,
                ..Arrival::default()
            },
            broken: None,
            fault,
            response: Arc::clone(&self.refusal),
            whose: None,
        };
        if !is_right {
            received.why = Some(self.why(&judged));
            if self.options.explains && request.body.len() <= LONGEST_EXPLAINED {
                received.mistake = mistake(checker, &judged, &evidence);
            }
        }
        let echo = judged.judgement.form.and_then(|form| echo(form, &evidence));
        let mut content = content(checker, &judged, request, &evidence);
        if !is_welcome && kind != Kind::Push {
            // Nobody can tell whether two of them are one.
            content.key = None;
        }
        received.events = content.events;
        received.whose = content.platform;
        if let Some(key) = content.key {
            let label = || content.label.to_string();
            let at = i64::try_from(at.as_millis()).unwrap_or(i64::MAX);
            let (platform, nonce) = (content.platform, content.nonce);
            let arrivals = if is_welcome {
                &mut self.arrivals
            } else {
                &mut self.strangers
            };
            received.arrival = arrivals.arrive(key, platform, label, nonce, at);
            if received.is_taken && !is_work_late(fault) {
                arrivals.took(&mut received.arrival);
            }
        }
        match received.kind {
            _ if !is_welcome => {}
            Kind::Handshake => {
                if let Some(echo) = echo {
                    received.response = Arc::new(response(200, "text/plain", echo));
                }
            }
            Kind::Push | Kind::Other => match self.answer(content.platform, request, &received) {
                Ok(response) => received.response = response,
                Err(why) => received.break_down(why),
            },
        }
        received
    }

    /// A request was answered with this status, or with none, after it took so long, so long
    /// after the start: it counts.
    pub fn answered(
        &mut self,
        received: &mut Received,
        status: Option<u16>,
        took: Duration,
        at: Duration,
    ) {
        self.watch.pass(&self.seen, at);
        let accepted = is_delivered(received, status, took);
        self.count(received, accepted);
        let arrivals = if received.is_welcome {
            &mut self.arrivals
        } else {
            &mut self.strangers
        };
        if is_work_done(received, status) {
            arrivals.took(&mut received.arrival);
        } else {
            arrivals.dropped(&received.arrival);
        }
        arrivals.answered(&received.arrival, accepted);
    }

    fn why(&self, judged: &Judged<'_, '_>) -> String {
        let why = judged.judgement.why.clone();
        let stale = judged.freshness.map(|(freshness, _)| freshness.as_str());
        let why = match (judged.judgement.verdict, stale) {
            (Verdict::Valid, Some(stale)) => format!("it is signed rightly, and {stale}"),
            _ => why.unwrap_or_else(|| "it is not as it should be".to_owned()),
        };
        self.options.checker.veil.hide_text(&why).into_owned()
    }

    /// The answer to a push that is welcome.
    fn answer(
        &self,
        platform: Option<Platform>,
        request: &Request,
        received: &Received,
    ) -> Result<Arc<Response>, String> {
        if let Some(respond) = &self.options.respond {
            let context = Context {
                request,
                received,
                number: self.number,
            };
            return respond.answer(&context).map(Arc::new);
        }
        let thanks = self.thanks.iter().find(|(whose, _)| *whose == platform);
        Ok(thanks.map_or_else(|| Arc::new(thanks_of(platform)), |it| Arc::clone(&it.1)))
    }

    fn count(&mut self, received: &Received, accepted: bool) {
        let seen = &mut self.seen;
        let is_right = received.why.is_none();
        seen.add("requests");
        if received.fault.is_some() {
            seen.add("faults");
        }
        if !is_right {
            seen.add("refused");
        }
        if !received.is_taken || received.kind == Kind::Other {
            return;
        }
        if received.arrival.is_replay {
            seen.add("replays");
        }
        if received.arrival.is_duplicate {
            seen.add("duplicates");
        }
        match received.kind {
            Kind::Handshake => seen.add("handshakes"),
            _ => seen.add("pushes"),
        }
        if accepted && received.kind == Kind::Push {
            seen.add("delivered");
        }
        if is_right {
            seen.add("verified");
        }
        let Some(platform) = &received.platform else {
            return;
        };
        seen.add(platform);
        for event in &received.events {
            self.name.clear();
            self.name.extend([platform.as_ref(), ".", event]);
            seen.add(&self.name);
        }
    }
}

/// Whether a push is taken although this goes wrong.
fn takes(fault: FaultSpec) -> bool {
    fault.place == Place::After || fault.fault.only_takes_time()
}

/// Whether the push is taken only when its time is over.
fn is_work_late(fault: Option<FaultSpec>) -> bool {
    fault.is_some_and(|spec| spec.place == Place::Before && spec.fault.only_takes_time())
}

fn kind(judged: &Judged<'_, '_>, is_right: bool) -> Kind {
    match judged.judgement.form {
        Some(form) if form.echo.is_some() => Kind::Handshake,
        Some(_) if is_right || judged.judgement.verdict != Verdict::Unsigned => Kind::Push,
        Some(_) | None => Kind::Other,
    }
}

/// The part that a handshake must give back.
fn echo(form: &Form, evidence: &Evidence<'_>) -> Option<Vec<u8>> {
    let part = form.echo.as_ref()?;
    let value = evidence.find(&part.name, &part.source).ok()?;
    Some(value.into_owned())
}

/// What a push is answered with that the platform counts as delivered.
fn thanks_of(platform: Option<Platform>) -> Response {
    let (kind, body) = platform.map_or(("text/plain", ""), Platform::thanks);
    response(200, kind, body.into())
}

/// No word on why: whoever asks may be guessing.
fn refusal() -> Response {
    response(403, "", Vec::new())
}

fn response(status: u16, kind: &str, body: Vec<u8>) -> Response {
    let mut headers = Headers::new();
    if !kind.is_empty() && !body.is_empty() {
        headers.push("Content-Type", kind);
    }
    Response {
        status,
        headers,
        body,
        ms: None,
    }
}

/// The best of the mistakes that would give the signature that arrived.
fn mistake<'c, 'e>(
    checker: &'c Checker,
    judged: &Judged<'c, 'e>,
    evidence: &Evidence<'e>,
) -> Option<String> {
    if judged.judgement.verdict != Verdict::Mismatch {
        return None;
    }
    let diagnosis = diagnose(checker, judged, evidence, None, &[])?;
    let hit = diagnosis.findings.hits.first()?;
    let text = format!("{} [{}]", hit.titles.join("; "), hit.ids.join(", "));
    Some(checker.veil.hide_text(&text).into_owned())
}

impl Received {
    /// Its answer cannot be made: the caller has no word on why.
    fn break_down(&mut self, why: String) {
        self.broken = Some(why);
        self.is_taken = false;
        self.response = Arc::new(response(500, "", Vec::new()));
    }

    /// Whether nothing but its status and time is worth a word.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        let is_first = self.arrival.attempt == 1 && !self.arrival.is_replay;
        self.why.is_none() && self.is_taken && self.fault.is_none() && is_first
    }

    /// The answer that is sent, before it is cut or slowed down; none if none is.
    #[must_use]
    pub fn sent(&self) -> Option<Arc<Response>> {
        let response = Arc::clone(&self.response);
        match self.fault.map(|spec| spec.fault) {
            None | Some(Fault::Delay(_) | Fault::Slow(_) | Fault::Truncate(_)) => Some(response),
            Some(Fault::Status(status)) => Some(Arc::new(self::response(status, "", Vec::new()))),
            Some(Fault::Reset | Fault::Never) => None,
        }
    }
}

#[cfg(test)]
mod tests;
