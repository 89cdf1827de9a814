//! The insides of strings: which characters which software escapes, and how.

use std::io::Write as _;

/// Lower-case or upper-case hexadecimal digits behind `\u`.
#[derive(Clone, Copy)]
enum Hex {
    Lower,
    Upper,
}

/// Only what JSON requires: quotes, backslashes, control characters.
pub(super) fn minimal(text: &str, out: &mut Vec<u8>) {
    escape(text, out, Hex::Lower, |_| false);
}

/// Minimal, with the hexadecimal digits of control characters in upper case: Jackson.
pub(super) fn minimal_upper(text: &str, out: &mut Vec<u8>) {
    escape(text, out, Hex::Upper, |_| false);
}

/// Python's `ensure_ascii`: whatever is not printable ASCII, DEL among it.
pub(super) fn ascii(text: &str, out: &mut Vec<u8>) {
    escape(text, out, Hex::Lower, |c| !(' '..='~').contains(&c));
}

/// Everything beyond ASCII; DEL stays.
pub(super) fn non_ascii(text: &str, out: &mut Vec<u8>) {
    escape(text, out, Hex::Lower, |c| !c.is_ascii());
}

/// `/` as `\/`, and nothing else that is not required.
pub(super) fn slashes(text: &str, out: &mut Vec<u8>) {
    with_slashes(text, out, minimal, |_| true);
}

/// PHP's default: `/` and everything beyond ASCII.
pub(super) fn php(text: &str, out: &mut Vec<u8>) {
    with_slashes(text, out, non_ascii, |_| true);
}

/// PHP with `JSON_UNESCAPED_UNICODE`, which leaves the two line separators escaped.
pub(super) fn php_unicode(text: &str, out: &mut Vec<u8>) {
    with_slashes(text, out, line_separators, |_| true);
}

/// U+2028 and U+2029, which JavaScript once took for ends of lines.
pub(super) fn line_separators(text: &str, out: &mut Vec<u8>) {
    escape(text, out, Hex::Lower, is_line_separator);
}

/// U+0085 and the line separators: Newtonsoft's `StringEscapeHandling.Default`.
pub(super) fn newtonsoft(text: &str, out: &mut Vec<u8>) {
    escape(text, out, Hex::Lower, |c| {
        c == '\u{85}' || is_line_separator(c)
    });
}

/// Go's `HTMLEscape`, and Rails: `<`, `>`, `&` and the line separators.
pub(super) fn html(text: &str, out: &mut Vec<u8>) {
    escape(text, out, Hex::Lower, |c| {
        matches!(c, '<' | '>' | '&') || is_line_separator(c)
    });
}

/// Gson's HTML-safe writing (`JsonWriter.HTML_SAFE_REPLACEMENT_CHARS`).
pub(super) fn gson(text: &str, out: &mut Vec<u8>) {
    escape(text, out, Hex::Lower, |c| {
        matches!(c, '<' | '>' | '&' | '=' | '\'') || is_line_separator(c)
    });
}

/// `System.Text.Json`'s `JavaScriptEncoder.Default`, for which even the quote is `\u0022`.
pub(super) fn dotnet(text: &str, out: &mut Vec<u8>) {
    escape(text, out, Hex::Upper, |c| {
        !(' '..='~').contains(&c) || matches!(c, '"' | '&' | '\'' | '+' | '<' | '>' | '`')
    });
}

/// org.json's `JSONObject.quote`: `</` as `<\/`, and two ranges of odd characters.
pub(super) fn org_json(text: &str, out: &mut Vec<u8>) {
    let rest = |text: &str, out: &mut Vec<u8>| {
        escape(text, out, Hex::Lower, |c| {
            ('\u{80}'..'\u{A0}').contains(&c) || ('\u{2000}'..'\u{2100}').contains(&c)
        });
    };
    with_slashes(text, out, rest, |before| before.ends_with('<'));
}

fn is_line_separator(character: char) -> bool {
    matches!(character, '\u{2028}' | '\u{2029}')
}

/// Writes `text` with the escapes of `rest`, and `/` as `\/` where what stands before asks for it.
fn with_slashes(
    text: &str,
    out: &mut Vec<u8>,
    rest: impl Fn(&str, &mut Vec<u8>),
    wanted: impl Fn(&str) -> bool,
) {
    let mut before: Option<&str> = None;
    for part in text.split('/') {
        if let Some(before) = before {
            out.extend_from_slice(if wanted(before) { &b"\\/"[..] } else { b"/" });
        }
        rest(part, out);
        before = Some(part);
    }
}

/// Writes what JSON requires escaped in its short forms, and `more` as `\uXXXX`.
fn escape(text: &str, out: &mut Vec<u8>, hex: Hex, more: impl Fn(char) -> bool) {
    for character in text.chars() {
        // `more` may take the quote (System.Text.Json), but never the forms of two characters.
        let short = match character {
            '\\' => '\\',
            '\u{8}' => 'b',
            '\u{C}' => 'f',
            '\n' => 'n',
            '\r' => 'r',
            '\t' => 't',
            '"' if !more('"') => '"',
            _ if character < ' ' || more(character) => {
                unicode(character, out, hex);
                continue;
            }
            _ => {
                out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
                continue;
            }
        };
        out.push(b'\\');
        out.extend_from_slice(short.encode_utf8(&mut [0; 4]).as_bytes());
    }
}

fn unicode(character: char, out: &mut Vec<u8>, hex: Hex) {
    for unit in character.encode_utf16(&mut [0; 2]) {
        // Writing into a vector cannot fail.
        let _ = match hex {
            Hex::Lower => write!(out, "\\u{unit:04x}"),
            Hex::Upper => write!(out, "\\u{unit:04X}"),
        };
    }
}
