//! The tap: splits what is read into heads and bodies, and reads the heads as they came.
//!
//! It reads along with hyper, which decides what is a request: where hyper refuses, what the
//! tap made of it no longer counts, and only its bytes do.

use std::collections::VecDeque;
use std::mem::MaybeUninit;

use memchr::memchr;

use crate::message::{Headers, Request};
use crate::receiver::MOST_SIZES;

/// So many bytes of what stands behind a head are kept until its body is whole.
pub(super) const BEHIND: usize = 16 << 10;
/// So many sizes of chunks are kept of a body; that there were more is noted.
const SIZES: usize = MOST_SIZES;
/// Most heads are not longer.
const ROOM: usize = 4 << 10;
/// A connection that waits for its next request keeps no more room than this for its body.
const SPARE: usize = 1 << 10;
/// hyper takes so many fields.
const FIELDS: usize = 100;

/// A stream of requests, as far as it was read.
#[derive(Debug, Default)]
pub(super) struct Tap {
    /// Those that are whole, the last one's body perhaps on its way.
    heads: VecDeque<Head>,
    /// The one that is on its way.
    head: Vec<u8>,
    /// Where the last line of `head` starts.
    line: usize,
    /// Room for the first bytes that stand behind the next head.
    spare: Vec<u8>,
    body: Body,
}

#[derive(Debug, Default)]
struct Head {
    /// None where it cannot be read.
    request: Option<Request>,
    raw: Vec<u8>,
    /// The first bytes that stand behind it.
    behind: Came,
    sizes: Vec<u64>,
    is_taken: bool,
    is_over: bool,
}

/// Bytes as they came.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Came {
    pub(super) raw: Vec<u8>,
    /// Whether there was more.
    pub(super) is_cut: bool,
}

impl Came {
    /// Keeps the first so many.
    pub(super) fn keep(&mut self, bytes: &[u8]) {
        let room = BEHIND.saturating_sub(self.raw.len());
        let (kept, cut) = bytes.split_at(bytes.len().min(room));
        self.raw.extend_from_slice(kept);
        self.is_cut |= !cut.is_empty();
    }
}

/// What comes next belongs to a body.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Body {
    /// No.
    #[default]
    None,
    /// So many bytes.
    Length(u64),
    Chunked(Chunk),
    /// Nobody knows where it ends.
    Lost,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Chunk {
    /// The digits of its size.
    Size(u64),
    /// What stands behind the digits.
    Extension(u64),
    Data(u64),
    /// The line's end behind the data.
    End,
    /// A line of the trailer; whether anything stands in it.
    Trailer(bool),
}

impl Tap {
    /// Takes the bytes that were read.
    pub(super) fn feed(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let used = match self.body {
                Body::None => self.feed_head(bytes),
                Body::Length(left) => {
                    let used = least(left, bytes.len());
                    self.keep(&bytes[..used]);
                    self.body = match left - used as u64 {
                        0 => Body::None,
                        left => Body::Length(left),
                    };
                    used
                }
                Body::Chunked(chunk) => {
                    let (next, used) = self.feed_chunk(chunk, bytes);
                    self.keep(&bytes[..used]);
                    self.body = next;
                    used
                }
                Body::Lost => {
                    self.keep(bytes);
                    bytes.len()
                }
            };
            bytes = &bytes[used..];
        }
    }

    /// The request that hyper has read now: its head. None where the tap could not read it.
    pub(super) fn take(&mut self) -> Option<Request> {
        if self.heads.front().is_some_and(|head| head.is_taken) {
            self.heads.pop_front();
        }
        let head = self.heads.front_mut()?;
        head.is_taken = true;
        head.request.take()
    }

    /// The body of the request that was taken is whole: the sizes of its chunks.
    pub(super) fn sizes(&mut self) -> Vec<u64> {
        let Some(head) = self.heads.front_mut() else {
            return Vec::new();
        };
        head.is_over = true;
        let mut raw = std::mem::take(&mut head.raw);
        let mut behind = std::mem::take(&mut head.behind).raw;
        // The next request is most likely as long as this one.
        if behind.capacity() <= SPARE {
            behind.clear();
            self.spare = behind;
        }
        if self.head.capacity() == 0 && raw.capacity() <= ROOM {
            raw.clear();
            self.head = raw;
        }
        std::mem::take(&mut head.sizes)
    }

    /// What came of the request that was taken, its body not being whole.
    pub(super) fn taken(&mut self) -> Came {
        let front = self.heads.front_mut().filter(|head| head.is_taken);
        let Some(head) = front else {
            return Came::default();
        };
        head.is_over = true;
        let mut raw = std::mem::take(&mut head.raw);
        let mut behind = std::mem::take(&mut head.behind);
        raw.append(&mut behind.raw);
        let is_cut = behind.is_cut;
        Came { raw, is_cut }
    }

    /// What came and was not taken.
    pub(super) fn left(&mut self) -> Came {
        let mut left = Came::default();
        for head in self.heads.iter().filter(|head| !head.is_taken) {
            left.raw.extend_from_slice(&head.raw);
            left.raw.extend_from_slice(&head.behind.raw);
            left.is_cut |= head.behind.is_cut;
        }
        left.raw.extend_from_slice(&self.head);
        left
    }

    /// Whether a head is on its way.
    pub(super) fn is_in_head(&self) -> bool {
        !self.head.is_empty()
    }

    fn feed_head(&mut self, bytes: &[u8]) -> usize {
        if self.head.is_empty() {
            self.head.reserve(bytes.len().min(ROOM));
        }
        let Some(end) = memchr(b'\n', bytes) else {
            self.head.extend_from_slice(bytes);
            return bytes.len();
        };
        self.head.extend_from_slice(&bytes[..=end]);
        if !matches!(&self.head[self.line..], b"\n" | b"\r\n") {
            self.line = self.head.len();
        } else if self.line == 0 {
            // RFC 9112, 2.2: an empty line before a request is passed over.
            self.head.clear();
        } else {
            self.line = 0;
            let raw = std::mem::take(&mut self.head);
            let request;
            (self.body, request) = read(&raw);
            self.heads.push_back(Head {
                request,
                raw,
                behind: Came {
                    raw: std::mem::take(&mut self.spare),
                    is_cut: false,
                },
                ..Head::default()
            });
        }
        end + 1
    }

    fn feed_chunk(&mut self, chunk: Chunk, bytes: &[u8]) -> (Body, usize) {
        let byte = bytes[0];
        let next = match chunk {
            Chunk::Size(size) => match char::from(byte).to_digit(16) {
                Some(digit) => match size.checked_mul(16) {
                    Some(size) => Chunk::Size(size + u64::from(digit)),
                    None => return (Body::Lost, 1),
                },
                None if byte == b'\n' => self.begin_chunk(size),
                None => Chunk::Extension(size),
            },
            Chunk::Extension(size) if byte == b'\n' => self.begin_chunk(size),
            Chunk::Data(left) => {
                let used = least(left, bytes.len());
                let next = match left - used as u64 {
                    0 => Chunk::End,
                    left => Chunk::Data(left),
                };
                return (Body::Chunked(next), used);
            }
            Chunk::End if byte == b'\n' => Chunk::Size(0),
            Chunk::Extension(_) | Chunk::End => chunk,
            Chunk::Trailer(false) if byte == b'\n' => return (Body::None, 1),
            Chunk::Trailer(_) if byte == b'\n' => Chunk::Trailer(false),
            Chunk::Trailer(some) => Chunk::Trailer(some || byte != b'\r'),
        };
        (Body::Chunked(next), 1)
    }

    fn begin_chunk(&mut self, size: u64) -> Chunk {
        if size == 0 {
            return Chunk::Trailer(false);
        }
        if let Some(head) = self.heads.back_mut().filter(|it| it.sizes.len() < SIZES) {
            head.sizes.push(size);
        }
        Chunk::Data(size)
    }

    /// Bytes of a body, which are needed only where its request is refused.
    fn keep(&mut self, bytes: &[u8]) {
        if let Some(head) = self.heads.back_mut().filter(|head| !head.is_over) {
            head.behind.keep(bytes);
        }
    }
}

fn least(left: u64, length: usize) -> usize {
    usize::try_from(left).map_or(length, |left| left.min(length))
}

/// What follows a head, and the request that it begins.
fn read(raw: &[u8]) -> (Body, Option<Request>) {
    // Filling them with nothing would take as long as reading the head.
    let mut fields = [const { MaybeUninit::uninit() }; FIELDS];
    let mut head = httparse::Request::new(&mut []);
    let parsed = head.parse_with_uninit_headers(raw, &mut fields);
    if !matches!(parsed, Ok(httparse::Status::Complete(_))) {
        return (Body::Lost, None);
    }
    let (Some(method), Some(target)) = (head.method, head.path) else {
        return (Body::Lost, None);
    };
    let mut request = Request::new(method, target);
    // hyper takes no other version than these two.
    if head.version == Some(0) {
        "HTTP/1.0".clone_into(&mut request.version);
    }
    request.headers = Headers::with_capacity(head.headers.len(), raw.len());
    for field in head.headers.iter() {
        request.headers.push(field.name, field.value);
    }
    (framing(head.headers), Some(request))
}

/// What follows a head. hyper refuses all codings that do not end in chunked.
fn framing(fields: &[httparse::Header<'_>]) -> Body {
    let mut length = 0;
    for field in fields {
        if field.name.eq_ignore_ascii_case("transfer-encoding") {
            return Body::Chunked(Chunk::Size(0));
        }
        if field.name.eq_ignore_ascii_case("content-length") {
            let text = std::str::from_utf8(field.value).unwrap_or_default();
            match text.trim().parse() {
                Ok(number) => length = number,
                Err(_) => return Body::Lost,
            }
        }
    }
    match length {
        0 => Body::None,
        length => Body::Length(length),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TWO: &[u8] = b"\r\nPOST /a HTTP/1.1\r\nA: b\r\nTransfer-Encoding: chunked\r\n\r\n\
        3;x=\"\n\r\nabc\r\n00a\r\n0123456789\r\n0\r\nT: 1\r\n\r\n\
        POST /b HTTP/1.1\nContent-Length: 2\n\nhiGET /c";

    #[test]
    fn an_empty_line_ends_a_head_whatever_its_line_ends_are() {
        let mut tap = Tap::default();
        tap.feed(b"GET / HTTP/1.1\nA: b\r\n\n");
        assert!(!tap.is_in_head());
        assert_eq!(tap.left().raw, b"GET / HTTP/1.1\nA: b\r\n\n");
        assert_eq!(tap.take().unwrap().headers.first("A"), Some(&b"b"[..]));
        assert_eq!(tap.take(), None, "there is one");
    }

    #[test]
    fn what_was_not_taken_is_kept_with_what_stands_behind_it() {
        let mut tap = Tap::default();
        let raw = b"POST /a b HTTP/1.1\r\nContent-Length: 4\r\n\r\nbody";
        tap.feed(raw);
        assert_eq!(tap.left().raw, raw);
        tap.feed(&vec![b'x'; 1 << 20]);
        let left = tap.left();
        assert!(left.raw.starts_with(b"POST /a b") && left.raw.len() <= raw.len() + BEHIND);
        assert!(left.is_cut);
    }

    #[test]
    fn what_was_taken_is_kept_until_its_body_is_whole() {
        let raw = b"POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\nzz";
        let mut tap = Tap::default();
        let (first, second) = raw.split_at(raw.len() - 4);
        tap.feed(first);
        assert_eq!(tap.take().unwrap().target, b"/a");
        tap.feed(second);
        assert_eq!(tap.left(), Came::default());
        let came = tap.taken();
        assert_eq!((came.raw, came.is_cut), (raw.to_vec(), false));
        tap.feed(raw);
        assert_eq!(tap.taken(), Came::default(), "it is told once");
    }

    proptest! {
        #[test]
        fn where_the_reads_end_changes_nothing(cuts in proptest::collection::vec(1_usize..40, 1..60)) {
            let mut tap = Tap::default();
            let mut rest = TWO;
            for cut in cuts {
                let (now, later) = rest.split_at(cut.min(rest.len()));
                tap.feed(now);
                rest = later;
            }
            tap.feed(rest);
            let first = tap.take();
            prop_assert_eq!(first.map(|it| it.target), Some(b"/a".to_vec()));
            prop_assert_eq!(tap.sizes(), [3, 10]);
            prop_assert_eq!(tap.take().map(|it| it.target), Some(b"/b".to_vec()));
            prop_assert!(tap.is_in_head());
            prop_assert_eq!(tap.taken().raw, b"POST /b HTTP/1.1\nContent-Length: 2\n\nhi");
            prop_assert_eq!(tap.left().raw, b"GET /c");
        }
    }
}
