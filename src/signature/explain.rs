//! The search for the mistake behind a signature that does not fit.
//!
//! Stage by stage, first alone and then in pairs of two stages, each mistake of the table is
//! made and its digest compared with the signature in question: the one that arrived, or the
//! one that somebody's server computed. Then every order of the JSON members is tried. A hit is
//! a proof, since it gives exactly those bytes; of mistakes that give equal bytes one is named
//! first and the others beside it.

use std::borrow::Cow;
use std::collections::HashMap;

use super::digest::DigestValue;
use super::mistake::key_order::{self, Permuted};
use super::mistake::text::{Target, TextMistake};
use super::mistake::{self, Case, Change, Mistake, Piece};

/// Whose signature is in question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Of {
    /// The one that arrived with the request.
    Received,
    /// The one that the user's own server computed.
    Computed,
}

impl Of {
    /// The word in every output.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Computed => "computed",
        }
    }
}

/// A proved mistake, or a proved pair.
#[derive(Clone, Debug)]
pub struct Hit {
    /// One id for a single mistake, two for a pair.
    pub ids: Vec<String>,
    /// Other single mistakes that give the same bytes.
    pub also: Vec<String>,
    /// Whose signature it explains.
    pub of: Of,
    /// What was done, a sentence an id.
    pub titles: Vec<String>,
    /// What to do instead, a sentence an id.
    pub advice: Vec<&'static str>,
    /// What was hashed, piece by piece.
    pub hashed: Vec<Piece<'static>>,
    /// The order of members that fits, where that is the mistake.
    pub order: Option<Permuted>,
}

impl Hit {
    /// How many mistakes it takes: 1 or 2.
    #[must_use]
    pub fn depth(&self) -> usize {
        self.ids.len()
    }
}

/// What a search found, and what it ruled out.
#[derive(Clone, Debug, Default)]
pub struct Findings {
    /// The hits, best first.
    pub hits: Vec<Hit>,
    /// How many single mistakes were made.
    pub singles: usize,
    /// How many pairs were made; none where a single one fitted.
    pub pairs: usize,
    /// How many orders of members were made.
    pub key_orders: usize,
    /// Objects with too many members to permute: (pointer, count).
    pub too_many_keys: Vec<(String, usize)>,
    /// The families that were tried, in order.
    pub families: Vec<String>,
}

/// Looks for the mistake behind each of the signatures in question.
#[must_use]
pub fn search(case: &Case<'_>, questions: &[(Of, Target)]) -> Findings {
    let mistakes = mistake::all(case);
    let mut findings = Findings {
        singles: mistakes.len(),
        families: families(&mistakes),
        ..Findings::default()
    };
    let groups = group(&mistakes);
    let right = case.digest_after(&[]);
    let digests: Vec<DigestValue> = groups
        .iter()
        .map(|group| case.digest_after(&[group.change]))
        .collect();
    let mut open: Vec<&(Of, Target)> = Vec::new();
    for question in questions {
        let hits = singles(case, &groups, &digests, right, question);
        if hits.is_empty() {
            open.push(question);
        }
        findings.hits.extend(hits);
    }
    if open.is_empty() {
        return findings;
    }
    let pairs = pairs(case, &groups, &digests, &open, &mut findings.pairs);
    open.retain(|question| !pairs.iter().any(|hit| hit.of == question.0));
    findings.hits.extend(pairs);
    if !open.is_empty() {
        let hits = key_orders(case, &open, &mut findings);
        findings.hits.extend(hits);
    }
    findings
}

/// The families of the mistakes, each once, in their order.
fn families(mistakes: &[Mistake]) -> Vec<String> {
    let mut families: Vec<String> = Vec::new();
    let ids = mistakes.iter().map(|mistake| mistake.id.as_ref());
    for id in ids.chain(["text.hex"]) {
        let family = id.split('.').next().unwrap_or_default();
        if !families.iter().any(|have| have == family) {
            families.push(family.to_owned());
        }
    }
    families
}

/// Mistakes that make the same change, so that it is made once.
struct Group<'m> {
    first: &'m Mistake,
    others: Vec<&'m Mistake>,
    change: &'m Change,
    /// How usual the mistake is within its stage: 0 is the most usual.
    rank: usize,
}

impl Group<'_> {
    fn members(&self) -> impl Iterator<Item = &Mistake> {
        std::iter::once(self.first).chain(self.others.iter().copied())
    }
}

fn group(mistakes: &[Mistake]) -> Vec<Group<'_>> {
    let mut groups: Vec<Group<'_>> = Vec::with_capacity(mistakes.len());
    let mut known: HashMap<Cow<'_, [(usize, Vec<u8>)]>, usize> = HashMap::new();
    for (index, mistake) in mistakes.iter().enumerate() {
        let key = match &mistake.change {
            Change::Secret(secret) => Some(Cow::Owned(vec![(usize::MAX, secret.clone())])),
            Change::Values(values) => Some(Cow::Borrowed(values.as_slice())),
            Change::Arrange(_) | Change::Charset(_) | Change::Hashing(_) => None,
        };
        if let Some(key) = &key
            && let Some(&at) = known.get(key)
            && groups[at].first.stage == mistake.stage
        {
            groups[at].others.push(mistake);
            continue;
        }
        if let Some(key) = key {
            known.insert(key, groups.len());
        }
        let first_of_stage = mistakes
            .iter()
            .position(|other| other.stage == mistake.stage)
            .unwrap_or_default();
        groups.push(Group {
            first: mistake,
            others: Vec::new(),
            change: &mistake.change,
            rank: index - first_of_stage,
        });
    }
    groups
}

/// Mistakes that fit alone. A text mistake alone is one too; a text mistake beside another is
/// a pair, and costs nothing to see here, but is kept for [`pairs`].
fn singles(
    case: &Case<'_>,
    groups: &[Group<'_>],
    digests: &[DigestValue],
    right: DigestValue,
    (of, target): &(Of, Target),
) -> Vec<Hit> {
    let mut fitting = groups
        .iter()
        .zip(digests)
        .filter(|(_, digest)| target.is(digest))
        .map(|(group, _)| group);
    let texts: Vec<TextMistake> = target.matches(&right).flatten().collect();
    let mut hit = match (fitting.next(), texts.first()) {
        (Some(group), _) => hit_of(case, *of, &[group.first], &[group.change]),
        (None, Some(text)) => {
            let mut hit = hit_of(case, *of, &[], &[]);
            push_text(&mut hit, *text);
            hit
        }
        (None, None) => return Vec::new(),
    };
    let others = groups
        .iter()
        .zip(digests)
        .filter(|(_, digest)| target.is(digest))
        .flat_map(|(group, _)| group.members())
        .map(|mistake| mistake.id.as_ref());
    let others = others.chain(texts.iter().map(|text| text.id));
    add_also(&mut hit, others);
    vec![hit]
}

/// Pairs of mistakes of two stages, the text stage among them.
fn pairs(
    case: &Case<'_>,
    groups: &[Group<'_>],
    digests: &[DigestValue],
    open: &[&(Of, Target)],
    tried: &mut usize,
) -> Vec<Hit> {
    struct Pair {
        question: usize,
        rank: usize,
        first: usize,
        second: Result<usize, TextMistake>,
    }
    let mut found: Vec<Pair> = Vec::new();
    for (question, (_, target)) in open.iter().enumerate() {
        for (first, digest) in digests.iter().enumerate() {
            *tried += 1;
            for text in target.matches(digest).flatten() {
                found.push(Pair {
                    question,
                    rank: groups[first].rank,
                    first,
                    second: Err(text),
                });
            }
        }
    }
    for (first, one) in groups.iter().enumerate() {
        for (second, two) in groups.iter().enumerate().skip(first + 1) {
            if one.first.stage == two.first.stage || overlap(one.change, two.change) {
                continue;
            }
            *tried += 1;
            let digest = case.digest_after(&[one.change, two.change]);
            for (question, (_, target)) in open.iter().enumerate() {
                // What one of the two gives alone was seen before: the other changes nothing.
                if target.is(&digest) && digest != digests[first] && digest != digests[second] {
                    found.push(Pair {
                        question,
                        rank: one.rank + two.rank,
                        first,
                        second: Ok(second),
                    });
                }
            }
        }
    }
    let mut hits = Vec::new();
    for (question, (of, _)) in open.iter().enumerate() {
        let mut pairs: Vec<&Pair> = found
            .iter()
            .filter(|pair| pair.question == question)
            .collect();
        pairs.sort_by_key(|pair| pair.rank);
        let Some(best) = pairs.first() else { continue };
        let first = &groups[best.first];
        let mut hit = match best.second {
            Ok(second) => {
                let second = &groups[second];
                hit_of(
                    case,
                    *of,
                    &[first.first, second.first],
                    &[first.change, second.change],
                )
            }
            Err(text) => {
                let mut hit = hit_of(case, *of, &[first.first], &[first.change]);
                push_text(&mut hit, text);
                hit
            }
        };
        for pair in &pairs {
            add_also(
                &mut hit,
                groups[pair.first].members().map(|m| m.id.as_ref()),
            );
            match pair.second {
                Ok(second) => add_also(&mut hit, groups[second].members().map(|m| m.id.as_ref())),
                Err(text) => add_also(&mut hit, [text.id].into_iter()),
            }
        }
        hits.push(hit);
    }
    hits
}

/// Whether two changes claim the same part.
fn overlap(one: &Change, two: &Change) -> bool {
    match (one, two) {
        (Change::Values(one), Change::Values(two)) => one
            .iter()
            .any(|(at, _)| two.iter().any(|(other, _)| at == other)),
        _ => false,
    }
}

/// Every order of JSON members, crossed with the text stage only.
fn key_orders(case: &Case<'_>, open: &[&(Of, Target)], findings: &mut Findings) -> Vec<Hit> {
    const ID: &str = "body.key-order";
    let mut hits: Vec<Hit> = Vec::new();
    let mut tried = 0;
    findings.too_many_keys = key_order::each(case, &mut |change, permuted| {
        tried += 1;
        let digest = case.digest_after(&[change]);
        for (of, target) in open {
            if hits.iter().any(|hit| hit.of == *of) {
                continue;
            }
            let Some(text) = target.matches(&digest).next() else {
                continue;
            };
            let permuted = permuted();
            let mut hit = hit_of(case, *of, &[], &[change]);
            hit.ids.push(ID.to_owned());
            hit.titles.push(format!(
                "the members of `{}{}` were in another order: {}",
                case.name(permuted.part),
                permuted.pointer.replace('/', "."),
                permuted.order.join(", ")
            ));
            hit.advice.push(
                "hash the raw bytes as they arrived: a map does not keep the order of members",
            );
            hit.order = Some(permuted);
            if let Some(text) = text {
                push_text(&mut hit, text);
            }
            hits.push(hit);
        }
    });
    findings.key_orders = tried;
    hits
}

fn hit_of(case: &Case<'_>, of: Of, mistakes: &[&Mistake], changes: &[&Change]) -> Hit {
    Hit {
        ids: mistakes.iter().map(|m| m.id.clone().into_owned()).collect(),
        also: Vec::new(),
        of,
        titles: mistakes.iter().map(|m| m.title.clone()).collect(),
        advice: mistakes.iter().map(|m| m.advice).collect(),
        hashed: case.pieces(changes).into_iter().map(owned).collect(),
        order: None,
    }
}

fn owned(piece: Piece<'_>) -> Piece<'static> {
    Piece {
        bytes: Cow::Owned(piece.bytes.into_owned()),
        part: piece.part,
        secret: piece.secret,
    }
}

fn push_text(hit: &mut Hit, text: TextMistake) {
    hit.ids.push(text.id.to_owned());
    hit.titles.push(text.title.to_owned());
    hit.advice.push(text.advice);
}

fn add_also<'i>(hit: &mut Hit, ids: impl Iterator<Item = &'i str>) {
    for id in ids {
        if !hit.ids.iter().chain(&hit.also).any(|have| have == id) {
            hit.also.push(id.to_owned());
        }
    }
}
