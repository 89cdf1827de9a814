//! A reply as it arrives: bytes in, and whether it is complete. Nothing here reads a socket.
//!
//! It knows the three framings of HTTP/1.1 (`Content-Length`, chunked, until the connection
//! closes), skips interim replies such as 100, and limits head and body, so that a server that
//! never ends does not fill the memory. HTTP/2 and content encodings are not its business.

use std::mem::MaybeUninit;

use httparse::{ParserConfig, Status};

use crate::message::{Headers, Response};
use crate::term;

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

/// What is wrong with a reply.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Flaw {
    /// It is not HTTP.
    #[error("the answer is not HTTP: it starts with `{}`", shown(start))]
    NotHttp {
        /// Its first bytes.
        start: Vec<u8>,
    },
    /// The head does not end.
    #[error("the head of the answer is longer than {} KiB", limit >> 10)]
    Head {
        /// The limit.
        limit: usize,
    },
    /// The body does not end, or is too long.
    #[error("the body of the answer is longer than {} MiB", limit >> 20)]
    Body {
        /// The limit.
        limit: usize,
    },
    /// Its framing contradicts itself.
    #[error("the answer's framing is wrong: {0}")]
    Framing(String),
    /// The connection closed before it was complete.
    #[error("{0}")]
    Early(Early),
}

/// How far a reply came before the connection closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Early {
    /// Nothing came.
    #[error("the server closed the connection without an answer")]
    Nothing,
    /// The head is not complete.
    #[error("the server closed the connection in the middle of the head, after {0} bytes")]
    Head(usize),
    /// The body is not complete.
    #[error("the server closed the connection after {have} bytes of the body (status {status})")]
    Body {
        /// The status.
        status: u16,
        /// The bytes that came.
        have: usize,
    },
}

impl Flaw {
    /// The next thing to try.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            // A TLS record: handshake or alert, version 3.x.
            Self::NotHttp { start } if matches!(start.as_slice(), [0x15 | 0x16, 0x03, ..]) => {
                Some("it speaks TLS: write https:// in the URL")
            }
            _ => None,
        }
    }
}

fn shown(start: &[u8]) -> String {
    term::cut(&term::escape(start), 40)
}

/// How the end of the body is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Framing {
    /// It has so many bytes.
    Length(usize),
    Chunked,
    /// It ends with the connection.
    Close,
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
            bodiless: false,
        }
    }

    /// Starts with the next reply; `to_head` if it answers a HEAD, which never has a body.
    pub fn restart(&mut self, to_head: bool) {
        self.buffer.clear();
        self.joined.clear();
        self.at = 0;
        self.state = State::Head;
        self.status = 0;
        self.bodiless = to_head;
    }

    /// Takes what arrived; true once the reply is complete.
    pub fn take(&mut self, bytes: &[u8]) -> Result<bool, Flaw> {
        self.buffer.extend_from_slice(bytes);
        while self.step()? {}
        Ok(self.is_complete())
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

    /// Whether the body came in chunks.
    #[must_use]
    pub fn is_chunked(&self) -> bool {
        self.framing == Framing::Chunked
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
                Some((start, end)) => {
                    if start == end {
                        self.state = State::Done;
                    }
                    Ok(start != end)
                }
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
                return Err(Flaw::Head {
                    limit: self.limits.head,
                });
            }
            Ok(Status::Partial) => return Ok(false),
            Err(httparse::Error::TooManyHeaders) => {
                return Err(Flaw::Framing(format!(
                    "the head has more than {MOST_FIELDS} fields"
                )));
            }
            Err(_) => {
                return Err(Flaw::NotHttp {
                    start: text[..text.len().min(60)].to_vec(),
                });
            }
        };
        let status = parsed.code.unwrap_or_default();
        let start = self.at;
        self.at += size;
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
        self.persistent = persistent;
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
        let size = std::str::from_utf8(digits.trim_ascii())
            .ok()
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
            if self.buffer.len() - start > self.limits.head {
                return Err(Flaw::Framing("a chunk's line does not end".to_owned()));
            }
            return Ok(None);
        };
        let end = start + length;
        self.at = end + 1;
        let bare = match self.buffer[start..end].last() {
            Some(b'\r') => end - 1,
            _ => end,
        };
        Ok(Some((start, bare)))
    }

    fn body_too_long(&self) -> Flaw {
        Flaw::Body {
            limit: self.limits.body,
        }
    }
}

/// More fields than that have no meaning that this could miss.
const MOST_FIELDS: usize = 128;

fn config() -> ParserConfig {
    let mut config = ParserConfig::default();
    // Clients of the platforms take folded lines too.
    config.allow_obsolete_multiline_headers_in_responses(true);
    config
}

/// What the head says of the body and of the connection.
struct Frame {
    framing: Framing,
    persistent: bool,
}

impl Frame {
    fn of(head: &httparse::Response<'_, '_>) -> Result<Self, Flaw> {
        let mut length = None;
        let mut chunked = false;
        let mut persistent = head.version == Some(1);
        for field in head.headers.iter() {
            let value = field.value.trim_ascii();
            match field.name.len() {
                14 if field.name.eq_ignore_ascii_case("content-length") => {
                    let number = std::str::from_utf8(value)
                        .ok()
                        .filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()))
                        .and_then(|text| text.parse::<usize>().ok())
                        .ok_or_else(|| {
                            Flaw::Framing(format!("Content-Length is `{}`", shown(value)))
                        })?;
                    if length.is_some_and(|length| length != number) {
                        return Err(Flaw::Framing("two Content-Lengths differ".to_owned()));
                    }
                    length = Some(number);
                }
                17 if field.name.eq_ignore_ascii_case("transfer-encoding") => {
                    chunked = ends_with_token(value, "chunked");
                }
                10 if field.name.eq_ignore_ascii_case("connection") => {
                    if has_token(value, "close") {
                        persistent = false;
                    } else if has_token(value, "keep-alive") {
                        persistent = true;
                    }
                }
                _ => {}
            }
        }
        let framing = match length {
            // RFC 9112, 6.3: the transfer coding wins.
            _ if chunked => Framing::Chunked,
            Some(length) => Framing::Length(length),
            None => Framing::Close,
        };
        Ok(Self {
            framing,
            persistent,
        })
    }
}

fn tokens(value: &[u8]) -> impl DoubleEndedIterator<Item = &[u8]> {
    value.split(|&byte| byte == b',').map(<[u8]>::trim_ascii)
}

fn has_token(value: &[u8], token: &str) -> bool {
    tokens(value).any(|have| have.eq_ignore_ascii_case(token.as_bytes()))
}

fn ends_with_token(value: &[u8], token: &str) -> bool {
    tokens(value)
        .next_back()
        .is_some_and(|have| have.eq_ignore_ascii_case(token.as_bytes()))
}
