//! Lines that fit: text with colours in it, broken or cut at so many columns.

use unicode_width::UnicodeWidthChar as _;

/// What stands for the rest of a line.
const REST: char = '…';

/// What ends all colours.
const PLAIN: &str = "\u{1b}[0m";

/// How deep further lines of a broken one stand.
const DEEPER: usize = 4;

/// A line in pieces of at most so many columns, broken at blanks.
pub(super) fn broken(line: &str, columns: usize) -> Vec<String> {
    if width(line) <= columns {
        return vec![line.to_owned()];
    }
    let lead = line.len() - line.trim_start_matches(' ').len();
    let mut pieces = Vec::new();
    let mut piece = " ".repeat(lead);
    let mut is_empty = true;
    for word in line[lead..].split(' ') {
        if !is_empty && width(&piece) + 1 + width(word) > columns {
            let full = std::mem::replace(&mut piece, " ".repeat(lead + DEEPER));
            pieces.push(full.trim_end().to_owned());
            is_empty = true;
        }
        if !is_empty {
            piece.push(' ');
        }
        piece.push_str(word);
        is_empty = false;
    }
    pieces.push(piece);
    pieces
}

/// A line in at most `most` pieces of so many columns, broken behind a comma or anywhere; what is
/// left is cut off.
pub(super) fn cut(line: &str, columns: usize, most: usize) -> Vec<String> {
    let mut pieces = Vec::new();
    let mut piece = String::new();
    let (mut used, mut escape) = (0, false);
    for c in line.chars() {
        escape |= c == '\u{1b}';
        let wide = if escape { 0 } else { c.width().unwrap_or(0) };
        if used + wide > columns {
            if pieces.len() + 1 == most {
                piece.pop();
                piece.push(REST);
                break;
            }
            // JSON is easier to read where it is broken behind a comma.
            let comma = piece.rfind(',').map_or(0, |at| at + 1);
            let rest = if comma > piece.len() / 2 && !piece.contains('\u{1b}') {
                piece.split_off(comma)
            } else {
                String::new()
            };
            used = width(&rest);
            pieces.push(std::mem::replace(&mut piece, rest));
        }
        used += wide;
        piece.push(c);
        escape &= c != 'm';
    }
    if line.contains('\u{1b}') && !piece.ends_with(PLAIN) {
        // What was cut off may have ended a colour.
        piece.push_str(PLAIN);
    }
    pieces.push(piece);
    pieces
}

/// A command line in lines that a shell puts together again; an argument stays whole.
pub(super) fn command(start: &str, words: &[String], columns: usize) -> Vec<String> {
    let mut lines = vec![start.to_owned()];
    let mut flag_stays = false;
    for (index, word) in words.iter().enumerate() {
        let word = quoted(word);
        // A flag stands beside its value.
        let beside = words
            .get(index + 1)
            .filter(|next| word.starts_with("--") && !next.starts_with('-'))
            .map_or(0, |next| 1 + width(&quoted(next)));
        let line = lines.last_mut().map_or(0, |line| width(line));
        if !flag_stays && line + 1 + width(&word) + beside + 2 > columns {
            lines.last_mut().into_iter().for_each(|line| *line += " \\");
            lines.push(" ".repeat(DEEPER - 1));
        }
        flag_stays = beside > 0;
        if let Some(line) = lines.last_mut() {
            line.push(' ');
            line.push_str(&word);
        }
    }
    lines
}

/// A word as a shell takes it.
pub(super) fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@,+%".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// The columns of a line, its colours not counted.
pub(super) fn width(line: &str) -> usize {
    let mut escape = false;
    let mut width = 0;
    for c in line.chars() {
        escape |= c == '\u{1b}';
        if !escape {
            width += c.width().unwrap_or(0);
        }
        escape &= c != 'm';
    }
    width
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_take_no_room() {
        let red = "\u{1b}[31mab\u{1b}[0m cd";
        assert_eq!(width(red), 5);
        assert_eq!(broken(red, 5), [red]);
        assert_eq!(broken(red, 4), ["\u{1b}[31mab\u{1b}[0m", "    cd"]);
        assert_eq!(cut(red, 5, 1), [format!("{red}{PLAIN}")]);
        assert_eq!(cut(red, 1, 1), [format!("\u{1b}[31m…{PLAIN}")]);
        assert_eq!(cut("温度温度", 4, 2), ["温度", "温度"]);
        assert_eq!(cut("abcdefg", 3, 2), ["abc", "de…"]);
        assert_eq!(cut("[12,34567", 6, 2), ["[12,", "34567"]);
    }

    #[test]
    fn a_flag_stands_beside_its_value() {
        let words = ["push", "http://a", "--token", "1234", "-q"].map(str::to_owned);
        assert_eq!(
            command("$ x", &words, 21),
            ["$ x push http://a \\", "    --token 1234 -q"]
        );
        assert_eq!(
            command("$ x", &["a b".to_owned(), "it's".to_owned()], 80),
            [r"$ x 'a b' 'it'\''s'"]
        );
    }
}
