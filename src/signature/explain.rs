//! The search for the mistake behind a signature that does not fit.
//!
//! Stage by stage, first alone and then in pairs of two stages, each mistake of the table is
//! made and its digest compared with the signature in question: the one that arrived, or the
//! one that somebody's server computed. Then every order of the JSON members is tried. A hit is
//! a proof, since it gives exactly those bytes; of mistakes that give equal bytes one is named
//! first and the others beside it.

use super::digest::DigestValue;
use super::mistake::key_order::{self, Permuted};
use super::mistake::text::{Target, TextMistake};
use super::mistake::token::in_the_token;
use super::mistake::{self, Case, Change, Mistake, Piece, Stage, reverse};
use super::recipe::Form;

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

/// A signature in question.
#[derive(Clone, Debug)]
pub struct Question {
    /// Whose it is.
    pub of: Of,
    /// What may stand for it: where several signatures were sent and any may match, each.
    pub candidates: Vec<Target>,
}

impl Question {
    /// The question that `text` puts.
    #[must_use]
    pub fn new(of: Of, form: &Form, text: &[u8]) -> Self {
        Self {
            of,
            candidates: Target::each(form, text),
        }
    }
}

/// A proved mistake, or a proved pair.
#[derive(Clone, Debug)]
pub struct Hit {
    /// One id for a single mistake, two for a pair.
    pub ids: Vec<String>,
    /// Other mistakes that give the same bytes, alone (or, beside a pair, in pairs).
    pub also: Vec<String>,
    /// Whose signature it explains.
    pub of: Of,
    /// The signature that it explains, one of a list maybe.
    pub signature: Vec<u8>,
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
    /// What was left out because the base string is too long for it, in words.
    pub left_out: Vec<&'static str>,
}

/// At most this many bytes are hashed for all pairs and all orders of members together: less
/// than a second. Pairs fit up to 10 or 20 kB, all orders of eight members beside them up to half
/// of that.
const MOST_HASHED: usize = 3 << 27;

/// A longer base string is not searched at all: each mistake of the body is a copy of it.
pub const LONGEST_SEARCHED: usize = 4 << 20;

/// The table of one case, every mistake of it made once.
#[derive(Debug)]
pub struct Search<'c> {
    case: &'c Case<'c>,
    right: DigestValue,
    groups: Vec<Group>,
    singles: usize,
    families: Vec<String>,
}

/// Mistakes that make the same change, so that it is made once.
#[derive(Debug)]
struct Group {
    /// The most usual one first.
    mistakes: Vec<Mistake>,
    /// What they give alone.
    digest: DigestValue,
    /// How usual they are within their stage: 0 is the most usual.
    rank: usize,
}

impl Group {
    fn named(&self) -> &Mistake {
        &self.mistakes[0]
    }

    fn change(&self) -> &Change {
        &self.named().change
    }

    fn ids(&self) -> impl Iterator<Item = &str> {
        self.mistakes.iter().map(|mistake| mistake.id.as_ref())
    }
}

/// Two mistakes together that give the signature in question.
struct Pair {
    /// Which of the open questions, and which of its candidates.
    asked: (usize, usize),
    rank: usize,
    first: usize,
    second: Second,
}

/// The second of two mistakes: of the table, or of the text stage.
enum Second {
    Group(usize),
    Text(TextMistake),
}

impl<'c> Search<'c> {
    /// Makes every mistake of the case.
    #[must_use]
    pub fn new(case: &'c Case<'c>) -> Self {
        let mistakes = mistake::all(case);
        Self {
            case,
            right: case.digest_after(&[]),
            singles: mistakes.len(),
            families: families(&mistakes),
            groups: group(case, mistakes),
        }
    }

    /// Looks for the mistake behind each of the signatures in question.
    #[must_use]
    pub fn run(&self, questions: &[Question]) -> Findings {
        let mut findings = Findings {
            singles: self.singles,
            families: self.families.clone(),
            ..Findings::default()
        };
        let mut open: Vec<&Question> = Vec::new();
        for question in questions {
            let hits = question
                .candidates
                .iter()
                .filter_map(|target| self.single(question.of, target));
            let known = findings.hits.len();
            findings.hits.extend(hits);
            if findings.hits.len() == known {
                open.push(question);
            }
        }
        let length: usize = self
            .case
            .pieces(&[])
            .iter()
            .map(|piece| piece.bytes.len())
            .sum();
        let many = self.groups.len() * self.groups.len() / 2;
        let mut left = MOST_HASHED;
        let mut fits = |count: usize| {
            let rest = left.checked_sub(count.saturating_mul(length));
            left = rest.unwrap_or(left);
            rest.is_some()
        };
        if !open.is_empty() && !fits(many) {
            findings.left_out.push("pairs of mistakes");
        } else if !open.is_empty() {
            let pairs = self.pairs(&open, &mut findings.pairs);
            take_answered(&mut open, pairs, &mut findings);
        }
        if !open.is_empty() && !fits(key_order::count(self.case)) {
            findings.left_out.push("orders of JSON members");
        } else if !open.is_empty() {
            let orders = self.key_orders(&open, &mut findings);
            take_answered(&mut open, orders, &mut findings);
        }
        findings
    }

    /// What fits alone. A text mistake alone is one too; a text mistake beside another is a
    /// pair, and costs nothing to see here, but is kept for [`Self::pairs`].
    fn single(&self, of: Of, target: &Target) -> Option<Hit> {
        let fits = |group: &&Group| target.is(&group.digest);
        let texts: Vec<TextMistake> = target.matches(&self.right).flatten().collect();
        let mut hit = match (self.groups.iter().find(fits), texts.first()) {
            (Some(group), _) => self.group_hit(of, target, &[group]),
            (None, Some(text)) => {
                let mut hit = self.hit(of, target, &[]);
                push_text(self.case, &mut hit, *text);
                hit
            }
            (None, None) => return None,
        };
        let others = self.groups.iter().filter(fits).flat_map(Group::ids);
        add_also(&mut hit, others.chain(texts.iter().map(|text| text.id)));
        Some(hit)
    }

    /// Pairs of mistakes of two stages, the text stage among them: (question, hit).
    fn pairs(&self, open: &[&Question], tried: &mut usize) -> Vec<(usize, Hit)> {
        let mut found: Vec<Pair> = Vec::new();
        for (first, group) in self.groups.iter().enumerate() {
            *tried += 1;
            for (asked, target) in asked(open) {
                for text in target.matches(&group.digest).flatten() {
                    found.push(Pair {
                        asked,
                        rank: group.rank,
                        first,
                        second: Second::Text(text),
                    });
                }
            }
        }
        for (first, one) in self.groups.iter().enumerate() {
            for (second, two) in self.groups.iter().enumerate().skip(first + 1) {
                if one.named().stage == two.named().stage || overlap(one.change(), two.change()) {
                    continue;
                }
                *tried += 1;
                let digest = self.case.digest_after(&[one.change(), two.change()]);
                // What one of the two gives alone was seen before: the other changes nothing.
                if digest == one.digest || digest == two.digest {
                    continue;
                }
                for (asked, target) in asked(open) {
                    if target.is(&digest) {
                        found.push(Pair {
                            asked,
                            rank: one.rank + two.rank,
                            first,
                            second: Second::Group(second),
                        });
                    }
                }
            }
        }
        found.sort_by_key(|pair| (pair.asked, pair.rank));
        found
            .chunk_by(|one, two| one.asked == two.asked)
            .map(|pairs| {
                let (question, candidate) = pairs[0].asked;
                let target = &open[question].candidates[candidate];
                (question, self.pair_hit(open[question].of, target, pairs))
            })
            .collect()
    }

    /// One hit of pairs that give equal bytes, the most usual first.
    fn pair_hit(&self, of: Of, target: &Target, pairs: &[Pair]) -> Hit {
        let first = &self.groups[pairs[0].first];
        let mut hit = match &pairs[0].second {
            Second::Group(second) => self.group_hit(of, target, &[first, &self.groups[*second]]),
            Second::Text(text) => {
                let mut hit = self.group_hit(of, target, &[first]);
                push_text(self.case, &mut hit, *text);
                hit
            }
        };
        for pair in pairs {
            add_also(&mut hit, self.groups[pair.first].ids());
            match &pair.second {
                Second::Group(second) => add_also(&mut hit, self.groups[*second].ids()),
                Second::Text(text) => add_also(&mut hit, [text.id].into_iter()),
            }
        }
        hit
    }

    /// Every order of JSON members, crossed with the text stage only: (question, hit).
    fn key_orders(&self, open: &[&Question], findings: &mut Findings) -> Vec<(usize, Hit)> {
        let mut hits: Vec<(usize, Hit)> = Vec::new();
        let mut tried = 0;
        findings.too_many_keys = key_order::each(self.case, &mut |change, permuted| {
            tried += 1;
            let digest = self.case.digest_after(&[change]);
            for ((question, _), target) in asked(open) {
                if hits.iter().any(|(answered, _)| *answered == question) {
                    continue;
                }
                let Some(text) = target.matches(&digest).next() else {
                    continue;
                };
                let permuted = permuted();
                let order = Mistake {
                    id: key_order::ID.into(),
                    title: key_order::title(self.case, &permuted),
                    advice: key_order::ADVICE,
                    stage: Stage::Body,
                    change: change.clone(),
                };
                let mut hit = self.hit(open[question].of, target, &[&order]);
                hit.order = permuted.into_iter().next();
                if let Some(text) = text {
                    push_text(self.case, &mut hit, text);
                }
                hits.push((question, hit));
            }
        });
        findings.key_orders = tried;
        hits
    }

    /// A hit of the table. What explains the signature that arrived is told as what happened on
    /// the way, where that is the reverse of what was made here.
    fn group_hit(&self, of: Of, target: &Target, groups: &[&Group]) -> Hit {
        let named: Vec<&Mistake> = groups.iter().map(|group| group.named()).collect();
        let mut hit = self.hit(of, target, &named);
        // A token does not change on its way: whoever signed it made the mistake.
        if of == Of::Computed || self.case.is_token() {
            return hit;
        }
        for (index, group) in groups.iter().enumerate() {
            let ids: Vec<&str> = group.ids().collect();
            if let Some(reverse) = reverse::of(&ids) {
                reverse.id.clone_into(&mut hit.ids[index]);
                hit.titles[index] = format!("{}: {}", self.changed(group.change()), reverse.title);
                hit.advice[index] = reverse.advice;
            }
        }
        hit
    }

    /// The names of the parts that a change claims.
    fn changed(&self, change: &Change) -> String {
        let Change::Values(values) = change else {
            return "the request".to_owned();
        };
        let names: Vec<_> = values
            .iter()
            .map(|(at, _)| format!("`{}`", self.case.name(*at)))
            .collect();
        names.join(", ")
    }

    fn hit(&self, of: Of, target: &Target, mistakes: &[&Mistake]) -> Hit {
        let changes: Vec<&Change> = mistakes.iter().map(|mistake| &mistake.change).collect();
        let pieces = self.case.pieces(&changes);
        Hit {
            ids: mistakes.iter().map(|m| m.id.clone().into_owned()).collect(),
            also: Vec::new(),
            of,
            signature: target.text.clone(),
            titles: mistakes.iter().map(|m| m.title.clone()).collect(),
            advice: mistakes.iter().map(|m| m.advice).collect(),
            hashed: pieces.into_iter().map(Piece::into_owned).collect(),
            order: None,
        }
    }
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

fn group(case: &Case<'_>, mistakes: Vec<Mistake>) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::with_capacity(mistakes.len());
    let mut rank = 0;
    for mistake in mistakes {
        let digest = case.digest_after(&[&mistake.change]);
        let known = groups.iter_mut().find(|group| {
            group.digest == digest
                && group.named().stage == mistake.stage
                && is_same(group.change(), &mistake.change)
        });
        if let Some(group) = known {
            group.mistakes.push(mistake);
            continue;
        }
        rank = match groups.last() {
            Some(last) if last.named().stage == mistake.stage => rank + 1,
            _ => 0,
        };
        groups.push(Group {
            mistakes: vec![mistake],
            digest,
            rank,
        });
    }
    groups
}

/// Whether two changes are one, so that they give equal bytes beside any third too.
fn is_same(one: &Change, two: &Change) -> bool {
    match (one, two) {
        (Change::Secret(one), Change::Secret(two)) => one == two,
        (Change::Values(one), Change::Values(two)) => one == two,
        _ => false,
    }
}

/// Whether two changes claim the same part.
fn overlap(one: &Change, two: &Change) -> bool {
    match (one, two) {
        (Change::Values(one), Change::Values(two)) => one
            .iter()
            .any(|(at, _)| two.iter().any(|(other, _)| at == other)),
        (Change::Values(values), Change::Method(at, _))
        | (Change::Method(at, _), Change::Values(values)) => {
            values.iter().any(|(changed, _)| changed == at)
        }
        (Change::Method(..), Change::Method(..)) => true,
        _ => false,
    }
}

/// Every candidate of the open questions: ((question, candidate), target).
fn asked<'q>(open: &'q [&Question]) -> impl Iterator<Item = ((usize, usize), &'q Target)> {
    open.iter().enumerate().flat_map(|(question, asked)| {
        let targets = asked.candidates.iter().enumerate();
        targets.map(move |(candidate, target)| ((question, candidate), target))
    })
}

/// Moves the hits into the findings, and drops the questions that they answer.
fn take_answered(open: &mut Vec<&Question>, hits: Vec<(usize, Hit)>, findings: &mut Findings) {
    let mut index = 0;
    open.retain(|_| {
        index += 1;
        !hits.iter().any(|(question, _)| question + 1 == index)
    });
    findings.hits.extend(hits.into_iter().map(|(_, hit)| hit));
}

fn push_text(case: &Case<'_>, hit: &mut Hit, text: TextMistake) {
    let text = if hit.of == Of::Received && case.is_token() {
        in_the_token(text)
    } else {
        text
    };
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
