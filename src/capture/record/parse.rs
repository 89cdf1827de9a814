//! From a line to a [`Record`], in one pass over its bytes.

use std::borrow::Cow;
use std::str;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use memchr::{memchr, memchr2};
use serde_json::value::RawValue;

use super::{Content, Direction, Extra, MqttMessage, Record, RecordError};
use crate::json::scan;
use crate::message::{Headers, Request, Response, Scheme};

impl Record {
    /// Reads one line of a capture.
    ///
    /// # Errors
    /// Not a JSON object, `v` missing or not 1, none or several of `request`, `mqtt` and
    /// `unparsed`, a member twice, or a known member with a value of the wrong kind.
    pub fn parse(line: &[u8]) -> Result<Self, RecordError> {
        let mut reader = Reader { line, at: 0 };
        reader.record().map_err(|error| {
            // What is no JSON at all is told in the scanner's words.
            match scan::check(line) {
                Ok(()) => error,
                Err(error) => error.into(),
            }
        })
    }
}

/// A place in a line. Every value is read once, where it stands.
struct Reader<'a> {
    line: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn record(&mut self) -> Result<Record, RecordError> {
        let names = [
            "v", "at", "platform", "peer", "scheme", "request", "mqtt", "unparsed", "response",
            "verdict", "why", "by", "note",
        ];
        let (mut has_version, mut scheme, mut read) = (false, None, None);
        let mut record = Record::with(Content::Unparsed {
            bytes: Vec::new(),
            error: String::new(),
        });
        let mut extra = Extra::new();
        self.blanks();
        let start = self.at;
        self.members("a record", names, &mut extra, |reader, name| {
            match name {
                "v" => {
                    reader.version()?;
                    has_version = true;
                }
                "at" => record.at = Some(reader.string(name)?),
                "platform" => record.platform = Some(reader.string(name)?),
                "peer" => record.peer = Some(reader.string(name)?),
                "scheme" => scheme = Some((reader.at, reader.value()?)),
                "response" => {
                    let response = reader.response(&mut record.response_extra)?;
                    record.response = Some(response);
                }
                "verdict" => record.verdict = Some(reader.string(name)?),
                "why" => record.why = Some(reader.string(name)?),
                "by" => record.by = Some(reader.string(name)?),
                "note" => record.note = Some(reader.string(name)?),
                content => {
                    let at = reader.at;
                    let content = reader.content(content, &mut record.content_extra)?;
                    if read.replace(content).is_some() {
                        let why = "a record has only one of `request`, `mqtt` and `unparsed`";
                        return Err(wrong(at, why));
                    }
                }
            }
            Ok(())
        })?;
        self.blanks();
        if self.at < self.line.len() {
            return Err(wrong(self.at, "there is more text behind the value"));
        }
        if !has_version {
            return Err(wrong(start, "`v`, the version of the record, is missing"));
        }
        let Some(content) = read else {
            let why = "a record needs one of `request`, `mqtt` and `unparsed`";
            return Err(wrong(start, why));
        };
        record.content = content;
        record.extra = extra;
        match (&mut record.content, scheme) {
            (Content::Request(request), Some((at, value))) => {
                request.scheme = Some(match value {
                    b"\"http\"" => Scheme::Http,
                    b"\"https\"" => Scheme::Https,
                    _ => return Err(wrong(at, "`scheme` is `http` or `https`")),
                });
            }
            // Only a request has a place for it; elsewhere it is a member like any unknown one.
            (_, Some((at, value))) => {
                record
                    .extra
                    .insert(0, ("scheme".to_owned(), raw(value, at)?));
            }
            (_, None) => {}
        }
        Ok(record)
    }

    fn version(&mut self) -> Result<(), RecordError> {
        let at = self.at;
        match self.value()? {
            b"1" => Ok(()),
            other => {
                let other = String::from_utf8_lossy(other);
                let why = format!("this is a record of version {other}; version 1 is read here");
                Err(wrong(at, why))
            }
        }
    }

    fn content(&mut self, name: &str, extra: &mut Extra) -> Result<Content, RecordError> {
        match name {
            "request" => self.request(extra).map(Content::Request),
            "mqtt" => self.mqtt(extra).map(Content::Mqtt),
            _ => self.unparsed(extra),
        }
    }

    fn request(&mut self, extra: &mut Extra) -> Result<Request, RecordError> {
        let names = ["method", "target", "version", "headers", "body", "chunks"];
        let at = self.at;
        let (mut method, mut target) = (None, None);
        let mut version = None;
        let mut headers = Headers::new();
        let (mut body, mut chunks) = (Vec::new(), Vec::new());
        self.members("`request`", names, extra, |reader, name| {
            match name {
                "method" => method = Some(reader.bytes(name)?),
                "target" => target = Some(reader.bytes(name)?),
                "version" => version = Some(reader.string(name)?),
                "headers" => headers = reader.headers()?,
                "body" => body = reader.bytes(name)?,
                _ => chunks = reader.chunks()?,
            }
            Ok(())
        })?;
        Ok(Request {
            method: method.ok_or_else(|| wrong(at, "`request` has no `method`"))?,
            target: target.ok_or_else(|| wrong(at, "`request` has no `target`"))?,
            version: version.unwrap_or_else(|| "HTTP/1.1".to_owned()),
            scheme: None,
            headers,
            body,
            chunks,
        })
    }

    fn response(&mut self, extra: &mut Extra) -> Result<Response, RecordError> {
        let names = ["status", "headers", "body", "ms"];
        let at = self.at;
        let mut status = None;
        let mut response = Response::default();
        self.members("`response`", names, extra, |reader, name| {
            match name {
                "status" => {
                    status = Some(reader.number("`status` is a whole number up to 65535")?);
                }
                "headers" => response.headers = reader.headers()?,
                "body" => response.body = reader.bytes(name)?,
                _ => response.ms = Some(reader.number("`ms` is a number")?),
            }
            Ok(())
        })?;
        response.status = status.ok_or_else(|| wrong(at, "`response` has no `status`"))?;
        Ok(response)
    }

    fn mqtt(&mut self, extra: &mut Extra) -> Result<MqttMessage, RecordError> {
        let names = ["topic", "qos", "retain", "direction", "payload"];
        let start = self.at;
        let mut topic = None;
        let (mut qos, mut retain) = (0, false);
        let mut direction = Direction::Received;
        let mut payload = Vec::new();
        self.members("`mqtt`", names, extra, |reader, name| {
            let at = reader.at;
            match name {
                "topic" => topic = Some(reader.string(name)?),
                "qos" => {
                    qos = match reader.value()? {
                        b"0" => 0,
                        b"1" => 1,
                        b"2" => 2,
                        _ => return Err(wrong(at, "`qos` is 0, 1 or 2")),
                    }
                }
                "retain" => {
                    retain = match reader.value()? {
                        b"true" => true,
                        b"false" => false,
                        _ => return Err(wrong(at, "`retain` is true or false")),
                    }
                }
                "direction" => {
                    direction = match reader.value()? {
                        b"\"received\"" => Direction::Received,
                        b"\"sent\"" => Direction::Sent,
                        _ => return Err(wrong(at, "`direction` is `received` or `sent`")),
                    }
                }
                _ => payload = reader.bytes(name)?,
            }
            Ok(())
        })?;
        Ok(MqttMessage {
            topic: topic.ok_or_else(|| wrong(start, "`mqtt` has no `topic`"))?,
            qos,
            retain,
            direction,
            payload,
        })
    }

    fn unparsed(&mut self, extra: &mut Extra) -> Result<Content, RecordError> {
        let at = self.at;
        let mut bytes = None;
        let mut error = String::new();
        self.members("`unparsed`", ["base64", "error"], extra, |reader, name| {
            if name == "error" {
                error = reader.string(name)?;
            } else {
                let at = reader.at;
                bytes = Some(base64(reader.value()?, at)?);
            }
            Ok(())
        })?;
        let bytes = bytes.ok_or_else(|| wrong(at, "`unparsed` has no `base64`"))?;
        Ok(Content::Unparsed { bytes, error })
    }

    fn headers(&mut self) -> Result<Headers, RecordError> {
        let mut headers = Headers::with_capacity(16, 512);
        self.elements("`headers` is a list of pairs: [name, value]", |reader| {
            let at = reader.at;
            let pair = "`headers` is a list of pairs: [name, value]";
            let mut name = None;
            let mut value = None;
            reader.elements(pair, |reader| {
                match (&name, &value) {
                    (None, _) => name = Some(reader.borrowed_bytes("a header's name")?),
                    (_, None) => value = Some(reader.borrowed_bytes("a header's value")?),
                    _ => return Err(wrong(at, pair)),
                }
                Ok(())
            })?;
            let (Some(name), Some(value)) = (name, value) else {
                return Err(wrong(at, pair));
            };
            headers.push(name, value);
            Ok(())
        })?;
        Ok(headers)
    }

    fn chunks(&mut self) -> Result<Vec<u64>, RecordError> {
        let mut chunks = Vec::new();
        self.elements("`chunks` is a list of numbers", |reader| {
            chunks.push(reader.number("a chunk's size is a whole number")?);
            Ok(())
        })?;
        Ok(chunks)
    }

    /// Reads the object that starts here: `each` reads the values of the members in `names`, the
    /// others go to `extra`. A member that is `null` says as much as one that is not there.
    fn members<'n, const N: usize>(
        &mut self,
        what: &str,
        names: [&'n str; N],
        extra: &mut Extra,
        mut each: impl FnMut(&mut Self, &'n str) -> Result<(), RecordError>,
    ) -> Result<(), RecordError> {
        let mut seen = [false; N];
        let mut next = 0;
        if !self.take(b'{') {
            return Err(wrong(self.at, format!("{what} is not an object")));
        }
        if self.take(b'}') {
            return Ok(());
        }
        loop {
            let at = self.at;
            let (known, name) = self.member(&names, next)?;
            if let Some(index) = known {
                next = index + 1;
                if std::mem::replace(&mut seen[index], true) {
                    return Err(twice(at, names[index].as_bytes()));
                }
                if self.line[self.at..].starts_with(b"null") {
                    self.at += b"null".len();
                } else {
                    each(self, names[index])?;
                }
            } else {
                let name =
                    str::from_utf8(&name).map_err(|_| wrong(at, "a member's name is not UTF-8"))?;
                if extra.iter().any(|(have, _)| have == name) {
                    return Err(twice(at, name.as_bytes()));
                }
                let value_at = self.at;
                extra.push((name.to_owned(), raw(self.value()?, value_at)?));
            }
            self.blanks();
            if self.take(b'}') {
                return Ok(());
            }
            if !self.take(b',') {
                return Err(wrong(self.at, "a comma or `}` is missing"));
            }
        }
    }

    /// Reads the array that starts here.
    fn elements(
        &mut self,
        why: &str,
        mut each: impl FnMut(&mut Self) -> Result<(), RecordError>,
    ) -> Result<(), RecordError> {
        if !self.take(b'[') {
            return Err(wrong(self.at, why));
        }
        if self.take(b']') {
            return Ok(());
        }
        loop {
            each(self)?;
            self.blanks();
            if self.take(b']') {
                return Ok(());
            }
            if !self.take(b',') {
                return Err(wrong(self.at, "a comma or `]` is missing"));
            }
        }
    }

    /// Goes to the value of the next member: which of `names` it is, and if none, its name.
    ///
    /// Writers keep to the order of `names`, so `names[next]` is most likely the one: it is
    /// compared where it stands.
    fn member(
        &mut self,
        names: &[&str],
        next: usize,
    ) -> Result<(Option<usize>, Cow<'a, [u8]>), RecordError> {
        let expected = names.get(next).unwrap_or(&"").as_bytes();
        let behind = self.line[self.at..]
            .strip_prefix(b"\"")
            .and_then(|rest| rest.strip_prefix(expected));
        if let Some([b'"', b':', ..]) = behind
            && !expected.is_empty()
        {
            self.at += expected.len() + 3;
            self.blanks();
            return Ok((Some(next), Cow::Borrowed(b"")));
        }
        let name = self.name()?;
        if !self.take(b':') {
            return Err(wrong(self.at, "a colon is missing after the name"));
        }
        let known = (next..names.len())
            .chain(0..next)
            .find(|&index| names[index].as_bytes() == &*name);
        Ok((known, name))
    }

    /// A name as it is meant: `"\u0076"` is `v`.
    fn name(&mut self) -> Result<Cow<'a, [u8]>, RecordError> {
        let at = self.at;
        let quoted = self.value()?;
        let [b'"', inner @ .., b'"'] = quoted else {
            return Err(wrong(at, "a name in double quotes is missing"));
        };
        self.blanks();
        if memchr(b'\\', inner).is_none() {
            return Ok(Cow::Borrowed(inner));
        }
        Ok(scan::text(quoted).unwrap_or_default())
    }

    /// The text of the value that starts here.
    fn value(&mut self) -> Result<&'a [u8], RecordError> {
        let (line, start) = (self.line, self.at);
        self.at = scan::value_end(line, start)?;
        Ok(&line[start..self.at])
    }

    fn string(&mut self, what: &str) -> Result<String, RecordError> {
        let at = self.at;
        scan::checked_text(self.value()?)
            .and_then(|text| String::from_utf8(text.into_owned()).ok())
            .ok_or_else(|| wrong(at, format!("`{what}` is not a text")))
    }

    /// Text, or `{"base64":"…"}`.
    fn bytes(&mut self, what: &str) -> Result<Vec<u8>, RecordError> {
        self.borrowed_bytes(what).map(Cow::into_owned)
    }

    fn borrowed_bytes(&mut self, what: &str) -> Result<Cow<'a, [u8]>, RecordError> {
        let at = self.at;
        let value = self.value()?;
        if let Some(text) = scan::checked_text(value) {
            return Ok(text);
        }
        match scan::members(value).unwrap_or_default()[..] {
            [member] if member.name == b"base64" => base64(member.value, at).map(Cow::Owned),
            _ => {
                let why = format!("{what} is neither a text nor {{\"base64\":\"…\"}}");
                Err(wrong(at, why))
            }
        }
    }

    fn number<N: str::FromStr>(&mut self, why: &str) -> Result<N, RecordError> {
        let at = self.at;
        let value = self.value()?;
        str::from_utf8(value)
            .ok()
            .filter(|_| matches!(value.first(), Some(b'0'..=b'9' | b'-')))
            .and_then(|text| text.parse().ok())
            .ok_or_else(|| wrong(at, why))
    }

    /// Goes over this byte and the blanks behind it, if it is next.
    fn take(&mut self, byte: u8) -> bool {
        let taken = self.line.get(self.at) == Some(&byte);
        if taken {
            self.at += 1;
            self.blanks();
        }
        taken
    }

    fn blanks(&mut self) {
        while let Some(b' ' | b'\t' | b'\r' | b'\n') = self.line.get(self.at) {
            self.at += 1;
        }
    }
}

fn base64(value: &[u8], at: usize) -> Result<Vec<u8>, RecordError> {
    scan::checked_text(value)
        .and_then(|text| STANDARD.decode(text).ok())
        .ok_or_else(|| wrong(at, "this is not base64 text"))
}

fn raw(value: &[u8], at: usize) -> Result<Box<RawValue>, RecordError> {
    let mut text = str::from_utf8(value)
        .map_err(|_| wrong(at, "this value is not UTF-8"))?
        .to_owned();
    if memchr2(b'\n', b'\r', value).is_some() {
        // Between tokens only, for a string cannot hold them: a record must fit one line.
        text = text.replace(['\n', '\r'], " ");
    }
    RawValue::from_string(text).map_err(|_| wrong(at, "this value cannot be read"))
}

#[cold]
fn wrong(at: usize, why: impl Into<String>) -> RecordError {
    RecordError {
        at,
        why: why.into(),
    }
}

fn twice(at: usize, name: &[u8]) -> RecordError {
    let name = String::from_utf8_lossy(name);
    wrong(at, format!("`{name}` is there twice"))
}
