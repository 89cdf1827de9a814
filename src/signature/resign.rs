//! Signs a recorded request anew: a fresh nonce, the time of now, the signature over both.
//!
//! A replay sends the same record many times, so the work is split. [`Resigner::prepare`] finds
//! the form and the places, lays the request's bytes once with values of the right length, and
//! remembers where in them the changing values stand and what is hashed. [`Resigner::refresh`]
//! writes into those bytes and allocates nothing, unless a value changes its length: then all is
//! laid again.
//!
//! Everything else stays as it was recorded, also what looks like a nonce or a time and is not
//! signed: the `id` and `time` of `OneNET` Studio, the id of a standard webhook.

mod prepare;

use std::ops::Range;
use std::sync::Arc;

use crate::check::Scheme;
use crate::error::Error;
use crate::message::{Request, push_body};
use crate::moment::Moment;

use self::prepare::{
    applying, first_of_each, hasher, in_wire, is_percent_encoded, overlap, prefix, signed_range,
    slot, time_text,
};
use super::digest::{Digest, DigestValue, Keyed, LONGEST};
use super::evidence::{Evidence, percent_encoded};
use super::form::MOST_PIECES;
use super::place::{self, PlaceError, fix_length};
use super::recipe::{Form, Source, TimeMeaning, TimeUnit};
use super::secret::{SecretName, Secrets};
use super::verify::{lack_in_words, source_in_words};

/// A recorded request that can be signed anew, again and again.
///
/// What a refresh touches lies close together and apart from the rest: a run over a thousand
/// prepared records waits for memory more than it computes.
#[derive(Debug)]
pub struct Resigner {
    signer: Arc<Signer>,
    /// Head and body, the body in one piece.
    flat: Vec<u8>,
    /// What is drawn or read from the clock, in the order of the form's parts; the signature over
    /// them is the last.
    slots: Vec<Slot>,
    /// The values of the form's parts.
    pieces: Vec<Piece>,
    /// What is hashed and does not stand in `flat` as it is hashed.
    fixed: Vec<u8>,
    /// Places in `fixed` that repeat a slot: its index, and where.
    echoes: Vec<(usize, usize)>,
    /// How many bytes of the signature's place are its prefix.
    prefix: usize,
    /// Whether the signature is percent-encoded, so that its length varies.
    percent: bool,
    chunked: bool,
    layout: Box<Layout>,
}

/// What signs: the same for all records of a form.
#[derive(Debug)]
pub struct Signer {
    form: Form,
    digest: Digest,
    secrets: Secrets,
    hasher: Hasher,
}

/// What is needed only where all is laid anew.
#[derive(Debug)]
struct Layout {
    /// The request with values of the lengths that `flat` was laid with.
    request: Request,
    body_start: usize,
    /// What goes over the wire where the body goes in chunks; empty where it does not.
    framed: Vec<u8>,
    /// The places of the slots.
    sources: Vec<Source>,
}

/// A place whose bytes change with every refresh.
#[derive(Debug)]
struct Slot {
    fill: Fill,
    /// Where in `flat`.
    range: Range<usize>,
}

#[derive(Clone, Copy, Debug)]
enum Fill {
    Chance(&'static [u8]),
    Time(TimeUnit),
    Signature,
}

#[derive(Debug)]
enum Piece {
    Secret(SecretName),
    Fixed(Range<usize>),
    Flat(Range<usize>),
}

#[derive(Debug)]
enum Hasher {
    Plain(Digest),
    Keyed(Keyed),
}

/// Why a request cannot be signed anew.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ResignError {
    /// There is no signature in it; the text says where one would stand.
    #[error("it is not signed: {0}")]
    Unsigned(String),
    /// Something that is signed cannot be found, or no secret for it.
    #[error("{0}")]
    Unreadable(String),
    /// What it carries is a credential that ends at a time of its own.
    #[error("it carries a token that expires, which is issued and not signed anew")]
    Expires,
    /// The signature stands in what is signed.
    #[error("form `{0}` cannot be signed in its place: its signature would cover itself")]
    Covered(String),
    /// The recipe's signature is the raw bytes of a JSON value, which are never a digest's text.
    #[error("form `{0}` cannot be signed in its place: json-raw takes in the quotes")]
    Quotes(String),
    /// The nonce is neither text nor a number.
    #[error("the nonce of form `{0}` is neither a text nor a number")]
    Nonce(String),
    /// A value does not fit at its place.
    #[error(transparent)]
    Place(#[from] PlaceError),
}

impl ResignError {
    /// What to do instead.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Expires => Some("issue a token with `pushrig sign onenet-studio`"),
            Self::Unsigned(_) => Some("send it as it was recorded with --keep"),
            _ => None,
        }
    }
}

impl From<ResignError> for Error {
    fn from(why: ResignError) -> Self {
        let error = Self::usage(why.to_string());
        match why.hint() {
            Some(hint) => error.with_hint(hint),
            None => error,
        }
    }
}

impl Resigner {
    /// Makes a request ready and signs it for the first time, with the first secret of its kind.
    ///
    /// A signed URL is that of the request: its scheme, `Host` and target are already those of
    /// where it will go.
    pub fn prepare(
        scheme: &Scheme,
        request: &Request,
        secrets: &Secrets,
        moment: &mut Moment,
    ) -> Result<Self, ResignError> {
        let (form, digest) = applying(&scheme.recipe, request, secrets)?;
        let expires = |form: &Form| {
            let rule = form.time.as_ref();
            rule.is_some_and(|rule| rule.meaning == TimeMeaning::Expires)
        };
        if expires(form) {
            return Err(ResignError::Expires);
        }
        if matches!(form.signature.source, Source::JsonRaw(_)) {
            return Err(ResignError::Quotes(form.name.clone()));
        }
        let mut request = request.clone();
        let hasher = hasher(form, digest, secrets)?;
        let (mut sources, mut slots) = (Vec::new(), Vec::new());
        let blank_slot = |fill| Slot { fill, range: 0..0 };
        for part in &form.parts {
            if let Some((source, fill)) = slot(scheme, form, part, &mut request, moment)?
                && !sources.contains(&source)
            {
                sources.push(source);
                slots.push(blank_slot(fill));
            }
        }
        let percent = is_percent_encoded(form, &request);
        let prefix = prefix(form, percent);
        let text = b"0".repeat(form.output.length(digest.size()));
        let blank = [prefix.as_slice(), &text].concat();
        place::write(&mut request, &form.signature.source, &blank)?;
        fix_length(&mut request);
        sources.push(form.signature.source.clone());
        slots.push(blank_slot(Fill::Signature));
        let mut resigner = Self {
            signer: Arc::new(Signer {
                secrets: first_of_each(form, secrets),
                form: form.clone(),
                digest,
                hasher,
            }),
            flat: Vec::new(),
            slots,
            pieces: Vec::new(),
            fixed: Vec::new(),
            echoes: Vec::new(),
            prefix: prefix.len(),
            percent,
            chunked: !request.chunks.is_empty(),
            layout: Box::new(Layout {
                request,
                body_start: 0,
                framed: Vec::new(),
                sources,
            }),
        };
        resigner.lay()?;
        resigner.refresh(moment);
        Ok(resigner)
    }

    /// Shares what signs with other records of the same form and the same secrets.
    pub fn share(&mut self, known: &mut Vec<Arc<Signer>>) {
        let same = |known: &&Arc<Signer>| {
            known.digest == self.signer.digest && known.form == self.signer.form
        };
        match known.iter().find(same) {
            Some(same) => self.signer = Arc::clone(same),
            None => known.push(Arc::clone(&self.signer)),
        }
    }

    /// A fresh nonce, the time of `moment`, and the signature over them.
    pub fn refresh(&mut self, moment: &mut Moment) {
        for index in 0..self.slots.len() {
            let slot = &self.slots[index];
            match slot.fill {
                Fill::Chance(alphabet) => {
                    let range = slot.range.clone();
                    moment.fill(alphabet, &mut self.flat[range]);
                    self.echo(index);
                }
                Fill::Time(unit) => {
                    let mut text = [0; LONGEST];
                    let size = time_text(moment, unit, &mut text);
                    self.put(index, &text[..size]);
                }
                Fill::Signature => {
                    let digest = self.digest();
                    let mut text = [0; LONGEST];
                    let size = self.signer.form.output.write(&digest, &mut text);
                    self.put_signature(index, &text[..size]);
                }
            }
        }
        self.frame();
    }

    /// The bytes to send, signed by the last refresh.
    #[must_use]
    pub fn wire(&self) -> &[u8] {
        if self.chunked {
            &self.layout.framed
        } else {
            &self.flat
        }
    }

    /// The same as a request.
    #[must_use]
    pub fn request(&self) -> Request {
        let mut request = self.layout.request.clone();
        for (slot, source) in self.slots.iter().zip(&self.layout.sources) {
            let raw = &self.flat[slot.range.clone()];
            if let Some(place) = place::locate(&request, source) {
                place.write(&mut request, raw);
            }
        }
        request
    }

    /// The form that it is signed by.
    #[must_use]
    pub fn form(&self) -> &Form {
        &self.signer.form
    }

    /// Writes a slot's bytes; another length lays all anew.
    fn put(&mut self, index: usize, text: &[u8]) {
        let slot = &self.slots[index];
        if slot.range.len() == text.len() {
            self.flat[slot.range.clone()].copy_from_slice(text);
            self.echo(index);
        } else {
            let source = self.layout.sources[index].clone();
            self.lay_with(&source, text);
        }
    }

    /// Repeats a slot where a signed URL holds it.
    fn echo(&mut self, index: usize) {
        let range = self.slots[index].range.clone();
        for &(_, at) in self.echoes.iter().filter(|(slot, _)| *slot == index) {
            self.fixed[at..at + range.len()].copy_from_slice(&self.flat[range.clone()]);
        }
    }

    /// Writes the signature behind its prefix.
    fn put_signature(&mut self, index: usize, text: &[u8]) {
        let range = self.slots[index].range.clone();
        let start = range.start + self.prefix;
        if self.percent {
            let prefix = &self.flat[range.start..start];
            let text = [prefix, percent_encoded(text).as_bytes()].concat();
            self.put(index, &text);
        } else {
            self.flat[start..range.end].copy_from_slice(text);
        }
    }

    /// Lays all anew around a value of another length.
    fn lay_with(&mut self, source: &Source, text: &[u8]) {
        let mut request = self.request();
        if let Some(place) = place::locate(&request, source) {
            place.write(&mut request, text);
        }
        fix_length(&mut request);
        self.layout.request = request;
        self.lay()
            .expect("what could be laid once can be laid with another length");
    }

    /// Lays the request's bytes and finds in them what changes and what is hashed.
    fn lay(&mut self) -> Result<(), ResignError> {
        let by = Arc::clone(&self.signer);
        let form = &by.form;
        let Layout {
            request, sources, ..
        } = &*self.layout;
        self.flat.clear();
        request.write_head(&mut self.flat);
        let body_start = self.flat.len();
        self.flat.extend_from_slice(&request.body);
        for (slot, source) in self.slots.iter_mut().zip(sources) {
            let place = place::locate(request, source)
                .ok_or_else(|| PlaceError::NoPlace(source_in_words(source)))?;
            slot.range = in_wire(request, body_start, &place);
        }
        self.fixed.clear();
        self.echoes.clear();
        self.pieces.clear();
        let evidence = Evidence::of(request);
        let ingredients = form
            .gather(&evidence)
            .map_err(|lack| ResignError::Unreadable(lack_in_words(form, &lack)))?;
        for (part, value) in form.parts.iter().zip(&ingredients.values) {
            let signed = signed_range(request, body_start, self.flat.len(), &part.source);
            let covered = |slot: &Slot| {
                let signed = signed.as_ref();
                signed.is_some_and(|signed| overlap(signed, &slot.range))
            };
            if self.slots.last().is_some_and(covered) {
                return Err(ResignError::Covered(form.name.clone()));
            }
            let piece = match (&part.source, &signed) {
                (Source::Secret(name), _) => Piece::Secret(*name),
                (source, Some(signed)) if self.is_verbatim(source, signed) => {
                    Piece::Flat(signed.clone())
                }
                (source, _) => {
                    let start = self.fixed.len();
                    self.fixed.extend_from_slice(value);
                    let end = self.fixed.len();
                    if let (Source::Url(_), Some(signed)) = (source, &signed) {
                        // The target is the end of a URL.
                        let target = end - signed.len();
                        for (index, slot) in self.slots.iter().enumerate() {
                            if overlap(signed, &slot.range) {
                                let at = target + slot.range.start - signed.start;
                                self.echoes.push((index, at));
                            }
                        }
                    }
                    Piece::Fixed(start..end)
                }
            };
            self.pieces.push(piece);
        }
        self.layout.body_start = body_start;
        self.frame();
        Ok(())
    }

    /// Whether what a part is made of is hashed as it stands.
    fn is_verbatim(&self, source: &Source, range: &Range<usize>) -> bool {
        match source {
            Source::Header(_) | Source::JsonRaw(_) | Source::Body { .. } => true,
            Source::Url(_) => false,
            // What is written into a slot needs no escapes.
            _ => self.slots.iter().any(|slot| slot.range == *range),
        }
    }

    fn digest(&self) -> DigestValue {
        let mut pieces: [&[u8]; MOST_PIECES] = [&[]; MOST_PIECES];
        for (into, piece) in pieces.iter_mut().zip(&self.pieces) {
            *into = match piece {
                Piece::Fixed(range) => &self.fixed[range.clone()],
                Piece::Flat(range) => &self.flat[range.clone()],
                Piece::Secret(name) => self
                    .signer
                    .secrets
                    .first(*name)
                    .map_or(&[], |secret| secret.expose()),
            };
        }
        let count = self.signer.form.arrange(&mut pieces, self.pieces.len());
        let pieces = pieces[..count].iter().copied();
        match &self.signer.hasher {
            Hasher::Plain(digest) => digest.hash(pieces),
            Hasher::Keyed(keyed) => keyed.hmac(pieces),
        }
    }

    /// Puts the body into its chunks, if it goes in chunks.
    fn frame(&mut self) {
        if !self.chunked {
            return;
        }
        let Layout {
            request,
            body_start,
            framed,
            ..
        } = &mut *self.layout;
        let (head, body) = self.flat.split_at(*body_start);
        framed.clear();
        framed.extend_from_slice(head);
        push_body(framed, body, &request.chunks);
    }
}

#[cfg(test)]
mod tests;
