//! JSON set out over lines, its values as they were written.

use std::iter::repeat_n;

use super::scan;

/// The text with every member and element on a line of its own; none where it is no JSON.
///
/// Only the blanks between values change: names, escapes, numbers and duplicates stay as they are.
/// Deep nesting makes much out of little, so that it ends after `most` bytes; then the second
/// value is true.
#[must_use]
pub fn indent(text: &[u8], most: usize) -> Option<(Vec<u8>, bool)> {
    scan::check(text).ok()?;
    let mut out = Vec::with_capacity(text.len().saturating_mul(2).min(most));
    let (mut at, mut depth) = (0, 0);
    while let Some(&byte) = text.get(at) {
        if out.len() >= most {
            out.truncate(most);
            return Some((out, true));
        }
        at += 1;
        match byte {
            b' ' | b'\t' | b'\n' | b'\r' => {}
            b'{' | b'[' => {
                out.push(byte);
                let inside = text[at..].trim_ascii_start();
                if let Some(&close @ (b'}' | b']')) = inside.first() {
                    out.push(close);
                    at = text.len() - inside.len() + 1;
                } else {
                    depth += 1;
                    break_line(&mut out, depth);
                }
            }
            b'}' | b']' => {
                depth -= 1;
                break_line(&mut out, depth);
                out.push(byte);
            }
            b',' => {
                out.push(byte);
                break_line(&mut out, depth);
            }
            b':' => out.extend_from_slice(b": "),
            b'"' => {
                // It was found to be JSON: every string has its end.
                let end = scan::value_end(text, at - 1).ok()?;
                out.extend_from_slice(&text[at - 1..end]);
                at = end;
            }
            byte => out.push(byte),
        }
    }
    Some((out, false))
}

fn break_line(out: &mut Vec<u8>, depth: usize) {
    out.push(b'\n');
    out.extend(repeat_n(b' ', 2 * depth));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> String {
        let (out, is_cut) = indent(text.as_bytes(), 1 << 20).unwrap();
        assert!(!is_cut);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn every_value_stays_as_it_was_written() {
        let text = "{\"a\" :1.50e+3,\"a\":\"\\u4e2d, {x}: \\\"\",\r\n\"b\":[ ],\"c\":{ },\"d\":[1,[true,null]]} ";
        assert_eq!(
            lines(text),
            "{\n  \"a\": 1.50e+3,\n  \"a\": \"\\u4e2d, {x}: \\\"\",\n  \"b\": [],\n  \"c\": {},\n  \
             \"d\": [\n    1,\n    [\n      true,\n      null\n    ]\n  ]\n}"
        );
        assert_eq!(lines(" -0.0 "), "-0.0");
        assert_eq!(indent(b"{\"a\":}", 99), None);
        assert_eq!(indent(b"", 99), None);
    }

    #[test]
    fn deep_nesting_makes_no_more_than_was_asked_for() {
        let deep = format!(
            "{}{}1{}",
            "[".repeat(100),
            "1,".repeat(10_000),
            "]".repeat(100)
        );
        let (out, is_cut) = indent(deep.as_bytes(), 5_000).unwrap();
        assert!(is_cut && out.len() <= 5_000, "{}", out.len());
    }
}
