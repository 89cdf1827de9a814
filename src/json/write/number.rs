//! Numbers: from the text that was written to the text that other software writes.
//!
//! Most software reads a number into a double and writes the shortest digits that give that
//! double back; they differ in where the exponent starts and how it looks.

/// How a language writes a double, given its shortest digits.
struct Notation {
    /// The decimal exponents (of the first digit) that are written without `e`: from `low` to
    /// just below `high`.
    low: i32,
    high: i32,
    /// Whether a whole number written without `e` ends in `.0`.
    point: bool,
    /// Whether one digit before `e` is followed by `.0`.
    mantissa_point: bool,
    /// `e` or `E`, with the plus sign where one is written.
    e: &'static str,
    minus: &'static str,
    /// How many digits the exponent has at least.
    width: usize,
    zero: Zero,
}

/// What becomes of minus zero.
enum Zero {
    Signed,
    Unsigned,
}

/// ECMAScript `Number::toString`: <https://tc39.es/ecma262/#sec-numeric-types-number-tostring>.
const ECMASCRIPT: Notation = Notation {
    low: -6,
    high: 21,
    point: false,
    mantissa_point: false,
    e: "e+",
    minus: "e-",
    width: 1,
    zero: Zero::Unsigned,
};

/// Go's `encoding/json` follows ECMAScript but for minus zero (`floatEncoder` in encode.go).
const GO: Notation = Notation {
    zero: Zero::Signed,
    ..ECMASCRIPT
};

/// Python's `float.__repr__`.
const PYTHON: Notation = Notation {
    low: -4,
    high: 16,
    point: true,
    width: 2,
    zero: Zero::Signed,
    ..ECMASCRIPT
};

/// Ruby's `Float#to_s`.
const RUBY: Notation = Notation {
    mantissa_point: true,
    ..PYTHON
};

/// Java's `Double.toString`. Before JDK 19 it now and then wrote a digit too many, which is not
/// reproduced.
const JAVA: Notation = Notation {
    low: -3,
    high: 7,
    point: true,
    mantissa_point: true,
    e: "E",
    minus: "E-",
    width: 1,
    zero: Zero::Signed,
};

/// PHP with `serialize_precision = -1`, the default since 7.1.
const PHP: Notation = Notation {
    low: -4,
    high: 17,
    mantissa_point: true,
    zero: Zero::Signed,
    ..ECMASCRIPT
};

/// Rust's `serde_json` as it writes with `zmij`; with `ryu`, before, it wrote `1e16` for `1e+16`.
const RUST: Notation = Notation {
    low: -5,
    high: 16,
    point: true,
    mantissa_point: false,
    e: "e+",
    minus: "e-",
    width: 1,
    zero: Zero::Signed,
};

/// .NET's `Double.ToString("R")`, to which Newtonsoft adds `.0` (`JsonConvert.EnsureDecimalPlace`).
const NEWTONSOFT: Notation = Notation {
    low: -4,
    high: 15,
    point: true,
    e: "E+",
    minus: "E-",
    width: 2,
    zero: Zero::Signed,
    ..ECMASCRIPT
};

/// `JSON.stringify(JSON.parse(…))`: everything is a double, infinity becomes `null`.
pub(super) fn ecmascript(text: &str) -> String {
    through(&ECMASCRIPT, text).unwrap_or_else(|| "null".to_owned())
}

/// Go, decoded into `any`: everything is a `float64`.
pub(super) fn go_any(text: &str) -> String {
    through(&GO, text).unwrap_or_else(|| text.to_owned())
}

/// Go, decoded into a struct with integer and float fields.
pub(super) fn go_typed(text: &str) -> String {
    if is_integer(text) {
        without_minus_zero(text)
    } else {
        go_any(text)
    }
}

/// Python keeps integers of any size and writes `repr` of floats.
pub(super) fn python(text: &str) -> String {
    if is_integer(text) {
        without_minus_zero(text)
    } else {
        through(&PYTHON, text).unwrap_or_else(|| infinity(text, "Infinity"))
    }
}

/// Ruby keeps integers of any size.
pub(super) fn ruby(text: &str) -> String {
    if is_integer(text) {
        without_minus_zero(text)
    } else {
        through(&RUBY, text).unwrap_or_else(|| infinity(text, "Infinity"))
    }
}

/// PHP keeps integers of 64 bits; larger ones become floats, and floats lose their `.0`.
pub(super) fn php(text: &str) -> String {
    if is_integer(text) && text.parse::<i64>().is_ok() {
        without_minus_zero(text)
    } else {
        through(&PHP, text).unwrap_or_else(|| text.to_owned())
    }
}

/// PHP with `JSON_PRESERVE_ZERO_FRACTION`.
pub(super) fn php_zero_fraction(text: &str) -> String {
    let written = php(text);
    let was_float = !is_integer(text) || text.parse::<i64>().is_err();
    if was_float && is_integer(&written) {
        written + ".0"
    } else {
        written
    }
}

/// Gson's untyped maps: every number is a `Double`.
pub(super) fn java_double(text: &str) -> String {
    through(&JAVA, text).unwrap_or_else(|| text.to_owned())
}

/// Jackson's tree: integers of any size, all else a `double`.
pub(super) fn jackson(text: &str) -> String {
    if is_integer(text) {
        without_minus_zero(text)
    } else {
        java_double(text)
    }
}

/// org.json: floats lose the zeros at their end and then the point (`JSONObject.numberToString`),
/// unless they have an exponent.
pub(super) fn org_json(text: &str) -> String {
    if is_integer(text) && text != "-0" {
        return text.to_owned();
    }
    let written = java_double(text);
    if written.contains('E') {
        written
    } else {
        written
            .trim_end_matches('0')
            .trim_end_matches('.')
            .to_owned()
    }
}

/// `serde_json::Value`: integers of 64 bits, all else an `f64`.
pub(super) fn rust(text: &str) -> String {
    let fits = text.parse::<u64>().is_ok() || text.parse::<i64>().is_ok();
    if is_integer(text) && fits && text != "-0" {
        text.to_owned()
    } else {
        through(&RUST, text).unwrap_or_else(|| text.to_owned())
    }
}

/// Newtonsoft's `JToken`: integers of any size, all else a `double`.
pub(super) fn newtonsoft(text: &str) -> String {
    if is_integer(text) {
        without_minus_zero(text)
    } else {
        through(&NEWTONSOFT, text).unwrap_or_else(|| text.to_owned())
    }
}

/// Integers above 2^53 rounded to the nearest double, as JavaScript shows them.
pub(super) fn big_through_double(text: &str) -> String {
    const EXACT: u64 = 1 << 53;
    let digits = text.trim_start_matches('-');
    if is_integer(text) && digits.parse::<u64>().map_or(true, |size| size > EXACT) {
        through(&ECMASCRIPT, text).unwrap_or_else(|| text.to_owned())
    } else {
        text.to_owned()
    }
}

/// The same number without zeros at the end of its fraction, and without an exponent where that
/// leaves an integer: 12.30→12.3, 1.0→1, 1.0E10→10000000000. No digit that counts is lost.
pub(super) fn shortened(text: &str) -> String {
    const LONGEST: i32 = 21;
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (text, None),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let fraction = fraction.trim_end_matches('0');
    let Some(exponent) = exponent else {
        return joined(whole, fraction);
    };
    let digits = whole.trim_start_matches('-').len() + fraction.len();
    let zeros = exponent
        .parse::<i32>()
        .ok()
        .and_then(|exponent| exponent.checked_sub(i32::try_from(fraction.len()).ok()?));
    match zeros.and_then(|zeros| usize::try_from(zeros).ok()) {
        Some(zeros) if i32::try_from(digits + zeros).is_ok_and(|all| all <= LONGEST) => {
            let sign = if whole.starts_with('-') { "-" } else { "" };
            let all = format!(
                "{}{fraction}{}",
                whole.trim_start_matches('-'),
                "0".repeat(zeros)
            );
            let significant = all.trim_start_matches('0');
            format!(
                "{sign}{}",
                if significant.is_empty() {
                    "0"
                } else {
                    significant
                }
            )
        }
        _ => text.replacen(mantissa, &joined(whole, fraction), 1),
    }
}

fn joined(whole: &str, fraction: &str) -> String {
    if fraction.is_empty() {
        whole.to_owned()
    } else {
        format!("{whole}.{fraction}")
    }
}

/// Whether a number is written without point and exponent.
pub(super) fn is_integer(text: &str) -> bool {
    !text.contains(['.', 'e', 'E'])
}

/// An integer type has no minus zero.
fn without_minus_zero(text: &str) -> String {
    if text == "-0" { "0" } else { text }.to_owned()
}

fn infinity(text: &str, word: &str) -> String {
    let sign = if text.starts_with('-') { "-" } else { "" };
    format!("{sign}{word}")
}

/// The number read into a double and written in that notation; `None` beyond all doubles.
fn through(notation: &Notation, text: &str) -> Option<String> {
    let double: f64 = text.parse().ok()?;
    double.is_finite().then(|| notation.write(double))
}

impl Notation {
    fn write(&self, double: f64) -> String {
        // Rust's `{:e}` gives the shortest digits that read back as the same double.
        let shortest = format!("{:e}", double.abs());
        let (mantissa, exponent) = shortest.split_once('e').unwrap_or((&shortest, "0"));
        let digits: String = mantissa.chars().filter(|&digit| digit != '.').collect();
        let exponent: i32 = exponent.parse().unwrap_or_default();
        let negative =
            double.is_sign_negative() && (double < 0.0 || matches!(self.zero, Zero::Signed));
        let sign = if negative { "-" } else { "" };
        let body = if (self.low..self.high).contains(&exponent) {
            self.plain(&digits, exponent)
        } else {
            self.scientific(&digits, exponent)
        };
        format!("{sign}{body}")
    }

    fn plain(&self, digits: &str, exponent: i32) -> String {
        let Ok(exponent) = usize::try_from(exponent) else {
            let zeros = exponent.unsigned_abs() as usize - 1;
            return format!("0.{}{digits}", "0".repeat(zeros));
        };
        let whole = exponent + 1;
        if digits.len() > whole {
            return format!("{}.{}", &digits[..whole], &digits[whole..]);
        }
        let zeros = "0".repeat(whole - digits.len());
        let point = if self.point { ".0" } else { "" };
        format!("{digits}{zeros}{point}")
    }

    fn scientific(&self, digits: &str, exponent: i32) -> String {
        let (first, rest) = digits.split_at(1);
        let fraction = match (rest, self.mantissa_point) {
            ("", true) => ".0".to_owned(),
            ("", false) => String::new(),
            _ => format!(".{rest}"),
        };
        let e = if exponent < 0 { self.minus } else { self.e };
        let size = exponent.unsigned_abs();
        format!("{first}{fraction}{e}{size:0width$}", width = self.width)
    }
}
