//! From a line to a [`Record`].

use std::borrow::Cow;
use std::str;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use memchr::{memchr, memmem};
use serde_json::value::RawValue;

use super::{Content, Direction, Extra, MqttMessage, Record};
use crate::json::scan::{self, JsonError, Member};
use crate::message::{Headers, Request, Response};

/// Why a line is not a record, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct RecordError {
    /// The offset in the line, in bytes from 0.
    pub at: usize,
    /// What is wrong there.
    pub why: String,
}

impl From<JsonError> for RecordError {
    fn from(error: JsonError) -> Self {
        Self {
            at: error.at,
            why: error.why.to_owned(),
        }
    }
}

/// Whether a line means to be a record: an object with a member `v` and one of `request`, `mqtt`
/// and `unparsed`.
#[must_use]
pub fn is_record(line: &[u8]) -> bool {
    // Most bare bodies have no such text anywhere, so they are told apart without being scanned.
    if memmem::find(line, b"\"v\"").is_none() {
        return false;
    }
    scan::members(line).is_ok_and(|members| means_record(&members))
}

/// [`is_record`] of members that were scanned already.
pub(crate) fn means_record(members: &[Member<'_>]) -> bool {
    let has = |name: &[u8]| members.iter().any(|member| member.name == name);
    has(b"v") && (has(b"request") || has(b"mqtt") || has(b"unparsed"))
}

impl Record {
    /// Reads one line of a capture.
    ///
    /// # Errors
    /// Not a JSON object, `v` missing or not 1, none or several of `request`, `mqtt` and
    /// `unparsed`, a member twice, or a known member with a value of the wrong kind.
    pub fn parse(line: &[u8]) -> Result<Self, RecordError> {
        let mut members = Vec::with_capacity(12);
        scan::members_into(line, &mut members)?;
        Self::from_members(line, &members)
    }

    /// [`Record::parse`] of members that were scanned already.
    pub(crate) fn from_members(line: &[u8], members: &[Member<'_>]) -> Result<Self, RecordError> {
        let mut reader = Reader {
            line,
            members: Vec::with_capacity(8),
        };
        reader.record(members)
    }
}

/// The line that offsets are counted in, and room for the members of the object being read.
struct Reader<'a> {
    line: &'a [u8],
    members: Vec<Member<'a>>,
}

impl<'a> Reader<'a> {
    fn record(&mut self, members: &[Member<'a>]) -> Result<Record, RecordError> {
        let mut extra = Extra::new();
        let names = [
            "v", "at", "platform", "peer", "scheme", "request", "mqtt", "unparsed", "response",
            "verdict", "why", "by", "note",
        ];
        let [
            v,
            at,
            platform,
            peer,
            scheme,
            request,
            mqtt,
            unparsed,
            response,
            verdict,
            why,
            by,
            note,
        ] = self.sort(members, names, &mut extra)?;
        self.version(v)?;
        let mut content_extra = Extra::new();
        let content = match (request, mqtt, unparsed) {
            (Some(value), None, None) => {
                let mut request = self.request(value, &mut content_extra)?;
                if let Some(value) = scheme {
                    let text = self.string(value, "scheme")?;
                    let wrong = |()| self.wrong(value, "`scheme` is `http` or `https`");
                    request.scheme = Some(text.parse().map_err(wrong)?);
                }
                Content::Request(request)
            }
            (None, Some(value), None) => Content::Mqtt(self.mqtt(value, &mut content_extra)?),
            (None, None, Some(value)) => self.unparsed(value, &mut content_extra)?,
            (None, None, None) => {
                let why = "a record needs one of `request`, `mqtt` and `unparsed`";
                return Err(self.wrong(self.line, why));
            }
            (_, second, third) => {
                let value = third.or(second).unwrap_or(self.line);
                let why = "a record has only one of `request`, `mqtt` and `unparsed`";
                return Err(self.wrong(value, why));
            }
        };
        if let (Some(value), false) = (scheme, matches!(content, Content::Request(_))) {
            // Only a request has a place for it; elsewhere it is a member like any unknown one.
            extra.insert(0, ("scheme".to_owned(), self.raw(value)?));
        }
        let mut response_extra = Extra::new();
        let response = match response {
            Some(value) => Some(self.response(value, &mut response_extra)?),
            None => None,
        };
        Ok(Record {
            at: self.optional(at, "at")?,
            platform: self.optional(platform, "platform")?,
            peer: self.optional(peer, "peer")?,
            content,
            response,
            verdict: self.optional(verdict, "verdict")?,
            why: self.optional(why, "why")?,
            by: self.optional(by, "by")?,
            note: self.optional(note, "note")?,
            extra,
            content_extra,
            response_extra,
        })
    }

    fn version(&self, v: Option<&[u8]>) -> Result<(), RecordError> {
        match v {
            Some(b"1") => Ok(()),
            Some(other) => Err(self.wrong(
                other,
                format!(
                    "this is a record of version {}; this pushrig reads version 1",
                    String::from_utf8_lossy(other)
                ),
            )),
            None => Err(self.wrong(self.line, "`v`, the version of the record, is missing")),
        }
    }

    fn request(&mut self, value: &'a [u8], extra: &mut Extra) -> Result<Request, RecordError> {
        let names = ["method", "target", "version", "headers", "body", "chunks"];
        let [method, target, version, headers, body, chunks] =
            self.object(value, "request", names, extra)?;
        let missing = |name| self.wrong(value, format!("`request` has no `{name}`"));
        let mut request = Request {
            method: self.bytes(method.ok_or_else(|| missing("method"))?, "method")?,
            target: self.bytes(target.ok_or_else(|| missing("target"))?, "target")?,
            version: match version {
                Some(value) => self.string(value, "version")?,
                None => "HTTP/1.1".to_owned(),
            },
            ..Request::default()
        };
        if let Some(value) = headers {
            request.headers = self.headers(value)?;
        }
        if let Some(value) = body {
            request.body = self.bytes(value, "body")?;
        }
        if let Some(value) = chunks {
            let sizes = self.elements(value, "`chunks` is a list of numbers")?;
            request.chunks = sizes
                .into_iter()
                .map(|size| self.number(size, "a chunk's size is a whole number"))
                .collect::<Result<_, _>>()?;
        }
        Ok(request)
    }

    fn response(&mut self, value: &'a [u8], extra: &mut Extra) -> Result<Response, RecordError> {
        let names = ["status", "headers", "body", "ms"];
        let [status, headers, body, ms] = self.object(value, "response", names, extra)?;
        let Some(status) = status else {
            return Err(self.wrong(value, "`response` has no `status`"));
        };
        Ok(Response {
            status: self.number(status, "`status` is a whole number up to 65535")?,
            headers: match headers {
                Some(value) => self.headers(value)?,
                None => Headers::new(),
            },
            body: match body {
                Some(value) => self.bytes(value, "body")?,
                None => Vec::new(),
            },
            ms: match ms {
                Some(value) => Some(self.number(value, "`ms` is a number")?),
                None => None,
            },
        })
    }

    fn mqtt(&mut self, value: &'a [u8], extra: &mut Extra) -> Result<MqttMessage, RecordError> {
        let names = ["topic", "qos", "retain", "direction", "payload"];
        let [topic, qos, retain, direction, payload] = self.object(value, "mqtt", names, extra)?;
        let Some(topic) = topic else {
            return Err(self.wrong(value, "`mqtt` has no `topic`"));
        };
        Ok(MqttMessage {
            topic: self.string(topic, "topic")?,
            qos: match qos {
                None | Some(b"0") => 0,
                Some(b"1") => 1,
                Some(b"2") => 2,
                Some(value) => return Err(self.wrong(value, "`qos` is 0, 1 or 2")),
            },
            retain: match retain {
                None | Some(b"false") => false,
                Some(b"true") => true,
                Some(value) => return Err(self.wrong(value, "`retain` is true or false")),
            },
            direction: match direction {
                None | Some(b"\"received\"") => Direction::Received,
                Some(b"\"sent\"") => Direction::Sent,
                Some(value) => {
                    return Err(self.wrong(value, "`direction` is `received` or `sent`"));
                }
            },
            payload: match payload {
                Some(value) => self.bytes(value, "payload")?,
                None => Vec::new(),
            },
        })
    }

    fn unparsed(&mut self, value: &'a [u8], extra: &mut Extra) -> Result<Content, RecordError> {
        let [base64, error] = self.object(value, "unparsed", ["base64", "error"], extra)?;
        let Some(base64) = base64 else {
            return Err(self.wrong(value, "`unparsed` has no `base64`"));
        };
        Ok(Content::Unparsed {
            bytes: self.base64(base64)?,
            error: self.optional(error, "error")?.unwrap_or_default(),
        })
    }

    /// The values of an object's known members, in the order of `names`; the others go to `extra`.
    fn object<const N: usize>(
        &mut self,
        value: &'a [u8],
        what: &str,
        names: [&str; N],
        extra: &mut Extra,
    ) -> Result<[Option<&'a [u8]>; N], RecordError> {
        let mut members = std::mem::take(&mut self.members);
        scan::members_into(value, &mut members)
            .map_err(|_| self.wrong(value, format!("`{what}` is not an object")))?;
        let values = self.sort(&members, names, extra)?;
        self.members = members;
        Ok(values)
    }

    /// Finds the known members' values, in the order of `names`; the others go to `extra`.
    ///
    /// A member that is `null` says as much as one that is not there.
    fn sort<const N: usize>(
        &self,
        members: &[Member<'a>],
        names: [&str; N],
        extra: &mut Extra,
    ) -> Result<[Option<&'a [u8]>; N], RecordError> {
        let mut values = [None; N];
        for member in members {
            let name = self.name(member)?;
            let Some(index) = names.iter().position(|known| known.as_bytes() == &*name) else {
                self.keep(extra, member, &name)?;
                continue;
            };
            if values[index].replace(member.value).is_some() {
                return Err(self.twice(member));
            }
        }
        Ok(values.map(|value| value.filter(|value| *value != b"null")))
    }

    fn headers(&self, value: &'a [u8]) -> Result<Headers, RecordError> {
        let wrong = |value| self.wrong(value, "`headers` is a list of pairs: [name, value]");
        let mut headers = Headers::new();
        for pair in scan::elements(value).map_err(|_| wrong(value))? {
            let fields = scan::elements(pair).map_err(|_| wrong(pair))?;
            let [name, text] = fields[..] else {
                return Err(wrong(pair));
            };
            headers.push(
                self.bytes(name, "a header's name")?,
                self.bytes(text, "a header's value")?,
            );
        }
        Ok(headers)
    }

    /// A name as it is meant: `"\u0076"` is `v`.
    fn name(&self, member: &Member<'a>) -> Result<Cow<'a, [u8]>, RecordError> {
        if memchr(b'\\', member.name).is_none() {
            return Ok(Cow::Borrowed(member.name));
        }
        let start = self.offset(member.name);
        let quoted = &self.line[start - 1..=start + member.name.len()];
        scan::text(quoted).ok_or_else(|| self.wrong(member.name, "this name cannot be read"))
    }

    fn keep(&self, extra: &mut Extra, member: &Member<'a>, name: &[u8]) -> Result<(), RecordError> {
        let name = str::from_utf8(name)
            .map_err(|_| self.wrong(member.name, "a member's name is not UTF-8"))?;
        if extra.iter().any(|(have, _)| have == name) {
            return Err(self.twice(member));
        }
        extra.push((name.to_owned(), self.raw(member.value)?));
        Ok(())
    }

    fn twice(&self, member: &Member<'a>) -> RecordError {
        let name = String::from_utf8_lossy(member.name);
        self.wrong(member.name, format!("`{name}` is there twice"))
    }

    fn raw(&self, value: &[u8]) -> Result<Box<RawValue>, RecordError> {
        let mut text = str::from_utf8(value)
            .map_err(|_| self.wrong(value, "this value is not UTF-8"))?
            .to_owned();
        if memchr::memchr2(b'\n', b'\r', value).is_some() {
            // Between tokens only, for a string cannot hold them: a record must fit one line.
            text = text.replace(['\n', '\r'], " ");
        }
        RawValue::from_string(text).map_err(|_| self.wrong(value, "this value cannot be read"))
    }

    fn optional(&self, value: Option<&[u8]>, what: &str) -> Result<Option<String>, RecordError> {
        value.map(|value| self.string(value, what)).transpose()
    }

    fn string(&self, value: &[u8], what: &str) -> Result<String, RecordError> {
        scan::text(value)
            .and_then(|text| String::from_utf8(text.into_owned()).ok())
            .ok_or_else(|| self.wrong(value, format!("`{what}` is not a text")))
    }

    /// Text, or `{"base64":"…"}`.
    fn bytes(&self, value: &[u8], what: &str) -> Result<Vec<u8>, RecordError> {
        if let Some(text) = scan::text(value) {
            return Ok(text.into_owned());
        }
        match scan::members(value).unwrap_or_default()[..] {
            [member] if member.name == b"base64" => self.base64(member.value),
            _ => Err(self.wrong(
                value,
                format!("{what} is neither a text nor {{\"base64\":\"…\"}}"),
            )),
        }
    }

    fn base64(&self, value: &[u8]) -> Result<Vec<u8>, RecordError> {
        scan::text(value)
            .and_then(|text| STANDARD.decode(&*text).ok())
            .ok_or_else(|| self.wrong(value, "this is not base64 text"))
    }

    fn elements(&self, value: &'a [u8], why: &str) -> Result<Vec<&'a [u8]>, RecordError> {
        scan::elements(value).map_err(|_| self.wrong(value, why))
    }

    fn number<N: str::FromStr>(&self, value: &[u8], why: &str) -> Result<N, RecordError> {
        let is_number = matches!(value.first(), Some(b'0'..=b'9' | b'-'));
        str::from_utf8(value)
            .ok()
            .filter(|_| is_number)
            .and_then(|text| text.parse().ok())
            .ok_or_else(|| self.wrong(value, why))
    }

    fn wrong(&self, value: &[u8], why: impl Into<String>) -> RecordError {
        RecordError {
            at: self.offset(value),
            why: why.into(),
        }
    }

    /// Where a part of the line stands in it.
    fn offset(&self, part: &[u8]) -> usize {
        part.as_ptr().addr() - self.line.as_ptr().addr()
    }
}
