//! An explanation as a line of JSON.

use serde::Serialize;

use super::super::Bytes;
use super::super::verdict::VerdictLine;
use crate::diagnose::Diagnosis;
use crate::platform::onenet_studio::Slip;
use crate::signature::Veil;
use crate::signature::explain::Of;

/// An explanation as it is printed in JSON: the verdict's line and more.
#[derive(Debug, Serialize)]
pub struct ExplanationLine<'x> {
    #[serde(flatten)]
    pub(super) verdict: VerdictLine<'x>,
    /// What the user's own server computed, if that was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) computed: Option<Bytes<'x>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) computed_verdict: Option<&'static str>,
    pub(super) base_string: Vec<PieceLine>,
    pub(super) digest: Option<DigestLine>,
    pub(super) mistakes: Vec<MistakeLine<'x>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) tried: Option<TriedLine>,
}

#[derive(Debug, Serialize)]
pub(super) struct PieceLine {
    pub(super) part: String,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) secret: bool,
    pub(super) bytes: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) text: Option<serde_json::Value>,
}

#[derive(Debug, Serialize)]
pub(super) struct DigestLine {
    pub(super) name: &'static str,
    pub(super) hmac: bool,
    pub(super) hex: String,
    pub(super) output: &'static str,
}

#[derive(Debug, Serialize)]
pub(super) struct MistakeLine<'x> {
    ids: Vec<&'x str>,
    also: Vec<&'x str>,
    of: &'static str,
    depth: usize,
    title: String,
    advice: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    order: Option<&'x [String]>,
    /// Only where it is `false`: one way to explain what is seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    proved: Option<bool>,
}

#[derive(Debug, Serialize)]
pub(super) struct TriedLine {
    pub(super) families: Vec<String>,
    pub(super) singles: usize,
    pub(super) pairs: usize,
    pub(super) key_orders: usize,
    pub(super) left_out: Vec<String>,
    pub(super) advice: Vec<String>,
}

/// The mistakes that the search proved.
pub(super) fn mistake_lines<'x>(diagnosis: &'x Diagnosis<'_>, veil: &Veil) -> Vec<MistakeLine<'x>> {
    let hits = diagnosis.findings.hits.iter().map(|hit| MistakeLine {
        ids: hit.ids.iter().map(String::as_str).collect(),
        also: hit.also.iter().map(String::as_str).collect(),
        of: hit.of.as_str(),
        depth: hit.depth(),
        title: veil.hide_text(&hit.titles.join("; and ")).into_owned(),
        advice: hit.advice.join("; "),
        order: hit.order.as_ref().map(|permuted| permuted.order.as_slice()),
        proved: None,
    });
    let seals = diagnosis.seal_hits.iter().map(|hit| MistakeLine {
        ids: vec![hit.mistake.id],
        also: Vec::new(),
        of: Of::Received.as_str(),
        depth: 1,
        title: hit.mistake.title.to_owned(),
        advice: hit.mistake.advice.to_owned(),
        order: None,
        proved: None,
    });
    hits.chain(seals).collect()
}

/// What a token shows by itself, as a mistake.
pub(super) fn shape_lines<'x>(
    diagnosis: &'x Diagnosis<'x>,
) -> impl Iterator<Item = MistakeLine<'x>> {
    diagnosis.shapes.iter().map(|shape| MistakeLine {
        ids: vec![shape.id],
        also: Vec::new(),
        of: shape.of.as_str(),
        depth: 1,
        title: shape.title.clone(),
        advice: shape.advice.to_owned(),
        order: None,
        proved: Some(false),
    })
}

pub(super) fn slip_line<'x>(slip: &'x Slip, veil: &Veil) -> MistakeLine<'x> {
    MistakeLine {
        ids: vec![slip.id],
        also: Vec::new(),
        of: Of::Received.as_str(),
        depth: 1,
        title: veil.hide_text(&slip.title).into_owned(),
        advice: slip.advice.to_owned(),
        order: None,
        proved: (!slip.is_proved).then_some(false),
    }
}
