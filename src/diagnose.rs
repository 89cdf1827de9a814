//! From a request that does not fit to the mistake behind it: gathers the right ingredients and
//! everything that may have been taken for them, and runs the search.

use std::borrow::Cow;

use self::shape::{Shape, shapes};
use crate::check::{Checker, Judged, Scheme};
use crate::json::scan;
use crate::platform::{Message, Platform, Seal};
use crate::signature::explain::{Findings, LONGEST_SEARCHED, Of, Question, Search};
use crate::signature::form::Ingredients;
use crate::signature::mistake::seal::{self as seal_mistakes, SealHit};
use crate::signature::mistake::{Case, Extra, OtherSecret, Piece};
use crate::signature::recipe::Source;
use crate::signature::seal;
use crate::signature::{DigestValue, Evidence, Form, Given, Verdict};

pub mod shape;

/// What was found out about one request.
#[derive(Debug)]
pub struct Diagnosis<'d> {
    /// The form that was computed.
    pub form: &'d Form,
    /// The right base string.
    pub base: Vec<Piece<'static>>,
    /// The right digest.
    pub digest: DigestValue,
    /// The hash function's name.
    pub digest_name: &'static str,
    /// How many bytes key the digest, where it is an HMAC.
    pub key_size: usize,
    /// The right signature.
    pub expected: String,
    /// Whether the computed value that was given is right; none if there was none.
    pub computed_is_right: Option<bool>,
    /// The mistakes, and what was ruled out.
    pub findings: Findings,
    /// What a wrong text shows by itself, where no mistake was proved.
    pub shapes: Vec<Shape>,
    /// What was sealed wrongly.
    pub seal_hits: Vec<SealHit>,
}

/// Looks for the mistake behind the signature that arrived and the one that was computed.
///
/// None if nothing can be computed: a part or the secret is missing.
#[must_use]
pub fn diagnose<'d, 'e>(
    checker: &'d Checker,
    judged: &Judged<'d, 'e>,
    evidence: &Evidence<'e>,
    computed: Option<&[u8]>,
    others: &[OtherSecret],
) -> Option<Diagnosis<'d>> {
    let scheme = judged.scheme?;
    let (form, ingredients) = computable(scheme, judged, evidence)?;
    let case = case(checker, judged, evidence, form, &ingredients, others)?;
    let digest = case.digest_after(&[]);
    let expected = format!("{}{}", form.signature.prefix, form.output.text(&digest));
    let mut questions = Vec::new();
    let mut wrong = Vec::new();
    if let Some(received) = &judged.judgement.received
        && judged.judgement.verdict != Verdict::Valid
        && !form.accepts(received, &digest)
    {
        questions.push(Question::new(Of::Received, form, received));
        wrong.push((Of::Received, &**received));
    }
    let computed_is_right = computed.map(|value| form.accepts(value, &digest));
    if let Some(value) = computed
        && computed_is_right == Some(false)
    {
        questions.push(Question::new(Of::Computed, form, value));
        wrong.push((Of::Computed, value));
    }
    let length: usize = case.pieces(&[]).iter().map(|piece| piece.bytes.len()).sum();
    let findings = if questions.is_empty() {
        Findings::default()
    } else if length > LONGEST_SEARCHED {
        Findings {
            left_out: vec!["any mistake"],
            ..Findings::default()
        }
    } else {
        Search::new(&case).run(&questions)
    };
    let unexplained = wrong
        .into_iter()
        .filter(|(of, _)| !findings.hits.iter().any(|hit| hit.of == *of));
    let shapes = unexplained
        .flat_map(|(of, text)| shapes(form, &digest, of, text))
        .collect();
    Some(Diagnosis {
        form,
        base: case
            .pieces(&[])
            .into_iter()
            .map(Piece::into_owned)
            .collect(),
        digest,
        digest_name: case.digest.name(),
        key_size: case.secret.len(),
        expected,
        computed_is_right,
        findings,
        shapes,
        seal_hits: seal_hits(checker, judged, scheme, evidence),
    })
}

/// What to ask of the secret, where nothing was found.
#[must_use]
pub fn secret_to_check(checker: &Checker, judged: &Judged<'_, '_>) -> Option<String> {
    let name = judged.judgement.form.and_then(Form::secret)?;
    let given = if checker.secrets.first(name).is_some() {
        "is it the right one? Only the usual slips can be ruled out, not another secret: repeat \
         the flag to try more"
    } else {
        "it is needed"
    };
    Some(format!("--{}: {given}", name.flag()))
}

/// The URL that may be missing, where nothing was found.
#[must_use]
pub fn url_to_give(checker: &Checker, judged: &Judged<'_, '_>) -> Option<String> {
    let parts = &judged.judgement.form?.parts;
    let signs_url = parts
        .iter()
        .any(|part| matches!(part.source, Source::Url(_)));
    (signs_url && checker.public_url.is_none())
        .then(|| "--public-url: the URL that the platform was told".to_owned())
}

/// The form and values to compute with: of the judgement, or (where nothing is signed) of the
/// first form whose parts are there.
fn computable<'d, 'e>(
    scheme: &'d Scheme,
    judged: &Judged<'d, 'e>,
    evidence: &Evidence<'e>,
) -> Option<(&'d Form, Ingredients<'e>)> {
    if let (Some(form), Some(ingredients)) = (judged.judgement.form, &judged.judgement.ingredients)
    {
        return Some((form, ingredients.clone()));
    }
    scheme
        .recipe
        .forms
        .iter()
        .find_map(|form| Some((form, form.gather(evidence).ok()?)))
}

/// The right ingredients of one request, and all that may have been taken for them.
///
/// None if the secret is missing.
#[must_use]
pub fn case<'d>(
    checker: &'d Checker,
    judged: &Judged<'_, '_>,
    evidence: &Evidence<'_>,
    form: &'d Form,
    ingredients: &Ingredients<'_>,
    others: &[OtherSecret],
) -> Option<Case<'d>> {
    let index = judged.judgement.secret.unwrap_or(0);
    let platform = judged.scheme.and_then(|scheme| scheme.platform);
    let name = form.secret()?;
    let secret_text = checker.secrets.all(name).get(index)?.expose();
    let secret = match &form.key {
        Some(key) => key.bytes(&checker.secrets, index).ok()?,
        None => secret_text.to_vec(),
    };
    Some(Case {
        form,
        values: ingredients
            .values
            .iter()
            .map(|value| value.to_vec())
            .collect(),
        raw: form
            .parts
            .iter()
            .map(|part| evidence.raw(&part.source))
            .collect(),
        digest: ingredients.digest,
        secret_text,
        secret,
        others: other_secrets(checker, platform, secret_text, others),
        extras: extras(checker, evidence, form),
        body: evidence
            .body()
            .filter(|body| !body.is_empty())
            .map(<[u8]>::to_vec),
        opened: judged
            .opened
            .as_ref()
            .and_then(|opened| opened.as_ref().ok())
            .map(|message| message.bytes.to_vec()),
        documented_keys: platform.map_or(&[], Platform::documented_keys),
        opened_whole: opened_whole(checker, platform, evidence),
        hosts: hosts(evidence),
        target: evidence
            .target
            .map(|target| String::from_utf8_lossy(target).into_owned()),
    })
}

/// Every other secret at hand: of the command, of the other profiles, of the vendors' samples.
fn other_secrets(
    checker: &Checker,
    platform: Option<Platform>,
    right: &[u8],
    profiles: &[OtherSecret],
) -> Vec<OtherSecret> {
    let mut others: Vec<OtherSecret> = Vec::new();
    for (name, secret) in checker.secrets.iter() {
        others.push(OtherSecret {
            id: "secret.swapped",
            what: format!("the value of --{}", name.flag()),
            secret: secret.clone(),
        });
    }
    if let Some(app_id) = &checker.secrets.app_id {
        others.push(OtherSecret {
            id: "secret.swapped",
            what: "the application id".to_owned(),
            secret: crate::signature::Secret::new(app_id.as_bytes()),
        });
    }
    others.extend(profiles.iter().cloned());
    if let Some(webhook) = platform.and_then(Platform::webhook) {
        for (name, secret) in webhook.sample_secrets().iter() {
            others.push(OtherSecret {
                id: "secret.vendor-sample",
                what: format!("the {} of the vendor's samples", name.flag()),
                secret: secret.clone(),
            });
        }
    }
    others.retain(|other| other.secret.expose() != right);
    others
}

/// Everything short in the request that is not hashed and may have been mixed in.
fn extras(checker: &Checker, evidence: &Evidence<'_>, form: &Form) -> Vec<Extra> {
    let mut extras: Vec<Extra> = Vec::new();
    let mut push = |name: &str, value: Vec<u8>| {
        let hashed = form.parts.iter().any(|part| part.name == name);
        let room = extras.len() < MOST_EXTRAS;
        if room && !hashed && !value.is_empty() && !extras.iter().any(|extra| extra.name == name) {
            extras.push(Extra {
                name: name.to_owned(),
                value,
            });
        }
    };
    if let Some(echo) = &form.echo
        && let Ok(value) = evidence.find(&echo.name, &echo.source)
    {
        push(&echo.name, value.into_owned());
    }
    if let Some(app_id) = &checker.secrets.app_id {
        push("AppID", app_id.clone().into_bytes());
    }
    for header in ["X-ACCESS-ID", "Echostr", "Host"] {
        if let Some(value) = evidence.headers.and_then(|headers| headers.first(header)) {
            push(header, value.to_vec());
        }
    }
    if let Some(method) = evidence.method {
        push("method", method.to_vec());
    }
    if let Some(target) = evidence.target() {
        let path = target
            .split(|&byte| byte == b'?')
            .next()
            .unwrap_or_default();
        push("path", path.to_vec());
        push("target", target.to_vec());
    }
    if let Some(body) = evidence.body() {
        push("body", body.to_vec());
    }
    for member in evidence.members().unwrap_or_default() {
        let name = String::from_utf8_lossy(member.name).into_owned();
        let value = scan::text(member.value).unwrap_or(Cow::Borrowed(member.value));
        let is_signature = matches!(
            &form.signature.source,
            Source::JsonText(pointer) | Source::JsonRaw(pointer) if pointer[1..] == name
        );
        if !is_signature && value.len() <= LONGEST_EXTRA {
            push(&name, value.into_owned());
        }
    }
    for (name, value) in evidence.given.into_iter().flat_map(Given::iter) {
        if name != "signature" && name != "credential" {
            push(name, value.to_vec());
        }
    }
    extras
}

/// Longer members are contents, which nobody mixes in by mistake but as the whole body.
const LONGEST_EXTRA: usize = 256;

/// Each is tried at two places and in all pairs.
const MOST_EXTRAS: usize = 16;

/// Hosts that a proxy or a framework may have put into the URL.
fn hosts(evidence: &Evidence<'_>) -> Vec<String> {
    let mut hosts = Vec::new();
    for header in [
        "Host",
        "X-Forwarded-Host",
        "X-Forwarded-Server",
        "X-Original-Host",
    ] {
        if let Some(value) = evidence.headers.and_then(|headers| headers.first(header)) {
            hosts.push(String::from_utf8_lossy(value).into_owned());
        }
    }
    hosts
}

/// What a sealed part holds, its head and the id behind it included.
fn opened_whole(
    checker: &Checker,
    platform: Option<Platform>,
    evidence: &Evidence<'_>,
) -> Option<Vec<u8>> {
    let sealed = platform?.webhook()?.sealed(evidence)?;
    let Seal { layout, key, .. } = sealed.seal;
    let mut keys = checker.secrets.all(key).iter();
    keys.find_map(|key| seal::open_whole(layout, key.expose(), &sealed.text).ok())
}

fn seal_hits(
    checker: &Checker,
    judged: &Judged<'_, '_>,
    scheme: &Scheme,
    evidence: &Evidence<'_>,
) -> Vec<SealHit> {
    // A wrong IV garbles the beginning and leaves the pad right.
    let is_open = |message: &Message<'_>| scan::check(&message.bytes).is_ok();
    match &judged.opened {
        Some(Ok(message)) if is_open(message) => return Vec::new(),
        Some(_) => {}
        None => return Vec::new(),
    }
    let webhook = scheme.platform.and_then(Platform::webhook);
    let Some(sealed) = webhook.and_then(|webhook| webhook.sealed(evidence)) else {
        return Vec::new();
    };
    let Some(key) = checker.secrets.first(sealed.seal.key) else {
        return Vec::new();
    };
    seal_mistakes::search(sealed.seal.layout, key, &checker.secrets, &sealed.text)
        .unwrap_or_default()
}
