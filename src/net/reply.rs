//! A reply as it arrives: bytes in, and whether it is complete. Nothing here reads a socket.
//!
//! It knows the three framings of HTTP/1.1 (`Content-Length`, chunked, until the connection
//! closes), skips interim replies such as 100, and limits head and body, so that a server that
//! never ends does not fill the memory. HTTP/2 and content encodings are not its business.

mod flaw;
mod frame;

use std::mem::MaybeUninit;

use httparse::{ParserConfig, Status};

use crate::message::{Headers, Response};

use flaw::shown;
pub use flaw::{Early, Flaw};
use frame::{Frame, Framing};

/// How much of a reply is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the head, interim replies and trailers included.
    pub head: usize,
    /// Bytes of the body.
    pub body: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            head: 64 << 10,
            body: 16 << 20,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Head,
    Length,
    /// At the line with a chunk's size.
    Size,
    /// So many bytes of the chunk are missing.
    Chunk(usize),
    /// At the line break behind a chunk.
    ChunkEnd,
    Trailers,
    Close,
    Done,
}

/// A reply that is being read. It is used again for the next one on the same connection.
#[derive(Debug)]
pub struct Incoming {
    limits: Limits,
    /// What came since the last reply ended.
    buffer: Vec<u8>,
    /// How much of `buffer` is understood.
    at: usize,
    state: State,
    status: u16,
    /// Where the final head lies in `buffer`.
    head: (usize, usize),
    framing: Framing,
    persistent: bool,
    /// A chunked body, put together.
    joined: Vec<u8>,
    /// The bytes of chunk lines and trailers so far.
    overhead: usize,
    bodiless: bool,
}

impl Incoming {
    /// Nothing read yet.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            buffer: Vec::new(),
            at: 0,
            state: State::Head,
            status: 0,
            head: (0, 0),
            framing: Framing::Close,
            persistent: false,
            joined: Vec::new(),
            overhead: 0,
            bodiless: false,
        }
    }

    /// Starts with the next reply; `to_head` if it answers a HEAD, which never has a body.
    pub fn restart(&mut self, to_head: bool) {
        for memory in [&mut self.buffer, &mut self.joined] {
            memory.clear();
            // What one big reply needed is not kept for all that follow.
            memory.shrink_to(KEPT);
        }
        self.overhead = 0;
        self.at = 0;
        self.state = State::Head;
        self.status = 0;
        self.bodiless = to_head;
    }

    /// Forgets the reply and gives its memory back, for a connection that will be idle.
    pub fn release(&mut self) {
        self.restart(false);
        self.buffer = Vec::new();
        self.joined = Vec::new();
    }

    /// Takes what arrived; true once the reply is complete.
    pub fn take(&mut self, bytes: &[u8]) -> Result<bool, Flaw> {
        self.buffer.extend_from_slice(bytes);
        while self.step()? {}
        if self.framing == Framing::Chunked && self.is_in_body() {
            // What is put together already need not be held twice.
            self.buffer.drain(self.head.1..self.at);
            self.at = self.head.1;
        }
        Ok(self.is_complete())
    }

    fn is_in_body(&self) -> bool {
        !matches!(self.state, State::Head | State::Done)
    }

    /// The connection closed.
    pub fn close(&mut self) -> Result<(), Flaw> {
        let early = match self.state {
            State::Done => return Ok(()),
            State::Close => {
                self.state = State::Done;
                return Ok(());
            }
            State::Head if self.buffer.is_empty() => Early::Nothing,
            State::Head if self.at == self.buffer.len() => Early::Interim,
            State::Head => Early::Head(self.buffer.len()),
            _ => Early::Body {
                status: self.status,
                have: self.body_so_far().len(),
            },
        };
        Err(Flaw::Early(early))
    }

    /// Whether all of it is there.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.state == State::Done
    }

    /// Whether nothing has come.
    #[must_use]
    pub fn is_untouched(&self) -> bool {
        self.buffer.is_empty()
    }

    /// The status; 0 before the head is complete.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The body, put together if it was chunked.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        self.body_so_far()
    }

    /// Whether the connection can take another request.
    #[must_use]
    pub fn keeps_alive(&self) -> bool {
        self.is_complete()
            && self.persistent
            && self.framing != Framing::Close
            && self.surplus().is_empty()
    }

    /// What came behind the end of the reply, where nothing belongs: a `Content-Length` that is
    /// too small, for one.
    #[must_use]
    pub fn surplus(&self) -> &[u8] {
        if self.is_complete() {
            &self.buffer[self.at..]
        } else {
            &[]
        }
    }

    /// The reason phrase behind the status.
    #[must_use]
    pub fn reason(&self) -> &[u8] {
        let head = &self.buffer[self.head.0..self.head.1];
        let line = head.split(|&byte| byte == b'\n').next().unwrap_or_default();
        let mut words = line.trim_ascii_end().splitn(3, |&byte| byte == b' ');
        words.nth(2).unwrap_or_default()
    }

    /// The reply as a value.
    #[must_use]
    pub fn response(&self) -> Response {
        let mut headers = Headers::new();
        let mut fields = [httparse::EMPTY_HEADER; MOST_FIELDS];
        let mut parsed = httparse::Response::new(&mut fields);
        let head = &self.buffer[self.head.0..self.head.1];
        if config().parse_response(&mut parsed, head).is_ok() {
            for field in parsed.headers.iter() {
                headers.push(field.name, field.value);
            }
        }
        Response {
            status: self.status,
            headers,
            body: self.body_so_far().to_vec(),
            ms: None,
        }
    }

    fn body_so_far(&self) -> &[u8] {
        match self.framing {
            _ if self.state == State::Head => &[],
            Framing::Chunked => &self.joined,
            Framing::Length(length) => {
                let start = self.head.1;
                let end = (start + length).min(self.buffer.len());
                &self.buffer[start..end]
            }
            Framing::Close => &self.buffer[self.head.1..],
        }
    }

    /// Understands a little more; false where more bytes are needed, or none.
    fn step(&mut self) -> Result<bool, Flaw> {
        match self.state {
            State::Head => self.read_head(),
            State::Length => {
                let Framing::Length(length) = self.framing else {
                    return Ok(false);
                };
                let end = self.head.1 + length;
                if self.buffer.len() < end {
                    return Ok(false);
                }
                self.at = end;
                self.state = State::Done;
                Ok(false)
            }
            State::Close => {
                if self.buffer.len() - self.head.1 > self.limits.body {
                    return Err(self.body_too_long());
                }
                self.at = self.buffer.len();
                Ok(false)
            }
            State::Size => self.read_size(),
            State::Chunk(missing) => {
                let here = missing.min(self.buffer.len() - self.at);
                if here == 0 {
                    return Ok(false);
                }
                self.joined
                    .extend_from_slice(&self.buffer[self.at..self.at + here]);
                self.at += here;
                self.state = match missing - here {
                    0 => State::ChunkEnd,
                    rest => State::Chunk(rest),
                };
                Ok(true)
            }
            State::ChunkEnd => match self.line()? {
                None => Ok(false),
                Some((start, end)) if start == end => {
                    self.state = State::Size;
                    Ok(true)
                }
                Some(_) => Err(Flaw::Framing(
                    "a chunk is longer than its size says".to_owned(),
                )),
            },
            State::Trailers => match self.line()? {
                None => Ok(false),
                Some((start, end)) if start == end => {
                    self.state = State::Done;
                    Ok(false)
                }
                Some(_) => Ok(true),
            },
            State::Done => Ok(false),
        }
    }

    fn read_head(&mut self) -> Result<bool, Flaw> {
        let text = &self.buffer[self.at..];
        if text.is_empty() {
            return Ok(false);
        }
        let mut fields = [const { MaybeUninit::uninit() }; MOST_FIELDS];
        let mut parsed = httparse::Response::new(&mut []);
        let size = match config().parse_response_with_uninit_headers(&mut parsed, text, &mut fields)
        {
            Ok(Status::Complete(size)) => size,
            Ok(Status::Partial) if self.buffer.len() > self.limits.head => {
                return Err(self.head_too_long());
            }
            Ok(Status::Partial) => return Ok(false),
            Err(httparse::Error::TooManyHeaders) => {
                return Err(Flaw::Malformed(format!(
                    "it has more than {MOST_FIELDS} fields"
                )));
            }
            Err(why) => return Err(flaw::of_head(text, why)),
        };
        let status = parsed.code.unwrap_or_default();
        if status < 100 {
            return Err(Flaw::Malformed(format!("the status is {status:03}")));
        }
        let start = self.at;
        self.at += size;
        if self.at > self.limits.head {
            return Err(self.head_too_long());
        }
        // 101 is the last word on this connection; the other 1xx announce a final reply.
        if (100..200).contains(&status) && status != 101 {
            return Ok(true);
        }
        let Frame {
            framing,
            persistent,
        } = Frame::of(&parsed)?;
        self.status = status;
        self.head = (start, self.at);
        // After 101 the connection speaks another protocol.
        self.persistent = persistent && status != 101;
        let bodiless = self.bodiless || matches!(status, 101 | 204 | 304);
        (self.framing, self.state) = match framing {
            _ if bodiless => (Framing::Length(0), State::Length),
            Framing::Length(length) if length > self.limits.body => {
                return Err(self.body_too_long());
            }
            Framing::Length(_) => (framing, State::Length),
            Framing::Chunked => (framing, State::Size),
            Framing::Close => (framing, State::Close),
        };
        Ok(true)
    }

    fn read_size(&mut self) -> Result<bool, Flaw> {
        let Some((start, end)) = self.line()? else {
            return Ok(false);
        };
        let line = &self.buffer[start..end];
        let digits = line.split(|&byte| byte == b';').next().unwrap_or_default();
        let digits = digits.trim_ascii();
        let size = std::str::from_utf8(digits)
            .ok()
            // The standard library would take a sign.
            .filter(|_| digits.iter().all(u8::is_ascii_hexdigit))
            .and_then(|digits| usize::from_str_radix(digits, 16).ok())
            .ok_or_else(|| Flaw::Framing(format!("`{}` is no chunk size", shown(line))))?;
        if self.joined.len().saturating_add(size) > self.limits.body {
            return Err(self.body_too_long());
        }
        self.state = match size {
            0 => State::Trailers,
            size => State::Chunk(size),
        };
        Ok(true)
    }

    /// The next line of chunk framing, without its end; none if it is not complete.
    fn line(&mut self) -> Result<Option<(usize, usize)>, Flaw> {
        let start = self.at;
        let Some(length) = memchr::memchr(b'\n', &self.buffer[start..]) else {
            self.check_overhead(self.buffer.len() - start)?;
            return Ok(None);
        };
        let end = start + length;
        self.at = end + 1;
        // Sizes alone are no burden, however small the chunks: the limit of the body ends them.
        let free = if self.state == State::Trailers {
            0
        } else {
            PLAIN_LINE
        };
        self.overhead += (length + 1).saturating_sub(free);
        self.check_overhead(0)?;
        let bare = match self.buffer[start..end].last() {
            Some(b'\r') => end - 1,
            _ => end,
        };
        Ok(Some((start, bare)))
    }

    fn check_overhead(&self, unfinished: usize) -> Result<(), Flaw> {
        if self.overhead + unfinished > self.limits.head + PLAIN_LINE {
            return Err(Flaw::Framing(format!(
                "chunk lines and trailers are longer than {} KiB",
                self.limits.head >> 10
            )));
        }
        Ok(())
    }

    fn head_too_long(&self) -> Flaw {
        Flaw::Head {
            limit: self.limits.head,
        }
    }

    fn body_too_long(&self) -> Flaw {
        Flaw::Body {
            limit: self.limits.body,
        }
    }
}

/// A line with a chunk's size and nothing else, or none.
const PLAIN_LINE: usize = 18;

/// Memory that a connection keeps between replies.
const KEPT: usize = 4 << 10;

/// More fields than that have no meaning that this could miss.
const MOST_FIELDS: usize = 128;

fn config() -> ParserConfig {
    let mut config = ParserConfig::default();
    // Clients of the platforms take folded lines too.
    config.allow_obsolete_multiline_headers_in_responses(true);
    config
}

#[cfg(test)]
mod tests;
