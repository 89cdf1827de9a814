//! What is served: the files of the page, and the fields of every answer.

use serde::Serialize;

use crate::message::{Headers, Response};
use crate::net::server::{Feed, Reply};

/// The files by their names, and what they are. They are as they stand in the repository: nothing
/// builds them.
const FILES: [(&str, &str, &str); 9] = [
    ("", HTML, include_str!("page/page.html")),
    ("page.css", CSS, include_str!("page/page.css")),
    ("icon.svg", "image/svg+xml", include_str!("page/icon.svg")),
    ("page.js", JS, include_str!("page/page.js")),
    ("list.js", JS, include_str!("page/list.js")),
    ("record.js", JS, include_str!("page/record.js")),
    ("chain.js", JS, include_str!("page/chain.js")),
    ("bytes.js", JS, include_str!("page/bytes.js")),
    ("parts.js", JS, include_str!("page/parts.js")),
];

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const JS: &str = "text/javascript; charset=utf-8";

/// The page is these files, asks this server, and nothing else: no text can become a script, a
/// style, a form or a frame.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
                      connect-src 'self'; base-uri 'none'; form-action 'none'; \
                      frame-ancestors 'none'; require-trusted-types-for 'script'; \
                      trusted-types 'none'";

/// A file of the page.
pub(super) fn file(name: &str) -> Option<Reply> {
    let (_, kind, text) = FILES.iter().find(|(file, ..)| *file == name)?;
    Some(answer(200, kind, text.as_bytes().to_vec(), &[]))
}

pub(super) fn json(value: &impl Serialize) -> Reply {
    match serde_json::to_vec(value) {
        Ok(json) => answer(200, "application/json", json, &[]),
        Err(why) => answer(500, TEXT, why.to_string().into_bytes(), &[]),
    }
}

const TEXT: &str = "text/plain; charset=utf-8";

pub(super) fn text(text: Vec<u8>) -> Reply {
    answer(200, TEXT, text, &[])
}

/// Lines of a capture, as a file to keep.
pub(super) fn capture(lines: Feed) -> Reply {
    const FILE: (&str, &str) = (
        "Content-Disposition",
        "attachment; filename=\"pushrig.ndjson\"",
    );
    Reply {
        feed: Some(lines),
        ..answer(200, "application/x-ndjson", Vec::new(), &[FILE])
    }
}

/// Events, for as long as they come.
pub(super) fn events(feed: Feed) -> Reply {
    Reply {
        feed: Some(feed),
        ..answer(200, "text/event-stream", Vec::new(), &[])
    }
}

/// There is nothing, or it is nobody's business.
pub(super) fn nothing() -> Reply {
    Reply::from(Response {
        status: 404,
        ..Response::default()
    })
}

pub(super) fn refused(why: &str) -> Reply {
    answer(403, TEXT, why.as_bytes().to_vec(), &[])
}

pub(super) fn busy(why: &str) -> Reply {
    answer(503, TEXT, why.as_bytes().to_vec(), &[])
}

fn answer(status: u16, kind: &str, body: Vec<u8>, more: &[(&str, &str)]) -> Reply {
    let mut headers = Headers::new();
    for (name, value) in [
        ("Content-Type", kind),
        ("Content-Security-Policy", POLICY),
        ("X-Content-Type-Options", "nosniff"),
        ("X-Frame-Options", "DENY"),
        ("Referrer-Policy", "no-referrer"),
        ("Cross-Origin-Resource-Policy", "same-origin"),
        ("Cross-Origin-Opener-Policy", "same-origin"),
        ("Cache-Control", "no-store"),
    ] {
        headers.push(name, value);
    }
    for (name, value) in more {
        headers.push(name, value);
    }
    Reply::from(Response {
        status,
        headers,
        body,
        ms: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The policy would stop it, and this says so earlier.
    #[test]
    fn no_file_asks_for_anything_outside_or_makes_markup_of_text() {
        for (name, _, text) in FILES {
            for word in [
                "://",
                "innerHTML",
                "outerHTML",
                "insertAdjacent",
                "eval(",
                "document.write",
            ] {
                let text = text.replace("http://www.w3.org/2000/svg", "");
                assert!(!text.contains(word), "{name}: {word}");
            }
            let is_page = name.is_empty();
            assert!(
                !is_page || !text.contains(" style=") && !text.contains(" onclick="),
                "{name}"
            );
        }
    }
}
