//! What can be wrong with a reply, in words.

use crate::term;

/// What is wrong with a reply.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Flaw {
    /// It is not HTTP.
    #[error("the answer is not HTTP: it starts with `{}`", shown(start))]
    NotHttp {
        /// Its first bytes.
        start: Vec<u8>,
    },
    /// It begins like HTTP, and its head breaks the rules.
    #[error("the head of the answer is malformed: {0}")]
    Malformed(String),
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
    /// Only interim replies came, such as 100.
    #[error("the server closed the connection after an interim answer (1xx)")]
    Interim,
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
            // The SETTINGS that every HTTP/2 server begins with.
            Self::NotHttp { start }
                if matches!(start.as_slice(), [0, 0, _, 4, 0, 0, 0, 0, 0, ..]) =>
            {
                Some("it speaks HTTP/2 without being asked, and pushrig speaks HTTP/1.1")
            }
            Self::Early(Early::Nothing) => Some(
                "look at its log: did it fail? One that closes after each answer must say \
                 `Connection: close`",
            ),
            _ => None,
        }
    }
}

pub(super) fn shown(start: &[u8]) -> String {
    term::cut(&term::escape(start), 40)
}

/// What httparse refused, with the line if it can be told.
pub(super) fn of_head(text: &[u8], why: httparse::Error) -> Flaw {
    if !text.trim_ascii_start().starts_with(b"HTTP/1.") {
        return Flaw::NotHttp {
            start: text[..text.len().min(60)].to_vec(),
        };
    }
    if matches!(why, httparse::Error::Status | httparse::Error::Version) {
        let line = text.split(|&byte| byte == b'\n').next().unwrap_or_default();
        return Flaw::Malformed(format!(
            "`{}` is no status line",
            shown(line.trim_ascii_end())
        ));
    }
    let mut lines = text.split(|&byte| byte == b'\n').skip(1);
    let wrong = lines.find(|line| {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        !line.is_empty() && !line.starts_with(b" ") && !line.starts_with(b"\t") && !is_field(line)
    });
    Flaw::Malformed(match wrong {
        Some(line) => format!("`{}` is no header", shown(line.trim_ascii_end())),
        None => why.to_string(),
    })
}

fn is_field(line: &[u8]) -> bool {
    let colon = memchr::memchr(b':', line).unwrap_or_default();
    let (name, value) = line.split_at(colon);
    !name.is_empty()
        && name
            .iter()
            .all(|byte| byte.is_ascii_graphic() && !b"\"(),/;<=>?@[\\]{}".contains(byte))
        && value
            .iter()
            .all(|&byte| byte == b'\t' || (byte >= b' ' && byte != 0x7f))
}
