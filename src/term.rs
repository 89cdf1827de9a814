//! Colour as a value, and text that is safe to show.

use std::fmt::Write as _;

use clap::ValueEnum;
use colored::{Color, Colorize as _};

/// When to colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ColorChoice {
    /// On a terminal, unless `NO_COLOR` is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// Whether one stream is coloured; methods are named by meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Paint {
    on: bool,
}

impl Paint {
    /// No colour.
    pub const PLAIN: Self = Self { on: false };

    /// Decides for one stream: the flag, then a non-empty `NO_COLOR`, then the terminal.
    #[must_use]
    pub fn decide(choice: ColorChoice, no_color: bool, terminal: bool) -> Self {
        // `colored` looks only at stdout and lets CLICOLOR_FORCE beat NO_COLOR: it is told once
        // to do as it is asked, and asked only where a stream wants colour.
        colored::control::set_override(true);
        Self {
            on: match choice {
                ColorChoice::Always => true,
                ColorChoice::Never => false,
                ColorChoice::Auto => terminal && !no_color,
            },
        }
    }

    /// Something that is right.
    #[must_use]
    pub fn ok(self, text: &str) -> String {
        self.color(text, Color::Green)
    }

    /// Something that is wrong.
    #[must_use]
    pub fn bad(self, text: &str) -> String {
        self.color(text, Color::Red)
    }

    /// Something to look at that is not wrong.
    #[must_use]
    pub fn warn(self, text: &str) -> String {
        self.color(text, Color::Yellow)
    }

    /// A name, beside its value.
    #[must_use]
    pub fn key(self, text: &str) -> String {
        self.color(text, Color::Cyan)
    }

    /// Something of less weight.
    #[must_use]
    pub fn dim(self, text: &str) -> String {
        if self.on {
            text.dimmed().to_string()
        } else {
            text.to_owned()
        }
    }

    /// A heading.
    #[must_use]
    pub fn bold(self, text: &str) -> String {
        if self.on {
            text.bold().to_string()
        } else {
            text.to_owned()
        }
    }

    fn color(self, text: &str, color: Color) -> String {
        if self.on {
            text.color(color).to_string()
        } else {
            text.to_owned()
        }
    }
}

/// Bytes as text that a terminal shows and does not obey: control characters, invisible
/// characters and bytes that are not UTF-8 are written as escapes.
#[must_use]
pub fn escape(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for character in chunk.valid().chars() {
            push_escaped(&mut text, character);
        }
        for byte in chunk.invalid() {
            write!(text, "\\x{byte:02x}").expect("a String takes any text");
        }
    }
    text
}

/// Whether it is invisible or turns the direction of what follows, and so hides what was sent.
fn hides(character: char) -> bool {
    matches!(
        character,
        '\u{a0}'
            | '\u{ad}'
            | '\u{61c}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{2069}'
            | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}'
    )
}

/// The same line of JSON with nothing in it that a terminal obeys or does not show.
#[must_use]
pub fn tame_json(line: &str) -> String {
    let mut tame = String::with_capacity(line.len());
    for character in line.chars() {
        // Such characters stand only in strings, where an escape says the same.
        if character.is_control() || hides(character) {
            write!(tame, "\\u{:04x}", u32::from(character)).expect("a String takes any text");
        } else {
            tame.push(character);
        }
    }
    tame
}

fn push_escaped(text: &mut String, character: char) {
    match character {
        '\n' => text.push_str("\\n"),
        '\r' => text.push_str("\\r"),
        '\t' => text.push_str("\\t"),
        '\0' => text.push_str("\\0"),
        c if hides(c) => {
            write!(text, "\\u{{{:x}}}", u32::from(c)).expect("a String takes any text");
        }
        c if c.is_control() => {
            write!(text, "\\x{:02x}", u32::from(c)).expect("a String takes any text");
        }
        c => text.push(c),
    }
}

/// Text cut to about `limit` characters, its middle replaced by a count of what is left out; a
/// cut that would hardly make it shorter is not made.
#[must_use]
pub fn cut(text: &str, limit: usize) -> String {
    let count = text.chars().count();
    let slack = if limit >= 60 { 20 } else { 0 };
    if count <= limit + slack {
        return text.to_owned();
    }
    let head = limit * 2 / 3;
    let tail = limit - head;
    let start: String = text.chars().take(head).collect();
    let end: String = text.chars().skip(count - tail).collect();
    format!("{start} […{} more…] {end}", count - head - tail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_the_same_and_does_not_steer_the_terminal() {
        let line = "{\"a\":\"\u{9b}2J\u{202e}\u{7f}é\"}";
        let tame = tame_json(line);
        assert_eq!(tame, r#"{"a":"\u009b2J\u202e\u007fé"}"#);
        let read = |json| serde_json::from_str::<serde_json::Value>(json).unwrap();
        assert_eq!(read(&tame), read(line));
    }

    #[test]
    fn what_a_peer_sent_cannot_steer_the_terminal() {
        assert_eq!(escape(b"a\x1b[2Jb\n\xff"), "a\\x1b[2Jb\\n\\xff");
        assert_eq!(
            escape("中\u{202e}x\u{a0}".as_bytes()),
            "中\\u{202e}x\\u{a0}"
        );
    }

    #[test]
    fn colour_follows_the_flag_then_no_color_then_the_terminal() {
        let on = |choice, no_color, tty| Paint::decide(choice, no_color, tty).on;
        assert!(on(ColorChoice::Always, true, false));
        assert!(!on(ColorChoice::Never, false, true));
        assert!(on(ColorChoice::Auto, false, true));
        assert!(!on(ColorChoice::Auto, true, true));
        assert!(!on(ColorChoice::Auto, false, false));
    }

    #[test]
    fn long_text_is_cut_in_its_middle() {
        assert_eq!(cut("0123456789abcdef", 6), "0123 […10 more…] ef");
        assert_eq!(cut("0123", 6), "0123");
    }
}
