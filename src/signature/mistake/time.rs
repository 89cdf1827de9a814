//! The time, told in another unit or printed in another form.

use super::{Case, Change, Mistake, Stage, mistake};
use crate::signature::recipe::TimeUnit;

const AS_SENT: &str = "hash the time as the text that was sent: do not parse and print it again";

pub(super) fn mistakes(case: &Case<'_>) -> Vec<Mistake> {
    let Some(rule) = &case.form.time else {
        return Vec::new();
    };
    let Some(at) = (0..case.values.len()).find(|&at| case.name(at) == rule.part) else {
        return Vec::new();
    };
    let Some((number, fraction)) = std::str::from_utf8(&case.values[at]).ok().and_then(read) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    let advice = if case.is_token() {
        "take the time once, in unix seconds, and sign the same text that stands in the token"
    } else {
        AS_SENT
    };
    let mut push = |id: &'static str, title: &str, value: String| {
        found.push(mistake(
            Stage::Input,
            id,
            format!("`{}` {title}", rule.part),
            advice,
            Change::Values(vec![(at, value.into_bytes())]),
        ));
    };
    push(
        "time.millis",
        "was hashed in milliseconds",
        number.saturating_mul(1000).to_string(),
    );
    push(
        "time.seconds",
        "was hashed in seconds",
        (number / 1000).to_string(),
    );
    push(
        "time.seconds",
        "was hashed in seconds with a fraction",
        format!("{}.{:03}", number / 1000, number.rem_euclid(1000)),
    );
    push(
        "time.integer",
        "was printed again as an integer",
        number.to_string(),
    );
    if fraction >= 0.5 {
        push(
            "time.integer",
            "was rounded to an integer",
            number.saturating_add(1).to_string(),
        );
    }
    for text in floats(number) {
        push(
            "time.float",
            &format!("was printed again as a floating-point number: {text}"),
            text,
        );
    }
    let hour = match rule.unit {
        TimeUnit::Seconds => 3_600,
        TimeUnit::Millis => 3_600_000,
    };
    for (title, hours) in [
        ("was 8 hours later: another time zone", 8),
        ("was 8 hours earlier: another time zone", -8),
    ] {
        push(
            "time.zone",
            title,
            number.saturating_add(hours * hour).to_string(),
        );
    }
    found
}

/// The whole number in a time's text, and what stands behind the point.
fn read(text: &str) -> Option<(i64, f64)> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits = fraction.bytes().all(|byte| byte.is_ascii_digit());
    let fraction = format!("0.{fraction}").parse().ok().filter(|_| digits)?;
    Some((whole.parse().ok()?, fraction))
}

/// A number as languages print a double: Python, Java, Go, PHP and C#, and C's `%f`.
fn floats(number: i64) -> [String; 5] {
    let exponent = format!("{number:e}");
    let (mantissa, power) = exponent.split_once('e').unwrap_or((&exponent, "0"));
    let point = if mantissa.contains('.') { "" } else { ".0" };
    [
        format!("{number}.0"),
        format!("{mantissa}{point}E{power}"),
        format!("{mantissa}e+{power:0>2}"),
        format!("{mantissa}E+{power}"),
        format!("{number}.000000"),
    ]
}
