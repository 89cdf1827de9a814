//! How other software sorts.

use std::cmp::Ordering;

/// PHP 8's comparison: two numeric strings compare as numbers, all else as strings.
pub(super) fn php_sort(a: &[u8], b: &[u8]) -> Ordering {
    match (numeric(a), numeric(b)) {
        (Some(a), Some(b)) => a.partial_cmp(&b).unwrap_or(Ordering::Equal),
        _ => a.cmp(b),
    }
}

/// PHP's `SORT_NUMERIC`: the number that a string begins with, else 0.
pub(super) fn php_numeric_sort(a: &[u8], b: &[u8]) -> Ordering {
    leading_number(a).total_cmp(&leading_number(b))
}

/// PHP's cast of a string to a float.
fn leading_number(text: &[u8]) -> f64 {
    let text = text.trim_ascii_start();
    let of = |byte: &u8| byte.is_ascii_digit() || b"+-.eE".contains(byte);
    let end = text.iter().take_while(|byte| of(byte)).count();
    // `1e`, `12-3` and `1.2.3` go on longer than their numbers do.
    let number = (1..=end).rev().find_map(|end| {
        let number = std::str::from_utf8(&text[..end]).ok()?;
        number.parse::<f64>().ok()
    });
    // No zero is before another.
    number.unwrap_or_default() + 0.0
}

/// A string that PHP takes for a number.
fn numeric(text: &[u8]) -> Option<f64> {
    let text = std::str::from_utf8(text)
        .ok()?
        .trim_matches([' ', '\t', '\n', '\r']);
    let allowed = |byte: u8| byte.is_ascii_digit() || b"+-.eE".contains(&byte);
    (!text.is_empty() && text.bytes().all(allowed))
        .then(|| text.parse().ok())
        .flatten()
}

/// What ICU's root collation does with ASCII: punctuation, then digits, then letters without
/// regard to case, lower case first among equals.
pub(super) fn locale_sort(a: &[u8], b: &[u8]) -> Ordering {
    let class = |byte: &u8| match byte {
        b'0'..=b'9' => (1, *byte),
        b'a'..=b'z' | b'A'..=b'Z' => (2, byte.to_ascii_lowercase()),
        0x80.. => (3, *byte),
        _ => (0, *byte),
    };
    let case = |byte: &u8| u8::from(byte.is_ascii_uppercase());
    a.iter()
        .map(class)
        .cmp(b.iter().map(class))
        .then_with(|| a.iter().map(case).cmp(b.iter().map(case)))
}

/// Runs of digits compare as numbers, all else byte by byte.
pub(super) fn natural_sort(a: &[u8], b: &[u8]) -> Ordering {
    let (mut a, mut b) = (a, b);
    loop {
        let digits = |text: &[u8]| text.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let (in_a, in_b) = (digits(a), digits(b));
        if in_a > 0 && in_b > 0 {
            fn bare(text: &[u8]) -> &[u8] {
                let zeros = text.iter().take_while(|&&byte| byte == b'0').count();
                &text[zeros..]
            }
            let (left, right) = (bare(&a[..in_a]), bare(&b[..in_b]));
            let order = left.len().cmp(&right.len()).then_with(|| left.cmp(right));
            if order != Ordering::Equal {
                return order;
            }
            (a, b) = (&a[in_a..], &b[in_b..]);
            continue;
        }
        match (a.split_first(), b.split_first()) {
            (Some((x, rest_a)), Some((y, rest_b))) if x == y => (a, b) = (rest_a, rest_b),
            _ => return a.cmp(b),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sorted(compare: fn(&[u8], &[u8]) -> Ordering, mut texts: Vec<&str>) -> Vec<&str> {
        texts.sort_by(|a, b| compare(a.as_bytes(), b.as_bytes()));
        texts
    }

    #[test]
    fn php_sorts_numeric_strings_as_numbers() {
        assert_eq!(
            sorted(php_sort, vec!["2014", "1604458421", "437374425"]),
            ["2014", "437374425", "1604458421"]
        );
    }

    #[test]
    fn php_sorts_by_value_what_a_text_begins_with_and_keeps_the_order_of_equals() {
        assert_eq!(
            sorted(
                php_numeric_sort,
                vec!["17e", "tok", "12-3", "-0", "1e3x", "abc"]
            ),
            ["tok", "-0", "abc", "12-3", "17e", "1e3x"]
        );
    }

    #[test]
    fn natural_sort_compares_runs_of_digits_as_numbers() {
        assert_eq!(
            sorted(natural_sort, vec!["a10", "a9", "a09b", "b"]),
            ["a9", "a09b", "a10", "b"]
        );
    }

    #[test]
    fn a_locale_sorts_lower_case_before_upper_case_and_letters_behind_digits() {
        assert_eq!(
            sorted(locale_sort, vec!["B", "a", "A", "_", "1"]),
            ["_", "1", "a", "A", "B"]
        );
    }
}
