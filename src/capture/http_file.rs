//! `.http` and `.rest` files: VS Code's REST Client and the HTTP client of `JetBrains`' IDEs.
//!
//! Read are: requests separated by `###` (its text becomes the record's note), `#` and `//`
//! comments above a request and between its headers, `# @name`, `@var = value` and `{{var}}`,
//! the request line with or without method and version, its query on continued lines, headers,
//! the body or `< ./file` in its place, and `<@ ./file`, whose variables are filled in too.
//! Response handlers (`> {% … %}`, `> file`, `>> file`) and response references (`<> file`) are
//! passed over.
//!
//! Not read: variables of an environment or of the system (`{{$guid}}`), scripts that run before
//! a request, multipart and GraphQL. Line ends at the end of a body are not part of it.

use std::collections::HashMap;

use super::raw::{field, line_at, request_line, trim, url_or_target};
use super::{Bad, Kind, Located, ReadFile, Reading, Record};
use crate::error::{Error, Place};
use crate::message::{Headers, Request};

/// Reads a file; `read_file` is for `< ./file`.
///
/// # Errors
/// There is no request in it. What is wrong with one request is an inner error.
pub fn read(name: &str, bytes: &[u8], read_file: &ReadFile<'_>) -> Result<Reading, Error> {
    let mut reading = Reading::new(Kind::HttpFile);
    let lines = lines(bytes);
    let variables = variables(&lines);
    for block in lines.split_inclusive(|line| line.text.starts_with(b"###")) {
        // The separator that ends a block names the next one.
        let block = match block {
            [rest @ .., last] if last.text.starts_with(b"###") => rest,
            all => all,
        };
        let Some(first) = block.iter().position(is_request) else {
            continue;
        };
        let title = title(&lines, block);
        let number = block[first].number;
        let parsed = request(&block[first..], bytes, &variables, read_file);
        reading.items.push(match parsed {
            Ok((request, notes)) => {
                let mut record = Record::of(request);
                record.note = title;
                Ok(Located::pasted(Place::line(name, number), record, notes))
            }
            Err(bad) => Err(bad.in_file(name, bytes)),
        });
    }
    if reading.items.is_empty() {
        return Err(Error::input(Place::file(name), "there is no request in it"));
    }
    Ok(reading)
}

/// A line, its number and where it starts.
struct Line<'a> {
    number: u64,
    start: usize,
    text: &'a [u8],
    next: usize,
}

fn lines(bytes: &[u8]) -> Vec<Line<'_>> {
    let mut lines = Vec::new();
    let mut start = 0;
    while let Some(line) = line_at(bytes, start) {
        lines.push(Line {
            number: lines.len() as u64 + 1,
            start,
            text: line.text,
            next: line.next,
        });
        start = line.next;
    }
    lines
}

fn is_comment(text: &[u8]) -> bool {
    text.starts_with(b"#") || text.starts_with(b"//")
}

/// Whether a request starts here: not blank, no comment, no variable, no script before it.
fn is_request(line: &Line<'_>) -> bool {
    let text = trim(line.text);
    !text.is_empty() && !is_comment(text) && !text.starts_with(b"@") && !text.starts_with(b"<")
}

/// All `@name = value` of the file: they hold everywhere in it, whatever their place.
fn variables(lines: &[Line<'_>]) -> HashMap<Vec<u8>, Vec<u8>> {
    lines
        .iter()
        .filter_map(|line| {
            let text = line.text.strip_prefix(b"@")?;
            let equals = text.iter().position(|&byte| byte == b'=')?;
            let (name, value) = (trim(&text[..equals]), trim(&text[equals + 1..]));
            Some((name.to_vec(), value.to_vec()))
        })
        .collect()
}

/// The name of a request: `# @name login` above it, or the text of its `###`.
fn title(lines: &[Line<'_>], block: &[Line<'_>]) -> Option<String> {
    let start = block.first()?.number;
    let separator = start
        .checked_sub(2)
        .and_then(|index| lines.get(usize::try_from(index).ok()?))
        .filter(|line| line.text.starts_with(b"###"));
    let named = block.iter().find_map(|line| {
        let text = line
            .text
            .strip_prefix(b"#")
            .or(line.text.strip_prefix(b"//"))?;
        trim(text).strip_prefix(b"@name")
    });
    let text = named.or(separator.map(|line| &line.text[3..]))?;
    let text = String::from_utf8_lossy(text);
    let text = text.trim_matches(['#', ' ', '\t', '=']);
    (!text.is_empty()).then(|| text.to_owned())
}

fn request(
    block: &[Line<'_>],
    bytes: &[u8],
    variables: &HashMap<Vec<u8>, Vec<u8>>,
    read_file: &ReadFile<'_>,
) -> Result<(Request, Vec<String>), Bad> {
    let mut notes = Vec::new();
    let start = block[0].start;
    let mut line = fill_in(block[0].text, start, variables)?;
    let mut rest = &block[1..];
    // A query may go on over indented lines, or lines that start with `?` or `&`.
    while let [next, after @ ..] = rest {
        let text = trim(next.text);
        let continues = text.starts_with(b"?")
            || text.starts_with(b"&")
            || (next.text.len() > text.len() && text.starts_with(b"/"));
        if !continues {
            break;
        }
        line = trim(&line).to_vec();
        line.extend_from_slice(&fill_in(text, next.start, variables)?);
        rest = after;
    }
    let mut request = first_line(trim(&line))
        .ok_or_else(|| Bad::new(start, "this is not a request line: METHOD URL"))?;
    let mut headers = Headers::new();
    while let [next, after @ ..] = rest {
        rest = after;
        let text = trim(next.text);
        if text.is_empty() {
            break;
        }
        if is_comment(text) {
            continue;
        }
        let text = fill_in(text, next.start, variables)?;
        let (name, value) = field(&text)
            .ok_or_else(|| Bad::new(next.start, "this is not a header: Name: value"))?;
        headers.push(trim(name), value);
    }
    request.headers = if headers.first("Host").is_some() {
        headers
    } else {
        request.headers.iter().chain(headers.iter()).collect()
    };
    request.body = body(rest, bytes, variables, read_file, &mut notes)?;
    Ok((request, notes))
}

/// `METHOD URL`, `URL`, with the version or without it.
fn first_line(line: &[u8]) -> Option<Request> {
    if let Some(parts) = request_line(line) {
        let mut request = url_or_target(parts.target)?;
        request.method = parts.method.to_vec();
        if let Ok(version @ ("HTTP/1.0" | "HTTP/1.1")) = std::str::from_utf8(parts.version) {
            version.clone_into(&mut request.version);
        }
        return Some(request);
    }
    if let Some(request) = url_or_target(line) {
        return Some(request);
    }
    let blank = line.iter().position(|&byte| byte == b' ')?;
    let (method, target) = (&line[..blank], trim(&line[blank + 1..]));
    if !method.iter().all(u8::is_ascii_alphabetic) {
        return None;
    }
    let mut request = url_or_target(target)?;
    request.method = method.to_vec();
    Some(request)
}

/// The lines of the body, without handlers and without the line ends behind it.
fn body(
    block: &[Line<'_>],
    bytes: &[u8],
    variables: &HashMap<Vec<u8>, Vec<u8>>,
    read_file: &ReadFile<'_>,
    notes: &mut Vec<String>,
) -> Result<Vec<u8>, Bad> {
    let is_handler = |line: &Line<'_>| {
        let text = line.text;
        [&b"> "[..], b">> ", b">>! ", b"<> ", b">{%", b"> {%"]
            .iter()
            .any(|start| text.starts_with(start))
    };
    let end = block.iter().position(is_handler).unwrap_or(block.len());
    let block = &block[..end];
    let (Some(first), Some(last)) = (block.first(), block.last()) else {
        return Ok(Vec::new());
    };
    let text = &bytes[first.start..last.next];
    let lines_end = text
        .iter()
        .rposition(|byte| !matches!(byte, b'\r' | b'\n'))
        .map_or(0, |at| at + 1);
    let text = &text[..lines_end];
    let file = match text {
        [b'<', b'@', rest @ ..] => Some((trim(rest), true)),
        [b'<', b' ' | b'\t', rest @ ..] => Some((trim(rest), false)),
        _ => None,
    };
    let Some((path, filled)) = file else {
        return fill_in(text, first.start, variables);
    };
    let path = fill_in(path, first.start, variables)?;
    let path = String::from_utf8_lossy(&path);
    let content = read_file(&path)
        .map_err(|error| Bad::new(first.start, format!("cannot read {path}: {error}")))?;
    notes.push(format!("the body is the file {path}"));
    if filled {
        return fill_in(&content, 0, variables).map_err(|bad| Bad::new(first.start, bad.why));
    }
    Ok(content)
}

/// Puts variables in place of `{{name}}`; values may name others.
fn fill_in(
    text: &[u8],
    start: usize,
    variables: &HashMap<Vec<u8>, Vec<u8>>,
) -> Result<Vec<u8>, Bad> {
    fill_in_below(text, variables, 0).map_err(|bad| Bad::new(start + bad.at, bad.why))
}

fn fill_in_below(
    text: &[u8],
    variables: &HashMap<Vec<u8>, Vec<u8>>,
    depth: usize,
) -> Result<Vec<u8>, Bad> {
    let mut filled = Vec::with_capacity(text.len());
    let mut at = 0;
    while let Some(opening) = memchr::memmem::find(&text[at..], b"{{") {
        let opening = at + opening;
        let inner = &text[opening + 2..];
        filled.extend_from_slice(&text[at..opening]);
        let name = memchr::memmem::find(inner, b"}}").map(|end| &inner[..end]);
        let Some(name) = name.filter(|name| is_name(trim(name))) else {
            // JSON has `{{` nowhere, but a text may.
            filled.push(b'{');
            at = opening + 1;
            continue;
        };
        let key = trim(name);
        let value = variables.get(key).filter(|_| depth < 8).ok_or_else(|| {
            let key = String::from_utf8_lossy(key);
            let why = format!("the variable {key} is not set in this file: write `@{key} = …`");
            Bad::new(opening, why)
        })?;
        let value =
            fill_in_below(value, variables, depth + 1).map_err(|bad| Bad::new(opening, bad.why))?;
        filled.extend_from_slice(&value);
        at = opening + 2 + name.len() + 2;
    }
    filled.extend_from_slice(&text[at..]);
    Ok(filled)
}

fn is_name(name: &[u8]) -> bool {
    !name.is_empty()
        && name
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || b"_-.$ ".contains(byte))
}

#[cfg(test)]
mod tests;
