//! [`Call`]: what the options of one curl command ask for.

use super::options::{long_name, takes_value};
use super::stdin::file;
use super::words::Word;
use crate::capture::raw::{field, line_at};
use crate::capture::{Bad, ReadFile};

/// The options between two `--next`.
#[derive(Debug, Default)]
pub(super) struct Call {
    pub(super) urls: Vec<Word>,
    /// Name and value; no value: curl's own header of that name is left out.
    pub(super) headers: Vec<(Vec<u8>, Option<Vec<u8>>)>,
    pub(super) body: Option<Vec<u8>>,
    pub(super) json: bool,
    /// Parts that are added to the URL's query.
    pub(super) query: Vec<Vec<u8>>,
    /// The name of the file that is uploaded.
    pub(super) upload: Option<String>,
    pub(super) user: Option<Vec<u8>>,
    pub(super) bearer: Option<Vec<u8>>,
    pub(super) user_agent: Option<Vec<u8>>,
    pub(super) referer: Option<Vec<u8>>,
    pub(super) range: Option<Vec<u8>>,
    pub(super) cookies: Vec<Vec<u8>>,
    pub(super) request_target: Option<Vec<u8>>,
    pub(super) notes: Vec<String>,
    request: Option<Vec<u8>>,
    /// The long names of the options without a value.
    flags: Vec<String>,
}

/// What options get their values from.
struct Sources<'a> {
    stdin: Option<&'a [u8]>,
    read_file: &'a ReadFile<'a>,
}

impl Call {
    /// Reads the words behind `curl`.
    pub(super) fn parse(
        words: &[Word],
        stdin: Option<&[u8]>,
        read_file: &ReadFile<'_>,
    ) -> Result<Vec<Self>, Bad> {
        let sources = Sources { stdin, read_file };
        let mut calls = vec![Self::default()];
        let mut words = words.iter();
        let mut options_end = false;
        while let Some(word) = words.next() {
            let Some(call) = calls.last_mut() else {
                break;
            };
            match word.bytes.as_slice() {
                b"--" if !options_end => options_end = true,
                [b'-', b'-', name @ ..] if !options_end => {
                    let next = call.long(word, name, &mut words, &sources)?;
                    calls.extend(next);
                }
                [b'-', letters @ ..] if !options_end && !letters.is_empty() => {
                    let next = call.short(word, letters, &mut words, &sources)?;
                    calls.extend(next);
                }
                url => call.urls.push(Word {
                    at: word.at,
                    bytes: url.to_vec(),
                }),
            }
        }
        for call in &mut calls {
            call.finish();
        }
        if calls.iter().all(|call| call.urls.is_empty()) {
            let at = words.as_slice().first().map_or(0, |word| word.at);
            return Err(Bad::new(at, "the curl command has no URL"));
        }
        Ok(calls)
    }

    /// A long option; gives a new call for `--next`.
    fn long<'w>(
        &mut self,
        word: &Word,
        name: &[u8],
        words: &mut impl Iterator<Item = &'w Word>,
        sources: &Sources<'_>,
    ) -> Result<Option<Self>, Bad> {
        let name = String::from_utf8_lossy(name);
        let (name, joined) = match name.split_once('=') {
            Some((name, _)) => (name, Some(word.bytes[name.len() + 3..].to_vec())),
            None => (&*name, None),
        };
        match takes_value(name) {
            Some(true) => {
                let value = match joined {
                    Some(bytes) => Word { at: word.at, bytes },
                    None => next_word(word, words)?,
                };
                self.set(name, value, sources)?;
                Ok(None)
            }
            Some(false) => Ok(self.flag(name)),
            None => Err(Bad::new(word.at, format!("curl has no option `--{name}`"))),
        }
    }

    /// Short options, one or several in one word: `-sSkXPOST`.
    fn short<'w>(
        &mut self,
        word: &Word,
        letters: &[u8],
        words: &mut impl Iterator<Item = &'w Word>,
        sources: &Sources<'_>,
    ) -> Result<Option<Self>, Bad> {
        for (index, &letter) in letters.iter().enumerate() {
            let Some(name) = long_name(letter) else {
                let why = format!("curl has no option `-{}`", char::from(letter));
                return Err(Bad::new(word.at, why));
            };
            if takes_value(name) == Some(true) {
                let rest = &letters[index + 1..];
                let value = if rest.is_empty() {
                    next_word(word, words)?
                } else {
                    Word {
                        at: word.at,
                        bytes: rest.to_vec(),
                    }
                };
                self.set(name, value, sources)?;
                return Ok(None);
            }
            if let Some(next) = self.flag(name) {
                return Ok(Some(next));
            }
        }
        Ok(None)
    }

    fn flag(&mut self, name: &str) -> Option<Self> {
        match name {
            "next" => return Some(Self::default()),
            "digest" | "ntlm" | "negotiate" | "anyauth" => {
                let note = format!("--{name}: that Authorization is not made");
                self.notes.push(note);
            }
            _ => self.flags.push(name.to_owned()),
        }
        None
    }

    fn set(&mut self, name: &str, value: Word, sources: &Sources<'_>) -> Result<(), Bad> {
        match name {
            "url" => self.urls.push(value),
            "request" => self.request = Some(value.bytes),
            "request-target" => self.request_target = Some(value.bytes),
            "header" => self.header(&value, sources)?,
            "user-agent" => self.user_agent = Some(value.bytes),
            "referer" => self.referer = Some(without_auto(value.bytes)),
            "range" => self.range = Some([b"bytes=", value.bytes.as_slice()].concat()),
            "user" => self.user(value.bytes),
            "oauth2-bearer" => self.bearer = Some(value.bytes),
            "cookie" if value.bytes.contains(&b'=') => self.cookies.push(value.bytes),
            "cookie" => self
                .notes
                .push("-b FILE: its cookies are not read".to_owned()),
            "data" | "data-ascii" => {
                let data = match value.bytes.strip_prefix(b"@") {
                    Some(file) => {
                        let mut text = sources.read(value.at, file)?;
                        text.retain(|byte| !matches!(byte, b'\r' | b'\n' | 0));
                        text
                    }
                    None => value.bytes,
                };
                self.add(&data, b"&");
            }
            "data-raw" => self.add(&value.bytes, b"&"),
            "data-binary" => self.add(&sources.value(&value)?, b"&"),
            "json" => {
                self.json = true;
                self.add(&sources.value(&value)?, b"");
            }
            "data-urlencode" => self.add(&sources.encoded(&value)?, b"&"),
            "url-query" => {
                let part = match value.bytes.strip_prefix(b"+") {
                    Some(plain) => plain.to_vec(),
                    None => sources.encoded(&value)?,
                };
                self.query.push(part);
            }
            "upload-file" => {
                let path = String::from_utf8_lossy(&value.bytes).into_owned();
                self.body = Some(sources.read(value.at, &value.bytes)?);
                let name = path.rsplit(['/', '\\']).next().unwrap_or_default();
                self.upload = Some(if path == "-" { "" } else { name }.to_owned());
            }
            "form" | "form-string" => {
                return Err(Bad::new(
                    value.at,
                    "multipart forms (-F) are not read: curl makes up their boundary",
                ));
            }
            "config" => return Err(Bad::new(value.at, "options from a file (-K) are not read")),
            "aws-sigv4" => self
                .notes
                .push("--aws-sigv4: that signature is not made".to_owned()),
            _ => {}
        }
        Ok(())
    }

    fn header(&mut self, value: &Word, sources: &Sources<'_>) -> Result<(), Bad> {
        if let Some(file) = value.bytes.strip_prefix(b"@") {
            let text = sources.read(value.at, file)?;
            let mut at = 0;
            while let Some(line) = line_at(&text, at) {
                at = line.next;
                if !line.text.is_empty() {
                    self.header_line(line.text);
                }
            }
            return Ok(());
        }
        self.header_line(&value.bytes);
        Ok(())
    }

    /// `Name: value` gives a header, `Name:` takes curl's own away, `Name;` gives an empty one.
    fn header_line(&mut self, line: &[u8]) {
        if let Some((name, value)) = field(line) {
            let value = (!value.is_empty()).then(|| value.to_vec());
            self.headers.push((name.to_vec(), value));
        } else if let Some(name) = line.trim_ascii_end().strip_suffix(b";") {
            self.headers.push((name.to_vec(), Some(Vec::new())));
        } else {
            let line = String::from_utf8_lossy(line);
            self.notes
                .push(format!("-H '{line}' has no colon: curl does not send it"));
        }
    }

    fn user(&mut self, user: Vec<u8>) {
        if user.contains(&b':') {
            self.user = Some(user);
        } else {
            self.notes
                .push("-u without a password: no Authorization is made".to_owned());
        }
    }

    fn add(&mut self, data: &[u8], joiner: &[u8]) {
        let body = self.body.get_or_insert_default();
        if !body.is_empty() {
            body.extend_from_slice(joiner);
        }
        body.extend_from_slice(data);
    }

    /// `-G` moves the data into the query.
    fn finish(&mut self) {
        if self.has("get")
            && let Some(data) = self.body.take()
        {
            self.query.push(data);
        }
    }

    /// Whether an option without a value was given, by its long name.
    pub(super) fn has(&self, flag: &str) -> bool {
        self.flags.iter().any(|have| have == flag)
    }

    /// Whether the body is sent as a form where nothing else is said.
    pub(super) fn has_form_body(&self) -> bool {
        self.body.is_some() && self.upload.is_none()
    }

    pub(super) fn method(&self) -> Vec<u8> {
        if let Some(method) = &self.request {
            return method.clone();
        }
        let method: &[u8] = match (&self.body, &self.upload) {
            _ if self.has("head") => b"HEAD",
            (_, Some(_)) => b"PUT",
            (Some(_), None) => b"POST",
            (None, None) => b"GET",
        };
        method.to_vec()
    }
}

impl Sources<'_> {
    /// A value that may name a file: `@FILE`.
    fn value(&self, value: &Word) -> Result<Vec<u8>, Bad> {
        match value.bytes.strip_prefix(b"@") {
            Some(file) => self.read(value.at, file),
            None => Ok(value.bytes.clone()),
        }
    }

    fn read(&self, at: usize, name: &[u8]) -> Result<Vec<u8>, Bad> {
        if name == b"-" {
            return self
                .stdin
                .map(<[u8]>::to_vec)
                .ok_or_else(|| Bad::new(at, "what comes from standard input is not known here"));
        }
        let word = Word {
            at,
            bytes: name.to_vec(),
        };
        file(&word, self.read_file)
    }

    /// `--data-urlencode`: `content`, `=content`, `name=content`, `@file`, `name@file`.
    fn encoded(&self, value: &Word) -> Result<Vec<u8>, Bad> {
        let separator = value
            .bytes
            .iter()
            .position(|byte| matches!(byte, b'=' | b'@'));
        let Some(at) = separator else {
            return Ok(urlencoded(&value.bytes));
        };
        let (name, content) = (&value.bytes[..at], &value.bytes[at + 1..]);
        let content = if value.bytes[at] == b'@' {
            urlencoded(&self.read(value.at, content)?)
        } else {
            urlencoded(content)
        };
        if name.is_empty() {
            return Ok(content);
        }
        Ok([name, b"=", &content].concat())
    }
}

/// As curl does it: letters, digits and `-._~` stay, a blank is `+`, the rest `%XX`.
fn urlencoded(text: &[u8]) -> Vec<u8> {
    let mut encoded = Vec::with_capacity(text.len());
    for &byte in text {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                encoded.push(byte);
            }
            b' ' => encoded.push(b'+'),
            _ => encoded.extend_from_slice(format!("%{byte:02X}").as_bytes()),
        }
    }
    encoded
}

/// `-e URL;auto` asks for a Referer on redirects as well.
fn without_auto(mut referer: Vec<u8>) -> Vec<u8> {
    if referer.ends_with(b";auto") {
        referer.truncate(referer.len() - b";auto".len());
    }
    referer
}

fn next_word<'w>(option: &Word, words: &mut impl Iterator<Item = &'w Word>) -> Result<Word, Bad> {
    let word = words.next().ok_or_else(|| {
        let name = String::from_utf8_lossy(&option.bytes);
        Bad::new(option.at, format!("`{name}` needs a value"))
    })?;
    Ok(Word {
        at: word.at,
        bytes: word.bytes.clone(),
    })
}
