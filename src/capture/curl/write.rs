//! A request as a curl command, ready to be pasted into a POSIX shell.

use std::str;

use crate::capture::raw::{host, is_token};
use crate::message::{Request, Scheme};

/// A body longer than this goes by standard input: Linux takes no single argument over 128 KiB.
const LONGEST_ARGUMENT: usize = 100_000;

/// Without this header curl waits for leave to send a body over this size (1 KiB in old versions).
const EXPECT_FROM: usize = 1024;

/// The command that sends this request, as exactly as curl can; no newline at its end.
///
/// Text as far as the request is; `Host` and `Content-Length` are left to curl where it gives the
/// same, and what curl would add is switched off. What curl cannot send as it is (a `Host` that
/// is not first, a second one, chunk sizes, NUL in the head) is said in comments above.
#[must_use]
pub fn write(request: &Request) -> Vec<u8> {
    let mut command = Vec::with_capacity(512 + request.body.len());
    for line in impossible(request) {
        command.extend_from_slice(b"# curl cannot send ");
        command.extend_from_slice(line.as_bytes());
        command.push(b'\n');
    }
    let piped = !fits_an_argument(&request.body);
    if piped {
        printf(&mut command, &request.body);
        command.extend_from_slice(b" | ");
    }
    command.extend_from_slice(b"curl");
    method(&mut command, request);
    url(&mut command, request);
    headers(&mut command, request);
    if sends_data(request) {
        // `--data-binary @…` would read a file.
        let option = if request.body.starts_with(b"@") && !piped {
            "--data-raw"
        } else {
            "--data-binary"
        };
        next_line(&mut command, option);
        if piped {
            command.extend_from_slice(b"@-");
        } else {
            quote(&mut command, &request.body);
        }
    }
    command
}

/// Whether curl is given a body: an empty one makes it send `Content-Length: 0`.
fn sends_data(request: &Request) -> bool {
    let length = request.headers.first("Content-Length");
    !request.body.is_empty() || length == Some(b"0")
}

fn method(command: &mut Vec<u8>, request: &Request) {
    let by_itself: &[u8] = if sends_data(request) { b"POST" } else { b"GET" };
    if request.method == b"HEAD" && !sends_data(request) {
        // With `-X HEAD` curl would wait for a body.
        command.extend_from_slice(b" --head");
    } else if request.method != by_itself {
        command.extend_from_slice(b" -X ");
        quote(command, &request.method);
    }
    match (request.version.as_str(), request.scheme) {
        ("HTTP/1.0", _) => command.extend_from_slice(b" --http1.0"),
        // HTTP/2 would put all names into lower case.
        (_, Some(Scheme::Https)) => command.extend_from_slice(b" --http1.1"),
        _ => {}
    }
}

fn url(command: &mut Vec<u8>, request: &Request) {
    let mut url = format!("{}://", scheme(request)).into_bytes();
    url.extend_from_slice(url_host(request));
    if goes_into_url(&request.target) {
        url.extend_from_slice(&request.target);
        if memchr::memmem::find(&request.target, b"/.").is_some() {
            command.extend_from_slice(b" --path-as-is");
        }
    } else {
        url.push(b'/');
        command.extend_from_slice(b" --request-target ");
        quote(command, &request.target);
    }
    // An IPv6 address would be taken for a range.
    if url.contains(&b'[') {
        command.extend_from_slice(b" --globoff");
    }
    command.push(b' ');
    quote(command, &url);
}

fn scheme(request: &Request) -> Scheme {
    request.scheme.unwrap_or(Scheme::Http)
}

/// The host for the URL: that of the `Host` header, where it can be one.
fn url_host(request: &Request) -> &[u8] {
    let plain = |host: &&[u8]| {
        !host.is_empty()
            && host
                .iter()
                .all(|byte| byte.is_ascii_alphanumeric() || b".-_:[]".contains(byte))
    };
    request.authority().filter(plain).unwrap_or(b"localhost")
}

/// Whether every curl sends this target as it stands in a URL: newer ones refuse or escape what
/// RFC 3986 does not have.
fn goes_into_url(target: &[u8]) -> bool {
    target.starts_with(b"/")
        && target
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@/?%".contains(byte))
}

fn headers(command: &mut Vec<u8>, request: &Request) {
    let from_url = str::from_utf8(url_host(request)).unwrap_or_default();
    let from_url = host(from_url, scheme(request)).as_bytes();
    let length = request.body.len().to_string();
    match request.authority() {
        None => suppress(command, "Host"),
        Some(host) if host == from_url => {}
        Some(host) => header(command, b"Host", host),
    }
    for (name, value) in request.headers.iter() {
        let is_same_length =
            name.eq_ignore_ascii_case(b"Content-Length") && value == length.as_bytes();
        if !name.eq_ignore_ascii_case(b"Host") && !is_same_length {
            header(command, name, value);
        }
    }
    let mut own = vec!["Accept", "User-Agent"];
    if sends_data(request) {
        own.push("Content-Type");
    }
    if request.body.len() > EXPECT_FROM {
        own.push("Expect");
    }
    for name in own {
        if request.headers.first(name).is_none() {
            suppress(command, name);
        }
    }
}

fn header(command: &mut Vec<u8>, name: &[u8], value: &[u8]) {
    next_line(command, "-H");
    let line = if value.is_empty() {
        [name, b";"].concat()
    } else {
        [name, b": ", value].concat()
    };
    quote(command, &line);
}

/// Takes away a header that curl would send of its own.
fn suppress(command: &mut Vec<u8>, name: &str) {
    next_line(command, "-H");
    quote(command, format!("{name}:").as_bytes());
}

fn next_line(command: &mut Vec<u8>, option: &str) {
    command.extend_from_slice(b" \\\n  ");
    command.extend_from_slice(option.as_bytes());
    command.push(b' ');
}

/// In single quotes, where a shell changes nothing. NUL cannot stand in an argument.
fn quote(command: &mut Vec<u8>, text: &[u8]) {
    command.push(b'\'');
    for &byte in text {
        match byte {
            b'\'' => command.extend_from_slice(b"'\\''"),
            0 => {}
            _ => command.push(byte),
        }
    }
    command.push(b'\'');
}

fn fits_an_argument(body: &[u8]) -> bool {
    body.len() <= LONGEST_ARGUMENT && !body.contains(&0) && str::from_utf8(body).is_ok()
}

/// `printf` with octal escapes, which every POSIX shell has built in.
fn printf(command: &mut Vec<u8>, body: &[u8]) {
    command.extend_from_slice(b"printf '");
    for (index, &byte) in body.iter().enumerate() {
        let plain = (b' '..=b'~').contains(&byte) && !b"'\\%".contains(&byte);
        // A leading `-` would be an option.
        if plain && (index > 0 || byte != b'-') {
            command.push(byte);
        } else {
            command.extend_from_slice(format!("\\{byte:03o}").as_bytes());
        }
    }
    command.push(b'\'');
}

/// What of the request is changed on the way.
fn impossible(request: &Request) -> Vec<&'static str> {
    let hosts = request.headers.all("Host").count();
    let first = request.headers.iter().next();
    let parts = [request.method.as_slice(), &request.target];
    let fields = || request.headers.iter();
    let mut lines = Vec::new();
    if hosts > 1 {
        lines.push("Host twice: the second one is left out");
    }
    if hosts > 0 && !first.is_some_and(|(name, _)| name.eq_ignore_ascii_case(b"Host")) {
        lines.push("Host at another place than the first");
    }
    if !request.chunks.is_empty() {
        lines.push("the body in chunks of these sizes");
    }
    if fields().any(|(name, _)| !is_token(name)) {
        lines.push("a header with such a name");
    }
    let breaks = |text: &[u8]| text.iter().any(|byte| matches!(byte, 0 | b'\r' | b'\n'));
    if parts.into_iter().any(breaks) || fields().any(|(_, value)| breaks(value)) {
        lines.push("line ends and NUL in a request's head as they are");
    }
    lines
}
