//! What a curl command finds at its standard input: a here-document, a file, `printf` or `echo`.

use super::words::{Command, Input, Word, escape};
use crate::capture::{Bad, ReadFile};

/// Whether a command only writes into the next one.
pub(super) fn feeds(command: &Command, next: Option<&Command>) -> bool {
    let name = command.words[0].bytes.as_slice();
    matches!(name, b"printf" | b"echo" | b"cat") && next.is_some_and(|next| next.piped)
}

/// The standard input of a command, where it is known.
pub(super) fn of(
    command: &Command,
    before: Option<&Command>,
    read_file: &ReadFile<'_>,
) -> Result<Option<Vec<u8>>, Bad> {
    match &command.input {
        Some(Input::Text(text)) => return Ok(Some(text.clone())),
        Some(Input::File(word)) => return file(word, read_file).map(Some),
        None => {}
    }
    let Some(before) = before.filter(|before| feeds(before, Some(command))) else {
        return Ok(None);
    };
    let arguments = &before.words[1..];
    match before.words[0].bytes.as_slice() {
        b"printf" => printf(arguments).map(Some),
        b"echo" => Ok(Some(echo(arguments))),
        _ => match arguments {
            [word] => file(word, read_file).map(Some),
            [] => match &before.input {
                Some(Input::Text(text)) => Ok(Some(text.clone())),
                _ => Ok(None),
            },
            [_, second, ..] => Err(Bad::new(second.at, "`cat` of several files is not read")),
        },
    }
}

/// A file's bytes, or why it cannot be read.
pub(super) fn file(word: &Word, read_file: &ReadFile<'_>) -> Result<Vec<u8>, Bad> {
    let name = String::from_utf8_lossy(&word.bytes);
    read_file(&name).map_err(|error| Bad::new(word.at, format!("cannot read {name}: {error}")))
}

fn echo(words: &[Word]) -> Vec<u8> {
    let (words, newline) = match words {
        [first, rest @ ..] if first.bytes == b"-n" => (rest, false),
        _ => (words, true),
    };
    let texts: Vec<&[u8]> = words.iter().map(|word| word.bytes.as_slice()).collect();
    let mut text = texts.join(&b' ');
    if newline {
        text.push(b'\n');
    }
    text
}

/// `printf FORMAT [TEXT…]` with `%s` and `%%`.
fn printf(words: &[Word]) -> Result<Vec<u8>, Bad> {
    let words = match words {
        [first, rest @ ..] if first.bytes == b"--" => rest,
        _ => words,
    };
    let Some((format, rest)) = words.split_first() else {
        return Ok(Vec::new());
    };
    let mut texts = rest.iter();
    let mut output = Vec::new();
    let mut at = 0;
    while let Some(&byte) = format.bytes.get(at) {
        match (byte, format.bytes.get(at + 1)) {
            (b'\\', _) => at += escape(&format.bytes[at..], &mut output),
            (b'%', Some(b'%')) => {
                output.push(b'%');
                at += 2;
            }
            (b'%', Some(b's')) => {
                if let Some(text) = texts.next() {
                    output.extend_from_slice(&text.bytes);
                }
                at += 2;
            }
            (b'%', _) => {
                return Err(Bad::new(
                    format.at,
                    "of printf's conversions only %s and %% are read",
                ));
            }
            _ => {
                output.push(byte);
                at += 1;
            }
        }
    }
    Ok(output)
}
