//! Splits shell text into commands and words, as POSIX sh and bash do.
//!
//! Quotes (`'…'`, `"…"`, `$'…'`), continuation lines, comments, prompts, `;`, `&&`, `||`, `&`,
//! pipes, redirections and here-documents are understood. Variables and command substitution are
//! not: their values are not known here, and a made-up value would be worse than an error.

use memchr::memchr;

use crate::capture::Bad;
use crate::capture::raw::line_at;

/// A command of a pipeline.
#[derive(Debug, Default)]
pub(super) struct Command {
    /// Where it starts.
    pub(super) at: usize,
    pub(super) words: Vec<Word>,
    /// What comes to its standard input from a here-document or a file.
    pub(super) input: Option<Input>,
    /// Whether the command before it writes into this one.
    pub(super) piped: bool,
    /// Whether it ends with an `&` that no blank follows: most likely a URL without quotes.
    pub(super) cut: bool,
}

/// A word after quotes were taken away, and where it starts.
#[derive(Debug, Default)]
pub(super) struct Word {
    pub(super) at: usize,
    pub(super) bytes: Vec<u8>,
}

/// Standard input.
#[derive(Debug)]
pub(super) enum Input {
    Text(Vec<u8>),
    File(Word),
}

/// What becomes of the next word.
enum Redirect {
    Drop,
    File,
    HereString,
    HereDocument { tabs: bool },
}

/// The commands up to the first thing that cannot be understood, and that thing.
pub(super) fn commands(bytes: &[u8]) -> (Vec<Command>, Option<Bad>) {
    let mut lexer = Lexer {
        bytes,
        at: 0,
        commands: Vec::new(),
        command: Command::default(),
        word: None,
        redirect: None,
        documents: Vec::new(),
    };
    let bad = lexer.run().err();
    (lexer.commands, bad)
}

struct Lexer<'a> {
    bytes: &'a [u8],
    at: usize,
    commands: Vec<Command>,
    command: Command,
    word: Option<Word>,
    redirect: Option<Redirect>,
    /// Here-documents whose text starts on the next line: end word, whether tabs are dropped.
    documents: Vec<(Vec<u8>, bool)>,
}

impl Lexer<'_> {
    fn run(&mut self) -> Result<(), Bad> {
        while let Some(byte) = self.peek(0) {
            match byte {
                b' ' | b'\t' | b'\r' => {
                    self.at += 1;
                    self.end_word();
                }
                b'\n' => {
                    self.at += 1;
                    self.end_command(false);
                    self.here_documents();
                }
                b'\\' => self.backslash(),
                b'\'' => self.single_quotes()?,
                b'"' => self.double_quotes()?,
                b'$' => self.dollar()?,
                b'`' => return Err(self.unknown_value("a command in backquotes")),
                b'#' if self.word.is_none() => {
                    self.at +=
                        memchr(b'\n', &self.bytes[self.at..]).unwrap_or(self.bytes.len() - self.at);
                }
                b';' | b'&' | b'|' => self.operator(byte),
                b'<' | b'>' => self.redirection(byte),
                _ => {
                    self.push(byte);
                    self.at += 1;
                }
            }
        }
        self.end_command(false);
        Ok(())
    }

    fn peek(&self, ahead: usize) -> Option<u8> {
        self.bytes.get(self.at + ahead).copied()
    }

    fn word(&mut self) -> &mut Word {
        let at = self.at;
        self.word.get_or_insert_with(|| Word {
            at,
            bytes: Vec::new(),
        })
    }

    fn push(&mut self, byte: u8) {
        self.word().bytes.push(byte);
    }

    fn end_word(&mut self) {
        let Some(word) = self.word.take() else {
            return;
        };
        match self.redirect.take() {
            None => {
                if self.command.words.is_empty() {
                    // A prompt that was copied along.
                    if word.bytes == b"$" || word.bytes == b"%" {
                        return;
                    }
                    self.command.at = word.at;
                }
                self.command.words.push(word);
            }
            Some(Redirect::Drop) => {}
            Some(Redirect::File) => self.command.input = Some(Input::File(word)),
            Some(Redirect::HereString) => {
                let mut text = word.bytes;
                text.push(b'\n');
                self.command.input = Some(Input::Text(text));
            }
            Some(Redirect::HereDocument { tabs }) => self.documents.push((word.bytes, tabs)),
        }
    }

    fn end_command(&mut self, pipe: bool) {
        self.end_word();
        self.redirect = None;
        let next = Command {
            piped: pipe,
            ..Command::default()
        };
        let command = std::mem::replace(&mut self.command, next);
        if !command.words.is_empty() {
            self.commands.push(command);
        }
    }

    fn operator(&mut self, byte: u8) {
        let double = self.peek(1) == Some(byte);
        self.at += 1 + usize::from(double);
        if byte == b'&' && !double {
            let blank = self.peek(0).is_none_or(|next| next.is_ascii_whitespace());
            self.command.cut = !blank;
        }
        self.end_command(byte == b'|' && !double);
    }

    fn redirection(&mut self, byte: u8) {
        // The number before it is a file descriptor: `2>&1`.
        let descriptor = |word: &Word| word.bytes.iter().all(u8::is_ascii_digit);
        if self.word.as_ref().is_some_and(descriptor) {
            self.word = None;
        }
        self.end_word();
        let rest = &self.bytes[self.at..];
        let (redirect, length) = match rest {
            [b'<', b'<', b'<', ..] => (Redirect::HereString, 3),
            [b'<', b'<', b'-', ..] => (Redirect::HereDocument { tabs: true }, 3),
            [b'<', b'<', ..] => (Redirect::HereDocument { tabs: false }, 2),
            [b'>', b'>' | b'&' | b'|', ..] | [b'<', b'&' | b'>', ..] => (Redirect::Drop, 2),
            _ if byte == b'<' => (Redirect::File, 1),
            _ => (Redirect::Drop, 1),
        };
        self.redirect = Some(redirect);
        self.at += length;
    }

    /// The text of here-documents starts on the line behind the command.
    fn here_documents(&mut self) {
        for (end, tabs) in std::mem::take(&mut self.documents) {
            let mut text = Vec::new();
            while let Some(line) = line_at(self.bytes, self.at) {
                let start = self.at;
                self.at = line.next;
                let mut kept = &self.bytes[start..line.next];
                let mut plain = line.text;
                while let (true, [b'\t', rest @ ..]) = (tabs, plain) {
                    plain = rest;
                    kept = &kept[1..];
                }
                if plain == end {
                    break;
                }
                text.extend_from_slice(kept);
            }
            if let Some(command) = self.commands.last_mut() {
                command.input = Some(Input::Text(text));
            }
        }
    }

    fn backslash(&mut self) {
        match (self.peek(1), self.peek(2)) {
            (Some(b'\n'), _) => self.at += 2,
            (Some(b'\r'), Some(b'\n')) => self.at += 3,
            (Some(byte), _) => {
                self.push(byte);
                self.at += 2;
            }
            (None, _) => self.at += 1,
        }
    }

    fn single_quotes(&mut self) -> Result<(), Bad> {
        self.word();
        let rest = &self.bytes[self.at + 1..];
        let Some(end) = memchr(b'\'', rest) else {
            return Err(Bad::new(self.at, "this quote is never closed"));
        };
        let text = rest[..end].to_vec();
        self.word().bytes.extend_from_slice(&text);
        self.at += end + 2;
        Ok(())
    }

    fn double_quotes(&mut self) -> Result<(), Bad> {
        let opening = self.at;
        self.word();
        self.at += 1;
        loop {
            match self.peek(0) {
                None => return Err(Bad::new(opening, "this quote is never closed")),
                Some(b'"') => break,
                Some(b'\\') => match self.peek(1) {
                    Some(b'\n') => self.at += 1,
                    Some(byte @ (b'$' | b'`' | b'"' | b'\\')) => {
                        self.push(byte);
                        self.at += 1;
                    }
                    _ => self.push(b'\\'),
                },
                Some(b'`') => return Err(self.unknown_value("a command in backquotes")),
                Some(b'$') if self.is_expansion() => {
                    return Err(self.unknown_value("a shell variable"));
                }
                Some(byte) => self.push(byte),
            }
            self.at += 1;
        }
        self.at += 1;
        Ok(())
    }

    fn dollar(&mut self) -> Result<(), Bad> {
        match self.peek(1) {
            Some(b'\'') => self.ansi_quotes(),
            Some(b'"') => {
                self.at += 1;
                self.double_quotes()
            }
            _ if self.is_expansion() => Err(self.unknown_value("a shell variable")),
            _ => {
                self.push(b'$');
                self.at += 1;
                Ok(())
            }
        }
    }

    /// Whether the `$` here starts something that a shell replaces.
    fn is_expansion(&self) -> bool {
        self.peek(1)
            .is_some_and(|next| next.is_ascii_alphanumeric() || b"_{(@*#?!-$".contains(&next))
    }

    fn unknown_value(&self, what: &str) -> Bad {
        let why = format!("{what}: what it stands for is not known here; write its value");
        Bad::new(self.at, why)
    }

    /// `$'…'` with the escapes of ANSI C, as bash has them.
    fn ansi_quotes(&mut self) -> Result<(), Bad> {
        let opening = self.at;
        self.word();
        self.at += 2;
        loop {
            match self.peek(0) {
                None => return Err(Bad::new(opening, "this quote is never closed")),
                Some(b'\'') => break,
                Some(b'\\') => {
                    let mut decoded = Vec::new();
                    self.at += escape(&self.bytes[self.at..], &mut decoded);
                    self.word().bytes.extend_from_slice(&decoded);
                }
                Some(byte) => {
                    self.push(byte);
                    self.at += 1;
                }
            }
        }
        self.at += 1;
        Ok(())
    }
}

/// Decodes the escape that `text` starts with; how many bytes it takes.
pub(super) fn escape(text: &[u8], into: &mut Vec<u8>) -> usize {
    let Some(&letter) = text.get(1) else {
        into.push(b'\\');
        return 1;
    };
    let simple = match letter {
        b'a' => 7,
        b'b' => 8,
        b'e' | b'E' => 0x1B,
        b'f' => 0x0C,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'v' => 0x0B,
        b'\\' | b'\'' | b'"' | b'?' => letter,
        b'c' => match text.get(2) {
            Some(byte) => {
                into.push(byte & 0x1F);
                return 3;
            }
            None => letter,
        },
        b'0'..=b'7' => {
            let (value, length) = number(&text[1..], 8, 3);
            // `\777` is cut to a byte, as in bash.
            into.push(value.to_le_bytes()[0]);
            return 1 + length;
        }
        b'x' | b'u' | b'U' => {
            let most = match letter {
                b'x' => 2,
                b'u' => 4,
                _ => 8,
            };
            let (value, length) = number(&text[2..], 16, most);
            if length == 0 {
                into.extend_from_slice(&text[..2]);
            } else if letter == b'x' {
                into.push(value.to_le_bytes()[0]);
            } else {
                let character = char::from_u32(value).unwrap_or(char::REPLACEMENT_CHARACTER);
                into.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
            }
            return 2 + length;
        }
        other => {
            into.extend_from_slice(&[b'\\', other]);
            return 2;
        }
    };
    into.push(simple);
    2
}

/// The number that `text` starts with: value, and how many digits it has.
fn number(text: &[u8], radix: u32, most: usize) -> (u32, usize) {
    let mut value: u32 = 0;
    let mut length = 0;
    for &byte in text.iter().take(most) {
        let Some(digit) = char::from(byte).to_digit(radix) else {
            break;
        };
        value = value.wrapping_mul(radix).wrapping_add(digit);
        length += 1;
    }
    (value, length)
}
