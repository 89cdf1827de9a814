//! Two base strings side by side, differences marked.
//!
//! The marks make sense without colour: a row of `^` stands under what differs.

use std::fmt::Write as _;

use similar::{Algorithm, DiffOp, capture_diff_slices};
use unicode_width::UnicodeWidthStr as _;

use crate::term::{self, Paint};

/// One visible sign of a text: an escaped character, or a placeholder for a secret.
pub type Sign = String;

/// The signs of bytes as they are shown.
#[must_use]
pub fn signs(bytes: &[u8]) -> Vec<Sign> {
    let mut signs = Vec::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        let mut buffer = [0; 4];
        for character in chunk.valid().chars() {
            signs.push(term::escape(character.encode_utf8(&mut buffer).as_bytes()));
        }
        for &byte in chunk.invalid() {
            signs.push(term::escape(&[byte]));
        }
    }
    signs
}

/// Columns of the two rows: what the first shows, what the second shows, and whether they
/// differ there.
struct Column {
    first: String,
    second: String,
    differ: bool,
}

/// How much of an equal stretch is shown on each side of a difference.
const AROUND: usize = 16;

/// Longer texts are not compared sign by sign: only their first difference is shown.
const LONGEST: usize = 20_000;

/// Two rows with their marks, cut into lines of `width` columns.
///
/// `names` stand before the rows.
#[must_use]
pub fn rows(
    names: [&str; 2],
    first: &[Sign],
    second: &[Sign],
    width: usize,
    paint: Paint,
) -> String {
    let columns = columns(first, second);
    if differ_mostly(&columns) {
        return whole(names, [first, second], paint);
    }
    let margin = names
        .iter()
        .map(|name| name.len())
        .max()
        .unwrap_or_default();
    let mut text = String::new();
    let mut rest = columns.as_slice();
    while !rest.is_empty() {
        let mut taken = 0;
        let mut used = 0;
        for column in rest {
            let next = columns_wide(column);
            if used + next > width.saturating_sub(margin + 4).max(20) {
                break;
            }
            used += next;
            taken += 1;
        }
        let (line, after) = rest.split_at(taken.max(1));
        rest = after;
        let mut rows = [String::new(), String::new(), String::new()];
        for column in line {
            let wide = columns_wide(column);
            let cell = |text: &str| {
                let fill = wide - text.width();
                format!("{text}{}", " ".repeat(fill))
            };
            let (one, two) = (cell(&column.first), cell(&column.second));
            if column.differ {
                rows[0].push_str(&paint.bad(&one));
                rows[1].push_str(&paint.ok(&two));
                rows[2].push_str(&"^".repeat(wide));
            } else {
                rows[0].push_str(&one);
                rows[1].push_str(&two);
                rows[2].push_str(&" ".repeat(wide));
            }
        }
        for (name, row) in names.iter().zip(&rows) {
            let row = row.trim_end();
            writeln!(text, "  {}  {row}", paint.key(&format!("{name:<margin$}")))
                .expect("a String takes any text");
        }
        let marks = rows[2].trim_end();
        if !marks.is_empty() {
            writeln!(text, "  {:<margin$}  {}", "", paint.warn(marks))
                .expect("a String takes any text");
        }
    }
    if columns
        .iter()
        .any(|column| column.first == GAP || column.second == GAP)
    {
        let legend = paint.dim("(· nothing there, ␣ a blank)");
        writeln!(text, "  {:<margin$}  {legend}", "").expect("a String takes any text");
    }
    text
}

/// Whether the two have so little in common that marks would only confuse.
fn differ_mostly(columns: &[Column]) -> bool {
    const FEW: usize = 24;
    let different = columns.iter().filter(|column| column.differ).count();
    different > FEW && different * 2 > columns.len()
}

/// The two rows as they are, cut in their middle.
fn whole(names: [&str; 2], rows: [&[Sign]; 2], paint: Paint) -> String {
    const LIMIT: usize = 400;
    let margin = names
        .iter()
        .map(|name| name.len())
        .max()
        .unwrap_or_default();
    let mut text = String::new();
    for (name, signs) in names.iter().zip(rows) {
        let name = paint.key(&format!("{name:<margin$}"));
        let row = term::cut(&signs.concat(), LIMIT);
        writeln!(text, "  {name}  {row}").expect("a String takes any text");
    }
    text
}

fn columns_wide(column: &Column) -> usize {
    column.first.width().max(column.second.width())
}

fn columns(first: &[Sign], second: &[Sign]) -> Vec<Column> {
    let mut columns = Vec::new();
    for (index, op) in operations(first, second).iter().enumerate() {
        match *op {
            DiffOp::Equal { old_index, len, .. } => {
                push_equal(&mut columns, &first[old_index..old_index + len], index == 0);
            }
            DiffOp::Delete {
                old_index, old_len, ..
            } => {
                for sign in &first[old_index..old_index + old_len] {
                    push_different(&mut columns, sign, GAP);
                }
            }
            DiffOp::Insert {
                new_index, new_len, ..
            } => {
                for sign in &second[new_index..new_index + new_len] {
                    push_different(&mut columns, GAP, sign);
                }
            }
            DiffOp::Replace {
                old_index,
                old_len,
                new_index,
                new_len,
            } => {
                for at in 0..old_len.max(new_len) {
                    let old = (at < old_len).then(|| first[old_index + at].as_str());
                    let new = (at < new_len).then(|| second[new_index + at].as_str());
                    push_different(&mut columns, old.unwrap_or(GAP), new.unwrap_or(GAP));
                }
            }
        }
    }
    trim_tail(&mut columns);
    columns
}

/// Stands where one row has nothing; a blank is shown as `␣` there.
const GAP: &str = "·";

fn operations(first: &[Sign], second: &[Sign]) -> Vec<DiffOp> {
    if first.len().max(second.len()) <= LONGEST {
        return capture_diff_slices(Algorithm::Myers, first, second);
    }
    let same = first.iter().zip(second).take_while(|(a, b)| a == b).count();
    let shown = |signs: &[Sign]| signs.len().min(same + 2 * AROUND) - same;
    vec![
        DiffOp::Equal {
            old_index: 0,
            new_index: 0,
            len: same,
        },
        DiffOp::Replace {
            old_index: same,
            old_len: shown(first),
            new_index: same,
            new_len: shown(second),
        },
    ]
}

fn push_equal(columns: &mut Vec<Column>, signs: &[Sign], is_first: bool) {
    let mut push = |text: &str| {
        columns.push(Column {
            first: text.to_owned(),
            second: text.to_owned(),
            differ: false,
        });
    };
    let keep_before = if is_first { 0 } else { AROUND };
    if signs.len() <= keep_before + AROUND + 1 {
        for sign in signs {
            push(sign);
        }
        return;
    }
    for sign in &signs[..keep_before] {
        push(sign);
    }
    push("…");
    for sign in &signs[signs.len() - AROUND..] {
        push(sign);
    }
}

/// Equal text behind the last difference is cut short.
fn trim_tail(columns: &mut Vec<Column>) {
    let Some(last) = columns.iter().rposition(|column| column.differ) else {
        return;
    };
    if columns.len() > last + 1 + AROUND {
        columns.truncate(last + 1 + AROUND);
        columns.push(Column {
            first: "…".to_owned(),
            second: "…".to_owned(),
            differ: false,
        });
    }
}

fn push_different(columns: &mut Vec<Column>, first: &str, second: &str) {
    // A blank that differs must be seen.
    let visible = |sign| if sign == " " { "␣" } else { sign };
    let (first, second) = (visible(first), visible(second));
    columns.push(Column {
        first: first.to_owned(),
        second: second.to_owned(),
        differ: true,
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_are_marked_under_the_text() {
        let text = rows(
            ["hashed", "right"],
            &signs(br#"{"a": 1}"#),
            &signs(br#"{"a":1}"#),
            80,
            Paint::PLAIN,
        );
        assert_eq!(
            text,
            "  hashed  {\"a\":␣1}\n  right   {\"a\":·1}\n               ^\n          (· nothing there, ␣ a blank)\n"
        );
    }

    #[test]
    fn long_equal_stretches_are_left_out() {
        let long = "x".repeat(200);
        let text = rows(
            ["a", "b"],
            &signs(format!("{long}1{long}").as_bytes()),
            &signs(format!("{long}2{long}").as_bytes()),
            80,
            Paint::PLAIN,
        );
        assert_eq!(text.lines().count(), 3);
        assert!(text.contains("…xxxxxxxxxxxxxxxx1xxxxxxxxxxxxxxxx…"));
    }

    #[test]
    fn a_text_of_any_length_is_compared_in_no_time() {
        let (one, two) = (signs(&vec![b'a'; 300_000]), signs(&vec![b'b'; 300_000]));
        assert!(rows(["a", "b"], &one, &two, 80, Paint::PLAIN).len() < 1000);
    }
}
