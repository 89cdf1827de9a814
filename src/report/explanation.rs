//! An explanation: the proof of a right signature, or the mistake behind a wrong one.

use std::io::{self, Write};

use self::line::{DigestLine, PieceLine, TriedLine, mistake_lines, shape_lines, slip_line};
use super::Bytes;
use super::diff::{self, Sign};
use super::verdict::VerdictLine;
use crate::diagnose::Diagnosis;
use crate::platform::onenet_studio::Slip;
use crate::signature::explain::{Findings, Hit, Of};
use crate::signature::mistake::Piece;
use crate::signature::{Secret, Veil};
use crate::term::{self, Paint};

pub use self::line::ExplanationLine;

mod line;

/// All that is to be told of one request.
#[derive(Debug)]
pub struct Explanation<'x> {
    /// The verdict.
    pub verdict: VerdictLine<'x>,
    /// The search; none if nothing could be computed.
    pub diagnosis: Option<&'x Diagnosis<'x>>,
    /// What a token shows by itself.
    pub slips: &'x [Slip],
    /// What the user's own server computed, secrets hidden.
    pub computed: Option<&'x [u8]>,
    /// What to provide where nothing was found.
    pub next_steps: Vec<String>,
    /// Show secrets.
    pub reveal: bool,
    /// Hides secrets wherever else they appear.
    pub veil: &'x Veil,
}

impl<'x> Explanation<'x> {
    /// The line for machines.
    #[must_use]
    pub fn into_line(self) -> ExplanationLine<'x> {
        let diagnosis = self.diagnosis;
        let unexplained = self.is_unexplained();
        ExplanationLine {
            computed: self.computed.map(|computed| Bytes(computed.into())),
            computed_verdict: diagnosis
                .and_then(|diagnosis| diagnosis.computed_is_right)
                .map(|right| if right { "valid" } else { "mismatch" }),
            base_string: diagnosis
                .map(|diagnosis| {
                    diagnosis
                        .base
                        .iter()
                        .map(|piece| self.piece_line(diagnosis, piece))
                        .collect()
                })
                .unwrap_or_default(),
            digest: diagnosis.map(|diagnosis| DigestLine {
                name: diagnosis.digest_name,
                hmac: diagnosis.form.key.is_some(),
                hex: hex::encode(diagnosis.digest.as_bytes()),
                output: diagnosis.form.output.name(),
            }),
            mistakes: diagnosis
                .map(|diagnosis| mistake_lines(diagnosis, self.veil))
                .unwrap_or_default()
                .into_iter()
                .chain(diagnosis.into_iter().flat_map(shape_lines))
                .chain(self.other_slips().map(|slip| slip_line(slip, self.veil)))
                .collect(),
            tried: diagnosis
                .filter(|_| unexplained)
                .map(|diagnosis| TriedLine {
                    families: diagnosis.findings.families.clone(),
                    singles: diagnosis.findings.singles,
                    pairs: diagnosis.findings.pairs,
                    key_orders: diagnosis.findings.key_orders,
                    left_out: left_out(&diagnosis.findings),
                    advice: self.next_steps.clone(),
                }),
            verdict: self.verdict,
        }
    }

    fn piece_line(&self, diagnosis: &Diagnosis<'_>, piece: &Piece<'_>) -> PieceLine {
        let hidden = piece.secret && !self.reveal;
        PieceLine {
            part: part_name(diagnosis, piece).to_owned(),
            secret: piece.secret,
            bytes: piece.bytes.len(),
            text: (!hidden)
                .then(|| serde_json::to_value(Bytes(self.veil.hide(&piece.bytes))).ok())
                .flatten(),
        }
    }

    /// The slips that the search did not prove already.
    fn other_slips(&self) -> impl Iterator<Item = &'x Slip> + use<'x> {
        let hits = self.diagnosis.map(|it| it.findings.hits.as_slice());
        let hits = hits.unwrap_or_default();
        self.slips.iter().filter(move |slip| {
            let mut ids = hits.iter().flat_map(|hit| &hit.ids);
            !ids.any(|id| id == slip.id)
        })
    }

    /// Whether a signature is wrong and nothing was found.
    fn is_unexplained(&self) -> bool {
        self.diagnosis.is_some_and(|diagnosis| {
            let searched = &diagnosis.findings;
            let searched = searched.singles > 0 || !searched.left_out.is_empty();
            let asked = |of| match of {
                Of::Received => searched && self.verdict.verdict == "mismatch",
                Of::Computed => diagnosis.computed_is_right == Some(false),
            };
            [Of::Received, Of::Computed]
                .into_iter()
                .any(|of| asked(of) && !diagnosis.findings.hits.iter().any(|hit| hit.of == of))
        })
    }

    /// Writes it for people.
    pub fn write_human(&self, paint: Paint, width: usize, out: &mut impl Write) -> io::Result<()> {
        self.verdict.write_human(paint, out)?;
        let valid = self.verdict.verdict == "valid";
        if valid {
            for note in &self.verdict.notes {
                let text = term::escape(note.as_bytes());
                writeln!(out, "  {}  {text}", paint.key(&format!("{:<8}", "note")))?;
            }
        }
        let Some(diagnosis) = self.diagnosis else {
            self.write_slips(paint, out)?;
            return self.write_next_steps(paint, out);
        };
        if let (Some(computed), Some(right)) = (self.computed, diagnosis.computed_is_right) {
            let shown = if computed.is_empty() {
                "empty".to_owned()
            } else {
                term::cut(&term::escape(computed), 200)
            };
            let as_arrived = self
                .verdict
                .received
                .as_ref()
                .is_some_and(|Bytes(r)| **r == *computed);
            let word = match (right, as_arrived) {
                (true, _) => paint.ok("right"),
                (false, true) => paint.warn("what arrived, and not what these bytes give"),
                (false, false) => paint.bad("wrong"),
            };
            writeln!(out, "  {}  {shown}  ({word})", paint.key("computed"))?;
            if valid && !right {
                writeln!(out, "  {}  {}", paint.key("expected"), diagnosis.expected)?;
            }
        }
        self.write_base(diagnosis, paint, out)?;
        if valid && self.computed.is_none() && self.other_slips().next().is_none() {
            let step = "the request is right: if your server refuses it, add --computed and the \
                        signature that your server computed";
            writeln!(out, "  {}       {step}", paint.key("next"))?;
        }
        for hit in &diagnosis.findings.hits {
            self.write_hit(diagnosis, hit, paint, width, out)?;
        }
        for hit in &diagnosis.seal_hits {
            let mistake = hit.mistake;
            writeln!(
                out,
                "\n{} {}  {}",
                paint.bad("mistake"),
                mistake.title,
                paint.dim(&format!("[{}]", mistake.id))
            )?;
            writeln!(
                out,
                "  {}  {}",
                paint.key("opens to"),
                self.shown(&hit.message)
            )?;
            writeln!(out, "  {}  {}", paint.key("advice  "), mistake.advice)?;
        }
        Self::write_shapes(diagnosis, paint, out)?;
        self.write_slips(paint, out)?;
        if self.is_unexplained() {
            Self::write_ruled_out(diagnosis, paint, out)?;
            self.write_next_steps(paint, out)?;
        }
        Ok(())
    }

    fn write_base(
        &self,
        diagnosis: &Diagnosis<'_>,
        paint: Paint,
        out: &mut impl Write,
    ) -> io::Result<()> {
        let total: usize = diagnosis.base.iter().map(|piece| piece.bytes.len()).sum();
        let names: Vec<_> = diagnosis
            .base
            .iter()
            .map(|piece| part_name(diagnosis, piece))
            .collect();
        let wide = names
            .iter()
            .map(|name| name.len())
            .max()
            .unwrap_or(0)
            .max(9);
        let hashed_with = match &diagnosis.form.key {
            None => diagnosis.digest_name.to_owned(),
            Some(key) => format!(
                "HMAC-{} keyed with --{} ({} bytes as {})",
                diagnosis.digest_name,
                key.secret.flag(),
                diagnosis.key_size,
                key.encoding.name()
            ),
        };
        writeln!(
            out,
            "\n{} {total} bytes, hashed with {hashed_with}, written as {}",
            paint.bold("base string"),
            diagnosis.form.output.name()
        )?;
        for (piece, name) in diagnosis.base.iter().zip(names) {
            let name = paint.key(&format!("{name:<wide$}"));
            let size = piece.bytes.len();
            let shown = if piece.secret && !self.reveal {
                let masked = Secret::new(piece.bytes.to_vec()).masked();
                paint.dim(&format!("hidden: {masked}"))
            } else {
                self.shown(&piece.bytes)
            };
            writeln!(out, "  {name}  {size:>5} bytes  {shown}")?;
        }
        writeln!(
            out,
            "  {}  {}",
            paint.key(&format!("{:<wide$}", "digest")),
            hex::encode(diagnosis.digest.as_bytes())
        )?;
        writeln!(
            out,
            "  {}  {}",
            paint.key(&format!("{:<wide$}", "signature")),
            paint.ok(&diagnosis.expected)
        )
    }

    fn write_hit(
        &self,
        diagnosis: &Diagnosis<'_>,
        hit: &Hit,
        paint: Paint,
        width: usize,
        out: &mut impl Write,
    ) -> io::Result<()> {
        let side = match hit.of {
            Of::Received => "the signature that arrived",
            Of::Computed => "the value that your server computed",
        };
        let heading = if hit.depth() == 1 {
            "mistake"
        } else {
            "two mistakes together"
        };
        writeln!(
            out,
            "\n{} {}",
            paint.bad(heading),
            paint.dim(&format!("(proved: it gives exactly {side})"))
        )?;
        for ((id, title), advice) in hit.ids.iter().zip(&hit.titles).zip(&hit.advice) {
            let title = self.shown_text(title);
            writeln!(
                out,
                "  {}  {}",
                paint.bold(&title),
                paint.dim(&format!("[{id}]"))
            )?;
            writeln!(out, "  {}  {advice}", paint.key("advice"))?;
        }
        if !hit.also.is_empty() {
            let mut list = hit
                .also
                .iter()
                .take(MOST_ALSO)
                .cloned()
                .collect::<Vec<_>>()
                .join(", ");
            if let Some(more) = hit.also.len().checked_sub(MOST_ALSO + 1) {
                list = format!("{list} and {} more (--format json has them all)", more + 1);
            }
            let list = paint.dim(&format!("the same bytes: {list}"));
            writeln!(out, "  {}    {list}", paint.key("also"))?;
        }
        let difference = self.difference(diagnosis, hit, width, paint);
        out.write_all(difference.unwrap_or_default().as_bytes())
    }

    fn write_shapes(
        diagnosis: &Diagnosis<'_>,
        paint: Paint,
        out: &mut impl Write,
    ) -> io::Result<()> {
        for shape in &diagnosis.shapes {
            let heading = paint.warn("seen");
            let how = paint.dim("(not proved: the text alone tells it, whatever the secret is)");
            writeln!(out, "\n{heading} {how}")?;
            let id = paint.dim(&format!("[{}]", shape.id));
            writeln!(out, "  {}  {id}", paint.bold(&shape.title))?;
            writeln!(out, "  {}  {}", paint.key("advice"), shape.advice)?;
        }
        Ok(())
    }

    fn write_slips(&self, paint: Paint, out: &mut impl Write) -> io::Result<()> {
        for slip in self.other_slips() {
            let (heading, how) = if slip.is_proved {
                (paint.bad("mistake"), "(proved: the token shows it)")
            } else {
                (
                    paint.warn("perhaps"),
                    "(not proved: the token may be so on purpose)",
                )
            };
            writeln!(out, "\n{heading} {}", paint.dim(how))?;
            let (title, id) = (
                self.shown_text(&slip.title),
                paint.dim(&format!("[{}]", slip.id)),
            );
            writeln!(out, "  {}  {id}", paint.bold(&title))?;
            writeln!(out, "  {}  {}", paint.key("advice"), slip.advice)?;
        }
        Ok(())
    }

    /// For each mistake of a signature, in the order of the line: what was hashed beside what
    /// should have been, or the two signatures, in rows of so many columns. None where nothing
    /// can be shown.
    #[must_use]
    pub fn differences(&self, width: usize) -> Vec<Option<String>> {
        let Some(diagnosis) = self.diagnosis else {
            return Vec::new();
        };
        let hits = diagnosis.findings.hits.iter();
        hits.map(|hit| self.difference(diagnosis, hit, width, Paint::PLAIN))
            .collect()
    }

    fn difference(
        &self,
        diagnosis: &Diagnosis<'_>,
        hit: &Hit,
        width: usize,
        paint: Paint,
    ) -> Option<String> {
        let (hashed, right) = (
            self.signs(diagnosis, &hit.hashed),
            self.signs(diagnosis, &diagnosis.base),
        );
        if hashed != right {
            let names = match hit.of {
                Of::Received => ["signed", "here"],
                Of::Computed => ["hashed", "should be"],
            };
            return Some(diff::rows(names, &hashed, &right, width, paint));
        }
        let text = match hit.of {
            Of::Received => self.verdict.received.as_ref().map(|Bytes(text)| &**text),
            Of::Computed => self.computed,
        };
        // The right bytes were hashed: the two texts are what differs.
        let names = [hit.of.as_str(), "expected"];
        let expected = diff::signs(diagnosis.expected.as_bytes());
        text.map(|text| diff::rows(names, &diff::signs(text), &expected, width, paint))
    }

    /// The signs of a base string, secrets as placeholders.
    fn signs(&self, diagnosis: &Diagnosis<'_>, pieces: &[Piece<'_>]) -> Vec<Sign> {
        let mut signs = Vec::new();
        for piece in pieces {
            if piece.secret && !self.reveal {
                let masked = Secret::new(piece.bytes.to_vec()).masked();
                signs.push(format!("‹{}: {masked}›", part_name(diagnosis, piece)));
            } else {
                signs.extend(diff::signs(&self.veil.hide(&piece.bytes)));
            }
        }
        signs
    }

    fn write_ruled_out(
        diagnosis: &Diagnosis<'_>,
        paint: Paint,
        out: &mut impl Write,
    ) -> io::Result<()> {
        let findings = &diagnosis.findings;
        writeln!(
            out,
            "\n{} none of {} mistakes, {} pairs of them and {} orders of JSON members gives it",
            paint.bad("no mistake fits:"),
            findings.singles,
            findings.pairs,
            findings.key_orders
        )?;
        writeln!(
            out,
            "  {}  {}",
            paint.key("ruled out"),
            findings.families.join(", ")
        )?;
        for what in left_out(findings) {
            writeln!(out, "  {}  {what}", paint.key("not tried"))?;
        }
        Ok(())
    }

    fn write_next_steps(&self, paint: Paint, out: &mut impl Write) -> io::Result<()> {
        for step in &self.next_steps {
            writeln!(out, "  {}       {step}", paint.key("next"))?;
        }
        Ok(())
    }

    fn shown(&self, bytes: &[u8]) -> String {
        term::cut(&term::escape(&self.veil.hide(bytes)), 300)
    }

    fn shown_text(&self, text: &str) -> String {
        self.shown(text.as_bytes())
    }
}

/// What was not tried, and why.
fn left_out(findings: &Findings) -> Vec<String> {
    let long = findings
        .left_out
        .iter()
        .map(|what| format!("{what}: the base string is too long for that"));
    let many = findings.too_many_keys.iter().map(|(pointer, count)| {
        let name = if pointer.is_empty() {
            "the body"
        } else {
            pointer
        };
        format!("orders of {name}: it has {count} members, only up to 8 are tried")
    });
    long.chain(many).collect()
}

/// More names of the same bytes than this are counted for people, not listed.
const MOST_ALSO: usize = 5;

fn part_name<'d>(diagnosis: &'d Diagnosis<'_>, piece: &Piece<'_>) -> &'d str {
    match piece.part {
        Some(at) => &diagnosis.form.parts[at].name,
        None if piece.secret => "all parts",
        None => "joiner",
    }
}
