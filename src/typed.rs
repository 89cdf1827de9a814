//! What was typed or pasted at a terminal, which may have lost a part of it.

use std::io::{self, IsTerminal as _};

use crate::error::{Error, Place};

/// Refuses what a terminal has cut from a line that was pasted: what is left would be judged, and
/// the wrong cause be found.
pub fn refuse_cut(bytes: &[u8]) -> Result<(), Error> {
    if !io::stdin().is_terminal() || !holds_cut_line(bytes) {
        return Ok(());
    }
    let what = format!(
        "the terminal keeps {LONGEST_TYPED} bytes of a line and drops the rest: a line that was \
         pasted is cut there"
    );
    Err(Error::input(Place::file("-"), what).with_hint(
        "put it into a file without the terminal (an editor; pbpaste > FILE, xclip -o > FILE), and \
         name the file",
    ))
}

/// As much of a line as a terminal of Linux holds until Enter is pressed (`N_TTY_BUF_SIZE` is 4096,
/// and one byte is the line's end).
const LONGEST_TYPED: usize = 4095;

/// Whether a line is as long as a terminal leaves one that was longer.
fn holds_cut_line(bytes: &[u8]) -> bool {
    let mut lines = bytes.split(|&byte| byte == b'\n');
    lines.any(|line| matches!(line.len(), LONGEST_TYPED | 4096))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_as_long_as_a_terminal_holds_was_cut() {
        let line = |length: usize| [b"a\n", &*vec![b'x'; length], b"\nb"].concat();
        assert!(holds_cut_line(&line(4095)));
        assert!(!holds_cut_line(&line(4094)));
        // Whoever gets more has it from no such terminal.
        assert!(!holds_cut_line(&line(5000)));
    }
}
