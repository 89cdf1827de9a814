//! The files that a subcommand reads.

use std::fs::File;
use std::io::{self, IsTerminal as _, Read};
use std::path::{Path, PathBuf};

use crate::capture::{self, Reading};
use crate::error::{Error, Place};
use crate::session::Session;
use crate::typed::refuse_cut;

/// The files to read: standard input where none is named and somebody pipes into it.
pub fn inputs(files: &[String]) -> Result<Vec<String>, Error> {
    if !files.is_empty() {
        return Ok(files.to_vec());
    }
    if io::stdin().is_terminal() {
        return Err(Error::usage("there is nothing to check").with_hint(
            "name a file (or - for standard input), or give the parts: --signature, --nonce, …",
        ));
    }
    Ok(vec!["-".to_owned()])
}

/// What is not read line by line is held in memory, up to this size.
const LARGEST: u64 = 512 << 20;

/// A file, or standard input, opened once.
pub fn open(name: &str, session: &mut Session) -> Result<Box<dyn Read + Send>, Error> {
    if name == "-" {
        session.take_stdin("FILE")?;
        return Ok(Box::new(io::stdin()));
    }
    match File::open(name) {
        Ok(file) => Ok(Box::new(file)),
        Err(cause) => Err(match is_pasted(name) {
            // It is not repeated: it may hold a secret.
            Some(what) => Error::usage(format!("{what} stands where the name of a file should"))
                .with_hint("write - in its place and paste it then (Enter, Ctrl-D), or pipe it in"),
            None => Error::reading(name, cause),
        }),
    }
}

/// What a text is that is no name of a file: a curl command, a request line or a body, a URL, a
/// target or a query, a token.
fn is_pasted(text: &str) -> Option<&'static str> {
    let start = text.trim_start();
    let word = start.split_whitespace().next().unwrap_or_default();
    let is_line = matches!(word, "curl" | "GET" | "POST" | "PUT" | "PATCH" | "DELETE");
    if (is_line && word.len() < start.len()) || start.starts_with('{') {
        return Some("a request");
    }
    let has = |part: &str| start.contains(part);
    if start.starts_with("http://") || start.starts_with("https://") {
        return Some("a URL");
    }
    match (has("&"), has("signature="), has("res=") && has("sign=")) {
        (true, true, _) => Some("a request"),
        (true, _, true) => Some("a token"),
        _ => None,
    }
}

/// Everything in a file that is recognised by its content.
pub fn read(name: &str, session: &mut Session) -> Result<Reading, Error> {
    let source = open(name, session)?;
    read_rest(name, Vec::new(), source)
}

/// Everything in a source of which `start` was read already.
pub fn read_rest(name: &str, start: Vec<u8>, source: impl Read) -> Result<Reading, Error> {
    let mut bytes = start;
    source
        .take(LARGEST)
        .read_to_end(&mut bytes)
        .map_err(|cause| Error::reading(name, cause))?;
    if name == "-" {
        refuse_cut(&bytes)?;
    }
    if bytes.len() as u64 >= LARGEST {
        return Err(Error::input(
            Place::file(name),
            format!("it is larger than {} MiB", LARGEST >> 20),
        )
        .with_hint("`verify` reads captures of any size, line by line"));
    }
    capture::read_all_with(name, &bytes, &|path| std::fs::read(sibling(name, path)))
}

/// A file that another names is looked for beside it.
fn sibling(name: &str, path: &str) -> PathBuf {
    match Path::new(name).parent() {
        Some(folder) if name != "-" => folder.join(path),
        _ => path.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_told_from_the_name_of_a_file() {
        for request in [
            "curl 'http://h/'",
            " curl -X POST h",
            "GET /push?a=b",
            "{\"msg\":1}",
            "https://h/push",
            "/push?msg=a&signature=b c&nonce=d",
            "msg=a&signature=b&nonce=d",
            "version=2018-10-31&res=products%2Fp&et=1&method=sha1&sign=a",
        ] {
            assert!(is_pasted(request).is_some(), "{request}");
        }
        for name in ["curl", "request.curl", "GET", "get /x", "a curl 'x'", "-"] {
            assert_eq!(is_pasted(name), None, "{name}");
        }
    }
}
