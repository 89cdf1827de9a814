//! curl command lines: as browsers copy them ("Copy as cURL", bash and cmd), as Postman exports
//! them, and as people write them; and a request written as one ([`write()`]).
//!
//! Read are all of curl's options: those that change the request are applied as curl 7.88 was
//! seen to apply them, the others are passed over with their values. Added is what curl surely
//! adds by itself (`Host`, the form's `Content-Type`, `Authorization` for `-u`); not `User-Agent`
//! and `Accept`, which depend on the version, and not `Content-Length`.
//!
//! Not read: multipart forms (`-F`: curl makes up the boundary), options from a file (`-K`),
//! shell variables, and "Copy as PowerShell". URLs with `{…}` or `[…]` are taken as they are.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use memchr::memchr_iter;

use super::{Bad, Kind, Located, ReadFile, Reading, Record, raw};
use crate::error::{Error, Place};
use crate::message::{Headers, Request};

mod call;
mod cmd;
mod options;
mod stdin;
mod words;
mod write;

pub use write::write;

use call::Call;
use words::{Command, Word};

/// Reads command lines; `read_file` is for `--data @FILE` and the like.
///
/// # Errors
/// There is no curl command in it. What is wrong with one command is an inner error.
pub fn read(name: &str, bytes: &[u8], read_file: &ReadFile<'_>) -> Result<Reading, Error> {
    let (commands, unread) = if cmd::is_cmd(bytes) {
        cmd::commands(bytes)
    } else {
        words::commands(bytes)
    };
    let mut reading = Reading::new(Kind::Curl);
    let line = |at: usize| memchr_iter(b'\n', &bytes[..at]).count() as u64 + 1;
    for (index, command) in commands.iter().enumerate() {
        let place = Place::line(name, line(command.at));
        let Some(arguments) = arguments(command) else {
            if !stdin::feeds(command, commands.get(index + 1)) && !command.piped {
                let word = String::from_utf8_lossy(&command.words[0].bytes);
                let warning = format!("{place}: `{word}` is not curl: left out");
                reading.warnings.push(warning);
            }
            continue;
        };
        let before = index.checked_sub(1).and_then(|before| commands.get(before));
        let requests = stdin::of(command, before, read_file)
            .and_then(|stdin| requests(arguments, stdin.as_deref(), read_file));
        match requests {
            Ok(requests) => {
                for (request, mut notes) in requests {
                    if command.cut {
                        notes.push("the command ends at an `&`: a URL needs quotes".to_owned());
                    }
                    let record = Record::of(request);
                    let located = Located::pasted(place.clone(), record, notes);
                    reading.items.push(Ok(located));
                }
            }
            Err(bad) => reading.items.push(Err(bad.in_file(name, bytes))),
        }
    }
    if let Some(bad) = unread {
        reading.items.push(Err(bad.in_file(name, bytes)));
    }
    if ['“', '”', '‘', '’']
        .into_iter()
        .any(|quote| holds(bytes, quote))
    {
        let hint = "the quotes are curly (“ ” ‘ ’), as an editor or a chat made them, and no \
                    shell takes them for quotes: write ' in their place";
        let items = reading.items.into_iter();
        reading.items = items
            .map(|item| item.map_err(|error| error.with_hint(hint)))
            .collect();
    }
    if reading.items.is_empty() {
        return Err(Error::input(
            Place::file(name),
            "there is no curl command in it",
        ));
    }
    Ok(reading)
}

fn holds(bytes: &[u8], character: char) -> bool {
    let mut buffer = [0; 4];
    memchr::memmem::find(bytes, character.encode_utf8(&mut buffer).as_bytes()).is_some()
}

/// The words behind `curl`, where the command is one: `X=1 sudo /usr/bin/curl …` is.
fn arguments(command: &Command) -> Option<&[Word]> {
    let at = command.words.iter().position(|word| is_curl(&word.bytes))?;
    let before = |word: &Word| {
        word.bytes.contains(&b'=')
            || matches!(
                &word.bytes[..],
                b"sudo" | b"time" | b"exec" | b"env" | b"command"
            )
    };
    command.words[..at]
        .iter()
        .all(before)
        .then(|| &command.words[at + 1..])
}

/// Whether a command's name is curl's.
pub(super) fn is_curl(word: &[u8]) -> bool {
    let name = word
        .rsplit(|byte| matches!(byte, b'/' | b'\\'))
        .next()
        .unwrap_or_default();
    name == b"curl" || name.eq_ignore_ascii_case(b"curl.exe")
}

/// The requests that one command sends: one for each URL.
fn requests(
    words: &[Word],
    stdin: Option<&[u8]>,
    read_file: &ReadFile<'_>,
) -> Result<Vec<(Request, Vec<String>)>, Bad> {
    let mut requests = Vec::new();
    for call in Call::parse(words, stdin, read_file)? {
        for url in &call.urls {
            let mut notes = call.notes.clone();
            let request = request(&call, url, &mut notes)?;
            requests.push((request, notes));
        }
    }
    Ok(requests)
}

fn request(call: &Call, url: &Word, notes: &mut Vec<String>) -> Result<Request, Bad> {
    let bad = |why: &str| {
        Bad::new(
            url.at,
            format!("{why}: {}", String::from_utf8_lossy(&url.bytes)),
        )
    };
    let text = std::str::from_utf8(&url.bytes).map_err(|_| bad("the URL is not UTF-8"))?;
    // curl's guess where there is no scheme.
    let text = if text.contains("://") {
        text.to_owned()
    } else {
        format!("http://{text}")
    };
    let mut request =
        raw::url_or_target(text.as_bytes()).ok_or_else(|| bad("not a URL of HTTP"))?;
    if !call.has("globoff") && text.contains(['{', '[']) {
        notes.push(
            "curl would expand the brackets in the URL: they are taken as they are".to_owned(),
        );
    }
    if text.contains(' ') {
        notes.push("curl would refuse the blank in the URL".to_owned());
    }
    if !call.has("path-as-is") {
        request.target = without_dots(&request.target);
    }
    for part in &call.query {
        let has_query = request.target.contains(&b'?');
        request.target.push(if has_query { b'&' } else { b'?' });
        request.target.extend_from_slice(part);
    }
    if let Some(upload) = &call.upload
        && request.target.ends_with(b"/")
    {
        // curl adds the file's name to a directory.
        request.target.extend_from_slice(upload.as_bytes());
    }
    if let Some(target) = &call.request_target {
        request.target.clone_from(target);
    }
    request.method = call.method();
    if call.has("http1.0") {
        "HTTP/1.0".clone_into(&mut request.version);
    }
    request.body = call.body.clone().unwrap_or_default();
    let host = request.authority().map(<[u8]>::to_vec).unwrap_or_default();
    request.headers = headers(call, &host, credentials(&text));
    Ok(request)
}

/// The headers in curl's order: `Host`, its own, the given ones, `Content-Type`.
fn headers(call: &Call, host: &[u8], credentials: Option<Vec<u8>>) -> Headers {
    let given = |name: &str| {
        let same = |have: &[u8]| have.eq_ignore_ascii_case(name.as_bytes());
        call.headers.iter().any(|(have, _)| same(have))
    };
    let mut headers = Headers::new();
    let custom_host = call
        .headers
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(b"Host"));
    match custom_host {
        Some((name, Some(value))) => headers.push(name.clone(), value.clone()),
        Some((_, None)) => {}
        None => headers.push("Host", host),
    }
    let basic = call.user.clone().or(credentials);
    let authorization = match (&call.bearer, basic) {
        (Some(token), _) => Some([b"Bearer ", token.as_slice()].concat()),
        (None, Some(user)) => Some(format!("Basic {}", STANDARD.encode(user)).into_bytes()),
        (None, None) => None,
    };
    let cookies = (!call.cookies.is_empty()).then(|| call.cookies.join(&b"; "[..]));
    let own = [
        ("Authorization", authorization),
        ("Range", call.range.clone()),
        ("User-Agent", call.user_agent.clone()),
        ("Referer", call.referer.clone()),
        ("Cookie", cookies),
    ];
    for (name, value) in own {
        if let Some(value) = value.filter(|_| !given(name)) {
            headers.push(name, value);
        }
    }
    for (name, value) in &call.headers {
        if let Some(value) = value
            && !name.eq_ignore_ascii_case(b"Host")
        {
            headers.push(name.clone(), value.clone());
        }
    }
    if call.json {
        for name in ["Content-Type", "Accept"] {
            if !given(name) {
                headers.push(name, "application/json");
            }
        }
    } else if call.has_form_body() && !given("Content-Type") {
        headers.push("Content-Type", "application/x-www-form-urlencoded");
    }
    headers
}

/// User name and password in a URL, percent-decoded.
fn credentials(url: &str) -> Option<Vec<u8>> {
    let rest = url.split_once("://")?.1;
    let authority = rest.split(['/', '?', '#']).next()?;
    let (user, _) = authority.rsplit_once('@')?;
    let mut decoded = Vec::with_capacity(user.len());
    let mut rest = user.as_bytes();
    while let [byte, after @ ..] = rest {
        rest = after;
        let escaped = after.get(..2).and_then(|digits| hex::decode(digits).ok());
        if let (b'%', Some(value)) = (byte, escaped) {
            decoded.extend_from_slice(&value);
            rest = &after[2..];
        } else {
            decoded.push(*byte);
        }
    }
    if !decoded.contains(&b':') {
        decoded.push(b':');
    }
    Some(decoded)
}

/// A target whose path has no `.` and `..` segments: RFC 3986, section 5.2.4.
fn without_dots(target: &[u8]) -> Vec<u8> {
    let query = target
        .iter()
        .position(|&byte| byte == b'?')
        .unwrap_or(target.len());
    let (path, query) = target.split_at(query);
    let mut kept: Vec<&[u8]> = Vec::new();
    let segments: Vec<&[u8]> = path.split(|&byte| byte == b'/').skip(1).collect();
    for (index, segment) in segments.iter().enumerate() {
        let is_last = index + 1 == segments.len();
        match *segment {
            b"." | b".." => {
                if *segment == b".." {
                    kept.pop();
                }
                if is_last {
                    kept.push(b"");
                }
            }
            other => kept.push(other),
        }
    }
    let mut target = Vec::with_capacity(target.len());
    for segment in kept {
        target.push(b'/');
        target.extend_from_slice(segment);
    }
    target.extend_from_slice(query);
    target
}

#[cfg(test)]
mod tests;
