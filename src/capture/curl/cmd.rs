//! Splits command lines of Windows' cmd.exe, as "Copy as cURL (cmd)" gives them.
//!
//! First cmd's own carets go (`^"`, `^%`, `^` at the end of a line), then the words are split as
//! Microsoft's C runtime does it: `\"` is a quote, backslashes are halved before a quote only.

use super::words::{Command, Word};
use crate::capture::Bad;

/// Whether the text is meant for cmd.exe: its first line goes on behind a caret, or the first
/// word behind `curl` is quoted with one. Further down a caret may be part of a value.
pub(super) fn is_cmd(bytes: &[u8]) -> bool {
    let line = bytes
        .split(|&byte| byte == b'\n')
        .map(<[u8]>::trim_ascii)
        .find(|line| !line.is_empty())
        .unwrap_or_default();
    let quoted = line
        .split(u8::is_ascii_whitespace)
        .nth(1)
        .is_some_and(|word| word.starts_with(b"^\""));
    quoted || line.ends_with(b" ^")
}

/// The commands: one a line, where the line does not end with a caret.
pub(super) fn commands(bytes: &[u8]) -> (Vec<Command>, Option<Bad>) {
    let mut commands = Vec::new();
    let mut command: Vec<(usize, u8)> = Vec::new();
    let mut quoted = false;
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'^' if !quoted => {
                at += 1 + line_end(&bytes[at + 1..]);
                // What follows is taken as it is, even a second line end.
                let end = line_end(&bytes[at.min(bytes.len())..]);
                if end > 0 {
                    command.push((at, b'\n'));
                    at += end;
                    continue;
                }
                if let Some(&next) = bytes.get(at) {
                    let continued = bytes[at - 1] == b'\n';
                    if continued {
                        continue;
                    }
                    command.push((at, next));
                }
            }
            b'\n' => {
                commands.extend(split(&command));
                command.clear();
                quoted = false;
            }
            b'"' => {
                quoted = !quoted;
                command.push((at, byte));
            }
            b'\r' => {}
            _ => command.push((at, byte)),
        }
        at += 1;
    }
    commands.extend(split(&command));
    (commands, None)
}

/// How many bytes the line end here has.
fn line_end(bytes: &[u8]) -> usize {
    match bytes {
        [b'\r', b'\n', ..] => 2,
        [b'\n', ..] => 1,
        _ => 0,
    }
}

/// The words of one command, given as bytes with their offsets.
fn split(text: &[(usize, u8)]) -> Option<Command> {
    let mut command = Command::default();
    let mut word: Option<Word> = None;
    let mut quoted = false;
    let mut index = 0;
    while let Some(&(at, byte)) = text.get(index) {
        let backslashes = text[index..]
            .iter()
            .take_while(|(_, byte)| *byte == b'\\')
            .count();
        if byte.is_ascii_whitespace() && !quoted {
            command.words.extend(word.take());
            index += 1;
            continue;
        }
        let bytes = &mut word
            .get_or_insert_with(|| Word {
                at,
                bytes: Vec::new(),
            })
            .bytes;
        let behind = text.get(index + backslashes).map(|(_, byte)| *byte);
        if backslashes > 0 && behind == Some(b'"') {
            bytes.extend(std::iter::repeat_n(b'\\', backslashes / 2));
            index += backslashes;
            if backslashes % 2 == 1 {
                bytes.push(b'"');
                index += 1;
            }
        } else if backslashes > 0 {
            bytes.extend(std::iter::repeat_n(b'\\', backslashes));
            index += backslashes;
        } else if byte == b'"' {
            // Two quotes inside quotes are one.
            if quoted && text.get(index + 1).is_some_and(|(_, next)| *next == b'"') {
                bytes.push(b'"');
                index += 1;
            } else {
                quoted = !quoted;
            }
            index += 1;
        } else {
            bytes.push(byte);
            index += 1;
        }
    }
    command.words.extend(word);
    command.at = command.words.first()?.at;
    Some(command)
}
