//! A message as a line: for machines, or for people.
//!
//! ```text
//! {"v":1,"type":"message","id":"#1","at":"…","outcome":"pass","device":"00001/iot-0001",
//!  "kind":"property","topic":"$sys/…","qos":1,"retain":false,"dup":false,"encoding":"json",
//!  "payload":{…},"flaws":[],"warnings":[]}
//! ```
//! `encoding` tells what `payload` is: `json`, the value that came; `repaired`, the value behind a
//! text that is no strict JSON; `text`; or `base64`, as `{"base64":"…"}`. Lines are put together
//! by hand, because they are most of what a message costs.

use std::io::Write as _;
use std::str;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::message::Message;
use crate::json::compact;
use crate::mqtt::packet::level;
use crate::term::{Paint, escape, tame_json};

/// Appends the line for machines.
pub(super) fn json(message: &Message<'_>, at: &str, out: &mut Vec<u8>) {
    let before = out.len();
    let publish = message.publish;
    let outcome = if message.is_valid() { "pass" } else { "fail" };
    // A Vec takes all that is written to it.
    let _ = write!(
        out,
        "{{\"v\":1,\"type\":\"message\",\"id\":\"#{}\",\"at\":\"{at}\",\"outcome\":\"{outcome}\",\"device\":",
        message.number
    );
    match message.device() {
        Some(device) => text(&device, out),
        None => out.extend_from_slice(b"null"),
    }
    let _ = write!(out, ",\"kind\":\"{}\",\"topic\":", message.kind());
    text(&publish.topic, out);
    let _ = write!(
        out,
        ",\"qos\":{},\"retain\":{},\"dup\":{}",
        level(publish.qos),
        publish.retain,
        publish.dup
    );
    payload(message, out);
    list("flaws", &message.judged.flaws, out);
    list("warnings", &message.warnings(), out);
    out.extend_from_slice(b"}\n");
    tame(before, out);
}

/// Nothing in the line is anything that a terminal obeys.
fn tame(from: usize, out: &mut Vec<u8>) {
    let line = &out[from..out.len() - 1];
    if line.is_ascii() && !line.contains(&0x7f) {
        return;
    }
    let tame = tame_json(&String::from_utf8_lossy(line));
    out.truncate(from);
    out.extend_from_slice(tame.as_bytes());
    out.push(b'\n');
}

fn payload(message: &Message<'_>, out: &mut Vec<u8>) {
    let bytes = &message.publish.payload;
    let head = |encoding: &str, out: &mut Vec<u8>| {
        let _ = write!(out, ",\"encoding\":\"{encoding}\",\"payload\":");
    };
    // What is nested too deeply is no value for most readers.
    let value = message.judged.value.as_ref().filter(|_| !is_deep(bytes));
    match (value, str::from_utf8(bytes)) {
        (Some(_), Ok(_)) if message.judged.repairs.is_empty() && is_one_line(bytes) => {
            head("json", out);
            out.extend_from_slice(bytes.trim_ascii());
        }
        (Some(value), utf8) => {
            let is_strict = message.judged.repairs.is_empty() && utf8.is_ok();
            head(if is_strict { "json" } else { "repaired" }, out);
            out.extend_from_slice(&compact(value));
        }
        (None, Ok(payload)) => {
            head("text", out);
            text(payload, out);
        }
        (None, Err(_)) => {
            head("base64", out);
            let _ = write!(out, "{{\"base64\":\"{}\"}}", STANDARD.encode(bytes));
        }
    }
}

/// Whether a JSON text may stand in a line as it came. An escape may be half a character, which
/// many readers refuse.
fn is_one_line(bytes: &[u8]) -> bool {
    let plain = bytes.iter().all(|byte| *byte >= b' ');
    plain && memchr::memmem::find(bytes, b"\\u").is_none()
}

/// The usual limit of readers is 128, and the line itself is a level.
const DEEPEST: usize = 100;

/// Whether brackets are nested deeper than that; those in texts may count, too.
fn is_deep(bytes: &[u8]) -> bool {
    // Nearly no message has so many brackets at all.
    memchr::memchr2_iter(b'{', b'[', bytes).count() > DEEPEST && depth(bytes) > DEEPEST
}

fn depth(bytes: &[u8]) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    for byte in bytes {
        match byte {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

fn text(text: &str, out: &mut Vec<u8>) {
    // A text is always JSON, and a Vec takes it.
    let _ = serde_json::to_writer(out, text);
}

fn list(name: &str, texts: &[String], out: &mut Vec<u8>) {
    let _ = write!(out, ",\"{name}\":");
    let _ = serde_json::to_writer(out, texts);
}

/// Appends the line for people, and what there is to say under it.
pub(super) fn human(
    message: &Message<'_>,
    at: &str,
    verbose: bool,
    paint: Paint,
    out: &mut Vec<u8>,
) {
    let word = if message.is_valid() {
        paint.ok("pass ")
    } else {
        paint.bad("fail ")
    };
    // The day is known to whoever watches.
    let time = at.get(11..).unwrap_or(at);
    let _ = writeln!(
        out,
        "{word}  {}  {}  {}{}",
        paint.dim(time),
        message.about(),
        message.glance(),
        message.marks()
    );
    let mut row = |name: &str, text: &[u8]| {
        let _ = writeln!(
            out,
            "  {}  {}",
            paint.key(&format!("{name:<8}")),
            escape(text)
        );
    };
    for flaw in &message.judged.flaws {
        row("flaw", flaw.as_bytes());
    }
    for warning in message.warnings() {
        row("warning", warning.as_bytes());
    }
    if verbose {
        row("topic", message.publish.topic.as_bytes());
        row("qos", level(message.publish.qos).to_string().as_bytes());
        row("payload", &message.publish.payload);
    } else if !message.is_valid() {
        row("topic", message.publish.topic.as_bytes());
    }
}

#[cfg(test)]
mod tests;
