//! From a record to what is sent: which are chosen, where they go, what is signed anew.

use std::borrow::Cow;
use std::sync::Arc;

use jiff::Timestamp;

use super::expect::Standard;
use crate::capture::{Content, Located};
use crate::check::{Choice, Scheme};
use crate::error::Place;
use crate::json::condition::Condition;
use crate::message::{HeaderEdit, Request, Response, Url};
use crate::moment::Moment;
use crate::platform::Platform;
use crate::report::case::{Case, CaseOutcome};
use crate::signature::resign::{Resigner, Signer};
use crate::signature::verify::judge;
use crate::signature::{Evidence, Secrets, Verdict, place};

/// What is done with the records.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a choice of its own")]
pub struct Plan {
    /// Where they go: scheme and authority, and the path unless it is `/`.
    pub to: Url,
    /// Whether they are signed anew.
    pub resign: bool,
    /// Whether `Host` names the target rather than what was recorded.
    pub host_of_target: bool,
    /// Headers that are added, replaced and taken away.
    pub headers: Vec<HeaderEdit>,
    /// Whose each record is.
    pub choice: Choice,
    /// What signs.
    pub secrets: Secrets,
    /// Only records of this platform.
    pub platform: Option<String>,
    /// Only requests that hold all of these.
    pub grep: Vec<Vec<u8>>,
    /// Only bodies that hold this.
    pub conditions: Vec<Condition>,
    /// Whether the recorded answer is what is expected.
    pub expects_recorded: bool,
    /// Whether the requests are to be shown.
    pub shows: bool,
    /// What signs the records so far, each form's once.
    pub signers: Vec<Arc<Signer>>,
}

/// A record, ready to be sent. What is needed each time it is sent stands here; what only a case
/// tells is elsewhere, so that many records fit into the processor's cache.
#[derive(Debug)]
pub struct Item {
    /// What is sent.
    pub wire: Wire,
    /// What its answer is held against.
    pub standard: Standard,
    /// When it was recorded.
    pub at: Option<Timestamp>,
    /// Whether it has a fault, or was mended: its case tells so even if it passes.
    pub is_odd: bool,
    /// What its case tells.
    pub about: Box<About>,
}

/// What is told of a record.
#[derive(Debug)]
pub struct About {
    /// `FILE:LINE`.
    pub id: String,
    /// The same, for annotations.
    pub place: Place,
    /// Its platform, as far as that is known.
    pub platform: Option<String>,
    /// What is wrong with how it is framed: a connection that it went over is not used again.
    pub fault: Option<String>,
    /// What was added so that it can be sent at all.
    pub mended: Option<String>,
    /// Whether its signature is right, in words, where there are secrets to tell by.
    pub signature: Option<&'static str>,
    /// The request as a value, where it is to be shown.
    pub request: Option<Request>,
}

impl Item {
    /// Whether its framing has a fault, so that nothing else may follow on its connection.
    #[must_use]
    pub fn breaks_framing(&self) -> bool {
        self.is_odd && self.about.fault.is_some()
    }

    /// About how many bytes it takes in memory.
    #[must_use]
    pub fn size(&self) -> usize {
        let wire = match &self.wire {
            Wire::Kept(bytes) => bytes.len(),
            Wire::Resigned(resigner) => 2 * resigner.wire().len(),
        };
        size_of::<Self>() + wire
    }
}

/// What is sent.
#[derive(Debug)]
pub enum Wire {
    /// Always these bytes.
    Kept(Vec<u8>),
    /// Signed anew each time.
    Resigned(Resigner),
}

/// Why a record cannot be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsendable {
    /// Why, in words.
    pub why: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl Unsendable {
    fn new(why: impl Into<String>) -> Self {
        Self {
            why: why.into(),
            hint: None,
        }
    }

    /// The case of a record that was not sent.
    #[must_use]
    pub fn case(self, place: Place) -> Case {
        Case {
            id: place.to_string(),
            place: Some(place),
            outcome: CaseOutcome::Unsent,
            why: Some(self.why),
            hint: self.hint,
            ..Case::default()
        }
    }
}

impl Wire {
    /// The bytes, freshly signed if that is asked for, appended to `into`.
    pub fn write(&mut self, moment: &mut Moment, into: &mut Vec<u8>) {
        match self {
            Self::Kept(bytes) => into.extend_from_slice(bytes),
            Self::Resigned(resigner) => {
                resigner.refresh(moment);
                into.extend_from_slice(resigner.wire());
            }
        }
    }
}

impl Plan {
    /// What is sent for a record; none if it is not chosen.
    pub fn prepare(
        &mut self,
        located: Located,
        moment: &mut Moment,
    ) -> Option<Result<Item, Unsendable>> {
        let Located {
            place,
            record,
            pasted,
            ..
        } = located;
        let lack = record.lack();
        let Content::Request(mut request) = record.content else {
            // Nothing can be told of what is no request, so only no choice chooses it.
            let any = self.platform.is_none() && self.grep.is_empty() && self.conditions.is_empty();
            let why = Unsendable::new(format!("it {lack}"));
            return any.then_some(Err(why));
        };
        let named = record.platform.as_deref();
        let scheme = self.choice.scheme(named, &Evidence::of(&request));
        let platform = named.or(scheme.map(Scheme::id));
        if !self.chooses(platform, &request) {
            return None;
        }
        let platform = platform.map(str::to_owned);
        let standard = self.standard(scheme, &request, record.response);
        let standard = match standard {
            Ok(standard) => standard,
            Err(why) => return Some(Err(why)),
        };
        let signature = self.signature(scheme, &request);
        self.aim(&mut request, pasted);
        let mended = frame(&mut request, !self.resign);
        let fault = if self.resign {
            None
        } else {
            request.framing_fault()
        };
        let wire = if self.resign {
            let resigner =
                match scheme {
                    None => Err(Unsendable::new(
                        "it cannot be signed: no platform's signature was found in it",
                    )),
                    Some(scheme) => Resigner::prepare(scheme, &request, &self.secrets, moment)
                        .map_err(|why| Unsendable {
                            hint: why.hint().map(str::to_owned),
                            why: format!("it cannot be signed: {why}"),
                        }),
                };
            match resigner {
                Ok(mut resigner) => {
                    resigner.share(&mut self.signers);
                    Wire::Resigned(resigner)
                }
                Err(why) => return Some(Err(why)),
            }
        } else {
            Wire::Kept(request.to_wire())
        };
        Some(Ok(Item {
            wire,
            standard,
            at: record.at.and_then(|at| at.parse().ok()),
            is_odd: fault.is_some() || mended.is_some(),
            about: Box::new(About {
                id: place.to_string(),
                place,
                platform,
                fault,
                mended,
                signature,
                request: self.shows.then_some(request),
            }),
        }))
    }

    /// What there is to say of a signature when its request is refused.
    fn signature(&self, scheme: Option<&Scheme>, request: &Request) -> Option<&'static str> {
        if self.resign {
            return Some("signed anew, so it is right for the secret that was given");
        }
        let scheme = scheme.filter(|_| !self.secrets.is_empty())?;
        let judgement = judge(&scheme.recipe, &Evidence::of(request), &self.secrets);
        match judgement.verdict {
            Verdict::Valid => Some("right for the secret that was given (pushrig verify)"),
            Verdict::Mismatch => {
                Some("wrong for the secret that was given: which mistake is it? pushrig explain")
            }
            Verdict::Unsigned | Verdict::Unreadable => None,
        }
    }

    fn chooses(&self, platform: Option<&str>, request: &Request) -> bool {
        if let Some(asked) = &self.platform
            && platform != Some(asked)
        {
            return false;
        }
        if !self.grep.is_empty() {
            let wire = request.to_wire();
            if !self
                .grep
                .iter()
                .all(|text| memchr::memmem::find(&wire, text).is_some())
            {
                return false;
            }
        }
        self.conditions
            .iter()
            .all(|condition| condition.holds(&request.body))
    }

    fn standard(
        &self,
        scheme: Option<&Scheme>,
        request: &Request,
        recorded: Option<Response>,
    ) -> Result<Standard, Unsendable> {
        if self.expects_recorded && recorded.is_none() {
            return Err(Unsendable::new(
                "no answer was recorded with it, and --expect-recorded asks for that one",
            ));
        }
        let evidence = Evidence::of(request);
        let echo = scheme.and_then(|scheme| {
            let form =
                scheme.recipe.forms.iter().find(|form| {
                    form.received(&evidence).is_ok() && form.gather(&evidence).is_ok()
                })?;
            let echo = form.echo.as_ref()?;
            evidence.find(&echo.name, &echo.source).ok()
        });
        let webhook = scheme
            .and_then(|scheme| scheme.platform)
            .and_then(Platform::webhook);
        Ok(Standard {
            accepts: webhook.map_or(200..=299, |webhook| webhook.patience().accepted),
            echo: echo.map(Cow::into_owned),
            recorded: recorded.filter(|_| self.expects_recorded).map(Box::new),
        })
    }

    /// Points a request at the target. What was on a wire stays as it was but for that; what
    /// somebody copied or wrote gets what HTTP cannot do without.
    fn aim(&self, request: &mut Request, pasted: bool) {
        request.scheme = Some(self.to.scheme);
        let path = self.to.target.as_bytes();
        if path != b"/" {
            let query = memchr::memchr(b'?', &request.target).unwrap_or(request.target.len());
            let query = request.target.split_off(query);
            request.target = [path, &query].concat();
        }
        let missing = pasted && request.headers.first("Host").is_none();
        if self.host_of_target || missing {
            request.headers.set("Host", self.to.host());
        }
        request.headers.edit(&self.headers);
        if pasted {
            place::fix_length(request);
        }
    }
}

/// Frames a body of which no wire was recorded, as in a HAR of HTTP/2: without a length or chunks
/// it could not have come over HTTP/1.1. Where the head says chunked and the sizes are not known,
/// it is one chunk. Says what was added.
fn frame(request: &mut Request, adds_length: bool) -> Option<String> {
    let length = request.body.len();
    let is_chunked = request
        .headers
        .all("Transfer-Encoding")
        .any(|value| value.to_ascii_lowercase().ends_with(b"chunked"));
    if is_chunked {
        if request.chunks.is_empty() {
            request.chunks = vec![length as u64];
        }
        return None;
    }
    let says_nothing = ["Transfer-Encoding", "Content-Length"]
        .iter()
        .all(|name| request.headers.first(name).is_none());
    if !(adds_length && says_nothing && length > 0 && request.chunks.is_empty()) {
        return None;
    }
    request.headers.push("Content-Length", length.to_string());
    Some(format!(
        "Content-Length was added: nothing in the record says that the body has {length} bytes"
    ))
}
