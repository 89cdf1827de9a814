//! What the head of a reply says of its body and of the connection: RFC 9112, 6.3 and 9.3.

use super::flaw::{Flaw, shown};

/// How the end of the body is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Framing {
    /// It has so many bytes.
    Length(usize),
    Chunked,
    /// It ends with the connection.
    Close,
}

/// What the head says of the body and of the connection.
pub(super) struct Frame {
    pub(super) framing: Framing,
    /// Whether the server will take another request.
    pub(super) persistent: bool,
}

impl Frame {
    pub(super) fn of(head: &httparse::Response<'_, '_>) -> Result<Self, Flaw> {
        let is_11 = head.version == Some(1);
        let mut length = None;
        let mut coding = None;
        let (mut close, mut keep) = (false, false);
        for field in head.headers.iter() {
            let value = field.value.trim_ascii();
            match field.name.len() {
                14 if field.name.eq_ignore_ascii_case("content-length") => {
                    let number = number(value).ok_or_else(|| {
                        Flaw::Framing(format!("Content-Length is `{}`", shown(value)))
                    })?;
                    if length.is_some_and(|length| length != number) {
                        return Err(Flaw::Framing("two Content-Lengths differ".to_owned()));
                    }
                    length = Some(number);
                }
                17 if field.name.eq_ignore_ascii_case("transfer-encoding") => {
                    // The last one that was applied tells the end of the body.
                    coding = tokens(value).next_back();
                }
                10 if field.name.eq_ignore_ascii_case("connection") => {
                    close |= has_token(value, "close");
                    keep |= has_token(value, "keep-alive");
                }
                _ => {}
            }
        }
        let framing = match (coding, length) {
            (Some(coding), _) if coding.eq_ignore_ascii_case(b"chunked") => Framing::Chunked,
            // RFC 7230 took it away; old servers still say it, and mean nothing by it.
            (Some(coding), Some(length)) if coding.eq_ignore_ascii_case(b"identity") => {
                Framing::Length(length)
            }
            (None, Some(length)) => Framing::Length(length),
            _ => Framing::Close,
        };
        // A server that says both lengths may mean the other one; HTTP/1.0 knows no codings.
        let doubtful = coding.is_some() && (length.is_some() || !is_11);
        Ok(Self {
            framing,
            persistent: (is_11 || keep) && !close && !doubtful,
        })
    }
}

fn number(value: &[u8]) -> Option<usize> {
    let digits = value.iter().all(u8::is_ascii_digit);
    let text = std::str::from_utf8(value).ok().filter(|_| digits)?;
    text.parse().ok()
}

fn tokens(value: &[u8]) -> impl DoubleEndedIterator<Item = &[u8]> {
    value.split(|&byte| byte == b',').map(<[u8]>::trim_ascii)
}

fn has_token(value: &[u8], token: &str) -> bool {
    tokens(value).any(|have| have.eq_ignore_ascii_case(token.as_bytes()))
}
