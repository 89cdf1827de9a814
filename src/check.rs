//! One request judged whole: its platform, the verdict, its age, what is sealed in it, and what
//! else there is to say. `verify` and `explain` are two ways of telling it.

use std::collections::HashSet;

use jiff::{SignedDuration, Timestamp};

use crate::json::scan::Member;
use crate::json::tree;
use crate::json::write;
use crate::message::Url;
use crate::platform::onenet_studio::{self, Known, Refusal, Slip};
use crate::platform::recognise::recognise;
use crate::platform::{Message, OpenError, Platform};
use crate::signature::recipe::{Recipe, Source};
use crate::signature::seal::SealError;
use crate::signature::verify::{Freshness, judge, source_in_words};
use crate::signature::{Evidence, Form, Judgement, Secrets, Veil, Verdict};

/// A platform, or a user's own recipe.
#[derive(Clone, Debug)]
pub struct Scheme {
    /// The platform, if it is built in.
    pub platform: Option<Platform>,
    /// The file of a recipe that is not.
    pub file: Option<String>,
    /// Its signature scheme.
    pub recipe: Recipe,
}

impl Scheme {
    /// The scheme of a platform.
    #[must_use]
    pub fn of(platform: Platform) -> Self {
        Self {
            platform: Some(platform),
            file: None,
            recipe: platform.recipe(),
        }
    }

    /// The platform's id, or the recipe's name.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.recipe.id
    }

    /// What names it on a command line: the platform's id, or the recipe's file.
    #[must_use]
    pub fn argument(&self) -> &str {
        self.file.as_deref().unwrap_or(self.id())
    }
}

/// Which scheme a request is judged by.
#[derive(Clone, Debug)]
pub enum Choice {
    /// Always this one.
    One(Box<Scheme>),
    /// The one that it names or shows, else the assumed one.
    Auto {
        /// Every platform's.
        all: Vec<Scheme>,
        /// For records that name none and show none.
        assume: Option<Box<Scheme>>,
    },
}

impl Choice {
    /// Recognises each record's platform.
    #[must_use]
    pub fn auto(assume: Option<Scheme>) -> Self {
        Self::Auto {
            all: Platform::ALL.into_iter().map(Scheme::of).collect(),
            assume: assume.map(Box::new),
        }
    }

    /// The scheme for one request; `named` is the platform that its record names.
    #[must_use]
    pub fn scheme(&self, named: Option<&str>, evidence: &Evidence<'_>) -> Option<&Scheme> {
        match self {
            Self::One(scheme) => Some(scheme),
            Self::Auto { all, assume } => named
                .and_then(|named| all.iter().find(|scheme| scheme.id() == named))
                .or_else(|| {
                    let recipes: Vec<&Recipe> = all.iter().map(|scheme| &scheme.recipe).collect();
                    recognise(&recipes, evidence).map(|index| &all[index])
                })
                .or(assume.as_deref()),
        }
    }
}

/// All that a request is judged with.
#[derive(Clone, Debug)]
pub struct Checker {
    /// Which scheme.
    pub choice: Choice,
    /// The secrets.
    pub secrets: Secrets,
    /// Hides them in what is shown of a request.
    pub veil: Veil,
    /// Where the sender believed to send to.
    pub public_url: Option<Url>,
    /// The time to judge freshness at, if the user fixed it.
    pub now: Option<Timestamp>,
    /// The clock, for requests that do not say when they arrived.
    pub clock: Timestamp,
    /// How old a request may be, or how far ahead.
    pub tolerance: SignedDuration,
    /// Whether freshness decides the outcome.
    pub age_counts: bool,
    /// Whether sealed parts are opened.
    pub open: bool,
    /// The resource that a token must be for.
    pub res: Option<String>,
    /// When a token should end.
    pub end: Option<Timestamp>,
}

/// What was found out about one request.
#[derive(Debug)]
pub struct Judged<'c, 'e> {
    /// The scheme; none if the request shows none.
    pub scheme: Option<&'c Scheme>,
    /// The verdict and what it rests on.
    pub judgement: Judgement<'c, 'e>,
    /// Its freshness, and its age in seconds (for a token: since its end).
    pub freshness: Option<(Freshness, i64)>,
    /// What is sealed in it, if there is anything and it was to be opened.
    pub opened: Option<Result<Message<'e>, OpenError>>,
    /// Why `OneNET` would refuse the token, by its own names.
    pub refusals: Vec<Refusal>,
}

impl Judged<'_, '_> {
    /// Whether everything that counts is right.
    #[must_use]
    pub fn is_right(&self, checker: &Checker) -> bool {
        let fresh = self
            .freshness
            .is_none_or(|(freshness, _)| freshness == Freshness::Fresh);
        self.judgement.verdict == Verdict::Valid
            && (!checker.age_counts || fresh && !matches!(self.judgement.time(), Some(Err(_))))
            && !matches!(self.opened, Some(Err(_)))
    }
}

impl Checker {
    /// Judges one request; `named` is the platform that its record names, `at` when it arrived.
    #[must_use]
    pub fn check<'c, 'e>(
        &'c self,
        named: Option<&str>,
        at: Option<&str>,
        evidence: &Evidence<'e>,
    ) -> Judged<'c, 'e> {
        let Some(scheme) = self.choice.scheme(named, evidence) else {
            return Judged {
                scheme: None,
                judgement: Judgement {
                    form: None,
                    verdict: Verdict::Unsigned,
                    received: None,
                    ingredients: None,
                    digest: None,
                    secret: None,
                    why: Some("no platform's signature was found in it".to_owned()),
                },
                freshness: None,
                opened: None,
                refusals: Vec::new(),
            };
        };
        let judgement = judge(&scheme.recipe, evidence, &self.secrets);
        let mut judged = Judged {
            freshness: self.freshness(at, &judgement),
            scheme: Some(scheme),
            judgement,
            opened: None,
            refusals: Vec::new(),
        };
        if self.open {
            judged.opened = self.opened(scheme, evidence);
        }
        if scheme.platform == Some(Platform::OnenetStudio) {
            self.refuse(at, &mut judged, evidence);
        }
        if judged.judgement.verdict != Verdict::Valid {
            Self::look_elsewhere(&mut judged, evidence);
        }
        judged
    }

    /// When a request is judged: at the fixed time, else when it arrived, else now.
    fn moment_of(&self, at: Option<&str>) -> Timestamp {
        self.now
            .or_else(|| at.and_then(|at| at.parse().ok()))
            .unwrap_or(self.clock)
    }

    fn freshness(
        &self,
        at: Option<&str>,
        judgement: &Judgement<'_, '_>,
    ) -> Option<(Freshness, i64)> {
        let rule = judgement.form?.time.as_ref()?;
        let time = judgement.time()?.ok()?;
        let now = self.moment_of(at);
        let freshness = Freshness::of(rule.meaning, time, now, self.tolerance);
        Some((freshness, now.duration_since(time).as_secs()))
    }

    fn opened<'e>(
        &self,
        scheme: &Scheme,
        evidence: &Evidence<'e>,
    ) -> Option<Result<Message<'e>, OpenError>> {
        let webhook = scheme.platform?.webhook()?;
        webhook.sealed(evidence)?;
        let opened = webhook.open(evidence, &self.secrets);
        if let (Ok(message), Some(app_id)) = (&opened, &self.secrets.app_id)
            && let Some(id) = &message.id
            && id != app_id.as_bytes()
        {
            return Some(Err(OpenError::Seal(SealError::Id {
                found: String::from_utf8_lossy(id).into_owned(),
            })));
        }
        Some(opened)
    }

    /// Names what is wrong with a token by the platform's own codes.
    fn refuse(&self, at: Option<&str>, judged: &mut Judged<'_, '_>, evidence: &Evidence<'_>) {
        let Some(credential) = evidence.credential() else {
            return;
        };
        let now = self.moment_of(at);
        // A key that is no base64 is in the judgement's own words already.
        judged.refusals =
            onenet_studio::refusals(&credential, self.res.as_deref(), &self.secrets, now)
                .unwrap_or_default();
        let unreadable_time = matches!(judged.judgement.time(), Some(Err(_)));
        let worst = judged
            .refusals
            .iter()
            .find(|refusal| refusal.code != EXPIRED || unreadable_time);
        if judged.judgement.verdict == Verdict::Valid
            && let Some(refusal) = worst
        {
            judged.judgement.verdict = match refusal.code {
                1106 | 1111 | 1114 => Verdict::Mismatch,
                _ => Verdict::Unreadable,
            };
        }
        if !judged.refusals.is_empty() {
            let list: Vec<_> = judged
                .refusals
                .iter()
                .map(|refusal| {
                    format!("{} {}: {}", refusal.code, refusal.name, refusal.explanation)
                })
                .collect();
            judged.judgement.why = Some(list.join("; "));
        }
    }

    /// What a token shows by itself to be wrong with it; nothing of other requests. `at` is when
    /// it arrived.
    #[must_use]
    pub fn slips(
        &self,
        at: Option<&str>,
        judged: &Judged<'_, '_>,
        evidence: &Evidence<'_>,
    ) -> Vec<Slip> {
        let is_token = judged.scheme.and_then(|scheme| scheme.platform);
        let Some(credential) = evidence
            .credential()
            .filter(|_| is_token == Some(Platform::OnenetStudio))
        else {
            return Vec::new();
        };
        let known = Known {
            now: self.moment_of(at),
            end: self.end.map(|end| (end, self.tolerance)),
            is_signed: judged.judgement.secret.is_some(),
        };
        onenet_studio::slips(&credential, &known)
    }

    /// A request that is not signed as asked may be signed as another platform signs.
    fn look_elsewhere(judged: &mut Judged<'_, '_>, evidence: &Evidence<'_>) {
        let (Some(scheme), Verdict::Unsigned | Verdict::Unreadable) =
            (judged.scheme, judged.judgement.verdict)
        else {
            return;
        };
        if judged.judgement.digest.is_some() {
            return;
        }
        let others: Vec<Recipe> = Platform::ALL
            .into_iter()
            .filter(|platform| Some(*platform) != scheme.platform)
            .map(Platform::recipe)
            .collect();
        let Some(other) = recognise(&others.iter().collect::<Vec<_>>(), evidence) else {
            return;
        };
        let other = &others[other];
        let place = other
            .forms
            .iter()
            .find(|form| form.received(evidence).is_ok())
            .map(|form| source_in_words(&form.signature.source))
            .unwrap_or_default();
        let why = judged.judgement.why.get_or_insert_default();
        *why = format!(
            "{why}; but it is signed the way {} signs (`{}`): by the {place}",
            other.title, other.id
        );
    }

    /// Which of several secrets fits: "the second --token".
    #[must_use]
    pub fn which_secret_fits(&self, judged: &Judged<'_, '_>) -> Option<String> {
        let judgement = &judged.judgement;
        let name = judgement.form.and_then(Form::secret)?;
        let index = judgement.secret?;
        (self.secrets.all(name).len() > 1).then(|| format!("{} --{}", ordinal(index), name.flag()))
    }

    /// What else is worth knowing, as sentences without a full stop.
    #[must_use]
    pub fn notes(&self, evidence: &Evidence<'_>, judged: &Judged<'_, '_>) -> Vec<String> {
        let mut notes = Vec::new();
        let judgement = &judged.judgement;
        if let Some(Err(why)) = judgement.time() {
            notes.push(format!("its age is unknown: {why}"));
        }
        let timeless = judgement.form.is_some_and(|form| form.time.is_none());
        if self.age_counts && timeless {
            notes.push("it tells no time: --tolerance has nothing to judge".to_owned());
        }
        match &judged.opened {
            Some(Ok(_)) => notes.push("the sealed part opens".to_owned()),
            Some(Err(why)) => notes.push(format!("the sealed part does not open: {why}")),
            None => {}
        }
        self.platform_notes(evidence, judged, &mut notes);
        notes
    }

    fn platform_notes(
        &self,
        evidence: &Evidence<'_>,
        judged: &Judged<'_, '_>,
        notes: &mut Vec<String>,
    ) {
        let valid = judged.judgement.verdict == Verdict::Valid;
        match judged.scheme.and_then(|scheme| scheme.platform) {
            Some(Platform::Tencent) if valid => notes.push(
                "Echostr, body, URL and method are not signed: this Timestamp, Nonce and \
                 Signature would validate any body for ever; a receiver must check the age and \
                 remember the nonce itself"
                    .to_owned(),
            ),
            Some(Platform::Sensoro) => {
                if valid && evidence.body().is_some_and(|body| !is_json_stringify(body)) {
                    notes.push(NOT_STRINGIFIED.to_owned());
                }
                let header = evidence
                    .headers
                    .and_then(|headers| headers.first("X-ACCESS-ID"));
                if let (Some(app_id), Some(header)) = (&self.secrets.app_id, header)
                    && app_id.as_bytes() != header
                {
                    notes.push(
                        "X-ACCESS-ID is another than --app-id (it is not signed, and names the \
                         application)"
                            .to_owned(),
                    );
                }
            }
            _ => {}
        }
        let signs_json = judged.judgement.form.is_some_and(|form| {
            form.parts
                .iter()
                .any(|part| matches!(part.source, Source::JsonRaw(_) | Source::JsonText(_)))
        });
        if signs_json
            && let Ok(members) = evidence.members()
            && let Some(member) = twice(members)
        {
            notes.push(format!(
                "the body has the member `{}` twice: the last one counts here, other \
                 parsers may take the first",
                String::from_utf8_lossy(member.name)
            ));
        }
    }
}

/// The first member whose name stands before it already.
fn twice<'m, 'a>(members: &'m [Member<'a>]) -> Option<&'m Member<'a>> {
    /// Up to so many it is quicker to compare them all than to make a set of them.
    const FEW: usize = 16;
    if members.len() > FEW {
        let mut names = HashSet::with_capacity(members.len());
        return members.iter().find(|member| !names.insert(member.name));
    }
    let before = |at: usize| members[..at].iter().any(|it| it.name == members[at].name);
    (1..members.len())
        .find(|&at| before(at))
        .map(|at| &members[at])
}

/// `OneNET`'s code for a token that has ended, which is its freshness, not its signature.
const EXPIRED: u16 = 1104;

/// What is said of a body to SENSORO that [`is_json_stringify`] does not hold for.
pub const NOT_STRINGIFIED: &str = "the body is not in JSON.stringify's form: the vendor's own \
                                   receiver demo verifies a re-serialised body and would refuse it";

/// Whether `JSON.stringify(JSON.parse(body))` gives the body back.
#[must_use]
pub fn is_json_stringify(body: &[u8]) -> bool {
    if body.is_empty() {
        return true;
    }
    let Some(writer) = write::writers()
        .iter()
        .find(|writer| writer.id == "json-stringify")
    else {
        return true;
    };
    tree::parse(body).is_ok_and(|value| (writer.write)(&value) == body)
}

fn ordinal(index: usize) -> String {
    match index {
        0 => "the first".to_owned(),
        1 => "the second".to_owned(),
        2 => "the third".to_owned(),
        _ => format!("number {} of", index + 1),
    }
}
